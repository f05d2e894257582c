/* group_windows: the windows of one key over each stream of its group, side by side in the key's
 * room (engine/keys.h):
 *
 *   room   │ window over the first input that has any │ window over the next │ …
 *
 * They begin together, at the key's first event of a stream that has windows, and end together,
 * when the key has had no such event for as long as the longest of them. An event enters the
 * window of its own stream; those of the others only move on to its time, so that what is old
 * leaves them. Tests: tests/unit/whole/test_windows.c (streams)
 */
#include <stdlib.h>

#include "base/log.h"
#include "engine/engine_internal.h"

void group_windows_init(struct engine *e, struct group *g) {
    uint32_t n = 0, ninputs = g->plan->ninputs;
    for (uint32_t k = 0; k < ninputs; k++) n += g->plan->inputs[k].naggregates;
    if (!n) return;
    g->windows = must_zalloc(ninputs * sizeof(void *));
    for (uint32_t k = 0; k < ninputs; k++) {
        const struct program_input *input = &g->plan->inputs[k];
        if (!input->naggregates) continue;
        struct windows *w = windows_new(e->program, input, g->windows_room, e->expr,
                                        run_store_heap(e->store));
        int64_t longest = windows_longest(w);
        g->windows[k] = w;
        g->windows_room += windows_room(w);
        if (longest < 0 || g->windows_ns < 0) g->windows_ns = -1;
        else if (longest > g->windows_ns) g->windows_ns = longest;
    }
}

void group_windows_fini(struct group *g) {
    for (uint32_t k = 0; g->windows && k < g->plan->ninputs; k++) windows_free(&g->windows[k]);
    free(g->windows);
}

void group_look(struct engine *e, struct group *g, struct key_state *s) {
    e->view.windows = g->windows;
    e->view.window = s ? s->window : NULL;
}

static void begin(struct group *g, struct key_state *s) {
    s->window = keys_room(g->keys, s);
    for (uint32_t k = 0; k < g->plan->ninputs; k++)
        if (g->windows[k]) window_init(g->windows[k], s->window);
}

void group_move_windows(struct engine *e, struct group *g, struct key_state *s,
                        const struct event *event) {
    uint32_t in = (uint32_t)(g->in - g->intakes);
    if (s && !s->window && g->windows[in]) begin(g, s);
    if (s && s->window) {
        const struct value *prev = g->plan->nprev_cells ? keys_prev(g->plan, s) : NULL;
        for (uint32_t k = 0; k < g->plan->ninputs; k++) {
            struct windows *w = g->windows[k];
            if (!w) continue;
            if (k != in) window_pass(w, s->window, event->at);
            else window_event(w, s->window, event->batch, event->row, event->at, prev);
        }
        if (g->windows[in]) s->window_at = event->at;
    }
    group_look(e, g, s);
}

void group_end_window(struct group *g, struct key_state *s) {
    for (uint32_t k = 0; s->window && k < g->plan->ninputs; k++)
        if (g->windows[k]) window_fini(g->windows[k], s->window);
    s->window = NULL;
}
