/* reading: what sources read, while other rules take over.
 *
 *   the schema a stream is read by  ∪  what the rules to come look at  =  the schema it is read by
 *
 *   … a a a a b b b b …   rows, in the order in which they are matched; those of b were read by
 *            ↑            the wider schema, and serve the rules before too (batch_see)
 *            └ nothing is left that was read by the narrower one: here the others take over
 *
 * A field is read on when no rule looks at it any more: so what is read only ever grows, each time
 * by a field at least, and SCHEMA_MAX_FIELDS bounds how often. Rows that wait for older ones
 * (lateness) are waited for: what is told of an event never depends on when it was read.
 * Tests: tests/cli/reload.t, plan.t
 */
#ifndef OMEN_CLI_READING_H
#define OMEN_CLI_READING_H

#include "cli/inputs.h"

/* Why rows of the streams of one program cannot be those of the other's; of a stream, why rows
 * cannot be read by both schemas. NULL: they can. Texts are the arena's. */
const char *reading_streams_misfit(struct arena *arena, const struct program *is,
                                   const struct program *now);
const char *reading_misfit(struct arena *arena, const struct schema *is, const struct schema *now);

/* "s.a, s.b": fields that `now` looks at and `is` does not have; "" if none. */
const char *reading_more(struct arena *arena, const struct schema *is, const struct schema *now);

/* Why the sources cannot be read for the program; NULL: they can. */
const char *inputs_misfit(const struct inputs *in, const struct program *now, struct arena *arena);

/* What would be read besides: "stream t, s.a"; "" if nothing. */
const char *inputs_more(const struct inputs *in, const struct program *now, struct arena *arena);

/* They are, besides, from now on. True: what was read before is to be waited for. */
bool inputs_turn(struct inputs *in, const struct program *now);

/* Between two slices: everything from here on was read for it. */
bool inputs_turned(const struct inputs *in);

/* It runs now: its streams are fed, and open batches are opened again. */
void inputs_give(struct inputs *in, const struct program *now);

#endif
