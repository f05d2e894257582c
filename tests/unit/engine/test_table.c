/* test_table: tables against a slow twin that walks all rows; look-ups over vectors and single rows
 * against the same.
 *
 *   rows      random keys, few enough to meet again, and values of every type, a third null
 *   twin      an array of values; the first row with a key is the one that counts
 *   look-ups  keys that are there, that are not, and null
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "engine/expr.h"
#include "engine/table.h"
#include "engine/verify.h"
#include "tests/unit/engine/asm.h"

enum { KEY, FLAG, WHOLE, REAL, TEXT, HOST, LIST, OFF, COLUMNS };
enum { ROWS = 700, KEYS = 500, LOOKUPS = 300 };

static const enum value_type key_types[] = {VALUE_STRING, VALUE_INT, VALUE_IP};

static struct schema_field columns[COLUMNS] = {
    [KEY] = {.name = STR("key"), .used = true},
    [FLAG] = {.name = STR("flag"), .type = VALUE_BOOL, .used = true},
    [WHOLE] = {.name = STR("whole"), .type = VALUE_INT, .used = true},
    [REAL] = {.name = STR("real"), .type = VALUE_FLOAT, .used = true},
    [TEXT] = {.name = STR("text"), .type = VALUE_STRING, .used = true},
    [HOST] = {.name = STR("host"), .type = VALUE_IP, .used = true},
    [LIST] = {.name = STR("list"), .type = VALUE_LIST, .item = VALUE_STRING, .used = true},
    [OFF] = {.name = STR("off"), .type = VALUE_INT},
};
static struct schema schema = {.name = STR("t"), .fields = columns, .nfields = COLUMNS,
                               .time_field = SCHEMA_NONE, .id_field = SCHEMA_NONE,
                               .key_field = KEY};

static uint32_t below(uint32_t n) {
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % n);
}

/* The n-th value of a type; its text in the arena. */
static struct value nth(struct arena *a, enum value_type type, uint32_t n) {
    struct value v = {.type = (uint8_t)type, .digits = type == VALUE_IP ? 128 : 0};
    switch (type) {
    case VALUE_STRING: v.s = str_of(n ? arena_printf(a, "%s%u", n % 2 ? "k" : "", n) : ""); break;
    case VALUE_FLOAT: v.f = n / 4.0; break;
    case VALUE_BOOL: v.i = n % 2; break;
    case VALUE_IP: v.ip.b[15] = (uint8_t)n, v.ip.b[3] = (uint8_t)(n >> 8); break;
    case VALUE_LIST: {
        struct list *l = arena_alloc(a, sizeof *l + sizeof(struct value));
        l->n = 1;
        l->items[0] = nth(a, VALUE_STRING, n);
        v.list = l;
        break;
    }
    default: v.i = (int64_t)n - 100; break;
    }
    return v;
}

static void set(struct batch *b, uint32_t field, struct value v) {
    switch (b->schema->fields[field].type) {
    case VALUE_STRING: batch_set_str(b, field, v.s); break;
    case VALUE_FLOAT: batch_set_float(b, field, v.f); break;
    case VALUE_IP: batch_set_ip(b, field, v.ip); break;
    case VALUE_LIST: batch_set_list(b, field, v.list); break;
    default: batch_set_int(b, field, v.i); break;
    }
}

/* ---- the twin -------------------------------------------------------------------------------- */

struct twin {
    struct arena arena;
    struct value rows[ROWS][COLUMNS];
    uint32_t n;
    struct table *table;
};

static int64_t twin_find(const struct twin *t, struct value key) {
    for (uint32_t i = 0; i < t->n; i++)
        if (value_compare(t->rows[i][KEY], key) == 0) return i;
    return -1;
}

static void twin_add(struct twin *t, struct table_builder *b, struct batch *batch, uint64_t line) {
    struct value row[COLUMNS] = {{.i = 0}};
    batch_reset(batch);
    for (uint32_t f = 0; f < COLUMNS; f++) {
        bool null = f != KEY && below(3) == 0;
        if (!columns[f].used || null) continue;
        row[f] = nth(&t->arena, columns[f].type, below(f == KEY ? KEYS : 1000));
        set(batch, f, row[f]);
    }
    batch_commit(batch, line);
    uint64_t before = UINT64_MAX;
    int64_t there = twin_find(t, row[KEY]);
    enum table_added added = table_add(b, batch, 0, &before);
    assert_int_equal(added, there < 0 ? TABLE_ADDED : TABLE_TWICE);
    if (there >= 0) {
        assert_int_equal(before, t->rows[there][OFF].i);
        return;
    }
    row[OFF] = value_int((int64_t)line); /* where it stands */
    memcpy(t->rows[t->n++], row, sizeof row);
}

