/* tree: what a rule file says, as its author wrote it. Made by the parser, read by the printer and
 * by rules/.
 *
 * The tree knows no types and resolves no names: `speed` is a name, whatever it means. Every node
 * carries the span of its text. Numbers keep their text, since what 2.00 is (decimal or float) is
 * decided where it is used. All memory is the arena's; nodes are linked by pointers and never
 * change after parsing. Arrays are `x` and `nx`. Optional parts: pointers are NULL, names have
 * .text.n == 0.
 *
 * Expressions are numbered 0..tree.nexprs-1 over all files that share a `struct tree`, so that
 * later passes keep what they know of a node in arrays beside the tree, not in it.
 *
 * Durations are kept twice: in ns, and as `…_text` the way the author wrote them (60s stays 60s
 * when printed; `10 minutes` becomes 10m). The text is empty on nodes that no author wrote.
 *
 * After an error the parser leaves a node of kind EXPR_ERROR (or skips the clause); later passes
 * stay silent on it.
 */
#ifndef OMEN_GRAMMAR_TREE_H
#define OMEN_GRAMMAR_TREE_H

#include "base/diag.h"

struct name { /* an identifier, back-quotes removed */
    struct str text;
    struct span span;
};

/* ---- expressions ----------------------------------------------------------------------------- */

enum expr_kind {
    EXPR_ERROR,    /* did not parse; a message has been given */
    EXPR_NULL,     /* null */
    EXPR_BOOL,     /* true, false: `integer` is 1 or 0 */
    EXPR_INT,      /* 42: `integer`, and `text` */
    EXPR_NUMBER,   /* 2.00, 1e3: `text` */
    EXPR_STRING,   /* "…": `text`, escapes resolved */
    EXPR_DURATION, /* 10s, 10 minutes: `integer` ns, and `text` */
    EXPR_TIME,     /* @2026-01-31T12:00:00Z: `integer` ns, and `text` without the @ */
    EXPR_IP,       /* 10.0.0.0/8, 10.0.0.1, 2001:db8::/32: `text` */
    EXPR_LIST,     /* [a, b]: args */
    EXPR_NAME,     /* speed, here, test_cards: `name` */
    EXPR_FIELD,    /* here.lat, merchants[m].risk: args[0] . `name` */
    EXPR_INDEX,    /* merchants[merchant]: args[0] [ args[1] ] */
    EXPR_NOT,      /* not args[0] */
    EXPR_NEGATE,   /* - args[0] */
    EXPR_BINARY,   /* args[0] `op` args[1]; `negated` for not in; `ignoring_case` */
    EXPR_BETWEEN,  /* args[0] between args[1] and args[2]; `negated` for not between */
    EXPR_CALL,     /* name(args), aggregates too: `where`, `window` */
    EXPR_ANY,      /* any(name in args[0]: args[1]) */
};

enum binary_op {
    OP_OR, OP_AND,
    OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE,
    OP_IN, OP_MATCHES, OP_CONTAINS, OP_STARTS, OP_ENDS, OP_LIKE,
    OP_COALESCE, /* ?? */
    OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD,
};

enum window_kind {
    WINDOW_NONE,
    WINDOW_OVER,       /* over D: (now − D, now], the tested event included */
    WINDOW_OVER_PRIOR, /* over prior D: without the tested event */
    WINDOW_OVER_LAST,  /* over last N events */
};

struct window {
    enum window_kind kind;
    struct span span;
    int64_t length_ns; /* OVER, OVER_PRIOR; 0: the length is the constant `length` */
    int64_t step_ns;   /* over 30d step 1h; 0: none */
    struct expr *length; /* OVER_LAST: N; or a named constant for D */
    struct str length_text, step_text;
};

struct expr {
    enum expr_kind kind;
    uint32_t id; /* index for arrays beside the tree */
    uint32_t height; /* 1 for a leaf; the parser keeps it to PARSE_MAX_HEIGHT, so that passes may
                        recurse */
    struct span span;
    enum binary_op op;
    struct span op_span;  /* the operator's own text */
    bool negated;         /* not in, not between, not matches, not contains, … */
    bool ignoring_case;
    int64_t integer;
    struct str text;
    struct name name; /* NAME, FIELD: the last part; CALL: the function; ANY: the element's name */
    struct expr **args;
    uint32_t nargs;
    struct expr *where;   /* CALL: sum(a.f where a.g > 1), count(where c) */
    struct window window; /* CALL */
};

