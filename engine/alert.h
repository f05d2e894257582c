/* alert: what leaves the engine when a rule has matched. Everything it points to lives until the
 * handler returns. Tests: tests/unit/whole/test_engine.c
 */
#ifndef OMEN_ENGINE_ALERT_H
#define OMEN_ENGINE_ALERT_H

#include "base/hash.h"
#include "engine/program.h"

struct alert_position {
    uint32_t stream, partition;
    uint64_t offset;
    struct str id; /* of an alert that was taken as an event; else empty */
};

struct alert_variable {
    struct str name;
    const struct alert_position *positions;
    uint32_t n;
};

struct alert_field {
    struct str name;
    struct value value;
};

struct alert_attached { /* events of a name, whole */
    struct str name;
    const struct schema *stream;
    const struct value *values; /* the stream's fields of the first event, of the second, … */
    uint32_t n;                 /* events */
};

struct alert {
    const struct program *program;
    const struct program_rule *rule;
    struct hash128 id;       /* of rule name, key and the events taken: the same in every replay */
    const struct value *key; /* one value for each key field; none where the rule has no `by` */
    uint32_t nkey;
    int64_t start_ns, end_ns; /* event times of the first and the last event; where the clock
                                 completed the match, the end is that time */
    bool timed_out;           /* omen.timeout: the window ended before the match */
    bool resolved;            /* omen.resolved: the alert of this id closes, */
    int64_t resolved_ns;      /* at this time; it says `emit at resolve`, the rest as it opened */
    const struct alert_field *emit;
    uint32_t nemit;
    const struct alert_variable
        *matched; /* variables that took an event, in order of the pattern */
    uint32_t nmatched;
    struct str severity;       /* low medium high critical */
    bool scored;               /* the rule has a score: */
    struct value score;        /* a number, or null */
    const struct alert_attached *attached;
    uint32_t nattached;
    uint64_t suppressed;       /* alerts of the rule and key not sent since the one before */
};

/* Called in the one total order: completion time; of one time what events from outside completed
 * by their position, then the rest by level of rules that feed rules (0 at the bottom): what alerts
 * completed by their own order, then what the clock did; rule order; key. What
 * closes stands before what opens. */
typedef void alert_handler(void *context, const struct alert *alert);

#endif
