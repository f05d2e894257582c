/* value: what one value is to others and to the world: its order, its canonical bytes, its texts.
 *
 *   type       order                  canonical bytes (value_encode), behind one byte of type
 *   NULL       first of all           nothing
 *   BOOL       false, true            1 byte
 *   INT … TIME DURATION               8 bytes, little endian
 *   FLOAT      by value; -0 is 0      8 bytes of IEEE 754, little endian; -0 as 0
 *   DECIMAL    by exact value         1 byte of digits, 8 bytes; no trailing zero digit
 *   STRING     by bytes               length (LEB128), bytes
 *   IP         by number, then prefix 16 bytes, 1 byte of prefix
 *   LIST       item by item, shorter  count (LEB128), the items
 *              first
 *
 * Two values have the same bytes exactly when value_compare gives 0: keys, sets and alert ids rest
 * on that. The bytes go into ids that outlive a version of omen: this table never changes.
 * `truncated` is a remark on a list, not a part of its value.
 *
 * Copies and ownership are in heap.c, addresses in ip.c. Nothing here allocates but the buffer
 * that is written to. Tests: tests/unit/engine/test_value.c
 */
#include "engine/value.h"

#include "base/decimal.h"
#include "base/log.h"
#include "base/time.h"

const char *value_type_name(enum value_type type) {
    static const char *const names[VALUE_TYPES] = {
        [VALUE_NULL] = "null",         [VALUE_BOOL] = "bool",     [VALUE_INT] = "int",
        [VALUE_FLOAT] = "float",       [VALUE_DECIMAL] = "decimal", [VALUE_STRING] = "string",
        [VALUE_TIME] = "time",         [VALUE_DURATION] = "duration", [VALUE_IP] = "ip",
        [VALUE_LIST] = "list",
    };
    return (unsigned)type < VALUE_TYPES ? names[type] : "unknown";
}

/* ---- order ------------------------------------------------------------------------------ */

static int order_int(int64_t a, int64_t b) { return (a > b) - (a < b); }

/* 2^63 * 10^18 < 2^123: the wider form is always exact. */
static int order_decimal(struct value a, struct value b) {
    if (a.digits == b.digits) return order_int(a.i, b.i);
    __int128 x = a.i, y = b.i;
    if (a.digits < b.digits)
        x *= decimal_pow10[b.digits - a.digits];
    else
        y *= decimal_pow10[a.digits - b.digits];
    return (x > y) - (x < y);
}

static int order_list(const struct list *a, const struct list *b) {
    for (uint32_t i = 0; i < a->n && i < b->n; i++) {
        int c = value_compare(a->items[i], b->items[i]);
        if (c) return c;
    }
    return order_int(a->n, b->n);
}

int value_compare(struct value a, struct value b) {
    if (a.type != b.type) return order_int(a.type, b.type);
    switch ((enum value_type)a.type) {
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_TIME:
    case VALUE_DURATION: return order_int(a.i, b.i);
    case VALUE_FLOAT: return (a.f > b.f) - (a.f < b.f);
    case VALUE_DECIMAL: return order_decimal(a, b);
    case VALUE_STRING: return str_compare(a.s, b.s);
    case VALUE_IP: {
        int c = memcmp(a.ip.b, b.ip.b, sizeof a.ip.b);
        return c ? c : order_int(a.digits, b.digits);
    }
    case VALUE_LIST: return order_list(a.list, b.list);
    case VALUE_NULL:
    case VALUE_TYPES: break;
    }
    return 0;
}

/* ---- canonical bytes -------------------------------------------------------------------- */

static void put_u64(struct buf *out, uint64_t u) {
    uint8_t b[8];
    for (int i = 0; i < 8; i++) b[i] = (uint8_t)(u >> 8 * i);
    buf_add(out, b, sizeof b);
}

static void put_length(struct buf *out, uint64_t n) {
    for (; n >= 0x80; n >>= 7) buf_char(out, (char)(n | 0x80));
    buf_char(out, (char)n);
}

static void put_float(struct buf *out, double f) {
    uint64_t bits;
    if (f == 0) f = 0; /* drops the sign of -0 */
    memcpy(&bits, &f, sizeof bits);
    put_u64(out, bits);
}

static void put_decimal(struct buf *out, int64_t i, uint8_t digits) {
    for (; digits && i % 10 == 0; i /= 10) digits--;
    buf_char(out, (char)digits);
    put_u64(out, (uint64_t)i);
}

void value_encode(struct buf *out, struct value v) {
    buf_char(out, (char)v.type);
    switch ((enum value_type)v.type) {
    case VALUE_NULL: return;
    case VALUE_BOOL: buf_char(out, v.i != 0); return;
    case VALUE_INT:
    case VALUE_TIME:
    case VALUE_DURATION: put_u64(out, (uint64_t)v.i); return;
    case VALUE_FLOAT: put_float(out, v.f); return;
    case VALUE_DECIMAL: put_decimal(out, v.i, v.digits); return;
    case VALUE_STRING:
        put_length(out, v.s.n);
        buf_str(out, v.s);
        return;
    case VALUE_IP:
        buf_add(out, v.ip.b, sizeof v.ip.b);
        buf_char(out, (char)v.digits);
        return;
    case VALUE_LIST:
        put_length(out, v.list->n);
        for (uint32_t i = 0; i < v.list->n; i++) value_encode(out, v.list->items[i]);
        return;
    case VALUE_TYPES: break;
    }
    panic("a value of type %d", v.type);
}

/* ---- texts ------------------------------------------------------------------------------ */

static void write_value(struct buf *out, struct value v, bool json);

static void write_list(struct buf *out, const struct list *list, bool json) {
    buf_char(out, '[');
    for (uint32_t i = 0; i < list->n; i++) {
        if (i) buf_text(out, json ? "," : ", ");
        write_value(out, list->items[i], json);
    }
    if (list->truncated && !json) buf_text(out, list->n ? ", …" : "…");
    buf_char(out, ']');
}

/* The texts that have no JSON form of their own stand in quotes there. */
static void write_value(struct buf *out, struct value v, bool json) {
    const char *quote = json ? "\"" : "";
    switch ((enum value_type)v.type) {
    case VALUE_NULL: buf_text(out, "null"); return;
    case VALUE_BOOL: buf_text(out, v.i ? "true" : "false"); return;
    case VALUE_INT: buf_json_int(out, v.i); return;
    case VALUE_FLOAT: buf_json_float(out, v.f); return;
    case VALUE_DECIMAL: buf_json_decimal(out, v.i, v.digits); return;
    case VALUE_STRING: buf_json_str(out, v.s); return;
    case VALUE_TIME:
        buf_text(out, quote);
        time_format(out, v.i);
        buf_text(out, quote);
        return;
    case VALUE_DURATION:
        buf_text(out, quote);
        duration_format(out, v.i);
        buf_text(out, quote);
        return;
    case VALUE_IP:
        buf_text(out, quote);
        ip_format(out, v.ip, v.digits);
        buf_text(out, quote);
        return;
    case VALUE_LIST: write_list(out, v.list, json); return;
    case VALUE_TYPES: break;
    }
    panic("a value of type %d", v.type);
}

void value_json(struct buf *out, struct value v) { write_value(out, v, true); }
void value_text(struct buf *out, struct value v) { write_value(out, v, false); }
