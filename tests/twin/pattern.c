/* pattern: see pattern.h. */
#include "tests/twin/pattern.h"

#include <limits.h>
#include <string.h>

/* ---- a case ---------------------------------------------------------------------------------- */

static struct step *moved(struct twin_case *to, const struct twin_case *from,
                          const struct step *s) {
    return s ? &to->steps[s - from->steps] : NULL;
}

void case_copy(struct twin_case *to, const struct twin_case *from) {
    *to = *from;
    to->root = moved(to, from, from->root);
    for (int i = 0; i < to->nsteps; i++)
        for (int k = 0; k < MAX_CHILDREN; k++)
            to->steps[i].children[k] = moved(to, from, from->steps[i].children[k]);
}

static bool loops_inside(const struct step *s, bool in_loop) {
    bool found = in_loop && s->most != 1, loop = in_loop || s->most != 1;
    for (int i = 0; i < s->nchildren; i++) found |= loops_inside(s->children[i], loop);
    return found;
}

void case_settle(struct twin_case *c) {
    const struct step *first = c->root->children[0];
    bool begins = first->kind == STEP_NAME && first->least == 1 && first->most == 1 &&
                  !first->for_ms && !first->lasting_ms && first->letter == 0;
    c->nested = loops_inside(c->root, false);
    c->looks_back = c->having > HAVING_FIRST || (c->having == HAVING_FIRST && !begins);
    for (int v = 0; v < c->ntaken; v++) {
        const struct condition_of *look = &c->conditions[v];
        if (look->look > LOOK_NOWHERE && look->look < LOOK_PREV)
            c->looks_back |= look->of != 0 || !begins;
    }
}

/* Late: more than the lateness older than an event before it in its stream. */
static bool is_late(const struct twin_case *c, int i) {
    for (int k = 0; k < i; k++)
        if (c->events[k].stream == c->events[i].stream &&
            c->events[i].at_ms < c->events[k].at_ms - c->lateness_ms)
            return true;
    return false;
}

int case_last_ms(const struct twin_case *c) {
    int last = 0;
    for (int i = 0; i < c->nevents; i++)
        if (!is_late(c, i) && c->events[i].at_ms > last) last = c->events[i].at_ms;
    return last;
}

int case_late(const struct twin_case *c) {
    int n = 0;
    for (int i = 0; i < c->nevents; i++) n += is_late(c, i);
    return n;
}

static bool before(const struct event_of *a, const struct event_of *b) {
    if (a->at_ms != b->at_ms) return a->at_ms < b->at_ms;
    if (a->stream != b->stream) return a->stream < b->stream;
    return a->place < b->place;
}

void case_of_key(const struct twin_case *c, int key, struct twin_case *out) {
    *out = *c; /* the steps still point into c: they are only read */
    out->nevents = 0;
    for (int i = 0; i < c->nevents; i++) {
        const struct event_of *e = &c->events[i];
        if (e->key != key || is_late(c, i)) continue;
        if (c->filtered && (e->n == 3 || e->n < 0)) continue; /* n != 3: not true of null */
        int at = out->nevents++;
        for (; at && before(e, &out->events[at - 1]); at--) out->events[at] = out->events[at - 1];
        out->events[at] = *e;
    }
}

/* ---- the pattern as text --------------------------------------------------------------------- */

static void put_step(const struct step *s, struct buf *out);

static void put_follow(const struct step *s, struct buf *out) {
    static const char *const links[] = {" next", " then", " then each"};
    buf_text(out, links[s->follow.link]);
    int least = s->follow.least_ms / 1000, most = s->follow.most_ms / 1000;
    if (least && s->follow.most_ms >= 0) buf_printf(out, " between %ds and %ds", least, most);
    else if (least) buf_printf(out, " after %ds", least);
    else if (s->follow.most_ms >= 0) buf_printf(out, " within %ds", most);
    buf_char(out, ' ');
}

static void put_children(const struct step *s, struct buf *out) {
    for (int i = 0; i < s->nchildren; i++) {
        if (i && s->kind == STEP_SEQUENCE) put_follow(s->children[i], out);
        else if (i) buf_text(out, s->kind == STEP_OR ? " or " : ", ");
        put_step(s->children[i], out);
    }
}

