/* merge: see merge.h. What a lane does with its rows is in engine/lane.c. */
#include "engine/merge.h"

#include <stdlib.h>

#include "base/log.h"
#include "engine/lane.h"

enum { ROUND = 64 }; /* slices that are made at a time */

struct stream_merge {
    const struct schema *written; /* by which the rows of the pool are */
    struct batch_pool *pool;
    struct batch *out;         /* rows are being copied into it */
    const struct batch *last;  /* of which the last slice was made */
    const struct batch *shown; /* of which the last slice was handed out */
    uint32_t lanes;
};

struct merge {
    struct merge_options options;
    struct watermarks marks;
    struct lane **lanes; /* in order of streams and partitions */
    uint32_t nlanes, cap;
    struct stream_merge *streams;
    struct slice round[ROUND];
    uint32_t first, n;
    bool handed;         /* the slice before `first` is in use */
    uint32_t copied;     /* rows of this round */
    int64_t *times;      /* that the wall clock said: from `time` on still to be told */
    uint32_t time, ntimes, times_cap;
    struct merge_told misfit;
    bool misfits;
};

/* ---- lanes ----------------------------------------------------------------------------------- */

struct merge *merge_new(const struct merge_options *options) {
    struct merge *m = must_zalloc(sizeof *m);
    m->options = *options;
    watermarks_init(&m->marks);
    m->streams = must_zalloc((options->nstreams + 1) * sizeof *m->streams);
    return m;
}

static void give_back(struct merge *m) {
    if (!m->handed) return;
    m->handed = false;
    batch_drop(m->round[m->first - 1].batch);
}

void merge_free(struct merge **merge) {
    struct merge *m = *merge;
    if (!m) return;
    give_back(m);
    for (; m->first < m->n; m->first++) batch_drop(m->round[m->first].batch);
    for (uint32_t i = 0; i < m->nlanes; i++) lane_free(&m->lanes[i]);
    for (uint32_t i = 0; i < m->options.nstreams; i++) {
        batch_drop(m->streams[i].out);
        batch_pool_free(&m->streams[i].pool);
    }
    watermarks_fini(&m->marks);
    free(m->lanes);
    free(m->streams);
    free(m->times);
    free(m);
    *merge = NULL;
}

static struct lane *find(const struct merge *m, uint64_t name) {
    for (uint32_t i = 0; i < m->nlanes; i++)
        if (m->lanes[i]->mark.lane == name) return m->lanes[i];
    return NULL;
}

bool merge_lane(struct merge *m, const struct lane_plan *plan) {
    struct lane *lane = find(m, lane_of(plan->stream, plan->partition));
    if (lane) {
        if (lane->mark.ended) lane->mark.seen_ns = plan->now_ns;
        lane->mark.ended = lane->mark.idle = false;
        return false;
    }
    if (m->nlanes == m->cap) {
        m->cap = m->cap ? m->cap * 2 : 8;
        m->lanes = must_realloc(m->lanes, m->cap * sizeof(void *));
    }
    lane = lane_new(plan);
    uint32_t i = m->nlanes++;
    for (; i && m->lanes[i - 1]->mark.lane > lane->mark.lane; i--) m->lanes[i] = m->lanes[i - 1];
    m->lanes[i] = lane;
    m->streams[plan->stream].lanes++;
    watermarks_add(&m->marks, &lane->mark);
    return true;
}

/* After anything that may have moved the front. */
static void move(struct merge *m) {
    watermarks_move(&m->marks);
    for (uint32_t i = 0; i < m->nlanes; i++) lane_release(m->lanes[i], m->marks.front);
}

static void end_lane(struct lane *lane) {
    lane->mark.ended = true;
    lane_release(lane, (struct place){INT64_MAX, UINT64_MAX});
}

void merge_end(struct merge *m, uint32_t source) {
    for (uint32_t i = 0; i < m->nlanes; i++)
        if (m->lanes[i]->source == source) end_lane(m->lanes[i]);
    move(m);
}

void merge_keep(struct merge *m, uint32_t source, const uint32_t *partitions, uint32_t n) {
    for (uint32_t i = 0; i < m->nlanes; i++) {
        struct lane *lane = m->lanes[i];
        bool kept = lane->source != source || lane->mark.ended;
        for (uint32_t p = 0; p < n && !kept; p++) kept = partitions[p] == (uint32_t)lane->mark.lane;
        if (kept) continue;
        lane_forget(lane, m->marks.front);
        lane->mark.ended = true;
    }
    move(m);
}

