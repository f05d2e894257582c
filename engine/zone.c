/* zone: a time zone read from a TZif file (RFC 8536), and the arithmetic between instants and local
 * times. The C library's tz calls are not used: they have one zone a process.
 *
 *   seconds (UTC)   ……│ at[0] ……│ at[1] ……………│ at[n-1] …………………………………………→
 *   offset    first    offset[0]  offset[1]      rule of the footer, if there is one
 *
 * Version 1 data (32 bit) are stepped over; from the second block only transition times, types and
 * the footer are kept. The footer is a POSIX TZ string, with the extensions of RFC 8536: hours from
 * -167 to 167. A segment is a stretch of time with one offset; all answers come from segments.
 *
 * The file is not trusted: every length is checked before it is used, offsets are within 26 hours,
 * times ascend. Names cannot leave the database: letters, digits and + - _ / only, no empty part.
 * Files that count leap seconds ("right/…") are refused.
 * Tests: tests/unit/engine/test_zone.c (against localtime_r)
 */
#include "engine/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "engine/zone_rule.h"

enum { MOST_BYTES = 1 << 18, HEADER = 44, MOST_OFFSET_S = 26 * 3600 };

struct zone {
    int64_t *at;     /* seconds since the epoch, ascending */
    int32_t *offset; /* from at[i] on, in seconds */
    uint32_t n;
    int32_t first; /* before at[0] */
    bool has_rule;
    struct zone_rule rule;
};

/* ---- reading ---------------------------------------------------------------------------- */

static int64_t big_endian(const uint8_t *p, int bytes) {
    uint64_t u = p[0] & 0x80 ? ~UINT64_C(0) : 0;
    for (int i = 0; i < bytes; i++) u = u << 8 | p[i];
    return (int64_t)u;
}

struct header { /* counts of RFC 8536, 3.1 */
    uint32_t isut, isstd, leaps, times, types, chars;
};

static bool header_read(const uint8_t *p, size_t n, struct header *h) {
    if (n < HEADER || memcmp(p, "TZif", 4) != 0 || p[4] < '2') return false;
    uint32_t *counts[] = {&h->isut, &h->isstd, &h->leaps, &h->times, &h->types, &h->chars};
    for (int i = 0; i < 6; i++) {
        *counts[i] = (uint32_t)big_endian(p + 20 + 4 * i, 4);
        if (*counts[i] > MOST_BYTES) return false;
    }
    return h->types > 0;
}

/* Bytes of the block behind the header; `wide`: of a time. */
static size_t block_bytes(const struct header *h, size_t wide) {
    return h->times * (wide + 1) + h->types * (size_t)6 + h->chars + h->leaps * (wide + 4) +
           h->isstd + h->isut;
}

static bool type_read(const uint8_t *types, uint32_t i, int32_t *offset) {
    *offset = (int32_t)big_endian(types + 6 * (size_t)i, 4);
    return *offset >= -MOST_OFFSET_S && *offset <= MOST_OFFSET_S;
}

static bool times_read(struct zone *z, const uint8_t *p, const struct header *h) {
    const uint8_t *index = p + h->times * (size_t)8, *types = index + h->times;
    z->at = must_zalloc((h->times + 1) * sizeof *z->at);
    z->offset = must_zalloc((h->times + 1) * sizeof *z->offset);
    z->n = h->times;
    for (uint32_t i = 0; i < h->times; i++) {
        z->at[i] = big_endian(p + 8 * (size_t)i, 8);
        if (i && z->at[i] <= z->at[i - 1]) return false;
        if (index[i] >= h->types || !type_read(types, index[i], &z->offset[i])) return false;
    }
    return type_read(types, 0, &z->first);
}

static bool file_read(struct zone *z, const uint8_t *p, size_t n, const char **why) {
    struct header h;
    *why = "its file is damaged, or of version 1";
    if (!header_read(p, n, &h)) return false;
    size_t skip = HEADER + block_bytes(&h, 4);
    if (skip > n || !header_read(p + skip, n - skip, &h)) return false;
    p += skip + HEADER;
    n -= skip + HEADER;
    size_t bytes = block_bytes(&h, 8);
    if (bytes > n) return false;
    if (h.leaps) {
        *why = "it counts leap seconds, and omen does not";
        return false;
    }
    if (!times_read(z, p, &h)) return false;
    struct str footer = {(const char *)p + bytes, n - bytes};
    if (footer.n < 2 || footer.p[0] != '\n') return false;
    footer = (struct str){footer.p + 1, footer.n - 1};
    size_t end = str_find(footer, STR("\n"));
    if (end == SIZE_MAX) return false;
    z->has_rule = end > 0;
    return !z->has_rule || zone_rule_parse((struct str){footer.p, end}, &z->rule);
}

