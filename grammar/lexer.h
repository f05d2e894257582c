/* lexer: text → tokens. Tokens are in tokens.def. Linear, one pass, no allocation but the token
 * array.
 *
 * Keywords are names here: whether `within` is a keyword is for the parser to say, where the
 * grammar expects one. Durations written as one word (1h30m) are one token; `10 minutes` is a
 * number and a name, joined by the parser. Bytes that begin no token, strings that do not end and
 * text that is not UTF-8 each give one message and one TOKEN_ERROR; the lexer goes on behind them.
 * Tests: tests/unit/grammar/test_lexer.c, tests/fuzz/fuzz_lexer.c
 */
#ifndef OMEN_GRAMMAR_LEXER_H
#define OMEN_GRAMMAR_LEXER_H

#include "grammar/tree.h"

enum token_kind {
#define TOKEN(name, shown) TOKEN_##name,
#include "grammar/tokens.def"
#undef TOKEN
    TOKEN_KINDS
};

struct token {
    enum token_kind kind;
    struct span span;
    bool quoted; /* NAME in back-quotes: never a keyword */
};

struct tokens {
    struct token *v; /* the last one is TOKEN_END */
    uint32_t n;
    struct comment *comments;
    uint32_t ncomments;
};

struct tokens lex(struct arena *arena, const struct sources *sources, uint32_t file,
                  struct diags *diags);

/* What the text of a STRING token says: quotes taken off, escapes resolved. A backslash before any
 * other character than " \ n r t u stays, so that regular expressions need no second one: "\d" and
 * "\\d" are the same. */
struct str lex_string(struct arena *arena, struct str token_text);

const char *token_shown(enum token_kind kind); /* as a person would call it: "a name", "`{`" */
void tokens_print(const struct tokens *tokens, const struct sources *sources, struct buf *out);

#endif
