/* ways: see ways.h. */
#include "tests/twin/ways.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WAYS = 3000 };

/* A way under construction, passed by value: what is tried in one branch is unseen in others. */
struct trial {
    struct way way;
    uint32_t no_closes; /* letters that must not come up to the next event taken */
    uint32_t no_next;   /* letters that the very next event must not carry */
    bool reluctant;     /* the next event taken opens a round that would rather not be */
    int clock_ms;       /* the step before completed by the clock, then; -1: with its last event */
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
    int index;       /* of a child, of a round, of the first event of a group, of a run */
    uint32_t chosen; /* ALL: children taken */
};

static void find_step(struct finder *f, const struct step *s, const struct step_follow *follow,
                      const struct trial *t, const struct rest *rest);

static void group_ends(struct finder *f, const struct rest *rest, const struct trial *t);

static const struct event_of *event_of(const struct finder *f, int event) {
    return &f->c->events[event];
}

/* Whether an event satisfies what stands under `no` and `until`: these look nowhere. */
static bool is(const struct finder *f, int event, int letter) {
    static const struct way none;
    return way_satisfies(f->c, letter, &none, event);
}

/* ---- waiting --------------------------------------------------------------------------------- */

bool moment_before(struct moment a, struct moment b) {
    return a.ms != b.ms ? a.ms < b.ms : a.event < b.event;
}

/* A way of this start could go on until then. */
static void waits_until(struct finder *f, struct moment m) {
    struct moment *settled = &f->out->settled[f->start];
    if (moment_before(*settled, m)) *settled = m;
}

static void waits_until_event(struct finder *f, int event) {
    waits_until(f, (struct moment){event_of(f, event)->at_ms, event});
}

static int window_closes(const struct finder *f) {
    return f->c->within_ms < 0 ? INT_MAX : event_of(f, f->start)->at_ms + f->c->within_ms;
}

/* Is there no event that what waits could still take? An event comes too late after `latest`, and
 * after the window, which cuts off what could wait as long as that. */
static bool waited(struct finder *f, const struct trial *t, int event, int latest) {
    int closes = window_closes(f), ends = latest < closes ? latest : closes;
    if (event < f->c->nevents && event_of(f, event)->at_ms <= ends) return false;
    waits_until(f, (struct moment){ends, MAX_EVENTS});
    if (!f->c->timeouts || f->out->too_many || latest < closes) return true;
    struct way w = t->way;
    w.end = (struct moment){closes, MAX_EVENTS};
    if (f->out->waiting.n == MOST_WAYS) f->out->too_many = true;
    else arena_push(f->out->arena, f->out->waiting.v, f->out->waiting.n, f->out->waiting.cap, w);
    return true;
}

/* The time after which a part that the way is in is too long. */
static int part_closes(const struct finder *f, const struct trial *t, const struct rest *rest) {
    int closes = INT_MAX;
    for (; rest; rest = rest->next) {
        if (rest->go != group_ends || t->way.n <= rest->index) continue;
        int at = event_of(f, t->way.taken[rest->index].event)->at_ms + rest->step->within_ms;
        if (at < closes) closes = at;
    }
    return closes;
}

/* When the step before was complete. */
static int step_ms(const struct finder *f, const struct trial *t) {
    return t->clock_ms >= 0 ? t->clock_ms
                            : event_of(f, t->way.taken[t->way.n - 1].event)->at_ms;
}

/* ---- taking ---------------------------------------------------------------------------------- */

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
    next.clock_ms = -1;
    rest->go(f, rest, &next);
}

/* `no x` and `until`: is the way to the next event closed at this one? */
static bool closed(const struct finder *f, const struct trial *t, int event, bool first,
                   const struct until *until) {
    for (int letter = 0; letter < LETTERS; letter++) {
        bool watched = (t->no_closes | (first ? t->no_next : 0)) >> letter & 1;
        if (watched && is(f, event, letter)) return true;
    }
    return until->inside && is(f, event, until->letter);
}

