/* json_value: tokens → cells: what the quick way and the whole way both do with a value.
 *
 * A token is checked here to the last byte, whether a field wants it or not, so that an event is
 * well-formed or not whatever the rules look at. Strings without escapes point into the event;
 * json_decode moves those that are kept. Unescaped ones lie in the batch's arena.
 * Tests: tests/unit/connectors/test_json.c
 */
#include "base/utf8.h"
#include "connectors/cell.h"
#include "connectors/json.h"

bool json_fail(struct json_row *r, const char *at, const char *reason) {
    return decode_faultf(r->fault, (uint64_t)(at - r->bytes.p), "%s", reason);
}

const char *json_kind(char first) {
    switch (first) {
    case '"': return "a string";
    case '{': return "an object";
    case '[': return "an array";
    case 't':
    case 'f': return "a boolean";
    case 'n': return "null";
    default: return "a number";
    }
}

/* ---- strings --------------------------------------------------------------------------------- */

static bool hex4(struct str s, size_t at, uint32_t *unit) {
    if (s.n - at < 4) return false;
    *unit = 0;
    for (size_t i = at; i < at + 4; i++) {
        char c = s.p[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16) return false;
        *unit = *unit << 4 | digit;
    }
    return true;
}

/* \uXXXX, or two of them for a code point beyond the first 65536; half a pair is no character. *at:
 * behind the u. */
static bool unicode_escape(struct str s, size_t *at, uint32_t *code_point) {
    uint32_t low;
    if (!hex4(s, *at, code_point)) return false;
    *at += 4;
    if (*code_point < 0xD800 || *code_point > 0xDFFF) return true;
    if (*code_point > 0xDBFF || s.n - *at < 6 || s.p[*at] != '\\' || s.p[*at + 1] != 'u')
        return false;
    if (!hex4(s, *at + 2, &low) || low < 0xDC00 || low > 0xDFFF) return false;
    *at += 6;
    *code_point = 0x10000 + ((*code_point - 0xD800) << 10 | (low - 0xDC00));
    return true;
}

bool json_unescape(struct str text, char *out, size_t *n) {
    static const char plain[] = "\"\"\\\\//b\bf\fn\nr\rt\t"; /* pairs: letter, meaning */
    size_t at = 0, len = 0;
    while (at < text.n) {
        if (text.p[at] != '\\') {
            out[len++] = text.p[at++];
            continue;
        }
        if (++at == text.n) return false;
        char c = text.p[at++];
        if (c == 'u') {
            uint32_t code_point;
            if (!unicode_escape(text, &at, &code_point)) return false;
            len += utf8_put(out + len, code_point);
            continue;
        }
        size_t i = 0;
        while (i < sizeof plain - 1 && plain[i] != c) i += 2;
        if (i >= sizeof plain - 1) return false;
        out[len++] = plain[i + 1];
    }
    *n = len;
    return true;
}

/* The text of a string token, in the event or unescaped in the batch. */
static bool string_text(struct json_row *r, struct str token, bool wanted, struct str *text) {
    *text = (struct str){token.p + 1, token.n - 2};
    if (!memchr(text->p, '\\', text->n)) return true;
    char small[256];
    struct str raw = *text;
    char *room = wanted || raw.n > sizeof small ? arena_alloc(&r->batch->text, raw.n + 1) : small;
    text->p = room;
    if (json_unescape(raw, room, &text->n)) return true;
    return json_fail(r, token.p, "a string with an escape that JSON does not have");
}

/* ---- members --------------------------------------------------------------------------------- */

bool json_member(struct json_row *r, uint16_t parent, struct str key, uint16_t *node) {
    struct json_node *nodes = r->d->nodes;
    *node = JSON_NONE;
    if (memchr(key.p, '\\', key.n)) {
        struct str token = {key.p - 1, key.n + 2};
        if (!string_text(r, token, true, &key)) return false;
    }
    if (parent == JSON_NONE) return true;
    for (uint16_t c = nodes[parent].child; c != JSON_NONE; c = nodes[c].next)
        if (str_equal(nodes[c].name, key)) {
            *node = c;
            return true;
        }
    return true;
}

static void forget(struct json_row *r, uint16_t node) {
    const struct decoder *d = r->d;
    for (uint16_t f = d->nodes[node].field; f != JSON_NONE; f = d->also[f])
        batch_set_null(r->batch, f);
    for (uint16_t c = d->nodes[node].child; c != JSON_NONE; c = d->nodes[c].next) forget(r, c);
}

void json_stand(struct json_row *r, uint16_t node) {
    if (bit_get(r->d->seen, node)) forget(r, node);
    bit_set(r->d->seen, node);
}

/* ---- scalars --------------------------------------------------------------------------------- */

/* What a token is: its text, and by `first` of which kind. */
struct scalar {
    char first; /* '"' t f n, or anything else for a number */
    struct str token, text;
};

