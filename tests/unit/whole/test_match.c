/* test_match: properties of matching that the corpus does not state, by patterns over letters.
 *
 *   - the counters of runs: an optimisation that stops working fails here
 *   - `match P` against `match all ways P` without skipping: the same starts, each at the earliest
 *     end, over random patterns and streams (the relation that language.md promises)
 *   - the batch size changes nothing
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/letters.h"

static void run(struct letters_result *r, struct arena *arena, const char *pattern, bool all_ways,
                const char *after, uint32_t batch, const char *events) {
    struct letters_case c = {.name = STR("test"),
                             .pattern = str_of(pattern),
                             .after = str_of(after),
                             .all_ways = all_ways,
                             .batch = batch};
    *r = (struct letters_result){.arena = arena};
    letters_run(&c, str_of(events), r);
    if (r->errors.n) print_error("%s", buf_cstr(&r->errors));
    assert_int_equal(r->errors.n, 0);
    buf_fini(&r->errors);
}

/* ---- counters -------------------------------------------------------------------------------- */

/* An event of all letters but z, n times. */
static char *dense(struct arena *arena, const char *letters, int n) {
    char *text = arena_printf(arena, "%s", "");
    for (int i = 0; i < n; i++) text = arena_printf(arena, "%s%s@%d ", text, letters, i);
    return text;
}

static void a_sequence_moves_its_run_in_place(void **state) {
    (void)state;
    struct arena arena;
    struct letters_result r;
    arena_init(&arena);
    run(&r, &arena, "a then b+ then c", false, "", 0, "A@0 B@1 B@2 B@3 C@4");
    assert_int_equal(r.n, 1);
    assert_int_equal(r.counters.started, 1);
    assert_int_equal(r.counters.forked, 0);
    assert_int_equal(r.counters.in_place, 5 - 1);
    assert_int_equal(r.counters.live, 0);
    arena_fini(&arena);
}

static void peak_of_one_start(const char *pattern, unsigned least, unsigned most) {
    struct arena arena;
    struct letters_result r;
    arena_init(&arena);
    run(&r, &arena, pattern, false, "no skip", 0,
        arena_printf(&arena, "S@0 %s", dense(&arena, "ABC", 16)));
    assert_in_range(r.counters.peak, least, most);
    assert_int_equal(r.counters.started, 1);
    arena_fini(&arena);
}

static void ways_that_bring_nothing_new_end(void **state) {
    (void)state;
    peak_of_one_start("s then a then b+ then z", 1, 2);
    peak_of_one_start("s then a+ then b+ then c+ then z", 1, 4); /* of 576 */
    peak_of_one_start("s then (a then b+){2,} then z", 1, 5);
    peak_of_one_start("s then (a? then b)+ then z", 1, 4);
    peak_of_one_start("s then a+? then b+? then z", 1, 5);
    peak_of_one_start("s then a{2,9} combinations then z", 1, 17); /* 2^16 ways */
}

static void all_ways_follow_every_way(void **state) {
    (void)state;
    struct arena arena;
    struct letters_result r;
    arena_init(&arena);
    run(&r, &arena, "s then each a+ combinations then z", true, "", 0,
        arena_printf(&arena, "S@0 %sZ@99", dense(&arena, "A", 10)));
    assert_int_equal(r.n, (1 << 10) - 1);
    assert_int_equal(r.counters.covered + r.counters.merged, 0);
    arena_fini(&arena);
}

static void a_way_found_twice_is_reported_once(void **state) {
    (void)state;
    struct arena arena;
    struct letters_result r;
    arena_init(&arena);
    run(&r, &arena, "(a+)+ then z", true, "", 0, "A@0 A@1 A@2 Z@3");
    assert_int_equal(r.n, 6);
    arena_fini(&arena);
}

static void past_the_limit_the_oldest_starts_are_given_up(void **state) {
    (void)state;
    struct arena arena;
    struct letters_result r;
    struct buf events;
    arena_init(&arena);
    buf_init(&events);
    for (int i = 0; i < 10002; i++) buf_printf(&events, "A@%d ", i);
    buf_text(&events, "Z@20000");
    run(&r, &arena, "a then z", true, "", 0, buf_cstr(&events));
    assert_int_equal(r.counters.dropped, 2);
    assert_int_equal(r.n, 10000);
    assert_string_equal(r.lines[0].p, "a:2 z:10002");
    buf_fini(&events);
    arena_fini(&arena);
}

