/* cut_rules: what an editor holds while somebody types, and worse: every prefix of a rule file,
 * every deletion of one byte and random changes of a few, each compiled whole in this process.
 *
 * Whatever the text, there is a program or there are errors, never both and never neither; each
 * message is one line, lies in the text, and is printed as UTF-8 behind its line and column.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/utf8.h"
#include "grammar/parser.h"
#include "rules/compile.h"
#include "tests/hostile/hostile.h"

enum { FAULTS_SHOWN = 10, CHANGES_MOST = 4, EARLY = 64 };

struct cutter {
    const char *path, *how; /* the file, and what was done to it */
    size_t at;              /* where */
    uint64_t passed, failed;
};

static void wrong(struct cutter *c, const char *what, struct str printed) {
    if (c->failed++ < FAULTS_SHOWN)
        printf("%s: %s at byte %zu: %s\n%.*s\n", c->path, c->how, c->at, what, STR_FMT(printed));
}

/* What is wrong with the messages, or NULL. */
static const char *bad_messages(const struct diags *d, struct str text, struct str printed) {
    for (uint32_t i = 0; i < d->n; i++) {
        const struct diag *m = &d->v[i];
        if (m->span.file != 0 || m->span.start > m->span.end || m->span.end > text.n)
            return "a message lies outside of the text";
        if (m->span.end == 0 && text.n > EARLY) return "a message has no place";
        if (!*m->message || strchr(m->message, '\n')) return "a message is not one line";
    }
    if (utf8_valid_prefix(printed) < printed.n) return "what is printed is not UTF-8";
    if (d->n && !str_starts(printed, STR("text:"))) return "what is printed does not say where";
    for (size_t i = 0; i < printed.n; i++) {
        char c = printed.p[i];
        if ((unsigned char)c < ' ' && c != '\n' && c != '\t') return "control bytes are printed";
    }
    return NULL;
}

static void compile_text(struct cutter *c, struct str text) {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;
    struct buf printed;
    struct compile_options options = {0};
    struct program *program = NULL;
    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    tree_init(&tree, &arena, &sources);
    buf_init(&printed);
    uint32_t file = sources_add(&sources, STR("text"), text);
    bool parsed = parse_file(&tree, file, &diags);
    if (parsed) program = rules_compile(&tree, &options, &diags);
    diags_print(&diags, &printed, false);
    const char *what = bad_messages(&diags, text, buf_view(&printed));
    if (parsed && !program != (diags.errors > 0)) what = "a program and errors, or neither";
    if (!parsed && diags.errors == 0) what = "not parsed, and no error says why";
    if (what) wrong(c, what, buf_view(&printed));
    else c->passed++;
    program_drop(&program);
    buf_fini(&printed);
    arena_fini(&arena);
}

static void every_prefix(struct cutter *c, struct str text, unsigned stride) {
    c->how = "cut";
    for (c->at = 0; c->at <= text.n; c->at += stride)
        compile_text(c, (struct str){text.p, c->at});
}

static void every_deletion(struct cutter *c, struct str text, unsigned stride, char *room) {
    c->how = "one byte deleted";
    for (c->at = 0; c->at < text.n; c->at += stride) {
        memcpy(room, text.p, c->at);
        memcpy(room + c->at, text.p + c->at + 1, text.n - c->at - 1);
        compile_text(c, (struct str){room, text.n - 1});
    }
}

/* Any byte, or another byte of the same text: the second is more often nearly right. */
static void random_changes(struct cutter *c, struct str text, unsigned times, char *room) {
    uint64_t state = 1;
    c->how = "bytes changed";
    for (unsigned i = 0; text.n && i < times; i++) {
        memcpy(room, text.p, text.n);
        for (uint64_t k = hostile_random(&state) % CHANGES_MOST + 1; k > 0; k--) {
            uint64_t r = hostile_random(&state);
            c->at = (size_t)(hostile_random(&state) % text.n);
            room[c->at] = r & 1 ? (char)(r >> 8) : text.p[(r >> 8) % text.n];
        }
        compile_text(c, (struct str){room, text.n});
    }
}

int cut_rules(unsigned stride, unsigned flips, char **files, int nfiles) {
    struct cutter c = {0};
    if (stride == 0) stride = 1;
    for (int i = 0; i < nfiles; i++) {
        struct arena arena;
        struct sources sources;
        const char *why = NULL;
        uint32_t file;
        arena_init(&arena);
        sources_init(&sources, &arena);
        c.path = files[i];
        if (!sources_load(&sources, files[i], &file, &why)) {
            wrong(&c, why, STR(""));
        } else {
            struct str text = sources.files[file].text;
            char *room = must_alloc(text.n + 1);
            every_prefix(&c, text, stride);
            every_deletion(&c, text, stride, room);
            random_changes(&c, text, flips, room);
            free(room);
        }
        arena_fini(&arena);
    }
    printf("%llu passed, %llu failed\n", (unsigned long long)c.passed,
           (unsigned long long)c.failed);
    return c.failed > 0;
}
