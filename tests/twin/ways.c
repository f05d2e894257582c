/* ways: see ways.h. */
#include "tests/twin/ways.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_WAYS = 3000 };

/* A way under construction, passed by value: what is tried in one branch is unseen in others. */
struct trial {
    struct way way;
    uint32_t no_closes; /* letters that must not come up to the next event taken */
    uint32_t no_next;   /* letters that the very next event must not carry */
    bool reluctant;     /* the next event taken opens a round that would rather not be */
};

struct finder {
    const struct twin_case *c;
    struct ways *out;
    int start; /* every way begins here */
};

/* What remains to be matched behind a step. */
struct rest {
    void (*go)(struct finder *f, const struct rest *rest, const struct trial *t);
    const struct rest *next;
    const struct step *step;
    int index;       /* of a child, of a round, of the first event of a group */
    uint32_t chosen; /* ALL: children taken */
};

static void find_step(struct finder *f, const struct step *s, const struct step_follow *follow,
                      const struct trial *t, const struct rest *rest);

/* ---- conditions ------------------------------------------------------------------------------ */

static bool carries(const struct finder *f, int event, int letter) {
    return letter >= 0 && f->c->events[event].letters >> letter & 1;
}

/* Null compares to nothing: then the condition does not hold. */
static bool above(int n, int other) { return n >= 0 && other >= 0 && n > other; }

static bool looks(const struct finder *f, const struct condition_of *cond, const struct way *w,
                  int event) {
    const struct event_of *events = f->c->events, *e = &events[event];
    const struct event_of *first = NULL, *last = NULL; /* that the name took */
    int count = 0, sum = 0, max = -1;
    for (int i = 0; i < w->n; i++) {
        const struct event_of *taken = &events[w->taken[i].event];
        if (w->taken[i].letter != cond->of) continue;
        if (count++ == 0) first = taken;
        last = taken;
        if (taken->n >= 0) sum += taken->n;
        if (taken->n > max) max = taken->n;
    }
    switch (cond->look) {
    case LOOK_ABOVE: return count && above(e->n, last->n);
    case LOOK_SUM: return e->n >= 0 && e->n + 2 >= sum;
    case LOOK_MAX: return max >= 0 && e->n >= max;
    case LOOK_FIRST: return count && (above(e->n, first->n) || above(first->n, e->n));
    case LOOK_COUNT: return count < cond->number;
    case LOOK_MANY: return count >= cond->number;
    case LOOK_SOON: return count && e->at_ms - last->at_ms <= cond->number * 1000;
    case LOOK_PREV: return event > 0 && e[-1].n >= 0 && e->n >= e[-1].n;
    default: return true;
    }
}

static bool satisfies(const struct finder *f, int letter, const struct way *w, int event) {
    return carries(f, event, letter) && looks(f, &f->c->conditions[letter], w, event);
}

/* ---- one name -------------------------------------------------------------------------------- */

struct until { /* of the loop that the name stands in */
    int letter;
    bool inside; /* it has taken an event already */
};

static uint64_t hash_of(const struct way *w, int n, int event) {
    uint64_t h = 1;
    for (int i = 0; i < n; i++)
        h = (h ^ (uint64_t)(w->taken[i].event * LETTERS + w->taken[i].letter + 1)) *
            UINT64_C(0x9E3779B97F4A7C15);
    return (h ^ h >> 31) * UINT64_C(0xBF58476D1CE4E5B9) + (uint64_t)event;
}

static void take(struct finder *f, int letter, int event, const struct trial *t,
                 const struct rest *rest) {
    struct trial next = *t;
    uint64_t hash = hash_of(&t->way, t->way.n, event);
    if (f->c->looks_back)
        arena_push(f->out->arena, f->out->tries, f->out->ntries, f->out->tries_cap, hash);
    next.way.taken[next.way.n++] = (struct taken_event){event, letter, t->reluctant};
    next.no_closes = next.no_next = 0;
    next.reluctant = false;
    rest->go(f, rest, &next);
}

/* `no x` and `until`: is the way to the next event closed at this one? */
static bool closed(const struct finder *f, const struct trial *t, int event, bool first,
                   const struct until *until) {
    uint32_t letters = f->c->events[event].letters;
    if (letters & t->no_closes) return true;
    if (first && letters & t->no_next) return true;
    return until->inside && carries(f, event, until->letter);
}

static void find_name(struct finder *f, int letter, const struct step_follow *follow,
                      const struct until *until, const struct trial *t, const struct rest *rest) {
    if (t->way.n == 0) {
        if (satisfies(f, letter, &t->way, f->start) && !carries(f, f->start, until->letter))
            take(f, letter, f->start, t, rest);
        return;
    }
    int last = t->way.taken[t->way.n - 1].event;
    for (int e = last + 1; e < f->c->nevents; e++) {
        if (closed(f, t, e, e == last + 1, until)) return;
        if (follow->link == STEP_NEXT && e > last + 1) return;
        int gap = f->c->events[e].at_ms - f->c->events[last].at_ms;
        if (!satisfies(f, letter, &t->way, e) || carries(f, e, until->letter)) continue;
        if (gap < follow->least_ms || (follow->most_ms >= 0 && gap > follow->most_ms)) continue;
        take(f, letter, e, t, rest);
        if (follow->link == STEP_THEN) return; /* it passes over only what it cannot take */
    }
}

