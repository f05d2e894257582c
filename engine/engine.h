/* engine: events in, alerts out: the way of a batch through predicates, keys and matchers.
 *
 *   batch → late rows set aside → predicates, one bit a row
 *         → for each group of rules: rows → keys → matchers
 *         → alerts that feed rules → groups of these rules (engine_chain.c)
 *         → alerts of the slice put into the one total order → handler
 *
 * Order: events are matched in the order in which they are fed; within a stream an event older than
 * the newest is late: counted, given to the late handler, and takes no part. The caller merges
 * streams by event time. Batch size changes no result.
 *
 * One thread. Holds the program. Tests: tests/unit/whole/test_engine.c, tests/conformance
 */
#ifndef OMEN_ENGINE_ENGINE_H
#define OMEN_ENGINE_ENGINE_H

#include "engine/alert.h"
#include "engine/batch.h"
#include "engine/gate.h"
#include "engine/resolve.h"
#include "engine/run.h"
#include "engine/trace.h"

/* A late event: row of the batch, and the newest event time seen in its stream. */
typedef void late_handler(void *context, const struct batch *batch, uint32_t row,
                          int64_t newest_ns);

struct engine_options {
    alert_handler *alert; /* NULL: only counted */
    void *alert_context;
    late_handler *late;
    void *late_context;
    /* Of the keys those in this share of `nshards` (engine/workers.h); nshards 0: all. */
    uint32_t shard, nshards;
    uint64_t seed; /* of hashes, the same for all shares; 0: any */
    const bool *given; /* by stream: of those made of alerts, the caller feeds this one instead;
                          NULL: none. Read while the engine is made */
    const struct trace *trace; /* NULL: none (engine/trace.h) */
    struct run_store *store; /* of the engine whose state it will carry (engine/carry.h); NULL: its
                                own. Read likewise */
};

struct engine_counters {
    uint64_t events;    /* rows fed */
    uint64_t late;      /* of these: older than the newest of their stream */
    uint64_t null_keys; /* rows without a key, once for each group */
    uint64_t visits;    /* rows that were matched, once for each rule */
    uint64_t alerts;    /* that opened */
    uint64_t unfed;     /* alerts that fed no rule: too many of their rule at one time */
    uint64_t left_out;  /* values for which a window in panes had no room (engine/tally.h) */
    uint64_t keys;      /* states now */
    uint64_t bytes;     /* memory of keys, runs and the match buffer now */
};

struct engine;

/* NULL with a text in *why: see expr_new. */
struct engine *engine_new(struct program *program, const struct engine_options *options,
                          const char **why);
void engine_free(struct engine **e);

/* Fills in the columns that are computed, evaluates the predicates of the batch's stream. Then
 * engine_feed matches rows [first, first + n) of it, slice by slice in order; several streams may
 * be open at once, one batch each. */
void engine_open(struct engine *e, struct batch *batch);
void engine_feed(struct engine *e, const struct batch *batch, uint32_t first, uint32_t n);

/* What a table of the program holds from now on (engine/table.h), for events fed and clocks that
 * ring after this; counted. Between two slices only. Batches that are open are opened again before
 * they are fed on: what was evaluated of them was evaluated with the table before. */
struct table;
void engine_table(struct engine *e, uint32_t table, struct table *now);

/* Time passes without an event, to `ns`, unless it is later already: the clock does what is due
 * before it. Events of that time may still come; older ones are late. */
void engine_advance(struct engine *e, int64_t ns);

/* Event time at which the clock has something to do next: INT64_MAX if nothing waits for it. */
int64_t engine_due(const struct engine *e);

/* Input has ended: the clock does what is due up to the time of the last event or advance; `drain`:
 * all that is left, as if time went on without events. */
void engine_finish(struct engine *e, bool drain);

void engine_counters(const struct engine *e, struct engine_counters *out);
const struct run_counters *engine_run_counters(const struct engine *e);
const uint64_t *
engine_alerts_by_rule(const struct engine *e); /* one for each rule of the program */
struct run_store *engine_store(struct engine *e); /* for one that will carry its state */
const struct gate *engine_gate(const struct engine *e); /* what was not sent, and why */
const struct resolver *engine_resolver(const struct engine *e); /* alerts that close */
uint64_t engine_regex_bound(const struct engine *e); /* expressions given up at the work bound */

#endif
