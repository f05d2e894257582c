/* visit: see visit.h.
 *
 *   fingerprint   ┌ mark of the node ┐┌ mark of its first child ┐ …    in the order of the visit
 *
 * Marks have one size and say how many children follow, so the bytes are unambiguous. A mark holds
 * only what the node's binding gives a meaning to: what the front leaves in other members must not
 * make a difference.
 */
#include "rules/visit.h"

void visit_start(struct visit *w, const struct rule_set *set, const struct expr *e) {
    *w = (struct visit){.set = set};
    if (e) arena_push(set->arena, w->stack, w->n, w->cap, e);
}

bool visit_is_leaf(const struct rule_set *set, const struct expr *e) {
    const struct typed *t = typed_of(set, e);
    return t->constant || t->binding == BIND_FIELD || t->binding == BIND_TAKEN ||
            t->binding == BIND_VARIABLE || t->binding == BIND_STREAM ||
            t->binding == BIND_ELEMENT || t->binding == BIND_CELL;
}

const struct expr *visit_next(struct visit *w) {
    if (w->n == 0) return NULL;
    const struct expr *e = typed_expr(w->set, w->stack[--w->n]);
    if (visit_is_leaf(w->set, e)) return e;
    if (e->where) arena_push(w->set->arena, w->stack, w->n, w->cap, e->where);
    for (uint32_t i = e->nargs; i-- > 0;)
        arena_push(w->set->arena, w->stack, w->n, w->cap, e->args[i]);
    return e;
}

/* ---- fingerprints ---------------------------------------------------------------------------- */

struct mark { /* no gaps: it is compared by its bytes */
    uint32_t kind, binding, op, what, number, nargs;
    uint16_t field, variable;
    uint8_t negated, ignoring_case, where, constant;
    uint8_t base, item, digits, operand_base;
    uint8_t operand_item, operand_digits, zero[2];
};
_Static_assert(sizeof(struct mark) == 40, "a mark has no gaps");

static void mark_type(struct mark *m, struct type type) {
    m->base = (uint8_t)type.base;
    m->item = (uint8_t)type.item;
    m->digits = type.digits;
}

void fingerprint_field(uint16_t field, struct type type, struct buf *out) {
    struct mark m = {.binding = BIND_FIELD, .field = field};
    mark_type(&m, type);
    buf_add(out, &m, sizeof m);
}

static void mark_constant(const struct typed *t, struct buf *out) {
    struct mark m = {.constant = 1};
    mark_type(&m, t->type);
    buf_add(out, &m, sizeof m);
    value_encode(out, t->value);
}

static struct mark mark_of(const struct expr *e, const struct typed *t) {
    struct mark m = {.binding = t->binding, .nargs = e->nargs, .where = e->where != NULL};
    mark_type(&m, t->type);
    m.operand_base = (uint8_t)t->operands.base;
    m.operand_item = (uint8_t)t->operands.item;
    m.operand_digits = t->operands.digits;
    switch (t->binding) {
    case BIND_NONE:
        m.kind = e->kind;
        if (e->kind == EXPR_BINARY) m.op = e->op;
        m.negated = e->negated;
        m.ignoring_case = e->ignoring_case;
        break;
    case BIND_IN_TABLE: m.negated = e->negated; /* fall through */
    case BIND_ROW:
    case BIND_COLUMN:
    case BIND_FIELD: m.field = t->field; break;
    case BIND_CELL: m.field = t->field; break;
    case BIND_VARIABLE: m.variable = t->variable; break;
    case BIND_TAKEN:
        m.variable = t->variable;
        m.field = t->field;
        break;
    case BIND_PICK:
        m.variable = t->variable;
        m.number = (uint32_t)t->pick;
        break;
    case BIND_AGGREGATE:
        m.variable = t->variable;
        m.what = t->aggregate;
        m.number = t->depth;
        break;
    case BIND_PREV:
        m.number = t->depth;
        m.variable = t->stream;
        break;
    case BIND_WINDOW:
        m.what = t->aggregate;
        m.variable = t->stream;
        m.op = e->window.kind;
        break;
    case BIND_FUNCTION: m.what = t->function; break;
    case BIND_STREAM:
    case BIND_ELEMENT:
    case BIND_STEP: break;
    }
    return m;
}

void fingerprint(const struct rule_set *set, const struct expr *root, struct buf *out) {
    struct visit w;
    visit_start(&w, set, root);
    for (const struct expr *e; (e = visit_next(&w));) {
        const struct typed *t = typed_of(set, e);
        if (t->constant) {
            mark_constant(t, out);
        } else if (t->binding == BIND_FIELD) {
            fingerprint_field(t->field, t->type, out);
        } else {
            struct mark m = mark_of(e, t);
            if (visit_is_leaf(set, e)) m.nargs = 0;
            buf_add(out, &m, sizeof m);
            if (t->binding == BIND_WINDOW) {
                buf_add(out, &t->length, sizeof t->length);
                buf_add(out, &e->window.step_ns, sizeof e->window.step_ns);
                buf_add(out, &t->percent, sizeof t->percent);
            }
            /* The element's name: an any() within another may hide it. */
            if (e->kind == EXPR_ANY || t->binding == BIND_ELEMENT) {
                uint32_t n = (uint32_t)e->name.text.n;
                buf_add(out, &n, sizeof n);
                buf_str(out, e->name.text);
            }
        }
    }
}

bool fingerprint_equal(const struct rule_set *set, const struct expr *a, const struct expr *b) {
    struct buf x, y;
    buf_init(&x);
    buf_init(&y);
    fingerprint(set, a, &x);
    fingerprint(set, b, &y);
    bool equal = str_equal(buf_view(&x), buf_view(&y));
    buf_fini(&x);
    buf_fini(&y);
    return equal;
}