/* ---- parts ----------------------------------------------------------------------------------- */

static void sequence_goes(struct finder *f, const struct rest *rest, const struct trial *t) {
    const struct step *s = rest->step;
    struct trial here = *t;
    int i = rest->index;
    while (i < s->nchildren && s->children[i]->kind == STEP_NO) {
        const struct step *no = s->children[i++];
        if (no->follow.link == STEP_NEXT) here.no_next |= UINT32_C(1) << no->letter;
        else here.no_closes |= UINT32_C(1) << no->letter;
    }
    if (i == s->nchildren) {
        rest->next->go(f, rest->next, &here);
        return;
    }
    struct rest after = {sequence_goes, rest->next, s, i + 1, 0};
    find_step(f, s->children[i], &s->children[i]->follow, &here, &after);
}

static void group_ends(struct finder *f, const struct rest *rest, const struct trial *t) {
    const struct way *w = &t->way;
    if (w->n > rest->index) {
        int first = f->c->events[w->taken[rest->index].event].at_ms;
        int last = f->c->events[w->taken[w->n - 1].event].at_ms;
        if (last - first > rest->step->within_ms) return;
    }
    rest->next->go(f, rest->next, t);
}

static void find_sequence(struct finder *f, const struct step *s, const struct step_follow *follow,
                          const struct trial *t, const struct rest *rest) {
    struct rest end = {group_ends, rest, s, t->way.n, 0};
    struct rest after = {sequence_goes, s->within_ms >= 0 ? &end : rest, s, 1, 0};
    find_step(f, s->children[0], follow, t, &after);
}

/* all(a, b), 2 of (a, b, c): any that was not chosen yet, as by `then`. */
static void all_goes(struct finder *f, const struct rest *rest, const struct trial *t) {
    static const struct step_follow then = {STEP_THEN, 0, -1};
    if (__builtin_popcount(rest->chosen) == rest->step->some) {
        rest->next->go(f, rest->next, t);
        return;
    }
    for (int i = 0; i < rest->step->nchildren; i++) {
        if (rest->chosen >> i & 1) continue;
        const struct step *child = rest->step->children[i];
        struct rest after = {all_goes, rest->next, rest->step, 0,
                             rest->chosen | UINT32_C(1) << i};
        find_step(f, child, &then, t, &after);
    }
}

static void find_body(struct finder *f, const struct step *s, const struct step_follow *follow,
                      bool inside, const struct trial *t, const struct rest *rest) {
    struct until until = {s->until, inside};
    switch (s->kind) {
    case STEP_NAME: find_name(f, s->letter, follow, &until, t, rest); break;
    case STEP_SEQUENCE: find_sequence(f, s, follow, t, rest); break;
    case STEP_OR:
        for (int i = 0; i < s->nchildren; i++) find_step(f, s->children[i], follow, t, rest);
        break;
    case STEP_ALL:
        for (int i = 0; i < s->nchildren; i++) {
            struct rest after = {all_goes, rest, s, 0, UINT32_C(1) << i};
            find_step(f, s->children[i], follow, t, &after);
        }
        break;
    case STEP_NO: break;
    }
}

/* ---- loops ----------------------------------------------------------------------------------- */

static void find_round(struct finder *f, const struct step *s, int round,
                       const struct step_follow *follow, const struct trial *t,
                       const struct rest *rest);

static void round_ends(struct finder *f, const struct rest *rest, const struct trial *t) {
    struct step_follow inner = {rest->step->inner, 0, -1};
    find_round(f, rest->step, rest->index, &inner, t, rest->next);
}

/* `round` rounds have been taken: one more, or on. */
static void find_round(struct finder *f, const struct step *s, int round,
                       const struct step_follow *follow, const struct trial *t,
                       const struct rest *rest) {
    if (s->most < 0 || round < s->most) {
        struct rest after = {round_ends, rest, s, round + 1, 0};
        struct trial next = *t;
        next.reluctant |= s->reluctant && round >= s->least;
        find_body(f, s, follow, round > 0, &next, &after);
    }
    if (round >= s->least) rest->go(f, rest, t);
}

