/* parser: the entry points, and what every parser_*.c file does with tokens.
 *
 *   lexer → tokens ─ (signs that the lexer has complained about and that change nothing fall out)
 *                  ─ (each name gets its keyword, if it is one, in a byte beside it) → parser
 *
 * Tests: tests/unit/grammar/test_parser.c, tests/cases/grammar
 */
#include "grammar/parser_internal.h"

/* ---- keywords -------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    unsigned places;
} keywords[KEYWORDS] = {
    {"", NOWHERE},
#define KEYWORD(name, text, places) {text, places},
#include "grammar/keywords.def"
#undef KEYWORD
};

const char *keyword_text(enum keyword k) { return keywords[k].text; }
unsigned keyword_places(enum keyword k) { return keywords[k].places; }

enum keyword keyword_find(struct str text) {
    char low[16];
    if (text.n == 0 || text.n >= sizeof low) return NO_KEYWORD;
    for (size_t i = 0; i < text.n; i++)
        low[i] = text.p[i] >= 'A' && text.p[i] <= 'Z' ? (char)(text.p[i] + 32) : text.p[i];
    low[text.n] = 0;
    int least = 1, most = KEYWORDS - 1;
    while (least <= most) {
        int middle = (least + most) / 2, order = strcmp(low, keywords[middle].text);
        if (order == 0) return (enum keyword)middle;
        if (order < 0) most = middle - 1;
        else least = middle + 1;
    }
    return NO_KEYWORD;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

struct str text_of(const struct parser *p, struct span span) {
    return (struct str){p->text.p + span.start, span.end - span.start};
}

bool accept(struct parser *p, enum token_kind kind) {
    if (peek(p) != kind) return false;
    advance(p);
    return true;
}

bool accept_word(struct parser *p, enum keyword k) {
    if (word(p) != k) return false;
    advance(p);
    return true;
}

bool expect(struct parser *p, enum token_kind kind, const char *why, unsigned where) {
    if (p->panic) return false;
    if (accept(p, kind)) return true;
    fault(p, where, "%s%s%s", token_shown(kind), *why ? " " : "", why);
    return false;
}

bool expect_close(struct parser *p, enum token_kind kind, const char *why, unsigned where,
                  uint32_t open) {
    if (p->panic) return false;
    if (accept(p, kind)) return true;
    struct diag *m = fault(p, where, "%s%s%s", token_shown(kind), *why ? " " : "", why);
    if (m) diag_related(p->diags, m, p->tokens[open].span, "it opens here");
    return false;
}

bool expect_word(struct parser *p, enum keyword k, const char *why, unsigned where) {
    if (p->panic) return false;
    if (accept_word(p, k)) return true;
    struct diag *m = fault(p, where, "`%s`%s%s", keyword_text(k), *why ? " " : "", why);
    struct str wanted = str_of(keyword_text(k)), found = text_of(p, here(p));
    if (m && peek(p) == TOKEN_NAME && !at_label(p) && found.n > 2 &&
        (nearest_word(found, &wanted, 1) == 0 || str_nearest(found, &wanted, 1) == 0))
        diag_help(p->diags, m, "did you mean `%s`?", keyword_text(k));
    return false;
}

/* name = letter { letter | digit | "_" } | "`" { any character } "`" */
struct name expect_name(struct parser *p, const char *what, unsigned where) {
    struct name name = {.span = here(p)};
    if (p->panic) return name;
    if (peek(p) != TOKEN_NAME) {
        struct diag *m = fault(p, where, "%s", what);
        if (m && peek(p) == TOKEN_STRING)
            diag_help(p->diags, m, "a name is written without quotes, or in back-quotes `…`");
        return name;
    }
    name.text = text_of(p, name.span);
    if (p->tokens[p->at].quoted) name.text.p++, name.text.n -= 2;
    name.text = arena_copy(p->arena, name.text);
    advance(p);
    return name;
}

struct str expect_string(struct parser *p, const char *what) {
    if (p->panic) return (struct str){"", 0};
    if (peek(p) != TOKEN_STRING) {
        struct diag *m = fault(p, NOWHERE, "%s", what);
        if (m && peek(p) == TOKEN_NAME)
            diag_help(p->diags, m, "a text stands in double quotes: \"…\"");
        return (struct str){"", 0};
    }
    struct str text = lex_string(p->arena, text_of(p, here(p)));
    advance(p);
    return text;
}

