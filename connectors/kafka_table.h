/* kafka_table: a compacted topic → tables: --table merchants=kafka:TOPIC.
 *
 *   topic ─ its own thread: poll ─→ table_log ─ a second at most ─→ a table ─ take ─→ main
 *
 * The thread reads all partitions that the topic has at the start from their beginning, as nobody's
 * group member, and commits nothing. The table is ready when each was read to its end once: then
 * the first is made, and another whenever messages have come, but so seldom that making them takes
 * a fifth of the thread's time at most. A message that is refused leaves its row as it was; it is
 * counted, logged once a minute, and a dead letter. Where KAFKA_TABLE_LETTERS bytes of these are
 * not taken, the thread reads no further.
 *
 * A broker that is away and a topic that is not there are waited for; a refused password or
 * certificate fails it, as long as it is not ready. All functions: one thread.
 * Tests: tests/system/test_tables.py; what messages mean: table_log.h
 */
#ifndef OMEN_CONNECTORS_KAFKA_TABLE_H
#define OMEN_CONNECTORS_KAFKA_TABLE_H

#include "base/arena.h"
#include "connectors/kafka_properties.h"
#include "engine/letter.h"
#include "engine/table.h"

enum { KAFKA_TABLE_LETTERS = 1 << 20 };

struct kafka_table;

struct kafka_table_counters {
    uint64_t messages, refused; /* read; of these no rows */
};

bool kafka_table_is(struct str where); /* kafka:… */

/* Counted: one reference. Begins to read. NULL with *why (arena). */
struct kafka_table *kafka_table_open(struct str where, const struct kafka_properties *properties,
                                     const struct schema *schema, struct arena *arena,
                                     const char **why);
struct kafka_table *kafka_table_hold(struct kafka_table *k);
void kafka_table_drop(struct kafka_table **k);

enum kafka_table_state {
    KAFKA_TABLE_READING,
    KAFKA_TABLE_READY,
    KAFKA_TABLE_FAILED, /* *why, as long as it lives */
};

/* Waits for `ms` at most while it is reading. */
enum kafka_table_state kafka_table_wait(struct kafka_table *k, int ms, const char **why);

/* The newest table, with one reference, if there is another than was taken last. */
bool kafka_table_take(struct kafka_table *k, struct table **table);

/* Dead letters since the last time, oldest first; the taker's to free, while the table lives. */
struct letter *kafka_table_letters(struct kafka_table *k);

struct kafka_table_counters kafka_table_counters(struct kafka_table *k);

#endif
