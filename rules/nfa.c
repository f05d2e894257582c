/* nfa: Glushkov's construction, see nfa.h and docs/matching.md.
 *
 * Every part of a pattern becomes a fragment: what can be entered first, what can be left last,
 * whether it can be passed over:
 *
 *              entries                      exits
 *       ──link──→ a ┐                 ┌ c ──guards──→
 *       ──link──→ b ┘   edges inside  └ d ──guards──→          nullable?
 *
 * Joining two fragments makes an edge from every exit of the first to every entry of the second. An
 * entry brings the link, the gap, and what is set on entering; an exit brings the guards of the
 * loops it leaves; both bring kills.
 *
 * Laws, each with the corpus topic that shows it:
 *   own link first   an entry keeps the link that it was given inside its group; the link before
 *                    the group is for the head only (optional)
 *   loop back        an exit of the body joined with its entries, by the loop's inner contiguity
 *                    (inner_contiguity)
 *   nots travel      `no x` passed over together with an optional step stays on the edge behind it
 *                    (not)
 *   reluctance       a way back into a reluctant loop is passed over rather than taken, once the
 *                    minimum is reached; the edge is there twice, below the minimum and from it on
 *                    (loops)
 *   counters         only where a count needs one; set on entering a loop, back to 0 on leaving, so
 *                    that runs at one place compare equal whatever they went through
 */
#include "rules/nfa.h"

#include "base/log.h"
#include "base/map.h"

/* Short lists that fragments share: new items go in front, nothing is ever changed. */
struct kill_list {
    struct nfa_kill kill;
    const struct kill_list *next;
};

struct guard_list {
    struct nfa_guard guard;
    const struct guard_list *next;
};

struct action_list {
    struct nfa_action action;
    const struct action_list *next;
};

struct limit_list {
    struct nfa_limit limit;
    const struct limit_list *next;
};

enum { MAX_PARTS = 32 /* of all(…): bits of a counter */ };
enum { LINK_OPEN = 0xFF }; /* an entry whose link is for the place where its fragment is put */

struct entry {
    uint16_t target;
    uint8_t link;
    bool reluctant;
    int64_t least_ns, most_ns;
    const struct kill_list *kills;
    const struct action_list *actions; /* innermost loop last: run in list order */
};

struct clock { /* completes or goes on by time: `no x` at the end, `lasting` */
    uint8_t kind; /* enum edge_clock */
    uint16_t stamp;
    int64_t ns;
};

struct exit_ {
    uint16_t state;
    struct clock clock; /* a trailing `no x`: nothing can follow */
    const struct kill_list *kills;
    const struct guard_list *guards;
    const struct action_list *actions;
};

struct fragment {
    struct entry *entries;
    struct exit_ *exits;
    uint32_t nentries, nexits, entries_cap, exits_cap;
    bool nullable;
    uint16_t first_state, end_state; /* states made for it: [first, end) */
};

struct draft { /* an edge under construction */
    struct clock clock;
    uint16_t target;
    uint8_t link;
    bool reluctant;
    int64_t least_ns, most_ns;
    const struct kill_list *kills;
    const struct guard_list *guards;
    const struct action_list *actions;
    const struct limit_list *limits;
};

struct draft_state {
    struct draft *edges;
    uint32_t n, cap;
    uint16_t variable; /* NO_VARIABLE: nothing is taken here (the start, after a clock) */
    uint16_t since;    /* then the stamp of when it was entered */
};

struct builder {
    struct arena *arena;
    struct diags *diags;
    const struct name *names;
    uint32_t nnames;
    struct draft_state *states;
    uint32_t nstates, nvariables;
    uint32_t ncounters, nstamps;
    int64_t *streaks;    /* by variable: see nfa.h */
    struct span span; /* of the whole pattern */
    bool failed;
};

static bool build(struct builder *b, const struct pattern *p, struct fragment *f);

/* ---- names ----------------------------------------------------------------------------------- */

struct names {
    struct arena *arena;
    struct name *v;
    uint32_t n, cap;
};

