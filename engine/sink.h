/* sink: where alerts go, encoded. An alert is encoded once; every sink gets the same bytes.
 * Contract for makers (connectors/): write may buffer; flush hands everything to the world; each
 * returns false when the world fails, with sink->why set, and may be called again. One thread at a
 * time.
 */
#ifndef OMEN_ENGINE_SINK_H
#define OMEN_ENGINE_SINK_H

#include "base/str.h"

struct sink_message {
    struct str rule, severity, key, id; /* key: as in `subject` */
    struct str payload;                 /* one JSON object, no newline */
};

struct sink;

struct sink_ops {
    bool (*write)(struct sink *s, const struct sink_message *m);
    bool (*flush)(struct sink *s);
    void (*close)(struct sink *s); /* flushes, frees */
};

struct sink {
    const struct sink_ops *ops;
    struct str name;
    const char *why;
    uint64_t written;
};

#endif
