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
 *
 * Here: steps, sequences, alternatives. Loops, time and the last pass have files of their own,
 * listed in nfa_internal.h.
 */
#include "base/map.h"
#include "rules/nfa_internal.h"

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

/* ---- steps ----------------------------------------------------------------------------------- */

bool build_name(struct builder *b, struct fragment *f) {
    uint16_t state = new_state(b, (uint16_t)b->nvariables++);
    *f = (struct fragment){.first_state = state, .end_state = (uint16_t)(state + 1)};
    push_exit(b, f, (struct exit_){.state = state});
    return push_entry(b, f, (struct entry){.target = state, .link = LINK_OPEN, .most_ns = -1});
}

static bool build_or(struct builder *b, const struct pattern *p, struct fragment *f) {
    *f = (struct fragment){.first_state = (uint16_t)b->nstates};
    for (uint32_t i = 0; i < p->nchildren; i++) {
        struct fragment g;
        if (!build_pattern(b, p->children[i], &g)) return false;
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
            if (!join_edge(b, &f->exits[j], e, EDGE_THEN)) return false;
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
        if (!build_pattern(b, child, &step)) return false;
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

/* ---- a pattern ------------------------------------------------------------------------------- */

bool build_pattern(struct builder *b, const struct pattern *p, struct fragment *f) {
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

/* A name that did not parse: a message has been given. */
static bool unreadable(const struct pattern *p) {
    bool found = p->kind == PATTERN_NAME && !p->name.text.n;
    for (uint32_t i = 0; i < p->nnames && !found; i++) found = !p->names[i].text.n;
    for (uint32_t i = 0; i < p->nchildren && !found; i++) found = unreadable(p->children[i]);
    return found;
}

bool nfa_build(struct arena *arena, const struct pattern *pattern, struct diags *diags,
               struct nfa *nfa) {
    struct builder b = {.arena = arena, .diags = diags, .nstates = 1, .span = pattern->span};
    uint32_t ntaken;
    *nfa = (struct nfa){.within_ns = -1};
    if (unreadable(pattern)) return false;
    b.names = nfa_names(arena, pattern, &b.nnames, &ntaken);
    if (2 * b.nnames + 1 > MAX_STATES)
        return fail_large(&b, pattern->span, "names", MAX_STATES / 2 - 1);
    b.states = arena_array(arena, struct draft_state, 2 * ntaken + 1); /* a clock may add one */
    b.states[0].variable = NO_VARIABLE;
    b.streaks = nfa->streaks = arena_array(arena, int64_t, ntaken + 1);
    /* The outermost window is the rule's, not a stamp's; but each round of a loop has its own. */
    struct pattern inner = *pattern, whole = *pattern;
    if (pattern->count.written && pattern->count.most != 1) whole.within_ns = -1;
    else inner.within_ns = -1;
    struct fragment f;
    if (!build_pattern(&b, &inner, &f)) return false;
    if (!f.nentries) {
        diag_error(diags, pattern->span, "this pattern can only match empty");
        return false;
    }
    return finish_nfa(&b, &whole, &f, nfa);
}
