/* pattern: what the twin is tried on: a random pattern as a tree of its own, conditions, a stream
 * of events; and the same as the text of a rule and as NDJSON.
 *
 *   a then (b{1,3} next c within 4s) then no x then d     where  c: is_c and n > a.n
 *
 * A name is a letter: a to h are taken, x y z stand under `no`, u after `until`. An event carries
 * a set of letters, a small whole number n, and its time. The name v is satisfied by an event of
 * its stream that carries the letter v and fulfils the look of v, which compares the event with
 * what the way took, or with the key's events before. Everything lives in one struct, nothing is
 * allocated.
 */
#ifndef OMEN_TESTS_TWIN_PATTERN_H
#define OMEN_TESTS_TWIN_PATTERN_H

#include "base/buf.h"

enum { MAX_STEPS = 40, MAX_CHILDREN = 4, MAX_EVENTS = 14, LETTERS = 26, NO_LETTER = -1 };
enum { MAX_STREAMS = 3 };
enum { LETTER_X = 'x' - 'a', LETTER_U = 'u' - 'a' };

enum step_kind { STEP_NAME, STEP_SEQUENCE, STEP_OR, STEP_ALL, STEP_NO };
enum step_link { STEP_NEXT, STEP_THEN, STEP_EACH };

struct step_follow { /* how a step follows the event taken before it */
    enum step_link link;
    int least_ms, most_ms; /* 0 and -1: no bound */
};

struct step {
    enum step_kind kind;
    struct step_follow follow; /* not for the first of a sequence */
    int letter;                /* NAME, NO */
    struct step *children[MAX_CHILDREN];
    int nchildren;
    int some;                  /* ALL: how many of the children */
    int least, most;           /* count; -1: without end */
    enum step_link inner;      /* of a loop */
    bool reluctant;
    int until;                 /* a letter */
    int for_ms, lasting_ms;    /* NAME, of count 1: an unbroken run; 0: none */
    int gap_ms;                /* `for`; -1: none */
    int within_ms;             /* SEQUENCE in parentheses; -1: none */
};

enum look { /* `n` is the event's, v the name tested, p an earlier one */
    LOOK_NOWHERE,
    LOOK_ABOVE,  /* n > p.n */
    LOOK_SUM,    /* n + 2 >= sum(p.n) */
    LOOK_MAX,    /* n >= max(p.n) */
    LOOK_MIN,    /* n <= min(p.n) */
    LOOK_AVG,    /* n >= avg(p.n) */
    LOOK_WHERE,  /* count(p where p.n > 1) < number, as sum(1 …) */
    LOOK_FIRST,  /* n != first(p.n) */
    LOOK_COUNT,  /* count(p) < number */
    LOOK_MANY,   /* count(p) >= number */
    LOOK_SOON,   /* at - p.at <= number s */
    LOOK_PREV,   /* from here on at the key's events: n >= prev(n) */
    LOOK_PREV2,  /* n != prev(n, 2) */
    LOOK_OVER,   /* count(where n > 1) over number s >= 2 */
    LOOK_PRIOR,  /* sum(n) over prior number s >= 3 */
    LOOK_LAST,   /* max(n) over last number <= n + 1 */
    LOOKS
};

struct condition_of {
    enum look look;
    int of, number;
};

enum having {
    HAVING_NOTHING,
    HAVING_FIRST, /* a.n >= number, where every way begins with a */
    HAVING_MANY,  /* count(p) >= number */
    HAVING_FEW,   /* count(p) < number */
    HAVING_SUM,   /* sum(p.n) >= number */
    HAVING_ABOVE, /* last(p.n) > q.n */
    HAVINGS
};

struct event_of {
    uint32_t letters; /* a bit each */
    int n, at_ms; /* n: -1 is null */
    int key, stream; /* key -1 is null */
    int place; /* in its stream */
};

enum mode { MODE_FIRST, MODE_LONGEST, MODE_ALL_WAYS };
enum skip { SKIPS_NOTHING, SKIPS_PAST_LAST, SKIPS_TO_NEXT, SKIPS_TO_FIRST, SKIPS_TO_LAST };

struct twin_case {
    struct step steps[MAX_STEPS];
    int nsteps;
    struct step *root;         /* a sequence */
    int within_ms;             /* -1: none */
    int trailing;              /* `then no x` at the end; or NO_LETTER */
    int trailing_ms;           /* `for` so long; -1: until the window closes */
    int ntaken;                /* letters a.. of the pattern */
    struct condition_of conditions[LETTERS];
    enum having having;
    int having_of, having_other, having_number;
    bool looks_back; /* at more than the event that every way of a start begins with */
    bool nested; /* a loop in a loop: one way may have several derivations */
    enum mode mode;
    bool timeouts;
    enum skip skip;
    int skip_to;
    int once_ms;               /* `once per`; 0: every alert is sent */
    bool once_by;              /* by a.n */
    bool filtered;             /* on events where n != 3 */
    int nstreams;
    int stream_of[LETTERS];    /* whose events the name takes */
    int lateness_ms;           /* how long rows are waited for */
    int ends_ms;               /* where time stops; -1: it goes on until nothing waits */
    struct event_of events[MAX_EVENTS]; /* as they arrive; of a key: in order of time */
    int nevents;
    int nkeys; /* 1: no `by` */
};

/* The same seed makes the same case. In random.c. */
void case_make(struct twin_case *c, uint64_t seed);
void case_copy(struct twin_case *to, const struct twin_case *from);
/* What follows from the rest: looks_back, nested. */
void case_settle(struct twin_case *c);
/* The case as one key sees it: without late events and those that are filtered, in order. */
void case_of_key(const struct twin_case *c, int key, struct twin_case *out);
/* The time of the last event that is not late; 0 without one. */
int case_last_ms(const struct twin_case *c);
int case_late(const struct twin_case *c); /* how many are */

void case_rule(const struct twin_case *c, struct buf *out);   /* a whole rule file */
void case_events(const struct twin_case *c, struct buf *out); /* NDJSON */

#endif