static void taken_names(struct names *names, const struct pattern *p) {
    if (p->kind == PATTERN_NAME) arena_push(names->arena, names->v, names->n, names->cap, p->name);
    for (uint32_t i = 0; i < p->nchildren; i++) taken_names(names, p->children[i]);
}

static void watched_names(struct names *names, const struct pattern *p, struct map *seen) {
    for (uint32_t i = 0; i <= p->nnames; i++) {
        struct name name = i < p->nnames ? p->names[i] : p->until;
        if (!name.text.n || map_get(seen, name.text)) continue;
        map_put(seen, name.text, seen);
        arena_push(names->arena, names->v, names->n, names->cap, name);
    }
    for (uint32_t i = 0; i < p->nchildren; i++) watched_names(names, p->children[i], seen);
}

struct name *nfa_names(struct arena *arena, const struct pattern *pattern, uint32_t *n,
                       uint32_t *ntaken) {
    struct names names = {.arena = arena};
    struct map seen;
    map_init(&seen, arena);
    taken_names(&names, pattern);
    *ntaken = names.n;
    for (uint32_t i = 0; i < names.n; i++) map_put(&seen, names.v[i].text, &seen);
    watched_names(&names, pattern, &seen);
    *n = names.n;
    return names.v;
}

/* Only names under `no` and `until` are looked up: those of the pattern are numbered as they
 * come. */
static uint16_t name_number(struct builder *b, struct name name) {
    for (uint32_t i = 0; i < b->nnames; i++)
        if (str_equal(b->names[i].text, name.text)) return (uint16_t)i;
    panic("`%.*s` is not among the names of its pattern", STR_FMT(name.text));
}

/* ---- lists ----------------------------------------------------------------------------------- */

static bool has_kill(const struct kill_list *l, struct nfa_kill k) {
    for (; l; l = l->next)
        if (l->kill.variable == k.variable && l->kill.kind == k.kind) return true;
    return false;
}

static const struct kill_list *add_kill(struct builder *b, const struct kill_list *l,
                                        struct nfa_kill k) {
    if (has_kill(l, k)) return l;
    struct kill_list *new = arena_new(b->arena, struct kill_list);
    *new = (struct kill_list){k, l};
    return new;
}

static const struct kill_list *join_kills(struct builder *b, const struct kill_list *l,
                                          const struct kill_list *more) {
    for (; more; more = more->next) l = add_kill(b, l, more->kill);
    return l;
}

static const struct guard_list *add_guard(struct builder *b, const struct guard_list *l,
                                          enum guard_kind kind, uint32_t counter, uint32_t value) {
    struct guard_list *new = arena_new(b->arena, struct guard_list);
    *new = (struct guard_list){{(uint16_t)kind, (uint16_t)counter, value, 0}, l};
    return new;
}

static const struct action_list *add_action(struct builder *b, const struct action_list *l,
                                            enum action_kind kind, uint32_t slot, uint32_t value) {
    struct action_list *new = arena_new(b->arena, struct action_list);
    *new = (struct action_list){{(uint16_t)kind, (uint16_t)slot, value}, l};
    return new;
}

/* `first` before `then`: leaving actions before entering ones. */
static const struct action_list *join_actions(struct builder *b, const struct action_list *first,
                                              const struct action_list *then) {
    if (!first) return then;
    return add_action(b, join_actions(b, first->next, then), (enum action_kind)first->action.kind,
                      first->action.slot, first->action.value);
}

/* ---- edges ----------------------------------------------------------------------------------- */

static bool fail_large(struct builder *b, struct span at, const char *what, unsigned most) {
    if (!b->failed) {
        struct diag *m =
            diag_error(b->diags, at, "this pattern is too large: more than %u %s", most, what);
        diag_help(b->diags, m,
                  "split it into several rules, or use counts such as `5 times` instead of writing "
                  "a step "
                  "again");
    }
    b->failed = true;
    return false;
}

