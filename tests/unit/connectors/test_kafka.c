/* test_kafka: alerts into a topic of librdkafka's mock cluster, and what comes back out of it: key,
 * value, headers, order; a broker that is away; mistakes in properties. The real broker is in
 * tests/system. */
#include "tests/unit/connectors/support.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/log.h"
#include "base/time.h"
#include "connectors/sinks.h"

enum { PATIENCE_MS = 20000 };

static struct arena arena;
static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;

static int set_up(void **state) {
    (void)state;
    char why[256];
    arena_init(&arena);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof why);
    host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    cluster = rd_kafka_mock_cluster_new(host, 1);
    assert_non_null(cluster);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "alerts", 1, 1), 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    arena_fini(&arena);
    return 0;
}

static struct sink *open_with(const char *settings, const struct kafka_properties *properties,
                              const char **why) {
    struct address a;
    const char *broken = NULL;
    address_parse(&a, str_of(arena_printf(&arena, "kafka:alerts%s", settings)), "kafka:", &arena);
    struct sink *s = kafka_sink_open(&a, properties, &broken);
    *why = address_finish(&a);
    if (!*why) *why = broken;
    return s;
}

static struct sink *open_sink(const char *settings) {
    const char *why;
    struct sink *s = open_with(arena_printf(&arena, "?bootstrap.servers=%s%s",
                                            rd_kafka_mock_cluster_bootstraps(cluster), settings),
                               NULL, &why);
    if (!s || why) fail_msg("%s", why);
    return s;
}

static enum sink_status put(struct sink *s, int number) {
    char text[32];
    snprintf(text, sizeof text, "{\"n\":%d}", number);
    return s->ops->write(s, &(struct sink_message){.rule = STR("r"), .severity = STR("high"),
                                                   .key = STR("v1"), .id = STR("abc"),
                                                   .type = STR("omen.alert"),
                                                   .time_ns = INT64_C(1769860800) * NS_PER_S,
                                                   .payload = str_of(text)});
}

static void put_patiently(struct sink *s, int number) {
    for (int ms = 0; put(s, number) != SINK_DONE; ms++) {
        assert_in_range(ms, 0, PATIENCE_MS);
        usleep(1000);
    }
}

static void tend_until_written(struct sink *s, uint64_t written) {
    for (int ms = 0; s->written < written; ms++) {
        assert_in_range(ms, 0, PATIENCE_MS);
        s->ops->tend(s);
        usleep(1000);
    }
    assert_int_equal(s->written, written);
}

static rd_kafka_t *consumer(void) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), why,
                      sizeof why);
    rd_kafka_conf_set(conf, "group.id", "test", why, sizeof why);
    rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", why, sizeof why);
    rd_kafka_t *c = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    assert_non_null(c);
    rd_kafka_poll_set_consumer(c);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(all, "alerts", 0)->offset = 0;
    assert_int_equal(rd_kafka_assign(c, all), 0);
    rd_kafka_topic_partition_list_destroy(all);
    return c;
}

static rd_kafka_message_t *next(rd_kafka_t *c) {
    for (int i = 0; i < PATIENCE_MS / 100; i++) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(c, 100);
        if (m && !m->err) return m;
        if (m) rd_kafka_message_destroy(m);
    }
    fail();
    return NULL;
}

static void expect_header(const rd_kafka_headers_t *h, const char *name, const char *value) {
    const void *found;
    size_t n;
    if (rd_kafka_header_get_last(h, name, &found, &n) != 0) fail_msg("no header %s", name);
    assert_int_equal(n, strlen(value));
    assert_memory_equal(found, value, n);
}

static void comes_out(void **state) {
    (void)state;
    struct sink *s = open_sink("");
    for (int i = 0; i < 500; i++) put_patiently(s, i);
    tend_until_written(s, 500);
    rd_kafka_t *c = consumer();
    for (int i = 0; i < 500; i++) {
        char want[32];
        snprintf(want, sizeof want, "{\"n\":%d}", i);
        rd_kafka_message_t *m = next(c);
        rd_kafka_headers_t *h;
        assert_int_equal(m->len, strlen(want));
        assert_memory_equal(m->payload, want, m->len);
        assert_int_equal(m->key_len, 2);
        assert_memory_equal(m->key, "v1", 2);
        assert_int_equal(rd_kafka_message_headers(m, &h), 0);
        expect_header(h, "ce_specversion", "1.0");
        expect_header(h, "ce_id", "abc");
        expect_header(h, "ce_source", "omen");
        expect_header(h, "ce_type", "omen.alert");
        expect_header(h, "ce_subject", "v1");
        expect_header(h, "ce_time", "2026-01-31T12:00:00Z");
        rd_kafka_message_destroy(m);
    }
    rd_kafka_destroy(c);
    s->ops->close(s);
}

/* While the broker is away so much is taken as the outbox holds; then all of it goes out. */
static void broker_away(void **state) {
    (void)state;
    struct sink *s = open_sink("&outbox=10&reconnect.backoff.max.ms=200");
    put_patiently(s, 0);
    tend_until_written(s, 1);
    rd_kafka_mock_broker_set_down(cluster, 1);
    int taken = 1;
    for (int full = 0; full < 300; usleep(1000))
        if (put(s, taken) == SINK_DONE) taken++;
        else full++;
    assert_int_equal(taken, 11);
    assert_int_equal(s->written, 1);
    rd_kafka_mock_broker_set_up(cluster, 1);
    tend_until_written(s, 11);
    s->ops->close(s);
}

static void expect_refused(const char *settings, const struct kafka_properties *p,
                           const char *text) {
    const char *why;
    struct sink *s = open_with(settings, p, &why);
    if (s || !why || !strstr(why, text))
        fail_msg("%s: wanted \"%s\", came \"%s\"", settings, text, why ? why : "nothing");
}

static void mistakes(void **state) {
    (void)state;
    struct kafka_property wrong = {STR("linger"), STR("5")};
    struct kafka_properties properties = {&wrong, 1};
    expect_refused("", NULL, "no broker: say bootstrap.servers");
    expect_refused("?bootstrap.servers=x&no.such=1", NULL, "No such configuration property");
    expect_refused("?bootstrap.servers=x&linger.ms=-3", NULL, "linger.ms");
    expect_refused("?bootstrap.servers=x&outbox=0", NULL, "outbox=0: expected a whole number");
    expect_refused("?bootstrap.servers=x&sasl.password=hush", NULL,
                   "sasl.password does not belong into an address");
    expect_refused("?bootstrap.servers=x", &properties,
                   "No such configuration property: \"linger\"");
}

int main(void) {
    log_setup(LOG_ERROR, false);
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(comes_out), TEST(broker_away), TEST(mistakes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
