/* test_carry: another set of rules takes over. Twins: with equal rules everything comes out as if
 * nothing had been: alerts, ids and counters, for rules of all kinds, at random places, for one
 * worker and for more. Then what changes of rules keep, and what they do not, told by what
 * alerts come. */
#include "tests/unit/whole/everything.h"

#include "engine/carry.h"
#include "engine/workers.h"

/* ---- equal rules ----------------------------------------------------------------------------- */

struct twin {
    struct buf out;
    uint64_t dropped, kept;
};

/* As reload does: compiled anew, so that nothing of the old program is needed. */
static void renew(struct workers **w, struct fixture *f, struct twin *t) {
    struct fixture next;
    struct carry_count counts[64] = {0};
    const char *why = NULL;
    open_rules(&next, everything);
    struct carry *c = carry_compare(&next.arena, f->program, next.program);
    for (uint32_t i = 0; i < next.program->nrules; i++) {
        if (c->rules[i].fate == CARRY_KEPT && !*c->rules[i].also) continue;
        print_error("%.*s: %s %s\n", STR_FMT(next.program->rules[i].name), c->rules[i].why,
                    c->rules[i].also);
        fail();
    }
    assert_true(workers_renew(w, c, counts, &why));
    for (uint32_t i = 0; i < f->program->nrules; i++) {
        t->dropped += counts[i].dropped + counts[i].alerts_dropped;
        t->kept += counts[i].kept + counts[i].alerts_kept;
    }
    close_rules(f);
    *f = next;
}

/* `each`: of so many slices one is followed by a reload; 0: none is. */
static void run_twin(const struct events *e, uint32_t n, uint32_t each, struct twin *t) {
    struct fixture f;
    const char *why;
    struct engine_options o = {.alert = say, .alert_context = &t->out};
    unsigned other = seed;
    buf_reset(&t->out);
    open_rules(&f, everything);
    struct workers *w = workers_new(f.program, &o, n, &why);
    for (uint32_t i = 0; i < e->n; i++) {
        struct batch *b = e->batch[i];
        workers_open(w, b);
        for (uint32_t first = 0, part; first < b->n; first += part) {
            part = 1 + below(b->n - first);
            workers_feed(w, b, first, part);
            if (!each || (uint32_t)rand_r(&other) % each) continue;
            renew(&w, &f, t);
            workers_open(w, b);
        }
        if (below(10) == 0) workers_advance(w, batch_times(b)[b->n - 1] + NS_PER_S);
    }
    workers_finish(w, true);
    struct engine_counters c;
    uint64_t by_rule[32];
    workers_counters(w, &c);
    workers_alerts_by_rule(w, by_rule);
    buf_printf(&t->out, "%llu events %llu late %llu alerts\n", (unsigned long long)c.events,
               (unsigned long long)c.late, (unsigned long long)c.alerts);
    for (uint32_t i = 0; i < f.program->nrules; i++)
        buf_printf(&t->out, "%llu %llu ", (unsigned long long)by_rule[i],
                   (unsigned long long)workers_suppressed(w, i));
    workers_free(&w);
    close_rules(&f);
}

static void compare(const struct buf *want, const struct buf *came, uint32_t n) {
    if (str_equal(buf_view(want), buf_view(came))) return;
    size_t i = 0;
    while (i < want->n && i < came->n && want->p[i] == came->p[i]) i++;
    while (i && want->p[i - 1] != '\n') i--;
    print_error("%u workers, seed %u:\nwanted %.300s\ncame   %.300s\n", n, seed, want->p + i,
                came->p + i);
    fail();
}

static void equal_rules_change_nothing(void **state) {
    (void)state;
    for (unsigned round = 1; round <= 8; round++) {
        struct twin want = {0}, came = {0};
        struct fixture f;
        struct events e;
        static const struct {
            uint32_t workers, each;
        } ways[] = {{1, 20}, {1, 3}, {2, 20}, {3, 5}};
        seed = round;
        buf_init(&want.out), buf_init(&came.out);
        open_rules(&f, everything);
        draw(&e, f.program);
        unsigned after = seed;
        run_twin(&e, 1, 0, &want);
        assert_true(want.out.n > 2000);
        for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
            seed = after; /* time passes at the same places */
            run_twin(&e, ways[i].workers, ways[i].each, &came);
            compare(&want.out, &came.out, ways[i].workers);
            assert_int_equal(came.dropped, 0);
        }
        assert_true(came.kept > 100);
        for (uint32_t i = 0; i < e.n; i++) batch_free(&e.batch[i]);
        buf_fini(&want.out), buf_fini(&came.out);
        close_rules(&f);
    }
}

/* ---- changed rules --------------------------------------------------------------------------- */

/* Rows, then other rules, then more rows. The alerts of all are in f->out; what became of the first
 * rule is in `fate`, of its runs in `count`. */
struct change {
    const char *was, *before, *now, *after;
    const char *alerts;
    enum carry_fate fate;
    struct carry_count count; /* of the first rule of `was` */
    const char *also;
};

