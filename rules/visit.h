/* visit: the nodes of a typed expression, one after the other, and a name for what they say.
 *
 * A visit goes from a node to its children from left to right, follows what a node stands for, and
 * uses a stack of its own instead of the machine's: a chain of ten thousand `or`s is deep only in
 * the tree. What has no parts of its own ends it: constants, fields, variables.
 *
 * The fingerprint of an expression is bytes that are equal exactly when two expressions compute the
 * same from the same event and run, whichever rule they stand in: fields and variables by number,
 * constants by value, lets expanded.
 * Tests: tests/unit/rules/test_layout.c
 */
#ifndef OMEN_RULES_VISIT_H
#define OMEN_RULES_VISIT_H

#include "rules/typed.h"

struct visit {
    const struct rule_set *set;
    const struct expr **stack; /* in the set's arena */
    uint32_t n, cap;
};

/* `e` may be NULL. visit_next gives what typed_expr gives, and NULL at the end. */
void visit_start(struct visit *w, const struct rule_set *set, const struct expr *e);
const struct expr *visit_next(struct visit *w);

/* Nothing below it is looked at: its value is known, or it is a name. */
bool visit_is_leaf(const struct rule_set *set, const struct expr *e);

void fingerprint(const struct rule_set *set, const struct expr *e, struct buf *out);
/* Their fingerprints are equal. */
bool fingerprint_equal(const struct rule_set *set, const struct expr *a, const struct expr *b);
/* What an expression that is only this field of the event would give. */
void fingerprint_field(uint16_t field, struct type type, struct buf *out);

#endif
