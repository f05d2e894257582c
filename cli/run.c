/* run: `omen run` and `omen replay`: from options to a plan. They differ in what they are for:
 * replay reads recordings as fast as it goes, with progress on a terminal; run listens, until its
 * input ends or a signal comes.
 * Tests: tests/cli/replay.t, signals.t
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/pipeline.h"
#include "cli/settings.h"
#include "cli/terminal.h"
#include "engine/workers.h"

static const int64_t IDLE_AFTER = 30 * NS_PER_S, FUTURE_BOUND = 5 * NS_PER_MIN;

/* A whole number of the option, or as it was. */
static bool number(const struct options *given, const char *name, uint32_t most, uint32_t *n) {
    const char *text = option_value(given, name);
    if (!text) return true;
    char *end;
    unsigned long found = strtoul(text, &end, 10);
    bool digits = text[0] >= '0' && text[0] <= '9' && *end == 0;
    if (digits && found >= 1 && found <= most) {
        *n = (uint32_t)found;
        return true;
    }
    log_error("--%s: expected a number from 1 to %u, found %s", name, most,
              *text ? text : "nothing");
    return false;
}

static uint32_t cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    uint32_t n = (uint32_t)CPU_COUNT(&set);
    return n > WORKERS_MOST ? WORKERS_MOST : n;
}

/* Events named where rules are expected. */
static bool look_like_rules(const struct options *given) {
    static const char *const endings[] = {".ndjson", ".jsonl", ".json", ".csv", ".gz", ".zst"};
    for (uint32_t i = 0; i < given->arguments.n; i++) {
        const char *path = given->arguments.v[i];
        for (size_t j = 0; j < sizeof endings / sizeof *endings; j++) {
            if (!str_ends(str_of(path), str_of(endings[j]))) continue;
            log_error("%s: %s is no rule file by its name: events are given by --in STREAM=%s",
                      given->command->name, path, path);
            return false;
        }
    }
    return true;
}

/* What the wall clock has to do with is not for recordings. */
static bool of_recordings(const struct options *given) {
    static const char *const live[] = {"idle-after", "future-bound"};
    for (size_t i = 0; i < sizeof live / sizeof *live; i++) {
        if (!option_value(given, live[i])) continue;
        log_error("replay: --%s is for omen run: a recording has no silence and no future",
                  live[i]);
        return false;
    }
    return true;
}

/* What a journal has to do with, that is read. */
static bool of_journals(const struct options *given, bool replay) {
    if (!option_values(given, "reload")->n) return true;
    if (replay && option_value(given, "journal")) return true;
    log_error("%s: --reload is for omen replay with a --journal, which says where",
              given->command->name);
    return false;
}

/* `off`: what the word off means, or negative: it means nothing. */
static bool duration(const struct options *given, const char *name, int64_t off, int64_t *ns) {
    const char *text = option_value(given, name);
    if (!text) return true;
    if (off >= 0 && strcmp(text, "off") == 0) {
        *ns = off;
        return true;
    }
    if (duration_parse(str_of(text), ns) && *ns >= (off >= 0) && *ns <= INT64_MAX / 2) return true;
    log_error("--%s %s: expected a duration, as in 5s or 1h30m%s", name, text,
              off >= 0 ? ", or off" : "");
    return false;
}

/* --check: what would be run, and with what. */
static int show_settings(const struct options *given, const struct pipeline_plan *plan) {
    char workers[16];
    snprintf(workers, sizeof workers, "%u", plan->workers);
    const struct setting_default defaults[] = {
        {"out", "-"}, {"batch", "1024"}, {"workers", workers}, {"log-format", "text"},
        {"lateness", plan->live ? "0s; from Kafka 5s" : "0s"},
        {"idle-after", plan->live ? "30s" : "off"}, {"future-bound", plan->live ? "5m" : "off"},
        {NULL, NULL}};
    struct buf text;
    struct rules rules;
    buf_init(&text);
    settings_text(given, defaults, &text);
    int code = terminal_out(&text);
    buf_fini(&text);
    bool fine = rules_read(&rules, plan->rules, plan->params);
    rules_report(&rules, plan->json);
    rules_fini(&rules);
    return fine ? code : EXIT_MISTAKE;
}