static void windows_end_runs(void **state) {
    (void)state;
    struct arena arena;
    struct letters_result r;
    arena_init(&arena);
    run(&r, &arena, "a then b then z within 2s", false, "", 0, "A@0 B@1000 A@2001 B@2002 Z@3000");
    assert_int_equal(r.n, 1);
    assert_string_equal(r.lines[0].p, "a:2 b:3 z:4");
    assert_int_equal(r.counters.expired, 1);
    run(&r, &arena, "a then (b then c within 1s) then z", true, "", 0,
        "A@0 B@1000 C@2001 B@3000 C@4000 Z@9000");
    assert_int_equal(r.n, 0); /* b took the first B, and its window has passed */
    run(&r, &arena, "a then each (b then c within 1s) then z", true, "", 0,
        "A@0 B@1000 C@2001 B@3000 C@4000 Z@9000");
    assert_int_equal(r.n, 1);
    assert_string_equal(r.lines[0].p, "a:0 b:3 c:4 z:5");
    run(&r, &arena, "a then between 2s and 3s b", true, "", 0, "A@0 B@1999 B@2000 A@5000 B@8001");
    assert_int_equal(r.n, 1);
    assert_string_equal(r.lines[0].p, "a:0 b:2");
    arena_fini(&arena);
}

static void alternatives(void **state) {
    (void)state;
    struct arena arena;
    struct letters_result r;
    arena_init(&arena);
    run(&r, &arena, "(a then b) or c", true, "", 0, "A@0 C@1 B@2");
    assert_int_equal(r.n, 2);
    assert_string_equal(r.lines[0].p, "c:1");
    assert_string_equal(r.lines[1].p, "a:0 b:2");
    run(&r, &arena, "s then (a or b) then z", false, "", 0, "S@0 AB@1 Z@2");
    assert_int_equal(r.n, 1);
    assert_string_equal(r.lines[0].p, "s:0 a:1 z:2"); /* the alternative written first */
    run(&r, &arena, "s then (a or b){2} then z", true, "", 0, "S@0 A@1 B@2 Z@3");
    assert_int_equal(r.n, 1);
    assert_string_equal(r.lines[0].p, "s:0 a:1 b:2 z:3");
    arena_fini(&arena);
}

/* ---- random patterns ------------------------------------------------------------------------- */

static uint64_t seed;

static uint32_t below(uint32_t n) {
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % n);
}

static const char *pick(const char *const *from, uint32_t n) { return from[below(n)]; }

static void random_step(struct buf *out, char *next, int depth);

static void random_sequence(struct buf *out, char *next, int depth) {
    static const char *const links[] = {" then ",      " then ",           " next ",
                                        " then each ", " then within 3s ", " then after 1s "};
    uint32_t n = 1 + below(3);
    for (uint32_t i = 0; i < n; i++) {
        if (i) buf_text(out, pick(links, 6));
        random_step(out, next, depth);
    }
}

/* At most one name of each letter; a group holds at least one step that must be taken. */
static void random_step(struct buf *out, char *next, int depth) {
    static const char *const counts[] = {"",     "",  "",  "+",  "{2}",  "{1,3}",
                                         "{2,}", "?", "*", "+?", "{2,}?"};
    static const char *const inner[] = {"", "", " in a row", " combinations"};
    bool group = depth > 0 && below(4) == 0 && *next < 'e';
    if (group) {
        buf_char(out, '(');
        buf_char(out, (*next)++);
        buf_text(out, below(2) ? " then " : " next ");
        random_step(out, next, depth - 1);
        buf_text(out, below(4) == 0 ? " within 4s)" : ")");
    } else {
        buf_char(out, (*next)++);
    }
    const char *count = pick(counts, 11);
    buf_text(out, count);
    if (*count && *count != '?') buf_text(out, pick(inner, 4));
}

static void random_pattern(struct buf *out) {
    char next = 'a';
    random_sequence(out, &next, 2);
    buf_printf(out, " then %c", next);
    if (below(2)) buf_printf(out, " within %us", 2 + below(8));
}

static void random_events(struct buf *out, uint32_t n) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t letters = below(4) ? 1 : 2;
        if (below(8) == 0) buf_char(out, '_');
        else
            while (letters--) buf_char(out, (char)('A' + below(6)));
        buf_printf(out, "@%u ", at);
        at += below(3) * 500;
    }
}

/* First and last event of a match line. */
static void ends(struct str line, unsigned *first, unsigned *last) {
    *first = UINT32_MAX;
    *last = 0;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] < '0' || line.p[i] > '9' ||
            (i && line.p[i - 1] >= '0' && line.p[i - 1] <= '9'))
            continue;
        unsigned n = (unsigned)strtoul(line.p + i, NULL, 10);
        if (n < *first) *first = n;
        if (n > *last) *last = n;
    }
}

