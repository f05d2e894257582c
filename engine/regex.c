/* regex: PCRE2 behind six functions. This is the only file that includes <pcre2.h>.
 *
 *   struct regex ── code: compiled, then translated by PCRE2's JIT where the machine has one;
 *                   read-only, shared between threads
 *   struct regex_scratch ── limits, JIT stack, match data (grown to the most groups seen);
 *                   one a thread
 *
 * Work is bounded so that no text of an event can stall a worker. PCRE2 counts backtracking steps
 * from each of the n places in the subject where a match is tried, and gives up past a limit; ours
 * is STEPS + 2 n, so that long lines may be walked through and (a+)+$ may not explode, but no more
 * than what keeps all n places together below WORK. PCRE2's interpreter (no JIT, or a pattern that
 * JIT refuses) is bounded in depth and heap, too. Every limit gives REGEX_BOUND. JIT counts fewer
 * steps than the interpreter (repeats of one character are free), so the limit lies far beyond
 * honest use. A step is about 4 ns, and 15 ns in the interpreter.
 *
 * Subjects are UTF-8 that decoders have checked. Should one not be, PCRE2_MATCH_INVALID_UTF makes
 * the bytes match nothing instead of anything worse. \C is refused: it would cut characters.
 * Tests: tests/unit/engine/test_regex.c
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "engine/regex.h"

enum {
    STEPS = 10000,           /* backtracking from one place, on top of 2 for each byte */
    WORK = 100 * 1000000,    /* from all places together */
    DEPTH = 100000,          /* nesting of backtracking points (interpreter only) */
    HEAP_KIB = 8 * 1024,     /* memory for them (interpreter only) */
    JIT_STACK_FIRST = 32768, /* bytes; the machine's stack is not used */
    JIT_STACK_MOST = 8 << 20,
    PAIRS_FIRST = 16, /* groups of a new scratch */
    PATTERN_MOST = 64 * 1024
};

struct regex {
    pcre2_code *code;
    uint32_t groups;
};

struct regex_scratch {
    pcre2_match_context *context;
    pcre2_match_data *data;
    pcre2_jit_stack *stack; /* NULL without JIT: PCRE2 then uses 32 KiB of the machine's stack */
    uint32_t pairs;
};

/* ---- compiling ------------------------------------------------------------------------------- */

struct regex *regex_new(struct str pattern, bool ignoring_case, char *why, size_t why_size,
                        size_t *error_offset) {
    if (pattern.n > PATTERN_MOST) {
        snprintf(why, why_size, "the expression is longer than 64 KiB");
        *error_offset = PATTERN_MOST;
        return NULL;
    }
    uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    if (ignoring_case) options |= PCRE2_CASELESS;
    int error = 0;
    PCRE2_SIZE offset = 0;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &error, &offset, NULL);
    if (!code) {
        if (pcre2_get_error_message(error, (PCRE2_UCHAR *)why, why_size) < 0 && why_size)
            why[why_size - 1] = '\0'; /* cut off, which is good enough to read */
        *error_offset = offset;
        return NULL;
    }
    /* A refusal only means that pcre2_match interprets. */
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
    struct regex *r = must_alloc(sizeof *r);
    r->code = code;
    check(pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &r->groups) == 0);
    return r;
}

void regex_free(struct regex **r) {
    if (!*r) return;
    pcre2_code_free((*r)->code);
    free(*r);
    *r = NULL;
}

uint32_t regex_groups(const struct regex *r) { return r->groups; }

/* ---- does it need backtracking? -------------------------------------------------------------- */

/* Behind "(?": lookaround, atomic groups, conditions, recursion, calls of and references to
 * groups. What remains: (?: (?| (?i) (?# and names (?<n> (?'n' (?P<n>. */
static bool group_backtracks(struct str p, size_t i) {
    char c = i < p.n ? p.p[i] : '\0', d = i + 1 < p.n ? p.p[i + 1] : '\0';
    if (c == '<') return d == '=' || d == '!' || d == '*';
    if (c == 'P') return d == '=' || d == '>';
    if (c == '-' || c == '+') return d >= '0' && d <= '9';
    return c != '\0' && (strchr("=!>*(R&", c) || (c >= '0' && c <= '9'));
}

/* Behind a backslash: back references and calls. \10 and above may be octal: said to be a
 * reference, which at worst is a note too many. */
static bool escape_backtracks(char c) { return (c >= '1' && c <= '9') || c == 'g' || c == 'k'; }

