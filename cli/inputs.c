/* inputs: see inputs.h.
 * Tests: tests/cli/replay.t, merge.t, live.t, journal.t
 */
#include "cli/inputs.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/signals.h"
#include "connectors/open.h"

enum { TICK_MS = 250,            /* how often silence is looked for, at least */
       HOLDS_BACK_S = 5,          /* silent for so long while others wait: the log names it */
       NAMED_EACH_S = 60 };

/* The lane of a source that has no partition now: time waits for those to come. */
#define UNASSIGNED UINT32_MAX

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

/* What has partitions of its own is the only source of its stream. The last source is `text`. */
static bool alone(const struct inputs *in, uint32_t stream, const char *text) {
    for (uint32_t i = 0; i < in->n; i++) {
        const struct source *s = in->v[i].source;
        if (s->stream != stream || !s->partitioned) continue;
        log_error("--in %s: %.*s has to be the only source of stream %.*s: it has partitions of "
                  "its own",
                  text, STR_FMT(s->name), STR_FMT(in->program->streams[stream].name));
        return false;
    }
    return true;
}

/* One `--in`, behind those that there are. */
static bool open_one(struct inputs *in, const char *text, struct arena *arena) {
    const struct program *p = in->program;
    const char *equals = strchr(text, '='), *why = NULL;
    uint32_t stream, partition = 0;
    if (!equals || equals == text) {
        log_error("--in %s: expected STREAM=SOURCE, as in --in %.*s=%s", text,
                  STR_FMT(p->streams[0].name), equals ? equals + 1 : text);
        return false;
    }
    struct str name = {text, (size_t)(equals - text)}, where = str_of(equals + 1);
    if (!stream_of(p, name, text, arena, &stream)) return false;
    struct inlet i = {.standard = str_equal(where, STR("-"))};
    for (uint32_t s = 0; s < in->n; s++) {
        partition += in->v[s].source->stream == stream;
        if (in->v[s].source->stream == stream && str_equal(in->v[s].source->name, where)) {
            log_error("--in %s: stream %.*s reads that already: its events would count twice",
                      text, STR_FMT(name));
            return false;
        }
        if (!i.standard || !in->v[s].standard) continue;
        log_error("--in %s: standard input feeds stream %.*s already: it can feed one", text,
                  STR_FMT(p->streams[in->v[s].source->stream].name));
        return false;
    }
    i.source = in->options.live ? source_open_live(where, &p->streams[stream], stream,
                                                   in->options.kafka, arena, &why)
                                : source_open(where, &p->streams[stream], stream, arena, &why);
    if (!i.source) {
        log_error("--in %.*s: %s", STR_FMT(name), why);
        return false;
    }
    i.source->partition = i.source->partitioned ? UNASSIGNED : partition;
    in->v[in->n++] = i;
    return partition == 0 || alone(in, stream, text);
}

static void error_no_source(struct str name, struct str rule) {
    log_error(
        "stream %.*s has no source, and rule %.*s reads it: add --in %.*s=FILE, or --in %.*s=- "
        "for standard input",
        STR_FMT(name), STR_FMT(rule), STR_FMT(name), STR_FMT(name));
}

static bool has_source(const struct inputs *in, uint32_t stream) {
    for (uint32_t i = 0; i < in->n; i++)
        if (in->v[i].source->stream == stream) return true;
    return false;
}

/* Every stream that a rule reads has a source. `said`: the missing one may be the one that could
 * not be opened. */
static bool complete(struct inputs *in, bool said) {
    const struct program *p = in->program;
    bool fine = true;
    for (uint32_t r = 0; r < p->nrules; r++) {
        const struct program_group *g = &p->groups[p->rules[r].group];
        for (uint32_t k = 0; k < g->ninputs; k++) {
            uint32_t stream = g->inputs[k].stream;
            if (in->read[stream] || program_feed_of(p, stream)) continue; /* a rule makes it */
            in->read[stream] = true;
            if (has_source(in, stream)) continue;
            fine = false;
            if (!said) error_no_source(p->streams[stream].name, p->rules[r].name);
        }
    }
    return fine;
}

/* What was recorded of it. False after a message. */
static bool use_record(struct inputs *in, struct inlet *i) {
    const struct record *r = in->options.record;
    struct source *s = i->source;
    struct str stream = s->schema->name;
    struct record_partition *p = record_find(r, s->stream, s->partition);
    if (!p) {
        log_error("%s: the journal has no partition %u of stream %.*s, which %.*s is here: give "
                  "the sources of the run that wrote it, in their order",
                  r->path, s->partition, STR_FMT(stream), STR_FMT(s->name));
        return false;
    }
    if (in->options.lateness_ns >= 0 && p->lateness_ns != in->options.lateness_ns) {
        log_error("%s: the journal was written with another lateness: leave --lateness out",
                  r->path);
        return false;
    }
    i->lateness_ns = p->lateness_ns;
    s->future.offsets = p->future.v;
    s->future.noffsets = p->future.n;
    return true;
}

