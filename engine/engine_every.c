/* engine_every: windows that close: panes of a key, their timers, and what the rules of `every` say
 * when a window has closed.
 *
 *   event ─→ panes of each frame ─→ a timer for when the next window of a frame closes
 *   timer ─→ window [start, end): each rule of the frame: does its condition hold? ─→ match
 *
 * A match is told as a run is, so that what stands between a match and its alert need not know of
 * windows: the window's first and last event stand for those taken, and its cells are the key's
 * fields and the window's start and end. A timer is one for each key and frame; it stands in the
 * group's timers behind the rules: nrules + frame. It may ring too early, when a session has gone
 * on, and is then set again.
 *
 * Tests: tests/unit/whole/test_panes.c
 */
#include <stdlib.h>

#include "base/log.h"
#include "engine/engine_internal.h"

struct run *window_run_new(const struct program *p) {
    uint32_t ncells = 0;
    for (uint32_t i = 0; i < p->nrules; i++)
        if (p->rules[i].by_window && p->rules[i].ncells > ncells) ncells = p->rules[i].ncells;
    return must_zalloc(sizeof(struct run) + ncells * sizeof(struct value));
}

static void set_timer(struct group *g, struct key_state *s, uint32_t frame) {
    int64_t due = panes_due(g->panes, s->panes, frame);
    int64_t *timer = panes_timer(s->panes, frame);
    if (due >= *timer) return; /* the one that is set will look again */
    *timer = due;
    timers_set(&g->timers, (struct timer){due, s, g->plan->nrules + frame});
}

void group_panes_wake(struct group *g, struct key_state *s) {
    for (uint32_t i = 0; i < g->plan->nframes; i++) set_timer(g, s, i);
}

static bool let_go(struct group *g, struct key_state *s) {
    if (!key_panes_empty(g->panes, s->panes)) return false;
    key_panes_free(g->panes, s->panes);
    s->panes = NULL;
    return true;
}

bool group_panes_event(struct group *g, struct key_state *s, const struct event *event) {
    const struct value *prev = g->plan->nprev_cells ? keys_prev(g->plan, s) : NULL;
    if (!s->panes) s->panes = key_panes_new(g->panes);
    panes_event(g->panes, s->panes, event, prev);
    for (uint32_t i = 0; i < g->plan->nframes; i++) set_timer(g, s, i);
    return let_go(g, s); /* the event may be in no window */
}

static void take_edge(struct taken *t, const struct pane_edge *edge, uint16_t variable) {
    *t = (struct taken){.variable = variable, .stream = edge->stream,
                        .partition = edge->partition, .offset = edge->offset};
}

static void tell(struct engine *e, const struct group *g, uint32_t rule,
                 const struct pane_window *w) {
    const struct program_rule *r = &e->program->rules[rule];
    struct taken first, last;
    take_edge(&first, &w->first, 0);
    take_edge(&last, &w->last, 1);
    last.before = &first;
    struct run *run = e->window_run;
    struct value *cells = run_cells(run);
    run->last = &last;
    run->start_at = w->start;
    uint32_t nkey = g->plan->nkey_fields;
    memcpy(cells, e->key, nkey * sizeof *cells);
    cells[nkey] = (struct value){.i = w->start, .type = VALUE_TIME};
    cells[nkey + 1] = (struct value){.i = w->end, .type = VALUE_TIME};
    struct completion c = {.now = w->end, .end = w->end};
    struct expr_scope scope = {.prev = e->prev, .windows = &e->view, .cells = cells, .last = &last};
    e->view.clock = true;
    e->view.now = w->end;
    bool holds = r->having == NONE || expr_test(e->expr, r->having, NULL, 0, &scope);
    if (holds) engine_match(e, rule, run, &c);
    e->view.clock = false;
}

static void close(struct engine *e, struct group *g, struct key_state *s, uint32_t frame) {
    struct pane_window w = panes_window(g->panes, s->panes, frame);
    memcpy(e->key, s->values, g->plan->nkey_fields * sizeof *e->key);
    e->prev = g->plan->nprev_cells ? keys_prev(g->plan, s) : NULL;
    group_look(e, g, s);
    e->view.panes.window = w;
    for (uint32_t i = 0; i < g->plan->nrules; i++) {
        uint32_t rule = g->plan->rules[i];
        const struct program_rule *r = &e->program->rules[rule];
        if (r->by_window && r->frame == frame) tell(e, g, rule, &w);
    }
    panes_close(g->panes, s->panes, frame);
}

bool group_panes_ring(struct engine *e, struct group *g, struct key_state *s, uint32_t frame,
                      int64_t now) {
    if (!s->panes) return true;
    *panes_timer(s->panes, frame) = INT64_MAX;
    while (panes_due(g->panes, s->panes, frame) < now) close(e, g, s, frame);
    set_timer(g, s, frame);
    return let_go(g, s);
}
