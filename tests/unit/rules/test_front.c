/* What the front knows of expressions: types, levels, constants. Each line is an expression in
 * `emit`, of a rule that takes one event of stream t as `a` and some as `b`, and what is known of
 * it: "type", or "type = value". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "grammar/parser.h"
#include "rules/compile.h"
#include "tests/case_file.h"

struct known {
    const char *expr, *is;
    enum level level;
};

static const struct known emits[] = {
    {"1", "int = 1", LEVEL_CONSTANT},
    {"1.50", "float = 1.5", LEVEL_CONSTANT},
    {"1 + 2 * 3", "int = 7", LEVEL_CONSTANT},
    {"0.1 + 0.2", "float = 0.3", LEVEL_CONSTANT}, /* exact until it has to be a float */
    {"1 / 4", "float = 0.25", LEVEL_CONSTANT},
    {"7 % 4", "int = 3", LEVEL_CONSTANT},
    {"-7 % 4", "int = -3", LEVEL_CONSTANT},
    {"-(2 + 3)", "int = -5", LEVEL_CONSTANT},
    {"2 * 5m", "duration = 10m", LEVEL_CONSTANT},
    {"1.5 * 10m", "duration = 15m", LEVEL_CONSTANT},
    {"10m / 4", "duration = 2m30s", LEVEL_CONSTANT},
    {"10m / 4m", "float = 2.5", LEVEL_CONSTANT},
    {"@2026-01-02 - @2026-01-01", "duration = 1d", LEVEL_CONSTANT},
    {"@2026-01-01 + 1h", "time = 2026-01-01T01:00:00Z", LEVEL_CONSTANT},
    {"1 < 2 and not (2 < 1)", "bool = true", LEVEL_CONSTANT},
    {"null and false", "bool = false", LEVEL_CONSTANT},
    {"null or false", "bool = null", LEVEL_CONSTANT},
    {"a.on_off and false", "bool = false", LEVEL_RUN},
    {"1 = 1.0", "bool = true", LEVEL_CONSTANT},
    {"0.1 + 0.2 = 0.3", "bool = true", LEVEL_CONSTANT},
    {"\"a\" < \"b\"", "bool = true", LEVEL_CONSTANT},
    {"2 in [1, 2.0]", "bool = true", LEVEL_CONSTANT},
    {"10.1.2.3 in 10.0.0.0/8", "bool = true", LEVEL_CONSTANT},
    {"10.1.2.3 not in [192.168.0.0/16]", "bool = true", LEVEL_CONSTANT},
    {"5 between 1 and 4.5", "bool = false", LEVEL_CONSTANT},
    {"\"abc\" contains \"b\"", "bool = true", LEVEL_CONSTANT},
    {"null ?? 3", "int = 3", LEVEL_CONSTANT},
    {"if(1 > 2, 1, 2.5)", "float = 2.5", LEVEL_CONSTANT},
    {"exists(null)", "bool = false", LEVEL_CONSTANT},
    {"abs(-3)", "int = 3", LEVEL_CONSTANT},
    {"greatest(1, 2.5, 2)", "float = 2.5", LEVEL_CONSTANT},
    {"seconds(90m) + hours(90m)", "float = 5401.5", LEVEL_CONSTANT},
    {"[1, 2.5]", "list of float = [1.0, 2.5]", LEVEL_CONSTANT},
    {"null", "null = null", LEVEL_CONSTANT},
    {"a.lane + 1", "int", LEVEL_RUN},
    {"a.lane + 1.0", "float", LEVEL_RUN},
    {"a.lane * 2.0", "float", LEVEL_RUN},
    {"a.lane + a.speed", "float", LEVEL_RUN},
    {"a.lane / a.lane", "float", LEVEL_RUN},
    {"a.lane % 2", "int", LEVEL_RUN},
    {"a.amount + 1", "decimal(2)", LEVEL_RUN},
    {"a.amount + 0.005", "decimal(3)", LEVEL_RUN},
    {"a.amount + a.fine", "decimal(4)", LEVEL_RUN},
    {"a.amount + a.speed", "float", LEVEL_RUN},
    {"a.amount * a.fine", "decimal(6)", LEVEL_RUN},
    {"a.amount * a.lane", "decimal(2)", LEVEL_RUN},
    {"a.amount * 1.10", "decimal(4)", LEVEL_RUN},
    {"1.1 * (a.fine * a.fine)", "decimal(9)", LEVEL_RUN},
    {"a.fine * a.fine * a.fine * a.fine * a.fine", "float", LEVEL_RUN}, /* 20 digits are too many */
    {"a.amount / 2", "float", LEVEL_RUN},
    {"a.amount % 2", "decimal(2)", LEVEL_RUN},
    {"-a.amount", "decimal(2)", LEVEL_RUN},
    {"a.amount ?? 0", "decimal(2)", LEVEL_RUN},
    {"a.lane ?? 0.0", "int", LEVEL_RUN},
    {"a.seen ?? a.at", "time", LEVEL_RUN},
    {"a.at - a.seen", "duration", LEVEL_RUN},
    {"(a.at - a.seen) / 1s", "float", LEVEL_RUN},
    {"round(a.fine)", "int", LEVEL_RUN},
    {"round(a.fine, 2)", "decimal(2)", LEVEL_RUN},
    {"round(a.speed, 2)", "float", LEVEL_RUN},
    {"floor(a.speed)", "int", LEVEL_RUN},
    {"abs(a.held)", "duration", LEVEL_RUN},
    {"if(a.on_off, a.amount, 0)", "decimal(2)", LEVEL_RUN},
    {"least(a.lane, a.speed)", "float", LEVEL_RUN},
    {"count(b)", "int", LEVEL_RUN},
    {"sum(b.amount)", "decimal(2)", LEVEL_RUN},
    {"sum(b.held)", "duration", LEVEL_RUN},
    {"avg(b.amount)", "float", LEVEL_RUN},
    {"stddev(b.lane)", "float", LEVEL_RUN},
    {"max(b.at)", "time", LEVEL_RUN},
    {"first(b.signal)", "string", LEVEL_RUN},
    {"nth(b.amount, 2)", "decimal(2)", LEVEL_RUN},
    {"collect(b.amount)", "list of decimal(2)", LEVEL_RUN},
    {"distinct(b.signal)", "list of string", LEVEL_RUN},
    {"length(collect(b.lane))", "int", LEVEL_RUN},
    {"concat(a.car, \"-\", a.lane)", "string", LEVEL_RUN},
    {"most", "decimal(2) = 2.50", LEVEL_CONSTANT},
    {"most * 2", "decimal(2) = 5.00", LEVEL_CONSTANT},
    {"rate * a.amount", "decimal(3)", LEVEL_RUN}, /* a let is the number as it is written */
    {"share * a.amount", "float", LEVEL_RUN},     /* a float param is a float */
};

