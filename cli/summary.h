/* summary: what a run has done, in numbers: as a table for people, as one JSON object for machines,
 * and as the one line of progress that is drawn over and over.
 *
 *   events             1,234,567  in 0.59 s, 2,092,486 a second
 *   alerts                 1,204
 *     sustained_speeding   1,204
 *   suppressed                 7                     where there are any: not sent by `once per`,
 *     burst                    7
 *   excepted                   2                     or by an exception,
 *     burst: own_cards         2
 *   shadow                     5  in shadow.ndjson   and alerts of rules in mode shadow
 *     new_rule                 5
 *   signals                    9                     and alerts of rules in mode signal
 *     probing                  9
 *   malformed                  3  in dead.ndjson
 *     telemetry.ndjson line 8: expected a number for `speed`, found a string
 *   late                       0
 *   null keys                  0
 *   dropped                   12                     where there are any, by sink; lost, waiting
 *     kafka:alerts            12
 *   table merchants        1,203  rows; read again 2 times      where there are any
 *
 * Tests: tests/cli/replay.t, terminal.t
 */
#ifndef OMEN_CLI_SUMMARY_H
#define OMEN_CLI_SUMMARY_H

#include "base/buf.h"
#include "cli/outputs.h"
#include "cli/tables.h"

struct totals {
    const struct program *program;
    const uint64_t *by_rule; /* alerts, beside program->rules */
    struct workers *workers; /* what was not sent, and what closed, is asked of them */
    const struct tables *tables;
    uint64_t shadow;         /* alerts of rules in mode shadow; not among `alerts` */
    uint64_t signals;        /* of rules in mode signal; likewise */
    uint64_t unfed;          /* alerts that fed no rule, being too many at one time */
    uint64_t events, alerts, malformed, late, null_keys, runs_dropped, regex_bound;
    uint64_t left_out; /* values for which a window in panes had no room */
    uint64_t keys, runs, memory;   /* now; memory in bytes */
    uint64_t bytes, total_bytes;   /* of the inputs; total 0: not known */
    const char *late_to, *dead_to, *shadow_to; /* as the operator wrote it; NULL: only counted */
    const char *first_malformed;   /* empty: none */
    int64_t elapsed_ns;
    const struct outputs *outputs; /* their sinks: shown where something waits or is gone */
    uint64_t lag, unheard, rebalances; /* of sources that have such: see source_counters */
    uint64_t repeated;        /* events and malformed ones that came again and were passed over */
    uint64_t held;            /* events that wait for their turn in event time */
    uint64_t reloads, failed_reloads;
};

/* `now`: while it runs, with keys, runs and memory. */
void summary_text(const struct totals *t, bool now, struct buf *out);
void summary_json(const struct totals *t, bool now, struct buf *out);

/* One line without its end; the rate is of `events` in `ns`, the last stretch. */
void summary_progress(const struct totals *t, uint64_t events, int64_t ns, struct buf *out);

#endif
