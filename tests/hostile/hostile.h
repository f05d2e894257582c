/* hostile: what the parts of tests/hostile/run share: makers of input that means harm, a stopwatch,
 * and rule files cut everywhere. run.sh beside this file calls them. One thread.
 */
#ifndef OMEN_TESTS_HOSTILE_H
#define OMEN_TESTS_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

/* make_rules.c: a rule file of `kind` with `n` of what it repeats, to standard output. False: there
 * is no such kind. */
bool make_rules(const char *kind, uint64_t n);
void make_rules_kinds(void); /* lists them, one a line */

/* make_events.c: the same for events and other bytes. */
bool make_events(const char *kind, uint64_t n);
void make_events_kinds(void);

/* measure.c: runs a command and prints how it ended: `exit 2 cpu_ms 120 rss_kib 4096`, or
 * `signal 11 …`. After `seconds` it is killed: `signal 9`. */
int measure(unsigned seconds, char **command);

/* cut_rules.c: every prefix of each file, every deletion of one byte, and `flips` random changes,
 * compiled; every `stride`th of each. Prints what went wrong and `N passed, M failed`. */
int cut_rules(unsigned stride, unsigned flips, char **files, int nfiles);

/* check_letters.c: are the dead letters of `input` where they say? Prints how many there are; 1 if
 * one is not. `several`: a record may have more than one line. */
int check_letters(const char *input, const char *letters, bool several);

/* silly_options.c: that many command lines of random words for `omen`. */
int silly_options(const char *omen, unsigned times);

/* The same numbers on every machine: splitmix64. */
static inline uint64_t hostile_random(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

#endif
