/* window_stream: over which stream's events is a window? The names inside say it:
 *
 *   sum(refunds.amount) over 30d            refunds
 *   count(where refunds.kind = "x") over 1h refunds
 *   count(refunds) over 1h                  refunds: all of its events
 *   sum(amount) over 30d                    no name does: the stream of the event tested; where
 *                                           none is tested, the only one that has such a field
 *
 * Names are looked for before they have a meaning, in lets that stand inside too.
 * Tests: tests/cases/check/streams.case
 */
#include "rules/front.h"

struct node {
    const struct expr *e;
    bool of_function; /* in the body of a let with arguments: bare names may be those */
};

struct search {
    struct place *p;
    struct node *stack; /* of its own: chains are deep */
    uint32_t n, cap;
    struct map lets;    /* those that have been looked into: each once */
    uint16_t stream;           /* FRONT_NOTHING: no name has said one yet */
    uint64_t *has;             /* by input: how many of the bare names are fields of it */
    uint64_t bare;             /* names that are a field of some input */
};

static void push(struct search *s, const struct expr *e, bool of_function) {
    struct node node = {e, of_function};
    if (e) arena_push(s->p->front->arena, s->stack, s->n, s->cap, node);
}

uint16_t place_input(const struct place *p, struct name name) {
    const struct symbol *s = front_symbol(&p->front->streams, name);
    if (!p->rule || !s || s->kind == SYMBOL_TABLE) return FRONT_NOTHING;
    for (uint32_t i = 0; i < p->rule->ninputs; i++)
        if (p->rule->inputs[i].stream == s->index) return s->index;
    return FRONT_NOTHING;
}

static void count_bare(struct search *s, struct str name) {
    const struct rule_model *rule = s->p->rule;
    bool any = false;
    for (uint32_t i = 0; i < rule->ninputs; i++) {
        uint16_t stream = rule->inputs[i].stream;
        if (stream == FRONT_NOTHING || !map_get(&s->p->front->fields[stream], name)) continue;
        s->has[i]++;
        any = true;
    }
    s->bare += any;
}

static bool found(struct search *s, const struct expr *e, uint16_t stream) {
    if (s->stream == FRONT_NOTHING) s->stream = stream;
    if (s->stream == stream) return true;
    const struct schema *streams = s->p->front->set->streams;
    struct diag *m = place_error(s->p, e->span, "a window is over the events of one stream, here "
                                                "of both %.*s and %.*s",
                                 STR_FMT(streams[s->stream].name), STR_FMT(streams[stream].name));
    diag_help(s->p->front->diags, m, "make two windows, and compare what they give");
    return false;
}

static void look_into(struct search *s, struct name name) {
    const struct symbol *let = front_symbol(&s->p->front->values, name);
    if (!let || let->kind != SYMBOL_LET || let->bad || map_get(&s->lets, name.text)) return;
    map_put(&s->lets, name.text, (void *)(uintptr_t)let);
    push(s, let->let->value, let->let->function);
}

static bool look_at(struct search *s, struct node node) {
    const struct expr *e = node.e;
    if (e->kind == EXPR_FIELD && e->args[0]->kind == EXPR_NAME) {
        uint16_t stream = place_input(s->p, e->args[0]->name);
        return stream == FRONT_NOTHING || found(s, e, stream);
    }
    for (uint32_t i = 0; i < e->nargs; i++) push(s, e->args[i], node.of_function);
    push(s, e->where, node.of_function);
    if (e->kind == EXPR_NAME && !node.of_function) count_bare(s, e->name.text);
    if (e->kind == EXPR_NAME || e->kind == EXPR_CALL) look_into(s, e->name);
    return true;
}

bool window_is_whole(const struct place *p, const struct expr *e) {
    return e->nargs == 1 && str_equal_nocase(e->name.text, STR("count")) &&
           e->args[0]->kind == EXPR_NAME && place_input(p, e->args[0]->name) != FRONT_NOTHING &&
           (p->stream == FRONT_NOTHING ||
            !map_get(&p->front->fields[p->stream], e->args[0]->name.text));
}

/* No event is tested, or one of several streams: the only input that has all the bare names. */
static uint16_t stream_of_bare(struct search *s, const struct expr *e) {
    struct place *p = s->p;
    uint16_t only = FRONT_NOTHING, some = FRONT_NOTHING;
    for (uint32_t i = 0; i < p->rule->ninputs; i++) {
        if (!s->bare || s->has[i] != s->bare) continue;
        only = some == FRONT_NOTHING ? p->rule->inputs[i].stream : FRONT_NOTHING;
        some = p->rule->inputs[i].stream;
    }
    if (only != FRONT_NOTHING) return only;
    struct str name = p->front->set->streams[p->rule->inputs[0].stream].name;
    struct diag *m = place_error(p, e->span, "`%.*s` over the events of which stream? The rule "
                                             "looks at %u",
                                 STR_FMT(e->name.text), p->rule->ninputs);
    if (e->nargs)
        diag_help(p->front->diags, m, "write %.*s(%.*s.…)", STR_FMT(e->name.text), STR_FMT(name));
    else
        diag_help(p->front->diags, m, "write %.*s(%.*s)", STR_FMT(e->name.text), STR_FMT(name));
    return FRONT_NOTHING;
}

uint16_t window_stream(struct place *p, const struct expr *e) {
    const struct rule_model *rule = p->rule;
    if (!rule || rule->stream == FRONT_NOTHING) return p->stream;
    struct search s = {.p = p, .stream = FRONT_NOTHING};
    s.has = arena_array(p->front->arena, uint64_t, rule->ninputs);
    map_init(&s.lets, p->front->arena);
    if (e->nargs) push(&s, e->args[0], false);
    push(&s, e->where, false);
    if (window_is_whole(p, e) && !found(&s, e, place_input(p, e->args[0]->name)))
        return FRONT_NOTHING;
    while (s.n)
        if (!look_at(&s, s.stack[--s.n])) return FRONT_NOTHING;
    if (s.stream != FRONT_NOTHING) return s.stream;
    if (p->stream != FRONT_NOTHING && !p->keys_only) return p->stream;
    if (rule->ninputs == 1 || rule->decl->when_on.text.n) return rule->stream;
    return stream_of_bare(&s, e);
}
