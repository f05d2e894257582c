/* summary: see summary.h. Rows are gathered first, since the widest decides where the numbers
 * stand.
 * Tests: tests/cli/replay.t, terminal.t
 */
#include "cli/summary.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/time.h"
#include "base/utf8.h"

static void grouped(struct buf *out, uint64_t n) {
    char digits[24];
    int count = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < count; i++) {
        if (i && (count - i) % 3 == 0) buf_char(out, ',');
        buf_char(out, digits[i]);
    }
}

static uint64_t per_second(uint64_t n, int64_t ns) {
    return ns > 0 ? (uint64_t)((double)n * NS_PER_S / (double)ns) : 0;
}

/* ---- the table ------------------------------------------------------------------------------- */

struct table {
    struct buf *out; /* NULL: the widths are being measured */
    size_t label, number;
};

static size_t widest(size_t a, size_t b) { return a > b ? a : b; }

/* A row up to its number; a note may follow, then row_end. */
static void row(struct table *t, size_t indent, struct str label, uint64_t n) {
    struct buf number;
    buf_init(&number);
    grouped(&number, n);
    size_t width = indent + utf8_length(label);
    if (!t->out) {
        t->label = widest(t->label, width);
        t->number = widest(t->number, number.n);
    } else {
        buf_pad(t->out, ' ', indent);
        buf_str(t->out, label);
        buf_pad(t->out, ' ', t->label - width + 2 + t->number - number.n);
        buf_str(t->out, buf_view(&number));
    }
    buf_fini(&number);
}

__attribute__((format(printf, 2, 3))) static void note(struct table *t, const char *fmt, ...) {
    va_list ap;
    if (!t->out) return;
    va_start(ap, fmt);
    buf_vprintf(t->out, fmt, ap);
    va_end(ap);
}

static void kept(struct table *t, uint64_t n, const char *to, const char *option) {
    if (n && to) note(t, "  in %s", strcmp(to, "-") == 0 ? "standard output" : to);
    if (n && !to) note(t, "  not kept; %s SINK keeps them", option);
    note(t, "\n");
}

static void speed(struct table *t, const struct totals *s) {
    if (!t->out) return;
    note(t, "  in %.2f s, ", (double)s->elapsed_ns / NS_PER_S);
    grouped(t->out, per_second(s->events, s->elapsed_ns));
    note(t, " a second\n");
}

/* Rows for the rules of one kind. */
static void rule_rows(struct table *t, const struct totals *s, enum rule_output output) {
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        if (s->program->rules[i].output != output) continue;
        row(t, 2, s->program->rules[i].name, s->by_rule[i]);
        note(t, "\n");
    }
}

static void suppressed_rows(struct table *t, const struct totals *s) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < s->program->nrules; i++) all += workers_suppressed(s->workers, i);
    if (!all) return;
    row(t, 0, STR("suppressed"), all);
    note(t, "\n");
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        if (!workers_suppressed(s->workers, i)) continue;
        row(t, 2, s->program->rules[i].name, workers_suppressed(s->workers, i));
        note(t, "\n");
    }
}

static uint32_t excepts_of(const struct program_rule *r) { return r->says ? r->says->nexcepts : 0; }

static uint64_t all_excepted(const struct totals *s) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < s->program->nrules; i++)
        for (uint32_t k = 0; k < excepts_of(&s->program->rules[i]); k++)
            all += workers_excepted(s->workers, i, k);
    return all;
}

static void excepted_rows(struct table *t, const struct totals *s) {
    if (!all_excepted(s)) return;
    row(t, 0, STR("excepted"), all_excepted(s));
    note(t, "\n");
    struct buf label;
    buf_init(&label);
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        const struct program_rule *r = &s->program->rules[i];
        for (uint32_t k = 0; k < excepts_of(r); k++) {
            if (!workers_excepted(s->workers, i, k)) continue;
            buf_reset(&label);
            buf_printf(&label, "%.*s: %.*s", STR_FMT(r->name), STR_FMT(r->says->excepts[k].name));
            row(t, 2, buf_view(&label), workers_excepted(s->workers, i, k));
            note(t, "\n");
        }
    }
    buf_fini(&label);
}

static bool has_resolve(const struct totals *s) {
    for (uint32_t i = 0; i < s->program->nrules; i++)
        if (s->program->rules[i].resolve) return true;
    return false;
}

