/* test_file_sink: lines into files, pipes and places that take nothing; after a failure nothing is
 * torn or repeated. */
#include "tests/unit/connectors/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "connectors/open.h"

static struct sink *open_sink(struct arena *arena, const char *where) {
    const char *why = "";
    struct sink_wiring wiring = {0};
    struct sink *s = sink_open(str_of(where), &wiring, arena, &why);
    if (!s) fail_msg("%s", why);
    return s;
}

static bool put(struct sink *s, const char *text) {
    return sink_write(s, &(struct sink_message){.payload = str_of(text)});
}

static void slurp(const char *path, struct buf *out) {
    char block[4096];
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    buf_reset(out);
    for (ssize_t n; (n = read(fd, block, sizeof block)) > 0;) buf_add(out, block, (size_t)n);
    close(fd);
}

static void expect_file(const char *path, const char *text) {
    struct buf found;
    buf_init(&found);
    slurp(path, &found);
    assert_string_equal(buf_cstr(&found), text);
    buf_fini(&found);
}

static void test_appends(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char path[200];
    snprintf(path, sizeof path, "%s", test_file("old.ndjson", "{\"old\":1}\n", 10));
    struct sink *s = open_sink(&arena, path);
    assert_true(put(s, "{\"a\":1}"));
    expect_file(path, "{\"old\":1}\n"); /* buffered */
    assert_int_equal(s->written, 0);
    assert_true(sink_flush(s));
    assert_int_equal(s->written, 1);
    expect_file(path, "{\"old\":1}\n{\"a\":1}\n");
    assert_true(put(s, "{\"a\":2}"));
    sink_close(s); /* flushes */
    expect_file(path, "{\"old\":1}\n{\"a\":1}\n{\"a\":2}\n");
    arena_fini(&arena);
}

static void test_torn_file(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char path[200];
    snprintf(path, sizeof path, "%s", test_file("torn.ndjson", "{\"old\":1}\n{\"to", 14));
    struct sink *s = open_sink(&arena, path);
    assert_true(put(s, "{}"));
    sink_close(s);
    expect_file(path, "{\"old\":1}\n{\"to\n{}\n");
    arena_fini(&arena);
}

static void test_large_payloads(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct buf found;
    buf_init(&found);
    char path[200], *big = malloc(300001);
    memset(big, 'x', 300000);
    big[300000] = 0;
    snprintf(path, sizeof path, "%s", test_file("big.ndjson", "", 0));
    struct sink *s = open_sink(&arena, path);
    for (int i = 0; i < 3; i++) {
        assert_true(put(s, "small"));
        assert_true(put(s, big));
    }
    assert_true(sink_flush(s));
    assert_int_equal(s->written, 6);
    sink_close(s);
    slurp(path, &found);
    assert_int_equal(found.n, 3 * (300001 + 6));
    free(big);
    buf_fini(&found);
    arena_fini(&arena);
}

static void test_full(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct sink *s = open_sink(&arena, "/dev/full");
    assert_true(put(s, "{}"));
    for (int i = 0; i < 3; i++) {
        assert_false(sink_flush(s));
        assert_string_equal(s->why, "/dev/full: No space left on device");
    }
    char line[1001];
    memset(line, 'x', 1000);
    line[1000] = 0;
    int taken = 0;
    while (put(s, line)) taken++;
    assert_in_range(taken, 60, 66); /* 64 KiB and not more */
    assert_int_equal(s->written, 0);
    sink_close(s);
    arena_fini(&arena);
}

/* The disk fills in the middle of a line, then there is room again: a limit on the file's size
 * plays the disk. */
static void test_goes_on_after_a_failure(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    char path[200];
    snprintf(path, sizeof path, "%s", test_file("limit.ndjson", "", 0));
    struct sink *s = open_sink(&arena, path);
    struct rlimit old, small;
    getrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, SIG_IGN);
    small = (struct rlimit){.rlim_cur = 20, .rlim_max = old.rlim_max};
    assert_true(put(s, "{\"first\":1}"));
    assert_true(put(s, "{\"second\":2}"));
    setrlimit(RLIMIT_FSIZE, &small);
    bool first = sink_flush(s), second = sink_flush(s);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_false(first);
    assert_false(second);
    assert_int_equal(s->written, 1); /* one whole line, and a piece */
    assert_true(put(s, "{\"third\":3}"));
    assert_true(sink_flush(s));
    assert_int_equal(s->written, 3);
    sink_close(s);
    expect_file(path, "{\"first\":1}\n{\"second\":2}\n{\"third\":3}\n");
    arena_fini(&arena);
}

/* A pipe whose reader is slow, and non-blocking because somebody else made it so; then the reader
 * goes. */
static void test_pipe(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    int ends[2], saved = dup(1);
    char got[64];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    fflush(stdout);
    dup2(ends[1], 1);
    struct sink *s = open_sink(&arena, "-");
    bool put_one = put(s, "{\"a\":1}") && sink_flush(s);
    ssize_t n = read(ends[0], got, sizeof got);
    close(ends[0]);
    bool put_two = put(s, "{\"a\":2}"), flushed = sink_flush(s);
    const char *why = s->why;
    bool same = why && strcmp(why, "standard output: the reader has gone") == 0;
    sink_close(s);
    dup2(saved, 1);
    close(saved);
    close(ends[1]);
    assert_true(put_one && put_two && !flushed && same);
    assert_int_equal(n, 8);
    assert_memory_equal(got, "{\"a\":1}\n", 8);
    arena_fini(&arena);
}

static void test_refused(void **state) {
    (void)state;
    struct arena arena;
    const char *why = NULL;
    struct sink_wiring wiring = {0};
    arena_init(&arena);
    assert_null(sink_open(STR("/nowhere/x"), &wiring, &arena, &why));
    assert_string_equal(why, "/nowhere/x: No such file or directory");
    assert_null(sink_open(STR("zmq:sub:tcp://*:5556"), &wiring, &arena, &why));
    assert_non_null(strstr(why, "expected zmq:pub:, zmq:push: or zmq:ack:"));
    assert_null(sink_open(STR("x.ndjson.gz"), &wiring, &arena, &why));
    assert_non_null(strstr(why, "not built yet"));
    arena_fini(&arena);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_torn_file),
        cmocka_unit_test(test_large_payloads),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_goes_on_after_a_failure),
        cmocka_unit_test(test_pipe),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
