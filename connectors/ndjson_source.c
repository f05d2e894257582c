/* ndjson_source: one JSON object a line. Lines are cut by input.c, decoded by json_decoder.c; the
 * offset of an event is its line number from 0. Tests: tests/unit/connectors/test_input.c
 */
#include <stdlib.h>

#include "base/log.h"
#include "connectors/record_source.h"

_Static_assert((int)INPUT_PADDING >= (int)DECODER_PADDING, "records are decoded where they lie");

struct ndjson {
    struct record_source base;
    struct decoder *decoder;
};

static bool decode(struct record_source *s, const struct input_record *r, struct batch *batch,
                   struct decode_fault *fault) {
    return json_decode(((struct ndjson *)s)->decoder, r->bytes, false, batch, r->line, fault);
}

static void follow(struct record_source *s) {
    struct ndjson *n = (struct ndjson *)s;
    json_decoder_free(&n->decoder);
    n->decoder = json_decoder_new(s->source.schema);
}

static void release(struct record_source *s) {
    struct ndjson *n = (struct ndjson *)s;
    json_decoder_free(&n->decoder);
    free(n);
}

struct source *ndjson_source_open(struct str path, const struct schema *schema, uint32_t stream,
                                  struct arena *arena, const char **why) {
    struct input *in = input_open(path, input_line_end, arena, why);
    if (!in) return NULL;
    struct ndjson *n = must_zalloc(sizeof *n);
    record_source_init(&n->base, in, path, schema, stream, arena);
    n->base.unclosed = "unclosed"; /* lines always close */
    n->base.decode = decode;
    n->base.release = release;
    n->base.follow = follow;
    n->decoder = json_decoder_new(schema);
    return &n->base.source;
}
