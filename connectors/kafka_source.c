/* kafka_source: the events of a topic (kafka:TOPIC), as a member of a consumer group.
 *
 *   librdkafka's threads ─fetch→ its queue ─poll→ next: decode ─→ a batch of one partition
 *                                                    └ a message of another partition, or an
 *                                                      offset once more, waits for the next
 *
 * Partitions come and go with rebalances: SOURCE_ASSIGNED tells it before any message of the new
 * ones. While whoever reads has no room, all partitions are paused and polled all the same, so that
 * the group does not count us out. What was handled is told by `handled`; librdkafka commits it,
 * every second, on a rebalance and at the end: never more. What was read and not handled is read
 * again, by us or by another.
 *
 * So messages come again, also where a partition goes and comes back, as in a broker's outage, and
 * where a fetch repeats offsets. All are given on: the merge knows which of them had gone out, and
 * passes these over. So a topic that is deleted and made anew needs a new run.
 * Failures of brokers are waited out, and meanwhile it says that it is `away`; a refused password
 * or certificate ends the run as long as nothing was ever assigned.
 *
 * next, tend and close: one thread; handled: any.
 * Tests: tests/unit/connectors/test_kafka_source.c, tests/system/test_kafka.py
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "connectors/kafka_client.h"
#include "connectors/message_source.h"
#include "connectors/sources.h"

enum { HELD_MOST = 4096 }; /* messages that came after a pause: librdkafka gives none or few */

#define LAG_EACH_NS (100 * NS_PER_MS)
#define ASK_EACH_NS NS_PER_S /* whether a broker can be reached again ... */
enum { ASK_MS = 200 };       /* ... waiting for an answer for so long */
#define REJOIN_NS (30 * NS_PER_S) /* so long a group is given to assign what was lost */

struct partition {
    bool ours;
    int64_t next_offset; /* to be read; -1: nothing was heard of it since it came */
};

struct kafka_source {
    struct message_source base;
    struct kafka_trouble trouble;
    rd_kafka_t *consumer;
    const char *topic;
    struct partition *v; /* by number */
    uint32_t n;
    rd_kafka_message_t **held; /* polled and not taken, in order */
    uint32_t nheld, held_cap;
    bool assigned; /* there was an assignment, with partitions or without */
    bool changed;  /* another than was told */
    bool paused, closing;
    int64_t lag_ns; /* when it was measured */
    int64_t away_ns, asked_ns; /* since when no broker is reached, or 0; when one was asked */
    int64_t lost_ns; /* when partitions were lost, and none assigned since; 0: not so */
};

static const char *const defaults[] = {
    "client.id", "omen",
    "group.id", "omen",
    "enable.auto.commit", "true",
    "auto.commit.interval.ms", "1000",
    "auto.offset.reset", "earliest",
    "isolation.level", "read_committed",
    "partition.assignment.strategy", "cooperative-sticky",
    "session.timeout.ms", "6000",
    "topic.metadata.refresh.interval.ms", "10000",
    "queued.max.messages.kbytes", "16384",
    NULL};

/* ---- messages that wait ---------------------------------------------------------------------- */

static void hold(struct kafka_source *k, rd_kafka_message_t *m, bool first) {
    if (k->nheld == k->held_cap) {
        k->held_cap = k->held_cap ? k->held_cap * 2 : 16;
        k->held = must_realloc(k->held, k->held_cap * sizeof(void *));
    }
    if (first) memmove(k->held + 1, k->held, k->nheld * sizeof(void *));
    k->held[first ? 0 : k->nheld] = m;
    k->nheld++;
}

static rd_kafka_message_t *take_held(struct kafka_source *k) {
    if (!k->nheld) return NULL;
    rd_kafka_message_t *m = k->held[0];
    memmove(k->held, k->held + 1, --k->nheld * sizeof(void *));
    return m;
}

/* Those of the partition, or of all: -1. */
static void drop_held(struct kafka_source *k, int32_t partition) {
    uint32_t n = k->nheld;
    k->nheld = 0;
    for (uint32_t i = 0; i < n; i++) {
        rd_kafka_message_t *m = k->held[i];
        if (partition >= 0 && m->partition != partition) k->held[k->nheld++] = m;
        else rd_kafka_message_destroy(m);
    }
}

/* ---- partitions ------------------------------------------------------------------------------ */

static struct partition *partition_of(struct kafka_source *k, int32_t partition) {
    uint32_t number = (uint32_t)partition;
    if (number >= k->n) {
        k->v = must_realloc(k->v, (number + 1) * sizeof *k->v);
        for (; k->n <= number; k->n++) k->v[k->n] = (struct partition){.next_offset = -1};
    }
    return &k->v[number];
}

static void came_or_went(struct kafka_source *k, const rd_kafka_topic_partition_list_t *list,
                         bool came) {
    k->changed = true;
    for (int i = 0; i < list->cnt; i++) {
        int32_t number = list->elems[i].partition;
        if (!came) drop_held(k, number);
        *partition_of(k, number) = (struct partition){.ours = came, .next_offset = -1};
    }
}

