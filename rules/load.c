/* load: files and what they import → one tree.
 *
 *   main.rules ── import "lib/cards.rules" ──→ lib/cards.rules
 *                                              └── import "../streams.rules" ──→ streams.rules
 *
 * A path stands relative to the file that names it. Each file is read once, by its real path,
 * whoever else imports it; a file that is met again while it is still being followed is a cycle,
 * told with the whole way around. What cannot be read is told at the import, or in *why for a file
 * that the user named. Recursion follows imports only and is bounded.
 * Tests: tests/unit/rules/test_load.c
 */
#include <limits.h>
#include <stdlib.h>

#include "base/map.h"
#include "grammar/parser.h"
#include "rules/compile.h"

enum { LOAD_MAX_DEPTH = 100 };

struct loaded {
    struct str shown; /* the path as messages show it */
    bool open;        /* its imports are being followed */
};

struct load {
    struct tree *tree;
    struct sources *sources;
    struct diags *diags;
    struct arena *arena;
    struct map files; /* real path → struct loaded */
    struct loaded *way[LOAD_MAX_DEPTH];
    uint32_t depth;
    bool good;
};

/* A path names one file under several names (a/../b, links): the real path tells. */
static struct str load_identity(struct load *l, const char *path) {
    char *real = realpath(path, NULL);
    struct str id = arena_copy(l->arena, str_of(real ? real : path));
    free(real);
    return id;
}

static const char *load_beside(struct load *l, struct str file, struct str path) {
    size_t slash = file.n;
    while (slash > 0 && file.p[slash - 1] != '/') slash--;
    if (path.n > 0 && path.p[0] == '/') slash = 0;
    return arena_printf(l->arena, "%.*s%.*s", (int)slash, file.p, STR_FMT(path));
}

static void error_cycle(struct load *l, const struct import_decl *import, const struct loaded *to) {
    uint32_t from = 0;
    while (l->way[from] != to) from++;
    struct buf chain;
    buf_init(&chain);
    for (uint32_t i = from; i < l->depth; i++)
        buf_printf(&chain, "%.*s → ", STR_FMT(l->way[i]->shown));
    if (l->depth - from == 1)
        diag_error(l->diags, import->span, "this file imports itself");
    else
        diag_error(l->diags, import->span, "these files import one another: %s%.*s",
                   buf_cstr(&chain), STR_FMT(to->shown));
    buf_fini(&chain);
    l->good = false;
}

static void load_imports(struct load *l, uint32_t tree_file, struct str shown);

/* `import` is NULL for a file that the user named. */
static void load_file(struct load *l, const char *path, const struct import_decl *import,
                      const char **why) {
    struct str id = load_identity(l, path);
    struct loaded *file = map_get(&l->files, id);
    if (file) {
        if (file->open) error_cycle(l, import, file);
        return;
    }
    file = arena_new(l->arena, struct loaded);
    file->shown = arena_copy(l->arena, str_of(path));
    map_put(&l->files, id, file);
    uint32_t source;
    const char *reason = NULL;
    if (!sources_load(l->sources, path, &source, &reason)) {
        l->good = false;
        if (import) diag_error(l->diags, import->span, "cannot be imported: %s", reason);
        else if (!*why) *why = reason;
        return;
    }
    uint32_t at = l->tree->nfiles;
    if (!parse_file(l->tree, source, l->diags)) l->good = false;
    if (at == l->tree->nfiles) return;
    file->open = true;
    l->way[l->depth++] = file;
    load_imports(l, at, file->shown);
    l->depth--;
    file->open = false;
}

static void load_imports(struct load *l, uint32_t tree_file, struct str shown) {
    uint32_t n = l->tree->files[tree_file].ndecls;
    for (uint32_t i = 0; i < n; i++) {
        /* The array of files moves when files are added. */
        const struct decl *d = &l->tree->files[tree_file].decls[i];
        if (d->kind != DECL_IMPORT || d->import->path.n == 0) continue;
        if (l->depth == LOAD_MAX_DEPTH) {
            diag_error(l->diags, d->import->span, "imports go deeper than %d files",
                       LOAD_MAX_DEPTH);
            l->good = false;
            return;
        }
        if (memchr(d->import->path.p, 0, d->import->path.n)) {
            diag_error(l->diags, d->import->span, "a path holds no zero byte");
            l->good = false;
            continue;
        }
        load_file(l, load_beside(l, shown, d->import->path), d->import, NULL);
    }
}

bool rules_load(struct tree *tree, struct sources *sources, const char *const *paths, uint32_t n,
                struct diags *diags, const char **why) {
    struct load l = {.tree = tree, .sources = sources, .diags = diags, .arena = tree->arena,
                     .good = true};
    *why = NULL;
    map_init(&l.files, l.arena);
    for (uint32_t i = 0; i < n; i++) load_file(&l, paths[i], NULL, why);
    return l.good;
}
