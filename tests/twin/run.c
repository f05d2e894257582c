/* run: random patterns over random streams, through the whole of omen and through the twin
 * (ways.h). What must agree:
 *
 *   conditions     mode       engine's matches
 *   on the event   both       are the twin's; for `first` in their order
 *   look back      all ways   are the twin's
 *   look back      first      are ways, at most one a start; and where a way of a start passes
 *                             over no event that it can take, the start has a match that ends
 *                             no later
 *
 *   a loop in a loop           first    are ways that begin and end where the twin's do
 *
 * Conditions that look back at nothing but the event with which every way of a start begins are,
 * for that start, conditions on the event.
 *
 *   run [N [SEED]]      N pairs, 2000 unless told; the first seed, 1 unless told. Pair k has seed
 *                       SEED + k; `run 1 SEED` tries one again. Ends with `N passed, M failed`
 *
 * A pattern that the compiler refuses (its names cannot be taken in the order that a condition
 * needs) is none; nor is one with thousands of ways or runs. More than a third of such fails.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "engine/engine.h"
#include "grammar/parser.h"
#include "rules/compile.h"
#include "tests/twin/ways.h"

enum { SHOWN = 10 /* failures that are told whole */ };

struct lines {
    struct arena *arena;
    struct str *v;
    uint32_t n, cap;
};

/* ---- the engine ------------------------------------------------------------------------------ */

