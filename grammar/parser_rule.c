/* parser_rule: a rule: its clauses in any order, each once, `except` as often as one likes.
 *
 * Each clause leaves an entry in r->clauses, so that the order the author chose is kept, and a
 * second one of its kind is an error that shows the first. After an error in a clause the next
 * clause is looked for (parser_recovery.c). A clause that people write with a colon behind its
 * word (`severity: high`) is understood and complained about.
 * Tests: tests/cases/grammar/rule.case, clauses.case
 */
#include "grammar/parser_clauses.h"

struct rule_being_read {
    struct rule_decl *rule;
    uint32_t cap_clauses, cap_excepts;
    struct span seen[CLAUSE_KINDS];
    bool is_seen[CLAUSE_KINDS];
};

static const char *const clause_names[CLAUSE_KINDS] = {
    "doc", "severity", "tags", "on", "match", "where", "having", "when", "every", "after match",
    "emit", "timeout emit", "attach", "once per", "resolve when", "resolve after",
    "emit at resolve", "except", "score", "meta", "version", "mode", "limit", "forget after",
    "unbounded"};

/* ---- simple clauses -------------------------------------------------------------------------- */

/* names = ( name | string ) { "," ( name | string ) }, strings for tags only */
static struct name *names(struct parser *p, bool strings, const char *what, uint32_t *n) {
    struct name *v = NULL;
    uint32_t cap = 0;
    *n = 0;
    do {
        struct name name = {.span = here(p)};
        if (strings && !p->panic && peek(p) == TOKEN_STRING) name.text = expect_string(p, what);
        else name = expect_name(p, what, NOWHERE);
        arena_push(p->arena, v, *n, cap, name);
    } while (!p->panic && accept(p, TOKEN_COMMA));
    if (strings && !p->panic && (peek(p) == TOKEN_MINUS || peek(p) == TOKEN_DOT)) {
        struct diag *m = fault(p, NOWHERE, "`,` or a clause");
        if (m) diag_help(p->diags, m, "a tag with other signs stands in quotes: \"attack.t1110\"");
    }
    return v;
}

/* mode = "mode" ( "live" | "shadow" | "signal" | "off" ) */
static void mode(struct parser *p, struct rule_decl *r) {
    switch (word(p)) {
    case KW_LIVE: r->mode = MODE_LIVE; break;
    case KW_SHADOW: r->mode = MODE_SHADOW; break;
    case KW_SIGNAL: r->mode = MODE_SIGNAL; break;
    case KW_OFF: r->mode = MODE_OFF; break;
    case KW_CANARY:
        said_wrong(p, here(p), "`mode canary` is reserved: omen cannot do it yet",
                   "`mode shadow` marks the alerts and sends them aside");
        p->panic = true;
        return;
    default: {
        struct diag *m = fault(p, NOWHERE, "`live`, `shadow`, `signal` or `off`");
        static const struct str modes[] = {{"live", 4}, {"shadow", 6}, {"signal", 6}, {"off", 3}};
        size_t near =
            m && peek(p) == TOKEN_NAME ? nearest_word(text_of(p, here(p)), modes, 4) : SIZE_MAX;
        if (near < 4) diag_help(p->diags, m, "did you mean `%s`?", modes[near].p);
        return;
    }
    }
    advance(p);
}

static void match(struct parser *p, struct rule_decl *r) {
    r->match = parse_match_mode(p);
    r->pattern = parse_whole_pattern(p);
    if (p->panic || peek(p) == TOKEN_RBRACE || peek(p) == TOKEN_END ||
        (keyword_places(word(p)) & RULE_WORD) || declaration_at(p, p->at))
        return;
    struct diag *m = fault(p, MATCH_WORD | RULE_WORD, "a part of the pattern or a clause");
    if (m && !m->help && peek(p) == TOKEN_COMMA)
        diag_help(p->diags, m,
                  "steps are linked by `then` (later) or `next` (the very next event)");
}

/* ---- which clause ---------------------------------------------------------------------------- */

