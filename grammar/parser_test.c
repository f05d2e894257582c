/* parser_test: tests in rule files: events, time that passes, tables, parameters, expectations.
 *
 *   telemetry { vehicle: "v1", at: 0s }     a name and a brace: an event
 *   expect at 40s { lanes: [2, 2, 1] }      a word of the language and something else: a step
 *
 * Tests: tests/cases/grammar/tests.case
 */
#include "grammar/parser_internal.h"

/* moment = duration | time */
static struct expr *moment(struct parser *p, const char *place) {
    if (!p->panic && !duration_ahead(p) && peek(p) != TOKEN_TIME) {
        struct diag *m =
            fault(p, NOWHERE, "a time like `40s` or `@2026-01-31T12:00:00Z` %s", place);
        if (m && peek(p) == TOKEN_INT)
            diag_help(p->diags, m, "a duration has a unit: `%.*ss`",
                      STR_FMT(text_of(p, here(p))));
    }
    return parse_operand(p);
}

static void fields_into(struct parser *p, struct test_step *s) {
    struct named_exprs fields = parse_braced(p, "the name of a field");
    s->fields = fields.v;
    s->nfields = fields.n;
}

/* event = [ "arrives" "late" duration ] name "{" … "}" */
static void event(struct parser *p, struct test_step *s) {
    s->kind = TEST_EVENT;
    if (word(p) == KW_ARRIVES && peek_at(p, 1) != TOKEN_LBRACE) {
        advance(p);
        expect_word(p, KW_LATE, "behind `arrives`", TEST_WORD);
        parse_duration(p, "behind `late`", ABOVE_ZERO, &s->late_ns, &s->late_text);
    }
    s->name = expect_name(p, "the stream of the event", TEST_WORD);
    fields_into(p, s);
}

/* given = "given" name "{" … "}" { "," "{" … "}" }, one pair of braces a row */
static void given(struct parser *p, struct test_step *s) {
    uint32_t cap = 0, lengths = 0, n = 0;
    s->kind = TEST_GIVEN;
    advance(p);
    s->name = expect_name(p, "the name of a table", TEST_WORD);
    do {
        struct named_exprs row = parse_braced(p, "the name of a field");
        arena_push(p->arena, s->rows, s->nrows, cap, row.v);
        arena_push(p->arena, s->row_fields, n, lengths, row.n);
    } while (!p->panic && accept(p, TOKEN_COMMA));
    if (!p->panic && peek(p) == TOKEN_LBRACE) {
        said_wrong(p, here(p), "a `,` is missing between two rows", NULL);
        p->panic = true;
    }
}

/* with = "with" name "=" expr */
static void with(struct parser *p, struct test_step *s) {
    s->kind = TEST_WITH;
    advance(p);
    s->name = expect_name(p, "the name of a parameter", TEST_WORD);
    expect(p, TOKEN_EQ, "and the value of the parameter", TEST_WORD);
    s->value = parse_expr(p);
}

/* expect = "expect" ( [ "timeout" | "resolved" ] [ "at" moment ] [ "{" … "}" ]
 *                   | "none" [ "after" moment ] | "suppressed" int ) */
static void expectation(struct parser *p, struct test_step *s) {
    s->kind = TEST_EXPECT;
    advance(p);
    switch (word(p)) {
    case KW_NONE:
        advance(p);
        s->expect = EXPECT_NONE;
        if (accept_word(p, KW_AFTER)) s->at = moment(p, "behind `after`");
        return;
    case KW_SUPPRESSED:
        advance(p);
        s->expect = EXPECT_SUPPRESSED;
        parse_int(p, "how many", MAY_BE_ZERO, &s->suppressed);
        return;
    case KW_TIMEOUT:
        advance(p);
        s->expect = EXPECT_TIMEOUT;
        break;
    case KW_RESOLVED:
        advance(p);
        s->expect = EXPECT_RESOLVED;
        break;
    default: break;
    }
    if (accept_word(p, KW_AT)) {
        s->at = moment(p, "behind `at`");
    } else if (s->expect == EXPECT_ALERT && peek(p) != TOKEN_LBRACE) {
        struct diag *m = fault(p, TEST_WORD, "`at`, `timeout`, `resolved`, `none` or `suppressed`");
        if (m && !m->help)
            diag_help(p->diags, m, "write `expect at 40s { lanes: 3 }` or `expect none`");
    }
    if (!p->panic && peek(p) == TOKEN_LBRACE) fields_into(p, s);
}

/* step = event | "wait" duration | given | with | expect */
static void step(struct parser *p, struct test_step *s) {
    bool words = peek_at(p, 1) != TOKEN_LBRACE;
    enum keyword k = word(p);
    if (k == KW_EXPECT) {
        expectation(p, s);
    } else if (k == KW_GIVEN && words) {
        given(p, s);
    } else if (k == KW_WITH && words) {
        with(p, s);
    } else if (k == KW_WAIT && words) {
        s->kind = TEST_WAIT;
        advance(p);
        parse_duration(p, "behind `wait`", ABOVE_ZERO, &s->wait_ns, &s->wait_text);
    } else if (peek(p) == TOKEN_NAME && (!words || (k == KW_ARRIVES))) {
        event(p, s);
    } else {
        struct diag *m = fault(p, TEST_WORD, "a step of the test or `}`");
        if (m && !m->help)
            diag_help(p->diags, m, "steps are `STREAM { … }`, `wait 60s`, `given TABLE { … }`, "
                                   "`with PARAM = …`, `expect …`");
        if (peek(p) != TOKEN_END) advance(p);
    }
}

/* test = "test" string "for" name "{" { step } "}" */
struct test_decl *parse_test(struct parser *p) {
    uint32_t first = p->at, cap = 0;
    struct test_decl *t = arena_new(p->arena, struct test_decl);
    advance(p);
    t->title = expect_string(p, "a title, a text");
    expect_word(p, KW_FOR, "and the rule: `test \"…\" for RULE {`", NOWHERE);
    t->rule = expect_name(p, "the name of a rule", NOWHERE);
    struct span header = span_since(p, first);
    expect(p, TOKEN_LBRACE, "behind the rule", NOWHERE);
    while (!p->panic && peek(p) != TOKEN_RBRACE) {
        if (peek(p) == TOKEN_END || (declaration_at(p, p->at) && first_on_line(p, p->at))) {
            struct diag *m =
                diag_error(p->diags, behind_last(p), "the `}` of this test is missing");
            diag_related(p->diags, m, header, "it begins here");
            t->span = span_since(p, first);
            return t;
        }
        struct test_step s = {0};
        uint32_t at = p->at;
        step(p, &s);
        s.span = span_since(p, at);
        if (p->panic) recover_step(p);
        else arena_push(p->arena, t->steps, t->nsteps, cap, s);
    }
    accept(p, TOKEN_RBRACE);
    t->span = span_since(p, first);
    return t;
}
