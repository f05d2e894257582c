/* types: gives each expression its type, its level and what its name means; see struct typed.
 *
 *   type_expr ─→ literal · name (resolve.c) · operator (operators.c, arithmetic.c) · call (calls.c,
 *            │   aggregates.c) · look-up (tables.c) · let (lets.c)
 *            └─→ fold_expr where all operands are constant
 *
 * What is wrong gives one message at the innermost place that shows it, and the node becomes
 * `bad`; whatever contains a bad node is bad too and says nothing. A number written in the text
 * has no type of its own yet: it becomes what it stands beside (type_adapt), and its exact decimal
 * is kept for that.
 *
 * Operators of one level are parsed to the left, so a long chain is a deep left spine: it is gone
 * down and up in a loop. All other nesting is bounded by the parser; lets can nest what they
 * expand to, hence the depth counted here.
 * Tests: tests/cases/check/types.case
 */
#include <stdlib.h>

#include "base/decimal.h"
#include "grammar/print.h"
#include "rules/front.h"

enum { TYPE_MAX_DEPTH = 1000 };

/* ---- messages -------------------------------------------------------------------------------- */

static bool span_within(struct span inner, struct span outer) {
    return inner.file == outer.file && inner.start >= outer.start && inner.end <= outer.end;
}

static struct diag *place_say(const struct place *p, bool error, struct span at, const char *fmt,
                              va_list ap) {
    struct diags *diags = p->front->diags;
    struct buf text;
    buf_init(&text);
    buf_vprintf(&text, fmt, ap);
    const struct use *outermost = p->uses;
    while (outermost && outermost->outer) outermost = outermost->outer;
    bool inside = outermost && !span_within(at, outermost->span);
    struct span shown = inside ? outermost->span : at;
    struct diag *m = error ? diag_error(diags, shown, "%s", buf_cstr(&text))
                           : diag_warning(diags, shown, "%s", buf_cstr(&text));
    if (inside) {
        struct str name = p->uses->let->name.text;
        diag_related(diags, m, at, "in `%.*s`, which is used there", STR_FMT(name));
    }
    buf_fini(&text);
    return m;
}

struct diag *place_error(const struct place *p, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = place_say(p, true, at, fmt, ap);
    va_end(ap);
    return m;
}

struct diag *place_warning(const struct place *p, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = place_say(p, false, at, fmt, ap);
    va_end(ap);
    return m;
}

bool front_nearest(struct front *f, struct diag *m, struct str name, const struct str *names,
                   size_t n) {
    size_t best = str_nearest(name, names, n);
    if (best == SIZE_MAX || str_equal(names[best], name)) return false;
    diag_help(f->diags, m, "did you mean `%.*s`?", STR_FMT(names[best]));
    return true;
}

/* ---- types as such --------------------------------------------------------------------------- */

bool type_equal(struct type a, struct type b) {
    if (a.base != b.base) return false;
    if (a.base == VALUE_DECIMAL) return a.digits == b.digits;
    if (a.base != VALUE_LIST) return true;
    return a.item == b.item && (a.item != VALUE_DECIMAL || a.digits == b.digits);
}

static const char *base_text(enum value_type base, unsigned digits, struct arena *arena) {
    if (base == VALUE_DECIMAL) return arena_printf(arena, "decimal(%u)", digits);
    return value_type_name(base);
}

const char *type_text(struct type type, struct arena *arena) {
    if (type.base != VALUE_LIST) return base_text(type.base, type.digits, arena);
    if (type.item == VALUE_NULL) return "list";
    return arena_printf(arena, "list of %s", base_text(type.item, type.digits, arena));
}

struct type type_of_field(const struct schema_field *field) {
    return (struct type){field->type, field->item, field->digits};
}

struct type type_of_ref(const struct type_ref *ref) {
    static const enum value_type bases[] = {
        [TYPE_BOOL] = VALUE_BOOL,       [TYPE_INT] = VALUE_INT,       [TYPE_FLOAT] = VALUE_FLOAT,
        [TYPE_DECIMAL] = VALUE_DECIMAL, [TYPE_STRING] = VALUE_STRING, [TYPE_TIME] = VALUE_TIME,
        [TYPE_DURATION] = VALUE_DURATION, [TYPE_IP] = VALUE_IP,
    };
    struct type t = {.base = bases[ref->name], .digits = (uint8_t)ref->digits};
    if (ref->name != TYPE_DECIMAL) t.digits = 0;
    if (ref->list) {
        t.item = t.base;
        t.base = VALUE_LIST;
    }
    return t;
}

