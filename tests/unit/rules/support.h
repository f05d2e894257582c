/* support: what the tests of rules/ share: rule text → rule set or program, rows of events from
 * text, and a run that takes events one after the other, without the engine.
 *
 *   stream t has a field of each type; a row names those that are not null: i=5, s="abc", l=[1, 2]
 */
#ifndef OMEN_TESTS_RULES_SUPPORT_H
#define OMEN_TESTS_RULES_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/log.h"
#include "base/time.h"
#include "engine/expr.h"
#include "engine/verify.h"
#include "grammar/parser.h"
#include "rules/compile.h"

#define STREAM_T                                                                                   \
    "stream t { at : time event k : string b, c : bool i, j, big : int f, g : float\n"             \
    "  d : decimal(2) m : decimal(4) s, u : string w, x : time p, q : duration a : ip\n"           \
    "  li : list of int ls : list of string lf : list of float }\n"

struct compiled {
    struct arena arena;
    struct sources sources;
    struct tree tree;
    struct diags diags;
    struct rule_set *set;
};

static inline void say(struct compiled *c, const char *text) {
    struct buf out;
    buf_init(&out);
    diags_print(&c->diags, &out, false);
    print_error("%s\n%s\n", text, buf_cstr(&out));
    buf_fini(&out);
}

/* Everything up to the rule set. False, and what was wrong is printed, after an error. */
static inline bool front_quiet(struct compiled *c, const char *text) {
    arena_init(&c->arena);
    sources_init(&c->sources, &c->arena);
    tree_init(&c->tree, &c->arena, &c->sources);
    diags_init(&c->diags, &c->arena, &c->sources);
    uint32_t file = sources_add(&c->sources, STR("test.rules"), str_of(text));
    c->set = NULL;
    if (!parse_file(&c->tree, file, &c->diags)) return false;
    c->set = rules_front(&c->tree, NULL, 0, &c->diags);
    return c->diags.errors == 0;
}

static inline bool front(struct compiled *c, const char *text) {
    if (front_quiet(c, text)) return true;
    say(c, text);
    return false;
}

static inline struct program *compile(struct compiled *c, const char *text) {
    if (!front(c, text)) return NULL;
    struct program *p = rules_assemble(c->set);
    if (!p) say(c, text);
    return p;
}

static inline void compiled_fini(struct compiled *c) { arena_fini(&c->arena); }

/* ---- rows ------------------------------------------------------------------------------------ */

static inline struct value item_of(enum value_type type, unsigned digits, struct str text,
                                   struct arena *arena) {
    struct value v = {.type = (uint8_t)type, .digits = (uint8_t)digits};
    char *z = arena_printf(arena, "%.*s", STR_FMT(text));
    switch (type) {
    case VALUE_BOOL: v.i = str_equal(text, STR("true")); break;
    case VALUE_INT: v.i = strtoll(z, NULL, 10); break;
    case VALUE_FLOAT: v.f = strtod(z, NULL); break;
    case VALUE_DECIMAL: assert_int_equal(decimal_parse(text, digits, &v.i), DECIMAL_OK); break;
    case VALUE_TIME: assert_true(time_parse(text, false, &v.i)); break;
    case VALUE_DURATION: assert_true(duration_parse(text, &v.i)); break;
    case VALUE_IP: assert_true(ip_parse(text, &v.ip, &v.digits)); break;
    case VALUE_STRING:
        assert_true(text.n >= 2 && text.p[0] == '"');
        v.s = arena_copy(arena, (struct str){text.p + 1, text.n - 2});
        break;
    default: fail_msg("no text for a value of type %d", (int)type);
    }
    if (str_equal(text, STR("null"))) v = value_null();
    return v;
}

/* The next part of `*rest`, up to an `end` that stands in no quotes and no brackets; trimmed. */
static inline struct str next_part(struct str *rest, char end) {
    bool quoted = false;
    int depth = 0;
    size_t i = 0;
    for (; i < rest->n; i++) {
        char c = rest->p[i];
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == '[' || c == '(')) depth++;
        if (!quoted && (c == ']' || c == ')')) depth--;
        if (!quoted && depth == 0 && c == end) break;
    }
    struct str part = {rest->p, i};
    size_t step = i < rest->n ? i + 1 : i;
    *rest = (struct str){rest->p + step, rest->n - step};
    return str_trim(part);
}

static inline const struct list *list_of(const struct schema_field *f, struct str text,
                                         struct arena *arena) {
    struct str inner = {text.p + 1, text.n - 2};
    struct list *list = arena_alloc(arena, sizeof *list + 64 * sizeof list->items[0]);
    while (inner.n) {
        struct str item = next_part(&inner, ',');
        if (item.n) list->items[list->n++] = item_of(f->item, f->digits, item, arena);
    }
    return list;
}

static inline void set_field(struct batch *b, struct str name, struct str text) {
    for (uint32_t i = 0; i < b->schema->nfields; i++) {
        const struct schema_field *f = &b->schema->fields[i];
        if (!str_equal(f->name, name)) continue;
        if (f->type == VALUE_LIST) {
            batch_set_list(b, i, list_of(f, text, &b->text));
            return;
        }
        struct value v = item_of(f->type, f->digits, text, &b->text);
        if (f->type == VALUE_FLOAT) batch_set_float(b, i, v.f);
        else if (f->type == VALUE_STRING) batch_set_str(b, i, v.s);
        else if (f->type == VALUE_IP) batch_set_ip(b, i, v.ip);
        else batch_set_int(b, i, v.i);
        return;
    }
    fail_msg("no field %.*s", STR_FMT(name));
}

/* A row from `i=5, s="abc"`; the time counts up in seconds unless it is said. */
static inline void add_row(struct batch *b, struct str text) {
    batch_set_int(b, b->schema->time_field, (int64_t)b->n * NS_PER_S);
    while (text.n) {
        struct str part = next_part(&text, ',');
        if (part.n == 0 || str_equal(part, STR("-"))) continue;
        size_t eq = str_find(part, STR("="));
        assert_true(eq != SIZE_MAX);
        set_field(b, (struct str){part.p, eq}, (struct str){part.p + eq + 1, part.n - eq - 1});
    }
    batch_commit(b, b->n);
}

static inline char *text_of(struct arena *arena, struct value v) {
    struct buf out;
    buf_init(&out);
    value_text(&out, v);
    char *text = arena_printf(arena, "%.*s", STR_FMT(buf_view(&out)));
    buf_fini(&out);
    return text;
}

/* All fields are decoded: tests set whatever they like. */
static inline struct schema all_used(struct arena *arena, const struct schema *s) {
    struct schema_field *fields = arena_array(arena, struct schema_field, s->nfields);
    memcpy(fields, s->fields, s->nfields * sizeof *fields);
    for (uint32_t i = 0; i < s->nfields; i++) fields[i].used = true;
    struct schema all = *s;
    all.fields = fields;
    return all;
}

/* ---- a run without the engine ---------------------------------------------------------------- */

struct test_run {
    struct program *program;
    const struct program_rule *rule;
    struct expr *expr;
    struct batch *batch;
    struct heap *heap;
    struct value *cells, *prevs;
    struct taken *last;
    struct arena *arena;
    struct schema schema;
};

static inline void run_start(struct test_run *r, struct program *p, struct arena *arena) {
    const char *why = NULL;
    *r = (struct test_run){.program = p, .rule = &p->rules[0], .arena = arena};
    r->expr = expr_new(p, &why);
    assert_non_null(r->expr);
    r->schema = all_used(arena, &p->streams[p->groups[r->rule->group].inputs[0].stream]);
    r->batch = batch_new(&r->schema, 0, 64);
    r->heap = heap_new();
    r->cells = arena_array(arena, struct value, r->rule->ncells);
    for (uint32_t i = 0; i < r->rule->ncells; i++) r->cells[i] = r->rule->cells[i];
    r->prevs = arena_array(arena, struct value, p->groups[r->rule->group].nprev_cells);
}

static inline struct expr_scope run_scope(struct test_run *r, struct taken *taking) {
    return (struct expr_scope){.prev = r->prevs, .cells = r->cells, .last = r->last,
                               .taking = taking, .heap = r->heap};
}

/* What the key keeps of the row, after everybody has looked at it. */
static inline void run_remember(struct test_run *r, uint32_t row) {
    const struct program_input *in = r->program->groups[r->rule->group].inputs;
    struct expr_scope scope = run_scope(r, NULL);
    struct value *fresh = arena_array(r->arena, struct value, in->nprevs);
    for (uint32_t i = 0; i < in->nprevs; i++)
        fresh[i] = value_copy(r->arena,
                              expr_value(r->expr, in->prevs[i].code, r->batch, row, &scope));
    for (uint32_t i = 0; i < in->nprevs; i++) {
        struct value *cells = r->prevs + in->prevs[i].first;
        for (uint32_t k = in->prevs[i].depth; k-- > 1;) cells[k] = cells[k - 1];
        cells[0] = fresh[i];
    }
}

/* Takes the row for the variable. */
static inline void run_take(struct test_run *r, uint16_t variable, uint32_t row) {
    const struct program_variable *v = &r->rule->variables[variable];
    struct taken *t = arena_alloc(r->arena, sizeof *t + v->nkept * sizeof t->kept[0]);
    t->variable = variable;
    t->nkept = (uint16_t)v->nkept;
    struct expr_scope scope = run_scope(r, t);
    if (v->take_code != NONE) expr_take(r->expr, v->take_code, r->batch, row, &scope);
    t->before = r->last;
    r->last = t;
    run_remember(r, row);
}

static inline uint16_t run_variable(const struct test_run *r, struct str name) {
    for (uint32_t i = 0; i < r->rule->nvariables; i++)
        if (str_equal(r->rule->variables[i].name, name)) return (uint16_t)i;
    fail_msg("no variable %.*s", STR_FMT(name));
    return 0;
}

/* `a i=5; a i=6; z -`: takes each. */
static inline void run_events(struct test_run *r, struct str events) {
    while (events.n) {
        struct str event = next_part(&events, ';');
        if (event.n == 0) continue;
        size_t blank = str_find(event, STR(" "));
        struct str name = {event.p, blank == SIZE_MAX ? event.n : blank};
        add_row(r->batch, (struct str){event.p + name.n, event.n - name.n});
        run_take(r, run_variable(r, name), r->batch->n - 1);
    }
}

static inline struct value run_emit(struct test_run *r, uint32_t emit) {
    struct expr_scope scope = run_scope(r, NULL);
    return expr_value(r->expr, r->rule->emit[emit].code, r->batch, r->batch->n - 1, &scope);
}

static inline void run_end(struct test_run *r) {
    expr_free(&r->expr);
    batch_free(&r->batch);
    heap_free(&r->heap);
}

#endif
