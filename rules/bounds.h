/* bounds: does what a rule keeps for a key end by itself?
 *
 * A run waits on the open edges of its state. `next` waits for one event, a clock and a window for
 * a known time; `then` and the inside of a loop wait for as long as it takes, and since every event
 * that satisfies the first step begins a run of its own, so many runs wait together. A rule with
 * such a wait is refused, unless it says what bounds it: `within`, `limit N runs`, `forget after
 * D`; or `unbounded`. Previous values and windows do not grow: the first are as many as the rule
 * asks for, the second end by time or by number. Tests: tests/cases/check/bounds.case
 */
#ifndef OMEN_RULES_BOUNDS_H
#define OMEN_RULES_BOUNDS_H

#include "rules/nfa.h"
#include "rules/typed.h"

/* False after an error: the rule may wait without end. */
bool bounds_check(const struct rule_set *set, const struct rule_model *rule,
                  const struct nfa *nfa);

#endif
