/* kafka_table: see kafka_table.h. The lock guards what is told across; the rest is the thread's. */
#include "connectors/kafka_table.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "connectors/kafka_client.h"
#include "connectors/message_source.h"
#include "connectors/table_log.h"

enum {
    POLL_MS = 100,
    ASK_MS = 1000,   /* how long an answer about the topic is waited for */
    AGAIN_MS = 500,  /* then it is asked again */
    REST = 4,        /* a table is made when so many times as long as the last took have passed */
};

#define MAKE_EACH_NS NS_PER_S /* at most */

struct kafka_table {
    struct kafka_trouble trouble;
    rd_kafka_t *consumer;
    const char *topic;
    struct str name; /* kafka:TOPIC */
    struct table_log *log;
    int64_t *next;   /* by partition: what is to come; all below was read */
    bool *ended;     /* by partition: it was read to its end */
    uint32_t n, left; /* partitions; of these not yet ended */
    bool changed;     /* since the last table */
    int64_t make_ns;  /* when the next is due */
    int64_t told_ns;  /* when a refused message was logged */
    pthread_t thread;
    _Atomic bool stop;
    uint32_t refs;
    struct arena arena;

    pthread_mutex_t lock;
    pthread_cond_t settled; /* it is no longer reading */
    enum kafka_table_state state;
    struct table *fresh;    /* not taken yet */
    struct kafka_table_counters counters;
    struct letter *letters, **last;
    size_t letter_bytes;
    pthread_cond_t room;    /* letters were taken, or it is to stop */
    char why[512];
};

static const char *const defaults[] = {"client.id",           "omen",
                                       "group.id",            "omen-tables", /* never joined */
                                       "isolation.level",     "read_committed",
                                       "reconnect.backoff.max.ms", "1000",
                                       NULL};

/* What holds whatever the operator says, who may mean the sources. */
static const char *const fixed[] = {"enable.auto.commit",  "false",
                                    "auto.offset.reset",   "earliest",
                                    "enable.partition.eof", "true",
                                    NULL};

/* ---- the thread ------------------------------------------------------------------------------ */

static void settle(struct kafka_table *k, enum kafka_table_state state, struct table *table) {
    pthread_mutex_lock(&k->lock);
    table_drop(&k->fresh);
    k->fresh = table;
    k->state = state;
    pthread_cond_broadcast(&k->settled);
    pthread_mutex_unlock(&k->lock);
}

static void fail(struct kafka_table *k, const char *text) {
    snprintf(k->why, sizeof k->why, "%.*s: %s", STR_FMT(k->name), text);
    settle(k, KAFKA_TABLE_FAILED, NULL);
}

/* All partitions, from their beginning. */
static bool assign(struct kafka_table *k, const struct rd_kafka_metadata_topic *topic) {
    k->n = k->left = (uint32_t)topic->partition_cnt;
    k->ended = must_zalloc((k->n + 1) * sizeof *k->ended);
    k->next = must_zalloc((k->n + 1) * sizeof *k->next);
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new((int)k->n);
    for (uint32_t i = 0; i < k->n; i++)
        rd_kafka_topic_partition_list_add(all, k->topic, (int32_t)i)->offset =
            RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t err = rd_kafka_assign(k->consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    if (err) fail(k, rd_kafka_err2str(err));
    return !err;
}

/* Asks for the topic until there is one. False: failed, or stopped. */
static bool find_topic(struct kafka_table *k) {
    rd_kafka_topic_t *topic = rd_kafka_topic_new(k->consumer, k->topic, NULL);
    bool told = false, found = false;
    while (!found && !k->stop) {
        const struct rd_kafka_metadata *answer;
        rd_kafka_resp_err_t err = rd_kafka_metadata(k->consumer, false, topic, &answer, ASK_MS);
        /* errors are heard of here */
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k->consumer, 0);
        if (m) rd_kafka_message_destroy(m);
        if (k->trouble.refused[0]) {
            fail(k, k->trouble.refused);
            if (!err) rd_kafka_metadata_destroy(answer);
            break;
        }
        const struct rd_kafka_metadata_topic *t = err ? NULL : answer->topics;
        if (!err && answer->topic_cnt) err = t->err;
        if (!err && t->partition_cnt) {
            found = assign(k, t);
            rd_kafka_metadata_destroy(answer);
            break;
        }
        if (t) rd_kafka_metadata_destroy(answer);
        if (!told)
            log_warning("%.*s: %s; the table waits for it", STR_FMT(k->name),
                        t ? "there is no such topic" : rd_kafka_err2str(err));
        told = true;
        nanosleep(&(struct timespec){.tv_nsec = AGAIN_MS * NS_PER_MS}, NULL);
    }
    rd_kafka_topic_destroy(topic);
    return found;
}

