/* carry_move: state passes from one engine to another, key by key: see carry.h.
 *
 *   group of `was` ─ each key ─→ the group of `now` with its streams and key:
 *       previous values   by what they compute
 *       windows, panes    likewise
 *       open rules        by name: runs that fit, alerts that are open
 *   then everything that wakes a key is set anew.
 */
#include <stdlib.h>

#include "base/log.h"
#include "engine/carry.h"
#include "engine/engine_internal.h"

struct mover {
    struct engine *to, *from;
    const struct carry *plan;
    struct carry_count *counts; /* by rule of `from` */
    uint32_t *streams;          /* by stream of `from`: which it is now; NONE */
    bool restreamed;            /* some stream has another number now */
};

/* ---- what a run has taken -------------------------------------------------------------------- */

enum { MET = 0x8000 }; /* in a name's number: it has been translated */

/* All of the run is still part of the pattern. */
static bool run_fits(const struct carry_rule *c, const struct run *run) {
    if (c->states[run->state] == CARRY_NOT) return false;
    if (!c->renamed) return true;
    for (const struct taken *t = run->last; t; t = t->before)
        if (c->names[t->variable] == CARRY_NOT) return false;
    return true;
}

/* An alert that is open stands nowhere; what it took it may still look at. */
static bool alert_fits(const struct carry_rule *c, const struct run *run) {
    for (const struct taken *t = run->last; t; t = t->before)
        if (c->names[t->variable] == CARRY_NOT) return false;
    return true;
}

/* Chains share their older part: what has been met is left. */
static void translate(const struct mover *m, const struct carry_rule *c, struct run *run) {
    for (struct taken *t = run->last; t && !(t->variable & MET); t = t->before) {
        t->variable = (uint16_t)(c->names[t->variable] | MET);
        t->stream = m->streams[t->stream];
    }
}

static void translated(struct run *run) {
    for (struct taken *t = run->last; t && t->variable & MET; t = t->before)
        t->variable &= (uint16_t)~MET;
}

static uint64_t all_edges(uint32_t n) { return n >= 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1; }

/* Where it waits, in the new pattern. False: nowhere. */
static bool stand_again(const struct mover *m, const struct carry_rule *c, uint32_t rule,
                        struct run *run) {
    const struct program_rule *was = &m->from->program->rules[c->from];
    const struct program_rule *now = &m->to->program->rules[rule];
    uint32_t nwas = was->states[run->state].nedges;
    bool reopened = c->reopened[run->state];
    run->state = c->states[run->state];
    if (!reopened) return true;
    if (run->open != all_edges(nwas) || run->held || run->matched) return false;
    run->open = all_edges(now->states[run->state].nedges);
    return true;
}

/* ---- an open rule ---------------------------------------------------------------------------- */

static void carry_runs(struct mover *m, const struct carry_rule *c, uint32_t rule,
                       struct open_rule *old, struct runs *out) {
    struct run **from = &old->runs.first, **to = &out->first;
    while (*from) {
        struct run *run = *from;
        if (!run_fits(c, run) || !stand_again(m, c, rule, run)) {
            from = &run->next;
            continue;
        }
        *from = run->next;
        *to = run;
        to = &run->next;
        old->runs.n--;
        out->n++;
    }
    *to = NULL;
}

static void translate_all(const struct mover *m, const struct carry_rule *c,
                          struct open_rule *o) {
    if (!c->renamed && !m->restreamed) return;
    for (struct run *r = o->runs.first; r; r = r->next) translate(m, c, r);
    for (uint32_t i = 0; i < o->alerts.n; i++) translate(m, c, open_alert_run(&o->alerts, i));
    for (struct run *r = o->runs.first; r; r = r->next) translated(r);
    for (uint32_t i = 0; i < o->alerts.n; i++) translated(open_alert_run(&o->alerts, i));
}

static bool all_alerts_fit(const struct carry_rule *c, const struct open_alerts *open) {
    if (!c->opens) return false;
    for (uint32_t i = 0; c->renamed && i < open->n; i++)
        if (!alert_fits(c, open_alert_run(open, i))) return false;
    return true;
}

/* The rule's place in the group of `now`; false: it is gone, or in another group. */
static bool place_in(const struct program_group *g, uint32_t rule, uint32_t *place) {
    for (*place = 0; *place < g->nrules; ++*place)
        if (g->rules[*place] == rule) return true;
    return false;
}

static void insert(struct key_state *s, struct open_rule *o) {
    struct open_rule **at = &s->open;
    while (*at && (*at)->rule < o->rule) at = &(*at)->next;
    o->next = *at;
    *at = o;
}

static void carry_open(struct mover *m, const struct group *g, struct key_state *s,
                       const struct group *old, struct open_rule *o) {
    uint32_t was = old->plan->rules[o->rule], rule = m->plan->to[was], place = 0;
    const struct carry_rule *c = rule == NONE ? NULL : &m->plan->rules[rule];
    struct open_rule *to = pool_take(&m->to->open_rules);
    *to = (struct open_rule){.due = INT64_MAX};
    if (c && c->fate != CARRY_RESTARTED && c->states && place_in(g->plan, rule, &place)) {
        to->rule = place;
        carry_runs(m, c, rule, o, &to->runs);
        if (all_alerts_fit(c, &o->alerts))
            resolver_carry(m->to->resolver, rule, &to->alerts, m->from->resolver, was, &o->alerts,
                           m->from->now);
        translate_all(m, c, to);
    }
    m->counts[was].kept += to->runs.n;
    m->counts[was].alerts_kept += to->alerts.n;
    if (to->runs.n || to->alerts.n) insert(s, to);
    else pool_give(&m->to->open_rules, to);
}

