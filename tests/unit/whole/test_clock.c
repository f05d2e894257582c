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

/* It ends where it completed, whenever it is told. */
static void longest_by_the_clock(void **state) {
    (void)state;
    expect("match longest a+ then no b for 5s within 1m " AB "emit n: count(a)",
           "x 1000 1 a\nx 7000 1 a\nx 9000 1 b\nx 80000 1 c\n", 0, "r \"x\" 1000..6000 n=1\n");
    expect("match longest a+ then no b for 5s within 1m " AB "emit n: count(a)",
           "x 1000 1 a\nx 7000 1 a\nx 13000 1 b\nx 80000 1 c\n", 0, "r \"x\" 1000..12000 n=2\n");
}

/* What is absent later is longer, though absent earlier is told first. */
static void longest_of_two_absences(void **state) {
    (void)state;
    expect("match longest a then each within 3s b then no c for 4s within 7s "
           "where a: name = \"a\" b: name = \"b\" c: name = \"c\" emit n: b.n",
           "x 2000 1 a\nx 3500 1 b\nx 5000 2 b\n", DRAIN, "r \"x\" 2000..9000 n=2\n");
}

/* What the passing of a gap or of a window inside settles is told by then: no event has to come. */
static void longest_ends_by_gaps(void **state) {
    (void)state;
    static const char *const text = "x 1000 1 a\nx 2000 1 b\ny 4000 1 c\ny 4001 1 c\n";
    expect("match longest a then within 2s b{1,2} in a row " AB "emit n: count(b)", text, 0, "");
    expect("match longest a then b then within 2s c{0,1} where a: name = \"a\" b: name = \"b\" "
           "c: name = \"c\" emit n: b.n", text, 0, "r \"x\" 1000..2000 n=1\n");
    expect("match longest (a then b+ within 3s) next c? where a: name = \"a\" "
           "b: name = \"b\" c: name = \"c\" emit n: count(b)",
           "x 1000 1 a\nx 2000 1 b\nx 2500 1 d\ny 4000 1 c\ny 4001 1 c\n", 0,
           "r \"x\" 1000..2000 n=1\n");
}

static void longest_tests_having_first(void **state) {
    (void)state;
    expect("match longest a then b+ within 5s " AB "having sum(b.n) < 4 emit n: count(b)",
           "x 1000 1 a\nx 2000 1 b\nx 3000 1 b\nx 4000 2 b\n", DRAIN,
           "r \"x\" 1000..3000 n=2\n");
}

/* ---- unbroken runs --------------------------------------------------------------------------- */

#define HIGH "where a: n > 5 emit n: count(a)"

/* At the first event that makes it long enough, once a run. */
static void for_matches_once_a_run(void **state) {
    (void)state;
    static const char *const ten = "match a for 10s gap 5s " HIGH;
    expect(ten, "x 0 6 -\nx 4000 6 -\nx 8000 7 -\nx 12000 6 -\nx 16000 6 -\nx 20000 6 -\n"
                "x 24000 9 -\nx 28000 6 -\n", 0, "r \"x\" 0..12000 n=4\n");
    expect(ten, "x 0 6 -\nx 5000 6 -\nx 10000 6 -\nx 11000 1 -\nx 12000 6 -\nx 17000 6 -\n"
                "x 22000 6 -\n", 0, "r \"x\" 0..10000 n=3\nr \"x\" 12000..22000 n=3\n");
    expect(ten, "x 0 6 -\nx 5000 6 -\nx 9000 1 -\nx 10000 6 -\nx 15000 6 -\n", 0, "");
    expect(ten, "x 0 6 -\nx 5000 6 -\nx 10001 6 -\nx 15001 6 -\nx 20001 6 -\n", 0,
           "r \"x\" 10001..20001 n=3\n"); /* broken by a gap */
    expect("match a for 10s " HIGH, "x 0 6 -\nx 90000 6 -\nx 95000 6 -\nx 200000 6 -\n", 0,
           "r \"x\" 0..90000 n=2\n");
    expect(ten, "x 0 6 -\ny 4000 1 -\nx 5000 6 -\nx 10000 6 -\ny 11000 6 -\n", 0,
           "r \"x\" 0..10000 n=3\n"); /* of other keys: nothing */
}

