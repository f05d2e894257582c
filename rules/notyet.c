/* notyet: what the grammar understands and this version does not run. One table, so that it can be
 * seen whole, and so that each line goes when its issue is done. A rule that uses one of these is
 * refused: it must not run as something else than what was written.
 *
 * Patterns' no, until, for, lasting, all and `n of` are refused where the automaton is built
 * (rules/nfa.c).
 * Tests: tests/cases/check/notyet.case
 */
#include "rules/front.h"

static const struct {
    const char *what, *help;
} table[NOTYETS] = {
    [NOTYET_WINDOW] = {"windows (`over`) are", NULL},
    [NOTYET_WHEN] = {"`when` is",
                     "a pattern of one name says the same without windows: match x where x: …"},
    [NOTYET_EVERY] = {"`every` is", NULL},
    [NOTYET_HAVING] = {"`having` is", "put the condition into `where` of the last name"},
    [NOTYET_TIMEOUT] = {"`timeout emit` is", NULL},
    [NOTYET_RESOLVE] = {"`resolve` is", NULL},
    [NOTYET_STREAMS] = {"rules over several streams are", NULL},
    [NOTYET_ON_WHERE] = {"`where` in `on` is", "put the condition into `where` of each name"},
    [NOTYET_KEY] = {"keys that are not fields are", "name a field of the stream: by card"},
    [NOTYET_TABLE] = {"tables are", "a `list` works: list NAME = [\"a\", \"b\"]"},
    [NOTYET_LONGEST] = {"`match longest` is",
                        "`match` ends at the first event that completes the pattern"},
    [NOTYET_SIGNAL] = {"`mode signal` is", "`mode off` leaves the rule out"},
    [NOTYET_RULE_STREAM] = {"rules that read other rules' alerts are", NULL},
};

struct diag *notyet_error(struct diags *diags, struct span at, enum notyet what) {
    struct diag *m = diag_error(diags, at, "%s part of the language but not run by this version",
                                table[what].what);
    if (table[what].help) diag_help(diags, m, "%s", table[what].help);
    return m;
}

static bool is_there(struct span span) { return span.start != span.end; }

/* What hangs on the stream: keys are judged when they are typed. */
static bool notyet_inputs(struct front *f, const struct rule_decl *rule) {
    bool found = false;
    if (rule->ninputs > 1) {
        notyet_error(f->diags, rule->inputs[1].span, NOTYET_STREAMS);
        found = true;
    }
    for (uint32_t i = 0; i < rule->ninputs; i++) {
        if (!rule->inputs[i].where) continue;
        notyet_error(f->diags, rule->inputs[i].where->span, NOTYET_ON_WHERE);
        found = true;
    }
    return found;
}

bool notyet_rule(struct front *f, const struct rule_decl *rule) {
    const struct {
        bool there;
        struct span at;
        enum notyet what;
    } clauses[] = {
        {rule->when != NULL, rule->when_span, NOTYET_WHEN},
        {rule->every.kind != EVERY_NONE, rule->every.span, NOTYET_EVERY},
        {rule->having != NULL, rule->having ? rule->having->span : rule->header, NOTYET_HAVING},
        {is_there(rule->timeout_span), rule->timeout_span, NOTYET_TIMEOUT},
        {is_there(rule->resolve.span), rule->resolve.span, NOTYET_RESOLVE},
        {rule->pattern && rule->match == MATCH_LONGEST, rule->match_span, NOTYET_LONGEST},
        {rule->mode == MODE_SIGNAL, rule->mode_span, NOTYET_SIGNAL},
    };
    bool found = notyet_inputs(f, rule);
    for (size_t i = 0; i < sizeof clauses / sizeof clauses[0]; i++) {
        if (!clauses[i].there) continue;
        notyet_error(f->diags, clauses[i].at, clauses[i].what);
        found = true;
    }
    return found;
}
