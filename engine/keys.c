/* keys: the key table, see keys.h. */
#include "engine/keys.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/pool.h"

enum { FIRST_SLOTS = 64 };

struct slot {
    uint64_t hash;
    struct key_state *state; /* NULL: free */
};

struct keys {
    const struct program_group *group;
    const uint16_t *fields; /* the key's, in the stream whose rows come now */
    struct heap *heap;
    struct slot *slots;
    uint32_t nslots, n; /* nslots: a power of two */
    uint32_t nvalues;   /* of a state */
    uint64_t seed;
    struct pool states;
};

struct keys *keys_new(const struct program_group *group, struct heap *heap, size_t room,
                      uint64_t seed) {
    struct keys *k = must_zalloc(sizeof *k);
    k->group = group;
    k->fields = group->inputs[0].key_fields;
    k->heap = heap;
    k->nslots = FIRST_SLOTS;
    k->slots = must_zalloc(k->nslots * sizeof *k->slots);
    k->nvalues = group->nkey_fields + group->nprev_cells;
    k->seed = seed;
    pool_init(&k->states, sizeof(struct key_state) + k->nvalues * sizeof(struct value) + room);
    return k;
}

void keys_free(struct keys **keys) {
    struct keys *k = *keys;
    if (!k) return;
    for (uint32_t i = 0; i < k->nslots; i++)
        for (uint32_t v = 0; k->slots[i].state && v < k->nvalues; v++)
            value_disown(k->heap, &k->slots[i].state->values[v]);
    pool_fini(&k->states);
    free(k->slots);
    free(k);
    *keys = NULL;
}

uint32_t keys_count(const struct keys *k) { return k->n; }
uint32_t keys_slots(const struct keys *k) { return k->nslots; }
struct key_state *keys_at(const struct keys *k, uint32_t slot) { return k->slots[slot].state; }
size_t keys_bytes(const struct keys *k) {
    return k->nslots * sizeof *k->slots + k->states.slab_bytes;
}

/* ---- hashing and comparing rows with states -------------------------------------------------- */

static uint64_t field_hash(const struct batch *b, uint32_t row, uint16_t field, uint64_t seed) {
    const void *data = b->columns[field].data;
    switch (b->schema->fields[field].type) {
    case VALUE_STRING: {
        struct str s = ((const struct str *)data)[row];
        return hash64(s.p, s.n, seed);
    }
    case VALUE_INT:
    case VALUE_DECIMAL:
    case VALUE_TIME:
    case VALUE_DURATION: return hash64(&((const int64_t *)data)[row], 8, seed);
    case VALUE_IP: return hash64(&((const struct ip *)data)[row], 16, seed);
    default: {
        struct buf bytes;
        buf_init(&bytes);
        value_encode(&bytes, batch_value(b, row, field));
        uint64_t hash = hash64(bytes.p, bytes.n, seed);
        buf_fini(&bytes);
        return hash;
    }
    }
}

void keys_read(struct keys *k, const struct program_input *input) { k->fields = input->key_fields; }

void *keys_room(const struct keys *k, struct key_state *state) {
    return state->values + k->nvalues;
}

bool keys_present(const struct keys *k, const struct batch *batch, uint32_t row) {
    for (uint32_t i = 0; i < k->group->nkey_fields; i++)
        if (!bit_get(batch->columns[k->fields[i]].valid, row)) return false;
    return true;
}

uint64_t keys_hash(const struct keys *k, const struct batch *batch, uint32_t row) {
    uint64_t h = k->seed;
    for (uint32_t i = 0; i < k->group->nkey_fields; i++)
        h = field_hash(batch, row, k->fields[i], h);
    return h;
}

static bool same_field(const struct batch *b, uint32_t row, uint16_t field, const struct value *v) {
    if (v->type == VALUE_STRING)
        return str_equal(((const struct str *)b->columns[field].data)[row], v->s);
    return value_compare(batch_value(b, row, field), *v) == 0;
}

static bool same_key(const struct keys *k, const struct key_state *s, const struct batch *batch,
                     uint32_t row) {
    for (uint32_t i = 0; i < k->group->nkey_fields; i++)
        if (!same_field(batch, row, k->fields[i], &s->values[i])) return false;
    return true;
}

