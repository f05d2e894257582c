/* latency: how long it takes from an event produced to Kafka to its alert received, over ZeroMQ and
 * over Kafka, while events come at a steady rate.
 *
 *   latency BROKER EVENTS-TOPIC PUSH-END ALERTS-TOPIC [--rate N] [--seconds N] [--every N]
 *
 * bench/latency.sh starts what this needs: a broker, the topics, omen with bench/latency.rules.
 *
 * Rate events a second (default 50,000) are produced in portions, one a millisecond; one event in
 * `every` (default 50) is over the limit of the rule, which then alerts and emits `sent`: the clock
 * of this process (CLOCK_MONOTONIC, nanoseconds) before the event was given to librdkafka. Two
 * threads receive alerts and take the time from `sent` to then. The first ten seconds do not count:
 * the broker's JVM compiles itself. In the end a slow event a millisecond goes on, so that time
 * does, until all alerts have come. It says how far the producer fell behind: where that is far,
 * the figures are those of another rate.
 *
 * Exit 1 if an alert did not come within ten seconds of the last event. One producer thread, two of
 * receivers; librdkafka's own besides.
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "base/log.h"

#define fatal(...) (fprintf(stderr, "latency: " __VA_ARGS__), fputc('\n', stderr), exit(2))

#define MS 1000000ll
#define S  (1000 * MS)

enum { WARM_UP_S = 10, PATIENCE_S = 10, VEHICLES = 100000 };

static int64_t monotonic(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * S + t.tv_nsec;
}

static int64_t wall_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000 + t.tv_nsec / MS;
}

struct receiver {
    const char *name, *broker, *from;
    int64_t counts_from; /* what was sent before does not count */
    atomic_bool *over;   /* give up what is still missing */
    _Atomic uint64_t seen;
    uint64_t expected, n;
    int64_t *took; /* expected */
};

static bool take(struct receiver *r, const void *payload, size_t len) {
    int64_t now = monotonic();
    const char *at = memmem(payload, len, "\"sent\":", 7);
    if (!at) return false;
    int64_t sent = strtoll(at + 7, NULL, 10); /* an object's brace stands behind it */
    if (sent >= r->counts_from && r->n < r->expected) r->took[r->n++] = now - sent;
    return atomic_fetch_add(&r->seen, 1) + 1 == r->expected;
}

static void *receive_zmq(void *context) {
    struct receiver *r = context;
    void *zmq = zmq_ctx_new(), *pull = zmq_socket(zmq, ZMQ_PULL);
    int patience = 100;
    zmq_setsockopt(pull, ZMQ_RCVTIMEO, &patience, sizeof patience);
    if (zmq_connect(pull, r->from)) fatal("%s: %s", r->from, zmq_strerror(zmq_errno()));
    for (bool all = false; !all && !atomic_load(r->over);) {
        zmq_msg_t m;
        zmq_msg_init(&m);
        if (zmq_msg_recv(&m, pull, 0) >= 0) all = take(r, zmq_msg_data(&m), zmq_msg_size(&m));
        zmq_msg_close(&m);
    }
    zmq_close(pull);
    zmq_ctx_term(zmq);
    return NULL;
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *broker, const char *const *settings) {
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker, NULL, 0);
    for (; *settings; settings += 2)
        if (rd_kafka_conf_set(conf, settings[0], settings[1], why, sizeof why)) fatal("%s", why);
    rd_kafka_t *k = rd_kafka_new(type, conf, why, sizeof why);
    if (!k) fatal("%s", why);
    return k;
}

static void *receive_kafka(void *context) {
    struct receiver *r = context;
    const char *settings[] = {"group.id", "latency-reader", "enable.auto.commit", "false", NULL};
    rd_kafka_t *k = client(RD_KAFKA_CONSUMER, r->broker, settings);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, r->from, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_poll_set_consumer(k);
    if (rd_kafka_assign(k, list)) fatal("cannot read %s", r->from);
    for (bool all = false; !all && !atomic_load(r->over);) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k, 100);
        if (m && !m->err) all = take(r, m->payload, m->len);
        if (m) rd_kafka_message_destroy(m);
    }
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_consumer_close(k);
    rd_kafka_destroy(k);
    return NULL;
}

static void produce_one(rd_kafka_t *k, const char *topic, uint64_t i, bool fast) {
    char event[160], key[16];
    uint32_t vehicle = (uint32_t)((i * 2654435761u >> 7) % VEHICLES);
    int nkey = snprintf(key, sizeof key, "v%u", vehicle);
    int n = snprintf(event, sizeof event,
                     "{\"vehicle\":\"%s\",\"at\":%" PRId64 ",\"speed\":%d.5,\"sent\":%" PRId64 "}",
                     key, wall_ms(), fast ? 80 : 40, monotonic());
    while (rd_kafka_producev(k, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, (size_t)nkey),
                             RD_KAFKA_V_VALUE(event, (size_t)n),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END))
        rd_kafka_poll(k, 1);
}

