/* derived: see derived.h. */
#include "engine/derived.h"

#include <stdlib.h>

#include "base/log.h"

struct derived_event { /* an alert, as far as it is an event */
    int64_t at;
    uint32_t feed;
    struct hash128 id;
    const struct value *key;
    const struct alert_field *emit;
};

struct events {
    struct derived_event *v;
    uint32_t n, cap;
};

struct moment { /* of a rule: the newest time at which it had alerts, and how many */
    int64_t at;
    uint32_t n;
};

struct derived {
    const struct program *program;
    uint32_t *feeds;        /* by rule: its feed, or NONE */
    struct moment *moments; /* by rule */
    struct events waiting;  /* alerts of the present moment, all of one time, in order */
    struct arena arena;     /* what they say */
    struct events gathered;
    uint32_t next;          /* of `gathered`: the first that has not been met */
    struct batch **batches; /* by feed; made when there is a first event */
    struct derived_row rows[DERIVED_ROWS];
    uint64_t made;          /* events so far: each has a number, by which they are in order */
    uint64_t dropped;
};

/* Only what some group reads is fed, and not what comes from outside. */
static void find_feeds(struct derived *d, const bool *given) {
    const struct program *p = d->program;
    for (uint32_t i = 0; i < p->nrules; i++) d->feeds[i] = NONE;
    for (uint32_t i = 0; i < p->ngroups; i++) {
        for (uint32_t k = 0; k < p->groups[i].ninputs; k++) {
            uint32_t stream = p->groups[i].inputs[k].stream;
            const struct program_feed *feed = program_feed_of(p, stream);
            if (feed && !(given && given[stream]))
                d->feeds[feed->rule] = stream - program_outer_streams(p);
        }
    }
}

struct derived *derived_new(const struct program *program, const bool *given) {
    struct derived *d = must_zalloc(sizeof *d);
    d->program = program;
    arena_init(&d->arena);
    d->feeds = must_alloc((program->nrules + 1) * sizeof *d->feeds);
    find_feeds(d, given);
    d->moments = must_zalloc((program->nrules + 1) * sizeof *d->moments);
    d->batches = must_zalloc((program->nfeeds + 1) * sizeof *d->batches);
    return d;
}

void derived_free(struct derived **derived) {
    struct derived *d = *derived;
    if (!d) return;
    for (uint32_t i = 0; i < d->program->nfeeds; i++) batch_free(&d->batches[i]);
    arena_fini(&d->arena);
    free(d->batches);
    free(d->moments);
    free(d->feeds);
    free(d->waiting.v);
    free(d->gathered.v);
    free(d);
    *derived = NULL;
}

/* Alerts of a rule that events completed come in order, so that the same ones are left out
 * whatever the size of batches. Those of the clock do not wait. */
bool derived_admits(struct derived *d, uint32_t rule, int64_t at, bool by_event) {
    struct moment *m = &d->moments[rule];
    if (d->feeds[rule] == NONE) return false;
    if (!by_event) return true;
    if (m->at != at) *m = (struct moment){.at = at};
    if (m->n == DERIVED_AT_ONCE) {
        d->dropped++;
        return false;
    }
    m->n++;
    return true;
}

/* ---- which events, in which order ------------------------------------------------------------ */

static void push(struct events *to, struct derived_event e) {
    if (to->n == to->cap) {
        to->cap = to->cap ? to->cap * 2 : 64;
        to->v = must_realloc(to->v, to->cap * sizeof *to->v);
    }
    to->v[to->n++] = e;
}

static struct derived_event event_of(const struct derived *d, struct alert_entry entry) {
    const struct alert *a = entry.alert;
    return (struct derived_event){entry.now, d->feeds[a->rule - d->program->rules], a->id, a->key,
                                  a->emit};
}

void derived_gather(struct derived *d, struct alert_queue *q, const bool *reads, int64_t until) {
    uint32_t n = alert_queue_sort(q);
    d->gathered.n = d->next = 0;
    bool over = d->waiting.n && d->waiting.v[0].at < until;
    for (uint32_t i = 0; over && i < d->waiting.n; i++)
        if (reads[d->waiting.v[i].feed]) push(&d->gathered, d->waiting.v[i]);
    for (uint32_t i = 0; i < n; i++) {
        struct alert_entry entry = alert_queue_at(q, i);
        if (!entry.feeds || entry.now >= until) continue;
        struct derived_event e = event_of(d, entry);
        if (reads[e.feed]) push(&d->gathered, e);
    }
}

static struct derived_event copy_of(struct derived *d, struct derived_event e) {
    const struct program_rule *r = &d->program->rules[d->program->feeds[e.feed].rule];
    uint32_t nkey = d->program->groups[r->group].nkey_fields;
    struct value *key = arena_array(&d->arena, struct value, nkey);
    struct alert_field *emit = arena_array(&d->arena, struct alert_field, r->nemit);
    for (uint32_t i = 0; i < nkey; i++) key[i] = value_copy(&d->arena, e.key[i]);
    for (uint32_t i = 0; i < r->nemit; i++)
        emit[i] = (struct alert_field){e.emit[i].name, value_copy(&d->arena, e.emit[i].value)};
    e.key = key;
    e.emit = emit;
    return e;
}

