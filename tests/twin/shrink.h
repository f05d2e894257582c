/* shrink: from a case that fails to a smaller one that fails: events, steps, counts, windows,
 * conditions and clauses are left out, one by one, until none can go. */
#ifndef OMEN_TESTS_TWIN_SHRINK_H
#define OMEN_TESTS_TWIN_SHRINK_H

#include "tests/twin/pattern.h"

typedef bool case_fails(const struct twin_case *c, void *context);

void shrink(struct twin_case *c, case_fails *fails, void *context);

#endif