/* ---- patterns -------------------------------------------------------------------------------- */

/* The shape that the parser gives: one step alone is its own node; `(…)` is always a SEQUENCE or an
 * OR with `parenthesised` set, around a single child if need be, and carries the modifiers behind
 * the parenthesis; a `within` sits on the SEQUENCE or OR that it closes (around a single child if
 * need be), inside the parenthesis if there is one. So the children of an OR are single steps. */
enum pattern_kind {
    PATTERN_NAME, /* a */
    PATTERN_SEQUENCE, /* children linked by next, then, then each; also a single parenthesised child
                       */
    PATTERN_OR, /* a or b */
    PATTERN_ALL, /* all(a, b) */
    PATTERN_SOME, /* 2 of (a, b): `some` */
    PATTERN_NO, /* no x, no (x or y): names; `for_ns` */
};

enum link_kind { LINK_NONE, LINK_NEXT, LINK_THEN, LINK_THEN_EACH };

enum inner_contiguity { INNER_RELAXED, INNER_IN_A_ROW, INNER_COMBINATIONS };

struct link { /* how a step follows the one before it; LINK_NONE on the first of a sequence */
    enum link_kind kind;
    struct span span;
    int64_t least_ns; /* after D, between D and D; 0: none */
    int64_t most_ns;  /* within D, between D and D; -1: none */
    struct str least_text, most_text;
};

enum { COUNT_UNBOUNDED = -1 };

struct count { /* absent: written == false, least = most = 1 */
    bool written;
    struct span span;
    int64_t least, most; /* most: COUNT_UNBOUNDED */
    bool reluctant;
    bool words, braces; /* as written: 3 to 5 times, {3,5}; else + * ?. Only for the printer */
};

struct pattern {
    enum pattern_kind kind;
    struct span span;
    struct link link;
    struct name name;           /* NAME */
    struct name *names;         /* NO */
    uint32_t nnames;
    struct pattern **children;  /* SEQUENCE, OR, ALL, SOME */
    uint32_t nchildren;
    bool parenthesised;
    int64_t some;               /* SOME */
    bool optional;              /* `optional a`; a? is a count 0 to 1 */
    struct count count;
    enum inner_contiguity inner;
    struct span inner_span;
    struct name until;
    int64_t for_ns, gap_ns;     /* for D gap D; 0: none */
    int64_t lasting_ns;         /* 0: none */
    struct span for_span;       /* for … gap …, lasting … */
    int64_t within_ns;          /* -1: none; on SEQUENCE and OR */
    struct span within_span;
    struct str for_text, gap_text, lasting_text, within_text;
};

/* ---- declarations ---------------------------------------------------------------------------- */

enum type_name {
    TYPE_BOOL,
    TYPE_INT,
    TYPE_FLOAT,
    TYPE_DECIMAL,
    TYPE_STRING,
    TYPE_TIME,
    TYPE_DURATION,
    TYPE_IP
};

struct type_ref { /* as written: string, decimal(2), list of int */
    enum type_name name;
    uint32_t digits; /* DECIMAL */
    bool list;
    struct span span;
};

enum time_unit { UNIT_MILLIS, UNIT_SECONDS, UNIT_MICROS, UNIT_NANOS };

struct field_decl {
    struct name name;
    struct type_ref type;
    bool event_time; /* time event */
    bool event_id;   /* string event id */
    enum time_unit unit;
    struct str from; /* "a.b" or "/a.b"; empty: the name itself */
    struct span from_span;
};

struct stream_decl { /* also a table: then `key` is its key field */
    struct name name;
    struct span span;
    struct field_decl *fields;
    uint32_t nfields;
    struct name key;
};

struct let_decl { /* let NAME = e, let NAME(args) = e */
    struct name name;
    struct span span;
    struct name *params;
    uint32_t nparams;
    bool function; /* parentheses were written */
    struct expr *value;
};

struct param_decl {
    struct name name;
    struct span span;
    struct type_ref type;
    struct expr *value;
    struct str doc;
};

