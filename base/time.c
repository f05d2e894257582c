/* time: texts of points and spans of time, and the calendar. Whole numbers only.
 *
 * Sums go through 128 bits, so that the ends of the range (INT64_MIN is
 * 1677-09-21T00:12:43.145224192Z) are read and printed like all others. The calendar is Howard
 * Hinnant's ("chrono-compatible low-level date algorithms"): the year begins in March, so that
 * the leap day is its last; an era is 400 years, 146097 days.
 *
 *   March 1 of year 0 is day 0 of era 0, and day 719468 before 1970-01-01
 *
 *
 * Tests: tests/unit/base/test_time.c
 */
#include "base/time.h"

#include <time.h>

#include "base/log.h"

enum { ERA_DAYS = 146097, EPOCH_FROM_MARCH_0 = 719468, SECONDS_A_DAY = 86400 };

static bool fits(__int128 ns) { return ns >= INT64_MIN && ns <= INT64_MAX; }

void time_civil(int64_t day, int *year, int *month, int *mday) {
    day += EPOCH_FROM_MARCH_0;
    int64_t era = (day >= 0 ? day : day - (ERA_DAYS - 1)) / ERA_DAYS;
    int in_era = (int)(day - era * ERA_DAYS);
    /* take out the leap days (one in 1461 days, none in 36524, one in 146097) and years have 365 */
    int year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int from_march = (5 * in_year + 2) / 153; /* five months from March are 153 days */
    *mday = in_year - (153 * from_march + 2) / 5 + 1;
    *month = from_march < 10 ? from_march + 3 : from_march - 9;
    *year = (int)(year_of_era + era * 400) + (*month <= 2);
}

int64_t time_day(int year, int month, int mday) {
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;
    int64_t in_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + in_year;
    return era * ERA_DAYS + in_era - EPOCH_FROM_MARCH_0;
}

static int days_of_month(int year, int month) {
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

/* ---- reading a time: each step takes its text from the front of *s --------------------------- */

static bool take(struct str *s, char c) {
    if (s->n == 0 || s->p[0] != c) return false;
    s->p++, s->n--;
    return true;
}

static bool digit_ahead(const struct str *s) { return s->n && s->p[0] >= '0' && s->p[0] <= '9'; }

/* Exactly `n` digits, of a value in [least, most]. */
static bool take_number(struct str *s, int n, int least, int most, int *value) {
    *value = 0;
    for (int i = 0; i < n; i++) {
        if (!digit_ahead(s)) return false;
        *value = *value * 10 + (s->p[0] - '0');
        s->p++, s->n--;
    }
    return *value >= least && *value <= most;
}

static bool take_date(struct str *s, int64_t *day) {
    int year, month, mday;
    if (!take_number(s, 4, 0, 9999, &year) || !take(s, '-')) return false;
    if (!take_number(s, 2, 1, 12, &month) || !take(s, '-')) return false;
    if (!take_number(s, 2, 1, days_of_month(year, month), &mday)) return false;
    *day = time_day(year, month, mday);
    return true;
}

/* Behind the point: 1 to 9 digits. */
static bool take_fraction(struct str *s, int64_t *ns) {
    int64_t unit = NS_PER_S;
    *ns = 0;
    while (digit_ahead(s)) {
        if (unit == 1) return false; /* a tenth digit: nothing is cut off silently */
        unit /= 10;
        *ns += unit * (s->p[0] - '0');
        s->p++, s->n--;
    }
    return unit < NS_PER_S;
}

static bool take_clock(struct str *s, int64_t *ns) {
    int hour, minute, second = 0;
    int64_t fraction = 0;
    if (!take_number(s, 2, 0, 23, &hour) || !take(s, ':')) return false;
    if (!take_number(s, 2, 0, 59, &minute)) return false;
    if (take(s, ':')) {
        if (!take_number(s, 2, 0, 59, &second)) return false;
        if (take(s, '.') && !take_fraction(s, &fraction)) return false;
    }
    *ns = hour * NS_PER_HOUR + minute * NS_PER_MIN + second * NS_PER_S + fraction;
    return true;
}

/* Z, +01:00, +0100 or +01; nanoseconds to the east of Greenwich. */
static bool take_zone(struct str *s, int64_t *east) {
    *east = 0;
    if (take(s, 'Z') || take(s, 'z')) return true;
    bool west = s->n && s->p[0] == '-';
    if (!take(s, '+') && !take(s, '-')) return false;
    int hour, minute = 0;
    if (!take_number(s, 2, 0, 23, &hour)) return false;
    bool colon = take(s, ':');
    if ((colon || s->n) && !take_number(s, 2, 0, 59, &minute)) return false;
    *east = hour * NS_PER_HOUR + minute * NS_PER_MIN;
    if (west) *east = -*east;
    return true;
}

bool time_parse(struct str text, bool zone_required, int64_t *ns) {
    int64_t day, clock = 0, east = 0;
    if (!take_date(&text, &day)) return false;
    if (text.n) {
        if (!take(&text, 'T') && !take(&text, 't') && !take(&text, ' ')) return false;
        if (!take_clock(&text, &clock)) return false;
        if (text.n ? !take_zone(&text, &east) : zone_required) return false;
        if (text.n) return false;
    }
    __int128 sum = (__int128)day * NS_PER_DAY + clock - east;
    if (!fits(sum)) return false;
    *ns = (int64_t)sum;
    return true;
}

void time_format(struct buf *out, int64_t ns) {
    int64_t second = ns / NS_PER_S, fraction = ns % NS_PER_S;
    if (fraction < 0) second--, fraction += NS_PER_S;
    int64_t day = second / SECONDS_A_DAY;
    int clock = (int)(second % SECONDS_A_DAY);
    if (clock < 0) day--, clock += SECONDS_A_DAY;
    int year, month, mday;
    time_civil(day, &year, &month, &mday);
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, mday, clock / 3600,
               clock / 60 % 60, clock % 60);
    if (fraction == 0)
        buf_char(out, 'Z');
    else if (fraction % NS_PER_MS == 0)
        buf_printf(out, ".%03dZ", (int)(fraction / NS_PER_MS));
    else if (fraction % NS_PER_US == 0)
        buf_printf(out, ".%06dZ", (int)(fraction / NS_PER_US));
    else
        buf_printf(out, ".%09dZ", (int)fraction);
}