enum { EVENTS = 12 };

static void earliest(const struct letters_result *r, unsigned end[EVENTS]) {
    for (int i = 0; i < EVENTS; i++) end[i] = UINT32_MAX;
    for (uint32_t i = 0; i < r->n; i++) {
        unsigned first, last;
        ends(r->lines[i], &first, &last);
        if (last < end[first]) end[first] = last;
    }
}

/* What `skip past last` leaves of the matches of `no skip`: none that begins before the end of
 * an earlier. */
static void assert_skipped(const struct letters_result *all, const struct letters_result *skipped) {
    uint32_t n = 0;
    unsigned bar = 0;
    for (uint32_t i = 0; i < all->n; i++) {
        unsigned first, last;
        ends(all->lines[i], &first, &last);
        if (first < bar) continue;
        bar = last + 1;
        assert_in_range(n, 0, skipped->n ? skipped->n - 1 : 0);
        assert_string_equal(skipped->lines[n++].p, all->lines[i].p);
    }
    assert_int_equal(n, skipped->n);
}

static void first_reports_the_starts_of_all_ways_at_their_earliest_ends(void **state) {
    (void)state;
    const char *given = getenv("SEED"), *rounds = getenv("N");
    uint64_t begin = given ? strtoull(given, NULL, 10) : 1;
    uint32_t n = rounds ? (uint32_t)strtoul(rounds, NULL, 10) : 3000;
    for (uint32_t round = 0; round < n; round++) {
        seed = begin + round;
        struct arena arena;
        struct buf pattern, events;
        struct letters_result all, first, small, skipped;
        unsigned all_ends[EVENTS], first_ends[EVENTS];
        arena_init(&arena);
        buf_init(&pattern);
        buf_init(&events);
        random_pattern(&pattern);
        random_events(&events, EVENTS);
        run(&all, &arena, buf_cstr(&pattern), true, "no skip", 0, buf_cstr(&events));
        run(&first, &arena, buf_cstr(&pattern), false, "no skip", 0, buf_cstr(&events));
        run(&small, &arena, buf_cstr(&pattern), false, "no skip", 1 + round % 5, buf_cstr(&events));
        run(&skipped, &arena, buf_cstr(&pattern), false, "", 0, buf_cstr(&events));
        earliest(&all, all_ends);
        earliest(&first, first_ends);
        if (memcmp(all_ends, first_ends, sizeof all_ends) || small.n != first.n) {
            print_error("SEED=%llu: %s over %s\n", (unsigned long long)(begin + round),
                        buf_cstr(&pattern), buf_cstr(&events));
            for (uint32_t i = 0; i < all.n; i++) print_error("  all ways %s\n", all.lines[i].p);
            for (uint32_t i = 0; i < first.n; i++) print_error("  first    %s\n", first.lines[i].p);
        }
        assert_memory_equal(all_ends, first_ends, sizeof all_ends);
        assert_int_equal(small.n, first.n);
        for (uint32_t i = 0; i < small.n; i++)
            assert_string_equal(small.lines[i].p, first.lines[i].p);
        assert_skipped(&first, &skipped);
        buf_fini(&pattern);
        buf_fini(&events);
        arena_fini(&arena);
    }
}

static void an_earlier_start_stands_in_for_later_ones(void **state) {
    (void)state;
    struct arena arena;
    struct letters_result r;
    arena_init(&arena);
    run(&r, &arena, "a then b", false, "", 0,
        arena_printf(&arena, "%sB@99", dense(&arena, "A", 40)));
    assert_int_equal(r.n, 1);
    assert_string_equal(r.lines[0].p, "a:0 b:40");
    assert_in_range(r.counters.peak, 1, 2);
    run(&r, &arena, "a then b within 1s", false, "", 0,
        arena_printf(&arena, "%sB@99", dense(&arena, "A", 40)));
    assert_in_range(r.counters.peak, 40, 40); /* the earlier ends first: it cannot stand in */
    arena_fini(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_moves_its_run_in_place),
        cmocka_unit_test(ways_that_bring_nothing_new_end),
        cmocka_unit_test(all_ways_follow_every_way),
        cmocka_unit_test(a_way_found_twice_is_reported_once),
        cmocka_unit_test(past_the_limit_the_oldest_starts_are_given_up),
        cmocka_unit_test(windows_end_runs),
        cmocka_unit_test(alternatives),
        cmocka_unit_test(an_earlier_start_stands_in_for_later_ones),
        cmocka_unit_test(first_reports_the_starts_of_all_ways_at_their_earliest_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