struct span span_since(const struct parser *p, uint32_t first) {
    struct span span = p->tokens[first].span;
    if (p->at > first) span.end = p->tokens[p->at - 1].span.end;
    return span;
}

struct span behind_last(const struct parser *p) {
    uint32_t end = p->at ? p->tokens[p->at - 1].span.end : 0;
    return (struct span){p->file, end, end};
}

bool first_on_line(const struct parser *p, uint32_t at) {
    if (at == 0) return true;
    for (uint32_t i = p->tokens[at].span.start; i > p->tokens[at - 1].span.end; i--)
        if (p->text.p[i - 1] == '\n') return true;
    return false;
}

bool nest(struct parser *p) {
    if (p->panic) return false;
    if (p->depth < PARSE_MAX_DEPTH) {
        p->depth++;
        return true;
    }
    said_wrong(p, here(p), "this is nested too deeply",
               arena_printf(p->arena, "%d levels are the most: give the inner part a name by `let`",
                            PARSE_MAX_DEPTH));
    p->panic = true;
    return false;
}

/* ---- entry points ---------------------------------------------------------------------------- */

/* Faults that the lexer has named and behind which the text reads as if they were not there. */
static bool falls_out(struct str text) {
    static const char *const starts[] = {";", "//", "/*", "$", "\xC2\xA0", "\xE3\x80\x80",
                                         "\xEF\xBB\xBF", "\xE2\x80\x80", "\xE2\x80\x89",
                                         "\xE2\x80\x8B", "\xE2\x80\xAF"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (str_starts(text, str_of(starts[i]))) return true;
    return false;
}

static struct tokens parser_init(struct parser *p, struct tree *tree, uint32_t file,
                                 struct diags *diags) {
    *p = (struct parser){.tree = tree, .arena = tree->arena, .diags = diags, .file = file};
    p->text = tree->sources->files[file].text;
    struct tokens tokens = lex(tree->arena, tree->sources, file, diags);
    uint8_t *words = arena_array(tree->arena, uint8_t, tokens.n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < tokens.n; i++) {
        struct token token = tokens.v[i];
        if (token.kind == TOKEN_ERROR && falls_out(text_of(p, token.span))) continue;
        if (token.kind == TOKEN_NAME && !token.quoted)
            words[n] = (uint8_t)keyword_find(text_of(p, token.span));
        tokens.v[n++] = token;
    }
    p->tokens = tokens.v;
    p->keywords = words;
    p->n = n;
    return tokens;
}

bool parse_file(struct tree *tree, uint32_t file, struct diags *diags) {
    uint32_t errors = diags->errors;
    struct parser p;
    struct tokens tokens = parser_init(&p, tree, file, diags);
    struct tree_file out = {
        .file = file, .comments = tokens.comments, .ncomments = tokens.ncomments};
    parse_declarations(&p, &out);
    arena_push(tree->arena, tree->files, tree->nfiles, tree->files_cap, out);
    return diags->errors == errors;
}

static bool whole(struct parser *p, const char *what, unsigned where, uint32_t errors) {
    if (!p->panic && peek(p) != TOKEN_END) fault(p, where, "the end of the %s", what);
    return p->diags->errors == errors;
}

struct expr *parse_expression(struct tree *tree, uint32_t file, struct diags *diags) {
    uint32_t errors = diags->errors;
    struct parser p;
    parser_init(&p, tree, file, diags);
    struct expr *e = parse_expr(&p);
    return whole(&p, "expression", EXPR_WORD, errors) ? e : NULL;
}

struct pattern *parse_pattern(struct tree *tree, uint32_t file, enum match_mode *mode,
                              struct diags *diags) {
    uint32_t errors = diags->errors;
    struct parser p;
    parser_init(&p, tree, file, diags);
    *mode = parse_match_mode(&p);
    struct pattern *pattern = parse_whole_pattern(&p);
    return whole(&p, "pattern", MATCH_WORD, errors) ? pattern : NULL;
}

bool parse_after_match(struct tree *tree, uint32_t file, enum after_match *after,
                       struct name *name, struct diags *diags) {
    uint32_t errors = diags->errors;
    struct parser p;
    parser_init(&p, tree, file, diags);
    parse_skip(&p, after, name);
    return whole(&p, "skip strategy", CLAUSE_WORD, errors);
}
