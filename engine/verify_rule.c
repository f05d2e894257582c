/* verify_rule: proves that a rule is sound: its automaton, then its codes in their places.
 *
 *   verify_rule        the rule by itself; marks the edges of its states as its own
 *   verify_rule_edges  each edge; covers only name edges of the same rule, so all are marked first
 *   verify_rule_codes  conditions, take codes, having and emits, until no shape grows any more
 *
 * An initial cell is copied into each run as it is and disowned with the run: so it must not have
 * memory of its own.
 * Tests: tests/unit/engine/test_verify.c
 */
#include "engine/verify_internal.h"

static bool span_fits(int64_t ns, int64_t least) { return ns >= least && ns <= VERIFY_MOST_NS; }

static bool text_fits(struct str s) { return s.p || s.n == 0; }

static bool array_fits(const void *p, uint32_t n, uint32_t most) {
    return n <= most && (p || n == 0);
}

static bool arrays_fit(const struct program_rule *r) {
    bool fit = array_fits(r->tags, r->ntags, VERIFY_MOST) &&
               array_fits(r->meta, r->nmeta, VERIFY_MOST) &&
               array_fits(r->emit, r->nemit, VERIFY_MOST) &&
               array_fits(r->timeout_emit, r->ntimeout_emit, VERIFY_MOST) &&
               array_fits(r->variables, r->nvariables, 0xFFFF) &&
               array_fits(r->states, r->nstates, MAX_STATES) &&
               array_fits(r->cells, r->ncells, VERIFY_CELLS) &&
               array_fits(r->probes, r->nprobes, VERIFY_MOST) && r->ncounters <= MAX_COUNTERS &&
               r->nstamps <= MAX_STAMPS && text_fits(r->name) && text_fits(r->doc) &&
               text_fits(r->severity);
    for (uint32_t i = 0; fit && i < r->ntags; i++) fit = text_fits(r->tags[i]);
    for (uint32_t i = 0; fit && i < r->nemit; i++) fit = text_fits(r->emit[i].name);
    for (uint32_t i = 0; fit && i < r->ntimeout_emit; i++)
        fit = text_fits(r->timeout_emit[i].name);
    for (uint32_t i = 0; fit && i < r->nprobes; i++)
        fit = r->probes[i].variable == NO_VARIABLE || r->probes[i].variable < r->nvariables;
    return fit;
}

/* Exceptions, attached events, periods; codes are walked later. */
static const char *says_fault(const struct program *p, const struct program_rule *r) {
    const struct program_says *s = r->says;
    if (!array_fits(s->excepts, s->nexcepts, VERIFY_MOST) ||
        !array_fits(s->attach, s->nattach, 0xFFFF))
        return "arrays";
    if (!span_fits(s->once_ns, 0)) return "once per";
    for (uint32_t i = 0; i < s->nexcepts; i++)
        if (!text_fits(s->excepts[i].name) || !text_fits(s->excepts[i].reason)) return "except";
    for (uint32_t i = 0; i < s->nattach; i++) {
        const struct program_attach *a = &s->attach[i];
        if (a->variable >= r->nvariables || a->stream >= p->nstreams ||
            a->nkept != p->streams[a->stream].nfields || (!a->kept && a->nkept))
            return "attach";
        for (uint32_t k = 0; k < a->nkept; k++)
            if (a->kept[k] >= r->variables[a->variable].nkept) return "attached value";
    }
    return NULL;
}

static bool check_says(struct verifier *v, uint32_t rule) {
    const struct program_rule *r = &v->program->rules[rule];
    if (!r->says) return true;
    const char *wrong = says_fault(v->program, r);
    return !wrong || verify_fault(v, "rule %u: %s", rule, wrong);
}

/* What closes alerts; codes are walked later. */
static bool check_resolve(struct verifier *v, uint32_t rule) {
    const struct program *p = v->program;
    const struct program_rule *r = &p->rules[rule];
    const struct program_resolve *s = r->resolve;
    if (!s) return true;
    bool fit = array_fits(s->emit, s->nemit, VERIFY_MOST) && span_fits(s->after_ns, 0);
    for (uint32_t i = 0; fit && i < s->nemit; i++) fit = text_fits(s->emit[i].name);
    if (!fit) return verify_fault(v, "rule %u: resolve", rule);
    if (s->stream == NONE) {
        bool asks = s->predicate != NONE || s->key_code != NONE || s->run_code != NONE;
        return !asks || verify_fault(v, "rule %u: resolve asks without an event", rule);
    }
    if (!program_input_of(&p->groups[r->group], s->stream))
        return verify_fault(v, "rule %u: resolve, stream %u", rule, s->stream);
    return s->predicate == NONE ||
           (s->predicate < p->npredicates && p->predicates[s->predicate].stream == s->stream) ||
           verify_fault(v, "rule %u: resolve, predicate %u", rule, s->predicate);
}

