/* command: the subcommands, each in the file of its name, and the options that several share.
 * Tests: tests/cli
 */
#ifndef OMEN_CLI_COMMAND_H
#define OMEN_CLI_COMMAND_H

#include "cli/options.h"

#define OMEN_VERSION "0.1.0"

extern const struct command check_command, fmt_command, explain_command, run_command,
    replay_command, test_command, why_command, plan_command, manual_command,
    completion_command;

/* All of them, in order of --help; NULL at the end. */
extern const struct command *const commands_all[];
const struct command *command_find(const char *name); /* NULL after a message */

#define OPTION_PARAM                                                                              \
    {.name = "param", .value = "NAME=VALUE", .gathers = true,                                     \
     .help = "set a `param` of the rules; may be repeated"}

#endif
