/* The parser: the tree it makes of what is right, and that no text, however long, deep or cut off,
 * makes it crash, recurse without bound or take more than linear time. What it says about what is
 * wrong is in tests/cases/grammar.
 */
#include "tests/unit/grammar/support.h"

#include <glob.h>

#include "tests/case_file.h"

/* ---- expressions and patterns by their own entry points -------------------------------------- */

static void assert_expr(const char *text, const char *expected) {
    struct text t;
    text_init(&t, str_of(text));
    struct expr *e = parse_expression(&t.tree, t.file, &t.diags);
    if (e) print_expr(e, &t.shown);
    assert_string_equal(buf_cstr(&t.shown), expected);
    text_fini(&t);
}

static void precedence(void **state) {
    (void)state;
    assert_expr("(a or (b and c)) or d", "a or b and c or d");
    assert_expr("a or (b or c)", "a or (b or c)");
    assert_expr("(a = b) and (not (c < d))", "a = b and not c < d");
    assert_expr("not (a and b)", "not (a and b)");
    assert_expr("(a ?? (b + (c * (-d))))", "a ?? b + c * -d");
    assert_expr("(a - b) - (c - d)", "a - b - (c - d)");
    assert_expr("-(a.b[c]) * ((d))", "-a.b[c] * d");
    assert_expr("(sum(a) over 1h + 2) in [1, 2,]", "sum(a) over 1h + 2 in [1, 2]");
    assert_expr("x NOT BETWEEN 1 AND (2 + 3) and y", "x not between 1 and 2 + 3 and y");
    assert_expr("a == 10 minutes", "a = 10m");
    assert_expr("any(x in m[k].list: x like \"a\" ignoring case)",
                "any(x in m[k].list: x like \"a\" ignoring case)");
    assert_expr("count(where a > 1) over last 5", "count(where a > 1) over last 5");
    assert_expr("stddev(seconds(at - prev(at))) over prior w step 1h",
                "stddev(seconds(at - prev(at))) over prior w step 1h");
    assert_expr("1 +", "");
    assert_expr("1 2", "");
}

static void expressions_are_numbered(void **state) {
    (void)state;
    struct text t;
    text_init(&t, STR("let a = 1 + 2\nlet b = f(x, y) over 5m"));
    assert_true(parse_file(&t.tree, t.file, &t.diags));
    assert_int_equal(t.tree.nexprs, 6);
    assert_int_equal(t.tree.files[0].decls[1].let->value->height, 2);
    text_fini(&t);
}

static void pattern_shapes(void **state) {
    (void)state;
    struct text t;
    text_init(&t,
              STR("all ways a then within 5s (b or c){2}? until u in a row next no x within 1m"));
    enum match_mode mode;
    struct pattern *q = parse_pattern(&t.tree, t.file, &mode, &t.diags);
    assert_non_null(q);
    assert_int_equal(mode, MATCH_ALL_WAYS);
    assert_int_equal(q->kind, PATTERN_SEQUENCE);
    assert_int_equal(q->nchildren, 3);
    assert_true(q->within_ns == INT64_C(60000000000) && q->link.kind == LINK_NONE);
    struct pattern *group = q->children[1];
    assert_int_equal(group->kind, PATTERN_OR);
    assert_true(group->parenthesised && group->count.reluctant && group->count.least == 2);
    assert_int_equal(group->inner, INNER_IN_A_ROW);
    assert_true(str_equal(group->until.text, STR("u")));
    assert_true(group->link.kind == LINK_THEN && group->link.most_ns == INT64_C(5000000000));
    assert_int_equal(q->children[2]->kind, PATTERN_NO);
    text_fini(&t);

    text_init(&t, STR("(a)+ within 5s"));
    q = parse_pattern(&t.tree, t.file, &mode, &t.diags);
    assert_true(q->kind == PATTERN_SEQUENCE && !q->parenthesised && q->nchildren == 1);
    group = q->children[0];
    assert_true(group->kind == PATTERN_SEQUENCE && group->parenthesised && group->within_ns == -1);
    assert_true(group->count.written && group->children[0]->kind == PATTERN_NAME);
    text_fini(&t);

    text_init(&t, STR("longest within 5m")); /* a step of that name */
    q = parse_pattern(&t.tree, t.file, &mode, &t.diags);
    assert_true(q && mode == MATCH_FIRST);
    text_fini(&t);
}

