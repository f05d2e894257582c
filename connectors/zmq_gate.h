/* zmq_gate: the thread beside a ZeroMQ socket that knows who comes in: it answers the library's
 * questions about CURVE keys (ZAP, ZeroMQ RFC 27), and logs peers that could not come in, or whom
 * we could not reach for their keys. They try again and again: it is logged once a minute at most.
 *
 *   library ─→ ZAP: this key?   ─→ gate ─→ yes, no
 *           ─→ monitor: failed  ─→ gate ─→ log
 *
 * It ends with the context, which is the socket's own. Tests: tests/unit/connectors/test_zmq.c,
 * tests/system/test_zmq.py
 */
#ifndef OMEN_CONNECTORS_ZMQ_GATE_H
#define OMEN_CONNECTORS_ZMQ_GATE_H

#include <stdint.h>

#include "base/str.h"

enum { ZMQ_KEY_BYTES = 32 };

struct zmq_clients { /* public keys that may come in; of a socket that binds with CURVE */
    uint8_t (*keys)[ZMQ_KEY_BYTES];
    uint32_t n;
};

struct zmq_gate_plan {
    struct str name; /* of the socket, for messages; outlives the gate */
    bool binds, curve;
    struct zmq_clients clients; /* outlive the gate */
};

struct zmq_gate;

/* Before the socket binds or connects. */
struct zmq_gate *zmq_gate_start(void *context, void *socket, const struct zmq_gate_plan *plan);
void zmq_gate_free(struct zmq_gate **gate); /* its context is terminated */

#endif
