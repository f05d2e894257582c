/* nfa_print: an automaton as text and as a drawing, in the field's words.
 *
 *   state 1  probe
 *       TAKE     probe        IGNORE what it cannot take; count0 + 1
 *       TAKE     charge       IGNORE what it cannot take; if count0 >= 3; count0 = 0
 *
 * Tests: tests/unit/whole/test_match.c, tests/cli/explain.t
 */
#include "rules/nfa.h"

#include "base/time.h"

static struct str state_name(const struct nfa *nfa, const struct name *names, uint32_t s) {
    if (s == 0) return STR("start");
    uint16_t variable = nfa->states[s].variable;
    return variable == NO_VARIABLE ? STR("(time passed)") : names[variable].text;
}

static void guards(const struct nfa *nfa, const struct nfa_edge *e, struct buf *out) {
    for (uint32_t i = 0; i < e->nguards; i++) {
        const struct nfa_guard *g = &nfa->guards[e->first_guard + i];
        switch ((enum guard_kind)g->kind) {
        case GUARD_BELOW: buf_printf(out, "; if count%u < %u", g->counter, g->value); break;
        case GUARD_AT_LEAST: buf_printf(out, "; if count%u >= %u", g->counter, g->value); break;
        case GUARD_LACKS: buf_printf(out, "; if set%u lacks %u", g->counter, g->value); break;
        case GUARD_HAS_BITS: buf_printf(out, "; if set%u has %u", g->counter, g->value); break;
        case GUARD_FEW_BITS:
            buf_printf(out, "; if set%u has fewer than %u", g->counter, g->value);
            break;
        case GUARD_LASTED:
        case GUARD_SHORT:
            buf_printf(out, "; if clock%u has %sreached ", g->counter,
                       g->kind == GUARD_SHORT ? "not " : "");
            duration_format(out, g->span_ns);
            break;
        }
    }
}

static void actions(const struct nfa *nfa, const struct nfa_edge *e, struct buf *out) {
    for (uint32_t i = 0; i < e->nactions; i++) {
        const struct nfa_action *a = &nfa->actions[e->first_action + i];
        switch ((enum action_kind)a->kind) {
        case ACTION_SET: buf_printf(out, "; count%u = %u", a->slot, a->value); break;
        case ACTION_ADD: buf_printf(out, "; count%u + 1", a->slot); break;
        case ACTION_STAMP: buf_printf(out, "; clock%u starts", a->slot); break;
        case ACTION_MARK: buf_printf(out, "; set%u + %u", a->slot, a->value); break;
        case ACTION_CLEAR: buf_printf(out, "; clock%u stops", a->slot); break;
        }
    }
}

static void limits(const struct nfa *nfa, const struct nfa_edge *e, struct buf *out) {
    if (e->least_ns) {
        buf_text(out, "; at least ");
        duration_format(out, e->least_ns);
        buf_text(out, " after the step before");
    }
    if (e->most_ns >= 0) {
        buf_text(out, "; at most ");
        duration_format(out, e->most_ns);
        buf_text(out, " after the step before");
    }
    for (uint32_t i = 0; i < e->nlimits; i++) {
        const struct nfa_limit *l = &nfa->limits[e->first_limit + i];
        buf_printf(out, "; clock%u at most ", l->stamp);
        duration_format(out, l->most_ns);
    }
}

static void clock(const struct nfa_edge *e, struct buf *out) {
    switch ((enum edge_clock)e->clock) {
    case CLOCK_NONE: return;
    case CLOCK_WINDOW: buf_text(out, "when the window closes"); return;
    case CLOCK_TAKEN: break;
    case CLOCK_STAMP: buf_printf(out, "when clock%u has reached ", e->clock_stamp); break;
    }
    duration_format(out, e->clock_ns);
    if (e->clock == CLOCK_TAKEN) buf_text(out, " after the event before");
}

static const char *passing(const struct nfa_edge *e) {
    switch ((enum edge_link)e->link) {
    case EDGE_NEXT: return "the very next event";
    case EDGE_OWN: return "the very next event of its stream";
    case EDGE_THEN: return "IGNORE what it cannot take";
    case EDGE_EACH: return "IGNORE any event";
    }
    return "";
}