static bool use_records(struct inputs *in) {
    const struct record *r = in->options.record;
    bool fine = true;
    for (uint32_t i = 0; fine && i < in->n; i++) fine = use_record(in, &in->v[i]);
    if (fine && r->npartitions > in->n) {
        log_error("%s: the journal is of %u partitions, and --in gives %u", r->path,
                  r->npartitions, in->n);
        fine = false;
    }
    for (uint32_t i = 0; fine && i < r->ntimes; i++) merge_time(in->merge, r->times[i]);
    return fine;
}

static void tell(void *context, const struct merge_told *told);
static enum fate recorded_fate(void *context, uint32_t stream, uint32_t partition,
                               uint64_t offset);

/* A partition of the source that is there from now on. */
static void make_lane(struct inputs *in, uint32_t which, uint32_t partition) {
    const struct source *s = in->v[which].source;
    struct lane_plan plan = {.stream = s->stream,
                             .partition = partition,
                             .source = which,
                             .lateness_ns = in->v[which].lateness_ns,
                             .live = in->options.live && s->live && in->options.idle_after_ns,
                             .counts = !in->options.live || in->counts[s->stream],
                             .now_ns = time_monotonic_ns()};
    if (merge_lane(in->merge, &plan) && partition != UNASSIGNED)
        journal_partition(in->options.journal, s->stream, partition, plan.lateness_ns);
}

bool inputs_open(struct inputs *in, const struct values *wanted, const struct program *program,
                 const struct inputs_options *options, struct arena *arena) {
    bool fine = true;
    *in = (struct inputs){.program = program, .options = *options, .belled = true};
    bell_init(&in->bell);
    in->v = arena_array(arena, struct inlet, wanted->n + 1);
    in->arena = arena;
    in->read = arena_array(arena, bool, program->nstreams + 1);
    in->reading = arena_array(arena, const struct schema *, program->nstreams + 1);
    for (uint32_t i = 0; i < program->nstreams; i++) in->reading[i] = &program->streams[i];
    struct merge_options merge = {.nstreams = program->nstreams,
                                  .batch_rows = options->batch_rows,
                                  .idle_after_ns = options->idle_after_ns,
                                  .tell = tell,
                                  .fate = options->record ? recorded_fate : NULL,
                                  .context = in};
    in->merge = merge_new(&merge);
    for (uint32_t i = 0; program->nstreams && i < wanted->n; i++)
        fine &= open_one(in, wanted->v[i], arena);
    fine &= complete(in, !fine);
    in->counts = arena_array(arena, bool, program->nstreams + 1);
    memcpy(in->counts, in->read, program->nstreams * sizeof *in->counts);
    for (uint32_t i = 0; i < in->n; i++) {
        struct source *s = in->v[i].source;
        in->v[i].seen = s->counters;
        in->v[i].written = s->schema;
        in->v[i].lateness_ns = options->lateness_ns < 0 ? s->lateness_ns : options->lateness_ns;
        if (options->live) s->future.ahead_ns = options->future_ns;
    }
    if (fine && options->record) fine = use_records(in);
    return fine;
}

void inputs_start(struct inputs *in) {
    for (uint32_t i = 0; i < in->n; i++) make_lane(in, i, in->v[i].source->partition);
    for (uint32_t i = 0; i < in->n; i++)
        in->v[i].reader = reader_start(in->v[i].source, in->options.batch_rows, &in->bell);
}

void inputs_leave(struct inputs *in) {
    for (uint32_t i = 0; i < in->n; i++)
        if (in->v[i].reader) reader_halt(in->v[i].reader);
    for (uint32_t i = 0; i < in->n; i++) {
        if (in->v[i].reader) reader_join(in->v[i].reader);
        if (in->v[i].source) source_close(in->v[i].source);
        in->v[i].source = NULL;
    }
}

void inputs_close(struct inputs *in) {
    inputs_leave(in);
    merge_free(&in->merge);
    for (uint32_t i = 0; i < in->n; i++) reader_free(&in->v[i].reader);
    in->n = 0;
    if (in->belled) bell_fini(&in->bell);
    in->belled = false;
}

/* ---- decisions about arrival ----------------------------------------------------------------- */

