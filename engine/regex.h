/* regex: the one file that knows PCRE2. Work is bounded: past the match limit the answer is
 * REGEX_BOUND. A compiled expression is read-only and may be used by any thread, each with its own
 * scratch. Tests: tests/unit/engine/test_regex.c
 */
#ifndef OMEN_ENGINE_REGEX_H
#define OMEN_ENGINE_REGEX_H

#include "base/str.h"

const char *regex_version(void); /* of PCRE2 */

struct regex;
struct regex_scratch;

enum regex_result { REGEX_NO, REGEX_YES, REGEX_BOUND };

/* NULL on a bad expression: *error_offset is the byte in the pattern, `why` the text (at least 128
 * bytes room). UTF-8 mode with Unicode properties. */
struct regex *regex_new(struct str pattern, bool ignoring_case, char *why, size_t why_size,
                        size_t *error_offset);
void regex_free(struct regex **r);
uint32_t regex_groups(const struct regex *r); /* capturing groups */

/* True if the pattern needs backtracking: lookaround, back references, atomic groups,
 * possessive, recursion; for the compiler's note. */
bool regex_backtracks(struct str pattern);

struct regex_scratch *regex_scratch_new(void);
void regex_scratch_free(struct regex_scratch **s);

/* `group`: which group to give in *found (0 the whole match); found may be NULL. A group that
 * took no part: REGEX_NO. */
enum regex_result regex_find(const struct regex *r, struct regex_scratch *s, struct str subject,
                             uint32_t group, struct str *found);

#endif
