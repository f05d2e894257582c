/* workers: the engine on several threads: each has a share of the keys, and all of them together
 * give the alerts of one, byte for byte.
 *
 *   main ─tasks→ │ task │ task │ … a ring     a task is a part of a batch, or time that passes
 *
 *   worker 0 ──────→ each goes through all tasks in order, and does of each what belongs to its
 *   worker 1 ──────→ keys; its alerts wait in a queue of the task
 *
 *   main     the oldest task is done by all: its alerts are put in order, levels above the first
 *            meet them, and they leave
 *
 * What does not depend on keys is done once: the predicates of a batch are evaluated by whoever
 * comes to it first, a predicate at a time, and the others help. Rules that read other rules run on
 * main: an alert may be for a key of another share.
 *
 * A worker is an engine (engine.h) of its own with a share of the keys; main's engine has the
 * clocks, late events and the levels above. With one worker there are no threads and no ring.
 *
 * Batches are held until all have done with them (engine/batch_pool.h); whoever changes a batch
 * himself settles first. All functions: the main thread. Tests: tests/unit/whole/test_workers.c,
 * under ThreadSanitizer too
 */
#ifndef OMEN_ENGINE_WORKERS_H
#define OMEN_ENGINE_WORKERS_H

#include "engine/engine.h"

enum { WORKERS_MOST = 64, WORKERS_TASKS = 4 };

struct workers;

/* `n`: 1 to WORKERS_MOST. NULL with a text in *why: see engine_new. */
struct workers *workers_new(struct program *program, const struct engine_options *options,
                            uint32_t n, const char **why);
void workers_free(struct workers **w);

/* As engine_open, engine_feed, engine_advance, engine_finish; alerts may leave later, in order, at
 * one of the following calls. */
void workers_open(struct workers *w, struct batch *batch);
void workers_feed(struct workers *w, struct batch *batch, uint32_t first, uint32_t n);
void workers_advance(struct workers *w, int64_t ns);
void workers_finish(struct workers *w, bool drain);

/* Everything that was fed has been matched, and its alerts have left. */
void workers_settle(struct workers *w);

/* Another program takes over, with as many workers: what fits of the state is carried, and counted
 * by rule of the one before (engine/carry.h). What is open is to be opened again, tables are to be
 * given again. False with a text in *why: nothing has changed. */
struct carry;
struct carry_count;
bool workers_renew(struct workers **w, const struct carry *carry, struct carry_count *counts,
                   const char **why);

/* Each engine, main's first; only between workers_settle and the next feed. */
uint32_t workers_count(const struct workers *w);
struct engine *workers_engine(struct workers *w, uint32_t i);

/* Sums over all of them; they settle first. Also out of an alert's handler: then what was fed has
 * been matched, but alerts behind this one have not left. */
void workers_counters(struct workers *w, struct engine_counters *out);
void workers_run_counters(struct workers *w, struct run_counters *out);
void workers_alerts_by_rule(struct workers *w, uint64_t *by_rule);
uint64_t workers_suppressed(struct workers *w, uint32_t rule);
uint64_t workers_excepted(struct workers *w, uint32_t rule, uint32_t except);
uint64_t workers_regex_bound(struct workers *w);

struct resolve_counters workers_resolved(struct workers *w, uint32_t rule);

/* As engine_table, between two slices; what is open is to be opened again. */
void workers_table(struct workers *w, uint32_t table, struct table *now);

/* As engine_due: when the clock has something to do next; INT64_MAX: never. */
int64_t workers_due(struct workers *w);

#endif