void derived_keep(struct derived *d, struct alert_queue *q, int64_t until) {
    if (d->waiting.n && d->waiting.v[0].at < until) {
        d->waiting.n = 0;
        arena_reset(&d->arena);
    }
    uint32_t n = alert_queue_sort(q);
    for (uint32_t i = 0; i < n; i++) {
        struct alert_entry entry = alert_queue_at(q, i);
        if (entry.feeds && entry.now >= until)
            push(&d->waiting, copy_of(d, event_of(d, entry)));
    }
}

int64_t derived_due(const struct derived *d) {
    return d->waiting.n ? d->waiting.v[0].at : INT64_MAX;
}

/* ---- events as rows -------------------------------------------------------------------------- */

static void set_cell(struct batch *b, uint32_t field, struct value v) {
    switch ((enum value_type)v.type) {
    case VALUE_NULL:
    case VALUE_TYPES: break;
    case VALUE_FLOAT: batch_set_float(b, field, v.f); break;
    case VALUE_STRING: batch_set_str(b, field, v.s); break;
    case VALUE_LIST: batch_set_list(b, field, v.list); break;
    case VALUE_IP: batch_set_ip(b, field, v.ip); break;
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_DECIMAL:
    case VALUE_TIME:
    case VALUE_DURATION: batch_set_int(b, field, v.i); break;
    }
}

static struct batch *batch_for(struct derived *d, uint32_t feed) {
    uint32_t stream = program_outer_streams(d->program) + feed;
    if (!d->batches[feed])
        d->batches[feed] = batch_new(&d->program->streams[stream], stream, DERIVED_ROWS);
    return d->batches[feed];
}

static void add_row(struct derived *d, const struct derived_event *e, struct derived_row *out) {
    const struct program_feed *feed = &d->program->feeds[e->feed];
    uint32_t nkey = d->program->groups[d->program->rules[feed->rule].group].nkey_fields;
    struct batch *b = batch_for(d, e->feed);
    const struct schema *s = b->schema;
    for (uint32_t f = 0; f < s->nfields; f++) {
        if (!s->fields[f].used || f == s->time_field || f == s->id_field) continue;
        uint16_t from = feed->from[f];
        set_cell(b, f, from < nkey ? e->key[from] : e->emit[from - nkey].value);
    }
    batch_set_int(b, s->time_field, e->at);
    if (s->id_field != SCHEMA_NONE) {
        char hex[33];
        hash128_hex(e->id, hex);
        batch_set_str(b, s->id_field, arena_copy(&b->text, str_of(hex)));
    }
    *out = (struct derived_row){b, b->n, e->at};
    batch_commit(b, d->made++);
}

uint32_t derived_next(struct derived *d, const struct derived_row **rows) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->program->nfeeds; i++)
        if (d->batches[i] && d->batches[i]->n) batch_reset(d->batches[i]);
    while (n < DERIVED_ROWS && d->next < d->gathered.n)
        add_row(d, &d->gathered.v[d->next++], &d->rows[n++]);
    *rows = d->rows;
    return n;
}

struct batch *derived_batch(const struct derived *d, uint32_t feed) {
    struct batch *b = d->batches[feed];
    return b && b->n ? b : NULL;
}

uint64_t derived_dropped(const struct derived *d) { return d->dropped; }

size_t derived_bytes(const struct derived *d) {
    return d->arena.used + (d->waiting.cap + d->gathered.cap) * sizeof *d->gathered.v;
}

/* ---- another set of rules -------------------------------------------------------------------- */

static bool says_the_same(const struct derived *d, uint32_t rule, const struct derived *from,
                          uint32_t was) {
    const struct program_rule *r = &d->program->rules[rule], *o = &from->program->rules[was];
    if (d->feeds[rule] == NONE || from->feeds[was] == NONE || r->nemit != o->nemit) return false;
    if (d->program->groups[r->group].nkey_fields != from->program->groups[o->group].nkey_fields)
        return false;
    uint32_t outer = program_outer_streams(d->program);
    uint32_t was_outer = program_outer_streams(from->program);
    const struct schema *a = &d->program->streams[outer + d->feeds[rule]];
    const struct schema *b = &from->program->streams[was_outer + from->feeds[was]];
    bool same = a->nfields == b->nfields;
    for (uint32_t i = 0; same && i < a->nfields; i++)
        same = str_equal(a->fields[i].name, b->fields[i].name) &&
               a->fields[i].type == b->fields[i].type &&
               a->fields[i].item == b->fields[i].item &&
               a->fields[i].digits == b->fields[i].digits;
    return same;
}

static void carry_event(struct derived *d, const struct derived *from, struct derived_event e,
                        const uint32_t *to) {
    uint32_t was = from->program->feeds[e.feed].rule, rule = to[was];
    if (rule == NONE || !says_the_same(d, rule, from, was)) {
        d->dropped++;
        return;
    }
    e.feed = d->feeds[rule];
    e = copy_of(d, e);
    struct alert_field *emit = (struct alert_field *)(uintptr_t)e.emit; /* just made */
    for (uint32_t i = 0; i < d->program->rules[rule].nemit; i++)
        emit[i].name = d->program->rules[rule].emit[i].name;
    push(&d->waiting, e);
}

void derived_carry(struct derived *d, struct derived *from, const uint32_t *to) {
    d->made = from->made;
    d->dropped += from->dropped;
    for (uint32_t i = 0; i < from->program->nrules; i++)
        if (to[i] != NONE) d->moments[to[i]] = from->moments[i];
    for (uint32_t i = 0; i < from->waiting.n; i++)
        carry_event(d, from, from->waiting.v[i], to);
}
