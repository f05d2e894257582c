/* lane: see lane.h. */
#include "engine/lane.h"

#include <stdlib.h>

#include "base/log.h"

struct lane *lane_new(const struct lane_plan *plan) {
    struct lane *lane = must_zalloc(sizeof *lane);
    lane->mark = (struct watermark){.lane = lane_of(plan->stream, plan->partition),
                                    .lateness_ns = plan->lateness_ns,
                                    .highest_ns = INT64_MIN,
                                    .at_ns = INT64_MIN,
                                    .seen_ns = plan->now_ns,
                                    .live = plan->live,
                                    .counts = plan->counts};
    lane->source = plan->source;
    return lane;
}

void lane_free(struct lane **l) {
    struct lane *lane = *l;
    if (!lane) return;
    for (uint32_t i = 0; i < lane->nheap; i++) batch_drop(lane->heap[i].batch);
    for (uint32_t i = 0; i < lane->nready; i++)
        batch_drop(lane->ready[(lane->first + i) & (lane->ready_cap - 1)].batch);
    batch_drop(lane->tail);
    batch_pool_free(&lane->pool);
    free(lane->heap);
    free(lane->ready);
    free(lane->again);
    free(lane);
    *l = NULL;
}

/* ---- the heap -------------------------------------------------------------------------------- */

static bool before(const struct lane_waiting *a, const struct lane_waiting *b) {
    return a->at != b->at ? a->at < b->at : a->arrival < b->arrival;
}

static void push(struct lane *lane, struct lane_waiting w) {
    if (lane->nheap == lane->heap_cap) {
        lane->heap_cap = lane->heap_cap ? lane->heap_cap * 2 : 1024;
        lane->heap = must_realloc(lane->heap, lane->heap_cap * sizeof *lane->heap);
    }
    uint32_t i = lane->nheap++;
    for (; i && before(&w, &lane->heap[(i - 1) / 2]); i = (i - 1) / 2)
        lane->heap[i] = lane->heap[(i - 1) / 2];
    lane->heap[i] = w;
}

static struct lane_waiting pop(struct lane *lane) {
    struct lane_waiting first = lane->heap[0], last = lane->heap[--lane->nheap];
    uint32_t i = 0;
    for (uint32_t c; (c = 2 * i + 1) < lane->nheap; i = c) {
        if (c + 1 < lane->nheap && before(&lane->heap[c + 1], &lane->heap[c])) c++;
        if (!before(&lane->heap[c], &last)) break;
        lane->heap[i] = lane->heap[c];
    }
    lane->heap[i] = last;
    return first;
}

/* ---- ready ----------------------------------------------------------------------------------- */

static void grow_ready(struct lane *lane) {
    uint32_t cap = lane->ready_cap ? lane->ready_cap * 2 : 16;
    struct span *spans = must_alloc(cap * sizeof *spans);
    for (uint32_t i = 0; i < lane->nready; i++)
        spans[i] = lane->ready[(lane->first + i) & (lane->ready_cap - 1)];
    free(lane->ready);
    lane->ready = spans;
    lane->ready_cap = cap;
    lane->first = 0;
}

/* Takes over a hold of the batch. */
static void add_ready(struct lane *lane, struct span span) {
    struct span *last = NULL;
    if (lane->nready)
        last = &lane->ready[(lane->first + lane->nready - 1) & (lane->ready_cap - 1)];
    if (last && last->batch == span.batch && last->first + last->n == span.first &&
        last->late == span.late && last->at == span.at) {
        last->n += span.n;
        batch_drop(span.batch);
        return;
    }
    if (lane->nready == lane->ready_cap) grow_ready(lane);
    lane->ready[(lane->first + lane->nready++) & (lane->ready_cap - 1)] = span;
}

/* Never a time that the front reaches only by this lane's own watermark: what is ready blocks the
 * lane, and where the lane holds the front back nothing would ever move again. */
static int64_t far_as(const struct lane *lane, struct place front) {
    int64_t front_ns = place_up_to(front, lane->mark.lane);
    return lane->mark.at_ns > front_ns ? lane->mark.at_ns : front_ns;
}

void lane_release(struct lane *lane, struct place front) {
    int64_t limit = far_as(lane, front);
    while (lane->nheap && lane->heap[0].at <= limit) {
        struct lane_waiting w = pop(lane);
        add_ready(lane, (struct span){w.batch, w.row, 1, false, 0});
    }
}

/* ---- taken away, and back -------------------------------------------------------------------- */

