/* test_run: see test_run.h.
 * Tests: tests/cli/test.t
 */
#include "cli/test_run.h"

#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "connectors/cell.h"

/* ---- what came ------------------------------------------------------------------------------- */

static void on_alert(void *context, const struct alert *alert) {
    struct test_run *run = context;
    if (alert->rule != &alert->program->rules[run->rule]) return;
    struct test_alert a = {.start = alert->start_ns, .end = alert->end_ns,
                           .timed_out = alert->timed_out, .nkey = alert->nkey,
                           .nemit = alert->nemit, .covers = NONE};
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

/* One event, numbered `number` in its test, as a batch of one row. */
static void feed(struct engine *engine, struct batch *batch, const struct rule_test_step *step,
                 uint64_t number) {
    const struct schema *schema = batch->schema;
    batch_reset(batch);
    for (uint32_t f = 0; f < schema->nfields; f++)
        if (schema->fields[f].used && !value_is_null(step->values[f]))
            cell_set(batch, f, step->values[f]);
    batch_commit(batch, number);
    engine_open(engine, batch);
    engine_feed(engine, batch, 0, 1);
}

static void feed_all(struct test_run *run, struct engine *engine, const struct program *program) {
    struct batch **batches = must_zalloc((program->nstreams + 1) * sizeof *batches);
    uint64_t number = 0;
    for (uint32_t i = 0; i < run->test->nsteps; i++) {
        const struct rule_test_step *step = &run->test->steps[i];
        if (step->step->kind == TEST_WAIT) engine_advance(engine, step->at);
        if (step->step->kind != TEST_EVENT) continue;
        struct batch **batch = &batches[step->stream];
        if (!*batch) *batch = batch_new(&program->streams[step->stream], step->stream, 1);
        feed(engine, *batch, step, number++);
    }
    for (uint32_t i = 0; i < program->nstreams; i++) batch_free(&batches[i]);
    free(batches);
}

/* ---- what was expected ----------------------------------------------------------------------- */

static bool same_value(struct value wanted, struct value came) {
    if (wanted.type == VALUE_FLOAT && came.type == VALUE_FLOAT)
        return fabs(wanted.f - came.f) <= 1e-9 * fmax(fabs(wanted.f), fabs(came.f));
    return value_compare(wanted, came) == 0;
}

static bool check_holds(const struct test_check *c, const struct test_alert *a) {
    struct value came = value_null();
    switch (c->subject) {
    case SUBJECT_EMIT: came = a->emit[c->index]; break;
    case SUBJECT_KEY: came = a->key[c->index]; break;
    case SUBJECT_SEVERITY: return str_equal_nocase(c->value.s, a->severity);
    case SUBJECT_START: came = (struct value){.i = a->start, .type = VALUE_TIME}; break;
    }
    return same_value(c->value, came);
}

static bool is_alert(const struct rule_test_step *s) {
    return s->step->kind == TEST_EXPECT &&
           (s->step->expect == EXPECT_ALERT || s->step->expect == EXPECT_TIMEOUT);
}

static bool may_cover(const struct rule_test_step *s, const struct test_alert *a) {
    if (a->timed_out != (s->step->expect == EXPECT_TIMEOUT)) return false;
    if (s->has_at && s->at != a->end) return false;
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
    return !step->has_at || alert->end > step->at;
}

static void judge(struct test_run *run) {
    bool *seen = must_zalloc((run->nalerts + 1) * sizeof *seen);
    run->passed = true;
    for (uint32_t i = 0; i < run->test->nsteps; i++) {
        const struct rule_test_step *step = &run->test->steps[i];
        memset(seen, 0, run->nalerts * sizeof *seen);
        if (is_alert(step)) run->passed &= cover(run, i, seen);
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
    feed_all(run, engine, program);
    engine_finish(engine, false);
    engine_free(&engine);
    judge(run);
    return true;
}
