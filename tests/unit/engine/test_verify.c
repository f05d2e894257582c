/* Tests of engine/verify.h, disasm.h and program.h.
 *
 * A sound program (sound.h) is accepted and runs. Then it is broken:
 *   tables     every kind of corruption, one by one: each is refused, and the message names it
 *   mutations  one field or two, at random, OMEN_MUTATIONS times (200000): verify never crashes; what it accepts
 *              is run over random events, so that under AddressSanitizer and UBSan a hole in verify shows itself
 *
 * What cannot be proven is not mutated: lengths of arrays grow never, addresses only become NULL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/disasm.h"
#include "engine/engine.h"
#include "engine/verify.h"
#include "sound.h"

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

static void fill(struct batch *b, int64_t *now) {
    *now += (int64_t)below(4) * NS_PER_S;
    for (uint32_t f = 0; f < b->schema->nfields; f++) {
        const struct schema_field *field = &b->schema->fields[f];
        if (!field->used || (below(8) == 0 && f != b->schema->time_field)) continue;
        struct value v = some_scalar(&b->text, field->type, field->digits);
        switch (field->type) {
        case VALUE_STRING: batch_set_str(b, f, v.s); break;
        case VALUE_FLOAT: batch_set_float(b, f, v.f); break;
        case VALUE_IP: batch_set_ip(b, f, v.ip); break;
        case VALUE_LIST: batch_set_list(b, f, some_list(&b->text, field)); break;
        default: batch_set_int(b, f, v.i); break;
        }
    }
    batch_set_int(b, b->schema->time_field, *now);
    batch_commit(b, b->n);
}

/* Batches of both sizes, so that predicates run over vectors and over single rows. Alerts, or -1 if the world (an
 * expression, a zone) refused. */
static int64_t run(struct program *p, uint32_t rows) {
    const char *why = NULL;
    struct engine_options options = {0};
    struct engine *e = engine_new(p, &options, &why);
    if (!e) return assert_non_null(why), -1;
    int64_t now = INT64_C(1767225600) * NS_PER_S;
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t s = 0; s < p->nstreams; s++) {
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
    const char *wrong = program_verify(p);
    if (wrong) fail_msg("%s", wrong);
    assert_true(run(p, 1000) > 10);
    p->sources = NULL;
    assert_null(program_verify(p));
    program_drop(&p);
}

static void empty_program_is_sound(void **state) {
    (void)state;
    struct program *p = program_new(), *q = program_hold(p);
    assert_ptr_equal(p, q);
    assert_null(program_verify(p));
    program_drop(&p);
    assert_null(p);
    assert_null(program_verify(q));
    program_drop(&q);
    program_drop(&q);
}

/* ---- tables of corruptions -------------------------------------------------------------- */

static void expect_refused(const char *what, const char *part) {
    const char *wrong = program_verify(sound.program);
    if (!wrong) fail_msg("%s: accepted", what);
    if (!strstr(wrong, part)) fail_msg("%s: \"%s\" does not say \"%s\"", what, wrong, part);
    arena_reset(&sound.program->arena);
}

