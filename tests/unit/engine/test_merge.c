/* test_merge: rows of random partitions, with disorder, equal times and pauses, against what is
 * plainly right: a sort. First as a recording: any batch sizes, any order of arrival, the same rows
 * out. Then live, with silences and the wall clock: what was decided is written down, and a replay
 * with it gives the same sequence, whatever the batches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/merge.h"

enum { LANES = 5, STREAMS = 2, ROWS = 300, ALL = LANES * ROWS, AT = 0, NAME = 1 };

static const struct schema_field fields[] = {
    {.name = {"at", 2}, .type = VALUE_TIME, .used = true},
    {.name = {"name", 4}, .type = VALUE_STRING, .used = true},
};
static const struct schema schema = {
    .name = {"s", 1}, .fields = fields, .nfields = 2, .time_field = AT, .id_field = SCHEMA_NONE};

struct row {
    int64_t at;
    uint32_t lane, offset; /* lane ROWS: the clock */
};

struct input {
    int64_t at[LANES][ROWS];
    int64_t lateness;
};

struct record {
    bool late[LANES][ROWS];
    int64_t times[ALL * 4];
    uint32_t ntimes;
};

struct seen {
    struct row out[ALL * 5], late[ALL];
    uint32_t n, nlate;
};

static uint32_t stream_of(uint32_t lane) { return lane / 3; }
static uint32_t partition_of(uint32_t lane) { return lane % 3; }

static void tell(void *context, const struct merge_told *told) {
    struct record *r = context;
    if (told->event == MERGE_LATE) r->late[told->stream * 3 + told->partition][told->offset] = true;
    if (told->event == MERGE_TIME) r->times[r->ntimes++] = told->at_ns;
}

static enum fate fate(void *context, uint32_t stream, uint32_t partition, uint64_t offset) {
    const struct record *r = context;
    return r->late[stream * 3 + partition][offset] ? FATE_LATE : FATE_TAKEN;
}

static bool repeats; /* a record: what was late then need not be older than the mark is now */

/* Across calls: what the engine would have open. */
static const struct batch *open[STREAMS];

static void collect(struct merge *m, struct seen *seen) {
    struct slice s;
    while (merge_next(m, &s)) {
        if (s.kind == SLICE_TIME) {
            seen->out[seen->n++] = (struct row){s.at_ns, ROWS, 0};
            continue;
        }
        if (s.fresh) open[s.batch->stream] = s.batch;
        if (s.kind == SLICE_ROWS) assert_ptr_equal(open[s.batch->stream], s.batch);
        for (uint32_t i = s.first; i < s.first + s.n; i++) {
            uint32_t lane = s.batch->stream * 3 + batch_partition(s.batch, i);
            struct row row = {batch_times(s.batch)[i], lane, (uint32_t)s.batch->offset[i]};
            assert_int_equal(bit_get(s.batch->columns[NAME].valid, i), row.offset % 3 != 0);
            if (s.kind == SLICE_LATE) {
                assert_true(repeats || row.at <= s.at_ns);
                seen->late[seen->nlate++] = row;
            } else {
                seen->out[seen->n++] = row;
            }
        }
    }
}

struct driver {
    const struct input *in;
    struct merge *m;
    struct batch_pool *pools[STREAMS];
    uint32_t next[LANES], size;
    unsigned seed;
    int64_t now;
};

/* Some rows of a lane come. */
static void arrive(struct driver *d, uint32_t lane) {
    struct batch *b = batch_pool_take(d->pools[stream_of(lane)]);
    uint32_t n = 1 + (uint32_t)rand_r(&d->seed) % d->size;
    b->partition = partition_of(lane);
    for (; n && d->next[lane] < ROWS; n--) {
        uint32_t offset = d->next[lane]++;
        batch_set_int(b, AT, d->in->at[lane][offset]);
        if (offset % 3) batch_set_str(b, NAME, arena_copy(&b->text, STR("name")));
        batch_commit(b, offset);
    }
    merge_arrive(d->m, b, d->now);
}

static void start(struct driver *d, const struct input *in, uint32_t size, unsigned seed,
                  const struct merge_options *how, bool live) {
    *d = (struct driver){.in = in, .size = size, .seed = seed};
    struct merge_options options = *how;
    options.nstreams = STREAMS;
    options.batch_rows = size;
    options.idle_after_ns = 1000;
    d->m = merge_new(&options);
    for (uint32_t s = 0; s < STREAMS; s++) d->pools[s] = batch_pool_new(&schema, s, size, false);
    for (uint32_t i = LANES; i-- > 0;)
        merge_lane(d->m, &(struct lane_plan){stream_of(i), partition_of(i), i, in->lateness, live,
                                             true, 0});
}

