/* outputs: where what leaves omen goes: alerts to every --out, those of rules in mode shadow to
 * --shadow, late events to --late, malformed ones to --dead-letter.
 *
 * An alert is encoded once; every sink gets the same bytes. The first sink that fails ends the run:
 * `failed` says why. One exception: the reader of standard output may leave (`| head`); that ends
 * the run too, but is no failure.
 *
 * A late event is one JSON object a line: stream, partition, offset, its time, the newest time of
 * the stream before it, and the fields that some rule looks at (others are not decoded). One thread
 * at a time.
 *
 * Live, a sink that fails is tried again, and a slow one is waited for; after SIGTERM only as long
 * as it may linger: what it does not take then is lost, counted, and said. While main waits it is
 * in the middle of an alert; still it answers (`waiting`). Tests: tests/cli/outputs.t,
 * tests/system/test_kafka.py, test_stalled.py
 */
#ifndef OMEN_CLI_OUTPUTS_H
#define OMEN_CLI_OUTPUTS_H

#include "base/buf.h"
#include "cli/options.h"
#include "connectors/kafka_properties.h"
#include "engine/alert.h"
#include "engine/batch.h"
#include "engine/sink.h"
#include "engine/source.h"

struct output {
    const char *option, *where; /* as the operator wrote it */
    struct sink *sink;
};

struct outputs {
    const struct program *program;
    struct output *alerts;
    uint32_t nalerts;
    struct output late, dead, shadow; /* sink NULL: only counted */
    struct output **all; /* those above that have a sink */
    uint32_t nall;
    void (*waiting)(void *context); /* called every now and then while a sink is slow */
    void *context;
    const char *failed;       /* why, or NULL */
    bool reader_gone;
    uint64_t malformed, late_events; /* seen by the handlers */
    char first_malformed[256];       /* "cards.ndjson line 8: …"; empty: none. Of the stream that is
                                        declared first, so that it does not depend on batch size */
    uint32_t first_stream;
    struct buf payload, key, id;
};

struct output_places {
    const struct values *out; /* none: standard output */
    const char *late, *dead, *shadow; /* NULL: only counted */
    bool live; /* each sink has a queue, and is tried again where it fails */
    void (*waiting)(void *context); /* called every now and then while a sink is slow */
    void *context;
    const struct kafka_properties *kafka;
};

/* False after a message; outputs_close in every case. */
bool outputs_open(struct outputs *o, const struct output_places *to, const struct program *program,
                  struct arena *arena);
void outputs_close(struct outputs *o);

/* Hands everything to the world. */
void outputs_flush(struct outputs *o);

/* Nothing more is written: waits, a bounded time, until the world has everything, and says what it
 * has not. False: something was lost. */
bool outputs_finish(struct outputs *o);

static inline bool outputs_over(const struct outputs *o) { return o->failed || o->reader_gone; }

/* Handlers; the context is a struct outputs. */
void outputs_alert(void *context, const struct alert *alert);
void outputs_late(void *context, const struct batch *batch, uint32_t row, int64_t newest_ns);
void outputs_dead_letter(void *context, const struct dead_letter *letter);
void outputs_table_letter(void *context, const struct dead_letter *letter); /* counted elsewhere */

#endif
