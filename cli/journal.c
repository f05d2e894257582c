/* journal: writing, see journal.h. */
#include "cli/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"

enum { TEXT_MAX = 64 << 10 }; /* that waits to be handed on */

bool journal_open(struct journal *j, const char *path, const struct program *program) {
    struct stat st;
    *j = (struct journal){.path = path, .program = program, .fd = -1};
    buf_init(&j->text);
    if (!path) return true;
    j->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (j->fd < 0 || fstat(j->fd, &st) < 0) {
        log_error("--journal %s: %s", path, strerror(errno));
        return false;
    }
    if (st.st_size > 0) {
        log_error("--journal %s: there is something in it already: a journal is of one run", path);
        return false;
    }
    buf_text(&j->text, "omen journal 1\n");
    return true;
}

static void hand_on(struct journal *j) {
    const char *p = buf_cstr(&j->text);
    for (size_t left = buf_view(&j->text).n; left && !j->failed;) {
        ssize_t n = write(j->fd, p, left);
        if (n < 0 && errno != EINTR) j->failed = strerror(errno);
        if (n <= 0) continue;
        p += n;
        left -= (size_t)n;
        j->unsynced = true;
    }
    buf_reset(&j->text);
}

static void sync_now(struct journal *j) {
    j->unsynced = false;
    j->synced_ns = time_monotonic_ns();
    /* What is no file (a pipe, a terminal) cannot be synced. */
    if (fdatasync(j->fd) < 0 && errno != EINVAL && errno != EROFS) j->failed = strerror(errno);
}

void journal_flush(struct journal *j) {
    if (!j->path) return;
    if (buf_view(&j->text).n) hand_on(j);
    if (j->unsynced && time_monotonic_ns() - j->synced_ns >= NS_PER_S) sync_now(j);
}

void journal_close(struct journal *j) {
    if (j->path) close(j->fd);
    buf_fini(&j->text);
    j->fd = -1;
    j->path = NULL;
}

static void line_end(struct journal *j) {
    buf_char(&j->text, '\n');
    if (buf_view(&j->text).n >= TEXT_MAX) hand_on(j);
}

void journal_partition(struct journal *j, uint32_t stream, uint32_t partition,
                       int64_t lateness_ns) {
    if (!j->path) return;
    buf_printf(&j->text, "partition %.*s %u ", STR_FMT(j->program->streams[stream].name),
               partition);
    duration_format(&j->text, lateness_ns);
    line_end(j);
}

void journal_offset(struct journal *j, const char *word, struct str stream, uint32_t partition,
                    uint64_t offset) {
    if (!j->path) return;
    buf_printf(&j->text, "%s %.*s %u %" PRIu64, word, STR_FMT(stream), partition, offset);
    line_end(j);
}

void journal_idle(struct journal *j, struct str stream, uint32_t partition, int64_t at_ns) {
    if (!j->path) return;
    buf_printf(&j->text, "idle %.*s %u", STR_FMT(stream), partition);
    if (at_ns > INT64_MIN && at_ns < INT64_MAX) {
        buf_char(&j->text, ' ');
        time_format(&j->text, at_ns);
    }
    line_end(j);
}

void journal_time(struct journal *j, int64_t at_ns) {
    if (!j->path) return;
    buf_text(&j->text, "time ");
    time_format(&j->text, at_ns);
    line_end(j);
}

void journal_reload(struct journal *j, uint64_t after, const char *rules) {
    if (!j->path) return;
    buf_printf(&j->text, "reload %" PRIu64 " %s", after, rules);
    line_end(j);
}

void journal_last(struct journal *j, bool stopped) {
    if (!j->path) return;
    buf_text(&j->text, stopped ? "stopped\n" : "ended\n");
    hand_on(j);
    sync_now(j);
}
