/* run: random patterns over random streams, through the whole of omen and through the twin
 * (ways.h). What must agree, for each key by itself:
 *
 *   conditions     mode       engine's alerts
 *   on the event   all        are the twin's, in their order; of all ways, as a set
 *   look back      all ways   are the twin's
 *   look back      others     are ways, at most one a start; and where a way of a start passes
 *                             over no event that it can take, the start has a match that ends
 *                             no later (longest: no earlier)
 *
 *   a loop in a loop          others   are ways that begin and end where the twin's do
 *   timeouts                  others   are of the same starts, told by a way that waits
 *
 * Conditions that look back at nothing but the event with which every way of a start begins are,
 * for that start, conditions on the event. An alert is its events, its beginning and its end,
 * whether it is a timeout, and how many `once per` held back. Besides, rows late as the twin counts
 * them; and each stream a second time, with other batches, in slices, with time that passes in
 * between: the same alerts in the same order.
 *
 *   run [N [SEED]]      N pairs, 2000 unless told; the first seed, 1 unless told. Pair k has seed
 *                       SEED + k; `run 1 SEED` tries one again. Ends with `N passed, M failed`
 *
 * A pattern that the compiler refuses (its names cannot be taken in the order that a condition
 * needs) is none; nor is one with thousands of ways or runs. More than a third of such fails. A
 * pair that fails is made smaller before it is told.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/batch.h"
#include "tests/twin/fed.h"
#include "tests/twin/shrink.h"
#include "tests/twin/ways.h"

enum { SHOWN = 10 /* failures that are told whole */ };
enum verdict { NONE_AT_ALL, PASSED, FAILED };

struct lines {
    struct arena *arena;
    struct str *v;
    uint32_t n, cap;
};

struct pair {
    const struct twin_case *c;
    uint64_t seed;
    struct arena arena;
    struct fed came, again;
    struct buf told; /* refusals, or both answers */
};

/* ---- comparing ------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b) {
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void sort(struct lines *lines) {
    if (lines->n) qsort(lines->v, lines->n, sizeof *lines->v, by_text);
}

static void add_line(struct lines *lines, struct str text) {
    arena_push(lines->arena, lines->v, lines->n, lines->cap, text);
}

static struct str text_of(const struct twin_case *c, struct arena *arena,
                          const struct twin_alert *alert) {
    struct buf line;
    buf_init(&line);
    const struct way *w = alert->way;
    if (alert->timed_out) buf_printf(&line, "timeout at %c: ", 'a' + w->taken[w->n - 1].letter);
    way_text(c, alert->way, &line);
    if (alert->suppressed) buf_printf(&line, " suppressed %d", alert->suppressed);
    struct str text = arena_copy(arena, buf_view(&line));
    buf_fini(&line);
    return text;
}

static bool is_timeout(struct str text) { return str_starts(text, STR("timeout ")); }

static bool equal(const struct lines *a, const struct lines *b) {
    if (a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (!str_equal(a->v[i], b->v[i])) return false;
    return true;
}

/* A start whose window closed is told by the way that got furthest of those that are followed, and
 * not all are: which is left to the engine. From then on it is the twin's choice too. */
static void accept_waiting(const struct twin_case *c, const struct ways *all,
                           struct twin_alerts *alerts, const struct lines *came) {
    for (uint32_t i = 0; i < alerts->n && i < came->n; i++) {
        struct twin_alert *alert = &alerts->v[i];
        for (uint32_t k = 0; k < all->waiting.n && alert->timed_out; k++) {
            struct twin_alert other = *alert;
            other.way = &all->waiting.v[k];
            if (other.way->start == alert->way->start &&
                str_equal(text_of(c, came->arena, &other), came->v[i]))
                *alert = other;
        }
    }
}

/* A loop in a loop: a way that came about in two manners may be a match in one and wait in the
 * other. */
static void drop_matched(const struct twin_case *c, const struct ways *all, struct lines *came) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < came->n; i++) {
        bool matched = false;
        for (uint32_t k = 0; k < all->found.n && is_timeout(came->v[i]) && !matched; k++) {
            struct way way = all->found.v[k];
            if (c->within_ms >= 0) way.end.ms = c->events[way.start].at_ms + c->within_ms;
            struct twin_alert other = {.way = &way, .timed_out = true};
            matched = str_equal(text_of(c, came->arena, &other), came->v[i]);
        }
        if (!matched) came->v[kept++] = came->v[i];
    }
    came->n = kept;
}

