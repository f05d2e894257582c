/* every: rules about windows that close, and windows that are exact to a step.
 *
 *   every 1h  when sum(amount) > 1000     no event is tested: a bare name is a field of the key,
 *             emit n: count(), m: merchant an aggregate without `over` is over the window
 *
 * What a window looked at stands in the cells of a run that is made for it: the fields of the key,
 * then window_start() and window_end(). Its first and last event are its variables.
 * Tests: tests/cases/check/every.case
 */
#include "base/buf.h"
#include "base/time.h"
#include "engine/zone.h"
#include "rules/front.h"

/* ---- the clause ------------------------------------------------------------------------------ */

static int64_t gcd(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The longest panes of which every window is made, also where periods begin on a Monday and panes
 * at the epoch. */
int64_t frame_pane_ns(int64_t period_ns, int64_t length_ns) {
    int64_t pane = gcd(period_ns, length_ns);
    if (frame_origin_ns(pane) != frame_origin_ns(period_ns)) pane = gcd(pane, MONDAY_NS);
    return pane;
}

static const char *duration_text(struct front *f, int64_t ns) {
    struct buf out;
    buf_init(&out);
    duration_format(&out, ns);
    const char *text = arena_copy(f->arena, buf_view(&out)).p;
    buf_fini(&out);
    return text;
}

static void check_hopping(struct front *f, const struct every *e) {
    int64_t pane = frame_pane_ns(e->period_ns, e->over_ns);
    if (e->over_ns / pane <= MAX_PANES) return;
    struct diag *m = diag_error(f->diags, e->span,
                                "each key would keep %lld panes of %s: at most %d can be kept",
                                (long long)(e->over_ns / pane), duration_text(f, pane), MAX_PANES);
    diag_help(f->diags, m, "a window is kept in panes as long as the greatest time that divides "
                           "both: choose times that have a longer one");
}

static void check_calendar(struct front *f, const struct every *e) {
    if (e->period_ns % NS_PER_DAY) {
        struct diag *m = diag_error(f->diags, e->span,
                                    "a window that begins at a time of day is of whole days");
        diag_help(f->diags, m, "every 1d at 04:00, or without `at`: every %s",
                  duration_text(f, e->period_ns));
    }
    const char *why;
    struct zone *z = e->zone.n ? zone_load(e->zone, &why) : NULL;
    if (e->zone.n && !z) {
        struct diag *m = diag_error(f->diags, e->span, "there is no time zone `%.*s`: %s",
                                    STR_FMT(e->zone), why);
        diag_help(f->diags, m, "zones are named as in \"Europe/Paris\"");
    }
    zone_free(&z);
}

static void check_beside(struct front *f, const struct rule_decl *d) {
    const char *head = "a window keeps no events: none can be attached";
    if (d->nattach) {
        struct diag *m = diag_error(f->diags, d->attach[0].span, "%s", head);
        diag_help(f->diags, m, "emit first(x), last(x) and other aggregates");
    }
    if (d->forget_ns) {
        struct diag *m = diag_error(f->diags, d->every.span, "`forget after` does not go with "
                                                             "`every`");
        diag_help(f->diags, m, "what is kept for a key goes when its window has closed");
    }
    if (d->resolve.span.start != d->resolve.span.end)
        diag_error(f->diags, d->resolve.span, "`resolve` does not go with `every`: what a window "
                                              "says is over when it is said");
    if (d->after != AFTER_DEFAULT)
        diag_error(f->diags, d->every.span, "`after match` does not go with `every`: windows are "
                                            "no matches of a pattern");
}

/* The window's first and last event: the alert says which they are. Nothing can look at them. */
static void add_edges(struct front *f, struct rule_model *model) {
    static const struct str names[] = {{"first", 5}, {"last", 4}};
    model->variables = arena_array(f->arena, struct rule_variable, 2);
    for (uint32_t i = 0; i < 2; i++)
        model->variables[i] = (struct rule_variable){
            .name = {names[i], model->decl->every.span}, .stream = model->stream, .taken = true};
    model->nvariables = 2;
}

void front_every(struct front *f, struct rule_model *model) {
    const struct rule_decl *d = model->decl;
    const struct every *e = &d->every;
    if (e->kind == EVERY_NONE) return;
    if (d->pattern) {
        struct diag *m = diag_error(f->diags, e->span, "`every` goes with `when`, not with a "
                                                       "pattern");
        diag_related(f->diags, m, d->match_span, "the pattern is here");
        return;
    }
    if (!d->when) {
        struct diag *m = diag_error(f->diags, e->span, "what is asked of each window?");
        diag_help(f->diags, m, "when count() > 10, or when true");
    }
    if (d->ninputs > 1) {
        struct diag *m = diag_error(f->diags, e->span, "`every` looks at the events of one stream, "
                                                       "here of %u", d->ninputs);
        diag_help(f->diags, m, "windows that slide may look at several: when sum(x) over 1h > 3");
    }
    if (e->kind == EVERY_HOPPING && e->period_ns > 0 && e->over_ns > 0) check_hopping(f, e);
    if (e->kind == EVERY_CALENDAR) check_calendar(f, e);
    check_beside(f, d);
    if (model->stream != FRONT_NOTHING) add_edges(f, model);
}

/* ---- names and functions in such a rule ------------------------------------------------------ */

bool resolve_closed(struct place *p, const struct expr *e) {
    struct front *f = p->front;
    if (p->rule->stream == FRONT_NOTHING) return false;
    uintptr_t found = (uintptr_t)map_get(&f->fields[p->rule->stream], e->name.text);
    if (!found) return false;
    const struct schema_field *field = &f->set->streams[p->rule->stream].fields[found - 1];
    int part = key_part(p, e->name.text);
    struct typed t = {.type = type_of_field(field), .level = LEVEL_RUN, .binding = BIND_CELL,
                      .field = (uint16_t)part};
    if (part < 0) {
        if (front_symbol(&f->values, e->name)) return false; /* that is what was meant */
        struct str name = e->name.text;
        struct diag *m = place_error(p, e->span, "`%.*s` of which event? A window has many",
                                     STR_FMT(name));
        diag_help(f->diags, m, "write last(%.*s), or max(%.*s), or another aggregate",
                  STR_FMT(name), STR_FMT(name));
        t.bad = true;
    }
    *front_typed(f, e) = t;
    return true;
}

void type_window_edge(struct place *p, const struct expr *e, bool end) {
    struct typed t = {.type = type_base(VALUE_TIME), .level = LEVEL_RUN, .binding = BIND_CELL,
                      .bad = true};
    if (!place_closed(p) || p->inside != INSIDE_NOTHING) {
        struct diag *m = place_error(p, e->span, "`%.*s()` is of a window that has closed",
                                     STR_FMT(e->name.text));
        diag_help(p->front->diags, m, "it stands in rules with `every`, outside of aggregates");
    } else if (e->nargs || e->where || e->window.kind != WINDOW_NONE) {
        place_error(p, e->span, "`%.*s` takes nothing: %.*s()", STR_FMT(e->name.text),
                    STR_FMT(e->name.text));
    } else {
        t.field = (uint16_t)(p->rule->nkeys + end);
        t.bad = false;
    }
    *front_typed(p->front, e) = t;
}

/* ---- over D step S --------------------------------------------------------------------------- */

bool type_step_window(struct place *p, const struct expr *e, int64_t length_ns) {
    struct front *f = p->front;
    const struct window *w = &e->window;
    struct diag *m;
    if (p->rule && p->rule->ninputs > 1) {
        m = place_error(p, w->span, "a window with a step is for rules over one stream");
        diag_help(f->diags, m, "without `step` the window is exact");
    } else if (w->kind != WINDOW_OVER) {
        m = place_error(p, w->span, "a window exact to a step holds the tested event");
        diag_help(f->diags, m, "without `prior`, or without `step`");
    } else if (length_ns % w->step_ns) {
        m = place_error(p, w->span, "a window is a whole number of steps: %s is not, of %s",
                        duration_text(f, length_ns), duration_text(f, w->step_ns));
    } else if (length_ns / w->step_ns > MAX_PANES) {
        m = place_error(p, w->span, "this window would keep %lld values for each key: at most %d "
                                    "can be kept",
                        (long long)(length_ns / w->step_ns), MAX_PANES);
        diag_help(f->diags, m, "choose a longer step");
    } else {
        return true;
    }
    return false;
}
