/* code: see code.h. Here: values, found again by hash, and registers.
 *
 * Registers are given in the order of the instructions (linear scan; Poletto and Sarkar, 1999, for
 * straight code: no interval ever has to be spilled, there is an error instead). Each register has
 * one type; the lowest free one of the type is taken. An instruction's result is placed before its
 * operands are given back, so it never lies where an operand lies. The neighbours of a block are
 * reserved together when the first of them is made.
 *
 *   %0 FIELD a      last use: 2      r0 busy from 0 to 2
 *   %1 FIELD b      last use: 2      r1 busy from 1 to 2
 *   %2 ADD_F %0 %1  last use: 4      r2; then r0 and r1 are free again
 */
#include "base/hash.h"
#include "base/log.h"
#include "rules/coder.h"

static const struct {
    const char *result, *a, *b;
} operands[OPCODES] = {
#define OP(name, result, a, b, imm, equation) {#result, #a, #b},
#include "engine/opcodes.def"
#undef OP
};

static bool is_register(const char *kind) { return kind[0] != '_' && kind[0] != 'N'; }
static bool has_result(uint16_t op) { return is_register(operands[op].result); }

enum reg_type coder_class(struct type type) {
    switch (type.base) {
    case VALUE_NULL:
    case VALUE_BOOL: return REG_B;
    case VALUE_INT:
    case VALUE_DECIMAL:
    case VALUE_TIME:
    case VALUE_DURATION: return REG_I;
    case VALUE_FLOAT: return REG_F;
    case VALUE_STRING: return REG_S;
    case VALUE_IP: return REG_P;
    case VALUE_LIST: return REG_L;
    case VALUE_TYPES: break;
    }
    panic("no register holds a value of type %d", (int)type.base);
}

void coder_too_large(struct coder *c, struct span span) {
    if (!c->failed) {
        struct diag *m = diag_error(c->place->set->diags, span, "this expression is too large");
        diag_help(c->place->set->diags, m, "split it into several conditions or several rules");
    }
    c->failed = true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static uint32_t hash_of(const struct coder *c, const struct coder_insn *in) {
    const struct {
        uint32_t op, type, a, b, imm, asked[BLOCK_MAX];
    } key = {in->op, in->type, in->a, in->b, in->imm,
             {in->asked[0], in->asked[1], in->asked[2], in->asked[3]}};
    return (uint32_t)hash64(&key, sizeof key, 0) & (c->nheads - 1);
}

static bool same(const struct coder_insn *x, const struct coder_insn *y) {
    return x->op == y->op && x->type == y->type && x->a == y->a && x->b == y->b &&
           x->imm == y->imm && x->nblock == y->nblock &&
           memcmp(x->asked, y->asked, sizeof x->asked) == 0;
}

static void file(struct coder *c, uint32_t i) {
    uint32_t *head = &c->heads[hash_of(c, &c->v[i])];
    c->v[i].chain = *head;
    *head = i + 1;
}

static void grow_heads(struct coder *c) {
    c->nheads = c->nheads ? c->nheads * 4 : 64;
    c->heads = arena_array(c->place->set->arena, uint32_t, c->nheads);
    for (uint32_t i = 0; i < c->n; i++) file(c, i);
}

static uint32_t add(struct coder *c, struct coder_insn in) {
    if (c->failed) return 0;
    if (c->n >= c->nheads) grow_heads(c);
    arena_push(c->place->set->arena, c->v, c->n, c->cap, in);
    file(c, c->n - 1);
    return c->n - 1;
}

/* NONE if there is none. */
static uint32_t find(const struct coder *c, const struct coder_insn *in) {
    if (!c->share || c->nheads == 0 || !has_result(in->op)) return NONE;
    for (uint32_t i = c->heads[hash_of(c, in)]; i; i = c->v[i - 1].chain)
        if (same(&c->v[i - 1], in)) return i - 1;
    return NONE;
}

uint32_t coder_emit(struct coder *c, enum opcode op, enum reg_type type, uint32_t a, uint32_t b,
                    uint32_t imm, struct span span) {
    struct coder_insn in = {.op = (uint16_t)op, .type = (uint8_t)type, .a = a, .b = b, .imm = imm,
                            .span = span};
    uint32_t there = find(c, &in);
    return there != NONE ? there : add(c, in);
}

/* The same value once more: loaded again, or copied. */
static uint32_t copy_value(struct coder *c, uint32_t v) {
    struct coder_insn in = c->v[v];
    in.in_block = 0;
    bool load = !is_register(operands[in.op].a) && !is_register(operands[in.op].b);
    if (!load)
        in = (struct coder_insn){.op = INSN_COALESCE, .type = in.type, .a = v, .b = v,
                                 .span = in.span};
    return add(c, in);
}

uint32_t coder_emit_block(struct coder *c, enum opcode op, enum reg_type type, uint32_t lone,
                          const uint32_t *block, uint32_t n, struct span span) {
    struct coder_insn in = {.op = (uint16_t)op, .type = (uint8_t)type, .nblock = (uint8_t)n,
                            .a = lone, .span = span};
    memcpy(in.asked, block, n * sizeof *block);
    uint32_t there = find(c, &in);
    if (there != NONE || c->failed) return c->failed ? 0 : there;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v = block[i];
        if (c->v[v].in_block) v = copy_value(c, v);
        c->v[v].in_block = NONE; /* taken; by whom stands below */
        in.block[i] = v;
    }
    uint32_t me = add(c, in);
    for (uint32_t i = 0; i < n; i++) c->v[in.block[i]].in_block = me + 1;
    return me;
}

