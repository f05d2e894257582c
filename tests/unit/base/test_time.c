/* Tests of base/time.h and base/decimal.h. Expected times were computed by hand or with date(1). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/decimal.h"
#include "base/time.h"

#define COUNT(v) (sizeof(v) / sizeof *(v))

static void calendar(void **state) {
    (void)state;
    static const struct {
        int year, month, mday;
        int64_t day;
    } cases[] = {
        {1970, 1, 1, 0},        {1969, 12, 31, -1},     {1970, 3, 1, 59},
        {1972, 2, 29, 789},     {2000, 2, 29, 11016},   {2000, 3, 1, 11017},
        {1900, 3, 1, -25508},   {2026, 1, 31, 20484},   {0, 3, 1, -719468},
        {0, 2, 29, -719469},    {1, 1, 1, -719162},     {9999, 12, 31, 2932896},
        {1677, 9, 21, -106752}, {2262, 4, 11, 106751},  {-1, 12, 31, -719529},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int year, month, mday;
        assert_int_equal(time_day(cases[i].year, cases[i].month, cases[i].mday), cases[i].day);
        time_civil(cases[i].day, &year, &month, &mday);
        assert_int_equal(year, cases[i].year);
        assert_int_equal(month, cases[i].month);
        assert_int_equal(mday, cases[i].mday);
    }
}

static void calendar_day_by_day(void **state) {
    (void)state;
    int y = -401, m = 1, d = 1; /* two eras and more, both sides of year 0 */
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int64_t day = time_day(y, m, d); y < 2500; day++) {
        int year, month, mday;
        time_civil(day, &year, &month, &mday);
        if (year != y || month != m || mday != d || time_day(y, m, d) != day)
            fail_msg("day %lld is not %d-%d-%d", (long long)day, y, m, d);
        bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
        if (++d > days[m - 1] + (m == 2 && leap)) d = 1, m++;
        if (m > 12) m = 1, y++;
    }
}

static void parse_times(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
    } cases[] = {
        {"1970-01-01", 0},
        {"1970-01-01T00:00Z", 0},
        {"1970-01-01 00:00:01Z", NS_PER_S},
        {"1970-01-01t00:00:01z", NS_PER_S},
        {"1970-01-01T00:00:00.000000001Z", 1},
        {"1970-01-01T00:00:00.5Z", NS_PER_S / 2},
        {"1969-12-31T23:59:59.999Z", -NS_PER_MS},
        {"1970-01-01T01:00:00+01:00", 0},
        {"1970-01-01T01:00:00+0100", 0},
        {"1970-01-01T01:00:00+01", 0},
        {"1969-12-31T19:30:00-04:30", 0},
        {"1970-01-01T00:00-00:00", 0},
        {"2026-01-31T12:00:00.123456789+01:00", INT64_C(1769857200123456789)},
        {"2000-02-29T23:59:59Z", INT64_C(951868799000000000)},
        {"1677-09-21T00:12:43.145224192Z", INT64_MIN},
        {"1677-09-21T01:12:43.145224192+01:00", INT64_MIN},
        {"2262-04-11T23:47:16.854775807Z", INT64_MAX},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ns = 42;
        if (!time_parse(str_of(cases[i].text), true, &ns) || ns != cases[i].ns)
            fail_msg("%s is not %lld but %lld", cases[i].text, (long long)cases[i].ns,
                     (long long)ns);
    }
    int64_t ns;
    assert_true(time_parse(STR("1970-01-01T00:01"), false, &ns));
    assert_int_equal(ns, NS_PER_MIN);
    assert_false(time_parse(STR("1970-01-01T00:01"), true, &ns));
}

