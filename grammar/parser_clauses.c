/* parser_clauses: the pieces that clauses are made of: inputs with their keys, the entries of
 * `where`, labelled expressions, `every`, `after match`, `except`, `once per`.
 *
 *   where  a: from S where amount > 3      each entry ends where the next NAME `:` begins,
 *          b: any                          so an error in one entry leaves the others readable
 *
 * Tests: tests/unit/grammar/test_parser.c, tests/cases/grammar/clauses.case
 */
#include "grammar/parser_clauses.h"

#include "base/time.h"

/* ---- labelled expressions -------------------------------------------------------------------- */

/* named = name ":" expr */
static bool named_entry(struct parser *p, struct named_exprs *out, const char *what) {
    struct named_expr item = {0};
    if (!at_label(p)) {
        struct diag *m = fault(p, CLAUSE_WORD, "%s and `:`", what);
        if (m && !m->help && peek(p) == TOKEN_STRING)
            diag_help(p->diags, m, "names stand without quotes");
        return false;
    }
    item.name = expect_name(p, what, NOWHERE);
    advance(p);
    item.expr = parse_expr(p);
    arena_push(p->arena, out->v, out->n, out->cap, item);
    return true;
}

static void missing_comma(struct parser *p) {
    said_wrong(p, here(p), "a `,` is missing before this", NULL);
}

/* labelled = named { "," named } */
void parse_labelled(struct parser *p, struct named_exprs *out) {
    for (;;) {
        named_entry(p, out, "a name");
        if (p->panic) {
            recover_item(p);
            if (at_label(p)) continue;
            return;
        }
        if (accept(p, TOKEN_COMMA)) continue;
        if (!at_label(p)) return;
        missing_comma(p);
    }
}

/* To the brace that closes, which is taken, unless a clause or declaration comes before it. */
static void recover_braced(struct parser *p) {
    recover_clause(p);
    accept(p, TOKEN_RBRACE);
}

/* braced = "{" [ named { "," named } [ "," ] ] "}" */
struct named_exprs parse_braced(struct parser *p, const char *what) {
    struct named_exprs out = {0};
    if (!expect(p, TOKEN_LBRACE, "", NOWHERE)) return out;
    while (!p->panic && peek(p) != TOKEN_RBRACE) {
        named_entry(p, &out, what);
        if (p->panic || accept(p, TOKEN_COMMA)) continue;
        if (!at_label(p)) break;
        missing_comma(p);
    }
    expect(p, TOKEN_RBRACE, "or `,`", EXPR_WORD);
    if (p->panic) recover_braced(p);
    return out;
}

/* ---- on -------------------------------------------------------------------------------------- */

/* keys = expr | "(" expr { "," expr } ")" */
struct expr **parse_keys(struct parser *p, uint32_t *n) {
    struct exprs keys = {0};
    if (peek(p) != TOKEN_LPAREN) {
        add_expr(p, &keys);
    } else {
        uint32_t first = p->at;
        advance(p);
        while (add_expr(p, &keys) && accept(p, TOKEN_COMMA)) continue;
        expect(p, TOKEN_RPAREN, "or `,` in the key", EXPR_WORD);
        if (keys.n == 1 && !p->panic) { /* it was the first operand of an expression */
            struct expr *e = operand_behind(p, keys.v[0]);
            e = expr_behind(p, e, BIND_OR);
            if (e != keys.v[0]) e->span = span_since(p, first);
            keys.v[0] = e;
        }
    }
    *n = keys.n;
    return keys.v;
}

/* input = name [ "where" expr ] [ "by" keys ] */
static struct input input(struct parser *p) {
    uint32_t first = p->at;
    struct input in = {.stream = {.span = here(p)}};
    if (word(p) == KW_BY || (keyword_places(word(p)) & HARD_WORD))
        fault(p, NOWHERE, "the name of a stream");
    in.stream = expect_name(p, "the name of a stream", CLAUSE_WORD);
    if (!p->panic && accept_word(p, KW_WHERE)) in.where = parse_expr(p);
    if (!p->panic && accept_word(p, KW_BY)) in.keys = parse_keys(p, &in.nkeys);
    if (!p->panic && word(p) == KW_WHERE && !in.where && peek_at(p, 2) != TOKEN_COLON)
        fault(p, NOWHERE, "`where` before `by`");
    in.span = span_since(p, first);
    return in;
}

/* on = "on" input { "," input } */
void clause_on(struct parser *p, struct rule_decl *r) {
    uint32_t cap = 0;
    r->ninputs = 0;
    do {
        struct input in = input(p);
        arena_push(p->arena, r->inputs, r->ninputs, cap, in);
    } while (!p->panic && accept(p, TOKEN_COMMA));
}

