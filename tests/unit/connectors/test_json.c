/* test_json: JSON events → rows or reasons. Every case is decoded by the quick way first and by the
 * whole way alone, with strings moved and left in place, with hostile bytes behind the event, and
 * must always give the same.
 */
#include "tests/unit/connectors/support.h"

#include "connectors/decoder.h"
#include "connectors/json.h"

static const struct str lat_path[] = {STR("pos"), STR("lat")};
static const struct str deep_path[] = {STR("pos"), STR("more"), STR("x")};
static const struct str money_path[] = {STR("d2")};
static const struct str odd_path[] = {STR("a\"b\xC3\xA9")};

static const struct schema_field fields[] = {
    FIELD("at", VALUE_TIME),
    FIELD("s", VALUE_STRING),
    FIELD("i", VALUE_INT),
    FIELD("f", VALUE_FLOAT),
    FIELD("d", VALUE_DECIMAL, .digits = 2),
    FIELD("b", VALUE_BOOL),
    FIELD("ip", VALUE_IP),
    FIELD("dur", VALUE_DURATION),
    FIELD("sec", VALUE_TIME, .scale = SCALE_SECONDS),
    FIELD("ns", VALUE_TIME, .scale = SCALE_NANOS),
    FIELD("ls", VALUE_LIST, .item = VALUE_STRING),
    FIELD("li", VALUE_LIST, .item = VALUE_INT),
    FIELD("lat", VALUE_FLOAT, .path = lat_path, .npath = 2),
    FIELD("x", VALUE_INT, .path = deep_path, .npath = 3),
    FIELD("d2", VALUE_DECIMAL, .digits = 3),
    FIELD("d2text", VALUE_STRING, .path = money_path, .npath = 1),
    FIELD("odd", VALUE_INT, .path = odd_path, .npath = 1),
    {.name = {"unused", 6}, .type = VALUE_INT},
};

struct json_case {
    const char *line;
    const char *row;    /* NULL: malformed */
    const char *reason; /* begins with this */
    int at;
};

#define OK(line, row) \
    { line, row, NULL, 0 }
#define BAD(line, reason, at) \
    { line, NULL, reason, at }
#define AT "\"at\":0,"

