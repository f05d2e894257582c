/* test_run: see test_run.h.
 * Tests: tests/cli/test.t
 */
#include "cli/test_run.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "connectors/cell.h"
#include "engine/table.h"

/* ---- what came ------------------------------------------------------------------------------- */

static void on_alert(void *context, const struct alert *alert) {
    struct test_run *run = context;
    if (alert->rule != &alert->program->rules[run->rule]) return;
    struct test_alert a = {.start = alert->start_ns, .at = alert->end_ns, .nkey = alert->nkey,
                           .nemit = alert->nemit, .covers = NONE};
    a.kind = alert->timed_out ? EXPECT_TIMEOUT : EXPECT_ALERT;
    if (alert->resolved) a.kind = EXPECT_RESOLVED;
    if (alert->resolved) a.at = alert->resolved_ns;
    a.severity = arena_copy(run->arena, alert->rule->severity);
    a.key = arena_array(run->arena, struct value, alert->nkey + 1);
    a.emit = arena_array(run->arena, struct value, alert->nemit + 1);
    a.names = arena_array(run->arena, struct str, alert->nemit + 1);
    for (uint32_t i = 0; i < alert->nkey; i++) a.key[i] = value_copy(run->arena, alert->key[i]);
    for (uint32_t i = 0; i < alert->nemit; i++) {
        a.emit[i] = value_copy(run->arena, alert->emit[i].value);
        a.names[i] = arena_copy(run->arena, alert->emit[i].name);
    }
    for (uint32_t i = 0; i < alert->nmatched; i++) {
        const struct alert_variable *v = &alert->matched[i];
        for (uint32_t k = 0; k < v->n; k++) {
            if (v->positions[k].id.n) continue; /* an alert: no event of the test */
            struct test_taken taken = {arena_copy(run->arena, v->name), v->positions[k].offset};
            arena_push(run->arena, a.taken, a.ntaken, a.taken_cap, taken);
        }
    }
    arena_push(run->arena, run->alerts, run->nalerts, run->alerts_cap, a);
}

struct arrival {
    const struct rule_test_step *step;
    int64_t at;
    uint64_t number; /* of the event */
    bool late;
};

static void set_row(struct batch *batch, const struct value *values, uint64_t number) {
    const struct schema *schema = batch->schema;
    batch_reset(batch);
    for (uint32_t f = 0; f < schema->nfields; f++)
        if (schema->fields[f].used && !value_is_null(values[f])) cell_set(batch, f, values[f]);
    batch_commit(batch, number);
}

/* The rows of one table. */
static struct table *given(const struct rule_test *test, const struct schema *schema,
                           uint32_t table) {
    struct table_builder *rows = table_begin(schema);
    struct batch *batch = batch_new(schema, 0, 1);
    for (uint32_t i = 0; i < test->ngiven; i++) {
        uint64_t before;
        if (test->given[i].table != table) continue;
        set_row(batch, test->given[i].values, i);
        check(table_add(rows, batch, 0, &before) == TABLE_ADDED);
    }
    batch_free(&batch);
    return table_finish(&rows);
}

bool test_late(const struct test_run *run, uint32_t at) {
    const struct rule_test_step *event = &run->test->steps[at];
    for (uint32_t i = at + 1; event->step->late_ns && i < run->test->nsteps; i++) {
        const struct rule_test_step *s = &run->test->steps[i];
        bool counts = s->step->kind == TEST_WAIT ||
                      (s->step->kind == TEST_EVENT && s->stream == event->stream);
        uint64_t newer = (uint64_t)s->at - (uint64_t)event->at; /* steps are in order */
        uint64_t most = (uint64_t)event->step->late_ns;
        bool came = newer <= most && (uint64_t)s->step->late_ns <= most - newer;
        if (counts && came && newer > (uint64_t)run->lateness_ns) return true;
    }
    return false;
}

/* The time of its arrival. */
static int64_t arrival(const struct test_run *run, uint32_t step) {
    const struct rule_test_step *s = &run->test->steps[step];
    int64_t at = s->at;
    if (test_late(run, step) && __builtin_add_overflow(at, s->step->late_ns, &at))
        at = INT64_MAX;
    return at;
}

/* Events and waits in the order in which they arrive: those that are late behind all steps of the
 * time. Tests are short. */
static uint32_t arrivals(const struct test_run *run, struct arrival *v) {
    uint32_t n = 0;
    uint64_t number = 0;
    for (uint32_t i = 0; i < run->test->nsteps; i++) {
        const struct rule_test_step *step = &run->test->steps[i];
        if (step->step->kind != TEST_WAIT && step->step->kind != TEST_EVENT) continue;
        struct arrival a = {step, arrival(run, i), number, test_late(run, i)};
        number += step->step->kind == TEST_EVENT;
        uint32_t k = n++;
        for (; k && (v[k - 1].at > a.at || (v[k - 1].at == a.at && v[k - 1].late && !a.late)); k--)
            v[k] = v[k - 1];
        v[k] = a;
    }
    return n;
}

