/* Tests of base/diag.h and base/log.h. What is printed is compared whole, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/log.h"
#include "base/time.h"
#include "base/utf8.h"

#define DOTS "\xE2\x80\xA6"
#define BAD "\xEF\xBF\xBD"

static struct arena arena;
static struct sources sources;
static struct diags diags;
static struct buf out;

static int fresh(void **state) {
    (void)state;
    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    buf_init(&out);
    return 0;
}

static int done(void **state) {
    (void)state;
    buf_fini(&out);
    arena_fini(&arena);
    return 0;
}

/* The span of the first `part` in file `file`. */
static struct span at(uint32_t file, const char *part) {
    size_t start = str_find(sources.files[file].text, str_of(part));
    assert_true(start != SIZE_MAX);
    return (struct span){file, (uint32_t)start, (uint32_t)(start + strlen(part))};
}

static const char *printed(void) {
    buf_reset(&out);
    diags_print(&diags, &out, false);
    return buf_cstr(&out);
}

/* One error at [start, end) of a text, printed, without its first line. */
static const char *underlined(struct str text, uint32_t start, uint32_t end) {
    diags_init(&diags, &arena, &sources);
    uint32_t file = sources_add(&sources, STR("f"), text);
    diag_error(&diags, (struct span){file, start, end}, "m");
    return strchr(printed(), '\n') + 1;
}

