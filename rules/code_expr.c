/* code_expr: names and operators.
 *
 *   a > b    LT b a    a != b     NOT EQ a b        x between a and b   LE a x, LE x b, AND
 *   a >= b   LE b a    x in list  IN_SET, IN_LIST   … ignoring case     LOWER on both sides
 *
 * Each operator says to which type it wants its operands (operand_type); whatever makes an operand
 * brings it there. A chain of operators is deep to the left, however flat it looks: it is gone down
 * and up again in a loop, so that its length costs neither the machine's stack nor registers.
 */
#include "base/log.h"
#include "rules/coder.h"

static const struct type BOOLEAN = {.base = VALUE_BOOL};
static const struct type TEXT = {.base = VALUE_STRING};
static const struct type FLOAT = {.base = VALUE_FLOAT};

static unsigned digits_of(struct type t) { return t.base == VALUE_DECIMAL ? t.digits : 0; }

struct type coder_common(struct type a, struct type b) {
    if (a.base == VALUE_NULL) return b;
    if (b.base == VALUE_NULL) return a;
    if (a.base == VALUE_FLOAT || b.base == VALUE_FLOAT) return FLOAT;
    if (a.base == VALUE_DECIMAL || b.base == VALUE_DECIMAL) {
        unsigned digits = digits_of(a) > digits_of(b) ? digits_of(a) : digits_of(b);
        return (struct type){.base = VALUE_DECIMAL, .digits = (uint8_t)digits};
    }
    return a;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static enum opcode compare_op(enum binary_op op, enum reg_type class) {
    static const enum opcode ops[][3] = {
        [REG_B] = {INSN_EQ_B, OPCODES, OPCODES},     [REG_I] = {INSN_EQ_I, INSN_LT_I, INSN_LE_I},
        [REG_F] = {INSN_EQ_F, INSN_LT_F, INSN_LE_F}, [REG_S] = {INSN_EQ_S, INSN_LT_S, INSN_LE_S},
        [REG_P] = {INSN_EQ_P, INSN_LT_P, INSN_LE_P}, [REG_L] = {OPCODES, OPCODES, OPCODES},
    };
    enum opcode found = ops[class][op == OP_EQ ? 0 : op == OP_LT ? 1 : 2];
    if (found == OPCODES) panic("values of class %d are compared by %d", (int)class, (int)op);
    return found;
}

uint32_t coder_compare(struct coder *c, enum binary_op op, struct type type, uint32_t a, uint32_t b,
                       struct span span) {
    return coder_emit(c, compare_op(op, coder_class(type)), REG_B, a, b, 0, span);
}

static uint32_t comparison(struct coder *c, const struct expr *e, struct type type, uint32_t a) {
    uint32_t b = coder_expr(c, e->args[1], type);
    switch (e->op) {
    case OP_EQ: return coder_compare(c, OP_EQ, type, a, b, e->span);
    case OP_NE: return coder_not(c, coder_compare(c, OP_EQ, type, a, b, e->span), true, e->span);
    case OP_GT: return coder_compare(c, OP_LT, type, b, a, e->span);
    case OP_GE: return coder_compare(c, OP_LE, type, b, a, e->span);
    default: return coder_compare(c, e->op, type, a, b, e->span);
    }
}

static uint32_t between(struct coder *c, const struct expr *e, const struct typed *t) {
    const struct rule_set *set = c->place->set;
    struct type type = t->operands;
    if (type.base == VALUE_NULL) {
        type = coder_common(typed_of(set, e->args[0])->type, typed_of(set, e->args[1])->type);
        type = coder_common(type, typed_of(set, e->args[2])->type);
    }
    uint32_t x = coder_expr(c, e->args[0], type);
    uint32_t least = coder_expr(c, e->args[1], type);
    uint32_t above = coder_compare(c, OP_LE, type, least, x, e->span);
    uint32_t most = coder_expr(c, e->args[2], type);
    uint32_t below = coder_compare(c, OP_LE, type, x, most, e->span);
    uint32_t both = coder_emit(c, INSN_AND, REG_B, above, below, 0, e->span);
    return coder_not(c, both, e->negated, e->span);
}

/* The items of a constant list, each of type `item`. */
static struct value list_of(struct arena *arena, struct value v, struct type item) {
    struct list *list = arena_alloc(arena, sizeof *list + v.list->n * sizeof list->items[0]);
    for (uint32_t i = 0; i < v.list->n; i++) {
        struct value x = coder_convert_value(v.list->items[i], item);
        if (!value_is_null(x)) list->items[list->n++] = x; /* what does not fit is never equal */
    }
    v.list = list;
    return v;
}

/* x in …: x has been brought to operand_type. */
static uint32_t in(struct coder *c, const struct expr *e, struct type type, uint32_t x) {
    const struct expr *right = typed_expr(c->place->set, e->args[1]);
    const struct typed *r = typed_of(c->place->set, right);
    struct arena *arena = c->place->set->arena;
    uint32_t found;
    if (r->constant && r->type.base == VALUE_IP) {
        uint32_t net = parts_constant(c->place->parts, r->value);
        found = coder_emit(c, INSN_IN_NET, REG_B, x, 0, net, e->span);
    } else if (r->constant && r->value.type == VALUE_LIST) {
        struct value list = list_of(arena, r->value, type);
        uint32_t set = parts_constant(c->place->parts, list);
        found = coder_emit(c, INSN_IN_SET, REG_B, x, 0, set, e->span);
    } else {
        uint32_t list = coder_expr(c, right, (struct type){0});
        found = coder_emit(c, INSN_IN_LIST, REG_B, x, list, 0, e->span);
    }
    return coder_not(c, found, e->negated, e->span);
}

/* ---- text ------------------------------------------------------------------------------------ */

static uint32_t lower(struct coder *c, uint32_t v, struct span span) {
    return coder_emit(c, INSN_LOWER, REG_S, v, 0, 0, span);
}

/* A text to be compared without case: constants are folded here. */
static uint32_t lower_expr(struct coder *c, const struct expr *e) {
    const struct typed *t = typed_of(c->place->set, e);
    if (!t->constant) return lower(c, coder_expr(c, e, TEXT), e->span);
    return coder_constant(c, coder_lower(c->place->set->arena, t->value), TEXT, e->span);
}

static uint32_t text_op(struct coder *c, const struct expr *e, uint32_t a) {
    uint32_t found;
    if (e->op == OP_MATCHES) {
        struct str pattern = typed_of(c->place->set, e->args[1])->value.s;
        uint32_t regex = parts_regex(c->place->parts, pattern, e->ignoring_case);
        found = coder_emit(c, INSN_MATCHES, REG_B, a, 0, regex, e->span);
    } else {
        enum opcode op = e->op == OP_CONTAINS ? INSN_CONTAINS
                         : e->op == OP_STARTS ? INSN_STARTS
                         : e->op == OP_ENDS   ? INSN_ENDS
                                              : INSN_LIKE;
        if (e->ignoring_case) a = lower(c, a, e->args[0]->span);
        uint32_t b = e->ignoring_case ? lower_expr(c, e->args[1]) : coder_expr(c, e->args[1], TEXT);
        found = coder_emit(c, op, REG_B, a, b, 0, e->span);
    }
    return coder_not(c, found, e->negated, e->span);
}

/* ---- arithmetic ------------------------------------------------------------------------------ */

/* `/` is computed in floats whatever its operands; so is a duration times a decimal. */
static bool is_float_op(struct type left, struct type right, enum binary_op op) {
    bool span = left.base == VALUE_DURATION || right.base == VALUE_DURATION;
    bool decimal = left.base == VALUE_DECIMAL || right.base == VALUE_DECIMAL;
    return left.base == VALUE_FLOAT || right.base == VALUE_FLOAT || op == OP_DIV ||
           (op == OP_MUL && span && decimal);
}

/* What one side of + - * / % is brought to. */
static struct type arithmetic_type(const struct typed *t, struct type left, struct type right,
                                   enum binary_op op, int side) {
    if (t->operands.base != VALUE_NULL) return t->operands;
    if (is_float_op(left, right, op)) return FLOAT;
    if (op != OP_MUL && (left.base == VALUE_DECIMAL || right.base == VALUE_DECIMAL))
        return coder_common(left, right);
    struct type own = side ? right : left;
    return own.base == VALUE_NULL ? t->type : own;
}

static enum opcode arithmetic_op(enum binary_op op, bool floats) {
    switch (op) {
    case OP_ADD: return floats ? INSN_ADD_F : INSN_ADD_I;
    case OP_SUB: return floats ? INSN_SUB_F : INSN_SUB_I;
    case OP_MUL: return floats ? INSN_MUL_F : INSN_MUL_I;
    case OP_DIV: return floats ? INSN_DIV_F : INSN_DIV_I;
    case OP_MOD: return floats ? INSN_MOD_F : INSN_MOD_I;
    default: panic("%d is no arithmetic", (int)op);
    }
}

/* Of whole numbers in units of 10^-digits: a product has the digits of both. */
static uint32_t arithmetic(struct coder *c, const struct expr *e, const struct typed *t,
                           struct type left, struct type right, uint32_t a) {
    uint32_t b = coder_expr(c, e->args[1], right);
    bool floats = left.base == VALUE_FLOAT;
    struct type natural = floats ? FLOAT : t->type;
    if (!floats && (left.base == VALUE_DECIMAL || right.base == VALUE_DECIMAL)) {
        unsigned digits = digits_of(left) + (e->op == OP_MUL ? digits_of(right) : 0);
        natural = (struct type){.base = VALUE_DECIMAL, .digits = (uint8_t)digits};
    }
    enum opcode op = arithmetic_op(e->op, floats);
    uint32_t v = coder_emit(c, op, floats ? REG_F : REG_I, a, b, 0, e->span);
    return coder_convert(c, v, natural, t->type, e->span);
}

/* ---- operators ------------------------------------------------------------------------------- */

/* What the operator wants to see at a side. */
static struct type operand_type(const struct coder *c, const struct expr *e, int side) {
    const struct typed *t = typed_of(c->place->set, e);
    const struct typed *l = typed_of(c->place->set, e->args[0]);
    const struct typed *r = typed_of(c->place->set, e->args[1]);
    switch (e->op) {
    case OP_OR:
    case OP_AND: return BOOLEAN;
    case OP_MATCHES:
    case OP_CONTAINS:
    case OP_STARTS:
    case OP_ENDS:
    case OP_LIKE: return TEXT;
    case OP_IN:
        if (t->operands.base != VALUE_NULL) return t->operands;
        if (r->type.base != VALUE_LIST) return l->type;
        return (struct type){.base = r->type.item, .digits = r->type.digits};
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return t->operands.base != VALUE_NULL ? t->operands : coder_common(l->type, r->type);
    case OP_COALESCE: return t->operands.base != VALUE_NULL ? t->operands : t->type;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_MOD: return arithmetic_type(t, l->type, r->type, e->op, side);
    }
    panic("operator %d", (int)e->op);
}

/* `a` is the left side, as operand_type wants it. */
static uint32_t operator(struct coder *c, const struct expr *e, uint32_t a) {
    const struct typed *t = typed_of(c->place->set, e);
    struct type left = operand_type(c, e, 0), right = operand_type(c, e, 1);
    switch (e->op) {
    case OP_OR:
    case OP_AND: {
        uint32_t b = coder_expr(c, e->args[1], BOOLEAN);
        return coder_emit(c, e->op == OP_OR ? INSN_OR : INSN_AND, REG_B, a, b, 0, e->span);
    }
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: return comparison(c, e, left, a);
    case OP_IN: return in(c, e, left, a);
    case OP_MATCHES:
    case OP_CONTAINS:
    case OP_STARTS:
    case OP_ENDS:
    case OP_LIKE: return text_op(c, e, a);
    case OP_COALESCE: {
        uint32_t b = coder_expr(c, e->args[1], right);
        uint32_t v = coder_emit(c, INSN_COALESCE, coder_class(left), a, b, 0, e->span);
        return coder_convert(c, v, left, t->type, e->span);
    }
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_MOD: return arithmetic(c, e, t, left, right, a);
    }
    panic("operator %d", (int)e->op);
}

static bool is_operator(const struct coder *c, const struct expr *e) {
    const struct typed *t = typed_of(c->place->set, e);
    return e->kind == EXPR_BINARY && t->binding == BIND_NONE && !t->constant;
}

/* Down the left sides, then up again. */
static uint32_t chain(struct coder *c, const struct expr *e) {
    struct conjunct_list links = {0};
    for (; is_operator(c, e); e = typed_expr(c->place->set, e->args[0]))
        arena_push(c->place->set->arena, links.v, links.n, links.cap, e);
    uint32_t v = coder_expr(c, e, operand_type(c, links.v[links.n - 1], 0));
    struct type is = {0};
    for (uint32_t i = links.n; i-- > 0;) {
        const struct expr *link = links.v[i];
        if (i + 1 < links.n)
            v = coder_convert(c, v, is, operand_type(c, link, 0), links.v[i + 1]->span);
        v = operator(c, link, v);
        is = typed_of(c->place->set, link)->type;
    }
    return v;
}

static uint32_t negate(struct coder *c, const struct expr *e, const struct typed *t) {
    uint32_t v = coder_expr(c, e->args[0], t->type);
    bool floats = t->type.base == VALUE_FLOAT;
    enum opcode op = floats ? INSN_NEG_F : INSN_NEG_I;
    return coder_emit(c, op, floats ? REG_F : REG_I, v, 0, 0, e->span);
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static uint32_t field(struct coder *c, const struct expr *e, const struct typed *t) {
    c->place->parts->used[c->place->stream][t->field] = true;
    return coder_emit(c, INSN_FIELD, coder_class(t->type), 0, 0, t->field, e->span);
}

/* There is one element at a time: that of an outer any() is out of sight. */
static uint32_t element(struct coder *c, const struct expr *e, const struct typed *t) {
    if (!c->failed && c->any && !str_equal(c->any->name.text, e->name.text)) {
        struct diags *diags = c->place->set->diags;
        struct diag *m = diag_error(diags, e->span, "inside any(%.*s in …) the element of an outer "
                                    "any() cannot be looked at", STR_FMT(c->any->name.text));
        diag_related(diags, m, c->any->span, "this any() stands within another");
        c->failed = true;
    }
    return coder_emit(c, INSN_ELEMENT, coder_class(t->type), 0, 0, 0, e->span);
}

static uint32_t unbound(struct coder *c, const struct expr *e, const struct typed *t) {
    switch (e->kind) {
    case EXPR_BINARY: return chain(c, e);
    case EXPR_BETWEEN: return between(c, e, t);
    case EXPR_NOT: return coder_not(c, coder_expr(c, e->args[0], BOOLEAN), true, e->span);
    case EXPR_NEGATE: return negate(c, e, t);
    case EXPR_ANY: return coder_any(c, e);
    case EXPR_NULL: return coder_constant(c, value_null(), t->type, e->span);
    default: panic("an expression of kind %d without a value", (int)e->kind);
    }
}

static uint32_t node(struct coder *c, const struct expr *e, const struct typed *t) {
    switch (t->binding) {
    case BIND_NONE: return unbound(c, e, t);
    case BIND_FIELD: return field(c, e, t);
    case BIND_TAKEN:
    case BIND_PICK:
    case BIND_AGGREGATE: return coder_taken(c, e, t);
    case BIND_PREV: return coder_prev(c, e, t);
    case BIND_WINDOW: return coder_window(c, e, t);
    case BIND_CELL: return coder_emit(c, INSN_CELL, coder_class(t->type), 0, 0, t->field, e->span);
    case BIND_FUNCTION: return coder_function(c, e, t);
    case BIND_ELEMENT: return element(c, e, t);
    case BIND_ROW:
    case BIND_COLUMN:
    case BIND_IN_TABLE: return coder_lookup(c, e, t);
    case BIND_STEP:
        return coder_emit(c, INSN_STEP, REG_S, 0, 0, parts_constant(c->place->parts, t->value),
                          e->span);
    case BIND_STREAM:
    case BIND_VARIABLE: break;
    }
    panic("a name bound to %d has no value", (int)t->binding);
}

uint32_t coder_expr(struct coder *c, const struct expr *e, struct type want) {
    e = typed_expr(c->place->set, e);
    const struct typed *t = typed_of(c->place->set, e);
    if (c->failed) return 0;
    if (t->constant) {
        struct type type = want.base == VALUE_NULL ? t->type : want;
        bool text = type.base == VALUE_STRING && t->type.base != VALUE_STRING;
        if (!text || value_is_null(t->value))
            return coder_constant(c, coder_convert_value(t->value, type), type, e->span);
        uint32_t v = coder_constant(c, t->value, t->type, e->span);
        return coder_convert(c, v, t->type, want, e->span);
    }
    if (c->depth == CODER_MAX_DEPTH) {
        coder_too_large(c, e->span);
        return 0;
    }
    c->depth++;
    uint32_t v = node(c, e, t);
    c->depth--;
    return coder_convert(c, v, t->type, want, e->span);
}
