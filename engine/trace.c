/* trace: see trace.h. The same questions as match.c asks (engine/match_test.h), in the same order,
 * each answered aloud. */
#include "engine/trace.h"

#include <stdlib.h>

#include "base/log.h"
#include "engine/match_test.h"

/* ---- telling --------------------------------------------------------------------------------- */

static struct trace_step step_of(struct matcher *m, struct run *run, enum trace_kind kind) {
    struct trace_step s = {.kind = kind, .run = run, .variable = NO_VARIABLE, .event = m->event,
                           .now = m->now, .except = NONE, .expr = m->expr};
    s.scope = (struct expr_scope){.prev = m->prev, .windows = m->windows,
                                  .cells = run ? run_cells(run) : (struct value *)m->rule->cells,
                                  .last = run ? run->last : NULL};
    return s;
}

static void tell_edge(struct matcher *m, struct run *run, const struct nfa_edge *e,
                      uint16_t variable, enum trace_kind kind) {
    struct trace_step s = step_of(m, run, kind);
    s.edge = e;
    s.variable = variable;
    m->trace->step(m->trace->context, &s);
}

static int64_t last_chance(const struct matcher *m, struct run *run, const struct nfa_edge *e);

/* Until when some edge would still have gone on. */
static int64_t chance_of(const struct matcher *m, struct run *run) {
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    int64_t most = INT64_MIN;
    for (uint64_t left = run->open; left; left &= left - 1) {
        const struct nfa_edge *e = &edges[__builtin_ctzll(left)];
        int64_t chance = e->clock != CLOCK_NONE ? INT64_MAX : last_chance(m, run, e);
        if (chance > most) most = chance;
    }
    return run->open ? most : INT64_MAX;
}

void trace_run(struct matcher *m, struct run *run, enum trace_kind kind, int64_t now) {
    struct trace_step s = step_of(m, run, kind);
    s.now = now;
    if (kind != TRACE_HAVING) s.event = NULL;
    if (kind == TRACE_FORGOTTEN) s.chance = chance_of(m, run);
    m->trace->step(m->trace->context, &s);
}

void trace_match(const struct trace *t, const struct run *run, const struct completion *c,
                 struct trace_step step) {
    step.kind = TRACE_MATCH;
    step.run = run;
    step.variable = NO_VARIABLE;
    step.event = c->event;
    step.now = c->now;
    step.completion = c;
    step.scope.cells = run_cells((struct run *)run);
    step.scope.last = run->last;
    t->step(t->context, &step);
}

struct value trace_value(const struct trace_step *s, uint32_t code) {
    const struct batch *batch = s->event ? s->event->batch : NULL;
    return expr_value(s->expr, code, batch, s->event ? s->event->row : 0, &s->scope);
}

/* ---- what an event will do ------------------------------------------------------------------- */

/* The latest time at which the edge would have taken an event. */
static int64_t last_chance(const struct matcher *m, struct run *run, const struct nfa_edge *e) {
    int64_t chance = INT64_MAX;
    if (m->rule->within_ns >= 0) chance = time_plus(run->start_at, m->rule->within_ns);
    if (e->most_ns >= 0 && time_plus(run->last->at, e->most_ns) < chance)
        chance = time_plus(run->last->at, e->most_ns);
    for (uint32_t i = 0; i < e->nlimits; i++) {
        const struct nfa_limit *l = &m->program->limits[e->first_limit + i];
        int64_t at = time_plus(run_stamps(run, &m->layout)[l->stamp], l->most_ns);
        if (at < chance) chance = at;
    }
    return chance;
}

static void too_late(struct matcher *m, struct run *run, const struct nfa_edge *e) {
    struct trace_step s = step_of(m, run, TRACE_GAP);
    s.edge = e;
    s.variable = m->rule->states[e->target].variable;
    s.late_ns = time_since(m->now, last_chance(m, run, e));
    if (satisfies(m, s.variable, run)) s.kind = TRACE_MISSED;
    m->trace->step(m->trace->context, &s);
}

static void meet(struct matcher *m, struct run *run, const struct nfa_edge *e) {
    uint16_t target = e->target == ACCEPT ? NO_VARIABLE : m->rule->states[e->target].variable;
    uint16_t holder = NO_VARIABLE;
    for (uint32_t i = 0; i < e->nkills; i++) {
        const struct nfa_kill *k = &m->program->kills[e->first_kill + i];
        if ((k->kind == KILL_NEXT && !run->fresh) || !satisfies(m, k->variable, run)) continue;
        if (k->kind != KILL_HOLDS) {
            tell_edge(m, run, e, k->variable, TRACE_KILLED);
            return;
        }
        holder = k->variable;
    }
    if (e->clock != CLOCK_NONE) tell_edge(m, run, e, target, TRACE_WAITS);
    else if (m->now > last_chance(m, run, e)) too_late(m, run, e);
    else if (holder != NO_VARIABLE) tell_edge(m, run, e, holder, TRACE_HELD);
    else if (time_since(m->event->at, run->last->at) < e->least_ns)
        tell_edge(m, run, e, target, TRACE_EARLY);
    else tell_edge(m, run, e, target, satisfies(m, target, run) ? TRACE_TAKES : TRACE_FAILS);
}

