/* compiled: rules as text → the program, for tests of the whole. Rules that do not compile are a
 * fault of the test, which fails with the compiler's messages.
 */
#ifndef OMEN_TESTS_UNIT_WHOLE_COMPILED_H
#define OMEN_TESTS_UNIT_WHOLE_COMPILED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "engine/program.h"
#include "grammar/parser.h"
#include "rules/compile.h"

/* `arena` may go before the program does. */
static inline struct program *compiled(struct arena *arena, const char *text) {
    struct sources sources;
    struct tree tree;
    struct diags diags;
    sources_init(&sources, arena);
    tree_init(&tree, arena, &sources);
    diags_init(&diags, arena, &sources);
    uint32_t file = sources_add(&sources, STR("test.rules"), str_of(text));
    struct program *p = NULL;
    if (parse_file(&tree, file, &diags)) p = rules_compile(&tree, NULL, &diags);
    if (p) return p;
    struct buf out;
    buf_init(&out);
    diags_print(&diags, &out, false);
    print_error("%s\n", buf_cstr(&out));
    buf_fini(&out);
    fail_msg("the rules do not compile");
    return NULL;
}

#endif
