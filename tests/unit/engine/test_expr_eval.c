/* Tests of engine/expr.h: fields, hashes, sets, any(), and the evaluator itself. The instructions
 * that only compute are in test_expr.c, what looks at keys and runs in test_expr_run.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/engine/expr_notation.h"

static const struct items ints = ITEMS(3, IV(3), IV(0), IV(-7));
static const struct items ints_null = ITEMS(2, IV(3), NV);
static const struct items nothing = ITEMS(0, NV);

/* ---- fields ---------------------------------------------------------------------------------- */

enum { F_AT, F_BOOL, F_INT, F_FLOAT, F_STRING, F_IP, F_LIST, F_UNUSED, NFIELDS };

static const struct schema_field fields[NFIELDS] = {
    [F_AT] = {.name = {"at", 2}, .type = VALUE_TIME, .used = true},
    [F_BOOL] = {.name = {"b", 1}, .type = VALUE_BOOL, .used = true},
    [F_INT] = {.name = {"i", 1}, .type = VALUE_INT, .used = true},
    [F_FLOAT] = {.name = {"f", 1}, .type = VALUE_FLOAT, .used = true},
    [F_STRING] = {.name = {"s", 1}, .type = VALUE_STRING, .used = true},
    [F_IP] = {.name = {"p", 1}, .type = VALUE_IP, .used = true},
    [F_LIST] = {.name = {"l", 1}, .type = VALUE_LIST, .item = VALUE_INT, .used = true},
    [F_UNUSED] = {.name = {"u", 1}, .type = VALUE_INT},
};
static const uint8_t field_reg[NFIELDS] = {REG_I, REG_B, REG_I, REG_F, REG_S, REG_P, REG_L, REG_I};
static const struct schema schema = {
    .name = {"s", 1}, .fields = fields, .nfields = NFIELDS, .id_field = SCHEMA_NONE};

/* Row i: every field is null where i is a multiple of 3; truth is i odd, the others hold i. */
static struct batch *batch_of(uint32_t n) {
    struct batch *b = batch_new(&schema, 0, n);
    for (uint32_t i = 0; i < n; i++) {
        batch_set_int(b, F_AT, i);
        if (i % 3) {
            batch_set_int(b, F_BOOL, i & 1);
            batch_set_int(b, F_INT, i);
            batch_set_float(b, F_FLOAT, i);
            batch_set_str(b, F_STRING, str_of(arena_printf(&b->text, "%u", i)));
            batch_set_ip(b, F_IP, (struct ip){{(uint8_t)(i >> 8), (uint8_t)i}});
            batch_set_list(b, F_LIST, i & 1 ? &ints.list : &nothing.list);
        }
        batch_commit(b, i);
    }
    return b;
}

static uint32_t code_field(uint32_t field) {
    asm_begin(&s);
    uint16_t r = asm_reg(&s, field_reg[field]);
    asm_op(&s, INSN_FIELD, r, 0, 0, field);
    asm_op(&s, INSN_RETURN, 0, r, 0, 0);
    return asm_end(&s, fields[field].type, 0);
}

static uint32_t code_exists(uint32_t field) {
    asm_begin(&s);
    uint16_t r = asm_reg(&s, field_reg[field]), bit = asm_reg(&s, REG_B);
    asm_op(&s, INSN_FIELD, r, 0, 0, field);
    asm_op(&s, INSN_EXISTS, bit, r, 0, 0);
    asm_op(&s, INSN_RETURN, 0, bit, 0, 0);
    return asm_end(&s, VALUE_BOOL, 0);
}

