/* aggregates: what looks at more than one event: count sum avg min max stddev distinct collect
 * over what a name took, first last nth of it, prev of the key, and windows.
 *
 *   sum(probe.amount where probe.country = "FR")
 *       └── fields of each event that `probe` took: all of one name, found by the first field
 *
 * Inside, nothing else is known than those fields and constants. The node itself is LEVEL_RUN; its
 * argument is a condition or value on the event being taken, so its fields are BIND_FIELD there.
 * Tests: tests/cases/check/aggregates.case
 */
#include "rules/front.h"

enum { PREV_MAX_DEPTH = 64, COLLECT_DEFAULT = 100, COLLECT_MAX = 10000,
       WINDOW_MAX_EVENTS = 1000000 };

static void set_bad(struct place *p, const struct expr *e) { front_typed(p->front, e)->bad = true; }

bool aggregate_of(struct str name, enum aggregate *aggregate) {
    static const char *const names[] = {
        [AGG_COUNT] = "count", [AGG_SUM] = "sum", [AGG_AVG] = "avg", [AGG_MIN] = "min",
        [AGG_MAX] = "max", [AGG_STDDEV] = "stddev", [AGG_DISTINCT] = "distinct",
        [AGG_COLLECT] = "collect",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!str_equal_nocase(name, str_of(names[i]))) continue;
        *aggregate = (enum aggregate)i;
        return true;
    }
    return false;
}

/* A constant whole number from least to most; false after a message. */
static bool constant_int(struct place *p, const struct expr *e, const char *what, int64_t least,
                         int64_t most, int64_t *out) {
    type_expr(p, e);
    const struct typed *t = typed_in(p, e);
    if (t->bad) return false;
    if (t->constant && t->type.base == VALUE_INT && !value_is_null(t->value) &&
        t->value.i >= least && t->value.i <= most) {
        *out = t->value.i;
        return true;
    }
    place_error(p, e->span, "%s is a constant whole number from %lld to %lld", what,
                (long long)least, (long long)most);
    return false;
}

/* Aggregates do not stand within one another, nor in prev. */
static bool may_aggregate(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    const char *name = arena_copy(f->arena, e->name.text).p;
    struct diag *m;
    if (p->over || p->inside != INSIDE_NOTHING) {
        m = place_error(p, e->span, "`%s` cannot stand within `%s`", name, p->inside_name);
        if (p->inside != INSIDE_PREV)
            diag_help(f->diags, m, "fields, constants and prev(…) can");
    } else if (p->kind == PLACE_CONSTANT || p->kind == PLACE_KEY) {
        m = place_error(p, e->span, "`%s` looks at several events: it is for conditions and `emit`",
                        name);
    } else {
        return true;
    }
    set_bad(p, e);
    return false;
}

static struct place inside_aggregate(const struct place *p, const struct expr *e, uint16_t *over) {
    struct place inner = *p;
    inner.inside = INSIDE_AGGREGATE;
    inner.inside_name = arena_copy(p->front->arena, e->name.text).p;
    inner.over = over;
    inner.stream = FRONT_NOTHING;
    inner.elements = NULL;
    *over = FRONT_NOTHING;
    return inner;
}

static void error_over_nothing(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    const char *arg = e->nargs ? place_text(p, e->args[0]) : "";
    struct diag *m = place_error(p, e->span, "`%.*s` over which events?",
                                 STR_FMT(e->name.text));
    if (!p->rule || !p->rule->decl->pattern)
        diag_help(f->diags, m, "say over how long: %s over 1h", place_text(p, e));
    else if (*arg)
        diag_help(f->diags, m, "name what the pattern took: %.*s(%.*s.…), or say over how long: "
                               "over 1h", STR_FMT(e->name.text),
                  STR_FMT(p->rule->variables[0].name.text));
    else
        diag_help(f->diags, m, "name what the pattern took: %.*s(%.*s), or say over how long: "
                               "over 1h", STR_FMT(e->name.text),
                  STR_FMT(p->rule->variables[0].name.text));
}