/* Under all ways, too; and what comes behind finds the run as long as it was then. */
static void for_and_lasting_are_left_once(void **state) {
    (void)state;
    static const char *const text = "x 0 6 -\nx 1000 6 -\nx 2000 6 -\nx 3000 6 -\nx 4000 6 -\n"
                                    "x 5000 1 b\n";
    expect("match all ways a for 2s " HIGH, text, DRAIN, "r \"x\" 0..2000 n=3\n");
    expect("match all ways a lasting 2s " HIGH, text, DRAIN, "r \"x\" 0..2000 n=3\n");
#define BEHIND "then b where a: n > 5 b: name = \"b\" emit n: count(a)"
    expect("match all ways a for 2s " BEHIND, text, DRAIN, "r \"x\" 0..5000 n=3\n");
    expect("match all ways a lasting 2s " BEHIND, text, DRAIN, "r \"x\" 0..5000 n=3\n");
    expect("match longest a for 2s within 10s " HIGH, text, DRAIN, "r \"x\" 0..2000 n=3\n");
}

/* Two runs of one start that began at different times: the one that has lasted first is first. */
static void an_earlier_run_is_not_covered(void **state) {
    (void)state;
    static const char *const two = "match a+ then b lasting 1s where a: name in [\"a\", \"ab\"] "
                                   "b: name in [\"b\", \"ab\"] emit n: count(b)";
    expect(two, "x 1500 1 a\nx 2500 1 ab\nx 3000 1 b\n", DRAIN, "r \"x\" 1500..3500 n=2\n");
    expect("match a* next b for 1s where a: name = \"ab\" b: name in [\"b\", \"ab\"] "
           "emit n: count(b)", "x 0 1 ab\nx 1000 1 b\n", 0, "r \"x\" 0..1000 n=2\n");
}

/* The window closes when the run has lasted, and when nothing came. */
static void lasting_and_absence_at_one_time(void **state) {
    (void)state;
    expect("match a lasting 2s then no b within 2s where a: n > 5 b: name = \"b\"",
           "x 0 6 -\n", DRAIN, "r \"x\" 0..2000\n");
}

static void any_event_and_none_before(void **state) {
    (void)state;
    expect("match a for 10s gap 5s where a: any emit n: count(a)",
           "x 0 1 -\nx 5000 1 -\nx 10000 1 -\nx 15000 1 -\nx 30000 1 -\nx 35000 1 -\n"
           "x 40000 1 -\n", 0,
           "r \"x\" 0..10000 n=3\nr \"x\" 30000..40000 n=3\n");
    expect("match a for 5s where a: not exists(n) emit n: count(a)",
           "x 0 - -\nx 5000 - -\nx 10000 - -\n", 0, "r \"x\" 0..5000 n=2\n");
}

/* Conditions on previous values are asked one event further back. */
static void streaks_of_previous_values(void **state) {
    (void)state;
    expect("match a for 5s where a: n > prev(n) emit n: count(a), top: last(a.n)",
           "x 0 1 -\nx 1000 2 -\nx 3000 3 -\nx 6000 4 -\nx 9000 5 -\nx 12000 6 -\nx 15000 6 -\n"
           "x 16000 7 -\nx 21000 8 -\n", 0,
           "r \"x\" 1000..6000 n=3 top=4\nr \"x\" 16000..21000 n=2 top=8\n");
    expect("match a for 5s where a: (prev(n) ?? 0) + prev(n, 2) > 2 or name = \"a\" "
           "emit n: count(a)",
           "x 0 1 -\nx 1000 2 -\nx 2000 3 a\nx 4000 3 -\nx 7000 0 -\nx 9000 0 -\n", 0,
           "r \"x\" 2000..7000 n=3\n");
}