static void find_step(struct finder *f, const struct step *s, const struct step_follow *follow,
                      const struct trial *t, const struct rest *rest) {
    find_round(f, s, 0, follow, t, rest);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void complete(struct finder *f, const struct rest *rest, const struct trial *t) {
    struct way w = t->way;
    const struct event_of *e = f->c->events;
    (void)rest;
    if (w.n == 0 || f->out->too_many) return;
    w.end_event = w.taken[w.n - 1].event;
    w.end_ms = e[w.end_event].at_ms;
    int closes = e[f->start].at_ms + f->c->within_ms;
    if (f->c->within_ms >= 0 && w.end_ms > closes) return;
    if (f->c->trailing >= 0) {
        if (f->c->trailing_ms >= 0) closes = w.end_ms + f->c->trailing_ms;
        for (int i = w.end_event + 1; i < f->c->nevents && e[i].at_ms <= closes; i++)
            if (carries(f, i, f->c->trailing)) return;
        w.end_ms = closes;
        w.end_event = MAX_EVENTS;
    }
    if (f->out->n == MOST_WAYS) f->out->too_many = true;
    else arena_push(f->out->arena, f->out->v, f->out->n, f->out->cap, w);
}

/* What a way does at an event, the preferred first: takes it, the earlier name before the later;
 * passes over it; takes it reluctantly, the later name before the earlier. */
static int rank(const struct way *w, int event) {
    for (int i = 0; i < w->n; i++)
        if (w->taken[i].event == event)
            return w->taken[i].reluctant ? 2 * LETTERS - w->taken[i].letter : w->taken[i].letter;
    return LETTERS;
}

static int by_order(const void *left, const void *right) {
    const struct way *a = left, *b = right;
    if (a->end_ms != b->end_ms) return a->end_ms < b->end_ms ? -1 : 1;
    if (a->end_event != b->end_event) return a->end_event - b->end_event;
    if (a->start != b->start) return a->start - b->start;
    for (int e = a->start; e < MAX_EVENTS; e++)
        if (rank(a, e) != rank(b, e)) return rank(a, e) - rank(b, e);
    return 0;
}

static bool same(const struct way *a, const struct way *b) {
    if (a->n != b->n) return false;
    for (int i = 0; i < a->n; i++)
        if (a->taken[i].event != b->taken[i].event || a->taken[i].letter != b->taken[i].letter)
            return false;
    return true;
}

static int by_hash(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

bool way_takes_all(const struct twin_case *c, const struct ways *all, const struct way *w) {
    int n = 1, last = w->taken[w->n - 1].event;
    for (int e = w->start + 1; e < c->nevents; e++) {
        if (e > last && (w->end_event < MAX_EVENTS || c->events[e].at_ms > w->end_ms)) break;
        if (n < w->n && w->taken[n].event == e) {
            n++;
            continue;
        }
        uint64_t hash = hash_of(w, n, e);
        if (bsearch(&hash, all->tries, all->ntries, sizeof hash, by_hash)) return false;
    }
    return true;
}

void ways_find(const struct twin_case *c, struct ways *out) {
    struct finder f = {c, out, 0};
    struct rest end = {.go = complete};
    static const struct step_follow begins = {STEP_THEN, 0, -1};
    for (f.start = 0; f.start < c->nevents; f.start++) {
        struct trial t = {.way.start = f.start};
        find_step(&f, c->root, &begins, &t, &end);
    }
    if (out->n) qsort(out->v, out->n, sizeof *out->v, by_order);
    if (out->ntries) qsort(out->tries, out->ntries, sizeof *out->tries, by_hash);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < out->n; i++) {
        bool known = false;
        for (uint32_t k = kept; k-- > 0 && out->v[k].end_ms == out->v[i].end_ms && !known;)
            known = same(&out->v[k], &out->v[i]);
        if (!known) out->v[kept++] = out->v[i];
    }
    out->n = kept;
}

/* ---- which are matches ----------------------------------------------------------------------- */

/* Starts before it are discarded by the match. */
static int bar_of(const struct twin_case *c, const struct way *w) {
    int first = -1, last = -1;
    for (int i = 0; i < w->n; i++) {
        if (w->taken[i].letter != c->skip_to) continue;
        if (first < 0) first = w->taken[i].event;
        last = w->taken[i].event;
    }
    switch (c->skip) {
    case SKIPS_NOTHING: return -1;
    case SKIPS_PAST_LAST: return w->taken[w->n - 1].event + 1;
    case SKIPS_TO_NEXT: return w->start + 1;
    case SKIPS_TO_FIRST: return first;
    case SKIPS_TO_LAST: return last;
    }
    return -1;
}

void ways_choose(const struct twin_case *c, const struct ways *all, struct ways *out) {
    bool done[MAX_EVENTS] = {false}; /* first: the start has its match, emitted or discarded */
    int bar = -1;
    for (uint32_t i = 0; i < all->n; i++) {
        const struct way *w = &all->v[i];
        if (!c->all_ways && done[w->start]) continue;
        done[w->start] = true;
        if (w->start < bar) continue;
        arena_push(out->arena, out->v, out->n, out->cap, *w);
        int next = bar_of(c, w);
        if (next > bar) bar = next;
    }
}

void way_text(const struct twin_case *c, const struct way *w, struct buf *out) {
    bool first = true;
    for (int letter = 0; letter < c->ntaken; letter++) {
        bool begun = false;
        for (int i = 0; i < w->n; i++) {
            if (w->taken[i].letter != letter) continue;
            if (begun) buf_char(out, ',');
            else buf_printf(out, "%s%c:", first ? "" : " ", 'a' + letter);
            buf_printf(out, "%d", c->events[w->taken[i].event].place);
            begun = true;
            first = false;
        }
    }
}
