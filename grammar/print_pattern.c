/* print_pattern: one pattern on one line, in the canonical order of modifiers:
 *
 *   optional a 3 times in a row until u for 10s gap 5s
 *
 * Counts stay as the author wrote them: with words, in braces, or + * ?. Recursion is as deep as
 * parentheses.
 * Tests: tests/unit/grammar/test_print.c, tests/fuzz/fuzz_parser.c
 */
#include "grammar/print_internal.h"

void print_link(const struct link *link, struct buf *out) {
    switch (link->kind) {
    case LINK_NONE: return;
    case LINK_NEXT: buf_text(out, "next"); break;
    case LINK_THEN: buf_text(out, "then"); break;
    case LINK_THEN_EACH: buf_text(out, "then each"); break;
    }
    if (link->least_text.n || link->least_ns) {
        buf_text(out, link->most_ns >= 0 ? " between " : " after ");
        print_duration(link->least_text, link->least_ns, out);
        if (link->most_ns < 0) return;
        buf_text(out, " and ");
        print_duration(link->most_text, link->most_ns, out);
    } else if (link->most_ns >= 0) {
        buf_text(out, " within ");
        print_duration(link->most_text, link->most_ns, out);
    }
}

void print_count(const struct count *c, struct buf *out) {
    if (!c->written) return;
    if (c->words) {
        buf_printf(out, " %lld", (long long)c->least);
        if (c->most == COUNT_UNBOUNDED) buf_text(out, " or more");
        else if (c->most != c->least) buf_printf(out, " to %lld", (long long)c->most);
        buf_text(out, " times");
    } else if (c->most == COUNT_UNBOUNDED && c->least <= 1 && !c->braces) {
        buf_char(out, c->least ? '+' : '*');
    } else if (c->least == 0 && c->most == 1 && !c->braces) {
        buf_char(out, '?');
    } else {
        buf_printf(out, "{%lld", (long long)c->least);
        if (c->most != c->least) buf_char(out, ',');
        if (c->most != c->least && c->most != COUNT_UNBOUNDED)
            buf_printf(out, "%lld", (long long)c->most);
        buf_char(out, '}');
    }
    if (c->reluctant) buf_char(out, '?');
}

static void print_names(const struct pattern *q, struct buf *out) {
    bool several = q->nnames != 1;
    buf_text(out, several ? "no (" : "no ");
    for (uint32_t i = 0; i < q->nnames; i++) {
        if (i) buf_text(out, " or ");
        print_name(q->names[i].text, MATCH_WORD, out);
    }
    if (several) buf_char(out, ')');
}

static void print_children(const struct pattern *q, const char *between, struct buf *out) {
    for (uint32_t i = 0; i < q->nchildren; i++) {
        const struct pattern *child = q->children[i];
        if (i && q->kind == PATTERN_SEQUENCE) {
            buf_char(out, ' ');
            print_link(&child->link, out);
            buf_char(out, ' ');
        } else if (i) {
            buf_text(out, between);
        }
        print_pattern(child, out);
    }
}

static void print_modifiers(const struct pattern *q, struct buf *out) {
    print_count(&q->count, out);
    if (q->inner == INNER_IN_A_ROW) buf_text(out, " in a row");
    else if (q->inner == INNER_COMBINATIONS) buf_text(out, " combinations");
    if (q->until.text.n) {
        buf_text(out, " until ");
        print_name(q->until.text, MATCH_WORD, out);
    }
    if (q->for_ns) {
        buf_text(out, " for ");
        print_duration(q->for_text, q->for_ns, out);
    }
    if (q->gap_ns) {
        buf_text(out, " gap ");
        print_duration(q->gap_text, q->gap_ns, out);
    }
    if (q->lasting_ns) {
        buf_text(out, " lasting ");
        print_duration(q->lasting_text, q->lasting_ns, out);
    }
}

void print_pattern(const struct pattern *q, struct buf *out) {
    if (q->optional) buf_text(out, "optional ");
    if (q->parenthesised) buf_char(out, '(');
    switch (q->kind) {
    case PATTERN_NAME: print_name(q->name.text, MATCH_WORD, out); break;
    case PATTERN_NO: print_names(q, out); break;
    case PATTERN_SEQUENCE: print_children(q, "", out); break;
    case PATTERN_OR: print_children(q, " or ", out); break;
    case PATTERN_ALL:
    case PATTERN_SOME:
        if (q->kind == PATTERN_SOME) buf_printf(out, "%lld of (", (long long)q->some);
        else buf_text(out, "all(");
        print_children(q, ", ", out);
        buf_char(out, ')');
        break;
    }
    if (q->within_ns >= 0) {
        buf_text(out, " within ");
        print_duration(q->within_text, q->within_ns, out);
    }
    if (q->parenthesised) buf_char(out, ')');
    print_modifiers(q, out);
}
