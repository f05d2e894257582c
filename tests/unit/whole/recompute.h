/* recompute: random events, random aggregates, and what these give over a list of events, the slow
 * and obvious way: floats in whole numbers of 128 bits. Shared by the tests of windows that slide
 * and of those in panes.
 *
 *   f   floats of full precision between 2^-4 and 2^20, so all multiples of 2^-56; rarely 1e300
 *   g   multiples of 2^-10, for squares; rarely 1e200
 */
#ifndef OMEN_TESTS_UNIT_WHOLE_RECOMPUTE_H
#define OMEN_TESTS_UNIT_WHOLE_RECOMPUTE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/engine.h"
#include "tests/unit/whole/compiled.h"

enum { EVENTS = 70, SPECS = 6 };
enum { K, AT, N, F, G, D, T };

#define STREAM \
    "stream s { k : int at : time event n : int f : float g : float d : decimal(2) t : string }\n"

static uint64_t random_state;

static uint32_t pick(uint32_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

/* ---- streams --------------------------------------------------------------------------------- */

struct row {
    int64_t key, at;
    struct value v[T + 1]; /* by field */
};

static struct row rows[EVENTS];

static double full_float(void) {
    double x = ldexp(1 + ((double)pick(1u << 31) * 0x1p22 + pick(1u << 22)) * 0x1p-53,
                     (int)pick(24) - 4);
    if (pick(60) == 0) x = 1e300;
    return pick(2) ? x : -x;
}

static void random_rows(void) {
    static const int64_t steps[] = {0, 0, 0, 1, 1, 2, 3, 5, 8, 40};
    static const char *const texts[] = {"a", "b", "cc", "a longer text than the others"};
    int64_t at = 1000;
    for (uint32_t i = 0; i < EVENTS; i++) {
        struct row *r = &rows[i];
        at += steps[pick(10)];
        *r = (struct row){.key = pick(3), .at = at * NS_PER_S};
        r->v[N] = value_int((int64_t)pick(9) - 2);
        r->v[F] = value_float(full_float());
        r->v[G] = value_float(pick(60) ? ((double)pick(1u << 20) - 5e5) / 1024 : 1e200);
        r->v[D] = (struct value){.i = (int64_t)pick(100000) - 50000, .type = VALUE_DECIMAL,
                                 .digits = 2};
        r->v[T] = value_str(str_of(texts[pick(4)]));
        for (uint32_t f = N; f <= T; f++)
            if (pick(6) == 0) r->v[f] = value_null();
    }
}

/* ---- aggregates ------------------------------------------------------------------------------ */

struct spec {
    enum window_aggregate kind;
    uint32_t field;  /* 0: none */
    bool change;     /* n - prev(n) */
    uint32_t where;  /* 0: none, 1: n > 2, 2: t = "a" */
    uint32_t window; /* 0: over, 1: over prior, 2: over last, 3: over step */
    int64_t length;  /* seconds, events */
    int64_t step;    /* seconds */
    bool panes;      /* what is no exact sum is null */
    uint32_t percent;
};

static struct spec random_spec(void) {
    static const uint32_t percents[] = {0, 7, 50, 95, 100};
    struct spec s = {.kind = (enum window_aggregate)pick(WINDOW_AGGREGATES), .where = pick(3),
                     .window = pick(4), .length = 1 + pick(pick(2) ? 6 : 60)};
    if (s.window == 3) {
        s.step = 1 + pick(9);
        s.length *= s.step;
        s.panes = true;
    }
    s.percent = percents[pick(5)];
    if (s.kind != WINDOW_COUNT || pick(2)) s.field = N + pick(s.kind == WINDOW_STDDEV ? 3 : 5);
    if (s.kind == WINDOW_SUM || s.kind == WINDOW_AVG) s.field = (uint32_t[]){N, F, D}[pick(3)];
    if (s.kind == WINDOW_STDDEV) s.field = pick(2) ? N : G;
    s.change = s.field == N && pick(3) == 0;
    return s;
}

static void spec_text(const struct spec *s, struct buf *out) {
    static const char *const names[] = {"count", "sum", "avg", "min", "max", "stddev", "distinct",
                                        "first", "last", "percentile"};
    static const char *const fields[] = {[N] = "n", [F] = "f", [G] = "g", [D] = "d", [T] = "t"};
    static const char *const wheres[] = {"", " where n > 2", " where t = \"a\""};
    buf_printf(out, "%s(%s", names[s->kind], s->change ? "n - prev(n)" : s->field ? fields[s->field]
                                                                               : "");
    if (s->kind == WINDOW_PERCENTILE) buf_printf(out, ", %u", s->percent);
    buf_printf(out, "%s)", wheres[s->where]);
}

/* ---- from scratch ---------------------------------------------------------------------------- */

static struct value field_value(const struct spec *s, uint32_t row) {
    struct value v = rows[row].v[s->field];
    if (!s->change) return v;
    uint32_t before = row;
    while (before > 0 && rows[before - 1].key != rows[row].key) before--;
    if (before == 0 || value_is_null(v) || value_is_null(rows[before - 1].v[N]))
        return value_null();
    return value_int(v.i - rows[before - 1].v[N].i);
}

static bool counts(const struct spec *s, uint32_t row) {
    const struct value *v = rows[row].v;
    if (s->where == 1) return v[N].type && v[N].i > 2;
    if (s->where == 2) return v[T].type && str_equal(v[T].s, STR("a"));
    return true;
}

/* The values of the events that are not null, in order; a count without a field counts events. */
static uint32_t values_of(const struct spec *s, const uint32_t *in, uint32_t n,
                          struct value *out) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!counts(s, in[i])) continue;
        struct value v = s->field ? field_value(s, in[i]) : value_int(1);
        if (!value_is_null(v)) out[kept++] = v;
    }
    return kept;
}

