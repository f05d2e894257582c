/* timers: event-time wake-ups of a group's key states, the earliest first.
 *
 * A binary heap. A timer is never taken out before its time: who is woken looks whether there still
 * is something to do. So at most one for each (state, rule) and due time is set, and a state counts
 * those that will ring for it and stays until they have. One thread. Tests:
 * tests/unit/whole/test_clock.c
 */
#ifndef OMEN_ENGINE_TIMERS_H
#define OMEN_ENGINE_TIMERS_H

#include "engine/keys.h"

struct timer {
    int64_t due; /* event time, ns */
    struct key_state *state;
    uint32_t rule; /* place in the group's rules */
};

struct timers {
    struct timer *v;
    uint32_t n, cap;
};

void timers_fini(struct timers *t);
void timers_set(struct timers *t, struct timer timer);

static inline int64_t timers_next(const struct timers *t) { return t->n ? t->v[0].due : INT64_MAX; }

struct timer timers_ring(struct timers *t); /* takes out the earliest; there must be one */

#endif
