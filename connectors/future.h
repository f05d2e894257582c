/* future: events that are too far ahead of the wall clock, which every source refuses as malformed
 * (struct future_bound). The wall clock is asked only when an event is ahead of what it said last.
 * Tests: tests/cli/journal.t, tests/system/test_kafka.py
 */
#ifndef OMEN_CONNECTORS_FUTURE_H
#define OMEN_CONNECTORS_FUTURE_H

#include "base/buf.h"
#include "engine/source.h"

/* The row that was just committed. */
bool future_refuses(struct future_bound *f, const struct batch *batch);
void future_reason(const struct batch *batch, struct buf *out);

#endif
