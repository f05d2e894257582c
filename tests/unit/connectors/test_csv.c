/* test_csv: CSV texts → rows, dead letters, or a refusal to open. */
#include "tests/unit/connectors/support.h"

#include "connectors/open.h"

static const struct str lat_path[] = {STR("pos"), STR("lat")};
static const struct schema_field fields[] = {
    FIELD("at", VALUE_TIME),
    FIELD("s", VALUE_STRING),
    FIELD("i", VALUE_INT),
    FIELD("f", VALUE_FLOAT, .path = lat_path, .npath = 2),
    FIELD("d", VALUE_DECIMAL, .digits = 2),
    FIELD("b", VALUE_BOOL),
    FIELD("ip", VALUE_IP),
    FIELD("dur", VALUE_DURATION),
};

struct csv_case {
    const char *text;
    const char *rows;    /* "offset:fields" a line */
    const char *letters; /* "offset:at:reason" a line */
};

#define HEAD "at,s,i,pos.lat,d,b,ip,dur\n"

static const struct csv_case cases[] = {
    {HEAD, "", ""},
    {HEAD "1,x,2,3.5,4.25,true,10.0.0.1,5s\n",
     "1:s=\"x\" i=2 f=3.5 d=4.25 b=true ip=\"10.0.0.1\" dur=\"5s\"\n", ""},
    {HEAD "1,x,2,3.5,4.25,true,10.0.0.1,5s",
     "1:s=\"x\" i=2 f=3.5 d=4.25 b=true ip=\"10.0.0.1\" dur=\"5s\"\n", ""},
    {"at,s,i,pos.lat,d,b,ip,dur\r\n1,x,,,,,,\r\n", "1:s=\"x\"\n", ""},
    {"\xEF\xBB\xBF" HEAD "1,x,,,,,,\n", "1:s=\"x\"\n", ""},
    {HEAD "1,,,,,,,\n1,\"\",\"\",,,,,\n", "1:\n2:s=\"\"\n", ""},
    {HEAD "1,\"a \"\"b\"\", c\",,,,,,\n", "1:s=\"a \\\"b\\\", c\"\n", ""},
    {HEAD "1,\"two\nlines\",3,,,,,\n1,y,,,,,,\n", "1:s=\"two\\nlines\" i=3\n3:s=\"y\"\n", ""},
    {HEAD "1,5\" pipe,,,,,,\n", "1:s=\"5\\\" pipe\"\n", ""},
    {HEAD "1, x ,,,,,,\n", "1:s=\" x \"\n", ""},
    {HEAD "1,, +007 ,-0.5,\" 1.50 \",FALSE,,250\n", "1:i=7 f=-0.5 d=1.50 b=false dur=\"250ms\"\n",
     ""},
    {HEAD "1,,,,,1,,\n1,,,,,0,,\n", "1:b=true\n2:b=false\n", ""},
    {HEAD "2026-01-01T00:00:00Z,a,,,,,,\n", "1:s=\"a\"\n", ""},
    {"b,unused,\"at\",s,i,pos.lat,d,ip,dur\ntrue,?,1,x,2,3,4,10.0.0.1,1s\n",
     "1:s=\"x\" i=2 f=3.0 d=4.00 b=true ip=\"10.0.0.1\" dur=\"1s\"\n", ""},
    /* malformed */
    {HEAD "1,x,2.5,,,,,\n1,y,,,,,,\n", "2:s=\"y\"\n",
     "1:4:expected an integer for `i`, found 2.5\n"},
    {HEAD "1,,--2,,,,,\n", "", "1:3:expected an integer for `i`, found --2\n"},
    {HEAD "1,,+-2,,,,,\n", "", "1:3:expected an integer for `i`, found +-2\n"},
    {HEAD "1,,,fast,,,,\n", "", "1:4:expected a number for `f`, found fast\n"},
    {HEAD "1,,,0x10,,,,\n", "", "1:4:expected a number for `f`, found 0x10\n"},
    {HEAD "1,,,nan,,,,\n", "", "1:4:expected a number for `f`, found nan\n"},
    {HEAD "1,,,,1.234,,,\n", "",
     "1:5:expected a decimal number for `d`, found 1.234: more than 2 digits behind the point\n"},
    {HEAD "1,,,,,yes,,\n", "", "1:6:expected true or false for `b`, found yes\n"},
    {HEAD "1,,,,,,\"here\",\n", "", "1:8:expected an IP address for `ip`, found \"here\"\n"},
    {HEAD ",x,,,,,,\n", "", "1:0:the event time `at` is missing\n"},
    {HEAD "yesterday,x,,,,,,\n", "",
     "1:0:expected a time with its zone for `at`, found yesterday\n"},
    {HEAD "1,x,2\n", "", "1:0:expected 8 cells, found 3\n"},
    {HEAD "1,x,2,3,4,1,,,9\n", "", "1:0:expected 8 cells, found 9\n"},
    {HEAD "1,\"x\"y,,,,,,\n", "", "1:5:text behind the closing quote of a cell\n"},
    {HEAD "1,\xFF,,,,,,\n", "", "1:2:not UTF-8\n"},
    {HEAD "\n1,x,,,,,,\n\n", "2:s=\"x\"\n", "1:0:empty line\n"},
    /* a quote that is never closed costs its line only */
    {HEAD "1,\"x,,,,,,\n1,y,,,,,,\n1,z,,,,,,\n", "2:s=\"y\"\n3:s=\"z\"\n",
     "1:0:a quote is not closed, or a row of several lines is longer than 1 MiB\n"},
    {HEAD "1,\"x", "",
     "1:0:a quote is not closed, or a row of several lines is longer than 1 MiB\n"},
};

