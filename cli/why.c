/* why: why a rule fired for a key, or how near it came, on recorded input.
 *
 *   rules ─probed→ program ┐
 *   --in ──────slices──────┴→ engine ─trace→ why_watch ─→ why_tell ─→ standard output
 *
 * All other rules run as well, so that the result is that of `omen replay`; only the one is
 * watched. Exit 0 when there was an alert, 1 when there was none. Tests: tests/cli/why.t
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/command.h"
#include "cli/inputs.h"
#include "cli/load.h"
#include "cli/signals.h"
#include "cli/tables.h"
#include "cli/terminal.h"
#include "cli/why_fields.h"
#include "cli/why_tell.h"
#include "connectors/cell.h"

enum { NAMES_SHOWN = 10 };

/* ---- the rule -------------------------------------------------------------------------------- */

static bool find_rule(struct rules *r, const char *name, uint32_t *number) {
    const struct program *p = r->program;
    struct str *names = arena_array(&r->arena, struct str, p->nrules + 1);
    for (uint32_t i = 0; i < p->nrules; i++) {
        names[i] = p->rules[i].name;
        *number = i;
        if (name && str_equal(names[i], str_of(name))) return true;
    }
    if (!name && p->nrules == 1) return true; /* no choice */
    for (uint32_t i = 0; name && i < r->set->nrules; i++) {
        const struct rule_decl *d = r->set->rules[i].decl;
        if (!str_equal(d->name.text, str_of(name))) continue;
        log_error("why: rule %s does not run (mode off)", name);
        return false;
    }
    const char *near = name ? nearest_text(&r->arena, name, names, p->nrules, "") : "";
    for (uint32_t i = 0; !*near && i < p->nrules && i < NAMES_SHOWN; i++)
        near = arena_printf(&r->arena, "%s%s%.*s", i ? near : "; the rules are ", i ? ", " : "",
                            STR_FMT(names[i])); 
    if (name) log_error("why: there is no rule %s%s", name, near);
    else log_error("why: expected --rule NAME%s", near);
    return false;
}

static bool has_steps(const struct why *w) {
    const struct program_rule *rule = &w->program->rules[w->number];
    if (!rule->by_window) return true;
    log_error("why: rule %.*s is asked of windows (`every`) and takes no events; omen why tells of "
              "patterns and of `when`: its alerts say which window they are of, and what is in it",
              STR_FMT(rule->name));
    return false;
}

/* ---- the key --------------------------------------------------------------------------------- */

/* The parts of --key: of a composite key separated by commas, or as a JSON array of texts and bare
 * words. False where it is no such array. */
static bool split_key(const char *text, bool composite, struct arena *arena, struct values *out) {
    struct buf part;
    bool array = composite && *text == '[', good = true;
    buf_init(&part);
    for (const char *p = text + array; good; p++) {
        bool quoted = array && *p == '"';
        while (quoted && *++p && *p != '"') buf_char(&part, *p == '\\' && p[1] ? *++p : *p);
        good = !quoted || *p == '"';
        if (quoted) continue;
        bool end = *p == 0 || (array && *p == ']');
        if (end || (composite && *p == ',')) {
            struct str s = array ? str_trim(buf_view(&part)) : buf_view(&part);
            arena_push(arena, out->v, out->n, out->cap, arena_copy(arena, s).p);
            buf_reset(&part);
        } else {
            buf_char(&part, *p);
        }
        if (end) {
            good = !array || (*p == ']' && !p[1]);
            break;
        }
    }
    buf_fini(&part);
    return good;
}

/* A text as a value of the field's type. */
static bool read_value(const struct schema_field *f, const char *text, struct value *v) {
    struct str s = str_of(text);
    struct cell_want want = cell_field(f);
    bool yes = strcmp(text, "true") == 0;
    if (f->type == VALUE_BOOL) {
        *v = (struct value){.i = yes, .type = VALUE_BOOL};
        return yes || strcmp(text, "false") == 0;
    }
    if (f->type != VALUE_STRING && cell_is_number(s) && cell_number(want, s, v) == CELL_OK)
        return true;
    return cell_text(want, s, v) == CELL_OK;
}

/* "card" or "src,dst" */
static const char *key_names(const struct program *p, const struct program_group *g,
                             struct arena *arena) {
    const char *text = "";
    for (uint32_t i = 0; i < g->nkey_fields; i++) {
        const struct schema *s = &p->streams[g->inputs[0].stream];
        text = arena_printf(arena, "%s%s%.*s", text, i ? "," : "",
                            STR_FMT(s->fields[g->inputs[0].key_fields[i]].name));
    }
    return text;
}

static bool find_key(struct rules *r, const char *text, struct why *w) {
    const struct program_rule *rule = &r->program->rules[w->number];
    const struct program_group *g = &r->program->groups[rule->group];
    const char *names = key_names(r->program, g, &r->arena);
    struct values parts = {0};
    if (!g->nkey_fields && text)
        log_error("why: rule %.*s has no `by`: all events are of one key; leave --key out",
                  STR_FMT(rule->name));
    if (!g->nkey_fields) return text == NULL;
    if (!text) {
        log_error("why: expected --key: rule %.*s looks at each %s by itself, as in --key %s",
                  STR_FMT(rule->name), names, names);
        return false;
    }
    bool good = split_key(text, g->nkey_fields > 1, &r->arena, &parts);
    if (!good || parts.n != g->nkey_fields) {
        log_error("why: --key %s: expected %u values, for %s, separated by commas, or a JSON "
                  "array", text, g->nkey_fields, names);
        return false;
    }
    struct value *key = arena_array(&r->arena, struct value, parts.n);
    for (uint32_t i = 0; i < parts.n; i++) {
        const struct schema *s = &r->program->streams[g->inputs[0].stream];
        const struct schema_field *f = &s->fields[g->inputs[0].key_fields[i]];
        char wanted[96];
        if (read_value(f, parts.v[i], &key[i])) continue;
        log_error("why: --key %s: expected %s for %.*s, found %s", text, cell_wanted(f, wanted),
                  STR_FMT(f->name), parts.v[i]);
        return false;
    }
    w->key = key;
    return true;
}

