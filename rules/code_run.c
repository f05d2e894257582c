/* code_run: what runs and keys remember: how it is looked at, and how a run writes it when it takes
 * an event.
 *
 *   looked at   a.f, last     CELL              avg      CELL sum, CELL count, divided as floats
 *               first         CELL              stddev   STDDEV
 *               count, sum    CELL              nth      NTH, collect COLLECT, distinct DISTINCT
 *               min, max      CELL              prev     PREV
 *
 *   written     FIELD f …     SET_CELL, COUNT_CELL, SUM_…, MIN_…, MAX_…, SPREAD_CELL, KEEP
 *               where c       the value only where c is true: ONLY_IF; what is null is passed over
 *
 * In take code the fields are those of the event being taken, and a cell of the variable itself is
 * read by nobody but first(), which asks how many events there were before: so its cells are
 * written first and counts last, as slot_kind is ordered.
 */
#include "base/log.h"
#include "rules/coder.h"

static const struct type BOOLEAN = {.base = VALUE_BOOL};
static const struct type INT = {.base = VALUE_INT};
static const struct type FLOAT = {.base = VALUE_FLOAT};

/* ---- looked at ------------------------------------------------------------------------------- */

static uint32_t cell(struct coder *c, const struct slot *s, struct span span) {
    return coder_emit(c, INSN_CELL, coder_class(s->type), 0, 0, s->at, span);
}

static const struct slot *find(struct coder *c, const struct slot *use) {
    if (!c->place->rule) panic("a run is looked at where there is none");
    return layout_slot(c->place->layout, c->place->rule, use);
}

static uint32_t average(struct coder *c, const struct slot *sum, const struct slot *count,
                        struct span span) {
    uint32_t total = coder_convert(c, cell(c, sum, span), sum->type, FLOAT, span);
    uint32_t n = coder_convert(c, cell(c, count, span), INT, FLOAT, span);
    return coder_emit(c, INSN_DIV_F, REG_F, total, n, 0, span);
}

static uint32_t kept(struct coder *c, const struct expr *e, const struct typed *t,
                     const struct slot *s) {
    if (t->binding == BIND_PICK)
        return coder_emit(c, INSN_NTH, coder_class(s->type), s->variable, s->at, (uint32_t)t->pick,
                          e->span);
    enum opcode op = t->aggregate == AGG_DISTINCT ? INSN_DISTINCT : INSN_COLLECT;
    return coder_emit(c, op, REG_L, s->variable, s->at, t->depth, e->span);
}

uint32_t coder_taken(struct coder *c, const struct expr *e, const struct typed *t) {
    struct slot uses[NODE_MAX_SLOTS];
    layout_uses(c->place->set, e, uses);
    const struct slot *s = find(c, &uses[0]);
    if (s->kind == SLOT_KEEP) return kept(c, e, t, s);
    uint32_t v;
    struct type is = s->type;
    if (s->kind == SLOT_SPREAD) {
        v = coder_emit(c, INSN_STDDEV, REG_F, 0, 0, s->at, e->span);
    } else if (t->binding == BIND_AGGREGATE && t->aggregate == AGG_AVG) {
        v = average(c, s, find(c, &uses[1]), e->span);
        is = FLOAT;
    } else {
        v = cell(c, s, e->span);
    }
    return coder_convert(c, v, is, t->type, e->span);
}

uint32_t coder_prev(struct coder *c, const struct expr *e, const struct typed *t) {
    if (!c->place->group) panic("a previous value is looked at where there is none");
    const struct prev_layout *p = layout_prev(c->place->layout, c->place->group, e);
    uint32_t back = t->depth ? t->depth : 1;
    return coder_emit(c, INSN_PREV, coder_class(t->type), 0, back, p->first, e->span);
}

uint32_t coder_window(struct coder *c, const struct expr *e, const struct typed *t) {
    if (!c->place->group) panic("a window is looked at where there is none");
    uint16_t input;
    const struct code_place *place = c->place;
    uint32_t i = layout_window(place->layout, place->group, place->rule, e, &input);
    return coder_emit(c, INSN_WINDOW, coder_class(t->type), input, 0, i, e->span);
}

