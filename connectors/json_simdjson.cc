/* json_simdjson: any event, and every fault: the whole way, over simdjson's on-demand iteration.
 *
 * simdjson's first stage (chosen at run time for the processor) finds the structure and checks
 * UTF-8 and what stands in strings; the walk below visits every member in the order of the text, so
 * its cost does not depend on the order of fields, and looks at every value: simdjson's own way of
 * passing over values checks only that brackets balance. Tokens are read by json_value.c. Depth is
 * bounded by JSON_MAX_DEPTH, on this side.
 *
 * The only file that includes simdjson. Built without exceptions: every result is asked for its
 * error. Needs DECODER_PADDING readable bytes behind the event, of any content.
 * Tests: tests/unit/connectors/test_json.c; tests/fuzz/fuzz_json.c compares it with json_quick.c.
 */
#include <simdjson.h>

#include <new>

extern "C" {
#include "base/log.h"
#include "base/utf8.h"
#include "connectors/json.h"
}

using namespace simdjson;

static_assert(JSON_PADDING >= SIMDJSON_PADDING, "decoder.h promises too little");

struct json_simd {
    ondemand::parser parser;
};

extern "C" json_simd *json_simd_new(void) {
    json_simd *simd = new (std::nothrow) json_simd;
    if (!simd) panic("out of memory");
    return simd;
}

extern "C" void json_simd_free(json_simd *simd) { delete simd; }

/* The text from where `v` begins to the next token, or nothing: after an unclosed array simdjson
 * may go on into the bytes behind the event. */
static bool token_of(const json_row *r, ondemand::value v, struct str *token) {
    std::string_view s = v.raw_json_token();
    *token = {s.data(), s.size()};
    size_t at = (size_t)(s.data() - r->bytes.p);
    return at < r->bytes.n && s.size() <= r->bytes.n - at;
}

/* Behind a scalar. simdjson takes a string before a colon for a name, also where none can stand:
 * ["a":1]. Commas and brackets it checks when it goes on. */
static bool name_follows(struct str token) { return token.p[token.n] == ':'; }

static const char *control_character(struct str s) {
    bool inside = false;
    size_t i = 0;
    for (; i < s.n && !(inside && (unsigned char)s.p[i] < 0x20); i++) {
        if (s.p[i] == '"')
            inside = !inside;
        else if (s.p[i] == '\\')
            i++;
    }
    return s.p + (i < s.n ? i : 0);
}

/* simdjson says that the structure is wrong somewhere near `at`, which may depend on the bytes
 * behind the event. Says by the event alone whether it ends too early, too late, or is wrong in
 * between. */
static bool misshapen(json_row *r, const char *at) {
    const char *p = r->bytes.p, *end = p + r->bytes.n, *closed = nullptr;
    bool inside = false;
    int depth = 0;
    for (; p < end; p++) {
        if (*p == '"')
            inside = !inside;
        else if (inside && *p == '\\')
            p++;
        else if (inside)
            continue;
        else if (*p == '{' || *p == '[')
            depth++;
        else if ((*p == '}' || *p == ']') && --depth == 0 && !closed)
            closed = p + 1;
    }
    if (inside) return json_fail(r, end, "truncated: a string is not closed");
    if (!closed) return json_fail(r, end, "truncated: an object or array is not closed");
    for (p = closed; p < end && strchr(" \t\r\n", *p) && *p; p++) {}
    if (p < end) return json_fail(r, closed, "more text behind the object");
    return json_fail(r, at < end ? at : end, "not JSON");
}

/* simdjson's faults in our words. */
static bool broken(json_row *r, error_code error, const char *at) {
    switch (error) {
    case UTF8_ERROR: return json_fail(r, r->bytes.p + utf8_valid_prefix(r->bytes), "not UTF-8");
    case UNESCAPED_CHARS:
        return json_fail(r, control_character(r->bytes), "a control character in a string");
    case EMPTY: return json_fail(r, r->bytes.p, "empty line");
    case MEMALLOC: panic("out of memory");
    default: return misshapen(r, at);
    }
}

static bool walk_value(json_row *r, uint16_t node, ondemand::value v, int depth);

static bool has_members(const json_row *r, uint16_t node) {
    return node == JSON_NONE ||
           (r->d->nodes[node].field == JSON_NONE && r->d->nodes[node].child != JSON_NONE);
}

