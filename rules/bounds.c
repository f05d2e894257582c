/* bounds: see bounds.h. */
#include "rules/bounds.h"

/* In mode FIRST a run that can complete as it is has completed: nothing of it is left to wait. */
static bool completes(const struct rule_model *rule, const struct nfa *nfa,
                      const struct nfa_state *s) {
    if (rule->decl->match != MATCH_FIRST) return false;
    for (uint32_t i = 0; i < s->nedges; i++) {
        const struct nfa_edge *e = &nfa->edges[s->first_edge + i];
        if (e->target == ACCEPT && e->clock == CLOCK_NONE && !e->nguards) return true;
    }
    return false;
}

static bool endless(const struct nfa_edge *e) {
    return e->target != ACCEPT && e->clock == CLOCK_NONE && e->link != EDGE_NEXT &&
           e->link != EDGE_OWN && e->most_ns < 0 && !e->nlimits;
}

/* The state whose event may be waited for without end; NULL: there is none. */
static const struct nfa_state *awaited(const struct rule_model *rule, const struct nfa *nfa) {
    for (uint32_t s = 1; s < nfa->nstates; s++) {
        const struct nfa_state *state = &nfa->states[s];
        if (completes(rule, nfa, state)) continue;
        for (uint32_t i = 0; i < state->nedges; i++) {
            const struct nfa_edge *e = &nfa->edges[state->first_edge + i];
            if (endless(e)) return &nfa->states[e->target];
        }
    }
    return NULL;
}

bool bounds_check(const struct rule_set *set, const struct rule_model *rule,
                  const struct nfa *nfa) {
    const struct rule_decl *d = rule->decl;
    if (!d->pattern || nfa->within_ns >= 0 || d->limit_runs || d->forget_ns || d->unbounded)
        return true;
    const struct nfa_state *state = awaited(rule, nfa);
    if (!state) return true;
    struct name name = rule->variables[state->variable].name;
    struct diag *m = diag_error(set->diags, name.span,
                                "this rule may wait for `%.*s` without end, and keeps what began "
                                "until then",
                                STR_FMT(name.text));
    diag_help(set->diags, m,
              "end the pattern with `within 10m`; or say what bounds it: `limit 100 runs`, `forget "
              "after 1d`; or `unbounded`");
    return false;
}
