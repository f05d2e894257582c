/* batch: columns of decoded events, in one piece of memory.
 *
 *   memory ─→ ┌────────┬──────────────┬────────┬──────────────┬───┬────────────┬───────────────┐
 *             │ nulls  │ data of used │ valid  │ data of used │ … │ valid      │ offset[]      │
 *             │ (bits) │ field 0      │ bits   │ field 1      │   │            │               │
 *             └────────┴──────────────┴────────┴──────────────┴───┴────────────┴───────────────┘
 *               every part begins on a 64-byte line and has room for a multiple of 64 rows
 *
 * Invariant: outside of the committed rows and the one being written all valid bits are 0 and all
 * data are zeros (STRING: ""). So a decoder need not touch what an event does not have, and the
 * interpreter may read whole words and vectors behind the last row. batch_reset restores it for
 * the rows that were used only: a batch of one row costs one row.
 *
 * Fields that are not used have no data; their `valid` is the shared `nulls`, so that a reader
 * sees null without asking. Setting such a field is the decoder's fault and crashes (no data).
 * Tests: tests/unit/engine/test_batch.c
 */
#include "engine/batch.h"

#include <stdlib.h>

#include "base/log.h"

enum { LINE = 64 };

static size_t to_line(size_t bytes) { return (bytes + LINE - 1) / LINE * LINE; }
static size_t bit_bytes(uint32_t rows) { return to_line((rows + 63) / 64 * sizeof(uint64_t)); }

/* Bytes of the first `rows` cells of a column; of bits: the words that hold them. */
static size_t data_bytes(enum value_type type, uint32_t rows) {
    switch (type) {
    case VALUE_BOOL: return (rows + 63) / 64 * sizeof(uint64_t);
    case VALUE_FLOAT: return rows * sizeof(double);
    case VALUE_STRING: return rows * sizeof(struct str);
    case VALUE_IP: return rows * sizeof(struct ip);
    case VALUE_LIST: return rows * sizeof(struct list *);
    case VALUE_INT:
    case VALUE_DECIMAL:
    case VALUE_TIME:
    case VALUE_DURATION: return rows * sizeof(int64_t);
    case VALUE_NULL:
    case VALUE_TYPES: break;
    }
    panic("a column of type %d", (int)type);
}

/* Zeros for the cells of rows [first, end). */
static void clear_data(enum value_type type, struct column *c, uint32_t first, uint32_t end) {
    if (type == VALUE_STRING) {
        struct str *s = c->data;
        for (uint32_t i = first; i < end; i++) s[i] = STR("");
        return;
    }
    size_t from = data_bytes(type, type == VALUE_BOOL ? first / 64 * 64 : first);
    memset((char *)c->data + from, 0, data_bytes(type, end) - from);
}

static size_t total_bytes(const struct schema *schema, uint32_t rows) {
    size_t n = bit_bytes(rows) + to_line(rows * sizeof(uint64_t)) + LINE;
    for (uint32_t f = 0; f < schema_columns(schema); f++)
        if (schema->fields[f].used)
            n += to_line(data_bytes(schema->fields[f].type, rows)) + bit_bytes(rows);
    return n;
}

static void *cut(char **at, size_t bytes) {
    void *p = *at;
    *at += to_line(bytes);
    return p;
}

static void cut_column(char **at, struct column *c, enum value_type type, uint32_t rows) {
    c->data = cut(at, data_bytes(type, rows));
    c->valid = cut(at, bit_bytes(rows));
    if (type == VALUE_STRING) clear_data(VALUE_STRING, c, 0, rows);
}

struct batch *batch_new(const struct schema *schema, uint32_t stream, uint32_t max) {
    check(max >= 1 && max <= BATCH_MAX_ROWS);
    uint32_t rows = (max + 63) / 64 * 64;
    struct batch *b = must_zalloc(sizeof *b + schema_columns(schema) * sizeof *b->cells);
    *b = (struct batch){
        .schema = schema, .written = schema, .stream = stream, .max = max, .holders = 1};
    b->columns = b->cells = (struct column *)(b + 1);
    arena_init(&b->text);
    b->memory = must_zalloc(total_bytes(schema, rows));
    /* malloc aligns to 16 only: LINE more bytes than needed were asked for. */
    char *at = (char *)to_line((uintptr_t)b->memory);
    uint64_t *nulls = cut(&at, bit_bytes(rows));
    for (uint32_t f = 0; f < schema_columns(schema); f++) {
        struct column *c = &b->cells[f];
        c->valid = nulls;
        if (schema->fields[f].used) cut_column(&at, c, schema->fields[f].type, rows);
    }
    b->offset = cut(&at, rows * sizeof *b->offset);
    return b;
}

void batch_free(struct batch **batch) {
    struct batch *b = *batch;
    if (!b) return;
    arena_fini(&b->text);
    free(b->memory);
    free(b->view);
    free(b->partitions);
    free(b);
    *batch = NULL;
}

void batch_reset(struct batch *b) {
    uint32_t end = b->n < b->max ? b->n + 1 : b->max; /* a row half written counts */
    batch_see(b, b->written);
    for (uint32_t f = 0; f < schema_columns(b->schema); f++) {
        if (!b->schema->fields[f].used) continue;
        clear_data(b->schema->fields[f].type, &b->columns[f], 0, end);
        memset(b->columns[f].valid, 0, (end + 63) / 64 * sizeof(uint64_t));
    }
    b->n = 0;
    b->next_offset = 0;
    arena_reset(&b->text);
}