struct list_decl {
    struct name name;
    struct span span;
    struct expr *value; /* EXPR_LIST */
};

struct import_decl {
    struct str path;
    struct span span;
};

/* ---- rules ----------------------------------------------------------------------------------- */

struct input { /* one of `on S where COND by KEY, …` */
    struct name stream;
    struct span span;
    struct expr *where;
    struct expr **keys; /* by (a, b): two */
    uint32_t nkeys;     /* 0: no `by` */
};

struct condition { /* one entry of `where` */
    struct name name;
    struct span span;
    struct name from;  /* from S */
    bool any;          /* NAME: any; with `from S` and no `where` too */
    struct expr *expr; /* NULL when any */
};

struct named_expr { /* emit NAME: EXPR, meta NAME: EXPR */
    struct name name;
    struct expr *expr;
};

enum match_mode { MATCH_FIRST, MATCH_LONGEST, MATCH_ALL_WAYS };

enum after_match {
    AFTER_DEFAULT,
    AFTER_NO_SKIP,
    AFTER_SKIP_PAST_LAST,
    AFTER_SKIP_TO_NEXT,
    AFTER_SKIP_TO_FIRST,
    AFTER_SKIP_TO_LAST
};

enum rule_mode { MODE_LIVE, MODE_SHADOW, MODE_SIGNAL, MODE_OFF };

enum every_kind { EVERY_NONE, EVERY_TUMBLING, EVERY_HOPPING, EVERY_CALENDAR, EVERY_SESSION };

struct every { /* every D [over D2], every 1d at 04:00 in "Zone", every session gap D */
    enum every_kind kind;
    struct span span;
    int64_t period_ns, over_ns; /* SESSION: period_ns is the gap */
    int64_t at_ns;              /* CALENDAR: after midnight */
    struct str zone;            /* empty: UTC */
    struct str period_text, over_text;
};

struct except_clause {
    struct name name;
    struct span span;
    struct expr *cond;
    bool has_until;
    int64_t until_ns;
    struct str until_text; /* without the @ */
    struct str reason;
};

struct once_clause {
    struct span span; /* start == end == 0 and period_ns == 0: absent */
    int64_t period_ns;
    struct str period_text;
    struct expr *by;
};

struct resolve_clause {
    struct span span;
    struct name on;    /* resolve when on S: COND */
    struct expr *when; /* resolve when COND */
    int64_t after_ns;  /* resolve after D; 0: none */
    struct str after_text;
    struct named_expr *emit; /* emit at resolve NAME: EXPR, … */
    uint32_t nemit;
};

/* The clauses of a rule in the order they stand in: for the printer, and for messages about two
 * of them. */
enum clause_kind {
    CLAUSE_DOC,
    CLAUSE_SEVERITY,
    CLAUSE_TAGS,
    CLAUSE_ON,
    CLAUSE_MATCH,
    CLAUSE_WHERE,
    CLAUSE_HAVING,
    CLAUSE_WHEN,
    CLAUSE_EVERY,
    CLAUSE_AFTER_MATCH,
    CLAUSE_EMIT,
    CLAUSE_TIMEOUT_EMIT,
    CLAUSE_ATTACH,
    CLAUSE_ONCE,
    CLAUSE_RESOLVE_WHEN,
    CLAUSE_RESOLVE_AFTER,
    CLAUSE_EMIT_AT_RESOLVE,
    CLAUSE_EXCEPT,
    CLAUSE_SCORE,
    CLAUSE_META,
    CLAUSE_VERSION,
    CLAUSE_MODE,
    CLAUSE_LIMIT,
    CLAUSE_FORGET,
    CLAUSE_UNBOUNDED,
    CLAUSE_KINDS
};

struct clause {
    enum clause_kind kind;
    uint32_t index; /* EXCEPT: into excepts */
    struct span span;
};

/* A clause that is absent has its `*_span` empty (start == end). */
struct rule_decl {
    struct name name;
    struct span span;
    struct span header; /* `rule NAME` */
    struct clause *clauses;
    uint32_t nclauses;
    struct input *inputs;
    uint32_t ninputs;
    struct span on_span;

