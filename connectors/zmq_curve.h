/* zmq_curve: CURVE keys of a socket, and who may come in (ZAP, ZeroMQ RFC 27).
 *
 * One thread of the process answers the library's questions: the domain of a socket that binds is
 * its place in a table of lists of keys. A client without a key of its list is refused by the
 * library, again and again as it tries; that is logged once a minute at most.
 * Tests: tests/unit/connectors/test_zmq.c
 */
#ifndef OMEN_CONNECTORS_ZMQ_CURVE_H
#define OMEN_CONNECTORS_ZMQ_CURVE_H

#include "connectors/address.h"

/* Before bind or connect. Mistakes go to the address. */
void zmq_curve_set(void *context, void *socket, struct address *a, bool binds);

#endif
