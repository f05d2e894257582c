/* Tests of engine/verify.h by tables, of engine/disasm.h and engine/program.h.
 *
 * A sound program (sound.h) is broken in every way, one by one: each is refused, the message names
 * what is wrong, and mended it is accepted again. Random damage is in test_verify_mutations.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "base/time.h"
#include "engine/disasm.h"
#include "engine/verify.h"
#include "tests/unit/engine/sound.h"

static void sound_program_is_sound(void **state) {
    (void)state;
    struct program *p = sound_program();
    const char *wrong = program_verify(p);
    if (wrong) fail_msg("%s", wrong);
    p->sources = NULL; /* then spans point nowhere, and nobody may follow them */
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
    {C_KEY, INSN_FIELD, 0, 'i', F_COLUMNS, "field"},
    {C_KEY, INSN_FIELD, 0, 'i', F_OFF, "not decoded"},
    {C_KEY, INSN_FIELD, 0, 'i', F_N, "not its type"},
    {C_KEY, INSN_FIELD, 0, 'i', NONE, "field"},
    {C_LOWER, INSN_FIELD, 0, 'i', F_LOWER, "field 11 is not there"},
    {C_KEY, INSN_PREV, 0, 'i', 1, "no previous value 1"},
    {C_KEY, INSN_PREV, 0, 'i', NONE, "no previous value"},
    {C_KEY, INSN_WINDOW, 0, 'a', 1, "no window 1 of input 1"},
    {C_KEY, INSN_WINDOW, 0, 'i', 3, "no window 3 of input 0"},
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
    {C_TAKE, INSN_KEEP, 0, 'a', 6, "lies in a cell that was written"},
    {C_TAKE, INSN_COALESCE, 0, 'o', INSN_CONCAT, ""},
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
    {C_LOOKUP, INSN_ROW, 0, 'i', 1, "table 1"},
    {C_LOOKUP, INSN_ROW, 0, 'a', 1, "read before it is written"},
    {C_LOOKUP, INSN_ROW, 0, 'r', 0, "holds S, not I"},
    {C_LOOKUP, INSN_COLUMN, 0, 'i', NONE, "table 4294967295"},
    {C_LOOKUP, INSN_COLUMN, 0, 'a', 0, "holds S, not I"},
    {C_LOOKUP, INSN_COLUMN, 0, 'b', T_FIELDS, "column 4 of table 0 is not there"},
    {C_LOOKUP, INSN_COLUMN, 1, 'b', T_OFF, "column 3 of table 0 is not there, or not kept"},
    {C_LOOKUP, INSN_COLUMN, 1, 'b', T_NOTES, "does not fit register"},
    {C_LOOKUP, INSN_COLUMN, 0, 'r', 3, "does not fit register"},
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
    {AT(streams[0].ncomputed), 257, "computed"},
    {AT(streams[0].ncomputed), 0, "key field"},
    {AT(fields[F_LOWER].code), C_CODES, "code "},
    {AT(fields[F_LOWER].code), C_EMIT_DECIMAL, "gives type"},
    {AT(fields[F_LOWER].code), C_EMIT_TEXT, "no run to look at"},
    {AT(fields[F_LOWER].used), 0, "key field"},
    {AT(fields[F_LOWER].type), VALUE_INT, "gives type"},
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
    {AT(tables[0].nfields), 257, "table 0: 257 fields"},
    {AT(tables[0].nfields), 0, "key in field 0"},
    {AT(tables[0].time_field), 0, "table 0: event time"},
    {AT(tables[0].key_field), T_NOTES, "key in field 1"},
    {AT(tables[0].key_field), T_FIELDS, "key in field 4"},
    {AT(tables[0].key_field), T_N, "does not hold the key of table 0"},
    {AT(columns_of[T_NAME].used), 0, "key in field 0"},
    {AT(columns_of[T_NOTES].used), 0, "column 1 of table 0"},
    {AT(columns_of[T_NOTES].item), VALUE_INT, "register's type"},
    {AT(columns_of[T_N].type), VALUE_STRING, "does not fit register"},
    {AT(columns_of[T_N].type), VALUE_TYPES, "field 2"},
    {AT(code.constants[0].type), VALUE_TYPES, "constant 0"},
    {AT(code.constants[0].type), VALUE_FLOAT, "does not fit"},
    {AT(ints.items[1].type), 77, "constant"},
    {AT(ints.items[1].type), VALUE_FLOAT, "not of the register's type"},
    {AT(points.n), 2, "no polygon"},
    {AT(point[1].n), 1, "no point"},
    {AT(point[1].items[0].type), VALUE_TIME, "no point"},
    {AT(nets.items[0].digits), 129, "constant"},
    {AT(predicates[0].code), C_CODES, "code "},
    {AT(predicates[0].code), C_EMIT_TEXT, "gives type"},
    {AT(predicates[0].code), C_KEY, "no previous value"},
    {AT(predicates[0].code), C_RUN, "no run to look at"},
    {AT(predicates[0].code), C_ANY_INT, "no any()"},
    {AT(predicates[0].stream), 3, "stream 3"},
    {AT(predicates[0].stream), 1, "field"},
    {AT(prevs[0].code), C_CODES, "code "},
    {AT(groups[0].forget_ns), (uint64_t)-1, "forgets"},
    {AT(groups[0].forget_ns), (uint64_t)INT64_MAX, "forgets"},
    {AT(prevs[0].code), C_TAKE, "gives type"},
    {AT(prevs[0].code), C_KEY, "no previous value"},
    {AT(prevs[0].code), C_PREV_MONEY, "not its type"},
    {AT(prevs[0].depth), 0, "events back"},
    {AT(prevs[0].depth), 65, "events back"},
    {AT(prevs[0].depth), 1, "previous cells"},
    {AT(prevs[0].first), 1, "shared"},
    {AT(prevs[0].first), 3, "cells 3+2"},
    {AT(prevs[0].first), NONE, "cells"},
    {AT(key_fields[0]), F_COLUMNS, "key field"},
    {AT(key_fields[0]), F_OFF, "key field"},
    {AT(rules_of[0][0]), 5, "rule 5"},
    {AT(rules_of[0][0]), 1, "group 0"},
    {AT(rules_of[0][0]), 2, "group 0"},
    {AT(inputs[0].stream), 3, "stream 3"},
    {AT(inputs[0].stream), 1, "field"},
    {AT(groups[0].nrules), 1, "no group"},
    {AT(inputs[0].nprevs), 2, "previous cells"},
    {AT(groups[0].nprev_cells), 3, "previous cells"},
    {AT(groups[0].nprev_cells), NONE, "previous cells"},
    {AT(groups[1].nrules), 0, "no group"},
    {AT(inputs[0].naggregates), 1, "no window 1"},
    {AT(inputs[0].ncolumns), 1, "window 1"},
    {AT(columns[0].code), NONE, "code"},
    {AT(columns[0].code), C_PREV_TAGS, "window 0"},
    {AT(columns[0].code), C_PREV_NAME, "window 0"},
    {AT(aggregates[0].kind), WINDOW_AGGREGATES, "window 0"},
    {AT(aggregates[0].kind), WINDOW_STDDEV, "window 0"},
    {AT(aggregates[0].window), 3, "window 0"},
    {AT(aggregates[0].digits), 200, "window 0"},
    {AT(aggregates[0].column), 2, "window 0"},
    {AT(aggregates[0].column), NONE, "window 0"},
    {AT(aggregates[0].length), 0, "window 0"},
    {AT(paned[0].frame), 4, "window 0"},
    {AT(paned[0].frame), 2, "no window 0 has closed"},
    {AT(paned[1].frame), 3, "no window 1 has closed"},
    {AT(groups[3].nframes), 1, "window 0"},
    {AT(groups[3].frames), 0, "frames"},
    {AT(frames[0].kind), FRAME_KINDS, "frame 0"},
    {AT(frames[0].pane_ns), 0, "frame 0"},
    {AT(frames[0].pane_ns), (uint64_t)(7 * NS_PER_HOUR), "frame 0"},
    {AT(frames[0].pane_ns), (uint64_t)NS_PER_S, "frame 0"},
    {AT(frames[0].length_ns), 0, "frame 0"},
    {AT(frames[1].period_ns), (uint64_t)(15 * NS_PER_MIN), "frame 1"},
    {AT(frames[1].period_ns), 0, "frame 1"},
    {AT(frames[1].period_ns), (uint64_t)INT64_MAX, "frame 1"},
    {AT(frames[2].pane_ns), (uint64_t)NS_PER_HOUR, "frame 2"},
    {AT(frames[2].at_ns), (uint64_t)NS_PER_DAY, "frame 2"},
    {AT(frames[2].at_ns), (uint64_t)-1, "frame 2"},
    {AT(frames[2].zone), 7, "frame 2"},
    {AT(frames[3].pane_ns), (uint64_t)-1, "frame 3"},
    {AT(rules[4].frame), 0, "no window that closes"},
    {AT(rules[4].frame), 4, "no window that closes"},
    {AT(rules[4].frame), 3, "no window 0 has closed"},
    {AT(rules[4].by_window), 0, "no window 0 has closed"},
    {AT(rules[4].ncells), 1, "no window that closes"},
    {AT(rules[4].nvariables), 1, "no window that closes"},
    {AT(edge_of[0].nkept), 1, "no window that closes"},
    {AT(edge_of[1].take_code), C_TAKE, "no window that closes"},
    {AT(no_states[0].nedges), 1, ""},
    {AT(aggregates[1].kind), WINDOW_SUM, "window 1"},
    {AT(aggregates[1].kind), WINDOW_DISTINCT, "not its type"},
    {AT(feeds[0].rule), 5, "feed 0: rule 5"},
    {AT(feeds[0].rule), 1, "feed 0: field 3"},
    {AT(feeds[0].rule), 3, "feed 0"},
    {AT(from[D_NAME]), 1, "feed 0: field 0"},
    {AT(from[D_LIST]), 7, "feed 0: field 3"},
    {AT(from[D_LIST]), 3, "feed 0: field 3"},
    {AT(from[D_LIST]), 2, "feed 0: items of field 3"},
    {AT(from[D_SUM]), 0xFFFF, "feed 0: field 5"},
    {AT(alerts[D_HOST].type), VALUE_STRING, "feed 0: field 1"},
    {AT(alerts[D_LIST].item), VALUE_STRING, "feed 0: items of field 3"},
    {AT(alerts[D_SUM].digits), 3, "feed 0: field 5"},
    {AT(groups[2].level), 0, "group 2: level 0 is not above rule 0"},
    {AT(groups[2].level), 4, "group 2: level 4"},
    {AT(groups[0].level), 1, "not above"},
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
    {AT(rules[0].ncounters), 0, "actions"},
    {AT(rules[0].ncounters), MAX_COUNTERS + 1, "arrays"},
    {AT(rules[0].nstamps), 0, "actions"},
    {AT(rules[0].nstamps), MAX_STAMPS + 1, "arrays"},
    {AT(rules[0].nvariables), 2, "kills"},
    {AT(rules[0].ncells), CELLS - 1, "cell"},
    {AT(rules[0].span.end), 5, "span"},
    {AT(variables[0].predicate), 3, "predicate 3"},
    {AT(any[0].predicate), 0, "predicate 0"},
    {AT(variables[0].nkept), 3, "kept value 3"},
    {AT(variables[0].nkept), 1 << 20, "values kept"},
    {AT(variables[0].take_code), C_KEY, "gives type"},
    {AT(variables[0].take_code), C_CODES, "code "},
    {AT(variables[1].take_code), C_TAKE, "kept value 0 of 0"},
    {AT(variables[1].key_code), C_RUN, "no run to look at"},
    {AT(variables[1].key_code), C_TAKE, "gives type"},
    {AT(variables[1].run_code), C_EMIT_TEXT, "gives type"},
    {AT(variables[1].run_code), C_CODES, "code "},
    {AT(any[0].key_code), C_KEY, "field"},
    {AT(variables[0].span.start), 5, "span"},
    {AT(variables[0].streak_code), C_RUN, "no run to look at"},
    {AT(variables[0].streak_code), C_CODES, "code "},
    {AT(rules[0].having), C_EMIT_TEXT, "gives type"},
    {AT(rules[0].having), C_KEY, "no event to look at"},
    {AT(rules[0].having), C_CODES, "code "},
    {AT(rules[0].within_ns), (uint64_t)-1, "a timeout without a window"},
    {AT(rules[0].ntimeout_emit), 1 << 25, "its arrays"},
    {AT(rules[0].nprobes), 1 << 25, "its arrays"},
    {AT(probes[0].variable), 3, "its arrays"},
    {AT(probes[0].code), C_CODES, "code "},
    {AT(probes[0].code), C_TAKE, "gives type"},
    {AT(probes[1].code), C_KEY, "no event to look at"},
    {AT(emit[0].code), C_RUN, "no event to look at"},
    {AT(emit[0].code), C_TAKE, "gives type"},
    {AT(emit[0].code), C_CODES, "code "},
    {AT(emit[0].code), C_KEY, "no event"},
    {AT(resolve.stream), 1, "resolve, stream"},
    {AT(resolve.stream), NONE, "without an event"},
    {AT(resolve.predicate), 3, "resolve, predicate"},
    {AT(resolve.key_code), C_RUN, "no run to look at"},
    {AT(resolve.key_code), C_CODES, "code "},
    {AT(resolve.run_code), C_EMIT_TEXT, "gives type"},
    {AT(resolve.run_code), C_CODES, "code "},
    {AT(resolve.after_ns), (uint64_t)-1, "resolve"},
    {AT(resolve.after_ns), (uint64_t)INT64_MAX, "resolve"},
    {AT(resolve.nemit), NONE, "resolve"},
    {AT(says.severity), C_EMIT_KEPT, "gives type"},
    {AT(says.severity), C_CODES, "code "},
    {AT(says.score), C_EMIT_TEXT, "no number"},
    {AT(says.score), C_CODES, "code "},
    {AT(says.once_by), C_TAKE, "gives type"},
    {AT(says.once_by), C_CODES, "code "},
    {AT(says.once_ns), (uint64_t)-1, "once per"},
    {AT(says.once_ns), (uint64_t)INT64_MAX, "once per"},
    {AT(says.nexcepts), NONE, "arrays"},
    {AT(says.nattach), 0x10000, "arrays"},
    {AT(excepts[0].code), C_EMIT_TEXT, "gives type"},
    {AT(excepts[0].code), C_CODES, "code "},
    {AT(excepts[0].code), C_RUN, "no event"},
    {AT(attach[0].variable), 3, "attach"},
    {AT(attach[0].stream), 2, "attach"},
    {AT(attach[0].stream), 1, "attach"},
    {AT(attach[0].nkept), F_FIELDS - 1, "attach"},
    {AT(attached[10]), 4, "attached value"},
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
    {AT(guards[0].kind), GUARD_SHORT + 1, "guards"},
    {AT(guards[0].counter), 1, "guards"},
    {AT(actions[0].kind), ACTION_MARK + 1, "actions"},
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
        &sound.inputs[0].key_fields, &sound.inputs[0].prevs, &sound.groups[0].rules,
        &sound.rules[0].tags, &sound.rules[0].meta, &sound.rules[0].emit,
        &sound.rules[0].timeout_emit, &sound.rules[0].probes,
        &sound.rules[0].variables, &sound.rules[0].states, &sound.rules[0].cells,
        &sound.rules[0].name.p, &sound.rules[0].doc.p, &sound.tags[0].p, &sound.meta[0].name.p,
        &sound.variables[0].name.p, &sound.fields[0].name.p, &sound.streams[0].name.p,
        &sound.code.zones[0].p, &sound.code.regexes[0].pattern.p, &sound.emit[0].name.p,
        &sound.paths[1].p, &sound.says.excepts, &sound.says.attach, &sound.attach[0].kept,
        &sound.excepts[0].name.p, &sound.excepts[0].reason.p, &sound.resolve.emit, &p->feeds,
        &sound.feeds[0].from,
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

