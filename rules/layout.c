/* layout: see layout.h.
 *
 * Every expression of a rule is walked once: conditions, emits, and within them what stands in
 * aggregates and in prev(). The walk only asks for slots; what a slot costs is decided in new_slot.
 * First cells of prevs are given when all rules have been seen, since a later rule may look further
 * back.
 */
#include "rules/layout.h"

#include "base/log.h"
#include "rules/front.h"
#include "rules/visit.h"

/* ---- slots ----------------------------------------------------------------------------------- */

/* How the values of `e` are kept: as they come. */
static struct type kept_type(const struct rule_set *set, const struct expr *e) {
    return typed_of(set, e)->type;
}

static uint32_t uses_of_pick(const struct rule_set *set, const struct expr *e,
                             struct slot uses[NODE_MAX_SLOTS]) {
    const struct typed *t = typed_of(set, e);
    struct slot s = {.kind = SLOT_KEEP, .variable = t->variable, .field = SCHEMA_NONE,
                     .value = e->args[0], .type = kept_type(set, e->args[0])};
    if (t->pick == 1) s.kind = SLOT_FIRST;
    if (t->pick == -1) s.kind = SLOT_LAST;
    uses[0] = s;
    uses[1] = (struct slot){.kind = SLOT_COUNT, .variable = t->variable, .field = SCHEMA_NONE,
                            .type = {.base = VALUE_INT}};
    return t->pick == 1 ? 2 : 1;
}

static uint32_t uses_of_aggregate(const struct rule_set *set, const struct expr *e,
                                  struct slot uses[NODE_MAX_SLOTS]) {
    const struct typed *t = typed_of(set, e);
    const struct expr *value = e->nargs ? typed_expr(set, e->args[0]) : NULL;
    if (value && typed_of(set, value)->binding == BIND_VARIABLE) value = NULL;
    struct slot s = {.variable = t->variable, .field = SCHEMA_NONE, .value = value,
                     .where = e->where};
    if (value) s.type = kept_type(set, value);
    struct slot count = s;
    count.kind = SLOT_COUNT;
    count.type = (struct type){.base = VALUE_INT};
    switch (t->aggregate) {
    case AGG_COUNT: s = count; break;
    case AGG_SUM:
    case AGG_AVG: s.kind = SLOT_SUM; break;
    case AGG_MIN: s.kind = SLOT_MIN; break;
    case AGG_MAX: s.kind = SLOT_MAX; break;
    case AGG_STDDEV:
        s.kind = SLOT_SPREAD;
        s.type = (struct type){.base = VALUE_FLOAT};
        break;
    case AGG_DISTINCT:
    case AGG_COLLECT: s.kind = SLOT_KEEP; break;
    case AGG_FIRST:
    case AGG_LAST:
    case AGG_PERCENTILE: panic("of windows only");
    }
    uses[0] = s;
    uses[1] = count;
    return t->aggregate == AGG_AVG ? 2 : 1;
}

uint32_t layout_uses(const struct rule_set *set, const struct expr *e,
                     struct slot uses[NODE_MAX_SLOTS]) {
    e = typed_expr(set, e);
    const struct typed *t = typed_of(set, e);
    if (t->constant) return 0;
    switch (t->binding) {
    case BIND_TAKEN:
        uses[0] = (struct slot){.kind = SLOT_LAST, .variable = t->variable, .field = t->field,
                                .type = t->type};
        return 1;
    case BIND_PICK: return uses_of_pick(set, e, uses);
    case BIND_AGGREGATE: return uses_of_aggregate(set, e, uses);
    default: return 0;
    }
}

static struct str use_key(struct layout *l, const struct slot *u) {
    buf_reset(&l->key);
    buf_char(&l->key, (char)u->kind);
    buf_add(&l->key, &u->variable, sizeof u->variable);
    if (u->value)
        fingerprint(l->set, u->value, &l->key);
    else if (u->field != SCHEMA_NONE)
        fingerprint_field(u->field, u->type, &l->key);
    if (u->where) {
        buf_char(&l->key, 'w');
        fingerprint(l->set, u->where, &l->key);
    }
    return buf_view(&l->key);
}

