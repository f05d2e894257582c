/* test_zmq: broadcast, work queue and the acknowledged form, with peers that read, that do not,
 * that are not there and that go; CURVE with keys that may come in and others. Peers are sockets of
 * a context of their own. */
#include "tests/unit/connectors/support.h"

#include <zmq.h>

#include "base/log.h"
#include "base/time.h"
#include "connectors/sinks.h"

enum { PATIENCE_MS = 10000 };

static struct arena arena;
static void *context;
static char endpoint[256];

static int set_up(void **state) {
    static int number;
    (void)state;
    snprintf(endpoint, sizeof endpoint, "ipc://%s%d", test_file("socket", "", 0), number++);
    arena_init(&arena);
    context = zmq_ctx_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    zmq_ctx_term(context);
    arena_fini(&arena);
    return 0;
}

static struct sink *open_at(const char *kind, const char *settings, const char **why) {
    struct address a;
    struct str where = str_of(arena_printf(&arena, "%s@%s%s", kind, endpoint, settings));
    const char *broken = NULL;
    struct sink *s = NULL;
    address_parse(&a, where, kind, &arena);
    if (strcmp(kind, "zmq:ack:") == 0) s = zmq_ack_sink_open(&a, &broken);
    else s = zmq_sink_open(&a, strcmp(kind, "zmq:pub:") == 0, &broken);
    *why = address_finish(&a);
    if (!*why) *why = broken;
    return s;
}

static struct sink *open_sink(const char *kind, const char *settings) {
    const char *why;
    struct sink *s = open_at(kind, settings, &why);
    if (!s || why) fail_msg("%s", why);
    return s;
}

static enum sink_status put(struct sink *s, int number) {
    char text[32];
    snprintf(text, sizeof text, "{\"n\":%d}", number);
    return s->ops->write(s, &(struct sink_message){.rule = STR("r"), .severity = STR("high"),
                                                   .payload = str_of(text)});
}

/* Until it is taken. */
static void put_patiently(struct sink *s, int number) {
    for (int ms = 0; put(s, number) != SINK_DONE; ms++) {
        assert_in_range(ms, 0, PATIENCE_MS);
        usleep(1000);
    }
}

static void set(void *socket, int option, int value) {
    assert_int_equal(zmq_setsockopt(socket, option, &value, sizeof value), 0);
}

static void *peer(int type, int hwm) {
    void *p = zmq_socket(context, type);
    set(p, ZMQ_RCVHWM, hwm);
    set(p, ZMQ_LINGER, 0);
    set(p, ZMQ_RCVTIMEO, PATIENCE_MS);
    if (type == ZMQ_SUB) assert_int_equal(zmq_setsockopt(p, ZMQ_SUBSCRIBE, "r/", 2), 0);
    return p;
}

static void *connected(int type, int hwm) {
    void *p = peer(type, hwm);
    assert_int_equal(zmq_connect(p, endpoint), 0);
    return p;
}

/* "a|b": the frames of a message; "" when none comes in time. */
static const char *receive(void *socket) {
    static char text[512];
    size_t n = 0;
    int more = 1;
    text[0] = 0;
    for (size_t size = sizeof more; more;) {
        int got = zmq_recv(socket, text + n, sizeof text - n - 2, 0);
        if (got < 0) return "";
        n += (size_t)got;
        zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size);
        if (more) text[n++] = '|';
        text[n] = 0;
    }
    return text;
}

static void expect(void *socket, const char *before, int number) {
    char want[64];
    snprintf(want, sizeof want, "%s{\"n\":%d}", before, number);
    assert_string_equal(receive(socket), want);
}

/* Nobody is there: nothing is taken. Then everything comes, in order. */
static void push(void **state) {
    (void)state;
    struct sink *s = open_sink("zmq:push:", "?hwm=10");
    assert_int_equal(put(s, 0), SINK_FULL);
    void *p = connected(ZMQ_PULL, 10);
    for (int i = 0; i < 20; i++) {
        put_patiently(s, i);
        expect(p, "", i);
    }
    assert_int_equal(s->written, 20);
    zmq_close(p);
    s->ops->close(s);
}

/* A peer that does not read: so much is taken as fits, then no more; later all of it comes. */
static void push_slow(void **state) {
    (void)state;
    struct sink *s = open_sink("zmq:push:", "?hwm=100");
    void *p = connected(ZMQ_PULL, 100);
    int taken = 0;
    put_patiently(s, taken++);
    for (int full = 0; full < 200 && taken < 1000000;) {
        if (put(s, taken) == SINK_DONE) taken++;
        else full++, usleep(1000);
    }
    assert_in_range(taken, 100, 100000);
    for (int i = 0; i < taken; i++) expect(p, "", i);
    zmq_close(p);
    s->ops->close(s);
}

