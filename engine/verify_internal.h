/* verify_internal: what verify.c (the program), verify_rule.c (its rules), verify_feed.c (rules
 * that feed rules), verify_code.c and verify_walk.c (its codes) share.
 * Nobody else includes it.
 */
#ifndef OMEN_ENGINE_VERIFY_INTERNAL_H
#define OMEN_ENGINE_VERIFY_INTERNAL_H

#include "base/arena.h"
#include "engine/opcodes.h"

/* No span of time is longer: sums with times of our days then fit. 146 years. */
#define VERIFY_MOST_NS (INT64_C(1) << 62)

enum {
    VERIFY_MOST = 1 << 24,   /* entries of an array of the program */
    VERIFY_CELLS = 1 << 16,  /* of a run */
    VERIFY_KEPT = 1 << 12,   /* values with an event */
    VERIFY_ANY = 4,          /* any() within any() */
    VERIFY_LISTS = 3,        /* lists within lists, in constants */
};

/* What is known of a value that lies somewhere: the register that it fits, and the same for the
 * items where it is a list. Both grow along NOTHING < one type < MIXED and never go back. */
enum { SHAPE_NOTHING = 0xFF, SHAPE_MIXED = 0xFE };

struct shape {
    uint8_t reg;  /* enum reg_type, SHAPE_NOTHING: only ever null */
    uint8_t item; /* enum reg_type, SHAPE_NOTHING: no item that is not null, SHAPE_MIXED */
};

struct verifier {
    struct program *program;
    struct arena scratch;
    const char *fault;      /* the first, in the program's arena */
    uint64_t work;          /* steps left: a bound for programs made to be slow to verify */
    struct shape *constant; /* beside the constants */
    uint8_t *set_type;      /* beside the constants: what IN_SET looks up in them */
    uint32_t *edge_rule;    /* beside the edges: rule + 1 that owns it */
    uint32_t *rule_feed;    /* beside the rules: feed + 1 that is made of its alerts */
};

/* Where a code runs: what it may look at. NULL where it may not. */
struct place {
    const char *what; /* "rule 3" and the like, for messages */
    uint32_t stream; /* FIELD; NONE: a match is looked at, which the clock may have completed */
    bool declared; /* FIELD: only those that are declared */
    const struct program_group *prev_group; /* PREV */
    struct shape *prevs;                    /* beside the group's previous cells */
    const struct program_group *window_group; /* WINDOW */
    struct shape *columns;                  /* beside its columns, input by input */
    const struct program_rule *rule;        /* CELL, NTH, COLLECT, DISTINCT, STEP, STDDEV */
    struct shape *cells;                    /* beside the rule's cells */
    struct shape *kept;                     /* of all variables of the rule, one after the other */
    const uint32_t *kept_first;             /* by variable */
    const struct program_variable *taking;  /* writes: take code of this variable */
    struct shape element;                   /* ELEMENT; reg SHAPE_NOTHING outside of any() */
    bool in_any;
    uint32_t depth;
    bool *changed; /* a shape has grown: walk again */
};

/* Records what is wrong; always false, so that checks read `return verify_fault(...)`. */
bool verify_fault(struct verifier *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool verify_spend(struct verifier *v, uint64_t steps);

/* [first, first + n) within [0, have) */
static inline bool verify_range(uint32_t first, uint32_t n, uint32_t have) {
    return n <= have && first <= have - n;
}

struct insn_at { /* an instruction under examination */
    struct verifier *v;
    const struct code *code;
    const uint8_t *regs;
    const struct insn *in;
    uint32_t index, number; /* of the code; of the instruction in it */
};

#define INSN_FAULT(at, fmt, ...)                                                                   \
    verify_fault((at)->v, "code %u instruction %u (%s): " fmt, (at)->index, (at)->number,          \
                 (at)->in->op < OPCODES ? opcode_info[(at)->in->op].name : "?", ##__VA_ARGS__)

static inline bool verify_writes_run(uint16_t op) {
    return opcode_info[op].r == '_' && op != INSN_RETURN && op != INSN_DONE;
}

/* verify_code.c: what can be said of a code wherever it runs.
 * Of all codes, before any is walked. */
bool verify_code(struct verifier *v, uint32_t code);

/* verify_walk.c: a code that ends and gives `result` (VALUE_NULL: take code; VALUE_TYPES: any
 * value), walked as in `place`. *gives: the shape of its result; may be NULL. */
bool verify_walk(struct verifier *v, const struct place *place, uint32_t code, unsigned result,
                 struct shape *gives);

/* verify_rule.c; the first of all rules before the others. `prevs`, `columns`: shapes of the
 * group's cells and of what its windows remember. */
bool verify_rule(struct verifier *v, uint32_t rule);
bool verify_rule_edges(struct verifier *v, uint32_t rule);
bool verify_rule_codes(struct verifier *v, uint32_t rule, struct shape *prevs,
                       struct shape *columns);

/* verify_feed.c: streams made of alerts and levels, all rules having been looked at; then what a
 * rule that is read emits, in the place where that is computed. */
bool verify_feeds(struct verifier *v);
bool verify_fed_emits(struct verifier *v, const struct place *match, uint32_t rule);

/* verify.c. The span fits the sources; the value is well formed. */
bool verify_span(struct verifier *v, struct span s);
bool verify_value(struct verifier *v, struct value value);

/* `into` holds `more` as well; a fault where their registers differ. */
bool verify_join(struct verifier *v, const struct place *place, struct shape *into,
                 struct shape more, const char *what, uint32_t index);

#endif
