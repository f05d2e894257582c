/* reader: see reader.h. */
#include "engine/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"

struct reader {
    struct source *source;
    struct batch_pool *pool;
    struct bell *bell;
    pthread_t thread;

    /* of the bell's lock */
    struct arrival ring[READER_RING];
    uint32_t first, n;
    bool halted;
    const struct schema *wanted; /* NULL: no other */

    /* of the thread */
    uint32_t batch_rows;
    struct letter *letters, **last;
    size_t letter_bytes;
    struct source_counters told; /* with the last arrival */

    bool joined;
};

/* ---- the bell -------------------------------------------------------------------------------- */

void bell_init(struct bell *bell) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&bell->lock, NULL);
    pthread_cond_init(&bell->arrived, &monotonic);
    pthread_cond_init(&bell->room, &monotonic);
    pthread_condattr_destroy(&monotonic);
    bell->rung = false;
}

void bell_fini(struct bell *bell) {
    pthread_cond_destroy(&bell->arrived);
    pthread_cond_destroy(&bell->room);
    pthread_mutex_destroy(&bell->lock);
}

void bell_wait(struct bell *bell, int ms) {
    struct timespec until;
    int64_t at = time_monotonic_ns() + ms * NS_PER_MS;
    until.tv_sec = (time_t)(at / NS_PER_S);
    until.tv_nsec = (long)(at % NS_PER_S);
    pthread_mutex_lock(&bell->lock);
    while (!bell->rung) {
        if (ms < 0) pthread_cond_wait(&bell->arrived, &bell->lock);
        else if (pthread_cond_timedwait(&bell->arrived, &bell->lock, &until) == ETIMEDOUT) break;
    }
    bell->rung = false;
    pthread_mutex_unlock(&bell->lock);
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Until there is room, or for SOURCE_WAIT_MS. With the lock. */
static void wait_for_room(struct reader *r) {
    struct timespec until;
    int64_t at = time_monotonic_ns() + SOURCE_WAIT_MS * NS_PER_MS;
    until.tv_sec = (time_t)(at / NS_PER_S);
    until.tv_nsec = (long)(at % NS_PER_S);
    pthread_cond_timedwait(&r->bell->room, &r->bell->lock, &until);
}

/* Waits for room, and looks after the source meanwhile. False: halted, and nothing was put. */
static bool put(struct reader *r, enum source_status status, struct batch *batch) {
    struct arrival a = {status,
                        batch,
                        r->source->assigned,
                        r->letters,
                        r->source->counters,
                        r->source->schema,
                        time_monotonic_ns()};
    pthread_mutex_lock(&r->bell->lock);
    while (r->n == READER_RING && !r->halted) {
        wait_for_room(r);
        if (r->n < READER_RING || r->halted || !r->source->ops->tend) continue;
        pthread_mutex_unlock(&r->bell->lock);
        r->source->ops->tend(r->source);
        pthread_mutex_lock(&r->bell->lock);
    }
    bool goes = !r->halted;
    if (goes) {
        r->told = a.counters;
        r->source->assigned = NULL;
        r->ring[(r->first + r->n++) % READER_RING] = a;
        r->letters = NULL;
        r->last = &r->letters;
        r->letter_bytes = 0;
        r->bell->rung = true;
        pthread_cond_signal(&r->bell->arrived);
    }
    pthread_mutex_unlock(&r->bell->lock);
    return goes;
}

static bool halted(struct reader *r) {
    pthread_mutex_lock(&r->bell->lock);
    bool is = r->halted;
    pthread_mutex_unlock(&r->bell->lock);
    return is;
}

/* Called by the source, in the middle of next. */
static void on_letter(void *context, const struct dead_letter *from) {
    struct reader *r = context;
    struct letter *l = letter_copy(from);
    *r->last = l;
    r->last = &l->next;
    r->letter_bytes += letter_bytes(l);
    if (r->letter_bytes >= READER_LETTERS) put(r, SOURCE_NOTHING, NULL);
}

/* Letters, or counters that have changed: a lag that has gone is news too. */
static bool news(const struct reader *r) {
    return r->letters || memcmp(&r->told, &r->source->counters, sizeof r->told) != 0;
}

static void make_pool(struct reader *r) {
    r->pool = batch_pool_new(r->source->schema, r->source->stream, r->batch_rows, false);
}

static const struct schema *wanted(struct reader *r) {
    pthread_mutex_lock(&r->bell->lock);
    const struct schema *schema = r->wanted;
    r->wanted = NULL;
    pthread_mutex_unlock(&r->bell->lock);
    return schema;
}

static void follow(struct reader *r, const struct schema *schema) {
    r->source->ops->follow(r->source, schema);
    batch_pool_free(&r->pool);
    make_pool(r);
    put(r, SOURCE_NOTHING, NULL);
}

static void *thread(void *context) {
    struct reader *r = context;
    struct batch *batch = NULL;
    const struct schema *schema;
    bool on = true;
    while (on && !halted(r)) {
        if ((schema = wanted(r))) {
            batch_drop(batch);
            batch = NULL;
            follow(r, schema);
        }
        if (!batch) batch = batch_pool_take(r->pool);
        enum source_status status = r->source->ops->next(r->source, batch);
        bool rows = status == SOURCE_BATCH;
        on = rows || status == SOURCE_ASSIGNED || status == SOURCE_NOTHING;
        if (status == SOURCE_NOTHING && !news(r)) continue;
        if (put(r, status, rows ? batch : NULL) && rows) batch = NULL;
    }
    free(r->source->assigned); /* halted before it was put */
    r->source->assigned = NULL;
    batch_drop(batch);
    letters_free(r->letters);
    return NULL;
}

/* ---- outside --------------------------------------------------------------------------------- */

struct reader *reader_start(struct source *source, uint32_t batch_rows, struct bell *bell) {
    struct reader *r = must_zalloc(sizeof *r);
    r->source = source;
    r->bell = bell;
    r->last = &r->letters;
    r->batch_rows = batch_rows;
    make_pool(r);
    source->dead_letter = on_letter;
    source->dead_letter_context = r;
    int fault = pthread_create(&r->thread, NULL, thread, r);
    if (fault) panic("no thread for %.*s: %s", STR_FMT(source->name), strerror(fault));
    return r;
}

bool reader_take(struct reader *r, struct arrival *arrival) {
    pthread_mutex_lock(&r->bell->lock);
    bool there = r->n > 0;
    if (there) {
        *arrival = r->ring[r->first];
        r->first = (r->first + 1) % READER_RING;
        r->n--;
        pthread_cond_broadcast(&r->bell->room);
    }
    pthread_mutex_unlock(&r->bell->lock);
    return there;
}

void reader_follow(struct reader *r, const struct schema *schema) {
    pthread_mutex_lock(&r->bell->lock);
    r->wanted = schema;
    pthread_mutex_unlock(&r->bell->lock);
}

bool reader_empty(const struct reader *r) {
    pthread_mutex_lock(&r->bell->lock);
    bool empty = r->n == 0;
    pthread_mutex_unlock(&r->bell->lock);
    return empty;
}

void reader_halt(struct reader *r) {
    pthread_mutex_lock(&r->bell->lock);
    r->halted = true;
    pthread_cond_broadcast(&r->bell->room);
    pthread_mutex_unlock(&r->bell->lock);
}

void reader_join(struct reader *r) {
    if (r->joined) return;
    reader_halt(r);
    pthread_join(r->thread, NULL);
    r->joined = true;
}

void reader_free(struct reader **reader) {
    struct reader *r = *reader;
    struct arrival a;
    if (!r) return;
    reader_join(r);
    while (reader_take(r, &a)) {
        batch_drop(a.batch);
        free(a.assigned);
        letters_free(a.letters);
    }
    batch_pool_free(&r->pool);
    free(r);
    *reader = NULL;
}
