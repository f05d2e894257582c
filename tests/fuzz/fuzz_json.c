/* fuzz_json: any bytes as one event. Nothing may crash or read beyond what decoder.h promises, and
 *
 *   - the quick way and the whole way agree: both refuse, or both give the same row,
 *   - whether strings are moved or left in place,
 *   - and the same members in reverse order give the same row (unless a name stands twice, where
 *     the last one wins).
 *
 * Run by `make fuzz`.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "connectors/decoder.h"
#include "connectors/json.h"

static const struct str lat_path[] = {STR("pos"), STR("lat")}, x_path[] = {STR("pos"), STR("x")};
static const struct str names[] = {STR("at"), STR("s"), STR("i"), STR("f"), STR("d"), STR("b"),
                                   STR("ip"), STR("u"), STR("l"), STR("m"), STR("sec")};

#define FIELD(name_, type_, ...) \
    { .name = STR(name_), .type = (type_), .used = true, .npath = 1, __VA_ARGS__ }

static const struct schema_field fields[] = {
    FIELD("at", VALUE_TIME, .path = &names[0]),
    FIELD("s", VALUE_STRING, .path = &names[1]),
    FIELD("i", VALUE_INT, .path = &names[2]),
    FIELD("f", VALUE_FLOAT, .path = &names[3]),
    FIELD("d", VALUE_DECIMAL, .path = &names[4], .digits = 2),
    FIELD("b", VALUE_BOOL, .path = &names[5]),
    FIELD("ip", VALUE_IP, .path = &names[6]),
    FIELD("u", VALUE_DURATION, .path = &names[7]),
    FIELD("l", VALUE_LIST, .item = VALUE_STRING, .path = &names[8]),
    FIELD("m", VALUE_LIST, .item = VALUE_FLOAT, .path = &names[9]),
    FIELD("sec", VALUE_TIME, .scale = SCALE_SECONDS, .path = &names[10]),
    {.name = {"lat", 3}, .type = VALUE_FLOAT, .used = true, .path = lat_path, .npath = 2},
    {.name = {"x", 1}, .type = VALUE_STRING, .used = true, .path = x_path, .npath = 2},
};

static const struct schema schema = {
    .name = {"fuzz", 4}, .fields = fields, .nfields = sizeof fields / sizeof *fields};

/* Decodes a copy that ends where it was promised to; row as text, or empty if refused. */
static bool decode(struct decoder *d, struct batch *batch, struct str line, bool whole_only,
                   bool stable, struct buf *row) {
    struct decode_fault fault = {.reason = ""};
    char *exact = malloc(line.n + DECODER_PADDING);
    memcpy(exact, line.p, line.n);
    for (size_t i = 0; i < DECODER_PADDING; i++)
        exact[line.n + i] = "\n\"}],:0\\"[(line.n + i) % 8];
    batch_reset(batch);
    buf_reset(row);
    d->pause = whole_only;
    d->failures = 0;
    bool ok = json_decode(d, (struct str){exact, line.n}, stable, batch, 0, &fault);
    if (!stable) memset(exact, '#', line.n);
    for (uint32_t f = 0; ok && f < schema.nfields; f++) {
        value_json(row, batch_value(batch, 0, f));
        buf_char(row, ' ');
    }
    check(ok || (fault.reason[0] && fault.at <= line.n));
    free(exact);
    return ok;
}

static bool same(const struct buf *a, const struct buf *b) {
    return str_equal(buf_view(a), buf_view(b));
}

/* The members of a well-formed object, last first. False where the answer could differ: names twice
 * or escaped. */
static bool reversed(struct str line, struct buf *out) {
    enum { MOST = 32 };
    struct str members[MOST], keys[MOST];
    size_t n = 0, start = 0;
    int depth = 0;
    bool inside = false;
    for (size_t i = 0; i < line.n; i++) {
        char c = line.p[i];
        if (c == '"')
            inside = !inside;
        else if (inside && c == '\\')
            i++;
        if (inside) continue;
        if ((c == '{' || c == '[') && ++depth == 1) start = i + 1;
        bool end = (c == '}' || c == ']') && --depth == 0;
        if (!end && !(c == ',' && depth == 1)) continue;
        if (n == MOST) return false;
        members[n++] = (struct str){line.p + start, i - start};
        start = i + 1;
    }
    for (size_t i = 0; i < n; i++) {
        size_t from = str_find(members[i], STR("\"")), to = from + 1;
        if (from == SIZE_MAX) return false; /* an empty object */
        while (members[i].p[to] != '"')
            if (members[i].p[to++] == '\\') return false;
        keys[i] = (struct str){members[i].p + from, to - from};
        for (size_t j = 0; j < i; j++)
            if (str_equal(keys[i], keys[j])) return false;
    }
    buf_char(out, '{');
    for (size_t i = n; i-- > 0;) {
        buf_str(out, members[i]);
        buf_char(out, i ? ',' : '}');
    }
    return n > 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct decoder *d;
    static struct batch *batch;
    struct str line = {(const char *)data, size};
    struct buf quick, whole, turned, again;
    if (!d) d = json_decoder_new(&schema);
    if (!batch) batch = batch_new(&schema, 0, 1);
    buf_init(&quick);
    buf_init(&whole);
    buf_init(&turned);
    buf_init(&again);
    bool ok = decode(d, batch, line, false, false, &quick);
    check(decode(d, batch, line, true, false, &whole) == ok && same(&quick, &whole));
    check(decode(d, batch, line, false, true, &whole) == ok && same(&quick, &whole));
    if (ok && reversed(line, &turned)) {
        check(decode(d, batch, buf_view(&turned), false, false, &again) && same(&quick, &again));
        check(decode(d, batch, line, false, false, &again) &&
              same(&quick, &again)); /* guesses have changed */
    }
    buf_fini(&quick);
    buf_fini(&whole);
    buf_fini(&turned);
    buf_fini(&again);
    return 0;
}
