/* decimal: exact numbers as a whole number of 10^-digits, digits 0..18. Money.
 * 12.34 with two digits is 1234. Everything that does not fit int64 says so.
 * Safe from any thread. Tests: tests/unit/base/test_time.c
 */
#ifndef OMEN_BASE_DECIMAL_H
#define OMEN_BASE_DECIMAL_H

#include "base/buf.h"

enum { DECIMAL_MAX_DIGITS = 18 };

extern const int64_t decimal_pow10[DECIMAL_MAX_DIGITS + 1];

/* Reads -12.34 or 1.2e3 as a number with `digits` digits behind the point. DECIMAL_INEXACT: a
 * number, but with more digits than asked for (nothing is rounded silently: *scaled is then the
 * value rounded half to even). */
enum decimal_status { DECIMAL_OK, DECIMAL_INEXACT, DECIMAL_TOO_LARGE, DECIMAL_NOT_A_NUMBER };
enum decimal_status decimal_parse(struct str text, unsigned digits, int64_t *scaled);

/* Digits behind the point that the text needs: "2.00" → 2, "1e-3" → 3; -1 if it is no number or
 * needs more than 18. */
int decimal_digits(struct str text);

void decimal_format(struct buf *out, int64_t scaled,
                    unsigned digits); /* always `digits` digits behind the point */
bool decimal_rescale(int64_t scaled, unsigned from, unsigned to,
                     int64_t *out); /* false on overflow; rounds half to even */

#endif
