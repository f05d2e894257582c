/* why_watch: what happened to one rule and one key, written down while the events pass, for
 * why_tell to tell.
 *
 *   root ─┬─ probe 12 ─┬─ probe 17 ─── charge 22: a match
 *         │            └─ …             │ notes: what did not fit, nearest first
 *         └─ probe 17 …                 └ ended by: its window, `no x`, after match, …
 *
 * A `way` is what a run has taken so far: a tree, each way hangs below the one that it goes on
 * from. Of each the nearest failures are kept, what closed it, and how it ended. The trace
 * (engine/trace.h) says what happens; nothing here decides anything. Memory is bounded: past
 * MOST_WAYS nothing is written down any more, and that is counted (`lost`).
 *
 * Everything lives in the arena. One thread. Tests: tests/cli/why.t
 */
#ifndef OMEN_CLI_WHY_WATCH_H
#define OMEN_CLI_WHY_WATCH_H

#include "base/map.h"
#include "engine/engine.h"
#include "rules/typed.h"

enum { NOTES_KEPT = 3, CLOSINGS_KEPT = 4, LISTED = 3 };

struct why_event {
    uint64_t seq, offset;
    int64_t at;
    uint32_t stream;
    const struct value *values; /* by field of the stream */
};

struct why_note { /* an event that a way met and did not take */
    const struct why_event *event;
    enum trace_kind kind;
    uint16_t variable;
    bool closes;                /* it closed the edge */
    int64_t late_ns;            /* MISSED */
    double shortfall;           /* FAILS: see why_value.h */
    const struct value *values; /* FAILS: beside the rule's probes */
};

enum why_end { WHY_OPEN, WHY_MATCHED, WHY_WINDOW, WHY_SKIPPED, WHY_DROPPED,
               WHY_FORGOTTEN, WHY_HAVING };

struct why_way {
    struct why_way *before;       /* the root: NULL */
    const struct why_event *event;
    const struct value *values;   /* of the condition of `variable`, when it took the event */
    uint16_t variable;
    uint32_t steps;               /* events taken */
    uint32_t distance;            /* events that it needs still (trace_distance) */
    double near;                  /* of those that are as far: least first; why_tell's */
    int64_t start_at;
    struct why_note notes[NOTES_KEPT], closings[CLOSINGS_KEPT];
    uint32_t nnotes, nclosings;
    uint32_t passed;              /* events that it met, whether or not it took them */
    uint32_t between;             /* of these, of the way before: until this one took its event */
    uint64_t met_seq, took_seq;   /* the last event that it met, that it took */
    uint64_t waited_for;          /* bit i: variable i, of the first 64; as far as it met events */
    bool went_on;                 /* some way goes on from it */
    bool waits;                   /* for the clock */
    enum why_end end;
    int64_t chance;               /* OPEN: until when it could go on; INT64_MAX: no end */
    int64_t end_at;
    const struct value *end_values; /* HAVING */
};

struct why_said { /* copies of what an alert said */
    struct hash128 id;
    struct str severity;
    uint64_t suppressed;
    const struct alert_field *emit;
    uint32_t nemit;
};

struct why_match {
    struct why_way *way;
    int64_t now, end;
    bool timed_out, sent;
    uint32_t except; /* of one not sent: the exception, or NONE: once per, */
    int64_t sent_at; /* because of the alert sent then */
    const struct value *values; /* of having and the exceptions */
    const struct why_said *said;
};

struct why_list { /* events that took no part: how many, and the last few */
    const struct why_event *v[LISTED];
    uint64_t n;
};

struct why {
    struct arena *arena;
    const struct rule_set *set;
    const struct rule_model *model;
    struct program *program;
    const struct program_rule *rule;
    const struct program_group *group;
    uint32_t number;         /* of the rule in the program */
    const struct value *key; /* NULL: of whatever key */
    int64_t at;              /* what is asked about; INT64_MAX: nothing in particular */
    bool test;               /* events of a test: times count from 0, positions say nothing */
    struct expr *expr;       /* for the filters of inputs */
    struct engine *engine;
    struct trace trace;

    struct why_way *root;
    struct why_way **ways;
    struct map by_hash;
    uint32_t nways, ways_cap;
    struct why_match *matches;
    uint32_t nmatches, matches_cap, first_unsaid;
    uint64_t events, lost;
    int64_t first_at, last_at, now; /* of the key's events; of all */
    struct why_list filtered, late, at_time;
    uint64_t null_keys, others;     /* events of other keys */
    uint64_t malformed;             /* input that was no event */
    struct str *near;               /* keys that were seen, as texts */
    uint32_t nnear, near_cap;
    struct map seen;
    struct why_event *current;      /* being matched */
    struct value *scratch;          /* beside the rule's probes */
    bool **looks_at;                /* by stream and field: see why_fields.h */
    struct buf text;
    bool ending, over;
};

/* `w` holds arena, set, program, number, key, at; the set was probed. False with a text in *why. */
bool why_open(struct why *w, const char **why);
void why_close(struct why *w);

/* Rows [first, first + n) of a batch go into the engine. */
void why_feed(struct why *w, struct batch *batch, uint32_t first, uint32_t n, bool fresh);
void why_late(struct why *w, const struct batch *batch, uint32_t first, uint32_t n);
void why_advance(struct why *w, int64_t ns);
void why_finish(struct why *w, bool drain);

#endif
