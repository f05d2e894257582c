/* parser_declarations: a file: streams, tables, constants, lists, imports, exceptions; rules and
 * tests are in files of their own.
 *
 * Fields stand one a line or several before one colon; nothing separates them but the next
 * `NAME :` or `NAME ,`, so an error in a field leaves the fields on other lines readable. What
 * stands between declarations and is none gives one message up to the next declaration.
 * Tests: tests/cases/grammar/declarations.case
 */
#include "grammar/parser_internal.h"

static struct str empty(void) { return (struct str){"", 0}; }

/* ---- types ----------------------------------------------------------------------------------- */

static const struct str type_names[] = {{"bool", 4},     {"int", 3},    {"float", 5},
                                        {"decimal", 7},  {"string", 6}, {"time", 4},
                                        {"duration", 8}, {"ip", 2},     {"list", 4}};
enum { TYPES = sizeof type_names / sizeof *type_names,
       LIST = TYPES - 1 };

static size_t type_at(const struct parser *p) {
    struct str text = text_of(p, here(p));
    size_t t = peek(p) == TOKEN_NAME && !p->tokens[p->at].quoted ? 0 : TYPES;
    while (t < TYPES && !str_equal_nocase(text, type_names[t])) t++;
    return t;
}

static void no_type(struct parser *p) {
    struct diag *m = fault(p, TYPE_WORD, "a type");
    if (!m || m->help) return;
    size_t near =
        peek(p) == TOKEN_NAME ? nearest_word(text_of(p, here(p)), type_names, TYPES) : SIZE_MAX;
    if (near < TYPES)
        diag_help(p->diags, m, "did you mean `%s`?", type_names[near].p);
    else
        diag_help(p->diags, m,
                  "types are bool int float decimal(2) string time duration ip, list of TYPE");
}

/* type = "bool" | "int" | "float" | "decimal" "(" int ")" | "string" | "time" | "duration" | "ip"
 *      | "list" "of" type, once */
static struct type_ref type(struct parser *p) {
    uint32_t first = p->at;
    struct type_ref t = {.span = here(p)};
    if (p->panic) return t;
    size_t found = type_at(p);
    if (found == LIST) {
        advance(p);
        t.list = true;
        expect_word(p, KW_OF, "behind `list`, as in `list of int`", FIELD_WORD);
        found = p->panic ? TYPES : type_at(p);
        if (found == LIST) {
            said_wrong(p, here(p), "a list of lists cannot be declared", NULL);
            p->panic = true;
        }
    }
    if (p->panic || found >= LIST) {
        no_type(p);
        return t;
    }
    t.name = (enum type_name)found;
    advance(p);
    if (t.name == TYPE_DECIMAL) {
        int64_t digits = 0;
        if (!expect(p, TOKEN_LPAREN, "and the digits behind the point: `decimal(2)`", NOWHERE))
            return t;
        struct span at = here(p);
        parse_int(p, "how many digits stand behind the point", MAY_BE_ZERO, &digits);
        if (digits > 18)
            said_wrong(p, at, "a decimal has at most 18 digits behind the point", NULL);
        t.digits = digits > 18 ? 18 : (uint32_t)digits;
        expect(p, TOKEN_RPAREN, "behind the digits", NOWHERE);
    }
    t.span = span_since(p, first);
    return t;
}

/* ---- fields ---------------------------------------------------------------------------------- */

struct fields {
    struct field_decl *v;
    uint32_t n, cap;
};

/* A word behind a type, unless it begins the next line of fields: `event, x : int`. */
static bool accept_role(struct parser *p, enum keyword k) {
    if (p->panic || (first_on_line(p, p->at) && peek_at(p, 1) == TOKEN_COMMA)) return false;
    return accept_word(p, k);
}

/* unit = "in" ( "millis" | "seconds" | "micros" | "nanos" ) */
static void unit(struct parser *p, struct field_decl *f) {
    if (p->panic || !accept_word(p, KW_IN)) return;
    switch (word(p)) {
    case KW_MILLIS:
    case KW_MILLISECONDS: f->unit = UNIT_MILLIS; break;
    case KW_SECONDS: f->unit = UNIT_SECONDS; break;
    case KW_MICROS: f->unit = UNIT_MICROS; break;
    case KW_NANOS: f->unit = UNIT_NANOS; break;
    default: fault(p, FIELD_WORD, "`seconds`, `millis`, `micros` or `nanos`"); return;
    }
    advance(p);
}

/* role = "event" [ unit ]   behind time      "event" "id"   behind string */
static void role(struct parser *p, struct field_decl *f) {
    struct span at = here(p);
    if (!accept_role(p, KW_EVENT)) return;
    bool id = accept_word(p, KW_ID);
    if (id && f->type.name == TYPE_STRING && !f->type.list) {
        f->event_id = true;
    } else if (!id && f->type.name == TYPE_TIME && !f->type.list) {
        f->event_time = true;
        unit(p, f);
    } else if (!id && f->type.name == TYPE_STRING) {
        said_wrong(p, at, "a string cannot be the event time",
                   "write `time event`; for an event's own id `string event id`");
    } else {
        said_wrong(p, at, id ? "only a string is an event's id" : "only a time is the event time",
                   id ? "write `string event id`"
                      : "write `time event`, or `time event in seconds` for a number of seconds");
        if (!id) unit(p, f);
    }
}