static void any_has_an_end(void **state) {
    (void)state;
    struct program *p = sound_program();
    struct insn *in = sound_insn(C_ANY_ANY, INSN_ANY, 0);
    in->imm = C_KEY; /* C_KEY calls C_ANY_TEXT: a chain of two is fine */
    expect_refused("a chain that needs previous values", "no previous value");
    in->imm = C_NUMBERS; /* and that calls C_ANY_ANY */
    expect_refused("a circle", "too deep");
    program_drop(&p);
}

/* Five codes, each but the first with 120 times any() of the one before: 120^4 ways to walk. */
static void work_is_bounded(void **state) {
    (void)state;
    static struct assembler s;
    asm_init(&s);
    struct list none = {0};
    struct value list = {.list = &none, .type = VALUE_LIST};
    for (uint32_t c = 0; c < 5; c++) {
        asm_begin(&s);
        uint16_t l = asm_load(&s, REG_L, list), b = asm_reg(&s, REG_B);
        asm_op(&s, INSN_EXISTS, b, l, 0, 0);
        for (uint32_t i = 0; c && i < 120; i++) asm_op(&s, INSN_ANY, b, l, 0, c - 1);
        asm_op(&s, INSN_RETURN, 0, b, 0, 0);
        asm_end(&s, VALUE_BOOL, 0);
    }
    struct program *p = asm_program(&s);
    const char *wrong = program_verify(p);
    assert_non_null(wrong);
    assert_string_equal(wrong, "too large to be verified");
    p->ncodes = 3;
    assert_null(program_verify(p));
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
                                        "    10  r1:S = WINDOW 0, window 1\n"
                                        "    11  r4:B = EQ_S r0, r1\n"
                                        "    12  r3:B = OR r3, r4\n"
                                        "    13  r5:I = WINDOW 0, window 0\n"
                                        "    14  r4:B = EXISTS r5\n"
                                        "    15  r3:B = OR r3, r4\n"
                                        "    16  RETURN r3\n");
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
        cmocka_unit_test(sound_program_is_sound), cmocka_unit_test(empty_program_is_sound),
        cmocka_unit_test(broken_instructions), cmocka_unit_test(broken_numbers),
        cmocka_unit_test(broken_values),      cmocka_unit_test(missing_arrays),
        cmocka_unit_test(any_has_an_end),     cmocka_unit_test(work_is_bounded),
        cmocka_unit_test(disassembles),
    };
    return cmocka_run_group_tests_name("engine/verify", tests, NULL, NULL);
}
