/* chains: rules that read other rules. The name of a rule is a stream; its events are the alerts:
 *
 *   key fields, by the names that they have in the first stream of `on`
 *   at          when the alert was completed: the event time
 *   what it emits
 *   alert_id    the id of the alert: the event id
 *
 * Rules are looked at in an order in which those that are read come before their readers, since
 * these need to know of which types they emit; where they stand in the files does not matter. A
 * circle has no such order and is told. Streams of rules come behind all others, one for each rule
 * that some rule reads. Tests: tests/cases/check/chains.case
 */
#include "rules/front.h"

enum { MOST_DRAWN = 8 }; /* rules of a circle that are written out */

struct at { /* a rule being looked at, and which of its inputs come next */
    uint32_t rule, input;
};

struct chains {
    struct front *f;
    const struct rule_decl *const *decls;
    struct map numbers; /* name → number + 1 */
    uint8_t *marks;     /* by rule: 0, on the path, done */
    struct at *path;
    uint32_t npath;
    uint32_t *order;
    uint32_t norder;
};

enum { MARK_NEW, MARK_PATH, MARK_DONE };

static struct symbol *read_rule(struct front *f, const struct input *input) {
    struct symbol *s = front_symbol(&f->streams, input->stream);
    return s && s->kind == SYMBOL_RULE ? s : NULL;
}

/* ---- streams --------------------------------------------------------------------------------- */

/* Room for a stream: until the rule has been looked at it has its time only. */
static void declare_stream(struct front *f, struct symbol *s) {
    struct rule_set *set = f->set;
    struct schema_field *at = arena_array(f->arena, struct schema_field, 1);
    *at = (struct schema_field){.name = STR("at"), .type = VALUE_TIME};
    s->index = (uint16_t)set->nstreams;
    map_init(&f->fields[set->nstreams], f->arena);
    set->feeds[set->nfeeds++] = (struct rule_feed){.decl = s->rule};
    set->streams[set->nstreams++] = (struct schema){
        .name = s->name.text, .fields = at, .nfields = 1, .id_field = SCHEMA_NONE};
}

/* Every rule that is read, by rules that are off as well: they are looked at, too. */
static void declare_streams(struct front *f, const struct rule_decl *const *decls, uint32_t n) {
    struct rule_set *set = f->set;
    uint32_t most = set->nstreams + n, before = set->nstreams;
    struct schema *streams = arena_array(f->arena, struct schema, most + 1);
    struct map *fields = arena_array(f->arena, struct map, most + 1);
    for (uint32_t i = 0; i < before; i++) {
        streams[i] = set->streams[i];
        fields[i] = f->fields[i];
    }
    set->streams = streams;
    f->fields = fields;
    set->feeds = arena_array(f->arena, struct rule_feed, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < decls[i]->ninputs; k++) {
            struct symbol *s = read_rule(f, &decls[i]->inputs[k]);
            if (s && decls[i]->mode != MODE_OFF) s->read = true;
            if (!s || s->index != FRONT_NOTHING || s->rule->mode == MODE_OFF) continue;
            if (set->nstreams < FRONT_NOTHING - 1) declare_stream(f, s);
        }
    }
}

/* ---- order ----------------------------------------------------------------------------------- */

static void draw_circle(const struct chains *c, uint32_t from, struct buf *out) {
    for (uint32_t i = from; i < c->npath; i++) {
        if (i - from == MOST_DRAWN) {
            buf_printf(out, "… (%u more) -> ", c->npath - i);
            break;
        }
        buf_printf(out, "%.*s -> ", STR_FMT(c->decls[c->path[i].rule]->name.text));
    }
    buf_str(out, c->decls[c->path[from].rule]->name.text);
}

