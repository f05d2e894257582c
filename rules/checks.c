/* checks: conditions that can be seen never to hold, or always to hold.
 *
 *   speed > 50 and speed < 30      bounds on one expression that leave nothing: each `and` chain
 *                                  keeps the bounds by the fingerprint of what is compared
 *   a: speed > max(a.speed)        nothing has been taken when the first event is tested: the
 *                                  condition is computed with nothing taken (check_first.c)
 *   amount > max(amount) over 1h   the window holds the tested event itself
 *
 * Each is an error, for such a rule does nothing and nobody would notice; what holds always, or
 * looks at itself in an average, is a warning. All is linear in the condition.
 * Tests: tests/cases/check/never.case
 */
#include "rules/checks.h"

#include "rules/visit.h"

/* ---- bounds ---------------------------------------------------------------------------------- */

struct side { /* a bound, and who set it */
    struct value value;
    bool strict;
    const struct expr *by; /* NULL: none yet */
};

struct bounds {
    struct side low, high, equal, unequal;
};

struct chain {
    struct place *p;
    struct map bounds; /* fingerprint → struct bounds */
    bool reported;
};

static const struct typed *typed_at(struct chain *c, const struct expr *e) {
    return typed_in(c->p, e);
}

/* <0, 0, >0; false if the two cannot be told apart for sure. */
static bool order_of(struct value a, struct value b, int *order) {
    bool numbers = (a.type == VALUE_INT || a.type == VALUE_FLOAT || a.type == VALUE_DECIMAL) &&
                   (b.type == VALUE_INT || b.type == VALUE_FLOAT || b.type == VALUE_DECIMAL);
    if (a.type == b.type) {
        *order = value_compare(a, b);
        return true;
    }
    struct value fa = a, fb = b;
    if (!numbers || (a.type != VALUE_FLOAT && !fold_convert(a, type_base(VALUE_FLOAT), &fa)) ||
        (b.type != VALUE_FLOAT && !fold_convert(b, type_base(VALUE_FLOAT), &fb)))
        return false;
    *order = fa.f < fb.f ? -1 : fa.f > fb.f;
    return *order != 0;
}

static void contradiction(struct chain *c, const struct expr *now, const struct expr *before) {
    if (c->reported) return;
    c->reported = true;
    const char *a = place_text(c->p, before), *b = place_text(c->p, now);
    if (now == before) {
        place_error(c->p, now->span, "`%s` can never hold: its bounds leave nothing", b);
        return;
    }
    struct diag *m = place_error(c->p, now->span, "`%s` and `%s` can never hold both", a, b);
    if (!c->p->uses) diag_related(c->p->front->diags, m, before->span, "the other is here");
}

static bool below(const struct side *low, const struct side *high) {
    int order;
    if (!low->by || !high->by || !order_of(low->value, high->value, &order)) return true;
    return order < 0 || (order == 0 && !low->strict && !high->strict);
}

static bool differ(const struct side *a, const struct side *b) {
    int order;
    return a->by && b->by && order_of(a->value, b->value, &order) && order != 0;
}

static bool tighter(const struct side *now, const struct side *old, int sign) {
    int order;
    if (!old->by) return true;
    if (!order_of(now->value, old->value, &order)) return false;
    return order * sign > 0 || (order == 0 && now->strict && !old->strict);
}

static void whole_bound(struct side *s, const struct typed *of, int sign) {
    if (of->type.base != VALUE_INT || s->value.type != VALUE_INT || !s->strict) return;
    if (__builtin_add_overflow(s->value.i, sign, &s->value.i)) return;
    s->strict = false; /* above 3 is from 4 on */
}

