/* nfa_internal: what the files of the construction share. Nobody else includes it.
 *
 *   nfa.c          names; steps, sequences, alternatives; a pattern from its parts
 *   nfa_parts.c    short lists, edges, fragments
 *   nfa_loops.c    counts; parts in any order
 *   nfa_time.c     windows inside the pattern, unbroken runs, absence
 *   nfa_finish.c   from drafts to arrays; which edge covers which
 */
#ifndef OMEN_RULES_NFA_INTERNAL_H
#define OMEN_RULES_NFA_INTERNAL_H

#include "rules/nfa.h"

/* Short lists that fragments share: new items go in front, nothing is ever changed. */
struct kill_list {
    struct nfa_kill kill;
    const struct kill_list *next;
};

struct guard_list {
    struct nfa_guard guard;
    const struct guard_list *next;
};

struct action_list {
    struct nfa_action action;
    const struct action_list *next;
};

struct limit_list {
    struct nfa_limit limit;
    const struct limit_list *next;
};

enum { LINK_OPEN = 0xFF }; /* an entry whose link is for the place where its fragment is put */

struct entry {
    uint16_t target;
    uint8_t link;
    bool reluctant;
    int64_t least_ns, most_ns;
    const struct kill_list *kills;
    const struct action_list *actions; /* innermost loop last: run in list order */
};

struct clock { /* completes or goes on by time: `no x` at the end, `lasting` */
    uint8_t kind; /* enum edge_clock */
    uint16_t stamp;
    int64_t ns;
};

struct exit_ {
    uint16_t state;
    struct clock clock; /* a trailing `no x`: nothing can follow */
    const struct kill_list *kills;
    const struct guard_list *guards;
    const struct action_list *actions;
};

struct fragment {
    struct entry *entries;
    struct exit_ *exits;
    uint32_t nentries, nexits, entries_cap, exits_cap;
    bool nullable;
    uint16_t first_state, end_state; /* states made for it: [first, end) */
};

struct draft { /* an edge under construction */
    struct clock clock;
    uint16_t target;
    uint8_t link;
    bool reluctant;
    int64_t least_ns, most_ns;
    const struct kill_list *kills;
    const struct guard_list *guards;
    const struct action_list *actions;
    const struct limit_list *limits;
};

struct draft_state {
    struct draft *edges;
    uint32_t n, cap;
    uint16_t variable; /* NO_VARIABLE: nothing is taken here (the start, after a clock) */
    uint16_t since;    /* then the stamp of when it was entered */
};

struct builder {
    struct arena *arena;
    struct diags *diags;
    const struct name *names;
    uint32_t nnames;
    struct draft_state *states;
    uint32_t nstates, nvariables;
    uint32_t ncounters, nstamps;
    int64_t *streaks;    /* by variable: see nfa.h */
    struct span span; /* of the whole pattern */
    bool failed;
};

/* ---- nfa_parts.c ----------------------------------------------------------------------------- */

uint16_t name_number(struct builder *b, struct name name);
bool fail_large(struct builder *b, struct span at, const char *what, unsigned most);

bool has_kill(const struct kill_list *l, struct nfa_kill k);
const struct kill_list *add_kill(struct builder *b, const struct kill_list *l,
                                 struct nfa_kill k);
const struct kill_list *join_kills(struct builder *b, const struct kill_list *l,
                                   const struct kill_list *more);
const struct guard_list *add_guard(struct builder *b, const struct guard_list *l,
                                   enum guard_kind kind, uint32_t counter, uint32_t value);
const struct action_list *add_action(struct builder *b, const struct action_list *l,
                                     enum action_kind kind, uint32_t slot, uint32_t value);
const struct action_list *join_actions(struct builder *b, const struct action_list *first,
                                       const struct action_list *then);

/* False, here and below, after an error in diags. */
bool add_edge(struct builder *b, uint16_t from, struct draft d);
bool join_edge(struct builder *b, const struct exit_ *x, const struct entry *e,
               enum edge_link link);
bool push_entry(struct builder *b, struct fragment *f, struct entry e);
void push_exit(struct builder *b, struct fragment *f, struct exit_ x);
uint16_t new_state(struct builder *b, uint16_t variable);

/* ---- the others ------------------------------------------------------------------------------ */

bool build_pattern(struct builder *b, const struct pattern *p, struct fragment *f);
bool build_name(struct builder *b, struct fragment *f);
bool build_some(struct builder *b, const struct pattern *p, struct fragment *f);
bool apply_count(struct builder *b, const struct pattern *written, struct fragment *f);
void wait_for_absence(struct builder *b, struct fragment *f, const struct kill_list *nots,
                      int64_t for_ns);
bool apply_within(struct builder *b, const struct pattern *p, struct fragment *f);
bool build_unbroken(struct builder *b, const struct pattern *p, struct fragment *f);
bool finish_nfa(struct builder *b, const struct pattern *p, const struct fragment *f,
                struct nfa *out);

#endif