uint32_t coder_constant(struct coder *c, struct value v, struct type type, struct span span) {
    if (value_is_null(v)) return coder_emit(c, INSN_NULL, coder_class(type), 0, 0, 0, span);
    uint32_t i = parts_constant(c->place->parts, v);
    return coder_emit(c, INSN_CONST, coder_class(type), 0, 0, i, span);
}

uint32_t coder_bool(struct coder *c, bool b, struct span span) {
    struct value v = {.i = b, .type = VALUE_BOOL};
    return coder_constant(c, v, type_of_base(VALUE_BOOL), span);
}

uint32_t coder_not(struct coder *c, uint32_t v, bool negated, struct span span) {
    return negated ? coder_emit(c, INSN_NOT, REG_B, v, 0, 0, span) : v;
}

/* ---- registers ------------------------------------------------------------------------------- */

struct scan {
    struct coder *c;
    uint32_t *last;     /* by value: the instruction that uses it last; itself if none does */
    uint16_t *reg;      /* by value */
    bool busy[MAX_REGISTERS];
    uint8_t type[MAX_REGISTERS];
    uint32_t nregs;
};

/* The values that an instruction reads. */
static uint32_t reads(const struct coder_insn *in, uint32_t out[2 + BLOCK_MAX]) {
    uint32_t n = 0;
    bool a_in_block = in->nblock && in->op != INSN_SUBSTR;
    bool b_in_block = in->nblock != 0;
    if (is_register(operands[in->op].a) && !a_in_block) out[n++] = in->a;
    if (is_register(operands[in->op].b) && !b_in_block) out[n++] = in->b;
    for (uint32_t i = 0; i < in->nblock; i++) out[n++] = in->block[i];
    return n;
}

static void find_last_uses(struct scan *s) {
    for (uint32_t i = 0; i < s->c->n; i++) {
        uint32_t used[2 + BLOCK_MAX];
        uint32_t n = reads(&s->c->v[i], used);
        s->last[i] = i;
        for (uint32_t k = 0; k < n; k++) s->last[used[k]] = i;
    }
}

/* Reserves n neighbouring registers of these types, the last of them perhaps new. MAX_REGISTERS if
 * there are none. */
static uint32_t reserve(struct scan *s, const uint8_t *types, uint32_t n) {
    for (uint32_t at = 0; at + n <= MAX_REGISTERS; at++) {
        uint32_t k = 0;
        while (k < n && (at + k >= s->nregs || (!s->busy[at + k] && s->type[at + k] == types[k])))
            k++;
        if (k < n) continue;
        for (k = 0; k < n; k++) {
            s->busy[at + k] = true;
            s->type[at + k] = types[k];
        }
        if (at + n > s->nregs) s->nregs = at + n;
        return at;
    }
    return MAX_REGISTERS;
}

/* Where value i goes; with it the rest of its block, if it is the first of that. */
static bool place(struct scan *s, uint32_t i) {
    struct coder_insn *v = s->c->v;
    if (s->reg[i] != MAX_REGISTERS) return true; /* reserved before */
    if (!v[i].in_block) {
        uint32_t r = reserve(s, &v[i].type, 1);
        s->reg[i] = (uint16_t)r;
        return r < MAX_REGISTERS;
    }
    const struct coder_insn *owner = &v[v[i].in_block - 1];
    uint8_t types[BLOCK_MAX];
    for (uint32_t k = 0; k < owner->nblock; k++) types[k] = v[owner->block[k]].type;
    uint32_t r = reserve(s, types, owner->nblock);
    if (r == MAX_REGISTERS) return false;
    for (uint32_t k = 0; k < owner->nblock; k++) s->reg[owner->block[k]] = (uint16_t)(r + k);
    return true;
}

static struct insn lower(const struct scan *s, uint32_t i) {
    const struct coder_insn *in = &s->c->v[i];
    struct insn out = {.op = in->op, .imm = in->imm};
    if (has_result(in->op)) out.r = s->reg[i];
    bool lone = in->nblock == 0;
    out.a = (uint16_t)in->a;
    out.b = (uint16_t)in->b;
    if (is_register(operands[in->op].a) && (lone || in->op == INSN_SUBSTR)) out.a = s->reg[in->a];
    if (is_register(operands[in->op].b) && lone) out.b = s->reg[in->b];
    if (!lone && in->op == INSN_SUBSTR) out.b = s->reg[in->block[0]];
    if (!lone && in->op != INSN_SUBSTR) out.a = s->reg[in->block[0]];
    return out;
}

