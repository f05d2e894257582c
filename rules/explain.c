/* explain: see explain.h. What can be asked of the program is asked of it; what it no longer knows
 * (patterns, the parts of conditions as text) is taken from the rule set, by the same functions
 * that compiled it.
 *
 * Bytes are those of engine/footprint.h.
 */
#include "base/map.h"
#include "base/time.h"
#include "engine/disasm.h"
#include "engine/footprint.h"
#include "grammar/print.h"
#include "rules/conjuncts.h"
#include "rules/explain.h"
#include "rules/nfa.h"

enum {
    ONCE_BYTES = 80,
    OPEN_BYTES = 64, /* and the run, and the events it took */
    MOST_INDENT = 120, /* a long chain is a deep tree */
};

/* Lines of `text`, each behind so many blanks. */
static void indented(struct buf *out, size_t indent, struct str text) {
    while (text.n) {
        size_t end = str_find(text, STR("\n"));
        size_t line = end == SIZE_MAX ? text.n : end;
        if (line) buf_pad(out, ' ', indent);
        buf_add(out, text.p, line);
        buf_char(out, '\n');
        size_t step = end == SIZE_MAX ? text.n : line + 1;
        text = (struct str){text.p + step, text.n - step};
    }
}

/* ---- a rule ---------------------------------------------------------------------------------- */

/* What one look at everything finds for all rules. */
struct explained {
    const struct rule_set *set;
    const struct program *program;
    struct map models; /* a rule's name → its struct rule_model */
    /* beside the program's predicates: how many names, of any rule, ask for it */
    uint32_t *askers;
};

static void look(struct explained *x, const struct rule_set *set, const struct program *p) {
    *x = (struct explained){.set = set, .program = p};
    map_init(&x->models, set->arena);
    for (uint32_t i = 0; i < set->nrules; i++)
        map_put(&x->models, set->rules[i].decl->name.text, &set->rules[i]);
    x->askers = arena_array(set->arena, uint32_t, p->npredicates + 1);
    for (uint32_t i = 0; i < p->nrules; i++) {
        const struct program_rule *r = &p->rules[i];
        for (uint32_t k = 0; k < r->nvariables; k++)
            if (r->variables[k].predicate != NONE) x->askers[r->variables[k].predicate]++;
    }
}

static const char *s_of(uint32_t n) { return n == 1 ? "" : "s"; }

/* Blanks between words become one. */
static void one_line(struct str text, struct buf *out) {
    for (size_t i = 0; i < text.n; i++) {
        bool blank = text.p[i] == ' ' || text.p[i] == '\n' || text.p[i] == '\t';
        if (!blank) buf_char(out, text.p[i]);
        else if (out->p[out->n - 1] != ' ') buf_char(out, ' ');
    }
}

static bool reads(const struct program *p, const struct program_rule *r, uint32_t stream) {
    return program_input_of(&p->groups[r->group], stream) != NULL;
}

/* Which rules the rule's alerts go to. */
static void fed(const struct program *p, const struct program_rule *r, struct buf *out) {
    bool signal = r->output == OUTPUT_SIGNAL, any = false;
    for (uint32_t i = 0; i < p->nfeeds; i++) {
        if (&p->rules[p->feeds[i].rule] != r) continue;
        for (uint32_t k = 0; k < p->nrules; k++) {
            if (!reads(p, &p->rules[k], program_outer_streams(p) + i)) continue;
            buf_printf(out, "%s %.*s", any ? "," : "    its alerts feed",
                       STR_FMT(p->rules[k].name));
            any = true;
        }
    }
    if (any) buf_text(out, signal ? ", and go nowhere else\n" : "\n");
    else if (signal) buf_text(out, "    its alerts go nowhere\n");
}

