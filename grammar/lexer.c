/* lexer: blanks, comments, names and signs; the literals are in lexer_literals.c.
 *
 *   text    fast: speed >= 10m   # …
 *   tokens  NAME COLON NAME GE DURATION          comments: [# …]
 *
 * Every byte is looked at a bounded number of times: where a form needs a look ahead (addresses)
 * the look is bounded. What begins no token gives one message and a TOKEN_ERROR over its text, so
 * that the parser can go on as if the author had written the right thing: signs of other
 * languages (`&&`, `->`, 'text') are therefore taken whole, with a help of their own.
 * Tests: tests/unit/grammar/test_lexer.c, tests/fuzz/fuzz_lexer.c
 */
#include "grammar/lexer_internal.h"

#include "base/utf8.h"

const char *token_shown(enum token_kind kind) {
    static const char *const shown[] = {
#define TOKEN(name, text) text,
#include "grammar/tokens.def"
#undef TOKEN
    };
    return shown[kind];
}

void tokens_print(const struct tokens *tokens, const struct sources *sources, struct buf *out) {
    static const char *const names[] = {
#define TOKEN(name, text) #name,
#include "grammar/tokens.def"
#undef TOKEN
    };
    uint32_t at = 0, line = 1, column = 1; /* of the token before: each byte is counted once */
    for (uint32_t i = 0; i < tokens->n; i++) {
        struct span span = tokens->v[i].span;
        struct str gap = span_text(sources, (struct span){span.file, at, span.start});
        for (const char *p; (p = memchr(gap.p, '\n', gap.n)); column = 1, line++) {
            gap.n -= (size_t)(p + 1 - gap.p);
            gap.p = p + 1;
        }
        column += (uint32_t)utf8_length(gap);
        at = span.start;
        buf_printf(out, "%u:%u\t%s\t%.*s\n", line, column, names[tokens->v[i].kind],
                   STR_FMT(span_text(sources, span)));
    }
}

void lexer_token(struct lexer *l, enum token_kind kind, uint32_t end) {
    struct token token = {.kind = kind, .span = lexer_span(l, l->at, end)};
    arena_push(l->arena, l->tokens, l->ntokens, l->tokens_cap, token);
    l->at = end;
    l->newlines = 0;
    l->token_on_line = true;
}

/* ---- blanks and comments --------------------------------------------------------------------- */

static void comment(struct lexer *l) {
    const char *newline = memchr(l->p + l->at, '\n', l->n - l->at);
    uint32_t next = newline ? (uint32_t)(newline - l->p) : l->n, end = next;
    while (end > l->at && (l->p[end - 1] == '\r' || l->p[end - 1] == ' ' || l->p[end - 1] == '\t'))
        end--;
    struct str text = {l->p + l->at, end - l->at};
    size_t valid = utf8_valid_prefix(text);
    if (valid < text.n) {
        uint32_t bad = l->at + (uint32_t)valid;
        struct diag *m = diag_error(l->diags, lexer_span(l, bad, bad + 1), "this is not UTF-8");
        diag_help(l->diags, m, "rule files are UTF-8: save this one as such");
    }
    struct comment c = {.span = lexer_span(l, l->at, end),
                        .own_line = !l->token_on_line,
                        .blank_before = !l->token_on_line && l->newlines > 1};
    arena_push(l->arena, l->comments, l->ncomments, l->comments_cap, c);
    l->newlines = 0;
    l->at = next;
}

static void blanks_and_comments(struct lexer *l) {
    for (; l->at < l->n; l->at++) {
        switch (l->p[l->at]) {
        case '\n':
            l->newlines++;
            l->token_on_line = false;
            break;
        case ' ':
        case '\t':
        case '\r':
        case '\f':
        case '\v': break;
        case '#':
            comment(l);
            l->at--; /* the newline is counted in the next round */
            break;
        default: return;
        }
    }
}

/* ---- names ----------------------------------------------------------------------------------- */

/* Letters of any script. Spaces, punctuation, arrows and the like are told apart by their blocks:
 * enough to keep “ and → out of names, without a table of Unicode. */
