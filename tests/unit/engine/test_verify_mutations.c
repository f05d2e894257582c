/* Tests of engine/verify.h by random damage.
 *
 * A sound program (sound.h) runs and gives alerts. Then one field of it, or two, are changed at
 * random, 200000 times: verify never crashes, and what it accepts is run over random events, so
 * that under AddressSanitizer and UBSan a hole in verify shows itself.
 *
 * OMEN_MUTATIONS=n: n times, and all that is accepted is run, not a share of it; OMEN_SEED=n.
 *
 * What cannot be proven is not changed: lengths of arrays never grow, addresses only get NULL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/table.h"
#include "engine/verify.h"
#include "tests/unit/engine/sound.h"

static uint64_t seed = 2026;
static uint64_t random_u64(void) {
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}
static uint64_t below(uint64_t n) { return random_u64() % n; }

/* ---- running ---------------------------------------------------------------------------- */

static struct str some_text(struct arena *a) {
    static const char *const texts[] = {"", "a", "bb", "BAb", "a longer text than most", "é\xff"};
    return arena_copy(a, str_of(texts[below(6)])); /* of exact size: reading past it is seen */
}

static struct value some_scalar(struct arena *a, enum value_type type, uint8_t digits) {
    struct value v = {.i = (int64_t)below(6) - 1, .type = (uint8_t)type, .digits = digits};
    if (below(20) == 0) v.i = (int64_t)random_u64();
    if (type == VALUE_BOOL) v.i = (int64_t)below(2);
    if (type == VALUE_FLOAT) v.f = (double)below(1000) / 8 - 60;
    if (type == VALUE_STRING) v.s = some_text(a);
    if (type == VALUE_IP) {
        v.ip = (struct ip){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, (uint8_t)below(3)}};
        v.digits = 128;
    }
    return v;
}

static const struct list *some_list(struct arena *a, const struct schema_field *f) {
    uint32_t n = (uint32_t)below(4);
    struct list *l = arena_alloc(a, sizeof *l + n * sizeof *l->items);
    l->n = n;
    for (uint32_t i = 0; i < n; i++)
        l->items[i] = below(5) ? some_scalar(a, f->item, f->digits) : value_null();
    return l;
}

static void fill_row(struct batch *b) {
    for (uint32_t f = 0; f < b->schema->nfields; f++) {
        const struct schema_field *field = &b->schema->fields[f];
        if (!field->used || (below(8) == 0 && f != schema_needs(b->schema))) continue;
        struct value v = some_scalar(&b->text, field->type, field->digits);
        switch (field->type) {
        case VALUE_STRING: batch_set_str(b, f, v.s); break;
        case VALUE_FLOAT: batch_set_float(b, f, v.f); break;
        case VALUE_IP: batch_set_ip(b, f, v.ip); break;
        case VALUE_LIST: batch_set_list(b, f, some_list(&b->text, field)); break;
        default: batch_set_int(b, f, v.i); break;
        }
    }
}

static void fill(struct batch *b, int64_t *now) {
    *now += (int64_t)below(4) * NS_PER_S;
    fill_row(b);
    batch_set_int(b, b->schema->time_field, *now);
    batch_commit(b, b->n);
}

static void fill_tables(struct engine *e, const struct program *p) {
    for (uint32_t i = 0; i < p->ntables; i++) {
        struct table_builder *rows = table_begin(&p->tables[i]);
        struct batch *b = batch_new(&p->tables[i], 0, 20);
        while (b->n < 20) {
            uint64_t before;
            fill_row(b);
            batch_commit(b, b->n);
            table_add(rows, b, b->n - 1, &before);
        }
        struct table *t = table_finish(&rows);
        engine_table(e, i, t);
        table_drop(&t);
        batch_free(&b);
    }
}

/* Batches of both sizes, so that predicates run over vectors and over single rows. Alerts, or -1
 * if the world (an expression, a zone) refused. */
static int64_t run(struct program *p, uint32_t rows) {
    const char *why = NULL;
    struct engine_options options = {0};
    struct engine *e = engine_new(p, &options, &why);
    if (!e) return assert_non_null(why), -1;
    int64_t now = INT64_C(1767225600) * NS_PER_S;
    fill_tables(e, p);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t s = 0; s < program_outer_streams(p); s++) {
            uint32_t n = round ? 2 : rows;
            struct batch *b = batch_new(&p->streams[s], s, n);
            while (b->n < n) fill(b, &now);
            engine_open(e, b);
            engine_feed(e, b, 0, b->n);
            batch_free(&b);
        }
    }
    struct engine_counters counters;
    engine_counters(e, &counters);
    engine_free(&e);
    return (int64_t)counters.alerts;
}

