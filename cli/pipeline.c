/* pipeline: see pipeline.h. All state hangs on one struct; it belongs to whoever holds the lock of
 * signals.h.
 *
 * A source that fails ends the run: what was found before goes out, then the reason, and 3. When
 * standard output's reader leaves, omen does what any filter does: it ends without a word.
 * Tests: tests/cli/replay.t, outputs.t, signals.t
 */
#include "cli/pipeline.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/commits.h"
#include "cli/inputs.h"
#include "cli/journal.h"
#include "cli/load.h"
#include "cli/outputs.h"
#include "cli/reload.h"
#include "cli/repeat.h"
#include "cli/signals.h"
#include "cli/summary.h"
#include "cli/tables.h"
#include "cli/terminal.h"
#include "cli/watch.h"
#include "engine/workers.h"

struct pipeline {
    const struct pipeline_plan *plan;
    struct rules first, *rules; /* with which sources were opened; which run */
    struct reload reload;
    struct repeat repeat; /* those of the run that is replayed */
    bool unrepeated;      /* one could not be done again */
    uint64_t fed;         /* events and times */
    struct inputs inputs;
    struct tables tables;
    struct outputs outputs;
    struct journal journal;
    struct record record;
    struct commits commits;
    uint64_t unread; /* events of streams that no rule reads */
    struct workers *workers;
    struct watch *watch;
    uint64_t *by_rule;
    struct buf text;
    int64_t began_ns;
    bool progress, drawn; /* wanted; there is a line on the terminal */
    int64_t drawn_ns;     /* when, and how many events there were then */
    uint64_t drawn_events;
};

/* ---- numbers --------------------------------------------------------------------------------- */

static void total(const struct pipeline *p, struct totals *t) {
    struct engine_counters c;
    struct run_counters runs;
    bool known = true;
    workers_counters(p->workers, &c);
    workers_run_counters(p->workers, &runs);
    workers_alerts_by_rule(p->workers, p->by_rule);
    *t = (struct totals){.program = p->rules->program,
                         .by_rule = p->by_rule,
                         .workers = p->workers,
                         .tables = &p->tables,
                         .reloads = p->reload.done,
                         .failed_reloads = p->reload.refused,
                         .events = c.events + p->outputs.late_events - c.late + p->unread,
                         .alerts = c.alerts,
                         .malformed = p->outputs.malformed,
                         .late = p->outputs.late_events,
                         .null_keys = c.null_keys,
                         .runs_dropped = runs.dropped,
                         .unfed = c.unfed,
                         .left_out = c.left_out,
                         .regex_bound = workers_regex_bound(p->workers),
                         .keys = c.keys,
                         .runs = runs.live,
                         .memory = c.bytes,
                         .late_to = p->plan->late,
                         .dead_to = p->plan->dead_letter,
                         .shadow_to = p->plan->shadow,
                         .first_malformed = p->outputs.first_malformed,
                         .elapsed_ns = time_monotonic_ns() - p->began_ns};
    for (uint32_t i = 0; i < t->program->nrules; i++)
        if (t->program->rules[i].output == OUTPUT_SHADOW) t->shadow += t->by_rule[i];
        else if (t->program->rules[i].output == OUTPUT_SIGNAL) t->signals += t->by_rule[i];
    t->alerts -= t->shadow + t->signals;
    for (uint32_t i = 0; i < p->inputs.n; i++) {
        const struct source_counters *seen = &p->inputs.v[i].seen;
        t->bytes += seen->bytes;
        t->total_bytes += seen->total_bytes;
        t->lag += seen->lag;
        t->unheard += seen->unheard;
        t->rebalances += seen->rebalances;
        known &= seen->total_bytes != 0;
    }
    for (uint32_t i = 0; i < merge_lanes(p->inputs.merge); i++) {
        struct lane_state lane;
        merge_lane_state(p->inputs.merge, i, &lane);
        t->repeated += lane.repeated;
        t->held += lane.waiting;
    }
    if (!known) t->total_bytes = 0;
    t->outputs = &p->outputs;
}

static void erase_progress(struct pipeline *p) {
    if (!p->drawn) return;
    p->drawn = false;
    buf_reset(&p->text);
    buf_text(&p->text, "\r\x1b[K");
    terminal_err(&p->text);
}

static void print_totals(struct pipeline *p, bool now) {
    struct totals t;
    erase_progress(p);
    total(p, &t);
    buf_reset(&p->text);
    if (p->plan->json) summary_json(&t, now, &p->text);
    else summary_text(&t, now, &p->text);
    terminal_err(&p->text);
}

