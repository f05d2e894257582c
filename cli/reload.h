/* reload: another set of rules, while the events go on: SIGHUP of `omen run`.
 *
 *   SIGHUP ─→ between two slices: the same files, compiled aside
 *             ├ an error, or what sources cannot give → said, counted; nothing changes
 *             └ fine → sources read for both from now on; when all that was read before has been
 *                      matched (cli/reading.h; at once, where nothing more is read) workers_renew
 *                      carries the state over (engine/carry.h), tables are given again, and the
 *                      log says what became of each rule
 *
 * A signal meanwhile compiles again, and what it finds fine is taken instead. Sources stay open,
 * and with them the streams that they were opened for.
 * Tests: tests/cli/reload.t, plan.t, tests/reload/run.sh
 */
#ifndef OMEN_CLI_RELOAD_H
#define OMEN_CLI_RELOAD_H

#include "cli/inputs.h"
#include "cli/load.h"
#include "cli/tables.h"
#include "engine/carry.h"
#include "engine/workers.h"

struct reload {
    const struct values *files, *params;
    bool quiet, json;
    struct inputs *inputs;
    struct rules *rules;          /* that run: reload puts others there */
    struct rules *first;          /* with which sources were opened: there to the end */
    struct rules *next;           /* that are to take over; NULL */
    struct tables next_tables;    /* theirs */
    bool waits;                   /* for events that were read before */
    struct tables *tables;
    struct workers **workers;
    uint64_t done, refused;
};

/* Compiles, and asks the sources: there are other rules to take over, or messages. */
void reload_ask(struct reload *r);

/* Between two slices. True: they have, and their program is in r->rules. */
bool reload_go(struct reload *r);

void reload_end(struct reload *r); /* nothing comes any more: a message, if others were to */
void reload_close(struct reload *r);

/* What would become, or became, of each rule that does not just go on as it was; `all`: of those
 * too. A line each for `line`. `counts`: NULL where there are none. */
void reload_tell(const struct carry *carry, const struct carry_count *counts, bool all,
                 void (*line)(void *context, struct str name, const char *text), void *context);

#endif
