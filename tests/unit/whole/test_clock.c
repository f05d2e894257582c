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

/* ---- longest --------------------------------------------------------------------------------- */

/* Told when no way from its start can go on: an event ends it, or the window closes. */
static void longest_waits_for_the_end(void **state) {
    (void)state;
    static const char *const as = "x 1000 1 a\nx 2000 1 a\nx 3000 1 a\nx 4000 1 c\n";
    static const char *const in_a_row =
        "match longest a+ in a row where a: name = \"a\" emit n: count(a)";
    expect(in_a_row, as, 0, "r \"x\" 1000..3000 n=3\n");
    expect("match longest a 1 to 2 times where a: name = \"a\" emit n: count(a)", as, 0,
           "r \"x\" 1000..2000 n=2\n");
    static const char *const window =
        "match longest a then b+ within 5s " AB "emit n: count(b)";
    static const char *const bs = "x 1000 1 a\nx 2000 1 b\nx 3000 1 b\nx 5999 1 b\n";
    expect(window, bs, 0, ""); /* time stops at the last event */
    expect(window, bs, DRAIN, "r \"x\" 1000..5999 n=3\n");
    expect(window, "x 1000 1 a\nx 2000 1 b\nx 6000 1 b\n", 0, "r \"x\" 1000..6000 n=2\n");
    expect(window, "x 1000 1 a\nx 2000 1 b\nx 6001 1 c\n", 0, "r \"x\" 1000..2000 n=1\n");
}

/* Time goes on by events of other keys, of which the rule may want nothing. */
static void longest_ends_by_other_keys(void **state) {
    (void)state;
    expect("match longest a then b+ within 5s " AB "emit n: count(b)",
           "x 1000 1 a\nx 2000 1 b\ny 3000 1 c\ny 6001 1 c\ny 90000 1 c\n", 0,
           "r \"x\" 1000..2000 n=1\n");
}

static void longest_tests_having_first(void **state) {
    (void)state;
    expect("match longest a then b+ within 5s " AB "having sum(b.n) < 4 emit n: count(b)",
           "x 1000 1 a\nx 2000 1 b\nx 3000 1 b\nx 4000 2 b\n", DRAIN,
           "r \"x\" 1000..3000 n=2\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(having_tests_the_match),
        cmocka_unit_test(having_keeps_ways_apart),
        cmocka_unit_test(having_after_the_clock),
        cmocka_unit_test(longest_waits_for_the_end),
        cmocka_unit_test(longest_ends_by_other_keys),
        cmocka_unit_test(longest_tests_having_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
