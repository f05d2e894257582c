/* The lexer: which tokens a text gives, where they stand, what is a comment. What it says about
 * bad texts is in tests/cases/grammar/literals.case.
 */
#include "tests/unit/grammar/support.h"

static const char *const kinds[] = {
#define TOKEN(name, shown) #name,
#include "grammar/tokens.def"
#undef TOKEN
};

/* The kinds of the tokens of `text`, one blank between them, END left out. */
static void assert_kinds(const char *text, const char *expected) {
    struct text t;
    text_init(&t, str_of(text));
    struct tokens tokens = lex(&t.arena, &t.sources, t.file, &t.diags);
    for (uint32_t i = 0; i + 1 < tokens.n; i++)
        buf_printf(&t.shown, "%s%s", i ? " " : "", kinds[tokens.v[i].kind]);
    assert_string_equal(buf_cstr(&t.shown), expected);
    assert_int_equal(tokens.v[tokens.n - 1].kind, TOKEN_END);
    text_fini(&t);
}

static void numbers_and_their_neighbours(void **state) {
    (void)state;
    assert_kinds("1 2.50 1e3 1.5E-7 10s 1h30m", "INT NUMBER NUMBER NUMBER DURATION DURATION");
    assert_kinds("04:00 4:30 10.0.0.1 10.0.0.0/8", "CLOCK CLOCK IP IP");
    assert_kinds("2001:db8::/32 ::1 fe80::1", "IP IP IP");
    assert_kinds("lane: 1, at: 0s", "NAME COLON INT COMMA NAME COLON DURATION");
    assert_kinds("a:b c:1", "NAME COLON NAME NAME COLON INT");
    assert_kinds("any(x in fe80::1: x)", "NAME LPAREN NAME NAME IP COLON NAME RPAREN");
    assert_kinds("a-1 a - 1 -5m", "NAME MINUS INT NAME MINUS INT MINUS DURATION");
    assert_kinds("{2,3} {2}?", "LBRACE INT COMMA INT RBRACE LBRACE INT RBRACE QUESTION");
    assert_kinds("@2026-01-31 @2026-01-31T12:00:00.5+01:00-5m", "TIME TIME MINUS DURATION");
    assert_kinds("10min 1_0 0x1 1.5h 3rd", "ERROR ERROR ERROR ERROR ERROR");
    assert_kinds("1.2.3 999.1.1.1 10.0.0.0/99", "ERROR ERROR ERROR");
}

static void signs(void **state) {
    (void)state;
    assert_kinds("= == != < <= > >=", "EQ EQ NE LT LE GT GE");
    assert_kinds("+ - * / % ? ?? a??",
                 "PLUS MINUS STAR SLASH PERCENT QUESTION COALESCE NAME COALESCE");
    assert_kinds("=== && || -> <> !x ;", "ERROR ERROR ERROR ERROR ERROR ERROR NAME ERROR");
    assert_kinds("a // all of it + 1\nb", "NAME ERROR NAME");
    assert_kinds("a /* two\nlines */ b", "NAME ERROR NAME");
    assert_kinds("a /* no end\nb", "NAME ERROR NAME");
}

static void names(void **state) {
    (void)state;
    assert_kinds("gr\xC3\xBCn _x a1 \xE5\x90\x8D", "NAME NAME NAME NAME");
    assert_kinds("`a b` `within`", "NAME NAME");
    assert_kinds("`a\nb", "ERROR NAME");
    struct text t;
    text_init(&t, STR("\xEF\xBB\xBF`rule` rule"));
    struct tokens tokens = lex(&t.arena, &t.sources, t.file, &t.diags);
    assert_int_equal(tokens.n, 3);
    assert_true(tokens.v[0].quoted);
    assert_int_equal(tokens.v[0].span.start, 3);
    assert_false(tokens.v[1].quoted);
    text_fini(&t);
}

static void assert_string(const char *token, const char *expected) {
    struct arena arena;
    arena_init(&arena);
    struct str text = lex_string(&arena, str_of(token));
    assert_int_equal(text.n, strlen(expected));
    assert_memory_equal(text.p, expected, text.n);
    arena_fini(&arena);
}

static void texts(void **state) {
    (void)state;
    assert_kinds("\"a\" \"a\\\"b\" \"\" \"\\\\\"", "STRING STRING STRING STRING");
    assert_kinds("\"open\nnext", "ERROR NAME");
    assert_kinds("\"ends in \\", "ERROR");
    assert_kinds("'left' x", "ERROR NAME");
    assert_kinds("\"\xFF\"", "ERROR");
    assert_string("\"a\\tb\\n\\r\\\"\\\\\"", "a\tb\n\r\"\\");
    assert_string("\"\\d+\\.\\w\"", "\\d+\\.\\w");
    assert_string("\"\\u0041\\u00e9\\ud83d\\ude00\"", "A\xC3\xA9\xF0\x9F\x98\x80");
}

static void comments(void **state) {
    (void)state;
    struct text t;
    text_init(&t, STR("# first\n\n# second  \r\na # third\n # fourth"));
    struct tokens tokens = lex(&t.arena, &t.sources, t.file, &t.diags);
    assert_int_equal(tokens.ncomments, 4);
    assert_true(tokens.comments[0].own_line && !tokens.comments[0].blank_before);
    assert_true(tokens.comments[1].own_line && tokens.comments[1].blank_before);
    assert_true(str_equal(span_text(&t.sources, tokens.comments[1].span), STR("# second")));
    assert_true(!tokens.comments[2].own_line);
    assert_true(tokens.comments[3].own_line && !tokens.comments[3].blank_before);
    text_fini(&t);
}

static void shown_and_printed(void **state) {
    (void)state;
    assert_string_equal(token_shown(TOKEN_NAME), "a name");
    struct text t;
    text_init(&t, STR("a:\n 10s"));
    struct tokens tokens = lex(&t.arena, &t.sources, t.file, &t.diags);
    tokens_print(&tokens, &t.sources, &t.shown);
    assert_string_equal(buf_cstr(&t.shown),
                        "1:1\tNAME\ta\n1:2\tCOLON\t:\n2:2\tDURATION\t10s\n2:5\tEND\t\n");
    text_fini(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_their_neighbours), cmocka_unit_test(signs),
        cmocka_unit_test(names), cmocka_unit_test(texts), cmocka_unit_test(comments),
        cmocka_unit_test(shown_and_printed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
