/* Tests of rules/code.h: what expressions compute, from text to value, in tables that a rule author
 * can read.
 *
 *   tests/cases/expr/ *.case       expression | row | value
 *   tests/cases/expr/prev/ *.case  expression | row ; row ; … | value at the last row
 *   tests/cases/expr/run/ *.case   expression of emit | a row ; a row ; z row | value
 *
 * Conditions are computed as vectors, too. Expected values are written by hand, from
 * docs/language.md.
 */
#include <glob.h>

#include "rules/code.h"
#include "tests/unit/rules/support.h"

/* ---- case files ------------------------------------------------------------------------------ */

struct line {
    const char *file;
    uint32_t number;
    struct str left, row, expected;
};

typedef void check_line(const struct line *line);

static uint32_t failures, lines_run;

static void wrong(const struct line *l, const char *got) {
    print_error("%s:%u: %.*s | %.*s\n    expected %.*s\n    got      %s\n", l->file, l->number,
                STR_FMT(l->left), STR_FMT(l->row), STR_FMT(l->expected), got);
    failures++;
}

static struct str before_bar(struct str *rest) {
    size_t at = str_find(*rest, STR(" | "));
    struct str part = {rest->p, at == SIZE_MAX ? rest->n : at};
    size_t step = at == SIZE_MAX ? rest->n : at + 3;
    *rest = (struct str){rest->p + step, rest->n - step};
    return str_trim(part);
}

static void run_file(const char *path, check_line *each) {
    struct arena arena;
    struct sources sources;
    uint32_t file;
    const char *why = NULL;
    arena_init(&arena);
    sources_init(&sources, &arena);
    if (!sources_load(&sources, path, &file, &why)) fail_msg("%s", why);
    struct str rest = sources.files[file].text;
    for (uint32_t number = 1; rest.n; number++) {
        size_t end = str_find(rest, STR("\n"));
        size_t n = end == SIZE_MAX ? rest.n : end;
        struct str text = str_trim((struct str){rest.p, n});
        size_t step = n < rest.n ? n + 1 : n;
        rest = (struct str){rest.p + step, rest.n - step};
        if (text.n == 0 || text.p[0] == '#') continue;
        struct line line = {.file = path, .number = number};
        line.left = before_bar(&text);
        line.row = before_bar(&text);
        line.expected = before_bar(&text);
        each(&line);
        lines_run++;
    }
    arena_fini(&arena);
}

static void run_files(const char *pattern, check_line *each, uint32_t least) {
    glob_t found;
    failures = lines_run = 0;
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) run_file(found.gl_pathv[i], each);
    globfree(&found);
    assert_int_equal(failures, 0);
    assert_true(lines_run >= least);
}

/* ---- expressions on an event and its key ----------------------------------------------------- */

/* The expression, out of the condition that the front was given. */
static const struct expr *expression_of(const struct compiled *c) {
    return c->set->rules[0].variables[0].expr->args[0]->args[0];
}

/* A program of nothing but codes. */
static struct program *program_of(const struct compiled *c, const struct parts *parts) {
    struct program *p = program_new();
    p->streams = c->set->streams;
    p->nstreams = c->set->nstreams;
    p->insns = parts->insns;
    p->spans = parts->spans;
    p->regs = parts->regs;
    p->codes = parts->codes;
    p->constants = parts->constants;
    p->regexes = parts->regexes;
    p->zones = parts->zones;
    p->ninsns = parts->ninsns;
    p->nregs = parts->nregs;
    p->ncodes = parts->ncodes;
    p->nconstants = parts->nconstants;
    p->nregexes = parts->nregexes;
    p->nzones = parts->nzones;
    return p;
}

/* A predicate gives the same bits for many equal rows as for one. */
static void check_vector(const struct line *l, struct expr *expr, uint32_t code,
                         const struct schema *schema, bool expected) {
    struct batch *b = batch_new(schema, 0, 128);
    uint64_t bits[2] = {0};
    for (int i = 0; i < 70; i++) add_row(b, l->row);
    expr_predicate(expr, code, b, 0, b->n, bits);
    uint64_t low = expected ? ~UINT64_C(0) : 0, high = expected ? 0x3f : 0;
    if (bits[0] != low || bits[1] != high) wrong(l, "other bits from a vector");
    batch_free(&b);
}

