/* options: the command line as tables. A subcommand is one `struct command`: its --help, its checks
 * and its "did you mean" all come from the table.
 *
 *   --name VALUE · --name=VALUE · -n VALUE (if it has a letter) · -- (only arguments follow)
 *
 * Options and arguments come in any order. Of an option given twice the last holds, unless it is
 * one that gathers. A value that begins with -- must be joined with =, so that a forgotten value is
 * noticed.
 *
 * What the command line does not say the environment may: OMEN_DEAD_LETTER for --dead-letter (an
 * option with a value that does not gather), OMEN_KAFKA_SASL_PASSWORD for the property
 * sasl.password of --kafka; and what neither says, the file of --config (config.h). Where a value
 * came from is remembered. One thread. Tests: tests/cli/options.t, config.t
 */
#ifndef OMEN_CLI_OPTIONS_H
#define OMEN_CLI_OPTIONS_H

#include "base/arena.h"
#include "base/buf.h"

struct option {
    const char *name;  /* without the dashes; NULL ends a table */
    const char *value; /* its name in --help: SINK; the values that are right, with | between them:
                          text|json; NULL: a flag */
    const char *help;
    char letter;       /* 'i' for -i; 0: none */
    bool gathers;      /* may be repeated, every value counts */
    bool later;        /* decided, not built: refused, and not shown */
    bool flag_only;    /* of the command line alone: not in a configuration file */
    bool act;          /* no setting, but something else to do: --check */
};

struct options;

struct command {
    const char *name;
    const char *arguments; /* "RULES..." */
    const char *summary;   /* what it does, in one line */
    const char *about;     /* more, in whole lines; NULL */
    const char *example;   /* a command line that works */
    const struct option *options;
    int (*run)(const struct options *given); /* gives the exit code */
};

struct values {
    const char **v;
    uint32_t n, cap;
};

struct options {
    struct arena arena;
    const struct command *command;
    struct values arguments, argument_origins;
    struct values *values; /* beside command->options; a flag: one value "" */
    struct values *origins; /* beside them: where each value was said, for people */
};

enum { OPTIONS_GO = -1 };

/* `argv` behind the subcommand's name. OPTIONS_GO, or the exit code to leave with: --help was
 * printed, or a message given. options_fini in every case. */
int options_parse(struct options *o, const struct command *command, int argc, char **argv);
void options_fini(struct options *o);

/* One more value of option i; `origin` is kept. False with *why (arena), and nothing is changed. */
bool options_take(struct options *o, uint32_t i, const char *value, const char *origin,
                  const char **why);

/* The property NAME=VALUE of --kafka; those that were said before, by who comes first, win. */
bool options_property_said(const struct options *o, uint32_t i, uint32_t n, const char *property);

/* By the option's name, which must be in the table. */
bool option_flag(const struct options *o, const char *name);
/* Its duration; left alone if it was not given. False after a message. */
bool option_duration(const struct options *o, const char *name, int64_t *ns);
const char *option_value(const struct options *o, const char *name); /* NULL: not given */
bool option_by_command_line(const struct options *o, const char *name, uint32_t which);
const struct values *option_values(const struct options *o, const char *name);

/* The page of --help. */
void command_help(const struct command *command, struct buf *out);

/* "; did you mean --late?" with `before` in front of the nearest of the names, or nothing. */
const char *nearest_text(struct arena *arena, const char *wanted, const struct str *names, size_t n,
                         const char *before);

#endif