/* One operand of one instruction: o, r, a, b or i. */
static const struct {
    enum sound_code code;
    enum opcode op;
    uint32_t nth;
    char member;
    uint32_t value;
    const char *part;
} insns[] = {
    {C_KEY, INSN_EQ_S, 0, 'o', OPCODES, "opcode"},
    {C_KEY, INSN_EQ_S, 0, 'o', 0xFFFF, "opcode"},
    {C_KEY, INSN_EQ_S, 0, 'r', 6, "register 6 of 6"},
    {C_KEY, INSN_EQ_S, 0, 'r', 0xFFFF, "register 65535"},
    {C_KEY, INSN_EQ_S, 0, 'a', 6, "register 6 of 6"},
    {C_KEY, INSN_EQ_S, 0, 'b', 6, "register 6 of 6"},
    {C_KEY, INSN_EQ_S, 0, 'r', 0, "holds S, not B"},
    {C_KEY, INSN_EQ_S, 0, 'a', 2, "holds L, not S"},
    {C_KEY, INSN_EQ_S, 0, 'b', 5, "holds I, not S"},
    {C_KEY, INSN_EQ_S, 0, 'o', INSN_EQ_I, "holds S, not I"},
    {C_KEY, INSN_EQ_S, 0, 'o', INSN_DONE, "ends before the end"},
    {C_KEY, INSN_EQ_S, 0, 'o', INSN_RETURN, "ends before the end"},
    {C_KEY, INSN_RETURN, 0, 'o', INSN_NOT, "runs over the end"},
    {C_KEY, INSN_RETURN, 0, 'o', INSN_DONE, "has to give a value"},
    {C_KEY, INSN_RETURN, 0, 'a', 0, "not of type"},
    {C_TAKE, INSN_DONE, 0, 'o', INSN_RETURN, "not of type"},
    {C_KEY, INSN_ANY, 0, 'r', 3, "read before it is written"},
    {C_KEY, INSN_PREV, 0, 'o', INSN_NULL, ""},
    {C_KEY, INSN_EXISTS, 0, 'o', INSN_KEEP, "no take code"},
    {C_KEY, INSN_EXISTS, 0, 'o', INSN_SET_CELL, "no take code"},
    {C_KEY, INSN_EXISTS, 0, 'o', INSN_ELEMENT, "no any()"},
    {C_KEY, INSN_FIELD, 0, 'i', F_FIELDS, "field"},
    {C_KEY, INSN_FIELD, 0, 'i', F_OFF, "not decoded"},
    {C_KEY, INSN_FIELD, 0, 'i', F_N, "not its type"},
    {C_KEY, INSN_FIELD, 0, 'i', NONE, "field"},
    {C_KEY, INSN_PREV, 0, 'i', 1, "no previous value 1"},
    {C_KEY, INSN_PREV, 0, 'i', NONE, "no previous value"},
    {C_KEY, INSN_PREV, 2, 'i', 2, "not its type"},
    {C_KEY, INSN_PREV, 0, 'b', 3, "3 events ago, of 2"},
    {C_KEY, INSN_PREV, 0, 'b', 0, "0 events ago"},
    {C_KEY, INSN_PREV, 0, 'o', INSN_CELL, "no run to look at"},
    {C_KEY, INSN_PREV, 0, 'o', INSN_NTH, "event 0"},
    {C_KEY, INSN_PREV, 1, 'o', INSN_COLLECT, "no run to look at"},
    {C_KEY, INSN_ANY, 0, 'i', C_CODES, "no truth"},
    {C_KEY, INSN_ANY, 0, 'i', C_TAKE, "no truth"},
    {C_KEY, INSN_ANY, 0, 'i', C_KEY, "too deep"},
    {C_KEY, INSN_ANY, 0, 'i', C_ANY_INT, "not its type"},
    {C_KEY, INSN_ANY, 0, 'i', C_RUN, "no run to look at"},
    {C_ANY_ANY, INSN_ANY, 0, 'i', C_ANY_ANY, "too deep"},
    {C_ANY_INT, INSN_CONST, 0, 'i', 999, "constant 999"},
    {C_ANY_INT, INSN_CONST, 0, 'i', 1, "does not fit"},
    {C_ANY_INT, INSN_ELEMENT, 0, 'r', 2, ""},
    {C_NUMBERS, INSN_FIELD, 0, 'o', INSN_PREV, "no previous value"},
    {C_NUMBERS, INSN_FIELD, 0, 'o', INSN_CELL, "no run to look at"},
    {C_NUMBERS, INSN_FIELD, 0, 'o', INSN_ELEMENT, "no any()"},
    {C_NUMBERS, INSN_SCALE_I, 0, 'i', 19, "10^19"},
    {C_NUMBERS, INSN_UNSCALE_I, 0, 'i', 19, "10^19"},
    {C_NUMBERS, INSN_UNSCALE_I, 0, 'b', 4, "rounding 4"},
    {C_NUMBERS, INSN_I_TO_F, 0, 'i', NONE, "10^"},
    {C_NUMBERS, INSN_F_TO_I, 0, 'b', 4, "rounding 4"},
    {C_NUMBERS, INSN_ROUND_F, 0, 'i', 0x80000000, "digits"},
    {C_NUMBERS, INSN_COALESCE, 0, 'r', 3 + 1, "holds I, not F"},
    {C_NUMBERS, INSN_COALESCE, 0, 'b', 2, "holds F, not I"},
    {C_NUMBERS, INSN_ONLY_IF, 0, 'r', 3, "holds F, not I"},
    {C_NUMBERS, INSN_ONLY_IF, 0, 'b', 3, "holds I, not B"},
    {C_NUMBERS, INSN_IN_SET, 0, 'i', 0, "of type"},
    {C_NUMBERS, INSN_IN_SET, 0, 'i', 999, "constant 999"},
    {C_NUMBERS, INSN_IN_SET, 0, 'a', 5, "not of the register's type"},
    {C_NUMBERS, INSN_IN_LIST, 0, 'a', 5, "not of the register's type"},
    {C_NUMBERS, INSN_ANY, 0, 'i', C_ANY_TEXT, "not its type"},
    {C_TEXTS, INSN_SUBSTR, 0, 'b', 4, "not I"},
    {C_TEXTS, INSN_SUBSTR, 0, 'b', 8, "register 9 of 9"},
    {C_TEXTS, INSN_TO_TEXT, 0, 'b', VALUE_STRING, "does not hold"},
    {C_TEXTS, INSN_TO_TEXT, 0, 'b', VALUE_TYPES, "does not hold"},
    {C_TEXTS, INSN_TO_TEXT, 0, 'b', 256 + VALUE_INT, "type"},
    {C_TEXTS, INSN_TO_TEXT, 0, 'i', 19, "19 digits"},
    {C_TEXTS, INSN_HASH, 0, 'b', VALUE_LIST, "does not hold"},
    {C_TEXTS, INSN_HASH, 0, 'b', VALUE_DECIMAL + 256 * 19, "19 digits"},
    {C_TEXTS, INSN_MATCHES, 0, 'i', 1, "regular expression 1"},
    {C_TEXTS, INSN_EXTRACT, 0, 'i', NONE, "regular expression"},
    {C_PLACES, INSN_HOUR, 0, 'i', 1, "zone 1"},
    {C_PLACES, INSN_DISTANCE, 0, 'a', 4, "not F"},
    {C_PLACES, INSN_DISTANCE, 0, 'a', 0xFFFF, "register 65535"},
    {C_PLACES, INSN_IN_NET, 0, 'i', 0, "of type"},
    {C_PLACES, INSN_IN_POLYGON, 0, 'i', 0, "of type"},
    {C_TAKE, INSN_CELL, 0, 'i', CELLS, "cell"},
    {C_TAKE, INSN_CELL, 0, 'i', CELL_COUNT, "not its type"},
    {C_TAKE, INSN_CELL, 0, 'i', CELL_TAGS, "take L"},
    {C_TAKE, INSN_SET_CELL, 0, 'i', CELL_MIN, "cell 4"},
    {C_TAKE, INSN_SET_CELL, 0, 'i', NONE, "cell"},
    {C_TAKE, INSN_SET_CELL, 0, 'b', VALUE_LIST, "does not hold"},
    {C_TAKE, INSN_SET_CELL, 1, 'b', VALUE_STRING, "does not hold"},
    {C_TAKE, INSN_SET_CELL, 1, 'i', CELL_SUM_I, "holds I and L"},
    {C_TAKE, INSN_COUNT_CELL, 0, 'i', CELL_NAME, "cell 0"},
    {C_TAKE, INSN_SUM_I_CELL, 0, 'i', CELL_SUM_F, "holds F and I"},
    {C_TAKE, INSN_SUM_F_CELL, 0, 'i', CELL_TAGS, "cell"},
    {C_TAKE, INSN_MIN_CELL, 0, 'b', VALUE_FLOAT, "does not hold"},
    {C_TAKE, INSN_MIN_CELL, 0, 'i', CELL_NAME, "cell 0"},
    {C_TAKE, INSN_SPREAD_CELL, 0, 'i', CELLS - 2, "cell"},
    {C_TAKE, INSN_SPREAD_CELL, 0, 'i', CELL_SUM_I, "cell"},
    {C_TAKE, INSN_KEEP, 0, 'i', 4, "kept value 4 of 4"},
    {C_TAKE, INSN_KEEP, 1, 'i', 0, "twice"},
    {C_TAKE, INSN_KEEP, 2, 'b', VALUE_LIST, "does not hold"},
    {C_TAKE, INSN_KEEP, 0, 'a', 1, "does not hold"},
    {C_RUN, INSN_NTH, 0, 'a', 3, "variable 3"},
    {C_RUN, INSN_NTH, 0, 'a', 1, "kept value 0 of variable 1"},
    {C_RUN, INSN_NTH, 0, 'b', 4, "kept value 4"},
    {C_RUN, INSN_NTH, 0, 'b', 2, "not its type"},
    {C_RUN, INSN_NTH, 0, 'i', 0, "event 0"},
    {C_RUN, INSN_COLLECT, 0, 'b', 1, "not of the register's type"},
    {C_RUN, INSN_COLLECT, 0, 'b', 4, "kept value 4"},
    {C_RUN, INSN_COLLECT, 0, 'i', 0, "at most 0"},
    {C_RUN, INSN_DISTINCT, 0, 'b', 0, "not its type"},
    {C_RUN, INSN_STDDEV, 0, 'i', CELLS - 2, "cell"},
    {C_RUN, INSN_STDDEV, 0, 'i', CELL_NAME, "cell"},
    {C_RUN, INSN_CELL, 1, 'i', CELL_NAME, "not its type"},
    {C_EMIT_TEXT, INSN_CELL, 0, 'i', CELL_TAGS, "not its type"},
    {C_EMIT_KEPT, INSN_NTH, 0, 'b', 0, "not its type"},
    {C_PREV_NAME, INSN_FIELD, 0, 'o', INSN_PREV, "no previous value"},
    {C_PREV_NAME, INSN_FIELD, 0, 'o', INSN_CELL, "no run to look at"},
};

