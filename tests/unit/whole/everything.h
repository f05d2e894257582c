/* everything: rules of all kinds, events for them, and alerts as lines: for tests that let the same
 * events go through in two ways.
 */
#ifndef OMEN_TESTS_UNIT_WHOLE_EVERYTHING_H
#define OMEN_TESTS_UNIT_WHOLE_EVERYTHING_H

#include "tests/unit/whole/support.h"

enum { ROWS = 3000, KEYS = 40, MOST_BATCHES = 64 };

static const char everything[] = STREAM
    "stream t { k : string at : time event n : int }\n"
    "rule pair { on s by k match a then b within 20s where a: n > 90 b: n < 20 and n < a.n\n"
    "  emit n: b.n, was: a.n }\n"
    "rule silent { on s by k match a then no b for 15s where a: n > 93 b: n < 70 emit n: a.n }\n"
    "rule burst { on s by k when count() over 10s >= 3 and sum(n) over prior 30s > 150\n"
    "  once per 20s emit n: n, avg: avg(n) over 60s }\n"
    "rule jump { on s by k match a where a: n > prev(n) + 80 emit n: a.n }\n"
    "rule names { on s by name match a 3 times within 5s where a: n > 50 emit n: sum(a.n) }\n"
    "rule all { on s match a then b within 2s where a: n = 99 b: n = 0 emit n: a.n }\n"
    "rule both { on s by k, t by k match all(a, b) within 8s\n"
    "  where a: from s where n > 80 b: from t where n > 80 emit n: a.n }\n"
    "rule chain { on pair by was match x 2 times within 60s where x: any emit n: count(x) }\n"
    "rule top { on chain, s match c then e within 1s where c: from chain where n > 0\n"
    "  e: from s where n > 40 emit n: e.n }\n"
    "rule late { on s by k match a then b within 3s where a: n > 90 b: n > 95 emit n: 1\n"
    "  timeout emit n: 2 except odd: a.n % 2 = 1 }\n"
    "rule hour { on s by k every 7s when count() > 2 emit n: sum(n) }\n"
    "rule visit { on s by name every session gap 1s when count() > 4 emit n: max(n) }\n"
    "rule slow { on s by k when count() over 40s step 10s = 9\n"
    "  emit n: avg(n) over 40s step 10s }\n"
    "rule hot { on s by k match a where a: n > 97 emit n: a.n resolve when n < 10\n"
    "  resolve after 30s emit at resolve n: n }\n"
    "rule upper { on s by upper(k), t by upper(k) match a then b within 5s\n"
    "  where a: from s where n > prev(n) + 60 b: from t where n > 90 emit n: b.n }\n"
    "rule hours { on hour by k when on hour: n > 600 emit n: n }\n";

static unsigned seed;
/* A number, 0 to n - 1. */
static inline uint32_t below(uint32_t n) { return (uint32_t)rand_r(&seed) % n; }

/* ---- events ---------------------------------------------------------------------------------- */

struct events {
    struct batch *batch[MOST_BATCHES];
    uint32_t n;
};

/* Batches of two streams; times are often equal, and some rows are late. */
static inline void draw(struct events *e, const struct program *p) {
    int64_t at = 1000;
    uint64_t offset[2] = {0};
    e->n = 0;
    for (uint32_t rows = 0; rows < ROWS && e->n < MOST_BATCHES; e->n++) {
        uint32_t stream = below(4) == 0, size = 1 + below(200);
        struct batch *b = e->batch[e->n] = batch_new(&p->streams[stream], stream, size);
        for (; b->n < size; rows++) {
            char key[16];
            snprintf(key, sizeof key, "key%u", below(KEYS));
            at += below(3) ? 0 : below(2000);
            batch_set_int(b, AT, (at - (below(50) == 0 ? 5000 : 0)) * NS_PER_MS);
            if (below(30)) batch_set_str(b, K, arena_copy(&b->text, str_of(key)));
            batch_set_int(b, N, below(100));
            snprintf(key, sizeof key, "n%u", below(3));
            if (!stream) batch_set_str(b, NAME, arena_copy(&b->text, str_of(key)));
            batch_commit(b, offset[stream]++);
        }
    }
}

static inline void say(void *context, const struct alert *a) {
    struct buf *out = context;
    char id[33];
    hash128_hex(a->id, id);
    buf_printf(out, "%s %lld %.*s", id, (long long)a->end_ns, STR_FMT(a->rule->name));
    for (uint32_t i = 0; i < a->nkey; i++) buf_char(out, ' '), value_text(out, a->key[i]);
    for (uint32_t i = 0; i < a->nemit; i++) buf_char(out, ' '), value_text(out, a->emit[i].value);
    buf_printf(out, " %llu\n", (unsigned long long)a->suppressed);
}

#endif
