/* why_tell: see why_tell.h. */
#include "cli/why_tell.h"

#include "base/time.h"
#include "base/utf8.h"
#include "cli/why_fields.h"
#include "cli/why_rank.h"
#include "cli/why_value.h"
#include "grammar/print.h"

enum { STEPS_SHOWN = 6, STEPS_FIRST = 3, STEPS_LAST = 2 };

static struct why_values values_of(const struct why *w, const struct value *v) {
    return (struct why_values){w->set, w->rule, v};
}

static struct str name_of(const struct why *w, uint16_t variable) {
    return w->rule->variables[variable].name;
}

static const struct expr *condition_of(const struct why *w, uint16_t variable) {
    return w->model->variables[variable].expr;
}

static const char *plural(uint64_t n) { return n == 1 ? "" : "s"; }

/* ---- lines ----------------------------------------------------------------------------------- */

/* What stands first on a line, in a column as wide as the longest name. */
static void put_word(const struct why *w, unsigned indent, const char *word, struct buf *out) {
    size_t width = utf8_length(STR("not sent")), n = utf8_length(str_of(word));
    for (uint32_t i = 0; i < w->rule->nvariables; i++)
        if (w->rule->variables[i].name.n > width) width = w->rule->variables[i].name.n;
    buf_pad(out, ' ', indent);
    buf_text(out, word);
    buf_pad(out, ' ', n < width + 2 ? width + 2 - n : 1);
}

/* "probe     2026-01-01T08:36:00Z  payments 2410  amount 0.50" */
static void put_event(const struct why *w, unsigned indent, struct str name, const char *mark,
                      const struct why_event *e, struct buf *out) {
    put_word(w, indent, arena_printf(w->arena, "%.*s%s", STR_FMT(name), mark), out);
    why_put_event(w, e, out);
    buf_char(out, '\n');
}

static void put_condition(const struct why *w, uint16_t variable, const struct value *values,
                          unsigned indent, bool all, struct buf *out) {
    struct why_values v = values_of(w, values);
    const struct expr *e = condition_of(w, variable);
    if (e) why_condition(&v, e, indent, all, out);
    else if (all) buf_pad(out, ' ', indent), buf_text(out, "any event will do\n");
}

/* ---- the steps of a way ---------------------------------------------------------------------- */

/* The ways from the first event on. */
static const struct why_way **path_of(const struct why *w, const struct why_way *way) {
    const struct why_way **path = arena_array(w->arena, const struct why_way *, way->steps + 1);
    for (const struct why_way *at = way; at->before; at = at->before) path[at->steps - 1] = at;
    return path;
}

/* Of a long loop the middle is left out: how many steps from here. */
static uint32_t left_out(const struct why_way **path, uint32_t n, uint32_t at) {
    uint32_t from = at, to = at;
    while (from > 0 && path[from - 1]->variable == path[at]->variable) from--;
    while (to + 1 < n && path[to + 1]->variable == path[at]->variable) to++;
    if (to - from + 1 <= STEPS_SHOWN || at != from + STEPS_FIRST) return 0;
    return to - from + 1 - STEPS_FIRST - STEPS_LAST;
}

/* What came between the event of a way and that of the way before, without being taken by it. */
static void put_passed(const struct why *w, const struct why_way *way, unsigned indent,
                       struct buf *out) {
    if (!way->between) return;
    put_word(w, indent, "…", out);
    buf_printf(out, "%u event%s between, passed over\n", way->between, plural(way->between));
}

static void put_steps(const struct why *w, const struct why_way *way, unsigned indent, bool why,
                      struct buf *out) {
    const struct why_way **path = path_of(w, way);
    for (uint32_t i = 0; i < way->steps; i++) {
        uint32_t skip = left_out(path, way->steps, i);
        if (skip) {
            put_word(w, indent, "…", out);
            buf_printf(out, "%u more events taken as %.*s\n", skip,
                       STR_FMT(name_of(w, path[i]->variable)));
            i += skip - 1;
            continue;
        }
        if (i) put_passed(w, path[i], indent, out);
        put_event(w, indent, name_of(w, path[i]->variable), "", path[i]->event, out);
        if (why) put_condition(w, path[i]->variable, path[i]->values, indent + 2, true, out);
    }
}

/* ---- alerts ---------------------------------------------------------------------------------- */

