/* hash: the one file that knows the hash function (XXH3 of libxxhash). The 64-bit form places keys
 * in tables and may be seeded; the 128-bit form names things for ever (alert ids, state
 * signatures), is unseeded, and its values must never change between versions of omen. Safe from
 * any thread. Tests: tests/unit/base/test_map.c
 */
#ifndef OMEN_BASE_HASH_H
#define OMEN_BASE_HASH_H

#include "base/str.h"

uint64_t hash64(const void *bytes, size_t n, uint64_t seed);

struct hash128 {
    uint64_t high, low;
};
struct hash128 hash128(const void *bytes, size_t n);
const char *hash_version(void); /* of libxxhash: "0.8.1" */
void hash128_hex(struct hash128 h, char out[33]); /* 32 lower-case digits and NUL */

#endif
