/* Tests of engine/batch.h: what is set is read back, what is not is null and zero, and a batch that
 * was reset or whose row was abandoned is as new. Looked at by another schema the same cells stand
 * elsewhere, beside room for what that one computes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "engine/batch.h"

enum { AT, FLAG, COUNT, RATIO, MONEY, NAME, SPAN, HOST, LIST, UNUSED, FIELDS };

static const struct schema_field fields[FIELDS] = {
    [AT] = {.name = STR("at"), .type = VALUE_TIME, .used = true},
    [FLAG] = {.name = STR("flag"), .type = VALUE_BOOL, .used = true},
    [COUNT] = {.name = STR("count"), .type = VALUE_INT, .used = true},
    [RATIO] = {.name = STR("ratio"), .type = VALUE_FLOAT, .used = true},
    [MONEY] = {.name = STR("money"), .type = VALUE_DECIMAL, .digits = 2, .used = true},
    [NAME] = {.name = STR("name"), .type = VALUE_STRING, .used = true},
    [SPAN] = {.name = STR("span"), .type = VALUE_DURATION, .used = true},
    [HOST] = {.name = STR("host"), .type = VALUE_IP, .used = true},
    [LIST] = {.name = STR("list"), .type = VALUE_LIST, .item = VALUE_INT, .used = true},
    [UNUSED] = {.name = STR("unused"), .type = VALUE_STRING},
};

static const struct schema schema = {
    .name = STR("s"),
    .fields = fields,
    .nfields = FIELDS,
    .time_field = AT,
    .id_field = SCHEMA_NONE,
};

static const struct ip host = {{1, 2, 3}};
static const struct list empty_list = {0};

static void set_all(struct batch *b, int64_t i) {
    batch_set_int(b, AT, i);
    batch_set_int(b, FLAG, i & 1);
    batch_set_int(b, COUNT, i * 2);
    batch_set_float(b, RATIO, (double)i / 2);
    batch_set_int(b, MONEY, i * 3);
    batch_set_str(b, NAME, STR("name"));
    batch_set_int(b, SPAN, -i);
    batch_set_ip(b, HOST, host);
    batch_set_list(b, LIST, &empty_list);
}

static void expect_all(const struct batch *b, uint32_t row, int64_t i) {
    static const uint8_t types[FIELDS] = {VALUE_TIME,     VALUE_BOOL,   VALUE_INT,      VALUE_FLOAT,
                                          VALUE_DECIMAL,  VALUE_STRING, VALUE_DURATION, VALUE_IP,
                                          VALUE_LIST,     VALUE_NULL};
    for (uint32_t f = 0; f < FIELDS; f++)
        assert_int_equal(batch_value(b, row, f).type, types[f]);
    assert_int_equal(batch_times(b)[row], i);
    assert_int_equal(batch_value(b, row, FLAG).i, i & 1);
    assert_int_equal(batch_value(b, row, COUNT).i, i * 2);
    assert_true(batch_value(b, row, RATIO).f == (double)i / 2);
    assert_int_equal(batch_value(b, row, MONEY).i, i * 3);
    assert_int_equal(batch_value(b, row, MONEY).digits, 2);
    assert_true(str_equal(batch_value(b, row, NAME).s, STR("name")));
    assert_int_equal(batch_value(b, row, SPAN).i, -i);
    assert_memory_equal(batch_value(b, row, HOST).ip.b, host.b, 16);
    assert_int_equal(batch_value(b, row, HOST).digits, 128);
    assert_ptr_equal(batch_value(b, row, LIST).list, &empty_list);
}

/* Rows [from, 64-multiple of max): null, and zeros in the data. */
static void expect_clear(const struct batch *b, uint32_t from) {
    uint32_t rows = (b->max + 63) / 64 * 64;
    for (uint32_t row = from; row < rows; row++) {
        for (uint32_t f = 0; f < FIELDS; f++) assert_int_equal(batch_value(b, row, f).type, 0);
        assert_int_equal(((int64_t *)b->columns[COUNT].data)[row], 0);
        assert_true(((double *)b->columns[RATIO].data)[row] == 0);
        assert_false(bit_get(b->columns[FLAG].data, row));
        assert_int_equal(((struct str *)b->columns[NAME].data)[row].n, 0);
        assert_non_null(((struct str *)b->columns[NAME].data)[row].p);
        assert_null(((const struct list **)b->columns[LIST].data)[row]);
        assert_int_equal(((struct ip *)b->columns[HOST].data)[row].b[0], 0);
    }
}