static bool literal(struct str token, const char *word) {
    return token.n == strlen(word) && memcmp(token.p, word, token.n) == 0;
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Checks a token and takes it apart. */
static bool scalar_of(struct json_row *r, struct str token, bool wanted, struct scalar *s) {
    while (token.n && blank(token.p[token.n - 1])) token.n--;
    *s = (struct scalar){token.n ? token.p[0] : 0, token, token};
    switch (s->first) {
    case '"':
        if (token.n < 2 || token.p[token.n - 1] != '"')
            return json_fail(r, token.p, "a string is not closed");
        return string_text(r, token, wanted, &s->text);
    case 't':
        if (literal(token, "true")) return true;
        break;
    case 'f':
        if (literal(token, "false")) return true;
        break;
    case 'n':
        if (literal(token, "null")) return true;
        break;
    default:
        if (cell_is_number(token)) return true;
    }
    return json_fail(r, token.p, "not JSON: neither string, number, true, false nor null");
}

/* The value of a scalar for `want`; null for null. */
static enum cell_status scalar_value(struct cell_want want, const struct scalar *s,
                                     struct value *v) {
    *v = value_null();
    switch (s->first) {
    case 'n': return CELL_OK;
    case 't':
    case 'f':
        *v = (struct value){.i = s->first == 't', .type = VALUE_BOOL};
        return want.type == VALUE_BOOL ? CELL_OK : CELL_WRONG;
    case '"': return cell_text(want, s->text, v);
    default: return cell_number(want, s->token, v);
    }
}

/* A word of the wrong kind is told by its kind, one of the right kind by itself. */
static bool scalar_fault(struct json_row *r, uint16_t field, struct cell_want want,
                         enum cell_status status, const struct scalar *s) {
    static const uint16_t texts = 1 << VALUE_STRING | 1 << VALUE_DECIMAL | 1 << VALUE_TIME |
                                  1 << VALUE_DURATION | 1 << VALUE_IP;
    static const uint16_t numbers = 1 << VALUE_INT | 1 << VALUE_FLOAT | 1 << VALUE_DECIMAL |
                                    1 << VALUE_TIME | 1 << VALUE_DURATION;
    const struct schema_field *f = &r->d->schema->fields[field];
    uint64_t at = (uint64_t)(s->token.p - r->bytes.p);
    bool string = s->first == '"', word = s->first == 't' || s->first == 'f';
    bool itself = !word && ((string ? texts : numbers) >> want.type & 1);
    if (itself) return cell_fault(r->fault, at, f, status, s->text, string);
    return cell_fault(r->fault, at, f, status, str_of(json_kind(s->first)), false);
}

bool json_scalar(struct json_row *r, uint16_t node, struct str token) {
    struct scalar s;
    if (!scalar_of(r, token, node != JSON_NONE, &s)) return false;
    if (node == JSON_NONE) return true;
    const struct decoder *d = r->d;
    const struct json_node *here = &d->nodes[node];
    for (uint16_t field = here->field; field != JSON_NONE; field = d->also[field]) {
        struct cell_want want = cell_field(&d->schema->fields[field]);
        struct value v;
        enum cell_status status = scalar_value(want, &s, &v);
        if (status != CELL_OK) return scalar_fault(r, field, want, status, &s);
        if (!value_is_null(v)) cell_set(r->batch, field, v);
    }
    if (here->field == JSON_NONE && here->child != JSON_NONE && s.first != 'n') {
        return decode_faultf(r->fault, (uint64_t)(token.p - r->bytes.p),
                             "expected an object for `%.*s`, found %s",
                             STR_FMT(cell_shown(here->name, 64)), json_kind(s.first));
    }
    return true;
}

bool json_unwanted(struct json_row *r, uint16_t node, const char *found, const char *at) {
    const struct json_node *here = &r->d->nodes[node];
    if (here->field == JSON_NONE)
        return decode_faultf(r->fault, (uint64_t)(at - r->bytes.p),
                             "expected an object for `%.*s`, found %s",
                             STR_FMT(cell_shown(here->name, 64)), found);
    return cell_fault(r->fault, (uint64_t)(at - r->bytes.p), &r->d->schema->fields[here->field],
                      CELL_WRONG, str_of(found), false);
}

/* ---- lists ----------------------------------------------------------------------------------- */

void json_token(struct json_row *r, struct json_tokens *t, struct str token) {
    arena_push(&r->batch->text, t->v, t->n, t->cap, token);
}

static bool list_item(struct json_row *r, uint16_t field, struct str token, struct value *v) {
    struct scalar s;
    if (!scalar_of(r, token, true, &s)) return false;
    struct cell_want want = cell_items(&r->d->schema->fields[field]);
    enum cell_status status = scalar_value(want, &s, v);
    if (status != CELL_OK) return scalar_fault(r, field, want, status, &s);
    bool inside =
        v->type == VALUE_STRING && v->s.p >= r->bytes.p && v->s.p < r->bytes.p + r->bytes.n;
    if (inside && !r->stable) v->s = arena_copy(&r->batch->text, v->s);
    return true;
}

bool json_list(struct json_row *r, uint16_t node, const struct json_tokens *tokens,
               const char *at) {
    const struct decoder *d = r->d;
    for (uint16_t f = d->nodes[node].field; f != JSON_NONE; f = d->also[f]) {
        if (d->schema->fields[f].type != VALUE_LIST) return json_unwanted(r, node, "an array", at);
        struct list *list =
            arena_alloc(&r->batch->text, sizeof *list + tokens->n * sizeof list->items[0]);
        list->n = tokens->n;
        for (uint32_t i = 0; i < tokens->n; i++)
            if (!list_item(r, f, tokens->v[i], &list->items[i])) return false;
        batch_set_list(r->batch, f, list);
    }
    return true;
}
