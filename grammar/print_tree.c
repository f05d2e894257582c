/* print_tree: the tree drawn with indents, for `omen explain --stage=tree`.
 *
 *   rule sustained_speeding
 *     on telemetry
 *       by
 *         name vehicle
 *     where fast
 *       >
 *         name speed
 *         +
 *
 * Everything that the later passes read is shown, one node a line; recursion is as deep as the
 * tree. Tests: tests/cases/grammar/tree.case
 */
#include "grammar/print_internal.h"

enum { STEP = 2 };

static void begin(struct buf *out, unsigned depth, const char *what) {
    buf_pad(out, ' ', (size_t)depth * STEP);
    buf_text(out, what);
}

static void word_line(struct buf *out, unsigned depth, const char *what) {
    begin(out, depth, what);
    buf_char(out, '\n');
}

static void name_line(struct buf *out, unsigned depth, const char *what, struct str name) {
    begin(out, depth, what);
    buf_char(out, ' ');
    print_label(name, out);
    buf_char(out, '\n');
}

static void string_line(struct buf *out, unsigned depth, const char *what, struct str text) {
    begin(out, depth, what);
    buf_char(out, ' ');
    print_string(text, out);
    buf_char(out, '\n');
}

static void duration_line(struct buf *out, unsigned depth, const char *what, int64_t ns) {
    begin(out, depth, what);
    buf_char(out, ' ');
    print_duration((struct str){"", 0}, ns, out);
    buf_char(out, '\n');
}

/* ---- expressions ----------------------------------------------------------------------------- */

static void tree_expr_at(const struct expr *e, unsigned depth, struct buf *out);

static void under(struct buf *out, unsigned depth, const char *what, const struct expr *e) {
    if (!e) return;
    word_line(out, depth, what);
    tree_expr_at(e, depth + 1, out);
}

static void tree_window(const struct window *w, unsigned depth, struct buf *out) {
    static const char *const kinds[] = {[WINDOW_NONE] = "",
                                        [WINDOW_OVER] = "over",
                                        [WINDOW_OVER_PRIOR] = "over prior",
                                        [WINDOW_OVER_LAST] = "over last"};
    if (w->kind == WINDOW_NONE) return;
    if (w->length) under(out, depth, kinds[w->kind], w->length);
    else duration_line(out, depth, kinds[w->kind], w->length_ns);
    if (w->step_ns) duration_line(out, depth, "step", w->step_ns);
}

static void tree_expr_at(const struct expr *e, unsigned depth, struct buf *out) {
    static const char *const kinds[] = {[EXPR_ERROR] = "error",
                                        [EXPR_NULL] = "null",
                                        [EXPR_BOOL] = "bool ",
                                        [EXPR_INT] = "int ",
                                        [EXPR_NUMBER] = "number ",
                                        [EXPR_STRING] = "string ",
                                        [EXPR_DURATION] = "duration ",
                                        [EXPR_TIME] = "time ",
                                        [EXPR_IP] = "ip ",
                                        [EXPR_LIST] = "list",
                                        [EXPR_NAME] = "name ",
                                        [EXPR_FIELD] = "field ",
                                        [EXPR_INDEX] = "index",
                                        [EXPR_NOT] = "not",
                                        [EXPR_NEGATE] = "negate",
                                        [EXPR_BINARY] = "",
                                        [EXPR_BETWEEN] = "",
                                        [EXPR_CALL] = "call ",
                                        [EXPR_ANY] = "any "};
    begin(out, depth, kinds[e->kind]);
    switch (e->kind) {
    case EXPR_BOOL:
    case EXPR_INT:
    case EXPR_NUMBER:
    case EXPR_STRING:
    case EXPR_DURATION:
    case EXPR_TIME:
    case EXPR_IP: print_expr(e, out); break;
    case EXPR_NAME:
    case EXPR_FIELD:
    case EXPR_CALL:
    case EXPR_ANY: print_label(e->name.text, out); break;
    case EXPR_BINARY:
    case EXPR_BETWEEN: buf_text(out, binary_sign(e)); break;
    default: break;
    }
    if (e->ignoring_case) buf_text(out, " ignoring case");
    buf_char(out, '\n');
    for (uint32_t i = 0; i < e->nargs; i++) tree_expr_at(e->args[i], depth + 1, out);
    under(out, depth + 1, "where", e->where);
    tree_window(&e->window, depth + 1, out);
}

