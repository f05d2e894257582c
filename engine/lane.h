/* lane: the rows of one partition that wait, for engine/merge.c.
 *
 *   rows ─→ newer than the watermark: a heap, by time, then arrival
 *        ─→ up to it: ready, a ring of spans: neighbours in one batch that go out one behind the
 *           other. Input in order makes one span of a batch
 *
 * A partition that is taken away is read again when it comes back, from somewhere before. Rows
 * leave in order of time, not of offsets: so what had gone out is no stretch of offsets. A lane
 * remembers how far it was read, and which offsets below that had come and not gone out when it was
 * taken away: of what comes again it takes these only.
 *
 * Each span and each row of the heap holds its batch. Where rows have to wait and come few at a
 * time they are copied together (`tail`), so that a batch with room for a thousand does not stand
 * in memory for one.
 */
#ifndef OMEN_ENGINE_LANE_H
#define OMEN_ENGINE_LANE_H

#include "engine/merge.h"

struct span {
    struct batch *batch;
    uint32_t first, n;
    bool late;
    int64_t at; /* of late rows: the watermark that they came after, which is their place */
};

struct lane_waiting {
    int64_t at;
    uint64_t arrival;
    struct batch *batch;
    uint32_t row;
};

struct lane {
    struct watermark mark;
    uint32_t source;
    struct lane_waiting *heap;
    uint32_t nheap, heap_cap;
    struct span *ready;
    uint32_t first, nready, ready_cap; /* cap: a power of two */
    struct batch_pool *pool; /* of tail; NULL: not needed so far */
    struct batch *tail;
    const struct schema *written; /* by which the rows of the last arrival are */
    uint64_t old;                 /* rows that wait and are of another */
    uint64_t rows, late, early, repeated, waiting;
    uint64_t read_to;        /* behind all that ever came */
    uint64_t *again;         /* forgotten offsets, in order: from `next_again` on not yet back */
    size_t nagain, next_again;
};

struct lane *lane_new(const struct lane_plan *plan);
void lane_free(struct lane **lane);

/* Has the row that comes now come before, and not been forgotten since? Of each row, in order of
 * offsets. */
bool lane_again(struct lane *lane, uint64_t offset);
static inline bool lane_repeats(struct lane *lane, uint64_t offset) {
    return offset < lane->read_to && lane_again(lane, offset);
}

/* Behind all that came and was not forgotten. */
static inline uint64_t lane_next_offset(const struct lane *lane) {
    return lane->next_again < lane->nagain ? lane->again[lane->next_again] : lane->read_to;
}

/* What comes from now on is written by the schema; what waits stays as it is. */
void lane_turn(struct lane *lane, const struct schema *written);
/* Rows that wait and are written by another. */
uint64_t lane_others(const struct lane *lane, const struct schema *written);

/* A row of a batch that has just come. `sparse`: rows are copied together. */
void lane_row(struct lane *lane, struct batch *batch, uint32_t row, bool sparse, bool late,
              struct place front);
/* The quick way, where no row has to wait: takes rows from `row` on as long as none is older than
 * the one before it. How many: 0 if the first is late, or rows may have to wait. */
uint32_t lane_run(struct lane *lane, struct batch *batch, uint32_t row, struct place front);
bool lane_sparse(const struct lane *lane, const struct batch *batch);

/* What is not newer than the watermark, or not behind the front, becomes ready. */
void lane_release(struct lane *lane, struct place front);

/* What the front has passed goes out all the same; nothing else waits any more, nothing was seen.
 * It is as new, but that it remembers what has gone out. */
void lane_forget(struct lane *lane, struct place front);

/* There is something ready: its time. */
static inline int64_t lane_head(const struct lane *lane) {
    const struct span *s = &lane->ready[lane->first];
    return s->late ? s->at : batch_times(s->batch)[s->first];
}

/* The rows of the first span whose times go up to `limit_ns`, at least one. It stays there until
 * lane_taken. */
struct span lane_piece(const struct lane *lane, int64_t limit_ns);
void lane_taken(struct lane *lane, uint32_t rows);

#endif