static void kills(const struct nfa *nfa, const struct name *names, const struct nfa_edge *e,
                  struct buf *out) {
    for (uint32_t i = 0; i < e->nkills; i++) {
        const struct nfa_kill *k = &nfa->kills[e->first_kill + i];
        buf_printf(out, "; %s%.*s", k->kind == KILL_HOLDS ? "never an event that is " : "KILL on ",
                   STR_FMT(names[k->variable].text));
        if (k->kind == KILL_NEXT) buf_text(out, " as the very next event");
    }
}

static void edge(const struct nfa *nfa, const struct name *names, uint32_t from,
                 const struct nfa_edge *e, struct buf *out) {
    if (e->target == ACCEPT) {
        buf_printf(out, "    PROCEED  match%s", e->clock ? "        " : "");
        clock(e, out);
        guards(nfa, e, out);
        kills(nfa, names, e, out);
        buf_char(out, '\n');
        return;
    }
    buf_printf(out, "    %s %-12.*s ", e->clock ? "CLOCK   " : "TAKE    ",
               STR_FMT(state_name(nfa, names, e->target)));
    if (e->clock) clock(e, out);
    else buf_text(out, from == 0 ? "any event may start a run" : passing(e));
    if (e->reluctant) buf_text(out, "; rather passed over");
    guards(nfa, e, out);
    limits(nfa, e, out);
    kills(nfa, names, e, out);
    actions(nfa, e, out);
    buf_char(out, '\n');
}

void nfa_text(const struct nfa *nfa, const struct name *names, struct buf *out) {
    for (uint32_t s = 0; s < nfa->nstates; s++) {
        const struct nfa_state *state = &nfa->states[s];
        buf_printf(out, "state %u  %.*s\n", s, STR_FMT(state_name(nfa, names, s)));
        for (uint32_t i = 0; i < state->nedges; i++)
            edge(nfa, names, s, &nfa->edges[state->first_edge + i], out);
    }
    if (nfa->within_ns < 0) return;
    buf_text(out, "a run ends ");
    duration_format(out, nfa->within_ns);
    buf_text(out, " after its first event\n");
}

/* Texts inside a label: quotes and backslashes escaped; the separators of edge() become line
 * breaks. */
static void dot_label(struct buf *out, struct str s) {
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"' || s.p[i] == '\\') buf_char(out, '\\');
        if (s.p[i] == ';') buf_text(out, "\\n");
        else if (s.p[i] != '\n') buf_char(out, s.p[i]);
    }
}

void nfa_dot(const struct nfa *nfa, const struct name *names, struct str title, struct buf *out) {
    struct buf label;
    buf_init(&label);
    buf_text(out, "digraph \"");
    dot_label(out, title);
    buf_text(out, "\" {\n    rankdir=LR;\n    node [shape=circle, fontname=\"sans\"];\n"
                  "    edge [fontname=\"sans\", fontsize=10];\n    accept [label=\"match\", "
                  "shape=doublecircle];\n");
    for (uint32_t s = 0; s < nfa->nstates; s++) {
        buf_printf(out, "    s%u [label=\"", s);
        dot_label(out, state_name(nfa, names, s));
        buf_text(out, s ? "\"];\n" : "\", shape=point, xlabel=\"start\"];\n");
    }
    for (uint32_t s = 0; s < nfa->nstates; s++) {
        for (uint32_t i = 0; i < nfa->states[s].nedges; i++) {
            const struct nfa_edge *e = &nfa->edges[nfa->states[s].first_edge + i];
            buf_reset(&label);
            clock(e, &label);
            if (e->target == ACCEPT) {
                guards(nfa, e, &label);
                buf_printf(out, "    s%u -> accept [style=dashed, label=\"", s);
            } else {
                if (s && !e->clock) buf_text(&label, passing(e));
                if (e->reluctant) buf_text(&label, "; rather passed over");
                guards(nfa, e, &label);
                limits(nfa, e, &label);
                kills(nfa, names, e, &label);
                actions(nfa, e, &label);
                buf_printf(out, "    s%u -> s%u [label=\"", s, e->target);
            }
            dot_label(out, buf_view(&label));
            buf_text(out, "\"];\n");
        }
    }
    buf_text(out, "}\n");
    buf_fini(&label);
}