static void put_said(const struct why *w, const struct why_match *m, struct buf *out) {
    if (!m->said) return;
    if (m->said->nemit) {
        put_word(w, 2, "said", out);
        for (uint32_t i = 0; i < m->said->nemit; i++) {
            const struct alert_field *f = &m->said->emit[i];
            buf_printf(out, "%s%.*s: ", i ? ", " : "", STR_FMT(f->name));
            value_text(out, f->value);
        }
        buf_char(out, '\n');
    }
    put_word(w, 2, w->rule->output == OUTPUT_LIVE ? "sent" : "found", out);
    buf_printf(out, "severity %.*s", STR_FMT(m->said->severity));
    if (w->rule->output == OUTPUT_SHADOW) buf_text(out, ", to the shadow sink (mode shadow)");
    if (w->rule->output == OUTPUT_SIGNAL) buf_text(out, ", to other rules only (mode signal)");
    if (m->said->suppressed)
        buf_printf(out, "; %llu not sent since the one before",
                   (unsigned long long)m->said->suppressed);
    char id[33];
    hash128_hex(m->said->id, id);
    buf_printf(out, "; id %s\n", id);
}

static void put_kept_back(const struct why *w, const struct why_match *m, struct buf *out) {
    if (m->sent) return;
    put_word(w, 2, "not sent", out);
    if (m->except == NONE) {
        buf_text(out, "`once per ");
        duration_format(out, w->rule->says->once_ns);
        buf_text(out, "`: an alert was sent at ");
        why_put_time(w, m->sent_at, out);
        buf_char(out, '\n');
        return;
    }
    const struct except_clause *x = w->model->excepts[m->except];
    struct why_values v = values_of(w, m->values);
    buf_printf(out, "except %.*s", STR_FMT(x->name.text));
    if (x->reason.n) buf_printf(out, " \"%.*s\"", STR_FMT(x->reason));
    buf_char(out, '\n');
    why_condition(&v, x->cond, 4, true, out);
}

static void put_match(const struct why *w, const struct why_match *m, struct buf *out) {
    const char *what = m->timed_out ? "timeout" : m->sent ? "alert" : "match without an alert";
    buf_printf(out, "%s at ", what);
    why_put_time(w, m->end, out);
    buf_text(out, ":\n");
    put_steps(w, m->way, 2, true, out);
    if (m->timed_out || m->end > m->way->event->at) {
        put_word(w, 2, "clock", out);
        why_put_time(w, m->end, out);
        buf_text(out, m->timed_out ? "  the window closed before the rest came\n"
                                   : "  the time was up, and nothing forbidden had come\n");
    }
    if (w->model->decl->having && !m->timed_out) {
        struct why_values v = values_of(w, m->values);
        buf_text(out, "  having\n");
        why_condition(&v, w->model->decl->having, 4, true, out);
    }
    if (w->rule->within_ns >= 0 && !m->timed_out) {
        put_word(w, 2, "took", out);
        duration_format(out, m->end - m->way->start_at);
        buf_text(out, " of at most ");
        duration_format(out, w->rule->within_ns);
        buf_char(out, '\n');
    }
    put_kept_back(w, m, out);
    put_said(w, m, out);
}

/* ---- what came near -------------------------------------------------------------------------- */

/* The same story as one told already, begun later? */
static bool told_already(const struct why_way *way, struct why_way **told, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (told[i]->event == way->event && told[i]->variable == way->variable) return true;
        bool same = told[i]->nnotes && way->nnotes &&
                    told[i]->notes[0].event == way->notes[0].event &&
                    told[i]->notes[0].variable == way->notes[0].variable;
        if (same) return true;
    }
    return false;
}

static void put_note(const struct why *w, const struct why_note *n, unsigned indent,
                     struct buf *out) {
    struct str name = name_of(w, n->variable);
    put_event(w, indent, name, "?", n->event, out);
    buf_pad(out, ' ', n->kind == TRACE_FAILS ? 0 : indent + 2);
    switch (n->kind) {
    case TRACE_FAILS:
        put_condition(w, n->variable, n->values, indent + 2, false, out);
        if (!n->closes) break;
        buf_pad(out, ' ', indent + 2);
        buf_printf(out, "it ends this: %.*s had to be the very next event\n", STR_FMT(name));
        break;
    case TRACE_CONTINUES:
        buf_text(out, "it goes on with an unbroken run and begins none\n");
        break;
    case TRACE_HELD:
        buf_printf(out, "it is %.*s as well, and `until` ends the loop there\n", STR_FMT(name));
        break;
    case TRACE_EARLY: buf_text(out, "it came too early: less than the least gap after\n"); break;
    default: break;
    }
}

