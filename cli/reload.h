/* reload: another set of rules, while the events go on: SIGHUP of `omen run`.
 *
 *   SIGHUP ─→ between two slices: the same files, compiled aside
 *             ├ an error, or streams that sources cannot give → said, counted; nothing changes
 *             └ fine → workers_renew carries the state over (engine/carry.h), tables are given
 *                      again, and the log says what became of each rule
 *
 * Sources stay open, and with them the streams as they were declared when omen began: fields that
 * were not read then are not in the events that come. So a reload that needs others is refused.
 * Tests: tests/cli/reload.t, plan.t
 */
#ifndef OMEN_CLI_RELOAD_H
#define OMEN_CLI_RELOAD_H

#include "cli/load.h"
#include "cli/tables.h"
#include "engine/carry.h"
#include "engine/workers.h"

struct reload {
    const struct values *files, *params;
    bool quiet, json;
    const struct program *opened; /* with which the sources were */
    const bool *read;             /* by stream of it: some rule read it then */
    struct rules *rules;          /* that run: reload puts others there */
    struct rules *first;          /* never let go of before the end */
    struct tables *tables;
    struct workers **workers;
    uint64_t done, refused;
};

void reload_close(struct reload *r);

/* True: other rules run, whose programs are in r->rules. False after messages. */
bool reload_now(struct reload *r);

/* Why rules cannot take over events that are read for others; NULL: they can. */
const char *reload_misfit(struct arena *arena, const struct program *opened, const bool *read,
                          const struct program *now);

/* What would become, or became, of each rule that does not just go on as it was; `all`: of those
 * too. A line each for `line`. `counts`: NULL where there are none. */
void reload_tell(const struct carry *carry, const struct carry_count *counts, bool all,
                 void (*line)(void *context, struct str name, const char *text), void *context);

#endif
