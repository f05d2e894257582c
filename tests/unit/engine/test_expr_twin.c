/* The two instances of the interpreter agree: random code over random columns gives, bit by bit,
 * over a vector what it gives for each row alone.
 *
 *   program   a few instructions of random operations on registers that have been written, shaped
 *             as verify wants it (and verified); registers are written over now and then
 *   end       a truth made of some register: is it there, or one bit of its hash, so that any
 *             difference in any row shows with probability 1/2
 *   columns   all types, a third null, values mostly from a few that meet each other and the edges
 *   ranges    begin at a multiple of 64, any length; behind them no bit is set
 *
 * The seed is printed; OMEN_SEED=n runs one again. OMEN_PROGRAMS=n: how many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/expr.h"
#include "engine/table.h"
#include "engine/verify.h"
#include "tests/unit/engine/asm.h"

/* ---- chance ---------------------------------------------------------------------------------- */

static uint64_t chance_state;

static uint64_t chance64(void) { /* splitmix64 (Steele, Lea, Flood 2014) */
    uint64_t z = chance_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}
static uint32_t chance(uint32_t n) { return (uint32_t)((chance64() >> 32) * n >> 32); }

static int64_t some_int(void) {
    static const int64_t edges[] = {0, 1, -1, 2, 7, 10, -10, INT64_MAX, INT64_MIN, INT64_MAX - 1,
                                    NS_PER_DAY, 1790164800 * NS_PER_S};
    if (chance(8) == 0) return (int64_t)chance64();
    return edges[chance(sizeof edges / sizeof *edges)];
}

static double some_float(void) {
    static const double edges[] = {0,   -0.0, 1,     -1,     0.5,    2.5,   -2.5, 45,
                                   -90, 180,  1e308, -1e308, 1e-308, 0x1p63, 1e9};
    if (chance(4) == 0) return (double)(int64_t)chance64() / 0x1p50;
    return edges[chance(sizeof edges / sizeof *edges)];
}

static struct str some_text(void) {
    static const char *const texts[] = {"",    "a",   "ab",    "Ab",   "abc", " ab ", "a%b",
                                        "%b%", "a_c", "ä€𝄞", "left", "ÄB",  "x1y2",
                                        "aaaaaaaaaaaab"};
    return str_of(texts[chance(sizeof texts / sizeof *texts)]);
}

static struct ip some_ip(void) {
    return (struct ip){{[10] = 0xFF, 0xFF, 10, (uint8_t)chance(2), (uint8_t)chance(3), 1}};
}

static struct value some_value(enum reg_type type);

static const struct list *some_list(struct arena *a, enum reg_type item) {
    uint32_t n = chance(4);
    struct list *l = arena_alloc(a, sizeof *l + n * sizeof(struct value));
    l->n = n;
    for (uint32_t i = 0; i < n; i++)
        l->items[i] = chance(5) ? some_value(item) : value_null();
    return l;
}

static struct value some_value(enum reg_type type) {
    switch (type) {
    case REG_B: return (struct value){.i = chance(2), .type = VALUE_BOOL};
    case REG_I: return value_int(some_int());
    case REG_F: return value_float(some_float());
    case REG_S: return value_str(some_text());
    case REG_P: return (struct value){.ip = some_ip(), .type = VALUE_IP, .digits = 128};
    case REG_L: break; /* needs an arena */
    }
    return value_null();
}

/* ---- columns --------------------------------------------------------------------------------- */

enum { AT, BOOL, INT, INT2, FLOAT, FLOAT2, TEXT, TEXT2, IP, INTS, TEXTS, NFIELDS, ROWS = 1000,
       COMPUTED = 10 };

#define FIELD_(text, kind) {.name = {text, sizeof(text) - 1}, .type = (kind), .used = true}
static struct schema_field fields[NFIELDS + COMPUTED] = {
    [AT] = FIELD_("at", VALUE_TIME),         [BOOL] = FIELD_("b", VALUE_BOOL),
    [INT] = FIELD_("i", VALUE_INT),          [INT2] = FIELD_("j", VALUE_INT),
    [FLOAT] = FIELD_("f", VALUE_FLOAT),      [FLOAT2] = FIELD_("g", VALUE_FLOAT),
    [TEXT] = FIELD_("s", VALUE_STRING),      [TEXT2] = FIELD_("t", VALUE_STRING),
    [IP] = FIELD_("p", VALUE_IP),
    [INTS] = {.name = {"is", 2}, .type = VALUE_LIST, .item = VALUE_INT, .used = true},
    [TEXTS] = {.name = {"ts", 2}, .type = VALUE_LIST, .item = VALUE_STRING, .used = true}};