static void draw_progress(struct pipeline *p) {
    struct totals t;
    int64_t now = time_monotonic_ns();
    if (now - p->drawn_ns < NS_PER_S) return;
    total(p, &t);
    buf_reset(&p->text);
    buf_char(&p->text, '\r');
    summary_progress(&t, t.events - p->drawn_events, now - p->drawn_ns, &p->text);
    buf_text(&p->text, "\x1b[K");
    terminal_err(&p->text);
    p->drawn = true;
    p->drawn_ns = now;
    p->drawn_events = t.events;
}

/* Why whoever sends us work should wait; NULL: come. */
static const char *unready(struct pipeline *p, const struct totals *t) {
    uint32_t most = p->plan->ready_lag;
    buf_reset(&p->text);
    if (t->unheard)
        buf_printf(&p->text, "%" PRIu64 " partition%s not heard of yet", t->unheard,
                   t->unheard == 1 ? "" : "s");
    else if (most && t->lag > most)
        buf_printf(&p->text, "%" PRIu64 " messages not read yet, at most %u are allowed", t->lag,
                   most);
    return p->text.n ? buf_cstr(&p->text) : NULL;
}

/* Seen from outside: that it is alive, and how it goes. */
static void show(struct pipeline *p) {
    struct totals t;
    watch_beat(p->watch);
    if (!watch_due(p->watch)) return;
    total(p, &t);
    struct measured m = {.totals = &t,
                         .inputs = &p->inputs,
                         .outputs = &p->outputs,
                         .unready = unready(p, &t)};
    watch_publish(p->watch, &m);
}

/* While alerts leave a sink may be slow, and the question be answered then. */
static void answer(struct pipeline *p) {
    if (!signals_asked()) return;
    workers_settle(p->workers);
    signals_answer();
}

/* A sink is slow, and main waits in the middle of an alert: still it answers. */
static void waiting(void *context) {
    struct pipeline *p = context;
    if (!p->watch) return; /* it is not going yet, or no more */
    answer(p);
    show(p);
}

/* ---- other rules ----------------------------------------------------------------------------- */

static void took_over(struct pipeline *p) {
    char hash[33];
    p->rules = p->reload.rules;
    p->by_rule = arena_array(&p->rules->arena, uint64_t, p->rules->program->nrules + 1);
    rules_hash(p->rules, hash);
    journal_reload(&p->journal, p->fed, hash);
}

/* Between two slices. */
static void reload(struct pipeline *p) {
    if (signals_reload_wanted()) {
        erase_progress(p);
        watch_reloading(p->watch);
        reload_ask(&p->reload);
        if (!p->reload.next) watch_ready(p->watch);
    }
    if (!p->reload.next) return;
    if (reload_go(&p->reload)) took_over(p);
    if (!p->reload.next) watch_ready(p->watch);
}

/* A replay: those that took over here. */
static void repeat(struct pipeline *p) {
    while (!p->unrepeated && repeat_after(&p->repeat) <= p->fed) {
        erase_progress(p);
        if (repeat_next(&p->repeat, &p->reload)) took_over(p);
        else p->unrepeated = true;
    }
}

static void open_reload(struct pipeline *p) {
    const struct pipeline_plan *plan = p->plan;
    p->reload = (struct reload){.files = plan->rules,
                                .params = plan->params,
                                .quiet = plan->quiet,
                                .json = plan->json,
                                .inputs = &p->inputs,
                                .rules = p->rules,
                                .first = &p->first,
                                .tables = &p->tables,
                                .workers = &p->workers};
}

/* ---- the way of the events ------------------------------------------------------------------- */

/* What was handled is told. True: there is somebody who hears of it. */
static bool commit(struct pipeline *p) {
    if (!commits_due(&p->commits)) return p->commits.wanted;
    workers_settle(p->workers); /* what was fed is matched, and its alerts are taken */
    commits_tick(&p->commits);
    return true;
}

static int before_pause(void *context) {
    struct pipeline *p = context;
    reload(p);
    workers_settle(p->workers);
    tables_letters(&p->tables);
    outputs_flush(&p->outputs);
    journal_flush(&p->journal);
    show(p);
    return commit(p) ? (int)(COMMIT_EACH_NS / NS_PER_MS) : -1;
}

