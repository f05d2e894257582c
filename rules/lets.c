/* lets: names for expressions, expanded where they are used.
 *
 *   let too_fast(by) = speed > limit + by
 *   where fast: too_fast(10)
 *               └── replaced by a copy: speed > limit + 10
 *
 * Each use gets a copy of its own, since what names mean and what numbers become depends on the
 * place. Arguments are copied as often as the parameter stands in the definition, so definitions
 * that use one another can grow without measure; LET_MAX_NODES bounds the sum. A let that needs
 * itself is found before anything is expanded: a search in depth along the names of each
 * definition, with colours; a cycle is told once, with all its members.
 * Tests: tests/cases/check/lets.case
 */
#include "rules/front.h"

enum { LET_MAX_NODES = 200000 };

/* ---- copies ---------------------------------------------------------------------------------- */

struct cloning {
    struct front *front;
    const struct let_decl *let; /* NULL: a plain copy */
    struct expr **args;         /* for its parameters */
    struct name *shadow;        /* names of any() that hide parameters */
    uint32_t nshadow, shadow_cap;
};

static struct expr *clone(struct cloning *c, const struct expr *e);

static uint32_t param_of(const struct cloning *c, const struct expr *e) {
    if (!c->let || e->kind != EXPR_NAME) return NONE;
    for (uint32_t i = 0; i < c->nshadow; i++)
        if (str_equal(c->shadow[i].text, e->name.text)) return NONE;
    for (uint32_t i = 0; i < c->let->nparams; i++)
        if (str_equal(c->let->params[i].text, e->name.text)) return i;
    return NONE;
}

/* The node itself, its operands still those of the original. */
static struct expr *clone_node(struct cloning *c, const struct expr *e) {
    struct expr *copy = tree_expr(c->front->tree, e->kind, e->span);
    uint32_t id = copy->id;
    *copy = *e;
    copy->id = id;
    c->front->expanded++;
    if (e->nargs) copy->args = arena_array(c->front->arena, struct expr *, e->nargs);
    return copy;
}

/* Operators are chained to the left: down that side without recursion. */
static struct expr *clone(struct cloning *c, const struct expr *e) {
    uint32_t param = param_of(c, e);
    if (param != NONE) return expr_clone(c->front, c->args[param]);
    struct expr *top = clone_node(c, e), *at = top;
    while (e->nargs > 0) {
        bool any = e->kind == EXPR_ANY;
        for (uint32_t i = 1; i < e->nargs; i++) {
            if (any) arena_push(c->front->arena, c->shadow, c->nshadow, c->shadow_cap, e->name);
            at->args[i] = clone(c, e->args[i]);
            if (any) c->nshadow--;
        }
        if (e->where) at->where = clone(c, e->where);
        if (e->kind != EXPR_BINARY) {
            at->args[0] = clone(c, e->args[0]);
            return top;
        }
        e = e->args[0];
        param = param_of(c, e);
        if (param != NONE) {
            at->args[0] = expr_clone(c->front, c->args[param]);
            return top;
        }
        at->args[0] = clone_node(c, e);
        at = at->args[0];
    }
    if (e->where) at->where = clone(c, e->where);
    return top;
}

struct expr *expr_clone(struct front *f, const struct expr *e) {
    struct cloning c = {.front = f};
    return clone(&c, e);
}

/* ---- uses ------------------------------------------------------------------------------------ */

static bool arguments_fit(struct place *p, const struct expr *e, const struct symbol *s) {
    uint32_t given = e->kind == EXPR_CALL ? e->nargs : 0, wanted = s->let->nparams;
    if (given == wanted) return true;
    struct diag *m = place_error(p, e->span, "`%.*s` takes %u argument%s, here %s %u",
                                 STR_FMT(s->name.text), wanted, wanted == 1 ? "" : "s",
                                 given == 1 ? "is" : "are", given);
    diag_related(p->front->diags, m, s->name.span, "it is defined here");
    return false;
}

