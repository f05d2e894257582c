/* resolve: see resolve.h. */
#include "engine/resolve.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/pool.h"

struct open_alert {
    struct open_alert *next;
    struct run *run;
    int64_t end; /* of the match */
    int64_t due; /* when the clock closes it; INT64_MAX: it does not */
    struct hash128 id;
    struct str severity;
};

struct resolver {
    const struct program *program;
    struct run_store *store;
    struct expr *expr;
    struct alert_queue *const *queue;
    struct alert_turn (*turn)(void *context, uint32_t rule, const struct completion *closing);
    void *turn_context;
    struct window_view *view;
    uint64_t *const *bits;
    struct pool pool;
    struct run_layout *layouts;       /* beside the program's rules */
    struct resolve_counters *counters; /* likewise */
    struct batch **nothing; /* by stream: a row of nulls, the event where the clock closes; NULL: no
                               rule can look at it */
};

/* ---- making ---------------------------------------------------------------------------------- */

static void add_rule(struct resolver *r, uint32_t rule) {
    const struct program_rule *plan = &r->program->rules[rule];
    const struct program_resolve *resolve = plan->resolve;
    if (!resolve) return;
    r->layouts[rule] = run_layout(plan);
    uint32_t stream = resolve->stream;
    if (stream == NONE || !resolve->after_ns || !resolve->nemit || r->nothing[stream]) return;
    r->nothing[stream] = batch_new(&r->program->streams[stream], stream, 1);
}

struct resolver *resolver_new(const struct program *program, struct run_store *store,
                              struct expr *expr, struct window_view *view) {
    struct resolver *r = must_zalloc(sizeof *r);
    r->program = program;
    r->store = store;
    r->expr = expr;
    r->view = view;
    pool_init(&r->pool, sizeof(struct open_alert));
    r->layouts = must_zalloc((program->nrules + 1) * sizeof *r->layouts);
    r->counters = must_zalloc((program->nrules + 1) * sizeof *r->counters);
    r->nothing = must_zalloc((program->nstreams + 1) * sizeof(void *));
    for (uint32_t i = 0; i < program->nrules; i++) add_rule(r, i);
    return r;
}

void resolver_to(struct resolver *r, struct alert_queue *const *queue,
                 struct alert_turn (*turn)(void *context, uint32_t rule,
                                           const struct completion *closing),
                 void *context) {
    r->queue = queue;
    r->turn = turn;
    r->turn_context = context;
}

void resolver_free(struct resolver **resolver) {
    struct resolver *r = *resolver;
    if (!r) return;
    for (uint32_t i = 0; i < r->program->nstreams; i++) batch_free(&r->nothing[i]);
    pool_fini(&r->pool);
    free(r->layouts);
    free(r->counters);
    free(r->nothing);
    free(r);
    *resolver = NULL;
}

void resolver_bits(struct resolver *r, uint64_t *const *bits) { r->bits = bits; }

/* ---- lists ----------------------------------------------------------------------------------- */

static void append(struct open_alerts *to, struct open_alert *a) {
    a->next = NULL;
    if (to->last) to->last->next = a;
    else to->first = a;
    to->last = a;
    if (!to->n || a->due < to->due) to->due = a->due;
    to->n++;
}

static void give_up(struct resolver *r, uint32_t rule, struct open_alert *a) {
    run_let_go(r->store, &r->program->rules[rule], &r->layouts[rule], a->run);
    pool_give(&r->pool, a);
    r->counters[rule].open--;
}

void resolver_open(struct resolver *r, uint32_t rule, const struct run *run,
                   const struct completion *completion, const struct alert *alert,
                   struct open_alerts *opened) {
    const struct program_rule *plan = &r->program->rules[rule];
    struct open_alert *a = pool_take(&r->pool);
    *a = (struct open_alert){.run = run_copy(r->store, plan, &r->layouts[rule], run),
                             .end = completion->end, .due = INT64_MAX, .id = alert->id,
                             .severity = alert->severity};
    int64_t due;
    if (plan->resolve->after_ns &&
        !__builtin_add_overflow(completion->end, plan->resolve->after_ns, &due))
        a->due = due > completion->now ? due : completion->now;
    append(opened, a);
    r->counters[rule].open++;
}

/* The oldest are given up: they have had the most time. */
static void bound(struct resolver *r, uint32_t rule, struct open_alerts *open) {
    uint32_t limit = r->program->rules[rule].limit_runs;
    if (!limit) limit = DEFAULT_LIMIT_RUNS;
    if (open->n <= limit) return;
    struct open_alerts kept = {0};
    for (struct open_alert *a = open->first, *next; a; a = next) {
        next = a->next;
        if (open->n - kept.n > limit) {
            open->n--;
            r->counters[rule].dropped++;
            give_up(r, rule, a);
        } else {
            append(&kept, a);
        }
    }
    *open = kept;
}

void resolver_keep(struct resolver *r, uint32_t rule, struct open_alerts *opened,
                   struct open_alerts *open) {
    if (!opened->n) return;
    for (struct open_alert *a = opened->first, *next; a; a = next) {
        next = a->next;
        append(open, a);
    }
    *opened = (struct open_alerts){0};
    bound(r, rule, open);
}

