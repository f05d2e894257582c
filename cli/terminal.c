/* terminal: see terminal.h. No stdio: a write is a write, and its failure is seen.
 * Tests: tests/cli/terminal.t, outputs.t
 */
#include "cli/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

bool terminal_live(int fd) {
    const char *term = getenv("TERM");
    return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}

bool terminal_colour(int fd) {
    const char *no = getenv("NO_COLOR");
    return terminal_live(fd) && !(no && *no);
}

/* 0, or an errno value. */
static int write_all(int fd, const struct buf *text) {
    for (size_t done = 0; done < text->n;) {
        ssize_t n = write(fd, text->p + done, text->n - done);
        if (n >= 0) {
            done += (size_t)n;
        } else if (errno == EAGAIN) { /* somebody made it non-blocking: wait here instead */
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

int terminal_out(const struct buf *text) {
    int fault = write_all(STDOUT_FILENO, text);
    if (fault == 0 || fault == EPIPE) return EXIT_FINE;
    log_error("standard output: %s", strerror(fault));
    return EXIT_WORLD;
}

void terminal_err(const struct buf *text) { write_all(STDERR_FILENO, text); }
