/* reader: a source that is read ahead, by a thread of its own.
 *
 *   source ─next→ │ arrival │ arrival │ … READER_RING │ ─take→ whoever waits at the bell
 *
 * The thread decodes into batches of a pool and puts them into a ring; when the ring is full it
 * waits: so a slow taker slows the source. A reader holds at most READER_RING batches, two more are
 * in work, and READER_LETTERS bytes of dead letters, that travel with the batches. The order of one
 * source's arrivals is that in which it was read; nothing else is promised, and nothing may depend
 * on more.
 *
 * Several readers ring one bell. Its lock guards all rings. Taking is for one thread.
 * Tests: tests/unit/engine/test_reader.c
 */
#ifndef OMEN_ENGINE_READER_H
#define OMEN_ENGINE_READER_H

#include <pthread.h>

#include "engine/batch_pool.h"
#include "engine/letter.h"

enum { READER_RING = 4, READER_LETTERS = 1 << 20 };

struct bell {
    pthread_mutex_t lock;
    pthread_cond_t arrived, room;
    bool rung; /* something has arrived since the last wait began */
};

void bell_init(struct bell *bell);
void bell_fini(struct bell *bell);

/* Until something has arrived, or for `ms`; negative: for ever. */
void bell_wait(struct bell *bell, int ms);

struct arrival {
    enum source_status status;
    struct batch *batch; /* of SOURCE_BATCH: the taker's to drop; else NULL */
    struct partitions *assigned; /* of SOURCE_ASSIGNED: the taker's to free; else NULL */
    struct letter *letters; /* from before it, oldest first; the taker's to free */
    struct source_counters counters;
    const struct schema *schema; /* by which the source writes rows */
    int64_t at_ns; /* monotonic: when it came */
};

struct reader;

/* Starts. The source's dead letters come with the arrivals. */
struct reader *reader_start(struct source *source, uint32_t batch_rows, struct bell *bell);

/* False: nothing there. The last arrival is SOURCE_END or SOURCE_FAILED. Otherwise the source is
 * not to be touched until reader_free. */
bool reader_take(struct reader *reader, struct arrival *arrival);

/* Rows of another schema, which lives as long as the reader's batches and of which the source lacks
 * nothing; what has been read stays as it is. Some arrival soon says that it is so, and that all
 * behind it is. */
void reader_follow(struct reader *reader, const struct schema *schema);

bool reader_empty(const struct reader *reader); /* nothing to take */

/* It reads no more, but for what it is in the middle of, which is let go. What is in the ring can
 * still be taken. Does not wait. */
void reader_halt(struct reader *reader);

/* Halts, and waits for the thread, at most about SOURCE_WAIT_MS. */
void reader_join(struct reader *reader);

/* Joined, if it is not yet. All batches have been dropped. */
void reader_free(struct reader **reader);

#endif
