/* value: a typed value, null included: what fields, cells, keys and emitted results are outside of
 * a batch.
 *
 * 24 bytes, passed by value. STRING and LIST point to memory of an owner: a batch, an arena, or a
 * heap of owned values (value_own). Null is VALUE_NULL whatever the declared type. Tests:
 * tests/unit/engine/test_value.c
 */
#ifndef OMEN_ENGINE_VALUE_H
#define OMEN_ENGINE_VALUE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum value_type {
    VALUE_NULL,
    VALUE_BOOL, /* i: 0 or 1 */
    VALUE_INT, /* i */
    VALUE_FLOAT, /* f; never NaN or infinite: those are null */
    VALUE_DECIMAL, /* i in units of 10^-digits */
    VALUE_STRING, /* s, UTF-8 */
    VALUE_TIME, /* i, ns since the epoch */
    VALUE_DURATION, /* i, ns */
    VALUE_IP, /* ip; digits: prefix length of 128 (a host: 128). IPv4 is mapped: ::ffff:a.b.c.d */
    VALUE_LIST, /* list */
    VALUE_TYPES
};

struct ip {
    uint8_t b[16];
};

struct list;

struct value {
    union {
        int64_t i;
        double f;
        struct str s;
        struct ip ip;
        const struct list *list;
    };
    uint8_t type;   /* enum value_type */
    uint8_t digits; /* DECIMAL: digits behind the point; IP: prefix length */
};

struct list {
    uint32_t n;
    bool truncated; /* collect and distinct: there were more */
    struct value items[];
};

static inline bool value_is_null(struct value v) { return v.type == VALUE_NULL; }
static inline struct value value_null(void) { return (struct value){.type = VALUE_NULL}; }
static inline struct value value_int(int64_t i) {
    return (struct value){.i = i, .type = VALUE_INT};
}
static inline struct value value_float(double f) {
    return (struct value){.f = f, .type = VALUE_FLOAT};
}
static inline struct value value_str(struct str s) {
    return (struct value){.s = s, .type = VALUE_STRING};
}

/* "string", "decimal(2)", "list of int" for messages. */
const char *value_type_name(enum value_type type);

/* Total order within one type, null first; values of different types order by type. 0 when
 * identical: floats by value (-0 equals 0), decimals after rescaling, strings by bytes, lists
 * element by element. */
int value_compare(struct value a, struct value b);

/* Canonical bytes: equal exactly when value_compare is 0. For keys, sets and ids. Appends type and
 * length, so that a sequence of values is unambiguous. Stable for ever. */
void value_encode(struct buf *out, struct value v);

/* As JSON: times as ISO text, durations as "1h30m", addresses as text, decimals as exact
 * numbers. */
void value_json(struct buf *out, struct value v);
/* As a person reads it (explain, why): strings in quotes, null as null. */
void value_text(struct buf *out, struct value v);

bool ip_parse(struct str text, struct ip *ip,
              uint8_t *prefix); /* 10.0.0.0/8, 10.0.0.1, 2001:db8::/32 */
void ip_format(struct buf *out, struct ip ip,
               uint8_t prefix); /* prefix is written unless it is a host's */
bool ip_in(struct ip ip, struct ip net, uint8_t prefix);

struct value value_copy(struct arena *a, struct value v); /* deep copy into an arena */

/* Owned values: deep copies that live until they are disowned; strings and lists are one
 * malloc-like block of a size-class heap. One thread at a time; a heap belongs to a worker. */
struct heap;
struct heap *heap_new(void);
void heap_free(struct heap **heap); /* everything in it becomes invalid */
size_t heap_bytes(const struct heap *heap); /* handed out now */
struct value value_own(struct heap *heap, struct value v);          /* copy; counted 1 */
struct value value_share(struct value owned); /* another count of an owned value */
void value_disown(struct heap *heap, struct value *owned); /* one count less; sets *owned to null */

/* Memory for other things that live and die with keys; not zeroed. */
void *heap_block(struct heap *heap, size_t bytes);
void heap_unblock(struct heap *heap, void *block); /* NULL is ignored */

#endif
