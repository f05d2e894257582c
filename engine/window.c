/* window: see window.h. The ring and the ways of events through it; aggregates are in
 * window_view.c. */
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "engine/window_internal.h"

enum { FIRST_CAP = 4 };

/* ---- of an input ----------------------------------------------------------------------------- */

static uint16_t only_field(const struct program *p, uint32_t code) {
    const struct code *c = &p->codes[code];
    const struct insn *load = &p->insns[c->first];
    if (c->n != 2 || load[0].op != INSN_FIELD || load[1].op != INSN_RETURN) return SCHEMA_NONE;
    return (uint16_t)load[0].imm;
}

/* Places of the views; returns the bytes up to the entries. */
static uint32_t places(const struct program *p, const struct program_input *in, uint32_t *at) {
    uint32_t bytes = sizeof(struct window);
    for (uint32_t i = 0; i < in->naggregates; i++) {
        const struct program_aggregate *a = &in->aggregates[i];
        uint8_t type = VALUE_BOOL;
        if (a->column != NONE) type = p->codes[in->columns[a->column].code].result;
        if (at) at[i] = bytes;
        if (a->window == WINDOW_PANES) continue;
        bytes += view_bytes((struct sums_of){a->kind, type, a->digits});
    }
    return bytes;
}

static void lay_out(struct windows *w, const struct program *p) {
    w->view_at = must_zalloc((w->plan->naggregates + 1) * sizeof *w->view_at);
    w->view_at[w->plan->naggregates] = places(p, w->plan, w->view_at);
}

struct windows *windows_new(const struct program *program, const struct program_input *input,
                            size_t at, struct expr *expr, struct heap *heap) {
    struct windows *w = must_zalloc(sizeof *w);
    w->plan = input;
    w->at = at;
    w->expr = expr;
    w->heap = heap;
    w->stride = sizeof(struct entry) + input->ncolumns * sizeof(struct value);
    w->only_field = must_zalloc((input->ncolumns + 1) * sizeof *w->only_field);
    w->types = must_zalloc(input->ncolumns + 1);
    for (uint32_t i = 0; i < input->ncolumns; i++) {
        w->only_field[i] = only_field(program, input->columns[i].code);
        w->types[i] = program->codes[input->columns[i].code].result;
        w->owns |= w->types[i] == VALUE_STRING || w->types[i] == VALUE_LIST;
    }
    lay_out(w, program);
    w->wanted = must_zalloc(input->ncolumns + 1);
    for (uint32_t i = 0; i < input->naggregates; i++) {
        const struct program_aggregate *a = &input->aggregates[i];
        if (a->window == WINDOW_PANES) continue;
        if (a->column != NONE) w->wanted[a->column] = true;
        if (a->window == WINDOW_EVENTS) w->longest_ns = -1;
        else if (w->longest_ns >= 0 && a->length > w->longest_ns) w->longest_ns = a->length;
    }
    return w;
}

void windows_free(struct windows **windows) {
    struct windows *w = *windows;
    if (!w) return;
    free(w->only_field);
    free(w->types);
    free(w->wanted);
    free(w->view_at);
    free(w->sorted);
    free(w);
    *windows = NULL;
}

int64_t windows_longest(const struct windows *w) { return w->longest_ns; }

void windows_bytes(const struct program *program, const struct program_input *input,
                   uint32_t *key, uint32_t *event) {
    *key = places(program, input, NULL);
    *event = (uint32_t)(sizeof(struct entry) + input->ncolumns * sizeof(struct value));
    *key += FIRST_CAP * *event;
    for (uint32_t i = 0; i < input->naggregates; i++) {
        uint8_t kind = input->aggregates[i].kind;
        if (input->aggregates[i].window == WINDOW_PANES) continue;
        if (kind == WINDOW_MIN || kind == WINDOW_MAX || kind == WINDOW_FIRST) *event += 8;
    }
}

/* ---- of a key -------------------------------------------------------------------------------- */

static struct entry *own_ring(const struct windows *w, const struct window *x) {
    return (struct entry *)((char *)x + w->view_at[w->plan->naggregates]);
}

size_t windows_room(const struct windows *w) {
    return w->view_at[w->plan->naggregates] + FIRST_CAP * w->stride;
}

void window_init(const struct windows *w, void *room) {
    struct window *x = memset(window_in(w, room), 0, w->view_at[w->plan->naggregates]);
    x->cap = FIRST_CAP;
    x->ring = own_ring(w, x);
}

static void forget(struct windows *w, struct window *x, uint64_t first) {
    if (w->owns)
        for (uint64_t i = x->first; i < first; i++)
            for (uint32_t c = 0; c < w->plan->ncolumns; c++)
                value_disown(w->heap, &entry_at(w, x, i)->values[c]);
    x->first = first;
}

