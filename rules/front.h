/* front: what the files of the compiler's front share. Nothing outside of them includes this.
 *
 *   front                    the driver: rule by rule; when, having, emit
 *   front_inputs             the streams of a rule, their keys and filters
 *   front_pattern            the names of a pattern, and their conditions
 *   front_alert              what is asked and said besides: severity, score, once, except, attach
 *   front_resolve            what closes alerts
 *   names, values            declarations: symbols and schemas; lists and params
 *   types                    one expression: literals, the order of work, one type for several
 *   resolve                  what a name means at a place
 *   operators, arithmetic    typing of operators
 *   calls, aggregates        typing of calls
 *   tables                   lookup tables: declarations, and looking something up
 *   window_stream            over which stream's events a window is
 *   when                     `when` over several streams
 *   computed                 keys that are expressions
 *   networks                 10.0.0.0/8 stands behind `in` only
 *   lets                     expansion: a copy of the definition for each use
 *   fold                     constants
 *   order                    which names of a pattern can have been taken before which
 *   checks, check_first      what can never hold
 *   every                    windows that close, windows with a step
 *   streaks                  unbroken runs: for, lasting
 *   chains                   rules that read rules: their order, and what they can read
 *   testing                  test blocks
 *
 * A `place` is where an expression stands: it decides what names mean. Nested places (inside an
 * aggregate, inside prev) are copies on the stack with a few members changed. Tests:
 * tests/cases/check
 */
#ifndef OMEN_RULES_FRONT_H
#define OMEN_RULES_FRONT_H

#include "base/map.h"
#include "rules/compile.h"

enum { FRONT_NOTHING = 0xFFFF }; /* no variable, no stream */

/* ---- symbols --------------------------------------------------------------------------------- */

enum symbol_kind {
    SYMBOL_STREAM, SYMBOL_TABLE, SYMBOL_RULE,
    SYMBOL_LET, SYMBOL_PARAM, SYMBOL_LIST,
};

struct symbol {
    enum symbol_kind kind;
    struct name name;
    union {
        const struct stream_decl *stream; /* STREAM, TABLE */
        const struct rule_decl *rule;
        const struct let_decl *let;
        const struct param_decl *param;
        const struct list_decl *list;
    };
    /* STREAM, RULE: in set->streams; RULE: or FRONT_NOTHING, nobody reads it; TABLE: in tables */
    uint16_t index;
    bool read;                /* RULE: by a rule that is not off */
    bool bad;                 /* a message has been given: uses stay silent */
    uint8_t mark;             /* LET: state of the search for cycles */
    const struct expr *value; /* PARAM, LIST: a typed constant */
};

struct front {
    struct rule_set *set;
    struct tree *tree;
    struct diags *diags;
    struct arena *arena;
    struct map streams; /* name → struct symbol: streams, tables, rules */
    struct map values;  /* name → struct symbol: lets, params, lists */
    struct map *fields; /* by stream: name → index + 1 as a pointer */
    struct map *columns; /* by table: likewise */
    struct map excepts; /* rule → struct except_list: `except for` of all files */
    const struct param_value *params;
    uint32_t nparams;
    uint32_t typed_cap;
    uint32_t depth;     /* of type_expr now */
    uint32_t expanded;  /* nodes made by lets so far */
    void *known;        /* scratch of check_first, by expr id */
    uint32_t known_cap;
};

/* ---- places ---------------------------------------------------------------------------------- */

enum place_kind {
    PLACE_CONSTANT,  /* the value of a param, list, meta: no events */
    PLACE_CONDITION, /* where x: */
    PLACE_KEY,       /* by x; on … where */
    PLACE_WHEN,      /* when COND: no variables */
    PLACE_EMIT,
    PLACE_RESOLVE, /* resolve when COND: an event, and what the match took */
};

enum inside { INSIDE_NOTHING, INSIDE_AGGREGATE, INSIDE_WINDOW, INSIDE_PREV };

struct element { /* of any(): innermost first */
    struct name name;
    struct type type;
    enum level level;
    const struct element *outer;
};

struct use { /* of a let, innermost first */
    struct symbol *let;
    struct span span;
    const struct use *outer;
};

