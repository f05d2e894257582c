/* kafka_table: see kafka_table.h.
 *
 *   no partitions ─look→ their ends are asked for, all are assigned ─read to these ends→ whole
 *        └── again, from no rows: what was to be read next is there no more ──────────────┘
 *
 * Whole: tables are given. Before, and while it is read again, nobody sees half of it. An end that
 * is a transaction's mark never comes as a message, so the end of the partition counts as well.
 * Partitions that are added are found within LOOK_EACH_NS and read from their beginning.
 */
#include "connectors/kafka_table.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "connectors/kafka_client.h"
#include "connectors/table_topic.h"

enum { POLL_MS = 100, ASK_MS = 2000, COST_SHARE = 10 };

#define GIVE_EACH_NS NS_PER_S
#define TELL_EACH_NS (50 * NS_PER_MS)
#define LOOK_EACH_NS (30 * NS_PER_S)

struct partition {
    int64_t expected, end; /* its next offset, -1: whatever comes; the end when it was assigned */
    bool read;             /* to there */
};

struct kafka_table {
    uint32_t refs;
    pthread_t thread;
    struct kafka_trouble trouble;
    rd_kafka_t *consumer;
    rd_kafka_topic_t *handle;
    struct arena arena;
    const char *topic;

    /* the thread's */
    struct table_topic rows;
    struct partition *v; /* by number */
    uint32_t n, unread;  /* partitions; those that are not read to their ends */
    int64_t next_ns, told_ns, looked_ns;

    pthread_mutex_t lock;
    pthread_cond_t room; /* for letters; or it is closed */
    bool closed;
    struct kafka_table_news news;
    struct letter **last;
    size_t letters; /* their bytes */
};

static const char *const defaults[] = {
    "client.id", "omen",
    "group.id", "omen", /* librdkafka asks for one where partitions are assigned; none is joined */
    "isolation.level", "read_committed",
    "topic.metadata.refresh.interval.ms", "10000",
    "queued.max.messages.kbytes", "16384",
    "reconnect.backoff.max.ms", "1000",
    NULL};

static struct str name_of(const struct kafka_table *k) { return k->rows.base.source.name; }

/* ---- to the other side ----------------------------------------------------------------------- */

static bool closed(struct kafka_table *k) {
    pthread_mutex_lock(&k->lock);
    bool is = k->closed;
    pthread_mutex_unlock(&k->lock);
    return is;
}

static void on_letter(void *context, const struct dead_letter *from) {
    struct kafka_table *k = context;
    struct letter *l = letter_copy(from);
    pthread_mutex_lock(&k->lock);
    while (k->letters > KAFKA_TABLE_LETTERS && !k->closed)
        pthread_cond_wait(&k->room, &k->lock);
    *k->last = l;
    k->last = &l->next;
    k->letters += letter_bytes(l);
    pthread_mutex_unlock(&k->lock);
}

static uint64_t lag(const struct kafka_table *k) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < k->n; i++) {
        int64_t low, high, next = k->v[i].expected;
        if (rd_kafka_get_watermark_offsets(k->consumer, k->topic, (int32_t)i, &low, &high))
            continue;
        if (high < k->v[i].end) high = k->v[i].end; /* not heard of yet */
        if (next < low) next = low;
        if (!(k->v[i].read && k->v[i].expected < 0) && high > next) sum += (uint64_t)(high - next);
    }
    return sum;
}

/* Another table where it is time for one, and how it goes. */
static void tell(struct kafka_table *k) {
    int64_t now = time_monotonic_ns();
    if (now - k->told_ns < TELL_EACH_NS) return;
    struct table *old = NULL, *table = NULL;
    bool give = k->n && !k->unread && now >= k->next_ns;
    if (give) table = table_topic_take(&k->rows);
    k->told_ns = time_monotonic_ns();
    if (table) {
        int64_t pause = COST_SHARE * (k->told_ns - now);
        k->next_ns = k->told_ns + (pause > GIVE_EACH_NS ? pause : GIVE_EACH_NS);
    }
    uint64_t behind = lag(k);
    pthread_mutex_lock(&k->lock);
    if (table) {
        old = k->news.table;
        k->news.table = table;
    }
    k->news.messages = k->rows.messages;
    k->news.malformed = k->rows.base.source.counters.malformed;
    k->news.lag = behind;
    if (k->trouble.refused[0] && !k->n) k->news.failed = k->trouble.refused;
    pthread_mutex_unlock(&k->lock);
    table_drop(&old);
}

