/* why_value: see why_value.h. */
#include "cli/why_value.h"

#include <math.h>

#include "base/time.h"
#include "base/utf8.h"
#include "connectors/cell.h"
#include "grammar/print.h"
#include "rules/probes.h"

enum { VERDICT_COLUMN = 70, TEXT_MOST = 60, FLOAT_MOST = 10, LINE_MOST = 96 };

static struct value value_of(const struct why_values *w, const struct expr *e) {
    e = typed_expr(w->set, e);
    const struct typed *t = typed_of(w->set, e);
    if (t->constant) return t->value;
    for (uint32_t i = 0; i < w->rule->nprobes; i++)
        if (w->rule->probes[i].expr == e->id) return w->v[i];
    return value_null();
}

static bool holds(struct value v) { return v.type == VALUE_BOOL && v.i; }

void why_put_value(struct buf *out, struct value v) {
    bool cut = v.type == VALUE_STRING && v.s.n > TEXT_MOST;
    if (v.type == VALUE_FLOAT) {
        size_t from = out->n;
        value_text(out, v);
        if (out->n - from <= FLOAT_MOST) return;
        out->n = from;
        buf_printf(out, "%.8g", v.f);
        return;
    }
    if (cut) v.s = cell_shown(v.s, TEXT_MOST);
    value_text(out, v);
    if (cut) buf_text(out, "…");
}

/* ---- what is compared ------------------------------------------------------------------------ */

static bool is_number(struct value v) {
    return v.type == VALUE_INT || v.type == VALUE_FLOAT || v.type == VALUE_DECIMAL ||
           v.type == VALUE_DURATION || v.type == VALUE_TIME;
}

static double number(struct value v) {
    if (v.type == VALUE_FLOAT) return v.f;
    return v.type == VALUE_DECIMAL ? (double)v.i / pow(10, v.digits) : (double)v.i;
}

static bool is_op(const struct expr *e, enum binary_op op) {
    return e->kind == EXPR_BINARY && e->op == op;
}

static bool is_comparison(const struct expr *e) {
    return e->kind == EXPR_BINARY && e->op >= OP_EQ && e->op <= OP_GE;
}

/* How far two sides are apart, 0 to 1 of the larger; 1 where that says nothing. */
static double apart(struct value a, struct value b) {
    if (!is_number(a) || !is_number(b)) return 1;
    double x = number(a), y = number(b), most = fmax(fabs(x), fabs(y));
    return most == 0 ? 0 : fmin(1, fabs(x - y) / most);
}

double why_shortfall(const struct why_values *w, const struct expr *e) {
    e = typed_expr(w->set, e);
    if (holds(value_of(w, e))) return 0;
    if (is_op(e, OP_AND))
        return why_shortfall(w, e->args[0]) + why_shortfall(w, e->args[1]);
    if (is_op(e, OP_OR))
        return fmin(why_shortfall(w, e->args[0]), why_shortfall(w, e->args[1]));
    double far = 1;
    if (is_comparison(e)) far = apart(value_of(w, e->args[0]), value_of(w, e->args[1]));
    return 0.1 + 0.9 * far;
}

/* ---- one line -------------------------------------------------------------------------------- */

static bool is_arithmetic(const struct expr *e) {
    return e->kind == EXPR_NEGATE || (e->kind == EXPR_BINARY && e->op >= OP_COALESCE);
}

static bool is_literal(const struct expr *e) {
    return e->kind <= EXPR_IP || e->kind == EXPR_LIST;
}

static void inline_expr(const struct why_values *w, const struct expr *e, struct buf *out);

static void put_operator(const struct why_values *w, const struct expr *e, struct buf *out) {
    struct str sign = span_text(w->set->tree->sources, e->op_span);
    buf_printf(out, " %.*s ", STR_FMT(sign));
}

/* An operand of arithmetic: in parentheses where a sum or the like stands in a product. */
static void inline_operand(const struct why_values *w, const struct expr *parent, uint32_t i,
                           struct buf *out) {
    const struct expr *e = parent->args[i];
    bool weaker = e->kind == EXPR_BINARY && (e->op < OP_MUL || i > 0) && is_arithmetic(e) &&
                  (parent->kind == EXPR_NEGATE || parent->op >= OP_MUL || i > 0);
    if (weaker) buf_char(out, '(');
    inline_expr(w, e, out);
    if (weaker) buf_char(out, ')');
}