/* The key as written. `p` stands behind its opening quote; stage one has seen that it is closed. */
static struct str key_text(const char *p) {
    const char *q = p;
    while (*q != '"') q += *q == '\\' ? 2 : 1;
    return {p, (size_t)(q - p)};
}

/* Does the key at `p` belong to the node expected next? */
static bool expected_name(const json_row *r, uint16_t guess, const char *p) {
    if (guess == JSON_NONE) return false;
    struct str name = r->d->nodes[guess].name;
    if (!r->d->nodes[guess].quoted.n || name.n >= (size_t)(r->bytes.p + r->bytes.n - p))
        return false;
    return memcmp(p, name.p, name.n) == 0 && p[name.n] == '"';
}

static bool walk_object(json_row *r, uint16_t node, ondemand::object object, const char *at,
                        int depth) {
    json_node *nodes = r->d->nodes;
    uint16_t none = JSON_NONE, *guess = node == JSON_NONE ? &none : &nodes[node].guess;
    for (auto member : object) {
        ondemand::field field;
        if (error_code e = std::move(member).get(field)) return broken(r, e, at);
        const char *key = field.key().raw();
        at = key - 1;
        uint16_t child = *guess;
        if (!expected_name(r, child, key) && !json_member(r, node, key_text(key), &child))
            return false;
        if (child != JSON_NONE) {
            json_stand(r, child);
            *guess = child;
            guess = &nodes[child].follow;
        }
        ondemand::value value = field.value();
        if (!walk_value(r, child, value, depth)) return false;
    }
    return true;
}

static bool walk_array(json_row *r, uint16_t node, ondemand::array array, const char *at,
                       int depth) {
    struct json_tokens tokens = {};
    for (auto item : array) {
        ondemand::value value;
        if (error_code e = item.get(value)) return broken(r, e, at);
        struct str token;
        if (!token_of(r, value, &token)) return misshapen(r, at);
        bool nested = token.p[0] == '{' || token.p[0] == '[';
        if (node == JSON_NONE) {
            if (!walk_value(r, JSON_NONE, value, depth)) return false;
        } else if (nested) {
            return json_unwanted(r, node, token.p[0] == '{' ? "an object" : "a nested list",
                                 token.p);
        } else if (name_follows(token)) {
            return misshapen(r, token.p + token.n);
        } else {
            json_token(r, &tokens, token);
        }
    }
    return node == JSON_NONE || json_list(r, node, &tokens, at);
}

static bool walk_value(json_row *r, uint16_t node, ondemand::value v, int depth) {
    struct str token;
    if (!token_of(r, v, &token)) return misshapen(r, r->bytes.p + r->bytes.n);
    if (token.p[0] != '{' && token.p[0] != '[') {
        if (name_follows(token)) return misshapen(r, token.p + token.n);
        return json_scalar(r, node, token);
    }
    if (depth == JSON_MAX_DEPTH) return json_fail(r, token.p, "nested deeper than 64");
    if (token.p[0] == '{') {
        if (!has_members(r, node)) return json_unwanted(r, node, "an object", token.p);
        ondemand::object object;
        if (error_code e = v.get_object().get(object)) return broken(r, e, token.p);
        return walk_object(r, node, object, token.p, depth + 1);
    }
    if (node != JSON_NONE && r->d->nodes[node].field == JSON_NONE)
        return json_unwanted(r, node, "an array", token.p);
    ondemand::array array;
    if (error_code e = v.get_array().get(array)) return broken(r, e, token.p);
    return walk_array(r, node, array, token.p, depth + 1);
}

extern "C" bool json_whole(json_row *r) {
    const char *p = r->bytes.p, *end = p + r->bytes.n;
    while (p < end && strchr(" \t\r\n", *p) && *p) p++;
    if (p == end) return json_fail(r, r->bytes.p, "empty line");
    if (*p != '{') return json_fail(r, p, "expected a JSON object");
    ondemand::document document;
    padded_string_view text(r->bytes.p, r->bytes.n, r->bytes.n + SIMDJSON_PADDING);
    if (error_code e = r->d->simd->parser.iterate(text).get(document)) return broken(r, e, end);
    ondemand::object object;
    if (error_code e = document.get_object().get(object)) return broken(r, e, end);
    if (!walk_object(r, 0, object, p, 1)) return false;
    const char *behind;
    if (document.current_location().get(behind)) return true; /* OUT_OF_BOUNDS: nothing is left */
    return misshapen(r, behind);
}

extern "C" const char *json_version(void) { return SIMDJSON_STRINGIFY(SIMDJSON_VERSION); }
