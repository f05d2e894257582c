/* fed: see fed.h. */
#include "tests/twin/fed.h"

#include "base/log.h"
#include "base/time.h"
#include "engine/engine.h"
#include "engine/merge.h"
#include "engine/source.h"
#include "grammar/parser.h"
#include "rules/compile.h"

struct program *fed_compile(const struct twin_case *c, struct arena *arena, struct buf *errors) {
    struct sources sources;
    struct diags diags;
    struct tree tree;
    struct compile_options options = {0};
    struct program *program = NULL;
    struct buf text;
    buf_init(&text);
    case_rule(c, &text);
    sources_init(&sources, arena);
    diags_init(&diags, arena, &sources);
    tree_init(&tree, arena, &sources);
    uint32_t file = sources_add(&sources, STR("twin"), buf_view(&text));
    if (parse_file(&tree, file, &diags)) program = rules_compile(&tree, &options, &diags);
    if (!program) diags_print(&diags, errors, false);
    buf_fini(&text);
    return program;
}

/* ---- alerts ---------------------------------------------------------------------------------- */

static void on_alert(void *context, const struct alert *alert) {
    struct fed *fed = context;
    struct buf line;
    buf_init(&line);
    if (alert->timed_out)
        buf_printf(&line, "timeout at %.*s: ", STR_FMT(alert->emit[0].value.s));
    for (uint32_t i = 0; i < alert->nmatched; i++) {
        const struct alert_variable *v = &alert->matched[i];
        buf_printf(&line, "%.*s:", STR_FMT(v->name));
        for (uint32_t j = 0; j < v->n; j++)
            buf_printf(&line, "%s%llu", j ? "," : "", (unsigned long long)v->positions[j].offset);
        buf_char(&line, ' ');
    }
    buf_printf(&line, "%lld..%lld", (long long)(alert->start_ns / NS_PER_MS),
               (long long)(alert->end_ns / NS_PER_MS));
    if (alert->suppressed) buf_printf(&line, " suppressed %d", (int)alert->suppressed);
    struct fed_alert one = {.text = arena_copy(fed->arena, buf_view(&line))};
    if (alert->nkey) one.key = (int)alert->key[0].i;
    arena_push(fed->arena, fed->v, fed->n, fed->cap, one);
    buf_fini(&line);
}

/* ---- sources --------------------------------------------------------------------------------- */

struct made { /* the rows of one stream, as they arrive */
    struct source source;
    const struct twin_case *c;
    int next;
};

static void set_row(struct batch *batch, const struct event_of *e) {
    const struct schema *schema = batch->schema;
    for (uint32_t f = 0; f < schema->nfields; f++) {
        struct str name = schema->fields[f].name;
        bool is_key = str_equal(name, STR("k"));
        if (!schema->fields[f].used || (is_key && e->key < 0) ||
            (str_equal(name, STR("n")) && e->n < 0))
            continue;
        if (f == schema->time_field) batch_set_int(batch, f, e->at_ms * NS_PER_MS);
        else if (name.n == 1) batch_set_int(batch, f, is_key ? e->key : e->n);
        else if (name.n > 1) batch_set_int(batch, f, e->letters >> (name.p[3] - 'a') & 1);
    }
    batch_commit(batch, (uint64_t)e->place);
}

static enum source_status made_next(struct source *s, struct batch *batch) {
    struct made *m = (struct made *)s;
    batch_reset(batch);
    for (; m->next < m->c->nevents && batch->n < batch->max; m->next++) {
        const struct event_of *e = &m->c->events[m->next];
        if (e->stream == (int)s->stream) set_row(batch, e);
    }
    return batch->n ? SOURCE_BATCH : SOURCE_END;
}

static void made_close(struct source *s) { (void)s; }

/* ---- streams, merged by time ----------------------------------------------------------------- */

