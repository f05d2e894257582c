/* print_canonical: a file as `omen fmt` writes it: declarations, their blank lines, streams with
 * their types in a column, tests with the fields of like events in columns. Rules are laid out in
 * print_rule.c, comments kept in print_lines.c.
 *
 * A blank line stands around everything that has braces; between constants where the author left
 * one. Tests: tests/unit/grammar/test_print.c, tests/cases/grammar/fmt.case
 */
#include "grammar/print_internal.h"

/* ---- streams and tables ---------------------------------------------------------------------- */

enum { NAMES_ALIGNED_MAX = 24 }; /* a longer name does not push the types of the others */

void print_type(const struct type_ref *t, struct buf *out) {
    static const char *const names[] = {"bool", "int", "float", "decimal",
                                        "string", "time", "duration", "ip"};
    buf_printf(out, "%s%s", t->list ? "list of " : "", names[t->name]);
    if (t->name == TYPE_DECIMAL) buf_printf(out, "(%u)", t->digits);
}

/* Fields declared before one colon share the span of their type. */
static uint32_t group_end(const struct stream_decl *s, uint32_t from) {
    uint32_t to = from + 1;
    while (to < s->nfields && s->fields[to].type.span.start == s->fields[from].type.span.start)
        to++;
    return to;
}

static size_t group_names(struct printer *p, const struct stream_decl *s, uint32_t from,
                          uint32_t to) {
    size_t start = p->text.n;
    for (uint32_t i = from; i < to; i++) {
        if (i > from) buf_text(&p->text, ", ");
        print_name(s->fields[i].name.text, 0, &p->text);
    }
    return text_width((struct str){p->text.p + start, p->text.n - start});
}

static void field_rest(struct printer *p, const struct field_decl *f) {
    static const char *const units[] = {[UNIT_MILLIS] = "",
                                        [UNIT_SECONDS] = " in seconds",
                                        [UNIT_MICROS] = " in micros",
                                        [UNIT_NANOS] = " in nanos"};
    buf_text(&p->text, " : ");
    print_type(&f->type, &p->text);
    if (f->event_time) buf_printf(&p->text, " event%s", units[f->unit]);
    if (f->event_id) buf_text(&p->text, " event id");
    if (f->from.n) {
        buf_text(&p->text, " from ");
        print_string(f->from, &p->text);
    }
}

static void layout_stream(struct printer *p, const struct stream_decl *s, bool table) {
    buf_text(&p->text, table ? "table " : "stream ");
    print_name(s->name.text, 0, &p->text);
    buf_text(&p->text, " {");
    line_end(p);
    p->run++;
    p->block_start = true;
    size_t width = 0;
    for (uint32_t i = 0; i < s->nfields; i = group_end(s, i)) {
        size_t start = p->text.n, w = group_names(p, s, i, group_end(s, i));
        p->text.n = start;
        bool single = group_end(s, i) == i + 1; /* `a, b : int` stands as wide as it is */
        if (single && w > width && w <= NAMES_ALIGNED_MAX) width = w;
    }
    for (uint32_t i = 0; i < s->nfields; i = group_end(s, i)) {
        item_begin(p, s->fields[i].name.span, s->fields[i].name.span.start, INDENT);
        size_t w = group_names(p, s, i, group_end(s, i));
        if (w < width) buf_pad(&p->text, ' ', width - w);
        field_rest(p, &s->fields[i]);
        line_end(p);
    }
    uint32_t end = table ? s->key.span.start : s->span.end;
    comments_before(p, end, UINT32_MAX, INDENT);
    p->run++;
    buf_char(&p->text, '}');
    if (table) {
        buf_text(&p->text, " key ");
        print_name(s->key.text, 0, &p->text);
    }
    line_end(p);
}

/* ---- constants ------------------------------------------------------------------------------- */

static void layout_let(struct printer *p, const struct let_decl *l) {
    buf_text(&p->text, "let ");
    print_name(l->name.text, 0, &p->text);
    if (l->function) buf_char(&p->text, '(');
    for (uint32_t i = 0; i < l->nparams; i++) {
        if (i) buf_text(&p->text, ", ");
        print_name(l->params[i].text, 0, &p->text);
    }
    if (l->function) buf_char(&p->text, ')');
    buf_text(&p->text, " = ");
    break_expr(p, l->value, INDENT, 0);
    line_end(p);
}

static void layout_param(struct printer *p, const struct param_decl *d) {
    buf_text(&p->text, "param ");
    print_label(d->name.text, &p->text);
    buf_text(&p->text, " : ");
    print_type(&d->type, &p->text);
    buf_text(&p->text, " = ");
    break_expr(p, d->value, INDENT, 0);
    if (d->doc.n) {
        buf_char(&p->text, ' ');
        print_string(d->doc, &p->text);
    }
    line_end(p);
}

static void layout_list(struct printer *p, const struct list_decl *l) {
    buf_text(&p->text, "list ");
    print_name(l->name.text, 0, &p->text);
    buf_text(&p->text, " = ");
    break_expr(p, l->value, 0, 0);
    line_end(p);
}

static void layout_import(struct printer *p, const struct import_decl *d) {
    buf_text(&p->text, "import ");
    print_string(d->path, &p->text);
    line_end(p);
}

static void layout_except_for(struct printer *p, const struct except_for *e) {
    buf_text(&p->text, "except for ");
    print_name(e->rule.text, 0, &p->text);
    buf_char(&p->text, ' ');
    layout_except(p, &e->clause, INDENT);
    line_end(p);
}

/* ---- the file -------------------------------------------------------------------------------- */

static bool has_braces(const struct decl *d) {
    return d->kind == DECL_STREAM || d->kind == DECL_TABLE || d->kind == DECL_RULE ||
           d->kind == DECL_TEST;
}

static void layout(struct printer *p, const struct decl *d) {
    switch (d->kind) {
    case DECL_STREAM: layout_stream(p, d->stream, false); break;
    case DECL_TABLE: layout_stream(p, d->stream, true); break;
    case DECL_LET: layout_let(p, d->let); break;
    case DECL_PARAM: layout_param(p, d->param); break;
    case DECL_LIST: layout_list(p, d->list); break;
    case DECL_IMPORT: layout_import(p, d->import); break;
    case DECL_RULE: layout_rule(p, d->rule); break;
    case DECL_EXCEPT: layout_except_for(p, d->except); break;
    case DECL_TEST: layout_test(p, d->test); break;
    }
}

void print_canonical(const struct tree *tree, const struct tree_file *file, struct buf *out) {
    struct printer p;
    lines_init(&p, tree, file);
    for (uint32_t i = 0; i < file->ndecls; i++) {
        const struct decl *d = &file->decls[i];
        if (i) { /* comments behind the last one's line belong to it; then the blank line */
            p.blank_due = has_braces(d) || has_braces(d - 1);
            p.run += p.blank_due;
        }
        item_begin(&p, d->span, d->span.start, 0);
        layout(&p, d);
    }
    comments_before(&p, UINT32_MAX, UINT32_MAX, 0);
    lines_finish(&p, out);
}
