/* tables: the tables of a run: bound by --table, read before the first event, others when their
 * files or topics change.
 *
 *   --table merchants=merchants.csv ─→ file ─table_read→ table ─workers_table→ engines
 *                                       └─ looked at once a second: another? read again
 *
 * A file is another when its inode, size or time of change is: written over, or replaced by
 * renaming. One that changes while it is read is read again later. A file that cannot be read, or
 * holds what is no such table, leaves the old rows in place: said, and counted.
 *
 *   --table merchants=kafka:TOPIC ─→ a thread of its own (connectors/kafka_table.h) ─→ the same
 *
 * A topic is for omen run. The first event waits until it was read to the end that it had at the
 * start; after that whatever has changed is taken when it is there. Its malformed messages go to the
 * dead letters; they are counted with the table.
 *
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
    struct table *now;     /* NULL: none */
    struct stat seen;      /* the file, when it was looked at last */
    bool gone;             /* there was no such file then */
    struct kafka_table *topic; /* counted; NULL: it has a file */
    uint64_t renewed, refused; /* how often another was taken; how often one was not. Of a topic:
                                * how many messages were not */
    uint64_t lag;              /* messages that are there and not read yet */
    int64_t said_ns;           /* when a message that was refused was last logged */
};

struct tables {
    struct bound_table *v; /* beside the program's */
    uint32_t n;
    int64_t looked_ns;     /* when the files were looked at last */
    const struct kafka_properties *kafka; /* NULL: no topics */
    dead_letter_handler *dead_letter;     /* of topics; NULL: nobody wants them */
    void *context;
    const char *failed; /* why a topic cannot be read; NULL: none has failed */
    int64_t waiting_ns; /* when it was last said what is waited for */
};

/* Reads every file, begins to read every topic; `kafka`: NULL: topics are refused. Gives the exit
 * code: EXIT_FINE, or another after messages. tables_close in every case. */
int tables_open(struct tables *t, const struct values *wanted, const struct program *program,
                const struct kafka_properties *kafka, struct arena *arena);
/* Every topic was read to the end that it had: asked again and again before the first event. False
 * for ever where `failed` says why. */
bool tables_there(struct tables *t);
/* For another set of rules, whose names and texts the arena keeps: what is read already is not read
 * again where it fits. False after messages. */
bool tables_again(struct tables *t, const struct tables *was, const struct program *program,
                  struct arena *arena);
void tables_close(struct tables *t);
void tables_give(const struct tables *t, struct workers *workers); /* all of them */

/* Between two slices. Reads files that have changed, looked at once a second at most. True if the
 * engine has been given another table. */
bool tables_renew(struct tables *t, struct workers *workers, bool quiet);
/* The same, of topics; also while no events come. */
bool tables_follow(struct tables *t, struct workers *workers);

#endif
