/* parser: tokens → tree, for the whole language of grammar/rules.ebnf, by recursive descent.
 *
 * Every error of a file is reported: after one the parser skips to the next place where a clause, a
 * declaration or a closing brace can begin. Nesting is bounded (PARSE_MAX_DEPTH) and so is every
 * array; time is linear in the text. Tests: tests/cases/grammar, tests/unit/grammar/test_parser.c,
 * tests/fuzz/fuzz_parser.c
 */
#ifndef OMEN_GRAMMAR_PARSER_H
#define OMEN_GRAMMAR_PARSER_H

#include "grammar/tree.h"

enum {
    PARSE_MAX_DEPTH = 200, /* parentheses and the like within each other */
    PARSE_MAX_HEIGHT =
        1000 /* struct expr.height: operators in a row make a tree that leans to the left */
};

/* Parses one file of tree->sources and appends it to tree->files. True if no error was added to
 * diags. Imports are not followed. */
bool parse_file(struct tree *tree, uint32_t file, struct diags *diags);

/* Parses a single expression or pattern that fills the text of `file` (tests, the conformance
 * runner). NULL after an error. */
struct expr *parse_expression(struct tree *tree, uint32_t file, struct diags *diags);
struct pattern *parse_pattern(struct tree *tree, uint32_t file, enum match_mode *mode,
                              struct diags *diags);

/* Parses what follows `after match`: "skip past last", "no skip", "skip to first a". */
bool parse_after_match(struct tree *tree, uint32_t file, enum after_match *after, struct name *name,
                       struct diags *diags);

#endif
