/* test_keys: the key table against a plain list, through a long random life of making, finding and
 * removing, with keys of several fields; and what counts as no key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "engine/keys.h"

enum { AT, NAME, NUMBER, FLOAT, FIELDS, KEYS = 2000, STEPS = 40000, PREVS = 2 };

static struct schema_field fields[FIELDS] = {
    [AT] = {.name = {"at", 2}, .type = VALUE_TIME, .used = true},
    [NAME] = {.name = {"name", 4}, .type = VALUE_STRING, .used = true},
    [NUMBER] = {.name = {"number", 6}, .type = VALUE_INT, .used = true},
    [FLOAT] = {.name = {"float", 5}, .type = VALUE_FLOAT, .used = true},
};
static const struct schema schema = {.name = {"s", 1},
                                     .fields = fields,
                                     .nfields = FIELDS,
                                     .time_field = AT,
                                     .id_field = SCHEMA_NONE};
static const uint16_t key_fields[] = {NAME, NUMBER, FLOAT};
static const struct program_input inputs[] = {
    {.key_fields = key_fields, .predicate = NONE}};
static const struct program_group group = {
    .inputs = inputs, .ninputs = 1, .nkey_fields = 3, .nprev_cells = PREVS};

static uint64_t seed = 7;

static uint32_t below(uint32_t n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % n);
}

/* Row 0 becomes key i: names and numbers repeat, so that every field matters. */
static void set_row(struct batch *b, uint32_t i) {
    static char names[KEYS][24];
    batch_reset(b);
    int n = snprintf(names[i], sizeof names[i], "key number %u", i % 50);
    batch_set_int(b, AT, 1);
    batch_set_str(b, NAME, (struct str){names[i], (size_t)n});
    batch_set_int(b, NUMBER, i / 50 % 20);
    batch_set_float(b, FLOAT, i / 1000 * 0.5);
    batch_commit(b, 0);
}

static void agrees_with_a_list(void **state) {
    (void)state;
    static struct key_state *list[KEYS];
    struct heap *heap = heap_new();
    struct keys *keys = keys_new(&group, heap, 0, 7);
    struct batch *b = batch_new(&schema, 0, 1);
    uint32_t live = 0;
    for (int step = 0; step < STEPS; step++) {
        uint32_t i = below(KEYS), what = below(3);
        set_row(b, i);
        uint64_t hash = keys_hash(keys, b, 0);
        struct key_state *candidate = keys_candidate(keys, hash);
        assert_ptr_equal(keys_find(keys, hash, b, 0), list[i]);
        assert_ptr_equal(keys_confirm(keys, candidate, hash, b, 0), list[i]);
        if (what == 0 && list[i]) {
            keys_remove(keys, list[i]);
            list[i] = NULL;
            live--;
        } else if (what) {
            struct key_state *s = keys_make(keys, hash, b, 0);
            if (list[i]) assert_ptr_equal(s, list[i]);
            else live++;
            list[i] = s;
            assert_int_equal(s->values[1].i, i / 50 % 20);
            assert_true(value_is_null(keys_prev(&group, s)[PREVS - 1]));
        }
        assert_int_equal(keys_count(keys), live);
    }
    uint32_t walked = 0;
    for (uint32_t i = 0; i < keys_slots(keys); i++) walked += keys_at(keys, i) != NULL;
    assert_int_equal(walked, live);
    keys_free(&keys);
    assert_int_equal(heap_bytes(heap), 0);
    heap_free(&heap);
    batch_free(&b);
}

static void a_null_in_any_field_is_no_key(void **state) {
    (void)state;
    struct heap *heap = heap_new();
    struct keys *keys = keys_new(&group, heap, 0, 7);
    struct batch *b = batch_new(&schema, 0, 1);
    batch_set_int(b, AT, 1);
    batch_set_str(b, NAME, STR("x"));
    batch_set_int(b, NUMBER, 1);
    batch_commit(b, 0);
    assert_false(keys_present(keys, b, 0));
    keys_free(&keys);
    heap_free(&heap);
    batch_free(&b);
}

static void without_fields_there_is_one_key(void **state) {
    (void)state;
    static const struct program_group all = {.inputs = inputs, .ninputs = 1};
    struct heap *heap = heap_new();
    struct keys *keys = keys_new(&all, heap, 0, 7);
    struct batch *b = batch_new(&schema, 0, 1);
    set_row(b, 1);
    assert_true(keys_present(keys, b, 0));
    uint64_t one = keys_hash(keys, b, 0);
    struct key_state *s = keys_make(keys, one, b, 0);
    set_row(b, 2);
    assert_ptr_equal(keys_make(keys, keys_hash(keys, b, 0), b, 0), s);
    keys_free(&keys);
    heap_free(&heap);
    batch_free(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_list),
        cmocka_unit_test(a_null_in_any_field_is_no_key),
        cmocka_unit_test(without_fields_there_is_one_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
