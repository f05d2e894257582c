/* manual: man pages and shell completion, made from the tables that --help is made from, so that
 * they cannot say anything else. `make install` runs it.
 *
 *   omen manual              omen(1), the page of the command
 *   omen manual COMMAND      omen-COMMAND(1)
 *   omen completion bash     for `source`, or /usr/share/bash-completion/completions/omen
 *   omen completion zsh      for a folder of $fpath, as _omen
 *
 * Pages are man(7) macros. Tests: tests/cli/manual.t
 */
#include <stdio.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/terminal.h"

/* ---- roff ------------------------------------------------------------------------------------ */

/* Text with what roff would read as its own escaped; a line that begins with a dot or quote too. */
static void roff(struct buf *out, const char *text) {
    for (const char *p = text; *p; p++) {
        bool begins = p == text || p[-1] == '\n';
        if (begins && (*p == '.' || *p == '\'')) buf_text(out, "\\&");
        if (*p == '\\') buf_text(out, "\\e");
        else if (*p == '-') buf_text(out, "\\-");
        else buf_char(out, *p);
    }
}

static void title(struct buf *out, const char *name, const char *summary) {
    buf_printf(out, ".TH \"%s\" \"1\" \"\" \"omen " OMEN_VERSION "\" \"omen\"\n.SH NAME\n", name);
    roff(out, name);
    buf_text(out, " \\- ");
    roff(out, summary);
    buf_char(out, '\n');
}