static void fields_of_every_type(void **state) {
    (void)state;
    asm_init(&s);
    uint32_t field[NFIELDS], exists[NFIELDS];
    for (uint32_t f = 0; f < NFIELDS; f++) field[f] = code_field(f);
    for (uint32_t f = 0; f < NFIELDS; f++) exists[f] = code_exists(f);
    struct expr *e = ready();
    struct batch *b = batch_of(200);
    for (uint32_t f = 0; f < NFIELDS; f++) {
        uint64_t bits[4];
        expr_predicate(e, exists[f], b, 64, 136, bits);
        for (uint32_t i = 0; i < 200; i++) {
            struct value v = expr_value(e, field[f], b, i, NULL);
            expect_same(v, batch_value(b, i, f));
            if (i >= 64) assert_int_equal(bit_get(bits, i - 64), !value_is_null(v));
        }
        assert_int_equal(bits[2] >> 8, 0); /* 136 = 2 * 64 + 8 */
    }
    batch_free(&b);
    expr_free(&e);
}

/* i > 50 and i is a field, so rows that are null are not in; any range that begins at 64 k. */
static void predicate_ranges(void **state) {
    (void)state;
    asm_init(&s);
    asm_begin(&s);
    uint16_t i = asm_reg(&s, REG_I), bit = asm_reg(&s, REG_B);
    asm_op(&s, INSN_FIELD, i, 0, 0, F_INT);
    uint16_t fifty = asm_load(&s, REG_I, value_int(50));
    asm_op(&s, INSN_LT_I, bit, fifty, i, 0);
    asm_op(&s, INSN_RETURN, 0, bit, 0, 0);
    uint32_t code = asm_end(&s, VALUE_BOOL, 0);
    struct expr *e = ready();
    struct batch *b = batch_of(1000);
    static const uint32_t lengths[] = {0, 1, 3, 4, 63, 64, 65, 255, 256, 257, 300, 512, 640, 808};
    for (uint32_t first = 0; first <= 192; first += 64) {
        for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
            uint32_t n = lengths[k], words = (n + 63) / 64;
            uint64_t bits[17];
            memset(bits, 0xAA, sizeof bits);
            expr_predicate(e, code, b, first, n, bits);
            for (uint32_t row = 0; row < words * 64; row++) {
                uint32_t at = first + row;
                assert_int_equal(bit_get(bits, row), row < n && at > 50 && at % 3);
            }
            for (uint32_t w = words; w < 17; w++) assert_int_equal(bits[w], 0xAAAAAAAAAAAAAAAA);
        }
    }
    const struct expr_counters *c = expr_counters(e);
    uint64_t rows_ = 0;
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) rows_ += 4 * lengths[k];
    assert_int_equal(c->rows_vector + c->rows_single, rows_);
    assert_int_equal(c->rows_single, 4 * (1 + 3)); /* a few rows are done one by one */
    batch_free(&b);
    expr_free(&e);
}

/* ---- hash, sets, any ------------------------------------------------------------------------- */

static struct value hash_of(enum reg_type reg, struct value v, uint32_t kind) {
    asm_init(&s);
    asm_begin(&s);
    uint16_t r = asm_load(&s, reg, v), h = asm_reg(&s, REG_I);
    asm_op(&s, INSN_HASH, h, r, kind, 0);
    asm_op(&s, INSN_RETURN, 0, h, 0, 0);
    uint32_t code = asm_end(&s, VALUE_INT, 0);
    struct expr *e = ready();
    struct value hash = expr_constant(e, code);
    expr_free(&e);
    return hash;
}

static void hash_is_of_the_value(void **state) {
    (void)state;
    struct value one = hash_of(REG_I, value_int(1), 0);
    assert_true(one.i >= 0); /* 63 bits */
    assert_int_not_equal(one.i, hash_of(REG_I, value_int(2), 0).i);
    assert_int_equal(one.i, hash_of(REG_I, value_int(1), VALUE_INT).i);
    /* 1.20 and 1.2 are one number; as whole numbers, 120 and 12, they are not */
    struct value a = value_int(120), b = value_int(12);
    assert_int_equal(hash_of(REG_I, a, VALUE_DECIMAL + 256 * 2).i,
                     hash_of(REG_I, b, VALUE_DECIMAL + 256 * 1).i);
    assert_int_not_equal(hash_of(REG_I, a, 0).i, hash_of(REG_I, b, 0).i);
    assert_int_equal(hash_of(REG_F, value_float(0.0), 0).i, hash_of(REG_F, value_float(-0.0), 0).i);
    assert_int_not_equal(hash_of(REG_S, value_str(STR("1")), 0).i, one.i);
    assert_int_equal(hash_of(REG_S, value_null(), 0).type, VALUE_NULL);
    /* for ever: what is stored under it must be found by later versions */
    assert_int_equal(hash_of(REG_S, value_str(STR("omen")), 0).i, INT64_C(0x2FC6D23017485587));
}

