/* test_watermark: the front, of partitions that speak, fall silent, come back and end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/watermark.h"

static struct watermark mark(uint32_t stream, uint32_t partition, int64_t lateness) {
    return (struct watermark){.lane = lane_of(stream, partition),
                              .lateness_ns = lateness,
                              .highest_ns = INT64_MIN,
                              .at_ns = INT64_MIN,
                              .live = true,
                              .counts = true};
}

static void a_mark_is_the_highest_less_the_lateness(void **state) {
    (void)state;
    struct watermark w = mark(0, 0, 5);
    watermark_see(&w, 20);
    assert_int_equal(w.at_ns, 15);
    watermark_see(&w, 3);
    assert_int_equal(w.at_ns, 15);
    struct watermark low = mark(0, 0, 5);
    watermark_see(&low, INT64_MIN + 2);
    assert_true(low.at_ns == INT64_MIN);
}

static void the_front_is_the_least_of_those_that_speak(void **state) {
    (void)state;
    struct watermarks all;
    struct watermark a = mark(0, 0, 0), b = mark(0, 1, 0), unread = mark(1, 0, 0);
    unread.counts = false;
    watermarks_init(&all);
    watermarks_add(&all, &a);
    watermarks_add(&all, &b);
    watermarks_add(&all, &unread);
    watermark_see(&a, 100);
    watermarks_move(&all);
    assert_true(all.front.at == INT64_MIN && all.holds == &b);
    watermark_see(&b, 40);
    watermarks_move(&all);
    assert_int_equal(all.front.at, 40);
    assert_int_equal(all.front.lane, b.lane);

    b.idle = true;
    watermarks_move(&all);
    assert_int_equal(all.front.at, 100);
    b.idle = false; /* back, and behind: the front does not go back */
    watermarks_move(&all);
    assert_int_equal(all.front.at, 100);
    assert_ptr_equal(all.holds, &b);

    a.idle = b.idle = true;
    assert_true(watermarks_all_idle(&all));
    watermarks_move(&all);
    assert_int_equal(all.front.at, 100);
    assert_null(all.holds);
    watermarks_pass(&all, 70);
    assert_int_equal(all.front.at, 100);
    watermarks_pass(&all, 170);
    assert_int_equal(all.front.at, 170);
    assert_int_equal(all.front.lane, 0);

    a.ended = true;
    assert_true(watermarks_all_idle(&all));
    b.ended = true;
    assert_false(watermarks_all_idle(&all));
    watermarks_move(&all);
    assert_true(all.front.at == INT64_MAX);
    watermarks_fini(&all);
}

static void of_one_time_the_first_partition_goes_first(void **state) {
    (void)state;
    assert_true(place_before((struct place){5, lane_of(0, 7)}, (struct place){5, lane_of(1, 0)}));
    assert_true(place_before((struct place){4, lane_of(1, 0)}, (struct place){5, lane_of(0, 0)}));
    assert_false(place_before((struct place){5, 3}, (struct place){5, 3}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mark_is_the_highest_less_the_lateness),
        cmocka_unit_test(the_front_is_the_least_of_those_that_speak),
        cmocka_unit_test(of_one_time_the_first_partition_goes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
