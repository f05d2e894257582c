/* match: an event, see match.h: expire and advance. Ways that bring nothing new are found in
 * engine/cover.c, what completes in engine/match_settle.c, what time does in engine/clock.c. */
#include "engine/match_test.h"

#include <stdlib.h>

#include "base/log.h"

/* ---- making ---------------------------------------------------------------------------------- */

/* Decided as soon as the state is entered; `no x` at the end waits for the clock first. */
static bool is_accept(const struct nfa_edge *e) {
    return e->target == ACCEPT && e->clock == CLOCK_NONE;
}

static bool tells_windows(const struct program_rule *rule) {
    return rule->within_ns >= 0 && (rule->timeouts || rule->mode == RUN_LONGEST);
}

static void prepare_state(struct matcher *m, uint32_t s) {
    const struct nfa_state *state = &m->rule->states[s];
    struct state_plan *plan = &m->plans[s];
    for (uint32_t i = 0; i < state->nedges; i++) {
        const struct nfa_edge *e = &m->program->edges[state->first_edge + i];
        if (e->clock != CLOCK_NONE) plan->clocked |= UINT64_C(1) << i;
        m->tells_ends |= m->rule->mode == RUN_LONGEST && (e->most_ns >= 0 || e->nlimits);
        if (e->nguards) plan->guarded |= UINT64_C(1) << i;
        else if (is_accept(e)) plan->accepts = true;
        else plan->open |= UINT64_C(1) << i;
        for (uint32_t j = 0; j < i; j++)
            if (e->target != ACCEPT && e->target == m->program->edges[state->first_edge + j].target)
                m->ambiguous = true;
    }
}

struct matcher *matcher_new(const struct program *program, uint32_t rule, struct run_store *store,
                            struct expr *expr, match_handler *handler, void *context) {
    struct matcher *m = must_zalloc(sizeof *m);
    m->program = program;
    m->rule = &program->rules[rule];
    m->index = rule;
    m->layout = run_layout(m->rule);
    m->store = store;
    m->counters = run_store_counters(store);
    m->expr = expr;
    m->handler = handler;
    m->context = context;
    m->limit = m->rule->limit_runs ? m->rule->limit_runs : DEFAULT_LIMIT_RUNS;
    m->plans = must_zalloc(m->rule->nstates * sizeof *m->plans);
    m->memos = must_zalloc((m->rule->nvariables + 1) * sizeof *m->memos);
    m->tells_windows = tells_windows(m->rule);
    for (uint32_t s = 0; s < m->rule->nstates; s++) {
        prepare_state(m, s);
        m->clocked |= m->plans[s].clocked != 0;
    }
    m->clocked |= m->tells_windows | m->tells_ends;
    m->absorbs = m->rule->mode == RUN_FIRST && m->rule->skip == SKIP_PAST_LAST &&
                 m->rule->within_ns < 0 && !m->rule->ways_matter && !m->clocked;
    return m;
}

void matcher_free(struct matcher **matcher) {
    struct matcher *m = *matcher;
    if (!m) return;
    free(m->plans);
    free(m->memos);
    free(m);
    *matcher = NULL;
}

void matcher_trace(struct matcher *m, const struct trace *trace) { m->trace = trace; }
void matcher_bits(struct matcher *m, uint64_t *const *bits) { m->bits = bits; }

bool matcher_may_start(const struct matcher *m, const struct event *event) {
    const struct nfa_state *start = &m->rule->states[0];
    for (uint32_t i = 0; i < start->nedges; i++) {
        const struct nfa_edge *e = &m->program->edges[start->first_edge + i];
        const struct program_variable *v =
            &m->rule->variables[m->rule->states[e->target].variable];
        if (v->stream != event->batch->stream) continue;
        if (v->predicate == NONE || bit_get(m->bits[v->predicate], event->row)) return true;
    }
    return m->trace != NULL; /* there every event is looked at */
}

