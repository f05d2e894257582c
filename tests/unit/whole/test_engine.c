/* test_engine: from rule text and rows to alerts: late rows, keys, order, slices, memory, ids. */
#include "tests/unit/whole/support.h"

static void late_rows_take_no_part(void **state) {
    (void)state;
    struct fixture f;
    struct engine_counters c;
    open_rules(&f, STREAM "rule r { on s by k match a then b where a: n = 1 b: n = 2 unbounded }");
    rows(&f, "x 1000 1 -\nx 900 2 -\nx 1000 2 -\n", 64, 0);
    engine_counters(f.engine, &c);
    assert_int_equal(c.late, 1);
    assert_int_equal(f.late, 1);
    assert_string_equal(buf_cstr(&f.out), "r \"x\" 1000..1000\n");
    close_rules(&f);
}

static void a_null_key_is_counted_and_takes_no_part(void **state) {
    (void)state;
    struct fixture f;
    struct engine_counters c;
    open_rules(&f, STREAM "rule r { on s by k match a where a: n = 1 }");
    rows(&f, "- 1 1 -\nx 2 1 -\n", 64, 0);
    engine_counters(f.engine, &c);
    assert_int_equal(c.null_keys, 1);
    assert_int_equal(c.alerts, 1);
    close_rules(&f);
}

/* Two keys in one slice, two rules, two groups: by completing event, then by rule in order of
 * the file. */
static void alerts_leave_in_one_order_whatever_the_batches(void **state) {
    (void)state;
    static const char *const text = STREAM
        "rule z { on s by k match a next b where a: n > 0 b: n > 1 emit n: b.n, was: a.name }\n"
        "rule y { on s by name match a where a: n = 3 }\n"
        "rule x { on s by k match a where a: n >= 3 emit p: last(prev(a.n)) }\n";
    static const char *const wanted = "z \"v\" 1..3 n=2 was=\"one\"\n"
                                      "z \"w\" 2..4 n=3 was=\"two\"\n"
                                      "y \"four\" 4..4\n"
                                      "x \"w\" 4..4 p=1\n"
                                      "x \"v\" 5..5 p=2\n";
    static const uint32_t sizes[] = {1, 2, 3, 64, 1024, 4096};
    char *ids = NULL;
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct fixture f;
        open_rules(&f, text);
        rows(&f, "v 1 1 one\nw 2 1 two\nv 3 2 three\nw 4 3 four\nv 5 4 five\n", sizes[i], 0);
        if (!ids) ids = strdup(buf_cstr(&f.ids));
        assert_string_equal(buf_cstr(&f.out), wanted);
        assert_string_equal(buf_cstr(&f.ids), ids);
        close_rules(&f);
    }
    free(ids);
}

static void an_id_is_of_rule_key_and_positions(void **state) {
    (void)state;
    static const char *const rules[] = {
        STREAM "rule r { on s by k match a where a: n = 1 emit x: a.n }",
        STREAM "rule r { doc \"other words\" on s by k match a where a: n > 0 }",
        STREAM "rule q { on s by k match a where a: n = 1 }",
    };
    char *ids[4];
    for (int i = 0; i < 4; i++) {
        struct fixture f;
        open_rules(&f, rules[i % 3]);
        rows(&f, "x 5 1 -\n", 1, i == 3 ? 1 : 0);
        ids[i] = strdup(buf_cstr(&f.ids));
        close_rules(&f);
    }
    assert_string_equal(ids[0], ids[1]);     /* what a match is does not depend on its words */
    assert_string_not_equal(ids[0], ids[2]); /* another rule */
    assert_string_not_equal(ids[0], ids[3]); /* another offset */
    for (int i = 0; i < 4; i++) free(ids[i]);
}

/* A key costs memory only while something is open for it, also when it never has an event again. */
static void keys_without_runs_are_forgotten(void **state) {
    (void)state;
    struct fixture f;
    struct engine_counters c;
    struct buf text;
    buf_init(&text);
    open_rules(&f, STREAM "rule r { on s by k match a then b within 1s where a: n = 1 b: n = 2 }");
    for (int i = 0; i < 5000; i++) buf_printf(&text, "key%d %d 1 -\n", i, i);
    rows(&f, buf_cstr(&text), 64, 0);
    engine_counters(f.engine, &c);
    assert_in_range(c.keys, 1001, 1001 + 64); /* the last second's, and the last slice's */
    buf_reset(&text);
    for (int i = 0; i < 40000; i++) buf_printf(&text, "other %d 0 -\n", 10000 + i);
    rows(&f, buf_cstr(&text), 1024, 5000);
    engine_counters(f.engine, &c);
    assert_int_equal(c.keys, 0);
    assert_int_equal(engine_run_counters(f.engine)->expired, 5000);
    buf_fini(&text);
    close_rules(&f);
}

static void previous_values_go_back_n(void **state) {
    (void)state;
    struct fixture f;
    open_rules(&f, STREAM
               "rule r { on s by k match a where a: n > 2\n"
               "  emit one: last(prev(a.n)), two: last(prev(a.n, 2)), text: last(prev(a.name)) }");
    rows(&f, "x 1 1 a\ny 2 7 b\nx 3 2 c\nx 4 3 d\nx 5 4 e\n", 2, 0);
    assert_string_equal(buf_cstr(&f.out), "r \"y\" 2..2 one=null two=null text=null\n"
                                          "r \"x\" 4..4 one=2 two=1 text=\"c\"\n"
                                          "r \"x\" 5..5 one=3 two=2 text=\"d\"\n");
    close_rules(&f);
}