static uint32_t code_in_set(enum reg_type reg, struct value v, uint32_t set) {
    asm_begin(&s);
    uint16_t r = asm_load(&s, reg, v), bit = asm_reg(&s, REG_B);
    asm_op(&s, INSN_IN_SET, bit, r, 0, set);
    asm_op(&s, INSN_RETURN, 0, bit, 0, 0);
    return asm_end(&s, VALUE_BOOL, 0);
}

/* 3000 items each: multiples of 7 as numbers, as texts, as the last bytes of an address. */
static void large_sets(void **state) {
    (void)state;
    enum { N = 3000, TRIES = 300 };
    struct arena a;
    arena_init(&a);
    struct list *lists_[3];
    for (int k = 0; k < 3; k++) {
        lists_[k] = arena_alloc(&a, sizeof(struct list) + N * sizeof(struct value));
        lists_[k]->n = N;
    }
    for (uint32_t i = 0; i < N; i++) {
        uint32_t x = 7 * i;
        lists_[0]->items[i] = value_int((int64_t)x << 32);
        lists_[1]->items[i] = value_str(str_of(arena_printf(&a, "item %u", x)));
        lists_[2]->items[i] = (struct value){
            .ip = {{[12] = 10, 1, (uint8_t)(x >> 8), (uint8_t)x}}, .type = VALUE_IP, .digits = 128};
    }
    asm_init(&s);
    for (int k = 0; k < 3; k++)
        asm_constant(&s, (struct value){.list = lists_[k], .type = VALUE_LIST});
    for (uint32_t x = 0; x < TRIES; x++) {
        code_in_set(REG_I, value_int((int64_t)x << 32), 0);
        code_in_set(REG_S, value_str(str_of(arena_printf(&a, "item %u", x))), 1);
        struct value ip = {.ip = {{[12] = 10, 1, (uint8_t)(x >> 8), (uint8_t)x}}, .type = VALUE_IP};
        code_in_set(REG_P, ip, 2);
    }
    struct expr *e = ready();
    for (uint32_t x = 0; x < TRIES; x++)
        for (uint32_t k = 0; k < 3; k++)
            assert_int_equal(expr_constant(e, 3 * x + k).i, x % 7 == 0);
    expr_free(&e);
    arena_fini(&a);
}

