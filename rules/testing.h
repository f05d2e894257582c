/* testing: `test` blocks → what a runner needs, all names resolved and all values typed.
 *
 *   telemetry { vehicle: "v1", at: 10s }    a row: one value for each field of the stream's schema
 *   given merchants { merchant: "m" }       a row of a table: likewise
 *   wait 60s                                the clock, `at`: the time of the last step plus 60 s
 *   expect at 40s { lanes: [2, 2, 1] }      the time, and checks: what of the alert, which value
 *
 * A moment is a time, or a duration from 0: 1970-01-01T00:00:00Z. Where a field of type time is
 * wanted, in an event or of an alert, a duration stands for such a moment as well. Steps are in
 * order of time. A test of a rule of `mode off` is no error of the rule file: the runner says it.
 *
 * Made by the front, for every test of every file (set->tests); tests that are wrong are left out,
 * after a message. Tests: tests/cases/check/tests.case, tests/cli/test.t
 */
#ifndef OMEN_RULES_TESTING_H
#define OMEN_RULES_TESTING_H

#include "rules/typed.h"

enum test_subject { SUBJECT_EMIT, SUBJECT_KEY, SUBJECT_SEVERITY, SUBJECT_START, SUBJECT_STEP };

struct test_check { /* `lanes: [2, 2, 1]` */
    enum test_subject subject;
    uint32_t index; /* EMIT: in what the rule emits then; KEY: which part of the key */
    struct name name;
    struct value value; /* null: must be null */
};

struct rule_test_step {
    const struct test_step *step;
    uint16_t stream;            /* EVENT: in set->streams */
    const struct value *values; /* EVENT: one a field */
    bool has_at;                /* EXPECT: it says when */
    int64_t at; /* EVENT: its time; WAIT: the clock afterwards; EXPECT: the moment */
    struct test_check *checks;  /* EXPECT */
    uint32_t nchecks, checks_cap;
};

struct test_row { /* of `given` */
    uint16_t table;             /* in set->tables */
    const struct value *values; /* one a field */
    struct span at;             /* of its key */
};

struct rule_test {
    const struct test_decl *decl;
    struct test_row *given;       /* what tables hold, from the beginning to the end */
    uint32_t ngiven, given_cap;
    struct rule_test_step *steps; /* events, waits and expectations */
    uint32_t nsteps, steps_cap;
    struct param_value *with;     /* to compile with */
    uint32_t nwith, with_cap;
    bool off; /* its rule is of `mode off`: no program has it */
};

#endif
