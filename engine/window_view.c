/* window_view: what a window's aggregates keep, and what they give.
 *
 * Sums are exact (sums.h). While a view holds an odd value it is computed from scratch, in the
 * order of the values: also a function of these alone.
 *
 * The queue of min has the entries whose value no later one goes below, from the least; so its
 * front is the minimum, and each entry enters and leaves once. `first` keeps all, `last` the last.
 */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "engine/tally.h"
#include "engine/window_internal.h"

/* ---- values ---------------------------------------------------------------------------------- */

static struct value value_of(const struct windows *w, const struct window *x, uint64_t number,
                             const struct program_aggregate *a) {
    return entry_at(w, x, number)->values[a->column];
}

static struct sums_of of_view(const struct windows *w, const struct program_aggregate *a) {
    return (struct sums_of){a->kind, a->column == NONE ? VALUE_BOOL : w->types[a->column],
                            a->digits};
}

static bool queues(uint8_t kind) {
    return kind == WINDOW_MIN || kind == WINDOW_MAX || kind == WINDOW_FIRST || kind == WINDOW_LAST;
}

uint32_t view_bytes(struct sums_of of) {
    if (queues(of.kind)) return offsetof(struct view, queue) + sizeof(struct queue);
    return offsetof(struct view, sums) + sums_bytes(of);
}

/* ---- one value more, one less ---------------------------------------------------------------- */

static uint64_t *queue_slot(const struct queue *q, uint32_t i) {
    return &q->v[(q->first + i) & (q->cap - 1)];
}

static void queue_push(struct windows *w, struct queue *q, uint64_t number) {
    if (q->n == q->cap) {
        struct queue old = *q;
        q->cap = old.cap ? old.cap * 2 : 2;
        q->v = heap_block(w->heap, q->cap * sizeof *q->v);
        q->first = 0;
        for (uint32_t i = 0; i < q->n; i++) q->v[i] = *queue_slot(&old, i);
        heap_unblock(w->heap, old.v);
    }
    *queue_slot(q, q->n++) = number;
}

/* The new value makes an earlier one needless. */
static bool beats(uint8_t kind, struct value x, struct value earlier) {
    if (kind == WINDOW_FIRST) return false;
    if (kind == WINDOW_LAST) return true;
    int c = value_compare(x, earlier);
    return kind == WINDOW_MIN ? c < 0 : c > 0; /* of equal ones the first stays in front */
}

void view_add(struct windows *w, struct window *x, struct view *v,
              const struct program_aggregate *a) {
    uint64_t number = v->tail++;
    if (a->column == NONE) return;
    struct value value = value_of(w, x, number, a);
    if (value_is_null(value)) return;
    if (!queues(a->kind)) {
        sums_add(&v->sums, of_view(w, a), w->heap, value, false);
        return;
    }
    struct queue *q = &v->queue;
    while (q->n && beats(a->kind, value, value_of(w, x, *queue_slot(q, q->n - 1), a))) q->n--;
    queue_push(w, q, number);
}

void view_remove(struct windows *w, struct window *x, struct view *v,
                 const struct program_aggregate *a) {
    uint64_t number = v->head++;
    if (a->column == NONE) return;
    struct value value = value_of(w, x, number, a);
    if (value_is_null(value)) return;
    if (!queues(a->kind)) {
        sums_add(&v->sums, of_view(w, a), w->heap, value, true);
        return;
    }
    if (!v->queue.n || *queue_slot(&v->queue, 0) != number) return;
    v->queue.first = (v->queue.first + 1) & (v->queue.cap - 1);
    v->queue.n--;
}

void view_clear(struct windows *w, struct view *v, const struct program_aggregate *a) {
    if (queues(a->kind)) heap_unblock(w->heap, v->queue.v);
    else sums_clear(&v->sums, of_view(w, a), w->heap);
}

/* ---- results --------------------------------------------------------------------------------- */