static void refuse_times(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        "1970",
        "1970-01",
        "1970-1-1",
        "70-01-01",
        "1970-00-01",
        "1970-13-01",
        "1970-01-00",
        "1970-01-32",
        "1970-04-31",
        "1900-02-29",
        "2023-02-29",
        "1970-01-01T",
        "1970-01-01T00",
        "1970-01-01T24:00Z",
        "1970-01-01T00:60Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.1234567890Z",
        "1970-01-01T00:00:00,5Z",
        "1970-01-01T00:00:00Zx",
        "1970-01-01T00:00:00 Z",
        "1970-01-01T00:00:00+1",
        "1970-01-01T00:00:00+01:",
        "1970-01-01T00:00:00+24:00",
        "1970-01-01T00:00:00+01:60",
        "1970-01-01X00:00:00Z",
        " 1970-01-01",
        "1970-01-01 ",
        "1970-01-01Z",
        "+1970-01-01",
        "1677-09-21T00:12:43.145224191Z",
        "2262-04-11T23:47:16.854775808Z",
        "2262-04-11T23:47:16-00:01",
        "9999-12-31",
        "0000-01-01",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ns = 42;
        if (time_parse(str_of(bad[i]), false, &ns)) fail_msg("took %s", bad[i]);
        assert_int_equal(ns, 42); /* untouched */
    }
}

static void format_times(void **state) {
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {1, "1970-01-01T00:00:00.000000001Z"},
        {1000, "1970-01-01T00:00:00.000001Z"},
        {1000000, "1970-01-01T00:00:00.001Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {-NS_PER_S, "1969-12-31T23:59:59Z"},
        {-NS_PER_DAY, "1969-12-31T00:00:00Z"},
        {INT64_C(1769860800000000000), "2026-01-31T12:00:00Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
    };
    struct buf b;
    buf_init(&b);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_reset(&b);
        time_format(&b, cases[i].ns);
        assert_string_equal(buf_cstr(&b), cases[i].text);
        int64_t back;
        assert_true(time_parse(buf_view(&b), true, &back));
        assert_int_equal(back, cases[i].ns);
    }
    buf_fini(&b);
}

static void durations(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ns;
        const char *canonical;
    } cases[] = {
        {"0s", 0, "0s"},
        {"-0s", 0, "0s"},
        {"1ns", 1, "1ns"},
        {"250ms", 250 * NS_PER_MS, "250ms"},
        {"1500ms", 1500 * NS_PER_MS, "1s500ms"},
        {"10s", 10 * NS_PER_S, "10s"},
        {"90m", 90 * NS_PER_MIN, "1h30m"},
        {"1h30m", 90 * NS_PER_MIN, "1h30m"},
        {"30d", 30 * NS_PER_DAY, "30d"},
        {"2w", 14 * NS_PER_DAY, "14d"},
        {"1w1d1h1m1s1ms1us1ns", INT64_C(694861001001001), "8d1h1m1s1ms1us1ns"},
        {"-1h30m", -90 * NS_PER_MIN, "-1h30m"},
        {"007s", 7 * NS_PER_S, "7s"},
        {"9223372036854775807ns", INT64_MAX, "106751d23h47m16s854ms775us807ns"},
        {"-9223372036854775808ns", INT64_MIN, "-106751d23h47m16s854ms775us808ns"},
    };
    struct buf b;
    buf_init(&b);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t ns = 42, back = 42;
        if (!duration_parse(str_of(cases[i].text), &ns)) fail_msg("refused %s", cases[i].text);
        assert_int_equal(ns, cases[i].ns);
        buf_reset(&b);
        duration_format(&b, ns);
        assert_string_equal(buf_cstr(&b), cases[i].canonical);
        assert_true(duration_parse(buf_view(&b), &back));
        assert_int_equal(back, ns);
    }
    buf_fini(&b);
}

static void refuse_durations(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", "-", "5", "s", "5 s", "5S", "1.5h", "5x", "5sx", "1m1h", "1m1m", "1h-5m", "+5s",
        "--5s", " 5s", "5s ", "5min", "9223372036854775808ns", "-9223372036854775809ns",
        "15251w", "106752d", "99999999999999999999999999999999999999999999999999s",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t ns = 42;
        if (duration_parse(str_of(bad[i]), &ns)) fail_msg("took %s", bad[i]);
        assert_int_equal(ns, 42);
    }
}

static void clocks(void **state) {
    (void)state;
    int64_t before = time_monotonic_ns(), after = time_monotonic_ns();
    assert_true(after >= before && before > 0);
    assert_true(time_wall_ns() > INT64_C(1577836800000000000)); /* 2020-01-01 */
}

