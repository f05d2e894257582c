/* verify_code: what can be said of a code wherever it runs: opcodes, registers within the code's
 * table, each of the type that the instruction needs and written before it is read, one end and it
 * is the last, constants of the type that they are used as, numbers in bounds. What it may look at
 * where it runs is proved by verify_walk.c.
 *
 * Code has no jumps, so one pass in order sees every value before its use.
 * Tests: tests/unit/engine/test_verify.c
 */
#include "base/decimal.h"
#include "engine/verify_internal.h"

enum { MOST_ROUND_DIGITS = 1000 };

static bool has_type(const struct insn_at *at, char letter, uint32_t r) {
    if (r >= at->code->nregs)
        return INSN_FAULT(at, "register %u of %u", r, at->code->nregs);
    if (letter != 'X' && reg_letters[at->regs[r]] != letter)
        return INSN_FAULT(at, "register %u holds %c, not %c", r, reg_letters[at->regs[r]], letter);
    return true;
}

static bool reads(const struct insn_at *at, const bool *written, char letter, uint32_t r) {
    if (letter == 'N' || letter == '_') return true;
    if (!has_type(at, letter, r)) return false;
    return written[r] || INSN_FAULT(at, "register %u is read before it is written", r);
}

static bool kind_fits(const struct insn_at *at, uint32_t kind) {
    uint32_t type = kind & 0xFF, digits = kind >> 8;
    if (kind == 0) return true;
    if (opcode_reg(type) != at->regs[at->in->a])
        return INSN_FAULT(at, "register %u does not hold values of type %u", at->in->a, type);
    uint32_t most = type == VALUE_DECIMAL ? DECIMAL_MAX_DIGITS : type == VALUE_IP ? 128 : 0;
    return digits <= most || INSN_FAULT(at, "%u digits", digits);
}

static bool constant_of(const struct insn_at *at, unsigned type, struct value *c) {
    *c = at->v->program->constants[at->in->imm];
    return c->type == type || INSN_FAULT(at, "constant %u is of type %u", at->in->imm, c->type);
}

/* One set is made of a constant list, for one type of what is looked up. */
static bool set_fits(const struct insn_at *at) {
    struct value list;
    uint8_t type = at->regs[at->in->a], *as = &at->v->set_type[at->in->imm];
    if (!constant_of(at, VALUE_LIST, &list)) return false;
    uint8_t item = at->v->constant[at->in->imm].item;
    if (item != SHAPE_NOTHING && item != type && !(type == REG_F && item == REG_I))
        return INSN_FAULT(at, "the items of constant %u are not of the register's type",
                          at->in->imm);
    if (*as != SHAPE_NOTHING && *as != type)
        return INSN_FAULT(at, "constant %u is a set of another type as well", at->in->imm);
    *as = type;
    return true;
}

static bool names_fit(const struct insn_at *at) {
    struct value list;
    if (!constant_of(at, VALUE_LIST, &list)) return false;
    for (uint32_t i = 0; i < list.list->n; i++)
        if (list.list->items[i].type != VALUE_STRING)
            return INSN_FAULT(at, "constant %u, item %u: no name", at->in->imm, i);
    return verify_spend(at->v, list.list->n);
}

static bool polygon_fits(const struct insn_at *at) {
    struct value list;
    if (!constant_of(at, VALUE_LIST, &list)) return false;
    if (list.list->n < 3) return INSN_FAULT(at, "constant %u is no polygon", at->in->imm);
    for (uint32_t i = 0; i < list.list->n; i++) {
        struct value point = list.list->items[i];
        bool fits = point.type == VALUE_LIST && point.list->n == 2;
        for (uint32_t k = 0; fits && k < 2; k++) {
            uint8_t type = point.list->items[k].type;
            fits = type == VALUE_FLOAT || type == VALUE_INT || type == VALUE_DECIMAL;
        }
        if (!fits) return INSN_FAULT(at, "constant %u, item %u: no point", at->in->imm, i);
    }
    return verify_spend(at->v, list.list->n);
}

static bool constant_fits(const struct insn_at *at) {
    const struct insn *in = at->in;
    struct value c;
    if (in->imm >= at->v->program->nconstants) return INSN_FAULT(at, "constant %u", in->imm);
    switch (in->op) {
    case INSN_IN_SET: return set_fits(at);
    case INSN_IN_NET: return constant_of(at, VALUE_IP, &c);
    case INSN_IN_POLYGON: return polygon_fits(at);
    case INSN_STEP: return names_fit(at);
    default: break;
    }
    int reg = opcode_reg(at->v->program->constants[in->imm].type);
    return reg < 0 || reg == at->regs[in->r] ||
           INSN_FAULT(at, "constant %u does not fit register %u", in->imm, in->r);
}

