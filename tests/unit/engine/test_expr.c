/* Tests of engine/expr.h: each instruction with its edges, computed by hand.
 *
 * rows[] holds one line a case: operation, operands, result. Every line is run four ways: for one
 * row; over a vector (the result compared by HASH, EXISTS inside of the code); with the result
 * written over an operand; and once with each operand null, which must give null unless the
 * operation is one that looks at nulls. A list of what rows[] must cover comes from opcodes.def.
 * What looks at events, runs and keys is in test_expr_eval.c and test_expr_run.c.
 */
#include "base/time.h"
#include "tests/unit/engine/expr_notation.h"

/* ---- operands -------------------------------------------------------------------------------- */

static const struct items ints = ITEMS(3, IV(3), IV(0), IV(-7));
static const struct items ints_null = ITEMS(2, IV(3), NV);
static const struct items floats = ITEMS(3, FV(1.5), FV(0), IV(2));
static const struct items texts = ITEMS(4, SV("left"), SV(""), SV("right"), SV("left"));
static const struct items bools = ITEMS(1, {.i = 1, .type = VALUE_BOOL});
static const struct items lists = ITEMS(2, LV(ints), LV(texts));
static const struct items nothing = ITEMS(0, NV);
static const struct items networks =
    ITEMS(5, NET4(192, 168, 0, 0, 16), NET4(10, 0, 0, 0, 8), NET4(10, 1, 0, 0, 16),
          NET4(8, 8, 8, 8, 32), NET4(10, 255, 0, 0, 16));
static const struct items ips = ITEMS(2, NET4(10, 0, 0, 1, 32), NET4(10, 0, 0, 2, 32));

static const struct items p0 = ITEMS(2, FV(0), FV(0)), p1 = ITEMS(2, FV(0), FV(10)),
                          p2 = ITEMS(2, FV(10), FV(10)), p3 = ITEMS(2, IV(5), IV(5)),
                          p4 = ITEMS(2, FV(10), FV(0));
/* a square with a notch from the west, whose tip is (5, 5) */
static const struct items notched = ITEMS(5, LV(p0), LV(p1), LV(p2), LV(p4), LV(p3));

static const struct value constants[] = {
    [0] = LV(ints),     [1] = LV(ints_null), [2] = LV(floats),  [3] = LV(texts),
    [4] = LV(bools),    [5] = LV(networks),  [6] = LV(nothing), [7] = LV(notched),
    [8] = NET4(10, 1, 2, 99, 24), [9] = LV(lists)};
enum { SET_I, SET_NULL, SET_F, SET_S, SET_B, SET_P, SET_EMPTY, POLYGON, NET, SET_L };
enum { RE_WORD, RE_NOCASE, RE_BOUND };
enum { ZONE_PARIS, ZONE_KOLKATA, ZONES };

struct row {
    enum opcode op;
    struct operand a, b, c, d; /* in registers 0 to 3 */
    struct operand want;
    uint32_t n;   /* operand b where it is a plain number */
    uint32_t imm;
    int line;
};
#define ROW(op, ...) {INSN_##op, __VA_ARGS__, .line = __LINE__}

#define NOON (INT64_C(1790164800) * NS_PER_S) /* 2026-09-23T12:00:00Z, a Wednesday */