struct feed {
    struct engine *engine;
    struct merge *merge;
    struct made inputs[MAX_STREAMS];
    struct batch_pool *pools[MAX_STREAMS];
    bool ended[MAX_STREAMS];
    int n;
    uint64_t seed, late;
    int64_t now; /* the time that was fed or told last */
};

static void open_input(struct feed *f, const struct twin_case *c, int stream,
                       struct program *program, uint32_t rows) {
    static const struct source_ops ops = {.next = made_next, .close = made_close};
    const struct schema *schema = &program->streams[stream];
    f->inputs[stream].source =
        (struct source){.ops = &ops, .schema = schema, .stream = (uint32_t)stream};
    f->inputs[stream].c = c;
    f->pools[stream] = batch_pool_new(schema, (uint32_t)stream, rows, false);
    struct lane_plan plan = {.stream = (uint32_t)stream,
                             .source = (uint32_t)stream,
                             .lateness_ns = c->lateness_ms * NS_PER_MS,
                             .counts = true};
    merge_lane(f->merge, &plan);
}

static void read_input(struct feed *f, int stream) {
    struct batch *batch = batch_pool_take(f->pools[stream]);
    f->ended[stream] = made_next(&f->inputs[stream].source, batch) != SOURCE_BATCH;
    if (!f->ended[stream]) {
        merge_arrive(f->merge, batch, 0);
        return;
    }
    batch_drop(batch);
    merge_end(f->merge, (uint32_t)stream);
}

static uint32_t below(struct feed *f, uint32_t n) {
    f->seed = f->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(f->seed >> 33) % n;
}

static void pass_time(struct feed *f, int64_t upto) {
    if (!f->seed || upto <= f->now || below(f, 3)) return;
    f->now += (upto - f->now) / (1 + below(f, 3));
    engine_advance(f->engine, f->now);
}

static void feed_slice(struct feed *f, const struct slice *s) {
    if (s->fresh) engine_open(f->engine, s->batch);
    for (uint32_t row = s->first, n; row < s->first + s->n; row += n) {
        n = s->first + s->n - row;
        if (f->seed) n = 1 + below(f, n);
        pass_time(f, batch_times(s->batch)[row]);
        engine_feed(f->engine, s->batch, row, n);
        f->now = batch_times(s->batch)[row + n - 1];
    }
}

static void feed_rows(struct feed *f) {
    for (bool more = true; more;) {
        struct slice slice;
        while (merge_next(f->merge, &slice)) {
            if (slice.kind == SLICE_LATE) f->late += slice.n;
            else feed_slice(f, &slice);
        }
        more = false;
        for (int i = 0; i < f->n; i++) {
            if (f->ended[i] || !merge_wants(f->merge, (uint32_t)i)) continue;
            read_input(f, i);
            more = true;
        }
    }
}

void fed_run(const struct twin_case *c, struct program *program, uint32_t rows, uint64_t seed,
             struct fed *out) {
    struct engine_options options = {.alert = on_alert, .alert_context = out};
    struct engine_counters counters;
    const char *why = "";
    struct feed f = {.engine = engine_new(program, &options, &why), .n = c->nstreams,
                     .seed = seed};
    if (!f.engine) panic("%s", why);
    struct merge_options merge = {.nstreams = (uint32_t)f.n, .batch_rows = rows};
    f.merge = merge_new(&merge);
    for (int i = 0; i < f.n; i++) open_input(&f, c, i, program, rows);
    feed_rows(&f);
    if (c->ends_ms >= 0) engine_advance(f.engine, c->ends_ms * NS_PER_MS);
    engine_finish(f.engine, c->ends_ms < 0);
    engine_counters(f.engine, &counters);
    out->late = counters.late + f.late;
    out->whole = engine_run_counters(f.engine)->dropped == 0;
    merge_free(&f.merge);
    for (int i = 0; i < f.n; i++) batch_pool_free(&f.pools[i]);
    engine_free(&f.engine);
}
