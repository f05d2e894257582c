/* source: where events come from, as the engine sees it: something that fills batches, in order of
 * its partition.
 *
 * Contract for makers (connectors/): next() resets and fills the batch with up to batch->max rows
 * and returns SOURCE_BATCH with at least one row, or says why not. Malformed input never fails a
 * source: it is counted and given to the dead letter handler, and the row's offset is used up. One
 * thread at a time. Tests: tests/unit/connectors
 */
#ifndef OMEN_ENGINE_SOURCE_H
#define OMEN_ENGINE_SOURCE_H

#include "engine/batch.h"

enum source_status {
    SOURCE_BATCH,  /* rows */
    SOURCE_END,    /* there will be no more */
    SOURCE_FAILED, /* the world's failure: see source->why */
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
};

typedef void dead_letter_handler(void *context, const struct dead_letter *letter);

struct source_counters {
    uint64_t events, malformed, bytes; /* bytes read so far */
    uint64_t total_bytes;              /* 0 if not known */
};

struct source;

struct source_ops {
    enum source_status (*next)(struct source *s, struct batch *batch);
    void (*close)(struct source *s); /* frees it */
};

struct source {
    const struct source_ops *ops;
    const struct schema *schema;
    uint32_t stream;
    struct str name;
    const char *why; /* after SOURCE_FAILED */
    struct source_counters counters;
    dead_letter_handler *dead_letter; /* NULL: only counted */
    void *dead_letter_context;
};

#endif
