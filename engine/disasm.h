/* disasm: what a program holds, as text (omen explain --stage=code).
 * Tests: tests/cases
 */
#ifndef OMEN_ENGINE_DISASM_H
#define OMEN_ENGINE_DISASM_H

#include "engine/program.h"

void disasm_code(const struct program *p, uint32_t code,
                 struct buf *out); /* one line an instruction */
void disasm_rule(const struct program *p, uint32_t rule,
                 struct buf *out); /* every code of a rule, with headings */

#endif