/* any(x in l: x < i) for lists of events; any in any for a list of lists. */
static void any_of_a_list(void **state) {
    (void)state;
    asm_init(&s);
    asm_begin(&s); /* code 0: x < 0 */
    uint16_t x = asm_reg(&s, REG_I), bit = asm_reg(&s, REG_B);
    asm_op(&s, INSN_ELEMENT, x, 0, 0, 0);
    uint16_t zero = asm_load(&s, REG_I, value_int(0));
    asm_op(&s, INSN_LT_I, bit, x, zero, 0);
    asm_op(&s, INSN_RETURN, 0, bit, 0, 0);
    uint32_t negative = asm_end(&s, VALUE_BOOL, 0);
    asm_begin(&s); /* code 1: any(x in the list that any() looks at: x < 0) */
    uint16_t l = asm_reg(&s, REG_L), b1 = asm_reg(&s, REG_B);
    asm_op(&s, INSN_ELEMENT, l, 0, 0, 0);
    asm_op(&s, INSN_ANY, b1, l, 0, negative);
    asm_op(&s, INSN_RETURN, 0, b1, 0, 0);
    uint32_t inner = asm_end(&s, VALUE_BOOL, 0);
    static const struct items positive = ITEMS(2, IV(1), IV(2)),
                              nested = ITEMS(2, LV(positive), LV(ints)),
                              denied = ITEMS(2, LV(positive), LV(nothing)),
                              unknown = ITEMS(2, LV(positive), LV(ints_null));
    const struct {
        const struct items *list;
        uint32_t code;
        int want; /* -1: null */
    } cases[] = {{&ints, negative, 1},   {&positive, negative, 0}, {&ints_null, negative, -1},
                 {&nothing, negative, 0}, {&nested, inner, 1},      {&denied, inner, 0},
                 {&unknown, inner, -1}};
    enum { N = sizeof cases / sizeof *cases };
    uint32_t code[N];
    for (size_t i = 0; i < N; i++) {
        asm_begin(&s);
        uint16_t r = asm_load(&s, REG_L, (struct value)LV(*cases[i].list));
        uint16_t any = asm_reg(&s, REG_B);
        asm_op(&s, INSN_ANY, any, r, 0, cases[i].code);
        asm_op(&s, INSN_RETURN, 0, any, 0, 0);
        code[i] = asm_end(&s, VALUE_BOOL, 0);
    }
    asm_begin(&s); /* over a column, and the code looks at a field of the same event */
    uint16_t y = asm_reg(&s, REG_I), z = asm_reg(&s, REG_I), less = asm_reg(&s, REG_B);
    asm_op(&s, INSN_ELEMENT, y, 0, 0, 0);
    asm_op(&s, INSN_FIELD, z, 0, 0, F_INT);
    asm_op(&s, INSN_LT_I, less, z, y, 0);
    asm_op(&s, INSN_RETURN, 0, less, 0, 0);
    uint32_t below = asm_end(&s, VALUE_BOOL, 0);
    asm_begin(&s);
    uint16_t column = asm_reg(&s, REG_L), any = asm_reg(&s, REG_B);
    asm_op(&s, INSN_FIELD, column, 0, 0, F_LIST);
    asm_op(&s, INSN_ANY, any, column, 0, below);
    asm_op(&s, INSN_RETURN, 0, any, 0, 0);
    uint32_t rows_code = asm_end(&s, VALUE_BOOL, 0);

    struct expr *e = ready();
    for (size_t i = 0; i < N; i++) {
        struct value want = {.i = cases[i].want, .type = VALUE_BOOL};
        expect_same(expr_constant(e, code[i]), cases[i].want < 0 ? value_null() : want);
    }
    struct batch *b = batch_of(100);
    uint64_t bits[2];
    expr_predicate(e, rows_code, b, 0, 100, bits);
    for (uint32_t i = 0; i < 100; i++) /* odd rows hold [3, 0, -7] */
        assert_int_equal(bit_get(bits, i), i % 3 && i & 1 && i < 3);
    batch_free(&b);
    expr_free(&e);
}

/* ---- the evaluator --------------------------------------------------------------------------- */

/* A text that was made stays while other codes run, until expr_reset. */
static void results_last_until_reset(void **state) {
    (void)state;
    asm_init(&s);
    asm_begin(&s);
    uint16_t r = asm_reg(&s, REG_S), bit = asm_reg(&s, REG_B);
    asm_op(&s, INSN_FIELD, r, 0, 0, F_STRING);
    asm_op(&s, INSN_CONCAT, r, r, r, 0);
    asm_op(&s, INSN_RETURN, 0, r, 0, 0);
    uint32_t twice = asm_end(&s, VALUE_STRING, 0);
    asm_begin(&s);
    r = asm_reg(&s, REG_S), bit = asm_reg(&s, REG_B);
    asm_op(&s, INSN_FIELD, r, 0, 0, F_STRING);
    asm_op(&s, INSN_CONCAT, r, r, r, 0);
    asm_op(&s, INSN_EQ_S, bit, r, r, 0);
    asm_op(&s, INSN_RETURN, 0, bit, 0, 0);
    uint32_t test = asm_end(&s, VALUE_BOOL, 0);
    struct expr *e = ready();
    struct batch *b = batch_of(300);
    struct value kept[100];
    uint64_t bits[5];
    for (uint32_t i = 0; i < 100; i++) {
        kept[i] = expr_value(e, twice, b, i, NULL);
        expr_predicate(e, test, b, 0, 300, bits);
        assert_int_equal(expr_test(e, test, b, i, NULL), i % 3 != 0);
    }
    for (uint32_t i = 1; i < 100; i++) {
        char want[16];
        snprintf(want, sizeof want, "%u%u", i, i);
        if (i % 3) assert_true(str_equal(kept[i].s, str_of(want)));
    }
    expr_reset(e);
    batch_free(&b);
    expr_free(&e);
}

