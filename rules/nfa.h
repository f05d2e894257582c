/* nfa: pattern → automaton, by Glushkov's construction: a state for each name of the pattern, an
 * edge for each name that can follow another, and no empty moves. Counted loops become counters.
 *
 * Source: V. M. Glushkov, The abstract theory of automata, 1961; the edges' links (next, then, then
 * each) and what they do with events that they do not take are the contiguities of FlinkCEP.
 * docs/matching.md tells it at length. Tests: tests/conformance, tests/unit/whole/test_match.c
 */
#ifndef OMEN_RULES_NFA_H
#define OMEN_RULES_NFA_H

#include "engine/program.h"
#include "grammar/tree.h"

struct nfa {
    struct nfa_state
        *states; /* variables are numbered in order of the pattern */
    struct nfa_edge *edges;   /* first_… index into the arrays below */
    struct nfa_guard *guards;
    struct nfa_action *actions;
    struct nfa_limit *limits;
    struct nfa_kill *kills;
    struct nfa_cover *covers; /* edges counted from 0 within this automaton */
    uint32_t nstates, nedges, nguards, nactions, nlimits, nkills, ncovers;
    uint32_t states_cap, edges_cap, guards_cap, actions_cap, limits_cap, kills_cap, covers_cap;
    uint32_t ncounters, nstamps;
    int64_t *streaks; /* by variable: 0, or it is taken in unbroken runs (for, lasting) whose
                         neighbours are at most so far apart; INT64_MAX: as far as they like */
    int64_t within_ns; /* of the whole pattern; -1: none */
};

/* The names of a pattern: first those that take events, in order; then those only after `no` and
 * `until`, each once. *ntaken: how many of the first kind. The numbers that the automaton uses. */
struct name *nfa_names(struct arena *arena, const struct pattern *pattern, uint32_t *n,
                       uint32_t *ntaken);

/* False after an error in diags (a pattern too large, one that can only match empty, …). */
bool nfa_build(struct arena *arena, const struct pattern *pattern, struct diags *diags,
               struct nfa *nfa);

/* As text and as a Graphviz digraph; `names` as nfa_names gave them. */
void nfa_text(const struct nfa *nfa, const struct name *names, struct buf *out);
void nfa_dot(const struct nfa *nfa, const struct name *names, struct str title, struct buf *out);

#endif
