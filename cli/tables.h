/* tables: the tables of a run: bound by --table, read before the first event, read again when their
 * files change, or made anew when messages have come into their topics.
 *
 *   --table merchants=merchants.csv ─→ file ─table_read→ table ─workers_table→ engines
 *                                       └─ looked at once a second: another? read again
 *   --table merchants=kafka:TOPIC ─→ kafka_table ─take, once a second→ table ─→ …
 *
 * A file is another when its inode, size or time of change is: written over, or replaced by
 * renaming. One that changes while it is read is read again later. A file that cannot be read, or
 * holds what is no such table, leaves the old rows in place: said, and counted.
 *
 * A topic is for omen run. Before the first event it is read to its end: that is waited for.
 * Messages that it refuses are dead letters, which name the table as their stream.
 * Tests: tests/cli/tables.t, tests/system/test_tables.py
 */
#ifndef OMEN_CLI_TABLES_H
#define OMEN_CLI_TABLES_H

#include <sys/stat.h>

#include "cli/options.h"
#include "connectors/kafka_table.h"
#include "engine/workers.h"
#include "engine/table.h"

struct bound_table {
    struct str name;
    const char *where;     /* its file or topic; NULL: it has none, and nobody reads it */
    const struct schema *schema;
    struct kafka_table *topic; /* NULL: it is a file */
    struct table *now;     /* NULL: none */
    struct stat seen;      /* the file, when it was looked at last */
    bool gone;             /* there was no such file then */
    uint64_t renewed, refused; /* how often another was taken; how often one was not */
};

struct tables {
    struct bound_table *v; /* beside the program's */
    uint32_t n;
    int64_t looked_ns;     /* when the files were looked at last */
    const struct kafka_properties *kafka; /* NULL: no topics */
    dead_letter_handler *dead_letter; /* of messages that topics refused; NULL: nobody wants them */
    void *context;
};

/* Reads every file, begins to read every topic. `kafka`: NULL: there are no topics here. Gives the
 * exit code: EXIT_FINE, or another after messages. tables_close in every case. */
int tables_open(struct tables *t, const struct values *wanted, const struct program *program,
                const struct kafka_properties *kafka, struct arena *arena);
/* Until every topic was read to its end. The exit code, after messages. */
int tables_await(struct tables *t);
/* For another set of rules, whose names and texts the arena keeps: what is read already is not read
 * again where it fits. False after messages. */
bool tables_again(struct tables *t, const struct tables *was, const struct program *program,
                  struct arena *arena);
void tables_close(struct tables *t);
void tables_give(const struct tables *t, struct workers *workers); /* all of them */

/* Between two slices: reads what has changed, at most once a second. True if the engine has been
 * given another table. */
bool tables_renew(struct tables *t, struct workers *workers, bool quiet);

/* Dead letters of topics go to their handler: now and then, on the main thread. */
void tables_letters(struct tables *t);

#endif
