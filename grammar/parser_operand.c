/* parser_operand: the operands of expressions: literals, names, lists, parentheses, calls with
 * their windows, and what is bound behind them (.name, [index]).
 *
 * A window belongs to its call: in `avg(x) over prior 30d + 4` it is the call that is `over`, and
 * the sum comes later. A name where a value is missing may be the next clause (`where a: x >` and
 * `emit …` on the next line): next_clause() tells the two apart.
 * Tests: tests/unit/grammar/test_parser.c, tests/cases/grammar/expressions.case
 */
#include "grammar/parser_internal.h"

static struct expr *leaf(struct parser *p, enum expr_kind kind, struct span span) {
    return make_expr(p, kind, span, NULL, 0);
}

/* ---- literals -------------------------------------------------------------------------------- */

static struct expr *integer(struct parser *p) {
    struct expr *e = leaf(p, EXPR_INT, here(p));
    e->text = arena_copy(p->arena, text_of(p, here(p)));
    parse_int(p, "a whole number", MAY_BE_ZERO, &e->integer);
    return e;
}

static struct expr *duration(struct parser *p) {
    struct expr *e = leaf(p, EXPR_DURATION, here(p));
    uint32_t first = p->at;
    parse_duration(p, "", MAY_BE_ZERO, &e->integer, &e->text);
    e->span = span_since(p, first);
    return e;
}

/* NUMBER, TIME, IP, STRING */
static struct expr *literal(struct parser *p) {
    struct span span = here(p);
    struct expr *e;
    if (peek(p) == TOKEN_TIME) {
        e = leaf(p, EXPR_TIME, span);
        parse_time(p, &e->integer, &e->text);
        return e;
    }
    struct str text = text_of(p, span);
    if (peek(p) == TOKEN_STRING) {
        e = leaf(p, EXPR_STRING, span);
        e->text = lex_string(p->arena, text);
    } else {
        e = leaf(p, peek(p) == TOKEN_IP ? EXPR_IP : EXPR_NUMBER, span);
        e->text = arena_copy(p->arena, text);
    }
    advance(p);
    return e;
}

/* list = "[" [ expr { "," expr } [ "," ] ] "]" */
static struct expr *list(struct parser *p) {
    uint32_t first = p->at;
    struct exprs items = {0};
    advance(p);
    if (!nest(p)) return leaf(p, EXPR_ERROR, here(p));
    while (!p->panic && peek(p) != TOKEN_RBRACKET) {
        if (!add_expr(p, &items)) break;
        if (!accept(p, TOKEN_COMMA)) break;
    }
    expect_close(p, TOKEN_RBRACKET, "or `,` in a list", EXPR_WORD, first);
    unnest(p);
    return make_expr(p, EXPR_LIST, span_since(p, first), items.v, items.n);
}

/* parenthesised = "(" expr ")" */
static struct expr *parenthesised(struct parser *p) {
    uint32_t first = p->at;
    advance(p);
    if (!nest(p)) return leaf(p, EXPR_ERROR, here(p));
    bool outer = p->colon_behind_items;
    p->colon_behind_items = false;
    struct expr *e = parse_expr(p);
    if (peek(p) == TOKEN_COMMA && !p->panic) {
        struct exprs items = {0};
        arena_push(p->arena, items.v, items.n, items.cap, e);
        while (accept(p, TOKEN_COMMA) && add_expr(p, &items)) continue;
        e = make_expr(p, EXPR_LIST, span_since(p, first), items.v, items.n);
        if (peek(p) == TOKEN_RPAREN)
            said_wrong(p, span_since(p, first), "a list does not stand in parentheses",
                       "write it in brackets: `[a, b]`");
    }
    expect_close(p, TOKEN_RPAREN, "", EXPR_WORD, first);
    p->colon_behind_items = outer;
    unnest(p);
    return e;
}

/* ---- calls ----------------------------------------------------------------------------------- */

/* window = "over" ( [ "prior" ] ( duration | name ) | "last" ( int | name ) )
 *          [ "step" duration ] */
