/* zmq_curve: CURVE keys of a socket, out of its address: ours, the other side's, and who may come
 * in (connectors/zmq_gate.h asks those). Tests: tests/unit/connectors/test_zmq.c
 */
#ifndef OMEN_CONNECTORS_ZMQ_CURVE_H
#define OMEN_CONNECTORS_ZMQ_CURVE_H

#include "connectors/address.h"
#include "connectors/zmq_gate.h"

/* Before bind or connect. Mistakes go to the address. Says in the plan whether there are keys. */
void zmq_curve_set(void *socket, struct address *a, struct zmq_gate_plan *plan);

#endif
