/* test_chains: rules that read rules, against one engine for each level: the alerts of the lower
 * ones are written down and become events of a declared stream of the one above. Rules and events
 * are drawn by lot, times are often equal, batches are of any size, time passes without events.
 *
 *   chained     s ─→ low ─→ mid ─→ high                       one engine
 *   the twin    s ─→ low │ s, low ─→ mid │ s, low, mid ─→ high   three, fed row by row
 *
 * In the twin a row at t is an event from outside, or an alert with its turn: of one time those
 * that an event from outside completed come first, then by level.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "connectors/cell.h"
#include "engine/derived.h"
#include "engine/engine.h"
#include "tests/unit/whole/compiled.h"

enum { ROWS = 120, LEVELS = 3, MOST_ALERTS = 4000 };

static unsigned seed = 1;
static uint32_t below(uint32_t n) { return (uint32_t)rand_r(&seed) % n; }

/* ---- rules by lot ---------------------------------------------------------------------------- */

static const char stream_s[] =
    "stream s { k, g : string at : time event n : int x : float d : decimal(2) }\n";

/* The same as declared streams. */
static const char *const streams_of_rules[] = {
    "stream low { k : string at : time event g : string n : int x : float d : decimal(2)\n"
    "  l : list of string ok : bool took : duration alert_id : string event id }\n",
    "stream mid { g : string at : time event k : string n : int alert_id : string event id }\n"};

#define LOW_EMITS                                                                                  \
    " emit g: a.g, n: a.n + 1, x: a.x, d: a.d, l: collect(a.g), ok: a.n > 5, took: last(a.at) - "  \
    "first(a.at) "

static const char *const low_rules[] = {
    "on s by k match a then b within 4s where a: n > 3 b: n < 3" LOW_EMITS,
    "on s by k match a then no b for 2s where a: n > 5 b: n < 2" LOW_EMITS,
    "on s by k match a 2 to 3 times then no b within 3s where a: n > 2 b: n < 2" LOW_EMITS,
    "on s by k match a where a: n > prev(n) and count() over 5s > 2" LOW_EMITS,
    "on s by k match all ways a then each b within 3s where a: n > 6 b: n < 4" LOW_EMITS,
    "on s by k match a within 3s where a: n > 2 once per 3s" LOW_EMITS,
    "on s by k match a then b within 2s where a: n > 2 b: n < 2 timeout emit n: a.n" LOW_EMITS,
    "on s by k match a where a: n > 1 except e: n > 8 having a.x > 1" LOW_EMITS,
};
static const char *const mid_rules[] = {
    "on low by g match a 2 times within 6s where a: n > 2 emit k: a.k, n: sum(a.n) ",
    "on low by g, s by g match a then b within 3s where a: from low b: from s where n > 2 "
    "emit k: b.k, n: a.n ",
    "on s by g, low by g match a then b within 3s where a: from s b: from low where n != a.n "
    "emit k: b.k, n: b.n ",
    "on low by g match a then no b for 3s where a: any b: n > 5 emit k: a.k, n: count(a) ",
    "on low by g match a where a: sum(n) over 4s > 8 and n != prev(n) emit k: a.k, n: a.n ",
    "on low by g match a then b within 6s where a: n > 2 b: n != prev(n) forget after 2s "
    "emit k: b.k, n: a.n ",
    "on low where ok by g match a where a: x > 2 or \"g1\" in l emit k: a.k, n: a.n ",
    "on low by g, s by g match a then no b for 2s where a: from low where took >= 0s b: from s "
    "emit k: a.k, n: a.n ",
};
static const char *const high_rules[] = {
    "on mid by k match a 2 times within 8s where a: any "
    "emit n: sum(a.n), ids: collect(a.alert_id) ",
    "on mid by k, low by k match a then b within 5s where a: from low b: from mid emit n: b.n ",
    "on low by k, mid by k match b next a unbounded where a: from low b: from mid emit n: b.n ",
    "on mid by k, low by k, s by k match a then no b for 2s where a: from mid b: from low "
    "where d > 1.50 emit n: a.n ",
    "on mid by n, s by n match a then b within 5s where a: from mid b: from s emit n: a.n ",
    "on mid match a 3 or more times then no b for 1s where a: any b: n > 99 "
    "emit n: count(a) unbounded ",
};