static double unit_of(const struct spec *s) {
    return s->field == F ? 0x1p56 : s->field == G ? 0x1p10 : 1;
}

static __int128 whole(const struct spec *s, struct value v) {
    if (v.type != VALUE_FLOAT) return v.i;
    return (__int128)(v.f * unit_of(s)); /* exact: it is a multiple of the unit */
}

static struct value by_order(const struct spec *s, const struct value *v, uint32_t n) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++) sum += v[i].f;
    if (s->kind == WINDOW_SUM) return value_float(sum);
    if (s->kind == WINDOW_AVG) return value_float(sum / n);
    for (uint32_t i = 0; i < n; i++) squares += (v[i].f - sum / n) * (v[i].f - sum / n);
    double f = sqrt(squares / (n - 1.0));
    return isfinite(f) ? value_float(f) : value_null();
}

static struct value sum_of(const struct spec *s, const struct value *v, uint32_t n) {
    __int128 sum = 0, squares = 0;
    bool floats = s->field == F || s->field == G;
    if ((s->kind == WINDOW_AVG && n == 0) || (s->kind == WINDOW_STDDEV && n < 2))
        return value_null();
    for (uint32_t i = 0; i < n; i++)
        if (floats && fabs(v[i].f) > 1e100) return s->panes ? value_null() : by_order(s, v, n);
    for (uint32_t i = 0; i < n; i++) {
        sum += whole(s, v[i]);
        if (s->kind == WINDOW_STDDEV) squares += whole(s, v[i]) * whole(s, v[i]);
    }
    if (s->kind == WINDOW_STDDEV) {
        double above = (double)(squares * n - sum * sum) / unit_of(s) / unit_of(s);
        return value_float(sqrt(above / ((double)n * (n - 1.0))));
    }
    if (s->kind == WINDOW_AVG)
        return value_float((double)sum / (s->field == D ? 100 : unit_of(s)) / n);
    if (floats) return value_float((double)sum / unit_of(s));
    return (struct value){.i = (int64_t)sum, .type = s->field == D ? VALUE_DECIMAL : VALUE_INT,
                          .digits = s->field == D ? 2 : 0};
}

static uint32_t not_above(const struct value *v, uint32_t n, struct value x) {
    uint32_t found = 0;
    for (uint32_t i = 0; i < n; i++) found += value_compare(v[i], x) <= 0;
    return found;
}

/* What the aggregate gives over rows in[0], in[1], … of one key. */
static struct value recompute(const struct spec *s, const uint32_t *in, uint32_t n_in) {
    struct value v[EVENTS], best = value_null();
    uint32_t n = values_of(s, in, n_in, v), different = 0;
    if (s->kind == WINDOW_COUNT) return value_int(n);
    if (s->kind == WINDOW_SUM || s->kind == WINDOW_AVG || s->kind == WINDOW_STDDEV)
        return sum_of(s, v, n);
    if (s->kind == WINDOW_FIRST) return n ? v[0] : best;
    if (s->kind == WINDOW_LAST) return n ? v[n - 1] : best;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = 0;
        while (value_compare(v[k], v[i]) != 0) k++;
        different += k == i;
        bool better = value_is_null(best);
        if (s->kind == WINDOW_MIN) better |= value_compare(v[i], best) < 0;
        if (s->kind == WINDOW_MAX) better |= value_compare(v[i], best) > 0;
        if (s->kind == WINDOW_PERCENTILE) {
            bool enough = not_above(v, n, v[i]) * 100 >= s->percent * n;
            better = enough && (better || value_compare(v[i], best) < 0);
        }
        if (better) best = v[i];
    }
    return s->kind == WINDOW_DISTINCT ? value_int(different) : best;
}

/* ---- the engine ------------------------------------------------------------------------------ */


static void set_field(struct batch *b, const struct schema_field *s, uint32_t field,
                      struct value v) {
    if (!s[field].used || value_is_null(v)) return;
    if (v.type == VALUE_FLOAT) batch_set_float(b, (uint16_t)field, v.f);
    else if (v.type == VALUE_STRING) batch_set_str(b, (uint16_t)field, v.s);
    else batch_set_int(b, (uint16_t)field, v.i);
}

/* All rows to an engine of `p`, in batches of `size`. */
static void feed_rows(struct engine *e, const struct program *p, uint32_t size) {
    struct batch *b = batch_new(&p->streams[0], 0, size);
    for (uint32_t i = 0; i < EVENTS; i++) {
        batch_set_int(b, AT, rows[i].at);
        batch_set_int(b, K, rows[i].key);
        for (uint32_t f = N; f <= T; f++) set_field(b, p->streams[0].fields, f, rows[i].v[f]);
        batch_commit(b, i);
        if (b->n < size && i + 1 < EVENTS) continue;
        engine_open(e, b);
        engine_feed(e, b, 0, b->n);
        batch_reset(b);
    }
    batch_free(&b);
}

static bool same(struct value a, struct value b) {
    if (a.type != b.type || a.digits != b.digits) return false;
    if (a.type == VALUE_FLOAT) return memcmp(&a.f, &b.f, sizeof a.f) == 0;
    return value_compare(a, b) == 0;
}

#endif
