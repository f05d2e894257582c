/* testing: see testing.h.
 * Tests: tests/cases/check/tests.case, tests/cli/test.t
 */
#include "rules/testing.h"

#include "rules/front.h"

struct typing {
    struct front *f;
    const struct test_decl *decl;
    const struct rule_model *model; /* NULL: no such rule, or one of `mode off` */
    struct rule_test test;
    int64_t now; /* time of the last step; INT64_MIN: none yet */
};

/* ---- values ---------------------------------------------------------------------------------- */

static const char *with_article(struct arena *arena, struct type type) {
    const char *text = type_text(type, arena);
    return arena_printf(arena, "%s %s", strchr("aei", text[0]) ? "an" : "a", text);
}

/* The constant `e` as a `type`; false after a message. `what` is its name in messages. */
static bool constant(struct typing *t, const struct expr *e, struct type type, struct str what,
                     struct value *out) {
    struct place p = {.front = t->f, .kind = PLACE_CONSTANT, .variable = FRONT_NOTHING,
                      .stream = FRONT_NOTHING, .single = FRONT_NOTHING, .list_here = true};
    type_expr(&p, e);
    const struct typed *typed = typed_in(&p, e);
    if (typed->bad) return false;
    if (!typed->constant) {
        diag_error(t->f->diags, e->span, "a test holds constants only");
        return false;
    }
    bool moment = type.base == VALUE_TIME && typed->value.type == VALUE_DURATION;
    if (!moment) type_adapt(&p, e, type);
    typed = typed_in(&p, e);
    *out = typed->value;
    if (moment) out->type = VALUE_TIME;
    if (moment || value_is_null(*out) || type_equal(typed->type, type)) return true;
    struct diag *m = diag_error(t->f->diags, e->span, "`%.*s` is %s, not %s", STR_FMT(what),
                                with_article(t->f->arena, type), place_type(&p, e));
    if (type.base == VALUE_TIME)
        diag_help(t->f->diags, m, "write a time, or a duration from 0: `40s`");
    return false;
}

static bool moment_of(struct typing *t, const struct expr *e, const char *what, int64_t *ns) {
    struct value v;
    if (!constant(t, e, type_base(VALUE_TIME), str_of(what), &v)) return false;
    if (!value_is_null(v)) {
        *ns = v.i;
        return true;
    }
    diag_error(t->f->diags, e->span, "a moment is a time, or a duration from 0: `40s`");
    return false;
}

/* Each name once; false after a message. */
static bool each_once(struct typing *t, const struct named_expr *v, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < i; k++) {
            if (!str_equal(v[i].name.text, v[k].name.text)) continue;
            struct diag *m = diag_error(t->f->diags, v[i].name.span, "`%.*s` is said twice",
                                        STR_FMT(v[i].name.text));
            diag_related(t->f->diags, m, v[k].name.span, "first here");
            return false;
        }
    return true;
}

/* ---- events and time ------------------------------------------------------------------------- */

static bool pass_to(struct typing *t, struct span at, int64_t ns) {
    if (ns >= t->now) {
        t->now = ns;
        return true;
    }
    struct diag *m = diag_error(t->f->diags, at, "this step is before the one above it");
    diag_help(t->f->diags, m, "the steps of a test are in order of time");
    return false;
}

/* Puts the values of the fields into `values`; fields that there are not, by `names`, have been
 * told. */
static bool row_values(struct typing *t, const struct named_expr *fields, uint32_t n,
                       const struct schema *schema, const struct map *names,
                       struct value *values) {
    bool fine = each_once(t, fields, n);
    for (uint32_t k = 0; k < n; k++) {
        const struct named_expr *given = &fields[k];
        uintptr_t index = (uintptr_t)map_get(names, given->name.text);
        if (!index) {
            fine = false;
            continue;
        }
        struct value *v = &values[index - 1];
        struct type type = type_of_field(&schema->fields[index - 1]);
        bool good = constant(t, given->expr, type, given->name.text, v);
        fine &= good;
        if (!good || v->type != VALUE_IP || v->digits == 128) continue;
        diag_error(t->f->diags, given->expr->span, "a field holds an address, not a network");
        fine = false;
    }
    return fine;
}

static bool type_event(struct typing *t, const struct test_step *step,
                       struct rule_test_step *out) {
    const struct symbol *s = front_symbol(&t->f->streams, step->name);
    if (!s || s->kind == SYMBOL_TABLE || s->index == FRONT_NOTHING || s->bad)
        return false; /* told */
    const struct schema *schema = &t->f->set->streams[s->index];
    struct value *values = arena_array(t->f->arena, struct value, schema->nfields + 1);
    if (!row_values(t, step->fields, step->nfields, schema, &t->f->fields[s->index], values))
        return false;
    if (value_is_null(values[schema->time_field])) {
        struct str at = schema->fields[schema->time_field].name;
        struct diag *m = diag_error(t->f->diags, step->name.span, "this event has no time");
        diag_help(t->f->diags, m, "write `%.*s: 0s`", STR_FMT(at));
        return false;
    }
    out->stream = s->index;
    out->values = values;
    out->at = values[schema->time_field].i;
    return pass_to(t, step->span, out->at);
}

static bool type_wait(struct typing *t, const struct test_step *step, struct rule_test_step *out) {
    int64_t from = t->now == INT64_MIN ? 0 : t->now;
    if (__builtin_add_overflow(from, step->wait_ns, &out->at)) {
        diag_error(t->f->diags, step->span, "this is longer than time is");
        return false;
    }
    return pass_to(t, step->span, out->at);
}

static bool type_with(struct typing *t, const struct test_step *step) {
    struct symbol *s = front_symbol(&t->f->values, step->name);
    struct value v;
    if (!s || s->kind != SYMBOL_PARAM) {
        struct str *names = NULL;
        uint32_t n = 0, cap = 0;
        struct diag *m = diag_error(t->f->diags, step->name.span, "there is no param `%.*s`",
                                    STR_FMT(step->name.text));
        for (uint32_t i = 0; i < t->f->values.n; i++) {
            const struct symbol *other = t->f->values.entries[i].value;
            if (other->kind == SYMBOL_PARAM)
                arena_push(t->f->arena, names, n, cap, other->name.text);
        }
        front_nearest(t->f, m, step->name.text, names, n);
        return false;
    }
    if (!constant(t, step->value, type_of_ref(&s->param->type), step->name.text, &v)) return false;
    struct param_value set = {.name = step->name.text, .value = step->value};
    arena_push(t->f->arena, t->test.with, t->test.nwith, t->test.with_cap, set);
    return true;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static bool no_such_table(struct typing *t, const struct test_step *step) {
    struct str *names = NULL;
    uint32_t n = 0, cap = 0;
    struct diag *m = diag_error(t->f->diags, step->name.span, "there is no table `%.*s`",
                                STR_FMT(step->name.text));
    for (uint32_t i = 0; i < t->f->set->ntables; i++)
        arena_push(t->f->arena, names, n, cap, t->f->set->tables[i].name);
    front_nearest(t->f, m, step->name.text, names, n);
    return false;
}

static bool columns_there(struct typing *t, const struct test_step *step, uint32_t row,
                          uint16_t table) {
    const struct schema *schema = &t->f->set->tables[table];
    struct str names[SCHEMA_MAX_FIELDS];
    bool fine = true;
    for (uint32_t i = 0; i < schema->nfields; i++) names[i] = schema->fields[i].name;
    for (uint32_t i = 0; i < step->row_fields[row]; i++) {
        struct name name = step->rows[row][i].name;
        if (map_get(&t->f->columns[table], name.text)) continue;
        fine = false;
        struct diag *m =
            diag_error(t->f->diags, name.span, "there is no field `%.*s` in table %.*s",
                       STR_FMT(name.text), STR_FMT(schema->name));
        front_nearest(t->f, m, name.text, names, schema->nfields);
    }
    return fine;
}

/* The row has a key, which no row before it has. */
static bool check_row(struct typing *t, const struct test_step *step, struct test_row *row) {
    const struct schema *schema = &t->f->set->tables[row->table];
    struct value key = row->values[schema->key_field];
    if (value_is_null(key)) {
        struct str name = schema->fields[schema->key_field].name;
        struct diag *m = diag_error(t->f->diags, step->name.span, "a row of table %.*s has no key",
                                    STR_FMT(schema->name));
        diag_help(t->f->diags, m, "write `%.*s: …`", STR_FMT(name));
        return false;
    }
    for (uint32_t i = 0; i < t->test.ngiven; i++) {
        const struct test_row *other = &t->test.given[i];
        if (other->table != row->table ||
            value_compare(other->values[schema->key_field], key) != 0)
            continue;
        struct diag *m = diag_error(t->f->diags, row->at, "this key stands in another row already");
        diag_related(t->f->diags, m, other->at, "here");
        return false;
    }
    return true;
}

static bool type_row_of(struct typing *t, const struct test_step *step, uint32_t i,
                        uint16_t table) {
    const struct schema *schema = &t->f->set->tables[table];
    struct value *values = arena_array(t->f->arena, struct value, schema->nfields + 1);
    struct test_row row = {.table = table, .values = values, .at = step->name.span};
    bool there = columns_there(t, step, i, table);
    if (!row_values(t, step->rows[i], step->row_fields[i], schema, &t->f->columns[table], values))
        return false;
    struct str key = schema->fields[schema->key_field].name;
    for (uint32_t k = 0; k < step->row_fields[i]; k++)
        if (str_equal(step->rows[i][k].name.text, key)) row.at = step->rows[i][k].expr->span;
    if (!there || !check_row(t, step, &row)) return false;
    arena_push(t->f->arena, t->test.given, t->test.ngiven, t->test.given_cap, row);
    return true;
}

static bool type_given(struct typing *t, const struct test_step *step) {
    const struct symbol *s = front_symbol(&t->f->streams, step->name);
    if (!s || s->kind != SYMBOL_TABLE) return no_such_table(t, step);
    if (s->bad) return false;
    bool fine = t->now == INT64_MIN;
    if (!fine) {
        struct diag *m = diag_error(t->f->diags, step->span, "`given` stands before the events");
        diag_help(t->f->diags, m, "a table holds the same rows throughout a test");
    }
    for (uint32_t i = 0; i < step->nrows; i++) fine &= type_row_of(t, step, i, s->index);
    return fine;
}

/* ---- expectations ---------------------------------------------------------------------------- */

static void push_check(struct typing *t, struct rule_test_step *out, struct test_check check) {
    arena_push(t->f->arena, out->checks, out->nchecks, out->checks_cap, check);
}

/* `key: "v1"`; of several fields `key: ["10.0.0.1", 80]`. */
static bool check_key(struct typing *t, const struct named_expr *given,
                      struct rule_test_step *out) {
    uint32_t n = t->model->nkeys;
    bool list = n > 1 && given->expr->kind == EXPR_LIST && given->expr->nargs == n;
    if (n == 0 || (n > 1 && !list)) {
        diag_error(t->f->diags, given->expr->span, n ? "the key of rule %.*s is a list of %u"
                                                     : "rule %.*s has no key",
                   STR_FMT(t->decl->rule.text), n);
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct test_check check = {.subject = SUBJECT_KEY, .index = i, .name = given->name};
        const struct typed *key = typed_of(t->f->set, t->model->keys[i]);
        const struct expr *e = list ? given->expr->args[i] : given->expr;
        if (key->bad || !constant(t, e, key->type, given->name.text, &check.value)) return false;
        push_check(t, out, check);
    }
    return true;
}

/* `step: pay`, the name that took the last event before the window ended. */
static bool check_step(struct typing *t, const struct named_expr *given,
                       struct rule_test_step *out) {
    struct test_check check = {.subject = SUBJECT_STEP, .name = given->name};
    struct str names[SCHEMA_MAX_FIELDS];
    uint32_t n = 0;
    if (given->expr->kind == EXPR_NAME)
        check.value = value_str(given->expr->name.text);
    else if (!constant(t, given->expr, type_base(VALUE_STRING), given->name.text, &check.value))
        return false;
    for (uint32_t i = 0; i < t->model->nvariables; i++) {
        const struct rule_variable *v = &t->model->variables[i];
        bool same = check.value.type == VALUE_STRING && str_equal(v->name.text, check.value.s);
        if (v->taken && same) {
            push_check(t, out, check);
            return true;
        }
        if (v->taken && n < SCHEMA_MAX_FIELDS) names[n++] = v->name.text;
    }
    struct diag *m = diag_error(t->f->diags, given->expr->span,
                                "a step is a name of the pattern that takes events");
    struct str said = check.value.type == VALUE_STRING ? check.value.s : STR("");
    front_nearest(t->f, m, said, names, n);
    return false;
}

static bool check_severity(struct typing *t, const struct named_expr *given,
                           struct rule_test_step *out) {
    struct test_check check = {.subject = SUBJECT_SEVERITY, .name = given->name};
    if (given->expr->kind == EXPR_NAME)
        check.value = value_str(given->expr->name.text);
    else if (!constant(t, given->expr, type_base(VALUE_STRING), given->name.text, &check.value))
        return false;
    push_check(t, out, check);
    return true;
}

struct emitted { /* what a rule says in an alert of one kind */
    const struct named_expr *v;
    uint32_t n;
    const char *when; /* for messages */
};

static struct emitted emitted_by(const struct rule_decl *rule, enum expect_kind kind) {
    if (kind == EXPECT_TIMEOUT)
        return (struct emitted){rule->timeout_emit, rule->ntimeout_emit, " at a timeout"};
    if (kind == EXPECT_RESOLVED)
        return (struct emitted){rule->resolve.emit, rule->resolve.nemit, " at resolve"};
    return (struct emitted){rule->emit, rule->nemit, ""};
}

static bool unknown_field(struct typing *t, const struct named_expr *given,
                          enum expect_kind kind) {
    const struct rule_decl *rule = t->model->decl;
    struct emitted emit = emitted_by(rule, kind);
    struct str names[SCHEMA_MAX_FIELDS] = {STR("key"), STR("severity"), STR("start"), STR("step")};
    uint32_t n = kind == EXPECT_TIMEOUT ? 4 : 3;
    struct diag *m = diag_error(t->f->diags, given->name.span, "rule %.*s emits no `%.*s`%s",
                                STR_FMT(rule->name.text), STR_FMT(given->name.text), emit.when);
    for (uint32_t i = 0; i < emit.n && n < SCHEMA_MAX_FIELDS; i++)
        names[n++] = emit.v[i].name.text;
    front_nearest(t->f, m, given->name.text, names, n);
    return false;
}

/* What the rule emits comes before the names that every alert has. */
static bool type_check_of(struct typing *t, const struct named_expr *given,
                          struct rule_test_step *out) {
    struct emitted emit = emitted_by(t->model->decl, out->step->expect);
    struct test_check check = {.name = given->name};
    for (uint32_t i = 0; i < emit.n; i++) {
        if (!str_equal(emit.v[i].name.text, given->name.text)) continue;
        const struct typed *typed = typed_of(t->f->set, emit.v[i].expr);
        check.index = i;
        if (typed->bad) return false;
        if (!constant(t, given->expr, typed->type, given->name.text, &check.value)) return false;
        push_check(t, out, check);
        return true;
    }
    if (str_equal(given->name.text, STR("key"))) return check_key(t, given, out);
    if (str_equal(given->name.text, STR("severity"))) return check_severity(t, given, out);
    bool timeout = out->step->expect == EXPECT_TIMEOUT;
    if (timeout && str_equal(given->name.text, STR("step"))) return check_step(t, given, out);
    if (!str_equal(given->name.text, STR("start")))
        return unknown_field(t, given, out->step->expect);
    check.subject = SUBJECT_START;
    if (!constant(t, given->expr, type_base(VALUE_TIME), given->name.text, &check.value))
        return false;
    push_check(t, out, check);
    return true;
}

/* Does the rule ever do what is expected? False after a message. */
static bool may_come(struct typing *t, const struct test_step *step) {
    const struct rule_decl *rule = t->model ? t->model->decl : NULL;
    const char *what = NULL, *help = NULL;
    if (!rule) return true;
    if (step->expect == EXPECT_TIMEOUT && rule->timeout_span.start == rule->timeout_span.end) {
        what = "reports no timeouts";
        help = "add to the rule: timeout emit …";
    } else if (step->expect == EXPECT_RESOLVED && !rule->resolve.when && !rule->resolve.after_ns) {
        what = "closes no alerts";
        help = "add to the rule: resolve when CONDITION, or resolve after 10m";
    } else if (step->expect == EXPECT_SUPPRESSED && !rule->once.period_ns) {
        what = "holds no alerts back";
        help = "add to the rule: once per 10m";
    }
    if (!what) return true;
    struct diag *m = diag_error(t->f->diags, step->span, "rule %.*s %s",
                                STR_FMT(rule->name.text), what);
    diag_help(t->f->diags, m, "%s", help);
    return false;
}

static bool type_expect(struct typing *t, const struct test_step *step,
                        struct rule_test_step *out) {
    bool fine = each_once(t, step->fields, step->nfields);
    fine &= may_come(t, step);
    if (step->at) {
        const char *what = step->expect == EXPECT_NONE ? "after" : "at";
        fine &= out->has_at = moment_of(t, step->at, what, &out->at);
    }
    for (uint32_t i = 0; t->model && i < step->nfields; i++)
        fine &= type_check_of(t, &step->fields[i], out);
    return fine;
}

/* ---- a test ---------------------------------------------------------------------------------- */

static const struct rule_model *model_of(const struct rule_set *set, struct str rule) {
    for (uint32_t i = 0; i < set->nrules; i++)
        if (str_equal(set->rules[i].decl->name.text, rule)) return &set->rules[i];
    return NULL;
}

static bool type_step(struct typing *t, const struct test_step *step) {
    struct rule_test_step out = {.step = step};
    bool fine = true;
    switch (step->kind) {
    case TEST_EVENT: fine = type_event(t, step, &out); break;
    case TEST_WAIT: fine = type_wait(t, step, &out); break;
    case TEST_EXPECT: fine = type_expect(t, step, &out); break;
    case TEST_WITH: return type_with(t, step);
    case TEST_GIVEN: return type_given(t, step);
    }
    if (fine) arena_push(t->f->arena, t->test.steps, t->test.nsteps, t->test.steps_cap, out);
    return fine;
}

void test_type(struct front *f, const struct test_decl *decl) {
    struct rule_set *set = f->set;
    struct typing t = {.f = f, .decl = decl, .now = INT64_MIN, .test.decl = decl};
    const struct symbol *s = front_symbol(&f->streams, decl->rule);
    bool fine = s && s->kind == SYMBOL_RULE; /* else told */
    t.model = model_of(set, decl->rule.text);
    t.test.off = fine && !t.model;
    for (uint32_t i = 0; i < decl->nsteps; i++) fine &= type_step(&t, &decl->steps[i]);
    if (fine && !(t.model && t.model->bad))
        arena_push(f->arena, set->tests, set->ntests, set->tests_cap, t.test);
}