/* Every clause but `except` takes its kind from one word or two. */
static enum clause_kind kind_here(const struct parser *p) {
    enum keyword next = word_at(p, 1);
    switch (word(p)) {
    case KW_DOC: return CLAUSE_DOC;
    case KW_SEVERITY: return CLAUSE_SEVERITY;
    case KW_TAGS: return CLAUSE_TAGS;
    case KW_ON: return CLAUSE_ON;
    case KW_MATCH: return CLAUSE_MATCH;
    case KW_WHERE: return CLAUSE_WHERE;
    case KW_HAVING: return CLAUSE_HAVING;
    case KW_WHEN: return CLAUSE_WHEN;
    case KW_EVERY: return CLAUSE_EVERY;
    case KW_AFTER: return CLAUSE_AFTER_MATCH;
    case KW_EMIT: return next == KW_AT ? CLAUSE_EMIT_AT_RESOLVE : CLAUSE_EMIT;
    case KW_TIMEOUT: return CLAUSE_TIMEOUT_EMIT;
    case KW_ATTACH: return CLAUSE_ATTACH;
    case KW_ONCE: return CLAUSE_ONCE;
    case KW_RESOLVE: return next == KW_AFTER ? CLAUSE_RESOLVE_AFTER : CLAUSE_RESOLVE_WHEN;
    case KW_EXCEPT: return CLAUSE_EXCEPT;
    case KW_SCORE: return CLAUSE_SCORE;
    case KW_META: return CLAUSE_META;
    case KW_VERSION: return CLAUSE_VERSION;
    case KW_MODE: return CLAUSE_MODE;
    case KW_LIMIT: return CLAUSE_LIMIT;
    case KW_FORGET: return CLAUSE_FORGET;
    case KW_UNBOUNDED: return CLAUSE_UNBOUNDED;
    default: return CLAUSE_KINDS;
    }
}

static void labelled_into(struct parser *p, struct named_expr **v, uint32_t *n) {
    struct named_exprs out = {0};
    parse_labelled(p, &out);
    *v = out.v;
    *n = out.n;
}

/* resolve = "resolve" ( "when" [ "on" name ":" ] expr | "after" duration ) | "emit" "at" "resolve"
 * labelled */
static void resolve(struct parser *p, struct rule_decl *r, enum clause_kind kind) {
    struct resolve_clause *c = &r->resolve;
    uint32_t first = p->at - 1;
    if (kind == CLAUSE_EMIT_AT_RESOLVE) {
        advance(p);
        if (expect_word(p, KW_RESOLVE, "behind `emit at`", RULE_WORD))
            labelled_into(p, &c->emit, &c->nemit);
        return;
    }
    if (accept_word(p, KW_AFTER)) {
        parse_duration(p, "behind `resolve after`", ABOVE_ZERO, &c->after_ns,
                       &c->after_text);
    } else {
        expect_word(p, KW_WHEN, "or `after` behind `resolve`", CLAUSE_WORD);
        if (!p->panic) c->when = parse_event_condition(p, "resolve when", &c->on);
    }
    struct span span = span_since(p, first);
    c->span = c->span.start == c->span.end ? span : span_join(c->span, span);
}

static void one_except(struct parser *p, struct rule_being_read *b) {
    struct except_clause e;
    parse_except(p, &e);
    arena_push(p->arena, b->rule->excepts, b->rule->nexcepts, b->cap_excepts, e);
}

/* What stands behind the keyword, which has been taken.
 * Longer than most functions: one line a clause, and a table of them would hide what they do. */
