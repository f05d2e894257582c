/* zmq_socket: a ZeroMQ socket from an address, for sinks and sources alike: endpoint, bind or
 * connect, high-water mark, linger, heartbeats, CURVE.
 *
 *   zmq:KIND:[@|>]ENDPOINT[?setting=value&…]      @ binds, > connects; without, as KIND wants
 *
 *   hwm=1000              messages that wait for a peer at most, on each side
 *   linger=2s             how long what was sent may wait for its peer at the end
 *   curve-secret=FILE     our CURVE key pair: the file that `omen keygen`, or zmq's tools, made:
 *                         two lines, public and secret, in Z85
 *   curve-server=Z85      connect: the public key of the other side
 *   curve-clients=FILE    bind: public keys that may come in, one a line; needs curve-secret
 *
 * All sockets share one context of the process. A socket belongs to one thread at a time.
 * Tests: tests/unit/connectors/test_zmq.c
 */
#ifndef OMEN_CONNECTORS_ZMQ_SOCKET_H
#define OMEN_CONNECTORS_ZMQ_SOCKET_H

#include "connectors/address.h"

enum { ZMQ_HWM_DEFAULT = 1000 };

/* `type`: of libzmq, ZMQ_PUSH…; `binds`: what the address means without @ or >. NULL with a->why
 * set after a mistake; *broken (arena), where the world is at fault (an address in use). */
void *zmq_socket_open(struct address *a, int type, bool binds, const char **broken);
void zmq_socket_close(void *socket);

#endif
