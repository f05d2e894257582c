/* clock: what happens to runs because time passes, see match.h.
 *
 * At a time t, after all events of that time: edges that wait for the clock until t are taken; then
 * windows that close at t end their starts. A start whose window closes may have a match to report
 * (longest) or that it had none (timeout emit). Times are handled one after the other, each as a
 * whole, so that `after match` sees completions in order. Tests: tests/conformance (trailing_not,
 * timeouts), tests/unit/whole/test_clock.c
 */
#include "engine/match_internal.h"

static int64_t window_closes(const struct matcher *m, const struct run *run) {
    return m->rule->within_ns < 0 ? INT64_MAX : time_plus(run->start_at, m->rule->within_ns);
}

/* INT64_MAX: never, or only after the window has closed, which ends the run. */
static int64_t edge_due(const struct matcher *m, struct run *run, const struct nfa_edge *e) {
    int64_t closes = window_closes(m, run), due = INT64_MAX;
    switch ((enum edge_clock)e->clock) {
    case CLOCK_NONE: break;
    case CLOCK_WINDOW: due = closes; break;
    case CLOCK_TAKEN: due = time_plus(run->last->at, e->clock_ns); break;
    case CLOCK_STAMP:
        due = time_plus(run_stamps(run, &m->layout)[e->clock_stamp], e->clock_ns);
        break;
    }
    return due <= closes ? due : INT64_MAX;
}

static int64_t run_due(const struct matcher *m, struct run *run) {
    int64_t due = m->tells_windows ? window_closes(m, run) : INT64_MAX;
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    uint64_t timed = m->tells_ends ? run->open : run->open & m->plans[run->state].clocked;
    for (uint64_t left = timed; left; left &= left - 1) {
        const struct nfa_edge *e = &edges[__builtin_ctzll(left)];
        int64_t at = e->clock == CLOCK_NONE ? edge_ends(m, run, e) : edge_due(m, run, e);
        if (at < due) due = at;
    }
    return due;
}

int64_t matcher_due(const struct matcher *m, const struct runs *runs) {
    int64_t due = INT64_MAX;
    if (!m->clocked) return due;
    for (struct run *run = runs->first; run; run = run->next) {
        int64_t at = run_due(m, run);
        if (at < due) due = at;
    }
    return due;
}

/* Longest: what can take no event of a later time is closed now, not at the next event, since a
 * match may wait for it. */
static void close_ended(struct matcher *m, struct run *run) {
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    for (uint64_t left = run->open; left; left &= left - 1) {
        const struct nfa_edge *e = &edges[__builtin_ctzll(left)];
        if (e->clock == CLOCK_NONE && edge_ends(m, run, e) <= m->now) run->open &= ~(left & -left);
    }
}

/* The edges of one run whose time has come: it is complete, or (`lasting`) goes on where nothing is
 * taken, and where the next edge may be due at once. */
static void ring(struct matcher *m, struct run *run, struct run_list *out) {
    for (uint64_t left = run->open & m->plans[run->state].clocked; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        const struct nfa_edge *e =
            &m->program->edges[m->rule->states[run->state].first_edge + i];
        if (edge_due(m, run, e) > m->now) continue;
        if (e->target == ACCEPT) {
            run->open &= ~(UINT64_C(1) << i);
            run->complete = having_holds(m, run);
            continue;
        }
        enter(m, run, e);
        if (run->complete) run->complete = having_holds(m, run);
        ring(m, run, out);
        return;
    }
    if (run->open || run->complete || run->held) list_add(out, run);
    else run_end(m->store, m->rule, &m->layout, run);
}

/* How far a run got: the place of its last event's name in the pattern. */
static uint16_t progress(const struct run *run) { return run->last->variable; }

/* The window of a start closes. First: of the ways that are left the preferred one that got
 * furthest times out. All ways: each that still waits for an event. A start that matched does not
 * time out; under all ways, a way that did. Told are they once it is known what matches discard
 * (complete). */
static void close_window(struct matcher *m, struct run_list *group) {
    struct run *furthest = NULL;
    for (struct run *run = group->first; run; run = run->next) {
        uint64_t gone = m->plans[run->state].clocked | passed_edges(m, run, m->now);
        bool waits = (run->open & ~gone) != 0;
        if (m->trace && waits) trace_run(m, run, TRACE_WINDOW, m->now);
        run->open = 0;
        if (run->held) {
            run->held = false;
            run->complete = true;
            furthest = NULL;
            break;
        }
        if (run->complete || run->matched || !waits) continue;
        if (m->rule->mode == RUN_ALL_WAYS) run->timed_out = m->rule->timeouts;
        else if (!furthest || progress(run) > progress(furthest)) furthest = run;
    }
    if (furthest) furthest->timed_out = m->rule->timeouts;
}

static void at_time(struct matcher *m, struct runs *runs) {
    struct run_list all, group;
    list_init(&all);
    for (struct run *run = runs->first, *next; run;) {
        uint64_t first = run->start_seq;
        bool closes = window_closes(m, run) <= m->now;
        list_init(&group);
        for (; run && run->start_seq == first; run = next) {
            next = run->next;
            if (m->tells_ends && !closes) close_ended(m, run);
            ring(m, run, &group);
        }
        settle(m, &group);
        if (closes) close_window(m, &group);
        list_join(&all, &group);
    }
    complete(m, &all, true);
    runs->first = all.n ? all.first : NULL;
    runs->n = all.n;
}

void matcher_clock(struct matcher *m, struct runs *runs, const struct value *prev, int64_t now) {
    for (int64_t due = matcher_due(m, runs); due < now; due = matcher_due(m, runs)) {
        m->event = NULL;
        m->now = due;
        m->prev = prev;
        at_time(m, runs);
    }
}
