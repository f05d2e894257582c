/* operators: the types of `and or`, comparisons, `in`, text operators, `??`, arithmetic,
 * `between`, lists.
 *
 *   numbers     int and float give float; int and decimal give decimal; decimal and float float;
 *               + - % keep the most digits; decimal(a) * decimal(b) is decimal(a + b), beyond 18
 *               digits float; `/` always gives float: 1 / 2 is 0.5, as on paper, and floor(a / b)
 *               where it shall be whole
 *   times       time - time = duration, time ± duration = time, duration ± duration = duration,
 *               duration * number = duration, duration / number = duration,
 *               duration / duration = float
 *   comparing   like with like: numbers of any kind, texts, times, durations, addresses; bools
 *               for = and != only
 *
 * `operands` is the type to which both sides are brought; where it is null each is used as it is
 * (a decimal times a decimal multiplies the units).
 * Tests: tests/cases/check/types.case
 */
#include "base/decimal.h"
#include "rules/front.h"

static enum level higher(enum level a, enum level b) { return a > b ? a : b; }

static bool is_null(const struct typed *t) { return !t->bad && t->type.base == VALUE_NULL; }

/* ---- comparing ------------------------------------------------------------------------------- */

static bool looks_like_number(struct value v) {
    return v.type == VALUE_STRING && decimal_digits(v.s) >= 0;
}

/* What would be right where `a` and `b` do not go together, if that can be guessed. */
static void help_unlike(struct place *p, struct diag *m, const struct expr *a,
                        const struct expr *b) {
    struct diags *d = p->front->diags;
    for (int side = 0; side < 2; side++) {
        const struct typed *x = typed_in(p, side ? b : a), *y = typed_in(p, side ? a : b);
        const char *text = place_text(p, side ? b : a);
        if (x->type.base == VALUE_TIME && y->type.base == VALUE_STRING) {
            diag_help(d, m, "a time is written @2026-01-31T12:00:00Z, without quotes");
        } else if (x->type.base == VALUE_IP && y->type.base == VALUE_STRING) {
            diag_help(d, m, "an address is written without quotes: 10.0.0.1");
        } else if (type_is_number(x->type) && y->constant && looks_like_number(y->value)) {
            diag_help(d, m, "a number is written without quotes: %.*s", STR_FMT(y->value.s));
        } else if (x->type.base == VALUE_DURATION && type_is_number(y->type)) {
            diag_help(d, m, y->constant ? "a duration has a unit: 10s, 5m, 2h"
                                        : "seconds(%s) is a number", text);
        } else if (x->type.base == VALUE_TIME && type_is_number(y->type)) {
            diag_help(d, m, "hour_of_day(%s), day_of_week(%s) are numbers", text, text);
        } else if (x->type.base == VALUE_LIST) {
            diag_help(d, m, "`in` looks for an item in a list");
        }
    }
}

static void error_unlike(struct place *p, struct span at, const struct expr *a,
                         const struct expr *b, const char *what) {
    struct diag *m = place_error(p, at, "`%s` is %s and `%s` is %s: %s", place_text(p, a),
                                 place_type(p, a), place_text(p, b), place_type(p, b), what);
    help_unlike(p, m, a, b);
}

/* x = null and the like: what was meant is known. */
static bool compare_null(struct place *p, const struct expr *e) {
    bool left = is_null(typed_in(p, e->args[0]));
    if (!left && !is_null(typed_in(p, e->args[1]))) return false;
    const char *other = place_text(p, e->args[left ? 1 : 0]);
    struct diag *m = place_error(p, e->span, "a comparison with null is never true");
    if (e->op == OP_EQ) diag_help(p->front->diags, m, "write: not exists(%s)", other);
    else diag_help(p->front->diags, m, "write: exists(%s)", other);
    return true;
}

/* A whole number or a decimal that is compared for equality with a number it cannot be. */
static bool compare_impossible(struct place *p, const struct expr *at, const struct expr *a,
                               struct value exact, const struct expr *number) {
    const struct typed *t = typed_in(p, a);
    struct value fit;
    if (t->bad || t->constant || exact.type != VALUE_DECIMAL) return false;
    if (t->type.base != VALUE_INT && t->type.base != VALUE_DECIMAL) return false;
    if (fold_convert(exact, t->type, &fit)) return false;
    struct diag *m;
    if (t->type.base == VALUE_INT)
        m = place_error(p, at->span, "`%s` is a whole number: it is never %s", place_text(p, a),
                        place_text(p, number));
    else
        m = place_error(p, at->span, "`%s` has %u digits behind the point: it is never %s",
                        place_text(p, a), t->type.digits, place_text(p, number));
    diag_help(p->front->diags, m, "compare with a number of that kind, or with < and >");
    return true;
}