/* Secrets on a command line are seen by everybody on the machine. */
static bool kafka_properties(const struct options *given, struct kafka_property *v) {
    const struct values *values = option_values(given, "kafka");
    for (uint32_t i = 0; i < values->n; i++) {
        const char *text = values->v[i], *equals = strchr(text, '=');
        if (!equals || equals == text) {
            log_error("--kafka %s: expected NAME=VALUE, as in bootstrap.servers=localhost:9092",
                      text);
            return false;
        }
        v[i] = (struct kafka_property){{text, (size_t)(equals - text)}, str_of(equals + 1)};
        if (!kafka_is_secret(v[i].name) || !option_by_command_line(given, "kafka", i)) continue;
        log_error("--kafka %.*s: a secret does not belong on the command line, which everybody on "
                  "the machine can see: say it in the file of --config, or in the environment",
                  STR_FMT(v[i].name));
        return false;
    }
    return true;
}

static int start(const struct options *given, bool replay) {
    const char *format = option_value(given, "log-format");
    struct pipeline_plan plan = {.rules = &given->arguments,
                                 .in = option_values(given, "in"),
                                 .out = option_values(given, "out"),
                                 .tables = option_values(given, "table"),
                                 .params = option_values(given, "param"),
                                 .reloads = option_values(given, "reload"),
                                 .late = option_value(given, "late"),
                                 .dead_letter = option_value(given, "dead-letter"),
                                 .shadow = option_value(given, "shadow"),
                                 .drain = option_flag(given, "drain"),
                                 .quiet = option_flag(given, "quiet"),
                                 .json = format && strcmp(format, "json") == 0,
                                 .lateness_ns = -1,
                                 .idle_after_ns = IDLE_AFTER,
                                 .future_ns = FUTURE_BOUND,
                                 .journal = option_value(given, "journal"),
                                 .http = option_value(given, "http"),
                                 .live = !replay,
                                 .progress = replay};
    log_setup(plan.quiet ? LOG_WARNING : LOG_INFO, plan.json);
    if (!have_arguments(given, "rule files") || !look_like_rules(given)) return EXIT_MISTAKE;
    if (replay && !of_recordings(given)) return EXIT_MISTAKE;
    if (!of_journals(given, replay)) return EXIT_MISTAKE;
    plan.batch_rows = BATCH_ROWS;
    plan.workers = cores();
    if (!number(given, "batch", BATCH_MAX_ROWS, &plan.batch_rows)) return EXIT_MISTAKE;
    if (!number(given, "workers", WORKERS_MOST, &plan.workers)) return EXIT_MISTAKE;
    if (!number(given, "ready-lag", UINT32_MAX, &plan.ready_lag)) return EXIT_MISTAKE;
    if (!duration(given, "lateness", -1, &plan.lateness_ns)) return EXIT_MISTAKE;
    if (!duration(given, "idle-after", 0, &plan.idle_after_ns)) return EXIT_MISTAKE;
    if (!duration(given, "future-bound", 0, &plan.future_ns)) return EXIT_MISTAKE;
    uint32_t n = option_values(given, "kafka")->n;
    struct kafka_property *kafka = must_alloc((n + 1) * sizeof *kafka);
    plan.kafka = (struct kafka_properties){kafka, n};
    int code = EXIT_MISTAKE;
    if (kafka_properties(given, kafka))
        code = option_flag(given, "check") ? show_settings(given, &plan) : pipeline_run(&plan);
    free(kafka);
    return code;
}

static int run(const struct options *given) { return start(given, false); }
static int replay(const struct options *given) { return start(given, true); }