static void put_closing(const struct why *w, const struct why_note *n, unsigned indent,
                        struct buf *out) {
    struct str name = name_of(w, n->variable);
    if (n->kind == TRACE_FAILS) {
        put_event(w, indent, STR("another"), "", n->event, out);
        buf_pad(out, ' ', indent + 2);
        buf_printf(out, "it ends this: %.*s had to be the very next event\n", STR_FMT(name));
        return;
    }
    put_event(w, indent, name, n->kind == TRACE_MISSED ? "?" : "", n->event, out);
    buf_pad(out, ' ', indent + 2);
    if (n->kind == TRACE_MISSED) {
        buf_text(out, "its condition holds, but it came ");
        duration_format(out, n->late_ns);
        buf_text(out, " too late\n");
    } else {
        buf_printf(out, "it ends this: %.*s must not come here\n", STR_FMT(name));
    }
}

/* How it ended, if no event says so already. */
static void put_end(const struct why *w, const struct why_way *way, unsigned indent,
                    struct buf *out) {
    bool by_event = way->nnotes && way->notes[0].closes;
    for (uint32_t i = 0; i < way->nclosings; i++) {
        by_event = true;
        put_closing(w, &way->closings[i], indent, out);
    }
    enum why_end end = way->end;
    if (end == WHY_OPEN && by_event) return;
    if (end == WHY_OPEN && why_ran_out(w, way)) end = WHY_WINDOW;
    if (end == WHY_OPEN && why_gave_up(w, way)) {
        put_word(w, indent, "ended", out);
        why_put_time(w, way->chance, out);
        buf_text(out, "  the next event had to come by then\n");
        return;
    }
    put_word(w, indent, end == WHY_OPEN ? "open" : "ended", out);
    int64_t at = end == WHY_WINDOW ? way->start_at + w->rule->within_ns : way->end_at;
    why_put_time(w, end == WHY_OPEN ? w->now : at, out);
    switch (end) {
    case WHY_OPEN:
        buf_printf(out, "  the %s ends, and it still waits\n", w->test ? "test" : "input");
        break;
    case WHY_WINDOW:
        buf_text(out, "  the window of ");
        duration_format(out, w->rule->within_ns);
        buf_text(out, " from its first event closed\n");
        break;
    case WHY_SKIPPED:
        buf_text(out, "  `after match`: a match at that time used its events up\n");
        break;
    case WHY_DROPPED: buf_text(out, "  given up: more runs than the limit\n"); break;
    case WHY_FORGOTTEN:
        buf_text(out, "  `forget after`: the key had no event for too long\n");
        break;
    case WHY_HAVING: {
        struct why_values v = values_of(w, way->end_values);
        buf_text(out, "  complete, but `having` does not hold:\n");
        why_condition(&v, w->model->decl->having, indent + 2, false, out);
        break;
    }
    case WHY_MATCHED: break;
    }
}

/* The names that a way waited for, as far as it met anything: "charge", "probe or charge". */
static void put_waited(const struct why *w, const struct why_way *way, struct buf *out) {
    bool first = true;
    for (uint32_t v = 0; v < w->rule->nvariables && v < 64; v++) {
        if (!(way->waited_for >> v & 1)) continue;
        struct str name = name_of(w, (uint16_t)v);
        buf_printf(out, "%s%.*s", first ? ": waited for " : " or ", STR_FMT(name));
        first = false;
    }
}

/* "2 events short: waited for charge", without the end of the line. */
static void put_head(const struct why *w, const struct why_way *way, struct buf *out) {
    int64_t lasted, needed = why_lasting(w, way, &lasted);
    if (way->end == WHY_HAVING) {
        buf_text(out, "complete, but for `having`");
    } else if (way->waits && !way->nnotes) {
        buf_text(out, "only time had to pass");
    } else if (needed && lasted < needed) {
        duration_format(out, needed - lasted);
        buf_text(out, " short: ");
        buf_printf(out, "%.*s lasted ", STR_FMT(name_of(w, way->variable)));
        duration_format(out, lasted);
        buf_text(out, " of ");
        duration_format(out, needed);
    } else {
        buf_printf(out, "%u event%s short", way->distance, plural(way->distance));
        put_waited(w, way, out);
    }
}