static bool has_order(struct place *p, const struct expr *e, struct type type) {
    if (type.base == VALUE_BOOL) {
        struct diag *m = place_error(p, e->span, "true and false have no order");
        diag_help(p->front->diags, m, "compare them with = or !=");
        return false;
    }
    return true;
}

static bool comparable(struct place *p, const struct expr *e, const struct expr *operand) {
    const struct typed *t = typed_in(p, operand);
    if (t->type.base == VALUE_LIST) {
        struct diag *m = place_error(p, e->span, "`%s` is a list, which cannot be compared",
                                     place_text(p, operand));
        diag_help(p->front->diags, m,
                  "`x in list` looks for an item, any(x in list: …) tests them");
        return false;
    }
    if (typed_is_network(t)) {
        struct diag *m = place_error(p, operand->span, "`%s` is a network, not one address",
                                     place_text(p, operand));
        diag_help(p->front->diags, m, "write: … in %s", place_text(p, operand));
        return false;
    }
    return true;
}

void type_comparison(struct place *p, const struct expr *e, struct typed *t) {
    const struct expr *const v[] = {e->args[0], e->args[1]};
    t->type = type_base(VALUE_BOOL);
    if (t->bad) return;
    t->bad = true;
    if (compare_null(p, e) || !comparable(p, e, v[0]) || !comparable(p, e, v[1])) return;
    if (e->op == OP_EQ || e->op == OP_NE) {
        if (compare_impossible(p, e, v[0], typed_in(p, v[1])->exact, v[1])) return;
        if (compare_impossible(p, e, v[1], typed_in(p, v[0])->exact, v[0])) return;
    }
    uint32_t odd, with;
    if (!type_common(p, v, 2, COMMON_WHOLE, &t->operands, &odd, &with)) {
        error_unlike(p, e->span, v[0], v[1], "they cannot be compared");
        return;
    }
    if (e->ignoring_case && t->operands.base != VALUE_STRING) {
        place_error(p, e->span, "`ignoring case` is for texts");
        return;
    }
    t->bad = e->op != OP_EQ && e->op != OP_NE && !has_order(p, e, t->operands);
}

