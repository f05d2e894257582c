/* coder: one code in the making; what the files code*.c share, and nobody else includes.
 *
 * A value is an instruction's result, named by the instruction's number: it is written once and
 * never changes. An instruction that is there already with the same operands is not made again, so
 * that `speed` is loaded once however often it is written, and so is distance(…) of the same four
 * fields. When all values are there, they get registers in one walk: a value's
 * register is free again behind its last use.
 *
 *   values    %0 FIELD ─┐               block: operands that have to lie in neighbouring registers
 *             %1 CONST ─┼→ %2 ADD_F     (DISTANCE takes four, SUBSTR two)
 *
 * The order of instructions is the order in which they were asked for. Only take code writes
 * anything, and there the asker sees to it that nothing is read after it was written (code_run.c).
 */
#ifndef OMEN_RULES_CODER_H
#define OMEN_RULES_CODER_H

#include "rules/code.h"

enum {
    BLOCK_MAX = 4,
    CODER_MAX_DEPTH = 2000, /* nesting after lets are expanded; the front stops at half of it */
};

struct coder_insn {
    uint16_t op;
    uint8_t type;        /* enum reg_type of the result, if it has one */
    uint8_t nblock;      /* operands in the block, 0: none */
    uint32_t a, b, imm;  /* a and b: values, or plain numbers, as opcodes.def says */
    uint32_t asked[BLOCK_MAX]; /* the block as it was asked for */
    uint32_t block[BLOCK_MAX]; /* copies where a value stands in two blocks */
    uint32_t chain;      /* next with the same hash, + 1 */
    uint32_t in_block;   /* the instruction that wants this value in its block, + 1; 0: none */
    struct span span;
};

struct coder {
    const struct code_place *place;
    struct coder_insn *v;
    uint32_t n, cap;
    uint32_t *heads;     /* of the chains, by hash: number + 1 */
    uint32_t nheads;     /* a power of two */
    uint32_t depth;
    bool share;          /* find instructions that are there already */
    bool failed;         /* a message has been given, or `full` is set */
    bool full;           /* more registers than there are */
    const struct expr *any; /* innermost any() whose condition is being coded */
};

/* An instruction; 0 for unused operands. The value is its result. After a failure: nothing. */
uint32_t coder_emit(struct coder *c, enum opcode op, enum reg_type type, uint32_t a, uint32_t b,
                    uint32_t imm, struct span span);
/* The same for an instruction that reads n values lying side by side: `lone` is a of SUBSTR. */
uint32_t coder_emit_block(struct coder *c, enum opcode op, enum reg_type type, uint32_t lone,
                          const uint32_t *block, uint32_t n, struct span span);
uint32_t coder_constant(struct coder *c, struct value v, struct type type, struct span span);
uint32_t coder_bool(struct coder *c, bool b, struct span span);
/* v itself if not negated. */
uint32_t coder_not(struct coder *c, uint32_t v, bool negated, struct span span);

enum reg_type coder_class(struct type type); /* where values of a type lie; null: with the bools */
/* Type and digits as the interpreter wants them where a register becomes a value: operand b. */
static inline uint32_t coder_kind(struct type t) {
    return t.base + (t.base == VALUE_DECIMAL ? 256U * t.digits : 0);
}
void coder_too_large(struct coder *c, struct span span);

/* ---- expressions (code_expr.c) --------------------------------------------------------------- */

/* Brought to `want`; base VALUE_NULL: as it is. */
uint32_t coder_expr(struct coder *c, const struct expr *e, struct type want);
/* `e = v` for both already brought to `type`, and the like: op is OP_EQ, OP_LT or OP_LE. */
uint32_t coder_compare(struct coder *c, enum binary_op op, struct type type, uint32_t a, uint32_t b,
                       struct span span);
/* One type that both can be brought to. */
struct type coder_common(struct type a, struct type b);

/* ---- conversions (code_convert.c) ------------------------------------------------------------ */

uint32_t coder_convert(struct coder *c, uint32_t v, struct type from, struct type to,
                       struct span span);
/* The same at compile time: null where it has no value. */
struct value coder_convert_value(struct value v, struct type to);
struct value coder_lower(struct arena *arena, struct value v); /* of a text; null stays null */

/* ---- functions (code_functions.c) ------------------------------------------------------------ */

uint32_t coder_function(struct coder *c, const struct expr *e, const struct typed *t);
/* x where the condition is true, else y: also where it is null. x, y in `type`. */
uint32_t coder_select(struct coder *c, uint32_t cond, uint32_t x, uint32_t y, struct type type,
                      struct span span);
uint32_t coder_any(struct coder *c, const struct expr *e);

/* ---- tables (code_table.c) ------------------------------------------------------------------- */

uint32_t coder_lookup(struct coder *c, const struct expr *e, const struct typed *t);

/* ---- runs and keys (code_run.c) -------------------------------------------------------------- */

/* TAKEN, PICK, AGGREGATE. */
uint32_t coder_taken(struct coder *c, const struct expr *e, const struct typed *t);
uint32_t coder_prev(struct coder *c, const struct expr *e, const struct typed *t);
uint32_t coder_window(struct coder *c, const struct expr *e, const struct typed *t);
uint32_t coder_column(struct coder *c, const struct column_layout *column);
bool coder_take(struct coder *c, uint16_t variable); /* false: nothing to keep */

/* Makes `fill` fill a coder and finishes it; once more without sharing if registers run out. */
struct coder_job {
    uint32_t (*fill)(struct coder *c, const void *arg); /* the value to return; NONE: take code */
    const void *arg;
    struct type result;
    struct span at;
    const struct expr *any;
};
bool coder_run(const struct code_place *place, const struct coder_job *job, uint32_t *code);

static inline struct type type_of_base(enum value_type base) { return (struct type){.base = base}; }

#endif
