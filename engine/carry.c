/* carry: what of the state of one program fits another: see carry.h. How it is moved is in
 * carry_move.c. */
#include "engine/carry.h"

#include "engine/opcodes.h"
#include "engine/same.h"

const char *carry_fate_name(enum carry_fate fate) {
    static const char *const names[] = {"kept", "runs kept", "trimmed", "restarted", "new"};
    return names[fate];
}

/* ---- groups ---------------------------------------------------------------------------------- */

static bool same_input(const struct same *s, const struct program_group *a,
                       const struct program_group *b, uint32_t k) {
    const struct program_input *was = &a->inputs[k], *now = &b->inputs[k];
    if (!same_stream(s, was->stream, now->stream)) return false;
    for (uint32_t i = 0; i < a->nkey_fields; i++)
        if (!same_field(s, was->stream, was->key_fields[i], now->stream, now->key_fields[i]))
            return false;
    return same_predicate(s, was->predicate, now->predicate);
}

static bool same_group(const struct same *s, const struct program_group *a,
                       const struct program_group *b) {
    if (a->ninputs != b->ninputs || a->nkey_fields != b->nkey_fields ||
        a->forget_ns != b->forget_ns)
        return false;
    for (uint32_t k = 0; k < a->ninputs; k++)
        if (!same_input(s, a, b, k)) return false;
    return true;
}

static uint32_t *table(struct arena *arena, uint32_t n) {
    uint32_t *v = arena_array(arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) v[i] = NONE;
    return v;
}

static uint32_t find_prev(const struct same *s, const struct program_input *a,
                          const struct program_input *b, uint32_t prev) {
    for (uint32_t i = 0; i < a->nprevs; i++)
        if (same_prev(s, a, &a->prevs[i], b, &b->prevs[prev])) return i;
    return NONE;
}

static uint32_t find_column(const struct same *s, const struct program_input *a,
                            const struct program_input *b, uint32_t column) {
    for (uint32_t i = 0; i < a->ncolumns; i++)
        if (same_column(s, a, i, b, column)) return i;
    return NONE;
}

static uint32_t find_aggregate(const struct same *s, const struct program_input *a,
                               const struct program_input *b, uint32_t aggregate) {
    if (b->aggregates[aggregate].window == WINDOW_PANES) return NONE; /* by their frame */
    for (uint32_t i = 0; i < a->naggregates; i++)
        if (same_aggregate(s, a, i, b, aggregate)) return i;
    return NONE;
}

static struct carry_input compare_input(struct arena *arena, const struct same *s,
                                        const struct program_input *a,
                                        const struct program_input *b) {
    uint32_t *prevs = table(arena, b->nprevs), *columns = table(arena, b->ncolumns);
    uint32_t *aggregates = table(arena, b->naggregates);
    for (uint32_t i = 0; i < b->nprevs; i++) prevs[i] = find_prev(s, a, b, i);
    for (uint32_t i = 0; i < b->ncolumns; i++) columns[i] = find_column(s, a, b, i);
    for (uint32_t i = 0; i < b->naggregates; i++) aggregates[i] = find_aggregate(s, a, b, i);
    return (struct carry_input){prevs, columns, aggregates};
}

/* The next aggregate in the frame, from `i` on. */
static uint32_t in_frame(const struct program_input *in, uint32_t frame, uint32_t i) {
    while (i < in->naggregates &&
           (in->aggregates[i].window != WINDOW_PANES || in->aggregates[i].frame != frame))
        i++;
    return i;
}

/* Its panes have the same bytes: the same aggregates in the same order. */
static bool frame_fits(const struct same *s, const struct program_group *a, uint32_t was,
                       const struct program_group *b, uint32_t now) {
    if (!same_frame(s, &a->frames[was], &b->frames[now])) return false;
    const struct program_input *x = a->inputs, *y = b->inputs;
    uint32_t i = in_frame(x, was, 0), j = in_frame(y, now, 0);
    while (i < x->naggregates && j < y->naggregates && same_aggregate(s, x, i, y, j)) {
        i = in_frame(x, was, i + 1);
        j = in_frame(y, now, j + 1);
    }
    return i >= x->naggregates && j >= y->naggregates;
}

static struct carry_group compare_group(struct arena *arena, const struct same *s,
                                        uint32_t from, const struct program_group *b) {
    const struct program_group *a = &s->was->groups[from];
    struct carry_input *inputs = arena_array(arena, struct carry_input, b->ninputs);
    uint32_t *frames = table(arena, b->nframes);
    for (uint32_t k = 0; k < b->ninputs; k++)
        inputs[k] = compare_input(arena, s, &a->inputs[k], &b->inputs[k]);
    for (uint32_t i = 0; i < b->nframes; i++)
        for (uint32_t j = 0; j < a->nframes && frames[i] == NONE; j++)
            if (frame_fits(s, a, j, b, i)) frames[i] = j;
    return (struct carry_group){from, inputs, frames};
}

