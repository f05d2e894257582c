/* compile: rule files → program. The passes run in this order, one file each:
 *
 *   load       files and their imports → tree                       grammar/parser
 *   front      names, types, constants, checks → rule_set           rules/typed.h
 *   nfa        pattern → states and edges                           rules/nfa.h
 *   layout     what runs and keys keep → cells, kept values, prevs  rules/layout.h
 *   code       expressions → instructions                           rules/code.h
 *   assemble   everything → program, verified
 *
 * Tests: tests/cases, tests/unit/rules
 */
#ifndef OMEN_RULES_COMPILE_H
#define OMEN_RULES_COMPILE_H

#include "rules/typed.h"

struct compile_options {
    const struct param_value *params; /* --param */
    uint32_t nparams;
};

/* Reads and parses `paths` and what they import (each file once; a cycle is an error). False if a
 * file cannot be read or parsed: said in diags, or in *why (arena) where there is no text to point
 * at. */
bool rules_load(struct tree *tree, struct sources *sources, const char *const *paths, uint32_t n,
                struct diags *diags, const char **why);

/* NULL if diags holds an error. The program keeps copies of the texts; arena, tree and sources
 * may go. */
struct program *rules_compile(struct tree *tree, const struct compile_options *options,
                              struct diags *diags);

/* The same from a front already run (explain). */
struct program *rules_assemble(struct rule_set *set);

#endif