static void sound_program_runs(void **state) {
    (void)state;
    struct program *p = sound_program();
    assert_null(program_verify(p));
    assert_true(run(p, 1000) > 10);
    program_drop(&p);
}

/* ---- mutations -------------------------------------------------------------------------- */

enum kind { NUMBER, COUNT, FLAG, POINTER, VALUE };

struct target {
    void *at;
    uint32_t size;
    enum kind kind;
};

static struct target targets[8192];
static uint32_t ntargets;

static void add(const void *at, size_t size, enum kind kind) {
    assert_true(ntargets < sizeof targets / sizeof *targets);
    targets[ntargets++] = (struct target){(void *)(uintptr_t)at, (uint32_t)size, kind};
}

#define N(m) add(&(m), sizeof(m), NUMBER)
#define COUNT_OF(m) add(&(m), sizeof(m), COUNT)
#define FLAG_OF(m) add(&(m), sizeof(m), FLAG)
#define PTR(m) add(&(m), sizeof(m), POINTER)
#define EACH(i, n) for (uint32_t i = 0; i < (n); i++)

static void add_text(const struct str *s) { PTR(s->p), COUNT_OF(s->n); }
static void add_span(const struct span *s) { N(s->file), N(s->start), N(s->end); }
static void add_list(const struct sound_list *l) {
    COUNT_OF(l->n);
    EACH(i, l->n) add(&l->items[i], sizeof l->items[i], VALUE);
}

static void add_codes(const struct program *p) {
    EACH(i, p->ninsns) {
        const struct insn *in = &p->insns[i];
        for (int weight = 0; weight < 2; weight++)
            N(in->op), N(in->r), N(in->a), N(in->b), N(in->imm);
        if (i % 8 == 0) add_span(&p->spans[i]);
    }
    EACH(i, p->nregs) N(p->regs[i]);
    EACH(i, p->ncodes) {
        const struct code *c = &p->codes[i];
        N(c->first), N(c->n), N(c->first_reg), N(c->nregs), N(c->result), N(c->digits);
    }
    EACH(i, p->nconstants) add(&p->constants[i], sizeof p->constants[i], VALUE);
    EACH(i, p->nregexes) add_text(&p->regexes[i].pattern), FLAG_OF(p->regexes[i].ignoring_case);
    EACH(i, p->nzones) add_text(&p->zones[i]);
    EACH(i, p->npredicates) N(p->predicates[i].code), N(p->predicates[i].stream);
}

static void add_streams(const struct program *p) {
    EACH(i, p->nstreams + p->ntables) {
        const struct schema *s = i < p->nstreams ? &p->streams[i] : &p->tables[i - p->nstreams];
        add_text(&s->name), PTR(s->fields), COUNT_OF(s->nfields), COUNT_OF(s->ncomputed);
        N(s->time_field), N(s->id_field), N(s->key_field);
        EACH(k, schema_columns(s)) {
            const struct schema_field *f = &s->fields[k];
            add_text(&f->name), N(f->type), N(f->item), N(f->digits), N(f->scale), FLAG_OF(f->used);
            N(f->code);
            PTR(f->path), COUNT_OF(f->npath);
        }
    }
    add_list(&sound.ints), add_list(&sound.texts), add_list(&sound.nets), add_list(&sound.points);
    EACH(i, 3) add_list(&sound.point[i]);
}

static void add_automata(const struct program *p) {
    EACH(i, p->nedges) {
        const struct nfa_edge *e = &p->edges[i];
        N(e->target), N(e->link), FLAG_OF(e->reluctant), N(e->nguards), N(e->nactions);
        N(e->nlimits), N(e->nkills), N(e->ncovers), N(e->first_guard), N(e->first_action);
        N(e->first_limit), N(e->first_kill), N(e->first_cover), N(e->least_ns), N(e->most_ns);
        N(e->clock), N(e->clock_stamp), N(e->clock_ns);
    }
    EACH(i, p->nguards) N(p->guards[i].kind), N(p->guards[i].counter), N(p->guards[i].value);
    EACH(i, p->nactions) N(p->actions[i].kind), N(p->actions[i].slot), N(p->actions[i].value);
    EACH(i, p->nlimits) N(p->limits[i].stamp), N(p->limits[i].most_ns);
    EACH(i, p->nkills) N(p->kills[i].variable), N(p->kills[i].kind);
    EACH(i, p->ncovers) N(p->covers[i].edge), FLAG_OF(p->covers[i].fresh_only);
}

