/* Tests of rules_assemble: whole programs: what is shared and what stands where; of explain. */
#include "rules/conjuncts.h"
#include "rules/explain.h"
#include "tests/unit/rules/support.h"

static const char *const SPEEDS =
    STREAM_T
    "rule fast { on t by k match a where a: f > 130 and s = \"x\" }\n"
    "rule faster { on t by k match a then b within 1m where a: f > 130 and s = \"x\" b: f > 130 }\n"
    "rule other_key { on t by s match a where a: f > 130.0 and \"x\" = s }\n";

static struct program *load(struct compiled *c, const char *path) {
    struct arena arena;
    struct sources sources;
    uint32_t file;
    const char *why = NULL;
    arena_init(&arena);
    sources_init(&sources, &arena);
    if (!sources_load(&sources, path, &file, &why)) fail_msg("%s", why);
    struct program *p = compile(c, arena_printf(&arena, "%.*s", STR_FMT(sources.files[file].text)));
    arena_fini(&arena);
    assert_non_null(p);
    assert_null(program_verify(p));
    return p;
}

/* B1: one predicate over the batch, nothing for a key or a run. */
static void b1(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = load(&c, "tests/data/b1-filter.rules");
    const struct program_rule *r = &p->rules[0];
    assert_int_equal(p->npredicates, 1);
    assert_int_equal(r->nvariables, 1);
    assert_int_equal(r->variables[0].key_code, NONE);
    assert_int_equal(r->variables[0].run_code, NONE);
    assert_int_equal(r->ncells, 2); /* fast.speed, fast.limit */
    assert_int_equal(r->variables[0].nkept, 0);
    assert_false(r->ways_matter);
    assert_int_equal(r->mode, RUN_FIRST);
    assert_int_equal(r->skip, SKIP_PAST_LAST);
    assert_true(str_equal(r->severity, STR("medium")));
    assert_int_equal(r->version, 1);
    /* speed > limit + 30: two fields, a constant, a sum, a comparison */
    assert_int_equal(p->codes[p->predicates[0].code].n, 6);
    static const bool used[] = {true, true, false, false, true, true, false, false};
    for (uint32_t i = 0; i < 8; i++) assert_int_equal(p->streams[0].fields[i].used, used[i]);
    program_drop(&p);
    compiled_fini(&c);
}

/* B2: the loop's average is a sum and a count; only the last step asks the run. */
static void b2(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = load(&c, "tests/data/b2-sequence.rules");
    const struct program_rule *r = &p->rules[0];
    assert_int_equal(p->npredicates, 1);
    assert_int_equal(r->variables[0].run_code, NONE);
    assert_int_equal(r->variables[1].predicate, NONE);
    assert_int_not_equal(r->variables[1].run_code, NONE);
    assert_int_equal(r->ncells, 4); /* sum, count of amounts, count of probes, charge.amount */
    assert_true(r->ways_matter);
    assert_int_equal(r->within_ns, 10 * NS_PER_MIN);
    program_drop(&p);
    compiled_fini(&c);
}

/* B3: signal over the batch, lane against the key's last. */
static void b3(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = load(&c, "tests/data/b3-loop.rules");
    const struct program_rule *r = &p->rules[0];
    assert_int_equal(p->npredicates, 1);
    assert_int_not_equal(r->variables[0].key_code, NONE);
    assert_int_equal(r->variables[0].run_code, NONE);
    assert_int_equal(r->ncells, 0);
    assert_int_equal(r->variables[0].nkept, 1);
    assert_false(r->ways_matter);
    assert_int_equal(p->groups[0].inputs[0].nprevs, 1);
    assert_int_equal(p->groups[0].nprev_cells, 1);
    program_drop(&p);
    compiled_fini(&c);
}

