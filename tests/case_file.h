/* case_file: cases that a rule author can read, in files under tests/cases.
 *
 *   # a comment
 *   case a field that is not there
 *   rules
 *   | rule r { on t by k match a where a: sped > 1 }
 *   errors
 *   | case.rules:1:37: error: there is no field `sped` in stream t
 *
 * A case is its name and sections: a word on a line of its own, then lines that begin with `| `
 * (or are `|`). Whoever reads a file says what the words mean. Here are only the reading and the
 * writing of the file with other contents in some sections (CASES_ACCEPT=1: what came out becomes
 * what is expected; look at the difference before you keep it).
 */
#ifndef OMEN_TESTS_CASE_FILE_H
#define OMEN_TESTS_CASE_FILE_H

#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"

enum { CASE_SECTIONS = 8 };

struct case_section {
    struct str word, text; /* without the bars, each line ended by a newline */
};

struct one_case {
    struct str name;
    struct str before; /* comments and empty lines above */
    unsigned line;
    struct case_section sections[CASE_SECTIONS];
    unsigned nsections;
};

struct case_file {
    const char *path;
    struct one_case *v;
    unsigned n, cap;
    struct str after; /* what stands behind the last case */
};

static inline struct str case_slurp(struct arena *a, const char *path) {
    struct buf all;
    buf_init(&all);
    FILE *f = fopen(path, "rb");
    char part[4096];
    for (size_t n; f && (n = fread(part, 1, sizeof part, f)) > 0;) buf_add(&all, part, n);
    if (f) fclose(f);
    struct str text = arena_copy(a, buf_view(&all));
    buf_fini(&all);
    return text;
}

/* False, and says where, if the file is not in this form. */
static inline bool case_file_read(struct case_file *c, struct arena *a, const char *path) {
    struct str text = case_slurp(a, path);
    struct buf section, above;
    unsigned number = 0;
    bool good = true;
    *c = (struct case_file){.path = path};
    buf_init(&section);
    buf_init(&above);
    while (text.n && good) {
        const char *end = memchr(text.p, '\n', text.n);
        struct str line = {text.p, end ? (size_t)(end - text.p) : text.n};
        text.p += line.n + (end ? 1 : 0);
        text.n -= line.n + (end ? 1 : 0);
        number++;
        struct one_case *now = c->n ? &c->v[c->n - 1] : NULL;
        if (line.n && line.p[0] == '|') {
            good = now && now->nsections && (line.n == 1 || line.p[1] == ' ');
            size_t skip = line.n > 1 ? 2 : 1;
            buf_add(&section, line.p + skip, line.n - skip);
            buf_char(&section, '\n');
            if (good) now->sections[now->nsections - 1].text = arena_copy(a, buf_view(&section));
        } else if (str_trim(line).n == 0 || line.p[0] == '#') {
            buf_str(&above, line);
            buf_char(&above, '\n');
        } else if (str_starts(line, STR("case "))) {
            struct one_case new = {.name = str_trim((struct str){line.p + 5, line.n - 5})};
            new.line = number;
            new.before = arena_copy(a, buf_view(&above));
            buf_reset(&above);
            arena_push(a, c->v, c->n, c->cap, new);
        } else {
            good = now && now->nsections < CASE_SECTIONS;
            buf_reset(&section);
            struct case_section new = {.word = str_trim(line), .text = {"", 0}};
            if (good) now->sections[now->nsections++] = new;
        }
    }
    c->after = arena_copy(a, buf_view(&above));
    if (!good) fprintf(stderr, "%s:%u: not the form of a case file\n", path, number);
    buf_fini(&section);
    buf_fini(&above);
    return good;
}

static inline const struct case_section *case_section(const struct one_case *c, const char *word) {
    for (unsigned i = 0; i < c->nsections; i++)
        if (str_equal(c->sections[i].word, str_of(word))) return &c->sections[i];
    return NULL;
}

static inline void case_bars(struct buf *out, struct str text) {
    while (text.n) {
        const char *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        buf_text(out, n ? "| " : "|");
        buf_add(out, text.p, n);
        buf_char(out, '\n');
        text = (struct str){text.p + n + (end ? 1 : 0), text.n - n - (end ? 1 : 0)};
    }
}

static inline void case_file_write(const struct case_file *c) {
    struct buf out;
    buf_init(&out);
    for (unsigned i = 0; i < c->n; i++) {
        buf_str(&out, c->v[i].before);
        buf_printf(&out, "case %.*s\n", STR_FMT(c->v[i].name));
        for (unsigned k = 0; k < c->v[i].nsections; k++) {
            buf_printf(&out, "%.*s\n", STR_FMT(c->v[i].sections[k].word));
            case_bars(&out, c->v[i].sections[k].text);
        }
    }
    buf_str(&out, c->after);
    FILE *f = fopen(c->path, "wb");
    if (f) {
        fwrite(out.p, 1, out.n, f);
        fclose(f);
    }
    buf_fini(&out);
}

#endif