static const uint8_t field_reg[NFIELDS] = {REG_I, REG_B, REG_I, REG_I, REG_F, REG_F,
                                           REG_S, REG_S, REG_P, REG_L, REG_L};
static const struct schema schema = {.name = {"s", 1}, .fields = fields, .nfields = NFIELDS,
                                     .ncomputed = COMPUTED, .id_field = SCHEMA_NONE};

/* Tables with the same columns, by what their key is. */
enum { BY_INT, BY_TEXT, BY_IP, NTABLES };
static const struct schema tables[NTABLES] = {
#define TABLE_(key)                                                                                \
    {.name = {"t", 1}, .fields = fields, .nfields = NFIELDS, .time_field = SCHEMA_NONE,            \
     .id_field = SCHEMA_NONE, .key_field = (key)}
    [BY_INT] = TABLE_(INT), [BY_TEXT] = TABLE_(TEXT), [BY_IP] = TABLE_(IP)};

static uint32_t table_by(uint8_t type) {
    return type == REG_S ? BY_TEXT : type == REG_P ? BY_IP : BY_INT;
}

static struct batch *random_batch(void) {
    struct batch *b = batch_new(&schema, 0, ROWS);
    for (uint32_t row = 0; row < ROWS; row++) {
        batch_set_int(b, AT, some_int());
        for (uint32_t f = 1; f < NFIELDS; f++) {
            if (chance(3) == 0) continue;
            switch (field_reg[f]) {
            case REG_B: batch_set_int(b, f, chance(2)); break;
            case REG_I: batch_set_int(b, f, some_int()); break;
            case REG_F: batch_set_float(b, f, some_float()); break;
            case REG_S: batch_set_str(b, f, some_text()); break;
            case REG_P: batch_set_ip(b, f, some_ip()); break;
            default: batch_set_list(b, f, some_list(&b->text, f == INTS ? REG_I : REG_S)); break;
            }
        }
        batch_commit(b, row);
    }
    return b;
}

/* ---- code ------------------------------------------------------------------------------------ */

enum { PROGRAMS = 100, MOST_STEPS = 12 }; /* codes of one evaluator; instructions of a code */

static struct assembler s;
static struct arena constants;

/* Registers of the code that is being written, and what lists hold. */
static struct {
    uint8_t type[MAX_REGISTERS], item[MAX_REGISTERS];
    uint16_t n;
} regs;

static uint16_t new_reg(uint8_t type, uint8_t item) {
    uint16_t r = asm_reg(&s, type);
    regs.type[r] = type;
    regs.item[r] = item;
    regs.n = (uint16_t)(r + 1);
    return r;
}

static uint16_t field_to(uint16_t r, uint32_t f) {
    asm_op(&s, INSN_FIELD, r, 0, 0, f);
    return r;
}

/* A register of that type that has been written; if there is none, one that is written now. */
static uint16_t some_reg(uint8_t type, uint8_t item) {
    for (int tries = 0; regs.n && tries < 8; tries++) {
        uint16_t r = (uint16_t)chance(regs.n);
        if (regs.type[r] == type && (type != REG_L || regs.item[r] == item)) return r;
    }
    if (type == REG_L) return field_to(new_reg(REG_L, item), item == REG_I ? INTS : TEXTS);
    if (chance(3) == 0) {
        uint16_t r = new_reg(type, 0);
        if (chance(8) == 0) asm_op(&s, INSN_NULL, r, 0, 0, 0);
        else asm_op(&s, INSN_CONST, r, 0, 0, asm_constant(&s, some_value(type)));
        return r;
    }
    uint32_t f;
    do f = chance(NFIELDS); while (field_reg[f] != type);
    return field_to(new_reg(type, 0), f);
}

/* Where a result goes: mostly a new register, at times one that is in use. */
static uint16_t result_reg(uint8_t type) {
    if (chance(4) == 0 && regs.n) {
        uint16_t r = (uint16_t)chance(regs.n);
        if (regs.type[r] == type && type != REG_L) return r;
    }
    return new_reg(type, 0);
}

static struct value list_value(const struct list *l) {
    return (struct value){.list = l, .type = VALUE_LIST};
}

