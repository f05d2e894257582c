/* tree: the numbering of expressions. Everything else about the tree is in tree.h: it is made by
 * the parser_*.c files and shown by the print_*.c files.
 */
#include "grammar/tree.h"

void tree_init(struct tree *t, struct arena *arena, const struct sources *sources) {
    *t = (struct tree){.arena = arena, .sources = sources};
}

struct expr *tree_expr(struct tree *t, enum expr_kind kind, struct span span) {
    struct expr *e = arena_new(t->arena, struct expr);
    e->kind = kind;
    e->id = t->nexprs++;
    e->span = span;
    e->height = 1;
    return e;
}