struct place {
    struct front *front;
    enum place_kind kind;
    const struct rule_model *rule; /* NULL: none */
    const struct map *variables;   /* name → index + 1 */
    const struct order *order;     /* of the rule's pattern */
    uint16_t variable;             /* CONDITION: the one whose condition this is */
    uint16_t stream;               /* of the event tested; FRONT_NOTHING: there is none */
    uint16_t tested; /* in a window over another stream's events: that of the event tested */
    /* a rule whose `when` tests events of several streams: bare names are the key's */
    bool keys_only;
    uint16_t single;               /* EMIT: whose fields bare names are, or FRONT_NOTHING */
    enum inside inside;
    const char *inside_name;       /* the aggregate, for messages */
    uint16_t *over;                /* within an aggregate: its variable, once named; else NULL */
    bool timeout;                  /* EMIT: what the end of the window says */
    bool list_here;                /* a list of fields may stand here: x in [a, b] */
    const struct element *elements;
    const struct use *uses;
};

/* A message at `at`; inside a let it stands at the use, and `at` is shown as the definition. */
struct diag *place_error(const struct place *p, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct diag *place_warning(const struct place *p, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "did you mean `x`?" for the nearest of the names; nothing if none is near. True if one was. */
bool front_nearest(struct front *f, struct diag *m, struct str name, const struct str *names,
                   size_t n);

/* ---- typed ----------------------------------------------------------------------------------- */

/* Makes room; not followed to the replacement. */
struct typed *front_typed(struct front *f, const struct expr *e);
void type_expr(struct place *p, const struct expr *e);
/* Types `e` and wants a bool; false after a message. */
bool type_condition(struct place *p, const struct expr *e, const char *what);
static inline bool typed_is_network(const struct typed *t) { /* 10.0.0.0/8 */
    return t->constant && t->value.type == VALUE_IP && t->value.digits != 128;
}
/* Of a whole expression that has been typed: networks stand where networks can. */
void check_networks(struct place *p, const struct expr *e);

static inline struct typed *typed_in(const struct place *p, const struct expr *e) {
    return typed_of(p->front->set, e);
}
static inline struct type type_base(enum value_type base) { return (struct type){.base = base}; }
static inline bool type_is_number(struct type t) {
    return t.base == VALUE_INT || t.base == VALUE_FLOAT || t.base == VALUE_DECIMAL;
}
bool type_equal(struct type a, struct type b);
struct type type_of_field(const struct schema_field *field);
struct type type_of_ref(const struct type_ref *ref);
const char *place_type(const struct place *p, const struct expr *e); /* "a float", for messages */
const char *place_text(const struct place *p, const struct expr *e); /* as rule text */

enum { COMMON_WHOLE = 1 /* 2.0 may become an int */ };

/* One type for all of these, constants among them converted to it. False (no message) if there is
 * none; *odd is then the first that does not fit, *with the one it does not fit with. Bad ones are
 * passed over. */
bool type_common(struct place *p, const struct expr *const *v, uint32_t n, int flags,
                 struct type *out, uint32_t *odd, uint32_t *with);
/* Converts the constant `e` to `to` where that loses nothing; others are left alone (the code
 * generator converts). */
void type_adapt(struct place *p, const struct expr *e, struct type to);

void type_binary(struct place *p, const struct expr *e); /* operands typed already */
void type_comparison(struct place *p, const struct expr *e, struct typed *t);
void type_in(struct place *p, const struct expr *e, struct typed *t);
void expand_in(struct place *p, const struct expr *e, const struct expr *list);
bool type_regex(struct place *p, const struct expr *e, bool ignoring_case, uint32_t *groups);
void type_between(struct place *p, const struct expr *e);
void type_list(struct place *p, const struct expr *e);
void type_call(struct place *p, const struct expr *e);
void type_aggregate(struct place *p, const struct expr *e, enum aggregate aggregate);
void type_pick(struct place *p, const struct expr *e, int pick);
void type_prev(struct place *p, const struct expr *e);
void type_percentile(struct place *p, const struct expr *e);
bool aggregate_of(struct str name, enum aggregate *aggregate);
bool call_is_builtin(struct str name);

void resolve_name(struct place *p, const struct expr *e);
void resolve_member(struct place *p, const struct expr *e); /* a.b */
uint16_t place_variable(const struct place *p, struct str name); /* FRONT_NOTHING: no such */
/* The part of the key that is a field of that name, in some stream of the rule; -1: none. */
int key_part(const struct place *p, struct str name);
void bind_field(struct place *p, const struct expr *e, uint16_t stream, uint16_t field);
/* For names that cannot be taken before this place: a message and false. */
bool resolve_taken_before(struct place *p, const struct expr *e, uint16_t variable);

/* ---- tables ---------------------------------------------------------------------------------- */

void tables_declare(struct front *f);
struct symbol *table_named(const struct place *p, const struct expr *e); /* NULL: e names none */
void type_row(struct place *p, const struct expr *e);      /* t[k]: alone it is an error */
void type_column(struct place *p, const struct expr *e);   /* t[k].column */
void type_in_table(struct place *p, const struct expr *e); /* x in t: x is typed already */

/* ---- windows over a stream ------------------------------------------------------------------- */

/* FRONT_NOTHING after a message. */
uint16_t window_stream(struct place *p, const struct expr *e);
bool window_is_whole(const struct place *p, const struct expr *e); /* count(STREAM) */
/* The stream of that name, if the rule looks at it. */
uint16_t place_input(const struct place *p, struct name name);

/* ---- lets ------------------------------------------------------------------------------------ */

void lets_check(struct front *f); /* finds cycles: one message each, the lets become bad */
/* The expansion of the let at `e` (a name or a call) is made, typed, and stands for `e`. */
void let_expand(struct place *p, const struct expr *e, struct symbol *let);
struct expr *expr_clone(struct front *f, const struct expr *e); /* before typing */

/* ---- constants ------------------------------------------------------------------------------- */

/* Sets constant and value of typed[e], all operands being typed. */
void fold_expr(struct place *p, const struct expr *e);
/* False where it does not fit, or would lose something. */
bool fold_convert(struct value v, struct type to, struct value *out);
bool fold_convert_list(struct arena *arena, struct value v, struct type to, struct value *out);
/* The constant true, or the constant false. */
bool fold_is(const struct place *p, const struct expr *e, bool what);

/* ---- the rest -------------------------------------------------------------------------------- */

void names_declare(struct front *f); /* streams, tables, rules, lets, params, lists of all files */
struct schema_field names_field(struct front *f, const struct field_decl *d);
void values_compute(struct front *f);
void value_need(struct front *f, struct symbol *s); /* computes a list or param, once */
struct symbol *front_symbol(const struct map *map, struct name name);
/* The key becomes a field of the place's stream. */
void computed_key(struct place *p, const struct expr *key);
void test_names(struct front *f, const struct test_decl *test);
void test_type(struct front *f, const struct test_decl *test); /* after test_names and all rules */

/* Severity, score, once per, except and attach of a rule with a pattern; `emit`: the place where
 * they are typed. Finds the rule's exceptions in f->excepts. */
void front_alert(struct front *f, struct rule_model *model, const struct place *emit);
void front_resolve(struct front *f, struct rule_model *model, const struct place *emit);
void front_excepts(struct front *f); /* gathers `except for` of all files */

struct order *order_new(struct arena *arena, const struct pattern *pattern,
                        const struct map *variables, uint32_t nvariables);
/* Whether an event of `first` can have been taken when one is tested for `second`. */
bool order_may_precede(const struct order *order, uint16_t first, uint16_t second);
/* A name that takes an event in every match; NULL: there is none. */
const struct name *order_certain(const struct pattern *pattern);
bool order_single(const struct pattern *pattern); /* one name, taken exactly once */

void check_condition(struct place *p, const struct expr *e);

/* A rule of `every`: says what is wrong with the clause and what cannot stand beside it, gives the
 * rule its variables. After all its expressions have been typed. */
void front_every(struct front *f, struct rule_model *model);
/* Where expressions of a rule stand that looks at a window that has closed: no event is tested. */
static inline bool place_closed(const struct place *p) {
    return p->rule && p->rule->every && p->rule->nvariables == 0;
}
/* A bare name there: a field of the key, or an error; false: no field has that name. */
bool resolve_closed(struct place *p, const struct expr *e);
void type_window_edge(struct place *p, const struct expr *e, bool end); /* window_start() */
/* What a pane of `over D step S` has to be; false after a message. */
bool type_step_window(struct place *p, const struct expr *e, int64_t length_ns);
int64_t frame_pane_ns(int64_t period_ns, int64_t length_ns); /* of `every P over D` */

/* `when COND` of a rule over several streams; `p`: its place. */
void front_when_any(struct place *p, struct rule_model *model);

/* Fills in what unbroken runs ask of a first step; `p`: a condition's place. The rule is good. */
void front_streaks(struct place *p, struct rule_model *model);

/* ---- rules that read rules ------------------------------------------------------------------- */

/* The numbers of the rules in an order to look at them. Gives those that are read a stream; tells
 * circles, and modes that do not go together. */
uint32_t *chains_order(struct front *f, const struct rule_decl *const *decls, uint32_t n);
/* The rule has been looked at: what its stream holds, if it has one. */
void chains_fields(struct front *f, const struct rule_model *model);
/* "stream t", or "rule r: it emits a, b", where a field is missed. */
const char *chains_text(struct front *f, uint16_t stream);
void chains_help(struct front *f, struct diag *m, uint16_t stream); /* unless it has a help */

#endif
