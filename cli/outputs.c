/* outputs: see outputs.h.
 * Tests: tests/cli/outputs.t
 */
#include "cli/outputs.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/signals.h"
#include "connectors/cloudevents.h"
#include "connectors/open.h"

/* ---- opening --------------------------------------------------------------------------------- */

/* Called while a sink is slow. */
static bool waiting(void *context) {
    struct outputs *o = context;
    o->waiting(o->context);
    return signals_stop_wanted();
}

static bool open_one(struct outputs *o, struct output *one, const char *where, const char *option,
                     const struct output_places *to, struct arena *arena) {
    const char *why = NULL;
    struct sink_wiring wiring = {
        .live = to->live, .waiting = waiting, .context = o, .kafka = to->kafka};
    *one = (struct output){option, where, sink_open(str_of(where), &wiring, arena, &why)};
    if (!one->sink) log_error("%s %s", option, why);
    else o->all[o->nall++] = one;
    return one->sink != NULL;
}

struct place {
    const char *option, *what, *where;
};

/* Two sinks into one file would tear each other's lines. /dev/null keeps nothing to tear. */
static bool all_different(const struct place *places, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (!places[i].where || strcmp(places[i].where, "/dev/null") == 0) continue;
        for (uint32_t j = 0; j < i; j++) {
            if (!places[j].where || strcmp(places[i].where, places[j].where) != 0) continue;
            log_error("%s %s: %s go there already: give each a place of its own", places[i].option,
                      places[i].where, places[j].what);
            return false;
        }
    }
    return true;
}

bool outputs_open(struct outputs *o, const struct output_places *to, const struct program *program,
                  struct arena *arena) {
    *o = (struct outputs){.program = program, .late.where = to->late, .dead.where = to->dead,
                          .shadow.where = to->shadow, .waiting = to->waiting,
                          .context = to->context};
    buf_init(&o->payload);
    buf_init(&o->key);
    buf_init(&o->id);
    o->nalerts = to->out->n ? to->out->n : 1;
    o->alerts = arena_array(arena, struct output, o->nalerts);
    o->all = arena_array(arena, struct output *, o->nalerts + 3);
    struct place *places = arena_array(arena, struct place, o->nalerts + 3);
    for (uint32_t i = 0; i < o->nalerts; i++)
        places[i] = (struct place){"--out", "alerts", to->out->n ? to->out->v[i] : "-"};
    places[o->nalerts] = (struct place){"--late", "late events", to->late};
    places[o->nalerts + 1] = (struct place){"--dead-letter", "dead letters", to->dead};
    places[o->nalerts + 2] = (struct place){"--shadow", "alerts in mode shadow", to->shadow};
    bool fine = all_different(places, o->nalerts + 3);
    for (uint32_t i = 0; fine && i < o->nalerts; i++)
        fine = open_one(o, &o->alerts[i], places[i].where, "--out", to, arena);
    if (fine && to->late) fine = open_one(o, &o->late, to->late, "--late", to, arena);
    if (fine && to->dead) fine = open_one(o, &o->dead, to->dead, "--dead-letter", to, arena);
    if (fine && to->shadow) fine = open_one(o, &o->shadow, to->shadow, "--shadow", to, arena);
    return fine;
}

void outputs_close(struct outputs *o) {
    for (uint32_t i = 0; i < o->nall; i++) sink_close(o->all[i]->sink);
    o->nall = 0;
    buf_fini(&o->payload);
    buf_fini(&o->key);
    buf_fini(&o->id);
}

/* ---- writing --------------------------------------------------------------------------------- */

static void answer(struct outputs *o, const struct output *to, enum sink_status status) {
    if (status != SINK_FAILED) return;
    if (to->sink->gone && strcmp(to->where, "-") == 0)
        o->reader_gone = true;
    else if (!o->failed)
        o->failed = to->sink->why;
}

/* FULL: a stop waits no longer. */
static void put(struct outputs *o, const struct output *to, const struct sink_message *m) {
    if (!to->sink || outputs_over(o)) return;
    enum sink_status status = sink_write(to->sink, m);
    if (status == SINK_FULL) {
        to->sink->taken++;
        to->sink->lost++;
    }
    answer(o, to, status);
}

/* The others are flushed even if one has failed. */
void outputs_flush(struct outputs *o) {
    for (uint32_t i = 0; i < o->nall; i++) answer(o, o->all[i], sink_flush(o->all[i]->sink));
}

