/* inputs: the sources of a run, merged by event time into slices for the engine.
 *
 *   telemetry   │ done │ ▸ 10:00:01 10:00:04 10:00:09 …   a slice: the longest run of rows of one
 *   payments    │ done │ ▸ 10:00:05 10:00:06 …            batch that is not newer than other heads
 *
 * A row counts as old as the newest before it in its source: a late row is not brought forward. Of
 * equal times the stream declared first goes first. So the order of rows, and with it every result,
 * does not depend on batch size. The lock of signals.h is given up while a source reads.
 * Tests: tests/cli/merge.t, replay.t
 */
#ifndef OMEN_CLI_INPUTS_H
#define OMEN_CLI_INPUTS_H

#include "cli/options.h"
#include "engine/engine.h"
#include "engine/program.h"
#include "engine/source.h"

struct inlet { /* one source */
    struct source *source;
    struct batch *batch;
    uint32_t n, next;     /* rows of the batch; the next to go out */
    int64_t newest;       /* of the rows that went out */
    bool opened;          /* the engine has seen the batch */
    bool ended;
    bool standard;        /* standard input */
    struct source_counters seen; /* when the last read returned */
};

struct inputs {
    struct inlet *v; /* in order of the streams' declaration */
    uint32_t n;
    const char *failed; /* why the world failed, or NULL */
    const struct inlet *reading; /* the last that read, or does now */
};

/* Opens `--in STREAM=SOURCE`, each. False after messages; inputs_close in every case. Texts go to
 * the arena. */
bool inputs_open(struct inputs *in, const struct values *wanted, const struct program *program,
                 uint32_t batch_rows, struct arena *arena);
void inputs_close(struct inputs *in);

/* Dead letters of all sources go there. */
void inputs_dead_letters(struct inputs *in, dead_letter_handler *handler, void *context);

/* Puts the rows of every source in order, as far as `lateness_ns` goes (engine/reorder.h). Before
 * the dead letters are wired. */
void inputs_reorder(struct inputs *in, int64_t lateness_ns, uint32_t batch_rows, late_handler *late,
                    void *context);

/* Called before a read that may have to wait for somebody. */
typedef void pause_handler(void *context);

struct slice {
    struct batch *batch;
    uint32_t first, n;
    bool fresh; /* the first of its batch, or since inputs_reopen */
};

/* The next slice. False at the end, after a failure (`failed`), or when a stop is wanted. */
bool inputs_next(struct inputs *in, pause_handler *pause, void *context, struct slice *slice);

/* Of each batch the next slice is fresh again. */
void inputs_reopen(struct inputs *in);

/* Asked while a source reads, when a dead letter came: may it have to wait for what comes next? */
bool inputs_may_wait(const struct inputs *in);

/* Nothing is read any more; what has been read still comes out. */
void inputs_end(struct inputs *in);

#endif
