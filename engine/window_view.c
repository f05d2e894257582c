/* window_view: what a window's aggregates keep, and what they give.
 *
 * Whole numbers are summed in 128 bits and are null where the result does not fit 64. Floats are
 * summed exactly (exact.h). The variance is exact too until it is rounded once:
 *
 *   stddev = sqrt((n Σx² - (Σx)²) / (n (n - 1)))      the numerator is computed without rounding
 *
 * For this no product of two parts may overflow or lose bits below the smallest float. With
 * 2^-480 <= |x| < 2^450 every square is a multiple of 2^-1064, and so is every product of parts
 * of Σx; n Σx² and (Σx)² stay below 2^1000. Others are odd; for sums only those from 2^960 up.
 * While a view holds an odd value it is computed from scratch, in the order of the values: also a
 * function of these alone.
 *
 * The queue of min has the entries whose value no later one goes below, from the least; so its
 * front is the minimum, and each entry enters and leaves once. `first` keeps all, `last` the last.
 */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/window_internal.h"

/* ---- values ---------------------------------------------------------------------------------- */

static struct value value_of(const struct windows *w, const struct window *x, uint64_t number,
                             const struct program_aggregate *a) {
    return entry_at(w, x, number)->values[a->column];
}

static bool is_float(const struct windows *w, const struct program_aggregate *a) {
    return w->types[a->column] == VALUE_FLOAT;
}

static bool is_odd(const struct program_aggregate *a, double x) {
    if (a->kind != WINDOW_STDDEV) return fabs(x) >= 0x1p960;
    return x != 0 && (fabs(x) < 0x1p-480 || fabs(x) >= 0x1p450);
}

static bool sums(uint8_t kind) {
    return kind == WINDOW_SUM || kind == WINDOW_AVG || kind == WINDOW_STDDEV;
}
static bool queues(uint8_t kind) {
    return kind == WINDOW_MIN || kind == WINDOW_MAX || kind == WINDOW_FIRST || kind == WINDOW_LAST;
}

uint32_t view_bytes(uint8_t kind, bool floats) {
    if (queues(kind)) return offsetof(struct view, queue) + sizeof(struct queue);
    if (kind == WINDOW_STDDEV) return sizeof(struct view);
    if (sums(kind) && floats) return offsetof(struct view, sum) + sizeof(struct exact);
    return offsetof(struct view, whole) + (sums(kind) ? sizeof(wide) : 0);
}

/* ---- one value more, one less ---------------------------------------------------------------- */

static void change_sum(struct windows *w, struct view *v, const struct program_aggregate *a,
                       struct value x, bool away) {
    if (!is_float(w, a)) {
        v->whole += away ? -(wide)x.i : (wide)x.i;
    } else if (is_odd(a, x.f)) {
        v->odd += away ? -1U : 1U;
    } else {
        exact_add(&v->sum, w->heap, away ? -x.f : x.f);
        if (a->kind == WINDOW_STDDEV) exact_product(&v->squares, w->heap, x.f, x.f, away);
    }
}

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
    v->n++;
    if (sums(a->kind)) change_sum(w, v, a, value, false);
    if (!queues(a->kind)) return;
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
    v->n--;
    if (sums(a->kind)) change_sum(w, v, a, value, true);
    if (!queues(a->kind) || !v->queue.n || *queue_slot(&v->queue, 0) != number) return;
    v->queue.first = (v->queue.first + 1) & (v->queue.cap - 1);
    v->queue.n--;
}

void view_clear(struct windows *w, struct view *v, const struct program_aggregate *a) {
    if (queues(a->kind)) {
        heap_unblock(w->heap, v->queue.v);
    } else if (sums(a->kind) && is_float(w, a)) {
        exact_clear(&v->sum, w->heap);
        if (a->kind == WINDOW_STDDEV) exact_clear(&v->squares, w->heap);
    }
}

/* ---- results --------------------------------------------------------------------------------- */

static struct value float_or_null(double f) {
    return isfinite(f) ? value_float(f) : value_null();
}