/* Numbers, and texts without bytes: what needs no heap. */
static bool cell_fits(struct verifier *v, struct value cell) {
    if (cell.type == VALUE_LIST || (cell.type == VALUE_STRING && cell.s.n)) return false;
    return verify_value(v, cell);
}

/* A rule about windows takes no events: it waits for none, and nothing is kept of any. */
static bool check_by_window(struct verifier *v, uint32_t rule) {
    const struct program_rule *r = &v->program->rules[rule];
    const struct program_group *g = &v->program->groups[r->group];
    if (!r->by_window) return true;
    bool fits = r->frame < g->nframes && g->frames[r->frame].kind != FRAME_STEP &&
                r->ncells == g->nkey_fields + 2 && r->nvariables == 2 && r->nstates == 1 &&
                r->states[0].nedges == 0 && !r->timeouts && !r->by_event && !r->resolve;
    for (uint32_t i = 0; fits && i < r->nvariables; i++)
        fits = r->variables[i].nkept == 0 && r->variables[i].take_code == NONE;
    return fits || verify_fault(v, "rule %u: it looks at no window that closes", rule);
}

/* What is in the cells of such a rule. */
static struct shape window_cell(const struct program_group *g, const struct schema *s,
                                uint32_t cell) {
    struct shape shape = {REG_I, SHAPE_NOTHING};
    if (cell >= g->nkey_fields) return shape;
    const struct schema_field *field = &s->fields[g->inputs[0].key_fields[cell]];
    shape.reg = (uint8_t)opcode_reg(field->type);
    if (field->type == VALUE_LIST) shape.item = (uint8_t)opcode_reg(field->item);
    return shape;
}

static bool check_variable(struct verifier *v, uint32_t rule, uint32_t index) {
    const struct program *p = v->program;
    const struct program_rule *r = &p->rules[rule];
    const struct program_variable *x = &r->variables[index];
    if (!text_fits(x->name) || x->nkept > VERIFY_KEPT || !verify_span(v, x->span))
        return verify_fault(v, "rule %u variable %u: %u values kept", rule, index, x->nkept);
    if (!program_input_of(&p->groups[r->group], x->stream))
        return verify_fault(v, "rule %u variable %u: stream %u", rule, index, x->stream);
    return x->predicate == NONE ||
           (x->predicate < p->npredicates && p->predicates[x->predicate].stream == x->stream) ||
           verify_fault(v, "rule %u variable %u: predicate %u", rule, index, x->predicate);
}

static bool check_state(struct verifier *v, uint32_t rule, uint32_t index) {
    const struct program *p = v->program;
    const struct program_rule *r = &p->rules[rule];
    const struct nfa_state *s = &r->states[index];
    if (index && s->variable != NO_VARIABLE && s->variable >= r->nvariables)
        return verify_fault(v, "rule %u state %u: variable %u", rule, index, s->variable);
    if (s->nedges > MAX_EDGES || !verify_range(s->first_edge, s->nedges, p->nedges))
        return verify_fault(v, "rule %u state %u: edges %u+%u", rule, index, s->first_edge,
                            s->nedges);
    for (uint32_t i = s->first_edge; i < s->first_edge + s->nedges; i++) {
        if (v->edge_rule[i])
            return verify_fault(v, "rule %u state %u: edge %u has an owner", rule, index, i);
        v->edge_rule[i] = rule + 1;
    }
    return true;
}