/* A later step begins its run at the first event that its way takes. */
static void a_later_step_begins_where_it_takes(void **state) {
    (void)state;
    expect("match b then a for 5s where b: name = \"b\" a: n > 5 emit n: count(a)",
           "x 0 6 -\nx 3000 6 -\nx 4000 6 b\nx 5000 6 -\nx 7000 6 -\nx 10000 6 -\n", 0,
           "r \"x\" 4000..10000 n=3\n");
}

/* By the clock, also when no event comes; one that fails ends it, one of another key does not. */
static void lasting_completes_by_the_clock(void **state) {
    (void)state;
    static const char *const ten = "match a lasting 10s " HIGH;
    expect(ten, "x 0 6 -\nx 4000 6 -\ny 10001 0 -\n", 0, "r \"x\" 0..10000 n=2\n");
    expect(ten, "x 0 6 -\n", DRAIN, "r \"x\" 0..10000 n=1\n");
    expect(ten, "x 0 6 -\ny 9999 0 -\n", 0, "");
    expect(ten, "x 0 6 -\nx 10000 0 -\nx 30000 0 -\n", 0, ""); /* an event at t before the clock */
    expect(ten, "x 0 6 -\nx 10000 6 -\nx 12000 6 -\nx 60000 6 -\n", DRAIN,
           "r \"x\" 0..10000 n=2\n"); /* one run, once */
    expect(ten, "x 0 6 -\nx 5000 0 -\nx 6000 6 -\n", DRAIN, "r \"x\" 6000..16000 n=1\n");
}

static uint32_t seed;

