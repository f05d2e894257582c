/* verify: proves that a program is sound before it runs (verify.h); its codes are looked at in
 * verify_code.c, its rules in verify_rule.c, rules that feed rules in verify_feed.c.
 *
 *   streams → constants → codes, each by itself → predicates → groups: previous values, windows
 *           → rules: variables, states and edges → rules that rules read
 *           → then every code in its place
 *
 * The order matters: a check only follows an index that an earlier one has proven. Whoever made the
 * program is not trusted with anything that can be counted; lengths of arrays and addresses are
 * taken as they are, since memory cannot be asked how long it is (NULL with a length is seen).
 *
 * Not proven: that a rule means what its author wrote, or that an automaton can complete.
 * Work is bounded, so that a program cannot be slow to verify on purpose: a program needs some ten
 * steps for each of its entries, the bound is millions.
 * Tests: tests/unit/engine/test_verify.c
 */
#include "engine/verify.h"

#include <math.h>
#include <stdarg.h>

#include "base/decimal.h"
#include "base/time.h"
#include "engine/verify_internal.h"

enum { MOST_STEPS = 1 << 26 };

bool verify_fault(struct verifier *v, const char *fmt, ...) {
    if (v->fault) return false;
    struct buf text;
    va_list ap;
    buf_init(&text);
    va_start(ap, fmt);
    buf_vprintf(&text, fmt, ap);
    va_end(ap);
    v->fault = arena_copy(&v->program->arena, buf_view(&text)).p;
    buf_fini(&text);
    return false;
}

bool verify_spend(struct verifier *v, uint64_t steps) {
    if (steps > v->work) return verify_fault(v, "too large to be verified");
    v->work -= steps;
    return true;
}

static bool text_fits(struct str s) { return s.p || s.n == 0; }

static bool array_fits(struct verifier *v, const char *what, const void *p, uint32_t n) {
    if (n > VERIFY_MOST) return verify_fault(v, "%u %s", n, what);
    return p || n == 0 || verify_fault(v, "%u %s, but no memory", n, what);
}

bool verify_span(struct verifier *v, struct span s) {
    const struct sources *sources = v->program->sources;
    if (!sources || sources->n == 0) return true;
    return (s.file < sources->n && s.start <= s.end && s.end <= sources->files[s.file].text.n) ||
           verify_fault(v, "a span of file %u, bytes %u to %u", s.file, s.start, s.end);
}

/* ---- arrays, streams, constants --------------------------------------------------------- */

static bool check_arrays(struct verifier *v) {
    const struct program *p = v->program;
    return array_fits(v, "streams", p->streams, p->nstreams) &&
           array_fits(v, "tables", p->tables, p->ntables) &&
           array_fits(v, "instructions", p->insns, p->ninsns) &&
           array_fits(v, "spans", p->spans, p->ninsns) &&
           array_fits(v, "registers", p->regs, p->nregs) &&
           array_fits(v, "codes", p->codes, p->ncodes) &&
           array_fits(v, "constants", p->constants, p->nconstants) &&
           array_fits(v, "regular expressions", p->regexes, p->nregexes) &&
           array_fits(v, "zones", p->zones, p->nzones) &&
           array_fits(v, "predicates", p->predicates, p->npredicates) &&
           array_fits(v, "groups", p->groups, p->ngroups) &&
           array_fits(v, "rules", p->rules, p->nrules) &&
           array_fits(v, "feeds", p->feeds, p->nfeeds) &&
           array_fits(v, "edges", p->edges, p->nedges) &&
           array_fits(v, "guards", p->guards, p->nguards) &&
           array_fits(v, "actions", p->actions, p->nactions) &&
           array_fits(v, "limits", p->limits, p->nlimits) &&
           array_fits(v, "kills", p->kills, p->nkills) &&
           array_fits(v, "covers", p->covers, p->ncovers);
}

static bool field_fits(const struct schema_field *f) {
    if (opcode_reg(f->type) < 0 || f->digits > DECIMAL_MAX_DIGITS || f->scale > SCALE_NANOS)
        return false;
    if (f->type == VALUE_LIST && (opcode_reg(f->item) < 0 || f->item == VALUE_LIST)) return false;
    if (!text_fits(f->name) || f->npath > VERIFY_MOST || (f->npath && !f->path)) return false;
    for (uint32_t i = 0; i < f->npath; i++)
        if (!text_fits(f->path[i])) return false;
    return true;
}

