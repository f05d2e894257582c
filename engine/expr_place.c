/* expr_place: time of day and place on earth.
 *
 * Civil time is that of a zone of the program, or UTC. A time that has no local time within 64 bit
 * gives null.
 *
 * A polygon is a constant list of points [lat, lon], closed by itself, in a plane of degrees: its
 * edges are straight in latitude and longitude, and it does not cross the 180th meridian.
 *
 *        x──────x       A point is inside if a ray from it to the east crosses the border an odd
 *         \  •──┼─→     number of times. Each edge counts with its lower end and without its
 *          \   /        upper end, so that a ray through a corner crosses once or twice, as it
 *           x─x         should. Points on the border are found first: they are inside.
 *
 * Tests: tests/unit/engine/test_expr.c
 */
#include <math.h>
#include <stdio.h>

#include "base/time.h"
#include "engine/expr_frame.h"

/* ---- time ------------------------------------------------------------------------------------ */

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

/* Local time in a zone of the program (NONE: UTC); false if it does not fit. */
static bool local_time(const struct expr *e, uint32_t zone, int64_t ns, int64_t *local) {
    if (zone == NONE) return *local = ns, true;
    return !__builtin_add_overflow(ns, zone_offset(e->zones[zone], ns), local);
}

static int64_t hour_of(int64_t local) {
    return floor_div(local, NS_PER_HOUR) - 24 * floor_div(local, NS_PER_DAY);
}

/* 1970-01-01 was a Thursday. */
static int64_t weekday_of(int64_t local) {
    int64_t day = floor_div(local, NS_PER_DAY) + 3;
    return day - 7 * floor_div(day, 7) + 1;
}

static void civil(const struct frame *f, const struct insn *in, int64_t (*part)(int64_t local)) {
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        d.valid[w] = todo;
        EACH_ROW(row, w, todo) {
            int64_t local;
            if (local_time(f->e, in->imm, a.i[row], &local)) d.i[row] = part(local);
            else row_null(d, row);
        }
    }
}

void op_hour(const struct frame *f, const struct insn *in) { civil(f, in, hour_of); }
void op_weekday(const struct frame *f, const struct insn *in) { civil(f, in, weekday_of); }

static struct str date_text(const struct frame *f, int64_t day) {
    int year, month, mday;
    time_civil(day, &year, &month, &mday);
    char text[48];
    int n = snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, mday);
    char *p = frame_scratch(f, (size_t)n);
    memcpy(p, text, (size_t)n);
    return (struct str){p, (size_t)n};
}

/* Neighbours in a batch are mostly of one day and share its text. */
void op_date(const struct frame *f, const struct insn *in) {
    struct reg a = src(f, in->a), d = dst(f, in->r);
    int64_t last = INT64_MIN; /* no day number: those are small */
    struct str text = STR("");
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        d.valid[w] = todo;
        EACH_ROW(row, w, todo) {
            int64_t local;
            if (!local_time(f->e, in->imm, a.i[row], &local)) {
                row_null(d, row);
                continue;
            }
            int64_t day = floor_div(local, NS_PER_DAY);
            if (day != last) text = date_text(f, day);
            last = day;
            d.s[row] = text;
        }
    }
}

/* ---- distance -------------------------------------------------------------------------------- */

static bool on_earth(double lat, double lon) { return fabs(lat) <= 90 && fabs(lon) <= 180; }

/* The haversine formula: exact enough for near points, where the cosine formula is not. The
 * radius is the mean one of WGS 84, (2 a + b) / 3. */
static double distance_km(double lat1, double lon1, double lat2, double lon2) {
    const double radius_km = 6371.0088, radian = 3.14159265358979323846 / 180;
    double north = sin((lat2 - lat1) * radian / 2), east = sin((lon2 - lon1) * radian / 2);
    double h = north * north + cos(lat1 * radian) * cos(lat2 * radian) * east * east;
    return 2 * radius_km * asin(sqrt(h < 1 ? h : 1));
}

