/* program: a compiled rule set, read-only: the only thing that the compiler and the engine share.
 *
 * Flat arrays in one arena, linked by index; NONE where there is nothing. No names are resolved, no
 * types checked after this: `verify` proves that every index and every register is sound, whoever
 * made the program. Everything that changes while rules run is elsewhere (keys, runs).
 *
 *   streams[] ── fields; those made of the alerts of rules come last, feeds[] says of which
 *   tables[] ── columns, a key
 *   predicates[]: conditions on the event alone, run over a whole batch, one bit an event; equal
 *   ones are one
 *   groups[]: rules with the same stream and key share one key state: previous values, windows and
 *   open runs
 *   rules[] ── variables[] (what satisfies a name, what a run keeps of it)
 *           └─ states[] ── edges[] (the automaton)
 *
 * Counted: program_hold, program_drop. Any number of threads may read. Tests:
 * tests/unit/engine/test_verify.c
 */
#ifndef OMEN_ENGINE_PROGRAM_H
#define OMEN_ENGINE_PROGRAM_H

#include "base/diag.h"
#include "engine/schema.h"
#include "engine/value.h"

enum { NONE = 0xFFFFFFFF };

/* ---- code ------------------------------------------------------------------------------------ */

enum opcode {
#define OP(name, result, a, b, imm, equation) INSN_##name,
#include "engine/opcodes.def"
#undef OP
    OPCODES
};

enum reg_type { REG_B, REG_I, REG_F, REG_S, REG_P, REG_L };

struct insn {
    uint16_t op; /* enum opcode */
    uint16_t r, a, b;
    uint32_t imm;
};

struct code {
    uint32_t first, n;       /* instructions in program.insns; spans stand beside them */
    uint32_t first_reg;      /* register types in program.regs */
    uint16_t nregs;          /* at most MAX_REGISTERS */
    uint8_t result; /* enum value_type of what RETURN gives; VALUE_NULL: nothing (take code) */
    uint8_t digits;          /* of a decimal result */
};

enum { MAX_REGISTERS = 256 };

struct program_regex {
    struct str pattern;
    bool ignoring_case;
};

struct predicate {
    uint32_t code;   /* a BOOL code that reads fields and constants only */
    uint32_t stream;
};

/* ---- automaton ----------------------------------------------------------------------------------
 *
 * A state is a place in the pattern where an event has been taken (state 0: before the first). A
 * run stands at a state and waits on that state's open edges; each edge waits for the event that
 * its target state takes.
 *
 * Edges in the field's words. TAKE: every edge takes the event that its target names. IGNORE: what
 * it does with an event that it does not take is its link: NEXT closes, OWN closes unless the event
 * is of another stream than the one taken last, THEN ignores what it cannot take, EACH may ignore
 * anything. KILL: names whose event closes the edge (no x, until u). PROCEED:
 * ACCEPT as a target, decided at once.
 *
 * Counted loops are counters of the run: guards decide, once a state has been entered, which of its
 * edges open.
 */

enum {
    ACCEPT = 0xFFFF,
    MAX_STATES = 1024,
    MAX_EDGES = 64 /* out of one state */,
    MAX_COUNTERS = 32,
    MAX_STAMPS = 32,
    NO_VARIABLE = 0xFFFF
};

enum edge_link { EDGE_NEXT, EDGE_OWN, EDGE_THEN, EDGE_EACH };

enum guard_kind {
    GUARD_BELOW,    /* counter < value */
    GUARD_AT_LEAST, /* counter >= value */
    GUARD_LACKS,    /* bit `value` of the counter is 0: a part of all(…) that has not been taken */
    GUARD_HAS_BITS, /* at least `value` bits of the counter are 1 */
    GUARD_FEW_BITS, /* fewer than `value` are */
    GUARD_LASTED,   /* event time - stamp `counter` >= span_ns */
    GUARD_SHORT,    /* event time - stamp `counter` < span_ns */
};

/* What completes or goes on by the clock, not by an event. */
enum edge_clock {
    CLOCK_NONE,
    CLOCK_WINDOW, /* when the rule's window closes (a then no x within D) */
    CLOCK_TAKEN,  /* clock_ns after the event taken last (no x for D) */
    CLOCK_STAMP,  /* clock_ns after a stamp (lasting; a window around a part) */
};
enum action_kind {
    ACTION_SET,   /* counter = value */
    ACTION_ADD,   /* counter + 1, at most value */
    ACTION_STAMP, /* stamp = event time */
    ACTION_CLEAR, /* stamp = 0 */
    ACTION_MARK,  /* bit `value` of the counter = 1 */
};

struct nfa_guard {
    uint16_t kind, counter; /* LASTED: a stamp */
    uint32_t value;
    int64_t span_ns;
};

