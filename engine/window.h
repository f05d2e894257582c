/* window: the sliding windows of one key over one stream: what its last events were, once, and for
 * each aggregate a view on them.
 *
 *   ring     │ at, columns │ at, columns │ … │ tested event │      numbers from `first` to `end`
 *   view i            [head .................... tail)             what aggregate i is about
 *
 * An event is put at the end of the ring; then each view takes it in and lets go of what has become
 * too old. A view `over prior` is one event behind: it takes in the event before. What no view
 * needs any more is forgotten. Views change by one value at a time:
 *
 *   count   n                     sum, avg   n and the exact sum: 128 bits, or struct exact
 *   stddev  n, exact sums of x and of x²     min max first last   queue of the candidates' numbers
 *   distinct, percentile   nothing: sorted when asked for, O(n log n)
 *
 * So that a float is a function of the values in the window and of nothing that was there before,
 * sums are exact and rounded once (docs/windows.md). Values too large or too small for that are
 * counted as odd; as long as a view holds one, it is computed from scratch, in order.
 *
 * One thread. Tests: tests/unit/engine/test_window.c; against recomputation:
 * tests/unit/whole/test_windows.c
 */
#ifndef OMEN_ENGINE_WINDOW_H
#define OMEN_ENGINE_WINDOW_H

#include "engine/pane.h"

struct window; /* of one key */

/* The windows over one input of a group: what is the same for all keys. */
struct windows;

/* `at`: where a key's window lies in the key's room, behind those over other inputs. Below, `room`
 * is that room. */
struct windows *windows_new(const struct program *program, const struct program_input *input,
                            size_t at, struct expr *expr, struct heap *heap);
void windows_free(struct windows **w);
int64_t windows_longest(const struct windows *w); /* ns; -1: a window of events never ends */

/* A key's window in windows_room bytes of the room, which are the caller's. */
size_t windows_room(const struct windows *w);
void window_init(const struct windows *w, void *room);
void window_fini(struct windows *w, void *room);
/* Row of the batch at event time `at` becomes the tested event. */
void window_event(struct windows *w, void *room, const struct batch *batch, uint32_t row,
                  int64_t at, const struct value *prev);
/* The tested event, at time `at`, is of another input: it does not enter, what is old leaves. */
void window_pass(struct windows *w, void *room, int64_t at);
/* Takes over what fits of the window of another set of windows over the same input, with the same
 * heap: `columns`, `aggregates` say which of `from` each of `w` is; NONE. The others have met no
 * event. It has just begun; the other one may be ended afterwards. */
void window_carry(struct windows *w, void *room, struct windows *from, void *from_room,
                  const uint32_t *columns, const uint32_t *aggregates);
/* Asks for its memory. */
static inline void window_prefetch(const void *room) {
    for (uint32_t i = 0; i < 5; i++) __builtin_prefetch((const char *)room + 64 * i);
}

struct window_view { /* what an expression looks at */
    struct windows *const *windows; /* by input of the group */
    void *window;                   /* the key's room; NULL: no window holds an event */
    struct pane_view panes;         /* of the aggregates in panes */
    bool clock;  /* no event is tested: the windows end at `now` */
    int64_t now;
};

/* The value is valid until the key's next event. */
struct value window_value(const struct window_view *view, uint32_t input, uint32_t aggregate);

#endif
