/* buf: bytes that grow at the end: for text that is being written.
 *
 * `p` may move at any append. Never holds a NUL that was not appended; buf_text adds one behind the
 * end without counting it. Out of memory stops the process with a message. One thread at a time.
 * Tests: tests/unit/base/test_buf.c
 */
#ifndef OMEN_BASE_BUF_H
#define OMEN_BASE_BUF_H

#include <stdarg.h>

#include "base/str.h"

struct buf {
    char *p;
    size_t n, cap;
};

void buf_init(struct buf *b);
void buf_fini(struct buf *b);
static inline void buf_reset(struct buf *b) { b->n = 0; }

void buf_reserve(struct buf *b, size_t more);
void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, struct str s);
void buf_text(struct buf *b, const char *z); /* appends the text z */
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_pad(struct buf *b, char c, size_t times);
static inline struct str buf_view(const struct buf *b) {
    return (struct str){b->n ? b->p : "", b->n};
}
const char *buf_cstr(struct buf *b); /* NUL-terminated; valid until the next change */

/* JSON (RFC 8259). Strings are quoted and escaped; bytes that are not UTF-8 become U+FFFD. */
void buf_json_str(struct buf *b, struct str s);
void buf_json_int(struct buf *b, int64_t i);
void buf_json_float(struct buf *b,
                    double f); /* shortest text that reads back as f; null for NaN and infinity */
void buf_json_decimal(struct buf *b, int64_t scaled, unsigned digits); /* 1234, 2 → 12.34 */

#endif
