/* bench: how long the engine takes for an event, two ways, on one thread.
 *
 *   bench RULES STREAM=FILE [--runs N] [--expect ALERTS] [--batch ROWS]
 *
 *   matching only    events decoded into batches beforehand; timed: predicates, keys, matching,
 *                    alerts built
 *   file to alerts   timed: reading, decoding, matching, alerts encoded as CloudEvents (written
 *                    nowhere)
 *
 * Each way runs N times (default 5); the median is given with the least and the most, as ns an
 * event. Absolute times mean little on a shared machine: compare figures of one run. Memory of keys
 * and runs is shown at a tenth and at the end of the input: where it is the same, it does not grow
 * with the number of events.
 *
 * Exit 1 if the number of alerts is not the expected one. Inputs: see bench/README.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "connectors/cloudevents.h"
#include "connectors/open.h"
#include "engine/engine.h"
#include "rules/compile.h"

enum { MAX_RUNS = 101 };

struct bench {
    struct arena arena;
    struct program *program;
    uint32_t stream;
    struct str path;
    uint32_t runs, rows;
    uint64_t expected; /* alerts; UINT64_MAX: not said */
    struct batch **batches;
    uint32_t nbatches, batches_cap;
    uint64_t events;
};

struct output { /* alerts encoded and counted */
    struct buf payload, key, id;
    uint64_t alerts, bytes;
};

struct figures {
    double ns[MAX_RUNS]; /* an event, by run */
    uint64_t alerts;
    uint64_t bytes_early, bytes_end; /* memory of keys and runs */
};

static void on_alert(void *context, const struct alert *alert) {
    struct output *o = context;
    struct sink_message message;
    cloudevents_encode(alert, &o->payload, &o->key, &o->id, &message);
    o->alerts++;
    o->bytes += message.payload.n;
}

static struct engine *engine_make(struct bench *b, struct output *o) {
    struct engine_options options = {.alert = o ? on_alert : NULL, .alert_context = o};
    const char *why;
    struct engine *e = engine_new(b->program, &options, &why);
    if (!e) panic("%s", why);
    return e;
}

static void feed(struct engine *e, struct batch *batch) {
    engine_open(e, batch);
    engine_feed(e, batch, 0, batch->n);
}

static struct source *open_source(struct bench *b) {
    const char *why;
    struct source *s =
        source_open(b->path, &b->program->streams[b->stream], b->stream, &b->arena, &why);
    if (s) return s;
    fprintf(stderr, "bench: %s\n", why);
    exit(3);
}

static void decode_all(struct bench *b) {
    struct source *s = open_source(b);
    for (;;) {
        struct batch *batch = batch_new(&b->program->streams[b->stream], b->stream, b->rows);
        if (source_next(s, batch) != SOURCE_BATCH) {
            batch_free(&batch);
            break;
        }
        arena_push(&b->arena, b->batches, b->nbatches, b->batches_cap, batch);
        b->events += batch->n;
    }
    source_close(s);
}

static uint64_t engine_memory(const struct engine *e) {
    struct engine_counters c;
    engine_counters(e, &c);
    return c.bytes;
}

static void matching_only(struct bench *b, struct figures *f) {
    for (uint32_t run = 0; run < b->runs; run++) {
        struct engine *e = engine_make(b, NULL);
        int64_t spent = 0;
        for (uint32_t i = 0; i < b->nbatches; i++) {
            if (i == b->nbatches / 10) f->bytes_early = engine_memory(e);
            int64_t start = time_monotonic_ns();
            feed(e, b->batches[i]);
            spent += time_monotonic_ns() - start;
        }
        struct engine_counters c;
        engine_counters(e, &c);
        f->bytes_end = c.bytes;
        f->alerts = c.alerts;
        f->ns[run] = (double)spent / (double)b->events;
        engine_free(&e);
    }
}

