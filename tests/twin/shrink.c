/* shrink: see shrink.h. A change is tried on a copy, and kept if the copy fails too; what makes a
 * pattern that the compiler refuses does not fail. */
#include "tests/twin/shrink.h"

enum { STEP_CHANGES = 8, CLAUSE_CHANGES = 12 };

/* A change by number: false if there is none of that number, or it changes nothing. */
typedef bool change(struct twin_case *c, int number);

/* ---- events ---------------------------------------------------------------------------------- */

static bool without_event(struct twin_case *c, int number) {
    if (number >= c->nevents) return false;
    int stream = c->events[number].stream;
    c->nevents--;
    for (int i = number; i < c->nevents; i++) {
        c->events[i] = c->events[i + 1];
        if (c->events[i].stream == stream) c->events[i].place--;
    }
    return true;
}

static bool without_letter(struct twin_case *c, int number) {
    int event = number / LETTERS, letter = number % LETTERS;
    uint32_t bit = UINT32_C(1) << letter;
    if (event >= c->nevents || !(c->events[event].letters & bit)) return false;
    c->events[event].letters &= ~bit;
    return true;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static bool without_child(struct twin_case *c, int number) {
    struct step *s = &c->steps[number / MAX_CHILDREN];
    int child = number % MAX_CHILDREN;
    if (child >= s->nchildren || s->nchildren < 2) return false;
    if (s->kind == STEP_ALL && s->nchildren == s->some && --s->some < 1) return false;
    if (--s->nchildren == 1 && s->within_ms >= 0) return false; /* of one event: see random.c */
    for (int i = child; i < s->nchildren; i++) s->children[i] = s->children[i + 1];
    return s->children[0]->kind != STEP_NO;
}

static bool plainer_step(struct twin_case *c, int number) {
    static const struct step_follow then = {STEP_THEN, 0, -1};
    struct step *s = &c->steps[number / STEP_CHANGES], was = *s;
    switch (number % STEP_CHANGES) {
    case 0: s->least = s->most = 1; break;
    case 1: s->until = NO_LETTER; break;
    case 2: s->reluctant = false; break;
    case 3: s->inner = STEP_THEN; break;
    case 4: s->for_ms = s->lasting_ms = 0; break;
    case 5: s->within_ms = -1; break;
    case 6: s->gap_ms = -1; break;
    case 7: s->follow = then; break;
    }
    return s->least != was.least || s->most != was.most || s->until != was.until ||
           s->reluctant != was.reluctant || s->inner != was.inner || s->for_ms != was.for_ms ||
           s->lasting_ms != was.lasting_ms || s->within_ms != was.within_ms ||
           s->gap_ms != was.gap_ms || s->follow.link != was.follow.link ||
           s->follow.least_ms != was.follow.least_ms || s->follow.most_ms != was.follow.most_ms;
}

/* ---- conditions and clauses ------------------------------------------------------------------ */

static bool set(int *what, int to) {
    bool changes = *what != to;
    *what = to;
    return changes;
}

static bool plainer_condition(struct twin_case *c, int letter) {
    bool looks = c->conditions[letter].look != LOOK_NOWHERE;
    c->conditions[letter] = (struct condition_of){0};
    return looks;
}

static bool one_stream(struct twin_case *c) {
    if (c->nstreams == 1) return false;
    for (int i = 0; i < LETTERS; i++) c->stream_of[i] = 0;
    for (int i = 0; i < c->nevents; i++) {
        c->events[i].stream = 0;
        c->events[i].place = i;
    }
    return set(&c->nstreams, 1);
}

static bool off(bool *what) {
    bool was = *what;
    *what = false;
    return was;
}

static bool plainer_clause(struct twin_case *c, int number) {
    switch (number) {
    case 0: return one_stream(c);
    case 1:
        for (int i = 0; i < c->nevents; i++) c->events[i].key = 0;
        return set(&c->nkeys, 1);
    case 2: return set(&c->trailing, NO_LETTER);
    case 3: return set(&c->lateness_ms, 0);
    case 4: return set(&c->ends_ms, -1);
    case 5: return set(&c->once_ms, 0);
    case 6: return off(&c->once_by);
    case 7: return off(&c->filtered);
    case 8: return off(&c->timeouts);
    case 9: {
        bool had = c->having != HAVING_NOTHING;
        c->having = HAVING_NOTHING;
        return had;
    }
    case 10: {
        bool had = c->skip != SKIPS_NOTHING;
        c->skip = SKIPS_NOTHING;
        return had;
    }
    case 11: return !c->timeouts && set(&c->within_ms, -1);
    }
    return false;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool try_each(struct twin_case *c, change *make, int n, case_fails *fails, void *context) {
    struct twin_case smaller;
    bool shrank = false;
    for (int i = 0; i < n; i++) {
        case_copy(&smaller, c);
        if (!make(&smaller, i)) continue;
        case_settle(&smaller);
        if (!fails(&smaller, context)) continue;
        case_copy(c, &smaller);
        shrank = true;
        i--; /* what stands there now has the same number */
    }
    return shrank;
}

static bool pass(struct twin_case *c, case_fails *fails, void *context) {
    bool shrank = try_each(c, plainer_clause, CLAUSE_CHANGES, fails, context);
    shrank |= try_each(c, without_child, MAX_STEPS * MAX_CHILDREN, fails, context);
    shrank |= try_each(c, without_event, MAX_EVENTS, fails, context);
    shrank |= try_each(c, plainer_step, MAX_STEPS * STEP_CHANGES, fails, context);
    shrank |= try_each(c, plainer_condition, LETTERS, fails, context);
    shrank |= try_each(c, without_letter, MAX_EVENTS * LETTERS, fails, context);
    return shrank;
}

void shrink(struct twin_case *c, case_fails *fails, void *context) {
    while (pass(c, fails, context)) {}
}
