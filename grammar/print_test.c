/* print_test: the layout of tests in rule files. Events of one stream with the same fields that
 * follow each other stand in columns:
 *
 *   telemetry { vehicle: "v1", at: 0s,  lane: 1 }
 *   telemetry { vehicle: "v1", at: 10s, lane: 2 }
 *
 * Tests: tests/unit/grammar/test_print.c, tests/cases/grammar/fmt.case
 */
#include "grammar/print_internal.h"

/* ---- columns --------------------------------------------------------------------------------- */

static bool like(const struct test_step *a, const struct test_step *b) {
    if (b->kind != TEST_EVENT || a->nfields != b->nfields || a->late_ns || b->late_ns ||
        !str_equal(a->name.text, b->name.text))
        return false;
    for (uint32_t i = 0; i < a->nfields; i++)
        if (!str_equal(a->fields[i].name.text, b->fields[i].name.text)) return false;
    return true;
}

static size_t cell(struct printer *p, const struct named_expr *v) {
    size_t start = p->text.n;
    print_label(v->name.text, &p->text);
    buf_text(&p->text, ": ");
    print_expr(v->expr, &p->text);
    return text_width((struct str){p->text.p + start, p->text.n - start});
}

static void cells(struct printer *p, const struct named_expr *v, uint32_t n,
                  const size_t *widths) {
    buf_text(&p->text, n ? "{ " : "{");
    for (uint32_t i = 0; i < n; i++) {
        size_t w = cell(p, &v[i]);
        if (i + 1 == n) break;
        buf_char(&p->text, ',');
        buf_pad(&p->text, ' ', 1 + (widths && w < widths[i] ? widths[i] - w : 0));
    }
    buf_text(&p->text, n ? " }" : "}");
}

/* Widths of the columns of the events `from` up to the first that is unlike it. */
static size_t *columns(struct printer *p, const struct test_decl *t, uint32_t from, uint32_t *to) {
    const struct test_step *s = &t->steps[from];
    size_t *widths = arena_array(p->tree->arena, size_t, s->nfields + 1);
    for (*to = from; *to < t->nsteps && (*to == from || like(s, &t->steps[*to])); ++*to)
        for (uint32_t i = 0; i < s->nfields; i++) {
            size_t start = p->text.n, w = cell(p, &t->steps[*to].fields[i]);
            p->text.n = start;
            if (w > widths[i]) widths[i] = w;
        }
    return widths;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void layout_event(struct printer *p, const struct test_step *s, const size_t *widths) {
    if (s->late_ns) {
        buf_text(&p->text, "arrives late ");
        print_duration(s->late_text, s->late_ns, &p->text);
        buf_char(&p->text, ' ');
    }
    print_name(s->name.text, TEST_WORD | UNIT_WORD, &p->text);
    buf_char(&p->text, ' ');
    cells(p, s->fields, s->nfields, widths);
}

static void layout_given(struct printer *p, const struct test_step *s) {
    buf_text(&p->text, "given ");
    print_name(s->name.text, TEST_WORD, &p->text);
    buf_char(&p->text, ' ');
    unsigned indent = (unsigned)line_width(p);
    for (uint32_t i = 0; i < s->nrows; i++) {
        if (i) {
            buf_char(&p->text, ',');
            line_end(p);
            if (s->row_fields[i])
                comments_before(p, s->rows[i][0].name.span.start, UINT32_MAX, indent);
            line_begin(p, indent);
        }
        cells(p, s->rows[i], s->row_fields[i], NULL);
    }
}

static void layout_expect(struct printer *p, const struct test_step *s) {
    static const char *const kinds[] = {[EXPECT_ALERT] = "",
                                        [EXPECT_TIMEOUT] = " timeout",
                                        [EXPECT_RESOLVED] = " resolved",
                                        [EXPECT_NONE] = " none",
                                        [EXPECT_SUPPRESSED] = " suppressed"};
    buf_printf(&p->text, "expect%s", kinds[s->expect]);
    if (s->expect == EXPECT_SUPPRESSED) {
        buf_char(&p->text, ' ');
        buf_json_int(&p->text, s->suppressed);
    }
    if (s->at) {
        buf_text(&p->text, s->expect == EXPECT_NONE ? " after " : " at ");
        print_expr(s->at, &p->text);
    }
    if (s->nfields || (s->expect == EXPECT_ALERT && !s->at)) {
        buf_char(&p->text, ' ');
        buf_text(&p->text, "{ ");
        break_named(p, s->fields, s->nfields, (unsigned)line_width(p), 2);
        buf_text(&p->text, s->nfields ? " }" : "}");
    }
}

static void layout_step(struct printer *p, const struct test_step *s, const size_t *widths) {
    switch (s->kind) {
    case TEST_EVENT: layout_event(p, s, widths); break;
    case TEST_WAIT:
        buf_text(&p->text, "wait ");
        print_duration(s->wait_text, s->wait_ns, &p->text);
        break;
    case TEST_GIVEN: layout_given(p, s); break;
    case TEST_WITH:
        buf_text(&p->text, "with ");
        print_name(s->name.text, 0, &p->text);
        buf_text(&p->text, " = ");
        break_expr(p, s->value, INDENT + INDENT, 0);
        break;
    case TEST_EXPECT: layout_expect(p, s); break;
    }
}

void layout_test(struct printer *p, const struct test_decl *t) {
    buf_text(&p->text, "test ");
    print_string(t->title, &p->text);
    buf_text(&p->text, " for ");
    print_name(t->rule.text, 0, &p->text);
    buf_text(&p->text, " {");
    line_end(p);
    p->run++;
    p->block_start = true;
    size_t *widths = NULL;
    for (uint32_t i = 0, to = 0; i < t->nsteps; i++) {
        if (t->steps[i].kind == TEST_EVENT && i >= to) widths = columns(p, t, i, &to);
        item_begin(p, t->steps[i].span, t->steps[i].span.start, INDENT);
        layout_step(p, &t->steps[i], i < to ? widths : NULL);
        line_end(p);
    }
    comments_before(p, t->span.end, UINT32_MAX, INDENT);
    p->run++;
    buf_char(&p->text, '}');
    line_end(p);
}
