/* parser_recovery: what is said when a text does not parse, and where reading goes on.
 *
 * A word is a keyword only where the grammar asks for one, so a clause cannot be found again by
 * its keyword alone: `limit` is a clause and a likely field. clause_at() therefore looks at what
 * follows as well (`limit` and a number, `where` and a label), and recovery takes a clause in the
 * middle of a line only behind something that can end an operand.
 *
 *   match a then ) b          fault at `)`: skip …
 *   where a: speed > limit    … to here: `where`, first on its line, a label behind it
 *
 * Braces that open while skipping are skipped whole; a declaration at the start of a line ends
 * every skip, whatever is still open. Each skip looks at each token once.
 * Tests: tests/cases/grammar
 */
#include <stdarg.h>

#include "base/utf8.h"
#include "grammar/parser_internal.h"

/* ---- words for messages ---------------------------------------------------------------------- */

enum { SHOWN_MAX = 40 };

struct str token_words(struct parser *p, uint32_t at) {
    struct token t = p->tokens[at];
    struct str text = text_of(p, t.span);
    const char *more = "";
    if (text.n > SHOWN_MAX) {
        text.n = SHOWN_MAX;
        text.n = utf8_valid_prefix(text);
        more = "…";
    }
    switch (t.kind) {
    case TOKEN_NAME:
        if (t.quoted) return text;
        if (at + 1 < p->n && p->tokens[at + 1].kind == TOKEN_COLON)
            return str_of(arena_printf(p->arena, "the label `%.*s%s:`", STR_FMT(text), more));
        return str_of(arena_printf(p->arena, "`%.*s%s`", STR_FMT(text), more));
    case TOKEN_STRING:
        return str_of(arena_printf(p->arena, "the text %.*s%s", STR_FMT(text), more));
    case TOKEN_INT:
    case TOKEN_NUMBER:
    case TOKEN_DURATION:
    case TOKEN_TIME:
    case TOKEN_CLOCK:
    case TOKEN_IP:
        return str_of(arena_printf(p->arena, "`%.*s%s`", STR_FMT(text), more));
    default: return str_of(token_shown(t.kind));
    }
}

static const struct {
    unsigned places;
    const char *word, *help;
} slips[] = {
#define SLIP(places, word, help) {places, word, help},
#include "grammar/slips.def"
#undef SLIP
};

/* Two neighbouring letters have changed places: for str_nearest that is two faults. */
static bool swapped(struct str a, struct str b) {
    if (a.n != b.n || a.n < 2) return false;
    size_t i = 0;
    while (i < a.n && (a.p[i] | 32) == (b.p[i] | 32)) i++;
    if (i + 1 >= a.n || (a.p[i] | 32) != (b.p[i + 1] | 32) || (a.p[i + 1] | 32) != (b.p[i] | 32))
        return false;
    struct str a_tail = {a.p + i + 2, a.n - i - 2}, b_tail = {b.p + i + 2, b.n - i - 2};
    return str_equal_nocase(a_tail, b_tail);
}

/* For words of three letters and fewer one other letter is too much: most would be near. */
size_t nearest_word(struct str word, const struct str *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (swapped(word, names[i])) return i;
    size_t nearest = word.n < 4 ? SIZE_MAX : str_nearest(word, names, n);
    return nearest == SIZE_MAX || str_equal_nocase(word, names[nearest]) ? SIZE_MAX : nearest;
}

const char *word_help(struct parser *p, unsigned where, struct str word) {
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++)
        if ((slips[i].places & where) && str_equal_nocase(word, str_of(slips[i].word)))
            return slips[i].help;
    struct str names[KEYWORDS];
    size_t n = 0;
    for (int k = NO_KEYWORD + 1; k < KEYWORDS; k++)
        if (keyword_places((enum keyword)k) & where)
            names[n++] = str_of(keyword_text((enum keyword)k));
    size_t nearest = nearest_word(word, names, n);
    if (nearest == SIZE_MAX) return NULL;
    return arena_printf(p->arena, "did you mean `%s`?", names[nearest].p);
}

struct diag *fault(struct parser *p, unsigned where, const char *expected, ...) {
    if (p->panic) return NULL;
    p->panic = true;
    if (peek(p) == TOKEN_ERROR) return NULL;
    va_list ap;
    va_start(ap, expected);
    struct buf words;
    buf_init(&words);
    buf_vprintf(&words, expected, ap);
    va_end(ap);
    struct span at = peek(p) == TOKEN_END ? behind_last(p) : here(p);
    struct diag *m = diag_error(p->diags, at, "expected %s, found %.*s", buf_cstr(&words),
                                STR_FMT(token_words(p, p->at)));
    buf_fini(&words);
    if (p->diags->errors > DIAG_MAX) return m; /* it will not be shown */
    if (peek(p) == TOKEN_NAME && !p->tokens[p->at].quoted) {
        const char *help = word_help(p, where, text_of(p, here(p)));
        if (help) diag_help(p->diags, m, "%s", help);
    }
    return m;
}

