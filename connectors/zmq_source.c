/* zmq_source: events that others send: zmq:pull (a work queue's end) and zmq:sub (a broadcast's).
 *
 * An event is the last frame of a message; frames before it (a topic) are passed over. ZeroMQ has
 * no positions: the offset is the number of the message in this run, from 0, and what was on the
 * way when either side ended is gone. topic=TEXT of zmq:sub: only messages whose first frame begins
 * so. One thread. Tests: tests/unit/connectors/test_zmq_source.c
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
    void *socket;
    uint64_t offset; /* of the next message */
};

/* The last frame, to be closed by the caller. False: none for now, or errno says why. */
static bool receive(struct zmq_source *z, zmq_msg_t *frame) {
    zmq_msg_init(frame);
    if (zmq_msg_recv(frame, z->socket, ZMQ_DONTWAIT) < 0) return false;
    while (zmq_msg_more(frame))
        if (zmq_msg_recv(frame, z->socket, 0) < 0) return false;
    return true;
}

static enum source_status next(struct source *source, struct batch *batch) {
    struct zmq_source *z = (struct zmq_source *)source;
    zmq_pollitem_t ready = {.socket = z->socket, .events = ZMQ_POLLIN};
    zmq_msg_t frame;
    int seen = 0;
    batch_reset(batch);
    errno = 0;
    zmq_poll(&ready, 1, SOURCE_WAIT_MS);
    for (; message_room(batch) && seen < BATCH_MAX_ROWS && receive(z, &frame); seen++) {
        struct message m = {zmq_msg_data(&frame), zmq_msg_size(&frame), 0, z->offset++};
        message_decode(&z->base, &m, batch);
        zmq_msg_close(&frame);
        errno = EAGAIN;
    }
    if (batch->n) return SOURCE_BATCH;
    if (!errno || errno == EAGAIN || errno == EINTR) return SOURCE_NOTHING;
    snprintf(z->base.why, sizeof z->base.why, "%.*s: %s", STR_FMT(source->name),
             zmq_strerror(errno));
    source->why = z->base.why;
    return SOURCE_FAILED;
}

static void close_source(struct source *source) {
    struct zmq_source *z = (struct zmq_source *)source;
    zmq_socket_close(z->socket);
    message_source_fini(&z->base);
    free(z);
}

static const struct source_ops ops = {.next = next, .close = close_source};

struct source *zmq_source_open(struct address *a, bool subscribes, const struct schema *schema,
                               uint32_t stream, const char **broken) {
    struct str topic = STR("");
    if (subscribes) address_text(a, "topic", &topic);
    void *socket = zmq_socket_open(a, subscribes ? ZMQ_SUB : ZMQ_PULL, false, broken);
    if (!socket) return NULL;
    if (subscribes) check(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic.p, topic.n) == 0);
    struct zmq_source *z = must_zalloc(sizeof *z);
    message_source_init(&z->base, &ops, arena_copy(a->arena, a->whole), schema, stream);
    z->socket = socket;
    return &z->base.source;
}
