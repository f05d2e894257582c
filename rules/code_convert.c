/* code_convert: from one type to another, while rules run and while they are compiled.
 *
 *   int ─→ decimal ─→ float         exact; null where it does not fit
 *   decimal(m) → decimal(n)         more digits exact, fewer half to even
 *   float → decimal                 nearest, halves away from zero
 *   anything → string               as value_text writes it: concat()
 *
 * The two must agree: a constant is converted here, a field by the instruction.
 * tests/cases/expr/convert.case looks at both.
 */
#include <math.h>

#include "base/decimal.h"
#include "base/log.h"
#include "base/utf8.h"
#include "rules/coder.h"

static bool is_whole(struct type t) {
    return t.base == VALUE_INT || t.base == VALUE_DECIMAL || t.base == VALUE_TIME ||
           t.base == VALUE_DURATION;
}

static unsigned digits_of(struct type t) { return t.base == VALUE_DECIMAL ? t.digits : 0; }

/* ---- while rules run ------------------------------------------------------------------------- */

static uint32_t rescale(struct coder *c, uint32_t v, unsigned from, unsigned to, struct span span) {
    if (from == to) return v;
    if (from < to) return coder_emit(c, INSN_SCALE_I, REG_I, v, 0, to - from, span);
    return coder_emit(c, INSN_UNSCALE_I, REG_I, v, 0, from - to, span);
}

static uint32_t float_to_whole(struct coder *c, uint32_t v, struct type to, struct span span) {
    if (digits_of(to)) {
        double power = (double)decimal_pow10[digits_of(to)];
        uint32_t p = coder_constant(c, value_float(power), type_of_base(VALUE_FLOAT), span);
        v = coder_emit(c, INSN_MUL_F, REG_F, v, p, 0, span);
    }
    return coder_emit(c, INSN_F_TO_I, REG_I, v, 3, 0, span);
}

uint32_t coder_convert(struct coder *c, uint32_t v, struct type from, struct type to,
                       struct span span) {
    if (to.base == VALUE_NULL) return v;
    if (from.base == VALUE_NULL) return coder_emit(c, INSN_NULL, coder_class(to), 0, 0, 0, span);
    if (to.base == VALUE_STRING && from.base != VALUE_STRING)
        return coder_emit(c, INSN_TO_TEXT, REG_S, v, from.base, digits_of(from), span);
    if (is_whole(from) && is_whole(to))
        return rescale(c, v, digits_of(from), digits_of(to), span);
    if (is_whole(from) && to.base == VALUE_FLOAT)
        return coder_emit(c, INSN_I_TO_F, REG_F, v, 0, digits_of(from), span);
    if (from.base == VALUE_FLOAT && is_whole(to)) return float_to_whole(c, v, to, span);
    if (from.base != to.base)
        panic("no way from %s to %s", value_type_name(from.base), value_type_name(to.base));
    return v;
}

/* ---- while rules are compiled ---------------------------------------------------------------- */

static struct value whole_value(int64_t i, struct type to) {
    return (struct value){.i = i, .type = (uint8_t)to.base, .digits = (uint8_t)digits_of(to)};
}

static struct value float_value(double f) { return isfinite(f) ? value_float(f) : value_null(); }

static struct value convert_float(double f, struct type to) {
    double scaled = round(f * (double)decimal_pow10[digits_of(to)]);
    if (!(scaled >= -0x1p63 && scaled < 0x1p63)) return value_null();
    return whole_value((int64_t)scaled, to);
}

struct value coder_convert_value(struct value v, struct type to) {
    struct type from = {.base = v.type, .digits = v.digits};
    if (v.type == VALUE_NULL || to.base == VALUE_NULL) return v;
    if (is_whole(from) && is_whole(to)) {
        int64_t i;
        if (!decimal_rescale(v.i, digits_of(from), digits_of(to), &i)) return value_null();
        return whole_value(i, to);
    }
    if (is_whole(from) && to.base == VALUE_FLOAT)
        return float_value((double)v.i / (double)decimal_pow10[digits_of(from)]);
    if (from.base == VALUE_FLOAT && is_whole(to)) return convert_float(v.f, to);
    if (from.base != to.base)
        panic("no way from %s to %s", value_type_name(from.base), value_type_name(to.base));
    return v;
}

static struct str lower_text(struct arena *arena, struct str s) {
    struct buf out;
    buf_init(&out);
    for (size_t at = 0; at < s.n;) {
        char bytes[4];
        buf_add(&out, bytes, utf8_put(bytes, utf8_lower(utf8_next(s, &at))));
    }
    struct str lower = arena_copy(arena, buf_view(&out));
    buf_fini(&out);
    return lower;
}

struct value coder_lower(struct arena *arena, struct value v) {
    return v.type == VALUE_STRING ? value_str(lower_text(arena, v.s)) : v;
}
