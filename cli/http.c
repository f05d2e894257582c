/* http: see http.h. */
#include "cli/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/log.h"

enum { PATIENCE_S = 10, CONNECTIONS = 32 };

struct http {
    struct MHD_Daemon *daemon;
    http_handler *handler;
    void *context;
    char address[80];
};

/* ---- requests -------------------------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection, struct http_page *page) {
    struct MHD_Response *r =
        MHD_create_response_from_buffer(page->body.n, page->body.p, MHD_RESPMEM_MUST_COPY);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, page->type);
    MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    enum MHD_Result result = MHD_queue_response(connection, page->status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **state) {
    struct http *h = context;
    struct http_page page = {.status = 200, .type = "text/plain; charset=utf-8"};
    (void)version;
    (void)upload;
    (void)state;
    if (*upload_size) { /* a body is read and means nothing */
        *upload_size = 0;
        return MHD_YES;
    }
    buf_init(&page.body);
    bool reads = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
    if (!reads) {
        page.status = 405;
        buf_text(&page.body, "omen answers to GET and HEAD\n");
    } else if (!h->handler(h->context, path, &page)) {
        page.status = 404;
        buf_text(&page.body, "there are /, /metrics, /livez and /readyz\n");
    }
    enum MHD_Result result = answer(connection, &page);
    buf_fini(&page.body);
    return result;
}

/* ---- starting -------------------------------------------------------------------------------- */

/* Host and port of `where`; false: it is no address. */
static bool split(const char *where, char *host, size_t size, const char **port) {
    const char *colon = strrchr(where, ':');
    size_t n = colon ? (size_t)(colon - where) : 0;
    *port = colon ? colon + 1 : where;
    if (n >= 2 && where[0] == '[' && where[n - 1] == ']') where++, n -= 2;
    else if (memchr(where, ':', n)) return false; /* an address of IPv6 without brackets */
    if (n >= size) return false;
    memcpy(host, where, n);
    host[n] = 0;
    if (!n) snprintf(host, size, "127.0.0.1");
    char *end;
    unsigned long number = strtoul(*port, &end, 10);
    return **port >= '0' && **port <= '9' && *end == 0 && number <= 65535;
}

static void name_address(struct http *h) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    struct sockaddr_storage at;
    socklen_t n = sizeof at;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(info->listen_fd, (struct sockaddr *)&at, &n) != 0) return;
    if (getnameinfo((struct sockaddr *)&at, n, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return;
    bool six = at.ss_family == AF_INET6;
    snprintf(h->address, sizeof h->address, "%s%.60s%s:%.8s", six ? "[" : "", host, six ? "]" : "",
             port);
}

struct http *http_start(const char *where, http_handler *handler, void *context,
                        struct arena *arena, const char **why, bool *mistake) {
    char host[256];
    const char *port;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    *mistake = !split(where, host, sizeof host, &port);
    if (*mistake) {
        *why = arena_printf(arena, "--http %s: expected an address, as in 9464 or 127.0.0.1:9464",
                            where);
        return NULL;
    }
    int fault = getaddrinfo(host, port, &hints, &found);
    if (fault) {
        *why = arena_printf(arena, "--http %s: %s", where, gai_strerror(fault));
        return NULL;
    }
    struct http *h = must_zalloc(sizeof *h);
    *h = (struct http){.handler = handler, .context = context};
    sigset_t all, old; /* its threads leave signals to those who wait for them */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD;
    if (found->ai_family == AF_INET6) flags |= MHD_USE_IPv6;
    errno = 0;
    h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR,
                                 found->ai_addr, MHD_OPTION_CONNECTION_TIMEOUT, PATIENCE_S,
                                 MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_END);
    int failed = errno;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    freeaddrinfo(found);
    if (!h->daemon) {
        *why = arena_printf(arena, "--http %s: %s", where, strerror(failed ? failed : EIO));
        free(h);
        return NULL;
    }
    name_address(h);
    return h;
}

const char *http_address(const struct http *h) { return h->address; }

void http_stop(struct http **http) {
    struct http *h = *http;
    if (!h) return;
    MHD_stop_daemon(h->daemon);
    free(h);
    *http = NULL;
}
