/* arithmetic: the types of `+ - * / %` and `??`, and type_binary, which sends each operator to its
 * rules; the table stands at the top of operators.c. Text operators are here too, being short.
 *
 * The operands are typed already. A message names both sides, what they are, and what would be
 * right where that can be guessed.
 * Tests: tests/cases/check/types.case
 */
#include "base/decimal.h"
#include "engine/regex.h"
#include "rules/front.h"

static enum level higher(enum level a, enum level b) { return a > b ? a : b; }

/* ---- arithmetic ------------------------------------------------------------------------------ */

static bool time_sum(enum binary_op op, enum value_type a, enum value_type b,
                     enum value_type *out) {
    const enum value_type t = VALUE_TIME, d = VALUE_DURATION;
    const struct {
        enum binary_op op;
        enum value_type a, b, result;
    } rules[] = {{OP_SUB, t, t, d}, {OP_ADD, t, d, t}, {OP_ADD, d, t, t},
                 {OP_SUB, t, d, t}, {OP_ADD, d, d, d}, {OP_SUB, d, d, d}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].op != op || rules[i].a != a || rules[i].b != b) continue;
        *out = rules[i].result;
        return true;
    }
    return false;
}

/* With times and durations; false if the table has no such line. */
static bool time_arithmetic(const struct expr *e, const struct typed *a, const struct typed *b,
                            struct typed *t) {
    enum value_type result;
    if (time_sum(e->op, a->type.base, b->type.base, &result)) {
        t->type = type_base(result);
        return true;
    }
    bool da = a->type.base == VALUE_DURATION, db = b->type.base == VALUE_DURATION;
    bool na = type_is_number(a->type), nb = type_is_number(b->type);
    if (e->op == OP_DIV && da && db) {
        t->type = type_base(VALUE_FLOAT);
        return true;
    }
    if ((e->op == OP_MUL && ((da && nb) || (na && db))) || (e->op == OP_DIV && da && nb)) {
        t->type = type_base(VALUE_DURATION);
        return true;
    }
    return false;
}

/* What a factor adds to the digits of a product; -1: the product is a float anyway. */
static int factor_digits(const struct typed *t) {
    if (!value_is_null(t->exact) && t->constant) return t->exact.digits;
    if (t->type.base == VALUE_INT) return 0;
    return t->type.base == VALUE_DECIMAL ? t->type.digits : -1;
}

static bool is_decimal(const struct typed *t) {
    return t->type.base == VALUE_DECIMAL;
}

static void type_product(struct place *p, const struct expr *const *v, struct typed *t) {
    const struct typed *a = typed_in(p, v[0]), *b = typed_in(p, v[1]);
    int da = factor_digits(a), db = factor_digits(b);
    uint32_t odd, with;
    if ((is_decimal(a) || is_decimal(b)) && da >= 0 && db >= 0 && da + db <= DECIMAL_MAX_DIGITS) {
        if (!is_decimal(a) && a->type.base != VALUE_INT)
            type_adapt(p, v[0], (struct type){.base = VALUE_DECIMAL, .digits = (uint8_t)da});
        if (!is_decimal(b) && b->type.base != VALUE_INT)
            type_adapt(p, v[1], (struct type){.base = VALUE_DECIMAL, .digits = (uint8_t)db});
        t->type = (struct type){.base = VALUE_DECIMAL, .digits = (uint8_t)(da + db)};
        return;
    }
    if (is_decimal(a) || is_decimal(b)) {
        t->type = t->operands = type_base(VALUE_FLOAT);
        for (int i = 0; i < 2; i++) type_adapt(p, v[i], t->operands);
        return;
    }
    type_common(p, v, 2, 0, &t->operands, &odd, &with);
    t->type = t->operands;
}

