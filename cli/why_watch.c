/* why_watch: see why_watch.h. */
#include "cli/why_watch.h"

#include <stdlib.h>

#include "base/log.h"
#include "cli/why_value.h"

enum { MOST_WAYS = 200000, MOST_KEYS = 10000 };
enum { AT_TIME = 1000 }; /* what happens at the time that is asked about comes before all else */

/* ---- events ---------------------------------------------------------------------------------- */

static const struct program_input *input_of(const struct why *w, const struct batch *b) {
    return program_input_of(w->group, b->stream);
}

static bool is_ours(const struct why *w, const struct batch *b, uint32_t row) {
    const struct program_input *in = input_of(w, b);
    if (!in) return false;
    for (uint32_t i = 0; w->key && i < w->group->nkey_fields; i++)
        if (value_compare(batch_value(b, row, in->key_fields[i]), w->key[i]) != 0) return false;
    return true;
}

static struct why_event *copy_event(struct why *w, const struct batch *b, uint32_t row) {
    struct why_event *e = arena_new(w->arena, struct why_event);
    struct value *values = arena_array(w->arena, struct value, b->schema->nfields);
    for (uint32_t f = 0; f < b->schema->nfields; f++)
        values[f] = value_copy(w->arena, batch_value(b, row, f));
    *e = (struct why_event){.offset = b->offset[row], .at = batch_times(b)[row],
                            .stream = b->stream, .values = values};
    return e;
}

static void list_event(struct why_list *l, const struct why_event *e) {
    l->v[l->n++ % LISTED] = e;
}

/* ---- what becomes of events before the rule sees them ---------------------------------------- */

/* Keys that come near to the one that is asked about are looked for among the first so many. */
static void see_key(struct why *w, const struct batch *b, uint32_t row) {
    const struct program_input *in = input_of(w, b);
    w->others++;
    if (w->nnear == MOST_KEYS) return;
    buf_reset(&w->text);
    for (uint32_t i = 0; i < w->group->nkey_fields; i++) {
        struct value v = batch_value(b, row, in->key_fields[i]);
        if (i) buf_char(&w->text, ',');
        if (v.type == VALUE_STRING) buf_str(&w->text, v.s);
        else value_text(&w->text, v);
    }
    if (map_get(&w->seen, buf_view(&w->text))) return;
    struct str text = arena_copy(w->arena, buf_view(&w->text));
    map_put(&w->seen, text, w);
    arena_push(w->arena, w->near, w->nnear, w->near_cap, text);
}

static bool has_key(const struct why *w, const struct batch *b, uint32_t row) {
    const struct program_input *in = input_of(w, b);
    for (uint32_t i = 0; i < w->group->nkey_fields; i++)
        if (value_is_null(batch_value(b, row, in->key_fields[i]))) return false;
    return true;
}

/* What becomes of a row before any rule sees it. */
static void look(struct why *w, const struct batch *b, uint32_t row) {
    int64_t at = batch_times(b)[row];
    if (at > w->now) w->now = at;
    if (!has_key(w, b, row)) {
        w->null_keys++;
        return;
    }
    if (!is_ours(w, b, row)) {
        see_key(w, b, row);
        return;
    }
    w->events++;
    if (at < w->first_at) w->first_at = at;
    if (at > w->last_at) w->last_at = at;
    uint32_t filter = input_of(w, b)->predicate;
    bool kept = filter == NONE ||
                expr_test(w->expr, w->program->predicates[filter].code, b, row, NULL);
    if (!kept) list_event(&w->filtered, copy_event(w, b, row));
    if (at == w->at) list_event(&w->at_time, copy_event(w, b, row));
    expr_reset(w->expr);
}

/* Alerts of other rules become events within the engine: they are seen here first. */
static bool is_alert(const struct why *w, uint32_t stream) {
    return stream >= program_outer_streams(w->program);
}

static bool wants(void *context, const struct batch *batch, uint32_t row) {
    struct why *w = context;
    if (is_alert(w, batch->stream)) look(w, batch, row);
    if (!is_ours(w, batch, row)) return false;
    if (w->nways >= MOST_WAYS) {
        w->lost++;
        return false;
    }
    w->current = copy_event(w, batch, row);
    return true;
}

/* ---- ways ------------------------------------------------------------------------------------ */