/* ---- durations ------------------------------------------------------------------------------- */

static const struct unit {
    const char *name;
    int64_t ns;
    bool printed; /* weeks are read only: 30d is plainer than 4w2d */
} units[] = {
    {"w", 7 * NS_PER_DAY, false}, {"d", NS_PER_DAY, true},  {"h", NS_PER_HOUR, true},
    {"m", NS_PER_MIN, true},      {"s", NS_PER_S, true},    {"ms", NS_PER_MS, true},
    {"us", NS_PER_US, true},      {"ns", INT64_C(1), true},
};
enum { UNITS = sizeof units / sizeof *units };

/* The letters in front of *s as an index into units; UNITS if they are none. */
static int take_unit(struct str *s) {
    size_t n = 0;
    while (n < s->n && s->p[n] >= 'a' && s->p[n] <= 'z') n++;
    int u = 0;
    while (u < UNITS && !str_equal((struct str){s->p, n}, str_of(units[u].name))) u++;
    s->p += n, s->n -= n;
    return u;
}

bool duration_parse(struct str text, int64_t *ns) {
    bool negative = take(&text, '-');
    __int128 sum = 0;
    int last = -1;
    do {
        if (!digit_ahead(&text)) return false;
        __int128 number = 0;
        for (; digit_ahead(&text); text.p++, text.n--) {
            number = number * 10 + (text.p[0] - '0');
            if (number > (__int128)INT64_MAX + 1) return false; /* one more: INT64_MIN's */
        }
        int u = take_unit(&text);
        if (u == UNITS || u <= last) return false;
        last = u;
        sum += number * units[u].ns; /* at most 8 of 2^63 · 2^50: no overflow */
    } while (text.n);
    if (negative) sum = -sum;
    if (!fits(sum)) return false;
    *ns = (int64_t)sum;
    return true;
}

void duration_format(struct buf *out, int64_t ns) {
    if (ns == 0) {
        buf_text(out, "0s");
        return;
    }
    uint64_t rest = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    if (ns < 0) buf_char(out, '-');
    for (int u = 0; u < UNITS; u++) {
        if (!units[u].printed) continue;
        uint64_t number = rest / (uint64_t)units[u].ns;
        rest %= (uint64_t)units[u].ns;
        if (number == 0) continue;
        buf_json_int(out, (int64_t)number);
        buf_text(out, units[u].name);
    }
}

/* ---- clocks ---------------------------------------------------------------------------------- */

static int64_t clock_ns(clockid_t clock) {
    struct timespec now;
    check(clock_gettime(clock, &now) == 0);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t time_wall_ns(void) { return clock_ns(CLOCK_REALTIME); }
int64_t time_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }
