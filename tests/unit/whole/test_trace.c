/* test_trace: what the trace tells (engine/trace.h), step by step, and that it changes nothing.
 *
 * A step is a line: `event kind name after what`, the event by its place from 1, `-` where there is
 * none; after what: the run, by its events. Of a condition that fails, the value of each probe.
 */
#include "tests/unit/whole/support.h"

#include "engine/trace.h"

#define AB "where a: name = \"a\" b: name = \"b\" "

struct traced {
    struct fixture f;
    struct buf steps;
    struct trace trace;
    bool over;
};

static const char *const kinds[] = {
    [TRACE_TAKES] = "takes", [TRACE_FAILS] = "fails", [TRACE_CONTINUES] = "continues",
    [TRACE_HELD] = "held", [TRACE_EARLY] = "early", [TRACE_KILLED] = "killed",
    [TRACE_GAP] = "gap", [TRACE_MISSED] = "missed", [TRACE_WAITS] = "waits",
    [TRACE_WINDOW] = "window", [TRACE_SKIPPED] = "skipped", [TRACE_DROPPED] = "dropped",
    [TRACE_FORGOTTEN] = "forgotten", [TRACE_HAVING] = "having", [TRACE_MATCH] = "match"};

static bool wants(void *context, const struct batch *b, uint32_t row) {
    (void)context;
    return str_equal(batch_value(b, row, K).s, STR("x"));
}

static void put_chain(struct buf *out, const struct taken *t) {
    if (t->before) put_chain(out, t->before);
    buf_printf(out, "%s%llu", t->before ? "," : "", (unsigned long long)t->seq);
}

static void on_step(void *context, const struct trace_step *s) {
    struct traced *t = context;
    const struct program_rule *rule = &t->f.program->rules[t->trace.rule];
    if (t->over) return;
    if (s->event) buf_printf(&t->steps, "%llu", (unsigned long long)s->event->seq);
    else buf_char(&t->steps, '-');
    buf_printf(&t->steps, " %s", kinds[s->kind]);
    if (s->variable != NO_VARIABLE)
        buf_printf(&t->steps, " %.*s", STR_FMT(rule->variables[s->variable].name));
    if (s->run) buf_text(&t->steps, " after ");
    if (s->run) put_chain(&t->steps, s->run->last);
    if (s->kind == TRACE_MISSED)
        buf_printf(&t->steps, " by %lld", (long long)(s->late_ns / NS_PER_MS));
    if (s->kind == TRACE_MATCH && !s->sent)
        buf_printf(&t->steps, " not sent: %d", s->except == NONE ? -1 : (int)s->except);
    for (uint32_t i = 0; s->kind == TRACE_FAILS && i < rule->nprobes; i++) {
        if (rule->probes[i].variable != s->variable) continue;
        buf_char(&t->steps, ' ');
        value_text(&t->steps, trace_value(s, rule->probes[i].code));
    }
    buf_char(&t->steps, '\n');
}

/* As open_rules does, with probes and a trace of the first rule. */
static void open_traced(struct traced *t, const char *text) {
    struct sources sources;
    struct tree tree;
    struct diags diags;
    const char *why;
    *t = (struct traced){.trace = {0, t, wants, on_step}};
    struct fixture *f = &t->f;
    arena_init(&f->arena);
    buf_init(&f->out), buf_init(&f->ids), buf_init(&t->steps);
    sources_init(&sources, &f->arena);
    tree_init(&tree, &f->arena, &sources);
    diags_init(&diags, &f->arena, &sources);
    uint32_t file = sources_add(&sources, STR("test.rules"), str_of(text));
    assert_true(parse_file(&tree, file, &diags));
    struct rule_set *set = rules_front(&tree, NULL, 0, &diags);
    set->probed = true;
    f->program = rules_assemble(set);
    assert_non_null(f->program);
    struct engine_options wiring = {.alert = on_alert, .alert_context = f, .late = on_late,
                                    .late_context = f, .trace = &t->trace};
    f->engine = engine_new(f->program, &wiring, &why);
    assert_non_null(f->engine);
}