static void begin(struct matcher *m, const struct nfa_edge *e) {
    uint16_t variable = m->rule->states[e->target].variable;
    for (uint32_t k = 0; k < e->nkills; k++) {
        const struct nfa_kill *kill = &m->program->kills[e->first_kill + k];
        if (kill->kind != KILL_HOLDS || !satisfies(m, kill->variable, NULL)) continue;
        tell_edge(m, NULL, e, kill->variable, TRACE_HELD);
        return;
    }
    enum trace_kind kind = TRACE_FAILS;
    if (satisfies(m, variable, NULL)) kind = in_streak(m, variable) ? TRACE_CONTINUES : TRACE_TAKES;
    tell_edge(m, NULL, e, variable, kind);
}

void trace_event(struct matcher *m, const struct runs *runs) {
    if (!m->trace->wants(m->trace->context, m->event->batch, m->event->row)) return;
    for (struct run *run = runs->first; run; run = run->next) {
        const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
        for (uint64_t left = run->held ? 0 : run->open; left; left &= left - 1)
            meet(m, run, &edges[__builtin_ctzll(left)]);
    }
    const struct nfa_state *start = &m->rule->states[0];
    for (uint32_t i = 0; i < start->nedges; i++)
        begin(m, &m->program->edges[start->first_edge + i]);
}

/* ---- how far it is --------------------------------------------------------------------------- */

/* A place of the automaton: a state with its counters. Stamps are left out: time passes. */
struct spot {
    uint16_t state;
    uint32_t distance;
    uint32_t counters[MAX_COUNTERS];
};

enum { MOST_SPOTS = 1 << 12 }; /* looked at; past that the distance is said to be the last one's */

struct search {
    struct matcher matcher; /* as much of one as is asked here */
    struct spot *v;
    uint32_t n;
};

static bool opens_at(const struct search *s, const struct nfa_edge *e, const uint32_t *counters) {
    for (uint32_t i = 0; i < e->nguards; i++) {
        const struct nfa_guard *g = &s->matcher.program->guards[e->first_guard + i];
        if (g->kind != GUARD_LASTED && !guard_holds(g, counters, NULL, 0)) return false;
    }
    return true;
}

static void add(struct search *s, uint16_t state, uint32_t distance, const uint32_t *counters) {
    uint32_t bytes = s->matcher.rule->ncounters * (uint32_t)sizeof *counters;
    for (uint32_t i = 0; i < s->n; i++)
        if (s->v[i].state == state && memcmp(s->v[i].counters, counters, bytes) == 0) return;
    if (s->n == MOST_SPOTS) return;
    struct spot *spot = &s->v[s->n++];
    *spot = (struct spot){.state = state, .distance = distance};
    memcpy(spot->counters, counters, bytes);
}

/* From a spot to all that can follow it; true: a match can, too. */
static bool spread(struct search *s, struct spot here, uint32_t *found) {
    const struct nfa_state *from = &s->matcher.rule->states[here.state];
    for (uint32_t i = 0; i < from->nedges; i++) {
        const struct nfa_edge *e = &s->matcher.program->edges[from->first_edge + i];
        if (!opens_at(s, e, here.counters)) continue;
        if (e->target == ACCEPT) {
            *found = here.distance + (e->clock != CLOCK_NONE);
            return true;
        }
        uint32_t counters[MAX_COUNTERS];
        int64_t stamps[MAX_STAMPS];
        memcpy(counters, here.counters, sizeof counters);
        apply_actions(&s->matcher, e, 0, counters, stamps);
        add(s, e->target, here.distance + 1, counters);
    }
    return false;
}

/* In breadth: the first spot from which a match opens is the nearest. */
uint32_t trace_distance(const struct program *program, const struct program_rule *rule,
                        const struct run *run, const struct nfa_edge *edge) {
    struct spot *spots = must_alloc(MOST_SPOTS * sizeof *spots);
    struct search s = {{.program = program, .rule = rule}, spots, 0};
    struct run_layout layout = run_layout(rule);
    uint32_t counters[MAX_COUNTERS] = {0}, found = NONE, at = 0;
    int64_t stamps[MAX_STAMPS];
    if (run)
        memcpy(counters, run_counters((struct run *)run, &layout),
               rule->ncounters * sizeof *counters);
    if (edge) apply_actions(&s.matcher, edge, 0, counters, stamps);
    add(&s, edge ? edge->target : run ? run->state : 0, 0, counters);
    while (at < s.n && !spread(&s, s.v[at], &found)) at++;
    if (found == NONE) found = s.v[s.n - 1].distance;
    free(spots);
    return found;
}