static void tell(void *context, const struct merge_told *told) {
    struct inputs *in = context;
    struct journal *journal = in->options.journal;
    struct str stream = in->program->streams[told->stream].name;
    switch (told->event) {
    case MERGE_LATE: journal_offset(journal, "late", stream, told->partition, told->offset); break;
    case MERGE_TIME: journal_time(journal, told->at_ns); break;
    case MERGE_IDLE:
        if (told->partition == UNASSIGNED) {
            log_info("stream %.*s: no partitions so far, and passed over until there are",
                     STR_FMT(stream));
            break;
        }
        journal_idle(journal, stream, told->partition, told->at_ns);
        log_info("stream %.*s, partition %u: silent, and passed over until it speaks again",
                 STR_FMT(stream), told->partition);
        break;
    }
}

static enum fate recorded_fate(void *context, uint32_t stream, uint32_t partition,
                               uint64_t offset) {
    const struct inputs *in = context;
    struct record_partition *p = record_find(in->options.record, stream, partition);
    if (offset >= p->end) return FATE_UNREAD;
    bool late = p->next < p->late.n && p->late.v[p->next] == offset;
    p->next += late;
    return late ? FATE_LATE : FATE_TAKEN;
}

/* Time stands still because of one that is silent: the log says so, now and then. */
static void name_who_holds(struct inputs *in, int64_t now) {
    const struct watermark *holds = merge_marks(in->merge)->holds;
    if (!in->options.live || !holds || !holds->live) return;
    if ((uint32_t)holds->lane == UNASSIGNED) return; /* the source says why */
    if (merge_oldest(in->merge) == INT64_MAX) return;
    int64_t silent = now - holds->seen_ns;
    if (silent < HOLDS_BACK_S * NS_PER_S) return;
    if (in->named_ns && now - in->named_ns < NAMED_EACH_S * NS_PER_S) return;
    in->named_ns = now;
    struct buf span;
    buf_init(&span);
    duration_format(&span, in->options.idle_after_ns);
    log_info("stream %.*s, partition %u holds time back: silent for %" PRId64
             " s, passed over after %s",
             STR_FMT(in->program->streams[holds->lane >> 32].name), (uint32_t)holds->lane,
             silent / NS_PER_S, buf_cstr(&span));
    buf_fini(&span);
}

/* All are silent: event time goes on by the wall clock, if anything waits for it. */
static bool follow_wall(struct inputs *in) {
    if (!in->options.live || !watermarks_all_idle(merge_marks(in->merge))) return false;
    int64_t lateness = 0;
    for (uint32_t i = 0; i < in->n; i++)
        if (in->v[i].lateness_ns > lateness) lateness = in->v[i].lateness_ns;
    int64_t now = time_wall_ns() - lateness;
    bool waited = in->options.due(in->options.context) < now || merge_oldest(in->merge) <= now;
    return waited && merge_pass(in->merge, now);
}

/* ---- reading --------------------------------------------------------------------------------- */

static void take_letters(struct inputs *in, const struct inlet *i, struct letter *letters) {
    for (const struct letter *l = letters; l; l = l->next) {
        if (merge_repeats(in->merge, i->source->stream, l->letter.partition, l->letter.offset))
            continue;
        if (l->letter.future)
            journal_offset(in->options.journal, "future",
                           in->program->streams[i->source->stream].name, l->letter.partition,
                           l->letter.offset);
        in->options.dead_letter(in->options.context, &l->letter);
    }
    letters_free(letters);
}

/* It has these partitions now. Where it has none, time stands still: what is read next must not be
 * late. */
static void assign(struct inputs *in, uint32_t which, const struct partitions *now) {
    static const uint32_t none[] = {UNASSIGNED};
    const uint32_t *v = now->n ? now->v : none;
    uint32_t n = now->n ? now->n : 1;
    for (uint32_t i = 0; i < n; i++) make_lane(in, which, v[i]);
    merge_keep(in->merge, which, v, n);
}

/* False: it has nothing now. */
static bool take(struct inputs *in, uint32_t which) {
    struct inlet *i = &in->v[which];
    struct arrival a;
    if (i->ended || !reader_take(i->reader, &a)) return false;
    i->seen = a.counters;
    i->written = a.schema;
    take_letters(in, i, a.letters);
    switch (a.status) {
    case SOURCE_BATCH:
        merge_arrive(in->merge, a.batch, a.at_ns);
        break;
    case SOURCE_ASSIGNED:
        assign(in, which, a.assigned);
        free(a.assigned);
        break;
    case SOURCE_FAILED: in->failed = i->source->why; /* fall through */
    case SOURCE_END:
        i->ended = true;
        merge_end(in->merge, which);
        break;
    case SOURCE_NOTHING: break;
    }
    return true;
}

/* From every source that has nothing in order any more. False: nothing has come. */
static bool take_all(struct inputs *in) {
    bool any = false;
    for (uint32_t i = 0; i < in->n && !in->failed; i++) {
        if (in->v[i].ended || !merge_wants(in->merge, i)) continue;
        bool came = take(in, i);
        if (!came && in->ending) {
            in->v[i].ended = came = true;
            merge_end(in->merge, i);
        }
        any |= came;
    }
    return any;
}

