/* front: the driver: tree → typed rule set, rule by rule. See typed.h for what comes out, front.h
 * for the parts.
 *
 *   declarations (names.c, values.c) ─→ each rule: stream and key · names of the pattern ·
 *                                       conditions · having · emit · the rest
 *
 * A rule is bad when anything was said about it. All rules are
 * looked at, whatever happens in others, so that one run shows all errors.
 * Tests: tests/cases/check
 */
#include "rules/front.h"

#include "rules/nfa.h"

struct rule_front { /* the rule being looked at */
    struct front *f;
    struct rule_model *model;
    const struct rule_decl *decl;
    struct map variables; /* name → index + 1 */
    struct order *order;
    uint16_t single;
};

static struct place place_of(const struct rule_front *r, enum place_kind kind) {
    return (struct place){.front = r->f, .kind = kind, .rule = r->model, .variables = &r->variables,
                          .order = r->order, .variable = FRONT_NOTHING, .stream = FRONT_NOTHING,
                          .single = FRONT_NOTHING, .tested = FRONT_NOTHING};
}

/* Types a whole expression. What was told at a declaration is not told again, but the rule is bad
 * all the same. */
static void type_whole(struct rule_front *r, struct place *p, const struct expr *e) {
    type_expr(p, e);
    if (typed_of(r->f->set, e)->bad) r->model->bad = true;
}

/* ---- streams and keys ------------------------------------------------------------------------ */

/* `rules`: a rule is wanted, not any stream. */
static void help_streams(struct front *f, struct diag *m, struct str name, bool rules) {
    struct str *names = NULL;
    uint32_t n = 0, cap = 0;
    if (f->diags->n >= DIAG_MAX) return;
    for (uint32_t i = 0; i < f->streams.n; i++) {
        const struct symbol *s = f->streams.entries[i].value;
        if (!rules || s->kind == SYMBOL_RULE) arena_push(f->arena, names, n, cap, s->name.text);
    }
    front_nearest(f, m, name, names, n);
}

/* The number of a stream; FRONT_NOTHING after a message. */
static uint16_t find_stream(struct front *f, struct name name) {
    const struct symbol *s = front_symbol(&f->streams, name);
    if (name.text.n == 0) return FRONT_NOTHING;
    if (!s) {
        struct diag *m = diag_error(f->diags, name.span, "there is no stream `%.*s`",
                                    STR_FMT(name.text));
        help_streams(f, m, name.text, false);
        return FRONT_NOTHING;
    }
    if (s->kind == SYMBOL_STREAM || (s->kind == SYMBOL_RULE && s->index != FRONT_NOTHING))
        return s->bad ? FRONT_NOTHING : s->index;
    if (s->kind == SYMBOL_RULE && s->rule->mode == MODE_OFF)
        diag_error(f->diags, name.span, "rule %.*s is off: it has no alerts", STR_FMT(name.text));
    else if (s->kind == SYMBOL_RULE)
        diag_error(f->diags, name.span, "no rule reads rule %.*s", STR_FMT(name.text));
    else
        diag_error(f->diags, name.span, "`%.*s` is a table: rules look at streams",
                   STR_FMT(name.text));
    return FRONT_NOTHING;
}

static bool key_is_double(struct rule_front *r, const struct input *input, uint32_t i) {
    uint16_t field = typed_of(r->f->set, input->keys[i])->field;
    for (uint32_t k = 0; k < i && k < 16; k++) {
        const struct typed *t = typed_of(r->f->set, input->keys[k]);
        if (t->bad || t->binding != BIND_FIELD || t->field != field) continue;
        struct diag *m = diag_error(r->f->diags, input->keys[i]->span,
                                    "this is in the key already");
        diag_related(r->f->diags, m, input->keys[k]->span, "here");
        return true;
    }
    return false;
}

static const char *s_of(uint32_t n) { return n == 1 ? "" : "s"; }