static void window(struct parser *p, struct expr *call) {
    uint32_t first = p->at;
    struct window *w = &call->window;
    if (!accept_word(p, KW_OVER)) return;
    w->kind = WINDOW_OVER;
    if (word(p) == KW_PRIOR) w->kind = WINDOW_OVER_PRIOR;
    else if (word(p) == KW_LAST) w->kind = WINDOW_OVER_LAST;
    if (w->kind != WINDOW_OVER) advance(p);
    enum keyword k = word(p);
    bool label = at_label(p) && !p->colon_behind_items;
    if (peek(p) == TOKEN_NAME && !label && !(keyword_places(k) & HARD_WORD) &&
        !next_clause(p)) {
        w->length = leaf(p, EXPR_NAME, here(p));
        w->length->name = expect_name(p, "a constant", NOWHERE);
    } else if (w->kind == WINDOW_OVER_LAST) {
        w->length = integer(p);
        if (!p->panic && w->length->integer == 0)
            said_wrong(p, w->length->span, "a window over the last 0 events holds none", NULL);
    } else {
        parse_duration(p, "behind `over`", ABOVE_ZERO, &w->length_ns, &w->length_text);
    }
    if (word(p) == KW_STEP && (peek_at(p, 1) == TOKEN_DURATION || peek_at(p, 1) == TOKEN_INT)) {
        struct span step = here(p);
        advance(p);
        parse_duration(p, "behind `step`", ABOVE_ZERO, &w->step_ns, &w->step_text);
        if (w->kind == WINDOW_OVER_LAST)
            said_wrong(p, step, "a window of a number of events has no step", NULL);
    }
    w->span = span_since(p, first);
    call->span = span_join(call->span, w->span);
}

/* any = "any" "(" name "in" operand ":" expr ")" */
static struct expr *any(struct parser *p) {
    uint32_t first = p->at;
    advance(p), advance(p);
    struct name element = expect_name(p, "a name for the element", EXPR_WORD);
    expect_word(p, KW_IN, "behind the name of the element", EXPR_WORD);
    struct expr *args[2];
    bool outer = p->colon_behind_items;
    p->colon_behind_items = true;
    args[0] = parse_operand(p);
    p->colon_behind_items = false;
    expect(p, TOKEN_COLON, "and the condition: `any(x in items: x > 3)`", EXPR_WORD);
    args[1] = p->panic ? leaf(p, EXPR_ERROR, here(p)) : parse_expr(p);
    expect(p, TOKEN_RPAREN, "behind the condition of `any`", EXPR_WORD);
    p->colon_behind_items = outer;
    struct expr *e = make_expr(p, EXPR_ANY, span_since(p, first), args, 2);
    e->name = element;
    return e;
}

/* SQL's count(*) and count(distinct x), answered; true if one stood here and has been taken. */
static bool sql_count(struct parser *p) {
    if (peek(p) == TOKEN_STAR && peek_at(p, 1) == TOKEN_RPAREN) {
        said_wrong(p, here(p), "events are counted without `*`", "write `count()`");
        advance(p);
        return true;
    }
    if (peek(p) == TOKEN_NAME && peek_at(p, 1) == TOKEN_NAME && !operator_at(p, 1) &&
        str_equal_nocase(text_of(p, here(p)), STR("distinct")) && word_at(p, 1) != KW_WHERE) {
        said_wrong(p, here(p), "different values are counted without `count`",
                   "write `distinct(x)`");
        advance(p);
    }
    return false;
}

/* call = name "(" [ expr { "," expr } ] [ "where" expr ] ")" [ window ] */
static struct expr *call(struct parser *p) {
    uint32_t first = p->at;
    struct name name = expect_name(p, "a function", EXPR_WORD);
    struct exprs args = {0};
    struct expr *where = NULL;
    advance(p); /* the parenthesis */
    bool outer = p->colon_behind_items;
    p->colon_behind_items = false;
    if (peek(p) != TOKEN_RPAREN && !sql_count(p)) {
        if (word(p) != KW_WHERE)
            while (add_expr(p, &args) && accept(p, TOKEN_COMMA)) continue;
        if (!p->panic && accept_word(p, KW_WHERE)) where = parse_expr(p);
    }
    expect_close(p, TOKEN_RPAREN, args.n ? "or `,` in a call" : "behind the call", EXPR_WORD,
                 first + 1);
    p->colon_behind_items = outer;
    struct expr *e = make_expr(p, EXPR_CALL, span_since(p, first), args.v, args.n);
    e->name = name;
    e->where = where;
    if (where && where->height >= e->height) e->height = where->height + 1;
    if (!p->panic) window(p, e);
    return e;
}

/* ---- names ----------------------------------------------------------------------------------- */