/* Who has been silent up to now? */
static void look_for_silence(struct inputs *in, int64_t now) {
    if (!in->options.live || !in->options.idle_after_ns) return;
    for (uint32_t i = 0; i < in->n; i++) {
        if (in->v[i].ended) continue;
        if (in->v[i].seen.away) merge_away(in->merge, i, now);
        else if (reader_empty(in->v[i].reader)) merge_quiet(in->merge, i, now);
    }
    name_who_holds(in, now);
}

/* A sink that stalls stalls us, and sources that find no room pause: that is no silence. */
static void look_up(struct inputs *in) {
    int64_t now = time_monotonic_ns();
    if (in->looked_ns && now - in->looked_ns > SOURCE_WAIT_MS * NS_PER_MS)
        merge_unread(in->merge, now);
    in->looked_ns = now;
}

static void wait_for_some(struct inputs *in) {
    int most = in->options.pause(in->options.context);
    int ms = in->options.live ? TICK_MS : -1; /* who watches wants to hear from us */
    if (in->options.live && in->options.idle_after_ns) {
        int64_t tick = in->options.idle_after_ns / 4 / NS_PER_MS;
        ms = tick < 1 ? 1 : tick > TICK_MS ? TICK_MS : (int)tick;
    }
    if (ms < 0 || (most >= 0 && most < ms)) ms = most;
    look_up(in); /* the pause may have waited for a sink */
    signals_unlock();
    bell_wait(&in->bell, ms);
    signals_lock();
    in->looked_ns = time_monotonic_ns();
}

/* What has partitions may get more of them. */
static bool ended(const struct inputs *in) {
    for (uint32_t i = 0; i < in->n; i++)
        if (in->v[i].source->partitioned && !in->v[i].ended) return false;
    return merge_ended(in->merge);
}

bool inputs_next(struct inputs *in, struct slice *slice) {
    struct merge_told misfit;
    bool checked = false; /* for silence, since the last wait */
    for (;;) {
        if (in->failed || merge_misfit(in->merge, &misfit)) return false;
        if (signals_stop_wanted() && !in->ending) return false;
        if (merge_next(in->merge, slice)) return true;
        int64_t now = time_monotonic_ns();
        look_up(in);
        if (take_all(in)) continue;
        if (ended(in)) return false;
        if (!checked) {
            checked = true;
            look_for_silence(in, now);
            follow_wall(in);
            continue;
        }
        wait_for_some(in);
        checked = false;
    }
}

void inputs_reopen(struct inputs *in) { merge_reopen(in->merge); }

void inputs_end(struct inputs *in) {
    for (uint32_t i = 0; i < in->n; i++) reader_halt(in->v[i].reader);
    in->ending = true;
}

/* ---- the end --------------------------------------------------------------------------------- */

void inputs_journal(struct inputs *in, bool stopped) {
    struct journal *journal = in->options.journal;
    for (uint32_t i = 0; i < merge_lanes(in->merge); i++) {
        struct lane_state lane;
        merge_lane_state(in->merge, i, &lane);
        if ((uint32_t)lane.mark.lane == UNASSIGNED) continue;
        journal_offset(journal, "end", in->program->streams[lane.mark.lane >> 32].name,
                       (uint32_t)lane.mark.lane, lane.next_offset);
    }
    journal_last(journal, stopped);
}

static bool misfit(const struct inputs *in, uint32_t stream, uint32_t partition, uint64_t offset,
                   const char *what) {
    log_error("%s: the journal does not fit the input: %s (stream %.*s, partition %u, offset "
              "%" PRIu64 ")",
              in->options.record->path, what, STR_FMT(in->program->streams[stream].name),
              partition, offset);
    return false;
}

bool inputs_fit(const struct inputs *in) {
    struct merge_told row;
    if (!in->options.record) return true;
    if (merge_misfit(in->merge, &row))
        return misfit(in, row.stream, row.partition, row.offset,
                      "an event is late here, and was not when it was written");
    for (uint32_t i = 0; i < merge_lanes(in->merge); i++) {
        struct lane_state lane;
        merge_lane_state(in->merge, i, &lane);
        uint32_t stream = (uint32_t)(lane.mark.lane >> 32);
        uint32_t partition = (uint32_t)lane.mark.lane;
        const struct record_partition *p = record_find(in->options.record, stream, partition);
        if (p->next < p->late.n)
            return misfit(in, stream, partition, p->late.v[p->next],
                          "an event that was late is not there");
        if (p->end != UINT64_MAX && lane.next_offset < p->end)
            return misfit(in, stream, partition, lane.next_offset,
                          "it ends before the run that wrote the journal");
    }
    return true;
}
