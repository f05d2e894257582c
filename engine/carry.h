/* carry: another set of rules takes over the state of the running one.
 *
 *   program was ─┐                                       engine was ─┐
 *   program now ─┴ carry_compare → struct carry: fates    engine now ─┴ engine_carry → counts
 *
 * Rules are matched by name, groups of rules by streams and key, previous values and windows by
 * what they compute, states of a rule by what they take. State fits where what its bytes mean is
 * the same in both programs (engine/same.h); where that cannot be shown, it starts anew, and the
 * fate says so.
 *
 *   kept        every run; only what is said of a match may have changed
 *   conditions  every run: what it took stays taken, and new events meet the new conditions
 *   trimmed     but for runs that stand at, or have taken, a step that is no more
 *   restarted   none
 *
 * Nothing is copied: both engines share one store (struct engine_options), runs and values pass
 * from one to the other, and what does not fit is let go of with the old engine. Tests:
 * tests/unit/whole/test_carry.c
 */
#ifndef OMEN_ENGINE_CARRY_H
#define OMEN_ENGINE_CARRY_H

#include "engine/engine.h"

enum carry_fate { CARRY_KEPT, CARRY_CONDITIONS, CARRY_TRIMMED, CARRY_RESTARTED, CARRY_NEW };

enum { CARRY_NOT = 0xFFFF }; /* a state or a name that is no more */

struct carry_rule { /* beside the rules of `now` */
    enum carry_fate fate;
    uint32_t from;           /* rule of `was`; NONE */
    const char *why;         /* what changed; "" where nothing did that state depends on */
    const char *also;        /* what else begins anew; "" */
    const uint16_t *states;  /* by state of `was`: which it is now; CARRY_NOT */
    const uint16_t *names;   /* by variable of `was`, likewise */
    const bool *reopened;    /* by state of `was`: a run there waits for other steps now */
    bool renamed;            /* some name has another number now */
    bool once, opens;        /* what `once per` remembers fits; alerts that are open fit */
};

struct carry_input { /* beside the inputs of a group of `now`: which of `was` each is; NONE */
    const uint32_t *prevs, *columns, *aggregates;
};

struct carry_group { /* beside the groups of `now` */
    uint32_t from;          /* NONE: no group of `was` has these streams and this key */
    const struct carry_input *inputs;
    const uint32_t *frames; /* which of `was` each is; NONE */
};

struct carry {
    struct arena *arena;
    struct program *was, *now; /* not held */
    const struct carry_rule *rules;
    const struct carry_group *groups;
    const uint32_t *to;        /* by rule of `was`: which it is now; NONE: it is gone */
};

/* Lives in the arena. */
struct carry *carry_compare(struct arena *arena, struct program *was, struct program *now);

const char *carry_fate_name(enum carry_fate fate);

struct carry_count { /* by rule of `was` */
    uint64_t kept, dropped;               /* runs */
    uint64_t alerts_kept, alerts_dropped; /* that are open */
};

/* Between two slices. `now` has met no event, and was made with the store of `was`, which can only
 * be freed afterwards. Adds to `counts`. */
void engine_carry(struct engine *now, struct engine *was, const struct carry *carry,
                  struct carry_count *counts);

#endif
