/* parser_pattern: patterns, and `match longest`, `all ways` before them.
 *
 *   a then (b or c)+ then no x for 10s within 5m
 *   SEQUENCE within 5m
 *   ├─ NAME a
 *   ├─ then OR (b, c) count 1.. parenthesised
 *   └─ then NO x for 10s
 *
 * The shape of the tree is said in tree.h. `or` joins single steps only: beside `then` or `next`
 * it is refused, and the message prints both readings. Modifiers of a step come in any order, each
 * once. A word in the place of a step is a name unless it links or modifies steps.
 * Tests: tests/unit/grammar/test_parser.c, tests/cases/grammar/patterns.case
 */
#include "grammar/parser_internal.h"
#include "grammar/print.h"

struct patterns {
    struct pattern **v;
    uint32_t n, cap;
};

static struct pattern *pattern_of(struct parser *p);
static struct pattern *step(struct parser *p);

static struct pattern *make_pattern(struct parser *p, enum pattern_kind kind, struct span span) {
    struct pattern *q = arena_new(p->arena, struct pattern);
    q->kind = kind;
    q->span = span;
    q->count.least = q->count.most = 1;
    q->within_ns = q->link.most_ns = -1;
    return q;
}

static struct pattern *around(struct parser *p, enum pattern_kind kind, struct patterns inner) {
    struct span span = span_join(inner.v[0]->span, inner.v[inner.n - 1]->span);
    struct pattern *q = make_pattern(p, kind, span);
    q->children = inner.v;
    q->nchildren = inner.n;
    return q;
}

static struct pattern *around_one(struct parser *p, struct pattern *inner) {
    struct patterns one = {0};
    arena_push(p->arena, one.v, one.n, one.cap, inner);
    return around(p, PATTERN_SEQUENCE, one);
}

/* A SEQUENCE or OR that can still take a `within` or parentheses of its own. */
static bool open_group(const struct pattern *q) {
    return (q->kind == PATTERN_SEQUENCE || q->kind == PATTERN_OR) && !q->parenthesised;
}

/* ---- what a step is about -------------------------------------------------------------------- */

/* Words that a pattern is made of; a variable of such a name needs back-quotes. */
static bool structural(const struct parser *p) {
    switch (word(p)) {
    case KW_THEN:
    case KW_NEXT:
    case KW_WITHIN:
    case KW_FOR:
    case KW_UNTIL:
    case KW_LASTING:
    case KW_COMBINATIONS:
    case KW_GAP:
    case KW_EACH:
    case KW_TIMES: return true;
    default: return (keyword_places(word(p)) & HARD_WORD) || next_clause(p);
    }
}

static struct name variable(struct parser *p, const char *what) {
    if (!p->panic && peek(p) == TOKEN_NAME && structural(p)) {
        fault(p, MATCH_WORD, "%s", what);
        return (struct name){.span = here(p)};
    }
    return expect_name(p, what, MATCH_WORD);
}

/* no = "no" ( name | "(" name { "or" name } ")" ) [ "for" duration ] */
static struct pattern *absence(struct parser *p) {
    uint32_t first = p->at, cap = 0;
    struct pattern *q = make_pattern(p, PATTERN_NO, here(p));
    advance(p);
    bool several = accept(p, TOKEN_LPAREN);
    do {
        struct name name = variable(p, "the name of what must not come, behind `no`");
        arena_push(p->arena, q->names, q->nnames, cap, name);
    } while (several && !p->panic && accept_word(p, KW_OR));
    if (several) expect(p, TOKEN_RPAREN, "or `or` behind `no (`", MATCH_WORD);
    uint32_t at = p->at;
    if (!p->panic && accept_word(p, KW_FOR)) {
        parse_duration(p, "behind `for`", ABOVE_ZERO, &q->for_ns, &q->for_text);
        q->for_span = span_since(p, at);
    }
    q->span = span_since(p, first);
    return q;
}

/* group = "(" pattern ")" */
static struct pattern *group(struct parser *p) {
    uint32_t first = p->at;
    advance(p);
    if (!nest(p)) return make_pattern(p, PATTERN_NAME, here(p));
    struct pattern *q = pattern_of(p);
    expect_close(p, TOKEN_RPAREN, "at the end of the group", MATCH_WORD, first);
    unnest(p);
    if (!open_group(q)) q = around_one(p, q);
    q->parenthesised = true;
    q->span = span_since(p, first);
    return q;
}

