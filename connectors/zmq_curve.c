/* zmq_curve: see zmq_curve.h. */
#include "connectors/zmq_curve.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/time.h"

enum { KEY_TEXT = 40 }; /* Z85 */

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
        struct str s = str_trim(str_of(line));
        if (s.n && s.p[s.n - 1] == '\n') s.n--;
        s = str_trim(s);
        /* `#` is a letter of Z85 too, but no key begins with it. */
        if (!s.n || s.p[0] == '#') continue;
        s = arena_copy(a->arena, s);
        arena_push(a->arena, *lines, *n, cap, s);
    }
    fclose(f);
    return true;
}

static bool key_of(struct address *a, const char *setting, struct str text,
                   uint8_t key[ZMQ_KEY_BYTES]) {
    if (text.n == KEY_TEXT && zmq_z85_decode(key, arena_copy(a->arena, text).p)) return true;
    /* Not shown: it may be a secret in the wrong place. */
    address_mistake(a, "%s: expected keys of %d letters in Z85, found one of %zu letters", setting,
                    KEY_TEXT, text.n);
    return false;
}

static bool pair_of(struct address *a, struct str path, uint8_t public[ZMQ_KEY_BYTES],
                    uint8_t secret[ZMQ_KEY_BYTES]) {
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

static void read_clients(struct address *a, struct str path, struct zmq_clients *clients) {
    struct str *lines;
    uint32_t n;
    if (!read_lines(a, "curve-clients", path, &lines, &n)) return;
    clients->keys = arena_alloc(a->arena, (n + 1) * sizeof *clients->keys);
    for (clients->n = 0; clients->n < n; clients->n++)
        if (!key_of(a, "curve-clients", lines[clients->n], clients->keys[clients->n])) return;
}

/* The key itself, or a file that begins with it: it may hold what an address cannot. */
static bool server_key_of(struct address *a, struct str text, uint8_t key[ZMQ_KEY_BYTES]) {
    struct str *lines;
    uint32_t n;
    if (text.n != KEY_TEXT) {
        if (!read_lines(a, "curve-server", text, &lines, &n)) return false;
        text = n ? lines[0] : STR("");
    }
    return key_of(a, "curve-server", text, key);
}

static void set_key(void *socket, int option, const uint8_t key[ZMQ_KEY_BYTES]) {
    check(zmq_setsockopt(socket, option, key, ZMQ_KEY_BYTES) == 0);
}

void zmq_curve_set(void *socket, struct address *a, struct zmq_gate_plan *plan) {
    bool binds = plan->binds;
    struct str secret_file, server, clients;
    uint8_t public[ZMQ_KEY_BYTES], secret[ZMQ_KEY_BYTES], server_key[ZMQ_KEY_BYTES];
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
    plan->curve = true;
    set_key(socket, ZMQ_CURVE_SECRETKEY, secret);
    if (binds) {
        int yes = 1;
        check(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes) == 0);
        read_clients(a, clients, &plan->clients);
    } else if (server_key_of(a, server, server_key)) {
        set_key(socket, ZMQ_CURVE_PUBLICKEY, public);
        set_key(socket, ZMQ_CURVE_SERVERKEY, server_key);
    }
}
