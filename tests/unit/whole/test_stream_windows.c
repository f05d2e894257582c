/* test_stream_windows: rules over two streams against a slow twin: random windows over either
 * stream and previous values, asked at events of either and by the clock; keys that are
 * expressions; a filter. The twin keeps all events and computes from scratch. Values must be equal,
 * and the same for batches of 1, 7 and 1024 rows, of which slices are fed in order of time. A
 * failure prints seed and rules. What aggregates give over hard values is tested by
 * test_windows.c; here values are small ints.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "base/time.h"
#include "engine/engine.h"
#include "tests/unit/whole/compiled.h"

enum { PAIRS = 1500, EVENTS = 80, SPECS = 5, RULES = 5 };

/* Keys of a are written in two manners; its events with n = 3 are left out. */
#define ON " on a where n != 3 by lower(k), b by key "
#define STREAMS                                                                                    \
    "stream a { k : string at : time event n : int }\n"                                            \
    "stream b { n : int m : int at : time event key : string }\n"

enum rule { ON_A, ON_B, ON_ANY, STEP_B, ABSENT_A };

static const char *const heads[RULES] = {
    [ON_A] = "when on a: n != 99 and upper(k) != \"x\"", /* a text made over the batch */
    [ON_B] = "when on b: at > @2000-01-01 or count(a) over 1s >= 0",
    [ON_ANY] = "when key != \"x\"",
    [STEP_B] = "match x after match no skip where x: from b",
    [ABSENT_A] = "match x then no y for 4s after match no skip "
                 "where x: from a y: from a where n = 77",
};

static uint64_t random_state;

static uint32_t pick(uint32_t below) {
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % below;
}

/* ---- streams --------------------------------------------------------------------------------- */

struct row {
    int64_t at;
    uint32_t stream, key;
    bool loud; /* of a: the key in upper case */
    int64_t n; /* of b: m too */
};

static struct row rows[EVENTS];

static void random_rows(void) {
    static const int64_t steps[] = {0, 0, 0, 1, 1, 2, 3, 5, 8, 40};
    int64_t at = 1000;
    for (uint32_t i = 0; i < EVENTS; i++) {
        at += steps[pick(10)];
        rows[i] = (struct row){.at = at, .stream = pick(2), .key = pick(3), .loud = pick(2),
                               .n = pick(6)};
    }
    for (uint32_t i = 1; i < EVENTS; i++) /* at one time a goes first: an order like any other */
        for (uint32_t k = i; k && rows[k].at == rows[k - 1].at &&
                             rows[k].stream < rows[k - 1].stream; k--) {
            struct row r = rows[k];
            rows[k] = rows[k - 1];
            rows[k - 1] = r;
        }
}

static bool kept(const struct row *r) { return r->stream || r->n != 3; }

/* ---- what is asked --------------------------------------------------------------------------- */

enum kind { COUNT, SUM, MIN, MAX, FIRST, LAST, DISTINCT, PREV };

struct spec {
    enum kind kind;
    uint32_t stream;
    bool where;      /* n > 2 */
    uint32_t window; /* 0: over, 1: over prior, 2: over last */
    int64_t length;  /* seconds, events; PREV: how far back */
};

static struct spec random_spec(enum rule rule) {
    bool may_look_back = rule == ON_A || rule == ON_B;
    struct spec s = {.kind = (enum kind)pick(may_look_back ? PREV + 1 : PREV), .stream = pick(2),
                     .where = pick(3) == 0, .window = pick(3),
                     .length = 1 + pick(pick(2) ? 6 : 60)};
    if (s.kind == PREV)
        s = (struct spec){.kind = PREV, .stream = rule == ON_B, .length = 1 + pick(4)};
    return s;
}

static void spec_text(const struct spec *s, struct buf *out) {
    static const char *const names[] = {"count", "sum", "min", "max", "first", "last", "distinct"};
    char stream = s->stream ? 'b' : 'a';
    if (s->kind == PREV) {
        buf_printf(out, "prev(n, %lld)", (long long)s->length);
        return;
    }
    if (s->kind == COUNT) buf_printf(out, "count(%c", stream);
    else buf_printf(out, "%s(%c.n", names[s->kind], stream);
    if (s->where) buf_printf(out, " where %c.n > 2", stream);
    if (s->window == 2) buf_printf(out, ") over last %lld", (long long)s->length);
    else buf_printf(out, ") over %s%llds", s->window ? "prior " : "", (long long)s->length);
}

