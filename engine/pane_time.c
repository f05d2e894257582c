/* pane_time: see pane_time.h. */
#include "engine/pane_time.h"

#include "base/time.h"

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* The multiple at or before the time; not below what 64 bits hold. */
static int64_t multiple_at(int64_t at, int64_t ns) {
    int64_t from = frame_origin_ns(ns), n = floor_div(time_less(at, from), ns), start;
    if (__builtin_mul_overflow(n, ns, &start)) return INT64_MIN;
    return start + from;
}

/* The instant at which day `day` since the epoch begins, for the frame. */
static int64_t day_start(const struct program_frame *f, const struct zone *zone, int64_t day) {
    int64_t local;
    if (__builtin_mul_overflow(day, NS_PER_DAY, &local) ||
        __builtin_add_overflow(local, f->at_ns, &local))
        return day < 0 ? INT64_MIN : INT64_MAX;
    return zone ? zone_instant(zone, local) : local;
}

/* From the day that the clock there shows to the pane's: a change of the clock may move its start
 * over the time. */
static struct pane_span calendar(const struct program_frame *f, const struct zone *zone,
                                 int64_t at) {
    int64_t days = f->pane_ns / NS_PER_DAY, from = frame_origin_ns(f->pane_ns) / NS_PER_DAY;
    int64_t local = zone ? zone_offset(zone, at) : 0;
    if (__builtin_add_overflow(at, local, &local)) local = at;
    int64_t day = floor_div(time_less(local, f->at_ns), NS_PER_DAY);
    day = floor_div(day - from, days) * days + from;
    while (at < day_start(f, zone, day)) day -= days;
    while (at >= day_start(f, zone, day + days) && day_start(f, zone, day + days) != INT64_MAX)
        day += days;
    return (struct pane_span){day_start(f, zone, day), day_start(f, zone, day + days)};
}

struct pane_span pane_at(const struct program_frame *f, const struct zone *zone, int64_t at) {
    if (f->kind == FRAME_CALENDAR) return calendar(f, zone, at);
    int64_t start = multiple_at(at, f->pane_ns);
    return (struct pane_span){start, time_plus(start, f->pane_ns)};
}

int64_t pane_next_close(const struct program_frame *f, int64_t at) {
    return time_plus(multiple_at(at, f->period_ns), f->period_ns);
}