static void head(const struct program *p, const struct program_rule *r, const struct rule_model *m,
                 struct buf *out) {
    static const char *const modes[] = {
        [RUN_FIRST] = "the first way from each beginning is a match",
        [RUN_LONGEST] = "the longest way from each beginning is a match",
        [RUN_ALL_WAYS] = "every way is a match",
    };
    static const char *const skips[] = {
        [SKIP_NONE] = "nothing is skipped",
        [SKIP_PAST_LAST] = "the next begins behind its last event",
        [SKIP_TO_NEXT] = "the next begins at a later event",
        [SKIP_TO_FIRST] = "the next begins at its first",
        [SKIP_TO_LAST] = "the next begins at its last",
    };
    const struct program_group *g = &p->groups[r->group];
    buf_printf(out, "rule %.*s\n", STR_FMT(r->name));
    if (r->doc.n) buf_printf(out, "    \"%.*s\"\n", STR_FMT(r->doc));
    if (m->decl->pattern) {
        buf_text(out, "    waits for ");
        print_pattern(m->decl->pattern, out);
    } else if (m->every) {
        buf_text(out, "    tests each window when it closes: ");
        one_line(span_text(p->sources, m->every->span), out);
    } else {
        buf_text(out, "    tests every event");
        if (g->ninputs > 1 && r->nvariables == 1)
            buf_printf(out, " of %.*s", STR_FMT(p->streams[r->variables[0].stream].name));
    }
    for (uint32_t k = 0; k < g->ninputs; k++) {
        const struct expr *where = m->inputs[k].where;
        const struct schema *s = &p->streams[g->inputs[k].stream];
        buf_printf(out, "%s%s%.*s", k ? "; and " : "\n    on ",
                   program_feed_of(p, g->inputs[k].stream) ? "alerts of " : "",
                   STR_FMT(s->name));
        for (uint32_t i = 0; i < g->nkey_fields; i++)
            buf_printf(out, "%s%.*s", i ? ", " : ", for each ",
                       STR_FMT(s->fields[g->inputs[k].key_fields[i]].name));
        if (where) buf_text(out, ", of events where ");
        if (where) print_expr(where, out);
    }
    if (m->every) {
        buf_text(out, "\n    each window whose condition holds is a match\n");
        return;
    }
    buf_printf(out, "\n    %s; %s", modes[r->mode], skips[r->skip]);
    if (r->skip == SKIP_TO_FIRST || r->skip == SKIP_TO_LAST)
        buf_printf(out, " %.*s", STR_FMT(r->variables[r->skip_variable].name));
    buf_char(out, '\n');
    fed(p, r, out);
}

struct table { /* lines that begin with the name of a variable */
    struct buf *out;
    size_t width; /* of the longest */
};

static void line(const struct table *t, struct str name) {
    buf_pad(t->out, ' ', 8);
    buf_str(t->out, name);
    buf_pad(t->out, ' ', t->width - name.n + 2);
}

static struct table table_of(const struct program_rule *r, struct buf *out) {
    struct table t = {.out = out};
    for (uint32_t i = 0; i < r->nvariables; i++)
        if (r->variables[i].name.n > t.width) t.width = r->variables[i].name.n;
    if (r->having != NONE && t.width < 6) t.width = 6; /* having */
    return t;
}

static void list_conjuncts(const struct table *t, struct str name, const struct conjunct_list *list,
                           const char *when) {
    for (uint32_t i = 0; i < list->n; i++) {
        line(t, name);
        buf_text(t->out, when);
        print_expr(list->v[i], t->out);
        buf_char(t->out, '\n');
    }
}

/* `when` over several streams has one condition, compiled for each. */
static uint32_t shown(const struct rule_model *m) { return m->when ? 1 : m->nvariables; }

