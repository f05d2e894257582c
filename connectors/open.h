/* open: from what the operator wrote to a source or a sink.
 *
 *   --in telemetry=-            standard input, NDJSON
 *   --in telemetry=x.ndjson     a file by its ending: .ndjson .jsonl .json .csv, each also with .gz
 *                               or .zst
 *   --in telemetry=/dev/null    nothing
 *   --in telemetry=kafka:TOPIC?… · zmq:pull:>tcp://127.0.0.1:5556 · zmq:sub:…?topic=…
 *   --out - · --out alerts.ndjson
 *   --out zmq:pub:@tcp://127.0.0.1:5556?slow=drop · zmq:push:… · zmq:ack:… · kafka:TOPIC?…
 *
 * Settings of every network sink: slow=wait|drop, queue=BYTES, linger=DURATION (queue_sink.h);
 * those of its kind stand in zmq_socket.h, zmq_ack_sink.c, kafka_client.h. Tests:
 * tests/unit/connectors
 */
#ifndef OMEN_CONNECTORS_OPEN_H
#define OMEN_CONNECTORS_OPEN_H

#include "base/arena.h"
#include "connectors/kafka_properties.h"
#include "engine/sink.h"
#include "engine/source.h"

/* NULL with a text in *why (arena) if it cannot be opened. `where` as above. Texts are kept in
 * the arena, which must outlive the source. */
struct source *source_open(struct str where, const struct schema *schema, uint32_t stream,
                           struct arena *arena, const char **why);

/* The same, and those over a network, which have no end. `kafka`: NULL: none. */
struct source *source_open_live(struct str where, const struct schema *schema, uint32_t stream,
                                const struct kafka_properties *kafka, struct arena *arena,
                                const char **why);

/* What a sink needs of the process around it. */
struct sink_wiring {
    bool live; /* it gets a queue, and is tried again where it fails; else that ends the run */
    bool (*waiting)(void *context); /* called while a slow sink is waited for: is a stop wanted? */
    void *context;
    const struct kafka_properties *kafka; /* NULL: none */
};

struct sink *sink_open(struct str where, const struct sink_wiring *wiring, struct arena *arena,
                       const char **why);

static inline enum source_status source_next(struct source *s, struct batch *b) {
    return s->ops->next(s, b);
}
static inline void source_close(struct source *s) { s->ops->close(s); }
static inline enum sink_status sink_write(struct sink *s, const struct sink_message *m) {
    s->taken++;
    enum sink_status status = s->ops->write(s, m);
    if (status != SINK_DONE) s->taken--;
    return status;
}
static inline enum sink_status sink_flush(struct sink *s) { return s->ops->flush(s); }
static inline enum sink_status sink_finish(struct sink *s) {
    return s->ops->finish ? s->ops->finish(s) : s->ops->flush(s);
}
static inline void sink_close(struct sink *s) { s->ops->close(s); }

#endif