#define PICK(list) (list)[below(sizeof(list) / sizeof *(list))]

struct texts {
    char low[600], mid[600], high[600];
};

static void draw_rules(struct texts *t) {
    const char *signal = below(2) ? " mode signal" : "";
    snprintf(t->low, sizeof t->low, "rule low { %s%s }\n", PICK(low_rules), signal);
    snprintf(t->mid, sizeof t->mid, "rule mid { %s%s }\n", PICK(mid_rules), signal);
    snprintf(t->high, sizeof t->high, "rule high { %s }\n", PICK(high_rules));
}

/* ---- events by lot --------------------------------------------------------------------------- */

struct row {
    int64_t at;
    char k[3], g[3];
    int64_t n, d;
    double x;
};

static void draw_rows(struct row *rows) {
    int64_t now = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        now += below(3) ? 0 : (int64_t)below(3) * NS_PER_S;
        struct row *r = &rows[i];
        *r = (struct row){.at = now, .n = below(10), .d = below(400), .x = below(9) / 2.0};
        snprintf(r->k, sizeof r->k, "k%u", below(3));
        snprintf(r->g, sizeof r->g, "g%u", below(2));
    }
}

static void put(struct batch *b, const char *name, struct value v) {
    for (uint32_t f = 0; f < b->schema->nfields; f++)
        if (str_equal(b->schema->fields[f].name, str_of(name)) && b->schema->fields[f].used)
            cell_set(b, f, v);
}

static void put_row(struct batch *b, const struct row *r, uint64_t offset) {
    put(b, "k", value_str(str_of(r->k)));
    put(b, "g", value_str(str_of(r->g)));
    put(b, "at", (struct value){.i = r->at, .type = VALUE_TIME});
    put(b, "n", value_int(r->n));
    put(b, "x", value_float(r->x));
    put(b, "d", (struct value){.i = r->d, .type = VALUE_DECIMAL, .digits = 2});
    batch_commit(b, offset);
}

/* ---- alerts ---------------------------------------------------------------------------------- */

struct told { /* an alert, in an arena */
    const struct program_rule *rule;
    struct hash128 id;
    struct value key;
    struct alert_field emit[8];
    uint32_t nemit;
    int64_t start, at;
    bool timed_out;
    uint64_t suppressed;
    uint32_t rank; /* of the twin: its turn */
    uint64_t seq;
    uint32_t place;
};

struct story {
    struct arena *arena;
    struct told v[MOST_ALERTS];
    uint32_t n;
};

static void on_alert(void *context, const struct alert *a) {
    struct story *s = context;
    assert_true(s->n < MOST_ALERTS);
    struct told *t = &s->v[s->n];
    *t = (struct told){.rule = a->rule, .id = a->id, .nemit = a->nemit, .start = a->start_ns,
                       .at = a->end_ns, .timed_out = a->timed_out, .suppressed = a->suppressed,
                       .place = s->n++};
    if (a->nkey) t->key = value_copy(s->arena, a->key[0]);
    for (uint32_t i = 0; i < a->nemit; i++)
        t->emit[i] = (struct alert_field){arena_copy(s->arena, a->emit[i].name),
                                          value_copy(s->arena, a->emit[i].value)};
}

static void tell(struct buf *out, const struct told *t) {
    char hex[33];
    hash128_hex(t->id, hex);
    buf_printf(out, "%.*s%s %lld..%lld", STR_FMT(t->rule->name), t->timed_out ? " timeout" : "",
               (long long)(t->start / NS_PER_S), (long long)(t->at / NS_PER_S));
    buf_char(out, ' ');
    value_text(out, t->key);
    for (uint32_t i = 0; i < t->nemit; i++) {
        buf_printf(out, " %.*s: ", STR_FMT(t->emit[i].name));
        value_text(out, t->emit[i].value);
    }
    buf_printf(out, " +%d %s\n", (int)t->suppressed, hex);
}

/* ---- engines --------------------------------------------------------------------------------- */

static struct engine *open_engine(struct program *p, struct story *s) {
    const char *why = NULL;
    struct engine_options options = {.alert = on_alert, .alert_context = s};
    struct engine *e = engine_new(p, &options, &why);
    if (!e) fail_msg("%s", why);
    return e;
}

