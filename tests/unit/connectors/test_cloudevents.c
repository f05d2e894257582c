/* test_cloudevents: alerts and dead letters, to the byte. */
#include "tests/unit/connectors/support.h"

#include "base/time.h"
#include "connectors/cloudevents.h"

static struct schema streams[2] = {{.name = {"telemetry", 9}}, {.name = {"pay\"ments", 9}}};
static const struct program program = {.streams = streams, .nstreams = 2};
static const struct str tags[] = {STR("fleet"), STR("attack.t1110")};
static const struct program_rule rule = {
    .name = {"speeding", 8}, .severity = {"high", 4}, .tags = tags, .ntags = 2, .version = 3};

static void expect(const struct alert *a, const char *key, const char *payload) {
    struct buf p, k, id;
    struct sink_message m;
    buf_init(&p);
    buf_init(&k);
    buf_init(&id);
    buf_text(&p, "left over");
    buf_text(&k, "left over");
    buf_text(&id, "left over");
    for (int i = 0; i < 2; i++) { /* the same alert gives the same bytes */
        cloudevents_encode(a, &p, &k, &id, &m);
        assert_string_equal(buf_cstr(&p), payload);
        assert_string_equal(buf_cstr(&k), key);
        assert_string_equal(buf_cstr(&id), "0123456789abcdef00000000000000ff");
        assert_true(str_equal(m.payload, str_of(payload)) && str_equal(m.key, str_of(key)));
        assert_true(str_equal(m.rule, a->rule->name) && str_equal(m.severity, a->rule->severity));
        assert_true(str_equal(m.id, STR("0123456789abcdef00000000000000ff")));
    }
    buf_fini(&p);
    buf_fini(&k);
    buf_fini(&id);
}

#define START INT64_C(1767225600000000000)
#define ID                                                                                      \
    "{\"specversion\":\"1.0\",\"id\":\"0123456789abcdef00000000000000ff\",\"source\":\"omen\"," \
    "\"type\":\"omen.alert\","
#define RULE                                                               \
    "\"data\":{\"rule\":\"speeding\",\"version\":3,\"severity\":\"high\"," \
    "\"tags\":[\"fleet\",\"attack.t1110\"],"
#define TIMES "\"start\":\"2026-01-01T00:00:00Z\",\"end\":\"2026-01-01T00:00:10.250Z\","

static struct alert base(void) {
    return (struct alert){.program = &program,
                          .rule = &rule,
                          .id = {UINT64_C(0x0123456789abcdef), 0xff},
                          .start_ns = START,
                          .end_ns = START + 10 * NS_PER_S + 250 * NS_PER_MS};
}

static void test_full_alert(void **state) {
    (void)state;
    struct value key = value_str(STR("v\"1\xC3\xA9"));
    struct alert_field emit[] = {{STR("top"), value_float(91.5)},
                                 {STR("lane \n"), value_int(-2)},
                                 {STR("none"), value_null()},
                                 {STR("since"), {.i = START, .type = VALUE_TIME}},
                                 {STR("sum"), {.i = -5, .type = VALUE_DECIMAL, .digits = 2}}};
    struct alert_position a_at[] = {{.offset = 3}, {.offset = 4}},
                          b_at[] = {{1, 7, UINT64_C(9000000000), STR("")},
                                    {1, 0, 5, STR("0123abcd")}}; /* an alert of a rule */
    struct alert_variable matched[] = {{STR("fast"), a_at, 2}, {STR("b"), b_at, 2}};
    struct alert a = base();
    a.key = &key;
    a.nkey = 1;
    a.emit = emit;
    a.nemit = 5;
    a.matched = matched;
    a.nmatched = 2;
    a.suppressed = 12;
    expect(&a, "v\"1\xC3\xA9",
           ID "\"subject\":\"v\\\"1\xC3\xA9\",\"time\":\"2026-01-01T00:00:10.250Z\"," RULE
              "\"key\":\"v\\\"1\xC3\xA9\"," TIMES
              "\"emit\":{\"top\":91.5,\"lane "
              "\\n\":-2,\"none\":null,\"since\":\"2026-01-01T00:00:00Z\",\"sum\":-0.05},"
              "\"matched\":{\"fast\":[{\"stream\":\"telemetry\",\"partition\":0,\"offset\":3},"
              "{\"stream\":\"telemetry\",\"partition\":0,\"offset\":4}],"
              "\"b\":[{\"stream\":\"pay\\\"ments\",\"partition\":7,\"offset\":9000000000},"
              "{\"stream\":\"pay\\\"ments\",\"id\":\"0123abcd\"}]},"
              "\"suppressed\":12}}");
}

#define REST TIMES "\"emit\":{},\"matched\":{},\"suppressed\":0}}"

static void test_keys(void **state) {
    (void)state;
    struct value number = value_int(42), empty = value_str(STR(""));
    struct value at = {.i = START, .type = VALUE_TIME};
    struct value pair[] = {value_str(STR("a,b")), value_int(7)};
    struct alert a = base();
    expect(&a, "", ID "\"time\":\"2026-01-01T00:00:10.250Z\"," RULE "\"key\":null," REST);
    a.nkey = 1;
    a.key = &number;
    expect(&a, "42",
           ID "\"subject\":\"42\",\"time\":\"2026-01-01T00:00:10.250Z\"," RULE "\"key\":42," REST);
    a.key = &empty; /* CloudEvents has no empty subjects */
    expect(&a, "", ID "\"time\":\"2026-01-01T00:00:10.250Z\"," RULE "\"key\":\"\"," REST);
    a.key = &at;
    expect(&a, "2026-01-01T00:00:00Z",
           ID "\"subject\":\"2026-01-01T00:00:00Z\",\"time\":\"2026-01-01T00:00:10.250Z\"," RULE
              "\"key\":\"2026-01-01T00:00:00Z\"," REST);
    a.key = pair;
    a.nkey = 2;
    expect(&a, "[\"a,b\",7]",
           ID "\"subject\":\"[\\\"a,b\\\",7]\",\"time\":\"2026-01-01T00:00:10.250Z\"," RULE
              "\"key\":[\"a,b\",7]," REST);
}