bool merge_wants(const struct merge *m, uint32_t source) {
    bool has = false;
    for (uint32_t i = 0; i < m->nlanes; i++) {
        const struct lane *lane = m->lanes[i];
        if (lane->source != source) continue;
        has = true;
        if (!lane->mark.ended && (!lane->nready || lane->mark.idle)) return true;
    }
    return !has;
}

/* ---- arrivals -------------------------------------------------------------------------------- */

static void tell(const struct merge *m, enum merge_event event, const struct lane *lane,
                 uint64_t offset, int64_t at_ns) {
    if (!m->options.tell) return;
    struct merge_told told = {event, lane ? (uint32_t)(lane->mark.lane >> 32) : 0,
                              lane ? (uint32_t)lane->mark.lane : 0, offset, at_ns};
    m->options.tell(m->options.context, &told);
}

/* Is the row late, now that it has come? */
static enum fate judge(struct merge *m, const struct lane *lane, int64_t at, uint64_t offset) {
    const struct watermark *mark = &lane->mark;
    struct place place = {at, mark->lane};
    bool late = at < mark->at_ns || (mark->counts && place_before(place, m->marks.front));
    if (!m->options.fate) return late ? FATE_LATE : FATE_TAKEN;
    uint32_t stream = (uint32_t)(mark->lane >> 32), partition = (uint32_t)mark->lane;
    enum fate fate = m->options.fate(m->options.context, stream, partition, offset);
    if (fate == FATE_TAKEN && late && !m->misfits) {
        m->misfits = true;
        m->misfit = (struct merge_told){MERGE_LATE, stream, partition, offset, at};
    }
    return fate;
}

/* All of the source were silent, and now one speaks: so will the others, as after an outage. For a
 * moment time waits for them, lest what one brings makes late what the next one does. */
static void wake(struct merge *m, uint32_t source, int64_t now_ns) {
    int64_t rest = m->options.idle_after_ns > MERGE_WAKE_NS
                       ? m->options.idle_after_ns - MERGE_WAKE_NS : 0;
    for (uint32_t i = 0; i < m->nlanes; i++)
        if (m->lanes[i]->source == source && !m->lanes[i]->mark.ended && !m->lanes[i]->mark.idle)
            return;
    for (uint32_t i = 0; i < m->nlanes; i++) {
        struct watermark *mark = &m->lanes[i]->mark;
        if (m->lanes[i]->source != source || mark->ended) continue;
        mark->idle = false;
        mark->seen_ns = now_ns - rest;
    }
}

void merge_arrive(struct merge *m, struct batch *batch, int64_t at_ns) {
    struct lane *lane = find(m, lane_of(batch->stream, batch->partition));
    const int64_t *times = batch_times(batch);
    if (lane->mark.idle) wake(m, lane->source, at_ns);
    if (at_ns > lane->mark.seen_ns) lane->mark.seen_ns = at_ns; /* else it waited: merge_unread */
    lane->mark.idle = false;
    batch->opened = 0;
    lane_turn(lane, batch->written);
    bool sparse = lane_sparse(lane, batch);
    for (uint32_t row = 0; row < batch->n && !lane->mark.ended; row++) {
        if (lane_repeats(lane, batch->offset[row])) {
            watermark_see(&lane->mark, times[row]);
            continue;
        }
        if (!m->options.fate && batch->offset[row] >= lane->read_to)
            row += lane_run(lane, batch, row, m->marks.front);
        if (row == batch->n) break;
        enum fate fate = judge(m, lane, times[row], batch->offset[row]);
        if (fate == FATE_UNREAD) {
            end_lane(lane);
            break;
        }
        if (fate == FATE_LATE) tell(m, MERGE_LATE, lane, batch->offset[row], times[row]);
        lane_row(lane, batch, row, sparse, fate == FATE_LATE, m->marks.front);
    }
    uint64_t read_to = batch->next_offset;
    if (!read_to && batch->n) read_to = batch->offset[batch->n - 1] + 1;
    if (read_to > lane->read_to) lane->read_to = read_to;
    batch_drop(batch);
    move(m);
}

bool merge_repeats(struct merge *m, uint32_t stream, uint32_t partition, uint64_t offset) {
    struct lane *lane = find(m, lane_of(stream, partition));
    if (!lane || offset >= lane->read_to) return false;
    lane->repeated++;
    return true;
}