static void places(void **state) {
    (void)state;
    uint32_t f = sources_add(&sources, STR("f"), STR("ab\n\n\xC3\xA9\tx\xFF\xFFy\n"));
    static const struct {
        uint32_t offset, line, column;
    } cases[] = {{0, 1, 1}, {2, 1, 3}, {3, 2, 1}, {4, 3, 1},   {6, 3, 2},   {7, 3, 3},
                 {8, 3, 4}, {9, 3, 5}, {10, 3, 6}, {11, 3, 7}, {12, 4, 1}, {99, 4, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t line, column;
        sources_place(&sources, f, cases[i].offset, &line, &column);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
    }
    uint32_t line, column, none = sources_add(&sources, STR("none"), (struct str){NULL, 0});
    sources_place(&sources, none, 0, &line, &column);
    assert_int_equal(line, 1);
    assert_int_equal(column, 1);
    assert_true(str_equal(span_text(&sources, (struct span){f, 0, 2}), STR("ab")));
    assert_int_equal(span_text(&sources, (struct span){f, 9999, 10000}).n, 0);
    assert_int_equal(span_text(&sources, (struct span){f, 5, 2}).n, 0);
    struct span joined = span_join((struct span){f, 3, 4}, (struct span){f, 1, 2});
    assert_int_equal(joined.start, 1);
    assert_int_equal(joined.end, 4);
}

static void load(void **state) {
    (void)state;
    char path[] = "/tmp/omen_test_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    static char text[200000];
    memset(text, 'x', sizeof text);
    assert_int_equal(write(fd, text, sizeof text), sizeof text);
    close(fd);
    uint32_t file = 9;
    const char *why = NULL;
    assert_true(sources_load(&sources, path, &file, &why));
    assert_int_equal(file, 0);
    assert_int_equal(sources.files[0].text.n, sizeof text);
    assert_memory_equal(sources.files[0].text.p, text, sizeof text);
    assert_true(str_equal(sources.files[0].name, str_of(path)));
    assert_int_equal(truncate(path, (256L << 20) + 1), 0); /* a sparse file */
    assert_false(sources_load(&sources, path, &file, &why));
    assert_non_null(strstr(why, ": larger than 256 MiB"));
    unlink(path);
    assert_false(sources_load(&sources, "no/such.rules", &file, &why));
    assert_string_equal(why, "no/such.rules: No such file or directory");
    assert_false(sources_load(&sources, "/tmp", &file, &why));
    assert_string_equal(why, "/tmp: Is a directory");
}

static void shape(void **state) {
    (void)state;
    uint32_t f = sources_add(&sources, STR("speeding.rules"),
                             STR("stream telemetry {\n}\n"
                                 "rule r {\n    where    fast: sped > 10\n}\n"));
    struct diag *m = diag_error(&diags, at(f, "sped"), "there is no field \"%s\"", "sped");
    diag_help(&diags, m, "did you mean `%s`?", "speed");
    diag_related(&diags, m, at(f, "telemetry"), "the stream is declared %s", "here");
    diag_warning(&diags, at(f, "r {"), "nothing is ever reported");
    assert_string_equal(printed(), "speeding.rules:3:6: warning: nothing is ever reported\n"
                                   "    3 | rule r {\n"
                                   "      |      ^^^\n"
                                   "speeding.rules:4:20: error: there is no field \"sped\"\n"
                                   "    4 |     where    fast: sped > 10\n"
                                   "      |                    ^^^^\n"
                                   "      = did you mean `speed`?\n"
                                   "speeding.rules:1:8: note: the stream is declared here\n"
                                   "    1 | stream telemetry {\n"
                                   "      |        ^^^^^^^^^\n");
    assert_int_equal(diags.errors, 1);
    assert_int_equal(diags.warnings, 1);
}

static void colour(void **state) {
    (void)state;
    uint32_t f = sources_add(&sources, STR("f"), STR("ab"));
    diag_help(&diags, diag_error(&diags, at(f, "b"), "m"), "h");
    diags_print(&diags, &out, true);
    assert_string_equal(buf_cstr(&out),
                        "\x1b[1mf:1:2: \x1b[0m\x1b[1;31merror:\x1b[0m m\n"
                        "\x1b[34m    1 | \x1b[0mab\n"
                        "\x1b[34m      | \x1b[0m\x1b[1;31m ^\x1b[0m\n"
                        "\x1b[34m      = \x1b[0mh\n");
}

static void order_and_duplicates(void **state) {
    (void)state;
    uint32_t f = sources_add(&sources, STR("f"), STR("abc"));
    uint32_t g = sources_add(&sources, STR("g"), STR("abc"));
    diag_error(&diags, at(g, "a"), "5");
    diag_error(&diags, at(f, "c"), "4");
    struct diag *first = diag_error(&diags, at(f, "b"), "2");
    struct diag *again = diag_error(&diags, at(f, "b"), "%d", 2);
    diag_help(&diags, again, "lost");
    diag_related(&diags, again, at(f, "a"), "lost");
    diag_error(&diags, at(f, "b"), "3"); /* same place, something else */
    diag_error(&diags, at(f, "a"), "1");
    diag_help(&diags, first, "kept, although others came since");
    assert_int_equal(diags.errors, 5);
    assert_string_equal(printed(), "f:1:1: error: 1\n    1 | abc\n      | ^\n"
                                   "f:1:2: error: 2\n    1 | abc\n      |  ^\n"
                                   "      = kept, although others came since\n"
                                   "f:1:2: error: 3\n    1 | abc\n      |  ^\n"
                                   "f:1:3: error: 4\n    1 | abc\n      |   ^\n"
                                   "g:1:1: error: 5\n    1 | abc\n      | ^\n");
}

static void at_most(void **state) {
    (void)state;
    assert_string_equal(printed(), "");
    uint32_t f = sources_add(&sources, STR("f"), STR("abc"));
    for (int i = 0; i < DIAG_MAX + 7; i++) {
        struct diag *m = diag_error(&diags, at(f, "b"), "number %d", i);
        assert_non_null(m);
        diag_help(&diags, m, "help");
        diag_related(&diags, m, at(f, "a"), "related");
    }
    diag_warning(&diags, at(f, "b"), "one more");
    assert_int_equal(diags.errors, DIAG_MAX + 7);
    assert_int_equal(diags.warnings, 1);
    assert_int_equal(diags.n, DIAG_MAX);
    const char *tail = "number 99\n    1 | abc\n      |  ^\n      = help\n"
                       "f:1:1: note: related\n    1 | abc\n      | ^\n" DOTS " 8 more messages\n";
    printed();
    assert_true(str_ends(buf_view(&out), str_of(tail)));
}

static void underlines(void **state) {
    (void)state;
    assert_string_equal(underlined(STR("abc"), 1, 1), "    1 | abc\n      |  ^\n");
    assert_string_equal(underlined(STR("abc"), 1, 3), "    1 | abc\n      |  ^^\n");
    assert_string_equal(underlined(STR("abc"), 3, 3), "    1 | abc\n      |    ^\n");
    assert_string_equal(underlined(STR("abc"), 9, 12), "    1 | abc\n      |    ^\n");
    assert_string_equal(underlined(STR("abc"), 2, 1), "    1 | abc\n      |   ^\n");
    assert_string_equal(underlined(STR(""), 0, 0), "    1 | \n      | ^\n");
    assert_string_equal(underlined(STR("a\n"), 2, 2), "    2 | \n      | ^\n");
    assert_string_equal(underlined(STR("a\nb"), 1, 2), "    1 | a\n      |  ^\n");
    /* more than a line: to the end of the first */
    assert_string_equal(underlined(STR("abc\ndef\n"), 1, 6), "    1 | abc\n      |  ^^\n");
    assert_string_equal(underlined(STR("ab\r\ncd"), 1, 6), "    1 | ab\n      |  ^\n");
    assert_string_equal(underlined(STR("ab\r\ncd"), 2, 4), "    1 | ab\n      |   ^\n");
    assert_string_equal(underlined(STR("ab\r\ncd"), 3, 4), "    1 | ab\n      |   ^\n");
    /* tabs stay, code points count one */
    assert_string_equal(underlined(STR("\ta\tb"), 3, 4), "    1 | \ta\tb\n      | \t \t^\n");
    assert_string_equal(underlined(STR("\xC3\xA9\xE4\xB8\xAD=x"), 5, 6),
                        "    1 | \xC3\xA9\xE4\xB8\xAD=x\n      |   ^\n");
    assert_string_equal(underlined(STR("\xC3\xA9\xC3\xA9x"), 2, 4),
                        "    1 | \xC3\xA9\xC3\xA9x\n      |  ^\n");
    /* from the middle of a code point */
    assert_string_equal(underlined(STR("a\xE4\xB8\xAD" "b"), 2, 3),
                        "    1 | a\xE4\xB8\xAD" "b\n      |  ^\n");
}

static void wide_gutter(void **state) {
    (void)state;
    buf_pad(&out, '\n', 1234566);
    buf_text(&out, "x");
    uint32_t f = sources_add(&sources, STR("f"), buf_view(&out));
    diag_help(&diags, diag_error(&diags, at(f, "x"), "m"), "h");
    assert_string_equal(printed(), "f:1234567:1: error: m\n"
                                   "1234567 | x\n"
                                   "        | ^\n"
                                   "        = h\n");
}

static void hostile_source(void **state) {
    (void)state;
    assert_string_equal(underlined(STR("a\xFF\x1b[2J\0\x7f" "b"), 8, 9),
                        "    1 | a" BAD "?[2J??b\n      |         ^\n");
    /* C1 control, right-to-left override, line separator */
    assert_string_equal(underlined(STR("\xC2\x9B|\xE2\x80\xAE|\xE2\x80\xA8|"), 0, 2),
                        "    1 | ?|" BAD "|" BAD "|\n      | ^\n");
    diags_init(&diags, &arena, &sources);
    uint32_t f = sources_add(&sources, STR("a\nb"), STR("x"));
    diag_help(&diags, diag_error(&diags, at(f, "x"), "no \"\x1b\xFF\""), "not\n%c", '\r');
    assert_string_equal(printed(), "a?b:1:1: error: no \"?" BAD "\"\n"
                                   "    1 | x\n      | ^\n      = not??\n");
}

/* A line of n times `unit`, with the error at the one at index `at_unit`; the printed two lines. */
static void long_line(const char *unit, size_t n, size_t at_unit, struct str *line,
                      struct str *carets) {
    struct buf text;
    buf_init(&text);
    buf_text(&text, "first\n");
    for (size_t i = 0; i < n; i++) buf_text(&text, i == at_unit ? "#" : unit);
    buf_text(&text, "\nlast");
    size_t start = 6 + at_unit * strlen(unit);
    const char *p = underlined(buf_view(&text), (uint32_t)start, (uint32_t)start + 1);
    buf_fini(&text);
    *line = (struct str){p + 8, (size_t)(strchr(p, '\n') - p) - 8};
    p = strchr(p, '\n') + 1;
    *carets = (struct str){p + 8, (size_t)(strchr(p, '\n') - p) - 8};
}

static void windows(void **state) {
    (void)state;
    static const struct {
        size_t n, at;
        bool cut_left, cut_right;
    } cases[] = {
        {120, 0, false, false},  {120, 60, false, false}, {120, 119, false, false},
        {121, 0, false, true},   {121, 120, true, false}, {121, 39, false, true},
        {121, 60, true, false},  {1000, 0, false, true},  {1000, 40, false, true},
        {1000, 41, true, true},  {1000, 500, true, true}, {1000, 919, true, true},
        {1000, 920, true, false}, {1000, 999, true, false},
    };
    static const char *const units[] = {"x", "\xC3\xA9", "\xE4\xB8\xAD", "\xFF", "\t"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
            struct str line, carets, dots = STR(DOTS);
            long_line(units[u], cases[i].n, cases[i].at, &line, &carets);
            assert_int_equal(utf8_length(line), 120);
            assert_int_equal(str_starts(line, dots), cases[i].cut_left);
            assert_int_equal(str_ends(line, dots), cases[i].cut_right);
            size_t column = utf8_length((struct str){line.p, str_find(line, STR("#"))});
            assert_int_equal(carets.n, column + 1);
            assert_int_equal(carets.p[column], '^');
            assert_int_equal(str_find(carets, STR("^")), column);
        }
    }
}

