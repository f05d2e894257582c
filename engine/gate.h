/* gate: what stands between a match and its alert: exceptions, then `once per`.
 *
 *   match ─→ except NAME: true? ─→ counted by name, not sent
 *        ─→ once per D: less than D since the last one sent? ─→ counted, not sent
 *        ─→ alert, with how many were not sent since
 *
 * A match that does not pass is a match all the same: `after match` has discarded what it discards.
 * Matches of one rule and key come in the order of their alerts, so what is decided here does not
 * depend on batches. One thread. Tests: tests/unit/whole/test_gate.c
 */
#ifndef OMEN_ENGINE_GATE_H
#define OMEN_ENGINE_GATE_H

#include "engine/match.h"

struct gate;

struct gate *gate_new(const struct program *program, struct expr *expr,
                      const struct window_view *windows);
void gate_free(struct gate **g);

/* Only for rules with program_says. `key`, `prev`: as alert_queue_add wants them. True: send it;
 * *suppressed: how many of the same were not sent since the one before. */
bool gate_pass(struct gate *g, uint32_t rule, const struct run *run,
               const struct completion *completion, const struct value *key,
               const struct value *prev, uint64_t *suppressed);

/* Of the last match that did not pass: the exception of its rule, or NONE: `once per`, because of
 * an alert sent at *sent_at. */
uint32_t gate_kept_back(const struct gate *g, int64_t *sent_at);

/* Lets go of what no match after `now` can ask for. Changes no result. */
void gate_forget(struct gate *g, int64_t now);

/* Another set of rules: rule `was` of `from` is `rule` here: its counters and, where it
 * `remembers`, when its last alerts were sent. */
void gate_carry(struct gate *g, uint32_t rule, const struct gate *from, uint32_t was,
                bool remembers);

uint64_t gate_suppressed(const struct gate *g, uint32_t rule);
uint64_t gate_excepted(const struct gate *g, uint32_t rule, uint32_t except);
uint32_t gate_waiting(const struct gate *g); /* keys that `once per` remembers now */
size_t gate_bytes(const struct gate *g);

#endif
