/* random: patterns, conditions, clauses and streams, see pattern.h. A part that is seldom combined
 * with others is made often: each clause stands in a quarter of the cases or more.
 *
 * What the compiler refuses is not made: a loop over a group that can be empty, a `no` that only
 * optional steps follow. Not made either, as docs/language.md does not say what it would mean: a
 * `no` behind a step that may be left out, `until` on groups, a window around a single event or
 * around `lasting`. */
#include "tests/twin/pattern.h"

#include <string.h>

struct maker {
    struct twin_case *c;
    uint64_t seed;
    bool unbroken; /* `for` and `lasting` are made */
    bool windowed; /* inside of a group with a window */
};

static int below(struct maker *m, int n) {
    m->seed = m->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((m->seed >> 33) % (uint64_t)n);
}

static bool one_in(struct maker *m, int n) { return below(m, n) == 0; }

/* ---- the tree -------------------------------------------------------------------------------- */

static struct step *new_step(struct maker *m, enum step_kind kind) {
    struct step *s = &m->c->steps[m->c->nsteps++];
    *s = (struct step){.kind = kind, .letter = NO_LETTER, .least = 1, .most = 1, .gap_ms = -1,
                       .inner = STEP_THEN, .until = NO_LETTER, .within_ms = -1};
    s->follow = (struct step_follow){STEP_THEN, 0, -1};
    return s;
}

static bool may_be_empty(const struct step *s) {
    bool all = true, any = false;
    if (s->kind == STEP_NO || s->least == 0) return true;
    if (s->kind == STEP_NAME || s->kind == STEP_ALL) return false;
    for (int i = 0; i < s->nchildren; i++) {
        bool empty = may_be_empty(s->children[i]);
        all &= empty;
        any |= empty;
    }
    return s->kind == STEP_OR ? any : all;
}

static void random_follow(struct maker *m, struct step *s) {
    static const enum step_link links[] = {STEP_THEN, STEP_THEN, STEP_NEXT, STEP_EACH};
    s->follow.link = links[below(m, 4)];
    if (s->follow.link == STEP_NEXT || !one_in(m, 4)) return;
    int kind = below(m, 3);
    if (kind != 0 && !m->unbroken) s->follow.least_ms = 1000 * (1 + below(m, 2));
    if (kind != 1) s->follow.most_ms = s->follow.least_ms + 1000 * (1 + below(m, 3));
}

static void random_count(struct maker *m, struct step *s, bool may_loop) {
    static const struct { int least, most; } counts[] = {
        {0, 1}, {0, 1}, {1, -1}, {0, -1}, {2, 2}, {1, 3}, {2, -1}, {0, 2}, {2, 3}, {3, -1},
    };
    if (!one_in(m, 2)) return;
    int i = below(m, may_loop ? 10 : 2);
    s->least = counts[i].least;
    s->most = counts[i].most;
    s->reluctant = s->least != s->most && one_in(m, 4);
    if (s->most == 1) return;
    s->inner = one_in(m, 2) ? STEP_THEN : one_in(m, 2) ? STEP_NEXT : STEP_EACH;
    if (s->kind == STEP_NAME && one_in(m, 4)) s->until = LETTER_U;
}

static struct step *random_name(struct maker *m) {
    struct step *s = new_step(m, STEP_NAME);
    s->letter = m->c->ntaken++;
    return s;
}

/* A name alone becomes an unbroken run, now and then. */
static void random_unbroken(struct maker *m, struct step *s) {
    if (!m->unbroken || s->least != 1 || s->most != 1 || !one_in(m, 2)) return;
    if (m->windowed || one_in(m, 2)) {
        s->for_ms = 1000 * (1 + below(m, 2));
        if (one_in(m, 2)) s->gap_ms = 500 * (1 + below(m, 2));
    } else {
        s->lasting_ms = 1000 * (1 + below(m, 3));
    }
}

static struct step *random_step(struct maker *m, int depth);

static struct step *random_names(struct maker *m, enum step_kind kind) {
    struct step *s = new_step(m, kind);
    s->nchildren = 2 + (m->c->ntaken < 4 && one_in(m, 3));
    for (int i = 0; i < s->nchildren; i++) {
        s->children[i] = random_name(m);
        if (one_in(m, 4)) s->children[i]->most = 1 + below(m, 3);
        random_unbroken(m, s->children[i]);
    }
    s->some = s->nchildren - one_in(m, 3);
    return s;
}

