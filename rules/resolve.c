/* resolve: what a name means at the place where it stands. The nearest meaning wins:
 *
 *   speed         the element of any() · a field of the event tested · a let, param or list
 *   a.speed       a field of the event that `a` took last; within sum(…) and the like of each
 *   telemetry.speed   a field of the event tested, with its stream said
 *
 * In `emit` there is no event tested: a bare field is an error, but where it is a field of the key,
 * or where the pattern is one name that takes one event. Every name that means nothing gets the
 * nearest one that would.
 * Tests: tests/cases/check/names.case
 */
#include "rules/front.h"

struct symbol *front_symbol(const struct map *map, struct name name) {
    return map_get(map, name.text);
}

uint16_t place_variable(const struct place *p, struct str name) {
    uintptr_t found = p->variables ? (uintptr_t)map_get(p->variables, name) : 0;
    return found ? (uint16_t)(found - 1) : FRONT_NOTHING;
}

static uint16_t find_field(struct front *f, uint16_t stream, struct str name) {
    if (stream == FRONT_NOTHING) return FRONT_NOTHING;
    uintptr_t found = (uintptr_t)map_get(&f->fields[stream], name);
    return found ? (uint16_t)(found - 1) : FRONT_NOTHING;
}

static void set_bad(struct place *p, const struct expr *e) { front_typed(p->front, e)->bad = true; }

static void bind_field(struct place *p, const struct expr *e, uint16_t stream, uint16_t field) {
    struct typed *t = front_typed(p->front, e);
    *t = (struct typed){.level = LEVEL_EVENT, .binding = BIND_FIELD, .field = field};
    t->type = type_of_field(&p->front->set->streams[stream].fields[field]);
}

static void bind_taken(struct place *p, const struct expr *e, uint16_t variable, uint16_t field) {
    uint16_t stream = p->rule->variables[variable].stream;
    bind_field(p, e, stream, field);
    struct typed *t = front_typed(p->front, e);
    t->level = LEVEL_RUN;
    t->binding = BIND_TAKEN;
    t->variable = variable;
}

/* ---- names that mean nothing ----------------------------------------------------------------- */

struct candidates {
    struct str *v;
    uint32_t n, cap;
};

static void add_map(struct front *f, struct candidates *c, const struct map *map) {
    for (uint32_t i = 0; map && i < map->n; i++)
        arena_push(f->arena, c->v, c->n, c->cap, map->entries[i].key);
}

static void help_nearest(struct place *p, struct diag *m, struct str name, bool fields,
                         bool variables, bool values) {
    struct front *f = p->front;
    if (f->diags->n >= DIAG_MAX) return; /* it is not shown */
    struct candidates c = {0};
    for (const struct element *el = p->elements; el; el = el->outer)
        arena_push(f->arena, c.v, c.n, c.cap, el->name.text);
    if ((p->over || p->kind == PLACE_EMIT) && p->rule && p->rule->stream != FRONT_NOTHING)
        add_map(f, &c, &f->fields[p->rule->stream]);
    if (fields && p->stream != FRONT_NOTHING) add_map(f, &c, &f->fields[p->stream]);
    if (variables) add_map(f, &c, p->variables);
    if (values) add_map(f, &c, &f->values);
    front_nearest(f, m, name, c.v, c.n);
}

static void error_no_field(struct place *p, const struct expr *e, uint16_t stream) {
    struct front *f = p->front;
    struct diag *m = place_error(p, e->name.span, "there is no field `%.*s` in %s",
                                 STR_FMT(e->name.text), chains_text(f, stream));
    struct candidates c = {0};
    if (f->diags->n < DIAG_MAX) add_map(f, &c, &f->fields[stream]);
    front_nearest(f, m, e->name.text, c.v, c.n);
    chains_help(f, m, stream);
    set_bad(p, e);
}

