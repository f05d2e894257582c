/* Tests of engine/expr.h: previous values, the cells of a run, and the events that it took. The
 * instructions that only compute are in test_expr.c.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/engine/expr_notation.h"

static const struct items texts = ITEMS(4, SV("left"), SV(""), SV("right"), SV("left"));

/* ---- keys and runs --------------------------------------------------------------------------- */

static void constants_and_previous_values(void **state) {
    (void)state;
    asm_init(&s);
    asm_begin(&s);
    uint16_t null = asm_reg(&s, REG_S);
    asm_op(&s, INSN_NULL, null, 0, 0, 0);
    asm_op(&s, INSN_RETURN, 0, null, 0, 0);
    uint32_t nothing_code = asm_end(&s, VALUE_STRING, 0);
    uint32_t prev[3];
    for (uint32_t ago = 1; ago <= 3; ago++) { /* the expression whose first cell is 2 */
        asm_begin(&s);
        uint16_t r = asm_reg(&s, REG_S);
        asm_op(&s, INSN_PREV, r, 0, ago, 2);
        asm_op(&s, INSN_RETURN, 0, r, 0, 0);
        prev[ago - 1] = asm_end(&s, VALUE_STRING, 0);
    }
    asm_begin(&s);
    uint16_t c = asm_reg(&s, REG_I);
    asm_op(&s, INSN_CELL, c, 0, 0, 1);
    asm_op(&s, INSN_RETURN, 0, c, 0, 0);
    uint32_t cell = asm_end(&s, VALUE_DECIMAL, 2);
    struct expr *e = ready();
    const struct value before[] = {IV(7), IV(8), SV("last"), NV, SV("third")};
    struct value cells[] = {NV, {.i = 1234, .type = VALUE_DECIMAL, .digits = 2}};
    struct expr_scope scope = {.prev = before, .cells = cells};
    assert_true(value_is_null(expr_value(e, nothing_code, NULL, 0, NULL)));
    for (uint32_t i = 0; i < 3; i++)
        expect_same(expr_value(e, prev[i], NULL, 0, &scope), before[2 + i]);
    expect_same(expr_value(e, cell, NULL, 0, &scope), cells[1]);
    expr_free(&e);
}

/* Take code with one writing instruction on the value of a field-like constant. */
static uint32_t code_take(enum opcode op, enum reg_type reg, struct value v, uint32_t kind,
                          uint32_t imm) {
    asm_begin(&s);
    uint16_t r = asm_load(&s, reg, v);
    asm_op(&s, op, 0, r, kind, imm);
    asm_op(&s, INSN_DONE, 0, 0, 0, 0);
    return asm_end(&s, VALUE_NULL, 0);
}

static struct value *take(struct expr *e, const uint32_t *codes, uint32_t n, struct value *cells,
                          struct heap *heap) {
    struct expr_scope scope = {.cells = cells, .heap = heap};
    for (uint32_t i = 0; i < n; i++) expr_take(e, codes[i], NULL, 0, &scope);
    return cells;
}

