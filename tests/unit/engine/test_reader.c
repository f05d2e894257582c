/* test_reader: what a source gives comes out, in its order, however slow the taker; a full ring
 * slows the source; a stop is not held up by a source that has nothing, nor by a full ring; a lag
 * that goes is heard of though nothing else comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/time.h"
#include "engine/reader.h"

enum { AT = 0, BATCHES = 500, LETTERS = 3 };

static const struct schema_field fields[] = {
    {.name = {"at", 2}, .type = VALUE_TIME, .used = true}};
static const struct schema schema = {
    .name = {"s", 1}, .fields = fields, .nfields = 1, .time_field = AT, .id_field = SCHEMA_NONE};

struct fake {
    struct source source;
    uint32_t n, ends_at;
    bool silent, lags; /* lags: by 7 messages, the first two times */
};

/* Every third time it has nothing; each batch comes behind some dead letters. */
static enum source_status fake_next(struct source *s, struct batch *b) {
    struct fake *f = (struct fake *)s;
    batch_reset(b);
    uint32_t n = __atomic_add_fetch(&f->n, 1, __ATOMIC_RELAXED);
    if (f->silent) usleep(1000);
    if (f->lags) s->counters.lag = n > 2 ? 0 : 7;
    if (f->silent || n % 3 == 0) return SOURCE_NOTHING;
    if (n > f->ends_at) return SOURCE_END;
    for (uint32_t i = 0; i < LETTERS; i++) {
        char reason[] = "wrong";
        struct dead_letter l = {.offset = n, .reason = reason, .bytes = STR("bytes")};
        s->dead_letter(s->dead_letter_context, &l);
        reason[0] = 0;
    }
    batch_set_int(b, AT, n);
    batch_commit(b, n);
    return SOURCE_BATCH;
}

static const struct source_ops ops = {.next = fake_next};

static void everything_comes_in_order(void **state) {
    (void)state;
    struct fake f = {.source = {.ops = &ops, .schema = &schema}, .ends_at = BATCHES};
    struct bell bell;
    struct arrival a;
    bell_init(&bell);
    struct reader *r = reader_start(&f.source, 8, &bell);
    for (uint32_t n = 1;;) {
        if (!reader_take(r, &a)) {
            bell_wait(&bell, -1);
            continue;
        }
        if (a.status == SOURCE_END) break;
        assert_int_equal(a.status, SOURCE_BATCH);
        while (n % 3 == 0) n++;
        assert_int_equal(a.batch->offset[0], n);
        uint32_t letters = 0;
        for (const struct letter *l = a.letters; l; l = l->next, letters++) {
            assert_int_equal(l->letter.offset, n);
            assert_string_equal(l->letter.reason, "wrong");
            assert_true(str_equal(l->letter.bytes, STR("bytes")));
        }
        assert_int_equal(letters, LETTERS);
        letters_free(a.letters);
        batch_drop(a.batch);
        n++;
    }
    assert_true(reader_empty(r));
    reader_free(&r);
    bell_fini(&bell);
}

static void a_full_ring_slows_the_source_and_stops(void **state) {
    (void)state;
    struct fake f = {.source = {.ops = &ops, .schema = &schema}, .ends_at = UINT32_MAX};
    struct bell bell;
    bell_init(&bell);
    struct reader *r = reader_start(&f.source, 8, &bell);
    usleep(50000);
    uint32_t read = __atomic_load_n(&f.n, __ATOMIC_RELAXED);
    assert_in_range(read, 1, READER_RING * 2);
    reader_free(&r);
    bell_fini(&bell);
}

static void a_silent_source_stops_at_once(void **state) {
    (void)state;
    struct fake f = {.source = {.ops = &ops, .schema = &schema}, .silent = true};
    struct bell bell;
    bell_init(&bell);
    struct reader *r = reader_start(&f.source, 8, &bell);
    int64_t began = time_monotonic_ns();
    bell_wait(&bell, 20);
    assert_true(time_monotonic_ns() - began >= 20 * NS_PER_MS);
    assert_true(reader_empty(r));
    reader_free(&r);
    bell_fini(&bell);
}

static void a_lag_that_goes_is_heard_of(void **state) {
    (void)state;
    struct fake f = {.source = {.ops = &ops, .schema = &schema}, .silent = true, .lags = true};
    struct bell bell;
    struct arrival a;
    bell_init(&bell);
    struct reader *r = reader_start(&f.source, 8, &bell);
    for (uint64_t lag = 7;; lag = 0) {
        while (!reader_take(r, &a)) bell_wait(&bell, -1);
        assert_int_equal(a.status, SOURCE_NOTHING);
        assert_int_equal(a.counters.lag, lag);
        if (!lag) break;
    }
    bell_wait(&bell, 20);
    assert_true(reader_empty(r)); /* told once each */
    reader_free(&r);
    bell_fini(&bell);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_in_order),
        cmocka_unit_test(a_full_ring_slows_the_source_and_stops),
        cmocka_unit_test(a_silent_source_stops_at_once),
        cmocka_unit_test(a_lag_that_goes_is_heard_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
