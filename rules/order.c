/* order: which names of a pattern can have been taken before which.
 *
 * The pattern is flattened once into positions with a link to the one around them; for two names
 * the paths upward meet at the smallest part that holds both:
 *
 *   (a then b)+ then c      a, b: meet in a loop: each can come before the other
 *                           a, c: meet in a sequence: the one written first
 *   a or b                  meet in an `or`: neither, unless a loop stands around it
 *   all(a, b)               meet in any order: both
 *
 * A name can come before itself where it, or something around it, is a loop. Names after `no` and
 * `until` have a position too, several perhaps: they are tested there, but never taken.
 * Tests: tests/cases/check/order.case
 */
#include "rules/front.h"

struct position {
    const struct pattern *pattern;
    uint32_t parent; /* NONE at the top */
    uint32_t index;  /* among the children of the parent */
    uint32_t depth;
    bool loop;       /* can be gone through more than once */
};

struct occurrence {
    uint32_t position;
    bool taken;
    struct occurrence *next;
};

struct order {
    struct arena *arena;
    struct position *positions;
    uint32_t n, cap;
    struct occurrence **occurrences; /* by variable */
};

static void order_add(struct order *o, const struct map *variables, struct name name, uint32_t at,
                      bool taken) {
    uintptr_t index = (uintptr_t)map_get(variables, name.text);
    if (index == 0) return;
    struct occurrence *occ = arena_new(o->arena, struct occurrence);
    *occ = (struct occurrence){at, taken, o->occurrences[index - 1]};
    o->occurrences[index - 1] = occ;
}

/* Recursion is bounded by the parser's depth. */
static void order_walk(struct order *o, const struct map *variables, const struct pattern *p,
                       uint32_t parent, uint32_t index) {
    struct position here = {.pattern = p, .parent = parent, .index = index};
    here.depth = parent == NONE ? 0 : o->positions[parent].depth + 1;
    here.loop = (p->count.written && p->count.most != 1) || p->for_ns > 0 || p->lasting_ns > 0;
    uint32_t at = o->n;
    arena_push(o->arena, o->positions, o->n, o->cap, here);
    if (p->kind == PATTERN_NAME) order_add(o, variables, p->name, at, true);
    for (uint32_t i = 0; i < p->nnames; i++) order_add(o, variables, p->names[i], at, false);
    if (p->until.text.n) order_add(o, variables, p->until, at, false);
    for (uint32_t i = 0; i < p->nchildren; i++) order_walk(o, variables, p->children[i], at, i);
}

struct order *order_new(struct arena *arena, const struct pattern *pattern,
                        const struct map *variables, uint32_t nvariables) {
    struct order *o = arena_new(arena, struct order);
    o->arena = arena;
    o->occurrences = arena_array(arena, struct occurrence *, nvariables + 1);
    order_walk(o, variables, pattern, NONE, 0);
    return o;
}

static bool order_loops(const struct order *o, uint32_t at) {
    for (; at != NONE; at = o->positions[at].parent)
        if (o->positions[at].loop) return true;
    return false;
}

static bool order_before(const struct order *o, uint32_t a, uint32_t b) {
    uint32_t child_a = 0, child_b = 0;
    while (a != b) {
        bool up_a = o->positions[a].depth >= o->positions[b].depth;
        bool up_b = o->positions[b].depth >= o->positions[a].depth;
        if (up_a) {
            child_a = o->positions[a].index;
            a = o->positions[a].parent;
        }
        if (up_b) {
            child_b = o->positions[b].index;
            b = o->positions[b].parent;
        }
    }
    if (order_loops(o, a)) return true;
    switch (o->positions[a].pattern->kind) {
    case PATTERN_SEQUENCE: return child_a < child_b;
    case PATTERN_ALL:
    case PATTERN_SOME: return child_a != child_b;
    default: return false;
    }
}

bool order_may_precede(const struct order *order, uint16_t first, uint16_t second) {
    for (const struct occurrence *a = order->occurrences[first]; a; a = a->next) {
        if (!a->taken) continue;
        for (const struct occurrence *b = order->occurrences[second]; b; b = b->next) {
            if (a->position == b->position ? order_loops(order, a->position)
                                           : order_before(order, a->position, b->position))
                return true;
        }
    }
    return false;
}

bool order_single(const struct pattern *pattern) {
    while (pattern->kind == PATTERN_SEQUENCE && pattern->nchildren == 1) {
        if (pattern->optional || (pattern->count.written && pattern->count.most != 1)) return false;
        pattern = pattern->children[0];
    }
    const struct count *count = &pattern->count;
    return pattern->kind == PATTERN_NAME && !pattern->optional && pattern->for_ns == 0 &&
           pattern->lasting_ns == 0 && (!count->written || (count->least == 1 && count->most == 1));
}

static bool takes_something(const struct pattern *p) {
    return !p->optional && (!p->count.written || p->count.least > 0);
}

const struct name *order_certain(const struct pattern *pattern) {
    if (!takes_something(pattern)) return NULL;
    if (pattern->kind == PATTERN_NAME) return &pattern->name;
    if (pattern->kind != PATTERN_SEQUENCE && pattern->kind != PATTERN_ALL) return NULL;
    for (uint32_t i = 0; i < pattern->nchildren; i++) {
        const struct name *found = order_certain(pattern->children[i]);
        if (found) return found;
    }
    return NULL;
}
