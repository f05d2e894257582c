/* test_input: lines out of files, pipes and packed files, through the NDJSON source: what comes, at
 * which offset, and what goes to the dead letters.
 */
#include "tests/unit/connectors/support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>
#include <zstd.h>

#include "connectors/input.h"
#include "connectors/open.h"

static const struct schema_field fields[] = {FIELD("at", VALUE_TIME), FIELD("s", VALUE_STRING)};

enum { MIB = 1 << 20 };

struct fixture {
    struct arena arena;
    struct schema schema;
    struct batch *batch;
    struct buf rows, letters;
    struct source_counters counters;
    enum source_status last;
    const char *why;
    uint32_t batches;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena);
    f->schema = make_schema(&f->arena, fields, 2);
    f->batch = batch_new(&f->schema, 0, BATCH_ROWS);
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

/* "offset:s" for each event; s shortened to 20 bytes. */
static void add_rows(struct fixture *f) {
    for (uint32_t i = 0; i < f->batch->n; i++) {
        struct value s = batch_value(f->batch, i, 1);
        buf_printf(&f->rows, "%llu:", (unsigned long long)f->batch->offset[i]);
        if (!value_is_null(s)) buf_add(&f->rows, s.s.p, s.s.n < 20 ? s.s.n : 20);
        buf_char(&f->rows, '\n');
    }
}

static struct source *open_path(struct fixture *f, const char *path) {
    const char *why = "";
    struct source *s = source_open(str_of(path), &f->schema, 0, &f->arena, &why);
    if (!s) fail_msg("%s", why);
    s->dead_letter = letter_text;
    s->dead_letter_context = &f->letters;
    return s;
}

static void read_all(struct fixture *f, const char *path) {
    struct source *s = open_path(f, path);
    buf_reset(&f->rows);
    buf_reset(&f->letters);
    for (f->batches = 0; (f->last = source_next(s, f->batch)) == SOURCE_BATCH; f->batches++)
        add_rows(f);
    assert_int_equal(source_next(s, f->batch), f->last); /* it stays so */
    f->counters = s->counters;
    f->why = s->why;
    source_close(s);
}

static void expect(struct fixture *f, const char *rows, const char *letters) {
    assert_string_equal(buf_cstr(&f->rows), rows);
    assert_string_equal(buf_cstr(&f->letters), letters);
}

static void read_text(struct fixture *f, const char *text) {
    read_all(f, test_file("in.ndjson", text, strlen(text)));
    assert_int_equal(f->last, SOURCE_END);
}

#define E(s) "{\"at\":1,\"s\":\"" s "\"}"

static void test_lines(void **state) {
    struct fixture *f = *state;
    read_text(f, E("a") "\n" E("b") "\n");
    expect(f, "0:a\n1:b\n", "");
    assert_int_equal(f->counters.events, 2);
    assert_int_equal(f->counters.bytes, f->counters.total_bytes);
    assert_int_equal(f->counters.total_bytes, 2 * strlen(E("a") "\n"));
    read_text(f, E("a") "\n" E("b"));
    expect(f, "0:a\n1:b\n", "");
    read_text(f, E("a") "\r\n" E("b") "\r\n");
    expect(f, "0:a\n1:b\n", "");
    read_text(f, E("a") "\n" E("b") "\r");
    expect(f, "0:a\n1:b\n", "");
    read_text(f, "\xEF\xBB\xBF" E("a") "\n");
    expect(f, "0:a\n", "");
    read_text(f, "");
    expect(f, "", "");
    read_text(f, "\xEF\xBB\xBF");
    expect(f, "", "");
    read_text(f, "x");
    expect(f, "", "0:0:expected a JSON object\n");
}

