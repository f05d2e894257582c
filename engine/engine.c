/* engine: see engine.h. Nothing here allocates, formats or asks the clock while events pass, but
 * for the first batch of a size and for alerts.
 *
 * A group's rows go through some dozens at a time, so that the memory of many keys is fetched at
 * once (engine/keys.h). In groups that keep no previous values a state is removed once it has no
 * runs and no time to wait for: a key costs memory for at most its longest window after its last
 * run.
 */
#include "engine/engine.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/pool.h"
#include "engine/alert_build.h"
#include "engine/keys.h"
#include "engine/timers.h"
#include "engine/window.h"

enum {
    WORDS = BATCH_MAX_ROWS / 64,
    QUEUE_BYTES = 1 << 20, /* alerts of a part, above which the next part is shorter */
    FETCH_ROWS = 64, /* rows whose memory is asked for at once: a few cache lines each, within L1 */
};

/* States with runs, each at most once, by the time when the runs that it has now will have ended.
 * Every state waits equally long, so that a ring in order of arrival is in order of time. */
struct due {
    struct key_state *state;
    int64_t at;
};

struct due_queue {
    struct due *v;
    uint32_t first, n, cap; /* cap: a power of two */
};

struct intake { /* a stream that a group reads */
    uint64_t *starts; /* rows of the open batch that may start a run of some rule */
    bool anywhere;    /* some rule can start at any row */
};

struct group {
    const struct program_group *plan;
    struct keys *keys;
    struct windows *windows;   /* NULL: no rule has any */
    struct matcher **matchers; /* beside plan->rules */
    struct intake *intakes;    /* beside plan->inputs */
    struct intake *in;         /* of the stream whose rows are matched */
    uint16_t *prev_fields;     /* beside plan->prevs: the field, where it is no more than that */
    int64_t longest_ns;        /* of the rules' windows and gaps; -1: no rule has one */
    struct due_queue due;
    struct timers timers;
    struct key_state **empty;  /* states that may have no runs any more */
    uint32_t nempty, empty_cap;
};

struct engine {
    struct program *program;
    struct engine_options options;
    struct expr *expr;
    struct run_store *store;
    struct alert_queue *queue;
    struct gate *gate;
    struct pool open_rules;
    struct group *groups;
    uint64_t **bits;     /* by predicate, WORDS each */
    uint64_t *bit_words;
    int64_t *newest;     /* by stream: highest event time; INT64_MIN before the first */
    uint64_t *by_rule;
    uint64_t seq;
    int64_t now; /* event time: the newest of all streams */
    uint32_t part; /* rows that are matched before alerts are put in order */
    struct engine_counters counters;

    /* of the slice being matched */
    uint32_t rows[BATCH_MAX_ROWS];
    uint64_t hashes[BATCH_MAX_ROWS];
    struct key_state *states[BATCH_MAX_ROWS];
    const struct value *prev;
    struct window_view view; /* of the key being matched */
    struct value *key; /* room for the key fields of any group */
    bool made; /* a row of it has made a state */
};

/* ---- making ---------------------------------------------------------------------------------- */

