/* arena: blocks cut from chunks that double, all released together.
 *
 *   chunks ─→ ┌──────┬───────┬──┬─────────┬──────────┐     ┌──────┬───────────────┐
 *             │header│ block │░░│  block  │   free   │ ─→  │header│ older blocks  │ ─→ NULL
 *             └──────┴───────┴──┴─────────┴──────────┘     └──────┴───────────────┘
 *                                         next       end
 *
 * A block too large for the next chunk gets a chunk of its own, hung in behind the newest, so
 * that the room left in the newest is not lost. Blocks are zeroed when they are handed out, not
 * when a chunk is made: a chunk kept over a reset is dirty.
 *
 * Under AddressSanitizer everything that is not inside a block is poisoned, and 16 bytes more
 * than needed are left behind each block (░), so that running over its end is seen.
 * Tests: tests/unit/base/test_arena.c
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { GAP = 16 };
#define POISON(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
enum { GAP = 0 };
#define POISON(p, n) ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGN = 16, CHUNK_MIN = 4096, CHUNK_MAX = 1 << 20 };

struct arena_chunk {
    struct arena_chunk *older;
    size_t bytes; /* behind the header */
};
_Static_assert(sizeof(struct arena_chunk) % ALIGN == 0, "blocks start aligned");

static char *chunk_bytes(struct arena_chunk *c) { return (char *)(c + 1); }

static struct arena_chunk *chunk_new(size_t bytes) {
    struct arena_chunk *c = must_alloc(sizeof *c + bytes);
    c->bytes = bytes;
    POISON(chunk_bytes(c), bytes);
    return c;
}

static void chunk_free(struct arena_chunk *c) {
    UNPOISON(chunk_bytes(c), c->bytes);
    free(c);
}

void arena_init(struct arena *a) { *a = (struct arena){0}; }

void arena_fini(struct arena *a) {
    for (struct arena_chunk *c = a->chunks, *older; c; c = older) {
        older = c->older;
        chunk_free(c);
    }
    arena_init(a);
}

void arena_reset(struct arena *a) {
    struct arena_chunk *largest = a->chunks;
    if (!largest) return;
    for (struct arena_chunk *c = largest; c; c = c->older)
        if (c->bytes > largest->bytes) largest = c;
    for (struct arena_chunk *c = a->chunks, *older; c; c = older) {
        older = c->older;
        if (c != largest) chunk_free(c);
    }
    largest->older = NULL;
    a->chunks = largest;
    a->next = chunk_bytes(largest);
    a->end = a->next + largest->bytes;
    a->used = 0;
    POISON(a->next, largest->bytes);
}

/* Where `room` bytes can be cut that the newest chunk does not have. */
static char *more(struct arena *a, size_t room) {
    size_t size = a->chunks ? a->chunks->bytes * 2 : CHUNK_MIN;
    if (size > CHUNK_MAX) size = CHUNK_MAX;
    if (room > size && a->chunks) {
        struct arena_chunk *own = chunk_new(room);
        own->older = a->chunks->older;
        a->chunks->older = own;
        return chunk_bytes(own);
    }
    struct arena_chunk *c = chunk_new(room > size ? room : size);
    c->older = a->chunks;
    a->chunks = c;
    a->next = chunk_bytes(c) + room;
    a->end = chunk_bytes(c) + c->bytes;
    return chunk_bytes(c);
}

void *arena_alloc(struct arena *a, size_t bytes) {
    if (bytes > PTRDIFF_MAX / 2) panic("arena: a block of %zu bytes", bytes);
    size_t room = (bytes + GAP + ALIGN - 1) / ALIGN * ALIGN;
    if (room == 0) room = ALIGN; /* blocks of no bytes have addresses of their own, too */
    char *p;
    if ((size_t)(a->end - a->next) >= room) {
        p = a->next;
        a->next += room;
    } else {
        p = more(a, room);
    }
    a->used += bytes;
    UNPOISON(p, bytes);
    return memset(p, 0, bytes);
}

struct str arena_copy(struct arena *a, struct str s) {
    char *p = arena_alloc(a, s.n + 1);
    if (s.n) memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

char *arena_printf(struct arena *a, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) panic("format \"%s\" cannot be printed", fmt);
    char *p = arena_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p;
}