static void add_bound(struct chain *c, struct bounds *b, const struct typed *of, enum binary_op op,
                      struct side s) {
    struct bounds was = *b;
    bool equal = op == OP_EQ;
    s.strict = op == OP_LT || op == OP_GT;
    if (op == OP_NE) {
        int order;
        if (b->equal.by && order_of(b->equal.value, s.value, &order) && order == 0)
            contradiction(c, s.by, b->equal.by);
        b->unequal = s;
        return;
    }
    if (equal) {
        int order;
        if (differ(&s, &b->equal)) contradiction(c, s.by, b->equal.by);
        if (b->unequal.by && order_of(b->unequal.value, s.value, &order) && order == 0)
            contradiction(c, s.by, b->unequal.by);
        b->equal = s;
    }
    if (equal || op == OP_GT || op == OP_GE) {
        struct side low = s;
        whole_bound(&low, of, 1);
        if (!below(&low, &was.high)) contradiction(c, s.by, was.high.by);
        if (tighter(&low, &b->low, 1)) b->low = low;
    }
    if (equal || op == OP_LT || op == OP_LE) {
        struct side high = s;
        whole_bound(&high, of, -1);
        if (!below(&was.low, &high)) contradiction(c, s.by, was.low.by);
        if (tighter(&high, &b->high, -1)) b->high = high;
    }
}

static enum binary_op mirrored(enum binary_op op) {
    switch (op) {
    case OP_LT: return OP_GT;
    case OP_LE: return OP_GE;
    case OP_GT: return OP_LT;
    case OP_GE: return OP_LE;
    default: return op;
    }
}

static void bound(struct chain *c, const struct expr *of, enum binary_op op, struct value value,
                  const struct expr *by) {
    struct front *f = c->p->front;
    if (value_is_null(value) || typed_at(c, of)->bad) return;
    struct buf key;
    buf_init(&key);
    fingerprint(f->set, of, &key);
    struct bounds *b = map_get(&c->bounds, buf_view(&key));
    if (!b) {
        b = arena_new(f->arena, struct bounds);
        map_put(&c->bounds, arena_copy(f->arena, buf_view(&key)), b);
    }
    buf_fini(&key);
    add_bound(c, b, typed_at(c, of), op, (struct side){.value = value, .by = by});
}

static void bound_truth(struct chain *c, const struct expr *e, bool truth, const struct expr *by) {
    struct value v = {.i = truth, .type = VALUE_BOOL};
    bound(c, e, OP_EQ, v, by);
}

/* One part of an `and` chain. */
static void add_conjunct(struct chain *c, const struct expr *e) {
    const struct typed *t = typed_at(c, e);
    if (t->constant || t->bad) return;
    if (e->kind == EXPR_NOT) {
        const struct expr *of = typed_expr(c->p->front->set, e->args[0]);
        if (of->kind != EXPR_BINARY && of->kind != EXPR_BETWEEN) bound_truth(c, of, false, e);
        return;
    }
    bool compares = e->kind == EXPR_BETWEEN || e->kind == EXPR_BINARY;
    if (!compares) bound_truth(c, e, true, e);
    if (e->kind == EXPR_BETWEEN && !e->negated) {
        for (uint32_t i = 1; i <= 2; i++) {
            const struct typed *side = typed_at(c, e->args[i]);
            if (side->constant && !typed_at(c, e->args[0])->constant)
                bound(c, e->args[0], i == 1 ? OP_GE : OP_LE, side->value, e);
        }
        return;
    }
    if (e->kind != EXPR_BINARY || e->op < OP_EQ || e->op > OP_GE || e->ignoring_case) return;
    const struct typed *a = typed_at(c, e->args[0]), *b = typed_at(c, e->args[1]);
    if (b->constant) bound(c, e->args[0], e->op, b->value, e);
    else if (a->constant) bound(c, e->args[1], mirrored(e->op), a->value, e);
}

static bool is_and(const struct place *p, const struct expr *e) {
    return e->kind == EXPR_BINARY && e->op == OP_AND && !typed_in(p, e)->constant;
}

static void check_chain(struct place *p, const struct expr *root) {
    struct front *f = p->front;
    struct chain c = {.p = p};
    const struct expr **stack = NULL;
    uint32_t n = 0, cap = 0;
    map_init(&c.bounds, f->arena);
    arena_push(f->arena, stack, n, cap, root);
    while (n > 0 && !c.reported) {
        const struct expr *e = typed_expr(f->set, stack[--n]);
        if (!is_and(p, e)) {
            add_conjunct(&c, e);
            continue;
        }
        arena_push(f->arena, stack, n, cap, e->args[1]);
        arena_push(f->arena, stack, n, cap, e->args[0]);
    }
}

/* ---- windows that hold the tested event ------------------------------------------------------ */