static bool same_alerts(const struct fed *a, const struct fed *b) {
    if (a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->v[i].key != b->v[i].key || !str_equal(a->v[i].text, b->v[i].text)) return false;
    return true;
}

static const struct way *way_of(const struct twin_case *c, const struct ways *all,
                                struct arena *arena, struct str text) {
    for (uint32_t i = 0; i < all->found.n; i++) {
        struct twin_alert alert = {.way = &all->found.v[i]};
        if (str_equal(text_of(c, arena, &alert), text)) return alert.way;
    }
    return NULL;
}

/* What docs/matching.md promises where conditions look back: see above. The last is looked at
 * where no match discards others, and time does not stop. */
static bool keeps_promises(const struct twin_case *c, const struct ways *all,
                           const struct lines *came) {
    const struct way *match[MAX_EVENTS] = {NULL};
    for (uint32_t i = 0; i < came->n; i++) {
        if (is_timeout(came->v[i])) continue;
        const struct way *w = way_of(c, all, came->arena, came->v[i]);
        if (!w || match[w->start]) return false;
        match[w->start] = w;
    }
    bool settled = c->skip == SKIPS_NOTHING && c->ends_ms < 0;
    for (uint32_t k = 0; k < all->found.n && settled; k++) {
        const struct way *w = &all->found.v[k], *m = match[w->start];
        bool longest = c->mode == MODE_LONGEST;
        if (longest && all->settled[w->start].ms == INT32_MAX) continue;
        if (m && !moment_before(longest ? m->end : w->end, longest ? w->end : m->end)) continue;
        if (way_takes_all(c, all, w)) return false;
    }
    return true;
}

/* A loop in a loop: which way is preferred depends on how it came about, which a match does not
 * tell. Where the ways begin and end does not. */
static bool same_ends(const struct twin_case *c, const struct ways *all,
                      const struct twin_alerts *alerts, const struct lines *came) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < came->n; i++) {
        if (is_timeout(came->v[i])) continue;
        while (n < alerts->n && alerts->v[n].timed_out) n++;
        if (n == alerts->n) return false;
        const struct way *a = way_of(c, all, came->arena, came->v[i]), *b = alerts->v[n++].way;
        if (!a || a->start != b->start || moment_before(a->end, b->end) ||
            moment_before(b->end, a->end))
            return false;
    }
    while (n < alerts->n && alerts->v[n].timed_out) n++;
    return n == alerts->n;
}

/* ---- a pair ---------------------------------------------------------------------------------- */

static void tell_lines(struct buf *out, const char *who, int key, const struct lines *lines) {
    for (uint32_t i = 0; i < lines->n; i++)
        buf_printf(out, "    %s key %d  %.*s\n", who, key, STR_FMT(lines->v[i]));
}

/* Of one key: the verdict, and the twin's way of it. */
static enum verdict judge_key(struct pair *p, int key, uint32_t *matches) {
    const struct twin_case *c = p->c;
    struct twin_case sub;
    struct ways all = {.arena = &p->arena};
    struct twin_alerts alerts = {.arena = &p->arena};
    struct lines wanted = {.arena = &p->arena}, came = {.arena = &p->arena};
    case_of_key(c, key, &sub);
    ways_find(&sub, &all);
    if (all.too_many) return NONE_AT_ALL;
    ways_alerts(&sub, &all, &alerts);
    for (uint32_t i = 0; i < p->came.n; i++)
        if (p->came.v[i].key == key) add_line(&came, p->came.v[i].text);
    if (c->mode != MODE_ALL_WAYS) accept_waiting(&sub, &all, &alerts, &came);
    else if (c->nested) drop_matched(&sub, &all, &came);
    for (uint32_t i = 0; i < alerts.n; i++)
        add_line(&wanted, text_of(&sub, &p->arena, &alerts.v[i]));
    *matches += wanted.n;
    bool fine;
    if (c->mode == MODE_ALL_WAYS) {
        sort(&wanted);
        sort(&came);
        fine = equal(&wanted, &came);
    } else if (c->looks_back) {
        fine = keeps_promises(&sub, &all, &came);
    } else if (c->nested) {
        fine = same_ends(&sub, &all, &alerts, &came);
    } else {
        fine = equal(&wanted, &came);
    }
    if (fine) return PASSED;
    tell_lines(&p->told, "twin  ", key, &wanted);
    tell_lines(&p->told, "engine", key, &came);
    return FAILED;
}

