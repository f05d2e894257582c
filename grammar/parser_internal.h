/* parser_internal: what the parser_*.c files share. Nobody else includes it.
 *
 * Recursive descent over an array of tokens; each function is headed by its production of
 * rules.ebnf. How errors go:
 *
 *   fault(…)     says what was expected and found, sets `panic`; while it is set further faults are
 *                silent and every loop ends, so the functions fall back to the nearest recovery
 *   recover_…()  skips to where the next entry, clause or declaration can begin, clears `panic`
 *   diag_error   straight, without panic, where it is plain what the author meant
 *
 * Invariants: `at` never passes the last token, which is TOKEN_END; every loop consumes a token or
 * ends; recursion is entered through nest(), bounded by PARSE_MAX_DEPTH.
 */
#ifndef OMEN_GRAMMAR_PARSER_INTERNAL_H
#define OMEN_GRAMMAR_PARSER_INTERNAL_H

#include "grammar/lexer.h"
#include "grammar/parser.h"

/* ---- words ----------------------------------------------------------------------------------- */

enum word_place { /* flags of keywords.def and slips.def */
                  NOWHERE = 0,
                  FILE_WORD = 1,
                  RULE_WORD = 2,
                  CLAUSE_WORD = 4,
                  MATCH_WORD = 8,
                  EXPR_WORD = 16,
                  TEST_WORD = 32,
                  FIELD_WORD = 64,
                  UNIT_WORD = 128,
                  TYPE_WORD = 256,
                  HARD_WORD = 512
};

enum keyword {
    NO_KEYWORD,
#define KEYWORD(name, text, places) KW_##name,
#include "grammar/keywords.def"
#undef KEYWORD
    KEYWORDS
};

enum keyword keyword_find(struct str text); /* in any case; NO_KEYWORD if it is no keyword */
const char *keyword_text(enum keyword k);
unsigned keyword_places(enum keyword k);

/* ---- the parser ------------------------------------------------------------------------------ */

struct parser {
    struct tree *tree;
    struct arena *arena;
    struct diags *diags;
    struct str text; /* the file's */
    uint32_t file;
    const struct token *tokens;
    const uint8_t *keywords; /* enum keyword, one a token */
    uint32_t n, at;
    uint32_t depth;
    bool panic;
    uint32_t guesses;        /* lines compared with what people write by mistake: bounded */
    bool colon_behind_items; /* within any(x in HERE: …): a name may stand before a colon */
};

_Static_assert(KEYWORDS < 256, "a keyword is kept in a byte");

/* ---- tokens: parser.c ------------------------------------------------------------------------ */

static inline enum token_kind peek_at(const struct parser *p, uint32_t ahead) {
    return ahead < p->n - p->at ? p->tokens[p->at + ahead].kind : TOKEN_END;
}
static inline enum token_kind peek(const struct parser *p) { return p->tokens[p->at].kind; }
static inline struct span here(const struct parser *p) { return p->tokens[p->at].span; }

/* The keyword that stands `ahead` tokens on. A name before a colon is a label, never a keyword. */
static inline enum keyword word_at(const struct parser *p, uint32_t ahead) {
    if (ahead >= p->n - p->at || peek_at(p, ahead + 1) == TOKEN_COLON) return NO_KEYWORD;
    return (enum keyword)p->keywords[p->at + ahead];
}
static inline enum keyword word(const struct parser *p) { return word_at(p, 0); }
static inline bool at_label(const struct parser *p) {
    return peek(p) == TOKEN_NAME && peek_at(p, 1) == TOKEN_COLON;
}
static inline void advance(struct parser *p) { p->at += p->at + 1 < p->n; }

bool accept(struct parser *p, enum token_kind kind);
bool accept_word(struct parser *p, enum keyword k);
/* `where`: flags for slips and "did you mean"; `why` completes "expected `)` …". */
bool expect(struct parser *p, enum token_kind kind, const char *why, unsigned where);
/* … and shows where the bracket opened, at token `open`. */
bool expect_close(struct parser *p, enum token_kind kind, const char *why, unsigned where,
                  uint32_t open);
bool expect_word(struct parser *p, enum keyword k, const char *why, unsigned where);
struct name expect_name(struct parser *p, const char *what, unsigned where);
struct str expect_string(struct parser *p, const char *what);

/* From the start of token `first` to the end of the last one taken. */
struct span span_since(const struct parser *p, uint32_t first);
struct str text_of(const struct parser *p, struct span span);
struct span behind_last(const struct parser *p);
bool first_on_line(const struct parser *p, uint32_t at);

