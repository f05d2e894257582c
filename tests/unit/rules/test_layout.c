/* Tests of rules/layout.h: what a run and a key keep, and what is shared. */
#include "rules/layout.h"
#include "rules/visit.h"
#include "tests/unit/rules/support.h"

struct laid {
    struct compiled c;
    struct layout l;
};

static void lay(struct laid *x, const char *rules) {
    struct buf text;
    buf_init(&text);
    buf_printf(&text, STREAM_T "%s", rules);
    assert_true(front(&x->c, buf_cstr(&text)));
    layout_init(&x->l, x->c.set);
    buf_fini(&text);
}

static void unlay(struct laid *x) {
    layout_fini(&x->l);
    compiled_fini(&x->c);
}

static void lay_emit(struct laid *x, const char *emit) {
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "rule r { on t by k match a+ then z within 1h where a: any z: any\n"
                      "  emit %s }\n", emit);
    lay(x, buf_cstr(&text));
    buf_fini(&text);
}

static uint32_t slots_of(const struct rule_layout *r, enum slot_kind kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < r->nslots; i++) n += r->slots[i].kind == kind;
    return n;
}

/* cells, kept values of a, of z */
static void check_emit(const char *emit, uint32_t cells, uint32_t kept_a, uint32_t kept_z) {
    struct laid x;
    lay_emit(&x, emit);
    const struct rule_layout *r = &x.l.rules[0];
    if (r->ncells != cells || r->nkept[0] != kept_a || r->nkept[1] != kept_z)
        fail_msg("%s: %u cells, %u and %u kept", emit, r->ncells, r->nkept[0], r->nkept[1]);
    unlay(&x);
}

static void cells(void **state) {
    (void)state;
    check_emit("v: a.i", 1, 0, 0);
    check_emit("v: a.i, w: a.i + 1, x: last(a.i)", 1, 0, 0);
    check_emit("v: a.i, w: z.i", 2, 0, 0);
    check_emit("v: a.i, w: a.j", 2, 0, 0);
    check_emit("v: count(a)", 1, 0, 0);
    check_emit("v: count(a), w: count(a) * 2", 1, 0, 0);
    check_emit("v: count(a.i), w: count(a)", 2, 0, 0);
    check_emit("v: count(a where a.i > 1), w: count(a where a.i > 2)", 2, 0, 0);
    check_emit("v: count(a where a.i > 1), w: count(where a.i > 1)", 1, 0, 0);
    check_emit("v: avg(a.i)", 2, 0, 0);
    check_emit("v: avg(a.i), w: sum(a.i), x: count(a.i)", 2, 0, 0);
    check_emit("v: sum(a.i + 1), w: sum(a.i+1)", 1, 0, 0);
    check_emit("v: sum(a.i where a.b), w: sum(a.i)", 2, 0, 0);
    check_emit("v: min(a.i), w: max(a.i)", 2, 0, 0);
    check_emit("v: stddev(a.f)", 3, 0, 0);
    check_emit("v: stddev(a.f), w: stddev(a.f), x: a.f", 4, 0, 0);
    check_emit("v: first(a.i)", 2, 0, 0);
    check_emit("v: first(a.i), w: first(a.j), x: count(a)", 3, 0, 0);
}

static void kept(void **state) {
    (void)state;
    check_emit("v: nth(a.i, 2)", 0, 1, 0);
    check_emit("v: nth(a.i, 2), w: nth(a.i, -3), x: collect(a.i), y: distinct(a.i)", 0, 1, 0);
    check_emit("v: collect(a.i, 5), w: collect(a.i, 500)", 0, 1, 0);
    check_emit("v: collect(a.i), w: collect(a.i where a.b)", 0, 2, 0);
    check_emit("v: collect(a.i), w: collect(z.i)", 0, 1, 1);
    check_emit("v: collect(a.i + a.j), w: nth(a.i + a.j, 1)", 2, 1, 0); /* nth 1 is first */
    check_emit("v: nth(a.i, -1)", 1, 0, 0);
}

static void initial_values(void **state) {
    (void)state;
    struct laid x;
    lay_emit(&x, "v: sum(a.i), w: sum(a.d), x: sum(a.f), y: sum(a.p), s: count(a), u: min(a.i),"
                 " q: a.s");
    const struct rule_layout *r = &x.l.rules[0];
    static const enum value_type types[] = {VALUE_INT, VALUE_DECIMAL, VALUE_FLOAT, VALUE_DURATION,
                                            VALUE_INT, VALUE_NULL,    VALUE_NULL};
    assert_int_equal(r->ncells, 7);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(r->cells[i].type, types[i]);
        if (types[i] == VALUE_FLOAT) assert_true(r->cells[i].f == 0.0);
        else if (types[i] != VALUE_NULL) assert_int_equal(r->cells[i].i, 0);
    }
    assert_int_equal(r->cells[1].digits, 2);
    assert_int_equal(slots_of(r, SLOT_SUM), 4);
    unlay(&x);
}

