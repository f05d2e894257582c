/* print_internal: what the print_*.c files share. Nobody else includes it.
 *
 * print_expr.c and print_pattern.c write on one line, with the fewest parentheses and back-quotes
 * that read back as the same tree. print_lines.c gathers lines and their comments; print_rule.c
 * and print_canonical.c lay files out over them; print_break.c breaks what is too long.
 */
#ifndef OMEN_GRAMMAR_PRINT_INTERNAL_H
#define OMEN_GRAMMAR_PRINT_INTERNAL_H

#include "grammar/parser_internal.h"
#include "grammar/print.h"

enum { LINE_MAX_COLUMNS = 100,
       INDENT = 4,
       CLAUSE_COLUMN = 13 };

/* ---- pieces of text -------------------------------------------------------------------------- */

void print_name(struct str name, unsigned hard, struct buf *out); /* quoted if in one of `hard` */
void print_quoted(struct str name, struct buf *out);
void print_label(struct str name, struct buf *out); /* quoted only if no name at all */
void print_string(struct str text, struct buf *out);
void print_duration(struct str text, int64_t ns, struct buf *out);
void print_operand(const struct expr *e, enum binding least, struct buf *out);
enum binding expr_binding(const struct expr *e);
const char *binary_sign(const struct expr *e); /* "and", "not in", "starts with", … */
void print_count(const struct count *c, struct buf *out);
void print_type(const struct type_ref *t, struct buf *out);
size_t text_width(struct str text); /* in code points */

/* ---- lines and comments: print_lines.c ------------------------------------------------------- */

enum { NO_COMMENT = UINT32_MAX };

struct line {
    size_t start, end; /* in printer.text */
    uint32_t comment;  /* stands behind it, or NO_COMMENT */
    uint32_t run;      /* comments behind lines of one run are aligned */
};

struct printer {
    const struct tree *tree;
    const struct tree_file *file;
    struct str source;
    struct buf text; /* all lines, without newlines and trailing comments */
    struct line *lines;
    size_t nlines, lines_cap;
    size_t line_start; /* of the line being written, in text */
    uint32_t next_comment, run;
    bool block_start; /* nothing of the block has been printed: no blank line here */
    bool blank_due;   /* a blank line is due before the next line */
};

void lines_init(struct printer *p, const struct tree *tree, const struct tree_file *file);
void lines_finish(struct printer *p, struct buf *out); /* aligns, writes all, frees */

/* Comments that stand before `before` in the source: behind the last line if they were behind
 * something and it has none, else on lines of their own. Those from `inside` on always there. */
void comments_before(struct printer *p, uint32_t before, uint32_t inside, unsigned indent);
bool comment_between(const struct printer *p, uint32_t from, uint32_t to);

/* A line for what stands at `span` begins: comments, then a blank line if the author left one. */
void item_begin(struct printer *p, struct span span, uint32_t first_piece, unsigned indent);
void line_end(struct printer *p);
void line_begin(struct printer *p, unsigned indent);
size_t line_width(const struct printer *p);
bool blank_above(const struct printer *p, uint32_t offset);

/* ---- layout ---------------------------------------------------------------------------------- */

/* An expression on the current line, broken over lines at `indent` if it must; `room` columns
 * have to stay free behind it. */
void break_expr(struct printer *p, const struct expr *e, unsigned indent, unsigned room);
void break_named(struct printer *p, const struct named_expr *v, uint32_t n, unsigned indent,
                 unsigned room);
struct span named_span(const struct named_expr *v);
void layout_rule(struct printer *p, const struct rule_decl *r);
void layout_except(struct printer *p, const struct except_clause *e, unsigned indent);
void layout_test(struct printer *p, const struct test_decl *t);

#endif
