/* test_table_log: random messages of few keys against a plain array: the newest row of each key, or
 * none, and tables made in between do not change any more. What is refused, and why: by a table.
 */
#include "tests/unit/connectors/support.h"

#include "connectors/table_log.h"

enum { MERCHANT, RISK, KEYS = 40, MESSAGES = 20000 };

static const struct str merchant[] = {{"merchant", 8}}, risk[] = {{"risk", 4}};
static const struct schema_field fields[] = {
    {.name = {"merchant", 8}, .type = VALUE_STRING, .used = true, .path = merchant, .npath = 1},
    {.name = {"risk", 4}, .type = VALUE_INT, .used = true, .path = risk, .npath = 1},
};
static const struct schema schema = {.name = {"merchants", 9},
                                     .fields = fields,
                                     .nfields = 2,
                                     .time_field = SCHEMA_NONE,
                                     .id_field = SCHEMA_NONE,
                                     .key_field = MERCHANT};

static struct table_message message(const char *key, const char *value) {
    struct table_message m = {.offset = 7};
    if (key) m.key = str_of(key);
    if (value) m.value = str_of(value);
    return m;
}

/* -1: no row. */
static void assert_table(const struct table *t, const int *rows) {
    uint32_t n = 0;
    for (int k = 0; k < KEYS; k++) {
        char key[16];
        snprintf(key, sizeof key, "m%d", k);
        int64_t row = table_find_str(t, str_of(key));
        assert_int_equal(row >= 0, rows[k] >= 0);
        if (row < 0) continue;
        n++;
        const int64_t *found = table_cell(t, row, RISK);
        assert_int_equal(*found, rows[k]);
    }
    assert_int_equal(table_rows(t), n);
}

static void the_newest_message_of_each_key_counts(void **state) {
    (void)state;
    struct table_log *log = table_log_new(&schema);
    int rows[KEYS], then[KEYS];
    struct table *made = NULL;
    unsigned seed = 3;
    uint32_t refused = 0, tables = 0;
    for (int k = 0; k < KEYS; k++) rows[k] = -1;
    for (int i = 0; i < MESSAGES; i++) {
        int k = rand_r(&seed) % KEYS, what = rand_r(&seed) % 10;
        const char *why = NULL;
        char key[16], value[64];
        snprintf(key, sizeof key, what == 3 ? "\"m%d\"" : "m%d", k);
        snprintf(value, sizeof value, "{\"merchant\":\"m%d\",\"risk\":%d}", what == 1 ? k + 1 : k,
                 i);
        if (what == 2) value[8] = 0;
        bool fine = table_log_apply(log, &(struct table_message){str_of(key),
                                    what == 0 ? (struct str){NULL, 0} : str_of(value),
                                    (uint64_t)i}, &why);
        assert_int_equal(fine, what != 1 && what != 2);
        refused += !fine;
        if (fine) rows[k] = what == 0 ? -1 : i;
        if (rand_r(&seed) % 50) continue;
        if (made) assert_table(made, then);
        table_drop(&made);
        made = table_log_table(log);
        assert_table(made, rows);
        memcpy(then, rows, sizeof then);
        tables++;
    }
    assert_true(refused > MESSAGES / 10 && tables > 100);
    table_drop(&made);
    table_log_free(&log);
}

static void what_is_refused_changes_nothing_and_is_told(void **state) {
    (void)state;
    static const struct {
        const char *key, *value, *why;
    } cases[] = {
        {NULL, "{\"merchant\":\"m1\",\"risk\":2}",
         "a message without a key, which no other can replace"},
        {NULL, NULL, "a message without a key, which no other can replace"},
        {"\xFF", "{\"merchant\":\"m1\",\"risk\":2}", "the message's key is not UTF-8"},
        {"\xFF", NULL, "the message's key is not UTF-8"},
        {"m1", "", "empty message"},
        {"m1", "{\"merchant\":\"m1\",\"risk\":\"high\"}",
         "expected an integer for `risk`, found a string"},
        {"m1", "{\"risk\":2}", "the key `merchant` is missing or null"},
        {"m1", "{\"merchant\":\"m2\",\"risk\":2}",
         "the message's key is m1, and its `merchant` is m2: expected one"},
        {"m1", "[1]", "expected a JSON object"},
    };
    struct table_log *log = table_log_new(&schema);
    const char *why;
    struct table_message m = message("m1", "{\"merchant\":\"m1\",\"risk\":1}");
    assert_true(table_log_apply(log, &m, &why));
    size_t bytes = table_log_bytes(log);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        m = message(cases[i].key, cases[i].value);
        assert_false(table_log_apply(log, &m, &why));
        assert_string_equal(why, cases[i].why);
    }
    assert_int_equal(table_log_rows(log), 1);
    assert_int_equal(table_log_bytes(log), bytes);
    struct table *t = table_log_table(log);
    assert_int_equal(*(const int64_t *)table_cell(t, table_find_str(t, STR("m1")), RISK), 1);
    table_drop(&t);
    m = message("m1", NULL);
    assert_true(table_log_apply(log, &m, &why));
    assert_int_equal(table_log_rows(log), 0);
    assert_int_equal(table_log_bytes(log), 0);
    table_log_free(&log);
}

/* A key that is a number: 042 and 42.0 are the row of 42. */
static void keys_are_values(void **state) {
    (void)state;
    static const struct schema_field numbers[] = {
        {.name = {"merchant", 8}, .type = VALUE_INT, .used = true, .path = merchant, .npath = 1},
        {.name = {"risk", 4}, .type = VALUE_INT, .used = true, .path = risk, .npath = 1},
    };
    struct schema of_numbers = schema;
    of_numbers.fields = numbers;
    struct table_log *log = table_log_new(&of_numbers);
    const char *why;
    struct table_message m = message("42", "{\"merchant\":42,\"risk\":1}");
    assert_true(table_log_apply(log, &m, &why));
    m = message("42.0", "{\"risk\":2,\"merchant\":42}");
    assert_true(table_log_apply(log, &m, &why));
    assert_int_equal(table_log_rows(log), 1);
    struct table *t = table_log_table(log);
    assert_int_equal(*(const int64_t *)table_cell(t, table_find_int(t, 42), RISK), 2);
    table_drop(&t);
    m = message("forty", NULL);
    assert_false(table_log_apply(log, &m, &why));
    assert_string_equal(why, "the message's key: expected an integer for `merchant`, found forty");
    m = message("42", NULL);
    assert_true(table_log_apply(log, &m, &why));
    assert_int_equal(table_log_rows(log), 0);
    table_log_free(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_message_of_each_key_counts),
        cmocka_unit_test(what_is_refused_changes_nothing_and_is_told),
        cmocka_unit_test(keys_are_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
