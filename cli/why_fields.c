/* why_fields: see why_fields.h. */
#include "cli/why_fields.h"

#include "base/time.h"
#include "cli/why_value.h"

enum { YEAR_DAYS = 366 };

/* `stream`: of the event that bare names are fields of. */
static void find(struct why *w, const struct expr *e, uint32_t stream) {
    if (!e) return;
    e = typed_expr(w->set, e);
    const struct typed *t = typed_of(w->set, e);
    if (t->constant || t->bad) return;
    if (t->binding == BIND_FIELD) {
        w->looks_at[stream][t->field] = true;
        return;
    }
    if (t->binding == BIND_VARIABLE || t->binding == BIND_ELEMENT) return;
    bool taken = t->binding == BIND_TAKEN || t->binding == BIND_PICK ||
                 t->binding == BIND_AGGREGATE;
    if (taken) stream = w->model->variables[t->variable].stream;
    if (t->binding == BIND_TAKEN) {
        w->looks_at[stream][t->field] = true;
        return;
    }
    for (uint32_t i = 0; i < e->nargs; i++) find(w, e->args[i], stream);
    find(w, e->where, stream);
}

void why_fields_find(struct why *w) {
    const struct rule_decl *d = w->model->decl;
    w->looks_at = arena_array(w->arena, bool *, w->program->nstreams + 1);
    for (uint32_t s = 0; s < w->program->nstreams; s++)
        w->looks_at[s] = arena_array(w->arena, bool, w->program->streams[s].nfields);
    for (uint32_t i = 0; i < w->model->nvariables; i++)
        find(w, w->model->variables[i].expr, w->model->variables[i].stream);
    for (uint32_t i = 0; i < w->model->ninputs; i++)
        find(w, w->model->inputs[i].where, w->model->inputs[i].stream);
    for (uint32_t i = 0; i < d->nemit; i++) find(w, d->emit[i].expr, w->model->stream);
    find(w, d->having, w->model->stream);
    for (uint32_t i = 0; i < w->model->nexcepts; i++)
        find(w, w->model->excepts[i]->cond, w->model->stream);
}

static bool is_key(const struct why *w, uint32_t stream, uint32_t field) {
    const struct program_input *in = program_input_of(w->group, stream);
    for (uint32_t i = 0; w->key && i < w->group->nkey_fields; i++)
        if (in->key_fields[i] == field) return true;
    return false;
}

void why_put_time(const struct why *w, int64_t ns, struct buf *out) {
    if (w->test && ns > -YEAR_DAYS * NS_PER_DAY && ns < YEAR_DAYS * NS_PER_DAY)
        duration_format(out, ns);
    else time_format(out, ns);
}

void why_put_event(const struct why *w, const struct why_event *e, struct buf *out) {
    const struct schema *s = &w->program->streams[e->stream];
    const char *between = "  ";
    why_put_time(w, e->at, out);
    if (!w->test || w->group->ninputs > 1) buf_printf(out, "  %.*s", STR_FMT(s->name));
    if (!w->test) buf_printf(out, " %llu", (unsigned long long)e->offset);
    for (uint32_t f = 0; f < s->nfields; f++) {
        if (!w->looks_at[e->stream][f] || f == s->time_field || is_key(w, e->stream, f)) continue;
        if (w->test && value_is_null(e->values[f])) continue; /* left out by the test */
        buf_printf(out, "%s%.*s ", between, STR_FMT(s->fields[f].name));
        why_put_value(out, e->values[f]);
        between = ", ";
    }
}
