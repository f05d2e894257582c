/* resolve: what a name means at the place where it stands. The nearest meaning wins:
 *
 *   speed         the element of any() · a field of the event tested · a let, param or list
 *   a.speed       a field of the event that `a` took last; within sum(…) and the like of each
 *   telemetry.speed   a field of the event tested, or of those of a window, with its stream said
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

void bind_field(struct place *p, const struct expr *e, uint16_t stream, uint16_t field) {
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
    if ((p->over || p->kind == PLACE_EMIT || place_closed(p)) && p->rule &&
        p->rule->stream != FRONT_NOTHING)
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
    struct diag *m;
    if (s && s->kind == SYMBOL_TABLE) {
        if (s->bad) return;
        m = place_error(p, e->span, "`%.*s` is a table, not a value", STR_FMT(name));
        diag_help(f->diags, m, "look a column up by its key, %.*s[…].column; or ask whether there "
                               "is such a row, … in %.*s", STR_FMT(name), STR_FMT(name));
        return;
    }
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

/* The field that is that part of the key in events of the stream. */
static uint16_t key_field(const struct place *p, uint16_t stream, uint32_t part) {
    for (uint32_t i = 0; i < p->rule->ninputs; i++) {
        const struct rule_input *in = &p->rule->inputs[i];
        if (in->stream != stream || part >= in->nkeys) continue;
        const struct typed *t = typed_of(p->front->set, in->keys[part]);
        return t->bad || t->binding != BIND_FIELD ? FRONT_NOTHING : t->field;
    }
    return FRONT_NOTHING;
}

int key_part(const struct place *p, struct str name) {
    int found = -1;
    for (uint32_t i = 0; p->rule && i < p->rule->ninputs; i++) {
        uint16_t stream = p->rule->inputs[i].stream;
        uint16_t field = find_field(p->front, stream, name);
        for (uint32_t k = 0; field != FRONT_NOTHING && k < p->rule->inputs[i].nkeys; k++) {
            if (key_field(p, stream, k) != field) continue;
            /* one name, two parts: neither is meant */
            if (found >= 0 && found != (int)k) return -1;
            found = (int)k;
        }
    }
    return found;
}

/* A field of the key is the same in all events of a match: that of a name which always takes one,
 * or else of any that did: a.card ?? b.card ?? … */
static bool resolve_key(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    const struct rule_model *rule = p->rule;
    int part = p->over || p->inside != INSIDE_NOTHING ? -1 : key_part(p, e->name.text);
    if (part < 0) return false;
    const struct expr *all = NULL;
    for (uint32_t i = 0; i < rule->nvariables; i++) {
        const struct rule_variable *v = &rule->variables[i];
        if (!v->taken || (rule->certain != FRONT_NOTHING && rule->certain != i)) continue;
        uint16_t field = key_field(p, v->stream, (uint32_t)part);
        if (field == FRONT_NOTHING) return false;
        struct expr *one = tree_expr(f->tree, EXPR_NAME, e->span);
        one->name = e->name;
        bind_taken(p, one, (uint16_t)i, field);
        if (all) {
            struct expr *both = tree_expr(f->tree, EXPR_BINARY, e->span);
            both->op = OP_COALESCE;
            both->op_span = e->span;
            both->args = arena_array(f->arena, struct expr *, 2);
            both->nargs = 2;
            both->args[0] = (struct expr *)all;
            both->args[1] = one;
            type_binary(p, both);
            one = both;
        }
        all = one;
    }
    if (all) front_typed(f, e)->replaced = all;
    return all != NULL;
}

