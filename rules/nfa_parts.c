/* nfa_parts: what fragments are made of: short lists that they share, edges, entries and exits.
 *
 * A list is never changed: what is added goes in front, and who had the list before still has it.
 */
#include "base/log.h"
#include "rules/nfa_internal.h"

/* Only names under `no` and `until` are looked up: those of the pattern are numbered as they
 * come. */
uint16_t name_number(struct builder *b, struct name name) {
    for (uint32_t i = 0; i < b->nnames; i++)
        if (str_equal(b->names[i].text, name.text)) return (uint16_t)i;
    panic("`%.*s` is not among the names of its pattern", STR_FMT(name.text));
}

/* ---- lists ----------------------------------------------------------------------------------- */

bool has_kill(const struct kill_list *l, struct nfa_kill k) {
    for (; l; l = l->next)
        if (l->kill.variable == k.variable && l->kill.kind == k.kind) return true;
    return false;
}

const struct kill_list *add_kill(struct builder *b, const struct kill_list *l,
                                 struct nfa_kill k) {
    if (has_kill(l, k)) return l;
    struct kill_list *new = arena_new(b->arena, struct kill_list);
    *new = (struct kill_list){k, l};
    return new;
}

const struct kill_list *join_kills(struct builder *b, const struct kill_list *l,
                                   const struct kill_list *more) {
    for (; more; more = more->next) l = add_kill(b, l, more->kill);
    return l;
}

const struct guard_list *add_guard(struct builder *b, const struct guard_list *l,
                                   enum guard_kind kind, uint32_t counter, uint32_t value) {
    struct guard_list *new = arena_new(b->arena, struct guard_list);
    *new = (struct guard_list){{(uint16_t)kind, (uint16_t)counter, value, 0}, l};
    return new;
}

const struct action_list *add_action(struct builder *b, const struct action_list *l,
                                     enum action_kind kind, uint32_t slot, uint32_t value) {
    struct action_list *new = arena_new(b->arena, struct action_list);
    *new = (struct action_list){{(uint16_t)kind, (uint16_t)slot, value}, l};
    return new;
}

/* `first` before `then`: leaving actions before entering ones. */
const struct action_list *join_actions(struct builder *b, const struct action_list *first,
                                       const struct action_list *then) {
    if (!first) return then;
    return add_action(b, join_actions(b, first->next, then), (enum action_kind)first->action.kind,
                      first->action.slot, first->action.value);
}

/* ---- edges ----------------------------------------------------------------------------------- */

bool fail_large(struct builder *b, struct span at, const char *what, unsigned most) {
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

bool add_edge(struct builder *b, uint16_t from, struct draft d) {
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

bool join_edge(struct builder *b, const struct exit_ *x, const struct entry *e,
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

bool push_entry(struct builder *b, struct fragment *f, struct entry e) {
    if (f->nentries == MAX_EDGES)
        return fail_large(b, b->span, "steps that can come first", MAX_EDGES);
    arena_push(b->arena, f->entries, f->nentries, f->entries_cap, e);
    return true;
}

void push_exit(struct builder *b, struct fragment *f, struct exit_ x) {
    arena_push(b->arena, f->exits, f->nexits, f->exits_cap, x);
}

uint16_t new_state(struct builder *b, uint16_t variable) {
    b->states[b->nstates].variable = variable;
    return (uint16_t)b->nstates++;
}
