/* address: what the operator wrote behind `--out` or `--in STREAM=`, taken apart.
 *
 *   zmq:pub:@tcp://127.0.0.1:5556?slow=drop&hwm=1000
 *   └┬┘ └──────────┬────────────┘ └──────┬─────────┘
 *   kind          rest                settings
 *
 * Settings are for network addresses: a file's name may hold a `?`. Each maker asks for those that
 * it knows; address_finish then refuses the first that nobody asked for, with the nearest name.
 * Not thread safe. Tests: tests/unit/connectors/test_address.c
 */
#ifndef OMEN_CONNECTORS_ADDRESS_H
#define OMEN_CONNECTORS_ADDRESS_H

#include "base/arena.h"
#include "base/str.h"

enum { ADDRESS_SETTINGS = 32 };

struct address {
    struct str whole; /* as written, for messages */
    struct str rest;  /* without kind and settings */
    struct str names[ADDRESS_SETTINGS], values[ADDRESS_SETTINGS], asked[ADDRESS_SETTINGS];
    bool used[ADDRESS_SETTINGS];
    uint32_t n, nasked;
    struct arena *arena;
    const char *why; /* the first mistake; NULL: none so far */
};

/* `kind`: "zmq:". Texts are those of `where`. */
void address_parse(struct address *a, struct str where, const char *kind, struct arena *arena);

/* False, and *out as it was, if the setting is not there or (with a mistake) not good. */
bool address_text(struct address *a, const char *name, struct str *out);
bool address_count(struct address *a, const char *name, uint64_t least, uint64_t most,
                   uint64_t *out);
bool address_duration(struct address *a, const char *name, int64_t *ns);
/* One of the NULL-terminated words; *out is its place. */
bool address_word(struct address *a, const char *name, const char *const *words, uint32_t *out);

void address_mistake(struct address *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What is wrong, with the address in front; NULL: nothing. */
const char *address_finish(struct address *a);

#endif
