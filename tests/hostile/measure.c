/* measure: runs one command and says how it ended, what processor time it took and how much memory
 * it held at most. Its standard streams are ours but standard output, which is passed to standard
 * error: ours carries the measurement alone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/hostile/hostile.h"

static pid_t child;

static void too_long(int signal_number) {
    (void)signal_number;
    kill(child, SIGKILL);
}

static long milliseconds(struct timeval t) { return t.tv_sec * 1000 + t.tv_usec / 1000; }

int measure(unsigned seconds, char **command) {
    child = fork();
    if (child < 0) return 3;
    if (child == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execvp(command[0], command);
        _exit(127);
    }
    struct sigaction action = {.sa_handler = too_long, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    alarm(seconds);
    int status;
    struct rusage used;
    if (wait4(child, &status, 0, &used) != child) return 3;
    if (WIFSIGNALED(status)) printf("signal %d", WTERMSIG(status));
    else printf("exit %d", WEXITSTATUS(status));
    printf(" cpu_ms %ld rss_kib %ld\n", milliseconds(used.ru_utime) + milliseconds(used.ru_stime),
           used.ru_maxrss);
    return 0;
}
