/* print_rule: the layout of rules and tests.
 *
 *   rule NAME {
 *       severity high                    the words of clauses in a column of eight; clauses of
 *       match    a then b                several words (once per, after match skip) as they are
 *       where    a:     speed > 3        one entry a line, conditions in one column
 *                other: any
 *   }
 *
 * Clauses stay in the order in which the author put them.
 * Tests: tests/unit/grammar/test_print.c, tests/cases/grammar/fmt.case
 */
#include "grammar/print_internal.h"

enum { WORD_WIDTH = 8 };

static void clause_word(struct printer *p, const char *text) {
    size_t n = strlen(text);
    buf_text(&p->text, text);
    buf_pad(&p->text, ' ', n < WORD_WIDTH ? WORD_WIDTH - n + 1 : 1);
}

static void clause_expr(struct printer *p, const char *text, const struct expr *e) {
    clause_word(p, text);
    break_expr(p, e, (unsigned)line_width(p), 0);
}

static void clause_named(struct printer *p, const char *text, const struct named_expr *v,
                         uint32_t n) {
    clause_word(p, text);
    break_named(p, v, n, (unsigned)line_width(p), 0);
}

static void clause_duration(struct printer *p, const char *text, struct str written, int64_t ns) {
    clause_word(p, text);
    print_duration(written, ns, &p->text);
}

/* ---- on, where ------------------------------------------------------------------------------- */

static void one_input(struct printer *p, const struct input *in) {
    if (keyword_find(in->stream.text) == KW_BY) print_quoted(in->stream.text, &p->text);
    else print_name(in->stream.text, 0, &p->text);
    if (in->where) {
        buf_text(&p->text, " where ");
        print_expr(in->where, &p->text);
    }
    if (in->nkeys) buf_text(&p->text, in->nkeys > 1 ? " by (" : " by ");
    for (uint32_t i = 0; i < in->nkeys; i++) {
        if (i) buf_text(&p->text, ", ");
        print_expr(in->keys[i], &p->text);
    }
    if (in->nkeys > 1) buf_char(&p->text, ')');
}

static void layout_on(struct printer *p, const struct rule_decl *r) {
    clause_word(p, "on");
    unsigned indent = (unsigned)line_width(p);
    size_t start = p->text.n;
    bool broken = r->ninputs && comment_between(p, r->inputs[0].span.start,
                                                r->inputs[r->ninputs - 1].span.start);
    for (int tries = 0; tries < 2; tries++) {
        for (uint32_t i = 0; i < r->ninputs; i++) {
            if (i) buf_char(&p->text, ',');
            if (i && broken) {
                line_end(p);
                comments_before(p, r->inputs[i].span.start, UINT32_MAX, indent);
                line_begin(p, indent);
            } else if (i) {
                buf_char(&p->text, ' ');
            }
            one_input(p, &r->inputs[i]);
        }
        if (broken || r->ninputs < 2 || line_width(p) <= LINE_MAX_COLUMNS) return;
        p->text.n = start;
        broken = true;
    }
}

/* A field that is called `any` or `from` and stands alone as a condition would be misread. */
static void condition_expr(struct printer *p, const struct expr *e) {
    enum keyword k = e->kind == EXPR_NAME ? keyword_find(e->name.text) : NO_KEYWORD;
    if (k == KW_ANY || k == KW_FROM || k == KW_ON) print_quoted(e->name.text, &p->text);
    else break_expr(p, e, (unsigned)line_width(p), 0);
}

static void layout_where(struct printer *p, const struct rule_decl *r) {
    size_t width = 0, start = p->text.n;
    for (uint32_t i = 0; i < r->nconditions; i++) {
        print_label(r->conditions[i].name.text, &p->text);
        size_t w = text_width((struct str){p->text.p + start, p->text.n - start});
        p->text.n = start;
        if (w > width) width = w;
    }
    clause_word(p, "where");
    unsigned indent = (unsigned)line_width(p);
    for (uint32_t i = 0; i < r->nconditions; i++) {
        const struct condition *c = &r->conditions[i];
        if (i) {
            line_end(p);
            comments_before(p, c->span.start, UINT32_MAX, indent);
            line_begin(p, indent);
        }
        print_label(c->name.text, &p->text);
        buf_char(&p->text, ':');
        buf_pad(&p->text, ' ', indent + width + 2 - line_width(p));
        if (c->from.text.n) {
            buf_text(&p->text, "from ");
            print_name(c->from.text, 0, &p->text);
            if (c->expr) buf_text(&p->text, " where ");
        } else if (c->any) {
            buf_text(&p->text, "any");
        }
        if (c->expr && c->from.text.n) break_expr(p, c->expr, (unsigned)line_width(p), 0);
        else if (c->expr) condition_expr(p, c->expr);
    }
}

