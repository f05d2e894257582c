/* verify_walk: proves that a code is sound in a place that runs it: are the fields in the schema
 * and decoded; are there previous values, cells, kept values; what type are they. What holds
 * wherever it runs has been proved by verify_code.c.
 *
 * Registers know their type, but what cells, previous values, kept values and items of lists hold
 * is written nowhere. It is inferred from who writes there (struct shape), and whoever reads must
 * agree: otherwise a number could be read as the address of a text. A rule's codes are walked
 * until no shape grows any more; what a program is refused for only gets more on the way, so the
 * last round is the proof.
 *
 * A text or list loaded from a cell lies in the cell's memory: once the cell is written it is gone,
 * and so is whatever was cut out of it (substr, trim). Such registers must not be read again.
 * Tests: tests/unit/engine/test_verify.c
 */
#include "engine/verify_internal.h"

/* What a walk knows of a register beyond its type. */
enum { CELL_NONE = NONE, CELL_GONE = NONE - 1, CELL_SEVERAL = NONE - 2 };

struct seen {
    uint8_t item;  /* as in struct shape */
    uint32_t cell; /* in whose memory it lies, or one of the above */
};

static uint8_t item_join(uint8_t a, uint8_t b) {
    if (a == b || b == SHAPE_NOTHING) return a;
    return a == SHAPE_NOTHING ? b : SHAPE_MIXED;
}

bool verify_join(struct verifier *v, const struct place *place, struct shape *into,
                 struct shape more, const char *what, uint32_t index) {
    if (more.reg == SHAPE_NOTHING) return true;
    if (into->reg != SHAPE_NOTHING && into->reg != more.reg)
        return verify_fault(v, "%s: %s %u holds %c and %c", place->what, what, index,
                            reg_letters[into->reg], reg_letters[more.reg]);
    struct shape joined = {more.reg, item_join(into->item, more.item)};
    if (into->reg != joined.reg || into->item != joined.item) *place->changed = true;
    *into = joined;
    return true;
}

/* A register takes what lies at `from`. */
static bool load(const struct insn_at *at, struct shape from, uint8_t *item) {
    if (from.reg != SHAPE_NOTHING && from.reg != at->regs[at->in->r])
        return INSN_FAULT(at, "register %u is to take %c, which is not its type", at->in->r,
                     reg_letters[from.reg]);
    *item = from.item;
    return true;
}

static bool walk_field(const struct insn_at *at, const struct place *place, uint8_t *item) {
    if (place->stream == NONE) return INSN_FAULT(at, "%s: no event to look at", place->what);
    const struct schema *s = &at->v->program->streams[place->stream];
    uint32_t field = at->in->imm;
    if (field >= (place->declared ? s->nfields : schema_columns(s)) || !s->fields[field].used)
        return INSN_FAULT(at, "%s: field %u is not there, or not decoded", place->what, field);
    const struct schema_field *f = &s->fields[field];
    struct shape shape = {(uint8_t)opcode_reg(f->type), SHAPE_NOTHING};
    if (f->type == VALUE_LIST) shape.item = (uint8_t)opcode_reg(f->item);
    return load(at, shape, item);
}

static bool walk_prev(const struct insn_at *at, const struct place *place, uint8_t *item) {
    const struct program_group *g = place->prev_group;
    for (uint32_t k = 0; g && k < g->ninputs; k++) {
        const struct program_input *in = &g->inputs[k];
        for (uint32_t i = 0; i < in->nprevs; i++) {
            const struct program_prev *prev = &in->prevs[i];
            if (prev->first != at->in->imm) continue;
            if (at->in->b < 1 || at->in->b > prev->depth)
                return INSN_FAULT(at, "%s: %u events ago, of %u", place->what, at->in->b,
                                  prev->depth);
            return verify_spend(at->v, i) && load(at, place->prevs[at->in->imm], item);
        }
        if (!verify_spend(at->v, in->nprevs)) return false;
    }
    return INSN_FAULT(at, "%s: no previous value %u", place->what, at->in->imm);
}

static bool walk_window(const struct insn_at *at, const struct place *place, uint8_t *item) {
    const struct program_group *g = place->window_group;
    if (!g || at->in->a >= g->ninputs || at->in->imm >= g->inputs[at->in->a].naggregates)
        return INSN_FAULT(at, "%s: no window %u of input %u", place->what, at->in->imm, at->in->a);
    const struct program_aggregate *a = &g->inputs[at->in->a].aggregates[at->in->imm];
    const struct shape *columns = place->columns; /* those of the inputs before come first */
    for (uint32_t k = 0; k < at->in->a; k++) columns += g->inputs[k].ncolumns;
    if (!verify_spend(at->v, at->in->a)) return false;
    struct shape shape = {REG_I, SHAPE_NOTHING};
    bool closes = a->window == WINDOW_PANES && g->frames[a->frame].kind != FRAME_STEP;
    if (closes &&
        (!place->rule || !place->rule->by_window || place->rule->frame != a->frame))
        return INSN_FAULT(at, "%s: no window %u has closed", place->what, at->in->imm);
    if (a->kind == WINDOW_AVG || a->kind == WINDOW_STDDEV) shape.reg = REG_F;
    else if (a->kind != WINDOW_COUNT && a->kind != WINDOW_DISTINCT)
        shape = columns[a->column];
    return load(at, shape, item);
}

