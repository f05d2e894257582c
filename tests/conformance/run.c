/* run: conformance cases through the whole of omen. Their format is told in README.md beside this
 * file.
 *
 *   run FILE.cases …      says of each case that fails what was wanted and what came; ends with
 *                         how many cases of each mode it ran (tests/corpus sees that these are all)
 *                         and `N passed, M failed`
 *
 * A case whose rule the compiler refuses fails like any other, with the compiler's message.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/letters.h"

struct lines {
    struct str *v;
    uint32_t n, cap;
};

struct test_case {
    struct letters_case letters;
    struct str mode, events;
    struct lines matches, timeouts;
};

static int by_text(const void *a, const void *b) {
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool same(bool set, struct lines *wanted, struct str *came, uint32_t n) {
    if (set) { /* each line once */
        if (wanted->n) qsort(wanted->v, wanted->n, sizeof *wanted->v, by_text);
        if (n) qsort(came, n, sizeof *came, by_text);
    }
    if (wanted->n != n) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!str_equal(wanted->v[i], came[i])) return false;
    return true;
}

static void explain_lines(const char *what, const struct str *v, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) printf("    %s %.*s\n", what, STR_FMT(v[i]));
}

static void explain(const char *file, const struct test_case *c, const struct letters_result *r) {
    const struct letters_case *l = &c->letters;
    printf("%s: %.*s: %.*s, %.*s%s%.*s\n    events %.*s\n", file, STR_FMT(l->name),
           STR_FMT(l->pattern), STR_FMT(c->mode), l->after.n ? ", " : "", STR_FMT(l->after),
           STR_FMT(c->events));
    explain_lines("wanted", c->matches.v, c->matches.n);
    explain_lines("wanted timeout", c->timeouts.v, c->timeouts.n);
    explain_lines("came  ", r->lines, r->n);
    explain_lines("came   timeout", r->timeouts, r->ntimeouts);
    if (!r->n && !r->ntimeouts && !r->errors.n) printf("    came   nothing\n");
    printf("%.*s", STR_FMT(buf_view(&r->errors)));
}

static bool run_case(const char *file, struct test_case *c) {
    struct arena arena;
    arena_init(&arena);
    struct letters_result result = {.arena = &arena};
    c->letters.all_ways = str_equal(c->mode, STR("all ways"));
    letters_run(&c->letters, c->events, &result);
    bool set = c->letters.all_ways;
    bool passed = result.errors.n == 0 && same(set, &c->matches, result.lines, result.n);
    if (c->letters.timeouts)
        passed = passed && same(set, &c->timeouts, result.timeouts, result.ntimeouts);
    if (!passed) explain(file, c, &result);
    buf_fini(&result.errors);
    arena_fini(&arena);
    return passed;
}

static void read_line(struct arena *arena, struct test_case *c, struct str key, struct str value) {
    if (str_equal(key, STR("pattern"))) c->letters.pattern = value;
    if (str_equal(key, STR("mode"))) c->mode = value;
    if (str_equal(key, STR("after"))) c->letters.after = value;
    if (str_equal(key, STR("events"))) c->events = value;
    if (str_equal(key, STR("match")))
        arena_push(arena, c->matches.v, c->matches.n, c->matches.cap, value);
    if (str_equal(key, STR("timeout")))
        arena_push(arena, c->timeouts.v, c->timeouts.n, c->timeouts.cap, value);
    if (str_equal(key, STR("timeouts"))) c->letters.timeouts = str_equal(value, STR("yes"));
}

struct counts {
    unsigned passed, failed, all_ways, first;
};

static void count(struct counts *n, const struct test_case *c, bool passed) {
    ++*(passed ? &n->passed : &n->failed);
    n->all_ways += str_equal(c->mode, STR("all ways"));
    n->first += str_equal(c->mode, STR("first"));
}

static bool run_file(const char *path, struct counts *n) {
    struct arena arena;
    struct sources sources;
    const char *why;
    uint32_t file;
    arena_init(&arena);
    sources_init(&sources, &arena);
    bool loaded = sources_load(&sources, path, &file, &why);
    if (!loaded) fprintf(stderr, "%s\n", why);
    struct str text = loaded ? sources.files[file].text : STR("");
    struct test_case c = {.mode = STR("")};
    for (size_t i = 0; loaded && i <= text.n;) {
        size_t end = i;
        while (end < text.n && text.p[end] != '\n') end++;
        const char *hash = memchr(text.p + i, '#', end - i);
        struct str line =
            str_trim((struct str){text.p + i, hash ? (size_t)(hash - text.p) - i : end - i});
        i = end + 1;
        size_t word = 0;
        while (word < line.n && line.p[word] != ' ') word++;
        struct str key = {line.p, word},
                   value = str_trim((struct str){line.p + word, line.n - word});
        bool starts = str_equal(key, STR("case"));
        if ((starts || i > text.n) && c.letters.name.n) count(n, &c, run_case(path, &c));
        if (starts) c = (struct test_case){.letters.name = value};
        read_line(&arena, &c, key, value);
    }
    arena_fini(&arena);
    return loaded;
}

int main(int argc, char **argv) {
    struct counts n = {0};
    bool loaded = true;
    for (int i = 1; i < argc; i++) loaded &= run_file(argv[i], &n);
    printf("cases: %u all ways, %u first\n", n.all_ways, n.first);
    printf("%u passed, %u failed\n", n.passed, n.failed);
    return loaded ? n.failed != 0 : 2;
}