static const struct json_case cases[] = {
    OK("{\"at\":0}", ""),
    OK("{" AT "\"s\":\"x\",\"i\":3,\"f\":1.5,\"d\":12.34,\"b\":true}",
       "s=\"x\" i=3 f=1.5 d=12.34 b=true"),
    OK("  { \"at\" : 0 ,\t\"i\" : -7 }  ", "i=-7"),
    OK("{\"b\":false,\"i\":2,\"at\":0,\"s\":\"\"}", "s=\"\" i=2 b=false"),
    OK("{" AT "\"s\":null,\"i\":null,\"d\":null,\"ls\":null,\"pos\":null,\"ip\":null}", ""),
    OK("{" AT "\"zz\":{\"s\":\"no\",\"deep\":[1,{\"a\":[]}]},\"s\":\"yes\",\"z\":[[],{}]}",
       "s=\"yes\""),
    OK("{" AT "\"unused\":\"any type\",\"i\":1}", "i=1"),
    /* strings */
    OK("{" AT "\"s\":\"a\\n\\\"\\\\\\/\\u00e9\\ud83d\\ude00z\"}",
       "s=\"a\\n\\\"\\\\/\xC3\xA9\xF0\x9F\x98\x80z\""),
    OK("{" AT "\"s\":\"Gr\xC3\xBC\xC3\x9F\x65\"}", "s=\"Gr\xC3\xBC\xC3\x9F\x65\""),
    OK("{" AT "\"s\":\"a text that is rather longer than a few words of eight bytes\"}",
       "s=\"a text that is rather longer than a few words of eight bytes\""),
    OK("{" AT "\"s\":\"nul \\u0000 byte\"}", "s=\"nul \\u0000 byte\""),
    BAD("{" AT "\"s\":\"\\ud83d\"}", "a string with an escape that JSON does not have", 12),
    BAD("{" AT "\"s\":\"\\ude00\\ud83d\"}", "a string with an escape", 12),
    BAD("{" AT "\"s\":\"\\x41\"}", "a string with an escape", 12),
    BAD("{" AT "\"s\":\"\\u12g4\"}", "a string with an escape", 12),
    BAD("{" AT "\"z\":\"\\q\"}", "a string with an escape", 12),
    BAD("{" AT "\"s\":\"\xFF\"}", "not UTF-8", 13),
    BAD("{" AT "\"s\":\"\xED\xA0\x80\"}", "not UTF-8", 13),
    BAD("{" AT "\"s\":\"a\tb\"}", "a control character in a string", 14),
    BAD("{" AT "\"s\":3}", "expected a string for `s`, found a number", 12),
    BAD("{" AT "\"s\":{\"a\":1}}", "expected a string for `s`, found an object", 12),
    BAD("{" AT "\"s\":[1]}", "expected a string for `s`, found an array", 12),
    BAD("{" AT "\"s\":true}", "expected a string for `s`, found a boolean", 12),
    /* int */
    OK("{" AT "\"i\":9223372036854775807}", "i=9223372036854775807"),
    OK("{" AT "\"i\":-9223372036854775808}", "i=-9223372036854775808"),
    OK("{" AT "\"i\":3.0}", "i=3"),
    OK("{" AT "\"i\":12e2}", "i=1200"),
    OK("{" AT "\"i\":-0}", "i=0"),
    OK("{" AT "\"i\":123456789012345678}", "i=123456789012345678"),
    BAD("{" AT "\"i\":9223372036854775808}",
        "expected an integer for `i`, found 9223372036854775808: too large", 12),
    BAD("{" AT "\"i\":1.5}", "expected an integer for `i`, found 1.5", 12),
    BAD("{" AT "\"i\":\"3\"}", "expected an integer for `i`, found a string", 12),
    BAD("{" AT "\"i\":01}", "not JSON", 12),
    BAD("{" AT "\"i\":+1}", "not JSON", 12),
    BAD("{" AT "\"i\":1.}", "not JSON", 12),
    BAD("{" AT "\"i\":.5}", "not JSON", 12),
    BAD("{" AT "\"i\":1e}", "not JSON", 12),
    BAD("{" AT "\"i\":-}", "not JSON", 12),
    BAD("{" AT "\"i\":0x10}", "not JSON", 12),
    BAD("{" AT "\"i\":1 2}", "not JSON", -1),
    BAD("{" AT "\"z\":NaN}", "not JSON", 12),
    BAD("{" AT "\"z\":tru}", "not JSON", 12),
    BAD("{" AT "\"z\":nulll}", "not JSON", 12),
    /* float */
    OK("{" AT "\"f\":-0.1}", "f=-0.1"),
    OK("{" AT "\"f\":7}", "f=7.0"),
    OK("{" AT "\"f\":1e300}", "f=1e+300"),
    OK("{" AT "\"f\":179769313486231570000000000000000000000.5}", "f=1.7976931348623156e+38"),
    OK("{" AT "\"f\":0.1234567890123456789012345678901234567890123456789012345678901234567890}",
       "f=0.12345678901234568"),
    OK("{" AT "\"f\":9007199254740993}", "f=9007199254740992.0"),
    OK("{" AT "\"f\":2.2250738585072014e-308}", "f=2.2250738585072014e-308"),
    BAD("{" AT "\"f\":1e400}", "expected a number for `f`, found 1e400: too large", 12),
    BAD("{" AT "\"f\":\"fast\"}", "expected a number for `f`, found a string", 12),
    /* decimal */
    OK("{" AT "\"d\":2}", "d=2.00"),
    OK("{" AT "\"d\":-0.5}", "d=-0.50"),
    OK("{" AT "\"d\":1.2500}", "d=1.25"),
    OK("{" AT "\"d\":1.25e1}", "d=12.50"),
    OK("{" AT "\"d\":\"19.99\"}", "d=19.99"),
    OK("{" AT "\"d\":92233720368547758.07}", "d=92233720368547758.07"),
    BAD("{" AT "\"d\":1.234}",
        "expected a decimal number for `d`, found 1.234: more than 2 digits behind the point", 12),
    BAD("{" AT "\"d\":92233720368547758.08}",
        "expected a decimal number for `d`, found 92233720368547758.08: too large", 12),
    BAD("{" AT "\"d\":\"EUR 5\"}", "expected a decimal number for `d`, found \"EUR 5\"", 12),
    BAD("{" AT "\"d\":\"\"}", "expected a decimal number for `d`, found \"\"", 12),
    OK("{" AT "\"d2\":\"1.5\"}", "d2=1.500 d2text=\"1.5\""),
    BAD("{" AT "\"d2\":1.5}", "expected a string for `d2text`, found a number", 13),
    /* time */
    OK("{" AT "\"sec\":1767225600.123456789}", "sec=\"2026-01-01T00:00:00.123456789Z\""),
    OK("{" AT "\"ns\":1767225600123456789}", "ns=\"2026-01-01T00:00:00.123456789Z\""),
    OK("{" AT "\"sec\":\"2026-01-01T01:00:00+01:00\"}", "sec=\"2026-01-01T00:00:00Z\""),
    OK("{" AT "\"sec\":-1.5}", "sec=\"1969-12-31T23:59:58.500Z\""),
    BAD("{" AT "\"sec\":\"2026-01-01T01:00:00\"}",
        "expected a time with its zone for `sec`, found \"2026-01-01T01:00:00\"", 14),
    BAD("{" AT "\"ns\":1.5}",
        "expected a time with its zone for `ns`, found 1.5: more than 0 digits", 13),
    BAD("{" AT "\"sec\":99999999999}",
        "expected a time with its zone for `sec`, found 99999999999: too large", 14),
    BAD("{\"at\":null}", "the event time `at` is missing or null", 0),
    BAD("{\"i\":1}", "the event time `at` is missing or null", 0),
    BAD("{}", "the event time `at` is missing or null", 0),
    /* duration, address, bool */
    OK("{" AT "\"dur\":1500}", "dur=\"1s500ms\""),
    OK("{" AT "\"dur\":0.5}", "dur=\"500us\""),
    OK("{" AT "\"dur\":\"1h30m\"}", "dur=\"1h30m\""),
    BAD("{" AT "\"dur\":\"soon\"}", "expected a duration for `dur`, found \"soon\"", 14),
    OK("{" AT "\"ip\":\"10.0.0.1\"}", "ip=\"10.0.0.1\""),
    OK("{" AT "\"ip\":\"2001:db8::1\"}", "ip=\"2001:db8::1\""),
    BAD("{" AT "\"ip\":\"10.0.0.0/8\"}", "expected an IP address for `ip`, found \"10.0.0.0/8\"",
        13),
    BAD("{" AT "\"ip\":167772161}", "expected an IP address for `ip`, found a number", 13),
    BAD("{" AT "\"b\":1}", "expected true or false for `b`, found a number", 12),
    BAD("{" AT "\"b\":\"true\"}", "expected true or false for `b`, found a string", 12),
    /* lists */
    OK("{" AT "\"ls\":[\"a\",\"\\u0062\",null],\"li\":[1, 2 ,3]}",
       "ls=[\"a\",\"b\",null] li=[1,2,3]"),
    OK("{" AT "\"ls\":[],\"li\":[ ]}", "ls=[] li=[]"),
    BAD("{" AT "\"li\":[1,\"2\"]}", "expected a list of integers for `li`, found a string", 16),
    BAD("{" AT "\"li\":[1,[2]]}", "expected a list of integers for `li`, found a nested list", 16),
    BAD("{" AT "\"li\":[1,{}]}", "expected a list of integers for `li`, found an object", 16),
    BAD("{" AT "\"li\":[1,]}", "not JSON", -1),
    BAD("{" AT "\"li\":5}", "expected a list of integers for `li`, found a number", 13),
    BAD("{" AT "\"li\":{\"a\":1}}", "expected a list of integers for `li`, found an object", 13),
    /* nested */
    OK("{" AT "\"pos\":{\"lat\":1.5,\"more\":{\"x\":4,\"y\":5},\"q\":[1]}}", "lat=1.5 x=4"),
    OK("{" AT "\"pos\":{}}", ""),
    BAD("{" AT "\"pos\":{\"lat\":\"north\"}}", "expected a number for `lat`, found a string", 21),
    BAD("{" AT "\"pos\":3}", "expected an object for `pos`, found a number", 14),
    BAD("{" AT "\"pos\":[1]}", "expected an object for `pos`, found an array", 14),
    OK("{" AT "\"a\\\"b\\u00e9\":6}", "odd=6"),
    OK("{" AT "\"a\\u0022b\xC3\xA9\":6}", "odd=6"),
    OK("{" AT "\"\\u0069\":6}", "i=6"),
    /* the last of several wins */
    OK("{" AT "\"i\":1,\"i\":2}", "i=2"),
    OK("{" AT "\"i\":1,\"i\":null}", ""),
    OK("{" AT "\"b\":true,\"b\":false,\"s\":\"a\",\"s\":null}", "b=false"),
    OK("{" AT "\"pos\":{\"lat\":1,\"more\":{\"x\":1}},\"pos\":{\"lat\":2}}", "lat=2.0"),
    OK("{" AT "\"pos\":{\"lat\":1},\"pos\":null}", ""),
    OK("{" AT "\"pos\":{\"lat\":1,\"lat\":2}}", "lat=2.0"),
    BAD("{" AT "\"i\":\"x\",\"i\":2}", "expected an integer for `i`, found a string", 12),
    BAD("{\"at\":0,\"at\":null}", "the event time", 0),
    /* structure */
    BAD("", "empty line", 0),
    BAD("   ", "empty line", 0),
    BAD("null", "expected a JSON object", 0),
    BAD("[{\"at\":0}]", "expected a JSON object", 0),
    BAD("\"at\"", "expected a JSON object", 0),
    BAD("garbage", "expected a JSON object", 0),
    BAD("{", "truncated", -1),
    BAD("{\"at\"", "truncated", -1),
    BAD("{\"at\":", "truncated", -1),
    BAD("{\"at\":0", "truncated", -1),
    BAD("{\"at\":0,", "truncated", -1),
    BAD("{\"at\":0,\"s\":\"x", "truncated: a string is not closed", -1),
    BAD("{\"at\":0,\"pos\":{\"lat\":1}", "truncated", -1),
    BAD("{\"at\":0,\"pos\":{\"lat\":1", "truncated", -1),
    BAD("{\"at\":0,\"z\":[1}", "truncated: an object or array is not closed", 15),
    BAD("{\"at\":0,\"z\":{1]}", "not JSON", -1),
    BAD("{\"at\":0,}", "not JSON", -1),
    BAD("{\"at\":0 \"i\":1}", "not JSON", -1),
    BAD("{\"at\":0,\"i\" 1}", "not JSON", -1),
    BAD("{\"at\":0,i:1}", "not JSON", -1),
    BAD("{\"at\":0,\"i\":}", "not JSON", -1),
    BAD("{\"at\":0,\"i\"}", "not JSON", -1),
    BAD("{,\"at\":0}", "not JSON", -1),
    BAD("{\"at\":0}}", "more text behind the object", 8),
    BAD("{\"at\":0} x", "more text behind the object", 8),
    BAD("{\"at\":0}{\"at\":1}", "more text behind the object", 8),
    BAD("{\"at\":0},", "more text behind the object", 8),
    BAD("{\"at\":0,\"s\":\"a\"b}", "not JSON", -1),
    BAD("{\"at\":0,\"i\":1\"a\"}", "not JSON", -1),
    BAD("{\"at\":0,\"i\":1a}", "not JSON", 12),
    BAD("{'at':0}", "not JSON", -1),
    BAD("{\"at\":0,\"z\":[\"a\":1]}", "not JSON", 16),
    BAD("{\"at\":0,\"ls\":[\"a\":1]}", "not JSON", 17),
    BAD("{\"at\":0,\"s\":\"x\":\"y\"}", "not JSON", 15),
    BAD("{\"at\":0,\"z\":[\"a\":1,\"b\":2}", "truncated", -1),
    BAD("{\"at\":0 /* no */}", "not JSON", -1),
};

