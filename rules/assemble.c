/* assemble: the last pass: a typed rule set → a program that needs nothing of the compilation any
 * more.
 *
 *   rule ─ variables ─ conditions ─conjuncts─→ predicate, key code, run code ┐
 *        │                        ─layout────→ take code, kept values         ├→ parts ─→ program
 *        ├ pattern ───────nfa────→ states, edges, … shifted by those before   │   copied
 *        └ emit, meta, … ─code───→ value codes                                ┘
 *
 * While rules are taken apart, everything is collected in the arena of the compilation
 * (assembly.h); groups and schemas: assemble_group.c. Then the program's arena gets copies of
 * exactly the size, texts included. A rule with an error is left out, so that the next one can be
 * looked at, but then there is no program. What verify refuses afterwards is our own fault.
 * Tests: tests/unit/rules/test_assemble.c
 */
#include "base/log.h"
#include "engine/verify.h"
#include "rules/assembly.h"
#include "rules/bounds.h"
#include "rules/feeds.h"
#include "rules/nfa.h"
#include "rules/probes.h"

/* ---- variables ------------------------------------------------------------------------------- */

static struct code_place place_of(struct assembly *a, uint32_t rule, uint32_t stream) {
    const struct rule_layout *r = &a->layout.rules[rule];
    return (struct code_place){.set = a->set,
                               .parts = &a->parts,
                               .layout = &a->layout,
                               .rule = r,
                               .group = &a->layout.groups[r->group],
                               .stream = stream};
}

static bool add_variable(struct assembly *a, uint32_t rule, uint16_t number,
                         struct program_variable *out) {
    const struct rule_variable *v = &a->set->rules[rule].variables[number];
    struct code_place place = place_of(a, rule, v->stream);
    struct span span = v->condition ? v->condition->span : v->name.span;
    *out = (struct program_variable){.name = assembly_keep(a, v->name.text),
                                     .stream = v->stream,
                                     .predicate = NONE,
                                     .key_code = NONE,
                                     .run_code = NONE,
                                     .take_code = NONE,
                                     .streak_code = NONE,
                                     .nkept = a->layout.rules[rule].nkept[number],
                                     .span = span};
    struct conjuncts parts = conjuncts_split(a->set, v->expr);
    bool good = true;
    if (parts.event.n) {
        uint32_t code;
        good = code_condition(&place, &parts.event, &code);
        if (good) out->predicate = parts_predicate(&a->parts, v->stream, code);
    }
    if (parts.key.n) good = code_condition(&place, &parts.key, &out->key_code) && good;
    if (parts.run.n) good = code_condition(&place, &parts.run, &out->run_code) && good;
    struct conjunct_list streak = {v->streak, v->nstreak, v->nstreak};
    if (streak.n) good = code_condition(&place, &streak, &out->streak_code) && good;
    return code_take(&place, number, span, &out->take_code) && good;
}

/* Whether a code looks at what the run took. */
static bool reads_run(const struct parts *p, uint32_t code) {
    if (code == NONE) return false;
    const struct code *c = &p->codes[code];
    for (uint32_t i = c->first; i < c->first + c->n; i++) {
        switch ((enum opcode)p->insns[i].op) {
        case INSN_CELL:
        case INSN_NTH:
        case INSN_COLLECT:
        case INSN_DISTINCT:
        case INSN_STEP:
        case INSN_STDDEV: return true;
        case INSN_ANY:
            if (reads_run(p, p->insns[i].imm)) return true;
            break;
        default: break;
        }
    }
    return false;
}

static bool add_variables(struct assembly *a, uint32_t rule, struct program_rule *out) {
    const struct rule_model *m = &a->set->rules[rule];
    struct program_variable *v = arena_array(&a->program->arena, struct program_variable,
                                             m->nvariables);
    bool good = true;
    for (uint32_t i = 0; i < m->nvariables; i++) {
        good = add_variable(a, rule, (uint16_t)i, &v[i]) && good;
        out->ways_matter |= good && reads_run(&a->parts, v[i].run_code);
    }
    out->variables = v;
    out->nvariables = m->nvariables;
    return good;
}

/* ---- the automaton --------------------------------------------------------------------------- */

