/* code_functions: the functions of functions.def, and any(). Most are one instruction on arguments
 * brought to the instruction's types.
 *
 *   if(c, x, y)     ONLY_IF x c           x where c is true
 *                   NOT IS_TRUE c         c is false or null
 *                   ONLY_IF y …           y there
 *                   COALESCE              of the two: where c is true the second is null, so
 *                                         that an x that is null is not replaced by y
 *   least, greatest MIN, MAX; texts and addresses by comparing, then the same choice
 *   concat          TO_TEXT on what is no text, CONCAT from left to right
 *   any(x in l: c)  c is a code of its own, run for each item: ELEMENT
 */
#include "base/log.h"
#include "rules/coder.h"

static const struct type BOOLEAN = {.base = VALUE_BOOL};
static const struct type INT = {.base = VALUE_INT};
static const struct type FLOAT = {.base = VALUE_FLOAT};
static const struct type TEXT = {.base = VALUE_STRING};
static const struct type TIME = {.base = VALUE_TIME};
static const struct type AS_IT_IS = {0};

static struct type type_at(const struct coder *c, const struct expr *e, uint32_t i) {
    return typed_of(c->place->set, e->args[i])->type;
}

static struct value constant_at(const struct coder *c, const struct expr *e, uint32_t i) {
    if (i >= e->nargs) return value_null();
    return typed_of(c->place->set, e->args[i])->value;
}

/* ---- choosing -------------------------------------------------------------------------------- */

uint32_t coder_select(struct coder *c, uint32_t cond, uint32_t x, uint32_t y, struct type type,
                      struct span span) {
    enum reg_type class = coder_class(type);
    uint32_t then = coder_emit(c, INSN_ONLY_IF, class, x, cond, 0, span);
    uint32_t is = coder_emit(c, INSN_IS_TRUE, REG_B, cond, 0, 0, span);
    uint32_t is_not = coder_emit(c, INSN_NOT, REG_B, is, 0, 0, span);
    uint32_t other = coder_emit(c, INSN_ONLY_IF, class, y, is_not, 0, span);
    return coder_emit(c, INSN_COALESCE, class, then, other, 0, span);
}

static uint32_t code_if(struct coder *c, const struct expr *e, const struct typed *t) {
    struct type type = t->operands.base != VALUE_NULL ? t->operands : t->type;
    uint32_t cond = coder_expr(c, e->args[0], BOOLEAN);
    uint32_t x = coder_expr(c, e->args[1], type);
    uint32_t y = coder_expr(c, e->args[2], type);
    uint32_t v = coder_select(c, cond, x, y, type, e->span);
    return coder_convert(c, v, type, t->type, e->span);
}

/* The lesser, or the greater, of two; null if either is. */
static uint32_t lesser(struct coder *c, struct type type, bool greatest, uint32_t a, uint32_t b,
                       struct span span) {
    enum reg_type class = coder_class(type);
    if (class == REG_I)
        return coder_emit(c, greatest ? INSN_MAX_I : INSN_MIN_I, class, a, b, 0, span);
    if (class == REG_F)
        return coder_emit(c, greatest ? INSN_MAX_F : INSN_MIN_F, class, a, b, 0, span);
    /* Null where one is null, then neither of the two below has a value. */
    uint32_t first = greatest ? coder_compare(c, OP_LE, type, b, a, span)
                              : coder_compare(c, OP_LE, type, a, b, span);
    uint32_t second = coder_emit(c, INSN_NOT, REG_B, first, 0, 0, span);
    uint32_t x = coder_emit(c, INSN_ONLY_IF, class, a, first, 0, span);
    uint32_t y = coder_emit(c, INSN_ONLY_IF, class, b, second, 0, span);
    return coder_emit(c, INSN_COALESCE, class, x, y, 0, span);
}

