/* reload: see reload.h. */
#include "cli/reload.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/same.h"

/* ---- streams --------------------------------------------------------------------------------- */

static bool same_path(const struct schema_field *a, const struct schema_field *b) {
    if (a->npath != b->npath || a->scale != b->scale) return false;
    for (uint32_t i = 0; i < a->npath; i++)
        if (!str_equal(a->path[i], b->path[i])) return false;
    return true;
}

static const char *fields_misfit(struct arena *arena, const struct same *s, uint32_t stream) {
    const struct schema *a = &s->was->streams[stream], *b = &s->now->streams[stream];
    if (a->nfields != b->nfields || a->time_field != b->time_field || a->id_field != b->id_field)
        return arena_printf(arena, "stream %.*s is declared otherwise", STR_FMT(a->name));
    for (uint32_t i = 0; i < b->nfields; i++) {
        const struct schema_field *f = &a->fields[i], *g = &b->fields[i];
        if (!same_field(s, stream, i, stream, i) || !same_path(f, g))
            return arena_printf(arena, "field %.*s.%.*s is declared otherwise", STR_FMT(a->name),
                                STR_FMT(f->name));
        if (g->used && !f->used)
            return arena_printf(arena, "field %.*s.%.*s was not read before", STR_FMT(a->name),
                                STR_FMT(f->name));
    }
    for (uint32_t i = b->nfields; i < schema_columns(b); i++)
        if (i >= schema_columns(a) || !same_field(s, stream, i, stream, i) ||
            (b->fields[i].used && !a->fields[i].used))
            return arena_printf(arena, "a key of stream %.*s is computed otherwise",
                                STR_FMT(a->name));
    return NULL;
}

const char *reload_misfit(struct arena *arena, const struct program *opened, const bool *read,
                          const struct program *now) {
    struct same s = {opened, now};
    const char *why = NULL;
    if (program_outer_streams(opened) != program_outer_streams(now))
        return "streams were declared or taken away";
    for (uint32_t i = 0; i < program_outer_streams(now) && !why; i++) {
        if (!same_stream(&s, i, i)) return "streams are declared in another order";
        why = fields_misfit(arena, &s, i);
    }
    for (uint32_t g = 0; g < now->ngroups && !why; g++)
        for (uint32_t k = 0; k < now->groups[g].ninputs; k++) {
            uint32_t stream = now->groups[g].inputs[k].stream;
            if (program_feed_of(now, stream) || read[stream]) continue;
            why = arena_printf(arena, "stream %.*s was read by no rule before",
                               STR_FMT(now->streams[stream].name));
        }
    return why;
}

/* ---- telling --------------------------------------------------------------------------------- */

static void tell_counts(struct buf *out, const struct carry_count *c) {
    buf_printf(out, "; runs: %" PRIu64 " kept, %" PRIu64 " dropped", c->kept, c->dropped);
    if (c->alerts_kept + c->alerts_dropped)
        buf_printf(out, "; open alerts: %" PRIu64 " kept, %" PRIu64 " dropped", c->alerts_kept,
                   c->alerts_dropped);
}

static void tell_rule(struct buf *out, const struct carry_rule *r) {
    buf_text(out, carry_fate_name(r->fate));
    if (*r->why) buf_printf(out, ": %s", r->why);
    if (*r->also) buf_printf(out, "; %s", r->also);
}

void reload_tell(const struct carry *carry, const struct carry_count *counts, bool all,
                 void (*line)(void *context, struct str name, const char *text), void *context) {
    struct buf text;
    buf_init(&text);
    for (uint32_t i = 0; i < carry->now->nrules; i++) {
        const struct carry_rule *r = &carry->rules[i];
        if (r->fate == CARRY_KEPT && !*r->also && !all) continue;
        buf_reset(&text);
        tell_rule(&text, r);
        if (counts && r->from != NONE) tell_counts(&text, &counts[r->from]);
        line(context, carry->now->rules[i].name, buf_cstr(&text));
    }
    for (uint32_t i = 0; i < carry->was->nrules; i++) {
        if (carry->to[i] != NONE) continue;
        buf_reset(&text);
        buf_text(&text, "gone");
        if (counts) tell_counts(&text, &counts[i]);
        line(context, carry->was->rules[i].name, buf_cstr(&text));
    }
    buf_fini(&text);
}

static void log_rule(void *context, struct str name, const char *text) {
    (void)context;
    log_info("reload: rule %.*s: %s", STR_FMT(name), text);
}

/* ---- doing it -------------------------------------------------------------------------------- */

/* Another set, and tables for it; false after messages. */
static bool prepare(struct reload *r, struct rules *next, struct tables *tables) {
    bool fine = rules_read(next, r->files, r->params);
    if (!fine || !r->quiet) rules_report(next, r->json);
    if (!fine) return false;
    if (next->program->nrules == 0) {
        log_error("%s: there is no rule to run", r->files->v[0]);
        return false;
    }
    const char *why = reload_misfit(&next->arena, r->opened, r->read, next->program);
    if (why) {
        log_error("reload: %s: for this omen has to be started again", why);
        return false;
    }
    return tables_again(tables, r->tables, next->program, &next->arena);
}

static bool take_over(struct reload *r, struct rules *next) {
    const char *why;
    struct carry_count *counts =
        must_zalloc((r->rules->program->nrules + 1) * sizeof *counts);
    struct carry *carry = carry_compare(&next->arena, r->rules->program, next->program);
    bool fine = workers_renew(r->workers, carry, counts, &why);
    if (!fine) log_error("reload: %s", why);
    else reload_tell(carry, counts, false, log_rule, NULL);
    free(counts);
    return fine;
}

static void let_go(struct rules *rules) {
    rules_fini(rules);
    free(rules);
}

void reload_close(struct reload *r) {
    if (r->rules != r->first) let_go(r->rules);
}

bool reload_now(struct reload *r) {
    struct rules *next = must_zalloc(sizeof *next);
    struct tables tables = {0};
    if (!prepare(r, next, &tables) || !take_over(r, next)) {
        r->refused++;
        tables_close(&tables);
        let_go(next);
        log_error("reload: refused: the rules before go on");
        return false;
    }
    tables_close(r->tables);
    *r->tables = tables;
    tables_give(r->tables, *r->workers);
    reload_close(r);
    r->rules = next;
    r->done++;
    log_info("reload: done, rules: %u", next->program->nrules);
    return true;
}
