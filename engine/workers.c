/* workers: see workers.h.
 *
 * The ring is one array of tasks. `published` counts tasks given out, `done` of each worker those
 * that it has finished, `collected` those whose alerts have left: a task is free when it has been
 * collected. Both sides look for a while before they sleep, since the other is a few microseconds
 * away when there is work; sleeping is guarded by the lock, so that no wake-up is lost.
 */
#include "engine/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/batch_pool.h"
#include "engine/carry.h"
#include "engine/engine_internal.h"

enum { LOOKS = 2000, SHORTEST_PART = 64 };

/* A batch, and what its predicates say. Several threads fill it in: a ticket is a predicate of its
 * stream, then an input of a group. */
struct open_batch {
    struct batch *batch;
    uint32_t tasks;   /* main: that are about it */
    bool current;     /* main: of its stream */
    uint64_t *words;  /* WORDS for each predicate, then for each input of a group */
    uint64_t **bits;  /* by predicate */
    uint32_t *predicates, npredicates; /* those of the stream */
    _Atomic uint32_t next, evaluated;  /* predicates */
    _Atomic uint32_t next_group, started;
};

struct task {
    struct open_batch *opened; /* NULL: time passes */
    struct part part;
    uint32_t live[BATCH_MAX_ROWS];
};

struct worker {
    struct workers *all;
    struct engine *engine;
    struct alert_queue *queues[WORKERS_TASKS]; /* by place in the ring; [0] is the engine's own */
    struct open_batch **seen; /* by stream: whose bits the engine looks at */
    pthread_t thread;
    _Atomic uint64_t done;
};

struct workers {
    struct program *program;
    struct engine_options options;
    struct engine *main;
    struct worker *v;
    uint32_t n; /* 0: main does everything */
    uint32_t *input_first; /* by group: the number of its first input among all */
    uint32_t ninputs;
    struct open_batch *opened; /* a pool */
    uint32_t nopened;
    struct open_batch **current; /* by stream */
    struct task tasks[WORKERS_TASKS];
    _Atomic uint64_t published;
    uint64_t collected;
    bool leaving; /* alerts are: who looks on in the middle of one finds nobody at work */
    uint32_t part; /* rows of the next part at most */
    _Atomic bool ending;
    pthread_mutex_t lock;
    pthread_cond_t given, finished;
};

/* ---- waiting --------------------------------------------------------------------------------- */

static void pause_a_little(void) { __builtin_ia32_pause(); }

/* Until more than `seen` tasks are published. False: it is over. */
static bool wait_for_task(struct workers *w, uint64_t seen) {
    for (uint32_t i = 0; i < LOOKS; i++, pause_a_little())
        if (atomic_load(&w->published) > seen) return true;
    pthread_mutex_lock(&w->lock);
    while (atomic_load(&w->published) <= seen && !w->ending)
        pthread_cond_wait(&w->given, &w->lock);
    bool there = atomic_load(&w->published) > seen;
    pthread_mutex_unlock(&w->lock);
    return there;
}

static bool all_done(const struct workers *w, uint64_t task) {
    for (uint32_t i = 0; i < w->n; i++)
        if (atomic_load(&w->v[i].done) <= task) return false;
    return true;
}