struct diag *said_wrong(struct parser *p, struct span at, const char *message, const char *help) {
    if (p->panic) return NULL;
    struct diag *m = diag_error(p->diags, at, "%s", message);
    if (help) diag_help(p->diags, m, "%s", help);
    return m;
}

/* ---- what stands here ------------------------------------------------------------------------ */

bool foreign(const struct parser *p, const char *sign) {
    return peek(p) == TOKEN_ERROR && str_equal(text_of(p, here(p)), str_of(sign));
}

static enum token_kind kind_at(const struct parser *p, uint32_t at) {
    return at < p->n ? p->tokens[at].kind : TOKEN_END;
}

static enum keyword keyword_at(const struct parser *p, uint32_t at) {
    return at < p->n && kind_at(p, at + 1) != TOKEN_COLON ? (enum keyword)p->keywords[at]
                                                          : NO_KEYWORD;
}

static bool label_at(const struct parser *p, uint32_t at) {
    return kind_at(p, at) == TOKEN_NAME && kind_at(p, at + 1) == TOKEN_COLON;
}

/* A name that can only be one: no label, and no word that could go on after an operand. */
static bool plain_name_at(const struct parser *p, uint32_t at) {
    unsigned going_on = RULE_WORD | CLAUSE_WORD | EXPR_WORD | HARD_WORD | FILE_WORD;
    return kind_at(p, at) == TOKEN_NAME && !label_at(p, at) &&
           !(keyword_places(keyword_at(p, at)) & going_on);
}

/* An expression begins at `at`, and `at` cannot go on after the name before it. */
static bool expression_at(const struct parser *p, uint32_t at, bool line) {
    switch (kind_at(p, at)) {
    case TOKEN_NAME: {
        enum keyword k = keyword_at(p, at);
        return plain_name_at(p, at) || k == KW_NOT || k == KW_TRUE || k == KW_FALSE || k == KW_NULL;
    }
    case TOKEN_INT:
    case TOKEN_NUMBER:
    case TOKEN_DURATION:
    case TOKEN_TIME:
    case TOKEN_STRING: return true;
    case TOKEN_LPAREN:
    case TOKEN_MINUS: return line;
    default: return false;
    }
}

bool clause_at(const struct parser *p, uint32_t at) {
    enum keyword k = keyword_at(p, at), next = keyword_at(p, at + 1);
    enum token_kind kind = kind_at(p, at + 1);
    if (!(keyword_places(k) & RULE_WORD)) return false;
    bool line = first_on_line(p, at);
    switch (k) {
    case KW_DOC: return kind == TOKEN_STRING;
    case KW_SEVERITY:
    case KW_SCORE:
    case KW_HAVING: return expression_at(p, at + 1, line);
    case KW_WHEN: return next == KW_ON || expression_at(p, at + 1, line);
    case KW_MODE:
    case KW_ON: return plain_name_at(p, at + 1);
    case KW_MATCH:
        return plain_name_at(p, at + 1) || kind == TOKEN_INT || (line && kind == TOKEN_LPAREN);
    case KW_WHERE:
    case KW_EXCEPT: return label_at(p, at + 1);
    case KW_EMIT: return label_at(p, at + 1) || next == KW_AT;
    case KW_EVERY: return kind == TOKEN_DURATION || kind == TOKEN_INT || next == KW_SESSION;
    case KW_AFTER: return next == KW_MATCH;
    case KW_TIMEOUT: return next == KW_EMIT;
    case KW_ATTACH:
    case KW_TAGS: return plain_name_at(p, at + 1) || kind == TOKEN_STRING;
    case KW_ONCE: return next == KW_PER;
    case KW_RESOLVE: return next == KW_WHEN || next == KW_AFTER;
    case KW_META: return kind == TOKEN_LBRACE;
    case KW_VERSION:
    case KW_LIMIT: return kind == TOKEN_INT;
    case KW_FORGET: return next == KW_AFTER;
    case KW_UNBOUNDED: return line;
    default: return false;
    }
}

bool next_clause(const struct parser *p) {
    return clause_at(p, p->at) && first_on_line(p, p->at);
}

bool declaration_at(const struct parser *p, uint32_t at) {
    enum keyword k = keyword_at(p, at);
    if (!(keyword_places(k) & FILE_WORD)) return false;
    enum token_kind next = kind_at(p, at + 1), third = kind_at(p, at + 2);
    uint32_t start = p->tokens[at].span.start;
    bool column_one = start == 0 || p->text.p[start - 1] == '\n';
    switch (k) {
    case KW_STREAM:
    case KW_TABLE:
    case KW_RULE: return next == TOKEN_NAME && (third == TOKEN_LBRACE || column_one);
    case KW_LET:
        return next == TOKEN_NAME && (third == TOKEN_EQ || third == TOKEN_LPAREN || column_one);
    case KW_PARAM: return next == TOKEN_NAME && (third == TOKEN_COLON || column_one);
    case KW_LIST: return next == TOKEN_NAME && (third == TOKEN_EQ || column_one);
    case KW_IMPORT:
    case KW_TEST: return next == TOKEN_STRING;
    case KW_EXCEPT: return column_one && keyword_at(p, at + 1) == KW_FOR;
    default: return false;
    }
}

