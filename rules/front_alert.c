/* front_alert: what a rule asks about its matches before an alert is sent, and what the alert says
 * beside `emit`:
 *
 *   severity if(…, "critical", "high")   a text; those that can be seen are looked at
 *   score    EXPR                        a number
 *   once     per D by EXPR               any value but one that is always the same
 *   except   NAME: COND                  of the rule, then of `except for` in any file
 *   attach   a, b                        names that take events
 *
 * All are typed as emits are: they look at what was taken. Tests: tests/cases/check/alerts.case
 */
#include "rules/front.h"

static const struct str levels[] = {{"low", 3}, {"medium", 6}, {"high", 4}, {"critical", 8}};
enum { LEVELS = sizeof levels / sizeof *levels };

static bool is_level(struct str s) {
    for (size_t i = 0; i < LEVELS; i++)
        if (str_equal_nocase(s, levels[i])) return true;
    return false;
}

/* Types a whole expression; false after a message, here or at a declaration. */
static bool type_whole(const struct place *emit, struct rule_model *model, const struct expr *e) {
    struct place p = *emit;
    type_expr(&p, e);
    if (!typed_in(&p, e)->bad) return true;
    model->bad = true;
    return false;
}

/* ---- severity, score ------------------------------------------------------------------------- */

/* The texts that an expression can give, as far as they are written there. */
static void check_levels(struct place *p, const struct expr *e, unsigned depth) {
    const struct typed *t = typed_in(p, e);
    e = typed_expr(p->front->set, e);
    if (t->bad || depth > 100) return;
    if (t->constant) {
        if (t->value.type != VALUE_STRING || is_level(t->value.s)) return;
        struct diag *m = place_error(p, e->span, "severity is low, medium, high or critical");
        front_nearest(p->front, m, t->value.s, levels, LEVELS);
    } else if (t->binding == BIND_FUNCTION && t->function == FUNCTION_IF) {
        check_levels(p, e->args[1], depth + 1);
        check_levels(p, e->args[2], depth + 1);
    } else if (e->kind == EXPR_BINARY && e->op == OP_COALESCE) {
        check_levels(p, e->args[0], depth + 1);
        check_levels(p, e->args[1], depth + 1);
    }
}

static void front_severity(struct front *f, struct rule_model *model, const struct place *emit) {
    const struct expr *e = model->decl->severity;
    if (!e || e->kind == EXPR_ERROR) return;
    if (e->kind == EXPR_NAME) {
        if (is_level(e->name.text)) return;
        if (!front_symbol(&f->values, e->name)) {
            struct diag *m = diag_error(f->diags, e->span,
                                        "severity is low, medium, high or critical");
            front_nearest(f, m, e->name.text, levels, LEVELS);
            return;
        }
    }
    model->severity = e;
    if (!type_whole(emit, model, e)) return;
    struct place p = *emit;
    if (typed_in(&p, e)->type.base == VALUE_STRING) {
        check_levels(&p, e, 0);
        return;
    }
    struct diag *m = place_error(&p, e->span, "severity is a text, but `%s` is %s",
                                 place_text(&p, e), place_type(&p, e));
    diag_help(f->diags, m, "one of low, medium, high and critical, or computed: "
                           "if(CONDITION, \"critical\", \"high\")");
}

static void front_score(struct rule_model *model, const struct place *emit) {
    const struct expr *e = model->decl->score;
    if (!e || e->kind == EXPR_ERROR || !type_whole(emit, model, e)) return;
    struct place p = *emit;
    struct type type = typed_in(&p, e)->type;
    if (type_is_number(type)) return;
    struct diag *m = place_error(&p, e->span, "a score is a number, but `%s` is %s",
                                 place_text(&p, e), place_type(&p, e));
    if (type.base == VALUE_BOOL)
        diag_help(p.front->diags, m, "say how much it is worth: if(%s, 1, 0)", place_text(&p, e));
}

/* ---- once per -------------------------------------------------------------------------------- */

static void front_once(struct rule_model *model, const struct place *emit) {
    const struct once_clause *once = &model->decl->once;
    if (!once->by || once->by->kind == EXPR_ERROR || !type_whole(emit, model, once->by)) return;
    struct place p = *emit;
    if (!typed_in(&p, once->by)->constant) return;
    struct diag *m = place_error(&p, once->by->span, "this is the same for every alert");
    diag_help(p.front->diags, m, "without `by` there is one alert for the key in that time");
}

/* ---- except ---------------------------------------------------------------------------------- */

struct except_list { /* `except for` one rule */
    const struct except_clause **v;
    uint32_t n, cap;
};

static void help_rules(struct front *f, struct diag *m, struct str name) {
    struct str *names = NULL;
    uint32_t n = 0, cap = 0;
    if (f->diags->n >= DIAG_MAX) return;
    for (uint32_t i = 0; i < f->streams.n; i++) {
        const struct symbol *s = f->streams.entries[i].value;
        if (s->kind == SYMBOL_RULE) arena_push(f->arena, names, n, cap, s->name.text);
    }
    front_nearest(f, m, name, names, n);
}

