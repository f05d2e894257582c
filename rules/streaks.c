/* streaks: does an event go on with the unbroken run of the event before it?
 *
 * `a for 10s gap 5s` and `a lasting 10m` look at unbroken runs: neighbouring events of the key that
 * all satisfy a. Each run begins once, at its first event; an event in its middle begins nothing,
 * or what has matched would match again from there. What says so is the condition itself, asked of
 * the key's event before, and the gap:
 *
 *   speed > limit + 10     →  prev(speed > limit + 10)       and at - prev(at) <= 5s
 *   lane != prev(lane)     →  prev(lane) != prev(lane, 2)    and at - prev(at) <= 5s
 *
 * The event before is that of the name's stream: those of other streams break no run.
 *
 * Only steps that can come first need it: a later one begins its run at the first event that its
 * way takes. For the same reason nothing has been taken when it is asked, and a condition that
 * looks at what was taken has no answer: it is refused there.
 * Tests: tests/cases/check/clocks.case, tests/unit/whole/test_clock.c
 */
#include "rules/conjuncts.h"
#include "rules/front.h"
#include "rules/nfa.h"

enum { MOST_BACK = 64 };

struct streak { /* being made */
    struct place *p;
    struct rule_variable *v;
    uint32_t cap;
};

static const struct expr *node(struct place *p, enum expr_kind kind, struct span span,
                               const struct expr *a, const struct expr *b, struct typed t) {
    struct expr *e = tree_expr(p->front->tree, kind, span);
    e->nargs = (a != NULL) + (b != NULL);
    e->args = arena_array(p->front->arena, struct expr *, 2);
    e->args[0] = (struct expr *)a;
    e->args[1] = (struct expr *)b;
    *front_typed(p->front, e) = t;
    return e;
}

static const struct expr *prev(struct place *p, const struct expr *e, uint32_t depth) {
    struct typed t = {.type = typed_in(p, e)->type, .level = LEVEL_KEY, .binding = BIND_PREV,
                      .stream = p->stream, .depth = depth};
    return node(p, EXPR_CALL, e->span, e, NULL, t);
}

/* The same, asked of the key's event before. `whole`: no element of any() stands in it. */
static const struct expr *back(struct place *p, const struct expr *e, bool whole) {
    e = typed_expr(p->front->set, e);
    struct typed t = *typed_in(p, e);
    if (t.constant || t.binding == BIND_ELEMENT) return e;
    if (t.binding == BIND_FIELD || (whole && t.level == LEVEL_EVENT)) return prev(p, e, 1);
    if (t.binding == BIND_PREV) {
        uint32_t depth = t.depth ? t.depth : 1;
        if (depth < MOST_BACK) return prev(p, e->args[0], depth + 1);
        struct diag *m = place_error(p, e->span, "an unbroken run asks this of the event before as "
                                                 "well: %d events back there are no values",
                                     MOST_BACK + 1);
        diag_help(p->front->diags, m, "look at most %d events back", MOST_BACK - 1);
        return e;
    }
    struct expr *copy = tree_expr(p->front->tree, e->kind, e->span);
    uint32_t id = copy->id;
    *copy = *e;
    copy->id = id;
    copy->args = arena_array(p->front->arena, struct expr *, e->nargs + 1);
    for (uint32_t i = 0; i < e->nargs; i++)
        copy->args[i] = (struct expr *)back(p, e->args[i], whole && e->kind != EXPR_ANY);
    t.level = LEVEL_KEY;
    *front_typed(p->front, copy) = t;
    return copy;
}

static void add(struct streak *s, const struct expr *e) {
    arena_push(s->p->front->arena, s->v->streak, s->v->nstreak, s->cap, e);
}

