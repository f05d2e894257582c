/* load: rule files of the command line → program, and everything that is wrong with them →
 * messages.
 *
 *   paths ─rules_load→ tree ─rules_front→ set ─rules_assemble→ program    diags gather on the way
 *
 * Everything but the program lives in the arena of `struct rules`. One thread.
 * Tests: tests/cli/check.t
 */
#ifndef OMEN_CLI_LOAD_H
#define OMEN_CLI_LOAD_H

#include "cli/options.h"
#include "rules/compile.h"

struct rules {
    struct arena arena;
    struct sources sources;
    struct tree tree;
    struct diags diags;
    const char *why;         /* a file that could not be read; else NULL */
    struct rule_set *set;    /* NULL if a file did not parse */
    struct program *program; /* NULL after an error */
};

/* Empty, for callers that add texts themselves; the two below begin with it. */
void rules_begin(struct rules *r);

/* Parses (rules_parse) and compiles (rules_read). False after an error; then rules_report says it.
 * rules_fini in every case. */
bool rules_parse(struct rules *r, const struct values *paths);
bool rules_read(struct rules *r, const struct values *paths, const struct values *params);
/* The same, and the program has probes (rules/probes.h). */
bool rules_read_probed(struct rules *r, const struct values *paths, const struct values *params);
void rules_fini(struct rules *r);

/* Of all texts, in the order of their files. */
void rules_hash(const struct rules *r, char out[33]);

/* Messages to standard error: with the text underlined and, if there are errors, how many; or a log
 * line each where the log is JSON. */
void rules_report(struct rules *r, bool json_log);

/* "2 errors, 1 warning", or nothing. */
void rules_count(const struct rules *r, struct buf *out);

/* At least one rule file, or a message. */
bool have_arguments(const struct options *given, const char *what);

/* --param NAME=VALUE, each; false after a message. */
bool params_split(const struct values *params, struct arena *arena, struct param_value **out);

#endif