static void gather(struct front *f, const struct except_for *e) {
    const struct symbol *s = front_symbol(&f->streams, e->rule);
    if (e->rule.text.n == 0) return; /* did not parse */
    if (!s || s->kind != SYMBOL_RULE) {
        struct diag *m = diag_error(f->diags, e->rule.span, "there is no rule `%.*s`",
                                    STR_FMT(e->rule.text));
        help_rules(f, m, e->rule.text);
        return;
    }
    struct except_list *list = map_get(&f->excepts, e->rule.text);
    if (!list) {
        list = arena_new(f->arena, struct except_list);
        map_put(&f->excepts, e->rule.text, list);
    }
    arena_push(f->arena, list->v, list->n, list->cap, &e->clause);
}

void front_excepts(struct front *f) {
    map_init(&f->excepts, f->arena);
    for (uint32_t i = 0; i < f->tree->nfiles; i++) {
        const struct tree_file *file = &f->tree->files[i];
        for (uint32_t k = 0; k < file->ndecls; k++)
            if (file->decls[k].kind == DECL_EXCEPT) gather(f, file->decls[k].except);
    }
}

static void front_except(struct rule_model *model, const struct place *emit, struct map *seen,
                         const struct except_clause *x) {
    struct front *f = emit->front;
    const struct except_clause *before =
        x->name.text.n ? map_put(seen, x->name.text, (void *)(uintptr_t)x) : NULL;
    if (before) {
        struct diag *m = diag_error(f->diags, x->name.span, "the exception `%.*s` is said twice",
                                    STR_FMT(x->name.text));
        diag_related(f->diags, m, before->name.span, "first here");
        diag_help(f->diags, m, "give this one a name of its own: they are counted by name");
    }
    if (!x->cond || x->cond->kind == EXPR_ERROR || !type_whole(emit, model, x->cond)) return;
    struct place p = *emit;
    if (!type_condition(&p, x->cond, "an exception")) return;
    if (!typed_in(&p, x->cond)->constant) return;
    if (fold_is(&p, x->cond, true))
        place_warning(&p, x->cond->span, "this exception always holds");
    else
        place_error(&p, x->cond->span, "this exception never holds");
}

static void front_all_excepts(struct front *f, struct rule_model *model, const struct place *emit) {
    const struct rule_decl *d = model->decl;
    const struct except_list *more = map_get(&f->excepts, d->name.text);
    const struct except_clause **all = NULL;
    uint32_t n = 0, cap = 0;
    struct map seen;
    map_init(&seen, f->arena);
    for (uint32_t i = 0; i < d->nexcepts; i++)
        arena_push(f->arena, all, n, cap, &d->excepts[i]);
    for (uint32_t i = 0; more && i < more->n; i++) arena_push(f->arena, all, n, cap, more->v[i]);
    for (uint32_t i = 0; i < n; i++) front_except(model, emit, &seen, all[i]);
    model->excepts = all;
    model->nexcepts = n;
}

/* ---- attach ---------------------------------------------------------------------------------- */

static bool attached_before(struct front *f, const struct rule_decl *d, uint32_t i) {
    for (uint32_t k = 0; k < i; k++) {
        if (!str_equal(d->attach[k].text, d->attach[i].text)) continue;
        struct diag *m = diag_error(f->diags, d->attach[i].span, "`%.*s` is attached twice",
                                    STR_FMT(d->attach[i].text));
        diag_related(f->diags, m, d->attach[k].span, "first here");
        return true;
    }
    return false;
}

static void error_no_name(struct front *f, const struct rule_model *model, struct name name) {
    struct diag *m = diag_error(f->diags, name.span, "there is no name `%.*s` in the pattern",
                                STR_FMT(name.text));
    struct str *names = NULL;
    uint32_t n = 0, cap = 0;
    for (uint32_t i = 0; i < model->nvariables && f->diags->n < DIAG_MAX; i++)
        arena_push(f->arena, names, n, cap, model->variables[i].name.text);
    front_nearest(f, m, name.text, names, n);
}

static void front_attach(struct front *f, struct rule_model *model, const struct place *emit) {
    const struct rule_decl *d = model->decl;
    if (model->every) return; /* refused: a window keeps no events */
    uint16_t *all = arena_array(f->arena, uint16_t, d->nattach + 1);
    for (uint32_t i = 0; i < d->nattach; i++) {
        uint16_t v = place_variable(emit, d->attach[i].text);
        if (d->attach[i].text.n == 0 || attached_before(f, d, i)) continue;
        if (v == FRONT_NOTHING) {
            error_no_name(f, model, d->attach[i]);
        } else if (!model->variables[v].taken) {
            struct diag *m = diag_error(f->diags, d->attach[i].span, "`%.*s` takes no event: it "
                                        "stands only after `no` or `until`",
                                        STR_FMT(d->attach[i].text));
            diag_related(f->diags, m, model->variables[v].name.span, "here");
        } else if (model->variables[v].stream != FRONT_NOTHING) {
            all[model->nattach++] = v;
        }
    }
    model->attach = all;
}

void front_alert(struct front *f, struct rule_model *model, const struct place *emit) {
    front_attach(f, model, emit);
    if (model->stream == FRONT_NOTHING) return;
    front_severity(f, model, emit);
    front_score(model, emit);
    front_once(model, emit);
    front_all_excepts(f, model, emit);
}
