/* decoder: bytes of one event → one row of a batch. One for each encoding.
 *
 * decode() writes row batch->n and commits it, or abandons it and says why in *fault. It is
 * compiled for a schema: only used fields are looked at. Strings are copied into the batch's text
 * arena unless `stable` says that the bytes live as long as the batch. One thread at a time. Tests:
 * tests/unit/connectors/test_json.c, test_csv.c; tests/fuzz/fuzz_json.c
 */
#ifndef OMEN_CONNECTORS_DECODER_H
#define OMEN_CONNECTORS_DECODER_H

#include "engine/batch.h"

struct decode_fault {
    char reason[256]; /* "expected a number for `speed`, found a string" */
    uint64_t at;      /* byte in the event, 0 if unknown */
};

struct decoder;

const char *json_version(void); /* of simdjson */

struct decoder *json_decoder_new(const struct schema *schema);
/* `bytes` must have DECODER_PADDING readable bytes behind it. */
bool json_decode(struct decoder *d, struct str bytes, bool stable, struct batch *batch,
                 uint64_t offset, struct decode_fault *fault);
void json_decoder_free(struct decoder **d);

enum { DECODER_PADDING = 64 };

#endif