void let_expand(struct place *p, const struct expr *e, struct symbol *let) {
    struct front *f = p->front;
    if (let->bad || !arguments_fit(p, e, let)) {
        front_typed(f, e)->bad = true;
        return;
    }
    if (f->expanded > LET_MAX_NODES) {
        struct diag *m = place_error(p, e->span, "the lets of these files expand to more than %d "
                                                 "parts", LET_MAX_NODES);
        diag_help(f->diags, m, "each use is a copy of the definition");
        diag_related(f->diags, m, let->name.span, "this one is defined here");
        let->bad = true; /* said once */
        front_typed(f, e)->bad = true;
        return;
    }
    struct cloning c = {.front = f, .let = let->let, .args = e->args};
    struct expr *copy = clone(&c, let->let->value);
    struct use use = {.let = let, .span = e->span, .outer = p->uses};
    struct place inner = *p;
    inner.uses = &use;
    type_expr(&inner, copy);
    front_typed(f, e)->replaced = copy;
}

/* ---- cycles ---------------------------------------------------------------------------------- */

enum { LET_NEW, LET_OPEN, LET_DONE };

struct search {
    struct front *front;
    struct symbol **open; /* the way down */
    uint32_t n, cap;
};

static void report_cycle(struct search *s, const struct symbol *again) {
    struct front *f = s->front;
    uint32_t from = s->n;
    while (from > 0 && s->open[from - 1] != again) from--;
    struct buf chain;
    buf_init(&chain);
    for (uint32_t i = from - 1; i < s->n; i++) {
        s->open[i]->bad = true;
        if (i - from + 1 < 10) buf_printf(&chain, "`%.*s` → ", STR_FMT(s->open[i]->name.text));
        else if (i - from + 1 == 10) buf_text(&chain, "… → ");
    }
    struct diag *m = diag_error(f->diags, again->name.span, "this let needs itself: %s`%.*s`",
                                buf_cstr(&chain), STR_FMT(again->name.text));
    if (s->n > from)
        diag_related(f->diags, m, s->open[s->n - 1]->name.span, "which needs it again");
    buf_fini(&chain);
}

struct frame { /* a node of a definition whose operands are being looked at */
    const struct expr *e;
    struct symbol *let; /* set on the frame that holds a whole definition */
};

static bool is_param(const struct symbol *let, struct str name) {
    for (uint32_t i = 0; i < let->let->nparams; i++)
        if (str_equal(let->let->params[i].text, name)) return true;
    return false;
}

/* Goes into the definition of `let`, then into those of the lets it names; a frame with `e` NULL
 * ends one. */
static void search_from(struct search *s, struct symbol *let) {
    struct arena *arena = s->front->arena;
    struct frame *stack = NULL;
    uint32_t n = 0, cap = 0;
    arena_push(arena, stack, n, cap, ((struct frame){NULL, let}));
    while (n > 0) {
        struct frame top = stack[--n];
        if (top.let && top.let->mark == LET_NEW) {
            top.let->mark = LET_OPEN;
            arena_push(arena, s->open, s->n, s->cap, top.let);
            arena_push(arena, stack, n, cap, ((struct frame){NULL, top.let}));
            arena_push(arena, stack, n, cap, ((struct frame){top.let->let->value, NULL}));
            continue;
        }
        if (top.let && s->n && s->open[s->n - 1] == top.let && !top.e) {
            top.let->mark = LET_DONE;
            s->n--;
            continue;
        }
        if (!top.e) continue;
        const struct expr *e = top.e;
        for (uint32_t i = 0; i < e->nargs; i++)
            arena_push(arena, stack, n, cap, ((struct frame){e->args[i], NULL}));
        if (e->where) arena_push(arena, stack, n, cap, ((struct frame){e->where, NULL}));
        if (e->kind != EXPR_NAME && e->kind != EXPR_CALL) continue;
        struct symbol *to = front_symbol(&s->front->values, e->name);
        if (!to || to->kind != SYMBOL_LET) continue;
        if (e->kind == EXPR_NAME && is_param(s->open[s->n - 1], e->name.text)) continue;
        if (to->mark == LET_OPEN) report_cycle(s, to);
        else if (to->mark == LET_NEW) arena_push(arena, stack, n, cap, ((struct frame){NULL, to}));
    }
}

void lets_check(struct front *f) {
    struct search s = {.front = f};
    for (uint32_t i = 0; i < f->values.n; i++) {
        struct symbol *let = f->values.entries[i].value;
        if (let->kind == SYMBOL_LET && let->mark == LET_NEW) search_from(&s, let);
    }
}