/* ---- what can be aggregated ------------------------------------------------------------------ */

static bool refuse(struct place *p, const struct expr *e, const char *wants) {
    const struct expr *arg = e->args[0];
    struct diag *m = place_error(p, arg->span, "`%.*s` needs %s, but `%s` is %s",
                                 STR_FMT(e->name.text), wants, place_text(p, arg),
                                 place_type(p, arg));
    if (typed_in(p, arg)->type.base == VALUE_DURATION)
        diag_help(p->front->diags, m, "write %.*s(seconds(%s))", STR_FMT(e->name.text),
                  place_text(p, arg));
    return false;
}

static bool aggregate_type(struct place *p, const struct expr *e, enum aggregate aggregate,
                           struct type *out) {
    *out = type_base(VALUE_INT);
    if (e->nargs == 0) return true;
    struct type arg = typed_in(p, e->args[0])->type;
    switch (aggregate) {
    case AGG_COUNT:
        if (arg.base != VALUE_BOOL) return true;
        diag_help(p->front->diags,
                  place_error(p, e->args[0]->span,
                              "`count` of a condition would count the false ones too"),
                  "write count(where %s)", place_text(p, e->args[0]));
        return false;
    case AGG_SUM:
        *out = arg;
        if (type_is_number(arg) || arg.base == VALUE_DURATION) return true;
        return refuse(p, e, "a number or a duration");
    case AGG_AVG:
    case AGG_STDDEV:
        *out = type_base(VALUE_FLOAT);
        if (type_is_number(arg)) return true;
        return refuse(p, e, "a number");
    case AGG_MIN:
    case AGG_MAX:
    case AGG_PERCENTILE:
        *out = arg;
        if (arg.base != VALUE_BOOL && arg.base != VALUE_LIST) return true;
        return refuse(p, e, "something that has an order");
    case AGG_FIRST:
    case AGG_LAST:
        *out = arg;
        if (arg.base != VALUE_LIST) return true;
        return refuse(p, e, "a single value");
    case AGG_DISTINCT:
    case AGG_COLLECT:
        *out = (struct type){.base = VALUE_LIST, .item = arg.base, .digits = arg.digits};
        if (arg.base != VALUE_LIST) return true;
        return refuse(p, e, "single values");
    }
    return false;
}

/* The bare name of a variable: count(a). True if the argument is one. */
static bool variable_argument(struct place *inner, const struct expr *e, enum aggregate aggregate) {
    const struct expr *arg = e->args[0];
    if (arg->kind != EXPR_NAME) return false;
    uint16_t variable = place_variable(inner, arg->name.text);
    if (variable == FRONT_NOTHING) return false;
    struct typed *t = front_typed(inner->front, arg);
    *t = (struct typed){.level = LEVEL_RUN, .binding = BIND_VARIABLE, .variable = variable};
    if (!resolve_taken_before(inner, arg, variable)) {
        set_bad(inner, arg);
    } else if (aggregate != AGG_COUNT) {
        struct diag *m = place_error(inner, arg->span, "`%.*s` needs a field of `%.*s`",
                                     STR_FMT(e->name.text), STR_FMT(arg->name.text));
        diag_help(inner->front->diags, m, "write %.*s(%.*s.field)", STR_FMT(e->name.text),
                  STR_FMT(arg->name.text));
        set_bad(inner, arg);
    } else {
        *inner->over = variable;
    }
    return true;
}