static bool same_draft(const struct draft *a, const struct draft *c) {
    return a->target == c->target && a->link == c->link && a->reluctant == c->reluctant &&
           a->least_ns == c->least_ns && a->most_ns == c->most_ns && a->kills == c->kills &&
           a->guards == c->guards && a->actions == c->actions && a->limits == c->limits &&
           a->clock.kind == c->clock.kind && a->clock.stamp == c->clock.stamp &&
           a->clock.ns == c->clock.ns;
}

static struct span state_span(const struct builder *b, uint16_t state) {
    uint16_t v = b->states[state].variable;
    return v == NO_VARIABLE ? b->span : b->names[v].span;
}

static bool add_edge(struct builder *b, uint16_t from, struct draft d) {
    struct draft_state *s = &b->states[from];
    for (uint32_t i = 0; i < s->n; i++)
        if (same_draft(&s->edges[i], &d)) return true;
    if (s->n == MAX_EDGES)
        return fail_large(b, state_span(b, from), "ways to go on from one step", MAX_EDGES);
    arena_push(b->arena, s->edges, s->n, s->cap, d);
    return true;
}

/* Behind `lasting` time counts from when it was complete, not from its last event. */
static bool time_after_clock(struct builder *b, const struct exit_ *x, struct draft *d) {
    if (d->least_ns) {
        diag_error(b->diags, state_span(b, d->target),
                   "this step has to wait behind `lasting`, which has waited: make that longer");
        b->failed = true;
        return false;
    }
    if (d->most_ns < 0) return true;
    struct limit_list *l = arena_new(b->arena, struct limit_list);
    *l = (struct limit_list){{b->states[x->state].since, d->most_ns}, d->limits};
    d->limits = l;
    d->most_ns = -1;
    return true;
}

static bool join(struct builder *b, const struct exit_ *x, const struct entry *e,
                 enum edge_link link) {
    if (x->clock.kind != CLOCK_NONE) {
        if (!b->failed)
            diag_error(b->diags, state_span(b, e->target),
                       "nothing can follow an absence that the clock decides: it ends the pattern");
        b->failed = true;
        return false;
    }
    struct draft d = {.target = e->target,
                      .link = e->link == LINK_OPEN ? (uint8_t)link : e->link,
                      .reluctant = e->reluctant,
                      .least_ns = e->least_ns,
                      .most_ns = e->most_ns,
                      .kills = join_kills(b, e->kills, x->kills),
                      .guards = x->guards,
                      .actions = join_actions(b, x->actions, e->actions)};
    if (b->states[x->state].variable == NO_VARIABLE && !time_after_clock(b, x, &d)) return false;
    return add_edge(b, x->state, d);
}

/* ---- fragments ------------------------------------------------------------------------------- */

static bool push_entry(struct builder *b, struct fragment *f, struct entry e) {
    if (f->nentries == MAX_EDGES)
        return fail_large(b, b->span, "steps that can come first", MAX_EDGES);
    arena_push(b->arena, f->entries, f->nentries, f->entries_cap, e);
    return true;
}

static void push_exit(struct builder *b, struct fragment *f, struct exit_ x) {
    arena_push(b->arena, f->exits, f->nexits, f->exits_cap, x);
}

static uint16_t new_state(struct builder *b, uint16_t variable) {
    b->states[b->nstates].variable = variable;
    return (uint16_t)b->nstates++;
}

static bool build_name(struct builder *b, struct fragment *f) {
    uint16_t state = new_state(b, (uint16_t)b->nvariables++);
    *f = (struct fragment){.first_state = state, .end_state = (uint16_t)(state + 1)};
    push_exit(b, f, (struct exit_){.state = state});
    return push_entry(b, f, (struct entry){.target = state, .link = LINK_OPEN, .most_ns = -1});
}

static bool build_or(struct builder *b, const struct pattern *p, struct fragment *f) {
    *f = (struct fragment){.first_state = (uint16_t)b->nstates};
    for (uint32_t i = 0; i < p->nchildren; i++) {
        struct fragment g;
        if (!build(b, p->children[i], &g)) return false;
        for (uint32_t j = 0; j < g.nentries; j++)
            if (!push_entry(b, f, g.entries[j])) return false;
        for (uint32_t j = 0; j < g.nexits; j++) push_exit(b, f, g.exits[j]);
        f->nullable |= g.nullable;
    }
    f->end_state = (uint16_t)b->nstates;
    return true;
}