/* ---- table ----------------------------------------------------------------------------------- */

static uint32_t home(const struct keys *k, uint64_t hash) {
    return (uint32_t)hash & (k->nslots - 1);
}

void keys_prefetch(const struct keys *k, uint64_t hash) {
    __builtin_prefetch(&k->slots[home(k, hash)]);
}

struct key_state *keys_find(const struct keys *k, uint64_t hash, const struct batch *batch,
                            uint32_t row) {
    for (uint32_t i = home(k, hash); k->slots[i].state; i = (i + 1) & (k->nslots - 1))
        if (k->slots[i].hash == hash && same_key(k, k->slots[i].state, batch, row))
            return k->slots[i].state;
    return NULL;
}

struct key_state *keys_candidate(const struct keys *k, uint64_t hash) {
    uint32_t i = home(k, hash);
    while (k->slots[i].state && k->slots[i].hash != hash) i = (i + 1) & (k->nslots - 1);
    return k->slots[i].state;
}

void keys_prefetch_key(const struct keys *k, const struct key_state *candidate) {
    for (uint32_t i = 0; i < k->group->nkey_fields; i++)
        if (candidate->values[i].type == VALUE_STRING)
            __builtin_prefetch(candidate->values[i].s.p);
}

struct key_state *keys_confirm(const struct keys *k, struct key_state *candidate, uint64_t hash,
                               const struct batch *batch, uint32_t row) {
    if (!candidate || same_key(k, candidate, batch, row)) return candidate;
    return keys_find(k, hash, batch, row); /* two keys with one hash */
}

static void place(struct keys *k, struct slot slot) {
    uint32_t i = home(k, slot.hash);
    while (k->slots[i].state) i = (i + 1) & (k->nslots - 1);
    k->slots[i] = slot;
}

static void grow(struct keys *k) {
    struct slot *old = k->slots;
    uint32_t n = k->nslots;
    check(n < UINT32_C(1) << 31);
    k->nslots = n * 2;
    k->slots = must_zalloc(k->nslots * sizeof *k->slots);
    for (uint32_t i = 0; i < n; i++)
        if (old[i].state) place(k, old[i]);
    free(old);
}

static struct key_state *make(struct keys *k, uint64_t hash) {
    if (k->n >= k->nslots - k->nslots / 8) grow(k);
    struct key_state *s = pool_take(&k->states);
    memset(s, 0, sizeof *s + k->nvalues * sizeof(struct value));
    s->hash = hash;
    place(k, (struct slot){hash, s});
    k->n++;
    return s;
}

struct key_state *keys_make(struct keys *k, uint64_t hash, const struct batch *batch,
                            uint32_t row) {
    struct key_state *s = keys_find(k, hash, batch, row);
    if (s) return s;
    s = make(k, hash);
    for (uint32_t i = 0; i < k->group->nkey_fields; i++)
        s->values[i] = value_own(k->heap, batch_value(batch, row, k->fields[i]));
    return s;
}

void keys_seed(struct keys *k, const struct keys *from) {
    check(k->n == 0);
    k->seed = from->seed;
}

struct key_state *keys_adopt(struct keys *k, const struct key_state *from) {
    struct key_state *s = make(k, from->hash);
    for (uint32_t i = 0; i < k->group->nkey_fields; i++)
        s->values[i] = value_own(k->heap, from->values[i]);
    s->seen_at = from->seen_at;
    return s;
}

void keys_remove(struct keys *k, struct key_state *state) {
    uint32_t mask = k->nslots - 1, hole = home(k, state->hash);
    while (k->slots[hole].state != state) hole = (hole + 1) & mask;
    /* Whoever was pushed past the hole moves back into it, so that no search stops too early. */
    for (uint32_t i = (hole + 1) & mask; k->slots[i].state; i = (i + 1) & mask) {
        uint32_t from_home = (i - home(k, k->slots[i].hash)) & mask, from_hole = (i - hole) & mask;
        if (from_home < from_hole) continue;
        k->slots[hole] = k->slots[i];
        hole = i;
    }
    k->slots[hole] = (struct slot){0};
    k->n--;
    for (uint32_t v = 0; v < k->nvalues; v++) value_disown(k->heap, &state->values[v]);
    pool_give(&k->states, state);
}