static uint64_t mix(uint64_t h, uint64_t variable, uint64_t seq) {
    h = (h ^ variable * UINT64_C(0xD6E8FEB86659FD93) ^ seq) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 29;
}

/* Of the events of a chain, the last one first. */
static uint64_t chain(uint64_t h, const struct taken *last) {
    for (const struct taken *t = last; t; t = t->before) h = mix(h, t->variable, t->seq);
    return h;
}

static struct str key_text(const uint64_t *hash) {
    return (struct str){(const char *)hash, sizeof *hash};
}

static struct why_way *find(const struct why *w, uint64_t hash) {
    return map_get(&w->by_hash, key_text(&hash));
}

/* NULL: not of this key, or lost. */
static struct why_way *way_of(const struct why *w, const struct run *run) {
    return run ? find(w, chain(0, run->last)) : w->root;
}

static struct why_way *add_way(struct why *w, uint64_t hash) {
    uint64_t *kept = arena_new(w->arena, uint64_t);
    struct why_way *way = arena_new(w->arena, struct why_way);
    *kept = hash;
    map_put(&w->by_hash, key_text(kept), way);
    arena_push(w->arena, w->ways, w->nways, w->ways_cap, way);
    return way;
}

/* Values of the parts of a condition, in `scratch`. */
static void evaluate(struct why *w, const struct trace_step *s, uint16_t variable) {
    for (uint32_t i = 0; i < w->rule->nprobes; i++) {
        const struct program_probe *p = &w->rule->probes[i];
        w->scratch[i] = p->variable == variable ? trace_value(s, p->code) : value_null();
    }
}

static const struct value *keep_scratch(struct why *w) {
    struct value *v = arena_array(w->arena, struct value, w->rule->nprobes + 1);
    for (uint32_t i = 0; i < w->rule->nprobes; i++) v[i] = value_copy(w->arena, w->scratch[i]);
    return v;
}

static void take(struct why *w, struct why_way *from, const struct trace_step *s) {
    uint64_t hash = mix(0, s->variable, s->event->seq);
    if (s->run) hash = chain(hash, s->run->last);
    from->went_on = true;
    from->took_seq = s->event->seq;
    uint32_t n = 0;
    for (uint32_t i = 0; i < from->nnotes; i++) /* what it takes in one way does not fail */
        if (from->notes[i].event != w->current) from->notes[n++] = from->notes[i];
    from->nnotes = n;
    if (find(w, hash)) return;
    struct why_way *way = add_way(w, hash);
    evaluate(w, s, s->variable);
    *way = (struct why_way){.before = from,
                            .event = w->current,
                            .values = keep_scratch(w),
                            .variable = s->variable,
                            .steps = from->steps + 1,
                            .between = from->passed - 1,
                            .chance = INT64_MAX,
                            .start_at = from->before ? from->start_at : w->current->at};
    way->distance = trace_distance(w->program, w->rule, s->run, s->edge);
}

/* Of an event that fails several names the nearest is kept: is there one as near already? */
static bool is_nearer(struct why_way *way, const struct why_note *note) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < way->nnotes; i++) {
        bool same = way->notes[i].event == note->event;
        if (same && way->notes[i].shortfall <= note->shortfall) return false;
        if (!same) way->notes[n++] = way->notes[i];
    }
    way->nnotes = n;
    return true;
}

/* Nearest first; the latest of equals. */
static void add_note(struct why *w, struct why_way *way, const struct why_note *note,
                     const struct trace_step *s) {
    if (!is_nearer(way, note)) return;
    uint32_t at = way->nnotes;
    while (at > 0 && way->notes[at - 1].shortfall >= note->shortfall) at--;
    if (at == NOTES_KEPT) return;
    if (way->nnotes < NOTES_KEPT) way->nnotes++;
    for (uint32_t i = way->nnotes - 1; i > at; i--) way->notes[i] = way->notes[i - 1];
    way->notes[at] = *note;
    if (s->kind == TRACE_FAILS) way->notes[at].values = keep_scratch(w);
}

