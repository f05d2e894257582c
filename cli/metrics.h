/* metrics: a run in numbers for machines: OpenMetrics text, base units (seconds, bytes). Labels
 * come from rules, streams, partitions and sinks only, so that there are no more than the operator
 * wrote.
 *
 * Each metric is one line of metrics.def: name, type, unit, help. Tests: tests/cli/http.t
 */
#ifndef OMEN_CLI_METRICS_H
#define OMEN_CLI_METRICS_H

#include "cli/inputs.h"
#include "cli/outputs.h"
#include "cli/summary.h"

#define METRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

struct measured {
    const struct totals *totals;
    const struct inputs *inputs;
    const struct outputs *outputs;
    const char *unready; /* why it is not ready; NULL: it is */
    int64_t started_ns; /* the wall clock */
};

void metrics_text(const struct measured *m, struct buf *out);

#endif