static struct value zero_of(struct type type) {
    if (type.base == VALUE_FLOAT) return value_float(0.0);
    return (struct value){.i = 0, .type = (uint8_t)type.base, .digits = type.digits};
}

static void add_cell(struct layout *l, struct rule_layout *r, struct value initial) {
    arena_push(l->set->arena, r->cells, r->ncells, r->cells_cap, initial);
}

static void new_slot(struct layout *l, struct rule_layout *r, struct slot s) {
    s.at = r->ncells;
    switch (s.kind) {
    case SLOT_KEEP: s.at = r->nkept[s.variable]++; break;
    case SLOT_COUNT: add_cell(l, r, value_int(0)); break;
    case SLOT_SUM: add_cell(l, r, zero_of(s.type)); break;
    case SLOT_SPREAD:
        add_cell(l, r, value_int(0));
        add_cell(l, r, value_float(0.0));
        add_cell(l, r, value_float(0.0));
        break;
    case SLOT_FIRST:
    case SLOT_LAST:
    case SLOT_MIN:
    case SLOT_MAX:
    case SLOT_KINDS: add_cell(l, r, value_null()); break;
    }
    arena_push(l->set->arena, r->slots, r->nslots, r->slots_cap, s);
}

static void want_slot(struct layout *l, struct rule_layout *r, const struct slot *use) {
    struct str key = use_key(l, use);
    if (map_get(&r->by_bytes, key)) return;
    key = arena_copy(l->set->arena, key);
    new_slot(l, r, *use);
    map_put(&r->by_bytes, key, (void *)(uintptr_t)r->nslots);
}

const struct slot *layout_slot(struct layout *l, const struct rule_layout *rule,
                               const struct slot *use) {
    uintptr_t i = (uintptr_t)map_get(&rule->by_bytes, use_key(l, use));
    if (!i) panic("a slot of kind %d that nobody laid out", (int)use->kind);
    return &rule->slots[i - 1];
}

/* ---- previous values ------------------------------------------------------------------------- */

/* The input whose events a prev() or a window looks at. */
static struct group_input *input_of(const struct group_layout *g, const struct typed *t) {
    for (uint32_t i = 0; i < g->ninputs; i++)
        if (g->inputs[i].stream == t->stream) return &g->inputs[i];
    panic("stream %u is not among those of its group", t->stream);
}

static void want_prev(struct layout *l, struct group_input *g, const struct expr *value,
                      uint32_t depth) {
    struct arena *arena = l->set->arena;
    buf_reset(&l->key);
    fingerprint(l->set, value, &l->key);
    uintptr_t i = (uintptr_t)map_get(&g->by_bytes, buf_view(&l->key));
    if (i) {
        if (g->prevs[i - 1].depth < depth) g->prevs[i - 1].depth = depth;
        return;
    }
    struct prev_layout p = {.value = value, .type = typed_of(l->set, value)->type, .depth = depth};
    arena_push(arena, g->prevs, g->nprevs, g->prevs_cap, p);
    map_put(&g->by_bytes, arena_copy(arena, buf_view(&l->key)), (void *)(uintptr_t)g->nprevs);
}

const struct prev_layout *layout_prev(struct layout *l, const struct group_layout *group,
                                      const struct expr *e) {
    const struct group_input *in = input_of(group, typed_of(l->set, e));
    buf_reset(&l->key);
    fingerprint(l->set, e->args[0], &l->key);
    uintptr_t i = (uintptr_t)map_get(&in->by_bytes, buf_view(&l->key));
    if (!i) panic("a previous value that nobody laid out");
    return &in->prevs[i - 1];
}

/* ---- windows --------------------------------------------------------------------------------- */

/* Windows over equal values remember them once: sum and average of amounts, over 1h and over 1d.
 * For counting it is enough to remember that the value exists. */
