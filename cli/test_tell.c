/* test_tell: how a failed test is told, see test_run.h.
 *
 *   at 0s   { vehicle: "v1", lane: 1 }
 *   at 10s  { vehicle: "v1", lane: 2 }            change
 *   wanted  at 40s { lanes: [2, 2, 1] }
 *   came    at 40s { key: "v1", lanes: [2, 2, 3] }
 *
 * Times are as in the test: within a year of 0 as durations from it, else as dates.
 * Tests: tests/cli/test.t
 */
#include "base/time.h"
#include "cli/test_run.h"
#include "grammar/print.h"

enum { YEAR_DAYS = 366, WIDTH_TIME = 8, WIDTH_EVENT = 48 };

static void put_moment(struct buf *out, int64_t ns) {
    if (ns > -YEAR_DAYS * NS_PER_DAY && ns < YEAR_DAYS * NS_PER_DAY) duration_format(out, ns);
    else time_format(out, ns);
}

static void put_value(struct buf *out, struct value v) {
    if (v.type == VALUE_TIME) put_moment(out, v.i);
    else value_text(out, v);
}

static void pad_to(struct buf *out, size_t from, size_t width) {
    while (out->n < from + width) buf_char(out, ' ');
    buf_char(out, ' ');
}

/* `{ vehicle: "v1", lane: 1 }`, without the field `left_out`: an event's time is told already. */
static void put_fields(struct buf *out, const struct test_step *step, struct str left_out) {
    bool first = true;
    buf_char(out, '{');
    for (uint32_t i = 0; i < step->nfields; i++) {
        if (str_equal(step->fields[i].name.text, left_out)) continue;
        buf_printf(out, "%s %.*s: ", first ? "" : ",", STR_FMT(step->fields[i].name.text));
        print_expr(step->fields[i].expr, out);
        first = false;
    }
    buf_text(out, first ? "}" : " }");
}

/* The name of the stream only where a test has several. */
static void put_event(struct buf *out, const struct test_run *run, const struct program *program,
                      const struct rule_test_step *step) {
    const struct schema *schema = &program->streams[step->stream];
    bool several = false;
    for (uint32_t i = 0; i < run->test->nsteps; i++) {
        const struct rule_test_step *s = &run->test->steps[i];
        several |= s->step->kind == TEST_EVENT && s->stream != step->stream;
    }
    if (several) buf_printf(out, "%.*s ", STR_FMT(schema->name));
    put_fields(out, step->step, schema->fields[schema->time_field].name);
}

/* `at `, `timeout at `, `resolved at `; without the time the word alone. */
static void put_kind(struct buf *out, enum expect_kind kind, bool at) {
    if (kind == EXPECT_TIMEOUT) buf_text(out, at ? "timeout " : "timeout");
    if (kind == EXPECT_RESOLVED) buf_text(out, at ? "resolved " : "resolved");
    if (at) buf_text(out, "at ");
}

static void put_expectation(struct buf *out, const struct rule_test_step *step) {
    bool none = step->step->expect == EXPECT_NONE;
    if (step->step->expect == EXPECT_SUPPRESSED) {
        buf_printf(out, "suppressed %lld", (long long)step->step->suppressed);
        return;
    }
    if (none) buf_text(out, step->has_at ? "none after " : "none");
    else put_kind(out, step->step->expect, step->has_at);
    if (step->has_at) put_moment(out, step->at);
    if (step->step->nfields == 0 && (step->has_at || step->step->expect != EXPECT_ALERT)) return;
    if (step->has_at) buf_char(out, ' ');
    put_fields(out, step->step, STR(""));
}

/* Who took event `number`: `change`, or with several alerts `change (1), change (2)`. */
static void put_taken(struct buf *out, const struct test_run *run, uint64_t number) {
    bool first = true;
    for (uint32_t i = 0; i < run->nalerts; i++) {
        const struct test_alert *a = &run->alerts[i];
        for (uint32_t k = 0; k < a->ntaken; k++) {
            if (a->taken[k].event != number) continue;
            buf_printf(out, "%s%.*s", first ? "" : ", ", STR_FMT(a->taken[k].variable));
            if (run->nalerts > 1) buf_printf(out, " (%u)", i + 1);
            first = false;
        }
    }
}

