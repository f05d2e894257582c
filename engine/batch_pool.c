/* batch_pool: see batch_pool.h. */
#include "engine/batch_pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"

struct batch_pool {
    pthread_mutex_t lock; /* of free, nfree, out and closed */
    struct batch *free;
    uint32_t nfree, out;
    bool closed; /* whoever takes is gone */
    const struct schema *schema;
    uint32_t stream, rows;
    bool mixed;
};

struct batch_pool *batch_pool_new(const struct schema *schema, uint32_t stream, uint32_t rows,
                                  bool mixed) {
    struct batch_pool *p = must_zalloc(sizeof *p);
    *p = (struct batch_pool){.schema = schema, .stream = stream, .rows = rows, .mixed = mixed};
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

static void destroy(struct batch_pool *p) {
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void batch_pool_free(struct batch_pool **pool) {
    struct batch_pool *p = *pool;
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    struct batch *b = p->free;
    bool last = p->out == 0;
    p->closed = true;
    pthread_mutex_unlock(&p->lock);
    for (struct batch *next; b; b = next) {
        next = b->next_free;
        batch_free(&b);
    }
    if (last) destroy(p);
    *pool = NULL;
}

struct batch *batch_pool_take(struct batch_pool *p) {
    pthread_mutex_lock(&p->lock);
    struct batch *b = p->free;
    p->out++;
    if (b) {
        p->free = b->next_free;
        p->nfree--;
    }
    pthread_mutex_unlock(&p->lock);
    if (b) {
        batch_reset(b);
    } else {
        b = batch_new(p->schema, p->stream, p->rows);
        b->pool = p;
        if (p->mixed) b->partitions = must_zalloc(p->rows * sizeof *b->partitions);
    }
    b->holders = 1;
    b->opened = 0;
    return b;
}

void batch_hold(struct batch *b) { __atomic_fetch_add(&b->holders, 1, __ATOMIC_RELAXED); }

void batch_drop(struct batch *b) {
    if (!b || __atomic_fetch_sub(&b->holders, 1, __ATOMIC_ACQ_REL) != 1) return;
    struct batch_pool *p = b->pool;
    pthread_mutex_lock(&p->lock);
    bool keep = p->nfree < BATCH_POOL_FREE && !p->closed, last = --p->out == 0 && p->closed;
    if (keep) {
        b->next_free = p->free;
        p->free = b;
        p->nfree++;
    }
    pthread_mutex_unlock(&p->lock);
    if (!keep) batch_free(&b);
    if (last) destroy(p);
}