struct fixture {
    struct arena arena;
    struct schema schema;
    struct decoder *decoder;
    struct batch *batch;
    int wrong; /* all cases are shown before the test fails */
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena);
    f->schema = make_schema(&f->arena, fields, sizeof fields / sizeof *fields);
    f->decoder = json_decoder_new(&f->schema);
    f->batch = batch_new(&f->schema, 0, 4);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    int wrong = f->wrong;
    batch_free(&f->batch);
    json_decoder_free(&f->decoder);
    assert_null(f->decoder);
    arena_fini(&f->arena);
    free(f);
    return wrong;
}

static void decode_one(struct fixture *f, const struct json_case *c, size_t n, bool whole_only,
                       bool stable, char behind) {
    struct decode_fault fault = {.reason = ""};
    struct buf row;
    buf_init(&row);
    batch_reset(f->batch);
    /* exactly what was promised, so that a sanitizer sees more than that */
    char *exact = malloc(n + DECODER_PADDING);
    memcpy(exact, c->line, n);
    memset(exact + n, behind, DECODER_PADDING);
    f->decoder->pause = whole_only;
    f->decoder->failures = 0;
    bool ok = json_decode(f->decoder, (struct str){exact, n}, stable, f->batch, 77, &fault);
    if (!stable) memset(exact, '#', n); /* nothing may point there now */
    if (ok) row_text(&row, f->batch, 0);
    bool right = c->row ? ok && strcmp(buf_cstr(&row), c->row) == 0
                        : !ok && strncmp(fault.reason, c->reason, strlen(c->reason)) == 0 &&
                              (c->at < 0 || fault.at == (uint64_t)c->at);
    if (!right) f->wrong++;
    if (!right)
        print_error("%s\n  %s, behind it %d\n  expected: %s\n  found:    %s (at %d)\n", c->line,
                    whole_only ? "whole" : "quick", behind, c->row ? c->row : c->reason,
                    ok ? buf_cstr(&row) : fault.reason, (int)fault.at);
    assert_int_equal(f->batch->n, ok);
    if (ok) assert_int_equal(f->batch->offset[0], 77);
    for (uint32_t i = 0; i < f->schema.nfields; i++) /* an abandoned row leaves nothing */
        if (!ok && f->schema.fields[i].used) assert_false(bit_get(f->batch->columns[i].valid, 0));
    free(exact);
    buf_fini(&row);
}

