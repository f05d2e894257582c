/* nfa_finish: from drafts of edges to the arrays of the automaton, in order of preference, and
 * which edge may stand in for which (docs/matching.md, "Ways that bring nothing new").
 */
#include "rules/nfa_internal.h"

/* ---- drafts → arrays ------------------------------------------------------------------------- */

/* The order in which a run prefers what it can do with one event: what must be taken by earlier
 * states first, then (after passing over) the reluctant, later states first. Stable: of two ways to
 * one state the inner loop's is first. */
static int preference(const struct draft *a, const struct draft *c) {
    if (a->reluctant != c->reluctant) return a->reluctant ? 1 : -1;
    if (a->target == c->target) return 0;
    return ((a->target < c->target) ? -1 : 1) * (a->reluctant ? -1 : 1);
}

static void sort_edges(struct draft_state *s) {
    for (uint32_t i = 1; i < s->n; i++) {
        struct draft d = s->edges[i];
        uint32_t j = i;
        for (; j && preference(&s->edges[j - 1], &d) > 0; j--) s->edges[j] = s->edges[j - 1];
        s->edges[j] = d;
    }
}

static void flatten(struct arena *a, const struct draft *d, struct nfa *out) {
    struct nfa_edge e = {.target = d->target,
                         .link = d->link,
                         .reluctant = d->reluctant,
                         .first_guard = out->nguards,
                         .first_action = out->nactions,
                         .first_limit = out->nlimits,
                         .first_kill = out->nkills,
                         .least_ns = d->least_ns,
                         .most_ns = d->most_ns,
                         .clock = d->clock.kind,
                         .clock_stamp = d->clock.stamp,
                         .clock_ns = d->clock.ns};
    for (const struct guard_list *l = d->guards; l; l = l->next, e.nguards++)
        arena_push(a, out->guards, out->nguards, out->guards_cap, l->guard);
    for (const struct action_list *l = d->actions; l; l = l->next, e.nactions++)
        arena_push(a, out->actions, out->nactions, out->actions_cap, l->action);
    for (const struct limit_list *l = d->limits; l; l = l->next, e.nlimits++)
        arena_push(a, out->limits, out->nlimits, out->limits_cap, l->limit);
    for (const struct kill_list *l = d->kills; l; l = l->next, e.nkills++)
        arena_push(a, out->kills, out->nkills, out->kills_cap, l->kill);
    arena_push(a, out->edges, out->nedges, out->edges_cap, e);
}

/* ---- covers: see docs/matching.md, "Ways that bring nothing new" ----------------------------- */

static bool subset_of_kills(const struct kill_list *a, const struct kill_list *c) {
    for (; a; a = a->next) {
        if (has_kill(c, a->kill)) continue;
        struct nfa_kill closes = {a->kill.variable, KILL_CLOSES};
        if (a->kill.kind == KILL_HOLDS && has_kill(c, closes)) continue;
        return false;
    }
    return true;
}

static bool subset_of_limits(const struct limit_list *a, const struct limit_list *c) {
    for (; a; a = a->next) {
        const struct limit_list *l = c;
        while (l && (l->limit.stamp != a->limit.stamp || l->limit.most_ns > a->limit.most_ns))
            l = l->next;
        if (!l) return false;
    }
    return true;
}

/* May edge a stand in for edge c, as far as can be said without looking at a run? What depends on
 * the run (counters, stamps, the time of the last event) the matcher compares. */
static bool covers(const struct draft *a, const struct draft *c, bool *fresh_only) {
    if (a->target != c->target || a->clock.kind != c->clock.kind) return false;
    if (a->target == ACCEPT && a->clock.kind == CLOCK_NONE) return false; /* decided on entering */
    if (a->clock.stamp != c->clock.stamp || a->clock.ns > c->clock.ns) return false;
    if (a->link != c->link && a->link != EDGE_EACH) return false;
    if (!subset_of_kills(a->kills, c->kills) || !subset_of_limits(a->limits, c->limits))
        return false;
    if (a->most_ns >= 0 && c->most_ns < 0) return false;
    *fresh_only = a->link == EDGE_NEXT || a->link == EDGE_OWN;
    for (const struct kill_list *l = a->kills; l; l = l->next)
        *fresh_only |= l->kill.kind == KILL_NEXT;
    return true;
}

