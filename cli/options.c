/* options: see options.h.
 * Tests: tests/cli/options.t
 */
#include "cli/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/config.h"
#include "cli/terminal.h"

enum { HELP_WIDTH = 88 };

#define COMMAND_LINE "the command line"

/* ---- looking up ------------------------------------------------------------------------------ */

static uint32_t option_count(const struct command *c) {
    uint32_t n = 0;
    while (c->options && c->options[n].name) n++;
    return n;
}

/* Its place in the table; the table's length: no such option. */
static uint32_t index_of(const struct options *o, const char *name) {
    uint32_t i = 0, n = option_count(o->command);
    while (i < n && strcmp(o->command->options[i].name, name) != 0) i++;
    return i;
}

static const struct values *find(const struct options *o, const char *name) {
    uint32_t i = index_of(o, name);
    if (i < option_count(o->command)) return &o->values[i];
    panic("no option --%s in the table of %s", name, o->command->name);
}

bool option_flag(const struct options *o, const char *name) { return find(o, name)->n > 0; }
const struct values *option_values(const struct options *o, const char *name) {
    return find(o, name);
}
bool option_by_command_line(const struct options *o, const char *name, uint32_t which) {
    return strcmp(o->origins[index_of(o, name)].v[which], COMMAND_LINE) == 0;
}
const char *option_value(const struct options *o, const char *name) {
    const struct values *v = find(o, name);
    return v->n ? v->v[v->n - 1] : NULL;
}

bool option_duration(const struct options *o, const char *name, int64_t *ns) {
    const char *text = option_value(o, name);
    if (!text) return true;
    if (duration_parse(str_of(text), ns) && *ns >= 0 && *ns <= INT64_MAX / 2) return true;
    log_error("--%s %s: expected a duration, as in 5s or 1h30m", name, text);
    return false;
}

/* ---- messages -------------------------------------------------------------------------------- */

const char *nearest_text(struct arena *arena, const char *wanted, const struct str *names, size_t n,
                         const char *before) {
    size_t best = str_nearest(str_of(wanted), names, n);
    if (best == SIZE_MAX) return "";
    return arena_printf(arena, "; did you mean %s%.*s?", before, STR_FMT(names[best]));
}

