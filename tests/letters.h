/* letters: patterns tested apart from expressions. Every name is one small letter, satisfied by an
 * event that carries the letter as a capital: pattern `a then b+`, events `A@0 AB@1000 _@2000` (the
 * letters, `@`, event time in ms). Made into a rule file and run through the whole of omen: parser,
 * compiler, engine.
 */
#ifndef OMEN_TESTS_LETTERS_H
#define OMEN_TESTS_LETTERS_H

#include "engine/engine.h"

struct letters_case {
    struct str name;    /* of the file in messages */
    struct str pattern;
    struct str after;   /* `skip past last`; empty: not written */
    bool all_ways;
    bool timeouts;      /* the ends of windows are told */
    uint32_t batch;     /* rows fed at once; 0: all */
};

struct letters_result {
    struct arena *arena;
    struct str *lines; /* a match each: `a:0 b:1,2`, in order of emission */
    uint32_t n, cap;
    struct str *timeouts; /* likewise, what windows cut off */
    uint32_t ntimeouts, timeouts_cap;
    struct run_counters counters;
    struct buf errors; /* diagnostics; empty: it compiled */
};

/* `r` is empty but for its arena; errors is initialised here and finished by the caller. */
void letters_run(const struct letters_case *c, struct str events, struct letters_result *r);

#endif
