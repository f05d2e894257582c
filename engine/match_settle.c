/* match_settle: what the runs of one start come to after an event, or after the clock, and which
 * completed runs become matches.
 *
 *   settle     first: the preferred run that completed is all that is left of its start; longest:
 *              the best so far is held until no other can go on; all ways: everything stays
 *   complete   in order, by first event and preference: each match raises a bar, and what begins
 *              before it is discarded (`after match`)
 *
 * Tests: tests/conformance, tests/unit/whole/test_clock.c
 */
#include "engine/match_internal.h"

static void settle_first(struct matcher *m, struct run_list *group) {
    struct run *best = group->first;
    while (best && !best->complete) best = best->next;
    if (!best) {
        if (group->n > 1 && !m->rule->ways_matter) cover_runs(m, group);
        return;
    }
    for (struct run *run = group->first, *next; run; run = next) {
        next = run->next;
        if (run == best) continue;
        m->counters->discarded++;
        run_end(m->store, m->rule, &m->layout, run);
    }
    best->open = 0;
    list_init(group);
    list_add(group, best);
}

/* Longest: what completes now is better than what has completed before, which is let go. The best
 * is held, last in the list, until no way of its start can go on: then it is the match. */
static void settle_longest(struct matcher *m, struct run_list *group) {
    struct run_list kept;
    struct run *best = NULL;
    bool better = false, open = false;
    list_init(&kept);
    for (struct run *run = group->first, *next; run; run = next) {
        next = run->next;
        if (run->complete && !better) {
            if (best) run_end(m->store, m->rule, &m->layout, best);
            best = run->open ? run_fork(m->store, m->rule, &m->layout, run) : run;
            better = true;
            best->held = true;
            best->open = 0;
            run->complete = false;
            best->complete = false;
            best->end_at = m->event ? best->last->at : m->now;
            if (best == run) continue;
        } else if (run->held) {
            if (better) run_end(m->store, m->rule, &m->layout, run);
            else best = run;
            continue;
        }
        run->complete = false;
        if (!run->open) {
            run_end(m->store, m->rule, &m->layout, run);
            continue;
        }
        open = true;
        list_add(&kept, run);
    }
    if (kept.n > 1 && !m->rule->ways_matter) cover_runs(m, &kept);
    if (best) {
        best->complete = !open;
        best->held = open;
        list_add(&kept, best);
    }
    list_init(group);
    list_join(group, &kept);
}

/* The runs of one start after the event. First: the preferred one that completed is all that is
 * left. */
void settle(struct matcher *m, struct run_list *group) {
    if (group->n == 0) return;
    if (m->rule->mode == RUN_FIRST) settle_first(m, group);
    if (m->rule->mode == RUN_LONGEST) settle_longest(m, group);
}

/* ---- complete -------------------------------------------------------------------------------- */

static bool same_way(const struct run *a, const struct run *b) {
    if (a->way != b->way || a->start_seq != b->start_seq) return false;
    const struct taken *s = a->last, *t = b->last;
    while (s != t) {
        if (!s || !t || s->variable != t->variable || s->seq != t->seq) return false;
        s = s->before;
        t = t->before;
    }
    return true;
}

/* Where two edges lead from one state to one other, a way can be found twice. */
static bool seen_before(const struct matcher *m, const struct run_list *runs,
                        const struct run *run) {
    if (!m->ambiguous) return false;
    for (const struct run *r = runs->first; r != run; r = r->next)
        if (r->complete == run->complete && r->timed_out == run->timed_out && same_way(r, run))
            return true;
    return false;
}

/* Matches and runs that start before the returned place are discarded by a match of `run`. */
static uint64_t skip_bar(const struct matcher *m, const struct run *run) {
    uint64_t found = 0;
    switch (m->rule->skip) {
    case SKIP_NONE: return 0;
    case SKIP_PAST_LAST: return run->last->seq + 1;
    case SKIP_TO_NEXT: return run->start_seq + 1;
    case SKIP_TO_FIRST:
    case SKIP_TO_LAST:
        for (const struct taken *t = run->last; t; t = t->before) {
            if (t->variable != m->rule->skip_variable) continue;
            found = t->seq;
            if (m->rule->skip == SKIP_TO_LAST) break;
        }
        return found;
    }
    return 0;
}

static void report(struct matcher *m, const struct run *run, bool by_clock) {
    int64_t end = by_clock ? m->now : run->last->at;
    if (m->rule->mode == RUN_LONGEST) end = run->end_at;
    struct completion c = {m->event, m->now, end, false};
    m->handler(m->context, m->index, run, &c);
}

/* What the clock cut off, and no match discards. */
static void tell_timeouts(struct matcher *m, const struct run_list *runs, uint64_t bar) {
    for (const struct run *run = runs->first; run; run = run->next) {
        if (!run->timed_out || run->start_seq < bar || seen_before(m, runs, run)) continue;
        struct completion c = {NULL, m->now, m->now, true};
        m->handler(m->context, m->index, run, &c);
    }
}

void complete(struct matcher *m, struct run_list *runs, bool by_clock) {
    uint64_t bar = 0;
    for (struct run *run = runs->first; run; run = run->next) {
        if (!run->complete || run->start_seq < bar || seen_before(m, runs, run)) continue;
        report(m, run, by_clock);
        uint64_t next = skip_bar(m, run);
        if (next > bar) bar = next;
    }
    if (by_clock && m->rule->timeouts) tell_timeouts(m, runs, bar);
    struct run_list kept;
    list_init(&kept);
    for (struct run *run = runs->first, *next; run; run = next) {
        next = run->next;
        run->matched |= run->complete;
        run->complete = false;
        if ((run->open || run->held) && run->start_seq >= bar) {
            list_add(&kept, run);
            continue;
        }
        if (run->open || run->held) m->counters->discarded++;
        if (m->trace && run->open) trace_run(m, run, TRACE_SKIPPED, m->now);
        run_end(m->store, m->rule, &m->layout, run);
    }
    *runs = kept;
    if (!kept.n) list_init(runs);
}