/* On its way to who takes letters; waits for room. */
static void refuse(struct kafka_table *k, const rd_kafka_message_t *m, const char *why) {
    struct message message = {m->payload, m->len, (uint32_t)m->partition, (uint64_t)m->offset};
    struct dead_letter dead =
        message_letter(&message, k->name, table_log_schema(k->log)->name, why);
    struct letter *l = letter_copy(&dead);
    pthread_mutex_lock(&k->lock);
    while (k->letter_bytes >= KAFKA_TABLE_LETTERS && !k->stop)
        pthread_cond_wait(&k->room, &k->lock);
    *k->last = l;
    k->last = &l->next;
    k->letter_bytes += letter_bytes(l);
    pthread_mutex_unlock(&k->lock);
}

/* A fetch can repeat offsets: an older row must not take the place of a newer one. */
static void apply(struct kafka_table *k, const rd_kafka_message_t *m) {
    const char *why;
    if ((uint32_t)m->partition >= k->n || m->offset < k->next[m->partition]) return;
    k->next[m->partition] = m->offset + 1;
    struct table_message message = {
        {m->key, m->key_len}, {m->payload, m->len}, (uint64_t)m->offset};
    bool fine = table_log_apply(k->log, &message, &why);
    pthread_mutex_lock(&k->lock);
    k->counters.messages++;
    k->counters.refused += !fine;
    uint64_t refused = k->counters.refused;
    pthread_mutex_unlock(&k->lock);
    if (fine) {
        k->changed = true;
        return;
    }
    refuse(k, m, why);
    int64_t now = time_monotonic_ns();
    if (k->told_ns && now - k->told_ns < NS_PER_MIN) return;
    k->told_ns = now;
    log_warning("%.*s, partition %d, offset %lld: %s; the row stays as it was (refused so far: "
                "%llu)",
                STR_FMT(k->name), (int)m->partition, (long long)m->offset, why,
                (unsigned long long)refused);
}

static void end(struct kafka_table *k, int32_t partition) {
    if ((uint32_t)partition >= k->n || k->ended[partition]) return;
    k->ended[partition] = true;
    k->left--;
    k->changed = true; /* an empty topic makes an empty table */
}

static void make(struct kafka_table *k) {
    int64_t began = time_monotonic_ns();
    if (k->left || !k->changed || began < k->make_ns) return;
    settle(k, KAFKA_TABLE_READY, table_log_table(k->log));
    int64_t now = time_monotonic_ns(), rest = REST * (now - began);
    k->changed = false;
    k->make_ns = now + (rest > MAKE_EACH_NS ? rest : MAKE_EACH_NS);
}

static void *thread(void *context) {
    struct kafka_table *k = context;
    if (!find_topic(k)) return NULL;
    while (!k->stop) {
        rd_kafka_message_t *m = rd_kafka_consumer_poll(k->consumer, POLL_MS);
        if (m && !m->err) apply(k, m);
        else if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) end(k, m->partition);
        else if (m) kafka_trouble_message(&k->trouble, k->name, m);
        if (m) rd_kafka_message_destroy(m);
        make(k);
        if (k->left && k->trouble.refused[0]) {
            fail(k, k->trouble.refused);
            break;
        }
    }
    return NULL;
}

/* ---- outside --------------------------------------------------------------------------------- */

bool kafka_table_is(struct str where) { return str_starts(where, STR("kafka:")); }

