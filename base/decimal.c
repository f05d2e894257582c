/* decimal: exact numbers as a whole number of 10^-digits.
 *
 * Reading splits the text first (`scan`), without arithmetic, into the digits that count and a
 * power of ten:
 *
 *   -0012.3400e2   →   negative, digits 1234 (zeroes at both ends do not count), value 1234 · 10^0
 *
 * and only then asks for 10^-digits: the exponent that remains says whether zeroes are appended
 * (exact, may be too large) or digits are cut off (inexact, as the last digit that counts is not
 * zero). So a text of any length or exponent is read in one pass, and no step can overflow
 * unseen.
 * Tests: tests/unit/base/test_time.c
 */
#include "base/decimal.h"

#include "base/log.h"

const int64_t decimal_pow10[DECIMAL_MAX_DIGITS + 1] = {
    INT64_C(1),
    INT64_C(10),
    INT64_C(100),
    INT64_C(1000),
    INT64_C(10000),
    INT64_C(100000),
    INT64_C(1000000),
    INT64_C(10000000),
    INT64_C(100000000),
    INT64_C(1000000000),
    INT64_C(10000000000),
    INT64_C(100000000000),
    INT64_C(1000000000000),
    INT64_C(10000000000000),
    INT64_C(100000000000000),
    INT64_C(1000000000000000),
    INT64_C(10000000000000000),
    INT64_C(100000000000000000),
    INT64_C(1000000000000000000),
};

#define EXPONENT_CAP INT64_C(1000000000000) /* more than the length of any text makes up for */

struct scanned {
    bool negative;
    const char *first; /* first digit that counts, NULL for zero; a point may lie among them */
    int64_t count;     /* how many count */
    int64_t power;     /* value = those digits · 10^power */
    int64_t behind;    /* digits that were written behind the point, less the exponent */
};

static bool digit_at(struct str s, size_t i) { return i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; }

static bool scan_exponent(struct str s, size_t at, int64_t *exponent) {
    *exponent = 0;
    if (at == s.n) return true;
    if (s.p[at] != 'e' && s.p[at] != 'E') return false;
    at++;
    bool negative = at < s.n && s.p[at] == '-';
    if (at < s.n && (s.p[at] == '-' || s.p[at] == '+')) at++;
    if (!digit_at(s, at)) return false;
    for (; digit_at(s, at); at++)
        if (*exponent < EXPONENT_CAP) *exponent = *exponent * 10 + (s.p[at] - '0');
    if (negative) *exponent = -*exponent;
    return at == s.n;
}

/* [+-] digits [. digits] [e [+-] digits], nothing else. */
static bool scan(struct str s, struct scanned *out) {
    *out = (struct scanned){0};
    size_t at = 0;
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) out->negative = s.p[at++] == '-';
    int64_t zeroes = 0; /* since the last digit that is none, on both sides of the point */
    int64_t behind = 0; /* digits behind the point */
    bool point = false;
    if (!digit_at(s, at)) return false;
    for (; at < s.n; at++) {
        if (s.p[at] == '.' && !point && digit_at(s, at + 1)) {
            point = true;
            continue;
        }
        if (!digit_at(s, at)) break;
        behind += point;
        zeroes++;
        if (s.p[at] == '0') continue;
        out->count += out->first ? zeroes : 1; /* those in front of the first do not count */
        if (!out->first) out->first = s.p + at;
        zeroes = 0;
    }
    int64_t exponent;
    if (!scan_exponent(s, at, &exponent)) return false;
    out->power = zeroes - behind + exponent;
    out->behind = behind - exponent;
    return true;
}

/* The first `n` (at most 19) of the digits that count. Moves *p behind them. */
static uint64_t read_digits(const char **p, int64_t n) {
    uint64_t value = 0;
    while (n > 0) {
        char c = *(*p)++;
        if (c == '.') continue;
        value = value * 10 + (uint64_t)(c - '0');
        n--;
    }
    return value;
}

enum decimal_status decimal_parse(struct str text, unsigned digits, int64_t *scaled) {
    check(digits <= DECIMAL_MAX_DIGITS);
    struct scanned s;
    if (!scan(text, &s)) return DECIMAL_NOT_A_NUMBER;
    *scaled = 0;
    if (!s.first) return DECIMAL_OK;
    int64_t shift = s.power + (int64_t)digits;
    int64_t kept = s.count + (shift < 0 ? shift : 0);
    if (kept < 0) return DECIMAL_INEXACT; /* less than a tenth of the last digit */
    if (kept > 19 || s.count + shift > 19) return DECIMAL_TOO_LARGE;
    const char *p = s.first;
    uint64_t value = read_digits(&p, kept); /* 19 digits fit 64 bits unsigned */
    for (int64_t i = 0; i < shift; i++) value *= 10;
    if (shift < 0) {
        uint64_t next = read_digits(&p, 1);
        bool more = s.count - kept > 1;
        if (next > 5 || (next == 5 && (more || value % 2))) value++;
    }
    if (value > (uint64_t)INT64_MAX + s.negative) return DECIMAL_TOO_LARGE;
    *scaled = (int64_t)(s.negative ? 0 - value : value);
    return shift < 0 ? DECIMAL_INEXACT : DECIMAL_OK;
}

int decimal_digits(struct str text) {
    struct scanned s;
    if (!scan(text, &s) || s.behind > DECIMAL_MAX_DIGITS) return -1;
    return s.behind > 0 ? (int)s.behind : 0;
}

void decimal_format(struct buf *out, int64_t scaled, unsigned digits) {
    check(digits <= DECIMAL_MAX_DIGITS);
    char text[24], *p = text + sizeof text;
    uint64_t rest = scaled < 0 ? 0 - (uint64_t)scaled : (uint64_t)scaled;
    for (unsigned i = 0; i <= digits || rest; i++, rest /= 10) {
        if (i == digits && i > 0) *--p = '.';
        *--p = (char)('0' + rest % 10);
    }
    if (scaled < 0) *--p = '-';
    buf_add(out, p, (size_t)(text + sizeof text - p));
}

bool decimal_rescale(int64_t scaled, unsigned from, unsigned to, int64_t *out) {
    check(from <= DECIMAL_MAX_DIGITS && to <= DECIMAL_MAX_DIGITS);
    if (to >= from) return !__builtin_mul_overflow(scaled, decimal_pow10[to - from], out);
    int64_t unit = decimal_pow10[from - to];
    int64_t whole = scaled / unit, rest = scaled % unit; /* both towards zero */
    int64_t size = rest < 0 ? -rest : rest, half = unit / 2;
    if (size > half || (size == half && whole % 2)) whole += scaled < 0 ? -1 : 1;
    *out = whole;
    return true;
}
