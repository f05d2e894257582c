/* config: see config.h.
 *
 *   file    = { entry }
 *   entry   = name { "-" name } [ value { "," value } ] | "kafka" "{" { property } "}"
 *   value   = text | number | duration | name | name "=" value
 *   property = name { "." name } "=" ( text | number | name | "file" text )
 *
 * Text behind a faulty entry is skipped up to where the next one begins: a name of an option at the
 * start of a line.
 */
#include "cli/config.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/terminal.h"
#include "grammar/lexer.h"

enum { SECRET_MOST = 64 << 10 };

struct config {
    struct options *options;
    struct arena *arena;
    struct sources sources;
    struct diags diags;
    const struct token *tokens;
    uint32_t at, file;
    bool *before; /* by option: it was set before the file was read */
    bool *said;   /* by option: in the file */
    bool arguments_before;
    uint32_t kafka_before; /* properties that were set before */
};

/* ---- tokens ---------------------------------------------------------------------------------- */

static enum token_kind kind(const struct config *c) { return c->tokens[c->at].kind; }
static struct span here(const struct config *c) { return c->tokens[c->at].span; }
static struct str text_here(const struct config *c) { return span_text(&c->sources, here(c)); }

static bool first_of_line(const struct config *c) {
    struct str text = c->sources.files[c->file].text;
    for (uint32_t i = here(c).start; i > 0; i--) {
        if (text.p[i - 1] == '\n') return true;
        if (text.p[i - 1] != ' ' && text.p[i - 1] != '\t') return false;
    }
    return true;
}

static struct diag *fault(struct config *c, const char *wanted) {
    struct diag *m = NULL;
    if (kind(c) == TOKEN_END)
        m = diag_error(&c->diags, here(c), "expected %s, found the end of the file", wanted);
    else if (kind(c) != TOKEN_ERROR) /* the lexer has said it */
        m = diag_error(&c->diags, here(c), "expected %s, found `%.*s`", wanted,
                       STR_FMT(text_here(c)));
    return m;
}

static void recover(struct config *c) {
    do c->at += kind(c) != TOKEN_END;
    while (kind(c) != TOKEN_END && !(kind(c) == TOKEN_NAME && first_of_line(c)));
}

static const char *origin(struct config *c, struct span at) {
    uint32_t line, column;
    sources_place(&c->sources, at.file, at.start, &line, &column);
    return arena_printf(c->arena, "%.*s:%u", STR_FMT(c->sources.files[at.file].name), line);
}

/* ---- values ---------------------------------------------------------------------------------- */

/* A text, number, duration or name: as on the command line. NULL after a message. */
static const char *scalar(struct config *c, const char *wanted) {
    struct str text = text_here(c);
    switch (kind(c)) {
    case TOKEN_STRING: text = lex_string(c->arena, text); break;
    case TOKEN_INT:
    case TOKEN_NUMBER:
    case TOKEN_DURATION:
    case TOKEN_IP:
    case TOKEN_NAME: break;
    default: fault(c, wanted); return NULL;
    }
    c->at++;
    return arena_copy(c->arena, text).p;
}

/* NAME = VALUE becomes NAME=VALUE. */
static const char *value(struct config *c, const struct option *o) {
    const char *wanted = arena_printf(c->arena, "a value for %s: %s", o->name, o->value);
    bool pair = kind(c) == TOKEN_NAME && c->tokens[c->at + 1].kind == TOKEN_EQ;
    const char *first = scalar(c, wanted);
    if (!first || !pair) return first;
    c->at++;
    const char *second = scalar(c, wanted);
    return second ? arena_printf(c->arena, "%s=%s", first, second) : NULL;
}

static const struct option *option_of(struct config *c, struct str name, uint32_t *index) {
    const struct option *o = c->options->command->options;
    for (*index = 0; o[*index].name; ++*index)
        if (str_equal(name, str_of(o[*index].name)) && !o[*index].flag_only && !o[*index].act)
            return &o[*index];
    return NULL;
}

/* ---- Kafka ----------------------------------------------------------------------------------- */

static const char *secret_of(struct config *c, struct span at, const char *path) {
    char *bytes = arena_alloc(c->arena, SECRET_MOST + 1);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(bytes, 1, SECRET_MOST + 1, f) : 0;
    bool read = f && !ferror(f); /* a folder opens, and is no secret */
    if (!read) diag_error(&c->diags, at, "%s: %s", path, strerror(errno));
    else if (n > SECRET_MOST)
        diag_error(&c->diags, at, "%s: more than %d bytes", path, SECRET_MOST);
    bool good = read && n <= SECRET_MOST;
    if (f) fclose(f);
    if (!good) return NULL;
    if (n && bytes[n - 1] == '\n') n--;
    bytes[n] = 0;
    return bytes;
}

static bool property(struct config *c) {
    struct span at = here(c);
    struct buf name;
    buf_init(&name);
    while (kind(c) == TOKEN_NAME) {
        buf_str(&name, text_here(c));
        c->at++;
        if (kind(c) != TOKEN_DOT) break;
        buf_char(&name, '.');
        c->at++;
    }
    const char *key = arena_copy(c->arena, buf_view(&name)).p, *text = NULL;
    buf_fini(&name);
    const char *wanted = "a property of librdkafka, as in bootstrap.servers = \"localhost:9092\"";
    if (!*key || kind(c) != TOKEN_EQ) {
        fault(c, *key ? "`=` behind the name of the property" : wanted);
        return false;
    }
    c->at++;
    struct span where = here(c);
    bool file = kind(c) == TOKEN_NAME && str_equal(text_here(c), STR("file")) &&
                c->tokens[c->at + 1].kind == TOKEN_STRING;
    c->at += file;
    text = scalar(c, "a value");
    if (!text) return false;
    if (file && !(text = secret_of(c, where, text))) return true; /* said; the next one */
    uint32_t index;
    const char *why;
    option_of(c, STR("kafka"), &index);
    text = arena_printf(c->arena, "%s=%s", key, text);
    if (options_property_said(c->options, index, c->kafka_before, text)) return true;
    if (options_take(c->options, index, text, origin(c, at), &why)) return true;
    diag_error(&c->diags, at, "%s", why);
    return false;
}