/* A thousand rules like the benchmark's: equal thresholds are one predicate, all keys one group. */
static void thousand_rules(void **state) {
    (void)state;
    struct compiled c;
    struct buf text;
    buf_init(&text);
    buf_text(&text, STREAM_T);
    for (int i = 0; i < 1000; i++)
        buf_printf(&text,
                   "rule r%04d { on t by k match probe{%d,} then charge within 10m\n"
                   "  where probe: f < 1.%02d charge: f > %d * avg(probe.f) }\n",
                   i, 3 + i % 3, i % 100, 50 + i % 100);
    struct program *p = compile(&c, buf_cstr(&text));
    assert_non_null(p);
    assert_int_equal(p->nrules, 1000);
    assert_int_equal(p->ngroups, 1);
    assert_int_equal(p->npredicates, 100);
    /* 100 predicates, 100 conditions of charge, one take code */
    assert_int_equal(p->ncodes, 201);
    for (uint32_t i = 0; i < 1000; i++) assert_int_equal(p->groups[0].rules[i], i);
    program_drop(&p);
    compiled_fini(&c);
    buf_fini(&text);
}

static void equal_predicates_are_one(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = compile(&c, SPEEDS);
    assert_non_null(p);
    assert_int_equal(p->nrules, 3);
    assert_int_equal(p->ngroups, 2);
    /* f > 130 and s = "x", the same with its sides exchanged, f > 130 */
    assert_int_equal(p->npredicates, 3);
    assert_int_equal(p->rules[0].variables[0].predicate, p->rules[1].variables[0].predicate);
    assert_int_equal(p->nconstants, 2);
    program_drop(&p);
    compiled_fini(&c);
}

/* Nothing of the compilation is needed any more. */
static void stands_alone(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = compile(
        &c, STREAM_T "rule r { doc \"a doc\" severity HIGH version 7 tags fleet, \"attack.t1110\"\n"
                     "  meta { owner: \"fraud\", level: 3 }\n"
                     "  on t by (k, s) match one next two within 5m\n"
                     "  where one: s matches \"^x\" and date(w, \"Europe/Paris\") = \"2026\"\n"
                     "        two: any(n in li: n > 3) and u in [\"a\", \"b\"]\n"
                     "  after match skip to last two\n"
                     "  emit what: concat(one.s, \"-\", two.i), all: collect(two.s) }\n");
    assert_non_null(p);
    compiled_fini(&c);
    const struct program_rule *r = &p->rules[0];
    assert_true(str_equal(r->name, STR("r")));
    assert_true(str_equal(r->doc, STR("a doc")));
    assert_true(str_equal(r->severity, STR("high")));
    assert_int_equal(r->version, 7);
    assert_int_equal(r->ntags, 2);
    assert_true(str_equal(r->tags[1], STR("attack.t1110")));
    assert_int_equal(r->nmeta, 2);
    assert_true(str_equal(r->meta[0].value.s, STR("fraud")));
    assert_int_equal(r->meta[1].value.i, 3);
    assert_int_equal(r->nemit, 2);
    assert_true(str_equal(r->emit[1].name, STR("all")));
    assert_int_equal(p->codes[r->emit[0].code].result, VALUE_STRING);
    assert_int_equal(p->codes[r->emit[1].code].result, VALUE_LIST);
    assert_int_equal(r->skip, SKIP_TO_LAST);
    assert_int_equal(r->skip_variable, 1);
    assert_int_equal(p->groups[0].nkey_fields, 2);
    assert_true(str_equal(p->zones[0], STR("Europe/Paris")));
    assert_true(str_equal(p->regexes[0].pattern, STR("^x")));
    assert_true(str_equal(p->streams[0].name, STR("t")));
    struct span span = r->variables[1].span;
    assert_true(str_starts(span_text(p->sources, span), STR("two: any(n in li")));
    program_drop(&p);
}

/* event, key, run conjuncts of the condition of b. */
static void check_split(const char *condition, uint32_t event, uint32_t key, uint32_t run) {
    struct compiled c;
    struct buf text;
    buf_init(&text);
    buf_printf(&text, STREAM_T "let Both(y) = y > 1 and y < prev(i)\n"
               "rule r { on t by k match a then b where a: any b: %s }\n", condition);
    assert_true(front(&c, buf_cstr(&text)));
    struct conjuncts parts = conjuncts_split(c.set, c.set->rules[0].variables[1].expr);
    if (parts.event.n != event || parts.key.n != key || parts.run.n != run)
        fail_msg("%s: %u %u %u", condition, parts.event.n, parts.key.n, parts.run.n);
    compiled_fini(&c);
    buf_fini(&text);
}

static void conjuncts(void **state) {
    (void)state;
    check_split("i > 1", 1, 0, 0);
    check_split("i > 1 and j > 1 and f > 1", 3, 0, 0);
    check_split("i > 1 and (j > 1 and (f > 1 and b))", 4, 0, 0);
    check_split("i > 1 and j > prev(j) and i > a.i", 1, 1, 1);
    check_split("a.i = i and i = prev(i) and i > 1 and a.j = j", 1, 1, 2);
    check_split("i > 1 or j > prev(j)", 0, 1, 0);
    check_split("not (i > 1 and j > 1)", 1, 0, 0);
    check_split("Both(i) and b", 2, 1, 0);
    check_split("prev(i) < a.i", 0, 0, 1);
    check_split("count(a) > 2 and s = \"x\"", 1, 0, 1);
}

/* An event condition that is always true needs no predicate; one that is only `any` neither. */
static void no_predicate(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = compile(
        &c, STREAM_T "rule r { on t by k match a then b unbounded where a: any b: i > a.i }\n");
    assert_non_null(p);
    assert_int_equal(p->npredicates, 0);
    assert_int_equal(p->rules[0].variables[0].predicate, NONE);
    assert_int_equal(p->rules[0].variables[1].predicate, NONE);
    assert_true(p->rules[0].ways_matter);
    program_drop(&p);
    compiled_fini(&c);
}

static void modes(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = compile(
        &c, STREAM_T "rule w { on t by k match all ways a then each b within 1m\n"
                     "         where a: i = 1 b: i = 2 }\n"
                     "rule x { mode off on t by k match a where a: i = 1 }\n"
                     "rule y { on t by k match a where a: i = 1 after match skip to next }\n"
                     "rule z { on t by k match all ways a then b within 1m\n"
                     "         where a: i = 1 b: i = 3 after match skip past last }\n");
    assert_non_null(p);
    assert_int_equal(p->nrules, 3);
    assert_int_equal(p->rules[0].mode, RUN_ALL_WAYS);
    assert_int_equal(p->rules[0].skip, SKIP_NONE);
    assert_int_equal(p->rules[1].skip, SKIP_TO_NEXT);
    assert_int_equal(p->rules[2].skip, SKIP_PAST_LAST);
    assert_int_equal(p->rules[0].output, OUTPUT_LIVE);
    assert_int_equal(p->npredicates, 3); /* i = 1, i = 2, i = 3 */
    assert_int_equal(p->groups[0].nrules, 3);
    program_drop(&p);
    compiled_fini(&c);
}

/* One rule is wrong: there is no program, and the other rules' errors are said as well. */
static void errors(void **state) {
    (void)state;
    struct compiled c;
    assert_false(front_quiet(&c, STREAM_T "rule r { on t by k match a where a: nothing > 1 }\n"
                                          "rule s { on t by k match a where a: i > 1 }\n"));
    assert_null(rules_assemble(c.set));
    compiled_fini(&c);
}

/* The rows of emit, computed by a run as the engine would. */
static void speaks(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = load(&c, "tests/data/b2-sequence.rules");
    struct test_run r;
    run_start(&r, p, &c.arena);
    run_events(&r, STR("probe amount=1.0; probe amount=1.5; probe amount=0.5"));
    struct expr_scope scope = run_scope(&r, NULL);
    const struct program_variable *charge = &r.rule->variables[1];
    add_row(r.batch, STR("amount=50.0"));
    assert_false(expr_test(r.expr, charge->run_code, r.batch, 3, &scope));
    add_row(r.batch, STR("amount=50.5"));
    assert_true(expr_test(r.expr, charge->run_code, r.batch, 4, &scope));
    run_take(&r, 1, 4);
    assert_string_equal(text_of(&c.arena, run_emit(&r, 0)), "3");
    assert_string_equal(text_of(&c.arena, run_emit(&r, 1)), "50.5");
    run_end(&r);
    program_drop(&p);
    compiled_fini(&c);
}

