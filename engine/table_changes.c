/* table_changes: see table_changes.h.
 * Tests: tests/unit/engine/test_table_changes.c
 */
#include "engine/table_changes.h"

#include <stdlib.h>

#include "base/log.h"

enum { NEWS_BYTES = 16 << 20 }; /* of news that are never folded unasked */

struct table_changes {
    const struct schema *schema;
    uint32_t most, live; /* rows at most, and now */
    struct table *snapshot; /* NULL: none so far */
    struct table_builder *news;
    bool *gone; /* by row of the news */
    uint32_t cap;
    bool changed; /* since a snapshot was given */
};

struct table_changes *table_changes_new(const struct schema *schema, uint32_t most) {
    check(most <= TABLE_MAX_ROWS);
    struct table_changes *c = must_zalloc(sizeof *c);
    *c = (struct table_changes){
        .schema = schema, .most = most, .news = table_begin(schema), .changed = true};
    return c;
}

void table_changes_free(struct table_changes **changes) {
    struct table_changes *c = *changes;
    *changes = NULL;
    if (!c) return;
    table_drop(&c->snapshot);
    table_abandon(&c->news);
    free(c->gone);
    free(c);
}

static void fold(struct table_changes *c) {
    struct table_builder *next = table_begin(c->schema);
    const struct table *news = table_so_far(c->news);
    uint32_t before = c->snapshot ? table_rows(c->snapshot) : 0;
    table_expect(next, c->live);
    for (uint32_t i = 0; i < table_rows(news); i++)
        if (!c->gone[i]) table_keep(next, news, i);
    for (uint32_t i = 0; i < before; i++)
        if (table_find_as(news, c->snapshot, i) < 0) table_keep(next, c->snapshot, i);
    table_drop(&c->snapshot);
    table_abandon(&c->news);
    c->snapshot = table_finish(&next);
    c->news = table_begin(c->schema);
    check(table_rows(c->snapshot) == c->live);
}

static size_t snapshot_bytes(const struct table_changes *c) {
    return c->snapshot ? table_bytes(c->snapshot) : 0;
}

static bool fold_is_due(const struct table_changes *c) {
    const struct table *news = table_so_far(c->news);
    return table_rows(news) >= c->most || table_bytes(news) > NEWS_BYTES + snapshot_bytes(c);
}

static void put(struct table_changes *c, const struct batch *batch, uint32_t row, bool gone) {
    int64_t at = table_put(c->news, batch, row);
    check(at >= 0);
    if (at >= c->cap) {
        c->cap = c->cap ? 2 * c->cap : 64;
        c->gone = must_realloc(c->gone, c->cap * sizeof *c->gone);
    }
    c->gone[at] = gone;
}

bool table_changes_apply(struct table_changes *c, const struct batch *batch, uint32_t row,
                         bool gone) {
    if (fold_is_due(c)) fold(c);
    struct value key = batch_value(batch, row, c->schema->key_field);
    int64_t at = table_find(table_so_far(c->news), key);
    bool was = at >= 0 ? !c->gone[at] : table_find(c->snapshot, key) >= 0;
    if (gone && !was) return true;
    if (!was && c->live == c->most) return false;
    put(c, batch, row, gone);
    c->live = c->live + !was - gone;
    c->changed = true;
    return true;
}

uint32_t table_changes_rows(const struct table_changes *c) { return c->live; }

size_t table_changes_bytes(const struct table_changes *c) {
    return snapshot_bytes(c) + table_bytes(table_so_far(c->news));
}

struct table *table_changes_take(struct table_changes *c) {
    if (!c->changed) return NULL;
    if (!c->snapshot || table_rows(table_so_far(c->news))) fold(c);
    c->changed = false;
    return table_hold(c->snapshot);
}
