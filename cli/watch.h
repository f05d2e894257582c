/* watch: what omen shows of itself while it runs: the pages of --http, and words to systemd.
 *
 *   main ─watch_publish→ pages as text, under a lock ←─ http's thread
 *
 *   /metrics   OpenMetrics           /livez    200: the main loop went round within a minute
 *   /          for a person          /readyz   200: rules are loaded, sources are read and known to
 *                                              be near enough to their ends
 *
 * Main makes the pages, at most four times a second, from what only it may look at; between them
 * they stand still. All functions: the main thread, but watch_beat: any.
 * Tests: tests/cli/http.t, notify.t
 */
#ifndef OMEN_CLI_WATCH_H
#define OMEN_CLI_WATCH_H

#include "cli/metrics.h"

struct watch;

/* `http`: an address, or NULL. NULL after a message; *mistake as http_start says. */
struct watch *watch_start(const char *http, struct arena *arena, bool *mistake);
void watch_stop(struct watch **w); /* STOPPING=1 */

/* The main loop is alive. Tells the watchdog of systemd, where there is one. */
void watch_beat(struct watch *w);

/* Due for new pages? */
bool watch_due(const struct watch *w);
void watch_publish(struct watch *w, const struct measured *m);

void watch_ready(struct watch *w);                        /* READY=1 */
void watch_reloading(struct watch *w);                    /* RELOADING=1; then watch_ready */

#endif
