/* print_lines: the lines of a file being printed, and its comments among them.
 *
 *   source   a: x > 1   # c1          lines   ┌ "a: x > 1"  comment c1 ┐ one run: the comments
 *            # c2                             │ "# c2"                 │ stand in one column
 *            b: y                             └ "b: y"                 ┘
 *
 * The layout says, before it begins a line for something, where that stands in the source; comments
 * that stood before it are then put out: behind the last line if they stood behind something there
 * and it has none yet, else on a line of their own. A comment within something that goes on one
 * line thus comes to stand behind that line. Where a comment goes depends only on its order among
 * the things that begin lines, which printing does not change; so printing twice changes nothing.
 *
 * A blank line is kept (one of several) where the author left one above a line, except at the
 * beginning and end of a block.
 * Tests: tests/unit/grammar/test_print.c, tests/cases/grammar/fmt.case
 */
#include "grammar/print_internal.h"

#include "base/log.h"

#include <stdlib.h>

void lines_init(struct printer *p, const struct tree *tree, const struct tree_file *file) {
    *p = (struct printer){.tree = tree, .file = file, .block_start = true};
    p->source = tree->sources->files[file->file].text;
    buf_init(&p->text);
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void push_line(struct printer *p, uint32_t comment) {
    if (p->nlines == p->lines_cap) {
        p->lines_cap = p->lines_cap ? p->lines_cap * 2 : 64;
        p->lines = must_realloc(p->lines, p->lines_cap * sizeof *p->lines);
    }
    p->lines[p->nlines++] = (struct line){p->line_start, p->text.n, comment, p->run};
    p->line_start = p->text.n;
}

void line_begin(struct printer *p, unsigned indent) { buf_pad(&p->text, ' ', indent); }

void line_end(struct printer *p) {
    push_line(p, NO_COMMENT);
    p->block_start = false;
}

size_t line_width(const struct printer *p) {
    return text_width((struct str){p->text.p + p->line_start, p->text.n - p->line_start});
}

static void blank_line(struct printer *p) {
    p->run++;
    push_line(p, NO_COMMENT);
    p->run++;
}

/* ---- comments -------------------------------------------------------------------------------- */

static void own_line_comment(struct printer *p, uint32_t i, unsigned indent) {
    if (p->blank_due || (p->file->comments[i].blank_before && !p->block_start)) blank_line(p);
    p->blank_due = false;
    p->run++;
    line_begin(p, indent);
    buf_str(&p->text, span_text(p->tree->sources, p->file->comments[i].span));
    line_end(p);
    p->run++;
}

void comments_before(struct printer *p, uint32_t before, uint32_t inside, unsigned indent) {
    const struct comment *comments = p->file->comments;
    for (; p->next_comment < p->file->ncomments; p->next_comment++) {
        const struct comment *c = &comments[p->next_comment];
        if (c->span.start >= before) break;
        struct line *last = p->nlines ? &p->lines[p->nlines - 1] : NULL;
        bool fits = last && last->end > last->start && last->comment == NO_COMMENT &&
                    !c->own_line && c->span.start < inside && p->text.p[last->start] != '#';
        bool comment_line = fits && str_trim((struct str){p->text.p + last->start,
                                                          last->end - last->start})
                                            .p[0] == '#';
        if (fits && !comment_line) last->comment = p->next_comment;
        else own_line_comment(p, p->next_comment, indent);
    }
}

bool comment_between(const struct printer *p, uint32_t from, uint32_t to) {
    uint32_t least = p->next_comment, most = p->file->ncomments;
    while (least < most) { /* the first that starts at or behind `from` */
        uint32_t middle = least + (most - least) / 2;
        if (p->file->comments[middle].span.start < from) least = middle + 1;
        else most = middle;
    }
    return least < p->file->ncomments && p->file->comments[least].span.start < to;
}

/* ---- beginnings ------------------------------------------------------------------------------ */

/* True if `offset` is the first thing on its line and the line above it is empty. */
bool blank_above(const struct printer *p, uint32_t offset) {
    unsigned newlines = 0;
    while (offset > 0 && newlines < 2) {
        char c = p->source.p[offset - 1];
        if (c == '\n') newlines++;
        else if (c != ' ' && c != '\t' && c != '\r' && c != '\f' && c != '\v') break;
        offset--;
    }
    return newlines == 2;
}

void item_begin(struct printer *p, struct span span, uint32_t first_piece, unsigned indent) {
    comments_before(p, first_piece, span.start, indent);
    if (p->blank_due || (!p->block_start && blank_above(p, span.start))) blank_line(p);
    p->blank_due = false;
    line_begin(p, indent);
}

/* ---- the end --------------------------------------------------------------------------------- */

static size_t width_of(const struct printer *p, const struct line *l) {
    return text_width((struct str){p->text.p + l->start, l->end - l->start});
}

enum { ALIGNED_MAX = 72,
       COMMENT_GAP = 4 }; /* longer lines do not push the comments of the others */

/* Comments of a run stand in one column, behind its longest commented line. */
static void write_run(struct printer *p, size_t from, size_t to, struct buf *out) {
    size_t column = 0;
    for (size_t i = from; i < to; i++) {
        size_t width = p->lines[i].comment == NO_COMMENT ? 0 : width_of(p, &p->lines[i]);
        if (width <= ALIGNED_MAX && width > column) column = width;
    }
    for (size_t i = from; i < to; i++) {
        const struct line *l = &p->lines[i];
        buf_add(out, p->text.p + l->start, l->end - l->start);
        if (l->comment != NO_COMMENT) {
            size_t width = width_of(p, l);
            buf_pad(out, ' ', (width < column ? column - width : 0) + COMMENT_GAP);
            buf_str(out, span_text(p->tree->sources, p->file->comments[l->comment].span));
        }
        buf_char(out, '\n');
    }
}

void lines_finish(struct printer *p, struct buf *out) {
    for (size_t from = 0, to; from < p->nlines; from = to) {
        for (to = from + 1; to < p->nlines && p->lines[to].run == p->lines[from].run;) to++;
        write_run(p, from, to, out);
    }
    free(p->lines);
    buf_fini(&p->text);
}
