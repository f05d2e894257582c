/* pattern: what the twin is tried on: a random pattern as a tree of its own, conditions, a stream
 * of events; and the same as the text of a rule.
 *
 *   a then (b{1,3} next c within 4s) then no x then d     where  c: is_c and n > a.n
 *
 * A name is a letter: a to h are taken, x y z stand under `no`, u after `until`. An event carries
 * a set of letters, a small whole number n, and its time. The name v is satisfied by an event that
 * carries the letter v and fulfils the look back of v, which compares the event with what the way
 * took. Everything lives in one struct, nothing is allocated.
 */
#ifndef OMEN_TESTS_TWIN_PATTERN_H
#define OMEN_TESTS_TWIN_PATTERN_H

#include "base/buf.h"

enum { MAX_STEPS = 32, MAX_CHILDREN = 4, MAX_EVENTS = 12, LETTERS = 26, NO_LETTER = -1 };
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
    int within_ms;             /* SEQUENCE in parentheses; -1: none */
};

enum look { /* `n` is the event's, v the name tested, p an earlier one */
    LOOK_NOWHERE,
    LOOK_ABOVE,  /* n > p.n */
    LOOK_SUM,    /* n + 2 >= sum(p.n) */
    LOOK_MAX,    /* n >= max(p.n) */
    LOOK_FIRST,  /* n != first(p.n) */
    LOOK_COUNT,  /* count(p) < number */
    LOOK_MANY,   /* count(p) >= number */
    LOOK_SOON,   /* at - p.at <= number s */
    LOOK_PREV,   /* n >= prev(n): at the event before, whatever it was */
    LOOKS
};

struct condition_of {
    enum look look;
    int of, number;
};

struct event_of {
    uint32_t letters; /* a bit each */
    int n, at_ms; /* n: -1 is null */
    int key;
    int place; /* in the stream */
};

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
    bool looks_back; /* at more than the event that every way of a start begins with */
    bool nested; /* a loop in a loop: one way may have several derivations */
    bool all_ways;
    enum skip skip;
    int skip_to;
    struct event_of events[MAX_EVENTS];
    int nevents;
    int nkeys; /* 1: no `by` */
};

/* The same seed makes the same case. */
void case_make(struct twin_case *c, uint64_t seed);
/* The case as one key sees it. */
void case_of_key(const struct twin_case *c, int key, struct twin_case *out);
void case_rule(const struct twin_case *c, struct buf *out);   /* a whole rule file */
void case_events(const struct twin_case *c, struct buf *out); /* `AB/3@1000:1`: n, time, key */

#endif
