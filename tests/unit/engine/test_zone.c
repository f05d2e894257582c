/* Tests of engine/zone.h. The oracle is glibc's localtime_r with TZ set; glibc knows the same files
 * but shares no code with ours. Instants of gaps and overlaps are written out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/zone.h"
#include "engine/zone_rule.h"

static uint64_t seed = 42;
static uint64_t random_u64(void) {
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static struct zone *load(const char *name) {
    const char *why = NULL;
    struct zone *z = zone_load(str_of(name), &why);
    if (!z) fail_msg("%s: %s", name, why);
    return z;
}

static int64_t ns_of(const char *text) {
    int64_t ns;
    assert_true(time_parse(str_of(text), true, &ns));
    return ns;
}

static int64_t offset_of(int64_t s) {
    time_t t = (time_t)s;
    struct tm tm;
    assert_non_null(localtime_r(&t, &tm));
    return tm.tm_gmtoff * NS_PER_S;
}

static void use_tz(const char *tz) {
    setenv("TZ", tz, 1);
    tzset();
}

/* ---- against glibc ---------------------------------------------------------------------- */

static const char *const names[] = {
    "Europe/Paris",      "America/New_York",    "Australia/Lord_Howe", "Asia/Kolkata",
    "UTC",               "Etc/GMT+5",           "America/Sao_Paulo",   "Africa/Casablanca",
    "Asia/Tehran",       "Pacific/Apia",        "Europe/Dublin",       "America/Nuuk",
    "Antarctica/Troll",  "Pacific/Chatham",     "Africa/Monrovia",     "America/St_Johns",
    "Asia/Gaza",         "Australia/Melbourne", "EST5EDT",             "Asia/Kathmandu",
    "America/Port-au-Prince",
};

enum { NAMES = sizeof names / sizeof *names };

/* The first zone's table begins in the 19th century; both ends of our time are in the range. */
static void offsets_agree_with_glibc(void **state) {
    (void)state;
    for (uint32_t i = 0; i < NAMES; i++) {
        struct zone *z = load(names[i]);
        use_tz(names[i]);
        for (uint32_t k = 0; k < 40000; k++) {
            int64_t year = k % 3 == 0 ? 1678 + (int64_t)(random_u64() % 584)
                                      : 1880 + (int64_t)(random_u64() % 200);
            int64_t s = time_day((int)year, 1, 1) * 86400 + (int64_t)(random_u64() % 31536000);
            if (k % 5 == 0) s -= s % 1800; /* changes are at such times */
            int64_t ns = s * NS_PER_S + (int64_t)(random_u64() % NS_PER_S);
            if (zone_offset(z, ns) != offset_of(s))
                fail_msg("%s at %lld: %lld, glibc says %lld", names[i], (long long)s,
                         (long long)(zone_offset(z, ns) / NS_PER_S),
                         (long long)(offset_of(s) / NS_PER_S));
        }
        zone_free(&z);
        assert_null(z);
    }
    use_tz("UTC");
}

/* The second before and after each change of an offset, found by halving. */
static void changes_agree_with_glibc(void **state) {
    (void)state;
    for (uint32_t i = 0; i < NAMES; i++) {
        struct zone *z = load(names[i]);
        use_tz(names[i]);
        uint32_t changes = 0;
        int64_t end = time_day(2100, 1, 1) * 86400, step = 86400 * 5;
        for (int64_t s = time_day(1900, 1, 1) * 86400; s < end; s += step) {
            if (offset_of(s) == offset_of(s + step)) continue;
            int64_t low = s, high = s + step;
            while (high - low > 1) {
                int64_t middle = low + (high - low) / 2;
                if (offset_of(middle) == offset_of(low)) low = middle;
                else high = middle;
            }
            changes++;
            for (int64_t at = high - 2; at <= high + 2; at++)
                assert_int_equal(zone_offset(z, at * NS_PER_S), offset_of(at));
            assert_int_equal(zone_offset(z, high * NS_PER_S - 1), offset_of(high - 1));
        }
        if (i < 3) assert_true(changes > 100);
        zone_free(&z);
    }
    use_tz("UTC");
}

/* Local times back to instants: the earliest of those that glibc says show it; in a gap the offset
 * of before. */
