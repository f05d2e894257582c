/* sinks: the kinds of sink there are, for open.c. */
#ifndef OMEN_CONNECTORS_SINKS_H
#define OMEN_CONNECTORS_SINKS_H

#include "base/arena.h"
#include "engine/sink.h"

/* file_sink.c. "-" is standard output; a file is made if there is none, and appended to. NULL with
 * *why (arena). */
struct sink *file_sink_open(struct str path, struct arena *arena, const char **why);

#endif