static struct program *compile(const struct twin_case *c, struct arena *arena,
                               struct buf *errors) {
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

static void on_alert(void *context, const struct alert *alert) {
    struct lines *lines = context;
    struct buf line;
    buf_init(&line);
    for (uint32_t i = 0; i < alert->nmatched; i++) {
        const struct alert_variable *v = &alert->matched[i];
        buf_printf(&line, "%s%.*s:", i ? " " : "", STR_FMT(v->name));
        for (uint32_t j = 0; j < v->n; j++)
            buf_printf(&line, "%s%llu", j ? "," : "", (unsigned long long)v->positions[j].offset);
    }
    arena_push(lines->arena, lines->v, lines->n, lines->cap,
               arena_copy(lines->arena, buf_view(&line)));
    buf_fini(&line);
}

static void set_row(struct batch *batch, const struct event_of *e, int offset) {
    const struct schema *schema = batch->schema;
    for (uint32_t f = 0; f < schema->nfields; f++) {
        struct str name = schema->fields[f].name;
        if (!schema->fields[f].used) continue;
        if (f == schema->time_field) batch_set_int(batch, f, e->at_ms * NS_PER_MS);
        else if (str_equal(name, STR("k"))) batch_set_int(batch, f, e->key);
        else if (name.n == 1 && e->n >= 0) batch_set_int(batch, f, e->n);
        else if (name.n > 1) batch_set_int(batch, f, e->letters >> (name.p[3] - 'a') & 1);
    }
    batch_commit(batch, (uint64_t)offset);
}

/* False if it came to the limit of runs, and gave some up. */
static bool run_engine(const struct twin_case *c, struct program *program, uint32_t rows,
                       struct lines *out) {
    struct engine_options options = {.alert = on_alert, .alert_context = out};
    const char *why = "";
    struct engine *engine = engine_new(program, &options, &why);
    if (!engine) panic("%s", why);
    struct batch *batch = batch_new(&program->streams[0], 0, rows);
    for (int i = 0; i < c->nevents; i++) {
        set_row(batch, &c->events[i], i);
        if (batch->n < batch->max && i + 1 < c->nevents) continue;
        engine_open(engine, batch);
        engine_feed(engine, batch, 0, batch->n);
        batch_reset(batch);
    }
    engine_finish(engine, true);
    bool whole = engine_run_counters(engine)->dropped == 0;
    batch_free(&batch);
    engine_free(&engine);
    return whole;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) {
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void texts(const struct twin_case *c, const struct ways *w, struct lines *out) {
    for (uint32_t i = 0; i < w->n; i++) {
        struct buf line;
        buf_init(&line);
        way_text(c, &w->v[i], &line);
        arena_push(out->arena, out->v, out->n, out->cap, arena_copy(out->arena, buf_view(&line)));
        buf_fini(&line);
    }
}

static bool equal(const struct lines *a, const struct lines *b) {
    if (a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!str_equal(a->v[i], b->v[i])) return false;
    return true;
}

/* What docs/matching.md promises where conditions look back: see above. The last is looked at
 * where no match discards others. */
static bool keeps_promises(const struct twin_case *c, const struct ways *all,
                           const struct lines *ways, const struct lines *came) {
    const struct way *match[MAX_EVENTS] = {NULL};
    for (uint32_t i = 0; i < came->n; i++) {
        uint32_t k = 0;
        while (k < ways->n && !str_equal(ways->v[k], came->v[i])) k++;
        if (k == ways->n || match[all->v[k].start]) return false;
        match[all->v[k].start] = &all->v[k];
    }
    for (uint32_t k = 0; k < all->n && c->skip == SKIPS_NOTHING; k++) {
        const struct way *w = &all->v[k], *m = match[w->start];
        if (m && m->end_ms <= w->end_ms && m->end_event <= w->end_event) continue;
        if (way_takes_all(c, all, w)) return false;
    }
    return true;
}

/* A loop in a loop: which way is preferred depends on how it came about, which a match does not
 * tell. Where the ways begin and end does not. */
static bool same_ends(const struct ways *all, const struct lines *ways, const struct ways *chosen,
                      const struct lines *came) {
    if (came->n != chosen->n) return false;
    for (uint32_t i = 0; i < came->n; i++) {
        uint32_t k = 0;
        while (k < ways->n && !str_equal(ways->v[k], came->v[i])) k++;
        if (k == ways->n) return false;
        const struct way *a = &all->v[k], *b = &chosen->v[i];
        if (a->start != b->start || a->end_ms != b->end_ms || a->end_event != b->end_event)
            return false;
    }
    return true;
}

struct counts {
    unsigned passed, failed, none, matches;
};

static void tell(const struct twin_case *c, uint64_t seed, const struct lines *wanted,
                 const struct lines *came) {
    struct buf text;
    buf_init(&text);
    case_rule(c, &text);
    buf_text(&text, "events ");
    case_events(c, &text);
    printf("seed %llu:\n%s\n", (unsigned long long)seed, buf_cstr(&text));
    for (uint32_t i = 0; i < wanted->n; i++) printf("    twin   %.*s\n", STR_FMT(wanted->v[i]));
    for (uint32_t i = 0; i < came->n; i++) printf("    engine %.*s\n", STR_FMT(came->v[i]));
    buf_fini(&text);
}

static void sort(struct lines *lines) {
    if (lines->n) qsort(lines->v, lines->n, sizeof *lines->v, by_text);
}

/* What the twin says, key by key. `all` and `chosen` are of the last key: there is only one where
 * more than their texts is looked at. False: too many ways. */
static bool twin_says(const struct twin_case *c, bool every_way, struct ways *all,
                      struct ways *chosen, struct lines *wanted) {
    for (int key = 0; key < c->nkeys; key++) {
        struct twin_case sub;
        case_of_key(c, key, &sub);
        *all = (struct ways){.arena = wanted->arena};
        *chosen = (struct ways){.arena = wanted->arena};
        ways_find(&sub, all);
        if (all->too_many) return false;
        ways_choose(&sub, all, chosen);
        texts(&sub, every_way ? all : chosen, wanted);
    }
    return true;
}

static void judge(const struct twin_case *c, uint64_t seed, struct program *program,
                  struct arena *arena, struct counts *counts) {
    struct ways all, chosen;
    struct lines wanted = {.arena = arena}, came = {.arena = arena}, again = {.arena = arena};
    bool promises = c->looks_back && !c->all_ways;
    bool nested = c->nested && !c->all_ways && !promises;
    if (!twin_says(c, promises || nested, &all, &chosen, &wanted) ||
        !run_engine(c, program, BATCH_MAX_ROWS, &came)) {
        counts->none++;
        return;
    }
    run_engine(c, program, 1 + (uint32_t)(seed % 5), &again);
    bool fine = equal(&came, &again);
    if (c->all_ways || c->nkeys > 1) { /* a set */
        sort(&wanted);
        sort(&came);
    }
    if (promises) fine &= keeps_promises(c, &all, &wanted, &came);
    else if (nested) fine &= same_ends(&all, &wanted, &chosen, &came);
    else fine &= equal(&wanted, &came);
    counts->matches += wanted.n;
    if (fine) counts->passed++;
    else if (counts->failed++ < SHOWN) tell(c, seed, &wanted, &came);
}

static void try(uint64_t seed, bool verbose, struct counts *counts) {
    struct twin_case c;
    struct arena arena;
    struct buf errors;
    arena_init(&arena);
    buf_init(&errors);
    case_make(&c, seed);
    struct program *program = compile(&c, &arena, &errors);
    if (program) judge(&c, seed, program, &arena, counts);
    else counts->none++;
    if (verbose) printf("%s", buf_cstr(&errors));
    program_drop(&program);
    buf_fini(&errors);
    arena_fini(&arena);
}

int main(int argc, char **argv) {
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    struct counts counts = {0};
    for (uint64_t i = 0; i < n; i++) try(first + i, n == 1, &counts);
    printf("twin: seeds from %llu: %u pairs, %u matches; %u patterns that are none\n",
           (unsigned long long)first, counts.passed + counts.failed, counts.matches, counts.none);
    if (n > 1 && counts.none > n / 3) counts.failed++;
    printf("%u passed, %u failed\n", counts.passed, counts.failed);
    return counts.failed != 0;
}
