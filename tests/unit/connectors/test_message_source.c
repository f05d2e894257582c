/* test_message_source: what becomes of messages: rows, or dead letters with their place and reason;
 * when a batch is full; what is too far ahead. */
#include "tests/unit/connectors/support.h"

#include "base/buf.h"
#include "base/time.h"
#include "connectors/message_source.h"

enum { ROWS = 100, PARTITION = 7 };

static struct arena arena;
static struct schema schema;
static struct message_source source;
static struct batch *batch;
static struct buf letters;
static struct dead_letter last;

static void on_letter(void *context, const struct dead_letter *l) {
    letter_text(context, l);
    last = *l;
}

static int set_up(void **state) {
    static const struct schema_field fields[] = {FIELD("at", VALUE_TIME), FIELD("s", VALUE_STRING)};
    static const struct source_ops ops = {0};
    (void)state;
    arena_init(&arena);
    buf_init(&letters);
    schema = make_schema(&arena, fields, 2);
    message_source_init(&source, &ops, STR("queue"), &schema, 0);
    source.source.dead_letter = on_letter;
    source.source.dead_letter_context = &letters;
    batch = batch_new(&schema, 0, ROWS);
    batch_reset(batch);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    batch_free(&batch);
    message_source_fini(&source);
    buf_fini(&letters);
    arena_fini(&arena);
    return 0;
}

static void come(const char *bytes, size_t n, uint64_t offset) {
    struct message m = {bytes, n, PARTITION, offset};
    message_decode(&source, &m, batch);
}

static void come_text(const char *text, uint64_t offset) { come(text, strlen(text), offset); }

/* An event of so many bytes. Free it. */
static char *event_of(size_t n) {
    static const char begin[] = "{\"at\":1,\"s\":\"", end[] = "\"}";
    char *text = malloc(n);
    assert_non_null(text);
    memset(text, 'x', n);
    memcpy(text, begin, sizeof begin - 1);
    memcpy(text + n - (sizeof end - 1), end, sizeof end - 1);
    return text;
}

static void rows(void **state) {
    (void)state;
    struct buf text;
    buf_init(&text);
    come_text("{\"at\":1,\"s\":\"a\"}", 10);
    come_text(" {\"s\":null,\"at\":2} ", 12);
    assert_int_equal(batch->n, 2);
    assert_int_equal(batch->offset[0], 10);
    assert_int_equal(batch->offset[1], 12);
    row_text(&text, batch, 0);
    assert_string_equal(buf_cstr(&text), "s=\"a\"");
    assert_int_equal(source.source.counters.events, 2);
    assert_int_equal(source.source.counters.bytes, 16 + 19);
    assert_int_equal(letters.n, 0);
    buf_fini(&text);
}

/* The row points into the batch, not into the message. */
static void bytes_are_the_batchs(void **state) {
    (void)state;
    char text[] = "{\"at\":1,\"s\":\"abc\"}";
    come(text, strlen(text), 0);
    memset(text, '!', sizeof text);
    assert_memory_equal(((struct str *)batch->columns[1].data)[0].p, "abc", 3);
}

static void dead_letters(void **state) {
    (void)state;
    come(NULL, 0, 3);
    come("", 0, 5);
    come_text("[1]", 8);
    come_text("{\"at\":1,\"s\":5}", 9);
    come_text("{\"s\":\"a\"}", 20);
    come("{\"at\":1,\"s\":\"\xff\"}", 15, 21);
    assert_int_equal(batch->n, 0);
    assert_string_equal(buf_cstr(&letters),
                        "3:0:tombstone: a message without a value\n"
                        "5:0:empty message\n"
                        "8:0:expected a JSON object\n"
                        "9:12:expected a string for `s`, found a number\n"
                        "20:0:the event time `at` is missing or null\n"
                        "21:13:not UTF-8\n");
    assert_int_equal(source.source.counters.malformed, 6);
    assert_int_equal(source.source.counters.events, 0);
    assert_int_equal(last.partition, PARTITION);
    assert_true(last.message);
    assert_int_equal(last.length, 15);
    assert_int_equal(last.bytes.n, 15);
    come_text("{\"at\":1}", 22); /* and goes on */
    assert_int_equal(batch->n, 1);
}

