/* match: the matcher: one rule's automaton, stepped by the events of one key, in three phases an
 * event:
 *
 *   expire     runs whose window has passed end
 *   advance    each run takes the event, passes over it, both (it forks), or ends; the event starts
 *              new runs
 *   complete   completed runs become matches, in order; `after match` discards what an emitted
 *              match rules out
 *
 * Modes. All ways: every run that completes is a match. First: the runs of one start are kept in
 * order of preference; the first to complete is the match and the start is done; ways that can
 * bring nothing new are dropped at once:
 *   - a run that took an event and leaves nothing behind by it does not also wait behind (covers);
 *   - of two runs of a start, edges open in the preferred one close in the other (merge), unless
 *     conditions look at what a run took.
 * docs/matching.md tells why this loses nothing. Counters say how often each happened.
 *
 * A matcher is stateless between events but for memos; runs belong to the key (struct runs). One
 * thread. Tests: tests/conformance, tests/unit/whole/test_match.c
 */
#ifndef OMEN_ENGINE_MATCH_H
#define OMEN_ENGINE_MATCH_H

#include "engine/run.h"

enum { DEFAULT_LIMIT_RUNS = 10000 }; /* for a rule and key, where the rule does not say */

struct event { /* one row, and its place in the engine's order of events */
    const struct batch *batch;
    uint32_t row;
    uint64_t seq; /* from 1 */
    int64_t at;
};

struct runs { /* of one rule for one key: by first event, then by preference */
    struct run *first;
    uint32_t n;
};

struct matcher;

/* How a match came about. */
struct completion {
    const struct event *event; /* that completed it; NULL: the clock did */
    int64_t now;               /* when it is reported: the event's time, or the clock's */
    int64_t end; /* of the match: its last event, or the time by which something was absent */
    bool timed_out;            /* no match: the window ended (timeout emit) */
};

/* `run` is valid until the handler returns. */
typedef void match_handler(void *context, uint32_t rule, const struct run *run,
                           const struct completion *completion);

struct matcher *matcher_new(const struct program *program, uint32_t rule, struct run_store *store,
                            struct expr *expr, match_handler *handler, void *context);
void matcher_free(struct matcher **m);

/* Where the bits of the program's predicates for the current batch stand: bits[p], one bit a
 * row. */
void matcher_bits(struct matcher *m, uint64_t *const *bits);

/* The key's windows, as its expressions see them: the caller keeps it up to date. NULL: none. */
void matcher_windows(struct matcher *m, const struct window_view *windows);

/* Tells what it does from here on (engine/trace.h); it then wants every row, whatever may start. */
struct trace;
void matcher_trace(struct matcher *m, const struct trace *trace);

/* Can the row start a run, as far as conditions on the event alone say? */
bool matcher_may_start(const struct matcher *m, const struct event *event);

void matcher_event(struct matcher *m, struct runs *runs, const struct value *prev,
                   const struct event *event);

/* The earliest time at which the clock has something to do for these runs; INT64_MAX: none. */
int64_t matcher_due(const struct matcher *m, const struct runs *runs);

/* Lets the clock go up to `now`, exclusive: absences, `lasting`, ends of windows that matter, in
 * order of time. Every event of the key before `now` has been matched. */
void matcher_clock(struct matcher *m, struct runs *runs, const struct value *prev, int64_t now);

/* Ends runs whose window has passed at event time `now`; prune also those whose last gap has. */
void matcher_expire(struct matcher *m, struct runs *runs, int64_t now);
void matcher_prune(struct matcher *m, struct runs *runs, int64_t now);

/* The longest that a run can wait for something, ns; -1: for ever. */
int64_t matcher_longest_wait(const struct matcher *m);
void matcher_clear(struct matcher *m, struct runs *runs);

#endif
