/* test_table_topic: messages of a compacted topic → tables; what is no such message, and what is
 * said of it; random messages against a slow twin, an array that is searched from the front. */
#include "tests/unit/connectors/support.h"

#include "connectors/table_topic.h"

static const struct schema_field by_text[] = {
    FIELD("m", VALUE_STRING),
    FIELD("risk", VALUE_FLOAT),
    {.name = STR("note"), .type = VALUE_STRING}, /* which no rule uses */
};
static const struct schema_field by_number[] = {FIELD("m", VALUE_INT), FIELD("risk", VALUE_FLOAT)};

static struct arena arena;
static struct table_topic topic;
static char said[512]; /* the last dead letter */
static uint64_t letters;

static void dead_letter(void *context, const struct dead_letter *l) {
    (void)context;
    letters++;
    snprintf(said, sizeof said, "%.*s %.*s %u %d: %s <%.*s>", STR_FMT(l->source),
             STR_FMT(l->stream), l->partition, (int)l->offset, l->reason, STR_FMT(l->bytes));
}

static void open_topic(const struct schema_field *fields, uint32_t n) {
    arena_init(&arena);
    struct schema schema = make_schema(&arena, fields, n);
    schema.time_field = SCHEMA_NONE;
    table_topic_init(&topic, STR("kafka:t"), &schema);
    topic.base.source.dead_letter = dead_letter;
    letters = 0;
    said[0] = 0;
}

static void close_topic(void) {
    table_topic_fini(&topic);
    arena_fini(&arena);
}

/* NULL: no key; a tombstone. */
static void apply(const char *key, const char *value) {
    static uint64_t offset;
    struct message m = {value, value ? strlen(value) : 0, 3, ++offset % 2};
    table_topic_apply(&topic, key ? str_of(key) : (struct str){0}, &m);
}

/* "m1=0.7 m2=null": the rows with these keys in the next table. */
static const char *rows(const char *const *keys) {
    static char text[512];
    struct table *t = table_topic_take(&topic);
    size_t n = 0, found = 0;
    text[0] = 0;
    if (!t) return "no other";
    for (; *keys; keys++) {
        bool number = topic.schema.fields[0].type == VALUE_INT;
        int64_t row = number ? table_find_int(t, atoi(*keys)) : table_find_str(t, str_of(*keys));
        if (row < 0) continue;
        const double *risk = table_cell(t, row, 1);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s=", found++ ? " " : "", *keys);
        n += (size_t)(risk ? snprintf(text + n, sizeof text - n, "%g", *risk)
                           : snprintf(text + n, sizeof text - n, "null"));
    }
    assert_int_equal(table_rows(t), found);
    table_drop(&t);
    return text;
}

static void newest_wins(void **state) {
    (void)state;
    static const char *const keys[] = {"a", "b", "", NULL};
    open_topic(by_text, 3);
    assert_string_equal(rows(keys), "");
    assert_string_equal(rows(keys), "no other");
    apply("a", "{\"m\":\"a\",\"risk\":1,\"note\":7}");
    apply("b", "{\"m\":\"b\",\"risk\":2}");
    apply("", "{\"m\":\"\",\"risk\":3}");
    assert_string_equal(rows(keys), "a=1 b=2 =3");
    apply("a", "{\"m\":\"a\"}"); /* the whole row, not its columns one by one */
    apply("b", NULL);
    apply("c", NULL);
    assert_string_equal(rows(keys), "a=null =3");
    apply("b", "{\"risk\":4,\"m\":\"b\"}");
    apply("b", "{\"risk\":5,\"m\":\"b\"}");
    assert_string_equal(rows(keys), "a=null b=5 =3");
    assert_int_equal(letters, 0);
    table_topic_restart(&topic);
    apply("b", "{\"m\":\"b\"}");
    assert_string_equal(rows(keys), "b=null");
    close_topic();
}

