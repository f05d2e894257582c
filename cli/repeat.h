/* repeat: the reloads of a live run, in a replay of its journal: at the same places among the
 * events, with the rules that took over there, which --reload gives, in order.
 *
 *   --reload a.rules --reload a.rules,b.rules     the first reload; the second, of two files
 *
 * Everything is checked before the first event: how many there are, that the texts are those of the
 * run, that they compile, and that they read nothing more: where sources began to read it is not
 * written down. Without --reload the first rules go on, and a warning says so.
 * Tests: tests/cli/journal.t
 */
#ifndef OMEN_CLI_REPEAT_H
#define OMEN_CLI_REPEAT_H

#include "cli/journal.h"
#include "cli/reload.h"

struct repeat {
    const struct record *record;
    struct values *sets; /* beside its reloads: files */
    uint32_t n, next;
};

/* False after messages. `reload` is open. Texts go to the arena. */
bool repeat_open(struct repeat *r, const struct record *record, const struct values *given,
                 const struct reload *reload, struct arena *arena);

/* So many events and times are before the next; UINT64_MAX: there is none any more. */
uint64_t repeat_after(const struct repeat *r);

/* The next. False after messages. */
bool repeat_next(struct repeat *r, struct reload *reload);

/* At the end. False after a message: some did not come. */
bool repeat_fits(const struct repeat *r);

#endif
