/* pane_time: which pane a time is in, and when windows close: the arithmetic of frames.
 *
 * STEP and EVERY count from the epoch, UTC; lengths of whole weeks from a Monday (5 January 1970),
 * so that weeks begin on Mondays. CALENDAR counts civil days of its zone from 1 January 1970, whole
 * weeks again from a Monday: a pane begins when the clock there shows the time of day. On a day on
 * which it shows it twice, the first time counts; on a day on which it does not show it, the
 * instant at which it would have, had it not been put forward (engine/zone.h).
 *
 * Tests: tests/unit/engine/test_pane_time.c
 */
#ifndef OMEN_ENGINE_PANE_TIME_H
#define OMEN_ENGINE_PANE_TIME_H

#include "base/time.h"
#include "engine/program.h"
#include "engine/zone.h"

struct pane_span {
    int64_t start, end; /* [start, end) */
};

/* `zone`: of a CALENDAR, NULL: UTC. Not for sessions: where theirs end, the next event says. */
struct pane_span pane_at(const struct program_frame *frame, const struct zone *zone, int64_t at);

/* EVERY: the first close after the time. */
int64_t pane_next_close(const struct program_frame *frame, int64_t at);

#endif