/* The chain at a batch size; 0: of any size, and time passes without events. */
static void run_chain(struct program *p, const struct row *rows, uint32_t size, bool drain,
                      struct story *s) {
    struct engine *e = open_engine(p, s);
    struct batch *b = batch_new(&p->streams[0], 0, ROWS);
    for (uint32_t i = 0; i < ROWS;) {
        uint32_t n = size ? size : 1 + below(20);
        batch_reset(b);
        if (!size && below(2)) engine_advance(e, rows[i].at - below(2));
        for (; n && i < ROWS; n--, i++) put_row(b, &rows[i], i);
        engine_open(e, b);
        engine_feed(e, b, 0, b->n);
    }
    engine_finish(e, drain);
    engine_free(&e);
    batch_free(&b);
}

/* ---- the twin -------------------------------------------------------------------------------- */

struct twin_event { /* a row, or an alert of a level below */
    const struct row *row;
    const struct told *alert;
    int64_t at;
    uint32_t rank; /* 0: from outside */
    uint64_t seq;
    uint32_t level, place;
};

static int by_turn(const void *x, const void *y) {
    const struct twin_event *a = x, *b = y;
    if (a->at != b->at) return a->at < b->at ? -1 : 1;
    if (!a->row != !b->row) return a->row ? -1 : 1;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    if (a->seq != b->seq) return a->seq < b->seq ? -1 : 1;
    if (a->level != b->level) return a->level < b->level ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static void put_alert(struct batch *b, const struct told *t, uint64_t offset) {
    char hex[33];
    hash128_hex(t->id, hex);
    put(b, str_equal(t->rule->name, STR("low")) ? "k" : "g", t->key);
    put(b, "at", (struct value){.i = t->at, .type = VALUE_TIME});
    put(b, "alert_id", value_str(arena_copy(&b->text, str_of(hex))));
    for (uint32_t i = 0; i < t->nemit; i++) put(b, t->emit[i].name.p, t->emit[i].value);
    batch_commit(b, offset);
}

/* One level, row by row; what its alerts say of their turn. */
static void run_level(struct program *p, uint32_t level, const struct twin_event *events,
                      uint32_t n, bool drain, struct story *s) {
    struct engine *e = open_engine(p, s);
    struct batch *batches[LEVELS];
    for (uint32_t i = 0; i <= level; i++) batches[i] = batch_new(&p->streams[i], i, 1);
    for (uint32_t i = 0; i < n; i++) {
        const struct twin_event *x = &events[i];
        struct batch *b = batches[x->row ? 0 : x->level + 1];
        uint32_t before = s->n;
        batch_reset(b);
        if (x->row) put_row(b, x->row, x->place);
        else put_alert(b, x->alert, (uint64_t)i);
        engine_open(e, b);
        engine_feed(e, b, 0, 1);
        for (uint32_t k = before; k < s->n; k++) {
            struct told *t = &s->v[k];
            bool clock = t->at < x->at;
            t->rank = !clock && x->row ? 0 : level + 1;
            t->seq = clock ? UINT64_MAX : x->row ? x->place : i;
        }
    }
    uint32_t before = s->n;
    engine_finish(e, drain);
    for (uint32_t k = before; k < s->n; k++) {
        s->v[k].rank = level + 1;
        s->v[k].seq = UINT64_MAX;
    }
    engine_free(&e);
    for (uint32_t i = 0; i <= level; i++) batch_free(&batches[i]);
}

static void add_alerts(struct twin_event *events, uint32_t *n, const struct story *s,
                       uint32_t level, bool timeouts) {
    for (uint32_t i = 0; i < s->n; i++) {
        const struct told *t = &s->v[i];
        if (t->timed_out && !timeouts) continue;
        events[(*n)++] = (struct twin_event){NULL, t, t->at, t->rank, t->seq, level, i};
    }
}

/* ---- the comparison -------------------------------------------------------------------------- */

static void tell_twins(struct story *levels, struct buf *out) {
    static struct twin_event all[MOST_ALERTS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < LEVELS; i++) add_alerts(all, &n, &levels[i], i, true);
    qsort(all, n, sizeof *all, by_turn);
    for (uint32_t i = 0; i < n; i++) tell(out, all[i].alert);
}

static void run_twin(struct arena *arena, const struct texts *t, const struct row *rows,
                     bool drain, struct buf *out) {
    static struct story levels[LEVELS];
    static struct twin_event events[MOST_ALERTS];
    const char *const rules[] = {t->low, t->mid, t->high};
    struct program *programs[LEVELS];
    const char *streams = stream_s;
    uint32_t n = 0;
    for (uint32_t i = 0; i < ROWS; i++)
        events[n++] = (struct twin_event){.row = &rows[i], .at = rows[i].at, .place = i};
    for (uint32_t level = 0; level < LEVELS; level++) {
        levels[level].arena = arena;
        levels[level].n = 0;
        programs[level] = compiled(arena, arena_printf(arena, "%s%s", streams, rules[level]));
        qsort(events, n, sizeof *events, by_turn);
        run_level(programs[level], level, events, n, drain, &levels[level]);
        if (level + 1 == LEVELS) break;
        streams = arena_printf(arena, "%s%s", streams, streams_of_rules[level]);
        add_alerts(events, &n, &levels[level], level, false);
    }
    tell_twins(levels, out);
    for (uint32_t level = 0; level < LEVELS; level++) program_drop(&programs[level]);
}

static void one_round(uint64_t counts[LEVELS]) {
    static const uint32_t sizes[] = {1, 2, 7, 0, ROWS};
    static struct story story;
    struct row rows[ROWS];
    struct texts texts;
    struct arena arena;
    struct buf wanted, came;
    bool drain = below(2);
    arena_init(&arena);
    buf_init(&wanted);
    buf_init(&came);
    draw_rules(&texts);
    draw_rows(rows);
    run_twin(&arena, &texts, rows, drain, &wanted);
    struct program *p = compiled(&arena, arena_printf(&arena, "%s%s%s%s", stream_s, texts.low,
                                                      texts.mid, texts.high));
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        story = (struct story){.arena = &arena};
        run_chain(p, rows, sizes[i], drain, &story);
        buf_reset(&came);
        for (uint32_t k = 0; k < story.n; k++) {
            tell(&came, &story.v[k]);
            counts[story.v[k].rule - p->rules]++;
        }
        if (str_equal(buf_view(&came), buf_view(&wanted))) continue;
        print_error("%s%s%sbatches of %u, drain %d\n---- the twin\n%s---- came\n%s", texts.low,
                    texts.mid, texts.high, sizes[i], drain, buf_cstr(&wanted), buf_cstr(&came));
        fail();
    }
    program_drop(&p);
    buf_fini(&wanted);
    buf_fini(&came);
    arena_fini(&arena);
}