static void fill_sequence(struct maker *m, struct step *s, int n, int depth) {
    for (int i = 0; i < n && m->c->ntaken < 6 && s->nchildren < MAX_CHILDREN; i++) {
        const struct step *before = s->nchildren ? s->children[s->nchildren - 1] : NULL;
        if (before && !may_be_empty(before) && one_in(m, 5) && s->nchildren < MAX_CHILDREN - 1) {
            struct step *no = new_step(m, STEP_NO);
            no->letter = LETTER_X + below(m, 2);
            no->follow.link = one_in(m, 3) ? STEP_NEXT : STEP_THEN;
            s->children[s->nchildren++] = no;
            struct step *name = random_name(m);
            random_follow(m, name);
            random_unbroken(m, name);
            s->children[s->nchildren++] = name;
            continue;
        }
        struct step *step = random_step(m, depth);
        random_follow(m, step);
        s->children[s->nchildren++] = step;
    }
}

/* A group has a name that must be taken; with a window two, as it has two ends. Loops may stand in
 * loops. */
static struct step *random_group(struct maker *m, int depth) {
    struct step *s = new_step(m, STEP_SEQUENCE);
    bool optional_first = one_in(m, 4);
    s->children[s->nchildren++] = random_name(m);
    s->children[0]->least = optional_first ? 0 : 1;
    if (one_in(m, 4)) s->children[0]->most = optional_first ? 2 : -1;
    if (!optional_first && one_in(m, 4)) return s;
    bool windowed = m->windowed;
    if (!optional_first && one_in(m, 3)) s->within_ms = 1000 * (1 + below(m, 5));
    m->windowed |= s->within_ms >= 0;
    struct step *second = random_name(m);
    random_follow(m, second);
    if (one_in(m, 4)) second->most = 1 + below(m, 3);
    random_unbroken(m, second);
    s->children[s->nchildren++] = second;
    if (one_in(m, 3)) fill_sequence(m, s, 1, depth - 1);
    m->windowed = windowed;
    return s;
}

static struct step *random_step(struct maker *m, int depth) {
    struct step *s;
    bool group = depth > 0 && m->c->ntaken < 4;
    if (group && one_in(m, 4)) s = random_group(m, depth);
    else if (group && one_in(m, 10)) s = random_names(m, STEP_OR);
    else if (group && one_in(m, 10)) s = random_names(m, STEP_ALL);
    else s = random_name(m);
    random_count(m, s, s->kind != STEP_ALL);
    if (s->kind == STEP_NAME) random_unbroken(m, s);
    return s;
}

static void random_pattern(struct maker *m) {
    struct twin_case *c = m->c;
    c->root = new_step(m, STEP_SEQUENCE);
    fill_sequence(m, c->root, 1 + below(m, 3), 2);
    if (may_be_empty(c->root)) {
        struct step *last = random_name(m);
        if (c->root->nchildren == MAX_CHILDREN) c->root->nchildren--;
        c->root->children[c->root->nchildren++] = last;
    }
    if (c->mode == MODE_LONGEST ? !one_in(m, 4) : one_in(m, 2))
        c->within_ms = 1000 * (1 + below(m, 8));
    const struct step *last = c->root->children[c->root->nchildren - 1];
    c->trailing_ms = c->within_ms < 0 || one_in(m, 3) ? 1000 * (1 + below(m, 4)) : -1;
    if (!may_be_empty(last) && one_in(m, 4)) c->trailing = LETTER_X;
}

/* ---- conditions ------------------------------------------------------------------------------ */

static void random_look(struct maker *m, int v, bool far) {
    struct twin_case *c = m->c;
    struct condition_of *cond = &c->conditions[v];
    bool one_stream = c->nstreams == 1;
    if (!one_in(m, 2)) return;
    cond->look = (enum look)(1 + below(m, (one_stream ? LOOKS : LOOK_PREV) - 1));
    bool itself = cond->look == LOOK_SUM || cond->look == LOOK_COUNT || cond->look == LOOK_WHERE;
    if (v == 0 && cond->look < LOOK_PREV) cond->look = one_stream ? LOOK_OVER : LOOK_NOWHERE;
    cond->of = far && v ? below(m, v + itself) : 0;
    cond->number = 1 + below(m, 3);
}

static void random_conditions(struct maker *m) {
    if (!one_in(m, 3)) return;
    bool far = one_in(m, 2); /* else only at what every way begins with */
    for (int v = 0; v < m->c->ntaken; v++) random_look(m, v, far);
}

static void random_having(struct maker *m) {
    struct twin_case *c = m->c;
    if (!one_in(m, 6)) return;
    c->having = one_in(m, 2) ? HAVING_FIRST : (enum having)(1 + below(m, HAVINGS - 1));
    c->having_of = below(m, c->ntaken);
    c->having_other = below(m, c->ntaken);
    c->having_number = 1 + below(m, 3);
}

