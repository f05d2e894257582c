/* expr_text: texts: case, parts, searching, patterns, hashes.
 *
 * A result that is a part of its operand, or equal to it, is a view of it; what must be written
 * goes to the frame's arena. Texts are UTF-8; positions and lengths are in code points.
 *
 *   like   a pattern is pieces between "%". Pieces are found from the left, each at its first
 *          place behind the one before; the last must also reach the end. So only the last "%"
 *          is ever returned to: no pattern is worse than pattern × text.
 *
 * Tests: tests/unit/engine/test_expr.c
 */
#include "base/hash.h"
#include "base/utf8.h"
#include "engine/expr_frame.h"

/* A text from a text: `make` returns the view or the copy. */
static void map_text(const struct frame *f, const struct insn *in,
                     struct str (*make)(const struct frame *f, struct str s)) {
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        EACH_ROW(row, w, todo) d.s[row] = make(f, a.s[row]);
        d.valid[w] = todo;
    }
}

/* A truth from two texts. */
static void test_texts(const struct frame *f, const struct insn *in,
                       bool (*holds)(struct str a, struct str b)) {
    struct reg a = src(f, in->a), b = src(f, in->b), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w] & b.valid[w], bits = 0;
        EACH_ROW(row, w, todo)
            bits |= (uint64_t)holds(a.s[row], b.s[row]) << (row % WORD_ROWS);
        d.b[w] = bits;
        d.valid[w] = todo;
    }
}

static struct str frame_copy(const struct frame *f, struct str s) {
    if (s.n == 0) return STR("");
    char *p = frame_scratch(f, s.n);
    memcpy(p, s.p, s.n);
    return (struct str){p, s.n};
}

/* ---- case ------------------------------------------------------------------------------------ */

static char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; }
static char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static struct str other_case(const struct frame *f, struct str s, char (*ascii)(char),
                             uint32_t (*any)(uint32_t)) {
    size_t same = 0; /* the part that stays as it is */
    while (same < s.n && (unsigned char)s.p[same] < 0x80 && ascii(s.p[same]) == s.p[same]) same++;
    if (same == s.n) return s;
    struct buf *text = &f->e->text;
    buf_reset(text);
    buf_add(text, s.p, same);
    for (size_t at = same; at < s.n;) {
        if ((unsigned char)s.p[at] < 0x80) {
            buf_char(text, ascii(s.p[at++]));
        } else {
            char bytes[4];
            buf_add(text, bytes, utf8_put(bytes, any(utf8_next(s, &at))));
        }
    }
    return frame_copy(f, buf_view(text));
}

static struct str lower(const struct frame *f, struct str s) {
    return other_case(f, s, ascii_lower, utf8_lower);
}
static struct str upper(const struct frame *f, struct str s) {
    return other_case(f, s, ascii_upper, utf8_upper);
}
static struct str trim(const struct frame *f, struct str s) {
    (void)f;
    return str_trim(s);
}

void op_lower(const struct frame *f, const struct insn *in) { map_text(f, in, lower); }
void op_upper(const struct frame *f, const struct insn *in) { map_text(f, in, upper); }
void op_trim(const struct frame *f, const struct insn *in) { map_text(f, in, trim); }

/* ---- lengths and parts ----------------------------------------------------------------------- */

void op_length_s(const struct frame *f, const struct insn *in) {
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        EACH_ROW(row, w, todo) d.i[row] = (int64_t)utf8_length(a.s[row]);
        d.valid[w] = todo;
    }
}

void op_length_l(const struct frame *f, const struct insn *in) {
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        EACH_ROW(row, w, todo) d.i[row] = a.l[row] ? a.l[row]->n : 0;
        d.valid[w] = todo;
    }
}

static size_t skip_points(struct str s, size_t at, uint64_t points) {
    while (points-- && at < s.n) utf8_next(s, &at);
    return at;
}

/* The code points at [from, end) of positions that count from 1, as in SQL: what lies before the
 * text counts, but is not there. */
