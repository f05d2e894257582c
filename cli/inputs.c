/* inputs: see inputs.h.
 * Tests: tests/cli/replay.t, merge.t
 */
#include "cli/inputs.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/signals.h"
#include "connectors/open.h"
#include "engine/reorder.h"

/* ---- opening --------------------------------------------------------------------------------- */

/* "telemetry, payments" */
static const char *stream_list(const struct program *p, struct arena *arena) {
    const char *text = "";
    for (uint32_t i = 0; i < program_outer_streams(p); i++)
        text = arena_printf(arena, "%s%s%.*s", text, i ? ", " : "", STR_FMT(p->streams[i].name));
    return text;
}

/* `text`: the whole of `--in`, for the message. */
static bool stream_of(const struct program *p, struct str name, const char *text,
                      struct arena *arena, uint32_t *stream) {
    uint32_t n = program_outer_streams(p);
    struct str *names = arena_array(arena, struct str, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        names[i] = p->streams[i].name;
        if (!str_equal(name, names[i])) continue;
        *stream = i;
        return true;
    }
    for (uint32_t i = n; i < p->nstreams; i++) {
        if (!str_equal(name, p->streams[i].name)) continue;
        log_error("--in %s: %.*s is a rule: its events are its alerts", text, STR_FMT(name));
        return false;
    }
    const char *near = nearest_text(arena, arena_copy(arena, name).p, names, n, "");
    if (!*near) near = arena_printf(arena, "; the rules declare %s", stream_list(p, arena));
    log_error("--in %s: there is no stream %.*s%s", text, STR_FMT(name), near);
    return false;
}

/* One `--in`; the source lands in by_stream. */
static bool open_one(struct inputs *in, struct inlet *by_stream, const char *text,
                     const struct program *p, struct arena *arena) {
    const char *equals = strchr(text, '='), *why = NULL;
    uint32_t stream;
    if (!equals || equals == text) {
        log_error("--in %s: expected STREAM=SOURCE, as in --in %.*s=%s", text,
                  STR_FMT(p->streams[0].name), equals ? equals + 1 : text);
        return false;
    }
    struct str name = {text, (size_t)(equals - text)}, where = str_of(equals + 1);
    if (!stream_of(p, name, text, arena, &stream)) return false;
    struct inlet *i = &by_stream[stream];
    if (i->source) {
        log_error("--in %s: stream %.*s has a source already, and can have one: join files in "
                  "order of time, as in cat a.ndjson b.ndjson | omen ... --in %.*s=-",
                  text, STR_FMT(name), STR_FMT(name));
        return false;
    }
    i->standard = str_equal(where, STR("-"));
    for (uint32_t s = 0; s < p->nstreams; s++) {
        if (s == stream || !i->standard || !by_stream[s].standard) continue;
        log_error("--in %s: standard input feeds stream %.*s already: it can feed one", text,
                  STR_FMT(p->streams[s].name));
        return false;
    }
    i->source = source_open(where, &p->streams[stream], stream, arena, &why);
    if (!i->source) log_error("--in %.*s: %s", STR_FMT(name), why);
    in->n += i->source != NULL;
    return i->source != NULL;
}

static void error_no_source(struct str name, struct str rule) {
    log_error(
        "stream %.*s has no source, and rule %.*s reads it: add --in %.*s=FILE, or --in %.*s=- "
        "for standard input",
        STR_FMT(name), STR_FMT(rule), STR_FMT(name), STR_FMT(name));
}

/* Every stream that a rule reads has a source. */
static bool complete(const struct inlet *by_stream, const struct program *p, bool said,
                     struct arena *arena) {
    bool fine = true, *asked = arena_array(arena, bool, p->nstreams + 1);
    for (uint32_t r = 0; r < p->nrules; r++) {
        const struct program_group *g = &p->groups[p->rules[r].group];
        for (uint32_t k = 0; k < g->ninputs; k++) {
            uint32_t stream = g->inputs[k].stream;
            if (by_stream[stream].source || asked[stream]) continue;
            if (program_feed_of(p, stream)) continue; /* a rule makes it */
            asked[stream] = true;
            fine = false;
            if (said) continue; /* its source may be the one that could not be opened */
            error_no_source(p->streams[stream].name, p->rules[r].name);
        }
    }
    return fine;
}