static void stop(struct driver *d) {
    merge_free(&d->m);
    for (uint32_t s = 0; s < STREAMS; s++) batch_pool_free(&d->pools[s]);
}

/* All rows, in a random order of the lanes that are wanted; ends are told late. */
static void replay(struct driver *d, struct seen *seen) {
    bool ended[LANES] = {0};
    for (uint32_t left = LANES; left;) {
        uint32_t lane = (uint32_t)rand_r(&d->seed) % LANES;
        if (ended[lane]) continue;
        if (!merge_wants(d->m, lane)) {
            collect(d->m, seen);
        } else if (d->next[lane] < ROWS) {
            arrive(d, lane);
        } else {
            merge_end(d->m, lane);
            ended[lane] = true;
            left--;
        }
        if (rand_r(&d->seed) % 3) collect(d->m, seen);
    }
    collect(d->m, seen);
    assert_true(merge_ended(d->m));
    struct merge_told misfit;
    assert_false(merge_misfit(d->m, &misfit));
}

static int compare_rows(const void *x, const void *y) {
    const struct row *a = x, *b = y;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    if (a->lane != b->lane) return a->lane < b->lane ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static void assert_rows(const struct row *a, const struct row *b, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) assert_int_equal(compare_rows(&a[i], &b[i]), 0);
}

/* By each lane's own watermark; the rest sorted. */
static void model(const struct input *in, struct seen *out) {
    out->n = out->nlate = 0;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        int64_t highest = INT64_MIN;
        for (uint32_t i = 0; i < ROWS; i++) {
            struct row row = {in->at[lane][i], lane, i};
            bool late = highest != INT64_MIN && row.at < highest - in->lateness;
            if (late) out->late[out->nlate++] = row;
            else out->out[out->n++] = row;
            if (row.at > highest) highest = row.at;
        }
    }
    qsort(out->out, out->n, sizeof *out->out, compare_rows);
}

static void make_input(struct input *in, unsigned *seed) {
    int disorder = 1 + rand_r(seed) % 40;
    in->lateness = rand_r(seed) % 3 ? rand_r(seed) % 30 : 0;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        int64_t step = 1 + rand_r(seed) % 4, from = rand_r(seed) % 200;
        for (uint32_t i = 0; i < ROWS; i++)
            in->at[lane][i] = from + step * (int64_t)i - rand_r(seed) % disorder;
    }
}

static const uint32_t sizes[] = {1, 7, 64, 1024};
static struct input in;
static struct seen seen, wanted, again;
static struct record record;

static void recordings_are_sorted_whatever_the_batches(void **state) {
    (void)state;
    unsigned seed = 5;
    for (int round = 0; round < 60; round++) {
        make_input(&in, &seed);
        model(&in, &wanted);
        for (int i = 0; i < 4; i++) {
            struct driver d;
            struct merge_options options = {0};
            start(&d, &in, sizes[i], (unsigned)rand_r(&seed), &options, false);
            struct seen *to = i ? &again : &seen;
            to->n = to->nlate = 0;
            replay(&d, to);
            assert_int_equal(to->n, wanted.n);
            assert_rows(to->out, wanted.out, wanted.n);
            assert_int_equal(to->nlate, wanted.nlate);
            /* Late rows come in one order too. */
            assert_rows(to->late, seen.late, seen.nlate);
            stop(&d);
        }
    }
}

/* Nothing goes out any more, and nobody may say more: it would stand still for ever. */
static bool stuck(const struct merge *m) {
    for (uint32_t lane = 0; lane < LANES; lane++)
        if (merge_wants(m, lane)) return false;
    return !merge_ended(m);
}

/* Rows come or do not; who is silent is passed over; when all are, the clock goes on. */
static void live(struct driver *d) {
    seen.n = seen.nlate = 0;
    int64_t wall = 0;
    for (uint32_t left = ALL; left;) {
        uint32_t lane = (uint32_t)rand_r(&d->seed) % LANES, quiet;
        d->now += rand_r(&d->seed) % 300;
        if (rand_r(&d->seed) % 40 == 0) d->now += 2000;
        uint32_t before = d->next[lane];
        if (before < ROWS && merge_wants(d->m, lane)) {
            arrive(d, lane);
            left -= d->next[lane] - before;
        }
        quiet = (uint32_t)rand_r(&d->seed) % LANES;
        merge_quiet(d->m, quiet, d->now);
        collect(d->m, &seen);
        assert_false(stuck(d->m));
        int64_t front = merge_marks(d->m)->front.at;
        if (front > wall) wall = front;
        if (watermarks_all_idle(merge_marks(d->m)) && record.ntimes < 50)
            merge_pass(d->m, wall += rand_r(&d->seed) % 30);
        for (lane = 0; left && lane < LANES; lane++) { /* who has said everything */
            if (d->next[lane] == ROWS) merge_end(d->m, lane);
        }
    }
    for (uint32_t lane = 0; lane < LANES; lane++) merge_end(d->m, lane);
    collect(d->m, &seen);
    assert_true(merge_ended(d->m));
}

