/* expr_frame: registers, and what an instruction sees of the world. Private: only expr*.c and
 * expr*.h include it.
 *
 *   vector:  reg[r] ─→ data[VECTOR_ROWS]     own storage, or a column of the batch (FIELD: no copy)
 *            (.valid)  validity words        always own storage
 *   one row: slots[r] = { datum, valid }     32 bytes a register, all in a few cache lines
 *
 * Both are read through the same `struct reg`: a pointer to data and a pointer to validity words;
 * one row is a vector whose only row is 0.
 *
 * What always holds, in both:
 *   - validity bits of rows behind the last are 0, so nothing leaks from there;
 *   - the value bits of a BOOL register are 0 where its validity bits are 0; this makes and, or
 *     and not a few word operations;
 *   - data of rows that are not valid are garbage: numbers may be computed with, texts, addresses
 *     and lists must not be looked at;
 *   - an instruction takes its sources before its destination (reg_dst turns the register back
 *     to its own storage), so that it may write the register it reads.
 *
 * Tests: tests/unit/engine/test_expr.c, test_expr_twin.c
 */
#ifndef OMEN_ENGINE_EXPR_FRAME_H
#define OMEN_ENGINE_EXPR_FRAME_H

#include "engine/expr.h"
#include "engine/regex.h"
#include "engine/zone.h"

enum { WORD_ROWS = 64, VECTOR_WORDS = VECTOR_ROWS / WORD_ROWS };

#define KERNEL static inline __attribute__((always_inline))

/* A register's only row. The data lie as in struct value, so that a value is loaded by copying
 * its first 16 bytes, whatever its type. */
struct slot {
    union {
        uint64_t raw[2];
        uint64_t b; /* 0 or 1 */
        int64_t i;
        double f;
        struct str s;
        struct ip ip;
        const struct list *l;
    };
    uint64_t valid; /* 0 or 1 */
    uint64_t unused; /* makes it 32 bytes: an index is a shift */
};
_Static_assert(sizeof(struct slot) == 32, "an index is a shift");
_Static_assert(offsetof(struct value, type) == 16, "a slot takes the first 16 bytes of a value");

struct reg {
    union {
        void *p;
        uint64_t *b; /* bits */
        int64_t *i;
        double *f;
        struct str *s;
        struct ip *ip;
        const struct list **l;
    };
    uint64_t *valid;
};

struct set;     /* expr_set.c */
struct polygon; /* expr_place.c */
struct table;   /* table.h */

struct expr {
    struct program *program;
    struct reg *reg;    /* where each register is now */
    struct reg *own;    /* its own storage */
    uint32_t *held;     /* the constant that own storage holds in every row, or NONE */
    struct slot *slots; /* for the deepest nesting of any() */
    struct regex **regexes;
    struct zone **zones;
    struct set **sets;         /* beside the program's constants; NULL where no IN_SET looks */
    struct polygon **polygons; /* likewise */
    struct table **tables;     /* beside the program's; NULL: no rows */
    struct regex_scratch *regex_scratch;
    struct arena setup;   /* lives as long as the evaluator */
    struct arena scratch; /* texts of results: until expr_reset */
    struct arena passing; /* texts made on the way to a bit: until the bit is known */
    struct buf text;
    struct expr_counters counters;
    void *memory; /* of the registers */
};

/* One evaluation of one code. */
struct frame {
    struct expr *e;
    struct slot *slots; /* NULL: a vector */
    const struct code *code;
    const uint8_t *types; /* enum reg_type of each register */
    const struct batch *batch;
    const struct expr_scope *scope;
    const struct value *element; /* of any() */
    struct arena *arena;         /* for texts: scratch or passing */
    uint32_t row;                /* the first */
    uint32_t words;
    uint64_t tail; /* the rows of the last word */
};

/* Bits of the rows that word w has. */
KERNEL uint64_t frame_rows(const struct frame *f, uint32_t w) {
    return w + 1 == f->words ? f->tail : ~UINT64_C(0);
}

KERNEL struct reg reg_src(const struct frame *f, uint32_t r, const bool one) {
    return one ? (struct reg){{&f->slots[r]}, &f->slots[r].valid} : f->e->reg[r];
}

KERNEL struct reg reg_dst(const struct frame *f, uint32_t r, const bool one) {
    if (one) return (struct reg){{&f->slots[r]}, &f->slots[r].valid};
    f->e->held[r] = NONE;
    return f->e->reg[r] = f->e->own[r];
}

/* For the instructions that live in functions of their own and serve both. */
static inline struct reg src(const struct frame *f, uint32_t r) {
    return reg_src(f, r, f->slots != NULL);
}
static inline struct reg dst(const struct frame *f, uint32_t r) {
    return reg_dst(f, r, f->slots != NULL);
}

/* Bytes of one row's datum; bits count none. */
static inline size_t reg_bytes(uint8_t type) {
    return type == REG_B ? 0 : type == REG_S || type == REG_P ? 16 : 8;
}

/* The rows of word w whose bit is set in `todo`, in order. */
#define EACH_ROW(row, w, todo)                                                                     \
    for (uint64_t todo_ = (todo), row = 0;                                                         \
         todo_ && (row = (uint64_t)(w) * WORD_ROWS + (uint64_t)__builtin_ctzll(todo_), true);      \
         todo_ &= todo_ - 1)

/* Takes back a validity bit that was written too early. */
static inline void row_null(struct reg d, uint64_t row) {
    d.valid[row / WORD_ROWS] &= ~(UINT64_C(1) << (row % WORD_ROWS));
}

static inline void *frame_scratch(const struct frame *f, size_t bytes) {
    return arena_alloc(f->arena, bytes);
}

/* A value as it would be outside of a register: `kind` is enum value_type + 256 * digits; where
 * it is 0 the type follows from the register's (int for all whole numbers). */
struct value reg_value(struct reg a, uint8_t type, uint32_t kind, uint64_t row);

/* Runs the frame's code on one row; gives the register of the result (expr.c). */
uint32_t expr_run_one(struct frame *f);

/* The instructions that are too large for the loop, by the file that has them. Each does what
 * opcodes.def says, for all rows of the frame. */
typedef void instruction(const struct frame *f, const struct insn *in);

/* expr_text.c */
instruction op_lower, op_upper, op_length_s, op_length_l, op_trim, op_substr, op_concat,
    op_contains, op_starts, op_ends, op_like, op_matches, op_extract, op_hash, op_to_text;
/* expr_place.c */
instruction op_hour, op_weekday, op_date, op_distance, op_in_polygon;
const char *polygon_new(struct arena *a, struct value constant, struct polygon **polygon);
/* expr_set.c */
instruction op_in_net, op_in_set, op_in_list, op_any;
struct set *set_new(struct arena *a, uint8_t type, const struct list *items);
/* expr_table.c */
instruction op_row, op_column;
/* expr_cells.c: one row only */
instruction op_nth, op_collect, op_distinct, op_step, op_set_cell, op_count_cell, op_sum_i_cell,
    op_sum_f_cell, op_min_cell, op_max_cell, op_spread_cell, op_stddev, op_keep;

#endif
