/* table_changes: a table that changes: a snapshot, and what has changed since it was made.
 *
 *   snapshot (struct table) ←─ engines read it       news: rows by key, the newest of each, or gone
 *        └──────── fold ───────┬──────────────────────┘
 *                              └→ the next snapshot: the news that are not gone, then of the
 *                                 snapshot what no news are about
 *
 * One snapshot in memory, but while it is folded into the next. Folding costs all rows, so it is
 * done when somebody asks for the next, and when news take more than the snapshot does: most of
 * them are then rows that were replaced. One thread; the tables that it gives are for any.
 * Tests: tests/unit/engine/test_table_changes.c
 */
#ifndef OMEN_ENGINE_TABLE_CHANGES_H
#define OMEN_ENGINE_TABLE_CHANGES_H

#include "engine/table.h"

struct table_changes;

/* No rows. At most `most` of them, TABLE_MAX_ROWS at the most. The schema has to outlive it. */
struct table_changes *table_changes_new(const struct schema *schema, uint32_t most);
void table_changes_free(struct table_changes **c);

/* The row with the key of a row of a batch becomes that row, or is gone: then only the key counts.
 * False: it would be one too many, and nothing has changed. */
bool table_changes_apply(struct table_changes *c, const struct batch *batch, uint32_t row,
                         bool gone);

uint32_t table_changes_rows(const struct table_changes *c);
size_t table_changes_bytes(const struct table_changes *c); /* the snapshot's and the news' */

/* Another snapshot, one reference; NULL: nothing has changed since the last. The first is always
 * one. */
struct table *table_changes_take(struct table_changes *c);

#endif
