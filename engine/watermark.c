/* watermark: see watermark.h. */
#include "engine/watermark.h"

#include <stdlib.h>

#include "base/log.h"

void watermarks_init(struct watermarks *all) {
    *all = (struct watermarks){.front = {INT64_MIN, 0}};
}

void watermarks_fini(struct watermarks *all) {
    free(all->v);
    *all = (struct watermarks){0};
}

void watermarks_add(struct watermarks *all, struct watermark *mark) {
    if (all->n == all->cap) {
        all->cap = all->cap ? all->cap * 2 : 8;
        all->v = must_realloc(all->v, all->cap * sizeof(void *));
    }
    all->v[all->n++] = mark;
}

void watermarks_move(struct watermarks *all) {
    struct place least = {INT64_MAX, UINT64_MAX};
    bool all_ended = true;
    all->holds = NULL;
    for (uint32_t i = 0; i < all->n; i++) {
        const struct watermark *w = all->v[i];
        if (w->ended || !w->counts) continue;
        all_ended = false;
        struct place place = {w->at_ns, w->lane};
        if (w->idle || !place_before(place, least)) continue;
        least = place;
        all->holds = w;
    }
    if (!all->holds && !all_ended) return; /* silence everywhere */
    if (place_before(all->front, least)) all->front = least;
}

bool watermarks_all_idle(const struct watermarks *all) {
    bool some = false;
    for (uint32_t i = 0; i < all->n; i++) {
        const struct watermark *w = all->v[i];
        if (w->ended || !w->counts) continue;
        if (!w->idle) return false;
        some = true;
    }
    return some;
}

void watermarks_pass(struct watermarks *all, int64_t at_ns) {
    struct place to = {at_ns, 0};
    if (place_before(all->front, to)) all->front = to;
}
