/* pane: see pane.h.
 *
 *   key_panes   [ frame 0 | frame 1 | … ] [ totals of the steps' aggregates ]
 *                  └→ pane → pane → …      pane: [ head | edges, if it closes | tallies ]
 *
 * Panes are blocks of the heap, in a list, as many as had an event: a key with few events in thirty
 * days keeps few panes, whatever the step.
 */
#include "engine/pane.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "engine/pane_time.h"
#include "engine/tally.h"
#include "engine/window.h"

struct pane {
    struct pane *next;
    int64_t start, end; /* of a session the end moves */
};

struct pane_edges { /* behind the head, where windows close */
    struct pane_edge first, last;
};

struct key_frame {
    struct pane *first, *last;
    int64_t timer;  /* INT64_MAX: none is set */
    int64_t closed; /* EVERY: the last window that did; INT64_MIN */
};

/* struct key_panes is never defined: its bytes are the key's frames, then the totals. */
static struct key_frame *frame_in(const struct key_panes *k, uint32_t frame) {
    return (struct key_frame *)(uintptr_t)k + frame;
}

struct shape { /* of an aggregate in panes */
    struct sums_of of;
    uint32_t in_pane, in_total; /* places of its tallies; in_total: of STEP */
    uint32_t column;            /* NONE: every event counts */
    double percent;
};

struct frame {
    const struct program_frame *plan;
    const struct zone *zone;
    uint32_t *shapes; /* numbers of the aggregates in it */
    uint32_t nshapes;
    uint32_t bytes;   /* of a pane */
};

struct panes {
    const struct program_group *plan;
    const struct program_input *in; /* the group's only one */
    struct expr *expr;
    struct frame *frames;  /* beside plan->frames */
    struct shape *shapes;  /* beside in->aggregates */
    bool *wanted;          /* by column: some pane looks at it */
    struct value *values;  /* by column: of the event */
    struct tally_kit kit;
    uint32_t key_bytes;
    int64_t longest_ns;
    uint64_t left_out;
    struct tally joined;   /* what was looked at last, if no pane has it ready */
    struct sums_of joined_of;
    struct tally_kit joining; /* borrows: texts of a result are those of a pane */
};

/* ---- of a group ------------------------------------------------------------------------------ */

static struct sums_of of_aggregate(const struct program *p, const struct program_group *g,
                                   const struct program_aggregate *a) {
    uint8_t type = VALUE_BOOL;
    if (a->column != NONE) type = p->codes[g->inputs[0].columns[a->column].code].result;
    return (struct sums_of){a->kind, type, a->digits};
}

static uint32_t head_bytes(const struct program_frame *f) {
    return sizeof(struct pane) + (f->kind == FRAME_STEP ? 0 : sizeof(struct pane_edges));
}

static int64_t longest_of(const struct program_frame *f) {
    switch ((enum frame_kind)f->kind) {
    case FRAME_STEP: return f->length_ns;
    case FRAME_EVERY: return time_plus(time_plus(f->length_ns, f->period_ns), 1);
    case FRAME_CALENDAR: return time_plus(f->pane_ns, 2 * NS_PER_DAY);
    case FRAME_SESSION: return time_plus(f->pane_ns, 1);
    case FRAME_KINDS: break;
    }
    panic("a frame of kind %d", f->kind);
}

static void add_frame(struct panes *p, uint32_t index, struct expr *expr) {
    struct frame *f = &p->frames[index];
    f->plan = &p->plan->frames[index];
    if (f->plan->kind == FRAME_CALENDAR && f->plan->zone != NONE)
        f->zone = expr_zone(expr, f->plan->zone);
    f->bytes = head_bytes(f->plan);
    f->shapes = must_zalloc((p->in->naggregates + 1) * sizeof *f->shapes);
    int64_t longest = longest_of(f->plan);
    if (longest > p->longest_ns) p->longest_ns = longest;
}

static void add_shape(struct panes *p, const struct program *program, uint32_t index) {
    const struct program_aggregate *a = &p->in->aggregates[index];
    if (a->window != WINDOW_PANES) return;
    struct frame *f = &p->frames[a->frame];
    struct shape *s = &p->shapes[index];
    s->of = of_aggregate(program, p->plan, a);
    s->column = a->column;
    s->percent = a->percent;
    s->in_pane = f->bytes;
    f->bytes += tally_bytes(s->of);
    f->shapes[f->nshapes++] = index;
    if (a->column != NONE) p->wanted[a->column] = true;
    if (f->plan->kind != FRAME_STEP) return;
    s->in_total = p->key_bytes;
    p->key_bytes += tally_bytes(s->of);
}

