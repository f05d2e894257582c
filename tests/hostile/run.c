/* run: the program behind run.sh: makes hostile input, measures commands, cuts rule files.
 *
 *   run rules KIND N                a rule file to standard output; without N: lists the kinds
 *   run events KIND N               the same for events
 *   run measure SECONDS COMMAND…    runs it, prints `exit CODE cpu_ms MS rss_kib KIB`
 *   run cut STRIDE FLIPS FILE…      compiles every cut of the rule files, in this process
 *   run letters INPUT DEAD line|rows    checks the dead letters of INPUT, prints how many
 *   run options OMEN TIMES          random command lines, in this folder
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hostile/hostile.h"

static int usage(void) {
    fputs("usage: run rules|events KIND N, run measure SECONDS COMMAND..., "
          "run cut STRIDE FLIPS FILE..., run letters INPUT DEAD line|rows, "
          "run options OMEN TIMES\n",
          stderr);
    return 2;
}

static int make(bool (*maker)(const char *, uint64_t), void (*kinds)(void), int argc, char **argv) {
    if (argc < 4) {
        kinds();
        return 0;
    }
    if (maker(argv[2], strtoull(argv[3], NULL, 10))) return fflush(stdout) == 0 ? 0 : 3;
    fprintf(stderr, "run: there is no kind %s\n", argv[2]);
    return 2;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "rules") == 0) return make(make_rules, make_rules_kinds, argc, argv);
    if (strcmp(what, "events") == 0) return make(make_events, make_events_kinds, argc, argv);
    if (strcmp(what, "measure") == 0 && argc > 3)
        return measure((unsigned)strtoul(argv[2], NULL, 10), argv + 3);
    if (strcmp(what, "cut") == 0 && argc > 4)
        return cut_rules((unsigned)strtoul(argv[2], NULL, 10),
                         (unsigned)strtoul(argv[3], NULL, 10), argv + 4, argc - 4);
    if (strcmp(what, "letters") == 0 && argc == 5)
        return check_letters(argv[2], argv[3], strcmp(argv[4], "rows") == 0);
    if (strcmp(what, "options") == 0 && argc == 4)
        return silly_options(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
    return usage();
}