/* ---- lists of runs --------------------------------------------------------------------------- */

void list_init(struct run_list *l) { *l = (struct run_list){.tail = &l->first}; }

void list_add(struct run_list *l, struct run *run) {
    run->next = NULL;
    *l->tail = run;
    l->tail = &run->next;
    l->n++;
}

void list_join(struct run_list *l, struct run_list *more) {
    if (!more->n) return;
    *l->tail = more->first;
    l->tail = more->tail;
    l->n += more->n;
}

static void end(struct matcher *m, struct run *run) { run_end(m->store, m->rule, &m->layout, run); }

/* ---- entering a state ------------------------------------------------------------------------ */

void apply_actions(const struct matcher *m, const struct nfa_edge *e, int64_t at,
                   uint32_t *counters, int64_t *stamps) {
    for (uint32_t i = 0; i < e->nactions; i++) {
        const struct nfa_action *a = &m->program->actions[e->first_action + i];
        switch ((enum action_kind)a->kind) {
        case ACTION_SET: counters[a->slot] = a->value; break;
        case ACTION_ADD:
            if (counters[a->slot] < a->value) counters[a->slot]++;
            break;
        case ACTION_STAMP: stamps[a->slot] = at; break;
        case ACTION_CLEAR: stamps[a->slot] = 0; break;
        case ACTION_MARK: counters[a->slot] |= UINT32_C(1) << a->value; break;
        }
    }
}

static bool guards_hold(const struct matcher *m, const struct nfa_edge *e, const uint32_t *counters,
                        const int64_t *stamps) {
    for (uint32_t i = 0; i < e->nguards; i++)
        if (!guard_holds(&m->program->guards[e->first_guard + i], counters, stamps, m->now))
            return false;
    return true;
}

/* The edges of a state that open with these counters and stamps, and whether the pattern is
 * complete there. */
static uint64_t opens(const struct matcher *m, uint16_t state, const uint32_t *counters,
                      const int64_t *stamps, bool *complete) {
    const struct state_plan *plan = &m->plans[state];
    uint64_t open = plan->open;
    *complete = plan->accepts;
    for (uint64_t left = plan->guarded; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        const struct nfa_edge *e = &m->program->edges[m->rule->states[state].first_edge + i];
        if (!guards_hold(m, e, counters, stamps)) continue;
        if (is_accept(e)) *complete = true;
        else open |= UINT64_C(1) << i;
    }
    return open;
}

static uint64_t mix(uint64_t h, uint64_t x) {
    h = (h ^ x) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 29;
}

/* `having`: a completed run for which it is not true did not match. Its fields are what the run
 * took. */
bool having_holds(struct matcher *m, struct run *run) {
    if (m->rule->having == NONE) return true;
    struct expr_scope scope = {.prev = m->prev, .windows = m->windows, .cells = run_cells(run),
                               .last = run->last};
    const struct batch *batch = m->event ? m->event->batch : NULL;
    bool holds = expr_test(m->expr, m->rule->having, batch, m->event ? m->event->row : 0, &scope);
    if (!holds && m->trace) trace_run(m, run, TRACE_HAVING, m->now);
    return holds;
}

void enter(struct matcher *m, struct run *run, const struct nfa_edge *e) {
    uint32_t *counters = run_counters(run, &m->layout);
    int64_t *stamps = run_stamps(run, &m->layout);
    apply_actions(m, e, m->now, counters, stamps);
    run->state = e->target;
    run->open = opens(m, e->target, counters, stamps, &run->complete);
    run->fresh = true;
}

