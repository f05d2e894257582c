/* zmq_sink: broadcast (zmq:pub) and work queue (zmq:push).
 *
 *              pub                                    push
 *   is         XPUB that does not drop (NODROP)       PUSH
 *   frames     topic `rule/severity`, payload         payload
 *   no peer    accepted: nobody heard it              SINK_FULL
 *   slow peer  SINK_FULL, for all its readers         SINK_FULL if all are
 *
 * What SINK_FULL leads to (wait, drop) is the queue's affair (queue_sink.h). A peer that dies takes
 * with it what its own queue held: up to hwm messages; who must not lose one takes zmq:ack. Of a
 * broadcast the subscriptions that come in are read, so that they do not pile up. One thread.
 * Tests: tests/unit/connectors/test_zmq.c
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/log.h"
#include "connectors/sinks.h"
#include "connectors/zmq_socket.h"

struct zmq_sink {
    struct sink sink;
    struct zmq_socket zmq;
    char why[256];
};

static enum sink_status status_of(struct zmq_sink *z, int answer) {
    if (answer >= 0) {
        z->sink.written++;
        return SINK_DONE;
    }
    if (errno == EAGAIN || errno == EINTR) return SINK_FULL;
    snprintf(z->why, sizeof z->why, "%.*s: %s", STR_FMT(z->sink.name), zmq_strerror(errno));
    z->sink.why = z->why;
    return SINK_FAILED;
}

static enum sink_status push(struct sink *sink, const struct sink_message *m) {
    struct zmq_sink *z = (struct zmq_sink *)sink;
    return status_of(z, zmq_send(z->zmq.socket, m->payload.p, m->payload.n, ZMQ_DONTWAIT));
}

static enum sink_status tend_pub(struct sink *sink) {
    struct zmq_sink *z = (struct zmq_sink *)sink;
    char subscription[256];
    while (zmq_recv(z->zmq.socket, subscription, sizeof subscription, ZMQ_DONTWAIT) >= 0) {}
    return SINK_DONE;
}

/* The library takes both frames or none: whoever has room for the first gets the second too. */
static enum sink_status publish(struct sink *sink, const struct sink_message *m) {
    struct zmq_sink *z = (struct zmq_sink *)sink;
    char topic[512];
    int n = snprintf(topic, sizeof topic, "%.*s/%.*s", STR_FMT(m->rule), STR_FMT(m->severity));
    if (n >= (int)sizeof topic) n = (int)sizeof topic - 1;
    tend_pub(sink);
    int answer = zmq_send(z->zmq.socket, topic, (size_t)n, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    if (answer < 0) return status_of(z, answer);
    do answer = zmq_send(z->zmq.socket, m->payload.p, m->payload.n, 0);
    while (answer < 0 && errno == EINTR);
    return status_of(z, answer);
}

static enum sink_status flush(struct sink *sink) {
    (void)sink;
    return SINK_DONE;
}

/* What the library holds goes to its peers, or not. */
static enum sink_status finish(struct sink *sink) {
    zmq_socket_close(&((struct zmq_sink *)sink)->zmq);
    return SINK_DONE;
}

static void close_sink(struct sink *sink) {
    struct zmq_sink *z = (struct zmq_sink *)sink;
    zmq_socket_close(&z->zmq);
    free(z);
}

static const struct sink_ops push_ops = {
    .write = push, .flush = flush, .finish = finish, .close = close_sink};
static const struct sink_ops pub_ops = {
    .write = publish, .flush = flush, .tend = tend_pub, .finish = finish, .close = close_sink};

struct sink *zmq_sink_open(struct address *a, bool broadcast, const char **broken) {
    struct zmq_socket zmq;
    if (!zmq_socket_open(&zmq, a, broadcast ? ZMQ_XPUB : ZMQ_PUSH, true, broken)) return NULL;
    int yes = 1;
    if (broadcast) check(zmq_setsockopt(zmq.socket, ZMQ_XPUB_NODROP, &yes, sizeof yes) == 0);
    struct zmq_sink *z = must_zalloc(sizeof *z);
    z->sink = (struct sink){.ops = broadcast ? &pub_ops : &push_ops,
                            .name = arena_copy(a->arena, a->whole)};
    z->zmq = zmq;
    return &z->sink;
}