/* all = "all" "(" step { "," step } ")"      some = int "of" "(" step { "," step } ")" */
static struct pattern *any_order(struct parser *p, enum pattern_kind kind) {
    uint32_t first = p->at;
    struct pattern *q = make_pattern(p, kind, here(p));
    struct patterns steps = {0};
    if (kind == PATTERN_SOME) parse_int(p, "how many", ABOVE_ZERO, &q->some);
    advance(p);
    expect(p, TOKEN_LPAREN, kind == PATTERN_SOME ? "behind `of`" : "behind `all`", MATCH_WORD);
    if (!nest(p)) return q;
    do {
        struct pattern *one = step(p);
        arena_push(p->arena, steps.v, steps.n, steps.cap, one);
    } while (!p->panic && accept(p, TOKEN_COMMA));
    unnest(p);
    if (!p->panic && (word(p) == KW_THEN || word(p) == KW_NEXT || word(p) == KW_OR)) {
        struct diag *m = fault(p, NOWHERE, "`,` or `)`");
        if (m)
            diag_help(p->diags, m,
                      "put what belongs together in parentheses: `all((a then b), c)`");
    }
    expect(p, TOKEN_RPAREN, "or `,` between the steps", MATCH_WORD);
    q->children = steps.v;
    q->nchildren = steps.n;
    q->span = span_since(p, first);
    if (kind == PATTERN_SOME && q->some > (int64_t)q->nchildren)
        said_wrong(p, q->span, "more steps are wanted than there are", NULL);
    return q;
}

/* atom = name | group | all | some */
static struct pattern *atom(struct parser *p) {
    if (p->panic) return make_pattern(p, PATTERN_NAME, here(p));
    if (peek(p) == TOKEN_LPAREN) return group(p);
    if (word(p) == KW_ALL && peek_at(p, 1) == TOKEN_LPAREN) return any_order(p, PATTERN_ALL);
    if (peek(p) == TOKEN_INT && word_at(p, 1) == KW_OF) return any_order(p, PATTERN_SOME);
    struct pattern *q = make_pattern(p, PATTERN_NAME, here(p));
    if (peek(p) == TOKEN_INT) {
        struct diag *m = fault(p, MATCH_WORD, "a step");
        if (m)
            diag_help(p->diags, m, "a count stands behind its step: `a 3 times`; or `2 of (a, b)`");
    } else {
        q->name = variable(p, "a step");
    }
    return q;
}

/* ---- modifiers ------------------------------------------------------------------------------- */

/* A fault inside `{…}` must not end at its brace, which would end the rule. */
static void close_braces(struct parser *p) {
    if (!p->panic) {
        expect(p, TOKEN_RBRACE, "or `,` in a count: `{2}` `{2,}` `{2,5}`", MATCH_WORD);
        if (!p->panic) return;
    }
    skip_line(p);
    if (!first_on_line(p, p->at) && accept(p, TOKEN_RBRACE)) p->panic = false;
}

/* braces = "{" int [ "," [ int ] ] "}" */
static void braces(struct parser *p, struct count *c) {
    advance(p);
    if (peek(p) == TOKEN_COMMA) {
        struct diag *m = fault(p, MATCH_WORD, "a whole number");
        if (m) diag_help(p->diags, m, "write `{0,5}` for up to five");
    }
    parse_int(p, "a whole number", MAY_BE_ZERO, &c->least);
    c->most = c->least;
    if (!p->panic && accept(p, TOKEN_COMMA)) {
        c->most = COUNT_UNBOUNDED;
        if (peek(p) != TOKEN_RBRACE)
            parse_int(p, "a whole number, how often at most", MAY_BE_ZERO, &c->most);
    }
    close_braces(p);
}