static void conditions(const struct explained *x, const struct program_rule *r,
                       const struct rule_model *m, struct buf *out) {
    struct table t = table_of(r, out);
    buf_text(out, "\n    conditions\n");
    if (m->every) {
        buf_text(out, "        once a window                   ");
        print_expr(m->decl->when, out);
        buf_char(out, '\n');
        return;
    }
    for (uint32_t i = 0; i < shown(m); i++) {
        struct str name = r->variables[i].name;
        struct conjuncts parts = conjuncts_split(x->set, m->variables[i].expr);
        if (parts.event.n + parts.key.n + parts.run.n == 0) {
            line(&t, name);
            buf_text(out, "any event\n");
        }
        list_conjuncts(&t, name, &parts.event, "once an event, over the batch   ");
        uint32_t others = parts.event.n ? x->askers[r->variables[i].predicate] - 1 : 0;
        if (others) {
            line(&t, STR(""));
            buf_printf(out, "    the same for %u other name%s\n", others, s_of(others));
        }
        list_conjuncts(&t, name, &parts.key, "once an event, with its key     ");
        list_conjuncts(&t, name, &parts.run, "once a run that waits for it    ");
        if (r->variables[i].streak_code != NONE) {
            line(&t, name);
            buf_text(out, "begins an unbroken run          unless the event before is in it\n");
        }
    }
    if (!m->decl->having) return;
    line(&t, STR("having"));
    buf_text(out, "once a match                    ");
    print_expr(m->decl->having, out);
    buf_char(out, '\n');
}

static void automaton(const struct rule_set *set, const struct rule_model *m, size_t indent,
                      struct buf *out) {
    struct diags quiet;
    diags_init(&quiet, set->arena, set->tree->sources);
    struct nfa nfa = {0};
    if (!nfa_build(set->arena, m->pattern, &quiet, &nfa)) return;
    uint32_t n, taken;
    struct name *names = nfa_names(set->arena, m->pattern, &n, &taken);
    struct buf text;
    buf_init(&text);
    nfa_text(&nfa, names, &text);
    indented(out, indent, buf_view(&text));
    buf_fini(&text);
}

/* A frame: what a key pays for it, and how many panes there can be. */
static void panes(const struct program *p, const struct program_group *g, uint32_t frame,
                  struct buf *out) {
    const struct program_frame *f = &g->frames[frame];
    const struct program_input *in = &g->inputs[0];
    uint32_t key, pane, n = 0;
    panes_bytes(p, g, frame, &key, &pane);
    for (uint32_t i = 0; i < in->naggregates; i++)
        n += in->aggregates[i].window == WINDOW_PANES && in->aggregates[i].frame == frame;
    int64_t most = f->kind == FRAME_STEP || f->kind == FRAME_EVERY ? f->length_ns / f->pane_ns : 1;
    buf_printf(out, "        panes%s", f->kind == FRAME_SESSION ? ", one a session" : " of ");
    if (f->kind != FRAME_SESSION) duration_format(out, f->pane_ns);
    buf_printf(out, ": %u bytes, %u window%s; %u bytes a pane, at most %lld\n", key, n, s_of(n),
               pane, (long long)(most + (f->kind == FRAME_STEP ? 0 : 1)));
}

static void windows(const struct program *p, const struct program_group *g,
                    const struct program_input *in, struct buf *out) {
    uint32_t key, event, n = 0;
    int64_t longest = 0, most = 0;
    windows_bytes(p, in, &key, &event);
    for (uint32_t i = 0; i < in->naggregates; i++) {
        const struct program_aggregate *a = &in->aggregates[i];
        if (a->window == WINDOW_PANES) continue;
        int64_t *of = a->window == WINDOW_EVENTS ? &most : &longest;
        if (a->length > *of) *of = a->length;
        n++;
    }
    buf_text(out, "        windows");
    if (g->ninputs > 1) buf_printf(out, " over %.*s", STR_FMT(p->streams[in->stream].name));
    buf_printf(out, ": %u bytes, %u window%s, shared by %u rule%s; ", key, n, s_of(n), g->nrules,
               s_of(g->nrules));
    buf_printf(out, "%u bytes an event beyond 4", event);
    if (longest) {
        buf_text(out, ", for ");
        duration_format(out, longest);
    }
    if (most) buf_printf(out, "%s the last %lld", longest ? ", or" : ",", (long long)most);
    buf_char(out, '\n');
}

