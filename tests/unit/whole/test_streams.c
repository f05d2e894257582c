/* test_streams: rules over several streams under one key. Rows are text: `a k at_ms n` for stream
 * a, `b k at_ms n` for b, in order of time; the merge by time is the caller's (tests/cli/merge.t).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/engine.h"
#include "tests/unit/whole/compiled.h"

#define STREAMS                                                                                    \
    "stream a { k : string at : time event n : int }\n"                                            \
    "stream b { n : int key : string at : time event }\n"

static void on_alert(void *context, const struct alert *a) {
    struct buf *out = context;
    value_text(out, a->key[0]);
    for (uint32_t i = 0; i < a->nmatched; i++) {
        buf_printf(out, " %.*s", STR_FMT(a->matched[i].name));
        for (uint32_t j = 0; j < a->matched[i].n; j++)
            buf_printf(out, ":%s%d", a->matched[i].positions[j].stream ? "b" : "a",
                       (int)a->matched[i].positions[j].offset);
    }
    buf_char(out, '\n');
}

static void set_row(struct batch *b, const char *k, long long at, long long n, uint64_t offset) {
    const struct schema *s = b->schema;
    for (uint32_t f = 0; f < s->nfields; f++) {
        if (!s->fields[f].used) continue;
        if (s->fields[f].type == VALUE_TIME) batch_set_int(b, f, at * NS_PER_MS);
        else if (s->fields[f].type == VALUE_INT) batch_set_int(b, f, n);
        else batch_set_str(b, f, arena_copy(&b->text, str_of(k)));
    }
    batch_commit(b, offset);
}

static void expect(const char *rule, const char *rows, const char *wanted) {
    struct arena arena;
    struct buf out;
    const char *why;
    arena_init(&arena);
    buf_init(&out);
    struct program *p =
        compiled(&arena, arena_printf(&arena, STREAMS "rule r { %s }", rule));
    struct engine_options wiring = {.alert = on_alert, .alert_context = &out};
    struct engine *e = engine_new(p, &wiring, &why);
    struct batch *batches[2] = {batch_new(&p->streams[0], 0, 1), batch_new(&p->streams[1], 1, 1)};
    uint64_t offsets[2] = {0, 0};
    for (const char *line = rows; *line; line = strchr(line, '\n') + 1) {
        char stream, k[16];
        long long at, n;
        assert_int_equal(sscanf(line, "%c %15s %lld %lld", &stream, k, &at, &n), 4);
        struct batch *b = batches[stream - 'a'];
        set_row(b, k, at, n, offsets[stream - 'a']++);
        engine_open(e, b);
        engine_feed(e, b, 0, 1);
        batch_reset(b);
    }
    engine_finish(e, true);
    assert_string_equal(buf_cstr(&out), wanted);
    batch_free(&batches[0]);
    batch_free(&batches[1]);
    engine_free(&e);
    program_drop(&p);
    buf_fini(&out);
    arena_fini(&arena);
}

static void one_key_over_two_streams(void **state) {
    (void)state;
    expect("on a by k, b by key match x then y within 1s where x: from a where n = 1 y: from b "
           "where n = 2",
           "a u 0 1\nb v 1 2\nb u 2 2\na u 3 2\n", "\"u\" x:a0 y:b1\n");
}

static void in_any_order(void **state) {
    (void)state;
    expect("on a by k, b by key match all(x, y) then z within 1m\n"
           "where x: from a where n = 1 y: from b where n = 2 z: from b where n = 3",
           "b u 0 2\na u 1 1\nb u 2 3\na v 3 1\nb v 4 2\nb v 5 3\n",
           "\"u\" x:a0 y:b0 z:b1\n\"v\" x:a1 y:b2 z:b3\n");
}

static void next_means_of_all_streams(void **state) {
    (void)state;
    expect("on a by k, b by key match x next y unbounded where x: from a where n = 1 y: from a "
           "where n = 2",
           "a u 0 1\nb u 1 7\na u 2 2\na u 3 1\na u 4 2\n", "\"u\" x:a2 y:a3\n");
}

static void what_is_absent_in_the_other_stream(void **state) {
    (void)state;
    expect("on a by k, b by key match x then no y for 5s where x: from a where n = 1 y: from b "
           "where n > 0",
           "a u 0 1\nb u 1000 2\na v 2000 1\na u 9000 0\n", "\"v\" x:a1\n");
}

static void later_steps_look_at_the_other_stream(void **state) {
    (void)state;
    expect("on b by key, a by k match x then y within 1m where x: from a where n > 0 y: from b "
           "where n > 10 * x.n",
           "a u 0 3\nb u 1 30\nb u 2 31\n", "\"u\" x:a0 y:b1\n");
}

/* What `where` leaves out is not there: for next, for prev, for the key that it would have had. */
static void a_filter_comes_before_everything(void **state) {
    (void)state;
    expect("on a where n > 0 by k match x next y unbounded where x: n = 1 y: n = 2",
           "a u 0 1\na u 1 0\na u 2 2\n", "\"u\" x:a0 y:a2\n");
    expect("on a where n != 5 by k match x where x: n > prev(n)",
           "a u 0 1\na u 1 5\na u 2 2\na u 3 2\n", "\"u\" x:a2\n");
    expect("on a where n > 0 by k, b where n > 10 by key match x then y within 1m\n"
           "where x: from a y: from b",
           "a u 0 0\nb u 1 20\na u 2 1\nb u 3 10\nb u 4 11\n", "\"u\" x:a1 y:b2\n");
}

