/* fold: what can be computed while compiling is. Same results as the instructions
 * (engine/opcodes.def): overflow and division by zero are null, and/or/not are three-valued.
 *
 *   50 * 2        100                x and false      false, whatever x is
 *   0.1 + 0.2     0.3                x or true        true
 *
 * Numbers that stand in the text are computed as exact decimals as long as they can be
 * (typed.exact); only at the end does the result become the float or decimal that the other side
 * asks for. Regular expressions, `like`, and functions of texts and times are left to the running
 * rule.
 * Tests: tests/unit/rules/test_front.c, tests/cases/check/never.case
 */
#include <math.h>

#include "base/decimal.h"
#include "rules/checks.h"

static struct value bool_value(bool b) { return (struct value){.i = b, .type = VALUE_BOOL}; }

static bool is_true(struct value v) { return v.type == VALUE_BOOL && v.i; }
static bool is_false(struct value v) { return v.type == VALUE_BOOL && !v.i; }

bool fold_is(const struct place *p, const struct expr *e, bool what) {
    const struct typed *t = typed_in(p, e);
    return t->constant && (what ? is_true(t->value) : is_false(t->value));
}

/* ---- conversions ----------------------------------------------------------------------------- */

static bool convert_list(const struct list *from, struct type item, struct list *to) {
    to->n = from->n;
    to->truncated = from->truncated;
    for (uint32_t i = 0; i < from->n; i++)
        if (!fold_convert(from->items[i], item, &to->items[i])) return false;
    return true;
}

bool fold_convert(struct value v, struct type to, struct value *out) {
    unsigned from_digits = v.type == VALUE_DECIMAL ? v.digits : 0;
    unsigned to_digits = to.base == VALUE_DECIMAL ? to.digits : 0;
    bool whole = v.type == VALUE_INT || v.type == VALUE_DECIMAL;
    *out = v;
    if (v.type == VALUE_NULL) return true;
    if (whole && to.base == VALUE_FLOAT) {
        *out = value_float((double)v.i / (double)decimal_pow10[from_digits]);
        return true;
    }
    if (whole && (to.base == VALUE_INT || to.base == VALUE_DECIMAL)) {
        int64_t there, back;
        if (!decimal_rescale(v.i, from_digits, to_digits, &there)) return false;
        if (!decimal_rescale(there, to_digits, from_digits, &back) || back != v.i) return false;
        *out = (struct value){.i = there, .type = (uint8_t)to.base, .digits = (uint8_t)to_digits};
        return true;
    }
    return v.type == to.base && v.type != VALUE_LIST;
}