/* ---- partitions ------------------------------------------------------------------------------ */

static bool ask_ends(struct kafka_table *k, struct partition *v, uint32_t first, uint32_t n) {
    for (uint32_t i = first; i < n; i++) {
        int64_t low, high;
        rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(k->consumer, k->topic,
                                                                   (int32_t)i, &low, &high, ASK_MS);
        if (err) {
            kafka_trouble_say(&k->trouble, name_of(k), err, NULL);
            return false;
        }
        v[i] = (struct partition){.expected = -1, .end = high, .read = low >= high};
    }
    return true;
}

static void assign(struct kafka_table *k) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)k->n);
    for (uint32_t i = 0; i < k->n; i++)
        rd_kafka_topic_partition_list_add(list, k->topic, (int32_t)i)->offset =
            k->v[i].expected < 0 ? RD_KAFKA_OFFSET_BEGINNING : k->v[i].expected;
    rd_kafka_resp_err_t err = rd_kafka_assign(k->consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err) kafka_trouble_say(&k->trouble, name_of(k), err, NULL);
}

/* Of `n` partitions those that are new. */
static void take_partitions(struct kafka_table *k, uint32_t n) {
    struct partition *v = must_zalloc(n * sizeof *v);
    if (k->n) memcpy(v, k->v, k->n * sizeof *v);
    if (!ask_ends(k, v, k->n, n)) {
        free(v);
        return;
    }
    for (uint32_t i = k->n; i < n; i++) k->unread += !v[i].read;
    free(k->v);
    k->v = v;
    k->n = n;
    assign(k);
}

/* How many partitions are there? While nothing is assigned it is asked all the time. */
static void look(struct kafka_table *k) {
    const struct rd_kafka_metadata *found;
    int64_t now = time_monotonic_ns();
    if (k->n && now - k->looked_ns < LOOK_EACH_NS) return;
    k->looked_ns = now;
    rd_kafka_resp_err_t err = rd_kafka_metadata(k->consumer, 0, k->handle, &found, ASK_MS);
    if (!err) {
        const rd_kafka_metadata_topic_t *topic = found->topic_cnt ? found->topics : NULL;
        int n = topic ? topic->partition_cnt : 0;
        err = topic ? topic->err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
        if (err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
            snprintf(k->trouble.refused, sizeof k->trouble.refused, "%s", rd_kafka_err2str(err));
        if (!err && n > (int)k->n) take_partitions(k, (uint32_t)n);
        rd_kafka_metadata_destroy(found);
    }
    if (err && !k->n) kafka_trouble_say(&k->trouble, name_of(k), err, NULL);
}

/* From no rows; who has a table keeps it until there is another whole one. */
static void begin_again(struct kafka_table *k) {
    log_warning("%.*s: the next message is there no more: the topic is read again from its "
                "beginning", STR_FMT(name_of(k)));
    rd_kafka_assign(k->consumer, NULL);
    table_topic_restart(&k->rows);
    k->n = k->unread = 0;
}

/* ---- messages -------------------------------------------------------------------------------- */

static void passed(struct kafka_table *k, struct partition *p, int64_t next, bool end) {
    if (next > p->expected) p->expected = next;
    if (p->read || (!end && p->expected < p->end)) return;
    p->read = true;
    k->unread--;
}

static void take_error(struct kafka_table *k, const rd_kafka_message_t *m) {
    switch (m->err) {
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        if ((uint32_t)m->partition < k->n) passed(k, &k->v[m->partition], m->offset, true);
        break;
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
        if (k->n) begin_again(k);
        break;
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED: break; /* there is no group */
    default: kafka_trouble_message(&k->trouble, name_of(k), m);
    }
}

static void take_message(struct kafka_table *k, const rd_kafka_message_t *m) {
    if ((uint32_t)m->partition >= k->n) return;
    struct partition *p = &k->v[m->partition];
    if (m->offset < p->expected) return; /* a fetch can repeat offsets */
    struct message message = {m->payload, m->len, (uint32_t)m->partition, (uint64_t)m->offset};
    table_topic_apply(&k->rows, (struct str){m->key, m->key_len}, &message);
    passed(k, p, m->offset + 1, false);
}

static void *run(void *context) {
    struct kafka_table *k = context;
    while (!closed(k)) {
        look(k);
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k->consumer, POLL_MS);
        for (uint32_t i = 0; m; i++) {
            if (m->err) take_error(k, m);
            else take_message(k, m);
            rd_kafka_message_destroy(m);
            m = i < 1000 ? rd_kafka_consumer_poll(k->consumer, 0) : NULL;
        }
        tell(k);
    }
    return NULL;
}

