/* match_internal: what match.c and cover.c share. Nobody else includes it. */
#ifndef OMEN_ENGINE_MATCH_INTERNAL_H
#define OMEN_ENGINE_MATCH_INTERNAL_H

#include "engine/match.h"

struct state_plan { /* a state, prepared: what opens on entering it */
    uint64_t open;    /* edges without guards */
    uint64_t guarded; /* edges with guards, ACCEPT among them */
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
    bool absorbs;   /* a run does nothing that one of an earlier start does as well: see cover.c */
    bool ambiguous; /* two edges lead from one state to one other: a way can be found twice */

    const struct event *event; /* being matched */
    const struct value *prev;
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

void apply_actions(const struct matcher *m, const struct nfa_edge *e, int64_t at,
                   uint32_t *counters, int64_t *stamps);

/* Which of `edges` of `run` are covered by open edges of the preferred `by`; `fresh`: is `run`
 * fresh too? */
uint64_t cover_edges(const struct matcher *m, const struct run_view *by, struct run *run,
                     uint64_t edges, bool fresh);

/* Of runs in order of preference: closes what a preferred one covers, ends
 * what has nothing left. */
void cover_runs(struct matcher *m, struct run_list *group);

#endif
