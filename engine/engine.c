/* engine: see engine.h. Nothing here allocates, formats or asks the clock while events pass, but
 * for the first batch of a size and for alerts.
 */
#include "engine/engine_internal.h"

#include <stdlib.h>

#include "base/log.h"
#include "engine/table.h"

/* ---- making ---------------------------------------------------------------------------------- */

/* Rows of the part came from outside; all others are alerts. */
static struct alert_turn place_of(const struct engine *e, uint32_t rule,
                                  const struct completion *c) {
    uint32_t level = e->program->groups[e->program->rules[rule].group].level + 1;
    struct alert_turn turn = {.level = level, .seq = UINT64_MAX};
    const struct event *event = c->event, *first = &e->part_first;
    if (!event || event->seq == UINT64_MAX) return turn; /* the clock */
    if (event->batch == first->batch)
        turn = (struct alert_turn){.seq = first->seq + (event->row - first->row)};
    else
        turn.seq = event->batch->offset[event->row];
    return turn;
}

/* What closes feeds nobody: it is no match. */
static struct alert_turn turn_of_closing(void *context, uint32_t rule,
                                         const struct completion *c) {
    return place_of(context, rule, c);
}

static struct alert_turn turn_of(struct engine *e, uint32_t rule, const struct completion *c) {
    struct alert_turn turn = place_of(e, rule, c);
    if (e->derived && !c->timed_out)
        turn.feeds = derived_admits(e->derived, rule, c->now, turn.level == 0);
    return turn;
}

void engine_match(void *context, uint32_t rule, const struct run *run,
                  const struct completion *completion) {
    struct engine *e = context;
    const struct program_group *g = &e->program->groups[e->program->rules[rule].group];
    struct value *key = e->key; /* of the state whose clock rang; else of the row */
    if (completion->event) {
        const struct batch *b = completion->event->batch;
        const uint16_t *fields = program_input_of(g, b->stream)->key_fields;
        for (uint32_t i = 0; i < g->nkey_fields; i++)
            key[i] = batch_value(b, completion->event->row, fields[i]);
    }
    uint64_t suppressed = 0;
    e->view.clock = !completion->event;
    e->view.now = completion->now;
    bool passes = true;
    if (e->program->rules[rule].says)
        passes = gate_pass(e->gate, rule, run, completion, key, e->prev, &suppressed);
    if (e->options.trace && e->options.trace->rule == rule) {
        struct trace_step step = {.sent = passes, .except = NONE, .expr = e->expr,
                                  .scope = {.prev = e->prev, .windows = &e->view}};
        if (!passes) step.except = gate_kept_back(e->gate, &step.sent_at);
        trace_match(e->options.trace, run, completion, step);
    }
    if (passes) {
        e->by_rule[rule]++;
        const struct alert *alert = alert_queue_add(e->queue, rule, run, completion, key, e->prev,
                                                    suppressed, turn_of(e, rule, completion));
        if (e->program->rules[rule].resolve)
            resolver_open(e->resolver, rule, run, completion, alert, &e->opened);
    }
    e->view.clock = false;
}

static bool starts_anywhere(const struct program *p, const struct program_rule *rule,
                            uint32_t stream) {
    for (uint32_t i = 0; i < rule->states[0].nedges; i++) {
        const struct nfa_edge *edge = &p->edges[rule->states[0].first_edge + i];
        const struct program_variable *v = &rule->variables[rule->states[edge->target].variable];
        if (v->stream == stream && v->predicate == NONE) return true;
    }
    return false;
}

/* prev(lane) needs no interpreter: the field that the code only loads, or SCHEMA_NONE. */
static uint16_t only_field(const struct program *p, uint32_t code) {
    const struct code *c = &p->codes[code];
    const struct insn *load = &p->insns[c->first];
    if (c->n != 2 || load[0].op != INSN_FIELD || load[1].op != INSN_RETURN) return SCHEMA_NONE;
    return (uint16_t)load[0].imm;
}

/* Addresses vary: enough against chosen keys. Where keys are shared out, all have the same. */
static uint64_t seed_of(const struct engine *e) {
    uintptr_t address = e->options.seed ? 0 : (uintptr_t)e;
    return UINT64_C(0x6F6D656E) ^ e->options.seed ^ address;
}

static void intake_init(const struct program *p, struct intake *in,
                        const struct program_input *plan) {
    in->plan = plan;
    in->starts = in->own = must_zalloc(WORDS * sizeof *in->own);
    in->remembers = plan->nprevs || plan->naggregates;
    in->prev_fields = must_zalloc((plan->nprevs + 1) * sizeof *in->prev_fields);
    for (uint32_t i = 0; i < plan->nprevs; i++)
        in->prev_fields[i] = only_field(p, plan->prevs[i].code);
}

