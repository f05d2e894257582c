/* values: what lists and params are worth. A param has the value of its declaration, or the text
 * given outside (--param name=text), read as its type says:
 *
 *   bool true, false · numbers as in a rule, without rounding · string as it is ·
 *   time 2026-01-31T12:00:00Z · duration 1h30m · ip 10.0.0.0/8 ·
 *   list of T: values with commas between them
 *
 * A list or param may use others; each is computed when it is first needed, a cycle is an error.
 * Tests: tests/cases/check/declarations.case, tests/cases/check/lets.case
 */
#include <stdlib.h>

#include "base/decimal.h"
#include "base/time.h"
#include "rules/front.h"

enum { VALUE_NEW, VALUE_OPEN, VALUE_DONE };

/* ---- texts from outside ---------------------------------------------------------------------- */

static bool read_float(struct str text, double *out) {
    char copy[400];
    int64_t whole;
    bool number = decimal_parse(text, 0, &whole) != DECIMAL_NOT_A_NUMBER;
    if (!number || text.n >= sizeof copy) return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = 0;
    *out = strtod(copy, NULL);
    return *out - *out == 0;
}

static bool read_scalar(struct front *f, struct str text, struct type type, struct value *out) {
    struct str trimmed = str_trim(text);
    *out = (struct value){.type = (uint8_t)type.base, .digits = type.digits};
    switch (type.base) {
    case VALUE_BOOL:
        out->i = str_equal_nocase(trimmed, STR("true"));
        return out->i || str_equal_nocase(trimmed, STR("false"));
    case VALUE_INT: return decimal_parse(trimmed, 0, &out->i) == DECIMAL_OK;
    case VALUE_DECIMAL: return decimal_parse(trimmed, type.digits, &out->i) == DECIMAL_OK;
    case VALUE_FLOAT: return read_float(trimmed, &out->f);
    case VALUE_STRING: out->s = arena_copy(f->arena, text); return true;
    case VALUE_TIME: return time_parse(trimmed, true, &out->i);
    case VALUE_DURATION: return duration_parse(trimmed, &out->i);
    case VALUE_IP: return ip_parse(trimmed, &out->ip, &out->digits);
    default: return false;
    }
}

static bool read_value(struct front *f, struct str text, struct type type, struct value *out) {
    if (type.base != VALUE_LIST) return read_scalar(f, text, type, out);
    struct value *items = NULL;
    uint32_t n = 0, cap = 0;
    struct type item = {.base = type.item, .digits = type.digits};
    for (;;) {
        const char *comma = text.n ? memchr(text.p, ',', text.n) : NULL;
        struct str part = {text.p, comma ? (size_t)(comma - text.p) : text.n};
        struct value v;
        if (!read_scalar(f, str_trim(part), item, &v)) return false;
        arena_push(f->arena, items, n, cap, v);
        if (!comma) break;
        text = (struct str){comma + 1, text.n - part.n - 1};
    }
    struct list *list = arena_alloc(f->arena, sizeof *list + n * sizeof *items);
    list->n = n;
    memcpy(list->items, items, n * sizeof *items);
    *out = (struct value){.list = list, .type = VALUE_LIST};
    return true;
}

static const struct param_value *override_of(const struct front *f, struct str name) {
    const struct param_value *found = NULL;
    for (uint32_t i = 0; i < f->nparams; i++)
        if (str_equal(f->params[i].name, name)) found = &f->params[i]; /* the last one counts */
    return found;
}

static void override(struct front *f, struct symbol *s, struct type type) {
    const struct param_value *given = override_of(f, s->name.text);
    if (!given) return;
    struct value v;
    if (given->value) { /* its type was checked with the test */
        struct place p = {.front = f, .kind = PLACE_CONSTANT, .variable = FRONT_NOTHING,
                          .stream = FRONT_NOTHING, .single = FRONT_NOTHING, .list_here = true};
        type_expr(&p, given->value);
        type_adapt(&p, given->value, type);
        v = typed_of(f->set, given->value)->value;
    } else if (!read_value(f, given->text, type, &v)) {
        struct diag *m = diag_error(f->diags, s->name.span,
                                    "`%.*s` was set to `%.*s`, which is not %s",
                                    STR_FMT(s->name.text), STR_FMT(given->text),
                                    type_text(type, f->arena));
        if (type.base == VALUE_DECIMAL)
            diag_help(f->diags, m, "a number with at most %u digits behind the point", type.digits);
        s->bad = true;
        return;
    }
    struct typed *t = typed_of(f->set, s->value);
    t->type = type;
    t->value = v;
    t->constant = true;
    t->exact = value_null();
}

