/* front_inputs: the streams that a rule looks at, the keys that pair their events, and what `where`
 * leaves out of them; the streams that test blocks name. See front_rule.h.
 * Tests: tests/cases/check
 */
#include "rules/front_rule.h"

/* `rules`: a rule is wanted, not any stream. */
static void help_streams(struct front *f, struct diag *m, struct str name, bool rules) {
    struct str *names = NULL;
    uint32_t n = 0, cap = 0;
    if (f->diags->n >= DIAG_MAX) return;
    for (uint32_t i = 0; i < f->streams.n; i++) {
        const struct symbol *s = f->streams.entries[i].value;
        if (!rules || s->kind == SYMBOL_RULE) arena_push(f->arena, names, n, cap, s->name.text);
    }
    front_nearest(f, m, name, names, n);
}

uint16_t front_stream(struct front *f, struct name name) {
    const struct symbol *s = front_symbol(&f->streams, name);
    if (name.text.n == 0) return FRONT_NOTHING;
    if (!s) {
        struct diag *m = diag_error(f->diags, name.span, "there is no stream `%.*s`",
                                    STR_FMT(name.text));
        help_streams(f, m, name.text, false);
        return FRONT_NOTHING;
    }
    if (s->kind == SYMBOL_STREAM || (s->kind == SYMBOL_RULE && s->index != FRONT_NOTHING))
        return s->bad ? FRONT_NOTHING : s->index;
    if (s->kind == SYMBOL_RULE && s->rule->mode == MODE_OFF)
        diag_error(f->diags, name.span, "rule %.*s is off: it has no alerts", STR_FMT(name.text));
    else if (s->kind == SYMBOL_RULE)
        diag_error(f->diags, name.span, "no rule reads rule %.*s", STR_FMT(name.text));
    else
        diag_error(f->diags, name.span, "`%.*s` is a table: rules look at streams",
                   STR_FMT(name.text));
    return FRONT_NOTHING;
}

static bool key_is_double(struct rule_front *r, const struct input *input, uint32_t i) {
    uint16_t field = typed_of(r->f->set, input->keys[i])->field;
    for (uint32_t k = 0; k < i && k < 16; k++) {
        const struct typed *t = typed_of(r->f->set, input->keys[k]);
        if (t->bad || t->binding != BIND_FIELD || t->field != field) continue;
        struct diag *m = diag_error(r->f->diags, input->keys[i]->span,
                                    "this is in the key already");
        diag_related(r->f->diags, m, input->keys[k]->span, "here");
        return true;
    }
    return false;
}

static const char *s_of(uint32_t n) { return n == 1 ? "" : "s"; }

static void front_keys(struct rule_front *r, const struct input *input, uint16_t stream) {
    struct front *f = r->f;
    struct place p = front_place(r, PLACE_KEY);
    p.stream = stream;
    p.variables = NULL;
    for (uint32_t i = 0; i < input->nkeys; i++) {
        const struct expr *key = input->keys[i];
        front_whole(r, &p, key);
        const struct typed *t = typed_of(f->set, key);
        if (t->bad) continue;
        if (t->level == LEVEL_CONSTANT)
            diag_error(f->diags, key->span, "this key is the same for every event");
        else if (t->type.base == VALUE_LIST)
            diag_error(f->diags, key->span, "a list cannot be a key");
        else if (t->binding != BIND_FIELD)
            computed_key(&p, key);
        if (typed_of(f->set, key)->binding == BIND_FIELD) key_is_double(r, input, i);
    }
}

/* Keys pair by position: an event of one stream and one of another belong together when theirs are
 * equal. */
static void pair_keys(struct rule_front *r, const struct input *first, const struct input *input) {
    struct front *f = r->f;
    if (input->nkeys != first->nkeys) {
        struct diag *m = diag_error(f->diags, input->span, "this key has %u part%s, the first %u",
                                    input->nkeys, s_of(input->nkeys), first->nkeys);
        diag_related(f->diags, m, first->span, "keys pair by position with these");
        return;
    }
    for (uint32_t i = 0; i < input->nkeys; i++) {
        const struct typed *a = typed_of(f->set, first->keys[i]);
        const struct typed *b = typed_of(f->set, input->keys[i]);
        if (a->bad || b->bad) continue;
        if (a->type.base == b->type.base && a->type.digits == b->type.digits) continue;
        struct diag *m = diag_error(f->diags, input->keys[i]->span,
                                    "this key is %s, the one that it pairs with is %s",
                                    type_text(b->type, f->arena), type_text(a->type, f->arena));
        diag_related(f->diags, m, first->keys[i]->span, "here");
    }
}

