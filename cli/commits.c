/* commits: see commits.h. */
#include "cli/commits.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"

void commits_init(struct commits *c, struct inputs *inputs, struct outputs *outputs) {
    *c = (struct commits){.inputs = inputs, .outputs = outputs};
    c->taken = must_zalloc((outputs->nall + 1) * sizeof *c->taken);
    for (uint32_t i = 0; i < inputs->n; i++)
        if (inputs->v[i].source->ops->handled) c->wanted = true;
}

void commits_fini(struct commits *c) {
    free(c->taken);
    free(c->v);
}

/* ---- out of the merge ------------------------------------------------------------------------ */

static struct commit *commit_of(struct commits *c, const struct lane_state *lane) {
    for (uint32_t i = 0; i < c->n; i++)
        if (c->v[i].lane == lane->mark.lane) return &c->v[i];
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 16;
        c->v = must_realloc(c->v, c->cap * sizeof *c->v);
    }
    c->v[c->n] = (struct commit){.lane = lane->mark.lane, .source = lane->source};
    return &c->v[c->n++];
}

static void follow(struct commits *c, const struct lane_state *lane) {
    struct commit *one = commit_of(c, lane);
    int64_t front_ns = merge_marks(c->inputs->merge)->front.at;
    /* It went to another member of the group and came back, less far. */
    if (lane->next_offset < one->mark)
        *one = (struct commit){.lane = one->lane, .source = one->source};
    if (one->marked && (!lane->waiting || lane->oldest_ns > one->mark_ns)) {
        one->marked = false;
        one->out = one->mark;
    }
    if (one->marked || lane->next_offset == one->mark) return;
    one->mark = lane->next_offset;
    if (!lane->waiting) {
        one->out = one->mark;
        return;
    }
    one->marked = true;
    one->mark_ns = lane->mark.highest_ns > front_ns ? lane->mark.highest_ns : front_ns;
}

static void follow_all(struct commits *c) {
    struct lane_state lane;
    for (uint32_t i = 0; i < merge_lanes(c->inputs->merge); i++) {
        merge_lane_state(c->inputs->merge, i, &lane);
        if (c->inputs->v[lane.source].source->ops->handled) follow(c, &lane);
    }
}

/* ---- out into the world ---------------------------------------------------------------------- */

static bool round_is_through(const struct commits *c) {
    for (uint32_t i = 0; i < c->outputs->nall; i++) {
        const struct sink *s = c->outputs->all[i]->sink;
        if (s->written + s->dropped < c->taken[i]) return false;
    }
    return true;
}

static void tell(struct commits *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        struct commit *one = &c->v[i];
        if (one->round <= one->told) continue;
        struct source *s = c->inputs->v[one->source].source;
        s->ops->handled(s, (uint32_t)one->lane, one->round);
        one->told = one->round;
    }
    c->under_way = false;
}

static void begin_round(struct commits *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        c->v[i].round = c->v[i].out;
        c->under_way |= c->v[i].round > c->v[i].told;
    }
    for (uint32_t i = 0; i < c->outputs->nall; i++) c->taken[i] = c->outputs->all[i]->sink->taken;
}

static void settle(struct commits *c) {
    if (c->under_way && round_is_through(c)) tell(c);
    if (!c->under_way) begin_round(c);
    if (c->under_way && round_is_through(c)) tell(c);
}

/* ---- outside --------------------------------------------------------------------------------- */

bool commits_due(const struct commits *c) {
    return c->wanted && time_monotonic_ns() - c->looked_ns >= COMMIT_EACH_NS;
}

void commits_tick(struct commits *c) {
    c->looked_ns = time_monotonic_ns();
    if (c->under_way) outputs_flush(c->outputs);
    if (merge_at_rest(c->inputs->merge)) follow_all(c);
    settle(c);
}

void commits_last(struct commits *c) {
    if (!c->wanted) return;
    if (merge_at_rest(c->inputs->merge)) follow_all(c);
    settle(c);
    settle(c);
}
