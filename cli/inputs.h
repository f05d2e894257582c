/* inputs: the sources of a run, each read ahead by a thread of its own (engine/reader.h), merged
 * into slices for the engine (engine/merge.h).
 *
 *   --in telemetry=a.ndjson   partition 0 ─reader→ ring ─┐
 *   --in telemetry=b.ndjson   partition 1 ─reader→ ring ─┼─ merge ─slices→ the engine
 *   --in payments=-           partition 0 ─reader→ ring ─┘
 *
 * Here are the decisions that depend on when things come. Live: a partition that is silent for
 * idle_after is passed over; when all are, event time follows the wall clock, where something waits
 * for it. A source whose other side cannot be reached is not silent: time waits. Decisions go
 * to the journal, and in a replay with one come from it. A recording knows neither silence nor
 * future. What no rule reads is counted, but never waited for and never fed.
 *
 * The lock of signals.h is given up while nothing is there, and only then. One thread.
 * Tests: tests/cli/merge.t, replay.t, live.t, journal.t
 */
#ifndef OMEN_CLI_INPUTS_H
#define OMEN_CLI_INPUTS_H

#include "cli/journal.h"
#include "cli/options.h"
#include "connectors/kafka_properties.h"
#include "engine/merge.h"
#include "engine/reader.h"

struct inlet { /* one source */
    struct source *source;
    struct reader *reader; /* NULL: not started */
    bool standard;         /* standard input */
    bool ended;
    struct source_counters seen; /* with the last arrival */
    const struct schema *written; /* by which rows that come from here on are */
    int64_t lateness_ns;
};

struct inputs_options {
    uint32_t batch_rows;
    int64_t lateness_ns;   /* negative: what is usual for each source */
    bool live;
    const struct kafka_properties *kafka;
    int64_t idle_after_ns; /* 0: nothing is ever idle */
    int64_t future_ns;     /* 0: no bound */
    struct journal *journal; /* decisions go there; may be one without a path */
    struct record *record;   /* or come from there; NULL: no */
    /* All with the context. */
    int (*pause)(void *context); /* before it waits: so many ms at most; -1: for ever */
    dead_letter_handler *dead_letter;
    int64_t (*due)(void *context); /* event time at which something waits for the clock */
    void *context;
};

struct inputs {
    const struct program *program;
    struct inputs_options options;
    struct inlet *v;
    uint32_t n;
    struct arena *arena;           /* that lives as long */
    bool *read;                    /* by stream: some rule reads it, or has */
    bool *counts;                  /* ... or will: time waits for it */
    const struct schema **reading; /* by stream: by which it is read, see reading.h */
    struct merge *merge;
    struct bell bell;
    bool belled;
    bool ending;        /* nothing is read any more */
    const char *failed; /* why the world failed, or NULL */
    int64_t named_ns;   /* when the log last named who holds time back */
    int64_t looked_ns;  /* when it was last looked what sources have */
};

/* Opens `--in STREAM=SOURCE`, each. False after messages; inputs_close in every case. Texts go to
 * the arena. */
bool inputs_open(struct inputs *in, const struct values *wanted, const struct program *program,
                 const struct inputs_options *options, struct arena *arena);
void inputs_start(struct inputs *in); /* begins to read: after signals_start */
void inputs_leave(struct inputs *in); /* no thread of theirs runs any more; sources are closed */
void inputs_close(struct inputs *in);

/* The next slice; those of streams that no rule reads too (in->read). False: at the end, after a
 * failure (`failed`), or when a stop is wanted. */
bool inputs_next(struct inputs *in, struct slice *slice);

/* Of each batch the next slice is fresh again. */
void inputs_reopen(struct inputs *in);

/* Nothing is read any more; what has been read still comes out. */
void inputs_end(struct inputs *in);

/* The journal's last lines: how far each partition was read, and how it ended. */
void inputs_journal(struct inputs *in, bool stopped);

/* False after a message: the record that was replayed tells of what did not come. */
bool inputs_fit(const struct inputs *in);

#endif
