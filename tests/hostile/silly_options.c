/* silly_options: command lines without sense, drawn from words that mean something somewhere.
 * However silly, omen leaves with 0, 1, 2 or 3 in time and has said why if it is not 0.
 *
 * Runs in the folder it is started in, which should be a scratch one: words name files to write.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/hostile/hostile.h"

enum { WORDS_MOST = 7, SECONDS = 20, LONG = 100000 };

static char long_word[LONG];

static const char *const words[] = {
    "check", "fmt", "explain", "run", "replay", "test", "why", "plan", "help", "--help", "-h",
    "--version", "-V", "--", "-", "", "=", "--=", "---", "-i", "-x", "--in", "--in=", "--in=s=-",
    "s=-", "s=", "=s", "s=s.ndjson", "s=s.csv", "s=none.ndjson", "s=.", "s=s.txt", "nothing=-",
    "s=kafka:x", "--out", "--out=-", "out.ndjson", "--out=out.ndjson", "--out=no/such/file",
    "--out=.", "--out=zmq:x", "--late=out.ndjson", "--late=late.ndjson",
    "--dead-letter=late.ndjson", "--dead-letter", "--param", "--param=p=1", "--param=p",
    "--param=p=x", "--param=q=1",
    "--param=p=99999999999999999999", "--format=json", "--format=xml", "--format",
    "--log-format=json", "--log-format=", "--quiet", "--quiet=1", "--batch=1", "--batch=0",
    "--batch=-1", "--batch=99999999999", "--batch=x", "--stage=tokens", "--stage=tree",
    "--stage=types", "--stage=nfa", "--stage=code", "--stage=all", "--dot", "--rule", "--rule=r",
    "--rule=x", "--check", "s.rules", "s.rules", "s.rules", "s.rules", "s.rules", "none.rules", ".",
    "s.ndjson", "/dev/null", "\xFF\xFE", "\n", "%s%n", "\x1b[31m", "--\xC3\xA4", long_word,
    "-\xFF", "--in=s=-", "--in=s=-", "--state=x", "--workers=0", "-c", "--table=x",
};
enum { WORDS = sizeof words / sizeof *words };

static void show(const char *what, char **argv) {
    printf("%s:", what);
    for (; *argv; argv++) printf(" '%.40s'", *argv);
    putchar('\n');
}

static off_t size_of(int fd) {
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_size : 0;
}

static bool run(const char *omen, char **argv, int said) {
    if (ftruncate(said, 0) < 0) return false;
    lseek(said, 0, SEEK_SET);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(said, STDOUT_FILENO); /* --format=json says it there */
        dup2(said, STDERR_FILENO);
        alarm(SECONDS);
        execv(omen, argv);
        _exit(127);
    }
    int status = 0;
    waitpid(child, &status, 0);
    bool ended = WIFEXITED(status), fine = ended && WEXITSTATUS(status) == 0;
    const char *what = NULL;
    if (!ended) what = WTERMSIG(status) == SIGALRM ? "did not end" : "ended by a signal";
    else if (WEXITSTATUS(status) > 3) what = "another exit code";
    else if (!fine && size_of(said) == 0) what = "not a word";
    if (what) show(what, argv);
    return !what;
}

int silly_options(const char *omen, unsigned times) {
    uint64_t state = 1;
    unsigned failed = 0;
    char name[] = "said.XXXXXX";
    int said = mkstemp(name);
    if (said < 0) return 3;
    memset(long_word, 'x', sizeof long_word - 1);
    for (unsigned i = 0; i < times; i++) {
        char *argv[WORDS_MOST + 2] = {(char *)"omen"};
        uint64_t n = hostile_random(&state) % (WORDS_MOST + 1);
        if (n) argv[1] = (char *)words[hostile_random(&state) % 8];
        for (uint64_t k = 1; k < n; k++)
            argv[k + 1] = (char *)words[hostile_random(&state) % WORDS];
        failed += !run(omen, argv, said);
    }
    unlink(name);
    close(said);
    printf("%u passed, %u failed\n", times - failed, failed);
    return failed > 0;
}
