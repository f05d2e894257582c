/* test_run: one test block: its events through the engine, the alerts of its rule against what it
 * expects.
 *
 *   steps ─events, waits→ engine ─alerts of the rule→ came ─cover→ expectations
 *
 * A test passes when every expectation is covered by an alert of its own and every alert covers
 * one, and nothing came that `expect none` excludes. Which alert covers which expectation is a
 * matching in a small graph, by augmenting paths, so that their order does not matter. At the end
 * time stops at the last event or wait. Floats are equal if they differ by less than a part in
 * 10^9.
 *
 * An event that arrives late is late, as the engine means it, if by then an event of its stream or
 * a wait has gone further than the lateness; then it is fed when it arrives, and the engine sets it
 * aside. Otherwise it has been waited for, and is fed in its place. Tests: tests/cli/test.t
 */
#ifndef OMEN_CLI_TEST_RUN_H
#define OMEN_CLI_TEST_RUN_H

#include "engine/engine.h"
#include "rules/testing.h"

struct test_taken { /* an event that an alert took */
    struct str variable;
    uint64_t event; /* which of the test's */
};

struct test_alert { /* deep copies, in the arena of the run */
    enum expect_kind kind; /* ALERT, TIMEOUT, RESOLVED */
    int64_t start, at;     /* at: its end; where it closes, that time */
    struct str severity;
    struct value *key;
    struct str *names; /* of emit */
    struct value *emit;
    uint32_t nkey, nemit;
    struct test_taken *taken;
    uint32_t ntaken, taken_cap;
    uint32_t covers; /* the step it covers, or NONE */
};

struct test_run {
    const struct rule_test *test;
    struct arena *arena;
    uint32_t rule; /* in the program */
    int64_t lateness_ns; /* so much later an event may arrive and take part */
    uint64_t suppressed; /* what `once per` held back */
    struct test_alert *alerts;
    uint32_t nalerts, alerts_cap;
    bool passed;
};

/* `run` holds test, arena, rule. False with a text in *why where the engine cannot be made. */
bool test_run(struct test_run *run, struct program *program, const char **why);

/* Whether an event arrives too late to take part. */
bool test_late(const struct test_run *run, uint32_t step);

/* The name that took the alert's last event. */
struct str test_last_taken(const struct test_alert *alert);

/* The test's tables, then its events and waits in the order of their arrival: each event, numbered
 * from 0, as a batch of one row. */
struct test_sink {
    struct engine *engine; /* the tables' */
    void *context;
    void (*event)(void *context, struct batch *batch);
    void (*wait)(void *context, int64_t until);
};
void test_feed(const struct test_run *run, const struct program *program,
               const struct test_sink *to);

/* What came nearest to an expectation that no alert covers (cli/why_tell.h), as lines; nothing
 * where nothing did. `set` was probed. */
void test_near(const struct test_run *run, const struct rule_set *set, struct program *program,
               struct buf *out);

/* The alert that covers a step, or NULL. */
const struct test_alert *test_covered(const struct test_run *run, uint32_t step);

/* `expect suppressed` of this step is wrong. */
bool test_miscounted(const struct test_run *run, const struct rule_test_step *step);

/* `expect none` of this step is broken by the alert. */
bool test_excluded(const struct rule_test_step *step, const struct test_alert *alert);

/* The failure, as lines: the events as a timeline with what took them; what was expected, and what
 * came. */
void test_tell(const struct test_run *run, const struct program *program, struct buf *out);

#endif