static void events_kept(const struct program_rule *r, const struct rule_model *m,
                        struct buf *out) {
    for (uint32_t i = 0; i < shown(m); i++) {
        const struct program_variable *v = &r->variables[i];
        if (!m->variables[i].taken) continue;
        buf_printf(out, "        an event of %.*s: %u bytes, %u value%s\n", STR_FMT(v->name),
                   footprint_taken(v), v->nkept, s_of(v->nkept));
    }
}

static void runs_kept(const struct program_rule *r, const struct rule_model *m,
                      const struct footprint *f, struct buf *out) {
    buf_printf(out, "        a run: %u bytes, %u cell%s", f->run, r->ncells, s_of(r->ncells));
    if (r->within_ns >= 0) {
        buf_text(out, ", for at most ");
        duration_format(out, r->within_ns);
    } else {
        buf_text(out, ", until it matches or no longer can");
    }
    if (r->limit_runs) buf_printf(out, "; at most %u", r->limit_runs);
    buf_char(out, '\n');
    events_kept(r, m, out);
    buf_printf(out, "        in all: %u bytes a key with one run that has taken one event\n",
               f->key + f->run + footprint_taken(&r->variables[0]));
}

static void kept(const struct program *p, uint32_t rule, const struct rule_model *m,
                 struct buf *out) {
    const struct program_rule *r = &p->rules[rule];
    const struct program_group *g = &p->groups[r->group];
    struct footprint f = footprint_of(p, rule);
    buf_text(out, "\n    kept for each key\n");
    if (!f.rests && !f.prevs && !f.windows && !f.panes) {
        buf_text(out, "        nothing: every match is complete with the event that begins it\n");
        return;
    }
    if (f.prevs)
        buf_printf(out, "        previous values: %u bytes, %u value%s, shared by %u rule%s\n",
                   f.prevs, g->nprev_cells, s_of(g->nprev_cells), g->nrules, s_of(g->nrules));
    for (uint32_t k = 0; k < g->ninputs; k++)
        if (input_slides(&g->inputs[k])) windows(p, g, &g->inputs[k], out);
    for (uint32_t i = 0; i < g->nframes; i++)
        if (g->frames[i].kind == FRAME_STEP || (r->by_window && r->frame == i))
            panes(p, g, i, out);
    if (g->forget_ns) {
        buf_text(out, "        all of it is forgotten after ");
        duration_format(out, g->forget_ns);
        buf_text(out, " without an event\n");
    }
    if (f.rests) runs_kept(r, m, &f, out);
    else buf_printf(out, "        in all: %u bytes a key\n", f.key);
}

static void asked(const struct program_rule *r, struct buf *out) {
    if (!r->says || (!r->says->once_ns && !r->says->nexcepts)) return;
    if (r->says->once_ns) {
        buf_printf(out, "        an alert: %u bytes%s, for ", ONCE_BYTES,
                   r->says->once_by == NONE ? "" : " for each value of `by`");
        int64_t once = r->says->once_ns;
        duration_format(out, once > INT64_MAX / 2 ? INT64_MAX : 2 * once);
        buf_char(out, '\n');
    }
    if (r->says->nexcepts) buf_text(out, "\n    not sent\n");
    for (uint32_t i = 0; i < r->says->nexcepts; i++) {
        const struct program_except *x = &r->says->excepts[i];
        buf_printf(out, "        %.*s", STR_FMT(x->name));
        if (x->until_ns != INT64_MAX) {
            buf_text(out, ", until ");
            time_format(out, x->until_ns);
        }
        if (x->reason.n) buf_printf(out, ": %.*s", STR_FMT(x->reason));
        buf_char(out, '\n');
    }
}