static void group_init(struct engine *e, struct group *g, const struct program_group *plan) {
    g->plan = plan;
    g->longest_ns = -1;
    g->in = g->intakes = must_zalloc(plan->ninputs * sizeof *g->intakes);
    for (uint32_t i = 0; i < plan->ninputs; i++)
        intake_init(e->program, &g->intakes[i], &plan->inputs[i]);
    group_windows_init(e, g);
    g->panes = panes_new(e->program, plan, e->expr, run_store_heap(e->store));
    if (g->panes) g->intakes[0].remembers = true;
    if (g->panes && g->windows_ns >= 0 && panes_longest(g->panes) > g->windows_ns)
        g->windows_ns = panes_longest(g->panes);
    if (g->windows || g->panes) g->longest_ns = g->windows_ns;
    g->lingers = g->windows_ns >= 0 && (g->windows || (g->panes && panes_linger(g->panes)));
    g->keys = keys_new(plan, run_store_heap(e->store), g->windows_room, seed_of(e));
    g->matchers = must_zalloc(plan->nrules * sizeof(void *));
    for (uint32_t i = 0; i < plan->nrules; i++) {
        g->matchers[i] =
            matcher_new(e->program, plan->rules[i], e->store, e->expr, engine_match, e);
        matcher_bits(g->matchers[i], e->bits);
        if (g->windows || g->panes) matcher_windows(g->matchers[i], &e->view);
        bool traced = e->options.trace && e->options.trace->rule == plan->rules[i];
        if (traced) matcher_trace(g->matchers[i], e->options.trace);
        const struct program_rule *rule = &e->program->rules[plan->rules[i]];
        int64_t wait = matcher_longest_wait(g->matchers[i]);
        if (wait > g->longest_ns) g->longest_ns = wait;
        for (uint32_t k = 0; k < plan->ninputs; k++)
            g->intakes[k].anywhere |=
                traced || starts_anywhere(e->program, rule, plan->inputs[k].stream);
    }
    if (plan->forget_ns) g->longest_ns = plan->forget_ns;
}

struct engine *engine_new(struct program *program, const struct engine_options *options,
                          const char **why) {
    struct expr *expr = expr_new(program, why);
    if (!expr) return NULL;
    struct engine *e = must_zalloc(sizeof *e);
    e->program = program_hold(program);
    e->options = *options;
    e->expr = expr;
    e->store = options->store ? run_store_hold(options->store) : run_store_new();
    e->queue = alert_queue_new(program, expr);
    e->gate = gate_new(program, expr, &e->view);
    alert_queue_windows(e->queue, &e->view);
    e->resolver = resolver_new(program, e->store, expr, &e->view);
    resolver_to(e->resolver, &e->queue, turn_of_closing, e);
    pool_init(&e->open_rules, sizeof(struct open_rule));
    e->bit_words = must_zalloc((program->npredicates + 1) * WORDS * sizeof *e->bit_words);
    e->bits = must_zalloc((program->npredicates + 1) * sizeof *e->bits);
    for (uint32_t i = 0; i < program->npredicates; i++)
        e->bits[i] = e->bit_words + (size_t)i * WORDS;
    resolver_bits(e->resolver, e->bits);
    e->newest = must_zalloc((program->nstreams + 1) * sizeof *e->newest);
    for (uint32_t i = 0; i < program->nstreams; i++) e->newest[i] = INT64_MIN;
    e->now = INT64_MIN;
    e->window_run = window_run_new(program);
    e->key = must_zalloc((SCHEMA_MAX_FIELDS + 1) * sizeof *e->key);
    e->part = BATCH_MAX_ROWS;
    e->by_rule = must_zalloc((program->nrules + 1) * sizeof *e->by_rule);
    e->groups = must_zalloc((program->ngroups + 1) * sizeof *e->groups);
    for (uint32_t i = 0; i < program->ngroups; i++)
        group_init(e, &e->groups[i], &program->groups[i]);
    for (uint32_t i = 0; i < program->ngroups; i++)
        if (program->groups[i].level > e->top) e->top = program->groups[i].level;
    if (program->nfeeds) e->derived = derived_new(program, options->given);
    e->reads = must_zalloc((program->nfeeds + 1) * sizeof *e->reads);
    return e;
}