static void put_timeline(struct buf *out, const struct test_run *run,
                         const struct program *program) {
    uint64_t number = 0;
    for (uint32_t i = 0; i < run->test->nsteps; i++) {
        const struct rule_test_step *step = &run->test->steps[i];
        if (step->step->kind == TEST_EXPECT) continue;
        buf_text(out, "    ");
        size_t from = out->n;
        buf_text(out, "at ");
        put_moment(out, step->at);
        pad_to(out, from, WIDTH_TIME);
        from = out->n;
        if (step->step->kind == TEST_EVENT) {
            put_event(out, run, program, step);
            pad_to(out, from, WIDTH_EVENT);
            put_taken(out, run, number++);
            if (test_late(run, i)) buf_text(out, "late");
        } else {
            buf_text(out, "wait ");
            duration_format(out, step->step->wait_ns);
        }
        while (out->n && out->p[out->n - 1] == ' ') out->n--;
        buf_char(out, '\n');
    }
}

static bool emits(const struct test_alert *a, struct str name) {
    for (uint32_t i = 0; i < a->nemit; i++)
        if (str_equal(a->names[i], name)) return true;
    return false;
}

static void put_alert(struct buf *out, const struct test_run *run, uint32_t index) {
    const struct test_alert *a = &run->alerts[index];
    put_kind(out, a->kind, true);
    put_moment(out, a->at);
    buf_text(out, " {");
    for (uint32_t i = 0; i < a->nkey; i++) {
        buf_text(out, i == 0 ? " key: " : ", ");
        if (i == 0 && a->nkey > 1) buf_char(out, '[');
        put_value(out, a->key[i]);
        if (a->nkey > 1 && i + 1 == a->nkey) buf_char(out, ']');
    }
    for (uint32_t i = 0; i < a->nemit; i++) {
        buf_printf(out, "%s %.*s: ", i || a->nkey ? "," : "", STR_FMT(a->names[i]));
        put_value(out, a->emit[i]);
    }
    bool step = a->kind == EXPECT_TIMEOUT && !emits(a, STR("step"));
    if (step)
        buf_printf(out, "%s step: %.*s", a->nkey || a->nemit ? "," : "",
                   STR_FMT(test_last_taken(a)));
    buf_text(out, a->nkey || a->nemit || step ? " }" : "}");
    if (run->nalerts > 1) buf_printf(out, " (%u)", index + 1);
}

static void put_line(struct buf *out, const char *word) {
    size_t from;
    buf_text(out, "    ");
    from = out->n;
    buf_text(out, word);
    pad_to(out, from, WIDTH_TIME);
}

void test_tell(const struct test_run *run, const struct program *program, struct buf *out) {
    put_timeline(out, run, program);
    for (uint32_t i = 0; i < run->test->nsteps; i++) {
        const struct rule_test_step *step = &run->test->steps[i];
        bool broken = false;
        if (step->step->kind != TEST_EXPECT) continue;
        for (uint32_t k = 0; k < run->nalerts; k++) broken |= test_excluded(step, &run->alerts[k]);
        bool none = step->step->expect == EXPECT_NONE;
        bool counts = step->step->expect == EXPECT_SUPPRESSED;
        if (counts ? !test_miscounted(run, step) : none ? !broken : test_covered(run, i) != NULL)
            continue;
        put_line(out, "wanted");
        put_expectation(out, step);
        buf_char(out, '\n');
    }
    uint32_t told = 0;
    for (uint32_t i = 0; i < run->test->nsteps && !told; i++) {
        if (!test_miscounted(run, &run->test->steps[i])) continue;
        put_line(out, "came");
        buf_printf(out, "suppressed %llu\n", (unsigned long long)run->suppressed);
        told++;
    }
    for (uint32_t i = 0; i < run->nalerts; i++) {
        bool excluded = false;
        for (uint32_t k = 0; k < run->test->nsteps; k++)
            excluded |= test_excluded(&run->test->steps[k], &run->alerts[i]);
        if (run->alerts[i].covers != NONE && !excluded) continue;
        put_line(out, "came");
        put_alert(out, run, i);
        buf_char(out, '\n');
        told++;
    }
    if (told == 0) {
        put_line(out, "came");
        buf_text(out, run->nalerts ? "nothing else\n" : "nothing\n");
    }
}
