/* tables: lookup tables: their declarations become schemas, and what is looked up in them is typed.
 *
 *   merchants[m].risk      COLUMN risk             a column: whatever its type is; null where there
 *                          └ ROW merchants, m      is no such row or m is null
 *   card in stolen         IN_TABLE stolen, card   is there such a row? null where card is
 *
 * The name of a table is no value: its node counts as a constant, so that nobody looks at it. What
 * is looked up may change between two events, so it is never constant, whatever its key is.
 * Tests: tests/cases/check/tables.case
 */
#include "rules/front.h"

/* ---- declarations ---------------------------------------------------------------------------- */

static void refuse_mark(struct front *f, const struct field_decl *d) {
    if (!d->event_time && !d->event_id) return;
    struct diag *m = diag_error(f->diags, d->name.span, "a table has no event %s",
                                d->event_time ? "time" : "id");
    diag_help(f->diags, m, "its rows are no events: write %.*s : %s", STR_FMT(d->name.text),
              d->event_time ? "time" : "string");
}

static void add_columns(struct front *f, const struct stream_decl *d, uint16_t index) {
    struct schema *schema = &f->set->tables[index];
    uint32_t n = d->nfields;
    if (n > SCHEMA_MAX_FIELDS) {
        diag_error(f->diags, d->fields[SCHEMA_MAX_FIELDS].name.span,
                   "a table has at most %d fields", SCHEMA_MAX_FIELDS);
        n = SCHEMA_MAX_FIELDS;
    }
    struct schema_field *fields = arena_array(f->arena, struct schema_field, n ? n : 1);
    *schema = (struct schema){.name = d->name.text, .fields = fields, .time_field = SCHEMA_NONE,
                              .id_field = SCHEMA_NONE};
    for (uint32_t i = 0; i < n; i++) {
        const struct field_decl *field = &d->fields[i];
        uintptr_t before = (uintptr_t)map_get(&f->columns[index], field->name.text);
        refuse_mark(f, field);
        if (before) {
            diag_error(f->diags, field->name.span, "field `%.*s` is declared twice",
                       STR_FMT(field->name.text));
            continue;
        }
        fields[schema->nfields++] = names_field(f, field);
        map_put(&f->columns[index], field->name.text, (void *)(uintptr_t)schema->nfields);
    }
}

static void help_column(struct front *f, struct diag *m, struct str name, uint16_t table) {
    struct str names[SCHEMA_MAX_FIELDS];
    const struct schema *s = &f->set->tables[table];
    for (uint32_t i = 0; i < s->nfields; i++) names[i] = s->fields[i].name;
    front_nearest(f, m, name, names, s->nfields);
}

static bool set_key(struct front *f, const struct stream_decl *d, uint16_t index) {
    struct schema *schema = &f->set->tables[index];
    uintptr_t key = (uintptr_t)map_get(&f->columns[index], d->key.text);
    if (d->key.text.n == 0) return false; /* did not parse */
    if (!key) {
        struct diag *m = diag_error(f->diags, d->key.span, "there is no field `%.*s` in table %.*s",
                                    STR_FMT(d->key.text), STR_FMT(d->name.text));
        help_column(f, m, d->key.text, index);
        return false;
    }
    schema->key_field = (uint16_t)(key - 1);
    const struct schema_field *field = &schema->fields[key - 1];
    if (schema_key_type(field->type)) return true;
    struct diag *m = diag_error(f->diags, d->key.span, "`%.*s` is a %s, which cannot be a key",
                                STR_FMT(d->key.text),
                                type_text(type_of_field(field), f->arena));
    diag_help(f->diags, m, "a key is a string, int, decimal, time, duration or ip");
    return false;
}

void tables_declare(struct front *f) {
    struct rule_set *set = f->set;
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->streams.n; i++)
        n += ((const struct symbol *)f->streams.entries[i].value)->kind == SYMBOL_TABLE;
    set->tables = arena_array(f->arena, struct schema, n ? n : 1);
    f->columns = arena_array(f->arena, struct map, n ? n : 1);
    for (uint32_t i = 0; i < f->streams.n; i++) {
        struct symbol *s = f->streams.entries[i].value;
        if (s->kind != SYMBOL_TABLE) continue;
        if (set->ntables == FRONT_NOTHING - 1) {
            diag_error(f->diags, s->name.span, "more than %d tables", FRONT_NOTHING - 1);
            return;
        }
        s->index = (uint16_t)set->ntables++;
        map_init(&f->columns[s->index], f->arena);
        add_columns(f, s->stream, s->index);
        if (!set_key(f, s->stream, s->index)) s->bad = true;
    }
}

/* ---- looking up ------------------------------------------------------------------------------ */

/* What stands nearer hides it: the element of any(), a field, a let. */
struct symbol *table_named(const struct place *p, const struct expr *e) {
    const struct front *f = p->front;
    if (e->kind != EXPR_NAME) return NULL;
    for (const struct element *el = p->elements; el; el = el->outer)
        if (str_equal(el->name.text, e->name.text)) return NULL;
    if (front_symbol(&f->values, e->name)) return NULL;
    if (!p->over && p->stream != FRONT_NOTHING && map_get(&f->fields[p->stream], e->name.text))
        return NULL;
    struct symbol *s = front_symbol(&f->streams, e->name);
    return s && s->kind == SYMBOL_TABLE ? s : NULL;
}