static void on_match(void *context, uint32_t rule, const struct run *run,
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
    if (passes) {
        e->by_rule[rule]++;
        alert_queue_add(e->queue, rule, run, completion, key, e->prev, suppressed);
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

static void group_init(struct engine *e, struct group *g, const struct program_group *plan) {
    g->plan = plan;
    g->longest_ns = -1;
    struct heap *heap = run_store_heap(e->store);
    if (plan->naggregates) {
        g->windows = windows_new(e->program, plan, e->expr, heap);
        g->longest_ns = windows_longest(g->windows);
    }
    g->keys = keys_new(plan, heap, g->windows ? windows_room(g->windows) : 0);
    g->matchers = must_zalloc(plan->nrules * sizeof(void *));
    g->in = g->intakes = must_zalloc(plan->ninputs * sizeof *g->intakes);
    for (uint32_t i = 0; i < plan->ninputs; i++)
        g->intakes[i].starts = must_zalloc(WORDS * sizeof *g->intakes[i].starts);
    g->prev_fields = must_zalloc((plan->nprevs + 1) * sizeof *g->prev_fields);
    for (uint32_t i = 0; i < plan->nprevs; i++)
        g->prev_fields[i] = only_field(e->program, plan->prevs[i].code);
    for (uint32_t i = 0; i < plan->nrules; i++) {
        g->matchers[i] = matcher_new(e->program, plan->rules[i], e->store, e->expr, on_match, e);
        matcher_bits(g->matchers[i], e->bits);
        if (g->windows) matcher_windows(g->matchers[i], &e->view);
        const struct program_rule *rule = &e->program->rules[plan->rules[i]];
        int64_t wait = matcher_longest_wait(g->matchers[i]);
        if (wait > g->longest_ns) g->longest_ns = wait;
        for (uint32_t k = 0; k < plan->ninputs; k++)
            g->intakes[k].anywhere |=
                starts_anywhere(e->program, rule, plan->inputs[k].stream);
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
    e->store = run_store_new();
    e->queue = alert_queue_new(program, expr);
    e->gate = gate_new(program, expr, &e->view);
    alert_queue_windows(e->queue, &e->view);
    pool_init(&e->open_rules, sizeof(struct open_rule));
    e->bit_words = must_zalloc((program->npredicates + 1) * WORDS * sizeof *e->bit_words);
    e->bits = must_zalloc((program->npredicates + 1) * sizeof *e->bits);
    for (uint32_t i = 0; i < program->npredicates; i++)
        e->bits[i] = e->bit_words + (size_t)i * WORDS;
    e->newest = must_zalloc((program->nstreams + 1) * sizeof *e->newest);
    for (uint32_t i = 0; i < program->nstreams; i++) e->newest[i] = INT64_MIN;
    e->now = INT64_MIN;
    e->key = must_zalloc((SCHEMA_MAX_FIELDS + 1) * sizeof *e->key);
    e->part = BATCH_MAX_ROWS;
    e->by_rule = must_zalloc((program->nrules + 1) * sizeof *e->by_rule);
    e->groups = must_zalloc((program->ngroups + 1) * sizeof *e->groups);
    for (uint32_t i = 0; i < program->ngroups; i++)
        group_init(e, &e->groups[i], &program->groups[i]);
    return e;
}

static void close_rules(struct engine *e, struct group *g, struct key_state *s) {
    for (struct open_rule *o = s->open, *next; o; o = next) {
        next = o->next;
        matcher_clear(g->matchers[o->rule], &o->runs);
        pool_give(&e->open_rules, o);
    }
    s->open = NULL;
}

static void end_window(struct group *g, struct key_state *s) {
    if (s->window) window_fini(g->windows, s->window);
    s->window = NULL;
}

static void group_fini(struct engine *e, struct group *g) {
    for (uint32_t i = 0; i < keys_slots(g->keys); i++) {
        struct key_state *s = keys_at(g->keys, i);
        if (!s) continue;
        close_rules(e, g, s);
        end_window(g, s);
    }
    keys_free(&g->keys);
    for (uint32_t i = 0; i < g->plan->nrules; i++) matcher_free(&g->matchers[i]);
    windows_free(&g->windows);
    free(g->matchers);
    for (uint32_t i = 0; i < g->plan->ninputs; i++) free(g->intakes[i].starts);
    free(g->intakes);
    free(g->due.v);
    timers_fini(&g->timers);
    free(g->prev_fields);
    free(g->empty);
}

void engine_free(struct engine **engine) {
    struct engine *e = *engine;
    if (!e) return;
    for (uint32_t i = 0; i < e->program->ngroups; i++) group_fini(e, &e->groups[i]);
    free(e->groups);
    free(e->by_rule);
    free(e->key);
    free(e->newest);
    free(e->bits);
    free(e->bit_words);
    pool_fini(&e->open_rules);
    alert_queue_free(&e->queue);
    gate_free(&e->gate);
    run_store_free(&e->store);
    expr_free(&e->expr);
    program_drop(&e->program);
    free(e);
    *engine = NULL;
}

/* ---- predicates over the batch --------------------------------------------------------------- */

static void collect_starts(struct engine *e, struct group *g, uint32_t input, uint32_t nwords) {
    uint64_t *starts = g->intakes[input].starts;
    memset(starts, 0, nwords * sizeof *starts);
    for (uint32_t i = 0; i < g->plan->nrules; i++) {
        const struct program_rule *rule = &e->program->rules[g->plan->rules[i]];
        for (uint32_t j = 0; j < rule->states[0].nedges; j++) {
            const struct nfa_edge *edge = &e->program->edges[rule->states[0].first_edge + j];
            const struct program_variable *v =
                &rule->variables[rule->states[edge->target].variable];
            if (v->stream != g->plan->inputs[input].stream || v->predicate == NONE) continue;
            for (uint32_t w = 0; w < nwords; w++) starts[w] |= e->bits[v->predicate][w];
        }
    }
}

void engine_open(struct engine *e, const struct batch *batch) {
    for (uint32_t i = 0; i < e->program->npredicates; i++) {
        const struct predicate *p = &e->program->predicates[i];
        if (p->stream == batch->stream)
            expr_predicate(e->expr, p->code, batch, 0, batch->n, e->bits[i]);
    }
    for (uint32_t i = 0; i < e->program->ngroups; i++)
        for (uint32_t k = 0; k < e->groups[i].plan->ninputs; k++)
            if (e->groups[i].plan->inputs[k].stream == batch->stream)
                collect_starts(e, &e->groups[i], k, (batch->n + 63) / 64);
    expr_reset(e->expr);
}

/* ---- rows of a group ------------------------------------------------------------------------- */

static void watch_gone(struct group *g, struct key_state *s) {
    if (s->watched) return;
    s->watched = true;
    if (g->nempty == g->empty_cap) {
        g->empty_cap = g->empty_cap ? g->empty_cap * 2 : 256;
        g->empty = must_realloc(g->empty, g->empty_cap * sizeof(void *));
    }
    g->empty[g->nempty++] = s;
}

static void watch(struct group *g, struct key_state *s) {
    if (!g->plan->nprev_cells) watch_gone(g, s);
}

static void remove_empty(struct group *g) {
    for (uint32_t i = 0; i < g->nempty; i++) {
        g->empty[i]->watched = false;
        struct key_state *s = g->empty[i];
        if (!s->open && !s->queued && !s->timers && !s->window)
            keys_remove(g->keys, s);
    }
    g->nempty = 0;
}

static struct open_rule *insert_open(struct engine *e, struct open_rule **at, uint32_t rule,
                                     struct runs runs) {
    struct open_rule *o = pool_take(&e->open_rules);
    *o = (struct open_rule){*at, rule, runs, INT64_MAX};
    *at = o;
    return o;
}

static void due_push(struct due_queue *q, struct key_state *s, int64_t at) {
    if (q->n == q->cap) {
        struct due *old = q->v;
        uint32_t cap = q->cap ? q->cap * 2 : 256;
        q->v = must_alloc(cap * sizeof *q->v);
        for (uint32_t i = 0; i < q->n; i++) q->v[i] = old[(q->first + i) & (q->cap - 1)];
        free(old);
        q->first = 0;
        q->cap = cap;
    }
    q->v[(q->first + q->n++) & (q->cap - 1)] = (struct due){s, at};
    s->queued = true;
}

/* The key had no event for too long: whatever is kept for it is as if it had never been. */
static void forget(struct engine *e, struct group *g, struct key_state *s) {
    struct value *prev = keys_prev(g->plan, s);
    close_rules(e, g, s);
    for (uint32_t i = 0; i < g->plan->nprev_cells; i++)
        value_disown(run_store_heap(e->store), &prev[i]);
    if (s->window) end_window(g, s);
}

static void touch(struct engine *e, struct group *g, struct key_state *s, int64_t at) {
    if (!g->plan->forget_ns) return;
    if (at - s->seen_at > g->plan->forget_ns) forget(e, g, s);
    s->seen_at = at;
    if (!s->queued) due_push(&g->due, s, at + g->longest_ns);
}

static void set_timer(struct group *g, struct key_state *s, struct open_rule *o) {
    int64_t due = matcher_due(g->matchers[o->rule], &o->runs);
    if (due >= o->due) return; /* the one that is set will look again */
    o->due = due;
    timers_set(&g->timers, (struct timer){due, s, o->rule});
}

/* The rules of the group meet one row: those that the row can start, and those that have runs open
 * for the key. The state may not exist yet; it is made only when something stays open. */
static void match_row(struct engine *e, struct group *g, uint32_t i, const struct event *event) {
    struct key_state *s = e->states[i];
    if (!s && e->made) {
        s = keys_find(g->keys, e->hashes[i], event->batch, event->row);
        if (s) touch(e, g, s, event->at);
    }
    struct open_rule **at = s ? &s->open : NULL;
    bool may_start = g->in->anywhere || bit_get(g->in->starts, event->row);
    e->prev = s && g->plan->nprev_cells ? keys_prev(g->plan, s) : NULL;
    for (uint32_t r = 0; r < g->plan->nrules; r++) {
        struct open_rule *open = at && *at && (*at)->rule == r ? *at : NULL;
        if (!open && !may_start) {
            if (!at || !*at) break; /* nothing open from here on */
            r = (*at)->rule - 1;
            continue;
        }
        if (!open && !matcher_may_start(g->matchers[r], event)) continue;
        struct runs runs = open ? open->runs : (struct runs){0};
        e->counters.visits++;
        matcher_event(g->matchers[r], &runs, e->prev, event);
        if (!open && !runs.n) continue;
        if (!s) {
            s = keys_make(g->keys, e->hashes[i], event->batch, event->row);
            e->made = true;
            touch(e, g, s, event->at);
            at = &s->open;
        }
        if (!open) open = insert_open(e, at, r, runs);
        if (!s->queued && g->longest_ns >= 0) due_push(&g->due, s, event->at + g->longest_ns);
        open->runs = runs;
        if (runs.n) {
            set_timer(g, s, open);
            at = &open->next;
            continue;
        }
        *at = open->next;
        pool_give(&e->open_rules, open);
        if (!s->open) watch(g, s);
    }
}

static void ring(struct engine *e, struct group *g, struct timer timer, int64_t now) {
    if (g->plan->forget_ns) {
        int64_t end = timer.state->seen_at + g->plan->forget_ns;
        if (timer.due > end) forget(e, g, timer.state);
        if (now > end) now = end + 1;
    }
    struct open_rule **at = &timer.state->open;
    while (*at && (*at)->rule < timer.rule) at = &(*at)->next;
    struct open_rule *o = *at;
    if (!o || o->rule != timer.rule) {
        if (!timer.state->open) watch(g, timer.state);
        return;
    }
    if (timer.due >= o->due) o->due = INT64_MAX;
    memcpy(e->key, timer.state->values, g->plan->nkey_fields * sizeof *e->key);
    e->prev = g->plan->nprev_cells ? keys_prev(g->plan, timer.state) : NULL;
    e->view.windows = g->windows;
    e->view.window = timer.state->window;
    matcher_clock(g->matchers[o->rule], &o->runs, e->prev, now);
    if (o->runs.n) {
        set_timer(g, timer.state, o);
        return;
    }
    *at = o->next;
    pool_give(&e->open_rules, o);
    if (!timer.state->open) watch(g, timer.state);
}

/* Everything that the clock has to do before `now`. Keys do not see each other, and alerts are put
 * in order afterwards: whose clock goes first does not matter. */
static void ring_all(struct engine *e, struct group *g, int64_t now) {
    while (timers_next(&g->timers) < now) ring(e, g, timers_ring(&g->timers), now);
}

/* After matching: the row becomes the key's previous event. A value that does not change is not
 * copied again. */
static void remember(struct engine *e, struct group *g, struct key_state *s,
                     const struct event *event) {
    struct heap *heap = run_store_heap(e->store);
    struct value *cells = keys_prev(g->plan, s);
    for (uint32_t i = 0; i < g->plan->nprevs; i++) {
        const struct program_prev *p = &g->plan->prevs[i];
        struct value *ring = cells + p->first; /* ring[0] is the last event's */
        struct value v = g->prev_fields[i] != SCHEMA_NONE
                             ? batch_value(event->batch, event->row, g->prev_fields[i])
                             : expr_value(e->expr, p->code, event->batch, event->row, NULL);
        if (p->depth == 1 && v.type == ring[0].type && value_compare(v, ring[0]) == 0) continue;
        value_disown(heap, &ring[p->depth - 1]);
        memmove(ring + 1, ring, (p->depth - 1) * sizeof *ring);
        ring[0] = value_own(heap, v);
    }
}

/* Before matching: the windows move on to the row. */
static void move_windows(struct engine *e, struct group *g, struct key_state *s,
                         const struct event *event) {
    const struct value *prev = g->plan->nprev_cells ? keys_prev(g->plan, s) : NULL;
    if (!s->window) s->window = window_init(g->windows, keys_room(g->keys, s));
    window_event(g->windows, s->window, event->batch, event->row, event->at, prev);
    e->view.windows = g->windows;
    e->view.window = s->window;
    s->window_at = event->at;
    if (!s->queued && windows_longest(g->windows) >= 0)
        due_push(&g->due, s, event->at + g->longest_ns);
}

/* Rows of the slice that the group must look at, with their hashes; others are left out. */
static uint32_t choose_rows(struct engine *e, struct group *g, const struct batch *batch,
                            const uint32_t *live, uint32_t nlive) {
    bool all = g->plan->nprev_cells || g->windows || g->in->anywhere || keys_count(g->keys);
    uint32_t predicate = g->plan->inputs[g->in - g->intakes].predicate, n = 0;
    const uint64_t *filter = predicate == NONE ? NULL : e->bits[predicate];
    for (uint32_t i = 0; i < nlive; i++) {
        uint32_t row = live[i];
        if (filter && !bit_get(filter, row)) continue;
        if (!keys_present(g->keys, batch, row)) {
            e->counters.null_keys++;
            continue;
        }
        if (!all && !bit_get(g->in->starts, row)) continue;
        e->hashes[n] = keys_hash(g->keys, batch, row);
        all = true; /* from here on something may be open */
        e->rows[n++] = row;
    }
    return n;
}

/* Asks for the memory of rows [from, to) in the order in which it depends on itself. */
static void fetch(struct engine *e, struct group *g, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++) keys_prefetch(g->keys, e->hashes[i]);
    for (uint32_t i = from; i < to; i++) {
        struct key_state *s = e->states[i] = keys_candidate(g->keys, e->hashes[i]);
        if (!s) continue;
        __builtin_prefetch(s);
        __builtin_prefetch((const char *)s + 64);
        if (g->windows) window_prefetch(keys_room(g->keys, s));
    }
    for (uint32_t i = from; i < to; i++) {
        struct key_state *s = e->states[i];
        if (!s) continue;
        keys_prefetch_key(g->keys, s);
        if (s->open) __builtin_prefetch(s->open);
    }
}

static void feed_rows(struct engine *e, struct group *g, const struct batch *batch, uint32_t from,
                      uint32_t to, const struct event *first) {
    const int64_t *times = batch_times(batch);
    for (uint32_t i = from; i < to; i++) {
        uint32_t row = e->rows[i];
        struct key_state *s = keys_confirm(g->keys, e->states[i], e->hashes[i], batch, row);
        if (!s && (g->plan->nprev_cells || g->windows))
            s = keys_make(g->keys, e->hashes[i], batch, row);
        e->states[i] = s;
        struct event event = {batch, row, first->seq + (row - first->row), times[row]};
        if (timers_next(&g->timers) < times[row]) ring_all(e, g, times[row]);
        if (s) touch(e, g, s, times[row]);
        if (g->windows) move_windows(e, g, s, &event);
        if (g->in->anywhere || bit_get(g->in->starts, row) || (s ? s->open != NULL : e->made))
            match_row(e, g, i, &event);
        if (g->plan->nprev_cells) remember(e, g, s, &event);
    }
}

static void feed_group(struct engine *e, struct group *g, const struct batch *batch,
                       const uint32_t *live, uint32_t nlive, const struct event *first) {
    uint32_t n = choose_rows(e, g, batch, live, nlive);
    e->made = false;
    for (uint32_t from = 0; from < n; from += FETCH_ROWS) {
        uint32_t to = from + FETCH_ROWS < n ? from + FETCH_ROWS : n;
        fetch(e, g, from, to);
        feed_rows(e, g, batch, from, to, first);
    }
    expr_reset(e->expr);
}

static void expire_state(struct engine *e, struct group *g, struct key_state *s, int64_t now) {
    for (struct open_rule **at = &s->open; *at;) {
        struct open_rule *o = *at;
        matcher_prune(g->matchers[o->rule], &o->runs, now);
        if (o->runs.n) {
            at = &o->next;
            continue;
        }
        *at = o->next;
        pool_give(&e->open_rules, o);
    }
}

/* Asks for the state some places behind the first, and for what one between them points to. */
static void due_prefetch(const struct group *g) {
    const struct due_queue *q = &g->due;
    if (q->n <= 16) return;
    struct key_state *later = q->v[(q->first + 16) & (q->cap - 1)].state;
    __builtin_prefetch(later);
    if (g->windows) window_prefetch(keys_room(g->keys, later));
    const struct key_state *s = q->v[(q->first + 8) & (q->cap - 1)].state;
    keys_prefetch(g->keys, s->hash);
    keys_prefetch_key(g->keys, s);
}

static bool windows_end(const struct group *g) {
    return g->windows && windows_longest(g->windows) >= 0;
}

/* Every key of a group that forgets stands in the queue. */
static void forget_due(struct engine *e, struct group *g, struct key_state *s, int64_t now) {
    bool gone = now - s->seen_at > g->plan->forget_ns;
    if (gone) forget(e, g, s);
    if (gone && !s->timers) watch_gone(g, s);
    else due_push(&g->due, s, now + g->longest_ns);
}

/* Runs of keys that have no more events end by time too. No result depends on it: a run whose
 * window has passed cannot complete. */
static void expire_due(struct engine *e, struct group *g, int64_t now) {
    struct due_queue *q = &g->due;
    while (q->n && q->v[q->first].at < now) {
        struct key_state *s = q->v[q->first].state;
        due_prefetch(g);
        q->first = (q->first + 1) & (q->cap - 1);
        q->n--;
        s->queued = false;
        expire_state(e, g, s, now);
        bool lives = s->window && windows_end(g) &&
                     s->window_at > now - windows_longest(g->windows);
        if (!lives && windows_end(g)) end_window(g, s);
        if (g->plan->forget_ns) forget_due(e, g, s, now);
        else if (s->open || lives) due_push(q, s, now + g->longest_ns);
        else watch(g, s);
    }
}

/* ---- a slice --------------------------------------------------------------------------------- */

/* Sets late rows aside. Returns how many rows are left in `live`. */
static uint32_t take_in_order(struct engine *e, const struct batch *batch, uint32_t first,
                              uint32_t n, uint32_t *live) {
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
    return nlive;
}

static void feed_part(struct engine *e, const struct batch *batch, uint32_t first, uint32_t n) {
    uint32_t live[BATCH_MAX_ROWS];
    uint32_t nlive = take_in_order(e, batch, first, n, live);
    /* its seq and row number the others */
    struct event first_event = {batch, first, e->seq + 1, 0};
    e->seq += n;
    e->counters.events += n;
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        struct group *g = &e->groups[i];
        const struct program_input *input = program_input_of(g->plan, batch->stream);
        if (!input) continue;
        g->in = &g->intakes[input - g->plan->inputs];
        keys_read(g->keys, input);
        feed_group(e, g, batch, live, nlive, &first_event);
        ring_all(e, g, e->newest[batch->stream]); /* a window that has passed may be told */
        expire_due(e, g, e->newest[batch->stream]);
    }
    for (uint32_t i = 0; i < e->program->ngroups; i++) ring_all(e, &e->groups[i], e->now);
    for (uint32_t i = 0; i < e->program->ngroups; i++) remove_empty(&e->groups[i]);
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

void engine_advance(struct engine *e, int64_t ns) {
    if (ns <= e->now) return;
    e->now = ns;
    for (uint32_t i = 0; i < e->program->nstreams; i++) e->newest[i] = ns;
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        ring_all(e, &e->groups[i], ns);
        remove_empty(&e->groups[i]);
    }
    e->counters.alerts += alert_queue_flush(e->queue, e->options.alert, e->options.alert_context);
}

void engine_finish(struct engine *e, bool drain) {
    if (e->now == INT64_MIN && !drain) return; /* no event: no time */
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        ring_all(e, &e->groups[i], drain ? INT64_MAX : e->now + 1);
        remove_empty(&e->groups[i]);
    }
    e->counters.alerts += alert_queue_flush(e->queue, e->options.alert, e->options.alert_context);
}

/* ---- seen from outside ----------------------------------------------------------------------- */

void engine_counters(const struct engine *e, struct engine_counters *out) {
    *out = e->counters;
    out->bytes = run_store_bytes(e->store) + e->open_rules.slab_bytes + gate_bytes(e->gate);
    for (uint32_t i = 0; i < e->program->ngroups; i++) {
        out->keys += keys_count(e->groups[i].keys);
        out->bytes += keys_bytes(e->groups[i].keys);
    }
}

const struct run_counters *engine_run_counters(const struct engine *e) {
    return run_store_counters(e->store);
}
const uint64_t *engine_alerts_by_rule(const struct engine *e) { return e->by_rule; }
const struct gate *engine_gate(const struct engine *e) { return e->gate; }
uint64_t engine_regex_bound(const struct engine *e) { return expr_counters(e->expr)->regex_bound; }
