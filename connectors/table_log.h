/* table_log: messages of a compacted topic → tables: of each key the newest message counts.
 *
 *   key     value                          rows
 *   m1      {"merchant":"m1","risk":0.7}   m1 │ 0.7
 *   m2      {"merchant":"m2","risk":0.1}   m2 │ 0.1
 *   m1      (no value: a tombstone)        m2 │ 0.1
 *
 * The message's key is that of the row, as text or as a JSON value: compaction keeps the newest
 * message by it, so a value whose key column says otherwise is refused, as is one that is no row.
 * What is refused changes nothing: the row stays as it was.
 *
 * Kept is the newest message of each key as it came, in a hash table of blocks; a table is an
 * immutable snapshot (engine/table.h), decoded from all of them: O(rows), by whoever reads the
 * topic. A table that changes a row at a time would have to be read under a lock, or be one whose
 * old rows others still see; at a snapshot a second at most it is not worth that.
 *
 * One thread. Tests: tests/unit/connectors/test_table_log.c
 */
#ifndef OMEN_CONNECTORS_TABLE_LOG_H
#define OMEN_CONNECTORS_TABLE_LOG_H

#include "engine/table.h"

struct table_log;

struct table_message {
    struct str key;   /* p NULL: none */
    struct str value; /* p NULL: a tombstone */
    uint64_t offset;
};

struct table_log *table_log_new(const struct schema *schema); /* copied */
void table_log_free(struct table_log **log);

/* False: refused, *why says why until the next call. */
bool table_log_apply(struct table_log *log, const struct table_message *m, const char **why);

struct table *table_log_table(struct table_log *log); /* one reference */

const struct schema *table_log_schema(const struct table_log *log);
uint32_t table_log_rows(const struct table_log *log);
size_t table_log_bytes(const struct table_log *log); /* of what is kept, less than malloc's */

#endif
