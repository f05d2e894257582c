/* feeds: what a program says of rules that read rules. Tests: tests/unit/rules/test_assemble.c */
#ifndef OMEN_RULES_FEEDS_H
#define OMEN_RULES_FEEDS_H

#include "rules/layout.h"

/* Sets the level of each group, beside the groups of the layout. */
void feeds_levels(const struct layout *l, struct program_group *groups);

/* Sets the program's feeds. `number`: beside the rules of the set, in the program. There are no
 * errors. */
void feeds_add(const struct rule_set *set, const uint32_t *number, struct program *p);

#endif
