/* tally: what one aggregate keeps of the events of one pane. Unlike a view of a sliding window it
 * does not know the events any more: values go in, and two tallies can be joined.
 *
 *   count sum avg stddev       struct sums: exact, can be taken away again
 *   min max first last         the value, owned
 *   distinct                   a set of values, owned: open addressing, at most half full
 *   percentile                 all values, owned, in order of arrival
 *
 * A set, and the values of a percentile, are bounded: what comes when TALLY_MOST_VALUES are there
 * is left out, and the caller is told, so that it can be counted.
 *
 * Tests: tests/unit/whole/test_panes.c
 */
#ifndef OMEN_ENGINE_TALLY_H
#define OMEN_ENGINE_TALLY_H

#include "base/buf.h"
#include "engine/sums.h"

enum { TALLY_MOST_VALUES = 1 << 16 };

struct tally_values {
    struct value *v; /* `distinct`: slots, null where free */
    uint32_t n, cap; /* cap: a power of two */
};

struct tally { /* all zero: of nothing. Only as many bytes of it as tally_bytes says are there */
    union {
        struct sums sums;
        struct value one; /* null: none yet */
        struct tally_values all;
    };
};

struct tally_kit { /* what working on tallies needs; one thread */
    struct heap *heap;
    bool borrows;         /* values stay their owners': for tallies that live while something is
                             looked at */
    struct buf bytes;     /* of a value that is looked up */
    struct value *sorted; /* scratch */
    uint32_t sorted_cap;
};

void tally_kit_fini(struct tally_kit *kit);

uint32_t tally_bytes(struct sums_of of);

/* `v` is not null. False: there was no room for it. */
bool tally_add(struct tally *t, struct sums_of of, struct tally_kit *kit, struct value v);
/* `more` is of later events. False: there was no room for all. */
bool tally_join(struct tally *t, struct sums_of of, struct tally_kit *kit,
                const struct tally *more);
/* Can what was joined be taken away? */
bool tally_takes_away(struct sums_of of);
void tally_take_away(struct tally *t, struct sums_of of, struct tally_kit *kit,
                     const struct tally *less);
void tally_clear(struct tally *t, struct sums_of of, struct tally_kit *kit);

/* Valid until the tally changes. `percent`: of PERCENTILE. Null where a value was so large or small
 * that its sum is not exact: there are no events to add again. */
struct value tally_result(const struct tally *t, struct sums_of of, struct tally_kit *kit,
                          double percent);

/* The nearest rank among n > 0 values in order: the least one that at least p percent of them do
 * not exceed. */
static inline uint32_t percentile_rank(uint32_t n, double percent) {
    double rank = percent * n / 100;
    uint32_t whole = (uint32_t)rank;
    whole += whole < rank;
    return whole < 1 ? 0 : whole > n ? n - 1 : whole - 1;
}

int value_order(const void *a, const void *b); /* for qsort */

#endif
