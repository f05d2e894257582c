/* Tests of base/map.h and base/hash.h. Hash values are those that xxHash publishes for XXH3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/map.h"

static void put_and_get(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    struct map m;
    map_init(&m, &a);
    int one = 1, two = 2;
    assert_null(map_get(&m, STR("x")));
    assert_null(map_put(&m, STR("x"), &one));
    assert_ptr_equal(map_get(&m, STR("x")), &one);
    assert_null(map_get(&m, STR("X")));
    assert_null(map_get(&m, STR("")));
    assert_ptr_equal(map_put(&m, STR("x"), &two), &one);
    assert_ptr_equal(map_get(&m, STR("x")), &two);
    assert_int_equal(m.n, 1);
    assert_null(map_put(&m, (struct str){NULL, 0}, &one)); /* the empty name is a name */
    assert_ptr_equal(map_get(&m, STR("")), &one);
    assert_null(map_put(&m, STR("null"), NULL)); /* present, with nothing */
    assert_null(map_get(&m, STR("null")));
    assert_int_equal(m.n, 3);
    arena_fini(&a);
}

static void many_in_order(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    struct map m;
    map_init(&m, &a);
    enum { N = 20000 };
    for (uintptr_t i = 0; i < N; i++) {
        struct str key = str_of(arena_printf(&a, "name%d", (int)i));
        assert_null(map_put(&m, key, (void *)(i + 1)));
    }
    assert_int_equal(m.n, N);
    assert_true(m.nslots >= 2 * N);
    for (uintptr_t i = 0; i < N; i++) {
        struct str key = str_of(arena_printf(&a, "name%d", (int)i));
        assert_true(map_get(&m, key) == (void *)(i + 1));
        assert_true(str_equal(m.entries[i].key, key)); /* order of insertion */
    }
    assert_null(map_get(&m, STR("name20000")));
    arena_fini(&a);
}

static void hash_64(void **state) {
    (void)state;
    assert_true(hash64("", 0, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(hash64(NULL, 0, 0) == UINT64_C(0x2d06800538d394c2));
    assert_true(hash64("abc", 3, 0) == UINT64_C(0x78af5f94892f3950));
    assert_true(hash64("abc", 3, 1) != hash64("abc", 3, 0));
}

static void hash_128_for_ever(void **state) {
    (void)state;
    char hex[33];
    hash128_hex(hash128("", 0), hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
    hash128_hex(hash128(NULL, 0), hex);
    assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
    hash128_hex(hash128("abc", 3), hex);
    assert_string_equal(hex, "06b05ab6733a618578af5f94892f3950");
    hash128_hex((struct hash128){0, 1}, hex);
    assert_string_equal(hex, "00000000000000000000000000000001");
    char text[1000]; /* every length class of XXH3; the value was computed with libxxhash.so */
    for (int i = 0; i < 1000; i++) text[i] = (char)(i * 7);
    struct hash128 all = {0, 0};
    for (size_t n = 0; n <= sizeof text; n++) {
        struct hash128 h = hash128(text, n);
        all.high = all.high * 31 + h.high;
        all.low = all.low * 31 + h.low;
    }
    hash128_hex(all, hex);
    assert_string_equal(hex, "4defe29dd04fe725ba93d3e803bc8b0b");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_and_get),
        cmocka_unit_test(many_in_order),
        cmocka_unit_test(hash_64),
        cmocka_unit_test(hash_128_for_ever),
    };
    return cmocka_run_group_tests_name("base/map hash", tests, NULL, NULL);
}