static void decode_all_ways(struct fixture *f, const struct json_case *c, size_t n) {
    static const char behind[] = {0, '\n', '"', '}', ']', '9', ',', '{', ':', '\\', (char)0xFF};
    for (size_t i = 0; i < sizeof behind; i++)
        for (int way = 0; way < 4; way++) decode_one(f, c, n, way & 1, way & 2, behind[i]);
}

static void test_cases(void **state) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        decode_all_ways(*state, &cases[i], strlen(cases[i].line));
}

static void test_nul_byte(void **state) {
    static const struct json_case in_string =
        BAD("{\"at\":0,\"s\":\"a\0b\"}", "a control character in a string", 14);
    static const struct json_case outside = BAD("{\"at\":0,\0\"i\":1}", "not JSON", -1);
    static const struct json_case behind = BAD("{\"at\":0}\0", "more text behind the object", 8);
    decode_all_ways(*state, &in_string, 18);
    decode_all_ways(*state, &outside, 15);
    decode_all_ways(*state, &behind, 9);
}

/* The same event cut at every byte is malformed at every byte. */
static void test_every_truncation(void **state) {
    static const char line[] =
        "{\"at\":0,\"s\":\"\\u00e9\xC3\xA9\",\"pos\":{\"lat\":1.5e1},\"li\":[1,2],\"b\":true}";
    for (size_t n = 0; n < sizeof line - 1; n++) {
        struct json_case c = BAD(line, "", -1);
        decode_all_ways(*state, &c, n);
    }
}