/* ---- the other clauses ----------------------------------------------------------------------- */

/* A line for each step of the outermost sequence or alternative: `then b`, `or b`. */
static void break_pattern(struct printer *p, const struct pattern *q, unsigned indent) {
    for (uint32_t i = 0; i < q->nchildren; i++) {
        if (i) {
            line_end(p);
            comments_before(p, q->children[i]->span.start, UINT32_MAX, indent);
            line_begin(p, indent);
            if (q->kind == PATTERN_OR) buf_text(&p->text, "or");
            else print_link(&q->children[i]->link, &p->text);
            buf_char(&p->text, ' ');
        }
        print_pattern(q->children[i], &p->text);
    }
    if (q->within_ns < 0) return;
    line_end(p);
    line_begin(p, indent);
    buf_text(&p->text, "within ");
    print_duration(q->within_text, q->within_ns, &p->text);
}

static void layout_match(struct printer *p, const struct rule_decl *r) {
    const struct pattern *q = r->pattern;
    clause_word(p, "match");
    if (r->match == MATCH_LONGEST) buf_text(&p->text, "longest ");
    if (r->match == MATCH_ALL_WAYS) buf_text(&p->text, "all ways ");
    unsigned indent = CLAUSE_COLUMN;
    size_t start = p->text.n;
    bool breaks = q->nchildren > 1 && !q->parenthesised &&
                  (q->kind == PATTERN_SEQUENCE || q->kind == PATTERN_OR);
    if (!breaks || !comment_between(p, q->children[0]->span.start,
                                    q->children[q->nchildren - 1]->span.start)) {
        print_pattern(q, &p->text);
        if (!breaks || line_width(p) <= LINE_MAX_COLUMNS) return;
        p->text.n = start;
    }
    break_pattern(p, q, indent);
}

static void layout_every(struct printer *p, const struct every *e) {
    clause_word(p, "every");
    if (e->kind == EVERY_SESSION) buf_text(&p->text, "session gap ");
    print_duration(e->period_text, e->period_ns, &p->text);
    if (e->kind == EVERY_HOPPING) {
        buf_text(&p->text, " over ");
        print_duration(e->over_text, e->over_ns, &p->text);
    } else if (e->kind == EVERY_CALENDAR) {
        int minutes = (int)(e->at_ns / 60000000000);
        buf_printf(&p->text, " at %02d:%02d", minutes / 60, minutes % 60);
        if (e->zone.n) {
            buf_text(&p->text, " in ");
            print_string(e->zone, &p->text);
        }
    }
}

static void layout_after(struct printer *p, const struct rule_decl *r) {
    static const char *const how[] = {
        [AFTER_DEFAULT] = "",
        [AFTER_NO_SKIP] = "no skip",
        [AFTER_SKIP_PAST_LAST] = "skip past last",
        [AFTER_SKIP_TO_NEXT] = "skip to next",
        [AFTER_SKIP_TO_FIRST] = "skip to first ",
        [AFTER_SKIP_TO_LAST] = "skip to last ",
    };
    buf_printf(&p->text, "after match %s", how[r->after]);
    if (r->after_name.text.n) print_name(r->after_name.text, 0, &p->text);
}

static void names(struct printer *p, const char *word, const struct name *v, uint32_t n,
                  bool tags) {
    clause_word(p, word);
    for (uint32_t i = 0; i < n; i++) {
        struct str source = span_text(p->tree->sources, v[i].span);
        if (i) buf_text(&p->text, ", ");
        if (tags && source.n && source.p[0] == '"') print_string(v[i].text, &p->text);
        else print_name(v[i].text, 0, &p->text);
    }
}

void layout_except(struct printer *p, const struct except_clause *e, unsigned indent) {
    print_label(e->name.text, &p->text);
    buf_text(&p->text, ": ");
    break_expr(p, e->cond, indent, 0);
    if (e->has_until) {
        buf_text(&p->text, " until @");
        buf_str(&p->text, e->until_text);
    }
    if (e->reason.n) {
        buf_char(&p->text, ' ');
        print_string(e->reason, &p->text);
    }
}

static void layout_meta(struct printer *p, const struct rule_decl *r) {
    clause_word(p, "meta");
    buf_text(&p->text, r->nmeta ? "{ " : "{");
    break_named(p, r->meta, r->nmeta, (unsigned)line_width(p), 2);
    buf_text(&p->text, r->nmeta ? " }" : "}");
}

static void layout_when(struct printer *p, const char *word, struct name on,
                        const struct expr *when) {
    clause_word(p, word);
    if (on.text.n) {
        buf_text(&p->text, "on ");
        print_label(on.text, &p->text);
        buf_text(&p->text, ": ");
    }
    condition_expr(p, when);
}