/* Cells [imm, imm + n) of the rule. */
static bool has_cells(const struct insn_at *at, const struct place *place, uint32_t n) {
    if (!place->rule) return INSN_FAULT(at, "%s: there is no run to look at", place->what);
    return verify_range(at->in->imm, n, place->rule->ncells) ||
           INSN_FAULT(at, "%s: cell %u of %u", place->what, at->in->imm, place->rule->ncells);
}

static bool walk_kept(const struct insn_at *at, const struct place *place, uint8_t *item) {
    const struct insn *in = at->in;
    if (!place->rule) return INSN_FAULT(at, "%s: there is no run to look at", place->what);
    if (in->a >= place->rule->nvariables || in->b >= place->rule->variables[in->a].nkept)
        return INSN_FAULT(at, "%s: kept value %u of variable %u", place->what, in->b, in->a);
    struct shape kept = place->kept[place->kept_first[in->a] + in->b];
    if (in->op == INSN_NTH) return load(at, kept, item);
    *item = kept.reg; /* COLLECT, DISTINCT: a list of it */
    return true;
}

static bool walk_spread(const struct insn_at *at, const struct place *place, bool writes) {
    static const uint8_t regs[] = {REG_I, REG_F, REG_F};
    if (!has_cells(at, place, 3)) return false;
    for (uint32_t i = 0; i < 3; i++) {
        struct shape *cell = &place->cells[at->in->imm + i], is = {regs[i], SHAPE_NOTHING};
        if (cell->reg != SHAPE_NOTHING && cell->reg != is.reg)
            return INSN_FAULT(at, "%s: cell %u holds %c", place->what, at->in->imm + i,
                         reg_letters[cell->reg]);
        if (writes && !verify_join(at->v, place, cell, is, "cell", at->in->imm + i)) return false;
    }
    return true;
}

static uint8_t column_item(const struct insn_at *at) {
    const struct schema_field *f = &at->v->program->tables[at->in->imm].fields[at->in->b];
    return f->type == VALUE_LIST ? (uint8_t)opcode_reg(f->item) : SHAPE_NOTHING;
}

static bool walk_element(const struct insn_at *at, const struct place *place, uint8_t *item) {
    if (!place->in_any) return INSN_FAULT(at, "%s: this is no any()", place->what);
    if (place->element.reg == SHAPE_MIXED)
        return INSN_FAULT(at, "%s: items of several types", place->what);
    return load(at, place->element, item);
}

static bool walk_any(const struct insn_at *at, const struct place *place, uint8_t item) {
    struct place inner = *place;
    inner.in_any = true;
    inner.depth++;
    /* Of a list of lists it is not known what the inner ones hold. */
    inner.element = (struct shape){item, item == REG_L ? SHAPE_MIXED : SHAPE_NOTHING};
    if (inner.depth > VERIFY_ANY) return INSN_FAULT(at, "%s: any() too deep", place->what);
    return verify_walk(at->v, &inner, at->in->imm, VALUE_BOOL, NULL);
}

static bool walk_in_list(const struct insn_at *at, const struct seen *seen) {
    uint8_t type = at->regs[at->in->a], item = seen[at->in->b].item;
    return item == SHAPE_NOTHING || item == type || (type == REG_F && item == REG_I) ||
           INSN_FAULT(at, "the list's items are not of the register's type");
}

static bool walk_write(const struct insn_at *at, const struct place *place,
                       const struct seen *seen) {
    const struct insn *in = at->in;
    struct shape is = {at->regs[in->a], seen[in->a].item};
    if (!place->taking) return INSN_FAULT(at, "%s: nothing is taken here", place->what);
    if (in->op == INSN_SPREAD_CELL) return walk_spread(at, place, true);
    if (in->op == INSN_KEEP) {
        uint32_t first = place->kept_first[place->taking - place->rule->variables];
        if (in->imm >= place->taking->nkept)
            return INSN_FAULT(at, "%s: kept value %u of %u", place->what, in->imm,
                         place->taking->nkept);
        for (const struct insn *i = at->v->program->insns + at->code->first; i < in; i++)
            if (i->op == INSN_KEEP && i->imm == in->imm)
                return INSN_FAULT(at, "%s: kept value %u twice", place->what, in->imm);
        return verify_spend(at->v, at->number) &&
               verify_join(at->v, place, &place->kept[first + in->imm], is, "kept value", in->imm);
    }
    if (in->op == INSN_COUNT_CELL) is = (struct shape){REG_I, SHAPE_NOTHING};
    return has_cells(at, place, 1) &&
           verify_join(at->v, place, &place->cells[in->imm], is, "cell", in->imm);
}