static struct partitions *assignment(const struct kafka_source *k) {
    struct partitions *now = must_alloc(sizeof *now + k->n * sizeof now->v[0]);
    now->n = 0;
    for (uint32_t i = 0; i < k->n; i++)
        if (k->v[i].ours) now->v[now->n++] = i;
    return now;
}

/* Called by librdkafka, within poll and close. */
static void on_rebalance(rd_kafka_t *consumer, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque) {
    struct kafka_source *k =
        (struct kafka_source *)((char *)opaque - offsetof(struct kafka_source, trouble));
    bool cooperative = strcmp(rd_kafka_rebalance_protocol(consumer), "COOPERATIVE") == 0;
    bool assign = err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    rd_kafka_error_t *fault = NULL;
    k->base.source.counters.rebalances++;
    if (assign) {
        k->assigned = true;
        k->lost_ns = 0;
        came_or_went(k, list, true);
        if (cooperative) fault = rd_kafka_incremental_assign(consumer, list);
        else rd_kafka_assign(consumer, list);
        if (k->paused) rd_kafka_pause_partitions(consumer, list);
    } else {
        if (rd_kafka_assignment_lost(consumer)) k->lost_ns = time_monotonic_ns();
        came_or_went(k, list, false);
        if (cooperative) fault = rd_kafka_incremental_unassign(consumer, list);
        else rd_kafka_assign(consumer, NULL);
    }
    if (!k->closing)
        log_info("%.*s: %d partition%s %s", STR_FMT(k->base.source.name), list->cnt,
             list->cnt == 1 ? "" : "s", assign ? "assigned to us" : "given up");
    if (!fault) return;
    log_error("%.*s: %s", STR_FMT(k->base.source.name), rd_kafka_error_string(fault));
    rd_kafka_error_destroy(fault);
}

static void pause_all(struct kafka_source *k, bool pause) {
    rd_kafka_topic_partition_list_t *all;
    if (k->paused == pause || rd_kafka_assignment(k->consumer, &all)) return;
    if (pause) rd_kafka_pause_partitions(k->consumer, all);
    else rd_kafka_resume_partitions(k->consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    k->paused = pause;
}

/* ---- messages -------------------------------------------------------------------------------- */

static enum source_status failed(struct kafka_source *k, const char *text) {
    snprintf(k->base.why, sizeof k->base.why, "%.*s: %s", STR_FMT(k->base.source.name), text);
    k->base.source.why = k->base.why;
    return SOURCE_FAILED;
}

/* A message of a partition of ours, or NULL: nothing for now. */
static rd_kafka_message_t *poll_message(struct kafka_source *k, int ms) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(k->consumer, ms);
    if (!m) return NULL;
    struct partition *p = m->partition < 0 ? NULL : partition_of(k, m->partition);
    if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (p->ours) p->next_offset = m->offset;
    } else if (m->err) {
        kafka_trouble_message(&k->trouble, k->base.source.name, m);
    } else if (p->ours) {
        return m;
    }
    rd_kafka_message_destroy(m);
    return NULL;
}

static void measure_lag(struct kafka_source *k) {
    uint64_t lag = 0, unheard = !k->assigned;
    int64_t now = time_monotonic_ns();
    if (now - k->lag_ns < LAG_EACH_NS) return;
    k->lag_ns = now;
    for (uint32_t i = 0; i < k->n; i++) {
        int64_t low, high, next = k->v[i].next_offset;
        if (!k->v[i].ours) continue;
        unheard += next < 0;
        if (next < 0) continue;
        if (rd_kafka_get_watermark_offsets(k->consumer, k->topic, (int32_t)i, &low, &high))
            continue;
        if (high > next) lag += (uint64_t)(high - next);
    }
    k->base.source.counters.lag = lag;
    k->base.source.counters.unheard = unheard;
}

/* That none can be reached librdkafka says by itself; that one can be again, only who asks. */
static void look_for_brokers(struct kafka_source *k, int64_t now) {
    const struct rd_kafka_metadata *answer;
    if (!k->away_ns) {
        k->away_ns = k->asked_ns = now;
        log_warning("%.*s: no broker can be reached: event time waits",
                    STR_FMT(k->base.source.name));
    }
    if (now - k->asked_ns < ASK_EACH_NS) return;
    rd_kafka_resp_err_t err = rd_kafka_metadata(k->consumer, false, NULL, &answer, ASK_MS);
    k->asked_ns = time_monotonic_ns();
    if (err) return;
    rd_kafka_metadata_destroy(answer);
    log_info("%.*s: a broker is reached again, after %" PRId64 " s", STR_FMT(k->base.source.name),
             (now - k->away_ns) / NS_PER_S);
    k->trouble.away = false;
    k->away_ns = 0;
}

/* Is it no wonder that nothing comes? An outage that outlasts the session costs the partitions, and
 * it takes a while until the group gives them back. */
