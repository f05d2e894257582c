/* why_value: a condition with what each part of it came to, and how far it was from holding.
 *
 *   amount > 50 * avg(probe.amount)
 *     amount 49.00 > 50 * avg(probe.amount) 1.50 = 75.00        false, 26.00 short
 *
 * Names, aggregates and functions have their value behind them; what is computed from them has
 * `= value` at its end. Each part of an `and` or an `or` has a line of its own, and so has what a
 * let stands for. The values are those of the rule's probes (rules/probes.h), of one moment.
 * Tests: tests/cli/why.t
 */
#ifndef OMEN_CLI_WHY_VALUE_H
#define OMEN_CLI_WHY_VALUE_H

#include "rules/typed.h"

struct why_values {
    const struct rule_set *set;
    const struct program_rule *rule;
    const struct value *v; /* beside rule->probes; only those of one place are set */
};

/* 0: it holds; else greater the farther it is from that. Each part that does not hold counts, and
 * of numbers how far they are apart. */
double why_shortfall(const struct why_values *values, const struct expr *condition);

/* Lines with `indent` blanks in front. `all`: also the parts that hold. */
void why_condition(const struct why_values *values, const struct expr *condition, unsigned indent,
                   bool all, struct buf *out);

/* A text is cut behind some dozens of bytes. */
void why_put_value(struct buf *out, struct value v);

#endif