static void help_arithmetic(struct place *p, struct diag *m, const struct expr *e) {
    struct diags *d = p->front->diags;
    const struct typed *a = typed_in(p, e->args[0]), *b = typed_in(p, e->args[1]);
    enum value_type x = a->type.base, y = b->type.base;
    const char *left = place_text(p, e->args[0]), *right = place_text(p, e->args[1]);
    if (e->op == OP_ADD && (x == VALUE_STRING || y == VALUE_STRING))
        diag_help(d, m, "texts are joined by concat(%s, %s)", left, right);
    else if ((x == VALUE_TIME || x == VALUE_DURATION) && type_is_number(b->type) &&
             (e->op == OP_ADD || e->op == OP_SUB))
        diag_help(d, m, "a duration has a unit: %s %s 10s", left, e->op == OP_ADD ? "+" : "-");
    else if (x == VALUE_TIME && y == VALUE_TIME)
        diag_help(d, m, "%s - %s is the duration between them", left, right);
    else if (type_is_number(a->type) && y == VALUE_DURATION)
        diag_help(d, m, "hours(%s), minutes(%s), seconds(%s) are numbers", right, right, right);
}

static void error_arithmetic(struct place *p, const struct expr *e) {
    static const char *const verbs[] = {[OP_ADD] = "added", [OP_SUB] = "subtracted",
                                        [OP_MUL] = "multiplied", [OP_DIV] = "divided",
                                        [OP_MOD] = "divided with a remainder"};
    struct diag *m = place_error(p, e->span, "`%s` is %s and `%s` is %s: they cannot be %s",
                                 place_text(p, e->args[0]), place_type(p, e->args[0]),
                                 place_text(p, e->args[1]), place_type(p, e->args[1]),
                                 verbs[e->op]);
    help_arithmetic(p, m, e);
}

static void type_arithmetic(struct place *p, const struct expr *e, struct typed *t) {
    const struct expr *const v[] = {e->args[0], e->args[1]};
    const struct typed *a = typed_in(p, v[0]), *b = typed_in(p, v[1]);
    uint32_t odd, with;
    if (t->bad) return;
    if (a->type.base == VALUE_NULL || b->type.base == VALUE_NULL) {
        place_error(p, e->span, "what is computed with null is null");
        t->bad = true;
    } else if (!type_is_number(a->type) || !type_is_number(b->type)) {
        if (time_arithmetic(e, a, b, t)) return;
        error_arithmetic(p, e);
        t->bad = true;
    } else if (e->op == OP_MUL) {
        type_product(p, v, t);
    } else if (e->op == OP_DIV) {
        t->type = t->operands = type_base(VALUE_FLOAT);
        for (int i = 0; i < 2; i++) type_adapt(p, v[i], t->operands);
        if (b->constant && b->value.type == VALUE_FLOAT && b->value.f == 0) {
            place_error(p, e->span, "a division by 0 is always null");
            t->bad = true;
        }
    } else {
        type_common(p, v, 2, 0, &t->operands, &odd, &with);
        t->type = t->operands;
    }
}