/* Where an odd value makes exact sums impossible: in order, rounded at each step. */
static struct value odd_result(const struct windows *w, const struct window *x,
                               const struct view *v, const struct program_aggregate *a) {
    double sum = 0, squares = 0;
    for (uint64_t i = v->head; i < v->tail; i++) {
        struct value y = value_of(w, x, i, a);
        if (!value_is_null(y)) sum += y.f;
    }
    if (a->kind == WINDOW_SUM) return value_finite(sum);
    double mean = sum / v->sums.n;
    if (a->kind == WINDOW_AVG) return value_finite(mean);
    for (uint64_t i = v->head; i < v->tail; i++) {
        struct value y = value_of(w, x, i, a);
        if (!value_is_null(y)) squares += (y.f - mean) * (y.f - mean);
    }
    return value_finite(sqrt(squares / (v->sums.n - 1.0)));
}

/* The values that are not null, in order of size. */
static void sort(struct windows *w, const struct window *x, const struct view *v,
                 const struct program_aggregate *a) {
    uint32_t n = 0;
    if (w->sorted_cap < v->sums.n) {
        w->sorted_cap = v->sums.n * 2;
        w->sorted = must_realloc(w->sorted, w->sorted_cap * sizeof *w->sorted);
    }
    for (uint64_t i = v->head; i < v->tail; i++) {
        struct value y = value_of(w, x, i, a);
        if (!value_is_null(y)) w->sorted[n++] = y;
    }
    if (n) qsort(w->sorted, n, sizeof *w->sorted, value_order);
}

static struct value sorted_result(struct windows *w, const struct window *x, const struct view *v,
                                  const struct program_aggregate *a) {
    sort(w, x, v, a);
    if (a->kind == WINDOW_PERCENTILE)
        return v->sums.n ? w->sorted[percentile_rank(v->sums.n, a->percent)] : value_null();
    int64_t different = 0;
    for (uint32_t i = 0; i < v->sums.n; i++)
        different += i == 0 || value_compare(w->sorted[i - 1], w->sorted[i]) != 0;
    return value_int(different);
}

static struct value result(struct windows *w, const struct window *x, const struct view *v,
                           const struct program_aggregate *a) {
    switch ((enum window_aggregate)a->kind) {
    case WINDOW_COUNT:
        if (a->column == NONE) return value_int((int64_t)(v->tail - v->head));
        /* fall through */
    case WINDOW_SUM:
    case WINDOW_AVG:
    case WINDOW_STDDEV:
        if (v->sums.odd) return odd_result(w, x, v, a);
        return sums_result(&v->sums, of_view(w, a), w->heap);
    case WINDOW_DISTINCT:
    case WINDOW_PERCENTILE: return sorted_result(w, x, v, a);
    case WINDOW_MIN:
    case WINDOW_MAX:
    case WINDOW_FIRST:
        return v->queue.n ? value_of(w, x, *queue_slot(&v->queue, 0), a) : value_null();
    case WINDOW_LAST:
        return v->queue.n ? value_of(w, x, *queue_slot(&v->queue, v->queue.n - 1), a)
                          : value_null();
    case WINDOW_AGGREGATES: break;
    }
    return value_null();
}

/* At a time without an event of the key: from scratch, since several rules may ask for several
 * times. The key's last event is behind, so `prior` leaves nothing out. */
static struct value by_clock(struct windows *w, struct window *x, const struct program_aggregate *a,
                             int64_t now) {
    struct view v = {.head = x->first, .tail = x->first};
    if (a->window == WINDOW_EVENTS) {
        if (x->end - x->first > (uint64_t)a->length) v.head = v.tail = x->end - (uint64_t)a->length;
    } else {
        while (v.head < x->end && entry_at(w, x, v.head)->at <= time_less(now, a->length)) v.head++;
        v.tail = v.head;
    }
    while (v.tail < x->end) view_add(w, x, &v, a);
    struct value value = result(w, x, &v, a);
    view_clear(w, &v, a);
    return value;
}

struct value window_value(const struct window_view *view, uint32_t input, uint32_t aggregate) {
    if (view->panes.panes && panes_has(view->panes.panes, aggregate))
        return pane_value(&view->panes, aggregate, view->clock ? &view->now : NULL);
    struct windows *w = view->windows[input];
    const struct program_aggregate *a = &w->plan->aggregates[aggregate];
    struct window none = {0};
    if (!view->window) {
        struct view empty = {0};
        return result(w, &none, &empty, a);
    }
    struct window *x = window_in(w, view->window);
    if (view->clock) return by_clock(w, x, a, view->now);
    return result(w, x, view_at(w, x, aggregate), a);
}
