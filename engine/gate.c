/* gate: see gate.h. `once per` remembers, for each rule and key (with `by`: and value), when the
 * last alert was sent and how many were not sent since:
 *
 *   sent at t        until t + D: others are counted, not sent
 *                    until t + 2 D: the next one says how many; then it is forgotten
 *
 * So memory is bounded by the keys that had an alert within 2 D, also of those that never have
 * another event. Entries stand in a table by their canonical bytes, and in a list for each rule by
 * the time they were sent; forgetting takes from its old end. The list is in order up to a slice,
 * which is why nothing but the time of an entry decides what it still says.
 */
#include "engine/gate.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/time.h"

enum { FIRST_SLOTS = 64 };

struct entry {
    struct entry *chain;         /* of its slot */
    struct entry *older, *newer; /* of its rule */
    uint64_t hash;
    int64_t at;                  /* when the last alert was sent */
    uint64_t suppressed;         /* since */
    uint32_t nbytes;
    char bytes[];                /* rule, key values, value of `by` */
};

struct once { /* beside the program's rules */
    struct entry *oldest, *newest;
    uint64_t suppressed;
    uint64_t *excepted; /* by exception */
};

struct gate {
    const struct program *program;
    struct expr *expr;
    const struct window_view *windows; /* of the key, kept up to date by the engine */
    struct once *rules;
    struct entry **slots;
    uint32_t nslots, n; /* nslots: a power of two */
    size_t bytes;
    uint64_t seed;
    struct buf key;
    uint32_t except; /* of the last match that did not pass: see gate_kept_back */
    int64_t sent_at;
};

/* ---- making ---------------------------------------------------------------------------------- */

struct gate *gate_new(const struct program *program, struct expr *expr,
                      const struct window_view *windows) {
    struct gate *g = must_zalloc(sizeof *g);
    g->program = program;
    g->expr = expr;
    g->windows = windows;
    g->rules = must_zalloc((program->nrules + 1) * sizeof *g->rules);
    for (uint32_t i = 0; i < program->nrules; i++)
        if (program->rules[i].says)
            g->rules[i].excepted = must_zalloc((program->rules[i].says->nexcepts + 1) * 8);
    g->nslots = FIRST_SLOTS;
    g->slots = must_zalloc(g->nslots * sizeof *g->slots);
    g->seed = (uint64_t)(uintptr_t)g; /* results never depend on it */
    buf_init(&g->key);
    return g;
}

void gate_free(struct gate **gate) {
    struct gate *g = *gate;
    if (!g) return;
    for (uint32_t i = 0; i < g->nslots; i++) {
        for (struct entry *e = g->slots[i], *next; e; e = next) {
            next = e->chain;
            free(e);
        }
    }
    for (uint32_t i = 0; i < g->program->nrules; i++) free(g->rules[i].excepted);
    free(g->slots);
    free(g->rules);
    buf_fini(&g->key);
    free(g);
    *gate = NULL;
}

/* ---- entries --------------------------------------------------------------------------------- */

static struct entry **slot_of(struct gate *g, uint64_t hash) {
    return &g->slots[hash & (g->nslots - 1)];
}

static void grow(struct gate *g) {
    struct entry **old = g->slots;
    uint32_t n = g->nslots;
    g->nslots = n * 2;
    g->slots = must_zalloc(g->nslots * sizeof *g->slots);
    for (uint32_t i = 0; i < n; i++) {
        for (struct entry *e = old[i], *next; e; e = next) {
            next = e->chain;
            e->chain = *slot_of(g, e->hash);
            *slot_of(g, e->hash) = e;
        }
    }
    free(old);
}

static void link_newest(struct once *o, struct entry *e) {
    e->newer = NULL;
    e->older = o->newest;
    if (o->newest) o->newest->newer = e;
    else o->oldest = e;
    o->newest = e;
}

static void unlink_entry(struct once *o, struct entry *e) {
    if (e->newer) e->newer->older = e->older;
    else o->newest = e->older;
    if (e->older) e->older->newer = e->newer;
    else o->oldest = e->newer;
}

static struct entry *find(struct gate *g, uint64_t hash) {
    struct entry *e = *slot_of(g, hash);
    while (e && (e->hash != hash || e->nbytes != g->key.n ||
                 memcmp(e->bytes, g->key.p, g->key.n) != 0))
        e = e->chain;
    return e;
}

static struct entry *make(struct gate *g, struct once *o, uint64_t hash) {
    if (g->n >= g->nslots && g->nslots < UINT32_C(1) << 31) grow(g);
    check(g->key.n < UINT32_MAX);
    struct entry *e = must_zalloc(sizeof *e + g->key.n);
    e->hash = hash;
    e->nbytes = (uint32_t)g->key.n;
    memcpy(e->bytes, g->key.p, g->key.n);
    e->chain = *slot_of(g, hash);
    *slot_of(g, hash) = e;
    link_newest(o, e);
    g->n++;
    g->bytes += sizeof *e + e->nbytes;
    return e;
}

static void forget(struct gate *g, struct once *o, struct entry *e) {
    struct entry **at = slot_of(g, e->hash);
    while (*at != e) at = &(*at)->chain;
    *at = e->chain;
    unlink_entry(o, e);
    g->n--;
    g->bytes -= sizeof *e + e->nbytes;
    free(e);
}

