/* make_events: events, and what pretends to be events, for the stream `s` of run.sh: k, at, x, t.
 *
 * Most kinds are two good events with harm between them; n says how much of it. Random bytes are
 * the same on every machine.
 */
#include <stdio.h>
#include <string.h>

#include "tests/hostile/hostile.h"

enum { BLOCK = 1 << 16 };

static void times(const char *text, uint64_t n) {
    static char block[BLOCK];
    size_t length = strlen(text), in_block = sizeof block / length;
    for (size_t i = 0; i < in_block; i++) memcpy(block + i * length, text, length);
    for (; n >= in_block; n -= in_block) fwrite(block, length, in_block, stdout);
    fwrite(block, length, (size_t)n, stdout);
}

/* In the order of the schema; `more` members before the brace. */
static void good(const char *more) {
    printf("{\"k\":\"a\",\"at\":\"2026-01-31T12:00:00Z\",\"x\":1,\"t\":\"b\"%s}\n", more);
}

static void csv_header(void) { fputs("k,at,x,t\n", stdout); }
static void csv_row(void) { fputs("a,2026-01-31T12:00:00Z,1,b\n", stdout); }

/* ---- kinds that are texts: before, n times the item, between, n times its end, behind -------- */

struct kind {
    const char *name, *before, *item, *between, *end, *behind;
};

static const struct kind kinds[] = {
    {"long-text", "{\"k\":\"", "a", "\"}\n", "", ""},
    {"long-blank", "", " ", "\n", "", ""},
    {"long-number", "{\"x\":1", "0", "}\n", "", ""},
    {"long-fraction", "{\"x\":0.", "0", "}\n", "", ""},
    {"long-name", "{\"", "k", "\":1}\n", "", ""},
    {"long-escapes", "{\"t\":\"", "\\u0041", "\"}\n", "", ""},
    {"brackets", "{\"y\":", "[", "", "]", "}\n"},
    {"brackets-field", "{\"t\":", "[", "", "]", "}\n"},
    {"brackets-open", "{\"y\":", "[", "\n", "", ""},
    {"brackets-bare", "", "[", "\n", "", ""},
    {"braces", "", "{\"y\":", "1", "}", "\n"},
    {"braces-open", "", "{\"k\":", "\n", "", ""},
    {"braces-bare", "", "{", "\n", "", ""},
    {"commas", "{", ",", "}\n", "", ""},
    {"quotes", "", "\"", "\n", "", ""},
    {"backslashes", "{\"k\":\"", "\\", "\"}\n", "", ""},
    {"blank-lines", "", "\n", "", "", ""},
    {"blank-lines-crlf", "", "\r\n", "", "", ""},
    {"bad-lines", "", "x\n", "", "", ""},
    {"nested-lines", "", "[[[[[[[[[[\n", "", "", ""},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* ---- kinds that are made --------------------------------------------------------------------- */

static void fields(uint64_t n, bool same) {
    fputs("{\"k\":\"a\",\"at\":\"2026-01-31T12:00:00Z\"", stdout);
    for (unsigned long long i = 0; i < n; i++) {
        if (same) printf(",\"x\":%llu", i);
        else printf(",\"f%llu\":1", i);
    }
    fputs(",\"x\":1,\"t\":\"b\"}\n", stdout);
}

static void many_good(uint64_t n) {
    for (uint64_t i = 0; i < n; i++) good("");
}

/* Every line of these is one event that was cut, the last one is whole. */
static void prefixes(uint64_t n) {
    static const char text[] = "{\"k\":\"\\u00e4\xC3\xA4\",\"at\":\"2026-01-31T12:00:00.5Z\","
                               "\"x\":-12,\"y\":[1,{\"z\":null}],\"t\":\"b\"}";
    for (size_t i = 1; i < sizeof text; i++) printf("%.*s\n", (int)i, text);
    (void)n;
}

/* n bytes, each one of `signs`; NULL: any. */
static void random_bytes(uint64_t n, const char *signs) {
    uint64_t state = n;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t r = hostile_random(&state);
        putchar(signs ? signs[(r >> 8) % strlen(signs)] : (int)(r >> 8 & 0xFF));
    }
    putchar('\n');
}

/* Good events with one byte changed. */
static void changed(uint64_t n) {
    static const char text[] = "{\"k\":\"a\",\"at\":\"2026-01-31T12:00:00Z\",\"x\":1,\"t\":\"b\"}";
    uint64_t state = 1;
    char room[sizeof text];
    for (uint64_t i = 0; i < n; i++) {
        memcpy(room, text, sizeof text);
        uint64_t r = hostile_random(&state);
        char byte = (char)(r >> 8);
        room[(r >> 16) % (sizeof text - 1)] = byte == '\n' ? ' ' : byte;
        fwrite(room, 1, sizeof text - 1, stdout);
        putchar('\n');
    }
}

static void nuls(uint64_t n) {
    for (uint64_t i = 0; i < n; i++) putchar(0);
    putchar('\n');
}

/* A file of lines of which each opens a quote that the next one closes and opens again. */
static void csv_unclosed(uint64_t n) {
    csv_header();
    times("a\",\"\n", n);
}

static void csv_cells(uint64_t n) {
    csv_header();
    times("a,", n);
    fputs("b\n", stdout);
    csv_row();
}

static void csv_long(uint64_t n) {
    csv_header();
    csv_row();
    fputs("\"", stdout);
    times("a", n);
    fputs("\",2026-01-31T12:00:00Z,1,b\n", stdout);
    csv_row();
}

static void csv_quotes(uint64_t n) {
    csv_header();
    times("\"", n);
    fputs("\n", stdout);
}

static bool put_special(const char *kind, uint64_t n) {
    static const char csv_signs[] = "\"\",,\n\na1";
    static const char json_signs[] = "{}[]\",:\\\n01ae-. tnkx";
    if (strcmp(kind, "good") == 0) many_good(n);
    else if (strcmp(kind, "prefixes") == 0) prefixes(n);
    else if (strcmp(kind, "random") == 0) random_bytes(n, NULL);
    else if (strcmp(kind, "random-json") == 0) random_bytes(n, json_signs);
    else if (strcmp(kind, "changed") == 0) changed(n);
    else if (strcmp(kind, "nuls") == 0) nuls(n);
    else if (strcmp(kind, "fields") == 0) fields(n, false);
    else if (strcmp(kind, "fields-same") == 0) fields(n, true);
    else if (strcmp(kind, "csv-unclosed") == 0) csv_unclosed(n);
    else if (strcmp(kind, "csv-cells") == 0) csv_cells(n);
    else if (strcmp(kind, "csv-long") == 0) csv_long(n);
    else if (strcmp(kind, "csv-quotes") == 0) csv_quotes(n);
    else if (strcmp(kind, "csv-random") == 0) csv_header(), random_bytes(n, csv_signs);
    else if (strcmp(kind, "csv-bytes") == 0) csv_header(), random_bytes(n, NULL);
    else return false;
    return true;
}

void make_events_kinds(void) {
    for (size_t i = 0; i < KINDS; i++) puts(kinds[i].name);
}

bool make_events(const char *kind, uint64_t n) {
    if (put_special(kind, n)) return true;
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *k = &kinds[i];
        if (strcmp(k->name, kind) != 0) continue;
        good("");
        fputs(k->before, stdout);
        times(k->item, n);
        fputs(k->between, stdout);
        if (*k->end) times(k->end, n);
        fputs(k->behind, stdout);
        good("");
        return true;
    }
    return false;
}