/* ---- lists and params ------------------------------------------------------------------------ */

static void error_param(struct front *f, struct place *p, struct symbol *s, struct type type) {
    const char *wanted = type_text(type, f->arena);
    const char *article = strchr("aeiou", wanted[0]) ? "an" : "a";
    const struct typed *t = typed_of(f->set, s->value);
    if (type_is_number(type) && type_is_number(t->type))
        diag_error(f->diags, s->value->span, "`%.*s` is %s %s: it cannot be %s exactly",
                   STR_FMT(s->name.text), article, wanted, place_text(p, s->value));
    else
        diag_error(f->diags, s->value->span, "`%.*s` is %s %s, but its value is %s",
                   STR_FMT(s->name.text), article, wanted, place_type(p, s->value));
    s->bad = true;
}

static void compute(struct front *f, struct symbol *s) {
    struct place p = {.front = f, .kind = PLACE_CONSTANT, .variable = FRONT_NOTHING,
                      .stream = FRONT_NOTHING, .single = FRONT_NOTHING};
    type_expr(&p, s->value);
    struct typed *t = typed_of(f->set, s->value);
    if (t->bad) {
        s->bad = true;
        return;
    }
    if (!t->constant) {
        diag_error(f->diags, s->value->span, "the value of a %s is known before any event",
                   s->kind == SYMBOL_PARAM ? "param" : "list");
        s->bad = true;
        return;
    }
    if (s->kind == SYMBOL_LIST) {
        if (t->type.base == VALUE_LIST) return;
        struct diag *m = diag_error(f->diags, s->value->span, "the value of a list is a list");
        diag_help(f->diags, m, "write [%s]", place_text(&p, s->value));
        s->bad = true;
        return;
    }
    struct type type = type_of_ref(&s->param->type);
    type_adapt(&p, s->value, type);
    t = typed_of(f->set, s->value);
    if (!type_equal(t->type, type)) error_param(f, &p, s, type);
    else t->exact = value_null(); /* a param has the type that it says */
    if (!s->bad) override(f, s, type);
}

void value_need(struct front *f, struct symbol *s) {
    if (s->kind == SYMBOL_LET || s->mark == VALUE_DONE) return;
    if (s->mark == VALUE_OPEN) {
        diag_error(f->diags, s->name.span, "`%.*s` needs itself", STR_FMT(s->name.text));
        s->bad = true;
        return;
    }
    s->mark = VALUE_OPEN;
    uint32_t depth = f->depth;
    compute(f, s);
    f->depth = depth;
    s->mark = VALUE_DONE;
}

void values_compute(struct front *f) {
    for (uint32_t i = 0; i < f->values.n; i++) value_need(f, f->values.entries[i].value);
    for (uint32_t i = 0; i < f->nparams; i++) {
        struct name name = {.text = f->params[i].name};
        struct symbol *s = front_symbol(&f->values, name);
        if (s && s->kind == SYMBOL_PARAM) continue;
        struct diag *m = diag_error(f->diags, (struct span){0, 0, 0},
                                    "there is no param `%.*s` to set", STR_FMT(name.text));
        struct str *names = NULL;
        uint32_t n = 0, cap = 0;
        for (uint32_t k = 0; k < f->values.n; k++) {
            const struct symbol *other = f->values.entries[k].value;
            if (other->kind == SYMBOL_PARAM) arena_push(f->arena, names, n, cap, other->name.text);
        }
        front_nearest(f, m, name.text, names, n);
    }
}
