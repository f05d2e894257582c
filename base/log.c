/* log: lines for operators, the end of the process when it must end, and memory that is there or
 * ends it.
 *
 * A line is put together whole and written by one write(2), so lines of several threads do not
 * mix (on a pipe: up to PIPE_BUF bytes). Control bytes in a message become '?', so that a line
 * stays a line and nothing that was read from outside steers a terminal. errno survives
 * log_line.
 *
 * Ends: panic_at aborts (SIGABRT, for a core); out of memory is nobody's fault and exits with
 * EX_OSERR (71). Both print from a fixed array: neither needs memory to say its last words.
 *
 * Tests: tests/unit/base/test_diag.c
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/time.h"

static _Atomic int setup_least = LOG_INFO;
static _Atomic bool setup_json = false;

static const char *const level_name[] = {"error", "warning", "info", "debug"};

void log_setup(enum log_level least, bool json) {
    atomic_store(&setup_least, (int)least);
    atomic_store(&setup_json, json);
}

static void mask_controls(char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] < 0x20 || p[i] == 0x7F) p[i] = '?';
}

static void write_all(const char *p, size_t n) {
    while (n > 0) {
        ssize_t done = write(STDERR_FILENO, p, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return; /* nobody is left to tell */
        p += done;
        n -= (size_t)done;
    }
}

static void json_line(struct buf *line, enum log_level level, struct str message) {
    buf_text(line, "{\"time\":\"");
    time_format(line, time_wall_ns());
    buf_printf(line, "\",\"level\":\"%s\",\"message\":", level_name[level]);
    buf_json_str(line, message);
    buf_char(line, '}');
}

void log_line(enum log_level level, const char *fmt, ...) {
    if ((int)level > atomic_load_explicit(&setup_least, memory_order_relaxed)) return;
    int saved = errno;
    struct buf line, message;
    buf_init(&line);
    buf_init(&message);
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&message, fmt, ap);
    va_end(ap);
    if (atomic_load_explicit(&setup_json, memory_order_relaxed)) {
        json_line(&line, level, buf_view(&message));
    } else {
        mask_controls(message.p, message.n);
        buf_printf(&line, "omen: %s: ", level_name[level]);
        buf_str(&line, buf_view(&message));
    }
    buf_char(&line, '\n');
    write_all(line.p, line.n);
    buf_fini(&message);
    buf_fini(&line);
    errno = saved;
}

void panic_at(const char *file, int line, const char *fmt, ...) {
    char text[1024];
    size_t room = sizeof text - 1; /* one for the newline */
    int n = snprintf(text, room, "omen: fault in omen itself at %s:%d: ", file, line);
    size_t used = n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
    va_list ap;
    va_start(ap, fmt);
    n = vsnprintf(text + used, room - used, fmt, ap);
    va_end(ap);
    if (n > 0) used += (size_t)n < room - used ? (size_t)n : room - used - 1;
    mask_controls(text, used);
    text[used++] = '\n';
    write_all(text, used);
    abort();
}

__attribute__((noreturn, cold)) static void out_of_memory(unsigned long bytes) {
    char text[80];
    int n = snprintf(text, sizeof text, "omen: error: out of memory (%lu bytes wanted)\n", bytes);
    if (n > 0) write_all(text, (size_t)n);
    _exit(EX_OSERR);
}

/* A block of no bytes is NULL for some libcs, which must not look like a failure. */
void *must_alloc(unsigned long bytes) {
    void *p = malloc(bytes ? bytes : 1);
    if (!p) out_of_memory(bytes);
    return p;
}

void *must_zalloc(unsigned long bytes) {
    void *p = calloc(1, bytes ? bytes : 1);
    if (!p) out_of_memory(bytes);
    return p;
}

void *must_realloc(void *old, unsigned long bytes) {
    void *p = realloc(old, bytes ? bytes : 1);
    if (!p) out_of_memory(bytes);
    return p;
}
