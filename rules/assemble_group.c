/* assemble_group: what a group of rules shares, as the program has it: the streams that it reads,
 * its keys, filters, previous values and windows; and the schemas. See assembly.h.
 * Tests: tests/unit/rules/test_assemble.c
 */
#include "rules/assembly.h"

static bool add_prevs(struct assembly *a, const struct code_place *place,
                      const struct group_input *in, struct program_input *out) {
    struct program_prev *prevs = arena_array(&a->program->arena, struct program_prev, in->nprevs);
    bool good = true;
    for (uint32_t i = 0; i < in->nprevs; i++) {
        prevs[i].depth = in->prevs[i].depth;
        prevs[i].first = in->prevs[i].first;
        good = code_value(place, in->prevs[i].value, &prevs[i].code) && good;
    }
    out->prevs = prevs;
    out->nprevs = in->nprevs;
    return good;
}

static struct program_aggregate aggregate_of_window(const struct rule_set *set,
                                                    const struct group_input *in,
                                                    const struct window_layout *w) {
    static const uint8_t kinds[] = {
        [AGG_COUNT] = WINDOW_COUNT, [AGG_SUM] = WINDOW_SUM, [AGG_AVG] = WINDOW_AVG,
        [AGG_MIN] = WINDOW_MIN, [AGG_MAX] = WINDOW_MAX, [AGG_STDDEV] = WINDOW_STDDEV,
        [AGG_DISTINCT] = WINDOW_DISTINCT, [AGG_FIRST] = WINDOW_FIRST, [AGG_LAST] = WINDOW_LAST,
        [AGG_PERCENTILE] = WINDOW_PERCENTILE};
    static const uint8_t windows[] = {[WINDOW_OVER] = WINDOW_TIME,
                                      [WINDOW_OVER_PRIOR] = WINDOW_PRIOR,
                                      [WINDOW_OVER_LAST] = WINDOW_EVENTS};
    const struct typed *t = typed_of(set, w->expr);
    struct program_aggregate a = {.kind = kinds[t->aggregate],
                                  .window = windows[w->expr->window.kind], .column = w->column,
                                  .length = t->length, .percent = t->percent};
    if (w->frame != NONE) {
        a.window = WINDOW_PANES;
        a.frame = w->frame;
    }
    if (w->column != NONE && in->columns[w->column].type.base == VALUE_DECIMAL)
        a.digits = in->columns[w->column].type.digits;
    return a;
}

static bool add_windows(struct assembly *a, const struct code_place *place,
                        const struct group_input *in, struct program_input *out) {
    struct arena *arena = &a->program->arena;
    struct program_column *columns = arena_array(arena, struct program_column, in->ncolumns);
    struct program_aggregate *all = arena_array(arena, struct program_aggregate, in->nwindows);
    bool good = true;
    if (in->nwindows > MAX_WINDOWS) {
        struct span at = in->windows[MAX_WINDOWS].expr->span;
        diag_error(a->set->diags, at, "more than %d windows over one stream and key", MAX_WINDOWS);
        return false;
    }
    for (uint32_t i = 0; i < in->nwindows; i++) {
        const struct window_layout *w = &in->windows[i];
        all[i] = aggregate_of_window(a->set, in, w);
        bool first = w->column != NONE && w->column == out->ncolumns;
        if (!first) continue;
        out->ncolumns++;
        good = code_column(place, &in->columns[w->column], w->expr->span,
                           &columns[w->column].code) && good;
    }
    out->columns = columns;
    out->aggregates = all;
    out->naggregates = in->nwindows;
    return good;
}

/* Only rules over one stream have any. */
static bool add_frames(struct assembly *a, const struct group_layout *g,
                       struct program_group *out) {
    const struct group_input *in = &g->inputs[0];
    struct program_frame *frames = arena_array(&a->program->arena, struct program_frame,
                                               in->nframes);
    if (in->nframes > MAX_FRAMES) {
        struct span at = a->set->rules[g->rules[0]].decl->header;
        diag_error(a->set->diags, at, "more than %d kinds of windows with panes over one stream "
                                      "and key", MAX_FRAMES);
        return false;
    }
    for (uint32_t i = 0; i < in->nframes; i++) {
        frames[i] = in->frames[i].frame;
        struct str zone = in->frames[i].zone;
        frames[i].zone = zone.n ? parts_zone(&a->parts, zone) : NONE;
    }
    out->frames = frames;
    out->nframes = in->nframes;
    return true;
}

