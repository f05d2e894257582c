/* lexer_literals: numbers, durations, times of day, times, addresses and texts.
 *
 * A digit can begin five things, told apart by what follows the digits:
 *
 *   10  10.5  1e3     whole number, number
 *   10s 1h30m         duration: every unit known, from large to small
 *   04:00             time of day: one or two digits, `:`, two digits, without blanks
 *   10.0.0.0/8        address: two points at least; a `/` and digits behind it belong to it
 *   2001:db8::/32     address: hex digits and colons holding `::` or seven colons
 *
 * No label can be taken for a time of day (a label is a name), nor for an IPv6 address unless it
 * is written without a blank before a `::`. A word that begins like a number and is none of these
 * gives one message that knows the usual slips (10min, 1_000, 0x10, 1.5h).
 * Tests: tests/unit/grammar/test_lexer.c
 */
#include <arpa/inet.h>
#include <stdlib.h>

#include "base/time.h"
#include "base/utf8.h"
#include "grammar/lexer_internal.h"

/* ---- addresses ------------------------------------------------------------------------------- */

enum { ADDRESS_MAX = 64 };

static bool address_valid(int family, const char *p, uint32_t n) {
    char text[ADDRESS_MAX], bytes[16];
    if (n >= sizeof text) return false;
    memcpy(text, p, n);
    text[n] = 0;
    return inet_pton(family, text, bytes) == 1;
}

/* `/24` behind an address; the length of it, 0 if there is none; *good if it is within `most`. */
static uint32_t prefix_length(const struct lexer *l, uint32_t ahead, int most, bool *good) {
    *good = true;
    if (lexer_peek(l, ahead) != '/' || !is_digit(lexer_peek(l, ahead + 1))) return 0;
    uint32_t n = 1;
    int value = 0;
    for (; is_digit(lexer_peek(l, ahead + n)); n++)
        if (value <= most) value = value * 10 + (lexer_peek(l, ahead + n) - '0');
    *good = value <= most && n <= 4;
    return n;
}

static void address(struct lexer *l, uint32_t length, bool valid, int most) {
    bool good;
    uint32_t prefix = prefix_length(l, length, most, &good);
    uint32_t end = l->at + length + prefix;
    if (!valid || !good) {
        struct diag *m = diag_error(l->diags, lexer_span(l, l->at, end), "this is not an address");
        if (valid) diag_help(l->diags, m, "behind `/` stands 0 to %d", most);
        else diag_help(l->diags, m, "addresses are written 10.0.0.1, 10.0.0.0/8, 2001:db8::/32");
    }
    lexer_token(l, valid && good ? TOKEN_IP : TOKEN_ERROR, end);
}

bool lexer_address6(struct lexer *l) {
    uint32_t first = 0;
    while (first < 5 && is_hex(lexer_peek(l, first))) first++;
    if (first > 4 || lexer_peek(l, first) != ':') return false;
    uint32_t n = first, colons = 0;
    bool twice = false;
    while (n < ADDRESS_MAX &&
           (is_hex(lexer_peek(l, n)) || lexer_peek(l, n) == ':' || lexer_peek(l, n) == '.')) {
        if (lexer_peek(l, n) == ':') {
            colons++;
            twice |= lexer_peek(l, n + 1) == ':';
        }
        n++;
    }
    if (!twice && colons < 7) return false;
    if (n == ADDRESS_MAX || lexer_name_length(l, n)) return false;
    if (!address_valid(AF_INET6, l->p + l->at, n)) {
        n--; /* the last colon may be that of any(x in fe80::1: …) */
        if (lexer_peek(l, n) != ':' || !address_valid(AF_INET6, l->p + l->at, n)) return false;
    }
    address(l, n, true, 128);
    return true;
}