static void cells_of_numbers(void **state) {
    (void)state;
    asm_init(&s);
    const struct value yes = {.i = 1, .type = VALUE_BOOL}, no = {.type = VALUE_BOOL};
    enum { COUNT, SUM_I, SUM_F, LEAST, MOST, LAST, CELLS };
    uint32_t kind = VALUE_DECIMAL + 256 * 2, code[] = {
        code_take(INSN_COUNT_CELL, REG_B, yes, 0, COUNT),
        code_take(INSN_COUNT_CELL, REG_B, no, 0, COUNT),
        code_take(INSN_COUNT_CELL, REG_B, value_null(), 0, COUNT),
        code_take(INSN_COUNT_CELL, REG_B, yes, 0, COUNT),
        code_take(INSN_SUM_I_CELL, REG_I, value_int(120), 0, SUM_I),
        code_take(INSN_SUM_I_CELL, REG_I, value_null(), 0, SUM_I),
        code_take(INSN_SUM_I_CELL, REG_I, value_int(-20), 0, SUM_I),
        code_take(INSN_SUM_F_CELL, REG_F, value_float(0.5), 0, SUM_F),
        code_take(INSN_SUM_F_CELL, REG_F, value_null(), 0, SUM_F),
        code_take(INSN_SUM_F_CELL, REG_F, value_float(0.25), 0, SUM_F),
        code_take(INSN_MIN_CELL, REG_I, value_int(5), kind, LEAST),
        code_take(INSN_MIN_CELL, REG_I, value_null(), kind, LEAST),
        code_take(INSN_MIN_CELL, REG_I, value_int(3), kind, LEAST),
        code_take(INSN_MIN_CELL, REG_I, value_int(4), kind, LEAST),
        code_take(INSN_MAX_CELL, REG_F, value_float(-2), 0, MOST),
        code_take(INSN_MAX_CELL, REG_F, value_float(-1), 0, MOST),
        code_take(INSN_MAX_CELL, REG_F, value_float(-3), 0, MOST),
        code_take(INSN_SET_CELL, REG_I, value_int(1), 0, LAST),
        code_take(INSN_SET_CELL, REG_I, value_int(2), VALUE_TIME, LAST)};
    uint32_t n = sizeof code / sizeof *code;
    struct expr *e = ready();
    struct value cells[CELLS] = {
        [COUNT] = IV(0), [SUM_I] = {.i = 0, .type = VALUE_DECIMAL, .digits = 2}, [SUM_F] = FV(0)};
    take(e, code, n, cells, NULL);
    expect_same(cells[COUNT], value_int(2));
    expect_same(cells[SUM_I], (struct value){.i = 100, .type = VALUE_DECIMAL, .digits = 2});
    expect_same(cells[SUM_F], value_float(0.75));
    expect_same(cells[LEAST], (struct value){.i = 3, .type = VALUE_DECIMAL, .digits = 2});
    expect_same(cells[MOST], value_float(-1));
    expect_same(cells[LAST], (struct value){.i = 2, .type = VALUE_TIME});
    /* out of range: null, and for good */
    cells[SUM_I].i = INT64_MAX;
    cells[SUM_F].f = 1e308;
    take(e, code, n, cells, NULL);
    expect_same(cells[SUM_I], value_null());
    cells[SUM_I] = value_null();
    take(e, code, n, cells, NULL);
    expect_same(cells[SUM_I], value_null());
    expr_free(&e);
}

static void float_sums_turn_null(void **state) {
    (void)state;
    asm_init(&s);
    uint32_t code[] = {code_take(INSN_SUM_F_CELL, REG_F, value_float(1.7e308), 0, 0),
                       code_take(INSN_SUM_F_CELL, REG_F, value_float(1.7e308), 0, 0),
                       code_take(INSN_SUM_F_CELL, REG_F, value_float(1), 0, 0)};
    struct expr *e = ready();
    struct value cell = FV(0);
    expect_same(*take(e, code, 3, &cell, NULL), value_null());
    expr_free(&e);
}

