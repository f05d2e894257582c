/* keys: from the key of an event to the state that a group of rules keeps for it.
 *
 *   slots   │ hash │ ─┼→ key_state │ hash │ open rules │ window │ key values │ previous values │
 *           │ hash │ ─┤
 *           │   0  │  ┘ free            open rules: a chain by rule, each with its runs
 *
 * Open addressing with linear probing, at most 7/8 full, doubling; removal shifts back, so that
 * there are no graves. A null in any key field means no key: such events take no part. Hashes are
 * seeded; results never depend on them.
 *
 * The way of a batch, some dozens of rows at a time: hash and prefetch slots; find candidates by
 * hash and prefetch them; prefetch their keys; compare and match. Each sweep waits for no memory
 * that the one before did not ask for. One thread. Tests: tests/unit/engine/test_keys.c
 */
#ifndef OMEN_ENGINE_KEYS_H
#define OMEN_ENGINE_KEYS_H

#include "engine/match.h"
#include "engine/resolve.h"

struct open_rule { /* a rule that has runs or open alerts for this key */
    struct open_rule *next; /* by rule */
    uint32_t rule;          /* place in the group's rules */
    struct runs runs;
    struct open_alerts alerts;
    int64_t due; /* a timer will ring then, or INT64_MAX: none was set */
};

struct key_panes;

struct key_state {
    uint64_t hash;
    struct open_rule *open;
    struct key_panes *panes; /* NULL: none that a window would be made of */
    void *window; /* its room for windows; NULL: no event that one of them would hold */
    int64_t seen_at; /* the key's last event, in groups that have windows or forget */
    uint32_t timers; /* that will ring for this state */
    bool watched; /* in the engine's list of states that may have become empty */
    bool queued;  /* in the engine's queue of states whose runs will have ended by a known time */
    struct value values[]; /* key fields (owned), then previous values (owned), as program_group
                              says; then room for the window */
};

/* What a key costs in the table, between just grown and full. */
enum { KEYS_SLOT_BYTES = 24 };

/* Which of `n` shares of all keys a hash belongs to. Its lower half chooses the slot. */
static inline uint32_t keys_shard(uint64_t hash, uint32_t n) {
    return (uint32_t)((hash >> 32) * n >> 32);
}

struct keys;

/* `seed`: of the hashes. `room`: bytes behind the values of each state, for its window. */
struct keys *keys_new(const struct program_group *group, struct heap *heap, size_t room,
                      uint64_t seed);
void *keys_room(const struct keys *k, struct key_state *state);
void keys_free(struct keys **k); /* states must have no runs any more; their values are disowned */

/* From here on rows are of that input's stream. At first: of the group's first. */
void keys_read(struct keys *k, const struct program_input *input);

bool keys_present(const struct keys *k, const struct batch *batch,
                  uint32_t row); /* no field is null */
uint64_t keys_hash(const struct keys *k, const struct batch *batch, uint32_t row);
void keys_prefetch(const struct keys *k, uint64_t hash);

/* The state whose hash is equal, its key not compared yet; NULL: there is none. Does not touch the
 * state, so that the caller can prefetch it. keys_confirm compares, and looks on if it must. */
struct key_state *keys_candidate(const struct keys *k, uint64_t hash);
void keys_prefetch_key(const struct keys *k, const struct key_state *candidate);
struct key_state *keys_confirm(const struct keys *k, struct key_state *candidate, uint64_t hash,
                               const struct batch *batch, uint32_t row);

struct key_state *keys_find(const struct keys *k, uint64_t hash, const struct batch *batch,
                            uint32_t row);
/* Finds or makes. A state stays where it is until it is removed. */
struct key_state *keys_make(struct keys *k, uint64_t hash, const struct batch *batch, uint32_t row);
void keys_remove(struct keys *k, struct key_state *state);

/* As in `from`, of another group with the same key and heap: hashes, before there is a state; then
 * states, with the key of one that is there. */
void keys_seed(struct keys *k, const struct keys *from);
struct key_state *keys_adopt(struct keys *k, const struct key_state *from);

static inline struct value *keys_prev(const struct program_group *g, struct key_state *s) {
    return s->values + g->nkey_fields;
}

uint32_t keys_count(const struct keys *k);
uint32_t keys_slots(const struct keys *k);
struct key_state *keys_at(const struct keys *k,
                          uint32_t slot); /* NULL: free. For walking over all keys */
size_t keys_bytes(const struct keys *k);

#endif
