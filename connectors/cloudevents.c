/* cloudevents: an alert as a CloudEvents 1.0 event in JSON; a dead letter as a line of its own
 * kind. Written member by member in one fixed order, so that equal alerts are equal bytes.
 *
 * The subject is text, as CloudEvents wants it: of a key of one string that string, otherwise the
 * key's JSON (of several fields the array). CloudEvents forbids an empty subject: then it is
 * absent. Tests: tests/unit/connectors/test_cloudevents.c
 */
#include "connectors/cloudevents.h"

#include "base/time.h"
#include "base/utf8.h"
#include "engine/source.h"

static void name(struct buf *out, const char *before, struct str member) {
    buf_text(out, before);
    buf_json_str(out, member);
    buf_char(out, ':');
}

static void time_member(struct buf *out, const char *before, int64_t ns) {
    buf_text(out, before);
    buf_char(out, '"');
    time_format(out, ns);
    buf_char(out, '"');
}

/* The key in JSON: its value, an array, or null. */
static void key_json(struct buf *out, const struct alert *a) {
    if (a->nkey == 0) buf_text(out, "null");
    if (a->nkey > 1) buf_char(out, '[');
    for (uint32_t i = 0; i < a->nkey; i++) {
        if (i) buf_char(out, ',');
        value_json(out, a->key[i]);
    }
    if (a->nkey > 1) buf_char(out, ']');
}

static void key_text(struct buf *out, const struct alert *a) {
    if (a->nkey == 0) return;
    if (a->nkey == 1 && a->key[0].type == VALUE_STRING) {
        buf_str(out, a->key[0].s);
        return;
    }
    key_json(out, a);
    bool quoted = a->nkey == 1 && out->n >= 2 &&
                  out->p[0] == '"'; /* a time, an address: nothing escaped in it */
    if (!quoted) return;
    memmove(out->p, out->p + 1, out->n - 2);
    out->n -= 2;
}

static void emitted(struct buf *out, const struct alert *a) {
    buf_text(out, ",\"emit\":{");
    for (uint32_t i = 0; i < a->nemit; i++) {
        name(out, i ? "," : "", a->emit[i].name);
        value_json(out, a->emit[i].value);
    }
    buf_char(out, '}');
}

/* collect and distinct keep so many values and no more: names the lists that were cut. */
static void truncated(struct buf *out, const struct alert *a) {
    bool any = false;
    for (uint32_t i = 0; i < a->nemit; i++) {
        const struct value *v = &a->emit[i].value;
        if (v->type != VALUE_LIST || !v->list->truncated) continue;
        buf_text(out, any ? "," : ",\"truncated\":[");
        buf_json_str(out, a->emit[i].name);
        any = true;
    }
    if (any) buf_char(out, ']');
}

static void matched(struct buf *out, const struct alert *a) {
    buf_text(out, ",\"matched\":{");
    for (uint32_t i = 0; i < a->nmatched; i++) {
        const struct alert_variable *v = &a->matched[i];
        name(out, i ? "," : "", v->name);
        buf_char(out, '[');
        for (uint32_t j = 0; j < v->n; j++) {
            const struct alert_position *p = &v->positions[j];
            name(out, j ? ",{" : "{", STR("stream"));
            buf_json_str(out, a->program->streams[p->stream].name);
            if (p->id.n) {
                buf_text(out, ",\"id\":");
                buf_json_str(out, p->id);
            } else {
                buf_text(out, ",\"partition\":");
                buf_json_int(out, p->partition);
                buf_text(out, ",\"offset\":");
                buf_json_int(out, (int64_t)p->offset);
            }
            buf_char(out, '}');
        }
        buf_char(out, ']');
    }
    buf_char(out, '}');
}

static void attached(struct buf *out, const struct alert *a) {
    buf_text(out, ",\"attached\":{");
    for (uint32_t i = 0; i < a->nattached; i++) {
        const struct alert_attached *v = &a->attached[i];
        name(out, i ? "," : "", v->name);
        buf_char(out, '[');
        for (uint32_t j = 0; j < v->n; j++) {
            const struct value *event = v->values + (size_t)j * v->stream->nfields;
            for (uint32_t f = 0; f < v->stream->nfields; f++) {
                name(out, f ? "," : j ? ",{" : "{", v->stream->fields[f].name);
                value_json(out, event[f]);
            }
            buf_char(out, '}');
        }
        buf_char(out, ']');
    }
    buf_char(out, '}');
}

