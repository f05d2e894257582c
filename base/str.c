/* str: comparing, searching and trimming views of bytes, and the nearest name for "did you mean".
 *
 * Views with n == 0 may carry any pointer, so no pointer is handed to libc before the length was
 * looked at. str_nearest is the textbook Levenshtein distance on one row (Wagner and Fischer,
 * 1974):
 *
 *            s p e d       row[j] = cost of turning the first i bytes of one name
 *          0 1 2 3 4                into the first j bytes of the other;
 *        s 1 0 1 2 3       names are at most 64 bytes, so a row is a small array.
 *
 *
 * Tests: tests/unit/base/test_str.c
 */
#include "base/str.h"

enum { NEAREST_MAX = 64 };

static unsigned char fold(char c) {
    unsigned char u = (unsigned char)c;
    return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

static bool blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

int str_compare(struct str a, struct str b) {
    size_t common = a.n < b.n ? a.n : b.n;
    int order = common ? memcmp(a.p, b.p, common) : 0;
    if (order) return order;
    return (a.n > b.n) - (a.n < b.n);
}

bool str_equal_nocase(struct str a, struct str b) {
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (fold(a.p[i]) != fold(b.p[i])) return false;
    return true;
}

bool str_starts(struct str s, struct str prefix) {
    return s.n >= prefix.n && str_equal((struct str){s.p, prefix.n}, prefix);
}

bool str_ends(struct str s, struct str suffix) {
    if (suffix.n == 0) return true;
    return s.n >= suffix.n && memcmp(s.p + (s.n - suffix.n), suffix.p, suffix.n) == 0;
}

size_t str_find(struct str s, struct str needle) {
    if (needle.n == 0) return 0;
    if (needle.n > s.n) return SIZE_MAX;
    const char *at = memmem(s.p, s.n, needle.p, needle.n);
    return at ? (size_t)(at - s.p) : SIZE_MAX;
}

struct str str_trim(struct str s) {
    while (s.n && blank(s.p[0])) s.p++, s.n--;
    while (s.n && blank(s.p[s.n - 1])) s.n--;
    return s;
}

/* Both at most NEAREST_MAX bytes. */
static size_t distance(struct str a, struct str b) {
    unsigned char row[NEAREST_MAX + 1];
    for (size_t j = 0; j <= b.n; j++) row[j] = (unsigned char)j;
    for (size_t i = 0; i < a.n; i++) {
        unsigned char diagonal = row[0]; /* the row above, one to the left */
        row[0] = (unsigned char)(i + 1);
        for (size_t j = 0; j < b.n; j++) {
            unsigned best = diagonal + (fold(a.p[i]) != fold(b.p[j]));
            if (row[j] + 1u < best) best = row[j] + 1u;
            if (row[j + 1] + 1u < best) best = row[j + 1] + 1u;
            diagonal = row[j + 1];
            row[j + 1] = (unsigned char)best;
        }
    }
    return row[b.n];
}

size_t str_nearest(struct str name, const struct str *names, size_t n) {
    if (name.n == 0 || name.n > NEAREST_MAX) return SIZE_MAX;
    size_t limit = name.n / 3 ? name.n / 3 : 1;
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t apart = names[i].n > name.n ? names[i].n - name.n : name.n - names[i].n;
        if (names[i].n > NEAREST_MAX || apart > limit) continue;
        size_t d = distance(name, names[i]);
        if (d > limit) continue;
        found = i; /* from here on only a nearer one will do, so the first of equals wins */
        if (d == 0) break;
        limit = d - 1;
    }
    return found;
}
