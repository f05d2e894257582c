/* stream: what the generators of the examples share: random numbers that are the same everywhere,
 * and a list of events that is printed in order of time.
 *
 *   event(at, "{\"card\":\"%s\",…}", …)   in any order; the text is one JSON object
 *   stream_print()                       sorted by time; events of one time in the order they came
 *
 * Only whole numbers are used, so that every machine writes the same bytes.
 */
#ifndef OMEN_EXAMPLES_STREAM_H
#define OMEN_EXAMPLES_STREAM_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { STREAM_MAX = 10000, TEXT_MAX = 256 };

static const int64_t START = 1767225600000; /* 2026-01-01T00:00:00Z, in ms as all times here */
static const int64_t SECOND = 1000, MINUTE = 60 * 1000, HOUR = 60 * 60 * 1000;

static struct stream_event {
    int64_t at;
    int number;
    char text[TEXT_MAX];
} stream_events[STREAM_MAX];
static int stream_n;

/* A whole number of least..most, by splitmix64. */
static inline int between(int least, int most) {
    static uint64_t state = 1;
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return least + (int)((z >> 32) % (uint64_t)(most - least + 1));
}

static inline void __attribute__((format(printf, 2, 3))) event(int64_t at, const char *fmt, ...) {
    if (stream_n == STREAM_MAX) abort();
    struct stream_event *e = &stream_events[stream_n];
    e->at = at;
    e->number = stream_n++;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(e->text, sizeof e->text, fmt, args);
    va_end(args);
    if (n >= TEXT_MAX) abort();
}

static inline int stream_order(const void *a, const void *b) {
    const struct stream_event *x = a, *y = b;
    if (x->at != y->at) return x->at < y->at ? -1 : 1;
    return x->number - y->number;
}

static inline int stream_print(void) {
    qsort(stream_events, (size_t)stream_n, sizeof *stream_events, stream_order);
    for (int i = 0; i < stream_n; i++) puts(stream_events[i].text);
    return fflush(stdout) ? 1 : 0;
}

#endif