static void closes(const struct rule_set *set, const struct program *p,
                   const struct program_rule *r, const struct rule_model *m, struct buf *out) {
    const struct program_resolve *s = r->resolve;
    if (!s) return;
    struct table t = {.out = out, .width = 7};
    struct conjuncts parts = conjuncts_split(set, m->decl->resolve.when);
    buf_text(out, "\n    closes\n");
    list_conjuncts(&t, STR("when"), &parts.event, "once an event, over the batch   ");
    list_conjuncts(&t, STR("when"), &parts.key, "once an event, with its key     ");
    list_conjuncts(&t, STR("when"), &parts.run, "once an open alert              ");
    if (p->groups[r->group].ninputs > 1 && s->stream != NONE) {
        line(&t, STR("on"));
        buf_printf(out, "%.*s\n", STR_FMT(p->streams[s->stream].name));
    }
    if (s->after_ns) {
        line(&t, STR("after"));
        duration_format(out, s->after_ns);
        buf_char(out, '\n');
    }
    line(&t, STR("keeps"));
    buf_printf(out, "an open alert: %u bytes, a run, and the events that it took\n", OPEN_BYTES);
}

static void one_rule(const struct explained *x, uint32_t rule, struct buf *out) {
    const struct program_rule *r = &x->program->rules[rule];
    const struct rule_model *m = map_get(&x->models, r->name);
    if (!m) return;
    if (out->n) buf_char(out, '\n');
    head(x->program, r, m, out);
    conditions(x, r, m, out);
    if (!m->every) {
        buf_text(out, "\n    automaton\n");
        automaton(x->set, m, 8, out);
    }
    kept(x->program, rule, m, out);
    asked(r, out);
    closes(x->set, x->program, r, m, out);
}

void explain_rule(const struct rule_set *set, const struct program *program, uint32_t rule,
                  struct buf *out) {
    struct explained x;
    look(&x, set, program);
    for (uint32_t i = 0; i < program->nrules; i++)
        if (rule == NONE || rule == i) one_rule(&x, i, out);
}

/* ---- stages ---------------------------------------------------------------------------------- */