struct panes *panes_new(const struct program *program, const struct program_group *group,
                        struct expr *expr, struct heap *heap) {
    if (!group->nframes) return NULL;
    struct panes *p = must_zalloc(sizeof *p);
    p->plan = group;
    p->in = &group->inputs[0];
    p->expr = expr;
    p->kit.heap = heap;
    buf_init(&p->kit.bytes);
    p->joining = p->kit;
    p->joining.borrows = true;
    p->frames = must_zalloc(group->nframes * sizeof *p->frames);
    p->shapes = must_zalloc((group->inputs[0].naggregates + 1) * sizeof *p->shapes);
    p->wanted = must_zalloc(group->inputs[0].ncolumns + 1);
    p->values = must_zalloc((group->inputs[0].ncolumns + 1) * sizeof *p->values);
    p->key_bytes = group->nframes * (uint32_t)sizeof(struct key_frame);
    for (uint32_t i = 0; i < group->nframes; i++) add_frame(p, i, expr);
    for (uint32_t i = 0; i < group->inputs[0].naggregates; i++) add_shape(p, program, i);
    return p;
}

static void forget_joined(struct panes *p) {
    tally_clear(&p->joined, p->joined_of, &p->joining);
}

void panes_free(struct panes **panes) {
    struct panes *p = *panes;
    if (!p) return;
    forget_joined(p);
    for (uint32_t i = 0; i < p->plan->nframes; i++) free(p->frames[i].shapes);
    free(p->frames);
    free(p->shapes);
    free(p->wanted);
    free(p->values);
    tally_kit_fini(&p->kit);
    tally_kit_fini(&p->joining);
    free(p);
    *panes = NULL;
}

int64_t panes_longest(const struct panes *p) { return p->longest_ns; }
bool panes_linger(const struct panes *p) {
    for (uint32_t i = 0; i < p->plan->nframes; i++)
        if (p->plan->frames[i].kind == FRAME_STEP) return true;
    return false;
}

uint64_t panes_left_out(const struct panes *p) { return p->left_out; }

void panes_bytes(const struct program *program, const struct program_group *group, uint32_t frame,
                 uint32_t *key, uint32_t *pane) {
    *key = sizeof(struct key_frame);
    *pane = head_bytes(&group->frames[frame]);
    for (uint32_t i = 0; i < group->inputs[0].naggregates; i++) {
        const struct program_aggregate *a = &group->inputs[0].aggregates[i];
        if (a->window != WINDOW_PANES || a->frame != frame) continue;
        uint32_t bytes = tally_bytes(of_aggregate(program, group, a));
        *pane += bytes;
        if (group->frames[frame].kind == FRAME_STEP) *key += bytes;
    }
}

/* ---- of a key -------------------------------------------------------------------------------- */

struct key_panes *key_panes_new(const struct panes *p) {
    struct key_panes *k = heap_block(p->kit.heap, p->key_bytes);
    memset(k, 0, p->key_bytes);
    for (uint32_t i = 0; i < p->plan->nframes; i++) {
        frame_in(k, i)->timer = INT64_MAX;
        frame_in(k, i)->closed = INT64_MIN;
    }
    return k;
}

static struct tally *tally_in(struct pane *pane, const struct shape *s) {
    return (struct tally *)((char *)pane + s->in_pane);
}
static struct tally *total_of(struct key_panes *k, const struct shape *s) {
    return (struct tally *)((char *)k + s->in_total);
}
static struct pane_edges *edges_of(const struct pane *pane) {
    return (struct pane_edges *)(pane + 1);
}

static void drop_first(struct panes *p, const struct frame *f, struct key_frame *k) {
    struct pane *pane = k->first;
    for (uint32_t i = 0; i < f->nshapes; i++) {
        const struct shape *s = &p->shapes[f->shapes[i]];
        tally_clear(tally_in(pane, s), s->of, &p->kit);
    }
    k->first = pane->next;
    if (!k->first) k->last = NULL;
    heap_unblock(p->kit.heap, pane);
}

void key_panes_free(struct panes *p, struct key_panes *k) {
    for (uint32_t i = 0; i < p->plan->nframes; i++) {
        const struct frame *f = &p->frames[i];
        while (frame_in(k, i)->first) drop_first(p, f, frame_in(k, i));
        for (uint32_t j = 0; j < f->nshapes && f->plan->kind == FRAME_STEP; j++) {
            const struct shape *s = &p->shapes[f->shapes[j]];
            tally_clear(total_of(k, s), s->of, &p->kit);
        }
    }
    heap_unblock(p->kit.heap, k);
}

