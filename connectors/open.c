/* open: from what the operator wrote to a source or a sink. A prefix (`kafka:`) or the ending of
 * the name decides; no file is looked into to guess. Tests: tests/unit/connectors/test_input.c,
 * test_file_sink.c
 */
#include "connectors/open.h"

#include "base/time.h"
#include "connectors/queue_sink.h"
#include "connectors/record_source.h"
#include "connectors/sinks.h"
#include "connectors/sources.h"

#define LINGER_DEFAULT_NS (5 * NS_PER_S)

static bool refused(struct str where, const char **why) {
    if (where.n == 0)
        *why = "expected a file name or - for the standard stream, found nothing";
    else if (memchr(where.p, 0, where.n))
        *why = "a file name with a NUL byte";
    else
        return false;
    return true;
}

/* The name without .gz or .zst. */
static struct str unpacked_name(struct str where) {
    if (str_ends(where, STR(".gz")))
        where.n -= 3;
    else if (str_ends(where, STR(".zst")))
        where.n -= 4;
    return where;
}

static bool is_network(struct str where) {
    return str_starts(where, STR("kafka:")) || str_starts(where, STR("zmq:"));
}

struct source *source_open(struct str where, const struct schema *schema, uint32_t stream,
                           struct arena *arena, const char **why) {
    if (is_network(where)) {
        *why = arena_printf(arena, "%.*s: what comes over a network has no end: it is for omen run",
                            STR_FMT(where));
        return NULL;
    }
    if (refused(where, why)) return NULL;
    struct str name = unpacked_name(where);
    if (str_ends(name, STR(".csv"))) return csv_source_open(where, schema, stream, arena, why);
    bool json = str_equal(where, STR("-")) || str_equal(where, STR("/dev/null")) ||
                str_ends(name, STR(".ndjson")) ||
                str_ends(name, STR(".jsonl")) || str_ends(name, STR(".json"));
    if (json) return ndjson_source_open(where, schema, stream, arena, why);
    *why = arena_printf(
        arena,
        "%.*s: cannot tell what it holds: expected a name that ends in .ndjson, .jsonl, .json or "
        ".csv, each also with .gz or .zst",
        STR_FMT(where));
    return NULL;
}

struct source *source_open_live(struct str where, const struct schema *schema, uint32_t stream,
                                const struct kafka_properties *kafka, struct arena *arena,
                                const char **why) {
    static const char *const kinds[] = {"kafka:", "zmq:pull:", "zmq:sub:"};
    if (!is_network(where)) return source_open(where, schema, stream, arena, why);
    size_t kind = 0, n = sizeof kinds / sizeof *kinds;
    while (kind < n && !str_starts(where, str_of(kinds[kind]))) kind++;
    if (kind == n) {
        *why = arena_printf(arena, "%.*s: expected zmq:pull: or zmq:sub: and an endpoint, as in "
                                   "zmq:pull:>tcp://127.0.0.1:5556",
                            STR_FMT(where));
        return NULL;
    }
    struct address a;
    const char *broken = NULL;
    struct source *s = NULL;
    address_parse(&a, where, kinds[kind], arena);
    if (!a.why && kind == 0) s = kafka_source_open(&a, kafka, schema, stream, &broken);
    else if (!a.why) s = zmq_source_open(&a, kind == 2, schema, stream, &broken);
    *why = address_finish(&a);
    if (!*why) *why = broken;
    if (!s || !*why) return s;
    source_close(s);
    return NULL;
}

/* ---- sinks ----------------------------------------------------------------------------------- */

static struct sink *queued(struct sink *inner, const struct sink_wiring *w,
                           struct queue_options options) {
    options.waiting = w->waiting;
    options.context = w->context;
    return queue_sink_new(inner, &options);
}

static struct sink *network_sink(struct address *a, const struct sink_wiring *w,
                                 const char **broken) {
    if (str_starts(a->whole, STR("zmq:pub:"))) return zmq_sink_open(a, true, broken);
    if (str_starts(a->whole, STR("zmq:push:"))) return zmq_sink_open(a, false, broken);
    if (str_starts(a->whole, STR("zmq:ack:"))) return zmq_ack_sink_open(a, broken);
    return kafka_sink_open(a, w->kafka, broken);
}

/* Who is at the other side of a network may be slow: each has a queue and a thread. */
static struct sink *open_network(struct str where, const char *kind, const struct sink_wiring *w,
                                 struct arena *arena, const char **why) {
    static const char *const words[] = {"wait", "drop", NULL};
    struct address a;
    uint64_t bytes = QUEUE_BYTES_DEFAULT;
    int64_t linger_ns = LINGER_DEFAULT_NS;
    uint32_t slow = 0;
    const char *broken = NULL;
    address_parse(&a, where, kind, arena);
    address_word(&a, "slow", words, &slow);
    address_count(&a, "queue", 4096, (uint64_t)1 << 40, &bytes);
    address_duration(&a, "linger", &linger_ns);
    struct sink *inner = a.why ? NULL : network_sink(&a, w, &broken);
    *why = address_finish(&a);
    if (!*why) *why = broken;
    if (inner && *why) inner->ops->close(inner);
    if (*why) return NULL;
    struct queue_options options = {
        .bytes = bytes, .drop = slow == 1, .retry = w->live, .linger_ns = linger_ns};
    return queued(inner, w, options);
}

struct sink *sink_open(struct str where, const struct sink_wiring *w, struct arena *arena,
                       const char **why) {
    static const char *const kinds[] = {"zmq:pub:", "zmq:push:", "zmq:ack:", "kafka:"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_starts(where, str_of(kinds[i])))
            return open_network(where, kinds[i], w, arena, why);
    if (str_starts(where, STR("zmq:"))) {
        *why = arena_printf(arena, "%.*s: expected zmq:pub:, zmq:push: or zmq:ack: and an "
                                   "endpoint, as in zmq:push:@tcp://127.0.0.1:5556",
                            STR_FMT(where));
        return NULL;
    }
    if (refused(where, why)) return NULL;
    if (unpacked_name(where).n != where.n) {
        *why = arena_printf(arena, "%.*s: writing packed files is not built yet", STR_FMT(where));
        return NULL;
    }
    struct sink *file = file_sink_open(where, arena, why);
    if (!file || !w->live) return file;
    /* Who reads standard output and leaves does not come back. */
    struct queue_options options = {.bytes = QUEUE_BYTES_DEFAULT,
                                    .retry = !str_equal(where, STR("-")),
                                    .linger_ns = LINGER_DEFAULT_NS};
    return queued(file, w, options);
}
