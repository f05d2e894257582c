/* input: bytes from a file, standard input or a compressed file, cut into records: lines, or
 * whatever `find_end` says.
 *
 *   bytes ─(unpack)→ buffer ─find_end→ record, record, ...
 *
 * A record is valid until the next call and has INPUT_PADDING readable bytes behind it. One of more
 * than LINE_MAX_BYTES is passed over in constant memory and reported by its first INPUT_SHOWN bytes
 * and its length. One thread at a time. Tests: tests/unit/connectors/test_input.c
 */
#ifndef OMEN_CONNECTORS_INPUT_H
#define OMEN_CONNECTORS_INPUT_H

#include <sys/types.h>

#include "base/arena.h"

enum { LINE_MAX_BYTES = 1 << 20,
       INPUT_SHOWN = 64 << 10,
       INPUT_PADDING = 64 };

/* ---- where bytes come from: a chain of at most two, each file its own library ---------------- */

struct bytes;

enum { BYTES_FAILED = -1, BYTES_WAIT = -2 };

struct bytes_ops {
    /* 1..room bytes, 0 at the end, BYTES_WAIT: none came for a moment (SOURCE_WAIT_MS),
     * BYTES_FAILED with *why (a text that lives as long as `b`). */
    ssize_t (*read)(struct bytes *b, char *to, size_t room, const char **why);
    void (*close)(struct bytes *b); /* also what it reads from; frees it */
};

struct bytes {
    const struct bytes_ops *ops;
};

struct bytes *gzip_open(struct bytes *packed); /* input_gzip.c: takes over `packed` */
struct bytes *zstd_open(struct bytes *packed); /* input_zstd.c */

const char *gzip_version(void); /* of zlib */
const char *zstd_version(void);

/* ---- records --------------------------------------------------------------------------------- */

struct input_record {
    struct str bytes; /* without the newline that ends it and a CR before that */
    uint64_t line;    /* of its first byte, from 0 */
    uint64_t byte;    /* of its first byte, from 0, unpacked */
    uint64_t length;  /* without the newline; more than bytes.n if it was passed over */
};

enum input_status {
    INPUT_RECORD,
    INPUT_TOO_LONG, /* one line that was passed over: bytes are its first INPUT_SHOWN */
    INPUT_UNCLOSED, /* a record of several lines that is too long or never ends. Only its first line
                     * is used up and returned; the next record begins behind it: one stray quote
                     * costs one line */
    INPUT_WAIT,     /* nothing without waiting (for longer than a moment) */
    INPUT_END,
    INPUT_FAILED, /* see input_why; stays so */
};

/* Finds the newline that ends the record: at or after `from` of the bytes that it has so far
 * (`have.p` is where the record begins), or NULL if more bytes are needed. *state is 0 at a
 * record's first call and kept between calls; with RECORD_OPEN in it the record cannot end with the
 * input. */
enum { RECORD_OPEN = 0x80 };
typedef const char *record_end(struct str have, size_t from, uint32_t *state);
record_end input_line_end; /* the plain one */

struct input;

/* "-" is standard input. By its ending .gz and .zst are unpacked. NULL with *why (arena). */
struct input *input_open(struct str path, record_end *find_end, struct arena *arena,
                         const char **why);
void input_close(struct input **in);

/* `wait`: for a moment, SOURCE_WAIT_MS, if need be. */
enum input_status input_next(struct input *in, bool wait, struct input_record *record);

const char *input_why(const struct input *in);
uint64_t input_bytes(const struct input *in); /* read so far, packed */
uint64_t input_total(const struct input *in); /* 0: not known */
bool input_live(const struct input *in); /* no file: bytes come when they come */

#endif