static void twin_make(struct twin *t, enum value_type key) {
    memset(t, 0, sizeof *t);
    arena_init(&t->arena);
    columns[KEY].type = key;
    struct table_builder *b = table_begin(&schema);
    struct batch *batch = batch_new(&schema, 0, 1);
    for (uint32_t i = 0; i < ROWS; i++) twin_add(t, b, batch, 2 * i);
    batch_free(&batch);
    t->table = table_finish(&b);
    assert_int_equal(table_rows(t->table), t->n);
    assert_true(t->n > 200 && t->n < ROWS);
}

static void twin_free(struct twin *t) {
    table_drop(&t->table);
    arena_fini(&t->arena);
}

/* ---- tables by themselves -------------------------------------------------------------------- */

static int64_t find(const struct table *t, struct value key) {
    if (key.type == VALUE_STRING) return table_find_str(t, key.s);
    if (key.type == VALUE_IP) return table_find_ip(t, &key.ip);
    return table_find_int(t, key.i);
}

static struct value cell(const struct table *t, int64_t row, uint32_t field) {
    const void *p = table_cell(t, row, field);
    if (!p) return value_null();
    struct value v = {.type = (uint8_t)columns[field].type};
    if (v.type == VALUE_IP) v.digits = 128;
    memcpy(&v, p, v.type == VALUE_IP || v.type == VALUE_STRING ? 16 : 8);
    return v;
}

static void finds_what_a_walk_finds(void **state) {
    (void)state;
    struct twin t;
    for (size_t k = 0; k < sizeof key_types / sizeof *key_types; k++) {
        twin_make(&t, key_types[k]);
        for (uint32_t i = 0; i < KEYS + 100; i++) {
            struct value key = nth(&t.arena, key_types[k], i);
            int64_t row = find(t.table, key), there = twin_find(&t, key);
            assert_int_equal(row, there);
            for (uint32_t f = 0; f < OFF; f++) {
                struct value v = row < 0 ? value_null() : t.rows[row][f];
                assert_int_equal(value_compare(cell(t.table, row, f), v), 0);
            }
        }
        twin_free(&t);
    }
}

static void rows_that_are_not_there(void **state) {
    (void)state;
    struct twin t;
    twin_make(&t, VALUE_INT);
    assert_null(table_cell(t.table, -1, WHOLE));
    assert_null(table_cell(t.table, t.n, KEY));
    assert_null(table_cell(t.table, INT64_MIN, KEY));
    assert_null(table_cell(NULL, 0, KEY));
    assert_int_equal(table_find_int(NULL, 0), -1);
    twin_free(&t);
    struct table_builder *b = table_begin(&schema);
    struct table *empty = table_finish(&b);
    assert_int_equal(table_find_int(empty, 0), -1);
    assert_int_equal(table_rows(empty), 0);
    table_drop(&empty);
    table_abandon(&b);
}

static void fits_what_it_was_made_for(void **state) {
    (void)state;
    struct twin t;
    twin_make(&t, VALUE_INT);
    assert_true(table_fits(t.table, &schema));
    columns[WHOLE].used = false; /* a rule less */
    assert_true(table_fits(t.table, &schema));
    columns[WHOLE].used = true;
    columns[OFF].used = true; /* a rule more */
    assert_false(table_fits(t.table, &schema));
    columns[OFF].used = false;
    columns[WHOLE].type = VALUE_TIME;
    assert_false(table_fits(t.table, &schema));
    columns[WHOLE].type = VALUE_INT;
    schema.key_field = WHOLE;
    assert_false(table_fits(t.table, &schema));
    schema.key_field = KEY;
    struct table *held = table_hold(t.table);
    twin_free(&t);
    assert_int_equal(table_find_int(held, INT64_MAX), -1);
    table_drop(&held);
}

/* ---- looked up by code ----------------------------------------------------------------------- */

static struct schema_field fields[] = {
    {.name = STR("at"), .type = VALUE_TIME, .used = true},
    {.name = STR("key"), .used = true},
};
static const struct schema stream = {.name = STR("s"), .fields = fields, .nfields = 2,
                                     .id_field = SCHEMA_NONE};

