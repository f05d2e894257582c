/* print_break: expressions that are too long for a line, or that hold comments between parts.
 *
 *   when     count() over prior 30d >= 20        a chain of `and` or `or`: a line each
 *            and country in [                    a list: as many on a line as fit
 *                "AT", "BE",  # …
 *            ]
 *   emit     total: sum(amount),                 labelled expressions: a line each
 *            cards: distinct(card)
 *
 * Nothing else is broken; a line may then be too long. Whether a chain or list is broken depends
 * on its width and on comments between its parts; those stay between the same parts when it is
 * broken, so printing twice gives the same.
 * Tests: tests/unit/grammar/test_print.c, tests/cases/grammar/fmt.case
 */
#include "grammar/print_internal.h"

/* ---- what can be broken ---------------------------------------------------------------------- */

static bool is_chain(const struct expr *e) {
    return e->kind == EXPR_BINARY && (e->op == OP_AND || e->op == OP_OR);
}

/* The comparison's right side is a list: `x in [ … ]`. */
static const struct expr *list_at_right(const struct expr *e) {
    if (e->kind != EXPR_BINARY || e->op != OP_IN) return NULL;
    return e->args[1]->kind == EXPR_LIST ? e->args[1] : NULL;
}

static uint32_t leftmost(const struct expr *e) { return e->span.start; }

/* Parts of a chain, from the left. A chain leans to the left: its parts are the right arguments. */
static uint32_t chain_parts(const struct expr *e) {
    uint32_t n = 1;
    for (const struct expr *c = e; c->kind == EXPR_BINARY && c->op == e->op && is_chain(c);
         c = c->args[0])
        n++;
    return n;
}

static const struct expr *chain_part(const struct expr *e, uint32_t from_right) {
    enum binary_op op = e->op;
    while (from_right--) e = e->args[0];
    return e->kind == EXPR_BINARY && e->op == op ? e->args[1] : e;
}

/* Comments that only a broken form keeps where they are. */
static bool holds_comment(const struct printer *p, const struct expr *e) {
    if (!comment_between(p, e->span.start, e->span.end)) return false;
    if (e->kind == EXPR_LIST) return true;
    if (list_at_right(e)) return holds_comment(p, e->args[1]);
    if (!is_chain(e)) return false;
    uint32_t n = chain_parts(e);
    if (comment_between(p, leftmost(e), leftmost(chain_part(e, 0)))) return true;
    for (uint32_t i = 0; i < n; i++)
        if (holds_comment(p, chain_part(e, i))) return true;
    return false;
}

/* ---- breaking -------------------------------------------------------------------------------- */

/* Writes it on the line if it fits; else takes it back. */
static bool flat(struct printer *p, const struct expr *e, enum binding least, unsigned room) {
    size_t start = p->text.n;
    if (holds_comment(p, e)) return false;
    print_operand(e, least, &p->text);
    if (line_width(p) + room <= LINE_MAX_COLUMNS) return true;
    bool breaks = is_chain(e) || list_at_right(e) || e->kind == EXPR_LIST;
    if (breaks) p->text.n = start;
    return !breaks;
}

static void break_list(struct printer *p, const struct expr *list, unsigned indent) {
    buf_char(&p->text, '[');
    line_end(p);
    bool begun = false;
    for (uint32_t i = 0; i < list->nargs; i++) {
        const struct expr *e = list->args[i];
        if (begun && comment_between(p, 0, e->span.start)) {
            line_end(p);
            begun = false;
        }
        size_t start = p->text.n;
        for (int tries = 0;; tries++) {
            if (!begun) {
                comments_before(p, e->span.start, UINT32_MAX, indent + INDENT);
                line_begin(p, indent + INDENT);
            } else {
                buf_char(&p->text, ' ');
            }
            print_expr(e, &p->text);
            buf_char(&p->text, ',');
            if (!begun || line_width(p) <= LINE_MAX_COLUMNS || tries) break;
            p->text.n = start;
            line_end(p);
            start = p->text.n;
            begun = false;
        }
        begun = true;
    }
    if (begun) line_end(p);
    comments_before(p, list->span.end, UINT32_MAX, indent + INDENT);
    line_begin(p, indent);
    buf_char(&p->text, ']');
}

