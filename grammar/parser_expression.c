/* parser_expression: operators, by precedence climbing. Operands are in parser_operand.c.
 *
 *   or < and < not < = != < <= > >= in between matches contains starts ends like < ?? < + - < * / %
 *      < unary minus
 *
 * Chains lean to the left: a - b - c is ((a - b) - c). A chain makes the tree one level higher with
 * each operator, so the height is bounded (PARSE_MAX_HEIGHT): passes over the tree may recurse.
 * Comparisons do not chain. A word before a colon is a label and never an operator, which is how
 * an expression ends where the next entry of `where` begins.
 * Tests: tests/unit/grammar/test_parser.c, tests/cases/grammar/expressions.case
 */
#include "grammar/parser_internal.h"

struct expr *make_expr(struct parser *p, enum expr_kind kind, struct span span,
                       struct expr *const *args, uint32_t nargs) {
    struct expr *e = tree_expr(p->tree, kind, span);
    e->nargs = nargs;
    if (nargs) {
        e->args = arena_array(p->arena, struct expr *, nargs);
        memcpy(e->args, args, nargs * sizeof *args);
    }
    for (uint32_t i = 0; i < nargs; i++)
        if (args[i]->height >= e->height) e->height = args[i]->height + 1;
    if (e->height > PARSE_MAX_HEIGHT && !p->panic) {
        said_wrong(p, span, "this expression has too many operators in a row",
                   arena_printf(p->arena,
                                "%d are the most: compare with a list by `in`, or give parts of it "
                                "a name by `let`",
                                PARSE_MAX_HEIGHT - 1));
        p->panic = true;
    }
    return e;
}

bool add_expr(struct parser *p, struct exprs *list) {
    struct expr *e = parse_expr(p);
    arena_push(p->arena, list->v, list->n, list->cap, e);
    return !p->panic;
}

/* ---- which operator stands here -------------------------------------------------------------- */

struct operator_here {
    enum binary_op op;
    enum binding bind; /* 0: none */
    uint32_t tokens;   /* 2 for `not in`; `starts with` is taken with its own check */
    bool negated, between;
};

static struct operator_here word_operator(const struct parser *p) {
    bool negated = word(p) == KW_NOT;
    enum keyword k = negated ? word_at(p, 1) : word(p);
    struct operator_here o = {.bind = BIND_COMPARE, .tokens = negated ? 2 : 1, .negated = negated};
    switch (k) {
    case KW_IN: o.op = OP_IN; return o;
    case KW_MATCHES: o.op = OP_MATCHES; return o;
    case KW_CONTAINS: o.op = OP_CONTAINS; return o;
    case KW_STARTS: o.op = OP_STARTS; return o;
    case KW_ENDS: o.op = OP_ENDS; return o;
    case KW_LIKE: o.op = OP_LIKE; return o;
    case KW_BETWEEN: o.between = true; return o;
    case KW_OR: o.op = OP_OR, o.bind = BIND_OR; break;
    case KW_AND: o.op = OP_AND, o.bind = BIND_AND; break;
    default: o.bind = 0;
    }
    if (negated) o.bind = 0;
    return o;
}

/* The lexer has said what is wrong with these; here they mean what their author meant. */
static struct operator_here foreign_operator(const struct parser *p) {
    static const struct {
        const char *sign;
        enum binary_op op;
        enum binding bind;
    } signs[] = {{"&&", OP_AND, BIND_AND},
                 {"&", OP_AND, BIND_AND},
                 {"||", OP_OR, BIND_OR},
                 {"|", OP_OR, BIND_OR},
                 {"===", OP_EQ, BIND_COMPARE},
                 {"!==", OP_NE, BIND_COMPARE},
                 {"<>", OP_NE, BIND_COMPARE},
                 {"<=>", OP_EQ, BIND_COMPARE},
                 {"=<", OP_LE, BIND_COMPARE},
                 {"=>", OP_GE, BIND_COMPARE},
                 {"=~", OP_MATCHES, BIND_COMPARE},
                 {"!~", OP_MATCHES, BIND_COMPARE},
                 {"~", OP_MATCHES, BIND_COMPARE},
                 {"^", OP_MUL, BIND_MUL},
                 {"**", OP_MUL, BIND_MUL},
                 {":=", OP_EQ, BIND_COMPARE},
                 {"\xE2\x89\xA0", OP_NE, BIND_COMPARE},
                 {"\xE2\x89\xA4", OP_LE, BIND_COMPARE},
                 {"\xE2\x89\xA5", OP_GE, BIND_COMPARE}};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (foreign(p, signs[i].sign))
            return (struct operator_here){.op = signs[i].op, .bind = signs[i].bind, .tokens = 1};
    return (struct operator_here){0};
}

static struct operator_here operator_ahead(const struct parser *p) {
    static const struct {
        enum token_kind kind;
        enum binary_op op;
        enum binding bind;
    } signs[] = {{TOKEN_EQ, OP_EQ, BIND_COMPARE},   {TOKEN_NE, OP_NE, BIND_COMPARE},
                 {TOKEN_LT, OP_LT, BIND_COMPARE},   {TOKEN_LE, OP_LE, BIND_COMPARE},
                 {TOKEN_GT, OP_GT, BIND_COMPARE},   {TOKEN_GE, OP_GE, BIND_COMPARE},
                 {TOKEN_PLUS, OP_ADD, BIND_ADD},    {TOKEN_MINUS, OP_SUB, BIND_ADD},
                 {TOKEN_STAR, OP_MUL, BIND_MUL},    {TOKEN_SLASH, OP_DIV, BIND_MUL},
                 {TOKEN_PERCENT, OP_MOD, BIND_MUL}, {TOKEN_COALESCE, OP_COALESCE, BIND_COALESCE}};
    if (peek(p) == TOKEN_NAME) return word_operator(p);
    if (peek(p) == TOKEN_ERROR) return foreign_operator(p);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (peek(p) == signs[i].kind)
            return (struct operator_here){.op = signs[i].op, .bind = signs[i].bind, .tokens = 1};
    return (struct operator_here){0};
}