static struct resolve_counters all_resolved(const struct totals *s) {
    struct resolve_counters all = {0};
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        struct resolve_counters c = workers_resolved(s->workers, i);
        all.resolved += c.resolved;
        all.open += c.open;
        all.dropped += c.dropped;
        all.forgotten += c.forgotten;
    }
    return all;
}

/* Alerts that close: how many did, and what became of the others. */
static void resolved_rows(struct table *t, const struct totals *s) {
    if (!has_resolve(s)) return;
    struct resolve_counters all = all_resolved(s);
    row(t, 0, STR("resolved"), all.resolved);
    note(t, "\n");
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        if (!s->program->rules[i].resolve) continue;
        row(t, 2, s->program->rules[i].name, workers_resolved(s->workers, i).resolved);
        note(t, "\n");
    }
    row(t, 0, STR("still open"), all.open);
    note(t, "\n");
    if (all.dropped) {
        row(t, 0, STR("left open"), all.dropped);
        note(t, "  at the limit of open alerts for a key\n");
    }
    if (all.forgotten) {
        row(t, 0, STR("forgotten open"), all.forgotten);
        note(t, "  with their key\n");
    }
}

static bool has(const struct totals *s, enum rule_output output) {
    for (uint32_t i = 0; i < s->program->nrules; i++)
        if (s->program->rules[i].output == output) return true;
    return false;
}

/* What matched and was not sent. */
static void unsent_rows(struct table *t, const struct totals *s) {
    suppressed_rows(t, s);
    excepted_rows(t, s);
    if (has(s, OUTPUT_SHADOW)) {
        row(t, 0, STR("shadow"), s->shadow);
        kept(t, s->shadow, s->shadow_to, "--shadow");
        rule_rows(t, s, OUTPUT_SHADOW);
    }
    if (!has(s, OUTPUT_SIGNAL)) return;
    row(t, 0, STR("signals"), s->signals);
    note(t, "\n");
    rule_rows(t, s, OUTPUT_SIGNAL);
}

/* What of a sink's messages is shown, in this order. */
enum sink_number { SINK_DROPPED, SINK_LOST, SINK_WAITING };
static const char *const sink_words[] = {"dropped", "lost", "waiting"};

static uint64_t sink_number(const struct output *o, enum sink_number which) {
    const struct sink *s = o->sink;
    if (which == SINK_WAITING) return sink_waiting(s);
    return which == SINK_DROPPED ? s->dropped : s->lost;
}

static void sink_rows(struct table *t, const struct totals *s) {
    for (enum sink_number which = SINK_DROPPED; which <= SINK_WAITING; which++) {
        uint64_t all = 0;
        for (uint32_t i = 0; i < s->outputs->nall; i++)
            all += sink_number(s->outputs->all[i], which);
        if (!all) continue;
        row(t, 0, str_of(sink_words[which]), all);
        note(t, "\n");
        for (uint32_t i = 0; i < s->outputs->nall; i++) {
            uint64_t n = sink_number(s->outputs->all[i], which);
            if (!n) continue;
            row(t, 2, str_of(s->outputs->all[i]->where), n);
            note(t, "\n");
        }
    }
}

static void row_if_any(struct table *t, const char *label, uint64_t n, const char *unit) {
    if (!n) return;
    row(t, 0, str_of(label), n);
    note(t, "%s\n", unit);
}

static void times(struct table *t, const char *what, uint64_t n) {
    if (n) note(t, "; %s %" PRIu64 " time%s", what, n, n == 1 ? "" : "s");
}

static void table_rows_of(struct table *t, const struct totals *s) {
    struct buf label;
    buf_init(&label);
    for (uint32_t i = 0; i < s->tables->n; i++) {
        const struct bound_table *b = &s->tables->v[i];
        if (!b->now) continue;
        buf_reset(&label);
        buf_printf(&label, "table %.*s", STR_FMT(b->name));
        row(t, 0, buf_view(&label), table_rows(b->now));
        note(t, "  row%s", table_rows(b->now) == 1 ? "" : "s");
        times(t, "read again", b->renewed);
        times(t, "not taken", b->refused);
        note(t, "\n");
    }
    buf_fini(&label);
}

