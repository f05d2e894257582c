/* table: see table.h. Rows lie one behind the other, each with the columns that are used:
 *
 *   slots ─→ row   │ valid bits │ column 0 │ column 1 (string: 16 bytes) │ …
 *            row   │ …                         ↓
 *                                        texts: an arena
 *
 *   slots: open addressing, at most half full: the number of a row + 1, and half of its hash, so
 *   that a row is looked at only if it is very likely the right one
 *
 * The key is a column like any other. A builder is a table that still grows, with the place that
 * each row came from. The seed of the hash varies, so that nobody can choose keys that collide; no
 * result depends on it.
 */
#include "engine/table.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"

enum { FIRST_ROWS = 16 };

struct slot {
    uint32_t row; /* + 1; 0: free */
    uint32_t hash;
};

struct table {
    uint32_t refs;
    struct schema schema; /* fields in `texts` */
    uint32_t *at;         /* by field that is used: where its bytes are in a row */
    uint32_t width;       /* bytes of a row */
    uint32_t n, mask;     /* rows; slots - 1 */
    struct slot *slots;
    char *rows;
    uint64_t seed;
    struct arena texts;
};

struct table_builder {
    struct table *table;
    uint64_t *places; /* by row: its offset in what it was read from */
    uint32_t cap;
};

/* ---- shape ----------------------------------------------------------------------------------- */

static uint32_t cell_bytes(enum value_type type) {
    return type == VALUE_STRING || type == VALUE_IP ? 16 : 8;
}

static struct schema_field *copy_fields(struct arena *a, const struct schema *s) {
    struct schema_field *fields = arena_array(a, struct schema_field, s->nfields);
    for (uint32_t i = 0; i < s->nfields; i++) {
        fields[i] = s->fields[i];
        fields[i].name = arena_copy(a, s->fields[i].name);
        fields[i].path = NULL;
        fields[i].npath = 0;
    }
    return fields;
}

static struct table *table_new(const struct schema *schema) {
    struct table *t = must_zalloc(sizeof *t);
    t->refs = 1;
    t->seed = UINT64_C(0x7461626C) ^ (uint64_t)(uintptr_t)t;
    arena_init(&t->texts);
    t->schema = *schema;
    t->schema.name = arena_copy(&t->texts, schema->name);
    t->schema.fields = copy_fields(&t->texts, schema);
    t->at = arena_array(&t->texts, uint32_t, schema->nfields);
    t->width = (schema->nfields + 63) / 64 * (uint32_t)sizeof(uint64_t);
    for (uint32_t i = 0; i < schema->nfields; i++) {
        t->at[i] = t->width;
        if (schema->fields[i].used) t->width += cell_bytes(schema->fields[i].type);
    }
    t->mask = 2 * FIRST_ROWS - 1;
    t->slots = must_zalloc(2 * FIRST_ROWS * sizeof *t->slots);
    return t;
}

bool table_fits(const struct table *t, const struct schema *schema) {
    if (schema->nfields != t->schema.nfields || schema->key_field != t->schema.key_field)
        return false;
    for (uint32_t i = 0; i < schema->nfields; i++) {
        const struct schema_field *a = &schema->fields[i], *b = &t->schema.fields[i];
        if (!a->used) continue;
        if (!b->used || a->type != b->type || a->item != b->item || a->digits != b->digits ||
            !str_equal(a->name, b->name))
            return false;
    }
    return true;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct table *table_hold(struct table *t) {
    __atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
    return t;
}

void table_drop(struct table **table) {
    struct table *t = *table;
    *table = NULL;
    if (!t || __atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) != 0) return;
    arena_fini(&t->texts);
    free(t->slots);
    free(t->rows);
    free(t);
}

uint32_t table_rows(const struct table *t) { return t->n; }

size_t table_bytes(const struct table *t) {
    return (size_t)t->n * t->width + (t->mask + (size_t)1) * sizeof *t->slots + t->texts.used;
}

/* ---- looking up ------------------------------------------------------------------------------ */

static const char *row_at(const struct table *t, uint64_t row) { return t->rows + row * t->width; }

static const char *key_at(const struct table *t, uint32_t row) {
    return row_at(t, row) + t->at[t->schema.key_field];
}

static uint32_t half(uint64_t hash) { return (uint32_t)(hash >> 32); }

/* One search, of which each type of key makes an instance. */
#define FIND(t, h, same)                                                                           \
    do {                                                                                           \
        for (uint64_t i = (h) & (t)->mask;; i = (i + 1) & (t)->mask) {                             \
            const struct slot *s = &(t)->slots[i];                                                 \
            if (!s->row) return -1;                                                                \
            if (s->hash != half(h)) continue;                                                      \
            const char *key = key_at((t), s->row - 1);                                             \
            if (same) return s->row - 1;                                                           \
        }                                                                                          \
    } while (0)