static void swap_engine(struct fixture *f, struct fixture *next, const struct carry *c,
                        struct carry_count *counts) {
    const char *why;
    struct engine_options o = {.alert = on_alert, .alert_context = f,
                               .store = engine_store(f->engine)};
    engine_free(&next->engine);
    next->engine = engine_new(next->program, &o, &why);
    engine_carry(next->engine, f->engine, c, counts);
    engine_free(&f->engine);
    program_drop(&f->program);
    f->engine = next->engine;
    f->program = next->program;
}

static void try(const struct change *t) {
    struct fixture f, next;
    struct carry_count counts[8] = {0};
    open_rules(&f, t->was);
    rows(&f, t->before, 4, 0);
    open_rules(&next, t->now);
    struct carry *c = carry_compare(&next.arena, f.program, next.program);
    assert_int_equal(c->rules[0].fate, t->fate);
    assert_string_equal(c->rules[0].also, t->also ? t->also : "");
    swap_engine(&f, &next, c, counts);
    rows(&f, t->after, 4, 100);
    engine_finish(f.engine, true);
    assert_string_equal(buf_cstr(&f.out), t->alerts);
    assert_int_equal(counts[0].kept, t->count.kept);
    assert_int_equal(counts[0].dropped, t->count.dropped);
    assert_int_equal(counts[0].alerts_kept, t->count.alerts_kept);
    assert_int_equal(counts[0].alerts_dropped, t->count.alerts_dropped);
    close_rules(&f);
    buf_fini(&next.out);
    buf_fini(&next.ids);
    arena_fini(&next.arena);
}

#define ABC(steps, conditions)                                                                    \
    STREAM "rule r { on s by k match " steps " within 1m where a: n = 1 " conditions             \
           " emit n: 1, name: a.name }\n"

static void what_was_taken_stays_taken(void **state) {
    (void)state;
    try(&(struct change){ABC("a then b", "b: n = 2"), "x 1000 1 p\ny 2000 1 q\n",
                         ABC("a then b", "b: n = 7"), "x 3000 2 -\ny 4000 7 -\n",
                         "r \"y\" 2000..4000 n=1 name=\"q\"\n",
                         CARRY_CONDITIONS, {.kept = 2}, NULL});
    /* a bound: a run that is too old by now ends */
    try(&(struct change){STREAM "rule r { on s by k match a then b within 1m where a: n = 1\n"
                                "b: n = 2 emit n: 1 }",
                         "x 1000 1 -\ny 9000 1 -\n",
                         STREAM "rule r { on s by k match a then b within 5s where a: n = 1\n"
                                "b: n = 2 emit n: 1 }",
                         "x 10000 2 -\ny 10000 2 -\n",
                         "r \"y\" 9000..10000 n=1\n", CARRY_CONDITIONS,
                         {.kept = 2}, NULL});
}

static void steps_that_are_no_more(void **state) {
    (void)state;
    /* x stands at b, which is renamed: dropped. y stands at a: it waits for m now. */
    try(&(struct change){ABC("a then b then c", "b: n = 2 c: n = 3"),
                         "x 1000 1 p\nx 1500 2 p\ny 2000 1 q\n",
                         ABC("a then m then c", "m: n = 4 c: n = 3"),
                         "x 3000 3 -\ny 4000 4 -\ny 5000 3 -\n",
                         "r \"y\" 2000..5000 n=1 name=\"q\"\n",
                         CARRY_TRIMMED, {.kept = 1, .dropped = 1}, NULL});
    /* taken away: those that wait for it wait for what is behind it */
    try(&(struct change){ABC("a then b then c", "b: n = 2 c: n = 3"),
                         "x 1000 1 p\nx 1500 2 p\ny 2000 1 q\n",
                         ABC("a then c", "c: n = 3"), "x 3000 3 -\ny 4000 3 -\n",
                         "r \"y\" 2000..4000 n=1 name=\"q\"\n", CARRY_TRIMMED,
                         {.kept = 1, .dropped = 1}, NULL});
    /* put between: no run has come that way */
    try(&(struct change){ABC("a then c then d", "c: n = 3 d: n = 4"),
                         "x 1000 1 p\nx 1500 3 p\ny 2000 1 q\n",
                         ABC("a then b then c then d", "b: n = 2 c: n = 3 d: n = 4"),
                         "x 3000 4 -\ny 4000 2 -\ny 5000 3 -\ny 6000 4 -\n",
                         "r \"y\" 2000..6000 n=1 name=\"q\"\n", CARRY_TRIMMED,
                         {.kept = 1, .dropped = 1}, NULL});
    /* at the end */
    try(&(struct change){ABC("a then b", "b: n = 2"), "x 1000 1 p\n",
                         ABC("a then b then c", "b: n = 2 c: n = 3"),
                         "x 2000 2 -\nx 3000 3 -\n", "r \"x\" 1000..3000 n=1 name=\"p\"\n",
                         CARRY_CONDITIONS, {.kept = 1}, NULL});
}