static enum edge_link edge_link_of(enum link_kind kind) {
    return kind == LINK_NEXT ? EDGE_NEXT : kind == LINK_THEN_EACH ? EDGE_EACH : EDGE_THEN;
}

/* The entries of a step as seen from before it: the link written before the step, unless an
 * entry has its own. */
static void link_entries(struct fragment *step, const struct link *link) {
    if (link->kind == LINK_NONE) return;
    for (uint32_t i = 0; i < step->nentries; i++) {
        struct entry *e = &step->entries[i];
        if (e->link != LINK_OPEN) continue;
        e->link = edge_link_of(link->kind);
        if (link->least_ns > e->least_ns) e->least_ns = link->least_ns;
        if (link->most_ns >= 0 && (e->most_ns < 0 || link->most_ns < e->most_ns))
            e->most_ns = link->most_ns;
    }
}

/* `no x` between two steps: kills that wait for the next step that takes. */
static const struct kill_list *add_nots(struct builder *b, const struct kill_list *nots,
                                        const struct pattern *no) {
    for (uint32_t i = 0; i < no->nnames; i++) {
        struct nfa_kill k = {name_number(b, no->names[i]),
                             no->link.kind == LINK_NEXT ? KILL_NEXT : KILL_CLOSES};
        nots = add_kill(b, nots, k);
    }
    return nots;
}

static bool refuse_leading_no(struct builder *b, const struct pattern *no) {
    struct diag *m = diag_error(b->diags, no->span,
                                "a pattern cannot begin with `no`: there is no event yet after "
                                "which something could be absent");
    diag_help(b->diags, m,
              "begin with a step that takes an event, for example `beat then no beat for 60s`");
    b->failed = true;
    return false;
}

/* `no x` at the end: what could be left now waits for the clock. Without `for` the time is when the
 * window around it closes: which one that is, apply_within and finish say. */
static void wait_for_absence(struct builder *b, struct fragment *f, const struct kill_list *nots,
                             int64_t for_ns) {
    for (uint32_t i = 0; i < f->nexits; i++) {
        struct exit_ *x = &f->exits[i];
        x->kills = join_kills(b, x->kills, nots);
        x->clock = (struct clock){for_ns ? CLOCK_TAKEN : CLOCK_WINDOW, 0, for_ns};
        const struct draft_state *s = &b->states[x->state];
        if (for_ns && s->variable == NO_VARIABLE)
            x->clock = (struct clock){CLOCK_STAMP, s->since, for_ns};
    }
}

static bool check_for(struct builder *b, const struct pattern *p, uint32_t i) {
    const struct pattern *no = p->children[i];
    if (!no->for_ns || i + 1 == p->nchildren) return true;
    struct diag *m = diag_error(b->diags, no->span,
                                "`no … for` waits for the clock: it can only end a pattern");
    diag_help(b->diags, m,
              "between two steps write `no x` without `for`, and the time on the link: "
              "`a then no x then after 60s b`");
    b->failed = true;
    return false;
}

static bool append_step(struct builder *b, struct fragment *f, struct fragment *step,
                        const struct kill_list *nots) {
    for (uint32_t i = 0; i < step->nentries; i++) {
        struct entry *e = &step->entries[i];
        e->kills = join_kills(b, e->kills, nots);
        for (uint32_t j = 0; j < f->nexits; j++)
            if (!join(b, &f->exits[j], e, EDGE_THEN)) return false;
        if (f->nullable && !push_entry(b, f, *e)) return false;
    }
    if (step->nullable) {
        for (uint32_t j = 0; j < f->nexits; j++)
            f->exits[j].kills = join_kills(b, f->exits[j].kills, nots);
    } else {
        f->nexits = 0;
    }
    for (uint32_t j = 0; j < step->nexits; j++) push_exit(b, f, step->exits[j]);
    f->nullable &= step->nullable;
    return true;
}