/* times = int ( "times" | "or" "more" "times" | "to" int "times" ) */
static void times(struct parser *p, struct count *c) {
    parse_int(p, "how often", MAY_BE_ZERO, &c->least);
    c->most = c->least;
    if (accept_word(p, KW_OR)) {
        c->most = COUNT_UNBOUNDED;
        expect_word(p, KW_MORE, "behind `or`, as in `3 or more times`", MATCH_WORD);
    } else if (accept_word(p, KW_TO)) {
        parse_int(p, "a whole number, how often at most", MAY_BE_ZERO, &c->most);
    }
    if (p->panic || accept_word(p, KW_TIMES)) return;
    struct diag *m = fault(p, MATCH_WORD, "`times` behind the count");
    if (m && !m->help)
        diag_help(p->diags, m, "a count is written `3 times`, `3 or more times`, `3 to 5 times`");
}

/* count = ( times | braces | "+" | "*" | "?" ) [ "?" ] */
static bool count_ahead(const struct parser *p) {
    switch (peek(p)) {
    case TOKEN_LBRACE:
    case TOKEN_PLUS:
    case TOKEN_STAR:
    case TOKEN_QUESTION:
    case TOKEN_COALESCE: return true;
    case TOKEN_INT: return word_at(p, 1) != KW_OF;
    default: return false;
    }
}

static void count(struct parser *p, struct count *c) {
    uint32_t first = p->at;
    enum token_kind kind = peek(p);
    c->written = true;
    c->words = kind == TOKEN_INT;
    c->braces = kind == TOKEN_LBRACE;
    if (kind == TOKEN_LBRACE) {
        braces(p, c);
    } else if (kind == TOKEN_INT) {
        times(p, c);
    } else {
        c->least = kind == TOKEN_PLUS;
        c->most = kind == TOKEN_PLUS || kind == TOKEN_STAR ? COUNT_UNBOUNDED : 1;
        c->reluctant = kind == TOKEN_COALESCE; /* `a??`, one token for the lexer */
        advance(p);
    }
    if (kind != TOKEN_COALESCE && !p->panic && accept(p, TOKEN_QUESTION)) c->reluctant = true;
    c->span = span_since(p, first);
    if (c->most != COUNT_UNBOUNDED && c->most < c->least)
        said_wrong(p, c->span, "this count ends below where it begins",
                   "the smaller number comes first: `2 to 5 times`");
}

static void twice(struct parser *p, const char *what) {
    said_wrong(p, here(p), arena_printf(p->arena, "this step has %s already", what),
               "for one around the other use parentheses: `(a 2 times) 3 times`");
}

/* extent = "for" duration [ "gap" duration ] | "lasting" duration */
static void extent(struct parser *p, struct pattern *q) {
    uint32_t first = p->at;
    if (q->for_ns || q->lasting_ns) twice(p, "a `for` or `lasting`");
    if (accept_word(p, KW_LASTING)) {
        parse_duration(p, "behind `lasting`", ABOVE_ZERO, &q->lasting_ns,
                       &q->lasting_text);
    } else {
        advance(p);
        parse_duration(p, "behind `for`", ABOVE_ZERO, &q->for_ns, &q->for_text);
        if (!p->panic && accept_word(p, KW_GAP))
            parse_duration(p, "behind `gap`", ABOVE_ZERO, &q->gap_ns, &q->gap_text);
    }
    q->for_span = span_since(p, first);
}

/* inner = "in" "a" "row" | "combinations" */
static void inner(struct parser *p, struct pattern *q) {
    uint32_t first = p->at;
    if (q->inner != INNER_RELAXED) twice(p, "`in a row` or `combinations`");
    if (accept_word(p, KW_COMBINATIONS)) {
        q->inner = INNER_COMBINATIONS;
    } else {
        q->inner = INNER_IN_A_ROW;
        advance(p);
        bool a = peek(p) == TOKEN_NAME && str_equal_nocase(text_of(p, here(p)), STR("a"));
        if (a) advance(p);
        else fault(p, NOWHERE, "`a row` behind `in`");
        expect_word(p, KW_ROW, "behind `in a`", MATCH_WORD);
    }
    q->inner_span = span_since(p, first);
}

