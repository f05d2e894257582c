/* front_resolve: what closes the alerts of a rule, and what is said then.
 *
 *   resolve when COND             an event of the key: its fields are bare, prev and windows are
 *                                 those of the key, a.f and count(a) are what the match took
 *   resolve when on S: COND       the same, of a rule over several streams
 *   emit at resolve NAME: EXPR    sees what the condition sees; where the clock closes, the
 *                                 event's fields are null. Where only the clock closes there is no
 *                                 event: it sees what `emit` sees
 *
 * In a rule of `when` the event that opened the alert is `event`.
 * Tests: tests/cases/check/resolve.case
 */
#include "rules/front.h"

/* The stream whose events are tested; FRONT_NOTHING after a message. */
static uint16_t stream_of(struct front *f, const struct rule_model *model) {
    const struct resolve_clause *r = &model->decl->resolve;
    const struct rule_decl *d = model->decl;
    if (!r->on.text.n) {
        if (model->ninputs == 1) return model->inputs[0].stream;
        struct diag *m = diag_error(f->diags, r->when->span, "at events of which stream? The rule "
                                    "looks at %u", model->ninputs);
        diag_help(f->diags, m, "write resolve when on %.*s: …", STR_FMT(d->inputs[0].stream.text));
        return FRONT_NOTHING;
    }
    for (uint32_t i = 0; i < model->ninputs; i++)
        if (str_equal(d->inputs[i].stream.text, r->on.text)) return model->inputs[i].stream;
    struct diag *m = diag_error(f->diags, r->on.span, "stream %.*s is not in `on`",
                                STR_FMT(r->on.text));
    diag_related(f->diags, m, d->on_span, "the rule looks at these");
    return FRONT_NOTHING;
}

static void type_emit(struct front *f, struct rule_model *model, const struct place *place) {
    const struct resolve_clause *r = &model->decl->resolve;
    struct map seen;
    map_init(&seen, f->arena);
    for (uint32_t i = 0; i < r->nemit; i++) {
        struct place p = *place;
        const struct named_expr *before =
            map_put(&seen, r->emit[i].name.text, (void *)(uintptr_t)&r->emit[i]);
        if (before) {
            struct diag *m = diag_error(f->diags, r->emit[i].name.span,
                                        "emit at resolve `%.*s` is said twice",
                                        STR_FMT(r->emit[i].name.text));
            diag_related(f->diags, m, before->name.span, "first here");
        }
        type_expr(&p, r->emit[i].expr);
        if (typed_in(&p, r->emit[i].expr)->bad) model->bad = true;
    }
}

void front_resolve(struct front *f, struct rule_model *model, const struct place *emit) {
    const struct resolve_clause *r = &model->decl->resolve;
    if (!r->when && !r->after_ns) return;
    struct place p = *emit;
    struct map names;
    if (!model->decl->pattern) {
        map_init(&names, f->arena);
        map_put(&names, model->variables[0].name.text, (void *)(uintptr_t)1);
        p.variables = &names;
        p.single = 0;
    }
    model->resolve_stream = FRONT_NOTHING;
    if (r->when) {
        p.kind = PLACE_RESOLVE;
        p.single = FRONT_NOTHING;
        p.stream = model->resolve_stream = stream_of(f, model);
        if (p.stream == FRONT_NOTHING || r->when->kind == EXPR_ERROR) return;
        type_expr(&p, r->when);
        if (typed_in(&p, r->when)->bad) model->bad = true;
        if (type_condition(&p, r->when, "what `resolve when` says")) check_condition(&p, r->when);
    }
    type_emit(f, model, &p);
}