static void dead_letter(void *context, const struct dead_letter *letter) {
    struct pipeline *p = context;
    outputs_dead_letter(&p->outputs, letter);
}

static int64_t due(void *context) {
    struct pipeline *p = context;
    return workers_due(p->workers);
}

/* Up to where other rules take over, and from there on. */
static void feed_rows(struct pipeline *p, struct slice slice) {
    while (slice.n) {
        const struct program *program = p->rules->program;
        repeat(p);
        if (p->unrepeated) return;
        uint64_t left = repeat_after(&p->repeat) - p->fed;
        uint32_t n = slice.n < left ? slice.n : (uint32_t)left;
        if (slice.fresh || p->rules->program != program) workers_open(p->workers, slice.batch);
        workers_feed(p->workers, slice.batch, slice.first, n);
        p->fed += n;
        slice.fresh = false;
        slice.first += n;
        slice.n -= n;
    }
}

static void feed_slice(struct pipeline *p, const struct slice *slice) {
    switch (slice->kind) {
    case SLICE_TIME:
        repeat(p);
        workers_advance(p->workers, slice->at_ns);
        p->fed++;
        break;
    case SLICE_LATE:
        for (uint32_t i = 0; i < slice->n; i++)
            outputs_late(&p->outputs, slice->batch, slice->first + i, slice->at_ns);
        break;
    case SLICE_ROWS:
        if (!p->inputs.read[slice->batch->stream]) {
            p->unread += slice->n;
            break;
        }
        feed_rows(p, *slice);
    }
}

/* A table that has changed holds for this slice and all behind it. What has been evaluated of other
 * batches is evaluated again. */
static void renew_tables(struct pipeline *p) {
    tables_letters(&p->tables);
    if (tables_renew(&p->tables, p->workers, p->plan->quiet)) inputs_reopen(&p->inputs);
}

static void feed(struct pipeline *p) {
    struct slice slice;
    while (!outputs_over(&p->outputs) && !p->journal.failed && !p->unrepeated &&
           inputs_next(&p->inputs, &slice)) {
        if (slice.fresh && p->plan->live) renew_tables(p);
        journal_flush(&p->journal);
        feed_slice(p, &slice);
        commit(p);
        reload(p);
        answer(p);
        show(p);
        if (slice.fresh && p->progress) draw_progress(p);
    }
}

/* How it ended goes to the journal, or must agree with the one that was replayed. */
static bool close_journal(struct pipeline *p, bool ended) {
    const char *failed = p->inputs.failed;
    if (!failed && !outputs_over(&p->outputs)) inputs_journal(&p->inputs, !ended);
    if (p->journal.failed) log_error("--journal %s: %s", p->journal.path, p->journal.failed);
    return failed || signals_stop_wanted() || 
           (!p->unrepeated && inputs_fit(&p->inputs) && repeat_fits(&p->repeat));
}

/* From the end of the input, or from wherever a signal stopped it. Gives the exit code. */
static int end(struct pipeline *p) {
    const char *failed = p->inputs.failed;
    if (signals_stop_wanted() && !failed) {
        inputs_end(&p->inputs);
        feed(p);
    }
    repeat(p);
    reload_end(&p->reload);
    bool ended = !signals_stop_wanted() && !failed; /* of itself */
    bool drain = p->plan->drain && ended && !p->record.stopped;
    if (!outputs_over(&p->outputs)) workers_finish(p->workers, drain);
    tables_letters(&p->tables);
    bool kept = outputs_finish(&p->outputs);
    commits_last(&p->commits);
    erase_progress(p);
    bool fits = close_journal(p, ended);
    if (p->outputs.reader_gone && !p->outputs.failed && !failed) return EXIT_FINE;
    if (!p->plan->quiet) print_totals(p, false);
    if (failed) log_error("%s", failed);
    if (p->outputs.failed) log_error("%s", p->outputs.failed);
    if (failed || p->outputs.failed || p->journal.failed || !kept) return EXIT_WORLD;
    return fits ? EXIT_FINE : EXIT_MISTAKE;
}

static int finish(void *context) {
    struct pipeline *p = context;
    int code = end(p);
    inputs_leave(&p->inputs);
    return code;
}

static void print_counters(void *context) { print_totals(context, true); }

/* ---- opening --------------------------------------------------------------------------------- */

