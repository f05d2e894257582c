/* buf: bytes that grow at the end, and the writing of JSON into them.
 *
 *   p ─→ ┌───────────────────┬───────────┐      n ≤ cap; p is NULL only while cap is 0.
 *        │ n bytes of text   │   room    │      Room at least doubles when it is out, so
 *        └───────────────────┴───────────┘ cap  appending is linear in the bytes appended.
 *
 * A buf of all zeroes is a fresh buf. Numbers are printed by libc in the "C" locale: omen never
 * calls setlocale.
 * Tests: tests/unit/base/test_buf.c
 */
#include "base/buf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/log.h"
#include "base/utf8.h"

enum { CAP_MIN = 64 };

void buf_init(struct buf *b) { *b = (struct buf){0}; }

void buf_fini(struct buf *b) {
    free(b->p);
    buf_init(b);
}

void buf_reserve(struct buf *b, size_t more) {
    if (b->cap - b->n >= more) return;
    if (more > PTRDIFF_MAX - b->n) panic("buf: %zu bytes more", more);
    size_t cap = b->cap ? b->cap * 2 : CAP_MIN;
    if (cap < b->n + more) cap = b->n + more;
    b->p = must_realloc(b->p, cap);
    b->cap = cap;
}

void buf_add(struct buf *b, const void *bytes, size_t n) {
    if (n == 0) return;
    buf_reserve(b, n);
    memcpy(b->p + b->n, bytes, n);
    b->n += n;
}

void buf_str(struct buf *b, struct str s) { buf_add(b, s.p, s.n); }
void buf_text(struct buf *b, const char *z) { buf_add(b, z, strlen(z)); }

void buf_char(struct buf *b, char c) {
    if (b->n == b->cap) buf_reserve(b, 1);
    b->p[b->n++] = c;
}

void buf_pad(struct buf *b, char c, size_t times) {
    if (times == 0) return;
    buf_reserve(b, times);
    memset(b->p + b->n, c, times);
    b->n += times;
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    size_t room = b->cap - b->n;
    int n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, ap);
    if (n < 0) panic("format \"%s\" cannot be printed", fmt);
    if ((size_t)n >= room) { /* vsnprintf wants room for its NUL, too */
        buf_reserve(b, (size_t)n + 1);
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    b->n += (size_t)n;
}

void buf_printf(struct buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

const char *buf_cstr(struct buf *b) {
    buf_reserve(b, 1);
    b->p[b->n] = 0;
    return b->p;
}

static void json_escape(struct buf *b, unsigned char c) {
    static const char short_form[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* pairs: byte, letter */
    for (const char *f = short_form; *f; f += 2) {
        if ((unsigned char)f[0] != c) continue;
        buf_char(b, '\\');
        buf_char(b, f[1]);
        return;
    }
    buf_printf(b, "\\u%04x", c);
}

void buf_json_str(struct buf *b, struct str s) {
    buf_reserve(b, s.n + 2);
    buf_char(b, '"');
    size_t plain = 0, at = 0; /* [plain, at) goes out as it is */
    while (at < s.n) {
        unsigned char c = (unsigned char)s.p[at];
        if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
            at++;
            continue;
        }
        size_t behind = at;
        if (c >= 0x80) {
            utf8_next(s, &behind);
            if (behind - at > 1) { /* a whole code point; U+FFFD of length 1 is a bad byte */
                at = behind;
                continue;
            }
        }
        buf_add(b, s.p + plain, at - plain);
        if (c >= 0x80)
            buf_text(b, "\xEF\xBF\xBD");
        else
            json_escape(b, c);
        plain = ++at;
    }
    if (s.n > plain) buf_add(b, s.p + plain, s.n - plain);
    buf_char(b, '"');
}

void buf_json_int(struct buf *b, int64_t i) {
    char digits[20], *p = digits + sizeof digits;
    uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i; /* right for INT64_MIN, too */
    do *--p = (char)('0' + u % 10);
    while (u /= 10);
    if (i < 0) *--p = '-';
    buf_add(b, p, (size_t)(digits + sizeof digits - p));
}

void buf_json_float(struct buf *b, double f) {
    if (!isfinite(f)) {
        buf_text(b, "null");
        return;
    }
    if (fabs(f) < 1e15 && f == (double)(int64_t)f) { /* the frequent case */
        if (f == 0 && signbit(f)) buf_char(b, '-');
        buf_json_int(b, (int64_t)f);
        buf_text(b, ".0");
        return;
    }
    /* 15 digits survive text → double → text, so a normal number that has a text that short is
     * printed as it by %.15g; 17 always read back. A subnormal has fewer digits to offer, and is
     * tried from one on. */
    char text[32];
    for (int digits = fabs(f) < 0x1p-1022 ? 1 : 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, f);
        if (digits == 17 || strtod(text, NULL) == f) break;
    }
    buf_text(b, text);
    /* fixed notation with 16 digits may still be a whole number: 1234567890123456 */
    if (!strpbrk(text, ".e")) buf_text(b, ".0");
}

void buf_json_decimal(struct buf *b, int64_t scaled, unsigned digits) {
    decimal_format(b, scaled, digits);
}