static bool fields_fit(struct verifier *v, const char *what, uint32_t index,
                       const struct schema *s) {
    if (!text_fits(s->name) || s->nfields > SCHEMA_MAX_FIELDS || (s->nfields && !s->fields) ||
        s->ncomputed > SCHEMA_MAX_FIELDS - s->nfields || (s->ncomputed && !s->fields))
        return verify_fault(v, "%s %u: %u fields, %u computed", what, index, s->nfields,
                            s->ncomputed);
    for (uint32_t f = 0; f < schema_columns(s); f++)
        if (!field_fits(&s->fields[f])) return verify_fault(v, "%s %u: field %u", what, index, f);
    return true;
}

static bool check_stream(struct verifier *v, uint32_t index) {
    const struct schema *s = &v->program->streams[index];
    if (!fields_fit(v, "stream", index, s)) return false;
    if (s->time_field >= s->nfields || s->fields[s->time_field].type != VALUE_TIME ||
        !s->fields[s->time_field].used)
        return verify_fault(v, "stream %u: event time in field %u", index, s->time_field);
    if (s->id_field == SCHEMA_NONE) return true;
    return (s->id_field < s->nfields && s->fields[s->id_field].type == VALUE_STRING &&
            s->fields[s->id_field].used) ||
           verify_fault(v, "stream %u: event id in field %u", index, s->id_field);
}

/* Looked up by a key that is compared exactly; no event, so neither time nor id. */
static bool check_table(struct verifier *v, uint32_t index) {
    const struct schema *s = &v->program->tables[index];
    if (!fields_fit(v, "table", index, s)) return false;
    if (s->time_field != SCHEMA_NONE)
        return verify_fault(v, "table %u: event time in field %u", index, s->time_field);
    if (s->ncomputed) return verify_fault(v, "table %u: computed fields", index);
    return (s->key_field < s->nfields && schema_key_type(s->fields[s->key_field].type) &&
            s->fields[s->key_field].used) ||
           verify_fault(v, "table %u: key in field %u", index, s->key_field);
}

/* Also what its items are, where it is a list. */
static bool value_fits(struct verifier *v, struct value value, uint32_t depth, uint8_t *item) {
    switch (value.type) {
    case VALUE_NULL:
    case VALUE_INT:
    case VALUE_TIME:
    case VALUE_DURATION: return true;
    case VALUE_BOOL: return value.i == 0 || value.i == 1;
    case VALUE_FLOAT: return isfinite(value.f);
    case VALUE_DECIMAL: return value.digits <= DECIMAL_MAX_DIGITS;
    case VALUE_STRING: return text_fits(value.s);
    case VALUE_IP: return value.digits <= 128;
    case VALUE_LIST: break;
    default: return false;
    }
    if (depth == VERIFY_LISTS || !value.list || !verify_spend(v, value.list->n)) return false;
    for (uint32_t i = 0; i < value.list->n; i++) {
        uint8_t ignored = SHAPE_NOTHING;
        if (!value_fits(v, value.list->items[i], depth + 1, &ignored)) return false;
        int reg = opcode_reg(value.list->items[i].type);
        if (reg >= 0 && *item != reg) *item = *item == SHAPE_NOTHING ? (uint8_t)reg : SHAPE_MIXED;
    }
    return true;
}

bool verify_value(struct verifier *v, struct value value) {
    uint8_t ignored = SHAPE_NOTHING;
    return value_fits(v, value, 0, &ignored);
}

static bool check_constants(struct verifier *v) {
    const struct program *p = v->program;
    v->constant = arena_array(&v->scratch, struct shape, p->nconstants);
    v->set_type = arena_array(&v->scratch, uint8_t, p->nconstants);
    for (uint32_t i = 0; i < p->nconstants; i++) {
        v->constant[i] = (struct shape){(uint8_t)opcode_reg(p->constants[i].type), SHAPE_NOTHING};
        v->set_type[i] = SHAPE_NOTHING;
        if (!value_fits(v, p->constants[i], 0, &v->constant[i].item))
            return verify_fault(v, "constant %u", i);
    }
    for (uint32_t i = 0; i < p->nregexes; i++)
        if (!text_fits(p->regexes[i].pattern)) return verify_fault(v, "regular expression %u", i);
    for (uint32_t i = 0; i < p->nzones; i++)
        if (!text_fits(p->zones[i])) return verify_fault(v, "zone %u", i);
    return true;
}

/* ---- codes ------------------------------------------------------------------------------ */

