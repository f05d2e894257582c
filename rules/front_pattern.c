/* front_pattern: the names of a rule's pattern, which condition is whose, which stream's events
 * each takes, and what can be said of the pattern before there is an automaton. See front_rule.h.
 * Tests: tests/cases/check
 */
#include "rules/front_rule.h"
#include "rules/nfa.h"

/* A name that takes events stands once; `seen`: name → where it stood. Bounded by the parser. */
static void check_once(struct front *f, const struct pattern *p, struct map *seen) {
    if (p->kind == PATTERN_NAME && p->name.text.n) { /* else it did not parse */
        const struct name *before = map_get(seen, p->name.text);
        if (!before) map_put(seen, p->name.text, (void *)(uintptr_t)&p->name);
        if (before) {
            struct diag *m = diag_error(f->diags, p->name.span,
                                        "`%.*s` stands twice in the pattern",
                                        STR_FMT(p->name.text));
            diag_related(f->diags, m, before->span, "first here");
            diag_help(f->diags, m, "give this one another name, or use a count: "
                                   "(a then b) 2 times");
        }
    }
    for (uint32_t i = 0; i < p->nchildren; i++) check_once(f, p->children[i], seen);
}

static void front_names(struct rule_front *r) {
    struct front *f = r->f;
    uint32_t n = 0, ntaken = 0;
    struct name *names = nfa_names(f->arena, r->decl->pattern, &n, &ntaken);
    if (n >= FRONT_NOTHING) {
        diag_error(f->diags, r->decl->match_span, "this pattern has too many names");
        n = FRONT_NOTHING - 1;
        if (ntaken > n) ntaken = n;
    }
    r->model->variables = arena_array(f->arena, struct rule_variable, n ? n : 1);
    r->model->nvariables = n;
    for (uint32_t i = 0; i < n; i++) {
        struct rule_variable *v = &r->model->variables[i];
        *v = (struct rule_variable){.name = names[i], .stream = r->model->stream};
        v->taken = i < ntaken;
        if (!map_get(&r->variables, names[i].text))
            map_put(&r->variables, names[i].text, (void *)(uintptr_t)(i + 1));
    }
    struct map seen;
    map_init(&seen, f->arena);
    check_once(f, r->decl->pattern, &seen);
    r->order = order_new(f->arena, r->decl->pattern, &r->variables, n);
    if (n && order_single(r->decl->pattern)) r->single = 0;
    const struct name *certain = order_certain(r->decl->pattern);
    uintptr_t at = certain ? (uintptr_t)map_get(&r->variables, certain->text) : 0;
    if (at) r->model->certain = (uint16_t)(at - 1);
}

static void error_not_in_pattern(struct rule_front *r, const struct condition *c) {
    struct front *f = r->f;
    if (r->model->nvariables == FRONT_NOTHING - 1) return; /* too many, said: some were left out */
    struct diag *m = diag_error(f->diags, c->name.span, "there is no name `%.*s` in the pattern",
                                STR_FMT(c->name.text));
    struct str *names = NULL;
    uint32_t n = 0, cap = 0;
    for (uint32_t i = 0; i < r->model->nvariables && f->diags->n < DIAG_MAX; i++)
        arena_push(f->arena, names, n, cap, r->model->variables[i].name.text);
    if (!front_nearest(f, m, c->name.text, names, n) && n == 1)
        diag_help(f->diags, m, "its only name is `%.*s`", STR_FMT(names[0]));
}

/* Which condition belongs to which name, and of which stream its events are. */
static void pair_conditions(struct rule_front *r) {
    struct front *f = r->f;
    for (uint32_t i = 0; i < r->decl->nconditions; i++) {
        const struct condition *c = &r->decl->conditions[i];
        uintptr_t found = (uintptr_t)map_get(&r->variables, c->name.text);
        if (!found) {
            error_not_in_pattern(r, c);
            continue;
        }
        struct rule_variable *v = &r->model->variables[found - 1];
        if (v->condition) {
            struct diag *m = diag_error(f->diags, c->name.span, "`%.*s` has two conditions",
                                        STR_FMT(c->name.text));
            diag_related(f->diags, m, v->condition->name.span, "the first is here");
            diag_help(f->diags, m, "join them with `and`");
            continue;
        }
        v->condition = c;
        v->expr = c->any ? NULL : c->expr;
        if (c->from.text.n == 0) continue;
        bool among = false;
        for (uint32_t k = 0; k < r->decl->ninputs; k++)
            among |= str_equal(r->decl->inputs[k].stream.text, c->from.text);
        const struct symbol *s = front_symbol(&f->streams, c->from);
        bool rule = s && s->kind == SYMBOL_RULE;
        bool known = rule || (s && s->kind == SYMBOL_STREAM);
        uint16_t stream = known && !s->bad ? s->index : FRONT_NOTHING;
        if (!known && !among) front_stream(f, c->from); /* of those in `on` it has been told */
        if (known && !among) {
            struct diag *m = diag_error(f->diags, c->from.span, "%s %.*s is not in `on`",
                                        rule ? "rule" : "stream", STR_FMT(c->from.text));
            diag_related(f->diags, m, r->decl->on_span, "the rule looks at these");
        }
        v->stream = among ? stream : FRONT_NOTHING;
    }
}