static struct value some_polygon(void) {
    struct list *l = arena_alloc(&constants, sizeof *l + 4 * sizeof(struct value));
    l->n = 4;
    for (uint32_t i = 0; i < 4; i++) {
        struct list *point = arena_alloc(&constants, sizeof *point + 2 * sizeof(struct value));
        point->n = 2;
        point->items[0] = value_float((double)chance(180) - 90);
        point->items[1] = value_float((double)chance(360) - 180);
        l->items[i] = list_value(point);
    }
    return list_value(l);
}

static uint8_t letter_type(char c) { /* X: any but lists */
    static const char letters[] = "BIFSP";
    const char *at = strchr(letters, c);
    return at ? (uint8_t)(at - letters) : (uint8_t)chance(5);
}

static const char *const signatures[OPCODES] = { /* result, a, b */
#define OP(name, result, a, b, imm, equation) [INSN_##name] = #result #a #b,
#include "engine/opcodes.def"
#undef OP
};

/* Registers in a row, all of one type. */
static uint16_t row_of(uint8_t type, uint32_t n) {
    uint16_t first = NONE & 0xFFFF;
    for (uint32_t i = 0; i < n; i++) {
        uint16_t r = new_reg(type, 0);
        if (i == 0) first = r;
        if (type == REG_F || chance(2)) field_to(r, type == REG_F ? FLOAT + chance(2) : INT);
        else asm_op(&s, INSN_CONST, r, 0, 0, asm_constant(&s, value_int((int64_t)chance(5) - 1)));
    }
    return first;
}

/* The number in b, if b is one. */
static uint32_t some_number(enum opcode op, uint8_t type_of_a) {
    static const uint8_t values[] = {VALUE_BOOL, VALUE_INT, VALUE_FLOAT, VALUE_STRING, VALUE_IP};
    switch (op) {
    case INSN_UNSCALE_I:
    case INSN_F_TO_I: return chance(4);
    case INSN_EXTRACT: return chance(3);
    case INSN_COLUMN: return chance(IP + 1);
    case INSN_TO_TEXT:
    case INSN_HASH:
        if (type_of_a != REG_I) return values[type_of_a];
        return chance(2) ? VALUE_TIME : VALUE_DURATION;
    default: return 0;
    }
}

static uint32_t some_imm(enum opcode op, uint8_t type_of_a) {
    switch (op) {
    case INSN_SCALE_I:
    case INSN_UNSCALE_I:
    case INSN_I_TO_F: return chance(19);
    case INSN_ROUND_F: return chance(6);
    case INSN_MATCHES:
    case INSN_EXTRACT: return chance(s.nregexes);
    case INSN_HOUR:
    case INSN_WEEKDAY:
    case INSN_DATE: return chance(2) ? NONE : chance(s.nzones);
    case INSN_IN_NET: {
        uint8_t prefix = (uint8_t)(96 + chance(33));
        return asm_constant(
            &s, (struct value){.ip = some_ip(), .type = VALUE_IP, .digits = prefix});
    }
    case INSN_IN_SET: return asm_constant(&s, list_value(some_list(&constants, type_of_a)));
    case INSN_IN_POLYGON: return asm_constant(&s, some_polygon());
    case INSN_ROW: return table_by(type_of_a);
    case INSN_COLUMN: return chance(NTABLES);
    default: return 0;
    }
}

static uint32_t any_code[2]; /* conditions on an element: of ints, of texts */

static bool one_row_only(enum opcode op) {
    return op == INSN_CELL || op == INSN_PREV || op == INSN_WINDOW || op == INSN_NTH ||
           op == INSN_COLLECT || op == INSN_DISTINCT || op == INSN_STEP ||
           op == INSN_ELEMENT || op >= INSN_SET_CELL;
}