const char *place_type(const struct place *p, const struct expr *e) {
    struct type t = typed_in(p, e)->type;
    if (t.base == VALUE_NULL) return "null";
    const char *text = type_text(t, p->front->arena);
    const char *article = strchr("aeiou", text[0]) ? "an" : "a";
    return arena_printf(p->front->arena, "%s %s", article, text);
}

const char *place_text(const struct place *p, const struct expr *e) {
    struct buf out;
    buf_init(&out);
    print_expr(e, &out);
    struct str text = buf_view(&out);
    if (text.n > 60) { /* a message is one line */
        out.n = 57;
        while (out.n > 0 && ((unsigned char)out.p[out.n] & 0xC0) == 0x80) out.n--;
        buf_text(&out, "…");
        text = buf_view(&out);
    }
    text = arena_copy(p->front->arena, text);
    buf_fini(&out);
    return text.p;
}

/* ---- one type for several -------------------------------------------------------------------- */

static bool is_open(const struct typed *t) {
    return t->constant && t->exact.type != VALUE_NULL;
}

static bool is_whole(struct value exact) {
    struct value whole;
    return fold_convert(exact, type_base(VALUE_INT), &whole);
}

struct numbers { /* what stands among the operands */
    bool floats, ints, decimals; /* settled ones */
    bool open_points;            /* written numbers with a fraction */
    uint8_t digits;              /* most, of the settled decimals */
    uint8_t open_digits;         /* most, of the written ones */
    bool inexact;                /* a written one that has no decimal */
};

static void numbers_add(struct numbers *all, const struct typed *t, int flags) {
    if (is_open(t)) {
        if (t->exact.digits > all->open_digits) all->open_digits = t->exact.digits;
        bool whole = t->type.base == VALUE_INT || ((flags & COMMON_WHOLE) && is_whole(t->exact));
        if (!whole) all->open_points = true;
    } else if (t->type.base == VALUE_FLOAT) {
        all->floats = true;
    } else if (t->type.base == VALUE_DECIMAL) {
        all->decimals = true;
        if (t->type.digits > all->digits) all->digits = t->type.digits;
    } else {
        all->ints = true;
    }
}

static struct type numbers_type(const struct numbers *all) {
    if (all->floats) return type_base(VALUE_FLOAT);
    if (all->decimals) {
        uint8_t digits = all->open_digits > all->digits ? all->open_digits : all->digits;
        return (struct type){.base = VALUE_DECIMAL, .digits = digits};
    }
    return type_base(all->open_points ? VALUE_FLOAT : VALUE_INT);
}

bool type_common(struct place *p, const struct expr *const *v, uint32_t n, int flags,
                 struct type *out, uint32_t *odd, uint32_t *with) {
    struct numbers all = {0};
    struct type type = type_base(VALUE_NULL);
    uint32_t first = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct typed *t = typed_in(p, v[i]);
        if (t->bad || t->type.base == VALUE_NULL) continue;
        if (type.base == VALUE_NULL) {
            type = t->type;
            first = i;
        } else if (type_is_number(type) ? !type_is_number(t->type) : !type_equal(type, t->type)) {
            *odd = i;
            *with = first;
            return false;
        }
        if (type_is_number(t->type)) numbers_add(&all, t, flags);
    }
    if (type_is_number(type)) {
        type = numbers_type(&all);
        for (uint32_t i = 0; i < n; i++) type_adapt(p, v[i], type);
    }
    *out = type;
    return true;
}

