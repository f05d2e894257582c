/* expr_arith: arithmetic of expressions, as kernels that the loop of expr_loop.h inlines twice:
 * for a vector (64 rows a word, branch-free so that the compiler can use vector instructions) and
 * for one row (`one` is then a constant and every loop below falls away).
 *
 *   whole numbers  int, decimal, time, duration in int64; no value on overflow → null
 *   floats         no value where the result is NaN or infinite → null
 *
 * Rows that are not valid are computed with, whatever their data: hence no operation here may
 * trap, and nothing depends on their result. Kernels may write over their operands.
 * Private to expr*.c. Tests: tests/unit/engine/test_expr.c
 */
#ifndef OMEN_ENGINE_EXPR_ARITH_H
#define OMEN_ENGINE_EXPR_ARITH_H

#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "engine/expr_frame.h"

/* The rows of a word do not depend on each other, also where d is a or b. */
#define EACH_(k) _Pragma("GCC ivdep") for (size_t k = 0; k < rows; k++)

/* The same where a bit is made of each row, which vector instructions are no help with. */
#define EACH_8_(k) _Pragma("GCC unroll 8") for (size_t k = 0; k < rows; k++)

KERNEL uint32_t rows_of_word(const bool one) { return one ? 1 : WORD_ROWS; }

/* ---- whole numbers ------------------------------------------------------------------------------
 * Each is written as an expression that sets z from x (and y) and is true where z has no value. */

#define WHOLE_2(name, none)                                                                        \
    KERNEL void name(struct reg d, struct reg a, struct reg b, uint32_t words, const bool one) {   \
        const uint32_t rows = rows_of_word(one);                                                   \
        for (uint32_t w = 0; w < words; w++) {                                                     \
            const int64_t *xs = a.i + w * WORD_ROWS, *ys = b.i + w * WORD_ROWS;                    \
            int64_t *zs = d.i + w * WORD_ROWS;                                                     \
            uint64_t nulls = 0;                                                                    \
            EACH_8_(k) {                                                                           \
                int64_t x = xs[k], y = ys[k], z;                                                   \
                nulls |= (uint64_t)(none) << k;                                                    \
                zs[k] = z;                                                                         \
            }                                                                                      \
            d.valid[w] = a.valid[w] & b.valid[w] & ~nulls;                                         \
        }                                                                                          \
    }

#define WHOLE_1(name, none)                                                                        \
    KERNEL void name(struct reg d, struct reg a, uint32_t imm, uint32_t words, const bool one) {   \
        const uint32_t rows = rows_of_word(one);                                                   \
        (void)imm;                                                                                 \
        for (uint32_t w = 0; w < words; w++) {                                                     \
            const int64_t *xs = a.i + w * WORD_ROWS;                                               \
            int64_t *zs = d.i + w * WORD_ROWS;                                                     \
            uint64_t nulls = 0;                                                                    \
            EACH_8_(k) {                                                                           \
                int64_t x = xs[k], z;                                                              \
                nulls |= (uint64_t)(none) << k;                                                    \
                zs[k] = z;                                                                         \
            }                                                                                      \
            d.valid[w] = a.valid[w] & ~nulls;                                                      \
        }                                                                                          \
    }

KERNEL bool divide(int64_t x, int64_t y, int64_t *z) {
    if (y == 0 || (y == -1 && x == INT64_MIN)) return *z = 0, true;
    return *z = x / y, false;
}

/* x - y * (x / y) has a value for every y but 0, also where the quotient alone has none. */
KERNEL bool remain(int64_t x, int64_t y, int64_t *z) {
    if (y == 0) return *z = 0, true;
    return *z = y == -1 ? 0 : x % y, false;
}

WHOLE_2(add_i, __builtin_add_overflow(x, y, &z))
WHOLE_2(sub_i, __builtin_sub_overflow(x, y, &z))
WHOLE_2(mul_i, __builtin_mul_overflow(x, y, &z))
WHOLE_2(div_i, divide(x, y, &z))
WHOLE_2(mod_i, remain(x, y, &z))
WHOLE_2(min_i, (z = x < y ? x : y, false))
WHOLE_2(max_i, (z = x > y ? x : y, false))
WHOLE_1(neg_i, __builtin_sub_overflow((int64_t)0, x, &z))
WHOLE_1(abs_i, x < 0 ? __builtin_sub_overflow((int64_t)0, x, &z) : (z = x, false))

/* verify has seen that imm is at most DECIMAL_MAX_DIGITS */
WHOLE_1(scale_i, __builtin_mul_overflow(x, decimal_pow10[imm], &z))

enum rounding { ROUND_EVEN, ROUND_FLOOR, ROUND_CEIL, ROUND_AWAY };

static inline int64_t unscale(int64_t x, int64_t power, uint32_t rounding) {
    int64_t q = x / power, rest = x % power;
    if (rest == 0) return q;
    int64_t sign = x < 0 ? -1 : 1;
    uint64_t twice = 2 * (uint64_t)(rest < 0 ? -rest : rest); /* rest < 10^18 */
    switch (rounding) {
    case ROUND_FLOOR: return x < 0 ? q - 1 : q;
    case ROUND_CEIL: return x > 0 ? q + 1 : q;
    case ROUND_AWAY: return twice >= (uint64_t)power ? q + sign : q;
    default: /* to the even neighbour when in the middle */
        return twice > (uint64_t)power || (twice == (uint64_t)power && (q & 1)) ? q + sign : q;
    }
}

KERNEL void unscale_i(struct reg d, struct reg a, uint32_t rounding, uint32_t imm, uint32_t words,
                      const bool one) {
    const uint32_t rows = rows_of_word(one);
    int64_t power = decimal_pow10[imm];
    for (uint32_t w = 0; w < words; w++) {
        for (size_t k = 0; k < rows; k++)
            d.i[w * WORD_ROWS + k] = unscale(a.i[w * WORD_ROWS + k], power, rounding);
        d.valid[w] = a.valid[w];
    }
}

