/* pool: blocks of one size. The first bytes of a block that was given back hold the address of
 * the next such block; new blocks are cut from the newest slab, and slabs grow with the pool
 * from 4 KiB to 1 MiB.
 *
 * Under AddressSanitizer every block is a slab of its own with its header in front, in a doubly
 * linked list, so that pool_fini finds the live ones:
 *
 *   slabs ─→ │newer older│ block │ ⇄ │newer older│ block │ ─→ NULL
 *
 * With OMEN_DEBUG a block that is given back is filled with 0xDD.
 *
 * Tests: tests/unit/base/test_arena.c
 */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { ALIGN = 16, SLAB_MIN = 4096, SLAB_MAX = 1 << 20, SLAB_BLOCKS_MIN = 8 };

struct pool_slab {
    struct pool_slab *older;
    struct pool_slab *newer; /* only under AddressSanitizer */
};
_Static_assert(sizeof(struct pool_slab) % ALIGN == 0, "blocks start aligned");

void pool_init(struct pool *p, size_t block_bytes) {
    if (block_bytes > PTRDIFF_MAX / 64) panic("pool: a block of %zu bytes", block_bytes);
    size_t block = (block_bytes + ALIGN - 1) / ALIGN * ALIGN;
    *p = (struct pool){.block = block ? block : ALIGN};
}

void pool_fini(struct pool *p) {
    for (struct pool_slab *s = p->slabs, *older; s; s = older) {
        older = s->older;
        free(s);
    }
    *p = (struct pool){.block = p->block};
}

static void count_taken(struct pool *p) {
    p->live++;
    if (p->live > p->peak) p->peak = p->live;
}

#ifdef __SANITIZE_ADDRESS__

void *pool_take(struct pool *p) {
    struct pool_slab *s = must_alloc(sizeof *s + p->block);
    *s = (struct pool_slab){.older = p->slabs};
    if (s->older) s->older->newer = s;
    p->slabs = s;
    p->slab_bytes += sizeof *s + p->block;
    count_taken(p);
    return s + 1;
}

void pool_give(struct pool *p, void *block) {
    if (!block) return;
    check(p->live > 0);
    struct pool_slab *s = (struct pool_slab *)block - 1;
    if (s->older) s->older->newer = s->newer;
    if (s->newer) s->newer->older = s->older;
    if (p->slabs == s) p->slabs = s->older;
    p->slab_bytes -= sizeof *s + p->block;
    p->live--;
    free(s);
}

#else

static void more(struct pool *p) {
    size_t bytes = p->slab_bytes; /* as much again as there is */
    if (bytes < SLAB_MIN) bytes = SLAB_MIN;
    if (bytes > SLAB_MAX) bytes = SLAB_MAX;
    size_t blocks = (bytes - sizeof(struct pool_slab)) / p->block;
    if (blocks < SLAB_BLOCKS_MIN) blocks = SLAB_BLOCKS_MIN;
    bytes = sizeof(struct pool_slab) + blocks * p->block;
    struct pool_slab *s = must_alloc(bytes);
    *s = (struct pool_slab){.older = p->slabs};
    p->slabs = s;
    p->slab_bytes += bytes;
    p->next = (char *)(s + 1);
    p->end = p->next + blocks * p->block;
}

void *pool_take(struct pool *p) {
    count_taken(p);
    if (p->free) {
        void *block = p->free;
        memcpy(&p->free, block, sizeof p->free);
        return block;
    }
    if (p->next == p->end) more(p);
    void *block = p->next;
    p->next += p->block;
    return block;
}

void pool_give(struct pool *p, void *block) {
    if (!block) return;
    check(p->live > 0);
#ifdef OMEN_DEBUG
    memset(block, 0xDD, p->block);
#endif
    memcpy(block, &p->free, sizeof p->free);
    p->free = block;
    p->live--;
}

#endif
