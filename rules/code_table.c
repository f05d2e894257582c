/* code_table: looking rows up.
 *
 *   merchants[m].risk   ROW m, COLUMN     two columns of one row: one ROW, as equal values are one
 *   m in merchants      ROW m, 0 <= it    null where m is
 */
#include "rules/coder.h"

static uint32_t row(struct coder *c, const struct expr *key, uint32_t table, struct span span) {
    const struct schema *s = &c->place->set->tables[table];
    const struct schema_field *f = &s->fields[s->key_field];
    struct type type = {.base = f->type, .digits = f->digits};
    return coder_emit(c, INSN_ROW, REG_I, coder_expr(c, key, type), 0, table, span);
}

static uint32_t has_row(struct coder *c, const struct expr *e, uint32_t table) {
    uint32_t found = row(c, e->args[0], table, e->span);
    uint32_t zero = coder_constant(c, value_int(0), type_of_base(VALUE_INT), e->span);
    uint32_t has = coder_emit(c, INSN_LE_I, REG_B, zero, found, 0, e->span);
    return coder_not(c, has, e->negated, e->span);
}

uint32_t coder_lookup(struct coder *c, const struct expr *e, const struct typed *t) {
    if (t->binding == BIND_IN_TABLE) return has_row(c, e, t->field);
    if (t->binding == BIND_ROW) return row(c, e->args[1], t->field, e->span);
    uint32_t table = typed_of(c->place->set, e->args[0])->field;
    uint32_t at = coder_expr(c, e->args[0], type_of_base(VALUE_INT));
    c->place->parts->columns[table][t->field] = true;
    return coder_emit(c, INSN_COLUMN, coder_class(t->type), at, t->field, table, e->span);
}
