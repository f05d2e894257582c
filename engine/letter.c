/* letter: see letter.h.
 * Tests: tests/unit/engine/test_reader.c
 */
#include "engine/letter.h"

#include <stdlib.h>

#include "base/log.h"

size_t letter_bytes(const struct letter *l) {
    return sizeof *l + strlen(l->letter.reason) + 1 + l->letter.bytes.n;
}

struct letter *letter_copy(const struct dead_letter *from) {
    size_t reason = strlen(from->reason) + 1;
    struct letter *l = must_alloc(sizeof *l + reason + from->bytes.n);
    char *text = (char *)(l + 1);
    *l = (struct letter){.letter = *from};
    memcpy(text, from->reason, reason);
    if (from->bytes.n) memcpy(text + reason, from->bytes.p, from->bytes.n);
    l->letter.reason = text;
    l->letter.bytes.p = text + reason;
    return l;
}

void letters_free(struct letter *l) {
    for (struct letter *next; l; l = next) {
        next = l->next;
        free(l);
    }
}
