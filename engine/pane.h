/* pane: windows that keep no events: those of `every`, and those exact to a step.
 *
 * A frame is a shape of windows (struct program_frame). For each frame a key has panes, stretches
 * of time that do not overlap, oldest first; a pane has a tally for each aggregate of the frame. An
 * event goes into one pane of each frame. A window is some panes side by side, and its aggregates
 * are their tallies joined:
 *
 *   tumbling, calendar, session    one pane; a second one while events at the very end of a window
 *                                  have come and its closing, which is behind them, has not
 *   hopping                        panes as long as the greatest common divisor of the period and
 *                                  the length
 *   step                           panes of a step; beside them their tallies joined, the total,
 *                                  since it is looked at at each event
 *
 *   step   pane │ pane │ … │ pane that now is in      what leaves is taken from the total; where
 *          └─────── total ──────┘                     that cannot be, it is joined anew, once a
 *                                                     step
 *
 * Panes are [start, end). Where an end does not fit 64 bits the window never closes. One thread.
 * Tests: tests/unit/whole/test_panes.c (against recomputing), docs/language.md
 */
#ifndef OMEN_ENGINE_PANE_H
#define OMEN_ENGINE_PANE_H

#include "engine/expr.h"
#include "engine/match.h"

struct panes;     /* of a group: what is the same for all keys */
struct key_panes; /* of one key */

/* NULL if the group has no frames. `zones`: those of the program. */
struct panes *panes_new(const struct program *program, const struct program_group *group,
                        struct expr *expr, struct heap *heap);
void panes_free(struct panes **p);

/* How long after its last event a key may still have a pane that something looks at. */
int64_t panes_longest(const struct panes *p);
/* Are there some that no close ends? A key's panes then end by panes_longest. */
bool panes_linger(const struct panes *p);
uint64_t panes_left_out(const struct panes *p); /* values for which there was no room */

struct key_panes *key_panes_new(const struct panes *p);
void key_panes_free(struct panes *p, struct key_panes *k);
bool key_panes_empty(const struct panes *p, const struct key_panes *k);

/* Takes over what fits of the panes of another set of rules over the same input, with the same
 * heap: `frames` says which of `from` each is; NONE. It has just been made; the other one may be
 * freed afterwards. */
void panes_carry(struct panes *p, struct key_panes *k, struct panes *from, struct key_panes *was,
                 const uint32_t *frames);

/* The event becomes the key's newest. */
void panes_event(struct panes *p, struct key_panes *k, const struct event *event,
                 const struct value *prev);

/* ---- windows that close ---------------------------------------------------------------------- */

/* When the frame's next window closes; INT64_MAX: none is open. Always for frames of `step`. */
int64_t panes_due(const struct panes *p, const struct key_panes *k, uint32_t frame);

/* A timer is set for that time: one for each key and frame. INT64_MAX: none. */
int64_t *panes_timer(struct key_panes *k, uint32_t frame);

struct pane_edge { /* the first or the last event of a window */
    uint32_t stream, partition;
    uint64_t offset;
};

struct pane_window {
    int64_t start, end;
    struct pane_edge first, last;
};

/* The window that closes at panes_due. Then: it has closed. */
struct pane_window panes_window(const struct panes *p, const struct key_panes *k, uint32_t frame);
void panes_close(struct panes *p, struct key_panes *k, uint32_t frame);

/* ---- looked at ------------------------------------------------------------------------------- */

struct pane_view {
    struct panes *panes;
    struct key_panes *key;  /* NULL: there was no event */
    struct pane_window window; /* that closes now, of the frame of the rule that looks */
};

/* Is the group's aggregate one in panes? */
bool panes_has(const struct panes *p, uint32_t aggregate);

/* `now`: the clock's time, where it and not an event asks. Valid until the key's next event. */
struct value pane_value(const struct pane_view *view, uint32_t aggregate, const int64_t *now);

#endif