static bool names_code_point(uint32_t c) {
    if (c < 0xC0) return c == 0xAA || c == 0xB5 || c == 0xBA;
    if (c == 0xD7 || c == 0xF7) return false;
    if (c >= 0x2000 && c <= 0x2BFF) return c >= 0x2C00 || (c >= 0x2070 && c <= 0x218F);
    if (c >= 0x3000 && c <= 0x3004) return false;
    if (c >= 0x3008 && c <= 0x3020) return false;
    if (c >= 0xE000 && c <= 0xF8FF) return false;
    if (c >= 0xFE00 && c <= 0xFE6F) return false;
    return c != 0x1680 && c != 0xFEFF && c != 0xFFFD && !(c >= 0xFF00 && c <= 0xFF0F) &&
           !(c >= 0xFF1A && c <= 0xFF20) && c < 0x1F000;
}

/* The code point at `at`, 0 if the bytes are not UTF-8; *length in bytes. */
static uint32_t code_point(const struct lexer *l, uint32_t at, uint32_t *length) {
    struct str rest = {l->p + at, l->n - at < 4 ? l->n - at : 4};
    size_t behind = 0;
    uint32_t c = utf8_next(rest, &behind);
    *length = (uint32_t)behind;
    return c == 0xFFFD && behind == 1 ? 0 : c;
}

uint32_t lexer_name_length(const struct lexer *l, uint32_t ahead) {
    uint32_t at = l->at + ahead;
    while (at < l->n) {
        uint32_t length = 1;
        if ((unsigned char)l->p[at] < 0x80) {
            if (!is_letter(l->p[at]) && !is_digit(l->p[at])) break;
        } else if (!names_code_point(code_point(l, at, &length))) {
            break;
        }
        at += length;
    }
    return at - l->at - ahead;
}

static void quoted_name(struct lexer *l) {
    uint32_t end = l->at + 1;
    while (end < l->n && l->p[end] != '`' && l->p[end] != '\n') end++;
    struct str text = {l->p + l->at + 1, end - l->at - 1};
    struct span span = lexer_span(l, l->at, end + (end < l->n && l->p[end] == '`'));
    const char *why = NULL;
    if (end == l->n || l->p[end] == '\n') why = "this name does not end on its line";
    else if (text.n == 0) why = "there is no name between these back-quotes";
    else if (utf8_valid_prefix(text) < text.n) why = "this name is not UTF-8";
    if (why) {
        struct diag *m = diag_error(l->diags, span, "%s", why);
        diag_help(l->diags, m, "a name in back-quotes is written `order`");
    }
    lexer_token(l, why ? TOKEN_ERROR : TOKEN_NAME, span.end);
    l->tokens[l->ntokens - 1].quoted = true;
}

/* ---- signs ----------------------------------------------------------------------------------- */

static enum token_kind one_sign(char c) {
    switch (c) {
    case '{': return TOKEN_LBRACE;
    case '}': return TOKEN_RBRACE;
    case '(': return TOKEN_LPAREN;
    case ')': return TOKEN_RPAREN;
    case '[': return TOKEN_LBRACKET;
    case ']': return TOKEN_RBRACKET;
    case ',': return TOKEN_COMMA;
    case ':': return TOKEN_COLON;
    case '.': return TOKEN_DOT;
    case '=': return TOKEN_EQ;
    case '<': return TOKEN_LT;
    case '>': return TOKEN_GT;
    case '+': return TOKEN_PLUS;
    case '-': return TOKEN_MINUS;
    case '*': return TOKEN_STAR;
    case '/': return TOKEN_SLASH;
    case '%': return TOKEN_PERCENT;
    case '?': return TOKEN_QUESTION;
    default: return TOKEN_ERROR;
    }
}