/* Null where the event does not count. */
uint32_t coder_column(struct coder *c, const struct column_layout *column) {
    const struct expr *e = column->value ? column->value : column->where;
    uint32_t holds = NONE, v;
    if (column->where) holds = coder_expr(c, column->where, BOOLEAN);
    if (column->counts && column->value) {
        v = coder_expr(c, column->value, (struct type){0});
        v = coder_emit(c, INSN_EXISTS, REG_B, v, 0, 0, e->span);
        uint32_t yes = coder_bool(c, true, e->span);
        v = coder_emit(c, INSN_ONLY_IF, REG_B, yes, v, 0, e->span);
    } else {
        v = column->counts ? coder_bool(c, true, e->span)
                           : coder_expr(c, column->value, column->type);
    }
    if (holds == NONE) return v;
    return coder_emit(c, INSN_ONLY_IF, coder_class(column->type), v, holds, 0, e->span);
}

/* ---- written --------------------------------------------------------------------------------- */

static struct span slot_span(const struct slot *s) {
    if (s->value) return s->value->span;
    return s->where ? s->where->span : (struct span){0};
}

/* What the slot is given; only where `where` is true. */
static uint32_t slot_value(struct coder *c, const struct slot *s, struct span span) {
    uint32_t v;
    if (s->value) {
        v = coder_expr(c, s->value, s->type);
    } else {
        c->place->parts->used[c->place->stream][s->field] = true;
        v = coder_emit(c, INSN_FIELD, coder_class(s->type), 0, 0, s->field, span);
    }
    if (!s->where) return v;
    uint32_t holds = coder_expr(c, s->where, BOOLEAN);
    return coder_emit(c, INSN_ONLY_IF, coder_class(s->type), v, holds, 0, span);
}

/* Whether this event counts. */
static uint32_t counted(struct coder *c, const struct slot *s, struct span span) {
    if (!s->value) return s->where ? coder_expr(c, s->where, BOOLEAN) : coder_bool(c, true, span);
    uint32_t value = coder_expr(c, s->value, (struct type){0});
    uint32_t exists = coder_emit(c, INSN_EXISTS, REG_B, value, 0, 0, span);
    if (!s->where) return exists;
    uint32_t holds = coder_expr(c, s->where, BOOLEAN);
    return coder_emit(c, INSN_AND, REG_B, exists, holds, 0, span);
}

/* The cell keeps what it has unless this event is the first. */
static uint32_t first_value(struct coder *c, const struct slot *s, struct span span) {
    struct slot use = {.kind = SLOT_COUNT, .variable = s->variable, .field = SCHEMA_NONE,
                       .type = INT};
    uint32_t n = cell(c, find(c, &use), span);
    uint32_t zero = coder_constant(c, value_int(0), INT, span);
    uint32_t none = coder_compare(c, OP_EQ, INT, n, zero, span);
    uint32_t v = slot_value(c, s, span);
    return coder_select(c, none, v, cell(c, s, span), s->type, span);
}

static void write_slot(struct coder *c, const struct slot *s) {
    struct span span = slot_span(s);
    bool floats = s->type.base == VALUE_FLOAT;
    uint32_t v = s->kind == SLOT_COUNT   ? counted(c, s, span)
                 : s->kind == SLOT_FIRST ? first_value(c, s, span)
                                         : slot_value(c, s, span);
    static const enum opcode ops[SLOT_KINDS] = {
        [SLOT_FIRST] = INSN_SET_CELL,     [SLOT_LAST] = INSN_SET_CELL,
        [SLOT_SUM] = INSN_SUM_I_CELL,     [SLOT_MIN] = INSN_MIN_CELL,
        [SLOT_MAX] = INSN_MAX_CELL,       [SLOT_SPREAD] = INSN_SPREAD_CELL,
        [SLOT_KEEP] = INSN_KEEP,          [SLOT_COUNT] = INSN_COUNT_CELL,
    };
    enum opcode op = s->kind == SLOT_SUM && floats ? INSN_SUM_F_CELL : ops[s->kind];
    bool whole_value = op == INSN_SET_CELL || op == INSN_MIN_CELL || op == INSN_MAX_CELL ||
                       op == INSN_KEEP;
    coder_emit(c, op, REG_B, v, whole_value ? coder_kind(s->type) : 0, s->at, span);
}

bool coder_take(struct coder *c, uint16_t variable) {
    const struct rule_layout *rule = c->place->rule;
    bool any = false;
    for (int kind = 0; kind < SLOT_KINDS; kind++) {
        for (uint32_t i = 0; i < rule->nslots; i++) {
            const struct slot *s = &rule->slots[i];
            if (s->variable != variable || (int)s->kind != kind) continue;
            write_slot(c, s);
            any = true;
        }
    }
    return any;
}