static void take(struct matcher *m, struct run *run, const struct nfa_edge *e) {
    const struct event *event = m->event;
    uint16_t variable = m->rule->states[e->target].variable;
    const struct program_variable *v = &m->rule->variables[variable];
    struct taken *t = run_append(m->store, run, variable, v->nkept);
    const struct batch *b = event->batch;
    t->partition = batch_partition(b, event->row);
    t->stream = b->stream;
    t->offset = b->offset[event->row];
    t->seq = event->seq;
    t->at = event->at;
    if (b->schema->id_field != SCHEMA_NONE) {
        struct value id = batch_value(b, event->row, b->schema->id_field);
        if (!value_is_null(id) && id.s.n) t->id = value_own(run_store_heap(m->store), id).s;
    }
    enter(m, run, e);
    run->way = mix(mix(run->way, variable), event->seq);
    run->matched = false;
    struct expr_scope scope = {.prev = m->prev, .windows = m->windows,
                               .cells = run_cells(run),
                               .last = t,
                               .taking = t,
                               .heap = run_store_heap(m->store)};
    if (v->take_code != NONE) expr_take(m->expr, v->take_code, b, event->row, &scope);
    if (run->complete) run->complete = having_holds(m, run);
}

/* ---- advance --------------------------------------------------------------------------------- */

enum meeting { CLOSE, PASS, TAKE };

int64_t edge_ends(const struct matcher *m, struct run *run, const struct nfa_edge *e) {
    int64_t ends = e->most_ns >= 0 ? time_plus(run->last->at, e->most_ns) : INT64_MAX;
    for (uint32_t i = 0; i < e->nlimits; i++) {
        const struct nfa_limit *l = &m->program->limits[e->first_limit + i];
        int64_t at = time_plus(run_stamps(run, &m->layout)[l->stamp], l->most_ns);
        if (at < ends) ends = at;
    }
    return ends;
}

static enum meeting meet(struct matcher *m, struct run *run, const struct nfa_edge *e) {
    bool holds = false;
    for (uint32_t i = 0; i < e->nkills; i++) {
        const struct nfa_kill *k = &m->program->kills[e->first_kill + i];
        if (k->kind == KILL_NEXT && !run->fresh) continue;
        if (!satisfies(m, k->variable, run)) continue;
        if (k->kind != KILL_HOLDS) return CLOSE;
        holds = true;
    }
    if (e->clock != CLOCK_NONE) return PASS;
    if (m->event->at > edge_ends(m, run, e)) return CLOSE;
    if (holds || time_since(m->event->at, run->last->at) < e->least_ns) return PASS;
    return satisfies(m, m->rule->states[e->target].variable, run) ? TAKE : PASS;
}

/* Does the edge stay open behind an event that its run takes (or not) on the way? */
static bool passes_over(const struct run *run, const struct nfa_edge *e, const struct event *event,
                        bool takes) {
    switch ((enum edge_link)e->link) {
    case EDGE_NEXT: return false;
    case EDGE_OWN: return run->last->stream != event->batch->stream;
    case EDGE_THEN: return !takes;
    case EDGE_EACH: return true;
    }
    return false;
}

/* What a run does with the event: which edges take it, which stay open behind it. */
struct choice {
    uint64_t takes, keeps;
};

static struct choice choose(struct matcher *m, struct run *run) {
    struct choice c = {0, 0};
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    for (uint64_t left = run->open; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        enum meeting met = meet(m, run, &edges[i]);
        if (met == CLOSE) continue;
        uint64_t bit = UINT64_C(1) << i;
        if (met == TAKE) c.takes |= bit;
        if (passes_over(run, &edges[i], m->event, met == TAKE)) c.keeps |= bit;
    }
    return c;
}

/* Without edges that would stay open behind a take only to lead where the taking way leads as well.
 * A take that completes ends its start in mode first: nothing stays behind it. Where it matters
 * what a way took, one that may pass over what it could take is a way of its own. */
