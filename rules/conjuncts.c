/* conjuncts: see conjuncts.h. A stack of its own, since chains of `and` may be long. */
#include "rules/conjuncts.h"

static bool is_and(const struct rule_set *set, const struct expr *e) {
    return e->kind == EXPR_BINARY && e->op == OP_AND && !typed_of(set, e)->constant;
}

static bool always_true(const struct typed *t) {
    return t->constant && t->value.type == VALUE_BOOL && t->value.i;
}

static void sort(const struct rule_set *set, const struct expr *e, struct conjuncts *out) {
    const struct typed *t = typed_of(set, e);
    if (always_true(t)) return;
    struct conjunct_list *to = &out->event;
    if (!t->constant && t->level == LEVEL_KEY) to = &out->key;
    if (!t->constant && t->level == LEVEL_RUN) to = &out->run;
    arena_push(set->arena, to->v, to->n, to->cap, e);
}

struct conjuncts conjuncts_split(const struct rule_set *set, const struct expr *condition) {
    struct conjuncts out = {0};
    struct conjunct_list stack = {0};
    if (condition) arena_push(set->arena, stack.v, stack.n, stack.cap, condition);
    while (stack.n) {
        const struct expr *e = typed_expr(set, stack.v[--stack.n]);
        if (is_and(set, e)) {
            arena_push(set->arena, stack.v, stack.n, stack.cap, e->args[1]);
            arena_push(set->arena, stack.v, stack.n, stack.cap, e->args[0]);
        } else {
            sort(set, e, &out);
        }
    }
    return out;
}