int64_t table_find_int(const struct table *t, int64_t wanted) {
    if (!t) return -1;
    uint64_t h = hash64(&wanted, sizeof wanted, t->seed);
    FIND(t, h, memcmp(key, &wanted, sizeof wanted) == 0);
}

int64_t table_find_str(const struct table *t, struct str wanted) {
    if (!t) return -1;
    uint64_t h = hash64(wanted.p, wanted.n, t->seed);
    FIND(t, h, str_equal(*(const struct str *)(const void *)key, wanted));
}

int64_t table_find_ip(const struct table *t, const struct ip *wanted) {
    if (!t) return -1;
    uint64_t h = hash64(wanted, sizeof *wanted, t->seed);
    FIND(t, h, memcmp(key, wanted, sizeof *wanted) == 0);
}

const void *table_cell(const struct table *t, int64_t row, uint32_t field) {
    if (!t || (uint64_t)row >= t->n) return NULL;
    const char *at = row_at(t, (uint64_t)row);
    if (!bit_get((const uint64_t *)(const void *)at, field)) return NULL;
    return at + t->at[field];
}

/* ---- building -------------------------------------------------------------------------------- */

struct table_builder *table_begin(const struct schema *schema) {
    check(schema->time_field == SCHEMA_NONE);
    struct table_builder *b = must_zalloc(sizeof *b);
    b->table = table_new(schema);
    return b;
}

static uint64_t key_hash(const struct table *t, uint32_t row) {
    const char *key = key_at(t, row);
    if (t->schema.fields[t->schema.key_field].type != VALUE_STRING)
        return hash64(key, cell_bytes(t->schema.fields[t->schema.key_field].type), t->seed);
    const struct str *s = (const struct str *)(const void *)key;
    return hash64(s->p, s->n, t->seed);
}

static void slot_put(struct table *t, uint32_t row) {
    uint64_t h = key_hash(t, row), i = h & t->mask;
    while (t->slots[i].row) i = (i + 1) & t->mask;
    t->slots[i] = (struct slot){row + 1, half(h)};
}

/* Room for one row more. */
static void grow(struct table_builder *b) {
    struct table *t = b->table;
    if (t->n == b->cap) {
        b->cap = b->cap ? b->cap * 2 : FIRST_ROWS;
        t->rows = must_realloc(t->rows, (size_t)b->cap * t->width);
        b->places = must_realloc(b->places, b->cap * sizeof *b->places);
    }
    if (2 * ((uint64_t)t->n + 1) <= t->mask) return;
    t->mask = 2 * t->mask + 1;
    free(t->slots);
    t->slots = must_zalloc(((size_t)t->mask + 1) * sizeof *t->slots);
    for (uint32_t i = 0; i < t->n; i++) slot_put(t, i);
}

static int64_t find(const struct table *t, struct value key) {
    if (key.type == VALUE_STRING) return table_find_str(t, key.s);
    if (key.type == VALUE_IP) return table_find_ip(t, &key.ip);
    return table_find_int(t, key.i);
}

static void put(struct table *t, char *row, uint32_t field, struct value v) {
    if (value_is_null(v)) return;
    v = value_copy(&t->texts, v);
    bit_set((uint64_t *)(void *)row, field);
    memcpy(row + t->at[field], &v, cell_bytes((enum value_type)v.type));
}

enum table_added table_add(struct table_builder *b, const struct batch *batch, uint32_t row,
                           uint64_t *before) {
    struct table *t = b->table;
    int64_t found = find(t, batch_value(batch, row, t->schema.key_field));
    if (found >= 0) {
        *before = b->places[found];
        return TABLE_TWICE;
    }
    if (t->n == TABLE_MAX_ROWS) return TABLE_FULL;
    grow(b);
    char *to = t->rows + (size_t)t->n * t->width;
    memset(to, 0, t->width);
    for (uint32_t f = 0; f < t->schema.nfields; f++)
        if (t->schema.fields[f].used) put(t, to, f, batch_value(batch, row, f));
    b->places[t->n] = batch->offset[row];
    slot_put(t, t->n++);
    return TABLE_ADDED;
}

struct table *table_finish(struct table_builder **builder) {
    struct table *t = (*builder)->table;
    if (t->n) t->rows = must_realloc(t->rows, (size_t)t->n * t->width);
    free((*builder)->places);
    free(*builder);
    *builder = NULL;
    return t;
}

void table_abandon(struct table_builder **builder) {
    if (!*builder) return;
    table_drop(&(*builder)->table);
    free((*builder)->places);
    free(*builder);
    *builder = NULL;
}