static void parse_decimals(void **state) {
    (void)state;
    static const struct {
        const char *text;
        unsigned digits;
        enum decimal_status status;
        int64_t scaled;
    } cases[] = {
        {"0", 0, DECIMAL_OK, 0},
        {"-0.00", 2, DECIMAL_OK, 0},
        {"0e99999999999999999999", 2, DECIMAL_OK, 0},
        {"12.34", 2, DECIMAL_OK, 1234},
        {"-12.34", 2, DECIMAL_OK, -1234},
        {"+12.34", 2, DECIMAL_OK, 1234},
        {"12.34", 4, DECIMAL_OK, 123400},
        {"1000", 0, DECIMAL_OK, 1000},
        {"1000", 2, DECIMAL_OK, 100000},
        {"1000.000", 0, DECIMAL_OK, 1000},
        {"1000.0010", 3, DECIMAL_OK, 1000001},
        {"0.05", 2, DECIMAL_OK, 5},
        {"0012.3400e2", 0, DECIMAL_OK, 1234},
        {"1.2e3", 0, DECIMAL_OK, 1200},
        {"1200E-3", 1, DECIMAL_OK, 12},
        {"1e+18", 0, DECIMAL_OK, INT64_C(1000000000000000000)},
        {"1e-18", 18, DECIMAL_OK, 1},
        {"9223372036854775807", 0, DECIMAL_OK, INT64_MAX},
        {"-9223372036854775808", 0, DECIMAL_OK, INT64_MIN},
        {"92233720368547758.07", 2, DECIMAL_OK, INT64_MAX},
        {"0.000000000000000000000000000001e30", 0, DECIMAL_OK, 1},
        {"1000000000000000000000000000000e-30", 0, DECIMAL_OK, 1},
        /* half to even */
        {"0.5", 0, DECIMAL_INEXACT, 0},
        {"1.5", 0, DECIMAL_INEXACT, 2},
        {"2.5", 0, DECIMAL_INEXACT, 2},
        {"-2.5", 0, DECIMAL_INEXACT, -2},
        {"-3.5", 0, DECIMAL_INEXACT, -4},
        {"2.5000000000000000000000001", 0, DECIMAL_INEXACT, 3},
        {"2.4999999999999999999999999", 0, DECIMAL_INEXACT, 2},
        {"12.345", 2, DECIMAL_INEXACT, 1234},
        {"12.355", 2, DECIMAL_INEXACT, 1236},
        {"0.51", 0, DECIMAL_INEXACT, 1},
        {"0.09", 0, DECIMAL_INEXACT, 0},
        {"99.99", 1, DECIMAL_INEXACT, 1000},
        {"1e-400", 18, DECIMAL_INEXACT, 0},
        {"1e-99999999999999999999", 18, DECIMAL_INEXACT, 0},
        {"9223372036854775807.4", 0, DECIMAL_INEXACT, INT64_MAX},
        {"9223372036854775807.5", 0, DECIMAL_TOO_LARGE, 0},
        {"-9223372036854775808.5", 0, DECIMAL_INEXACT, INT64_MIN},
        {"9223372036854775808", 0, DECIMAL_TOO_LARGE, 0},
        {"-9223372036854775809", 0, DECIMAL_TOO_LARGE, 0},
        {"9999999999999999999", 0, DECIMAL_TOO_LARGE, 0},
        {"18446744073709551617", 0, DECIMAL_TOO_LARGE, 0},
        {"10", 18, DECIMAL_TOO_LARGE, 0},
        {"1e19", 0, DECIMAL_TOO_LARGE, 0},
        {"1e99999999999999999999", 0, DECIMAL_TOO_LARGE, 0},
        {"123456789012345678901234567890.5", 0, DECIMAL_TOO_LARGE, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t scaled = 42;
        enum decimal_status status =
            decimal_parse(str_of(cases[i].text), cases[i].digits, &scaled);
        if (status != cases[i].status) fail_msg("%s: status %d", cases[i].text, (int)status);
        if (status != DECIMAL_TOO_LARGE && scaled != cases[i].scaled)
            fail_msg("%s: %lld", cases[i].text, (long long)scaled);
    }
}

static void no_decimals(void **state) {
    (void)state;
    static const char *const bad[] = {"",    "-",   "+",    ".",    ".5",   "5.",  "1.e5",
                                      "1e",  "1e+", "1e5.", "1..2", "1.2.3", "--1", "1 ",
                                      " 1",  "1,2", "0x10", "nan",  "inf",  "1e5e5", "1-2"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t scaled;
        if (decimal_parse(str_of(bad[i]), 2, &scaled) != DECIMAL_NOT_A_NUMBER)
            fail_msg("took %s", bad[i]);
        assert_int_equal(decimal_digits(str_of(bad[i])), -1);
    }
    assert_int_equal(decimal_digits((struct str){NULL, 0}), -1);
}

static void digits_of_decimals(void **state) {
    (void)state;
    assert_int_equal(decimal_digits(STR("2")), 0);
    assert_int_equal(decimal_digits(STR("2.00")), 2);
    assert_int_equal(decimal_digits(STR("1e-3")), 3);
    assert_int_equal(decimal_digits(STR("1.25e1")), 1);
    assert_int_equal(decimal_digits(STR("1.25e7")), 0);
    assert_int_equal(decimal_digits(STR("1e-18")), 18);
    assert_int_equal(decimal_digits(STR("1e-19")), -1);
    assert_int_equal(decimal_digits(STR("1e-99999999999999999999")), -1);
}

static void format_decimals(void **state) {
    (void)state;
    static const struct {
        int64_t scaled;
        unsigned digits;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 2, "0.00"},
        {5, 2, "0.05"},
        {-5, 2, "-0.05"},
        {1234, 2, "12.34"},
        {1200, 2, "12.00"},
        {1234, 0, "1234"},
        {1, 18, "0.000000000000000001"},
        {INT64_MAX, 18, "9.223372036854775807"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {INT64_MIN, 0, "-9223372036854775808"},
    };
    struct buf b;
    buf_init(&b);
    for (size_t i = 0; i < COUNT(cases); i++) {
        buf_reset(&b);
        decimal_format(&b, cases[i].scaled, cases[i].digits);
        assert_string_equal(buf_cstr(&b), cases[i].text);
        int64_t back;
        assert_int_equal(decimal_parse(buf_view(&b), cases[i].digits, &back), DECIMAL_OK);
        assert_int_equal(back, cases[i].scaled);
    }
    buf_fini(&b);
}

static void rescale(void **state) {
    (void)state;
    static const struct {
        int64_t scaled;
        unsigned from, to;
        int64_t out;
    } cases[] = {
        {1234, 2, 2, 1234},   {1234, 2, 4, 123400}, {1234, 2, 1, 123},  {1235, 2, 1, 124},
        {1245, 2, 1, 124},    {-1235, 2, 1, -124},  {-1245, 2, 1, -124}, {-1246, 2, 1, -125},
        {5, 1, 0, 0},         {15, 1, 0, 2},        {6, 1, 0, 1},       {-6, 1, 0, -1},
        {INT64_MAX, 18, 0, 9}, {INT64_MIN, 18, 0, -9}, {INT64_MIN, 0, 0, INT64_MIN},
        {9, 0, 18, INT64_C(9000000000000000000)},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        int64_t out;
        assert_true(decimal_rescale(cases[i].scaled, cases[i].from, cases[i].to, &out));
        assert_int_equal(out, cases[i].out);
    }
    int64_t out;
    assert_false(decimal_rescale(10, 0, 18, &out));
    assert_false(decimal_rescale(INT64_MIN, 0, 1, &out));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar),         cmocka_unit_test(calendar_day_by_day),
        cmocka_unit_test(parse_times),      cmocka_unit_test(refuse_times),
        cmocka_unit_test(format_times),     cmocka_unit_test(durations),
        cmocka_unit_test(refuse_durations), cmocka_unit_test(clocks),
        cmocka_unit_test(parse_decimals),   cmocka_unit_test(no_decimals),
        cmocka_unit_test(digits_of_decimals), cmocka_unit_test(format_decimals),
        cmocka_unit_test(rescale),
    };
    return cmocka_run_group_tests_name("base/time decimal", tests, NULL, NULL);
}