bool key_panes_empty(const struct panes *p, const struct key_panes *k) {
    for (uint32_t i = 0; i < p->plan->nframes; i++)
        if (frame_in(k, i)->first) return false;
    return true;
}

static struct pane_edge edge_of(const struct event *event) {
    const struct batch *b = event->batch;
    return (struct pane_edge){b->stream, b->partition, b->offset[event->row]};
}

static struct pane *append(struct panes *p, const struct frame *f, struct key_frame *k,
                           struct pane_span span, const struct event *event) {
    struct pane *pane = heap_block(p->kit.heap, f->bytes);
    memset(pane, 0, f->bytes);
    pane->start = span.start;
    pane->end = span.end;
    if (f->plan->kind != FRAME_STEP) edges_of(pane)->first = edge_of(event);
    if (k->last) k->last->next = pane;
    else k->first = pane;
    k->last = pane;
    return pane;
}

/* ---- an event -------------------------------------------------------------------------------- */

/* The panes that a window of `step` has left behind when `newest` is the start of the pane that now
 * is in. */
static void leave_behind(struct panes *p, const struct frame *f, struct key_panes *k,
                         struct key_frame *kf, int64_t newest) {
    int64_t old = time_less(newest, f->plan->length_ns);
    bool left = false;
    while (kf->first && kf->first->start <= old) {
        for (uint32_t i = 0; i < f->nshapes; i++) {
            const struct shape *s = &p->shapes[f->shapes[i]];
            if (!tally_takes_away(s->of)) continue;
            tally_take_away(total_of(k, s), s->of, &p->kit, tally_in(kf->first, s));
        }
        drop_first(p, f, kf);
        left = true;
    }
    for (uint32_t i = 0; left && i < f->nshapes; i++) {
        const struct shape *s = &p->shapes[f->shapes[i]];
        if (tally_takes_away(s->of)) continue;
        tally_clear(total_of(k, s), s->of, &p->kit);
        for (struct pane *pane = kf->first; pane; pane = pane->next)
            tally_join(total_of(k, s), s->of, &p->kit, tally_in(pane, s));
    }
}

/* The pane of the event; NULL: it is in no window, between two that hop over it. */
static struct pane *pane_of(struct panes *p, const struct frame *f, struct key_panes *k,
                            struct key_frame *kf, const struct event *event) {
    int64_t at = event->at;
    if (f->plan->kind == FRAME_SESSION) {
        int64_t end = time_plus(at, f->plan->pane_ns);
        if (!kf->last || kf->last->end <= at)
            return append(p, f, kf, (struct pane_span){at, end}, event);
        kf->last->end = end;
        return kf->last;
    }
    if (kf->last && at < kf->last->end) return kf->last;
    struct pane_span span = pane_at(f->plan, f->zone, at);
    if (f->plan->kind == FRAME_EVERY) {
        int64_t close = pane_next_close(f->plan, at);
        if (span.start < time_less(close, f->plan->length_ns)) return NULL;
    }
    if (f->plan->kind == FRAME_STEP) leave_behind(p, f, k, kf, span.start);
    return append(p, f, kf, span, event);
}

static void add_event(struct panes *p, const struct frame *f, struct key_panes *k,
                      struct pane *pane, const struct event *event) {
    for (uint32_t i = 0; i < f->nshapes; i++) {
        const struct shape *s = &p->shapes[f->shapes[i]];
        struct value v = s->column == NONE ? (struct value){.i = 1, .type = VALUE_BOOL}
                                           : p->values[s->column];
        if (value_is_null(v)) continue;
        bool room = tally_add(tally_in(pane, s), s->of, &p->kit, v);
        if (f->plan->kind == FRAME_STEP) room &= tally_add(total_of(k, s), s->of, &p->kit, v);
        p->left_out += !room;
    }
    if (f->plan->kind != FRAME_STEP) edges_of(pane)->last = edge_of(event);
}

void panes_event(struct panes *p, struct key_panes *k, const struct event *event,
                 const struct value *prev) {
    struct expr_scope scope = {.prev = prev};
    for (uint32_t i = 0; i < p->in->ncolumns; i++)
        if (p->wanted[i])
            p->values[i] = expr_value(p->expr, p->in->columns[i].code, event->batch, event->row,
                                      &scope);
    for (uint32_t i = 0; i < p->plan->nframes; i++) {
        struct pane *pane = pane_of(p, &p->frames[i], k, frame_in(k, i), event);
        if (pane) add_event(p, &p->frames[i], k, pane, event);
    }
}

