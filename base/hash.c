/* hash: XXH3 of libxxhash, compiled in here so that short keys need no call into a library.
 *
 * The values of hash128 are names that live in alerts and in saved state: they are XXH3's own
 * (its 128-bit result, high half first, the same on every machine) and may never change.
 * Tests: tests/unit/base/test_map.c
 */
#include "base/hash.h"

#define XXH_INLINE_ALL
#include <stdio.h>
#include <xxhash.h>

uint64_t hash64(const void *bytes, size_t n, uint64_t seed) {
    return XXH3_64bits_withSeed(n ? bytes : "", n, seed);
}

struct hash128 hash128(const void *bytes, size_t n) {
    XXH128_hash_t h = XXH3_128bits(n ? bytes : "", n);
    return (struct hash128){h.high64, h.low64};
}

void hash128_hex(struct hash128 h, char out[33]) {
    static const char digit[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        out[15 - i] = digit[h.high >> (4 * i) & 15];
        out[31 - i] = digit[h.low >> (4 * i) & 15];
    }
    out[32] = 0;
}

const char *hash_version(void) {
    static char text[32];
    unsigned v = XXH_versionNumber();
    snprintf(text, sizeof text, "%u.%u.%u", v / 10000, v / 100 % 100, v % 100);
    return text;
}
