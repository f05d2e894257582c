/* pipeline: rules, sources and sinks put together: what `omen run` and `omen replay` do.
 *
 *   inputs ─slices→ engine ─alerts→ outputs     and at the end, or on a signal: flush, summary
 *
 * Opening is all or nothing: every rule, source, table and sink is checked before the first event
 * is read, and no sink is opened when something else is wrong. Tests: tests/cli/replay.t
 */
#ifndef OMEN_CLI_PIPELINE_H
#define OMEN_CLI_PIPELINE_H

#include "cli/options.h"
#include "connectors/kafka_properties.h"

struct pipeline_plan {
    const struct values *rules, *in, *out, *tables, *params, *reloads;
    struct kafka_properties kafka;
    const char *late, *dead_letter, *shadow; /* NULL: only counted */
    uint32_t batch_rows;
    uint32_t workers;
    int64_t lateness_ns;   /* how long older events are waited for; negative: as is usual */
    int64_t idle_after_ns; /* live; 0: never */
    int64_t future_ns;     /* live; 0: no bound */
    const char *http;      /* an address; NULL: no pages */
    uint32_t ready_lag;    /* messages that may be unread where /readyz says 200; 0: any */
    const char *journal;   /* live: written; else read; NULL: there is none */
    bool live;
    bool drain;    /* where input ends, time goes on until nothing waits for it */
    bool quiet;    /* no warnings of the compiler, no progress, no summary */
    bool json;     /* the log's format */
    bool renew;    /* tables are read again when their files change */
    bool progress; /* where standard error is a terminal */
};

/* Gives the exit code; everything has been said. Once a process. */
int pipeline_run(const struct pipeline_plan *plan);

#endif
