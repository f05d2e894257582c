/* zmq_ack_sink: alerts that must not be lost on the way (zmq:ack): what a reader has not
 * acknowledged is kept, and sent again to whoever reads next.
 *
 *   reader (DEALER)                       omen (ROUTER)
 *     ── [ "hello" ] ─────────────────→     sends all that it keeps, from the oldest on
 *     ← [ topic, number, payload ] ────     topic: rule/severity; number: from 1, in digits
 *     ── [ "ack", number ] ───────────→     forgets up to that number
 *
 *   outbox  │ sent, not acknowledged │ not sent │      first … sent … end; at most `outbox` of them
 *
 * One reader at a time: the last that said hello, who may be the same again, after either side was
 * away; what came twice has the same number as long as omen runs, and the same id in the payload
 * for ever. A full outbox answers SINK_FULL. omen binds. One thread.
 * Tests: tests/unit/connectors/test_zmq.c
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/log.h"
#include "connectors/sinks.h"
#include "connectors/zmq_socket.h"

enum { OUTBOX_DEFAULT = 10000, IDENTITY_MOST = 255, FRAME_MOST = 64 };

struct kept { /* one block: topic, then payload */
    char *bytes;
    size_t topic, payload;
};

struct ack_sink {
    struct sink sink;
    struct zmq_socket zmq;
    struct kept *ring;
    uint64_t cap;
    uint64_t first, sent, end; /* numbers: kept are [first, end), sent are those below `sent` */
    char identity[IDENTITY_MOST];
    size_t identity_bytes;
    bool reader;
    char why[256];
};

static struct kept *kept_at(struct ack_sink *z, uint64_t number) {
    return &z->ring[number % z->cap];
}

/* ---- to the reader --------------------------------------------------------------------------- */

/* False: the reader's queue is full, or it is gone (then it is our reader no more). */
static bool send_frames(struct ack_sink *z, uint64_t number) {
    struct kept *k = kept_at(z, number);
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, number);
    int answer =
        zmq_send(z->zmq.socket, z->identity, z->identity_bytes, ZMQ_DONTWAIT | ZMQ_SNDMORE);
    if (answer < 0 && errno == EHOSTUNREACH) z->reader = false;
    if (answer < 0) return false;
    /* The rest goes where the first frame went: it does not have to wait. */
    zmq_send(z->zmq.socket, k->bytes, k->topic, ZMQ_SNDMORE);
    zmq_send(z->zmq.socket, digits, (size_t)n, ZMQ_SNDMORE);
    return zmq_send(z->zmq.socket, k->bytes + k->topic, k->payload, 0) >= 0;
}

static void send_kept(struct ack_sink *z) {
    while (z->reader && z->sent < z->end && send_frames(z, z->sent)) z->sent++;
}

/* ---- from the reader ------------------------------------------------------------------------- */

static void forget_up_to(struct ack_sink *z, uint64_t number) {
    if (number >= z->sent) number = z->sent - 1; /* of what was never sent nothing is known */
    for (; z->first <= number; z->first++) {
        free(kept_at(z, z->first)->bytes);
        z->sink.written++;
    }
}

static void heard(struct ack_sink *z, const char *identity, size_t identity_bytes,
                  struct str frames[2], int n) {
    bool same = z->reader && identity_bytes == z->identity_bytes &&
                memcmp(identity, z->identity, identity_bytes) == 0;
    if (n == 1 && str_equal(frames[0], STR("hello"))) {
        memcpy(z->identity, identity, identity_bytes);
        z->identity_bytes = identity_bytes;
        z->reader = true;
        z->sent = z->first;
    } else if (n == 2 && same && str_equal(frames[0], STR("ack"))) {
        uint64_t number = 0;
        for (size_t i = 0; i < frames[1].n && i < 19; i++) {
            if (frames[1].p[i] < '0' || frames[1].p[i] > '9') return;
            number = number * 10 + (uint64_t)(frames[1].p[i] - '0');
        }
        forget_up_to(z, number);
    } /* anything else is not ours to understand, or of a reader who is no more */
}