void type_between(struct place *p, const struct expr *e) {
    const struct expr *const v[] = {e->args[0], e->args[1], e->args[2]};
    struct typed t = {.type = type_base(VALUE_BOOL)};
    bool bad = false;
    for (int i = 0; i < 3; i++) {
        const struct typed *a = typed_in(p, v[i]);
        t.level = higher(t.level, a->level);
        bad |= a->bad;
    }
    t.bad = true;
    uint32_t odd, with;
    for (int i = 0; i < 3 && !bad; i++) {
        if (is_null(typed_in(p, v[i]))) {
            place_error(p, v[i]->span, "a comparison with null is never true");
            bad = true;
        } else {
            bad = !comparable(p, e, v[i]);
        }
    }
    if (!bad && !type_common(p, v, 3, COMMON_WHOLE, &t.operands, &odd, &with))
        error_unlike(p, e->span, v[with], v[odd], "they cannot be compared");
    else if (!bad)
        t.bad = !has_order(p, e, t.operands);
    *front_typed(p->front, e) = t;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* x in [a, b] with fields among the items: x = a or x = b; or x in b, where b is a network. */
void expand_in(struct place *p, const struct expr *e, const struct expr *list) {
    struct front *f = p->front;
    struct expr *all = NULL;
    for (uint32_t i = 0; i < list->nargs; i++) {
        struct expr *eq = tree_expr(f->tree, EXPR_BINARY, e->span);
        eq->op = typed_is_network(typed_in(p, list->args[i])) ? OP_IN : OP_EQ;
        eq->op_span = e->op_span;
        eq->nargs = 2;
        eq->args = arena_array(f->arena, struct expr *, 2);
        eq->args[0] = i ? expr_clone(f, e->args[0]) : e->args[0];
        eq->args[1] = list->args[i];
        if (i) type_expr(p, eq->args[0]);
        type_binary(p, eq);
        fold_expr(p, eq);
        if (!all) {
            all = eq;
            continue;
        }
        struct expr *either = tree_expr(f->tree, EXPR_BINARY, e->span);
        *either = (struct expr){.kind = EXPR_BINARY, .id = either->id, .span = e->span, .op = OP_OR,
                                .op_span = e->op_span, .nargs = 2};
        either->args = arena_array(f->arena, struct expr *, 2);
        either->args[0] = all;
        either->args[1] = eq;
        type_binary(p, either);
        fold_expr(p, either);
        all = either;
    }
    if (e->negated) {
        struct expr *opposite = tree_expr(f->tree, EXPR_NOT, e->span);
        opposite->nargs = 1;
        opposite->args = arena_array(f->arena, struct expr *, 1);
        opposite->args[0] = all;
        struct typed all_t = *typed_in(p, all);
        *front_typed(f, opposite) = (struct typed){
            .type = type_base(VALUE_BOOL), .level = all_t.level, .bad = all_t.bad};
        fold_expr(p, opposite);
        all = opposite;
    }
    front_typed(f, e)->replaced = all;
}

static void error_not_a_list(struct place *p, const struct expr *e) {
    const struct expr *left = e->args[0], *right = e->args[1];
    const struct typed *r = typed_in(p, right), *l = typed_in(p, left);
    struct diag *m = place_error(p, right->span, "`in` looks into a list%s, but `%s` is %s",
                                 l->type.base == VALUE_IP ? " or a network" : "",
                                 place_text(p, right), place_type(p, right));
    if (r->type.base == VALUE_STRING && l->type.base == VALUE_STRING && !r->constant)
        diag_help(p->front->diags, m, "for a part of a text: %s contains %s", place_text(p, right),
                  place_text(p, left));
    else if (r->type.base != VALUE_LIST)
        diag_help(p->front->diags, m, "a list is written [a, b]; for one value use =");
}

/* The left side and the items brought to one type. */
static bool type_items(struct place *p, const struct expr *e, struct typed *t) {
    const struct expr *left = e->args[0], *right = e->args[1];
    struct typed *r = typed_in(p, right);
    struct type item = {.base = r->type.item, .digits = r->type.digits};
    struct type type = typed_in(p, left)->type;
    if (r->constant && r->exact.type == VALUE_LIST) { /* numbers as written: each must fit */
        const struct list *items = r->exact.list;
        for (uint32_t i = 0; i < items->n; i++) {
            const struct expr *shown = right->kind == EXPR_LIST ? right->args[i] : right;
            if (compare_impossible(p, shown, left, items->items[i], shown)) return false;
        }
    }
    if (type_is_number(type) && type_is_number(item)) {
        /* Both as expressions of one comparison: the list stands for its items. */
        struct typed saved = *r;
        if (saved.exact.type == VALUE_LIST && !typed_in(p, left)->constant) {
            item = type;
        } else if (!type_equal(type, item)) {
            bool floats = type.base == VALUE_FLOAT || item.base == VALUE_FLOAT;
            uint8_t digits = type.digits > item.digits ? type.digits : item.digits;
            type = floats ? type_base(VALUE_FLOAT)
                          : (struct type){.base = VALUE_DECIMAL, .digits = digits};
            if (!saved.constant && !type_equal(type, item)) {
                struct type is = typed_in(p, left)->type;
                type_adapt(p, left, item);
                if (!type_equal(typed_in(p, left)->type, item)) {
                    place_error(p, e->span, "`%s` is %s: its items cannot be compared with %s",
                                place_text(p, right), place_type(p, right),
                                type_text(is, p->front->arena));
                    return false;
                }
                type = item;
            }
            item = type;
        }
        type_adapt(p, left, item);
        type_adapt(p, right, (struct type){.base = VALUE_LIST, .item = item.base,
                                           .digits = item.digits});
    } else if (!type_equal(type, item)) {
        struct diag *m = place_error(p, e->span, "`%s` is %s, but the items are of type %s",
                                     place_text(p, left), place_type(p, left),
                                     type_text(item, p->front->arena));
        if (type.base == VALUE_IP && item.base == VALUE_STRING)
            diag_help(p->front->diags, m, "addresses are written without quotes: [10.0.0.0/8]");
        else if (type_is_number(type) && item.base == VALUE_STRING)
            diag_help(p->front->diags, m, "numbers are written without quotes");
        else if (item.base == VALUE_INT || item.base == VALUE_FLOAT)
            diag_help(p->front->diags, m, "texts are written in quotes: [\"a\", \"b\"]");
        return false;
    }
    t->operands = item;
    return true;
}

void type_in(struct place *p, const struct expr *e, struct typed *t) {
    t->type = type_base(VALUE_BOOL);
    if (t->bad) return;
    t->bad = true;
    const struct expr *left = e->args[0], *right = typed_expr(p->front->set, e->args[1]);
    const struct typed *l = typed_in(p, left), *r = typed_in(p, right);
    if (is_null(l) || is_null(r)) {
        place_error(p, e->span, "null is in no list");
        return;
    }
    if (l->type.base == VALUE_LIST) {
        place_error(p, left->span, "`in` looks for one value, but `%s` is %s", place_text(p, left),
                    place_type(p, left));
        return;
    }
    if (!comparable(p, e, left)) return;
    if (e->ignoring_case && l->type.base != VALUE_STRING) {
        place_error(p, e->span, "`ignoring case` is for texts");
        return;
    }
    if (r->type.base == VALUE_IP && l->type.base == VALUE_IP && r->constant) {
        t->operands = l->type;
        t->bad = false;
        return;
    }
    if (r->type.base != VALUE_LIST || r->type.item == VALUE_LIST) {
        error_not_a_list(p, e);
        return;
    }
    if (!r->constant && right->kind == EXPR_LIST) {
        t->bad = false;
        return; /* expanded by type_binary */
    }
    t->bad = !type_items(p, e, t);
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* [[lat, lon], …]: the only list of lists. */
static bool list_of_pairs(struct place *p, const struct expr *e) {
    for (uint32_t i = 0; i < e->nargs; i++) {
        const struct typed *t = typed_in(p, e->args[i]);
        if (t->bad) return false;
        bool pair = t->type.base == VALUE_LIST && t->constant && t->value.list->n == 2 &&
                    (t->type.item == VALUE_FLOAT || t->type.item == VALUE_INT);
        if (!pair) {
            struct diag *m = place_error(p, e->args[i]->span, "a list within a list is a pair of "
                                                              "numbers: [lat, lon]");
            diag_help(p->front->diags, m, "polygons are written [[48.1, 2.2], [48.3, 2.2], …]");
            return false;
        }
        type_adapt(p, e->args[i], (struct type){.base = VALUE_LIST, .item = VALUE_FLOAT});
    }
    return true;
}

static void list_value(struct place *p, const struct expr *e, struct typed *t) {
    struct arena *arena = p->front->arena;
    size_t bytes = sizeof(struct list) + e->nargs * sizeof(struct value);
    struct list *list = arena_alloc(arena, bytes), *exact = arena_alloc(arena, bytes);
    bool open = type_is_number((struct type){.base = t->type.item});
    list->n = exact->n = e->nargs;
    for (uint32_t i = 0; i < e->nargs; i++) {
        const struct typed *a = typed_in(p, e->args[i]);
        list->items[i] = a->value;
        exact->items[i] = a->exact;
        open = open && !value_is_null(a->exact);
    }
    t->constant = true;
    t->value = (struct value){.list = list, .type = VALUE_LIST};
    if (open) t->exact = (struct value){.list = exact, .type = VALUE_LIST};
}

void type_list(struct place *in, const struct expr *e) {
    struct place inner = *in, *p = &inner;
    inner.list_here = false;
    struct typed t = {.type = type_base(VALUE_LIST)};
    bool constant = true, lists = false;
    for (uint32_t i = 0; i < e->nargs; i++) {
        type_expr(p, e->args[i]);
        struct typed *a = typed_in(p, e->args[i]);
        if (is_null(a)) {
            place_error(p, e->args[i]->span, "null cannot be an item of a list");
            typed_in(p, e->args[i])->bad = true;
        }
        t.level = higher(t.level, a->level);
        t.bad |= a->bad;
        constant &= a->constant;
        lists |= a->type.base == VALUE_LIST;
    }
    if (e->nargs == 0) {
        place_error(p, e->span, "this list is empty: nothing is in it");
        t.bad = true;
    }
    struct type item = type_base(VALUE_LIST);
    uint32_t odd, with;
    if (lists && !t.bad) {
        t.bad = !list_of_pairs(p, e);
    } else if (!t.bad && !type_common(p, (const struct expr *const *)e->args, e->nargs, 0, &item,
                                      &odd, &with)) {
        place_error(p, e->args[odd]->span, "the items of a list are of one type, but `%s` is %s "
                                           "and `%s` is %s",
                    place_text(p, e->args[with]), place_type(p, e->args[with]),
                    place_text(p, e->args[odd]), place_type(p, e->args[odd]));
        t.bad = true;
    }
    t.type = (struct type){.base = VALUE_LIST, .item = item.base, .digits = item.digits};
    t.operands = item;
    if (!t.bad && constant) list_value(p, e, &t);
    if (!t.bad && !constant && !in->list_here) {
        struct diag *m = place_error(p, e->span, "a list of values from events is only for `in`");
        diag_help(p->front->diags, m, "x in [%s, …] works", place_text(p, e->args[0]));
        t.bad = true;
    }
    *front_typed(p->front, e) = t;
}
