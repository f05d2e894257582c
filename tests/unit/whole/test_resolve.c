/* test_resolve: alerts that close: against a plain loop over the events, with keys, values and
 * times drawn by lot, in batches of any size; and each bound by itself.
 */
#include "tests/unit/whole/support.h"

/* The alerts without the quotes around keys. */
static const char *told(struct fixture *f) {
    size_t n = 0;
    for (size_t i = 0; i < f->out.n; i++)
        if (f->out.p[i] != '"') f->out.p[n++] = f->out.p[i];
    f->out.n = n;
    return buf_cstr(&f->out);
}

/* The last engine is left open. */
static void expect(struct fixture *f, const char *text, const char *events, const char *wanted) {
    for (uint32_t size = 1; size <= 64; size *= 8) {
        open_rules(f, text);
        rows(f, events, size, 0);
        engine_finish(f->engine, false);
        assert_string_equal(told(f), wanted);
        if (size < 64) close_rules(f);
    }
}

static void by_event(void **state) {
    (void)state;
    struct fixture f;
    expect(&f,
           STREAM "rule r { on s by k match a then b where a: n > 50 b: n > a.n emit n: b.n\n"
                  "  after match no skip unbounded\n"
                  "  resolve when n < a.n - 10 and prev(n) < 80 emit at resolve n: n, was: a.n,\n"
                  "  all: collect(b.n), c: count(a) }",
           "a 1000 60 -\na 2000 70 -\na 4000 55 -\na 5000 80 -\na 6000 49 -\n"
           "a 7000 44 -\n",
           "r a 1000..2000 n=70\nr a 2000..5000 n=80\nr a 4000..5000 n=80\n"
           "at 7000 resolved r a 1000..2000 n=44 was=60 all=[70] c=1\n"
           "at 7000 resolved r a 2000..5000 n=44 was=70 all=[80] c=1\n"
           "at 7000 resolved r a 4000..5000 n=44 was=55 all=[80] c=1\n");
    close_rules(&f);
}

static void opening_does_not_close(void **state) {
    (void)state;
    struct fixture f;
    expect(&f,
           STREAM "rule r { on s by k when n > 3 resolve when n > event.n - 5\n"
                  "  emit at resolve by: n, of: event.n }",
           "a 1000 4 -\na 2000 5 -\nb 2000 9 -\n-  3000 9 -\n",
           "r a 1000..1000\n"
           "at 2000 resolved r a 1000..1000 by=5 of=4\n"
           "r a 2000..2000\n"
           "r b 2000..2000\n");
    assert_int_equal(resolver_counters(engine_resolver(f.engine), 0)->open, 2);
    close_rules(&f);
}

/* The clock rings behind the events of its time; a row of nulls is its event. */
static void by_clock(void **state) {
    (void)state;
    struct fixture f;
    expect(&f,
           STREAM "rule r { on s by k match a where a: n > 3 emit n: n resolve when n = 0\n"
                  "  resolve after 2s emit at resolve n: n ?? -1, was: a.n }",
           "a 1000 4 -\nb 1000 5 -\na 3000 0 -\nc 3000 0 -\nd 9000 7 -\n",
           "r a 1000..1000 n=4\n"
           "r b 1000..1000 n=5\n"
           "at 3000 resolved r a 1000..1000 n=0 was=4\n"
           "at 3000 resolved r b 1000..1000 n=-1 was=5\n"
           "r d 9000..9000 n=7\n");
    close_rules(&f);
}

/* What the clock opens closes by the clock, too; a timeout is an alert like any other. */
static void clock_after_clock(void **state) {
    (void)state;
    struct fixture f;
    expect(&f,
           STREAM "rule silent { on s by k match a then no b for 1s where a: n = 1 b: n = 2\n"
                  "  emit n: a.n resolve after 500ms emit at resolve m: a.n }\n"
                  "rule late { on s by k match a then b within 1s where a: n = 1 b: n = 2\n"
                  "  timeout emit at: step() resolve after 1s emit at resolve m: a.n }",
           "a 1000 1 -\nb 9000 3 -\n",
           "silent a 1000..2000 n=1\n"
           "timeout late a 1000..2000 at=a\n"
           "at 2500 resolved silent a 1000..2000 m=1\n"
           "at 3000 resolved late a 1000..2000 m=1\n");
    char *ids[4], *at = (char *)buf_cstr(&f.ids);
    for (int i = 0; i < 4; i++, at += 33) ids[i] = at;
    assert_memory_equal(ids[0], ids[2], 32);
    assert_memory_equal(ids[1], ids[3], 32);
    close_rules(&f);
}

/* The longest match ended before it was told: it closes no earlier than it opened. */
static void told_late(void **state) {
    (void)state;
    struct fixture f;
    expect(&f,
           STREAM "rule r { on s by k match longest a+ within 10s where a: n = 1 emit c: count(a)\n"
                  "  resolve after 1s }",
           "a 1000 1 -\na 2000 1 -\nb 30000 3 -\n",
           "r a 1000..2000 c=2\n"
           "at 11000 resolved r a 1000..2000\n");
    close_rules(&f);
}

static void at_the_limit(void **state) {
    (void)state;
    struct fixture f;
    expect(&f,
           STREAM "rule r { on s by k match a where a: n > 3 limit 2 runs resolve when n = 0 \n"
                  "  emit at resolve n: a.n }",
           "a 1000 4 -\na 2000 5 -\na 3000 6 -\nb 3000 7 -\na 4000 0 -\na 5000 0 -\n",
           "r a 1000..1000\nr a 2000..2000\nr a 3000..3000\nr b 3000..3000\n"
           "at 4000 resolved r a 2000..2000 n=5\nat 4000 resolved r a 3000..3000 n=6\n");
    const struct resolve_counters *c = resolver_counters(engine_resolver(f.engine), 0);
    assert_int_equal(c->dropped, 1);
    assert_int_equal(c->resolved, 2);
    assert_int_equal(c->open, 1);
    close_rules(&f);
}

