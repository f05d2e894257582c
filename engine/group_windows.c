/* group_windows: the windows of one key over each stream of its group, side by side in the key's
 * room (engine/keys.h):
 *
 *   room   │ window over the first input that has any │ window over the next │ …
 *
 * They begin together, at the key's first event of a stream that has windows, and end together,
 * when the key has had no such event for as long as the longest of them. An event enters the
 * window of its own stream; those of the others only move on to its time, so that what is old
 * leaves them. Tests: tests/unit/whole/test_stream_windows.c
 */
#include <stdlib.h>

#include "base/log.h"
#include "engine/engine_internal.h"

void group_windows_init(struct engine *e, struct group *g) {
    uint32_t n = 0, ninputs = g->plan->ninputs;
    for (uint32_t k = 0; k < ninputs; k++) n += input_slides(&g->plan->inputs[k]);
    if (!n) return;
    g->windows = must_zalloc(ninputs * sizeof(void *));
    for (uint32_t k = 0; k < ninputs; k++) {
        const struct program_input *input = &g->plan->inputs[k];
        if (!input_slides(input)) continue;
        struct windows *w = windows_new(e->program, input, g->windows_room, e->expr,
                                        run_store_heap(e->store));
        int64_t longest = windows_longest(w);
        g->windows[k] = g->intakes[k].windows = w;
        g->windows_room += windows_room(w);
        if (longest < 0 || g->windows_ns < 0) g->windows_ns = -1;
        else if (longest > g->windows_ns) g->windows_ns = longest;
    }
}

void group_windows_fini(struct group *g) {
    for (uint32_t k = 0; g->windows && k < g->plan->ninputs; k++) windows_free(&g->windows[k]);
    free(g->windows);
}

void group_begin_window(struct group *g, struct key_state *s) {
    s->window = keys_room(g->keys, s);
    for (uint32_t k = 0; k < g->plan->ninputs; k++)
        if (g->windows[k]) window_init(g->windows[k], s->window);
}

void group_pass_window(struct group *g, struct key_state *s, int64_t at) {
    for (uint32_t k = 0; k < g->plan->ninputs; k++)
        if (g->windows[k] && g->windows[k] != g->in->windows)
            window_pass(g->windows[k], s->window, at);
}

void group_end_window(struct group *g, struct key_state *s) {
    for (uint32_t k = 0; s->window && k < g->plan->ninputs; k++)
        if (g->windows[k]) window_fini(g->windows[k], s->window);
    s->window = NULL;
    if (s->panes) key_panes_free(g->panes, s->panes);
    s->panes = NULL;
}