static uint32_t draw(uint32_t n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

enum { RANDOM_EVENTS = 24 };

struct drawn { /* one key's events */
    int64_t at[RANDOM_EVENTS];
    bool high[RANDOM_EVENTS];
    struct buf rows, alerts;
};

static void draw_events(struct drawn *d) {
    int64_t at = 0;
    buf_init(&d->rows);
    buf_init(&d->alerts);
    for (int i = 0; i < RANDOM_EVENTS; i++) {
        at += draw(4) * 1000;
        d->at[i] = at;
        d->high[i] = draw(5) > 0;
        buf_printf(&d->rows, "x %lld %d -\n", (long long)at, d->high[i] ? 6 : 1);
    }
}

static void wanted(struct drawn *d, int64_t from, int64_t to) {
    buf_printf(&d->alerts, "r \"x\" %lld..%lld\n", (long long)from, (long long)to);
}

/* Each unbroken run by itself: from its first event to the first that spans 6 s; and where no gap
 * is said, 6 s by the clock. */
static void runs_by_hand(struct drawn *d, int64_t gap, bool lasting) {
    for (int first = 0, end; first < RANDOM_EVENTS; first = end) {
        end = first + 1;
        if (!d->high[first]) continue;
        while (end < RANDOM_EVENTS && d->high[end] && d->at[end] - d->at[end - 1] <= gap) end++;
        int64_t enough = d->at[first] + 6000;
        if (lasting && (end == RANDOM_EVENTS || d->at[end] > enough))
            wanted(d, d->at[first], enough);
        for (int i = first; !lasting && i < end; i++) {
            if (d->at[i] < enough) continue;
            wanted(d, d->at[first], d->at[i]);
            break;
        }
    }
}

static void random_runs_agree_with_a_slow_twin(void **state) {
    (void)state;
    static const struct {
        const char *rule;
        int64_t gap;
        bool lasting;
    } cases[] = {{"match a for 6s gap 2s where a: n > 5", 2000, false},
                 {"match a for 6s where a: n > 5", INT64_MAX, false},
                 {"match a lasting 6s where a: n > 5", INT64_MAX, true}};
    for (uint32_t i = 0; i < 600; i++) {
        struct drawn d;
        seed = i;
        draw_events(&d);
        runs_by_hand(&d, cases[i % 3].gap, cases[i % 3].lasting);
        expect(cases[i % 3].rule, buf_cstr(&d.rows), DRAIN, buf_cstr(&d.alerts));
        buf_fini(&d.rows);
        buf_fini(&d.alerts);
    }
}

/* What follows counts from when it was complete. */
static void time_behind_lasting(void **state) {
    (void)state;
    expect("match a lasting 10s then no b for 5s where a: n > 5 b: name = \"b\"",
           "x 0 6 -\nx 9000 6 -\nx 12000 0 -\n", DRAIN, "r \"x\" 0..15000\n");
    expect("match a lasting 10s then no b for 5s where a: n > 5 b: name = \"b\"",
           "x 0 6 -\nx 9000 6 -\nx 15000 0 b\n", DRAIN, "");
    static const char *const soon =
        "match a lasting 10s then within 5s b where a: n > 5 b: name = \"b\"";
    expect(soon, "x 0 6 -\nx 2000 6 -\nx 15000 0 b\n", 0, "r \"x\" 0..15000\n");
    expect(soon, "x 0 6 -\nx 2000 6 -\nx 15001 0 b\n", 0, "");
}

/* ---- absence --------------------------------------------------------------------------------- */

static void absence_after_the_last_event(void **state) {
    (void)state;
    static const char *const silent = "match beat then no beat for 60s where beat: any";
    expect(silent, "x 0 1 -\nx 50000 1 -\nx 110000 1 -\ny 170001 1 -\n", 0,
           "r \"x\" 110000..170000\n");
    expect(silent, "x 0 1 -\nx 60000 1 -\ny 61000 1 -\n", DRAIN,
           "r \"x\" 60000..120000\nr \"y\" 61000..121000\n");
    expect("match a then no b within 2s " AB,
           "x 1000 1 a\nx 3000 1 b\nx 5000 1 a\ny 9000 1 c\n", 0, "r \"x\" 5000..7000\n");
}

static void parts_in_any_order(void **state) {
    (void)state;
    static const char *const names = "where a: name = \"a\" b: name = \"b\" c: name = \"c\" ";
    struct arena arena;
    arena_init(&arena);
    expect(arena_printf(&arena, "match all(a, b) then c within 10s %s", names),
           "x 1000 1 b\nx 2000 1 a\nx 3000 1 c\nx 4000 1 a\nx 5000 1 c\n", 0,
           "r \"x\" 1000..3000\n");
    expect(arena_printf(&arena, "match 2 of (a, b, c) within 10s %s", names),
           "x 1000 1 c\nx 2000 1 c\nx 3000 1 a\n", 0, "r \"x\" 1000..3000\n");
    arena_fini(&arena);
}

/* ---- timeouts -------------------------------------------------------------------------------- */

#define ABC "where a: name = \"a\" b: name = \"b\" c: name = \"c\" "
#define LAST "timeout emit step: step(), n: count(b)"

/* Of each start that did not match: the preferred way that got furthest. */
static void a_window_tells_what_it_cut_off(void **state) {
    (void)state;
    static const char *const abc = "match a then b+ then c within 5s " ABC LAST;
    expect(abc, "x 1000 1 a\nx 2000 1 b\nx 3000 1 b\nx 6001 1 c\n", 0,
           "timeout r \"x\" 1000..6000 step=\"b\" n=2\n");
    expect(abc, "x 1000 1 a\nx 2000 1 b\nx 6000 1 c\n", DRAIN, "r \"x\" 1000..6000\n");
    expect(abc, "x 1000 1 a\nx 2000 1 a\nx 3000 1 b\n", DRAIN,
           "timeout r \"x\" 1000..6000 step=\"b\" n=1\n"
           "timeout r \"x\" 2000..7000 step=\"b\" n=1\n");
    expect(abc, "x 1000 1 a\ny 5000 1 a\nz 6001 1 z\n", 0,
           "timeout r \"x\" 1000..6000 step=\"a\" n=0\n");
    expect(abc, "x 1000 1 a\n", 0, ""); /* time stops at the last event */
    expect("match a then b? then c within 5s " ABC LAST, "x 1000 1 a\nx 2000 1 b\n", DRAIN,
           "timeout r \"x\" 1000..6000 step=\"b\" n=1\n");
    expect("match all ways a then b? then c within 5s " ABC LAST, "x 1000 1 a\nx 2000 1 b\n", DRAIN,
           "timeout r \"x\" 1000..6000 step=\"b\" n=1\n"
           "timeout r \"x\" 1000..6000 step=\"a\" n=0\n");
}

/* What a match discarded does not time out, nor what waited for an absence. */
static void matches_do_not_time_out(void **state) {
    (void)state;
    static const char *const abc = "match a then b then c within 5s " ABC LAST;
    expect(abc, "x 1000 1 a\nx 2000 1 a\nx 3000 1 b\nx 4000 1 c\n", DRAIN, "r \"x\" 1000..4000\n");
    expect("match a then no b within 5s " AB "timeout emit step: step()",
           "x 1000 1 a\nx 20000 1 a\nx 21000 1 b\n", DRAIN,
           "r \"x\" 1000..6000\n");
    expect("match longest a then b+ within 5s " AB LAST, "x 1000 1 a\nx 2000 1 b\nx 9000 1 a\n",
           DRAIN, "r \"x\" 1000..2000\ntimeout r \"x\" 9000..14000 step=\"a\" n=0\n");
    expect("match all ways a then b+ within 5s " AB LAST, "x 1000 1 a\nx 2000 1 b\n", DRAIN,
           "r \"x\" 1000..2000\n");
}

/* Nor what a match of the same instant discards; a way that came about twice is told once; one
 * whose gap has passed no more waits, though no event has said so. */
static void what_does_not_time_out_either(void **state) {
    (void)state;
    expect("match all ways 1 of (a, b for 1s) then no c within 2s after match skip past last "
           "where a: n > 5 b: n > 5 c: name = \"c\" timeout emit step: step()",
           "x 1000 6 -\n", DRAIN, "r \"x\" 1000..3000\n");
    expect("match all ways (a{1,2}){1,2} then b within 6s " AB "timeout emit n: count(a)",
           "x 1000 1 a\nx 2000 1 a\n", DRAIN,
           "timeout r \"x\" 1000..7000 n=2\ntimeout r \"x\" 1000..7000 n=1\n"
           "timeout r \"x\" 2000..8000 n=1\n");
    expect("match a then within 1s b within 5s " AB "timeout emit n: a.n", "x 1000 1 a\n", DRAIN,
           "");
}

/* A match that `having` refused leaves its start to time out. */
static void refused_matches_time_out(void **state) {
    (void)state;
    expect("match a then b+ within 5s " AB "having sum(b.n) > 9 " LAST,
           "x 1000 1 a\nx 2000 1 b\nx 3000 1 b\n", DRAIN,
           "timeout r \"x\" 1000..6000 step=\"b\" n=2\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(having_tests_the_match),
        cmocka_unit_test(having_keeps_ways_apart),
        cmocka_unit_test(having_after_the_clock),
        cmocka_unit_test(longest_waits_for_the_end),
        cmocka_unit_test(longest_ends_by_other_keys),
        cmocka_unit_test(longest_by_the_clock),
        cmocka_unit_test(longest_of_two_absences),
        cmocka_unit_test(longest_ends_by_gaps),
        cmocka_unit_test(longest_tests_having_first),
        cmocka_unit_test(for_matches_once_a_run),
        cmocka_unit_test(for_and_lasting_are_left_once),
        cmocka_unit_test(an_earlier_run_is_not_covered),
        cmocka_unit_test(lasting_and_absence_at_one_time),
        cmocka_unit_test(any_event_and_none_before),
        cmocka_unit_test(streaks_of_previous_values),
        cmocka_unit_test(a_later_step_begins_where_it_takes),
        cmocka_unit_test(lasting_completes_by_the_clock),
        cmocka_unit_test(random_runs_agree_with_a_slow_twin),
        cmocka_unit_test(time_behind_lasting),
        cmocka_unit_test(absence_after_the_last_event),
        cmocka_unit_test(parts_in_any_order),
        cmocka_unit_test(a_window_tells_what_it_cut_off),
        cmocka_unit_test(matches_do_not_time_out),
        cmocka_unit_test(what_does_not_time_out_either),
        cmocka_unit_test(refused_matches_time_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