static void a_live_run_is_repeated_by_its_record(void **state) {
    (void)state;
    unsigned seed = 77;
    uint32_t times = 0, beyond = 0;
    for (int round = 0; round < 100; round++) {
        struct driver d;
        struct merge_options options = {.tell = tell, .context = &record};
        make_input(&in, &seed);
        model(&in, &wanted);
        record = (struct record){0};
        start(&d, &in, sizes[round % 4], (unsigned)rand_r(&seed), &options, true);
        live(&d);
        stop(&d);
        repeats = true;
        times += record.ntimes;
        beyond += seen.nlate - wanted.nlate;
        assert_int_equal(seen.n + seen.nlate, ALL + record.ntimes);
        for (uint32_t i = 1; i < seen.n; i++)
            assert_true(seen.out[i - 1].at <= seen.out[i].at);
        for (int i = 0; i < 4; i++) {
            struct merge_options repeat = {.fate = fate, .context = &record};
            start(&d, &in, sizes[i], (unsigned)rand_r(&seed), &repeat, false);
            for (uint32_t t = 0; t < record.ntimes; t++) merge_time(d.m, record.times[t]);
            again.n = again.nlate = 0;
            replay(&d, &again);
            assert_int_equal(again.n, seen.n);
            assert_rows(again.out, seen.out, seen.n);
            assert_int_equal(again.nlate, seen.nlate);
            stop(&d);
        }
        repeats = false;
    }
    assert_true(times > 100 && beyond > 100); /* it was tried */
}

/* Partitions go while rows of theirs wait, and come back, read again from anywhere up to the first
 * row that had not gone out. */
static void take_away(struct driver *d, bool all) {
    uint32_t one = (uint32_t)rand_r(&d->seed) % LANES;
    for (uint32_t lane = 0; lane < LANES; lane++) {
        struct lane_state of;
        if (d->next[lane] == ROWS || (!all && lane != one)) continue;
        merge_keep(d->m, lane, NULL, 0);
        merge_lane_state(d->m, lane, &of);
        uint32_t back = (uint32_t)rand_r(&d->seed) % 20;
        d->next[lane] = (uint32_t)of.next_offset > back ? (uint32_t)of.next_offset - back : 0;
    }
}

static void give_back(struct driver *d) {
    for (uint32_t lane = 0; lane < LANES; lane++) {
        struct lane_plan plan = {stream_of(lane), partition_of(lane), lane, d->in->lateness,
                                 false, true, 0};
        if (d->next[lane] < ROWS) assert_false(merge_lane(d->m, &plan));
    }
}

/* All sources at once, as inputs.c does by a lane that holds time where a source has none. */
static void read_with_rebalances(struct driver *d, bool all) {
    struct lane_plan hold = {1, UINT32_MAX, LANES, 0, false, true, 0};
    bool done = false;
    int left = 20;
    seen.n = seen.nlate = 0;
    while (!done) {
        uint32_t lane = (uint32_t)rand_r(&d->seed) % LANES;
        if (d->next[lane] < ROWS && merge_wants(d->m, lane)) arrive(d, lane);
        if (d->next[lane] == ROWS) merge_end(d->m, lane);
        if (rand_r(&d->seed) % 3) collect(d->m, &seen);
        if (left && rand_r(&d->seed) % 30 == 0) {
            left--;
            if (all) merge_lane(d->m, &hold);
            take_away(d, all);
            if (rand_r(&d->seed) % 2) collect(d->m, &seen);
            give_back(d);
            merge_keep(d->m, LANES, NULL, 0);
        }
        done = true;
        for (lane = 0; lane < LANES; lane++) done &= d->next[lane] == ROWS;
    }
    for (uint32_t lane = 0; lane < LANES; lane++) merge_end(d->m, lane);
    collect(d->m, &seen);
    assert_true(merge_ended(d->m));
}