static void a_chain_is_engines_one_after_the_other(void **state) {
    (void)state;
    uint64_t counts[LEVELS] = {0};
    const char *rounds = getenv("OMEN_ROUNDS"), *other = getenv("OMEN_SEED");
    if (other) seed = (unsigned)strtoul(other, NULL, 10);
    for (long i = rounds ? strtol(rounds, NULL, 10) : 400; i > 0; i--) one_round(counts);
    for (uint32_t i = 0; i < LEVELS; i++) assert_true(counts[i] > 1000);
}

/* ---- what waits ------------------------------------------------------------------------------ */

static void what_feeds_at_one_time_is_bounded(void **state) {
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct program *p = compiled(
        &arena, arena_printf(&arena, "%srule low { on s by k match a where a: any }\n"
                                     "rule mid { on low by k match a where a: any }", stream_s));
    struct derived *d = derived_new(p, NULL);
    assert_false(derived_admits(d, 1, 5, true)); /* nobody reads it */
    for (uint32_t i = 0; i < DERIVED_AT_ONCE; i++) assert_true(derived_admits(d, 0, 5, true));
    assert_false(derived_admits(d, 0, 5, true));
    assert_false(derived_admits(d, 0, 5, true));
    assert_true(derived_admits(d, 0, 5, false)); /* by the clock: it does not wait */
    assert_true(derived_admits(d, 0, 6, true));
    assert_int_equal(derived_dropped(d), 2);
    derived_free(&d);
    const bool given[] = {false, true};
    d = derived_new(p, given);
    assert_false(derived_admits(d, 0, 5, true));
    derived_free(&d);
    program_drop(&p);
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_feeds_at_one_time_is_bounded),
        cmocka_unit_test(a_chain_is_engines_one_after_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
