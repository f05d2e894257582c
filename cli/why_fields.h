/* why_fields: an event on one line, with the fields that the rule looks at.
 *
 *   2026-01-01T08:36:00Z  payments 2410  amount 0.50
 *
 * Behind the stream its offset, as in data.matched of alerts. The key and the time are not told
 * again. Tests: tests/cli/why.t
 */
#ifndef OMEN_CLI_WHY_FIELDS_H
#define OMEN_CLI_WHY_FIELDS_H

#include "cli/why_watch.h"

void why_fields_find(struct why *w); /* once, behind why_open */
void why_put_time(const struct why *w, int64_t ns, struct buf *out);
void why_put_event(const struct why *w, const struct why_event *e, struct buf *out);

#endif
