/* What the parser and the printers say: every case of tests/cases/grammar. Sections:
 *
 *   rules                the file case.rules
 *   errors, fmt, tree    the messages, the canonical text, the tree drawn
 *
 * A text that parses is also printed twice: the second must be as the first. CASES_ACCEPT=1 writes
 * what came out into the files.
 */
#include "tests/unit/grammar/support.h"

#include <glob.h>

#include "tests/case_file.h"

enum { CASES_AT_LEAST = 170 };

/* The first line that differs, for eyes that do not want to search. */
static void print_difference(struct str expected, struct str came) {
    for (unsigned line = 1; expected.n || came.n; line++) {
        size_t n = str_find(expected, STR("\n")), m = str_find(came, STR("\n"));
        struct str a = {expected.p, n == SIZE_MAX ? expected.n : n};
        struct str b = {came.p, m == SIZE_MAX ? came.n : m};
        if (!str_equal(a, b)) {
            print_error("  line %u\n  - %.*s\n  + %.*s\n", line, STR_FMT(a), STR_FMT(b));
            return;
        }
        size_t past_a = a.n + (n != SIZE_MAX), past_b = b.n + (m != SIZE_MAX);
        expected = (struct str){expected.p + past_a, expected.n - past_a};
        came = (struct str){came.p + past_b, came.n - past_b};
    }
}

static void run(struct text *t, struct str word) {
    bool good = parse_file(&t->tree, t->file, &t->diags);
    if (good == str_equal(word, STR("errors")))
        buf_text(&t->shown, good ? "no errors\n" : "");
    if (!good) diags_print(&t->diags, &t->shown, false);
    else if (str_equal(word, STR("fmt"))) print_canonical(&t->tree, &t->tree.files[0], &t->shown);
    else if (str_equal(word, STR("tree"))) print_tree(&t->tree, &t->tree.files[0], &t->shown);
}

static bool check_case(struct arena *a, const char *path, struct one_case *c, bool accept) {
    const struct case_section *rules = case_section(c, "rules");
    struct case_section *last = c->nsections ? &c->sections[c->nsections - 1] : NULL;
    if (!rules || rules == last) {
        print_error("%s:%u: a case has rules and what is expected\n", path, c->line);
        return false;
    }
    struct text t;
    text_init(&t, rules->text);
    run(&t, last->word);
    bool good = str_equal(last->text, buf_view(&t.shown));
    if (accept) {
        last->text = arena_copy(a, buf_view(&t.shown));
        good = true;
    } else if (!good) {
        print_error("%s:%u: %.*s\n", path, c->line, STR_FMT(c->name));
        print_difference(last->text, buf_view(&t.shown));
        print_error("---- came\n%s----\n", buf_cstr(&t.shown));
    }
    if (!t.diags.errors) assert_stable(rules->text);
    text_fini(&t);
    return good;
}

static void all_cases(void **state) {
    (void)state;
    bool accept = getenv("CASES_ACCEPT") != NULL;
    unsigned cases = 0, failed = 0;
    struct arena a;
    glob_t files;
    arena_init(&a);
    assert_int_equal(glob("tests/cases/grammar/*.case", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct case_file file;
        assert_true(case_file_read(&file, &a, files.gl_pathv[i]));
        for (unsigned k = 0; k < file.n; k++, cases++)
            failed += !check_case(&a, file.path, &file.v[k], accept);
        if (accept) case_file_write(&file);
    }
    globfree(&files);
    arena_fini(&a);
    print_message("%u cases\n", cases);
    assert_int_equal(failed, 0);
    assert_true(cases >= CASES_AT_LEAST);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