static bool type_limit(struct place *p, const struct expr *e, enum aggregate aggregate,
                       uint32_t *depth) {
    bool list = aggregate == AGG_COLLECT || aggregate == AGG_DISTINCT;
    uint32_t most = list ? 2 : 1, least = aggregate == AGG_COUNT ? 0 : 1;
    if (e->nargs < least || e->nargs > most) {
        struct diag *m = place_error(p, e->span, "`%.*s` takes %s, here are %u",
                                     STR_FMT(e->name.text),
                                     least == 0 ? "at most one argument"
                                     : list     ? "one or two arguments"
                                                : "one argument", e->nargs);
        diag_help(p->front->diags, m, "%.*s(a.field), %.*s(a.field where a.other > 1)",
                  STR_FMT(e->name.text), STR_FMT(e->name.text));
        return false;
    }
    *depth = list ? COLLECT_DEFAULT : 0;
    int64_t n;
    if (e->nargs < 2) return true;
    if (!constant_int(p, e->args[1], "how many values are kept", 1, COLLECT_MAX, &n)) return false;
    *depth = (uint32_t)n;
    return true;
}

/* ---- windows --------------------------------------------------------------------------------- */

/* What stands behind `over` where it is a name: a constant. */
static bool named_length(struct place *p, const struct expr *e, struct typed *t) {
    const struct expr *length = e->window.length;
    if (e->window.kind == WINDOW_OVER_LAST)
        return constant_int(p, length, "a number of events", 1, WINDOW_MAX_EVENTS, &t->length);
    type_expr(p, length);
    const struct typed *l = typed_in(p, length);
    if (l->bad) return false;
    t->length = l->value.i;
    if (l->constant && l->type.base == VALUE_DURATION && !value_is_null(l->value) &&
        t->length > 0 && t->length <= INT64_C(1) << 62)
        return true;
    place_error(p, length->span, "a window is over a constant duration above 0");
    return false;
}

static bool type_length(struct place *p, const struct expr *e, struct typed *t) {
    t->length = e->window.length_ns;
    if (e->window.length && !named_length(p, e, t)) return false;
    return !e->window.step_ns || type_step_window(p, e, t->length);
}

/* Types the first `nargs` arguments and `where`, on an event of the window: one of *stream. */
static bool type_inside(struct place *p, const struct expr *e, uint32_t nargs, uint16_t *stream) {
    struct place inner = *p;
    *stream = window_stream(p, e);
    if (*stream == FRONT_NOTHING) return false;
    inner.stream = *stream;
    inner.keys_only = false;
    inner.tested = p->keys_only || p->stream == *stream ? FRONT_NOTHING : p->stream;
    inner.inside = INSIDE_WINDOW;
    inner.inside_name = arena_copy(p->front->arena, e->name.text).p;
    inner.kind = PLACE_WHEN;
    inner.elements = NULL;
    bool bad = false;
    for (uint32_t i = 0; i < nargs; i++) {
        if (window_is_whole(p, e))
            *front_typed(p->front, e->args[i]) = (struct typed){.binding = BIND_STREAM};
        else type_expr(&inner, e->args[i]);
        bad |= typed_in(p, e->args[i])->bad;
    }
    if (e->where) {
        type_expr(&inner, e->where);
        bad |= !type_condition(&inner, e->where, "what `where` says");
    }
    return !bad;
}

static bool window_type(struct place *p, const struct expr *e, struct typed *t) {
    if (!aggregate_type(p, e, t->aggregate, &t->type)) return false;
    if (t->aggregate == AGG_DISTINCT) t->type = type_base(VALUE_INT);
    if (t->aggregate != AGG_COLLECT && e->nargs < 2) return true;
    if (t->aggregate == AGG_PERCENTILE) return true;
    struct diag *m = place_error(p, e->span, "a window keeps no lists");
    diag_help(p->front->diags, m, "distinct(%s) %s is how many different values there are",
              place_text(p, e->args[0]), "over …");
    return false;
}

static void type_window(struct place *p, const struct expr *e, enum aggregate aggregate) {
    struct typed t = {.level = LEVEL_KEY, .binding = BIND_WINDOW, .variable = FRONT_NOTHING};
    t.aggregate = aggregate;
    t.bad = !type_inside(p, e, e->nargs < 2 ? e->nargs : 1, &t.stream);
    bool closed = e->window.kind == WINDOW_NONE; /* with `every` it is over that window */
    if (closed && !t.bad && !place_closed(p)) {
        error_over_nothing(p, e);
        t.bad = true;
    }
    t.bad = t.bad || (!closed && !type_length(p, e, &t)) || !window_type(p, e, &t);
    *front_typed(p->front, e) = t;
}

