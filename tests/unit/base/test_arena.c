/* Tests of base/arena.h and base/pool.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/pool.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

static bool zero(const char *p, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (p[i]) return false;
    return true;
}

static void blocks(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    size_t sum = 0;
    char *last = NULL;
    for (size_t n = 0; n < 3000; n++) { /* over many chunks */
        char *p = arena_alloc(&a, n);
        assert_true((uintptr_t)p % 16 == 0);
        assert_true(zero(p, n));
        assert_ptr_not_equal(p, last); /* also for blocks of no bytes */
        memset(p, 0xA5, n);
        last = p;
        sum += n;
    }
    assert_int_equal(a.used, sum);
    arena_fini(&a);
    assert_null(a.chunks);
    arena_fini(&a); /* an empty arena is a fine arena */
}

static void large_blocks_keep_the_room(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    char *first = arena_alloc(&a, 16);
    char *large = arena_alloc(&a, 5 << 20);
    assert_true(zero(large, 5 << 20));
    memset(large, 1, 5 << 20);
    char *second = arena_alloc(&a, 16);
    assert_true(second > first && second - first <= 64); /* from the same chunk */
    arena_fini(&a);

    arena_init(&a); /* the first block may be a large one */
    large = arena_alloc(&a, 3 << 20);
    memset(large, 1, 3 << 20);
    assert_non_null(arena_alloc(&a, 1));
    arena_fini(&a);
}

static void reset(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    arena_reset(&a); /* of nothing */
    memset(arena_alloc(&a, 100), 0xFF, 100);
    memset(arena_alloc(&a, 200000), 0xFF, 200000);
    arena_reset(&a);
    assert_int_equal(a.used, 0);
    char *p = arena_alloc(&a, 190000); /* fits the chunk that was kept */
    assert_true(zero(p, 190000));
    struct arena_chunk *only = a.chunks;
    arena_reset(&a);
    assert_ptr_equal(a.chunks, only);
    arena_fini(&a);
}

static void texts(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    struct str s = arena_copy(&a, STR("ab\0c"));
    assert_int_equal(s.n, 4);
    assert_memory_equal(s.p, "ab\0c", 5);
    s = arena_copy(&a, (struct str){NULL, 0});
    assert_int_equal(s.n, 0);
    assert_string_equal(s.p, "");
    assert_string_equal(arena_printf(&a, "%d-%s", 42, "x"), "42-x");
    assert_string_equal(arena_printf(&a, "%s", ""), "");
    assert_int_equal(strlen(arena_printf(&a, "%9000d", 1)), 9000);
    arena_fini(&a);
}

static void push(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    uint32_t *v = NULL;
    uint32_t n = 0, cap = 0;
    for (uint32_t i = 0; i < 1000; i++) arena_push(&a, v, n, cap, i * i);
    assert_int_equal(n, 1000);
    assert_int_equal(cap, 1024);
    for (uint32_t i = 0; i < 1000; i++) assert_int_equal(v[i], i * i);
    struct str *array = arena_array(&a, struct str, 3), *one = arena_new(&a, struct str);
    assert_null(array[2].p);
    assert_null(one->p);
    arena_fini(&a);
}

static void gaps_are_poisoned(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    struct arena a;
    arena_init(&a);
    char *p = arena_alloc(&a, 5);
    assert_null(__asan_region_is_poisoned(p, 5));
    assert_true(__asan_address_is_poisoned(p + 5));
    char *q = arena_alloc(&a, 16);
    assert_true(__asan_address_is_poisoned(q - 1));
    assert_true(__asan_address_is_poisoned(q + 16));
    arena_reset(&a);
    assert_true(__asan_address_is_poisoned(p));
    arena_fini(&a);
#else
    skip();
#endif
}

static void pool_blocks(void **state) {
    (void)state;
    enum { N = 5000 };
    static uint64_t *block[N];
    struct pool p;
    pool_init(&p, 20);
    assert_int_equal(p.block, 32);
    for (uint64_t i = 0; i < N; i++) {
        block[i] = pool_take(&p);
        assert_true((uintptr_t)block[i] % 16 == 0);
        for (int k = 0; k < 4; k++) block[i][k] = i;
    }
    for (uint64_t i = 0; i < N; i++) /* no two overlap */
        for (int k = 0; k < 4; k++) assert_int_equal(block[i][k], i);
    assert_int_equal(p.live, N);
    size_t held = p.slab_bytes;
    assert_true(held >= N * 32);
    for (int i = 0; i < N; i += 2) pool_give(&p, block[i]);
    assert_int_equal(p.live, N / 2);
    assert_int_equal(p.peak, N);
    for (int i = 1; i < N; i += 2)
        for (int k = 0; k < 4; k++) assert_int_equal(block[i][k], i);
    for (int i = 0; i < N; i += 2) block[i] = pool_take(&p);
    assert_int_equal(p.slab_bytes, held); /* what was given back is used first */
    assert_int_equal(p.peak, N);
    pool_give(&p, NULL);
    assert_int_equal(p.live, N);
    pool_fini(&p); /* with live blocks */
    assert_int_equal(p.live, 0);
    assert_int_equal(p.slab_bytes, 0);
    assert_non_null(pool_take(&p)); /* can be used again */
    pool_fini(&p);
}

static void pool_sizes(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 16, 17, 4096, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct pool p;
        pool_init(&p, sizes[i]);
        char *a = pool_take(&p), *b = pool_take(&p);
        memset(a, 1, sizes[i]);
        memset(b, 2, sizes[i]);
        assert_true(sizes[i] == 0 || (a[0] == 1 && a[sizes[i] - 1] == 1));
        pool_give(&p, a);
        pool_give(&p, b);
        assert_int_equal(p.live, 0);
        pool_fini(&p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks), cmocka_unit_test(large_blocks_keep_the_room),
        cmocka_unit_test(reset),  cmocka_unit_test(texts),
        cmocka_unit_test(push),   cmocka_unit_test(gaps_are_poisoned),
        cmocka_unit_test(pool_blocks), cmocka_unit_test(pool_sizes),
    };
    return cmocka_run_group_tests_name("base/arena pool", tests, NULL, NULL);
}