static enum verdict judge(struct pair *p, struct program *program, uint32_t *matches) {
    const struct twin_case *c = p->c;
    enum verdict verdict = PASSED;
    fed_run(c, program, BATCH_MAX_ROWS, 0, &p->came);
    if (!p->came.whole) return NONE_AT_ALL;
    fed_run(c, program, 1 + (uint32_t)(p->seed % 5), p->seed + 1, &p->again);
    for (int key = 0; key < c->nkeys && verdict != NONE_AT_ALL; key++) {
        enum verdict of_key = judge_key(p, key, matches);
        if (of_key != PASSED) verdict = of_key;
    }
    if (verdict == NONE_AT_ALL) return verdict;
    int late = case_late(c);
    if ((int)p->came.late != late || (int)p->again.late != late) {
        buf_printf(&p->told, "    late rows: %d, engine counted %d and %d\n", late,
                   (int)p->came.late, (int)p->again.late);
        return FAILED;
    }
    if (same_alerts(&p->came, &p->again)) return verdict;
    buf_text(&p->told, "    with other batches:\n");
    for (uint32_t i = 0; i < p->again.n; i++)
        buf_printf(&p->told, "    engine key %d  %.*s\n", p->again.v[i].key,
                   STR_FMT(p->again.v[i].text));
    return FAILED;
}

static enum verdict try_case(const struct twin_case *c, uint64_t seed, uint32_t *matches,
                             struct buf *told) {
    struct pair p = {.c = c, .seed = seed};
    enum verdict verdict = NONE_AT_ALL;
    arena_init(&p.arena);
    buf_init(&p.told);
    p.came.arena = p.again.arena = &p.arena;
    struct program *program = fed_compile(c, &p.arena, &p.told);
    if (program) verdict = judge(&p, program, matches);
    if (told) buf_str(told, buf_view(&p.told));
    program_drop(&program);
    buf_fini(&p.told);
    arena_fini(&p.arena);
    return verdict;
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool fails(const struct twin_case *c, void *context) {
    uint32_t matches = 0;
    return try_case(c, *(uint64_t *)context, &matches, NULL) == FAILED;
}

static void tell(struct twin_case *c, uint64_t seed) {
    struct buf text;
    uint32_t matches = 0;
    shrink(c, fails, &seed);
    buf_init(&text);
    case_rule(c, &text);
    case_events(c, &text);
    try_case(c, seed, &matches, &text);
    printf("seed %llu, made smaller:\n%s\n", (unsigned long long)seed, buf_cstr(&text));
    buf_fini(&text);
}

int main(int argc, char **argv) {
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint32_t verdicts[3] = {0}, matches = 0;
    uint64_t seed = first, none_allowed = n > 1 ? n / 3 : 0;
    while (verdicts[PASSED] + verdicts[FAILED] < n && verdicts[NONE_AT_ALL] <= none_allowed) {
        struct twin_case c;
        struct buf told;
        buf_init(&told);
        case_make(&c, seed);
        enum verdict verdict = try_case(&c, seed, &matches, &told);
        verdicts[verdict]++;
        if (n == 1) printf("%s", buf_cstr(&told));
        if (verdict == FAILED && verdicts[FAILED] <= SHOWN) tell(&c, seed);
        buf_fini(&told);
        seed++;
    }
    uint32_t failed = verdicts[FAILED];
    printf("twin: seeds %llu to %llu: %u pairs, %u matches; %u patterns that are none\n",
           (unsigned long long)first, (unsigned long long)seed - 1, verdicts[PASSED] + failed,
           matches, verdicts[NONE_AT_ALL]);
    if (n > 1 && verdicts[NONE_AT_ALL] > none_allowed) failed++;
    printf("%u passed, %u failed\n", verdicts[PASSED], failed);
    return failed != 0;
}