static struct expr *no_value(struct parser *p) {
    struct diag *m = fault(p, EXPR_WORD, "a value");
    if (m && peek(p) == TOKEN_DOT && peek_at(p, 1) == TOKEN_INT)
        diag_help(p->diags, m, "a number begins with a digit: `0.5`");
    return leaf(p, EXPR_ERROR, here(p));
}

/* A call or `any`, one level deeper. */
static struct expr *nested_call(struct parser *p) {
    struct span at = here(p);
    if (!nest(p)) return leaf(p, EXPR_ERROR, at);
    bool is_any = word(p) == KW_ANY && peek_at(p, 2) == TOKEN_NAME && word_at(p, 3) == KW_IN;
    struct expr *e = is_any ? any(p) : call(p);
    unnest(p);
    return e;
}

/* `case when …`, `select a`: no field, since what follows on the line cannot follow a field. */
static bool slip_for_value(struct parser *p) {
    if (p->tokens[p->at].quoted || peek_at(p, 1) != TOKEN_NAME || first_on_line(p, p->at + 1))
        return false;
    if (word(p) == KW_CASE) return word_at(p, 1) == KW_WHEN;
    bool plain = word_at(p, 1) == NO_KEYWORD && peek_at(p, 2) != TOKEN_COLON;
    return plain && str_equal_nocase(text_of(p, here(p)), STR("select"));
}

static struct expr *named(struct parser *p) {
    struct span span = here(p);
    enum keyword k = word(p);
    if (k == KW_TRUE || k == KW_FALSE || k == KW_NULL) {
        struct expr *e = leaf(p, k == KW_NULL ? EXPR_NULL : EXPR_BOOL, span);
        e->integer = k == KW_TRUE;
        advance(p);
        return e;
    }
    if (at_label(p) && !p->colon_behind_items) return no_value(p);
    if (slip_for_value(p)) {
        struct expr *e = no_value(p);
        skip_line(p); /* `case when …` holds the word of a clause */
        return e;
    }
    if ((keyword_places(k) & HARD_WORD) || next_clause(p)) return no_value(p);
    if (peek_at(p, 1) == TOKEN_LPAREN) return nested_call(p);
    struct expr *e = leaf(p, EXPR_NAME, span);
    e->name = expect_name(p, "a name", EXPR_WORD);
    return e;
}

/* ---- operands -------------------------------------------------------------------------------- */

/* primary = literal | list | "(" expr ")" | any | call | name */
static struct expr *primary(struct parser *p) {
    if (p->panic) return leaf(p, EXPR_ERROR, here(p));
    switch (peek(p)) {
    case TOKEN_INT: return duration_ahead(p) ? duration(p) : integer(p);
    case TOKEN_DURATION: return duration(p);
    case TOKEN_NUMBER:
    case TOKEN_TIME:
    case TOKEN_IP:
    case TOKEN_STRING: return literal(p);
    case TOKEN_LBRACKET: return list(p);
    case TOKEN_LPAREN: return parenthesised(p);
    case TOKEN_NAME: return named(p);
    case TOKEN_ERROR:
        if (!strchr("&|=<>!~^-:*@;", text_of(p, here(p)).p[0])) { /* a broken literal */
            struct expr *e = leaf(p, EXPR_ERROR, here(p));
            advance(p);
            return e;
        }
        return no_value(p);
    default: return no_value(p);
    }
}

/* operand = primary { "." name | "[" expr "]" } */
struct expr *operand_behind(struct parser *p, struct expr *e) {
    while (!p->panic) {
        if (peek(p) == TOKEN_DOT) {
            advance(p);
            struct name name = expect_name(p, "the name of a field behind `.`", EXPR_WORD);
            e = make_expr(p, EXPR_FIELD, span_join(e->span, name.span), &e, 1);
            e->name = name;
        } else if (peek(p) == TOKEN_LBRACKET && nest(p)) {
            uint32_t open = p->at;
            advance(p);
            struct expr *args[2] = {e, parse_expr(p)};
            expect_close(p, TOKEN_RBRACKET, "behind the index", EXPR_WORD, open);
            unnest(p);
            e = make_expr(p, EXPR_INDEX, span_join(e->span, span_since(p, p->at - 1)), args, 2);
        } else {
            break;
        }
    }
    return e;
}

struct expr *parse_operand(struct parser *p) {
    bool parenthesis = peek(p) == TOKEN_LPAREN;
    struct expr *e = primary(p);
    /* behind a window only the operators go on: `sum(x) over 1h` is one thing */
    return e->window.kind != WINDOW_NONE && !parenthesis ? e : operand_behind(p, e);
}