static void wants(struct buf *out, const char *text) {
    if (!strstr(buf_cstr(out), text)) fail_msg("no \"%s\" in\n%s", text, buf_cstr(out));
}

static void explains(void **state) {
    (void)state;
    struct compiled c;
    struct buf out;
    buf_init(&out);
    struct program *p = load(&c, "tests/data/b2-sequence.rules");
    explain_rule(c.set, p, 0, &out);
    wants(&out, "rule card_testing\n");
    wants(&out, "waits for probe");
    wants(&out, "on payments, for each card");
    wants(&out, "    probe   once an event, over the batch   amount < 2.00\n");
    wants(&out, "    charge  once a run that waits for it    amount > 50 * avg(probe.amount)\n");
    wants(&out, "a run: 240 bytes, 4 cells, for at most 10m\n");
    buf_reset(&out);
    explain_types(c.set, &out);
    wants(&out, "  where charge\n");
    wants(&out, "    >  : bool, run, of float\n");
    wants(&out, "      amount  : float, event\n");
    wants(&out, "avg()  : float, run\n");
    buf_reset(&out);
    explain_nfa(c.set, &out);
    wants(&out, "rule card_testing\n");
    buf_reset(&out);
    explain_code(p, &out);
    wants(&out, "SUM_F_CELL");
    program_drop(&p);
    compiled_fini(&c);
    buf_fini(&out);
}

/* Rules that read rules: streams behind the others, levels whatever the order in the file. */
static void chains(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = compile(
        &c, STREAM_T
        "rule top { on mid by n, t by i match a then b within 1m where a: from mid b: from t }\n"
        "rule off { on low by k match a where a: any mode off }\n"
        "rule mid { on low by x match a where a: any emit n: a.n, k: a.k }\n"
        "rule low { on t by k match a where a: any emit x: a.s, n: a.i }\n"
        "rule like { on low by x match a where a: n > 3 }\n");
    assert_non_null(p);
    assert_int_equal(p->nfeeds, 2);
    uint32_t outer = program_outer_streams(p);
    assert_int_equal(outer, p->nstreams - 2);
    const uint32_t mid = outer, low = outer + 1; /* by the first that reads them */
    assert_true(str_equal(p->streams[mid].name, STR("mid")));
    assert_true(str_equal(p->streams[low].name, STR("low")));
    assert_int_equal(program_feed_of(p, mid)->rule, 1);
    assert_int_equal(program_feed_of(p, low)->rule, 2);
    assert_null(program_feed_of(p, 0));
    /* low: k, at, x, n, alert_id */
    const struct schema *s = &p->streams[low];
    assert_int_equal(s->nfields, 5);
    assert_int_equal(s->time_field, 1);
    assert_int_equal(s->id_field, 4);
    assert_int_equal(p->feeds[1].from[0], 0); /* the key */
    assert_int_equal(p->feeds[1].from[2], 1); /* what is emitted first */
    assert_int_equal(p->feeds[1].from[3], 2);
    assert_true(s->fields[2].used); /* the key of its readers */
    static const uint32_t levels[] = {2, 1, 0, 1};
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(p->groups[p->rules[i].group].level, levels[i]);
    assert_int_equal(p->rules[1].group, p->rules[3].group); /* the same stream and key */
    program_drop(&p);
    compiled_fini(&c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains),
        cmocka_unit_test(b1),
        cmocka_unit_test(b2),
        cmocka_unit_test(b3),
        cmocka_unit_test(thousand_rules),
        cmocka_unit_test(equal_predicates_are_one),
        cmocka_unit_test(stands_alone),
        cmocka_unit_test(conjuncts),
        cmocka_unit_test(no_predicate),
        cmocka_unit_test(modes),
        cmocka_unit_test(errors),
        cmocka_unit_test(speaks),
        cmocka_unit_test(explains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
