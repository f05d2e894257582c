/* sums: what count, sum, avg and stddev keep of some values: a value can be added, taken away
 * again, and one struct can be added to another or taken away from it, all without rounding. So
 * what they give is a function of the values alone (docs/windows.md).
 *
 *   whole numbers   128 bits; null where the result does not fit 64
 *   floats          the exact sum (exact.h); for stddev that of the squares too
 *
 *   stddev = sqrt((n Σx² - (Σx)²) / (n (n - 1)))      the numerator is computed without rounding
 *
 * For this no product of two parts may overflow or lose bits below the smallest float. With
 * 2^-480 <= |x| < 2^450 every square is a multiple of 2^-1064, and so is every product of parts
 * of Σx; n Σx² and (Σx)² stay below 2^1000. Others are odd; for sums only those from 2^960 up. They
 * are counted, and what to do while there are any is the caller's.
 *
 * Tests: tests/unit/whole/test_windows.c, tests/unit/whole/test_panes.c
 */
#ifndef OMEN_ENGINE_SUMS_H
#define OMEN_ENGINE_SUMS_H

#include "engine/exact.h"
#include "engine/program.h"

typedef __int128 wide __attribute__((aligned(8))); /* blocks of the heap are aligned to 8 */

struct sums { /* all zero: of nothing. Only as many bytes of it as sums_bytes says are there */
    uint32_t n;   /* values */
    uint32_t odd; /* of these: not for exact sums */
    union {
        wide whole;
        struct {
            struct exact sum, squares;
        };
    };
};

/* What the values are and what is asked: one for each aggregate. */
struct sums_of {
    uint8_t kind;   /* enum window_aggregate: COUNT, SUM, AVG, STDDEV; of others only n is kept */
    uint8_t type;   /* enum value_type */
    uint8_t digits;
};

uint32_t sums_bytes(struct sums_of of);
void sums_add(struct sums *s, struct sums_of of, struct heap *heap, struct value v, bool away);
void sums_join(struct sums *s, struct sums_of of, struct heap *heap, const struct sums *more,
               bool away);
void sums_clear(struct sums *s, struct sums_of of, struct heap *heap);

/* None of the values is odd. */
struct value sums_result(const struct sums *s, struct sums_of of, struct heap *heap);

struct value value_finite(double f); /* null where it is not */

#endif
