/* reorder: see reorder.h. A batch of the inner source stays whole until its last row has come out;
 * the heap holds places in them. Rows are copied once, when they come out.
 */
#include "engine/reorder.h"

#include <stdlib.h>

#include "base/log.h"

struct held { /* a batch with rows that wait */
    struct batch *batch;
    uint32_t left;
    struct held *next; /* of the free ones */
};

struct waiting {
    int64_t at;
    uint64_t arrival;
    struct held *held;
    uint32_t row;
};

struct reorder {
    struct source source; /* first: the two are one */
    struct source *inner;
    int64_t lateness, watermark;
    uint32_t rows;
    late_handler *late;
    void *late_context;
    uint64_t late_rows, arrivals;
    struct waiting *heap;
    uint32_t n, cap;
    struct held *free;
    bool ended;
};

/* ---- the heap -------------------------------------------------------------------------------- */

static bool before(const struct waiting *a, const struct waiting *b) {
    return a->at != b->at ? a->at < b->at : a->arrival < b->arrival;
}

static void push(struct reorder *r, struct waiting w) {
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 1024;
        r->heap = must_realloc(r->heap, r->cap * sizeof *r->heap);
    }
    uint32_t i = r->n++;
    for (; i && before(&w, &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
        r->heap[i] = r->heap[(i - 1) / 2];
    r->heap[i] = w;
}

static struct waiting pop(struct reorder *r) {
    struct waiting first = r->heap[0], last = r->heap[--r->n];
    uint32_t i = 0;
    for (uint32_t c; (c = 2 * i + 1) < r->n; i = c) {
        if (c + 1 < r->n && before(&r->heap[c + 1], &r->heap[c])) c++;
        if (!before(&r->heap[c], &last)) break;
        r->heap[i] = r->heap[c];
    }
    r->heap[i] = last;
    return first;
}

/* ---- batches --------------------------------------------------------------------------------- */

static struct held *held_take(struct reorder *r) {
    struct held *h = r->free;
    if (!h) {
        h = must_zalloc(sizeof *h);
        h->batch = batch_new(r->source.schema, r->source.stream, r->rows);
    } else {
        r->free = h->next;
    }
    h->left = 0;
    return h;
}

static void held_give(struct reorder *r, struct held *h) {
    batch_reset(h->batch);
    h->next = r->free;
    r->free = h;
}

static void copy_cell(struct batch *to, const struct batch *from, uint32_t row, uint32_t field) {
    if (!bit_get(from->columns[field].valid, row)) return;
    struct value v = batch_value(from, row, field);
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

static void copy_row(struct batch *to, const struct batch *from, uint32_t row) {
    for (uint32_t f = 0; f < from->schema->nfields; f++)
        if (from->schema->fields[f].used) copy_cell(to, from, row, f);
    to->partition = from->partition;
    batch_commit(to, from->offset[row]);
}

/* ---- the source ------------------------------------------------------------------------------ */

/* The watermark moves with each row, so that no row is late only because of where a batch was
 * cut. */
static void arrive(struct reorder *r, struct held *h) {
    const int64_t *times = batch_times(h->batch);
    for (uint32_t row = 0; row < h->batch->n; row++) {
        if (times[row] < r->watermark) {
            r->late_rows++;
            if (r->late) r->late(r->late_context, h->batch, row, r->watermark);
            continue;
        }
        if (times[row] > INT64_MIN + r->lateness && times[row] - r->lateness > r->watermark)
            r->watermark = times[row] - r->lateness;
        push(r, (struct waiting){times[row], r->arrivals++, h, row});
        h->left++;
    }
    if (!h->left) held_give(r, h);
}

static enum source_status read_more(struct reorder *r) {
    struct held *h = held_take(r);
    enum source_status status = r->inner->ops->next(r->inner, h->batch);
    r->source.counters = r->inner->counters;
    if (status == SOURCE_BATCH) {
        arrive(r, h);
        return status;
    }
    held_give(r, h);
    r->source.why = r->inner->why;
    if (status == SOURCE_END) r->ended = true;
    return status;
}

static bool ready(struct reorder *r) {
    if (!r->n) return false;
    if (r->ended || r->heap[0].at <= r->watermark) return true;
    if (r->n < REORDER_MAX_ROWS) return false;
    r->watermark = r->heap[0].at;
    return true;
}

static enum source_status next(struct source *s, struct batch *batch) {
    struct reorder *r = (struct reorder *)s;
    r->inner->dead_letter = s->dead_letter;
    r->inner->dead_letter_context = s->dead_letter_context;
    batch_reset(batch);
    while (!ready(r)) {
        if (r->ended) return SOURCE_END;
        if (read_more(r) == SOURCE_FAILED) return SOURCE_FAILED;
    }
    while (batch->n < batch->max && ready(r)) {
        struct waiting w = pop(r);
        copy_row(batch, w.held->batch, w.row);
        if (--w.held->left == 0) held_give(r, w.held);
    }
    return SOURCE_BATCH;
}

static void close_source(struct source *s) {
    struct reorder *r = (struct reorder *)s;
    while (r->n) {
        struct waiting w = pop(r);
        if (--w.held->left == 0) held_give(r, w.held);
    }
    for (struct held *h = r->free, *after; h; h = after) {
        after = h->next;
        batch_free(&h->batch);
        free(h);
    }
    r->inner->ops->close(r->inner);
    free(r->heap);
    free(r);
}

struct source *reorder_new(struct source *inner, int64_t lateness_ns, uint32_t rows,
                           late_handler *late, void *late_context) {
    static const struct source_ops ops = {next, close_source};
    struct reorder *r = must_zalloc(sizeof *r);
    r->source = *inner;
    r->source.ops = &ops;
    r->inner = inner;
    r->lateness = lateness_ns;
    r->watermark = INT64_MIN;
    r->rows = rows;
    r->late = late;
    r->late_context = late_context;
    return &r->source;
}

uint64_t reorder_late(const struct source *reorder) {
    return ((const struct reorder *)reorder)->late_rows;
}