static void compare_groups(struct carry *c, const struct same *s) {
    struct carry_group *groups = arena_array(c->arena, struct carry_group, c->now->ngroups + 1);
    bool *taken = arena_array(c->arena, bool, c->was->ngroups + 1);
    memset(taken, 0, c->was->ngroups * sizeof *taken);
    for (uint32_t i = 0; i < c->now->ngroups; i++) {
        uint32_t from = 0;
        while (from < c->was->ngroups &&
               (taken[from] || !same_group(s, &c->was->groups[from], &c->now->groups[i])))
            from++;
        groups[i] = (struct carry_group){.from = NONE};
        if (from == c->was->ngroups) continue;
        taken[from] = true;
        groups[i] = compare_group(c->arena, s, from, &c->now->groups[i]);
    }
    c->groups = groups;
}

/* ---- rules: what runs keep ------------------------------------------------------------------- */

struct pair { /* a rule, before and now */
    const struct same *s;
    const struct program_rule *was, *now;
    uint16_t *states, *names;
    bool *reopened, *closed; /* by state of `was`: see struct carry_rule; it is no more */
    bool bounds, conditions, moved; /* changed: the last, what some state leads to */
    uint32_t lost;           /* states that are no more */
};

static struct same_place place_of(const struct program_rule *r, const struct program_variable *v) {
    return (struct same_place){v->stream, r->group};
}

static bool same_at(const struct pair *p, const struct program_variable *a, uint32_t was,
                    const struct program_variable *b, uint32_t now) {
    return same_code(p->s, was, place_of(p->was, a), now, place_of(p->now, b));
}

static bool same_cells(const struct pair *p) {
    if (p->was->ncells != p->now->ncells) return false;
    for (uint32_t i = 0; i < p->was->ncells; i++)
        if (!same_value(p->was->cells[i], p->now->cells[i])) return false;
    return true;
}

/* Names are found again by name; NULL, or what of them does not fit. */
static const char *match_names(struct arena *arena, struct pair *p) {
    for (uint32_t i = 0; i < p->was->nvariables; i++) {
        const struct program_variable *a = &p->was->variables[i], *b = p->now->variables;
        uint32_t j = 0;
        while (j < p->now->nvariables && !str_equal(a->name, b[j].name)) j++;
        p->names[i] = j == p->now->nvariables ? CARRY_NOT : (uint16_t)j;
        if (p->names[i] == CARRY_NOT) continue;
        b += j;
        if (!same_stream(p->s, a->stream, b->stream))
            return arena_printf(arena, "%.*s is of another stream", STR_FMT(a->name));
        if (a->nkept != b->nkept || !same_at(p, a, a->take_code, b, b->take_code))
            return arena_printf(arena, "other values of %.*s are retained", STR_FMT(a->name));
        p->conditions |= !same_predicate(p->s, a->predicate, b->predicate) ||
                         !same_at(p, a, a->key_code, b, b->key_code) ||
                         !same_at(p, a, a->run_code, b, b->run_code) ||
                         !same_at(p, a, a->streak_code, b, b->streak_code);
    }
    return NULL;
}

/* ---- rules: where runs stand ----------------------------------------------------------------- */

/* The state of `now` that takes the same name as state `i` of `was`, counted among those. */
static uint16_t find_state(const struct pair *p, uint32_t i) {
    uint16_t name = p->was->states[i].variable, wanted = name;
    if (name != NO_VARIABLE && (wanted = p->names[name]) == CARRY_NOT) return CARRY_NOT;
    uint32_t before = 0;
    for (uint32_t k = 0; k < i; k++) before += p->was->states[k].variable == name;
    for (uint32_t j = 0; j < p->now->nstates; j++)
        if (p->now->states[j].variable == wanted && before-- == 0) return (uint16_t)j;
    return CARRY_NOT;
}