static void options_page(struct buf *out, const struct option *o) {
    buf_text(out, ".SH OPTIONS\n");
    for (; o && o->name; o++) {
        if (o->later) continue;
        buf_text(out, ".TP\n\\fB");
        if (o->letter) buf_printf(out, "\\-%c\\fR, \\fB", o->letter);
        buf_text(out, "\\-\\-");
        roff(out, o->name);
        buf_text(out, "\\fR");
        if (o->value) {
            buf_text(out, " \\fI");
            roff(out, o->value);
            buf_text(out, "\\fR");
        }
        buf_char(out, '\n');
        roff(out, o->help);
        buf_char(out, '\n');
    }
    buf_text(out, ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nthe same as text\n");
}

static void command_page(struct buf *out, const struct command *c) {
    char name[64];
    snprintf(name, sizeof name, "omen-%s", c->name);
    title(out, name, c->summary);
    buf_printf(out, ".SH SYNOPSIS\n\\fBomen %s\\fR ", c->name);
    roff(out, c->arguments);
    buf_text(out, c->options ? " [\\fIOPTION\\fR...]\n" : "\n");
    buf_text(out, ".SH DESCRIPTION\n");
    roff(out, c->about ? c->about : c->summary);
    if (!c->about) buf_text(out, ".\n");
    options_page(out, c->options);
    if (c->example) {
        buf_text(out, ".SH EXAMPLE\n.nf\n");
        roff(out, c->example);
        buf_text(out, "\n.fi\n");
    }
    buf_text(out, ".SH SEE ALSO\n\\fBomen\\fR(1)\n");
}

static void whole_page(struct buf *out) {
    title(out, "omen", "find patterns in streams of events, by rules");
    buf_text(out, ".SH SYNOPSIS\n\\fBomen\\fR \\fICOMMAND\\fR ...\n.SH DESCRIPTION\n"
                  "Rules say in a small language what to look for: a vehicle that speeds for ten "
                  "seconds, small card payments followed by a large one, a sensor gone silent. "
                  "omen compiles them, runs them for each key over event time, and sends alerts.\n"
                  ".SH COMMANDS\n");
    for (uint32_t i = 0; commands_all[i]; i++) {
        buf_printf(out, ".TP\n\\fBomen\\-%s\\fR(1)\n", commands_all[i]->name);
        roff(out, commands_all[i]->summary);
        buf_char(out, '\n');
    }
    buf_text(out,
             ".SH EXIT STATUS\n.TP\n0\nfine\n.TP\n1\nthe answer is no: a test failed, fmt "
             "\\-\\-check differs\n.TP\n2\na mistake in the rules, the command line or the "
             "configuration\n.TP\n3\nthe world failed: disk, broker, broken input\n"
             ".SH ENVIRONMENT\n.TP\nOMEN_...\nan option with a value that the command line does "
             "not say: OMEN_BATCH for \\-\\-batch\n.TP\nOMEN_KAFKA_...\na property of librdkafka: "
             "OMEN_KAFKA_SASL_PASSWORD for sasl.password\n.TP\nNO_COLOR\nno colour\n");
}

static int manual(const struct options *given) {
    const char *name = given->arguments.n ? given->arguments.v[0] : NULL;
    const struct command *c = name ? command_find(name) : NULL;
    if (name && !c) return EXIT_MISTAKE;
    struct buf page;
    buf_init(&page);
    if (c) command_page(&page, c);
    else whole_page(&page);
    int code = terminal_out(&page);
    buf_fini(&page);
    return code;
}

/* ---- completion ------------------------------------------------------------------------------ */

static void words(struct buf *out, const struct option *o) {
    buf_text(out, "--help");
    for (; o && o->name; o++)
        if (!o->later) buf_printf(out, " --%s", o->name);
}

/* Behind --format: its values; behind any other option with a value: files. */
static void bash_choices(struct buf *out, const struct command *c) {
    for (const struct option *o = c->options; o && o->name; o++) {
        if (o->later || !o->value || !strchr(o->value, '|')) continue;
        buf_printf(out, "            %s.--%s) words='", c->name, o->name);
        for (const char *p = o->value; *p; p++) buf_char(out, *p == '|' ? ' ' : *p);
        buf_text(out, "' ;;\n");
    }
}

static void bash(struct buf *out) {
    buf_text(out, "# bash completion of omen, made by: omen completion bash\n_omen() {\n"
                  "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
                  "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words='--help --version");
    for (uint32_t i = 0; commands_all[i]; i++) buf_printf(out, " %s", commands_all[i]->name);
    buf_text(out, "'\n    else\n        case $command.${COMP_WORDS[COMP_CWORD-1]} in\n");
    for (uint32_t i = 0; commands_all[i]; i++) bash_choices(out, commands_all[i]);
    buf_text(out, "        esac\n        case $command.$word in\n");
    for (uint32_t i = 0; commands_all[i]; i++) {
        buf_printf(out, "            %s.-*) words='", commands_all[i]->name);
        words(out, commands_all[i]->options);
        buf_text(out, "' ;;\n");
    }
    buf_text(out, "        esac\n    fi\n    if [ -n \"$words\" ]; then "
                  "COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
                  "    else compopt -o default; COMPREPLY=(); fi\n}\ncomplete -F _omen omen\n");
}

static void zsh(struct buf *out) {
    buf_text(out, "#compdef omen\n# zsh completion of omen, made by: omen completion zsh\n"
                  "autoload -U +X bashcompinit && bashcompinit\n");
    bash(out);
}

static int completion(const struct options *given) {
    const char *shell = given->arguments.n ? given->arguments.v[0] : "";
    struct buf text;
    bool is_bash = strcmp(shell, "bash") == 0;
    if (!is_bash && strcmp(shell, "zsh") != 0) {
        log_error("completion: expected bash or zsh, found %s", *shell ? shell : "nothing");
        return EXIT_MISTAKE;
    }
    buf_init(&text);
    if (is_bash) bash(&text);
    else zsh(&text);
    int code = terminal_out(&text);
    buf_fini(&text);
    return code;
}

const struct command manual_command = {
    .name = "manual",
    .arguments = "[COMMAND]",
    .summary = "print a man page: of omen, or of one command",
    .example = "omen manual replay | man -l -",
    .run = manual,
};

const struct command completion_command = {
    .name = "completion",
    .arguments = "bash|zsh",
    .summary = "print a script that completes the words of omen's command line",
    .example = "source <(omen completion bash)",
    .run = completion,
};
