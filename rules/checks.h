/* checks: what check_first.c has for checks.c. */
#ifndef OMEN_RULES_CHECKS_H
#define OMEN_RULES_CHECKS_H

#include "rules/front.h"

/* Whether the condition of a name can hold at the first event that the name is to take. `nodes`:
 * the condition's, each before its operands. */
void check_first(struct place *p, const struct expr *condition, const struct expr *const *nodes,
                 uint32_t n);

struct value fold_compare(enum binary_op op, struct value a, struct value b);

#endif