void kafka_table_take(struct kafka_table *k, struct kafka_table_news *news) {
    pthread_mutex_lock(&k->lock);
    *news = k->news;
    k->news.table = NULL;
    k->news.letters = NULL;
    k->last = &k->news.letters;
    k->letters = 0;
    pthread_cond_signal(&k->room);
    pthread_mutex_unlock(&k->lock);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct kafka_table *kafka_table_hold(struct kafka_table *k) {
    k->refs++;
    return k;
}

static void let_go(struct kafka_table *k) {
    if (k->handle) rd_kafka_topic_destroy(k->handle);
    if (k->consumer)
        rd_kafka_destroy_flags(k->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    table_topic_fini(&k->rows);
    table_drop(&k->news.table);
    letters_free(k->news.letters);
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->room);
    arena_fini(&k->arena);
    free(k->v);
    free(k);
}

void kafka_table_drop(struct kafka_table **table) {
    struct kafka_table *k = *table;
    *table = NULL;
    if (!k || --k->refs) return;
    pthread_mutex_lock(&k->lock);
    k->closed = true;
    pthread_cond_signal(&k->room);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    let_go(k);
}

/* What is not the operator's to say. */
static void own(rd_kafka_conf_t *conf) {
    static const char *const settings[] = {"enable.auto.commit", "false",
                                           "enable.auto.offset.store", "false",
                                           "enable.partition.eof", "true",
                                           "auto.offset.reset", "error", NULL};
    for (const char *const *s = settings; *s; s += 2) rd_kafka_conf_set(conf, s[0], s[1], NULL, 0);
}

static bool start(struct kafka_table *k, rd_kafka_conf_t *conf, char *why, size_t size) {
    k->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, size);
    if (!k->consumer) {
        rd_kafka_conf_destroy(conf);
        return false;
    }
    rd_kafka_poll_set_consumer(k->consumer);
    k->handle = rd_kafka_topic_new(k->consumer, k->topic, NULL);
    if (!k->handle) snprintf(why, size, "%s", rd_kafka_err2str(rd_kafka_last_error()));
    return k->handle != NULL;
}

/* Signals are for who started us. */
static void begin(struct kafka_table *k) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int fault = pthread_create(&k->thread, NULL, run, k);
    if (fault) panic("no thread for %.*s: %s", STR_FMT(name_of(k)), strerror(fault));
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct kafka_table *kafka_table_open(struct str where, const struct kafka_properties *properties,
                                     const struct schema *schema, struct arena *arena,
                                     const char **why) {
    struct address a;
    char text[512];
    struct kafka_table *k = must_zalloc(sizeof *k);
    address_parse(&a, where, "kafka:", arena);
    rd_kafka_conf_t *conf = kafka_client_conf(&a, properties, defaults, &k->trouble);
    if (!conf) {
        *why = address_finish(&a);
        free(k);
        return NULL;
    }
    own(conf);
    arena_init(&k->arena);
    k->refs = 1;
    k->topic = arena_copy(&k->arena, a.rest).p;
    k->last = &k->news.letters;
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->room, NULL);
    table_topic_init(&k->rows, str_of(arena_printf(&k->arena, "kafka:%s", k->topic)), schema);
    k->rows.base.source.dead_letter = on_letter;
    k->rows.base.source.dead_letter_context = k;
    if (!start(k, conf, text, sizeof text)) {
        *why = arena_printf(arena, "%.*s: %s", STR_FMT(where), text);
        let_go(k);
        return NULL;
    }
    begin(k);
    return k;
}
