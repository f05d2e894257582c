/* test_gate: what is asked between a match and its alert: against a plain loop over all matches,
 * with keys, values and times drawn by lot, in batches of any size; and that it forgets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/engine.h"
#include "tests/unit/whole/compiled.h"

enum { K, AT, N, ROWS = 600, KEYS = 7 };

static const char text[] =
    "stream s { k : string at : time event n : int }\n"
    "rule by_key { on s by k match a where a: n > 0 once per 10s emit n: n }\n"
    "rule by_value { on s by k match a where a: n > 0 once per 10s by n % 3\n"
    "  except k1: k = \"k1\" until @1970-01-01T00:05:00Z except big: n > 90 }\n"
    "rule by_clock { on s by k match a then no b for 3s where a: n > 50 b: n > 60 once per 20s }\n";

struct sent {
    int64_t rule, end, suppressed, n; /* n: of by_key; else of the id */
};

struct fixture {
    struct arena arena;
    struct program *program;
    struct engine *engine;
    struct sent *sent;
    uint32_t nsent;
};

struct row {
    int64_t at;
    uint32_t key;
    int64_t n;
};

static void on_alert(void *context, const struct alert *a) {
    struct fixture *f = context;
    uint32_t rule = (uint32_t)(a->rule - a->program->rules);
    f->sent[f->nsent++] = (struct sent){(int64_t)rule, a->end_ns, (int64_t)a->suppressed,
                                        a->nemit ? a->emit[0].value.i : (int64_t)a->id.high};
}

static void open_rules(struct fixture *f) {
    const char *why;
    *f = (struct fixture){0};
    arena_init(&f->arena);
    f->program = compiled(&f->arena, text);
    struct engine_options wiring = {.alert = on_alert, .alert_context = f};
    f->engine = engine_new(f->program, &wiring, &why);
    assert_non_null(f->engine);
    f->sent = arena_array(&f->arena, struct sent, 3 * ROWS);
}

static void close_rules(struct fixture *f) {
    engine_free(&f->engine);
    program_drop(&f->program);
    arena_fini(&f->arena);
}

static void feed(struct fixture *f, const struct row *rows, uint32_t n, uint32_t size) {
    struct batch *b = batch_new(&f->program->streams[0], 0, size);
    for (uint32_t i = 0; i < n;) {
        batch_reset(b);
        for (; i < n && b->n < size; i++) {
            const char *key = arena_printf(&b->text, "k%u", rows[i].key);
            batch_set_str(b, K, str_of(key));
            batch_set_int(b, AT, rows[i].at);
            batch_set_int(b, N, rows[i].n);
            batch_commit(b, i);
        }
        engine_open(f->engine, b);
        engine_feed(f->engine, b, 0, b->n);
    }
    batch_free(&b);
}

static void draw(struct row *rows, unsigned seed) {
    int64_t at = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        at += (rand_r(&seed) % 8 == 0 ? 9 : rand_r(&seed) % 3) * NS_PER_S;
        rows[i] = (struct row){at, (uint32_t)rand_r(&seed) % KEYS, rand_r(&seed) % 100};
    }
}

/* What `once per 10s` does to the matches of rules that take one event, one after the other. */
static void twin(const struct row *rows, uint32_t rule, struct sent *out, uint32_t *n,
                 uint64_t *excepted) {
    struct {
        bool any;
        int64_t at, held;
    } last[KEYS][3] = {0};
    *n = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        if (r->n <= 0) continue;
        if (rule == 1 && r->key == 1 && r->at < 300 * NS_PER_S) {
            excepted[0]++;
            continue;
        }
        if (rule == 1 && r->n > 90) {
            excepted[1]++;
            continue;
        }
        uint32_t by = rule == 1 ? (uint32_t)(r->n % 3) : 0;
        int64_t since = last[r->key][by].any ? r->at - last[r->key][by].at : INT64_MAX;
        if (since < 10 * NS_PER_S) {
            last[r->key][by].held++;
            continue;
        }
        int64_t told = since < 20 * NS_PER_S ? last[r->key][by].held : 0;
        out[(*n)++] = (struct sent){rule, r->at, told, r->n};
        last[r->key][by].any = true;
        last[r->key][by].at = r->at;
        last[r->key][by].held = 0;
    }
}

static void compare(const struct fixture *f, const struct row *rows, uint32_t rule) {
    struct sent *wanted = arena_array((struct arena *)&f->arena, struct sent, ROWS);
    uint32_t n, i = 0;
    uint64_t excepted[2] = {0};
    twin(rows, rule, wanted, &n, excepted);
    for (uint32_t k = 0; k < f->nsent; k++) {
        if (f->sent[k].rule != rule) continue;
        assert_true(i < n);
        assert_int_equal(f->sent[k].end, wanted[i].end);
        assert_int_equal(f->sent[k].suppressed, wanted[i].suppressed);
        if (rule == 0) assert_int_equal(f->sent[k].n, wanted[i].n);
        i++;
    }
    assert_int_equal(i, n);
    assert_int_equal(engine_alerts_by_rule(f->engine)[rule], n);
    for (uint32_t k = 0; rule == 1 && k < 2; k++)
        assert_int_equal(gate_excepted(engine_gate(f->engine), rule, k), excepted[k]);
}

static void test_against_a_loop(void **state) {
    (void)state;
    struct row rows[ROWS];
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct fixture one, many;
        draw(rows, seed);
        open_rules(&one);
        feed(&one, rows, ROWS, 1);
        open_rules(&many);
        feed(&many, rows, ROWS, 64 * (1 + seed % 3));
        compare(&one, rows, 0);
        compare(&one, rows, 1);
        assert_int_equal(one.nsent, many.nsent);
        for (uint32_t i = 0; i < one.nsent; i++)
            assert_memory_equal(&one.sent[i], &many.sent[i], sizeof *one.sent);
        for (uint32_t i = 0; i < 3; i++)
            assert_int_equal(gate_suppressed(engine_gate(one.engine), i),
                             gate_suppressed(engine_gate(many.engine), i));
        close_rules(&one);
        close_rules(&many);
    }
}

/* Keys that have no more events are forgotten when 2 D have passed, by any event of the rule's. */
static void test_forgets(void **state) {
    (void)state;
    struct fixture f;
    open_rules(&f);
    struct row row = {0};
    for (uint32_t i = 0; i < 200; i++) {
        row = (struct row){i * NS_PER_MS, i, 1};
        feed(&f, &row, 1, 1);
    }
    assert_int_equal(gate_waiting(engine_gate(f.engine)), 399); /* k1 is an exception of one */
    row = (struct row){20 * NS_PER_S + 99 * NS_PER_MS, 0, 0};
    feed(&f, &row, 1, 1);
    assert_int_equal(gate_waiting(engine_gate(f.engine)), 200);
    row.at += NS_PER_S;
    feed(&f, &row, 1, 1);
    assert_int_equal(gate_waiting(engine_gate(f.engine)), 0);
    struct engine_counters counters;
    engine_counters(f.engine, &counters);
    assert_int_equal(counters.keys, 0);
    close_rules(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_loop),
        cmocka_unit_test(test_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
