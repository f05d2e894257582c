/* diag: the texts that spans point into, and the messages about them as they are collected.
 * Printing is in diag_print.c.
 *
 *   diags.v ─→ │ 0 │ 1 │ … │ n-1 │ free … │ spare │     room for all from the first message
 *                                          DIAG_MAX    on: none moves while it is completed
 *
 * What comes behind the DIAG_MAXth message is counted and otherwise lost in the spare place. A
 * message that says the same about the same span as an earlier one is dropped and not counted:
 * passes that look twice do not report twice.
 *
 * Places are found by looking through the text up to them: nothing is prepared for texts without
 * faults, and ten megabytes take some milliseconds.
 * Tests: tests/unit/base/test_diag.c
 */
#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/log.h"
#include "base/utf8.h"

#define FILE_MAX ((size_t)256 << 20)

enum { MESSAGE_MAX = 1000 }; /* bytes: names and texts are as long as their author likes */

/* ---- sources --------------------------------------------------------------------------------- */

void sources_init(struct sources *s, struct arena *arena) { *s = (struct sources){.arena = arena}; }

uint32_t sources_add(struct sources *s, struct str name, struct str text) {
    check(text.n < UINT32_MAX); /* spans have 32 bits */
    struct source_text file = {arena_copy(s->arena, name), arena_copy(s->arena, text)};
    arena_push(s->arena, s->files, s->n, s->cap, file);
    return s->n - 1;
}

/* All of an open file, which may be a pipe; an errno value, EFBIG when it is over FILE_MAX. */
static int read_whole(int fd, struct buf *text) {
    for (;;) {
        buf_reserve(text, 1 << 16);
        ssize_t n = read(fd, text->p + text->n, text->cap - text->n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return 0;
        text->n += (size_t)n;
        if (text->n > FILE_MAX) return EFBIG;
    }
}

bool sources_load(struct sources *s, const char *path, uint32_t *file, const char **why) {
    struct buf text;
    buf_init(&text);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int fault = fd < 0 ? errno : read_whole(fd, &text);
    if (fd >= 0) close(fd);
    if (fault == 0) {
        *file = sources_add(s, str_of(path), buf_view(&text));
    } else if (fault == EFBIG) {
        *why = arena_printf(s->arena, "%s: larger than %zu MiB", path, FILE_MAX >> 20);
    } else {
        char room[128];
        *why = arena_printf(s->arena, "%s: %s", path, strerror_r(fault, room, sizeof room));
    }
    buf_fini(&text);
    return fault == 0;
}

void sources_place(const struct sources *s, uint32_t file, uint32_t offset, uint32_t *line,
                   uint32_t *column) {
    check(file < s->n);
    struct str text = s->files[file].text;
    const char *at = text.p + (offset < text.n ? offset : text.n);
    const char *start = text.p;
    *line = 1;
    for (const char *end; (end = memchr(start, '\n', (size_t)(at - start))); start = end + 1)
        ++*line;
    *column = (uint32_t)utf8_length((struct str){start, (size_t)(at - start)}) + 1;
}

struct str span_text(const struct sources *s, struct span span) {
    check(span.file < s->n);
    struct str text = s->files[span.file].text;
    size_t end = span.end < text.n ? span.end : text.n;
    size_t start = span.start < end ? span.start : end;
    return (struct str){text.p + start, end - start};
}

/* ---- messages -------------------------------------------------------------------------------- */

void diags_init(struct diags *d, struct arena *arena, const struct sources *sources) {
    *d = (struct diags){.arena = arena, .sources = sources};
}

static char *vprint(struct diags *d, const char *fmt, va_list ap) {
    struct buf text;
    buf_init(&text);
    buf_vprintf(&text, fmt, ap);
    if (text.n > MESSAGE_MAX) {
        size_t cut = MESSAGE_MAX; /* between two characters */
        while (cut > MESSAGE_MAX - 4 && ((unsigned char)text.p[cut] & 0xC0) == 0x80) cut--;
        text.n = cut;
        buf_text(&text, "\xE2\x80\xA6");
    }
    char *copy = (char *)arena_copy(d->arena, buf_view(&text)).p; /* made above, so writable */
    buf_fini(&text);
    return copy;
}

static bool reported(const struct diags *d, const struct diag *m) {
    for (uint32_t i = 0; i < d->n; i++) {
        const struct diag *o = &d->v[i];
        if (o->severity == m->severity && memcmp(&o->span, &m->span, sizeof o->span) == 0 &&
            strcmp(o->message, m->message) == 0)
            return true;
    }
    return false;
}

static bool is_spare(const struct diags *d, const struct diag *m) { return m == &d->v[DIAG_MAX]; }

static struct diag *report(struct diags *d, enum diag_severity severity, struct span at,
                           const char *fmt, va_list ap) {
    uint32_t *counter = severity == DIAG_ERROR     ? &d->errors
                        : severity == DIAG_WARNING ? &d->warnings
                                                   : &d->notes;
    if (!d->v) {
        d->cap = DIAG_MAX + 1;
        d->v = arena_array(d->arena, struct diag, d->cap);
    }
    struct diag *spare = &d->v[DIAG_MAX];
    if (d->n == DIAG_MAX) {
        ++*counter;
        return spare;
    }
    struct diag m = {.severity = severity, .span = at, .message = vprint(d, fmt, ap)};
    if (reported(d, &m)) return spare;
    ++*counter;
    d->v[d->n] = m;
    return &d->v[d->n++];
}

struct diag *diag_error(struct diags *d, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = report(d, DIAG_ERROR, at, fmt, ap);
    va_end(ap);
    return m;
}

struct diag *diag_warning(struct diags *d, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = report(d, DIAG_WARNING, at, fmt, ap);
    va_end(ap);
    return m;
}

struct diag *diag_note(struct diags *d, struct span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = report(d, DIAG_NOTE, at, fmt, ap);
    va_end(ap);
    return m;
}

void diag_help(struct diags *d, struct diag *m, const char *fmt, ...) {
    if (is_spare(d, m)) return;
    va_list ap;
    va_start(ap, fmt);
    m->help = vprint(d, fmt, ap);
    va_end(ap);
}

void diag_related(struct diags *d, struct diag *m, struct span at, const char *fmt, ...) {
    if (is_spare(d, m)) return;
    va_list ap;
    va_start(ap, fmt);
    m->related = at;
    m->related_message = vprint(d, fmt, ap);
    va_end(ap);
}
