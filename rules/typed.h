/* typed: what the front of the compiler knows of a rule set, beside the tree: names resolved,
 * expressions typed, constants folded, lets and lists expanded. From here on there are no names to
 * look up, no lets, no params, no number whose type is open.
 *
 *   tree ──resolve, type, fold, check──→ struct rule_set ──layout, nfa, code──→ program
 *
 * What is known of an expression stands in set->typed[expr->id]. Where `replaced` is set, the node
 * stands for another one (a let expanded, a name of a list): follow it (typed_of does). Everything
 * lives in the compile arena. Tests: tests/cases/check, tests/unit/rules
 */
#ifndef OMEN_RULES_TYPED_H
#define OMEN_RULES_TYPED_H

#include "engine/program.h"
#include "grammar/tree.h"

struct type {
    enum value_type base; /* VALUE_NULL: the type of a bare null, fits anything */
    enum value_type item; /* LIST */
    uint8_t digits;       /* DECIMAL, or of the items */
};

/* What the value of an expression depends on: each level includes those before it. */
enum level {
    LEVEL_CONSTANT,
    LEVEL_EVENT, /* fields of the event */
    LEVEL_KEY,   /* previous values and windows of the key */
    LEVEL_RUN,   /* what a run took */
};

enum binding {
    BIND_NONE, /* operators, literals: the node's kind says it */
    BIND_FIELD, /* `field` of the event tested (in an aggregate over a variable: of the event taken)
                 */
    BIND_VARIABLE, /* the bare name of a variable: count(a), collect(a) take it; alone it is an
                      error */
    BIND_TAKEN, /* `field` of the last event that `variable` took */
    BIND_PICK, /* first(a.e), last(a.e), nth(a.e, n): args[0] on event `pick` of `variable` (1..,
                  -1..) */
    BIND_STREAM, /* the bare name of a stream, in a window: count(refunds) over 1h */
    BIND_AGGREGATE, /* AGG over what `variable` took: args[0] on each event taken, expr->where too
                     */
    BIND_PREV, /* prev(args[0], depth) */
    BIND_WINDOW, /* AGG of args[0] over the key's last events: `over` */
    BIND_FUNCTION, /* `function` of functions.def on args */
    BIND_ELEMENT, /* the name of any()'s element */
    BIND_CELL, /* of a rule of `every`: cell `field`: a field of its key, in order, then the start
                  and the end of the window */
    BIND_ROW, /* merchants[m]: the row of table `field` whose key is args[1]; in a COLUMN only */
    BIND_COLUMN, /* merchants[m].risk: column `field` of the row args[0] */
    BIND_IN_TABLE, /* m in merchants: table `field` has a row whose key is args[0] */
    BIND_STEP, /* step(): the name that took the last event; `value`: the list of all names */
};

enum aggregate {
    AGG_COUNT,
    AGG_SUM,
    AGG_AVG,
    AGG_MIN,
    AGG_MAX,
    AGG_STDDEV,
    AGG_DISTINCT,
    AGG_COLLECT,
    /* of windows only */
    AGG_FIRST,
    AGG_LAST,
    AGG_PERCENTILE
};

enum function {
#define FUNCTION(name, text, params, result, doc) FUNCTION_##name,
#include "rules/functions.def"
#undef FUNCTION
    FUNCTIONS
};

struct typed {
    struct type type;         /* of the result */
    struct type
        operands; /* comparisons, arithmetic, ??, if, in, between, least, greatest: the type to
                     which the operands are brought first; base VALUE_NULL: each as it is */
    enum level level;
    enum binding binding;
    bool bad;                 /* a message has been given: stay silent */
    bool constant;            /* folded: `value` is the result, converted to `type` */
    struct value value;
    struct value
        exact; /* of a number written in the text or computed from such: the exact decimal, so that
                  it can still become one; null: the type is settled. For the front only */
    const struct expr *replaced;
    uint16_t field, variable;
    uint16_t stream; /* PREV, WINDOW: whose events */
    enum function function;
    enum aggregate aggregate;
    int64_t length;           /* WINDOW: ns, or a number of events; with a step: ns */
    double percent;           /* WINDOW: percentile */
    int32_t pick;             /* PICK: 1.. from the first, -1.. from the last */
    uint32_t
        depth; /* PREV: how many events back; AGGREGATE collect, distinct: values kept at most */
};

