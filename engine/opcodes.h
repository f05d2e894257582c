/* opcodes: opcodes.def as a table: what verify and the disassembler know of each instruction.
 * Tests: tests/unit/engine/test_verify.c
 */
#ifndef OMEN_ENGINE_OPCODES_H
#define OMEN_ENGINE_OPCODES_H

#include "engine/program.h"

enum operand { /* what imm is */
    IMM__,
    IMM_FIELD,
    IMM_CONST,
    IMM_CELL,
    IMM_PREV,
    IMM_WINDOW,
    IMM_KEEP,
    IMM_REGEX,
    IMM_CODE,
    IMM_ZONE,
    IMM_TABLE,
    IMM_NUMBER,
};

struct opcode_info {
    const char *name;
    char r, a, b; /* B I F S P L: a register of that type; X: of any; N: a number; _: unused */
    uint8_t imm;  /* enum operand */
};

extern const struct opcode_info opcode_info[OPCODES];

/* "BIFSPL"[type] */
extern const char reg_letters[];

/* The type of register that holds values of a type; -1 for VALUE_NULL and what is no type. */
int opcode_reg(unsigned value_type);

#endif