static void group_fini(struct engine *e, struct group *g) {
    for (uint32_t i = 0; i < keys_slots(g->keys); i++) {
        struct key_state *s = keys_at(g->keys, i);
        if (!s) continue;
        group_close(e, g, s);
        group_end_window(g, s);
    }
    keys_free(&g->keys);
    for (uint32_t i = 0; i < g->plan->nrules; i++) matcher_free(&g->matchers[i]);
    group_windows_fini(g);
    panes_free(&g->panes);
    free(g->matchers);
    for (uint32_t i = 0; i < g->plan->ninputs; i++) {
        free(g->intakes[i].own);
        free(g->intakes[i].prev_fields);
    }
    free(g->intakes);
    free(g->due.v);
    timers_fini(&g->timers);
    free(g->empty);
}

void engine_free(struct engine **engine) {
    struct engine *e = *engine;
    if (!e) return;
    for (uint32_t i = 0; i < e->program->ngroups; i++) group_fini(e, &e->groups[i]);
    free(e->groups);
    free(e->by_rule);
    free(e->window_run);
    free(e->key);
    free(e->newest);
    free(e->bits);
    free(e->bit_words);
    pool_fini(&e->open_rules);
    resolver_free(&e->resolver);
    derived_free(&e->derived);
    free(e->reads);
    alert_queue_free(&e->queue);
    gate_free(&e->gate);
    run_store_free(&e->store);
    expr_free(&e->expr);
    program_drop(&e->program);
    free(e);
    *engine = NULL;
}

/* ---- predicates over the batch --------------------------------------------------------------- */

void collect_starts(const struct program *p, const struct program_group *g, uint32_t input,
                    uint64_t *const *bits, uint32_t nwords, uint64_t *starts) {
    memset(starts, 0, nwords * sizeof *starts);
    for (uint32_t i = 0; i < g->nrules; i++) {
        const struct program_rule *rule = &p->rules[g->rules[i]];
        for (uint32_t j = 0; j < rule->states[0].nedges; j++) {
            const struct nfa_edge *edge = &p->edges[rule->states[0].first_edge + j];
            const struct program_variable *v =
                &rule->variables[rule->states[edge->target].variable];
            if (v->stream != g->inputs[input].stream || v->predicate == NONE) continue;
            for (uint32_t w = 0; w < nwords; w++) starts[w] |= bits[v->predicate][w];
        }
    }
}

/* Keys that are expressions. */
void batch_compute(struct engine *e, struct batch *batch) {
    const struct schema *s = &e->program->streams[batch->stream];
    batch_see(batch, s);
    for (uint32_t f = s->nfields; f < schema_columns(s); f++)
        if (s->fields[f].used)
            expr_column(e->expr, s->fields[f].code, batch, &batch->columns[f], &batch->text);
}

void batch_open(struct engine *e, struct batch *batch) {
    batch_compute(e, batch);
    for (uint32_t i = 0; i < e->program->npredicates; i++) {
        const struct predicate *p = &e->program->predicates[i];
        if (p->stream == batch->stream)
            expr_predicate(e->expr, p->code, batch, 0, batch->n, e->bits[i]);
    }
    for (uint32_t i = 0; i < e->program->ngroups; i++)
        for (uint32_t k = 0; k < e->groups[i].plan->ninputs; k++)
            if (e->groups[i].plan->inputs[k].stream == batch->stream)
                collect_starts(e->program, e->groups[i].plan, k, e->bits, (batch->n + 63) / 64,
                               e->groups[i].intakes[k].own);
    expr_reset(e->expr);
}

void engine_open(struct engine *e, struct batch *batch) {
    const struct program_feed *feed = program_feed_of(e->program, batch->stream);
    bool given = !feed || (e->options.given && e->options.given[batch->stream]);
    check(given); /* else rows of alerts would get in their way */
    batch_open(e, batch);
}

/* ---- a slice --------------------------------------------------------------------------------- */

struct part part_of_rows(struct engine *e, const struct batch *batch, uint32_t first, uint32_t n,
                         uint32_t *live) {
    const int64_t *times = batch_times(batch);
    int64_t newest = e->newest[batch->stream];
    uint32_t nlive = 0;
    for (uint32_t row = first; row < first + n; row++) {
        if (times[row] < newest) {
            e->counters.late++;
            if (e->options.late) e->options.late(e->options.late_context, batch, row, newest);
            continue;
        }
        newest = times[row];
        live[nlive++] = row;
    }
    e->newest[batch->stream] = newest;
    if (newest > e->now) e->now = newest;
    e->counters.events += n;
    return (struct part){batch, first, n, live, nlive, newest, e->now, e->now};
}

/* The clock of the groups that read no alerts. */
static void ring_all(struct engine *e, int64_t until) {
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        if (e->groups[i].plan->level) continue;
        group_ring(e, &e->groups[i], until);
        group_remove_empty(&e->groups[i]);
    }
}