static void front_keys(struct rule_front *r, const struct input *input, uint16_t stream) {
    struct front *f = r->f;
    struct place p = place_of(r, PLACE_KEY);
    p.stream = stream;
    p.variables = NULL;
    for (uint32_t i = 0; i < input->nkeys; i++) {
        const struct expr *key = input->keys[i];
        type_whole(r, &p, key);
        const struct typed *t = typed_of(f->set, key);
        if (t->bad) continue;
        if (t->level == LEVEL_CONSTANT)
            diag_error(f->diags, key->span, "this key is the same for every event");
        else if (t->type.base == VALUE_LIST)
            diag_error(f->diags, key->span, "a list cannot be a key");
        else if (t->binding != BIND_FIELD)
            computed_key(&p, key);
        if (typed_of(f->set, key)->binding == BIND_FIELD) key_is_double(r, input, i);
    }
}

/* Keys pair by position: an event of one stream and one of another belong together when theirs are
 * equal. */
static void pair_keys(struct rule_front *r, const struct input *first, const struct input *input) {
    struct front *f = r->f;
    if (input->nkeys != first->nkeys) {
        struct diag *m = diag_error(f->diags, input->span, "this key has %u part%s, the first %u",
                                    input->nkeys, s_of(input->nkeys), first->nkeys);
        diag_related(f->diags, m, first->span, "keys pair by position with these");
        return;
    }
    for (uint32_t i = 0; i < input->nkeys; i++) {
        const struct typed *a = typed_of(f->set, first->keys[i]);
        const struct typed *b = typed_of(f->set, input->keys[i]);
        if (a->bad || b->bad) continue;
        if (a->type.base == b->type.base && a->type.digits == b->type.digits) continue;
        struct diag *m = diag_error(f->diags, input->keys[i]->span,
                                    "this key is %s, the one that it pairs with is %s",
                                    type_text(b->type, f->arena), type_text(a->type, f->arena));
        diag_related(f->diags, m, first->keys[i]->span, "here");
    }
}

static void front_filter(struct rule_front *r, const struct rule_input *input) {
    if (!input->where) return;
    struct place p = place_of(r, PLACE_KEY);
    p.stream = input->stream;
    p.variables = NULL;
    type_whole(r, &p, input->where);
    type_condition(&p, input->where, "what `where` says");
}

/* Each of `on`: its stream, once, its keys and what it leaves out. */
static void front_streams(struct rule_front *r) {
    const struct rule_decl *d = r->decl;
    struct rule_input *inputs = arena_array(r->f->arena, struct rule_input, d->ninputs);
    bool fine = true;
    for (uint32_t i = 0; i < d->ninputs; i++) {
        inputs[i].stream = find_stream(r->f, d->inputs[i].stream);
        inputs[i].keys = (const struct expr *const *)d->inputs[i].keys;
        inputs[i].nkeys = d->inputs[i].nkeys;
        fine &= inputs[i].stream != FRONT_NOTHING;
        for (uint32_t k = 0; k < i && fine; k++) {
            if (inputs[k].stream != inputs[i].stream) continue;
            struct diag *m = diag_error(r->f->diags, d->inputs[i].stream.span,
                                        "stream %.*s stands in `on` already",
                                        STR_FMT(d->inputs[i].stream.text));
            diag_related(r->f->diags, m, d->inputs[k].stream.span, "here");
            fine = false;
        }
        inputs[i].where = d->inputs[i].where;
        if (inputs[i].stream != FRONT_NOTHING) front_keys(r, &d->inputs[i], inputs[i].stream);
        if (inputs[i].stream != FRONT_NOTHING) front_filter(r, &inputs[i]);
        if (i && fine) pair_keys(r, &d->inputs[0], &d->inputs[i]);
    }
    r->model->stream = inputs[0].stream;
    r->model->keys = inputs[0].keys;
    r->model->nkeys = d->inputs[0].nkeys;
    r->model->inputs = inputs;
    r->model->ninputs = d->ninputs;
    r->model->bad |= !fine;
}

static void front_inputs(struct rule_front *r) {
    struct front *f = r->f;
    const struct rule_decl *d = r->decl;
    r->model->stream = FRONT_NOTHING;
    if (d->ninputs == 0) {
        struct diag *m = diag_error(f->diags, d->header,
                                    "rule %.*s does not say which stream it looks at",
                                    STR_FMT(d->name.text));
        if (f->set->nstreams)
            diag_help(f->diags, m, "on %.*s by …", STR_FMT(f->set->streams[0].name));
        return;
    }
    front_streams(r);
    if (r->model->stream == FRONT_NOTHING) return;
    if (!d->inputs[0].nkeys && d->ninputs == 1)
        diag_note(f->diags, d->inputs[0].span,
                   "without `by` all events of the stream have one key");
}