static bool build_sequence(struct builder *b, const struct pattern *p, struct fragment *f) {
    *f = (struct fragment){.nullable = true, .first_state = (uint16_t)b->nstates};
    const struct kill_list *nots = NULL;
    const struct pattern *pending = NULL; /* the last `no` that no step has used up */
    for (uint32_t i = 0; i < p->nchildren; i++) {
        const struct pattern *child = p->children[i];
        if (child->kind == PATTERN_NO) {
            if (i == 0) return refuse_leading_no(b, child);
            if (!check_for(b, p, i)) return false;
            nots = add_nots(b, nots, child);
            pending = child;
            continue;
        }
        struct fragment step;
        if (!build(b, child, &step)) return false;
        link_entries(&step, &child->link);
        if (!append_step(b, f, &step, nots)) return false;
        if (!step.nullable) pending = NULL;
        nots = NULL;
    }
    if (nots) {
        wait_for_absence(b, f, nots, p->children[p->nchildren - 1]->for_ns);
    } else if (pending) {
        struct diag *m = diag_error(b->diags, pending->span,
                                    "`no` with only optional steps after it says nothing: the "
                                    "pattern has matched before it");
        diag_help(b->diags, m, "let a step that must be taken follow");
        b->failed = true;
        return false;
    }
    f->end_state = (uint16_t)b->nstates;
    return true;
}

/* ---- all(…), n of (…) ------------------------------------------------------------------------ */

/* Any order: a counter is a set of the parts that have been taken. A part is entered if it is not
 * in the set; the whole can be left when the set is large enough. */
static bool build_some(struct builder *b, const struct pattern *p, struct fragment *f) {
    uint32_t n = p->nchildren, wanted = p->kind == PATTERN_ALL ? n : (uint32_t)p->some;
    *f = (struct fragment){.first_state = (uint16_t)b->nstates};
    if (n > MAX_PARTS) return fail_large(b, p->span, "parts in any order", MAX_PARTS);
    if (p->kind == PATTERN_SOME && (p->some < 1 || p->some > n)) {
        diag_error(b->diags, p->span, "%lld of %u: expected a number from 1 to %u",
                   (long long)p->some, n, n);
        b->failed = true;
        return false;
    }
    uint32_t set = b->ncounters++;
    if (b->ncounters > MAX_COUNTERS) return fail_large(b, p->span, "counted loops", MAX_COUNTERS);
    struct fragment *parts = arena_array(b->arena, struct fragment, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!build(b, p->children[i], &parts[i])) return false;
        if (parts[i].nullable) {
            diag_error(b->diags, p->children[i]->span,
                       "a part in any order must be taken: this one can be empty");
            b->failed = true;
            return false;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < parts[i].nentries; j++) {
            struct entry e = parts[i].entries[j];
            const struct action_list *inner = e.actions;
            e.actions = add_action(b, inner, ACTION_MARK, set, i);
            for (uint32_t k = 0; k < n; k++) {
                for (uint32_t l = 0; k != i && l < parts[k].nexits; l++) {
                    struct exit_ x = parts[k].exits[l];
                    x.guards = add_guard(b, x.guards, GUARD_LACKS, set, i);
                    if (!join(b, &x, &e, EDGE_THEN)) return false;
                }
            }
            e.actions = add_action(b, inner, ACTION_SET, set, UINT32_C(1) << i);
            if (!push_entry(b, f, e)) return false;
        }
        for (uint32_t j = 0; j < parts[i].nexits; j++) {
            struct exit_ x = parts[i].exits[j];
            x.guards = add_guard(b, x.guards, GUARD_HAS_BITS, set, wanted);
            x.actions = join_actions(b, x.actions, add_action(b, NULL, ACTION_SET, set, 0));
            push_exit(b, f, x);
        }
    }
    f->end_state = (uint16_t)b->nstates;
    return true;
}

/* ---- counts ---------------------------------------------------------------------------------- */

