/* test_panes: windows that close against a slow twin: random rules of `every` over random streams.
 * The twin makes the list of windows from the list of events, as the language says it, and
 * computes each aggregate from the window's events; windows, their order and each value must be
 * equal bit for bit, for batches of 1, 7 and 1024 rows, with time that stops at the last event and
 * with time that goes on. A failure prints seed and rule.
 *
 * Calendar windows lie around the days on which clocks change in Paris: 29 March 2026 has 23 hours,
 * without 02:30; 25 October has 25, with 02:30 twice.
 */
#include "engine/zone.h"
#include "tests/unit/whole/recompute.h"

enum { PAIRS = 1500, MOST_WINDOWS = EVENTS * 80 };

/* ---- rules ----------------------------------------------------------------------------------- */

enum every_kind_of { TUMBLING, HOPPING, CALENDAR, SESSION, EVERY_KINDS };

struct shape { /* seconds; CALENDAR: days, minutes after midnight */
    enum every_kind_of kind;
    int64_t period, length, minute;
    bool paris;
    uint32_t least; /* when count() >= least */
};

static struct zone *paris;

static struct shape random_shape(void) {
    static const int64_t days[] = {1, 1, 1, 2, 3, 7, 14};
    struct shape s = {.kind = (enum every_kind_of)pick(EVERY_KINDS), .least = pick(4)};
    s.period = s.length = 1 + pick(pick(2) ? 8 : 60);
    if (s.kind == HOPPING) s.length = 1 + pick(30);
    if (s.kind == CALENDAR) {
        s.period = days[pick(7)];
        s.paris = pick(4) != 0;
        s.minute = pick(2) ? 150 : pick(1440);
    }
    return s;
}

static void shape_text(const struct shape *s, struct buf *out) {
    if (s->kind == SESSION) buf_text(out, "session gap ");
    buf_printf(out, "%lld%s", (long long)s->period, s->kind == CALENDAR ? "d" : "s");
    if (s->kind == HOPPING) buf_printf(out, " over %llds", (long long)s->length);
    if (s->kind == CALENDAR)
        buf_printf(out, " at %02d:%02d%s", (int)s->minute / 60, (int)s->minute % 60,
                   s->paris ? " in \"Europe/Paris\"" : "");
}

/* Some days around a change of the clock, instead of seconds. */
static void spread_rows(void) {
    static const int64_t from[] = {INT64_C(1774656000) /* 2026-03-28 */,
                                   INT64_C(1792800000) /* 2026-10-24 */, -86400};
    int64_t start = from[pick(3)] * NS_PER_S, scale = 1 + pick(40) * 60;
    for (uint32_t i = 0; i < EVENTS; i++) rows[i].at = start + rows[i].at * scale / 10;
}

/* ---- the twin: windows ----------------------------------------------------------------------- */

struct closed {
    int64_t key, start, end;
    uint32_t in[EVENTS], n;
};

struct windows_list {
    struct closed v[MOST_WINDOWS];
    uint32_t n;
};

static void add_window(struct windows_list *l, int64_t key, int64_t start, int64_t end) {
    struct closed w = {.key = key, .start = start, .end = end};
    for (uint32_t i = 0; i < EVENTS; i++)
        if (rows[i].key == key && rows[i].at >= start && rows[i].at < end) w.in[w.n++] = i;
    if (!w.n) return;
    assert_true(l->n < MOST_WINDOWS);
    l->v[l->n++] = w;
}

static void add_sessions(struct windows_list *l, int64_t key, int64_t gap) {
    int64_t start = INT64_MIN, last = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        if (rows[i].key != key) continue;
        if (start != INT64_MIN && rows[i].at - last >= gap) {
            add_window(l, key, start, last + gap);
            start = INT64_MIN;
        }
        if (start == INT64_MIN) start = rows[i].at;
        last = rows[i].at;
    }
    if (start != INT64_MIN) add_window(l, key, start, last + gap);
}

static int64_t boundary(const struct shape *s, int64_t day) {
    int64_t local = day * NS_PER_DAY + s->minute * NS_PER_MIN;
    return s->paris ? zone_instant(paris, local) : local;
}

/* From a Monday where the days are weeks. */
static void add_days(struct windows_list *l, const struct shape *s, int64_t key) {
    int64_t from = s->period % 7 ? 0 : 4;
    int64_t first = rows[0].at / NS_PER_DAY - 40, last = rows[EVENTS - 1].at / NS_PER_DAY + 40;
    for (int64_t day = first; day <= last; day++)
        if ((day - from) % s->period == 0)
            add_window(l, key, boundary(s, day), boundary(s, day + s->period));
}

static int by_close(const void *a, const void *b) {
    const struct closed *x = a, *y = b;
    if (x->end != y->end) return x->end < y->end ? -1 : 1;
    return x->key < y->key ? -1 : x->key > y->key;
}

static void windows_of(const struct shape *s, bool drain, struct windows_list *l) {
    l->n = 0;
    for (int64_t key = 0; key < 3; key++) {
        if (s->kind == SESSION) add_sessions(l, key, s->period * NS_PER_S);
        if (s->kind == CALENDAR) add_days(l, s, key);
        int64_t p = s->period * NS_PER_S, most = rows[EVENTS - 1].at + (s->length + 1) * NS_PER_S;
        for (int64_t end = 0; s->kind <= HOPPING && end <= most + p; end += p)
            add_window(l, key, end - s->length * NS_PER_S, end);
    }
    qsort(l->v, l->n, sizeof l->v[0], by_close);
    while (!drain && l->n && l->v[l->n - 1].end > rows[EVENTS - 1].at) l->n--;
}

