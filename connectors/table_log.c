/* table_log: see table_log.h. */
#include "connectors/table_log.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/utf8.h"
#include "connectors/cell.h"
#include "connectors/message_source.h"

enum { FIRST_BUCKETS = 64 };

struct kept { /* one block: key, then value */
    struct kept *next; /* of the bucket */
    uint64_t hash, offset;
    uint32_t key, value; /* bytes */
    char bytes[];
};

struct table_log {
    struct arena arena;
    struct schema schema;
    struct decoder *decoder;
    struct batch *one; /* a message that has come */
    struct kept **buckets;
    uint32_t n, mask;
    size_t bytes;
    uint64_t seed;
    struct buf key, text; /* of the message: its key as all write it; its value, padded */
    struct buf said;      /* why it is refused */
};

/* ---- life ------------------------------------------------------------------------------------ */

static void copy_schema(struct table_log *log, const struct schema *from) {
    struct arena *a = &log->arena;
    struct schema_field *fields = arena_array(a, struct schema_field, from->nfields);
    for (uint32_t i = 0; i < from->nfields; i++) {
        fields[i] = from->fields[i];
        fields[i].name = arena_copy(a, fields[i].name);
        struct str *path = arena_array(a, struct str, fields[i].npath);
        for (uint32_t k = 0; k < fields[i].npath; k++)
            path[k] = arena_copy(a, from->fields[i].path[k]);
        fields[i].path = path;
    }
    log->schema = *from;
    log->schema.name = arena_copy(a, from->name);
    log->schema.fields = fields;
}

struct table_log *table_log_new(const struct schema *schema) {
    struct table_log *log = must_zalloc(sizeof *log);
    arena_init(&log->arena);
    copy_schema(log, schema);
    log->decoder = json_decoder_new(&log->schema);
    log->one = batch_new(&log->schema, 0, 1);
    log->mask = FIRST_BUCKETS - 1;
    log->buckets = must_zalloc(FIRST_BUCKETS * sizeof *log->buckets);
    log->seed = UINT64_C(0x6C6F67) ^ (uint64_t)(uintptr_t)log;
    buf_init(&log->key);
    buf_init(&log->text);
    buf_init(&log->said);
    return log;
}

void table_log_free(struct table_log **l) {
    struct table_log *log = *l;
    if (!log) return;
    for (uint32_t i = 0; i <= log->mask; i++)
        for (struct kept *k = log->buckets[i], *next; k; k = next) {
            next = k->next;
            free(k);
        }
    free(log->buckets);
    batch_free(&log->one);
    json_decoder_free(&log->decoder);
    buf_fini(&log->key);
    buf_fini(&log->text);
    buf_fini(&log->said);
    arena_fini(&log->arena);
    free(log);
    *l = NULL;
}

/* ---- what is kept ---------------------------------------------------------------------------- */

static struct kept **find(struct table_log *log, struct str key, uint64_t hash) {
    struct kept **at = &log->buckets[hash & log->mask];
    for (; *at; at = &(*at)->next)
        if ((*at)->hash == hash && str_equal((struct str){(*at)->bytes, (*at)->key}, key)) break;
    return at;
}

static void drop(struct table_log *log, struct kept **at) {
    struct kept *k = *at;
    *at = k->next;
    log->bytes -= sizeof *k + k->key + k->value;
    log->n--;
    free(k);
}

static void grow(struct table_log *log) {
    uint32_t mask = 2 * log->mask + 1;
    struct kept **buckets = must_zalloc(((size_t)mask + 1) * sizeof *buckets);
    for (uint32_t i = 0; i <= log->mask; i++)
        for (struct kept *k = log->buckets[i], *next; k; k = next) {
            next = k->next;
            k->next = buckets[k->hash & mask];
            buckets[k->hash & mask] = k;
        }
    free(log->buckets);
    log->buckets = buckets;
    log->mask = mask;
}

static void keep(struct table_log *log, struct str key, struct str value, uint64_t hash,
                 uint64_t offset) {
    struct kept *k = must_alloc(sizeof *k + key.n + value.n);
    if (log->n > log->mask) grow(log);
    *k = (struct kept){.next = log->buckets[hash & log->mask],
                       .hash = hash,
                       .offset = offset,
                       .key = (uint32_t)key.n,
                       .value = (uint32_t)value.n};
    memcpy(k->bytes, key.p, key.n);
    memcpy(k->bytes + key.n, value.p, value.n);
    log->buckets[hash & log->mask] = k;
    log->bytes += sizeof *k + key.n + value.n;
    log->n++;
}

/* ---- a message ------------------------------------------------------------------------------- */

