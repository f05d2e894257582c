/* verify_feed: proves that rules that read rules are sound: each stream that is made of alerts has
 * fields that the alerts fill, and no rule reads itself, over however many others.
 *
 * The second follows from the levels: a group stands above every rule that it reads.
 * Tests: tests/unit/engine/test_verify.c
 */
#include "engine/verify_internal.h"

static const struct program_group *group_of(const struct program *p, uint32_t rule) {
    return &p->groups[p->rules[rule].group];
}

static bool marked(const struct schema *s, uint32_t field) {
    return field == s->time_field || field == s->id_field;
}

/* A field holds what the alert says at its place: the key is known here; what is emitted, as far as
 * its code says the type. */
static bool field_fits(const struct program *p, const struct program_feed *feed,
                       const struct schema_field *field, uint16_t from) {
    const struct program_rule *r = &p->rules[feed->rule];
    const struct program_group *g = group_of(p, feed->rule);
    if (from < g->nkey_fields) {
        const struct program_input *in = &g->inputs[0];
        const struct schema_field *key = &p->streams[in->stream].fields[in->key_fields[from]];
        return field->type == key->type && field->item == key->item;
    }
    if (from - g->nkey_fields >= r->nemit) return false;
    uint32_t code = r->emit[from - g->nkey_fields].code;
    return code < p->ncodes && p->codes[code].result == field->type &&
           (field->type != VALUE_DECIMAL || p->codes[code].digits == field->digits);
}

static bool check_feed(struct verifier *v, uint32_t index) {
    const struct program *p = v->program;
    const struct program_feed *feed = &p->feeds[index];
    const struct schema *s = &p->streams[program_outer_streams(p) + index];
    if (feed->rule >= p->nrules || v->rule_feed[feed->rule])
        return verify_fault(v, "feed %u: rule %u", index, feed->rule);
    v->rule_feed[feed->rule] = index + 1;
    if (s->nfields && !feed->from) return verify_fault(v, "feed %u: no fields", index);
    if (!verify_spend(v, s->nfields)) return false;
    for (uint32_t f = 0; f < s->nfields; f++)
        if (!marked(s, f) && !field_fits(p, feed, &s->fields[f], feed->from[f]))
            return verify_fault(v, "feed %u: field %u", index, f);
    return true;
}

static bool check_level(struct verifier *v, uint32_t index) {
    const struct program *p = v->program;
    const struct program_group *g = &p->groups[index];
    if (g->level >= p->ngroups) return verify_fault(v, "group %u: level %u", index, g->level);
    if (!verify_spend(v, g->ninputs)) return false;
    for (uint32_t i = 0; i < g->ninputs; i++) {
        const struct program_feed *feed = program_feed_of(p, g->inputs[i].stream);
        if (feed && g->level <= group_of(p, feed->rule)->level)
            return verify_fault(v, "group %u: level %u is not above rule %u", index, g->level,
                                feed->rule);
    }
    return true;
}

bool verify_feeds(struct verifier *v) {
    const struct program *p = v->program;
    v->rule_feed = arena_array(&v->scratch, uint32_t, p->nrules);
    if (p->nfeeds > p->nstreams)
        return verify_fault(v, "%u feeds, %u streams", p->nfeeds, p->nstreams);
    for (uint32_t i = 0; i < p->nfeeds; i++)
        if (!check_feed(v, i)) return false;
    for (uint32_t i = 0; i < p->ngroups; i++)
        if (!check_level(v, i)) return false;
    return true;
}

/* Items of lists: their type is known only where the code is walked. */
bool verify_fed_emits(struct verifier *v, const struct place *match, uint32_t rule) {
    const struct program *p = v->program;
    const struct program_rule *r = match->rule;
    if (!v->rule_feed[rule]) return true;
    uint32_t index = v->rule_feed[rule] - 1, nkey = group_of(p, rule)->nkey_fields;
    const struct schema *s = &p->streams[program_outer_streams(p) + index];
    for (uint32_t f = 0; f < s->nfields; f++) {
        uint16_t from = p->feeds[index].from[f];
        if (marked(s, f) || s->fields[f].type != VALUE_LIST || from < nkey) continue;
        struct shape shape;
        if (!verify_walk(v, match, r->emit[from - nkey].code, VALUE_LIST, &shape)) return false;
        if (shape.item != SHAPE_NOTHING && shape.item != opcode_reg(s->fields[f].item))
            return verify_fault(v, "feed %u: items of field %u", index, f);
    }
    return true;
}
