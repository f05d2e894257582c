/* http: a small page server for those who watch omen: --http ADDRESS.
 *
 *   9464 · :9464 · localhost:9464 · 127.0.0.1:9464 · [::1]:9464 · 0.0.0.0:9464
 *
 * Without a host it is loopback: who wants more says so. GET and HEAD; every request asks the
 * handler, on the server's own thread. libmicrohttpd does the protocol. Tests: tests/cli/http.t
 */
#ifndef OMEN_CLI_HTTP_H
#define OMEN_CLI_HTTP_H

#include "base/arena.h"
#include "base/buf.h"

struct http_page {
    unsigned status;  /* 200 as it comes */
    const char *type; /* "text/plain; charset=utf-8" as it comes */
    struct buf body;
};

/* On the server's thread. False: there is no such page. */
typedef bool http_handler(void *context, const char *path, struct http_page *page);

struct http;

/* NULL with *why (arena). *mistake: the address is not one; else the world is at fault. */
struct http *http_start(const char *where, http_handler *handler, void *context,
                        struct arena *arena, const char **why, bool *mistake);
void http_stop(struct http **http); /* requests that are being answered are answered */
const char *http_address(const struct http *http); /* "127.0.0.1:9464", with the port taken */

#endif
