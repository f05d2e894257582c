/* calls: f(x, …): a let with arguments, an aggregate, or one of functions.def, whose parameter
 * texts are read here; their grammar stands at the top of that file.
 *
 * Special: regular expressions, time zones and polygons are looked at while compiling, so that no
 * rule starts to run with one that is wrong.
 * Tests: tests/cases/check/functions.case
 */
#include "base/decimal.h"
#include "engine/zone.h"
#include "rules/front.h"

static const struct {
    const char *text, *params, *result, *doc;
} functions[FUNCTIONS] = {
#define FUNCTION(name, text, params, result, doc) {text, params, result, doc},
#include "rules/functions.def"
#undef FUNCTION
};

/* Called like functions, but told elsewhere. */
static const char *const others[] = {"count", "sum", "avg", "min", "max", "stddev", "distinct",
                                     "collect", "first", "last", "nth", "prev", "percentile",
                                     "step", "window_start", "window_end", "any"};

static uint32_t function_of(struct str name) {
    for (uint32_t i = 0; i < FUNCTIONS; i++)
        if (str_equal_nocase(name, str_of(functions[i].text))) return i;
    return FUNCTIONS;
}

bool call_is_builtin(struct str name) {
    if (function_of(name) != FUNCTIONS) return true;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (str_equal_nocase(name, str_of(others[i]))) return true;
    return false;
}

/* ---- parameters ------------------------------------------------------------------------------ */

struct param { /* one word of the parameter text */
    struct str type;
    bool constant, optional, repeated;
};

static bool next_param(const char **text, struct param *out) {
    while (**text == ' ') (*text)++;
    if (!**text) return false;
    *out = (struct param){.constant = **text == '!'};
    if (out->constant) (*text)++;
    out->type.p = *text;
    while (**text && !strchr(" ?.", **text)) (*text)++;
    out->type.n = (size_t)(*text - out->type.p);
    out->optional = **text == '?';
    out->repeated = **text == '.';
    while (**text && **text != ' ') (*text)++;
    return true;
}

static const char *signature(struct front *f, uint32_t function) {
    struct buf out;
    buf_init(&out);
    buf_printf(&out, "%s(", functions[function].text);
    const char *text = functions[function].params;
    struct param param;
    bool first = true;
    while (next_param(&text, &param)) {
        const char *comma = first ? "" : ", ";
        struct str type = param.type;
        if (str_equal(type, STR("same")) || str_equal(type, STR("any"))) type = STR("value");
        if (str_equal(type, STR("float"))) type = STR("number");
        if (str_equal(type, STR("amount"))) type = STR("number or duration");
        if (str_equal(type, STR("sized"))) type = STR("text or list");
        buf_printf(&out, param.optional ? "[%s%.*s]" : "%s%.*s", comma, STR_FMT(type));
        if (param.repeated) buf_text(&out, ", …");
        first = false;
    }
    buf_printf(&out, "): %s", functions[function].doc);
    const char *copy = arena_copy(f->arena, buf_view(&out)).p;
    buf_fini(&out);
    return copy;
}

static bool param_fits(struct place *p, const struct expr *arg, struct str type) {
    struct typed *t = typed_in(p, arg);
    enum value_type base = t->type.base;
    if (str_equal(type, STR("any")) || str_equal(type, STR("same"))) return true;
    if (base == VALUE_NULL) return false;
    if (str_equal(type, STR("number"))) return type_is_number(t->type);
    if (str_equal(type, STR("amount")))
        return type_is_number(t->type) || base == VALUE_DURATION;
    if (str_equal(type, STR("float"))) {
        if (!type_is_number(t->type)) return false;
        type_adapt(p, arg, type_base(VALUE_FLOAT));
        return true;
    }
    if (str_equal(type, STR("int"))) {
        if (type_is_number(t->type)) type_adapt(p, arg, type_base(VALUE_INT));
        return typed_in(p, arg)->type.base == VALUE_INT;
    }
    if (str_equal(type, STR("text"))) return base == VALUE_STRING;
    if (str_equal(type, STR("sized"))) return base == VALUE_STRING || base == VALUE_LIST;
    if (str_equal(type, STR("bool"))) return base == VALUE_BOOL;
    if (str_equal(type, STR("time"))) return base == VALUE_TIME;
    if (str_equal(type, STR("duration"))) return base == VALUE_DURATION;
    return base == VALUE_LIST; /* polygon: looked at on its own */
}

