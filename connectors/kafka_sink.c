/* kafka_sink: alerts into a topic (kafka:TOPIC).
 *
 *   key      the alert's key, so that one key's alerts stay in order
 *   value    the payload
 *   headers  CloudEvents' binary names: ce_specversion, ce_id, ce_source, ce_type, ce_subject,
 *            ce_time; content-type
 *
 * The producer is idempotent: librdkafka's own retries neither repeat nor reorder. A message does
 * not time out: it is kept until the broker has it. After a fatal error the producer is made anew,
 * and what was not acknowledged is produced again, in order; then, as after a restart, an alert can
 * be there twice, with one id.
 *
 *   outbox   │ acknowledged? │ … │       blocks in order of writing: first … end
 *
 * One thread; delivery reports are taken in tend and flush. Tests: tests/unit/connectors/
 * test_kafka.c, tests/system
 */
#include "connectors/kafka_client.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"
#include "connectors/sinks.h"

enum { OUTBOX_DEFAULT = 100000 };

struct sent { /* one block with the texts behind it */
    bool acknowledged;
    int64_t time_ns;
    uint32_t key, id, type, payload;
    char bytes[];
};

struct kafka_sink {
    struct sink sink;
    struct kafka_trouble trouble;
    rd_kafka_t *producer;
    rd_kafka_conf_t *conf; /* of the next producer */
    const char *topic;
    struct sent **ring;
    uint64_t cap, first, produced, end; /* produced: those below are with the producer */
    char why[512];
};

static const char *const defaults[] = {
    "client.id", "omen", "enable.idempotence", "true", "linger.ms", "5", "compression.type", "lz4",
    "partitioner", "murmur2_random", "message.timeout.ms", "0", NULL};

/* ---- producing ------------------------------------------------------------------------------- */

static void on_delivered(rd_kafka_t *producer, const rd_kafka_message_t *m, void *opaque) {
    (void)producer;
    (void)opaque;
    struct sent *s = m->_private;
    if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) s->acknowledged = true;
}

static void forget_acknowledged(struct kafka_sink *k) {
    for (; k->first < k->produced && k->ring[k->first % k->cap]->acknowledged; k->first++) {
        free(k->ring[k->first % k->cap]);
        k->sink.written++;
    }
}

static void header(rd_kafka_headers_t *h, const char *name, const char *value, size_t n) {
    rd_kafka_header_add(h, name, -1, value, (ssize_t)n);
}

static rd_kafka_headers_t *headers_of(const struct sent *s) {
    struct buf time;
    rd_kafka_headers_t *h = rd_kafka_headers_new(8);
    buf_init(&time);
    time_format(&time, s->time_ns);
    header(h, "ce_specversion", "1.0", 3);
    header(h, "ce_id", s->bytes + s->key, s->id);
    header(h, "ce_source", "omen", 4);
    header(h, "ce_type", s->bytes + s->key + s->id, s->type);
    if (s->key) header(h, "ce_subject", s->bytes, s->key);
    header(h, "ce_time", time.p, time.n);
    header(h, "content-type", "application/json", 16);
    buf_fini(&time);
    return h;
}

static rd_kafka_resp_err_t produce(struct kafka_sink *k, struct sent *s) {
    rd_kafka_headers_t *headers = headers_of(s);
    char *value = s->bytes + s->key + s->id + s->type;
    rd_kafka_resp_err_t err = rd_kafka_producev(
        k->producer, RD_KAFKA_V_TOPIC(k->topic), RD_KAFKA_V_KEY(s->bytes, s->key),
        RD_KAFKA_V_VALUE(value, s->payload),
        RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_OPAQUE(s), RD_KAFKA_V_END);
    if (err) rd_kafka_headers_destroy(headers);
    return err;
}

static enum sink_status failed(struct kafka_sink *k, const char *text) {
    snprintf(k->why, sizeof k->why, "%.*s: %s", STR_FMT(k->sink.name), text);
    k->sink.why = k->why;
    return SINK_FAILED;
}

static bool make_producer(struct kafka_sink *k, char *why, size_t size) {
    rd_kafka_conf_t *conf = rd_kafka_conf_dup(k->conf);
    k->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, size);
    if (!k->producer) rd_kafka_conf_destroy(conf);
    return k->producer != NULL;
}