static bool have_all(struct receiver receivers[2]) {
    for (int i = 0; i < 2; i++)
        if (atomic_load(&receivers[i].seen) < receivers[i].expected) return false;
    return true;
}

/* The longest that a portion was behind its time. */
static int64_t produce(const char *broker, const char *topic, uint64_t events, uint64_t rate,
                       uint64_t every, struct receiver receivers[2]) {
    const char *settings[] = {"linger.ms", "0", "acks", "all", NULL};
    rd_kafka_t *k = client(RD_KAFKA_PRODUCER, broker, settings);
    int64_t began = monotonic(), behind = 0;
    for (uint64_t i = 0; i < events; i++) {
        if (i % (rate / 1000) == 0) {
            int64_t due = began + (int64_t)(i / (rate / 1000)) * MS, now = monotonic();
            if (now - due > behind && due - began > WARM_UP_S * S) behind = now - due;
            rd_kafka_poll(k, 0);
            if (due > now)
                nanosleep(&(struct timespec){(due - now) / S, (due - now) % S}, NULL);
        }
        produce_one(k, topic, i, i % every == 0);
    }
    /* Time goes on, so that the last alerts need not wait for it. */
    for (int ms = 0; ms < PATIENCE_S * 1000 && !have_all(receivers); ms++) {
        produce_one(k, topic, events + (uint64_t)ms, false);
        rd_kafka_poll(k, 0);
        nanosleep(&(struct timespec){0, MS}, NULL);
    }
    rd_kafka_flush(k, PATIENCE_S * 1000);
    rd_kafka_destroy(k);
    return behind;
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double part(const struct receiver *r, double share) { /* milliseconds */
    return r->n ? (double)r->took[(uint64_t)(share * (double)(r->n - 1))] / 1e6 : 0;
}

static bool tell(struct receiver *r) {
    qsort(r->took, r->n, sizeof *r->took, by_size);
    printf("%-7s  median %7.2f ms   p99 %7.2f ms   p99.9 %7.2f ms   most %7.2f ms   of %" PRIu64
           " alerts\n", r->name, part(r, 0.5), part(r, 0.99), part(r, 0.999), part(r, 1), r->n);
    uint64_t seen = atomic_load(&r->seen);
    if (seen < r->expected)
        printf("%-7s  %" PRIu64 " of %" PRIu64 " alerts did not come\n", r->name,
               r->expected - seen, r->expected);
    return seen >= r->expected;
}

int main(int argc, char **argv) {
    uint64_t rate = 50000, seconds = 30, every = 50;
    if (argc < 5) {
        fputs("usage: latency BROKER EVENTS-TOPIC PUSH-END ALERTS-TOPIC [--rate N] [--seconds N] "
              "[--every N]\n", stderr);
        return 2;
    }
    for (int i = 5; i + 1 < argc; i += 2) {
        uint64_t n = strtoull(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--rate")) rate = n;
        else if (!strcmp(argv[i], "--seconds")) seconds = n;
        else if (!strcmp(argv[i], "--every")) every = n;
        else fatal("what is %s?", argv[i]);
    }
    if (rate < 1000 || every == 0 || seconds <= WARM_UP_S)
        fatal("a rate of at least 1000, for more than %d seconds", WARM_UP_S);
    uint64_t events = rate * seconds, expected = (events + every - 1) / every;
    atomic_bool over = false;
    struct receiver receivers[2] = {
        {.name = "zeromq", .from = argv[3]},
        {.name = "kafka", .broker = argv[1], .from = argv[4]},
    };
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) {
        struct receiver *r = &receivers[i];
        r->over = &over;
        r->expected = expected;
        r->took = must_alloc(expected * sizeof *r->took);
        r->counts_from = monotonic() + WARM_UP_S * S;
        pthread_create(&threads[i], NULL, i ? receive_kafka : receive_zmq, r);
    }
    int64_t behind = produce(argv[1], argv[2], events, rate, every, receivers);
    atomic_store(&over, true);
    printf("%" PRIu64 " events a second for %" PRIu64 " s, %" PRIu64
           " alerts; the producer was at most %.1f ms behind\n",
           rate, seconds, expected, (double)behind / 1e6);
    bool fine = true;
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        fine &= tell(&receivers[i]);
        free(receivers[i].took);
    }
    return !fine;
}