static void instants_agree_with_glibc(void **state) {
    (void)state;
    for (uint32_t i = 0; i < NAMES; i++) {
        struct zone *z = load(names[i]);
        use_tz(names[i]);
        for (uint32_t k = 0; k < 8000; k++) {
            int64_t s = time_day(1950 + (int)(random_u64() % 120), 1, 1) * 86400 +
                        (int64_t)(random_u64() % 31536000);
            s -= s % 900;
            int64_t local = s * NS_PER_S, got = zone_instant(z, local), want = INT64_MIN;
            for (int64_t t = s - 93600; t <= s + 93600 && want == INT64_MIN; t += 900)
                if (t * NS_PER_S + offset_of(t) == local) want = t * NS_PER_S;
            if (want != INT64_MIN) {
                assert_int_equal(got, want);
                continue;
            }
            int64_t shown = got + zone_offset(z, got); /* a gap, or an odd offset */
            if (shown != local) assert_true(shown > local);
        }
        zone_free(&z);
    }
    use_tz("UTC");
}

/* ---- by hand ---------------------------------------------------------------------------- */

static void gaps_and_overlaps(void **state) {
    (void)state;
    static const struct {
        const char *zone, *local, *instant;
    } cases[] = {
        {"Europe/Paris", "2026-07-01T12:00:00Z", "2026-07-01T10:00:00Z"},
        {"Europe/Paris", "2026-01-01T12:00:00Z", "2026-01-01T11:00:00Z"},
        {"Europe/Paris", "2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z"},
        {"Europe/Paris", "2026-03-29T02:00:00Z", "2026-03-29T01:00:00Z"}, /* does not exist */
        {"Europe/Paris", "2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z"},
        {"Europe/Paris", "2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z"},
        {"Europe/Paris", "2026-10-25T01:59:59Z", "2026-10-24T23:59:59Z"},
        {"Europe/Paris", "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"}, /* exists twice */
        {"Europe/Paris", "2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z"},
        {"Europe/Paris", "2200-07-01T12:00:00Z", "2200-07-01T10:00:00Z"}, /* by the rule */
        {"Europe/Paris", "2200-10-26T02:30:00.5Z", "2200-10-26T00:30:00.5Z"},
        {"America/New_York", "2026-03-08T02:30:00Z", "2026-03-08T07:30:00Z"},
        {"America/New_York", "2026-11-01T01:30:00Z", "2026-11-01T05:30:00Z"},
        {"Australia/Lord_Howe", "2026-10-04T02:15:00Z", "2026-10-03T15:45:00Z"}, /* half an hour */
        {"Australia/Lord_Howe", "2026-04-05T01:45:00Z", "2026-04-04T14:45:00Z"},
        {"Asia/Kolkata", "2026-06-01T05:30:00Z", "2026-06-01T00:00:00Z"},
        {"Pacific/Apia", "2011-12-30T12:00:00Z", "2011-12-30T22:00:00Z"}, /* a day left out */
        {"UTC", "1677-09-22T00:00:00Z", "1677-09-22T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct zone *z = load(cases[i].zone);
        int64_t got = zone_instant(z, ns_of(cases[i].local));
        if (got != ns_of(cases[i].instant)) {
            struct buf text;
            buf_init(&text);
            time_format(&text, got);
            fail_msg("%s %s: %s", cases[i].zone, cases[i].local, buf_cstr(&text));
        }
        zone_free(&z);
    }
    struct zone *z = load("Pacific/Apia");
    zone_offset(z, INT64_MIN);
    zone_offset(z, INT64_MAX);
    assert_int_equal(zone_instant(z, INT64_MIN), INT64_MIN); /* cannot be said: the nearest */
    zone_free(&z);
    z = load("America/New_York");
    assert_int_equal(zone_instant(z, INT64_MAX), INT64_MAX);
    zone_free(&z);
}

static void rules_are_read(void **state) {
    (void)state;
    static const char *const good[] = {
        "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "EST5EDT,0/0,J365/25", "<-03>3<-02>,M3.5.0/-1,M10.5.0/0", "IST-1GMT0,M10.5.0,M3.5.0/1",
        "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3", "XXX3EDT4,J60/-167:30:15,365/167",
    };
    static const char *const bad[] = {
        "", "UT0", "UTC", "UTC25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.1.0,M1.1.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J1", "<+1-1",
        "CET-1CEST,J366,J1", "CET-1CEST,366,1", "CET-1CEST,M3.5.0,M10.5.0/168", "UTC0 ",
        "CET-1CEST,M3.5.0,M10.5.0x", "CET-99999999999999999999",
    };
    struct zone_rule rule;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!zone_rule_parse(str_of(good[i]), &rule)) fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (zone_rule_parse(str_of(bad[i]), &rule)) fail_msg("%s is read", bad[i]);
}

