/* message_source: see message_source.h. The bytes are copied once, into the batch, where the row's
 * texts point into them. */
#include "connectors/message_source.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "connectors/future.h"

enum { SHOWN = 64 << 10 };

void message_source_init(struct message_source *s, const struct source_ops *ops, struct str name,
                         const struct schema *schema, uint32_t stream) {
    s->source = (struct source){.ops = ops,
                                .schema = schema,
                                .stream = stream,
                                .name = name,
                                .live = true,
                                .future = {.limit_ns = INT64_MIN}};
    s->decoder = json_decoder_new(schema);
}

void message_source_fini(struct message_source *s) { json_decoder_free(&s->decoder); }

void message_source_follow(struct source *source, const struct schema *schema) {
    struct message_source *s = (struct message_source *)source;
    json_decoder_free(&s->decoder);
    s->decoder = json_decoder_new(schema);
    source->schema = schema;
}

struct dead_letter message_letter(const struct message *m, struct str source, struct str stream,
                                  const char *reason) {
    struct str shown = {m->bytes ? m->bytes : "", m->n < SHOWN ? m->n : SHOWN};
    size_t whole = utf8_valid_prefix(shown);
    if (shown.n < m->n && shown.n - whole < 4) shown.n = whole; /* the cut tore a character */
    return (struct dead_letter){.source = source,
                                .stream = stream,
                                .partition = m->partition,
                                .offset = m->offset,
                                .reason = reason,
                                .bytes = shown,
                                .length = m->n,
                                .message = true};
}

static void letter(struct message_source *s, const struct message *m, const char *reason,
                   uint64_t at, bool future) {
    s->source.counters.malformed++;
    if (!s->source.dead_letter) return;
    struct dead_letter l = message_letter(m, s->source.name, s->source.schema->name, reason);
    l.at = at;
    l.future = future;
    s->source.dead_letter(s->source.dead_letter_context, &l);
}

void message_decode(struct message_source *s, const struct message *m, struct batch *batch) {
    struct decode_fault fault;
    s->source.counters.bytes += m->n;
    if (!m->bytes || m->n == 0) {
        letter(s, m, m->bytes ? "empty message" : "tombstone: a message without a value", 0, false);
        return;
    }
    if (m->n > MESSAGE_MOST) {
        letter(s, m, "longer than 1 MiB", 0, false);
        return;
    }
    char *copy = arena_alloc(&batch->text, m->n + DECODER_PADDING);
    memcpy(copy, m->bytes, m->n);
    if (!json_decode(s->decoder, (struct str){copy, m->n}, true, batch, m->offset, &fault)) {
        letter(s, m, fault.reason, fault.at, false);
    } else if (future_refuses(&s->source.future, batch)) {
        struct buf text;
        buf_init(&text);
        future_reason(batch, &text);
        batch_take_back(batch);
        letter(s, m, buf_cstr(&text), 0, true);
        buf_fini(&text);
    } else {
        s->source.counters.events++;
    }
}