static void what_leaves_and_comes_back_goes_out_once(void **state) {
    (void)state;
    unsigned seed = 21;
    uint64_t repeated = 0, late = 0, orderly = 0;
    for (int round = 0; round < 200; round++) {
        struct driver d;
        struct merge_options options = {0};
        bool all = round % 2;
        make_input(&in, &seed);
        model(&in, &wanted);
        start(&d, &in, sizes[round % 4], (unsigned)rand_r(&seed), &options, false);
        read_with_rebalances(&d, all);
        assert_int_equal(seen.n + seen.nlate, ALL);
        if (all && !wanted.nlate) { /* as if nothing had been */
            orderly++;
            assert_int_equal(seen.n, ALL);
            assert_rows(seen.out, wanted.out, ALL);
        }
        bool came[LANES][ROWS] = {{0}};
        for (uint32_t i = 0; i < seen.n + seen.nlate; i++) {
            const struct row *row = i < seen.n ? &seen.out[i] : &seen.late[i - seen.n];
            assert_false(came[row->lane][row->offset]);
            came[row->lane][row->offset] = true;
        }
        for (uint32_t i = 1; i < seen.n; i++) assert_true(seen.out[i - 1].at <= seen.out[i].at);
        late += seen.nlate;
        for (uint32_t lane = 0; lane < LANES; lane++) {
            struct lane_state of;
            merge_lane_state(d.m, lane, &of);
            assert_int_equal(of.next_offset, ROWS);
            repeated += of.repeated;
        }
        stop(&d);
    }
    assert_true(repeated > 10000 && late > 100 && orderly > 10); /* it was tried */
}

static void arrive_one(struct merge *m, struct batch_pool *pool, uint32_t partition, int64_t at,
                       uint64_t offset, int64_t now_ns) {
    struct batch *b = batch_pool_take(pool);
    b->partition = partition;
    batch_set_int(b, AT, at);
    batch_commit(b, offset);
    merge_arrive(m, b, now_ns);
}

/* A source is silent for long; then its partitions bring what they have, one after the other. */
static void partitions_that_wake_together_are_waited_for(void **state) {
    (void)state;
    struct slice s;
    struct merge_options options = {
        .nstreams = 1, .batch_rows = 8, .idle_after_ns = 10 * MERGE_WAKE_NS};
    struct merge *m = merge_new(&options);
    struct batch_pool *pool = batch_pool_new(&schema, 0, 8, false);
    int64_t now = 0;
    for (uint32_t i = 0; i < 2; i++)
        merge_lane(m, &(struct lane_plan){0, i, 0, 0, true, true, now});
    for (int64_t at = 0; at < 200; at += 100) {
        now += 2 * options.idle_after_ns;
        merge_quiet(m, 0, now);
        assert_true(watermarks_all_idle(merge_marks(m)));
        arrive_one(m, pool, 0, at + 50, (uint64_t)at, now);
        merge_quiet(m, 0, now + MERGE_WAKE_NS - 1);
        assert_false(merge_next(m, &s)); /* partition 1 is waited for ... */
        if (at) continue;
        arrive_one(m, pool, 1, at + 20, (uint64_t)at, now + MERGE_WAKE_NS - 1);
        assert_true(merge_next(m, &s));
        assert_int_equal(s.kind, SLICE_ROWS);
        assert_int_equal(batch_times(s.batch)[s.first], at + 20);
        assert_false(merge_next(m, &s));
    }
    merge_quiet(m, 0, now + MERGE_WAKE_NS); /* ... for so long */
    assert_true(merge_next(m, &s));
    assert_int_equal(batch_times(s.batch)[s.first], 50);
    merge_free(&m);
    batch_pool_free(&pool);
}

static void a_record_of_other_events_is_seen(void **state) {
    (void)state;
    unsigned seed = 3;
    struct driver d;
    struct merge_told row;
    struct merge_options repeat = {.fate = fate, .context = &record};
    make_input(&in, &seed);
    in.lateness = 0;
    in.at[0][0] = 1000;
    in.at[0][1] = 1;
    record = (struct record){0};
    start(&d, &in, 64, 1, &repeat, false);
    arrive(&d, 0);
    while (d.next[0] < 2) arrive(&d, 0);
    assert_true(merge_misfit(d.m, &row));
    assert_int_equal(row.offset, 1);
    stop(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_are_sorted_whatever_the_batches),
        cmocka_unit_test(a_live_run_is_repeated_by_its_record),
        cmocka_unit_test(what_leaves_and_comes_back_goes_out_once),
        cmocka_unit_test(partitions_that_wake_together_are_waited_for),
        cmocka_unit_test(a_record_of_other_events_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
