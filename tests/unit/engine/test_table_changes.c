/* test_table_changes: tables that change against a slow twin: an array of rows that is searched from
 * the front. Snapshots that were given stay as they were.
 *
 *   changes   a key of few, a text and a list, or gone; now and then the next snapshot is taken
 *   full      with room for fewer rows than there are keys
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "engine/table_changes.h"

enum { KEY, TEXT, LIST, COLUMNS };
enum { KEYS = 300, CHANGES = 30000, SNAPSHOTS = 20 };

static const struct schema_field columns[COLUMNS] = {
    [KEY] = {.name = STR("key"), .type = VALUE_STRING, .used = true},
    [TEXT] = {.name = STR("text"), .type = VALUE_STRING, .used = true},
    [LIST] = {.name = STR("list"), .type = VALUE_LIST, .item = VALUE_INT, .used = true},
};
static const struct schema schema = {.name = STR("t"), .fields = columns, .nfields = COLUMNS,
                                     .time_field = SCHEMA_NONE, .id_field = SCHEMA_NONE,
                                     .key_field = KEY};

static uint32_t below(uint32_t n) {
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % n);
}

struct twin {
    int64_t value[KEYS]; /* -1: no such row */
    uint32_t n;
};

/* Row k with the value v: text and list say it; where v is a multiple of 5 both are null. */
static bool apply(struct table_changes *c, struct batch *b, uint32_t k, int64_t v) {
    batch_reset(b);
    batch_set_str(b, KEY, arena_copy(&b->text, str_of(arena_printf(&b->text, "key %u", k))));
    if (v > 0 && v % 5) {
        struct list *list = arena_alloc(&b->text, sizeof *list + sizeof(struct value));
        *list = (struct list){.n = 1};
        list->items[0] = value_int(v);
        batch_set_str(b, TEXT, str_of(arena_printf(&b->text, "text %lld", (long long)v)));
        batch_set_list(b, LIST, list);
    }
    batch_commit(b, 0);
    return table_changes_apply(c, b, 0, v < 0);
}

static void same_row(const struct table *t, uint32_t k, int64_t v) {
    char text[32];
    snprintf(text, sizeof text, "key %u", k);
    int64_t row = table_find_str(t, str_of(text));
    assert_int_equal(row >= 0, v >= 0);
    if (row < 0) return;
    const struct str *cell = table_cell(t, row, TEXT);
    const struct list *const *list = table_cell(t, row, LIST);
    assert_int_equal(cell != NULL, v % 5 != 0);
    assert_int_equal(list != NULL, v % 5 != 0);
    if (!cell) return;
    snprintf(text, sizeof text, "text %lld", (long long)v);
    assert_true(str_equal(*cell, str_of(text)));
    assert_int_equal((*list)->items[0].i, v);
}

static void same(const struct table *t, const struct twin *twin) {
    assert_int_equal(table_rows(t), twin->n);
    for (uint32_t k = 0; k < KEYS; k++) same_row(t, k, twin->value[k]);
}

static void against_the_twin(uint32_t most) {
    static struct twin twin, before[SNAPSHOTS];
    struct table *given[SNAPSHOTS] = {0};
    struct table_changes *c = table_changes_new(&schema, most);
    struct batch *b = batch_new(&schema, 0, 1);
    uint32_t refused = 0, taken = 0;
    for (uint32_t k = 0; k < KEYS; k++) twin.value[k] = -1;
    twin.n = 0;
    for (int64_t i = 1; i <= CHANGES; i++) {
        uint32_t k = below(KEYS);
        bool gone = below(3) == 0, was = twin.value[k] >= 0;
        bool fits = apply(c, b, k, gone ? -1 : i);
        assert_int_equal(fits, gone || was || twin.n < most);
        refused += !fits;
        if (fits) {
            twin.n = twin.n + !gone - was;
            twin.value[k] = gone ? -1 : i;
        }
        assert_int_equal(table_changes_rows(c), twin.n);
        if (below(100)) continue;
        uint32_t at = taken++ % SNAPSHOTS;
        if (given[at]) same(given[at], &before[at]);
        struct table *t = table_changes_take(c);
        if (!t) continue; /* what came was gone before */
        table_drop(&given[at]);
        given[at] = t;
        before[at] = twin;
    }
    assert_int_equal(refused > 0, most < KEYS / 2);
    assert_true(taken > 2 * SNAPSHOTS);
    table_changes_free(&c);
    for (uint32_t i = 0; i < SNAPSHOTS; i++) {
        same(given[i], &before[i]);
        table_drop(&given[i]);
    }
    batch_free(&b);
}

static void changes(void **state) {
    (void)state;
    against_the_twin(TABLE_MAX_ROWS);
}

static void full(void **state) {
    (void)state;
    against_the_twin(100);
    against_the_twin(1);
}

/* The first is given though nothing came; then only where something has changed. */
static void when_there_is_another(void **state) {
    (void)state;
    struct table_changes *c = table_changes_new(&schema, 10);
    struct batch *b = batch_new(&schema, 0, 1);
    struct table *t = table_changes_take(c);
    assert_non_null(t);
    assert_int_equal(table_rows(t), 0);
    table_drop(&t);
    assert_null(table_changes_take(c));
    assert_true(apply(c, b, 1, -1)); /* there is no such row */
    assert_null(table_changes_take(c));
    assert_true(apply(c, b, 1, 7));
    assert_true(apply(c, b, 1, -1));
    t = table_changes_take(c);
    assert_non_null(t);
    assert_int_equal(table_rows(t), 0);
    table_drop(&t);
    table_changes_free(&c);
    batch_free(&b);
}

/* One row that is replaced for ever does not grow: its news are folded unasked. */
static void bounded(void **state) {
    (void)state;
    struct table_changes *c = table_changes_new(&schema, 10);
    struct batch *b = batch_new(&schema, 0, 1);
    char *text = malloc(1 << 20);
    memset(text, 'x', 1 << 20);
    for (uint32_t i = 0; i < 500; i++) {
        batch_reset(b);
        batch_set_str(b, KEY, STR("k"));
        batch_set_str(b, TEXT, (struct str){text, 1 << 20});
        batch_commit(b, i);
        assert_true(table_changes_apply(c, b, 0, false));
        assert_true(table_changes_bytes(c) < 64 << 20);
    }
    free(text);
    table_changes_free(&c);
    batch_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes),
        cmocka_unit_test(full),
        cmocka_unit_test(when_there_is_another),
        cmocka_unit_test(bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
