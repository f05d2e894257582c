/* alert_build: from a completed run to an alert, copied out of the engine's memory, and alerts into
 * their order. One thread. Tests: tests/unit/whole/test_engine.c
 */
#ifndef OMEN_ENGINE_ALERT_BUILD_H
#define OMEN_ENGINE_ALERT_BUILD_H

#include "engine/alert.h"
#include "engine/match.h"

/* When an alert's turn comes among those of one time. */
struct alert_turn {
    uint32_t level; /* 0: an event from outside completed it; else one more than its rule's level */
    uint64_t seq;   /* of the completing event; UINT64_MAX: the clock completed it */
    bool feeds;     /* rules read it */
};

struct alert_entry { /* in the queue */
    const struct alert *alert;
    int64_t now; /* when it was completed */
    bool feeds;
    bool outside; /* an event from outside completed it */
};

struct alert_queue; /* alerts of one slice, until they are put in order */

struct alert_queue *alert_queue_new(const struct program *program, struct expr *expr);
void alert_queue_free(struct alert_queue **q);

/* Evaluates the rule's emit expressions and copies everything that the alert says. `key`: one value
 * for each key field of the rule's group; `prev`: the key's previous values; `suppressed`: what
 * gate_pass said. The alert is there until the queue is flushed. */
const struct alert *alert_queue_add(struct alert_queue *q, uint32_t rule, const struct run *run,
                     const struct completion *completion, const struct value *key,
                     const struct value *prev, uint64_t suppressed, struct alert_turn turn);

/* An alert that was sent before: what its closing repeats. */
struct opened {
    const struct run *run;
    int64_t end;
    struct hash128 id;
    struct str severity; /* lives as long as the program */
};

/* It closes: `closing` says when, and by which event. */
void alert_queue_resolve(struct alert_queue *q, uint32_t rule, const struct opened *opened,
                         const struct completion *closing, const struct value *key,
                         const struct value *prev, struct alert_turn turn);

size_t alert_queue_bytes(const struct alert_queue *q); /* memory of the alerts that wait */

/* Puts what is queued in order; how many there are, and one of them. Adding more leaves these where
 * they are. */
uint32_t alert_queue_sort(struct alert_queue *q);
struct alert_entry alert_queue_at(const struct alert_queue *q, uint32_t i);

/* The alerts of another queue stand in this one too, until either is emptied; sorting is for the
 * last of them. */
void alert_queue_adopt(struct alert_queue *q, const struct alert_queue *from);
void alert_queue_feed(struct alert_queue *q, uint32_t i, bool feeds); /* of a sorted queue */
void alert_queue_clear(struct alert_queue *q);

/* The windows of the key that alert_queue_add is about, kept up to date by the caller. */
void alert_queue_windows(struct alert_queue *q, const struct window_view *windows);

/* Calls the handler for each, in the total order; empties the queue. Returns how many alerts
 * opened: all but those that closed. */
uint64_t alert_queue_flush(struct alert_queue *q, alert_handler *handler, void *context);

#endif