static void broken_instructions(void **state) {
    (void)state;
    struct program *p = sound_program();
    for (size_t i = 0; i < sizeof insns / sizeof *insns; i++) {
        struct insn *in = sound_insn(insns[i].code, insns[i].op, insns[i].nth), old = *in;
        switch (insns[i].member) {
        case 'o': in->op = (uint16_t)insns[i].value; break;
        case 'r': in->r = (uint16_t)insns[i].value; break;
        case 'a': in->a = (uint16_t)insns[i].value; break;
        case 'b': in->b = (uint16_t)insns[i].value; break;
        default: in->imm = insns[i].value; break;
        }
        char what[64];
        snprintf(what, sizeof what, "instruction of case %zu", i);
        if (insns[i].part[0]) expect_refused(what, insns[i].part);
        else program_verify(p);
        *in = old;
        assert_null(program_verify(p));
    }
    program_drop(&p);
}

#define AT(member) &sound.member, sizeof sound.member, #member

/* Any other number. */
static const struct {
    void *at;
    size_t size;
    const char *name;
    uint64_t value;
    const char *part;
} numbers[] = {
    {AT(code.codes[C_KEY].first), NONE, "instructions"},
    {AT(code.codes[C_KEY].n), 0, "instructions"},
    {AT(code.codes[C_KEY].n), 5, "runs over the end"},
    {AT(code.codes[C_KEY].n), 100000, "instructions"},
    {AT(code.codes[C_KEY].first_reg), 100000, "registers"},
    {AT(code.codes[C_KEY].nregs), 257, "registers"},
    {AT(code.codes[C_KEY].nregs), 2, "register"},
    {AT(code.codes[C_KEY].result), VALUE_NULL, "not of type"},
    {AT(code.codes[C_KEY].result), VALUE_TYPES, "result type"},
    {AT(code.codes[C_KEY].result), VALUE_STRING, "not of type"},
    {AT(code.codes[C_TAKE].result), VALUE_BOOL, "take code"},
    {AT(code.codes[C_EMIT_DECIMAL].digits), 19, "digits 19"},
    {AT(code.codes[C_ANY_INT].result), VALUE_INT, "not of type"},
    {AT(code.regs[0]), REG_L + 1, "register 0: type 6"},
    {AT(code.spans[3].file), 1, "span"},
    {AT(code.spans[3].end), 5, "span"},
    {AT(code.spans[3].start), 1, "span"},
    {AT(streams[0].nfields), 3, "event id"},
    {AT(streams[0].nfields), 0, "event time"},
    {AT(streams[0].nfields), 257, "fields"},
    {AT(streams[0].time_field), F_N, "event time"},
    {AT(streams[0].time_field), F_FIELDS, "event time"},
    {AT(streams[0].id_field), F_N, "event id"},
    {AT(streams[0].id_field), F_FIELDS, "event id"},
    {AT(streams[0].id_field), F_OFF, "event id"},
    {AT(fields[F_AT].used), 0, "event time"},
    {AT(fields[F_ID].used), 0, "event id"},
    {AT(fields[F_HOST].used), 0, "not decoded"},
    {AT(fields[F_N].type), VALUE_NULL, "field 2"},
    {AT(fields[F_N].type), VALUE_TYPES, "field 2"},
    {AT(fields[F_N].type), VALUE_STRING, "not its type"},
    {AT(fields[F_N].digits), 19, "field 2"},
    {AT(fields[F_AT].scale), 4, "field 0"},
    {AT(fields[F_ITEMS].item), VALUE_LIST, "field 6"},
    {AT(fields[F_ITEMS].item), VALUE_NULL, "field 6"},
    {AT(fields[F_ITEMS].item), VALUE_STRING, "register's type"},
    {AT(fields[F_TAGS].item), VALUE_INT, "register's type"},
    {AT(code.constants[0].type), VALUE_TYPES, "constant 0"},
    {AT(code.constants[0].type), VALUE_FLOAT, "does not fit"},
    {AT(ints.items[1].type), 77, "constant"},
    {AT(ints.items[1].type), VALUE_FLOAT, "not of the register's type"},
    {AT(points.n), 2, "no polygon"},
    {AT(point[1].n), 1, "no point"},
    {AT(point[1].items[0].type), VALUE_BOOL, "no point"},
    {AT(nets.items[0].digits), 129, "constant"},
    {AT(predicates[0].code), C_CODES, "code 16"},
    {AT(predicates[0].code), C_EMIT_TEXT, "gives type"},
    {AT(predicates[0].code), C_KEY, "no previous value"},
    {AT(predicates[0].code), C_RUN, "no run to look at"},
    {AT(predicates[0].code), C_ANY_INT, "no any()"},
    {AT(predicates[0].stream), 2, "stream 2"},
    {AT(predicates[0].stream), 1, "field"},
    {AT(prevs[0].code), C_CODES, "code 16"},
    {AT(prevs[0].code), C_TAKE, "gives type"},
    {AT(prevs[0].code), C_KEY, "no previous value"},
    {AT(prevs[0].code), C_PREV_MONEY, "not its type"},
    {AT(prevs[0].depth), 0, "events back"},
    {AT(prevs[0].depth), 65, "events back"},
    {AT(prevs[0].depth), 1, "previous cells"},
    {AT(prevs[0].first), 1, "shared"},
    {AT(prevs[0].first), 3, "cells 3+2"},
    {AT(prevs[0].first), NONE, "cells"},
    {AT(key_fields[0]), F_FIELDS, "key field"},
    {AT(key_fields[0]), F_OFF, "key field"},
    {AT(rules_of[0][0]), 3, "rule 3"},
    {AT(rules_of[0][0]), 1, "group 0"},
    {AT(rules_of[0][0]), 2, "group 0"},
    {AT(groups[0].stream), 2, "stream 2"},
    {AT(groups[0].stream), 1, "field"},
    {AT(groups[0].nrules), 1, "no group"},
    {AT(groups[0].nprevs), 2, "previous cells"},
    {AT(groups[0].nprev_cells), 3, "previous cells"},
    {AT(groups[0].nprev_cells), NONE, "previous cells"},
    {AT(groups[1].nrules), 0, "no group"},
    {AT(rules[0].group), 1, "group 0"},
    {AT(rules[0].group), 2, "group 0"},
    {AT(rules[0].mode), 3, "mode 3"},
    {AT(rules[0].skip), 5, "skip 5"},
    {AT(rules[0].output), 3, "output 3"},
    {AT(rules[0].skip_variable), 3, "skips to variable 3"},
    {AT(rules[0].within_ns), (uint64_t)-2, "window"},
    {AT(rules[0].within_ns), (uint64_t)INT64_MAX, "window"},
    {AT(rules[0].nstates), 0, "arrays"},
    {AT(rules[0].nstates), 2, "target"},
    {AT(rules[0].nstates), MAX_STATES + 1, "arrays"},
    {AT(rules[0].ncounters), 0, "guards"},
    {AT(rules[0].ncounters), MAX_COUNTERS + 1, "arrays"},
    {AT(rules[0].nstamps), 0, "limits"},
    {AT(rules[0].nstamps), MAX_STAMPS + 1, "arrays"},
    {AT(rules[0].nvariables), 2, "kills"},
    {AT(rules[0].ncells), CELLS - 1, "cell"},
    {AT(rules[0].span.end), 5, "span"},
    {AT(variables[0].predicate), 3, "predicate 3"},
    {AT(any[0].predicate), 0, "predicate 0"},
    {AT(variables[0].nkept), 3, "kept value 3"},
    {AT(variables[0].nkept), 1 << 20, "values kept"},
    {AT(variables[0].take_code), C_KEY, "gives type"},
    {AT(variables[0].take_code), C_CODES, "code 16"},
    {AT(variables[1].take_code), C_TAKE, "kept value 0 of 0"},
    {AT(variables[1].key_code), C_RUN, "no run to look at"},
    {AT(variables[1].key_code), C_TAKE, "gives type"},
    {AT(variables[1].run_code), C_EMIT_TEXT, "gives type"},
    {AT(variables[1].run_code), C_CODES, "code 16"},
    {AT(any[0].key_code), C_KEY, "field"},
    {AT(variables[0].span.start), 5, "span"},
    {AT(emit[0].code), C_TAKE, "gives type"},
    {AT(emit[0].code), C_CODES, "code 16"},
    {AT(cells[CELL_COUNT].type), VALUE_FLOAT, "cell 1"},
    {AT(cells[CELL_COUNT].type), VALUE_LIST, "cell 1"},
    {AT(cells[CELL_COUNT].type), VALUE_TYPES, "cell 1"},
    {AT(cells[CELL_SUM_I].digits), 19, "cell 2"},
    {AT(states[1].variable), 3, "variable 3"},
    {AT(states[1].nedges), MAX_EDGES + 1, "edges"},
    {AT(states[1].first_edge), 0, "has an owner"},
    {AT(states[1].first_edge), NONE, "edges"},
    {AT(states[2].nedges), 60, "edges"},
    {AT(edges[0].target), 0, "target"},
    {AT(edges[0].target), 3, "target"},
    {AT(edges[0].target), ACCEPT, "target"},
    {AT(edges[1].target), 0, "target"},
    {AT(edges[1].link), EDGE_EACH + 1, "link"},
    {AT(edges[1].least_ns), (uint64_t)-1, "gap"},
    {AT(edges[1].most_ns), (uint64_t)-2, "gap"},
    {AT(edges[1].most_ns), (uint64_t)INT64_MAX, "gap"},
    {AT(edges[1].nguards), 3, "guards"},
    {AT(edges[1].first_guard), 2, "guards"},
    {AT(edges[1].nactions), 0xFFFF, "actions"},
    {AT(edges[1].first_action), NONE, "actions"},
    {AT(edges[2].nlimits), 2, "limits"},
    {AT(edges[2].first_kill), 1, "kills"},
    {AT(edges[2].ncovers), 2, "covers"},
    {AT(guards[0].kind), 2, "guards"},
    {AT(guards[0].counter), 1, "guards"},
    {AT(actions[0].kind), ACTION_CLEAR + 1, "actions"},
    {AT(actions[0].slot), 1, "actions"},
    {AT(actions[1].slot), 1, "actions"},
    {AT(limits[0].stamp), 1, "limits"},
    {AT(limits[0].most_ns), (uint64_t)-1, "limits"},
    {AT(kills[0].variable), 3, "kills"},
    {AT(kills[0].kind), 3, "kills"},
    {AT(covers[0].edge), 5, "covers"},
    {AT(covers[0].edge), NONE, "covers"},
    {AT(meta[0].value.type), VALUE_TYPES, "meta 0"},
};