/* The way back: the body's exits joined with its entries. */
static bool loop_back(struct builder *b, const struct pattern *p, struct fragment *f, bool counted,
                      uint32_t counter) {
    int64_t least = p->count.least, most = p->count.most;
    bool finite = most != COUNT_UNBOUNDED;
    enum edge_link inner = p->inner == INNER_IN_A_ROW       ? EDGE_NEXT
                           : p->inner == INNER_COMBINATIONS ? EDGE_EACH
                                                            : EDGE_THEN;
    for (uint32_t i = 0; i < f->nexits; i++) {
        for (uint32_t j = 0; j < f->nentries; j++) {
            struct exit_ x = f->exits[i];
            struct entry e = f->entries[j];
            if (p->until.text.n)
                e.kills =
                    add_kill(b, e.kills, (struct nfa_kill){name_number(b, p->until), KILL_CLOSES});
            if (counted) {
                x.actions = join_actions(
                    b, x.actions,
                    add_action(b, NULL, ACTION_ADD, counter, (uint32_t)(finite ? most : least)));
                if (finite) x.guards = add_guard(b, x.guards, GUARD_BELOW, counter, (uint32_t)most);
            }
            if (p->count.reluctant && counted && least > 1) { /* eager below the minimum */
                struct exit_ below = x, from = x;
                below.guards = add_guard(b, x.guards, GUARD_BELOW, counter, (uint32_t)least);
                from.guards = add_guard(b, x.guards, GUARD_AT_LEAST, counter, (uint32_t)least);
                if (!join(b, &below, &e, inner)) return false;
                e.reluctant = true;
                if (!join(b, &from, &e, inner)) return false;
                continue;
            }
            e.reluctant |= p->count.reluctant;
            if (!join(b, &x, &e, inner)) return false;
        }
    }
    return true;
}

static bool check_count(struct builder *b, const struct pattern *p, const struct fragment *body) {
    const struct count *c = &p->count;
    if (c->most == 0) {
        struct diag *m =
            diag_error(b->diags, c->span, "a step that is taken 0 times takes nothing");
        diag_help(b->diags, m, "leave the step out, or write `optional`");
    } else if (c->most != COUNT_UNBOUNDED && c->most < c->least) {
        diag_error(b->diags, c->span, "the most, %lld, is below the least, %lld",
                   (long long)c->most, (long long)c->least);
    } else if (c->least > 1000000 || c->most > 1000000) {
        diag_error(b->diags, c->span, "a count goes up to 1000000");
    } else if (body->nullable && c->most == COUNT_UNBOUNDED) {
        struct diag *m =
            diag_error(b->diags, p->span,
                       "a loop over something that can be empty could go round without "
                       "an event");
        diag_help(b->diags, m, "let one step inside the parentheses be one that must be taken");
    } else {
        return true;
    }
    b->failed = true;
    return false;
}

static bool apply_count(struct builder *b, const struct pattern *written, struct fragment *f) {
    if (!check_count(b, written, f)) return false;
    struct pattern loop = *written;
    if (f->nullable) loop.count.least = 0; /* a round may be empty, so any of them may */
    const struct pattern *p = &loop;
    const struct count *c = &p->count;
    bool loops = c->most != 1;
    bool counted = loops && (c->least > 1 || c->most != COUNT_UNBOUNDED);
    uint32_t counter = b->ncounters;
    if (counted && ++b->ncounters > MAX_COUNTERS)
        return fail_large(b, c->span, "counted loops", MAX_COUNTERS);
    struct nfa_kill holds = {0, KILL_HOLDS};
    if (p->until.text.n) holds.variable = name_number(b, p->until);
    if (p->until.text.n) /* an event that is also u is not the first of the loop, nor a later one */
        for (uint32_t i = 0; i < f->nentries; i++)
            f->entries[i].kills = add_kill(b, f->entries[i].kills, holds);
    if (loops && !loop_back(b, p, f, counted, counter)) return false;
    for (uint32_t i = 0; i < f->nentries; i++) {
        struct entry *e = &f->entries[i];
        if (counted) e->actions = add_action(b, e->actions, ACTION_SET, counter, 1);
        if (c->reluctant && c->least == 0) e->reluctant = true;
    }
    for (uint32_t i = 0; counted && i < f->nexits; i++) {
        struct exit_ *x = &f->exits[i];
        if (c->least > 1)
            x->guards = add_guard(b, x->guards, GUARD_AT_LEAST, counter, (uint32_t)c->least);
        x->actions = join_actions(b, x->actions, add_action(b, NULL, ACTION_SET, counter, 0));
    }
    if (c->least == 0) f->nullable = true;
    return true;
}