/* ---- windows that close ---------------------------------------------------------------------- */

int64_t panes_due(const struct panes *p, const struct key_panes *k, uint32_t frame) {
    const struct program_frame *plan = p->frames[frame].plan;
    const struct key_frame *kf = frame_in(k, frame);
    if (!kf->first || plan->kind == FRAME_STEP) return INT64_MAX;
    if (plan->kind != FRAME_EVERY) return kf->first->end;
    int64_t due = pane_next_close(plan, kf->first->start);
    return due > kf->closed ? due : time_plus(kf->closed, plan->period_ns);
}

int64_t *panes_timer(struct key_panes *k, uint32_t frame) { return &frame_in(k, frame)->timer; }

struct pane_window panes_window(const struct panes *p, const struct key_panes *k, uint32_t frame) {
    const struct program_frame *plan = p->frames[frame].plan;
    const struct pane *pane = frame_in(k, frame)->first;
    struct pane_window w = {.start = pane->start, .end = panes_due(p, k, frame)};
    if (plan->kind == FRAME_EVERY) w.start = time_less(w.end, plan->length_ns);
    w.first = edges_of(pane)->first;
    for (; pane && pane->start < w.end; pane = pane->next) w.last = edges_of(pane)->last;
    return w;
}

/* What the next window does not need goes. */
void panes_close(struct panes *p, struct key_panes *k, uint32_t frame) {
    const struct frame *f = &p->frames[frame];
    struct key_frame *kf = frame_in(k, frame);
    int64_t due = panes_due(p, k, frame), needed = due;
    kf->closed = due;
    if (f->plan->kind == FRAME_EVERY)
        needed = time_less(time_plus(due, f->plan->period_ns), f->plan->length_ns);
    while (kf->first && kf->first->start < needed) drop_first(p, f, kf);
}

/* ---- looked at ------------------------------------------------------------------------------- */

bool panes_has(const struct panes *p, uint32_t aggregate) {
    return p->in->aggregates[aggregate].window == WINDOW_PANES;
}

/* The panes that begin in [from, to) joined; one alone is looked at as it is. */
static const struct tally *join(struct panes *p, const struct shape *s, struct pane *pane,
                                int64_t from, int64_t to) {
    forget_joined(p);
    p->joined_of = s->of;
    while (pane && pane->start < from) pane = pane->next;
    if (!pane || pane->start >= to) return &p->joined;
    if (!pane->next || pane->next->start >= to) return tally_in(pane, s);
    for (; pane && pane->start < to; pane = pane->next)
        tally_join(&p->joined, s->of, &p->joining, tally_in(pane, s));
    return &p->joined;
}

struct value pane_value(const struct pane_view *view, uint32_t aggregate, const int64_t *now) {
    struct panes *p = view->panes;
    const struct shape *s = &p->shapes[aggregate];
    const struct frame *f = &p->frames[p->in->aggregates[aggregate].frame];
    struct pane *first = NULL;
    int64_t from = view->window.start, to = view->window.end;
    if (view->key) first = frame_in(view->key, (uint32_t)(f - p->frames))->first;
    if (f->plan->kind == FRAME_STEP && view->key && !now)
        return tally_result(total_of(view->key, s), s->of, &p->kit, s->percent);
    if (f->plan->kind == FRAME_STEP && now) {
        int64_t newest = pane_at(f->plan, NULL, *now).start;
        from = time_plus(time_less(newest, f->plan->length_ns), 1);
        to = INT64_MAX;
    }
    return tally_result(join(p, s, first, from, to), s->of, &p->kit, s->percent);
}

/* ---- another set of rules -------------------------------------------------------------------- */

void panes_carry(struct panes *p, struct key_panes *k, struct panes *from, struct key_panes *was,
                 const uint32_t *frames) {
    for (uint32_t i = 0; i < p->plan->nframes; i++) {
        if (frames[i] == NONE) continue;
        const struct frame *f = &p->frames[i], *old = &from->frames[frames[i]];
        struct key_frame *to = frame_in(k, i), *kf = frame_in(was, frames[i]);
        *to = (struct key_frame){kf->first, kf->last, INT64_MAX, kf->closed};
        kf->first = kf->last = NULL;
        for (uint32_t j = 0; j < f->nshapes && f->plan->kind == FRAME_STEP; j++) {
            const struct shape *s = &p->shapes[f->shapes[j]];
            struct tally *total = total_of(was, &from->shapes[old->shapes[j]]);
            memcpy(total_of(k, s), total, tally_bytes(s->of));
            memset(total, 0, tally_bytes(s->of));
        }
    }
}
