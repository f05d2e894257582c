/* map: from names to pointers, for compilers and configuration. Open addressing, linear probing;
 * iteration is in order of insertion, so that nothing that is printed depends on a hash. Keys are
 * not copied: they must live as long as the map. Memory comes from the arena given at init. One
 * thread at a time. Tests: tests/unit/base/test_map.c
 */
#ifndef OMEN_BASE_MAP_H
#define OMEN_BASE_MAP_H

#include "base/arena.h"

struct map_entry {
    struct str key;
    void *value;
};

struct map {
    struct arena *arena;
    struct map_entry *entries; /* in order of insertion */
    uint32_t *slots;           /* index + 1 into entries; 0 = free */
    uint32_t n, cap, nslots;
};

void map_init(struct map *m, struct arena *arena);
void *map_get(const struct map *m, struct str key);            /* NULL if absent */
void *map_put(struct map *m, struct str key,
              void *value); /* returns the value it replaced, or NULL */

#endif