static void break_operand(struct printer *p, const struct expr *e, enum binding least,
                          unsigned indent, unsigned room);

static void break_chain(struct printer *p, const struct expr *e, unsigned indent, unsigned room) {
    enum binding bind = expr_binding(e);
    uint32_t n = chain_parts(e);
    /* the parts from the left; finding each from the top would be quadratic */
    const struct expr **parts = arena_array(p->tree->arena, const struct expr *, n);
    const struct expr *c = e;
    for (uint32_t i = n; i-- > 1; c = c->args[0]) parts[i] = c->args[1];
    parts[0] = c;
    for (uint32_t i = 0; i < n; i++) {
        if (i) {
            line_end(p);
            comments_before(p, leftmost(parts[i]), UINT32_MAX, indent);
            line_begin(p, indent);
            buf_printf(&p->text, "%s ", binary_sign(e));
        }
        break_operand(p, parts[i], i ? bind + 1 : bind, indent, i + 1 < n ? 0 : room);
    }
}

static void break_operand(struct printer *p, const struct expr *e, enum binding least,
                          unsigned indent, unsigned room) {
    bool parentheses = expr_binding(e) < least;
    if (flat(p, e, least, room)) return;
    if (parentheses) {
        indent = (unsigned)line_width(p) + 1;
        buf_char(&p->text, '(');
    }
    if (is_chain(e)) {
        break_chain(p, e, indent, room + parentheses);
    } else if (e->kind == EXPR_LIST) {
        break_list(p, e, indent);
    } else {
        print_operand(e->args[0], BIND_COALESCE, &p->text);
        buf_printf(&p->text, " %s ", binary_sign(e));
        break_list(p, e->args[1], indent);
    }
    if (parentheses) buf_char(&p->text, ')');
}

void break_expr(struct printer *p, const struct expr *e, unsigned indent, unsigned room) {
    break_operand(p, e, BIND_OR, indent, room);
}

/* ---- labelled expressions -------------------------------------------------------------------- */

struct span named_span(const struct named_expr *v) {
    return span_join(v->name.span, v->expr->span);
}

static void one_named(struct printer *p, const struct named_expr *v, size_t width,
                      unsigned room) {
    size_t start = p->text.n;
    print_label(v->name.text, &p->text);
    buf_text(&p->text, ": ");
    size_t written = text_width((struct str){p->text.p + start, p->text.n - start});
    if (written < width) buf_pad(&p->text, ' ', width - written);
    break_expr(p, v->expr, (unsigned)line_width(p), room);
}

static bool named_flat(struct printer *p, const struct named_expr *v, uint32_t n, unsigned room) {
    size_t start = p->text.n;
    if (n && comment_between(p, v[0].name.span.start, v[n - 1].name.span.start)) return false;
    for (uint32_t i = 0; i < n; i++) {
        if (holds_comment(p, v[i].expr)) break;
        if (i) buf_text(&p->text, ", ");
        print_label(v[i].name.text, &p->text);
        buf_text(&p->text, ": ");
        print_expr(v[i].expr, &p->text);
        if (line_width(p) + room > LINE_MAX_COLUMNS) break;
        if (i + 1 == n) return true;
    }
    p->text.n = start;
    return n == 0;
}

void break_named(struct printer *p, const struct named_expr *v, uint32_t n, unsigned indent,
                 unsigned room) {
    if (named_flat(p, v, n, room)) return;
    size_t width = 0;
    for (uint32_t i = 0; i < n && n > 1; i++) {
        size_t start = p->text.n;
        print_label(v[i].name.text, &p->text);
        size_t w = text_width((struct str){p->text.p + start, p->text.n - start}) + 2;
        p->text.n = start;
        if (w > width) width = w;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (i) {
            buf_char(&p->text, ',');
            line_end(p);
            comments_before(p, v[i].name.span.start, UINT32_MAX, indent);
            line_begin(p, indent);
        }
        one_named(p, &v[i], width, i + 1 < n ? 1 : room);
    }
}
