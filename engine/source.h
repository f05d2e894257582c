/* source: where events come from, as the engine sees it: something that fills batches, each of one
 * partition, rows in order of their offset.
 *
 * Contract for makers (connectors/):
 * - next() resets and fills the batch with up to batch->max rows, sets its partition, and returns
 *   SOURCE_BATCH; or says why not. It waits for a moment at most (SOURCE_WAIT_MS) and then returns
 *   SOURCE_NOTHING, also in the middle of an event, so that whoever reads can stop. A source of one
 *   partition returns no batch without rows.
 * - One of several partitions (`partitioned`) says by SOURCE_ASSIGNED which it has from now on, all
 *   of them, before any row of them: time waits for these and for no other. What has not gone out
 *   of one that is no more among them is forgotten; when it comes again, it may be read again from
 *   anywhere before: what had gone out is passed over (engine/lane.h).
 * - tend() is called about every SOURCE_WAIT_MS while who reads has no room for what next() gave,
 *   also in the middle of next() (out of the dead letter handler): for a source that has to be seen
 *   alive. It does not wait. NULL: nothing.
 * - handled() says that all of the partition below `next_offset` need not be read again, after a
 *   restart: matched, and in the hands of those who read alerts. Any thread. NULL: nothing.
 * - lacks() says why rows of another schema cannot be had from here, or NULL; any thread. NULL:
 *   never.
 * - follow() makes the rows of the batches from now on those of the schema, of which nothing is
 *   lacking; batches are made by it too. Between two next().
 * - Malformed input never fails a source: it is counted and given to the dead letter handler, and
 *   the row's offset is used up. So is an event that is too far in the future (`future`).
 * - next, tend, follow and close: one thread at a time, which need not be the one that opened it:
 *   they touch nothing that is not the source's own.
 * Read by engine/reader.h. Tests: tests/unit/connectors
 */
#ifndef OMEN_ENGINE_SOURCE_H
#define OMEN_ENGINE_SOURCE_H

#include "engine/batch.h"

enum { SOURCE_WAIT_MS = 100 };

enum source_status {
    SOURCE_BATCH,    /* rows */
    SOURCE_NOTHING,  /* for now */
    SOURCE_ASSIGNED, /* other partitions: see source->assigned */
    SOURCE_END,      /* there will be no more */
    SOURCE_FAILED,   /* the world's failure: see source->why */
};

struct partitions { /* by malloc */
    uint32_t n;
    uint32_t v[];
};

struct dead_letter {
    struct str source;   /* as bound: cards.ndjson */
    struct str stream;
    uint32_t partition;
    uint64_t offset;     /* line number from 0 */
    uint64_t byte;       /* where the event begins in the input */
    uint64_t at;         /* where in the event the fault is, in bytes; 0 if unknown */
    const char *reason;  /* "expected a number for `speed`, found a string" */
    struct str bytes;    /* as received, at most the first 64 KiB ... */
    uint64_t length;     /* ... of this many */
    bool message;        /* it came as a message: offset and byte are no place in a text */
    bool future;         /* well-formed, but too far ahead of the wall clock */
};

typedef void dead_letter_handler(void *context, const struct dead_letter *letter);

struct source_counters {
    uint64_t events, malformed, bytes; /* bytes read so far */
    uint64_t total_bytes;              /* 0 if not known */
    uint64_t lag;        /* messages that are there and not read yet */
    uint64_t unheard;    /* partitions of which nothing is known yet, their lag neither */
    uint64_t away;       /* 1: the other side cannot be reached: that nothing comes says nothing */
    uint64_t rebalances; /* how often partitions came or went */
};

/* Which events are malformed because they are too far ahead of the wall clock: live by the bound;
 * in a replay with a journal those whose offsets were written down. */
struct future_bound {
    int64_t ahead_ns; /* 0: no bound */
    int64_t limit_ns; /* the wall clock when it was last asked, and ahead_ns */
    const uint64_t *offsets; /* in order, or NULL */
    uint64_t noffsets;
};

struct source;

struct source_ops {
    enum source_status (*next)(struct source *s, struct batch *batch);
    void (*close)(struct source *s); /* frees it */
    void (*tend)(struct source *s);
    void (*handled)(struct source *s, uint32_t partition, uint64_t next_offset);
    const char *(*lacks)(const struct source *s, const struct schema *schema, struct arena *arena);
    void (*follow)(struct source *s, const struct schema *schema);
};

struct source {
    const struct source_ops *ops;
    const struct schema *schema;
    uint32_t stream;
    uint32_t partition;  /* of a source of one: set before the first read */
    bool partitioned;    /* it has several, told by SOURCE_ASSIGNED */
    struct str name;
    bool live;           /* rows come when they come: it may fall silent */
    int64_t lateness_ns; /* what is usual for its kind; 0 for files */
    struct future_bound future;
    const char *why; /* after SOURCE_FAILED */
    struct partitions *assigned; /* after SOURCE_ASSIGNED: whoever reads takes it, and frees it */
    struct source_counters counters;
    dead_letter_handler *dead_letter; /* NULL: only counted */
    void *dead_letter_context;
};

#endif