    struct pattern *pattern; /* match … */
    enum match_mode match;
    struct span match_span;
    struct condition *conditions; /* where … */
    uint32_t nconditions;
    struct span where_span;
    struct expr *having;

    struct expr *when; /* when [on S:] COND */
    struct name when_on;
    struct span when_span;
    struct every every;

    enum after_match after;
    struct name after_name; /* skip to first x */
    struct span after_span;

    struct named_expr *emit, *timeout_emit, *meta;
    uint32_t nemit, ntimeout_emit, nmeta;
    struct span emit_span, timeout_span, meta_span;
    struct name *attach, *tags; /* a tag may be a string: "attack.t1110" */
    uint32_t nattach, ntags;
    struct span attach_span, tags_span;

    struct str doc;
    struct span doc_span;
    struct expr *severity; /* an EXPR_NAME low…critical, or an expression */
    struct expr *score;
    int64_t version;
    struct span severity_span, score_span, version_span;

    struct once_clause once;
    struct resolve_clause resolve;
    struct except_clause *excepts;
    uint32_t nexcepts;

    enum rule_mode mode;
    struct span mode_span;
    int64_t limit_runs; /* 0: not said */
    int64_t forget_ns;  /* 0: not said */
    bool unbounded;
    struct str forget_text;
    struct span limit_span, forget_span, unbounded_span;
};

struct except_for { /* except for RULE NAME: COND … at the top of a file */
    struct name rule;
    struct span span;
    struct except_clause clause;
};

/* ---- tests in rule files --------------------------------------------------------------------- */

enum test_step_kind { TEST_EVENT, TEST_WAIT, TEST_GIVEN, TEST_WITH, TEST_EXPECT };
enum expect_kind { EXPECT_ALERT, EXPECT_TIMEOUT, EXPECT_RESOLVED, EXPECT_NONE, EXPECT_SUPPRESSED };

struct test_step {
    enum test_step_kind kind;
    struct span span;
    struct name name;          /* EVENT: stream, GIVEN: table, WITH: param */
    struct named_expr *fields; /* EVENT; EXPECT_ALERT: fields that must hold */
    uint32_t nfields;
    struct named_expr **rows;  /* GIVEN: one array a row */
    uint32_t *row_fields;      /* their lengths */
    uint32_t nrows;
    int64_t late_ns;           /* EVENT: arrives late D */
    int64_t wait_ns;           /* WAIT */
    struct str late_text, wait_text;
    struct expr *value;        /* WITH */
    enum expect_kind expect;
    struct expr *at;           /* EXPECT: a duration or a time; NULL: not said; for NONE: after */
    int64_t suppressed;
};

struct test_decl {
    struct str title;
    struct name rule;
    struct span span;
    struct test_step *steps;
    uint32_t nsteps;
};

/* ---- a file ---------------------------------------------------------------------------------- */

enum decl_kind {
    DECL_STREAM,
    DECL_TABLE,
    DECL_LET,
    DECL_PARAM,
    DECL_LIST,
    DECL_IMPORT,
    DECL_RULE,
    DECL_EXCEPT,
    DECL_TEST
};

struct decl {
    enum decl_kind kind;
    struct span span;
    union {
        struct stream_decl *stream; /* STREAM, TABLE */
        struct let_decl *let;
        struct param_decl *param;
        struct list_decl *list;
        struct import_decl *import;
        struct rule_decl *rule;
        struct except_for *except;
        struct test_decl *test;
    };
};

struct comment { /* for the printer */
    struct span span; /* from `#` to before the newline */
    bool own_line;    /* nothing but blanks before it on its line */
    bool blank_before; /* an empty line stands above */
};

struct tree_file {
    uint32_t file; /* index into sources */
    struct decl *decls;
    uint32_t ndecls;
    struct comment *comments; /* in order */
    uint32_t ncomments;
};

struct tree {
    struct arena *arena;
    const struct sources *sources;
    struct tree_file *files;
    uint32_t nfiles, files_cap;
    uint32_t nexprs; /* ids given so far */
};

void tree_init(struct tree *t, struct arena *arena, const struct sources *sources);

/* For passes that make expressions of their own (expanding lets): a node with a fresh id. */
struct expr *tree_expr(struct tree *t, enum expr_kind kind, struct span span);

#endif