static void close_traced(struct traced *t) {
    t->over = true;
    close_rules(&t->f);
    buf_fini(&t->steps);
}

/* Rows one by one and all at once tell the same. */
static void expect(const char *rule, const char *text, const char *steps) {
    static const uint32_t sizes[] = {1, 64};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct traced t;
        struct arena arena;
        arena_init(&arena);
        open_traced(&t, arena_printf(&arena, STREAM "rule r { on s by k unbounded %s }", rule));
        rows(&t.f, text, sizes[i], 0);
        engine_finish(t.f.engine, true);
        assert_string_equal(buf_cstr(&t.steps), steps);
        close_traced(&t);
        arena_fini(&arena);
    }
}

/* ---- an event and an edge -------------------------------------------------------------------- */

static void takes_and_passes_over(void **state) {
    (void)state;
    expect("match a then b where a: n > 5 b: n > a.n",
           "x 1 6 -\nx 2 3 -\nx 3 8 -\n",
           "1 takes a\n"
           "2 fails b after 1 false 3 6\n2 fails a false 3\n"
           "3 takes b after 1\n3 takes a\n3 match after 1,3\n- skipped after 3\n");
}

/* Of events of other keys nothing is told; of what becomes of runs, of every key. */
static void other_keys(void **state) {
    (void)state;
    expect("match a then b " AB, "y 1 0 a\nx 2 0 a\ny 3 0 c\n", "2 takes a\n");
    expect("match a then b " AB, "y 1 0 a\nx 2 0 a\ny 3 0 b\n", "2 takes a\n3 match after 1,3\n");
}

static void kills_and_gaps(void **state) {
    (void)state;
    expect("match a then no c then b where a: n = 1 b: n = 2 c: n = 3",
           "x 1 1 -\nx 2 3 -\n", "1 takes a\n2 killed c after 1\n2 fails a false 3\n");
    expect("match a then within 1s b where a: n = 1 b: n = 2", "x 1000 1 -\nx 2500 2 -\n",
           "1 takes a\n2 missed b after 1 by 500\n2 fails a false 2\n");
    expect("match a then within 1s b where a: n = 1 b: n = 2", "x 1000 1 -\nx 2500 3 -\n",
           "1 takes a\n2 gap b after 1\n2 fails a false 3\n");
    expect("match a then after 1s b where a: n = 1 b: n = 2", "x 1000 1 -\nx 1500 2 -\n",
           "1 takes a\n2 early b after 1\n2 fails a false 2\n");
}

/* ---- what ends a run ------------------------------------------------------------------------- */

/* Whatever other keys do meanwhile: the run stays until its key's next event. */
static void the_window(void **state) {
    (void)state;
    expect("match a then b within 1s where a: n = 1 b: n = 2",
           "x 1000 1 -\ny 90000 9 -\nx 91000 2 -\n",
           "1 takes a\n3 missed b after 1 by 89000\n3 fails a false 2\n- window after 1\n");
}

static void having_and_the_gate(void **state) {
    (void)state;
    expect("match a where a: n > 0 having a.n > 1", "x 1 1 -\n",
           "1 takes a\n1 having after 1\n");
    expect("match a where a: n > 0 once per 10s except odd: a.n = 7", "x 1 7 -\nx 2 1 -\nx 3 1 -\n",
           "1 takes a\n1 match after 1 not sent: 0\n2 takes a\n2 match after 2\n"
           "3 takes a\n3 match after 3 not sent: -1\n");
}

static void skipped_and_dropped(void **state) {
    (void)state;
    expect("match a then a2 then b where a: n > 0 a2: n > 1 b: n > 2",
           "x 1 1 -\nx 2 2 -\nx 3 3 -\n",
           "1 takes a\n2 takes a2 after 1\n2 takes a\n"
           "3 takes b after 1,2\n3 takes a2 after 2\n3 takes a\n3 match after 1,2,3\n"
           "- skipped after 2,3\n- skipped after 3\n");
    expect("match a then b within 1m where a: n > 0 b: n > 2 and n > a.n limit 1 runs",
           "x 1 2 -\nx 2 1 -\n",
           "1 takes a\n2 fails b after 1 false false 1 false 1 2\n2 takes a\n"
           "- dropped after 1\n");
}

