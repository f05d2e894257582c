/* rules_load: imports beside the file, each file once, cycles, files that are not there. */
#include <setjmp.h>
#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rules/compile.h"

static char dir[] = "/tmp/omen-load-XXXXXX";

static void put(const char *name, const char *text) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

struct loaded {
    struct arena arena;
    struct sources sources;
    struct tree tree;
    struct diags diags;
    const char *why;
    bool good;
    struct buf shown;
};

static void load(struct loaded *l, const char *const *names, uint32_t n) {
    const char *paths[4];
    arena_init(&l->arena);
    sources_init(&l->sources, &l->arena);
    tree_init(&l->tree, &l->arena, &l->sources);
    diags_init(&l->diags, &l->arena, &l->sources);
    buf_init(&l->shown);
    for (uint32_t i = 0; i < n; i++) paths[i] = arena_printf(&l->arena, "%s/%s", dir, names[i]);
    l->good = rules_load(&l->tree, &l->sources, paths, n, &l->diags, &l->why);
    diags_print(&l->diags, &l->shown, false);
}

static void drop(struct loaded *l) {
    buf_fini(&l->shown);
    arena_fini(&l->arena);
}

static void shows(struct loaded *l, const char *text) {
    if (strstr(buf_cstr(&l->shown), text)) return;
    print_error("not in it: %s\n%s\n", text, buf_cstr(&l->shown));
    fail();
}

static void imports(void **state) {
    (void)state;
    put("main.rules", "import \"lib/cards.rules\"\nimport \"lib/streams.rules\"\n");
    put("lib/cards.rules", "import \"./streams.rules\"\nimport \"../lib/streams.rules\"\n");
    put("lib/streams.rules", "stream s { at : time event }\n");
    struct loaded l;
    load(&l, (const char *const[]){"main.rules", "lib/streams.rules"}, 2);
    assert_true(l.good);
    assert_null(l.why);
    assert_int_equal(l.tree.nfiles, 3);
    drop(&l);
}

static void cycles(void **state) {
    (void)state;
    put("a.rules", "import \"b.rules\"\n");
    put("b.rules", "import \"lib/../c.rules\"\n");
    put("c.rules", "import \"b.rules\"\n");
    put("self.rules", "import \"self.rules\"\n");
    struct loaded l;
    load(&l, (const char *const[]){"a.rules"}, 1);
    assert_false(l.good);
    assert_int_equal(l.diags.errors, 1);
    char text[400];
    snprintf(text, sizeof text, "these files import one another: %s/b.rules → %s/lib/../c.rules → "
                                "%s/b.rules", dir, dir, dir);
    shows(&l, text);
    drop(&l);
    load(&l, (const char *const[]){"self.rules"}, 1);
    assert_false(l.good);
    shows(&l, "this file imports itself");
    drop(&l);
}

static void missing(void **state) {
    (void)state;
    put("m.rules", "import \"not-there.rules\"\nimport \"lib/streams.rules\"\nstream x {\n");
    struct loaded l;
    load(&l, (const char *const[]){"m.rules"}, 1);
    assert_false(l.good);
    assert_null(l.why);
    shows(&l, "m.rules:1:");
    shows(&l, "cannot be imported: ");
    assert_int_equal(l.diags.errors, 2); /* the `}` that is missing is told too */
    assert_int_equal(l.tree.nfiles, 2);  /* and the other import was followed */
    drop(&l);
    load(&l, (const char *const[]){"nowhere.rules", "lib/streams.rules"}, 2);
    assert_false(l.good);
    assert_non_null(strstr(l.why, "nowhere.rules"));
    drop(&l);
}

static void deep(void **state) {
    (void)state;
    for (int i = 0; i < 120; i++) {
        char name[40], text[60];
        snprintf(name, sizeof name, "d%d.rules", i);
        snprintf(text, sizeof text, "import \"d%d.rules\"\n", i + 1);
        put(name, i == 119 ? "" : text);
    }
    struct loaded l;
    load(&l, (const char *const[]){"d0.rules"}, 1);
    assert_false(l.good);
    shows(&l, "imports go deeper than 100 files");
    drop(&l);
    load(&l, (const char *const[]){"d40.rules"}, 1);
    assert_true(l.good);
    drop(&l);
}

static int make_dir(void **state) {
    (void)state;
    char lib[200];
    if (!mkdtemp(dir)) return -1;
    snprintf(lib, sizeof lib, "%s/lib", dir);
    return mkdir(lib, 0700);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place) {
    (void)st;
    (void)type;
    (void)place;
    return remove(path);
}

static int remove_dir(void **state) {
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(imports), cmocka_unit_test(cycles),
                                       cmocka_unit_test(missing), cmocka_unit_test(deep)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