static void put_body(const struct why *w, const struct why_way *way, unsigned indent,
                     struct buf *out) {
    put_steps(w, way, indent, false, out);
    for (uint32_t i = 0; i < way->nnotes; i++) put_note(w, &way->notes[i], indent, out);
    uint32_t told = way->nnotes;
    for (uint32_t i = 0; i < way->nclosings; i++) told += way->closings[i].kind == TRACE_KILLED;
    if (way->passed > told) {
        uint32_t n = way->passed - told;
        put_word(w, indent, "…", out);
        buf_printf(out, "%u %sevent%s passed over%s\n", n, way->nnotes ? "more " : "", plural(n),
                   way->nnotes ? ", none of them nearer" : "");
    }
    put_end(w, way, indent, out);
}

/* Nothing was ever taken: the events that came nearest to a first step. */
static bool put_no_start(const struct why *w, unsigned indent, struct buf *out) {
    const struct why_way *root = w->root;
    if (!root->nnotes) return false;
    buf_text(out, w->rule->by_event ? "The condition held for no event."
                                    : "No event was enough for a first step.");
    buf_printf(out, " The nearest of %u:\n", root->passed);
    for (uint32_t i = 0; i < root->nnotes; i++) put_note(w, &root->notes[i], indent, out);
    return true;
}

bool why_tell_nearest(struct why *w, unsigned indent, struct buf *out) {
    struct why_way **all = arena_array(w->arena, struct why_way *, w->nways + 1);
    if (why_rank(w, all)) {
        put_head(w, all[0], out);
        buf_char(out, '\n');
        put_body(w, all[0], indent, out);
        return true;
    }
    return put_no_start(w, indent, out);
}