static bool find_time(const char *text, int64_t *at) {
    *at = INT64_MAX;
    if (!text || time_parse(str_of(text), true, at)) return true;
    log_error("why: --at %s: expected a time with its zone, as in 2026-01-31T12:00:00Z: the `time` "
              "of the alert", text);
    return false;
}

/* ---- the command ----------------------------------------------------------------------------- */

static int no_pause(void *context) {
    (void)context;
    return -1;
}

static void malformed(void *context, const struct dead_letter *letter) {
    struct why *w = context;
    (void)letter;
    w->malformed++;
}

static void feed_slice(struct why *w, const struct inputs *in, const struct slice *s) {
    switch (s->kind) {
    case SLICE_TIME: why_advance(w, s->at_ns); break;
    case SLICE_LATE: why_late(w, s->batch, s->first, s->n); break;
    case SLICE_ROWS:
        if (in->read[s->batch->stream]) why_feed(w, s->batch, s->first, s->n, s->fresh);
    }
}

static int tell(struct why *w) {
    struct buf out;
    buf_init(&out);
    why_fields_find(w);
    int code = why_tell(w, &out) ? EXIT_FINE : EXIT_FAILED;
    int written = terminal_out(&out);
    buf_fini(&out);
    return written ? written : code;
}

static int watch(struct inputs *inputs, bool drain, struct why *w) {
    struct slice slice;
    signals_lock(); /* inputs_next gives it up while it reads */
    inputs_start(inputs);
    while (inputs_next(inputs, &slice)) feed_slice(w, inputs, &slice);
    signals_unlock();
    inputs_leave(inputs);
    if (inputs->failed) {
        log_error("%s", inputs->failed);
        return EXIT_WORLD;
    }
    why_finish(w, drain);
    return tell(w);
}

static int open_and_watch(struct rules *r, const struct options *given, struct why *w) {
    struct inputs inputs;
    struct tables tables;
    struct journal journal = {0};
    const char *why = "";
    struct inputs_options options = {.batch_rows = BATCH_ROWS, .lateness_ns = -1,
                                     .journal = &journal, .pause = no_pause,
                                     .dead_letter = malformed, .context = w};
    if (option_value(given, "lateness") &&
        !option_duration(given, "lateness", &options.lateness_ns))
        return EXIT_MISTAKE;
    bool fine = inputs_open(&inputs, option_values(given, "in"), r->program, &options, &r->arena);
    int code = tables_open(&tables, option_values(given, "table"), r->program, NULL, &r->arena);
    if (!fine) code = EXIT_MISTAKE;
    if (code == EXIT_FINE && !why_open(w, &why)) {
        log_error("%s", why);
        code = EXIT_MISTAKE;
    }
    if (code == EXIT_FINE) {
        for (uint32_t i = 0; i < tables.n; i++)
            if (tables.v[i].now) engine_table(w->engine, i, tables.v[i].now);
        code = watch(&inputs, option_flag(given, "drain"), w);
    }
    if (w->rule) why_close(w);
    tables_close(&tables);
    inputs_close(&inputs);
    return code;
}

static int run(const struct options *given) {
    if (!have_arguments(given, "rule files")) return EXIT_MISTAKE;
    struct rules r;
    int code = EXIT_MISTAKE;
    if (rules_read_probed(&r, &given->arguments, option_values(given, "param"))) {
        struct why w = {.arena = &r.arena, .set = r.set, .program = r.program};
        if (find_rule(&r, option_value(given, "rule"), &w.number) && has_steps(&w) &&
            find_key(&r, option_value(given, "key"), &w) &&
            find_time(option_value(given, "at"), &w.at))
            code = open_and_watch(&r, given, &w);
    } else {
        rules_report(&r, false);
    }
    rules_fini(&r);
    return code;
}

static const struct option options[] = {
    {.name = "rule", .value = "NAME", .help = "the rule; may be left out where there is one"},
    {.name = "key",
     .value = "KEY",
     .help = "the key, as the `subject` of an alert; of several fields separated by commas, or a "
             "JSON array"},
    {.name = "at",
     .value = "TIME",
     .help = "only what ends at that time, as the `time` of an alert; where there is no alert, "
             "what was near one then"},
    {.name = "in",
     .value = "STREAM=SOURCE",
     .gathers = true,
     .help = "recorded events, as for omen replay; one for each stream"},
    {.name = "table",
     .value = "NAME=FILE",
     .gathers = true,
     .help = "where the rows of a table come from, as for omen replay"},
    {.name = "lateness",
     .value = "DURATION",
     .help = "how long older events are waited for and put in order, as for omen replay (0s)"},
    OPTION_PARAM,
    {.name = "drain", .help = "where the input ends, let time go on until nothing waits for it"},
    {0},
};

const struct command why_command = {
    .name = "why",
    .arguments = "RULES... --rule R --key K --in STREAM=SOURCE",
    .summary = "why a rule fired, or how near it came",
    .about = "For each alert of the rule and key: what each step took, and its condition with the\n"
             "values. Where there is none: what came nearest, and what it failed by. Exits with 1\n"
             "when there was no alert.\n",
    .example = "omen why speeding.rules --rule sustained_speeding --key v1 --in "
               "telemetry=telemetry.ndjson",
    .options = options,
    .run = run,
};
