/* parser_clauses: clauses of a rule that are more than a word and a value. For parser_rule.c,
 * which has taken the keyword, and parser_clauses.c only.
 */
#ifndef OMEN_GRAMMAR_PARSER_CLAUSES_H
#define OMEN_GRAMMAR_PARSER_CLAUSES_H

#include "grammar/parser_internal.h"

void clause_on(struct parser *p, struct rule_decl *r);
void clause_where(struct parser *p, struct rule_decl *r);
/* A condition tested at events: [ "on" name ":" ] expr. `word`: `when`, `resolve when`. */
struct expr *parse_event_condition(struct parser *p, const char *word, struct name *on);
void clause_when(struct parser *p, struct rule_decl *r);
void clause_every(struct parser *p, struct rule_decl *r);
void clause_once(struct parser *p, struct rule_decl *r);

#endif