void resolver_clear(struct resolver *r, uint32_t rule, struct open_alerts *open) {
    for (struct open_alert *a = open->first, *next; a; a = next) {
        next = a->next;
        give_up(r, rule, a);
    }
    *open = (struct open_alerts){0};
}

void resolver_forget(struct resolver *r, uint32_t rule, struct open_alerts *open) {
    r->counters[rule].forgotten += open->n;
    resolver_clear(r, rule, open);
}

/* ---- closing --------------------------------------------------------------------------------- */

static void close_alert(struct resolver *r, uint32_t rule, struct open_alert *a,
                        const struct completion *closing, const struct resolve_key *key) {
    struct opened opened = {a->run, a->end, a->id, a->severity};
    struct alert_turn turn = r->turn(r->turn_context, rule, closing);
    alert_queue_resolve(*r->queue, rule, &opened, closing, key->key, key->prev, turn);
    r->counters[rule].resolved++;
    give_up(r, rule, a);
}

static bool code_holds(struct resolver *r, uint32_t code, const struct event *event,
                       const struct resolve_key *key, const struct open_alert *a) {
    if (code == NONE) return true;
    struct expr_scope scope = {.prev = key->prev, .windows = r->view,
                               .cells = a ? run_cells(a->run) : NULL,
                               .last = a ? a->run->last : NULL};
    return expr_test(r->expr, code, event->batch, event->row, &scope);
}

void resolver_event(struct resolver *r, uint32_t rule, struct open_alerts *open,
                    const struct resolve_key *key, const struct event *event) {
    const struct program_resolve *plan = r->program->rules[rule].resolve;
    if (plan->stream != event->batch->stream) return;
    if (plan->predicate != NONE && !bit_get(r->bits[plan->predicate], event->row)) return;
    if (!code_holds(r, plan->key_code, event, key, NULL)) return;
    struct completion closing = {.event = event, .now = event->at, .end = event->at};
    struct open_alerts kept = {0};
    for (struct open_alert *a = open->first, *next; a; a = next) {
        next = a->next;
        if (code_holds(r, plan->run_code, event, key, a)) close_alert(r, rule, a, &closing, key);
        else append(&kept, a);
    }
    *open = kept;
}

void resolver_clock(struct resolver *r, uint32_t rule, struct open_alerts *open,
                    const struct resolve_key *key, int64_t now) {
    if (open_alerts_due(open) > now) return;
    uint32_t stream = r->program->rules[rule].resolve->stream;
    const struct batch *nothing = stream == NONE ? NULL : r->nothing[stream];
    struct open_alerts kept = {0};
    r->view->clock = true;
    for (struct open_alert *a = open->first, *next; a; a = next) {
        next = a->next;
        if (a->due > now) {
            append(&kept, a);
            continue;
        }
        struct event event = {nothing, 0, UINT64_MAX, a->due};
        struct completion closing = {nothing ? &event : NULL, a->due, a->due, false};
        r->view->now = a->due;
        close_alert(r, rule, a, &closing, key);
    }
    r->view->clock = false;
    *open = kept;
}

/* ---- seen from outside ----------------------------------------------------------------------- */

const struct resolve_counters *resolver_counters(const struct resolver *r, uint32_t rule) {
    return &r->counters[rule];
}
size_t resolver_bytes(const struct resolver *r) { return r->pool.slab_bytes; }

/* ---- another set of rules -------------------------------------------------------------------- */

void resolver_carry_rule(struct resolver *r, uint32_t rule, const struct resolver *from,
                         uint32_t was) {
    const struct resolve_counters *c = &from->counters[was];
    r->counters[rule].resolved += c->resolved;
    r->counters[rule].dropped += c->dropped;
    r->counters[rule].forgotten += c->forgotten;
}

struct run *open_alert_run(const struct open_alerts *open, uint32_t i) {
    const struct open_alert *a = open->first;
    while (i--) a = a->next;
    return a->run;
}

/* The words of the program that goes go with it. */
static struct str severity_again(struct str s) {
    static const char *const levels[] = {"low", "medium", "high", "critical"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (str_equal(s, str_of(levels[i]))) return str_of(levels[i]);
    return STR("medium");
}

static int64_t due_again(const struct program_resolve *plan, const struct program_resolve *was,
                         const struct open_alert *a, int64_t now) {
    int64_t due;
    if (plan->after_ns == was->after_ns) return a->due;
    if (!plan->after_ns || __builtin_add_overflow(a->end, plan->after_ns, &due)) return INT64_MAX;
    return due > now ? due : now;
}

void resolver_carry(struct resolver *r, uint32_t rule, struct open_alerts *open,
                    struct resolver *from, uint32_t was, struct open_alerts *old, int64_t now) {
    const struct program_resolve *plan = r->program->rules[rule].resolve;
    const struct program_resolve *before = from->program->rules[was].resolve;
    for (struct open_alert *a = old->first, *next; a; a = next) {
        next = a->next;
        struct open_alert *b = pool_take(&r->pool);
        *b = *a;
        b->severity = severity_again(a->severity);
        b->due = due_again(plan, before, a, now);
        append(open, b);
        pool_give(&from->pool, a);
        from->counters[was].open--;
        r->counters[rule].open++;
    }
    *old = (struct open_alerts){0};
    bound(r, rule, open);
}