/* Texts are copied into the heap, and given back when another takes their place. */
static void cells_of_texts(void **state) {
    (void)state;
    asm_init(&s);
    uint32_t code[] = {code_take(INSN_MIN_CELL, REG_S, value_str(STR("pear")), 0, 0),
                       code_take(INSN_MIN_CELL, REG_S, value_str(STR("apple")), 0, 0),
                       code_take(INSN_MAX_CELL, REG_S, value_str(STR("pear")), 0, 1),
                       code_take(INSN_MAX_CELL, REG_S, value_str(STR("apple")), 0, 1),
                       code_take(INSN_SET_CELL, REG_L, (struct value)LV(texts), 0, 2),
                       code_take(INSN_SET_CELL, REG_S, value_null(), 0, 3)};
    asm_begin(&s); /* cell 0 = upper(cell 0) then itself: the old text is read while replaced */
    uint16_t r = asm_reg(&s, REG_S);
    asm_op(&s, INSN_CELL, r, 0, 0, 0);
    asm_op(&s, INSN_SET_CELL, 0, r, 0, 0);
    asm_op(&s, INSN_DONE, 0, 0, 0, 0);
    uint32_t self = asm_end(&s, VALUE_NULL, 0);
    struct expr *e = ready();
    struct heap *heap = heap_new();
    struct value cells[4] = {NV, NV, NV, NV};
    cells[3] = value_own(heap, value_str(STR("some text that was here before")));
    take(e, code, 6, cells, heap);
    take(e, &self, 1, cells, heap);
    expect_same(cells[0], value_str(STR("apple")));
    expect_same(cells[1], value_str(STR("pear")));
    expect_same(cells[2], (struct value)LV(texts));
    assert_ptr_not_equal(cells[2].list, &texts.list);
    expect_same(cells[3], value_null());
    for (int i = 0; i < 4; i++) value_disown(heap, &cells[i]);
    assert_int_equal(heap_bytes(heap), 0);
    heap_free(&heap);
    expr_free(&e);
}

static void spread(void **state) {
    (void)state;
    asm_init(&s);
    static const double xs[] = {2, 4, 4, 4, 5, 5, 7, 9}; /* squared differences from 5: 32 */
    uint32_t code[9];
    for (uint32_t i = 0; i < 8; i++)
        code[i] = code_take(INSN_SPREAD_CELL, REG_F, value_float(xs[i]), 0, 1);
    code[8] = code_take(INSN_SPREAD_CELL, REG_F, value_null(), 0, 1);
    uint32_t far = code_take(INSN_SPREAD_CELL, REG_F, value_float(1.7e308), 0, 1);
    asm_begin(&s);
    uint16_t r = asm_reg(&s, REG_F);
    asm_op(&s, INSN_STDDEV, r, 0, 0, 1);
    asm_op(&s, INSN_RETURN, 0, r, 0, 0);
    uint32_t stddev = asm_end(&s, VALUE_FLOAT, 0);
    struct expr *e = ready();
    struct value cells[4] = {NV, IV(0), FV(0), FV(0)};
    struct expr_scope scope = {.cells = cells};
    expect_same(expr_value(e, stddev, NULL, 0, &scope), value_null());
    take(e, code, 1, cells, NULL);
    expect_same(expr_value(e, stddev, NULL, 0, &scope), value_null()); /* of one value */
    take(e, code + 1, 8, cells, NULL);
    struct value got = expr_value(e, stddev, NULL, 0, &scope);
    assert_true(fabs(got.f - sqrt(32.0 / 7)) < 1e-12);
    expect_same(cells[1], value_int(8));
    assert_true(fabs(cells[2].f - 5) < 1e-12);
    take(e, &far, 1, cells, NULL); /* its square does not fit */
    take(e, code, 8, cells, NULL);
    expect_same(expr_value(e, stddev, NULL, 0, &scope), value_null());
    expect_same(cells[1], value_int(17));
    expr_free(&e);
}

/* ---- events taken ---------------------------------------------------------------------------- */

enum { NTAKEN = 7 };
static struct taken *chain[NTAKEN]; /* from the first */

/* Variable 1 took 5 events, with kept value 1: b, null, a, b, c; variable 2 two between them. */
static struct taken *chain_new(struct arena *a) {
    static const uint16_t variable[NTAKEN] = {1, 2, 1, 1, 2, 1, 1};
    static const struct value kept[NTAKEN] = {SV("b"), SV("x"), NV,     SV("a"),
                                              SV("y"), SV("b"), SV("c")};
    struct taken *last = NULL;
    for (int i = 0; i < NTAKEN; i++) {
        chain[i] = arena_alloc(a, sizeof **chain + 2 * sizeof(struct value));
        chain[i]->before = last;
        chain[i]->variable = variable[i];
        chain[i]->nkept = 2;
        chain[i]->kept[0] = value_int(i);
        chain[i]->kept[1] = kept[i];
        last = chain[i];
    }
    return last;
}

