/* letters: see letters.h. */
#include "tests/letters.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/time.h"
#include "grammar/parser.h"
#include "rules/compile.h"

enum { LETTERS = 26 };

static bool is_word(struct str s, size_t i) {
    return i < s.n && ((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9'));
}

/* 0..25 if a name stands at i, a letter alone; else -1. */
static int name_at(struct str pattern, size_t i) {
    char c = pattern.p[i];
    if (c < 'a' || c > 'z' || (i && is_word(pattern, i - 1)) || is_word(pattern, i + 1)) return -1;
    return c - 'a';
}

static struct str rule_text(struct arena *arena, const struct letters_case *c) {
    struct buf text;
    bool seen[LETTERS] = {false};
    buf_init(&text);
    buf_text(&text, "stream events { at : time event");
    for (int i = 0; i < LETTERS; i++) buf_printf(&text, " is_%c : bool", 'a' + i);
    buf_printf(&text, " }\nrule letters {\n    on events\n    match %s%.*s",
               c->all_ways ? "all ways " : "", STR_FMT(c->pattern));
    if (c->after.n) buf_printf(&text, "\n    after match %.*s", STR_FMT(c->after));
    if (c->timeouts) buf_text(&text, "\n    timeout emit last: step()");
    buf_text(&text, "\n    unbounded\n    where");
    for (size_t i = 0; i < c->pattern.n; i++) {
        int letter = name_at(c->pattern, i);
        if (letter < 0 || seen[letter]) continue;
        seen[letter] = true;
        buf_printf(&text, " %c: is_%c", 'a' + letter, 'a' + letter);
    }
    buf_text(&text, "\n}\n");
    struct str copy = arena_copy(arena, buf_view(&text));
    buf_fini(&text);
    return copy;
}

static struct program *compile(const struct letters_case *c, struct letters_result *r) {
    struct sources sources;
    struct diags diags;
    struct tree tree;
    struct compile_options options = {0};
    struct program *program = NULL;
    sources_init(&sources, r->arena);
    diags_init(&diags, r->arena, &sources);
    tree_init(&tree, r->arena, &sources);
    uint32_t file = sources_add(&sources, c->name, rule_text(r->arena, c));
    if (parse_file(&tree, file, &diags)) program = rules_compile(&tree, &options, &diags);
    if (!program) diags_print(&diags, &r->errors, false);
    return program;
}

/* The name that took the last event: what step() says. */
static struct str last_name(const struct alert *alert) {
    const struct alert_variable *last = &alert->matched[0];
    for (uint32_t i = 1; i < alert->nmatched; i++) {
        const struct alert_variable *v = &alert->matched[i];
        if (v->positions[v->n - 1].offset > last->positions[last->n - 1].offset) last = v;
    }
    return last->name;
}

static void on_alert(void *context, const struct alert *alert) {
    struct letters_result *r = context;
    struct buf line;
    buf_init(&line);
    for (uint32_t i = 0; i < alert->nmatched; i++) {
        const struct alert_variable *v = &alert->matched[i];
        buf_printf(&line, "%s%.*s:", i ? " " : "", STR_FMT(v->name));
        for (uint32_t j = 0; j < v->n; j++)
            buf_printf(&line, "%s%llu", j ? "," : "", (unsigned long long)v->positions[j].offset);
    }
    struct str copy = arena_copy(r->arena, buf_view(&line));
    if (!alert->timed_out) arena_push(r->arena, r->lines, r->n, r->cap, copy);
    else arena_push(r->arena, r->timeouts, r->ntimeouts, r->timeouts_cap, copy);
    if (alert->timed_out) check(str_equal(alert->emit[0].value.s, last_name(alert)));
    buf_fini(&line);
}

static void feed(struct engine *engine, struct batch *batch) {
    engine_open(engine, batch);
    engine_feed(engine, batch, 0, batch->n);
    batch_reset(batch);
}

/* One event, `letters@time`, into the batch. */
static void set_row(struct batch *batch, struct str letters, int64_t at_ms, uint64_t offset) {
    const struct schema *schema = batch->schema;
    for (uint32_t f = 0; f < schema->nfields; f++) {
        if (f == schema->time_field || !schema->fields[f].used) continue;
        int capital = schema->fields[f].name.p[3] - 'a' + 'A';
        batch_set_int(batch, f, letters.n && memchr(letters.p, capital, letters.n) != NULL);
    }
    batch_set_int(batch, schema->time_field, at_ms * NS_PER_MS);
    batch_commit(batch, offset);
}

static void run_events(struct engine *engine, const struct program *program, struct str events,
                       uint32_t max) {
    struct batch *batch = batch_new(&program->streams[0], 0, max ? max : BATCH_MAX_ROWS);
    uint64_t offset = 0;
    for (size_t i = 0, end; i < events.n; i = end) {
        for (end = i; end < events.n && events.p[end] != ' ';) end++;
        size_t at = i;
        while (at < end && events.p[at] != '@') at++;
        if (at < end) {
            set_row(batch, (struct str){events.p + i, at - i}, strtoll(events.p + at + 1, NULL, 10),
                    offset++);
            if (batch->n == batch->max) feed(engine, batch);
        }
        while (end < events.n && events.p[end] == ' ') end++;
    }
    if (batch->n) feed(engine, batch);
    batch_free(&batch);
}

void letters_run(const struct letters_case *c, struct str events, struct letters_result *r) {
    buf_init(&r->errors);
    struct program *program = compile(c, r);
    if (!program) return;
    struct engine_options options = {.alert = on_alert, .alert_context = r};
    const char *why = "";
    struct engine *engine = engine_new(program, &options, &why);
    if (!engine) panic("%s", why);
    run_events(engine, program, events, c->batch);
    engine_finish(engine, true); /* after the last event time passes every window */
    r->counters = *engine_run_counters(engine);
    engine_free(&engine);
    program_drop(&program);
}