static void hide(struct front *f, const struct expr *name) {
    *front_typed(f, name) = (struct typed){.constant = true};
}

/* Whether a value of type `from` can be brought to the key's without losing anything. */
static bool key_takes(struct type key, struct type from) {
    if (type_equal(key, from)) return true;
    if (key.base != VALUE_DECIMAL) return false;
    return from.base == VALUE_INT || (from.base == VALUE_DECIMAL && from.digits <= key.digits);
}

static void error_key(struct place *p, const struct expr *key, const struct symbol *s,
                      struct type type) {
    const struct typed *t = typed_in(p, key);
    struct diags *d = p->front->diags;
    struct diag *m = place_error(p, key->span, "the key of table %.*s is %s, but `%s` is %s",
                                 STR_FMT(s->name.text), type_text(type, p->front->arena),
                                 place_text(p, key), place_type(p, key));
    diag_related(d, m, s->stream->key.span, "the key");
    if (type.base == VALUE_STRING && type_is_number(t->type))
        diag_help(d, m, "concat(%s) is a string", place_text(p, key));
    else if (type.base == VALUE_STRING && t->type.base == VALUE_IP)
        diag_help(d, m, "declare the key as ip");
    else if (type.base == VALUE_INT && type_is_number(t->type))
        diag_help(d, m, "round(%s) is an int", place_text(p, key));
}

/* `key`, typed already, as the key of the table; the level of what is found by it. False after a
 * message. */
static bool type_key(struct place *p, const struct expr *key, const struct symbol *s,
                     enum level *level) {
    const struct schema *schema = &p->front->set->tables[s->index];
    if (s->bad || typed_in(p, key)->bad) return false;
    struct type type = type_of_field(&schema->fields[schema->key_field]);
    if (typed_in(p, key)->type.base == VALUE_NULL) {
        place_error(p, key->span, "no row has null as its key");
        return false;
    }
    type_adapt(p, key, type);
    const struct typed *t = typed_in(p, key);
    *level = t->level > LEVEL_EVENT ? t->level : LEVEL_EVENT;
    if (typed_is_network(t)) {
        place_error(p, key->span, "`%s` is a network, and a key is one address",
                    place_text(p, key));
        return false;
    }
    if (key_takes(type, t->type)) return true;
    error_key(p, key, s, type);
    return false;
}

/* The row of t[k]; false after a message. */
static bool row_of(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    const struct expr *of = e->args[0];
    struct symbol *s = table_named(p, of);
    front_typed(f, of);
    type_expr(p, e->args[1]);
    struct typed t = {.type = type_base(VALUE_INT), .binding = BIND_ROW};
    if (!s) {
        struct diag *m = place_error(p, e->span, "only a table can be looked up with `[ ]`");
        diag_help(f->diags, m, "of a list, `in` and any(x in list: …) look at the items");
        t.bad = true;
    } else if (p->kind == PLACE_CONSTANT) {
        place_error(p, e->span, "only constants can stand here, and a table may change");
        t.bad = true;
    } else {
        hide(f, of);
        t.field = s->index;
        t.bad = !type_key(p, e->args[1], s, &t.level);
    }
    *front_typed(f, e) = t;
    return !t.bad;
}

void type_row(struct place *p, const struct expr *e) {
    if (!row_of(p, e)) return;
    struct str name = e->args[0]->name.text;
    struct diag *m = place_error(p, e->span, "`%s` is a row of a table, not a value",
                                 place_text(p, e));
    diag_help(p->front->diags, m, "name a column, %s.…; or ask whether there is such a row, %s "
                                  "in %.*s", place_text(p, e), place_text(p, e->args[1]),
              STR_FMT(name));
    front_typed(p->front, e)->bad = true;
}

void type_column(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    const struct expr *of = e->args[0];
    if (!row_of(p, of)) {
        front_typed(f, e)->bad = true;
        return;
    }
    const struct typed row = *typed_in(p, of);
    const struct schema *schema = &f->set->tables[row.field];
    uintptr_t column = (uintptr_t)map_get(&f->columns[row.field], e->name.text);
    struct typed t = {.binding = BIND_COLUMN, .level = row.level, .bad = column == 0};
    if (column) {
        t.field = (uint16_t)(column - 1);
        t.type = type_of_field(&schema->fields[t.field]);
    } else {
        struct diag *m = place_error(p, e->name.span, "there is no field `%.*s` in table %.*s",
                                     STR_FMT(e->name.text), STR_FMT(schema->name));
        help_column(f, m, e->name.text, row.field);
    }
    *front_typed(f, e) = t;
}

void type_in_table(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    const struct symbol *s = table_named(p, e->args[1]);
    struct typed t = {.type = type_base(VALUE_BOOL), .binding = BIND_IN_TABLE, .field = s->index};
    hide(f, e->args[1]);
    if (p->kind == PLACE_CONSTANT) {
        place_error(p, e->span, "only constants can stand here, and a table may change");
        t.bad = true;
    } else {
        t.bad = !type_key(p, e->args[0], s, &t.level);
    }
    *front_typed(f, e) = t;
}