/* A broadcast to nobody is heard by nobody. */
static void pub_absent(void **state) {
    (void)state;
    struct sink *s = open_sink("zmq:pub:", "");
    for (int i = 0; i < 5000; i++) assert_int_equal(put(s, i), SINK_DONE);
    assert_int_equal(s->written, 5000);
    s->ops->close(s);
}

/* Writes until the first of it arrives: the subscription was in time. Returns its number. */
static int first_heard(struct sink *s, void *p, int *next) {
    set(p, ZMQ_RCVTIMEO, 5);
    for (int ms = 0; ms < PATIENCE_MS; ms += 5) {
        assert_int_equal(put(s, (*next)++), SINK_DONE);
        const char *text = receive(p);
        if (!*text) continue;
        set(p, ZMQ_RCVTIMEO, PATIENCE_MS);
        assert_memory_equal(text, "r/high|{\"n\":", 12);
        return (int)strtol(text + 12, NULL, 10);
    }
    fail();
    return 0;
}

/* From the first that it hears a subscriber gets everything, though it reads late. */
static void pub_slow(void **state) {
    (void)state;
    struct sink *s = open_sink("zmq:pub:", "?hwm=100");
    void *p = connected(ZMQ_SUB, 100);
    int next = 0, heard = first_heard(s, p, &next);
    for (int full = 0; full < 200 && next < 1000000;) {
        if (put(s, next) == SINK_DONE) next++;
        else full++, usleep(1000);
    }
    assert_in_range(next - heard, 100, 100000);
    for (int i = heard + 1; i < next; i++) expect(p, "r/high|", i);
    zmq_close(p);
    s->ops->close(s);
}

static void say(void *p, const char *word, const char *number) {
    assert_true(zmq_send(p, word, strlen(word), number ? ZMQ_SNDMORE : 0) >= 0);
    if (number) assert_true(zmq_send(p, number, strlen(number), 0) >= 0);
}

static void tend_until_written(struct sink *s, uint64_t written) {
    for (int ms = 0; s->written < written; ms++) {
        assert_in_range(ms, 0, PATIENCE_MS);
        s->ops->tend(s);
        usleep(1000);
    }
    assert_int_equal(s->written, written);
}

static void expect_numbered(struct sink *s, void *p, int number) {
    char before[64];
    set(p, ZMQ_RCVTIMEO, 5);
    const char *text = "";
    for (int ms = 0; !*text && ms < PATIENCE_MS; ms += 5) {
        s->ops->tend(s);
        text = receive(p);
    }
    snprintf(before, sizeof before, "r/high|%d|{\"n\":%d}", number + 1, number);
    assert_string_equal(text, before);
}

/* Without a reader the outbox fills; a reader gets it all, and what it acknowledges is forgotten;
 * the next reader gets what was not acknowledged, again. */
static void acknowledged(void **state) {
    (void)state;
    struct sink *s = open_sink("zmq:ack:", "?outbox=5");
    for (int i = 0; i < 5; i++) assert_int_equal(put(s, i), SINK_DONE);
    assert_int_equal(put(s, 5), SINK_FULL);
    assert_int_equal(s->written, 0);
    void *p = connected(ZMQ_DEALER, 1000);
    say(p, "hello", NULL);
    for (int i = 0; i < 5; i++) expect_numbered(s, p, i);
    assert_int_equal(put(s, 5), SINK_FULL);
    say(p, "ack", "3");
    tend_until_written(s, 3);
    put_patiently(s, 5);
    zmq_close(p); /* the reader dies with 4 and 5 unacknowledged, and 6 on the way */
    p = connected(ZMQ_DEALER, 1000);
    say(p, "hello", NULL);
    for (int i = 3; i < 6; i++) expect_numbered(s, p, i);
    say(p, "ack", "999"); /* of what was never sent nothing is known */
    tend_until_written(s, 6);
    put_patiently(s, 6);
    expect_numbered(s, p, 6);
    say(p, "nonsense", "6");
    say(p, "ack", "x");
    say(p, "ack", "7");
    tend_until_written(s, 7);
    zmq_close(p);
    s->ops->close(s);
}

/* ---- CURVE ----------------------------------------------------------------------------------- */

struct keys {
    char public[41], secret[41];
};

static struct keys new_keys(void) {
    struct keys k;
    assert_int_equal(zmq_curve_keypair(k.public, k.secret), 0);
    return k;
}

static const char *file_of(const char *name, const char *text) {
    return arena_copy(&arena, str_of(test_file(name, text, strlen(text)))).p;
}

static void *with_keys(int type, const struct keys *own, const struct keys *server) {
    void *p = peer(type, 1000);
    zmq_setsockopt(p, ZMQ_CURVE_PUBLICKEY, own->public, 41);
    zmq_setsockopt(p, ZMQ_CURVE_SECRETKEY, own->secret, 41);
    zmq_setsockopt(p, ZMQ_CURVE_SERVERKEY, server->public, 41);
    assert_int_equal(zmq_connect(p, endpoint), 0);
    return p;
}

