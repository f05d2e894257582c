/* exact: a sum of floats without rounding: a list of floats that do not overlap, from the smallest
 * to the largest, whose mathematical sum is exactly what was added less what was taken away.
 *
 *   add 0.1, 1e16, -1e16      parts: 0.1                 exact_round: 0.1
 *
 * Each addition is split into its rounded result and what rounding lost (two-sum, Knuth 1969); the
 * losses are the parts (J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast
 * Robust Geometric Predicates", 1997; finished as in Python's math.fsum). So x can be taken away
 * again by adding -x, and nothing of it stays behind: the value is one of the set of summands,
 * whatever came and went before.
 *
 * Two or three parts are usual; they lie in the struct. The caller keeps magnitudes where nothing
 * overflows. Tests: tests/unit/engine/test_window.c
 */
#ifndef OMEN_ENGINE_EXACT_H
#define OMEN_ENGINE_EXACT_H

#include "engine/value.h"

enum { EXACT_INLINE = 3 };

struct exact { /* all zero: the sum of nothing */
    uint32_t n, cap; /* cap 0: the parts are `in` */
    union {
        double in[EXACT_INLINE];
        double *more;
    };
};

void exact_add(struct exact *e, struct heap *heap, double x);
/* Adds a * b, or takes it away. Exact as long as no part of the product underflows. */
void exact_product(struct exact *e, struct heap *heap, double a, double b, bool negative);
void exact_clear(struct exact *e, struct heap *heap);
double exact_round(const struct exact *e); /* the nearest float, ties to even */

static inline const double *exact_parts(const struct exact *e) {
    return e->cap ? e->more : e->in;
}

#endif
