/* kafka_client: what our Kafka producers and consumers share: the configuration of a client, and
 * its log lines in ours. For files that use librdkafka; others include kafka_properties.h.
 * Tests: tests/unit/connectors/test_kafka.c, tests/system
 */
#ifndef OMEN_CONNECTORS_KAFKA_CLIENT_H
#define OMEN_CONNECTORS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "connectors/address.h"
#include "connectors/kafka_properties.h"

/* All properties of a client; NULL with a->why set. `defaults`: pairs, NULL at the end. `opaque`:
 * of the client's callbacks. */
rd_kafka_conf_t *kafka_client_conf(struct address *a, const struct kafka_properties *properties,
                                   const char *const *defaults, void *opaque);

#endif
