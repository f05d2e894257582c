/* journal_read: a journal as a replay uses it, see journal.h. Words on a line are parted by one
 * blank. Tests: tests/cli/journal.t
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/journal.h"

struct line {
    const struct program *program;
    struct record *record;
    struct arena *arena;
    struct str left;   /* of it */
    const char *wrong; /* what was expected, and not found */
};

static bool next_word(struct line *l, struct str *word) {
    const char *blank = l->left.n ? memchr(l->left.p, ' ', l->left.n) : NULL;
    size_t n = blank ? (size_t)(blank - l->left.p) : l->left.n;
    *word = (struct str){l->left.p, n};
    l->left.p += n + (blank != NULL);
    l->left.n -= n + (blank != NULL);
    return n > 0;
}

static bool expected(struct line *l, const char *what) {
    if (!l->wrong) l->wrong = what;
    return false;
}

static bool number(struct line *l, const char *what, uint64_t *out) {
    struct str word;
    *out = 0;
    if (!next_word(l, &word)) return expected(l, what);
    for (size_t i = 0; i < word.n; i++) {
        unsigned digit = (unsigned)(word.p[i] - '0');
        if (digit > 9 || *out > (UINT64_MAX - digit) / 10) return expected(l, what);
        *out = *out * 10 + digit;
    }
    return true;
}

/* STREAM PARTITION */
static bool names(struct line *l, uint32_t *stream, uint32_t *partition) {
    struct str word;
    uint64_t n;
    next_word(l, &word);
    for (*stream = 0; *stream < l->program->nstreams; ++*stream)
        if (str_equal(word, l->program->streams[*stream].name)) break;
    if (*stream == l->program->nstreams) return expected(l, "a stream of the rules");
    if (!number(l, "a partition, a number", &n)) return false;
    if (n > UINT32_MAX) return expected(l, "a partition, a number below 4294967296");
    *partition = (uint32_t)n;
    return true;
}

static struct record_partition *known(struct line *l) {
    uint32_t stream, partition;
    if (!names(l, &stream, &partition)) return NULL;
    struct record_partition *p = record_find(l->record, stream, partition);
    if (!p) expected(l, "a partition that a line `partition` before it names");
    return p;
}

static void read_partition(struct line *l) {
    struct record *r = l->record;
    struct record_partition p = {.end = UINT64_MAX};
    struct str word;
    if (!names(l, &p.stream, &p.partition)) return;
    next_word(l, &word);
    if (!duration_parse(word, &p.lateness_ns) || p.lateness_ns < 0) {
        expected(l, "the lateness, a duration as in 5s");
        return;
    }
    if (record_find(r, p.stream, p.partition)) expected(l, "each partition once");
    else arena_push(l->arena, r->partitions, r->npartitions, r->cap, p);
}

static void read_offset(struct line *l, struct record_offsets *to) {
    uint64_t offset;
    if (!to || !number(l, "an offset, a number", &offset)) return;
    arena_push(l->arena, to->v, to->n, to->cap, offset);
}

