/* test_forget: `forget after D` against the same rules without it, where each key gets a new name
 * after every silence of more than D. What the clock completes counts only up to D after the last
 * event. Any batch size; and no key stays behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/engine.h"
#include "tests/unit/whole/compiled.h"

enum { K, AT, N, ROWS = 800, KEYS = 9, FORGET = 10 };

#define RULE(name, more, forget) \
    "rule " name " { on s by k unbounded " more " " forget " emit n: 1 after match no skip }\n"
#define RULES(forget)                                                                  \
    "stream s { k : string at : time event n : int }\n"                                \
    RULE("pair", "match a then b where a: n < 30 b: n > 60 and n > a.n", forget)       \
    RULE("silent", "match a then no b within 14s where a: n > 50 b: n > 80", forget)   \
    RULE("quiet", "match a then b then no c for 7s where a: n < 40 b: n > 60 c: n > 90", forget)

#define WITH_PREV(forget) \
    RULES(forget) RULE("before", "match a where a: n > prev(n) and n < prev(n, 2)", forget)

struct sent {
    int64_t rule, start, end, key;
};

struct fixture {
    struct arena arena;
    struct program *program;
    struct engine *engine;
    struct sent *sent;
    uint32_t nsent, cap;
};

struct row {
    int64_t at;
    uint32_t key, life; /* which one of the key: after so many silences */
    int64_t n;
};

static void on_alert(void *context, const struct alert *a) {
    struct fixture *f = context;
    struct sent sent = {(int64_t)(a->rule - a->program->rules), a->start_ns, a->end_ns,
                        strtol(a->key[0].s.p + 1, NULL, 10)};
    if (a->key[0].s.n > 2) sent.key = sent.key * 1000 + strtol(a->key[0].s.p + 3, NULL, 10);
    arena_push(&f->arena, f->sent, f->nsent, f->cap, sent);
}

static void open_rules(struct fixture *f, const char *text) {
    const char *why;
    *f = (struct fixture){0};
    arena_init(&f->arena);
    f->program = compiled(&f->arena, text);
    struct engine_options wiring = {.alert = on_alert, .alert_context = f};
    f->engine = engine_new(f->program, &wiring, &why);
    assert_non_null(f->engine);
}

static void close_rules(struct fixture *f) {
    engine_free(&f->engine);
    program_drop(&f->program);
    arena_fini(&f->arena);
}

static void feed(struct fixture *f, const struct row *rows, uint32_t n, uint32_t size, bool lives) {
    struct batch *b = batch_new(&f->program->streams[0], 0, size);
    for (uint32_t i = 0; i < n;) {
        batch_reset(b);
        for (; i < n && b->n < size; i++) {
            const char *key = lives ? arena_printf(&b->text, "k%u.%03u", rows[i].key, rows[i].life)
                                    : arena_printf(&b->text, "k%u", rows[i].key);
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

static void draw(struct row *rows, unsigned seed, int64_t last[KEYS][100]) {
    uint32_t life[KEYS] = {0};
    int64_t seen[KEYS] = {0}, at = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        at += (rand_r(&seed) % 40 == 0 ? 11 : rand_r(&seed) % 3) * NS_PER_S;
        uint32_t key = (uint32_t)rand_r(&seed) % KEYS;
        if (at - seen[key] > FORGET * NS_PER_S) life[key]++;
        assert_true(life[key] < 100);
        seen[key] = last[key][life[key]] = at;
        rows[i] = (struct row){at, key, life[key], rand_r(&seed) % 100};
    }
}

static int by_all(const void *x, const void *y) {
    const struct sent *a = x, *b = y;
    if (a->end != b->end) return a->end < b->end ? -1 : 1;
    if (a->rule != b->rule) return a->rule < b->rule ? -1 : 1;
    if (a->key != b->key) return a->key < b->key ? -1 : 1;
    return a->start < b->start ? -1 : a->start > b->start;
}

static void test_against_new_names(void **state) {
    (void)state;
    static struct row rows[ROWS];
    static const uint32_t sizes[] = {1, 5, 64, 1024};
    uint32_t forgotten = 0, all = 0;
    for (unsigned seed = 1; seed <= 40; seed++) {
        static int64_t last[KEYS][100];
        struct fixture with, without;
        draw(rows, seed, last);
        open_rules(&with, seed % 2 ? WITH_PREV("forget after 10s") : RULES("forget after 10s"));
        feed(&with, rows, ROWS, sizes[seed % 4], false);
        engine_finish(with.engine, true);
        open_rules(&without, seed % 2 ? WITH_PREV("") : RULES(""));
        feed(&without, rows, ROWS, sizes[seed / 4 % 4], true);
        engine_finish(without.engine, true);
        uint32_t n = 0;
        for (uint32_t i = 0; i < without.nsent; i++) {
            struct sent s = without.sent[i];
            int64_t key = s.key / 1000;
            if (s.end > last[key][s.key % 1000] + FORGET * NS_PER_S) continue;
            s.key = key;
            without.sent[n++] = s;
        }
        forgotten += without.nsent - n;
        all += n;
        assert_int_equal(with.nsent, n);
        qsort(with.sent, n, sizeof *with.sent, by_all);
        qsort(without.sent, n, sizeof *without.sent, by_all);
        assert_memory_equal(with.sent, without.sent, n * sizeof *with.sent);
        close_rules(&with);
        close_rules(&without);
    }
    assert_true(forgotten > 100 && all > 1000);
}

/* Also of rules with prev, whose keys are kept for ever otherwise. */
static void test_no_key_stays(void **state) {
    (void)state;
    struct fixture f;
    struct engine_counters counters;
    struct row row = {0};
    open_rules(&f, WITH_PREV("forget after 10s"));
    for (uint32_t i = 0; i < 500; i++) {
        row = (struct row){i * NS_PER_MS, i, 0, i % 100};
        feed(&f, &row, 1, 1, false);
    }
    engine_counters(f.engine, &counters);
    assert_int_equal(counters.keys, 500);
    for (int i = 0; i < 4; i++) { /* within two D of its last event */
        row.at += 10 * NS_PER_S;
        feed(&f, &row, 1, 1, false);
    }
    engine_counters(f.engine, &counters);
    assert_int_equal(counters.keys, 1);
    assert_true(engine_run_counters(f.engine)->live <= 2);
    close_rules(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_new_names),
        cmocka_unit_test(test_no_key_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
