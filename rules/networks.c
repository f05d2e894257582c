/* networks: 10.0.0.0/8 is written like an address, and no value is one: it stands behind `in`,
 * alone or in a list, or has a name for that. Elsewhere its length would be lost, so it is refused.
 *
 * Looks through an expression that has been typed, down to the constants. Expressions are shallow
 * (PARSE_MAX_HEIGHT, TYPE_MAX_DEPTH). Tests: tests/cases/check/types.case
 */
#include "rules/front.h"

static bool is_network(struct value v) {
    if (v.type == VALUE_IP) return v.digits != 128;
    for (uint32_t i = 0; v.type == VALUE_LIST && i < v.list->n; i++)
        if (is_network(v.list->items[i])) return true;
    return false;
}

static void refuse(struct place *p, const struct expr *e, bool list) {
    struct diag *m = place_error(p, e->span, list ? "`%s` holds networks, not addresses"
                                                  : "`%s` is a network, not one address",
                                 place_text(p, e));
    diag_help(p->front->diags, m, "write: … in %s", place_text(p, e));
    front_typed(p->front, e)->bad = true;
}

void check_networks(struct place *p, const struct expr *e) {
    const struct typed *t = typed_in(p, e);
    if (t->bad) return;
    if (t->constant) {
        if (is_network(t->value)) refuse(p, e, t->type.base == VALUE_LIST);
        return;
    }
    if (e->kind == EXPR_BINARY && e->op == OP_IN) {
        check_networks(p, e->args[0]);
        const struct expr *right = e->args[1];
        if (typed_in(p, right)->constant) return;
        if (right->kind != EXPR_LIST) check_networks(p, right);
        for (uint32_t i = 0; right->kind == EXPR_LIST && i < right->nargs; i++)
            if (!typed_in(p, right->args[i])->constant) check_networks(p, right->args[i]);
        return;
    }
    const struct expr *body = typed_expr(p->front->set, e); /* of a let */
    if (body != e) {
        check_networks(p, body);
        return;
    }
    for (uint32_t i = 0; i < e->nargs; i++) check_networks(p, e->args[i]);
    if (e->where) check_networks(p, e->where);
}
