/* metrics: see metrics.h. */
#include "cli/metrics.h"

#include <inttypes.h>

#include "base/time.h"
#include "cli/command.h"

enum metric {
#define METRIC(name, type, unit, help) METRIC_##name,
#include "cli/metrics.def"
#undef METRIC
    METRICS
};

static const struct {
    const char *name, *type, *unit, *help;
} table[METRICS] = {
#define METRIC(name, type, unit, help) [METRIC_##name] = {"omen_" #name, #type, unit, help},
#include "cli/metrics.def"
#undef METRIC
};

static void head(struct buf *out, enum metric m) {
    buf_printf(out, "# TYPE %s %s\n", table[m].name, table[m].type);
    if (*table[m].unit) buf_printf(out, "# UNIT %s %s\n", table[m].name, table[m].unit);
    buf_printf(out, "# HELP %s %s\n", table[m].name, table[m].help);
}

static void name(struct buf *out, enum metric m) {
    buf_text(out, table[m].name);
    if (table[m].type[0] == 'c') buf_text(out, "_total");
}

/* `text` quoted as a label's value. */
static void label(struct buf *out, const char *before, struct str text) {
    buf_text(out, before);
    buf_text(out, "=\"");
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '\n') buf_text(out, "\\n");
        else if (c == '"' || c == '\\') buf_char(out, '\\'), buf_char(out, c);
        else buf_char(out, c);
    }
    buf_char(out, '"');
}

static void number(struct buf *out, uint64_t value) { buf_printf(out, " %" PRIu64 "\n", value); }

static void seconds(struct buf *out, int64_t ns) {
    buf_char(out, ' ');
    buf_json_decimal(out, ns / NS_PER_MS, 3);
    buf_char(out, '\n');
}

