/* heap: deep copies of values, into an arena or as owned, counted blocks of a size-class heap.
 *
 *   owned string  ┌──────┬───────┬────────────┐
 *                 │ refs │ class │ bytes …    │
 *                 └──────┴───────┴────────────┘
 *                                 ↑ value.s.p
 *   owned list    ┌──────┬───────┬──────┬───────┬────────────────────┐
 *                 │ refs │ class │ list │ items │ texts of the items │
 *                 └──────┴───────┴──────┴───────┴────────────────────┘
 *                                 ↑ value.list
 *
 * A value is one block whatever is in it: a list carries its items' texts and lists behind itself,
 * so its items live and die with it and are never shared alone. Values without memory, and the
 * empty string, have no block at all.
 *
 * Classes: multiples of 16 up to 128 bytes, then four steps a doubling up to 4 KiB, each a pool of
 * base/pool; larger blocks are malloc's, chained so that heap_free finds them. Under
 * AddressSanitizer every block is one of those, of the exact size, so that a byte behind a text
 * or a use after the last count is seen.
 * Tests: tests/unit/engine/test_value.c
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/pool.h"
#include "engine/value.h"

#ifdef __SANITIZE_ADDRESS__
enum { LARGEST = 0 };
#else
enum { LARGEST = 4096 };
#endif
enum { CLASSES = 8 + 4 * 5, LARGE = CLASSES };

struct block {
    uint32_t refs;
    uint32_t class; /* LARGE: a struct large around it */
};

struct large {
    struct large *next, **link; /* *link == this one */
    size_t bytes;
    struct block block;
};

struct heap {
    struct pool pools[CLASSES];
    struct large *large;
    size_t bytes;
};

static uint32_t class_of(size_t bytes) {
    if (bytes <= 128) return (uint32_t)((bytes + 15) / 16 - 1);
    unsigned top = 63 - (unsigned)__builtin_clzll(bytes - 1); /* 2^top <= bytes - 1 < 2^(top + 1) */
    return 8 + (top - 7) * 4 + (uint32_t)((bytes - 1) >> (top - 2) & 3);
}

static size_t class_bytes(uint32_t class) {
    if (class < 8) return (class + 1) * 16;
    return (size_t)(5 + (class & 3)) << (5 + (class - 8) / 4);
}

struct heap *heap_new(void) {
    struct heap *h = must_zalloc(sizeof *h);
    for (uint32_t i = 0; i < CLASSES; i++) pool_init(&h->pools[i], class_bytes(i));
    return h;
}

void heap_free(struct heap **heap) {
    struct heap *h = *heap;
    if (!h) return;
    for (uint32_t i = 0; i < CLASSES; i++) pool_fini(&h->pools[i]);
    for (struct large *l = h->large, *next; l; l = next) {
        next = l->next;
        free(l);
    }
    free(h);
    *heap = NULL;
}

size_t heap_bytes(const struct heap *heap) { return heap->bytes; }

static struct block *large_new(struct heap *h, size_t bytes) {
    struct large *l = must_alloc(sizeof *l - sizeof(struct block) + bytes);
    l->bytes = bytes;
    l->next = h->large;
    l->link = &h->large;
    if (l->next) l->next->link = &l->next;
    h->large = l;
    return &l->block;
}

static void *block_new(struct heap *h, size_t payload) {
    size_t bytes = sizeof(struct block) + payload;
    bool small = bytes <= LARGEST;
    uint32_t class = small ? class_of(bytes) : LARGE;
    struct block *b = small ? pool_take(&h->pools[class]) : large_new(h, bytes);
    *b = (struct block){.refs = 1, .class = class};
    h->bytes += small ? class_bytes(class) : bytes;
    return b + 1;
}

static void block_free(struct heap *h, struct block *b) {
    if (b->class != LARGE) {
        h->bytes -= class_bytes(b->class);
        pool_give(&h->pools[b->class], b);
        return;
    }
    struct large *l = (struct large *)((char *)b - offsetof(struct large, block));
    h->bytes -= l->bytes;
    *l->link = l->next;
    if (l->next) l->next->link = l->link;
    free(l);
}

/* ---- lists in one piece ----------------------------------------------------------------- */

static size_t round8(size_t n) { return (n + 7) & ~(size_t)7; }

static size_t list_bytes(const struct list *list) {
    size_t n = sizeof *list + list->n * sizeof(struct value);
    for (uint32_t i = 0; i < list->n; i++) {
        struct value v = list->items[i];
        if (v.type == VALUE_STRING) n += round8(v.s.n);
        if (v.type == VALUE_LIST) n += list_bytes(v.list);
    }
    return n;
}

/* Copies a list to *at, which has list_bytes of room, and moves *at behind it. */
static const struct list *list_place(char **at, const struct list *list) {
    struct list *copy = (struct list *)*at;
    copy->n = list->n;
    copy->truncated = list->truncated;
    *at += sizeof *list + list->n * sizeof(struct value);
    for (uint32_t i = 0; i < list->n; i++) {
        struct value v = list->items[i];
        if (v.type == VALUE_STRING && v.s.n) {
            v.s.p = memcpy(*at, v.s.p, v.s.n);
            *at += round8(v.s.n);
        } else if (v.type == VALUE_STRING) {
            v.s.p = "";
        } else if (v.type == VALUE_LIST) {
            v.list = list_place(at, v.list);
        }
        copy->items[i] = v;
    }
    return copy;
}

/* ---- copies ----------------------------------------------------------------------------- */

struct value value_copy(struct arena *a, struct value v) {
    if (v.type == VALUE_STRING) {
        v.s = arena_copy(a, v.s);
    } else if (v.type == VALUE_LIST) {
        char *at = arena_alloc(a, list_bytes(v.list));
        v.list = list_place(&at, v.list);
    }
    return v;
}

struct value value_own(struct heap *heap, struct value v) {
    if (v.type == VALUE_STRING && v.s.n == 0) {
        v.s.p = "";
    } else if (v.type == VALUE_STRING) {
        v.s.p = memcpy(block_new(heap, v.s.n), v.s.p, v.s.n);
    } else if (v.type == VALUE_LIST) {
        char *at = block_new(heap, list_bytes(v.list));
        v.list = list_place(&at, v.list);
    }
    return v;
}

/* The block of an owned value, NULL where it has none. */
static struct block *block_of(struct value v) {
    if (v.type == VALUE_STRING && v.s.n) return (struct block *)v.s.p - 1;
    if (v.type == VALUE_LIST) return (struct block *)v.list - 1;
    return NULL;
}

struct value value_share(struct value owned) {
    struct block *b = block_of(owned);
    if (b) b->refs++;
    return owned;
}

void value_disown(struct heap *heap, struct value *owned) {
    struct block *b = block_of(*owned);
    if (b && --b->refs == 0) block_free(heap, b);
    *owned = value_null();
}

/* ---- plain memory ------------------------------------------------------------------------ */

void *heap_block(struct heap *heap, size_t bytes) { return block_new(heap, bytes); }

void heap_unblock(struct heap *heap, void *block) {
    if (block) block_free(heap, (struct block *)block - 1);
}
