/* alert_build: see alert_build.h. The id is the hash of what makes a match the match that it is:
 *
 *   rule name · key values · for each event taken, in order: variable name, and its declared id or
 *   else stream name, partition, offset
 *
 * and of a window that closed: rule name · key values · its start
 *
 * each as canonical bytes (value_encode), so that every replay, on any machine, gives the same id.
 * Neither `seq` nor anything else that depends on how the input was cut goes in.
 */
#include "engine/alert_build.h"

#include <stdlib.h>

#include "base/log.h"

struct queued {
    struct alert alert;
    int64_t now;  /* when it was completed */
    struct alert_turn turn;
    uint32_t rule;
    uint32_t place;  /* in order of arrival in the queue */
};

struct alert_queue {
    const struct program *program;
    struct expr *expr;
    const struct window_view *windows;
    struct arena arena; /* everything that the queued alerts point to */
    struct queued **v;
    uint32_t n, cap;
    struct buf bytes;   /* what an id is the hash of */
};

struct alert_queue *alert_queue_new(const struct program *program, struct expr *expr) {
    struct alert_queue *q = must_zalloc(sizeof *q);
    q->program = program;
    q->expr = expr;
    arena_init(&q->arena);
    buf_init(&q->bytes);
    return q;
}

void alert_queue_free(struct alert_queue **queue) {
    struct alert_queue *q = *queue;
    if (!q) return;
    arena_fini(&q->arena);
    buf_fini(&q->bytes);
    free(q->v);
    free(q);
    *queue = NULL;
}

void alert_queue_windows(struct alert_queue *q, const struct window_view *windows) {
    q->windows = windows;
}

static void place(struct alert_queue *q, struct queued *queued) {
    if (q->n == q->cap) {
        q->cap = q->cap ? q->cap * 2 : 64;
        q->v = must_realloc(q->v, q->cap * sizeof *q->v);
    }
    q->v[q->n++] = queued;
}

/* ---- what was taken -------------------------------------------------------------------------- */

static void fill_matched(struct alert_queue *q, const struct run *run, struct alert *alert) {
    const struct program_rule *rule = alert->rule;
    struct alert_variable *all = arena_array(&q->arena, struct alert_variable, rule->nvariables);
    for (const struct taken *t = run->last; t; t = t->before) all[t->variable].n++;
    uint32_t n = 0;
    uint32_t *room = arena_array(&q->arena, uint32_t, rule->nvariables);
    struct alert_position **positions =
        arena_array(&q->arena, struct alert_position *, rule->nvariables);
    for (uint32_t v = 0; v < rule->nvariables; v++) {
        room[v] = all[v].n;
        if (room[v]) positions[v] = arena_array(&q->arena, struct alert_position, room[v]);
    }
    for (const struct taken *t = run->last; t; t = t->before) {
        bool alert_id = program_feed_of(q->program, t->stream) != NULL;
        positions[t->variable][--room[t->variable]] =
            (struct alert_position){t->stream, t->partition, t->offset,
                                    alert_id ? arena_copy(&q->arena, t->id) : STR("")};
    }
    for (uint32_t v = 0; v < rule->nvariables; v++)
        if (all[v].n)
            all[n++] = (struct alert_variable){rule->variables[v].name, positions[v], all[v].n};
    alert->matched = all;
    alert->nmatched = n;
}

static void encode_str(struct buf *out, struct str s) { value_encode(out, value_str(s)); }

static void encode_taken(struct alert_queue *q, const struct program_rule *rule,
                         const struct taken *t) {
    encode_str(&q->bytes, rule->variables[t->variable].name);
    if (t->id.n) {
        encode_str(&q->bytes, t->id);
        return;
    }
    encode_str(&q->bytes, q->program->streams[t->stream].name);
    value_encode(&q->bytes, value_int(t->partition));
    value_encode(&q->bytes, value_int((int64_t)t->offset));
}

