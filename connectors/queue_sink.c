/* queue_sink: see queue_sink.h.
 *
 * The lock guards `filling` and what is told across; the draining buffer and the inner sink
 * are the thread's alone. Both sides wait with a time-out, so that no lost signal can stop them.
 */
#include "connectors/queue_sink.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"

enum {
    IDLE_MS = 20,         /* between looks at the other side */
    FULL_US = 200,        /* until a slow side is asked again, at first */
    FULL_MOST_US = 5000,
    RETRY_MS = 100,       /* after a failure, at first */
    RETRY_MOST_MS = 5000,
    GRACE_MS = 500,       /* past the deadline, for a thread that is not stuck to see it */
};

struct record { /* then the texts, one behind the other */
    int64_t time_ns;
    uint32_t rule, severity, key, id, type, payload; /* lengths */
};

struct queue_sink {
    struct sink sink;
    struct sink *inner;
    struct queue_options options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t filled, drained;
    struct buf filling, draining;
    bool failing;          /* the inner sink fails, and is tried again */
    bool failed;           /* it failed for good */
    bool closing;          /* nothing more is written */
    bool handed_over;      /* all that will be is with the inner sink, which finishes */
    bool ended;            /* the thread is about to end */
    bool finished, abandoned; /* the writer's: it was waited for; in vain */
    int64_t patience_ns;   /* what is left of linger */
    int64_t deadline_ns;   /* closing: when it ends */
    char why[256];
};

