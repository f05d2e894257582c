/* same: whether parts of two programs mean the same: codes, fields, streams. Judged by what they
 * do and the names that they do it to, never by where they stand: an index of one program says
 * nothing in another.
 *
 * Where sameness cannot be shown the answer is no. Tests: tests/unit/whole/test_carry.c
 */
#ifndef OMEN_ENGINE_SAME_H
#define OMEN_ENGINE_SAME_H

#include "engine/program.h"

/* Where a code stands: NONE where there is none. */
struct same_place {
    uint32_t stream, group;
};

struct same {
    const struct program *was, *now;
};

bool same_value(struct value a, struct value b); /* of one type too */
bool same_stream(const struct same *s, uint32_t was, uint32_t now); /* by name */

/* Fields of these streams: name, type, and how it is computed. */
bool same_field(const struct same *s, uint32_t was_stream, uint32_t was, uint32_t now_stream,
                uint32_t now);

/* NONE is the same as NONE only. */
bool same_code(const struct same *s, uint32_t was, struct same_place was_at, uint32_t now,
               struct same_place now_at);
bool same_predicate(const struct same *s, uint32_t was, uint32_t now);

/* Previous values, windows: of inputs of groups. */
bool same_prev(const struct same *s, const struct program_input *was_in,
               const struct program_prev *was, const struct program_input *now_in,
               const struct program_prev *now);
bool same_column(const struct same *s, const struct program_input *was_in, uint32_t was,
                 const struct program_input *now_in, uint32_t now);
bool same_frame(const struct same *s, const struct program_frame *was,
                const struct program_frame *now);
/* Without their frames: whoever asks compares those. */
bool same_aggregate(const struct same *s, const struct program_input *was_in, uint32_t was,
                    const struct program_input *now_in, uint32_t now);

#endif