static void add_says(const struct program_says *s) {
    N(s->severity), N(s->score), N(s->once_ns), N(s->once_by);
    PTR(s->excepts), PTR(s->attach), COUNT_OF(s->nexcepts), COUNT_OF(s->nattach);
    EACH(i, s->nexcepts) {
        add_text(&s->excepts[i].name), add_text(&s->excepts[i].reason);
        N(s->excepts[i].code), N(s->excepts[i].until_ns);
    }
    EACH(i, s->nattach) {
        const struct program_attach *a = &s->attach[i];
        N(a->variable), N(a->stream), PTR(a->kept), COUNT_OF(a->nkept);
        EACH(k, a->nkept) N(a->kept[k]);
    }
}

static void add_rule(const struct program_rule *r) {
    add_text(&r->name), add_text(&r->doc), N(r->version), N(r->group), N(r->ncounters);
    N(r->nstamps), N(r->within_ns), N(r->mode), N(r->skip), N(r->skip_variable), N(r->output);
    FLAG_OF(r->by_window), N(r->frame);
    FLAG_OF(r->ways_matter), add_span(&r->span);
    N(r->having), FLAG_OF(r->timeouts), PTR(r->timeout_emit), COUNT_OF(r->ntimeout_emit);
    PTR(r->tags), PTR(r->meta), PTR(r->emit), PTR(r->variables), PTR(r->states), PTR(r->cells);
    COUNT_OF(r->ntags), COUNT_OF(r->nmeta), COUNT_OF(r->nemit), COUNT_OF(r->nvariables);
    COUNT_OF(r->nstates), COUNT_OF(r->ncells);
    EACH(i, r->nvariables) {
        const struct program_variable *x = &r->variables[i];
        N(x->stream);
        N(x->predicate), N(x->key_code), N(x->run_code), N(x->take_code), N(x->nkept);
        N(x->streak_code);
    }
    EACH(i, r->nstates)
        N(r->states[i].variable), N(r->states[i].nedges), N(r->states[i].first_edge);
    EACH(i, r->ncells) add(&r->cells[i], sizeof r->cells[i], VALUE);
    EACH(i, r->nemit) N(r->emit[i].code);
    PTR(r->probes), COUNT_OF(r->nprobes);
    EACH(i, r->nprobes) N(r->probes[i].code), N(r->probes[i].variable);
    if (r->says) add_says(r->says);
}

static void add_memory(const struct program_input *in) {
    PTR(in->prevs), COUNT_OF(in->nprevs);
    EACH(k, in->nprevs) N(in->prevs[k].code), N(in->prevs[k].depth), N(in->prevs[k].first);
    PTR(in->columns), PTR(in->aggregates), COUNT_OF(in->ncolumns), COUNT_OF(in->naggregates);
    EACH(k, in->ncolumns) N(in->columns[k].code);
    EACH(k, in->naggregates) {
        const struct program_aggregate *a = &in->aggregates[k];
        N(a->kind), N(a->window), N(a->digits), N(a->column), N(a->length), N(a->frame);
    }
}

static void add_program(const struct program *p) {
    ntargets = 0;
    add_codes(p), add_streams(p), add_automata(p);
    EACH(i, p->nrules) add_rule(&p->rules[i]);
    EACH(i, p->ngroups) {
        const struct program_group *g = &p->groups[i];
        PTR(g->inputs), PTR(g->rules), COUNT_OF(g->nkey_fields);
        COUNT_OF(g->ninputs), N(g->nprev_cells), COUNT_OF(g->nrules);
        EACH(k, g->ninputs) N(g->inputs[k].stream), PTR(g->inputs[k].key_fields);
        EACH(k, g->nkey_fields) N(g->inputs[0].key_fields[k]);
        EACH(k, g->nrules) N(g->rules[k]);
        N(g->level), PTR(g->frames), COUNT_OF(g->nframes);
        EACH(k, g->nframes) {
            const struct program_frame *f = &g->frames[k];
            N(f->kind), N(f->zone), N(f->pane_ns), N(f->length_ns), N(f->period_ns), N(f->at_ns);
        }
        EACH(k, g->ninputs) add_memory(&g->inputs[k]);
    }
    EACH(i, p->nfeeds) {
        N(p->feeds[i].rule), PTR(p->feeds[i].from);
        EACH(k, D_FIELDS) N(p->feeds[i].from[k]);
    }
    COUNT_OF(p->nfeeds), PTR(p->feeds);
    COUNT_OF(p->ntables), PTR(p->tables);
    COUNT_OF(p->nstreams), COUNT_OF(p->ninsns), COUNT_OF(p->nregs), COUNT_OF(p->ncodes);
    COUNT_OF(p->nconstants), COUNT_OF(p->nregexes), COUNT_OF(p->nzones), COUNT_OF(p->npredicates);
    COUNT_OF(p->ngroups), COUNT_OF(p->nrules), COUNT_OF(p->nedges), COUNT_OF(p->nguards);
    COUNT_OF(p->nactions), COUNT_OF(p->nlimits), COUNT_OF(p->nkills), COUNT_OF(p->ncovers);
    PTR(p->streams), PTR(p->insns), PTR(p->constants), PTR(p->rules), PTR(p->edges);
}