static void find_later(struct finder *f, int letter, const struct step_follow *follow,
                       const struct until *until, const struct trial *t, const struct rest *rest) {
    int last = t->way.taken[t->way.n - 1].event, ready = step_ms(f, t);
    int latest = part_closes(f, t, rest);
    if (follow->most_ms >= 0 && ready + follow->most_ms < latest)
        latest = ready + follow->most_ms;
    for (int e = last + 1; !waited(f, t, e, latest); e++) {
        int at = event_of(f, e)->at_ms;
        bool shut = closed(f, t, e, e == last + 1, until);
        bool takes = !shut && at - ready >= follow->least_ms && !is(f, e, until->letter) &&
                     way_satisfies(f->c, letter, &t->way, e);
        if (takes) take(f, letter, e, t, rest);
        bool ends = shut || follow->link == STEP_NEXT || (takes && follow->link == STEP_THEN);
        if (!ends) continue; /* `then` passes over only what it cannot take */
        waits_until_event(f, e);
        return;
    }
}

/* ---- unbroken runs --------------------------------------------------------------------------- */

/* The event at the start goes on with a run that began before. */
static bool in_run(const struct finder *f, const struct step *s, const struct trial *t) {
    if ((!s->for_ms && !s->lasting_ms) || f->start == 0) return false;
    int since = event_of(f, f->start)->at_ms - event_of(f, f->start - 1)->at_ms;
    return (s->gap_ms < 0 || since <= s->gap_ms) &&
           way_satisfies(f->c, s->letter, &t->way, f->start - 1);
}

/* An event of the run has been taken: it is long enough, or the next one has to be of it. */
static void run_goes(struct finder *f, const struct rest *rest, const struct trial *t) {
    const struct step *s = rest->step;
    int last = t->way.taken[t->way.n - 1].event, e = last + 1;
    int began = event_of(f, t->way.taken[rest->index].event)->at_ms;
    if (s->for_ms && event_of(f, last)->at_ms - began >= s->for_ms) {
        rest->next->go(f, rest->next, t);
        return;
    }
    int due = s->lasting_ms ? began + s->lasting_ms : INT_MAX;
    bool comes = e < f->c->nevents && event_of(f, e)->at_ms <= due;
    if (s->lasting_ms && !comes && due <= window_closes(f)) {
        struct trial next = *t;
        next.clock_ms = due;
        waits_until(f, (struct moment){due, MAX_EVENTS});
        rest->next->go(f, rest->next, &next);
        return;
    }
    int latest = part_closes(f, t, rest), gap_ends = event_of(f, last)->at_ms + s->gap_ms;
    if (s->gap_ms >= 0 && gap_ends < latest) latest = gap_ends;
    if (waited(f, t, e, latest)) return;
    waits_until_event(f, e);
    if (way_satisfies(f->c, s->letter, &t->way, e)) take(f, s->letter, e, t, rest);
}

/* ---- one name -------------------------------------------------------------------------------- */