static void forgotten(void **state) {
    (void)state;
    struct fixture f;
    expect(&f,
           STREAM "rule r { on s by k match a where a: n > 3 forget after 5s resolve when n = 0\n"
                  "  resolve after 8s }",
           "a 1000 4 -\nb 1000 4 -\nb 5000 1 -\na 7000 0 -\nb 20000 0 -\n",
           "r a 1000..1000\nr b 1000..1000\nat 9000 resolved r b 1000..1000\n");
    const struct resolve_counters *c = resolver_counters(engine_resolver(f.engine), 0);
    assert_int_equal(c->forgotten, 1);
    assert_int_equal(c->open, 0);
    close_rules(&f);
}

/* What is not sent does not open. */
static void held_back(void **state) {
    (void)state;
    struct fixture f;
    expect(&f,
           STREAM "rule r { on s by k match a where a: n > 3 once per 10s emit n: n\n"
                  "  except nine: n = 9 resolve when n = 0 emit at resolve n: a.n }",
           "a 1000 9 -\na 2000 4 -\na 3000 5 -\na 4000 0 -\n",
           "r a 2000..2000 n=4\nat 4000 resolved r a 2000..2000 n=4\n");
    close_rules(&f);
}

/* ---- against a plain loop -------------------------------------------------------------------- */

enum { ROWS = 500, KEYS = 5, LIMIT = 3, AFTER_MS = 9000 };

static const char twin_rules[] =
    STREAM "rule r { on s by k match a where a: n > 50 emit n: n limit 3 runs resolve after 9s\n"
           "  resolve when n < a.n - 40 emit at resolve n: n ?? -1, was: a.n }";

struct row {
    int64_t at;
    int key;
    int64_t n;
};

struct twin { /* of each key the open ones, oldest first */
    struct buf out;
    struct row open[KEYS][LIMIT + 1];
    int n[KEYS];
    uint64_t dropped;
};

static void close_one(struct twin *t, int key, int i, int64_t at, int64_t n) {
    struct row r = t->open[key][i];
    buf_printf(&t->out, "at %lld resolved r k%d %lld..%lld n=%lld was=%lld\n", (long long)at, key,
               (long long)r.at, (long long)r.at, (long long)n, (long long)r.n);
    memmove(&t->open[key][i], &t->open[key][i + 1], (size_t)(--t->n[key] - i) * sizeof r);
}

/* Due before `now`, in order of time, then key. */
static void twin_clock(struct twin *t, int64_t now) {
    for (;;) {
        int64_t due = now;
        int key = -1;
        for (int k = 0; k < KEYS; k++) {
            if (!t->n[k] || t->open[k][0].at + AFTER_MS >= due) continue;
            due = t->open[k][0].at + AFTER_MS;
            key = k;
        }
        if (key < 0) return;
        close_one(t, key, 0, due, -1);
    }
}

static void twin_row(struct twin *t, struct row r) {
    twin_clock(t, r.at);
    for (int i = 0; i < t->n[r.key];) {
        if (r.n < t->open[r.key][i].n - 40) close_one(t, r.key, i, r.at, r.n);
        else i++;
    }
    if (r.n <= 50) return;
    buf_printf(&t->out, "r k%d %lld..%lld n=%lld\n", r.key, (long long)r.at, (long long)r.at,
               (long long)r.n);
    t->open[r.key][t->n[r.key]++] = r;
    if (t->n[r.key] <= LIMIT) return;
    memmove(&t->open[r.key][0], &t->open[r.key][1], LIMIT * sizeof r);
    t->n[r.key]--;
    t->dropped++;
}

static void against_the_twin(void **state) {
    (void)state;
    for (unsigned seed = 1; seed <= 40; seed++) {
        unsigned lot = seed;
        struct twin t = {0};
        struct buf text;
        struct row r = {0};
        buf_init(&text);
        buf_init(&t.out);
        for (int i = 0; i < ROWS; i++) {
            r.at += rand_r(&lot) % 20 == 0 ? 12000 : rand_r(&lot) % 4 * 500;
            r.key = rand_r(&lot) % KEYS;
            r.n = rand_r(&lot) % 100;
            buf_printf(&text, "k%d %lld %lld -\n", r.key, (long long)r.at, (long long)r.n);
            twin_row(&t, r);
        }
        twin_clock(&t, r.at + 1);
        static const uint32_t sizes[] = {1, 7, 64, 1024};
        struct fixture f;
        open_rules(&f, twin_rules);
        rows(&f, buf_cstr(&text), sizes[seed % 4], 0);
        engine_finish(f.engine, false);
        assert_string_equal(told(&f), buf_cstr(&t.out));
        assert_int_equal(resolver_counters(engine_resolver(f.engine), 0)->dropped, t.dropped);
        close_rules(&f);
        buf_fini(&text);
        buf_fini(&t.out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_event),         cmocka_unit_test(opening_does_not_close),
        cmocka_unit_test(by_clock),         cmocka_unit_test(clock_after_clock),
        cmocka_unit_test(told_late),        cmocka_unit_test(at_the_limit),
        cmocka_unit_test(forgotten),        cmocka_unit_test(held_back),
        cmocka_unit_test(against_the_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
