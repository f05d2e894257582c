/* program: the life of a compiled rule set. Everything that it points to lies in its own arena, so
 * the last drop is one release; between first hold and last drop nothing in it changes.
 *
 *   reload: compile aside → verify → workers hold the new one, drop the old one, each in its time
 *
 * The count is atomic because workers drop a program between two of their own events. The arena is
 * not: only the thread that builds a program may allocate in it.
 * Tests: tests/unit/engine/test_verify.c
 */
#include "engine/program.h"

#include <stdlib.h>

#include "base/log.h"

struct program *program_new(void) {
    struct program *p = must_zalloc(sizeof *p);
    arena_init(&p->arena);
    p->refs = 1;
    return p;
}

struct program *program_hold(struct program *p) {
    __atomic_fetch_add(&p->refs, 1, __ATOMIC_RELAXED);
    return p;
}

void program_drop(struct program **program) {
    struct program *p = *program;
    *program = NULL;
    /* Release and acquire: all that others did with it happens before it is freed. */
    if (!p || __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) != 0) return;
    arena_fini(&p->arena);
    free(p);
}
