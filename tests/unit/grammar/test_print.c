/* The printers: printing twice gives the same, whatever the text, and all comments are kept. The
 * layout itself is in tests/cases/grammar/fmt.case.
 */
#include "tests/unit/grammar/support.h"

#include <glob.h>

#include "tests/case_file.h"

static void every_rule_file_is_stable(void **state) {
    (void)state;
    static const char *const where[] = {"tests/data/*.rules", "examples/*/*.rules",
                                        "bench/*.rules"};
    struct arena arena;
    arena_init(&arena);
    unsigned n = 0;
    for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
        glob_t files;
        if (glob(where[i], 0, NULL, &files) != 0) continue;
        for (size_t k = 0; k < files.gl_pathc; k++, n++)
            assert_stable(case_slurp(&arena, files.gl_pathv[k]));
        globfree(&files);
    }
    arena_fini(&arena);
    assert_true(n > 0);
}

static unsigned count_of(struct str text, const char *what) {
    unsigned n = 0;
    for (size_t at; (at = str_find(text, str_of(what))) != SIZE_MAX; n++)
        text = (struct str){text.p + at + 1, text.n - at - 1};
    return n;
}

/* A comment put behind each blank of a text in turn: printed once, and printing is stable. */
static void comments_anywhere(void **state) {
    (void)state;
    static const char text[] =
        "stream s { a , b : int t : time event in seconds from \"x\" }\n"
        "table m { k : string } key k\n"
        "let f ( x ) = if ( x > 1 , [ 1 , 2 ] , - x )\n"
        "rule r { on s where a by ( a , b ) , q by c match a then b within 5m\n"
        "where a : any b : from s where x and ( y or z in [ 1 , 2 ] ) or w\n"
        "when count ( where a ) over 5m > 3 and b emit a : 1 , b : sum ( x ) }\n"
        "test \"t\" for r { s { a : 1 , b : 2 } given m { k : 1 } , { k : 2 } expect at 5s { a : 1 "
        "} }";
    static const char *const comments[] = {" # COMMENT\n", "\n# COMMENT\n", "\n\n  # COMMENT\n\n"};
    struct buf all, out;
    buf_init(&all), buf_init(&out);
    for (size_t at = 0; text[at]; at++) {
        if (text[at] != ' ' && text[at] != '\n') continue;
        for (int c = 0; c < 3; c++) {
            buf_reset(&all), buf_reset(&out);
            buf_add(&all, text, at);
            buf_text(&all, comments[c]);
            buf_text(&all, text + at + 1);
            if (!text_canonical(buf_view(&all), &out)) fail_msg("%s", buf_cstr(&out));
            if (count_of(buf_view(&out), "# COMMENT") != 1) fail_msg("%s", buf_cstr(&out));
            assert_stable(buf_view(&all));
        }
    }
    buf_fini(&all), buf_fini(&out);
}

/* Names that are words of the language, in every place where a name can stand. */
static void quoted_names(void **state) {
    (void)state;
    static const char *const words[] = {
#define KEYWORD(name, text, places) text,
#include "grammar/keywords.def"
#undef KEYWORD
        "a b", "1x", "#", "\"", "-"};
    struct buf all;
    buf_init(&all);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *w = words[i];
        buf_reset(&all);
        buf_printf(
            &all,
            "stream `%1$s` { `%1$s` : int `%1$s`, x : string }\n"
            "let `%1$s`(`%1$s`) = `%1$s`(`%1$s`, x.`%1$s`, sum(x) over `%1$s`) + `%1$s`\n"
            "rule `%1$s` { on `%1$s` where `%1$s` by `%1$s`, s by (`%1$s`, `%1$s`)\n"
            "match `%1$s` then `%1$s`+ until `%1$s` next no (`%1$s` or x) then (`%1$s` or y)\n"
            "where `%1$s`: `%1$s` x: from `%1$s` y: any(`%1$s` in `%1$s`: `%1$s`)\n"
            "when on `%1$s`: `%1$s` score `%1$s` severity `%1$s` emit `%1$s`: `%1$s`\n"
            "after match skip to first `%1$s` attach `%1$s` tags `%1$s`\n"
            "except `%1$s`: `%1$s` \"why\" once per 5m by `%1$s` }\n"
            "except for `%1$s` `%1$s`: `%1$s` \"why\"\n"
            "test \"t\" for `%1$s` { with `%1$s` = `%1$s` `%1$s` { `%1$s`: `%1$s` }\n"
            "given `%1$s` { } with a = 3 `%1$s` { } expect at 3s { `%1$s`: `%1$s` } }\n",
            w);
        assert_stable(buf_view(&all));
    }
    buf_fini(&all);
}

/* What the tree says where no author wrote: numbers without a text of their own. */
static void nodes_without_text(void **state) {
    (void)state;
    struct text t;
    text_init(&t, STR(""));
    struct span none = {t.file, 0, 0};
    struct expr *e = tree_expr(&t.tree, EXPR_DURATION, none);
    e->integer = INT64_C(5400000000000);
    print_expr(e, &t.shown);
    buf_char(&t.shown, ' ');
    e = tree_expr(&t.tree, EXPR_INT, none);
    e->integer = -42;
    print_expr(e, &t.shown);
    buf_char(&t.shown, ' ');
    e = tree_expr(&t.tree, EXPR_TIME, none);
    print_expr(e, &t.shown);
    assert_string_equal(buf_cstr(&t.shown), "1h30m -42 @1970-01-01T00:00:00Z");
    text_fini(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_file_is_stable), cmocka_unit_test(comments_anywhere),
        cmocka_unit_test(quoted_names), cmocka_unit_test(nodes_without_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