static void put_count(const struct step *s, struct buf *out) {
    if (s->for_ms) buf_printf(out, " for %ds", s->for_ms / 1000);
    if (s->for_ms && s->gap_ms >= 0) buf_printf(out, " gap %dms", s->gap_ms);
    if (s->lasting_ms) buf_printf(out, " lasting %ds", s->lasting_ms / 1000);
    if (s->least == 1 && s->most == 1) return;
    if (s->least == 0 && s->most == 1) buf_char(out, '?');
    else if (s->most == s->least) buf_printf(out, "{%d}", s->least);
    else if (s->most < 0) buf_printf(out, "{%d,}", s->least);
    else buf_printf(out, "{%d,%d}", s->least, s->most);
    if (s->reluctant) buf_char(out, '?');
    if (s->inner == STEP_NEXT) buf_text(out, " in a row");
    if (s->inner == STEP_EACH) buf_text(out, " combinations");
    if (s->until >= 0) buf_printf(out, " until %c", 'a' + s->until);
}

static void put_step(const struct step *s, struct buf *out) {
    switch (s->kind) {
    case STEP_NAME: buf_char(out, (char)('a' + s->letter)); break;
    case STEP_NO: buf_printf(out, "no %c", 'a' + s->letter); break;
    case STEP_ALL:
        if (s->some == s->nchildren) buf_text(out, "all(");
        else buf_printf(out, "%d of (", s->some);
        put_children(s, out);
        buf_char(out, ')');
        break;
    default:
        buf_char(out, '(');
        put_children(s, out);
        if (s->within_ms >= 0) buf_printf(out, " within %ds", s->within_ms / 1000);
        buf_char(out, ')');
        break;
    }
    put_count(s, out);
}

/* ---- conditions and clauses as text ---------------------------------------------------------- */

static void put_condition(const struct condition_of *cond, struct buf *out) {
    char p = (char)('a' + cond->of);
    int number = cond->number;
    switch (cond->look) {
    case LOOK_ABOVE: buf_printf(out, " and n > %c.n", p); break;
    case LOOK_SUM: buf_printf(out, " and n + 2 >= sum(%c.n)", p); break;
    case LOOK_MAX: buf_printf(out, " and n >= max(%c.n)", p); break;
    case LOOK_MIN: buf_printf(out, " and n <= min(%c.n)", p); break;
    case LOOK_AVG: buf_printf(out, " and n >= avg(%c.n)", p); break;
    case LOOK_WHERE: buf_printf(out, " and count(%c.n where %c.n > 1) < %d", p, p, number); break;
    case LOOK_FIRST: buf_printf(out, " and n != first(%c.n)", p); break;
    case LOOK_COUNT: buf_printf(out, " and count(%c) < %d", p, number); break;
    case LOOK_MANY: buf_printf(out, " and count(%c) >= %d", p, number); break;
    case LOOK_SOON: buf_printf(out, " and at - %c.at <= %ds", p, number); break;
    case LOOK_PREV: buf_text(out, " and n >= prev(n)"); break;
    case LOOK_PREV2: buf_text(out, " and n != prev(n, 2)"); break;
    case LOOK_OVER: buf_printf(out, " and count(where n > 1) over %ds >= 2", number); break;
    case LOOK_PRIOR: buf_printf(out, " and sum(n) over prior %ds >= 3", number); break;
    case LOOK_LAST: buf_printf(out, " and max(n) over last %d <= n + 1", number); break;
    case LOOK_NOWHERE:
    case LOOKS: break;
    }
}

static void put_having(const struct twin_case *c, struct buf *out) {
    char p = (char)('a' + c->having_of), q = (char)('a' + c->having_other);
    switch (c->having) {
    case HAVING_FIRST: buf_printf(out, "\n    having a.n >= %d", c->having_number); break;
    case HAVING_MANY: buf_printf(out, "\n    having count(%c) >= %d", p, c->having_number); break;
    case HAVING_FEW: buf_printf(out, "\n    having count(%c) < %d", p, c->having_number); break;
    case HAVING_SUM: buf_printf(out, "\n    having sum(%c.n) >= %d", p, c->having_number); break;
    case HAVING_ABOVE: buf_printf(out, "\n    having last(%c.n) > %c.n", p, q); break;
    case HAVING_NOTHING:
    case HAVINGS: break;
    }
}

