/* engine_internal: what engine.c, engine_group.c and engine_chain.c share. Nobody else includes
 * it. */
#ifndef OMEN_ENGINE_ENGINE_INTERNAL_H
#define OMEN_ENGINE_ENGINE_INTERNAL_H

#include "base/pool.h"
#include "engine/alert_build.h"
#include "engine/derived.h"
#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/keys.h"
#include "engine/resolve.h"
#include "engine/timers.h"
#include "engine/window.h"

enum {
    WORDS = BATCH_MAX_ROWS / 64,
    QUEUE_BYTES = 1 << 20, /* alerts of a part, above which the next part is shorter */
    FETCH_ROWS = 64, /* rows whose memory is asked for at once: a few cache lines each, within L1 */
};

/* States with runs, each at most once, by the time when the runs that it has now will have ended.
 * Every state waits equally long, so that a ring in order of arrival is in order of time. */
struct due {
    struct key_state *state;
    int64_t at;
};

struct due_queue {
    struct due *v;
    uint32_t first, n, cap; /* cap: a power of two */
};

struct intake { /* a stream that a group reads */
    const struct program_input *plan;
    struct windows *windows; /* NULL: it has none */
    const uint64_t *starts; /* rows of the open batch that may start a run of some rule */
    uint64_t *own;    /* room for them, unless somebody else evaluates predicates */
    bool anywhere;    /* some rule can start at any row */
    bool remembers;   /* it has previous values or windows: each of its events counts */
    uint16_t *prev_fields; /* beside plan->prevs: the field, where it is no more than that */
};

struct group {
    const struct program_group *plan;
    struct keys *keys;
    struct windows **windows;  /* beside plan->inputs; NULL where one has none, or none has any */
    size_t windows_room;       /* of a key, for all of them */
    struct panes *panes;       /* NULL: no rule has any; then the group reads one stream */
    int64_t windows_ns;        /* the longest that windows and panes look back; -1: for ever */
    bool lingers;              /* what is kept of a key ends when it had no event for windows_ns */
    struct matcher **matchers; /* beside plan->rules */
    struct intake *intakes;    /* beside plan->inputs */
    struct intake *in;         /* of the stream whose rows are matched */
    int64_t longest_ns;        /* of the rules' windows and gaps; -1: no rule has one */
    struct due_queue due;
    struct timers timers;
    uint64_t seq;              /* above level 0: of the last event that it met */
    struct key_state **empty;  /* states that may have no runs any more */
    uint32_t nempty, empty_cap;
};

struct engine {
    struct program *program;
    struct engine_options options;
    struct expr *expr;
    struct run_store *store;
    struct alert_queue *queue;
    struct gate *gate;
    struct resolver *resolver;
    struct open_alerts opened; /* by the match that is being reported, until its key keeps them */
    struct pool open_rules;
    struct group *groups;
    struct derived *derived; /* NULL: no rule reads another */
    uint32_t top;            /* the highest level of a group */
    bool *reads;             /* by feed: a group of the level that is being fed reads it */
    uint64_t **bits;     /* by predicate, WORDS each */
    uint64_t *bit_words;
    int64_t *newest;     /* by stream: highest event time; INT64_MIN before the first */
    uint64_t *by_rule;
    uint64_t seq;
    int64_t now; /* event time: the newest of all streams */
    uint32_t part; /* rows that are matched before alerts are put in order */
    struct engine_counters counters;
    uint64_t regex_bound; /* of the engines whose state was carried over */

    struct event part_first; /* of the part being matched: its seq and row number the others */

    /* of the slice being matched */
    uint32_t rows[BATCH_MAX_ROWS];
    uint64_t hashes[BATCH_MAX_ROWS];
    struct key_state *states[BATCH_MAX_ROWS];
    const struct value *prev;
    struct window_view view; /* of the key being matched */
    struct run *window_run; /* what a closed window is told as; room for the cells of any rule */
    struct value *key; /* room for the key fields of any group */
    bool made; /* a row of it has made a state */
};

/* Rows `live` of the batch, in order; `first`: the slice's first row, its place in the engine's
 * order. */
void group_feed(struct engine *e, struct group *g, const struct batch *batch, const uint32_t *live,
                uint32_t nlive, const struct event *first);

/* Everything that the clock has to do before `now`, then what has ended by then without an
 * event. */
void group_ring(struct engine *e, struct group *g, int64_t now);
void group_expire(struct engine *e, struct group *g, int64_t now);
void group_remove_empty(struct group *g);

/* A state has come with what is in it: whatever wakes it is set. */
void group_wake(struct group *g, struct key_state *s, int64_t now);
void group_panes_wake(struct group *g, struct key_state *s); /* likewise, its windows that close */

/* A match of the rule, on the way to its alert. */
void engine_match(void *engine, uint32_t rule, const struct run *run,
                  const struct completion *completion);

/* What expressions see of the key from here on; NULL: nothing. */
void group_look(struct engine *e, const struct group *g, const struct key_state *s);

/* engine_every.c. The row goes into the key's panes; the clock closes windows of a frame before
 * `now`. True: the state keeps no panes. */
bool group_panes_event(struct group *g, struct key_state *s, const struct event *event);
bool group_panes_ring(struct engine *e, struct group *g, struct key_state *s, uint32_t frame,
                      int64_t now);
struct run *window_run_new(const struct program *p);

/* What is computed of its rows, and what predicates say of them. */
void batch_open(struct engine *e, struct batch *batch);
void batch_compute(struct engine *e, struct batch *batch); /* fills in its computed columns */

/* A stretch of rows that is matched at once, or time that passes without any (batch NULL). Level 0
 * meets it, and then the levels above; alerts gather in the queue. */
struct part {
    const struct batch *batch;
    uint32_t first, n;
    const uint32_t *live; /* rows that are not late */
    uint32_t nlive;
    int64_t newest; /* of the batch's stream, after it */
    int64_t now;    /* of all streams, after it */
    int64_t until;  /* what the clock has to do before that time is due */
};

/* Sets late rows aside: told, counted; the clocks of the engine move on. `live`: room for n rows.
 */
struct part part_of_rows(struct engine *e, const struct batch *batch, uint32_t first, uint32_t n,
                         uint32_t *live);
void part_lower(struct engine *e, const struct part *part);
void part_upper(struct engine *e, const struct part *part);

/* The rows of a batch that may start a run of some rule of the group, from the predicates' bits. */
void collect_starts(const struct program *p, const struct program_group *g, uint32_t input,
                    uint64_t *const *bits, uint32_t nwords, uint64_t *starts);

/* The groups above level 0: rows of a part (n 0: none), then everything up to `until`, exclusive.
 * The groups of level 0 have met all of it. */
void chain_feed(struct engine *e, const struct batch *batch, const uint32_t *rows, uint32_t n,
                int64_t until);

/* What a state holds is let go of: at the end of the engine. */
void group_close(struct engine *e, struct group *g, struct key_state *s);

/* group_windows.c: the windows of a key, over all streams of its group. */
void group_windows_init(struct engine *e, struct group *g);
void group_windows_fini(struct group *g);
void group_begin_window(struct group *g, struct key_state *s);
/* Those over other streams than the one that is being read move on to a time. */
void group_pass_window(struct group *g, struct key_state *s, int64_t at);
void group_end_window(struct group *g, struct key_state *s);

#endif