bool operator_at(const struct parser *p, uint32_t ahead) {
    switch (peek_at(p, ahead)) {
    case TOKEN_NAME:
        switch (word_at(p, ahead)) {
        case KW_OR:
        case KW_AND:
        case KW_NOT:
        case KW_IN:
        case KW_BETWEEN:
        case KW_MATCHES:
        case KW_CONTAINS:
        case KW_STARTS:
        case KW_ENDS:
        case KW_LIKE: return true;
        default: return false;
        }
    case TOKEN_EQ:
    case TOKEN_NE:
    case TOKEN_LT:
    case TOKEN_LE:
    case TOKEN_GT:
    case TOKEN_GE:
    case TOKEN_PLUS:
    case TOKEN_MINUS:
    case TOKEN_STAR:
    case TOKEN_SLASH:
    case TOKEN_PERCENT:
    case TOKEN_COALESCE:
    case TOKEN_DOT:
    case TOKEN_LBRACKET: return true;
    default: return false;
    }
}

/* ---- skipping -------------------------------------------------------------------------------- */

enum stop { STOP_CLAUSE = 1,
            STOP_LABEL = 2,
            STOP_COMMA = 4,
            STOP_LINE = 8,
            STOP_WORD = 16 };
enum { GUESSES_MAX = 10000 }; /* a guess costs some hundred comparisons of letters */

static bool ends_operand(const struct parser *p, uint32_t at) {
    switch (kind_at(p, at)) {
    case TOKEN_NAME: return !(keyword_places(keyword_at(p, at)) & HARD_WORD);
    case TOKEN_COMMA:
    case TOKEN_COLON:
    case TOKEN_DOT:
    case TOKEN_LPAREN:
    case TOKEN_LBRACKET:
    case TOKEN_ERROR: return false;
    default: return kind_at(p, at) < TOKEN_EQ || kind_at(p, at) > TOKEN_PERCENT;
    }
}

/* A line begins here with a word that means one of `places`, though it is none of them. */
static bool slip_at(struct parser *p, unsigned places) {
    return peek(p) == TOKEN_NAME && !p->tokens[p->at].quoted && !at_label(p) &&
           p->guesses++ < GUESSES_MAX && word_help(p, places, text_of(p, here(p)));
}

static bool stops_at(struct parser *p, unsigned stops, uint32_t open) {
    uint32_t at = p->at;
    bool line = first_on_line(p, at);
    if ((stops & STOP_WORD) && line && slip_at(p, RULE_WORD)) return true;
    if ((stops & STOP_CLAUSE) && clause_at(p, at) && (line || (at && ends_operand(p, at - 1))))
        return true;
    if ((stops & STOP_LABEL) && label_at(p, at) && (line || open == 0)) return true;
    if ((stops & STOP_COMMA) && peek(p) == TOKEN_COMMA && open == 0 && label_at(p, at + 1))
        return true;
    return (stops & STOP_LINE) && line && peek(p) == TOKEN_NAME;
}

/* Always stops at the end, before a brace that closes what was open, and at a declaration. */
static void skip(struct parser *p, unsigned stops) {
    uint32_t braces = 0, open = 0; /* parentheses and brackets */
    for (;; advance(p)) {
        enum token_kind kind = peek(p);
        if (kind == TOKEN_END || (declaration_at(p, p->at) && first_on_line(p, p->at))) break;
        if (kind == TOKEN_RBRACE && braces == 0) break;
        if (braces == 0 && stops_at(p, stops, open)) break;
        if (kind == TOKEN_LBRACE) braces++;
        else if (kind == TOKEN_RBRACE) braces--;
        else if (kind == TOKEN_LPAREN || kind == TOKEN_LBRACKET) open++;
        else if ((kind == TOKEN_RPAREN || kind == TOKEN_RBRACKET) && open) open--;
    }
    p->panic = false;
}

void recover_declaration(struct parser *p) {
    for (; peek(p) != TOKEN_END && !declaration_at(p, p->at); advance(p)) {
        uint32_t start = here(p).start;
        bool column_one = start == 0 || p->text.p[start - 1] == '\n';
        if (column_one && slip_at(p, FILE_WORD)) break;
    }
    p->panic = false;
}

void recover_clause(struct parser *p) { skip(p, STOP_CLAUSE); }
void recover_entry(struct parser *p) { skip(p, STOP_CLAUSE | STOP_LABEL); }
void recover_step(struct parser *p) { skip(p, STOP_LINE); }
void recover_line(struct parser *p) { skip(p, STOP_CLAUSE | STOP_WORD); }

void skip_line(struct parser *p) {
    while (peek(p) != TOKEN_END && peek(p) != TOKEN_RBRACE && !first_on_line(p, p->at)) advance(p);
}

void recover_item(struct parser *p) {
    skip(p, STOP_CLAUSE | STOP_COMMA);
    accept(p, TOKEN_COMMA);
}
