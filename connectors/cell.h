/* cell: the text of one value → a value of the declared type. What all decoders share, so that the
 * same text means the same in every encoding, and so does what is said when it is wrong.
 *
 *   declared    a number (bare)                        a text (quoted in JSON, any cell in CSV)
 *   bool        -                                      -   (decoders know their own words for it)
 *   int         a whole number: 3, 3.0, 3e2            -
 *   float       any number that a double can hold      -
 *   decimal(n)  exact, at most n digits behind the     the same number
 *               point (zeroes at the end are free)
 *   string      -                                      itself
 *   time        since 1970 in the schema's scale, to   ISO 8601; a time of day needs a zone
 *               the nanosecond exactly
 *   duration    milliseconds, to the nanosecond        10s, 1h30m
 *   ip          -                                      an address; no network
 *
 * Nothing is rounded except a float. Numbers are read by strtod where the short way does not do:
 * the process must keep LC_NUMERIC at "C". Safe from any thread.
 * Tests: tests/unit/connectors/test_json.c, test_csv.c
 */
#ifndef OMEN_CONNECTORS_CELL_H
#define OMEN_CONNECTORS_CELL_H

#include "connectors/decoder.h"
#include "engine/batch.h"

enum cell_status {
    CELL_OK,
    CELL_WRONG,  /* not of this type */
    CELL_RANGE,  /* would be, but is too large */
    CELL_DIGITS, /* would be, but has more digits behind the point than are kept */
};

/* What is wanted: a field, or the items of a list field. */
struct cell_want {
    enum value_type type;
    uint8_t digits;
    enum time_scale scale;
};

static inline struct cell_want cell_field(const struct schema_field *f) {
    return (struct cell_want){f->type, f->digits, f->scale};
}
static inline struct cell_want cell_items(const struct schema_field *f) {
    return (struct cell_want){f->item, f->digits, f->scale};
}

/* `token` is a number by JSON's grammar; zeroes in front are tolerated. */
enum cell_status cell_number(struct cell_want want, struct str token, struct value *v);
/* STRING: *v points to `text`. */
enum cell_status cell_text(struct cell_want want, struct str text, struct value *v);

/* [-] 0 or digits without a zero in front [. digits] [e [+-] digits], and nothing else. */
bool cell_is_number(struct str token);

void cell_set(struct batch *b, uint32_t field, struct value v);

/* "expected an integer for `lane`, found 1.5". `found` is shown, shortened; in quotes if `quoted`.
 * Returns false. */
bool cell_fault(struct decode_fault *fault, uint64_t at, const struct schema_field *f,
                enum cell_status status, struct str found, bool quoted);
/* Without the schema: printf's. Returns false. */
bool decode_faultf(struct decode_fault *fault, uint64_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* "an integer", "a list of strings": what field `f` wants. */
const char *cell_wanted(const struct schema_field *f, char text[96]);

/* `s` cut to at most `most` bytes without tearing a character. */
struct str cell_shown(struct str s, size_t most);

#endif
