/* fed: a case through the whole of omen: rule text, compiler, sources, their rows put in
 * one order, engine. */
#ifndef OMEN_TESTS_TWIN_FED_H
#define OMEN_TESTS_TWIN_FED_H

#include "engine/program.h"
#include "tests/twin/pattern.h"

struct fed_alert {
    int key;
    struct str text; /* as alert_text writes it */
};

struct fed {
    struct arena *arena;
    struct fed_alert *v;
    uint32_t n, cap;
    uint64_t late;
    bool whole; /* no runs were given up at the limit */
};

/* NULL: refused, with the messages in `errors`. */
struct program *fed_compile(const struct twin_case *c, struct arena *arena, struct buf *errors);

/* `rows` at once. A seed that is not 0: also in random slices, and time is told to pass between
 * events, which changes nothing. */
void fed_run(const struct twin_case *c, struct program *program, uint32_t rows, uint64_t seed,
             struct fed *out);

#endif
