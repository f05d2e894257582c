/* exact: see exact.h. Adding x goes through the parts from the smallest: each gives its rounding
 * error to its place and carries the rounded sum on; errors that are zero vanish.
 */
#include "engine/exact.h"

#include <math.h>
#include <string.h>

static void two_sum(double a, double b, double *sum, double *lost) {
    double s = a + b, of_b = s - a;
    *lost = (a - (s - of_b)) + (b - of_b);
    *sum = s;
}

static double *grow(struct exact *e, struct heap *heap) {
    uint32_t cap = e->cap ? e->cap * 2 : 8;
    double *more = heap_block(heap, cap * sizeof *more);
    memcpy(more, exact_parts(e), e->n * sizeof *more);
    if (e->cap) heap_unblock(heap, e->more);
    e->more = more;
    e->cap = cap;
    return more;
}

void exact_add(struct exact *e, struct heap *heap, double x) {
    double *parts = e->cap ? e->more : e->in;
    uint32_t n = 0, before = e->n;
    for (uint32_t i = 0; i < before; i++) {
        double lost;
        two_sum(x, parts[i], &x, &lost);
        if (lost != 0) parts[n++] = lost;
    }
    e->n = n;
    if (x == 0) return;
    if (n == (e->cap ? e->cap : (uint32_t)EXACT_INLINE)) parts = grow(e, heap);
    parts[e->n++] = x;
}

void exact_product(struct exact *e, struct heap *heap, double a, double b, bool negative) {
    double high = a * b, low = fma(a, b, -high);
    exact_add(e, heap, negative ? -high : high);
    exact_add(e, heap, negative ? -low : low);
}

void exact_clear(struct exact *e, struct heap *heap) {
    if (e->cap) heap_unblock(heap, e->more);
    memset(e, 0, sizeof *e);
}

/* The parts do not overlap, so the first sum that loses something is the rounded one; only where
 * the loss is exactly half a unit do the parts below decide the direction. */
double exact_round(const struct exact *e) {
    const double *parts = exact_parts(e);
    uint32_t n = e->n;
    if (n == 0) return 0;
    double sum = parts[--n], lost = 0;
    while (n && lost == 0) two_sum(sum, parts[--n], &sum, &lost);
    if (n && ((lost < 0 && parts[n - 1] < 0) || (lost > 0 && parts[n - 1] > 0))) {
        double twice = lost * 2, next = sum + twice;
        if (next - sum == twice) sum = next;
    }
    return sum;
}