/* The last of the path reads `rule`, which stands on the path. */
static void error_circle(struct chains *c, uint32_t rule, const struct input *input,
                         struct symbol *s) {
    uint32_t from = c->npath - 1;
    while (c->path[from].rule != rule) from--;
    s->bad = true;
    struct diag *m;
    if (from == c->npath - 1) {
        m = diag_error(c->f->diags, input->stream.span, "rule %.*s reads itself",
                       STR_FMT(s->name.text));
    } else {
        struct buf drawn;
        buf_init(&drawn);
        draw_circle(c, from, &drawn);
        m = diag_error(c->f->diags, input->stream.span,
                       "rules read each other in a circle: %s, each reads the next",
                       buf_cstr(&drawn));
        const struct at *first = &c->path[from];
        diag_related(c->f->diags, m,
                     c->decls[rule]->inputs[first->input - 1].stream.span, "it begins here");
        buf_fini(&drawn);
    }
    diag_help(c->f->diags, m, "an alert cannot be a cause of itself");
}

/* The next rule that the last of the path reads and that has not been looked at; NONE: none. */
static uint32_t next_read(struct chains *c) {
    struct at *top = &c->path[c->npath - 1];
    const struct rule_decl *d = c->decls[top->rule];
    while (top->input < d->ninputs) {
        const struct input *input = &d->inputs[top->input++];
        struct symbol *s = read_rule(c->f, input);
        if (!s) continue;
        uint32_t rule = (uint32_t)(uintptr_t)map_get(&c->numbers, s->name.text) - 1;
        if (c->marks[rule] == MARK_NEW) return rule;
        if (c->marks[rule] == MARK_PATH) error_circle(c, rule, input, s);
    }
    return NONE;
}

static void walk(struct chains *c, uint32_t rule) {
    if (c->marks[rule] != MARK_NEW) return;
    c->path[c->npath++] = (struct at){rule, 0};
    c->marks[rule] = MARK_PATH;
    while (c->npath) {
        uint32_t next = next_read(c);
        if (next != NONE) {
            c->path[c->npath++] = (struct at){next, 0};
            c->marks[next] = MARK_PATH;
            continue;
        }
        uint32_t done = c->path[--c->npath].rule;
        c->marks[done] = MARK_DONE;
        c->order[c->norder++] = done;
    }
}

/* What is tried out has to stay apart from what goes out. */
static void check_modes(struct front *f, const struct rule_decl *d) {
    static const char *const modes[] = {
        [MODE_LIVE] = "live", [MODE_SHADOW] = "shadow", [MODE_SIGNAL] = "signal"};
    for (uint32_t i = 0; i < d->ninputs && d->mode != MODE_OFF; i++) {
        const struct symbol *s = read_rule(f, &d->inputs[i]);
        if (!s || s->rule->mode != MODE_SHADOW || d->mode == MODE_SHADOW) continue;
        struct diag *m = diag_error(f->diags, d->inputs[i].stream.span,
                                    "rule %.*s is in mode shadow: it cannot feed a rule in mode "
                                    "%s", STR_FMT(s->name.text), modes[d->mode]);
        diag_related(f->diags, m, s->rule->mode_span, "here");
        diag_help(f->diags, m, "put rule %.*s into mode shadow too", STR_FMT(d->name.text));
    }
    const struct symbol *own = front_symbol(&f->streams, d->name);
    if (d->mode != MODE_SIGNAL || !own || own->rule != d || own->read) return;
    struct diag *m = diag_warning(f->diags, d->mode_span, "no rule reads rule %.*s: in mode signal "
                                  "its alerts go nowhere", STR_FMT(d->name.text));
    diag_help(f->diags, m, "read it: on %.*s by …", STR_FMT(d->name.text));
}

uint32_t *chains_order(struct front *f, const struct rule_decl *const *decls, uint32_t n) {
    struct chains c = {.f = f, .decls = decls};
    map_init(&c.numbers, f->arena);
    c.marks = arena_array(f->arena, uint8_t, n + 1);
    c.path = arena_array(f->arena, struct at, n + 1);
    c.order = arena_array(f->arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++)
        if (!map_get(&c.numbers, decls[i]->name.text))
            map_put(&c.numbers, decls[i]->name.text, (void *)(uintptr_t)(i + 1));
    declare_streams(f, decls, n);
    for (uint32_t i = 0; i < f->set->nfeeds; i++) {
        struct str name = f->set->feeds[i].decl->name.text;
        f->set->feeds[i].rule = (uint32_t)(uintptr_t)map_get(&c.numbers, name) - 1;
    }
    for (uint32_t i = 0; i < n; i++) check_modes(f, decls[i]);
    for (uint32_t i = 0; i < n; i++) walk(&c, i);
    return c.order;
}

