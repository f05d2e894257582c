/* cover: ways that can bring nothing new.
 *
 * In mode first a start reports one match: the preferred of those that complete earliest. Let q be
 * a run preferred to r, both of one start. If an edge c of q leads wherever edge e of r leads, at
 * the same events, then whatever r can complete through e, q completes through c at the same event,
 * and q's is preferred: e may close. The compiler has found the pairs (c, e) for which the
 * automaton allows it (nfa_cover); left to compare here is what depends on the runs: loop counters
 * and stamps as they will be after taking, and the time the gap still leaves.
 *
 * Where conditions look at what a run took, "the same events" does not hold: such rules only use
 * the first half, a run that takes an event against itself passing over it. That is a choice of
 * meaning: a way takes what it can.
 *
 * The same holds between starts where the earlier one outlives the later (no window, no clock) and
 * a match uses up everything before its end (skip past last): what the later would report is
 * discarded by the earlier. So `a then b` keeps one run for a key, however many a come.
 *
 * After G. A. Grahne's and R. Pike's lists of threads: one thread for each place, the preferred
 * first. Tests: tests/conformance (same results as without), tests/unit/whole/test_match.c
 * (counters)
 */
#include "engine/match_internal.h"

/* Is what the gap of edge c leaves to q at least what that of e leaves to r, and does it take at
 * the same events? A `then` that may take earlier takes an earlier event, and is closed when the
 * later one comes. What the clock completes earlier covers, but where the longest is wanted. */
static bool gap_covers(const struct nfa_edge *c, int64_t q_last, const struct nfa_edge *e,
                       int64_t r_last, int64_t now, bool longest) {
    if (c->most_ns >= 0 &&
        (e->most_ns < 0 || time_plus(q_last, c->most_ns) < time_plus(r_last, e->most_ns)))
        return false;
    int64_t q_ready = time_plus(q_last, c->least_ns), r_ready = time_plus(r_last, e->least_ns);
    if (c->least_ns != 0 && q_ready > r_ready) return false;
    bool waits = e->least_ns != 0 && r_ready > now;
    if (waits && c->link == EDGE_THEN && q_ready < r_ready) return false;
    if (c->clock != CLOCK_TAKEN) return true;
    int64_t q_due = time_plus(q_last, c->clock_ns), r_due = time_plus(r_last, e->clock_ns);
    return longest ? q_due == r_due : q_due <= r_due;
}

static bool registers_equal(const struct matcher *m, const struct run_view *q,
                            const struct nfa_edge *c, struct run *r, const struct nfa_edge *e) {
    uint32_t nc = m->rule->ncounters, ns = m->rule->nstamps;
    if (nc + ns == 0) return true;
    uint32_t qc[MAX_COUNTERS], rc[MAX_COUNTERS];
    int64_t qs[MAX_STAMPS], rs[MAX_STAMPS];
    memcpy(qc, q->counters, nc * sizeof *qc);
    memcpy(qs, q->stamps, ns * sizeof *qs);
    memcpy(rc, run_counters(r, &m->layout), nc * sizeof *rc);
    memcpy(rs, run_stamps(r, &m->layout), ns * sizeof *rs);
    apply_actions(m, c, INT64_MIN, qc, qs); /* both will be stamped with the same time, */
    apply_actions(m, e, INT64_MIN, rc, rs); /* which no stamp has yet */
    return memcmp(qc, rc, nc * sizeof *qc) == 0 && memcmp(qs, rs, ns * sizeof *qs) == 0;
}

/* Where a clock that was set earlier completes both, it has to be at the same time: what follows
 * may count from then. */
static bool rings_together(const struct matcher *m, const struct run_view *q,
                           const struct nfa_edge *c, struct run *r, const struct nfa_edge *e) {
    if (c->clock != CLOCK_STAMP) return true;
    int64_t set = run_stamps(r, &m->layout)[e->clock_stamp];
    return time_plus(q->stamps[c->clock_stamp], c->clock_ns) == time_plus(set, e->clock_ns);
}

static bool covered(const struct matcher *m, const struct run_view *q, struct run *r,
                    const struct nfa_edge *e, bool fresh) {
    const struct nfa_state *state = &m->rule->states[q->state];
    for (uint32_t i = 0; i < e->ncovers; i++) {
        const struct nfa_cover *cover = &m->program->covers[e->first_cover + i];
        uint32_t bit =
            cover->edge - state->first_edge; /* wraps below it: then not below nedges either */
        if (bit >= state->nedges || !(q->open >> bit & 1)) continue;
        if (cover->fresh_only && !(fresh && q->fresh)) continue;
        const struct nfa_edge *c = &m->program->edges[cover->edge];
        if (gap_covers(c, q->last_at, e, r->last->at, m->now, m->rule->mode == RUN_LONGEST) &&
            rings_together(m, q, c, r, e) && registers_equal(m, q, c, r, e))
            return true;
    }
    return false;
}

uint64_t cover_edges(const struct matcher *m, const struct run_view *by, struct run *run,
                     uint64_t edges, bool fresh) {
    const struct nfa_edge *first = &m->program->edges[m->rule->states[run->state].first_edge];
    uint64_t closed = 0;
    for (uint64_t left = edges; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(left);
        if (covered(m, by, run, &first[i], fresh)) closed |= UINT64_C(1) << i;
    }
    return closed;
}

static struct run_view view(const struct matcher *m, struct run *run) {
    struct run_view v = {
        .state = run->state, .fresh = run->fresh, .last_at = run->last->at, .open = run->open};
    memcpy(v.counters, run_counters(run, &m->layout), m->rule->ncounters * sizeof *v.counters);
    memcpy(v.stamps, run_stamps(run, &m->layout), m->rule->nstamps * sizeof *v.stamps);
    return v;
}

void cover_runs(struct matcher *m, struct run_list *group) {
    struct run **at = &group->first->next;
    for (struct run *r = *at; r; r = *at) {
        for (struct run *q = group->first; q != r && r->open; q = q->next) {
            struct run_view by = view(m, q);
            r->open &= ~cover_edges(m, &by, r, r->open, r->fresh);
        }
        if (r->open) {
            at = &r->next;
            continue;
        }
        *at = r->next;
        group->n--;
        m->counters->merged++;
        run_end(m->store, m->rule, &m->layout, r);
    }
    group->tail = at;
}
