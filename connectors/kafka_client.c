/* kafka_client: see kafka_client.h. */
#include "connectors/kafka_client.h"

#include <stdio.h>

#include "base/log.h"
#include "base/time.h"

bool kafka_is_secret(struct str name) {
    static const char *const names[] = {"sasl.password", "ssl.key.password", "ssl.key.pem",
                                        "ssl.keystore.password", "sasl.oauthbearer.client.secret",
                                        "sasl.oauthbearer.config"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (str_equal(name, str_of(names[i]))) return true;
    return false;
}

/* librdkafka's levels are syslog's. It repeats itself while a broker is away: its own words are
 * for debugging, but for errors. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text) {
    const char *name = client ? rd_kafka_name(client) : "rdkafka";
    log_line(level <= 3 ? LOG_WARNING : LOG_DEBUG, "Kafka: %s: %s: %s", name, facility, text);
}

/* Other errors mend themselves, and librdkafka goes on trying. */
static void on_error(rd_kafka_t *client, int err, const char *reason, void *opaque) {
    struct kafka_trouble *t = opaque;
    (void)client;
    if (err == RD_KAFKA_RESP_ERR__AUTHENTICATION || err == RD_KAFKA_RESP_ERR__SSL)
        snprintf(t->refused, sizeof t->refused, "%s", reason);
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) t->away = true;
}

void kafka_trouble_message(struct kafka_trouble *t, struct str name, const rd_kafka_message_t *m) {
    const char *text = rd_kafka_message_errstr(m);
    if (m->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
        m->err == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
        snprintf(t->refused, sizeof t->refused, "%s", text ? text : rd_kafka_err2str(m->err));
    int64_t now = time_monotonic_ns();
    if (m->err == t->said && now - t->said_ns < NS_PER_MIN) return;
    t->said = m->err;
    t->said_ns = now;
    if (m->err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
        m->err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
        log_warning("%.*s: there is no such topic; omen waits for it", STR_FMT(name));
    else
        log_warning("%.*s: %s", STR_FMT(name), text ? text : rd_kafka_err2str(m->err));
}

static bool set(struct address *a, rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[512];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) == RD_KAFKA_CONF_OK) return true;
    address_mistake(a, "%s", why);
    return false;
}

static void set_operators(struct address *a, rd_kafka_conf_t *conf,
                          const struct kafka_properties *properties) {
    for (uint32_t i = 0; properties && i < properties->n; i++)
        set(a, conf, arena_copy(a->arena, properties->v[i].name).p,
            arena_copy(a->arena, properties->v[i].value).p);
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->used[i]) continue; /* a setting of ours */
        a->used[i] = true;
        if (kafka_is_secret(a->names[i])) {
            address_mistake(a, "%.*s does not belong into an address, which is shown: say it in "
                               "the configuration file or the environment",
                            STR_FMT(a->names[i]));
            return;
        }
        set(a, conf, arena_copy(a->arena, a->names[i]).p, arena_copy(a->arena, a->values[i]).p);
    }
}

rd_kafka_conf_t *kafka_client_conf(struct address *a, const struct kafka_properties *properties,
                                   const char *const *defaults, struct kafka_trouble *trouble) {
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    size_t size = 0;
    for (; *defaults; defaults += 2) set(a, conf, defaults[0], defaults[1]);
    set_operators(a, conf, properties);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_opaque(conf, trouble);
    rd_kafka_conf_set_error_cb(conf, on_error);
    rd_kafka_conf_get(conf, "bootstrap.servers", NULL, &size);
    if (!a->why && size <= 1)
        address_mistake(a, "no broker: say bootstrap.servers, as in "
                           "kafka:TOPIC?bootstrap.servers=localhost:9092, or in the configuration");
    if (!a->rest.n) address_mistake(a, "expected the name of a topic behind kafka:");
    if (!a->why) return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}
