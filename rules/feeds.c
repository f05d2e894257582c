/* feeds: what a program says of rules that read rules: for each stream of a rule which rule it is
 * and what fills its fields; for each group its level, one above the highest that it reads.
 * Tests: tests/unit/rules/test_assemble.c
 */
#include "rules/feeds.h"

static uint32_t level_of(const struct layout *l, const uint32_t *levels, uint32_t group) {
    const struct rule_set *set = l->set;
    const struct group_layout *g = &l->groups[group];
    uint32_t level = 0, outer = set->nstreams - set->nfeeds;
    for (uint32_t i = 0; i < g->ninputs; i++) {
        if (g->inputs[i].stream < outer) continue;
        uint32_t below = l->rules[set->feeds[g->inputs[i].stream - outer].rule].group;
        if (levels[below] + 1 > level) level = levels[below] + 1;
    }
    return level;
}

void feeds_levels(const struct layout *l, struct program_group *groups) {
    const struct rule_set *set = l->set;
    uint32_t *levels = arena_array(set->arena, uint32_t, l->ngroups + 1);
    for (uint32_t i = 0; i < set->nrules; i++) {
        const struct rule_layout *r = &l->rules[set->order[i]];
        if (r->made) levels[r->group] = level_of(l, levels, r->group);
    }
    for (uint32_t i = 0; i < l->ngroups; i++) groups[i].level = levels[i];
}

void feeds_add(const struct rule_set *set, const uint32_t *number, struct program *p) {
    struct program_feed *feeds = arena_array(&p->arena, struct program_feed, set->nfeeds);
    uint32_t outer = set->nstreams - set->nfeeds;
    for (uint32_t i = 0; i < set->nfeeds; i++) {
        uint32_t n = set->streams[outer + i].nfields;
        uint16_t *from = arena_array(&p->arena, uint16_t, n);
        memcpy(from, set->feeds[i].from, n * sizeof *from);
        feeds[i] = (struct program_feed){number[set->feeds[i].rule], from};
    }
    p->feeds = feeds;
    p->nfeeds = set->nfeeds;
}
