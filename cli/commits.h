/* commits: tells sources what need not be read again: events that were handled.
 *
 *   arrived ─merge→ fed ─engine→ alerts ─sinks→ taken ─world→ written
 *           └ a mark                          └ a round
 *
 * An event is handled when it was matched, and every alert that it could have completed so far is
 * in the hands of who reads alerts: of each sink so many are written (or dropped, as the operator
 * allowed) as had been taken by then. What waits in the merge is not handled; what was late or
 * malformed is, like the others. What a sink lost is not: then nothing more is told.
 *
 * A partition's rows leave the merge in order of time, not of offsets. So a mark remembers how far
 * it was read, and the highest time by then: it is reached when nothing so old waits any more. One
 * mark a partition and one round for all are under way, and the next begins when they are through:
 * what is told trails by at most twice the way of an event. Looked at every COMMIT_EACH_NS. One
 * thread. Tests: tests/system/test_kafka.py
 */
#ifndef OMEN_CLI_COMMITS_H
#define OMEN_CLI_COMMITS_H

#include "cli/inputs.h"
#include "cli/outputs.h"

#define COMMIT_EACH_NS (100 * NS_PER_MS)

struct commit { /* of one partition: offsets behind what ... */
    uint64_t lane;
    uint32_t source;
    bool marked;
    int64_t mark_ns;       /* the highest time by the mark */
    uint64_t mark;         /* ... was read, by the mark */
    uint64_t out;          /* ... has left the merge */
    uint64_t round;        /* ... is under way to the world */
    uint64_t told;
};

struct commits {
    struct inputs *inputs;
    struct outputs *outputs;
    bool wanted;           /* some source hears of it */
    struct commit *v;
    uint32_t n, cap;
    uint64_t *taken;       /* by sink, when the round began */
    bool under_way;
    int64_t looked_ns;
};

/* Both are open. */
void commits_init(struct commits *c, struct inputs *inputs, struct outputs *outputs);
void commits_fini(struct commits *c);

/* Is it time to look? */
bool commits_due(const struct commits *c);
/* Between two slices; what was fed has been matched. */
void commits_tick(struct commits *c);

/* The sinks are finished. */
void commits_last(struct commits *c);

#endif
