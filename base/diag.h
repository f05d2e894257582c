/* diag: what is wrong with a text that a person wrote, said so that they can mend it.
 *
 *   speeding.rules:12:20: error: there is no field "sped" in stream telemetry
 *      12 |     where    fast: sped > limit + 10
 *         |                    ^^^^
 *         = did you mean `speed`?
 *
 * A span is a range of bytes in one file of a `struct sources`. All messages of a run are kept (at
 * most DIAG_MAX, then one line says how many more) and printed in order of file and place. A
 * message is one line without a full stop; help says what would be right. Columns count code points
 * from 1; tabs count one and are kept under the line so that the underline fits. Colour only when
 * asked.
 *
 * One thread at a time. Tests: tests/unit/base/test_diag.c
 */
#ifndef OMEN_BASE_DIAG_H
#define OMEN_BASE_DIAG_H

#include "base/arena.h"
#include "base/buf.h"

enum { DIAG_MAX = 100 };

struct span {
    uint32_t file;  /* index into sources */
    uint32_t start; /* byte offset */
    uint32_t end;   /* behind the last byte; start == end marks a place between bytes */
};

static inline struct span span_join(struct span a, struct span b) {
    return (struct span){a.file, a.start < b.start ? a.start : b.start,
                         a.end > b.end ? a.end : b.end};
}

struct source_text {
    struct str name; /* as the user gave it */
    struct str text;
};

/* The texts that spans point into. Names and texts are copied into the arena. */
struct sources {
    struct arena *arena;
    struct source_text *files;
    uint32_t n, cap;
};

void sources_init(struct sources *s, struct arena *arena);
uint32_t sources_add(struct sources *s, struct str name, struct str text);

/* Reads a file whole; on failure returns false with a text for the user in *why (arena). Refuses
 * files over 256 MiB. */
bool sources_load(struct sources *s, const char *path, uint32_t *file, const char **why);

/* Line and column, both from 1, column in code points. */
void sources_place(const struct sources *s, uint32_t file, uint32_t offset, uint32_t *line,
                   uint32_t *column);
struct str span_text(const struct sources *s, struct span span);

enum diag_severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag {
    enum diag_severity severity;
    struct span span;
    const char *message;
    const char *help;      /* what would be right; NULL if nothing can be said */
    struct span related;   /* a second place, shown with `related_message` when that is set */
    const char *related_message;
};

struct diags {
    struct arena *arena;
    const struct sources *sources;
    struct diag *v;
    uint32_t n, cap;
    uint32_t errors, warnings, notes; /* counted also beyond DIAG_MAX */
};

void diags_init(struct diags *d, struct arena *arena, const struct sources *sources);

/* The returned message can be completed with diag_help and diag_related; never NULL. The format is
 * printf's; texts are copied, and cut behind 1000 bytes. */
struct diag *diag_error(struct diags *d, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct diag *diag_warning(struct diags *d, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
struct diag *diag_note(struct diags *d, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void diag_help(struct diags *d, struct diag *m, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void diag_related(struct diags *d, struct diag *m, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

void diags_print(struct diags *d, struct buf *out, bool colour);
void diags_print_json(struct diags *d, struct buf *out); /* one JSON array of objects with spans */

#endif