bool verify_rule(struct verifier *v, uint32_t index) {
    const struct program_rule *r = &v->program->rules[index];
    if (!arrays_fit(r) || r->nstates == 0) return verify_fault(v, "rule %u: its arrays", index);
    if (r->mode > RUN_ALL_WAYS || r->skip > SKIP_TO_LAST || r->output > OUTPUT_SIGNAL)
        return verify_fault(v, "rule %u: mode %u, skip %u, output %u", index, r->mode, r->skip,
                            r->output);
    if (r->skip >= SKIP_TO_FIRST && r->skip_variable >= r->nvariables)
        return verify_fault(v, "rule %u: skips to variable %u", index, r->skip_variable);
    if (r->timeouts && r->within_ns < 0)
        return verify_fault(v, "rule %u: a timeout without a window", index);
    if (!span_fits(r->within_ns, -1) || !verify_span(v, r->span))
        return verify_fault(v, "rule %u: a window of %lld ns", index, (long long)r->within_ns);
    for (uint32_t i = 0; i < r->ncells; i++)
        if (!cell_fits(v, r->cells[i])) return verify_fault(v, "rule %u: cell %u", index, i);
    for (uint32_t i = 0; i < r->nmeta; i++)
        if (!text_fits(r->meta[i].name) || !verify_value(v, r->meta[i].value))
            return verify_fault(v, "rule %u: meta %u", index, i);
    uint32_t parts = r->nvariables + r->nstates + r->ncells + r->nemit + r->ntimeout_emit +
                     r->nprobes;
    if (!verify_spend(v, parts)) return false;
    if (!check_says(v, index) || !check_resolve(v, index) || !check_by_window(v, index))
        return false;
    for (uint32_t i = 0; i < r->nvariables; i++)
        if (!check_variable(v, index, i)) return false;
    for (uint32_t i = 0; i < r->nstates; i++)
        if (!check_state(v, index, i)) return false;
    return true;
}

/* ---- edges ------------------------------------------------------------------------------ */

static bool guards_fit(const struct program *p, const struct program_rule *r,
                       const struct nfa_edge *e) {
    if (!verify_range(e->first_guard, e->nguards, p->nguards)) return false;
    for (uint32_t i = e->first_guard; i < e->first_guard + e->nguards; i++) {
        const struct nfa_guard *g = &p->guards[i];
        bool clock = g->kind == GUARD_LASTED || g->kind == GUARD_SHORT;
        uint32_t most = clock ? r->nstamps : r->ncounters;
        if (g->kind > GUARD_SHORT || g->counter >= most) return false;
        if (clock && !span_fits(g->span_ns, 0)) return false;
        if (g->kind == GUARD_LACKS && g->value > 31) return false;
    }
    return true;
}

static bool actions_fit(const struct program *p, const struct program_rule *r,
                        const struct nfa_edge *e) {
    if (!verify_range(e->first_action, e->nactions, p->nactions)) return false;
    for (uint32_t i = e->first_action; i < e->first_action + e->nactions; i++) {
        const struct nfa_action *a = &p->actions[i];
        bool stamps = a->kind == ACTION_STAMP || a->kind == ACTION_CLEAR;
        if (a->kind > ACTION_MARK || a->slot >= (stamps ? r->nstamps : r->ncounters)) return false;
        if (a->kind == ACTION_MARK && a->value > 31) return false;
    }
    return true;
}

static bool limits_fit(const struct program *p, const struct program_rule *r,
                       const struct nfa_edge *e) {
    if (!verify_range(e->first_limit, e->nlimits, p->nlimits)) return false;
    for (uint32_t i = e->first_limit; i < e->first_limit + e->nlimits; i++)
        if (p->limits[i].stamp >= r->nstamps || !span_fits(p->limits[i].most_ns, 0))
            return false;
    return true;
}

static bool kills_fit(const struct program *p, const struct program_rule *r,
                      const struct nfa_edge *e) {
    if (!verify_range(e->first_kill, e->nkills, p->nkills)) return false;
    for (uint32_t i = e->first_kill; i < e->first_kill + e->nkills; i++)
        if (p->kills[i].variable >= r->nvariables || p->kills[i].kind > KILL_HOLDS) return false;
    return true;
}

static bool covers_fit(const struct verifier *v, uint32_t rule, const struct nfa_edge *e) {
    const struct program *p = v->program;
    if (!verify_range(e->first_cover, e->ncovers, p->ncovers)) return false;
    for (uint32_t i = e->first_cover; i < e->first_cover + e->ncovers; i++)
        if (p->covers[i].edge >= p->nedges || v->edge_rule[p->covers[i].edge] != rule + 1)
            return false;
    return true;
}