static bool percent_of(struct place *p, const struct expr *e, double *out) {
    type_expr(p, e);
    const struct typed *t = typed_in(p, e);
    struct value v;
    if (t->bad) return false;
    if (t->constant && type_is_number(t->type) &&
        fold_convert(t->value, type_base(VALUE_FLOAT), &v) && !value_is_null(v) && v.f >= 0 &&
        v.f <= 100) {
        *out = v.f;
        return true;
    }
    place_error(p, e->span, "a percentile is a constant number from 0 to 100");
    return false;
}

void type_percentile(struct place *p, const struct expr *e) {
    if (!may_aggregate(p, e)) return;
    set_bad(p, e);
    struct diag *m;
    bool closed = e->window.kind == WINDOW_NONE && place_closed(p);
    if ((e->window.kind == WINDOW_NONE && !closed) || e->nargs != 2) {
        m = place_error(p, e->span, e->nargs == 2 ? "`percentile` needs a window"
                                                  : "`percentile` takes a value and a number");
        diag_help(p->front->diags, m, "percentile(amount, 95) over 1h");
        return;
    }
    struct typed t = {.level = LEVEL_KEY, .binding = BIND_WINDOW, .variable = FRONT_NOTHING,
                      .aggregate = AGG_PERCENTILE};
    if (!type_inside(p, e, 1, &t.stream) || !percent_of(p, e->args[1], &t.percent) ||
        (!closed && !type_length(p, e, &t)) || !window_type(p, e, &t))
        return;
    *front_typed(p->front, e) = t;
}

/* ---- over what a name took ------------------------------------------------------------------- */

void type_aggregate(struct place *p, const struct expr *e, enum aggregate aggregate) {
    struct typed t = {.level = LEVEL_RUN, .binding = BIND_AGGREGATE, .aggregate = aggregate};
    if (!may_aggregate(p, e)) return;
    set_bad(p, e);
    if (!type_limit(p, e, aggregate, &t.depth)) return;
    if (e->window.kind != WINDOW_NONE || !p->rule || !p->rule->decl->pattern) {
        type_window(p, e, aggregate);
        return;
    }
    uint16_t over;
    struct place inner = inside_aggregate(p, e, &over);
    bool bad = false;
    if (e->nargs) {
        if (!variable_argument(&inner, e, aggregate)) type_expr(&inner, e->args[0]);
        bad = typed_in(p, e->args[0])->bad;
    }
    if (e->where) {
        type_expr(&inner, e->where);
        bad |= !type_condition(&inner, e->where, "what `where` says");
    }
    if (!bad && over == FRONT_NOTHING) {
        error_over_nothing(p, e);
        bad = true;
    }
    if (bad) return;
    t.variable = over;
    bool whole = e->nargs && typed_in(p, e->args[0])->binding == BIND_VARIABLE;
    t.type = type_base(VALUE_INT);
    if (!whole && !aggregate_type(p, e, aggregate, &t.type)) return;
    *front_typed(p->front, e) = t;
}