/* ---- windows inside the pattern -------------------------------------------------------------- */

static bool one_event(const struct pattern *p) {
    if (p->kind != PATTERN_SEQUENCE || p->nchildren != 1) return false;
    p = p->children[0];
    if (p->count.most != 1) return false;
    return p->kind == PATTERN_NAME || one_event(p);
}

/* (p within D): the time of the first event is stamped on entering and every edge inside is limited
 * by it. Around a single event that would say nothing: there D counts from the step before
 * (within_step). */
static bool apply_within(struct builder *b, const struct pattern *p, struct fragment *f) {
    if (one_event(p)) {
        for (uint32_t i = 0; i < f->nentries; i++) {
            struct entry *e = &f->entries[i];
            if (e->most_ns < 0 || p->within_ns < e->most_ns) e->most_ns = p->within_ns;
        }
        return true;
    }
    uint32_t stamp = b->nstamps++;
    if (b->nstamps > MAX_STAMPS)
        return fail_large(b, p->within_span, "windows inside it", MAX_STAMPS);
    for (uint32_t i = 0; i < f->nentries; i++)
        f->entries[i].actions = add_action(b, f->entries[i].actions, ACTION_STAMP, stamp, 0);
    for (uint32_t i = 0; i < f->nexits; i++) {
        struct exit_ *x = &f->exits[i];
        x->actions = join_actions(b, x->actions, add_action(b, NULL, ACTION_CLEAR, stamp, 0));
        if (x->clock.kind == CLOCK_WINDOW)
            x->clock = (struct clock){CLOCK_STAMP, (uint16_t)stamp, p->within_ns};
    }
    for (uint32_t s = f->first_state; s < f->end_state; s++) {
        for (uint32_t i = 0; i < b->states[s].n; i++) {
            struct draft *d = &b->states[s].edges[i];
            struct limit_list *l = arena_new(b->arena, struct limit_list);
            *l = (struct limit_list){{(uint16_t)stamp, p->within_ns}, d->limits};
            d->limits = l;
        }
    }
    return true;
}

/* ---- unbroken runs: for, lasting ------------------------------------------------------------- */

/* `a for D gap G` and `a lasting D`: a loop that any other event breaks, the time of its first
 * event stamped. `for` can be left by an event that makes it long enough, `lasting` by the clock,
 * into a state where nothing is taken. An event whose neighbour before belongs to the same unbroken
 * run does not begin one: `streaks` tells the compiler to find that out
 * (program_variable.streak_code). */
static bool build_unbroken(struct builder *b, const struct pattern *p, struct fragment *f) {
    if (p->kind != PATTERN_NAME || p->count.written || p->optional) {
        struct diag *m = diag_error(b->diags, p->for_span, "`%s` stands behind a name alone",
                                    p->for_ns ? "for" : "lasting");
        diag_help(b->diags, m, "put the name and its time in parentheses: `(a for 10s) 2 times`");
        b->failed = true;
        return false;
    }
    uint32_t stamp = b->nstamps++;
    if (b->nstamps > MAX_STAMPS) return fail_large(b, p->for_span, "windows inside it", MAX_STAMPS);
    int64_t gap = p->for_ns && p->gap_ns ? p->gap_ns : -1;
    b->streaks[b->nvariables] = gap >= 0 ? gap : INT64_MAX;
    if (!build_name(b, f)) return false;
    struct exit_ *x = &f->exits[0];
    struct entry again = f->entries[0];
    again.most_ns = gap;
    if (!join(b, x, &again, EDGE_NEXT)) return false;
    f->entries[0].actions = add_action(b, NULL, ACTION_STAMP, stamp, 0);
    if (p->for_ns) {
        x->guards = add_guard(b, NULL, GUARD_LASTED, stamp, 0);
        ((struct guard_list *)x->guards)->guard.span_ns = p->for_ns;
    } else {
        struct draft d = {.target = new_state(b, NO_VARIABLE),
                          .link = EDGE_NEXT,
                          .most_ns = -1,
                          .actions = add_action(b, NULL, ACTION_STAMP, stamp, 0),
                          .clock = {CLOCK_STAMP, (uint16_t)stamp, p->lasting_ns}};
        b->states[d.target].since = (uint16_t)stamp; /* from now on of when it was complete */
        if (!add_edge(b, x->state, d)) return false;
        x->state = d.target;
        f->end_state = (uint16_t)b->nstates;
    }
    x->actions = add_action(b, NULL, ACTION_CLEAR, stamp, 0);
    return true;
}

