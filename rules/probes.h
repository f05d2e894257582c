/* probes: the parts of a rule's conditions, each as a code of its own, so that somebody can be
 * shown what they came to (omen why):
 *
 *   amount > 50 * avg(probe.amount)     amount · avg(probe.amount) · 50 * avg(probe.amount) · all
 *
 * Parts are those that have a value where the condition stands: not what an aggregate or prev()
 * looks at, which is asked of other events, and not constants. They are made of the conditions of
 * names, of `having` and of exceptions, where set->probed asks for it, and change nothing else of
 * the program. Tests: tests/unit/whole/test_trace.c
 */
#ifndef OMEN_RULES_PROBES_H
#define OMEN_RULES_PROBES_H

#include "rules/code.h"

enum { MAX_PROBES = 4096 }; /* of a rule; what is beyond has no value to show */

/* The children of a node, as typed_expr gives it, that stand where it stands: the first n of
 * args. */
uint32_t probe_children(const struct rule_set *set, const struct expr *e);

/* Those of a rule, in the set's arena. `place`: where its conditions stand, but for the stream. */
uint32_t probes_make(const struct code_place *place, const struct rule_model *rule,
                     struct program_probe **out);

#endif