static void start(struct kafka_table *k) {
    sigset_t all, old;
    sigfillset(&all); /* signals are main's */
    pthread_sigmask(SIG_BLOCK, &all, &old);
    int fault = pthread_create(&k->thread, NULL, thread, k);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (fault) panic("no thread for %.*s: %s", STR_FMT(k->name), strerror(fault));
}

struct kafka_table *kafka_table_open(struct str where, const struct kafka_properties *properties,
                                     const struct schema *schema, struct arena *arena,
                                     const char **why) {
    struct address a;
    struct kafka_table *k = must_zalloc(sizeof *k);
    address_parse(&a, where, "kafka:", arena);
    rd_kafka_conf_t *conf = kafka_client_conf(&a, properties, defaults, &k->trouble);
    *why = address_finish(&a);
    for (const char *const *f = fixed; conf && *f; f += 2)
        rd_kafka_conf_set(conf, f[0], f[1], NULL, 0);
    if (conf && !*why) {
        k->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, k->why, sizeof k->why);
        if (!k->consumer) *why = arena_printf(arena, "%.*s: %s", STR_FMT(where), k->why);
    }
    if (*why) {
        if (conf && !k->consumer) rd_kafka_conf_destroy(conf);
        free(k);
        return NULL;
    }
    rd_kafka_poll_set_consumer(k->consumer);
    arena_init(&k->arena);
    k->topic = arena_copy(&k->arena, a.rest).p;
    k->name = str_of(arena_printf(&k->arena, "kafka:%s", k->topic));
    k->log = table_log_new(schema);
    k->refs = 1;
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->settled, NULL);
    pthread_cond_init(&k->room, NULL);
    k->last = &k->letters;
    start(k);
    return k;
}

struct kafka_table *kafka_table_hold(struct kafka_table *k) {
    k->refs++;
    return k;
}

void kafka_table_drop(struct kafka_table **table) {
    struct kafka_table *k = *table;
    *table = NULL;
    if (!k || --k->refs) return;
    pthread_mutex_lock(&k->lock);
    k->stop = true;
    pthread_cond_signal(&k->room);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    rd_kafka_destroy_flags(k->consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    pthread_mutex_destroy(&k->lock);
    pthread_cond_destroy(&k->settled);
    pthread_cond_destroy(&k->room);
    letters_free(k->letters);
    table_drop(&k->fresh);
    table_log_free(&k->log);
    arena_fini(&k->arena);
    free(k->ended);
    free(k->next);
    free(k);
}

enum kafka_table_state kafka_table_wait(struct kafka_table *k, int ms, const char **why) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    int64_t ns = until.tv_nsec + ms * NS_PER_MS;
    until.tv_sec += (time_t)(ns / NS_PER_S);
    until.tv_nsec = (long)(ns % NS_PER_S);
    pthread_mutex_lock(&k->lock);
    while (k->state == KAFKA_TABLE_READING &&
           pthread_cond_timedwait(&k->settled, &k->lock, &until) != ETIMEDOUT) continue;
    enum kafka_table_state state = k->state;
    pthread_mutex_unlock(&k->lock);
    *why = k->why;
    return state;
}

bool kafka_table_take(struct kafka_table *k, struct table **table) {
    pthread_mutex_lock(&k->lock);
    struct table *fresh = k->fresh;
    k->fresh = NULL;
    pthread_mutex_unlock(&k->lock);
    if (fresh) *table = fresh;
    return fresh != NULL;
}

struct letter *kafka_table_letters(struct kafka_table *k) {
    pthread_mutex_lock(&k->lock);
    struct letter *letters = k->letters;
    k->letters = NULL;
    k->last = &k->letters;
    k->letter_bytes = 0;
    pthread_cond_signal(&k->room);
    pthread_mutex_unlock(&k->lock);
    return letters;
}

struct kafka_table_counters kafka_table_counters(struct kafka_table *k) {
    pthread_mutex_lock(&k->lock);
    struct kafka_table_counters counters = k->counters;
    pthread_mutex_unlock(&k->lock);
    return counters;
}
