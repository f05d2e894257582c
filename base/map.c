/* map: from names to pointers.
 *
 *   slots    │ 0 │ 2 │ 0 │ 1 │ 3 │ 0 │ 0 │ 0 │    a power of two, at most half full; linear probing
 *                  │       │   └──────────┐
 *                  └───────┼───────┐      │          slot k holds 1 + an index into entries
 *                          ↓       ↓      ↓
 *   entries            │ first │ second │ third │    in order of insertion: walk entries[0..n)
 *
 * Nothing is ever removed. Old arrays stay in the arena when the map grows.
 *
 * Tests: tests/unit/base/test_map.c
 */
#include "base/map.h"

#include "base/hash.h"
#include "base/log.h"

enum { SLOTS_MIN = 16 };

void map_init(struct map *m, struct arena *arena) { *m = (struct map){.arena = arena}; }

/* The slot of `key`, or the free one where it belongs. The map has slots. */
static uint32_t *slot_of(const struct map *m, struct str key) {
    uint32_t mask = m->nslots - 1;
    for (uint32_t i = (uint32_t)hash64(key.p, key.n, 0) & mask;; i = (i + 1) & mask) {
        uint32_t *slot = &m->slots[i];
        if (*slot == 0 || str_equal(m->entries[*slot - 1].key, key)) return slot;
    }
}

static void grow(struct map *m) {
    if (m->nslots > UINT32_MAX / 2) panic("map: more than %u names", m->n);
    m->nslots = m->nslots ? m->nslots * 2 : SLOTS_MIN;
    m->slots = arena_array(m->arena, uint32_t, m->nslots);
    for (uint32_t e = 0; e < m->n; e++) *slot_of(m, m->entries[e].key) = e + 1;
}

void *map_get(const struct map *m, struct str key) {
    if (m->n == 0) return NULL;
    uint32_t slot = *slot_of(m, key);
    return slot ? m->entries[slot - 1].value : NULL;
}

void *map_put(struct map *m, struct str key, void *value) {
    if (m->n >= m->nslots / 2) grow(m);
    uint32_t *slot = slot_of(m, key);
    if (*slot) {
        void *old = m->entries[*slot - 1].value;
        m->entries[*slot - 1].value = value;
        return old;
    }
    struct map_entry entry = {key, value};
    arena_push(m->arena, m->entries, m->n, m->cap, entry);
    *slot = m->n;
    return NULL;
}