/* at - prev(at) <= gap: also that there is an event before. */
static void add_gap(struct streak *s, struct span span, int64_t gap_ns) {
    struct place *p = s->p;
    const struct typed at_type = {.type = type_base(VALUE_TIME), .level = LEVEL_EVENT,
                                  .binding = BIND_FIELD,
                                  .field = (uint16_t)p->front->set->streams[p->stream].time_field};
    const struct typed gap = {.type = type_base(VALUE_DURATION), .constant = true,
                              .value = {.i = gap_ns, .type = VALUE_DURATION}};
    const struct expr *at = node(p, EXPR_NAME, span, NULL, NULL, at_type);
    struct expr *since = (struct expr *)node(p, EXPR_BINARY, span, at, prev(p, at, 1),
                                             (struct typed){0});
    since->op = OP_SUB;
    type_binary(p, since);
    const struct expr *most = node(p, EXPR_DURATION, span, NULL, NULL, gap);
    struct expr *near = (struct expr *)node(p, EXPR_BINARY, span, since, most, (struct typed){0});
    near->op = OP_LE;
    type_binary(p, near);
    add(s, near);
}

/* What a window was at the event before is not kept. */
static bool refuse_windows(struct place *p, const struct expr *e) {
    struct typed t = *typed_in(p, typed_expr(p->front->set, e));
    if (t.binding == BIND_WINDOW) {
        struct str name = p->rule->variables[p->variable].name.text;
        struct diag *m = place_error(p, e->span,
                                     "`%.*s` begins with an unbroken run: its condition is asked "
                                     "of the event before as well, without windows",
                                     STR_FMT(name));
        diag_help(p->front->diags, m, "let another step come first");
        return true;
    }
    for (uint32_t i = 0; i < e->nargs; i++)
        if (refuse_windows(p, e->args[i])) return true;
    return false;
}

static bool refuse_run(struct place *p, const struct conjunct_list *run) {
    if (!run->n) return false;
    struct str name = p->rule->variables[p->variable].name.text;
    struct diag *m = place_error(p, run->v[0]->span,
                                 "`%.*s` begins with an unbroken run: its condition is asked of "
                                 "the event before as well, when nothing has been taken",
                                 STR_FMT(name));
    diag_help(p->front->diags, m, "compare with the key's event before, prev(…), or let another "
                                  "step come first");
    return true;
}

static void make(struct place *p, struct rule_variable *v, int64_t gap_ns) {
    struct streak s = {.p = p, .v = v};
    struct conjuncts parts = conjuncts_split(p->front->set, v->expr);
    if (refuse_run(p, &parts.run)) return;
    struct span span = v->expr ? v->expr->span : v->name.span;
    add_gap(&s, span, gap_ns);
    for (uint32_t i = 0; i < parts.event.n; i++) add(&s, back(p, parts.event.v[i], true));
    for (uint32_t i = 0; i < parts.key.n; i++)
        if (refuse_windows(p, parts.key.v[i])) return;
    for (uint32_t i = 0; i < parts.key.n; i++) add(&s, back(p, parts.key.v[i], true));
}

static bool has_unbroken(const struct pattern *p) {
    bool found = p->lasting_ns || (p->for_ns && p->kind != PATTERN_NO);
    for (uint32_t i = 0; i < p->nchildren && !found; i++) found = has_unbroken(p->children[i]);
    return found;
}

void front_streaks(struct place *p, struct rule_model *model) {
    struct diags quiet; /* the automaton is made again later: what is wrong is told then */
    struct nfa nfa;
    if (!has_unbroken(model->decl->pattern)) return;
    diags_init(&quiet, p->front->arena, p->front->tree->sources);
    if (!nfa_build(p->front->arena, model->decl->pattern, &quiet, &nfa)) return;
    for (uint32_t i = 0; i < nfa.states[0].nedges; i++) {
        uint16_t variable = nfa.states[nfa.edges[nfa.states[0].first_edge + i].target].variable;
        struct rule_variable *v = &model->variables[variable];
        if (!nfa.streaks[variable] || v->nstreak) continue;
        p->variable = variable;
        p->stream = v->stream;
        make(p, v, nfa.streaks[variable]);
    }
}
