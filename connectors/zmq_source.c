/* zmq_source: events that others send: zmq:pull (a work queue's end) and zmq:sub (a broadcast's).
 *
 * An event is the last frame of a message; frames before it (a topic) are passed over. ZeroMQ has
 * no positions: the offset is the number of the message in this run, from 0, and what was on the
 * way when either side ended is gone. topic=TEXT of zmq:sub: only messages whose first frame begins
 * so. One thread. Tests: tests/system/test_zmq.py
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/log.h"
#include "connectors/message_source.h"
#include "connectors/sources.h"
#include "connectors/zmq_socket.h"

struct zmq_source {
    struct message_source base;
    struct zmq_socket zmq;
    uint64_t offset; /* of the next message */
};

enum { MESSAGES_MOST = 16 << 10 }; /* looked at in one call, whatever becomes of them */

/* The last frame, to be closed by the caller. False: none for now, or errno says why. */
static bool receive(struct zmq_source *z, zmq_msg_t *frame) {
    int got = zmq_msg_recv(frame, z->zmq.socket, ZMQ_DONTWAIT);
    while (got >= 0 ? zmq_msg_more(frame) : errno == EINTR)
        got = zmq_msg_recv(frame, z->zmq.socket, ZMQ_DONTWAIT); /* a message comes whole */
    return got >= 0;
}

static enum source_status next(struct source *source, struct batch *batch) {
    struct zmq_source *z = (struct zmq_source *)source;
    zmq_pollitem_t ready = {.socket = z->zmq.socket, .events = ZMQ_POLLIN};
    zmq_msg_t frame;
    bool fine = true;
    batch_reset(batch);
    batch->partition = source->partition;
    if (zmq_poll(&ready, 1, SOURCE_WAIT_MS) == 0) return SOURCE_NOTHING;
    zmq_msg_init(&frame);
    for (uint32_t i = 0; i < MESSAGES_MOST && message_room(batch); i++) {
        fine = receive(z, &frame);
        if (!fine) break;
        struct message m = {zmq_msg_data(&frame), zmq_msg_size(&frame), source->partition,
                            z->offset++};
        message_decode(&z->base, &m, batch);
    }
    int fault = fine ? 0 : errno;
    zmq_msg_close(&frame);
    if (batch->n) return SOURCE_BATCH;
    if (!fault || fault == EAGAIN || fault == EINTR) return SOURCE_NOTHING;
    snprintf(z->base.why, sizeof z->base.why, "%.*s: %s", STR_FMT(source->name),
             zmq_strerror(fault));
    source->why = z->base.why;
    return SOURCE_FAILED;
}

static void close_source(struct source *source) {
    struct zmq_source *z = (struct zmq_source *)source;
    zmq_socket_close(&z->zmq);
    message_source_fini(&z->base);
    free(z);
}

static const struct source_ops ops = {
    .next = next, .close = close_source, .follow = message_source_follow};

struct source *zmq_source_open(struct address *a, bool subscribes, const struct schema *schema,
                               uint32_t stream, const char **broken) {
    struct str topic = STR("");
    if (subscribes) address_text(a, "topic", &topic);
    struct zmq_socket zmq;
    if (!zmq_socket_open(&zmq, a, subscribes ? ZMQ_SUB : ZMQ_PULL, false, broken)) return NULL;
    if (subscribes) check(zmq_setsockopt(zmq.socket, ZMQ_SUBSCRIBE, topic.p, topic.n) == 0);
    struct zmq_source *z = must_zalloc(sizeof *z);
    message_source_init(&z->base, &ops, arena_copy(a->arena, a->whole), schema, stream);
    z->zmq = zmq;
    return &z->base.source;
}