struct nfa_action {
    uint16_t kind, slot;
    uint32_t value;
};

struct nfa_limit { /* taken only if event time - stamp <= most_ns */
    uint16_t stamp;
    int64_t most_ns;
};

/* What an event of `variable` does to an edge that waits. */
enum kill_kind {
    KILL_CLOSES, /* then no x, until u on the way back into a loop: the edge closes */
    KILL_NEXT,   /* next no x: it closes, if the event is the first after the state was entered */
    KILL_HOLDS,  /* until u on the way into a loop: the event is not taken, the edge stays open */
};

struct nfa_kill {
    uint16_t variable;
    uint16_t kind;
};

struct nfa_edge {
    uint16_t target;    /* a state, or ACCEPT */
    uint8_t link;       /* enum edge_link */
    bool reluctant;     /* passing over is preferred to taking */
    uint16_t nguards, nactions, nlimits, nkills, ncovers;
    /* into the program's arrays */
    uint32_t first_guard, first_action, first_limit, first_kill, first_cover;
    int64_t least_ns, most_ns; /* since the event taken before; 0 and -1: none */
    uint8_t clock;             /* enum edge_clock: taken by no event, but when its time comes */
    uint16_t clock_stamp;
    int64_t clock_ns;
};

/* An edge that may stand in for another of the same rule: whatever the covered edge leads to, the
 * covering one leads to as well, at the same events. With it `match` drops ways that can bring
 * nothing new (docs/matching.md). */
struct nfa_cover {
    uint32_t edge;   /* the covering edge, an index into the program's edges */
    bool fresh_only; /* only where both runs took their last event just now */
};

struct nfa_state {
    uint16_t
        variable; /* what is taken on entering; NO_VARIABLE: nothing (the start, after a clock) */
    uint16_t nedges;
    uint32_t first_edge; /* in order of preference */
};

/* ---- rules ----------------------------------------------------------------------------------- */

struct program_variable {
    struct str name;
    uint32_t stream;     /* whose events it takes */
    uint32_t predicate;  /* NONE: no condition on the event alone */
    uint32_t key_code;   /* NONE; BOOL code that needs previous values: once an event */
    uint32_t run_code;   /* NONE; BOOL code that needs the run: once a run */
    uint32_t take_code;  /* NONE; what a run keeps when it takes such an event */
    uint32_t
        streak_code; /* NONE; BOOL code: the key's previous event belonged to the same unbroken run
                        of such events (for D gap G): then this one does not begin another */
    uint32_t nkept;      /* values kept with each event taken */
    struct span span;    /* of its condition */
};

struct program_field { /* emit NAME: EXPR */
    struct str name;
    uint32_t code;
};

struct program_meta {
    struct str name;
    struct value value;
};

struct program_except { /* except NAME: COND until @date "reason" */
    struct str name, reason;
    uint32_t code;    /* BOOL code over what was taken */
    int64_t until_ns; /* matches that end before it; INT64_MAX: all */
};

struct program_attach { /* the events of a name, put into the alert whole */
    uint32_t variable, stream;
    const uint16_t *kept; /* by field of the stream: its place among what an event keeps */
    uint32_t nkept;       /* the stream's fields */
};

/* What is asked about a match before its alert is sent, and what else the alert says. */
struct program_says {
    uint32_t severity, score; /* NONE; codes that give a text, a number */
    int64_t once_ns;          /* 0: every alert is sent */
    uint32_t once_by;         /* NONE; code of the value that `once per` counts by, with the key */
    const struct program_except *excepts;
    const struct program_attach *attach;
    uint32_t nexcepts, nattach;
};

/* How alerts of the rule close again. They close at an event of `stream` for which all of the three
 * codes are true, or by the clock, whatever is first. */
struct program_resolve {
    uint32_t stream;    /* NONE: only the clock closes them */
    uint32_t predicate; /* NONE; of the event alone */
    uint32_t key_code;  /* NONE; BOOL code that needs previous values or windows */
    uint32_t run_code;  /* NONE; BOOL code that looks at what the match took */
    int64_t after_ns;   /* behind the end of the match; 0: the clock closes none */
    const struct program_field *emit;
    uint32_t nemit;
};

/* A part of a condition, as a code of its own: what `omen why` shows the value of. Made only where
 * it is asked for (rules/probes.h). */
struct program_probe {
    uint32_t code;
    uint16_t variable; /* whose condition it is of; NO_VARIABLE: asked of a completed match */
    uint32_t expr;     /* the node's number in the rule set */
};

enum program_skip { SKIP_NONE, SKIP_PAST_LAST, SKIP_TO_NEXT, SKIP_TO_FIRST, SKIP_TO_LAST };
enum program_mode { RUN_FIRST, RUN_LONGEST, RUN_ALL_WAYS };
enum rule_output { OUTPUT_LIVE, OUTPUT_SHADOW, OUTPUT_SIGNAL };

