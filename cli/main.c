/* main: `omen SUBCOMMAND …`: finds the subcommand, parses its options, runs it.
 *
 * SIGPIPE is ignored here, for all: a reader that leaves is seen where writing fails.
 * Tests: tests/cli/main.t
 */
#include <fcntl.h>
#include <signal.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "base/hash.h"
#include "connectors/decoder.h"
#include "connectors/input.h"
#include "engine/regex.h"

const struct command *const commands_all[] = {
    &check_command, &test_command,   &fmt_command, &explain_command,    &why_command,
    &plan_command,  &replay_command, &run_command, &completion_command, &manual_command,
    NULL,
};
enum { COMMANDS = sizeof commands_all / sizeof *commands_all - 1 };

/* ---- about omen itself ----------------------------------------------------------------------- */

static void usage(struct buf *out) {
    buf_text(out, "omen finds patterns in streams of events, by rules.\n\n"
                  "usage: omen COMMAND ...\n\n");
    for (int i = 0; i < COMMANDS; i++)
        buf_printf(out, "  %-11s %s\n", commands_all[i]->name, commands_all[i]->summary);
    buf_text(out, "\n  omen COMMAND --help   more of a command, with an example\n"
                  "  omen --version        versions of omen and its libraries\n\n"
                  "Exit codes: 0 fine; 1 the answer is no (a test failed, fmt --check differs);\n"
                  "2 a mistake in the rules or the command line; 3 the world failed (disk, broken\n"
                  "input).\n");
}

static void version(struct buf *out) {
    buf_text(out, "omen " OMEN_VERSION "\n");
    buf_printf(out, "PCRE2 %s\nsimdjson %s\nzlib %s\nzstd %s\nxxhash %s\n", regex_version(),
               json_version(), gzip_version(), zstd_version(), hash_version());
}

static int say(void (*what)(struct buf *out)) {
    struct buf text;
    buf_init(&text);
    what(&text);
    int code = terminal_out(&text);
    buf_fini(&text);
    return code;
}

static int usage_error(void) {
    struct buf text;
    buf_init(&text);
    usage(&text);
    terminal_err(&text);
    buf_fini(&text);
    return EXIT_MISTAKE;
}

/* ---- dispatch -------------------------------------------------------------------------------- */

const struct command *command_find(const char *name) {
    const struct str flags[] = {STR("--help"), STR("--version")};
    struct str names[COMMANDS];
    struct arena arena;
    for (int i = 0; i < COMMANDS; i++) {
        names[i] = str_of(commands_all[i]->name);
        if (strcmp(commands_all[i]->name, name) == 0) return commands_all[i];
    }
    arena_init(&arena);
    bool flag = *name == '-';
    const char *near = nearest_text(&arena, name, flag ? flags : names, flag ? 2 : COMMANDS, "");
    log_error("there is no %s %s%s (see omen --help)", flag ? "option" : "command", name, near);
    arena_fini(&arena);
    return NULL;
}

static int dispatch(const char *name, int argc, char **argv) {
    const struct command *c = command_find(name);
    if (!c) return EXIT_MISTAKE;
    struct options options;
    int code = options_parse(&options, c, argc, argv);
    if (code == OPTIONS_GO) code = c->run(&options);
    options_fini(&options);
    return code;
}

/* Where a standard stream was closed, a file that is opened later must not take its place: using
 * the stream still fails, as it can only be used the other way round. */
static void keep_standard_streams(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0) open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv) {
    const char *name = argc < 2 ? "" : argv[1];
    bool lives = strcmp(name, "run") == 0;
    if (lives || strcmp(name, "replay") == 0) signals_hold(lives);
    keep_standard_streams();
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) return usage_error();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return say(usage);
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0) return say(version);
    if (strcmp(name, "help") == 0 && argc == 2) return say(usage);
    if (strcmp(name, "help") == 0) {
        char *help[] = {(char *)"--help"};
        return dispatch(argv[2], 1, help);
    }
    return dispatch(name, argc - 2, argv + 2);
}
