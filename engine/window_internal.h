/* window_internal: what window.c (events) and window_view.c (aggregates) share. */
#ifndef OMEN_ENGINE_WINDOW_INTERNAL_H
#define OMEN_ENGINE_WINDOW_INTERNAL_H

#include "engine/sums.h"
#include "engine/window.h"

struct entry {
    int64_t at;
    struct value values[]; /* by column */
};

struct queue { /* numbers of entries, in order */
    uint64_t *v;
    uint32_t first, n, cap; /* cap: a power of two */
};

struct view { /* only as many bytes of it as view_bytes says are there */
    uint64_t head, tail; /* entries [head, tail) */
    union {
        struct sums sums; /* of those that are not null */
        struct queue queue;
    };
};

struct window {
    struct entry *ring;
    uint32_t cap;        /* a power of two */
    uint64_t first, end; /* numbers of the entries remembered */
    /* the views, by aggregate, each as large as its kind needs; then FIRST_CAP entries: most keys
     * of most streams never need more */
};

struct windows {
    const struct program_input *plan;
    size_t at;            /* of a key's window in its room */
    struct expr *expr;
    struct heap *heap;
    size_t stride;        /* bytes of an entry */
    uint32_t *view_at;    /* by aggregate: its place in struct window; then that of the entries */
    uint16_t *only_field; /* by column; SCHEMA_NONE: the code has to be run */
    uint8_t *types;       /* by column: enum value_type */
    bool *wanted;         /* by column: some view looks at it; others only panes do */
    bool owns;            /* some column has values with memory */
    int64_t longest_ns;
    struct value *sorted; /* scratch */
    uint32_t sorted_cap;
};

static inline struct window *window_in(const struct windows *w, void *room) {
    return (struct window *)((char *)room + w->at);
}

static inline struct view *view_at(const struct windows *w, const struct window *x, uint32_t i) {
    return (struct view *)((char *)x + w->view_at[i]);
}

static inline struct entry *entry_at(const struct windows *w, const struct window *x,
                                     uint64_t number) {
    return (struct entry *)((char *)x->ring + (number & (x->cap - 1)) * w->stride);
}

uint32_t view_bytes(struct sums_of of);
void view_add(struct windows *w, struct window *x, struct view *v,
              const struct program_aggregate *a);
void view_remove(struct windows *w, struct window *x, struct view *v,
                 const struct program_aggregate *a);
void view_clear(struct windows *w, struct view *v, const struct program_aggregate *a);

#endif
