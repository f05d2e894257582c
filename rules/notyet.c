/* notyet: what the grammar understands and this version does not run. One table, so that it can be
 * seen whole, and so that each line goes when its issue is done. A rule that uses one of these is
 * refused: it must not run as something else than what was written.
 *
 * Tests: tests/cases/check/notyet.case
 */
#include "rules/front.h"

static const struct {
    const char *what, *help;
} table[NOTYETS] = {
    [NOTYET_STEP] = {"a window's `step` is", "without it the window is exact"},
    [NOTYET_EVERY] = {"`every` is", NULL},
};

struct diag *notyet_error(struct diags *diags, struct span at, enum notyet what) {
    struct diag *m = diag_error(diags, at, "%s part of the language but not run by this version",
                                table[what].what);
    if (table[what].help) diag_help(diags, m, "%s", table[what].help);
    return m;
}

bool notyet_rule(struct front *f, const struct rule_decl *rule) {
    const struct {
        bool there;
        struct span at;
        enum notyet what;
    } clauses[] = {
        {rule->every.kind != EVERY_NONE, rule->every.span, NOTYET_EVERY},
    };
    bool found = false;
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++) {
        if (!clauses[i].there) continue;
        notyet_error(f->diags, clauses[i].at, clauses[i].what);
        found = true;
    }
    return found;
}