static const char head[] = "param most : decimal(2) = 2.5\nlet rate = 0.5\n"
                           "param share : float = 0.5\n"
                           "rule r {\n on t by car\n match a then b+ within 1h\n"
                           " where a: any b: any\n emit x: ";

static bool check_one(const struct known *k) {
    struct arena arena;
    struct sources sources;
    struct tree tree;
    struct diags diags;
    struct buf text, shown;
    arena_init(&arena);
    sources_init(&sources, &arena);
    tree_init(&tree, &arena, &sources);
    diags_init(&diags, &arena, &sources);
    buf_init(&text);
    buf_init(&shown);
    buf_printf(&text, "%s%s\n}\n", head, k->expr);
    bool good = parse_file(&tree, sources_add(&sources, STR("r"), buf_view(&text)), &diags);
    struct str streams = case_slurp(&arena, "tests/cases/check/streams.rules");
    good &= parse_file(&tree, sources_add(&sources, STR("streams"), streams), &diags);
    struct rule_set *set = good ? rules_front(&tree, NULL, 0, &diags) : NULL;
    enum level level = LEVEL_CONSTANT;
    if (set && set->nrules == 1 && diags.errors == 0) {
        const struct typed *t = typed_of(set, set->rules[0].decl->emit[0].expr);
        buf_text(&shown, type_text(t->type, &arena));
        if (t->constant) {
            buf_text(&shown, " = ");
            value_text(&shown, t->value);
        }
        level = t->level;
    } else {
        diags_print(&diags, &shown, false);
    }
    good = strcmp(buf_cstr(&shown), k->is) == 0 && level == k->level;
    if (!good)
        print_error("%s\n  is       %s, level %d\n  expected %s, level %d\n", k->expr,
                    buf_cstr(&shown), (int)level, k->is, (int)k->level);
    buf_fini(&text);
    buf_fini(&shown);
    arena_fini(&arena);
    return good;
}

static void expressions(void **state) {
    (void)state;
    unsigned failed = 0;
    for (size_t i = 0; i < sizeof emits / sizeof *emits; i++) failed += !check_one(&emits[i]);
    assert_int_equal(failed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(expressions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
