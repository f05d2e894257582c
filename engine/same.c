/* same: see same.h. */
#include "engine/same.h"

#include "base/buf.h"
#include "engine/opcodes.h"

bool same_value(struct value a, struct value b) {
    struct buf x, y;
    if (a.type != b.type || a.digits != b.digits) return false;
    buf_init(&x);
    buf_init(&y);
    value_encode(&x, a);
    value_encode(&y, b);
    bool same = str_equal(buf_view(&x), buf_view(&y));
    buf_fini(&x);
    buf_fini(&y);
    return same;
}

bool same_stream(const struct same *s, uint32_t was, uint32_t now) {
    if (was == NONE || now == NONE) return was == now;
    return str_equal(s->was->streams[was].name, s->now->streams[now].name);
}

static bool same_type(const struct schema_field *a, const struct schema_field *b) {
    return a->type == b->type && a->item == b->item && a->digits == b->digits;
}

bool same_field(const struct same *s, uint32_t was_stream, uint32_t was, uint32_t now_stream,
                uint32_t now) {
    const struct schema *a = &s->was->streams[was_stream], *b = &s->now->streams[now_stream];
    const struct schema_field *f = &a->fields[was], *g = &b->fields[now];
    bool computed = was >= a->nfields;
    if (computed != (now >= b->nfields) || !same_type(f, g)) return false;
    if (!computed) return str_equal(f->name, g->name);
    return same_code(s, f->code, (struct same_place){was_stream, NONE}, g->code,
                     (struct same_place){now_stream, NONE});
}

/* ---- operands -------------------------------------------------------------------------------- */

static const struct program_prev *prev_at(const struct program *p, uint32_t group, uint32_t cell,
                                          const struct program_input **in) {
    const struct program_group *g = &p->groups[group];
    for (uint32_t k = 0; k < g->ninputs; k++)
        for (uint32_t i = 0; i < g->inputs[k].nprevs; i++) {
            const struct program_prev *prev = &g->inputs[k].prevs[i];
            *in = &g->inputs[k];
            if (cell >= prev->first && cell < prev->first + prev->depth) return prev;
        }
    return NULL;
}

static bool same_cell(const struct same *s, uint32_t was, struct same_place was_at, uint32_t now,
                      struct same_place now_at) {
    const struct program_input *a_in, *b_in;
    if (was_at.group == NONE || now_at.group == NONE) return false;
    const struct program_prev *a = prev_at(s->was, was_at.group, was, &a_in);
    const struct program_prev *b = prev_at(s->now, now_at.group, now, &b_in);
    return a && b && was - a->first == now - b->first && same_prev(s, a_in, a, b_in, b);
}

static bool same_window(const struct same *s, const struct insn *was, struct same_place was_at,
                        const struct insn *now, struct same_place now_at) {
    if (was_at.group == NONE || now_at.group == NONE) return false;
    const struct program_group *a = &s->was->groups[was_at.group];
    const struct program_group *b = &s->now->groups[now_at.group];
    const struct program_input *a_in = &a->inputs[was->a], *b_in = &b->inputs[now->a];
    if (!same_aggregate(s, a_in, was->imm, b_in, now->imm)) return false;
    const struct program_aggregate *x = &a_in->aggregates[was->imm];
    const struct program_aggregate *y = &b_in->aggregates[now->imm];
    return x->window != WINDOW_PANES ||
           same_frame(s, &a->frames[x->frame], &b->frames[y->frame]);
}

/* The column of INSN_COLUMN, whose table is the operand. */
static bool same_table(const struct same *s, const struct insn *was, const struct insn *now) {
    const struct schema *a = &s->was->tables[was->imm], *b = &s->now->tables[now->imm];
    if (!str_equal(a->name, b->name)) return false;
    uint32_t x = was->op == INSN_COLUMN ? was->b : a->key_field;
    uint32_t y = now->op == INSN_COLUMN ? now->b : b->key_field;
    return str_equal(a->fields[x].name, b->fields[y].name) &&
           same_type(&a->fields[x], &b->fields[y]);
}

static bool same_regex(const struct program_regex *a, const struct program_regex *b) {
    return a->ignoring_case == b->ignoring_case && str_equal(a->pattern, b->pattern);
}

static bool same_zone(const struct same *s, uint32_t was, uint32_t now) {
    if (was == NONE || now == NONE) return was == now;
    return str_equal(s->was->zones[was], s->now->zones[now]);
}

