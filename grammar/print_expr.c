/* print_expr: one expression on one line, with the fewest parentheses that read back as the same
 * tree: an operand is parenthesised when it binds looser than its place asks for. Names, texts and
 * durations are written here for all printers.
 *
 * A name is back-quoted if it is not made of name characters, or if it is a word that could be
 * misread where names stand (HARD in keywords.def, and those the caller gives). Recursion is as
 * deep as the tree is high.
 * Tests: tests/unit/grammar/test_print.c, tests/fuzz/fuzz_parser.c
 */
#include "base/time.h"
#include "base/utf8.h"
#include "grammar/lexer_internal.h"
#include "grammar/print_internal.h"

/* ---- names, texts, durations ----------------------------------------------------------------- */

size_t text_width(struct str text) { return utf8_length(text); }

static bool plain(struct str name) {
    struct lexer l = {.p = name.p, .n = (uint32_t)name.n};
    return name.n && !is_digit(name.p[0]) && lexer_name_length(&l, 0) == name.n;
}

void print_quoted(struct str name, struct buf *out) {
    buf_char(out, '`');
    buf_str(out, name);
    buf_char(out, '`');
}

void print_name(struct str name, unsigned hard, struct buf *out) {
    bool misread = keyword_places(keyword_find(name)) & (hard | HARD_WORD);
    if (misread || !plain(name)) print_quoted(name, out);
    else buf_str(out, name);
}

void print_label(struct str name, struct buf *out) {
    if (plain(name)) buf_str(out, name);
    else print_quoted(name, out);
}

/* A backslash is doubled only where it would be read as the start of an escape. */
void print_string(struct str text, struct buf *out) {
    buf_char(out, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        char next = i + 1 < text.n ? text.p[i + 1] : '"';
        if (c == '"') buf_text(out, "\\\"");
        else if (c == '\\' && (strchr("\"\\nrtu", next) || (unsigned char)next < 0x20))
            buf_text(out, "\\\\");
        else if (c == '\n') buf_text(out, "\\n");
        else if (c == '\r') buf_text(out, "\\r");
        else if (c == '\t') buf_text(out, "\\t");
        else if (c < 0x20 || c == 0x7F) buf_printf(out, "\\u%04x", c);
        else buf_char(out, (char)c);
    }
    buf_char(out, '"');
}

void print_duration(struct str text, int64_t ns, struct buf *out) {
    if (text.n) buf_str(out, text);
    else duration_format(out, ns);
}

/* ---- operators ------------------------------------------------------------------------------- */

enum binding expr_binding(const struct expr *e) {
    switch (e->kind) {
    case EXPR_NOT: return BIND_NOT;
    case EXPR_NEGATE: return BIND_UNARY;
    case EXPR_BETWEEN: return BIND_COMPARE;
    case EXPR_BINARY:
        switch (e->op) {
        case OP_OR: return BIND_OR;
        case OP_AND: return BIND_AND;
        case OP_COALESCE: return BIND_COALESCE;
        case OP_ADD:
        case OP_SUB: return BIND_ADD;
        case OP_MUL:
        case OP_DIV:
        case OP_MOD: return BIND_MUL;
        default: return BIND_COMPARE;
        }
    default: return BIND_UNARY + 1;
    }
}

const char *binary_sign(const struct expr *e) {
    static const struct {
        const char *plain, *negated;
    } signs[] = {
        [OP_OR] = {"or", "or"},
        [OP_AND] = {"and", "and"},
        [OP_EQ] = {"=", "="},
        [OP_NE] = {"!=", "!="},
        [OP_LT] = {"<", "<"},
        [OP_LE] = {"<=", "<="},
        [OP_GT] = {">", ">"},
        [OP_GE] = {">=", ">="},
        [OP_IN] = {"in", "not in"},
        [OP_MATCHES] = {"matches", "not matches"},
        [OP_CONTAINS] = {"contains", "not contains"},
        [OP_STARTS] = {"starts with", "not starts with"},
        [OP_ENDS] = {"ends with", "not ends with"},
        [OP_LIKE] = {"like", "not like"},
        [OP_COALESCE] = {"?\?", "?\?"},
        [OP_ADD] = {"+", "+"},
        [OP_SUB] = {"-", "-"},
        [OP_MUL] = {"*", "*"},
        [OP_DIV] = {"/", "/"},
        [OP_MOD] = {"%", "%"},
    };
    if (e->kind == EXPR_BETWEEN) return e->negated ? "not between" : "between";
    return e->negated ? signs[e->op].negated : signs[e->op].plain;
}

void print_operand(const struct expr *e, enum binding least, struct buf *out) {
    bool parentheses = expr_binding(e) < least;
    if (parentheses) buf_char(out, '(');
    print_expr(e, out);
    if (parentheses) buf_char(out, ')');
}

