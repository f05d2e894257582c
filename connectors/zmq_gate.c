/* zmq_gate: see zmq_gate.h. */
#include "connectors/zmq_gate.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"

enum { TELL_S = 60 };

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"
#define MONITOR_ENDPOINT "inproc://omen.monitor"

struct zmq_gate {
    struct zmq_gate_plan plan;
    void *zap, *monitor;
    pthread_t thread;
    int64_t told_ns; /* 0: never */
    uint64_t failures;
};

/* ---- who may come in ------------------------------------------------------------------------- */

static bool allowed(const struct zmq_clients *c, zmq_msg_t *key) {
    if (zmq_msg_size(key) != ZMQ_KEY_BYTES) return false;
    for (uint32_t i = 0; i < c->n; i++)
        if (memcmp(c->keys[i], zmq_msg_data(key), ZMQ_KEY_BYTES) == 0) return true;
    return false;
}

enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, KEY, FRAMES };

static void send_text(void *socket, const char *text, int more) {
    zmq_send(socket, text, strlen(text), more);
}

static void answer(struct zmq_gate *g) {
    zmq_msg_t frames[FRAMES];
    int n = 0;
    for (bool more = true; more;) {
        zmq_msg_t spare, *frame = n < FRAMES ? &frames[n] : &spare;
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, g->zap, 0) < 0) break;
        more = zmq_msg_more(frame);
        if (frame == &spare) zmq_msg_close(&spare);
        else n++;
    }
    bool good = n == FRAMES && allowed(&g->plan.clients, &frames[KEY]);
    send_text(g->zap, "1.0", ZMQ_SNDMORE);
    zmq_send(g->zap, n > REQUEST ? zmq_msg_data(&frames[REQUEST]) : "",
             n > REQUEST ? zmq_msg_size(&frames[REQUEST]) : 0, ZMQ_SNDMORE);
    send_text(g->zap, good ? "200" : "400", ZMQ_SNDMORE);
    send_text(g->zap, good ? "OK" : "unknown key", ZMQ_SNDMORE);
    send_text(g->zap, "", ZMQ_SNDMORE);
    send_text(g->zap, "", 0);
    for (int i = 0; i < n; i++) zmq_msg_close(&frames[i]);
}

/* ---- who did not ----------------------------------------------------------------------------- */

static const char *what_happened(const struct zmq_gate_plan *p, uint16_t event) {
    if (!p->binds)
        return p->curve ? "the other side does not talk to us: is curve-server its public key, and "
                          "does it know ours?"
                        : "the other side does not talk to us: does it want CURVE keys?";
    if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
        return "refused a peer whose CURVE key is not in curve-clients";
    return p->curve ? "refused a peer: does it use CURVE, and our public key as the server's?"
                    : "refused a peer: does it want CURVE keys, or speak something else?";
}

/* Whoever comes and goes without a word may be one who looks whether the port is open. */
static void tell(struct zmq_gate *g, uint16_t event) {
    const struct zmq_gate_plan *p = &g->plan;
    unsigned long long failures = ++g->failures;
    const char *what = what_happened(p, event);
    int64_t now = time_monotonic_ns();
    if (g->told_ns && now - g->told_ns < TELL_S * NS_PER_S) return;
    if (p->binds && event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
        log_info("%.*s: %s (%llu times so far)", STR_FMT(p->name), what, failures);
    else
        log_warning("%.*s: %s (%llu times so far)", STR_FMT(p->name), what, failures);
    g->told_ns = now;
}

/* Two frames: the event (16 bits, then 32 of a value), and the endpoint. */
static void hear(struct zmq_gate *g) {
    uint16_t event = 0;
    char endpoint[256];
    int n = zmq_recv(g->monitor, &event, sizeof event, 0);
    if (n < (int)sizeof event || zmq_recv(g->monitor, endpoint, sizeof endpoint, 0) < 0) return;
    tell(g, event);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void *serve(void *context) {
    struct zmq_gate *g = context;
    zmq_pollitem_t items[] = {{.socket = g->monitor, .events = ZMQ_POLLIN},
                              {.socket = g->zap, .events = ZMQ_POLLIN}};
    while (zmq_poll(items, g->zap ? 2 : 1, -1) >= 0 || errno == EINTR) {
        if (items[0].revents & ZMQ_POLLIN) hear(g);
        if (g->zap && items[1].revents & ZMQ_POLLIN) answer(g);
    }
    zmq_close(g->monitor);
    if (g->zap) zmq_close(g->zap);
    return NULL;
}

struct zmq_gate *zmq_gate_start(void *context, void *socket, const struct zmq_gate_plan *plan) {
    struct zmq_gate *g = must_zalloc(sizeof *g);
    sigset_t all, old;
    g->plan = *plan;
    int failures = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                   ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;
    check(zmq_socket_monitor(socket, MONITOR_ENDPOINT, failures) == 0);
    g->monitor = zmq_socket(context, ZMQ_PAIR);
    check(g->monitor && zmq_connect(g->monitor, MONITOR_ENDPOINT) == 0);
    if (plan->binds && plan->curve) {
        g->zap = zmq_socket(context, ZMQ_REP);
        check(g->zap && zmq_bind(g->zap, ZAP_ENDPOINT) == 0);
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    check(pthread_create(&g->thread, NULL, serve, g) == 0);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return g;
}

void zmq_gate_free(struct zmq_gate **gate) {
    if (!*gate) return;
    pthread_join((*gate)->thread, NULL);
    free(*gate);
    *gate = NULL;
}