static void error_unknown(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    struct str name = e->name.text;
    set_bad(p, e);
    struct symbol *s = front_symbol(&f->streams, e->name);
    if (s && s->kind == SYMBOL_TABLE) {
        if (!s->bad) notyet_error(f->diags, e->span, NOTYET_TABLE);
        return;
    }
    struct diag *m;
    if (s) {
        m = place_error(p, e->span, "`%.*s` is a %s, not a value", STR_FMT(name),
                        s->kind == SYMBOL_RULE ? "rule" : "stream");
        return;
    }
    if (p->over || p->stream == FRONT_NOTHING) {
        m = place_error(p, e->span, "there is no name `%.*s` here", STR_FMT(name));
        if (p->kind == PLACE_CONSTANT) diag_help(f->diags, m, "only constants can stand here");
    } else {
        m = place_error(p, e->span, "there is no field `%.*s` in %s", STR_FMT(name),
                        chains_text(f, p->stream));
    }
    if (call_is_builtin(name))
        diag_help(f->diags, m, "the function is called with parentheses: %.*s(…)", STR_FMT(name));
    else
        help_nearest(p, m, name, !p->over, true, true);
    if (!p->over && p->stream != FRONT_NOTHING) chains_help(f, m, p->stream);
}

/* ---- bare names ------------------------------------------------------------------------------ */

static bool resolve_element(struct place *p, const struct expr *e) {
    for (const struct element *el = p->elements; el; el = el->outer) {
        if (!str_equal(el->name.text, e->name.text)) continue;
        *front_typed(p->front, e) =
            (struct typed){.type = el->type, .level = el->level, .binding = BIND_ELEMENT};
        return true;
    }
    return false;
}

static bool is_key(const struct place *p, uint16_t field) {
    const struct rule_set *set = p->front->set;
    for (uint32_t i = 0; i < p->rule->nkeys; i++) {
        const struct typed *t = typed_of(set, p->rule->keys[i]);
        if (!t->bad && t->binding == BIND_FIELD && t->field == field) return true;
    }
    return false;
}

/* A field of the key is the same in all events of a match: that of a name which always takes one,
 * or else of any that did: a.card ?? b.card ?? … */
static bool resolve_key(struct place *p, const struct expr *e, uint16_t field) {
    struct front *f = p->front;
    const struct rule_model *rule = p->rule;
    if (p->over || p->inside != INSIDE_NOTHING || rule->ninputs > 1) return false;
    if (!is_key(p, field)) return false;
    if (rule->certain != FRONT_NOTHING) {
        bind_taken(p, e, rule->certain, field);
        return true;
    }
    struct expr *all = NULL;
    for (uint32_t i = 0; i < rule->nvariables; i++) {
        const struct rule_variable *v = &rule->variables[i];
        if (!v->taken || v->stream != rule->stream) continue;
        struct expr *one = tree_expr(f->tree, EXPR_FIELD, e->span);
        one->name = e->name;
        one->args = arena_array(f->arena, struct expr *, 1);
        one->nargs = 1;
        one->args[0] = tree_expr(f->tree, EXPR_NAME, e->span);
        one->args[0]->name = (struct name){v->name.text, e->span};
        if (all) {
            struct expr *both = tree_expr(f->tree, EXPR_BINARY, e->span);
            both->op = OP_COALESCE;
            both->op_span = e->span;
            both->args = arena_array(f->arena, struct expr *, 2);
            both->nargs = 2;
            both->args[0] = all;
            both->args[1] = one;
            one = both;
        }
        all = one;
    }
    if (!all) return false;
    type_expr(p, all);
    front_typed(f, e)->replaced = all;
    return true;
}

/* A bare field where no event is tested: in emit, or within an aggregate. */
static bool resolve_unqualified(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    if (!p->rule || (p->kind != PLACE_EMIT && !p->over)) return false;
    uint16_t variable = FRONT_NOTHING, field = FRONT_NOTHING;
    if (p->over && *p->over != FRONT_NOTHING) variable = *p->over;
    for (uint32_t i = 0; variable == FRONT_NOTHING && i < p->rule->nvariables; i++)
        if (p->rule->variables[i].taken) variable = (uint16_t)i;
    if (variable == FRONT_NOTHING) return false;
    field = find_field(f, p->rule->variables[variable].stream, e->name.text);
    if (field == FRONT_NOTHING) return false;
    if (!p->over && p->single != FRONT_NOTHING) {
        bind_taken(p, e, p->single, field);
        return true;
    }
    /* A let or param of that name is what was meant. */
    if (front_symbol(&f->values, e->name)) return false;
    if (resolve_key(p, e, field)) return true;
    struct str name = p->rule->variables[variable].name.text;
    struct diag *m = place_error(p, e->span, "`%.*s` of which event?", STR_FMT(e->name.text));
    diag_help(f->diags, m, "write %.*s.%.*s", STR_FMT(name), STR_FMT(e->name.text));
    set_bad(p, e);
    return true;
}

