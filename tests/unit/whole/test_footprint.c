/* test_footprint: what `omen explain` says a key costs, against the memory that 100,000 and
 * 1,000,000 keys take: what the engine counts, and what malloc has given out. Both within 20 %.
 *
 * Each key has one event, which begins a run where the rule has steps to wait for. */
#include <malloc.h>

#include "rules/explain.h"
#include "tests/unit/whole/support.h"

#define STREAM_OF(key) "stream s { k : " key " at : time event n : int name : string }\n"

struct shape {
    const char *name, *rules;
    bool texts; /* keys of 20 letters */
};

static const struct shape shapes[] = {
    {"a run",
     STREAM_OF("int") "rule r { on s by k match a then b within 1d where a: any b: n < 0 }", false},
    {"a run that keeps values",
     STREAM_OF("int") "rule r { on s by k match a 3 times within 1d where a: n >= count(a)\n"
                      "emit all: collect(a.n), most: max(a.n), mean: avg(a.n), last: a.n }",
     false},
    {"keys that are texts",
     STREAM_OF("string") "rule r { on s by k match a then b within 1d where a: any b: n < 0 }",
     true},
    {"previous values",
     STREAM_OF("int") "rule r { on s by k match a where a: n > prev(n, 3) and n < prev(n) }",
     false},
    {"windows",
     STREAM_OF(
         "int") "rule r { on s by k when sum(n) over 1d > 100000 and avg(n) over prior 1d > 5\n"
                "or max(n) over 1h > 1000000 }",
     false},
    {"absence",
     STREAM_OF("int") "rule r { on s by k match a then no b for 1d where a: any b: n > 0 }", false},
    {"once",
     STREAM_OF("int") "rule r { on s by k match a then b within 1d where a: any b: n < 0\n"
                      "once per 1h forget after 2d }",
     false},
};

static uint32_t stated(struct fixture *f, const struct shape *shape) {
    struct arena arena;
    struct sources sources;
    struct tree tree;
    struct diags diags;
    struct buf out;
    arena_init(&arena);
    buf_init(&out);
    sources_init(&sources, &arena);
    tree_init(&tree, &arena, &sources);
    diags_init(&diags, &arena, &sources);
    uint32_t file = sources_add(&sources, STR("test.rules"), str_of(shape->rules));
    assert_true(parse_file(&tree, file, &diags));
    struct rule_set *set = rules_front(&tree, NULL, 0, &diags);
    explain_rule(set, f->program, NONE, &out);
    const char *line = strstr(buf_cstr(&out), "in all: ");
    assert_non_null(line);
    uint32_t bytes = (uint32_t)strtoul(line + 8, NULL, 10);
    buf_fini(&out);
    arena_fini(&arena);
    return bytes;
}

static void feed_keys(struct fixture *f, struct batch *b, uint32_t keys, bool texts) {
    char text[24];
    for (uint32_t i = 0; i < keys; i++) {
        snprintf(text, sizeof text, "vehicle-%012u", i);
        if (texts) batch_set_str(b, K, arena_copy(&b->text, str_of(text)));
        else batch_set_int(b, K, i);
        batch_set_int(b, AT, (int64_t)(1000 + i / 1000) * NS_PER_S);
        if (b->schema->fields[N].used) batch_set_int(b, N, 5);
        batch_commit(b, i);
        if (b->n == b->max) feed(f, b);
    }
    feed(f, b);
}

static void within(const char *name, const char *what, uint64_t stated, double found) {
    if (found >= (double)stated * 0.8 && found <= (double)stated * 1.2) return;
    print_error("%s: explain says %llu bytes a key, %s %.1f\n", name, (unsigned long long)stated,
                what, found);
    fail();
}

static void check_shape(const struct shape *shape, uint32_t keys) {
    struct fixture f;
    struct engine_counters c;
    open_rules(&f, shape->rules);
    struct batch *b = batch_new(&f.program->streams[0], 0, 1024);
    uint64_t each = stated(&f, shape);
    struct mallinfo2 before = mallinfo2();
    feed_keys(&f, b, keys, shape->texts);
    struct mallinfo2 after = mallinfo2();
    engine_counters(f.engine, &c);
    assert_int_equal(c.keys, keys);
    within(shape->name, "the engine counts", each, (double)c.bytes / keys);
    within(shape->name, "malloc gave", each,
           (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / keys);
    batch_free(&b);
    close_rules(&f);
}

static void keys_100k(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) check_shape(&shapes[i], 100000);
}

static void keys_1m(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) check_shape(&shapes[i], 1000000);
}

int main(void) {
#ifdef __SANITIZE_ADDRESS__
    puts("not under AddressSanitizer: there every block is a malloc of its own");
    return 0;
#endif
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_100k), cmocka_unit_test(keys_1m)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
