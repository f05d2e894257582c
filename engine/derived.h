/* derived: alerts as events of the streams that rules read by the name of another rule.
 *
 *   alert queue ─ sorted, before `until` ─┐
 *   alerts of the present moment, kept ───┴→ events of one level, in order → rows of batches
 *
 * An alert at t reaches the rules that read its rule after all events from outside at t. Whether
 * more of those come is known when time moves on: until then alerts at t are kept, as copies. Only
 * events from outside complete anything in the present moment, so that what is kept is in order.
 *
 * What waits is bounded: of one rule and one moment so many alerts feed others, and no more; the
 * others leave all the same, and are counted.
 * Tests: tests/unit/whole/test_chains.c
 */
#ifndef OMEN_ENGINE_DERIVED_H
#define OMEN_ENGINE_DERIVED_H

#include "engine/alert_build.h"
#include "engine/batch.h"

enum {
    DERIVED_ROWS = 256,        /* of all streams together that are met at a time */
    DERIVED_AT_ONCE = 1 << 20, /* alerts of a rule at one time that feed others */
};

struct derived_row {
    const struct batch *batch;
    uint32_t row;
    int64_t at;
};

struct derived;

/* `given`, by stream: its events come from outside after all, as tests give them; NULL: none. */
struct derived *derived_new(const struct program *program, const bool *given);
void derived_free(struct derived **d);

/* Whether an alert of the rule, at `at`, becomes an event. To be asked once for each alert, for
 * those that events completed in their order. */
bool derived_admits(struct derived *d, uint32_t rule, int64_t at, bool by_event);

/* From now on: the events before `until` of streams for which reads[] (by feed) is true. The queue
 * is sorted; its alerts have to stay. */
void derived_gather(struct derived *d, struct alert_queue *q, const bool *reads, int64_t until);

/* The next of them, in order; 0: there are no more. Rows live until the next call. */
uint32_t derived_next(struct derived *d, const struct derived_row **rows);
/* Of these rows: the batch of a feed, or NULL where it has none. */
struct batch *derived_batch(const struct derived *d, uint32_t feed);

/* All levels have met what there was before `until`; alerts of the queue at `until` are kept. */
void derived_keep(struct derived *d, struct alert_queue *q, int64_t until);

/* The time of the events that are kept until it has passed; INT64_MAX: there are none. */
int64_t derived_due(const struct derived *d);

uint64_t derived_dropped(const struct derived *d); /* alerts that fed nobody: too many at once */
/* Another set of rules: alerts of `from` that have not been met are met here, where the rule that
 * `to` says (by rule of `from`; NONE) emits the same. */
void derived_carry(struct derived *d, struct derived *from, const uint32_t *to);

size_t derived_bytes(const struct derived *d);

#endif