static struct str substr(struct str s, int64_t from, int64_t end) {
    if (from < 1) from = 1;
    if (end <= from) return STR("");
    size_t start = skip_points(s, 0, (uint64_t)from - 1);
    size_t stop = end == INT64_MAX ? s.n : skip_points(s, start, (uint64_t)(end - from));
    return (struct str){s.p + start, stop - start};
}

void op_substr(const struct frame *f, const struct insn *in) {
    struct reg a = src(f, in->a), from = src(f, in->b), length = src(f, in->b + 1U);
    struct reg d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w] & from.valid[w], counted = length.valid[w];
        d.valid[w] = todo;
        EACH_ROW(row, w, todo) {
            int64_t end = INT64_MAX;
            if (counted >> (row % WORD_ROWS) & 1) {
                if (length.i[row] < 0) {
                    row_null(d, row);
                    continue;
                }
                if (__builtin_add_overflow(from.i[row], length.i[row], &end)) end = INT64_MAX;
            }
            d.s[row] = substr(a.s[row], from.i[row], end);
        }
    }
}

void op_concat(const struct frame *f, const struct insn *in) {
    struct reg a = src(f, in->a), b = src(f, in->b), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w] & b.valid[w];
        EACH_ROW(row, w, todo) {
            struct str x = a.s[row], y = b.s[row];
            if (y.n && x.n) {
                char *p = frame_scratch(f, x.n + y.n);
                memcpy(p, x.p, x.n);
                memcpy(p + x.n, y.p, y.n);
                d.s[row] = (struct str){p, x.n + y.n};
            } else {
                d.s[row] = x.n ? x : y;
            }
        }
        d.valid[w] = todo;
    }
}

/* ---- searching ------------------------------------------------------------------------------- */

static bool contains(struct str a, struct str b) {
    return b.n == 0 || memmem(a.p, a.n, b.p, b.n) != NULL;
}

/* Moves behind one literal character of a pattern; a backslash at the very end is itself. */
static char literal(struct str pattern, size_t *at) {
    char c = pattern.p[(*at)++];
    if (c == '\\' && *at < pattern.n) c = pattern.p[(*at)++];
    return c;
}

/* Where the piece at p could begin at the earliest: at its first character, if it has one of its
 * own, else here. The end of the text if nowhere. */
static size_t piece_place(struct str s, size_t at, struct str pattern, size_t p) {
    if (pattern.p[p] == '%' || pattern.p[p] == '_') return at;
    const char *found = memchr(s.p + at, literal(pattern, &p), s.n - at);
    return found ? (size_t)(found - s.p) : s.n;
}

static bool like(struct str s, struct str pattern) {
    size_t at = 0, p = 0;
    size_t piece = SIZE_MAX, begin = 0; /* behind the last %, and where its piece was tried */
    while (at < s.n) {
        char c = p < pattern.n ? pattern.p[p] : '\0';
        if (p < pattern.n && c == '%') {
            piece = ++p;
            if (piece == pattern.n) return true;
            begin = at = piece_place(s, at, pattern, piece);
            continue;
        }
        if (p < pattern.n && c == '_') {
            utf8_next(s, &at);
            p++;
            continue;
        }
        size_t behind = p;
        if (p < pattern.n && literal(pattern, &behind) == s.p[at]) {
            p = behind;
            at++;
            continue;
        }
        if (piece == SIZE_MAX) return false;
        utf8_next(s, &begin);
        begin = at = piece_place(s, begin, pattern, piece);
        p = piece;
    }
    while (p < pattern.n && pattern.p[p] == '%') p++;
    return p == pattern.n;
}

void op_contains(const struct frame *f, const struct insn *in) { test_texts(f, in, contains); }
void op_starts(const struct frame *f, const struct insn *in) { test_texts(f, in, str_starts); }
void op_ends(const struct frame *f, const struct insn *in) { test_texts(f, in, str_ends); }
void op_like(const struct frame *f, const struct insn *in) { test_texts(f, in, like); }