/* ---- floats -------------------------------------------------------------------------------------
 * Each is an expression of x (and y). NaN and infinities have an exponent of all ones: adding one
 * to it carries into the sign bit, and the marks of a word are or-ed; only where one is set are
 * the rows looked at. */

KERNEL uint64_t infinite_mark(double z) {
    uint64_t u;
    memcpy(&u, &z, sizeof u);
    return (u & INT64_MAX) + (UINT64_C(1) << 52);
}

KERNEL uint64_t infinite_rows(const double *z, const bool one) {
    const uint32_t rows = rows_of_word(one);
    uint64_t bits = 0;
    for (size_t k = 0; k < rows; k++) bits |= (infinite_mark(z[k]) >> 63) << k;
    return bits;
}

#define FLOAT_WORD_(second, expression)                                                            \
    const double *xs = a.f + w * WORD_ROWS;                                                        \
    double *zs = d.f + w * WORD_ROWS;                                                              \
    uint64_t marks = 0;                                                                            \
    EACH_(k) {                                                                                     \
        double x = xs[k];                                                                          \
        second;                                                                                    \
        double z = (expression);                                                                   \
        zs[k] = z;                                                                                 \
        marks |= infinite_mark(z);                                                                 \
    }                                                                                              \
    uint64_t nulls = __builtin_expect((int64_t)marks < 0, 0)                                       \
                         ? infinite_rows(zs, one) : 0;

#define FLOAT_2(name, expression)                                                                  \
    KERNEL void name(struct reg d, struct reg a, struct reg b, uint32_t words, const bool one) {   \
        const uint32_t rows = rows_of_word(one);                                                   \
        for (uint32_t w = 0; w < words; w++) {                                                     \
            const double *ys = b.f + w * WORD_ROWS;                                                \
            FLOAT_WORD_(double y = ys[k], expression)                                              \
            d.valid[w] = a.valid[w] & b.valid[w] & ~nulls;                                         \
        }                                                                                          \
    }

#define FLOAT_1(name, expression)                                                                  \
    KERNEL void name(struct reg d, struct reg a, uint32_t imm, uint32_t words, const bool one) {   \
        const uint32_t rows = rows_of_word(one);                                                   \
        (void)imm;                                                                                 \
        for (uint32_t w = 0; w < words; w++) {                                                     \
            FLOAT_WORD_(, expression)                                                              \
            d.valid[w] = a.valid[w] & ~nulls;                                                      \
        }                                                                                          \
    }

/* Half away from zero at `digits` behind the point; negative digits round before the point. The
 * float's own value counts: 2.675 is a little less and becomes 2.67. */
static inline double round_to(double x, int32_t digits) {
    if (!(fabs(x) < 0x1p52)) return x; /* whole already */
    if (digits == 0) return round(x);
    double power = pow(10, abs(digits));
    double scaled = digits > 0 ? x * power : x / power;
    if (!isfinite(scaled)) return x; /* so many digits that every one is kept */
    if (!isfinite(power)) return 0;
    return digits > 0 ? round(scaled) / power : round(scaled) * power;
}

FLOAT_2(add_f, x + y)
FLOAT_2(sub_f, x - y)
FLOAT_2(mul_f, x *y)
FLOAT_2(div_f, x / y)
FLOAT_2(mod_f, fmod(x, y))
FLOAT_2(min_f, x < y ? x : y)
FLOAT_2(max_f, x > y ? x : y)
FLOAT_2(pow_f, pow(x, y))
FLOAT_1(neg_f, -x)
FLOAT_1(abs_f, fabs(x))
FLOAT_1(floor_f, floor(x))
FLOAT_1(ceil_f, ceil(x))
FLOAT_1(round_f, round_to(x, (int32_t)imm))
FLOAT_1(sqrt_f, sqrt(x))
FLOAT_1(log_f, log(x))
FLOAT_1(exp_f, exp(x))

/* ---- between the two ------------------------------------------------------------------------- */

KERNEL void i_to_f(struct reg d, struct reg a, uint32_t imm, uint32_t words, const bool one) {
    const uint32_t rows = rows_of_word(one);
    double power = (double)decimal_pow10[imm];
    for (uint32_t w = 0; w < words; w++) {
        const int64_t *xs = a.i + w * WORD_ROWS;
        double *zs = d.f + w * WORD_ROWS;
        EACH_(k) zs[k] = (double)xs[k] / power;
        d.valid[w] = a.valid[w];
    }
}

enum whole { WHOLE_TRUNC, WHOLE_FLOOR, WHOLE_CEIL, WHOLE_ROUND };

KERNEL double whole(double x, uint32_t how) {
    return how == WHOLE_FLOOR   ? floor(x)
           : how == WHOLE_CEIL  ? ceil(x)
           : how == WHOLE_ROUND ? round(x)
                                : trunc(x);
}

KERNEL void f_to_i(struct reg d, struct reg a, uint32_t how, uint32_t words, const bool one) {
    const uint32_t rows = rows_of_word(one);
    for (uint32_t w = 0; w < words; w++) {
        uint64_t nulls = 0;
        for (size_t k = 0; k < rows; k++) {
            double x = whole(a.f[w * WORD_ROWS + k], how);
            bool fits = x >= -0x1p63 && x < 0x1p63; /* false for NaN */
            d.i[w * WORD_ROWS + k] = fits ? (int64_t)x : 0;
            nulls |= (uint64_t)!fits << k;
        }
        d.valid[w] = a.valid[w] & ~nulls;
    }
}

#endif
