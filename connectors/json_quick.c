/* json_quick: one pass over an event, without an index of its structure, for events like the last
 * ones: short, their members in the order in which they came last time. A member whose quoted name
 * stands where it is expected costs one comparison; numbers and strings are read as they are
 * passed. On anything out of the ordinary (a list that is wanted, a value of another type, a name
 * twice, deep nesting, any fault) it gives up, and json_whole decides; so nothing here says why.
 *
 * Bounds: an event must end in '}', which ends every scan for digits and blanks; scans for a quote
 * are checked against the end. Words of 8 bytes are read up to 7 bytes behind the event
 * (DECODER_PADDING). What it accepts json_whole accepts, with the same cells.
 * Tests: tests/unit/connectors/test_json.c; tests/fuzz/fuzz_json.c
 */
#include "base/time.h"
#include "base/utf8.h"
#include "connectors/cell.h"
#include "connectors/json.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

enum { QUICK_DEPTH = 8 };

struct quick {
    struct json_row *r;
    struct decoder *d;
    const char *p, *end; /* the next byte; behind the event, blanks at its end left out */
};

static bool quick_object(struct quick *q, uint16_t parent, int depth);
static bool quick_array(struct quick *q, int depth);

static inline void blanks(struct quick *q) {
    while (unlikely((unsigned char)*q->p <= ' ') && q->p < q->end &&
           (*q->p == ' ' || *q->p == '\t' || *q->p == '\r' || *q->p == '\n'))
        q->p++;
}

/* ---- strings --------------------------------------------------------------------------------- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The high bit of each byte that is a quote, a backslash or a control character; of the lowest such
 * byte it is right, above it a borrow may set more. */
static inline uint64_t special_bytes(uint64_t w) {
    uint64_t quote = w ^ EACH(0x22), slash = w ^ EACH(0x5C);
    return (((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) | ((w - EACH(0x20)) & ~w)) &
           EACH(0x80);
}

/* A string in which a backslash stands at p. Rare enough to be read byte by byte. */
static __attribute__((noinline)) bool escaped_string(struct quick *q, const char *p,
                                                     struct str *text) {
    struct str raw = {q->p, 0};
    for (; p < q->end && *p != '"'; p++) {
        if ((unsigned char)*p < 0x20) return false;
        if (*p == '\\') p++;
    }
    if (p >= q->end) return false;
    raw.n = (size_t)(p - q->p);
    q->p = p + 1;
    char *room = arena_alloc(&q->r->batch->text, raw.n);
    *text = (struct str){room, 0};
    return utf8_valid_prefix(raw) == raw.n && json_unescape(raw, room, &text->n);
}

/* From behind the opening quote to behind the closing one. */
static inline bool quick_string(struct quick *q, struct str *text) {
    const char *p = q->p;
    uint64_t beyond_ascii = 0;
    while (p < q->end) {
        uint64_t w;
        memcpy(&w, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        w = __builtin_bswap64(w);
#endif
        uint64_t special = special_bytes(w);
        if (!special) {
            beyond_ascii |= w & EACH(0x80);
            p += 8;
            continue;
        }
        int at = __builtin_ctzll(special) >> 3;
        beyond_ascii |= w & EACH(0x80) & ((UINT64_C(1) << (at * 8)) - 1);
        p += at;
        *text = (struct str){q->p, (size_t)(p - q->p)};
        if (p >= q->end) return false;
        if (unlikely(*p != '"')) return *p == '\\' && escaped_string(q, p, text);
        q->p = p + 1;
        return likely(!beyond_ascii) || utf8_valid_prefix(*text) == text->n;
    }
    return false;
}

/* ---- numbers --------------------------------------------------------------------------------- */

struct number {
    struct str token;
    uint64_t mantissa;     /* all digits, without the point */
    uint32_t behind;       /* how many of them stood behind the point */
    bool negative, simple; /* simple: no exponent and at most 18 digits: the two above are right */
};

static inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

/* Eight digits at once (Lemire 2018), if eight stand at p. */
static inline bool eight_digits(const char *p, uint64_t *mantissa) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t w;
    memcpy(&w, p, 8);
    if (((w & EACH(0xF0)) | (((w + EACH(0x06)) & EACH(0xF0)) >> 4)) != EACH(0x33)) return false;
    w = (w & EACH(0x0F)) * 2561 >> 8;
    w = (w & UINT64_C(0x00FF00FF00FF00FF)) * 6553601 >> 16;
    *mantissa = *mantissa * 100000000 + ((w & UINT64_C(0x0000FFFF0000FFFF)) * 42949672960001 >> 32);
    return true;
#else
    (void)p;
    (void)mantissa;
    return false;
#endif
}

static inline bool quick_number(struct quick *q, struct number *n) {
    const char *start = q->p, *p = q->p;
    *n = (struct number){.negative = *p == '-'};
    p += n->negative;
    const char *digits = p;
    if (!is_digit(*p)) return false;
    if (eight_digits(p, &n->mantissa)) p += 8;
    while (is_digit(*p)) n->mantissa = n->mantissa * 10 + (uint64_t)(*p++ - '0');
    if (*digits == '0' && p - digits > 1) return false;
    int64_t count = p - digits;
    if (*p == '.') {
        const char *point = ++p;
        while (is_digit(*p)) n->mantissa = n->mantissa * 10 + (uint64_t)(*p++ - '0');
        n->behind = (uint32_t)(p - point);
        if (n->behind == 0) return false;
        count += n->behind;
    }
    n->simple = count <= 18;
    if (unlikely(*p == 'e' || *p == 'E')) {
        n->simple = false;
        p += 1 + (p[1] == '-' || p[1] == '+');
        if (!is_digit(*p)) return false;
        while (is_digit(*p)) p++;
    }
    n->token = (struct str){start, (size_t)(p - start)};
    q->p = p;
    return true;
}

static const double power_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9,
                                      1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18};