static void test_empty_lines(void **state) {
    struct fixture *f = *state;
    read_text(f, E("a") "\n\n");
    expect(f, "0:a\n", "");
    read_text(f, E("a") "\r\n\r\n");
    expect(f, "0:a\n", "");
    read_text(f, E("a") "\n\n\n");
    expect(f, "0:a\n", "1:0:empty line\n");
    read_text(f, "\n" E("a") "\n\n" E("b") "\n");
    expect(f, "1:a\n3:b\n", "0:0:empty line\n2:0:empty line\n");
    assert_int_equal(f->counters.malformed, 2);
    read_text(f, "\n");
    expect(f, "", "");
}

static void test_malformed_uses_up_offsets(void **state) {
    struct fixture *f = *state;
    read_text(f, E("a") "\n{oops\n" E("b") "\n{\"s\":\"x\"}\n" E("c"));
    expect(f, "0:a\n2:b\n4:c\n",
           "1:5:truncated: an object or array is not closed\n3:0:the event time `at` is missing or "
           "null\n");
}

/* A batch is full at max; strings of one batch survive until the next. */
static void test_many_batches(void **state) {
    struct fixture *f = *state;
    struct buf text, rows;
    buf_init(&text);
    buf_init(&rows);
    for (int i = 0; i < 30000; i++) {
        buf_printf(&text, "{\"at\":%d,\"s\":\"event %d\"}\n", i, i);
        buf_printf(&rows, "%d:event %d\n", i, i);
    }
    read_all(f, test_file("many.ndjson", text.p, text.n));
    expect(f, buf_cstr(&rows), "");
    assert_int_equal(f->batches, (30000 + BATCH_ROWS - 1) / BATCH_ROWS);
    batch_free(&f->batch);
    f->batch = batch_new(&f->schema, 0, 7);
    read_all(f, test_file("many.ndjson", text.p, text.n));
    expect(f, buf_cstr(&rows), "");
    buf_fini(&text);
    buf_fini(&rows);
}

/* ---- long lines ------------------------------------------------------------------------------ */

struct long_letter {
    char text[200];
    uint64_t length, byte;
    size_t shown;
    char last;
};

static void keep_letter(void *context, const struct dead_letter *l) {
    struct long_letter *keep = context;
    snprintf(keep->text, sizeof keep->text, "%llu:%s", (unsigned long long)l->offset, l->reason);
    keep->length = l->length;
    keep->byte = l->byte;
    keep->shown = l->bytes.n;
    keep->last = l->bytes.p[l->bytes.n - 1];
}

/* An event of exactly n bytes, a newline after it if asked for. */
static void add_long(struct buf *text, size_t n, const char *newline) {
    size_t start = text->n;
    buf_text(text, "{\"at\":1,\"s\":\"");
    while (text->n - start < n - 2) buf_char(text, 'L');
    buf_text(text, "\"}");
    buf_text(text, newline);
}

static void long_case(struct fixture *f, size_t n, const char *newline, bool accepted) {
    struct buf text;
    struct long_letter keep = {.text = ""};
    buf_init(&text);
    buf_text(&text, E("a") "\n");
    add_long(&text, n, newline);
    if (*newline) buf_text(&text, E("b") "\n");
    struct source *s = open_path(f, test_file("long.ndjson", text.p, text.n));
    s->dead_letter = keep_letter;
    s->dead_letter_context = &keep;
    buf_reset(&f->rows);
    while (source_next(s, f->batch) == SOURCE_BATCH) add_rows(f);
    source_close(s);
    assert_string_equal(keep.text, accepted ? "" : "1:longer than 1 MiB");
    if (!accepted) {
        assert_int_equal(keep.length, n);
        assert_int_equal(keep.byte, strlen(E("a") "\n"));
        assert_int_equal(keep.shown, 64 << 10);
        assert_int_equal(keep.last, 'L');
    }
    struct buf rows;
    buf_init(&rows);
    buf_printf(&rows, "0:a\n%s%s", accepted ? "1:LLLLLLLLLLLLLLLLLLLL\n" : "",
               *newline ? "2:b\n" : "");
    assert_string_equal(buf_cstr(&f->rows), buf_cstr(&rows));
    buf_fini(&rows);
    buf_fini(&text);
}

