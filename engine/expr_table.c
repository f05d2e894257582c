/* expr_table: looking rows up in the tables that the evaluator has now (engine/table.h).
 *
 *   merchants[m].risk    ROW m → a number, COLUMN of that number → the value
 *   card in stolen       ROW card → a number, and whether it is one
 *
 * A row is a number only from a ROW to the instructions behind it in the same code, and within one
 * evaluation no table changes; a number from elsewhere is at worst the number of no row.
 * Tests: tests/unit/engine/test_table.c
 */
#include "engine/expr_frame.h"
#include "engine/table.h"

void expr_table(struct expr *e, uint32_t table, struct table *now) {
    if (now) table_hold(now);
    table_drop(&e->tables[table]);
    e->tables[table] = now;
}

void op_row(const struct frame *f, const struct insn *in) {
    const struct table *t = f->e->tables[in->imm];
    uint8_t type = f->types[in->a];
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        d.valid[w] = todo;
        EACH_ROW(row, w, todo) {
            if (type == REG_S) d.i[row] = table_find_str(t, a.s[row]);
            else if (type == REG_P) d.i[row] = table_find_ip(t, &a.ip[row]);
            else d.i[row] = table_find_int(t, a.i[row]);
        }
    }
}

void op_column(const struct frame *f, const struct insn *in) {
    const struct table *t = f->e->tables[in->imm];
    uint8_t type = f->types[in->r];
    size_t bytes = reg_bytes(type);
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w], valid = 0, bits = 0;
        EACH_ROW(row, w, todo) {
            const void *cell = table_cell(t, a.i[row], in->b);
            if (!cell) continue;
            uint64_t bit = UINT64_C(1) << (row % WORD_ROWS);
            valid |= bit;
            if (bytes) memcpy((char *)d.p + bytes * row, cell, bytes);
            else if (*(const int64_t *)cell) bits |= bit;
        }
        if (!bytes) d.b[w] = bits;
        d.valid[w] = valid;
    }
}