/* ---- a pattern ------------------------------------------------------------------------------- */

static bool build(struct builder *b, const struct pattern *p, struct fragment *f) {
    if ((p->for_ns && p->kind != PATTERN_NO) || p->lasting_ns) return build_unbroken(b, p, f);
    bool made = false;
    switch (p->kind) {
    case PATTERN_NAME: made = build_name(b, f); break;
    case PATTERN_SEQUENCE: made = build_sequence(b, p, f); break;
    case PATTERN_OR: made = build_or(b, p, f); break;
    case PATTERN_ALL:
    case PATTERN_SOME: made = build_some(b, p, f); break;
    case PATTERN_NO:
        diag_error(b->diags, p->span,
                   "`no` stands between two steps of a sequence or at its end, not alone");
        b->failed = true;
        return false;
    }
    if (!made) return false;
    if (p->within_ns >= 0 && !apply_within(b, p, f)) return false;
    if (p->until.text.n && p->count.most == 1) {
        struct diag *m =
            diag_error(b->diags, p->until.span, "`until` ends a loop, and `%.*s` is taken once",
                       STR_FMT(span_text(b->diags->sources, p->span)));
        diag_help(b->diags, m, "give it a count, such as `1 or more times`");
        b->failed = true;
        return false;
    }
    if (p->count.written && !apply_count(b, p, f)) return false;
    if (p->optional) f->nullable = true;
    return true;
}

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
    *fresh_only = a->link == EDGE_NEXT;
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

static bool finish(struct builder *b, const struct pattern *p, const struct fragment *f,
                   struct nfa *out) {
    struct exit_ start = {.state = 0};
    for (uint32_t i = 0; i < f->nentries; i++) {
        struct entry e = f->entries[i];
        e.link = EDGE_EACH; /* every event may start a run */
        e.least_ns = 0;
        e.most_ns = -1;
        if (!join(b, &start, &e, EDGE_EACH)) return false;
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

bool nfa_build(struct arena *arena, const struct pattern *pattern, struct diags *diags,
               struct nfa *nfa) {
    struct builder b = {.arena = arena, .diags = diags, .nstates = 1, .span = pattern->span};
    uint32_t ntaken;
    *nfa = (struct nfa){.within_ns = -1};
    b.names = nfa_names(arena, pattern, &b.nnames, &ntaken);
    if (2 * b.nnames + 1 > MAX_STATES)
        return fail_large(&b, pattern->span, "names", MAX_STATES / 2 - 1);
    b.states = arena_array(arena, struct draft_state, 2 * ntaken + 1); /* a clock may add one */
    b.states[0].variable = NO_VARIABLE;
    b.streaks = nfa->streaks = arena_array(arena, int64_t, ntaken + 1);
    struct pattern inner = *pattern; /* the outermost window is the rule's, not a stamp's */
    inner.within_ns = -1;
    struct fragment f;
    if (!build(&b, &inner, &f)) return false;
    if (!f.nentries) {
        diag_error(diags, pattern->span, "this pattern can only match empty");
        return false;
    }
    return finish(&b, pattern, &f, nfa);
}