/* ---- the stream ------------------------------------------------------------------------------ */

static void random_events(struct maker *m) {
    struct twin_case *c = m->c;
    int at = 0, often = 2 + below(m, 3), places[MAX_STREAMS] = {0};
    int most = m->unbroken ? 1 + below(m, 3) : 3;
    c->nevents = 4 + below(m, MAX_EVENTS - 3);
    for (int i = 0; i < c->nevents; i++) {
        struct event_of *e = &c->events[i];
        *e = (struct event_of){.n = one_in(m, 12) ? -1 : below(m, 5), .at_ms = at};
        for (int k = 1 + below(m, often); k > 0; k--)
            e->letters |= UINT32_C(1) << below(m, c->ntaken);
        if (one_in(m, 10)) e->letters = 0;
        if (one_in(m, 8)) e->letters |= UINT32_C(1) << (LETTER_X + below(m, 2));
        if (one_in(m, 8)) e->letters |= UINT32_C(1) << LETTER_U;
        if (m->unbroken && i && one_in(m, 2)) e->letters |= c->events[i - 1].letters;
        e->key = c->nkeys > 1 && one_in(m, 12) ? -1 : below(m, c->nkeys);
        e->stream = below(m, c->nstreams);
        at += 500 * below(m, most + 1);
    }
    /* How they arrive: now and then one later than those after it. */
    for (int swaps = one_in(m, 4) ? 1 + below(m, 6) : 0; swaps > 0; swaps--) {
        int i = below(m, c->nevents), to = i + 1 + below(m, 3);
        struct event_of late = c->events[i];
        for (; i < to && i + 1 < c->nevents; i++) c->events[i] = c->events[i + 1];
        c->events[i] = late;
        c->lateness_ms = 500 * below(m, 6);
    }
    for (int i = 0; i < c->nevents; i++) c->events[i].place = places[c->events[i].stream]++;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What a match discards must not depend on which of two ways was preferred: see run.c. */
static enum skip nested_skip(const struct maker *m) {
    const struct twin_case *c = m->c;
    if (c->mode == MODE_ALL_WAYS) return SKIPS_NOTHING;
    bool ends = c->skip == SKIPS_PAST_LAST && c->trailing < 0 && !m->unbroken;
    return ends ? SKIPS_PAST_LAST : SKIPS_TO_NEXT;
}

static void random_clauses(struct maker *m) {
    struct twin_case *c = m->c;
    bool plain = c->mode == MODE_ALL_WAYS || c->looks_back;
    c->skip = plain && one_in(m, 2) ? SKIPS_NOTHING : (enum skip)below(m, 5);
    if (c->nested && c->skip) c->skip = nested_skip(m);
    if (c->skip >= SKIPS_TO_FIRST) c->skip_to = below(m, c->ntaken);
    c->timeouts = c->within_ms >= 0 && one_in(m, 3);
    bool exact = !c->nested && (!c->looks_back || c->mode == MODE_ALL_WAYS);
    exact &= !c->timeouts || c->mode == MODE_ALL_WAYS;
    c->once_ms = exact && one_in(m, 6) ? 1000 * (1 + below(m, 3)) : 0;
    c->once_by = one_in(m, 2);
    c->filtered = one_in(m, 8);
}

void case_make(struct twin_case *c, uint64_t seed) {
    struct maker m = {c, seed * UINT64_C(0x9E3779B97F4A7C15) + 1, false, false};
    static const enum mode modes[] = {MODE_FIRST,    MODE_FIRST,    MODE_FIRST,   MODE_ALL_WAYS,
                                      MODE_ALL_WAYS, MODE_ALL_WAYS, MODE_LONGEST, MODE_LONGEST};
    memset(c, 0, sizeof *c);
    below(&m, 2);
    c->within_ms = c->trailing = c->skip_to = c->ends_ms = -1;
    c->mode = modes[below(&m, 8)];
    c->nkeys = one_in(&m, 4) ? 2 : 1;
    c->nstreams = one_in(&m, 4) ? 2 + below(&m, MAX_STREAMS - 1) : 1;
    m.unbroken = c->nstreams == 1 && one_in(&m, 4);
    random_pattern(&m);
    for (int i = 0; i < LETTERS; i++) c->stream_of[i] = below(&m, c->nstreams);
    random_conditions(&m);
    random_having(&m);
    case_settle(c);
    random_clauses(&m);
    random_events(&m);
    if (one_in(&m, 4)) c->ends_ms = case_last_ms(c) + 500 * below(&m, 6);
}
