/* run: a partial match of one rule for one key, and the events that it took.
 *
 *   run ─ next ─→ run ─ next ─→ …        by first event, then by preference
 *    │ last
 *    ▼
 *   taken ─ before ─→ taken ─ before ─→ taken   the match buffer: chains that share
 *                                                      their older part
 *
 * A run is one block: the header, then what its rule keeps, laid out by run_layout:
 *
 *   │ struct run │ cells[ncells] │ stamps[nstamps] │ counters[ncounters] │
 *
 * Invariants: `last` is never NULL; last->seq >= start_seq; bit i of `open` stands for edge i of
 * `state` and is set only if the edge's guards held when the state was entered. Cells own their
 * texts and lists.
 *
 * A store belongs to one worker. Blocks come from pools by size, so a fork costs a copy of the
 * block and a count on the chain. Tests: tests/unit/whole/test_match.c
 */
#ifndef OMEN_ENGINE_RUN_H
#define OMEN_ENGINE_RUN_H

#include "engine/expr.h"
#include "engine/program.h"

struct run {
    struct run *next;
    struct taken *last;
    uint64_t open;      /* edges of `state` that wait */
    uint64_t start_seq; /* the first event: its place in the engine's order, */
    int64_t start_at;   /* and its time */
    union {
        uint64_t way;   /* hash of which variable took which event: equal for equal ways */
        int64_t end_at; /* longest, once it completed: of the match, not of the telling */
    };
    uint16_t state;
    bool complete;      /* reached ACCEPT with the event being matched */
    bool fresh;         /* has met no event since the last one that it took */
    bool held;          /* longest: the best match of its start so far; no edge of it is open */
    bool matched;       /* all ways: what it took is a match; it waits to take more */
    bool timed_out;     /* its window has closed, which is to be told */
};

enum { RUN_SIZE_STEP = 32 }; /* blocks of runs and events are multiples of it */

struct run_layout { /* of one rule's runs */
    uint32_t bytes, stamps_at, counters_at;
};

struct run_layout run_layout(const struct program_rule *rule);

static inline struct value *run_cells(struct run *run) { return (struct value *)(run + 1); }
static inline int64_t *run_stamps(struct run *run, const struct run_layout *l) {
    return (int64_t *)((char *)run + l->stamps_at);
}
static inline uint32_t *run_counters(struct run *run, const struct run_layout *l) {
    return (uint32_t *)((char *)run + l->counters_at);
}

struct run_counters {
    uint64_t started, forked,
        in_place; /* runs: new, copied because a way split, moved on without a copy */
    uint64_t covered, merged;           /* edges closed because a preferred way has them open too */
    uint64_t expired,
        discarded; /* ended by the window, by after match or by an earlier completion */
    uint64_t dropped;                   /* given up at the limit of runs */
    uint64_t live, peak;
};

struct run_store;

struct run_store *run_store_new(void);
/* Counted: an engine that carries on from another has its store. One thread at a time. */
struct run_store *run_store_hold(struct run_store *s);
void run_store_free(struct run_store **s); /* the last time everything in it becomes invalid */
struct heap *run_store_heap(struct run_store *s);
struct run_counters *run_store_counters(struct run_store *s);
size_t run_store_bytes(const struct run_store *s); /* memory held for runs and the match buffer */

/* A run of `rule` that has taken nothing yet: the caller gives it its first event. */
struct run *run_start(struct run_store *s, const struct program_rule *rule,
                      const struct run_layout *l);
struct run *run_fork(struct run_store *s, const struct program_rule *rule,
                     const struct run_layout *l, struct run *run);
void run_end(struct run_store *s, const struct program_rule *rule, const struct run_layout *l,
             struct run *run);

/* A copy that no matcher knows: of what a match took, for as long as somebody looks at it. It is
 * not counted among the runs. */
struct run *run_copy(struct run_store *s, const struct program_rule *rule,
                     const struct run_layout *l, const struct run *run);
void run_let_go(struct run_store *s, const struct program_rule *rule, const struct run_layout *l,
                struct run *copy);

/* A new event at the end of a run's chain, all but `kept` filled in by the caller afterwards; kept
 * are null. The run's count on its old end passes to the new event. */
struct taken *run_append(struct run_store *s, struct run *run, uint16_t variable, uint32_t nkept);

#endif