static struct column_layout column_of(const struct rule_set *set, const struct expr *e) {
    const struct typed *t = typed_of(set, e);
    bool whole = !e->nargs || typed_of(set, e->args[0])->binding == BIND_STREAM;
    struct column_layout c = {.value = whole ? NULL : typed_expr(set, e->args[0]),
                              .where = e->where, .type = {.base = VALUE_BOOL},
                              .counts = t->aggregate == AGG_COUNT};
    if (!c.counts) c.type = typed_of(set, c.value)->type;
    if (t->aggregate == AGG_STDDEV) c.type = (struct type){.base = VALUE_FLOAT};
    return c;
}

static uint32_t want_column(struct layout *l, struct group_input *g, struct column_layout c) {
    if (!c.value && !c.where) return NONE;
    buf_reset(&l->key);
    buf_text(&l->key, c.counts ? "counts" : "column");
    buf_add(&l->key, &c.type.base, sizeof c.type.base);
    if (c.value) fingerprint(l->set, c.value, &l->key);
    if (c.where) {
        buf_char(&l->key, 'w');
        fingerprint(l->set, c.where, &l->key);
    }
    uintptr_t i = (uintptr_t)map_get(&g->by_bytes, buf_view(&l->key));
    if (i) return (uint32_t)i - 1;
    arena_push(l->set->arena, g->columns, g->ncolumns, g->columns_cap, c);
    map_put(&g->by_bytes, arena_copy(l->set->arena, buf_view(&l->key)),
            (void *)(uintptr_t)g->ncolumns);
    return g->ncolumns - 1;
}

static uint32_t find_frame(const struct group_input *g, const struct frame_layout *f) {
    for (uint32_t i = 0; i < g->nframes; i++) {
        const struct program_frame *a = &g->frames[i].frame, *b = &f->frame;
        if (a->kind == b->kind && a->pane_ns == b->pane_ns && a->length_ns == b->length_ns &&
            a->period_ns == b->period_ns && a->at_ns == b->at_ns &&
            str_equal(g->frames[i].zone, f->zone))
            return i;
    }
    return NONE;
}

static uint32_t want_frame(struct layout *l, struct group_input *g, struct frame_layout f) {
    uint32_t found = find_frame(g, &f);
    if (found != NONE) return found;
    arena_push(l->set->arena, g->frames, g->nframes, g->frames_cap, f);
    return g->nframes - 1;
}

static struct frame_layout frame_of_step(const struct rule_set *set, const struct expr *e) {
    return (struct frame_layout){.frame = {.kind = FRAME_STEP, .pane_ns = e->window.step_ns,
                                           .length_ns = typed_of(set, e)->length},
                                 .zone = {"", 0}};
}

static struct frame_layout frame_of_every(const struct every *e) {
    struct frame_layout f = {.frame = {.kind = FRAME_EVERY, .pane_ns = e->period_ns},
                             .zone = {"", 0}};
    switch (e->kind) {
    case EVERY_NONE: break;
    case EVERY_TUMBLING:
        f.frame.length_ns = f.frame.period_ns = e->period_ns;
        break;
    case EVERY_HOPPING:
        f.frame.length_ns = e->over_ns;
        f.frame.period_ns = e->period_ns;
        f.frame.pane_ns = frame_pane_ns(e->period_ns, e->over_ns);
        break;
    case EVERY_CALENDAR:
        f.frame.kind = FRAME_CALENDAR;
        f.frame.at_ns = e->at_ns;
        f.zone = e->zone;
        break;
    case EVERY_SESSION: f.frame.kind = FRAME_SESSION; break;
    }
    return f;
}

/* Over which frame: that of the rule, that of the step, none. */
static uint32_t frame_of(const struct layout *l, const struct group_input *g,
                         const struct rule_layout *r, const struct expr *e) {
    if (e->window.kind == WINDOW_NONE) return r->frame;
    struct frame_layout step = frame_of_step(l->set, e);
    return e->window.step_ns ? find_frame(g, &step) : NONE;
}

