/* input: bytes cut into records.
 *
 *   buffer  │ done │ the record: scanned ┊ not yet │ free │ padding │
 *                  start                            have   cap
 *
 * A record is cut where it lies. Only when the buffer holds no whole one are the bytes of its
 * beginning moved to the front and more read behind them; the buffer doubles for long records up to
 * a little over 2 MiB and never beyond: what is longer than LINE_MAX_BYTES is passed over with its
 * first INPUT_SHOWN bytes kept.
 *
 * A record of several lines that turns out to be none was looked at in vain, and so may be the one
 * that begins on its next line. So that a file made of such lines takes linear time, looking in
 * vain uses up `look`, LINE_MAX_BYTES at first, and each byte that is done gives LOOKS_EACH back.
 *
 * Plain files are read, not mapped: a file that is cut short while it is read would be a signal
 * (SIGBUS), not an error. A byte order mark at the very beginning is no part of the first record.
 * Tests: tests/unit/connectors/test_input.c
 */
#include "connectors/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/source.h"

enum { FIRST_CAP = 256 << 10,
       LOOKS_EACH = 16 }; /* see `look` */

/* ---- a file ---------------------------------------------------------------------------------- */

struct file {
    struct bytes bytes;
    int fd;
    bool regular;
    uint64_t read, total;
};

static ssize_t file_read(struct bytes *b, char *to, size_t room, const char **why) {
    struct file *f = (struct file *)b;
    struct pollfd ready = {.fd = f->fd, .events = POLLIN};
    if (!f->regular && poll(&ready, 1, SOURCE_WAIT_MS) <= 0) return BYTES_WAIT;
    ssize_t n = read(f->fd, to, room);
    if (n >= 0) {
        f->read += (uint64_t)n;
        return n;
    }
    if (errno == EINTR || errno == EAGAIN) return BYTES_WAIT;
    *why = strerror(errno);
    return BYTES_FAILED;
}

static void file_close(struct bytes *b) {
    struct file *f = (struct file *)b;
    if (f->fd != STDIN_FILENO) close(f->fd);
    free(f);
}

static const struct bytes_ops file_ops = {file_read, file_close};

