/* expr_notation: how the tests of expressions write values, lists and evaluators. Included by one
 * test program each, which owns the assembler.
 */
#ifndef OMEN_TESTS_EXPR_NOTATION_H
#define OMEN_TESTS_EXPR_NOTATION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "engine/expr.h"
#include "tests/unit/engine/asm.h"

enum { NONE16 = 0xFFFF };

struct operand {
    struct value v;
    enum reg_type reg;
    bool used;
};

#define VALUE_(kind, member, x, r) {{.member = (x), .type = (kind)}, (r), true}
#define B(x) VALUE_(VALUE_BOOL, i, x, REG_B)
#define I(x) VALUE_(VALUE_INT, i, x, REG_I)
#define F(x) VALUE_(VALUE_FLOAT, f, x, REG_F)
#define S(x) VALUE_(VALUE_STRING, s, STR(x), REG_S)
#define L(x) VALUE_(VALUE_LIST, list, &(x).list, REG_L)
#define P(...) {{.ip = {{__VA_ARGS__}}, .type = VALUE_IP, .digits = 128}, REG_P, true}
#define P4(a, b, c, d) P(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d)
#define NET4(a, b, c, d, prefix)                                                                   \
    {.ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d}},                               \
     .type = VALUE_IP,                                                                             \
     .digits = 96 + (prefix)}
#define NUL(r) {{.type = VALUE_NULL}, (r), true}

struct items {
    struct list list;
    struct value v[8];
};
_Static_assert(offsetof(struct items, v) == offsetof(struct list, items), "v are the items");
#define ITEMS(count, ...) {{.n = (count)}, {__VA_ARGS__}}
#define IV(x) {.i = (x), .type = VALUE_INT}
#define FV(x) {.f = (x), .type = VALUE_FLOAT}
#define SV(x) {.s = {(x), sizeof(x) - 1}, .type = VALUE_STRING}
#define NV {.type = VALUE_NULL}
#define LV(x) {.list = &(x).list, .type = VALUE_LIST}


static struct assembler s; /* large */

/* An evaluator of what has been assembled; it holds the program. */
static inline struct expr *ready(void) {
    struct program *p = asm_program(&s);
    const char *why = NULL;
    struct expr *e = expr_new(p, &why);
    if (!e) fail_msg("%s", why);
    program_drop(&p);
    return e;
}

static inline void expect_same(struct value got, struct value want) {
    if (value_compare(got, want) == 0) return;
    struct buf b;
    buf_init(&b);
    value_text(&b, got);
    buf_text(&b, ", not ");
    value_text(&b, want);
    fail_msg("%s", buf_cstr(&b));
}

/* A batch without columns that codes could read: they hold constants only. */
static inline struct batch *no_fields(void) {
    static const struct schema_field at = {.name = {"at", 2}, .type = VALUE_TIME, .used = true};
    static const struct schema schema = {
        .name = {"s", 1}, .fields = &at, .nfields = 1, .id_field = SCHEMA_NONE};
    struct batch *b = batch_new(&schema, 0, 70);
    for (int i = 0; i < 70; i++) {
        batch_set_int(b, 0, i);
        batch_commit(b, (uint64_t)i);
    }
    return b;
}

#endif
