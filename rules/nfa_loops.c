/* nfa_loops: what goes round: counted loops, and parts in any order, which are a loop that takes
 * each part once.
 */
#include "rules/nfa_internal.h"

enum { MAX_PARTS = 32 /* of all(…): bits of a counter */ };

/* ---- all(…), n of (…) ------------------------------------------------------------------------ */

/* Any order: a counter is a set of the parts that have been taken. A part is entered if it is not
 * in the set, and the set too small yet; the whole can be left when the set is large enough. */
bool build_some(struct builder *b, const struct pattern *p, struct fragment *f) {
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
        if (!build_pattern(b, p->children[i], &parts[i])) return false;
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
                    if (wanted < n)
                        x.guards = add_guard(b, x.guards, GUARD_FEW_BITS, set, wanted);
                    if (!join_edge(b, &x, &e, EDGE_THEN)) return false;
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
                if (!join_edge(b, &below, &e, inner)) return false;
                e.reluctant = true;
                if (!join_edge(b, &from, &e, inner)) return false;
                continue;
            }
            e.reluctant |= p->count.reluctant;
            if (!join_edge(b, &x, &e, inner)) return false;
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

bool apply_count(struct builder *b, const struct pattern *written, struct fragment *f) {
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