static void what_cannot_fit_begins_anew(void **state) {
    (void)state;
    static const char pair[] = ABC("a then b", "b: n = 2");
    static const char other[] = STREAM
        "rule r { on s by k match a then b within 1m where a: n = 1 b: n = 2 emit n: a.n }";
    static const char key[] = STREAM
        "rule r { on s by name match a then b within 1m where a: n = 1 b: n = 2\n"
        "emit n: 1, name: a.name }";
    try(&(struct change){pair, "x 1000 1 p\n", other, "x 2000 2 p\n", "", CARRY_RESTARTED,
                         {.dropped = 1}, NULL});
    try(&(struct change){pair, "x 1000 1 p\n", key, "x 2000 2 p\n", "", CARRY_RESTARTED,
                         {.dropped = 1}, NULL});
    /* one rule of a group: the others go on */
    try(&(struct change){ABC("a then b", "b: n = 2")
                         "rule t { on s by k match a then b within 1m where a: n = 1 b: n = 2\n"
                         "emit n: a.n }",
                         "x 1000 1 p\n",
                         ABC("a then b", "b: n = 2")
                         "rule new { on s by k when n = 2 and n > prev(n) emit n: n }\n"
                         "rule t { on s by k match a then b within 1m where a: n = 1 b: n = 2\n"
                         "emit n: a.n + 1 }",
                         "x 2000 2 p\n",
                         "r \"x\" 1000..2000 n=1 name=\"p\"\nt \"x\" 1000..2000 n=2\n",
                         CARRY_KEPT, {.kept = 1}, NULL});
}

/* Windows and previous values survive where what they compute is the same, whichever rule looks. */
static void windows_and_previous_values(void **state) {
    (void)state;
    static const char sum[] = STREAM
        "rule r { on s by k when n > 8 emit sum: sum(n) over 1m, n: prev(n, 2) }";
    static const char moved[] = STREAM
        "rule q { on s by k when n > 8 and count() over 1m > 0 and n != prev(n)\n"
        "emit name: max(n) over 30s, sum: sum(n) over 1m, n: prev(n, 2) }";
    static const char longer[] = STREAM
        "rule r { on s by k when n > 8 emit sum: sum(n) over 2m, n: prev(n, 2) }";
    try(&(struct change){sum, "x 1000 1 -\nx 2000 2 -\n", moved, "x 3000 9 -\n",
                         "q \"x\" 3000..3000 name=9 sum=12 n=1\n", CARRY_NEW, {0}, NULL});
    try(&(struct change){sum, "x 1000 1 -\nx 2000 2 -\n", longer, "x 3000 9 -\n",
                         "r \"x\" 3000..3000 sum=9 n=1\n", CARRY_KEPT, {0}, "windows begin anew"});
    static const char step[] = STREAM
        "rule r { on s by k when n > 8 emit sum: sum(n) over 1m step 10s }\n"
        "rule h { on s by k every 20s when sum(n) > 3 emit n: sum(n) }";
    static const char steps[] = STREAM
        "rule h { on s by k every 20s when sum(n) > 4 emit n: sum(n), sum: sum(n) }\n"
        "rule q { on s by k every 7s when count() > 9 emit n: sum(n) }\n"
        "rule r { on s by k when n > 8 emit sum: sum(n) over 1m step 10s }";
    try(&(struct change){step, "x 1000 1 -\nx 2000 2 -\n", steps, "x 13000 9 -\n",
                         "r \"x\" 13000..13000 sum=12\nh \"x\" 0..20000 n=12 sum=12\n",
                         CARRY_KEPT, {0},
                         NULL});
}

static void once_per_and_open_alerts(void **state) {
    (void)state;
    static const char hot[] = STREAM
        "rule r { on s by k when n > 8 emit n: n once per 10s\n"
        "resolve when n < 3 resolve after 1m emit at resolve n: n }";
    static const char cold[] = STREAM
        "rule q { on s by name when n > 90 emit n: n }\n"
        "rule r { on s by k when n > 8 severity low emit n: n + 1 once per 20s\n"
        "resolve when n < 2 resolve after 30s emit at resolve n: n }";
    struct change t = {hot, "x 1000 9 -\ny 2000 9 -\n", cold,
                       "x 12000 9 -\nx 13000 1 -\ny 25000 9 -\n",
                       "r \"x\" 1000..1000 n=9\nr \"y\" 2000..2000 n=9\n"
                       "at 13000 resolved r \"x\" 1000..1000 n=1\nr \"y\" 25000..25000 n=10\n"
                       "at 32000 resolved r \"y\" 2000..2000 n=null\n"
                       "at 55000 resolved r \"y\" 25000..25000 n=null\n",
                       CARRY_NEW, {.alerts_kept = 2}, NULL};
    try(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_rules_change_nothing),
        cmocka_unit_test(what_was_taken_stays_taken),
        cmocka_unit_test(steps_that_are_no_more),
        cmocka_unit_test(what_cannot_fit_begins_anew),
        cmocka_unit_test(windows_and_previous_values),
        cmocka_unit_test(once_per_and_open_alerts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
