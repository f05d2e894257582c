/* when: `when COND` in a rule over several streams, where no `on S` says whose events it tests:
 * events of each. It becomes the pattern
 *
 *   payments or refunds        a name for each stream, all called `event` in the alert
 *
 * and the condition is copied for each, since the key is another field there. So it may look at
 * the key and at windows that say their stream; what else an event has differs. What is emitted is
 * of the match, as with any pattern. Tests: tests/cases/check/streams.case,
 * tests/unit/whole/test_windows.c
 */
#include "rules/front.h"

static const struct pattern *alternatives(struct arena *arena, const struct rule_model *model) {
    const struct rule_decl *d = model->decl;
    struct pattern **names = arena_array(arena, struct pattern *, model->ninputs);
    struct pattern like = {.kind = PATTERN_NAME, .span = d->when_span,
                           .count = {.least = 1, .most = 1}, .within_ns = -1};
    like.link.most_ns = -1;
    for (uint32_t i = 0; i < model->ninputs; i++) {
        names[i] = arena_new(arena, struct pattern);
        *names[i] = like;
        names[i]->name = d->inputs[i].stream;
    }
    struct pattern *any = arena_new(arena, struct pattern);
    *any = like;
    any->kind = PATTERN_OR;
    any->children = names;
    any->nchildren = model->ninputs;
    return any;
}

void front_when_any(struct place *p, struct rule_model *model) {
    struct front *f = p->front;
    struct arena *arena = f->arena;
    const struct rule_decl *d = model->decl;
    p->keys_only = true;
    model->when = arena_array(arena, const struct expr *, model->ninputs);
    for (uint32_t i = 0; i < model->ninputs; i++) {
        if (model->inputs[i].stream == FRONT_NOTHING) return;
        model->when[i] = expr_clone(f, d->when);
        p->stream = model->inputs[i].stream;
        type_expr(p, model->when[i]);
        if (!type_condition(p, model->when[i], "what `when` says")) {
            model->bad = true; /* the others would say the same */
            return;
        }
        if (i == 0) check_condition(p, model->when[i]);
    }
    model->pattern = alternatives(arena, model);
    model->variables = arena_array(arena, struct rule_variable, model->ninputs);
    model->nvariables = model->ninputs;
    for (uint32_t i = 0; i < model->ninputs; i++)
        model->variables[i] = (struct rule_variable){
            .name = {STR("event"), d->when_span}, .expr = model->when[i],
            .stream = model->inputs[i].stream, .taken = true};
}
