/* looks: conditions, see ways.h: each computed from scratch, from the events that the way took or
 * from the key's events before. */
#include <limits.h>

#include "tests/twin/ways.h"

/* Null compares to nothing: then the condition does not hold. */
static bool above(int n, int other) { return n >= 0 && other >= 0 && n > other; }

struct seen { /* of what a name took */
    const struct event_of *first, *last;
    int count, values, sum, min, max, high;
};

static struct seen look(const struct twin_case *c, int letter, const struct way *w) {
    struct seen s = {.min = INT_MAX, .max = -1};
    for (int i = 0; i < w->n; i++) {
        const struct event_of *e = &c->events[w->taken[i].event];
        if (w->taken[i].letter != letter) continue;
        if (s.count++ == 0) s.first = e;
        s.last = e;
        if (e->n < 0) continue;
        s.values++;
        s.sum += e->n;
        if (e->n > s.max) s.max = e->n;
        if (e->n < s.min) s.min = e->n;
        if (e->n > 1) s.high++;
    }
    return s;
}

/* count(where n > 1) over D: the tested event and those of less than D before. */
static int high_over(const struct twin_case *c, int event, int ms) {
    int count = 0;
    for (int i = 0; i <= event; i++)
        if (c->events[i].n > 1 && c->events[i].at_ms > c->events[event].at_ms - ms) count++;
    return count;
}

static int sum_prior(const struct twin_case *c, int event, int ms) {
    int sum = 0;
    for (int i = 0; i < event; i++)
        if (c->events[i].n > 0 && c->events[i].at_ms > c->events[event].at_ms - ms)
            sum += c->events[i].n;
    return sum;
}

static int max_last(const struct twin_case *c, int event, int number) {
    int max = -1;
    for (int i = event; i >= 0 && i > event - number; i--)
        if (c->events[i].n > max) max = c->events[i].n;
    return max;
}

static bool looks(const struct twin_case *c, const struct condition_of *cond, const struct way *w,
                  int event) {
    const struct event_of *e = &c->events[event];
    struct seen p = look(c, cond->of, w);
    int n = e->n, number = cond->number;
    switch (cond->look) {
    case LOOK_ABOVE: return p.count && above(n, p.last->n);
    case LOOK_SUM: return n >= 0 && n + 2 >= p.sum;
    case LOOK_MAX: return p.values && n >= p.max;
    case LOOK_MIN: return p.values && n >= 0 && n <= p.min;
    case LOOK_AVG: return p.values && n >= 0 && n * p.values >= p.sum;
    case LOOK_WHERE: return p.high < number;
    case LOOK_FIRST: return p.count && (above(n, p.first->n) || above(p.first->n, n));
    case LOOK_COUNT: return p.count < number;
    case LOOK_MANY: return p.count >= number;
    case LOOK_SOON: return p.count && e->at_ms - p.last->at_ms <= number * 1000;
    case LOOK_PREV: return event > 0 && e[-1].n >= 0 && n >= e[-1].n;
    case LOOK_PREV2: return event > 1 && (above(n, e[-2].n) || above(e[-2].n, n));
    case LOOK_OVER: return high_over(c, event, number * 1000) >= 2;
    case LOOK_PRIOR: return sum_prior(c, event, number * 1000) >= 3;
    case LOOK_LAST: return n >= 0 && max_last(c, event, number) <= n + 1;
    case LOOK_NOWHERE:
    case LOOKS: break;
    }
    return true;
}

bool way_satisfies(const struct twin_case *c, int letter, const struct way *w, int event) {
    const struct event_of *e = &c->events[event];
    if (letter < 0 || !(e->letters >> letter & 1)) return false;
    if (e->stream != c->stream_of[letter]) return false;
    return looks(c, &c->conditions[letter], w, event);
}

bool way_having(const struct twin_case *c, const struct way *w) {
    struct seen p = look(c, c->having == HAVING_FIRST ? 0 : c->having_of, w);
    struct seen q = look(c, c->having_other, w);
    switch (c->having) {
    case HAVING_FIRST: return p.count && p.last->n >= c->having_number;
    case HAVING_MANY: return p.count >= c->having_number;
    case HAVING_FEW: return p.count < c->having_number;
    case HAVING_SUM: return p.sum >= c->having_number;
    case HAVING_ABOVE: return p.count && q.count && above(p.last->n, q.last->n);
    case HAVING_NOTHING:
    case HAVINGS: break;
    }
    return true;
}
