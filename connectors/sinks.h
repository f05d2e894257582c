/* sinks: the kinds of sink there are, for open.c. */
#ifndef OMEN_CONNECTORS_SINKS_H
#define OMEN_CONNECTORS_SINKS_H

#include "base/arena.h"
#include "connectors/address.h"
#include "connectors/kafka_properties.h"
#include "engine/sink.h"

/* file_sink.c. "-" is standard output; a file is made if there is none, and appended to. NULL with
 * *why (arena). */
struct sink *file_sink_open(struct str path, struct arena *arena, const char **why);

/* The makers below take the settings that they know; NULL with a->why set after a mistake in the
 * address, with *broken (arena) where the world is at fault.
 * zmq_sink.c, zmq_ack_sink.c */
struct sink *zmq_sink_open(struct address *a, bool broadcast, const char **broken);
struct sink *zmq_ack_sink_open(struct address *a, const char **broken);
/* kafka_sink.c */
struct sink *kafka_sink_open(struct address *a, const struct kafka_properties *properties,
                             const char **broken);

#endif
