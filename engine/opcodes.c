/* opcodes: the table of opcodes.h, made from opcodes.def.
 * Tests: tests/unit/engine/test_verify.c
 */
#include "engine/opcodes.h"

const struct opcode_info opcode_info[OPCODES] = {
#define OP(name, result, a, b, imm, equation) {#name, #result[0], #a[0], #b[0], IMM_##imm},
#include "engine/opcodes.def"
#undef OP
};

const char reg_letters[] = "BIFSPL";

int opcode_reg(unsigned value_type) {
    static const int8_t regs[VALUE_TYPES] = {
        [VALUE_NULL] = -1,        [VALUE_BOOL] = REG_B, [VALUE_INT] = REG_I,
        [VALUE_FLOAT] = REG_F,    [VALUE_DECIMAL] = REG_I, [VALUE_STRING] = REG_S,
        [VALUE_TIME] = REG_I,     [VALUE_DURATION] = REG_I, [VALUE_IP] = REG_P,
        [VALUE_LIST] = REG_L,
    };
    return value_type < VALUE_TYPES ? regs[value_type] : -1;
}
