/* plan: what a reload would do: each rule of the new set, whether its state would be kept, and why
 * not.
 * Tests: tests/cli/plan.t
 */
#include "base/log.h"
#include "cli/command.h"
#include "cli/load.h"
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

/* The streams that the program reads from outside. */
static bool *streams_read(struct arena *arena, const struct program *p) {
    bool *read = arena_array(arena, bool, p->nstreams + 1);
    memset(read, 0, p->nstreams * sizeof *read);
    for (uint32_t g = 0; g < p->ngroups; g++)
        for (uint32_t k = 0; k < p->groups[g].ninputs; k++)
            read[p->groups[g].inputs[k].stream] = true;
    return read;
}

static int compare(struct rules *was, struct rules *now) {
    struct buf out;
    struct arena *arena = &now->arena;
    buf_init(&out);
    const char *why = reload_misfit(arena, was->program, streams_read(arena, was->program),
                                    now->program);
    struct carry *c = carry_compare(arena, was->program, now->program);
    struct printer p = {&out, widest(c)};
    if (why) buf_printf(&out, "refused: %s: for this omen has to be started again\n", why);
    else reload_tell(c, NULL, true, print_rule, &p);
    int code = terminal_out(&out);
    buf_fini(&out);
    return why && code == EXIT_FINE ? EXIT_FAILED : code;
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
        "refused, since omen has to be started again to read other fields or streams.\n",
    .example = "omen plan running.rules changed.rules",
    .options = options,
    .run = run,
};