/* Signs of other languages, none of which could stand in a rule in parts; longest first. */
static const struct {
    const char *sign, *help;
} foreign_signs[] = {
    {"===", "write `=`"},
    {"!==", "write `!=`"},
    {"<=>", "compare with `=` `!=` `<` `<=` `>` `>=`"},
    {"<>", "write `!=`"},
    {"&&", "write `and`"},
    {"||", "write `or`; texts are joined by `concat(a, b)`"},
    {"->", "write `then` (later, others may lie between) or `next` (the very next event)"},
    {"=>", "write `>=` to compare; steps of a pattern are linked by `then` or `next`"},
    {"=<", "write `<=`"},
    {"=~", "write `matches`"},
    {"!~", "write `not matches`"},
    {":=", "write `=` for a constant and `:` behind a label"},
    {"**", "write `pow(x, y)`"},
    {"!", "write `not`"},
    {"&", "write `and`"},
    {"|", "write `or`"},
    {"~", "write `matches`"},
    {"^", "write `pow(x, y)`"},
    {"$", "names have no `$`: leave it out"},
    {"@", "a time is written `@2026-01-31T12:00:00Z`"},
    {"\\", "a backslash stands only inside a text"},
    {";", "leave it out: nothing needs a mark at its end"},
};

static bool foreign_sign(struct lexer *l) {
    for (size_t i = 0; i < sizeof foreign_signs / sizeof *foreign_signs; i++) {
        struct str sign = str_of(foreign_signs[i].sign);
        struct str rest = {l->p + l->at, l->n - l->at};
        if (!str_starts(rest, sign)) continue;
        uint32_t end = l->at + (uint32_t)sign.n;
        struct diag *m = diag_error(l->diags, lexer_span(l, l->at, end),
                                    "`%s` is not part of the language", foreign_signs[i].sign);
        diag_help(l->diags, m, "%s", foreign_signs[i].help);
        lexer_token(l, TOKEN_ERROR, end);
        return true;
    }
    return false;
}

/* `// …` to the end of the line, and a C comment to its end or else to the end of the line. */
static bool foreign_comment(struct lexer *l) {
    if (lexer_peek(l, 0) != '/' || (lexer_peek(l, 1) != '/' && lexer_peek(l, 1) != '*'))
        return false;
    bool block = lexer_peek(l, 1) == '*';
    struct str body = {l->p + l->at + 2, l->n - l->at - 2};
    size_t length = block && !l->no_block_end ? str_find(body, STR("*/")) : SIZE_MAX;
    if (length == SIZE_MAX) {
        l->no_block_end |= block;
        const char *newline = memchr(body.p, '\n', body.n);
        length = newline ? (size_t)(newline - body.p) + 2 : body.n + 2;
    } else {
        length += 4;
    }
    struct diag *m = diag_error(l->diags, lexer_span(l, l->at, l->at + 2),
                                "a comment does not begin with `%s`", block ? "/*" : "//");
    diag_help(l->diags, m, "a comment is `#` and goes to the end of the line");
    lexer_token(l, TOKEN_ERROR, l->at + (uint32_t)length);
    return true;
}

/* 'text' and “text”: one message, and the text whole, so that nothing is read out of it. */
static bool foreign_quotes(struct lexer *l) {
    static const char *const pairs[][2] = {{"'", "'"},
                                           {"\xE2\x80\x9C", "\xE2\x80\x9D"},
                                           {"\xE2\x80\x98", "\xE2\x80\x99"},
                                           {"\xE2\x80\x9E", "\xE2\x80\x9C"},
                                           {"\xC2\xAB", "\xC2\xBB"}};
    struct str rest = {l->p + l->at, l->n - l->at};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct str open = str_of(pairs[i][0]), close = str_of(pairs[i][1]);
        if (!str_starts(rest, open)) continue;
        size_t length = open.n;
        while (length < rest.n && rest.p[length] != '\n' &&
               !str_starts((struct str){rest.p + length, rest.n - length}, close))
            length++;
        struct str inside = {rest.p + open.n, length - open.n};
        bool closed = length < rest.n && rest.p[length] != '\n';
        if (closed) length += close.n;
        struct diag *m = diag_error(l->diags, lexer_span(l, l->at, l->at + (uint32_t)length),
                                    "a text does not stand between such quotes");
        if (closed && inside.n < 40)
            diag_help(l->diags, m, "write it in straight double quotes: \"%.*s\"",
                      STR_FMT(inside));
        else
            diag_help(l->diags, m, "write it in straight double quotes: \"…\"");
        lexer_token(l, TOKEN_ERROR, l->at + (uint32_t)length);
        return true;
    }
    return false;
}