/* The evaluator lays out registers along chains of any(), also of codes that nothing refers to. */
static bool check_nesting(struct verifier *v, uint32_t code, uint32_t depth) {
    const struct code *c = &v->program->codes[code];
    if (depth > VERIFY_ANY) return verify_fault(v, "code %u: any() too deep", code);
    if (!verify_spend(v, c->n)) return false;
    for (uint32_t i = c->first; i < c->first + c->n; i++) {
        const struct insn *in = &v->program->insns[i];
        if (in->op == INSN_ANY && !check_nesting(v, in->imm, depth + 1)) return false;
    }
    return true;
}

static bool check_codes(struct verifier *v) {
    const struct program *p = v->program;
    for (uint32_t i = 0; i < p->nregs; i++)
        if (p->regs[i] > REG_L) return verify_fault(v, "register %u: type %u", i, p->regs[i]);
    for (uint32_t i = 0; i < p->ninsns; i++)
        if (!verify_span(v, p->spans[i])) return false;
    for (uint32_t i = 0; i < p->ncodes; i++)
        if (!verify_code(v, i)) return false;
    for (uint32_t i = 0; i < p->ncodes; i++)
        if (!check_nesting(v, i, 0)) return false;
    return true;
}

/* Computed from what is declared, and nothing else: the others may not be there yet. */
static bool check_computed(struct verifier *v, uint32_t stream) {
    const struct schema *s = &v->program->streams[stream];
    bool changed = false;
    struct place place = {
        .what = "computed field", .stream = stream, .declared = true, .changed = &changed};
    for (uint32_t f = s->nfields; f < schema_columns(s); f++) {
        if (!s->fields[f].used) continue;
        if (s->fields[f].type == VALUE_LIST)
            return verify_fault(v, "stream %u: computed field %u is a list", stream, f);
        if (!verify_walk(v, &place, s->fields[f].code, s->fields[f].type, NULL)) return false;
    }
    return true;
}

static bool check_predicate(struct verifier *v, uint32_t index) {
    const struct predicate *p = &v->program->predicates[index];
    bool changed = false;
    struct place place = {.what = "predicate", .stream = p->stream, .changed = &changed};
    if (p->stream >= v->program->nstreams)
        return verify_fault(v, "predicate %u: stream %u", index, p->stream);
    return verify_walk(v, &place, p->code, VALUE_BOOL, NULL);
}

/* ---- groups ----------------------------------------------------------------------------- */

/* Previous values have cells of their own: none is shared. */
static bool check_prevs(struct verifier *v, const struct program_group *g,
                        const struct program_input *in, bool *cells, struct shape *prevs) {
    bool changed = false;
    struct place place = {.what = "previous value", .stream = in->stream, .changed = &changed};
    for (uint32_t i = 0; i < in->nprevs; i++) {
        const struct program_prev *prev = &in->prevs[i];
        struct shape shape;
        if (!verify_range(prev->first, prev->depth, g->nprev_cells))
            return verify_fault(v, "previous value %u: cells %u+%u", i, prev->first, prev->depth);
        if (!verify_walk(v, &place, prev->code, VALUE_TYPES, &shape)) return false;
        for (uint32_t k = prev->first; k < prev->first + prev->depth; k++) {
            if (cells[k]) return verify_fault(v, "previous value %u: cell %u is shared", i, k);
            cells[k] = true;
            prevs[k] = shape;
        }
    }
    return true;
}

/* What an aggregate can be made of: opcodes know no more than the register. */
static bool aggregate_fits(const struct program *p, const struct program_group *g,
                           const struct program_input *in, const struct program_aggregate *a) {
    if (a->kind >= WINDOW_AGGREGATES || a->window > WINDOW_PANES) return false;
    if (a->window == WINDOW_PANES && a->frame >= g->nframes) return false;
    if (a->window != WINDOW_PANES && (a->length < 1 || a->length > VERIFY_MOST_NS)) return false;
    if (a->digits > DECIMAL_MAX_DIGITS || !(a->percent >= 0 && a->percent <= 100)) return false;
    if (a->column == NONE) return a->kind == WINDOW_COUNT;
    if (a->column >= in->ncolumns) return false;
    uint8_t type = p->codes[in->columns[a->column].code].result;
    bool whole = type == VALUE_INT || type == VALUE_DECIMAL || type == VALUE_DURATION;
    switch (a->kind) {
    case WINDOW_SUM:
    case WINDOW_AVG: return whole || type == VALUE_FLOAT;
    case WINDOW_STDDEV: return type == VALUE_FLOAT;
    default: return type != VALUE_LIST;
    }
}

static bool length_fits(int64_t ns, int64_t pane_ns) {
    return ns >= pane_ns && ns <= VERIFY_MOST_NS && ns % pane_ns == 0;
}

