/* table: rows that rules look up by a key (merchants[m].risk): an immutable snapshot.
 *
 *   builder ─table_add, row by row→ ─table_finish→ table ─engine_table→ an engine
 *
 * Whatever feeds a table makes a new one and hands it over between two slices; nobody ever changes
 * one that is being read. Today that is a file, read whole (connectors/table_file.h).
 *
 * Counted: table_hold, table_drop; any number of threads may read. It has its own copy of the
 * schema, so it may outlive the program that it was made for and serve another one that it fits.
 * Tests: tests/unit/engine/test_table.c
 */
#ifndef OMEN_ENGINE_TABLE_H
#define OMEN_ENGINE_TABLE_H

#include "engine/batch.h"

enum { TABLE_MAX_ROWS = 1 << 26 };

struct table;
struct table_builder;

struct table_builder *table_begin(const struct schema *schema);

enum table_added { TABLE_ADDED, TABLE_TWICE, TABLE_FULL };
/* Row `row` of a batch of the same schema, copied; its key is not null. TWICE: the key stands in a
 * row before, which had the offset *before. */
enum table_added table_add(struct table_builder *b, const struct batch *batch, uint32_t row,
                           uint64_t *before);

struct table *table_finish(struct table_builder **b); /* one reference */
void table_abandon(struct table_builder **b);

struct table *table_hold(struct table *t);
void table_drop(struct table **t);

uint32_t table_rows(const struct table *t);
size_t table_bytes(const struct table *t);
/* It has the key and all columns that the schema uses, of the same types at the same places. */
bool table_fits(const struct table *t, const struct schema *schema);

/* The number of the row with that key, or -1. By the type of the key: int, decimal, time and
 * duration are int64_t. A table that is NULL has no rows. */
int64_t table_find_int(const struct table *t, int64_t key);
int64_t table_find_str(const struct table *t, struct str key);
int64_t table_find_ip(const struct table *t, const struct ip *key);

/* The datum: int64_t (bool: 0 or 1), double, struct str, struct ip, const struct list *. NULL:
 * null, or there is no such row. The field is one that the schema uses. */
const void *table_cell(const struct table *t, int64_t row, uint32_t field);

#endif
