/* repeat: see repeat.h. */
#include "cli/repeat.h"

#include <inttypes.h>

#include "base/log.h"
#include "cli/reading.h"

/* "a.rules,b.rules" */
static struct values files_of(const char *text, struct arena *arena) {
    struct values files = {0};
    char *left = (char *)arena_copy(arena, str_of(text)).p;
    for (char *comma; (comma = strchr(left, ',')); left = comma + 1) {
        *comma = 0;
        arena_push(arena, files.v, files.n, files.cap, left);
    }
    arena_push(arena, files.v, files.n, files.cap, left);
    return files;
}

static bool check_texts(const struct record *record, uint32_t i, const struct rules *rules,
                        const char *given) {
    char hash[33];
    rules_hash(rules, hash);
    if (str_equal(str_of(hash), record->reloads[i].rules)) return true;
    log_error("--reload %s: is not what took over after %" PRIu64
              " events: the journal says %.*s, and this is %s",
              given, record->reloads[i].after, STR_FMT(record->reloads[i].rules), hash);
    return false;
}

static bool check_reading(const struct inputs *in, struct rules *rules, const char *given) {
    const char *why = inputs_misfit(in, rules->program, &rules->arena);
    const char *more = why ? "" : inputs_more(in, rules->program, &rules->arena);
    if (why) log_error("--reload %s: %s", given, why);
    if (*more)
        log_error("--reload %s: reads what was not read before (%s): a replay cannot repeat from "
                  "where on",
                  given, more);
    return !why && !*more;
}

static bool check_set(const struct repeat *r, uint32_t i, const struct reload *reload,
                      const char *given) {
    struct rules rules;
    bool fine = rules_read(&rules, &r->sets[i], reload->params);
    if (!fine) rules_report(&rules, reload->json);
    fine = fine && check_texts(r->record, i, &rules, given);
    fine = fine && check_reading(reload->inputs, &rules, given);
    rules_fini(&rules);
    return fine;
}

bool repeat_open(struct repeat *r, const struct record *record, const struct values *given,
                 const struct reload *reload, struct arena *arena) {
    *r = (struct repeat){.record = record, .n = given->n};
    bool fine = true;
    if (given->n == 0 && record->nreloads)
        log_warning("%s: other rules took over after %" PRIu64
                    " events: without --reload the first go on, and alerts may be others",
                    record->path, record->reloads[0].after);
    if (given->n == 0) return true;
    if (given->n != record->nreloads) {
        log_error("%s: the journal tells of %u reloads, and --reload of %u", record->path,
                  record->nreloads, given->n);
        return false;
    }
    r->sets = arena_array(arena, struct values, given->n);
    for (uint32_t i = 0; i < given->n; i++) {
        r->sets[i] = files_of(given->v[i], arena);
        fine &= check_set(r, i, reload, given->v[i]);
    }
    return fine;
}

uint64_t repeat_after(const struct repeat *r) {
    return r->next < r->n ? r->record->reloads[r->next].after : UINT64_MAX;
}

bool repeat_next(struct repeat *r, struct reload *reload) {
    reload->files = &r->sets[r->next++];
    reload_ask(reload);
    return reload_go(reload);
}

bool repeat_fits(const struct repeat *r) {
    if (r->next == r->n) return true;
    log_error("%s: the journal does not fit the input: other rules took over after %" PRIu64
              " events, and there are less",
              r->record->path, r->record->reloads[r->next].after);
    return false;
}
