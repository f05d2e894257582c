/* journal: the decisions about arrival that a live run made, written down, so that a replay of the
 * recorded events gives the same alerts.
 *
 *   omen journal 1
 *   partition telemetry 0 5s                        a partition, and the lateness allowed
 *   late telemetry 0 17                             the event of this offset was late
 *   future telemetry 0 18                           ... was too far ahead of the wall clock
 *   idle telemetry 0 2026-01-31T12:00:04Z           fell idle, when event time was here
 *   time 2026-01-31T12:01:00Z                       the wall clock moved event time to here
 *   reload 1045 9f86d081884c7d659a2feaa0c55ad015    behind so many events that rules read, and
 *                                                   times, the rules of these texts took over
 *   end telemetry 0 240                             read up to this offset
 *   stopped                                         by a signal; or: ended, when input ended
 *
 * One decision a line. `late`, `future` and `end` are about one event each, and `time` has its
 * place in the order of events: before those of that time. So the file says everything, whatever
 * the order of its lines; the order within one word and partition is that of the offsets. `idle`
 * explains, and is not needed.
 *
 * Lines are handed to the system before the engine is told of what follows from them, and synced to
 * the disk at most once a second, and at the end. A last line without its newline was torn by a
 * crash: it is left out, with a message. A record is read whole: 8 bytes for each late event.
 * Tests: tests/cli/journal.t
 */
#ifndef OMEN_CLI_JOURNAL_H
#define OMEN_CLI_JOURNAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "engine/program.h"

/* ---- writing --------------------------------------------------------------------------------- */

struct journal {
    const char *path; /* NULL: there is none, and the functions do nothing */
    const struct program *program;
    int fd;
    struct buf text; /* not yet handed to the system */
    bool unsynced;
    int64_t synced_ns;
    const char *failed; /* why, or NULL */
};

/* False after a message. A journal is of one run: a file with something in it is refused. */
bool journal_open(struct journal *j, const char *path, const struct program *program);
void journal_close(struct journal *j);

void journal_partition(struct journal *j, uint32_t stream, uint32_t partition,
                       int64_t lateness_ns);
void journal_offset(struct journal *j, const char *word, struct str stream, uint32_t partition,
                    uint64_t offset); /* late, future, end */
void journal_idle(struct journal *j, struct str stream, uint32_t partition, int64_t at_ns);
void journal_time(struct journal *j, int64_t at_ns);
void journal_reload(struct journal *j, uint64_t after, const char *rules);
void journal_last(struct journal *j, bool stopped);
void journal_flush(struct journal *j);

/* ---- reading --------------------------------------------------------------------------------- */

struct record_offsets {
    uint64_t *v;
    uint64_t n, cap;
};

struct record_partition {
    uint32_t stream, partition;
    int64_t lateness_ns;
    struct record_offsets late, future;
    uint64_t end;  /* UINT64_MAX: not said */
    uint64_t next; /* of late: the first that has not come yet */
};

struct record_reload {
    uint64_t after;   /* so many events and times */
    struct str rules; /* rules_hash */
};

struct record {
    const char *path;
    struct record_partition *partitions;
    uint32_t npartitions, cap;
    int64_t *times;
    uint32_t ntimes, times_cap;
    struct record_reload *reloads;
    uint32_t nreloads, reloads_cap;
    bool whole;   /* the run says how it ended */
    bool stopped; /* ... by a signal */
};

/* False after a message with the line. Everything is of the arena. */
bool record_read(struct record *r, const char *path, const struct program *program,
                 struct arena *arena);
struct record_partition *record_find(const struct record *r, uint32_t stream, uint32_t partition);

#endif