/* A window is whole panes, and not too many; where periods begin panes begin. */
static bool frame_fits(const struct program *p, const struct program_frame *f) {
    if (f->pane_ns < 1 || f->pane_ns > VERIFY_MOST_NS) return false;
    switch (f->kind) {
    case FRAME_EVERY:
        if (!length_fits(f->period_ns, f->pane_ns) ||
            (frame_origin_ns(f->period_ns) - frame_origin_ns(f->pane_ns)) % f->pane_ns)
            return false;
        /* fall through */
    case FRAME_STEP:
        return length_fits(f->length_ns, f->pane_ns) && f->length_ns / f->pane_ns <= MAX_PANES;
    case FRAME_CALENDAR:
        return f->pane_ns % NS_PER_DAY == 0 && f->at_ns >= 0 && f->at_ns < NS_PER_DAY &&
               (f->zone == NONE || f->zone < p->nzones);
    default: return f->kind == FRAME_SESSION;
    }
}

static bool check_frames(struct verifier *v, uint32_t index) {
    const struct program_group *g = &v->program->groups[index];
    if (g->nframes && g->ninputs != 1)
        return verify_fault(v, "group %u: frames over %u streams", index, g->ninputs);
    if (g->nframes > MAX_FRAMES || !array_fits(v, "frames", g->frames, g->nframes))
        return verify_fault(v, "group %u: %u frames", index, g->nframes);
    for (uint32_t i = 0; i < g->nframes; i++)
        if (!frame_fits(v->program, &g->frames[i]))
            return verify_fault(v, "group %u: frame %u", index, i);
    return true;
}

/* `columns`: room for the shapes of the input's. */
static bool check_windows(struct verifier *v, const struct program_group *g,
                          const struct program_input *in, struct shape *prevs,
                          struct shape *columns) {
    bool changed = false;
    struct place place = {.what = "column of a window",
                          .stream = in->stream,
                          .prev_group = g,
                          .prevs = prevs,
                          .changed = &changed};
    for (uint32_t i = 0; i < in->ncolumns; i++)
        if (!verify_walk(v, &place, in->columns[i].code, VALUE_TYPES, &columns[i])) return false;
    for (uint32_t i = 0; i < in->naggregates; i++)
        if (!aggregate_fits(v->program, g, in, &in->aggregates[i]))
            return verify_fault(v, "stream %u: window %u", in->stream, i);
    return true;
}

/* Keys of all inputs are of the same types: states are compared with rows of any. */
static bool check_input(struct verifier *v, uint32_t group, uint32_t index) {
    const struct program *p = v->program;
    const struct program_group *g = &p->groups[group];
    const struct program_input *in = &g->inputs[index], *first = &g->inputs[0];
    if (in->stream >= p->nstreams || program_input_of(g, in->stream) != in)
        return verify_fault(v, "group %u: stream %u", group, in->stream);
    if (g->nkey_fields > SCHEMA_MAX_FIELDS)
        return verify_fault(v, "group %u: %u key fields", group, g->nkey_fields);
    if (in->predicate != NONE && (in->predicate >= p->npredicates ||
                                  p->predicates[in->predicate].stream != in->stream))
        return verify_fault(v, "group %u: filter %u", group, in->predicate);
    if (!array_fits(v, "key fields", in->key_fields, g->nkey_fields) ||
        !array_fits(v, "previous values", in->prevs, in->nprevs))
        return false;
    if (in->ncolumns > MAX_WINDOWS || in->naggregates > MAX_WINDOWS ||
        !array_fits(v, "columns", in->columns, in->ncolumns) ||
        !array_fits(v, "windows", in->aggregates, in->naggregates))
        return verify_fault(v, "group %u: %u columns, %u windows", group, in->ncolumns,
                            in->naggregates);
    const struct schema *s = &p->streams[in->stream], *t = &p->streams[first->stream];
    for (uint32_t i = 0; i < g->nkey_fields; i++)
        if (in->key_fields[i] >= schema_columns(s) || !s->fields[in->key_fields[i]].used ||
            s->fields[in->key_fields[i]].type != t->fields[first->key_fields[i]].type)
            return verify_fault(v, "group %u: key field %u", group, in->key_fields[i]);
    return true;
}

/* What is remembered of the events of each input: the cells of previous values are all of the
 * key's, none left over; shapes of columns stand one input after the other. */
