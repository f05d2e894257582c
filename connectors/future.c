/* future: see future.h. */
#include "connectors/future.h"

#include "base/time.h"

bool future_refuses(struct future_bound *f, const struct batch *batch) {
    if (batch->schema->time_field == SCHEMA_NONE) return false; /* rows of a table */
    int64_t at = batch_times(batch)[batch->n - 1];
    uint64_t offset = batch->offset[batch->n - 1];
    while (f->noffsets && *f->offsets < offset) f->offsets++, f->noffsets--;
    if (f->noffsets && *f->offsets == offset) return true;
    if (!f->ahead_ns || at <= f->limit_ns) return false;
    f->limit_ns = time_wall_ns() + f->ahead_ns;
    return at > f->limit_ns;
}

void future_reason(const struct batch *batch, struct buf *out) {
    buf_text(out, "the event time ");
    time_format(out, batch_times(batch)[batch->n - 1]);
    buf_text(out, " is too far ahead of the wall clock");
}
