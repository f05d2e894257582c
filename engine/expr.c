/* expr: evaluating: the ways into the interpreter, and its instance for one row.
 *
 *   expr_predicate  batch rows ──256 at a time──→ run_vector ──→ bits
 *   expr_column     batch rows ──256 at a time──→ run_vector ──→ a column of the batch
 *   expr_test       one row ─┐
 *   expr_value      one row ─┼─→ expr_run_one ──→ a slot
 *   expr_take       one row ─┘
 *
 * A frame (expr_frame.h) on the machine's stack says what one evaluation works on. Texts made on
 * the way to a bit go to the `passing` arena, which is emptied as soon as the bit is known; texts
 * that are results go to `scratch`, emptied by expr_reset.
 *
 * Preparing and releasing an evaluator is expr_setup.c. Tests: tests/unit/engine/test_expr.c;
 * vector equals one row: test_expr_twin.c
 */
#include "engine/expr_loop.h"
#include "engine/opcodes.h"

/* A vector costs at least a word of 64 rows for each instruction; fewer rows than this are faster
 * one by one (measured: they break even at 3 to 6 rows). */
enum { FEW_ROWS = 4 };

/* The two instances of the loop. gcc -O2 turns its kernels over 64 rows into vector instructions
 * where there are any (measured: -O3 adds nothing). */
static __attribute__((noinline)) uint32_t run_vector(struct frame *f) {
    return expr_loop(f, false);
}
uint32_t expr_run_one(struct frame *f) { return expr_loop(f, true); }

KERNEL struct frame frame_one(struct expr *e, uint32_t code, const struct batch *batch,
                              uint32_t row, const struct expr_scope *scope,
                              struct arena *arena) {
    const struct code *c = &e->program->codes[code];
    return (struct frame){.e = e,
                          .slots = e->slots,
                          .code = c,
                          .types = e->program->regs + c->first_reg,
                          .batch = batch,
                          .scope = scope,
                          .arena = arena,
                          .row = row,
                          .words = 1,
                          .tail = 1};
}

KERNEL struct frame frame_vector(struct expr *e, uint32_t code, const struct batch *batch,
                                 uint32_t first, uint32_t rows) {
    const struct code *c = &e->program->codes[code];
    return (struct frame){.e = e,
                          .code = c,
                          .types = e->program->regs + c->first_reg,
                          .batch = batch,
                          .arena = &e->passing,
                          .row = first,
                          .words = (rows + WORD_ROWS - 1) / WORD_ROWS,
                          .tail = ~UINT64_C(0) >> (-rows % WORD_ROWS)};
}

static inline void passing_reset(struct expr *e) {
    if (e->passing.used) arena_reset(&e->passing);
}

/* The loop once more in place: the call and its saved registers were a sixth of a short code. */
bool expr_test(struct expr *e, uint32_t code, const struct batch *batch, uint32_t row,
               const struct expr_scope *scope) {
    struct frame f = frame_one(e, code, batch, row, scope, &e->passing);
    bool bit = e->slots[expr_loop(&f, true)].b;
    e->counters.rows_single++;
    passing_reset(e);
    return bit; /* 0 where null */
}

struct value expr_value(struct expr *e, uint32_t code, const struct batch *batch, uint32_t row,
                        const struct expr_scope *scope) {
    struct frame f = frame_one(e, code, batch, row, scope, &e->scratch);
    const struct slot *s = &e->slots[expr_run_one(&f)];
    e->counters.rows_single++;
    struct value v = value_null();
    if (!s->valid) return v;
    memcpy(&v, s->raw, sizeof s->raw);
    v.type = f.code->result;
    v.digits = v.type == VALUE_IP ? 128 : f.code->digits;
    return v;
}

void expr_take(struct expr *e, uint32_t code, const struct batch *batch, uint32_t row,
               const struct expr_scope *scope) {
    struct frame f = frame_one(e, code, batch, row, scope, &e->passing);
    expr_run_one(&f);
    e->counters.rows_single++;
    passing_reset(e);
}

struct value expr_constant(struct expr *e, uint32_t code) {
    return expr_value(e, code, NULL, 0, NULL);
}

static void predicate_few(struct expr *e, uint32_t code, const struct batch *batch, uint32_t first,
                          uint32_t n, uint64_t *bits) {
    uint64_t word = 0;
    for (uint32_t k = 0; k < n; k++)
        word |= (uint64_t)expr_test(e, code, batch, first + k, NULL) << k;
    bits[0] = word;
}

void expr_predicate(struct expr *e, uint32_t code, const struct batch *batch, uint32_t first,
                    uint32_t n, uint64_t *bits) {
    if (n && n < FEW_ROWS) {
        predicate_few(e, code, batch, first, n, bits);
        return;
    }
    for (uint32_t done = 0; done < n; done += VECTOR_ROWS) {
        uint32_t rows = n - done < VECTOR_ROWS ? n - done : VECTOR_ROWS;
        struct frame f = frame_vector(e, code, batch, first + done, rows);
        uint32_t r = run_vector(&f);
        memcpy(bits + done / WORD_ROWS, e->reg[r].b, f.words * sizeof *bits);
        passing_reset(e);
    }
    e->counters.rows_vector += n;
}

/* Of what is null the data are zeros, as in every column. */
static void clear_nulls(char *data, const uint64_t *valid, uint32_t rows, size_t bytes) {
    for (uint32_t i = 0; i < rows; i++)
        if (!bit_get(valid, i)) memset(data + i * bytes, 0, bytes);
}

/* What lies in the passing arena lies in `text` afterwards. */
static void own_texts(struct str *s, const uint64_t *valid, uint32_t rows, struct arena *text) {
    for (uint32_t i = 0; i < rows; i++)
        s[i] = bit_get(valid, i) ? arena_copy(text, s[i]) : STR("");
}

void expr_column(struct expr *e, uint32_t code, const struct batch *batch, struct column *column,
                 struct arena *text) {
    const struct code *c = &e->program->codes[code];
    uint8_t type = (uint8_t)opcode_reg(c->result);
    size_t bytes = reg_bytes(type);
    for (uint32_t done = 0; done < batch->n; done += VECTOR_ROWS) {
        uint32_t rows = batch->n - done < VECTOR_ROWS ? batch->n - done : VECTOR_ROWS;
        struct frame f = frame_vector(e, code, batch, done, rows);
        struct reg r = e->reg[run_vector(&f)];
        uint64_t *valid = column->valid + done / WORD_ROWS;
        memcpy(valid, r.valid, f.words * sizeof *valid);
        char *data = (char *)column->data + (type == REG_B ? done / 8 : done * bytes);
        memcpy(data, r.p, type == REG_B ? f.words * sizeof *valid : rows * bytes);
        if (type == REG_S) own_texts((struct str *)data, valid, rows, text);
        else if (type != REG_B) clear_nulls(data, valid, rows, bytes);
        passing_reset(e);
    }
    e->counters.rows_vector += batch->n;
}

void expr_reset(struct expr *e) {
    if (e->scratch.used) arena_reset(&e->scratch);
}

const struct expr_counters *expr_counters(const struct expr *e) { return &e->counters; }

const struct zone *expr_zone(const struct expr *e, uint32_t zone) { return e->zones[zone]; }