/* ---- the fields of a rule -------------------------------------------------------------------- */

struct fields {
    struct front *f;
    const struct rule_model *model;
    struct schema_field v[SCHEMA_MAX_FIELDS];
    uint16_t from[SCHEMA_MAX_FIELDS];
    uint32_t n;
    bool bad;
};

static void add_field(struct fields *x, struct str name, struct type type, uint32_t from) {
    if (x->n == SCHEMA_MAX_FIELDS) {
        struct diag *m = diag_error(x->f->diags, x->model->decl->header,
                                    "a rule that others read has at most %d fields",
                                    SCHEMA_MAX_FIELDS);
        diag_help(x->f->diags, m, "its key, `at`, `alert_id` and what it emits");
        x->bad = true;
        x->n = 0;
    }
    x->from[x->n] = (uint16_t)from;
    x->v[x->n++] = (struct schema_field){
        .name = name, .type = type.base, .item = type.item, .digits = type.digits};
}

static const struct named_expr *emit_named(const struct rule_decl *d, struct str name) {
    for (uint32_t i = 0; i < d->nemit; i++)
        if (str_equal(d->emit[i].name.text, name)) return &d->emit[i];
    return NULL;
}

/* Whether it is the key's part `key`: that field of the event, or of one that was taken. */
static bool is_key(const struct fields *x, const struct expr *e, uint32_t key) {
    const struct rule_model *m = x->model;
    const struct typed *t = typed_of(x->f->set, e);
    uint16_t stream = m->stream;
    if (t->binding == BIND_TAKEN) stream = m->variables[t->variable].stream;
    else if (t->binding != BIND_FIELD) return false;
    for (uint32_t i = 0; i < m->ninputs; i++)
        if (m->inputs[i].stream == stream && key < m->decl->inputs[i].nkeys)
            return typed_of(x->f->set, m->inputs[i].keys[key])->field == t->field;
    return false;
}

static void add_keys(struct fields *x) {
    const struct rule_model *m = x->model;
    const struct schema *s = &x->f->set->streams[m->stream];
    for (uint32_t i = 0; i < m->nkeys; i++) {
        const struct typed *t = typed_of(x->f->set, m->keys[i]);
        x->bad |= t->bad;
        if (t->bad || t->binding != BIND_FIELD) continue; /* a computed key has no name */
        struct str name = s->fields[t->field].name;
        const struct named_expr *emit = emit_named(m->decl, name);
        if (!emit) add_field(x, name, t->type, i);
        if (!emit || typed_of(x->f->set, emit->expr)->bad || is_key(x, emit->expr, i)) continue;
        struct diag *d = diag_error(x->f->diags, emit->name.span,
                                    "`%.*s` is a field of the key already: rules read this rule",
                                    STR_FMT(name));
        diag_related(x->f->diags, d, m->keys[i]->span, "here");
        diag_help(x->f->diags, d, "give it another name");
        x->bad = true;
    }
}

static void error_taken(struct fields *x, struct str name) {
    const struct rule_decl *decl = x->model->decl;
    const struct named_expr *emitted = emit_named(decl, name); /* else the key has the name */
    struct span at = emitted ? emitted->name.span : decl->on_span;
    struct diag *d = diag_error(x->f->diags, at, "every alert has `%.*s` already, %s: rules read "
                                "this rule", STR_FMT(name), str_equal(name, STR("at"))
                                    ? "when it was completed" : "its id");
    if (emitted) diag_help(x->f->diags, d, "give it another name");
    x->bad = true;
}

