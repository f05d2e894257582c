/* diag_print: the messages of diag.h as text for people and as JSON, in order of file and place.
 *
 * A source line is shown through a window of WINDOW columns, so that one fault in a line of ten
 * megabytes costs one line on the screen:
 *
 *   left = span start − 40 or more                              "…" stands where the line was cut
 *   │
 *   … region == "north" and amount > limit * factor and country i…
 *                                    ^^^^^
 *
 * Whatever the source holds, what is printed is UTF-8 and steers no terminal: a bad byte or a
 * code point that reorders or breaks lines is shown as U+FFFD, a control byte as '?'. A code
 * point takes one column, a tab stays a tab in both lines.
 * Tests: tests/unit/base/test_diag.c
 */
#include "base/diag.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"

enum { WINDOW = 120, BEHIND_MAX = 80, GUTTER = 5 };

static const char ellipsis[] = "\xE2\x80\xA6";

struct style {
    const char *strong, *severity[3], *gutter, *off;
};
static const struct style plain = {"", {"", "", ""}, "", ""};
static const struct style coloured = {
    "\x1b[1m", {"\x1b[1;31m", "\x1b[1;35m", "\x1b[1;36m"}, "\x1b[34m", "\x1b[0m"};

static const char *const severity_name[] = {"error", "warning", "note"};

/* The code point as it may be shown. */
static uint32_t visible(uint32_t c) {
    if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return '?';
    bool breaks = c == 0x2028 || c == 0x2029;
    bool reorders = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    return breaks || reorders ? 0xFFFD : c;
}

static void put_code_point(struct buf *out, uint32_t c) {
    char bytes[4];
    buf_add(out, bytes, utf8_put(bytes, c));
}

static void put_visible(struct buf *out, struct str s) {
    for (size_t at = 0; at < s.n;) put_code_point(out, visible(utf8_next(s, &at)));
}

/* The line of offset `at`, without its end ("\n" or "\r\n"), as offsets into the text. */
static void line_around(struct str text, size_t at, size_t *start, size_t *end) {
    const char *before = at ? memrchr(text.p, '\n', at) : NULL;
    const char *behind = at < text.n ? memchr(text.p + at, '\n', text.n - at) : NULL;
    *start = before ? (size_t)(before - text.p) + 1 : 0;
    *end = behind ? (size_t)(behind - text.p) : text.n;
    if (behind && *end > *start && text.p[*end - 1] == '\r') --*end;
}

/* The start of the code point that ends at `at` > least; a bad byte is one of its own. */
static size_t step_back(struct str text, size_t least, size_t at) {
    struct str head = {text.p, at};
    size_t p = at - 1;
    while (p > least && at - p < 4 && ((unsigned char)text.p[p] & 0xC0) == 0x80) p--;
    size_t behind = p;
    utf8_next(head, &behind);
    return behind == at ? p : at - 1;
}

/* Moves at most `most` code points back (not before `least`). */
static size_t back(struct str text, size_t least, size_t at, unsigned most) {
    for (unsigned i = 0; i < most && at > least; i++) at = step_back(text, least, at);
    return at;
}

/* How many code points are in [at, end), counted up to `most`. */
static unsigned count(struct str text, size_t at, size_t end, unsigned most) {
    struct str head = {text.p, end};
    unsigned n = 0;
    for (; n < most && at < end; n++) utf8_next(head, &at);
    return n;
}

/* The window on a line: [left, right) is shown. */
struct window {
    size_t left, right;
    bool cut_left, cut_right;
};

/* A line of at most WINDOW code points is shown whole. Otherwise what is behind `at` may have
 * BEHIND_MAX columns, and what is before it the rest; each "…" costs one. */
static struct window window_on(struct str text, size_t start, size_t end, size_t at) {
    unsigned behind = count(text, at, end, BEHIND_MAX);
    struct window w = {.left = back(text, start, at, WINDOW - behind)};
    struct str head = {text.p, end};
    unsigned room = WINDOW;
    if (w.left > start) {
        w.cut_left = true;
        utf8_next(head, &w.left);
        room--;
    }
    w.cut_right = count(text, w.left, end, room + 1) > room;
    if (w.cut_right) room--;
    w.right = w.left;
    for (unsigned i = 0; i < room && w.right < end; i++) utf8_next(head, &w.right);
    return w;
}

static void put_line(struct buf *out, struct str text, struct window w) {
    if (w.cut_left) buf_text(out, ellipsis);
    struct str head = {text.p, w.right};
    for (size_t at = w.left; at < w.right;) {
        uint32_t c = utf8_next(head, &at);
        put_code_point(out, c == '\t' ? c : visible(c));
    }
    if (w.cut_right) buf_text(out, ellipsis);
    buf_char(out, '\n');
}

