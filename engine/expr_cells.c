/* expr_cells: what a run remembers: its cells and the values kept with the events that it took.
 * One row only.
 *
 *   cells   one value for each incremental aggregate; texts and lists in them are owned by the
 *           scope's heap. Null means: no value yet (first, last, min, max), or none any more (sums
 *           that left their range).
 *   taken   the run's events, from the last back to the first; variables are told apart by number
 *
 *             last ─→ [c] ─→ [b] ─→ [b] ─→ [a]        NTH b 1, oldest b; NTH b -1, newest b
 *
 * Over nothing, NTH, COLLECT and DISTINCT are null.
 * Tests: tests/unit/engine/test_expr.c
 */
#include <math.h>

#include "base/hash.h"
#include "engine/expr_frame.h"

static struct value operand(const struct frame *f, const struct insn *in) {
    return reg_value(src(f, in->a), f->types[in->a], in->b, 0);
}

static struct value *cell(const struct frame *f, const struct insn *in) {
    return &f->scope->cells[in->imm];
}

static bool in_heap(const struct value *v) {
    return v->type == VALUE_STRING || v->type == VALUE_LIST;
}

/* The new value is owned before the old one is given up: it may be a part of it. */
static void cell_set(const struct frame *f, struct value *at, struct value v) {
    struct value old = *at;
    *at = in_heap(&v) ? value_own(f->scope->heap, v) : v;
    if (in_heap(&old)) value_disown(f->scope->heap, &old);
}

/* ---- incremental aggregates ------------------------------------------------------------------ */

void op_set_cell(const struct frame *f, const struct insn *in) {
    cell_set(f, cell(f, in), operand(f, in));
}

void op_count_cell(const struct frame *f, const struct insn *in) {
    struct value *c = cell(f, in);
    int64_t before = value_is_null(*c) ? 0 : c->i;
    *c = value_int(before + (int64_t)f->slots[in->a].b);
}

/* The cell keeps its type: a sum of decimals stays one. */
void op_sum_i_cell(const struct frame *f, const struct insn *in) {
    const struct slot *a = &f->slots[in->a];
    struct value *c = cell(f, in);
    if (!a->valid || value_is_null(*c)) return;
    if (__builtin_add_overflow(c->i, a->i, &c->i)) *c = value_null();
}

void op_sum_f_cell(const struct frame *f, const struct insn *in) {
    const struct slot *a = &f->slots[in->a];
    struct value *c = cell(f, in);
    if (!a->valid || value_is_null(*c)) return;
    c->f += a->f;
    if (!isfinite(c->f)) *c = value_null();
}

void op_min_cell(const struct frame *f, const struct insn *in) {
    struct value v = operand(f, in), *c = cell(f, in);
    if (value_is_null(v)) return;
    if (value_is_null(*c) || value_compare(v, *c) < 0) cell_set(f, c, v);
}

void op_max_cell(const struct frame *f, const struct insn *in) {
    struct value v = operand(f, in), *c = cell(f, in);
    if (value_is_null(v)) return;
    if (value_is_null(*c) || value_compare(v, *c) > 0) cell_set(f, c, v);
}

/* B. P. Welford, "Note on a method for calculating corrected sums of squares and products",
 * Technometrics 4 (3), 1962. Mean and sum turn null for good when they leave the range. */
void op_spread_cell(const struct frame *f, const struct insn *in) {
    const struct slot *a = &f->slots[in->a];
    struct value *count = cell(f, in), *mean = count + 1, *squares = count + 2;
    if (!a->valid) return;
    if (value_is_null(*count) || count->i == 0) {
        *count = value_int(0);
        *mean = *squares = value_float(0);
    }
    count->i++;
    if (value_is_null(*mean)) return;
    double before = a->f - mean->f;
    mean->f += before / (double)count->i;
    squares->f += before * (a->f - mean->f);
    if (!isfinite(mean->f) || !isfinite(squares->f)) *mean = *squares = value_null();
}

void op_stddev(const struct frame *f, const struct insn *in) {
    const struct value *count = cell(f, in), *squares = count + 2;
    struct slot *d = &f->slots[in->r];
    d->valid = !value_is_null(*count) && count->i >= 2 && !value_is_null(*squares);
    if (d->valid) d->f = sqrt(squares->f / (double)(count->i - 1));
}

