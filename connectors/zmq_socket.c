/* zmq_socket: see zmq_socket.h. */
#include "connectors/zmq_socket.h"

#include <errno.h>
#include <stdio.h>
#include <zmq.h>

#include "base/log.h"
#include "base/time.h"
#include "connectors/zmq_curve.h"

enum {
    LINGER_MS = 2000,
    HEARTBEAT_MS = 5000,
    /* A peer that does not answer for so long is gone. libzmq answers nothing while its queue is
     * full because its program does not read: one that is slow must not look gone. */
    GONE_MS = 30000,
    RECONNECT_MOST_MS = 5000,
    FRAME_MOST = 16 << 20, /* who sends more is disconnected, before it is all in memory */
};

static void set_int(void *socket, int option, int value) {
    check(zmq_setsockopt(socket, option, &value, sizeof value) == 0);
}

/* What every socket of ours wants, whatever it is for. */
static void set_common(void *socket, struct address *a) {
    uint64_t hwm = ZMQ_HWM_DEFAULT;
    int64_t linger_ns = LINGER_MS * NS_PER_MS;
    address_count(a, "hwm", 1, 100000000, &hwm);
    address_duration(a, "linger", &linger_ns);
    set_int(socket, ZMQ_SNDHWM, (int)hwm);
    set_int(socket, ZMQ_RCVHWM, (int)hwm);
    set_int(socket, ZMQ_LINGER, (int)(linger_ns / NS_PER_MS));
    set_int(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS);
    set_int(socket, ZMQ_HEARTBEAT_TIMEOUT, GONE_MS);
    set_int(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MOST_MS);
    int64_t most = FRAME_MOST;
    check(zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &most, sizeof most) == 0);
}

static const char *endpoint_of(struct address *a, bool *binds) {
    struct str rest = a->rest;
    bool marked = rest.n && (rest.p[0] == '@' || rest.p[0] == '>');
    if (marked) {
        *binds = rest.p[0] == '@';
        rest = (struct str){rest.p + 1, rest.n - 1};
    }
    if (str_starts(rest, STR("tcp://")) || str_starts(rest, STR("ipc://")))
        return arena_copy(a->arena, rest).p;
    address_mistake(a, "expected an endpoint, as in @tcp://127.0.0.1:5556 (bind) or "
                       ">tcp://host:5556 (connect), found `%.*s`", STR_FMT(a->rest));
    return NULL;
}

bool zmq_socket_open(struct zmq_socket *z, struct address *a, int type, bool binds,
                     const char **broken) {
    *z = (struct zmq_socket){.context = zmq_ctx_new()};
    check(z->context);
    z->socket = zmq_socket(z->context, type);
    check(z->socket);
    const char *endpoint = endpoint_of(a, &binds);
    struct zmq_gate_plan plan = {.name = arena_copy(a->arena, a->whole), .binds = binds};
    set_common(z->socket, a);
    zmq_curve_set(z->socket, a, &plan);
    /* Without a peer a message waits with us, where it is counted, and not in a queue to nobody. */
    if (type == ZMQ_PUSH && !binds) set_int(z->socket, ZMQ_IMMEDIATE, 1);
    if (a->why) {
        zmq_socket_close(z);
        return false;
    }
    z->gate = zmq_gate_start(z->context, z->socket, &plan);
    int failed = binds ? zmq_bind(z->socket, endpoint) : zmq_connect(z->socket, endpoint);
    if (!failed) return true;
    *broken = arena_printf(a->arena, "%.*s: cannot %s %s: %s", STR_FMT(a->whole),
                           binds ? "bind" : "connect to", endpoint, zmq_strerror(errno));
    zmq_socket_close(z);
    return false;
}

void zmq_socket_close(struct zmq_socket *z) {
    if (!z->socket) return;
    zmq_close(z->socket);
    while (zmq_ctx_term(z->context) < 0 && errno == EINTR) {}
    zmq_gate_free(&z->gate);
    z->socket = NULL;
}
