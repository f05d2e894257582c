/* zone_rule: the POSIX rule that says how a time zone goes on behind its table, for instance
 * "CET-1CEST,M3.5.0,M10.5.0/3".
 * Part of zone.c; nobody else includes it.
 * Tests: tests/unit/engine/test_zone.c
 */
#ifndef OMEN_ENGINE_ZONE_RULE_H
#define OMEN_ENGINE_ZONE_RULE_H

#include "base/str.h"

struct zone_date {
    enum { DATE_JULIAN, DATE_DAY, DATE_WEEKDAY } kind; /* Jn · n · Mm.w.d */
    int day;   /* Jn: 1..365, 29 February never counted · n: 0..365 · weekday 0..6, 0 = Sunday */
    int month, week;
    int32_t time_s; /* local time before the change, from midnight: -167 h to 167 h */
};

struct zone_rule {
    int32_t standard, summer; /* local - UTC in seconds */
    bool changes;             /* there is a summer time, between the dates */
    struct zone_date start, end;
};

bool zone_rule_parse(struct str text, struct zone_rule *rule);

/* The offset at a second since the epoch, and the second of the next change; INT64_MAX: never. */
int32_t zone_rule_segment(const struct zone_rule *rule, int64_t s, int64_t *until);

#endif
