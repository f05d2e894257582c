/* test_kafka_source: a topic of librdkafka's mock cluster, read as a member of a group: its
 * partitions are told before any message; a batch is of one partition, offsets in order; a message
 * may come again, none is left out; a reader that has no room loses nothing; at the end no lag is
 * left, also where a partition has no message. Rebalances, outages and restarts: tests/system.
 */
#include "tests/unit/connectors/support.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "base/log.h"
#include "base/time.h"
#include "connectors/sources.h"
#include "engine/batch_pool.h"

enum { PARTITIONS = 3, EMPTY = 1, EACH = 500, BAD = 100, PATIENCE_S = 20 };

static const struct str at[] = {{"at", 2}};
static const struct schema_field fields[] = {
    {.name = {"at", 2}, .type = VALUE_TIME, .used = true, .path = at, .npath = 1}};
static const struct schema schema = {
    .name = {"s", 1}, .fields = fields, .nfields = 1, .time_field = 0, .id_field = SCHEMA_NONE};

static void produce(rd_kafka_t *producer, int32_t partition, int n) {
    char text[64];
    if (n == BAD) snprintf(text, sizeof text, "{\"at\":");
    else snprintf(text, sizeof text, "{\"at\":%d}", 1000 + n);
    assert_int_equal(rd_kafka_producev(producer, RD_KAFKA_V_TOPIC("t"),
                                       RD_KAFKA_V_PARTITION(partition),
                                       RD_KAFKA_V_VALUE(text, strlen(text)),
                                       RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                     0);
}

static struct source *open_source(const char *brokers, struct arena *arena) {
    struct address a;
    const char *broken = NULL;
    const char *text = arena_printf(arena, "kafka:t?bootstrap.servers=%s", brokers);
    address_parse(&a, str_of(text), "kafka:", arena);
    struct source *s = kafka_source_open(&a, NULL, &schema, 0, &broken);
    const char *why = address_finish(&a);
    if (!s || why) fail_msg("%s", why ? why : broken);
    return s;
}

static uint64_t letters;

static void on_letter(void *context, const struct dead_letter *letter) {
    struct source *s = context;
    letters++;
    if (letter->offset != BAD) fail_msg("%s", letter->reason);
    assert_true(letter->message);
    if (s->ops->tend) s->ops->tend(s); /* as where the ring is full */
}

/* Reads until everything has come. Between batches it has no room for a while, now and then. */
static void read_all(struct source *s, struct batch *batch) {
    int64_t until = time_monotonic_ns() + PATIENCE_S * NS_PER_S;
    uint64_t next[PARTITIONS] = {0}, rows = 0;
    bool assigned = false;
    unsigned seed = 1;
    while (rows < (PARTITIONS - 1) * (EACH - 1) || s->counters.lag || s->counters.unheard) {
        assert_true(time_monotonic_ns() < until);
        enum source_status status = s->ops->next(s, batch);
        for (int i = rand_r(&seed) % 16 ? 0 : 20; i > 0; i--) s->ops->tend(s);
        if (status == SOURCE_ASSIGNED) {
            assert_int_equal(s->assigned->n, PARTITIONS);
            for (uint32_t i = 0; i < PARTITIONS; i++) assert_int_equal(s->assigned->v[i], i);
            free(s->assigned);
            s->assigned = NULL;
            assigned = true;
        }
        if (status == SOURCE_NOTHING || status == SOURCE_ASSIGNED) continue;
        assert_int_equal(status, SOURCE_BATCH);
        assert_true(assigned);
        assert_in_range(batch->partition, 0, PARTITIONS - 1);
        for (uint32_t i = 0; i < batch->n; i++) {
            if (i) assert_true(batch->offset[i - 1] < batch->offset[i]);
            if (batch->offset[i] < next[batch->partition]) continue; /* a stale fetch: once more */
            if (next[batch->partition] == BAD) next[batch->partition]++;
            assert_int_equal(batch->offset[i], next[batch->partition]++);
            rows++;
            assert_int_equal(batch_times(batch)[i], (1000 + (int64_t)batch->offset[i]) * NS_PER_MS);
        }
        assert_true(batch->n == 0 || batch->next_offset > batch->offset[batch->n - 1]);
    }
    for (uint32_t i = 0; i < PARTITIONS; i++) assert_int_equal(next[i], i == EMPTY ? 0 : EACH);
}

static void partitions_are_told_and_every_message_comes_once(void **state) {
    (void)state;
    char why[256];
    struct arena arena;
    arena_init(&arena);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", why, sizeof why);
    rd_kafka_t *host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(host, 1);
    assert_int_equal(rd_kafka_mock_topic_create(cluster, "t", PARTITIONS, 1), 0);
    const char *brokers = rd_kafka_mock_cluster_bootstraps(cluster);
    conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof why);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    for (int n = 0; n < EACH; n++)
        for (int32_t partition = 0; partition < PARTITIONS; partition++)
            if (partition != EMPTY) produce(producer, partition, n);
    assert_int_equal(rd_kafka_flush(producer, PATIENCE_S * 1000), 0);
    rd_kafka_destroy(producer);

    struct source *s = open_source(brokers, &arena);
    struct batch_pool *pool = batch_pool_new(&schema, 0, 64, false);
    struct batch *batch = batch_pool_take(pool);
    s->dead_letter = on_letter;
    s->dead_letter_context = s;
    read_all(s, batch);
    assert_true(letters >= PARTITIONS - 1); /* told again, where it is read again */
    for (uint32_t i = 0; i < PARTITIONS; i++) s->ops->handled(s, i, EACH);
    s->ops->close(s);
    batch_drop(batch);
    batch_pool_free(&pool);
    rd_kafka_mock_cluster_destroy(cluster);
    rd_kafka_destroy(host);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_are_told_and_every_message_comes_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
