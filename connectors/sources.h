/* sources: the kinds of source over a network there are, for open.c. NULL with a->why set after a
 * mistake in the address, with *broken (arena) where the world is at fault. */
#ifndef OMEN_CONNECTORS_SOURCES_H
#define OMEN_CONNECTORS_SOURCES_H

#include "connectors/address.h"
#include "connectors/kafka_properties.h"
#include "engine/source.h"

struct source *kafka_source_open(struct address *a, const struct kafka_properties *properties,
                                 const struct schema *schema, uint32_t stream, const char **broken);
struct source *zmq_source_open(struct address *a, bool subscribes, const struct schema *schema,
                               uint32_t stream, const char **broken);

#endif