/* ---- regular expressions --------------------------------------------------------------------- */

void op_matches(const struct frame *f, const struct insn *in) {
    const struct regex *regex = f->e->regexes[in->imm];
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w], yes = 0, unknown = 0;
        EACH_ROW(row, w, todo) {
            enum regex_result r = regex_find(regex, f->e->regex_scratch, a.s[row], 0, NULL);
            yes |= (uint64_t)(r == REGEX_YES) << (row % WORD_ROWS);
            unknown |= (uint64_t)(r == REGEX_BOUND) << (row % WORD_ROWS);
        }
        f->e->counters.regex_bound += (uint64_t)__builtin_popcountll(unknown);
        d.b[w] = yes;
        d.valid[w] = todo & ~unknown;
    }
}

void op_extract(const struct frame *f, const struct insn *in) {
    const struct regex *regex = f->e->regexes[in->imm];
    struct reg a = src(f, in->a), d = dst(f, in->r);
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        d.valid[w] = todo;
        EACH_ROW(row, w, todo) {
            struct str found = STR("");
            enum regex_result r =
                regex_find(regex, f->e->regex_scratch, a.s[row], in->b, &found);
            f->e->counters.regex_bound += r == REGEX_BOUND;
            if (r == REGEX_YES) d.s[row] = found;
            else row_null(d, row);
        }
    }
}

/* ---- values ---------------------------------------------------------------------------------- */

struct value reg_value(struct reg a, uint8_t type, uint32_t kind, uint64_t row) {
    static const uint8_t usual[] = {[REG_B] = VALUE_BOOL,   [REG_I] = VALUE_INT,
                                    [REG_F] = VALUE_FLOAT,  [REG_S] = VALUE_STRING,
                                    [REG_P] = VALUE_IP,     [REG_L] = VALUE_LIST};
    if (!(a.valid[row / WORD_ROWS] >> (row % WORD_ROWS) & 1)) return value_null();
    struct value v = {.type = kind ? (uint8_t)kind : usual[type], .digits = (uint8_t)(kind >> 8)};
    switch ((enum reg_type)type) {
    case REG_B: v.i = a.b[row / WORD_ROWS] >> (row % WORD_ROWS) & 1; break;
    case REG_I: v.i = a.i[row]; break;
    case REG_F: v.f = a.f[row]; break;
    case REG_S: v.s = a.s[row]; break;
    case REG_P:
        v.ip = a.ip[row];
        v.digits = 128;
        break;
    case REG_L: v.list = a.l[row]; break;
    }
    return v;
}

/* The first 63 bits of the 128-bit hash of the canonical bytes: the same in every version. */
void op_hash(const struct frame *f, const struct insn *in) {
    struct reg a = src(f, in->a), d = dst(f, in->r);
    struct buf *text = &f->e->text;
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        EACH_ROW(row, w, todo) {
            buf_reset(text);
            value_encode(text, reg_value(a, f->types[in->a], in->b, row));
            d.i[row] = (int64_t)(hash128(text->p, text->n).high >> 1);
        }
        d.valid[w] = todo;
    }
}

void op_to_text(const struct frame *f, const struct insn *in) {
    struct reg a = src(f, in->a), d = dst(f, in->r);
    uint8_t type = f->types[in->a];
    uint32_t kind = in->b + 256 * in->imm;
    struct buf *text = &f->e->text;
    for (uint32_t w = 0; w < f->words; w++) {
        uint64_t todo = a.valid[w];
        EACH_ROW(row, w, todo) {
            if (type == REG_S) {
                d.s[row] = a.s[row]; /* value_text would put it in quotes */
                continue;
            }
            buf_reset(text);
            value_text(text, reg_value(a, type, kind, row));
            d.s[row] = frame_copy(f, buf_view(text));
        }
        d.valid[w] = todo;
    }
}