/* Lists need memory, so they are converted here. */
bool fold_convert_list(struct arena *arena, struct value v, struct type to, struct value *out) {
    if (v.type != VALUE_LIST) return fold_convert(v, to, out);
    size_t bytes = sizeof(struct list) + v.list->n * sizeof(struct value);
    struct list *list = arena_alloc(arena, bytes);
    struct type item = {.base = to.item, .digits = to.digits};
    if (!convert_list(v.list, item, list)) return false;
    *out = (struct value){.list = list, .type = VALUE_LIST};
    return true;
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

static struct value fold_float(enum binary_op op, double a, double b) {
    double r = 0;
    switch (op) {
    case OP_ADD: r = a + b; break;
    case OP_SUB: r = a - b; break;
    case OP_MUL: r = a * b; break;
    case OP_DIV: r = a / b; break;
    default: r = fmod(a, b); break;
    }
    return isfinite(r) ? value_float(r) : value_null();
}

static struct value fold_whole(enum binary_op op, int64_t a, int64_t b, struct type type) {
    struct value r = {.type = (uint8_t)type.base, .digits = type.digits};
    bool none = false;
    switch (op) {
    case OP_ADD: none = __builtin_add_overflow(a, b, &r.i); break;
    case OP_SUB: none = __builtin_sub_overflow(a, b, &r.i); break;
    case OP_MUL: none = __builtin_mul_overflow(a, b, &r.i); break;
    default:
        none = b == 0;
        r.i = none || b == -1 ? 0 : a % b;
        break;
    }
    return none ? value_null() : r;
}

static bool fold_number(struct value v, double *out) {
    struct value f;
    if (v.type == VALUE_FLOAT) f = v;
    else if (!fold_convert(v, type_base(VALUE_FLOAT), &f)) return false;
    *out = f.f;
    return f.type == VALUE_FLOAT;
}

/* A duration times or by a number, or by a duration. */
static struct value fold_duration(enum binary_op op, struct value a, struct value b) {
    if (a.type == VALUE_DURATION && b.type == VALUE_DURATION)
        return fold_float(op, (double)a.i, (double)b.i);
    struct value number = a.type == VALUE_DURATION ? b : a;
    int64_t ns = a.type == VALUE_DURATION ? a.i : b.i;
    if (op == OP_MUL && number.type == VALUE_INT)
        return fold_whole(op, ns, number.i, type_base(VALUE_DURATION));
    double factor;
    if (!fold_number(number, &factor)) return value_null();
    struct value r = fold_float(op, (double)ns, factor);
    if (value_is_null(r) || fabs(r.f) >= 0x1p63) return value_null();
    return (struct value){.i = llround(r.f), .type = VALUE_DURATION};
}

static struct value fold_arithmetic(enum binary_op op, struct value a, struct value b,
                                    const struct typed *t) {
    if (value_is_null(a) || value_is_null(b)) return value_null();
    if (t->type.base == VALUE_FLOAT && a.type == VALUE_FLOAT && b.type == VALUE_FLOAT)
        return fold_float(op, a.f, b.f);
    bool span = a.type == VALUE_DURATION || b.type == VALUE_DURATION;
    if (span && (op == OP_MUL || op == OP_DIV)) return fold_duration(op, a, b);
    return fold_whole(op, a.i, b.i, t->type);
}

/* Two numbers as they are written; null if the exact result is no decimal. */
static struct value fold_exact(enum binary_op op, struct value a, struct value b) {
    if (a.type != VALUE_DECIMAL || b.type != VALUE_DECIMAL) return value_null();
    struct type type = {.base = VALUE_DECIMAL};
    if (op == OP_MUL) {
        if (a.digits + b.digits > DECIMAL_MAX_DIGITS) return value_null();
        type.digits = (uint8_t)(a.digits + b.digits);
    } else if (op == OP_ADD || op == OP_SUB) {
        type.digits = a.digits > b.digits ? a.digits : b.digits;
        if (!fold_convert(a, type, &a) || !fold_convert(b, type, &b)) return value_null();
    } else {
        return value_null();
    }
    return fold_whole(op, a.i, b.i, type);
}

/* ---- comparisons ----------------------------------------------------------------------------- */

struct value fold_compare(enum binary_op op, struct value a, struct value b) {
    if (value_is_null(a) || value_is_null(b)) return value_null();
    int c = value_compare(a, b);
    switch (op) {
    case OP_EQ: return bool_value(c == 0);
    case OP_NE: return bool_value(c != 0);
    case OP_LT: return bool_value(c < 0);
    case OP_LE: return bool_value(c <= 0);
    case OP_GT: return bool_value(c > 0);
    default: return bool_value(c >= 0);
    }
}

static struct value fold_in(struct value a, struct value b) {
    if (value_is_null(a)) return value_null();
    if (b.type == VALUE_IP) return bool_value(ip_in(a.ip, b.ip, b.digits));
    for (uint32_t i = 0; i < b.list->n; i++) {
        struct value item = b.list->items[i];
        bool found = item.type == VALUE_IP ? ip_in(a.ip, item.ip, item.digits)
                                           : value_compare(a, item) == 0;
        if (found) return bool_value(true);
    }
    return bool_value(false);
}

static bool fold_text(const struct expr *e, struct value a, struct value b, struct value *out) {
    if (e->ignoring_case) return false;
    *out = value_null();
    if (value_is_null(a) || value_is_null(b)) return true;
    switch (e->op) {
    case OP_CONTAINS: *out = bool_value(str_find(a.s, b.s) != SIZE_MAX); return true;
    case OP_STARTS: *out = bool_value(str_starts(a.s, b.s)); return true;
    case OP_ENDS: *out = bool_value(str_ends(a.s, b.s)); return true;
    default: return false;
    }
}

static struct value negated(struct value v, bool negate) {
    if (negate && v.type == VALUE_BOOL) v.i = !v.i;
    return v;
}

/* and, or: one side may decide alone. False if it is not known. */
static bool fold_logic(struct place *p, const struct expr *e, struct value *out) {
    bool decides = e->op == OP_OR; /* true decides an or, false an and */
    const struct typed *a = typed_in(p, e->args[0]), *b = typed_in(p, e->args[1]);
    if (fold_is(p, e->args[0], decides) || fold_is(p, e->args[1], decides)) {
        *out = bool_value(decides);
        return true;
    }
    if (!a->constant || !b->constant) return false;
    bool null = value_is_null(a->value) || value_is_null(b->value);
    *out = null ? value_null() : bool_value(!decides);
    return true;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static bool all_constant(struct place *p, const struct expr *e) {
    for (uint32_t i = 0; i < e->nargs; i++)
        if (!typed_in(p, e->args[i])->constant) return false;
    return e->where == NULL;
}

static struct value operand(struct place *p, const struct expr *e, uint32_t i, struct type to) {
    const struct typed *t = typed_in(p, e->args[i]);
    struct value v = t->value;
    if (to.base == VALUE_NULL || type_equal(t->type, to)) return v;
    return fold_convert(v, to, &v) ? v : value_null();
}

static bool fold_binary(struct place *p, const struct expr *e, struct typed *t,
                        struct value *out) {
    if (e->op == OP_AND || e->op == OP_OR) return fold_logic(p, e, out);
    if (!all_constant(p, e)) return false;
    struct value a = operand(p, e, 0, t->operands), b = value_null();
    if (e->op != OP_IN) b = operand(p, e, 1, t->operands);
    switch (e->op) {
    case OP_EQ: case OP_NE: case OP_LT: case OP_LE: case OP_GT: case OP_GE:
        if (e->ignoring_case) return false;
        *out = fold_compare(e->op, a, b);
        return true;
    case OP_IN:
        if (e->ignoring_case) return false;
        *out = negated(fold_in(a, typed_in(p, e->args[1])->value), e->negated);
        return true;
    case OP_COALESCE: *out = value_is_null(a) ? b : a; return true;
    case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_MOD:
        t->exact = fold_exact(e->op, typed_in(p, e->args[0])->exact,
                              typed_in(p, e->args[1])->exact);
        if (t->exact.type == VALUE_DECIMAL && t->type.base == VALUE_FLOAT)
            return fold_convert(t->exact, t->type, out);
        *out = fold_arithmetic(e->op, a, b, t);
        return true;
    default:
        if (!fold_text(e, a, b, out)) return false;
        *out = negated(*out, e->negated);
        return true;
    }
}

static bool fold_between(struct place *p, const struct expr *e, const struct typed *t,
                         struct value *out) {
    if (!all_constant(p, e)) return false;
    struct value v = operand(p, e, 0, t->operands);
    struct value low = fold_compare(OP_GE, v, operand(p, e, 1, t->operands));
    struct value high = fold_compare(OP_LE, v, operand(p, e, 2, t->operands));
    if (is_false(low) || is_false(high)) *out = bool_value(false);
    else if (value_is_null(low) || value_is_null(high)) *out = value_null();
    else *out = bool_value(true);
    *out = negated(*out, e->negated);
    return true;
}

static bool fold_call(struct place *p, const struct expr *e, const struct typed *t,
                      struct value *out) {
    if (t->binding != BIND_FUNCTION || !all_constant(p, e)) return false;
    struct value v = operand(p, e, 0, type_base(VALUE_NULL));
    switch (t->function) {
    case FUNCTION_EXISTS: *out = bool_value(!value_is_null(v)); return true;
    case FUNCTION_IF: *out = operand(p, e, is_true(v) ? 1 : 2, t->operands); return true;
    case FUNCTION_ABS:
        *out = v;
        if (v.type == VALUE_FLOAT) out->f = fabs(v.f);
        else if (v.i < 0 && v.type != VALUE_NULL) *out = fold_whole(OP_SUB, 0, v.i, t->type);
        return true;
    case FUNCTION_LEAST:
    case FUNCTION_GREATEST:
        *out = operand(p, e, 0, t->operands);
        for (uint32_t i = 1; i < e->nargs; i++) {
            struct value next = operand(p, e, i, t->operands);
            if (value_is_null(next) || value_is_null(*out)) *out = value_null();
            else if ((value_compare(next, *out) < 0) == (t->function == FUNCTION_LEAST))
                *out = next;
        }
        return true;
    case FUNCTION_HOURS:
    case FUNCTION_MINUTES:
    case FUNCTION_SECONDS: {
        double unit = t->function == FUNCTION_HOURS ? 3600e9
                      : t->function == FUNCTION_MINUTES ? 60e9 : 1e9;
        *out = value_is_null(v) ? v : value_float((double)v.i / unit);
        return true;
    }
    default: return false;
    }
}

static bool fold_unary(struct place *p, const struct expr *e, struct typed *t, struct value *out) {
    if (!all_constant(p, e)) return false;
    const struct typed *a = typed_in(p, e->args[0]);
    *out = a->value;
    if (e->kind == EXPR_NOT) {
        *out = negated(*out, true);
    } else if (out->type == VALUE_FLOAT) {
        out->f = -out->f;
    } else if (out->type != VALUE_NULL) {
        *out = fold_whole(OP_SUB, 0, out->i, t->type);
    }
    if (e->kind == EXPR_NEGATE && a->exact.type == VALUE_DECIMAL)
        t->exact = fold_whole(OP_SUB, 0, a->exact.i,
                              (struct type){.base = VALUE_DECIMAL, .digits = a->exact.digits});
    return true;
}

void fold_expr(struct place *p, const struct expr *e) {
    struct typed *t = front_typed(p->front, e);
    struct value value = value_null();
    bool known = false;
    if (t->bad || t->replaced || t->constant) return;
    switch (e->kind) {
    case EXPR_NOT:
    case EXPR_NEGATE: known = fold_unary(p, e, t, &value); break;
    case EXPR_BINARY: known = fold_binary(p, e, t, &value); break;
    case EXPR_BETWEEN: known = fold_between(p, e, t, &value); break;
    case EXPR_CALL: known = fold_call(p, e, t, &value); break;
    default: break;
    }
    if (!known) return;
    bool arithmetic = e->kind == EXPR_BINARY && e->op >= OP_ADD;
    if (arithmetic && value_is_null(value)) {
        place_error(p, e->span, "this has no value: a division by 0, or a number too large");
        t->bad = true;
        return;
    }
    t->constant = true;
    t->value = value;
}