static void type_coalesce(struct place *p, const struct expr *e, struct typed *t) {
    const struct expr *const v[] = {e->args[0], e->args[1]};
    uint32_t odd, with;
    if (t->bad) return;
    if (!type_common(p, v, 2, COMMON_WHOLE, &t->operands, &odd, &with)) {
        struct diag *m = place_error(p, e->span, "`%s` is %s and `%s` is %s: `??` needs two of "
                                                 "one type",
                                     place_text(p, v[0]), place_type(p, v[0]),
                                     place_text(p, v[1]), place_type(p, v[1]));
        diag_help(p->front->diags, m, "x ?? y is x, or y where x is null");
        t->bad = true;
    }
    t->type = t->operands;
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Bytes of the text and of what is written agree where nothing is escaped. */
static struct span within_text(const struct expr *e, size_t offset) {
    if (e->kind != EXPR_STRING || e->span.end - e->span.start != e->text.n + 2) return e->span;
    uint32_t at = e->span.start + 1 + (uint32_t)offset;
    if (at >= e->span.end) at = e->span.end - 1;
    return (struct span){e->span.file, at, at + 1};
}

bool type_regex(struct place *p, const struct expr *e, bool ignoring_case, uint32_t *groups) {
    const struct typed *t = typed_in(p, e);
    if (t->bad) return false;
    if (!t->constant || t->value.type != VALUE_STRING) {
        struct diag *m = place_error(p, e->span, "a regular expression is a text written here, but "
                                                 "`%s` is %s", place_text(p, e),
                                     t->constant ? place_type(p, e) : "computed from events");
        diag_help(p->front->diags, m, "`contains`, `starts with`, `ends with` and `like` take any "
                                      "text");
        return false;
    }
    char why[256];
    size_t offset = 0;
    struct regex *r = regex_new(t->value.s, ignoring_case, why, sizeof why, &offset);
    if (!r) {
        place_error(p, within_text(typed_expr(p->front->set, e), offset),
                    "this regular expression is wrong here: %s", why);
        return false;
    }
    if (groups) *groups = regex_groups(r);
    regex_free(&r);
    if (regex_backtracks(t->value.s))
        diag_note(p->front->diags, e->span,
                   "this regular expression needs backtracking: its work is bounded, and past "
                   "the bound it gives null");
    return true;
}

static void type_text_operator(struct place *p, const struct expr *e, struct typed *t) {
    static const char *const names[] = {[OP_MATCHES] = "matches", [OP_CONTAINS] = "contains",
                                        [OP_STARTS] = "starts with", [OP_ENDS] = "ends with",
                                        [OP_LIKE] = "like"};
    t->type = type_base(VALUE_BOOL);
    if (t->bad) return;
    for (int i = 0; i < 2; i++) {
        const struct typed *side = typed_in(p, e->args[i]);
        if (side->type.base == VALUE_STRING) continue;
        if (i == 1 && e->op == OP_MATCHES) break;
        struct diag *m = place_error(p, e->args[i]->span, "`%s` is for texts, but `%s` is %s",
                                     names[e->op], place_text(p, e->args[i]),
                                     place_type(p, e->args[i]));
        if (side->type.base == VALUE_LIST && i == 0 && e->op == OP_CONTAINS)
            diag_help(p->front->diags, m, "write: %s in %s", place_text(p, e->args[1]),
                      place_text(p, e->args[0]));
        t->bad = true;
        return;
    }
    if (e->op == OP_MATCHES && !type_regex(p, e->args[1], e->ignoring_case, NULL)) t->bad = true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

void type_binary(struct place *p, const struct expr *e) {
    const struct typed *a = typed_in(p, e->args[0]), *b = typed_in(p, e->args[1]);
    struct typed t = {.level = higher(a->level, b->level), .bad = a->bad || b->bad};
    switch (e->op) {
    case OP_OR:
    case OP_AND: {
        const char *what = e->op == OP_AND ? "what `and` joins" : "what `or` joins";
        bool left = type_condition(p, e->args[0], what);
        t.bad = !type_condition(p, e->args[1], what) || !left;
        t.type = type_base(VALUE_BOOL);
        break;
    }
    case OP_EQ: case OP_NE: case OP_LT: case OP_LE: case OP_GT: case OP_GE:
        type_comparison(p, e, &t);
        break;
    case OP_IN:
        type_in(p, e, &t);
        break;
    case OP_MATCHES: case OP_CONTAINS: case OP_STARTS: case OP_ENDS: case OP_LIKE:
        type_text_operator(p, e, &t);
        break;
    case OP_COALESCE:
        type_coalesce(p, e, &t);
        break;
    case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_MOD:
        type_arithmetic(p, e, &t);
        break;
    }
    *front_typed(p->front, e) = t;
    const struct expr *right = typed_expr(p->front->set, e->args[1]);
    if (e->op == OP_IN && !t.bad && right->kind == EXPR_LIST && !typed_in(p, right)->constant)
        expand_in(p, e, right);
}
