/* zmq_socket: a ZeroMQ socket from an address, for sinks and sources alike: endpoint, bind or
 * connect, high-water mark, linger, heartbeats, CURVE.
 *
 *   zmq:KIND:[@|>]ENDPOINT[?setting=value&…]      @ binds, > connects; without, as KIND wants
 *
 *   hwm=1000              messages that wait for a peer at most, on each side
 *   linger=2s             how long what was sent may wait for its peer at the end
 *   curve-secret=FILE     our CURVE key pair: the file that `omen keygen`, or zmq's tools, made:
 *                         two lines, public and secret, in Z85
 *   curve-server=KEY      connect: the public key of the other side, or a file that begins with it:
 *                         a key in Z85 may hold an `&`
 *   curve-clients=FILE    bind: public keys that may come in, one a line; needs curve-secret
 *
 * Each has a context of its own, so that closing it can wait for what was sent: a socket that is
 * just closed goes on sending behind our back, until the process ends. A socket belongs to one
 * thread at a time.
 * Tests: tests/unit/connectors/test_zmq.c
 */
#ifndef OMEN_CONNECTORS_ZMQ_SOCKET_H
#define OMEN_CONNECTORS_ZMQ_SOCKET_H

#include "connectors/address.h"

enum { ZMQ_HWM_DEFAULT = 1000 };

struct zmq_socket {
    void *context, *socket; /* socket NULL: closed */
    struct zmq_gate *gate;
};

/* `type`: of libzmq, ZMQ_PUSH…; `binds`: what the address means without @ or >. False with a->why
 * set after a mistake; *broken (arena), where the world is at fault (an address in use). */
bool zmq_socket_open(struct zmq_socket *z, struct address *a, int type, bool binds,
                     const char **broken);
/* Waits until what was sent has gone to its peers, `linger` at most. Nothing if it is closed. */
void zmq_socket_close(struct zmq_socket *z);

#endif
