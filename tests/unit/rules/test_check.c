/* What the compiler says about rules: every case of tests/cases/check. Sections:
 *
 *   params    name=value, as --param gives them
 *   rules     the file case.rules
 *   errors, warnings, ok    what diags_print shows; ok: nothing at all
 *
 * CASES_ACCEPT=1 writes what came out into the files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <glob.h>

#include "grammar/parser.h"
#include "rules/compile.h"
#include "tests/case_file.h"

static const char prelude_path[] = "tests/cases/check/streams.rules";

struct front_run {
    struct arena arena;
    struct sources sources;
    struct tree tree;
    struct diags diags;
    struct buf shown;
};

static uint32_t read_params(struct arena *a, struct str text, struct param_value **params) {
    uint32_t n = 0, cap = 0;
    while (text.n) {
        size_t end = str_find(text, STR("\n")), equal = str_find(text, STR("="));
        struct param_value p = {.name = {text.p, equal},
                                .text = {text.p + equal + 1, end - equal - 1}};
        arena_push(a, *params, n, cap, p);
        text = (struct str){text.p + end + 1, text.n - end - 1};
    }
    return n;
}

/* The streams that most cases use stand in a file of their own. */
static void run_front(struct front_run *r, const struct one_case *c) {
    arena_init(&r->arena);
    sources_init(&r->sources, &r->arena);
    tree_init(&r->tree, &r->arena, &r->sources);
    diags_init(&r->diags, &r->arena, &r->sources);
    buf_init(&r->shown);
    const struct case_section *rules = case_section(c, "rules");
    const struct case_section *params = case_section(c, "params");
    uint32_t file = sources_add(&r->sources, STR("case.rules"), rules->text);
    bool parsed = parse_file(&r->tree, file, &r->diags);
    if (str_find(rules->text, STR("stream ")) == SIZE_MAX) {
        struct str streams = case_slurp(&r->arena, prelude_path);
        file = sources_add(&r->sources, STR("streams.rules"), streams);
        parsed &= parse_file(&r->tree, file, &r->diags);
    }
    struct param_value *given = NULL;
    uint32_t n = params ? read_params(&r->arena, params->text, &given) : 0;
    struct rule_set *set = parsed ? rules_front(&r->tree, given, n, &r->diags) : NULL;
    /* What is wrong with a pattern is told when its automaton is made. */
    struct program *program = set ? rules_assemble(set) : NULL;
    if (program) program_drop(&program);
    diags_print(&r->diags, &r->shown, false);
}

static void free_front(struct front_run *r) {
    buf_fini(&r->shown);
    arena_fini(&r->arena);
}

static const char *outcome(const struct front_run *r) {
    return r->diags.errors ? "errors" : r->diags.n ? "warnings" : "ok";
}

static bool check_case(struct arena *a, const char *path, struct one_case *c, bool accept) {
    struct front_run r;
    if (!case_section(c, "rules")) {
        print_error("%s:%u: a case without rules\n", path, c->line);
        return false;
    }
    run_front(&r, c);
    struct case_section *last = &c->sections[c->nsections - 1];
    bool expects = str_equal(last->word, STR("errors")) || str_equal(last->word, STR("warnings")) ||
                   str_equal(last->word, STR("ok"));
    bool good = expects && str_equal(last->word, str_of(outcome(&r))) &&
                str_equal(last->text, buf_view(&r.shown));
    if (accept) {
        if (!expects) last = &c->sections[c->nsections++];
        last->word = str_of(outcome(&r));
        last->text = arena_copy(a, buf_view(&r.shown));
        good = true;
    } else if (!good) {
        print_error("%s:%u: %.*s\n---- expected %.*s\n%.*s---- came %s\n%.*s----\n", path, c->line,
                    STR_FMT(c->name), STR_FMT(last->word), STR_FMT(last->text), outcome(&r),
                    STR_FMT(buf_view(&r.shown)));
    }
    free_front(&r);
    return good;
}

static void all_cases(void **state) {
    (void)state;
    bool accept = getenv("CASES_ACCEPT") != NULL;
    unsigned cases = 0, failed = 0;
    struct arena a;
    glob_t files;
    arena_init(&a);
    assert_int_equal(glob("tests/cases/check/*.case", 0, NULL, &files), 0);
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
    assert_true(cases >= 90);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