static void test_long_lines(void **state) {
    static const char *const newlines[] = {"\n", "\r\n", ""};
    for (int i = 0; i < 3; i++) {
        bool cr = newlines[i][0] == '\r';
        long_case(*state, 300000, newlines[i], true);
        long_case(*state, MIB - 1, newlines[i], true);
        long_case(*state, MIB, newlines[i], true);
        if (!cr) long_case(*state, MIB + 1, newlines[i], false);
        if (!cr) long_case(*state, MIB + 2, newlines[i], false);
        if (!cr) long_case(*state, 5 * MIB + 3, newlines[i], false);
    }
}

/* 1 GiB of one line through a pipe, in a process that may not have 200 MiB. Sanitizers need more
 * than that. */
static void test_line_of_a_gibibyte(void **state) {
    struct fixture *f = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t writer = fork();
    if (writer == 0) {
        static char block[MIB];
        memset(block, 'x', sizeof block);
        close(ends[0]);
        for (int i = 0; i < 1024; i++)
            for (size_t at = 0; at < sizeof block;) {
                ssize_t n = write(ends[1], block + at, sizeof block - at);
                if (n <= 0) _exit(1);
                at += (size_t)n;
            }
        _exit(write(ends[1], "\n" E("b") "\n", 2 + strlen(E("b"))) < 0);
    }
    int saved = dup(0);
    dup2(ends[0], 0);
    close(ends[0]);
    close(ends[1]);
    read_all(f, "-");
    expect(f, "1:b\n", "0:0:longer than 1 MiB\n");
    dup2(saved, 0);
    close(saved);
    int status;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
#ifndef __SANITIZE_ADDRESS__
    assert_true(used.ru_maxrss < 100 * 1024); /* KiB */
#endif
}

/* ---- pipes ----------------------------------------------------------------------------------- */

/* An event on a pipe comes at once, not when the batch is full, also in pieces; a torn line waits
 * for its rest. */
static void test_pipe_hands_out_what_is_there(void **state) {
    struct fixture *f = *state;
    int ends[2], saved = dup(0);
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], 0);
    close(ends[0]);
    struct source *s = open_path(f, "-");
    assert_int_equal(s->counters.total_bytes, 0);
    static const char first[] = E("a") "\n" E("b") "\n{\"at\"", second[] = ":2,\"s\":\"c\"}\n";
    assert_int_equal(write(ends[1], first, sizeof first - 1), sizeof first - 1);
    assert_int_equal(source_next(s, f->batch), SOURCE_BATCH);
    assert_int_equal(f->batch->n, 2);
    assert_int_equal(write(ends[1], second, sizeof second - 1), sizeof second - 1);
    close(ends[1]);
    assert_int_equal(source_next(s, f->batch), SOURCE_BATCH);
    assert_int_equal(f->batch->n, 1);
    assert_int_equal(f->batch->offset[0], 2);
    assert_int_equal(source_next(s, f->batch), SOURCE_END);
    source_close(s);
    dup2(saved, 0);
    close(saved);
}

/* ---- packed ---------------------------------------------------------------------------------- */

static size_t gzip(const char *text, size_t n, unsigned char *out, size_t room) {
    z_stream z = {.next_in = (unsigned char *)text,
                  .avail_in = (unsigned)n,
                  .next_out = out,
                  .avail_out = (unsigned)room};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t made = z.total_out;
    deflateEnd(&z);
    return made;
}

/* With a checksum, as the zstd command writes it. */
static size_t zstd_pack(const char *text, size_t n, unsigned char *out, size_t room) {
    ZSTD_CCtx *c = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    size_t made = ZSTD_compress2(c, out, room, text, n);
    assert_false(ZSTD_isError(made));
    ZSTD_freeCCtx(c);
    return made;
}

enum { PACKED_ROOM = 4 * MIB };