/* ---- the engine ------------------------------------------------------------------------------ */

struct results {
    struct arena arena;
    struct closed v[MOST_WINDOWS]; /* in[]: offsets of the first and the last event */
    struct value emitted[MOST_WINDOWS][SPECS];
    uint32_t n;
};

static void on_alert(void *context, const struct alert *a) {
    struct results *r = context;
    assert_true(r->n < MOST_WINDOWS);
    assert_int_equal(a->nmatched, 2);
    r->v[r->n] = (struct closed){
        .key = a->key[0].i, .start = a->start_ns, .end = a->end_ns,
        .in = {(uint32_t)a->matched[0].positions[0].offset,
               (uint32_t)a->matched[1].positions[0].offset}};
    for (uint32_t i = 0; i < SPECS; i++)
        r->emitted[r->n][i] = value_copy(&r->arena, a->emit[i].value);
    assert_int_equal(a->emit[SPECS].value.i, a->key[0].i);
    assert_int_equal(a->emit[SPECS + 1].value.i, a->start_ns);
    assert_int_equal(a->emit[SPECS + 2].value.i, a->end_ns);
    r->n++;
}

static void run(struct program *p, uint32_t size, bool drain, struct results *out) {
    const char *why;
    struct engine_options options = {.alert = on_alert, .alert_context = out};
    struct engine *e = engine_new(p, &options, &why);
    assert_non_null(e);
    out->n = 0;
    feed_rows(e, p, size);
    engine_finish(e, drain);
    struct engine_counters c;
    engine_counters(e, &c);
    if (drain && p->groups[0].inputs[0].nprevs == 0) assert_int_equal(c.keys, 0);
    engine_free(&e);
}

struct pair {
    uint64_t seed;
    const char *rules;
    const struct spec *specs;
    const struct shape *shape;
};

static void wrong(const struct pair *p, uint32_t size, const struct closed *w, const char *what) {
    print_error("seed %llu, batches of %u: %s: key %lld, %lld to %lld, %u events\n%s\n",
                (unsigned long long)p->seed, size, what, (long long)w->key, (long long)w->start,
                (long long)w->end, w->n, p->rules);
    fail();
}

static void compare(const struct pair *p, uint32_t size, const struct windows_list *windows,
                    const struct results *r) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < windows->n; i++) {
        const struct closed *w = &windows->v[i];
        if (w->n < p->shape->least) continue;
        if (n == r->n) wrong(p, size, w, "missing");
        const struct closed *got = &r->v[n];
        if (got->key != w->key || got->start != w->start || got->end != w->end)
            wrong(p, size, got, "another window");
        if (got->in[0] != w->in[0] || got->in[1] != w->in[w->n - 1])
            wrong(p, size, w, "its first or last event");
        for (uint32_t k = 0; k < SPECS; k++) {
            struct value wanted = recompute(&p->specs[k], w->in, w->n);
            if (same(r->emitted[n][k], wanted)) continue;
            struct buf text;
            buf_init(&text);
            buf_printf(&text, "e%u: ", k);
            value_text(&text, r->emitted[n][k]);
            buf_text(&text, ", not ");
            value_text(&text, wanted);
            wrong(p, size, w, buf_cstr(&text));
        }
        n++;
    }
    if (n < r->n) wrong(p, size, &r->v[n], "too many");
}

static void closed_windows_are_what_recomputing_gives(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 7, 1024};
    static struct results results;
    static struct windows_list windows;
    const char *why;
    paris = zone_load(STR("Europe/Paris"), &why);
    assert_non_null(paris);
    for (uint64_t seed = 1; seed <= PAIRS; seed++) {
        struct spec specs[SPECS];
        struct arena arena;
        struct buf text;
        random_state = seed;
        arena_init(&arena);
        buf_init(&text);
        struct shape shape = random_shape();
        buf_text(&text, STREAM "rule r { on s by k every ");
        shape_text(&shape, &text);
        buf_printf(&text, " when count() >= %u emit", shape.least);
        for (uint32_t i = 0; i < SPECS; i++) {
            specs[i] = random_spec();
            specs[i].panes = true;
            buf_printf(&text, "\n  e%u: ", i);
            spec_text(&specs[i], &text);
            buf_char(&text, ',');
        }
        buf_text(&text, "\n  k: k, from: window_start(), to: window_end()\n}\n");
        random_rows();
        if (shape.kind == CALENDAR) spread_rows();
        struct program *p = compiled(&arena, buf_cstr(&text));
        struct pair pair = {seed, buf_cstr(&text), specs, &shape};
        bool drain = pick(2);
        windows_of(&shape, drain, &windows);
        for (uint32_t i = 0; i < 3; i++) {
            arena_init(&results.arena);
            run(p, sizes[i], drain, &results);
            compare(&pair, sizes[i], &windows, &results);
            arena_fini(&results.arena);
        }
        program_drop(&p);
        buf_fini(&text);
        arena_fini(&arena);
    }
    zone_free(&paris);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_windows_are_what_recomputing_gives)};
    return cmocka_run_group_tests_name("panes", tests, NULL, NULL);
}