static void layout_mode(struct printer *p, enum rule_mode mode) {
    static const char *const modes[] = {[MODE_LIVE] = "live",
                                        [MODE_SHADOW] = "shadow",
                                        [MODE_SIGNAL] = "signal",
                                        [MODE_OFF] = "off"};
    clause_word(p, "mode");
    buf_text(&p->text, modes[mode]);
}

/* Longer than most functions: one line a clause, like clause_body in parser_rule.c. */
static void layout_clause(struct printer *p, const struct rule_decl *r, const struct clause *c) {
    switch (c->kind) {
    case CLAUSE_DOC:
        clause_word(p, "doc");
        print_string(r->doc, &p->text);
        break;
    case CLAUSE_SEVERITY: clause_expr(p, "severity", r->severity); break;
    case CLAUSE_TAGS: names(p, "tags", r->tags, r->ntags, true); break;
    case CLAUSE_ON: layout_on(p, r); break;
    case CLAUSE_MATCH: layout_match(p, r); break;
    case CLAUSE_WHERE: layout_where(p, r); break;
    case CLAUSE_HAVING: clause_expr(p, "having", r->having); break;
    case CLAUSE_WHEN: layout_when(p, "when", r->when_on, r->when); break;
    case CLAUSE_EVERY: layout_every(p, &r->every); break;
    case CLAUSE_AFTER_MATCH: layout_after(p, r); break;
    case CLAUSE_EMIT: clause_named(p, "emit", r->emit, r->nemit); break;
    case CLAUSE_TIMEOUT_EMIT:
        clause_named(p, "timeout emit", r->timeout_emit, r->ntimeout_emit);
        break;
    case CLAUSE_ATTACH: names(p, "attach", r->attach, r->nattach, false); break;
    case CLAUSE_ONCE:
        clause_duration(p, "once per", r->once.period_text, r->once.period_ns);
        if (!r->once.by) break;
        buf_text(&p->text, " by ");
        print_expr(r->once.by, &p->text);
        break;
    case CLAUSE_RESOLVE_WHEN:
        layout_when(p, "resolve when", r->resolve.on, r->resolve.when);
        break;
    case CLAUSE_RESOLVE_AFTER:
        clause_duration(p, "resolve after", r->resolve.after_text, r->resolve.after_ns);
        break;
    case CLAUSE_EMIT_AT_RESOLVE:
        clause_named(p, "emit at resolve", r->resolve.emit, r->resolve.nemit);
        break;
    case CLAUSE_EXCEPT:
        clause_word(p, "except");
        layout_except(p, &r->excepts[c->index], CLAUSE_COLUMN);
        break;
    case CLAUSE_SCORE: clause_expr(p, "score", r->score); break;
    case CLAUSE_META: layout_meta(p, r); break;
    case CLAUSE_VERSION:
        clause_word(p, "version");
        buf_json_int(&p->text, r->version);
        break;
    case CLAUSE_MODE: layout_mode(p, r->mode); break;
    case CLAUSE_LIMIT:
        clause_word(p, "limit");
        buf_json_int(&p->text, r->limit_runs);
        buf_text(&p->text, " runs");
        break;
    case CLAUSE_FORGET:
        clause_duration(p, "forget after", r->forget_text, r->forget_ns);
        break;
    case CLAUSE_UNBOUNDED: buf_text(&p->text, "unbounded"); break;
    case CLAUSE_KINDS: break;
    }
}

/* Where the first part of a clause that may be broken stands: comments before it go above. */
static uint32_t first_piece(const struct rule_decl *r, const struct clause *c) {
    switch (c->kind) {
    case CLAUSE_ON: return r->ninputs ? r->inputs[0].span.start : c->span.start;
    case CLAUSE_WHERE: return r->nconditions ? r->conditions[0].span.start : c->span.start;
    case CLAUSE_MATCH: return r->pattern->span.start;
    case CLAUSE_WHEN: return r->when->span.start;
    case CLAUSE_HAVING: return r->having->span.start;
    case CLAUSE_EMIT: return r->nemit ? r->emit[0].name.span.start : c->span.start;
    case CLAUSE_META: return r->nmeta ? r->meta[0].name.span.start : c->span.start;
    default: return c->span.start;
    }
}

void layout_rule(struct printer *p, const struct rule_decl *r) {
    buf_text(&p->text, "rule ");
    print_name(r->name.text, 0, &p->text);
    buf_text(&p->text, " {");
    line_end(p);
    p->run++;
    p->block_start = true;
    for (uint32_t i = 0; i < r->nclauses; i++) {
        const struct clause *c = &r->clauses[i];
        item_begin(p, c->span, first_piece(r, c), INDENT);
        layout_clause(p, r, c);
        line_end(p);
    }
    comments_before(p, r->span.end, UINT32_MAX, INDENT);
    p->run++;
    buf_char(&p->text, '}');
    line_end(p);
}
