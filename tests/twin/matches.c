/* matches: which ways are matches, see ways.h: what happens of all starts, one moment after the
 * other, with what `after match` discards and `once per` holds back. */
#include <stdlib.h>

#include "tests/twin/ways.h"

/* What may happen to a start: a way is complete, or a window closes. */
struct happening {
    const struct way *way;
    struct moment when;
    bool timed_out;
    uint32_t order; /* as they were found: first event, preference */
};

struct happenings {
    struct happening *v;
    uint32_t n, cap;
};

/* ---- what a start comes to ------------------------------------------------------------------- */

static const struct way *first_of(const struct ways *all, int start) {
    for (uint32_t i = 0; i < all->found.n; i++)
        if (all->found.v[i].start == start) return &all->found.v[i];
    return NULL;
}

/* The last to complete; of several at one moment the preferred. */
static const struct way *longest_of(const struct ways *all, int start) {
    const struct way *best = NULL;
    for (uint32_t i = 0; i < all->found.n; i++) {
        const struct way *w = &all->found.v[i];
        if (w->start == start && (!best || moment_before(best->end, w->end))) best = w;
    }
    return best;
}

/* The name that took the last event. */
static int progress(const struct way *w) { return w->taken[w->n - 1].letter; }

static const struct way *furthest_of(const struct ways *all, int start) {
    const struct way *best = NULL;
    for (uint32_t i = 0; i < all->waiting.n; i++) {
        const struct way *w = &all->waiting.v[i];
        if (w->start == start && (!best || progress(w) > progress(best))) best = w;
    }
    return best;
}

static void add(struct happenings *h, const struct ways *all, const struct way *w,
                struct moment when, bool timed_out) {
    if (!w) return;
    struct happening one = {w, when, timed_out, h->n};
    arena_push(all->arena, h->v, h->n, h->cap, one);
}

/* A way that matched does not time out, whatever more it could have taken. */
static bool matched(const struct ways *all, const struct way *w) {
    for (uint32_t i = 0; i < all->found.n; i++)
        if (ways_same(&all->found.v[i], w)) return true;
    return false;
}

static void happens_to(const struct twin_case *c, const struct ways *all, int start,
                       struct happenings *h) {
    const struct way *w = c->mode == MODE_LONGEST ? longest_of(all, start) : first_of(all, start);
    if (w) add(h, all, w, c->mode == MODE_LONGEST ? all->settled[start] : w->end, false);
    const struct way *furthest = w ? NULL : furthest_of(all, start);
    if (furthest) add(h, all, furthest, furthest->end, true);
}

static void happens_to_ways(const struct ways *all, struct happenings *h) {
    for (uint32_t i = 0; i < all->found.n; i++)
        add(h, all, &all->found.v[i], all->found.v[i].end, false);
    for (uint32_t i = 0; i < all->waiting.n; i++)
        if (!matched(all, &all->waiting.v[i]))
            add(h, all, &all->waiting.v[i], all->waiting.v[i].end, true);
}

/* ---- in order -------------------------------------------------------------------------------- */

/* At one moment matches come before what the window ended: a start that a match discards does not
 * time out. */
static int by_moment(const void *left, const void *right) {
    const struct happening *a = left, *b = right;
    if (moment_before(a->when, b->when)) return -1;
    if (moment_before(b->when, a->when)) return 1;
    if (a->timed_out != b->timed_out) return a->timed_out ? 1 : -1;
    if (a->way->start != b->way->start) return a->way->start - b->way->start;
    return a->order < b->order ? -1 : a->order > b->order;
}

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

/* The value of a.n, as `once per … by` counts: -1 is null. */
static int once_value(const struct twin_case *c, const struct way *w) {
    int value = -1;
    for (int i = 0; i < w->n; i++)
        if (w->taken[i].letter == 0) value = c->events[w->taken[i].event].n;
    return c->once_by ? value : 0;
}

/* `once per D`: sent if D has passed since the one sent before was told; that counts how many were
 * held back, and is forgotten after 2 D. */
static bool passes(const struct twin_case *c, const struct twin_alerts *sent, int *held,
                   struct twin_alert *one) {
    if (!c->once_ms) return true;
    for (uint32_t i = sent->n; i-- > 0;) {
        if (once_value(c, sent->v[i].way) != once_value(c, one->way)) continue;
        int since = one->told.ms - sent->v[i].told.ms;
        if (since >= 2 * c->once_ms) return true;
        if (since >= c->once_ms) {
            one->suppressed = held[i];
            return true;
        }
        held[i]++;
        return false;
    }
    return true;
}

void ways_alerts(const struct twin_case *c, const struct ways *all, struct twin_alerts *out) {
    struct happenings h = {0};
    int bar = -1;
    if (c->mode == MODE_ALL_WAYS) happens_to_ways(all, &h);
    else for (int start = 0; start < c->nevents; start++) happens_to(c, all, start, &h);
    if (h.n) qsort(h.v, h.n, sizeof *h.v, by_moment);
    int *held = arena_array(all->arena, int, h.n + 1);
    for (uint32_t i = 0; i < h.n; i++) {
        const struct happening *now = &h.v[i];
        struct twin_alert alert = {now->way, now->when, now->timed_out, 0};
        if (c->ends_ms >= 0 && now->when.ms > c->ends_ms) break;
        if (now->way->start < bar || now->when.ms == INT32_MAX) continue;
        int next = now->timed_out ? -1 : bar_of(c, now->way);
        if (next > bar) bar = next;
        if (passes(c, out, held, &alert)) arena_push(out->arena, out->v, out->n, out->cap, alert);
    }
}