static int compare_offsets(const void *x, const void *y) {
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

/* In order, each once: what was read again may have been decided again. */
static void settle(struct record_offsets *of) {
    uint64_t n = 0;
    if (of->n) qsort(of->v, of->n, sizeof *of->v, compare_offsets);
    for (uint64_t i = 0; i < of->n; i++)
        if (!n || of->v[n - 1] != of->v[i]) of->v[n++] = of->v[i];
    of->n = n;
}

static void read_end(struct line *l) {
    struct record_partition *p = known(l);
    if (p) number(l, "an offset, a number", &p->end);
}

static void read_time(struct line *l) {
    struct record *r = l->record;
    struct str word;
    int64_t at;
    if (!next_word(l, &word) || !time_parse(word, true, &at))
        expected(l, "a time, as in 2026-01-31T12:00:00Z");
    else if (r->ntimes && r->times[r->ntimes - 1] >= at)
        expected(l, "times in order");
    else
        arena_push(l->arena, r->times, r->ntimes, r->times_cap, at);
}

static void read_reload(struct line *l) {
    struct record *r = l->record;
    struct record_reload reload = {0};
    struct str word;
    if (!number(l, "how many events were before, a number", &reload.after)) return;
    if (!next_word(l, &word) || word.n != 32) {
        expected(l, "a hash of rule texts, 32 digits");
        return;
    }
    reload.rules = arena_copy(l->arena, word);
    if (r->nreloads && r->reloads[r->nreloads - 1].after > reload.after)
        expected(l, "reloads in order");
    else
        arena_push(l->arena, r->reloads, r->nreloads, r->reloads_cap, reload);
}

static void read_idle(struct line *l) {
    struct str at;
    if (known(l)) next_word(l, &at);
}

static void read_line(struct line *l) {
    struct str word;
    struct record *r = l->record;
    next_word(l, &word);
    if (str_equal(word, STR("partition"))) {
        read_partition(l);
    } else if (str_equal(word, STR("late"))) {
        struct record_partition *p = known(l);
        read_offset(l, p ? &p->late : NULL);
    } else if (str_equal(word, STR("future"))) {
        struct record_partition *p = known(l);
        read_offset(l, p ? &p->future : NULL);
    } else if (str_equal(word, STR("idle"))) {
        read_idle(l);
    } else if (str_equal(word, STR("time"))) {
        read_time(l);
    } else if (str_equal(word, STR("reload"))) {
        read_reload(l);
    } else if (str_equal(word, STR("end"))) {
        read_end(l);
    } else if (str_equal(word, STR("stopped")) || str_equal(word, STR("ended"))) {
        r->whole = true;
        r->stopped = word.p[0] == 's';
    } else {
        expected(l, "partition, late, future, idle, time, reload, end, stopped or ended");
    }
    if (l->left.n) expected(l, "the end of the line");
}

static bool read_lines(struct line *l, struct str text) {
    const char *path = l->record->path, *newline;
    for (unsigned n = 1; text.n && (newline = memchr(text.p, '\n', text.n)); n++) {
        struct str whole = {text.p, (size_t)(newline - text.p)};
        text.n -= whole.n + 1;
        text.p = newline + 1;
        l->left = whole;
        if (n > 1) read_line(l);
        else if (!str_equal(whole, STR("omen journal 1")))
            l->wrong = "omen journal 1, the first line of a journal that this version reads";
        if (!l->wrong) continue;
        log_error("%s:%u: expected %s, found `%.*s`", path, n, l->wrong,
                  whole.n > 80 ? 80 : (int)whole.n, whole.p);
        return false;
    }
    if (text.n)
        log_warning("%s: the last line has no end: a crash tore it, and it is left out", path);
    return true;
}

static bool read_all(const char *path, struct buf *text) {
    char room[16 << 10];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 0;
    while (fd >= 0 && ((n = read(fd, room, sizeof room)) > 0 || (n < 0 && errno == EINTR)))
        if (n > 0) buf_add(text, room, (size_t)n);
    if (n < 0) log_error("--journal %s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    return n >= 0;
}

bool record_read(struct record *r, const char *path, const struct program *program,
                 struct arena *arena) {
    struct buf text;
    *r = (struct record){.path = path};
    struct line line = {.program = program, .record = r, .arena = arena};
    buf_init(&text);
    bool fine = read_all(path, &text) && read_lines(&line, buf_view(&text));
    for (uint32_t i = 0; i < r->npartitions; i++) {
        settle(&r->partitions[i].late);
        settle(&r->partitions[i].future);
    }
    if (fine && !r->npartitions) {
        log_error("%s: is no journal: it names no partition", path);
        fine = false;
    }
    if (fine && !r->whole)
        log_warning("%s: does not say how the run ended: what was decided later is not known",
                    path);
    buf_fini(&text);
    return fine;
}

struct record_partition *record_find(const struct record *r, uint32_t stream, uint32_t partition) {
    for (uint32_t i = 0; i < r->npartitions; i++)
        if (r->partitions[i].stream == stream && r->partitions[i].partition == partition)
            return &r->partitions[i];
    return NULL;
}