static void find_name(struct finder *f, const struct step *s, const struct step_follow *follow,
                      const struct until *until, const struct trial *t, const struct rest *rest) {
    struct rest run = {run_goes, rest, s, t->way.n, 0};
    const struct rest *after = s->for_ms || s->lasting_ms ? &run : rest;
    if (t->way.n > 0) {
        find_later(f, s->letter, follow, until, t, after);
        return;
    }
    if (!way_satisfies(f->c, s->letter, &t->way, f->start) || is(f, f->start, until->letter))
        return;
    if (!in_run(f, s, t)) take(f, s->letter, f->start, t, after);
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
        int first = event_of(f, w->taken[rest->index].event)->at_ms;
        int last = event_of(f, w->taken[w->n - 1].event)->at_ms;
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
    case STEP_NAME: find_name(f, s, follow, &until, t, rest); break;
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

/* `no x` at the end: waits until `closes` for an x. */
static bool comes_x(struct finder *f, const struct trial *t, int closes) {
    int e = t->way.taken[t->way.n - 1].event + 1;
    for (; e < f->c->nevents && event_of(f, e)->at_ms <= closes; e++) {
        if (!is(f, e, f->c->trailing)) continue;
        waits_until_event(f, e);
        return true;
    }
    waits_until(f, (struct moment){closes, MAX_EVENTS});
    return false;
}

static void complete(struct finder *f, const struct rest *rest, const struct trial *t) {
    struct way w = t->way;
    struct way_list *found = &f->out->found;
    (void)rest;
    if (w.n == 0 || f->out->too_many) return;
    int last = w.taken[w.n - 1].event, closes = window_closes(f);
    w.end = (struct moment){step_ms(f, t), t->clock_ms >= 0 ? MAX_EVENTS : last};
    if (f->c->trailing >= 0) {
        w.end = (struct moment){closes, MAX_EVENTS};
        if (f->c->trailing_ms >= 0) w.end.ms = step_ms(f, t) + f->c->trailing_ms;
    }
    if (f->c->trailing >= 0 && comes_x(f, t, w.end.ms < closes ? w.end.ms : closes)) return;
    if (w.end.ms > closes || !way_having(f->c, &w)) return;
    if (found->n == MOST_WAYS) f->out->too_many = true;
    else arena_push(f->out->arena, found->v, found->n, found->cap, w);
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
    if (moment_before(a->end, b->end)) return -1;
    if (moment_before(b->end, a->end)) return 1;
    if (a->start != b->start) return a->start - b->start;
    for (int e = a->start; e < MAX_EVENTS; e++)
        if (rank(a, e) != rank(b, e)) return rank(a, e) - rank(b, e);
    return 0;
}

bool ways_same(const struct way *a, const struct way *b) {
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
        if (e > last && (w->end.event < MAX_EVENTS || c->events[e].at_ms > w->end.ms)) break;
        if (n < w->n && w->taken[n].event == e) {
            n++;
            continue;
        }
        uint64_t hash = hash_of(w, n, e);
        if (bsearch(&hash, all->tries, all->ntries, sizeof hash, by_hash)) return false;
    }
    return true;
}

/* In order, each once. */
static void put_in_order(struct way_list *list) {
    uint32_t kept = 0;
    if (list->n) qsort(list->v, list->n, sizeof *list->v, by_order);
    for (uint32_t i = 0; i < list->n; i++) {
        bool known = false;
        for (uint32_t k = kept; k-- > 0 && list->v[k].end.ms == list->v[i].end.ms && !known;)
            known = ways_same(&list->v[k], &list->v[i]);
        if (!known) list->v[kept++] = list->v[i];
    }
    list->n = kept;
}

void ways_find(const struct twin_case *c, struct ways *out) {
    struct finder f = {c, out, 0};
    struct rest end = {.go = complete};
    static const struct step_follow begins = {STEP_THEN, 0, -1};
    for (f.start = 0; f.start < c->nevents; f.start++) {
        struct trial t = {.way.start = f.start, .clock_ms = -1};
        waits_until_event(&f, f.start);
        find_step(&f, c->root, &begins, &t, &end);
    }
    put_in_order(&out->found);
    put_in_order(&out->waiting);
    if (out->ntries) qsort(out->tries, out->ntries, sizeof *out->tries, by_hash);
}

void way_text(const struct twin_case *c, const struct way *w, struct buf *out) {
    for (int letter = 0; letter < c->ntaken; letter++) {
        bool begun = false;
        for (int i = 0; i < w->n; i++) {
            if (w->taken[i].letter != letter) continue;
            if (begun) buf_char(out, ',');
            else buf_printf(out, "%c:", 'a' + letter);
            buf_printf(out, "%d", c->events[w->taken[i].event].place);
            begun = true;
        }
        if (begun) buf_char(out, ' ');
    }
    buf_printf(out, "%d..%d", c->events[w->start].at_ms, w->end.ms);
}
