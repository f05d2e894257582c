/* testing: see testing.h.
 * Tests: tests/cases/check/tests.case, tests/cli/test.t
 */
#include "rules/testing.h"

#include "rules/front.h"

struct typing {
    struct front *f;
    const struct test_decl *decl;
    const struct rule_model *model; /* NULL: no such rule, or one that does not run */
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

static void refuse(struct typing *t, struct span at, const char *what) {
    if (t->test.refused) return;
    t->test.refused = what;
    t->test.refused_at = at;
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

/* Puts the values of the fields into `values`; fields that the stream does not have have been
 * told. */
static bool event_values(struct typing *t, const struct test_step *step,
                         const struct schema *schema, uint16_t stream, struct value *values) {
    bool fine = each_once(t, step->fields, step->nfields);
    for (uint32_t k = 0; k < step->nfields; k++) {
        const struct named_expr *given = &step->fields[k];
        uintptr_t index = (uintptr_t)map_get(&t->f->fields[stream], given->name.text);
        if (!index) {
            fine = false;
            continue;
        }
        struct value *v = &values[index - 1];
        struct type type = type_of_field(&schema->fields[index - 1]);
        bool good = constant(t, given->expr, type, given->name.text, v);
        fine &= good;
        if (!good || v->type != VALUE_IP || v->digits == 128) continue;
        diag_error(t->f->diags, given->expr->span, "an event has an address, not a network");
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
    if (step->late_ns) refuse(t, step->span, "`arrives late` is not run");
    if (!event_values(t, step, schema, s->index, values)) return false;
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

static bool unknown_field(struct typing *t, const struct named_expr *given) {
    const struct rule_decl *rule = t->model->decl;
    struct str names[SCHEMA_MAX_FIELDS] = {STR("key"), STR("severity"), STR("start")};
    uint32_t n = 3;
    struct diag *m = diag_error(t->f->diags, given->name.span, "rule %.*s emits no `%.*s`",
                                STR_FMT(rule->name.text), STR_FMT(given->name.text));
    for (uint32_t i = 0; i < rule->nemit && n < SCHEMA_MAX_FIELDS; i++)
        names[n++] = rule->emit[i].name.text;
    front_nearest(t->f, m, given->name.text, names, n);
    return false;
}

/* What the rule emits comes before the names that every alert has. */
static bool type_check_of(struct typing *t, const struct named_expr *given,
                          struct rule_test_step *out) {
    const struct rule_decl *rule = t->model->decl;
    struct test_check check = {.name = given->name};
    for (uint32_t i = 0; i < rule->nemit; i++) {
        if (!str_equal(rule->emit[i].name.text, given->name.text)) continue;
        const struct typed *typed = typed_of(t->f->set, rule->emit[i].expr);
        check.index = i;
        if (typed->bad) return false;
        if (!constant(t, given->expr, typed->type, given->name.text, &check.value)) return false;
        push_check(t, out, check);
        return true;
    }
    if (str_equal(given->name.text, STR("key"))) return check_key(t, given, out);
    if (str_equal(given->name.text, STR("severity"))) return check_severity(t, given, out);
    if (!str_equal(given->name.text, STR("start"))) return unknown_field(t, given);
    check.subject = SUBJECT_START;
    if (!constant(t, given->expr, type_base(VALUE_TIME), given->name.text, &check.value))
        return false;
    push_check(t, out, check);
    return true;
}

static bool type_expect(struct typing *t, const struct test_step *step,
                        struct rule_test_step *out) {
    bool fine = each_once(t, step->fields, step->nfields);
    if (step->expect == EXPECT_RESOLVED) refuse(t, step->span, "`expect resolved` is not run");
    if (step->expect == EXPECT_SUPPRESSED) refuse(t, step->span, "`expect suppressed` is not run");
    if (step->expect == EXPECT_TIMEOUT && step->nfields)
        refuse(t, step->span, "the fields of `expect timeout` are not compared");
    if (step->at) {
        const char *what = step->expect == EXPECT_NONE ? "after" : "at";
        fine &= out->has_at = moment_of(t, step->at, what, &out->at);
    }
    for (uint32_t i = 0; t->model && step->expect == EXPECT_ALERT && i < step->nfields; i++)
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
    case TEST_GIVEN: refuse(t, step->span, "`given`: tables are not run"); return true;
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
    if (fine && !t.model) refuse(&t, decl->rule.span, "a rule of `mode off` is not run");
    for (uint32_t i = 0; i < decl->nsteps; i++) fine &= type_step(&t, &decl->steps[i]);
    if (fine && !(t.model && t.model->bad))
        arena_push(f->arena, set->tests, set->ntests, set->tests_cap, t.test);
}