/* Rows one after the other; what the key remembers is shifted behind each. */
static struct value last_value(struct compiled *c, struct expr *expr, uint32_t code,
                               const struct group_layout *g, const uint32_t *prev_codes,
                               struct batch *b, struct str rows) {
    struct value *cells = arena_array(&c->arena, struct value, g->ncells);
    const struct group_input *in = &g->inputs[0];
    struct expr_scope scope = {.prev = cells};
    struct value v = value_null();
    while (rows.n) {
        add_row(b, next_part(&rows, ';'));
        v = value_copy(&c->arena, expr_value(expr, code, b, b->n - 1, &scope));
        struct value fresh[16];
        for (uint32_t i = 0; i < in->nprevs; i++)
            fresh[i] = value_copy(&c->arena, expr_value(expr, prev_codes[i], b, b->n - 1, &scope));
        for (uint32_t i = 0; i < in->nprevs; i++) {
            struct value *at = cells + in->prevs[i].first;
            for (uint32_t k = in->prevs[i].depth; k-- > 1;) at[k] = at[k - 1];
            at[0] = fresh[i];
        }
    }
    return v;
}

static void evaluate(const struct line *l, struct compiled *c) {
    struct parts parts;
    struct layout layout;
    parts_init(&parts, &c->arena, c->set->streams, c->set->nstreams);
    layout_init(&layout, c->set);
    const struct group_layout *g = &layout.groups[0];
    struct code_place place = {.set = c->set, .parts = &parts, .layout = &layout,
                               .rule = &layout.rules[0], .group = g};
    const struct expr *e = expression_of(c);
    uint32_t code = NONE, prev_codes[16];
    bool made = code_value(&place, e, &code);
    for (uint32_t i = 0; made && i < g->inputs[0].nprevs; i++)
        made = code_value(&place, g->inputs[0].prevs[i].value, &prev_codes[i]);
    if (!made) {
        wrong(l, "an error");
        say(c, "");
    } else {
        struct program *p = program_of(c, &parts);
        const char *why = NULL;
        struct expr *expr = expr_new(p, &why);
        if (!expr) fail_msg("%s", why);
        struct schema schema = all_used(&c->arena, &c->set->streams[0]);
        struct batch *b = batch_new(&schema, 0, 64);
        struct value v = last_value(c, expr, code, g, prev_codes, b, l->row);
        const char *text = text_of(&c->arena, v);
        if (!str_equal(str_of(text), l->expected)) wrong(l, text);
        if (typed_of(c->set, e)->type.base == VALUE_BOOL && g->ncells == 0)
            check_vector(l, expr, code, &schema, v.type == VALUE_BOOL && v.i);
        batch_free(&b);
        expr_free(&expr);
        program_drop(&p);
    }
    layout_fini(&layout);
    parts_fini(&parts);
}

static void check_expression(const struct line *l) {
    struct compiled c;
    struct buf text;
    buf_init(&text);
    buf_printf(&text, STREAM_T "list colours = [\"red\", \"green\"]\nlet Twice(y) = y * 2\n"
               "rule r { on t by k match y where y: hash(%.*s) = big }\n", STR_FMT(l->left));
    if (front(&c, buf_cstr(&text))) {
        evaluate(l, &c);
        struct program *whole = rules_assemble(c.set); /* is verified there */
        if (!whole) wrong(l, "no program");
        else program_drop(&whole);
    } else {
        wrong(l, "errors");
    }
    compiled_fini(&c);
    buf_fini(&text);
}

static void expressions(void **state) {
    (void)state;
    run_files("tests/cases/expr/*.case", check_expression, 250);
}

static void previous_values(void **state) {
    (void)state;
    run_files("tests/cases/expr/prev/*.case", check_expression, 15);
}

/* ---- what a run took ------------------------------------------------------------------------- */

static void check_run(const struct line *l) {
    struct compiled c;
    struct buf text;
    buf_init(&text);
    buf_printf(&text, STREAM_T "rule r { on t by k match a+ then z within 1h where a: any z: any\n"
               "  emit v: %.*s }\n", STR_FMT(l->left));
    struct program *p = compile(&c, buf_cstr(&text));
    if (!p) {
        wrong(l, "errors");
    } else {
        struct test_run r;
        run_start(&r, p, &c.arena);
        run_events(&r, l->row);
        const char *got = text_of(&c.arena, run_emit(&r, 0));
        if (!str_equal(str_of(got), l->expected)) wrong(l, got);
        run_end(&r);
        program_drop(&p);
    }
    compiled_fini(&c);
    buf_fini(&text);
}

static void runs(void **state) {
    (void)state;
    run_files("tests/cases/expr/run/*.case", check_run, 60);
}

/* ---- what must not cost registers or stack --------------------------------------------------- */