static struct file *file_open(struct str path, struct arena *arena, const char **why) {
    bool standard = str_equal(path, STR("-"));
    struct str name = arena_copy(arena, path);
    int fd = standard ? STDIN_FILENO : open(name.p, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        *why = arena_printf(arena, "%.*s: %s", STR_FMT(path), strerror(errno));
        return NULL;
    }
    if (S_ISDIR(st.st_mode)) {
        *why = arena_printf(arena, "%.*s: is a folder", STR_FMT(path));
        if (!standard) close(fd);
        return NULL;
    }
    struct file *f = must_zalloc(sizeof *f);
    *f = (struct file){.bytes = {&file_ops}, .fd = fd, .regular = S_ISREG(st.st_mode)};
    if (f->regular) {
        f->total = (uint64_t)st.st_size;
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return f;
}

/* ---- records --------------------------------------------------------------------------------- */

struct input {
    struct bytes *bytes;
    const struct file *file; /* at the bottom of bytes */
    record_end *find_end;
    char *buf;
    size_t cap, start, have;
    size_t scanned;      /* of the record, no end was found in */
    size_t first;        /* its first newline, counted from 1; 0: not seen yet */
    uint32_t state;      /* find_end's */
    uint64_t line, byte; /* of start */
    size_t look;         /* how long a record of several lines may be */
    uint64_t passed;     /* bytes of a line that is too long, while `passing` */
    bool begun, ended, failed, passing;
    const char *why;
    char why_where[192]; /* it, with the line */
};

const char *input_line_end(struct str have, size_t from, uint32_t *state) {
    (void)state;
    return memchr(have.p + from, '\n', have.n - from);
}

struct input *input_open(struct str path, record_end *find_end, struct arena *arena,
                         const char **why) {
    struct file *file = file_open(path, arena, why);
    if (!file) return NULL;
    struct input *in = must_zalloc(sizeof *in);
    in->file = file;
    in->bytes = &file->bytes;
    if (str_ends(path, STR(".gz"))) in->bytes = gzip_open(in->bytes);
    if (str_ends(path, STR(".zst"))) in->bytes = zstd_open(in->bytes);
    in->find_end = find_end;
    in->cap = FIRST_CAP;
    in->look = LINE_MAX_BYTES;
    in->buf = must_zalloc(in->cap + INPUT_PADDING);
    return in;
}

void input_close(struct input **in) {
    if (!*in) return;
    (*in)->bytes->ops->close((*in)->bytes);
    free((*in)->buf);
    free(*in);
    *in = NULL;
}

const char *input_why(const struct input *in) { return in->why; }
uint64_t input_bytes(const struct input *in) { return in->file->read; }
uint64_t input_total(const struct input *in) { return in->file->total; }
bool input_live(const struct input *in) { return !in->file->regular; }

/* Would a read return at once? Only asked where bytes come as they please and are not packed. */
static bool ready(const struct input *in) {
    if (in->file->regular || in->bytes != &in->file->bytes) return true;
    struct pollfd p = {.fd = in->file->fd, .events = POLLIN};
    return poll(&p, 1, 0) != 0;
}

static void skip_mark(struct input *in) {
    static const char mark[] = "\xEF\xBB\xBF";
    if (in->have < 3 && !in->ended) return; /* asked again when there is more */
    in->begun = true;
    if (in->have >= 3 && memcmp(in->buf, mark, 3) == 0) in->start = in->byte = 3;
}

/* Of packed bytes nobody can see where they are broken: the line that was being read is told. */
static void fail(struct input *in) {
    in->failed = true;
    if (in->bytes == &in->file->bytes) return;
    snprintf(in->why_where, sizeof in->why_where, "%s, in line %llu", in->why,
             (unsigned long long)in->line + 1);
    in->why = in->why_where;
}

/* More bytes behind the record's beginning. INPUT_RECORD: there may be more now. */
static enum input_status fill(struct input *in, bool wait) {
    if (in->failed) return INPUT_FAILED;
    if (in->ended) return INPUT_END;
    if (!wait && !ready(in)) return INPUT_WAIT;
    if (in->start) {
        memmove(in->buf, in->buf + in->start, in->have - in->start);
        in->have -= in->start;
        in->start = 0;
    }
    if (in->have == in->cap) {
        in->cap *= 2;
        in->buf = must_realloc(in->buf, in->cap + INPUT_PADDING);
        memset(in->buf + in->have, 0, in->cap + INPUT_PADDING - in->have);
    }
    ssize_t n = in->bytes->ops->read(in->bytes, in->buf + in->have, in->cap - in->have, &in->why);
    if (n == BYTES_WAIT) return INPUT_WAIT;
    if (n < 0) fail(in);
    if (n == 0) in->ended = true;
    if (n > 0) in->have += (size_t)n;
    if (!in->begun) skip_mark(in);
    return n < 0 ? INPUT_FAILED : INPUT_RECORD;
}

/* Hands out `n` bytes from start as a record of `length`, and moves on by `taken`. */
static void take(struct input *in, struct input_record *r, size_t n, uint64_t length,
                 size_t taken) {
    const char *p = in->buf + in->start;
    if (n == length && n && p[n - 1] == '\r') n--, length--;
    *r = (struct input_record){{p, n}, in->line, in->byte, length};
    if (in->find_end == input_line_end) {
        in->line += taken > 0;
    } else {
        for (const char *q = p, *end = p + taken; (q = memchr(q, '\n', (size_t)(end - q))); q++)
            in->line++;
    }
    in->start += taken;
    in->byte += taken;
    in->scanned = in->first = 0;
    in->state = 0;
    bool full = taken >= (LINE_MAX_BYTES - in->look) / LOOKS_EACH;
    in->look = full ? LINE_MAX_BYTES : in->look + taken * LOOKS_EACH;
}

/* A record is too long or never ends. If it has several lines, only the first of them is used up.
 */
static bool take_first_line(struct input *in, size_t within, struct input_record *r) {
    const char *p = in->buf + in->start;
    const char *newline = memchr(p, '\n', within);
    if (!newline) return false;
    size_t n = (size_t)(newline - p);
    in->look -= within < in->look ? within : in->look;
    take(in, r, n, n, n + 1);
    return true;
}

/* Passes over a line from start to behind its newline, keeping INPUT_SHOWN bytes at the front of
 * the buffer. Called again after INPUT_WAIT. */
static enum input_status pass_over(struct input *in, struct input_record *r) {
    uint64_t line = in->line, byte = in->byte, length = in->passed;
    size_t from = in->passing ? INPUT_SHOWN : 0;
    memmove(in->buf, in->buf + in->start, in->have - in->start);
    in->have -= in->start;
    in->start = 0;
    const char *newline;
    in->passing = true;
    while (!(newline = memchr(in->buf + from, '\n', in->have - from))) {
        length += in->have - from;
        from = in->have = INPUT_SHOWN;
        ssize_t n = in->bytes->ops->read(in->bytes, in->buf + from, in->cap - from, &in->why);
        in->passed = length;
        if (n == BYTES_WAIT) return INPUT_WAIT;
        if (n > 0) {
            in->have += (size_t)n;
            continue;
        }
        if (n < 0) fail(in);
        in->ended = n == 0;
        newline = NULL;
        break;
    }
    size_t rest = newline ? (size_t)(newline - (in->buf + from)) : 0;
    length += rest;
    in->start = newline ? from + rest + 1 : in->have;
    in->passing = false;
    in->passed = 0;
    in->line++;
    in->byte += length + (newline != NULL);
    in->scanned = in->first = 0;
    in->state = 0;
    *r = (struct input_record){{in->buf, INPUT_SHOWN}, line, byte, length};
    return INPUT_TOO_LONG;
}

/* What is left at the end of the input. */
static enum input_status last_record(struct input *in, struct input_record *r) {
    size_t n = in->have - in->start;
    if (n == 0) return INPUT_END;
    bool unclosed = in->state & RECORD_OPEN;
    if (unclosed && take_first_line(in, n, r)) return INPUT_UNCLOSED;
    take(in, r, n, n, n);
    if (unclosed) return INPUT_UNCLOSED;
    if (r->length <= LINE_MAX_BYTES) return INPUT_RECORD;
    r->bytes.n = INPUT_SHOWN;
    return INPUT_TOO_LONG;
}

/* The end of the record in what there is of it. NULL: not there; `vain`: more than one line was
 * looked at, and as many bytes as may be. */
static const char *look_for_end(struct input *in, struct str have, bool *vain) {
    struct str part = have;
    if (!in->begun || have.n <= in->scanned) return NULL;
    if (in->find_end != input_line_end) {
        const char *newline = NULL;
        if (!in->first) newline = memchr(have.p + in->scanned, '\n', have.n - in->scanned);
        if (newline) in->first = (size_t)(newline - have.p) + 1;
        size_t most = in->first > in->look + 2 ? in->first : in->look + 2; /* CR and newline */
        *vain = in->first && part.n >= most;
        if (*vain) part.n = most;
    }
    const char *end = in->find_end(part, in->scanned, &in->state);
    *vain &= !end;
    in->scanned = part.n;
    return end;
}

/* A CR before the newline does not count, so one byte more than LINE_MAX_BYTES may still be right.
 */
static bool too_long(size_t n, const char *end) {
    return n > LINE_MAX_BYTES + 1 || (end && n > LINE_MAX_BYTES && end[-1] != '\r');
}

enum input_status input_next(struct input *in, bool wait, struct input_record *r) {
    if (in->passing) return pass_over(in, r);
    for (;;) {
        struct str have = {in->buf + in->start, in->have - in->start};
        bool vain = false;
        const char *end = look_for_end(in, have, &vain);
        if (vain && take_first_line(in, in->scanned, r)) return INPUT_UNCLOSED;
        size_t n = end ? (size_t)(end - have.p) : have.n;
        if (too_long(n, end)) return take_first_line(in, n, r) ? INPUT_UNCLOSED : pass_over(in, r);
        if (end) {
            take(in, r, n, n, n + 1);
            return INPUT_RECORD;
        }
        enum input_status status = fill(in, wait);
        if (status == INPUT_END) return last_record(in, r);
        if (status != INPUT_RECORD) return status;
    }
}
