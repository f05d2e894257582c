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

struct way {
    int start;     /* the first event */
    int n;
    struct taken_event taken[MAX_EVENTS];
    int end_ms;    /* when it completed */
    int end_event; /* the event that completed it; MAX_EVENTS: the clock, after all events */
};

struct ways {
    struct arena *arena;
    struct way *v;
    uint32_t n, cap;
    bool too_many; /* given up */
    uint64_t *tries; /* hashes: after these events, this one can be taken; sorted */
    uint32_t ntries, tries_cap;
};

/* Every way, in the order of matches: completion, first event, preference; one assignment once. */
void ways_find(const struct twin_case *c, struct ways *out);

/* The matches among them. */
void ways_choose(const struct twin_case *c, const struct ways *all, struct ways *out);

/* Does the way pass over no event that it could have taken when it came? */
bool way_takes_all(const struct twin_case *c, const struct ways *all, const struct way *w);

void way_text(const struct twin_case *c, const struct way *w, struct buf *out); /* a:0 b:1,2 */

#endif
