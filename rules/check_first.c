/* check_first: can a name ever take its first event?
 *
 *   a: speed > a.speed                   null as long as a has taken nothing: never
 *   a: not exists(a.speed) or speed > a.speed    true at the first, then a climb
 *   a: count(a) > 0 and …                false at the first: never
 *
 * The condition is computed from the leaves up with what is known then: count(a) and sum(a.x) are
 * 0, all else of `a` is null, constants are what they are, and everything else is unknown. A name
 * in a loop around it is the same: nothing of it has been taken at the first round.
 * Tests: tests/cases/check/never.case
 */
#include "rules/checks.h"

struct known {
    bool known;
    bool never; /* not known, but not true: null or false */
    struct value value;
};

struct first {
    struct place *p;
    struct known *known; /* by expr id */
    bool looks_back;     /* the condition looks at its own name at all */
};

static struct known unknown(void) { return (struct known){.known = false}; }
static struct known is(struct value v) { return (struct known){.known = true, .value = v}; }
static struct known is_null(void) { return is(value_null()); }
static struct known is_bool(bool b) { return is((struct value){.i = b, .type = VALUE_BOOL}); }

static struct known of(struct first *f, const struct expr *e) {
    const struct typed *t = typed_in(f->p, e);
    if (t->constant) return is(t->value);
    return f->known[typed_expr(f->p->front->set, e)->id];
}

static bool null(struct known k) { return k.known && value_is_null(k.value); }
static bool truth(struct known k, bool what) {
    return k.known && k.value.type == VALUE_BOOL && (k.value.i != 0) == what;
}

static bool never(struct known k) { return k.never || null(k) || truth(k, false); }

static struct known first_logic(enum binary_op op, struct known a, struct known b) {
    bool decides = op == OP_OR;
    if (truth(a, decides) || truth(b, decides)) return is_bool(decides);
    if (!a.known || !b.known) {
        bool neither = op == OP_AND ? never(a) || never(b) : never(a) && never(b);
        return (struct known){.never = neither};
    }
    return null(a) || null(b) ? is_null() : is_bool(!decides);
}

static struct known first_binary(struct first *f, const struct expr *e) {
    struct known a = of(f, e->args[0]), b = of(f, e->args[1]);
    struct type operands = typed_in(f->p, e)->operands;
    if (e->op == OP_AND || e->op == OP_OR) return first_logic(e->op, a, b);
    if (e->op == OP_COALESCE) return null(a) ? b : a;
    if (null(a) || null(b)) return is_null();
    if (!a.known || !b.known || e->op < OP_EQ || e->op > OP_GE) return unknown();
    struct value x, y;
    if (!fold_convert(a.value, operands, &x) || !fold_convert(b.value, operands, &y))
        return unknown();
    return is(fold_compare(e->op, x, y));
}

static struct known first_function(struct first *f, const struct expr *e, enum function function) {
    if (e->nargs == 0) return unknown();
    struct known a = of(f, e->args[0]);
    if (function == FUNCTION_EXISTS) return a.known ? is_bool(!null(a)) : unknown();
    if (function == FUNCTION_IF)
        return a.known ? of(f, e->args[truth(a, true) ? 1 : 2]) : unknown();
    bool all = function == FUNCTION_LEAST || function == FUNCTION_GREATEST ||
               function == FUNCTION_CONCAT || function == FUNCTION_DISTANCE ||
               function == FUNCTION_POW;
    for (uint32_t i = 0; all && i < e->nargs; i++)
        if (null(of(f, e->args[i]))) return is_null();
    return null(a) ? is_null() : unknown();
}

static struct known first_aggregate(const struct typed *t) {
    struct value zero = {.type = (uint8_t)t->type.base, .digits = t->type.digits};
    switch (t->aggregate) {
    case AGG_COUNT:
    case AGG_SUM: return is(zero);
    case AGG_DISTINCT:
    case AGG_COLLECT: return unknown();
    default: return is_null();
    }
}

static struct known first_node(struct first *f, const struct expr *e) {
    const struct typed *t = typed_in(f->p, e);
    bool own = t->variable == f->p->variable;
    switch (t->binding) {
    case BIND_TAKEN:
    case BIND_PICK:
        f->looks_back |= own;
        return own ? is_null() : unknown();
    case BIND_AGGREGATE:
        f->looks_back |= own;
        return own ? first_aggregate(t) : unknown();
    case BIND_FUNCTION: return first_function(f, e, t->function);
    case BIND_NONE: break;
    default: return unknown();
    }
    if (e->kind == EXPR_BINARY) return first_binary(f, e);
    if (e->kind == EXPR_BETWEEN || e->kind == EXPR_NEGATE)
        return null(of(f, e->args[0])) ? is_null() : unknown();
    if (e->kind != EXPR_NOT) return unknown();
    struct known a = of(f, e->args[0]);
    if (!a.known) return unknown();
    return null(a) ? a : is_bool(!truth(a, true));
}

void check_first(struct place *p, const struct expr *condition, const struct expr *const *nodes,
                 uint32_t n) {
    struct front *front = p->front;
    if (p->variable == FRONT_NOTHING) return;
    struct first f = {.p = p};
    bool any = false;
    for (uint32_t i = 0; i < n && !any; i++) {
        const struct typed *t = typed_in(p, nodes[i]);
        any = t->binding >= BIND_TAKEN && t->binding <= BIND_AGGREGATE &&
              t->variable == p->variable;
    }
    if (!any) return;
    if (front->known_cap < front->tree->nexprs) {
        front->known_cap = front->tree->nexprs * 2;
        front->known = arena_array(front->arena, struct known, front->known_cap);
    }
    f.known = front->known;
    for (uint32_t i = n; i > 0; i--)
        if (!typed_in(p, nodes[i - 1])->constant)
            f.known[nodes[i - 1]->id] = first_node(&f, nodes[i - 1]);
    struct known result = of(&f, condition);
    if (!f.looks_back || !never(result)) return;
    struct str name = p->rule->variables[p->variable].name.text;
    const char *what = null(result)            ? "null"
                       : truth(result, false) ? "false"
                                              : "null or false";
    struct diag *m = place_error(p, condition->span,
                                 "`%.*s` can never take its first event: as long as it has taken "
                                 "none, this is %s", STR_FMT(name), what);
    diag_help(front->diags, m, "let the first one in: count(%.*s) = 0 or …", STR_FMT(name));
}