/* Where an odd value makes exact sums impossible: in order, rounded at each step. */
static struct value odd_result(const struct windows *w, const struct window *x,
                               const struct view *v, const struct program_aggregate *a) {
    double sum = 0, squares = 0;
    for (uint64_t i = v->head; i < v->tail; i++) {
        struct value y = value_of(w, x, i, a);
        if (!value_is_null(y)) sum += y.f;
    }
    if (a->kind == WINDOW_SUM) return float_or_null(sum);
    double mean = sum / v->n;
    if (a->kind == WINDOW_AVG) return float_or_null(mean);
    for (uint64_t i = v->head; i < v->tail; i++) {
        struct value y = value_of(w, x, i, a);
        if (!value_is_null(y)) squares += (y.f - mean) * (y.f - mean);
    }
    return float_or_null(sqrt(squares / (v->n - 1.0)));
}

static struct value whole_result(const struct windows *w, const struct view *v,
                                 const struct program_aggregate *a) {
    if (a->kind == WINDOW_AVG) {
        double unit = 1;
        for (uint8_t i = 0; i < a->digits; i++) unit *= 10;
        return value_float((double)v->whole / unit / v->n);
    }
    if (v->whole > INT64_MAX || v->whole < INT64_MIN) return value_null();
    return (struct value){.i = (int64_t)v->whole, .type = w->types[a->column],
                          .digits = a->digits};
}

static struct value deviation(const struct windows *w, const struct view *v) {
    struct exact d = {0};
    for (uint32_t i = 0; i < v->squares.n; i++)
        exact_product(&d, w->heap, exact_parts(&v->squares)[i], v->n, false);
    for (uint32_t i = 0; i < v->sum.n; i++)
        for (uint32_t k = 0; k < v->sum.n; k++)
            exact_product(&d, w->heap, exact_parts(&v->sum)[i], exact_parts(&v->sum)[k], true);
    double numerator = exact_round(&d);
    exact_clear(&d, w->heap);
    return float_or_null(sqrt(numerator / ((double)v->n * (v->n - 1.0))));
}

static int in_order(const void *a, const void *b) {
    return value_compare(*(const struct value *)a, *(const struct value *)b);
}

/* The values that are not null, in order of size. */
static void sort(struct windows *w, const struct window *x, const struct view *v,
                 const struct program_aggregate *a) {
    uint32_t n = 0;
    if (w->sorted_cap < v->n) {
        w->sorted_cap = v->n * 2;
        w->sorted = must_realloc(w->sorted, w->sorted_cap * sizeof *w->sorted);
    }
    for (uint64_t i = v->head; i < v->tail; i++) {
        struct value y = value_of(w, x, i, a);
        if (!value_is_null(y)) w->sorted[n++] = y;
    }
    if (n) qsort(w->sorted, n, sizeof *w->sorted, in_order);
}

/* The nearest rank: the least value that at least p percent of the values do not exceed. */
static struct value percentile(const struct windows *w, uint32_t n, double percent) {
    double rank = ceil(percent * n / 100);
    if (rank < 1) rank = 1;
    if (rank > n) rank = n;
    return w->sorted[(uint32_t)rank - 1];
}

static struct value sorted_result(struct windows *w, const struct window *x, const struct view *v,
                                  const struct program_aggregate *a) {
    sort(w, x, v, a);
    if (a->kind == WINDOW_PERCENTILE)
        return v->n ? percentile(w, v->n, a->percent) : value_null();
    int64_t different = 0;
    for (uint32_t i = 0; i < v->n; i++)
        different += i == 0 || value_compare(w->sorted[i - 1], w->sorted[i]) != 0;
    return value_int(different);
}

static struct value result(struct windows *w, const struct window *x, const struct view *v,
                           const struct program_aggregate *a) {
    switch ((enum window_aggregate)a->kind) {
    case WINDOW_COUNT:
        return value_int((int64_t)(a->column == NONE ? v->tail - v->head : v->n));
    case WINDOW_AVG:
        if (v->n == 0) return value_null();
        /* fall through */
    case WINDOW_SUM:
        if (!is_float(w, a)) return whole_result(w, v, a);
        if (v->odd) return odd_result(w, x, v, a);
        return float_or_null(exact_round(&v->sum) / (a->kind == WINDOW_AVG ? v->n : 1));
    case WINDOW_STDDEV:
        if (v->n < 2) return value_null();
        return v->odd ? odd_result(w, x, v, a) : deviation(w, v);
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
        while (v.head < x->end && entry_at(w, x, v.head)->at <= now - a->length) v.head++;
        v.tail = v.head;
    }
    while (v.tail < x->end) view_add(w, x, &v, a);
    struct value value = result(w, x, &v, a);
    view_clear(w, &v, a);
    return value;
}

struct value window_value(const struct window_view *view, uint32_t input, uint32_t aggregate) {
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
