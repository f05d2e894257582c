/* front_rule: the rule that the front looks at, as its files hand it on (front.c drives).
 */
#ifndef OMEN_RULES_FRONT_RULE_H
#define OMEN_RULES_FRONT_RULE_H

#include "rules/front.h"

struct rule_front { /* the rule being looked at */
    struct front *f;
    struct rule_model *model;
    const struct rule_decl *decl;
    struct map variables; /* name → index + 1 */
    struct order *order;
    uint16_t single;
};

/* A place in the rule: of no stream and no name yet. */
struct place front_place(const struct rule_front *r, enum place_kind kind);

/* Types a whole expression. What was told at a declaration is not told again, but the rule is bad
 * all the same. */
void front_whole(struct rule_front *r, struct place *p, const struct expr *e);

/* The number of a stream; FRONT_NOTHING after a message. */
uint16_t front_stream(struct front *f, struct name name);

void front_inputs(struct rule_front *r);  /* `on` */
void front_pattern(struct rule_front *r); /* `match`, `where`, what `after match` skips to */

#endif
