/* engine_group: the rows of a slice meet a group of rules: keys found, previous values and windows
 * kept, matchers called, and states let go of when nothing is open for them.
 *
 * Some dozens of rows go through at a time, so that the memory of many keys is fetched at once
 * (engine/keys.h). In groups that keep no previous values a state is removed once it has no runs,
 * no window and no time to wait for: a key costs memory for at most its longest window after its
 * last event. Tests: tests/unit/whole/test_engine.c, test_clock.c, test_forget.c
 */
#include "engine/engine_internal.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"

void group_close(struct engine *e, struct group *g, struct key_state *s) {
    for (struct open_rule *o = s->open, *next; o; o = next) {
        next = o->next;
        matcher_clear(g->matchers[o->rule], &o->runs);
        resolver_clear(e->resolver, g->plan->rules[o->rule], &o->alerts);
        pool_give(&e->open_rules, o);
    }
    s->open = NULL;
}

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

void group_remove_empty(struct group *g) {
    for (uint32_t i = 0; i < g->nempty; i++) {
        g->empty[i]->watched = false;
        struct key_state *s = g->empty[i];
        if (!s->open && !s->queued && !s->timers && !s->window && !s->panes)
            keys_remove(g->keys, s);
    }
    g->nempty = 0;
}

static struct open_rule *insert_open(struct engine *e, struct open_rule **at, uint32_t rule,
                                     struct runs runs) {
    struct open_rule *o = pool_take(&e->open_rules);
    *o = (struct open_rule){.next = *at, .rule = rule, .runs = runs, .due = INT64_MAX};
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
    for (struct open_rule *o = s->open; o; o = o->next)
        resolver_forget(e->resolver, g->plan->rules[o->rule], &o->alerts);
    group_close(e, g, s);
    for (uint32_t i = 0; i < g->plan->nprev_cells; i++)
        value_disown(run_store_heap(e->store), &prev[i]);
    group_end_window(g, s);
}

static void touch(struct engine *e, struct group *g, struct key_state *s, int64_t at) {
    if (!g->plan->forget_ns) return;
    if (time_since(at, s->seen_at) > g->plan->forget_ns) forget(e, g, s);
    s->seen_at = at;
    if (!s->queued) due_push(&g->due, s, time_plus(at, g->longest_ns));
}

static bool is_open(const struct open_rule *o) { return o->runs.n || o->alerts.n; }

/* When the clock has something to do for the rule and key. */
static int64_t rule_due(const struct group *g, const struct open_rule *o) {
    int64_t runs = matcher_due(g->matchers[o->rule], &o->runs);
    int64_t alerts = open_alerts_due(&o->alerts);
    return runs < alerts ? runs : alerts;
}

static void set_timer(struct group *g, struct key_state *s, struct open_rule *o) {
    int64_t due = rule_due(g, o);
    if (due >= o->due) return; /* the one that is set will look again */
    o->due = due;
    timers_set(&g->timers, (struct timer){due, s, o->rule});
}

/* The queue is in order of time: what comes now goes to its end. */
void group_wake(struct group *g, struct key_state *s, int64_t now) {
    for (struct open_rule *o = s->open; o; o = o->next) set_timer(g, s, o);
    if (s->panes) group_panes_wake(g, s);
    bool waits = g->plan->forget_ns || s->open || (s->window && g->windows_ns >= 0) ||
                 (s->panes && g->lingers);
    if (!waits || g->longest_ns < 0) return;
    due_push(&g->due, s, time_plus(now, g->longest_ns));
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
        if (open && open->alerts.n) {
            struct resolve_key key = {s->values, e->prev};
            resolver_event(e->resolver, g->plan->rules[r], &open->alerts, &key, event);
        }
        matcher_event(g->matchers[r], &runs, e->prev, event);
        if (!open && !runs.n && !e->opened.n) continue;
        if (!s) {
            s = keys_make(g->keys, e->hashes[i], event->batch, event->row);
            e->made = true;
            touch(e, g, s, event->at);
            at = &s->open;
        }
        if (!open) open = insert_open(e, at, r, runs);
        if (!s->queued && g->longest_ns >= 0)
            due_push(&g->due, s, time_plus(event->at, g->longest_ns));
        open->runs = runs;
        resolver_keep(e->resolver, g->plan->rules[r], &e->opened, &open->alerts);
        if (is_open(open)) {
            set_timer(g, s, open);
            at = &open->next;
            continue;
        }
        *at = open->next;
        pool_give(&e->open_rules, open);
        if (!s->open) watch(g, s);
    }
}