static void broken_numbers(void **state) {
    (void)state;
    struct program *p = sound_program();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint8_t old[8];
        memcpy(old, numbers[i].at, numbers[i].size);
        memcpy(numbers[i].at, &numbers[i].value, numbers[i].size); /* little endian */
        char what[128];
        snprintf(what, sizeof what, "%s = %lld", numbers[i].name, (long long)numbers[i].value);
        expect_refused(what, numbers[i].part);
        memcpy(numbers[i].at, old, numbers[i].size);
        assert_null(program_verify(p));
    }
    program_drop(&p);
}

static void broken_values(void **state) {
    (void)state;
    struct program *p = sound_program();
    struct value *c = &sound.code.constants[0], old = *c;
    *c = value_float(NAN);
    expect_refused("NaN", "constant 0");
    *c = value_float(INFINITY);
    expect_refused("infinity", "constant 0");
    *c = (struct value){.i = 2, .type = VALUE_BOOL};
    expect_refused("a third truth", "constant 0");
    *c = value_str((struct str){NULL, 1});
    expect_refused("text without memory", "constant 0");
    *c = (struct value){.type = VALUE_LIST};
    expect_refused("list without memory", "constant 0");
    struct sound_list loop = {.n = 1};
    loop.items[0] = (struct value){.list = (const struct list *)&loop, .type = VALUE_LIST};
    *c = loop.items[0];
    expect_refused("a list in itself", "constant 0");
    *c = old;
    struct value *cell = &sound.cells[CELL_NAME];
    *cell = value_str(STR("text"));
    expect_refused("an initial text", "cell 0"); /* runs would disown what they do not own */
    *cell = value_str(STR(""));
    assert_null(program_verify(p));
    *cell = value_null();
    /* Two sets of one list, for registers of different types: empty, so that its items fit both. */
    sound.texts.n = 0;
    assert_null(program_verify(p));
    struct insn *in = sound_insn(C_NUMBERS, INSN_IN_SET, 0);
    in->imm = sound_insn(C_TEXTS, INSN_IN_SET, 0)->imm;
    expect_refused("two types of set", "another type");
    program_drop(&p);
}

