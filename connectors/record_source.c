/* record_source: records → batches, and what cannot be decoded → dead letters.
 *
 * A batch is handed out when it is full, when its texts take TEXT_MAX, at the end, and when there
 * are rows and the next read would have to wait: on a live pipe no event waits for those behind it.
 * A failure of the input comes after the rows before it. One empty line at the very end is nothing;
 * elsewhere an empty line is malformed, so it is held back until something follows.
 * Tests: tests/unit/connectors/test_input.c, test_csv.c
 */
#include "connectors/record_source.h"

#include "base/utf8.h"
#include "connectors/cell.h"

enum { TEXT_MAX = 16 << 20 };

static void letter(struct record_source *s, const struct input_record *r, const char *reason,
                   uint64_t at) {
    s->source.counters.malformed++;
    if (!s->source.dead_letter) return;
    struct str shown = {r->bytes.p, r->bytes.n < INPUT_SHOWN ? r->bytes.n : INPUT_SHOWN};
    size_t whole = utf8_valid_prefix(shown);
    if (shown.n < r->length && shown.n - whole < 4) shown.n = whole; /* the cut tore a character */
    struct dead_letter l = {.source = s->source.name,
                            .stream = s->source.schema->name,
                            .offset = r->line,
                            .byte = r->byte,
                            .at = at,
                            .reason = reason,
                            .bytes = shown,
                            .length = r->length};
    s->source.dead_letter(s->source.dead_letter_context, &l);
}

static void flush_blank(struct record_source *s) {
    if (!s->has_blank) return;
    s->has_blank = false;
    letter(s, &s->blank, "empty line", 0);
}

static void record(struct record_source *s, const struct input_record *r, struct batch *batch) {
    struct decode_fault fault;
    flush_blank(s);
    if (r->length == 0) {
        s->has_blank = true;
        s->blank = *r;
        s->blank.bytes = (struct str){"", 0};
    } else if (s->decode(s, r, batch, &fault)) {
        s->source.counters.events++;
    } else {
        letter(s, r, fault.reason, fault.at);
    }
}

static enum source_status next(struct source *source, struct batch *batch) {
    struct record_source *s = (struct record_source *)source;
    enum input_status status = INPUT_RECORD;
    batch_reset(batch);
    while (status < INPUT_WAIT && batch->n < batch->max) {
        struct input_record r;
        if (batch->text.used > TEXT_MAX) {
            if (batch->n) break;
            batch_reset(batch); /* of events that were malformed */
        }
        status = input_next(s->in, batch->n == 0, &r);
        if (status == INPUT_RECORD) {
            record(s, &r, batch);
        } else if (status < INPUT_WAIT) {
            flush_blank(s);
            letter(s, &r, status == INPUT_TOO_LONG ? "longer than 1 MiB" : s->unclosed, 0);
        }
    }
    source->counters.bytes = input_bytes(s->in);
    if (batch->n) return SOURCE_BATCH;
    if (status == INPUT_END) return SOURCE_END;
    source->why = arena_printf(s->arena, "%.*s: %s", STR_FMT(source->name), input_why(s->in));
    return SOURCE_FAILED;
}

static void close_source(struct source *source) {
    struct record_source *s = (struct record_source *)source;
    input_close(&s->in);
    s->release(s);
}

static const struct source_ops ops = {next, close_source};

void record_source_init(struct record_source *s, struct input *in, struct str name,
                        const struct schema *schema, uint32_t stream, struct arena *arena) {
    s->source = (struct source){.ops = &ops,
                                .schema = schema,
                                .stream = stream,
                                .name = arena_copy(arena, name),
                                .counters = {.total_bytes = input_total(in)}};
    s->in = in;
    s->arena = arena;
    s->has_blank = false;
}