static void find_covers(struct builder *b, struct nfa *out) {
    /* Edges by target, ACCEPT last: index + 1, chained. */
    uint32_t *head = arena_array(b->arena, uint32_t, b->nstates + 1);
    uint32_t *next = arena_array(b->arena, uint32_t, out->nedges + 1);
    const struct draft **drafts = arena_array(b->arena, const struct draft *, out->nedges + 1);
    uint32_t n = 0;
    for (uint32_t s = 0; s < b->nstates; s++)
        for (uint32_t i = 0; i < b->states[s].n; i++, n++) drafts[n] = &b->states[s].edges[i];
    for (uint32_t e = n; e-- > 0;) {
        uint32_t *h = &head[drafts[e]->target == ACCEPT ? b->nstates : drafts[e]->target];
        next[e] = *h;
        *h = e + 1;
    }
    for (uint32_t e = 0; e < n; e++) {
        struct nfa_edge *edge = &out->edges[e];
        edge->first_cover = out->ncovers;
        for (uint32_t c = head[edge->target == ACCEPT ? b->nstates : edge->target]; c;
             c = next[c - 1]) {
            bool fresh_only;
            if (!covers(drafts[c - 1], drafts[e], &fresh_only)) continue;
            struct nfa_cover cover = {c - 1, fresh_only};
            arena_push(b->arena, out->covers, out->ncovers, out->covers_cap, cover);
            edge->ncovers++;
        }
    }
}

static bool refuse_endless_no(struct builder *b, const struct pattern *p) {
    struct diag *m = diag_error(b->diags, p->children[p->nchildren - 1]->span,
                                "`no` at the end of a pattern needs a time by which it is decided");
    diag_help(b->diags, m,
              "write `for 60s` behind it, counted from the step before, or `within` for "
              "the whole pattern");
    b->failed = true;
    return false;
}

/* Counted from the first event at the earliest. */
static bool refuse_late_no(struct builder *b, const struct pattern *p) {
    struct diag *m = diag_error(b->diags, p->children[p->nchildren - 1]->span,
                                "the window of the pattern closes before this time has passed");
    diag_help(b->diags, m, "put what is in the window into parentheses: "
                           "`(a then b within 10m) then no x for 1h`");
    b->failed = true;
    return false;
}

bool finish_nfa(struct builder *b, const struct pattern *p, const struct fragment *f,
                struct nfa *out) {
    struct exit_ start = {.state = 0};
    for (uint32_t i = 0; i < f->nentries; i++) {
        struct entry e = f->entries[i];
        e.link = EDGE_EACH; /* every event may start a run */
        e.least_ns = 0;
        e.most_ns = -1;
        if (!join_edge(b, &start, &e, EDGE_EACH)) return false;
    }
    for (uint32_t i = 0; i < f->nexits; i++) {
        const struct exit_ *x = &f->exits[i];
        struct draft d = {.target = ACCEPT, .most_ns = -1, .guards = x->guards};
        if (x->clock.kind != CLOCK_NONE) {
            d.link = EDGE_EACH;
            d.kills = x->kills;
            d.clock = x->clock;
        }
        if (d.clock.kind == CLOCK_WINDOW && p->within_ns < 0) return refuse_endless_no(b, p);
        bool late = d.clock.kind == CLOCK_TAKEN && p->within_ns >= 0 && d.clock.ns > p->within_ns;
        if (late) return refuse_late_no(b, p);
        if (!add_edge(b, x->state, d)) return false;
    }
    for (uint32_t s = 0; s < b->nstates; s++) {
        struct nfa_state state = {.variable = b->states[s].variable, .first_edge = out->nedges};
        sort_edges(&b->states[s]);
        state.nedges = (uint16_t)b->states[s].n;
        for (uint32_t i = 0; i < b->states[s].n; i++)
            flatten(b->arena, &b->states[s].edges[i], out);
        arena_push(b->arena, out->states, out->nstates, out->states_cap, state);
    }
    find_covers(b, out);
    out->ncounters = b->ncounters;
    out->nstamps = b->nstamps;
    out->within_ns = p->within_ns;
    return true;
}
