/* file_sink: one payload and a newline a line, to standard output or a file.
 *
 *   pending  │ sent │ not yet │        what the world took so far, and what it still has to
 *
 * A message is taken whole or not at all: write fails before it has taken it, so that a
 * caller who tries again neither tears nor repeats a line. What the world took of the bytes pending
 * is remembered across failures, so a flush goes on where the last one stopped, in the middle of a
 * line if need be. `written` counts the lines handed over whole.
 *
 * A file is appended to. If its last line was torn (a crash, a full disk) that line is closed
 * first. The process must ignore SIGPIPE, otherwise a reader who leaves ends it.
 * Tests: tests/unit/connectors/test_file_sink.c
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "connectors/sinks.h"

enum { BUFFER = 64 << 10 };

struct file_sink {
    struct sink sink;
    int fd;
    struct buf pending;
    size_t sent;
    char why[256];
};

static uint64_t count_lines(const char *p, size_t n) {
    uint64_t lines = 0;
    const char *end = p + n;
    while ((p = memchr(p, '\n', (size_t)(end - p)))) p++, lines++;
    return lines;
}

static enum sink_status flush(struct sink *sink) {
    struct file_sink *f = (struct file_sink *)sink;
    while (f->sent < f->pending.n) {
        ssize_t n = write(f->fd, f->pending.p + f->sent, f->pending.n - f->sent);
        if (n >= 0) {
            sink->written += count_lines(f->pending.p + f->sent, (size_t)n);
            f->sent += (size_t)n;
        } else if (errno == EAGAIN) { /* somebody made it non-blocking: wait here instead */
            struct pollfd ready = {.fd = f->fd, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            sink->gone = errno == EPIPE;
            const char *said = sink->gone ? "the reader has gone" : strerror(errno);
            snprintf(f->why, sizeof f->why, "%.*s: %s", STR_FMT(sink->name), said);
            sink->why = f->why;
            return SINK_FAILED;
        }
    }
    f->sent = 0;
    buf_reset(&f->pending);
    return SINK_DONE;
}

static enum sink_status write_message(struct sink *sink, const struct sink_message *m) {
    struct file_sink *f = (struct file_sink *)sink;
    if (f->pending.n > 0 && f->pending.n + m->payload.n + 1 > BUFFER &&
        flush(sink) == SINK_FAILED)
        return SINK_FAILED;
    buf_str(&f->pending, m->payload);
    buf_char(&f->pending, '\n');
    return SINK_DONE;
}

static void close_sink(struct sink *sink) {
    struct file_sink *f = (struct file_sink *)sink;
    flush(sink); /* who wants to know whether it worked calls flush before */
    if (f->fd != STDOUT_FILENO) close(f->fd);
    buf_fini(&f->pending);
    free(f);
}

static const struct sink_ops ops = {.write = write_message, .flush = flush, .close = close_sink};

/* Does the file end in the middle of a line? Where that cannot be seen: no. */
static bool torn(const char *path) {
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return false;
    off_t size = lseek(fd, 0, SEEK_END);
    char last = '\n';
    ssize_t n = size > 0 ? pread(fd, &last, 1, size - 1) : 0;
    close(fd);
    return n == 1 && last != '\n';
}

struct sink *file_sink_open(struct str path, struct arena *arena, const char **why) {
    bool standard = str_equal(path, STR("-"));
    struct str name = arena_copy(arena, path);
    int fd = STDOUT_FILENO;
    if (!standard) fd = open(name.p, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) {
        *why = arena_printf(arena, "%.*s: %s", STR_FMT(path), strerror(errno));
        return NULL;
    }
    struct file_sink *f = must_zalloc(sizeof *f);
    f->sink = (struct sink){.ops = &ops, .name = standard ? STR("standard output") : name};
    f->fd = fd;
    buf_init(&f->pending);
    if (!standard && torn(name.p)) {
        log_warning("%.*s: its last line is torn; the next one begins behind it", STR_FMT(path));
        if (write(fd, "\n", 1) < 0) log_warning("%.*s: %s", STR_FMT(path), strerror(errno));
    }
    return &f->sink;
}