static void error_no_condition(struct rule_front *r, const struct rule_variable *v, uint32_t i) {
    struct diags *diags = r->f->diags;
    if (v->name.text.n == 0) return; /* did not parse */
    if ((uintptr_t)map_get(&r->variables, v->name.text) != i + 1) return; /* stands twice */
    struct diag *m = diag_error(diags, v->name.span, "nothing says which events `%.*s` takes",
                                STR_FMT(v->name.text));
    diag_help(diags, m, "add to `where`: %.*s: any, or a condition", STR_FMT(v->name.text));
}

static void error_no_from(struct rule_front *r, const struct rule_variable *v) {
    struct diags *diags = r->f->diags;
    struct diag *m = diag_error(diags, v->condition->name.span,
                                "`%.*s` takes events of which stream? The rule looks at %u",
                                STR_FMT(v->name.text), r->model->ninputs);
    diag_help(diags, m, "write %.*s: from %.*s where …", STR_FMT(v->name.text),
              STR_FMT(r->decl->inputs[0].stream.text));
}

static void front_conditions(struct rule_front *r) {
    for (uint32_t i = 0; i < r->model->nvariables; i++) {
        struct rule_variable *v = &r->model->variables[i];
        if (!v->condition) {
            error_no_condition(r, v, i);
            continue;
        }
        if (v->stream == FRONT_NOTHING) r->model->bad = true;
        else if (r->model->ninputs > 1 && !v->condition->from.text.n) error_no_from(r, v);
        if (!v->expr || v->stream == FRONT_NOTHING) continue;
        struct place p = front_place(r, PLACE_CONDITION);
        p.variable = (uint16_t)i;
        p.stream = v->stream;
        front_whole(r, &p, v->expr);
        if (type_condition(&p, v->expr, "a condition")) check_condition(&p, v->expr);
    }
}

/* The first part of a pattern that can go on growing for ever; NULL: there is none. A loop ends by
 * its count, by `until`, and `in a row` at the first event that it does not take; what may pass
 * over events that it could take has no end of its own. */
static const struct pattern *endless(const struct pattern *p) {
    bool loops = p->count.written && p->count.most != 1;
    bool ends = p->count.most != COUNT_UNBOUNDED || p->until.text.n;
    if (p->within_ns >= 0) return NULL;
    if (loops && (p->inner == INNER_COMBINATIONS || (!ends && p->inner != INNER_IN_A_ROW)))
        return p;
    if (p->link.kind == LINK_THEN_EACH && p->link.most_ns < 0) return p;
    for (uint32_t i = 0; i < p->nchildren; i++) {
        const struct pattern *found = endless(p->children[i]);
        if (found) return found;
    }
    return NULL;
}

/* The longest way is known when none can go on. */
static void check_longest(struct rule_front *r) {
    const struct rule_decl *d = r->decl;
    const struct pattern *p = d->match == MATCH_LONGEST ? endless(d->pattern) : NULL;
    if (!p) return;
    struct diag *m = diag_error(r->f->diags, p->span, "`match longest` has to know when this ends");
    diag_help(r->f->diags, m, "close the pattern with `within`, or give the loop an upper count, "
                              "`until`, or `in a row`");
}

void front_pattern(struct rule_front *r) {
    struct front *f = r->f;
    const struct rule_decl *d = r->decl;
    if (d->pattern) {
        front_names(r);
        pair_conditions(r);
        front_conditions(r);
        check_longest(r);
        if (d->after == AFTER_SKIP_TO_FIRST || d->after == AFTER_SKIP_TO_LAST) {
            uintptr_t found = (uintptr_t)map_get(&r->variables, d->after_name.text);
            if (!found) {
                struct condition c = {.name = d->after_name};
                error_not_in_pattern(r, &c);
            } else if (!r->model->variables[found - 1].taken) {
                diag_error(f->diags, d->after_name.span,
                           "`%.*s` takes no event: one cannot skip to it",
                           STR_FMT(d->after_name.text));
            }
        }
        return;
    }
    if (d->nconditions)
        diag_error(f->diags, d->conditions[0].span, "`where` needs a pattern: match %.*s",
                   STR_FMT(d->conditions[0].name.text));
    else if (!d->when && !r->model->every) {
        struct diag *m = diag_error(f->diags, d->header, "rule %.*s looks for nothing",
                                    STR_FMT(d->name.text));
        diag_help(f->diags, m, "say what: match a then b within 10m, and where: a: …, b: …");
    }
}
