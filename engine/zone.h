/* zone: time zones of the system's tz database, read from its TZif files (RFC 8536), version 2 and
 * later, with the POSIX rule of the footer for times behind the table. Read-only after loading, any
 * thread. Tests: tests/unit/engine/test_zone.c
 */
#ifndef OMEN_ENGINE_ZONE_H
#define OMEN_ENGINE_ZONE_H

#include "base/str.h"

struct zone;

struct zone *zone_load(struct str name,
                       const char **why); /* NULL: no such zone, or an unreadable file */
void zone_free(struct zone **z);
int64_t zone_offset(const struct zone *z, int64_t ns); /* local time - UTC at that instant, in ns */

/* The instant of a local time (ns as if UTC): where it exists twice the earlier, where it does not
 * exist the instant that the clock would have shown without the change. */
int64_t zone_instant(const struct zone *z, int64_t local_ns);

#endif