static void groups(void **state) {
    (void)state;
    struct laid x;
    lay(&x, "rule r1 { on t by k match a where a: i != prev(i) and s = prev(s, 3) }\n"
            "rule r2 { on t by k match a where a: i > prev(i, 2) }\n"
            "rule r3 { on t by s match a where a: i != prev(i) }\n"
            "rule r4 { on t by (k, s) match a where a: i > 3 }\n"
            "rule r5 { on t by (s, k) match a where a: i > 3 }\n"
            "rule r6 { on t match a where a: i > 3 }\n"
            "rule r7 { on t by k match a where a: i + 1 != prev(i + 1) mode off }\n"
            "rule r8 { on t by k match a where a: j != prev(i) }\n"
            "rule r9 { on t by (lower(k), i + 1) match a where a: i > 3 }\n"
            "let low(x) = lower(x)\n"
            "rule r10 { on t by (low(k), i + 1) match a where a: i > 4 }\n");
    assert_int_equal(x.l.ngroups, 6);
    assert_int_equal(x.c.set->ncomputed, 2); /* r9 and r10 share both, and their group */
    assert_int_equal(x.l.groups[5].nrules, 2);
    const struct group_layout *g = &x.l.groups[0];
    assert_int_equal(g->nrules, 3); /* r1 r2 r8; r7 is off */
    assert_int_equal(g->rules[0], 0);
    assert_int_equal(g->rules[1], 1);
    assert_true(str_equal(x.c.set->rules[g->rules[2]].decl->name.text, STR("r8")));
    assert_int_equal(g->inputs[0].nprevs, 2);
    assert_int_equal(g->inputs[0].prevs[0].depth, 2);
    assert_int_equal(g->inputs[0].prevs[1].depth, 3);
    assert_int_equal(g->inputs[0].prevs[0].first, 0);
    assert_int_equal(g->inputs[0].prevs[1].first, 2);
    assert_int_equal(g->ncells, 5);
    assert_int_equal(x.l.groups[2].nkey_fields, 2);
    assert_int_equal(x.l.groups[4].nkey_fields, 0);
    unlay(&x);
}

static void same(struct rule_set *set, const struct expr *a, const struct expr *b, bool expected) {
    struct buf x, y;
    buf_init(&x);
    buf_init(&y);
    fingerprint(set, a, &x);
    fingerprint(set, b, &y);
    assert_int_equal(str_equal(buf_view(&x), buf_view(&y)), expected);
    buf_fini(&x);
    buf_fini(&y);
}

/* Equal exactly when both compute the same. */
static void fingerprints(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"i + 1 > j", "(i+1) > j", true},
        {"i + 1 > j", "1 + i > j", false},
        {"i > 3", "i >= 3", false},
        {"i > 3", "i > 1 + 2", true},
        {"i > 3", "i > 4", false},
        {"d > 2", "d > 2.00", true},
        {"Big(i)", "i > 7", true},
        {"s like \"a\"", "s like \"a\" ignoring case", false},
        {"i in [1, 2]", "i not in [1, 2]", false},
        {"i between 1 and 2", "i between 1 and 3", false},
        {"any(x in li: x > 1)", "any(x in li: x > 1)", true},
        {"any(x in li: x > 1)", "any(x in li: x > 2)", false},
        {"lower(s) = \"a\"", "upper(s) = \"a\"", false},
        {"prev(i) = 1", "prev(i, 2) = 1", false},
        {"i ?? j > 1", "j ?? i > 1", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct laid x;
        struct buf text;
        buf_init(&text);
        buf_printf(&text, "let Big(y) = y > 7\n"
                          "rule r { on t by k match a then z where a: %s z: %s }\n",
                   cases[i].a, cases[i].b);
        lay(&x, buf_cstr(&text));
        const struct rule_variable *v = x.c.set->rules[0].variables;
        same(x.c.set, v[0].expr, v[1].expr, cases[i].same);
        unlay(&x);
        buf_fini(&text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells),  cmocka_unit_test(kept), cmocka_unit_test(initial_values),
        cmocka_unit_test(groups), cmocka_unit_test(fingerprints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
