/* json: what the parts of the JSON decoder share. Not for others: they see decoder.h.
 *
 *   json_decoder.c    the schema's tree of names; one event: quick, else whole; commit
 *   json_quick.c      one pass over events that look like the last; else gives up, saying nothing
 *   json_simdjson.cc  any event, every fault, by simdjson's on-demand iteration
 *   json_value.c      tokens → cells: what both of them do with a value
 *
 * The tree, for `vehicle`, `lat from "position.lat"`, `lon from "position.lon"`:
 *
 *   root ─ "vehicle" (field 0) ─ "position" (no field) ─ ...
 *                                    └ "lat" (field 1) ─ "lon" (field 2)
 *
 * Node 0 is the root; children are linked by `next`. `guess` is the child with which the last
 * object of this kind began, `follow` the sibling that came behind this one last time: writers keep
 * their order. One thread at a time.
 * Tests: tests/unit/connectors/test_json.c; tests/fuzz/fuzz_json.c
 */
#ifndef OMEN_CONNECTORS_JSON_H
#define OMEN_CONNECTORS_JSON_H

#include "base/arena.h" /* and nothing of engine/: C++ reads this */

enum { JSON_NONE = 0xFFFF,
       JSON_MAX_DEPTH = 64,
       JSON_PADDING = 64 };

struct batch;
struct decode_fault;
struct schema;

struct json_node {
    struct str name;        /* unescaped */
    struct str quoted;      /* "name" as most writers write it; empty if it needs escapes */
    uint64_t head, mask;    /* its first 8 bytes as a word, and the bytes of that word it has */
    uint16_t child, next;   /* first child, next sibling */
    uint16_t guess, follow; /* see above; JSON_NONE: no idea */
    uint16_t field;         /* first field found here; more by decoder.also[] */
};

struct json_simd; /* simdjson's parser */

struct decoder {
    const struct schema *schema;
    struct json_node *nodes;
    uint16_t nnodes;
    uint16_t *also;    /* for each field: another field found at the same place */
    uint16_t *strings; /* used fields of type STRING */
    uint16_t nstrings;
    uint64_t *seen;           /* a bit a node: stood in this event */
    uint16_t nseen;           /* words of it */
    uint16_t failures, pause; /* of the quick way in a row; events until it is tried again */
    struct json_simd *simd;
    struct arena memory;
};

/* One event being decoded. */
struct json_row {
    struct decoder *d;
    struct batch *batch;
    struct str bytes;
    bool stable;
    struct decode_fault *fault;
};

#ifdef __cplusplus
extern "C" {
#endif

/* True if the whole event is decoded; false says nothing: cells may be set. */
bool json_quick(struct json_row *r);
/* False with *fault. */
bool json_whole(struct json_row *r);

const char *json_version(void); /* of simdjson */

struct json_simd *json_simd_new(void);
void json_simd_free(struct json_simd *simd);

/* The child of `parent` (or JSON_NONE) named by `key`, which is as written between the quotes.
 * False: bad escape. */
bool json_member(struct json_row *r, uint16_t parent, struct str key, uint16_t *node);
/* Marks `node` as standing in this event. If it did before, what it set is forgotten: the last one
 * wins. */
void json_stand(struct json_row *r, uint16_t node);

/* `token`: a string with its quotes, a number, true, false or null, blanks at the end allowed; not
 * yet checked. Sets the fields of `node`; JSON_NONE: only checks. */
bool json_scalar(struct json_row *r, uint16_t node, struct str token);
/* An object or array stands where node's fields want something else. Returns false. */
bool json_unwanted(struct json_row *r, uint16_t node, const char *found, const char *at);

/* Lists: the items' tokens are collected, then checked and set. `at`: where the list begins. */
struct json_tokens {
    struct str *v;
    uint32_t n, cap;
};
void json_token(struct json_row *r, struct json_tokens *t, struct str token);
bool json_list(struct json_row *r, uint16_t node, const struct json_tokens *tokens, const char *at);

/* "found" for messages, by the first byte of a value. */
const char *json_kind(char first);
bool json_fail(struct json_row *r, const char *at, const char *reason); /* returns false */

/* `text` lies between quotes and has escapes; `out` has room for text.n bytes. False: not an
 * escape. */
bool json_unescape(struct str text, char *out, size_t *n);

#ifdef __cplusplus
}
#endif

#endif
