/* test_table_file: files → tables, or what is said when they are none. */
#include "tests/unit/connectors/support.h"

#include "connectors/table_file.h"

static const struct schema_field fields[] = {
    FIELD("m", VALUE_STRING),
    FIELD("risk", VALUE_FLOAT),
    {.name = STR("note"), .type = VALUE_STRING}, /* which no rule uses */
};

static const struct {
    const char *name, *text;
    int64_t rows;     /* -1: refused */
    const char *why;  /* behind the file's name */
} cases[] = {
    {"a.csv", "m,risk\n", 0, ""},
    {"a.csv", "m,risk\nx,1\ny,\n\"\",3\n", 3, ""},
    {"a.csv", "risk,other,m\n1,?,x\n", 1, ""},
    {"a.ndjson", "", 0, ""},
    {"a.ndjson", "{\"m\":\"x\",\"risk\":1,\"note\":7}\n{\"m\":\"y\"}\n", 2, ""},
    {"a.jsonl", "{\"m\":\"x\"}", 1, ""},
    {"a.csv", "", -1, ": expected a header line"},
    {"a.csv", "m,note\nx,1\n", -1, ": has no column `risk`"},
    {"a.csv", "m,risk\nx,high\n", -1, " line 2: expected a number for `risk`, found high"},
    {"a.csv", "m,risk\n,1\n", -1, " line 2: the key `m` is missing"},
    {"a.csv", "m,risk\nx,1\ny,2\nx,1\n", -1, " line 4: the key \"x\" stands in line 2 already"},
    {"a.csv", "m,risk\nx,1\nx,2\nx,3\ny\n", -1,
     " line 3: the key \"x\" stands in line 2 already; 2 more rows are wrong"},
    {"a.csv", "m,risk\nx\nx,2\nx,3\n", -1,
     " line 2: expected 2 cells, found 1; 1 more row is wrong"},
    {"a.ndjson", "{\"m\":null,\"risk\":1}\n", -1, " line 1: the key `m` is missing or null"},
    {"a.ndjson", "{\"m\":\"x\"}\n\n{\"m\":\"y\"}\n", -1, " line 2: empty line"},
    {"a.txt", "m\n", -1,
     ": cannot tell what it holds: expected a name that ends in .ndjson, .jsonl, .json or .csv, "
     "each also with .gz or .zst"},
};

static void files(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        arena_init(&arena);
        struct schema schema = make_schema(&arena, fields, 3);
        schema.time_field = SCHEMA_NONE;
        const char *path = test_file(cases[i].name, cases[i].text, strlen(cases[i].text));
        const char *why = "";
        struct table *table = NULL;
        enum table_status status = table_read(str_of(path), &schema, &arena, &table, &why);
        assert_int_equal(status, cases[i].rows < 0 ? TABLE_WRONG : TABLE_READ);
        if (table) assert_int_equal(table_rows(table), cases[i].rows);
        size_t n = strlen(path);
        assert_string_equal(strncmp(why, path, n) == 0 ? why + n : why, cases[i].why);
        table_drop(&table);
        arena_fini(&arena);
    }
}

/* Rows beyond a batch, and their lines. */
static void large(void **state) {
    (void)state;
    struct arena arena;
    struct buf text;
    arena_init(&arena);
    buf_init(&text);
    buf_text(&text, "m,risk\n");
    for (int i = 0; i < 5000; i++) buf_printf(&text, "merchant %d,%d\n", i, i);
    struct schema schema = make_schema(&arena, fields, 3);
    schema.time_field = SCHEMA_NONE;
    struct table *table = NULL;
    const char *why = "", *path = test_file("large.csv", text.p, text.n);
    assert_int_equal(table_read(str_of(path), &schema, &arena, &table, &why), TABLE_READ);
    assert_int_equal(table_rows(table), 5000);
    for (int i = 0; i < 5000; i += 7) {
        char key[32];
        snprintf(key, sizeof key, "merchant %d", i);
        const double *risk = table_cell(table, table_find_str(table, str_of(key)), 1);
        assert_non_null(risk);
        assert_true(*risk == i);
    }
    table_drop(&table);
    buf_text(&text, "merchant 4,4\n");
    path = test_file("large.csv", text.p, text.n);
    assert_int_equal(table_read(str_of(path), &schema, &arena, &table, &why), TABLE_WRONG);
    assert_non_null(strstr(why, "line 5002: the key \"merchant 4\" stands in line 6 already"));
    buf_fini(&text);
    arena_fini(&arena);
}

static void not_a_stream_of_bytes(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct schema schema = make_schema(&arena, fields, 3);
    schema.time_field = SCHEMA_NONE;
    struct table *table = NULL;
    const char *why = "";
    assert_int_equal(table_read(STR("-"), &schema, &arena, &table, &why), TABLE_WRONG);
    assert_string_equal(why, "a table is read from a file, not from standard input");
    assert_int_equal(table_read(STR("/no/such.csv"), &schema, &arena, &table, &why), TABLE_WRONG);
    assert_string_equal(why, "/no/such.csv: No such file or directory");
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files),
        cmocka_unit_test(large),
        cmocka_unit_test(not_a_stream_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
