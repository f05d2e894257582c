/* support: what tests of the whole share: rules and rows as text, alerts as lines.
 *
 *   rows     `k at_ms n name`; fields that are `-` are null
 *   alerts   `rule key start..end name=value …`; before a timeout stands `timeout `, before what
 *            closes `at TIME resolved `
 */
#ifndef OMEN_TESTS_UNIT_WHOLE_SUPPORT_H
#define OMEN_TESTS_UNIT_WHOLE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "engine/engine.h"
#include "tests/unit/whole/compiled.h"

#define STREAM "stream s { k : string at : time event n : int name : string }\n"

enum { K, AT, N, NAME };

struct fixture {
    struct arena arena;
    struct program *program;
    struct engine *engine;
    struct buf out; /* a line an alert: rule key start..end positions emit */
    struct buf ids;
    unsigned late;
};

static inline void on_alert(void *context, const struct alert *a) {
    struct fixture *f = context;
    char id[33];
    if (a->resolved)
        buf_printf(&f->out, "at %lld resolved ", (long long)(a->resolved_ns / NS_PER_MS));
    buf_printf(&f->out, "%s%.*s ", a->timed_out ? "timeout " : "", STR_FMT(a->rule->name));
    for (uint32_t i = 0; i < a->nkey; i++) {
        if (i) buf_char(&f->out, ',');
        value_text(&f->out, a->key[i]);
    }
    buf_printf(&f->out, " %lld..%lld", (long long)(a->start_ns / NS_PER_MS),
               (long long)(a->end_ns / NS_PER_MS));
    for (uint32_t i = 0; i < a->nemit; i++) {
        buf_printf(&f->out, " %.*s=", STR_FMT(a->emit[i].name));
        value_text(&f->out, a->emit[i].value);
    }
    buf_char(&f->out, '\n');
    hash128_hex(a->id, id);
    buf_printf(&f->ids, "%s\n", id);
}

static inline void on_late(void *context, const struct batch *batch, uint32_t row,
                           int64_t newest_ns) {
    struct fixture *f = context;
    assert_true(batch_times(batch)[row] < newest_ns);
    f->late++;
}

static inline void open_rules(struct fixture *f, const char *text) {
    const char *why;
    *f = (struct fixture){0};
    arena_init(&f->arena);
    buf_init(&f->out);
    buf_init(&f->ids);
    f->program = compiled(&f->arena, text);
    struct engine_options wiring = {
        .alert = on_alert, .alert_context = f, .late = on_late, .late_context = f};
    f->engine = engine_new(f->program, &wiring, &why);
    assert_non_null(f->engine);
}

static inline void close_rules(struct fixture *f) {
    engine_free(&f->engine);
    program_drop(&f->program);
    buf_fini(&f->out);
    buf_fini(&f->ids);
    arena_fini(&f->arena);
}

static inline void feed(struct fixture *f, struct batch *b) {
    if (!b->n) return;
    engine_open(f->engine, b);
    engine_feed(f->engine, b, 0, b->n);
    batch_reset(b);
}

static inline void rows(struct fixture *f, const char *text, uint32_t size, uint64_t first_offset) {
    struct batch *b = batch_new(&f->program->streams[0], 0, size);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        char k[32], n[32], name[32];
        long long at;
        assert_int_equal(sscanf(line, "%31s %lld %31s %31s", k, &at, n, name), 4);
        const struct schema_field *s = f->program->streams[0].fields;
        batch_set_int(b, AT, at * NS_PER_MS);
        if (s[K].used && *k != '-') batch_set_str(b, K, arena_copy(&b->text, str_of(k)));
        if (s[N].used && *n != '-') batch_set_int(b, N, strtoll(n, NULL, 10));
        if (s[NAME].used && *name != '-')
            batch_set_str(b, NAME, arena_copy(&b->text, str_of(name)));
        batch_commit(b, first_offset++);
        if (b->n == size) feed(f, b);
    }
    feed(f, b);
    batch_free(&b);
}

#endif