static bool number_fits(const struct insn_at *at) {
    const struct insn *in = at->in;
    switch (in->op) {
    case INSN_UNSCALE_I:
        if (in->b > 3) return INSN_FAULT(at, "rounding %u", in->b);
        /* fall through */
    case INSN_SCALE_I:
    case INSN_I_TO_F: return in->imm <= DECIMAL_MAX_DIGITS || INSN_FAULT(at, "10^%u", in->imm);
    case INSN_ROUND_F:
        return ((int32_t)in->imm <= MOST_ROUND_DIGITS && (int32_t)in->imm >= -MOST_ROUND_DIGITS) ||
               INSN_FAULT(at, "%d digits", (int32_t)in->imm);
    case INSN_NTH: return in->imm != 0 || INSN_FAULT(at, "event 0");
    case INSN_COLLECT:
    case INSN_DISTINCT: return in->imm != 0 || INSN_FAULT(at, "at most 0 items");
    case INSN_TO_TEXT:
        if (in->b > 0xFF || in->imm > 0xFF || (in->b == 0 && in->imm != 0))
            return INSN_FAULT(at, "type %u, digits %u", in->b, in->imm);
        return kind_fits(at, in->b + 256 * in->imm);
    default: return INSN_FAULT(at, "a number that nobody knows");
    }
}

/* Of a ROW the key's register, of a COLUMN the column and its register. */
static bool table_fits_code(const struct insn_at *at) {
    const struct program *p = at->v->program;
    const struct insn *in = at->in;
    if (in->imm >= p->ntables) return INSN_FAULT(at, "table %u", in->imm);
    const struct schema *s = &p->tables[in->imm];
    if (in->op == INSN_ROW)
        return opcode_reg(s->fields[s->key_field].type) == at->regs[in->a] ||
               INSN_FAULT(at, "register %u does not hold the key of table %u", in->a, in->imm);
    if (in->b >= s->nfields || !s->fields[in->b].used)
        return INSN_FAULT(at, "column %u of table %u is not there, or not kept", in->b, in->imm);
    return opcode_reg(s->fields[in->b].type) == at->regs[in->r] ||
           INSN_FAULT(at, "column %u of table %u does not fit register %u", in->b, in->imm, in->r);
}

static bool imm_fits(const struct insn_at *at) {
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
    case IMM_REGEX: return imm < p->nregexes || INSN_FAULT(at, "regular expression %u", imm);
    case IMM_ZONE: return imm == NONE || imm < p->nzones || INSN_FAULT(at, "zone %u", imm);
    case IMM_TABLE: return table_fits_code(at);
    case IMM_NUMBER: return number_fits(at);
    case IMM_CODE:
        return (imm < p->ncodes && p->codes[imm].result == VALUE_BOOL) ||
               INSN_FAULT(at, "code %u gives no truth", imm);
    }
    return INSN_FAULT(at, "an operand that nobody knows");
}

/* What opcodes.def says in words only. */
static bool extras_fit(const struct insn_at *at, const bool *written) {
    const struct insn *in = at->in;
    switch (in->op) {
    case INSN_COALESCE:
        return (has_type(at, reg_letters[at->regs[in->r]], in->a) &&
                has_type(at, reg_letters[at->regs[in->r]], in->b));
    case INSN_ONLY_IF: return has_type(at, reg_letters[at->regs[in->r]], in->a);
    case INSN_F_TO_I: return in->b <= 3 || INSN_FAULT(at, "rounding %u", in->b);
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

static bool ends_well(const struct insn_at *at) {
    const struct insn *in = at->in;
    if (in->op == INSN_DONE)
        return at->code->result == VALUE_NULL || INSN_FAULT(at, "the code has to give a value");
    return opcode_reg(at->code->result) == at->regs[in->a] ||
           INSN_FAULT(at, "the result is not of type %u", at->code->result);
}

static bool insn_fits(const struct insn_at *at, bool *written) {
    const struct insn *in = at->in;
    bool last = at->number + 1 == at->code->n;
    if (in->op >= OPCODES) return INSN_FAULT(at, "opcode %u", in->op);
    const struct opcode_info *info = &opcode_info[in->op];
    bool end = in->op == INSN_RETURN || in->op == INSN_DONE;
    if (end != last) return INSN_FAULT(at, "%s", end ? "ends before the end" : "runs over the end");
    if (verify_writes_run(in->op) && at->code->result != VALUE_NULL)
        return INSN_FAULT(at, "writes to the run, and this is no take code");
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
    struct insn_at at = {v, c, p->regs + c->first_reg, NULL, index, 0};
    if (!verify_spend(v, c->n)) return false;
    for (; at.number < c->n; at.number++) {
        at.in = &p->insns[c->first + at.number];
        if (!insn_fits(&at, written)) return false;
    }
    return true;
}
