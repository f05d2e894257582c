/* expr_loop: the interpreter: one loop, written once, of which expr.c makes two instances: over a
 * vector of rows and over one row.
 *
 *   predicates, whole batches:   expr_loop(f, false)   each instruction walks up to 256 rows
 *   prev, runs, emit, take:      expr_loop(f, true)    the same text with all loops gone
 *
 * `one` is a constant in each instance, so that kernels (expr_arith.h, expr_logic.h) collapse to a
 * few machine instructions for a row. Instructions that do more than that are functions of their
 * own (op_* of expr_frame.h), called from both. What an instruction means stands in opcodes.def.
 * The program has been verified: no index is checked here.
 * Private to expr*.c. Tests: tests/unit/engine/test_expr.c; both instances agree: test_expr_twin.c
 */
#ifndef OMEN_ENGINE_EXPR_LOOP_H
#define OMEN_ENGINE_EXPR_LOOP_H

#include "base/log.h"
#include "engine/expr_logic.h"
#include "engine/window.h"

/* ---- loads ----------------------------------------------------------------------------------- */

KERNEL void slot_load(struct slot *s, const struct value *v) {
    memcpy(s->raw, v, sizeof s->raw);
    s->valid = v->type != VALUE_NULL;
}

KERNEL void load_null(struct reg d, uint8_t type, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        if (type == REG_B) d.b[w] = 0;
        d.valid[w] = 0;
    }
}

KERNEL void load_field_one(const struct frame *f, struct slot *s, uint8_t type, uint32_t field) {
    const struct column *c = &f->batch->columns[field];
    uint32_t row = f->row;
    s->valid = bit_get(c->valid, row);
    s->b = 0;
    if (!s->valid) return; /* perhaps there are no data at all */
    if (type == REG_B) s->b = bit_get(c->data, row);
    else if (reg_bytes(type) == 8) memcpy(s->raw, (const char *)c->data + 8 * (size_t)row, 8);
    else memcpy(s->raw, (const char *)c->data + 16 * (size_t)row, 16);
}

/* The register becomes the column. Only bits are copied, to cut them off at the last row. A field
 * without data is one that nobody uses: null, on whatever own storage holds. */
static inline void load_field(const struct frame *f, uint32_t r, uint32_t field) {
    const struct column *c = &f->batch->columns[field];
    uint8_t type = f->types[r];
    struct reg d = dst(f, r);
    for (uint32_t w = 0; w < f->words; w++)
        d.valid[w] = c->valid[f->row / WORD_ROWS + w] & frame_rows(f, w);
    if (!c->data) {
        load_null(d, type, f->words);
    } else if (type == REG_B) {
        const uint64_t *bits = (const uint64_t *)c->data + f->row / WORD_ROWS;
        for (uint32_t w = 0; w < f->words; w++) d.b[w] = bits[w] & d.valid[w];
    } else {
        f->e->reg[r].p = (char *)c->data + reg_bytes(type) * f->row;
    }
}

/* The datum of a constant in every row, unless own storage holds it from the vector before. */
static inline void load_constant(const struct frame *f, uint32_t r, uint32_t constant) {
    const struct value *v = &f->e->program->constants[constant];
    uint8_t type = f->types[r];
    bool held = f->e->held[r] == constant;
    struct reg d = dst(f, r);
    f->e->held[r] = constant;
    uint64_t some = value_is_null(*v) ? 0 : ~UINT64_C(0);
    for (uint32_t w = 0; w < f->words; w++) d.valid[w] = some & frame_rows(f, w);
    if (type == REG_B) {
        for (uint32_t w = 0; w < f->words; w++) d.b[w] = v->i ? d.valid[w] : 0;
    } else if (!held && reg_bytes(type) == 8) {
        for (uint32_t k = 0; k < VECTOR_ROWS; k++) d.i[k] = v->i;
    } else if (!held) {
        for (uint32_t k = 0; k < VECTOR_ROWS; k++) d.ip[k] = v->ip;
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

#define A_(r) reg_src(f, (r), one)
#define D_(r) reg_dst(f, (r), one)

/* Sources before the destination: see expr_frame.h. The last arguments differ by kernel. */
#define BINARY_(name, kernel, ...)                                                                 \
    case INSN_##name: {                                                                            \
        struct reg a = A_(in->a), b = A_(in->b), d = D_(in->r);                                    \
        kernel(d, a, b, __VA_ARGS__);                                                              \
        break;                                                                                     \
    }
#define UNARY_(name, kernel, ...)                                                                  \
    case INSN_##name: {                                                                            \
        struct reg a = A_(in->a), d = D_(in->r);                                                   \
        kernel(d, a, __VA_ARGS__);                                                                 \
        break;                                                                                     \
    }