static void resolve_value(struct place *p, const struct expr *e, struct symbol *s) {
    struct front *f = p->front;
    value_need(f, s);
    if (s->bad) {
        set_bad(p, e);
    } else if (s->kind == SYMBOL_LET && s->let->function) {
        struct diag *m = place_error(p, e->span, "`%.*s` takes arguments", STR_FMT(e->name.text));
        diag_help(f->diags, m, "write %.*s(…)", STR_FMT(e->name.text));
        diag_related(f->diags, m, s->name.span, "it is defined here");
        set_bad(p, e);
    } else if (s->kind == SYMBOL_LET) {
        let_expand(p, e, s);
    } else if (s->value) {
        /* A constant of its own: numbers of a list become what they are compared with. */
        struct typed t = *typed_of(f->set, s->value);
        t.binding = BIND_NONE;
        t.replaced = NULL;
        *front_typed(f, e) = t;
    } else {
        set_bad(p, e);
    }
}

static const char *value_kind(const struct symbol *s) {
    return s->kind == SYMBOL_LET ? "let" : s->kind == SYMBOL_PARAM ? "param" : "list";
}

void resolve_name(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    struct symbol *value = front_symbol(&f->values, e->name);
    if (resolve_element(p, e)) return;
    uint16_t field = p->over ? FRONT_NOTHING : find_field(f, p->stream, e->name.text);
    if (field != FRONT_NOTHING) {
        bind_field(p, e, p->stream, field);
        if (!value) return;
        struct diag *m = place_warning(p, e->span, "`%.*s` is the field here, not the %s",
                                       STR_FMT(e->name.text), value_kind(value));
        diag_related(f->diags, m, value->name.span, "of the same name");
        return;
    }
    if (resolve_unqualified(p, e)) return;
    if (value) {
        resolve_value(p, e, value);
        return;
    }
    uint16_t variable = place_variable(p, e->name.text);
    if (variable == FRONT_NOTHING) {
        error_unknown(p, e);
        return;
    }
    struct diag *m = place_error(p, e->span, "`%.*s` is a name of the pattern, not a value",
                                 STR_FMT(e->name.text));
    diag_help(f->diags, m, "its fields are %.*s.field, how many it took is count(%.*s)",
              STR_FMT(e->name.text), STR_FMT(e->name.text));
    set_bad(p, e);
}

/* ---- a.b ------------------------------------------------------------------------------------- */

bool resolve_taken_before(struct place *p, const struct expr *e, uint16_t variable) {
    struct front *f = p->front;
    const struct rule_variable *v = &p->rule->variables[variable];
    struct str name = v->name.text;
    struct diag *m;
    if (!v->taken) {
        m = place_error(p, e->span, "`%.*s` takes no event: it stands only after `no` or `until`",
                        STR_FMT(name));
        diag_related(f->diags, m, v->name.span, "here");
        return false;
    }
    if (p->kind != PLACE_CONDITION || order_may_precede(p->order, variable, p->variable))
        return true;
    if (variable == p->variable) {
        m = place_error(p, e->span, "`%.*s` takes one event, and has taken none while it is tested",
                        STR_FMT(name));
        if (e->kind == EXPR_FIELD)
            diag_help(f->diags, m, "the tested event's field is %.*s, the key's event before "
                                   "it is prev(%.*s)",
                      STR_FMT(e->name.text), STR_FMT(e->name.text));
        return false;
    }
    struct str tested = p->rule->variables[p->variable].name.text;
    m = place_error(p, e->span, "`%.*s` cannot have been taken when `%.*s` is tested",
                    STR_FMT(name), STR_FMT(tested));
    if (order_may_precede(p->order, p->variable, variable))
        diag_help(f->diags, m, "`%.*s` comes later: put the comparison into its condition",
                  STR_FMT(name));
    else
        diag_help(f->diags, m, "they are alternatives: a match has one of them");
    return false;
}

