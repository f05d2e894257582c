/* expr_set: is a value an item of a list? Constant lists are prepared when the evaluator is made.
 *
 *   whole numbers, floats, truths   table of 64-bit keys  ┐ open addressing, at most half full,
 *   texts                           table of hash, text   ┘ so that a look-up is one or two probes
 *   addresses and networks          ranges [first, last], sorted, not overlapping: binary search
 *   lists                           one after the other
 *
 * As in SQL a list that holds a null cannot deny: what is not found in it is null, not false.
 * Lists that come with an event (IN_LIST, ANY) are walked.
 * Tests: tests/unit/engine/test_expr.c
 */
#include <stdlib.h>

#include "base/hash.h"
#include "engine/expr_frame.h"

struct key_text {
    uint64_t hash;
    struct str s; /* p == NULL: free */
};

struct range {
    struct ip first, last;
};

struct set {
    uint8_t type; /* enum reg_type of what is looked up */
    bool has_null;
    bool has_zero;    /* keys[] marks free places with 0 */
    uint32_t mask;    /* of keys or texts: places - 1 */
    uint32_t n;       /* ranges */
    uint64_t lengths; /* of texts, modulo 64, as bits: most that are no items stop here */
    uint64_t *keys;
    struct key_text *texts;
    struct range *ranges;
    const struct list *items; /* lists */
};

/* ---- keys ------------------------------------------------------------------------------------ */

/* Fibonacci hashing; the high half, since tables are small and keys often are multiples. */
static uint32_t key_place(uint64_t key, uint32_t mask) {
    return (uint32_t)((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
}

static uint64_t float_key(double f) {
    uint64_t key;
    f += 0.0; /* -0 becomes 0 */
    memcpy(&key, &f, sizeof key);
    return key;
}

static void keys_add(struct set *set, uint64_t key) {
    if (key == 0) {
        set->has_zero = true;
        return;
    }
    uint32_t i = key_place(key, set->mask);
    while (set->keys[i] && set->keys[i] != key) i = (i + 1) & set->mask;
    set->keys[i] = key;
}

static bool keys_have(const struct set *set, uint64_t key) {
    if (key == 0) return set->has_zero;
    for (uint32_t i = key_place(key, set->mask);; i = (i + 1) & set->mask) {
        if (set->keys[i] == key) return true;
        if (set->keys[i] == 0) return false;
    }
}

static double number_of(const struct value *v) {
    return v->type == VALUE_FLOAT ? v->f : (double)v->i;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void texts_add(struct set *set, struct str s) {
    uint64_t hash = hash64(s.p, s.n, 0);
    uint32_t i = (uint32_t)hash & set->mask;
    set->lengths |= UINT64_C(1) << (s.n % 64);
    while (set->texts[i].s.p) i = (i + 1) & set->mask; /* a double only costs its place */
    set->texts[i] = (struct key_text){hash, s.p ? s : STR("")};
}

static bool texts_have(const struct set *set, struct str s) {
    if (!(set->lengths >> (s.n % 64) & 1)) return false;
    uint64_t hash = hash64(s.p, s.n, 0);
    for (uint32_t i = (uint32_t)hash & set->mask;; i = (i + 1) & set->mask) {
        const struct key_text *t = &set->texts[i];
        if (!t->s.p) return false;
        if (t->hash == hash && str_equal(t->s, s)) return true;
    }
}

/* ---- addresses ------------------------------------------------------------------------------- */

static int ip_compare(const struct ip *a, const struct ip *b) { return memcmp(a, b, sizeof *a); }

static struct range network(const struct value *v) {
    struct range r = {v->ip, v->ip};
    for (uint32_t bit = v->digits; bit < 128; bit++) {
        uint8_t mask = (uint8_t)(0x80 >> (bit & 7));
        r.first.b[bit >> 3] &= (uint8_t)~mask;
        r.last.b[bit >> 3] |= mask;
    }
    return r;
}

static int range_order(const void *a, const void *b) {
    return ip_compare(&((const struct range *)a)->first, &((const struct range *)b)->first);
}

/* Networks nest or are apart: sorted by their first address, one that begins within the range
 * before it ends within it, too. */
static void ranges_close(struct set *set) {
    if (set->n == 0) return;
    qsort(set->ranges, set->n, sizeof *set->ranges, range_order);
    uint32_t last = 0;
    for (uint32_t i = 1; i < set->n; i++) {
        struct range *before = &set->ranges[last], *r = &set->ranges[i];
        if (ip_compare(&r->first, &before->last) > 0) set->ranges[++last] = *r;
        else if (ip_compare(&r->last, &before->last) > 0) before->last = r->last;
    }
    set->n = last + 1;
}

static bool ranges_have(const struct set *set, const struct ip *ip) {
    uint32_t low = 0, high = set->n; /* the first range that begins behind ip is in [low, high] */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ip_compare(&set->ranges[middle].first, ip) <= 0) low = middle + 1;
        else high = middle;
    }
    return low && ip_compare(ip, &set->ranges[low - 1].last) <= 0;
}

/* ---- the set --------------------------------------------------------------------------------- */

static void set_add(struct set *set, const struct value *v) {
    switch (set->type) {
    case REG_B: keys_add(set, v->i != 0); break;
    case REG_I: keys_add(set, (uint64_t)v->i); break;
    case REG_F: keys_add(set, float_key(number_of(v))); break;
    case REG_S: texts_add(set, v->s); break;
    case REG_P: set->ranges[set->n++] = network(v); break;
    default: break;
    }
}

/* `type` is the register's; items are of that type or null. The texts stay where they are. */
struct set *set_new(struct arena *a, uint8_t type, const struct list *items) {
    struct set *set = arena_new(a, struct set);
    uint32_t n = items ? items->n : 0;
    uint32_t places = 2;
    while (places < 2 * (uint64_t)n) places *= 2;
    set->type = type;
    set->mask = places - 1;
    set->items = items;
    if (type == REG_S) set->texts = arena_array(a, struct key_text, places);
    else if (type == REG_P) set->ranges = arena_array(a, struct range, n);
    else set->keys = arena_array(a, uint64_t, places);
    for (uint32_t i = 0; i < n; i++) {
        if (value_is_null(items->items[i])) set->has_null = true;
        else set_add(set, &items->items[i]);
    }
    if (type == REG_P) ranges_close(set);
    return set;
}

static bool item_equal(const struct value *item, struct reg a, uint8_t type, uint64_t row) {
    switch (type) {
    case REG_B: return (item->i != 0) == (a.b[row / WORD_ROWS] >> (row % WORD_ROWS) & 1);
    case REG_I: return item->i == a.i[row];
    case REG_F: return number_of(item) == a.f[row];
    case REG_S: return str_equal(item->s, a.s[row]);
    case REG_P: return ip_in(a.ip[row], item->ip, item->digits);
    default: return value_compare(*item, reg_value(a, type, 0, row)) == 0;
    }
}

/* 1: found; 0: not found; -1: not found among nulls */
static int list_has(const struct list *list, struct reg a, uint8_t type, uint64_t row) {
    int answer = 0;
    for (uint32_t i = 0; list && i < list->n; i++) {
        if (value_is_null(list->items[i])) answer = -1;
        else if (item_equal(&list->items[i], a, type, row)) return 1;
    }
    return answer;
}

static bool set_has(const struct set *set, struct reg a, uint64_t row) {
    switch (set->type) {
    case REG_B: return keys_have(set, a.b[row / WORD_ROWS] >> (row % WORD_ROWS) & 1);
    case REG_I: return keys_have(set, (uint64_t)a.i[row]);
    case REG_F: return keys_have(set, float_key(a.f[row]));
    case REG_S: return texts_have(set, a.s[row]);
    case REG_P: return ranges_have(set, &a.ip[row]);
    default: return list_has(set->items, a, set->type, row) == 1;
    }
}

/* ---- instructions ---------------------------------------------------------------------------- */

void op_in_set(const struct frame *f, const struct insn *in) {
    const struct set *set = f->e->sets[in->imm];
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t valid = a.valid[w], bits = 0;
        EACH_ROW(row, w, valid) bits |= (uint64_t)set_has(set, a, row) << (row % WORD_ROWS);
        d.b[w] = bits;
        d.valid[w] = set->has_null ? bits : valid;
    }
}