void op_distance(const struct frame *f, const struct insn *in) {
    struct reg lat1 = src(f, in->a), lon1 = src(f, in->a + 1U);
    struct reg lat2 = src(f, in->a + 2U), lon2 = src(f, in->a + 3U), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = lat1.valid[w] & lon1.valid[w] & lat2.valid[w] & lon2.valid[w];
        d.valid[w] = todo;
        EACH_ROW(row, w, todo) {
            if (on_earth(lat1.f[row], lon1.f[row]) && on_earth(lat2.f[row], lon2.f[row]))
                d.f[row] = distance_km(lat1.f[row], lon1.f[row], lat2.f[row], lon2.f[row]);
            else row_null(d, row);
        }
    }
}

/* ---- polygons -------------------------------------------------------------------------------- */

struct point {
    double lat, lon;
};

struct polygon {
    struct point low, high; /* the smallest rectangle around it */
    uint32_t n;
    struct point v[];
};

static bool degrees(struct value v, double *out) {
    if (v.type == VALUE_FLOAT) *out = v.f;
    else if (v.type == VALUE_INT) *out = (double)v.i;
    else if (v.type == VALUE_DECIMAL) *out = (double)v.i / pow(10, v.digits);
    else return false;
    return true;
}

/* NULL, or what is wrong with the constant. */
const char *polygon_new(struct arena *a, struct value constant, struct polygon **polygon) {
    const char *why = "a polygon is a list of at least three points [lat, lon]";
    if (constant.type != VALUE_LIST || constant.list->n < 3) return why;
    const struct list *list = constant.list;
    struct polygon *p = arena_alloc(a, sizeof *p + list->n * sizeof *p->v);
    p->n = list->n;
    p->low = (struct point){INFINITY, INFINITY};
    p->high = (struct point){-INFINITY, -INFINITY};
    for (uint32_t i = 0; i < list->n; i++) {
        struct value at = list->items[i];
        struct point *v = &p->v[i];
        if (at.type != VALUE_LIST || at.list->n != 2 || !degrees(at.list->items[0], &v->lat) ||
            !degrees(at.list->items[1], &v->lon))
            return why;
        p->low = (struct point){fmin(p->low.lat, v->lat), fmin(p->low.lon, v->lon)};
        p->high = (struct point){fmax(p->high.lat, v->lat), fmax(p->high.lon, v->lon)};
    }
    *polygon = p;
    return NULL;
}

static bool between(double x, double a, double b) {
    return a < b ? a <= x && x <= b : b <= x && x <= a;
}

static bool polygon_has(const struct polygon *p, double lat, double lon) {
    if (!(between(lat, p->low.lat, p->high.lat) && between(lon, p->low.lon, p->high.lon)))
        return false;
    bool inside = false;
    struct point a = p->v[p->n - 1];
    for (uint32_t i = 0; i < p->n; i++) {
        struct point b = p->v[i];
        /* > 0: the point is to the left of a → b, 0: on its line */
        double side = (b.lon - a.lon) * (lat - a.lat) - (b.lat - a.lat) * (lon - a.lon);
        if (side == 0 && between(lat, a.lat, b.lat) && between(lon, a.lon, b.lon)) return true;
        if (a.lat <= lat && lat < b.lat) inside ^= side > 0;
        else if (b.lat <= lat && lat < a.lat) inside ^= side < 0;
        a = b;
    }
    return inside;
}

void op_in_polygon(const struct frame *f, const struct insn *in) {
    const struct polygon *p = f->e->polygons[in->imm];
    struct reg a = src(f, in->a), b = src(f, in->b), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t valid = a.valid[w] & b.valid[w], bits = 0;
        EACH_ROW(row, w, valid)
            bits |= (uint64_t)polygon_has(p, a.f[row], b.f[row]) << (row % WORD_ROWS);
        d.b[w] = bits;
        d.valid[w] = valid;
    }
}