#define NUMERIC_2_(name, kernel) BINARY_(name, kernel, words, one)
#define NUMERIC_1_(name, kernel) UNARY_(name, kernel, in->imm, words, one)
#define CALL_(name, function)                                                                      \
    case INSN_##name: function(f, in); break;

/* This is long because it is a list: a line for each instruction, in the order of
 * opcodes.def. Gives the register of the result, or NONE from take code. */
KERNEL uint32_t expr_loop(struct frame *f, const bool one) {
    const uint32_t words = one ? 1 : f->words;
    const uint8_t *types = f->types;
    const struct insn *in = f->e->program->insns + f->code->first;
    for (;; in++) {
        if (in->op >= OPCODES) __builtin_unreachable(); /* no range check before the jump */
        switch ((enum opcode)in->op) {
        case INSN_FIELD:
            if (one) load_field_one(f, &f->slots[in->r], types[in->r], in->imm);
            else load_field(f, in->r, in->imm);
            break;
        case INSN_CONST:
            if (one) slot_load(&f->slots[in->r], &f->e->program->constants[in->imm]);
            else load_constant(f, in->r, in->imm);
            break;
        case INSN_NULL: load_null(D_(in->r), types[in->r], words); break;
        case INSN_CELL:
            if (one) slot_load(&f->slots[in->r], &f->scope->cells[in->imm]);
            break;
        case INSN_PREV: /* the key's cells of one prev() lie from the last event back */
            if (one) slot_load(&f->slots[in->r], &f->scope->prev[in->imm + in->b - 1]);
            break;
        case INSN_WINDOW:
            if (one) {
                struct value v = window_value(f->scope->windows, in->a, in->imm);
                slot_load(&f->slots[in->r], &v);
            }
            break;
            CALL_(NTH, op_nth)
            CALL_(COLLECT, op_collect)
            CALL_(DISTINCT, op_distinct)
            CALL_(STEP, op_step)
        case INSN_ELEMENT:
            if (one) slot_load(&f->slots[in->r], f->element);
            break;
            CALL_(ROW, op_row)
            CALL_(COLUMN, op_column)

            NUMERIC_2_(ADD_I, add_i)
            NUMERIC_2_(SUB_I, sub_i)
            NUMERIC_2_(MUL_I, mul_i)
            NUMERIC_2_(DIV_I, div_i)
            NUMERIC_2_(MOD_I, mod_i)
            NUMERIC_1_(NEG_I, neg_i)
            NUMERIC_1_(ABS_I, abs_i)
            NUMERIC_2_(MIN_I, min_i)
            NUMERIC_2_(MAX_I, max_i)
            NUMERIC_1_(SCALE_I, scale_i)
            UNARY_(UNSCALE_I, unscale_i, in->b, in->imm, words, one)
            NUMERIC_1_(I_TO_F, i_to_f)

            NUMERIC_2_(ADD_F, add_f)
            NUMERIC_2_(SUB_F, sub_f)
            NUMERIC_2_(MUL_F, mul_f)
            NUMERIC_2_(DIV_F, div_f)
            NUMERIC_2_(MOD_F, mod_f)
            NUMERIC_1_(NEG_F, neg_f)
            NUMERIC_1_(ABS_F, abs_f)
            NUMERIC_2_(MIN_F, min_f)
            NUMERIC_2_(MAX_F, max_f)
            NUMERIC_1_(FLOOR_F, floor_f)
            NUMERIC_1_(CEIL_F, ceil_f)
            NUMERIC_1_(ROUND_F, round_f)
            NUMERIC_1_(SQRT_F, sqrt_f)
            NUMERIC_2_(POW_F, pow_f)
            NUMERIC_1_(LOG_F, log_f)
            NUMERIC_1_(EXP_F, exp_f)
            UNARY_(F_TO_I, f_to_i, in->b, words, one)

            BINARY_(EQ_B, eq_b, words)
            NUMERIC_2_(EQ_I, eq_i)
            NUMERIC_2_(LT_I, lt_i)
            NUMERIC_2_(LE_I, le_i)
            NUMERIC_2_(EQ_F, eq_f)
            NUMERIC_2_(LT_F, lt_f)
            NUMERIC_2_(LE_F, le_f)
            NUMERIC_2_(EQ_S, eq_s)
            NUMERIC_2_(LT_S, lt_s)
            NUMERIC_2_(LE_S, le_s)
            NUMERIC_2_(EQ_P, eq_p)
            NUMERIC_2_(LT_P, lt_p)
            NUMERIC_2_(LE_P, le_p)
            CALL_(IN_NET, op_in_net)
            CALL_(IN_SET, op_in_set)
            CALL_(IN_LIST, op_in_list)

            BINARY_(AND, and_b, words)
            BINARY_(OR, or_b, words)
            UNARY_(NOT, not_b, words)
        case INSN_EXISTS: {
            struct reg a = A_(in->a), d = D_(in->r);
            exists(f, d, a, words);
            break;
        }
            BINARY_(COALESCE, coalesce, types[in->r], words, one)
            BINARY_(ONLY_IF, only_if, types[in->r], words, one)
        case INSN_IS_TRUE: {
            struct reg a = A_(in->a), d = D_(in->r);
            is_true(f, d, a, words);
            break;
        }

            CALL_(LOWER, op_lower)
            CALL_(UPPER, op_upper)
            CALL_(LENGTH_S, op_length_s)
            CALL_(LENGTH_L, op_length_l)
            CALL_(TRIM, op_trim)
            CALL_(SUBSTR, op_substr)
            CALL_(CONCAT, op_concat)
            CALL_(CONTAINS, op_contains)
            CALL_(STARTS, op_starts)
            CALL_(ENDS, op_ends)
            CALL_(LIKE, op_like)
            CALL_(MATCHES, op_matches)
            CALL_(EXTRACT, op_extract)
            CALL_(HASH, op_hash)
            CALL_(TO_TEXT, op_to_text)

            CALL_(HOUR, op_hour)
            CALL_(WEEKDAY, op_weekday)
            CALL_(DATE, op_date)
            CALL_(DISTANCE, op_distance)
            CALL_(IN_POLYGON, op_in_polygon)
            CALL_(ANY, op_any)

            CALL_(SET_CELL, op_set_cell)
            CALL_(COUNT_CELL, op_count_cell)
            CALL_(SUM_I_CELL, op_sum_i_cell)
            CALL_(SUM_F_CELL, op_sum_f_cell)
            CALL_(MIN_CELL, op_min_cell)
            CALL_(MAX_CELL, op_max_cell)
            CALL_(SPREAD_CELL, op_spread_cell)
            CALL_(STDDEV, op_stddev)
            CALL_(KEEP, op_keep)
        case INSN_RETURN: return in->a;
        case INSN_DONE: return NONE;
        case OPCODES: break;
        }
    }
}

#undef A_
#undef D_

#endif
