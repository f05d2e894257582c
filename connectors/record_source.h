/* record_source: a source over an input: what NDJSON and CSV have in common. A maker embeds it as
 * its first member and gives it a way to decode one record.
 * Tests: tests/unit/connectors/test_input.c, test_csv.c
 */
#ifndef OMEN_CONNECTORS_RECORD_SOURCE_H
#define OMEN_CONNECTORS_RECORD_SOURCE_H

#include "connectors/decoder.h"
#include "connectors/input.h"
#include "engine/source.h"

enum { SOURCE_WHY = 512 };

struct record_source {
    struct source source;
    struct input *in;
    struct arena *arena;  /* of who opened it: for opening only */
    char *why; /* room for SOURCE_WHY bytes, of the arena: it may outlive the source */
    const char *unclosed; /* what INPUT_UNCLOSED means here */
    bool (*decode)(struct record_source *s, const struct input_record *r, struct batch *batch,
                   struct decode_fault *fault);
    void (*release)(struct record_source *s); /* frees what the maker added and the block itself */
    const char *(*lacks)(const struct record_source *s, const struct schema *schema,
                         struct arena *arena); /* as of a source; NULL: never */
    void (*follow)(struct record_source *s); /* source.schema is another now */
    /* An empty line that may be the last, without its bytes. */
    struct input_record blank;
    bool has_blank;
};

/* Sets everything but the maker's: unclosed, decode, release, lacks, follow. */
void record_source_init(struct record_source *s, struct input *in, struct str name,
                        const struct schema *schema, uint32_t stream, struct arena *arena);

/* NULL with *why (arena). `path` as in input_open; `name` is kept. */
struct source *ndjson_source_open(struct str path, const struct schema *schema, uint32_t stream,
                                  struct arena *arena, const char **why);
struct source *csv_source_open(struct str path, const struct schema *schema, uint32_t stream,
                               struct arena *arena, const char **why);

#endif
