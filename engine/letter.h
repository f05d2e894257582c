/* letter: a dead letter that is kept: on its way from the thread that read it to the one that sends
 * it. One block, its texts behind it; the names of source and stream are their owners'.
 */
#ifndef OMEN_ENGINE_LETTER_H
#define OMEN_ENGINE_LETTER_H

#include "engine/source.h"

struct letter {
    struct letter *next;
    struct dead_letter letter;
};

struct letter *letter_copy(const struct dead_letter *from);
size_t letter_bytes(const struct letter *l); /* of memory */
void letters_free(struct letter *letters);

#endif