static uint64_t without_covered(struct matcher *m, struct run *run, struct choice c) {
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    uint64_t keeps = c.keeps, coverable = keeps;
    for (uint64_t left = m->rule->ways_matter ? keeps : 0; left; left &= left - 1)
        if (edges[__builtin_ctzll(left)].link == EDGE_EACH) coverable &= ~(left & -left);
    for (uint64_t left = c.takes; left && keeps; left &= left - 1) {
        const struct nfa_edge *e = &edges[__builtin_ctzll(left)];
        if (e->reluctant) continue; /* there passing over is the preferred way */
        bool complete;
        struct run_view child = {.state = e->target, .fresh = true, .last_at = m->event->at};
        memcpy(child.counters, run_counters(run, &m->layout),
               m->rule->ncounters * sizeof *child.counters);
        memcpy(child.stamps, run_stamps(run, &m->layout), m->rule->nstamps * sizeof *child.stamps);
        apply_actions(m, e, m->event->at, child.counters, child.stamps);
        child.open = opens(m, e->target, child.counters, child.stamps, &complete);
        if (complete && m->rule->mode == RUN_FIRST && m->rule->having == NONE) return 0;
        keeps &= ~cover_edges(m, &child, run, keeps & coverable, false);
    }
    m->counters->covered += (uint64_t)__builtin_popcountll(c.keeps ^ keeps);
    return keeps;
}

/* One run meets the event. Its children go to `out` in order of preference: what takes, what passes
 * over, what takes reluctantly. Where nothing passes over, the last child is the run itself: most
 * events fork nothing. */
static void advance(struct matcher *m, struct run *run, struct run_list *out) {
    if (run->held) {
        list_add(out, run);
        return;
    }
    struct choice c = choose(m, run);
    if (c.takes && c.keeps && m->rule->mode != RUN_ALL_WAYS) c.keeps = without_covered(m, run, c);
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    bool passed = !c.keeps;
    uint64_t left = c.takes;
    struct run *stays = run;
    while (left) {
        const struct nfa_edge *e = &edges[__builtin_ctzll(left)];
        left &= left - 1;
        if (e->reluctant && !passed) {
            passed = true;
            list_add(out, run);
        }
        bool last = !left && !c.keeps;
        struct run *child = last ? run : run_fork(m->store, m->rule, &m->layout, run);
        if (last) {
            stays = NULL;
            m->counters->in_place++;
        }
        take(m, child, e);
        list_add(out, child);
    }
    if (!passed) list_add(out, run);
    if (!stays) return;
    run->open = c.keeps;
    run->complete = false;
    run->fresh = false;
    if (!c.keeps) end(m, run);
}

static void start(struct matcher *m, struct run_list *out) {
    const struct nfa_state *state = &m->rule->states[0];
    for (uint32_t i = 0; i < state->nedges; i++) {
        const struct nfa_edge *e = &m->program->edges[state->first_edge + i];
        bool held = false;
        for (uint32_t k = 0; k < e->nkills && !held; k++) {
            const struct nfa_kill *kill = &m->program->kills[e->first_kill + k];
            held = kill->kind == KILL_HOLDS && satisfies(m, kill->variable, NULL);
        }
        uint16_t variable = m->rule->states[e->target].variable;
        if (held || !satisfies(m, variable, NULL) || in_streak(m, variable)) continue;
        struct run *run = run_start(m->store, m->rule, &m->layout);
        run->start_seq = m->event->seq;
        run->start_at = m->event->at;
        take(m, run, e);
        list_add(out, run);
    }
}

/* ---- an event -------------------------------------------------------------------------------- */

void matcher_expire(struct matcher *m, struct runs *runs, int64_t now) {
    if (m->rule->within_ns < 0) return;
    while (runs->first &&
           /* by first event: the oldest lead */
           time_since(now, runs->first->start_at) > m->rule->within_ns) {
        struct run *run = runs->first;
        runs->first = run->next;
        runs->n--;
        m->counters->expired++;
        if (m->trace) trace_run(m, run, TRACE_WINDOW, time_plus(run->start_at, m->rule->within_ns));
        end(m, run);
    }
}

