/* support: a text parsed, for the tests of grammar/. */
#ifndef OMEN_TESTS_GRAMMAR_SUPPORT_H
#define OMEN_TESTS_GRAMMAR_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "grammar/lexer.h"
#include "grammar/parser.h"
#include "grammar/print.h"

struct text { /* one file, and what became of it */
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;
    struct buf shown;
    uint32_t file;
};

static inline void text_init(struct text *t, struct str text) {
    arena_init(&t->arena);
    sources_init(&t->sources, &t->arena);
    diags_init(&t->diags, &t->arena, &t->sources);
    tree_init(&t->tree, &t->arena, &t->sources);
    buf_init(&t->shown);
    t->file = sources_add(&t->sources, STR("case.rules"), text);
}

static inline void text_fini(struct text *t) {
    buf_fini(&t->shown);
    arena_fini(&t->arena);
}

/* The canonical text in *out; false if it does not parse (then the messages). */
static inline bool text_canonical(struct str text, struct buf *out) {
    struct text t;
    text_init(&t, text);
    bool good = parse_file(&t.tree, t.file, &t.diags);
    if (good) print_canonical(&t.tree, &t.tree.files[0], out);
    else diags_print(&t.diags, out, false);
    text_fini(&t);
    return good;
}

/* Printing gives a text that parses and prints as itself. */
static inline void assert_stable(struct str text) {
    struct buf once, twice;
    buf_init(&once), buf_init(&twice);
    if (!text_canonical(text, &once)) fail_msg("%s", buf_cstr(&once));
    if (!text_canonical(buf_view(&once), &twice)) fail_msg("%s", buf_cstr(&twice));
    assert_string_equal(buf_cstr(&once), buf_cstr(&twice));
    buf_fini(&once), buf_fini(&twice);
}

#endif