static bool same_imm(const struct same *s, const struct insn *was, struct same_place was_at,
                     const struct insn *now, struct same_place now_at) {
    uint32_t a = was->imm, b = now->imm;
    switch ((enum operand)opcode_info[was->op].imm) {
    case IMM_FIELD:
        return was_at.stream != NONE && now_at.stream != NONE &&
               same_field(s, was_at.stream, a, now_at.stream, b);
    case IMM_CONST: return same_value(s->was->constants[a], s->now->constants[b]);
    case IMM_PREV: return same_cell(s, a, was_at, b, now_at);
    case IMM_WINDOW: return same_window(s, was, was_at, now, now_at);
    case IMM_REGEX: return same_regex(&s->was->regexes[a], &s->now->regexes[b]);
    case IMM_CODE: return same_code(s, a, was_at, b, now_at);
    case IMM_ZONE: return same_zone(s, a, b);
    case IMM_TABLE: return same_table(s, was, now);
    case IMM__:
    case IMM_CELL:
    case IMM_KEEP:
    case IMM_NUMBER: return a == b;
    }
    return false;
}

/* ---- codes ----------------------------------------------------------------------------------- */

bool same_code(const struct same *s, uint32_t was, struct same_place was_at, uint32_t now,
               struct same_place now_at) {
    if (was == NONE || now == NONE) return was == now;
    const struct code *a = &s->was->codes[was], *b = &s->now->codes[now];
    if (a->n != b->n || a->nregs != b->nregs || a->result != b->result || a->digits != b->digits)
        return false;
    if (memcmp(s->was->regs + a->first_reg, s->now->regs + b->first_reg, a->nregs) != 0)
        return false;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct insn *x = &s->was->insns[a->first + i], *y = &s->now->insns[b->first + i];
        bool named = x->op == INSN_COLUMN; /* b is a column, which has a name */
        if (x->op != y->op || x->r != y->r || x->a != y->a || (x->b != y->b && !named))
            return false;
        if (!same_imm(s, x, was_at, y, now_at)) return false;
    }
    return true;
}

bool same_predicate(const struct same *s, uint32_t was, uint32_t now) {
    if (was == NONE || now == NONE) return was == now;
    const struct predicate *a = &s->was->predicates[was], *b = &s->now->predicates[now];
    return same_stream(s, a->stream, b->stream) &&
           same_code(s, a->code, (struct same_place){a->stream, NONE}, b->code,
                     (struct same_place){b->stream, NONE});
}

/* ---- what is remembered of events ------------------------------------------------------------ */

static struct same_place place_of(const struct program *p, const struct program_input *in) {
    for (uint32_t g = 0; g < p->ngroups; g++) {
        const struct program_input *first = p->groups[g].inputs;
        if (in >= first && in < first + p->groups[g].ninputs)
            return (struct same_place){in->stream, g};
    }
    return (struct same_place){in->stream, NONE};
}

bool same_prev(const struct same *s, const struct program_input *was_in,
               const struct program_prev *was, const struct program_input *now_in,
               const struct program_prev *now) {
    return same_stream(s, was_in->stream, now_in->stream) &&
           same_code(s, was->code, (struct same_place){was_in->stream, NONE}, now->code,
                     (struct same_place){now_in->stream, NONE});
}

bool same_column(const struct same *s, const struct program_input *was_in, uint32_t was,
                 const struct program_input *now_in, uint32_t now) {
    if (was == NONE || now == NONE) return was == now;
    return same_code(s, was_in->columns[was].code, place_of(s->was, was_in),
                     now_in->columns[now].code, place_of(s->now, now_in));
}

bool same_frame(const struct same *s, const struct program_frame *was,
                const struct program_frame *now) {
    return was->kind == now->kind && was->pane_ns == now->pane_ns &&
           was->length_ns == now->length_ns && was->period_ns == now->period_ns &&
           was->at_ns == now->at_ns && same_zone(s, was->zone, now->zone);
}

bool same_aggregate(const struct same *s, const struct program_input *was_in, uint32_t was,
                    const struct program_input *now_in, uint32_t now) {
    const struct program_aggregate *a = &was_in->aggregates[was], *b = &now_in->aggregates[now];
    return a->kind == b->kind && a->window == b->window && a->digits == b->digits &&
           a->length == b->length && a->percent == b->percent &&
           same_stream(s, was_in->stream, now_in->stream) &&
           same_column(s, was_in, a->column, now_in, b->column);
}