static void rows(struct table *t, const struct totals *s, bool now) {
    row(t, 0, STR("events"), s->events);
    speed(t, s);
    row(t, 0, STR("alerts"), s->alerts);
    note(t, "\n");
    rule_rows(t, s, OUTPUT_LIVE);
    resolved_rows(t, s);
    unsent_rows(t, s);
    row(t, 0, STR("malformed"), s->malformed);
    kept(t, s->malformed, s->dead_to, "--dead-letter");
    if (s->malformed) note(t, "  the first: %s\n", s->first_malformed);
    row(t, 0, STR("late"), s->late);
    kept(t, s->late, s->late_to, "--late");
    row(t, 0, STR("null keys"), s->null_keys);
    note(t, "\n");
    if (s->unfed) {
        row(t, 0, STR("fed no rule"), s->unfed);
        note(t, "  too many alerts of a rule at one time\n");
    }
    if (s->runs_dropped) {
        row(t, 0, STR("runs dropped"), s->runs_dropped);
        note(t, "  at the limit of runs for a key\n");
    }
    if (s->left_out) {
        row(t, 0, STR("values left out"), s->left_out);
        note(t, "  at the limit of values for a window\n");
    }
    if (s->regex_bound) {
        row(t, 0, STR("regex given up"), s->regex_bound);
        note(t, "  at the work bound: taken as null\n");
    }
    sink_rows(t, s);
    row_if_any(t, "rebalances", s->rebalances, "");
    row_if_any(t, "repeated", s->repeated, "  messages that came again and were passed over");
    table_rows_of(t, s);
    row_if_any(t, "reloads", s->reloads, "");
    row_if_any(t, "reloads refused", s->failed_reloads, "");
    if (!now) return;
    row_if_any(t, "lag", s->lag, "  messages not read yet");
    row_if_any(t, "not heard of", s->unheard, "  partitions: their lag is not known yet");
    row_if_any(t, "held back", s->held, "  events read, until their time has come");
    row(t, 0, STR("keys"), s->keys);
    note(t, "\n");
    row(t, 0, STR("runs"), s->runs);
    note(t, "\n");
    row(t, 0, STR("memory"), s->memory >> 10);
    note(t, "  KiB\n");
}

void summary_text(const struct totals *s, bool now, struct buf *out) {
    struct table t = {0};
    rows(&t, s, now);
    t.out = out;
    rows(&t, s, now);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void json_place(struct buf *out, const char *name, const char *to) {
    buf_printf(out, ",\"%s\":", name);
    if (to) buf_json_str(out, str_of(to));
    else buf_text(out, "null");
}

static void json_number(struct buf *out, const char *name, uint64_t n) {
    buf_printf(out, ",\"%s\":%" PRIu64, name, n);
}

/* {"rule":{"exception":n}}: rules that have exceptions. */
static void json_excepted(struct buf *out, const struct totals *s) {
    bool any = false;
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        const struct program_rule *r = &s->program->rules[i];
        if (!excepts_of(r)) continue;
        buf_text(out, any ? "," : ",\"excepted\":{");
        any = true;
        buf_json_str(out, r->name);
        for (uint32_t k = 0; k < r->says->nexcepts; k++) {
            buf_text(out, k ? "," : ":{");
            buf_json_str(out, r->says->excepts[k].name);
            buf_printf(out, ":%" PRIu64, workers_excepted(s->workers, i, k));
        }
        buf_char(out, '}');
    }
    if (any) buf_char(out, '}');
}

/* What matched and was not sent, where a rule has such a clause. */
static void json_unsent(struct buf *out, const struct totals *s) {
    bool any = false;
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        const struct program_rule *r = &s->program->rules[i];
        if (!r->says || !r->says->once_ns) continue;
        buf_text(out, any ? "," : ",\"suppressed\":{");
        any = true;
        buf_json_str(out, r->name);
        buf_printf(out, ":%" PRIu64, workers_suppressed(s->workers, i));
    }
    if (any) buf_char(out, '}');
    json_excepted(out, s);
    if (has(s, OUTPUT_SHADOW)) {
        json_number(out, "shadow", s->shadow);
        json_place(out, "shadow_sink", s->shadow_to);
    }
    if (has(s, OUTPUT_SIGNAL)) json_number(out, "signals", s->signals);
    if (s->program->nfeeds) json_number(out, "fed_no_rule", s->unfed);
}

/* Where a sink has something to tell. */
static void json_sinks(struct buf *out, const struct totals *s) {
    bool any = false;
    for (uint32_t i = 0; i < s->outputs->nall; i++) {
        const struct output *o = s->outputs->all[i];
        uint64_t told = 0;
        for (enum sink_number n = SINK_DROPPED; n <= SINK_WAITING; n++) told += sink_number(o, n);
        if (!told) continue;
        buf_text(out, any ? ",{\"sink\":" : ",\"sinks\":[{\"sink\":");
        any = true;
        buf_json_str(out, str_of(o->where));
        json_number(out, "written", o->sink->written);
        for (enum sink_number n = SINK_DROPPED; n <= SINK_WAITING; n++)
            json_number(out, sink_words[n], sink_number(o, n));
        buf_char(out, '}');
    }
    if (any) buf_char(out, ']');
}

