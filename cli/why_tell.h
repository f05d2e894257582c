/* why_tell: what why_watch wrote down, as a person reads it who has never seen the rule: each alert
 * with what it took and why; or, where there is none, the ways that came nearest.
 *
 * Which of these came nearest: why_rank.h. Of ways that end with the same event the longest is
 * told. Tests: tests/cli/why.t
 */
#ifndef OMEN_CLI_WHY_TELL_H
#define OMEN_CLI_WHY_TELL_H

#include "cli/why_watch.h"

enum { WHY_MISSES = 3, WHY_ALERTS = 3 };

/* Everything: the rule, its alerts (at w->at; or the last few), else what came near. False if there
 * was no alert. */
bool why_tell(struct why *w, struct buf *out);

/* The way that came nearest: a head on the line that has been begun, then lines. False if there is
 * none; then nothing is written. */
bool why_tell_nearest(struct why *w, unsigned indent, struct buf *out);

#endif