/* A bare field where no event is tested: in emit, or within an aggregate. */
static bool resolve_unqualified(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    if (place_closed(p) && p->inside == INSIDE_NOTHING) return resolve_closed(p, e);
    if (!p->rule || (p->kind != PLACE_EMIT && !p->over)) return false;
    uint16_t variable = FRONT_NOTHING, field = FRONT_NOTHING;
    if (p->over && *p->over != FRONT_NOTHING) variable = *p->over;
    for (uint32_t i = 0; variable == FRONT_NOTHING && i < p->rule->nvariables; i++)
        if (p->rule->variables[i].taken) variable = (uint16_t)i;
    if (variable == FRONT_NOTHING) return false;
    field = find_field(f, p->rule->variables[variable].stream, e->name.text);
    if (field == FRONT_NOTHING && (p->over || key_part(p, e->name.text) < 0)) return false;
    if (!p->over && field != FRONT_NOTHING && p->single != FRONT_NOTHING) {
        bind_taken(p, e, p->single, field);
        return true;
    }
    /* A let or param of that name is what was meant. */
    if (front_symbol(&f->values, e->name)) return false;
    if (resolve_key(p, e)) return true;
    if (field == FRONT_NOTHING) return false;
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

/* A bare name where events of any stream of the rule are tested: a field of the key, or the event
 * would have to be of one stream. */
static bool resolve_of_any(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    const struct rule_model *rule = p->rule;
    int part = key_part(p, e->name.text);
    uint16_t field = part < 0 ? FRONT_NOTHING : key_field(p, p->stream, (uint32_t)part);
    if (field != FRONT_NOTHING) bind_field(p, e, p->stream, field);
    else if (part >= 0 && rule->nvariables == 0) set_bad(p, e); /* the rule is: that was said */
    else if (part >= 0) resolve_key(p, e);
    if (part >= 0) return true;
    for (uint32_t i = 0; i < rule->ninputs; i++) {
        uint16_t stream = rule->inputs[i].stream;
        if (find_field(f, stream, e->name.text) == FRONT_NOTHING) continue;
        if (front_symbol(&f->values, e->name)) return false;
        struct diag *m = place_error(p, e->span, "`%.*s` of which event? The rule looks at %u "
                                                 "streams, and tests events of each",
                                     STR_FMT(e->name.text), rule->ninputs);
        diag_help(f->diags, m, "say whose events are tested: when on %.*s: …",
                  STR_FMT(f->set->streams[stream].name));
        set_bad(p, e);
        return true;
    }
    return false;
}

/* In a window over another stream a bare name could be read as the tested event's. */
static bool refuse_ambiguous(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    if (p->inside == INSIDE_NOTHING || p->tested == FRONT_NOTHING) return false;
    if (find_field(f, p->tested, e->name.text) == FRONT_NOTHING) return false;
    struct str of = f->set->streams[p->stream].name, tested = f->set->streams[p->tested].name;
    struct diag *m = place_error(p, e->span, "`%.*s` is a field of both %.*s and %.*s",
                                 STR_FMT(e->name.text), STR_FMT(of), STR_FMT(tested));
    diag_help(f->diags, m, "this window is over %.*s: write %.*s.%.*s", STR_FMT(of), STR_FMT(of),
              STR_FMT(e->name.text));
    set_bad(p, e);
    return true;
}

void resolve_name(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    struct symbol *value = front_symbol(&f->values, e->name);
    if (resolve_element(p, e)) return;
    if (p->keys_only && resolve_of_any(p, e)) return;
    uint16_t field = p->over || p->keys_only ? FRONT_NOTHING
                                             : find_field(f, p->stream, e->name.text);
    if (field != FRONT_NOTHING && refuse_ambiguous(p, e)) return;
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

/* Of a stream that the rule looks at, where another's event is tested, or none. */
static void help_input(struct place *p, const struct expr *e, const struct symbol *s,
                       struct diag *m) {
    struct front *f = p->front;
    if (p->keys_only)
        diag_help(f->diags, m, "say whose events are tested: when on %.*s: …",
                  STR_FMT(s->name.text));
    else
        diag_help(f->diags, m, "its last one is looked at by: last(%.*s.%.*s) over last 1",
                  STR_FMT(s->name.text), STR_FMT(e->name.text));
}

static void resolve_of_stream(struct place *p, const struct expr *e, const struct symbol *s) {
    struct front *f = p->front;
    set_bad(p, e);
    if (s->bad) return;
    if (s->kind == SYMBOL_TABLE) {
        struct diag *m = place_error(p, e->span, "`%.*s` is a table: of which row?",
                                     STR_FMT(s->name.text));
        diag_help(f->diags, m, "write %.*s[…].%.*s", STR_FMT(s->name.text), STR_FMT(e->name.text));
        return;
    }
    if (s->index == p->stream && p->stream != FRONT_NOTHING && !p->over && !p->keys_only) {
        uint16_t field = find_field(f, p->stream, e->name.text);
        if (field == FRONT_NOTHING) error_no_field(p, e, p->stream);
        else bind_field(p, e, p->stream, field);
        return;
    }
    struct diag *m = place_error(p, e->span, "no event of `%.*s` is looked at here",
                                 STR_FMT(s->name.text));
    if (p->rule && place_input(p, s->name) != FRONT_NOTHING)
        help_input(p, e, s, m);
    else if (p->rule && p->rule->nvariables)
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
    if (of->kind == EXPR_INDEX) {
        type_column(p, e);
        return;
    }
    if (of->kind != EXPR_NAME) {
        error_no_parts(p, e);
        return;
    }
    uint16_t variable = place_variable(p, of->name.text);
    struct symbol *s = front_symbol(&f->streams, of->name);
    /* Windows look at events of a stream, never at what a name took. */
    bool windowed = p->inside == INSIDE_WINDOW && p->stream != FRONT_NOTHING &&
                    place_input(p, of->name) == p->stream;
    if (variable != FRONT_NOTHING && !windowed) {
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
