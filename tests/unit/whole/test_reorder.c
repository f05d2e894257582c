/* test_reorder: the rows that come out, and those that were late, against a plain sort: random
 * disorder, equal times, any batch size in and out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/reorder.h"

enum { ROWS = 400, AT = 0, NAME = 1 };

static const struct schema_field fields[] = {
    {.name = {"at", 2}, .type = VALUE_TIME, .used = true},
    {.name = {"name", 4}, .type = VALUE_STRING, .used = true},
};
static const struct schema schema = {
    .name = {"s", 1}, .fields = fields, .nfields = 2, .time_field = AT, .id_field = SCHEMA_NONE};

struct fake { /* a source of made rows */
    struct source source;
    const int64_t *at;
    uint32_t next;
    bool closed;
};

static enum source_status fake_next(struct source *s, struct batch *b) {
    struct fake *f = (struct fake *)s;
    batch_reset(b);
    for (; f->next < ROWS && b->n < b->max; f->next++) {
        batch_set_int(b, AT, f->at[f->next]);
        if (f->next % 3) batch_set_str(b, NAME, arena_copy(&b->text, STR("name")));
        batch_commit(b, f->next);
    }
    return b->n ? SOURCE_BATCH : SOURCE_END;
}

static void fake_close(struct source *s) { ((struct fake *)s)->closed = true; }

struct late {
    uint64_t offsets[ROWS];
    uint32_t n;
};

static void on_late(void *context, const struct batch *b, uint32_t row, int64_t watermark) {
    struct late *l = context;
    assert_true(batch_times(b)[row] < watermark);
    l->offsets[l->n++] = b->offset[row];
}

static const int64_t *sort_times;

static int by_time(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    if (sort_times[a] != sort_times[b]) return sort_times[a] < sort_times[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static void compare(const int64_t *at, int64_t lateness, uint32_t in, uint32_t out) {
    static const struct source_ops ops = {fake_next, fake_close};
    struct fake fake = {{.ops = &ops, .schema = &schema}, at, 0, false};
    struct late late = {.n = 0}, wanted_late = {.n = 0};
    uint64_t wanted[ROWS];
    uint32_t n = 0, came = 0;
    int64_t highest = INT64_MIN;
    for (uint32_t i = 0; i < ROWS; i++) {
        bool is_late = highest != INT64_MIN && at[i] < highest - lateness;
        if (is_late) wanted_late.offsets[wanted_late.n++] = i;
        else wanted[n++] = i;
        if (at[i] > highest) highest = at[i];
    }
    sort_times = at;
    qsort(wanted, n, sizeof *wanted, by_time);
    struct source *s = reorder_new(&fake.source, lateness, in, on_late, &late);
    struct batch *b = batch_new(&schema, 0, out);
    while (s->ops->next(s, b) == SOURCE_BATCH) {
        for (uint32_t row = 0; row < b->n; row++, came++) {
            assert_in_range(came, 0, n - 1);
            assert_int_equal(b->offset[row], wanted[came]);
            assert_int_equal(batch_times(b)[row], at[wanted[came]]);
            assert_int_equal(bit_get(b->columns[NAME].valid, row), wanted[came] % 3 != 0);
        }
    }
    assert_int_equal(came, n);
    assert_int_equal(late.n, wanted_late.n);
    assert_int_equal(reorder_late(s), late.n);
    assert_memory_equal(late.offsets, wanted_late.offsets, late.n * sizeof *late.offsets);
    s->ops->close(s);
    assert_true(fake.closed);
    batch_free(&b);
}

static void rows_come_out_in_order_and_late_ones_do_not(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 7, 64, 1024};
    unsigned seed = 11;
    for (int round = 0; round < 40; round++) {
        int64_t at[ROWS];
        int disorder = 1 + rand_r(&seed) % 50;
        for (int i = 0; i < ROWS; i++) at[i] = i * 2 - rand_r(&seed) % disorder;
        for (int i = 0; i < 4; i++)
            compare(at, rand_r(&seed) % 40, sizes[i], sizes[rand_r(&seed) % 4]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_out_in_order_and_late_ones_do_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