static void long_span(void **state) {
    (void)state;
    char text[1000];
    memset(text, 'x', sizeof text);
    const char *p = underlined((struct str){text, sizeof text}, 500, 900);
    struct str carets = str_of(strchr(p, '\n') + 1);
    assert_int_equal(carets.n, 8 + 120 + 1);
    assert_int_equal(str_find(carets, STR("^")), 8 + 40);
    assert_int_equal(carets.p[8 + 119], '^'); /* below the "…", too */
}

static void ten_megabytes_in_a_line(void **state) {
    (void)state;
    enum { N = 10000000 };
    buf_pad(&out, 'x', N);
    uint32_t f = sources_add(&sources, STR("f"), buf_view(&out));
    for (uint32_t i = 0; i < DIAG_MAX; i++)
        diag_error(&diags, (struct span){f, N - 1 - i, N}, "m");
    int64_t begun = time_monotonic_ns();
    printed();
    assert_true(time_monotonic_ns() - begun < DIAG_MAX * 100 * NS_PER_MS);
    assert_true(out.n < DIAG_MAX * 400);
}

static void json(void **state) {
    (void)state;
    diags_print_json(&diags, &out);
    assert_string_equal(buf_cstr(&out), "[]\n");
    buf_reset(&out);
    uint32_t f = sources_add(&sources, STR("f"), STR("\xC3\xA9 b\nc"));
    diag_warning(&diags, at(f, "c"), "second");
    struct diag *m = diag_error(&diags, at(f, "b\nc"), "no \"b\"");
    diag_help(&diags, m, "h");
    diag_related(&diags, m, at(f, "c"), "r");
    diags_print_json(&diags, &out);
    assert_string_equal(
        buf_cstr(&out),
        "[{\"severity\":\"error\",\"file\":\"f\",\"start\":3,\"end\":6,\"line\":1,\"column\":3,"
        "\"end_line\":2,\"end_column\":2,\"message\":\"no \\\"b\\\"\",\"help\":\"h\","
        "\"related\":{\"file\":\"f\",\"start\":5,\"end\":6,\"line\":2,\"column\":1,"
        "\"end_line\":2,\"end_column\":2,\"message\":\"r\"}},\n"
        "{\"severity\":\"warning\",\"file\":\"f\",\"start\":5,\"end\":6,\"line\":2,\"column\":1,"
        "\"end_line\":2,\"end_column\":2,\"message\":\"second\"}]\n");
}

