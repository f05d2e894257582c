/* parts: the flat arrays of a program while it is being made, before their size is known.
 *
 *   instructions ── spans (beside them)       constants, expressions, zones: each once
 *   codes                                     predicates: each pair of stream and code once
 *
 * Codes that are the same instructions over the same registers are one code, whoever asks for them:
 * so equal conditions of a thousand rules are one predicate. A code that is shared keeps the spans
 * of the one that came first.
 *
 * Everything lives in the arena of the compilation; assemble copies it into the program's.
 * Tests: tests/unit/rules/test_assemble.c
 */
#ifndef OMEN_RULES_PARTS_H
#define OMEN_RULES_PARTS_H

#include "base/map.h"
#include "engine/program.h"

struct parts {
    struct arena *arena;
    struct insn *insns;
    struct span *spans;
    uint8_t *regs;
    struct code *codes;
    struct value *constants;
    struct program_regex *regexes;
    struct str *zones;
    struct predicate *predicates;
    uint32_t ninsns, nspans, nregs, ncodes, nconstants, nregexes, nzones, npredicates;
    uint32_t insns_cap, spans_cap, regs_cap, codes_cap, constants_cap, regexes_cap, zones_cap;
    uint32_t predicates_cap;
    struct map by_bytes; /* what is there already: a letter and its bytes → index + 1 */
    struct buf key;
    bool **used;         /* used[stream][field] */
    bool **columns;      /* columns[table][field]: likewise */
};

void parts_init(struct parts *p, struct arena *arena, const struct schema *streams,
                uint32_t nstreams);
void parts_tables(struct parts *p, const struct schema *tables, uint32_t n);
void parts_fini(struct parts *p);

uint32_t parts_constant(struct parts *p, struct value v); /* not null */
uint32_t parts_regex(struct parts *p, struct str pattern, bool ignoring_case);
uint32_t parts_zone(struct parts *p, struct str name);
uint32_t parts_predicate(struct parts *p, uint32_t stream, uint32_t code);

/* `like` says the result; its indexes are not looked at. `insns`, `spans` and `regs` are copied. */
uint32_t parts_code(struct parts *p, struct code like, const struct insn *insns,
                    const struct span *spans, uint32_t n, const uint8_t *regs);

#endif