static const char *param_text(struct str type) {
    static const struct {
        const char *type, *text;
    } texts[] = {{"number", "a number"},     {"amount", "a number or a duration"},
                 {"float", "a number"},      {"int", "a whole number"},
                 {"text", "a text"},         {"sized", "a text or a list"},
                 {"bool", "true or false"},  {"time", "a time"},
                 {"duration", "a duration"}, {"polygon", "a polygon: [[lat, lon], …]"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (str_equal(type, str_of(texts[i].type))) return texts[i].text;
    return "a value";
}

static bool check_argument(struct place *p, const struct expr *arg, uint32_t function,
                           const struct param *param) {
    struct front *f = p->front;
    if (!param_fits(p, arg, param->type)) {
        struct diag *m = place_error(p, arg->span, "`%s` needs %s here, but `%s` is %s",
                                     functions[function].text, param_text(param->type),
                                     place_text(p, arg), place_type(p, arg));
        diag_help(f->diags, m, "%s", signature(f, function));
        return false;
    }
    if (param->constant && !typed_in(p, arg)->constant) {
        struct diag *m = place_error(p, arg->span, "`%s` needs a constant here, but `%s` is "
                                                   "computed", functions[function].text,
                                     place_text(p, arg));
        diag_help(f->diags, m, "%s", signature(f, function));
        return false;
    }
    return true;
}

static bool error_count(struct place *p, const struct expr *e, uint32_t function) {
    const char *text = functions[function].params;
    struct param param;
    uint32_t least = 0, most = 0;
    while (next_param(&text, &param)) {
        most = param.repeated ? UINT32_MAX : most + 1;
        if (!param.optional) least++;
    }
    if (e->nargs >= least && e->nargs <= most) return false;
    struct front *f = p->front;
    const char *wanted = most == UINT32_MAX ? arena_printf(f->arena, "at least %u", least)
                         : least == most    ? arena_printf(f->arena, "%u", least)
                                            : arena_printf(f->arena, "%u to %u", least, most);
    bool one = most == UINT32_MAX ? least == 1 : most == 1;
    struct diag *m = place_error(p, e->span, "`%s` takes %s argument%s, here %s %u",
                                 functions[function].text, wanted, one ? "" : "s",
                                 e->nargs == 1 ? "is" : "are", e->nargs);
    diag_help(f->diags, m, "%s", signature(f, function));
    return true;
}

/* All arguments against their parameters; those that are `same` are brought to one type. */
static bool check_arguments(struct place *p, const struct expr *e, uint32_t function,
                            struct type *operands) {
    const char *text = functions[function].params;
    struct param param = {0};
    bool good = true;
    uint32_t same_from = NONE;
    for (uint32_t i = 0; i < e->nargs; i++) {
        if (!param.repeated && !next_param(&text, &param)) return false;
        if (typed_in(p, e->args[i])->bad) good = false;
        else if (!check_argument(p, e->args[i], function, &param)) good = false;
        if (same_from == NONE && str_equal(param.type, STR("same"))) same_from = i;
    }
    if (!good || same_from == NONE) return good;
    const struct expr *const *same = (const struct expr *const *)e->args + same_from;
    uint32_t odd, with;
    if (!type_common(p, same, e->nargs - same_from, COMMON_WHOLE, operands, &odd, &with)) {
        place_error(p, e->span, "`%s` needs values of one type, but `%s` is %s and `%s` is %s",
                    functions[function].text, place_text(p, same[with]), place_type(p, same[with]),
                    place_text(p, same[odd]), place_type(p, same[odd]));
        return false;
    }
    bool ordered = function == FUNCTION_LEAST || function == FUNCTION_GREATEST;
    if (ordered && (operands->base == VALUE_BOOL || operands->base == VALUE_LIST)) {
        place_error(p, e->span, "`%s` needs values that have an order", functions[function].text);
        return false;
    }
    return true;
}

/* ---- those that need more -------------------------------------------------------------------- */

static bool check_zone(struct place *p, const struct expr *e) {
    const struct typed *t = typed_in(p, e);
    const char *why = NULL;
    struct zone *z = zone_load(t->value.s, &why);
    if (z) {
        zone_free(&z);
        return true;
    }
    struct diag *m = place_error(p, e->span, "there is no time zone `%.*s`: %s",
                                 STR_FMT(t->value.s), why ? why : "unknown");
    diag_help(p->front->diags, m, "zones are named as in \"Europe/Paris\"");
    return false;
}

static bool check_extract(struct place *p, const struct expr *e) {
    uint32_t groups = 0;
    if (!type_regex(p, e->args[1], false, &groups)) return false;
    if (e->nargs < 3) return true;
    int64_t group = typed_in(p, e->args[2])->value.i;
    if (group >= 0 && group <= groups) return true;
    struct diag *m = place_error(p, e->args[2]->span, "there is no group %lld in this expression",
                                 (long long)group);
    if (groups == 0) diag_help(p->front->diags, m, "a group stands in ( ); group 0 is the whole");
    else if (groups == 1) diag_help(p->front->diags, m, "its only group is 1; 0 is the whole");
    else diag_help(p->front->diags, m, "its groups are 1 to %u; 0 is the whole", groups);
    return false;
}

static bool check_polygon(struct place *p, const struct expr *e) {
    const struct typed *t = typed_in(p, e);
    if (t->type.item != VALUE_LIST || t->value.list->n < 3) {
        struct diag *m = place_error(p, e->span, "a polygon has at least 3 corners");
        diag_help(p->front->diags, m, "write [[48.1, 2.2], [48.3, 2.2], [48.2, 2.5]]");
        return false;
    }
    for (uint32_t i = 0; i < t->value.list->n; i++) {
        const struct value *corner = t->value.list->items[i].list->items;
        double lat = corner[0].f, lon = corner[1].f;
        if (lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180) continue;
        struct diag *m = place_error(p, e->kind == EXPR_LIST ? e->args[i]->span : e->span,
                                     "[%g, %g] is no place on earth", lat, lon);
        diag_help(p->front->diags, m, "latitude comes first, from -90 to 90; then longitude, from "
                                      "-180 to 180");
        return false;
    }
    return true;
}

static bool check_special(struct place *p, const struct expr *e, uint32_t function) {
    switch (function) {
    case FUNCTION_EXTRACT: return check_extract(p, e);
    case FUNCTION_HOUR_OF_DAY:
    case FUNCTION_DAY_OF_WEEK:
    case FUNCTION_DATE: return e->nargs < 2 || check_zone(p, e->args[1]);
    case FUNCTION_IN_POLYGON: return check_polygon(p, typed_expr(p->front->set, e->args[2]));
    case FUNCTION_ROUND:
        if (e->nargs < 2) return true;
        if (typed_in(p, e->args[1])->value.i >= 0 && typed_in(p, e->args[1])->value.i <= 15)
            return true;
        place_error(p, e->args[1]->span, "`round` keeps 0 to 15 digits");
        return false;
    default: return true;
    }
}

static struct type rounded_type(struct place *p, const struct expr *e) {
    struct type t = typed_in(p, e->args[0])->type;
    if (e->nargs < 2) return type_base(VALUE_INT);
    if (t.base != VALUE_DECIMAL) return t;
    int64_t n = typed_in(p, e->args[1])->value.i;
    if (n < t.digits) t.digits = (uint8_t)n;
    return t;
}

static struct type result_type(struct place *p, const struct expr *e, uint32_t function,
                               struct type same) {
    struct str r = str_of(functions[function].result);
    if (str_equal(r, STR("first"))) return typed_in(p, e->args[0])->type;
    if (str_equal(r, STR("same"))) return same;
    if (str_equal(r, STR("rounded"))) return rounded_type(p, e);
    if (str_equal(r, STR("int"))) return type_base(VALUE_INT);
    if (str_equal(r, STR("float"))) return type_base(VALUE_FLOAT);
    if (str_equal(r, STR("bool"))) return type_base(VALUE_BOOL);
    return type_base(VALUE_STRING);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void type_function(struct place *p, const struct expr *e, uint32_t function) {
    struct typed t = {.binding = BIND_FUNCTION, .function = (enum function)function, .bad = true};
    for (uint32_t i = 0; i < e->nargs; i++) {
        type_expr(p, e->args[i]);
        const struct typed *a = typed_in(p, e->args[i]);
        if (a->level > t.level) t.level = a->level;
    }
    if (e->where || e->window.kind != WINDOW_NONE) {
        place_error(p, e->where ? e->where->span : e->window.span,
                    "`%s` looks at one event: it takes neither `where` nor `over`",
                    functions[function].text);
    } else if (!error_count(p, e, function)) {
        t.bad = !check_arguments(p, e, function, &t.operands) || !check_special(p, e, function);
    }
    if (!t.bad) t.type = result_type(p, e, function, t.operands);
    *front_typed(p->front, e) = t;
    fold_expr(p, e);
}

static void error_no_function(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    struct diag *m = place_error(p, e->name.span, "there is no function `%.*s`",
                                 STR_FMT(e->name.text));
    front_typed(f, e)->bad = true;
    if (f->diags->n >= DIAG_MAX) return;
    struct str *names = NULL;
    uint32_t n = 0, cap = 0;
    for (uint32_t i = 0; i < FUNCTIONS; i++)
        arena_push(f->arena, names, n, cap, str_of(functions[i].text));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        arena_push(f->arena, names, n, cap, str_of(others[i]));
    for (uint32_t i = 0; i < f->values.n; i++)
        arena_push(f->arena, names, n, cap, f->values.entries[i].key);
    front_nearest(f, m, e->name.text, names, n);
}

/* step(): text, of what the run took. */
static void type_step(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    struct typed t = {.type = type_base(VALUE_STRING), .level = LEVEL_RUN, .binding = BIND_STEP,
                      .bad = true};
    if (!p->timeout || p->inside != INSIDE_NOTHING) {
        struct diag *m = place_error(p, e->span, "`step()` is how far a pattern got: it stands in "
                                                 "`timeout emit`");
        if (p->kind == PLACE_EMIT && !p->timeout)
            diag_help(f->diags, m, "a match has taken every step; of an optional step x, "
                                   "exists(x.field) says whether it took an event");
    } else if (e->nargs || e->where || e->window.kind != WINDOW_NONE) {
        place_error(p, e->span, "`step` takes nothing: step()");
    } else {
        const struct rule_model *m = p->rule;
        struct list *names = arena_alloc(f->arena, sizeof *names +
                                                       m->nvariables * sizeof names->items[0]);
        *names = (struct list){.n = m->nvariables};
        for (uint32_t i = 0; i < m->nvariables; i++)
            names->items[i] = value_str(m->variables[i].name.text);
        t.value = (struct value){.list = names, .type = VALUE_LIST};
        t.bad = false;
    }
    *front_typed(f, e) = t;
}

static bool called(const struct expr *e, const char *name) {
    return str_equal_nocase(e->name.text, str_of(name));
}

void type_call(struct place *p, const struct expr *e) {
    enum aggregate aggregate;
    uint32_t function = function_of(e->name.text);
    struct symbol *s = front_symbol(&p->front->values, e->name);
    if (function != FUNCTIONS) {
        type_function(p, e, function);
    } else if (aggregate_of(e->name.text, &aggregate)) {
        type_aggregate(p, e, aggregate);
    } else if (called(e, "first") || called(e, "last") || called(e, "nth")) {
        type_pick(p, e, called(e, "first") ? 1 : called(e, "last") ? -1 : 0);
    } else if (called(e, "prev")) {
        type_prev(p, e);
    } else if (called(e, "step")) {
        type_step(p, e);
    } else if (called(e, "window_start") || called(e, "window_end")) {
        type_window_edge(p, e, called(e, "window_end"));
    } else if (called(e, "percentile")) {
        type_percentile(p, e);
    } else if (s && s->kind == SYMBOL_LET && s->let->function) {
        let_expand(p, e, s);
    } else if (s) {
        place_error(p, e->span, "`%.*s` is a constant, not a function", STR_FMT(e->name.text));
        front_typed(p->front, e)->bad = true;
    } else {
        error_no_function(p, e);
    }
}