/* Guesses of the order are learnt and wrong ones do no harm. */
static void test_changing_order(void **state) {
    static const struct json_case turns[] = {
        OK("{\"at\":0,\"s\":\"x\",\"i\":1,\"f\":2}", "s=\"x\" i=1 f=2.0"),
        OK("{\"f\":2,\"i\":1,\"s\":\"x\",\"at\":0}", "s=\"x\" i=1 f=2.0"),
        OK("{\"i\":1,\"extra\":true,\"s\":\"x\",\"at\":0,\"f\":2}", "s=\"x\" i=1 f=2.0"),
        OK("{\"pos\":{\"more\":{\"x\":3},\"lat\":1},\"at\":0}", "lat=1.0 x=3"),
        OK("{\"at\":0,\"pos\":{\"lat\":1,\"more\":{\"x\":3}}}", "lat=1.0 x=3"),
    };
    enum { N = sizeof turns / sizeof *turns };
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            decode_one(*state, &turns[i], strlen(turns[i].line), false, false, 0);
            decode_one(*state, &turns[j], strlen(turns[j].line), false, true, 0);
        }
}

static void decode_buf(struct fixture *f, struct buf *text, const char *row, const char *reason) {
    struct json_case c = {buf_cstr(text), row, reason, -1};
    decode_one(f, &c, text->n, false, false, '}');
    decode_one(f, &c, text->n, true, false, '}');
}

