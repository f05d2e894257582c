/* test_tables: rules that look something up, while the table changes between two events. Rows of
 * tables are text: `k n` a line; n `-` is null.
 *
 * Whatever the size of batches, what an event is looked up in is the table at its moment: a slice
 * ends where the table changes, and the open batch is opened again.
 */
#include "tests/unit/whole/support.h"

#include "engine/table.h"

#define TABLE "table limits { k : string n : int } key k\n"

static void give(struct fixture *f, const char *text) {
    const struct schema *s = &f->program->tables[0];
    struct table_builder *rows = table_begin(s);
    struct batch *b = batch_new(s, 0, 1);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        char k[32], n[32];
        uint64_t before;
        assert_int_equal(sscanf(line, "%31s %31s", k, n), 2);
        batch_reset(b);
        batch_set_str(b, 0, arena_copy(&b->text, str_of(k)));
        if (s->fields[1].used && *n != '-') batch_set_int(b, 1, strtoll(n, NULL, 10));
        batch_commit(b, 0);
        assert_int_equal(table_add(rows, b, 0, &before), TABLE_ADDED);
    }
    struct table *t = table_finish(&rows);
    engine_table(f->engine, 0, t);
    table_drop(&t);
    batch_free(&b);
}

/* 12 events of u, a second apart, n from 0; before event 6 the table becomes another. */
static void expect(const char *rule, const char *first, const char *second, const char *wanted) {
    static const uint32_t sizes[] = {1, 5, 12};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct fixture f;
        char text[1024];
        snprintf(text, sizeof text, STREAM TABLE "rule r { %s }", rule);
        open_rules(&f, text);
        give(&f, first);
        struct batch *b = batch_new(&f.program->streams[0], 0, 12);
        for (uint32_t row = 0; row < 12; row += b->n) {
            batch_reset(b);
            for (uint32_t k = row; k < 12 && b->n < sizes[i]; k++) {
                batch_set_int(b, AT, k * NS_PER_S);
                batch_set_str(b, K, STR("u"));
                if (b->schema->fields[N].used) batch_set_int(b, N, k);
                batch_commit(b, k);
            }
            engine_open(f.engine, b);
            for (uint32_t k = 0; k < b->n; k++) {
                if (row + k == 6) give(&f, second), engine_open(f.engine, b);
                engine_feed(f.engine, b, k, 1);
            }
        }
        batch_free(&b);
        engine_finish(f.engine, true);
        assert_string_equal(buf_cstr(&f.out), wanted);
        close_rules(&f);
    }
}

static void conditions_on_the_event(void **state) {
    (void)state;
    expect("on s by k match a where a: n > limits[k].n emit n: a.n", "u 3\n", "u 10\n",
           "r \"u\" 4000..4000 n=4\nr \"u\" 5000..5000 n=5\nr \"u\" 11000..11000 n=11\n");
    expect("on s by k match a where a: k not in limits emit n: a.n", "u -\n", "v 3\n",
           "r \"u\" 6000..6000 n=6\nr \"u\" 7000..7000 n=7\nr \"u\" 8000..8000 n=8\n"
           "r \"u\" 9000..9000 n=9\nr \"u\" 10000..10000 n=10\nr \"u\" 11000..11000 n=11\n");
    expect("on s by k match a where a: not exists(limits[k].n) and k in limits and n in [1, 7] "
           "emit n: a.n",
           "u 3\n", "u -\n", "r \"u\" 7000..7000 n=7\n");
}

/* A condition that was computed with the event before is not computed again for it. */
static void conditions_on_the_key_and_the_run(void **state) {
    (void)state;
    expect("on s by k match a where a: n > 0 and limits[k].n != prev(limits[k].n) emit n: a.n",
           "u 3\n", "u 10\n", "r \"u\" 6000..6000 n=6\n");
    expect("on s by k match a then b within 1h where a: n = 2 b: n > a.n and limits[a.k].n < n "
           "emit n: b.n",
           "u 20\n", "u 8\n", "r \"u\" 2000..9000 n=9\n");
}

static void windows_remember_what_was_found(void **state) {
    (void)state;
    expect("on s by k when sum(n where limits[k].n > 5) over 20s > 4 and n = 11 "
           "emit sum: sum(n where limits[k].n > 5) over 20s",
           "u 10\n", "u 1\n", "r \"u\" 11000..11000 sum=15\n");
}

static void what_is_said_is_looked_up_when_it_is_said(void **state) {
    (void)state;
    expect("on s by k match a then b within 1h where a: n = 2 b: n = 8 emit limit: limits[a.k].n, "
           "other: limits[\"v\"].n, known: \"v\" in limits, b: exists(limits[b.k].n)",
           "u 10\n", "u 1\nv 7\n", "r \"u\" 2000..8000 limit=1 other=7 known=true b=true\n");
    expect("on s by k match a where a: n in [2, 8] emit n: a.n except small: limits[a.k].n < 5",
           "u 10\n", "u 1\n", "r \"u\" 2000..2000 n=2\n");
}

static void without_rows_nothing_is_found(void **state) {
    (void)state;
    struct fixture f;
    open_rules(&f,
               STREAM TABLE "rule r { on s by k match a where a: limits[k].n > 0 or k in limits "
                            "or k not in limits emit n: limits[a.k].n ?? 5 }");
    rows(&f, "u 1 1 -\n- 2 2 -\n", 2, 0);
    assert_string_equal(buf_cstr(&f.out), "r \"u\" 1..1 n=5\n");
    close_rules(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions_on_the_event),
        cmocka_unit_test(conditions_on_the_key_and_the_run),
        cmocka_unit_test(windows_remember_what_was_found),
        cmocka_unit_test(what_is_said_is_looked_up_when_it_is_said),
        cmocka_unit_test(without_rows_nothing_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