static void skips(void **state) {
    (void)state;
    static const struct {
        const char *text;
        enum after_match after;
    } known[] = {{"no skip", AFTER_NO_SKIP},
                 {"skip past last", AFTER_SKIP_PAST_LAST},
                 {"skip to next", AFTER_SKIP_TO_NEXT},
                 {"skip to first b", AFTER_SKIP_TO_FIRST},
                 {"SKIP TO LAST b", AFTER_SKIP_TO_LAST}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct text t;
        text_init(&t, str_of(known[i].text));
        enum after_match after;
        struct name name;
        assert_true(parse_after_match(&t.tree, t.file, &after, &name, &t.diags));
        assert_int_equal(after, known[i].after);
        assert_true((name.text.n == 1) == (after >= AFTER_SKIP_TO_FIRST));
        text_fini(&t);
    }
}

/* Every pattern of the conformance corpus: parses, and prints as a text that prints as itself. */
static void conformance_patterns(void **state) {
    (void)state;
    glob_t files;
    struct arena arena;
    unsigned n = 0;
    if (glob("tests/conformance/*.cases", 0, NULL, &files) != 0) skip();
    arena_init(&arena);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct str all = case_slurp(&arena, files.gl_pathv[i]);
        while (all.n) {
            size_t end = str_find(all, STR("\n"));
            struct str line = {all.p, end == SIZE_MAX ? all.n : end};
            all = (struct str){all.p + line.n, all.n - line.n};
            if (all.n) all.p++, all.n--;
            if (!str_starts(line, STR("pattern "))) continue;
            struct text t;
            enum match_mode mode;
            text_init(&t, str_trim((struct str){line.p + 8, line.n - 8}));
            struct pattern *q = parse_pattern(&t.tree, t.file, &mode, &t.diags);
            if (!q) fail_msg("%.*s", STR_FMT(line));
            print_pattern(q, &t.shown);
            uint32_t again = sources_add(&t.sources, STR("again"), buf_view(&t.shown));
            q = parse_pattern(&t.tree, again, &mode, &t.diags);
            assert_non_null(q);
            buf_reset(&t.shown);
            print_pattern(q, &t.shown);
            assert_true(str_equal(buf_view(&t.shown), t.sources.files[again].text));
            text_fini(&t);
            n++;
        }
    }
    arena_fini(&arena);
    globfree(&files);
    assert_true(n > 900);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void whole_file(void **state) {
    (void)state;
    struct text t;
    text_init(&t, STR(""));
    const char *why;
    assert_true(sources_load(&t.sources, "tests/data/whole.rules", &t.file, &why));
    assert_true(parse_file(&t.tree, t.file, &t.diags));
    const struct tree_file *f = &t.tree.files[0];
    assert_int_equal(f->ndecls, 13);
    assert_int_equal(f->decls[1].stream->nfields, 8);
    const struct rule_decl *r = f->decls[2].rule;
    assert_true(str_equal(r->name.text, STR("sustained_speeding")));
    assert_int_equal(r->nclauses, 7);
    assert_int_equal(r->nemit, 3);
    assert_true(str_equal(span_text(&t.sources, r->match_span),
                          STR("match    fast for 10s gap 5s")));
    assert_int_equal(f->decls[12].test->nsteps, 6);
    text_fini(&t);
}

/* Words of clauses are names wherever no clause can begin. */
static void clause_words_are_names(void **state) {
    (void)state;
    assert_stable(STR("rule r { on limit by mode match on then off where on: score > limit\n"
                      "off: version = 1 and severity in tags emit match: on.emit, where: doc }"));
}