static bool refuse(struct table_log *log, const char **why) {
    *why = buf_cstr(&log->said);
    return false;
}

static const struct schema_field *key_field(const struct table_log *log) {
    return &log->schema.fields[log->schema.key_field];
}

/* As every message of the same row writes it. */
static void key_text(struct buf *out, struct value v) {
    buf_reset(out);
    if (v.type == VALUE_STRING) buf_str(out, v.s);
    else value_text(out, v);
}

/* Of `text`, which may be a JSON string, but one without escapes. */
static bool read_key(struct table_log *log, struct str text, const char **why) {
    const struct schema_field *f = key_field(log);
    struct value v = {0};
    struct decode_fault fault;
    if (!text.p) {
        buf_text(&log->said, "a message without a key, which no other can replace");
        return refuse(log, why);
    }
    if (utf8_valid_prefix(text) != text.n) {
        buf_text(&log->said, "the message's key is not UTF-8");
        return refuse(log, why);
    }
    struct str plain = text;
    if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
        plain = (struct str){text.p + 1, text.n - 2};
    enum cell_status status = plain.n == text.n && f->type != VALUE_STRING && cell_is_number(text)
                                  ? cell_number(cell_field(f), text, &v)
                                  : cell_text(cell_field(f), plain, &v);
    if (status != CELL_OK) {
        cell_fault(&fault, 0, f, status, text, false);
        buf_printf(&log->said, "the message's key: %s", fault.reason);
        return refuse(log, why);
    }
    key_text(&log->key, v);
    return true;
}

/* One row, in `one`. */
static bool read_value(struct table_log *log, const struct table_message *m, const char **why) {
    struct decode_fault fault;
    struct buf key;
    batch_reset(log->one);
    if (m->value.n == 0 || m->value.n > MESSAGE_MOST) {
        buf_text(&log->said, m->value.n ? "longer than 1 MiB" : "empty message");
        return refuse(log, why);
    }
    buf_reset(&log->text);
    buf_str(&log->text, m->value);
    buf_reserve(&log->text, DECODER_PADDING);
    if (!json_decode(log->decoder, buf_view(&log->text), true, log->one, m->offset, &fault)) {
        buf_text(&log->said, fault.reason);
        return refuse(log, why);
    }
    buf_init(&key);
    key_text(&key, batch_value(log->one, 0, log->schema.key_field));
    bool same = str_equal(buf_view(&key), buf_view(&log->key));
    if (!same) {
        struct str a = cell_shown(buf_view(&log->key), 60), b = cell_shown(buf_view(&key), 60);
        buf_printf(&log->said, "the message's key is %.*s, and its `%.*s` is %.*s: expected one",
                   STR_FMT(a), STR_FMT(key_field(log)->name), STR_FMT(b));
    }
    buf_fini(&key);
    return same || refuse(log, why);
}

bool table_log_apply(struct table_log *log, const struct table_message *m, const char **why) {
    buf_reset(&log->said);
    if (!read_key(log, m->key, why)) return false;
    if (m->value.p && !read_value(log, m, why)) return false;
    struct str key = buf_view(&log->key);
    uint64_t hash = hash64(key.p, key.n, log->seed);
    struct kept **at = find(log, key, hash);
    if (m->value.p && !*at && log->n == TABLE_MAX_ROWS) {
        buf_printf(&log->said, "more than %d rows", TABLE_MAX_ROWS);
        return refuse(log, why);
    }
    if (*at) drop(log, at);
    if (m->value.p) keep(log, key, m->value, hash, m->offset);
    return true;
}

/* ---- a table --------------------------------------------------------------------------------- */

struct table *table_log_table(struct table_log *log) {
    struct table_builder *rows = table_begin(&log->schema);
    struct decode_fault fault;
    uint64_t before;
    for (uint32_t i = 0; i <= log->mask; i++)
        for (const struct kept *k = log->buckets[i]; k; k = k->next) {
            batch_reset(log->one);
            buf_reset(&log->text);
            buf_add(&log->text, k->bytes + k->key, k->value);
            buf_reserve(&log->text, DECODER_PADDING);
            /* It was decoded when it came, and no other row has its key. */
            check(json_decode(log->decoder, buf_view(&log->text), true, log->one, k->offset,
                              &fault));
            check(table_add(rows, log->one, 0, &before) == TABLE_ADDED);
        }
    return table_finish(&rows);
}

const struct schema *table_log_schema(const struct table_log *log) { return &log->schema; }
uint32_t table_log_rows(const struct table_log *log) { return log->n; }
size_t table_log_bytes(const struct table_log *log) { return log->bytes; }
