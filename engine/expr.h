/* expr: the interpreter of code: one loop over instructions, each working on a vector of rows.
 *
 * An evaluator belongs to one thread: registers for VECTOR_ROWS rows, scratch memory for texts made
 * on the way, compiled regular expressions and time zones of its program. Nothing is allocated
 * while evaluating but scratch, which is reused.
 *
 * Results that are texts or lists live in the batch, the constants, the cells, or scratch: until
 * the next call of expr_reset. Tests: tests/unit/engine/test_expr.c; vector equals scalar:
 * tests/unit/engine/test_expr_twin.c
 */
#ifndef OMEN_ENGINE_EXPR_H
#define OMEN_ENGINE_EXPR_H

#include "engine/batch.h"
#include "engine/program.h"

enum { VECTOR_ROWS = 256 };

/* An event that a run took: the match buffer is a counted chain from the last taken event back
 * to the first. */
struct taken {
    struct taken *before; /* NULL at the first */
    uint32_t refs;
    uint16_t variable;
    uint16_t nkept;
    uint32_t partition;
    uint32_t stream;
    uint64_t offset;
    uint64_t seq;    /* order of arrival in the engine */
    int64_t at;      /* event time */
    struct str id;   /* the declared event id, owned with the kept values; empty: none */
    struct value kept[];
};

struct window_view; /* window.h */

struct expr_scope { /* what an expression may look at, beside fields and constants; NULL where it
                       may not */
    const struct value *prev;   /* previous values of the key, laid out as program_group says */
    const struct window_view *windows; /* of the key */
    struct value *cells;        /* of the run; written by take code */
    const struct taken *last;   /* head of the run's chain */
    struct taken *taking;       /* the event being taken: KEEP writes here */
    struct heap *heap;          /* owner of cells and kept values */
};

struct expr;
struct zone;

/* NULL and a text in *why if a regular expression or a zone of the program cannot be prepared
 * (compile time has already tried them, so that is the world's fault: tzdata gone). Holds the
 * program. */
struct expr *expr_new(struct program *program, const char **why);
void expr_free(struct expr **e);
void expr_reset(struct expr *e); /* scratch is free again */

/* Rows [first, first + n) of the batch; bit i of `bits` (n rounded up to 64) is 1 where the
 * condition is true. `first` is a multiple of 64. Code may read fields and constants only. */
void expr_predicate(struct expr *e, uint32_t code, const struct batch *batch, uint32_t first,
                    uint32_t n, uint64_t *bits);

/* All rows of the batch, into the column of a computed field: its data and validity are the
 * batch's, its texts are put into `text`. Code may read declared fields and constants only. */
void expr_column(struct expr *e, uint32_t code, const struct batch *batch, struct column *column,
                 struct arena *text);

/* One row. */
bool expr_test(struct expr *e, uint32_t code, const struct batch *batch, uint32_t row,
               const struct expr_scope *scope);
struct value expr_value(struct expr *e, uint32_t code, const struct batch *batch, uint32_t row,
                        const struct expr_scope *scope);
void expr_take(struct expr *e, uint32_t code, const struct batch *batch, uint32_t row,
               const struct expr_scope *scope);

/* A time zone of its program. */
const struct zone *expr_zone(const struct expr *e, uint32_t zone);

/* A code without fields, for folding constants. */
struct value expr_constant(struct expr *e, uint32_t code);

/* What table `table` of the program holds from now on; counted. Without one it has no rows. The
 * shape must be the program's (table_fits). */
struct table;
void expr_table(struct expr *e, uint32_t table, struct table *now);

struct expr_counters {
    uint64_t rows_vector, rows_single; /* rows evaluated either way */
    uint64_t regex_bound;              /* matches given up at the work bound */
};
const struct expr_counters *expr_counters(const struct expr *e);

#endif