static const enum reg_type regs[VALUE_TYPES] = {
    [VALUE_BOOL] = REG_B, [VALUE_INT] = REG_I, [VALUE_FLOAT] = REG_F,
    [VALUE_STRING] = REG_S, [VALUE_IP] = REG_P, [VALUE_LIST] = REG_L};

static struct assembler s;

/* Of each column its value, and whether there is one. Codes 2 f and 2 f + 1. */
static struct program *lookups(enum value_type key) {
    asm_init(&s);
    for (uint32_t f = 0; f < OFF; f++)
        for (int exists = 0; exists < 2; exists++) {
            asm_begin(&s);
            uint16_t k = asm_reg(&s, regs[key]), row = asm_reg(&s, REG_I);
            uint16_t v = asm_reg(&s, regs[columns[f].type]), b = asm_reg(&s, REG_B);
            asm_op(&s, INSN_FIELD, k, 0, 0, 1);
            asm_op(&s, INSN_ROW, row, k, 0, 0);
            asm_op(&s, INSN_COLUMN, v, row, f, 0);
            if (exists) asm_op(&s, INSN_EXISTS, b, v, 0, 0);
            asm_op(&s, INSN_RETURN, 0, exists ? b : v, 0, 0);
            asm_end(&s, exists ? VALUE_BOOL : columns[f].type, 0);
        }
    s.streams = &stream;
    s.nstreams = 1;
    struct program *p = asm_program(&s);
    p->tables = &schema;
    p->ntables = 1;
    const char *wrong = program_verify(p);
    if (wrong) fail_msg("%s", wrong);
    return p;
}

static struct batch *some_keys(struct twin *t, enum value_type key) {
    struct batch *b = batch_new(&stream, 0, LOOKUPS);
    for (uint32_t i = 0; i < LOOKUPS; i++) {
        batch_set_int(b, 0, i);
        if (below(5)) set(b, 1, nth(&t->arena, key, below(KEYS + 200)));
        batch_commit(b, i);
    }
    return b;
}

static struct value wanted(const struct twin *t, const struct batch *b, uint32_t row, uint32_t f) {
    struct value key = batch_value(b, row, 1);
    int64_t there = value_is_null(key) ? -1 : twin_find(t, key);
    return there < 0 ? value_null() : t->rows[there][f];
}

static void code_finds_what_a_walk_finds(void **state) {
    (void)state;
    const char *why;
    struct twin t;
    for (size_t k = 0; k < sizeof key_types / sizeof *key_types; k++) {
        twin_make(&t, key_types[k]);
        fields[1].type = key_types[k];
        struct program *p = lookups(key_types[k]);
        struct expr *e = expr_new(p, &why);
        struct batch *b = some_keys(&t, key_types[k]);
        uint64_t bits[(LOOKUPS + 63) / 64];
        expr_table(e, 0, t.table);
        for (uint32_t f = 0; f < OFF; f++) {
            expr_predicate(e, 2 * f + 1, b, 0, LOOKUPS, bits);
            for (uint32_t row = 0; row < LOOKUPS; row++) {
                struct value v = wanted(&t, b, row, f);
                assert_int_equal(bit_get(bits, row), !value_is_null(v));
                assert_int_equal(expr_test(e, 2 * f + 1, b, row, NULL), !value_is_null(v));
                assert_int_equal(value_compare(expr_value(e, 2 * f, b, row, NULL), v), 0);
            }
            expr_predicate(e, 2 * FLAG, b, 0, LOOKUPS, bits);
            for (uint32_t row = 0; row < LOOKUPS; row++)
                assert_int_equal(bit_get(bits, row), wanted(&t, b, row, FLAG).i == 1);
        }
        expr_table(e, 0, NULL); /* and without one nothing is there */
        expr_predicate(e, 2 * KEY + 1, b, 0, LOOKUPS, bits);
        for (uint32_t row = 0; row < LOOKUPS; row++) assert_false(bit_get(bits, row));
        batch_free(&b);
        expr_free(&e);
        program_drop(&p);
        twin_free(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_a_walk_finds),
        cmocka_unit_test(rows_that_are_not_there),
        cmocka_unit_test(fits_what_it_was_made_for),
        cmocka_unit_test(code_finds_what_a_walk_finds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
