/* reload: see reload.h. */
#include "cli/reload.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "cli/reading.h"

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
    const char *why = inputs_misfit(r->inputs, next->program, &next->arena);
    if (why) {
        log_error("reload: omen has to be started again for this: %s", why);
        return false;
    }
    return tables_again(tables, r->tables, next->program, &next->arena);
}

static void let_go(struct rules **rules) {
    if (!*rules) return;
    rules_fini(*rules);
    free(*rules);
    *rules = NULL;
}

static void drop_next(struct reload *r) {
    tables_close(&r->next_tables);
    let_go(&r->next);
}

static void refused(struct reload *r) {
    r->refused++;
    log_error("reload: refused: the rules before go on");
}

void reload_ask(struct reload *r) {
    struct rules *next = must_zalloc(sizeof *next);
    struct tables tables = {0};
    if (!prepare(r, next, &tables)) {
        tables_close(&tables);
        let_go(&next);
        refused(r);
        return;
    }
    drop_next(r);
    r->next = next;
    r->next_tables = tables;
    const char *more = inputs_more(r->inputs, next->program, &next->arena);
    if (*more) log_info("reload: read from now on: %s", more);
    r->waits = inputs_turn(r->inputs, next->program) || r->waits;
}

static bool take_over(struct reload *r) {
    const char *why;
    struct rules *next = r->next;
    struct carry_count *counts =
        must_zalloc((r->rules->program->nrules + 1) * sizeof *counts);
    struct carry *carry = carry_compare(&next->arena, r->rules->program, next->program);
    bool fine = workers_renew(r->workers, carry, counts, &why);
    if (!fine) log_error("reload: %s", why);
    else reload_tell(carry, counts, false, log_rule, NULL);
    free(counts);
    return fine;
}

bool reload_go(struct reload *r) {
    if (!r->next || (r->waits && !inputs_turned(r->inputs))) return false;
    r->waits = false;
    if (!take_over(r)) {
        drop_next(r);
        refused(r);
        return false;
    }
    tables_close(r->tables);
    *r->tables = r->next_tables;
    r->next_tables = (struct tables){0};
    tables_give(r->tables, *r->workers);
    if (r->rules != r->first) let_go(&r->rules);
    r->rules = r->next;
    r->next = NULL;
    inputs_give(r->inputs, r->rules->program);
    r->done++;
    log_info("reload: done, rules: %u", r->rules->program->nrules);
    return true;
}

void reload_end(struct reload *r) {
    if (!r->next) return;
    log_error("reload: the events ended before the new rules could take over");
    drop_next(r);
    refused(r);
}

void reload_close(struct reload *r) {
    if (!r->first) return;
    drop_next(r);
    if (r->rules != r->first) let_go(&r->rules);
}