static bool is_inclusive(const struct place *p, const struct expr *e, const struct expr *value) {
    const struct typed *t = typed_in(p, e);
    return !t->bad && t->binding == BIND_WINDOW && t->stream == p->stream && !e->where &&
           e->nargs == 1 && e->window.kind != WINDOW_OVER_PRIOR &&
           fingerprint_equal(p->front->set, e->args[0], value);
}

static void check_extreme(struct place *p, const struct expr *e, const struct expr *value,
                          const struct expr *other, enum binary_op op) {
    if (!is_inclusive(p, other, value)) return;
    enum aggregate a = typed_in(p, other)->aggregate;
    if (!(a == AGG_MAX && op == OP_GT) && !(a == AGG_MIN && op == OP_LT)) return;
    struct diag *m = place_error(p, e->span, "this never holds: the window holds the tested event "
                                             "too, so `%s` is never %s its own %s",
                                 place_text(p, value), op == OP_GT ? "above" : "below",
                                 a == AGG_MAX ? "max" : "min");
    diag_help(p->front->diags, m, "`over prior` leaves the tested event out");
}

static void check_average(struct place *p, const struct expr *value, const struct expr *other) {
    struct visit v;
    visit_start(&v, p->front->set, other);
    for (const struct expr *e; (e = visit_next(&v));) {
        enum aggregate a = typed_in(p, e)->aggregate;
        if ((a != AGG_AVG && a != AGG_STDDEV) || !is_inclusive(p, e, value)) continue;
        struct diag *m = place_warning(p, e->window.span, "the window holds the tested event too, "
                                                          "which draws the %s towards `%s`",
                                       a == AGG_AVG ? "average" : "deviation",
                                       place_text(p, value));
        diag_help(p->front->diags, m, "`over prior` leaves the tested event out");
    }
}

static void check_windows(struct place *p, const struct expr *e) {
    if (e->kind != EXPR_BINARY || e->op < OP_EQ || e->op > OP_GE) return;
    if (typed_in(p, e)->bad) return;
    for (int i = 0; i < 2; i++) {
        const struct expr *value = typed_expr(p->front->set, e->args[i]);
        const struct expr *other = typed_expr(p->front->set, e->args[1 - i]);
        if (typed_in(p, value)->constant) continue;
        check_extreme(p, e, value, other, i ? mirrored(e->op) : e->op);
        check_average(p, value, other);
    }
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool check_constant(struct place *p, const struct expr *e) {
    const struct typed *t = typed_in(p, e);
    if (!t->constant) return false;
    if (fold_is(p, e, true)) {
        struct diag *m = place_warning(p, e->span, "this condition always holds");
        if (p->variable != FRONT_NOTHING && p->rule)
            diag_help(p->front->diags, m, "to take any event write %.*s: any",
                      STR_FMT(p->rule->variables[p->variable].name.text));
        return true;
    }
    place_error(p, e->span, "this condition never holds: it is always %s",
                value_is_null(t->value) ? "null" : "false");
    return true;
}

void check_condition(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    if (typed_in(p, e)->bad || check_constant(p, e)) return;
    const struct expr **nodes = NULL;
    uint32_t n = 0, cap = 0;
    bool windows = false;
    uint32_t errors = f->diags->errors;
    struct visit v;
    visit_start(&v, f->set, e);
    for (const struct expr *node; (node = visit_next(&v));) {
        const struct typed *t = &f->set->typed[node->id];
        windows |= t->binding == BIND_WINDOW;
        arena_push(f->arena, nodes, n, cap, node);
    }
    const struct expr *root = typed_expr(f->set, e);
    check_chain(p, root);
    /* Chains further down: an `and` within an `or`, a `not`, a condition of an aggregate. */
    for (uint32_t i = 0; i < n; i++) {
        const struct expr *node = nodes[i];
        if (windows) check_windows(p, node);
        if (is_and(p, node) || f->diags->errors != errors) continue;
        for (uint32_t k = 0; k < node->nargs; k++) {
            const struct expr *arg = typed_expr(f->set, node->args[k]);
            if (is_and(p, arg) || arg->kind == EXPR_BETWEEN) check_chain(p, arg);
        }
        if (node->where && is_and(p, typed_expr(f->set, node->where))) check_chain(p, node->where);
    }
    if (f->diags->errors == errors) check_first(p, e, nodes, n);
}
