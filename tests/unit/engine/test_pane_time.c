/* test_pane_time: in which pane a time is, and when windows close: by hand, and for random times
 * and frames what has to hold of any: panes hold their time, touch, and do not overlap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/time.h"
#include "engine/pane_time.h"

static int64_t at(const char *text) {
    int64_t ns = 0;
    assert_true(time_parse(str_of(text), true, &ns));
    return ns;
}

static struct program_frame every(int64_t period_ns) {
    return (struct program_frame){.kind = FRAME_EVERY, .pane_ns = period_ns,
                                  .length_ns = period_ns, .period_ns = period_ns};
}

static struct program_frame days(int64_t n, int64_t at_ns) {
    return (struct program_frame){.kind = FRAME_CALENDAR, .zone = NONE, .pane_ns = n * NS_PER_DAY,
                                  .at_ns = at_ns};
}

static void is(const struct program_frame *f, const struct zone *z, const char *time,
               const char *start, const char *end) {
    struct pane_span span = pane_at(f, z, at(time));
    assert_int_equal(span.start, at(start));
    assert_int_equal(span.end, at(end));
}

static void count_from_the_epoch(void **state) {
    (void)state;
    struct program_frame hour = every(NS_PER_HOUR), odd = every(7 * NS_PER_HOUR);
    is(&hour, NULL, "2026-01-31T12:59:59Z", "2026-01-31T12:00:00Z", "2026-01-31T13:00:00Z");
    is(&hour, NULL, "2026-01-31T13:00:00Z", "2026-01-31T13:00:00Z", "2026-01-31T14:00:00Z");
    is(&odd, NULL, "1970-01-01T06:59:59Z", "1970-01-01T00:00:00Z", "1970-01-01T07:00:00Z");
    is(&odd, NULL, "1969-12-31T23:59:59Z", "1969-12-31T17:00:00Z", "1970-01-01T00:00:00Z");
    assert_int_equal(pane_next_close(&hour, at("2026-01-31T13:00:00Z")),
                     at("2026-01-31T14:00:00Z"));
}

static void weeks_begin_on_mondays(void **state) {
    (void)state;
    struct program_frame week = every(WEEK_NS), two = every(2 * WEEK_NS), civil = days(7, 0);
    is(&week, NULL, "2026-02-01T23:59:59Z", "2026-01-26T00:00:00Z", "2026-02-02T00:00:00Z");
    is(&week, NULL, "2026-02-02T00:00:00Z", "2026-02-02T00:00:00Z", "2026-02-09T00:00:00Z");
    is(&civil, NULL, "2026-02-01T23:59:59Z", "2026-01-26T00:00:00Z", "2026-02-02T00:00:00Z");
    is(&two, NULL, "1970-01-05T00:00:00Z", "1970-01-05T00:00:00Z", "1970-01-19T00:00:00Z");
}

static void days_are_those_of_the_clock(void **state) {
    (void)state;
    const char *why;
    struct zone *paris = zone_load(STR("Europe/Paris"), &why);
    struct program_frame four = days(1, 4 * NS_PER_HOUR);
    struct program_frame half_past_two = days(1, 2 * NS_PER_HOUR + 30 * NS_PER_MIN);
    assert_non_null(paris);
    is(&four, paris, "2026-03-29T01:59:59Z", "2026-03-28T03:00:00Z", "2026-03-29T02:00:00Z");
    is(&four, paris, "2026-10-25T02:59:59Z", "2026-10-24T02:00:00Z", "2026-10-25T03:00:00Z");
    /* 02:30 is not there on 29 March: it would have been at 01:30Z. */
    is(&half_past_two, paris, "2026-03-29T01:29:59Z", "2026-03-28T01:30:00Z",
       "2026-03-29T01:30:00Z");
    is(&half_past_two, paris, "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z",
       "2026-03-30T00:30:00Z");
    /* It is there twice on 25 October: the first counts. */
    is(&half_past_two, paris, "2026-10-25T01:15:00Z", "2026-10-25T00:30:00Z",
       "2026-10-26T01:30:00Z");
    zone_free(&paris);
}

static void a_day_that_was_not_there(void **state) {
    (void)state;
    const char *why;
    struct zone *samoa = zone_load(STR("Pacific/Apia"), &why); /* no 30 December 2011 */
    struct program_frame noon = days(1, 12 * NS_PER_HOUR);
    assert_non_null(samoa);
    is(&noon, samoa, "2011-12-30T09:59:59Z", "2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z");
    is(&noon, samoa, "2011-12-30T22:00:00Z", "2011-12-30T22:00:00Z", "2011-12-31T22:00:00Z");
    zone_free(&samoa);
}

static uint64_t random_state = 1;

static uint64_t random_u64(void) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state ^ random_state >> 31;
}

static void panes_touch(void **state) {
    (void)state;
    static const char *const names[] = {"Europe/Paris", "America/New_York", "Pacific/Apia",
                                        "Australia/Lord_Howe", "Asia/Kathmandu"};
    for (uint32_t n = 0; n < 5; n++) {
        const char *why;
        struct zone *z = zone_load(str_of(names[n]), &why);
        assert_non_null(z);
        for (uint32_t i = 0; i < 20000; i++) {
            int64_t time = (int64_t)(random_u64() >> 2) - (INT64_C(1) << 60);
            struct program_frame f = days(1 + (int64_t)(random_u64() % 15),
                                          (int64_t)(random_u64() % 1440) * NS_PER_MIN);
            if (i % 2) f = every(1 + (int64_t)(random_u64() % (100 * (uint64_t)NS_PER_DAY)));
            struct pane_span span = pane_at(&f, z, time), next = pane_at(&f, z, span.end);
            assert_true(span.start <= time && time < span.end);
            assert_int_equal(next.start, span.end);
            assert_int_equal(pane_at(&f, z, span.end - 1).start, span.start);
            if (i % 2) assert_int_equal(pane_next_close(&f, time), span.end);
        }
        zone_free(&z);
    }
}

/* At the ends of what 64 bits hold nothing loops or overflows. */
static void ends_of_time(void **state) {
    (void)state;
    static const int64_t times[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX - 1, INT64_MAX};
    const char *why;
    struct zone *z = zone_load(STR("Europe/Paris"), &why);
    assert_non_null(z);
    for (uint32_t i = 0; i < 4; i++) {
        struct program_frame f[] = {every(1), every(NS_PER_HOUR), every(INT64_C(1) << 62),
                                    days(1, 0), days(7, 150 * NS_PER_MIN), days(20000, 0)};
        for (uint32_t k = 0; k < 6; k++) {
            assert_true(pane_at(&f[k], z, times[i]).start <= times[i]);
            if (f[k].kind == FRAME_EVERY) pane_next_close(&f[k], times[i]);
        }
    }
    zone_free(&z);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_from_the_epoch),        cmocka_unit_test(weeks_begin_on_mondays),
        cmocka_unit_test(days_are_those_of_the_clock), cmocka_unit_test(a_day_that_was_not_there),
        cmocka_unit_test(panes_touch),                 cmocka_unit_test(ends_of_time),
    };
    return cmocka_run_group_tests_name("engine/pane_time", tests, NULL, NULL);
}
