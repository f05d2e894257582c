/* ways: the twin: every way through a pattern over a stream, by trying all, and which of them are
 * matches, by the words of docs/language.md.
 *
 * It goes down the pattern's tree, with what remains to be matched as a chain of continuations, and
 * knows no automaton, no runs, and nothing of the code that it judges. Its cost is the number of
 * ways.
 */
#ifndef OMEN_TESTS_TWIN_WAYS_H
#define OMEN_TESTS_TWIN_WAYS_H

#include "base/arena.h"
#include "tests/twin/pattern.h"

struct taken_event {
    int event, letter;
    bool reluctant; /* passing over it was preferred */
};

/* When: at an event, or by the clock, which comes after all events of its time. */
struct moment {
    int ms, event; /* MAX_EVENTS: by the clock */
};

struct way {
    int start;     /* the first event */
    int n;
    struct taken_event taken[MAX_EVENTS];
    struct moment end; /* it completed; or its window closed while it waited for an event */
};

struct way_list {
    struct way *v;
    uint32_t n, cap;
};

struct ways {
    struct arena *arena;
    struct way_list found;   /* in order of matches: completion, first event, preference */
    struct way_list waiting; /* where timeouts are told: what waited when its window closed */
    struct moment settled[MAX_EVENTS]; /* by start: from then on no way of it can go on */
    bool too_many;   /* given up */
    uint64_t *tries; /* hashes: after these events, this one can be taken; sorted */
    uint32_t ntries, tries_cap;
};

struct twin_alert {
    const struct way *way;
    struct moment told; /* when: of `match longest` later than its end */
    bool timed_out;
    int suppressed;
};

struct twin_alerts {
    struct arena *arena;
    struct twin_alert *v;
    uint32_t n, cap;
};

/* Every way; one assignment once. */
void ways_find(const struct twin_case *c, struct ways *out);

/* The alerts, in their order: matches, timeouts, after `once per`. In matches.c. */
void ways_alerts(const struct twin_case *c, const struct ways *all, struct twin_alerts *out);

/* Does the way pass over no event that it could have taken when it came? */
bool way_takes_all(const struct twin_case *c, const struct ways *all, const struct way *w);

/* Does the event satisfy the name, seen from the way? In looks.c. */
bool way_satisfies(const struct twin_case *c, int letter, const struct way *w, int event);
bool way_having(const struct twin_case *c, const struct way *w);

bool moment_before(struct moment a, struct moment b);
bool ways_same(const struct way *a, const struct way *b);

/* `a:0 b:1,2 0..4000`, with its beginning and its end. */
void way_text(const struct twin_case *c, const struct way *w, struct buf *out);

#endif