/* ---- patterns -------------------------------------------------------------------------------- */

static void pattern_head(const struct pattern *q, struct buf *out) {
    static const char *const kinds[] = {
        [PATTERN_NAME] = "step ", [PATTERN_SEQUENCE] = "sequence", [PATTERN_OR] = "or",
        [PATTERN_ALL] = "all",    [PATTERN_SOME] = "some",         [PATTERN_NO] = "no"};
    if (q->link.kind != LINK_NONE) {
        print_link(&q->link, out);
        buf_char(out, ' ');
    }
    if (q->optional) buf_text(out, "optional ");
    buf_text(out, kinds[q->kind]);
    if (q->kind == PATTERN_NAME) print_label(q->name.text, out);
    if (q->kind == PATTERN_SOME) buf_printf(out, " %lld", (long long)q->some);
    for (uint32_t i = 0; i < q->nnames; i++) {
        buf_char(out, ' ');
        print_label(q->names[i].text, out);
    }
    if (q->parenthesised) buf_text(out, " ()");
}

static void pattern_tail(const struct pattern *q, struct buf *out) {
    if (q->count.written) {
        buf_printf(out, " count %lld..", (long long)q->count.least);
        if (q->count.most != COUNT_UNBOUNDED) buf_printf(out, "%lld", (long long)q->count.most);
        if (q->count.reluctant) buf_text(out, " reluctant");
    }
    if (q->inner == INNER_IN_A_ROW) buf_text(out, " in a row");
    if (q->inner == INNER_COMBINATIONS) buf_text(out, " combinations");
    if (q->until.text.n) {
        buf_text(out, " until ");
        print_label(q->until.text, out);
    }
    const struct {
        const char *what;
        int64_t ns;
    } parts[] = {{" for ", q->for_ns},
                 {" gap ", q->gap_ns},
                 {" lasting ", q->lasting_ns},
                 {" within ", q->within_ns}};
    for (int i = 0; i < 4; i++) {
        if (i < 3 ? parts[i].ns == 0 : parts[i].ns < 0) continue;
        buf_text(out, parts[i].what);
        print_duration((struct str){"", 0}, parts[i].ns, out);
    }
    buf_char(out, '\n');
}

static void tree_pattern(const struct pattern *q, unsigned depth, struct buf *out) {
    begin(out, depth, "");
    pattern_head(q, out);
    pattern_tail(q, out);
    for (uint32_t i = 0; i < q->nchildren; i++) tree_pattern(q->children[i], depth + 1, out);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void tree_named(struct buf *out, unsigned depth, const char *what,
                       const struct named_expr *v, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        name_line(out, depth, what, v[i].name.text);
        tree_expr_at(v[i].expr, depth + 1, out);
    }
}

static void tree_inputs(const struct rule_decl *r, unsigned depth, struct buf *out) {
    for (uint32_t i = 0; i < r->ninputs; i++) {
        const struct input *in = &r->inputs[i];
        name_line(out, depth, "on", in->stream.text);
        under(out, depth + 1, "where", in->where);
        for (uint32_t k = 0; k < in->nkeys; k++) under(out, depth + 1, "by", in->keys[k]);
    }
}

static void tree_conditions(const struct rule_decl *r, unsigned depth, struct buf *out) {
    for (uint32_t i = 0; i < r->nconditions; i++) {
        const struct condition *c = &r->conditions[i];
        name_line(out, depth, "where", c->name.text);
        if (c->from.text.n) name_line(out, depth + 1, "from", c->from.text);
        if (c->expr) tree_expr_at(c->expr, depth + 1, out);
        else word_line(out, depth + 1, "any");
    }
}