static bool kafka(struct config *c) {
    struct span open = here(c);
    c->at++;
    while (kind(c) == TOKEN_NAME)
        if (!property(c)) return false;
    if (kind(c) == TOKEN_RBRACE) {
        c->at++;
        return true;
    }
    struct diag *m = fault(c, "a property or `}`");
    if (m) diag_related(&c->diags, m, open, "opened here");
    return false;
}

/* ---- entries --------------------------------------------------------------------------------- */

static void unknown(struct config *c, struct span at, struct str name) {
    const struct option *o = c->options->command->options;
    struct str names[64];
    uint32_t n = 0;
    struct diag *m =
        diag_error(&c->diags, at, "there is no setting `%.*s`", STR_FMT(name));
    for (; o->name && n < 62; o++)
        if (!o->later && !o->flag_only && !o->act) names[n++] = str_of(o->name);
    names[n++] = STR("rules");
    size_t near = str_nearest(name, names, n);
    if (near != SIZE_MAX) diag_help(&c->diags, m, "did you mean `%.*s`?", STR_FMT(names[near]));
    else diag_help(&c->diags, m, "settings are the options of omen %s, without the dashes",
                   c->options->command->name);
}

/* `dead-letter` is three tokens. */
static struct str entry_name(struct config *c, struct span *at) {
    *at = here(c);
    c->at++;
    while (kind(c) == TOKEN_MINUS && c->tokens[c->at + 1].kind == TOKEN_NAME &&
           here(c).start == at->end && c->tokens[c->at + 1].span.start == here(c).end) {
        at->end = c->tokens[c->at + 1].span.end;
        c->at += 2;
    }
    return span_text(&c->sources, *at);
}

/* The arguments; those of the command line win. */
static bool rules(struct config *c) {
    struct values *all = &c->options->arguments, *from = &c->options->argument_origins;
    for (bool more = true; more; more = kind(c) == TOKEN_COMMA && ++c->at) {
        const char *where = origin(c, here(c));
        const char *path = scalar(c, "a rule file, as in `rules \"fraud.rules\"`");
        if (!path) return false;
        if (c->arguments_before) continue;
        arena_push(c->arena, all->v, all->n, all->cap, path);
        arena_push(c->arena, from->v, from->n, from->cap, where);
    }
    return true;
}

static bool entry(struct config *c) {
    struct span at;
    uint32_t index;
    struct str name = entry_name(c, &at);
    if (str_equal(name, STR("rules"))) return rules(c);
    const struct option *o = option_of(c, name, &index);
    if (!o || o->later) {
        unknown(c, at, name);
        return false;
    }
    if (str_equal(name, STR("kafka")) && kind(c) == TOKEN_LBRACE) return kafka(c);
    for (bool more = true; more; more = o->gathers && kind(c) == TOKEN_COMMA && ++c->at) {
        const char *text = "", *why = NULL;
        struct span where = here(c);
        if (o->value && !(text = value(c, o))) return false;
        if (!o->gathers && c->said[index]) {
            diag_error(&c->diags, at, "`%.*s` is said twice", STR_FMT(name));
            return false;
        }
        c->said[index] = true;
        if (c->before[index]) continue;
        if (options_take(c->options, index, text, origin(c, at), &why)) continue;
        diag_error(&c->diags, o->value ? where : at, "%s", why);
    }
    return true;
}

static void read_entries(struct config *c) {
    struct tokens tokens = lex(c->arena, &c->sources, c->file, &c->diags);
    c->tokens = tokens.v;
    while (kind(c) != TOKEN_END) {
        if (kind(c) != TOKEN_NAME) {
            fault(c, "a setting, as in `lateness 5s`");
            recover(c);
        } else if (!entry(c)) {
            recover(c);
        }
    }
}

bool config_read(struct options *o, const char *path) {
    struct config c = {.options = o, .arena = &o->arena};
    const char *why;
    struct buf text;
    uint32_t n = 0;
    sources_init(&c.sources, c.arena);
    diags_init(&c.diags, c.arena, &c.sources);
    if (!sources_load(&c.sources, path, &c.file, &why)) {
        log_error("--config %s", why);
        return false;
    }
    while (o->command->options[n].name) n++;
    c.before = arena_array(c.arena, bool, n + 1);
    c.said = arena_array(c.arena, bool, n + 1);
    c.arguments_before = o->arguments.n > 0;
    for (uint32_t i = 0; i < n; i++) c.before[i] = o->values[i].n > 0;
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(o->command->options[i].name, "kafka") == 0) c.kafka_before = o->values[i].n;
    read_entries(&c);
    buf_init(&text);
    diags_print(&c.diags, &text, terminal_colour(STDERR_FILENO));
    if (c.diags.errors) terminal_err(&text);
    buf_fini(&text);
    return c.diags.errors == 0;
}
