/* cell: the text of one value → a value of the declared type; see cell.h for what is accepted.
 *
 * Numbers are read at most twice: as a whole mantissa and a power of ten in one pass; if both are
 * small enough for one exact multiplication or division of doubles (Clinger 1990: mantissa below
 * 2^53, power within ±22) that gives the nearest double, otherwise strtod does. Everything exact
 * (int, decimal, time, duration) is decimal_parse's.
 * Tests: tests/unit/connectors/test_json.c, test_csv.c
 */
#include "connectors/cell.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/log.h"
#include "base/time.h"
#include "base/utf8.h"

static bool digit(char c) { return c >= '0' && c <= '9'; }

bool cell_is_number(struct str token) {
    const char *p = token.p, *end = token.p + token.n;
    if (p < end && *p == '-') p++;
    if (p == end || !digit(*p)) return false;
    if (*p++ != '0')
        while (p < end && digit(*p)) p++;
    if (p < end && *p == '.') {
        p++;
        if (p == end || !digit(*p)) return false;
        while (p < end && digit(*p)) p++;
    }
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < end && (*p == '+' || *p == '-')) p++;
        if (p == end || !digit(*p)) return false;
        while (p < end && digit(*p)) p++;
    }
    return p == end;
}

static const double pow10_exact[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
                                     1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The short way for digits with a point and no exponent; false if it does not do. */
static bool short_float(struct str token, double *f) {
    const char *p = token.p, *end = token.p + token.n;
    bool negative = p < end && *p == '-';
    if (token.n > 18) return false; /* 18 digits cannot overflow */
    uint64_t mantissa = 0;
    const char *point = NULL;
    for (p += negative; p < end; p++) {
        if (*p == '.')
            point = p + 1;
        else if (digit(*p))
            mantissa = mantissa * 10 + (uint64_t)(*p - '0');
        else
            return false;
    }
    if (mantissa >> 53) return false;
    *f = (double)mantissa;
    if (point) *f /= pow10_exact[end - point];
    if (negative) *f = -*f;
    return true;
}

static enum cell_status read_float(struct str token, double *f) {
    if (short_float(token, f)) return CELL_OK;
    char small[64], *text = token.n < sizeof small ? small : must_alloc(token.n + 1);
    memcpy(text, token.p, token.n);
    text[token.n] = 0;
    *f = strtod(text, NULL);
    if (text != small) free(text);
    return isfinite(*f) ? CELL_OK : CELL_RANGE;
}

static enum cell_status read_exact(struct str token, unsigned digits, int64_t *i) {
    switch (decimal_parse(token, digits, i)) {
    case DECIMAL_OK: return CELL_OK;
    case DECIMAL_INEXACT: return CELL_DIGITS;
    case DECIMAL_TOO_LARGE: return CELL_RANGE;
    default: return CELL_WRONG;
    }
}

enum cell_status cell_number(struct cell_want want, struct str token, struct value *v) {
    static const unsigned scale_digits[] = {
        [SCALE_MILLIS] = 6, [SCALE_SECONDS] = 9, [SCALE_MICROS] = 3, [SCALE_NANOS] = 0};
    enum cell_status status = CELL_OK;
    *v = (struct value){.type = (uint8_t)want.type, .digits = want.digits};
    switch (want.type) {
    case VALUE_FLOAT: return read_float(token, &v->f);
    case VALUE_INT:
        status = read_exact(token, 0, &v->i);
        return status == CELL_DIGITS ? CELL_WRONG : status;
    case VALUE_DECIMAL: return read_exact(token, want.digits, &v->i);
    case VALUE_TIME: return read_exact(token, scale_digits[want.scale], &v->i);
    case VALUE_DURATION: return read_exact(token, 6, &v->i);
    default: return CELL_WRONG;
    }
}

enum cell_status cell_text(struct cell_want want, struct str text, struct value *v) {
    *v = (struct value){.type = (uint8_t)want.type, .digits = want.digits};
    switch (want.type) {
    case VALUE_STRING: v->s = text; return CELL_OK;
    case VALUE_DECIMAL: return cell_is_number(text) ? cell_number(want, text, v) : CELL_WRONG;
    case VALUE_TIME: return time_parse(text, true, &v->i) ? CELL_OK : CELL_WRONG;
    case VALUE_DURATION: return duration_parse(text, &v->i) ? CELL_OK : CELL_WRONG;
    case VALUE_IP:
        if (memchr(text.p, '/', text.n)) return CELL_WRONG;
        return ip_parse(text, &v->ip, &v->digits) ? CELL_OK : CELL_WRONG;
    default: return CELL_WRONG;
    }
}

void cell_set(struct batch *b, uint32_t field, struct value v) {
    switch (v.type) {
    case VALUE_NULL: batch_set_null(b, field); break;
    case VALUE_FLOAT: batch_set_float(b, field, v.f); break;
    case VALUE_STRING: batch_set_str(b, field, v.s); break;
    case VALUE_IP: batch_set_ip(b, field, v.ip); break;
    case VALUE_LIST: batch_set_list(b, field, v.list); break;
    default: batch_set_int(b, field, v.i); break;
    }
}

/* ---- what is said when it is wrong ----------------------------------------------------------- */

struct str cell_shown(struct str s, size_t most) {
    if (s.n <= most) return s;
    while (most > 0 && (s.p[most] & 0xC0) == 0x80) most--; /* inside a character */
    return (struct str){s.p, most};
}

static const char *wanted_scalar(enum value_type type, bool many) {
    switch (type) {
    case VALUE_BOOL: return many ? "booleans" : "true or false";
    case VALUE_INT: return many ? "integers" : "an integer";
    case VALUE_FLOAT: return many ? "numbers" : "a number";
    case VALUE_DECIMAL: return many ? "decimal numbers" : "a decimal number";
    case VALUE_STRING: return many ? "strings" : "a string";
    case VALUE_TIME: return many ? "times" : "a time with its zone";
    case VALUE_DURATION: return many ? "durations" : "a duration";
    case VALUE_IP: return many ? "IP addresses" : "an IP address";
    default: return many ? "values" : "a value";
    }
}

const char *cell_wanted(const struct schema_field *f, char text[96]) {
    if (f->type == VALUE_LIST)
        snprintf(text, 96, "a list of %s", wanted_scalar(f->item, true));
    else
        snprintf(text, 96, "%s", wanted_scalar(f->type, false));
    return text;
}

bool decode_faultf(struct decode_fault *fault, uint64_t at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(fault->reason, sizeof fault->reason, fmt, ap);
    va_end(ap);
    struct str whole = cell_shown(str_of(fault->reason), sizeof fault->reason - 1);
    fault->reason[utf8_valid_prefix(whole)] = 0; /* the cut may have torn a character */
    fault->at = at;
    return false;
}

bool cell_fault(struct decode_fault *fault, uint64_t at, const struct schema_field *f,
                enum cell_status status, struct str found, bool quoted) {
    char wanted[96], why[64] = "";
    if (status == CELL_RANGE) snprintf(why, sizeof why, ": too large");
    if (status == CELL_DIGITS) {
        static const unsigned kept[] = {
            [SCALE_MILLIS] = 6, [SCALE_SECONDS] = 9, [SCALE_MICROS] = 3, [SCALE_NANOS] = 0};
        enum value_type type = f->type == VALUE_LIST ? f->item : f->type;
        unsigned most = type == VALUE_DECIMAL ? f->digits : type == VALUE_TIME ? kept[f->scale]
                                                                               : 6;
        snprintf(why, sizeof why, ": more than %u digit%s behind the point", most,
                 most == 1 ? "" : "s");
    }
    struct str shown = cell_shown(found, 40);
    struct str name = cell_shown(f->name, 64);
    const char *quote = quoted ? "\"" : "";
    return decode_faultf(fault, at, "expected %s for `%.*s`, found %s%.*s%s%s%s",
                         cell_wanted(f, wanted), STR_FMT(name), quote, STR_FMT(shown),
                         shown.n < found.n ? "..." : "", quote, why);
}
