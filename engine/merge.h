/* merge: rows of several partitions put into the one order, as slices for the engine.
 *
 *   arrivals ─→ lane: late?  ─→ heap (rows newer than the watermark, by time) ─→ ready (in order)
 *               lane: …                                                      ─→ ready  …
 *                                                   heads of all lanes, up to the front ─→ slices
 *
 * Order: event time, then stream, partition, offset (engine/watermark.h). Rows leave it in this
 * order whatever the order in which partitions arrived and however they were cut into batches; so
 * do late rows, each at the place of the watermark that it came after. What does depend on when
 * things came are the decisions about silence, which only live input has; options.tell hears of
 * them, and options.fate repeats them.
 *
 * A slice is of a batch as it came, where its partition is the only one of its stream and nothing
 * was out of order, or where that is most of the batch; else rows are copied together. Rows that
 * wait are counted batches. A lane takes no more while it has rows in order, so what waits is
 * bounded: by MERGE_MAX_ROWS a lane that are newer than its watermark (beyond it the oldest come
 * out early, and the watermark with them), and by what one arrival has. One thread.
 * Tests: tests/unit/engine/test_merge.c, tests/cli/merge.t, lateness.t, journal.t
 */
#ifndef OMEN_ENGINE_MERGE_H
#define OMEN_ENGINE_MERGE_H

#include "base/time.h"
#include "engine/batch_pool.h"
#include "engine/watermark.h"

enum { MERGE_MAX_ROWS = 1 << 22 };

#define MERGE_WAKE_NS NS_PER_S /* or idle_after_ns, if that is shorter */

enum slice_kind {
    SLICE_ROWS,
    SLICE_LATE, /* rows that came too late; at_ns: older than this (or were, as recorded) */
    SLICE_TIME, /* no row: the wall clock says that it is at_ns */
};

struct slice {
    enum slice_kind kind;
    struct batch *batch; /* valid until the next merge_next; hold it to keep it */
    uint32_t first, n;
    bool fresh;          /* its batch has to be opened before: another of the stream was, or more
                          * rows have come into it */
    int64_t at_ns;
};

/* What was decided when something came. */
enum merge_event {
    MERGE_LATE, /* row `offset` is late */
    MERGE_IDLE, /* the partition has fallen idle, at front.at */
    MERGE_TIME, /* at_ns, by the wall clock */
};

struct merge_told {
    enum merge_event event;
    uint32_t stream, partition;
    uint64_t offset;
    int64_t at_ns;
};

enum fate {
    FATE_TAKEN,
    FATE_LATE,
    FATE_UNREAD, /* nothing was read from here on: the partition ends */
};

struct merge_options {
    uint32_t nstreams;
    uint32_t batch_rows;
    int64_t idle_after_ns;
    void (*tell)(void *context, const struct merge_told *told); /* or NULL */
    /* What was recorded of a row, instead of what the watermark says; or NULL. A row that is taken
     * but is older than what went out stops the merge: see merge_misfit. */
    enum fate (*fate)(void *context, uint32_t stream, uint32_t partition, uint64_t offset);
    void *context;
};

struct lane_plan {
    uint32_t stream, partition;
    uint32_t source;   /* any number: whose arrivals it is in */
    int64_t lateness_ns;
    bool live, counts; /* see struct watermark */
    int64_t now_ns;    /* monotonic */
};

struct lane_state { /* for metrics */
    struct watermark mark;
    uint64_t rows, late, early; /* arrived; late; gone out early because too many waited */
    uint64_t repeated;          /* came again, and was passed over */
    uint64_t next_offset;       /* behind the last row that arrived, or was malformed; or the first
                                 * that was forgotten */
    uint64_t waiting;           /* rows now */
    int64_t oldest_ns;          /* the place in time of the first of them; INT64_MAX: none waits */
    uint32_t source;
};

struct merge;

struct merge *merge_new(const struct merge_options *options);
void merge_free(struct merge **merge);

/* A partition, if there is none of the name; if it has ended it begins again. True: it is new. */
bool merge_lane(struct merge *m, const struct lane_plan *plan);

/* Rows of a lane that there is; takes the batch over. `at_ns`: monotonic, when it came. Where all
 * lanes of its source were idle, the others have MERGE_WAKE_NS to speak too. */
void merge_arrive(struct merge *m, struct batch *batch, int64_t at_ns);

void merge_end(struct merge *m, uint32_t source); /* all its lanes */

/* Of the source's lanes only those of these partitions go on. The others are somebody else's from
 * now on, who reads again what the front has not passed here: that is forgotten. All at once:
 * between one and the next time would go on by those that are left. One that comes back
 * (merge_lane) is read again, and what had gone out is passed over. */
void merge_keep(struct merge *m, uint32_t source, const uint32_t *partitions, uint32_t n);

/* Has the partition been read as far as this before? Then it is counted as repeated. */
bool merge_repeats(struct merge *m, uint32_t stream, uint32_t partition, uint64_t offset);

/* Should the source be read on? Some lane of it has nothing in order to give, or is
 * idle and may speak again; or it has none. */
bool merge_wants(const struct merge *m, uint32_t source);

/* Everything that came from the source until `until_ns` (monotonic) has arrived here: its lanes
 * that were silent for long enough are passed over from now on. */
void merge_quiet(struct merge *m, uint32_t source, int64_t until_ns);

/* The other side of the source cannot be reached: that it is silent says nothing, time waits. */
void merge_away(struct merge *m, uint32_t source, int64_t now_ns);

/* Nobody has read for a while: what came then may still be on its way, and silence begins now. */
void merge_unread(struct merge *m, int64_t now_ns);

/* Live, when all are idle: event time goes on to `at_ns`, if that is later, and a slice says so. */
bool merge_pass(struct merge *m, int64_t at_ns);
/* The same as recorded: in its place among the rows. In order of time. */
void merge_time(struct merge *m, int64_t at_ns);

/* The next slice. False: none for now, or none any more. */
bool merge_next(struct merge *m, struct slice *slice);

/* What lanes have given out has all been handed out. */
bool merge_at_rest(const struct merge *m);
/* Of each batch the next slice is fresh again: what a batch was opened for has changed. */
void merge_reopen(struct merge *m);

/* Rows of the stream that wait and are written by another schema; but for slices that lanes have
 * given out: see merge_at_rest. */
uint64_t merge_others(const struct merge *m, uint32_t stream, const struct schema *written);

/* Whether time waits for the stream's lanes, from now on. */
void merge_counts(struct merge *m, uint32_t stream, bool counts);

bool merge_ended(const struct merge *m); /* all lanes, and everything has gone out */
const struct watermarks *merge_marks(const struct merge *m);
int64_t merge_oldest(const struct merge *m); /* event time of what waits; INT64_MAX: nothing */
bool merge_misfit(const struct merge *m, struct merge_told *row); /* see options.fate */
uint32_t merge_lanes(const struct merge *m);
void merge_lane_state(const struct merge *m, uint32_t lane, struct lane_state *out);

#endif
