/* probes: see probes.h. */
#include "rules/probes.h"

struct making {
    struct code_place place;
    struct program_probe *v;
    uint32_t n, cap;
};

uint32_t probe_children(const struct rule_set *set, const struct expr *e) {
    const struct typed *t = typed_of(set, e);
    if (t->constant || t->bad) return 0;
    if (t->binding == BIND_FUNCTION) return e->nargs;
    if (t->binding == BIND_IN_TABLE) return 1; /* the other is the name of the table */
    if (t->binding != BIND_NONE) return 0;
    switch (e->kind) {
    case EXPR_NOT:
    case EXPR_NEGATE:
    case EXPR_BINARY:
    case EXPR_BETWEEN:
    case EXPR_CALL:
    case EXPR_LIST: return e->nargs;
    case EXPR_ANY: return 1; /* its condition is asked of each item */
    default: return 0;
    }
}

static void make(struct making *m, const struct expr *root, uint16_t variable) {
    const struct rule_set *set = m->place.set;
    struct conjunct_list stack = {0};
    if (root) arena_push(set->arena, stack.v, stack.n, stack.cap, root);
    while (stack.n && m->n < MAX_PROBES) {
        const struct expr *e = typed_expr(set, stack.v[--stack.n]);
        const struct typed *t = typed_of(set, e);
        struct program_probe probe = {.variable = variable, .expr = e->id};
        if (t->constant || t->bad || t->type.base == VALUE_NULL) continue;
        if (!code_value(&m->place, e, &probe.code)) return;
        arena_push(set->arena, m->v, m->n, m->cap, probe);
        for (uint32_t i = probe_children(set, e); i-- > 0;)
            arena_push(set->arena, stack.v, stack.n, stack.cap, e->args[i]);
    }
}

uint32_t probes_make(const struct code_place *place, const struct rule_model *rule,
                     struct program_probe **out) {
    struct making m = {.place = *place};
    for (uint32_t i = 0; i < rule->nvariables; i++) {
        m.place.stream = rule->variables[i].stream;
        make(&m, rule->variables[i].expr, (uint16_t)i);
    }
    m.place.stream = rule->stream;
    make(&m, rule->decl->having, NO_VARIABLE);
    for (uint32_t i = 0; i < rule->nexcepts; i++) make(&m, rule->excepts[i]->cond, NO_VARIABLE);
    *out = m.v;
    return m.n;
}
