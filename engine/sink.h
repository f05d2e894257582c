/* sink: where alerts go, encoded. An alert is encoded once; every sink gets the same bytes.
 *
 * Contract for makers (connectors/). A message is taken whole or not at all: what write answers
 * says which, and after anything but SINK_DONE it may be called again with the same message. What
 * was taken may be buffered; flush hands it on, without waiting for the other side's word.
 * `written` counts what the world has: acknowledged, where the other side acknowledges. One thread
 * at a time; the counters may be read from any thread.
 */
#ifndef OMEN_ENGINE_SINK_H
#define OMEN_ENGINE_SINK_H

#include <stdatomic.h>

#include "base/str.h"

struct sink_message {
    struct str rule, severity, key, id; /* key: as in `subject` */
    struct str type;                    /* omen.alert, omen.timeout, …; none: no alert */
    struct str payload;                 /* one JSON object, no newline */
    int64_t time_ns;                    /* event time */
};

enum sink_status {
    SINK_FAILED, /* the world's failure: sink->why */
    SINK_DONE,
    SINK_FULL, /* the other side is slow, or not there: nothing was taken */
};

struct sink;

struct sink_ops {
    enum sink_status (*write)(struct sink *s, const struct sink_message *m);
    enum sink_status (*flush)(struct sink *s);
    /* Looks after the other side while there is nothing to write: acknowledgements, who came and
     * went. Does not wait. NULL: there is nothing to look after. */
    enum sink_status (*tend)(struct sink *s);
    /* Nothing more is written: the time that finish may take begins. Does not wait.
     * NULL: there is nothing to begin. */
    void (*last)(struct sink *s);
    /* Nothing more is written: waits until the world has everything, a bounded time at most. Then
     * the counters are final; what is left counts as lost. NULL: flush is all that it takes. */
    enum sink_status (*finish)(struct sink *s);
    void (*close)(struct sink *s); /* finishes, frees */
};

struct sink {
    const struct sink_ops *ops;
    struct str name;
    const char *why;
    bool gone; /* it failed since who read it has left */
    _Atomic uint64_t taken;   /* messages that write took */
    _Atomic uint64_t written; /* of these: the world has them */
    _Atomic uint64_t dropped; /* of these: given up, as the operator allowed (slow=drop) */
    _Atomic uint64_t lost;    /* of these: still here when the time to close was over */
};

/* Of what was taken, what the world does not have yet. */
static inline uint64_t sink_waiting(const struct sink *s) {
    return s->taken - s->written - s->dropped - s->lost;
}

#endif
