/* computed: keys that are expressions: `by lower(card)`, `by (src, date(at))`.
 *
 * Such a key becomes a hidden field of its stream, behind those that are declared: no name means
 * it, no decoder sees it, the engine fills its column when a batch is opened (engine/schema.h).
 * So keys are fields everywhere. The key's expression is replaced by that field; what computes it
 * stands in set->computed. Equal expressions of one stream share a field.
 * Tests: tests/cases/check/keys.case, tests/unit/rules/test_layout.c (computed)
 */
#include "rules/front.h"
#include "rules/visit.h"

/* As written, cut where it would fill a screen. */
enum { NAME_BYTES = 120 };

/* A copy of the node, under which it is known from now on; its operands stay. */
static const struct expr *moved(struct front *f, const struct expr *e) {
    struct expr *copy = tree_expr(f->tree, e->kind, e->span);
    uint32_t id = copy->id;
    *copy = *e;
    copy->id = id;
    struct typed t = *typed_of(f->set, e);
    *front_typed(f, copy) = t;
    return copy;
}

static uint16_t add_field(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    struct schema *s = &f->set->streams[p->stream];
    uint32_t n = s->nfields + s->ncomputed;
    if (n == SCHEMA_MAX_FIELDS) {
        diag_error(f->diags, e->span, "stream %.*s has %d fields and computed keys already: that "
                                      "is as many as there can be", STR_FMT(s->name), n);
        return FRONT_NOTHING;
    }
    struct schema_field *fields = arena_array(f->arena, struct schema_field, n + 1);
    memcpy(fields, s->fields, n * sizeof *fields);
    struct type type = typed_in(p, e)->type;
    struct str name = str_of(place_text(p, e));
    if (name.n > NAME_BYTES) name.n = NAME_BYTES;
    fields[n] = (struct schema_field){.name = name, .type = type.base, .digits = type.digits};
    s->fields = fields;
    s->ncomputed++;
    return (uint16_t)n;
}

void computed_key(struct place *p, const struct expr *key) {
    struct front *f = p->front;
    struct rule_set *set = f->set;
    const struct expr *e = typed_expr(set, key);
    struct typed as_field = {.type = typed_in(p, e)->type, .level = LEVEL_EVENT,
                             .binding = BIND_FIELD, .field = FRONT_NOTHING};
    for (uint32_t i = 0; i < set->ncomputed; i++) {
        const struct computed *c = &set->computed[i];
        if (c->stream == p->stream && fingerprint_equal(set, c->expr, e))
            as_field.field = c->field;
    }
    if (as_field.field == FRONT_NOTHING) {
        as_field.field = add_field(p, e);
        as_field.bad = as_field.field == FRONT_NOTHING;
        struct computed c = {moved(f, e), p->stream, as_field.field};
        if (!as_field.bad)
            arena_push(f->arena, set->computed, set->ncomputed, set->computed_cap, c);
    }
    struct expr *field = tree_expr(f->tree, EXPR_NAME, key->span);
    field->name = (struct name){str_of(place_text(p, key)), key->span};
    *front_typed(f, field) = as_field;
    front_typed(f, e)->replaced = field;
}
