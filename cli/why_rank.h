/* why_rank: which of the ways that became no match came nearest. They are ranked by how many events
 * they still needed, then by how little the nearest event failed (why_value.h), then the latest
 * first. Not among them: ways that went on, which are told by what they went on to, and ways that
 * another stands in for.
 * Tests: tests/cli/why.t
 */
#ifndef OMEN_CLI_WHY_RANK_H
#define OMEN_CLI_WHY_RANK_H

#include "cli/why_watch.h"

/* Best first; `out` has room for all ways. */
uint32_t why_rank(const struct why *w, struct why_way **out);

/* Its window has passed, whether or not an event of the key came after that. */
bool why_ran_out(const struct why *w, const struct why_way *way);
/* Nothing came while it could still go on. */
bool why_gave_up(const struct why *w, const struct why_way *way);
/* How long the last step's unbroken run has to last (`for D`), and how long it has; 0: it need
 * not. */
int64_t why_lasting(const struct why *w, const struct why_way *way, int64_t *lasted);

#endif