struct rule_variable {
    struct name name;
    const struct condition *condition; /* its entry in `where`; NULL after an error */
    const struct expr *expr;           /* NULL: any event */
    const struct expr **streak; /* what is true if the event goes on with the unbroken run of the
                                   key's event before (for, lasting); none where it cannot begin one
                                 */
    uint32_t nstreak;
    uint16_t stream;
    bool taken; /* false: only after no or until: nothing can look at its fields */
};

struct rule_input { /* one of `on` */
    uint16_t stream;
    const struct expr *const *keys; /* typed as fields; as many, and of one type, in each input */
    uint32_t nkeys;
    const struct expr *where;       /* on the event alone: which events there are; NULL: all */
};

struct rule_model {
    const struct rule_decl *decl;
    struct rule_input *inputs; /* none after an error */
    uint32_t ninputs;
    const struct every *every; /* NULL: it is not about windows that close */
    const struct pattern *pattern; /* as written; of `when`: one name, `event`, for every event */
    uint16_t stream; /* the first; of `when on S`: that */
    const struct expr *const *keys; /* of the first; typed as fields */
    uint32_t nkeys;
    struct rule_variable
        *variables; /* in order of the pattern, then those only after no and until */
    uint32_t nvariables;
    const struct expr **when; /* by input: a copy of what `when` says, where it tests events of each
                                 of several streams; NULL: it does not */
    uint16_t certain; /* a name that has taken an event in every match, or 0xFFFF */
    const struct expr *severity; /* that is computed; NULL: a word, or not said */
    const struct except_clause *const *excepts; /* its own, then `except for` it */
    uint32_t nexcepts;
    uint16_t resolve_stream; /* whose events close alerts; 0xFFFF: none do */
    const uint16_t *attach; /* names whose events go into the alert */
    uint32_t nattach;
    bool bad; /* has errors of its own: no program is made */
};

struct param_value { /* set outside: --param name=value; or by a test */
    struct str name, text;
    const struct expr *value; /* by a test: instead of the text */
};

struct rule_test; /* rules/testing.h */

struct computed { /* a hidden field, and what gives it, on the event alone */
    const struct expr *expr;
    uint16_t stream, field;
};

struct rule_feed { /* a rule that rules read (rules/chains.c) */
    const struct rule_decl *decl;
    uint32_t rule;        /* in the set */
    const uint16_t *from; /* by field of its stream: as program_feed says; NULL after an error */
};

struct rule_set {
    struct arena *arena;
    struct tree *tree;
    struct diags *diags;
    struct schema *streams; /* fields' `used` is set by the code generator */
    uint32_t nstreams;
    struct computed *computed;
    uint32_t ncomputed, computed_cap;
    const struct stream_decl **stream_decls; /* beside streams from outside */
    struct rule_feed *feeds; /* of the last streams: whose alerts they are */
    uint32_t nfeeds;
    struct schema *tables; /* in order of declaration */
    uint32_t ntables;
    struct rule_model *rules;
    uint32_t nrules;
    const uint32_t *order; /* of the rules: those that are read come before their readers */
    struct rule_test *tests; /* those without an error */
    uint32_t ntests, tests_cap;
    struct typed *typed; /* by expr->id; grown when lets are expanded */
    uint32_t ntyped;
    bool probed; /* the program is to have probes (rules/probes.h) */
};

/* The node that `e` stands for. */
static inline const struct expr *typed_expr(const struct rule_set *set, const struct expr *e) {
    while (set->typed[e->id].replaced) e = set->typed[e->id].replaced;
    return e;
}
static inline struct typed *typed_of(const struct rule_set *set, const struct expr *e) {
    return &set->typed[typed_expr(set, e)->id];
}

/* The front: every error of every file is in diags afterwards. Always gives a set; rules that
 * are wrong are `bad`. */
struct rule_set *rules_front(struct tree *tree, const struct param_value *params, uint32_t nparams,
                             struct diags *diags);

const char *type_text(struct type type, struct arena *arena); /* "decimal(2)", "list of int" */

#endif