void test_feed(const struct test_run *run, const struct program *program,
               const struct test_sink *to) {
    for (uint32_t i = 0; i < program->ntables; i++) {
        struct table *t = given(run->test, &program->tables[i], i);
        engine_table(to->engine, i, t);
        table_drop(&t);
    }
    struct batch **batches = must_zalloc((program->nstreams + 1) * sizeof *batches);
    struct arrival *all = arena_array(run->arena, struct arrival, run->test->nsteps + 1);
    uint32_t n = arrivals(run, all);
    for (uint32_t i = 0; i < n; i++) {
        const struct rule_test_step *step = all[i].step;
        if (step->step->kind == TEST_WAIT) {
            to->wait(to->context, step->at);
            continue;
        }
        struct batch **batch = &batches[step->stream];
        if (!*batch) *batch = batch_new(&program->streams[step->stream], step->stream, 1);
        set_row(*batch, step->values, all[i].number);
        to->event(to->context, *batch);
    }
    for (uint32_t i = 0; i < program->nstreams; i++) batch_free(&batches[i]);
    free(batches);
}

static void into_engine(void *engine, struct batch *batch) {
    engine_open(engine, batch);
    engine_feed(engine, batch, 0, 1);
}

static void wait_engine(void *engine, int64_t until) { engine_advance(engine, until); }

/* ---- what was expected ----------------------------------------------------------------------- */

static bool same_value(struct value wanted, struct value came) {
    if (wanted.type == VALUE_FLOAT && came.type == VALUE_FLOAT)
        return fabs(wanted.f - came.f) <= 1e-9 * fmax(fabs(wanted.f), fabs(came.f));
    return value_compare(wanted, came) == 0;
}

/* The name that took the last event. Events are numbered in the order in which they take part. */
struct str test_last_taken(const struct test_alert *a) {
    const struct test_taken *last = &a->taken[0];
    for (uint32_t i = 1; i < a->ntaken; i++)
        if (a->taken[i].event > last->event) last = &a->taken[i];
    return last->variable;
}

static bool check_holds(const struct test_check *c, const struct test_alert *a) {
    struct value came = value_null();
    switch (c->subject) {
    case SUBJECT_EMIT: came = a->emit[c->index]; break;
    case SUBJECT_KEY: came = a->key[c->index]; break;
    case SUBJECT_SEVERITY: return str_equal_nocase(c->value.s, a->severity);
    case SUBJECT_START: came = (struct value){.i = a->start, .type = VALUE_TIME}; break;
    case SUBJECT_STEP: came = value_str(test_last_taken(a)); break;
    }
    return same_value(c->value, came);
}

static bool is_alert(const struct rule_test_step *s) {
    return s->step->kind == TEST_EXPECT &&
           (s->step->expect == EXPECT_ALERT || s->step->expect == EXPECT_TIMEOUT ||
            s->step->expect == EXPECT_RESOLVED);
}

static bool may_cover(const struct rule_test_step *s, const struct test_alert *a) {
    if (a->kind != s->step->expect || (s->has_at && s->at != a->at)) return false;
    for (uint32_t i = 0; i < s->nchecks; i++)
        if (!check_holds(&s->checks[i], a)) return false;
    return true;
}

/* An augmenting path from the step: alerts that are not `seen` yet may change hands. */
static bool cover(struct test_run *run, uint32_t step, bool *seen) {
    for (uint32_t i = 0; i < run->nalerts; i++) {
        struct test_alert *a = &run->alerts[i];
        if (seen[i] || !may_cover(&run->test->steps[step], a)) continue;
        seen[i] = true;
        if (a->covers != NONE && !cover(run, a->covers, seen)) continue;
        a->covers = step;
        return true;
    }
    return false;
}

const struct test_alert *test_covered(const struct test_run *run, uint32_t step) {
    for (uint32_t i = 0; i < run->nalerts; i++)
        if (run->alerts[i].covers == step) return &run->alerts[i];
    return NULL;
}

bool test_excluded(const struct rule_test_step *step, const struct test_alert *alert) {
    if (step->step->kind != TEST_EXPECT || step->step->expect != EXPECT_NONE) return false;
    return !step->has_at || alert->at > step->at;
}

bool test_miscounted(const struct test_run *run, const struct rule_test_step *step) {
    return step->step->kind == TEST_EXPECT && step->step->expect == EXPECT_SUPPRESSED &&
           (uint64_t)step->step->suppressed != run->suppressed;
}

static void judge(struct test_run *run) {
    bool *seen = must_zalloc((run->nalerts + 1) * sizeof *seen);
    run->passed = true;
    for (uint32_t i = 0; i < run->test->nsteps; i++) {
        const struct rule_test_step *step = &run->test->steps[i];
        memset(seen, 0, run->nalerts * sizeof *seen);
        if (is_alert(step)) run->passed &= cover(run, i, seen);
        if (test_miscounted(run, step)) run->passed = false;
        for (uint32_t k = 0; k < run->nalerts; k++)
            if (test_excluded(step, &run->alerts[k])) run->passed = false;
    }
    for (uint32_t k = 0; k < run->nalerts; k++) run->passed &= run->alerts[k].covers != NONE;
    free(seen);
}

bool test_run(struct test_run *run, struct program *program, const char **why) {
    bool *given = arena_array(run->arena, bool, program->nstreams);
    for (uint32_t i = 0; i < run->test->nsteps; i++)
        if (run->test->steps[i].step->kind == TEST_EVENT)
            given[run->test->steps[i].stream] = true;
    struct engine_options options = {
        .alert = on_alert, .alert_context = run, .given = given};
    struct engine *engine = engine_new(program, &options, why);
    if (!engine) return false;
    struct test_sink sink = {engine, engine, into_engine, wait_engine};
    test_feed(run, program, &sink);
    engine_finish(engine, false);
    run->suppressed = gate_suppressed(engine_gate(engine), run->rule);
    engine_free(&engine);
    judge(run);
    return true;
}