/* ---- finding ---------------------------------------------------------------------------- */

static bool name_fits(struct str name) {
    if (name.n == 0 || name.n > 64) return false;
    for (size_t i = 0, part = 0; i < name.n; i++) {
        char c = name.p[i], fold = c | 0x20;
        bool plain = (fold >= 'a' && fold <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
                     c == '-' || c == '_';
        part = plain ? part + 1 : 0;
        if (!plain && c != '/') return false;
        if (!plain && (i == 0 || i + 1 == name.n || name.p[i + 1] == '/')) return false;
    }
    return true;
}

/* The file's bytes, or NULL. A directory, a device or a large file is no zone. */
static uint8_t *file_bytes(const char *path, size_t *n, const char **why) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    *why = errno == ENOENT || errno == ENOTDIR ? "there is no such time zone"
                                               : "its file cannot be read";
    if (fd < 0) return NULL;
    struct stat st;
    uint8_t *bytes = must_alloc(MOST_BYTES);
    ssize_t got = -1;
    *n = 0;
    *why = "there is no such time zone";
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *why = "its file cannot be read";
        while ((got = read(fd, bytes + *n, MOST_BYTES - *n)) > 0) *n += (size_t)got;
    }
    close(fd);
    if (got == 0 && *n < MOST_BYTES) return bytes;
    free(bytes);
    return NULL;
}

struct zone *zone_load(struct str name, const char **why) {
    const char *dir = getenv("TZDIR");
    char path[4096];
    size_t n;
    *why = "there is no such time zone";
    if (!name_fits(name)) return NULL;
    int len = snprintf(path, sizeof path, "%s/%.*s", dir && *dir ? dir : "/usr/share/zoneinfo",
                       STR_FMT(name));
    if (len < 0 || (size_t)len >= sizeof path) return NULL;
    uint8_t *bytes = file_bytes(path, &n, why);
    if (!bytes) return NULL;
    struct zone *z = must_zalloc(sizeof *z);
    if (!file_read(z, bytes, n, why)) zone_free(&z);
    free(bytes);
    return z;
}

void zone_free(struct zone **zone) {
    struct zone *z = *zone;
    if (!z) return;
    free(z->at);
    free(z->offset);
    free(z);
    *zone = NULL;
}

/* ---- asking ----------------------------------------------------------------------------- */

/* How many transitions are at or before the second. */
static uint32_t transitions_before(const struct zone *z, int64_t s) {
    uint32_t low = 0, high = z->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (z->at[middle] <= s) low = middle + 1;
        else high = middle;
    }
    return low;
}

/* The offset at a second and the first second behind it with another segment (INT64_MAX: none). */
static int32_t segment(const struct zone *z, int64_t s, int64_t *until) {
    uint32_t i = transitions_before(z, s);
    if (i == z->n && z->has_rule) return zone_rule_segment(&z->rule, s, until);
    *until = i == z->n ? INT64_MAX : z->at[i];
    return i ? z->offset[i - 1] : z->first;
}

static int64_t floor_seconds(int64_t ns) { return ns / NS_PER_S - (ns % NS_PER_S < 0); }

int64_t zone_offset(const struct zone *z, int64_t ns) {
    int64_t until;
    return segment(z, floor_seconds(ns), &until) * NS_PER_S;
}

/* Walks the segments that can show the local time, from the earliest on. A change of the clock
 * jumps over it (a gap) if it is behind the end of one segment and before the start of the next. */
int64_t zone_instant(const struct zone *z, int64_t local_ns) {
    int64_t local = floor_seconds(local_ns), rest = local_ns % NS_PER_S;
    rest += rest < 0 ? NS_PER_S : 0;
    int64_t until, start = local - MOST_OFFSET_S;
    int32_t offset = segment(z, start, &until);
    while (local - offset >= until) {
        int64_t next_until;
        int32_t next = segment(z, until, &next_until);
        if (local - next < until) break; /* skipped: as if the clock had not changed */
        offset = next;
        until = next_until;
    }
    int64_t ns;
    if (__builtin_mul_overflow(local - offset, NS_PER_S, &ns) ||
        __builtin_add_overflow(ns, rest, &ns))
        return local < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}
