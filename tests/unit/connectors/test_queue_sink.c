/* test_queue_sink: what is written comes through in order; a slow or failing other side makes the
 * writer wait, or costs what it may cost, and is counted. The other side is a sink of the test,
 * that answers as it is told. */
#include "tests/unit/connectors/support.h"

#include "base/log.h"
#include "base/time.h"
#include "connectors/open.h"
#include "connectors/queue_sink.h"

struct other { /* the other side */
    struct sink sink;
    _Atomic int answer; /* enum sink_status */
    _Atomic int asked;
    _Atomic bool holds; /* takes, but never has it: acknowledges nothing */
    _Atomic bool stuck; /* does not come back from a write */
    _Atomic int finished;
    char got[100000];
    size_t n;
};

static enum sink_status other_write(struct sink *s, const struct sink_message *m) {
    struct other *o = (struct other *)s;
    o->asked++;
    while (o->stuck) usleep(1000);
    if (o->answer != SINK_DONE) return (enum sink_status)o->answer;
    memcpy(o->got + o->n, m->payload.p, m->payload.n);
    o->n += m->payload.n;
    if (!o->holds) s->written++;
    return SINK_DONE;
}
static enum sink_status other_flush(struct sink *s) {
    (void)s;
    return SINK_DONE;
}
static enum sink_status other_finish(struct sink *s) {
    ((struct other *)s)->finished++;
    return SINK_DONE;
}
static void other_close(struct sink *s) { (void)s; }
static const struct sink_ops other_ops = {
    .write = other_write, .flush = other_flush, .finish = other_finish, .close = other_close};

static struct other other;

static struct sink *open_queue(struct queue_options options, enum sink_status answer) {
    memset(&other, 0, sizeof other);
    other.sink = (struct sink){.ops = &other_ops, .name = STR("other"), .why = "other: broken"};
    other.answer = (int)answer;
    return queue_sink_new(&other.sink, &options);
}

static enum sink_status put(struct sink *s, const char *text) {
    return sink_write(s, &(struct sink_message){.payload = str_of(text), .id = STR("id")});
}

static void wait_until_asked(int times) {
    for (int i = 0; other.asked < times; i++) {
        assert_in_range(i, 0, 5000);
        usleep(1000);
    }
}

static void in_order(void **state) {
    (void)state;
    char want[100000] = "";
    size_t n = 0;
    struct sink *s =
        open_queue((struct queue_options){.bytes = 256, .linger_ns = NS_PER_S}, SINK_DONE);
    for (int i = 0; i < 10000; i++) {
        char text[16];
        int length = snprintf(text, sizeof text, "%d,", i);
        assert_int_equal(put(s, text), SINK_DONE);
        memcpy(want + n, text, (size_t)length);
        n += (size_t)length;
    }
    assert_int_equal(sink_finish(s), SINK_DONE);
    assert_int_equal(other.n, n);
    assert_memory_equal(other.got, want, n);
    assert_int_equal(s->taken, 10000);
    assert_int_equal(s->written, 10000);
    assert_int_equal(sink_waiting(s), 0);
    sink_close(s);
}

static bool stop_wanted(void *context) {
    (*(int *)context)++;
    return true;
}

/* The queue fills, then write does not take any more: memory stays within the bound. */
static void slow_waits(void **state) {
    (void)state;
    int asked = 0, taken = 0;
    struct queue_options o = {
        .bytes = 1000, .linger_ns = 50 * NS_PER_MS, .waiting = stop_wanted, .context = &asked};
    struct sink *s = open_queue(o, SINK_FULL);
    while (put(s, "0123456789") == SINK_DONE) taken++;
    assert_in_range(taken, 10, 60); /* two buffers of 1000 bytes, of messages of 10 and a head */
    assert_true(asked > 0);
    assert_int_equal(s->taken, taken);
    other.answer = SINK_DONE;
    assert_int_equal(sink_finish(s), SINK_DONE);
    assert_int_equal(s->written, taken);
    assert_int_equal(s->dropped, 0);
    sink_close(s);
}

static void slow_drops(void **state) {
    (void)state;
    struct queue_options o = {.bytes = 1000, .linger_ns = NS_PER_S, .drop = true};
    struct sink *s = open_queue(o, SINK_FULL);
    for (int i = 0; i < 1000; i++) assert_int_equal(put(s, "0123456789"), SINK_DONE);
    assert_int_equal(sink_finish(s), SINK_DONE);
    assert_int_equal(s->taken, 1000);
    assert_int_equal(s->dropped, 1000);
    assert_int_equal(s->written, 0);
    sink_close(s);
}

static void failure_is_tried_again(void **state) {
    (void)state;
    struct queue_options o = {.bytes = 1000, .linger_ns = 10 * NS_PER_S, .retry = true};
    struct sink *s = open_queue(o, SINK_FAILED);
    assert_int_equal(put(s, "a"), SINK_DONE);
    assert_int_equal(put(s, "b"), SINK_DONE);
    wait_until_asked(2);
    other.answer = SINK_DONE;
    assert_int_equal(sink_finish(s), SINK_DONE);
    assert_memory_equal(other.got, "ab", 2);
    assert_int_equal(s->written, 2);
    sink_close(s);
}

