/* load: see load.h.
 * Tests: tests/cli/check.t
 */
#include "cli/load.h"

#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"
#include "cli/terminal.h"

bool have_arguments(const struct options *given, const char *what) {
    if (given->arguments.n) return true;
    const struct command *c = given->command;
    log_error("%s: expected %s, found none: omen %s %s (see omen %s --help)", c->name, what,
              c->name, c->arguments, c->name);
    return false;
}

bool params_split(const struct values *params, struct arena *arena, struct param_value **out) {
    *out = arena_array(arena, struct param_value, params->n + 1);
    for (uint32_t i = 0; i < params->n; i++) {
        const char *text = params->v[i], *equals = strchr(text, '=');
        if (!equals || equals == text) {
            log_error("--param %s: expected NAME=VALUE, as in --param limit=50", text);
            return false;
        }
        struct str name = {text, (size_t)(equals - text)};
        for (uint32_t j = 0; j < i; j++) {
            if (!str_equal(name, (*out)[j].name)) continue;
            log_error("--param %.*s is set twice", STR_FMT(name));
            return false;
        }
        (*out)[i] = (struct param_value){.name = name, .text = str_of(equals + 1)};
    }
    return true;
}

void rules_begin(struct rules *r) {
    *r = (struct rules){0};
    arena_init(&r->arena);
    sources_init(&r->sources, &r->arena);
    tree_init(&r->tree, &r->arena, &r->sources);
    diags_init(&r->diags, &r->arena, &r->sources);
}

void rules_hash(const struct rules *r, char out[33]) {
    struct buf all;
    buf_init(&all);
    for (uint32_t i = 0; i < r->sources.n; i++) {
        struct str text = r->sources.files[i].text;
        buf_printf(&all, "%zu\n", text.n); /* where one ends */
        buf_str(&all, text);
    }
    hash128_hex(hash128(all.p, all.n), out);
    buf_fini(&all);
}

bool rules_parse(struct rules *r, const struct values *paths) {
    rules_begin(r);
    return rules_load(&r->tree, &r->sources, paths->v, paths->n, &r->diags, &r->why);
}

/* ---- errors of the parser and errors of the front, told together ----------------------------- */

/* The rule or test around a place; NULL: none. */
static const struct decl *around(const struct rules *r, struct span at) {
    for (uint32_t i = 0; i < r->tree.nfiles; i++) {
        const struct tree_file *file = &r->tree.files[i];
        for (uint32_t j = 0; j < file->ndecls && file->file == at.file; j++) {
            const struct decl *d = &file->decls[j];
            bool inside = d->span.start <= at.start && at.start <= d->span.end;
            if (inside && (d->kind == DECL_RULE || d->kind == DECL_TEST)) return d;
        }
    }
    return NULL;
}

/* Are the first `n` messages all inside rules? Then what is declared outside of them can be relied
 * upon. */
static bool only_in_rules(const struct rules *r, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!around(r, r->diags.v[i].span)) return false;
    return r->why == NULL;
}

/* Whether what is said of `d` may follow from what is wrong with `broken`: it is that, or reads the
 * alerts of that rule. */
static bool depends(const struct decl *d, const struct decl *broken) {
    if (d == broken) return true;
    if (!broken || broken->kind != DECL_RULE) return false;
    struct str name = broken->rule->name.text;
    if (d->kind == DECL_TEST) {
        for (uint32_t i = 0; i < d->test->nsteps; i++)
            if (str_equal(d->test->steps[i].name.text, name)) return true;
        return str_equal(d->test->rule.text, name);
    }
    for (uint32_t i = 0; i < d->rule->ninputs; i++)
        if (str_equal(d->rule->inputs[i].stream.text, name)) return true;
    return false;
}

/* Of a rule that did not parse only the parser's messages, the first `n`, are kept: others may
 * follow from them, also in rules that read it. */
static void drop_consequences(struct rules *r, uint32_t n) {
    uint32_t kept = n;
    for (uint32_t i = n; i < r->diags.n; i++) {
        struct diag m = r->diags.v[i];
        const struct decl *d = around(r, m.span);
        bool follows = false;
        for (uint32_t j = 0; d && j < n; j++) follows |= depends(d, around(r, r->diags.v[j].span));
        if (!follows) r->diags.v[kept++] = m;
        else if (m.severity == DIAG_ERROR) r->diags.errors--;
        else if (m.severity == DIAG_WARNING) r->diags.warnings--;
        else r->diags.notes--;
    }
    r->diags.n = kept;
}

static bool read_rules(struct rules *r, const struct values *paths, const struct values *params,
                       bool probed) {
    struct param_value *values;
    bool parsed = rules_parse(r, paths);
    uint32_t n = r->diags.n;
    if (!parsed && !only_in_rules(r, n)) return false;
    if (!params_split(params, &r->arena, &values)) {
        r->why = ""; /* said */
        return false;
    }
    r->set = rules_front(&r->tree, values, params->n, &r->diags);
    if (!parsed) drop_consequences(r, n);
    r->set->probed = probed;
    if (parsed && r->diags.errors == 0) r->program = rules_assemble(r->set);
    return r->program != NULL;
}

bool rules_read(struct rules *r, const struct values *paths, const struct values *params) {
    return read_rules(r, paths, params, false);
}

bool rules_read_probed(struct rules *r, const struct values *paths, const struct values *params) {
    return read_rules(r, paths, params, true);
}

/* ---- the end --------------------------------------------------------------------------------- */

void rules_fini(struct rules *r) {
    program_drop(&r->program);
    arena_fini(&r->arena);
}

void rules_count(const struct rules *r, struct buf *out) {
    uint32_t e = r->diags.errors, w = r->diags.warnings;
    if (e) buf_printf(out, "%u error%s", e, e == 1 ? "" : "s");
    if (w) buf_printf(out, "%s%u warning%s", e ? ", " : "", w, w == 1 ? "" : "s");
}

static void report_lines(const struct rules *r) {
    for (uint32_t i = 0; i < r->diags.n; i++) {
        const struct diag *m = &r->diags.v[i];
        uint32_t line, column;
        sources_place(&r->sources, m->span.file, m->span.start, &line, &column);
        struct str name = r->sources.files[m->span.file].name;
        log_line(m->severity == DIAG_ERROR ? LOG_ERROR : LOG_WARNING, "%.*s:%u:%u: %s%s%s",
                 STR_FMT(name), line, column, m->message, m->help ? "; " : "",
                 m->help ? m->help : "");
    }
}

void rules_report(struct rules *r, bool json_log) {
    if (json_log) {
        report_lines(r);
    } else {
        struct buf text;
        buf_init(&text);
        diags_print(&r->diags, &text, terminal_colour(STDERR_FILENO));
        if (r->diags.errors) rules_count(r, &text), buf_char(&text, '\n');
        terminal_err(&text);
        buf_fini(&text);
    }
    if (r->why && *r->why) log_error("%s", r->why);
}