static bool same_parts(const struct same *s, struct pair *p, const struct nfa_edge *a,
                       const struct nfa_edge *b) {
    for (uint32_t i = 0; i < a->nguards; i++) {
        const struct nfa_guard *x = &s->was->guards[a->first_guard + i];
        const struct nfa_guard *y = &s->now->guards[b->first_guard + i];
        if (x->kind != y->kind || x->counter != y->counter) return false;
        p->bounds |= x->value != y->value || x->span_ns != y->span_ns;
    }
    for (uint32_t i = 0; i < a->nactions; i++) {
        const struct nfa_action *x = &s->was->actions[a->first_action + i];
        const struct nfa_action *y = &s->now->actions[b->first_action + i];
        if (x->kind != y->kind || x->slot != y->slot) return false;
        bool bound = x->kind == ACTION_ADD; /* as far as is counted */
        if (x->value != y->value && !bound) return false;
    }
    for (uint32_t i = 0; i < a->nlimits; i++) {
        const struct nfa_limit *x = &s->was->limits[a->first_limit + i];
        const struct nfa_limit *y = &s->now->limits[b->first_limit + i];
        if (x->stamp != y->stamp) return false;
        p->bounds |= x->most_ns != y->most_ns;
    }
    return true;
}

/* An edge that waits goes on waiting for the same. */
static bool same_edge(struct pair *p, const struct nfa_edge *a, const struct nfa_edge *b) {
    uint16_t target = a->target == ACCEPT ? ACCEPT : p->states[a->target];
    bool both = (a->target == ACCEPT) == (b->target == ACCEPT);
    if (!both || target != b->target || a->link != b->link || a->clock != b->clock ||
        a->nguards != b->nguards || a->nactions != b->nactions || a->nlimits != b->nlimits ||
        (a->clock == CLOCK_STAMP && a->clock_stamp != b->clock_stamp))
        return false;
    p->bounds |= a->least_ns != b->least_ns || a->most_ns != b->most_ns ||
                 a->clock_ns != b->clock_ns;
    p->conditions |= a->nkills != b->nkills || a->reluctant != b->reluctant;
    for (uint32_t i = 0; i < a->nkills && i < b->nkills; i++) {
        const struct nfa_kill *x = &p->s->was->kills[a->first_kill + i];
        const struct nfa_kill *y = &p->s->now->kills[b->first_kill + i];
        p->conditions |= x->kind != y->kind || p->names[x->variable] != y->variable;
    }
    return same_parts(p->s, p, a, b);
}

static bool same_edges(struct pair *p, const struct nfa_state *a, const struct nfa_state *b) {
    if (a->nedges != b->nedges) return false;
    for (uint32_t i = 0; i < a->nedges; i++)
        if (!same_edge(p, &p->s->was->edges[a->first_edge + i],
                       &p->s->now->edges[b->first_edge + i]))
            return false;
    return true;
}

/* No run of these stands there: it would be complete. */
static bool only_accepts(const struct program *p, const struct nfa_state *s) {
    for (uint32_t i = 0; i < s->nedges; i++)
        if (p->edges[s->first_edge + i].target != ACCEPT ||
            p->edges[s->first_edge + i].nguards || p->edges[s->first_edge + i].clock)
            return false;
    return true;
}

/* Edges that open whenever the state is entered, and lead on. */
static bool plain_edges(const struct program *p, const struct nfa_state *s) {
    for (uint32_t i = 0; i < s->nedges; i++) {
        const struct nfa_edge *e = &p->edges[s->first_edge + i];
        if (e->target == ACCEPT || e->nguards || e->nactions || e->nlimits || e->clock)
            return false;
    }
    return s->nedges != 0;
}

static bool leads(const struct program *p, const struct nfa_state *s, uint16_t target) {
    for (uint32_t i = 0; i < s->nedges; i++)
        if (p->edges[s->first_edge + i].target == target) return true;
    return false;
}

/* Lets go of the states that some edge of `was` from state `i` leads to and none does now, and of
 * those behind a state that has gone. True: some went. */
static bool cut_behind(struct pair *p, uint32_t i) {
    const struct nfa_state *a = &p->was->states[i];
    bool cut = false;
    for (uint32_t k = 0; k < a->nedges; k++) {
        uint16_t target = p->s->was->edges[a->first_edge + k].target;
        if (target == ACCEPT || target == i || p->states[target] == CARRY_NOT) continue;
        bool there = p->states[i] != CARRY_NOT &&
                     leads(p->s->now, &p->now->states[p->states[i]], p->states[target]);
        if (there) continue;
        p->states[target] = CARRY_NOT;
        cut = true;
    }
    return cut;
}

/* Which way a run came must be a way of the new pattern too. */
static void cut_ways(struct pair *p) {
    for (bool cut = true; cut;) {
        cut = false;
        for (uint32_t i = 0; i < p->was->nstates; i++) cut |= cut_behind(p, i);
    }
}

