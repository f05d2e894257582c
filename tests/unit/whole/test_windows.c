/* test_windows: windows against a slow twin: random aggregates over random windows, on random
 * streams with ties in time, nulls, several keys and long gaps. The twin keeps all events and
 * computes each window from scratch, floats in 128-bit whole numbers; values must be equal bit for
 * bit, and the same for batches of 1, 7 and 1024 rows. A failure prints seed and rule.
 */
#include "tests/unit/whole/recompute.h"

enum { PAIRS = 2000, MOST_RESULTS = EVENTS * SPECS };

static void window_text(const struct spec *s, struct buf *out) {
    spec_text(s, out);
    if (s->window == 2) buf_printf(out, " over last %lld", (long long)s->length);
    else buf_printf(out, " over %s%llds", s->window == 1 ? "prior " : "", (long long)s->length);
    if (s->window == 3) buf_printf(out, " step %llds", (long long)s->step);
}

/* ---- the twin -------------------------------------------------------------------------------- */

static bool within(const struct spec *s, uint32_t row, uint32_t i) {
    int64_t now = rows[row].at / NS_PER_S, at = rows[i].at / NS_PER_S;
    if (s->window == 2) return true;
    if (s->window == 3) return at / s->step > now / s->step - s->length / s->step;
    return at > now - s->length;
}

static struct value twin(const struct spec *s, uint32_t row) {
    uint32_t in[EVENTS], n = 0, first = 0;
    for (uint32_t i = 0; i <= row; i++) {
        if (rows[i].key != rows[row].key || (s->window == 1 && i == row)) continue;
        if (within(s, row, i)) in[n++] = i;
    }
    if (s->window == 2 && n > s->length) first = n - (uint32_t)s->length;
    return recompute(s, in + first, n - first);
}

/* ---- the engine ------------------------------------------------------------------------------ */

struct results {
    struct arena arena;
    struct value v[MOST_RESULTS];
    uint32_t n;
};

static void on_alert(void *context, const struct alert *a) {
    struct results *r = context;
    for (uint32_t i = 0; i < a->nemit; i++)
        r->v[r->n++] = value_copy(&r->arena, a->emit[i].value);
}

static void run(struct program *p, uint32_t size, struct results *out) {
    const char *why;
    struct engine_options options = {.alert = on_alert, .alert_context = out};
    struct engine *e = engine_new(p, &options, &why);
    assert_non_null(e);
    out->n = 0;
    feed_rows(e, p, size);
    engine_free(&e);
}

static void compare(uint64_t seed, const char *rules, const struct spec *specs, uint32_t size,
                    const struct results *r) {
    assert_int_equal(r->n, MOST_RESULTS);
    for (uint32_t i = 0; i < r->n; i++) {
        struct value wanted = twin(&specs[i % SPECS], i / SPECS);
        if (same(r->v[i], wanted)) continue;
        struct buf text;
        buf_init(&text);
        value_text(&text, r->v[i]);
        buf_text(&text, ", not ");
        value_text(&text, wanted);
        print_error("seed %llu, batches of %u, event %u, e%u: %s\n%s\n", (unsigned long long)seed,
                    size, i / SPECS, i % SPECS, buf_cstr(&text), rules);
        fail();
    }
}

static void windows_are_what_recomputing_gives(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 7, 1024};
    static struct results results;
    for (uint64_t seed = 1; seed <= PAIRS; seed++) {
        struct spec specs[SPECS];
        struct arena arena;
        struct buf text;
        random_state = seed;
        arena_init(&arena);
        buf_init(&text);
        buf_text(&text, STREAM "rule r { on s by k when exists(at) emit");
        for (uint32_t i = 0; i < SPECS; i++) {
            specs[i] = random_spec();
            buf_printf(&text, "%s\n  e%u: ", i ? "," : "", i);
            window_text(&specs[i], &text);
        }
        buf_text(&text, "\n}\n");
        random_rows();
        struct program *p = compiled(&arena, buf_cstr(&text));
        for (uint32_t i = 0; i < 3; i++) {
            arena_init(&results.arena);
            run(p, sizes[i], &results);
            compare(seed, buf_cstr(&text), specs, sizes[i], &results);
            arena_fini(&results.arena);
        }
        program_drop(&p);
        buf_fini(&text);
        arena_fini(&arena);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(windows_are_what_recomputing_gives)};
    return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
