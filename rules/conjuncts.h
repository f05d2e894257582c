/* conjuncts: a condition taken apart at its `and`s, the parts sorted by what they depend on.
 *
 *   lane != prev(lane) and signal = "off" and count(a) > 2
 *        │                    │                 └─ run:   once a run that waits for such an event
 *        │                    └─ event: once an event, a batch at a time, for all rules that ask it
 *        └─ key:   once an event that passed the first kind
 *
 * A condition holds only if it is true, so it holds exactly when each of its parts is true: neither
 * null nor the order in which they are tested can make a difference.
 * Tests: tests/unit/rules/test_assemble.c
 */
#ifndef OMEN_RULES_CONJUNCTS_H
#define OMEN_RULES_CONJUNCTS_H

#include "rules/typed.h"

struct conjunct_list {
    const struct expr **v;
    uint32_t n, cap;
};

/* In the order in which they are written. What is always true is left out; what is never true is
 * `event`. */
struct conjuncts {
    struct conjunct_list event, key, run;
};

/* NULL: no condition. The lists live in the set's arena. */
struct conjuncts conjuncts_split(const struct rule_set *set, const struct expr *condition);

#endif
