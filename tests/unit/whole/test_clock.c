/* test_clock: what a match says of itself and what time does to it, by rules: having, longest,
 * unbroken runs, absence, timeouts.
 */
#include "tests/unit/whole/support.h"

enum { DRAIN = 1 };

/* Rows one by one and all at once give the same. */
static void expect(const char *rule, const char *text, int drain, const char *alerts) {
    static const uint32_t sizes[] = {1, 64};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct fixture f;
        struct arena arena;
        arena_init(&arena);
        open_rules(&f, arena_printf(&arena, STREAM "rule r { on s by k unbounded %s }", rule));
        rows(&f, text, sizes[i], 0);
        engine_finish(f.engine, drain);
        assert_string_equal(buf_cstr(&f.out), alerts);
        close_rules(&f);
        arena_fini(&arena);
    }
}

/* ---- having ---------------------------------------------------------------------------------- */

#define AB "where a: name = \"a\" b: name = \"b\" "

/* A match for which it is not true, null among that, did not happen: the way goes on. */
static void having_tests_the_match(void **state) {
    (void)state;
    expect("match a then b " AB "having a.n = b.n emit n: b.n",
           "x 1 1 a\nx 2 2 b\nx 3 1 a\nx 4 - b\nx 5 5 a\nx 6 5 b\n", 0, "r \"x\" 5..6 n=5\n");
    expect("match a 1 or more times where a: name = \"a\" having count(a) >= 3 emit n: count(a)",
           "x 1 1 a\nx 2 2 a\nx 3 1 a\nx 4 1 a\n", 0, "r \"x\" 1..3 n=3\n");
    expect("match all ways a then b " AB "having a.n = b.n",
           "x 1 1 a\nx 2 2 a\nx 3 2 b\n", 0, "r \"x\" 2..3\n");
    expect("match a where a: name = \"a\" having n > 1", "x 1 1 a\nx 2 2 a\n", 0,
           "r \"x\" 2..2\n");
}

/* It looks at what a way took, so no way stands in for another. */
static void having_keeps_ways_apart(void **state) {
    (void)state;
    expect("match a then b 2 times combinations " AB "having sum(b.n) = 6 emit n: sum(b.n)",
           "x 1 0 a\nx 2 1 b\nx 3 4 b\nx 4 5 b\n", 0, "r \"x\" 1..4 n=6\n");
    expect("match (a or c) then b where a: name = \"a\" c: n = 7 b: name = \"b\" "
           "having exists(c.n)",
           "x 1 7 a\nx 2 1 b\n", 0, "r \"x\" 1..2\n");
}

static void having_after_the_clock(void **state) {
    (void)state;
    static const char *const text = "x 1000 1 a\nx 2000 5 a\nx 9000 0 c\n";
    expect("match a then no b for 2s " AB "having a.n > 3 emit n: a.n", text, 0,
           "r \"x\" 2000..4000 n=5\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(having_tests_the_match),
        cmocka_unit_test(having_keeps_ways_apart),
        cmocka_unit_test(having_after_the_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
