/* test_near: what came nearest to the alerts that a failed test wanted and did not get, by the same
 * means as omen why: its events once more, watched.
 *
 *   near     1 event short: waited for charge
 *              probe    0s  amount 1.00
 *              charge?  2m  amount 49.00
 *                amount 49.00 > 50 * avg(probe.amount) 1.00 = 50.00      false, 1.00 short
 *
 * Where the expectation says which key or when, only ways of that key, and that were open then,
 * count. Tests: tests/cli/test.t
 */
#include "cli/test_run.h"
#include "cli/why_fields.h"
#include "cli/why_tell.h"

enum { MOST_TOLD = 3, INDENT = 13 };

static void into_watch(void *w, struct batch *batch) { why_feed(w, batch, 0, 1, true); }
static void wait_watch(void *w, int64_t until) { why_advance(w, until); }

/* The whole key that is expected; NULL: it does not say. */
static const struct value *key_of(const struct why *w, const struct rule_test_step *step) {
    uint32_t n = w->program->groups[w->program->rules[w->number].group].nkey_fields, found = 0;
    struct value *key = arena_array(w->arena, struct value, n + 1);
    for (uint32_t i = 0; i < step->nchecks; i++) {
        const struct test_check *c = &step->checks[i];
        if (c->subject != SUBJECT_KEY || value_is_null(c->value)) continue;
        key[c->index] = c->value;
        found++;
    }
    return found && found == n ? key : NULL;
}

static void tell(const struct test_run *run, const struct rule_set *set, struct program *program,
                 const struct rule_test_step *step, struct buf *out) {
    const char *why;
    struct why w = {.arena = run->arena, .set = set, .program = program, .number = run->rule,
                    .test = true, .at = step->has_at ? step->at : INT64_MAX};
    struct buf lines;
    buf_init(&lines);
    w.key = key_of(&w, step);
    if (why_open(&w, &why)) {
        struct test_sink sink = {w.engine, &w, into_watch, wait_watch};
        test_feed(run, program, &sink);
        why_finish(&w, false);
        why_fields_find(&w);
        if (why_tell_nearest(&w, INDENT, &lines))
            buf_printf(out, "    near     %.*s", STR_FMT(buf_view(&lines)));
    }
    why_close(&w);
    buf_fini(&lines);
}

/* Another alert came then: the two are told side by side, and nothing else was missed. */
static bool another_came(const struct test_run *run, const struct rule_test_step *step) {
    for (uint32_t i = 0; i < run->nalerts; i++)
        if (step->has_at && run->alerts[i].covers == NONE && run->alerts[i].at == step->at)
            return true;
    return false;
}

void test_near(const struct test_run *run, const struct rule_set *set, struct program *program,
               struct buf *out) {
    uint32_t told = 0;
    for (uint32_t i = 0; i < run->test->nsteps && told < MOST_TOLD; i++) {
        const struct rule_test_step *step = &run->test->steps[i];
        bool wanted = step->step->kind == TEST_EXPECT && step->step->expect == EXPECT_ALERT;
        if (!wanted || test_covered(run, i) || another_came(run, step)) continue;
        tell(run, set, program, step, out);
        told++;
    }
}