static const struct row rows[] = {
    ROW(ADD_I, I(2), I(3), .want = I(5)),
    ROW(ADD_I, I(INT64_MAX), I(1), .want = NUL(REG_I)),
    ROW(ADD_I, I(INT64_MIN), I(-1), .want = NUL(REG_I)),
    ROW(ADD_I, I(INT64_MAX), I(INT64_MIN), .want = I(-1)),
    ROW(SUB_I, I(2), I(3), .want = I(-1)),
    ROW(SUB_I, I(INT64_MIN), I(1), .want = NUL(REG_I)),
    ROW(SUB_I, I(0), I(INT64_MIN), .want = NUL(REG_I)),
    ROW(MUL_I, I(-4), I(3), .want = I(-12)),
    ROW(MUL_I, I(INT64_C(1) << 32), I(INT64_C(1) << 31), .want = NUL(REG_I)),
    ROW(MUL_I, I(INT64_MIN), I(-1), .want = NUL(REG_I)),
    ROW(DIV_I, I(7), I(2), .want = I(3)),
    ROW(DIV_I, I(-7), I(2), .want = I(-3)),
    ROW(DIV_I, I(7), I(0), .want = NUL(REG_I)),
    ROW(DIV_I, I(INT64_MIN), I(-1), .want = NUL(REG_I)),
    ROW(MOD_I, I(-7), I(3), .want = I(-1)),
    ROW(MOD_I, I(7), I(-3), .want = I(1)),
    ROW(MOD_I, I(7), I(0), .want = NUL(REG_I)),
    ROW(MOD_I, I(INT64_MIN), I(-1), .want = I(0)),
    ROW(NEG_I, I(5), .want = I(-5)),
    ROW(NEG_I, I(INT64_MIN), .want = NUL(REG_I)),
    ROW(ABS_I, I(-5), .want = I(5)),
    ROW(ABS_I, I(5), .want = I(5)),
    ROW(ABS_I, I(INT64_MIN), .want = NUL(REG_I)),
    ROW(MIN_I, I(-5), I(4), .want = I(-5)),
    ROW(MAX_I, I(-5), I(4), .want = I(4)),
    ROW(SCALE_I, I(-12), .want = I(-12000), .imm = 3),
    ROW(SCALE_I, I(10), .want = NUL(REG_I), .imm = 18),
    ROW(SCALE_I, I(9), .want = I(INT64_C(9000000000000000000)), .imm = 18),
    ROW(UNSCALE_I, I(125), .want = I(12), .n = 0, .imm = 1),
    ROW(UNSCALE_I, I(135), .want = I(14), .n = 0, .imm = 1),
    ROW(UNSCALE_I, I(-125), .want = I(-12), .n = 0, .imm = 1),
    ROW(UNSCALE_I, I(-126), .want = I(-13), .n = 0, .imm = 1),
    ROW(UNSCALE_I, I(-121), .want = I(-13), .n = 1, .imm = 1),
    ROW(UNSCALE_I, I(121), .want = I(12), .n = 1, .imm = 1),
    ROW(UNSCALE_I, I(121), .want = I(13), .n = 2, .imm = 1),
    ROW(UNSCALE_I, I(-121), .want = I(-12), .n = 2, .imm = 1),
    ROW(UNSCALE_I, I(125), .want = I(13), .n = 3, .imm = 1),
    ROW(UNSCALE_I, I(-125), .want = I(-13), .n = 3, .imm = 1),
    ROW(UNSCALE_I, I(-120), .want = I(-12), .n = 1, .imm = 1),
    ROW(UNSCALE_I, I(INT64_MIN), .want = I(-9), .n = 3, .imm = 18),
    ROW(I_TO_F, I(1234), .want = F(12.34), .imm = 2),
    ROW(I_TO_F, I(-3), .want = F(-3), .imm = 0),

    ROW(ADD_F, F(0.5), F(0.25), .want = F(0.75)),
    ROW(ADD_F, F(1.7e308), F(1.7e308), .want = NUL(REG_F)),
    ROW(SUB_F, F(0.5), F(0.25), .want = F(0.25)),
    ROW(MUL_F, F(-1.5), F(2), .want = F(-3)),
    ROW(MUL_F, F(1e200), F(-1e200), .want = NUL(REG_F)),
    ROW(DIV_F, F(1), F(4), .want = F(0.25)),
    ROW(DIV_F, F(1), F(0), .want = NUL(REG_F)),
    ROW(DIV_F, F(0), F(0), .want = NUL(REG_F)),
    ROW(MOD_F, F(-7.5), F(2), .want = F(-1.5)),
    ROW(MOD_F, F(1), F(0), .want = NUL(REG_F)),
    ROW(NEG_F, F(1.5), .want = F(-1.5)),
    ROW(ABS_F, F(-1.5), .want = F(1.5)),
    ROW(MIN_F, F(-1.5), F(0), .want = F(-1.5)),
    ROW(MAX_F, F(-1.5), F(0), .want = F(0)),
    ROW(FLOOR_F, F(-1.5), .want = F(-2)),
    ROW(CEIL_F, F(-1.5), .want = F(-1)),
    ROW(ROUND_F, F(2.5), .want = F(3), .imm = 0),
    ROW(ROUND_F, F(-2.5), .want = F(-3), .imm = 0),
    ROW(ROUND_F, F(0.125), .want = F(0.13), .imm = 2),
    ROW(ROUND_F, F(1234.5), .want = F(1200), .imm = (uint32_t)-2),
    ROW(ROUND_F, F(1e300), .want = F(1e300), .imm = 5),
    ROW(ROUND_F, F(0.1), .want = F(0.1), .imm = 400),
    ROW(ROUND_F, F(123), .want = F(0), .imm = (uint32_t)-400),
    ROW(SQRT_F, F(2.25), .want = F(1.5)),
    ROW(SQRT_F, F(-1), .want = NUL(REG_F)),
    ROW(POW_F, F(2), F(-2), .want = F(0.25)),
    ROW(POW_F, F(-2), F(0.5), .want = NUL(REG_F)),
    ROW(POW_F, F(10), F(309), .want = NUL(REG_F)),
    ROW(LOG_F, F(1), .want = F(0)),
    ROW(LOG_F, F(0), .want = NUL(REG_F)),
    ROW(LOG_F, F(-1), .want = NUL(REG_F)),
    ROW(EXP_F, F(0), .want = F(1)),
    ROW(EXP_F, F(1000), .want = NUL(REG_F)),
    ROW(F_TO_I, F(-1.5), .want = I(-1), .n = 0),
    ROW(F_TO_I, F(-1.5), .want = I(-2), .n = 1),
    ROW(F_TO_I, F(1.25), .want = I(2), .n = 2),
    ROW(F_TO_I, F(-1.5), .want = I(-2), .n = 3),
    ROW(F_TO_I, F(9223372036854774784.0), .want = I(9223372036854774784)),
    ROW(F_TO_I, F(0x1p63), .want = NUL(REG_I)),
    ROW(F_TO_I, F(-0x1p63), .want = I(INT64_MIN)),

    ROW(EQ_B, B(1), B(1), .want = B(1)),
    ROW(EQ_B, B(0), B(1), .want = B(0)),
    ROW(EQ_B, B(0), B(0), .want = B(1)),
    ROW(EQ_I, I(5), I(5), .want = B(1)),
    ROW(EQ_I, I(5), I(6), .want = B(0)),
    ROW(LT_I, I(-5), I(5), .want = B(1)),
    ROW(LT_I, I(5), I(5), .want = B(0)),
    ROW(LE_I, I(5), I(5), .want = B(1)),
    ROW(LE_I, I(6), I(5), .want = B(0)),
    ROW(EQ_F, F(0.0), F(-0.0), .want = B(1)),
    ROW(EQ_F, F(0.5), F(0.25), .want = B(0)),
    ROW(LT_F, F(-0.5), F(0.25), .want = B(1)),
    ROW(LT_F, F(0.25), F(0.25), .want = B(0)),
    ROW(LE_F, F(0.25), F(0.25), .want = B(1)),
    ROW(LE_F, F(0.5), F(0.25), .want = B(0)),
    ROW(EQ_S, S("ab"), S("ab"), .want = B(1)),
    ROW(EQ_S, S("ab"), S("ac"), .want = B(0)),
    ROW(EQ_S, S("ab"), S("abc"), .want = B(0)),
    ROW(EQ_S, S(""), S(""), .want = B(1)),
    ROW(LT_S, S("ab"), S("abc"), .want = B(1)),
    ROW(LT_S, S("z"), S("é"), .want = B(1)),
    ROW(LT_S, S("b"), S("ab"), .want = B(0)),
    ROW(LE_S, S("ab"), S("ab"), .want = B(1)),
    ROW(LE_S, S("b"), S("ab"), .want = B(0)),
    ROW(EQ_P, P4(10, 0, 0, 1), P4(10, 0, 0, 1), .want = B(1)),
    ROW(EQ_P, P4(10, 0, 0, 1), P(0x20, 1), .want = B(0)),
    ROW(LT_P, P4(10, 0, 0, 1), P4(200, 0, 0, 0), .want = B(1)),
    ROW(LT_P, P(0x20, 1), P4(200, 0, 0, 0), .want = B(0)),
    ROW(LE_P, P4(10, 0, 0, 1), P4(10, 0, 0, 1), .want = B(1)),
    ROW(LE_P, P4(10, 0, 0, 2), P4(10, 0, 0, 1), .want = B(0)),
    ROW(IN_NET, P4(10, 1, 2, 200), .want = B(1), .imm = NET),
    ROW(IN_NET, P4(10, 1, 3, 200), .want = B(0), .imm = NET),
    ROW(IN_SET, I(-7), .want = B(1), .imm = SET_I),
    ROW(IN_SET, I(0), .want = B(1), .imm = SET_I),
    ROW(IN_SET, I(4), .want = B(0), .imm = SET_I),
    ROW(IN_SET, I(3), .want = B(1), .imm = SET_NULL),
    ROW(IN_SET, I(0), .want = NUL(REG_B), .imm = SET_NULL),
    ROW(IN_SET, F(2), .want = B(1), .imm = SET_F),
    ROW(IN_SET, F(-0.0), .want = B(1), .imm = SET_F),
    ROW(IN_SET, F(1), .want = B(0), .imm = SET_F),
    ROW(IN_SET, S("left"), .want = B(1), .imm = SET_S),
    ROW(IN_SET, S(""), .want = B(1), .imm = SET_S),
    ROW(IN_SET, S("lef"), .want = B(0), .imm = SET_S),
    ROW(IN_SET, S("lift"), .want = B(0), .imm = SET_S),
    ROW(IN_SET, B(1), .want = B(1), .imm = SET_B),
    ROW(IN_SET, B(0), .want = B(0), .imm = SET_B),
    ROW(IN_SET, P4(10, 7, 7, 7), .want = B(1), .imm = SET_P),
    ROW(IN_SET, P4(10, 255, 255, 255), .want = B(1), .imm = SET_P),
    ROW(IN_SET, P4(11, 0, 0, 0), .want = B(0), .imm = SET_P),
    ROW(IN_SET, P4(8, 8, 8, 8), .want = B(1), .imm = SET_P),
    ROW(IN_SET, P4(8, 8, 8, 7), .want = B(0), .imm = SET_P),
    ROW(IN_SET, P4(192, 168, 255, 1), .want = B(1), .imm = SET_P),
    ROW(IN_SET, P4(255, 0, 0, 1), .want = B(0), .imm = SET_P),
    ROW(IN_SET, P(0), .want = B(0), .imm = SET_P),
    ROW(IN_SET, L(ints), .want = B(1), .imm = SET_L),
    ROW(IN_SET, L(floats), .want = B(0), .imm = SET_L),
    ROW(IN_LIST, I(-7), L(ints), .want = B(1)),
    ROW(IN_LIST, I(8), L(ints), .want = B(0)),
    ROW(IN_LIST, I(8), L(ints_null), .want = NUL(REG_B)),
    ROW(IN_LIST, I(3), L(ints_null), .want = B(1)),
    ROW(IN_LIST, I(3), L(nothing), .want = B(0)),
    ROW(IN_LIST, F(2), L(floats), .want = B(1)),
    ROW(IN_LIST, S("right"), L(texts), .want = B(1)),
    ROW(IN_LIST, S("r"), L(texts), .want = B(0)),
    ROW(IN_LIST, B(1), L(bools), .want = B(1)),
    ROW(IN_LIST, B(0), L(bools), .want = B(0)),
    ROW(IN_LIST, P4(10, 0, 0, 2), L(ips), .want = B(1)),
    ROW(IN_LIST, P4(10, 0, 0, 3), L(ips), .want = B(0)),
    ROW(IN_LIST, L(texts), L(lists), .want = B(1)),

    ROW(AND, B(1), B(1), .want = B(1)),
    ROW(AND, B(1), B(0), .want = B(0)),
    ROW(AND, B(0), NUL(REG_B), .want = B(0)),
    ROW(AND, NUL(REG_B), B(0), .want = B(0)),
    ROW(AND, B(1), NUL(REG_B), .want = NUL(REG_B)),
    ROW(AND, NUL(REG_B), NUL(REG_B), .want = NUL(REG_B)),
    ROW(OR, B(0), B(0), .want = B(0)),
    ROW(OR, B(1), B(0), .want = B(1)),
    ROW(OR, B(1), NUL(REG_B), .want = B(1)),
    ROW(OR, NUL(REG_B), B(1), .want = B(1)),
    ROW(OR, NUL(REG_B), B(0), .want = NUL(REG_B)),
    ROW(OR, NUL(REG_B), NUL(REG_B), .want = NUL(REG_B)),
    ROW(NOT, B(1), .want = B(0)),
    ROW(NOT, B(0), .want = B(1)),
    ROW(EXISTS, I(0), .want = B(1)),
    ROW(EXISTS, NUL(REG_I), .want = B(0)),
    ROW(EXISTS, NUL(REG_B), .want = B(0)),
    ROW(EXISTS, S(""), .want = B(1)),
    ROW(COALESCE, I(1), I(2), .want = I(1)),
    ROW(COALESCE, NUL(REG_I), I(2), .want = I(2)),
    ROW(COALESCE, S("a"), NUL(REG_S), .want = S("a")),
    ROW(COALESCE, NUL(REG_S), S("b"), .want = S("b")),
    ROW(COALESCE, NUL(REG_B), B(1), .want = B(1)),
    ROW(COALESCE, B(0), B(1), .want = B(0)),
    ROW(COALESCE, NUL(REG_F), NUL(REG_F), .want = NUL(REG_F)),
    ROW(COALESCE, NUL(REG_P), P4(1, 2, 3, 4), .want = P4(1, 2, 3, 4)),
    ROW(COALESCE, L(ints), L(texts), .want = L(ints)),
    ROW(ONLY_IF, I(1), B(1), .want = I(1)),
    ROW(ONLY_IF, I(1), B(0), .want = NUL(REG_I)),
    ROW(ONLY_IF, S("x"), B(1), .want = S("x")),
    ROW(ONLY_IF, S("x"), NUL(REG_B), .want = NUL(REG_S)),
    ROW(ONLY_IF, B(1), B(1), .want = B(1)),
    ROW(ONLY_IF, B(1), B(0), .want = NUL(REG_B)),
    ROW(ONLY_IF, P4(1, 2, 3, 4), B(1), .want = P4(1, 2, 3, 4)),
    ROW(IS_TRUE, B(1), .want = B(1)),
    ROW(IS_TRUE, B(0), .want = B(0)),
    ROW(IS_TRUE, NUL(REG_B), .want = B(0)),

    ROW(LOWER, S("AbC-9"), .want = S("abc-9")),
    ROW(LOWER, S("ÄÖÜ ß ΑΒΓ"), .want = S("äöü ß αβγ")),
    ROW(LOWER, S("already"), .want = S("already")),
    ROW(LOWER, S(""), .want = S("")),
    ROW(UPPER, S("AbC-9"), .want = S("ABC-9")),
    ROW(UPPER, S("äöü ж"), .want = S("ÄÖÜ Ж")),
    ROW(LENGTH_S, S("añ€𝄞"), .want = I(4)),
    ROW(LENGTH_S, S(""), .want = I(0)),
    ROW(LENGTH_L, L(texts), .want = I(4)),
    ROW(LENGTH_L, L(nothing), .want = I(0)),
    ROW(TRIM, S(" \t a b\r\n"), .want = S("a b")),
    ROW(TRIM, S("   "), .want = S("")),
    ROW(SUBSTR, S("añ€𝄞z"), I(2), I(2), .want = S("ñ€")),
    ROW(SUBSTR, S("añ€𝄞z"), I(4), NUL(REG_I), .want = S("𝄞z")),
    ROW(SUBSTR, S("abc"), I(0), I(2), .want = S("a")),
    ROW(SUBSTR, S("abc"), I(-5), I(5), .want = S("")),
    ROW(SUBSTR, S("abc"), I(-5), NUL(REG_I), .want = S("abc")),
    ROW(SUBSTR, S("abc"), I(9), I(1), .want = S("")),
    ROW(SUBSTR, S("abc"), I(2), I(-1), .want = NUL(REG_S)),
    ROW(SUBSTR, S("abc"), I(2), I(0), .want = S("")),
    ROW(SUBSTR, S("abc"), I(2), I(INT64_MAX), .want = S("bc")),
    ROW(SUBSTR, S("abc"), NUL(REG_I), I(1), .want = NUL(REG_S)),
    ROW(SUBSTR, NUL(REG_S), I(1), I(1), .want = NUL(REG_S)),
    ROW(CONCAT, S("a"), S("b"), .want = S("ab")),
    ROW(CONCAT, S(""), S("b"), .want = S("b")),
    ROW(CONCAT, S("a"), S(""), .want = S("a")),
    ROW(CONTAINS, S("abcd"), S("bc"), .want = B(1)),
    ROW(CONTAINS, S("abcd"), S("cb"), .want = B(0)),
    ROW(CONTAINS, S(""), S(""), .want = B(1)),
    ROW(CONTAINS, S("a"), S("ab"), .want = B(0)),
    ROW(STARTS, S("abcd"), S("ab"), .want = B(1)),
    ROW(STARTS, S("abcd"), S("b"), .want = B(0)),
    ROW(ENDS, S("abcd"), S("cd"), .want = B(1)),
    ROW(ENDS, S("abcd"), S("bc"), .want = B(0)),
    ROW(LIKE, S("abcd"), S("a%d"), .want = B(1)),
    ROW(LIKE, S("abcd"), S("a%c"), .want = B(0)),
    ROW(LIKE, S("abcd"), S("%"), .want = B(1)),
    ROW(LIKE, S(""), S("%%"), .want = B(1)),
    ROW(LIKE, S(""), S(""), .want = B(1)),
    ROW(LIKE, S(""), S("_"), .want = B(0)),
    ROW(LIKE, S("a€b"), S("a_b"), .want = B(1)),
    ROW(LIKE, S("a€b"), S("a__b"), .want = B(0)),
    ROW(LIKE, S("€bc"), S("%__b%"), .want = B(0)),
    ROW(LIKE, S("aab"), S("%ab"), .want = B(1)),
    ROW(LIKE, S("abab"), S("%ab%ab"), .want = B(1)),
    ROW(LIKE, S("abaab"), S("%ab%_ab"), .want = B(1)),
    ROW(LIKE, S("aba"), S("%ab%ab"), .want = B(0)),
    ROW(LIKE, S("100%"), S("100\\%"), .want = B(1)),
    ROW(LIKE, S("1000"), S("100\\%"), .want = B(0)),
    ROW(LIKE, S("a_b"), S("%\\_b"), .want = B(1)),
    ROW(LIKE, S("a\\"), S("a\\"), .want = B(1)),
    ROW(LIKE, S("abc"), S("ab"), .want = B(0)),
    ROW(LIKE, S("ab"), S("ab%c"), .want = B(0)),
    ROW(LIKE, S("xx%y"), S("%\\%y"), .want = B(1)),
    ROW(LIKE, S("ab"), S("%c"), .want = B(0)),
    ROW(LIKE, S("é"), S("%é%"), .want = B(1)),
    ROW(LIKE, S("aXbXc"), S("%X%%_c"), .want = B(1)),
    ROW(MATCHES, S("say hello"), .want = B(1), .imm = RE_WORD),
    ROW(MATCHES, S("..."), .want = B(0), .imm = RE_WORD),
    ROW(MATCHES, S("xÄRGER"), .want = B(1), .imm = RE_NOCASE),
    ROW(MATCHES, S("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), .want = NUL(REG_B), .imm = RE_BOUND),
    ROW(EXTRACT, S("say hello"), .want = S("say hello"), .n = 0, .imm = RE_WORD),
    ROW(EXTRACT, S("say hello"), .want = S("hello"), .n = 2, .imm = RE_WORD),
    ROW(EXTRACT, S("say"), .want = NUL(REG_S), .n = 2, .imm = RE_WORD),
    ROW(EXTRACT, S("..."), .want = NUL(REG_S), .n = 0, .imm = RE_WORD),
    ROW(TO_TEXT, I(-5), .want = S("-5"), .n = VALUE_INT),
    ROW(TO_TEXT, I(-505), .want = S("-5.05"), .n = VALUE_DECIMAL, .imm = 2),
    ROW(TO_TEXT, I(90 * NS_PER_MIN), .want = S("1h30m"), .n = VALUE_DURATION),
    ROW(TO_TEXT, I(NOON), .want = S("2026-09-23T12:00:00Z"), .n = VALUE_TIME),
    ROW(TO_TEXT, F(0.5), .want = S("0.5"), .n = VALUE_FLOAT),
    ROW(TO_TEXT, B(1), .want = S("true"), .n = VALUE_BOOL),
    ROW(TO_TEXT, S("as \"is\""), .want = S("as \"is\""), .n = VALUE_STRING),
    ROW(TO_TEXT, P4(10, 0, 0, 1), .want = S("10.0.0.1"), .n = VALUE_IP),

    ROW(HOUR, I(NOON), .want = I(12), .imm = NONE),
    ROW(HOUR, I(-1), .want = I(23), .imm = NONE),
    ROW(HOUR, I(0), .want = I(0), .imm = NONE),
    ROW(HOUR, I(NOON), .want = I(14), .imm = ZONE_PARIS),
    ROW(HOUR, I(NOON), .want = I(17), .imm = ZONE_KOLKATA),
    ROW(HOUR, I(INT64_MAX), .want = NUL(REG_I), .imm = ZONE_PARIS),
    ROW(WEEKDAY, I(0), .want = I(4), .imm = NONE),
    ROW(WEEKDAY, I(-1), .want = I(3), .imm = NONE),
    ROW(WEEKDAY, I(NOON), .want = I(3), .imm = NONE),
    ROW(WEEKDAY, I(NOON + 4 * NS_PER_DAY), .want = I(7), .imm = NONE),
    ROW(WEEKDAY, I(NOON + 10 * NS_PER_HOUR), .want = I(4), .imm = ZONE_PARIS),
    ROW(DATE, I(NOON), .want = S("2026-09-23"), .imm = NONE),
    ROW(DATE, I(-1), .want = S("1969-12-31"), .imm = NONE),
    ROW(DATE, I(NOON + 10 * NS_PER_HOUR), .want = S("2026-09-24"), .imm = ZONE_PARIS),
    ROW(DATE, I(INT64_MAX), .want = NUL(REG_S), .imm = ZONE_KOLKATA),
    ROW(DISTANCE, F(48.8566), F(2.3522), F(48.8566), F(2.3522), .want = F(0)),
    ROW(DISTANCE, F(90.5), F(0), F(0), F(0), .want = NUL(REG_F)),
    ROW(DISTANCE, F(0), F(0), F(0), F(-180.5), .want = NUL(REG_F)),
    ROW(IN_POLYGON, F(1), F(5), .want = B(1), .imm = POLYGON),
    ROW(IN_POLYGON, F(5), F(1), .want = B(0), .imm = POLYGON), /* in the notch */
    ROW(IN_POLYGON, F(5), F(5), .want = B(1), .imm = POLYGON), /* its tip */
    ROW(IN_POLYGON, F(5), F(7), .want = B(1), .imm = POLYGON), /* level with a corner */
    ROW(IN_POLYGON, F(0), F(3), .want = B(1), .imm = POLYGON), /* edges and corners */
    ROW(IN_POLYGON, F(10), F(3), .want = B(1), .imm = POLYGON),
    ROW(IN_POLYGON, F(2), F(2), .want = B(1), .imm = POLYGON),
    ROW(IN_POLYGON, F(10), F(10), .want = B(1), .imm = POLYGON),
    ROW(IN_POLYGON, F(10), F(10.5), .want = B(0), .imm = POLYGON),
    ROW(IN_POLYGON, F(-0.5), F(5), .want = B(0), .imm = POLYGON),
};
enum { NROWS = sizeof rows / sizeof *rows };

/* ---- running rows ---------------------------------------------------------------------------- */

static const char *const op_names[] = {
#define OP(name, result, a, b, imm, equation) #name,
#include "engine/opcodes.def"
#undef OP
};
static const char op_b[][2] = {
#define OP(name, result, a, b, imm, equation) #b,
#include "engine/opcodes.def"
#undef OP
};

static void setup(struct assembler *a) {
    asm_init(a);
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        asm_constant(a, constants[i]);
    asm_regex(a, "(\\w+)(?: (\\w+))?", false);
    asm_regex(a, "ärger$", true);
    asm_regex(a, "(a+)+$", false);
    asm_zone(a, "Europe/Paris");
    asm_zone(a, "Asia/Kolkata");
}

static const struct operand *operand_of(const struct row *row, uint32_t i) {
    return i == 0 ? &row->a : i == 1 ? &row->b : i == 2 ? &row->c : &row->d;
}

/* Registers 0..3: operands; 4: result, or `over`, an operand's. `null`: this operand is null. */
static uint16_t emit(struct assembler *a, const struct row *row, uint16_t over, uint32_t null) {
    asm_begin(a);
    for (uint32_t i = 0; i < 4; i++) {
        const struct operand *o = operand_of(row, i);
        asm_load(a, o->used ? o->reg : REG_I, i == null ? value_null() : o->v);
    }
    uint16_t r = asm_reg(a, row->want.reg);
    if (over != NONE16) r = over;
    uint32_t b = *op_b[row->op] == 'N' ? row->n : *op_b[row->op] == '_' ? 0 : 1;
    asm_op(a, row->op, r, 0, b, row->imm);
    return r;
}

static uint32_t emit_value(struct assembler *a, const struct row *row, uint16_t over,
                           uint32_t null) {
    static const uint8_t type_of[] = {[REG_B] = VALUE_BOOL,   [REG_I] = VALUE_INT,
                                      [REG_F] = VALUE_FLOAT,  [REG_S] = VALUE_STRING,
                                      [REG_P] = VALUE_IP,     [REG_L] = VALUE_LIST};
    uint16_t r = emit(a, row, over, null);
    asm_op(a, INSN_RETURN, 0, r, 0, 0);
    return asm_end(a, type_of[row->want.reg], 0);
}

/* True where the result is what is wanted; itself code that works on vectors. */
static uint32_t emit_check(struct assembler *a, const struct row *row) {
    uint16_t r = emit(a, row, NONE16, NONE), bit = asm_reg(a, REG_B);
    if (value_is_null(row->want.v)) {
        asm_op(a, INSN_EXISTS, bit, r, 0, 0);
        asm_op(a, INSN_NOT, bit, bit, 0, 0);
    } else {
        uint16_t want = asm_load(a, row->want.reg, row->want.v);
        uint16_t h1 = asm_reg(a, REG_I), h2 = asm_reg(a, REG_I);
        asm_op(a, INSN_HASH, h1, r, 0, 0);
        asm_op(a, INSN_HASH, h2, want, 0, 0);
        asm_op(a, INSN_EQ_I, bit, h1, h2, 0);
    }
    asm_op(a, INSN_RETURN, 0, bit, 0, 0);
    return asm_end(a, VALUE_BOOL, 0);
}

static void expect(struct expr *e, uint32_t code, struct value want, const struct row *row,
                   const char *how) {
    struct value got = expr_constant(e, code);
    if (value_compare(got, want) == 0) return;
    struct buf b;
    buf_init(&b);
    value_text(&b, got);
    buf_text(&b, ", not ");
    value_text(&b, want);
    fail_msg("line %d: %s, %s: %s", row->line, op_names[row->op], how, buf_cstr(&b));
}

static bool looks_at_nulls(enum opcode op, uint32_t operand) {
    return op == INSN_AND || op == INSN_OR || op == INSN_EXISTS || op == INSN_COALESCE ||
           op == INSN_IS_TRUE || (op == INSN_SUBSTR && operand == 2);
}


static void run_row(const struct row *row, const struct batch *batch) {
    setup(&s);
    uint32_t value = emit_value(&s, row, NONE16, NONE), bits = emit_check(&s, row);
    uint32_t over[4], null[4];
    for (uint32_t i = 0; i < 4; i++) {
        const struct operand *o = operand_of(row, i);
        bool same = o->used && o->reg == row->want.reg, test = !looks_at_nulls(row->op, i);
        over[i] = same ? emit_value(&s, row, (uint16_t)i, NONE) : NONE;
        null[i] = o->used && test ? emit_value(&s, row, NONE16, i) : NONE;
    }
    struct expr *e = ready();
    expect(e, value, row->want.v, row, "one row");
    for (uint32_t i = 0; i < 4; i++) {
        if (over[i] != NONE) expect(e, over[i], row->want.v, row, "over an operand");
        if (null[i] != NONE) expect(e, null[i], value_null(), row, "null operand");
    }
    uint64_t got[2] = {7, 7};
    expr_predicate(e, bits, batch, 0, 70, got);
    if (got[0] != UINT64_MAX || got[1] != 0x3F)
        fail_msg("line %d: %s, vector: %lx %lx", row->line, op_names[row->op], got[0], got[1]);
    expr_free(&e);
    assert_null(e);
}


static void every_row(void **state) {
    (void)state;
    struct batch *b = no_fields();
    for (size_t i = 0; i < NROWS; i++) run_row(&rows[i], b);
    batch_free(&b);
}

/* What is not in rows[] has a test of its own: test_expr_eval.c, test_expr_run.c, test_table.c. */
static void every_opcode_is_tested(void **state) {
    (void)state;
    bool seen[OPCODES] = {false};
    static const enum opcode elsewhere[] = {
        INSN_FIELD,     INSN_CONST,      INSN_NULL,       INSN_CELL,       INSN_PREV,
        INSN_WINDOW,
        INSN_NTH,       INSN_COLLECT,    INSN_DISTINCT,   INSN_ELEMENT,    INSN_HASH,
        INSN_STEP,      INSN_ROW,        INSN_COLUMN,
        INSN_ANY,       INSN_SET_CELL,   INSN_COUNT_CELL, INSN_SUM_I_CELL, INSN_SUM_F_CELL,
        INSN_MIN_CELL,  INSN_MAX_CELL,   INSN_SPREAD_CELL, INSN_STDDEV,    INSN_KEEP,
        INSN_RETURN,    INSN_DONE};
    for (size_t i = 0; i < NROWS; i++) seen[rows[i].op] = true;
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++) seen[elsewhere[i]] = true;
    for (uint32_t op = 0; op < OPCODES; op++)
        if (!seen[op]) fail_msg("%s has no test", op_names[op]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
        cmocka_unit_test(every_opcode_is_tested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