/* False if there are not enough registers. */
static bool finish(struct coder *c, struct type result, uint32_t *code) {
    struct arena *arena = c->place->set->arena;
    struct scan s = {.c = c};
    s.last = arena_array(arena, uint32_t, c->n);
    s.reg = arena_array(arena, uint16_t, c->n);
    struct insn *insns = arena_array(arena, struct insn, c->n);
    struct span *spans = arena_array(arena, struct span, c->n);
    find_last_uses(&s);
    for (uint32_t i = 0; i < c->n; i++) s.reg[i] = MAX_REGISTERS;
    for (uint32_t i = 0; i < c->n; i++) {
        if (has_result(c->v[i].op) && !place(&s, i)) return false;
        insns[i] = lower(&s, i);
        spans[i] = c->v[i].span;
        uint32_t used[2 + BLOCK_MAX];
        uint32_t n = reads(&c->v[i], used);
        for (uint32_t k = 0; k < n; k++)
            if (s.last[used[k]] == i) s.busy[s.reg[used[k]]] = false;
        if (has_result(c->v[i].op) && s.last[i] == i) s.busy[s.reg[i]] = false;
    }
    struct code like = {.nregs = (uint16_t)s.nregs, .result = (uint8_t)result.base};
    if (result.base == VALUE_DECIMAL) like.digits = result.digits;
    *code = parts_code(c->place->parts, like, insns, spans, c->n, s.type);
    return true;
}

bool coder_run(const struct code_place *place, const struct coder_job *job, uint32_t *code) {
    for (int share = 1; share >= 0; share--) {
        struct coder c = {.place = place, .share = share, .any = job->any};
        uint32_t v = job->fill(&c, job->arg);
        enum opcode end = v == NONE ? INSN_DONE : INSN_RETURN;
        coder_emit(&c, end, REG_B, v == NONE ? 0 : v, 0, 0, job->at);
        if (c.failed) return false;
        if (finish(&c, job->result, code)) return true;
        /* Values that wait for a later use fill the registers: once more, made where used. */
        if (!share) coder_too_large(&c, job->at);
    }
    return false;
}

/* ---- the three kinds of code ----------------------------------------------------------------- */

static uint32_t fill_condition(struct coder *c, const void *arg) {
    const struct conjunct_list *list = arg;
    struct type boolean = type_of_base(VALUE_BOOL);
    uint32_t v = coder_expr(c, list->v[0], boolean);
    for (uint32_t i = 1; i < list->n; i++) {
        uint32_t next = coder_expr(c, list->v[i], boolean);
        if (next != v) v = coder_emit(c, INSN_AND, REG_B, v, next, 0, list->v[i]->span);
    }
    return v;
}

bool code_condition(const struct code_place *place, const struct conjunct_list *list,
                    uint32_t *code) {
    struct span at = span_join(list->v[0]->span, list->v[list->n - 1]->span);
    if (list->v[0]->span.file != list->v[list->n - 1]->span.file) at = list->v[0]->span;
    struct coder_job job = {fill_condition, list, type_of_base(VALUE_BOOL), at, NULL};
    return coder_run(place, &job, code);
}

static uint32_t fill_value(struct coder *c, const void *arg) {
    return coder_expr(c, arg, (struct type){0});
}

bool code_value(const struct code_place *place, const struct expr *e, uint32_t *code) {
    if (!e || typed_expr(place->set, e)->kind == EXPR_ERROR || typed_of(place->set, e)->bad)
        return false; /* a message has been given */
    struct type result = typed_of(place->set, e)->type;
    if (result.base == VALUE_NULL) result = type_of_base(VALUE_BOOL); /* null, of whatever type */
    struct coder_job job = {fill_value, e, result, e->span, NULL};
    return coder_run(place, &job, code);
}

static uint32_t fill_column(struct coder *c, const void *arg) {
    return coder_column(c, arg);
}

bool code_column(const struct code_place *place, const struct column_layout *column,
                 struct span at, uint32_t *code) {
    struct coder_job job = {fill_column, column, column->type, at, NULL};
    return coder_run(place, &job, code);
}

static uint32_t fill_take(struct coder *c, const void *arg) {
    const uint16_t *variable = arg;
    coder_take(c, *variable);
    return NONE;
}

static bool keeps_anything(const struct rule_layout *rule, uint16_t variable) {
    for (uint32_t i = 0; i < rule->nslots; i++)
        if (rule->slots[i].variable == variable) return true;
    return false;
}

bool code_take(const struct code_place *place, uint16_t variable, struct span at, uint32_t *code) {
    *code = NONE;
    if (!keeps_anything(place->rule, variable)) return true;
    struct coder_job job = {fill_take, &variable, {0}, at, NULL};
    return coder_run(place, &job, code);
}
