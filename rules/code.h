/* code: typed expressions → instructions.
 *
 *   expression ──coder_expr──→ values, each made once ──coder_run──→ registers ──→ parts
 *
 *   speed > limit + 30        %0 = FIELD speed            r0 ← FIELD 4
 *                             %1 = FIELD limit            r1 ← FIELD 5
 *                             %2 = CONST 30.0             r2 ← CONST 0
 *                             %3 = ADD_F %1, %2           r3 ← ADD_F r1, r2
 *                             %4 = LT_F %3, %0            r4 ← LT_F r3, r0
 *                             RETURN %4                   RETURN r4
 *
 * By idea: code.c values and registers · code_expr.c names and operators · code_functions.c
 * functions · code_table.c looking up · code_convert.c from one type to another · code_run.c what
 * runs keep, and take code.
 *
 * What is too large for MAX_REGISTERS gives an error in diags. All else that is wrong is our own
 * fault here: the front has looked at it. Tests: tests/unit/rules/test_code.c, tests/cases/expr
 */
#ifndef OMEN_RULES_CODE_H
#define OMEN_RULES_CODE_H

#include "rules/conjuncts.h"
#include "rules/layout.h"
#include "rules/parts.h"

struct code_place { /* where an expression stands */
    const struct rule_set *set;
    struct parts *parts;
    struct layout *layout;
    const struct rule_layout *rule;   /* NULL: a run cannot be looked at */
    const struct group_layout *group; /* NULL: nor previous values */
    uint32_t stream;                  /* of the event */
};

/* All of these are false after an error in diags. `*code` is an index into parts->codes. */

/* The conjunction of the list, which is not empty. */
bool code_condition(const struct code_place *place, const struct conjunct_list *list,
                    uint32_t *code);
bool code_value(const struct code_place *place, const struct expr *e, uint32_t *code);
/* What a window remembers of an event. */
bool code_column(const struct code_place *place, const struct column_layout *column,
                 struct span at, uint32_t *code);
/* What a run does when it takes an event of `variable`; NONE if nothing. `at`: for messages. */
bool code_take(const struct code_place *place, uint16_t variable, struct span at, uint32_t *code);

#endif