static void look_whether_away(struct kafka_source *k) {
    int64_t now = time_monotonic_ns();
    if (k->trouble.away) look_for_brokers(k, now);
    bool lost = k->lost_ns && now - k->lost_ns < REJOIN_NS;
    if (k->trouble.away && k->lost_ns) k->lost_ns = now;
    k->base.source.counters.away = k->trouble.away || lost;
}

static void take(struct kafka_source *k, rd_kafka_message_t *m, struct batch *batch) {
    struct message message = {m->payload, m->len, (uint32_t)m->partition, (uint64_t)m->offset};
    batch->partition = message.partition;
    batch->next_offset = message.offset + 1;
    partition_of(k, m->partition)->next_offset = m->offset + 1;
    message_decode(&k->base, &message, batch); /* may tend */
    rd_kafka_message_destroy(m);
}

static enum source_status next(struct source *source, struct batch *batch) {
    struct kafka_source *k = (struct kafka_source *)source;
    char text[256];
    bool any = false;
    batch_reset(batch);
    pause_all(k, false);
    measure_lag(k);
    look_whether_away(k);
    while (message_room(batch)) {
        rd_kafka_message_t *m = take_held(k);
        if (!m) m = poll_message(k, any ? 0 : SOURCE_WAIT_MS);
        if (!m) break;
        bool fits = !any || ((uint32_t)m->partition == batch->partition &&
                             (uint64_t)m->offset >= batch->next_offset);
        if (k->changed || !fits) {
            hold(k, m, true);
            break;
        }
        take(k, m, batch);
        any = true;
    }
    if (any) return SOURCE_BATCH;
    if (k->changed) {
        k->changed = false;
        k->base.source.assigned = assignment(k);
        return SOURCE_ASSIGNED;
    }
    if (rd_kafka_fatal_error(k->consumer, text, sizeof text)) return failed(k, text);
    if (k->trouble.refused[0] && !k->assigned) return failed(k, k->trouble.refused);
    return SOURCE_NOTHING;
}

static void tend(struct source *source) {
    struct kafka_source *k = (struct kafka_source *)source;
    pause_all(k, true);
    if (k->nheld == HELD_MOST) return;
    rd_kafka_message_t *m = poll_message(k, 0);
    if (m) hold(k, m, false); /* it was on its way before the pause */
}

static void handled(struct source *source, uint32_t partition, uint64_t next_offset) {
    struct kafka_source *k = (struct kafka_source *)source;
    rd_kafka_topic_partition_list_t *one = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(one, k->topic, (int32_t)partition)->offset =
        (int64_t)next_offset;
    rd_kafka_offsets_store(k->consumer, one); /* fails where the partition is no longer ours */
    rd_kafka_topic_partition_list_destroy(one);
}

/* librdkafka 2.0.2 aborts where a cooperative member closes before its first assignment. */
static void close_source(struct source *source) {
    struct kafka_source *k = (struct kafka_source *)source;
    drop_held(k, -1);
    k->closing = true;
    if (k->assigned) rd_kafka_consumer_close(k->consumer);
    drop_held(k, -1);
    rd_kafka_destroy_flags(k->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    message_source_fini(&k->base);
    free(k->held);
    free(k->v);
    free(k);
}

static const struct source_ops ops = {.next = next,
                                      .close = close_source,
                                      .tend = tend,
                                      .handled = handled,
                                      .follow = message_source_follow};

/* ---- opening --------------------------------------------------------------------------------- */

static bool subscribe(struct kafka_source *k) {
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, k->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(k->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    if (err) failed(k, rd_kafka_err2str(err));
    return !err;
}

struct source *kafka_source_open(struct address *a, const struct kafka_properties *properties,
                                 const struct schema *schema, uint32_t stream,
                                 const char **broken) {
    struct kafka_source *k = must_zalloc(sizeof *k);
    rd_kafka_conf_t *conf = kafka_client_conf(a, properties, defaults, &k->trouble);
    if (!conf) {
        free(k);
        return NULL;
    }
    /* Which offsets are committed is nobody's to say but ours: those that were handled. */
    rd_kafka_conf_set(conf, "enable.auto.offset.store", "false", NULL, 0);
    /* A partition without news is known to be read to its end. */
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", NULL, 0);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    k->topic = arena_copy(a->arena, a->rest).p;
    struct str name = str_of(arena_printf(a->arena, "kafka:%s", k->topic));
    message_source_init(&k->base, &ops, name, schema, stream);
    k->base.source.lateness_ns = 5 * NS_PER_S;
    k->base.source.partitioned = true;
    k->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, k->base.why, sizeof k->base.why);
    if (k->consumer) {
        rd_kafka_poll_set_consumer(k->consumer);
        if (subscribe(k)) return &k->base.source;
        rd_kafka_destroy_flags(k->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    } else {
        rd_kafka_conf_destroy(conf);
    }
    *broken = arena_printf(a->arena, "%.*s: %s", STR_FMT(a->whole), k->base.why);
    message_source_fini(&k->base);
    free(k);
    return NULL;
}