/* ---- log: a child process does it, and its standard error and end are looked at -------------- */

/* Returns what wait said; what was written is in `out`. */
static int child(void (*work)(void)) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        work();
        _exit(0);
    }
    close(ends[1]);
    buf_reset(&out);
    for (;;) {
        buf_reserve(&out, 4096);
        ssize_t n = read(ends[0], out.p + out.n, 4096);
        if (n <= 0) break;
        out.n += (size_t)n;
    }
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    buf_cstr(&out);
    return status;
}

static void write_text(void) {
    errno = ENOENT;
    log_warning("%s: line %d: %s", "cards.ndjson", 7, "a\x1b\nb");
    check(errno == ENOENT);
    log_info("started");
    log_debug("not by default");
    log_setup(LOG_ERROR, false);
    log_warning("no more");
    log_error("\xC3\xA9");
    log_setup(LOG_DEBUG, false);
    log_debug("d");
}

static void log_text(void **state) {
    (void)state;
    assert_int_equal(child(write_text), 0);
    assert_string_equal(out.p, "omen: warning: cards.ndjson: line 7: a??b\n"
                               "omen: info: started\n"
                               "omen: error: \xC3\xA9\n"
                               "omen: debug: d\n");
}

static void write_json(void) {
    log_setup(LOG_INFO, true);
    log_warning("a \"b\"\n");
}