static int unknown(struct options *o, struct str name, const char *dashes) {
    const struct command *c = o->command;
    const char *text = arena_copy(&o->arena, name).p;
    uint32_t n = option_count(c), shown = 0;
    struct str *names = arena_array(&o->arena, struct str, n + 1);
    for (uint32_t i = 0; i < n; i++)
        if (!c->options[i].later) names[shown++] = str_of(c->options[i].name);
    names[shown++] = STR("help");
    const char *near = name.n > 1 ? nearest_text(&o->arena, text, names, shown, "--") : "";
    log_error("%s: there is no option %s%s%s (see omen %s --help)", c->name, dashes, text, near,
              c->name);
    return EXIT_MISTAKE;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Is `text` one of "a|b|c"? */
static bool is_choice(const char *choices, const char *text) {
    size_t n = strlen(text);
    for (const char *p = choices; p; p = strchr(p, '|'), p = p ? p + 1 : NULL)
        if (strncmp(p, text, n) == 0 && (p[n] == 0 || p[n] == '|')) return true;
    return false;
}

/* "a, b or c" */
static const char *choice_text(struct arena *arena, const char *choices) {
    struct buf text;
    buf_init(&text);
    for (const char *p = choices; *p; p++) {
        if (*p != '|') buf_char(&text, *p);
        else buf_text(&text, strchr(p + 1, '|') ? ", " : " or ");
    }
    const char *copy = arena_copy(arena, buf_view(&text)).p;
    buf_fini(&text);
    return copy;
}

bool options_take(struct options *o, uint32_t i, const char *value, const char *origin,
                  const char **why) {
    const struct option *option = &o->command->options[i];
    if (value && option->value && strchr(option->value, '|') && !is_choice(option->value, value)) {
        *why = arena_printf(&o->arena, "expected %s, found %s",
                            choice_text(&o->arena, option->value), *value ? value : "nothing");
        return false;
    }
    struct values *v = &o->values[i], *from = &o->origins[i];
    if (!option->gathers) v->n = from->n = 0;
    arena_push(&o->arena, v->v, v->n, v->cap, value ? value : "");
    arena_push(&o->arena, from->v, from->n, from->cap, origin);
    return true;
}

/* `how`: the option as it was given, for messages. */
static int set(struct options *o, uint32_t i, const char *value, const char *how,
               const char *origin) {
    const char *why;
    if (o->command->options[i].later) {
        log_error("%s: %s is not built yet", o->command->name, how);
        return EXIT_MISTAKE;
    }
    if (options_take(o, i, value, origin, &why)) return OPTIONS_GO;
    log_error("%s: %s: %s", o->command->name, how, why);
    return EXIT_MISTAKE;
}

/* The value of option i that stands in the next argument; *at moves behind it. */
static int set_from_next(struct options *o, uint32_t i, int argc, char **argv, int *at,
                         const char *how) {
    const struct option *option = &o->command->options[i];
    if (!option->value || option->later) return set(o, i, NULL, how, COMMAND_LINE);
    bool there = *at < argc && strncmp(argv[*at], "--", 2) != 0;
    if (there) return set(o, i, argv[(*at)++], how, COMMAND_LINE);
    log_error("%s: %s needs a value: %s %s", o->command->name, how, how, option->value);
    return EXIT_MISTAKE;
}

/* --name, --name=value */
static int long_option(struct options *o, int argc, char **argv, int *at) {
    const char *text = argv[(*at)++] + 2;
    const char *equals = strchr(text, '=');
    struct str name = {text, equals ? (size_t)(equals - text) : strlen(text)};
    const struct command *c = o->command;
    uint32_t i = 0, n = option_count(c);
    while (i < n && !str_equal(name, str_of(c->options[i].name))) i++;
    if (i == n) return unknown(o, name, "--");
    const char *how = arena_printf(&o->arena, "--%.*s", STR_FMT(name));
    if (!equals) return set_from_next(o, i, argc, argv, at, how);
    if (!c->options[i].value && !c->options[i].later) {
        log_error("%s: %s takes no value", c->name, how);
        return EXIT_MISTAKE;
    }
    return set(o, i, equals + 1, how, COMMAND_LINE);
}

/* -i, -c FILE */
static int short_option(struct options *o, int argc, char **argv, int *at) {
    const char *text = argv[(*at)++] + 1;
    const struct command *c = o->command;
    uint32_t i = 0, n = option_count(c);
    while (i < n && c->options[i].letter != text[0]) i++;
    if (i == n || text[1] != 0) return unknown(o, str_of(text), "-");
    const char *how = arena_printf(&o->arena, "-%c (--%s)", text[0], c->options[i].name);
    return set_from_next(o, i, argc, argv, at, how);
}

/* OMEN_DEAD_LETTER and its like, where the command line is silent. */
static int from_environment(struct options *o) {
    for (uint32_t i = 0; i < option_count(o->command); i++) {
        const struct option *option = &o->command->options[i];
        bool may = option->value && !option->gathers && !option->later;
        if (!may || o->values[i].n) continue;
        char *name = arena_printf(&o->arena, "OMEN_%s", option->name);
        for (char *p = name; *p; p++) *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
        const char *value = getenv(name);
        if (!value || !*value) continue;
        int code = set(o, i, value, name, name);
        if (code != OPTIONS_GO) return code;
    }
    return OPTIONS_GO;
}

/* Is it among the first n values? */
bool options_property_said(const struct options *o, uint32_t i, uint32_t n, const char *property) {
    size_t name = strcspn(property, "=");
    for (uint32_t v = 0; v < n; v++)
        if (strncmp(o->values[i].v[v], property, name + 1) == 0) return true;
    return false;
}

/* OMEN_KAFKA_SASL_PASSWORD=x is the property sasl.password=x. */
static void kafka_from_environment(struct options *o) {
    static const char prefix[] = "OMEN_KAFKA_";
    uint32_t i = index_of(o, "kafka");
    bool there = i < option_count(o->command);
    uint32_t said = there ? o->values[i].n : 0;
    for (char **e = environ; there && *e; e++) {
        const char *equals = strchr(*e, '=');
        if (strncmp(*e, prefix, sizeof prefix - 1) != 0 || !equals) continue;
        char *text = arena_printf(&o->arena, "%s", *e + sizeof prefix - 1);
        for (char *p = text; *p != '='; p++)
            *p = *p == '_' ? '.' : (char)tolower((unsigned char)*p);
        const char *why, *name = arena_printf(&o->arena, "%.*s", (int)(equals - *e), *e);
        if (!options_property_said(o, i, said, text)) options_take(o, i, text, name, &why);
    }
}

/* What neither the command line nor the environment says. */
static int from_file(struct options *o) {
    uint32_t i = index_of(o, "config");
    if (i == option_count(o->command) || !o->values[i].n) return OPTIONS_GO;
    return config_read(o, o->values[i].v[0]) ? OPTIONS_GO : EXIT_MISTAKE;
}

static int print_help(const struct command *c) {
    struct buf page;
    buf_init(&page);
    command_help(c, &page);
    int code = terminal_out(&page);
    buf_fini(&page);
    return code;
}

int options_parse(struct options *o, const struct command *command, int argc, char **argv) {
    *o = (struct options){.command = command};
    arena_init(&o->arena);
    o->values = arena_array(&o->arena, struct values, option_count(command) + 1);
    o->origins = arena_array(&o->arena, struct values, option_count(command) + 1);
    bool only_arguments = false;
    for (int at = 0; at < argc;) {
        const char *text = argv[at];
        int code = OPTIONS_GO;
        if (only_arguments || text[0] != '-' || text[1] == 0) {
            struct values *from = &o->argument_origins;
            arena_push(&o->arena, o->arguments.v, o->arguments.n, o->arguments.cap, text);
            arena_push(&o->arena, from->v, from->n, from->cap, COMMAND_LINE);
            at++;
        } else if (strcmp(text, "--") == 0) {
            only_arguments = true;
            at++;
        } else if (strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0) {
            return print_help(command);
        } else if (text[1] == '-') {
            code = long_option(o, argc, argv, &at);
        } else {
            code = short_option(o, argc, argv, &at);
        }
        if (code != OPTIONS_GO) return code;
    }
    int code = from_environment(o);
    if (code != OPTIONS_GO) return code;
    kafka_from_environment(o);
    return from_file(o);
}

void options_fini(struct options *o) { arena_fini(&o->arena); }

/* ---- the page of --help ---------------------------------------------------------------------- */

static void option_head(const struct option *o, struct buf *out) {
    if (o->letter) buf_printf(out, "-%c, ", o->letter);
    buf_printf(out, "--%s", o->name);
    if (o->value) buf_printf(out, " %s", o->value);
}

/* Words of `text` from column `indent` on, broken before HELP_WIDTH. */
static void wrapped(const char *text, size_t indent, struct buf *out) {
    size_t column = indent;
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, " ");
        if (column > indent && column + 1 + n > HELP_WIDTH) {
            buf_char(out, '\n');
            buf_pad(out, ' ', indent);
            column = indent;
        } else if (column > indent) {
            buf_char(out, ' ');
            column++;
        }
        buf_add(out, p, n);
        column += n;
        p += n;
        while (*p == ' ') p++;
    }
    buf_char(out, '\n');
}