static bool open_rules(struct pipeline *p) {
    const struct pipeline_plan *plan = p->plan;
    bool fine = rules_read(p->rules, plan->rules, plan->params);
    if (!fine || !plan->quiet) rules_report(p->rules, plan->json);
    if (fine && p->rules->program->nrules == 0) {
        log_error("%s: there is no rule to run", plan->rules->v[0]);
        fine = false;
    }
    return fine;
}

static bool open_journal(struct pipeline *p) {
    const struct pipeline_plan *plan = p->plan;
    if (!plan->live && plan->journal)
        return record_read(&p->record, plan->journal, p->rules->program, &p->rules->arena);
    return journal_open(&p->journal, plan->journal, p->rules->program);
}

/* Sources and tables: all that is wrong with either is said. */
static bool open_inputs(struct pipeline *p, int *code) {
    const struct pipeline_plan *plan = p->plan;
    struct inputs_options options = {.batch_rows = plan->batch_rows,
                                     .lateness_ns = plan->lateness_ns,
                                     .live = plan->live,
                                     .kafka = &plan->kafka,
                                     .idle_after_ns = plan->idle_after_ns,
                                     .future_ns = plan->future_ns,
                                     .journal = &p->journal,
                                     .record = p->record.path ? &p->record : NULL,
                                     .pause = before_pause,
                                     .dead_letter = dead_letter,
                                     .due = due,
                                     .context = p};
    const struct program *program = p->rules->program;
    struct arena *arena = &p->rules->arena;
    bool fine = inputs_open(&p->inputs, plan->in, program, &options, arena);
    int tables = tables_open(&p->tables, plan->tables, program,
                             plan->live ? &plan->kafka : NULL, arena);
    p->tables.dead_letter = outputs_table_letter;
    p->tables.context = &p->outputs;
    if (fine) *code = tables;
    return fine && tables == EXIT_FINE;
}

/* False after messages; then *code is what to exit with. */
static bool open_all(struct pipeline *p, int *code) {
    const struct pipeline_plan *plan = p->plan;
    struct arena *arena = &p->rules->arena;
    const char *why = NULL;
    if (!open_rules(p)) return false;
    if (!open_journal(p) || !open_inputs(p, code)) return false;
    *code = EXIT_MISTAKE;
    struct output_places places = {.out = plan->out,
                                   .late = plan->late,
                                   .dead = plan->dead_letter,
                                   .shadow = plan->shadow,
                                   .live = plan->live,
                                   .waiting = waiting,
                                   .context = p,
                                   .kafka = &plan->kafka};
    if (!outputs_open(&p->outputs, &places, p->rules->program, arena)) return false;
    int tables = tables_await(&p->tables);
    if (tables != EXIT_FINE) {
        *code = tables;
        return false;
    }
    struct engine_options options = {.alert = outputs_alert,
                                     .alert_context = &p->outputs,
                                     .late = outputs_late,
                                     .late_context = &p->outputs};
    p->workers = workers_new(p->rules->program, &options, plan->workers, &why);
    if (!p->workers) log_error("%s", why);
    else tables_give(&p->tables, p->workers);
    p->by_rule = arena_array(arena, uint64_t, p->rules->program->nrules + 1);
    bool mistake = true;
    open_reload(p);
    if (p->workers && !repeat_open(&p->repeat, &p->record, plan->reloads, &p->reload, arena))
        return false;
    if (p->workers) p->watch = watch_start(plan->http, arena, &mistake);
    if (!mistake && !p->watch) *code = EXIT_WORLD;
    return p->watch != NULL;
}

int pipeline_run(const struct pipeline_plan *plan) {
    struct pipeline p = {.plan = plan, .rules = &p.first};
    int code = EXIT_MISTAKE;
    buf_init(&p.text);
    if (open_all(&p, &code)) {
        struct signals_hooks hooks = {print_counters, finish, &p, plan->live};
        signals_start(&hooks);
        inputs_start(&p.inputs);
        commits_init(&p.commits, &p.inputs, &p.outputs);
        watch_ready(p.watch);
        p.began_ns = p.drawn_ns = time_monotonic_ns();
        p.progress =
            plan->progress && !plan->quiet && !plan->json && terminal_live(STDERR_FILENO);
        feed(&p);
        code = finish(&p);
    }
    watch_stop(&p.watch);
    commits_fini(&p.commits);
    workers_free(&p.workers);
    inputs_close(&p.inputs);
    tables_close(&p.tables);
    outputs_close(&p.outputs);
    journal_close(&p.journal);
    reload_close(&p.reload);
    rules_fini(&p.first);
    buf_fini(&p.text);
    return code;
}