/* ---- where ----------------------------------------------------------------------------------- */

/* condition = name ":" ( "any" | "from" name [ "where" expr ] | expr ) */
static struct condition condition(struct parser *p) {
    uint32_t first = p->at;
    struct condition c = {.name = expect_name(p, "a name of the pattern", NOWHERE)};
    advance(p); /* the colon */
    bool from = word(p) == KW_FROM && peek_at(p, 1) == TOKEN_NAME && !operator_at(p, 1) &&
                peek_at(p, 2) != TOKEN_COLON;
    if (from) {
        advance(p);
        c.from = expect_name(p, "the name of a stream", NOWHERE);
        if (accept_word(p, KW_WHERE)) c.expr = parse_expr(p);
        else c.any = true;
    } else if (word(p) == KW_ANY && peek_at(p, 1) != TOKEN_LPAREN && !operator_at(p, 1)) {
        advance(p);
        c.any = true;
    } else {
        c.expr = parse_expr(p);
    }
    c.span = span_since(p, first);
    return c;
}

/* where = "where" condition { condition } */
void clause_where(struct parser *p, struct rule_decl *r) {
    uint32_t cap = 0;
    r->nconditions = 0;
    if (!at_label(p)) {
        struct diag *m = fault(p, CLAUSE_WORD, "the name of a step and `:`");
        if (m && !m->help)
            diag_help(p->diags, m,
                      "name the step: `where fast: speed > 3`; without a pattern write "
                      "`when speed > 3`");
    }
    for (;;) {
        if (p->panic) recover_entry(p);
        if (!at_label(p)) break;
        struct condition c = condition(p);
        arena_push(p->arena, r->conditions, r->nconditions, cap, c);
        if (!p->panic && peek(p) == TOKEN_COMMA) {
            said_wrong(p, here(p), "the entries of `where` stand without commas",
                       "leave it out: a name and `:` begin the next entry");
            advance(p);
        }
        if (!p->panic && !at_label(p) && peek(p) != TOKEN_RBRACE && peek(p) != TOKEN_END &&
            !(keyword_places(word(p)) & RULE_WORD) && !declaration_at(p, p->at))
            fault(p, EXPR_WORD | RULE_WORD, "an operator, the next `NAME:` or a clause");
    }
}

struct expr *parse_event_condition(struct parser *p, const char *word_text, struct name *on) {
    if (word(p) == KW_ON && peek_at(p, 1) == TOKEN_NAME && !operator_at(p, 1)) {
        advance(p);
        *on = expect_name(p, "the name of a stream", NOWHERE);
        expect(p, TOKEN_COLON,
               arena_printf(p->arena, "behind the stream: `%s on S: …`", word_text), NOWHERE);
    } else if (at_label(p)) {
        said_wrong(p, here(p),
                   arena_printf(p->arena, "the condition of `%s` has no label", word_text),
                   arena_printf(p->arena, "write `%s CONDITION`, or `%s on STREAM: CONDITION`",
                                word_text, word_text));
        advance(p), advance(p);
    }
    return parse_expr(p);
}

/* when = "when" [ "on" name ":" ] expr */
void clause_when(struct parser *p, struct rule_decl *r) {
    r->when = parse_event_condition(p, "when", &r->when_on);
}

/* ---- every ----------------------------------------------------------------------------------- */

static bool clock(struct parser *p, int64_t *ns) {
    if (p->panic) return false;
    if (peek(p) != TOKEN_CLOCK) {
        struct diag *m = fault(p, NOWHERE, "a time of day such as `04:00`");
        if (m && peek(p) == TOKEN_INT)
            diag_help(p->diags, m, "hours and minutes, two digits each, without blanks");
        return false;
    }
    struct str text = text_of(p, here(p));
    int hours = 0, minutes = (text.p[text.n - 2] - '0') * 10 + (text.p[text.n - 1] - '0');
    for (size_t i = 0; text.p[i] != ':'; i++) hours = hours * 10 + (text.p[i] - '0');
    if (hours > 23 || minutes > 59)
        said_wrong(p, here(p), "there is no such time of day", "from 00:00 to 23:59");
    *ns = hours * NS_PER_HOUR + minutes * NS_PER_MIN;
    advance(p);
    return true;
}

/* every = "every" ( "session" "gap" duration
 *                 | duration [ "over" duration | "at" clock [ "in" string ] ] ) */