/* field_line = name { "," name } ":" type [ role ] [ "from" string ] */
static void field_line(struct parser *p, struct fields *out) {
    uint32_t least = out->n;
    do {
        struct field_decl one = {.name = expect_name(p, "the name of a field", FIELD_WORD)};
        arena_push(p->arena, out->v, out->n, out->cap, one);
    } while (!p->panic && accept(p, TOKEN_COMMA));
    if (!p->panic && type_at(p) < TYPES && peek(p) == TOKEN_NAME)
        said_wrong(p, here(p), "a `:` is missing before the type", NULL);
    else
        expect(p, TOKEN_COLON, "and the type behind the field", FIELD_WORD);
    uint32_t first = p->at;
    struct field_decl f = {.type = type(p), .from = empty()};
    f.type.span = span_since(p, first);
    role(p, &f);
    uint32_t at = p->at;
    if (accept_role(p, KW_FROM)) {
        f.from = expect_string(p, "a path like \"a.b\" or \"/a/b\" behind `from`");
        f.from_span = span_since(p, at);
        if (!p->panic && f.from.n == 0)
            said_wrong(p, f.from_span, "there is no path in this text", "\"a.b\" or \"/a/b\"");
    }
    if (!p->panic && out->n - least > 1 && (f.event_time || f.event_id || f.from.n))
        said_wrong(p, out->v[least + 1].name.span,
                   "several fields cannot be one: `event` and `from` are for a single field",
                   "give each its own line");
    for (uint32_t i = least; i < out->n; i++) {
        struct name name = out->v[i].name;
        out->v[i] = f;
        out->v[i].name = name;
    }
}

/* Behind a field stands the next, or the brace. */
static void field_end(struct parser *p) {
    if (p->panic || peek(p) == TOKEN_RBRACE) return;
    if (peek(p) == TOKEN_COMMA) {
        said_wrong(p, here(p), "fields stand without commas between them",
                   "leave it out; `a, b : int` declares two fields of one type");
        advance(p);
    } else if (peek(p) != TOKEN_NAME && peek(p) != TOKEN_END) {
        fault(p, FIELD_WORD, "a field or `}`");
    } else if (!first_on_line(p, p->at) && !at_label(p) && peek_at(p, 1) != TOKEN_COMMA) {
        fault(p, FIELD_WORD, "a field or `}`");
    }
}

/* stream = "stream" name "{" { field_line } "}"
 * table = "table" name "{" { field_line } "}" "key" name */
static struct stream_decl *stream(struct parser *p, bool table) {
    uint32_t first = p->at;
    struct stream_decl *s = arena_new(p->arena, struct stream_decl);
    struct fields fields = {0};
    advance(p);
    s->name = expect_name(p, table ? "the name of the table" : "the name of the stream", NOWHERE);
    struct span header = span_since(p, first);
    if (expect(p, TOKEN_LBRACE, "behind the name", NOWHERE)) {
        while (peek(p) != TOKEN_RBRACE && peek(p) != TOKEN_END &&
               !(declaration_at(p, p->at) && first_on_line(p, p->at))) {
            uint32_t least = fields.n, at = p->at;
            field_line(p, &fields);
            if (p->panic) fields.n = least;
            field_end(p);
            if (p->at == at) advance(p);
            if (p->panic) recover_step(p);
        }
        if (peek(p) == TOKEN_RBRACE) {
            advance(p);
        } else {
            struct diag *m = diag_error(p->diags, behind_last(p), "the `}` of %s `%.*s` is missing",
                                        table ? "table" : "stream", STR_FMT(s->name.text));
            diag_related(p->diags, m, header, "it begins here");
        }
    }
    if (table && expect_word(p, KW_KEY, "and the key field behind a table", FIELD_WORD))
        s->key = expect_name(p, "the key field", NOWHERE);
    s->fields = fields.v;
    s->nfields = fields.n;
    s->span = span_since(p, first);
    return s;
}

/* ---- constants ------------------------------------------------------------------------------- */

/* let = "let" name [ "(" [ name { "," name } ] ")" ] "=" expr */
static struct let_decl *let(struct parser *p) {
    uint32_t first = p->at, cap = 0;
    struct let_decl *l = arena_new(p->arena, struct let_decl);
    advance(p);
    l->name = expect_name(p, "a name", NOWHERE);
    if (!p->panic && accept(p, TOKEN_LPAREN)) {
        l->function = true;
        while (!p->panic && peek(p) != TOKEN_RPAREN) {
            struct name name = expect_name(p, "the name of an argument", NOWHERE);
            arena_push(p->arena, l->params, l->nparams, cap, name);
            if (!accept(p, TOKEN_COMMA)) break;
        }
        expect(p, TOKEN_RPAREN, "or `,` between arguments", NOWHERE);
    }
    if (!p->panic && at_label(p) == false && peek(p) == TOKEN_COLON) {
        struct diag *m = fault(p, NOWHERE, "`=`");
        if (m) diag_help(p->diags, m, "`let` has no type; one that may be set outside is "
                                      "`param NAME : TYPE = VALUE`");
    }
    expect(p, TOKEN_EQ, "behind the name", NOWHERE);
    l->value = parse_expr(p);
    l->span = span_since(p, first);
    return l;
}