static void round_trip(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 2, 63, 64, 65, BATCH_ROWS, BATCH_MAX_ROWS};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct batch *b = batch_new(&schema, 3, sizes[s]);
        assert_int_equal(b->stream, 3);
        assert_int_equal(b->n, 0);
        expect_clear(b, 0);
        for (int round = 0; round < 3; round++) {
            uint32_t n = round == 1 ? (sizes[s] + 1) / 2 : sizes[s];
            for (uint32_t i = 0; i < n; i++) {
                set_all(b, i + 1);
                batch_commit(b, 1000 + i);
            }
            assert_int_equal(b->n, n);
            for (uint32_t i = 0; i < n; i++) expect_all(b, i, i + 1);
            for (uint32_t i = 0; i < n; i++) assert_int_equal(b->offset[i], 1000 + i);
            expect_clear(b, n);
            batch_reset(b);
            assert_int_equal(b->n, 0);
            expect_clear(b, 0);
        }
        batch_free(&b);
        assert_null(b);
    }
}

static void aligned_and_apart(void **state) {
    (void)state;
    struct batch *b = batch_new(&schema, 0, 100);
    const char *last = NULL;
    for (uint32_t f = 0; f < FIELDS; f++) {
        if (!fields[f].used) {
            assert_null(b->columns[f].data);
            continue;
        }
        assert_int_equal((uintptr_t)b->columns[f].data % 64, 0);
        assert_int_equal((uintptr_t)b->columns[f].valid % 64, 0);
        assert_true((const char *)b->columns[f].data > last);
        last = (const char *)b->columns[f].valid;
    }
    assert_int_equal((uintptr_t)b->offset % 64, 0);
    batch_free(&b);
    batch_free(&b);
}

/* Every cell of every padded row can be written and read: a proof under AddressSanitizer. */
static void has_room(void **state) {
    (void)state;
    struct batch *b = batch_new(&schema, 0, 65);
    static const size_t widths[FIELDS] = {8, 0, 8, 8, 8, 16, 8, 16, 8, 0};
    for (uint32_t f = 0; f < FIELDS; f++) {
        if (!fields[f].used) continue;
        memset(b->columns[f].data, 0xFF, widths[f] ? widths[f] * 128 : 16);
        memset(b->columns[f].valid, 0xFF, 16);
    }
    for (uint32_t row = 0; row < 128; row++) {
        b->offset[row] = row;
        assert_int_equal(batch_value(b, row, UNUSED).type, VALUE_NULL);
    }
    batch_free(&b);
}

static void nulls_stay_null(void **state) {
    (void)state;
    struct batch *b = batch_new(&schema, 0, 70);
    for (uint32_t i = 0; i < 70; i++) {
        if (i % 2) set_all(b, i);
        else batch_set_int(b, AT, i);
        batch_commit(b, i);
    }
    for (uint32_t i = 0; i < 70; i++) {
        if (i % 2) expect_all(b, i, i);
        else
            for (uint32_t f = 1; f < FIELDS; f++) assert_int_equal(batch_value(b, i, f).type, 0);
    }
    batch_free(&b);
}

static void abandon_clears_the_row(void **state) {
    (void)state;
    struct batch *b = batch_new(&schema, 0, 10);
    set_all(b, 1);
    batch_commit(b, 1);
    set_all(b, 3);
    batch_abandon(b);
    assert_int_equal(b->n, 1);
    expect_all(b, 0, 1);
    expect_clear(b, 1);
    set_all(b, 4); /* half written, then forgotten with the batch */
    batch_reset(b);
    expect_clear(b, 0);
    batch_free(&b);
}

static void last_set_counts(void **state) {
    (void)state;
    struct batch *b = batch_new(&schema, 0, 1);
    batch_set_int(b, AT, 1);
    batch_set_int(b, FLAG, 1);
    batch_set_int(b, FLAG, 0);
    batch_set_float(b, RATIO, 1);
    batch_set_float(b, RATIO, NAN);
    batch_set_str(b, NAME, STR("x"));
    batch_set_null(b, NAME);
    batch_set_int(b, COUNT, 7);
    batch_set_null(b, COUNT);
    batch_set_null(b, MONEY);
    batch_set_null(b, UNUSED);
    batch_commit(b, 0);
    assert_int_equal(batch_value(b, 0, FLAG).i, 0);
    assert_int_equal(batch_value(b, 0, FLAG).type, VALUE_BOOL);
    assert_int_equal(batch_value(b, 0, RATIO).type, VALUE_NULL);
    assert_int_equal(batch_value(b, 0, NAME).type, VALUE_NULL);
    assert_int_equal(batch_value(b, 0, COUNT).type, VALUE_NULL);
    assert_true(((double *)b->columns[RATIO].data)[0] == 0);
    assert_int_equal(((struct str *)b->columns[NAME].data)[0].n, 0);
    batch_free(&b);
}