static const char *operator_text(const struct expr *e) {
    static const char *const texts[] = {
        [OP_OR] = "or", [OP_AND] = "and", [OP_EQ] = "=", [OP_NE] = "!=", [OP_LT] = "<",
        [OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">=", [OP_IN] = "in", [OP_MATCHES] = "matches",
        [OP_CONTAINS] = "contains", [OP_STARTS] = "starts with", [OP_ENDS] = "ends with",
        [OP_LIKE] = "like", [OP_COALESCE] = "??", [OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*",
        [OP_DIV] = "/", [OP_MOD] = "%"};
    if (e->kind == EXPR_BINARY) return texts[e->op];
    if (e->kind == EXPR_BETWEEN) return "between";
    return e->kind == EXPR_NOT ? "not" : e->kind == EXPR_NEGATE ? "-" : "any";
}

static void node(const struct rule_set *set, const struct expr *e, bool leaf, struct buf *out) {
    static const char *const levels[] = {[LEVEL_CONSTANT] = "constant", [LEVEL_EVENT] = "event",
                                         [LEVEL_KEY] = "key", [LEVEL_RUN] = "run"};
    const struct typed *t = typed_of(set, e);
    if (t->constant) value_text(out, t->value);
    else if (leaf) print_expr(e, out);
    else if (e->kind == EXPR_CALL) buf_printf(out, "%.*s()", STR_FMT(e->name.text));
    else buf_printf(out, "%s%s", e->negated ? "not " : "", operator_text(e));
    if (t->binding == BIND_VARIABLE || t->binding == BIND_STREAM) {
        buf_text(out, t->binding == BIND_STREAM ? "  : its events\n" : "  : what it took\n");
        return;
    }
    const char *type = t->type.base == VALUE_NULL ? "null" : type_text(t->type, set->arena);
    buf_printf(out, "  : %s, %s", type, levels[t->constant ? LEVEL_CONSTANT : t->level]);
    if (!leaf && t->operands.base != VALUE_NULL)
        buf_printf(out, ", of %s", type_text(t->operands, set->arena));
    buf_char(out, '\n');
}

static bool is_leaf(const struct rule_set *set, const struct expr *e) {
    const struct typed *t = typed_of(set, e);
    return t->constant || t->bad || t->binding == BIND_IN_TABLE || e->kind == EXPR_NAME ||
           e->kind == EXPR_FIELD || e->nargs == 0;
}

/* A stack of its own: chains are deep. */
static void typed_tree(const struct rule_set *set, const struct expr *root, uint32_t indent,
                       struct buf *out) {
    struct entry {
        const struct expr *e;
        uint32_t indent;
    } *stack = NULL, next = {root, indent};
    uint32_t n = 0, cap = 0;
    arena_push(set->arena, stack, n, cap, next);
    while (n) {
        struct entry top = stack[--n];
        const struct expr *e = typed_expr(set, top.e);
        bool leaf = is_leaf(set, e) && !e->where;
        buf_pad(out, ' ', top.indent < MOST_INDENT ? top.indent : MOST_INDENT);
        node(set, e, leaf, out);
        if (leaf) continue;
        next = (struct entry){e->where, top.indent + 2};
        if (e->where) arena_push(set->arena, stack, n, cap, next);
        for (uint32_t i = e->nargs; i-- > 0;) {
            next.e = e->args[i];
            arena_push(set->arena, stack, n, cap, next);
        }
    }
}

static void typed_part(const struct rule_set *set, const char *what, struct str name,
                       const struct expr *e, struct buf *out) {
    if (!e) return;
    buf_printf(out, "  %s%.*s\n", what, STR_FMT(name));
    typed_tree(set, e, 4, out);
}

void explain_types(const struct rule_set *set, struct buf *out) {
    for (uint32_t i = 0; i < set->nrules; i++) {
        const struct rule_model *m = &set->rules[i];
        buf_printf(out, "rule %.*s%s\n", STR_FMT(m->decl->name.text), m->bad ? ": wrong" : "");
        if (m->bad) continue;
        for (uint32_t k = 0; k < m->nvariables; k++) {
            const struct rule_variable *v = &m->variables[k];
            if (m->every) break;
            buf_printf(out, "  where %.*s%s\n", STR_FMT(v->name.text), v->expr ? "" : ": any");
            if (v->expr) typed_tree(set, v->expr, 4, out);
        }
        if (m->every) typed_part(set, "when", STR(""), m->decl->when, out);
        typed_part(set, "having", STR(""), m->decl->having, out);
        for (uint32_t k = 0; k < m->decl->nemit; k++)
            typed_part(set, "emit ", m->decl->emit[k].name.text, m->decl->emit[k].expr, out);
        for (uint32_t k = 0; k < m->decl->ntimeout_emit; k++)
            typed_part(set, "timeout emit ", m->decl->timeout_emit[k].name.text,
                       m->decl->timeout_emit[k].expr, out);
        typed_part(set, "resolve when", STR(""), m->decl->resolve.when, out);
        for (uint32_t k = 0; k < m->decl->resolve.nemit; k++)
            typed_part(set, "emit at resolve ", m->decl->resolve.emit[k].name.text,
                       m->decl->resolve.emit[k].expr, out);
        typed_part(set, "severity", STR(""), m->severity, out);
        typed_part(set, "score", STR(""), m->decl->score, out);
        typed_part(set, "once per", STR(""), m->decl->once.by, out);
        for (uint32_t k = 0; k < m->nexcepts; k++)
            typed_part(set, "except ", m->excepts[k]->name.text, m->excepts[k]->cond, out);
    }
}

void explain_nfa(const struct rule_set *set, struct buf *out) {
    for (uint32_t i = 0; i < set->nrules; i++) {
        const struct rule_model *m = &set->rules[i];
        if (m->bad || !m->pattern) continue;
        buf_printf(out, "rule %.*s\n", STR_FMT(m->decl->name.text));
        automaton(set, m, 2, out);
    }
}

void explain_code(const struct program *program, struct buf *out) {
    for (uint32_t i = 0; i < program->nrules; i++) disasm_rule(program, i, out);
}