static const struct {
    const char *key, *value, *why;
} bad[] = {
    {NULL, "{\"m\":\"a\"}", "the message has no key: expected the row's `m`"},
    {NULL, NULL, "the message has no key: expected the row's `m`"},
    {"\xff", NULL, "the message's key is not UTF-8"},
    {"b", "{\"m\":\"a\",\"risk\":9}", "the message's key is b, and its `m` is a"},
    {"\"a\"", "{\"m\":\"a\",\"risk\":9}", "the message's key is \"a\", and its `m` is a"},
    {"a", "", "empty message"},
    {"a", "{\"risk\":9}", "the key `m` is missing or null"},
    {"a", "{\"m\":\"a\",\"risk\":\"x\"}", "expected a number for `risk`, found a string"},
    {"a", "{\"m\":\"a\"", NULL},
    {"a", "[1]", NULL},
};

/* The old row stays, and the letter says where and what. */
static void malformed(void **state) {
    (void)state;
    static const char *const keys[] = {"a", NULL};
    open_topic(by_text, 3);
    apply("a", "{\"m\":\"a\",\"risk\":1}");
    assert_string_equal(rows(keys), "a=1");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        said[0] = 0;
        apply(bad[i].key, bad[i].value);
        assert_int_equal(letters, i + 1);
        assert_int_equal(topic.base.source.counters.malformed, i + 1);
        const char *text = arena_printf(&arena, ": %s <%s>", bad[i].why ? bad[i].why : "",
                                        bad[i].value ? bad[i].value : "");
        assert_int_equal(strncmp(said, "kafka:t test 3 ", 15), 0);
        if (bad[i].why && !strstr(said, text)) fail_msg("%s, not %s", said, text);
        assert_string_equal(rows(keys), "no other");
    }
    close_topic();
}

/* A key's bytes are the text of the column, whose type says what is the same. */
static void keys_of_numbers(void **state) {
    (void)state;
    static const char *const keys[] = {"7", "-8", NULL};
    open_topic(by_number, 2);
    apply("7", "{\"m\":7,\"risk\":1}");
    apply("7.0", "{\"m\":7,\"risk\":2}");
    apply("-8", "{\"m\":-8,\"risk\":3}");
    assert_int_equal(letters, 0);
    assert_string_equal(rows(keys), "7=2 -8=3");
    apply("seven", NULL);
    assert_non_null(strstr(said, "the message's key: expected an integer for `m`, found \"seven\""));
    apply("7.5", NULL);
    assert_non_null(strstr(said, "the message's key: expected an integer for `m`, found 7.5"));
    apply("8", "{\"m\":7}");
    assert_non_null(strstr(said, "the message's key is 8, and its `m` is 7"));
    assert_int_equal(letters, 3);
    apply("7", NULL);
    assert_string_equal(rows(keys), "-8=3");
    close_topic();
}

enum { KEYS = 50, MESSAGES = 20000 };

static uint32_t below(uint32_t n) {
    static uint64_t random = 1;
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random >> 33) % n);
}

static void random_messages(void **state) {
    (void)state;
    static double twin[KEYS]; /* -1: no such row */
    uint64_t wrong = 0;
    open_topic(by_text, 3);
    for (uint32_t k = 0; k < KEYS; k++) twin[k] = -1;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        char key[16], value[64];
        uint32_t k = below(KEYS), kind = below(10);
        snprintf(key, sizeof key, "k%u", k);
        snprintf(value, sizeof value, "{\"m\":\"k%u\",\"risk\":%u}", kind == 0 ? KEYS : k, i);
        if (kind == 1) value[strlen(value) - 1] = 0;
        apply(key, kind <= 3 && kind >= 2 ? NULL : value);
        if (kind <= 1) wrong++;
        else twin[k] = kind <= 3 ? -1.0 : (double)i;
        if (below(50)) continue;
        struct table *t = table_topic_take(&topic);
        if (!t) continue;
        uint32_t n = 0;
        for (uint32_t j = 0; j < KEYS; j++) {
            snprintf(key, sizeof key, "k%u", j);
            int64_t row = table_find_str(t, str_of(key));
            assert_int_equal(row >= 0, twin[j] >= 0);
            if (row < 0) continue;
            n++;
            assert_true(*(const double *)table_cell(t, row, 1) == twin[j]);
        }
        assert_int_equal(table_rows(t), n);
        table_drop(&t);
    }
    assert_int_equal(letters, wrong);
    close_topic();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_wins),
        cmocka_unit_test(malformed),
        cmocka_unit_test(keys_of_numbers),
        cmocka_unit_test(random_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