static void tree_except(const struct except_clause *e, unsigned depth, struct buf *out) {
    name_line(out, depth, "except", e->name.text);
    tree_expr_at(e->cond, depth + 1, out);
    if (e->has_until) {
        begin(out, depth + 1, "until @");
        buf_str(out, e->until_text);
        buf_char(out, '\n');
    }
    if (e->reason.n) string_line(out, depth + 1, "reason", e->reason);
}

static void tree_every(const struct every *e, unsigned depth, struct buf *out) {
    static const char *const kinds[] = {[EVERY_NONE] = "",
                                        [EVERY_TUMBLING] = "every",
                                        [EVERY_HOPPING] = "every, hopping,",
                                        [EVERY_CALENDAR] = "every, calendar,",
                                        [EVERY_SESSION] = "every session gap"};
    if (e->kind == EVERY_NONE) return;
    duration_line(out, depth, kinds[e->kind], e->period_ns);
    if (e->kind == EVERY_HOPPING) duration_line(out, depth + 1, "over", e->over_ns);
    if (e->kind == EVERY_CALENDAR) duration_line(out, depth + 1, "at", e->at_ns);
    if (e->zone.n) string_line(out, depth + 1, "in", e->zone);
}

static void tree_bounds(const struct rule_decl *r, unsigned depth, struct buf *out) {
    static const char *const modes[] = {"mode live", "mode shadow", "mode signal", "mode off"};
    static const char *const skips[] = {"", "no skip", "skip past last", "skip to next",
                                        "skip to first", "skip to last"};
    if (r->after >= AFTER_SKIP_TO_FIRST) name_line(out, depth, skips[r->after], r->after_name.text);
    else if (r->after) word_line(out, depth, skips[r->after]);
    if (r->once.period_ns) duration_line(out, depth, "once per", r->once.period_ns);
    under(out, depth + 1, "by", r->once.by);
    if (r->resolve.on.text.n) name_line(out, depth, "resolve when on", r->resolve.on.text);
    under(out, depth, "resolve when", r->resolve.when);
    if (r->resolve.after_ns) duration_line(out, depth, "resolve after", r->resolve.after_ns);
    tree_named(out, depth, "emit at resolve", r->resolve.emit, r->resolve.nemit);
    if (r->mode != MODE_LIVE) word_line(out, depth, modes[r->mode]);
    if (r->limit_runs) {
        begin(out, depth, "limit ");
        buf_printf(out, "%lld runs\n", (long long)r->limit_runs);
    }
    if (r->forget_ns) duration_line(out, depth, "forget after", r->forget_ns);
    if (r->unbounded) word_line(out, depth, "unbounded");
}

static void tree_rule(const struct rule_decl *r, struct buf *out) {
    static const char *const modes[] = {"match first", "match longest", "match all ways"};
    name_line(out, 0, "rule", r->name.text);
    if (r->doc.n) string_line(out, 1, "doc", r->doc);
    under(out, 1, "severity", r->severity);
    under(out, 1, "score", r->score);
    for (uint32_t i = 0; i < r->ntags; i++) string_line(out, 1, "tag", r->tags[i].text);
    tree_named(out, 1, "meta", r->meta, r->nmeta);
    tree_inputs(r, 1, out);
    if (r->pattern) {
        word_line(out, 1, modes[r->match]);
        tree_pattern(r->pattern, 2, out);
    }
    tree_conditions(r, 1, out);
    under(out, 1, "having", r->having);
    if (r->when_on.text.n) name_line(out, 1, "when on", r->when_on.text);
    under(out, 1, "when", r->when);
    tree_every(&r->every, 1, out);
    tree_named(out, 1, "emit", r->emit, r->nemit);
    tree_named(out, 1, "timeout emit", r->timeout_emit, r->ntimeout_emit);
    for (uint32_t i = 0; i < r->nattach; i++) name_line(out, 1, "attach", r->attach[i].text);
    tree_bounds(r, 1, out);
    for (uint32_t i = 0; i < r->nexcepts; i++) tree_except(&r->excepts[i], 1, out);
}

/* ---- other declarations ---------------------------------------------------------------------- */