static void json_tables(struct buf *out, const struct totals *s) {
    bool any = false;
    for (uint32_t i = 0; i < s->tables->n; i++) {
        const struct bound_table *b = &s->tables->v[i];
        if (!b->now) continue;
        buf_text(out, any ? "," : ",\"tables\":{");
        any = true;
        buf_json_str(out, b->name);
        buf_printf(out, ":{\"rows\":%u", table_rows(b->now));
        json_number(out, "bytes", table_bytes(b->now));
        json_number(out, "read_again", b->renewed);
        json_number(out, "not_taken", b->refused);
        buf_char(out, '}');
    }
    if (any) buf_char(out, '}');
}

static void json_resolved(struct buf *out, const struct totals *s) {
    if (!has_resolve(s)) return;
    bool any = false;
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        if (!s->program->rules[i].resolve) continue;
        buf_text(out, any ? "," : ",\"resolved\":{");
        any = true;
        buf_json_str(out, s->program->rules[i].name);
        buf_printf(out, ":%" PRIu64, workers_resolved(s->workers, i).resolved);
    }
    buf_char(out, '}');
    struct resolve_counters all = all_resolved(s);
    json_number(out, "still_open", all.open);
    json_number(out, "left_open", all.dropped);
    json_number(out, "forgotten_open", all.forgotten);
}

/* A log line like any other, with members of its own behind. */
void summary_json(const struct totals *s, bool now, struct buf *out) {
    buf_text(out, "{\"time\":\"");
    time_format(out, time_wall_ns());
    buf_printf(out, "\",\"level\":\"info\",\"message\":\"%s\"", now ? "counters" : "summary");
    buf_printf(out, ",\"seconds\":%.3f", (double)s->elapsed_ns / NS_PER_S);
    json_number(out, "events", s->events);
    json_number(out, "events_per_second", per_second(s->events, s->elapsed_ns));
    json_number(out, "alerts", s->alerts);
    buf_text(out, ",\"alerts_by_rule\":{");
    for (uint32_t i = 0; i < s->program->nrules; i++) {
        if (i) buf_char(out, ',');
        buf_json_str(out, s->program->rules[i].name);
        buf_printf(out, ":%" PRIu64, s->by_rule[i]);
    }
    buf_char(out, '}');
    json_resolved(out, s);
    json_unsent(out, s);
    json_number(out, "malformed", s->malformed);
    json_place(out, "dead_letter", s->dead_to);
    json_place(out, "first_malformed", s->malformed ? s->first_malformed : NULL);
    json_number(out, "late", s->late);
    json_place(out, "late_sink", s->late_to);
    json_number(out, "null_keys", s->null_keys);
    json_number(out, "runs_dropped", s->runs_dropped);
    json_number(out, "regex_given_up", s->regex_bound);
    if (s->left_out) json_number(out, "window_values_left_out", s->left_out);
    json_tables(out, s);
    json_number(out, "bytes_read", s->bytes);
    json_sinks(out, s);
    if (s->rebalances) json_number(out, "rebalances", s->rebalances);
    if (s->repeated) json_number(out, "repeated", s->repeated);
    if (now && s->held) json_number(out, "held_back", s->held);
    if (s->reloads) json_number(out, "reloads", s->reloads);
    if (s->failed_reloads) json_number(out, "reloads_refused", s->failed_reloads);
    if (now && s->lag) json_number(out, "lag", s->lag);
    if (now && s->unheard) json_number(out, "partitions_not_heard_of", s->unheard);
    if (now) {
        json_number(out, "keys", s->keys);
        json_number(out, "runs", s->runs);
        json_number(out, "memory_bytes", s->memory);
    }
    buf_text(out, "}\n");
}

/* ---- progress -------------------------------------------------------------------------------- */

void summary_progress(const struct totals *s, uint64_t events, int64_t ns, struct buf *out) {
    grouped(out, s->events);
    buf_text(out, " events, ");
    grouped(out, per_second(events, ns));
    buf_text(out, " a second, ");
    if (s->total_bytes)
        buf_printf(out, "%d %%, ", (int)((double)s->bytes * 100 / (double)s->total_bytes));
    grouped(out, s->alerts);
    buf_printf(out, " alert%s", s->alerts == 1 ? "" : "s");
}
