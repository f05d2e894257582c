/* expr_setup: preparing an evaluator, and releasing it. What can be done once for a program is
 * done here: registers are laid out, regular expressions compiled, zones loaded, constant lists
 * turned into sets, polygons into arrays.
 *
 *   memory  │ valid │ data of register 0 │ valid │ data of register 1 │ …
 *
 * A register of a vector has room for the widest type that any code gives it. Validity words in
 * front of the data make the distance between registers no multiple of 4 KiB, so that row k of
 * several registers does not fall into one set of the cache.
 *
 * Slots, for one row: as many as the deepest chain of any() needs, since the code of an any()
 * stands on the slots behind those of the code that calls it.
 * Tests: tests/unit/engine/test_expr.c
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/expr_frame.h"
#include "engine/table.h"

enum { ALIGN = 64, MAX_NESTING = 64 };

/* ---- registers ------------------------------------------------------------------------------- */

static uint32_t most_registers(const struct program *p) {
    uint32_t most = 1;
    for (uint32_t c = 0; c < p->ncodes; c++)
        if (p->codes[c].nregs > most) most = p->codes[c].nregs;
    return most;
}

/* Bytes of data of register r: the widest type over all codes. */
static size_t widest(const struct program *p, uint32_t r) {
    size_t bytes = 8;
    for (uint32_t c = 0; c < p->ncodes; c++) {
        const struct code *code = &p->codes[c];
        if (r >= code->nregs) continue;
        size_t own = reg_bytes(p->regs[code->first_reg + r]);
        if (own > bytes) bytes = own;
    }
    return bytes * VECTOR_ROWS;
}

static void registers_new(struct expr *e) {
    const struct program *p = e->program;
    uint32_t n = most_registers(p);
    size_t valid = (VECTOR_WORDS * sizeof(uint64_t) + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    size_t bytes = 0;
    for (uint32_t r = 0; r < n; r++) bytes += valid + widest(p, r);
    char *at = e->memory = aligned_alloc(ALIGN, bytes);
    if (!at) panic("out of memory for registers");
    memset(at, 0, bytes);
    e->own = arena_array(&e->setup, struct reg, n);
    e->reg = arena_array(&e->setup, struct reg, n);
    e->held = arena_array(&e->setup, uint32_t, n);
    for (uint32_t r = 0; r < n; r++) {
        e->own[r] = (struct reg){{at + valid}, (uint64_t *)at};
        e->reg[r] = e->own[r];
        e->held[r] = NONE;
        at += valid + widest(p, r);
    }
}

/* Slots that code c needs with what the codes of its any() need, as far as that is known. */
static uint32_t slots_needed(const struct program *p, uint32_t c, const uint32_t *needed) {
    const struct code *code = &p->codes[c];
    uint32_t inner = 0;
    for (uint32_t i = code->first; i < code->first + code->n; i++) {
        if (p->insns[i].op != INSN_ANY) continue;
        uint32_t need = needed[p->insns[i].imm];
        if (need > inner) inner = need;
    }
    return code->nregs + inner;
}

/* Each round knows one any() within another more. What verify lets run nests less deeply than the
 * rounds go; a code that nobody runs may call itself, and does not matter. */
static void slots_new(struct expr *e) {
    const struct program *p = e->program;
    uint32_t *needed = arena_array(&e->setup, uint32_t, p->ncodes), most = 1;
    bool grown = true;
    for (uint32_t round = 0; grown && round < MAX_NESTING; round++) {
        grown = false;
        for (uint32_t c = 0; c < p->ncodes; c++) {
            uint32_t need = slots_needed(p, c, needed);
            grown |= need != needed[c];
            needed[c] = need;
            if (need > most) most = need;
        }
    }
    e->slots = arena_array(&e->setup, struct slot, most);
}

/* ---- what constants and names stand for ------------------------------------------------------ */

static const char *regexes_new(struct expr *e) {
    const struct program *p = e->program;
    e->regexes = arena_array(&e->setup, struct regex *, p->nregexes);
    for (uint32_t i = 0; i < p->nregexes; i++) {
        char why[160] = "";
        size_t offset = 0;
        const struct program_regex *x = &p->regexes[i];
        e->regexes[i] = regex_new(x->pattern, x->ignoring_case, why, sizeof why, &offset);
        if (!e->regexes[i])
            return arena_printf(&e->setup, "regular expression \"%.*s\": %s at byte %zu",
                                STR_FMT(x->pattern), why, offset);
    }
    if (p->nregexes) e->regex_scratch = regex_scratch_new();
    return NULL;
}

static const char *zones_new(struct expr *e) {
    const struct program *p = e->program;
    e->zones = arena_array(&e->setup, struct zone *, p->nzones);
    for (uint32_t i = 0; i < p->nzones; i++) {
        const char *why = "not found";
        e->zones[i] = zone_load(p->zones[i], &why);
        if (!e->zones[i])
            return arena_printf(&e->setup, "time zone \"%.*s\": %s", STR_FMT(p->zones[i]), why);
    }
    return NULL;
}

static const char *constant_new(struct expr *e, const struct code *c, const struct insn *in) {
    const struct program *p = e->program;
    if (in->op == INSN_IN_SET && !e->sets[in->imm]) {
        uint8_t type = p->regs[c->first_reg + in->a];
        e->sets[in->imm] = set_new(&e->setup, type, p->constants[in->imm].list);
    }
    if (in->op == INSN_IN_POLYGON && !e->polygons[in->imm])
        return polygon_new(&e->setup, p->constants[in->imm], &e->polygons[in->imm]);
    return NULL;
}

static const char *constants_new(struct expr *e) {
    const struct program *p = e->program;
    e->sets = arena_array(&e->setup, struct set *, p->nconstants);
    e->polygons = arena_array(&e->setup, struct polygon *, p->nconstants);
    for (uint32_t c = 0; c < p->ncodes; c++) {
        const struct code *code = &p->codes[c];
        for (uint32_t i = 0; i < code->n; i++) {
            const char *why = constant_new(e, code, &p->insns[code->first + i]);
            if (why) return why;
        }
    }
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

struct expr *expr_new(struct program *program, const char **why) {
    struct expr *e = must_zalloc(sizeof *e);
    e->program = program_hold(program);
    arena_init(&e->setup);
    arena_init(&e->scratch);
    arena_init(&e->passing);
    buf_init(&e->text);
    registers_new(e);
    slots_new(e);
    e->tables = arena_array(&e->setup, struct table *, program->ntables);
    const char *fault = regexes_new(e);
    if (!fault) fault = zones_new(e);
    if (!fault) fault = constants_new(e);
    if (!fault) return e;
    static _Thread_local char text[512]; /* until this thread's next failure */
    snprintf(text, sizeof text, "%s", fault);
    *why = text;
    expr_free(&e);
    return NULL;
}

void expr_free(struct expr **pe) {
    struct expr *e = *pe;
    if (!e) return;
    for (uint32_t i = 0; e->regexes && i < e->program->nregexes; i++) regex_free(&e->regexes[i]);
    for (uint32_t i = 0; e->zones && i < e->program->nzones; i++) zone_free(&e->zones[i]);
    regex_scratch_free(&e->regex_scratch);
    for (uint32_t i = 0; i < e->program->ntables; i++) table_drop(&e->tables[i]);
    buf_fini(&e->text);
    arena_fini(&e->passing);
    arena_fini(&e->scratch);
    arena_fini(&e->setup);
    free(e->memory);
    program_drop(&e->program);
    free(e);
    *pe = NULL;
}