/* Past a class: "]" stands for itself when it comes first; [:alpha:] has brackets of its own. */
static size_t class_end(struct str p, size_t i) {
    i++;
    if (i < p.n && p.p[i] == '^') i++;
    if (i < p.n && p.p[i] == ']') i++;
    while (i < p.n && p.p[i] != ']') {
        if (p.p[i] == '\\') i++;
        else if (p.p[i] == '[' && i + 1 < p.n && p.p[i + 1] == ':') {
            size_t end = str_find((struct str){p.p + i, p.n - i}, STR(":]"));
            if (end != SIZE_MAX) i += end + 1;
        }
        i++;
    }
    return i;
}

bool regex_backtracks(struct str p) {
    bool quantified = false; /* the character before quantifies: "+" would make it possessive */
    for (size_t i = 0; i < p.n; i++) {
        char c = p.p[i];
        bool was = quantified;
        quantified = false;
        if (c == '\\') {
            if (++i == p.n) return false;
            if (p.p[i] == 'Q') { /* quoted up to \E */
                size_t end = str_find((struct str){p.p + i, p.n - i}, STR("\\E"));
                if (end == SIZE_MAX) return false;
                i += end + 1;
            } else if (escape_backtracks(p.p[i])) return true;
        } else if (c == '[') {
            i = class_end(p, i);
        } else if (c == '(' && i + 1 < p.n && p.p[i + 1] == '*') {
            return true; /* verbs, and lookaround and atomic groups by name */
        } else if (c == '(' && i + 1 < p.n && p.p[i + 1] == '?') {
            if (group_backtracks(p, i + 2)) return true;
            i++;
        } else if (c == '+' && was) {
            return true;
        } else if (c == '*' || c == '+' || c == '?' || c == '}') {
            quantified = !was; /* "a+?" ends there */
        }
    }
    return false;
}

/* ---- matching -------------------------------------------------------------------------------- */

struct regex_scratch *regex_scratch_new(void) {
    struct regex_scratch *s = must_alloc(sizeof *s);
    s->context = pcre2_match_context_create(NULL);
    s->data = pcre2_match_data_create(PAIRS_FIRST, NULL);
    s->pairs = PAIRS_FIRST;
    if (!s->context || !s->data) panic("out of memory for regular expressions");
    pcre2_set_depth_limit(s->context, DEPTH);
    pcre2_set_heap_limit(s->context, HEAP_KIB);
    s->stack = pcre2_jit_stack_create(JIT_STACK_FIRST, JIT_STACK_MOST, NULL);
    if (s->stack) pcre2_jit_stack_assign(s->context, NULL, s->stack);
    return s;
}

void regex_scratch_free(struct regex_scratch **s) {
    if (!*s) return;
    pcre2_match_data_free((*s)->data);
    pcre2_match_context_free((*s)->context);
    if ((*s)->stack) pcre2_jit_stack_free((*s)->stack);
    free(*s);
    *s = NULL;
}

static void scratch_grow(struct regex_scratch *s, uint32_t pairs) {
    pcre2_match_data_free(s->data);
    s->data = pcre2_match_data_create(pairs, NULL);
    if (!s->data) panic("out of memory for regular expressions");
    s->pairs = pairs;
}

static uint32_t steps_from_one_place(size_t n) {
    uint64_t wanted = STEPS + 2 * (uint64_t)n, allowed = WORK / ((uint64_t)n + 1);
    return (uint32_t)(wanted < allowed ? wanted : allowed);
}

enum regex_result regex_find(const struct regex *r, struct regex_scratch *s, struct str subject,
                             uint32_t group, struct str *found) {
    if (found && r->groups >= s->pairs) scratch_grow(s, r->groups + 1);
    pcre2_set_match_limit(s->context, steps_from_one_place(subject.n));
    int n = pcre2_match(r->code, (PCRE2_SPTR)subject.p, subject.n, 0, 0, s->data, s->context);
    if (n == PCRE2_ERROR_NOMATCH) return REGEX_NO;
    if (n < 0) return REGEX_BOUND; /* a limit, or memory: in either case nothing is known */
    if (!found) return REGEX_YES;
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(s->data);
    if (group > r->groups || at[2 * group] == PCRE2_UNSET) return REGEX_NO;
    size_t from = at[2 * group], to = at[2 * group + 1];
    if (to < from) to = from; /* \K in a lookahead can put the start behind the end */
    *found = (struct str){subject.p + from, to - from};
    return REGEX_YES;
}

const char *regex_version(void) {
    static char text[64];
    pcre2_config(PCRE2_CONFIG_VERSION, text);
    return text;
}
