/* schema: the shape of a stream: its fields, which one is the event time, how they are found in an
 * event, what is computed from them. Of a table as well: its fields are the columns, and instead of
 * a time it has a key. Read-only, part of a program. Tests: through the decoders.
 */
#ifndef OMEN_ENGINE_SCHEMA_H
#define OMEN_ENGINE_SCHEMA_H

#include "engine/value.h"

enum { SCHEMA_NONE = 0xFFFF, SCHEMA_MAX_FIELDS = 256 };

enum time_scale {
    SCALE_MILLIS,
    SCALE_SECONDS,
    SCALE_MICROS,
    SCALE_NANOS
}; /* of a time written as a number */

struct schema_field {
    struct str name;
    enum value_type type;  /* LIST: items are of `item` */
    enum value_type item;
    uint8_t digits;        /* DECIMAL, or the items' */
    enum time_scale scale; /* TIME */
    bool used;             /* some rule, or the engine, looks at it: others are not decoded */
    uint32_t code; /* of a computed field: gives it, from the declared ones; else of no meaning */
    const struct str *path; /* where it stands in a JSON object: member names from the outside in */
    uint32_t npath;         /* usually 1 */
};

struct schema {
    struct str name; /* the stream's, the table's */
    const struct schema_field *fields; /* those that are declared, then those that are computed */
    uint32_t nfields;    /* declared: what decoders and authors know */
    uint32_t ncomputed;  /* keys that are expressions: filled in by the engine (engine_open) */
    uint16_t time_field; /* the event time; always present and used. SCHEMA_NONE: it is a table */
    uint16_t id_field;   /* the event id, or SCHEMA_NONE */
    uint16_t key_field;  /* of a table: always present and used. Of a stream nobody looks at it */
};

static inline uint32_t schema_columns(const struct schema *s) { return s->nfields + s->ncomputed; }

/* What can be the key of a table: what is compared exactly and has no parts. */
static inline bool schema_key_type(enum value_type type) {
    return type == VALUE_STRING || type == VALUE_INT || type == VALUE_DECIMAL ||
           type == VALUE_TIME || type == VALUE_DURATION || type == VALUE_IP;
}

/* The field without which a row is none. */
static inline uint16_t schema_needs(const struct schema *s) {
    return s->time_field != SCHEMA_NONE ? s->time_field : s->key_field;
}
static inline const char *schema_need(const struct schema *s) {
    return s->time_field != SCHEMA_NONE ? "event time" : "key";
}

#endif