static void no_number_is_null(void **state) {
    (void)state;
    static const double cases[] = {NAN, -NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 4; i++) {
        struct batch *b = batch_new(&schema, 0, 2);
        batch_set_int(b, AT, 0);
        batch_set_float(b, RATIO, cases[i]);
        batch_commit(b, 0);
        batch_set_int(b, AT, 1);
        batch_set_float(b, RATIO, 1e308);
        batch_commit(b, 1);
        assert_int_equal(batch_value(b, 0, RATIO).type, VALUE_NULL);
        assert_true(((double *)b->columns[RATIO].data)[0] == 0);
        assert_true(batch_value(b, 1, RATIO).f == 1e308);
        batch_free(&b);
    }
}

/* Fewer fields in another order, and two that are computed. */
enum { SEEN_NAME, SEEN_UNUSED, SEEN_AT, SEEN_COUNT, SEEN_TEXT, SEEN_NUMBER, SEEN };

static const struct schema_field seen_fields[SEEN] = {
    [SEEN_NAME] = {.name = STR("name"), .type = VALUE_STRING, .used = true},
    [SEEN_UNUSED] = {.name = STR("new"), .type = VALUE_INT},
    [SEEN_AT] = {.name = STR("at"), .type = VALUE_TIME, .used = true},
    [SEEN_COUNT] = {.name = STR("count"), .type = VALUE_INT, .used = true},
    [SEEN_TEXT] = {.name = STR("text"), .type = VALUE_STRING, .used = true},
    [SEEN_NUMBER] = {.name = STR("number"), .type = VALUE_INT, .used = true},
};

static const struct schema seen_schema = {
    .name = STR("s"),
    .fields = seen_fields,
    .nfields = SEEN_TEXT,
    .ncomputed = 2,
    .time_field = SEEN_AT,
    .id_field = SCHEMA_NONE,
};

static void expect_seen(struct batch *b) {
    assert_int_equal(batch_times(b)[0], 5);
    assert_int_equal(batch_value(b, 0, SEEN_COUNT).i, 10);
    assert_true(str_equal(batch_value(b, 0, SEEN_NAME).s, STR("name")));
    assert_true(value_is_null(batch_value(b, 0, SEEN_UNUSED)));
    for (uint32_t row = 0; row < b->max; row++) {
        assert_true(value_is_null(batch_value(b, row, SEEN_TEXT)));
        assert_true(value_is_null(batch_value(b, row, SEEN_NUMBER)));
        assert_true(str_equal(((struct str *)b->columns[SEEN_TEXT].data)[row], STR("")));
        assert_int_equal(((int64_t *)b->columns[SEEN_NUMBER].data)[row], 0);
    }
    assert_int_equal((uintptr_t)b->columns[SEEN_TEXT].data % 64, 0);
}

static void another_look(void **state) {
    (void)state;
    struct batch *b = batch_new(&schema, 0, 70), *copy = batch_new(&schema, 0, 1);
    set_all(b, 5);
    batch_commit(b, 1);
    for (int again = 0; again < 2; again++) {
        batch_see(b, &seen_schema);
        expect_seen(b);
        bit_set(b->columns[SEEN_TEXT].valid, 0); /* computed */
        ((struct str *)b->columns[SEEN_TEXT].data)[0] = STR("x");
        ((int64_t *)b->columns[SEEN_NUMBER].data)[69] = 7;
    }
    assert_int_equal(batch_written(b, 0, COUNT).i, 10);
    batch_copy_row(copy, b, 0);
    assert_int_equal(batch_times(copy)[0], 5);
    assert_true(str_equal(batch_value(copy, 0, NAME).s, STR("name")));
    batch_see(b, &schema);
    expect_all(b, 0, 5);
    batch_see(b, &seen_schema);
    batch_reset(b);
    expect_clear(b, 0);
    batch_free(&copy);
    batch_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),           cmocka_unit_test(aligned_and_apart),
        cmocka_unit_test(has_room),             cmocka_unit_test(nulls_stay_null),
        cmocka_unit_test(abandon_clears_the_row), cmocka_unit_test(last_set_counts),
        cmocka_unit_test(no_number_is_null),      cmocka_unit_test(another_look),
    };
    return cmocka_run_group_tests_name("engine/batch", tests, NULL, NULL);
}