static struct str severity_of(const struct alert *a) {
    return a->severity.n ? a->severity : a->rule->severity;
}

static void data(struct buf *out, const struct alert *a) {
    const struct program_rule *r = a->rule;
    buf_text(out, "\"data\":{\"rule\":");
    buf_json_str(out, r->name);
    buf_text(out, ",\"version\":");
    buf_json_int(out, r->version);
    buf_text(out, ",\"severity\":");
    buf_json_str(out, severity_of(a));
    if (a->scored) {
        buf_text(out, ",\"score\":");
        value_json(out, a->score);
    }
    buf_text(out, ",\"tags\":[");
    for (uint32_t i = 0; i < r->ntags; i++) {
        if (i) buf_char(out, ',');
        buf_json_str(out, r->tags[i]);
    }
    buf_text(out, "],\"key\":");
    key_json(out, a);
    time_member(out, ",\"start\":", a->start_ns);
    time_member(out, ",\"end\":", a->end_ns);
    if (a->resolved) time_member(out, ",\"resolved\":", a->resolved_ns);
    emitted(out, a);
    truncated(out, a);
    matched(out, a);
    if (!a->resolved) {
        buf_text(out, ",\"suppressed\":");
        buf_json_int(out, (int64_t)a->suppressed);
    }
    if (a->nattached) attached(out, a);
    if (r->output == OUTPUT_SHADOW) buf_text(out, ",\"shadow\":true");
    buf_char(out, '}');
}

void cloudevents_encode(const struct alert *alert, struct buf *payload, struct buf *key,
                        struct buf *id, struct sink_message *message) {
    char hex[33];
    hash128_hex(alert->id, hex);
    buf_reset(payload);
    buf_reset(key);
    buf_reset(id);
    buf_text(id, hex);
    key_text(key, alert);
    buf_text(payload, "{\"specversion\":\"1.0\",\"id\":\"");
    buf_text(payload, hex);
    buf_printf(payload, "\",\"source\":\"omen\",\"type\":\"omen.%s\",",
               alert->resolved    ? "resolved"
               : alert->timed_out ? "timeout"
                                  : "alert");
    if (key->n) {
        buf_text(payload, "\"subject\":");
        buf_json_str(payload, buf_view(key));
        buf_char(payload, ',');
    }
    time_member(payload, "\"time\":", alert->resolved ? alert->resolved_ns : alert->end_ns);
    buf_char(payload, ',');
    data(payload, alert);
    buf_char(payload, '}');
    *message = (struct sink_message){.rule = alert->rule->name,
                                     .severity = severity_of(alert),
                                     .key = buf_view(key),
                                     .id = buf_view(id),
                                     .type = alert->timed_out ? STR("omen.timeout")
                                                              : STR("omen.alert"),
                                     .time_ns = alert->end_ns,
                                     .payload = buf_view(payload)};
}

/* ---- dead letters ---------------------------------------------------------------------------- */

static void base64(struct buf *out, struct str s) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        uint32_t left = (uint32_t)(s.n - i < 3 ? s.n - i : 3), bits = 0;
        for (uint32_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < left ? (unsigned char)s.p[i + j] : 0);
        for (uint32_t j = 0; j < 4; j++)
            buf_char(out, j <= left ? letters[bits >> (18 - 6 * j) & 63] : '=');
    }
}

void dead_letter_encode(const struct dead_letter *letter, struct buf *payload) {
    bool text = utf8_valid_prefix(letter->bytes) == letter->bytes.n;
    buf_reset(payload);
    buf_text(payload, "{\"source\":");
    buf_json_str(payload, letter->source);
    buf_text(payload, ",\"stream\":");
    buf_json_str(payload, letter->stream);
    buf_printf(payload, ",\"partition\":%u,\"offset\":%llu", letter->partition,
               (unsigned long long)letter->offset);
    if (!letter->message) buf_printf(payload, ",\"byte\":%llu", (unsigned long long)letter->byte);
    buf_printf(payload, ",\"at\":%llu,\"reason\":", (unsigned long long)letter->at);
    buf_json_str(payload, str_of(letter->reason));
    buf_printf(payload, ",\"length\":%llu,\"%s\":", (unsigned long long)letter->length,
               text ? "text" : "base64");
    if (text) {
        buf_json_str(payload, letter->bytes);
    } else {
        buf_char(payload, '"');
        base64(payload, letter->bytes);
        buf_char(payload, '"');
    }
    buf_char(payload, '}');
}