static void front_filter(struct rule_front *r, const struct rule_input *input) {
    if (!input->where) return;
    struct place p = front_place(r, PLACE_KEY);
    p.stream = input->stream;
    p.variables = NULL;
    front_whole(r, &p, input->where);
    type_condition(&p, input->where, "what `where` says");
}

/* Each of `on`: its stream, once, its keys and what it leaves out. */
static void front_streams(struct rule_front *r) {
    const struct rule_decl *d = r->decl;
    struct rule_input *inputs = arena_array(r->f->arena, struct rule_input, d->ninputs);
    bool fine = true;
    for (uint32_t i = 0; i < d->ninputs; i++) {
        inputs[i].stream = front_stream(r->f, d->inputs[i].stream);
        inputs[i].keys = (const struct expr *const *)d->inputs[i].keys;
        inputs[i].nkeys = d->inputs[i].nkeys;
        fine &= inputs[i].stream != FRONT_NOTHING;
        for (uint32_t k = 0; k < i && fine; k++) {
            if (inputs[k].stream != inputs[i].stream) continue;
            struct diag *m = diag_error(r->f->diags, d->inputs[i].stream.span,
                                        "stream %.*s stands in `on` already",
                                        STR_FMT(d->inputs[i].stream.text));
            diag_related(r->f->diags, m, d->inputs[k].stream.span, "here");
            fine = false;
        }
        inputs[i].where = d->inputs[i].where;
        if (inputs[i].stream != FRONT_NOTHING) front_keys(r, &d->inputs[i], inputs[i].stream);
        if (inputs[i].stream != FRONT_NOTHING) front_filter(r, &inputs[i]);
        if (i && fine) pair_keys(r, &d->inputs[0], &d->inputs[i]);
    }
    r->model->stream = inputs[0].stream;
    r->model->keys = inputs[0].keys;
    r->model->nkeys = d->inputs[0].nkeys;
    r->model->inputs = inputs;
    r->model->ninputs = d->ninputs;
    r->model->bad |= !fine;
}

void front_inputs(struct rule_front *r) {
    struct front *f = r->f;
    const struct rule_decl *d = r->decl;
    r->model->stream = FRONT_NOTHING;
    if (d->ninputs == 0) {
        struct diag *m = diag_error(f->diags, d->header,
                                    "rule %.*s does not say which stream it looks at",
                                    STR_FMT(d->name.text));
        if (f->set->nstreams)
            diag_help(f->diags, m, "on %.*s by …", STR_FMT(f->set->streams[0].name));
        return;
    }
    front_streams(r);
    if (r->model->stream == FRONT_NOTHING) return;
    if (!d->inputs[0].nkeys && d->ninputs == 1)
        diag_note(f->diags, d->inputs[0].span,
                   "without `by` all events of the stream have one key");
}

/* Names that mean nothing. */
void test_names(struct front *f, const struct test_decl *test) {
    const struct symbol *s = front_symbol(&f->streams, test->rule);
    if (!s || s->kind != SYMBOL_RULE) {
        struct diag *m = diag_error(f->diags, test->rule.span, "there is no rule `%.*s`",
                                    STR_FMT(test->rule.text));
        help_streams(f, m, test->rule.text, true);
    }
    for (uint32_t i = 0; i < test->nsteps; i++) {
        const struct test_step *step = &test->steps[i];
        if (step->kind != TEST_EVENT) continue;
        s = front_symbol(&f->streams, step->name);
        uint16_t stream = s && s->bad ? FRONT_NOTHING : front_stream(f, step->name);
        for (uint32_t k = 0; stream != FRONT_NOTHING && k < step->nfields; k++) {
            struct name name = step->fields[k].name;
            if (map_get(&f->fields[stream], name.text)) continue;
            struct diag *m = diag_error(f->diags, name.span,
                                        "there is no field `%.*s` in %s", STR_FMT(name.text),
                                        chains_text(f, stream));
            struct str names[SCHEMA_MAX_FIELDS];
            const struct schema *schema = &f->set->streams[stream];
            for (uint32_t j = 0; j < schema->nfields; j++) names[j] = schema->fields[j].name;
            front_nearest(f, m, name.text, names, schema->nfields);
            chains_help(f, m, stream);
        }
    }
}
