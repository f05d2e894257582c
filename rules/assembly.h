/* assembly: the program in the making, as the files of the last pass hand it on (assemble.c
 * drives).
 */
#ifndef OMEN_RULES_ASSEMBLY_H
#define OMEN_RULES_ASSEMBLY_H

#include "rules/code.h"
#include "rules/compile.h"

struct assembly {
    struct rule_set *set;
    struct program *program;
    struct arena *arena; /* of the compilation */
    struct parts parts;
    struct layout layout;
    struct program_rule *rules;
    struct nfa_edge *edges;
    struct nfa_guard *guards;
    struct nfa_action *actions;
    struct nfa_limit *limits;
    struct nfa_kill *kills;
    struct nfa_cover *covers;
    uint32_t nrules, nedges, nguards, nactions, nlimits, nkills, ncovers;
    uint32_t rules_cap, edges_cap, guards_cap, actions_cap, limits_cap, kills_cap, covers_cap;
    uint32_t *number; /* beside set->rules: in the program, or NONE */
    uint32_t *computed; /* beside set->computed: the code that gives it */
};

/* Copies in the program's arena; NULL for no items. */
static inline struct str assembly_keep(struct assembly *a, struct str s) {
    return arena_copy(&a->program->arena, s);
}

static inline void *assembly_keep_array(struct assembly *a, const void *items, uint32_t n,
                                        size_t size) {
    if (n == 0) return NULL;
    void *copy = arena_alloc(&a->program->arena, n * size);
    memcpy(copy, items, n * size);
    return copy;
}

#define KEEP_ARRAY(a, items, n) assembly_keep_array((a), (items), (n), sizeof *(items))

/* Of its rules those that are in the program. False after a message. */
bool assembly_group(struct assembly *a, const struct group_layout *g, struct program_group *out);

/* What gives the computed fields that are used. */
bool assembly_computed(struct assembly *a);

/* `used`: beside the fields. */
void assembly_schema(struct assembly *a, const struct schema *s, const bool *used,
                     struct schema *out);

#endif
