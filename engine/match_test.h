/* match_test: what the matcher asks of an event: conditions, guards, unbroken runs. None of it
 * changes anything but a memo. It is compiled into match.c, whose inner loop it is, and once more
 * into trace.c, which asks the same to tell why. Nobody else includes it. */
#ifndef OMEN_ENGINE_MATCH_TEST_H
#define OMEN_ENGINE_MATCH_TEST_H

#include "engine/match_internal.h"

/* Conditions on previous values cost an interpreter call: once an event and name, whatever the
 * number of runs. */
static inline bool key_condition(struct matcher *m, uint16_t variable, uint32_t code) {
    struct memo *memo = &m->memos[variable];
    if (memo->seq != m->event->seq) {
        struct expr_scope scope = {.prev = m->prev, .windows = m->windows};
        memo->seq = m->event->seq;
        memo->holds = expr_test(m->expr, code, m->event->batch, m->event->row, &scope);
    }
    return memo->holds;
}

/* Does the event satisfy the name, seen from `run` (NULL: before the first event)? Cheapest
 * conditions first. */
static inline bool satisfies(struct matcher *m, uint16_t variable, struct run *run) {
    const struct program_variable *v = &m->rule->variables[variable];
    if (v->stream != m->event->batch->stream) return false;
    if (v->predicate != NONE && !bit_get(m->bits[v->predicate], m->event->row)) return false;
    if (v->key_code != NONE && !key_condition(m, variable, v->key_code)) return false;
    if (v->run_code == NONE) return true;
    struct expr_scope scope = {.prev = m->prev, .windows = m->windows,
                               .cells = run ? run_cells(run)
                                            : (struct value *)m->rule->cells, /* only read */
                               .last = run ? run->last : NULL};
    return expr_test(m->expr, v->run_code, m->event->batch, m->event->row, &scope);
}

/* `for`, `lasting`: the key's previous event belonged to the same unbroken run. */
static inline bool in_streak(struct matcher *m, uint16_t variable) {
    uint32_t code = m->rule->variables[variable].streak_code;
    if (code == NONE) return false;
    struct expr_scope scope = {.prev = m->prev, .windows = m->windows};
    return expr_test(m->expr, code, m->event->batch, m->event->row, &scope);
}

static inline bool guard_holds(const struct nfa_guard *g, const uint32_t *counters,
                               const int64_t *stamps, int64_t now) {
    switch ((enum guard_kind)g->kind) {
    case GUARD_BELOW: return counters[g->counter] < g->value;
    case GUARD_AT_LEAST: return counters[g->counter] >= g->value;
    case GUARD_LACKS: return !(counters[g->counter] >> g->value & 1);
    case GUARD_HAS_BITS: return (uint32_t)__builtin_popcount(counters[g->counter]) >= g->value;
    case GUARD_FEW_BITS: return (uint32_t)__builtin_popcount(counters[g->counter]) < g->value;
    case GUARD_LASTED: return time_since(now, stamps[g->counter]) >= g->span_ns;
    case GUARD_SHORT: return time_since(now, stamps[g->counter]) < g->span_ns;
    }
    return false;
}

#endif