/* Blanks up to the span, carets below it: at least one, and one below the "…" it goes on behind. */
static void put_underline(struct buf *out, struct str text, struct window w, size_t from,
                          size_t to) {
    struct str head = {text.p, w.right};
    if (w.cut_left) buf_char(out, ' ');
    size_t at = w.left, carets = 0;
    while (at < w.right) {
        size_t behind = at;
        uint32_t c = utf8_next(head, &behind);
        if (behind > from && (carets == 0 || at < to)) {
            buf_char(out, '^');
            carets++;
        } else if (carets > 0) {
            break;
        } else {
            buf_char(out, c == '\t' ? '\t' : ' ');
        }
        at = behind;
    }
    if (carets == 0 || (w.cut_right && to > w.right)) buf_char(out, '^');
}

static void put_gutter(struct buf *out, const struct style *style, int width, const char *number,
                       const char *sign) {
    buf_printf(out, "%s%*s%s%s", style->gutter, width, number, sign, style->off);
}

/* One block: where, what, the line and the underline. Returns the width of the gutter. */
static int put_block(struct buf *out, const struct sources *s, const struct style *style,
                     enum diag_severity severity, struct span span, const char *message) {
    uint32_t line, column;
    sources_place(s, span.file, span.start, &line, &column);
    buf_text(out, style->strong);
    put_visible(out, s->files[span.file].name);
    buf_printf(out, ":%u:%u: %s%s%s:%s ", line, column, style->off, style->severity[severity],
               severity_name[severity], style->off);
    put_visible(out, str_of(message));
    buf_char(out, '\n');

    struct str text = s->files[span.file].text;
    size_t start, end;
    size_t from = span.start < text.n ? span.start : text.n;
    line_around(text, from, &start, &end);
    if (from > end) from = end; /* on the "\r\n" itself */
    size_t to = span.end < end ? span.end : end;
    struct window w = window_on(text, start, end, from);
    char number[16];
    int width = snprintf(number, sizeof number, "%*u", GUTTER, line);
    put_gutter(out, style, width, number, " | ");
    put_line(out, text, w);
    put_gutter(out, style, width, "", " | ");
    buf_text(out, style->severity[severity]);
    put_underline(out, text, w, from, to);
    buf_text(out, style->off);
    buf_char(out, '\n');
    return width;
}

static void put_message(struct buf *out, const struct sources *s, const struct style *style,
                        const struct diag *m) {
    int width = put_block(out, s, style, m->severity, m->span, m->message);
    if (m->help) {
        put_gutter(out, style, width, "", " = ");
        put_visible(out, str_of(m->help));
        buf_char(out, '\n');
    }
    if (m->related_message)
        put_block(out, s, style, DIAG_NOTE, m->related, m->related_message);
}

/* Of two at one place the one reported first comes first: the array they lie in has that order. */
static int by_place(const void *a, const void *b) {
    const struct diag *x = *(const struct diag *const *)a, *y = *(const struct diag *const *)b;
    if (x->span.file != y->span.file) return x->span.file < y->span.file ? -1 : 1;
    if (x->span.start != y->span.start) return x->span.start < y->span.start ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void sorted(const struct diags *d, const struct diag *out[DIAG_MAX]) {
    for (uint32_t i = 0; i < d->n; i++) out[i] = &d->v[i];
    qsort(out, d->n, sizeof *out, by_place);
}

void diags_print(struct diags *d, struct buf *out, bool colour) {
    const struct diag *order[DIAG_MAX];
    sorted(d, order);
    for (uint32_t i = 0; i < d->n; i++)
        put_message(out, d->sources, colour ? &coloured : &plain, order[i]);
    uint32_t more = d->errors + d->warnings + d->notes - d->n;
    if (more) buf_printf(out, "%s %u more message%s\n", ellipsis, more, more == 1 ? "" : "s");
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void json_field(struct buf *out, const char *name, const char *value) {
    buf_printf(out, ",\"%s\":", name);
    buf_json_str(out, str_of(value));
}

static void json_span(struct buf *out, const struct sources *s, struct span span) {
    uint32_t line, column, end_line, end_column;
    sources_place(s, span.file, span.start, &line, &column);
    sources_place(s, span.file, span.end, &end_line, &end_column);
    buf_text(out, "\"file\":");
    buf_json_str(out, s->files[span.file].name);
    buf_printf(out, ",\"start\":%u,\"end\":%u", span.start, span.end);
    buf_printf(out, ",\"line\":%u,\"column\":%u", line, column);
    buf_printf(out, ",\"end_line\":%u,\"end_column\":%u", end_line, end_column);
}

void diags_print_json(struct diags *d, struct buf *out) {
    const struct diag *order[DIAG_MAX];
    sorted(d, order);
    buf_char(out, '[');
    for (uint32_t i = 0; i < d->n; i++) {
        const struct diag *m = order[i];
        buf_printf(out, "%s{\"severity\":\"%s\",", i ? ",\n" : "", severity_name[m->severity]);
        json_span(out, d->sources, m->span);
        json_field(out, "message", m->message);
        if (m->help) json_field(out, "help", m->help);
        if (m->related_message) {
            buf_text(out, ",\"related\":{");
            json_span(out, d->sources, m->related);
            json_field(out, "message", m->related_message);
            buf_char(out, '}');
        }
        buf_char(out, '}');
    }
    buf_text(out, "]\n");
}