/* { count | inner | "until" name | extent }, in any order, each once */
static void modifiers(struct parser *p, struct pattern *q) {
    while (!p->panic) {
        enum keyword k = word(p);
        if (count_ahead(p)) {
            if (q->count.written) twice(p, "a count");
            count(p, &q->count);
        } else if (k == KW_IN || k == KW_COMBINATIONS) {
            inner(p, q);
        } else if (k == KW_UNTIL) {
            if (q->until.text.n) twice(p, "an `until`");
            advance(p);
            q->until = variable(p, "the name of what ends the loop, behind `until`");
        } else if (k == KW_FOR || k == KW_LASTING) {
            extent(p, q);
        } else {
            break;
        }
    }
    if (q->inner != INNER_RELAXED && !q->count.written)
        said_wrong(p, q->inner_span, "there is no loop here to which this could belong",
                   "it stands at a count: `a 3 times in a row`, `a+ combinations`");
    if (q->for_ns && !q->gap_ns && word(p) == KW_GAP) fault(p, NOWHERE, "`gap` right behind `for`");
}

/* step = no | [ "optional" ] atom modifiers */
static struct pattern *step(struct parser *p) {
    uint32_t first = p->at;
    if (word(p) == KW_NO && !p->panic) return absence(p);
    bool optional = !p->panic && accept_word(p, KW_OPTIONAL);
    if (optional && word(p) == KW_NO) fault(p, NOWHERE, "a step behind `optional`");
    struct pattern *q = atom(p);
    q->optional = optional;
    modifiers(p, q);
    q->span = span_since(p, first);
    return q;
}

/* ---- links, alternatives --------------------------------------------------------------------- */

/* bound = "within" duration | "after" duration | "between" duration "and" duration */
static void bound(struct parser *p, struct link *link) {
    enum keyword k = word(p);
    if (k != KW_WITHIN && k != KW_AFTER && k != KW_BETWEEN) return;
    struct span at = here(p);
    advance(p);
    if (link->kind == LINK_NEXT)
        said_wrong(p, at, "a bound from step to step stands behind `then`",
                   "with `next` compare the times in `where`: `b: at - a.at <= 5s`");
    if (k != KW_WITHIN)
        parse_duration(p, k == KW_AFTER ? "behind `after`" : "behind `between`", MAY_BE_ZERO,
                       &link->least_ns, &link->least_text);
    if (k == KW_BETWEEN) expect_word(p, KW_AND, "between the two bounds", MATCH_WORD);
    if (k != KW_AFTER)
        parse_duration(p, k == KW_WITHIN ? "behind `within`" : "behind `and`", MAY_BE_ZERO,
                       &link->most_ns, &link->most_text);
    if (k == KW_BETWEEN && !p->panic && link->most_ns < link->least_ns)
        said_wrong(p, at, "the second bound is below the first", "the smaller one comes first");
}

/* link = ( "next" | "then" [ "each" ] ) [ bound ] */
static bool link_ahead(struct parser *p, struct link *link) {
    uint32_t first = p->at;
    *link = (struct link){.most_ns = -1};
    if (p->panic) return false;
    if (accept_word(p, KW_NEXT)) link->kind = LINK_NEXT;
    else if (accept_word(p, KW_THEN)) link->kind = LINK_THEN;
    else if (foreign(p, "->") || foreign(p, "=>") || foreign(p, "\xE2\x86\x92")) {
        link->kind = LINK_THEN;
        advance(p);
    } else {
        return false;
    }
    if (link->kind == LINK_THEN && accept_word(p, KW_EACH)) link->kind = LINK_THEN_EACH;
    bound(p, link);
    link->span = span_since(p, first);
    return !p->panic;
}

/* sequence = step { link step } */
static struct pattern *sequence(struct parser *p) {
    struct patterns steps = {0};
    struct link link = {.most_ns = -1};
    do {
        struct pattern *one = step(p);
        one->link = link;
        arena_push(p->arena, steps.v, steps.n, steps.cap, one);
    } while (link_ahead(p, &link));
    return steps.n == 1 ? steps.v[0] : around(p, PATTERN_SEQUENCE, steps);
}

enum { READING_MAX = 100 };

static void print_alternative(const struct pattern *q, struct buf *out) {
    bool several = open_group(q);
    if (several) buf_char(out, '(');
    print_pattern(q, out);
    if (several) buf_char(out, ')');
}

static struct patterns steps_of(struct pattern **q) {
    if (open_group(*q)) return (struct patterns){(*q)->children, (*q)->nchildren, 0};
    return (struct patterns){q, 1, 0};
}