static void tree_stream(const struct stream_decl *s, const char *what, struct buf *out) {
    name_line(out, 0, what, s->name.text);
    for (uint32_t i = 0; i < s->nfields; i++) {
        const struct field_decl *f = &s->fields[i];
        static const char *const units[] = {"", " in seconds", " in micros", " in nanos"};
        begin(out, 1, "field ");
        print_label(f->name.text, out);
        buf_text(out, " : ");
        print_type(&f->type, out);
        if (f->event_time) buf_printf(out, " event%s", units[f->unit]);
        if (f->event_id) buf_text(out, " event id");
        if (f->from.n) {
            buf_text(out, " from ");
            print_string(f->from, out);
        }
        buf_char(out, '\n');
    }
    if (s->key.text.n) name_line(out, 1, "key", s->key.text);
}

static void tree_step(const struct test_step *s, struct buf *out) {
    static const char *const expects[] = {"expect", "expect timeout", "expect resolved",
                                          "expect none", "expect suppressed"};
    switch (s->kind) {
    case TEST_EVENT:
        name_line(out, 1, "event", s->name.text);
        if (s->late_ns) duration_line(out, 2, "late", s->late_ns);
        break;
    case TEST_WAIT: duration_line(out, 1, "wait", s->wait_ns); break;
    case TEST_GIVEN:
        for (uint32_t i = 0; i < s->nrows; i++) {
            name_line(out, 1, "given", s->name.text);
            tree_named(out, 2, "field", s->rows[i], s->row_fields[i]);
        }
        break;
    case TEST_WITH:
        name_line(out, 1, "with", s->name.text);
        tree_expr_at(s->value, 2, out);
        break;
    case TEST_EXPECT:
        begin(out, 1, expects[s->expect]);
        if (s->expect == EXPECT_SUPPRESSED) buf_printf(out, " %lld", (long long)s->suppressed);
        buf_char(out, '\n');
        under(out, 2, s->expect == EXPECT_NONE ? "after" : "at", s->at);
        break;
    }
    tree_named(out, 2, "field", s->fields, s->nfields);
}

static void tree_constant(const struct decl *d, struct buf *out) {
    if (d->kind == DECL_LET) {
        name_line(out, 0, "let", d->let->name.text);
        for (uint32_t i = 0; i < d->let->nparams; i++)
            name_line(out, 1, "argument", d->let->params[i].text);
        tree_expr_at(d->let->value, 1, out);
    } else if (d->kind == DECL_PARAM) {
        begin(out, 0, "param ");
        print_label(d->param->name.text, out);
        buf_text(out, " : ");
        print_type(&d->param->type, out);
        buf_char(out, '\n');
        tree_expr_at(d->param->value, 1, out);
        if (d->param->doc.n) string_line(out, 1, "doc", d->param->doc);
    } else {
        name_line(out, 0, "list", d->list->name.text);
        tree_expr_at(d->list->value, 1, out);
    }
}

void print_tree(const struct tree *tree, const struct tree_file *file, struct buf *out) {
    (void)tree; /* the tree of one file needs nothing of the others */
    for (uint32_t i = 0; i < file->ndecls; i++) {
        const struct decl *d = &file->decls[i];
        switch (d->kind) {
        case DECL_STREAM: tree_stream(d->stream, "stream", out); break;
        case DECL_TABLE: tree_stream(d->stream, "table", out); break;
        case DECL_LET:
        case DECL_PARAM:
        case DECL_LIST: tree_constant(d, out); break;
        case DECL_IMPORT: string_line(out, 0, "import", d->import->path); break;
        case DECL_RULE: tree_rule(d->rule, out); break;
        case DECL_EXCEPT:
            name_line(out, 0, "except for", d->except->rule.text);
            tree_except(&d->except->clause, 1, out);
            break;
        case DECL_TEST:
            string_line(out, 0, "test", d->test->title);
            name_line(out, 1, "for", d->test->rule.text);
            for (uint32_t s = 0; s < d->test->nsteps; s++) tree_step(&d->test->steps[s], out);
            break;
        }
    }
}