void batch_set_null(struct batch *b, uint32_t field) {
    struct column *c = &b->columns[field];
    if (!bit_get(c->valid, b->n)) return;
    bit_clear(c->valid, b->n);
    if (b->schema->fields[field].type == VALUE_BOOL)
        bit_clear(c->data, b->n);
    else
        clear_data(b->schema->fields[field].type, c, b->n, b->n + 1);
}

void batch_commit(struct batch *b, uint64_t offset) {
    check(b->n < b->max && bit_get(b->columns[schema_needs(b->schema)].valid, b->n));
    b->offset[b->n++] = offset;
}

void batch_abandon(struct batch *b) {
    if (b->n == b->max) return;
    for (uint32_t f = 0; f < b->schema->nfields; f++) batch_set_null(b, f);
}

void batch_take_back(struct batch *b) {
    check(b->n);
    b->n--;
    batch_abandon(b);
}

static void copy_cell(struct batch *to, const struct batch *from, uint32_t row, uint32_t field) {
    struct value v = batch_written(from, row, field);
    switch ((enum value_type)v.type) {
    case VALUE_FLOAT: batch_set_float(to, field, v.f); break;
    case VALUE_STRING: batch_set_str(to, field, arena_copy(&to->text, v.s)); break;
    case VALUE_IP: batch_set_ip(to, field, v.ip); break;
    case VALUE_LIST: batch_set_list(to, field, value_copy(&to->text, v).list); break;
    case VALUE_NULL:
    case VALUE_TYPES: break;
    default: batch_set_int(to, field, v.i);
    }
}

void batch_copy_row(struct batch *to, const struct batch *from, uint32_t row) {
    check(to->schema == from->written);
    for (uint32_t f = 0; f < to->schema->nfields; f++)
        if (to->schema->fields[f].used) copy_cell(to, from, row, f);
    if (to->partitions) to->partitions[to->n] = batch_partition(from, row);
    else to->partition = from->partition;
    batch_commit(to, from->offset[row]);
}

static struct value value_of(const struct schema_field *f, const struct column *c, uint32_t row) {
    if (!bit_get(c->valid, row)) return value_null();
    struct value v = {.type = (uint8_t)f->type};
    switch (f->type) {
    case VALUE_BOOL: v.i = bit_get(c->data, row); break;
    case VALUE_FLOAT: v.f = ((const double *)c->data)[row]; break;
    case VALUE_STRING: v.s = ((const struct str *)c->data)[row]; break;
    case VALUE_LIST: v.list = ((const struct list *const *)c->data)[row]; break;
    case VALUE_IP:
        v.ip = ((const struct ip *)c->data)[row];
        v.digits = 128;
        break;
    case VALUE_DECIMAL: v.digits = f->digits; /* fall through */
    case VALUE_INT:
    case VALUE_TIME:
    case VALUE_DURATION: v.i = ((const int64_t *)c->data)[row]; break;
    case VALUE_NULL:
    case VALUE_TYPES: return value_null();
    }
    return v;
}

struct value batch_value(const struct batch *b, uint32_t row, uint32_t field) {
    return value_of(&b->schema->fields[field], &b->columns[field], row);
}

struct value batch_written(const struct batch *b, uint32_t row, uint32_t field) {
    return value_of(&b->written->fields[field], &b->cells[field], row);
}

/* ---- another look ---------------------------------------------------------------------------- */

/* Of the field `name`; most often it stands where it stood. */
static const struct column *written_column(const struct batch *b, uint32_t near, struct str name) {
    const struct schema *w = b->written;
    if (near < w->nfields && str_equal(w->fields[near].name, name)) return &b->cells[near];
    for (uint32_t i = 0; i < w->nfields; i++)
        if (str_equal(w->fields[i].name, name)) return &b->cells[i];
    panic("no field %.*s was read of stream %.*s", STR_FMT(name), STR_FMT(w->name));
}

static size_t computed_bytes(const struct schema *s, uint32_t rows) {
    size_t n = 0;
    for (uint32_t f = s->nfields; f < schema_columns(s); f++)
        if (s->fields[f].used) n += to_line(data_bytes(s->fields[f].type, rows)) + bit_bytes(rows);
    return n;
}

void batch_see(struct batch *b, const struct schema *s) {
    b->schema = s;
    b->columns = b->cells;
    if (s == b->written) return;
    uint32_t rows = (b->max + 63) / 64 * 64;
    size_t columns = to_line(schema_columns(s) * sizeof *b->columns);
    size_t bytes = columns + bit_bytes(rows) + computed_bytes(s, rows) + LINE;
    if (bytes > b->view_bytes) {
        free(b->view);
        b->view = must_alloc(bytes);
        b->view_bytes = bytes;
    }
    memset(b->view, 0, bytes);
    char *at = (char *)to_line((uintptr_t)b->view);
    b->columns = cut(&at, columns);
    uint64_t *nulls = cut(&at, bit_bytes(rows));
    for (uint32_t f = 0; f < schema_columns(s); f++) {
        struct column *c = &b->columns[f];
        c->valid = nulls;
        if (s->fields[f].used && f < s->nfields) *c = *written_column(b, f, s->fields[f].name);
        else if (s->fields[f].used) cut_column(&at, c, s->fields[f].type, rows);
    }
}