/* ---- any text -------------------------------------------------------------------------------- */

/* Parses and, if that went well, prints. The number of errors. */
static uint32_t swallow(struct str text) {
    struct text t;
    text_init(&t, text);
    if (parse_file(&t.tree, t.file, &t.diags))
        print_canonical(&t.tree, &t.tree.files[0], &t.shown);
    else
        diags_print(&t.diags, &t.shown, false);
    uint32_t errors = t.diags.errors;
    text_fini(&t);
    return errors;
}

static void cut_at_every_byte(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct str all = case_slurp(&arena, "tests/data/whole.rules");
    for (size_t n = 0; n <= all.n; n++) swallow((struct str){all.p, n});
    for (size_t n = 0; n <= all.n; n += 7) swallow((struct str){all.p + n, all.n - n});
    arena_fini(&arena);
}

enum { MANY = 1000000 };

/* head, `part` a million times, tail */
static uint32_t swallow_many(const char *head, const char *part, unsigned times, const char *tail) {
    struct buf all;
    buf_init(&all);
    buf_text(&all, head);
    for (unsigned i = 0; i < times; i++) buf_text(&all, part);
    buf_text(&all, tail);
    uint32_t errors = swallow(buf_view(&all));
    buf_fini(&all);
    return errors;
}

static void deep_texts(void **state) {
    (void)state;
    assert_int_equal(swallow_many("let x = ", "(", MANY, ""), 1);
    assert_int_equal(swallow_many("let x = ", "[", MANY, ""), 1);
    assert_int_equal(swallow_many("let x = ", "not ", MANY, "a"), 1);
    assert_int_equal(swallow_many("let x = ", "-", MANY, "a"), 1);
    assert_int_equal(swallow_many("let x = ", "f(", MANY, ""), 1);
    assert_int_equal(swallow_many("let x = ", "any(x in y: ", MANY / 8, ""), 1);
    assert_int_equal(swallow_many("let x = a", ".b", MANY, ""), 1);
    assert_int_equal(swallow_many("let x = ", "a + ", MANY, "b"), 1);
    assert_int_equal(swallow_many("rule r { match ", "(", MANY, "a }"), 1);
    assert_int_equal(swallow_many("rule r { match ", "all(", MANY, "a }"), 1);
    assert_int_equal(swallow_many("", "{", MANY, ""), 1);
    assert_int_equal(swallow_many("let x = ", "(", PARSE_MAX_DEPTH, ""), 1);
}

static void long_texts(void **state) {
    (void)state;
    assert_int_equal(swallow_many("list x = [", "\"a\", ", MANY / 2, "\"b\"]"), 0);
    assert_int_equal(swallow_many("rule r {\n match ", "a then ", MANY / 2, "b }"), 0);
    assert_int_equal(swallow_many("rule r {\n where ", "a: x > 1\n", MANY / 5, "}"), 0);
    assert_int_equal(swallow_many("list x = [", "1, # c\n", MANY / 4, "2]"), 0);
    assert_int_equal(swallow_many("", "rule r { match a }\n", MANY / 10, ""), 0);
    assert_int_equal(swallow_many("let x = ", "a or ", PARSE_MAX_HEIGHT - 1, "b"), 0);
    assert_int_equal(swallow_many("", "rule r { match ) }\n", MANY / 10, ""), MANY / 10);
    assert_int_equal(swallow_many("", ";", MANY, ""), MANY);
    swallow_many("", "'", MANY, "");
    swallow_many("", "/*", MANY, "");
    swallow_many("", "a:", MANY, "");
    swallow_many("", "foo\n", MANY, "");
    swallow_many("", "foo ", MANY, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(precedence), cmocka_unit_test(expressions_are_numbered),
        cmocka_unit_test(pattern_shapes), cmocka_unit_test(skips),
        cmocka_unit_test(conformance_patterns), cmocka_unit_test(whole_file),
        cmocka_unit_test(clause_words_are_names), cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(deep_texts), cmocka_unit_test(long_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
