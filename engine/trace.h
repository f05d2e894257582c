/* trace: what the matcher of one rule does with the events of one key, told step by step, so that
 * somebody can say why an alert came or did not (omen why, omen test).
 *
 *   event ─→ wants? ─→ for each run, each edge on which it waits: TAKES, FAILS, KILLED, …
 *                  └─→ for each first step: STARTS, FAILS, CONTINUES
 *   clock, window, limit, after match ─→ WINDOW, DROPPED, SKIPPED, …       a run has ended
 *   a run is complete ─→ MATCH, or HAVING                                  and what became of it
 *
 * Before an event is matched each open edge is asked what it will do with it: conditions have no
 * effects, so asking changes nothing. The matcher itself reports only what ends runs. What a step
 * does not say follows: a run that has no edge open any more ends; one that passes over an event
 * fails it with a link that is not NEXT.
 *
 * A run whose window has passed stays until its key's next event, so that this can be seen to come
 * too late. A run is known by the events that it took (run->last and before). Everything given to a
 * handler is valid until it returns. Nothing is asked where no trace is wanted.
 * Tests: tests/unit/whole/test_trace.c, tests/cli/why.t
 */
#ifndef OMEN_ENGINE_TRACE_H
#define OMEN_ENGINE_TRACE_H

#include "engine/match.h"

enum trace_kind {
    /* about an edge and an event; `run` is NULL where the event would be the first */
    TRACE_TAKES,     /* the event is taken as `variable` */
    TRACE_FAILS,     /* the condition of `variable` does not hold */
    TRACE_CONTINUES, /* it holds, but the event goes on with an unbroken run, and begins none */
    TRACE_HELD,      /* not taken: `until` variable holds */
    TRACE_EARLY,     /* not taken: less than the least gap has passed */
    TRACE_KILLED,    /* the edge closes: the event is `variable`, which `no` or `until` names */
    TRACE_GAP,       /* the edge closes: its gap, or a window around a part, has passed; */
    TRACE_MISSED,    /* the same, or the pattern's window has, and but for that it would take it */
    TRACE_WAITS,     /* the edge waits for the clock, and the event does not end that */
    /* about a run */
    TRACE_WINDOW,    /* it ends: the window of the pattern has closed */
    TRACE_SKIPPED,   /* it ends: it began before the place where `after match` goes on */
    TRACE_DROPPED,   /* it ends: more runs than the limit */
    TRACE_FORGOTTEN, /* it ends: the key had no event for too long, or the engine is freed */
    TRACE_HAVING,    /* it completed, and `having` is not true: it did not match */
    TRACE_MATCH,     /* it is a match */
};

struct trace_step {
    enum trace_kind kind;
    const struct run *run;
    const struct nfa_edge *edge; /* NULL: none is meant */
    uint16_t variable;
    int64_t late_ns;             /* MISSED: by how much */
    int64_t chance;              /* FORGOTTEN: until when an event, or the clock, could have told */
    const struct event *event;   /* NULL: the clock, or the end of time */
    int64_t now;
    /* MATCH */
    const struct completion *completion;
    bool sent;                   /* else except or once per kept it back: */
    uint32_t except;             /* the exception of the rule, or NONE: once per, */
    int64_t sent_at;             /* because of the alert sent then */
    /* for trace_value */
    struct expr *expr;
    struct expr_scope scope;
};

struct trace {
    uint32_t rule; /* of the program */
    void *context;
    /* Asked once an event that is matched: is it about a key that is wanted? What becomes of runs
     * is told of every key: their events say whose they are. */
    bool (*wants)(void *context, const struct batch *batch, uint32_t row);
    void (*step)(void *context, const struct trace_step *step);
};

/* A code of the rule (a probe) as it stands at this step. Texts and lists are valid until the
 * handler returns. */
struct value trace_value(const struct trace_step *step, uint32_t code);

/* A completed run, and what became of it: `step` holds all but what these say. */
void trace_match(const struct trace *trace, const struct run *run,
                 const struct completion *completion, struct trace_step step);

/* The fewest events that a run (NULL: none yet) needs to become a match, once it has taken one by
 * `edge` (NULL: as it is): how near it is. Of the clock each step counts as one. */
uint32_t trace_distance(const struct program *program, const struct program_rule *rule,
                        const struct run *run, const struct nfa_edge *edge);

#endif
