/* watermark: how far event time has come, by partition and in all.
 *
 *   partition 0   highest 12:00:09   lateness 5 s   watermark 12:00:04   the least of those that
 *   partition 1   highest 12:00:30   lateness 5 s   watermark 12:00:25   count, and are neither
 *   partition 2   silent for 31 s    idle                                idle nor ended: the front
 *
 * A partition's watermark is the highest event time seen in it less the lateness: an older row is
 * late. The front is a place in the one order of rows: by event time, then stream, then partition
 * (then offset). Rows up to the front may go out, for no row before it is waited for; one that
 * comes all the same (its partition was idle, or is new) is late. The front never goes back. When
 * all are idle it stands still, until watermarks_pass moves it by the wall clock.
 *
 * Whether a row is late by its own partition's watermark depends on that partition's rows alone.
 * Nothing here asks a clock. One thread. Tests: tests/unit/engine/test_watermark.c
 */
#ifndef OMEN_ENGINE_WATERMARK_H
#define OMEN_ENGINE_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

struct place {
    int64_t at;
    uint64_t lane; /* stream << 32 | partition */
};

static inline bool place_before(struct place a, struct place b) {
    return a.at != b.at ? a.at < b.at : a.lane < b.lane;
}

/* The last time of the lane's that comes before the place, or is there. */
static inline int64_t place_up_to(struct place place, uint64_t lane) {
    if (place.at == INT64_MIN || lane <= place.lane) return place.at;
    return place.at - 1;
}

static inline uint64_t lane_of(uint32_t stream, uint32_t partition) {
    return (uint64_t)stream << 32 | partition;
}

struct watermark { /* of one partition; also what metrics show of it */
    uint64_t lane;
    int64_t lateness_ns;
    int64_t highest_ns; /* event time seen; INT64_MIN before the first */
    int64_t at_ns;      /* the watermark; INT64_MIN before the first */
    int64_t seen_ns;    /* monotonic: when rows came last, or the partition */
    bool live;          /* it may fall idle */
    bool counts;        /* time waits for it: some rule reads its stream */
    bool idle, ended;
};

struct watermarks {
    struct watermark **v;
    uint32_t n, cap;
    struct place front;
    const struct watermark *holds; /* whose watermark the front is; NULL: nobody's */
};

void watermarks_init(struct watermarks *all);
void watermarks_fini(struct watermarks *all);
void watermarks_add(struct watermarks *all, struct watermark *mark); /* not owned */

/* A row of the time `at_ns` has come. */
static inline void watermark_see(struct watermark *mark, int64_t at_ns) {
    if (at_ns <= mark->highest_ns) return;
    mark->highest_ns = at_ns;
    int64_t least = INT64_MIN + mark->lateness_ns;
    int64_t at = at_ns < least ? INT64_MIN : at_ns - mark->lateness_ns;
    if (at > mark->at_ns) mark->at_ns = at;
}

/* After rows, ends and silences: the front goes on as far as it may. */
void watermarks_move(struct watermarks *all);

/* Some partition counts and has not ended, and each such is idle. */
bool watermarks_all_idle(const struct watermarks *all);

/* All are idle: the front goes on to the time `at_ns`, before all rows of it. */
void watermarks_pass(struct watermarks *all, int64_t at_ns);

#endif