void window_fini(struct windows *w, void *room) {
    struct window *x = window_in(w, room);
    forget(w, x, x->end);
    for (uint32_t i = 0; i < w->plan->naggregates; i++)
        if (w->plan->aggregates[i].window != WINDOW_PANES)
            view_clear(w, view_at(w, x, i), &w->plan->aggregates[i]);
    if (x->ring != own_ring(w, x)) heap_unblock(w->heap, x->ring);
}

static void grow(struct windows *w, struct window *x) {
    struct window old = *x;
    x->cap *= 2;
    check(x->cap);
    x->ring = heap_block(w->heap, x->cap * w->stride);
    for (uint64_t i = x->first; i < x->end; i++)
        memcpy(entry_at(w, x, i), entry_at(w, &old, i), w->stride);
    if (old.ring != own_ring(w, x)) heap_unblock(w->heap, old.ring);
}

/* ---- an event -------------------------------------------------------------------------------- */

static void push(struct windows *w, struct window *x, const struct batch *batch, uint32_t row,
                 int64_t at, const struct value *prev) {
    if (x->end - x->first == x->cap) grow(w, x);
    struct entry *e = entry_at(w, x, x->end);
    struct expr_scope scope = {.prev = prev};
    e->at = at;
    for (uint32_t i = 0; i < w->plan->ncolumns; i++) {
        e->values[i] = value_null();
        if (!w->wanted[i]) continue;
        struct value v = w->only_field[i] != SCHEMA_NONE
                             ? batch_value(batch, row, w->only_field[i])
                             : expr_value(w->expr, w->plan->columns[i].code, batch, row, &scope);
        e->values[i] = w->owns ? value_own(w->heap, v) : v;
    }
    x->end++;
}

static bool too_old(const struct windows *w, const struct window *x, const struct view *v,
                    const struct program_aggregate *a, int64_t now) {
    if (v->head == v->tail) return false;
    if (a->window == WINDOW_EVENTS) return v->tail - v->head > (uint64_t)a->length;
    return entry_at(w, x, v->head)->at <= time_less(now, a->length);
}

/* `prior`: where views of what was before the tested event end. Events from there on are kept. */
static inline __attribute__((always_inline)) void move(struct windows *w, struct window *x,
                                                       int64_t at, uint64_t prior) {
    uint64_t needed = prior;
    for (uint32_t i = 0; i < w->plan->naggregates; i++) {
        const struct program_aggregate *a = &w->plan->aggregates[i];
        if (a->window == WINDOW_PANES) continue;
        struct view *v = view_at(w, x, i);
        uint64_t tail = a->window == WINDOW_PRIOR ? prior : x->end;
        while (v->tail < tail) view_add(w, x, v, a);
        while (too_old(w, x, v, a, at)) view_remove(w, x, v, a);
        if (v->head < needed) needed = v->head;
    }
    forget(w, x, needed);
}

void window_event(struct windows *w, void *room, const struct batch *batch, uint32_t row,
                  int64_t at, const struct value *prev) {
    struct window *x = window_in(w, room);
    push(w, x, batch, row, at, prev);
    move(w, x, at, x->end - 1);
}

void window_pass(struct windows *w, void *room, int64_t at) {
    struct window *x = window_in(w, room);
    move(w, x, at, x->end);
}

/* ---- another set of rules -------------------------------------------------------------------- */

static void carry_entry(struct windows *w, struct entry *to, struct windows *from,
                        struct entry *was, const uint32_t *columns) {
    to->at = was->at;
    for (uint32_t c = 0; c < w->plan->ncolumns; c++) {
        uint32_t k = columns[c];
        to->values[c] = value_null();
        if (k == NONE || !w->wanted[c] || !from->wanted[k]) continue;
        to->values[c] = w->owns ? value_own(w->heap, was->values[k]) : was->values[k];
    }
}

void window_carry(struct windows *w, void *room, struct windows *from, void *from_room,
                  const uint32_t *columns, const uint32_t *aggregates) {
    struct window *x = window_in(w, room), *was = window_in(from, from_room);
    x->first = x->end = was->first;
    for (uint64_t i = was->first; i < was->end; i++) {
        if (x->end - x->first == x->cap) grow(w, x);
        carry_entry(w, entry_at(w, x, x->end++), from, entry_at(from, was, i), columns);
    }
    for (uint32_t i = 0; i < w->plan->naggregates; i++) {
        if (w->plan->aggregates[i].window == WINDOW_PANES) continue;
        struct view *v = view_at(w, x, i);
        uint32_t k = aggregates[i], bytes = w->view_at[i + 1] - w->view_at[i];
        v->head = v->tail = x->end;
        if (k == NONE) continue;
        struct view *old = view_at(from, was, k);
        memcpy(v, old, bytes);
        memset(old, 0, bytes); /* what it owned is owned here */
        old->head = old->tail = was->end;
    }
}