static void fail(struct why *w, struct why_way *way, const struct trace_step *s) {
    const struct rule_variable *v = &w->model->variables[s->variable];
    struct why_note note = {.event = w->current, .kind = s->kind, .variable = s->variable};
    bool same_stream = w->rule->variables[s->variable].stream == s->event->batch->stream;
    bool first = s->run == NULL;
    note.closes = !first && s->kind == TRACE_FAILS && s->edge->link == EDGE_NEXT;
    if (way->took_seq == s->event->seq) return;
    if (s->kind == TRACE_FAILS && same_stream) {
        struct why_values values = {w->set, w->rule, w->scratch};
        evaluate(w, s, s->variable);
        if (v->expr) note.shortfall = why_shortfall(&values, v->expr);
    }
    if (s->event->at == w->at) note.shortfall -= AT_TIME;
    if (same_stream) add_note(w, way, &note, s);
    else if (note.closes && way->nclosings < CLOSINGS_KEPT) way->closings[way->nclosings++] = note;
}

static void close_edge(struct why *w, struct why_way *way, const struct trace_step *s) {
    struct why_note note = {.event = w->current, .kind = s->kind, .variable = s->variable,
                            .closes = true, .late_ns = s->late_ns};
    if (way->nclosings < CLOSINGS_KEPT) way->closings[way->nclosings++] = note;
}

static void about_event(struct why *w, const struct trace_step *s) {
    struct why_way *way = way_of(w, s->run);
    w->current->seq = s->event->seq;
    if (!way) return;
    bool late = s->kind == TRACE_GAP || s->kind == TRACE_MISSED;
    if (way->met_seq != s->event->seq && !late) way->passed++;
    way->met_seq = s->event->seq;
    if (s->kind == TRACE_TAKES) take(w, way, s);
    else if (s->kind == TRACE_KILLED || s->kind == TRACE_MISSED) close_edge(w, way, s);
    else if (s->kind != TRACE_GAP && s->kind != TRACE_WAITS) fail(w, way, s);
    way->waits |= s->edge->clock != CLOCK_NONE;
    if (s->edge->clock == CLOCK_NONE && s->edge->target != ACCEPT)
        way->waited_for |= UINT64_C(1) << (w->rule->states[s->edge->target].variable & 63);
    int64_t chance = s->now - s->late_ns;
    if (late && (way->chance == INT64_MAX || way->chance < chance)) way->chance = chance;
}

static void add_match(struct why *w, struct why_way *way, const struct trace_step *s) {
    struct why_match m = {.way = way, .now = s->now, .end = s->completion->end,
                          .timed_out = s->completion->timed_out, .sent = s->sent,
                          .except = s->except, .sent_at = s->sent_at};
    evaluate(w, s, NO_VARIABLE);
    m.values = keep_scratch(w);
    for (struct why_way *at = way; at; at = at->before) at->went_on = at->went_on || at != way;
    arena_push(w->arena, w->matches, w->nmatches, w->matches_cap, m);
}

static void about_run(struct why *w, const struct trace_step *s) {
    static const enum why_end ends[] = {
        [TRACE_WINDOW] = WHY_WINDOW,   [TRACE_SKIPPED] = WHY_SKIPPED,
        [TRACE_DROPPED] = WHY_DROPPED, [TRACE_FORGOTTEN] = WHY_FORGOTTEN,
        [TRACE_HAVING] = WHY_HAVING,   [TRACE_MATCH] = WHY_MATCHED};
    struct why_way *way = way_of(w, s->run);
    if (!way || way->end == WHY_MATCHED) return;
    if (way->end == WHY_HAVING && s->kind != TRACE_MATCH) return; /* what follows is only the end */
    if (w->ending) { /* the engine is being freed: the input did not end it */
        way->chance = s->chance;
        return;
    }
    if (s->kind == TRACE_MATCH) {
        add_match(w, way, s);
        if (s->completion->timed_out) return;
    }
    if (s->kind == TRACE_HAVING) {
        evaluate(w, s, NO_VARIABLE);
        way->end_values = keep_scratch(w);
    }
    way->end = ends[s->kind];
    way->end_at = s->now;
}

static void on_step(void *context, const struct trace_step *s) {
    struct why *w = context;
    if (w->over) return;
    if (s->kind < TRACE_WINDOW) about_event(w, s);
    else about_run(w, s);
}

/* ---- alerts ---------------------------------------------------------------------------------- */

