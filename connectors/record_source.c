/* record_source: records → batches, and what cannot be decoded → dead letters.
 *
 * A batch is handed out when it is full, when its texts take TEXT_MAX, at the end, and when there
 * are rows and the next read would have to wait: on a live pipe no event waits for those behind it.
 * An event that is too far in the future is taken back after it was decoded. The wall clock is
 * asked only when an event is ahead of what it said last.
 * A failure of the input comes after the rows before it. One empty line at the very end is nothing;
 * elsewhere an empty line is malformed, so it is held back until something follows.
 * Tests: tests/unit/connectors/test_input.c, test_csv.c
 */
#include "connectors/record_source.h"

#include <stdio.h>

#include "base/utf8.h"
#include "connectors/cell.h"
#include "connectors/future.h"

enum { TEXT_MAX = 16 << 20,
       RECORDS_MAX = 16 << 10 }; /* looked at in one call, whatever becomes of them */

static void send_letter(struct record_source *s, const struct input_record *r, const char *reason,
                        uint64_t at, bool future) {
    s->source.counters.malformed++;
    if (!s->source.dead_letter) return;
    struct str shown = {r->bytes.p, r->bytes.n < INPUT_SHOWN ? r->bytes.n : INPUT_SHOWN};
    size_t whole = utf8_valid_prefix(shown);
    if (shown.n < r->length && shown.n - whole < 4) shown.n = whole; /* the cut tore a character */
    struct dead_letter l = {.source = s->source.name,
                            .stream = s->source.schema->name,
                            .partition = s->source.partition,
                            .offset = r->line,
                            .byte = r->byte,
                            .at = at,
                            .reason = reason,
                            .bytes = shown,
                            .length = r->length,
                            .future = future};
    s->source.dead_letter(s->source.dead_letter_context, &l);
}

static void letter(struct record_source *s, const struct input_record *r, const char *reason,
                   uint64_t at) {
    send_letter(s, r, reason, at, false);
}

static void refuse_future(struct record_source *s, const struct input_record *r,
                          struct batch *batch) {
    struct buf text;
    buf_init(&text);
    future_reason(batch, &text);
    batch_take_back(batch);
    send_letter(s, r, buf_cstr(&text), 0, true);
    buf_fini(&text);
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
    } else if (!s->decode(s, r, batch, &fault)) {
        letter(s, r, fault.reason, fault.at);
    } else if (future_refuses(&s->source.future, batch)) {
        refuse_future(s, r, batch);
    } else {
        s->source.counters.events++;
    }
}

static enum source_status next(struct source *source, struct batch *batch) {
    struct record_source *s = (struct record_source *)source;
    enum input_status status = INPUT_RECORD;
    batch_reset(batch);
    batch->partition = source->partition;
    for (uint32_t i = 0; i < RECORDS_MAX && status < INPUT_WAIT && batch->n < batch->max; i++) {
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
    if (status < INPUT_END) return SOURCE_NOTHING;
    snprintf(s->why, SOURCE_WHY, "%.*s: %s", STR_FMT(source->name), input_why(s->in));
    source->why = s->why;
    return SOURCE_FAILED;
}

static void close_source(struct source *source) {
    struct record_source *s = (struct record_source *)source;
    input_close(&s->in);
    s->release(s);
}

static const char *lacks(const struct source *source, const struct schema *schema,
                         struct arena *arena) {
    const struct record_source *s = (const struct record_source *)source;
    return s->lacks ? s->lacks(s, schema, arena) : NULL;
}

static void follow(struct source *source, const struct schema *schema) {
    struct record_source *s = (struct record_source *)source;
    source->schema = schema;
    s->follow(s);
}

static const struct source_ops ops = {
    .next = next, .close = close_source, .lacks = lacks, .follow = follow};

void record_source_init(struct record_source *s, struct input *in, struct str name,
                        const struct schema *schema, uint32_t stream, struct arena *arena) {
    s->source = (struct source){.ops = &ops,
                                .schema = schema,
                                .stream = stream,
                                .name = arena_copy(arena, name),
                                .live = input_live(in),
                                .future = {.limit_ns = INT64_MIN},
                                .counters = {.total_bytes = input_total(in)}};
    s->in = in;
    s->arena = arena;
    s->why = arena_alloc(arena, SOURCE_WHY);
    s->has_blank = false;
}