/* `a then b or c`: (a then b) or c · a then (b or c) */
static void both_readings(struct parser *p, struct patterns alternatives, struct span or_span) {
    struct buf loose, tight;
    buf_init(&loose), buf_init(&tight);
    for (uint32_t i = 0; i < alternatives.n && loose.n <= READING_MAX; i++) {
        if (i) buf_text(&loose, " or ");
        print_alternative(alternatives.v[i], &loose);
        struct patterns steps = steps_of(&alternatives.v[i]);
        bool more = i + 1 < alternatives.n;
        for (uint32_t j = 0; j < steps.n && tight.n <= READING_MAX; j++) {
            bool opens = more && j + 1 == steps.n && (i == 0 || steps.n > 1);
            if (i && j == 0) buf_text(&tight, " or ");
            if (j) {
                buf_char(&tight, ' ');
                print_link(&steps.v[j]->link, &tight);
                buf_char(&tight, ' ');
            }
            if (opens) buf_char(&tight, '(');
            print_pattern(steps.v[j], &tight);
            if (i && j == 0 && (!more || steps.n > 1)) buf_char(&tight, ')');
        }
    }
    struct diag *m =
        diag_error(p->diags, or_span, "`or` beside `then` or `next` can be read two ways");
    if (loose.n <= READING_MAX && tight.n <= READING_MAX)
        diag_help(p->diags, m, "write `%s` or `%s`", buf_cstr(&loose), buf_cstr(&tight));
    else
        diag_help(p->diags, m, "put parentheses: `(a then b) or c`, or `a then (b or c)`");
    buf_fini(&loose), buf_fini(&tight);
}

/* [ "within" duration ] at the end of a pattern, and what people write behind it */
static struct pattern *within(struct parser *p, struct pattern *q) {
    uint32_t first = p->at;
    if (p->panic || !accept_word(p, KW_WITHIN)) return q;
    if (!open_group(q)) q = around_one(p, q);
    parse_duration(p, "behind `within`", MAY_BE_ZERO, &q->within_ns, &q->within_text);
    q->within_span = span_since(p, first);
    q->span = span_join(q->span, q->within_span);
    struct link link;
    uint32_t at = p->at;
    if (word(p) != KW_OR && !link_ahead(p, &link)) return q;
    if (p->panic) return q;
    said_wrong(p, p->tokens[at].span, "the pattern has ended with its `within`",
               "from step to step write `a then within 5s b`; within the pattern use parentheses: "
               "`(a then b within 5s) then c`");
    p->panic = true;
    return q;
}

/* pattern = sequence { "or" sequence } [ "within" duration ] */
static struct pattern *pattern_of(struct parser *p) {
    struct patterns alternatives = {0};
    struct span or_span = here(p);
    bool mixed = false;
    do {
        struct pattern *one = sequence(p);
        mixed |= open_group(one);
        arena_push(p->arena, alternatives.v, alternatives.n, alternatives.cap, one);
        if (alternatives.n == 1) or_span = here(p);
        if (foreign(p, "||") || foreign(p, "|")) {
            advance(p);
            continue;
        }
        if (p->panic || !accept_word(p, KW_OR)) break;
    } while (true);
    struct pattern *q = alternatives.v[0];
    if (alternatives.n > 1) {
        if (mixed && !p->panic) both_readings(p, alternatives, or_span);
        q = around(p, PATTERN_OR, alternatives);
    }
    return within(p, q);
}

struct pattern *parse_whole_pattern(struct parser *p) {
    return pattern_of(p);
}

/* mode = [ "longest" | "all" "ways" ], a mode only if a step follows */
enum match_mode parse_match_mode(struct parser *p) {
    if (word(p) == KW_ALL && word_at(p, 1) == KW_WAYS) {
        advance(p), advance(p);
        return MATCH_ALL_WAYS;
    }
    if (word(p) != KW_LONGEST) return MATCH_FIRST;
    uint32_t at = p->at;
    advance(p);
    bool step_follows = peek(p) == TOKEN_LPAREN ||
                        (peek(p) == TOKEN_INT && word_at(p, 1) == KW_OF) ||
                        (peek(p) == TOKEN_NAME && !at_label(p) && !structural(p));
    if (!step_follows) p->at = at;
    return step_follows ? MATCH_LONGEST : MATCH_FIRST;
}