void op_keep(const struct frame *f, const struct insn *in) {
    struct value v = operand(f, in);
    f->scope->taking->kept[in->imm] = in_heap(&v) ? value_own(f->scope->heap, v) : v;
}

/* ---- events taken ---------------------------------------------------------------------------- */

/* The variable's next event from t back, t included. */
static const struct taken *back_to(const struct taken *t, uint16_t variable) {
    while (t && t->variable != variable) t = t->before;
    return t;
}

static uint32_t taken_count(const struct taken *t, uint16_t variable) {
    uint32_t n = 0;
    for (t = back_to(t, variable); t; t = back_to(t->before, variable)) n++;
    return n;
}

void op_nth(const struct frame *f, const struct insn *in) {
    struct slot *d = &f->slots[in->r];
    int64_t nth = (int32_t)in->imm;
    int64_t back = -nth - 1; /* events of the variable to pass, from the last */
    if (nth > 0) back = (int64_t)taken_count(f->scope->last, in->a) - nth;
    d->valid = 0;
    if (back < 0) return;
    const struct taken *t = back_to(f->scope->last, in->a);
    while (t && back--) t = back_to(t->before, in->a);
    if (!t) return;
    const struct value *v = &t->kept[in->b];
    memcpy(d->raw, v, sizeof d->raw);
    d->valid = !value_is_null(*v);
}

void op_step(const struct frame *f, const struct insn *in) {
    const struct list *names = f->e->program->constants[in->imm].list;
    const struct taken *t = f->scope->last;
    struct slot *d = &f->slots[in->r];
    d->valid = t && t->variable < names->n;
    if (d->valid) d->s = names->items[t->variable].s;
}

static struct list *list_new(const struct frame *f, uint32_t n) {
    return frame_scratch(f, sizeof(struct list) + n * sizeof(struct value));
}

static void list_result(const struct frame *f, const struct insn *in, const struct list *list) {
    struct slot *d = &f->slots[in->r];
    d->l = list;
    d->valid = list != NULL;
}

/* The chain runs backwards: the list is filled from its end. Nulls are passed over, as by all
 * aggregates. */
void op_collect(const struct frame *f, const struct insn *in) {
    uint32_t n = 0;
    for (const struct taken *t = f->scope->last; (t = back_to(t, in->a)); t = t->before)
        n += !value_is_null(t->kept[in->b]);
    if (n == 0) {
        list_result(f, in, NULL);
        return;
    }
    uint32_t most = n < in->imm ? n : in->imm;
    struct list *list = list_new(f, most);
    list->n = most;
    list->truncated = n > most;
    for (const struct taken *t = f->scope->last; n; t = t->before) {
        t = back_to(t, in->a);
        if (value_is_null(t->kept[in->b])) continue;
        if (--n < most) list->items[n] = t->kept[in->b];
    }
    list_result(f, in, list);
}

/* Of a table of places in a list, + 1: where the value is, or the free place it would take. */
static uint32_t *place(uint32_t *table, uint32_t mask, const struct list *list, struct value v,
                       struct buf *text) {
    buf_reset(text);
    value_encode(text, v);
    uint32_t i = (uint32_t)hash64(text->p, text->n, 0) & mask;
    while (table[i] && value_compare(list->items[table[i] - 1], v) != 0) i = (i + 1) & mask;
    return &table[i];
}

void op_distinct(const struct frame *f, const struct insn *in) {
    uint32_t n = taken_count(f->scope->last, in->a), most = n < in->imm ? n : in->imm;
    const struct value **in_order = frame_scratch(f, n * sizeof *in_order);
    const struct taken *t = f->scope->last;
    for (uint32_t i = n; i--; t = t->before) {
        t = back_to(t, in->a);
        in_order[i] = &t->kept[in->b];
    }
    uint32_t places = 2;
    while (places < 2 * (uint64_t)most) places *= 2;
    uint32_t *table = frame_scratch(f, places * sizeof *table);
    struct list *list = list_new(f, most);
    for (uint32_t i = 0; i < n; i++) {
        if (value_is_null(*in_order[i])) continue;
        uint32_t *at = place(table, places - 1, list, *in_order[i], &f->e->text);
        if (*at) continue;
        if (list->n == most) {
            list->truncated = true;
            break;
        }
        list->items[list->n] = *in_order[i];
        *at = ++list->n;
    }
    list_result(f, in, list->n ? list : NULL);
}