static struct value any_value(void) {
    static const double floats[] = {0, -0.0, 1e308, NAN, INFINITY, 5};
    static const struct list *lists[7];
    lists[1] = (const struct list *)&sound.ints, lists[2] = (const struct list *)&sound.texts;
    lists[3] = (const struct list *)&sound.nets, lists[4] = (const struct list *)&sound.points;
    lists[5] = (const struct list *)&sound.point[0];
    lists[6] = (const struct list *)&sound.point[1];
    struct value v = {.i = (int64_t)below(3), .type = (uint8_t)below(VALUE_TYPES + 1),
                      .digits = (uint8_t)(below(3) ? below(4) : random_u64())};
    if (v.type == VALUE_FLOAT) v.f = floats[below(6)];
    if (v.type == VALUE_STRING) v.s = below(6) ? STR("some text") : (struct str){NULL, below(2)};
    if (v.type == VALUE_LIST) v.list = lists[below(7)];
    return v;
}

static uint64_t any_number(uint64_t old) {
    static const uint64_t odd[] = {0, 1, 2, 3, 4, 8, 16, 64, 255, 256, 1024, 0x7FFF, 0x8000, 0xFFFE,
                                   0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE,
                                   0xFFFFFFFF, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX};
    switch (below(5)) {
    case 0: return odd[below(sizeof odd / sizeof *odd)];
    case 1: return old + below(5) - 2;
    case 2: return old ^ UINT64_C(1) << below(16);
    case 3: return random_u64();
    default: return below(OPCODES + 2);
    }
}

static void mutate(const struct target *t) {
    uint64_t old = 0, new;
    if (t->kind == VALUE) {
        struct value v = any_value();
        memcpy(t->at, &v, sizeof v);
        return;
    }
    memcpy(&old, t->at, t->size);
    new = t->kind == COUNT ? below(old + 1) : t->kind == FLAG ? !old : any_number(old);
    if (t->kind == POINTER) new = 0;
    memcpy(t->at, &new, t->size);
}

static void mutations(void **state) {
    (void)state;
    const char *wanted = getenv("OMEN_MUTATIONS"), *other = getenv("OMEN_SEED");
    uint64_t rounds = wanted ? strtoull(wanted, NULL, 10) : 200000, accepted = 0;
    uint64_t share = wanted ? 1 : 8; /* of those accepted one in so many is run: it takes time */
    if (other) seed = strtoull(other, NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    struct program *p = sound_program();
    add_program(p);
    for (uint64_t i = 0; i < rounds; i++) {
        uint8_t old[2][sizeof(struct value)];
        const struct target *t[2];
        uint32_t n = i % 4 == 3 ? 2 : 1;
        for (uint32_t k = 0; k < n; k++) {
            t[k] = &targets[below(ntargets)];
            memcpy(old[k], t[k]->at, t[k]->size);
            mutate(t[k]);
        }
        const char *wrong = program_verify(p);
        if (!wrong) {
            if (accepted++ % share == 0) run(p, 70);
        } else {
            assert_true(wrong[0] != '\0');
        }
        arena_reset(&p->arena);
        for (uint32_t k = n; k--;) memcpy(t[k]->at, old[k], t[k]->size);
    }
    assert_null(program_verify(p));
    assert_true(rounds < 1000 || (accepted > rounds / 100 && accepted < rounds / 2));
    program_drop(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_program_runs),
        cmocka_unit_test(mutations),
    };
    return cmocka_run_group_tests_name("engine/verify/mutations", tests, NULL, NULL);
}