static void put_skip(const struct twin_case *c, struct buf *out) {
    static const char *const skips[] = {"no skip", "skip past last", "skip to next",
                                        "skip to first", "skip to last"};
    buf_printf(out, "\n    after match %s", skips[c->skip]);
    if (c->skip >= SKIPS_TO_FIRST) buf_printf(out, " %c", 'a' + c->skip_to);
}

static bool stands_in(const struct step *s, int letter) {
    bool found = s->letter == letter || s->until == letter;
    for (int i = 0; i < s->nchildren && !found; i++) found = stands_in(s->children[i], letter);
    return found;
}

static void put_conditions(const struct twin_case *c, struct buf *out) {
    buf_text(out, "\n    where");
    for (int i = 0; i < LETTERS; i++) {
        if (c->trailing != i && !stands_in(c->root, i)) continue;
        buf_printf(out, "\n        %c: ", 'a' + i);
        if (c->nstreams > 1) buf_printf(out, "from s%d where ", c->stream_of[i]);
        buf_printf(out, "is_%c", 'a' + i);
        put_condition(&c->conditions[i], out);
    }
}

void case_rule(const struct twin_case *c, struct buf *out) {
    static const char *const modes[] = {"", "longest ", "all ways "};
    for (int s = 0; s < c->nstreams; s++) {
        buf_printf(out, "stream s%d { at : time event n : int k : int", s);
        for (int i = 0; i < LETTERS; i++) buf_printf(out, " is_%c : bool", 'a' + i);
        buf_text(out, " }\n");
    }
    buf_text(out, "rule twin {\n    on ");
    for (int s = 0; s < c->nstreams; s++)
        buf_printf(out, "%ss%d%s%s", s ? ", " : "", s, c->filtered ? " where n != 3" : "",
                   c->nkeys > 1 ? " by k" : "");
    buf_printf(out, "\n    match %s", modes[c->mode]);
    put_children(c->root, out);
    if (c->trailing >= 0) buf_printf(out, " then no %c", 'a' + c->trailing);
    if (c->trailing >= 0 && c->trailing_ms >= 0)
        buf_printf(out, " for %ds", c->trailing_ms / 1000);
    if (c->within_ms >= 0) buf_printf(out, " within %ds", c->within_ms / 1000);
    put_skip(c, out);
    buf_text(out, "\n    unbounded");
    if (c->timeouts) buf_text(out, "\n    timeout emit step: step()");
    if (c->once_ms) buf_printf(out, "\n    once per %ds%s", c->once_ms / 1000,
                               c->once_by ? " by a.n" : "");
    put_having(c, out);
    put_conditions(c, out);
    buf_text(out, "\n}\n");
}

/* ---- events as text -------------------------------------------------------------------------- */

static void put_event(const struct twin_case *c, const struct event_of *e, struct buf *out) {
    buf_printf(out, "{\"at\":%d", e->at_ms);
    if (e->n >= 0) buf_printf(out, ",\"n\":%d", e->n);
    if (c->nkeys > 1 && e->key >= 0) buf_printf(out, ",\"k\":%d", e->key);
    for (int k = 0; k < LETTERS; k++)
        if (e->letters >> k & 1) buf_printf(out, ",\"is_%c\":true", 'a' + k);
    buf_text(out, "}\n");
}

void case_events(const struct twin_case *c, struct buf *out) {
    for (int s = 0; s < c->nstreams; s++) {
        buf_printf(out, "s%d.ndjson, lateness %d ms:\n", s, c->lateness_ms);
        for (int i = 0; i < c->nevents; i++)
            if (c->events[i].stream == s) put_event(c, &c->events[i], out);
    }
    if (c->ends_ms >= 0) buf_printf(out, "time stops at %d ms\n", c->ends_ms);
}
