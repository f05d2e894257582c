/* verify: proves that a program is sound before it runs: every index in range, every register of
 * the type that its instruction needs and written before it is read, one-row instructions only in
 * one-row code, every code ends, the automaton's states and edges within their limits, state 0
 * never re-entered, guards and stamps in range, covers only between edges of one rule; what cells,
 * previous values and kept values hold is what their readers expect, and nobody reads a text of a
 * cell that was written since. After it the engine asserts nothing of the kind again.
 *
 * Tests: tests/unit/engine/test_verify.c (programs broken in every way),
 * test_verify_mutations.c (at random, and run when accepted)
 */
#ifndef OMEN_ENGINE_VERIFY_H
#define OMEN_ENGINE_VERIFY_H

#include "engine/program.h"

/* NULL if sound, else what is wrong (static or in the program's arena). A fault here is ours,
 * never the author's. */
const char *program_verify(struct program *program);

#endif
