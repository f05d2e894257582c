/* print: tree → text. Three printers: canonical rule text (omen fmt), the tree drawn with indents
 * (omen explain
 * --stage=tree), single expressions and patterns for messages and drawings.
 *
 * Canonical text parses to the same tree, printing it again gives the same bytes, and every comment
 * is kept at the declaration, clause or line it stood at. Tests: tests/unit/grammar/test_print.c,
 * tests/cases/grammar/fmt.case
 */
#ifndef OMEN_GRAMMAR_PRINT_H
#define OMEN_GRAMMAR_PRINT_H

#include "grammar/tree.h"

void print_canonical(const struct tree *tree, const struct tree_file *file, struct buf *out);
void print_tree(const struct tree *tree, const struct tree_file *file, struct buf *out);
void print_expr(const struct expr *expr, struct buf *out); /* on one line, fewest parentheses */
void print_pattern(const struct pattern *pattern, struct buf *out);
void print_link(const struct link *link,
                struct buf *out); /* next, then within 5s, …; nothing for LINK_NONE */

#endif