static void test_timeout(void **state) {
    (void)state;
    struct alert_field emit[] = {{STR("step"), value_str(STR("cart"))}};
    struct alert a = base();
    a.timed_out = true;
    a.emit = emit;
    a.nemit = 1;
    expect(&a, "",
           "{\"specversion\":\"1.0\",\"id\":\"0123456789abcdef00000000000000ff\","
           "\"source\":\"omen\",\"type\":\"omen.timeout\","
           "\"time\":\"2026-01-01T00:00:10.250Z\"," RULE "\"key\":null," TIMES
           "\"emit\":{\"step\":\"cart\"},\"matched\":{},\"suppressed\":0}}");
}

static void test_cut_lists(void **state) {
    (void)state;
    struct {
        struct list list;
        struct value item;
    } cut = {{.n = 1, .truncated = true}, value_int(4)}, whole = {{.n = 1}, value_int(5)};
    struct alert_field emit[] = {{STR("lanes"), {.list = &cut.list, .type = VALUE_LIST}},
                                 {STR("all"), {.list = &whole.list, .type = VALUE_LIST}}};
    struct alert a = base();
    a.emit = emit;
    a.nemit = 2;
    expect(&a, "", ID "\"time\":\"2026-01-01T00:00:10.250Z\"," RULE "\"key\":null," TIMES
                   "\"emit\":{\"lanes\":[4],\"all\":[5]},\"truncated\":[\"lanes\"],"
                   "\"matched\":{},\"suppressed\":0}}");
}

/* A computed severity, a score, events put in whole, mode shadow. */
static void test_what_else_it_says(void **state) {
    (void)state;
    static const struct schema_field fields[] = {{.name = STR("n")}, {.name = STR("te\"xt")}};
    static const struct schema stream = {.name = STR("s"), .fields = fields, .nfields = 2};
    struct program_rule shadow = rule;
    struct value values[] = {value_int(1), value_str(STR("x")), value_null(), value_str(STR("y"))};
    struct alert_attached attached[] = {{STR("a"), &stream, values, 2},
                                        {STR("b"), &stream, values + 2, 1}};
    struct alert a = base();
    shadow.output = OUTPUT_SHADOW;
    shadow.severity = STR("low"); /* the alert's own is what counts */
    a.rule = &shadow;
    a.severity = STR("high");
    a.scored = true;
    a.score = (struct value){.i = 25, .type = VALUE_DECIMAL, .digits = 1};
    a.attached = attached;
    a.nattached = 2;
    struct buf p, k, id;
    struct sink_message m;
    buf_init(&p);
    buf_init(&k);
    buf_init(&id);
    cloudevents_encode(&a, &p, &k, &id, &m);
    assert_string_equal(
        buf_cstr(&p),
        ID "\"time\":\"2026-01-01T00:00:10.250Z\",\"data\":{\"rule\":\"speeding\",\"version\":3,"
           "\"severity\":\"high\",\"score\":2.5,\"tags\":[\"fleet\",\"attack.t1110\"],\"key\":null,"
           TIMES "\"emit\":{},\"matched\":{},\"suppressed\":0,\"attached\":{\"a\":["
           "{\"n\":1,\"te\\\"xt\":\"x\"},{\"n\":null,\"te\\\"xt\":\"y\"}],"
           "\"b\":[{\"n\":null,\"te\\\"xt\":\"y\"}]},\"shadow\":true}}");
    assert_true(str_equal(m.severity, STR("high")));
    buf_fini(&p);
    buf_fini(&k);
    buf_fini(&id);
}

static void letter(struct str bytes, const char *end) {
    struct dead_letter l = {.source = STR("cards.ndjson"),
                            .stream = STR("payments"),
                            .partition = 0,
                            .offset = 7,
                            .byte = 1234,
                            .at = 20,
                            .reason = "expected a number for `amount`, found a string",
                            .bytes = bytes,
                            .length = 99};
    struct buf p, wanted;
    buf_init(&p);
    buf_init(&wanted);
    buf_text(
        &wanted,
        "{\"source\":\"cards.ndjson\",\"stream\":\"payments\",\"partition\":0,\"offset\":7,"
        "\"byte\":1234,"
        "\"at\":20,\"reason\":\"expected a number for `amount`, found a string\",\"length\":99,");
    buf_text(&wanted, end);
    dead_letter_encode(&l, &p);
    assert_string_equal(buf_cstr(&p), buf_cstr(&wanted));
    buf_fini(&p);
    buf_fini(&wanted);
}

static void test_dead_letters(void **state) {
    (void)state;
    letter(STR("{\"a\":\"\xC3\xA9\"}"), "\"text\":\"{\\\"a\\\":\\\"\xC3\xA9\\\"}\"}");
    letter(STR(""), "\"text\":\"\"}");
    letter(STR("\xFF"), "\"base64\":\"/w==\"}"); /* the bytes themselves, not a mended text */
    letter(STR("\xFFz"), "\"base64\":\"/3o=\"}");
    letter(STR("\xFFzz"), "\"base64\":\"/3p6\"}");
    letter(STR("\xFFzzz"), "\"base64\":\"/3p6eg==\"}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_alert),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_cut_lists),
        cmocka_unit_test(test_what_else_it_says),
        cmocka_unit_test(test_dead_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