static void missing_arrays(void **state) {
    (void)state;
    struct program *p = sound_program();
    void *arrays[] = {
        &p->streams, &p->insns,  &p->spans,   &p->regs,   &p->codes, &p->constants, &p->regexes,
        &p->zones,   &p->groups, &p->rules,   &p->edges,  &p->kills, &p->guards,    &p->actions,
        &p->limits,  &p->covers, &p->predicates, &sound.streams[0].fields, &sound.fields[F_N].path,
        &sound.groups[0].key_fields, &sound.groups[0].prevs, &sound.groups[0].rules,
        &sound.rules[0].tags, &sound.rules[0].meta, &sound.rules[0].emit,
        &sound.rules[0].variables, &sound.rules[0].states, &sound.rules[0].cells,
        &sound.rules[0].name.p, &sound.rules[0].doc.p, &sound.tags[0].p, &sound.meta[0].name.p,
        &sound.variables[0].name.p, &sound.fields[0].name.p, &sound.streams[0].name.p,
        &sound.code.zones[0].p, &sound.code.regexes[0].pattern.p, &sound.emit[0].name.p,
        &sound.paths[1].p,
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        void *old, *none = NULL;
        memcpy(&old, arrays[i], sizeof old);
        memcpy(arrays[i], &none, sizeof old);
        char what[32];
        snprintf(what, sizeof what, "array %zu", i);
        expect_refused(what, "");
        memcpy(arrays[i], &old, sizeof old);
        assert_null(program_verify(p));
    }
    p->ninsns = NONE;
    expect_refused("too many instructions", "instructions");
    program_drop(&p);
}

