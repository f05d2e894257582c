/* clock: what happens to runs because time passes, see match.h.
 *
 * At a time t, after all events of that time: edges that wait for the clock until t are taken; then
 * windows that close at t end their starts. A start whose window closes may have a match to report
 * (longest) or that it had none (timeout emit). Times are handled one after the other, each as a
 * whole, so that `after match` sees completions in order. Tests: tests/conformance (trailing_not,
 * timeouts), tests/unit/whole/test_clock.c
 */
#include "engine/match_internal.h"

static int64_t edge_due(const struct matcher *m, struct run *run, const struct nfa_edge *e) {
    switch ((enum edge_clock)e->clock) {
    case CLOCK_NONE: break;
    case CLOCK_WINDOW: return run->start_at + m->rule->within_ns;
    case CLOCK_TAKEN: return run->last->at + e->clock_ns;
    case CLOCK_STAMP: return run_stamps(run, &m->layout)[e->clock_stamp] + e->clock_ns;
    }
    return INT64_MAX;
}

static int64_t run_due(const struct matcher *m, struct run *run) {
    int64_t due = m->tells_windows ? run->start_at + m->rule->within_ns : INT64_MAX;
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    for (uint64_t left = run->open & m->plans[run->state].clocked; left; left &= left - 1) {
        int64_t at = edge_due(m, run, &edges[__builtin_ctzll(left)]);
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

/* The edges of one run whose time has come: complete, or go on where nothing is taken. */
static void ring(struct matcher *m, struct run *run, struct run_list *out) {
    const struct nfa_edge *edges = &m->program->edges[m->rule->states[run->state].first_edge];
    uint64_t waiting = run->open & m->plans[run->state].clocked;
    for (uint64_t left = waiting; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        if (edge_due(m, run, &edges[i]) > m->now) continue;
        run->open &= ~(UINT64_C(1) << i);
        if (edges[i].target == ACCEPT) {
            run->complete = having_holds(m, run);
            continue;
        }
        struct run *child = run_fork(m->store, m->rule, &m->layout, run);
        enter(m, child, &edges[i]);
        if (child->complete) child->complete = having_holds(m, child);
        list_add(out, child);
    }
    if (run->open || run->complete || run->held) list_add(out, run);
    else run_end(m->store, m->rule, &m->layout, run);
}

/* How far a run got: the place of its last event's name in the pattern. */
static uint16_t progress(const struct run *run) { return run->last->variable; }

static void tell_timeout(struct matcher *m, const struct run *run) {
    struct completion c = {NULL, m->now, m->now, true};
    m->handler(m->context, m->index, run, &c);
}

/* The window of a start closes. First: of the ways that are left the preferred one that got
 * furthest timed out. All ways: each that still waits for an event. A start that matched does not
 * time out, but under all ways. */
static void close_window(struct matcher *m, struct run_list *group) {
    struct run *furthest = NULL;
    for (struct run *run = group->first; run; run = run->next) {
        bool waits = (run->open & ~m->plans[run->state].clocked) != 0;
        if (m->trace && waits) trace_run(m, run, TRACE_WINDOW, m->now);
        run->open = 0;
        if (run->held) {
            run->held = false;
            run->complete = true;
            furthest = NULL;
            break;
        }
        if (run->complete || !waits) continue;
        if (m->rule->mode == RUN_ALL_WAYS && m->rule->timeouts) tell_timeout(m, run);
        else if (!furthest || progress(run) > progress(furthest)) furthest = run;
    }
    if (furthest && m->rule->mode != RUN_ALL_WAYS && m->rule->timeouts) tell_timeout(m, furthest);
}

static void at_time(struct matcher *m, struct runs *runs) {
    struct run_list all, group;
    list_init(&all);
    for (struct run *run = runs->first, *next; run;) {
        uint64_t first = run->start_seq;
        bool closes = m->rule->within_ns >= 0 && run->start_at + m->rule->within_ns <= m->now;
        list_init(&group);
        for (; run && run->start_seq == first; run = next) {
            next = run->next;
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