/* Fields of the one name that the aggregate around is about. */
static void resolve_in_aggregate(struct place *p, const struct expr *e, uint16_t variable) {
    struct front *f = p->front;
    if (*p->over == FRONT_NOTHING) {
        if (!resolve_taken_before(p, e, variable)) {
            set_bad(p, e);
            return;
        }
        *p->over = variable;
    }
    if (*p->over != variable) {
        struct str one = p->rule->variables[*p->over].name.text;
        struct str other = p->rule->variables[variable].name.text;
        struct diag *m = place_error(p, e->span, "%s looks at the events of one name, here of both "
                                                 "`%.*s` and `%.*s`",
                                     p->inside_name, STR_FMT(one), STR_FMT(other));
        diag_help(f->diags, m, "compare outside: … > max(%.*s.…)", STR_FMT(one));
        set_bad(p, e);
        return;
    }
    uint16_t stream = p->rule->variables[variable].stream;
    uint16_t field = find_field(f, stream, e->name.text);
    if (field == FRONT_NOTHING) error_no_field(p, e, stream);
    else bind_field(p, e, stream, field);
}

static void resolve_of_variable(struct place *p, const struct expr *e, uint16_t variable) {
    struct front *f = p->front;
    const struct rule_variable *v = &p->rule->variables[variable];
    if (v->stream == FRONT_NOTHING) {
        set_bad(p, e);
    } else if (p->over) {
        resolve_in_aggregate(p, e, variable);
    } else if (p->inside != INSIDE_NOTHING) {
        struct diag *m = place_error(p, e->span, "%s looks at the key's events, not at those of "
                                                 "`%.*s`",
                                     p->inside_name, STR_FMT(v->name.text));
        diag_help(f->diags, m, "write %s(%.*s)", p->inside_name, STR_FMT(e->name.text));
        set_bad(p, e);
    } else if (!resolve_taken_before(p, e, variable)) {
        set_bad(p, e);
    } else {
        uint16_t field = find_field(f, v->stream, e->name.text);
        if (field == FRONT_NOTHING) error_no_field(p, e, v->stream);
        else bind_taken(p, e, variable, field);
    }
}

static void resolve_of_stream(struct place *p, const struct expr *e, const struct symbol *s) {
    struct front *f = p->front;
    set_bad(p, e);
    if (s->bad) return;
    if (s->kind == SYMBOL_TABLE) {
        notyet_error(f->diags, e->span, NOTYET_TABLE);
        return;
    }
    if (s->index == p->stream && p->stream != FRONT_NOTHING && !p->over) {
        uint16_t field = find_field(f, p->stream, e->name.text);
        if (field == FRONT_NOTHING) error_no_field(p, e, p->stream);
        else bind_field(p, e, p->stream, field);
        return;
    }
    struct diag *m = place_error(p, e->span, "no event of `%.*s` is looked at here",
                                 STR_FMT(s->name.text));
    if (p->rule && p->rule->nvariables)
        diag_help(f->diags, m, "events are named in the pattern: %.*s.%.*s",
                  STR_FMT(p->rule->variables[0].name.text), STR_FMT(e->name.text));
}

static void error_no_parts(struct place *p, const struct expr *e) {
    const struct expr *of = e->args[0];
    type_expr(p, of);
    if (!typed_in(p, of)->bad)
        place_error(p, e->span, "`%s` is %s, which has no fields", place_text(p, of),
                    place_type(p, of));
    set_bad(p, e);
}

void resolve_member(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    const struct expr *of = e->args[0];
    front_typed(f, of);
    if (of->kind != EXPR_NAME) {
        error_no_parts(p, e);
        return;
    }
    uint16_t variable = place_variable(p, of->name.text);
    struct symbol *s = front_symbol(&f->streams, of->name);
    if (variable != FRONT_NOTHING) {
        resolve_of_variable(p, e, variable);
    } else if (s) {
        resolve_of_stream(p, e, s);
    } else if (find_field(f, p->stream, of->name.text) != FRONT_NOTHING ||
               front_symbol(&f->values, of->name)) {
        error_no_parts(p, e);
    } else {
        struct diag *m = place_error(p, of->span, "there is no name `%.*s` in the pattern",
                                     STR_FMT(of->name.text));
        help_nearest(p, m, of->name.text, false, true, false);
        set_bad(p, e);
    }
}
