/* time: points and spans of time as whole nanoseconds, and their texts.
 *
 * A time is nanoseconds since 1970-01-01T00:00:00Z, negative before it, in int64: 1677-09-21 to
 * 2262-04-11. A duration is nanoseconds, positive or negative. Proleptic Gregorian calendar, no
 * leap seconds. Safe from any thread. Tests: tests/unit/base/test_time.c
 */
#ifndef OMEN_BASE_TIME_H
#define OMEN_BASE_TIME_H

#include "base/buf.h"
#include "base/str.h"

#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MIN (60 * NS_PER_S)
#define NS_PER_HOUR (3600 * NS_PER_S)
#define NS_PER_DAY (86400 * NS_PER_S)

/* ISO 8601: 2026-01-31, 2026-01-31T12:00Z, 2026-01-31T12:00:00.123456789+01:00 ("T" or blank, "Z"
 * or an offset; a date alone is midnight UTC). `zone_required`: a time of day must carry a zone.
 * False if the text is not such a time or lies outside the range. */
bool time_parse(struct str text, bool zone_required, int64_t *ns);

/* 2026-01-31T12:00:00Z; 3, 6 or 9 digits of the second when it has them. */
void time_format(struct buf *out, int64_t ns);

/* 250ms 10s 5m 2h 30d 2w 1h30m; also us, ns. Units in descending order. False on anything else
 * or overflow. */
bool duration_parse(struct str text, int64_t *ns);
void duration_format(struct buf *out,
                     int64_t ns); /* canonical: 90m → 1h30m; 0 → 0s; "-" before negatives */

/* Civil date of a day number (days since 1970-01-01) and back. */
void time_civil(int64_t day, int *year, int *month, int *mday);
int64_t time_day(int year, int month, int mday);

/* Sums and differences stay at the ends of the range: an event may be of any time. `ns` is not
 * negative. */
static inline int64_t time_plus(int64_t at, int64_t ns) {
    return at > INT64_MAX - ns ? INT64_MAX : at + ns;
}
static inline int64_t time_less(int64_t at, int64_t ns) {
    return at < INT64_MIN + ns ? INT64_MIN : at - ns;
}
static inline int64_t time_since(int64_t now, int64_t at) {
    int64_t ns;
    if (!__builtin_sub_overflow(now, at, &ns)) return ns;
    return now < at ? INT64_MIN : INT64_MAX;
}

int64_t time_wall_ns(void);      /* the wall clock */
int64_t time_monotonic_ns(void); /* for measuring */

#endif