/* One message of a reader, if there is one. */
static bool listen_once(struct ack_sink *z) {
    char identity[IDENTITY_MOST], bytes[2][FRAME_MOST];
    struct str frames[2];
    int more = 1, n = 0;
    size_t size = sizeof more;
    int got = zmq_recv(z->zmq.socket, identity, sizeof identity, ZMQ_DONTWAIT);
    if (got < 0) return false;
    size_t identity_bytes = (size_t)got < sizeof identity ? (size_t)got : sizeof identity;
    zmq_getsockopt(z->zmq.socket, ZMQ_RCVMORE, &more, &size);
    while (more) {
        char spare[FRAME_MOST], *to = n < 2 ? bytes[n] : spare;
        got = zmq_recv(z->zmq.socket, to, FRAME_MOST, 0);
        if (got < 0) return true;
        if (n < 2)
            frames[n] = (struct str){to, (size_t)got < FRAME_MOST ? (size_t)got : FRAME_MOST};
        n++;
        zmq_getsockopt(z->zmq.socket, ZMQ_RCVMORE, &more, &size);
    }
    heard(z, identity, identity_bytes, frames, n);
    return true;
}

static enum sink_status tend(struct sink *sink) {
    struct ack_sink *z = (struct ack_sink *)sink;
    while (listen_once(z)) {}
    send_kept(z);
    return SINK_DONE;
}

/* ---- the sink -------------------------------------------------------------------------------- */

static enum sink_status write_message(struct sink *sink, const struct sink_message *m) {
    struct ack_sink *z = (struct ack_sink *)sink;
    tend(sink);
    if (z->end - z->first == z->cap) return SINK_FULL;
    struct kept *k = kept_at(z, z->end);
    char topic[512];
    int n = snprintf(topic, sizeof topic, "%.*s/%.*s", STR_FMT(m->rule), STR_FMT(m->severity));
    k->topic = n < (int)sizeof topic ? (size_t)n : sizeof topic - 1;
    k->payload = m->payload.n;
    k->bytes = must_alloc(k->topic + k->payload + 1);
    memcpy(k->bytes, topic, k->topic);
    memcpy(k->bytes + k->topic, m->payload.p, m->payload.n);
    z->end++;
    send_kept(z);
    return SINK_DONE;
}

/* What the library holds goes to its peers, or not. */
static enum sink_status finish(struct sink *sink) {
    zmq_socket_close(&((struct ack_sink *)sink)->zmq);
    return SINK_DONE;
}

static void close_sink(struct sink *sink) {
    struct ack_sink *z = (struct ack_sink *)sink;
    for (; z->first < z->end; z->first++) free(kept_at(z, z->first)->bytes);
    zmq_socket_close(&z->zmq);
    free(z->ring);
    free(z);
}

static const struct sink_ops ops = {
    .write = write_message, .flush = tend, .tend = tend, .finish = finish, .close = close_sink};

struct sink *zmq_ack_sink_open(struct address *a, const char **broken) {
    uint64_t outbox = OUTBOX_DEFAULT;
    int yes = 1;
    address_count(a, "outbox", 1, 10000000, &outbox);
    if (a->rest.n && a->rest.p[0] == '>')
        address_mistake(a, "zmq:ack binds, and its reader connects: write @ instead of >");
    struct zmq_socket zmq;
    if (!zmq_socket_open(&zmq, a, ZMQ_ROUTER, true, broken)) return NULL;
    check(zmq_setsockopt(zmq.socket, ZMQ_ROUTER_MANDATORY, &yes, sizeof yes) == 0);
    check(zmq_setsockopt(zmq.socket, ZMQ_ROUTER_HANDOVER, &yes, sizeof yes) == 0);
    struct ack_sink *z = must_zalloc(sizeof *z);
    z->sink = (struct sink){.ops = &ops, .name = arena_copy(a->arena, a->whole)};
    z->zmq = zmq;
    z->cap = outbox;
    z->ring = must_zalloc(outbox * sizeof *z->ring);
    z->first = z->sent = z->end = 1;
    return &z->sink;
}