/* ---- the twin -------------------------------------------------------------------------------- */

/* The key's events of the stream in the window, in order: of row `tested` at its time; NONE: of
 * the key, by the clock at `now`. */
static uint32_t window_of(const struct spec *s, uint32_t key, uint32_t tested, int64_t now,
                          uint32_t *out) {
    uint32_t n = 0, end = tested == NONE ? EVENTS : tested + 1;
    for (uint32_t i = 0; i < end; i++) {
        const struct row *r = &rows[i];
        if (r->key != key || r->stream != s->stream || !kept(r) || r->at > now) continue;
        if (s->window == 1 && i == tested) continue;
        if (s->window != 2 && r->at <= now - s->length) continue;
        out[n++] = i;
    }
    if (s->window != 2 || n <= s->length) return n;
    memmove(out, out + n - s->length, (size_t)s->length * sizeof *out);
    return (uint32_t)s->length;
}

static struct value previous(const struct spec *s, uint32_t tested) {
    int64_t back = s->length;
    for (uint32_t i = tested; i-- > 0;) {
        const struct row *r = &rows[i];
        if (r->key != rows[tested].key || r->stream != s->stream || !kept(r)) continue;
        if (--back == 0) return value_int(r->n);
    }
    return value_null();
}

static struct value twin(const struct spec *s, uint32_t key, uint32_t tested, int64_t now) {
    uint32_t in[EVENTS];
    int64_t count = 0, sum = 0, different = 0, seen = 0;
    struct value best = value_null();
    if (s->kind == PREV) return previous(s, tested);
    uint32_t n = window_of(s, key, tested, now, in);
    for (uint32_t i = 0; i < n; i++) {
        int64_t v = rows[in[i]].n;
        if (s->where && v <= 2) continue;
        count++;
        sum += v;
        different += !(seen >> v & 1);
        seen |= INT64_C(1) << v;
        bool better = value_is_null(best) || s->kind == LAST;
        if (s->kind == MIN) better |= v < best.i;
        if (s->kind == MAX) better |= v > best.i;
        if (better) best = value_int(v);
    }
    if (s->kind == COUNT) return value_int(count);
    if (s->kind == SUM) return value_int(sum);
    return s->kind == DISTINCT ? value_int(different) : best;
}

/* ---- the engine ------------------------------------------------------------------------------ */

struct check {
    uint64_t seed;
    uint32_t size;
    const char *rules;
    struct spec specs[RULES][SPECS];
    uint32_t alerts[RULES];
};

static void on_alert(void *context, const struct alert *a) {
    struct check *c = context;
    uint32_t rule = (uint32_t)(a->rule - a->program->rules);
    const struct alert_variable *v = &a->matched[0];
    uint32_t row = (uint32_t)v->positions[0].offset;
    uint32_t tested = rule == ABSENT_A ? NONE : row;
    c->alerts[rule]++;
    for (uint32_t i = 0; i < SPECS; i++) {
        struct value got = a->emit[i].value;
        struct value wanted =
            twin(&c->specs[rule][i], rows[row].key, tested, a->end_ns / NS_PER_S);
        if (got.type == wanted.type && value_compare(got, wanted) == 0) continue;
        struct buf text;
        buf_init(&text);
        value_text(&text, got);
        buf_text(&text, ", not ");
        value_text(&text, wanted);
        print_error("seed %llu, batches of %u, row %u, rule %u, e%u: %s\n%s\n",
                    (unsigned long long)c->seed, c->size, row, rule, i, buf_cstr(&text), c->rules);
        fail();
    }
    static const char *const keys[] = {"k0", "k1", "k2"};
    assert_true(str_equal(a->key[0].s, str_of(keys[rows[row].key])));
}