static void match_states(struct pair *p) {
    const struct program *was = p->s->was, *now = p->s->now;
    for (uint32_t i = 0; i < p->was->nstates; i++) p->states[i] = find_state(p, i);
    cut_ways(p);
    for (uint32_t i = 1; i < p->was->nstates; i++) {
        const struct nfa_state *a = &p->was->states[i];
        if (p->was->mode == RUN_FIRST && only_accepts(was, a)) continue;
        if (p->states[i] == CARRY_NOT) {
            p->lost++;
            continue;
        }
        const struct nfa_state *b = &p->now->states[p->states[i]];
        if (same_edges(p, a, b)) continue;
        p->reopened[i] = plain_edges(was, a) && plain_edges(now, b);
        p->closed[i] = !p->reopened[i];
        p->lost += p->closed[i];
        p->moved = true;
    }
    for (uint32_t i = 1; i < p->was->nstates; i++)
        if (p->closed[i]) p->states[i] = CARRY_NOT;
    p->bounds |= p->was->within_ns != p->now->within_ns;
}

/* ---- rules: the whole ------------------------------------------------------------------------ */

static bool renamed(const struct pair *p) {
    for (uint32_t i = 0; i < p->was->nvariables; i++)
        if (p->names[i] != i) return true;
    return false;
}

static const char *restart(struct carry_rule *out, const char *why) {
    out->fate = CARRY_RESTARTED;
    return out->why = why;
}

/* Rules of `every`: their state is in the panes of their frame. */
static void compare_windows(const struct carry *c, const struct pair *p, struct carry_rule *out) {
    if (c->groups[p->now->group].frames[p->now->frame] != p->was->frame)
        restart(out, "its window, or what is computed over it, changed");
}

static void compare_runs(struct arena *arena, struct pair *p, struct carry_rule *out) {
    const struct program_rule *a = p->was, *b = p->now;
    const char *why = match_names(arena, p);
    if (why) restart(out, why);
    else if (!same_cells(p)) restart(out, "other values are retained");
    else if (a->mode != b->mode) restart(out, "match first, longest or all ways changed");
    else if (a->ncounters != b->ncounters || a->nstamps != b->nstamps)
        restart(out, "what is counted or timed in its pattern changed");
    if (out->fate == CARRY_RESTARTED) return;
    match_states(p);
    out->renamed = renamed(p);
    if (out->renamed && a->mode == RUN_ALL_WAYS) {
        restart(out, "the steps of its pattern changed, and it matches all ways");
    } else if (p->lost) {
        out->fate = CARRY_TRIMMED;
        out->why = "steps of its pattern changed";
    } else if (p->conditions || p->bounds) {
        out->fate = CARRY_CONDITIONS;
        out->why = p->conditions && p->bounds ? "conditions and bounds changed"
                   : p->bounds                ? "bounds changed"
                                              : "conditions changed";
    } else if (a->nstates != b->nstates || p->moved) {
        out->fate = CARRY_CONDITIONS;
        out->why = "steps that no run has reached changed";
    }
}

/* What `once per` remembers is by rule, key and value. */
static bool same_once(const struct pair *p) {
    const struct program_says *a = p->was->says, *b = p->now->says;
    if (!a || !b || !a->once_ns || !b->once_ns) return false;
    const struct program_group *g = &p->s->was->groups[p->was->group];
    const struct program_group *h = &p->s->now->groups[p->now->group];
    uint32_t x = g->ninputs == 1 ? g->inputs[0].stream : NONE;
    uint32_t y = h->ninputs == 1 ? h->inputs[0].stream : NONE;
    return same_code(p->s, a->once_by, (struct same_place){x, p->was->group}, b->once_by,
                     (struct same_place){y, p->now->group});
}

static void compare_rule(const struct carry *c, const struct same *s, uint32_t from, uint32_t to,
                         struct carry_rule *out) {
    struct pair p = {.s = s, .was = &c->was->rules[from], .now = &c->now->rules[to]};
    *out = (struct carry_rule){.from = from, .why = "", .also = ""};
    if (c->groups[p.now->group].from != p.was->group) {
        restart(out, "its streams, its key or forget changed");
        return;
    }
    if (p.was->by_window != p.now->by_window) {
        restart(out, "it is of another kind");
        return;
    }
    out->once = same_once(&p);
    p.states = arena_array(c->arena, uint16_t, p.was->nstates + 1);
    p.names = arena_array(c->arena, uint16_t, p.was->nvariables + 1);
    p.reopened = arena_array(c->arena, bool, p.was->nstates + 1);
    p.closed = arena_array(c->arena, bool, p.was->nstates + 1);
    memset(p.reopened, 0, p.was->nstates * sizeof *p.reopened);
    memset(p.closed, 0, p.was->nstates * sizeof *p.closed);
    for (uint32_t i = 0; i < p.was->nstates; i++) p.states[i] = CARRY_NOT;
    for (uint32_t i = 0; i < p.was->nvariables; i++) p.names[i] = (uint16_t)i;
    out->states = p.states;
    out->reopened = p.reopened;
    out->names = p.names;
    if (p.now->by_window) compare_windows(c, &p, out);
    else compare_runs(c->arena, &p, out);
    out->opens = p.was->resolve && p.now->resolve && out->fate != CARRY_RESTARTED;
}

