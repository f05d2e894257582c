/* resolve: alerts that are open, and what closes them.
 *
 *   alert sent ─→ open ─┬ an event of the key, `resolve when` is true ─→ omen.resolved
 *                       ├ the clock, D behind its end (resolve after D) ─→ omen.resolved
 *                       ├ the key is forgotten                           ─→ counted, not told
 *                       └ more are open than the limit: the oldest       ─→ counted, not told
 *
 * Each rule and key has its open alerts in one list, in the order in which they were opened, beside
 * its runs (struct open_rule). An open alert holds a copy of the match's run: its cells, and a
 * count on the chain of events that it took, so that conditions and `emit at resolve` see them.
 *
 * An event first closes, then matches: no alert closes at the event that opened it. The clock rings
 * after the events of its time. Where the end of a match lies so far back that D has passed when it
 * is told (`match longest`), it closes at the time at which it was told.
 *
 * A condition is split as those of steps are: what needs the event alone is a bit of the batch,
 * what needs the key is tested once an event, and only the rest once an open alert. One thread.
 * Tests: tests/unit/whole/test_resolve.c, tests/cli/resolve.t
 */
#ifndef OMEN_ENGINE_RESOLVE_H
#define OMEN_ENGINE_RESOLVE_H

#include "engine/alert_build.h"
#include "engine/window.h"

struct open_alert;

struct open_alerts { /* of one rule for one key */
    struct open_alert *first, *last;
    uint32_t n;
    int64_t due; /* the earliest time at which the clock closes one */
};

static inline int64_t open_alerts_due(const struct open_alerts *open) {
    return open->n ? open->due : INT64_MAX;
}

struct resolve_counters { /* of one rule */
    uint64_t resolved;
    uint64_t open;      /* now */
    uint64_t dropped;   /* given up at the limit for a key */
    uint64_t forgotten; /* with their key */
};

struct resolver;

struct resolver *resolver_new(const struct program *program, struct run_store *store,
                              struct expr *expr, struct window_view *view);

/* Where what closes goes: *queue at that time; and its turn there, which `turn` tells. */
void resolver_to(struct resolver *r, struct alert_queue *const *queue,
                 struct alert_turn (*turn)(void *context, uint32_t rule,
                                           const struct completion *closing),
                 void *context);
void resolver_free(struct resolver **r); /* all lists have been cleared */

/* Where the bits of the program's predicates stand: see matcher_bits. */
void resolver_bits(struct resolver *r, uint64_t *const *bits);

/* A match of the rule was sent as `alert`: it goes into `opened`, which waits for its key. Then
 * resolver_keep puts what waits behind what is open, at most as many as the rule's limit. */
void resolver_open(struct resolver *r, uint32_t rule, const struct run *run,
                   const struct completion *completion, const struct alert *alert,
                   struct open_alerts *opened);
void resolver_keep(struct resolver *r, uint32_t rule, struct open_alerts *opened,
                   struct open_alerts *open);

/* The key and its previous values; its windows are in the view. */
struct resolve_key {
    const struct value *key, *prev;
};

void resolver_event(struct resolver *r, uint32_t rule, struct open_alerts *open,
                    const struct resolve_key *key, const struct event *event);

/* Closes what is due at `now` or before. */
void resolver_clock(struct resolver *r, uint32_t rule, struct open_alerts *open,
                    const struct resolve_key *key, int64_t now);

void resolver_clear(struct resolver *r, uint32_t rule, struct open_alerts *open);
void resolver_forget(struct resolver *r, uint32_t rule, struct open_alerts *open);

/* Another set of rules with the same store: rule `was` of `from` is `rule` here: its counters, then
 * lists of its open alerts, whose runs fit. */
void resolver_carry_rule(struct resolver *r, uint32_t rule, const struct resolver *from,
                         uint32_t was);
void resolver_carry(struct resolver *r, uint32_t rule, struct open_alerts *open,
                    struct resolver *from, uint32_t was, struct open_alerts *old, int64_t now);
struct run *open_alert_run(const struct open_alerts *open, uint32_t i);

const struct resolve_counters *resolver_counters(const struct resolver *r, uint32_t rule);
size_t resolver_bytes(const struct resolver *r); /* but for the copies, which the store has */

#endif