static void wait_for_all(struct workers *w, uint64_t task) {
    for (uint32_t i = 0; i < LOOKS; i++, pause_a_little())
        if (all_done(w, task)) return;
    pthread_mutex_lock(&w->lock);
    while (!all_done(w, task)) pthread_cond_wait(&w->finished, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

/* The change has been made; who sleeps looks again. */
static void wake(struct workers *w, pthread_cond_t *cond) {
    pthread_mutex_lock(&w->lock);
    pthread_cond_broadcast(cond);
    pthread_mutex_unlock(&w->lock);
}

/* ---- predicates of a batch, together --------------------------------------------------------- */

static uint32_t words_of(const struct open_batch *o) { return (o->batch->n + 63) / 64; }

static void evaluate_some(struct worker *me, struct open_batch *o) {
    for (uint32_t i; (i = atomic_fetch_add(&o->next, 1)) < o->npredicates;) {
        uint32_t p = o->predicates[i];
        expr_predicate(me->engine->expr, me->all->program->predicates[p].code, o->batch, 0,
                       o->batch->n, o->bits[p]);
        expr_reset(me->engine->expr);
        atomic_fetch_add(&o->evaluated, 1);
    }
    while (atomic_load(&o->evaluated) < o->npredicates) sched_yield();
}

static void start_some(struct worker *me, struct open_batch *o) {
    const struct program *p = me->all->program;
    for (uint32_t i; (i = atomic_fetch_add(&o->next_group, 1)) < p->ngroups;) {
        const struct program_group *g = &p->groups[i];
        for (uint32_t k = 0; k < g->ninputs; k++) {
            uint32_t at = p->npredicates + me->all->input_first[i] + k;
            if (g->inputs[k].stream == o->batch->stream)
                collect_starts(p, g, k, o->bits, words_of(o), o->words + (size_t)at * WORDS);
        }
        atomic_fetch_add(&o->started, 1);
    }
    while (atomic_load(&o->started) < p->ngroups) sched_yield();
}

/* The engine looks at these bits from now on, for the batch's stream. */
static void look_at(const struct workers *w, struct engine *e, const struct open_batch *o) {
    const struct program *p = w->program;
    for (uint32_t i = 0; i < o->npredicates; i++)
        e->bits[o->predicates[i]] = o->bits[o->predicates[i]];
    for (uint32_t i = 0; i < p->ngroups; i++)
        for (uint32_t k = 0; k < p->groups[i].ninputs; k++) {
            uint32_t at = p->npredicates + w->input_first[i] + k;
            if (p->groups[i].inputs[k].stream == o->batch->stream)
                e->groups[i].intakes[k].starts = o->words + (size_t)at * WORDS;
        }
}

/* ---- a worker -------------------------------------------------------------------------------- */

static void work(struct worker *me, uint64_t number) {
    struct task *t = &me->all->tasks[number % WORKERS_TASKS];
    struct engine *e = me->engine;
    if (t->opened) {
        evaluate_some(me, t->opened);
        start_some(me, t->opened);
        struct open_batch **seen = &me->seen[t->part.batch->stream];
        if (*seen != t->opened) look_at(me->all, e, t->opened);
        *seen = t->opened;
    }
    e->queue = me->queues[number % WORKERS_TASKS];
    part_lower(e, &t->part);
    gate_forget(e->gate, e->now);
    e->part_first.batch = NULL;
}

static void *run(void *context) {
    struct worker *me = context;
    for (uint64_t number = 0; wait_for_task(me->all, number); number++) {
        work(me, number);
        atomic_store(&me->done, number + 1);
        wake(me->all, &me->all->finished);
    }
    return NULL;
}

/* ---- collecting ------------------------------------------------------------------------------ */

/* Alerts of all workers stand in main's queue; which of them feed rules is said in their order. */
static void gather(struct workers *w, uint32_t place) {
    struct engine *e = w->main;
    for (uint32_t i = 0; i < w->n; i++) alert_queue_adopt(e->queue, w->v[i].queues[place]);
    uint32_t n = e->derived ? alert_queue_sort(e->queue) : 0;
    for (uint32_t i = 0; i < n; i++) {
        struct alert_entry entry = alert_queue_at(e->queue, i);
        uint32_t rule = (uint32_t)(entry.alert->rule - w->program->rules);
        if (!entry.alert->timed_out)
            alert_queue_feed(e->queue, i,
                             derived_admits(e->derived, rule, entry.now, entry.outside));
    }
}

static void let_go(struct open_batch *o) {
    if (o->tasks || o->current) return;
    batch_drop(o->batch);
    o->batch = NULL;
}

/* The oldest task: waits until all have done it. Its alerts leave. */
static void collect(struct workers *w) {
    uint32_t place = w->collected % WORKERS_TASKS;
    struct task *t = &w->tasks[place];
    struct engine *e = w->main;
    size_t bytes = 0;
    wait_for_all(w, w->collected);
    for (uint32_t i = 0; i < w->n; i++) bytes += alert_queue_bytes(w->v[i].queues[place]);
    gather(w, place);
    if (t->opened && e->derived) look_at(w, e, t->opened);
    e->part_first = (struct event){t->part.batch, t->part.first, e->seq + 1, 0};
    e->seq += t->part.n;
    part_upper(e, &t->part);
    gate_forget(e->gate, t->part.now);
    w->leaving = true;
    e->counters.alerts += alert_queue_flush(e->queue, e->options.alert, e->options.alert_context);
    w->leaving = false;
    for (uint32_t i = 0; i < w->n; i++) alert_queue_clear(w->v[i].queues[place]);
    if (t->opened) {
        t->opened->tasks--;
        let_go(t->opened);
    }
    w->collected++;
    if (bytes > QUEUE_BYTES && w->part > SHORTEST_PART) w->part /= 2;
    else if (bytes <= QUEUE_BYTES / 4 && w->part < BATCH_MAX_ROWS) w->part *= 2;
}

/* A free place in the ring; what is done already leaves first. */
static struct task *next_task(struct workers *w) {
    uint64_t published = atomic_load(&w->published);
    while (w->collected < published &&
           (published - w->collected == WORKERS_TASKS || all_done(w, w->collected)))
        collect(w);
    return &w->tasks[published % WORKERS_TASKS];
}

static void publish(struct workers *w) {
    atomic_fetch_add(&w->published, 1);
    wake(w, &w->given);
}

void workers_settle(struct workers *w) {
    if (w->leaving) {
        wait_for_all(w, atomic_load(&w->published) - 1);
        return;
    }
    while (w->n && w->collected < atomic_load(&w->published)) collect(w);
}

/* ---- main ------------------------------------------------------------------------------------ */

static struct open_batch *unused(struct workers *w) {
    for (;;) {
        for (uint32_t i = 0; i < w->nopened; i++)
            if (!w->opened[i].batch) return &w->opened[i];
        collect(w); /* there are more than streams: a task holds one */
    }
}

void workers_open(struct workers *w, struct batch *batch) {
    if (!w->n) {
        engine_open(w->main, batch);
        return;
    }
    struct open_batch *old = w->current[batch->stream];
    if (old) {
        old->current = false;
        let_go(old);
    }
    for (uint32_t i = 0; i < w->nopened; i++)
        if (w->opened[i].batch == batch) workers_settle(w); /* nobody reads it any more */
    struct open_batch *o = w->current[batch->stream] = unused(w);
    batch_compute(w->main, batch);
    batch_hold(batch);
    o->batch = batch;
    o->current = true;
    o->npredicates = 0;
    for (uint32_t i = 0; i < w->program->npredicates; i++)
        if (w->program->predicates[i].stream == batch->stream)
            o->predicates[o->npredicates++] = i;
    o->next = o->evaluated = o->next_group = o->started = 0;
}

void workers_feed(struct workers *w, struct batch *batch, uint32_t first, uint32_t n) {
    if (!w->n) {
        engine_feed(w->main, batch, first, n);
        return;
    }
    while (n) {
        uint32_t rows = n < w->part ? n : w->part;
        struct task *t = next_task(w);
        t->part = part_of_rows(w->main, batch, first, rows, t->live);
        t->opened = w->current[batch->stream];
        t->opened->tasks++;
        publish(w);
        first += rows;
        n -= rows;
    }
}

static void pass_time(struct workers *w, int64_t until) {
    struct task *t = next_task(w);
    t->opened = NULL;
    t->part = (struct part){.now = w->main->now, .until = until};
    publish(w);
    workers_settle(w);
}

void workers_advance(struct workers *w, int64_t ns) {
    struct engine *e = w->main;
    if (!w->n) {
        engine_advance(e, ns);
        return;
    }
    if (ns <= e->now) return;
    e->now = ns;
    for (uint32_t i = 0; i < w->program->nstreams; i++) e->newest[i] = ns;
    pass_time(w, ns);
}

void workers_finish(struct workers *w, bool drain) {
    struct engine *e = w->main;
    if (!w->n) engine_finish(e, drain);
    else if (e->now == INT64_MIN && !drain) workers_settle(w); /* no event: no time */
    else pass_time(w, drain ? INT64_MAX : e->now + 1);
}

/* ---- making ---------------------------------------------------------------------------------- */

static void opened_init(struct workers *w, struct open_batch *o) {
    uint32_t n = w->program->npredicates;
    o->words = must_zalloc(((size_t)n + w->ninputs + 1) * WORDS * sizeof *o->words);
    o->bits = must_zalloc((n + 1) * sizeof *o->bits);
    o->predicates = must_zalloc((n + 1) * sizeof *o->predicates);
    for (uint32_t i = 0; i < n; i++) o->bits[i] = o->words + (size_t)i * WORDS;
}

static bool worker_init(struct workers *w, uint32_t i, struct engine_options options,
                        const char **why) {
    struct worker *me = &w->v[i];
    options.shard = i;
    options.nshards = w->n;
    options.alert = NULL;
    options.late = NULL;
    me->all = w;
    me->seen = must_zalloc((w->program->nstreams + 1) * sizeof *me->seen);
    me->engine = engine_new(w->program, &options, why);
    if (!me->engine) return false;
    derived_free(&me->engine->derived); /* main's affair */
    me->queues[0] = me->engine->queue;
    for (uint32_t k = 1; k < WORKERS_TASKS; k++) {
        me->queues[k] = alert_queue_new(w->program, me->engine->expr);
        alert_queue_windows(me->queues[k], &me->engine->view);
    }
    return true;
}

/* `was`: whose state it will carry; NULL. */
static bool start(struct workers *w, uint32_t n, struct engine_options options,
                  const struct workers *was, const char **why) {
    w->n = n;
    w->v = must_zalloc(n * sizeof *w->v);
    w->input_first = must_zalloc((w->program->ngroups + 1) * sizeof *w->input_first);
    for (uint32_t i = 0; i < w->program->ngroups; i++) {
        w->input_first[i] = w->ninputs;
        w->ninputs += w->program->groups[i].ninputs;
    }
    w->nopened = w->program->nstreams + WORKERS_TASKS;
    w->opened = must_zalloc(w->nopened * sizeof *w->opened);
    w->current = must_zalloc((w->program->nstreams + 1) * sizeof *w->current);
    for (uint32_t i = 0; i < w->nopened; i++) opened_init(w, &w->opened[i]);
    for (uint32_t i = 0; i < n; i++) {
        if (was) options.store = was->v[i].engine->store;
        if (!worker_init(w, i, options, why)) return false;
    }
    sigset_t all, old; /* signals are for those who wait for them */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    for (uint32_t i = 0; i < n; i++)
        if (pthread_create(&w->v[i].thread, NULL, run, &w->v[i]) != 0)
            panic("no thread for worker %u of %u", i + 1, n);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return true;
}

static struct workers *make(struct program *program, const struct engine_options *options,
                            uint32_t n, const struct workers *was, const char **why) {
    struct workers *w = must_zalloc(sizeof *w);
    struct engine_options shared = *options;
    check(n >= 1 && n <= WORKERS_MOST);
    shared.seed = (uint64_t)(uintptr_t)w | 1;
    w->program = program_hold(program);
    w->options = *options;
    w->part = BATCH_MAX_ROWS;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->given, NULL);
    pthread_cond_init(&w->finished, NULL);
    if (was) shared.store = was->main->store;
    w->main = engine_new(program, &shared, why);
    if (!w->main || (n > 1 && !start(w, n, shared, was, why))) workers_free(&w);
    return w;
}

struct workers *workers_new(struct program *program, const struct engine_options *options,
                            uint32_t n, const char **why) {
    return make(program, options, n, NULL, why);
}

bool workers_renew(struct workers **workers, const struct carry *carry,
                   struct carry_count *counts, const char **why) {
    struct workers *was = *workers;
    workers_settle(was);
    struct workers *w = make(carry->now, &was->options, was->n ? was->n : 1, was, why);
    if (!w) return false;
    w->part = was->part;
    for (uint32_t i = 0; i < workers_count(w); i++)
        engine_carry(workers_engine(w, i), workers_engine(was, i), carry, counts);
    workers_free(&was);
    *workers = w;
    return true;
}

static void worker_fini(struct worker *me) {
    if (me->thread) pthread_join(me->thread, NULL);
    free(me->seen);
    if (!me->engine) return;
    me->engine->queue = me->queues[0];
    for (uint32_t k = 1; k < WORKERS_TASKS; k++) alert_queue_free(&me->queues[k]);
    engine_free(&me->engine);
}

void workers_free(struct workers **workers) {
    struct workers *w = *workers;
    if (!w) return;
    workers_settle(w);
    w->ending = true;
    wake(w, &w->given);
    for (uint32_t i = 0; i < w->n; i++) worker_fini(&w->v[i]);
    for (uint32_t i = 0; i < w->nopened; i++) {
        batch_drop(w->opened[i].batch);
        free(w->opened[i].words);
        free(w->opened[i].bits);
        free(w->opened[i].predicates);
    }
    engine_free(&w->main);
    free(w->opened);
    free(w->current);
    free(w->input_first);
    free(w->v);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->given);
    pthread_cond_destroy(&w->finished);
    program_drop(&w->program);
    free(w);
    *workers = NULL;
}

/* ---- seen from outside ----------------------------------------------------------------------- */

uint32_t workers_count(const struct workers *w) { return w->n + 1; }
struct engine *workers_engine(struct workers *w, uint32_t i) {
    return i ? w->v[i - 1].engine : w->main;
}

int64_t workers_due(struct workers *w) {
    int64_t due = INT64_MAX;
    workers_settle(w);
    for (uint32_t i = 0; i < workers_count(w); i++) {
        int64_t each = engine_due(workers_engine(w, i));
        if (each < due) due = each;
    }
    return due;
}

void workers_table(struct workers *w, uint32_t table, struct table *now) {
    workers_settle(w);
    for (uint32_t i = 0; i < workers_count(w); i++) engine_table(workers_engine(w, i), table, now);
}