static void some_step(void) {
    enum opcode op;
    do op = (enum opcode)chance(OPCODES);
    while (one_row_only(op) || op == INSN_FIELD || op == INSN_CONST || op == INSN_NULL);
    const char *sign = signatures[op];
    uint8_t item = chance(2) ? REG_I : REG_S, a_type = letter_type(sign[1]);
    uint16_t a, b = 0;
    static const uint8_t keys[NTABLES] = {REG_I, REG_S, REG_P};
    if (op == INSN_IN_LIST) a_type = item;
    if (op == INSN_ROW) a_type = keys[chance(NTABLES)];
    if (op == INSN_DISTANCE) a = row_of(REG_F, 4);
    else if (sign[1] == 'L') a = some_reg(REG_L, item);
    else a = some_reg(a_type, 0);
    if (op == INSN_SUBSTR) b = row_of(REG_I, 2);
    else if (sign[2] == 'N') b = (uint16_t)some_number(op, a_type);
    else if (sign[2] == 'L') b = some_reg(REG_L, item);
    else if (sign[2] != '_') b = some_reg(sign[2] == 'X' ? a_type : letter_type(sign[2]), 0);
    uint32_t imm = op == INSN_ANY ? any_code[item == REG_S] : some_imm(op, a_type);
    uint8_t r_type = sign[0] == 'X' ? a_type : letter_type(sign[0]);
    if (op == INSN_COLUMN) r_type = field_reg[b];
    asm_op(&s, op, result_reg(r_type), a, b, imm);
}

/* A truth out of a register: is it there, or a bit of its hash. */
static uint32_t finish(uint16_t r) {
    uint16_t bit = asm_reg(&s, REG_B);
    if (chance(3) == 0) {
        asm_op(&s, INSN_EXISTS, bit, r, 0, 0);
    } else {
        uint16_t h = asm_reg(&s, REG_I), two = asm_reg(&s, REG_I);
        asm_op(&s, INSN_HASH, h, r, 0, 0);
        asm_op(&s, INSN_CONST, two, 0, 0, asm_constant(&s, value_int(2)));
        asm_op(&s, INSN_MOD_I, h, h, two, 0);
        asm_op(&s, INSN_CONST, two, 0, 0, asm_constant(&s, value_int(0)));
        asm_op(&s, INSN_EQ_I, bit, h, two, 0);
    }
    asm_op(&s, INSN_RETURN, 0, bit, 0, 0);
    return asm_end(&s, VALUE_BOOL, 0);
}

static uint16_t some_steps(void) {
    asm_begin(&s);
    regs.n = 0;
    uint32_t steps = 1 + chance(MOST_STEPS);
    for (uint32_t i = 0; i < steps; i++) some_step();
    /* the last register as a rule: what was written first has mostly gone into it */
    return chance(3) ? (uint16_t)(regs.n - 1) : (uint16_t)chance(regs.n);
}

static uint32_t some_code(void) { return finish(some_steps()); }

/* The codes of computed fields. */
static void some_columns(void) {
    static const enum value_type types[] = {[REG_B] = VALUE_BOOL,   [REG_I] = VALUE_INT,
                                            [REG_F] = VALUE_FLOAT,  [REG_S] = VALUE_STRING,
                                            [REG_P] = VALUE_IP,     [REG_L] = VALUE_INT};
    for (uint32_t k = 0; k < COMPUTED; k++) {
        uint16_t r = some_steps();
        if (regs.type[r] == REG_L) { /* no field is computed that is a list: its length */
            uint16_t n = asm_reg(&s, REG_I);
            asm_op(&s, INSN_LENGTH_L, n, r, 0, 0);
            asm_op(&s, INSN_RETURN, 0, n, 0, 0);
        } else {
            asm_op(&s, INSN_RETURN, 0, r, 0, 0);
        }
        enum value_type type = types[regs.type[r]];
        fields[NFIELDS + k] = (struct schema_field){.type = type, .used = true,
                                                    .code = asm_end(&s, type, 0)};
    }
}

static void element_codes(void) {
    for (uint32_t k = 0; k < 2; k++) {
        uint8_t type = k ? REG_S : REG_I;
        asm_begin(&s);
        regs.n = 0;
        uint16_t x = new_reg(type, 0), y = field_to(new_reg(type, 0), k ? TEXT : INT);
        uint16_t bit = new_reg(REG_B, 0);
        asm_op(&s, INSN_ELEMENT, x, 0, 0, 0);
        asm_op(&s, k ? INSN_LT_S : INSN_LT_I, bit, x, y, 0);
        asm_op(&s, INSN_RETURN, 0, bit, 0, 0);
        any_code[k] = asm_end(&s, VALUE_BOOL, 0);
    }
}

/* ---- the comparison -------------------------------------------------------------------------- */