static bool put_misses(struct why *w, struct buf *out) {
    struct why_way **all = arena_array(w->arena, struct why_way *, w->nways + 1);
    struct why_way *told[WHY_MISSES];
    uint32_t have = why_rank(w, all), n = 0;
    if (have)
        buf_text(out, "What came nearest: fewest events short first, then what failed by least.\n");
    for (uint32_t i = 0; i < have && n < WHY_MISSES; i++) {
        if (told_already(all[i], told, n)) continue;
        told[n++] = all[i];
        buf_printf(out, "%u. ", n);
        put_head(w, all[i], out);
        buf_char(out, '\n');
        put_body(w, all[i], 3, out);
    }
    return n || put_no_start(w, 3, out);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void put_list(const struct why *w, const struct why_list *l, const char *what,
                     struct buf *out) {
    if (!l->n) return;
    buf_printf(out, "%llu event%s %s", (unsigned long long)l->n, plural(l->n), what);
    buf_text(out, l->n > LISTED ? "; the last of them:\n" : ":\n");
    uint64_t first = l->n > LISTED ? l->n - LISTED : 0;
    for (uint64_t i = first; i < l->n; i++) put_event(w, 3, STR(""), "", l->v[i % LISTED], out);
}

static void put_rule(const struct why *w, struct buf *out) {
    const struct rule_decl *d = w->model->decl;
    const struct sources *sources = w->set->tree->sources;
    buf_printf(out, "rule %.*s", STR_FMT(d->name.text));
    if (d->doc.n) buf_printf(out, ": %.*s", STR_FMT(d->doc));
    buf_char(out, '\n');
    if (d->pattern) {
        put_word(w, 2, "match", out);
        print_pattern(d->pattern, out);
        buf_char(out, '\n');
    }
    for (uint32_t i = 0; i < w->rule->nvariables; i++) {
        const struct rule_variable *v = &w->model->variables[i];
        put_word(w, 2, d->pattern ? (char *)arena_copy(w->arena, v->name.text).p : "when", out);
        if (v->expr) buf_str(out, span_text(sources, v->expr->span));
        else buf_text(out, "any event");
        buf_char(out, '\n');
    }
    if (d->having) {
        put_word(w, 2, "having", out);
        buf_str(out, span_text(sources, d->having->span));
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
}

/* "card "4111", 12 events from … to …" */
static void put_key(const struct why *w, struct buf *out) {
    const struct program_input *in = &w->group->inputs[0];
    for (uint32_t i = 0; w->key && i < w->group->nkey_fields; i++) {
        const struct schema *s = &w->program->streams[in->stream];
        buf_printf(out, "%s%.*s ", i ? ", " : "", STR_FMT(s->fields[in->key_fields[i]].name));
        value_text(out, w->key[i]);
    }
    if (!w->group->nkey_fields) buf_text(out, "all events are of one key");
    buf_printf(out, ": %llu event%s", (unsigned long long)w->events, plural(w->events));
    if (w->events) {
        buf_text(out, " from ");
        why_put_time(w, w->first_at, out);
        buf_text(out, " to ");
        why_put_time(w, w->last_at, out);
    }
}

static void put_never_seen(const struct why *w, struct buf *out) {
    buf_text(out, "no event has this key");
    if (w->others) buf_printf(out, ", %llu have others", (unsigned long long)w->others);
    if (w->null_keys) buf_printf(out, ", %llu have none", (unsigned long long)w->null_keys);
    buf_char(out, '\n');
    struct buf text;
    buf_init(&text);
    for (uint32_t i = 0; i < w->group->nkey_fields; i++) {
        if (i) buf_char(&text, ',');
        if (w->key[i].type == VALUE_STRING) buf_str(&text, w->key[i].s);
        else value_text(&text, w->key[i]);
    }
    size_t near = str_nearest(buf_view(&text), w->near, w->nnear);
    if (near != SIZE_MAX) buf_printf(out, "did you mean %.*s?\n", STR_FMT(w->near[near]));
    else
        for (uint32_t i = 0; i < w->nnear && i < LISTED; i++)
            buf_printf(out, "%s%.*s%s", i ? ", " : "keys there are: ", STR_FMT(w->near[i]),
                       i + 1 == LISTED || i + 1 == w->nnear ? w->nnear > LISTED ? ", …\n" : "\n"
                                                            : "");
    buf_fini(&text);
}

static void put_silence(struct why *w, struct buf *out) {
    put_list(w, &w->late, "came late and took no part", out);
    put_list(w, &w->filtered, "left out by the `where` of `on`", out);
    if (w->at != INT64_MAX && !w->at_time.n) buf_text(out, "no event of this key has that time\n");
    struct buf misses;
    buf_init(&misses);
    if (put_misses(w, &misses)) {
        buf_char(out, '\n');
        buf_str(out, buf_view(&misses));
    }
    buf_fini(&misses);
}

bool why_tell(struct why *w, struct buf *out) {
    uint32_t n = 0, sent = 0, shown = 0;
    for (uint32_t i = 0; i < w->nmatches; i++) {
        bool asked = w->at == INT64_MAX || w->matches[i].end == w->at;
        n += asked;
        sent += asked && w->matches[i].sent;
    }
    put_rule(w, out);
    put_key(w, out);
    buf_char(out, '\n');
    if (!w->events) {
        put_never_seen(w, out);
        return false;
    }
    if (w->at != INT64_MAX) {
        buf_text(out, "at ");
        why_put_time(w, w->at, out);
        buf_text(out, ": ");
    }
    if (sent) buf_printf(out, "%u alert%s", sent, plural(sent));
    else buf_text(out, "no alert");
    if (n > sent)
        buf_printf(out, "%s %u match%s kept back", sent ? ", and" : ", but", n - sent,
                   n - sent == 1 ? "" : "es");
    bool all = sent == 0 || w->at != INT64_MAX; /* else only what was sent */
    uint32_t of = all ? n : sent;
    if (of > WHY_ALERTS)
        buf_printf(out, "; here the last %d (--at TIME shows others)", WHY_ALERTS);
    else if (n > of) buf_text(out, " (--at TIME shows why)");
    buf_char(out, '\n');
    for (uint32_t i = 0; i < w->nmatches; i++) {
        const struct why_match *m = &w->matches[i];
        if ((w->at != INT64_MAX && m->end != w->at) || (!all && !m->sent)) continue;
        if (of - shown++ > WHY_ALERTS) continue;
        buf_char(out, '\n');
        put_match(w, m, out);
    }
    if (!n) put_silence(w, out);
    if (w->lost)
        buf_printf(out, "%llu events were not looked at: too many ways to remember\n",
                   (unsigned long long)w->lost);
    return sent != 0;
}