/* Packs 20,000 events, in two members, and reads them whole, cut short and damaged. */
static void packed_cases(struct fixture *f, const char *name, bool zstd, const char *truncated) {
    struct buf text, rows;
    unsigned char *packed = malloc(PACKED_ROOM);
    buf_init(&text);
    buf_init(&rows);
    for (int i = 0; i < 20000; i++) {
        buf_printf(&text, "{\"at\":%d,\"s\":\"%x\"}\n", i, (unsigned)i * 2654435761u);
        buf_printf(&rows, "%d:%x\n", i, (unsigned)i * 2654435761u);
    }
    size_t n = 0, half = text.n / 2;
    for (int part = 0; part < 2; part++) {
        const char *from = text.p + (part ? half : 0);
        size_t length = part ? text.n - half : half;
        n += zstd ? zstd_pack(from, length, packed + n, PACKED_ROOM - n)
                  : gzip(from, length, packed + n, PACKED_ROOM - n);
    }
    read_all(f, test_file(name, packed, n));
    assert_int_equal(f->last, SOURCE_END);
    expect(f, buf_cstr(&rows), "");
    assert_int_equal(f->counters.bytes, n);
    assert_int_equal(f->counters.total_bytes, n);

    for (size_t cut = 1; cut < n;
         cut += n / 17) { /* rows before the cut come, no torn one, then the failure */
        read_all(f, test_file(name, packed, n - cut));
        assert_int_equal(f->last, SOURCE_FAILED);
        assert_non_null(strstr(f->why, truncated));
        assert_non_null(strstr(f->why, name));
        assert_int_equal(f->letters.n, 0);
        assert_memory_equal(f->rows.p, rows.p, f->rows.n);
    }
    memset(packed + n / 4, 0x55, 64);
    read_all(f, test_file(name, packed, n));
    assert_int_equal(f->last, SOURCE_FAILED);
    read_all(f, test_file(name, "not packed at all\n", 18));
    assert_int_equal(f->last, SOURCE_FAILED);
    read_all(f, test_file(name, "", 0));
    assert_int_equal(f->last, SOURCE_END);
    buf_fini(&text);
    buf_fini(&rows);
    free(packed);
}

static void test_gzip(void **state) { packed_cases(*state, "x.ndjson.gz", false, "truncated"); }
static void test_zstd(void **state) { packed_cases(*state, "x.json.zst", true, "truncated"); }

/* A file that opens and cannot be read: address 0 of our own memory. */
static void test_read_error(void **state) {
    struct fixture *f = *state;
    const char *path = test_file("broken.ndjson", "", 0);
    unlink(path);
    assert_int_equal(symlink("/proc/self/mem", path), 0);
    read_all(f, path);
    assert_int_equal(f->last, SOURCE_FAILED);
    assert_non_null(strstr(f->why, "broken.ndjson: Input/output error"));
}

/* ---- what cannot be opened ------------------------------------------------------------------- */

static void refused(struct fixture *f, const char *where, const char *reason) {
    const char *why = NULL;
    assert_null(source_open(str_of(where), &f->schema, 0, &f->arena, &why));
    if (!strstr(why, reason)) fail_msg("%s: %s", where, why);
}

static void test_refused(void **state) {
    refused(*state, "/nowhere/x.ndjson", "/nowhere/x.ndjson: No such file or directory");
    refused(*state, "x.txt", "x.txt: cannot tell what it holds");
    refused(*state, "x.gz", "cannot tell what it holds");
    refused(*state, "kafka:cards", "what comes over a network has no end");
    refused(*state, "zmq:pull:x", "what comes over a network has no end");
    refused(*state, "", "found nothing");
    mkdir("/tmp/omen-test.json", 0755);
    refused(*state, "/tmp/omen-test.json", "is a folder");
    rmdir("/tmp/omen-test.json");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_malformed_uses_up_offsets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_batches, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_of_a_gibibyte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pipe_hands_out_what_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gzip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_zstd, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
