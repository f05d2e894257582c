/* signals: SIGTERM and SIGINT stop, SIGUSR1 prints counters, whatever the main thread is waiting
 * for; SIGHUP is wanted to reload, which main does when it comes to it.
 *
 *   main      ──work──┐ signals_unlock  read …  signals_lock ┌──work──┐ …
 *   signals   sigwait ─→ SIGUSR1: lock ─→ counters ─→ unlock
 *                     ─→ SIGTERM: stop wanted ─→ lock (granted only while main reads) ─→ stop, exit
 *
 * The lock is main's, except while it reads: a read may block for ever, and no handler may touch
 * what a thread is in the middle of. So whoever holds the lock after SIGTERM ends the process in
 * order: main, when it sees signals_stop_wanted, or the signal thread, when main sits in a read. A
 * second SIGTERM or SIGINT ends the process at once, by the signal itself; others are no longer
 * answered, and do nothing. Where the parent ignores SIGINT (nohup, a background job of a shell) it
 * stays ignored. One use a process.
 * Tests: tests/cli/signals.t
 */
#ifndef OMEN_CLI_SIGNALS_H
#define OMEN_CLI_SIGNALS_H

#include <stdbool.h>

struct signals_hooks {
    void (*counters)(void *context); /* print them */
    int (*stop)(void *context);      /* end in order; gives the exit code */
    void *context;
    bool reloads; /* else SIGHUP ends the process, as it ends any */
};

/* First of all, where signals_start comes later: a signal that asks for something does not end the
 * process meanwhile, but waits. */
void signals_hold(bool reloads);

/* From the main thread, before it makes others; it holds the lock afterwards. */
void signals_start(const struct signals_hooks *hooks);

void signals_unlock(void);
void signals_lock(void);
/* For who holds the lock for long: SIGUSR1 came, and is to be answered; it is now, if it came. */
bool signals_asked(void);
void signals_answer(void);
bool signals_stop_wanted(void);
bool signals_reload_wanted(void); /* once for each time, and for all that came meanwhile */

#endif
