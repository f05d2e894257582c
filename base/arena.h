/* arena: memory with one lifetime. Blocks are cut from chunks that double up to 1 MiB; everything
 * is released together. Allocation failure stops the process with a message: an arena is for memory
 * whose size the caller has bounded.
 *
 * Memory comes back zeroed, aligned to 16. Under AddressSanitizer the gaps are poisoned.
 * One thread at a time. Tests: tests/unit/base/test_arena.c
 */
#ifndef OMEN_BASE_ARENA_H
#define OMEN_BASE_ARENA_H

#include "base/str.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks; /* newest first */
    char *next, *end;           /* free part of the newest chunk */
    size_t used;                /* bytes handed out since init or reset */
};

void arena_init(struct arena *a);
void arena_fini(struct arena *a);

/* Forgets every block; keeps the largest chunk for the next use. */
void arena_reset(struct arena *a);

void *arena_alloc(struct arena *a, size_t bytes);
struct str arena_copy(struct arena *a, struct str s); /* NUL is added behind it, not counted */
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define arena_new(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define arena_array(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

/* Grows an array that lives in an arena: `v` pointer, `n` used, `cap` room. The old copy stays
 * until reset. */
#define arena_push(a, v, n, cap, item)                                                        \
    do {                                                                                      \
        if ((n) == (cap)) {                                                                   \
            size_t arena_cap_ = (cap) ? (size_t)(cap) * 2 : 8;                                \
            __typeof__(v) arena_v_ = arena_alloc((a), arena_cap_ * sizeof *(v));              \
            if (n) memcpy(arena_v_, (v), (size_t)(n) * sizeof *(v));                          \
            (v) = arena_v_;                                                                   \
            (cap) = (__typeof__(cap))arena_cap_;                                              \
        }                                                                                     \
        (v)[(n)++] = (item);                                                                  \
    } while (0)

#endif