/* Conditions that look at what a run took: the probes of the way, not any selection of them. */
static void a_way_takes_what_it_can_where_conditions_look_back(void **state) {
    (void)state;
    struct fixture f;
    open_rules(&f, STREAM "rule r { on s by k match a 2 or more times then b within 1m\n"
                          "  where a: n < 10 b: n > 10 * avg(a.n) emit n: count(a), b: b.n }");
    rows(&f, "x 1 1 -\nx 2 1 -\nx 3 9 -\nx 4 30 -\nx 5 37 -\n", 64, 0);
    assert_string_equal(buf_cstr(&f.out),
                        "r \"x\" 1..5 n=3 b=37\n"); /* 30 is over 10 * (1 + 1) / 2 only */
    close_rules(&f);
}

/* ---- windows --------------------------------------------------------------------------------- */

static void when_tests_every_event(void **state) {
    (void)state;
    struct fixture f;
    open_rules(&f, STREAM "rule r { on s by k when on s: count() over 2s >= 2 and n > 0 "
                          "emit c: count() over 2s, p: count() over prior 2s, n: n }");
    rows(&f, "x 1000 1 -\nx 1000 2 -\ny 1500 3 -\nx 2999 4 -\nx 3000 5 -\nx 3000 -1 -\n", 64, 0);
    assert_string_equal(buf_cstr(&f.out), "r \"x\" 1000..1000 c=2 p=1 n=2\n"
                                          "r \"x\" 2999..2999 c=3 p=2 n=4\n"
                                          "r \"x\" 3000..3000 c=2 p=1 n=5\n");
    close_rules(&f);
}

/* A key whose windows are empty costs nothing, and comes back as new. */
static void empty_windows_cost_nothing(void **state) {
    (void)state;
    struct fixture f;
    struct engine_counters c;
    open_rules(&f, STREAM "rule r { on s by k when max(name) over 5s = \"zz\" "
                          "emit c: count() over 5s, m: stddev(n) over 3s }");
    rows(&f, "x 0 1 zz\nx 1 2 aa\nx 2 3 bb\nx 3 4 bb\ny 3000 1 -\n", 2, 0);
    engine_counters(f.engine, &c);
    assert_int_equal(c.keys, 2);
    rows(&f, "z 20000 1 -\n", 2, 5);
    engine_counters(f.engine, &c);
    assert_int_equal(c.keys, 1);
    buf_reset(&f.out);
    rows(&f, "x 20001 1 zz\n", 2, 6);
    assert_string_equal(buf_cstr(&f.out), "r \"x\" 20001..20001 c=1 m=null\n");
    close_rules(&f);
}

/* An absence is complete without an event: the windows end at that time. */
static void windows_by_the_clock(void **state) {
    (void)state;
    struct fixture f;
    open_rules(&f, STREAM "rule r { on s by k match a then no b for 3s where a: n = 1 b: n = 2 "
                          "emit c: count() over 4s, p: count() over prior 4s, "
                          "l: count() over last 2, s: sum(n) over 1h }");
    rows(&f, "x 1000 0 -\nx 2000 1 -\nx 3000 0 -\ny 9000 0 -\nx 9500 7 -\n", 64, 0);
    assert_string_equal(buf_cstr(&f.out), "r \"x\" 2000..5000 c=2 p=2 l=2 s=1\n");
    close_rules(&f);
}

/* Time goes on by an event without a key: what the clock completes still finds the window. */
static void the_clock_comes_before_forgetting(void **state) {
    (void)state;
    struct fixture f;
    open_rules(&f, STREAM "rule r { on s by k match a then no b for 3s where a: n = 1 b: n = 2 "
                          "emit c: count() over 4s }");
    rows(&f, "x 1000 0 -\nx 2000 1 -\n", 1, 0);
    rows(&f, "- 90000 0 -\n", 1, 2);
    assert_string_equal(buf_cstr(&f.out), "r \"x\" 2000..5000 c=1\n");
    close_rules(&f);
}

/* Rules of a group share a ring; a null key has none; `last` outlives any time. */
static void windows_of_several_rules(void **state) {
    (void)state;
    struct fixture f;
    struct engine_counters c;
    open_rules(&f, STREAM "rule a { on s by k when count() over last 3 = 3 "
                          "emit s: sum(n) over last 3 }"
                          "rule b { on s by k match x then y within 1s where x: n = 1 "
                          "y: n > sum(n) over prior 1s }");
    rows(&f, "x 0 1 -\n- 0 9 -\nx 10 2 -\nx 99999 3 -\nx 99999 1 -\nx 99999 4 -\n", 1, 0);
    assert_string_equal(buf_cstr(&f.out), "b \"x\" 0..10\n"
                                          "a \"x\" 99999..99999 s=6\n"
                                          "a \"x\" 99999..99999 s=6\n"
                                          "a \"x\" 99999..99999 s=8\n");
    engine_counters(f.engine, &c);
    assert_int_equal(c.keys, 1);
    close_rules(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_tests_every_event),
        cmocka_unit_test(empty_windows_cost_nothing),
        cmocka_unit_test(windows_by_the_clock),
        cmocka_unit_test(the_clock_comes_before_forgetting),
        cmocka_unit_test(windows_of_several_rules),
        cmocka_unit_test(late_rows_take_no_part),
        cmocka_unit_test(a_null_key_is_counted_and_takes_no_part),
        cmocka_unit_test(alerts_leave_in_one_order_whatever_the_batches),
        cmocka_unit_test(an_id_is_of_rule_key_and_positions),
        cmocka_unit_test(keys_without_runs_are_forgotten),
        cmocka_unit_test(previous_values_go_back_n),
        cmocka_unit_test(a_way_takes_what_it_can_where_conditions_look_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
