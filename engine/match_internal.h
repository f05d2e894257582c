/* match_internal: what match.c, match_settle.c, cover.c and clock.c share. Nobody else includes
 * it. */
#ifndef OMEN_ENGINE_MATCH_INTERNAL_H
#define OMEN_ENGINE_MATCH_INTERNAL_H

#include "base/time.h"
#include "engine/trace.h"

struct state_plan { /* a state, prepared: what opens on entering it */
    uint64_t open;    /* edges without guards */
    uint64_t guarded; /* edges with guards, ACCEPT among them */
    uint64_t clocked; /* edges that wait for the clock */
    bool accepts;     /* complete without guards */
};

struct memo { /* a condition on previous values, for one event */
    uint64_t seq;
    bool holds;
};

struct matcher {
    const struct program *program;
    const struct program_rule *rule;
    uint32_t index; /* of the rule */
    struct run_layout layout;
    struct run_store *store;
    struct run_counters *counters;
    struct expr *expr;
    match_handler *handler;
    void *context;
    uint64_t *const *bits;
    struct state_plan *plans; /* by state */
    struct memo *memos;       /* by variable */
    uint32_t limit;
    bool tells_windows; /* the end of a window is told: longest, timeout emit */
    bool tells_ends;    /* longest: some edge waits a limited time, after which it is known */
    bool clocked;   /* some edge waits for the clock, or the end of a window is told */
    bool absorbs;   /* a run does nothing that one of an earlier start does as well: see cover.c */
    bool ambiguous; /* two edges lead from one state to one other: a way can be found twice */

    const struct event *event; /* being matched; NULL: the clock goes on, */
    int64_t now;               /* to this time */
    const struct value *prev;
    const struct window_view *windows;
    const struct trace *trace; /* NULL: nobody wants to know */
};

struct run_list {
    struct run *first, **tail;
    uint32_t n;
};

/* What decides whether an edge of a run can stand in for another's: a run, or one that is about
 * to be made. */
struct run_view {
    uint16_t state;
    bool fresh;
    int64_t last_at;
    uint64_t open;
    uint32_t counters[MAX_COUNTERS];
    int64_t stamps[MAX_STAMPS];
};

/* The last time at which the edge can take an event: by the gap to the event before, and by the
 * windows around parts. */
int64_t edge_ends(const struct matcher *m, struct run *run, const struct nfa_edge *e);

/* Edges of the run whose gap or inner window has passed. */
uint64_t passed_edges(const struct matcher *m, struct run *run, int64_t now);

void apply_actions(const struct matcher *m, const struct nfa_edge *e, int64_t at,
                   uint32_t *counters, int64_t *stamps);

void list_init(struct run_list *l);
void list_add(struct run_list *l, struct run *run);
void list_join(struct run_list *l, struct run_list *more);

void enter(struct matcher *m, struct run *run, const struct nfa_edge *e);
bool having_holds(struct matcher *m, struct run *run);
void settle(struct matcher *m, struct run_list *group);

/* Reports what is complete, in order, and lets go of what that discards. `by_clock`: it is complete
 * because time passed, not by its last event. */
void complete(struct matcher *m, struct run_list *runs, bool by_clock);

/* Which of `edges` of `run` are covered by open edges of the preferred `by`; `fresh`: is `run`
 * fresh too? */
uint64_t cover_edges(const struct matcher *m, const struct run_view *by, struct run *run,
                     uint64_t edges, bool fresh);

/* Tell the trace (there is one): what the event that is about to be matched will do to the runs;
 * what became of a run at `now`. */
void trace_event(struct matcher *m, const struct runs *runs);
void trace_run(struct matcher *m, struct run *run, enum trace_kind kind, int64_t now);

/* Of runs in order of preference: closes what a preferred one covers, ends
 * what has nothing left. */
void cover_runs(struct matcher *m, struct run_list *group);

#endif