/* ---- operators ------------------------------------------------------------------------------- */

static struct expr *expr_of(struct parser *p, enum binding least);

/* unary = "not" compare | "-" unary | operand */
static struct expr *unary(struct parser *p, enum binding least) {
    uint32_t first = p->at;
    bool bang = foreign(p, "!");
    if (word(p) != KW_NOT && peek(p) != TOKEN_MINUS && !bang) return parse_operand(p);
    bool minus = peek(p) == TOKEN_MINUS;
    if (!minus && !bang && least > BIND_NOT)
        said_wrong(p, here(p), "`not` reaches further than the operator before it",
                   "put parentheses around it: `(not …)`");
    struct span op_span = here(p);
    advance(p);
    if (!nest(p)) return make_expr(p, EXPR_ERROR, op_span, NULL, 0);
    struct expr *arg = expr_of(p, minus || bang ? BIND_UNARY : BIND_NOT);
    unnest(p);
    struct expr *e =
        make_expr(p, minus ? EXPR_NEGATE : EXPR_NOT, span_since(p, first), &arg, 1);
    e->op_span = op_span;
    return e;
}

/* between = sum [ "not" ] "between" sum "and" sum */
static struct expr *between(struct parser *p, struct expr *left, struct operator_here o,
                            struct span op_span) {
    struct expr *args[3] = {left, expr_of(p, BIND_COALESCE), NULL};
    expect_word(p, KW_AND, "between the bounds of `between`", EXPR_WORD);
    args[2] = p->panic ? make_expr(p, EXPR_ERROR, here(p), NULL, 0) : expr_of(p, BIND_COALESCE);
    struct span span = span_join(left->span, args[2]->span);
    struct expr *e = make_expr(p, EXPR_BETWEEN, span, args, 3);
    e->negated = o.negated;
    e->op_span = op_span;
    return e;
}

/* `ignoring case` behind matches, contains, starts with, ends with, like */
static void ignoring_case(struct parser *p, struct expr *e) {
    if (word(p) != KW_IGNORING || p->panic) return;
    uint32_t first = p->at;
    advance(p);
    if (!expect_word(p, KW_CASE, "behind `ignoring`", NOWHERE)) return;
    e->span = span_join(e->span, span_since(p, first));
    if (e->kind == EXPR_BINARY && e->op >= OP_MATCHES && e->op <= OP_LIKE)
        e->ignoring_case = true;
    else
        said_wrong(p, span_since(p, first),
                   "`ignoring case` belongs to `matches`, `contains`, `starts with`, `ends with` "
                   "and `like`",
                   "compare `lower(…)` of the text instead");
}

static void chained(struct parser *p, struct expr *left, struct span op_span) {
    struct str middle = STR("b");
    uint32_t last = left->nargs - 1;
    struct str text = text_of(p, left->args[last]->span);
    if (text.n <= 30 && !memchr(text.p, '\n', text.n)) middle = text;
    said_wrong(p, op_span, "comparisons do not chain",
               arena_printf(p->arena, "join two by `and`: `… and %.*s %.*s …`", STR_FMT(middle),
                            STR_FMT(text_of(p, op_span))));
}

/* expr = unary { operator unary }, each operator at least as tight as `least` */
struct expr *expr_behind(struct parser *p, struct expr *left, enum binding least) {
    bool compared = false; /* `left` is a comparison without parentheses */
    while (!p->panic) {
        struct operator_here o = operator_ahead(p);
        if (o.bind == 0 || o.bind < least) break;
        uint32_t first = p->at;
        for (uint32_t i = 0; i < o.tokens; i++) advance(p);
        if (!o.between && (o.op == OP_STARTS || o.op == OP_ENDS) && o.bind == BIND_COMPARE)
            expect_word(p, KW_WITH, o.op == OP_STARTS ? "behind `starts`" : "behind `ends`",
                        NOWHERE);
        struct span op_span = span_since(p, first);
        if (compared && o.bind == BIND_COMPARE) chained(p, left, op_span);
        if (p->panic) break;
        if (o.between) {
            left = between(p, left, o, op_span);
        } else {
            struct expr *args[2] = {left, expr_of(p, o.bind + 1)};
            left = make_expr(p, EXPR_BINARY, span_join(left->span, args[1]->span), args, 2);
            left->op = o.op;
            left->op_span = op_span;
            left->negated = o.negated;
        }
        if (o.bind == BIND_COMPARE) ignoring_case(p, left);
        compared = o.bind == BIND_COMPARE;
    }
    return left;
}

static struct expr *expr_of(struct parser *p, enum binding least) {
    struct expr *left = unary(p, least);
    return expr_behind(p, left, least);
}

struct expr *parse_expr(struct parser *p) {
    return expr_of(p, BIND_OR);
}