static struct hash128 alert_id(struct alert_queue *q, const struct run *run,
                               const struct alert *alert) {
    buf_reset(&q->bytes);
    encode_str(&q->bytes, alert->rule->name);
    if (alert->timed_out) encode_str(&q->bytes, STR("timeout"));
    for (uint32_t i = 0; i < alert->nkey; i++) value_encode(&q->bytes, alert->key[i]);
    uint32_t n = 0;
    if (alert->rule->by_window) { /* what is in it may be more in another replay */
        value_encode(&q->bytes, (struct value){.i = alert->start_ns, .type = VALUE_TIME});
        return hash128(q->bytes.p, q->bytes.n);
    }
    for (const struct taken *t = run->last; t; t = t->before) n++;
    const struct taken **order = arena_array(&q->arena, const struct taken *, n);
    for (const struct taken *t = run->last; t; t = t->before) order[--n] = t;
    for (const struct taken *t = run->last; t; t = t->before)
        encode_taken(q, alert->rule, order[n++]);
    return hash128(q->bytes.p, q->bytes.n);
}

/* Any code of the rule that looks at what was taken. */
static struct value value_of(struct alert_queue *q, uint32_t code, const struct run *run,
                             const struct completion *c, const struct value *prev) {
    const struct batch *batch = c->event ? c->event->batch : NULL;
    struct expr_scope scope = {.prev = prev,
                               .windows = q->windows,
                               .cells = run_cells((struct run *)run),
                               .last = run->last};
    return expr_value(q->expr, code, batch, c->event ? c->event->row : 0, &scope);
}

/* The level that a text names; medium where it names none. */
static struct str level_of(struct value v) {
    static const struct str levels[] = {{"low", 3}, {"high", 4}, {"critical", 8}};
    for (size_t i = 0; v.type == VALUE_STRING && i < sizeof levels / sizeof *levels; i++)
        if (str_equal_nocase(v.s, levels[i])) return levels[i];
    return (struct str){"medium", 6};
}

static void fill_attached(struct alert_queue *q, const struct run *run, struct alert *alert) {
    const struct program_says *says = alert->rule->says;
    struct alert_attached *all = arena_array(&q->arena, struct alert_attached, says->nattach);
    for (uint32_t i = 0; i < says->nattach; i++) {
        const struct program_attach *a = &says->attach[i];
        uint32_t n = 0;
        for (const struct taken *t = run->last; t; t = t->before) n += t->variable == a->variable;
        if (!n) continue;
        struct value *values = arena_array(&q->arena, struct value, (size_t)n * a->nkept);
        uint32_t at = n;
        for (const struct taken *t = run->last; t; t = t->before) {
            if (t->variable != a->variable) continue;
            struct value *event = values + (size_t)--at * a->nkept;
            for (uint32_t f = 0; f < a->nkept; f++)
                event[f] = value_copy(&q->arena, t->kept[a->kept[f]]);
        }
        all[alert->nattached++] = (struct alert_attached){
            alert->rule->variables[a->variable].name, &q->program->streams[a->stream], values, n};
    }
    alert->attached = all;
}

static void fill_says(struct alert_queue *q, const struct run *run, const struct completion *c,
                      const struct value *prev, struct alert *alert) {
    const struct program_says *says = alert->rule->says;
    if (says->severity != NONE)
        alert->severity = level_of(value_of(q, says->severity, run, c, prev));
    alert->scored = says->score != NONE;
    if (alert->scored)
        alert->score = value_copy(&q->arena, value_of(q, says->score, run, c, prev));
    if (says->nattach) fill_attached(q, run, alert);
}

static void fill_emit(struct alert_queue *q, const struct program_field *fields, uint32_t n,
                      const struct run *run, const struct completion *c, const struct value *prev,
                      struct alert *alert) {
    struct alert_field *emit = arena_array(&q->arena, struct alert_field, n);
    for (uint32_t i = 0; i < n; i++) {
        struct value v = value_of(q, fields[i].code, run, c, prev);
        emit[i] = (struct alert_field){fields[i].name, value_copy(&q->arena, v)};
    }
    alert->emit = emit;
    alert->nemit = n;
}

/* ---- into the queue -------------------------------------------------------------------------- */

/* With what opening and closing say alike. */
static struct alert *push(struct alert_queue *q, uint32_t rule, const struct run *run,
                          const struct completion *c, const struct value *key,
                          struct alert_turn turn) {
    const struct program_group *group = &q->program->groups[q->program->rules[rule].group];
    struct queued *queued = arena_new(&q->arena, struct queued);
    struct alert *a = &queued->alert;
    a->program = q->program;
    a->rule = &q->program->rules[rule];
    struct value *copy = arena_array(&q->arena, struct value, group->nkey_fields);
    for (uint32_t i = 0; i < group->nkey_fields; i++) copy[i] = value_copy(&q->arena, key[i]);
    a->key = copy;
    a->nkey = group->nkey_fields;
    a->start_ns = run->start_at;
    a->end_ns = c->end;
    fill_matched(q, run, a);
    queued->now = c->now;
    queued->turn = turn;
    queued->rule = rule;
    queued->place = q->n;
    place(q, queued);
    return a;
}