static void failure_ends(void **state) {
    (void)state;
    struct sink *s =
        open_queue((struct queue_options){.bytes = 1000, .linger_ns = NS_PER_S}, SINK_FAILED);
    assert_int_equal(put(s, "a"), SINK_DONE);
    for (int i = 0; put(s, "b") == SINK_DONE; i++) {
        assert_in_range(i, 0, 100000);
        usleep(100);
    }
    assert_string_equal(s->why, "other: broken");
    assert_int_equal(sink_finish(s), SINK_FAILED);
    assert_true(s->lost > 0);
    assert_int_equal(s->taken, s->lost);
    sink_close(s);
}

/* Nobody acknowledges: the end waits no longer than it may, and says what it leaves. */
static void end_is_bounded(void **state) {
    (void)state;
    struct sink *s =
        open_queue((struct queue_options){.bytes = 1000, .linger_ns = 100 * NS_PER_MS}, SINK_DONE);
    other.holds = true;
    for (int i = 0; i < 3; i++) assert_int_equal(put(s, "a"), SINK_DONE);
    int64_t began = time_monotonic_ns();
    assert_int_equal(sink_finish(s), SINK_FAILED);
    assert_in_range(time_monotonic_ns() - began, 90 * NS_PER_MS, 5 * NS_PER_S);
    assert_int_equal(s->lost, 3);
    assert_string_equal(s->why, "other: 3 were not taken in time and are lost");
    sink_close(s);
}

/* All that is waited for after a stop is linger, in write and in finish together. */
static void patience_is_one(void **state) {
    (void)state;
    int asked = 0;
    struct queue_options o = {
        .bytes = 1000, .linger_ns = 200 * NS_PER_MS, .waiting = stop_wanted, .context = &asked};
    struct sink *s = open_queue(o, SINK_FULL);
    int64_t began = time_monotonic_ns();
    while (put(s, "0123456789") == SINK_DONE) {}
    assert_in_range(time_monotonic_ns() - began, 190 * NS_PER_MS, 2 * NS_PER_S);
    began = time_monotonic_ns();
    for (int i = 0; i < 100; i++) assert_int_equal(put(s, "0123456789"), SINK_FULL);
    assert_int_equal(sink_finish(s), SINK_FAILED);
    assert_in_range(time_monotonic_ns() - began, 0, 190 * NS_PER_MS);
    assert_int_equal(s->lost, s->taken);
    assert_int_equal(other.finished, 1);
    sink_close(s);
}

/* slow=drop: who writes does not wait for a sink that fails either. */
static void failure_drops_at_the_door(void **state) {
    (void)state;
    struct queue_options o = {
        .bytes = 1000, .linger_ns = 10 * NS_PER_S, .drop = true, .retry = true};
    struct sink *s = open_queue(o, SINK_FAILED);
    for (int i = 0; i < 1000; i++) assert_int_equal(put(s, "0123456789"), SINK_DONE);
    assert_in_range(s->dropped, 900, 990);
    other.answer = SINK_DONE;
    assert_int_equal(sink_finish(s), SINK_DONE);
    assert_int_equal(s->taken, 1000);
    assert_int_equal(s->written + s->dropped, 1000);
    assert_int_equal(other.n, s->written * 10);
    sink_close(s);
}

static struct sink *volatile left_alone; /* for LeakSanitizer */

/* The other side does not come back from a write: the end does not wait for it for ever. */
static void stuck_is_left_alone(void **state) {
    (void)state;
    struct sink *s =
        open_queue((struct queue_options){.bytes = 1000, .linger_ns = 50 * NS_PER_MS}, SINK_DONE);
    other.stuck = true;
    for (int i = 0; i < 3; i++) assert_int_equal(put(s, "a"), SINK_DONE);
    wait_until_asked(1);
    assert_int_equal(sink_finish(s), SINK_FAILED);
    assert_int_equal(s->lost, 3);
    assert_string_equal(s->why, "other: 3 were not taken in time and are lost");
    sink_close(s);
    left_alone = s;
    assert_int_equal(other.finished, 0);
    other.stuck = false; /* its thread ends of itself */
    for (int i = 0; !other.finished; i++) {
        assert_in_range(i, 0, 5000);
        usleep(1000);
    }
    usleep(20000);
}

int main(void) {
    log_setup(LOG_ERROR, false);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_order),       cmocka_unit_test(slow_waits),
        cmocka_unit_test(slow_drops),     cmocka_unit_test(failure_is_tried_again),
        cmocka_unit_test(failure_ends),   cmocka_unit_test(end_is_bounded),
        cmocka_unit_test(patience_is_one), cmocka_unit_test(failure_drops_at_the_door),
        cmocka_unit_test(stuck_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
