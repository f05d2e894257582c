/* queue_sink: a sink with a thread and a bounded queue of its own, around another sink: who writes
 * does not wait for the other side, until the queue is full.
 *
 *   write ─→ │ filling │ ⇄ │ draining │ ─→ thread ─→ inner sink
 *
 * Two buffers of the same size change places when the thread has drained its own. The inner sink
 * belongs to the thread. What happens when the other side is slow or fails is decided here:
 *
 *   SINK_FULL     slow=wait: the thread tries again; when the queue is full too, write waits, and
 *                 with it the source (backpressure). slow=drop: the message is dropped, counted
 *   SINK_FAILED   retry: logged, tried again after a pause that grows to 5 s, nothing is lost, but
 *                 with slow=drop what comes to a full queue meanwhile is dropped, counted; else
 *                 the next write answers SINK_FAILED
 *
 * Where a stop is wanted, all that is waited for this sink together is at most `linger`: in write,
 * that answers SINK_FULL from then on, and in finish, that waits until all is written. What is left
 * then is counted as lost. An inner sink that does not come back from a call (a pipe that nobody
 * reads) is left alone with its thread, until the process ends. Write, flush, last, finish and
 * close by one thread. Tests: tests/unit/connectors/test_queue_sink.c
 */
#ifndef OMEN_CONNECTORS_QUEUE_SINK_H
#define OMEN_CONNECTORS_QUEUE_SINK_H

#include "engine/sink.h"

struct queue_options {
    size_t bytes;      /* of each of the two buffers */
    bool drop;         /* slow=drop */
    bool retry;        /* a failure does not end it */
    int64_t linger_ns; /* how long finish waits at most */
    /* Called every now and then while write or finish waits. True: a stop is wanted. */
    bool (*waiting)(void *context); /* or NULL */
    void *context;
};

enum { QUEUE_BYTES_DEFAULT = 4 << 20 };

/* Takes `inner` over. */
struct sink *queue_sink_new(struct sink *inner, const struct queue_options *options);

#endif