void op_in_net(const struct frame *f, const struct insn *in) {
    struct value net = f->e->program->constants[in->imm];
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t valid = a.valid[w], bits = 0;
        EACH_ROW(row, w, valid)
            bits |= (uint64_t)ip_in(a.ip[row], net.ip, net.digits) << (row % WORD_ROWS);
        d.b[w] = bits;
        d.valid[w] = valid;
    }
}

void op_in_list(const struct frame *f, const struct insn *in) {
    uint8_t type = f->types[in->a];
    struct reg a = src(f, in->a), b = src(f, in->b), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t valid = a.valid[w] & b.valid[w], yes = 0, null = 0;
        EACH_ROW(row, w, valid) {
            int answer = list_has(b.l[row], a, type, row);
            yes |= (uint64_t)(answer > 0) << (row % WORD_ROWS);
            null |= (uint64_t)(answer < 0) << (row % WORD_ROWS);
        }
        d.b[w] = yes;
        d.valid[w] = valid & ~null;
    }
}

/* 1: the code holds for an item; 0: for none; -1: for none, but some give null. The code runs on
 * the slots behind those of the code that stands here. */
static int any_holds(const struct frame *f, uint32_t code, const struct list *list, uint32_t row) {
    struct frame inner = *f;
    inner.slots = f->slots ? f->slots + f->code->nregs : f->e->slots;
    inner.code = &f->e->program->codes[code];
    inner.types = f->e->program->regs + inner.code->first_reg;
    inner.row = row;
    inner.words = 1;
    inner.tail = 1;
    int answer = 0;
    for (uint32_t i = 0; list && i < list->n; i++) {
        inner.element = &list->items[i];
        const struct slot *s = &inner.slots[expr_run_one(&inner)];
        if (s->b) return 1;
        if (!s->valid) answer = -1;
    }
    return answer;
}

void op_any(const struct frame *f, const struct insn *in) {
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t valid = a.valid[w], yes = 0, null = 0;
        EACH_ROW(row, w, valid) {
            int answer = any_holds(f, in->imm, a.l[row], f->row + (uint32_t)row);
            yes |= (uint64_t)(answer > 0) << (row % WORD_ROWS);
            null |= (uint64_t)(answer < 0) << (row % WORD_ROWS);
        }
        d.b[w] = yes;
        d.valid[w] = valid & ~null;
    }
}
