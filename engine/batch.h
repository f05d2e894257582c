/* batch: up to a few thousand decoded events of one stream and one partition, as columns.
 *
 *   columns[f].data   BOOL: bits · INT DECIMAL TIME DURATION: int64_t[] · FLOAT: double[]
 *                     STRING: struct str[] · IP: struct ip[] · LIST: const struct list *[]
 *                     (no data where a field is not used)
 *   columns[f].valid  one bit a row, 1 = not null; where it is 0 the data hold zeros
 *                     (STRING: "", LIST: NULL);
 *                     of a field that is not used: all zeros, shared and never written
 *   offset[]          position of each row in its partition
 *
 * Strings point into memory that the batch holds, its `text` arena. Rows are appended by one
 * decoder, then the batch is sealed: the engine fills in what is computed, and nothing else is
 * written any more. All arrays have room for a multiple of 64 rows, data are 64-byte aligned. One
 * thread at a time, but for holding and dropping (engine/batch_pool.h).
 *
 * Rows are written by one schema and may be looked at by another (batch_see): other rules, that
 * took over while the batch was on its way, declare or compute other fields. `columns` are those of
 * the schema that it is looked at by.
 * Tests: tests/unit/engine/test_batch.c
 */
#ifndef OMEN_ENGINE_BATCH_H
#define OMEN_ENGINE_BATCH_H

#include "engine/schema.h"

enum { BATCH_ROWS = 1024, BATCH_MAX_ROWS = 4096 };

struct column {
    void *data;
    uint64_t *valid;
};

struct batch {
    const struct schema *schema;  /* by which it is looked at */
    const struct schema *written; /* by which its rows were written */
    uint32_t stream;    /* index in the program */
    uint32_t partition;
    uint32_t n, max;    /* rows; wanted at most, a multiple of nothing: 1 is fine */
    struct column *columns; /* of schema */
    struct column *cells;   /* of written: the same, unless they differ */
    uint64_t *offset;
    uint64_t next_offset; /* behind all that was read, malformed too; 0: behind the last row */
    uint32_t *partitions; /* of each row, where they differ; else NULL: all are of `partition` */
    struct arena text;  /* strings, lists and columns' texts of this batch */
    void *memory;       /* the arrays */
    void *view;         /* columns for another schema, and what is computed for it */
    size_t view_bytes;
    struct batch_pool *pool; /* whence it came, or NULL; see batch_pool.h */
    struct batch *next_free;
    uint32_t holders;
    uint32_t opened;    /* for who feeds engines: how many of its rows they have evaluated */
};

/* `max` rows: 1..BATCH_MAX_ROWS. */
struct batch *batch_new(const struct schema *schema, uint32_t stream, uint32_t max);
void batch_free(struct batch **batch);

/* Forgets all rows and their texts, and is looked at as it is written. */
void batch_reset(struct batch *batch);

/* Looks at the rows by another schema: its declared fields that are used were written, under their
 * names; what it computes is still to be filled in. The schema it was written by undoes it. */
void batch_see(struct batch *batch, const struct schema *schema);

static inline bool bit_get(const uint64_t *bits, uint32_t i) {
    return bits[i >> 6] >> (i & 63) & 1;
}
static inline void bit_set(uint64_t *bits, uint32_t i) { bits[i >> 6] |= UINT64_C(1) << (i & 63); }
static inline void bit_clear(uint64_t *bits, uint32_t i) {
    bits[i >> 6] &= ~(UINT64_C(1) << (i & 63));
}

/* The decoder's way to write row `batch->n` (not yet counted): set cells, then batch_commit or
 * batch_abandon. Only fields that are used may be set, with the setter of their type; cells that
 * are not set are null; the last set counts. Committing needs a non-null time (of a table: key).
 * There is room as long as n < max. Inlined: this is the decoder's inner loop. */

/* INT DECIMAL TIME DURATION BOOL */
static inline void batch_set_int(struct batch *b, uint32_t field, int64_t i) {
    struct column *c = &b->columns[field];
    bit_set(c->valid, b->n);
    if (__builtin_expect(b->schema->fields[field].type == VALUE_BOOL, 0)) {
        uint64_t *word = (uint64_t *)c->data + (b->n >> 6);
        *word = (*word & ~(UINT64_C(1) << (b->n & 63))) | (uint64_t)(i != 0) << (b->n & 63);
        return;
    }
    ((int64_t *)c->data)[b->n] = i;
}

/* NaN and infinity become null. */
static inline void batch_set_float(struct batch *b, uint32_t field, double f) {
    struct column *c = &b->columns[field];
    bool finite = __builtin_isfinite(f);
    bit_clear(c->valid, b->n);
    c->valid[b->n >> 6] |= (uint64_t)finite << (b->n & 63);
    ((double *)c->data)[b->n] = finite ? f : 0;
}

/* The bytes must live as long as the batch: in its `text` arena, or in a buffer that outlives
 * it. */
static inline void batch_set_str(struct batch *b, uint32_t field, struct str s) {
    bit_set(b->columns[field].valid, b->n);
    ((struct str *)b->columns[field].data)[b->n] = s;
}

static inline void batch_set_ip(struct batch *b, uint32_t field, struct ip ip) {
    bit_set(b->columns[field].valid, b->n);
    ((struct ip *)b->columns[field].data)[b->n] = ip;
}

static inline void batch_set_list(struct batch *b, uint32_t field, const struct list *list) {
    bit_set(b->columns[field].valid, b->n);
    ((const struct list **)b->columns[field].data)[b->n] = list;
}

void batch_set_null(struct batch *b, uint32_t field); /* takes back what was set in this row */
void batch_commit(struct batch *b, uint64_t offset);
void batch_abandon(struct batch *b); /* clears the cells set so far */
void batch_take_back(struct batch *b); /* the last row committed is abandoned after all */

/* Appends a row of another batch that was written by the schema, with its texts. */
void batch_copy_row(struct batch *to, const struct batch *from, uint32_t row);

static inline uint32_t batch_partition(const struct batch *b, uint32_t row) {
    return b->partitions ? b->partitions[row] : b->partition;
}

/* The value of a cell; null where the field is not used. An address is a host's: prefix 128. */
struct value batch_value(const struct batch *b, uint32_t row, uint32_t field);
struct value batch_written(const struct batch *b, uint32_t row, uint32_t field); /* of written */
/* Whoever looks at it: the same. */
static inline const int64_t *batch_times(const struct batch *b) {
    return b->cells[b->written->time_field].data;
}

#endif