/* ---- what begins anew beside runs ------------------------------------------------------------ */

struct lacks {
    const struct carry *c;
    const struct carry_group *group;
    const struct program_group *plan;
    bool prev, window;
};

static void look_at_prev(struct lacks *l, uint32_t cell) {
    for (uint32_t k = 0; k < l->plan->ninputs; k++)
        for (uint32_t i = 0; i < l->plan->inputs[k].nprevs; i++) {
            const struct program_prev *p = &l->plan->inputs[k].prevs[i];
            if (cell < p->first || cell >= p->first + p->depth) continue;
            l->prev |= l->group->inputs[k].prevs[i] == NONE;
        }
}

static void look_at_code(struct lacks *l, uint32_t code) {
    const struct program *p = l->c->now;
    if (code == NONE) return;
    for (uint32_t i = 0; i < p->codes[code].n; i++) {
        const struct insn *in = &p->insns[p->codes[code].first + i];
        if (in->op == INSN_PREV) look_at_prev(l, in->imm);
        if (opcode_info[in->op].imm == IMM_CODE) look_at_code(l, in->imm);
        if (in->op != INSN_WINDOW) continue;
        const struct program_aggregate *a = &l->plan->inputs[in->a].aggregates[in->imm];
        uint32_t was = a->window == WINDOW_PANES ? l->group->frames[a->frame]
                                                 : l->group->inputs[in->a].aggregates[in->imm];
        l->window |= was == NONE;
    }
}

static void look_at_rule(struct lacks *l, const struct program_rule *r) {
    for (uint32_t i = 0; i < r->nvariables; i++) {
        look_at_code(l, r->variables[i].key_code);
        look_at_code(l, r->variables[i].run_code);
        look_at_code(l, r->variables[i].take_code);
        look_at_code(l, r->variables[i].streak_code);
    }
    look_at_code(l, r->having);
    for (uint32_t i = 0; i < r->nemit; i++) look_at_code(l, r->emit[i].code);
    for (uint32_t i = 0; i < r->ntimeout_emit; i++) look_at_code(l, r->timeout_emit[i].code);
    for (uint32_t i = 0; r->says && i < r->says->nexcepts; i++)
        look_at_code(l, r->says->excepts[i].code);
    if (!r->resolve) return;
    look_at_code(l, r->resolve->key_code);
    look_at_code(l, r->resolve->run_code);
    for (uint32_t i = 0; i < r->resolve->nemit; i++) look_at_code(l, r->resolve->emit[i].code);
}

static void look_beside(const struct carry *c, uint32_t rule, struct carry_rule *out) {
    const struct program_rule *r = &c->now->rules[rule];
    const struct carry_group *g = &c->groups[r->group];
    struct lacks l = {.c = c, .group = g, .plan = &c->now->groups[r->group]};
    if (g->from == NONE) return; /* it has no state at all */
    look_at_rule(&l, r);
    if (l.prev && l.window) out->also = "previous values and windows begin anew";
    else if (l.prev) out->also = "previous values begin anew";
    else if (l.window) out->also = "windows begin anew";
}

struct carry *carry_compare(struct arena *arena, struct program *was, struct program *now) {
    struct carry *c = arena_new(arena, struct carry);
    *c = (struct carry){.arena = arena, .was = was, .now = now};
    struct same same = {was, now};
    struct carry_rule *rules = arena_array(arena, struct carry_rule, now->nrules + 1);
    uint32_t *to = table(arena, was->nrules);
    compare_groups(c, &same);
    for (uint32_t i = 0; i < now->nrules; i++) {
        uint32_t from = 0;
        while (from < was->nrules && !str_equal(was->rules[from].name, now->rules[i].name)) from++;
        if (from == was->nrules) {
            rules[i] = (struct carry_rule){.fate = CARRY_NEW, .from = NONE, .why = "", .also = ""};
            continue;
        }
        to[from] = i;
        compare_rule(c, &same, from, i, &rules[i]);
        look_beside(c, i, &rules[i]);
    }
    c->rules = rules;
    c->to = to;
    return c;
}