/* Of which event was taken as which name, in whatever order. */
static uint64_t sum_of_alert(const struct why *w, const struct alert *a) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < a->nmatched; i++) {
        uint32_t variable = 0;
        while (!str_equal(w->rule->variables[variable].name, a->matched[i].name)) variable++;
        for (uint32_t k = 0; k < a->matched[i].n; k++) {
            const struct alert_position *p = &a->matched[i].positions[k];
            sum += mix(p->stream, variable, p->offset);
        }
    }
    return sum;
}

static uint64_t sum_of_way(const struct why_way *way) {
    uint64_t sum = 0;
    for (; way->before; way = way->before)
        sum += mix(way->event->stream, way->variable, way->event->offset);
    return sum;
}

static void on_alert(void *context, const struct alert *a) {
    struct why *w = context;
    if (a->rule != w->rule) return;
    uint64_t sum = sum_of_alert(w, a);
    for (uint32_t i = w->first_unsaid; i < w->nmatches; i++) {
        struct why_match *m = &w->matches[i];
        if (m->said || !m->sent || m->end != a->end_ns || m->timed_out != a->timed_out ||
            sum_of_way(m->way) != sum)
            continue;
        struct why_said *said = arena_new(w->arena, struct why_said);
        struct alert_field *emit = arena_array(w->arena, struct alert_field, a->nemit + 1);
        for (uint32_t k = 0; k < a->nemit; k++)
            emit[k] = (struct alert_field){arena_copy(w->arena, a->emit[k].name),
                                           value_copy(w->arena, a->emit[k].value)};
        *said = (struct why_said){a->id, arena_copy(w->arena, a->severity), a->suppressed, emit,
                                  a->nemit};
        m->said = said;
        return;
    }
}

static void on_late(void *context, const struct batch *batch, uint32_t row, int64_t newest) {
    struct why *w = context;
    (void)newest;
    if (is_ours(w, batch, row)) list_event(&w->late, copy_event(w, batch, row));
}

/* ---- opening --------------------------------------------------------------------------------- */

static const struct rule_model *model_of(const struct why *w) {
    for (uint32_t i = 0; i < w->set->nrules; i++)
        if (str_equal(w->set->rules[i].decl->name.text, w->rule->name)) return &w->set->rules[i];
    panic("rule %.*s is not in its set", STR_FMT(w->rule->name));
}

bool why_open(struct why *w, const char **why) {
    w->rule = &w->program->rules[w->number];
    w->group = &w->program->groups[w->rule->group];
    w->model = model_of(w);
    w->first_at = INT64_MAX;
    w->last_at = w->now = INT64_MIN;
    map_init(&w->by_hash, w->arena);
    map_init(&w->seen, w->arena);
    buf_init(&w->text);
    w->scratch = arena_array(w->arena, struct value, w->rule->nprobes + 1);
    w->root = arena_new(w->arena, struct why_way);
    w->root->variable = NO_VARIABLE;
    w->root->distance = trace_distance(w->program, w->rule, NULL, NULL);
    w->trace = (struct trace){w->number, w, wants, on_step};
    struct engine_options options = {.alert = on_alert, .alert_context = w, .late = on_late,
                                     .late_context = w, .trace = &w->trace};
    w->expr = expr_new(w->program, why);
    w->engine = w->expr ? engine_new(w->program, &options, why) : NULL;
    return w->engine != NULL;
}

void why_close(struct why *w) {
    w->over = true;
    engine_free(&w->engine);
    expr_free(&w->expr);
    buf_fini(&w->text);
}

/* ---- feeding --------------------------------------------------------------------------------- */

void why_feed(struct why *w, struct batch *batch, uint32_t first, uint32_t n, bool fresh) {
    if (fresh) engine_open(w->engine, batch);
    for (uint32_t row = first; row < first + n; row++) {
        if (input_of(w, batch)) look(w, batch, row);
        engine_feed(w->engine, batch, row, 1);
        w->first_unsaid = w->nmatches;
    }
}

void why_late(struct why *w, const struct batch *batch, uint32_t first, uint32_t n) {
    for (uint32_t row = first; row < first + n; row++) on_late(w, batch, row, 0);
}

void why_advance(struct why *w, int64_t ns) {
    engine_advance(w->engine, ns);
    if (ns > w->now) w->now = ns;
    w->first_unsaid = w->nmatches;
}

void why_finish(struct why *w, bool drain) {
    engine_finish(w->engine, drain);
    w->ending = true;
    engine_free(&w->engine);
    w->over = true;
}
