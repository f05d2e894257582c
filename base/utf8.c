/* utf8: checking and walking UTF-8, and the case of one code point.
 *
 * One decoder serves all: `decode` takes the table of RFC 3629, section 4, in which only the
 * range of the second byte depends on the first (that keeps out long forms, surrogates and what
 * lies above U+10FFFF):
 *
 *   00..7F                          E1..EC 80..BF tail        F0     90..BF tail tail
 *   C2..DF tail                     ED     80..9F tail        F1..F3 80..BF tail tail
 *   E0     A0..BF tail              EE..EF 80..BF tail        F4     80..8F tail tail
 *
 * Runs of ASCII, which is nearly everything, are skipped eight bytes at a time. Case comes from
 * the C.UTF-8 locale, opened once and never closed; without that locale only ASCII has case.
 *
 * Tests: tests/unit/base/test_str.c
 */
#include "base/utf8.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>

enum { REPLACEMENT = 0xFFFD, LAST = 0x10FFFF };

/* Bytes of the sequence at p (of which `room` > 0 can be read), 0 if there is no valid one. */
static size_t decode(const unsigned char *p, size_t room, uint32_t *code_point) {
    unsigned first = p[0];
    if (first < 0x80) return *code_point = first, 1;
    if (first < 0xC2 || first > 0xF4) return 0;
    size_t n = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (room < n) return 0;
    unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high) return 0;
    uint32_t c = first & (0x7Fu >> n);
    c = c << 6 | (p[1] & 0x3F);
    for (size_t i = 2; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
        c = c << 6 | (p[i] & 0x3F);
    }
    *code_point = c;
    return n;
}

static size_t skip_ascii(struct str s, size_t from) {
    while (s.n - from >= 8) {
        uint64_t word;
        memcpy(&word, s.p + from, 8);
        if (word & UINT64_C(0x8080808080808080)) break;
        from += 8;
    }
    while (from < s.n && (unsigned char)s.p[from] < 0x80) from++;
    return from;
}

size_t utf8_valid_prefix(struct str s) {
    size_t at = 0;
    for (;;) {
        at = skip_ascii(s, at);
        if (at == s.n) return at;
        uint32_t c;
        size_t n = decode((const unsigned char *)s.p + at, s.n - at, &c);
        if (n == 0) return at;
        at += n;
    }
}

uint32_t utf8_next(struct str s, size_t *pos) {
    uint32_t c;
    size_t n = decode((const unsigned char *)s.p + *pos, s.n - *pos, &c);
    if (n == 0) {
        *pos += 1;
        return REPLACEMENT;
    }
    *pos += n;
    return c;
}

size_t utf8_length(struct str s) {
    size_t at = 0, length = 0;
    while (at < s.n) {
        if ((unsigned char)s.p[at] < 0x80) {
            size_t behind = skip_ascii(s, at);
            length += behind - at;
            at = behind;
        } else {
            utf8_next(s, &at);
            length++;
        }
    }
    return length;
}

size_t utf8_put(char out[4], uint32_t c) {
    if (c > LAST || (c >= 0xD800 && c <= 0xDFFF)) c = REPLACEMENT;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00u >> n & 0xF0u) | c); /* C0, E0, F0 */
    return n;
}

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void open_unicode(void) { unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL); }

static bool has_case(uint32_t c) {
    if (c > LAST) return false;
    pthread_once(&unicode_once, open_unicode);
    return unicode != NULL;
}

uint32_t utf8_lower(uint32_t c) {
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
    return has_case(c) ? (uint32_t)towlower_l((wint_t)c, unicode) : c;
}

uint32_t utf8_upper(uint32_t c) {
    if (c < 0x80) return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
    return has_case(c) ? (uint32_t)towupper_l((wint_t)c, unicode) : c;
}