static void plain(struct buf *out, enum metric m, uint64_t value) {
    head(out, m);
    name(out, m);
    number(out, value);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void by_rule(struct buf *out, enum metric m, const struct totals *t,
                    uint64_t (*value)(const struct totals *t, uint32_t rule)) {
    head(out, m);
    for (uint32_t i = 0; i < t->program->nrules; i++) {
        name(out, m);
        label(out, "{rule", t->program->rules[i].name);
        buf_char(out, '}');
        number(out, value(t, i));
    }
}

static uint64_t alerts_of(const struct totals *t, uint32_t rule) { return t->by_rule[rule]; }
static uint64_t suppressed_of(const struct totals *t, uint32_t rule) {
    return workers_suppressed(t->workers, rule);
}

static void excepted(struct buf *out, const struct totals *t) {
    head(out, METRIC_excepted);
    for (uint32_t i = 0; i < t->program->nrules; i++) {
        const struct program_rule *r = &t->program->rules[i];
        for (uint32_t k = 0; r->says && k < r->says->nexcepts; k++) {
            name(out, METRIC_excepted);
            label(out, "{rule", r->name);
            label(out, ",exception", r->says->excepts[k].name);
            buf_char(out, '}');
            number(out, workers_excepted(t->workers, i, k));
        }
    }
}

/* ---- sources and partitions ------------------------------------------------------------------ */

static void by_source(struct buf *out, enum metric m, const struct inputs *in,
                      uint64_t (*value)(const struct source_counters *seen)) {
    head(out, m);
    for (uint32_t i = 0; i < in->n; i++) {
        name(out, m);
        label(out, "{stream", in->program->streams[in->v[i].source->stream].name);
        label(out, ",source", in->v[i].source->name);
        buf_char(out, '}');
        number(out, value(&in->v[i].seen));
    }
}

static uint64_t events_of(const struct source_counters *c) { return c->events; }
static uint64_t malformed_of(const struct source_counters *c) { return c->malformed; }
static uint64_t bytes_of(const struct source_counters *c) { return c->bytes; }
static uint64_t lag_of(const struct source_counters *c) { return c->lag; }
static uint64_t unheard_of(const struct source_counters *c) { return c->unheard; }
static uint64_t away_of(const struct source_counters *c) { return c->away; }
static uint64_t rebalances_of(const struct source_counters *c) { return c->rebalances; }

static void partition(struct buf *out, enum metric m, const struct inputs *in,
                      const struct watermark *w) {
    name(out, m);
    label(out, "{stream", in->program->streams[w->lane >> 32].name);
    buf_printf(out, ",partition=\"%u\"}", (uint32_t)w->lane);
}

static void partitions(struct buf *out, const struct inputs *in) {
    static const enum metric metrics[] = {METRIC_watermark_seconds, METRIC_event_time_seconds,
                                          METRIC_idle, METRIC_holds_time_back};
    const struct watermarks *all = merge_marks(in->merge);
    for (size_t k = 0; k < sizeof metrics / sizeof *metrics; k++) {
        enum metric m = metrics[k];
        head(out, m);
        for (uint32_t i = 0; i < all->n; i++) {
            const struct watermark *w = all->v[i];
            bool time = m == METRIC_watermark_seconds || m == METRIC_event_time_seconds;
            int64_t ns = m == METRIC_watermark_seconds ? w->at_ns : w->highest_ns;
            if (time && ns == INT64_MIN) continue; /* nothing has come yet */
            partition(out, m, in, w);
            if (time) seconds(out, ns);
            else number(out, m == METRIC_idle ? w->idle : all->holds == w);
        }
    }
}

static void by_lane(struct buf *out, enum metric m, const struct inputs *in,
                    uint64_t (*value)(const struct lane_state *lane)) {
    head(out, m);
    for (uint32_t i = 0; i < merge_lanes(in->merge); i++) {
        struct lane_state lane;
        merge_lane_state(in->merge, i, &lane);
        partition(out, m, in, &lane.mark);
        number(out, value(&lane));
    }
}

static uint64_t repeated_of(const struct lane_state *lane) { return lane->repeated; }
static uint64_t held_back_of(const struct lane_state *lane) { return lane->waiting; }

/* ---- sinks ----------------------------------------------------------------------------------- */

static void by_sink(struct buf *out, enum metric m, const struct outputs *o,
                    uint64_t (*value)(const struct sink *s)) {
    head(out, m);
    for (uint32_t i = 0; i < o->nalerts; i++) {
        name(out, m);
        label(out, "{sink", o->alerts[i].sink->name);
        buf_char(out, '}');
        number(out, value(o->alerts[i].sink));
    }
}

static uint64_t taken_of(const struct sink *s) { return s->taken; }
static uint64_t written_of(const struct sink *s) { return s->written; }
static uint64_t dropped_of(const struct sink *s) { return s->dropped; }

/* ---- tables, reloads ------------------------------------------------------------------------- */

static void by_table(struct buf *out, enum metric m, const struct tables *t,
                     uint64_t (*value)(const struct bound_table *b)) {
    head(out, m);
    for (uint32_t i = 0; i < t->n; i++) {
        name(out, m);
        label(out, "{table", t->v[i].name);
        buf_char(out, '}');
        number(out, value(&t->v[i]));
    }
}

static uint64_t rows_of(const struct bound_table *b) { return b->now ? table_rows(b->now) : 0; }
static uint64_t renewed_of(const struct bound_table *b) { return b->renewed; }
static uint64_t refused_of(const struct bound_table *b) { return b->refused; }

static void reloads(struct buf *out, const struct measured *m) {
    head(out, METRIC_reloads);
    name(out, METRIC_reloads);
    buf_text(out, "{result=\"done\"}");
    number(out, m->totals->reloads);
    name(out, METRIC_reloads);
    buf_text(out, "{result=\"refused\"}");
    number(out, m->totals->failed_reloads);
}

void metrics_text(const struct measured *m, struct buf *out) {
    const struct totals *t = m->totals;
    buf_text(out, "# TYPE omen info\n# HELP omen The version that runs\nomen_info{version=\""
                  OMEN_VERSION "\"} 1\n");
    plain(out, METRIC_events, t->events);
    by_rule(out, METRIC_alerts, t, alerts_of);
    by_rule(out, METRIC_suppressed, t, suppressed_of);
    excepted(out, t);
    plain(out, METRIC_malformed, t->malformed);
    plain(out, METRIC_late, t->late);
    plain(out, METRIC_null_keys, t->null_keys);
    plain(out, METRIC_runs_dropped, t->runs_dropped);
    plain(out, METRIC_regex_given_up, t->regex_bound);
    plain(out, METRIC_window_values_left_out, t->left_out);
    plain(out, METRIC_unfed_alerts, t->unfed);
    plain(out, METRIC_keys, t->keys);
    plain(out, METRIC_runs, t->runs);
    plain(out, METRIC_state_bytes, t->memory);
    by_source(out, METRIC_source_events, m->inputs, events_of);
    by_source(out, METRIC_source_malformed, m->inputs, malformed_of);
    by_source(out, METRIC_source_read_bytes, m->inputs, bytes_of);
    by_source(out, METRIC_source_lag, m->inputs, lag_of);
    by_source(out, METRIC_source_unheard_partitions, m->inputs, unheard_of);
    by_source(out, METRIC_source_away, m->inputs, away_of);
    by_source(out, METRIC_source_rebalances, m->inputs, rebalances_of);
    by_lane(out, METRIC_repeated, m->inputs, repeated_of);
    by_lane(out, METRIC_held_back, m->inputs, held_back_of);
    partitions(out, m->inputs);
    by_sink(out, METRIC_sink_taken, m->outputs, taken_of);
    by_sink(out, METRIC_sink_written, m->outputs, written_of);
    by_sink(out, METRIC_sink_dropped, m->outputs, dropped_of);
    by_sink(out, METRIC_sink_waiting, m->outputs, sink_waiting);
    by_table(out, METRIC_table_rows, t->tables, rows_of);
    by_table(out, METRIC_table_renewed, t->tables, renewed_of);
    by_table(out, METRIC_table_refused, t->tables, refused_of);
    reloads(out, m);
    plain(out, METRIC_ready, !m->unready);
    head(out, METRIC_uptime_seconds);
    name(out, METRIC_uptime_seconds);
    seconds(out, t->elapsed_ns);
    buf_text(out, "# EOF\n");
}
