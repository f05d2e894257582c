/* engine_chain: rules that read other rules. Groups stand on levels: those of level 0 read events
 * from outside only, any other stands above the rules that it reads.
 *
 *   level 0   meets the rows of a part                                            (engine.c)
 *   level 1   meets those that it reads too, and the alerts of level 0 as rows, in order of time;
 *             of one time the rows from outside come first
 *   …
 *
 * All levels are taken up to the same moment, `until`: nothing before it can come any more. What
 * happens at that moment is not yet complete: its alerts go out, and wait to be met (derived.h).
 * The clock of a level goes up to `until` when the level has met everything before it, so that an
 * event at t comes before a timer at t on every level.
 *
 * An alert may be for another key than the event that completed it. Here that is nothing special;
 * with shards it would have to change from one to another, between two levels.
 *
 * A group of a higher level numbers what it meets by itself: between two rows from outside there
 * is room for any number of alerts. Tests: tests/unit/whole/test_chains.c
 */
#include "engine/engine_internal.h"

#include <stdlib.h>

#include "base/log.h"

struct outside { /* rows of a part that have not been met by a level */
    const struct batch *batch; /* NULL: no rows */
    const uint32_t *rows;
    uint32_t n;
};

static void meet_rows(struct engine *e, struct group *g, const struct batch *batch,
                      const uint32_t *rows, uint32_t n) {
    const struct program_input *input = program_input_of(g->plan, batch->stream);
    struct event first = {batch, rows[0], g->seq + 1, 0};
    g->seq += rows[n - 1] - rows[0] + 1;
    g->in = &g->intakes[input - g->plan->inputs];
    keys_read(g->keys, input);
    group_feed(e, g, batch, rows, n, &first);
}

/* Both in order of time; stretches of one stream are met at once. */
static void merge(struct engine *e, struct group *g, struct outside out,
                  const struct derived_row *rows, uint32_t n) {
    const int64_t *times = out.n ? batch_times(out.batch) : NULL;
    uint32_t stretch[DERIVED_ROWS], i = 0, k = 0;
    if (out.n && !program_input_of(g->plan, out.batch->stream)) out.n = 0;
    while (i < out.n || k < n) {
        uint32_t from = i, m = 0;
        while (i < out.n && (k == n || times[out.rows[i]] <= rows[k].at)) i++;
        if (i > from) meet_rows(e, g, out.batch, out.rows + from, i - from);
        const struct batch *batch = NULL;
        for (; k < n && (i == out.n || rows[k].at < times[out.rows[i]]); k++) {
            if (!program_input_of(g->plan, rows[k].batch->stream)) continue;
            if (batch && rows[k].batch != batch) break;
            batch = rows[k].batch;
            stretch[m++] = rows[k].row;
        }
        if (m) meet_rows(e, g, batch, stretch, m);
    }
}

/* Which streams the groups of a level read. */
static void find_reads(struct engine *e, uint32_t level) {
    uint32_t outer = program_outer_streams(e->program);
    memset(e->reads, 0, e->program->nfeeds * sizeof *e->reads);
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        const struct program_group *g = e->groups[i].plan;
        for (uint32_t k = 0; g->level == level && k < g->ninputs; k++)
            if (g->inputs[k].stream >= outer) e->reads[g->inputs[k].stream - outer] = true;
    }
}

/* Rows from outside up to the last of these alerts, and these alerts. */
static uint32_t meet(struct engine *e, uint32_t level, struct outside out,
                     const struct derived_row *rows, uint32_t n) {
    uint32_t now = 0;
    for (uint32_t i = 0; i < e->program->nfeeds; i++)
        if (derived_batch(e->derived, i)) batch_open(e, derived_batch(e->derived, i));
    while (now < out.n && (!n || batch_times(out.batch)[out.rows[now]] <= rows[n - 1].at)) now++;
    out.n = now;
    for (uint32_t i = 0; i < e->program->ngroups; i++)
        if (e->groups[i].plan->level == level) merge(e, &e->groups[i], out, rows, n);
    return now;
}

static void chain_level(struct engine *e, uint32_t level, struct outside out, int64_t until) {
    const struct derived_row *rows;
    uint32_t n;
    find_reads(e, level);
    derived_gather(e->derived, e->queue, e->reads, until);
    do {
        n = derived_next(e->derived, &rows);
        uint32_t met = meet(e, level, out, rows, n);
        out.rows += met;
        out.n -= met;
    } while (n);
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        struct group *g = &e->groups[i];
        if (g->plan->level != level) continue;
        group_ring(e, g, until);
        if (out.batch) group_expire(e, g, until);
        group_remove_empty(g);
    }
}

void chain_feed(struct engine *e, const struct batch *batch, const uint32_t *rows, uint32_t n,
                int64_t until) {
    if (!e->derived) return;
    for (uint32_t level = 1; level <= e->top; level++)
        chain_level(e, level, (struct outside){batch, rows, n}, until);
    derived_keep(e->derived, e->queue, until);
}
