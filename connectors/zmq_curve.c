/* zmq_curve: see zmq_curve.h. */
#include "connectors/zmq_curve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"

enum {
    KEY_TEXT = 40, /* Z85 */
    KEY_BYTES = 32,
    FILE_MOST = 1 << 20,
    DOMAINS = 64,
    TELL_S = 60,
};

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"

/* ---- who may come in --------------------------------------------------------------------------*/

struct domain { /* of one socket that binds */
    uint8_t (*keys)[KEY_BYTES];
    uint32_t n;
};

/* Grows while sockets are opened, by one thread; entries below `ndomains` do not change. */
static struct domain domains[DOMAINS];
static _Atomic uint32_t ndomains;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *zap_context;

static bool allowed(const char *domain, size_t n, const void *key, size_t key_bytes) {
    char text[16] = "";
    if (n >= sizeof text || key_bytes != KEY_BYTES) return false;
    memcpy(text, domain, n);
    unsigned long number = strtoul(text, NULL, 10);
    if (number >= ndomains) return false;
    for (uint32_t i = 0; i < domains[number].n; i++)
        if (memcmp(domains[number].keys[i], key, KEY_BYTES) == 0) return true;
    return false;
}

static void tell_refused(void) {
    static int64_t told_ns;
    static uint64_t refused;
    int64_t now = time_monotonic_ns();
    refused++;
    if (told_ns && now - told_ns < TELL_S * NS_PER_S) return;
    log_warning("ZeroMQ: refused a peer whose CURVE key is not in curve-clients (%llu so far)",
                (unsigned long long)refused);
    told_ns = now;
}

enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, KEY, FRAMES };

static void answer(void *zap) {
    zmq_msg_t frames[FRAMES];
    int n = 0, more = 1;
    while (more) {
        zmq_msg_t spare, *frame = n < FRAMES ? &frames[n] : &spare;
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, zap, 0) < 0) return;
        more = zmq_msg_more(frame);
        if (frame == &spare) zmq_msg_close(&spare);
        else n++;
    }
    bool good = n == FRAMES && allowed(zmq_msg_data(&frames[DOMAIN]), zmq_msg_size(&frames[DOMAIN]),
                                       zmq_msg_data(&frames[KEY]), zmq_msg_size(&frames[KEY]));
    if (!good) tell_refused();
    zmq_send(zap, "1.0", 3, ZMQ_SNDMORE);
    if (n > REQUEST)
        zmq_send(zap, zmq_msg_data(&frames[REQUEST]), zmq_msg_size(&frames[REQUEST]), ZMQ_SNDMORE);
    else zmq_send(zap, "", 0, ZMQ_SNDMORE);
    zmq_send(zap, good ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(zap, good ? "OK" : "unknown key", good ? 2 : 11, ZMQ_SNDMORE);
    zmq_send(zap, "", 0, ZMQ_SNDMORE);
    zmq_send(zap, "", 0, 0);
    for (int i = 0; i < n; i++) zmq_msg_close(&frames[i]);
}

static void *serve(void *zap) {
    zmq_pollitem_t item = {.socket = zap, .events = ZMQ_POLLIN};
    while (zmq_poll(&item, 1, -1) >= 0 || errno == EINTR)
        if (item.revents & ZMQ_POLLIN) answer(zap);
    zmq_close(zap);
    return NULL;
}