/* Rules that no zone of today has, against glibc's own reading of POSIX strings. */
static void rules_agree_with_glibc(void **state) {
    (void)state;
    static const char *const rules[] = {
        "AAA-1BBB,J60/2,J300/3", "AAA5BBB,59/2,299/3", "AAA-10BBB-10:30,M10.1.0,M4.1.0/1:30",
        "AAA3BBB,M12.1.3/5,M2.2.6/5:06:07", "AAA-1BBB,M3.5.0/2,M10.5.0/3",
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct zone_rule rule;
        int64_t until;
        assert_true(zone_rule_parse(str_of(rules[i]), &rule));
        use_tz(rules[i]);
        for (int64_t s = time_day(1999, 1, 1) * 86400; s < time_day(2030, 1, 1) * 86400; s += 1801)
            if (zone_rule_segment(&rule, s, &until) * NS_PER_S != offset_of(s))
                fail_msg("%s at %lld", rules[i], (long long)s);
    }
    use_tz("UTC");
    struct zone_rule always; /* glibc flickers here; RFC 8536 says summer time all year */
    int64_t until;
    assert_true(zone_rule_parse(STR("EST5EDT,0/0,J365/25"), &always));
    for (int64_t s = time_day(2020, 1, 1) * 86400; s < time_day(2022, 1, 1) * 86400; s += 1800)
        assert_int_equal(zone_rule_segment(&always, s, &until), -4 * 3600);
}

/* ---- names and files -------------------------------------------------------------------- */

static void names_stay_inside(void **state) {
    (void)state;
    static const char *const bad[] = {
        "", "/", "/etc/passwd", "..", "../zoneinfo/UTC", "Europe/../UTC", "Europe//Paris",
        "Europe/", "Europe", "./UTC", "Europe/Paris/", "Nowhere/City", "zone.tab", "tzdata.zi",
        "UTC\n", "UTC ", "U T C", "\xC3\xA9", "~", "Europe/Paris/x",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *why = NULL;
        if (zone_load(str_of(bad[i]), &why)) fail_msg("\"%s\" is loaded", bad[i]);
        assert_non_null(why);
    }
    const char *why = NULL;
    assert_null(zone_load(STR("UTC\0x"), &why));
}

static size_t file_of(const char *path, uint8_t *bytes, size_t most) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, most, f);
    fclose(f);
    return n;
}

static void put_file(const char *path, const uint8_t *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void ask(struct zone *z) {
    static const int64_t at[] = {INT64_MIN, -NS_PER_S, 0, INT64_C(1700000000) * NS_PER_S,
                                 INT64_MAX};
    for (int i = 0; i < 5; i++) {
        zone_offset(z, at[i]);
        zone_instant(z, at[i]);
    }
}

/* Cut short, or with bytes changed: refused or answered, never a crash. */
static void damaged_files(void **state) {
    (void)state;
    char dir[] = "/tmp/omen-zone-XXXXXX", path[64];
    static uint8_t whole[8192], copy[8192];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/Broken", dir);
    size_t n = file_of("/usr/share/zoneinfo/Europe/Paris", whole, sizeof whole);
    setenv("TZDIR", dir, 1);
    const char *why;
    for (size_t cut = 0; cut <= n; cut++) {
        put_file(path, whole, cut);
        struct zone *z = zone_load(STR("Broken"), &why);
        if ((z != NULL) != (cut == n)) fail_msg("cut at %zu of %zu", cut, n);
        zone_free(&z);
    }
    for (int i = 0; i < 20000; i++) {
        memcpy(copy, whole, n);
        for (uint64_t k = random_u64() % 4 + 1; k; k--) {
            size_t at = random_u64() % 3 ? random_u64() % n : random_u64() % 100;
            copy[at] = (uint8_t)random_u64();
        }
        put_file(path, copy, n);
        struct zone *z = zone_load(STR("Broken"), &why);
        if (z) ask(z);
        zone_free(&z);
    }
    memcpy(copy, "no", 2);
    put_file(path, copy, n);
    assert_null(zone_load(STR("Broken"), &why));
    unlink(path);
    assert_null(zone_load(STR("Broken"), &why));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(zone_load(STR("Broken"), &why));
    rmdir(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(zone_load(STR("Broken"), &why)); /* and does not wait for a writer */
    unlink(path);
    unsetenv("TZDIR");
    rmdir(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_agree_with_glibc),  cmocka_unit_test(changes_agree_with_glibc),
        cmocka_unit_test(instants_agree_with_glibc), cmocka_unit_test(gaps_and_overlaps),
        cmocka_unit_test(rules_are_read),            cmocka_unit_test(rules_agree_with_glibc),
        cmocka_unit_test(names_stay_inside),         cmocka_unit_test(damaged_files),
    };
    return cmocka_run_group_tests_name("engine/zone", tests, NULL, NULL);
}