static void test_depth(void **state) {
    static const size_t depths[] = {5, 20, 63, 64, 1000, 200000};
    struct buf text;
    buf_init(&text);
    for (size_t i = 0; i < sizeof depths / sizeof *depths; i++) {
        bool fits = depths[i] < 64;
        buf_reset(&text);
        buf_text(&text, "{\"at\":0,\"z\":");
        buf_pad(&text, '[', depths[i]);
        buf_pad(&text, ']', depths[i]);
        decode_buf(*state, &text, NULL, ""); /* cut short */
        buf_char(&text, '}');
        decode_buf(*state, &text, fits ? "" : NULL, fits ? NULL : "nested deeper than 64");
        memset(text.p + 12, '{', depths[i]);
        decode_buf(*state, &text, NULL, "");
    }
    buf_fini(&text);
}

static void test_long_and_many(void **state) {
    struct buf text;
    buf_init(&text);
    buf_text(&text, "{\"at\":0");
    for (int i = 0; text.n < (1 << 19); i++) buf_printf(&text, ",\"key %d\":\"%d\"", i, i);
    buf_text(&text, ",\"i\":5}");
    decode_buf(*state, &text, "i=5", NULL);
    buf_fini(&text);
}

/* Reasons never outgrow their room and never end within a character. */
static void test_long_reasons(void **state) {
    struct buf text;
    buf_init(&text);
    buf_text(&text, "{\"at\":0,\"ip\":\"");
    for (int i = 0; i < 500; i++) buf_text(&text, "\xC3\xA9");
    buf_text(&text, "\"}");
    decode_buf(*state, &text, NULL, "expected an IP address for `ip`, found \"\xC3\xA9");
    buf_fini(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nul_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_truncation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changing_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_and_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_reasons, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
