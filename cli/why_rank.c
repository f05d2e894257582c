/* why_rank: see why_rank.h. */
#include "cli/why_rank.h"

#include <stdlib.h>

static bool is_dead_end(const struct why *w, const struct why_way *way) {
    /* met no event although there were some: another way of the start covers it */
    return way->end == WHY_OPEN && way->met_seq == 0 && way->event->at < w->last_at;
}

bool why_ran_out(const struct why *w, const struct why_way *way) {
    return w->rule->within_ns >= 0 && way->start_at + w->rule->within_ns < w->now;
}

bool why_gave_up(const struct why *w, const struct why_way *way) {
    return way->end == WHY_OPEN && way->chance < w->now;
}

static int64_t end_of(const struct why *w, const struct why_way *way) {
    if (way->end != WHY_OPEN) return way->end_at;
    int64_t end = INT64_MAX;
    if (w->rule->within_ns >= 0) end = way->start_at + w->rule->within_ns;
    if (way->chance < end) end = way->chance;
    for (uint32_t i = 0; i < way->nclosings; i++)
        if (way->closings[i].event->at < end) end = way->closings[i].event->at;
    for (uint32_t i = 0; i < way->nnotes; i++)
        if (way->notes[i].closes && way->notes[i].event->at < end) end = way->notes[i].event->at;
    return end;
}

int64_t why_lasting(const struct why *w, const struct why_way *way, int64_t *lasted) {
    const struct why_way *first = way;
    while (first->before->before && first->before->variable == way->variable) first = first->before;
    *lasted = way->event->at - first->event->at;
    for (uint32_t s = 1; s < w->rule->nstates; s++) {
        const struct nfa_state *state = &w->rule->states[s];
        for (uint32_t i = 0; state->variable == way->variable && i < state->nedges; i++) {
            const struct nfa_edge *e = &w->program->edges[state->first_edge + i];
            for (uint32_t k = e->first_guard; k < e->first_guard + e->nguards; k++)
                if (w->program->guards[k].kind == GUARD_LASTED)
                    return w->program->guards[k].span_ns;
        }
    }
    return 0;
}

/* How near it came, among those that are as many events short. */
static double nearness(const struct why *w, const struct why_way *way) {
    int64_t lasted, needed = why_lasting(w, way, &lasted);
    double near = way->nnotes ? way->notes[0].shortfall : 2;
    if (way->end == WHY_HAVING) return -1;
    if (lasted < needed) return (double)(needed - lasted) / (double)needed;
    for (uint32_t i = 0; i < way->nclosings; i++)
        if (way->closings[i].kind == TRACE_MISSED && near > 0.05) near = 0.05;
    return near;
}

static int compare(const void *x, const void *y) {
    const struct why_way *a = *(struct why_way *const *)x, *b = *(struct why_way *const *)y;
    if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
    if (a->near != b->near) return a->near < b->near ? -1 : 1;
    if (a->event->at != b->event->at) return a->event->at > b->event->at ? -1 : 1;
    return a->steps > b->steps ? -1 : a->steps < b->steps;
}

uint32_t why_rank(const struct why *w, struct why_way **out) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->nways; i++) {
        struct why_way *way = w->ways[i];
        if (way->went_on || way->end == WHY_MATCHED || is_dead_end(w, way)) continue;
        if (w->at != INT64_MAX && (way->start_at > w->at || end_of(w, way) < w->at)) continue;
        way->near = nearness(w, way);
        out[n++] = way;
    }
    qsort(out, n, sizeof *out, compare);
    return n;
}
