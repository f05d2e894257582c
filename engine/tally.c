/* tally: see tally.h. */
#include "engine/tally.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"

enum { FIRST_VALUES = 8 };

static bool is_value(struct sums_of of) {
    return of.kind == WINDOW_MIN || of.kind == WINDOW_MAX || of.kind == WINDOW_FIRST ||
           of.kind == WINDOW_LAST;
}
static bool is_list(struct sums_of of) {
    return of.kind == WINDOW_DISTINCT || of.kind == WINDOW_PERCENTILE;
}

void tally_kit_fini(struct tally_kit *kit) {
    buf_fini(&kit->bytes);
    free(kit->sorted);
}

static struct value own(struct tally_kit *kit, struct value v) {
    return kit->borrows ? v : value_own(kit->heap, v);
}
static void disown(struct tally_kit *kit, struct value *v) {
    if (!kit->borrows) value_disown(kit->heap, v);
    *v = value_null();
}

uint32_t tally_bytes(struct sums_of of) {
    if (is_value(of)) return sizeof(struct value);
    return is_list(of) ? sizeof(struct tally_values) : sums_bytes(of);
}

/* ---- sets and lists -------------------------------------------------------------------------- */

/* Where the value stands, or the free slot that it would take. */
static struct value *slot_of(const struct tally_values *set, struct tally_kit *kit,
                             struct value v) {
    buf_reset(&kit->bytes);
    value_encode(&kit->bytes, v);
    uint32_t i = (uint32_t)hash64(kit->bytes.p, kit->bytes.n, 0) & (set->cap - 1);
    while (!value_is_null(set->v[i]) && value_compare(set->v[i], v) != 0)
        i = (i + 1) & (set->cap - 1);
    return &set->v[i];
}

static void grow(struct tally_values *all, bool set, struct tally_kit *kit) {
    struct tally_values old = *all;
    all->cap = old.cap ? old.cap * 2 : FIRST_VALUES;
    all->v = heap_block(kit->heap, all->cap * sizeof *all->v);
    if (!set) {
        if (old.n) memcpy(all->v, old.v, old.n * sizeof *all->v);
    } else {
        for (uint32_t i = 0; i < all->cap; i++) all->v[i] = value_null();
        for (uint32_t i = 0; i < old.cap; i++)
            if (!value_is_null(old.v[i])) *slot_of(all, kit, old.v[i]) = old.v[i];
    }
    heap_unblock(kit->heap, old.v);
}

static bool set_add(struct tally_values *set, struct tally_kit *kit, struct value v) {
    struct value *at = set->cap ? slot_of(set, kit, v) : NULL;
    if (at && !value_is_null(*at)) return true;
    if (set->n == TALLY_MOST_VALUES) return false;
    if (2 * (set->n + 1) > set->cap) {
        grow(set, true, kit);
        at = slot_of(set, kit, v);
    }
    *at = own(kit, v);
    set->n++;
    return true;
}

static bool list_add(struct tally_values *list, struct tally_kit *kit, struct value v) {
    if (list->n == TALLY_MOST_VALUES) return false;
    if (list->n == list->cap) grow(list, false, kit);
    list->v[list->n++] = own(kit, v);
    return true;
}

/* ---- values in, tallies joined --------------------------------------------------------------- */

static void one_add(struct value *one, struct sums_of of, struct tally_kit *kit, struct value v) {
    int c = value_is_null(*one) ? 0 : value_compare(v, *one);
    bool better = value_is_null(*one) || of.kind == WINDOW_LAST ||
                  (of.kind == WINDOW_MIN && c < 0) || (of.kind == WINDOW_MAX && c > 0);
    if (!better) return; /* of equal ones the first stays */
    struct value old = *one;
    *one = own(kit, v);
    disown(kit, &old);
}

bool tally_add(struct tally *t, struct sums_of of, struct tally_kit *kit, struct value v) {
    if (of.kind == WINDOW_DISTINCT) return set_add(&t->all, kit, v);
    if (of.kind == WINDOW_PERCENTILE) return list_add(&t->all, kit, v);
    if (is_value(of)) one_add(&t->one, of, kit, v);
    else sums_add(&t->sums, of, kit->heap, v, false);
    return true;
}

bool tally_join(struct tally *t, struct sums_of of, struct tally_kit *kit,
                const struct tally *more) {
    bool room = true;
    if (is_list(of)) {
        uint32_t end = of.kind == WINDOW_DISTINCT ? more->all.cap : more->all.n;
        for (uint32_t i = 0; i < end; i++)
            if (!value_is_null(more->all.v[i])) room &= tally_add(t, of, kit, more->all.v[i]);
    } else if (is_value(of)) {
        if (!value_is_null(more->one)) one_add(&t->one, of, kit, more->one);
    } else {
        sums_join(&t->sums, of, kit->heap, &more->sums, false);
    }
    return room;
}

bool tally_takes_away(struct sums_of of) { return !is_list(of) && !is_value(of); }

void tally_take_away(struct tally *t, struct sums_of of, struct tally_kit *kit,
                     const struct tally *less) {
    sums_join(&t->sums, of, kit->heap, &less->sums, true);
}

void tally_clear(struct tally *t, struct sums_of of, struct tally_kit *kit) {
    if (is_list(of)) {
        uint32_t end = of.kind == WINDOW_DISTINCT ? t->all.cap : t->all.n;
        for (uint32_t i = 0; i < end; i++) disown(kit, &t->all.v[i]);
        heap_unblock(kit->heap, t->all.v);
        t->all = (struct tally_values){0};
    } else if (is_value(of)) {
        disown(kit, &t->one);
    } else {
        sums_clear(&t->sums, of, kit->heap);
    }
}

/* ---- results --------------------------------------------------------------------------------- */

int value_order(const void *a, const void *b) {
    return value_compare(*(const struct value *)a, *(const struct value *)b);
}

static struct value percentile(const struct tally_values *all, struct tally_kit *kit,
                               double percent) {
    if (!all->n) return value_null();
    if (kit->sorted_cap < all->n) {
        kit->sorted_cap = all->cap;
        kit->sorted = must_realloc(kit->sorted, kit->sorted_cap * sizeof *kit->sorted);
    }
    memcpy(kit->sorted, all->v, all->n * sizeof *kit->sorted);
    qsort(kit->sorted, all->n, sizeof *kit->sorted, value_order);
    return kit->sorted[percentile_rank(all->n, percent)];
}

struct value tally_result(const struct tally *t, struct sums_of of, struct tally_kit *kit,
                          double percent) {
    if (of.kind == WINDOW_DISTINCT) return value_int(t->all.n);
    if (of.kind == WINDOW_PERCENTILE) return percentile(&t->all, kit, percent);
    if (is_value(of)) return t->one;
    if (t->sums.odd) return value_null();
    return sums_result(&t->sums, of, kit->heap);
}
