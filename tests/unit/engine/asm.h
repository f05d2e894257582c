/* asm: a small assembler for tests: programs of codes without a compiler.
 *
 *   struct assembler s;
 *   asm_init(&s);
 *   asm_begin(&s);
 *   uint16_t x = asm_reg(&s, REG_I), y = asm_reg(&s, REG_B);
 *   asm_op(&s, INSN_FIELD, x, 0, 0, field);
 *   asm_op(&s, INSN_EQ_I, y, x, x, 0);
 *   asm_op(&s, INSN_RETURN, 0, y, 0, 0);
 *   uint32_t code = asm_end(&s, VALUE_BOOL, 0);
 *   struct program *p = asm_program(&s);       holds no pointer into the assembler but its tables
 *
 * The assembler owns the tables and must outlive the program.
 */
#ifndef OMEN_TESTS_ASM_H
#define OMEN_TESTS_ASM_H

#include "base/log.h"
#include "engine/program.h"

enum { ASM_INSNS = 8192, ASM_REGS = 8192, ASM_CODES = 1024, ASM_CONSTANTS = 2048, ASM_NAMES = 16 };

struct assembler {
    struct insn insns[ASM_INSNS];
    struct span spans[ASM_INSNS];
    uint8_t regs[ASM_REGS];
    struct code codes[ASM_CODES];
    struct value constants[ASM_CONSTANTS];
    struct program_regex regexes[ASM_NAMES];
    struct str zones[ASM_NAMES];
    uint32_t ninsns, nregs, ncodes, nconstants, nregexes, nzones;
    const struct schema *streams; /* may be set before asm_program */
    uint32_t nstreams;
};

static inline void asm_init(struct assembler *s) { memset(s, 0, sizeof *s); }

static inline uint32_t asm_constant(struct assembler *s, struct value v) {
    check(s->nconstants < ASM_CONSTANTS);
    s->constants[s->nconstants] = v;
    return s->nconstants++;
}

static inline uint32_t asm_regex(struct assembler *s, const char *pattern, bool ignoring_case) {
    check(s->nregexes < ASM_NAMES);
    s->regexes[s->nregexes] = (struct program_regex){str_of(pattern), ignoring_case};
    return s->nregexes++;
}

static inline uint32_t asm_zone(struct assembler *s, const char *name) {
    check(s->nzones < ASM_NAMES);
    s->zones[s->nzones] = str_of(name);
    return s->nzones++;
}

static inline void asm_begin(struct assembler *s) {
    check(s->ncodes < ASM_CODES);
    s->codes[s->ncodes] = (struct code){.first = s->ninsns, .first_reg = s->nregs};
}

static inline uint16_t asm_reg(struct assembler *s, enum reg_type type) {
    check(s->nregs < ASM_REGS);
    s->regs[s->nregs++] = (uint8_t)type;
    return s->codes[s->ncodes].nregs++;
}

static inline void asm_op(struct assembler *s, enum opcode op, uint32_t r, uint32_t a, uint32_t b,
                          uint32_t imm) {
    check(s->ninsns < ASM_INSNS);
    s->insns[s->ninsns++] =
        (struct insn){(uint16_t)op, (uint16_t)r, (uint16_t)a, (uint16_t)b, imm};
    s->codes[s->ncodes].n++;
}

static inline uint32_t asm_end(struct assembler *s, enum value_type result, uint8_t digits) {
    s->codes[s->ncodes].result = (uint8_t)result;
    s->codes[s->ncodes].digits = digits;
    return s->ncodes++;
}

/* A register with a constant in it. */
static inline uint16_t asm_load(struct assembler *s, enum reg_type type, struct value v) {
    uint16_t r = asm_reg(s, type);
    asm_op(s, INSN_CONST, r, 0, 0, asm_constant(s, v));
    return r;
}

static inline struct program *asm_program(struct assembler *s) {
    struct program *p = program_new();
    p->insns = s->insns;
    p->ninsns = s->ninsns;
    p->spans = s->spans;
    p->regs = s->regs;
    p->nregs = s->nregs;
    p->codes = s->codes;
    p->ncodes = s->ncodes;
    p->constants = s->constants;
    p->nconstants = s->nconstants;
    p->regexes = s->regexes;
    p->nregexes = s->nregexes;
    p->zones = s->zones;
    p->nzones = s->nzones;
    p->streams = s->streams;
    p->nstreams = s->nstreams;
    return p;
}

#endif