/* ---- memory of cells -------------------------------------------------------------------- */

static bool in_memory(uint8_t type) { return type == REG_S || type == REG_L; }

static bool not_gone(const struct insn_at *at, const struct seen *seen, char letter, uint32_t r) {
    return letter == 'N' || letter == '_' || seen[r].cell != CELL_GONE ||
           INSN_FAULT(at, "register %u lies in a cell that was written", r);
}

static uint32_t cell_join(uint32_t a, uint32_t b) {
    if (a == b || b == CELL_NONE) return a;
    return a == CELL_NONE ? b : CELL_SEVERAL;
}

/* Whatever makes a text or a list may give back one of its operands, or a part. */
static uint32_t lies_in(const struct insn_at *at, const struct seen *seen) {
    const struct insn *in = at->in;
    const struct opcode_info *info = &opcode_info[in->op];
    uint32_t cell = CELL_NONE;
    if (!in_memory(at->regs[in->r])) return cell;
    if (in->op == INSN_CELL) return in->imm;
    if (info->a != 'N' && info->a != '_') cell = cell_join(cell, seen[in->a].cell);
    if (info->b != 'N' && info->b != '_') cell = cell_join(cell, seen[in->b].cell);
    return cell;
}

static void cell_written(const struct insn_at *at, struct seen *seen, uint32_t cell) {
    for (uint32_t r = 0; r < at->code->nregs; r++)
        if (seen[r].cell == cell || seen[r].cell == CELL_SEVERAL) seen[r].cell = CELL_GONE;
}

/* ---- the walk --------------------------------------------------------------------------- */

static bool walk_result(const struct insn_at *at, const struct place *place,
                        const struct seen *seen, uint8_t *item) {
    const struct insn *in = at->in;
    switch (in->op) {
    case INSN_FIELD: return walk_field(at, place, item);
    case INSN_CONST: *item = at->v->constant[in->imm].item; return true;
    case INSN_CELL: return has_cells(at, place, 1) && load(at, place->cells[in->imm], item);
    case INSN_PREV: return walk_prev(at, place, item);
    case INSN_WINDOW: return walk_window(at, place, item);
    case INSN_COLUMN: *item = column_item(at); return true;
    case INSN_NTH:
    case INSN_COLLECT:
    case INSN_DISTINCT: return walk_kept(at, place, item);
    case INSN_STEP:
        return place->rule || INSN_FAULT(at, "%s: there is no run to look at", place->what);
    case INSN_ELEMENT: return walk_element(at, place, item);
    case INSN_STDDEV: return walk_spread(at, place, false);
    case INSN_COALESCE: *item = item_join(seen[in->a].item, seen[in->b].item); return true;
    case INSN_ONLY_IF: *item = seen[in->a].item; return true;
    case INSN_IN_LIST: return walk_in_list(at, seen);
    case INSN_ANY: return walk_any(at, place, seen[in->a].item);
    default: return true;
    }
}

static bool walk_insn(const struct insn_at *at, const struct place *place, struct seen *seen) {
    const struct insn *in = at->in;
    const struct opcode_info *info = &opcode_info[in->op];
    if (!not_gone(at, seen, info->a, in->a) || !not_gone(at, seen, info->b, in->b)) return false;
    if (verify_writes_run(in->op)) {
        if (!walk_write(at, place, seen) || !verify_spend(at->v, MAX_REGISTERS / 8)) return false;
        if (in->op != INSN_KEEP) cell_written(at, seen, in->imm);
        return true;
    }
    uint8_t item = SHAPE_NOTHING;
    if (!walk_result(at, place, seen, &item)) return false;
    if (info->r != '_') seen[in->r] = (struct seen){item, lies_in(at, seen)};
    return true;
}

bool verify_walk(struct verifier *v, const struct place *place, uint32_t index, unsigned result,
                 struct shape *gives) {
    const struct program *p = v->program;
    if (index >= p->ncodes) return verify_fault(v, "%s: code %u", place->what, index);
    const struct code *c = &p->codes[index];
    if (result == VALUE_TYPES ? c->result == VALUE_NULL : c->result != result)
        return verify_fault(v, "%s: code %u gives type %u", place->what, index, c->result);
    struct seen seen[MAX_REGISTERS];
    for (uint32_t r = 0; r < c->nregs; r++) seen[r] = (struct seen){SHAPE_NOTHING, CELL_NONE};
    struct insn_at at = {v, c, p->regs + c->first_reg, NULL, index, 0};
    if (!verify_spend(v, c->n + 8)) return false;
    for (; at.number < c->n; at.number++) {
        at.in = &p->insns[c->first + at.number];
        if (!walk_insn(&at, place, seen)) return false;
    }
    uint16_t last = p->insns[c->first + c->n - 1].a;
    if (gives) *gives = (struct shape){at.regs[last], seen[last].item};
    return true;
}