/* Without anybody who wants letters they are counted. */
static void only_counted(void **state) {
    (void)state;
    source.source.dead_letter = NULL;
    come_text("x", 0);
    assert_int_equal(source.source.counters.malformed, 1);
}

static void the_longest(void **state) {
    (void)state;
    char *text = event_of(MESSAGE_MOST + 1);
    come(text, MESSAGE_MOST + 1, 0);
    assert_string_equal(buf_cstr(&letters), "0:0:longer than 1 MiB\n");
    assert_int_equal(last.length, MESSAGE_MOST + 1);
    assert_int_equal(last.bytes.n, 64 << 10); /* as much as is shown */
    free(text);
    text = event_of(MESSAGE_MOST);
    come(text, MESSAGE_MOST, 1);
    assert_int_equal(batch->n, 1);
    free(text);
}

/* What is shown of a long one ends with a whole character. */
static void torn_character(void **state) {
    (void)state;
    size_t n = MESSAGE_MOST + 1, cut = 64 << 10;
    char *text = event_of(n);
    memcpy(text + cut - 1, "\xc3\xa9", 2); /* é: its first byte is the last that would be shown */
    come(text, n, 0);
    assert_int_equal(last.bytes.n, cut - 1);
    free(text);
}

/* By rows, or by the bytes of its texts: all but the last message were within the bound. */
static void full(void **state) {
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        assert_true(message_room(batch));
        come_text("{\"at\":1}", (uint64_t)i);
    }
    assert_false(message_room(batch));
    batch_reset(batch);
    char *text = event_of(MESSAGE_MOST);
    uint64_t taken = 0;
    while (message_room(batch)) come(text, MESSAGE_MOST, taken++);
    assert_in_range(taken, MESSAGE_TEXT_MOST / MESSAGE_MOST - 2,
                    MESSAGE_TEXT_MOST / MESSAGE_MOST + 1);
    batch_reset(batch);
    assert_true(message_room(batch));
    /* Nor do bytes pile up of what never becomes a row. */
    text[MESSAGE_MOST - 1] = '!';
    for (taken = 0; message_room(batch); taken++) {
        assert_in_range(taken, 0, MESSAGE_TEXT_MOST / MESSAGE_MOST + 1);
        come(text, MESSAGE_MOST, taken);
    }
    assert_int_equal(batch->n, 0);
    free(text);
}

static void far_ahead(void **state) {
    (void)state;
    struct buf text;
    buf_init(&text);
    source.source.future.ahead_ns = NS_PER_MIN;
    int64_t now_ms = time_wall_ns() / NS_PER_MS;
    buf_printf(&text, "{\"at\":%lld}", (long long)(now_ms + 30000));
    come_text(buf_cstr(&text), 4);
    assert_int_equal(batch->n, 1);
    buf_reset(&text);
    buf_printf(&text, "{\"at\":%lld}", (long long)(now_ms + 600000));
    come_text(buf_cstr(&text), 6);
    assert_int_equal(batch->n, 1);
    assert_memory_equal(letters.p, "6:0:the event time ", 19);
    assert_non_null(strstr(buf_cstr(&letters), " is too far ahead of the wall clock"));
    assert_true(last.future);
    assert_int_equal(source.source.counters.events, 1);
    come_text("{\"at\":5,\"s\":\"b\"}", 7); /* its row is free */
    assert_int_equal(batch->n, 2);
    assert_int_equal(batch->offset[1], 7);
    buf_fini(&text);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(rows),        TEST(bytes_are_the_batchs), TEST(dead_letters), TEST(only_counted),
        TEST(the_longest), TEST(torn_character),       TEST(full),         TEST(far_ahead)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
