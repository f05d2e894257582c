/* kafka_client: what our Kafka producers and consumers share: the configuration of a client, and
 * its log lines in ours. For files that use librdkafka; others include kafka_properties.h.
 * Tests: tests/unit/connectors/test_kafka.c, tests/system
 */
#ifndef OMEN_CONNECTORS_KAFKA_CLIENT_H
#define OMEN_CONNECTORS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "connectors/address.h"
#include "connectors/kafka_properties.h"

/* What a client learned of its brokers; the opaque of its callbacks. The client's maker embeds it.
 * Written by librdkafka within poll. */
struct kafka_trouble {
    char refused[256]; /* no retry will mend it: password, certificate or right; empty: none */
    bool away;         /* no broker could be reached; who asks again when one can, clears it */
    rd_kafka_resp_err_t said; /* the error that was logged last, and when */
    int64_t said_ns;
};

/* A consumer's message that is an error: logged, the same at most once a minute. */
void kafka_trouble_message(struct kafka_trouble *t, struct str name, const rd_kafka_message_t *m);

/* All properties of a client; NULL with a->why set. `defaults`: pairs, NULL at the end. */
rd_kafka_conf_t *kafka_client_conf(struct address *a, const struct kafka_properties *properties,
                                   const char *const *defaults, struct kafka_trouble *trouble);

#endif
