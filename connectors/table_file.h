/* table_file: a file → a table: CSV or NDJSON, packed or not, by its name as a source's (open.h),
 * read whole by the same decoders as events. A row has the columns that rules use; the others do
 * not matter.
 *
 * All or nothing: a table with a row missing would look right and answer wrong. So a row that
 * cannot be read, one without a key, or a key that stands twice refuses the file.
 * Tests: tests/unit/connectors/test_table_file.c, tests/cli/tables.t
 */
#ifndef OMEN_CONNECTORS_TABLE_FILE_H
#define OMEN_CONNECTORS_TABLE_FILE_H

#include "base/arena.h"
#include "engine/table.h"

enum table_status {
    TABLE_READ,
    TABLE_WRONG,  /* it cannot be opened, or what it holds is no such table */
    TABLE_BROKEN, /* reading it failed */
};

/* After READ a table with one reference; else a text in *why (arena) that begins with the file. */
enum table_status table_read(struct str path, const struct schema *schema, struct arena *arena,
                             struct table **table, const char **why);

#endif