/* As written, with the values of its parts; `e` as written: a let is not looked into. */
static void inline_expr(const struct why_values *w, const struct expr *e, struct buf *out) {
    const struct typed *t = typed_of(w->set, e);
    bool replaced = w->set->typed[e->id].replaced != NULL;
    if (!replaced && e->kind == EXPR_BINARY && is_arithmetic(e)) {
        inline_operand(w, e, 0, out);
        put_operator(w, e, out);
        inline_operand(w, e, 1, out);
        return;
    }
    if (!replaced && e->kind == EXPR_NEGATE) {
        buf_char(out, '-');
        inline_operand(w, e, 0, out);
        return;
    }
    print_expr(e, out);
    bool list = t->constant && t->value.type == VALUE_LIST;
    if (list || (is_literal(e) && !replaced)) return;
    buf_char(out, ' ');
    why_put_value(out, value_of(w, e));
}

/* A side of a comparison: what is computed has its value at the end. */
static void inline_side(const struct why_values *w, const struct expr *e, struct buf *out) {
    inline_expr(w, e, out);
    if (!is_arithmetic(e) || w->set->typed[e->id].replaced) return;
    if (typed_of(w->set, e)->constant && e->kind == EXPR_NEGATE) return;
    buf_text(out, " = ");
    why_put_value(out, value_of(w, e));
}