/* What is entered by the clock takes nothing, what is entered by an event takes it. */
static const char *clock_fault(const struct program_rule *r, uint32_t state,
                               const struct nfa_edge *e) {
    bool takes = e->target != ACCEPT && r->states[e->target].variable != NO_VARIABLE;
    if (e->clock > CLOCK_STAMP) return "clock";
    if (e->clock == CLOCK_NONE)
        return e->target == ACCEPT || takes ? NULL : "it takes nothing";
    if (takes || state == 0) return "the clock takes an event";
    if (e->clock == CLOCK_WINDOW && r->within_ns < 0) return "no window closes";
    if (e->clock == CLOCK_STAMP && e->clock_stamp >= r->nstamps) return "clock stamp";
    return span_fits(e->clock_ns, 0) ? NULL : "clock time";
}

static const char *edge_fault(const struct verifier *v, uint32_t rule, uint32_t state,
                              const struct nfa_edge *e) {
    const struct program *p = v->program;
    const struct program_rule *r = &p->rules[rule];
    if (e->target == ACCEPT ? state == 0 : e->target == 0 || e->target >= r->nstates)
        return "target";
    const char *wrong = clock_fault(r, state, e);
    if (wrong) return wrong;
    if (e->link > EDGE_EACH) return "link";
    if (!span_fits(e->least_ns, 0) || !span_fits(e->most_ns, -1)) return "gap";
    if (!guards_fit(p, r, e)) return "guards";
    if (!actions_fit(p, r, e)) return "actions";
    if (!limits_fit(p, r, e)) return "limits";
    if (!kills_fit(p, r, e)) return "kills";
    if (!covers_fit(v, rule, e)) return "covers";
    return NULL;
}

bool verify_rule_edges(struct verifier *v, uint32_t index) {
    const struct program_rule *r = &v->program->rules[index];
    for (uint32_t s = 0; s < r->nstates; s++) {
        for (uint32_t i = 0; i < r->states[s].nedges; i++) {
            const struct nfa_edge *e = &v->program->edges[r->states[s].first_edge + i];
            uint64_t steps = 1ull + e->nguards + e->nactions + e->nlimits + e->nkills + e->ncovers;
            if (!verify_spend(v, steps)) return false;
            const char *wrong = edge_fault(v, index, s, e);
            if (wrong) return verify_fault(v, "rule %u state %u edge %u: %s", index, s, i, wrong);
        }
    }
    return true;
}

/* ---- codes ------------------------------------------------------------------------------ */

/* Conditions see the event and the previous values, those of runs also what was taken. */
static bool walk_variable(struct verifier *v, struct place run, const struct program_variable *x) {
    run.stream = x->stream;
    struct place key = run;
    key.rule = NULL;
    run.taking = NULL;
    if (x->key_code != NONE && !verify_walk(v, &key, x->key_code, VALUE_BOOL, NULL)) return false;
    if (x->streak_code != NONE && !verify_walk(v, &key, x->streak_code, VALUE_BOOL, NULL))
        return false;
    if (x->run_code != NONE && !verify_walk(v, &run, x->run_code, VALUE_BOOL, NULL)) return false;
    run.taking = x;
    return x->take_code == NONE || verify_walk(v, &run, x->take_code, VALUE_NULL, NULL);
}

static bool walk_fields(struct verifier *v, const struct place *match,
                        const struct program_field *fields, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!verify_walk(v, match, fields[i].code, VALUE_TYPES, NULL)) return false;
    return true;
}

static bool gives_number(const struct program *p, uint32_t code) {
    uint8_t type = p->codes[code].result;
    return type == VALUE_INT || type == VALUE_FLOAT || type == VALUE_DECIMAL;
}

static bool walk_says(struct verifier *v, const struct place *place) {
    const struct program_says *s = place->rule->says;
    if (!s) return true;
    if (s->severity != NONE && !verify_walk(v, place, s->severity, VALUE_STRING, NULL))
        return false;
    if (s->score != NONE && !verify_walk(v, place, s->score, VALUE_TYPES, NULL)) return false;
    if (s->score != NONE && !gives_number(v->program, s->score))
        return verify_fault(v, "%s: the score is no number", place->what);
    if (s->once_by != NONE && !verify_walk(v, place, s->once_by, VALUE_TYPES, NULL)) return false;
    for (uint32_t i = 0; i < s->nexcepts; i++)
        if (!verify_walk(v, place, s->excepts[i].code, VALUE_BOOL, NULL)) return false;
    return true;
}