/* Events of b neither break a run of a's, nor begin it anew, nor hide its end. */
static void unbroken_runs_are_of_one_stream(void **state) {
    (void)state;
    expect("on a by k, b by key match x for 2s where x: from a where n = 1",
           "a u 0 1\nb u 500 1\na u 1000 1\nb u 1500 0\na u 2000 1\nb u 2500 1\na u 3000 1\n"
           "a u 4000 0\nb u 4500 1\na u 5000 1\na u 7000 1\n",
           "\"u\" x:a0:a1:a2\n\"u\" x:a5:a6\n");
    expect("on a by k, b by key match x for 2s gap 1s where x: from a where n = 1",
           "a u 0 1\nb u 900 1\na u 1500 1\nb u 2000 1\na u 2500 1\na u 3500 1\n",
           "\"u\" x:a1:a2:a3\n");
    expect("on a by k, b by key match x lasting 3s where x: from b where n > 5",
           "b u 0 6\na u 1000 0\nb u 2000 7\na u 2500 0\nb u 4000 8\nb u 4500 0\na u 9000 0\n"
           "b u 9500 6\nb u 9600 1\n",
           "\"u\" x:b0:b1\n");
    expect("on a by k, b by key match (x for 1s) then y within 1m\n"
           "where x: from a where n > prev(n) y: from b where n > sum(x.n)",
           "a u 0 1\na u 100 2\nb u 200 9\na u 900 3\na u 1100 4\nb u 1200 7\nb u 1300 10\n",
           "\"u\" x:a1:a2:a3 y:b2\n");
}

/* `in a row` is like `next`: of all streams. */
static void rows_of_all_streams(void **state) {
    (void)state;
    expect("on a by k, b by key match x 2 times in a row unbounded where x: from a where n = 1",
           "a u 0 1\nb u 1 0\na u 2 1\na u 3 1\n", "\"u\" x:a1:a2\n");
}

static void when_of_one_stream_and_of_any(void **state) {
    (void)state;
    expect("on a by k, b by key when on b: n > prev(n) and sum(a.n) over 2s > 3",
           "a u 0 4\nb u 1000 1\nb u 1500 2\na u 1600 9\na v 1700 9\nb v 1800 5\nb u 3600 7\n",
           "\"u\" event:b1\n");
    expect("on a by k, b by key when count(a) over 2s + count(b) over 2s >= 3 and k != \"v\"",
           "a u 0 4\nb u 1000 1\nb u 1500 2\na v 1600 1\nb v 1700 1\na v 1800 2\na u 1900 1\n"
           "b u 3100 1\nb u 3200 1\n",
           "\"u\" event:b1\n\"u\" event:a3\n\"u\" event:b3\n\"u\" event:b4\n");
}

/* At the end of an absence windows of both streams end at that time. */
static void windows_by_the_clock(void **state) {
    (void)state;
    expect("on a by k, b by key match x then no y for 5s where x: from a y: from a where n = 9\n"
           "having count(b) over 3s = 1 and count(a) over prior 6s = 1",
           "a u 0 1\nb u 1000 1\nb u 4000 1\na v 0 1\nb v 4000 1\nb v 4500 1\n",
           "\"u\" x:a0\n");
}

/* Equal texts of one stream and of the other, however they are written. */
static void keys_that_are_computed(void **state) {
    (void)state;
    expect("on a by (lower(k), n % 2), b by (key, n) match x then y within 1s\n"
           "where x: from a y: from b",
           "a U 0 3\nb u 1 0\nb u 2 1\na u 3 2\nb u 4 1\nb u 5 0\n",
           "\"u\" x:a0 y:b1\n\"u\" x:a1 y:b3\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_key_over_two_streams),
        cmocka_unit_test(in_any_order),
        cmocka_unit_test(next_means_of_all_streams),
        cmocka_unit_test(what_is_absent_in_the_other_stream),
        cmocka_unit_test(later_steps_look_at_the_other_stream),
        cmocka_unit_test(a_filter_comes_before_everything),
        cmocka_unit_test(unbroken_runs_are_of_one_stream),
        cmocka_unit_test(rows_of_all_streams),
        cmocka_unit_test(when_of_one_stream_and_of_any),
        cmocka_unit_test(windows_by_the_clock),
        cmocka_unit_test(keys_that_are_computed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
