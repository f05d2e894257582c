/* Tests of engine/exact.h: sums without rounding, from which summands can be taken away again.
 * Whole windows: tests/unit/whole/test_windows.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/exact.h"

static void same(double got, double wanted) {
    if (memcmp(&got, &wanted, sizeof got)) fail_msg("%a, not %a", got, wanted);
}

static void sums_are_rounded_once(void **state) {
    (void)state;
    struct heap *heap = heap_new();
    static const struct {
        double v[4], sum;
    } rows[] = {
        {{0, 0, 0, 0}, 0},
        {{0.1, 0.2, 0.3, 0}, 0.6},
        {{0.1, 1e16, -1e16, 0}, 0.1},
        {{1e308, 1e-308, -1e308, 0}, 1e-308},
        {{1, 0x1p-53, 0, 0}, 1},                            /* a tie, to even */
        {{1, 0x1p-53, 0x1p-200, 0}, 1 + DBL_EPSILON},       /* above the tie */
        {{1, 0x1p-53, -0x1p-200, 0}, 1},                    /* below it */
        {{1 + DBL_EPSILON, 0x1p-53, 0, 0}, 1 + 2 * DBL_EPSILON},
        {{-1, -0x1p-53, -0x1p-200, 0}, -1 - DBL_EPSILON},
        {{0x1p-1074, 0x1p-1074, 1, -1}, 0x1p-1073},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct exact e = {0};
        for (int k = 0; k < 4; k++) exact_add(&e, heap, rows[i].v[k]);
        same(exact_round(&e), rows[i].sum);
        for (int k = 0; k < 4; k++) exact_add(&e, heap, -rows[i].v[k]);
        assert_int_equal(e.n, 0);
        exact_clear(&e, heap);
    }
    heap_free(&heap);
}

/* A window of 10 values slides over a million of very different sizes: what is left is the sum of
 * the last ten, to the bit, whatever was there before. */
static void nothing_drifts(void **state) {
    (void)state;
    struct heap *heap = heap_new();
    struct exact e = {0}, fresh = {0};
    double ring[10] = {0};
    uint64_t random = 1;
    for (uint32_t i = 0; i < 1000000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        double x = ldexp((double)(int64_t)random, (int)(random >> 11 & 255) - 190);
        exact_add(&e, heap, x);
        exact_add(&e, heap, -ring[i % 10]);
        ring[i % 10] = x;
    }
    for (int i = 0; i < 10; i++) exact_add(&fresh, heap, ring[i]);
    same(exact_round(&e), exact_round(&fresh));
    exact_clear(&e, heap);
    exact_clear(&fresh, heap);
    assert_int_equal(heap_bytes(heap), 0);
    heap_free(&heap);
}

/* More parts than lie in the struct; a product and its own square. */
static void many_parts_and_products(void **state) {
    (void)state;
    struct heap *heap = heap_new();
    struct exact e = {0};
    for (int i = -10; i <= 10; i++) exact_add(&e, heap, ldexp(1, i * 100));
    assert_int_equal(e.n, 21);
    for (int i = 10; i > -10; i--) exact_add(&e, heap, -ldexp(1, i * 100));
    same(exact_round(&e), 0x1p-1000);
    exact_add(&e, heap, -0x1p-1000);
    exact_product(&e, heap, 0.1, 0.1, false);
    same(exact_round(&e), 0.1 * 0.1);
    exact_product(&e, heap, 0.1, 0.1, true);
    assert_int_equal(e.n, 0);
    exact_clear(&e, heap);
    heap_free(&heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_rounded_once),
        cmocka_unit_test(nothing_drifts),
        cmocka_unit_test(many_parts_and_products),
    };
    return cmocka_run_group_tests_name("exact sums", tests, NULL, NULL);
}