/* first(a.e): `pick` 1, last(a.e): -1, nth(a.e, n): 0 here. */
void type_pick(struct place *p, const struct expr *e, int pick) {
    if (!may_aggregate(p, e)) return;
    set_bad(p, e);
    uint32_t wanted = pick ? 1 : 2;
    if (e->nargs != wanted) {
        struct diag *m = place_error(p, e->span, "`%.*s` takes %u argument%s, here %s %u",
                                     STR_FMT(e->name.text), wanted, wanted == 1 ? "" : "s",
                                     e->nargs == 1 ? "is" : "are", e->nargs);
        diag_help(p->front->diags, m, pick ? "%.*s(a.field)" : "%.*s(a.field, 2)",
                  STR_FMT(e->name.text));
        return;
    }
    if (pick && (e->window.kind != WINDOW_NONE || place_closed(p))) {
        type_window(p, e, pick == 1 ? AGG_FIRST : AGG_LAST);
        return;
    }
    if (e->window.kind != WINDOW_NONE) {
        place_error(p, e->window.span, "`nth` looks at what a name took: it takes no `over`");
        return;
    }
    if (e->where) {
        place_error(p, e->where->span, "`%.*s` takes no `where`", STR_FMT(e->name.text));
        return;
    }
    int64_t n = pick;
    if (!pick && !constant_int(p, e->args[1], "which one", -1000000, 1000000, &n)) return;
    if (n == 0) {
        place_error(p, e->args[1]->span, "events are counted from 1; -1 is the last");
        return;
    }
    uint16_t over;
    struct place inner = inside_aggregate(p, e, &over);
    if (variable_argument(&inner, e, AGG_MIN)) return;
    type_expr(&inner, e->args[0]);
    struct typed arg = *typed_in(p, e->args[0]);
    if (arg.bad) return;
    if (over == FRONT_NOTHING) {
        error_over_nothing(p, e);
        return;
    }
    if (arg.type.base == VALUE_LIST && pick != -1) {
        refuse(p, e, "a single value");
        return;
    }
    *front_typed(p->front, e) = (struct typed){.type = arg.type, .level = LEVEL_RUN,
                                               .binding = BIND_PICK, .variable = over,
                                               .pick = (int32_t)n};
}

/* ---- prev ------------------------------------------------------------------------------------ */

void type_prev(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    set_bad(p, e);
    if (p->inside == INSIDE_PREV) {
        struct diag *m = place_error(p, e->span, "`prev` cannot stand within `prev`");
        diag_help(f->diags, m, "two events back is prev(x, 2)");
        return;
    }
    if (p->keys_only) {
        struct diag *m = place_error(p, e->span, "`prev` looks back in one stream: in which of %u?",
                                     p->rule->ninputs);
        diag_help(f->diags, m, "say whose events are tested: when on %.*s: …",
                  STR_FMT(f->set->streams[p->rule->inputs[0].stream].name));
        return;
    }
    if (!p->over && p->stream == FRONT_NOTHING) {
        struct diag *m = place_error(p, e->span, "there is no event here that others could come "
                                                 "before");
        if (p->kind == PLACE_EMIT)
            diag_help(f->diags, m, "of the events taken: last(a.x - prev(a.x))");
        return;
    }
    if (p->kind == PLACE_KEY) {
        place_error(p, e->span, "`prev` is the key's event before: the key, and what `where` "
                                "leaves out, cannot depend on it");
        return;
    }
    if (e->nargs < 1 || e->nargs > 2 || e->where) {
        struct diag *m = place_error(p, e->span, "`prev` takes a value, and perhaps how far back");
        diag_help(f->diags, m, "prev(lane), prev(lane, 2)");
        return;
    }
    int64_t depth = 1;
    if (e->nargs == 2 && !constant_int(p, e->args[1], "how far back", 1, PREV_MAX_DEPTH, &depth))
        return;
    struct place inner = *p;
    inner.inside = INSIDE_PREV;
    inner.inside_name = "prev";
    inner.elements = NULL;
    type_expr(&inner, e->args[0]);
    struct typed arg = *typed_in(p, e->args[0]);
    if (arg.bad) return;
    if (arg.level == LEVEL_CONSTANT) {
        place_error(p, e->span, "`%s` is the same for every event", place_text(p, e->args[0]));
        return;
    }
    bool of_taken = p->over && *p->over != FRONT_NOTHING;
    uint16_t stream = of_taken ? p->rule->variables[*p->over].stream : p->stream;
    *front_typed(f, e) = (struct typed){.type = arg.type, .level = LEVEL_KEY, .binding = BIND_PREV,
                                        .stream = stream,
                                        .depth = (uint32_t)depth};
}