static void log_json(void **state) {
    (void)state;
    assert_int_equal(child(write_json), 0);
    static const char head[] = "{\"time\":\"";
    const char *tail = strstr(out.p, "Z\",");
    assert_non_null(tail);
    assert_memory_equal(out.p, head, sizeof head - 1);
    int64_t ns;
    struct str time = {out.p + sizeof head - 1, (size_t)(tail + 1 - out.p) - (sizeof head - 1)};
    assert_true(time_parse(time, true, &ns));
    assert_string_equal(tail, "Z\",\"level\":\"warning\",\"message\":\"a \\\"b\\\"\\n\"}\n");
}

static void write_long(void) { log_info("%*d", 100000, 1); }

static void log_long(void **state) {
    (void)state;
    assert_int_equal(child(write_long), 0);
    assert_int_equal(out.n, strlen("omen: info: ") + 100000 + 1);
}

static void do_panic(void) { panic_at("some/file.c", 12, "state %d\n", 3); }
static void do_long_panic(void) { panic_at("some/file.c", 12, "%*d", 5000, 3); }
static void do_check(void) { check(1 + 1 == 3); }
static void do_pass(void) { check(1 + 1 == 2); }

static void panics(void **state) {
    (void)state;
    int status = child(do_panic);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_string_equal(out.p, "omen: fault in omen itself at some/file.c:12: state 3?\n");
    status = child(do_long_panic);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_true(out.n > 1000 && out.n <= 1024 && out.p[out.n - 1] == '\n');
    status = child(do_check);
    assert_true(WIFSIGNALED(status));
    assert_non_null(strstr(out.p, ": 1 + 1 == 3 does not hold\n"));
    assert_int_equal(child(do_pass), 0);
}

static void want_too_much(void) {
    volatile unsigned long much = PTRDIFF_MAX;
    must_alloc(much);
}
static void grow_too_much(void) {
    volatile unsigned long much = PTRDIFF_MAX;
    must_realloc(must_alloc(1), much);
}

static void memory(void **state) {
    (void)state;
    void *p = must_alloc(0);
    assert_non_null(p);
    p = must_realloc(p, 0);
    assert_non_null(p);
    free(p);
    char *z = must_zalloc(100);
    for (int i = 0; i < 100; i++) assert_int_equal(z[i], 0);
    free(z);
#ifndef __SANITIZE_ADDRESS__ /* which ends the process itself */
    static void (*const too_much[])(void) = {want_too_much, grow_too_much};
    for (int i = 0; i < 2; i++) {
        int status = child(too_much[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 71);
        assert_string_equal(out.p, "omen: error: out of memory (9223372036854775807 bytes "
                                   "wanted)\n");
    }
#else
    (void)want_too_much;
    (void)grow_too_much;
#endif
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(places),     CASE(load),           CASE(shape),   CASE(colour),
        CASE(order_and_duplicates), CASE(at_most), CASE(underlines), CASE(wide_gutter),
        CASE(hostile_source), CASE(windows),    CASE(long_span), CASE(ten_megabytes_in_a_line),
        CASE(json),       CASE(log_text),       CASE(log_json), CASE(log_long),
        CASE(panics),     CASE(memory),
    };
    return cmocka_run_group_tests_name("base/diag log", tests, NULL, NULL);
}
