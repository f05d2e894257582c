/* reorder: a source that puts the rows of another in order of event time, as far as the allowed
 * lateness goes.
 *
 *   inner source → rows wait in a heap → rows up to the watermark, by event time, then arrival
 *
 * The watermark is the highest event time seen minus the lateness: no older row is waited for. A
 * row that is older when it arrives is late: counted, given to the handler, and left out. Whether a
 * row is late depends on the rows before it only, not on how they were cut into batches. At the end
 * of the input everything that waits comes out.
 *
 * Rows that wait are bounded by REORDER_MAX_ROWS: beyond it the oldest come out early, and the
 * watermark with them. With a lateness of 0 there is nothing to put in order: do without this. One
 * thread. Tests: tests/unit/whole/test_reorder.c, tests/cli/lateness.t
 */
#ifndef OMEN_ENGINE_REORDER_H
#define OMEN_ENGINE_REORDER_H

#include "engine/engine.h"
#include "engine/source.h"

enum { REORDER_MAX_ROWS = 1 << 22 };

/* Takes over `inner`, whose counters and dead letters go on being its own: the returned source
 * shows copies. `late` may be NULL; its newest_ns is the watermark. `rows`: how many the inner
 * source is asked for at once. */
struct source *reorder_new(struct source *inner, int64_t lateness_ns, uint32_t rows,
                           late_handler *late, void *late_context);

uint64_t reorder_late(const struct source *reorder); /* rows left out so far */

#endif