/* The common numbers here, all others by cell_number. */
static inline bool number_cell(struct quick *q, uint16_t field, const struct number *n) {
    const struct schema_field *f = &q->d->schema->fields[field];
    struct batch *b = q->r->batch;
    int64_t i = (int64_t)(n->negative ? 0 - n->mantissa : n->mantissa);
    if (likely(n->simple)) {
        if (f->type == VALUE_FLOAT && n->mantissa >> 53 == 0) {
            double d =
                (double)n->mantissa / power_of_ten[n->behind]; /* both exact: the nearest double */
            batch_set_float(b, field, n->negative ? -d : d);
            return true;
        }
        if (f->type == VALUE_INT && n->behind == 0) {
            batch_set_int(b, field, i);
            return true;
        }
        if (f->type == VALUE_TIME && n->behind == 0 && f->scale == SCALE_MILLIS) {
            if (__builtin_mul_overflow(i, NS_PER_MS, &i)) return false;
            batch_set_int(b, field, i);
            return true;
        }
        if (f->type == VALUE_DECIMAL && n->behind == f->digits) {
            batch_set_int(b, field, i);
            return true;
        }
    }
    struct value v;
    if (cell_number(cell_field(f), n->token, &v) != CELL_OK) return false;
    cell_set(b, field, v);
    return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static inline bool text_cell(struct quick *q, uint16_t field, struct str text) {
    const struct schema_field *f = &q->d->schema->fields[field];
    struct batch *b = q->r->batch;
    if (f->type == VALUE_STRING) {
        batch_set_str(b, field, text);
        return true;
    }
    struct value v;
    if (cell_text(cell_field(f), text, &v) != CELL_OK) return false;
    cell_set(b, field, v);
    return true;
}

static bool word(struct quick *q, const char *text, size_t n) {
    if (memcmp(q->p, text, n) != 0) return false; /* at most 5 bytes: within the padding */
    q->p += n;
    return true;
}

static bool quick_word(struct quick *q, uint16_t field) {
    bool yes = *q->p == 't';
    if (*q->p == 'n') return word(q, "null", 4);
    if (!(yes ? word(q, "true", 4) : word(q, "false", 5))) return false;
    if (field == JSON_NONE) return true;
    if (q->d->schema->fields[field].type != VALUE_BOOL) return false;
    batch_set_int(q->r->batch, field, yes);
    return true;
}

/* Fields that share a place in the event are left to json_whole, as are lists that are wanted. */
static inline bool quick_value(struct quick *q, uint16_t node, int depth) {
    const struct json_node *here = node == JSON_NONE ? NULL : &q->d->nodes[node];
    uint16_t field = here ? here->field : JSON_NONE;
    if (unlikely(here && here->child != JSON_NONE && *q->p != '{')) return false;
    if (unlikely(field != JSON_NONE && q->d->also[field] != JSON_NONE)) return false;
    switch (*q->p) {
    case '"': {
        struct str text;
        q->p++;
        if (unlikely(!quick_string(q, &text))) return false;
        return field == JSON_NONE || text_cell(q, field, text);
    }
    case '{':
        if (field != JSON_NONE || depth == QUICK_DEPTH) return false;
        q->p++;
        return quick_object(q, node, depth + 1);
    case '[':
        if (here || depth == QUICK_DEPTH) return false;
        q->p++;
        return quick_array(q, depth + 1);
    case 't':
    case 'f':
    case 'n': return quick_word(q, field);
    default: {
        struct number n;
        if (unlikely(!quick_number(q, &n))) return false;
        return field == JSON_NONE || number_cell(q, field, &n);
    }
    }
}

/* An array that nobody wants, from behind '[' to behind ']'. */
static bool quick_array(struct quick *q, int depth) {
    blanks(q);
    if (*q->p == ']') {
        q->p++;
        return true;
    }
    for (;;) {
        if (!quick_value(q, JSON_NONE, depth) || q->p >= q->end) return false;
        blanks(q);
        char c = *q->p++;
        if (c == ']') return true;
        if (c != ',') return false;
        blanks(q);
    }
}

/* ---- objects --------------------------------------------------------------------------------- */

/* Compared by words: names are short, a call would cost more. May read 7 bytes behind the name. */
static inline bool same_name(const char *p, const struct json_node *node) {
    uint64_t head;
    memcpy(&head, p, 8);
    if (((head ^ node->head) & node->mask) != 0) return false;
    size_t n = node->quoted.n;
    if (n <= 8) return true;
    uint64_t a, b;
    memcpy(&a, p + n - 8, 8);
    memcpy(&b, node->quoted.p + n - 8, 8);
    return a == b && (n <= 16 || memcmp(p + 8, node->quoted.p + 8, n - 16) == 0);
}

/* From the quote that opens a name to behind the one that closes it. `guess` first; otherwise all
 * children. */
static inline bool quick_name(struct quick *q, uint16_t parent, uint16_t guess, uint16_t *node) {
    size_t room = (size_t)(q->end - q->p);
    struct json_node *nodes = q->d->nodes;
    if (likely(guess != JSON_NONE)) {
        size_t n = nodes[guess].quoted.n;
        if (likely(n && n < room && same_name(q->p, &nodes[guess]))) {
            q->p += n;
            *node = guess;
            return true;
        }
    }
    struct str name;
    if (*q->p++ != '"' || !quick_string(q, &name)) return false;
    *node = JSON_NONE;
    if (parent == JSON_NONE) return true;
    for (uint16_t c = nodes[parent].child; c != JSON_NONE; c = nodes[c].next)
        if (nodes[c].name.n == name.n && memcmp(nodes[c].name.p, name.p, name.n) == 0) {
            *node = c;
            break;
        }
    return true;
}

/* From behind '{' to behind '}'. Keeps up the guesses of what follows what. */
static bool quick_object(struct quick *q, uint16_t parent, int depth) {
    struct json_node *nodes = q->d->nodes;
    uint16_t *guess = parent == JSON_NONE ? NULL : &nodes[parent].guess;
    uint64_t *seen = q->d->seen;
    blanks(q);
    if (*q->p == '}') {
        q->p++;
        return true;
    }
    for (;;) {
        uint16_t node;
        if (unlikely(!quick_name(q, parent, guess ? *guess : JSON_NONE, &node))) return false;
        if (likely(node != JSON_NONE)) {
            if (unlikely(bit_get(seen, node))) return false;
            bit_set(seen, node);
            *guess = node;
            guess = &nodes[node].follow;
        }
        blanks(q);
        if (unlikely(*q->p++ != ':')) return false;
        blanks(q);
        if (unlikely(!quick_value(q, node, depth) || q->p >= q->end)) {
            return false; /* at the end: the last '}' was the value's own */
        }
        blanks(q);
        char c = *q->p++;
        if (c == '}') return true;
        if (unlikely(c != ',')) return false;
        blanks(q);
    }
}

bool json_quick(struct json_row *r) {
    struct quick q = {r, r->d, r->bytes.p, r->bytes.p + r->bytes.n};
    while (q.end > q.p && (unsigned char)q.end[-1] <= ' ' && strchr(" \t\r\n", q.end[-1]) &&
           q.end[-1])
        q.end--;
    if (q.end - q.p < 2 || q.end[-1] != '}') return false;
    blanks(&q);
    if (*q.p++ != '{') return false;
    return quick_object(&q, 0, 1) && q.p == q.end;
}