/* A producer that cannot go on makes room for a new one; what it had is not lost. */
static bool replace_if_fatal(struct kafka_sink *k) {
    char text[256], why[256];
    if (k->producer && !rd_kafka_fatal_error(k->producer, text, sizeof text)) return true;
    if (k->producer) {
        log_error("%.*s: %s; a new producer sends again what was not acknowledged",
                  STR_FMT(k->sink.name), text);
        rd_kafka_purge(k->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_poll(k->producer, 0);
        rd_kafka_destroy(k->producer);
        k->producer = NULL;
    }
    if (!make_producer(k, why, sizeof why)) {
        failed(k, why);
        return false;
    }
    forget_acknowledged(k);
    k->produced = k->first;
    return true;
}

/* What is in the outbox and not with the producer goes to it. */
static enum sink_status produce_waiting(struct kafka_sink *k) {
    for (; k->produced < k->end; k->produced++) {
        struct sent *s = k->ring[k->produced % k->cap];
        rd_kafka_resp_err_t err = s->acknowledged ? RD_KAFKA_RESP_ERR_NO_ERROR : produce(k, s);
        if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) return SINK_FULL;
        if (err) return failed(k, rd_kafka_err2str(err));
    }
    return SINK_DONE;
}

static enum sink_status tend(struct sink *sink) {
    struct kafka_sink *k = (struct kafka_sink *)sink;
    if (!replace_if_fatal(k)) return SINK_FAILED;
    rd_kafka_poll(k->producer, 0);
    forget_acknowledged(k);
    if (k->trouble.refused[0] && !sink->written) {
        failed(k, k->trouble.refused);
        k->trouble.refused[0] = 0;
        return SINK_FAILED;
    }
    return produce_waiting(k) == SINK_FAILED ? SINK_FAILED : SINK_DONE;
}

/* ---- the sink -------------------------------------------------------------------------------- */

static char *put(char *to, struct str s) { return (char *)memcpy(to, s.p, s.n) + s.n; }

static enum sink_status write_message(struct sink *sink, const struct sink_message *m) {
    struct kafka_sink *k = (struct kafka_sink *)sink;
    if (tend(sink) == SINK_FAILED) return SINK_FAILED;
    if (k->end - k->first == k->cap || k->produced < k->end) return SINK_FULL;
    size_t limit = UINT32_MAX;
    if (m->payload.n > limit) return failed(k, "an alert of more than 4 GiB");
    struct sent *s = must_alloc(sizeof *s + m->key.n + m->id.n + m->type.n + m->payload.n);
    *s = (struct sent){false, m->time_ns, (uint32_t)m->key.n, (uint32_t)m->id.n,
                       (uint32_t)m->type.n, (uint32_t)m->payload.n};
    put(put(put(put(s->bytes, m->key), m->id), m->type), m->payload);
    rd_kafka_resp_err_t err = produce(k, s);
    if (err) {
        free(s);
        if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL) return SINK_FULL;
        return failed(k, rd_kafka_err2str(err));
    }
    k->ring[k->end++ % k->cap] = s;
    k->produced = k->end;
    return SINK_DONE;
}

static void close_sink(struct sink *sink) {
    struct kafka_sink *k = (struct kafka_sink *)sink;
    if (k->producer) {
        rd_kafka_purge(k->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_poll(k->producer, 0);
        rd_kafka_destroy(k->producer);
    }
    rd_kafka_conf_destroy(k->conf);
    for (; k->first < k->end; k->first++) free(k->ring[k->first % k->cap]);
    free(k->ring);
    free(k);
}

static const struct sink_ops ops = {
    .write = write_message, .flush = tend, .tend = tend, .close = close_sink};

struct sink *kafka_sink_open(struct address *a, const struct kafka_properties *properties,
                             const char **broken) {
    uint64_t outbox = OUTBOX_DEFAULT;
    address_count(a, "outbox", 1, 100000000, &outbox);
    struct kafka_sink *k = must_zalloc(sizeof *k);
    k->conf = kafka_client_conf(a, properties, defaults, &k->trouble);
    if (!k->conf) {
        free(k);
        return NULL;
    }
    rd_kafka_conf_set_dr_msg_cb(k->conf, on_delivered);
    k->sink = (struct sink){.ops = &ops, .name = arena_copy(a->arena, a->whole)};
    k->topic = arena_copy(a->arena, a->rest).p;
    k->cap = outbox;
    k->ring = must_zalloc(outbox * sizeof *k->ring);
    if (make_producer(k, k->why, sizeof k->why)) return &k->sink;
    *broken = arena_printf(a->arena, "%.*s: %s", STR_FMT(a->whole), k->why);
    close_sink(&k->sink);
    return NULL;
}