static void start(void) {
    pthread_t thread;
    sigset_t all, old;
    void *zap = zmq_socket(zap_context, ZMQ_REP);
    check(zap && zmq_bind(zap, ZAP_ENDPOINT) == 0);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    check(pthread_create(&thread, NULL, serve, zap) == 0);
    pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---- keys ------------------------------------------------------------------------------------ */

/* The lines of a file that hold something, without comments. False after a mistake. */
static bool read_lines(struct address *a, const char *setting, struct str path, struct str **lines,
                       uint32_t *n) {
    char name[4096];
    snprintf(name, sizeof name, "%.*s", STR_FMT(path));
    FILE *f = fopen(name, "r");
    if (!f) {
        address_mistake(a, "%s=%s: %s", setting, name, strerror(errno));
        return false;
    }
    char line[512];
    uint32_t cap = 0;
    *lines = NULL;
    *n = 0;
    while (fgets(line, sizeof line, f)) {
        char *hash = strchr(line, '#');
        /* `#` is a letter of Z85 too: a comment has a line of its own. */
        if (hash == line) continue;
        struct str s = str_trim(str_of(line));
        if (s.n && s.p[s.n - 1] == '\n') s.n--;
        s = str_trim(s);
        if (!s.n) continue;
        s = arena_copy(a->arena, s);
        arena_push(a->arena, *lines, *n, cap, s);
    }
    fclose(f);
    return true;
}

static bool key_of(struct address *a, const char *setting, struct str text,
                   uint8_t key[KEY_BYTES]) {
    if (text.n == KEY_TEXT && zmq_z85_decode(key, arena_copy(a->arena, text).p)) return true;
    /* Not shown: it may be a secret in the wrong place. */
    address_mistake(a, "%s: expected keys of %d letters in Z85, found one of %zu letters", setting,
                    KEY_TEXT, text.n);
    return false;
}

static bool pair_of(struct address *a, struct str path, uint8_t public[KEY_BYTES],
                    uint8_t secret[KEY_BYTES]) {
    struct str *lines;
    uint32_t n;
    if (!read_lines(a, "curve-secret", path, &lines, &n)) return false;
    if (n != 2) {
        address_mistake(a, "curve-secret=%.*s: expected two lines, the public key and the secret "
                           "key, found %u", STR_FMT(path), n);
        return false;
    }
    return key_of(a, "curve-secret", lines[0], public) &&
           key_of(a, "curve-secret", lines[1], secret);
}

static void serve_clients(void *context, void *socket, struct address *a, struct str path) {
    struct str *lines;
    uint32_t n;
    char number[16];
    if (!read_lines(a, "curve-clients", path, &lines, &n)) return;
    if (ndomains == DOMAINS) {
        address_mistake(a, "more than %d sockets with curve-clients", DOMAINS);
        return;
    }
    struct domain *d = &domains[ndomains];
    d->keys = must_zalloc((n + 1) * KEY_BYTES);
    for (d->n = 0; d->n < n; d->n++)
        if (!key_of(a, "curve-clients", lines[d->n], d->keys[d->n])) return;
    snprintf(number, sizeof number, "%u", ndomains++);
    zap_context = context;
    pthread_once(&once, start);
    check(zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, number, strlen(number)) == 0);
}

static void set_key(void *socket, int option, const uint8_t key[KEY_BYTES]) {
    check(zmq_setsockopt(socket, option, key, KEY_BYTES) == 0);
}

void zmq_curve_set(void *context, void *socket, struct address *a, bool binds) {
    struct str secret_file, server, clients;
    uint8_t public[KEY_BYTES], secret[KEY_BYTES], server_key[KEY_BYTES];
    bool own = address_text(a, "curve-secret", &secret_file);
    bool to = address_text(a, "curve-server", &server);
    bool from = address_text(a, "curve-clients", &clients);
    if ((to || from) && !own)
        address_mistake(a, "CURVE needs our own keys: curve-secret=FILE");
    if (to && binds)
        address_mistake(a, "curve-server is for who connects; who binds says curve-clients");
    if (from && !binds)
        address_mistake(a, "curve-clients is for who binds; who connects says curve-server");
    if (own && !binds && !to)
        address_mistake(a, "who connects needs the other side's public key: curve-server=KEY");
    if (own && binds && !from)
        address_mistake(a, "who may come in? curve-clients=FILE, with a public key a line");
    if (a->why || !own || !pair_of(a, secret_file, public, secret)) return;
    set_key(socket, ZMQ_CURVE_SECRETKEY, secret);
    if (binds) {
        int yes = 1;
        check(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0);
        serve_clients(context, socket, a, clients);
    } else if (key_of(a, "curve-server", server, server_key)) {
        set_key(socket, ZMQ_CURVE_PUBLICKEY, public);
        set_key(socket, ZMQ_CURVE_SERVERKEY, server_key);
    }
}
