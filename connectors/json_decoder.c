/* json_decoder: one event in JSON → one row: makes the tree of names for a schema; for an event
 * calls the quick way, then, if that gives up, the whole way; what comes out is the same (fuzzed).
 * The quick way pauses where it keeps giving up, so that odd streams do not pay twice.
 *
 * What is accepted: one JSON object (RFC 8259, UTF-8), blanks around it. All of it must be
 * well-formed, also what no rule looks at. Of members with the same name the last one wins, as in
 * JavaScript, Python and jq, so that nobody downstream saw another event than the rules did; the
 * earlier ones must have the right type all the same.
 *
 * Strings that point into the event are moved to the batch at the end, all of an event's in one
 * block.
 * Tests: tests/unit/connectors/test_json.c; tests/fuzz/fuzz_json.c
 */
#include <stdlib.h>

#include "base/log.h"
#include "connectors/cell.h"
#include "connectors/json.h"

_Static_assert((int)DECODER_PADDING >= (int)JSON_PADDING, "what simdjson may read behind an event");
_Static_assert((int)JSON_NONE == (int)SCHEMA_NONE, "one word for no field");

enum { PATIENCE = 8,
       PAUSE = 64 }; /* failures in a row before a pause; events it lasts */

static uint16_t node_add(struct decoder *d, struct str name) {
    struct buf quoted;
    buf_init(&quoted);
    buf_json_str(&quoted, name);
    bool plain = quoted.n == name.n + 2;
    struct json_node *node = &d->nodes[d->nnodes];
    *node = (struct json_node){.name = name,
                               .child = JSON_NONE,
                               .next = JSON_NONE,
                               .guess = JSON_NONE,
                               .follow = JSON_NONE,
                               .field = JSON_NONE};
    if (plain) {
        size_t n = quoted.n < 8 ? quoted.n : 8;
        node->quoted = arena_copy(&d->memory, buf_view(&quoted));
        memcpy(&node->head, quoted.p, n);
        memset(&node->mask, 0xFF, n);
    }
    buf_fini(&quoted);
    return d->nnodes++;
}

/* The child of that name, made at the end of the list if there is none. */
static uint16_t node_child(struct decoder *d, uint16_t parent, struct str name) {
    uint16_t last = JSON_NONE;
    for (uint16_t c = d->nodes[parent].child; c != JSON_NONE; last = c, c = d->nodes[c].next)
        if (str_equal(d->nodes[c].name, name)) return c;
    uint16_t node = node_add(d, arena_copy(&d->memory, name));
    if (last == JSON_NONE)
        d->nodes[parent].child = d->nodes[parent].guess = node;
    else
        d->nodes[last].next = d->nodes[last].follow = node;
    return node;
}

static void add_field(struct decoder *d, uint16_t field) {
    const struct schema_field *f = &d->schema->fields[field];
    uint16_t node = 0;
    for (uint32_t i = 0; i < f->npath; i++) node = node_child(d, node, f->path[i]);
    d->also[field] = d->nodes[node].field;
    d->nodes[node].field = field;
    if (f->type == VALUE_STRING) d->strings[d->nstrings++] = field;
}

struct decoder *json_decoder_new(const struct schema *schema) {
    struct decoder *d = must_zalloc(sizeof *d);
    d->schema = schema;
    arena_init(&d->memory);
    uint32_t names = 1;
    for (uint32_t i = 0; i < schema->nfields; i++)
        if (schema->fields[i].used) names += schema->fields[i].npath;
    check(schema->nfields <= SCHEMA_MAX_FIELDS && names < JSON_NONE);
    d->nodes = arena_array(&d->memory, struct json_node, names);
    d->also = arena_array(&d->memory, uint16_t, schema->nfields);
    d->strings = arena_array(&d->memory, uint16_t, schema->nfields);
    node_add(d, STR("the event"));
    for (uint32_t i = 0; i < schema->nfields; i++)
        if (schema->fields[i].used) add_field(d, (uint16_t)i);
    d->nseen = (uint16_t)((d->nnodes + 63) / 64);
    d->seen = arena_array(&d->memory, uint64_t, d->nseen);
    d->simd = json_simd_new();
    return d;
}

void json_decoder_free(struct decoder **d) {
    if (!*d) return;
    json_simd_free((*d)->simd);
    arena_fini(&(*d)->memory);
    free(*d);
    *d = NULL;
}

/* The row's string cells that point into the event. */
static struct str *moved_string(const struct json_row *r, uint16_t i) {
    const struct column *c = &r->batch->columns[r->d->strings[i]];
    struct str *s = (struct str *)c->data + r->batch->n;
    bool inside = s->n > 0 && s->p >= r->bytes.p && s->p < r->bytes.p + r->bytes.n;
    return inside ? s : NULL;
}

static void move_strings(const struct json_row *r) {
    size_t bytes = 0;
    for (uint16_t i = 0; i < r->d->nstrings; i++) {
        const struct str *s = moved_string(r, i);
        if (s) bytes += s->n;
    }
    if (bytes == 0) return;
    char *to = arena_alloc(&r->batch->text, bytes);
    for (uint16_t i = 0; i < r->d->nstrings; i++) {
        struct str *s = moved_string(r, i);
        if (!s) continue;
        memcpy(to, s->p, s->n);
        s->p = to;
        to += s->n;
    }
}

static bool try_quick(struct json_row *r) {
    struct decoder *d = r->d;
    if (d->pause) {
        d->pause--;
        return false;
    }
    if (json_quick(r)) {
        d->failures = 0;
        return true;
    }
    batch_abandon(r->batch);
    if (++d->failures >= PATIENCE) d->pause = PAUSE;
    memset(d->seen, 0, d->nseen * sizeof *d->seen);
    return false;
}

bool json_decode(struct decoder *d, struct str bytes, bool stable, struct batch *batch,
                 uint64_t offset, struct decode_fault *fault) {
    struct json_row r = {d, batch, bytes, stable, fault};
    uint16_t needs = schema_needs(d->schema);
    memset(d->seen, 0, d->nseen * sizeof *d->seen);
    if (!try_quick(&r) && !json_whole(&r)) {
        batch_abandon(batch);
        return false;
    }
    if (!bit_get(batch->columns[needs].valid, batch->n)) {
        batch_abandon(batch);
        return decode_faultf(fault, 0, "the %s `%.*s` is missing or null", schema_need(d->schema),
                             STR_FMT(cell_shown(d->schema->fields[needs].name, 64)));
    }
    if (!stable) move_strings(&r);
    batch_commit(batch, offset);
    return true;
}
