/* kafka_table: a table from a compacted topic (kafka:TOPIC), read by a thread of its own.
 *
 *   librdkafka ─messages→ table_topic ─take→ the newest table ─kafka_table_take→ between two slices
 *                              └─ dead letters, KAFKA_TABLE_LETTERS bytes at most ─→ the same
 *
 * Every partition is read from its beginning, without a group: nothing is committed, and each omen
 * has all rows. What stood in the topic when it was opened makes the first table; then come others,
 * whenever something has changed, once a second or so rarely that making them takes a tenth of a
 * core. A broker that is away, and a topic that is not there yet, are waited for.
 *
 * Where letters are not taken it reads no further. Counted by references; all calls but the thread's
 * own are for one thread. Tests: tests/system/test_tables.py
 */
#ifndef OMEN_CONNECTORS_KAFKA_TABLE_H
#define OMEN_CONNECTORS_KAFKA_TABLE_H

#include "base/arena.h"
#include "connectors/kafka_properties.h"
#include "engine/letter.h"
#include "engine/table.h"

enum { KAFKA_TABLE_LETTERS = 1 << 20 };

struct kafka_table;

/* One reference. NULL with a text in *why (arena). */
struct kafka_table *kafka_table_open(struct str where, const struct kafka_properties *properties,
                                     const struct schema *schema, struct arena *arena,
                                     const char **why);
struct kafka_table *kafka_table_hold(struct kafka_table *k);
void kafka_table_drop(struct kafka_table **k);

/* What there is since the last time. */
struct kafka_table_news {
    struct table *table;    /* the taker's; NULL: no other */
    struct letter *letters; /* the taker's to free */
    const char *failed;     /* why it will never be read; NULL: nothing has failed */
    uint64_t messages, malformed, lag; /* in all; those that are there and not read yet */
};

void kafka_table_take(struct kafka_table *k, struct kafka_table_news *news);

#endif