bool outputs_finish(struct outputs *o) {
    bool fine = true;
    for (uint32_t i = 0; i < o->nall; i++)
        if (o->all[i]->sink->ops->last) o->all[i]->sink->ops->last(o->all[i]->sink);
    for (uint32_t i = 0; i < o->nall; i++) {
        struct sink *s = o->all[i]->sink;
        answer(o, o->all[i], sink_finish(s));
        if (o->reader_gone) continue;
        s->lost += sink_waiting(s);
        if (!s->lost) continue;
        fine = false;
        if (o->failed != s->why) /* else it is said at the end */
                log_error("%s %.*s: %" PRIu64 " were not taken in time and are lost",
                      o->all[i]->option, STR_FMT(s->name), (uint64_t)s->lost);
    }
    return fine;
}

void outputs_alert(void *context, const struct alert *alert) {
    struct outputs *o = context;
    struct sink_message message;
    bool shadow = alert->rule->output == OUTPUT_SHADOW;
    bool signal = alert->rule->output == OUTPUT_SIGNAL; /* for other rules only */
    if (outputs_over(o) || signal || (shadow && !o->shadow.sink)) return;
    cloudevents_encode(alert, &o->payload, &o->key, &o->id, &message);
    if (shadow) {
        put(o, &o->shadow, &message);
        return;
    }
    for (uint32_t i = 0; i < o->nalerts; i++) put(o, &o->alerts[i], &message);
}

static void time_text(struct buf *out, const char *name, int64_t ns) {
    buf_printf(out, ",\"%s\":\"", name);
    time_format(out, ns);
    buf_char(out, '"');
}

void outputs_late(void *context, const struct batch *batch, uint32_t row, int64_t newest_ns) {
    struct outputs *o = context;
    const struct schema *schema = batch->written; /* what was read of it, whoever reads it now */
    o->late_events++;
    if (!o->late.sink || outputs_over(o)) return;
    buf_reset(&o->payload);
    buf_text(&o->payload, "{\"stream\":");
    buf_json_str(&o->payload, schema->name);
    buf_printf(&o->payload, ",\"partition\":%u,\"offset\":%" PRIu64,
               batch_partition(batch, row), batch->offset[row]);
    time_text(&o->payload, "time", batch_times(batch)[row]);
    time_text(&o->payload, "newest", newest_ns);
    buf_text(&o->payload, ",\"event\":{");
    bool any = false;
    for (uint32_t f = 0; f < schema->nfields; f++) {
        if (!schema->fields[f].used) continue;
        if (any) buf_char(&o->payload, ',');
        any = true;
        buf_json_str(&o->payload, schema->fields[f].name);
        buf_char(&o->payload, ':');
        value_json(&o->payload, batch_written(batch, row, f));
    }
    buf_text(&o->payload, "}}");
    struct sink_message message = {.payload = buf_view(&o->payload)};
    put(o, &o->late, &message);
}

static void remember_first(struct outputs *o, const struct dead_letter *letter) {
    bool standard = str_equal(letter->source, STR("-"));
    uint32_t stream = 0;
    while (!str_equal(o->program->streams[stream].name, letter->stream)) stream++;
    if (o->malformed == 1 || stream < o->first_stream) {
        o->first_stream = stream;
        struct str name = standard ? STR("standard input") : letter->source;
        if (letter->message)
            snprintf(o->first_malformed, sizeof o->first_malformed,
                     "%.*s partition %u offset %" PRIu64 ": %s", STR_FMT(name), letter->partition,
                     letter->offset, letter->reason);
        else
            snprintf(o->first_malformed, sizeof o->first_malformed, "%.*s line %" PRIu64 ": %s",
                     STR_FMT(name), letter->offset + 1, letter->reason);
    }
}

void outputs_dead_letter(void *context, const struct dead_letter *letter) {
    struct outputs *o = context;
    o->malformed++;
    remember_first(o, letter);
    outputs_table_letter(o, letter);
}

void outputs_table_letter(void *context, const struct dead_letter *letter) {
    struct outputs *o = context;
    if (!o->dead.sink || outputs_over(o)) return;
    dead_letter_encode(letter, &o->payload);
    struct sink_message message = {.payload = buf_view(&o->payload)};
    put(o, &o->dead, &message);
}
