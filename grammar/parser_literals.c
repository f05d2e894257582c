/* parser_literals: durations, whole numbers and times where the grammar wants just one of them.
 *
 * `10s` is one token; `10 minutes` and `1 hour 30 minutes` are numbers and names, joined here and
 * kept in the short form (10m, 1h30m). A unit before a colon is a label: `a: n > 3 days: …`.
 * Tests: tests/unit/grammar/test_parser.c, tests/cases/grammar/literals.case
 */
#include "base/time.h"
#include "grammar/parser_internal.h"

static const struct unit {
    enum keyword one, many;
    const char *text;
    int64_t ns;
} units[] = {
    {KW_WEEK, KW_WEEKS, "w", 7 * NS_PER_DAY},
    {KW_DAY, KW_DAYS, "d", NS_PER_DAY},
    {KW_HOUR, KW_HOURS, "h", NS_PER_HOUR},
    {KW_MINUTE, KW_MINUTES, "m", NS_PER_MIN},
    {KW_SECOND, KW_SECONDS, "s", NS_PER_S},
    {KW_MILLISECOND, KW_MILLISECONDS, "ms", NS_PER_MS},
};
enum { UNITS = sizeof units / sizeof *units };

static int unit_at(const struct parser *p, uint32_t ahead) {
    enum keyword k = word_at(p, ahead);
    if (k == NO_KEYWORD || peek_at(p, ahead + 1) == TOKEN_LPAREN) return UNITS;
    int u = 0;
    while (u < UNITS && units[u].one != k && units[u].many != k) u++;
    return u;
}

bool duration_ahead(const struct parser *p) {
    return peek(p) == TOKEN_DURATION || (peek(p) == TOKEN_INT && unit_at(p, 1) < UNITS);
}

/* What the engine adds to event times (verify.h): far from any overflow. */
static const int64_t LONGEST_NS = INT64_MAX / 2;

/* duration = "10s" | int unit { int unit }, units from large to small */
static bool joined_duration(struct parser *p, int64_t *ns, struct str *text) {
    struct buf out;
    buf_init(&out);
    uint32_t first = p->at;
    bool fits = true;
    __int128 sum = 0;
    for (int last = -1; peek(p) == TOKEN_INT && unit_at(p, 1) < UNITS && unit_at(p, 1) > last;) {
        struct str digits = text_of(p, here(p));
        last = unit_at(p, 1);
        __int128 number = 0;
        for (size_t i = 0; i < digits.n && fits; i++) {
            number = number * 10 + (digits.p[i] - '0');
            fits = number <= INT64_MAX;
        }
        sum += number * units[last].ns;
        fits = fits && sum <= INT64_MAX;
        buf_printf(&out, "%.*s%s", STR_FMT(digits), units[last].text);
        advance(p), advance(p);
    }
    *ns = fits ? (int64_t)sum : 0;
    *text = arena_copy(p->arena, buf_view(&out));
    buf_fini(&out);
    if (!fits)
        said_wrong(p, span_since(p, first), "this duration is too long to be counted",
                   "292 years are the most");
    return fits;
}

static void duration_fault(struct parser *p, const char *place) {
    struct diag *m = fault(p, UNIT_WORD, "a duration like `10s` %s", place);
    if (!m) return;
    struct str text = text_of(p, here(p));
    if (peek(p) == TOKEN_INT && text.n < 20)
        diag_help(p->diags, m, "a duration has a unit: `%.*ss`, `%.*sm`, `%.*s minutes`",
                  STR_FMT(text), STR_FMT(text), STR_FMT(text));
    else if (peek(p) == TOKEN_NUMBER)
        diag_help(p->diags, m, "durations are whole numbers: `1h30m` for one and a half hours");
    else if (peek(p) == TOKEN_MINUS)
        diag_help(p->diags, m, "it cannot be negative");
    else if (peek(p) == TOKEN_NAME && !m->help)
        diag_help(p->diags, m,
                  "it is written out here; names of constants stand only behind `over`");
}

bool parse_duration(struct parser *p, const char *place, enum sizes sizes, int64_t *ns,
                    struct str *text) {
    *ns = 0;
    *text = (struct str){"", 0};
    if (p->panic) return false;
    struct span at = here(p);
    if (peek(p) == TOKEN_DURATION) {
        *text = arena_copy(p->arena, text_of(p, at));
        duration_parse(*text, ns); /* the lexer has seen that it is one */
        advance(p);
    } else if (duration_ahead(p)) {
        if (!joined_duration(p, ns, text)) return true; /* said, and read on */
    } else {
        duration_fault(p, place);
        return false;
    }
    if (*ns > LONGEST_NS) {
        said_wrong(p, at, "this time is too long to be added to one of an event",
                   "146 years are the most: 53290d");
        *ns = 1;
    }
    if (sizes == ABOVE_ZERO && *ns == 0) {
        said_wrong(p, at, "a duration longer than nothing is needed here", NULL);
        *ns = 1;
    }
    return true;
}

bool parse_int(struct parser *p, const char *what, enum sizes sizes, int64_t *value) {
    *value = 1;
    if (p->panic) return false;
    if (peek(p) != TOKEN_INT) {
        fault(p, NOWHERE, "%s", what);
        return false;
    }
    struct str digits = text_of(p, here(p));
    __int128 number = 0;
    for (size_t i = 0; i < digits.n && number <= INT64_MAX; i++)
        number = number * 10 + (digits.p[i] - '0');
    if (number > INT64_MAX)
        said_wrong(p, here(p), "this number is too large", "9223372036854775807 is the most");
    else if (number == 0 && sizes == ABOVE_ZERO)
        said_wrong(p, here(p), "a number above 0 is needed here", NULL);
    else *value = (int64_t)number;
    advance(p);
    return true;
}

bool parse_time(struct parser *p, int64_t *ns, struct str *text) {
    *ns = 0;
    *text = (struct str){"", 0};
    if (p->panic) return false;
    if (peek(p) != TOKEN_TIME) {
        fault(p, NOWHERE, "a time such as `@2027-01-01`");
        return false;
    }
    *text = text_of(p, here(p));
    text->p++, text->n--;
    *text = arena_copy(p->arena, *text);
    time_parse(*text, true, ns); /* the lexer has seen that it is one */
    advance(p);
    return true;
}
