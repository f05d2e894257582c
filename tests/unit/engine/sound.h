/* sound: a hand-made program that verify accepts and that uses as much as possible of what a
 * program can hold, in memory that a test may change: test_verify.c breaks it in every way.
 *
 *   streams    card (all types), plain (time alone)
 *   group 0    card by name, host; previous name (2 back), tags, money; rules 0 and 1
 *   rule 0     "probe{1,3} then hit", conditions on event, key and run; all kinds of cells
 *              severity, score, once per, an exception, events attached
 *   rule 1     "first next last", match all ways
 *   group 1    plain, one key; rule 2: any event, if table 0 has what it wants
 *   group 2    the alerts of rule 0 by name; rule 3: any of them
 *   group 3    plain, one key: frames of all kinds; rule 4: windows of the second when they close
 *   table 0    by name: a list of notes, a number, a column that nobody looks at
 */
#ifndef OMEN_TESTS_SOUND_H
#define OMEN_TESTS_SOUND_H

#include "tests/unit/engine/asm.h"

enum { F_AT, F_NAME, F_N, F_X, F_OK, F_HOST, F_ITEMS, F_MONEY, F_TAGS, F_ID, F_OFF, F_FIELDS,
       F_LOWER = F_FIELDS /* computed */, F_COLUMNS };

enum { D_NAME, D_HOST, D_AT, D_LIST, D_TEXT, D_SUM, D_ID, D_FIELDS }; /* of rule 0's alerts */

enum sound_code {
    C_ANY_INT, C_ANY_TEXT, C_ANY_ANY, C_NUMBERS, C_TEXTS, C_PLACES, C_PREV_NAME, C_PREV_TAGS,
    C_PREV_MONEY, C_KEY, C_TAKE, C_RUN, C_EMIT_LIST, C_EMIT_TEXT, C_EMIT_DECIMAL, C_EMIT_KEPT,
    C_HAVING, C_EXCEPT, C_LOWER, C_EMIT_SUMS, C_LOOKUP, C_CLOSED,
    C_CODES
};

enum { T_NAME, T_NOTES, T_N, T_OFF, T_FIELDS };

enum { CELL_NAME, CELL_COUNT, CELL_SUM_I, CELL_SUM_F, CELL_MIN, CELL_SPREAD, /* three */
       CELL_TAGS = CELL_SPREAD + 3, CELLS };

struct sound_list {
    uint32_t n;
    bool truncated;
    struct value items[4];
};

struct sound {
    struct assembler code;
    struct schema_field fields[F_COLUMNS], plain[1], alerts[D_FIELDS];
    struct schema_field columns_of[T_FIELDS];
    struct schema streams[3], tables[1];
    struct str paths[2];
    struct sound_list ints, texts, nets, points, point[3];
    struct predicate predicates[3];
    struct program_prev prevs[3];
    struct program_column columns[2];
    struct program_aggregate aggregates[3], paned[2];
    struct program_frame frames[4];
    uint16_t key_fields[2], alert_key[1];
    struct program_input inputs[4];
    uint32_t rules_of[4][2];
    struct program_group groups[4];
    uint16_t from[D_FIELDS];
    struct program_feed feeds[1];
    struct program_variable variables[3], pair[2], any[1], of_alert[1], edge_of[2];
    struct nfa_state states[3], pair_states[3], any_states[2], alert_states[2], no_states[1];
    struct nfa_edge edges[9];
    struct nfa_guard guards[3];
    struct nfa_action actions[4];
    struct nfa_limit limits[1];
    struct nfa_kill kills[2];
    struct nfa_cover covers[2];
    struct value cells[CELLS], window_cells[2];
    struct str tags[1];
    struct program_meta meta[1];
    struct program_field emit[5];
    struct program_except excepts[1];
    uint16_t attached[F_FIELDS];
    struct program_attach attach[1];
    struct program_says says;
    struct program_resolve resolve;
    struct program_probe probes[2]; /* of rule 0: of a condition, of a match */
    struct program_rule rules[5];
    struct sources sources;
    struct source_text file;
    struct program *program;
};

extern struct sound sound;

/* Builds it anew. The caller drops the program. */
struct program *sound_program(void);

/* The nth instruction of an opcode in a code, from 0. */
struct insn *sound_insn(enum sound_code code, enum opcode op, uint32_t nth);

#endif
