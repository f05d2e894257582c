/* lexer_internal: what lexer.c (blanks, names, signs) and lexer_literals.c (numbers, durations,
 * times, addresses, texts) share. Nobody else includes it.
 */
#ifndef OMEN_GRAMMAR_LEXER_INTERNAL_H
#define OMEN_GRAMMAR_LEXER_INTERNAL_H

#include "grammar/lexer.h"

struct lexer {
    struct arena *arena;
    struct diags *diags;
    uint32_t file;
    const char *p; /* the whole text */
    uint32_t n;
    uint32_t at; /* next byte to read */

    struct token *tokens;
    uint32_t ntokens, tokens_cap;
    struct comment *comments;
    uint32_t ncomments, comments_cap;
    uint32_t newlines;  /* since the last token or comment */
    bool token_on_line; /* a token stands on this line already */
    bool no_block_end;  /* no end of a C comment stands ahead: not to be searched for again */
};

/* The byte `ahead` places on; 0 behind the end, where a NUL in the text looks the same: both
 * begin nothing. */
static inline char lexer_peek(const struct lexer *l, uint32_t ahead) {
    return ahead < l->n - l->at ? l->p[l->at + ahead] : 0;
}
static inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static inline bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
static inline struct span lexer_span(const struct lexer *l, uint32_t start, uint32_t end) {
    return (struct span){l->file, start, end};
}

void lexer_token(struct lexer *l, enum token_kind kind, uint32_t end); /* from `at`, moves behind */

/* How many bytes of name characters stand at `at + ahead`: letters and digits of any script, _. */
uint32_t lexer_name_length(const struct lexer *l, uint32_t ahead);

bool lexer_address6(struct lexer *l); /* false, and nothing is taken, unless one stands here */
void lexer_number(struct lexer *l);   /* at a digit */
void lexer_time(struct lexer *l);     /* at @ */
void lexer_text(struct lexer *l);     /* at " */

#endif
