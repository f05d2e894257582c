/* disasm: a program's codes as text, for people who want to see what their rule became.
 *
 *      0  r0:S = FIELD signal
 *      1  r1:S = CONST "off"
 *      2  r2:B = EQ_S r0, r1
 *      3  RETURN r2
 *
 * Fields are named where some predicate or rule says which stream a code reads, else numbered.
 * The program is sound or at least printable: what is out of range is shown as a number.
 * Tests: tests/cases (omen explain), tests/unit/engine/test_verify.c
 */
#include "engine/disasm.h"

#include "base/log.h"
#include "engine/opcodes.h"

static bool rule_runs(const struct program_rule *r, uint32_t code) {
    for (uint32_t i = 0; i < r->nvariables; i++) {
        const struct program_variable *x = &r->variables[i];
        if (x->key_code == code || x->run_code == code || x->take_code == code) return true;
    }
    for (uint32_t i = 0; i < r->nemit; i++)
        if (r->emit[i].code == code) return true;
    return false;
}

static bool input_runs(const struct program_input *in, uint32_t code) {
    for (uint32_t i = 0; i < in->nprevs; i++)
        if (in->prevs[i].code == code) return true;
    return false;
}

/* The stream that a code is run on; NULL if none refers to it, or only another code does. */
static const struct schema *stream_of(const struct program *p, uint32_t code) {
    for (uint32_t i = 0; i < p->npredicates; i++)
        if (p->predicates[i].code == code) return &p->streams[p->predicates[i].stream];
    for (uint32_t i = 0; i < p->ngroups; i++)
        for (uint32_t k = 0; k < p->groups[i].ninputs; k++)
            if (input_runs(&p->groups[i].inputs[k], code))
                return &p->streams[p->groups[i].inputs[k].stream];
    for (uint32_t i = 0; i < p->nrules; i++)
        if (rule_runs(&p->rules[i], code))
            return &p->streams[p->groups[p->rules[i].group].inputs[0].stream];
    return NULL;
}

static void print_field(const struct schema *s, uint32_t field, struct buf *out) {
    if (s && field < schema_columns(s)) buf_str(out, s->fields[field].name);
    else buf_printf(out, "field %u", field);
}

static void print_imm(const struct program *p, const struct schema *s, const struct insn *in,
                      struct buf *out) {
    uint32_t imm = in->imm;
    switch ((enum operand)opcode_info[in->op].imm) {
    case IMM__: return;
    case IMM_FIELD: print_field(s, imm, out); return;
    case IMM_CELL: buf_printf(out, "cell %u", imm); return;
    case IMM_PREV: buf_printf(out, "previous %u", imm); return;
    case IMM_WINDOW: buf_printf(out, "window %u", imm); return;
    case IMM_KEEP: buf_printf(out, "kept %u", imm); return;
    case IMM_CODE: buf_printf(out, "code %u", imm); return;
    case IMM_NUMBER: buf_printf(out, "%d", (int32_t)imm); return;
    case IMM_CONST:
        if (imm < p->nconstants) value_text(out, p->constants[imm]);
        else buf_printf(out, "constant %u", imm);
        return;
    case IMM_REGEX:
        if (imm >= p->nregexes) buf_printf(out, "expression %u", imm);
        else buf_json_str(out, p->regexes[imm].pattern);
        if (imm < p->nregexes && p->regexes[imm].ignoring_case) buf_text(out, " ignoring case");
        return;
    case IMM_TABLE:
        if (imm >= p->ntables) {
            buf_printf(out, "table %u", imm);
        } else {
            buf_str(out, p->tables[imm].name);
            if (in->op != INSN_COLUMN) return;
            buf_char(out, '.');
            print_field(&p->tables[imm], in->b, out);
        }
        return;
    case IMM_ZONE:
        if (imm < p->nzones) buf_json_str(out, p->zones[imm]);
        else buf_text(out, imm == NONE ? "UTC" : "zone ?");
        return;
    }
}

static void print_operand(char letter, uint32_t n, const char **between, struct buf *out) {
    if (letter == '_') return;
    buf_printf(out, letter == 'N' ? "%s%u" : "%sr%u", *between, n);
    *between = ", ";
}

