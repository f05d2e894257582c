/* front: the driver: tree → typed rule set, rule by rule. See typed.h for what comes out, front.h
 * for the parts.
 *
 *   declarations (names.c, values.c) ─→ each rule: streams and keys (front_inputs.c) · names of
 *                                       the pattern, conditions (front_pattern.c) · having ·
 *                                       emit · the rest
 *
 * A rule is bad when anything was said about it. All rules are looked at, whatever happens in
 * others, so that one run shows all errors.
 * Tests: tests/cases/check
 */
#include "rules/front_rule.h"

#include "rules/nfa.h"

struct place front_place(const struct rule_front *r, enum place_kind kind) {
    return (struct place){.front = r->f, .kind = kind, .rule = r->model, .variables = &r->variables,
                          .order = r->order, .variable = FRONT_NOTHING, .stream = FRONT_NOTHING,
                          .single = FRONT_NOTHING, .tested = FRONT_NOTHING};
}

void front_whole(struct rule_front *r, struct place *p, const struct expr *e) {
    type_expr(p, e);
    if (typed_of(r->f->set, e)->bad) r->model->bad = true;
}

/* ---- conditions without a pattern ---------------------------------------------------------- */

static void front_when(struct rule_front *r) {
    if (!r->decl->when || r->model->stream == FRONT_NOTHING) return;
    const char *what = r->model->every ? "what `when` says of a window" : "what `when` says";
    if (r->decl->pattern) {
        struct diag *m = diag_error(r->f->diags, r->decl->when_span,
                                    "a rule has a pattern or `when`, not both");
        diag_related(r->f->diags, m, r->decl->match_span, "the pattern is here");
        return;
    }
    struct place p = front_place(r, PLACE_WHEN);
    if (!r->model->every) p.stream = r->model->stream;
    if (r->decl->ninputs > 1 && !r->decl->when_on.text.n && !r->model->every) {
        front_when_any(&p, r->model);
        return;
    }
    front_whole(r, &p, r->decl->when);
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
        struct place p = front_place(r, taken ? PLACE_EMIT : PLACE_WHEN);
        p.keys_only = r->model->when != NULL;
        if (taken) p.single = r->single;
        else if (!r->model->every) p.stream = r->model->stream;
        front_whole(r, &p, d->emit[i].expr);
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
    struct place p = front_place(r, PLACE_EMIT);
    p.single = r->single;
    front_whole(r, &p, having);
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
        struct place p = front_place(r, PLACE_EMIT);
        p.single = r->single;
        p.timeout = true;
        front_whole(r, &p, d->timeout_emit[i].expr);
    }
}

static void front_meta(struct rule_front *r) {
    const struct rule_decl *d = r->decl;
    check_doubles(r->f, d->meta, d->nmeta, "meta");
    for (uint32_t i = 0; i < d->nmeta; i++) {
        struct place p = {.front = r->f, .kind = PLACE_CONSTANT, .variable = FRONT_NOTHING,
                          .stream = FRONT_NOTHING, .single = FRONT_NOTHING};
        front_whole(r, &p, d->meta[i].expr);
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
        struct place p = front_place(&r, model->every ? PLACE_WHEN : PLACE_EMIT);
        p.single = r.single;
        p.keys_only = model->when != NULL;
        front_alert(f, model, &p);
        if (model->stream != FRONT_NOTHING) front_resolve(f, model, &p);
    }
    front_every(f, model);
    model->bad |= f->diags->errors != errors;
    if (decl->pattern && !model->bad) {
        struct place p = front_place(&r, PLACE_CONDITION);
        front_streaks(&p, model);
        model->bad |= f->diags->errors != errors;
    }
    if (decl->pattern && (model->bad || decl->mode == MODE_OFF)) {
        /* Its automaton is not made later: what is wrong with the pattern is told now. */
        struct nfa nfa;
        nfa_build(f->arena, decl->pattern, f->diags, &nfa);
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