void part_lower(struct engine *e, const struct part *part) {
    e->now = part->now;
    e->part_first = (struct event){part->batch, part->first, e->seq + 1, 0};
    e->seq += part->n;
    for (uint32_t i = 0; part->batch && i < e->program->ngroups; i++) {
        struct group *g = &e->groups[i];
        const struct program_input *input = program_input_of(g->plan, part->batch->stream);
        if (!input || g->plan->level) continue;
        g->in = &g->intakes[input - g->plan->inputs];
        keys_read(g->keys, input);
        group_feed(e, g, part->batch, part->live, part->nlive, &e->part_first);
        group_ring(e, g, part->newest); /* a window that has passed may be told */
        group_expire(e, g, part->newest);
    }
    ring_all(e, part->until);
}

void part_upper(struct engine *e, const struct part *part) {
    chain_feed(e, part->batch, part->live, part->nlive, part->until);
    e->part_first.batch = NULL;
}

static void feed_part(struct engine *e, const struct batch *batch, uint32_t first, uint32_t n) {
    uint32_t live[BATCH_MAX_ROWS];
    struct part part = part_of_rows(e, batch, first, n, live);
    part_lower(e, &part);
    part_upper(e, &part);
}

static void pass_time(struct engine *e, int64_t until) {
    struct part part = {.now = e->now, .until = until};
    part_lower(e, &part);
    part_upper(e, &part);
    e->counters.alerts += alert_queue_flush(e->queue, e->options.alert, e->options.alert_context);
}

/* Alerts wait for the end of a part, to be put in order. Where they come thick the parts get
 * shorter, so that what waits stays within bounds; the order does not depend on where a part
 * ends. */
void engine_feed(struct engine *e, const struct batch *batch, uint32_t first, uint32_t n) {
    check(n <= BATCH_MAX_ROWS && first + n <= batch->n);
    while (n) {
        uint32_t part = n < e->part ? n : e->part;
        feed_part(e, batch, first, part);
        bool many = alert_queue_bytes(e->queue) > QUEUE_BYTES;
        gate_forget(e->gate, e->now);
        e->counters.alerts +=
            alert_queue_flush(e->queue, e->options.alert, e->options.alert_context);
        first += part;
        n -= part;
        if (many) e->part = (part + 1) / 2;
        else if (e->part < BATCH_MAX_ROWS) e->part *= 2;
    }
}

void engine_table(struct engine *e, uint32_t table, struct table *now) {
    check(table < e->program->ntables &&
          (!now || table_fits(now, &e->program->tables[table])));
    expr_table(e->expr, table, now);
}

void engine_advance(struct engine *e, int64_t ns) {
    if (ns <= e->now) return;
    e->now = ns;
    for (uint32_t i = 0; i < e->program->nstreams; i++) e->newest[i] = ns;
    pass_time(e, ns);
}

int64_t engine_due(const struct engine *e) {
    int64_t due = e->derived ? derived_due(e->derived) : INT64_MAX;
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        int64_t next = timers_next(&e->groups[i].timers);
        if (next < due) due = next;
    }
    return due;
}

void engine_finish(struct engine *e, bool drain) {
    if (e->now == INT64_MIN && !drain) return; /* no event: no time */
    pass_time(e, drain ? INT64_MAX : e->now + 1);
}

/* ---- seen from outside ----------------------------------------------------------------------- */

void engine_counters(const struct engine *e, struct engine_counters *out) {
    *out = e->counters;
    out->bytes = run_store_bytes(e->store) + e->open_rules.slab_bytes + gate_bytes(e->gate) +
                 resolver_bytes(e->resolver);
    if (e->derived) {
        out->unfed = derived_dropped(e->derived);
        out->bytes += derived_bytes(e->derived);
    }
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        out->keys += keys_count(e->groups[i].keys);
        out->bytes += keys_bytes(e->groups[i].keys);
        if (e->groups[i].panes) out->left_out += panes_left_out(e->groups[i].panes);
        out->bytes += e->groups[i].due.cap * sizeof(struct due);
        out->bytes += e->groups[i].timers.cap * sizeof(struct timer);
    }
}

const struct run_counters *engine_run_counters(const struct engine *e) {
    return run_store_counters(e->store);
}
const uint64_t *engine_alerts_by_rule(const struct engine *e) { return e->by_rule; }
struct run_store *engine_store(struct engine *e) { return e->store; }
const struct gate *engine_gate(const struct engine *e) { return e->gate; }
const struct resolver *engine_resolver(const struct engine *e) { return e->resolver; }
uint64_t engine_regex_bound(const struct engine *e) {
    return e->regex_bound + expr_counters(e->expr)->regex_bound;
}