static void the_clock(void **state) {
    (void)state;
    expect("match a then no b for 2s where a: n = 1 b: n = 2", "x 1000 1 -\nx 2000 3 -\n",
           "1 takes a\n2 waits after 1\n2 fails a false 3\n- match after 1\n");
}

/* ---- it changes nothing ---------------------------------------------------------------------- */

static const char *const lots[] = {
    "match a then b 2 or more times then c within 9s where a: n > 3 b: n > 2 c: n > avg(b.n)",
    "match longest a+ in a row then no b for 2s within 20s where a: n > 3 b: n = 0 ",
    "match all ways a then each b within 4s where a: n > 6 b: n > a.n",
    "match a next no b then c within 5s where a: n > 2 b: n = 1 c: n = 9 timeout emit n: a.n",
    "match a for 3s gap 2s where a: n > prev(n)",
    "match a then b where a: n > 4 b: n > prev(n) having b.n - a.n > 1 once per 5s limit 3 runs",
    "when sum(n) over 5s > 20 and n > 3",
};

/* The same alerts, with ids and in their order, for rows drawn by lot. */
static void same_alerts(void **state) {
    (void)state;
    for (unsigned i = 0; i < sizeof lots / sizeof *lots * 20; i++) {
        unsigned seed = i + 1;
        struct fixture plain;
        struct traced traced;
        struct buf text;
        char rule[512];
        buf_init(&text);
        for (int at = 0, n = 0; n < 60; n++, at += rand_r(&seed) % 2000)
            buf_printf(&text, "%c %d %d -\n", rand_r(&seed) % 3 ? 'x' : 'y', at,
                       rand_r(&seed) % 10);
        snprintf(rule, sizeof rule, STREAM "rule r { on s by k unbounded %s }",
                 lots[i % (sizeof lots / sizeof *lots)]);
        if (strstr(rule, " runs }")) memmove(strstr(rule, "unbounded"), "         ", 9);
        open_rules(&plain, rule);
        open_traced(&traced, rule);
        rows(&plain, buf_cstr(&text), 64, 0);
        rows(&traced.f, buf_cstr(&text), 64, 0);
        engine_finish(plain.engine, true);
        engine_finish(traced.f.engine, true);
        assert_string_equal(buf_cstr(&traced.f.out), buf_cstr(&plain.out));
        assert_string_equal(buf_cstr(&traced.f.ids), buf_cstr(&plain.ids));
        close_rules(&plain);
        close_traced(&traced);
        buf_fini(&text);
    }
}

/* ---- how near it is -------------------------------------------------------------------------- */

static uint32_t distance(const char *rule) {
    struct fixture f;
    char text[512];
    snprintf(text, sizeof text, STREAM "rule r { on s by k unbounded %s }", rule);
    open_rules(&f, text);
    uint32_t n = trace_distance(f.program, &f.program->rules[0], NULL, NULL);
    close_rules(&f);
    return n;
}

/* Counted loops by their counters, the shortest of alternatives, the clock as one. */
static void distances(void **state) {
    (void)state;
    assert_int_equal(distance("match a where a: n > 0"), 1);
    assert_int_equal(distance("match a then b 40 times then a2 where a: n > 0 b: n > 0 a2: n > 0"),
                     42);
    assert_int_equal(distance("match (a then b) or c where a: n > 0 b: n > 0 c: n > 1"), 1);
    assert_int_equal(distance("match all(a, b) then c where a: n > 0 b: n > 0 c: n > 0"), 3);
    assert_int_equal(distance("match a then no b for 5s where a: n > 0 b: n > 1"), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_and_passes_over), cmocka_unit_test(other_keys),
        cmocka_unit_test(kills_and_gaps),        cmocka_unit_test(the_window),
        cmocka_unit_test(having_and_the_gate),   cmocka_unit_test(skipped_and_dropped),
        cmocka_unit_test(the_clock),             cmocka_unit_test(same_alerts),
        cmocka_unit_test(distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