struct program_rule {
    struct str name, doc,
        severity; /* severity: low medium high critical, "medium" when the rule does not say */
    const struct str *tags;
    const struct program_meta *meta;
    const struct program_field *emit;
    uint32_t ntags, nmeta, nemit;
    int64_t version; /* 1 when the rule does not say */
    uint32_t group;
    const struct program_variable
        *variables; /* in order of the pattern; then names after no and until */
    uint32_t nvariables;
    const struct nfa_state *states;
    uint32_t nstates;
    uint32_t ncounters, nstamps;
    const struct value *cells; /* initial values of a run's cells */
    uint32_t ncells;
    int64_t within_ns;         /* last event - first event; -1: none */
    enum program_mode mode;
    enum program_skip skip;
    uint32_t skip_variable;    /* SKIP_TO_FIRST, SKIP_TO_LAST */
    enum rule_output output;
    uint32_t having; /* NONE; BOOL code: a completed run for which it is not true did not match */
    const struct program_field *timeout_emit; /* what a start says that its window ended */
    uint32_t ntimeout_emit;
    bool timeouts;             /* such starts are reported */
    bool by_event; /* a rule of `when` on one stream: what is said of a match may look at the event
                      that completed it */
    bool by_window; /* a rule of `every`: it takes no events. Where a window of `frame` closes and
                       `having` holds, that is its match; its cells are then the key's fields and
                       the window's start and end; its variables, the window's first and last
                       event */
    uint32_t frame;
    bool ways_matter;          /* some run_code looks at what the run took: ways cannot be merged */
    const struct program_says *says; /* NULL: it has none of those clauses */
    const struct program_resolve *resolve; /* NULL: alerts do not close */
    const struct program_probe *probes;
    uint32_t nprobes;          /* 0: none were asked for */
    uint32_t limit_runs;       /* for a key; 0: the engine's default. Open alerts have the same */
    struct span span;
};

struct program_prev { /* previous values of one expression */
    uint32_t code;
    uint32_t depth; /* 1..64 */
    uint32_t first; /* its first cell in the key state, among those of the group */
};

/* Sliding windows (docs/windows.md). The key's events are remembered once, whatever the number of
 * windows over them: a column is a value remembered with each event, an aggregate a window over a
 * column. */
enum window_kind_of { WINDOW_TIME, WINDOW_PRIOR, WINDOW_EVENTS, WINDOW_PANES };
enum window_aggregate {
    WINDOW_COUNT,
    WINDOW_SUM,
    WINDOW_AVG,
    WINDOW_MIN,
    WINDOW_MAX,
    WINDOW_STDDEV,
    WINDOW_DISTINCT, /* how many different values */
    WINDOW_FIRST,
    WINDOW_LAST,
    WINDOW_PERCENTILE,
    WINDOW_AGGREGATES
};
enum { MAX_WINDOWS = 1024 }; /* columns, and aggregates, of an input */

struct program_column {
    uint32_t code; /* on the event and previous values; null: the event does not count */
};

struct program_aggregate {
    uint8_t kind;   /* enum window_aggregate */
    uint8_t window; /* enum window_kind_of: (now - D, now], the same without the tested event, the
                       last N events */
    uint8_t digits; /* of the column, DECIMAL */
    uint32_t column; /* NONE: COUNT of all events */
    int64_t length;  /* D in ns, or N; above 0. PANES: the frame says it */
    double percent;  /* PERCENTILE: 0 to 100 */
    uint32_t frame;  /* PANES */
};

/* A window that is made of panes and not of events (engine/pane.h): each aggregate is kept for each
 * pane and merged over the window's panes when it is looked at. */
enum frame_kind {
    FRAME_STEP,     /* over D step S: looked at by events: the pane that now is in and those before
                       it, length_ns in all */
    FRAME_EVERY,    /* every P over D: closes at each multiple of P */
    FRAME_CALENDAR, /* every 1d at 04:00 in "Zone": a pane of so many civil days */
    FRAME_SESSION,  /* every session gap D: ends when there was no event for D */
    FRAME_KINDS
};
enum { MAX_FRAMES = 256 /* of a group */, MAX_PANES = 10000 /* of a window */ };

/* From where multiples of a length are counted: the epoch, or, of whole weeks, the Monday behind
 * it, so that weeks begin on Mondays. */
#define WEEK_NS (INT64_C(7) * 86400 * 1000000000)
#define MONDAY_NS (INT64_C(4) * 86400 * 1000000000)
static inline int64_t frame_origin_ns(int64_t length_ns) {
    return length_ns % WEEK_NS ? 0 : MONDAY_NS;
}