#define APPEND(a, what, from, count)                                                          \
    for (uint32_t i_ = 0; i_ < (count); i_++)                                                 \
    arena_push((a)->arena, (a)->what, (a)->n##what, (a)->what##_cap, (from)[i_])

static bool add_nfa(struct assembly *a, uint32_t rule, struct program_rule *out) {
    struct nfa nfa = {0};
    if (a->set->rules[rule].every) { /* it waits for no event */
        const struct nfa_state none = {.variable = NO_VARIABLE};
        out->states = KEEP_ARRAY(a, &none, 1);
        out->nstates = 1;
        out->within_ns = -1;
        return true;
    }
    if (!nfa_build(a->arena, a->set->rules[rule].pattern, a->set->diags, &nfa)) return false;
    if (!bounds_check(a->set, &a->set->rules[rule], &nfa)) return false;
    for (uint32_t i = 0; i < nfa.nstates; i++) nfa.states[i].first_edge += a->nedges;
    for (uint32_t i = 0; i < nfa.nedges; i++) {
        struct nfa_edge *e = &nfa.edges[i];
        e->first_guard += a->nguards;
        e->first_action += a->nactions;
        e->first_limit += a->nlimits;
        e->first_kill += a->nkills;
        e->first_cover += a->ncovers;
    }
    for (uint32_t i = 0; i < nfa.ncovers; i++) nfa.covers[i].edge += a->nedges;
    APPEND(a, edges, nfa.edges, nfa.nedges);
    APPEND(a, guards, nfa.guards, nfa.nguards);
    APPEND(a, actions, nfa.actions, nfa.nactions);
    APPEND(a, limits, nfa.limits, nfa.nlimits);
    APPEND(a, kills, nfa.kills, nfa.nkills);
    APPEND(a, covers, nfa.covers, nfa.ncovers);
    out->states = KEEP_ARRAY(a, nfa.states, nfa.nstates);
    out->nstates = nfa.nstates;
    out->ncounters = nfa.ncounters;
    out->nstamps = nfa.nstamps;
    out->within_ns = nfa.within_ns;
    return true;
}

/* ---- what a rule says ------------------------------------------------------------------------ */

static void set_mode(const struct rule_model *m, struct program_rule *out) {
    static const enum program_mode modes[] = {
        [MATCH_FIRST] = RUN_FIRST, [MATCH_LONGEST] = RUN_LONGEST, [MATCH_ALL_WAYS] = RUN_ALL_WAYS};
    static const enum program_skip skips[] = {
        [AFTER_NO_SKIP] = SKIP_NONE,          [AFTER_SKIP_PAST_LAST] = SKIP_PAST_LAST,
        [AFTER_SKIP_TO_NEXT] = SKIP_TO_NEXT,  [AFTER_SKIP_TO_FIRST] = SKIP_TO_FIRST,
        [AFTER_SKIP_TO_LAST] = SKIP_TO_LAST};
    static const enum rule_output outputs[] = {
        [MODE_LIVE] = OUTPUT_LIVE, [MODE_SHADOW] = OUTPUT_SHADOW, [MODE_SIGNAL] = OUTPUT_SIGNAL};
    const struct rule_decl *d = m->decl;
    out->mode = modes[d->match];
    out->skip = skips[d->after];
    if (d->after == AFTER_DEFAULT)
        out->skip = d->match == MATCH_ALL_WAYS ? SKIP_NONE : SKIP_PAST_LAST;
    out->output = outputs[d->mode];
    if (out->skip != SKIP_TO_FIRST && out->skip != SKIP_TO_LAST) return;
    for (uint32_t i = 0; i < m->nvariables; i++)
        if (str_equal(m->variables[i].name.text, d->after_name.text)) out->skip_variable = i;
}

static struct str severity_of(const struct rule_decl *d) {
    if (!d->severity || d->severity->kind != EXPR_NAME) return STR("medium");
    static const char *const levels[] = {"low", "medium", "high", "critical"};
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (str_equal_nocase(d->severity->name.text, str_of(levels[i]))) return str_of(levels[i]);
    return STR("medium"); /* it is computed */
}

static void set_texts(struct assembly *a, const struct rule_decl *d, struct program_rule *out) {
    out->name = assembly_keep(a, d->name.text);
    out->doc = assembly_keep(a, d->doc);
    out->severity = severity_of(d);
    struct str *tags = arena_array(&a->program->arena, struct str, d->ntags);
    for (uint32_t i = 0; i < d->ntags; i++) tags[i] = assembly_keep(a, d->tags[i].text);
    out->tags = tags;
    out->ntags = d->ntags;
    struct program_meta *meta = arena_array(&a->program->arena, struct program_meta, d->nmeta);
    for (uint32_t i = 0; i < d->nmeta; i++) {
        meta[i].name = assembly_keep(a, d->meta[i].name.text);
        meta[i].value = value_copy(&a->program->arena, typed_of(a->set, d->meta[i].expr)->value);
    }
    out->meta = meta;
    out->nmeta = d->nmeta;
    out->version = d->version ? d->version : 1;
    out->limit_runs = d->limit_runs > UINT32_MAX ? UINT32_MAX : (uint32_t)d->limit_runs;
    out->span = d->span;
}

static bool keep_fields(struct assembly *a, const struct code_place *place,
                        const struct named_expr *from, uint32_t n,
                        const struct program_field **to) {
    struct program_field *fields = arena_array(&a->program->arena, struct program_field, n);
    bool good = true;
    for (uint32_t i = 0; i < n; i++) {
        fields[i].name = assembly_keep(a, from[i].name.text);
        good = code_value(place, from[i].expr, &fields[i].code) && good;
    }
    *to = fields;
    return good;
}

static bool add_emit(struct assembly *a, uint32_t rule, struct program_rule *out) {
    const struct rule_decl *d = a->set->rules[rule].decl;
    out->nemit = d->nemit;
    out->ntimeout_emit = d->ntimeout_emit;
    out->timeouts = d->timeout_span.start != d->timeout_span.end;
    struct code_place place = place_of(a, rule, a->set->rules[rule].stream);
    bool good = keep_fields(a, &place, d->emit, d->nemit, &out->emit);
    return keep_fields(a, &place, d->timeout_emit, d->ntimeout_emit, &out->timeout_emit) && good;
}

/* A match may be found wanting for what a way took: then no way stands in for another. */
static bool add_having(struct assembly *a, uint32_t rule, struct program_rule *out) {
    const struct rule_model *m = &a->set->rules[rule];
    const struct expr *having = m->every ? m->decl->when : m->decl->having;
    if (!having) return true;
    struct code_place place = place_of(a, rule, m->stream);
    out->ways_matter = true;
    return code_value(&place, having, &out->having);
}

static bool says_anything(const struct rule_model *m) {
    return m->severity || m->decl->score || m->decl->once.period_ns || m->nexcepts || m->nattach;
}

static const struct program_attach *add_attach(struct assembly *a, uint32_t rule) {
    const struct rule_model *m = &a->set->rules[rule];
    struct arena *arena = &a->program->arena;
    struct program_attach *all = arena_array(arena, struct program_attach, m->nattach);
    for (uint32_t i = 0; i < m->nattach; i++) {
        uint16_t variable = m->attach[i], stream = m->variables[variable].stream;
        const struct schema *s = &a->set->streams[stream];
        uint16_t *kept = arena_array(arena, uint16_t, s->nfields);
        for (uint32_t f = 0; f < s->nfields; f++) {
            struct slot use = layout_attached(s, variable, (uint16_t)f);
            kept[f] = (uint16_t)layout_slot(&a->layout, &a->layout.rules[rule], &use)->at;
        }
        all[i] = (struct program_attach){variable, stream, kept, s->nfields};
    }
    return all;
}

static bool add_says(struct assembly *a, uint32_t rule, struct program_rule *out) {
    const struct rule_model *m = &a->set->rules[rule];
    if (!says_anything(m)) return true;
    struct arena *arena = &a->program->arena;
    struct code_place place = place_of(a, rule, m->stream);
    struct program_says *s = arena_new(arena, struct program_says);
    *s = (struct program_says){.severity = NONE, .score = NONE, .once_by = NONE,
                               .once_ns = m->decl->once.period_ns, .nexcepts = m->nexcepts,
                               .nattach = m->nattach, .attach = add_attach(a, rule)};
    bool good = !m->severity || code_value(&place, m->severity, &s->severity);
    if (m->decl->score) good = code_value(&place, m->decl->score, &s->score) && good;
    if (m->decl->once.by) good = code_value(&place, m->decl->once.by, &s->once_by) && good;
    struct program_except *excepts = arena_array(arena, struct program_except, m->nexcepts);
    for (uint32_t i = 0; i < m->nexcepts; i++) {
        const struct except_clause *x = m->excepts[i];
        excepts[i] = (struct program_except){.name = assembly_keep(a, x->name.text),
                                             .reason = assembly_keep(a, x->reason),
                                             .until_ns = x->has_until ? x->until_ns : INT64_MAX};
        good = code_value(&place, x->cond, &excepts[i].code) && good;
    }
    s->excepts = excepts;
    out->says = s;
    return good;
}

static bool add_resolve(struct assembly *a, uint32_t rule, struct program_rule *out) {
    const struct rule_model *m = &a->set->rules[rule];
    const struct resolve_clause *from = &m->decl->resolve;
    if (!from->when && !from->after_ns) return true;
    uint32_t stream = from->when ? m->resolve_stream : m->stream;
    struct code_place place = place_of(a, rule, stream);
    struct program_resolve *r = arena_new(&a->program->arena, struct program_resolve);
    *r = (struct program_resolve){.stream = from->when ? stream : NONE, .predicate = NONE,
                                  .key_code = NONE, .run_code = NONE,
                                  .after_ns = from->after_ns, .nemit = from->nemit};
    struct conjuncts parts = conjuncts_split(a->set, from->when);
    uint32_t code;
    bool good = !parts.event.n || code_condition(&place, &parts.event, &code);
    if (good && parts.event.n) r->predicate = parts_predicate(&a->parts, stream, code);
    if (parts.key.n) good = code_condition(&place, &parts.key, &r->key_code) && good;
    if (parts.run.n) good = code_condition(&place, &parts.run, &r->run_code) && good;
    out->resolve = r;
    return keep_fields(a, &place, from->emit, from->nemit, &r->emit) && good;
}

static void add_probes(struct assembly *a, uint32_t rule, struct program_rule *out) {
    const struct rule_model *m = &a->set->rules[rule];
    struct code_place place = place_of(a, rule, m->stream);
    struct program_probe *probes;
    if (!a->set->probed) return;
    out->nprobes = probes_make(&place, m, &probes);
    out->probes = KEEP_ARRAY(a, probes, out->nprobes);
}

static void add_rule(struct assembly *a, uint32_t rule) {
    const struct rule_layout *r = &a->layout.rules[rule];
    if (!r->made) return;
    struct program_rule out = {.group = r->group, .having = NONE};
    set_texts(a, a->set->rules[rule].decl, &out);
    set_mode(&a->set->rules[rule], &out);
    out.by_window = a->set->rules[rule].every != NULL;
    out.by_event =
        !a->set->rules[rule].decl->pattern && !a->set->rules[rule].when && !out.by_window;
    if (out.by_window) out.frame = r->frame;
    struct value *cells = arena_array(&a->program->arena, struct value, r->ncells);
    for (uint32_t i = 0; i < r->ncells; i++) cells[i] = r->cells[i];
    out.cells = cells;
    out.ncells = r->ncells;
    bool good = add_nfa(a, rule, &out);
    good = add_variables(a, rule, &out) && good;
    good = add_having(a, rule, &out) && good;
    good = add_emit(a, rule, &out) && good;
    good = add_resolve(a, rule, &out) && good;
    if (!add_says(a, rule, &out) || !good) return;
    add_probes(a, rule, &out);
    a->number[rule] = a->nrules;
    arena_push(a->arena, a->rules, a->nrules, a->rules_cap, out);
}

/* ---- the program ----------------------------------------------------------------------------- */

static void keep_sources(struct assembly *a) {
    struct program *p = a->program;
    const struct sources *from = a->set->tree->sources;
    p->sources = arena_new(&p->arena, struct sources);
    sources_init(p->sources, &p->arena);
    for (uint32_t i = 0; i < from->n; i++)
        sources_add(p->sources, from->files[i].name, from->files[i].text);
}

static void keep_parts(struct assembly *a) {
    struct program *p = a->program;
    struct parts *from = &a->parts;
#define MOVE(what, source)                                                                    \
    p->what = KEEP_ARRAY(a, source->what, source->n##what);                                   \
    p->n##what = source->n##what
    p->spans = KEEP_ARRAY(a, from->spans, from->nspans);
    MOVE(insns, from);
    MOVE(regs, from);
    MOVE(codes, from);
    MOVE(predicates, from);
    MOVE(rules, a);
    MOVE(edges, a);
    MOVE(guards, a);
    MOVE(actions, a);
    MOVE(limits, a);
    MOVE(kills, a);
    MOVE(covers, a);
#undef MOVE
    for (uint32_t i = 0; i < from->nregexes; i++)
        from->regexes[i].pattern = assembly_keep(a, from->regexes[i].pattern);
    for (uint32_t i = 0; i < from->nzones; i++) from->zones[i] = assembly_keep(a, from->zones[i]);
    for (uint32_t i = 0; i < from->nconstants; i++)
        from->constants[i] = value_copy(&p->arena, from->constants[i]);
    p->regexes = KEEP_ARRAY(a, from->regexes, from->nregexes);
    p->zones = KEEP_ARRAY(a, from->zones, from->nzones);
    p->constants = KEEP_ARRAY(a, from->constants, from->nconstants);
    p->nregexes = from->nregexes;
    p->nzones = from->nzones;
    p->nconstants = from->nconstants;
}

static void assemble(struct assembly *a) {
    struct program *p = a->program;
    const struct rule_set *set = a->set;
    for (uint32_t i = 0; i < set->nrules; i++) add_rule(a, i);
    struct program_group *groups = arena_array(&p->arena, struct program_group, a->layout.ngroups);
    bool good = true;
    for (uint32_t i = 0; i < a->layout.ngroups; i++)
        good = assembly_group(a, &a->layout.groups[i], &groups[i]) && good;
    good = assembly_computed(a) && good;
    if (!good || set->diags->errors) return;
    p->groups = groups;
    p->ngroups = a->layout.ngroups;
    struct schema *streams = arena_array(&p->arena, struct schema, set->nstreams);
    for (uint32_t i = 0; i < set->nstreams; i++)
        assembly_schema(a, &set->streams[i], a->parts.used[i], &streams[i]);
    struct schema *tables = arena_array(&p->arena, struct schema, set->ntables);
    for (uint32_t i = 0; i < set->ntables; i++)
        assembly_schema(a, &set->tables[i], a->parts.columns[i], &tables[i]);
    p->tables = tables;
    p->ntables = set->ntables;
    p->streams = streams;
    p->nstreams = set->nstreams;
    feeds_levels(&a->layout, groups);
    feeds_add(set, a->number, p);
    keep_parts(a);
    keep_sources(a);
}

struct program *rules_assemble(struct rule_set *set) {
    struct assembly a = {.set = set, .program = program_new(), .arena = set->arena};
    parts_init(&a.parts, set->arena, set->streams, set->nstreams);
    parts_tables(&a.parts, set->tables, set->ntables);
    layout_init(&a.layout, set);
    a.number = arena_array(set->arena, uint32_t, set->nrules);
    for (uint32_t i = 0; i < set->nrules; i++) a.number[i] = NONE;
    a.computed = arena_array(set->arena, uint32_t, set->ncomputed);
    assemble(&a);
    layout_fini(&a.layout);
    parts_fini(&a.parts);
    if (set->diags->errors) {
        program_drop(&a.program);
        return NULL;
    }
    const char *wrong = program_verify(a.program);
    if (wrong) panic("the compiler made a program that is not sound: %s", wrong);
    return a.program;
}

struct program *rules_compile(struct tree *tree, const struct compile_options *options,
                              struct diags *diags) {
    struct compile_options none = {0};
    if (!options) options = &none;
    return rules_assemble(rules_front(tree, options->params, options->nparams, diags));
}