/* param = "param" name ":" type "=" expr [ string ] */
static struct param_decl *param(struct parser *p) {
    uint32_t first = p->at;
    struct param_decl *d = arena_new(p->arena, struct param_decl);
    d->doc = empty();
    advance(p);
    d->name = expect_name(p, "the name of the parameter", NOWHERE);
    expect(p, TOKEN_COLON, "and a type: `param NAME : TYPE = VALUE`", NOWHERE);
    d->type = type(p);
    expect(p, TOKEN_EQ, "and a value: `param NAME : TYPE = VALUE`", NOWHERE);
    d->value = parse_expr(p);
    if (!p->panic && peek(p) == TOKEN_STRING) d->doc = expect_string(p, "a text");
    d->span = span_since(p, first);
    return d;
}

/* constants = "list" name "=" list */
static struct list_decl *constants(struct parser *p) {
    uint32_t first = p->at;
    struct list_decl *l = arena_new(p->arena, struct list_decl);
    advance(p);
    l->name = expect_name(p, "the name of the list", NOWHERE);
    expect(p, TOKEN_EQ, "behind the name", NOWHERE);
    if (!p->panic && peek(p) != TOKEN_LBRACKET) {
        struct diag *m = fault(p, NOWHERE, "`[`");
        if (m) diag_help(p->diags, m, "write `list NAME = [\"a\", \"b\"]`");
    }
    l->value = p->panic ? make_expr(p, EXPR_ERROR, here(p), NULL, 0) : parse_operand(p);
    if (!p->panic && l->value->kind != EXPR_LIST && l->value->kind != EXPR_ERROR)
        said_wrong(p, l->value->span, "a list is written out in brackets", NULL);
    l->span = span_since(p, first);
    return l;
}

/* import = "import" string */
static struct import_decl *import(struct parser *p) {
    uint32_t first = p->at;
    struct import_decl *d = arena_new(p->arena, struct import_decl);
    advance(p);
    d->path = expect_string(p, "a file like \"other.rules\"");
    d->span = span_since(p, first);
    return d;
}

/* except_for = "except" "for" name exception */
static struct except_for *except_for(struct parser *p) {
    uint32_t first = p->at;
    struct except_for *e = arena_new(p->arena, struct except_for);
    advance(p);
    expect_word(p, KW_FOR, "and a rule: outside a rule write `except for RULE NAME: CONDITION`",
                NOWHERE);
    e->rule = expect_name(p, "the name of a rule", NOWHERE);
    parse_except(p, &e->clause);
    e->span = span_since(p, first);
    return e;
}

/* ---- the file -------------------------------------------------------------------------------- */

static void no_declaration(struct parser *p) {
    struct diag *m = fault(p, FILE_WORD, "a declaration");
    enum keyword k = word(p);
    if (m && !m->help && (keyword_places(k) & RULE_WORD))
        diag_help(p->diags, m, "`%s` stands inside `rule NAME { … }`", keyword_text(k));
    else if (m && !m->help && peek(p) == TOKEN_RBRACE)
        diag_help(p->diags, m, "there is a `}` too many here or before");
    else if (m && !m->help)
        diag_help(p->diags, m, "a file holds `stream` `table` `let` `param` `list` `import` `rule` "
                               "`except for` `test`");
    advance(p);
}

/* declaration = stream | table | let | param | constants | import | except_for | rule | test */
static bool declaration(struct parser *p, struct decl *out) {
    switch (word(p)) {
    case KW_STREAM: out->kind = DECL_STREAM, out->stream = stream(p, false); break;
    case KW_TABLE: out->kind = DECL_TABLE, out->stream = stream(p, true); break;
    case KW_LET: out->kind = DECL_LET, out->let = let(p); break;
    case KW_PARAM: out->kind = DECL_PARAM, out->param = param(p); break;
    case KW_LIST: out->kind = DECL_LIST, out->list = constants(p); break;
    case KW_IMPORT: out->kind = DECL_IMPORT, out->import = import(p); break;
    case KW_RULE: out->kind = DECL_RULE, out->rule = parse_rule(p); break;
    case KW_EXCEPT: out->kind = DECL_EXCEPT, out->except = except_for(p); break;
    case KW_TEST: out->kind = DECL_TEST, out->test = parse_test(p); break;
    default: no_declaration(p); return false;
    }
    return true;
}

/* file = { declaration } */
void parse_declarations(struct parser *p, struct tree_file *out) {
    uint32_t cap = 0;
    while (peek(p) != TOKEN_END) {
        uint32_t first = p->at;
        struct decl d = {0};
        if (declaration(p, &d)) {
            d.span = span_since(p, first);
            arena_push(p->arena, out->decls, out->ndecls, cap, d);
        }
        if (p->panic) recover_declaration(p);
    }
}