static void print_binary(const struct expr *e, struct buf *out) {
    enum binding bind = expr_binding(e);
    print_operand(e->args[0], bind == BIND_COMPARE ? bind + 1 : bind, out);
    buf_printf(out, " %s ", binary_sign(e));
    print_operand(e->args[1], bind + 1, out);
    if (e->kind == EXPR_BETWEEN) {
        buf_text(out, " and ");
        print_operand(e->args[2], bind + 1, out);
    }
    if (e->ignoring_case) buf_text(out, " ignoring case");
}

/* ---- calls and what is bound behind ---------------------------------------------------------- */

static void print_args(const struct expr *e, struct buf *out) {
    for (uint32_t i = 0; i < e->nargs; i++) {
        if (i) buf_text(out, ", ");
        print_expr(e->args[i], out);
    }
}

static void print_window(const struct window *w, struct buf *out) {
    buf_text(out, w->kind == WINDOW_OVER         ? " over "
                  : w->kind == WINDOW_OVER_PRIOR ? " over prior "
                                                 : " over last ");
    if (w->length && w->length->kind == EXPR_NAME) {
        struct str name = w->length->name.text;
        enum keyword k = keyword_find(name);
        if (k == KW_PRIOR || k == KW_LAST) print_quoted(name, out);
        else print_name(name, 0, out);
    } else if (w->length) {
        print_expr(w->length, out);
    } else {
        print_duration(w->length_text, w->length_ns, out);
    }
    if (!w->step_ns) return;
    buf_text(out, " step ");
    print_duration(w->step_text, w->step_ns, out);
}

static void print_call(const struct expr *e, struct buf *out) {
    if (keyword_find(e->name.text) == KW_ANY) print_quoted(e->name.text, out);
    else print_name(e->name.text, 0, out);
    buf_char(out, '(');
    print_args(e, out);
    if (e->where) {
        buf_text(out, e->nargs ? " where " : "where ");
        print_expr(e->where, out);
    }
    buf_char(out, ')');
    if (e->window.kind != WINDOW_NONE) print_window(&e->window, out);
}

/* The operand before `.` or `[`: a number or a windowed call would run into what follows. */
static void print_before_postfix(const struct expr *e, struct buf *out) {
    bool bare = e->kind == EXPR_NAME || e->kind == EXPR_FIELD || e->kind == EXPR_INDEX ||
                e->kind == EXPR_ANY || (e->kind == EXPR_CALL && e->window.kind == WINDOW_NONE);
    if (!bare) buf_char(out, '(');
    print_expr(e, out);
    if (!bare) buf_char(out, ')');
}

static void print_any(const struct expr *e, struct buf *out) {
    buf_text(out, "any(");
    print_name(e->name.text, 0, out);
    buf_text(out, " in ");
    print_operand(e->args[0], BIND_UNARY + 1, out);
    buf_text(out, ": ");
    print_expr(e->args[1], out);
    buf_char(out, ')');
}

void print_expr(const struct expr *e, struct buf *out) {
    switch (e->kind) {
    case EXPR_ERROR: buf_text(out, "<error>"); break;
    case EXPR_NULL: buf_text(out, "null"); break;
    case EXPR_BOOL: buf_text(out, e->integer ? "true" : "false"); break;
    case EXPR_INT:
        if (e->text.n) buf_str(out, e->text);
        else buf_json_int(out, e->integer);
        break;
    case EXPR_NUMBER:
    case EXPR_IP: buf_str(out, e->text); break;
    case EXPR_STRING: print_string(e->text, out); break;
    case EXPR_DURATION: print_duration(e->text, e->integer, out); break;
    case EXPR_TIME:
        buf_char(out, '@');
        if (e->text.n) buf_str(out, e->text);
        else time_format(out, e->integer);
        break;
    case EXPR_LIST:
        buf_char(out, '[');
        print_args(e, out);
        buf_char(out, ']');
        break;
    case EXPR_NAME: print_name(e->name.text, 0, out); break;
    case EXPR_FIELD:
        print_before_postfix(e->args[0], out);
        buf_char(out, '.');
        print_name(e->name.text, 0, out);
        break;
    case EXPR_INDEX:
        print_before_postfix(e->args[0], out);
        buf_char(out, '[');
        print_expr(e->args[1], out);
        buf_char(out, ']');
        break;
    case EXPR_NOT:
        buf_text(out, "not ");
        print_operand(e->args[0], BIND_NOT, out);
        break;
    case EXPR_NEGATE:
        buf_char(out, '-');
        print_operand(e->args[0], BIND_UNARY + 1, out);
        break;
    case EXPR_BINARY:
    case EXPR_BETWEEN: print_binary(e, out); break;
    case EXPR_CALL: print_call(e, out); break;
    case EXPR_ANY: print_any(e, out); break;
    }
}