static uint32_t code_taken(enum opcode op, enum reg_type reg, uint32_t variable, uint32_t kept,
                           int32_t imm) {
    asm_begin(&s);
    uint16_t r = asm_reg(&s, reg);
    asm_op(&s, op, r, variable, kept, (uint32_t)imm);
    asm_op(&s, INSN_RETURN, 0, r, 0, 0);
    return asm_end(&s, reg == REG_L ? VALUE_LIST : reg == REG_S ? VALUE_STRING : VALUE_INT, 0);
}

static void nth_event(void **state) {
    (void)state;
    static const struct {
        uint32_t variable;
        int32_t nth;
        int64_t want; /* -1: null */
    } cases[] = {{1, 1, 0},  {1, 2, 2},  {1, 5, 6},  {1, 6, -1},        {1, -1, 6}, {1, -5, 0},
                 {1, -6, -1}, {2, 1, 1}, {2, -1, 4}, {2, INT32_MIN, -1}, {3, 1, -1}, {3, -1, -1}};
    enum { N = sizeof cases / sizeof *cases };
    asm_init(&s);
    for (size_t i = 0; i < N; i++)
        code_taken(INSN_NTH, REG_I, cases[i].variable, 0, cases[i].nth);
    uint32_t text = code_taken(INSN_NTH, REG_S, 1, 1, 3);
    uint32_t null = code_taken(INSN_NTH, REG_S, 1, 1, 2);
    struct arena a;
    arena_init(&a);
    struct expr_scope scope = {.last = chain_new(&a)}, empty = {.last = NULL};
    struct expr *e = ready();
    for (uint32_t i = 0; i < N; i++) {
        struct value want = cases[i].want < 0 ? value_null() : value_int(cases[i].want);
        expect_same(expr_value(e, i, NULL, 0, &scope), want);
        expect_same(expr_value(e, i, NULL, 0, &empty), value_null());
    }
    expect_same(expr_value(e, text, NULL, 0, &scope), value_str(STR("a")));
    expect_same(expr_value(e, null, NULL, 0, &scope), value_null());
    expr_free(&e);
    arena_fini(&a);
}

static void step_names_the_last_event(void **state) {
    (void)state;
    static const struct items names = ITEMS(2, SV("first"), SV("second")), one = ITEMS(1, SV("x"));
    uint32_t code[2];
    asm_init(&s);
    for (int i = 0; i < 2; i++) {
        const struct list *l = (const struct list *)(i ? &one : &names);
        uint32_t list = asm_constant(&s, (struct value){.list = l, .type = VALUE_LIST});
        asm_begin(&s);
        uint16_t r = asm_reg(&s, REG_S);
        asm_op(&s, INSN_STEP, r, 0, 0, list);
        asm_op(&s, INSN_RETURN, 0, r, 0, 0);
        code[i] = asm_end(&s, VALUE_STRING, 0);
    }
    struct arena a;
    arena_init(&a);
    struct expr_scope scope = {.last = chain_new(&a)}, empty = {.last = NULL};
    struct expr *e = ready();
    expect_same(expr_value(e, code[0], NULL, 0, &scope), value_str(STR("second")));
    expect_same(expr_value(e, code[1], NULL, 0, &scope), value_null()); /* of variable 1 */
    expect_same(expr_value(e, code[0], NULL, 0, &empty), value_null());
    expr_free(&e);
    arena_fini(&a);
}