void gate_forget(struct gate *g, int64_t now) {
    if (!g->n) return;
    for (uint32_t i = 0; i < g->program->nrules; i++) {
        struct once *o = &g->rules[i];
        while (o->oldest) {
            int64_t period = g->program->rules[i].says->once_ns;
            int64_t since = time_since(now, o->oldest->at);
            if (since < period || since - period < period) break;
            forget(g, o, o->oldest);
        }
    }
}

/* ---- a match --------------------------------------------------------------------------------- */

static struct value value_of(struct gate *g, uint32_t code, const struct run *run,
                             const struct completion *c, const struct value *prev) {
    const struct batch *batch = c->event ? c->event->batch : NULL;
    struct expr_scope scope = {.prev = prev,
                               .windows = g->windows,
                               .cells = run_cells((struct run *)run),
                               .last = run->last};
    return expr_value(g->expr, code, batch, c->event ? c->event->row : 0, &scope);
}

/* The first exception that holds, in the order of the rule. */
static bool excepted(struct gate *g, uint32_t rule, const struct run *run,
                     const struct completion *c, const struct value *prev) {
    const struct program_says *says = g->program->rules[rule].says;
    for (uint32_t i = 0; i < says->nexcepts; i++) {
        const struct program_except *x = &says->excepts[i];
        if (c->end >= x->until_ns) continue;
        struct value v = value_of(g, x->code, run, c, prev);
        if (v.type != VALUE_BOOL || !v.i) continue;
        g->rules[rule].excepted[i]++;
        g->except = i;
        return true;
    }
    return false;
}

static bool once(struct gate *g, uint32_t rule, const struct value *by, const struct value *key,
                 int64_t now, uint64_t *suppressed) {
    const struct program_rule *r = &g->program->rules[rule];
    struct once *o = &g->rules[rule];
    int64_t period = r->says->once_ns;
    buf_reset(&g->key);
    buf_add(&g->key, &rule, sizeof rule);
    for (uint32_t i = 0; i < g->program->groups[r->group].nkey_fields; i++)
        value_encode(&g->key, key[i]);
    if (by) value_encode(&g->key, *by);
    uint64_t hash = hash64(g->key.p, g->key.n, g->seed);
    struct entry *e = find(g, hash);
    if (e && time_since(now, e->at) < period) {
        e->suppressed++;
        o->suppressed++;
        g->except = NONE;
        g->sent_at = e->at;
        return false;
    }
    if (!e) {
        e = make(g, o, hash);
    } else {
        if (time_since(now, e->at) - period < period) *suppressed = e->suppressed;
        unlink_entry(o, e);
        link_newest(o, e);
    }
    e->at = now;
    e->suppressed = 0;
    return true;
}

bool gate_pass(struct gate *g, uint32_t rule, const struct run *run,
               const struct completion *completion, const struct value *key,
               const struct value *prev, uint64_t *suppressed) {
    const struct program_says *says = g->program->rules[rule].says;
    if (excepted(g, rule, run, completion, prev)) return false;
    if (!says->once_ns) return true;
    if (says->once_by == NONE)
        return once(g, rule, NULL, key, completion->now, suppressed);
    struct value by = value_of(g, says->once_by, run, completion, prev);
    return once(g, rule, &by, key, completion->now, suppressed);
}

/* ---- seen from outside ----------------------------------------------------------------------- */

uint64_t gate_suppressed(const struct gate *g, uint32_t rule) { return g->rules[rule].suppressed; }
uint64_t gate_excepted(const struct gate *g, uint32_t rule, uint32_t except) {
    return g->rules[rule].excepted[except];
}
uint32_t gate_kept_back(const struct gate *g, int64_t *sent_at) {
    *sent_at = g->sent_at;
    return g->except;
}
uint32_t gate_waiting(const struct gate *g) { return g->n; }
size_t gate_bytes(const struct gate *g) { return g->nslots * sizeof *g->slots + g->bytes; }

/* ---- another set of rules -------------------------------------------------------------------- */

static void carry_excepts(struct gate *g, uint32_t rule, const struct gate *from, uint32_t was) {
    const struct program_says *now = g->program->rules[rule].says;
    const struct program_says *old = from->program->rules[was].says;
    for (uint32_t i = 0; now && i < now->nexcepts; i++)
        for (uint32_t k = 0; old && k < old->nexcepts; k++)
            if (str_equal(now->excepts[i].name, old->excepts[k].name))
                g->rules[rule].excepted[i] += from->rules[was].excepted[k];
}

/* The rule's number stands before the rest of what an entry is found by. */
void gate_carry(struct gate *g, uint32_t rule, const struct gate *from, uint32_t was,
                bool remembers) {
    g->rules[rule].suppressed += from->rules[was].suppressed;
    carry_excepts(g, rule, from, was);
    for (const struct entry *e = from->rules[was].oldest; e && remembers; e = e->newer) {
        buf_reset(&g->key);
        buf_add(&g->key, &rule, sizeof rule);
        buf_add(&g->key, e->bytes + sizeof rule, e->nbytes - sizeof rule);
        struct entry *to =
            make(g, &g->rules[rule], hash64(g->key.p, g->key.n, g->seed));
        to->at = e->at;
        to->suppressed = e->suppressed;
    }
}