static void print_insn(const struct program *p, const struct code *c, const struct schema *s,
                       const struct insn *in, struct buf *out) {
    if (in->op >= OPCODES) {
        buf_printf(out, "opcode %u", in->op);
        return;
    }
    const struct opcode_info *info = &opcode_info[in->op];
    const char *between = " ";
    if (info->r != '_') {
        uint8_t type = in->r < c->nregs ? p->regs[c->first_reg + in->r] : UINT8_MAX;
        buf_printf(out, "r%u:%c = ", in->r, type <= REG_L ? reg_letters[type] : '?');
    }
    buf_text(out, info->name);
    print_operand(info->a, in->a, &between, out);
    print_operand(info->b, in->b, &between, out);
    if (info->imm == IMM__) return;
    buf_text(out, between);
    print_imm(p, s, in, out);
}

static void print_code(const struct program *p, uint32_t code, const struct schema *s,
                       struct buf *out) {
    const struct code *c = &p->codes[code];
    for (uint32_t i = 0; i < c->n; i++) {
        buf_printf(out, "%6u  ", i);
        print_insn(p, c, s, &p->insns[c->first + i], out);
        buf_char(out, '\n');
    }
}

void disasm_code(const struct program *p, uint32_t code, struct buf *out) {
    print_code(p, code, stream_of(p, code), out);
}

/* Codes of one rule; `s`: the stream that they are run on. */
struct part_printer {
    const struct program *p;
    const struct schema *s;
    struct buf *out;
};

static void print_part(const struct part_printer *to, struct str name, const char *what,
                       uint32_t code) {
    if (code == NONE) return;
    buf_printf(to->out, "%.*s: %s (code %u)\n", STR_FMT(name), what, code);
    print_code(to->p, code, to->s, to->out);
}

static void print_says(const struct part_printer *to, const struct program_says *s) {
    print_part(to, STR("severity"), "of the alert", s->severity);
    print_part(to, STR("score"), "of the alert", s->score);
    print_part(to, STR("once per"), "counted by", s->once_by);
    for (uint32_t i = 0; i < s->nexcepts; i++)
        print_part(to, s->excepts[i].name, "excepted", s->excepts[i].code);
}

static void print_resolve(struct part_printer to, const struct program_resolve *r) {
    if (r->stream != NONE) to.s = &to.p->streams[r->stream];
    if (r->predicate != NONE)
        print_part(&to, STR("resolve when"), "of the event", to.p->predicates[r->predicate].code);
    print_part(&to, STR("resolve when"), "of the key", r->key_code);
    print_part(&to, STR("resolve when"), "of the run", r->run_code);
    for (uint32_t i = 0; i < r->nemit; i++)
        print_part(&to, r->emit[i].name, "emitted at resolve", r->emit[i].code);
}

static void print_prevs(const struct part_printer *to, const struct program_input *in) {
    for (uint32_t i = 0; i < in->nprevs; i++) {
        const struct program_prev *prev = &in->prevs[i];
        buf_printf(to->out, "previous %u, %u back (code %u)\n", prev->first, prev->depth,
                   prev->code);
        print_code(to->p, prev->code, &to->p->streams[in->stream], to->out);
    }
}

void disasm_rule(const struct program *p, uint32_t rule, struct buf *out) {
    const struct program_rule *r = &p->rules[rule];
    const struct program_group *g = &p->groups[r->group];
    struct part_printer to = {p, &p->streams[g->inputs[0].stream], out};
    buf_printf(out, "rule %.*s\n", STR_FMT(r->name));
    for (uint32_t k = 0; k < g->ninputs; k++) print_prevs(&to, &g->inputs[k]);
    for (uint32_t i = 0; i < r->nvariables; i++) {
        const struct program_variable *x = &r->variables[i];
        to.s = &p->streams[x->stream];
        if (x->predicate != NONE)
            print_part(&to, x->name, "of the event", p->predicates[x->predicate].code);
        print_part(&to, x->name, "of the key", x->key_code);
        print_part(&to, x->name, "of an unbroken run", x->streak_code);
        print_part(&to, x->name, "of the run", x->run_code);
        print_part(&to, x->name, "when taken", x->take_code);
    }
    print_part(&to, STR("having"), "of the match", r->having);
    for (uint32_t i = 0; i < r->nemit; i++)
        print_part(&to, r->emit[i].name, "emitted", r->emit[i].code);
    for (uint32_t i = 0; i < r->ntimeout_emit; i++)
        print_part(&to, r->timeout_emit[i].name, "emitted at a timeout", r->timeout_emit[i].code);
    if (r->says) print_says(&to, r->says);
    if (r->resolve) print_resolve(to, r->resolve);
}
