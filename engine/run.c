/* run: the store of partial matches, see run.h. */
#include "engine/run.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/pool.h"

enum { SIZES = 256 }; /* pools for blocks up to 8 KiB; a larger block is a malloc of its own */

struct run_store {
    uint32_t refs;
    struct heap *heap;
    struct pool pools[SIZES]; /* by size: one for each step, made when first wanted */
    size_t large_bytes;
    struct run_counters counters;
};

struct run_store *run_store_new(void) {
    struct run_store *s = must_zalloc(sizeof *s);
    s->refs = 1;
    s->heap = heap_new();
    return s;
}

struct run_store *run_store_hold(struct run_store *s) {
    s->refs++;
    return s;
}

void run_store_free(struct run_store **store) {
    struct run_store *s = *store;
    *store = NULL;
    if (!s || --s->refs) return;
    for (uint32_t i = 0; i < SIZES; i++)
        if (s->pools[i].block) pool_fini(&s->pools[i]);
    heap_free(&s->heap);
    free(s);
}

struct heap *run_store_heap(struct run_store *s) { return s->heap; }
struct run_counters *run_store_counters(struct run_store *s) { return &s->counters; }

size_t run_store_bytes(const struct run_store *s) {
    size_t bytes = s->large_bytes + heap_bytes(s->heap);
    for (uint32_t i = 0; i < SIZES; i++) bytes += s->pools[i].slab_bytes;
    return bytes;
}

static void *block_take(struct run_store *s, size_t bytes) {
    size_t i = (bytes + RUN_SIZE_STEP - 1) / RUN_SIZE_STEP;
    if (i >= SIZES) {
        s->large_bytes += bytes;
        return must_alloc(bytes);
    }
    if (!s->pools[i].block) pool_init(&s->pools[i], i * RUN_SIZE_STEP);
    return pool_take(&s->pools[i]);
}

static void block_give(struct run_store *s, void *block, size_t bytes) {
    size_t i = (bytes + RUN_SIZE_STEP - 1) / RUN_SIZE_STEP;
    if (i < SIZES) {
        pool_give(&s->pools[i], block);
        return;
    }
    s->large_bytes -= bytes;
    free(block);
}

struct run_layout run_layout(const struct program_rule *rule) {
    struct run_layout l;
    l.stamps_at = (uint32_t)(sizeof(struct run) + rule->ncells * sizeof(struct value));
    l.counters_at = l.stamps_at + rule->nstamps * (uint32_t)sizeof(int64_t);
    l.bytes = l.counters_at + rule->ncounters * (uint32_t)sizeof(uint32_t);
    return l;
}

/* ---- the match buffer ------------------------------------------------------------------------ */

static size_t taken_bytes(uint32_t nkept) {
    return sizeof(struct taken) + nkept * sizeof(struct value);
}

struct taken *run_append(struct run_store *s, struct run *run, uint16_t variable, uint32_t nkept) {
    struct taken *t = block_take(s, taken_bytes(nkept));
    memset(t, 0, taken_bytes(nkept));
    t->before = run->last;
    t->refs = 1;
    t->variable = variable;
    t->nkept = (uint16_t)nkept;
    run->last = t;
    return t;
}

/* One count less; an event that nobody holds any more lets go of the one before it. A loop, not a
 * recursion: chains can be long. */
static void taken_drop(struct run_store *s, struct taken *t) {
    while (t && --t->refs == 0) {
        struct taken *before = t->before;
        for (uint32_t i = 0; i < t->nkept; i++) value_disown(s->heap, &t->kept[i]);
        if (t->id.n) {
            struct value id = value_str(t->id);
            value_disown(s->heap, &id);
        }
        block_give(s, t, taken_bytes(t->nkept));
        t = before;
    }
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void count_live(struct run_store *s) {
    if (++s->counters.live > s->counters.peak) s->counters.peak = s->counters.live;
}

struct run *run_start(struct run_store *s, const struct program_rule *rule,
                      const struct run_layout *l) {
    struct run *run = block_take(s, l->bytes);
    memset(run, 0, l->bytes);
    if (rule->ncells) memcpy(run_cells(run), rule->cells, rule->ncells * sizeof(struct value));
    s->counters.started++;
    count_live(s);
    return run;
}

struct run *run_copy(struct run_store *s, const struct program_rule *rule,
                     const struct run_layout *l, const struct run *run) {
    struct run *copy = block_take(s, l->bytes);
    memcpy(copy, run, l->bytes);
    copy->next = NULL;
    copy->last->refs++;
    struct value *cells = run_cells(copy);
    for (uint32_t i = 0; i < rule->ncells; i++)
        if (cells[i].type == VALUE_STRING || cells[i].type == VALUE_LIST)
            cells[i] = value_share(cells[i]);
    return copy;
}

struct run *run_fork(struct run_store *s, const struct program_rule *rule,
                     const struct run_layout *l, struct run *run) {
    s->counters.forked++;
    count_live(s);
    return run_copy(s, rule, l, run);
}

void run_let_go(struct run_store *s, const struct program_rule *rule, const struct run_layout *l,
                struct run *run) {
    struct value *cells = run_cells(run);
    for (uint32_t i = 0; i < rule->ncells; i++)
        if (cells[i].type == VALUE_STRING || cells[i].type == VALUE_LIST)
            value_disown(s->heap, &cells[i]);
    taken_drop(s, run->last);
    block_give(s, run, l->bytes);
}

void run_end(struct run_store *s, const struct program_rule *rule, const struct run_layout *l,
             struct run *run) {
    run_let_go(s, rule, l, run);
    s->counters.live--;
}
