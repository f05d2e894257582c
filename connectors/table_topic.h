/* table_topic: the messages of a compacted topic → the tables that they make, one after the other.
 *
 *   key "m1", value {"merchant":"m1","risk":0.7}    row m1 is this one from now on
 *   key "m1", no value (a tombstone)                there is no row m1 any more
 *
 * The key's bytes are the text of the table's key column, "17" or "2026-01-31" as in CSV: the topic
 * is compacted, and spread over partitions, by it. So a key that says other than the column, or none
 * at all, is malformed, as is what is no row: such a message changes nothing, is counted and goes to
 * the dead letter handler. Within a partition the newest message of a key counts.
 *
 * It knows nothing of Kafka. It is no source that is read, but has one's name, counters and dead
 * letters. One thread. Tests: tests/unit/connectors/test_table_topic.c
 */
#ifndef OMEN_CONNECTORS_TABLE_TOPIC_H
#define OMEN_CONNECTORS_TABLE_TOPIC_H

#include "connectors/message_source.h"
#include "engine/table_changes.h"

struct table_topic {
    struct message_source base; /* the first member */
    struct arena arena;
    struct schema schema; /* a copy: it may outlive the rules */
    struct batch *row;    /* the message's */
    struct table_changes *rows;
    uint64_t messages; /* malformed ones too */
    struct buf reason;
};

/* `name`: as bound. Dead letters go where base.source.dead_letter says. */
void table_topic_init(struct table_topic *t, struct str name, const struct schema *schema);
void table_topic_fini(struct table_topic *t);

/* `key`: p is NULL where there is none. */
void table_topic_apply(struct table_topic *t, struct str key, const struct message *m);

/* As if nothing had come; whoever has a table keeps it. */
void table_topic_restart(struct table_topic *t);

/* Another table, one reference; NULL: nothing has changed since the last. */
struct table *table_topic_take(struct table_topic *t);

#endif
