/* table_topic: see table_topic.h.
 * Tests: tests/unit/connectors/test_table_topic.c
 */
#include "connectors/table_topic.h"

#include "base/utf8.h"
#include "connectors/cell.h"

enum { SHOWN = 64 };

static const struct str *copy_path(struct arena *a, const struct schema_field *f) {
    struct str *path = arena_array(a, struct str, f->npath);
    for (uint32_t i = 0; i < f->npath; i++) path[i] = arena_copy(a, f->path[i]);
    return path;
}

static void copy_schema(struct table_topic *t, const struct schema *from) {
    struct schema_field *fields = arena_array(&t->arena, struct schema_field, from->nfields);
    for (uint32_t i = 0; i < from->nfields; i++) {
        fields[i] = from->fields[i];
        fields[i].name = arena_copy(&t->arena, from->fields[i].name);
        fields[i].path = copy_path(&t->arena, &from->fields[i]);
    }
    t->schema = *from;
    t->schema.name = arena_copy(&t->arena, from->name);
    t->schema.fields = fields;
}

void table_topic_init(struct table_topic *t, struct str name, const struct schema *schema) {
    arena_init(&t->arena);
    buf_init(&t->reason);
    copy_schema(t, schema);
    message_source_init(&t->base, NULL, arena_copy(&t->arena, name), &t->schema, 0);
    t->row = batch_new(&t->schema, 0, 1);
    t->rows = table_changes_new(&t->schema, TABLE_MAX_ROWS);
}

void table_topic_fini(struct table_topic *t) {
    table_changes_free(&t->rows);
    batch_free(&t->row);
    message_source_fini(&t->base);
    buf_fini(&t->reason);
    arena_fini(&t->arena);
}

void table_topic_restart(struct table_topic *t) {
    table_changes_free(&t->rows);
    t->rows = table_changes_new(&t->schema, TABLE_MAX_ROWS);
}

struct table *table_topic_take(struct table_topic *t) { return table_changes_take(t->rows); }

static const struct schema_field *key_field(const struct table_topic *t) {
    return &t->schema.fields[t->schema.key_field];
}

static void refuse(struct table_topic *t, const struct message *m) {
    message_refuse(&t->base, m, buf_cstr(&t->reason));
}

/* What the message's key says; false after a dead letter. */
static bool read_key(struct table_topic *t, struct str key, const struct message *m,
                     struct value *v) {
    const struct schema_field *f = key_field(t);
    struct decode_fault fault;
    buf_reset(&t->reason);
    if (!key.p) {
        buf_printf(&t->reason, "the message has no key: expected the row's `%.*s`",
                   STR_FMT(f->name));
    } else if (utf8_valid_prefix(key) != key.n) {
        buf_text(&t->reason, "the message's key is not UTF-8");
    } else {
        bool bare = f->type != VALUE_STRING && f->type != VALUE_IP && cell_is_number(key);
        enum cell_status status =
            bare ? cell_number(cell_field(f), key, v) : cell_text(cell_field(f), key, v);
        if (status == CELL_OK) return true;
        cell_fault(&fault, 0, f, status, key, !bare);
        buf_printf(&t->reason, "the message's key: %s", fault.reason);
    }
    refuse(t, m);
    return false;
}

static void refuse_other_key(struct table_topic *t, struct str key, const struct message *m) {
    struct buf found;
    buf_init(&found);
    struct value v = batch_value(t->row, 0, t->schema.key_field);
    if (v.type == VALUE_STRING) buf_str(&found, v.s);
    else value_text(&found, v);
    struct str shown = cell_shown(key, SHOWN), column = cell_shown(buf_view(&found), SHOWN);
    buf_printf(&t->reason, "the message's key is %.*s, and its `%.*s` is %.*s", STR_FMT(shown),
               STR_FMT(key_field(t)->name), STR_FMT(column));
    buf_fini(&found);
    refuse(t, m);
}

/* The row, or one of the key alone; false after a dead letter. */
static bool decode(struct table_topic *t, struct str key, const struct message *m) {
    struct value v;
    if (!read_key(t, key, m, &v)) return false;
    batch_reset(t->row);
    if (!m->bytes) {
        cell_set(t->row, t->schema.key_field, v);
        batch_commit(t->row, m->offset);
        return true;
    }
    message_decode(&t->base, m, t->row);
    if (t->row->n == 0) return false;
    if (value_compare(batch_value(t->row, 0, t->schema.key_field), v) == 0) return true;
    refuse_other_key(t, key, m);
    return false;
}

void table_topic_apply(struct table_topic *t, struct str key, const struct message *m) {
    t->messages++;
    if (!decode(t, key, m) || table_changes_apply(t->rows, t->row, 0, !m->bytes)) return;
    buf_reset(&t->reason);
    buf_printf(&t->reason, "the table is full: %d rows", TABLE_MAX_ROWS);
    refuse(t, m);
}
