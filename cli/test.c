/* test: runs the test blocks of rule files (cli/test_run.h) and says which failed.
 *
 * As text each failed test with its timeline and a closing line; with --format=json one object a
 * test in one array; with --format=tap the Test Anything Protocol, version 13. All of it goes to
 * standard output: it is what was asked for. A test of a rule of `mode off` is a mistake, like a
 * wrong rule: nothing is run then. A test with `with` has a program of its own.
 * Tests: tests/cli/test.t
 */
#include "base/log.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/terminal.h"
#include "cli/test_run.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_TAP };

struct testing {
    struct rules rules;
    struct param_value *params;
    uint32_t nparams;
    enum format format;
    int64_t lateness_ns;
    struct buf out;
    uint32_t passed, failed;
};

/* ---- programs -------------------------------------------------------------------------------- */

static bool refused(struct rules *r) {
    for (uint32_t i = 0; i < r->set->ntests; i++) {
        const struct rule_test *t = &r->set->tests[i];
        if (t->off) diag_error(&r->diags, t->decl->rule.span, "a rule of `mode off` is not run");
    }
    return r->diags.errors != 0;
}

/* The program with the test's params, and its set; NULL after messages. Of the front's other
 * messages the first compilation has told. */
static struct program *program_with(struct testing *t, const struct rule_test *test,
                                    struct rule_set **set) {
    struct rules *r = &t->rules;
    *set = r->set;
    if (!test->nwith) return program_hold(r->program);
    struct diags diags;
    diags_init(&diags, &r->arena, &r->sources);
    struct param_value *params =
        arena_array(&r->arena, struct param_value, t->nparams + test->nwith);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->nparams; i++) params[n++] = t->params[i];
    for (uint32_t i = 0; i < test->nwith; i++) params[n++] = test->with[i];
    *set = rules_front(&r->tree, params, n, &diags);
    (*set)->probed = true;
    struct program *program = diags.errors ? NULL : rules_assemble(*set);
    if (!program) {
        log_error("the rules do not compile with the parameters of test \"%.*s\":",
                  STR_FMT(test->decl->title));
        struct buf text;
        buf_init(&text);
        diags_print(&diags, &text, false);
        terminal_err(&text);
        buf_fini(&text);
    }
    return program;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static void put_place(struct testing *t, const struct test_decl *d) {
    uint32_t line, column;
    sources_place(&t->rules.sources, d->span.file, d->span.start, &line, &column);
    struct str file = t->rules.sources.files[d->span.file].name;
    buf_printf(&t->out, "%.*s:%u", STR_FMT(file), line);
}

static void say_json(struct testing *t, const struct test_run *run, struct str told) {
    const struct test_decl *d = run->test->decl;
    uint32_t line, column;
    sources_place(&t->rules.sources, d->span.file, d->span.start, &line, &column);
    buf_text(&t->out, t->passed + t->failed == 1 ? "[{\"file\":" : ",\n{\"file\":");
    buf_json_str(&t->out, t->rules.sources.files[d->span.file].name);
    buf_printf(&t->out, ",\"line\":%u,\"title\":", line);
    buf_json_str(&t->out, d->title);
    buf_text(&t->out, ",\"rule\":");
    buf_json_str(&t->out, d->rule.text);
    buf_printf(&t->out, ",\"passed\":%s", run->passed ? "true" : "false");
    if (told.n) {
        buf_text(&t->out, ",\"why\":");
        buf_json_str(&t->out, told);
    }
    buf_char(&t->out, '}');
}

static void say_tap(struct testing *t, const struct test_run *run, struct str told) {
    const struct test_decl *d = run->test->decl;
    buf_printf(&t->out, "%sok %u - %.*s: ", run->passed ? "" : "not ", t->passed + t->failed,
               STR_FMT(d->rule.text));
    for (size_t i = 0; i < d->title.n; i++) {
        if (d->title.p[i] == '#') buf_char(&t->out, '\\'); /* alone it begins a directive */
        buf_char(&t->out, d->title.p[i] == '\n' ? ' ' : d->title.p[i]);
    }
    buf_char(&t->out, '\n');
    for (size_t i = 0; i < told.n; i++) {
        if (i == 0 || told.p[i - 1] == '\n') buf_text(&t->out, "#");
        buf_char(&t->out, told.p[i]);
    }
}