static void file_to_alerts(struct bench *b, struct figures *f) {
    struct output o = {.alerts = 0};
    buf_init(&o.payload);
    buf_init(&o.key);
    buf_init(&o.id);
    struct batch *batch = batch_new(&b->program->streams[b->stream], b->stream, b->rows);
    for (uint32_t run = 0; run < b->runs; run++) {
        o.alerts = 0;
        struct engine *e = engine_make(b, &o);
        int64_t start = time_monotonic_ns();
        struct source *s = open_source(b);
        while (source_next(s, batch) == SOURCE_BATCH) feed(e, batch);
        source_close(s);
        f->ns[run] = (double)(time_monotonic_ns() - start) / (double)b->events;
        f->alerts = o.alerts;
        engine_free(&e);
    }
    batch_free(&batch);
    buf_fini(&o.payload);
    buf_fini(&o.key);
    buf_fini(&o.id);
}

/* ---- showing --------------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static bool show(const struct bench *b, const char *what, struct figures *f) {
    qsort(f->ns, b->runs, sizeof *f->ns, by_size);
    printf("  %-15s %7.1f ns an event  (%.1f to %.1f in %u runs)   %llu alerts", what,
           f->ns[b->runs / 2], f->ns[0], f->ns[b->runs - 1], b->runs,
           (unsigned long long)f->alerts);
    bool fits = b->expected == UINT64_MAX || b->expected == f->alerts;
    if (!fits) printf("   WRONG: expected %llu", (unsigned long long)b->expected);
    if (f->bytes_end)
        printf("   keys and runs: %.1f MB at a tenth, %.1f MB at the end",
               (double)f->bytes_early / 1e6, (double)f->bytes_end / 1e6);
    printf("\n");
    return fits;
}

static void load(struct bench *b, const char *rules) {
    static struct sources sources;
    static struct diags diags;
    static struct tree tree;
    struct compile_options options = {0};
    const char *why = NULL;
    sources_init(&sources, &b->arena);
    diags_init(&diags, &b->arena, &sources);
    tree_init(&tree, &b->arena, &sources);
    if (rules_load(&tree, &sources, &rules, 1, &diags, &why))
        b->program = rules_compile(&tree, &options, &diags);
    if (b->program) return;
    struct buf text;
    buf_init(&text);
    diags_print(&diags, &text, false);
    fprintf(stderr, "%.*s%s\n", STR_FMT(buf_view(&text)), why ? why : "");
    exit(2);
}

static void bind(struct bench *b, const char *input) {
    const char *equals = strchr(input, '=');
    for (b->stream = 0; equals && b->stream < program_outer_streams(b->program); b->stream++)
        if (str_equal(b->program->streams[b->stream].name,
                      (struct str){input, (size_t)(equals - input)}))
            break;
    if (!equals || b->stream == program_outer_streams(b->program)) {
        fprintf(stderr, "bench: expected STREAM=FILE, found %s\n", input);
        exit(2);
    }
    b->path = str_of(equals + 1);
}

int main(int argc, char **argv) {
    static struct bench b = {.runs = 5, .rows = BATCH_ROWS, .expected = UINT64_MAX};
    if (argc < 3) {
        fprintf(stderr,
                "usage: bench RULES STREAM=FILE [--runs N] [--expect ALERTS] [--batch ROWS]\n");
        return 2;
    }
    arena_init(&b.arena);
    for (int i = 3; i + 1 < argc; i += 2) {
        unsigned long long n = strtoull(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--runs") && n >= 1 && n <= MAX_RUNS) b.runs = (uint32_t)n;
        if (!strcmp(argv[i], "--expect")) b.expected = n;
        if (!strcmp(argv[i], "--batch") && n >= 1 && n <= BATCH_MAX_ROWS) b.rows = (uint32_t)n;
    }
    load(&b, argv[1]);
    bind(&b, argv[2]);
    decode_all(&b);
    struct figures only = {.alerts = 0}, whole = {.alerts = 0};
    printf("%s: %llu events\n", argv[1], (unsigned long long)b.events);
    matching_only(&b, &only);
    bool fits = show(&b, "matching only", &only);
    file_to_alerts(&b, &whole);
    fits &= show(&b, "file to alerts", &whole);
    for (uint32_t i = 0; i < b.nbatches; i++) batch_free(&b.batches[i]);
    program_drop(&b.program);
    arena_fini(&b.arena);
    return fits ? 0 : 1;
}
