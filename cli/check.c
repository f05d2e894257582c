/* check: compiles rule files and says everything that is wrong with them.
 *
 * As text the messages and a closing line go to standard error; with --format=json standard output
 * gets one array of objects with spans, empty when all is fine, and standard error nothing.
 * Tests: tests/cli/check.t
 */
#include "base/log.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/terminal.h"

/* What has no place in a text still is an object of the array. */
static int print_json(struct rules *r) {
    struct buf out;
    buf_init(&out);
    if (r->why && *r->why) {
        buf_text(&out, "[{\"severity\":\"error\",\"message\":");
        buf_json_str(&out, str_of(r->why));
        buf_text(&out, r->diags.n ? "},\n" : "}]\n");
    }
    size_t opened = out.n;
    if (opened == 0 || r->diags.n) diags_print_json(&r->diags, &out);
    if (opened && r->diags.n) { /* one array, not two */
        memmove(out.p + opened, out.p + opened + 1, out.n - opened - 1);
        out.n--;
    }
    int code = terminal_out(&out);
    buf_fini(&out);
    return code;
}

static void say_fine(const struct rules *r) {
    struct buf line;
    uint32_t rules = r->program->nrules, streams = program_outer_streams(r->program);
    buf_init(&line);
    rules_count(r, &line);
    if (line.n) buf_text(&line, "; ");
    buf_printf(&line, "%u rule%s, %u stream%s: fine\n", rules, rules == 1 ? "" : "s", streams,
               streams == 1 ? "" : "s");
    terminal_err(&line);
    buf_fini(&line);
}

static int run(const struct options *given) {
    if (!have_arguments(given, "rule files")) return EXIT_MISTAKE;
    const char *format = option_value(given, "format");
    struct rules r;
    bool fine = rules_read(&r, &given->arguments, option_values(given, "param"));
    int code = EXIT_FINE;
    if (format && strcmp(format, "json") == 0) {
        code = print_json(&r);
    } else {
        rules_report(&r, false);
        if (fine) say_fine(&r);
    }
    rules_fini(&r);
    return fine ? code : EXIT_MISTAKE;
}

static const struct option options[] = {
    {.name = "format", .value = "text|json",
     .help = "text for people (the default), or JSON on standard output with the spans"},
    OPTION_PARAM,
    {0},
};

const struct command check_command = {
    .name = "check",
    .arguments = "RULES...",
    .summary = "compile rule files and report everything that is wrong",
    .about = "Several files, and what they import, are one rule set. Exits with 0 when the rules\n"
             "can run, also with warnings, and with 2 when they cannot.\n",
    .example = "omen check speeding.rules",
    .options = options,
    .run = run,
};