static void say(struct testing *t, const struct test_run *run, const struct rule_set *set,
                struct program *program) {
    struct buf told;
    buf_init(&told);
    if (!run->passed) test_tell(run, program, &told);
    if (!run->passed) test_near(run, set, program, &told);
    if (t->format == FORMAT_JSON) {
        say_json(t, run, buf_view(&told));
    } else if (t->format == FORMAT_TAP) {
        say_tap(t, run, buf_view(&told));
    } else if (!run->passed) {
        const struct test_decl *d = run->test->decl;
        put_place(t, d);
        buf_printf(&t->out, ": \"%.*s\" for %.*s failed\n%.*s\n", STR_FMT(d->title),
                   STR_FMT(d->rule.text), STR_FMT(buf_view(&told)));
    }
    buf_fini(&told);
}

/* ---- the command ----------------------------------------------------------------------------- */

static bool run_test(struct testing *t, const struct rule_test *test) {
    struct rule_set *set;
    struct program *program = program_with(t, test, &set);
    if (!program) return false;
    struct arena arena;
    const char *why = "";
    arena_init(&arena);
    struct test_run run = {.test = test, .arena = &arena, .lateness_ns = t->lateness_ns};
    while (!str_equal(program->rules[run.rule].name, test->decl->rule.text)) run.rule++;
    bool made = test_run(&run, program, &why);
    if (made) {
        ++*(run.passed ? &t->passed : &t->failed);
        say(t, &run, set, program);
    } else {
        log_error("%s", why);
    }
    arena_fini(&arena);
    program_drop(&program);
    return made;
}

static void say_end(struct testing *t) {
    if (t->format == FORMAT_JSON)
        buf_text(&t->out, t->passed + t->failed ? "]\n" : "[]\n");
    else if (t->format == FORMAT_TEXT)
        buf_printf(&t->out, "%u passed, %u failed\n", t->passed, t->failed);
}

static enum format format_of(const char *word) {
    if (word && strcmp(word, "json") == 0) return FORMAT_JSON;
    if (word && strcmp(word, "tap") == 0) return FORMAT_TAP;
    return FORMAT_TEXT;
}

static int run(const struct options *given) {
    if (!have_arguments(given, "rule files")) return EXIT_MISTAKE;
    const struct values *params = option_values(given, "param");
    struct testing t = {.format = format_of(option_value(given, "format")),
                        .nparams = params->n};
    if (!option_duration(given, "lateness", &t.lateness_ns)) return EXIT_MISTAKE;
    buf_init(&t.out);
    bool fine = rules_read_probed(&t.rules, &given->arguments, params) && !refused(&t.rules);
    if (!fine) rules_report(&t.rules, false);
    else params_split(params, &t.rules.arena, &t.params);
    uint32_t n = fine ? t.rules.set->ntests : 0;
    if (fine && t.format == FORMAT_TAP) buf_printf(&t.out, "TAP version 13\n1..%u\n", n);
    for (uint32_t i = 0; fine && i < n; i++) fine = run_test(&t, &t.rules.set->tests[i]);
    if (fine) say_end(&t);
    int code = !fine ? EXIT_MISTAKE : t.failed ? EXIT_FAILED : EXIT_FINE;
    int written = terminal_out(&t.out);
    buf_fini(&t.out);
    rules_fini(&t.rules);
    return code ? code : written;
}

static const struct option options[] = {
    {.name = "format", .value = "text|json|tap",
     .help = "text for people (the default), JSON, or the Test Anything Protocol"},
    {.name = "lateness",
     .value = "DURATION",
     .help = "how long events that arrive late are waited for, as in 5s (0s)"},
    OPTION_PARAM,
    {0},
};

const struct command test_command = {
    .name = "test",
    .arguments = "RULES...",
    .summary = "run the test blocks of rule files",
    .about = "A test feeds its events to its rule and compares the alerts with what it expects.\n"
             "A failure shows the events, what took them, what was wanted and what came. Exits\n"
             "with 1 when a test failed.\n",
    .example = "omen test speeding.rules",
    .options = options,
    .run = run,
};