/* Which events an input leaves out: a predicate like any other. */
static bool add_filter(struct assembly *a, const struct group_input *in, uint32_t *predicate) {
    struct code_place place = {
        .set = a->set, .parts = &a->parts, .layout = &a->layout, .stream = in->stream};
    uint32_t code;
    *predicate = NONE;
    struct conjuncts parts = conjuncts_split(a->set, in->where);
    if (!in->where || !parts.event.n) return true;
    if (!code_condition(&place, &parts.event, &code)) return false;
    *predicate = parts_predicate(&a->parts, in->stream, code);
    return true;
}

static bool add_input(struct assembly *a, const struct group_layout *g, uint32_t index,
                      struct program_input *out) {
    const struct group_input *in = &g->inputs[index];
    struct code_place place = {.set = a->set, .parts = &a->parts, .layout = &a->layout,
                               .group = g, .stream = in->stream};
    *out = (struct program_input){.stream = in->stream};
    out->key_fields = KEEP_ARRAY(a, in->key_fields, g->nkey_fields);
    for (uint32_t i = 0; i < g->nkey_fields; i++)
        a->parts.used[in->stream][in->key_fields[i]] = true;
    bool good = add_filter(a, in, &out->predicate);
    good = add_prevs(a, &place, in, out) && good;
    return add_windows(a, &place, in, out) && good;
}

bool assembly_group(struct assembly *a, const struct group_layout *g, struct program_group *out) {
    bool good = true;
    struct program_input *inputs =
        arena_array(&a->program->arena, struct program_input, g->ninputs);
    for (uint32_t k = 0; k < g->ninputs; k++) good = add_input(a, g, k, &inputs[k]) && good;
    *out = (struct program_group){
        .inputs = inputs, .ninputs = g->ninputs, .nkey_fields = g->nkey_fields,
        .nprev_cells = g->ncells, .forget_ns = g->forget_ns};
    uint32_t *rules = arena_array(&a->program->arena, uint32_t, g->nrules);
    for (uint32_t i = 0; i < g->nrules; i++)
        if (a->number[g->rules[i]] != NONE) rules[out->nrules++] = a->number[g->rules[i]];
    out->rules = rules;
    return add_frames(a, g, out) && good;
}

bool assembly_computed(struct assembly *a) {
    bool good = true;
    for (uint32_t i = 0; i < a->set->ncomputed; i++) {
        const struct computed *c = &a->set->computed[i];
        struct code_place place = {
            .set = a->set, .parts = &a->parts, .layout = &a->layout, .stream = c->stream};
        a->computed[i] = NONE;
        if (a->parts.used[c->stream][c->field])
            good = code_value(&place, c->expr, &a->computed[i]) && good;
    }
    return good;
}

void assembly_schema(struct assembly *a, const struct schema *s, const bool *used,
                       struct schema *out) {
    struct arena *arena = &a->program->arena;
    struct schema_field *fields = arena_array(arena, struct schema_field, schema_columns(s));
    for (uint32_t i = 0; i < schema_columns(s); i++) {
        fields[i] = s->fields[i];
        fields[i].name = assembly_keep(a, s->fields[i].name);
        fields[i].used = used[i];
        struct str *path = arena_array(arena, struct str, s->fields[i].npath);
        for (uint32_t k = 0; k < s->fields[i].npath; k++)
            path[k] = assembly_keep(a, s->fields[i].path[k]);
        fields[i].path = path;
    }
    for (uint32_t i = 0; i < a->set->ncomputed; i++)
        if (s == &a->set->streams[a->set->computed[i].stream])
            fields[a->set->computed[i].field].code = a->computed[i];
    *out = *s;
    out->name = assembly_keep(a, s->name);
    out->fields = fields;
}
