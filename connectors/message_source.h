/* message_source: what sources have in common whose events come as messages: one JSON object each,
 * with a place. A maker embeds it as its first member.
 *
 * A message that cannot be decoded, an empty one and a tombstone go to the dead letters; its place
 * is used up. Tests: tests/unit/connectors/test_message_source.c
 */
#ifndef OMEN_CONNECTORS_MESSAGE_SOURCE_H
#define OMEN_CONNECTORS_MESSAGE_SOURCE_H

#include "connectors/decoder.h"
#include "engine/source.h"

struct message {
    const char *bytes; /* NULL: a tombstone */
    size_t n;
    uint32_t partition;
    uint64_t offset;
};

struct message_source {
    struct source source;
    struct decoder *decoder;
    char why[512];
};

enum {
    MESSAGE_MOST = 1 << 20,       /* bytes of an event, as of a line in a file */
    MESSAGE_TEXT_MOST = 16 << 20, /* bytes of texts in a batch, above which it is full */
};

void message_source_init(struct message_source *s, const struct source_ops *ops, struct str name,
                         const struct schema *schema, uint32_t stream);
void message_source_fini(struct message_source *s);
void message_source_follow(struct source *s, const struct schema *schema); /* for the ops */

/* One row more, or a dead letter. The batch has room (message_room). */
void message_decode(struct message_source *s, const struct message *m, struct batch *batch);

/* What there is to say of a message that was refused. */
struct dead_letter message_letter(const struct message *m, struct str source, struct str stream,
                                  const char *reason);

static inline bool message_room(const struct batch *b) {
    return b->n < b->max && b->text.used < MESSAGE_TEXT_MOST;
}

#endif