/* Where alerts close by the clock: one time after the other, matches before what closes. */
static void ring_rule(struct engine *e, struct group *g, struct key_state *s, struct open_rule *o,
                      int64_t now) {
    uint32_t rule = g->plan->rules[o->rule];
    struct resolve_key key = {s->values, e->prev};
    bool closes = e->program->rules[rule].resolve != NULL;
    for (int64_t at; closes && (at = rule_due(g, o)) < now;) {
        matcher_clock(g->matchers[o->rule], &o->runs, e->prev, at + 1);
        resolver_keep(e->resolver, rule, &e->opened, &o->alerts);
        resolver_clock(e->resolver, rule, &o->alerts, &key, at);
    }
    if (!closes) matcher_clock(g->matchers[o->rule], &o->runs, e->prev, now);
}

void group_look(struct engine *e, const struct group *g, const struct key_state *s) {
    e->view.windows = g->windows;
    e->view.window = s ? s->window : NULL;
    e->view.panes.panes = g->panes;
    e->view.panes.key = s ? s->panes : NULL;
}

static void ring(struct engine *e, struct group *g, struct timer timer, int64_t now) {
    if (g->plan->forget_ns) {
        int64_t end = time_plus(timer.state->seen_at, g->plan->forget_ns);
        if (timer.due > end) forget(e, g, timer.state);
        if (now > end) now = end + 1;
    }
    if (timer.rule >= g->plan->nrules) {
        uint32_t frame = timer.rule - g->plan->nrules;
        if (group_panes_ring(e, g, timer.state, frame, now)) watch(g, timer.state);
        return;
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
    group_look(e, g, timer.state);
    ring_rule(e, g, timer.state, o, now);
    if (is_open(o)) {
        set_timer(g, timer.state, o);
        return;
    }
    *at = o->next;
    pool_give(&e->open_rules, o);
    if (!timer.state->open) watch(g, timer.state);
}

/* Everything that the clock has to do before `now`. Keys do not see each other, and alerts are put
 * in order afterwards: whose clock goes first does not matter. */
void group_ring(struct engine *e, struct group *g, int64_t now) {
    while (timers_next(&g->timers) < now) ring(e, g, timers_ring(&g->timers), now);
}

/* After matching: the row becomes the key's previous event. A value that does not change is not
 * copied again. */
static void remember(struct engine *e, struct group *g, struct key_state *s,
                     const struct event *event) {
    struct heap *heap = run_store_heap(e->store);
    struct value *cells = keys_prev(g->plan, s);
    const struct intake *in = g->in;
    for (uint32_t i = 0, n = in->plan->nprevs; i < n; i++) {
        const struct program_prev *p = &in->plan->prevs[i];
        struct value *ring = cells + p->first; /* ring[0] is the last event's */
        struct value v = in->prev_fields[i] != SCHEMA_NONE
                             ? batch_value(event->batch, event->row, in->prev_fields[i])
                             : expr_value(e->expr, p->code, event->batch, event->row, NULL);
        if (p->depth == 1 && v.type == ring[0].type && value_compare(v, ring[0]) == 0) continue;
        value_disown(heap, &ring[p->depth - 1]);
        memmove(ring + 1, ring, (p->depth - 1) * sizeof *ring);
        ring[0] = value_own(heap, v);
    }
}

/* Before matching: the windows move on to the row. `s`: NULL where nothing is kept. */
static void move_windows(struct engine *e, struct group *g, struct key_state *s,
                         const struct event *event) {
    if (g->in->windows) { /* then there is a state */
        const struct value *prev = g->plan->nprev_cells ? keys_prev(g->plan, s) : NULL;
        if (!s->window) group_begin_window(g, s);
        window_event(g->in->windows, s->window, event->batch, event->row, event->at, prev);
        s->seen_at = event->at;
        if (!s->queued && g->windows_ns >= 0)
            due_push(&g->due, s, time_plus(event->at, g->longest_ns));
    }
    if (g->panes) {
        if (group_panes_event(g, s, event)) watch(g, s);
        s->seen_at = event->at;
        if (!s->queued && g->lingers) due_push(&g->due, s, time_plus(event->at, g->longest_ns));
    }
    if (g->plan->ninputs > 1 && s && s->window) group_pass_window(g, s, event->at);
    group_look(e, g, s);
}

/* Rows of the slice that the group must look at, with their hashes; others are left out. */
static uint32_t choose_rows(struct engine *e, struct group *g, const struct batch *batch,
                            const uint32_t *live, uint32_t nlive) {
    bool all = g->in->remembers || g->in->anywhere || keys_count(g->keys);
    uint32_t predicate = g->in->plan->predicate, n = 0;
    const uint64_t *filter = predicate == NONE ? NULL : e->bits[predicate];
    for (uint32_t i = 0; i < nlive; i++) {
        uint32_t row = live[i];
        if (filter && !bit_get(filter, row)) continue;
        if (!keys_present(g->keys, batch, row)) {
            e->counters.null_keys += e->options.shard == 0;
            continue;
        }
        if (!all && !bit_get(g->in->starts, row)) continue;
        uint64_t hash = keys_hash(g->keys, batch, row);
        uint32_t shares = e->options.nshards;
        if (shares && keys_shard(hash, shares) != e->options.shard) continue;
        e->hashes[n] = hash;
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
        if (!s && g->in->remembers) s = keys_make(g->keys, e->hashes[i], batch, row);
        e->states[i] = s;
        struct event event = {batch, row, first->seq + (row - first->row), times[row]};
        if (timers_next(&g->timers) < times[row]) group_ring(e, g, times[row]);
        if (s) touch(e, g, s, times[row]);
        if (g->windows || g->panes) move_windows(e, g, s, &event);
        if (g->in->anywhere || bit_get(g->in->starts, row) || (s ? s->open != NULL : e->made))
            match_row(e, g, i, &event);
        if (g->in->plan->nprevs) remember(e, g, s, &event);
    }
}

void group_feed(struct engine *e, struct group *g, const struct batch *batch,
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
        if (is_open(o)) {
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
    return (g->windows || g->panes) && g->windows_ns >= 0;
}

/* Every key of a group that forgets stands in the queue. */
static void forget_due(struct engine *e, struct group *g, struct key_state *s, int64_t now) {
    bool gone = time_since(now, s->seen_at) > g->plan->forget_ns;
    if (gone) forget(e, g, s);
    if (gone && !s->timers) watch_gone(g, s);
    else due_push(&g->due, s, time_plus(now, g->longest_ns));
}

/* Runs of keys that have no more events end by time too. No result depends on it: a run whose
 * window has passed cannot complete. */
void group_expire(struct engine *e, struct group *g, int64_t now) {
    struct due_queue *q = &g->due;
    while (q->n && q->v[q->first].at < now) {
        struct key_state *s = q->v[q->first].state;
        due_prefetch(g);
        q->first = (q->first + 1) & (q->cap - 1);
        q->n--;
        s->queued = false;
        expire_state(e, g, s, now);
        bool lives = (s->window || s->panes) && windows_end(g) &&
                     s->seen_at > time_less(now, g->windows_ns);
        if (!lives && windows_end(g)) group_end_window(g, s);
        if (g->plan->forget_ns) forget_due(e, g, s, now);
        else if (s->open || lives) due_push(q, s, time_plus(now, g->longest_ns));
        else watch(g, s);
    }
}