static void inline_condition(const struct why_values *w, const struct expr *e, struct buf *out) {
    bool replaced = w->set->typed[e->id].replaced != NULL;
    if (replaced || (e->kind != EXPR_BINARY && e->kind != EXPR_BETWEEN)) {
        if (replaced || e->kind == EXPR_CALL || e->kind == EXPR_ANY || e->kind == EXPR_NOT)
            print_expr(e, out); /* its value is the verdict */
        else inline_expr(w, e, out);
        return;
    }
    inline_side(w, e->args[0], out);
    if (e->kind == EXPR_BINARY) {
        put_operator(w, e, out);
        if (typed_of(w->set, e)->binding == BIND_IN_TABLE) print_expr(e->args[1], out);
        else inline_side(w, e->args[1], out);
        if (e->ignoring_case) buf_text(out, " ignoring case");
        return;
    }
    buf_text(out, e->negated ? " not between " : " between ");
    inline_side(w, e->args[1], out);
    buf_text(out, " and ");
    inline_side(w, e->args[2], out);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

/* |a - b| in the words of their type. */
static void put_distance(struct buf *out, struct value a, struct value b) {
    if (a.type == VALUE_TIME || a.type == VALUE_DURATION) {
        int64_t ns;
        if (!__builtin_sub_overflow(a.i, b.i, &ns) && ns != INT64_MIN)
            duration_format(out, ns < 0 ? -ns : ns);
        return;
    }
    unsigned digits = a.type == VALUE_DECIMAL ? a.digits : 0;
    if (b.type == VALUE_DECIMAL && b.digits > digits) digits = b.digits;
    double far = fabs(number(a) - number(b));
    if (a.type == VALUE_FLOAT || b.type == VALUE_FLOAT) buf_printf(out, "%.6g", far);
    else buf_printf(out, "%.*f", (int)digits, far);
}

/* The first part that has no value, in reading order; NULL: all have one. */
static const struct expr *missing(const struct why_values *w, const struct expr *e) {
    const struct expr *real = typed_expr(w->set, e);
    if (!value_is_null(value_of(w, real))) return NULL;
    for (uint32_t i = 0; i < probe_children(w->set, real); i++) {
        const struct expr *found = missing(w, real->args[i]);
        if (found) return found;
    }
    return e;
}

static void put_miss(const struct why_values *w, const struct expr *e, struct buf *out) {
    struct value a = value_of(w, e->args[0]), b = value_of(w, e->args[1]);
    if (!is_comparison(e) || !is_number(a) || !is_number(b)) return;
    bool equal = apart(a, b) == 0;
    if (e->op == OP_NE || (equal && e->op != OP_EQ)) {
        buf_text(out, ", they are equal");
        return;
    }
    buf_text(out, ", ");
    put_distance(out, a, b);
    bool wants_more = e->op == OP_GT || e->op == OP_GE;
    buf_text(out, e->op == OP_EQ ? " apart" : wants_more ? " short" : " too much");
}

static void put_verdict(const struct why_values *w, const struct expr *as_written,
                        struct buf *out) {
    const struct expr *e = typed_expr(w->set, as_written);
    struct value v = value_of(w, e);
    if (holds(v)) {
        buf_text(out, "true");
    } else if (value_is_null(v)) {
        const struct expr *none = missing(w, e);
        buf_text(out, "not known");
        if (none && none != e) {
            buf_text(out, ": ");
            print_expr(none, out);
            buf_text(out, " has no value");
        }
    } else {
        buf_text(out, "false");
        put_miss(w, e, out);
    }
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void put_line(const struct why_values *w, const struct expr *e, unsigned indent,
                     struct buf *out) {
    struct buf text;
    size_t room = LINE_MOST - indent;
    buf_init(&text);
    inline_condition(w, e, &text);
    bool long_one = utf8_length(buf_view(&text)) > room && e->kind == EXPR_BINARY &&
                    !w->set->typed[e->id].replaced;
    buf_pad(out, ' ', indent);
    if (long_one) { /* the operator begins a line */
        inline_side(w, e->args[0], out);
        buf_char(out, '\n');
        indent += 2;
        buf_pad(out, ' ', indent - 1);
        buf_reset(&text);
        put_operator(w, e, &text);
        inline_side(w, e->args[1], &text);
        if (e->ignoring_case) buf_text(&text, " ignoring case");
    }
    buf_str(out, buf_view(&text));
    size_t width = indent - long_one + utf8_length(buf_view(&text));
    buf_pad(out, ' ', width + 2 < VERDICT_COLUMN ? VERDICT_COLUMN - width : 2);
    put_verdict(w, e, out);
    buf_char(out, '\n');
    buf_fini(&text);
}

/* Is there more to say of it than one line does? */
static bool has_parts(const struct why_values *w, const struct expr *e) {
    const struct expr *real = typed_expr(w->set, e);
    if (typed_of(w->set, real)->constant) return false;
    return is_op(real, OP_AND) || is_op(real, OP_OR) || real->kind == EXPR_NOT || real != e;
}

/* The parts of a chain of `op`, each on its own lines. */
static void put_parts(const struct why_values *w, const struct expr *e, enum binary_op op,
                      unsigned indent, bool all, struct buf *out) {
    const struct expr *real = typed_expr(w->set, e);
    if (is_op(real, op) && real == e) {
        put_parts(w, real->args[0], op, indent, all, out);
        put_parts(w, real->args[1], op, indent, all, out);
        return;
    }
    why_condition(w, e, indent, all, out);
}

void why_condition(const struct why_values *w, const struct expr *e, unsigned indent, bool all,
                   struct buf *out) {
    const struct expr *real = typed_expr(w->set, e);
    if (!all && holds(value_of(w, real))) return;
    if (real == e && is_op(e, OP_AND)) {
        put_parts(w, e, OP_AND, indent, all, out);
        return;
    }
    if (real == e && is_op(e, OP_OR)) {
        buf_pad(out, ' ', indent);
        buf_text(out, "at least one of:");
        buf_pad(out, ' ', VERDICT_COLUMN - indent - 16);
        put_verdict(w, e, out);
        buf_char(out, '\n');
        put_parts(w, e, OP_OR, indent + 2, true, out);
        return;
    }
    put_line(w, e, indent, out);
    if (!has_parts(w, e)) return;
    if (real == e) why_condition(w, e->args[0], indent + 2, true, out); /* not */
    else if (is_op(real, OP_AND) || is_op(real, OP_OR) || real->kind == EXPR_NOT)
        why_condition(w, real, indent + 2, all, out);
    else put_line(w, real, indent + 2, out);
}
