/* sums: see sums.h. */
#include "engine/sums.h"

#include <math.h>
#include <string.h>

struct value value_finite(double f) { return isfinite(f) ? value_float(f) : value_null(); }

static bool has_sum(struct sums_of of) {
    return of.kind == WINDOW_SUM || of.kind == WINDOW_AVG || of.kind == WINDOW_STDDEV;
}

static bool is_odd(struct sums_of of, double x) {
    if (of.kind != WINDOW_STDDEV) return fabs(x) >= 0x1p960;
    return x != 0 && (fabs(x) < 0x1p-480 || fabs(x) >= 0x1p450);
}

uint32_t sums_bytes(struct sums_of of) {
    if (of.kind == WINDOW_STDDEV) return sizeof(struct sums);
    if (!has_sum(of)) return offsetof(struct sums, whole);
    bool floats = of.type == VALUE_FLOAT;
    return offsetof(struct sums, whole) + (floats ? sizeof(struct exact) : sizeof(wide));
}

void sums_add(struct sums *s, struct sums_of of, struct heap *heap, struct value v, bool away) {
    s->n += away ? -1U : 1U;
    if (!has_sum(of)) return;
    if (of.type != VALUE_FLOAT) {
        s->whole += away ? -(wide)v.i : (wide)v.i;
    } else if (is_odd(of, v.f)) {
        s->odd += away ? -1U : 1U;
    } else {
        exact_add(&s->sum, heap, away ? -v.f : v.f);
        if (of.kind == WINDOW_STDDEV) exact_product(&s->squares, heap, v.f, v.f, away);
    }
}

static void exact_join(struct exact *e, struct heap *heap, const struct exact *more, bool away) {
    for (uint32_t i = 0; i < more->n; i++) {
        double part = exact_parts(more)[i];
        exact_add(e, heap, away ? -part : part);
    }
}

void sums_join(struct sums *s, struct sums_of of, struct heap *heap, const struct sums *more,
               bool away) {
    s->n += away ? -more->n : more->n;
    if (!has_sum(of)) return;
    s->odd += away ? -more->odd : more->odd;
    if (of.type != VALUE_FLOAT) {
        s->whole += away ? -more->whole : more->whole;
        return;
    }
    exact_join(&s->sum, heap, &more->sum, away);
    if (of.kind == WINDOW_STDDEV) exact_join(&s->squares, heap, &more->squares, away);
}

void sums_clear(struct sums *s, struct sums_of of, struct heap *heap) {
    if (has_sum(of) && of.type == VALUE_FLOAT) {
        exact_clear(&s->sum, heap);
        if (of.kind == WINDOW_STDDEV) exact_clear(&s->squares, heap);
    }
    memset(s, 0, sums_bytes(of));
}

static struct value whole_result(const struct sums *s, struct sums_of of) {
    if (of.kind == WINDOW_AVG) {
        double unit = 1;
        for (uint8_t i = 0; i < of.digits; i++) unit *= 10;
        return value_float((double)s->whole / unit / s->n);
    }
    if (s->whole > INT64_MAX || s->whole < INT64_MIN) return value_null();
    return (struct value){.i = (int64_t)s->whole, .type = of.type, .digits = of.digits};
}

static struct value deviation(const struct sums *s, struct heap *heap) {
    struct exact d = {0};
    for (uint32_t i = 0; i < s->squares.n; i++)
        exact_product(&d, heap, exact_parts(&s->squares)[i], s->n, false);
    for (uint32_t i = 0; i < s->sum.n; i++)
        for (uint32_t k = 0; k < s->sum.n; k++)
            exact_product(&d, heap, exact_parts(&s->sum)[i], exact_parts(&s->sum)[k], true);
    double numerator = exact_round(&d);
    exact_clear(&d, heap);
    return value_finite(sqrt(numerator / ((double)s->n * (s->n - 1.0))));
}

struct value sums_result(const struct sums *s, struct sums_of of, struct heap *heap) {
    switch (of.kind) {
    case WINDOW_AVG:
        if (s->n == 0) return value_null();
        /* fall through */
    case WINDOW_SUM:
        if (of.type != VALUE_FLOAT) return whole_result(s, of);
        return value_finite(exact_round(&s->sum) / (of.kind == WINDOW_AVG ? s->n : 1));
    case WINDOW_STDDEV: return s->n < 2 ? value_null() : deviation(s, heap);
    default: return value_int(s->n);
    }
}