static void add_emits(struct fields *x) {
    const struct rule_decl *d = x->model->decl;
    for (uint32_t i = 0; i < d->nemit; i++) {
        const struct typed *t = typed_of(x->f->set, d->emit[i].expr);
        struct name name = d->emit[i].name;
        x->bad |= t->bad;
        if (t->bad) continue;
        if (t->type.base == VALUE_NULL ||
            (t->type.base == VALUE_LIST &&
             (t->type.item == VALUE_NULL || t->type.item == VALUE_LIST))) {
            diag_error(x->f->diags, d->emit[i].expr->span,
                       "`%.*s` is %s, which a field cannot be: rules read this rule",
                       STR_FMT(name.text), t->type.base == VALUE_NULL   ? "always null"
                                           : t->type.item == VALUE_NULL ? "an empty list"
                                                                        : "a list of lists");
            x->bad = true;
            continue;
        }
        add_field(x, name.text, t->type, x->model->nkeys + i);
    }
}

void chains_fields(struct front *f, const struct rule_model *model) {
    struct symbol *s = front_symbol(&f->streams, model->decl->name);
    if (!s || s->kind != SYMBOL_RULE || s->rule != model->decl || s->index == FRONT_NOTHING)
        return;
    bool typed = model->stream != FRONT_NOTHING && (model->decl->pattern || model->decl->when);
    struct fields x = {.f = f, .model = model, .bad = !typed};
    if (!x.bad) add_keys(&x);
    if (!x.bad) add_field(&x, STR("at"), type_base(VALUE_TIME), 0);
    uint32_t at = x.n - 1;
    if (!x.bad) add_emits(&x);
    if (!x.bad) add_field(&x, STR("alert_id"), type_base(VALUE_STRING), 0);
    if (x.bad) {
        s->bad = true;
        return;
    }
    struct map *map = &f->fields[s->index];
    for (uint32_t i = 0; i < x.n; i++) {
        if (!map_put(map, x.v[i].name, (void *)(uintptr_t)(i + 1))) continue;
        bool own = str_equal(x.v[i].name, STR("at")) || str_equal(x.v[i].name, STR("alert_id"));
        if (own) error_taken(&x, x.v[i].name);
    }
    struct schema *schema = &f->set->streams[s->index];
    struct rule_feed *feed = &f->set->feeds[s->index - (f->set->nstreams - f->set->nfeeds)];
    struct schema_field *fields = arena_array(f->arena, struct schema_field, x.n);
    uint16_t *from = arena_array(f->arena, uint16_t, x.n);
    memcpy(fields, x.v, x.n * sizeof *fields);
    memcpy(from, x.from, x.n * sizeof *from);
    *schema = (struct schema){.name = s->name.text, .fields = fields, .nfields = x.n,
                              .time_field = (uint16_t)at, .id_field = (uint16_t)(x.n - 1)};
    feed->from = from;
}

/* ---- messages -------------------------------------------------------------------------------- */

const char *chains_text(struct front *f, uint16_t stream) {
    const struct rule_set *set = f->set;
    uint32_t outer = set->nstreams - set->nfeeds;
    struct str name = set->streams[stream].name;
    if (stream < outer) return arena_printf(f->arena, "stream %.*s", STR_FMT(name));
    const struct rule_decl *d = set->feeds[stream - outer].decl;
    struct buf out;
    buf_init(&out);
    buf_printf(&out, "rule %.*s: it emits %s", STR_FMT(name), d->nemit ? "" : "nothing");
    for (uint32_t i = 0; i < d->nemit; i++)
        buf_printf(&out, "%s%.*s", i ? ", " : "", STR_FMT(d->emit[i].name.text));
    const char *text = arena_copy(f->arena, buf_view(&out)).p;
    buf_fini(&out);
    return text;
}

void chains_help(struct front *f, struct diag *m, uint16_t stream) {
    if (stream < f->set->nstreams - f->set->nfeeds || m->help) return;
    diag_help(f->diags, m, "add it to the `emit` of rule %.*s",
              STR_FMT(f->set->streams[stream].name));
}
