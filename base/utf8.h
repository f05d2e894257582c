/* utf8: checking and walking UTF-8 (RFC 3629: no surrogates, nothing above U+10FFFF, shortest form
 * only). Tests: tests/unit/base/test_str.c
 */
#ifndef OMEN_BASE_UTF8_H
#define OMEN_BASE_UTF8_H

#include "base/str.h"

/* Length in bytes of the valid prefix: s.n when all of it is valid. */
size_t utf8_valid_prefix(struct str s);

/* Decodes the code point at *pos and moves *pos behind it. On an invalid byte gives U+FFFD and
 * moves one byte. Requires *pos < s.n. */
uint32_t utf8_next(struct str s, size_t *pos);

size_t utf8_length(struct str s); /* code points; an invalid byte counts as one */

/* Writes 1..4 bytes to out, returns how many. */
size_t utf8_put(char out[4], uint32_t code_point);

/* Simple (one to one) Unicode case mapping by towlower/towupper of the C.UTF-8 locale; other
 * input unchanged. */
uint32_t utf8_lower(uint32_t code_point);
uint32_t utf8_upper(uint32_t code_point);

#endif