static void option_lines(const struct command *c, struct buf *out) {
    static const struct option help = {.name = "help", .letter = 'h', .help = "this page"};
    uint32_t n = option_count(c);
    size_t widest = strlen("-h, --help");
    struct buf head;
    buf_init(&head);
    for (uint32_t i = 0; i < n; i++) {
        if (c->options[i].later) continue;
        buf_reset(&head);
        option_head(&c->options[i], &head);
        if (head.n > widest) widest = head.n;
    }
    for (uint32_t i = 0; i <= n; i++) {
        const struct option *o = i < n ? &c->options[i] : &help;
        if (o->later) continue;
        buf_reset(&head);
        option_head(o, &head);
        buf_text(out, "  ");
        buf_str(out, buf_view(&head));
        buf_pad(out, ' ', widest - head.n + 2);
        wrapped(o->help, widest + 4, out);
    }
    buf_fini(&head);
}

void command_help(const struct command *c, struct buf *out) {
    bool any = option_count(c) > 0;
    buf_printf(out, "omen %s: %s\n\nusage: omen %s %s%s\n", c->name, c->summary, c->name,
               c->arguments, any ? " [OPTION...]" : "");
    if (c->about) buf_printf(out, "\n%s", c->about);
    buf_char(out, '\n');
    option_lines(c, out);
    if (c->example) buf_printf(out, "\nexample:\n  %s\n", c->example);
}