static uint32_t least(struct coder *c, const struct expr *e, const struct typed *t, bool greatest) {
    struct type type = t->operands.base != VALUE_NULL ? t->operands : t->type;
    uint32_t v = coder_expr(c, e->args[0], type);
    for (uint32_t i = 1; i < e->nargs; i++)
        v = lesser(c, type, greatest, v, coder_expr(c, e->args[i], type), e->span);
    return coder_convert(c, v, type, t->type, e->span);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static uint32_t absolute(struct coder *c, const struct expr *e, const struct typed *t) {
    bool floats = t->type.base == VALUE_FLOAT;
    uint32_t v = coder_expr(c, e->args[0], t->type);
    enum opcode op = floats ? INSN_ABS_F : INSN_ABS_I;
    return coder_emit(c, op, floats ? REG_F : REG_I, v, 0, 0, e->span);
}

enum rounding { FLOOR = 1, CEIL = 2, NEAREST = 3 }; /* as F_TO_I and UNSCALE_I count them */

/* To a whole number, or with a second argument to so many digits. */
static uint32_t rounded(struct coder *c, const struct expr *e, const struct typed *t,
                        enum rounding how) {
    struct type from = type_at(c, e, 0);
    int64_t digits = e->nargs > 1 ? constant_at(c, e, 1).i : 0;
    if (from.base == VALUE_NULL) from = t->type;
    uint32_t v = coder_expr(c, e->args[0], from);
    if (from.base == VALUE_FLOAT && t->type.base == VALUE_FLOAT)
        return coder_emit(c, INSN_ROUND_F, REG_F, v, 0, (uint32_t)digits, e->span);
    if (from.base == VALUE_FLOAT)
        return coder_emit(c, INSN_F_TO_I, REG_I, v, how, 0, e->span);
    if (from.base == VALUE_DECIMAL && digits < from.digits) {
        v = coder_emit(c, INSN_UNSCALE_I, REG_I, v, how, (uint32_t)(from.digits - digits), e->span);
        from = digits > 0 ? (struct type){.base = VALUE_DECIMAL, .digits = (uint8_t)digits} : INT;
    }
    return coder_convert(c, v, from, t->type, e->span);
}

static uint32_t float_1(struct coder *c, const struct expr *e, enum opcode op) {
    return coder_emit(c, op, REG_F, coder_expr(c, e->args[0], FLOAT), 0, 0, e->span);
}

static uint32_t power(struct coder *c, const struct expr *e) {
    uint32_t a = coder_expr(c, e->args[0], FLOAT);
    uint32_t b = coder_expr(c, e->args[1], FLOAT);
    return coder_emit(c, INSN_POW_F, REG_F, a, b, 0, e->span);
}

/* A duration in units of so many seconds. */
static uint32_t in_units(struct coder *c, const struct expr *e, double seconds) {
    uint32_t d = coder_expr(c, e->args[0], type_of_base(VALUE_DURATION));
    uint32_t v = coder_emit(c, INSN_I_TO_F, REG_F, d, 0, 9, e->span);
    if (seconds == 1) return v;
    uint32_t unit = coder_constant(c, value_float(seconds), FLOAT, e->span);
    return coder_emit(c, INSN_DIV_F, REG_F, v, unit, 0, e->span);
}

/* ---- text ------------------------------------------------------------------------------------ */

static uint32_t text_1(struct coder *c, const struct expr *e, enum opcode op) {
    return coder_emit(c, op, REG_S, coder_expr(c, e->args[0], TEXT), 0, 0, e->span);
}

static uint32_t length(struct coder *c, const struct expr *e) {
    bool list = type_at(c, e, 0).base == VALUE_LIST;
    uint32_t v = coder_expr(c, e->args[0], list ? AS_IT_IS : TEXT);
    return coder_emit(c, list ? INSN_LENGTH_L : INSN_LENGTH_S, REG_I, v, 0, 0, e->span);
}

/* A length that is null means: to the end. One that the author gave and that turns out null gives
 * null instead. */
static uint32_t substr(struct coder *c, const struct expr *e) {
    uint32_t text = coder_expr(c, e->args[0], TEXT);
    uint32_t block[2];
    block[0] = coder_expr(c, e->args[1], INT);
    block[1] = e->nargs > 2 ? coder_expr(c, e->args[2], INT)
                            : coder_constant(c, value_null(), INT, e->span);
    uint32_t v = coder_emit_block(c, INSN_SUBSTR, REG_S, text, block, 2, e->span);
    if (e->nargs < 3 || typed_of(c->place->set, e->args[2])->constant) return v;
    uint32_t there = coder_emit(c, INSN_EXISTS, REG_B, block[1], 0, 0, e->span);
    return coder_emit(c, INSN_ONLY_IF, REG_S, v, there, 0, e->span);
}

static uint32_t concat(struct coder *c, const struct expr *e) {
    uint32_t v = coder_expr(c, e->args[0], TEXT);
    for (uint32_t i = 1; i < e->nargs; i++) {
        uint32_t next = coder_expr(c, e->args[i], TEXT);
        v = coder_emit(c, INSN_CONCAT, REG_S, v, next, 0, e->span);
    }
    return v;
}

static uint32_t extract(struct coder *c, const struct expr *e) {
    uint32_t regex = parts_regex(c->place->parts, constant_at(c, e, 1).s, false);
    struct value group = constant_at(c, e, 2); /* null: all that was found */
    uint32_t n = value_is_null(group) ? 0 : (uint32_t)group.i;
    uint32_t text = coder_expr(c, e->args[0], TEXT);
    return coder_emit(c, INSN_EXTRACT, REG_S, text, n, regex, e->span);
}

/* ---- time and place -------------------------------------------------------------------------- */

static uint32_t calendar(struct coder *c, const struct expr *e, enum opcode op,
                         enum reg_type type) {
    uint32_t time = coder_expr(c, e->args[0], TIME);
    struct value zone = constant_at(c, e, 1);
    uint32_t imm = zone.type == VALUE_STRING ? parts_zone(c->place->parts, zone.s) : NONE;
    return coder_emit(c, op, type, time, 0, imm, e->span);
}

static uint32_t distance(struct coder *c, const struct expr *e) {
    uint32_t block[BLOCK_MAX];
    for (uint32_t i = 0; i < BLOCK_MAX; i++) block[i] = coder_expr(c, e->args[i], FLOAT);
    return coder_emit_block(c, INSN_DISTANCE, REG_F, 0, block, BLOCK_MAX, e->span);
}

static uint32_t in_polygon(struct coder *c, const struct expr *e) {
    uint32_t lat = coder_expr(c, e->args[0], FLOAT);
    uint32_t lon = coder_expr(c, e->args[1], FLOAT);
    uint32_t polygon = parts_constant(c->place->parts, constant_at(c, e, 2));
    return coder_emit(c, INSN_IN_POLYGON, REG_B, lat, lon, polygon, e->span);
}

/* ---- any ------------------------------------------------------------------------------------- */

static uint32_t fill_any(struct coder *c, const void *arg) {
    const struct expr *e = arg;
    return coder_expr(c, e->args[1], BOOLEAN);
}

uint32_t coder_any(struct coder *c, const struct expr *e) {
    uint32_t list = coder_expr(c, e->args[0], AS_IT_IS);
    struct coder_job job = {fill_any, e, BOOLEAN, e->args[1]->span, e};
    uint32_t code;
    if (c->failed || !coder_run(c->place, &job, &code)) {
        c->failed = true;
        return 0;
    }
    return coder_emit(c, INSN_ANY, REG_B, list, 0, code, e->span);
}

/* ---- of anything ----------------------------------------------------------------------------- */

static uint32_t exists(struct coder *c, const struct expr *e) {
    uint32_t v = coder_expr(c, e->args[0], AS_IT_IS);
    return coder_emit(c, INSN_EXISTS, REG_B, v, 0, 0, e->span);
}

static uint32_t hash(struct coder *c, const struct expr *e) {
    uint32_t v = coder_expr(c, e->args[0], AS_IT_IS);
    return coder_emit(c, INSN_HASH, REG_I, v, coder_kind(type_at(c, e, 0)), 0, e->span);
}

/* ---- all of them ----------------------------------------------------------------------------- */

uint32_t coder_function(struct coder *c, const struct expr *e, const struct typed *t) {
    switch (t->function) {
    case FUNCTION_ABS: return absolute(c, e, t);
    case FUNCTION_LEAST: return least(c, e, t, false);
    case FUNCTION_GREATEST: return least(c, e, t, true);
    case FUNCTION_FLOOR: return rounded(c, e, t, FLOOR);
    case FUNCTION_CEIL: return rounded(c, e, t, CEIL);
    case FUNCTION_ROUND: return rounded(c, e, t, NEAREST);
    case FUNCTION_SQRT: return float_1(c, e, INSN_SQRT_F);
    case FUNCTION_POW: return power(c, e);
    case FUNCTION_LOG: return float_1(c, e, INSN_LOG_F);
    case FUNCTION_EXP: return float_1(c, e, INSN_EXP_F);
    case FUNCTION_LOWER: return text_1(c, e, INSN_LOWER);
    case FUNCTION_UPPER: return text_1(c, e, INSN_UPPER);
    case FUNCTION_LENGTH: return length(c, e);
    case FUNCTION_TRIM: return text_1(c, e, INSN_TRIM);
    case FUNCTION_SUBSTR: return substr(c, e);
    case FUNCTION_CONCAT: return concat(c, e);
    case FUNCTION_EXTRACT: return extract(c, e);
    case FUNCTION_HOURS: return in_units(c, e, 3600);
    case FUNCTION_MINUTES: return in_units(c, e, 60);
    case FUNCTION_SECONDS: return in_units(c, e, 1);
    case FUNCTION_HOUR_OF_DAY: return calendar(c, e, INSN_HOUR, REG_I);
    case FUNCTION_DAY_OF_WEEK: return calendar(c, e, INSN_WEEKDAY, REG_I);
    case FUNCTION_DATE: return calendar(c, e, INSN_DATE, REG_S);
    case FUNCTION_DISTANCE: return distance(c, e);
    case FUNCTION_IN_POLYGON: return in_polygon(c, e);
    case FUNCTION_EXISTS: return exists(c, e);
    case FUNCTION_IF: return code_if(c, e, t);
    case FUNCTION_HASH: return hash(c, e);
    case FUNCTIONS: break;
    }
    panic("function %d", (int)t->function);
}
