/* batch_pool: batches of one schema that outlive the next read: counted, and used again.
 *
 *   reader  ─take→ fills ─→ ring ─→ main ─hold/drop→ … ─the last drop→ back into the pool
 *
 * A batch begins with one holder. Whoever keeps a pointer to it holds it; the last to drop it gives
 * it back, from any thread. At most BATCH_POOL_FREE wait for use; what is more is freed. How many
 * are out is bounded by who takes them. Tests: tests/unit/engine/test_reader.c
 */
#ifndef OMEN_ENGINE_BATCH_POOL_H
#define OMEN_ENGINE_BATCH_POOL_H

#include "engine/batch.h"

enum { BATCH_POOL_FREE = 16 };

struct batch_pool;

/* `mixed`: rows of several partitions may stand in one batch. */
struct batch_pool *batch_pool_new(const struct schema *schema, uint32_t stream, uint32_t rows,
                                  bool mixed);
/* It goes when the last of its batches is dropped: at once, if none is out. */
void batch_pool_free(struct batch_pool **pool);

struct batch *batch_pool_take(struct batch_pool *pool); /* without rows */
void batch_hold(struct batch *batch);
void batch_drop(struct batch *batch); /* NULL is ignored */

#endif