/* ---- a key ----------------------------------------------------------------------------------- */

static void carry_prevs(struct mover *m, const struct group *g, struct key_state *s,
                        const struct group *old, const struct key_state *was,
                        const struct carry_group *c) {
    struct heap *heap = run_store_heap(m->to->store);
    struct value *to = keys_prev(g->plan, s);
    const struct value *from = was->values + old->plan->nkey_fields;
    for (uint32_t k = 0; k < g->plan->ninputs; k++)
        for (uint32_t i = 0; i < g->plan->inputs[k].nprevs; i++) {
            if (c->inputs[k].prevs[i] == NONE) continue;
            const struct program_prev *p = &g->plan->inputs[k].prevs[i];
            const struct program_prev *q = &old->plan->inputs[k].prevs[c->inputs[k].prevs[i]];
            for (uint32_t d = 0; d < p->depth && d < q->depth; d++)
                to[p->first + d] = value_own(heap, from[q->first + d]);
        }
}

static void carry_windows(struct group *g, struct key_state *s, struct group *old,
                          struct key_state *was, const struct carry_group *c) {
    if (!g->windows || !was->window) return;
    group_begin_window(g, s);
    for (uint32_t k = 0; k < g->plan->ninputs; k++)
        if (g->windows[k] && old->windows[k])
            window_carry(g->windows[k], s->window, old->windows[k], was->window,
                         c->inputs[k].columns, c->inputs[k].aggregates);
}

static void carry_panes(struct group *g, struct key_state *s, struct group *old,
                        struct key_state *was, const struct carry_group *c) {
    if (!g->panes || !was->panes) return;
    s->panes = key_panes_new(g->panes);
    panes_carry(g->panes, s->panes, old->panes, was->panes, c->frames);
    if (!key_panes_empty(g->panes, s->panes)) return;
    key_panes_free(g->panes, s->panes);
    s->panes = NULL;
}

static void carry_key(struct mover *m, struct group *g, struct group *old, struct key_state *was,
                      const struct carry_group *c) {
    struct key_state *s = keys_adopt(g->keys, was);
    carry_prevs(m, g, s, old, was, c);
    carry_windows(g, s, old, was, c);
    carry_panes(g, s, old, was, c);
    for (struct open_rule *o = was->open; o; o = o->next) carry_open(m, g, s, old, o);
    group_wake(g, s, m->from->now);
    bool nothing = !s->open && !s->queued && !s->timers && !s->window && !s->panes;
    if (nothing && !g->plan->nprev_cells) keys_remove(g->keys, s);
}

static void carry_group(struct mover *m, struct group *g, struct group *old,
                        const struct carry_group *c) {
    keys_seed(g->keys, old->keys);
    g->seq = old->seq;
    for (uint32_t i = 0; i < keys_slots(old->keys); i++) {
        struct key_state *s = keys_at(old->keys, i);
        if (s) carry_key(m, g, old, s, c);
    }
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What has stayed behind. */
static void count_dropped(struct mover *m) {
    for (uint32_t i = 0; i < m->from->program->ngroups; i++) {
        const struct group *g = &m->from->groups[i];
        for (uint32_t k = 0; k < keys_slots(g->keys); k++) {
            const struct key_state *s = keys_at(g->keys, k);
            for (const struct open_rule *o = s ? s->open : NULL; o; o = o->next) {
                m->counts[g->plan->rules[o->rule]].dropped += o->runs.n;
                m->counts[g->plan->rules[o->rule]].alerts_dropped += o->alerts.n;
            }
        }
    }
}

static void match_streams(struct mover *m) {
    const struct program *was = m->from->program, *now = m->to->program;
    m->streams = must_alloc((was->nstreams + 1) * sizeof *m->streams);
    for (uint32_t i = 0; i < was->nstreams; i++) {
        m->streams[i] = NONE;
        for (uint32_t k = 0; k < now->nstreams; k++)
            if (str_equal(was->streams[i].name, now->streams[k].name)) m->streams[i] = k;
        m->restreamed |= m->streams[i] != i;
        if (m->streams[i] != NONE) m->to->newest[m->streams[i]] = m->from->newest[i];
    }
}

static void carry_rules(struct mover *m) {
    struct engine *to = m->to, *from = m->from;
    for (uint32_t i = 0; i < from->program->nrules; i++) {
        uint32_t rule = m->plan->to[i];
        if (rule == NONE) continue;
        to->by_rule[rule] = from->by_rule[i];
        gate_carry(to->gate, rule, from->gate, i, m->plan->rules[rule].once);
        resolver_carry_rule(to->resolver, rule, from->resolver, i);
    }
}

void engine_carry(struct engine *to, struct engine *from, const struct carry *plan,
                  struct carry_count *counts) {
    struct mover m = {.to = to, .from = from, .plan = plan, .counts = counts};
    check(to->store == from->store && to->seq == 0);
    to->seq = from->seq;
    to->now = from->now;
    to->counters = from->counters;
    to->regex_bound = engine_regex_bound(from);
    match_streams(&m);
    carry_rules(&m);
    for (uint32_t i = 0; i < to->program->ngroups; i++) {
        uint32_t was = plan->groups[i].from;
        if (was != NONE) carry_group(&m, &to->groups[i], &from->groups[was], &plan->groups[i]);
    }
    if (to->derived && from->derived) derived_carry(to->derived, from->derived, plan->to);
    for (uint32_t i = 0; i < from->program->ngroups; i++)
        if (from->groups[i].panes)
            to->counters.left_out += panes_left_out(from->groups[i].panes);
    count_dropped(&m);
    free(m.streams);
}