void merge_quiet(struct merge *m, uint32_t source, int64_t until_ns) {
    bool any = false;
    for (uint32_t i = 0; i < m->nlanes; i++) {
        struct watermark *mark = &m->lanes[i]->mark;
        if (m->lanes[i]->source != source || !mark->live || mark->ended || mark->idle) continue;
        if (until_ns - mark->seen_ns < m->options.idle_after_ns) continue;
        mark->idle = any = true;
        tell(m, MERGE_IDLE, m->lanes[i], 0, m->marks.front.at);
    }
    if (any) move(m);
}

void merge_away(struct merge *m, uint32_t source, int64_t now_ns) {
    for (uint32_t i = 0; i < m->nlanes; i++) {
        struct watermark *mark = &m->lanes[i]->mark;
        if (m->lanes[i]->source != source || mark->ended) continue;
        mark->seen_ns = now_ns;
        mark->idle = false;
    }
    move(m);
}

void merge_unread(struct merge *m, int64_t now_ns) {
    for (uint32_t i = 0; i < m->nlanes; i++) m->lanes[i]->mark.seen_ns = now_ns;
}

void merge_time(struct merge *m, int64_t at_ns) {
    if (m->time == m->ntimes) m->time = m->ntimes = 0;
    if (m->ntimes == m->times_cap) {
        m->times_cap = m->times_cap ? m->times_cap * 2 : 8;
        m->times = must_realloc(m->times, m->times_cap * sizeof *m->times);
    }
    m->times[m->ntimes++] = at_ns;
}

bool merge_pass(struct merge *m, int64_t at_ns) {
    if (at_ns <= m->marks.front.at) return false;
    watermarks_pass(&m->marks, at_ns);
    move(m);
    merge_time(m, at_ns);
    tell(m, MERGE_TIME, NULL, 0, at_ns);
    return true;
}

/* ---- slices ---------------------------------------------------------------------------------- */

/* The lane whose head comes first, if it may go out, and the last time of its rows that come before
 * all others' and go with it. */
static struct lane *choose(const struct merge *m, int64_t *limit) {
    struct lane *best = NULL;
    struct place first = {INT64_MAX, UINT64_MAX}, second = first;
    for (uint32_t i = 0; i < m->nlanes; i++) {
        if (!m->lanes[i]->nready) continue;
        struct place head = {lane_head(m->lanes[i]), m->lanes[i]->mark.lane};
        if (!best || place_before(head, first)) {
            if (best) second = first;
            first = head;
            best = m->lanes[i];
        } else if (place_before(head, second)) {
            second = head;
        }
    }
    /* What does not count is not waited for, and does not wait. */
    if (!best || (best->mark.counts && place_before(m->marks.front, first))) return NULL;
    *limit = place_up_to(second, best->mark.lane);
    int64_t front = place_up_to(m->marks.front, best->mark.lane);
    if (front < *limit) *limit = front;
    return best;
}

static void add(struct merge *m, struct slice slice) {
    if (slice.batch) batch_hold(slice.batch);
    m->round[m->n++] = slice;
}

static void close_out(struct stream_merge *s) {
    batch_drop(s->out);
    s->out = NULL;
}

/* As it lies, or copied? What is opened is evaluated as a whole: for a few rows between those of
 * other batches that would be waste. */
static bool as_it_lies(const struct merge *m, const struct lane *lane, const struct span *piece) {
    const struct stream_merge *s = &m->streams[piece->batch->stream];
    if (piece->late) return true;
    if (piece->batch == lane->tail) return false; /* more rows come into it */
    if (s->lanes == 1 && lane->mark.lateness_ns == 0) return true;
    return s->last == piece->batch || piece->n >= (piece->batch->n + 1) / 2;
}

static void copy_rows(struct merge *m, const struct span *piece) {
    struct stream_merge *s = &m->streams[piece->batch->stream];
    if (s->written != piece->batch->written) {
        s->written = piece->batch->written;
        close_out(s);
        batch_pool_free(&s->pool);
    }
    if (!s->pool)
        s->pool = batch_pool_new(piece->batch->written, piece->batch->stream,
                                 m->options.batch_rows, true);
    for (uint32_t i = 0; i < piece->n; i++) {
        if (s->out && s->out->n == s->out->max) close_out(s);
        if (!s->out) s->out = batch_pool_take(s->pool);
        batch_copy_row(s->out, piece->batch, piece->first + i);
        struct slice *last = m->n ? &m->round[m->n - 1] : NULL;
        if (last && last->kind == SLICE_ROWS && last->batch == s->out) last->n++;
        else add(m, (struct slice){SLICE_ROWS, s->out, s->out->n - 1, 1, false, 0});
    }
    s->last = s->out;
    m->copied += piece->n;
}

