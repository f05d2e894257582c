/* signals: see signals.h.
 * Tests: tests/cli/signals.t
 */
#include "cli/signals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic bool stop_wanted, reload_wanted, counters_wanted;
static struct signals_hooks hooks;
static sigset_t waited, stops; /* all that are answered; those of them that end it */

void signals_lock(void) { pthread_mutex_lock(&lock); }
void signals_unlock(void) { pthread_mutex_unlock(&lock); }
bool signals_stop_wanted(void) { return atomic_load_explicit(&stop_wanted, memory_order_relaxed); }
bool signals_reload_wanted(void) {
    if (!atomic_load_explicit(&reload_wanted, memory_order_relaxed)) return false;
    return atomic_exchange(&reload_wanted, false);
}

/* From here on a signal to stop does what it does to any process. */
__attribute__((noreturn)) static void stop(void) {
    atomic_store(&stop_wanted, true);
    pthread_sigmask(SIG_UNBLOCK, &stops, NULL);
    signals_lock();
    _exit(hooks.stop(hooks.context));
}

bool signals_asked(void) { return atomic_load_explicit(&counters_wanted, memory_order_relaxed); }
void signals_answer(void) {
    if (atomic_exchange(&counters_wanted, false)) hooks.counters(hooks.context);
}

/* By main, if it comes to it, or here. It may be stuck with the lock, in a write: a signal to stop
 * must still be heard. */
static void counters(void) {
    static const struct timespec a_moment = {.tv_nsec = 5000000};
    atomic_store(&counters_wanted, true);
    while (pthread_mutex_trylock(&lock) != 0) {
        if (!atomic_load(&counters_wanted)) return;
        int signal = sigtimedwait(&waited, NULL, &a_moment);
        if (signal == SIGHUP) atomic_store(&reload_wanted, true);
        else if (signal == SIGUSR1) atomic_store(&counters_wanted, true); /* main answered before */
        else if (signal > 0) stop();
    }
    signals_answer();
    signals_unlock();
}

static void *thread(void *unused) {
    (void)unused;
    for (;;) {
        int signal;
        if (sigwait(&waited, &signal) != 0) continue;
        if (signal == SIGHUP) atomic_store(&reload_wanted, true);
        else if (signal == SIGUSR1) counters();
        else stop();
    }
    return NULL;
}

void signals_hold(bool reloads) {
    sigset_t asking;
    sigemptyset(&asking);
    sigaddset(&asking, SIGUSR1);
    if (reloads) { /* also where the parent ignores it: nohup omen reloads too */
        signal(SIGHUP, SIG_DFL);
        sigaddset(&asking, SIGHUP);
    }
    pthread_sigmask(SIG_BLOCK, &asking, NULL);
}

void signals_start(const struct signals_hooks *h) {
    struct sigaction now;
    pthread_t id;
    hooks = *h;
    signals_hold(h->reloads);
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    if (sigaction(SIGINT, NULL, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(&stops, SIGINT);
    waited = stops;
    sigaddset(&waited, SIGUSR1);
    if (h->reloads) sigaddset(&waited, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &waited, NULL);
    signals_lock();
    int fault = pthread_create(&id, NULL, thread, NULL);
    if (fault) panic("no thread for signals: %s", strerror(fault));
    pthread_detach(id);
}