const struct alert *alert_queue_add(struct alert_queue *q, uint32_t rule, const struct run *run,
                                    const struct completion *completion, const struct value *key,
                                    const struct value *prev, uint64_t suppressed,
                                    struct alert_turn turn) {
    struct alert *a = push(q, rule, run, completion, key, turn);
    const struct program_rule *r = a->rule;
    a->timed_out = completion->timed_out;
    a->severity = r->severity;
    a->suppressed = suppressed;
    if (r->says) fill_says(q, run, completion, prev, a);
    if (a->timed_out)
        fill_emit(q, r->timeout_emit, r->ntimeout_emit, run, completion, prev, a);
    else
        fill_emit(q, r->emit, r->nemit, run, completion, prev, a);
    a->id = alert_id(q, run, a);
    return a;
}

void alert_queue_resolve(struct alert_queue *q, uint32_t rule, const struct opened *opened,
                         const struct completion *closing, const struct value *key,
                         const struct value *prev, struct alert_turn turn) {
    const struct program_resolve *r = q->program->rules[rule].resolve;
    struct alert *a = push(q, rule, opened->run, closing, key, turn);
    a->end_ns = opened->end;
    a->resolved = true;
    a->resolved_ns = closing->now;
    a->severity = opened->severity;
    a->id = opened->id;
    fill_emit(q, r->emit, r->nemit, opened->run, closing, prev, a);
}

/* ---- order
 * -------------------------------------------------------------------------------------- */

static int compare_keys(const struct alert *a, const struct alert *b) {
    for (uint32_t i = 0; i < a->nkey && i < b->nkey; i++) {
        int c = value_compare(a->key[i], b->key[i]);
        if (c) return c;
    }
    return 0;
}

/* Completion time; level; then what an event completed, by its position, before what the clock did,
 * by rule and key. */
static int before(const void *x, const void *y) {
    const struct queued *a = *(struct queued *const *)x, *b = *(struct queued *const *)y;
    if (a->now != b->now) return a->now < b->now ? -1 : 1;
    if (a->turn.level != b->turn.level) return a->turn.level < b->turn.level ? -1 : 1;
    if (a->turn.seq != b->turn.seq) return a->turn.seq < b->turn.seq ? -1 : 1;
    if (a->rule != b->rule) return a->rule < b->rule ? -1 : 1;
    int keys = a->turn.seq == UINT64_MAX ? compare_keys(&a->alert, &b->alert) : 0;
    return keys ? keys : a->place < b->place ? -1 : a->place > b->place;
}

size_t alert_queue_bytes(const struct alert_queue *q) { return q->arena.used; }

uint32_t alert_queue_sort(struct alert_queue *q) {
    if (q->n) qsort(q->v, q->n, sizeof *q->v, before);
    return q->n;
}

struct alert_entry alert_queue_at(const struct alert_queue *q, uint32_t i) {
    const struct queued *v = q->v[i];
    return (struct alert_entry){&v->alert, v->now, v->turn.feeds, v->turn.level == 0};
}

uint64_t alert_queue_flush(struct alert_queue *q, alert_handler *handler, void *context) {
    uint64_t opened = 0;
    alert_queue_sort(q);
    for (uint32_t i = 0; i < q->n; i++) {
        opened += !q->v[i]->alert.resolved;
        if (handler) handler(context, &q->v[i]->alert);
    }
    alert_queue_clear(q);
    return opened;
}

void alert_queue_clear(struct alert_queue *q) {
    q->n = 0;
    arena_reset(&q->arena);
}

void alert_queue_adopt(struct alert_queue *q, const struct alert_queue *from) {
    for (uint32_t i = 0; i < from->n; i++) place(q, from->v[i]);
}

void alert_queue_feed(struct alert_queue *q, uint32_t i, bool feeds) {
    q->v[i]->turn.feeds = feeds;
}
