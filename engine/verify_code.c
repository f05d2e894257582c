/* verify_code: proves that a code is sound, in two steps.
 *
 *   verify_code   once a code, wherever it runs: opcodes, registers within the code's table, each
 *                 of the type that the instruction needs and written before it is read, one end and
 *                 it is the last, constants of the type that they are used as, numbers in bounds
 *   verify_walk   once for each place that runs it: are the fields in the schema and decoded; are
 *                 there previous values, cells, kept values; what type are they
 *
 * Code has no jumps, so one pass in order sees every value before its use.
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
#include <math.h>

#include "base/decimal.h"
#include "engine/verify_internal.h"

enum { MOST_ROUND_DIGITS = 1000 };

struct at { /* an instruction under examination */
    struct verifier *v;
    const struct code *code;
    const uint8_t *regs;
    const struct insn *in;
    uint32_t index, number; /* of the code; of the instruction in it */
};

#define FAULT(at, fmt, ...)                                                                        \
    verify_fault((at)->v, "code %u instruction %u (%s): " fmt, (at)->index, (at)->number,          \
                 (at)->in->op < OPCODES ? opcode_info[(at)->in->op].name : "?", ##__VA_ARGS__)

/* ---- wherever it runs ------------------------------------------------------------------- */

static bool has_type(const struct at *at, char letter, uint32_t r) {
    if (r >= at->code->nregs)
        return FAULT(at, "register %u of %u", r, at->code->nregs);
    if (letter != 'X' && reg_letters[at->regs[r]] != letter)
        return FAULT(at, "register %u holds %c, not %c", r, reg_letters[at->regs[r]], letter);
    return true;
}

static bool reads(const struct at *at, const bool *written, char letter, uint32_t r) {
    if (letter == 'N' || letter == '_') return true;
    if (!has_type(at, letter, r)) return false;
    return written[r] || FAULT(at, "register %u is read before it is written", r);
}

static bool kind_fits(const struct at *at, uint32_t kind) {
    uint32_t type = kind & 0xFF, digits = kind >> 8;
    if (kind == 0) return true;
    if (opcode_reg(type) != at->regs[at->in->a])
        return FAULT(at, "register %u does not hold values of type %u", at->in->a, type);
    uint32_t most = type == VALUE_DECIMAL ? DECIMAL_MAX_DIGITS : type == VALUE_IP ? 128 : 0;
    return digits <= most || FAULT(at, "%u digits", digits);
}

static bool constant_of(const struct at *at, unsigned type, struct value *c) {
    *c = at->v->program->constants[at->in->imm];
    return c->type == type || FAULT(at, "constant %u is of type %u", at->in->imm, c->type);
}

/* One set is made of a constant list, for one type of what is looked up. */
static bool set_fits(const struct at *at) {
    struct value list;
    uint8_t type = at->regs[at->in->a], *as = &at->v->set_type[at->in->imm];
    if (!constant_of(at, VALUE_LIST, &list)) return false;
    uint8_t item = at->v->constant[at->in->imm].item;
    if (item != SHAPE_NOTHING && item != type && !(type == REG_F && item == REG_I))
        return FAULT(at, "the items of constant %u are not of the register's type", at->in->imm);
    if (*as != SHAPE_NOTHING && *as != type)
        return FAULT(at, "constant %u is a set of another type as well", at->in->imm);
    *as = type;
    return true;
}

static bool names_fit(const struct at *at) {
    struct value list;
    if (!constant_of(at, VALUE_LIST, &list)) return false;
    for (uint32_t i = 0; i < list.list->n; i++)
        if (list.list->items[i].type != VALUE_STRING)
            return FAULT(at, "constant %u, item %u: no name", at->in->imm, i);
    return verify_spend(at->v, list.list->n);
}

static bool polygon_fits(const struct at *at) {
    struct value list;
    if (!constant_of(at, VALUE_LIST, &list)) return false;
    if (list.list->n < 3) return FAULT(at, "constant %u is no polygon", at->in->imm);
    for (uint32_t i = 0; i < list.list->n; i++) {
        struct value point = list.list->items[i];
        bool fits = point.type == VALUE_LIST && point.list->n == 2;
        for (uint32_t k = 0; fits && k < 2; k++) {
            uint8_t type = point.list->items[k].type;
            fits = type == VALUE_FLOAT || type == VALUE_INT || type == VALUE_DECIMAL;
        }
        if (!fits) return FAULT(at, "constant %u, item %u: no point", at->in->imm, i);
    }
    return verify_spend(at->v, list.list->n);
}

static bool constant_fits(const struct at *at) {
    const struct insn *in = at->in;
    struct value c;
    if (in->imm >= at->v->program->nconstants) return FAULT(at, "constant %u", in->imm);
    switch (in->op) {
    case INSN_IN_SET: return set_fits(at);
    case INSN_IN_NET: return constant_of(at, VALUE_IP, &c);
    case INSN_IN_POLYGON: return polygon_fits(at);
    case INSN_STEP: return names_fit(at);
    default: break;
    }
    int reg = opcode_reg(at->v->program->constants[in->imm].type);
    return reg < 0 || reg == at->regs[in->r] ||
           FAULT(at, "constant %u does not fit register %u", in->imm, in->r);
}

static bool number_fits(const struct at *at) {
    const struct insn *in = at->in;
    switch (in->op) {
    case INSN_UNSCALE_I:
        if (in->b > 3) return FAULT(at, "rounding %u", in->b);
        /* fall through */
    case INSN_SCALE_I:
    case INSN_I_TO_F: return in->imm <= DECIMAL_MAX_DIGITS || FAULT(at, "10^%u", in->imm);
    case INSN_ROUND_F:
        return ((int32_t)in->imm <= MOST_ROUND_DIGITS && (int32_t)in->imm >= -MOST_ROUND_DIGITS) ||
               FAULT(at, "%d digits", (int32_t)in->imm);
    case INSN_NTH: return in->imm != 0 || FAULT(at, "event 0");
    case INSN_COLLECT:
    case INSN_DISTINCT: return in->imm != 0 || FAULT(at, "at most 0 items");
    case INSN_TO_TEXT:
        if (in->b > 0xFF || in->imm > 0xFF || (in->b == 0 && in->imm != 0))
            return FAULT(at, "type %u, digits %u", in->b, in->imm);
        return kind_fits(at, in->b + 256 * in->imm);
    default: return FAULT(at, "a number that nobody knows");
    }
}

/* Of a ROW the key's register, of a COLUMN the column and its register. */
static bool table_fits_code(const struct at *at) {
    const struct program *p = at->v->program;
    const struct insn *in = at->in;
    if (in->imm >= p->ntables) return FAULT(at, "table %u", in->imm);
    const struct schema *s = &p->tables[in->imm];
    if (in->op == INSN_ROW)
        return opcode_reg(s->fields[s->key_field].type) == at->regs[in->a] ||
               FAULT(at, "register %u does not hold the key of table %u", in->a, in->imm);
    if (in->b >= s->nfields || !s->fields[in->b].used)
        return FAULT(at, "column %u of table %u is not there, or not kept", in->b, in->imm);
    return opcode_reg(s->fields[in->b].type) == at->regs[in->r] ||
           FAULT(at, "column %u of table %u does not fit register %u", in->b, in->imm, in->r);
}

static bool imm_fits(const struct at *at) {
    const struct program *p = at->v->program;
    uint32_t imm = at->in->imm;
    switch ((enum operand)opcode_info[at->in->op].imm) {
    case IMM__:
    case IMM_FIELD: /* these depend on the place */
    case IMM_CELL:
    case IMM_PREV:
    case IMM_WINDOW:
    case IMM_KEEP: return true;
    case IMM_CONST: return constant_fits(at);
    case IMM_REGEX: return imm < p->nregexes || FAULT(at, "regular expression %u", imm);
    case IMM_ZONE: return imm == NONE || imm < p->nzones || FAULT(at, "zone %u", imm);
    case IMM_TABLE: return table_fits_code(at);
    case IMM_NUMBER: return number_fits(at);
    case IMM_CODE:
        return (imm < p->ncodes && p->codes[imm].result == VALUE_BOOL) ||
               FAULT(at, "code %u gives no truth", imm);
    }
    return FAULT(at, "an operand that nobody knows");
}

/* What opcodes.def says in words only. */
static bool extras_fit(const struct at *at, const bool *written) {
    const struct insn *in = at->in;
    switch (in->op) {
    case INSN_COALESCE:
        return (has_type(at, reg_letters[at->regs[in->r]], in->a) &&
                has_type(at, reg_letters[at->regs[in->r]], in->b));
    case INSN_ONLY_IF: return has_type(at, reg_letters[at->regs[in->r]], in->a);
    case INSN_F_TO_I: return in->b <= 3 || FAULT(at, "rounding %u", in->b);
    case INSN_SUBSTR: return reads(at, written, 'I', in->b + 1U);
    case INSN_DISTANCE:
        return reads(at, written, 'F', in->a + 1U) && reads(at, written, 'F', in->a + 2U) &&
               reads(at, written, 'F', in->a + 3U);
    case INSN_HASH:
    case INSN_SET_CELL:
    case INSN_MIN_CELL:
    case INSN_MAX_CELL:
    case INSN_KEEP: return kind_fits(at, in->b);
    default: return true;
    }
}

static bool ends_well(const struct at *at) {
    const struct insn *in = at->in;
    if (in->op == INSN_DONE)
        return at->code->result == VALUE_NULL || FAULT(at, "the code has to give a value");
    return opcode_reg(at->code->result) == at->regs[in->a] ||
           FAULT(at, "the result is not of type %u", at->code->result);
}

static bool writes_run(uint16_t op) {
    return opcode_info[op].r == '_' && op != INSN_RETURN && op != INSN_DONE;
}

static bool insn_fits(const struct at *at, bool *written) {
    const struct insn *in = at->in;
    bool last = at->number + 1 == at->code->n;
    if (in->op >= OPCODES) return FAULT(at, "opcode %u", in->op);
    const struct opcode_info *info = &opcode_info[in->op];
    bool end = in->op == INSN_RETURN || in->op == INSN_DONE;
    if (end != last) return FAULT(at, "%s", end ? "ends before the end" : "runs over the end");
    if (writes_run(in->op) && at->code->result != VALUE_NULL)
        return FAULT(at, "writes to the run, and this is no take code");
    if (!reads(at, written, info->a, in->a) || !reads(at, written, info->b, in->b)) return false;
    if (info->r != '_' && !has_type(at, info->r, in->r)) return false;
    if (!imm_fits(at) || !extras_fit(at, written)) return false;
    if (end) return ends_well(at);
    if (info->r != '_') written[in->r] = true;
    return true;
}

bool verify_code(struct verifier *v, uint32_t index) {
    const struct program *p = v->program;
    const struct code *c = &p->codes[index];
    if (c->n == 0 || !verify_range(c->first, c->n, p->ninsns))
        return verify_fault(v, "code %u: instructions %u+%u", index, c->first, c->n);
    if (c->nregs > MAX_REGISTERS || !verify_range(c->first_reg, c->nregs, p->nregs))
        return verify_fault(v, "code %u: registers %u+%u", index, c->first_reg, c->nregs);
    if (c->result >= VALUE_TYPES || c->digits > DECIMAL_MAX_DIGITS)
        return verify_fault(v, "code %u: result type %u, digits %u", index, c->result, c->digits);
    bool written[MAX_REGISTERS] = {false};
    struct at at = {v, c, p->regs + c->first_reg, NULL, index, 0};
    if (!verify_spend(v, c->n)) return false;
    for (; at.number < c->n; at.number++) {
        at.in = &p->insns[c->first + at.number];
        if (!insn_fits(&at, written)) return false;
    }
    return true;
}

/* ---- where it runs ---------------------------------------------------------------------- */

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
static bool load(const struct at *at, struct shape from, uint8_t *item) {
    if (from.reg != SHAPE_NOTHING && from.reg != at->regs[at->in->r])
        return FAULT(at, "register %u is to take %c, which is not its type", at->in->r,
                     reg_letters[from.reg]);
    *item = from.item;
    return true;
}

static bool walk_field(const struct at *at, const struct place *place, uint8_t *item) {
    if (place->stream == NONE) return FAULT(at, "%s: no event to look at", place->what);
    const struct schema *s = &at->v->program->streams[place->stream];
    uint32_t field = at->in->imm;
    if (field >= (place->declared ? s->nfields : schema_columns(s)) || !s->fields[field].used)
        return FAULT(at, "%s: field %u is not there, or not decoded", place->what, field);
    const struct schema_field *f = &s->fields[field];
    struct shape shape = {(uint8_t)opcode_reg(f->type), SHAPE_NOTHING};
    if (f->type == VALUE_LIST) shape.item = (uint8_t)opcode_reg(f->item);
    return load(at, shape, item);
}

static bool walk_prev(const struct at *at, const struct place *place, uint8_t *item) {
    const struct program_group *g = place->prev_group;
    for (uint32_t k = 0; g && k < g->ninputs; k++) {
        const struct program_input *in = &g->inputs[k];
        for (uint32_t i = 0; i < in->nprevs; i++) {
            const struct program_prev *prev = &in->prevs[i];
            if (prev->first != at->in->imm) continue;
            if (at->in->b < 1 || at->in->b > prev->depth)
                return FAULT(at, "%s: %u events ago, of %u", place->what, at->in->b, prev->depth);
            return verify_spend(at->v, i) && load(at, place->prevs[at->in->imm], item);
        }
        if (!verify_spend(at->v, in->nprevs)) return false;
    }
    return FAULT(at, "%s: no previous value %u", place->what, at->in->imm);
}

static bool walk_window(const struct at *at, const struct place *place, uint8_t *item) {
    const struct program_group *g = place->window_group;
    if (!g || at->in->a >= g->ninputs || at->in->imm >= g->inputs[at->in->a].naggregates)
        return FAULT(at, "%s: no window %u of input %u", place->what, at->in->imm, at->in->a);
    const struct program_aggregate *a = &g->inputs[at->in->a].aggregates[at->in->imm];
    const struct shape *columns = place->columns; /* those of the inputs before come first */
    for (uint32_t k = 0; k < at->in->a; k++) columns += g->inputs[k].ncolumns;
    if (!verify_spend(at->v, at->in->a)) return false;
    struct shape shape = {REG_I, SHAPE_NOTHING};
    bool closes = a->window == WINDOW_PANES && g->frames[a->frame].kind != FRAME_STEP;
    if (closes &&
        (!place->rule || !place->rule->by_window || place->rule->frame != a->frame))
        return FAULT(at, "%s: no window %u has closed", place->what, at->in->imm);
    if (a->kind == WINDOW_AVG || a->kind == WINDOW_STDDEV) shape.reg = REG_F;
    else if (a->kind != WINDOW_COUNT && a->kind != WINDOW_DISTINCT)
        shape = columns[a->column];
    return load(at, shape, item);
}

/* Cells [imm, imm + n) of the rule. */
static bool has_cells(const struct at *at, const struct place *place, uint32_t n) {
    if (!place->rule) return FAULT(at, "%s: there is no run to look at", place->what);
    return verify_range(at->in->imm, n, place->rule->ncells) ||
           FAULT(at, "%s: cell %u of %u", place->what, at->in->imm, place->rule->ncells);
}

static bool walk_kept(const struct at *at, const struct place *place, uint8_t *item) {
    const struct insn *in = at->in;
    if (!place->rule) return FAULT(at, "%s: there is no run to look at", place->what);
    if (in->a >= place->rule->nvariables || in->b >= place->rule->variables[in->a].nkept)
        return FAULT(at, "%s: kept value %u of variable %u", place->what, in->b, in->a);
    struct shape kept = place->kept[place->kept_first[in->a] + in->b];
    if (in->op == INSN_NTH) return load(at, kept, item);
    *item = kept.reg; /* COLLECT, DISTINCT: a list of it */
    return true;
}

static bool walk_spread(const struct at *at, const struct place *place, bool writes) {
    static const uint8_t regs[] = {REG_I, REG_F, REG_F};
    if (!has_cells(at, place, 3)) return false;
    for (uint32_t i = 0; i < 3; i++) {
        struct shape *cell = &place->cells[at->in->imm + i], is = {regs[i], SHAPE_NOTHING};
        if (cell->reg != SHAPE_NOTHING && cell->reg != is.reg)
            return FAULT(at, "%s: cell %u holds %c", place->what, at->in->imm + i,
                         reg_letters[cell->reg]);
        if (writes && !verify_join(at->v, place, cell, is, "cell", at->in->imm + i)) return false;
    }
    return true;
}

static uint8_t column_item(const struct at *at) {
    const struct schema_field *f = &at->v->program->tables[at->in->imm].fields[at->in->b];
    return f->type == VALUE_LIST ? (uint8_t)opcode_reg(f->item) : SHAPE_NOTHING;
}

static bool walk_element(const struct at *at, const struct place *place, uint8_t *item) {
    if (!place->in_any) return FAULT(at, "%s: this is no any()", place->what);
    if (place->element.reg == SHAPE_MIXED)
        return FAULT(at, "%s: items of several types", place->what);
    return load(at, place->element, item);
}

static bool walk_any(const struct at *at, const struct place *place, uint8_t item) {
    struct place inner = *place;
    inner.in_any = true;
    inner.depth++;
    /* Of a list of lists it is not known what the inner ones hold. */
    inner.element = (struct shape){item, item == REG_L ? SHAPE_MIXED : SHAPE_NOTHING};
    if (inner.depth > VERIFY_ANY) return FAULT(at, "%s: any() too deep", place->what);
    return verify_walk(at->v, &inner, at->in->imm, VALUE_BOOL, NULL);
}

static bool walk_in_list(const struct at *at, const struct seen *seen) {
    uint8_t type = at->regs[at->in->a], item = seen[at->in->b].item;
    return item == SHAPE_NOTHING || item == type || (type == REG_F && item == REG_I) ||
           FAULT(at, "the list's items are not of the register's type");
}

static bool walk_write(const struct at *at, const struct place *place, const struct seen *seen) {
    const struct insn *in = at->in;
    struct shape is = {at->regs[in->a], seen[in->a].item};
    if (!place->taking) return FAULT(at, "%s: nothing is taken here", place->what);
    if (in->op == INSN_SPREAD_CELL) return walk_spread(at, place, true);
    if (in->op == INSN_KEEP) {
        uint32_t first = place->kept_first[place->taking - place->rule->variables];
        if (in->imm >= place->taking->nkept)
            return FAULT(at, "%s: kept value %u of %u", place->what, in->imm,
                         place->taking->nkept);
        for (const struct insn *i = at->v->program->insns + at->code->first; i < in; i++)
            if (i->op == INSN_KEEP && i->imm == in->imm)
                return FAULT(at, "%s: kept value %u twice", place->what, in->imm);
        return verify_spend(at->v, at->number) &&
               verify_join(at->v, place, &place->kept[first + in->imm], is, "kept value", in->imm);
    }
    if (in->op == INSN_COUNT_CELL) is = (struct shape){REG_I, SHAPE_NOTHING};
    return has_cells(at, place, 1) &&
           verify_join(at->v, place, &place->cells[in->imm], is, "cell", in->imm);
}

/* ---- memory of cells -------------------------------------------------------------------- */

static bool in_memory(uint8_t type) { return type == REG_S || type == REG_L; }

static bool not_gone(const struct at *at, const struct seen *seen, char letter, uint32_t r) {
    return letter == 'N' || letter == '_' || seen[r].cell != CELL_GONE ||
           FAULT(at, "register %u lies in a cell that was written", r);
}

static uint32_t cell_join(uint32_t a, uint32_t b) {
    if (a == b || b == CELL_NONE) return a;
    return a == CELL_NONE ? b : CELL_SEVERAL;
}

/* Whatever makes a text or a list may give back one of its operands, or a part. */
static uint32_t lies_in(const struct at *at, const struct seen *seen) {
    const struct insn *in = at->in;
    const struct opcode_info *info = &opcode_info[in->op];
    uint32_t cell = CELL_NONE;
    if (!in_memory(at->regs[in->r])) return cell;
    if (in->op == INSN_CELL) return in->imm;
    if (info->a != 'N' && info->a != '_') cell = cell_join(cell, seen[in->a].cell);
    if (info->b != 'N' && info->b != '_') cell = cell_join(cell, seen[in->b].cell);
    return cell;
}

static void cell_written(const struct at *at, struct seen *seen, uint32_t cell) {
    for (uint32_t r = 0; r < at->code->nregs; r++)
        if (seen[r].cell == cell || seen[r].cell == CELL_SEVERAL) seen[r].cell = CELL_GONE;
}

/* ---- the walk --------------------------------------------------------------------------- */

static bool walk_result(const struct at *at, const struct place *place, const struct seen *seen,
                        uint8_t *item) {
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
        return place->rule || FAULT(at, "%s: there is no run to look at", place->what);
    case INSN_ELEMENT: return walk_element(at, place, item);
    case INSN_STDDEV: return walk_spread(at, place, false);
    case INSN_COALESCE: *item = item_join(seen[in->a].item, seen[in->b].item); return true;
    case INSN_ONLY_IF: *item = seen[in->a].item; return true;
    case INSN_IN_LIST: return walk_in_list(at, seen);
    case INSN_ANY: return walk_any(at, place, seen[in->a].item);
    default: return true;
    }
}

static bool walk_insn(const struct at *at, const struct place *place, struct seen *seen) {
    const struct insn *in = at->in;
    const struct opcode_info *info = &opcode_info[in->op];
    if (!not_gone(at, seen, info->a, in->a) || !not_gone(at, seen, info->b, in->b)) return false;
    if (writes_run(in->op)) {
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
    struct at at = {v, c, p->regs + c->first_reg, NULL, index, 0};
    if (!verify_spend(v, c->n + 8)) return false;
    for (; at.number < c->n; at.number++) {
        at.in = &p->insns[c->first + at.number];
        if (!walk_insn(&at, place, seen)) return false;
    }
    uint16_t last = p->insns[c->first + c->n - 1].a;
    if (gives) *gives = (struct shape){at.regs[last], seen[last].item};
    return true;
}
