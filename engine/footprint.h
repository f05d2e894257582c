/* footprint: what a rule keeps for a key, in bytes, as the engine lays it out.
 *
 * Blocks are counted as their pools round them; the tables and queues that grow by doubling, at the
 * middle between just grown and full; a text as TEXT_BYTES, whatever its length. Measured against
 * the memory that 100,000 and 1,000,000 keys take in tests/unit/whole/test_footprint.c.
 */
#ifndef OMEN_ENGINE_FOOTPRINT_H
#define OMEN_ENGINE_FOOTPRINT_H

#include "engine/program.h"

struct footprint {
    uint32_t key;          /* a key for which nothing is open: its place in the table, its state,
                              with previous values and windows */
    uint32_t prevs;        /* of these */
    uint32_t windows;      /* of these: room for a few events included; what each further event
                              takes: windows_bytes (engine/program.h) */
    uint32_t panes;        /* of these, with a pane of each kind */
    uint32_t run;          /* a run, and what opens for the first of a rule */
    bool rests;            /* false: every run ends with the event that began it */
};

struct footprint footprint_of(const struct program *program, uint32_t rule);

/* What a run keeps with an event that it took. */
uint32_t footprint_taken(const struct program_variable *v);

#endif