static void collect_and_distinct(void **state) {
    (void)state;
    static const struct items all = ITEMS(4, SV("b"), SV("a"), SV("b"), SV("c")),
                              two = ITEMS(2, SV("b"), SV("a")),
                              once = ITEMS(3, SV("b"), SV("a"), SV("c"));
    static const struct {
        enum opcode op;
        uint32_t variable;
        int32_t most;
        const struct items *want; /* NULL: null */
        bool truncated;
    } cases[] = {{INSN_COLLECT, 1, 100, &all, false},  {INSN_COLLECT, 1, 4, &all, false},
                 {INSN_COLLECT, 1, 2, &two, true},     {INSN_COLLECT, 3, 2, NULL, false},
                 {INSN_DISTINCT, 1, 100, &once, false}, {INSN_DISTINCT, 1, 3, &once, false},
                 {INSN_DISTINCT, 1, 2, &two, true}, {INSN_DISTINCT, 3, 2, NULL, false}};
    enum { N = sizeof cases / sizeof *cases };
    asm_init(&s);
    for (size_t i = 0; i < N; i++)
        code_taken(cases[i].op, REG_L, cases[i].variable, 1, cases[i].most);
    struct arena a;
    arena_init(&a);
    struct expr_scope scope = {.last = chain_new(&a)};
    struct expr *e = ready();
    for (uint32_t i = 0; i < N; i++) {
        struct value got = expr_value(e, i, NULL, 0, &scope);
        if (!cases[i].want) {
            expect_same(got, value_null());
            continue;
        }
        expect_same(got, (struct value)LV(*cases[i].want));
        assert_int_equal(got.list->truncated, cases[i].truncated);
    }
    expr_free(&e);
    arena_fini(&a);
}

static void distinct_of_many(void **state) {
    (void)state;
    enum { N = 5000, DIFFERENT = 700 };
    struct arena a;
    arena_init(&a);
    struct taken *last = NULL;
    for (int i = 0; i < N; i++) {
        struct taken *t = arena_alloc(&a, sizeof *t + sizeof(struct value));
        t->before = last;
        t->kept[0] = value_int(i * 31 % DIFFERENT);
        last = t;
    }
    asm_init(&s);
    uint32_t code = code_taken(INSN_DISTINCT, REG_L, 0, 0, 1000);
    struct expr *e = ready();
    struct value got = expr_value(e, code, NULL, 0, &(struct expr_scope){.last = last});
    assert_int_equal(got.list->n, DIFFERENT);
    for (int i = 0; i < DIFFERENT; i++) assert_int_equal(got.list->items[i].i, i * 31 % DIFFERENT);
    expr_free(&e);
    arena_fini(&a);
}

static void keep(void **state) {
    (void)state;
    asm_init(&s);
    asm_begin(&s);
    uint16_t i = asm_reg(&s, REG_I), text = asm_reg(&s, REG_S), up = asm_reg(&s, REG_S);
    asm_op(&s, INSN_FIELD, i, 0, 0, 0);
    asm_op(&s, INSN_TO_TEXT, text, i, VALUE_INT, 0);
    asm_op(&s, INSN_CONCAT, up, text, text, 0);
    asm_op(&s, INSN_KEEP, 0, i, VALUE_TIME, 0);
    asm_op(&s, INSN_KEEP, 0, up, VALUE_STRING, 1);
    asm_op(&s, INSN_DONE, 0, 0, 0, 0);
    uint32_t code = asm_end(&s, VALUE_NULL, 0);
    struct expr *e = ready();
    struct batch *b = no_fields();
    struct heap *heap = heap_new();
    struct taken *t = must_zalloc(sizeof *t + 2 * sizeof(struct value));
    expr_take(e, code, b, 66, &(struct expr_scope){.taking = t, .heap = heap});
    expr_reset(e);
    batch_free(&b); /* kept values are copies */
    expect_same(t->kept[0], (struct value){.i = 66, .type = VALUE_TIME});
    expect_same(t->kept[1], value_str(STR("6666")));
    value_disown(heap, &t->kept[1]);
    assert_int_equal(heap_bytes(heap), 0);
    free(t);
    heap_free(&heap);
    expr_free(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants_and_previous_values),
        cmocka_unit_test(cells_of_numbers),
        cmocka_unit_test(float_sums_turn_null),
        cmocka_unit_test(cells_of_texts),
        cmocka_unit_test(spread),
        cmocka_unit_test(nth_event),
        cmocka_unit_test(step_names_the_last_event), cmocka_unit_test(collect_and_distinct),
        cmocka_unit_test(distinct_of_many),
        cmocka_unit_test(keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