/* any() of any() of any() …: as many steps as 2^depth would take are refused, at any depth. */
static void work_is_bounded(void **state) {
    (void)state;
    struct program *p = sound_program();
    struct insn *in = sound_insn(C_ANY_ANY, INSN_ANY, 0);
    in->imm = C_KEY; /* C_KEY calls C_ANY_TEXT: a chain of two is fine */
    expect_refused("a chain that needs previous values", "no previous value");
    in->imm = C_NUMBERS; /* and that calls C_ANY_ANY */
    expect_refused("a circle", "too deep");
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
        for (int weight = 0; weight < 2; weight++) N(in->op), N(in->r), N(in->a), N(in->b), N(in->imm);
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
    EACH(i, p->nstreams) {
        const struct schema *s = &p->streams[i];
        add_text(&s->name), PTR(s->fields), COUNT_OF(s->nfields), N(s->time_field), N(s->id_field);
        EACH(k, s->nfields) {
            const struct schema_field *f = &s->fields[k];
            add_text(&f->name), N(f->type), N(f->item), N(f->digits), N(f->scale), FLAG_OF(f->used);
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
    }
    EACH(i, p->nguards) N(p->guards[i].kind), N(p->guards[i].counter), N(p->guards[i].value);
    EACH(i, p->nactions) N(p->actions[i].kind), N(p->actions[i].slot), N(p->actions[i].value);
    EACH(i, p->nlimits) N(p->limits[i].stamp), N(p->limits[i].most_ns);
    EACH(i, p->nkills) N(p->kills[i].variable), N(p->kills[i].kind);
    EACH(i, p->ncovers) N(p->covers[i].edge), FLAG_OF(p->covers[i].fresh_only);
}

static void add_rule(const struct program_rule *r) {
    add_text(&r->name), add_text(&r->doc), N(r->version), N(r->group), N(r->ncounters);
    N(r->nstamps), N(r->within_ns), N(r->mode), N(r->skip), N(r->skip_variable), N(r->output);
    FLAG_OF(r->ways_matter), add_span(&r->span);
    PTR(r->tags), PTR(r->meta), PTR(r->emit), PTR(r->variables), PTR(r->states), PTR(r->cells);
    COUNT_OF(r->ntags), COUNT_OF(r->nmeta), COUNT_OF(r->nemit), COUNT_OF(r->nvariables);
    COUNT_OF(r->nstates), COUNT_OF(r->ncells);
    EACH(i, r->nvariables) {
        const struct program_variable *x = &r->variables[i];
        N(x->predicate), N(x->key_code), N(x->run_code), N(x->take_code), N(x->nkept);
    }
    EACH(i, r->nstates) N(r->states[i].variable), N(r->states[i].nedges), N(r->states[i].first_edge);
    EACH(i, r->ncells) add(&r->cells[i], sizeof r->cells[i], VALUE);
    EACH(i, r->nemit) N(r->emit[i].code);
}

static void add_program(const struct program *p) {
    ntargets = 0;
    add_codes(p), add_streams(p), add_automata(p);
    EACH(i, p->nrules) add_rule(&p->rules[i]);
    EACH(i, p->ngroups) {
        const struct program_group *g = &p->groups[i];
        N(g->stream), PTR(g->key_fields), PTR(g->prevs), PTR(g->rules), COUNT_OF(g->nkey_fields);
        COUNT_OF(g->nprevs), N(g->nprev_cells), COUNT_OF(g->nrules);
        EACH(k, g->nkey_fields) N(g->key_fields[k]);
        EACH(k, g->nprevs) N(g->prevs[k].code), N(g->prevs[k].depth), N(g->prevs[k].first);
        EACH(k, g->nrules) N(g->rules[k]);
    }
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
    lists[5] = (const struct list *)&sound.point[0], lists[6] = (const struct list *)&sound.point[1];
    struct value v = {.i = (int64_t)below(3), .type = (uint8_t)below(VALUE_TYPES + 1),
                      .digits = (uint8_t)(below(3) ? below(4) : random_u64())};
    if (v.type == VALUE_FLOAT) v.f = floats[below(6)];
    if (v.type == VALUE_STRING) v.s = below(6) ? STR("some text") : (struct str){NULL, below(2)};
    if (v.type == VALUE_LIST) v.list = lists[below(7)];
    return v;
}

static uint64_t any_number(uint64_t old) {
    static const uint64_t odd[] = {0, 1, 2, 3, 4, 8, 16, 64, 255, 256, 1024, 0x7FFF, 0x8000, 0xFFFE,
                                   0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF,
                                   INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX};
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
    const char *wanted = getenv("OMEN_MUTATIONS");
    uint64_t rounds = wanted ? strtoull(wanted, NULL, 10) : 200000, accepted = 0;
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
            accepted++;
            run(p, 70);
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

/* ---- disasm ----------------------------------------------------------------------------- */

static void disassembles(void **state) {
    (void)state;
    struct program *p = sound_program();
    struct buf out;
    buf_init(&out);
    disasm_code(p, C_KEY, &out);
    assert_string_equal(buf_cstr(&out), "     0  r0:S = FIELD name\n"
                                        "     1  r1:S = PREV 2, previous 0\n"
                                        "     2  r2:L = PREV 1, previous 2\n"
                                        "     3  r5:I = PREV 1, previous 3\n"
                                        "     4  r3:B = EQ_S r0, r1\n"
                                        "     5  r3:B = NOT r3\n"
                                        "     6  r4:B = ANY r2, code 1\n"
                                        "     7  r3:B = OR r3, r4\n"
                                        "     8  r4:B = EXISTS r5\n"
                                        "     9  r3:B = OR r3, r4\n"
                                        "    10  RETURN r3\n");
    buf_reset(&out);
    disasm_rule(p, 0, &out);
    const char *text = buf_cstr(&out);
    assert_non_null(strstr(text, "rule card_testing\n"));
    assert_non_null(strstr(text, "probe: of the event (code 4)\n"));
    assert_non_null(strstr(text, "MATCHES r0, \"(a)|b+\" ignoring case\n"));
    assert_non_null(strstr(text, "IN_SET r0, [\"a\", \"bb\", null]\n"));
    assert_non_null(strstr(text, "hit: of the key (code 9)\n"));
    assert_non_null(strstr(text, "SPREAD_CELL r2, cell 5\n"));
    assert_non_null(strstr(text, "KEEP r0, 5, kept 0\n"));
    assert_non_null(strstr(text, "sum: emitted (code 14)\n"));
    buf_fini(&out);
    program_drop(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_program_runs), cmocka_unit_test(empty_program_is_sound),
        cmocka_unit_test(broken_instructions), cmocka_unit_test(broken_numbers),
        cmocka_unit_test(broken_values),      cmocka_unit_test(missing_arrays),
        cmocka_unit_test(work_is_bounded),    cmocka_unit_test(mutations),
        cmocka_unit_test(disassembles),
    };
    return cmocka_run_group_tests_name("engine/verify", tests, NULL, NULL);
}