struct program_frame {
    uint8_t kind;      /* enum frame_kind */
    uint32_t zone;     /* CALENDAR; NONE: UTC */
    int64_t pane_ns;   /* STEP, EVERY: a pane. CALENDAR: whole days. SESSION: the gap */
    int64_t length_ns; /* STEP, EVERY: of the window, a multiple of pane_ns */
    int64_t period_ns; /* EVERY: from close to close, a multiple of pane_ns */
    int64_t at_ns;     /* CALENDAR: after midnight */
};

/* A stream that a group reads, the fields that are its key there, and what is remembered of its
 * events: by key, whatever they match. */
struct program_input {
    uint32_t stream;
    /* nkey_fields of the group; their types are the same in each input */
    const uint16_t *key_fields;
    /* events for which it does not hold are as if they were not; NONE */
    uint32_t predicate;
    const struct program_prev *prevs;
    const struct program_column *columns;
    const struct program_aggregate *aggregates; /* none: it has no windows */
    uint32_t nprevs, ncolumns, naggregates;
};

struct program_group {
    const struct program_input *inputs; /* in order of `on`; each stream once */
    uint32_t ninputs;
    const struct program_frame *frames; /* of the aggregates in panes, and of rules by_window; only
                                           where there is one input */
    uint32_t nframes;
    uint32_t nkey_fields; /* none: one key for all */
    uint32_t nprev_cells; /* of all inputs together */
    const uint32_t *rules; /* in file order */
    uint32_t nrules;
    int64_t forget_ns; /* a key without an event for longer has no state any more; 0: never */
    uint32_t level;    /* above the levels of all rules that it reads; 0: it reads none */
};

/* The alerts of a rule as a stream that other rules read. The last streams of a program are such,
 * one for each feed in their order. */
struct program_feed {
    uint32_t rule;
    /* by field of the stream: a key field of the rule's group, then what it emits. Of the event
     * time (when the alert was completed) and of the event id (the alert's): nothing */
    const uint16_t *from;
};

struct program {
    struct arena arena;
    uint32_t refs;
    struct sources *sources; /* texts that spans point into, in the arena */

    const struct schema *streams;
    const struct schema *tables; /* their rows come from outside (engine/table.h) */
    const struct insn *insns;
    const struct span *spans; /* beside insns */
    const uint8_t *regs;      /* enum reg_type */
    const struct code *codes;
    const struct value *constants;
    const struct program_regex *regexes;
    const struct str *zones;  /* names of time zones */
    const struct predicate *predicates;
    const struct program_group *groups;
    const struct program_rule *rules;
    const struct program_feed *feeds;
    const struct nfa_edge *edges;
    const struct nfa_guard *guards;
    const struct nfa_action *actions;
    const struct nfa_limit *limits;
    const struct nfa_kill *kills;
    const struct nfa_cover *covers;
    uint32_t nstreams, ninsns, nregs, ncodes, nconstants, nregexes, nzones, npredicates, ngroups,
        nrules, nfeeds;
    uint32_t nedges, nguards, nactions, nlimits, nkills, ncovers;
    uint32_t ntables;
};

/* Does some aggregate of the input slide over events? */
static inline bool input_slides(const struct program_input *in) {
    for (uint32_t i = 0; i < in->naggregates; i++)
        if (in->aggregates[i].window != WINDOW_PANES) return true;
    return false;
}

/* The group's input of that stream; NULL: it does not read it. */
static inline const struct program_input *program_input_of(const struct program_group *g,
                                                           uint32_t stream) {
    for (uint32_t i = 0; i < g->ninputs; i++)
        if (g->inputs[i].stream == stream) return &g->inputs[i];
    return NULL;
}

/* Streams from outside come first; those made of alerts follow. */
static inline uint32_t program_outer_streams(const struct program *p) {
    return p->nstreams - p->nfeeds;
}
/* What a stream is made of; NULL: its events come from outside. */
static inline const struct program_feed *program_feed_of(const struct program *p,
                                                         uint32_t stream) {
    uint32_t outer = program_outer_streams(p);
    return stream < outer ? NULL : &p->feeds[stream - outer];
}

struct program *program_new(void); /* empty, one reference */
struct program *program_hold(struct program *p);
void program_drop(struct program **p);

/* A key's bytes for windows over the input, room for its first events included, and what each
 * further event adds (engine/window.c). */
void windows_bytes(const struct program *program, const struct program_input *input,
                   uint32_t *key, uint32_t *event);
/* What a frame costs a key: once, and for each pane, without texts and sets (engine/pane.c). */
void panes_bytes(const struct program *program, const struct program_group *group, uint32_t frame,
                 uint32_t *key, uint32_t *pane);

#endif