static void unreadable(struct lexer *l) {
    uint32_t length, c = code_point(l, l->at, &length), end = l->at + length;
    if (c == 0) { /* a whole run of bad bytes is one fault; so is a run of NULs */
        bool nul = l->p[l->at] == 0;
        while (end < l->n && (nul ? l->p[end] == 0
                                  : (l->p[end] & 0x80) && code_point(l, end, &length) == 0))
            end++;
        struct diag *m = diag_error(l->diags, lexer_span(l, l->at, end),
                                    nul ? "there is a NUL byte here" : "this is not UTF-8");
        diag_help(l->diags, m, "rule files are UTF-8: save this one as such");
    } else {
        struct diag *m = diag_error(l->diags, lexer_span(l, l->at, end),
                                    "U+%04X begins nothing that a rule may hold", c);
        if (c == 0xA0 || c == 0x3000 || c == 0xFEFF || (c >= 0x2000 && c <= 0x200F))
            diag_help(l->diags, m, "it looks like a blank and is none: write a plain one");
        else if (c == 0x2013 || c == 0x2014 || c == 0x2212)
            diag_help(l->diags, m, "for minus write the plain `-`");
        else if (c >= 0x2264 && c <= 0x2265)
            diag_help(l->diags, m, "write `%s`", c == 0x2264 ? "<=" : ">=");
        else if (c == 0x2260) diag_help(l->diags, m, "write `!=`");
        else if (c == 0x2192) diag_help(l->diags, m, "write `then` or `next`");
        else diag_help(l->diags, m, "put it into a text \"…\" or a name in back-quotes");
    }
    lexer_token(l, TOKEN_ERROR, end);
}

static void sign(struct lexer *l) {
    static const struct {
        char first, second;
        enum token_kind kind;
    } twos[] = {{'=', '=', TOKEN_EQ},
                {'!', '=', TOKEN_NE},
                {'<', '=', TOKEN_LE},
                {'>', '=', TOKEN_GE},
                {'?', '?', TOKEN_COALESCE}};
    char first = lexer_peek(l, 0), second = lexer_peek(l, 1);
    bool threes = (first == '=' || first == '!' || first == '<') && second == '=' &&
                  (lexer_peek(l, 2) == '=' || (first == '<' && lexer_peek(l, 2) == '>'));
    for (size_t i = 0; !threes && i < sizeof twos / sizeof *twos; i++)
        if (first == twos[i].first && second == twos[i].second) {
            lexer_token(l, twos[i].kind, l->at + 2);
            return;
        }
    if (foreign_comment(l) || foreign_sign(l) || foreign_quotes(l)) return;
    enum token_kind kind = one_sign(first);
    if (kind == TOKEN_ERROR) unreadable(l);
    else lexer_token(l, kind, l->at + 1);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void one_token(struct lexer *l) {
    char c = l->p[l->at];
    if ((is_hex(c) || c == ':') && lexer_address6(l)) return;
    if (is_digit(c)) {
        lexer_number(l);
    } else if (c == '"') {
        lexer_text(l);
    } else if (c == '`') {
        quoted_name(l);
    } else if (c == '@' && is_digit(lexer_peek(l, 1))) {
        lexer_time(l);
    } else {
        uint32_t length = lexer_name_length(l, 0);
        if (length) lexer_token(l, TOKEN_NAME, l->at + length);
        else sign(l);
    }
}

struct tokens lex(struct arena *arena, const struct sources *sources, uint32_t file,
                  struct diags *diags) {
    struct str text = sources->files[file].text;
    struct lexer l = {
        .arena = arena, .diags = diags, .file = file, .p = text.p, .n = (uint32_t)text.n};
    if (str_starts(text, STR("\xEF\xBB\xBF"))) l.at = 3; /* a byte order mark */
    for (;;) {
        blanks_and_comments(&l);
        if (l.at >= l.n) break;
        one_token(&l);
    }
    lexer_token(&l, TOKEN_END, l.at);
    return (struct tokens){l.tokens, l.ntokens, l.comments, l.ncomments};
}