static uintptr_t find_window(struct layout *l, const struct group_input *g,
                             const struct rule_layout *r, const struct expr *e) {
    uint32_t frame = frame_of(l, g, r, e);
    buf_reset(&l->key);
    buf_text(&l->key, "window");
    buf_add(&l->key, &frame, sizeof frame);
    fingerprint(l->set, e, &l->key);
    return (uintptr_t)map_get(&g->by_bytes, buf_view(&l->key));
}

static void want_window(struct layout *l, struct group_input *g, const struct rule_layout *r,
                        const struct expr *e) {
    if (e->window.step_ns) want_frame(l, g, frame_of_step(l->set, e));
    if (find_window(l, g, r, e)) return;
    struct str key = arena_copy(l->set->arena, buf_view(&l->key));
    struct window_layout w = {.expr = e, .column = want_column(l, g, column_of(l->set, e)),
                              .frame = frame_of(l, g, r, e)};
    arena_push(l->set->arena, g->windows, g->nwindows, g->windows_cap, w);
    map_put(&g->by_bytes, key, (void *)(uintptr_t)g->nwindows);
}

uint32_t layout_window(struct layout *l, const struct group_layout *group,
                       const struct rule_layout *rule, const struct expr *e, uint16_t *input) {
    const struct group_input *in = input_of(group, typed_of(l->set, e));
    uintptr_t i = find_window(l, in, rule, typed_expr(l->set, e));
    if (!i) panic("a window that nobody laid out");
    *input = (uint16_t)(in - group->inputs);
    return (uint32_t)i - 1;
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void look_at(struct layout *l, struct rule_layout *r, const struct expr *root) {
    struct visit w;
    visit_start(&w, l->set, root);
    for (const struct expr *e; (e = visit_next(&w));) {
        const struct typed *t = typed_of(l->set, e);
        const struct group_layout *g = &l->groups[r->group];
        if (t->binding == BIND_PREV && !t->constant)
            want_prev(l, input_of(g, t), e->args[0], t->depth ? t->depth : 1);
        if (t->binding == BIND_WINDOW && !t->constant) want_window(l, input_of(g, t), r, e);
        struct slot uses[NODE_MAX_SLOTS];
        uint32_t n = layout_uses(l->set, e, uses);
        for (uint32_t i = 0; i < n; i++) want_slot(l, r, &uses[i]);
    }
}

struct slot layout_attached(const struct schema *stream, uint16_t variable, uint16_t field) {
    const struct schema_field *f = &stream->fields[field];
    return (struct slot){.kind = SLOT_KEEP, .variable = variable, .field = field,
                         .type = {.base = f->type, .item = f->item, .digits = f->digits}};
}

static void want_attached(struct layout *l, struct rule_layout *r, const struct rule_model *m) {
    for (uint32_t i = 0; i < m->nattach; i++) {
        const struct schema *stream = &l->set->streams[m->variables[m->attach[i]].stream];
        for (uint32_t f = 0; f < stream->nfields; f++) {
            struct slot use = layout_attached(stream, m->attach[i], (uint16_t)f);
            want_slot(l, r, &use);
        }
    }
}

/* Rules that leave out different events see different previous values. */
static bool same_filter(const struct rule_set *set, const struct expr *a, const struct expr *b) {
    return !a || !b ? a == b : fingerprint_equal(set, a, b);
}

static bool same_input(const struct rule_set *set, const struct group_input *g,
                       const struct rule_input *m, uint32_t nkeys) {
    if (g->stream != m->stream) return false;
    for (uint32_t i = 0; i < nkeys; i++)
        if (g->key_fields[i] != typed_of(set, m->keys[i])->field) return false;
    return same_filter(set, g->where, m->where);
}

static bool same_key(const struct rule_set *set, const struct group_layout *g,
                     const struct rule_model *m) {
    if (g->ninputs != m->ninputs || g->nkey_fields != m->nkeys) return false;
    if (g->forget_ns != m->decl->forget_ns) return false;
    for (uint32_t i = 0; i < m->ninputs; i++)
        if (!same_input(set, &g->inputs[i], &m->inputs[i], m->nkeys)) return false;
    return true;
}

static uint32_t group_of(struct layout *l, const struct rule_model *m) {
    for (uint32_t i = 0; i < l->ngroups; i++)
        if (same_key(l->set, &l->groups[i], m)) return i;
    struct arena *arena = l->set->arena;
    struct group_layout g = {.ninputs = m->ninputs, .nkey_fields = m->nkeys,
                             .forget_ns = m->decl->forget_ns};
    g.inputs = arena_array(arena, struct group_input, m->ninputs);
    for (uint32_t k = 0; k < m->ninputs; k++) {
        g.inputs[k].stream = m->inputs[k].stream;
        g.inputs[k].where = m->inputs[k].where;
        g.inputs[k].key_fields = arena_array(arena, uint16_t, m->nkeys);
        for (uint32_t i = 0; i < m->nkeys; i++)
            g.inputs[k].key_fields[i] = typed_of(l->set, m->inputs[k].keys[i])->field;
        map_init(&g.inputs[k].by_bytes, arena);
    }
    arena_push(arena, l->groups, l->ngroups, l->groups_cap, g);
    return l->ngroups - 1;
}

/* The key's fields, the window's start and end; nothing else: no run takes anything. */
static void lay_out_every(struct layout *l, struct rule_layout *r, const struct rule_model *m) {
    r->frame = want_frame(l, &l->groups[r->group].inputs[0], frame_of_every(m->every));
    for (uint32_t i = 0; i < m->nkeys + 2; i++) add_cell(l, r, value_null());
    look_at(l, r, m->decl->when);
}

static void lay_out(struct layout *l, uint32_t rule) {
    const struct rule_model *m = &l->set->rules[rule];
    struct rule_layout *r = &l->rules[rule];
    if (m->bad || m->decl->mode == MODE_OFF || (!m->pattern && !m->every)) return;
    r->made = true;
    r->group = group_of(l, m);
    r->frame = NONE;
    r->nkept = arena_array(l->set->arena, uint32_t, m->nvariables);
    map_init(&r->by_bytes, l->set->arena);
    struct group_layout *g = &l->groups[r->group];
    arena_push(l->set->arena, g->rules, g->nrules, g->rules_cap, rule);
    if (m->every) lay_out_every(l, r, m);
    for (uint32_t i = 0; i < m->nvariables; i++) {
        const struct rule_variable *v = &m->variables[i];
        look_at(l, r, v->expr);
        for (uint32_t k = 0; k < v->nstreak; k++) look_at(l, r, v->streak[k]);
    }
    look_at(l, r, m->decl->having);
    for (uint32_t i = 0; i < m->decl->nemit; i++) look_at(l, r, m->decl->emit[i].expr);
    look_at(l, r, m->severity);
    look_at(l, r, m->decl->score);
    look_at(l, r, m->decl->once.by);
    for (uint32_t i = 0; i < m->nexcepts; i++) look_at(l, r, m->excepts[i]->cond);
    look_at(l, r, m->decl->resolve.when);
    for (uint32_t i = 0; i < m->decl->resolve.nemit; i++)
        look_at(l, r, m->decl->resolve.emit[i].expr);
    want_attached(l, r, m);
    for (uint32_t i = 0; i < m->decl->ntimeout_emit; i++)
        look_at(l, r, m->decl->timeout_emit[i].expr);
}

static void place_prevs(struct group_layout *g) {
    for (uint32_t i = 0; i < g->ninputs; i++) {
        struct group_input *in = &g->inputs[i];
        for (uint32_t k = 0; k < in->nprevs; k++) {
            in->prevs[k].first = g->ncells;
            g->ncells += in->prevs[k].depth;
        }
    }
}

void layout_init(struct layout *l, const struct rule_set *set) {
    *l = (struct layout){.set = set};
    l->rules = arena_array(set->arena, struct rule_layout, set->nrules);
    buf_init(&l->key);
    for (uint32_t i = 0; i < set->nrules; i++) lay_out(l, i);
    for (uint32_t i = 0; i < l->ngroups; i++) place_prevs(&l->groups[i]);
}

void layout_fini(struct layout *l) { buf_fini(&l->key); }