static const struct option options[] = {
    {.name = "in",
     .value = "STREAM=SOURCE",
     .gathers = true,
     .help = "where the events of a stream come from: a file (.ndjson .jsonl .json .csv, each also "
             "with .gz or .zst) or - for NDJSON on standard input; given several times for a "
             "stream they are its partitions 0, 1, ...; omen run: also kafka:TOPIC, "
             "zmq:pull:ENDPOINT, zmq:sub:ENDPOINT"},
    {.name = "table",
     .value = "NAME=FILE",
     .gathers = true,
     .help = "where the rows of a table come from: a file (.csv .ndjson .jsonl .json, each also "
             "with .gz or .zst), read whole; omen run reads it again when it changes, and takes "
             "kafka:TOPIC, compacted, too"},
    {.name = "out",
     .value = "SINK",
     .gathers = true,
     .help = "where alerts go: a file, which is appended to, - for standard output (the default), "
             "kafka:TOPIC, zmq:pub:ENDPOINT, zmq:push:ENDPOINT or zmq:ack:ENDPOINT; may be "
             "repeated"},
    {.name = "late",
     .value = "SINK",
     .help = "where late events go, older than one before them in their stream; without it they "
             "are counted"},
    {.name = "lateness",
     .value = "DURATION",
     .help =
         "how long older events of a source are waited for and put in order, as in 5s (0s); what "
         "is older still is late"},
    {.name = "shadow",
     .value = "SINK",
     .help = "where alerts of rules in mode shadow go; without it they are counted"},
    {.name = "dead-letter",
     .value = "SINK",
     .help = "where malformed input goes, with the reason; without it it is counted"},
    OPTION_PARAM,
    {.name = "drain",
     .help = "where the input ends, let time go on until nothing waits for it: absences and "
             "windows that end later are told; without it time stops at the last event"},
    {.name = "batch",
     .value = "ROWS",
     .help = "events that are read at a time, 1 to 4096 (1024); changes no result"},
    {.name = "quiet", .help = "no warnings, no progress, no summary"},
    {.name = "log-format",
     .value = "text|json",
     .help = "messages and the summary for people (the default), or as JSON objects, one a line"},
    {.name = "state", .value = "DIR", .later = true},
    {.name = "workers",
     .value = "N",
     .help = "threads that match, each a share of the keys, 1 to 64 (as many as there are cores); "
             "changes no result"},
    {.name = "kafka",
     .value = "NAME=VALUE",
     .gathers = true,
     .help = "a property of librdkafka, by its own name, for all that goes to Kafka and comes from "
             "there; secrets only in --config or OMEN_KAFKA_..."},
    {.name = "config",
     .value = "FILE",
     .letter = 'c',
     .flag_only = true,
     .help = "a file that says what is said here, in the syntax of rule files; the command line "
             "and the environment win"},
    {.name = "http",
     .value = "ADDRESS",
     .help = "pages on how it goes: /metrics (OpenMetrics), /livez, /readyz, and / for people; a "
             "port, or host:port; without a host on this machine only"},
    {.name = "ready-lag",
     .value = "MESSAGES",
     .help = "omen run: /readyz says no while more messages than that are there and not read (any "
             "number)"},
    {.name = "idle-after",
     .value = "DURATION",
     .help = "omen run: a partition silent for so long is passed over, and when all are, event "
             "time follows the wall clock (30s); off: never"},
    {.name = "future-bound",
     .value = "DURATION",
     .help = "omen run: an event so far ahead of the wall clock is malformed (5m); off: none is"},
    {.name = "journal",
     .value = "FILE",
     .help = "omen run writes there what was late, idle and too far ahead, and where input ended; "
             "omen replay with it gives the same alerts again"},
    {.name = "reload",
     .value = "RULES",
     .gathers = true,
     .help = "omen replay: the rules that took over at a reload of the run that wrote the journal, "
             "several files with commas between them; given once for each reload, in order"},
    {.name = "check",
     .act = true,
     .help = "runs nothing: compiles the rules, and prints every setting and where it was said"},
    {0},
};

#define ABOUT                                                                                     \
    "Alerts are JSON objects (CloudEvents), one a line. SIGTERM and SIGINT end it in order, a\n"  \
    "second one at once; SIGUSR1 prints the counters.\n"

const struct command run_command = {
    .name = "run",
    .arguments = "RULES... --in STREAM=SOURCE",
    .summary = "run rules on live input, until it ends",
    .about = ABOUT "SIGHUP compiles the rules again and goes on with their state: see omen plan.\n",
    .example = "tail -n +1 telemetry.ndjson | omen run speeding.rules --in telemetry=-",
    .options = options,
    .run = run,
};

const struct command replay_command = {
    .name = "replay",
    .arguments = "RULES... --in STREAM=SOURCE",
    .summary = "run rules on recorded input, as fast as it goes",
    .about = ABOUT,
    .example = "omen replay speeding.rules --in telemetry=telemetry.ndjson",
    .options = options,
    .run = replay,
};