bool inputs_open(struct inputs *in, const struct values *wanted, const struct program *program,
                 uint32_t batch_rows, struct arena *arena) {
    bool fine = true;
    struct inlet *by_stream = arena_array(arena, struct inlet, program->nstreams + 1);
    *in = (struct inputs){.v = by_stream};
    for (uint32_t i = 0; program->nstreams && i < wanted->n; i++)
        fine &= open_one(in, by_stream, wanted->v[i], program, arena);
    fine &= complete(by_stream, program, !fine, arena);
    in->n = 0;
    for (uint32_t s = 0; s < program->nstreams; s++) {
        struct inlet i = by_stream[s];
        if (!i.source) continue;
        i.batch = batch_new(&program->streams[s], s, batch_rows);
        i.newest = INT64_MIN;
        in->v[in->n++] = i;
    }
    return fine;
}

void inputs_close(struct inputs *in) {
    for (uint32_t i = 0; i < in->n; i++) {
        source_close(in->v[i].source);
        batch_free(&in->v[i].batch);
    }
    in->n = 0;
}

void inputs_dead_letters(struct inputs *in, dead_letter_handler *handler, void *context) {
    for (uint32_t i = 0; i < in->n; i++) {
        in->v[i].source->dead_letter = handler;
        in->v[i].source->dead_letter_context = context;
    }
}

void inputs_reorder(struct inputs *in, int64_t lateness_ns, uint32_t batch_rows, late_handler *late,
                    void *context) {
    for (uint32_t i = 0; i < in->n; i++)
        in->v[i].source = reorder_new(in->v[i].source, lateness_ns, batch_rows, late, context);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* A file has a size; anything else may let a read wait, in the middle of a line too. */
static bool is_live(const struct inlet *i) { return i->source->counters.total_bytes == 0; }

/* False: a failure, or a stop is wanted. */
static bool fill(struct inputs *in, struct inlet *i, pause_handler *pause, void *context) {
    if (is_live(i)) pause(context);
    in->reading = i;
    i->n = i->next = 0;
    i->opened = false;
    signals_unlock();
    enum source_status status = source_next(i->source, i->batch);
    signals_lock();
    i->seen = i->source->counters;
    if (status == SOURCE_BATCH) i->n = i->batch->n;
    if (status == SOURCE_END) i->ended = true;
    if (status == SOURCE_FAILED) in->failed = i->source->why;
    return status != SOURCE_FAILED && !signals_stop_wanted();
}

bool inputs_may_wait(const struct inputs *in) {
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!in->reading || !is_live(in->reading)) return false;
    return !in->reading->standard || poll(&ready, 1, 0) == 0;
}

static int64_t later(int64_t a, int64_t b) { return a > b ? a : b; }

static int64_t head_time(const struct inlet *i) {
    return later(i->newest, batch_times(i->batch)[i->next]);
}

/* The rows of `best` that no other head is older than. */
static void cut(struct inputs *in, struct inlet *best, struct slice *slice) {
    int64_t limit = INT64_MAX;
    for (struct inlet *i = in->v; i < in->v + in->n; i++) {
        if (i == best || i->next == i->n) continue;
        int64_t head = head_time(i);
        if (i < best && head != INT64_MIN) head--;
        if (head < limit) limit = head;
    }
    const int64_t *times = batch_times(best->batch);
    *slice = (struct slice){best->batch, best->next, 0, !best->opened};
    best->newest = head_time(best);
    do {
        best->newest = later(best->newest, times[best->next]);
        best->next++;
        slice->n++;
    } while (best->next < best->n && times[best->next] <= limit);
    best->opened = true;
}

bool inputs_next(struct inputs *in, pause_handler *pause, void *context, struct slice *slice) {
    struct inlet *best = NULL;
    for (struct inlet *i = in->v; i < in->v + in->n; i++) {
        while (i->next == i->n && !i->ended)
            if (!fill(in, i, pause, context)) return false;
        if (i->next == i->n) continue;
        if (!best || head_time(i) < head_time(best)) best = i;
    }
    if (best) cut(in, best, slice);
    return best != NULL;
}

void inputs_end(struct inputs *in) {
    for (uint32_t i = 0; i < in->n; i++) in->v[i].ended = true;
}
