/* nfa_time: what time does inside a pattern. Stamps keep when something was: the first event of a
 * part with a window, the first of an unbroken run, the end of `lasting`.
 *
 *   (p within D)        every edge inside is taken at most D after the stamp
 *   a for D             a loop that any other event of its stream breaks, left once the stamp is D
 *                       old
 *   a lasting D         the same, left by the clock
 *   no x [for D]        at the end: the way out waits for the clock, x closes it
 */
#include "rules/nfa_internal.h"

/* ---- absence --------------------------------------------------------------------------------- */

/* `no x` at the end: what could be left now waits for the clock. Without `for` the time is when the
 * window around it closes: which one that is, apply_within and finish say. */
void wait_for_absence(struct builder *b, struct fragment *f, const struct kill_list *nots,
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
bool apply_within(struct builder *b, const struct pattern *p, struct fragment *f) {
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

static const struct guard_list *lasts(struct builder *b, enum guard_kind kind, uint32_t stamp,
                                      int64_t span_ns) {
    const struct guard_list *l = add_guard(b, NULL, kind, stamp, 0);
    ((struct guard_list *)l)->guard.span_ns = span_ns;
    return l;
}

/* `a for D gap G` and `a lasting D`: a loop that any other event of its stream breaks, the time of
 * its first event stamped. `for` is left by the first event that makes it long enough, `lasting` by
 * the clock, into a state where nothing is taken; neither takes more from then on. An event whose
 * neighbour before belongs to the same unbroken run does not begin one: `streaks` tells the
 * compiler to find that out (program_variable.streak_code). */
bool build_unbroken(struct builder *b, const struct pattern *p, struct fragment *f) {
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
    struct exit_ *x = &f->exits[0], back = *x;
    struct entry again = f->entries[0];
    again.most_ns = gap;
    if (p->for_ns) back.guards = lasts(b, GUARD_SHORT, stamp, p->for_ns);
    if (!join_edge(b, &back, &again, EDGE_OWN)) return false;
    f->entries[0].actions = add_action(b, NULL, ACTION_STAMP, stamp, 0);
    if (p->for_ns) {
        x->guards = lasts(b, GUARD_LASTED, stamp, p->for_ns);
    } else {
        struct draft d = {.target = new_state(b, NO_VARIABLE),
                          .link = EDGE_OWN,
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