/* ---- the pattern and its conditions ---------------------------------------------------------- */

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
        if (!known && !among) find_stream(f, c->from); /* of those in `on` it has been told */
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
        struct place p = place_of(r, PLACE_CONDITION);
        p.variable = (uint16_t)i;
        p.stream = v->stream;
        type_whole(r, &p, v->expr);
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

static void front_pattern(struct rule_front *r) {
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

static void front_when(struct rule_front *r) {
    if (!r->decl->when || r->model->stream == FRONT_NOTHING) return;
    const char *what = r->model->every ? "what `when` says of a window" : "what `when` says";
    if (r->decl->pattern) {
        struct diag *m = diag_error(r->f->diags, r->decl->when_span,
                                    "a rule has a pattern or `when`, not both");
        diag_related(r->f->diags, m, r->decl->match_span, "the pattern is here");
        return;
    }
    struct place p = place_of(r, PLACE_WHEN);
    if (!r->model->every) p.stream = r->model->stream;
    if (r->decl->ninputs > 1 && !r->decl->when_on.text.n && !r->model->every) {
        front_when_any(&p, r->model);
        return;
    }
    type_whole(r, &p, r->decl->when);
    if (type_condition(&p, r->decl->when, what) && !r->model->every)
        check_condition(&p, r->decl->when);
}

/* The stream that `when on S` names. */
static void front_when_on(struct rule_front *r) {
    struct name on = r->decl->when_on;
    if (!on.text.n || r->model->stream == FRONT_NOTHING) return;
    const struct symbol *s = front_symbol(&r->f->streams, on);
    for (uint32_t i = 0; i < r->model->ninputs; i++) {
        if (!s || s->kind == SYMBOL_TABLE || r->model->inputs[i].stream != s->index) continue;
        r->model->stream = s->index;
        return;
    }
    struct diag *m = diag_error(r->f->diags, on.span, "stream %.*s is not in `on`",
                                STR_FMT(on.text));
    diag_related(r->f->diags, m, r->decl->on_span, "the rule looks at these");
}

/* A rule with `when` is a pattern of one name that takes one event. Nothing can look at it by that
 * name: it is made when all expressions have been typed. */
static void front_event(struct rule_front *r) {
    if (!r->decl->when || r->decl->pattern || r->model->when || r->model->every) return;
    struct arena *arena = r->f->arena;
    struct name name = {STR("event"), r->decl->when_span};
    struct pattern *p = arena_new(arena, struct pattern);
    *p = (struct pattern){.kind = PATTERN_NAME, .span = r->decl->when_span, .name = name,
                          .count = {.least = 1, .most = 1}, .within_ns = -1};
    p->link.most_ns = -1;
    r->model->pattern = p;
    r->model->variables = arena_array(arena, struct rule_variable, 1);
    r->model->nvariables = 1;
    r->model->variables[0] = (struct rule_variable){.name = name, .expr = r->decl->when,
                                                    .stream = r->model->stream, .taken = true};
}

/* ---- what the alert says --------------------------------------------------------------------- */

static void check_doubles(struct front *f, const struct named_expr *v, uint32_t n,
                          const char *what) {
    struct map seen;
    map_init(&seen, f->arena);
    for (uint32_t i = 0; i < n; i++) {
        const struct named_expr *before = map_put(&seen, v[i].name.text, (void *)(uintptr_t)&v[i]);
        if (!before) continue;
        struct diag *m = diag_error(f->diags, v[i].name.span, "%s `%.*s` is said twice", what,
                                    STR_FMT(v[i].name.text));
        diag_related(f->diags, m, before->name.span, "first here");
    }
}

static void front_emit(struct rule_front *r) {
    const struct rule_decl *d = r->decl;
    check_doubles(r->f, d->emit, d->nemit, "emit");
    if (r->model->stream == FRONT_NOTHING || (!d->pattern && !d->when)) return;
    for (uint32_t i = 0; i < d->nemit; i++) {
        bool taken = d->pattern || r->model->when;
        struct place p = place_of(r, taken ? PLACE_EMIT : PLACE_WHEN);
        p.keys_only = r->model->when != NULL;
        if (taken) p.single = r->single;
        else if (!r->model->every) p.stream = r->model->stream;
        type_whole(r, &p, d->emit[i].expr);
    }
}

/* Of the completed match, like what is emitted: no event is tested any more. */
static void front_having(struct rule_front *r) {
    const struct expr *having = r->decl->having;
    if (!having || r->model->stream == FRONT_NOTHING) return;
    if (!r->decl->pattern) {
        struct diag *m = diag_error(r->f->diags, having->span,
                                    "`having` tests the match of a pattern: there is none");
        if (r->decl->when) diag_help(r->f->diags, m, "join it to `when` with `and`");
        return;
    }
    struct place p = place_of(r, PLACE_EMIT);
    p.single = r->single;
    type_whole(r, &p, having);
    type_condition(&p, having, "what `having` says");
}

static void error_no_window(struct rule_front *r) {
    const struct rule_decl *d = r->decl;
    struct diag *m = diag_error(r->f->diags, d->timeout_span,
                                "`timeout emit` tells what the end of a window cut off: this %s",
                                d->pattern ? "pattern has no window" : "rule has no pattern");
    if (d->pattern) diag_help(r->f->diags, m, "close the pattern with `within`");
}

static void front_timeout(struct rule_front *r) {
    const struct rule_decl *d = r->decl;
    if (d->timeout_span.start == d->timeout_span.end) return;
    check_doubles(r->f, d->timeout_emit, d->ntimeout_emit, "timeout emit");
    if (r->model->stream == FRONT_NOTHING) return;
    if (!d->pattern || d->pattern->within_ns < 0) {
        error_no_window(r);
        return;
    }
    for (uint32_t i = 0; i < d->ntimeout_emit; i++) {
        struct place p = place_of(r, PLACE_EMIT);
        p.single = r->single;
        p.timeout = true;
        type_whole(r, &p, d->timeout_emit[i].expr);
    }
}

static void front_meta(struct rule_front *r) {
    const struct rule_decl *d = r->decl;
    check_doubles(r->f, d->meta, d->nmeta, "meta");
    for (uint32_t i = 0; i < d->nmeta; i++) {
        struct place p = {.front = r->f, .kind = PLACE_CONSTANT, .variable = FRONT_NOTHING,
                          .stream = FRONT_NOTHING, .single = FRONT_NOTHING};
        type_whole(r, &p, d->meta[i].expr);
        const struct typed *t = typed_of(r->f->set, d->meta[i].expr);
        if (!t->bad && !t->constant)
            diag_error(r->f->diags, d->meta[i].expr->span, "what `meta` says is constant");
    }
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void front_rule(struct front *f, const struct rule_decl *decl, struct rule_model *model) {
    uint32_t errors = f->diags->errors;
    *model = (struct rule_model){
        .decl = decl, .pattern = decl->pattern, .certain = FRONT_NOTHING};
    if (decl->every.kind != EVERY_NONE && !decl->pattern) model->every = &decl->every;
    struct rule_front r = {.f = f, .model = model, .decl = decl, .single = FRONT_NOTHING};
    map_init(&r.variables, f->arena);
    front_inputs(&r);
    front_pattern(&r);
    front_when_on(&r);
    front_when(&r);
    front_having(&r);
    front_emit(&r);
    front_event(&r);
    front_timeout(&r);
    front_meta(&r);
    chains_fields(f, model);
    if (model->pattern || (model->every && decl->when)) {
        struct place p = place_of(&r, model->every ? PLACE_WHEN : PLACE_EMIT);
        p.single = r.single;
        p.keys_only = model->when != NULL;
        front_alert(f, model, &p);
        if (model->stream != FRONT_NOTHING) front_resolve(f, model, &p);
    }
    front_every(f, model);
    model->bad |= f->diags->errors != errors;
    if (decl->pattern && !model->bad) {
        struct place p = place_of(&r, PLACE_CONDITION);
        front_streaks(&p, model);
        model->bad |= f->diags->errors != errors;
    }
    if (decl->pattern && (model->bad || decl->mode == MODE_OFF)) {
        /* Its automaton is not made later: what is wrong with the pattern is told now. */
        struct nfa nfa;
        nfa_build(f->arena, decl->pattern, f->diags, &nfa);
    }
}

/* Names that mean nothing. */
void test_names(struct front *f, const struct test_decl *test) {
    const struct symbol *s = front_symbol(&f->streams, test->rule);
    if (!s || s->kind != SYMBOL_RULE) {
        struct diag *m = diag_error(f->diags, test->rule.span, "there is no rule `%.*s`",
                                    STR_FMT(test->rule.text));
        help_streams(f, m, test->rule.text, true);
    }
    for (uint32_t i = 0; i < test->nsteps; i++) {
        const struct test_step *step = &test->steps[i];
        if (step->kind != TEST_EVENT) continue;
        s = front_symbol(&f->streams, step->name);
        uint16_t stream = s && s->bad ? FRONT_NOTHING : find_stream(f, step->name);
        for (uint32_t k = 0; stream != FRONT_NOTHING && k < step->nfields; k++) {
            struct name name = step->fields[k].name;
            if (map_get(&f->fields[stream], name.text)) continue;
            struct diag *m = diag_error(f->diags, name.span,
                                        "there is no field `%.*s` in %s", STR_FMT(name.text),
                                        chains_text(f, stream));
            struct str names[SCHEMA_MAX_FIELDS];
            const struct schema *schema = &f->set->streams[stream];
            for (uint32_t j = 0; j < schema->nfields; j++) names[j] = schema->fields[j].name;
            front_nearest(f, m, name.text, names, schema->nfields);
            chains_help(f, m, stream);
        }
    }
}

/* Rules that are off have been looked at, and are left out. */
static void leave_out(struct rule_set *set, const struct rule_decl *const *decls, uint32_t n,
                      uint32_t *order) {
    uint32_t *number = arena_array(set->arena, uint32_t, n + 1), norder = 0;
    for (uint32_t i = 0; i < n; i++) {
        number[i] = set->nrules;
        if (decls[i]->mode != MODE_OFF) set->rules[set->nrules++] = set->rules[i];
    }
    for (uint32_t i = 0; i < n; i++)
        if (decls[order[i]]->mode != MODE_OFF) order[norder++] = number[order[i]];
    set->order = order;
    for (uint32_t i = 0; i < set->nfeeds; i++) set->feeds[i].rule = number[set->feeds[i].rule];
}

static void front_rules(struct front *f) {
    const struct rule_decl **decls = NULL;
    uint32_t n = 0, cap = 0;
    for (uint32_t i = 0; i < f->tree->nfiles; i++) {
        const struct tree_file *file = &f->tree->files[i];
        for (uint32_t k = 0; k < file->ndecls; k++)
            if (file->decls[k].kind == DECL_RULE)
                arena_push(f->arena, decls, n, cap, file->decls[k].rule);
    }
    f->set->rules = arena_array(f->arena, struct rule_model, n + 1);
    uint32_t *order = chains_order(f, decls, n);
    for (uint32_t i = 0; i < n; i++) front_rule(f, decls[order[i]], &f->set->rules[order[i]]);
    leave_out(f->set, decls, n, order);
}

/* After all rules: a test compares what its rule emits. */
static void front_tests(struct front *f, const struct tree_file *file) {
    for (uint32_t i = 0; i < file->ndecls; i++) {
        if (file->decls[i].kind != DECL_TEST) continue;
        test_names(f, file->decls[i].test);
        test_type(f, file->decls[i].test);
    }
}

struct rule_set *rules_front(struct tree *tree, const struct param_value *params, uint32_t nparams,
                             struct diags *diags) {
    struct arena *arena = tree->arena;
    struct rule_set *set = arena_new(arena, struct rule_set);
    struct front f = {.set = set, .tree = tree, .diags = diags, .arena = arena, .params = params,
                      .nparams = nparams};
    set->arena = arena;
    set->tree = tree;
    set->diags = diags;
    map_init(&f.streams, arena);
    map_init(&f.values, arena);
    names_declare(&f);
    front_excepts(&f);
    front_rules(&f);
    for (uint32_t i = 0; i < tree->nfiles; i++) front_tests(&f, &tree->files[i]);
    set->ntyped = f.typed_cap < tree->nexprs ? f.typed_cap : tree->nexprs;
    return set;
}