static void set_row(struct batch *b, uint32_t index) {
    static const char *const quiet[] = {"k0", "k1", "k2"}, *const loud[] = {"K0", "K1", "K2"};
    const struct row *r = &rows[index];
    for (uint16_t f = 0; f < b->schema->nfields; f++) {
        const struct schema_field *s = &b->schema->fields[f];
        if (!s->used) continue;
        if (s->type == VALUE_TIME) batch_set_int(b, f, r->at * NS_PER_S);
        else if (s->type == VALUE_INT) batch_set_int(b, f, r->n);
        else batch_set_str(b, f, str_of(r->loud && !r->stream ? loud[r->key] : quiet[r->key]));
    }
    batch_commit(b, index);
}

struct lane { /* a stream's open batch, of which rows before `next` have been fed */
    struct batch *batch;
    uint32_t next, filled; /* `filled`: index from which its next batch is filled */
};

static void fill(struct engine *e, struct lane *l, uint32_t stream) {
    batch_reset(l->batch);
    l->next = 0;
    for (; l->filled < EVENTS && l->batch->n < l->batch->max; l->filled++)
        if (rows[l->filled].stream == stream) set_row(l->batch, l->filled);
    engine_open(e, l->batch);
}

static void run(struct program *p, struct check *c) {
    const char *why;
    struct engine_options options = {.alert = on_alert, .alert_context = c};
    struct engine *e = engine_new(p, &options, &why);
    struct lane lanes[2] = {{.batch = batch_new(&p->streams[0], 0, c->size)},
                            {.batch = batch_new(&p->streams[1], 1, c->size)}};
    memset(c->alerts, 0, sizeof c->alerts);
    for (uint32_t i = 0; i < EVENTS;) {
        uint32_t stream = rows[i].stream, n = 0;
        struct lane *l = &lanes[stream];
        if (l->next == l->batch->n) fill(e, l, stream);
        while (i + n < EVENTS && rows[i + n].stream == stream && l->next + n < l->batch->n) n++;
        engine_feed(e, l->batch, l->next, n);
        l->next += n;
        i += n;
    }
    engine_finish(e, true);
    batch_free(&lanes[0].batch);
    batch_free(&lanes[1].batch);
    engine_free(&e);
}

/* Every event that is tested is told, whatever the rule finds. */
static void expect_counts(const struct check *c) {
    uint32_t of_a = 0, of_b = 0;
    for (uint32_t i = 0; i < EVENTS; i++) {
        of_a += rows[i].stream == 0 && kept(&rows[i]);
        of_b += rows[i].stream == 1;
    }
    assert_int_equal(c->alerts[ON_A], of_a);
    assert_int_equal(c->alerts[ON_B], of_b);
    assert_int_equal(c->alerts[ON_ANY], of_a + of_b);
    assert_int_equal(c->alerts[STEP_B], of_b);
    assert_int_equal(c->alerts[ABSENT_A], of_a);
}

static void rules_text(struct check *c, struct buf *text) {
    buf_text(text, STREAMS);
    for (uint32_t r = 0; r < RULES; r++) {
        buf_printf(text, "rule r%u {" ON "%s\n  emit", r, heads[r]);
        for (uint32_t i = 0; i < SPECS; i++) {
            c->specs[r][i] = random_spec((enum rule)r);
            buf_printf(text, "%s e%u: ", i ? "," : "", i);
            spec_text(&c->specs[r][i], text);
        }
        buf_text(text, "\n}\n");
    }
}

static void streams_are_what_recomputing_gives(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 7, 1024};
    for (uint64_t seed = 1; seed <= PAIRS; seed++) {
        struct check c = {.seed = seed};
        struct arena arena;
        struct buf text;
        random_state = seed;
        arena_init(&arena);
        buf_init(&text);
        rules_text(&c, &text);
        c.rules = buf_cstr(&text);
        random_rows();
        struct program *p = compiled(&arena, c.rules);
        for (uint32_t i = 0; i < 3; i++) {
            c.size = sizes[i];
            run(p, &c);
            expect_counts(&c);
        }
        program_drop(&p);
        buf_fini(&text);
        arena_fini(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(streams_are_what_recomputing_gives)};
    return cmocka_run_group_tests_name("stream windows", tests, NULL, NULL);
}