static void clause_body(struct parser *p, struct rule_being_read *b, enum clause_kind kind) {
    struct rule_decl *r = b->rule;
    switch (kind) {
    case CLAUSE_DOC: r->doc = expect_string(p, "a text"); break;
    case CLAUSE_SEVERITY: r->severity = parse_expr(p); break;
    case CLAUSE_TAGS: r->tags = names(p, true, "a tag", &r->ntags); break;
    case CLAUSE_ON: clause_on(p, r); break;
    case CLAUSE_MATCH: match(p, r); break;
    case CLAUSE_WHERE: clause_where(p, r); break;
    case CLAUSE_HAVING: r->having = parse_expr(p); break;
    case CLAUSE_WHEN: clause_when(p, r); break;
    case CLAUSE_EVERY: clause_every(p, r); break;
    case CLAUSE_AFTER_MATCH:
        if (expect_word(p, KW_MATCH, "behind `after`", RULE_WORD))
            parse_skip(p, &r->after, &r->after_name);
        break;
    case CLAUSE_EMIT: labelled_into(p, &r->emit, &r->nemit); break;
    case CLAUSE_TIMEOUT_EMIT:
        if (expect_word(p, KW_EMIT, "behind `timeout`", RULE_WORD))
            labelled_into(p, &r->timeout_emit, &r->ntimeout_emit);
        break;
    case CLAUSE_ATTACH:
        r->attach = names(p, false, "a name of the pattern", &r->nattach);
        break;
    case CLAUSE_ONCE: clause_once(p, r); break;
    case CLAUSE_RESOLVE_WHEN:
    case CLAUSE_RESOLVE_AFTER:
    case CLAUSE_EMIT_AT_RESOLVE: resolve(p, r, kind); break;
    case CLAUSE_EXCEPT: one_except(p, b); break;
    case CLAUSE_SCORE: r->score = parse_expr(p); break;
    case CLAUSE_META: {
        struct named_exprs meta = parse_braced(p, "a name");
        r->meta = meta.v;
        r->nmeta = meta.n;
        break;
    }
    case CLAUSE_VERSION: parse_int(p, "a whole number", MAY_BE_ZERO, &r->version); break;
    case CLAUSE_MODE: mode(p, r); break;
    case CLAUSE_LIMIT:
        parse_int(p, "a whole number behind `limit`", ABOVE_ZERO, &r->limit_runs);
        expect_word(p, KW_RUNS, "behind the limit", CLAUSE_WORD);
        break;
    case CLAUSE_FORGET:
        if (expect_word(p, KW_AFTER, "behind `forget`", RULE_WORD))
            parse_duration(p, "behind `forget after`", ABOVE_ZERO, &r->forget_ns,
                           &r->forget_text);
        break;
    case CLAUSE_UNBOUNDED: r->unbounded = true; break;
    case CLAUSE_KINDS: break;
    }
}

static void keep_span(struct rule_decl *r, enum clause_kind kind, struct span span) {
    struct span *const spans[CLAUSE_KINDS] = {
        [CLAUSE_DOC] = &r->doc_span,
        [CLAUSE_SEVERITY] = &r->severity_span,
        [CLAUSE_TAGS] = &r->tags_span,
        [CLAUSE_ON] = &r->on_span,
        [CLAUSE_MATCH] = &r->match_span,
        [CLAUSE_WHERE] = &r->where_span,
        [CLAUSE_WHEN] = &r->when_span,
        [CLAUSE_AFTER_MATCH] = &r->after_span,
        [CLAUSE_EMIT] = &r->emit_span,
        [CLAUSE_TIMEOUT_EMIT] = &r->timeout_span,
        [CLAUSE_ATTACH] = &r->attach_span,
        [CLAUSE_SCORE] = &r->score_span,
        [CLAUSE_META] = &r->meta_span,
        [CLAUSE_VERSION] = &r->version_span,
        [CLAUSE_MODE] = &r->mode_span,
        [CLAUSE_LIMIT] = &r->limit_span,
        [CLAUSE_FORGET] = &r->forget_span,
        [CLAUSE_UNBOUNDED] = &r->unbounded_span,
    };
    if (spans[kind]) *spans[kind] = span;
}

/* ---- clauses that are none ------------------------------------------------------------------- */

static bool reserved(struct parser *p) {
    enum keyword k = word(p), next = word_at(p, 1);
    const char *what = NULL;
    if (k == KW_FOR && next == KW_EACH) what = "`for each` is reserved: omen cannot do it yet";
    else if (k == KW_JOIN) what = "`join` is reserved: omen cannot do it yet";
    else if (k == KW_WARM && next == KW_UP) what = "`warm up` is reserved: omen cannot do it yet";
    if (what) said_wrong(p, here(p), what, NULL);
    return what;
}

static void no_clause(struct parser *p) {
    if (!p->panic && reserved(p)) {
        advance(p);
        skip_line(p);
        return;
    }
    bool line = first_on_line(p, p->at);
    struct diag *m = fault(p, RULE_WORD | MATCH_WORD | EXPR_WORD,
                           line ? "a clause or `}`" : "an operator, a clause or `}`");
    if (m && !m->help && peek(p) == TOKEN_LBRACE)
        diag_help(p->diags, m, "only `rule NAME {` and `meta {` open braces here");
    else if (m && !m->help && peek(p) == TOKEN_QUESTION)
        diag_help(p->diags, m, "write `if(condition, then, else)`");
    advance(p);
    recover_line(p);
}

