/* watch: see watch.h. */
#include "cli/watch.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/http.h"

enum { PUBLISH_MS = 250, ALIVE_S = 60 };

struct watch {
    struct http *http;
    pthread_mutex_t lock;
    struct buf metrics, page; /* of the lock */
    char unready[96];         /* of the lock; "": it is ready */
    struct buf making;        /* main's */
    int64_t published_ns;
    _Atomic int64_t beat_ns;
    uint64_t watchdog_us; /* 0: there is none */
    int64_t told_ns;
};

/* ---- pages ----------------------------------------------------------------------------------- */

static bool page(void *context, const char *path, struct http_page *out) {
    struct watch *w = context;
    if (strcmp(path, "/livez") == 0) {
        bool alive = time_monotonic_ns() - w->beat_ns < ALIVE_S * NS_PER_S;
        if (!alive) out->status = 503;
        buf_text(&out->body, alive ? "alive\n" : "the main loop has stood still for a minute\n");
    } else if (strcmp(path, "/readyz") == 0) {
        pthread_mutex_lock(&w->lock);
        if (w->unready[0]) out->status = 503;
        if (w->unready[0]) buf_printf(&out->body, "not ready: %s\n", w->unready);
        else buf_text(&out->body, "ready\n");
        pthread_mutex_unlock(&w->lock);
    } else if (strcmp(path, "/metrics") == 0 || strcmp(path, "/") == 0) {
        bool metrics = path[1] != 0;
        if (metrics) out->type = METRICS_TYPE;
        pthread_mutex_lock(&w->lock);
        buf_str(&out->body, buf_view(metrics ? &w->metrics : &w->page));
        pthread_mutex_unlock(&w->lock);
    } else {
        return false;
    }
    return true;
}

static void swap(struct watch *w, struct buf *with) {
    pthread_mutex_lock(&w->lock);
    struct buf old = *with;
    *with = w->making;
    w->making = old;
    pthread_mutex_unlock(&w->lock);
}

bool watch_due(const struct watch *w) {
    return w->http && time_monotonic_ns() - w->published_ns >= PUBLISH_MS * NS_PER_MS;
}

void watch_publish(struct watch *w, const struct measured *m) {
    buf_reset(&w->making);
    metrics_text(m, &w->making);
    swap(w, &w->metrics);
    buf_reset(&w->making);
    buf_printf(&w->making, "omen, up for %" PRId64 " s\n\n", m->totals->elapsed_ns / NS_PER_S);
    summary_text(m->totals, true, &w->making);
    swap(w, &w->page);
    pthread_mutex_lock(&w->lock);
    snprintf(w->unready, sizeof w->unready, "%s", m->unready ? m->unready : "");
    pthread_mutex_unlock(&w->lock);
    w->published_ns = time_monotonic_ns();
}

/* ---- systemd --------------------------------------------------------------------------------- */

void watch_beat(struct watch *w) {
    int64_t now = time_monotonic_ns();
    w->beat_ns = now;
    if (!w->watchdog_us || now - w->told_ns < (int64_t)w->watchdog_us * 1000 / 3) return;
    w->told_ns = now;
    sd_notify(0, "WATCHDOG=1");
}

void watch_ready(struct watch *w) {
    (void)w;
    sd_notify(0, "READY=1");
}

/* Type=notify-reload wants to know when it began, in its clock. */
void watch_reloading(struct watch *w) {
    (void)w;
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, time_monotonic_ns() / 1000);
}

/* ---- start and stop -------------------------------------------------------------------------- */

struct watch *watch_start(const char *http, struct arena *arena, bool *mistake) {
    struct watch *w = must_zalloc(sizeof *w);
    const char *why;
    snprintf(w->unready, sizeof w->unready, "sources are not read yet");
    pthread_mutex_init(&w->lock, NULL);
    buf_init(&w->metrics);
    buf_init(&w->page);
    buf_init(&w->making);
    w->beat_ns = time_monotonic_ns();
    if (sd_watchdog_enabled(0, &w->watchdog_us) <= 0) w->watchdog_us = 0;
    if (!http) return w;
    w->http = http_start(http, page, w, arena, &why, mistake);
    if (w->http) {
        log_info("status at http://%s/, metrics at /metrics", http_address(w->http));
        return w;
    }
    log_error("%s", why);
    watch_stop(&w);
    return NULL;
}

void watch_stop(struct watch **watch) {
    struct watch *w = *watch;
    if (!w) return;
    sd_notify(0, "STOPPING=1");
    http_stop(&w->http);
    pthread_mutex_destroy(&w->lock);
    buf_fini(&w->metrics);
    buf_fini(&w->page);
    buf_fini(&w->making);
    free(w);
    *watch = NULL;
}
