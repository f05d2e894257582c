/* plan: what a reload would do: each rule of the new set, whether its state would be kept, and why
 * not.
 * Tests: tests/cli/plan.t
 */
#include "base/log.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/reading.h"
#include "cli/reload.h"
#include "cli/terminal.h"

static int widest(const struct carry *c) {
    size_t most = 0;
    for (uint32_t i = 0; i < c->now->nrules; i++)
        if (c->now->rules[i].name.n > most) most = c->now->rules[i].name.n;
    for (uint32_t i = 0; i < c->was->nrules; i++)
        if (c->to[i] == NONE && c->was->rules[i].name.n > most) most = c->was->rules[i].name.n;
    return (int)most;
}

struct printer {
    struct buf *out;
    int width;
};

static void print_rule(void *context, struct str name, const char *text) {
    const struct printer *p = context;
    buf_printf(p->out, "%.*s%*s  %s\n", STR_FMT(name), p->width - (int)name.n, "", text);
}

/* What sources would have to give besides. False after saying why they cannot. */
static bool print_reading(struct buf *out, struct arena *arena, const struct program *was,
                          const struct program *now) {
    const char *why = reading_streams_misfit(arena, was, now), *more = "";
    for (uint32_t i = 0; !why && i < program_outer_streams(now); i++) {
        const char *each = reading_more(arena, &was->streams[i], &now->streams[i]);
        more = arena_printf(arena, "%s%s%s", more, *more && *each ? ", " : "", each);
        why = reading_misfit(arena, &was->streams[i], &now->streams[i]);
    }
    if (why) buf_printf(out, "refused: omen has to be started again for this: %s\n", why);
    else if (*more) buf_printf(out, "read from then on: %s\n", more);
    return !why;
}

static int compare(struct rules *was, struct rules *now) {
    struct buf out;
    struct arena *arena = &now->arena;
    buf_init(&out);
    struct carry *c = carry_compare(arena, was->program, now->program);
    struct printer p = {&out, widest(c)};
    bool fits = print_reading(&out, arena, was->program, now->program);
    if (fits) reload_tell(c, NULL, true, print_rule, &p);
    int code = terminal_out(&out);
    buf_fini(&out);
    return !fits && code == EXIT_FINE ? EXIT_FAILED : code;
}

static bool read_one(struct rules *r, const char **path, const struct values *params) {
    struct values one = {.v = path, .n = 1};
    bool fine = rules_read(r, &one, params);
    if (!fine) rules_report(r, false);
    return fine;
}

static int run(const struct options *given) {
    struct rules was, now;
    const struct values *params = option_values(given, "param");
    if (given->arguments.n != 2) {
        log_error("plan: expected two rule files, OLD and NEW, found %u", given->arguments.n);
        return EXIT_MISTAKE;
    }
    bool fine = read_one(&was, &given->arguments.v[0], params);
    fine &= read_one(&now, &given->arguments.v[1], params);
    int code = fine ? compare(&was, &now) : EXIT_MISTAKE;
    rules_fini(&was);
    rules_fini(&now);
    return code;
}

static const struct option options[] = {OPTION_PARAM, {0}};

const struct command plan_command = {
    .name = "plan",
    .arguments = "OLD NEW",
    .summary = "what a reload would keep, carry, restart",
    .about =
        "A line for each rule: kept, runs kept, trimmed (runs at steps that are no more are\n"
        "dropped), restarted, new, gone; and why. Nothing runs. Exit 1: a reload would be\n"
        "refused, since omen has to be started again for other streams.\n",
    .example = "omen plan running.rules changed.rules",
    .options = options,
    .run = run,
};
