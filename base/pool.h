/* pool: blocks of one size, taken and given back in any order, without malloc on the way.
 *
 *   slab  ┌──────┬──────┬──────┬─…      free ─→ block ─→ block ─→ NULL
 *         │block │block │block │
 *         └──────┴──────┴──────┴─…
 *
 * Blocks come NOT zeroed. Under AddressSanitizer each block is a malloc of its own, so that a use
 * after pool_give is seen. Out of memory stops the process with a message. One thread at a time.
 * Tests: tests/unit/base/test_arena.c
 */
#ifndef OMEN_BASE_POOL_H
#define OMEN_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool_slab;

struct pool {
    struct pool_slab *slabs;
    void *free;         /* chain of blocks given back */
    char *next, *end;   /* untouched part of the newest slab */
    size_t block;       /* bytes a block, a multiple of 16 */
    size_t live, peak;  /* blocks out now, and at most */
    size_t slab_bytes;  /* memory held */
};

void pool_init(struct pool *p, size_t block_bytes);
void pool_fini(struct pool *p); /* live blocks become invalid */
void *pool_take(struct pool *p);
void pool_give(struct pool *p, void *block); /* NULL is ignored */

#endif