/* `severity: high`: understood. True if a clause's word stands before a colon. */
static bool clause_with_colon(struct parser *p) {
    if (!at_label(p)) return false;
    enum keyword k = (enum keyword)p->keywords[p->at];
    if (!(keyword_places(k) & RULE_WORD)) return false;
    struct token *colon = (struct token *)&p->tokens[p->at + 1];
    said_wrong(p, colon->span, "no `:` stands behind the word of a clause",
               arena_printf(p->arena, "leave it out: `%s …`", keyword_text(k)));
    return true;
}

static void clause(struct parser *p, struct rule_being_read *b) {
    uint32_t first = p->at;
    enum clause_kind kind = kind_here(p);
    bool colon = kind == CLAUSE_KINDS && clause_with_colon(p);
    if (colon) {
        enum keyword k = (enum keyword)p->keywords[p->at];
        kind = k == KW_DOC        ? CLAUSE_DOC
               : k == KW_SEVERITY ? CLAUSE_SEVERITY
               : k == KW_TAGS     ? CLAUSE_TAGS
               : k == KW_ON       ? CLAUSE_ON
               : k == KW_MATCH    ? CLAUSE_MATCH
               : k == KW_WHEN     ? CLAUSE_WHEN
               : k == KW_WHERE    ? CLAUSE_WHERE
               : k == KW_EMIT     ? CLAUSE_EMIT
                                  : CLAUSE_KINDS;
        advance(p);
        p->panic = kind == CLAUSE_KINDS;
    } else if (kind == CLAUSE_KINDS) {
        no_clause(p);
        return;
    }
    struct span word_span = p->tokens[first].span;
    advance(p);
    if (p->panic) return;
    if (kind != CLAUSE_EXCEPT && b->is_seen[kind]) {
        struct diag *m =
            diag_error(p->diags, word_span, "a second `%s` in this rule", clause_names[kind]);
        diag_help(p->diags, m, "put the two together: each clause stands once");
        diag_related(p->diags, m, b->seen[kind], "the first is here");
    } else {
        b->is_seen[kind] = true;
        b->seen[kind] = word_span;
    }
    clause_body(p, b, kind);
    struct clause entry = {.kind = kind, .span = span_since(p, first)};
    if (kind == CLAUSE_EXCEPT) entry.index = b->rule->nexcepts - 1;
    keep_span(b->rule, kind, entry.span);
    arena_push(p->arena, b->rule->clauses, b->rule->nclauses, b->cap_clauses, entry);
}

static void not_closed(struct parser *p, struct rule_decl *r) {
    struct diag *m = diag_error(p->diags, behind_last(p), "the `}` of rule `%.*s` is missing",
                                STR_FMT(r->name.text));
    diag_related(p->diags, m, r->header, "the rule begins here");
}

/* rule = "rule" name "{" { clause } "}" */
struct rule_decl *parse_rule(struct parser *p) {
    struct rule_decl *r = arena_new(p->arena, struct rule_decl);
    struct rule_being_read b = {.rule = r};
    uint32_t first = p->at;
    advance(p);
    r->name = expect_name(p, "the name of the rule", NOWHERE);
    r->header = span_since(p, first);
    r->version = 0;
    if (!p->panic && peek(p) == TOKEN_MINUS) {
        struct diag *m = fault(p, NOWHERE, "`{`");
        if (m) diag_help(p->diags, m, "a name has no `-`: write `_`, or put it in back-quotes");
    }
    expect(p, TOKEN_LBRACE, "behind the name of the rule", NOWHERE);
    if (p->panic) { /* the clauses may still be readable */
        recover_clause(p);
        if (!clause_at(p, p->at)) return r;
    }
    while (peek(p) != TOKEN_RBRACE) {
        if (peek(p) == TOKEN_END || (declaration_at(p, p->at) && first_on_line(p, p->at))) {
            not_closed(p, r);
            r->span = span_since(p, first);
            return r;
        }
        clause(p, &b);
        if (p->panic) recover_clause(p);
    }
    advance(p);
    r->span = span_since(p, first);
    if (b.is_seen[CLAUSE_EMIT_AT_RESOLVE] && !b.is_seen[CLAUSE_RESOLVE_WHEN] &&
        !b.is_seen[CLAUSE_RESOLVE_AFTER])
        said_wrong(p, b.seen[CLAUSE_EMIT_AT_RESOLVE], "nothing resolves the alerts of this rule",
                   "`emit at resolve` needs `resolve when CONDITION` or `resolve after 10m`");
    return r;
}