static bool check_memory(struct verifier *v, uint32_t index, struct shape **prevs,
                         struct shape **columns) {
    const struct program_group *g = &v->program->groups[index];
    uint64_t cells = 0;
    uint32_t ncolumns = 0;
    for (uint32_t k = 0; k < g->ninputs; k++) {
        const struct program_input *in = &g->inputs[k];
        ncolumns += in->ncolumns;
        for (uint32_t i = 0; i < in->nprevs; i++) {
            if (in->prevs[i].depth < 1 || in->prevs[i].depth > 64)
                return verify_fault(v, "group %u: %u events back", index, in->prevs[i].depth);
            cells += in->prevs[i].depth;
        }
    }
    if (cells != g->nprev_cells || cells > VERIFY_CELLS)
        return verify_fault(v, "group %u: %u previous cells", index, g->nprev_cells);
    bool *taken = arena_array(&v->scratch, bool, g->nprev_cells);
    *prevs = arena_array(&v->scratch, struct shape, g->nprev_cells);
    *columns = arena_array(&v->scratch, struct shape, ncolumns);
    for (uint32_t k = 0; k < g->ninputs; k++)
        if (!check_prevs(v, g, &g->inputs[k], taken, *prevs)) return false;
    struct shape *at = *columns;
    for (uint32_t k = 0; k < g->ninputs; at += g->inputs[k++].ncolumns)
        if (!check_windows(v, g, &g->inputs[k], *prevs, at)) return false;
    return true;
}

static bool check_group(struct verifier *v, uint32_t index, struct shape **prevs,
                        struct shape **columns) {
    const struct program *p = v->program;
    const struct program_group *g = &p->groups[index];
    if (!array_fits(v, "inputs", g->inputs, g->ninputs) ||
        !array_fits(v, "rules of a group", g->rules, g->nrules))
        return false;
    if (g->ninputs == 0) return verify_fault(v, "group %u: no inputs", index);
    for (uint32_t i = 0; i < g->ninputs; i++)
        if (!check_input(v, index, i)) return false;
    if (g->forget_ns < 0 || g->forget_ns > VERIFY_MOST_NS)
        return verify_fault(v, "group %u: forgets after %lld ns", index, (long long)g->forget_ns);
    return check_frames(v, index) && check_memory(v, index, prevs, columns);
}

/* Each rule stands in one group once, and in the one that it names. */
static bool check_membership(struct verifier *v) {
    const struct program *p = v->program;
    uint64_t listed = 0;
    for (uint32_t i = 0; i < p->ngroups; i++) {
        const struct program_group *g = &p->groups[i];
        for (uint32_t k = 0; k < g->nrules; k++) {
            if (g->rules[k] >= p->nrules || p->rules[g->rules[k]].group != i ||
                (k && g->rules[k] <= g->rules[k - 1]))
                return verify_fault(v, "group %u: rule %u", i, g->rules[k]);
            listed++;
        }
    }
    return listed == p->nrules || verify_fault(v, "a rule that stands in no group");
}

/* ---- rules ------------------------------------------------------------------------------ */

static bool check_rules(struct verifier *v) {
    const struct program *p = v->program;
    struct shape **prevs = arena_array(&v->scratch, struct shape *, p->ngroups);
    struct shape **columns = arena_array(&v->scratch, struct shape *, p->ngroups);
    v->edge_rule = arena_array(&v->scratch, uint32_t, p->nedges);
    for (uint32_t i = 0; i < p->ngroups; i++)
        if (!check_group(v, i, &prevs[i], &columns[i])) return false;
    if (!check_membership(v)) return false;
    for (uint32_t i = 0; i < p->nrules; i++)
        if (!verify_rule(v, i)) return false;
    if (!verify_feeds(v)) return false;
    for (uint32_t i = 0; i < p->nrules; i++)
        if (!verify_rule_edges(v, i) || !verify_rule_codes(v, i, prevs[p->rules[i].group],
                                                             columns[p->rules[i].group]))
            return false;
    return true;
}

const char *program_verify(struct program *program) {
    struct verifier v = {.program = program, .work = MOST_STEPS};
    arena_init(&v.scratch);
    bool sound = check_arrays(&v);
    for (uint32_t i = 0; sound && i < program->nstreams; i++) sound = check_stream(&v, i);
    for (uint32_t i = 0; sound && i < program->ntables; i++) sound = check_table(&v, i);
    sound = sound && check_constants(&v) && check_codes(&v);
    for (uint32_t i = 0; sound && i < program->nstreams; i++) sound = check_computed(&v, i);
    for (uint32_t i = 0; sound && i < program->npredicates; i++) sound = check_predicate(&v, i);
    sound = sound && check_rules(&v);
    arena_fini(&v.scratch);
    return sound ? NULL : v.fault;
}
