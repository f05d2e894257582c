/* str: a view of bytes owned by somebody else. Not terminated by NUL; may be empty; never NULL with
 * a length.
 *
 * The owner must outlive the view. Nothing here allocates. Safe from any thread.
 * Tests: tests/unit/base/test_str.c
 */
#ifndef OMEN_BASE_STR_H
#define OMEN_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *p;
    size_t n; /* bytes */
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_FMT(s) (int)(s).n, (s).p /* for "%.*s" */

static inline struct str str_of(const char *z) { return (struct str){z, strlen(z)}; }
static inline bool str_equal(struct str a, struct str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte order, shorter first on a common prefix: <0, 0, >0. Equals code point order for UTF-8. */
int str_compare(struct str a, struct str b);

/* ASCII letters only fold: for keywords. */
bool str_equal_nocase(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* Byte offset of the first `needle` in `s`, or SIZE_MAX. An empty needle is found at 0. */
size_t str_find(struct str s, struct str needle);

struct str str_trim(struct str s); /* ASCII blanks at both ends */

/* Levenshtein distance for "did you mean": the member of `names` nearest to `name` within a third
 * of its length (at least 1), ignoring ASCII case; n = number of names; SIZE_MAX if none is near
 * enough. Names longer than 64 bytes are passed over. */
size_t str_nearest(struct str name, const struct str *names, size_t n);

#endif