/* `head` and `n` times `link`, in which %u is the number of the link. */
static struct program *compile_chain(struct compiled *c, const char *head, const char *link,
                                     const char *tail, uint32_t n) {
    struct buf text;
    buf_init(&text);
    buf_text(&text, STREAM_T "rule r { on t by k match y where y: ");
    buf_text(&text, head);
    for (uint32_t i = 0; i < n; i++) {
        char number[16];
        snprintf(number, sizeof number, "%u", i + 1);
        for (const char *z = link; *z; z++) {
            if (*z == '#') buf_text(&text, number);
            else buf_char(&text, *z);
        }
    }
    buf_text(&text, tail);
    buf_text(&text, " }\n");
    struct program *p = front_quiet(c, buf_cstr(&text)) ? rules_assemble(c->set) : NULL;
    if (!p && c->diags.errors > 1) say(c, "");
    buf_fini(&text);
    return p;
}

static void check_chain(const char *head, const char *link, const char *tail, uint32_t n,
                        uint32_t most_registers) {
    struct compiled c;
    struct program *p = compile_chain(&c, head, link, tail, n);
    if (!p) say(&c, "");
    assert_non_null(p);
    const struct code *code = &p->codes[p->predicates[0].code];
    if (code->nregs > most_registers)
        fail_msg("%s…: %u registers, %u instructions", link, code->nregs, code->n);
    program_drop(&p);
    compiled_fini(&c);
}

static void chains(void **state) {
    (void)state;
    check_chain("i = 0", " or i = #", "", 900, 8);
    check_chain("i > 0", " and i != #", "", 900, 8);
    check_chain("i", " + #", " > 7", 900, 8);
    check_chain("f", " * #", " > 7", 900, 8);
    check_chain("j > 1 and i = 0", " or i = #", " or j > 1", 900, 12);
    check_chain("concat(s, u", ", \"#\"", ") = u", 900, 8);
    check_chain("least(f, g", ", #", ") > 1", 900, 8);
}

/* So many values are used again later that sharing them takes all registers: they are made twice
 * instead. */
static void sharing_given_up(void **state) {
    (void)state;
    struct compiled c;
    struct buf text;
    buf_init(&text);
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < 300; i++)
            buf_printf(&text, "%si + %d > j", i || side ? " or " : "", i + 1);
    struct program *p = compile_chain(&c, buf_cstr(&text), "", "", 0);
    assert_non_null(p);
    assert_true(p->codes[p->predicates[0].code].nregs < 20);
    program_drop(&p);
    compiled_fini(&c);
    buf_fini(&text);
}

/* A chain to the right keeps its left sides: the one error that the author can see here. */
static void too_large(void **state) {
    (void)state;
    struct compiled c;
    struct buf text;
    buf_init(&text);
    buf_printf(&text, "let L0(y) = i + 1 > y\n");
    for (int i = 1; i < 300; i++)
        buf_printf(&text, "let L%d(y) = i + %d > y or (L%d(y))\n", i, i + 1, i - 1);
    buf_text(&text, STREAM_T "rule r { on t by k match y where y: L299(j) }\n");
    struct program *p = front_quiet(&c, buf_cstr(&text)) ? rules_assemble(c.set) : NULL;
    assert_null(p);
    assert_int_equal(c.diags.errors, 1);
    assert_non_null(strstr(c.diags.v[c.diags.n - 1].message, "too large"));
    compiled_fini(&c);
    buf_fini(&text);
}

/* There is one element at a time. */
static void outer_element(void **state) {
    (void)state;
    struct compiled c;
    struct program *p = compile_chain(&c, "any(n in li: any(q in li: q > n))", "", "", 0);
    assert_null(p);
    assert_int_equal(c.diags.errors, 1);
    assert_non_null(strstr(c.diags.v[c.diags.n - 1].message, "outer any()"));
    compiled_fini(&c);
}

/* What is written twice is computed once. */
static void shared_values(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t insns; /* RETURN counted */
    } cases[] = {
        {"i > 5 and i > 5", 4},               /* FIELD CONST LT RETURN */
        {"f > 5 and g > 5", 7},               /* one constant */
        {"distance(f, g, 1.0, 2.0) > 5 or distance(f, g, 1.0, 2.0) < 2", 10},
        {"s contains \"A\" ignoring case", 5}, /* the constant is folded */
        {"i = 1 and f > 1", 8},               /* 1 and 1.0 are two constants */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct compiled c;
        struct program *p = compile_chain(&c, cases[i].text, "", "", 0);
        assert_non_null(p);
        uint32_t n = p->codes[p->predicates[0].code].n;
        if (n != cases[i].insns) print_error("%s: %u instructions\n", cases[i].text, n);
        assert_int_equal(n, cases[i].insns);
        program_drop(&p);
        compiled_fini(&c);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions), cmocka_unit_test(previous_values), cmocka_unit_test(runs),
        cmocka_unit_test(chains),      cmocka_unit_test(sharing_given_up),
        cmocka_unit_test(too_large),   cmocka_unit_test(outer_element),
        cmocka_unit_test(shared_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