static void compare(struct expr *e, uint32_t code, const struct batch *b, uint64_t seed) {
    uint32_t first = 64 * chance(ROWS / 64), n = 1 + chance(chance(2) ? 200 : ROWS);
    if (n > ROWS - first) n = ROWS - first;
    uint64_t bits[ROWS / 64 + 2];
    memset(bits, 0xAA, sizeof bits);
    expr_predicate(e, code, b, first, n, bits);
    for (uint32_t i = 0; i < n; i++) {
        bool alone = expr_test(e, code, b, first + i, NULL);
        if (bit_get(bits, i) != alone)
            fail_msg("seed %lu, code %u, row %u: vector %d, alone %d", seed, code, first + i,
                     !alone, alone);
    }
    uint32_t words = (n + 63) / 64;
    if (n % 64) assert_int_equal(bits[words - 1] >> (n % 64), 0);
    assert_int_equal(bits[words], UINT64_C(0xAAAAAAAAAAAAAAAA));
    expr_reset(e);
}

static void compare_columns(struct expr *e, struct batch *b, uint64_t seed) {
    for (uint32_t f = NFIELDS; f < NFIELDS + COMPUTED; f++) {
        uint32_t code = fields[f].code;
        expr_column(e, code, b, &b->columns[f], &b->text);
        for (uint32_t row = 0; row < b->n; row++) {
            struct value alone = expr_value(e, code, b, row, NULL);
            struct value v = batch_value(b, row, f);
            if (v.type != alone.type || value_compare(v, alone) != 0)
                fail_msg("seed %lu, code %u, row %u: not what it is alone", seed, code, row);
        }
        assert_int_equal(b->columns[f].valid[b->n / 64] >> (b->n % 64), 0);
        expr_reset(e);
    }
}

/* Every code is a predicate or a computed field, so that verify walks it. */
static void verify(struct program *p, uint32_t first) {
    static struct predicate predicates[ASM_CODES];
    p->npredicates = 0;
    for (uint32_t c = 0; c < p->ncodes; c++)
        if (c != any_code[0] && c != any_code[1] && (c < first || c >= first + COMPUTED))
            predicates[p->npredicates++] = (struct predicate){.code = c, .stream = 0};
    p->predicates = predicates;
    const char *fault = program_verify(p);
    if (fault) fail_msg("%s", fault);
}

static void fill_tables(struct expr *e, const struct batch *b) {
    for (uint32_t i = 0; i < NTABLES; i++) {
        struct table_builder *rows = table_begin(&tables[i]);
        uint64_t before;
        for (uint32_t row = 0; row < ROWS / 2; row++)
            if (bit_get(b->columns[tables[i].key_field].valid, row))
                table_add(rows, b, row, &before);
        struct table *t = table_finish(&rows);
        expr_table(e, i, t);
        table_drop(&t);
    }
}

static void programs(uint64_t seed) {
    chance_state = seed;
    arena_init(&constants);
    asm_init(&s);
    s.streams = &schema;
    s.nstreams = 1;
    asm_regex(&s, "(a)(b)?", false);
    asm_regex(&s, "[äl]\\w+", true);
    asm_regex(&s, "(a+)+$", false);
    asm_zone(&s, "Europe/Paris");
    asm_zone(&s, "America/St_Johns");
    element_codes();
    uint32_t columns = s.ncodes;
    some_columns();
    uint32_t first = s.ncodes;
    for (uint32_t i = 0; i < PROGRAMS; i++) some_code();
    struct program *p = asm_program(&s);
    p->tables = tables;
    p->ntables = NTABLES;
    verify(p, columns);
    const char *why = NULL;
    struct expr *e = expr_new(p, &why);
    if (!e) fail_msg("seed %lu: %s", seed, why);
    program_drop(&p);
    struct batch *b = random_batch();
    fill_tables(e, b);
    compare_columns(e, b, seed);
    for (uint32_t c = first; c < s.ncodes; c++) compare(e, c, b, seed);
    batch_free(&b);
    expr_free(&e);
    arena_fini(&constants);
}

static void vector_equals_one_row(void **state) {
    (void)state;
    const char *given = getenv("OMEN_SEED"), *times = getenv("OMEN_PROGRAMS");
    if (given) {
        programs(strtoull(given, NULL, 0));
        return;
    }
    uint64_t seed = (uint64_t)time_wall_ns();
    uint32_t n = (uint32_t)(times ? strtoul(times, NULL, 0) : 20000) / PROGRAMS;
    printf("seeds %lu + 0..%u\n", seed, n - 1);
    for (uint32_t i = 0; i < n; i++) programs(seed + i);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(vector_equals_one_row)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