bool nest(struct parser *p); /* false, with a message, when too deep; else unnest() is due */
static inline void unnest(struct parser *p) { p->depth--; }

/* ---- errors and recovery: parser_recovery.c -------------------------------------------------- */

/* "expected %s, found …" at the next token, with a help from slips.def or the nearest keyword.
 * NULL when it is silent: in panic, or because the lexer has said what is wrong here. */
struct diag *fault(struct parser *p, unsigned where, const char *expected, ...)
    __attribute__((format(printf, 3, 4)));
/* how a message calls a token: arena */
struct str token_words(struct parser *p, uint32_t at);
size_t nearest_word(struct str word, const struct str *names, size_t n);  /* SIZE_MAX: none */
const char *word_help(struct parser *p, unsigned where, struct str word); /* NULL: none */
struct diag *said_wrong(struct parser *p, struct span at, const char *message, const char *help);

bool foreign(const struct parser *p, const char *sign);   /* a TOKEN_ERROR over just this text */
bool clause_at(const struct parser *p, uint32_t at);      /* a clause of a rule begins here */
/* … and on a line of its own: no name is meant */
bool next_clause(const struct parser *p);
bool declaration_at(const struct parser *p, uint32_t at); /* a declaration begins here */
bool operator_at(const struct parser *p, uint32_t ahead); /* an operator of expressions */

void recover_declaration(struct parser *p);
void recover_clause(struct parser *p);
void recover_entry(struct parser *p); /* to `NAME :` too: where, fields */
void recover_item(struct parser *p);  /* to a comma before `NAME :` too, which it takes: emit */
void recover_step(struct parser *p);  /* the next step of a test */
void recover_line(struct parser *p);  /* to the next clause, or a line that looks like one */
void skip_line(struct parser *p);     /* what is left of this line, up to a brace */

/* ---- literals: parser_literals.c ------------------------------------------------------------- */

enum sizes { MAY_BE_ZERO,
             ABOVE_ZERO };

/* DURATION or number and unit words, `place` being "behind `within`". *text as it is to be printed.
 * False after a fault. */
bool parse_duration(struct parser *p, const char *place, enum sizes sizes, int64_t *ns,
                    struct str *text);
bool duration_ahead(const struct parser *p); /* 10s or 10 minutes */
bool parse_int(struct parser *p, const char *what, enum sizes sizes, int64_t *value);
bool parse_time(struct parser *p, int64_t *ns, struct str *text);

/* ---- expressions: parser_expression.c, parser_operand.c -------------------------------------- */

/* Binding of operators, loose to tight. */
enum binding { BIND_OR = 1,
               BIND_AND,
               BIND_NOT,
               BIND_COMPARE,
               BIND_COALESCE,
               BIND_ADD,
               BIND_MUL,
               BIND_UNARY };

struct exprs { /* a list being read */
    struct expr **v;
    uint32_t n, cap;
};

struct expr *parse_expr(struct parser *p);
struct expr *expr_behind(struct parser *p, struct expr *left, enum binding least);
struct expr *parse_operand(struct parser *p); /* with what is bound behind it: .name [i] (…) over */
struct expr *operand_behind(struct parser *p, struct expr *e);
struct expr *make_expr(struct parser *p, enum expr_kind kind, struct span span,
                       struct expr *const *args, uint32_t nargs);
bool add_expr(struct parser *p, struct exprs *list); /* reads one more; false in panic */

/* ---- the rest -------------------------------------------------------------------------------- */

struct named_exprs {
    struct named_expr *v;
    uint32_t n, cap;
};

struct pattern *parse_whole_pattern(struct parser *p); /* parser_pattern.c */
enum match_mode parse_match_mode(struct parser *p);
void parse_labelled(struct parser *p, struct named_exprs *out);      /* NAME: EXPR {, NAME: EXPR} */
struct named_exprs parse_braced(struct parser *p, const char *what); /* { NAME: EXPR, … } */
struct expr **parse_keys(struct parser *p, uint32_t *n);             /* parser_clauses.c */
bool parse_skip(struct parser *p, enum after_match *after, struct name *name);
void parse_except(struct parser *p, struct except_clause *out);
struct rule_decl *parse_rule(struct parser *p);                   /* parser_rule.c */
struct test_decl *parse_test(struct parser *p);                   /* parser_test.c */
void parse_declarations(struct parser *p, struct tree_file *out); /* parser_declarations.c */

#endif