uint64_t passed_edges(const struct matcher *m, struct run *run, int64_t now) {
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    uint64_t passed = 0;
    for (uint64_t left = run->open; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        if (now > edge_ends(m, run, &edges[i])) passed |= UINT64_C(1) << i;
    }
    return passed;
}

void matcher_prune(struct matcher *m, struct runs *runs, int64_t now) {
    if (m->trace) return; /* the key's next event may be told that it came too late */
    matcher_expire(m, runs, now);
    struct run_list kept;
    list_init(&kept);
    for (struct run *run = runs->first, *next; run; run = next) {
        next = run->next;
        run->open &= ~passed_edges(m, run, now);
        if (run->open || run->held) {
            list_add(&kept, run);
            continue;
        }
        m->counters->expired++;
        end(m, run);
    }
    *runs = (struct runs){kept.n ? kept.first : NULL, kept.n};
}

int64_t matcher_longest_wait(const struct matcher *m) {
    int64_t longest = m->rule->within_ns;
    for (uint32_t s = 1; longest < 0 && s < m->rule->nstates; s++) {
        const struct nfa_state *state = &m->rule->states[s];
        for (uint32_t i = 0; i < state->nedges; i++)
            if (m->program->edges[state->first_edge + i].most_ns > longest)
                longest = m->program->edges[state->first_edge + i].most_ns;
    }
    return longest;
}

void matcher_clear(struct matcher *m, struct runs *runs) {
    for (struct run *run = runs->first, *next; run; run = next) {
        next = run->next;
        if (m->trace) trace_run(m, run, TRACE_FORGOTTEN, m->now);
        end(m, run);
    }
    *runs = (struct runs){0};
}

static bool has_younger(const struct run *run) {
    uint64_t start = run->start_seq;
    while (run->next) run = run->next;
    return run->start_seq != start;
}

static void drop(struct matcher *m, struct run_list *runs, struct run **at) {
    struct run *run = *at;
    *at = run->next;
    runs->n--;
    m->counters->dropped++;
    if (m->trace) trace_run(m, run, TRACE_DROPPED, m->now);
    end(m, run);
}

/* Past the limit the oldest starts are given up: they have had the most time. Each as a whole: of
 * a start that had lost its preferred way another way would be reported. Of the youngest the least
 * preferred ways. */
static void bound(struct matcher *m, struct run_list *runs) {
    while (runs->n > m->limit) {
        uint64_t oldest = runs->first->start_seq;
        if (has_younger(runs->first)) {
            while (runs->first->start_seq == oldest) drop(m, runs, &runs->first);
            continue;
        }
        struct run **last = &runs->first;
        for (uint32_t i = 0; i < m->limit; i++) last = &(*last)->next;
        while (*last) drop(m, runs, last);
    }
}

void matcher_windows(struct matcher *m, const struct window_view *windows) {
    m->windows = windows;
}

void matcher_event(struct matcher *m, struct runs *runs, const struct value *prev,
                   const struct event *event) {
    m->event = event;
    m->now = event->at;
    m->prev = prev;
    if (m->trace) trace_event(m, runs);
    if (runs->first) matcher_expire(m, runs, event->at);
    struct run_list all, group;
    list_init(&all);
    bool completed = false;
    for (struct run *run = runs->first, *next; run;) {
        uint64_t first = run->start_seq;
        list_init(&group);
        for (; run && run->start_seq == first; run = next) {
            next = run->next;
            advance(m, run, &group);
        }
        settle(m, &group);
        for (const struct run *r = group.first; r && !completed; r = r->next)
            completed = r->complete;
        list_join(&all, &group);
    }
    list_init(&group);
    start(m, &group);
    settle(m, &group);
    for (const struct run *r = group.first; r && !completed; r = r->next) completed = r->complete;
    list_join(&all, &group);
    if (completed) complete(m, &all, false);
    if (m->absorbs && all.n > 1) cover_runs(m, &all);
    bound(m, &all);
    runs->first = all.n ? all.first : NULL;
    runs->n = all.n;
}