static void counts_matches_given_up(void **state) {
    (void)state;
    asm_init(&s);
    uint32_t regex = asm_regex(&s, "(a+)+$", false);
    asm_begin(&s);
    uint16_t r = asm_load(&s, REG_S, value_str(STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")));
    uint16_t bit = asm_reg(&s, REG_B), group = asm_reg(&s, REG_S);
    asm_op(&s, INSN_MATCHES, bit, r, 0, regex);
    asm_op(&s, INSN_EXTRACT, group, r, 1, regex);
    asm_op(&s, INSN_EXISTS, bit, group, 0, 0);
    asm_op(&s, INSN_RETURN, 0, bit, 0, 0);
    uint32_t code = asm_end(&s, VALUE_BOOL, 0);
    struct expr *e = ready();
    assert_int_equal(expr_constant(e, code).i, 0);
    assert_int_equal(expr_counters(e)->regex_bound, 2);
    struct batch *b = no_fields();
    uint64_t bits[2];
    expr_predicate(e, code, b, 0, 70, bits);
    assert_int_equal(expr_counters(e)->regex_bound, 2 + 2 * 70);
    batch_free(&b);
    expr_free(&e);
}

static void says_why_not(void **state) {
    (void)state;
    asm_init(&s);
    asm_regex(&s, "a(b", false);
    struct program *p = asm_program(&s);
    const char *why = NULL;
    assert_null(expr_new(p, &why));
    assert_non_null(strstr(why, "a(b"));
    program_drop(&p);
    asm_init(&s);
    asm_regex(&s, "fine", false);
    asm_zone(&s, "Europe/Atlantis");
    p = asm_program(&s);
    assert_null(expr_new(p, &why));
    assert_non_null(strstr(why, "Europe/Atlantis"));
    program_drop(&p);
}

static void known_distances(void **state) {
    (void)state;
    /* Paris to London by the haversine formula on this sphere; a quarter of the equator; half */
    static const double at[][5] = {{48.8566, 2.3522, 51.5074, -0.1278, 343.556},
                                   {0, 0, 0, 90, 6371.0088 * 1.5707963267948966},
                                   {90, 0, -90, 0, 6371.0088 * 3.141592653589793},
                                   {10, 179.5, 10, -179.5, 109.505}};
    asm_init(&s);
    for (size_t i = 0; i < 4; i++) {
        asm_begin(&s);
        for (int k = 0; k < 4; k++) asm_load(&s, REG_F, value_float(at[i][k]));
        asm_op(&s, INSN_DISTANCE, 0, 0, 0, 0);
        asm_op(&s, INSN_RETURN, 0, 0, 0, 0);
        asm_end(&s, VALUE_FLOAT, 0);
    }
    struct expr *e = ready();
    for (uint32_t i = 0; i < 4; i++) {
        double km = expr_constant(e, i).f;
        if (fabs(km - at[i][4]) > 0.01) fail_msg("%u: %f km, not %f", i, km, at[i][4]);
    }
    expr_free(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_every_type),
        cmocka_unit_test(predicate_ranges),
        cmocka_unit_test(hash_is_of_the_value),
        cmocka_unit_test(large_sets),
        cmocka_unit_test(any_of_a_list),
        cmocka_unit_test(results_last_until_reset),
        cmocka_unit_test(counts_matches_given_up),
        cmocka_unit_test(says_why_not),
        cmocka_unit_test(known_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
