/* parts: see parts.h.
 *
 * What is unique is found by its bytes in one map; a letter in front says which array they belong
 * to.
 */
#include "rules/parts.h"

void parts_init(struct parts *p, struct arena *arena, const struct schema *streams,
                uint32_t nstreams) {
    *p = (struct parts){.arena = arena};
    map_init(&p->by_bytes, arena);
    buf_init(&p->key);
    p->used = arena_array(arena, bool *, nstreams);
    for (uint32_t i = 0; i < nstreams; i++) {
        p->used[i] = arena_array(arena, bool, schema_columns(&streams[i]));
        p->used[i][streams[i].time_field] = true;
        if (streams[i].id_field != SCHEMA_NONE) p->used[i][streams[i].id_field] = true;
    }
}

void parts_tables(struct parts *p, const struct schema *tables, uint32_t n) {
    p->columns = arena_array(p->arena, bool *, n);
    for (uint32_t i = 0; i < n; i++) {
        p->columns[i] = arena_array(p->arena, bool, tables[i].nfields);
        p->columns[i][tables[i].key_field] = true;
    }
}

void parts_fini(struct parts *p) { buf_fini(&p->key); }

static void key_start(struct parts *p, char letter) {
    buf_reset(&p->key);
    buf_char(&p->key, letter);
}

/* The index that has been filed under p->key; NONE after filing `next` under it. */
static uint32_t found_or(struct parts *p, uint32_t next) {
    void *there = map_get(&p->by_bytes, buf_view(&p->key));
    if (there) return (uint32_t)(uintptr_t)there - 1;
    map_put(&p->by_bytes, arena_copy(p->arena, buf_view(&p->key)), (void *)(uintptr_t)(next + 1));
    return NONE;
}

/* 2.0 and 2.00 have the same canonical bytes, not the same units: digits are part of the key. */
static void key_digits(struct buf *key, struct value v) {
    buf_char(key, (char)v.digits);
    for (uint32_t i = 0; v.type == VALUE_LIST && i < v.list->n; i++)
        key_digits(key, v.list->items[i]);
}

uint32_t parts_constant(struct parts *p, struct value v) {
    key_start(p, 'v');
    value_encode(&p->key, v);
    key_digits(&p->key, v);
    uint32_t i = found_or(p, p->nconstants);
    if (i != NONE) return i;
    arena_push(p->arena, p->constants, p->nconstants, p->constants_cap, v);
    return p->nconstants - 1;
}

uint32_t parts_regex(struct parts *p, struct str pattern, bool ignoring_case) {
    key_start(p, ignoring_case ? 'R' : 'r');
    buf_str(&p->key, pattern);
    uint32_t i = found_or(p, p->nregexes);
    if (i != NONE) return i;
    struct program_regex r = {pattern, ignoring_case};
    arena_push(p->arena, p->regexes, p->nregexes, p->regexes_cap, r);
    return p->nregexes - 1;
}

uint32_t parts_zone(struct parts *p, struct str name) {
    key_start(p, 'z');
    buf_str(&p->key, name);
    uint32_t i = found_or(p, p->nzones);
    if (i != NONE) return i;
    arena_push(p->arena, p->zones, p->nzones, p->zones_cap, name);
    return p->nzones - 1;
}

uint32_t parts_predicate(struct parts *p, uint32_t stream, uint32_t code) {
    struct predicate new = {.code = code, .stream = stream};
    key_start(p, 'p');
    buf_add(&p->key, &new, sizeof new);
    uint32_t i = found_or(p, p->npredicates);
    if (i != NONE) return i;
    arena_push(p->arena, p->predicates, p->npredicates, p->predicates_cap, new);
    return p->npredicates - 1;
}

uint32_t parts_code(struct parts *p, struct code like, const struct insn *insns,
                    const struct span *spans, uint32_t n, const uint8_t *regs) {
    _Static_assert(sizeof(struct insn) == 12, "no gaps: instructions are compared by their bytes");
    key_start(p, 'c');
    buf_char(&p->key, (char)like.result);
    buf_char(&p->key, (char)like.digits);
    buf_add(&p->key, &like.nregs, sizeof like.nregs);
    buf_add(&p->key, regs, like.nregs);
    buf_add(&p->key, insns, n * sizeof *insns);
    uint32_t i = found_or(p, p->ncodes);
    if (i != NONE) return i;
    like.first = p->ninsns;
    like.n = n;
    like.first_reg = p->nregs;
    for (uint32_t k = 0; k < n; k++) {
        arena_push(p->arena, p->insns, p->ninsns, p->insns_cap, insns[k]);
        arena_push(p->arena, p->spans, p->nspans, p->spans_cap, spans[k]);
    }
    for (uint32_t k = 0; k < like.nregs; k++)
        arena_push(p->arena, p->regs, p->nregs, p->regs_cap, regs[k]);
    arena_push(p->arena, p->codes, p->ncodes, p->codes_cap, like);
    return p->ncodes - 1;
}