static void take_piece(struct merge *m, struct lane *lane, int64_t limit) {
    struct span piece = lane_piece(lane, limit);
    struct stream_merge *s = &m->streams[piece.batch->stream];
    if (as_it_lies(m, lane, &piece)) {
        enum slice_kind kind = piece.late ? SLICE_LATE : SLICE_ROWS;
        add(m, (struct slice){kind, piece.batch, piece.first, piece.n, false, piece.at});
        if (!piece.late) {
            close_out(s);
            s->last = piece.batch;
        }
    } else {
        uint32_t room = m->options.batch_rows - m->copied;
        if (piece.n > room) piece.n = room;
        copy_rows(m, &piece);
    }
    lane_taken(lane, piece.n);
}

/* More slices, as far as the front allows. What is copied makes two at most. */
static void make_round(struct merge *m) {
    m->first = m->n = m->copied = 0;
    while (m->n + 2 <= ROUND && m->copied < m->options.batch_rows) {
        int64_t limit = m->marks.front.at;
        struct lane *lane = choose(m, &limit);
        int64_t head = lane ? lane_head(lane) : limit;
        bool timed = m->time < m->ntimes;
        if (timed && m->times[m->time] <= head) {
            add(m, (struct slice){.kind = SLICE_TIME, .at_ns = m->times[m->time++]});
        } else if (lane) {
            if (timed && m->times[m->time] <= limit) limit = m->times[m->time] - 1;
            take_piece(m, lane, limit);
        } else {
            break;
        }
    }
    for (uint32_t i = 0; i < m->options.nstreams; i++) close_out(&m->streams[i]);
}

bool merge_next(struct merge *m, struct slice *slice) {
    give_back(m);
    if (m->first == m->n) make_round(m);
    if (m->first == m->n) return false;
    *slice = m->round[m->first++];
    m->handed = true;
    if (slice->kind != SLICE_ROWS) return true;
    struct stream_merge *s = &m->streams[slice->batch->stream];
    slice->fresh = s->shown != slice->batch || slice->batch->opened != slice->batch->n;
    slice->batch->opened = slice->batch->n;
    s->shown = slice->batch;
    return true;
}

void merge_reopen(struct merge *m) {
    for (uint32_t i = 0; i < m->options.nstreams; i++) m->streams[i].shown = NULL;
}

void merge_counts(struct merge *m, uint32_t stream, bool counts) {
    for (uint32_t i = 0; i < m->nlanes; i++)
        if (m->lanes[i]->mark.lane >> 32 == stream) m->lanes[i]->mark.counts = counts;
    move(m);
}

/* ---- seen from outside ----------------------------------------------------------------------- */

uint64_t merge_others(const struct merge *m, uint32_t stream, const struct schema *written) {
    uint64_t n = 0;
    for (uint32_t i = 0; i < m->nlanes; i++)
        if (m->lanes[i]->mark.lane >> 32 == stream) n += lane_others(m->lanes[i], written);
    return n;
}

bool merge_at_rest(const struct merge *m) { return m->first == m->n; }

bool merge_ended(const struct merge *m) {
    for (uint32_t i = 0; i < m->nlanes; i++)
        if (!m->lanes[i]->mark.ended || m->lanes[i]->nready) return false;
    return m->first == m->n && m->time == m->ntimes;
}

const struct watermarks *merge_marks(const struct merge *m) { return &m->marks; }

static int64_t lane_oldest(const struct lane *lane) {
    int64_t oldest = lane->nready ? lane_head(lane) : INT64_MAX;
    return lane->nheap && lane->heap[0].at < oldest ? lane->heap[0].at : oldest;
}

int64_t merge_oldest(const struct merge *m) {
    int64_t oldest = INT64_MAX;
    for (uint32_t i = 0; i < m->nlanes; i++) {
        int64_t at = lane_oldest(m->lanes[i]);
        if (at < oldest) oldest = at;
    }
    return oldest;
}

bool merge_misfit(const struct merge *m, struct merge_told *row) {
    if (m->misfits) *row = m->misfit;
    return m->misfits;
}

uint32_t merge_lanes(const struct merge *m) { return m->nlanes; }

void merge_lane_state(const struct merge *m, uint32_t i, struct lane_state *out) {
    const struct lane *lane = m->lanes[i];
    *out = (struct lane_state){.mark = lane->mark,
                               .rows = lane->rows,
                               .late = lane->late,
                               .early = lane->early,
                               .repeated = lane->repeated,
                               .next_offset = lane_next_offset(lane),
                               .waiting = lane->waiting,
                               .oldest_ns = lane_oldest(lane),
                               .source = lane->source};
}