static bool address4(struct lexer *l) {
    uint32_t n = 0, points = 0;
    while (is_digit(lexer_peek(l, n)) ||
           (lexer_peek(l, n) == '.' && is_digit(lexer_peek(l, n + 1))))
        points += lexer_peek(l, n++) == '.';
    if (points < 2) return false;
    n += lexer_name_length(l, n);
    address(l, n, address_valid(AF_INET, l->p + l->at, n), 32);
    return true;
}

/* ---- numbers and durations ------------------------------------------------------------------- */

static struct diag *bad_number(struct lexer *l, uint32_t length, const char *what) {
    struct diag *m = diag_error(l->diags, lexer_span(l, l->at, l->at + length), "`%.*s` %s",
                                (int)(length > 60 ? 60 : length), l->p + l->at, what);
    lexer_token(l, TOKEN_ERROR, l->at + length);
    return m;
}

/* Units as people shorten them, and the letters that this language has for them. */
static const char *unit_letter(struct str word) {
    static const struct {
        const char *word, *unit;
    } words[] = {{"msec", "ms"},   {"millis", "ms"}, {"sec", "s"},   {"secs", "s"},
                 {"seconds", "s"}, {"min", "m"},     {"mins", "m"},  {"minutes", "m"},
                 {"hr", "h"},      {"hrs", "h"},     {"hours", "h"}, {"hour", "h"},
                 {"minute", "m"},  {"second", "s"},  {"days", "d"},  {"day", "d"},
                 {"weeks", "w"},   {"week", "w"},    {"ms", "ms"},   {"s", "s"},
                 {"m", "m"},       {"h", "h"},       {"d", "d"},     {"w", "w"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_equal_nocase(word, str_of(words[i].word))) return words[i].unit;
    return NULL;
}

/* Digits and letters in turn, every run of letters a unit: then only order or size can be wrong. */
static bool shaped_as_duration(struct str word) {
    while (word.n) {
        size_t n = 0, digits;
        while (n < word.n && is_digit(word.p[n])) n++;
        digits = n;
        while (n < word.n && is_letter(word.p[n])) n++;
        int64_t ns;
        char one[8] = "1";
        if (digits == 0 || n == digits || n - digits > 2) return false;
        memcpy(one + 1, word.p + digits, n - digits);
        if (!duration_parse(str_of(one), &ns)) return false;
        word.p += n, word.n -= n;
    }
    return true;
}

static void duration_or_fault(struct lexer *l, uint32_t digits, uint32_t length) {
    struct str word = {l->p + l->at, length};
    struct str tail = {word.p + digits, word.n - digits};
    int64_t ns;
    if (duration_parse(word, &ns)) {
        lexer_token(l, TOKEN_DURATION, l->at + length);
        return;
    }
    if (shaped_as_duration(word)) {
        struct diag *m = bad_number(l, length, "is not a duration that can be counted");
        diag_help(l->diags, m, "units go from large to small (1h30m), 292 years are the most");
        return;
    }
    struct diag *m = bad_number(l, length, "is neither a number nor a duration");
    const char *unit = unit_letter(tail);
    if (unit)
        diag_help(l->diags, m, "write `%.*s%s`", (int)(digits > 20 ? 20 : digits), word.p, unit);
    else if (memchr(tail.p, '_', tail.n) && tail.p[0] == '_')
        diag_help(l->diags, m, "numbers have no `_`: write the digits without");
    else if (digits == 1 && word.p[0] == '0' && (tail.p[0] | 32) == 'x')
        diag_help(l->diags, m, "numbers are decimal: write them with the digits 0 to 9");
    else
        diag_help(l->diags, m, "durations are written 250ms 10s 5m 2h 30d 2w 1h30m; a name does "
                               "not begin with a digit");
}

/* In front of the length of a number stands `at`; true if its value is finite. */
static bool finite_number(const struct lexer *l, uint32_t length) {
    char text[512];
    if (length >= sizeof text) return false;
    memcpy(text, l->p + l->at, length);
    text[length] = 0;
    double value = strtod(text, NULL);
    return value - value == 0;
}

void lexer_number(struct lexer *l) {
    uint32_t n = 0;
    while (is_digit(lexer_peek(l, n))) n++;
    uint32_t digits = n;
    if (digits <= 2 && lexer_peek(l, n) == ':' && is_digit(lexer_peek(l, n + 1)) &&
        is_digit(lexer_peek(l, n + 2)) && lexer_name_length(l, n + 3) == 0) {
        lexer_token(l, TOKEN_CLOCK, l->at + n + 3);
        return;
    }
    if (address4(l)) return;
    bool fraction = lexer_peek(l, n) == '.' && is_digit(lexer_peek(l, n + 1));
    if (fraction)
        for (n++; is_digit(lexer_peek(l, n));) n++;
    bool exponent = (lexer_peek(l, n) | 32) == 'e' &&
                    (is_digit(lexer_peek(l, n + 1)) ||
                     ((lexer_peek(l, n + 1) == '+' || lexer_peek(l, n + 1) == '-') &&
                      is_digit(lexer_peek(l, n + 2))));
    if (exponent)
        for (n += 2; is_digit(lexer_peek(l, n));) n++;
    uint32_t tail = lexer_name_length(l, n);
    if (tail && !fraction && !exponent) {
        duration_or_fault(l, digits, n + tail);
    } else if (tail) {
        struct str unit = {l->p + l->at + n, tail};
        struct diag *m = bad_number(l, n + tail, "is neither a number nor a duration");
        if (unit_letter(unit))
            diag_help(l->diags, m, "durations are whole numbers: `1h30m` for one and a half hours");
    } else if (fraction || exponent) {
        if (!finite_number(l, n)) bad_number(l, n, "is too large or too long a number");
        else lexer_token(l, TOKEN_NUMBER, l->at + n);
    } else {
        lexer_token(l, TOKEN_INT, l->at + n);
    }
}

/* ---- times ----------------------------------------------------------------------------------- */

/* How far `shape` goes along: 0 stands for a digit, anything else for itself. */
static uint32_t along(const struct lexer *l, uint32_t ahead, const char *shape) {
    uint32_t n = 0;
    for (; shape[n]; n++) {
        char c = lexer_peek(l, ahead + n);
        if (shape[n] == '0' ? !is_digit(c) : c != shape[n]) return 0;
    }
    return n;
}

void lexer_time(struct lexer *l) {
    uint32_t n = 1 + along(l, 1, "0000-00-00");
    if (n > 1 && (lexer_peek(l, n) | 32) == 't' && along(l, n + 1, "00:00")) {
        n += 6;
        if (along(l, n, ":00")) n += 3;
        if (along(l, n, ".0"))
            for (n++; is_digit(lexer_peek(l, n));) n++;
        if ((lexer_peek(l, n) | 32) == 'z') n++;
        else if (along(l, n, "+00:00") || along(l, n, "-00:00")) n += 6;
    }
    if (n == 1) n++;
    n += lexer_name_length(l, n); /* whatever clings to it belongs to the fault */
    struct str text = {l->p + l->at + 1, n - 1};
    int64_t ns;
    bool good = time_parse(text, true, &ns);
    if (!good) {
        struct diag *m =
            diag_error(l->diags, lexer_span(l, l->at, l->at + n), "this is not a time");
        if (time_parse(text, false, &ns))
            diag_help(l->diags, m, "say in which zone: `@%.*sZ` for UTC, or `+01:00` behind it",
                      STR_FMT(text));
        else
            diag_help(l->diags, m, "times are written @2026-01-31 or @2026-01-31T12:00:00Z, from "
                                   "1677-09-21 to 2262-04-11");
    }
    lexer_token(l, good ? TOKEN_TIME : TOKEN_ERROR, l->at + n);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool hex4(const char *p, size_t n, uint32_t *value) {
    if (n < 4) return false;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        if (!is_hex(p[i])) return false;
        *value = *value * 16 + (uint32_t)(is_digit(p[i]) ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
    }
    return true;
}

/* \u0041 and pairs of surrogates as in JSON; p stands behind `\u`. The bytes taken, 0 if wrong. */
static size_t unicode_escape(const char *p, size_t n, uint32_t *code_point) {
    uint32_t low;
    if (!hex4(p, n, code_point)) return 0;
    if (*code_point < 0xD800 || *code_point > 0xDFFF) return 4;
    if (*code_point > 0xDBFF || n < 10 || p[4] != '\\' || p[5] != 'u' ||
        !hex4(p + 6, n - 6, &low) || low < 0xDC00 || low > 0xDFFF)
        return 0;
    *code_point = 0x10000 + ((*code_point - 0xD800) << 10) + (low - 0xDC00);
    return 10;
}

void lexer_text(struct lexer *l) {
    uint32_t end = l->at + 1, bad_escape = 0;
    while (end < l->n && l->p[end] != '"' && l->p[end] != '\n') {
        uint32_t code_point;
        if (l->p[end] == '\\' && end + 1 < l->n && l->p[end + 1] != '\n') {
            if (l->p[end + 1] == 'u' && !bad_escape &&
                !unicode_escape(l->p + end + 2, l->n - end - 2, &code_point))
                bad_escape = end;
            end++;
        }
        end++;
    }
    bool closed = end < l->n && l->p[end] == '"';
    struct str text = {l->p + l->at + 1, end - l->at - 1};
    size_t valid = utf8_valid_prefix(text);
    if (!closed) {
        uint32_t shown = end > l->at + 1 && l->p[end - 1] == '\r' ? end - 1 : end;
        struct diag *m = diag_error(l->diags, lexer_span(l, l->at, shown),
                                    "this text does not end on its line");
        diag_help(l->diags, m, "close it with `\"`; a quote within it is written `\\\"`");
    } else if (valid < text.n) {
        uint32_t at = l->at + 1 + (uint32_t)valid;
        struct diag *m = diag_error(l->diags, lexer_span(l, at, at + 1), "this is not UTF-8");
        diag_help(l->diags, m, "rule files are UTF-8: save this one as such");
    } else if (bad_escape) {
        struct diag *m = diag_error(l->diags, lexer_span(l, bad_escape, bad_escape + 2),
                                    "`\\u` needs the four hex digits of a character");
        diag_help(l->diags, m, "\\u00e9 is é; for a backslash and a u write `\\\\u`");
    }
    bool good = closed && valid == text.n && !bad_escape;
    lexer_token(l, good ? TOKEN_STRING : TOKEN_ERROR, end + closed);
}

struct str lex_string(struct arena *arena, struct str token_text) {
    const char *p = token_text.p + 1, *end = token_text.p + token_text.n - 1;
    if (!memchr(p, '\\', (size_t)(end - p)))
        return arena_copy(arena, (struct str){p, (size_t)(end - p)});
    char *out = arena_alloc(arena, (size_t)(end - p) + 1);
    size_t n = 0;
    while (p < end) {
        char c = *p++;
        if (c != '\\' || p == end) {
            out[n++] = c;
            continue;
        }
        uint32_t code_point;
        switch (*p++) {
        case '"': out[n++] = '"'; break;
        case '\\': out[n++] = '\\'; break;
        case 'n': out[n++] = '\n'; break;
        case 'r': out[n++] = '\r'; break;
        case 't': out[n++] = '\t'; break;
        case 'u':
            p += unicode_escape(p, (size_t)(end - p), &code_point);
            n += utf8_put(out + n, code_point);
            break;
        default: /* \d of a regular expression: both stay */
            out[n++] = '\\';
            out[n++] = p[-1];
        }
    }
    return (struct str){out, n};
}
