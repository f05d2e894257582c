/* pattern: see pattern.h. */
#include "tests/twin/pattern.h"

#include <string.h>

/* What the compiler refuses is not made: a loop over a group that can be empty, a `no` that only
 * optional steps follow. Not made either, as docs/language.md does not say what it would mean: a
 * `no` behind a step that may be left out, `until` on groups, a window around a single event. */

struct maker {
    struct twin_case *c;
    uint64_t seed;
};

static int below(struct maker *m, int n) {
    m->seed = m->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((m->seed >> 33) % (uint64_t)n);
}

static bool one_in(struct maker *m, int n) { return below(m, n) == 0; }

/* ---- the tree -------------------------------------------------------------------------------- */

static struct step *new_step(struct maker *m, enum step_kind kind) {
    struct step *s = &m->c->steps[m->c->nsteps++];
    *s = (struct step){.kind = kind, .letter = NO_LETTER, .least = 1, .most = 1,
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
    if (kind != 0) s->follow.least_ms = 1000 * (1 + below(m, 2));
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

static struct step *random_step(struct maker *m, int depth);

static struct step *random_names(struct maker *m, enum step_kind kind) {
    struct step *s = new_step(m, kind);
    s->nchildren = 2 + (m->c->ntaken < 4 && one_in(m, 3));
    for (int i = 0; i < s->nchildren; i++) {
        s->children[i] = random_name(m);
        if (one_in(m, 4)) s->children[i]->most = 1 + below(m, 3);
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
    struct step *second = random_name(m);
    random_follow(m, second);
    if (one_in(m, 4)) second->most = 1 + below(m, 3);
    s->children[s->nchildren++] = second;
    if (one_in(m, 3)) fill_sequence(m, s, 1, depth - 1);
    if (!optional_first && one_in(m, 3)) s->within_ms = 1000 * (1 + below(m, 5));
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
    return s;
}

/* ---- conditions, stream, clauses ------------------------------------------------------------- */

static void random_conditions(struct maker *m) {
    struct twin_case *c = m->c;
    const struct step *first = c->root->children[0];
    bool begins = first->kind == STEP_NAME && first->least == 1 && first->most == 1;
    if (!one_in(m, 3)) return;
    bool far = one_in(m, 2); /* else only at what every way begins with */
    for (int v = 1; v < c->ntaken; v++) {
        if (!one_in(m, 2)) continue;
        struct condition_of *cond = &c->conditions[v];
        cond->look = (enum look)(1 + below(m, LOOKS - 1));
        bool itself = cond->look == LOOK_SUM || cond->look == LOOK_COUNT;
        cond->of = far ? below(m, v + itself) : 0;
        cond->number = 1 + below(m, 3);
        c->looks_back |= (cond->of != 0 || !begins) && cond->look != LOOK_PREV;
    }
}

static void random_events(struct maker *m) {
    struct twin_case *c = m->c;
    int at = 0, often = 2 + below(m, 3);
    c->nevents = 4 + below(m, MAX_EVENTS - 3);
    for (int i = 0; i < c->nevents; i++) {
        struct event_of *e = &c->events[i];
        *e = (struct event_of){.n = one_in(m, 12) ? -1 : below(m, 5), .at_ms = at, .place = i};
        for (int k = 1 + below(m, often); k > 0; k--)
            e->letters |= UINT32_C(1) << below(m, c->ntaken);
        if (one_in(m, 10)) e->letters = 0;
        if (one_in(m, 8)) e->letters |= UINT32_C(1) << (LETTER_X + below(m, 2));
        if (one_in(m, 8)) e->letters |= UINT32_C(1) << LETTER_U;
        at += 500 * below(m, 4);
    }
}

static bool loops_inside(const struct step *s, bool in_loop) {
    bool found = in_loop && s->most != 1, loop = in_loop || s->most != 1;
    for (int i = 0; i < s->nchildren; i++) found |= loops_inside(s->children[i], loop);
    return found;
}

/* What a match discards must not depend on which of two ways was preferred: see run.c. */
static enum skip nested_skip(const struct twin_case *c) {
    if (c->all_ways) return SKIPS_NOTHING;
    return c->skip == SKIPS_PAST_LAST && c->trailing < 0 ? SKIPS_PAST_LAST : SKIPS_TO_NEXT;
}

void case_make(struct twin_case *c, uint64_t seed) {
    struct maker m = {c, seed * UINT64_C(0x9E3779B97F4A7C15) + 1};
    memset(c, 0, sizeof *c);
    below(&m, 2);
    c->root = new_step(&m, STEP_SEQUENCE);
    c->within_ms = c->trailing = c->skip_to = -1;
    fill_sequence(&m, c->root, 1 + below(&m, 3), 2);
    if (may_be_empty(c->root)) {
        struct step *last = random_name(&m);
        if (c->root->nchildren == MAX_CHILDREN) c->root->nchildren--;
        c->root->children[c->root->nchildren++] = last;
    }
    if (one_in(&m, 2)) c->within_ms = 1000 * (1 + below(&m, 8));
    const struct step *last = c->root->children[c->root->nchildren - 1];
    c->trailing_ms = c->within_ms < 0 ? 1000 * (1 + below(&m, 4)) : -1;
    if (!may_be_empty(last) && one_in(&m, 4)) c->trailing = LETTER_X;
    c->nested = loops_inside(c->root, false);
    random_conditions(&m);
    random_events(&m);
    c->all_ways = one_in(&m, 2);
    bool plain = c->all_ways || c->looks_back;
    c->skip = plain && one_in(&m, 2) ? SKIPS_NOTHING : (enum skip)below(&m, 5);
    if (c->nested && c->skip) c->skip = nested_skip(c);
    c->nkeys = (c->all_ways || !(c->nested || c->looks_back)) && one_in(&m, 4) ? 2 : 1;
    for (int i = 0; i < c->nevents; i++) c->events[i].key = below(&m, c->nkeys);
    if (c->skip >= SKIPS_TO_FIRST) c->skip_to = below(&m, c->ntaken);
}

void case_of_key(const struct twin_case *c, int key, struct twin_case *out) {
    *out = *c; /* the steps still point into c: they are only read */
    out->nevents = 0;
    for (int i = 0; i < c->nevents; i++)
        if (c->events[i].key == key) out->events[out->nevents++] = c->events[i];
}

/* ---- as text --------------------------------------------------------------------------------- */

static void put_step(const struct step *s, struct buf *out);

static void put_follow(const struct step *s, struct buf *out) {
    static const char *const links[] = {" next", " then", " then each"};
    buf_text(out, links[s->follow.link]);
    int least = s->follow.least_ms / 1000, most = s->follow.most_ms / 1000;
    if (least && s->follow.most_ms >= 0) buf_printf(out, " between %ds and %ds", least, most);
    else if (least) buf_printf(out, " after %ds", least);
    else if (s->follow.most_ms >= 0) buf_printf(out, " within %ds", most);
    buf_char(out, ' ');
}

static void put_children(const struct step *s, struct buf *out) {
    for (int i = 0; i < s->nchildren; i++) {
        if (i && s->kind == STEP_SEQUENCE) put_follow(s->children[i], out);
        else if (i) buf_text(out, s->kind == STEP_OR ? " or " : ", ");
        put_step(s->children[i], out);
    }
}

static void put_count(const struct step *s, struct buf *out) {
    if (s->least == 1 && s->most == 1) return;
    if (s->least == 0 && s->most == 1) buf_char(out, '?');
    else if (s->most == s->least) buf_printf(out, "{%d}", s->least);
    else if (s->most < 0) buf_printf(out, "{%d,}", s->least);
    else buf_printf(out, "{%d,%d}", s->least, s->most);
    if (s->reluctant) buf_char(out, '?');
    if (s->inner == STEP_NEXT) buf_text(out, " in a row");
    if (s->inner == STEP_EACH) buf_text(out, " combinations");
    if (s->until >= 0) buf_printf(out, " until %c", 'a' + s->until);
}

static void put_step(const struct step *s, struct buf *out) {
    switch (s->kind) {
    case STEP_NAME: buf_char(out, (char)('a' + s->letter)); break;
    case STEP_NO: buf_printf(out, "no %c", 'a' + s->letter); break;
    case STEP_ALL:
        if (s->some == s->nchildren) buf_text(out, "all(");
        else buf_printf(out, "%d of (", s->some);
        put_children(s, out);
        buf_char(out, ')');
        break;
    default:
        buf_char(out, '(');
        put_children(s, out);
        if (s->within_ms >= 0) buf_printf(out, " within %ds", s->within_ms / 1000);
        buf_char(out, ')');
        break;
    }
    put_count(s, out);
}

static void put_condition(const struct condition_of *cond, struct buf *out) {
    char of = (char)('a' + cond->of);
    switch (cond->look) {
    case LOOK_ABOVE: buf_printf(out, " and n > %c.n", of); break;
    case LOOK_SUM: buf_printf(out, " and n + 2 >= sum(%c.n)", of); break;
    case LOOK_MAX: buf_printf(out, " and n >= max(%c.n)", of); break;
    case LOOK_FIRST: buf_printf(out, " and n != first(%c.n)", of); break;
    case LOOK_COUNT: buf_printf(out, " and count(%c) < %d", of, cond->number); break;
    case LOOK_MANY: buf_printf(out, " and count(%c) >= %d", of, cond->number); break;
    case LOOK_PREV: buf_text(out, " and n >= prev(n)"); break;
    case LOOK_SOON: buf_printf(out, " and at - %c.at <= %ds", of, cond->number); break;
    default: break;
    }
}

static bool watches(const struct twin_case *c, int letter) {
    bool found = c->trailing == letter;
    for (int i = 0; i < c->nsteps; i++) {
        const struct step *s = &c->steps[i];
        found |= (s->kind == STEP_NO && s->letter == letter) || s->until == letter;
    }
    return found;
}

void case_rule(const struct twin_case *c, struct buf *out) {
    buf_text(out, "stream events { at : time event n : int k : int");
    for (int i = 0; i < LETTERS; i++) buf_printf(out, " is_%c : bool", 'a' + i);
    buf_printf(out, " }\nrule twin {\n    on events%s\n    match %s",
               c->nkeys > 1 ? " by k" : "", c->all_ways ? "all ways " : "");
    put_children(c->root, out);
    if (c->trailing >= 0) buf_printf(out, " then no %c", 'a' + c->trailing);
    if (c->trailing >= 0 && c->trailing_ms >= 0)
        buf_printf(out, " for %ds", c->trailing_ms / 1000);
    if (c->within_ms >= 0) buf_printf(out, " within %ds", c->within_ms / 1000);
    buf_text(out, "\n    after match ");
    switch (c->skip) {
    case SKIPS_NOTHING: buf_text(out, "no skip"); break;
    case SKIPS_PAST_LAST: buf_text(out, "skip past last"); break;
    case SKIPS_TO_NEXT: buf_text(out, "skip to next"); break;
    case SKIPS_TO_FIRST: buf_printf(out, "skip to first %c", 'a' + c->skip_to); break;
    case SKIPS_TO_LAST: buf_printf(out, "skip to last %c", 'a' + c->skip_to); break;
    }
    buf_text(out, "\n    unbounded\n    where");
    for (int i = 0; i < LETTERS; i++) {
        if (i >= c->ntaken && !watches(c, i)) continue;
        buf_printf(out, " %c: is_%c", 'a' + i, 'a' + i);
        put_condition(&c->conditions[i], out);
    }
    buf_text(out, "\n}\n");
}

void case_events(const struct twin_case *c, struct buf *out) {
    for (int i = 0; i < c->nevents; i++) {
        const struct event_of *e = &c->events[i];
        if (i) buf_char(out, ' ');
        if (!e->letters) buf_char(out, '_');
        for (int k = 0; k < LETTERS; k++)
            if (e->letters >> k & 1) buf_char(out, (char)('A' + k));
        buf_printf(out, "/%d@%d", e->n, e->at_ms);
        if (c->nkeys > 1) buf_printf(out, ":%d", e->key);
    }
}
