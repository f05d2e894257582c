/* layout: what runs and keys have to keep for the conditions and the alerts of a rule, and where it
 * lies.
 *
 *   run:    cells  ┌ a.f ┬ count(a) ┬ sum(a.f) ┬ stddev(a.f) … ┐   one value each, stddev three
 *   taken:  kept   ┌ nth, collect, distinct … ┐       with each event taken, where somebody asks
 *   key:    columns, windows: what each event of a stream leaves, and the aggregates over it
 *           prevs  ┌ prev(x, 1) ┬ prev(x, 2) ┬ prev(y, 1) … ┐   for a group of rules and a stream
 *
 * Equal uses share: within a rule `a.f` is one cell however often it is written, avg takes the sum
 * and the count that others may have; within a group prev(x) is one, as deep as the deepest use. A
 * slot is a cell (or three) or a kept value, with what is written to it when its variable takes an
 * event.
 * Tests: tests/unit/rules/test_layout.c
 */
#ifndef OMEN_RULES_LAYOUT_H
#define OMEN_RULES_LAYOUT_H

#include "base/map.h"
#include "rules/typed.h"

/* In the order in which they are written when an event is taken: FIRST asks the count that COUNT
 * then raises. */
enum slot_kind {
    SLOT_FIRST,  /* first(a.e) */
    SLOT_LAST,   /* a.f, last(a.e) */
    SLOT_SUM,
    SLOT_MIN,
    SLOT_MAX,
    SLOT_SPREAD, /* three cells: count, mean, sum of squared differences */
    SLOT_KEEP,   /* with the event: nth(a.e, n), collect(a.e), distinct(a.e), attach a */
    SLOT_COUNT,
    SLOT_KINDS
};

struct slot {
    enum slot_kind kind;
    uint16_t variable;
    uint16_t field;           /* of the event taken, where `value` is NULL; SCHEMA_NONE: count(a) */
    const struct expr *value; /* on the event taken */
    const struct expr *where; /* NULL: always */
    struct type type;         /* in which the value is kept */
    uint32_t at;              /* its first cell; KEEP: its number among the variable's */
};

/* The slots that a node looks at itself, not those of its parts: `at` is still open. 0 for most; an
 * average looks at a sum and a count, first() at its cell and at how many events were taken: in
 * this order. */
enum { NODE_MAX_SLOTS = 2 };
uint32_t layout_uses(const struct rule_set *set, const struct expr *e,
                     struct slot uses[NODE_MAX_SLOTS]);

/* How a field of an attached event is kept. */
struct slot layout_attached(const struct schema *stream, uint16_t variable, uint16_t field);

struct rule_layout {
    bool made;                /* false: no program is made of the rule */
    uint32_t group;
    uint32_t frame;           /* of `every`; NONE */
    struct slot *slots;
    uint32_t nslots, slots_cap;
    struct map by_bytes;      /* fingerprint → slot number + 1 */
    struct value *cells;      /* initial values */
    uint32_t ncells, cells_cap;
    uint32_t *nkept;          /* beside the rule's variables */
};

struct prev_layout {
    const struct expr *value;
    struct type type;
    uint32_t depth, first;
};

struct column_layout { /* what a window remembers of each event */
    const struct expr *value; /* NULL: that it counts */
    const struct expr *where; /* NULL: always */
    struct type type;
    bool counts; /* only whether there is a value */
};

struct window_layout {
    const struct expr *expr;
    uint32_t column; /* NONE: every event counts */
    uint32_t frame;  /* NONE: it slides over events */
};

struct frame_layout {
    struct program_frame frame; /* but `zone` */
    struct str zone;            /* empty: UTC */
};

struct group_input { /* a stream, and what is remembered of its events */
    uint32_t stream;
    const struct expr *where; /* NULL: all events */
    uint16_t *key_fields;
    struct prev_layout *prevs; /* one within another's expression stands behind it */
    uint32_t nprevs, prevs_cap;
    struct column_layout *columns;
    uint32_t ncolumns, columns_cap;
    struct window_layout *windows;
    uint32_t nwindows, windows_cap;
    struct frame_layout *frames; /* rules with equal ones share their panes */
    uint32_t nframes, frames_cap;
    struct map by_bytes; /* fingerprint → number + 1, of prevs, columns, windows */
};

struct group_layout {
    struct group_input *inputs;
    uint32_t ninputs;
    uint32_t nkey_fields;
    uint32_t ncells; /* of previous values, of all inputs */
    int64_t forget_ns;         /* 0: never */
    uint32_t *rules;           /* numbers in the rule set, in order */
    uint32_t nrules, rules_cap;
};

struct layout {
    const struct rule_set *set;
    struct rule_layout *rules; /* beside set->rules */
    struct group_layout *groups;
    uint32_t ngroups, groups_cap;
    struct buf key;
};

/* Rules that are bad, off, or without a pattern are passed over. In the set's arena, but `key`. */
void layout_init(struct layout *l, const struct rule_set *set);
void layout_fini(struct layout *l);

/* What was laid out for a use; stops the process if nothing was. */
const struct slot *layout_slot(struct layout *l, const struct rule_layout *rule,
                               const struct slot *use);
/* `e`: the prev() itself. */
const struct prev_layout *layout_prev(struct layout *l, const struct group_layout *group,
                                      const struct expr *e);

/* The number of the aggregate among those of its input, and that of the input. `rule`: the one that
 * looks, NULL within what the group remembers. */
uint32_t layout_window(struct layout *l, const struct group_layout *group,
                       const struct rule_layout *rule, const struct expr *e, uint16_t *input);

#endif
