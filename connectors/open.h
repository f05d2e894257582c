/* open: from what the operator wrote to a source or a sink.
 *
 *   --in telemetry=-            standard input, NDJSON
 *   --in telemetry=x.ndjson     a file by its ending: .ndjson .jsonl .json .csv, each also with .gz
 *                               or .zst
 *   --in telemetry=/dev/null    nothing
 *   --out - · --out alerts.ndjson
 *
 * kafka: and zmq: are refused with "not built yet". Tests: tests/unit/connectors
 */
#ifndef OMEN_CONNECTORS_OPEN_H
#define OMEN_CONNECTORS_OPEN_H

#include "base/arena.h"
#include "engine/sink.h"
#include "engine/source.h"

/* NULL with a text in *why (arena) if it cannot be opened. `where` as above. Texts are kept in
 * the arena, which must outlive the source. */
struct source *source_open(struct str where, const struct schema *schema, uint32_t stream,
                           struct arena *arena, const char **why);
struct sink *sink_open(struct str where, struct arena *arena, const char **why);

static inline enum source_status source_next(struct source *s, struct batch *b) {
    return s->ops->next(s, b);
}
static inline void source_close(struct source *s) { s->ops->close(s); }
static inline bool sink_write(struct sink *s, const struct sink_message *m) {
    return s->ops->write(s, m);
}
static inline bool sink_flush(struct sink *s) { return s->ops->flush(s); }
static inline void sink_close(struct sink *s) { s->ops->close(s); }

#endif