static void wait_ms(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + ms * NS_PER_MS;
    until.tv_sec += ns / NS_PER_S;
    until.tv_nsec = ns % NS_PER_S;
    pthread_cond_timedwait(cond, lock, &until);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static bool given_up(struct queue_sink *q) {
    pthread_mutex_lock(&q->lock);
    bool over = q->closing && time_monotonic_ns() > q->deadline_ns;
    pthread_mutex_unlock(&q->lock);
    return over;
}

static void pause_us(int64_t us) {
    struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

static void fail(struct queue_sink *q) {
    pthread_mutex_lock(&q->lock);
    q->sink.why = q->inner->why;
    q->sink.gone = q->inner->gone;
    q->failed = true;
    pthread_cond_signal(&q->drained);
    pthread_mutex_unlock(&q->lock);
}

static void set_failing(struct queue_sink *q, bool failing) {
    pthread_mutex_lock(&q->lock);
    q->failing = failing;
    pthread_mutex_unlock(&q->lock);
}

/* Of a failure: false if it ends the sink. Else tells of the first and waits. */
static bool recover(struct queue_sink *q, int64_t *pause_ms) {
    if (!q->options.retry) {
        fail(q);
        return false;
    }
    if (*pause_ms == 0)
        log_error("%s; omen holds what it has for it, and goes on trying", q->inner->why);
    *pause_ms = *pause_ms ? *pause_ms * 2 : RETRY_MS;
    if (*pause_ms > RETRY_MOST_MS) *pause_ms = RETRY_MOST_MS;
    set_failing(q, true);
    for (int64_t ms = 0; ms < *pause_ms && !given_up(q); ms += IDLE_MS) pause_us(IDLE_MS * 1000);
    return !given_up(q);
}

static void tell_recovered(struct queue_sink *q, int64_t pause_ms) {
    if (!pause_ms) return;
    set_failing(q, false);
    log_info("%.*s: works again", STR_FMT(q->sink.name));
}

static void count(struct queue_sink *q) { q->sink.written = q->inner->written; }

/* False: it cannot be written, and never will. */
static bool write_one(struct queue_sink *q, const struct sink_message *m) {
    int64_t full_us = FULL_US, retry_ms = 0;
    for (;;) {
        enum sink_status status = q->inner->ops->write(q->inner, m);
        if (status == SINK_DONE) {
            tell_recovered(q, retry_ms);
            return true;
        }
        if (status == SINK_FULL && q->options.drop) {
            q->sink.dropped++;
            return true;
        }
        if (status == SINK_FAILED) {
            if (!recover(q, &retry_ms)) return false;
            continue;
        }
        if (given_up(q)) return false;
        if (q->inner->ops->tend) q->inner->ops->tend(q->inner);
        count(q);
        pause_us(full_us);
        if (full_us < FULL_MOST_US) full_us *= 2;
    }
}

static bool flush_inner(struct queue_sink *q) {
    int64_t retry_ms = 0;
    while (q->inner->ops->flush(q->inner) == SINK_FAILED)
        if (!recover(q, &retry_ms)) return false;
    tell_recovered(q, retry_ms);
    count(q);
    return true;
}

static struct str text_at(const char **p, uint32_t n) {
    struct str s = {*p, n};
    *p += n;
    return s;
}

static bool drain(struct queue_sink *q) {
    for (size_t at = 0; at < q->draining.n;) {
        struct record r;
        memcpy(&r, q->draining.p + at, sizeof r);
        const char *p = q->draining.p + at + sizeof r, *begin = p;
        struct sink_message m = {.time_ns = r.time_ns};
        m.rule = text_at(&p, r.rule);
        m.severity = text_at(&p, r.severity);
        m.key = text_at(&p, r.key);
        m.id = text_at(&p, r.id);
        m.type = text_at(&p, r.type);
        m.payload = text_at(&p, r.payload);
        if (!write_one(q, &m)) return false;
        at += sizeof r + (size_t)(p - begin);
    }
    buf_reset(&q->draining);
    return flush_inner(q);
}

/* What was taken and has not gone to the inner sink, or waits there, is all written. */
static bool done(struct queue_sink *q) {
    count(q);
    return sink_waiting(&q->sink) == 0;
}

static void end(struct queue_sink *q) {
    pthread_mutex_lock(&q->lock);
    q->handed_over = true;
    pthread_mutex_unlock(&q->lock);
    if (q->inner->ops->finish) q->inner->ops->finish(q->inner);
    pthread_mutex_lock(&q->lock);
    q->ended = true;
    pthread_cond_signal(&q->drained);
    pthread_mutex_unlock(&q->lock);
}

static void *run(void *context) {
    struct queue_sink *q = context;
    bool fine = true;
    while (fine) {
        pthread_mutex_lock(&q->lock);
        if (!q->filling.n && !q->closing) wait_ms(&q->filled, &q->lock, IDLE_MS);
        struct buf full = q->filling;
        q->filling = q->draining;
        q->draining = full;
        bool closing = q->closing;
        pthread_cond_signal(&q->drained);
        pthread_mutex_unlock(&q->lock);
        if (q->draining.n) fine = drain(q);
        else if (q->inner->ops->tend) q->inner->ops->tend(q->inner);
        if (closing && !q->filling.n) {
            if (done(q) || given_up(q)) break;
            pause_us(1000);
        }
        count(q);
    }
    end(q);
    return NULL;
}

/* ---- the writer ------------------------------------------------------------------------------ */

/* With the lock, which is given up meanwhile. True: a stop is wanted. */
static bool wait_a_little(struct queue_sink *q) {
    wait_ms(&q->drained, &q->lock, IDLE_MS);
    if (!q->options.waiting) return false;
    pthread_mutex_unlock(&q->lock);
    bool stops = q->options.waiting(q->options.context);
    pthread_mutex_lock(&q->lock);
    return stops;
}

/* Waits for room for so many bytes. SINK_FULL: there is none, and waiting is over. */
static enum sink_status make_room(struct queue_sink *q, size_t bytes) {
    while (q->filling.n && q->filling.n + bytes > q->options.bytes && !q->failed) {
        if (q->patience_ns <= 0 || (q->failing && q->options.drop)) return SINK_FULL;
        int64_t began_ns = time_monotonic_ns();
        if (wait_a_little(q)) q->patience_ns -= time_monotonic_ns() - began_ns;
    }
    return q->failed ? SINK_FAILED : SINK_DONE;
}

static enum sink_status write_message(struct sink *sink, const struct sink_message *m) {
    struct queue_sink *q = (struct queue_sink *)sink;
    struct record r = {m->time_ns, (uint32_t)m->rule.n, (uint32_t)m->severity.n,
                       (uint32_t)m->key.n, (uint32_t)m->id.n, (uint32_t)m->type.n,
                       (uint32_t)m->payload.n};
    size_t bytes = sizeof r + m->rule.n + m->severity.n + m->key.n + m->id.n + m->type.n +
                   m->payload.n;
    pthread_mutex_lock(&q->lock);
    enum sink_status status = make_room(q, bytes);
    if (status == SINK_DONE) {
        bool first = !q->filling.n;
        buf_add(&q->filling, &r, sizeof r);
        buf_str(&q->filling, m->rule);
        buf_str(&q->filling, m->severity);
        buf_str(&q->filling, m->key);
        buf_str(&q->filling, m->id);
        buf_str(&q->filling, m->type);
        buf_str(&q->filling, m->payload);
        if (first) pthread_cond_signal(&q->filled);
    } else if (status == SINK_FULL && q->options.drop) {
        sink->dropped++;
        status = SINK_DONE;
    }
    pthread_mutex_unlock(&q->lock);
    return status;
}

/* The thread hands on what it gets by itself. */
static enum sink_status flush(struct sink *sink) {
    struct queue_sink *q = (struct queue_sink *)sink;
    pthread_mutex_lock(&q->lock);
    enum sink_status status = q->failed ? SINK_FAILED : SINK_DONE;
    pthread_mutex_unlock(&q->lock);
    return status;
}

static void last(struct sink *sink) {
    struct queue_sink *q = (struct queue_sink *)sink;
    pthread_mutex_lock(&q->lock);
    if (!q->closing) q->deadline_ns = time_monotonic_ns() + q->patience_ns;
    q->closing = true;
    pthread_cond_signal(&q->filled);
    pthread_mutex_unlock(&q->lock);
}

/* False: the thread is stuck. */
static bool join(struct queue_sink *q) {
    pthread_mutex_lock(&q->lock);
    int64_t until_ns = q->deadline_ns + GRACE_MS * NS_PER_MS;
    while (!q->ended && (q->handed_over || time_monotonic_ns() < until_ns)) wait_a_little(q);
    bool ended = q->ended;
    pthread_mutex_unlock(&q->lock);
    if (ended) pthread_join(q->thread, NULL);
    else pthread_detach(q->thread);
    return ended;
}

static enum sink_status finish(struct sink *sink) {
    struct queue_sink *q = (struct queue_sink *)sink;
    if (q->finished) return q->failed || sink->lost ? SINK_FAILED : SINK_DONE;
    last(sink);
    q->finished = true;
    q->abandoned = !join(q);
    count(q);
    sink->lost += sink_waiting(sink);
    if (!sink->lost || q->failed) return q->failed ? SINK_FAILED : SINK_DONE;
    snprintf(q->why, sizeof q->why, "%.*s: %llu were not taken in time and are lost",
             STR_FMT(sink->name), (unsigned long long)sink->lost);
    sink->why = q->why;
    return SINK_FAILED;
}

static void close_sink(struct sink *sink) {
    struct queue_sink *q = (struct queue_sink *)sink;
    finish(sink);
    if (q->abandoned) return;
    q->inner->ops->close(q->inner);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->filled);
    pthread_cond_destroy(&q->drained);
    buf_fini(&q->filling);
    buf_fini(&q->draining);
    free(q);
}

static const struct sink_ops ops = {
    .write = write_message, .flush = flush, .last = last, .finish = finish, .close = close_sink};

/* Signals are for who started us. */
static void start(struct queue_sink *q) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&q->thread, NULL, run, q) != 0)
        panic("%.*s: no thread can be made for it", STR_FMT(q->sink.name));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct sink *queue_sink_new(struct sink *inner, const struct queue_options *options) {
    struct queue_sink *q = must_zalloc(sizeof *q);
    pthread_condattr_t monotonic;
    q->sink = (struct sink){.ops = &ops, .name = inner->name};
    q->inner = inner;
    q->options = *options;
    q->patience_ns = options->linger_ns;
    buf_init(&q->filling);
    buf_init(&q->draining);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->filled, &monotonic);
    pthread_cond_init(&q->drained, &monotonic);
    pthread_condattr_destroy(&monotonic);
    start(q);
    return &q->sink;
}