void clause_every(struct parser *p, struct rule_decl *r) {
    struct every e = {.kind = EVERY_TUMBLING, .zone = {"", 0}};
    uint32_t first = p->at - 1;
    if (accept_word(p, KW_SESSION)) {
        e.kind = EVERY_SESSION;
        expect_word(p, KW_GAP, "behind `session`", MATCH_WORD);
    }
    parse_duration(p, e.kind == EVERY_SESSION ? "behind `session gap`" : "behind `every`",
                   ABOVE_ZERO, &e.period_ns, &e.period_text);
    if (e.kind == EVERY_TUMBLING && !p->panic && accept_word(p, KW_OVER)) {
        e.kind = EVERY_HOPPING;
        parse_duration(p, "behind `over`", ABOVE_ZERO, &e.over_ns, &e.over_text);
    } else if (e.kind == EVERY_TUMBLING && !p->panic && accept_word(p, KW_AT)) {
        e.kind = EVERY_CALENDAR;
        if (clock(p, &e.at_ns) && accept_word(p, KW_IN))
            e.zone = expect_string(p, "a time zone such as \"Europe/Paris\"");
    }
    e.span = span_since(p, first);
    r->every = e;
}

/* ---- after match ----------------------------------------------------------------------------- */

/* skip = "no" "skip" | "skip" ( "past" "last" | "to" ( "next" | ( "first" | "last" ) name ) ) */
bool parse_skip(struct parser *p, enum after_match *after, struct name *name) {
    *name = (struct name){.span = here(p)};
    *after = AFTER_NO_SKIP;
    if (accept_word(p, KW_NO)) return expect_word(p, KW_SKIP, "behind `no`", CLAUSE_WORD);
    if (word(p) != KW_SKIP) {
        fault(p, CLAUSE_WORD, "`skip` or `no skip`");
        return false;
    }
    advance(p);
    if (accept_word(p, KW_PAST)) {
        *after = AFTER_SKIP_PAST_LAST;
        if (!expect_word(p, KW_LAST, "behind `past`", CLAUSE_WORD)) return false;
        struct str more = peek(p) == TOKEN_NAME ? text_of(p, here(p)) : STR("");
        if (word(p) == KW_ROW || word(p) == KW_EVENT || str_equal_nocase(more, STR("rows"))) {
            said_wrong(p, here(p), "`skip past last` needs no more words", "leave this one out");
            advance(p);
        }
        return true;
    }
    if (!expect_word(p, KW_TO, "or `past` behind `skip`", CLAUSE_WORD)) return false;
    *after = AFTER_SKIP_TO_NEXT;
    if (accept_word(p, KW_NEXT)) return true;
    if (word(p) == KW_FIRST || word(p) == KW_LAST) {
        *after = word(p) == KW_FIRST ? AFTER_SKIP_TO_FIRST : AFTER_SKIP_TO_LAST;
        advance(p);
        *name = expect_name(p, "a name of the pattern", CLAUSE_WORD);
        return !p->panic;
    }
    struct diag *m = fault(p, NOWHERE, "`next`, `first` or `last` behind `skip to`");
    if (m && peek(p) == TOKEN_NAME)
        diag_help(p->diags, m, "write `skip to first %.*s` or `skip to last %.*s`",
                  STR_FMT(text_of(p, here(p))), STR_FMT(text_of(p, here(p))));
    return false;
}

/* ---- once, except ---------------------------------------------------------------------------- */

/* once = "once" "per" duration [ "by" expr ] */
void clause_once(struct parser *p, struct rule_decl *r) {
    uint32_t first = p->at - 1;
    struct once_clause *o = &r->once;
    expect_word(p, KW_PER, "behind `once`", CLAUSE_WORD);
    parse_duration(p, "behind `once per`", ABOVE_ZERO, &o->period_ns,
                   &o->period_text);
    if (!p->panic && accept_word(p, KW_BY)) o->by = parse_expr(p);
    o->span = span_since(p, first);
}

/* exception = name ":" expr [ "until" time ] [ string ] */
void parse_except(struct parser *p, struct except_clause *out) {
    uint32_t first = p->at;
    *out = (struct except_clause){.reason = {"", 0}};
    if (!p->panic && !at_label(p)) {
        struct diag *m = fault(p, NOWHERE, "the name of the exception and `:`");
        if (m) diag_help(p->diags, m, "write `except own_cards: CONDITION`: it is counted by name");
    }
    out->name = expect_name(p, "the name of the exception", NOWHERE);
    if (!p->panic) {
        advance(p);
        out->cond = parse_expr(p);
    }
    if (!p->panic && accept_word(p, KW_UNTIL))
        out->has_until = parse_time(p, &out->until_ns, &out->until_text);
    if (!p->panic && peek(p) == TOKEN_STRING) out->reason = expect_string(p, "the reason");
    out->span = span_since(p, first);
}
