/* timers: see timers.h. */
#include "engine/timers.h"

#include <stdlib.h>

#include "base/log.h"

void timers_fini(struct timers *t) {
    free(t->v);
    *t = (struct timers){0};
}

void timers_set(struct timers *t, struct timer timer) {
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 64;
        t->v = must_realloc(t->v, t->cap * sizeof *t->v);
    }
    uint32_t i = t->n++;
    for (; i && timer.due < t->v[(i - 1) / 2].due; i = (i - 1) / 2) t->v[i] = t->v[(i - 1) / 2];
    t->v[i] = timer;
    timer.state->timers++;
}

struct timer timers_ring(struct timers *t) {
    struct timer first = t->v[0], last = t->v[--t->n];
    uint32_t i = 0;
    for (uint32_t c; (c = 2 * i + 1) < t->n; i = c) {
        if (c + 1 < t->n && t->v[c + 1].due < t->v[c].due) c++;
        if (last.due <= t->v[c].due) break;
        t->v[i] = t->v[c];
    }
    t->v[i] = last;
    first.state->timers--;
    return first;
}