/* At an event of its stream; where the clock closes, at a row of nulls. */
static bool walk_resolve(struct verifier *v, struct place run) {
    const struct program_resolve *r = run.rule->resolve;
    if (!r) return true;
    run.stream = r->stream;
    struct place key = run;
    key.rule = NULL;
    if (r->key_code != NONE && !verify_walk(v, &key, r->key_code, VALUE_BOOL, NULL)) return false;
    if (r->run_code != NONE && !verify_walk(v, &run, r->run_code, VALUE_BOOL, NULL)) return false;
    return walk_fields(v, &run, r->emit, r->nemit);
}

/* Is every match completed by an event of the only stream? Then it may be looked at. */
static bool ends_by_event(const struct program *p, const struct program_rule *r) {
    if (r->mode != RUN_FIRST || r->timeouts || r->nvariables == 0) return false;
    for (uint32_t i = 1; i < r->nvariables; i++)
        if (r->variables[i].stream != r->variables[0].stream) return false;
    for (uint32_t s = 0; s < r->nstates; s++)
        for (uint32_t i = 0; i < r->states[s].nedges; i++)
            if (p->edges[r->states[s].first_edge + i].clock != CLOCK_NONE) return false;
    return true;
}

static bool walk_probes(struct verifier *v, const struct place *place, const struct place *match) {
    for (uint32_t i = 0; i < place->rule->nprobes; i++) {
        const struct program_probe *x = &place->rule->probes[i];
        struct place at = *match;
        if (x->variable != NO_VARIABLE) {
            at = *place;
            at.stream = place->rule->variables[x->variable].stream;
        }
        if (!verify_walk(v, &at, x->code, VALUE_TYPES, NULL)) return false;
    }
    return true;
}

static bool walk_rule(struct verifier *v, const struct place *place) {
    const struct program_rule *r = place->rule;
    struct place match = *place;
    if (r->by_event && !ends_by_event(v->program, r))
        return verify_fault(v, "%s: not every match is completed by an event", place->what);
    if (!r->by_event) match.stream = NONE;
    for (uint32_t i = 0; i < r->nvariables; i++)
        if (!walk_variable(v, *place, &r->variables[i])) return false;
    if (r->having != NONE && !verify_walk(v, &match, r->having, VALUE_BOOL, NULL)) return false;
    return walk_fields(v, &match, r->emit, r->nemit) &&
           walk_fields(v, &match, r->timeout_emit, r->ntimeout_emit) && walk_says(v, &match) &&
           walk_resolve(v, *place) && walk_probes(v, place, &match);
}

bool verify_rule_codes(struct verifier *v, uint32_t index, struct shape *prevs,
                       struct shape *columns) {
    const struct program *p = v->program;
    const struct program_rule *r = &p->rules[index];
    uint32_t kept = 0;
    uint32_t *first = arena_array(&v->scratch, uint32_t, r->nvariables);
    for (uint32_t i = 0; i < r->nvariables; i++) {
        first[i] = kept;
        kept += r->variables[i].nkept;
        if (kept > VERIFY_CELLS) return verify_fault(v, "rule %u: too many values kept", index);
    }
    bool changed = true;
    struct place place = {.what = arena_printf(&v->scratch, "rule %u", index),
                          .stream = r->nvariables ? r->variables[0].stream : NONE,
                          .prev_group = &p->groups[r->group],
                          .prevs = prevs,
                          .window_group = &p->groups[r->group],
                          .columns = columns,
                          .rule = r,
                          .cells = arena_array(&v->scratch, struct shape, r->ncells),
                          .kept = arena_array(&v->scratch, struct shape, kept),
                          .kept_first = first,
                          .changed = &changed};
    const struct shape nothing = {SHAPE_NOTHING, SHAPE_NOTHING};
    for (uint32_t i = 0; i < kept; i++) place.kept[i] = nothing;
    for (uint32_t i = 0; i < r->ncells; i++) {
        int reg = opcode_reg(r->cells[i].type);
        place.cells[i] = nothing;
        if (reg >= 0) place.cells[i].reg = (uint8_t)reg;
        if (r->by_window)
            place.cells[i] = window_cell(place.prev_group, &p->streams[place.stream], i);
    }
    while (changed) {
        changed = false;
        if (!walk_rule(v, &place)) return false;
    }
    if (!r->by_event) place.stream = NONE;
    return verify_fed_emits(v, &place, index);
}