struct fixture {
    struct arena arena;
    struct schema schema;
    struct batch *batch;
    struct buf rows, letters;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena);
    f->schema = make_schema(&f->arena, fields, sizeof fields / sizeof *fields);
    f->batch = batch_new(&f->schema, 0, 3);
    buf_init(&f->rows);
    buf_init(&f->letters);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    batch_free(&f->batch);
    buf_fini(&f->rows);
    buf_fini(&f->letters);
    arena_fini(&f->arena);
    free(f);
    return 0;
}

static void run(struct fixture *f, const char *text, size_t n) {
    const char *why = "", *path = test_file("in.csv", text, n);
    struct source *s = source_open(str_of(path), &f->schema, 0, &f->arena, &why);
    if (!s) fail_msg("%s: %s", text, why);
    s->dead_letter = letter_text;
    s->dead_letter_context = &f->letters;
    buf_reset(&f->rows);
    buf_reset(&f->letters);
    while (source_next(s, f->batch) == SOURCE_BATCH)
        for (uint32_t i = 0; i < f->batch->n; i++) {
            struct buf row;
            buf_init(&row);
            row_text(&row, f->batch, i);
            buf_printf(&f->rows, "%llu:%s\n", (unsigned long long)f->batch->offset[i],
                       buf_cstr(&row));
            buf_fini(&row);
        }
    source_close(s);
}

static void test_cases(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct csv_case *c = &cases[i];
        run(f, c->text, strlen(c->text));
        bool right = strcmp(buf_cstr(&f->rows), c->rows) == 0 &&
                     strcmp(buf_cstr(&f->letters), c->letters) == 0;
        if (!right)
            fail_msg("%s\n--- expected\n%s%s--- found\n%s%s", c->text, c->rows, c->letters,
                     buf_cstr(&f->rows), buf_cstr(&f->letters));
    }
}

/* A stray quote before more than 1 MiB: one line is lost, all others come. */
static void test_unclosed_and_long(void **state) {
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text);
    buf_text(&text, HEAD "1,\"stray,,,,,,\n");
    for (int i = 0; i < 150000; i++) buf_text(&text, "1,yyyyy,,,,,,\n");
    run(f, text.p, text.n);
    assert_string_equal(
        buf_cstr(&f->letters),
        "1:0:a quote is not closed, or a row of several lines is longer than 1 MiB\n");
    assert_non_null(strstr(buf_cstr(&f->rows), "\n150001:s="));
    assert_memory_equal(f->rows.p, "2:s=", 4);
    buf_fini(&text);
}

static void refused(struct fixture *f, const char *text, const char *reason) {
    const char *why = NULL, *path = test_file("bad.csv", text, strlen(text));
    assert_null(source_open(str_of(path), &f->schema, 0, &f->arena, &why));
    if (!strstr(why, reason)) fail_msg("%s: %s", text, why);
}

static void test_headers_refused(void **state) {
    refused(*state, "", "bad.csv: expected a header line");
    refused(*state, "\n1,2\n", "expected a header line");
    refused(*state, "at,s,i,pos.lon,d,b,ip,dur\n",
            "has no column `pos.lat`; did you mean `pos.lon`?");
    refused(*state, "at,s,i,latitude,d,b,ip,dur\n", "has no column `pos.lat`");
    refused(*state, "at,s,i,pos.lat,d,b,ip,dur,i\n", "2 columns have the name `i`");
    refused(*state, "at,\"s\n", "a quote that is not closed");
    refused(*state, "at,\xFF\n", "not UTF-8");
}

static void test_list_refused(void **state) {
    struct fixture *f = *state;
    static const struct schema_field with_list[] = {FIELD("at", VALUE_TIME),
                                                    FIELD("l", VALUE_LIST, .item = VALUE_INT)};
    f->schema = make_schema(&f->arena, with_list, 2);
    refused(f, "at,l\n", "`l` is a list, and CSV has no lists");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cases, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unclosed_and_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_list_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