void type_adapt(struct place *p, const struct expr *e, struct type to) {
    struct typed *t = typed_in(p, e);
    if (t->bad || !t->constant || type_equal(t->type, to)) return;
    struct value value;
    if (value_is_null(t->value)) {
        t->type = to;
        return;
    }
    struct value from = is_open(t) ? t->exact : t->value;
    if (!fold_convert_list(p->front->arena, from, to, &value)) return;
    t->value = value;
    t->type = to;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

struct typed *front_typed(struct front *f, const struct expr *e) {
    struct rule_set *set = f->set;
    if (e->id >= f->typed_cap) {
        uint32_t cap = f->typed_cap ? f->typed_cap * 2 : 1024;
        if (cap < f->tree->nexprs) cap = f->tree->nexprs;
        if (cap <= e->id) cap = e->id + 1;
        struct typed *grown = arena_array(f->arena, struct typed, cap);
        if (f->typed_cap) memcpy(grown, set->typed, sizeof *grown * f->typed_cap);
        set->typed = grown;
        f->typed_cap = cap;
    }
    set->ntyped = f->tree->nexprs;
    return &set->typed[e->id];
}

static void type_constant(struct typed *t, struct type type, struct value value) {
    t->type = type;
    t->value = value;
    t->constant = true;
}

static void type_number(struct place *p, const struct expr *e, struct typed *t) {
    int digits = decimal_digits(e->text);
    int64_t scaled;
    if (digits >= 0 && decimal_parse(e->text, (unsigned)digits, &scaled) == DECIMAL_OK)
        t->exact = (struct value){.i = scaled, .type = VALUE_DECIMAL, .digits = (uint8_t)digits};
    char text[400];
    double number = 0;
    if (e->text.n < sizeof text) {
        memcpy(text, e->text.p, e->text.n);
        text[e->text.n] = 0;
        number = strtod(text, NULL);
    }
    if (e->text.n >= sizeof text || number > 1.7976931348623157e308) {
        place_error(p, e->span, "this number is too large");
        t->bad = true;
    }
    type_constant(t, type_base(VALUE_FLOAT), value_float(number));
}

static void type_address(struct place *p, const struct expr *e, struct typed *t) {
    struct value v = {.type = VALUE_IP};
    if (!ip_parse(e->text, &v.ip, &v.digits)) {
        struct diag *m = place_error(p, e->span, "`%.*s` is no address", STR_FMT(e->text));
        diag_help(p->front->diags, m,
                  "an address is written 10.0.0.1 or 2001:db8::1, a network 10.0.0.0/8");
        t->bad = true;
    }
    type_constant(t, type_base(VALUE_IP), v);
}

static void type_literal(struct place *p, const struct expr *e) {
    struct typed t = {.level = LEVEL_CONSTANT};
    struct value whole = {.i = e->integer};
    switch (e->kind) {
    case EXPR_BOOL: whole.type = VALUE_BOOL; break;
    case EXPR_INT: whole.type = VALUE_INT; break;
    case EXPR_DURATION: whole.type = VALUE_DURATION; break;
    case EXPR_TIME: whole.type = VALUE_TIME; break;
    case EXPR_STRING: whole = value_str(e->text); break;
    case EXPR_NUMBER: type_number(p, e, &t); break;
    case EXPR_IP: type_address(p, e, &t); break;
    case EXPR_NULL: whole.type = VALUE_NULL; break;
    default: t.bad = true; break;
    }
    if (e->kind != EXPR_NUMBER && e->kind != EXPR_IP && !t.bad)
        type_constant(&t, type_base((enum value_type)whole.type), whole);
    if (e->kind == EXPR_INT) t.exact = (struct value){.i = e->integer, .type = VALUE_DECIMAL};
    *front_typed(p->front, e) = t;
}

bool type_condition(struct place *p, const struct expr *e, const char *what) {
    const struct typed *t = typed_in(p, e);
    if (t->bad) return false;
    if (t->type.base == VALUE_BOOL || t->type.base == VALUE_NULL) return true;
    struct diag *m = place_error(p, e->span, "%s is true or false, but `%s` is %s", what,
                                 place_text(p, e), place_type(p, e));
    if (type_is_number(t->type)) {
        diag_help(p->front->diags, m, "compare it with something: %s > 0", place_text(p, e));
    } else if (t->type.base == VALUE_STRING) {
        diag_help(p->front->diags, m, "compare it with something: %s = \"…\"", place_text(p, e));
    }
    typed_in(p, e)->bad = true;
    return false;
}

static void type_unary(struct place *p, const struct expr *e) {
    const struct expr *arg = e->args[0];
    type_expr(p, arg);
    struct typed t = {.binding = BIND_NONE};
    bool negate = e->kind == EXPR_NEGATE;
    if (!negate) type_condition(p, arg, "what `not` stands before");
    const struct typed *a = typed_in(p, arg);
    t.level = a->level;
    t.bad = a->bad;
    t.type = negate ? a->type : type_base(VALUE_BOOL);
    if (negate && !a->bad && !type_is_number(a->type) && a->type.base != VALUE_DURATION &&
        a->type.base != VALUE_NULL) {
        place_error(p, e->span, "`-` needs a number or a duration, but `%s` is %s",
                    place_text(p, arg), place_type(p, arg));
        t.bad = true;
    }
    *front_typed(p->front, e) = t;
    fold_expr(p, e);
}

/* Down the left side of a chain of operators, then up again, typing one right operand at each. */
static void type_chain(struct place *p, const struct expr *e) {
    const struct expr **chain = NULL;
    uint32_t n = 0, cap = 0;
    for (; e->kind == EXPR_BINARY; e = e->args[0])
        arena_push(p->front->arena, chain, n, cap, e);
    type_expr(p, e);
    while (n > 0) {
        const struct expr *op = chain[--n];
        if (op->op == OP_IN && table_named(p, op->args[1])) {
            type_in_table(p, op);
            continue;
        }
        p->list_here = op->op == OP_IN && op->args[1]->kind == EXPR_LIST;
        type_expr(p, op->args[1]);
        p->list_here = false;
        type_binary(p, op);
        fold_expr(p, op);
    }
}

static void type_any(struct place *p, const struct expr *e) {
    type_expr(p, e->args[0]);
    struct typed list = *typed_in(p, e->args[0]);
    bool bad = list.bad;
    if (!bad && (list.type.base != VALUE_LIST || list.type.item == VALUE_LIST)) {
        place_error(p, e->args[0]->span, "`any` looks at the items of a list, but `%s` is %s",
                    place_text(p, e->args[0]), place_type(p, e->args[0]));
        bad = true;
    }
    struct element element = {.name = e->name, .level = list.level, .outer = p->elements};
    element.type = (struct type){.base = list.type.item, .digits = list.type.digits};
    struct place inner = *p;
    inner.elements = &element;
    if (!bad) {
        type_expr(&inner, e->args[1]);
        type_condition(&inner, e->args[1], "what `any` tests");
        bad = typed_in(p, e->args[1])->bad;
    }
    struct typed t = {.type = type_base(VALUE_BOOL), .bad = bad, .level = list.level};
    struct typed *cond = front_typed(p->front, e->args[1]);
    if (cond->level > t.level) t.level = cond->level;
    *front_typed(p->front, e) = t;
}

static void type_node(struct place *p, const struct expr *e) {
    switch (e->kind) {
    case EXPR_NAME: resolve_name(p, e); break;
    case EXPR_FIELD: resolve_member(p, e); break;
    case EXPR_INDEX: type_row(p, e); break;
    case EXPR_NOT:
    case EXPR_NEGATE: type_unary(p, e); break;
    case EXPR_BINARY: type_chain(p, e); break;
    case EXPR_BETWEEN:
        for (uint32_t i = 0; i < 3; i++) type_expr(p, e->args[i]);
        type_between(p, e);
        fold_expr(p, e);
        break;
    case EXPR_LIST: type_list(p, e); break;
    case EXPR_CALL: type_call(p, e); break;
    case EXPR_ANY: type_any(p, e); break;
    default: type_literal(p, e); break;
    }
}

void type_expr(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    front_typed(f, e);
    if (f->depth == TYPE_MAX_DEPTH) {
        struct diag *m = place_error(p, e->span, "this nests too deep once its lets are expanded");
        diag_help(f->diags, m, "at most %d levels", TYPE_MAX_DEPTH);
        if (p->uses) p->uses->let->bad = true; /* said once */
        front_typed(f, e)->bad = true;
        return;
    }
    f->depth++;
    type_node(p, e);
    f->depth--;
    if (f->depth == 0 && p->kind != PLACE_CONSTANT) check_networks(p, e);
}
