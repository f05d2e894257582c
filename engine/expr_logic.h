/* expr_logic: comparisons, three-valued logic and choices between values, as kernels that the
 * loop of expr_loop.h inlines for a vector and for one row (`one`).
 *
 * Truth is two bits a row, value and validity, kept in words of 64 rows. Value bits are 0 where
 * validity bits are 0 (see expr_frame.h), hence for a word with value v and validity k:
 *
 *   true = v    false = k & ~v    null = ~k
 *
 *   a and b   true: va & vb             false: fa | fb
 *   a or b    true: va | vb             false: fa & fb
 *   not a     true: fa                  false: va
 *
 * and the result is valid where it is true or false.
 * Private to expr*.c. Tests: tests/unit/engine/test_expr.c
 */
#ifndef OMEN_ENGINE_EXPR_LOGIC_H
#define OMEN_ENGINE_EXPR_LOGIC_H

#include "engine/expr_arith.h"

/* ---- comparisons --------------------------------------------------------------------------------
 * Numbers are compared in every row; the others only where both are valid. */

#define COMPARE_NUMBERS(name, type, member, test)                                                  \
    KERNEL void name(struct reg d, struct reg a, struct reg b, uint32_t words, const bool one) {   \
        const uint32_t rows = rows_of_word(one);                                                   \
        for (uint32_t w = 0; w < words; w++) {                                                     \
            const type *xs = a.member + w * WORD_ROWS, *ys = b.member + w * WORD_ROWS;             \
            uint64_t bits = 0, valid = a.valid[w] & b.valid[w];                                    \
            EACH_8_(k) {                                                                           \
                type x = xs[k], y = ys[k];                                                         \
                bits |= (uint64_t)(test) << k;                                                     \
            }                                                                                      \
            d.b[w] = bits & valid;                                                                 \
            d.valid[w] = valid;                                                                    \
        }                                                                                          \
    }

COMPARE_NUMBERS(eq_i, int64_t, i, x == y)
COMPARE_NUMBERS(lt_i, int64_t, i, x < y)
COMPARE_NUMBERS(le_i, int64_t, i, x <= y)
COMPARE_NUMBERS(eq_f, double, f, x == y)
COMPARE_NUMBERS(lt_f, double, f, x < y)
COMPARE_NUMBERS(le_f, double, f, x <= y)

#define COMPARE_OTHERS(name, test)                                                                 \
    KERNEL void name(struct reg d, struct reg a, struct reg b, uint32_t words, const bool one) {   \
        for (uint32_t w = 0; w < words; w++) {                                                     \
            uint64_t bits = 0, valid = a.valid[w] & b.valid[w];                                    \
            if (one) {                                                                             \
                const uint64_t row = 0;                                                            \
                if (valid) bits = (test);                                                          \
            } else {                                                                               \
                EACH_ROW(row, w, valid) bits |= (uint64_t)(test) << (row % WORD_ROWS);             \
            }                                                                                      \
            d.b[w] = bits;                                                                         \
            d.valid[w] = valid;                                                                    \
        }                                                                                          \
    }

COMPARE_OTHERS(eq_s, str_equal(a.s[row], b.s[row]))
COMPARE_OTHERS(lt_s, str_compare(a.s[row], b.s[row]) < 0)
COMPARE_OTHERS(le_s, str_compare(a.s[row], b.s[row]) <= 0)
COMPARE_OTHERS(eq_p, memcmp(&a.ip[row], &b.ip[row], sizeof(struct ip)) == 0)
COMPARE_OTHERS(lt_p, memcmp(&a.ip[row], &b.ip[row], sizeof(struct ip)) < 0)
COMPARE_OTHERS(le_p, memcmp(&a.ip[row], &b.ip[row], sizeof(struct ip)) <= 0)

/* ---- logic ----------------------------------------------------------------------------------- */

KERNEL void eq_b(struct reg d, struct reg a, struct reg b, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        uint64_t valid = a.valid[w] & b.valid[w];
        d.b[w] = valid & ~(a.b[w] ^ b.b[w]);
        d.valid[w] = valid;
    }
}

KERNEL void and_b(struct reg d, struct reg a, struct reg b, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        uint64_t no = (a.valid[w] & ~a.b[w]) | (b.valid[w] & ~b.b[w]), yes = a.b[w] & b.b[w];
        d.b[w] = yes;
        d.valid[w] = yes | no;
    }
}

KERNEL void or_b(struct reg d, struct reg a, struct reg b, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        uint64_t no = a.valid[w] & ~a.b[w] & b.valid[w] & ~b.b[w], yes = a.b[w] | b.b[w];
        d.b[w] = yes;
        d.valid[w] = yes | no;
    }
}

KERNEL void not_b(struct reg d, struct reg a, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        uint64_t valid = a.valid[w];
        d.b[w] = valid & ~a.b[w];
        d.valid[w] = valid;
    }
}

KERNEL void is_true(const struct frame *f, struct reg d, struct reg a, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        d.b[w] = a.b[w];
        d.valid[w] = frame_rows(f, w);
    }
}

KERNEL void exists(const struct frame *f, struct reg d, struct reg a, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        d.b[w] = a.valid[w];
        d.valid[w] = frame_rows(f, w);
    }
}

/* ---- choices --------------------------------------------------------------------------------- */

/* A datum of 16 bytes is moved as words, whatever it is; memcpy keeps the compiler's view of
 * types whole. */
KERNEL void move_row(struct reg d, struct reg a, uint64_t row, size_t bytes) {
    memmove((char *)d.p + row * bytes, (const char *)a.p + row * bytes, bytes);
}

KERNEL void coalesce(struct reg d, struct reg a, struct reg b, uint8_t type, uint32_t words,
                     const bool one) {
    size_t bytes = reg_bytes(type);
    for (uint32_t w = 0; w < words; w++) {
        uint64_t from_a = a.valid[w], from_b = b.valid[w] & ~from_a;
        if (type == REG_B) {
            d.b[w] = a.b[w] | (b.b[w] & from_b);
        } else if (one) {
            memmove(d.p, from_a ? a.p : b.p, sizeof(struct ip)); /* a slot has room for 16 */
        } else {
            EACH_ROW(row, w, from_a) move_row(d, a, row, bytes);
            EACH_ROW(row, w, from_b) move_row(d, b, row, bytes);
        }
        d.valid[w] = from_a | from_b;
    }
}

KERNEL void only_if(struct reg d, struct reg a, struct reg b, uint8_t type, uint32_t words,
                    const bool one) {
    size_t bytes = one ? sizeof(struct ip) : reg_bytes(type) * WORD_ROWS;
    for (uint32_t w = 0; w < words; w++) {
        uint64_t valid = a.valid[w] & b.b[w];
        if (type == REG_B) d.b[w] = a.b[w] & valid;
        else memmove((char *)d.p + w * bytes, (const char *)a.p + w * bytes, bytes);
        d.valid[w] = valid;
    }
}

#endif