static int compare_offsets(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

/* Rows of a batch wait no more. */
static void give_up(struct lane *lane, const struct batch *batch, uint32_t rows) {
    lane->waiting -= rows;
    if (batch->written != lane->written) lane->old -= rows;
}

/* How many rows of the span, at its beginning, the front has passed. */
static uint32_t rows_up_to(const struct span *s, int64_t front_ns) {
    uint32_t n = 0;
    if (s->late) return s->at <= front_ns ? s->n : 0;
    while (n < s->n && batch_times(s->batch)[s->first + n] <= front_ns) n++;
    return n;
}

void lane_forget(struct lane *lane, struct place front) {
    int64_t front_ns = place_up_to(front, lane->mark.lane);
    uint32_t kept = 0;
    size_t n = 0, left = lane->nagain - lane->next_again;
    uint64_t *again = must_alloc((left + lane->waiting + 1) * sizeof *again);
    for (; n < left; n++) again[n] = lane->again[lane->next_again + n];
    for (uint32_t i = 0; i < lane->nheap; i++) {
        struct batch *batch = lane->heap[i].batch;
        again[n++] = batch->offset[lane->heap[i].row];
        give_up(lane, batch, 1);
        batch_drop(batch);
    }
    for (uint32_t i = 0; i < lane->nready; i++) {
        struct span *s = &lane->ready[(lane->first + i) & (lane->ready_cap - 1)];
        uint32_t out = kept == i ? rows_up_to(s, front_ns) : 0;
        for (uint32_t row = out; row < s->n; row++) again[n++] = s->batch->offset[s->first + row];
        give_up(lane, s->batch, s->n - out);
        s->n = out;
        if (out) kept++;
        else batch_drop(s->batch);
    }
    qsort(again, n, sizeof *again, compare_offsets);
    free(lane->again);
    lane->again = again;
    lane->nagain = n;
    lane->next_again = 0;
    lane->nheap = 0;
    lane->nready = kept;
    lane->mark.highest_ns = lane->mark.at_ns = INT64_MIN;
}

bool lane_again(struct lane *lane, uint64_t offset) {
    size_t i = lane->next_again;
    while (i < lane->nagain && lane->again[i] < offset) i++; /* somebody else has handled it */
    bool wanted = i < lane->nagain && lane->again[i] == offset;
    lane->next_again = i + wanted;
    lane->repeated += !wanted;
    return !wanted;
}

/* ---- arrival --------------------------------------------------------------------------------- */

void lane_turn(struct lane *lane, const struct schema *written) {
    if (lane->written == written) return;
    lane->written = written;
    lane->old = lane->waiting;
    batch_drop(lane->tail);
    lane->tail = NULL;
    batch_pool_free(&lane->pool);
}

uint64_t lane_others(const struct lane *lane, const struct schema *written) {
    return lane->written == written ? lane->old : lane->waiting;
}

bool lane_sparse(const struct lane *lane, const struct batch *batch) {
    return lane->mark.lateness_ns > 0 && batch->n < (batch->max + 1) / 2;
}

static struct batch *copy_to_tail(struct lane *lane, const struct batch *from, uint32_t row) {
    if (lane->tail && lane->tail->n == lane->tail->max) {
        batch_drop(lane->tail);
        lane->tail = NULL;
    }
    if (!lane->pool)
        lane->pool = batch_pool_new(from->written, from->stream, from->max, false);
    if (!lane->tail) lane->tail = batch_pool_take(lane->pool);
    batch_copy_row(lane->tail, from, row);
    return lane->tail;
}

void lane_row(struct lane *lane, struct batch *batch, uint32_t row, bool sparse, bool late,
              struct place front) {
    int64_t at = batch_times(batch)[row];
    if (sparse) {
        batch = copy_to_tail(lane, batch, row);
        row = batch->n - 1;
    }
    batch_hold(batch);
    lane->rows++;
    lane->waiting++;
    if (late) {
        lane->late++;
        lane_release(lane, front);
        add_ready(lane, (struct span){batch, row, 1, true, far_as(lane, front)});
        watermark_see(&lane->mark, at);
        return;
    }
    watermark_see(&lane->mark, at);
    if (!lane->nheap && at <= lane->mark.at_ns) {
        add_ready(lane, (struct span){batch, row, 1, false, 0});
        return;
    }
    push(lane, (struct lane_waiting){at, lane->rows, batch, row});
    if (lane->nheap <= MERGE_MAX_ROWS) return;
    lane_release(lane, front);
    if (lane->nheap <= MERGE_MAX_ROWS) return;
    lane->early++;
    lane->mark.at_ns = lane->heap[0].at;
    lane_release(lane, front);
}

uint32_t lane_run(struct lane *lane, struct batch *batch, uint32_t row, struct place front) {
    const int64_t *times = batch_times(batch);
    struct place place = {times[row], lane->mark.lane};
    if (lane->mark.lateness_ns || lane->nheap || times[row] < lane->mark.at_ns) return 0;
    if (place_before(place, front)) return 0;
    uint32_t n = 1;
    while (row + n < batch->n && times[row + n] >= times[row + n - 1]) n++;
    watermark_see(&lane->mark, times[row + n - 1]);
    batch_hold(batch);
    add_ready(lane, (struct span){batch, row, n, false, 0});
    lane->rows += n;
    lane->waiting += n;
    return n;
}

/* ---- out ------------------------------------------------------------------------------------- */

struct span lane_piece(const struct lane *lane, int64_t limit_ns) {
    struct span piece = lane->ready[lane->first];
    if (piece.late) return piece;
    const int64_t *times = batch_times(piece.batch) + piece.first;
    uint32_t n = 1;
    while (n < piece.n && times[n] <= limit_ns) n++;
    piece.n = n;
    return piece;
}

void lane_taken(struct lane *lane, uint32_t rows) {
    struct span *s = &lane->ready[lane->first];
    give_up(lane, s->batch, rows);
    s->first += rows;
    s->n -= rows;
    if (s->n) return;
    batch_drop(s->batch);
    lane->first = (lane->first + 1) & (lane->ready_cap - 1);
    lane->nready--;
}
