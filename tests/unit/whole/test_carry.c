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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_rules_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
