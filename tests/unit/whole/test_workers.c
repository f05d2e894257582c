/* test_workers: the same alerts, ids and counters for 1, 2, 3 and 8 workers as for one engine:
 * rules of all kinds, several keys and streams, rules that read rules, slices of any length, time
 * that passes without events, late events, the end with and without drain. Also run under
 * ThreadSanitizer: `make unit LAYER=whole SAN=thread`. */
#include "tests/unit/whole/everything.h"

#include "engine/workers.h"

/* ---- runs ------------------------------------------------------------------------------------ */

static void say_late(void *context, const struct batch *batch, uint32_t row, int64_t newest_ns) {
    buf_printf(context, "late %llu %lld\n", (unsigned long long)batch->offset[row],
               (long long)newest_ns);
}

static void say_counters(struct buf *out, const struct engine_counters *c,
                         const struct run_counters *r, const uint64_t *by_rule, uint32_t n) {
    buf_printf(out, "%llu events %llu late %llu null %llu visits %llu alerts %llu keys; ",
               (unsigned long long)c->events, (unsigned long long)c->late,
               (unsigned long long)c->null_keys, (unsigned long long)c->visits,
               (unsigned long long)c->alerts, (unsigned long long)c->keys);
    buf_printf(out, "%llu started %llu expired %llu live\n", (unsigned long long)r->started,
               (unsigned long long)r->expired, (unsigned long long)r->live);
    for (uint32_t i = 0; i < n; i++) buf_printf(out, "%llu ", (unsigned long long)by_rule[i]);
}

static struct program *compile(struct fixture *f) {
    open_rules(f, everything);
    return f->program;
}

/* Late events are told at once, alerts when they are complete: two texts. */
static void run_workers(struct program *p, const struct events *e, uint32_t n, bool drain,
                        struct buf *alerts, struct buf *late) {
    const char *why;
    struct engine_options o = {
        .alert = say, .alert_context = alerts, .late = say_late, .late_context = late};
    struct workers *w = workers_new(p, &o, n, &why);
    assert_non_null(w);
    for (uint32_t i = 0; i < e->n; i++) {
        struct batch *b = e->batch[i];
        workers_open(w, b);
        for (uint32_t first = 0, part; first < b->n; first += part) {
            part = 1 + below(b->n - first);
            workers_feed(w, b, first, part);
            if (below(20) == 0) workers_settle(w);
        }
        if (below(10) == 0) workers_advance(w, batch_times(b)[b->n - 1] + NS_PER_S);
    }
    workers_finish(w, drain);
    struct engine_counters c;
    struct run_counters r;
    uint64_t by_rule[32];
    workers_counters(w, &c);
    workers_run_counters(w, &r);
    workers_alerts_by_rule(w, by_rule);
    say_counters(alerts, &c, &r, by_rule, p->nrules);
    workers_free(&w);
}

static void compare(const char *what, uint32_t n, const struct buf *want, const struct buf *came) {
    if (str_equal(buf_view(want), buf_view(came))) return;
    size_t i = 0;
    while (i < want->n && i < came->n && want->p[i] == came->p[i]) i++;
    while (i && want->p[i - 1] != '\n') i--;
    print_error("%s, %u workers, seed %u:\nwanted %.200s\ncame   %.200s\n", what, n, seed,
                want->p + i, came->p + i);
    fail();
}

static void same_for_all(void **state) {
    (void)state;
    for (unsigned round = 1; round <= 12; round++) {
        struct fixture f;
        struct events e;
        struct buf want, want_late, came, came_late;
        static const uint32_t counts[] = {2, 3, 8};
        seed = round;
        struct program *p = compile(&f);
        buf_init(&want), buf_init(&want_late), buf_init(&came), buf_init(&came_late);
        draw(&e, p);
        unsigned after = seed;
        run_workers(p, &e, 1, round % 2, &want, &want_late);
        assert_true(want.n > 2000);
        for (size_t i = 0; i < 3; i++) {
            buf_reset(&came), buf_reset(&came_late);
            seed = after; /* time passes at the same places; slices too */
            run_workers(p, &e, counts[i], round % 2, &came, &came_late);
            compare("alerts", counts[i], &want, &came);
            compare("late events", counts[i], &want_late, &came_late);
        }
        for (uint32_t i = 0; i < e.n; i++) batch_free(&e.batch[i]);
        buf_fini(&want), buf_fini(&want_late), buf_fini(&came), buf_fini(&came_late);
        close_rules(&f);
    }
}

/* Every key is used by one worker and by no other: with so many keys none stays without. */
static void shares(void **state) {
    (void)state;
    struct fixture f;
    struct events e;
    struct buf alerts, late;
    const char *why;
    seed = 7;
    struct program *p = compile(&f);
    buf_init(&alerts), buf_init(&late);
    draw(&e, p);
    struct engine_options o = {0};
    struct workers *w = workers_new(p, &o, 3, &why);
    for (uint32_t i = 0; i < e.n; i++) {
        workers_open(w, e.batch[i]);
        workers_feed(w, e.batch[i], 0, e.batch[i]->n);
    }
    workers_settle(w);
    uint64_t keys = 0;
    for (uint32_t i = 1; i < workers_count(w); i++) {
        struct engine_counters c;
        engine_counters(workers_engine(w, i), &c);
        assert_true(c.keys > 10);
        keys += c.keys;
    }
    struct engine_counters all, first;
    workers_counters(w, &all);
    engine_counters(workers_engine(w, 0), &first);
    assert_int_equal(all.keys, keys + first.keys);
    workers_free(&w);
    for (uint32_t i = 0; i < e.n; i++) batch_free(&e.batch[i]);
    buf_fini(&alerts), buf_fini(&late);
    close_rules(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_for_all), cmocka_unit_test(shares)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
