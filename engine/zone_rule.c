/* zone_rule: reads and evaluates the footer of a TZif file (POSIX 8.3, RFC 8536 3.3).
 *
 *   CET -1 CEST ,M3.5.0 ,M10.5.0/3        <+1030>-10:30<+11>-11,M10.1.0,M4.1.0
 *    │   │   │     │        └ end: last Sunday of October, 3:00 of the clock before the change
 *    │   │   │     └ start: last Sunday of March, 2:00 (when not said)
 *    │   │   └ summer time, one hour ahead when not said
 *    │   └ standard time: hours west of Greenwich
 *    └ name, passed over
 *
 * A rule is turned into the six changes of the year before, the year and the year after; the last
 * at or before an instant decides, so that it does not matter which year a local date falls in, or
 * that times may lie days away from their date. Where an end and the next start coincide (summer
 * time all year) the start decides.
 * Tests: tests/unit/engine/test_zone.c
 */
#include "engine/zone_rule.h"

#include "base/time.h"

/* ---- reading ---------------------------------------------------------------------------- */

struct text {
    const char *p, *end;
};

static bool skip(struct text *t, char c) {
    if (t->p == t->end || *t->p != c) return false;
    t->p++;
    return true;
}

static bool digit_next(const struct text *t) {
    return t->p < t->end && *t->p >= '0' && *t->p <= '9';
}

static bool number(struct text *t, int least, int most, int *out) {
    int n = 0;
    if (!digit_next(t)) return false;
    while (digit_next(t)) {
        n = n * 10 + (*t->p++ - '0');
        if (n > most) return false;
    }
    *out = n;
    return n >= least;
}

/* Three letters or more, or anything in angle brackets. */
static bool name(struct text *t) {
    const char *from = t->p;
    if (skip(t, '<')) {
        while (t->p < t->end && *t->p != '>') t->p++;
        return skip(t, '>');
    }
    while (t->p < t->end && (*t->p | 0x20) >= 'a' && (*t->p | 0x20) <= 'z') t->p++;
    return t->p - from >= 3;
}

/* [+-]hh[:mm[:ss]] */
static bool clock_time(struct text *t, int most_hours, int32_t *seconds) {
    int sign = skip(t, '-') ? -1 : 1, h, m = 0, s = 0;
    if (sign > 0) skip(t, '+');
    if (!number(t, 0, most_hours, &h)) return false;
    if (skip(t, ':')) {
        if (!number(t, 0, 59, &m)) return false;
        if (skip(t, ':') && !number(t, 0, 59, &s)) return false;
    }
    *seconds = sign * (h * 3600 + m * 60 + s);
    return true;
}

static bool date(struct text *t, struct zone_date *d) {
    if (!skip(t, ',')) return false;
    d->time_s = 2 * 3600;
    if (skip(t, 'M')) {
        d->kind = DATE_WEEKDAY;
        if (!number(t, 1, 12, &d->month) || !skip(t, '.') || !number(t, 1, 5, &d->week) ||
            !skip(t, '.') || !number(t, 0, 6, &d->day))
            return false;
    } else {
        d->kind = skip(t, 'J') ? DATE_JULIAN : DATE_DAY;
        if (!number(t, d->kind == DATE_JULIAN, 365, &d->day)) return false;
    }
    return !skip(t, '/') || clock_time(t, 167, &d->time_s);
}

bool zone_rule_parse(struct str s, struct zone_rule *rule) {
    struct text t = {s.p, s.p + s.n};
    int32_t west;
    *rule = (struct zone_rule){0};
    if (!name(&t) || !clock_time(&t, 24, &west)) return false;
    rule->standard = -west;
    if (t.p == t.end) return true;
    rule->changes = true;
    rule->summer = rule->standard + 3600;
    if (!name(&t)) return false;
    if (t.p < t.end && *t.p != ',') {
        if (!clock_time(&t, 24, &west)) return false;
        rule->summer = -west;
    }
    return date(&t, &rule->start) && date(&t, &rule->end) && t.p == t.end;
}

/* ---- evaluating ------------------------------------------------------------------------- */

static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

/* Days since the epoch. */
static int64_t day_of(const struct zone_date *d, int year) {
    int64_t first = time_day(year, 1, 1);
    if (d->kind == DATE_DAY) return first + d->day;
    if (d->kind == DATE_JULIAN) return first + d->day - 1 + (is_leap(year) && d->day >= 60);
    int64_t month = time_day(year, d->month, 1);
    int64_t next = d->month == 12 ? time_day(year + 1, 1, 1) : time_day(year, d->month + 1, 1);
    int weekday = (int)(((month + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    int64_t day = month + (d->day - weekday + 7) % 7 + 7 * (d->week - 1);
    return day >= next ? day - 7 : day; /* week 5 is the last one */
}

/* The second of a change; `offset` is the clock's before it. */
static int64_t change(const struct zone_date *d, int year, int32_t offset) {
    return day_of(d, year) * 86400 + d->time_s - offset;
}

int32_t zone_rule_segment(const struct zone_rule *rule, int64_t s, int64_t *until) {
    *until = INT64_MAX;
    if (!rule->changes) return rule->standard;
    int year, month, mday;
    time_civil(s / 86400 - (s % 86400 < 0), &year, &month, &mday);
    int64_t last = INT64_MIN;
    int32_t offset = rule->standard;
    for (int y = year - 1; y <= year + 1; y++) {
        int64_t start = change(&rule->start, y, rule->standard);
        int64_t end = change(&rule->end, y, rule->summer);
        if (start <= s && start >= last) last = start, offset = rule->summer;
        if (end <= s && end > last) last = end, offset = rule->standard;
        if (start > s && start < *until) *until = start;
        if (end > s && end < *until) *until = end;
    }
    return offset;
}