static void curve(void **state) {
    (void)state;
    struct keys server = new_keys(), friend = new_keys(), stranger = new_keys();
    const char *secret = file_of(
        "server.key", arena_printf(&arena, "# ours\n%s\n%s\n", server.public, server.secret));
    const char *clients =
        file_of("clients", arena_printf(&arena, "\n  %s  \n# the end\n", friend.public));
    struct sink *s = open_sink(
        "zmq:push:", arena_printf(&arena, "?curve-secret=%s&curve-clients=%s", secret, clients));
    void *refused = with_keys(ZMQ_PULL, &stranger, &server), *plain = connected(ZMQ_PULL, 1000);
    for (int i = 0; i < 300; i++) { /* neither is let in */
        assert_int_equal(put(s, 0), SINK_FULL);
        usleep(1000);
    }
    void *p = with_keys(ZMQ_PULL, &friend, &server);
    for (int i = 0; i < 20; i++) {
        put_patiently(s, i);
        expect(p, "", i);
    }
    zmq_close(refused);
    zmq_close(plain);
    zmq_close(p);
    s->ops->close(s);
}

static void expect_refused(const char *kind, const char *settings, const char *text) {
    const char *why;
    struct sink *s = open_at(kind, settings, &why);
    if (s || !why || !strstr(why, text))
        fail_msg("%s%s: wanted \"%s\", came \"%s\"", kind, settings, text, why ? why : "nothing");
}

/* A key may hold an `&`, which an address cannot: then a file says it. */
static void curve_files(void **state) {
    (void)state;
    static const char key[] = "0&&&&0&&&&0&&&&0&&&&0&&&&0&&&&0&&&&0&&&&";
    struct keys k = new_keys();
    const char *secret = file_of("own.key", arena_printf(&arena, "%s\n%s\n", k.public, k.secret));
    const char *file = file_of("key", arena_printf(&arena, "# theirs\n#\n%.40s\n", key));
    struct sink *s = open_sink(
        "zmq:push:", arena_printf(&arena, "?curve-secret=%s&curve-clients=%s", secret, file));
    s->ops->close(s);
    struct address a;
    const char *broken = NULL;
    struct str where = str_of(arena_printf(
        &arena, "zmq:push:>%s?curve-secret=%s&curve-server=%s", endpoint, secret, file));
    address_parse(&a, where, "zmq:push:", &arena);
    s = zmq_sink_open(&a, false, &broken);
    if (!s) fail_msg("%s", address_finish(&a));
    s->ops->close(s);
}

static void mistakes(void **state) {
    (void)state;
    struct keys k = new_keys();
    const char *secret = file_of("own.key", arena_printf(&arena, "%s\n%s\n", k.public, k.secret));
    const char *half = file_of("half.key", arena_printf(&arena, "%s\n", k.public));
    expect_refused("zmq:push:", "?hwm=many", "hwm=many: expected a whole number");
    expect_refused("zmq:push:", "?curve-secret=/nowhere&curve-clients=/nowhere",
                   "No such file or directory");
    expect_refused(
        "zmq:push:", arena_printf(&arena, "?curve-secret=%s&curve-clients=%s", half, half),
        "expected two lines, the public key and the secret key, found 1");
    expect_refused("zmq:push:", arena_printf(&arena, "?curve-secret=%s", secret),
                   "who may come in?");
    expect_refused("zmq:push:", "?curve-clients=x", "CURVE needs our own keys");
    expect_refused("zmq:push:", arena_printf(&arena, "?curve-secret=%s&curve-server=short", secret),
                   "curve-server is for who connects");
    void *p = peer(ZMQ_PULL, 1);
    size_t size = sizeof endpoint;
    assert_int_equal(zmq_bind(p, "tcp://127.0.0.1:*"), 0);
    zmq_getsockopt(p, ZMQ_LAST_ENDPOINT, endpoint, &size);
    expect_refused("zmq:push:", "", "Address already in use");
    zmq_close(p);
    struct address a;
    const char *broken = NULL;
    address_parse(&a, STR("zmq:push:host:5556"), "zmq:push:", &arena);
    assert_null(zmq_sink_open(&a, false, &broken));
    assert_non_null(strstr(address_finish(&a), "expected an endpoint, as in @tcp://"));
    address_parse(&a, STR("zmq:ack:>tcp://127.0.0.1:5556"), "zmq:ack:", &arena);
    assert_null(zmq_ack_sink_open(&a, &broken));
    assert_non_null(strstr(address_finish(&a), "zmq:ack binds, and its reader connects"));
}

int main(void) {
    log_setup(LOG_ERROR, false);
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(push),     TEST(push_slow),    TEST(pub_absent),
                                       TEST(pub_slow), TEST(acknowledged), TEST(curve),
                                       TEST(curve_files),
                                       TEST(mistakes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
