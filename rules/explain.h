/* explain: what the compiler made of a rule, as text for people: `omen explain`, and its stages.
 * Tests: tests/unit/rules/test_assemble.c
 */
#ifndef OMEN_RULES_EXPLAIN_H
#define OMEN_RULES_EXPLAIN_H

#include "rules/typed.h"

/* What the rule waits for, when each part of a condition is tested, the automaton, what is kept for
 * a key and how long. `rule`: its number in the program, which was made of the set; NONE: of all
 * rules, an empty line between them. */
void explain_rule(const struct rule_set *set, const struct program *program, uint32_t rule,
                  struct buf *out);

/* The stages types (each node with its type and level), nfa and code. */
void explain_types(const struct rule_set *set, struct buf *out);
void explain_nfa(const struct rule_set *set, struct buf *out);
void explain_code(const struct program *program, struct buf *out);

#endif
