/* fuzz_parser: any bytes. What parses without a fault is printed canonically; that text must parse
 * without a fault, to the same tree, and print as itself.
 *
 *   clang-14 -g -O1 -fsanitize=fuzzer,address,undefined -I. -D_GNU_SOURCE \
 *       tests/fuzz/fuzz_parser.c grammar/[a-z]*.c base/[a-z]*.c -lxxhash -lm -o fuzz_parser
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "grammar/parser.h"
#include "grammar/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The canonical text of `text` and its tree drawn; false if it does not parse. */
static bool canonical(struct str text, struct buf *out, struct buf *drawn, struct buf *faults) {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;
    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    tree_init(&tree, &arena, &sources);
    uint32_t file = sources_add(&sources, STR("fuzz"), text);
    bool good = parse_file(&tree, file, &diags);
    check(good == (diags.errors == 0));
    if (good) {
        print_canonical(&tree, &tree.files[0], out);
        print_tree(&tree, &tree.files[0], drawn);
    }
    diags_print(&diags, faults, false);
    arena_fini(&arena);
    return good;
}

static void differs(const char *what, struct buf *a, struct buf *b) {
    fprintf(stderr, "%s\n---- first\n%s\n---- second\n%s\n", what, buf_cstr(a), buf_cstr(b));
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buf once, twice, tree1, tree2, faults;
    buf_init(&once), buf_init(&twice), buf_init(&tree1), buf_init(&tree2), buf_init(&faults);
    if (canonical((struct str){(const char *)data, size}, &once, &tree1, &faults)) {
        if (!canonical(buf_view(&once), &twice, &tree2, &faults))
            differs("the canonical text does not parse", &once, &faults);
        if (!str_equal(buf_view(&tree1), buf_view(&tree2))) differs("trees", &tree1, &tree2);
        if (!str_equal(buf_view(&once), buf_view(&twice))) differs("texts", &once, &twice);
    }
    buf_fini(&once), buf_fini(&twice), buf_fini(&tree1), buf_fini(&tree2), buf_fini(&faults);
    return 0;
}
