/* make_rules: rule files that are long, deep or wrong in one way, over and over.
 *
 * A kind is a text: head, n times `item`, middle, n times `close`, tail. `%` stands for the number
 * of the repetition, from 0 (outside of repetitions for n); `^` for the one behind it. HEAD is a
 * stream, RULE a rule up to its condition.
 */
#include <stdio.h>
#include <string.h>

#include "tests/hostile/hostile.h"

#define HEAD "stream s {\n    k : string\n    at : time event\n    x : int\n    t : string\n}\n\n"
#define ON "    on s by k\n"
#define RULE HEAD "rule r {\n" ON "    match a\n    where a: "
#define EMIT RULE "any\n    emit "
#define LET HEAD "let l = "
#define USE "\nrule r {\n" ON "    match a\n    where a: "
#define END "\n}\n"

struct kind {
    const char *name, *head, *item, *middle, *close, *tail;
};

static const struct kind kinds[] = {
    /* long: chains, lists and many of a thing */
    {"and", RULE "x = 1", " and x != -%", "", "", END},
    {"and-lines", RULE "x = 1", "\n    and x != -%", "", "", END},
    {"or", RULE "x = 1", " or x = %", "", "", END},
    {"plus", EMIT "e: x", " + 1", "", "", END},
    {"minus", EMIT "e: x", " - x", "", "", END},
    {"coalesce", EMIT "e: x", " ?? x", "", "", END},
    {"arguments", EMIT "e: concat(t", ", t", "", "", ")" END},
    {"numbers-in", RULE "x in [0", ", %", "", "", "]" END},
    {"texts-in", RULE "t in [\"\"", ", \"v%\"", "", "", "]" END},
    {"same-in", RULE "t in [\"\"", ", \"v\"", "", "", "]" END},
    {"list", HEAD "list l = [\"\"", ", \"v%\"", "]" USE "t in l", "", END},
    {"emit", EMIT "e: x", ",\n        e%: x", "", "", END},
    {"emit-same", EMIT "e: x", ",\n        e: x", "", "", END},
    {"where", HEAD "rule r {\n" ON "    match a\n    where a: any", "\n    b%: any", "", "", END},
    {"where-same", HEAD "rule r {\n" ON "    match a\n    where a: any", "\n    a: any", "", "",
     END},
    {"then", HEAD "rule r {\n" ON "    match a", " then b%", "\n    where a: any", "\n    b%: any",
     END},
    {"then-short", HEAD "rule r {\n" ON "    match a", " then b", "\n    where a: any", "", END},
    {"next", HEAD "rule r {\n" ON "    match a", " next b%", "\n    where a: any", "\n    b%: any",
     END},
    {"or-pattern", HEAD "rule r {\n" ON "    match (a", " or b%", ")\n    where a: any",
     "\n    b%: any", END},
    {"all-pattern", HEAD "rule r {\n" ON "    match all(a", ", b%", ") within 1h\n    where a: any",
     "\n    b%: any", END},
    {"optional", HEAD "rule r {\n" ON "    match a", " then b%?",
     " then z\n    where a: any z: any", "\n    b%: any", END},
    {"tags", HEAD "rule r {\n    tags a", ", t%", "\n" ON "    match a\n    where a: any", "", END},
    {"tags-same", HEAD "rule r {\n    tags a", ", a", "\n" ON "    match a\n    where a: any", "",
     END},
    {"by", HEAD "rule r {\n    on s by k", ", k", "\n    match a\n    where a: any", "", END},
    {"rules", HEAD, "rule r% {\n" ON "match a\n where a: x > % }\n", "", "", ""},
    {"rules-alike", HEAD, "rule r% {\n" ON "match a\n where a: x > 1 }\n", "", "", ""},
    {"rules-same", HEAD, "rule r {\n" ON "match a\n where a: x > % }\n", "", "", ""},
    {"rules-off", HEAD, "rule r% {\n mode off\n" ON "match a\n where a: x > % }\n", "", "", ""},
    {"rules-keys", HEAD, "rule r% {\n on s\n match a then b\n where a: x = % b: x = a.x }\n", "",
     "", ""},
    {"rules-prev", HEAD, "rule r% {\n on s by k\n match a\n where a: x = prev(x) + % }\n", "", "",
     ""},
    {"rules-broken", HEAD, "rule r% {\n" ON "match a\n where a: x > }\n", "", "", ""},
    {"rules-wrong", HEAD, "rule r% {\n" ON "match a\n where a: nothing% > 1 }\n", "", "", ""},
    {"rules-warned", HEAD, "rule r% {\n" ON "match a\n where a: 1 > 0 }\n", "", "", ""},
    {"streams", "", "stream s% {\n a : time event\n}\n", "", "", ""},
    {"streams-same", "", "stream s {\n a : time event\n}\n", "", "", ""},
    {"fields", "stream s {\n at : time event\n", " f% : int\n", "", "", "}\n"},
    {"fields-same", "stream s {\n at : time event\n", " f : int\n", "", "", "}\n"},
    {"fields-list", "stream s {\n at : time event\n f", ", f%", " : int\n", "", "}\n"},
    {"lets", HEAD "let l = 1\n", "let l% = %\n", "", "", ""},
    {"lets-same", HEAD, "let l = %\n", "", "", ""},
    {"lets-chain", HEAD "let l0 = 1\n", "let l^ = l% + 1\n", USE "x = l%", "", END},
    {"lets-used", HEAD "let l = x > 1\n" USE "l", " and l", "", "", END},
    {"lets-double", HEAD "let b0(v) = v + 1\n", "let b^(v) = b%(v) + b%(v)\n", USE "b%(x) > 1", "",
     END},
    {"let-parameters", HEAD "let l(a", ", p%", ") = a", "", "\n"},
    {"let-same-parameters", HEAD "let l(a", ", p", ") = a", "", "\n"},
    {"params", HEAD, "param p% : int = %\n", "", "", ""},
    {"params-same", HEAD, "param p : int = %\n", "", "", ""},
    {"imports", HEAD, "import \"no/such/file%.rules\"\n", "", "", ""},
    {"imports-same", HEAD, "import \"no-such.rules\"\n", "", "", ""},
    {"meta", HEAD "rule r {\n    meta { a: \"b\"", ", m%: \"b\"", " }\n" ON "    match a\n"
     "    where a: any", "", END},
    {"docs", HEAD "rule r {\n", "    doc \"text\"\n", ON "    match a\n    where a: any", "", END},
    {"tests", HEAD, "test \"t%\" for r {\n s { x: 1, at: 0s }\n}\n", "", "", ""},
    {"test-events", HEAD "test \"t\" for r {\n", " s { x: %, at: 0s }\n", "", "", "}\n"},
    {"comments", HEAD, "# comment\n", "", "", ""},
    {"newlines", HEAD, "\n", "", "", ""},
    {"blanks", HEAD, " ", "", "", ""},
    {"gaps", HEAD "rule r {\n" ON "    match a\n    where a: any\n", "\n\n\n\n", "junk", "", END},
    {"many-errors-at-end", HEAD, " ", "! ! ! ! ! ! ! ! ! !", "", ""},
    /* deep */
    {"parentheses", EMIT "e: ", "(", "x", ")", END},
    {"parentheses-open", EMIT "e: ", "(", "", "", ""},
    {"parentheses-closed", EMIT "e: x", ")", "", "", END},
    {"brackets", RULE "x in ", "[", "1", "]", END},
    {"braces", HEAD "rule r ", "{", "", "}", ""},
    {"nots", RULE, "not ", "x = 1", "", END},
    {"signs", EMIT "e: ", "- ", "x", "", END},
    {"calls", EMIT "e: ", "abs(", "x", ")", END},
    {"ifs", EMIT "e: ", "if(x = 1, x, ", "x", ")", END},
    {"ifs-first", EMIT "e: ", "if(", "x", " = 1, x, x)", END},
    {"dots", EMIT "e: a", ".x", "", "", END},
    {"indexes", EMIT "e: x", "[0]", "", "", END},
    {"prevs", EMIT "e: ", "prev(", "x", ")", END},
    {"counts", EMIT "e: ", "count(where ", "true", ")", END},
    {"pattern-parentheses", HEAD "rule r {\n" ON "    match ", "(", "a", ")",
     "\n    where a: any" END},
    {"pattern-times", HEAD "rule r {\n" ON "    match ", "(", "a", " 2 times)",
     "\n    where a: any" END},
    {"pattern-nos", HEAD "rule r {\n" ON "    match a then ", "no ", "b", "",
     "\n    where a: any b: any" END},
    {"pattern-or-open", HEAD "rule r {\n" ON "    match ", "(a or ", "", "", "\n    where a: any"
     END},
    {"pattern-all-open", HEAD "rule r {\n" ON "    match ", "all(a, ", "", "", "\n    where a: any"
     END},
    {"types", "stream s {\n at : time event\n f : ", "list of ", "int", "", "\n}\n"},
    {"let-deep", HEAD "let l = ", "(", "1", ")", USE "x = l" END},
    /* wrong, over and over */
    {"signs-foreign", HEAD, "$ ", "", "", ""},
    {"words", HEAD, "foo ", "", "", ""},
    {"words-lines", HEAD, "foo\n", "", "", ""},
    {"keywords", HEAD, "rule ", "", "", ""},
    {"keyword-lines", HEAD, "rule\n", "", "", ""},
    {"rules-open", HEAD, "rule r% {\n", "", "", ""},
    {"rules-closed", HEAD, "}\n", "", "", ""},
    {"clauses-wrong", HEAD "rule r {\n", "    severity severe\n", "", "", "}\n"},
    {"clauses-cut", HEAD "rule r {\n", "    where a: x >\n", "", "", "}\n"},
    {"clauses-foreign", HEAD "rule r {\n", "    select x\n", "", "", "}\n"},
    {"entries-wrong", EMIT "e: x", ",\n    e%: +", "", "", END},
    {"items-wrong", RULE "x in [1", ", +", "", "", "]" END},
    {"types-wrong", EMIT "e: x", ",\n    e%: x + \"a\"", "", "", END},
    {"names-wrong", EMIT "e: x", ",\n    e%: nothing%", "", "", END},
    {"names-near", HEAD, "let name% = 1\n", USE "any\n    emit e: x", ",\n    e%: nam%", END},
    {"lets-wrong", HEAD, "let l% = nothing% + 1\n", "", "", ""},
    {"lets-near", HEAD, "let name% = nam% + 1\n", "", "", ""},
    {"functions-wrong", EMIT "e: x", ",\n    e%: minn(x)", "", "", END},
    {"not-utf8", HEAD, "\xFF ", "", "", ""},
    {"not-utf8-comments", HEAD, "# \xFF\n", "", "", ""},
    {"not-utf8-texts", HEAD, "let l% = \"\xFF\"\n", "", "", ""},
    {"texts-open", HEAD, "\"abc\n", "", "", ""},
    {"names-open", HEAD, "`abc\n", "", "", ""},
    {"comments-foreign", HEAD, "/* ", "", "", ""},
    {"comments-foreign-lines", HEAD, "/*\n", "", "", ""},
    {"slashes", HEAD, "//\n", "", "", ""},
    {"quotes", HEAD, "'a' ", "", "", ""},
    {"quotes-open", HEAD, "'a\n", "", "", ""},
    {"quotes-curly", HEAD, "\xE2\x80\x9C ", "", "", ""},
    {"ats", HEAD, "@ ", "", "", ""},
    {"escapes", HEAD "let l = \"", "\\q\\u12", "", "", "\"\n"},
    /* one long token */
    {"name", HEAD "let ", "n", " = 1", "", "\n"},
    {"name-wrong", RULE, "n", " > 1", "", END},
    {"text", HEAD "let l = \"", "t", "\"", "", "\n"},
    {"text-open", HEAD "let l = \"", "t", "", "", ""},
    {"digits", HEAD "let l = 1", "0", "", "", "\n"},
    {"fraction", HEAD "let l = 0.", "1", "", "", "\n"},
    {"exponent", HEAD "let l = 1e", "1", "", "", "\n"},
    {"duration", HEAD "let l = ", "1h", "", "", "\n"},
    {"address", HEAD "let l = 1", ".1", "", "", "\n"},
    {"address-6", HEAD "let l = 1", ":1", "", "", "\n"},
    {"time", HEAD "let l = @2026", "-01", "", "", "\n"},
    {"regex-groups", RULE "t matches \"", "(", "a", ")", "\"" END},
    {"regex-open", RULE "t matches \"", "(", "", "", "\"" END},
    {"regex-or", RULE "t matches \"a", "|b%", "", "", "\"" END},
    {"regex-counts", RULE "t matches \"a", "{9}", "", "", "\"" END},
    {"regexes", RULE "x = 1", " or t matches \"v%\"", "", "", END},
    {"comment", HEAD "# ", "c", "", "", "\n"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

/* `text` with numbers put in; false: there is no place for any. */
static bool numbered(const char *text, uint64_t i) {
    if (!strpbrk(text, "%^")) return false;
    for (const char *p = text; *p; p++) {
        if (*p == '%' || *p == '^') printf("%llu", (unsigned long long)(i + (*p == '^')));
        else putchar(*p);
    }
    return true;
}

static void put(const char *text, uint64_t i) {
    if (!numbered(text, i)) fputs(text, stdout);
}

static void repeated(const char *text, uint64_t n) {
    size_t length = strlen(text);
    for (uint64_t i = 0; length && i < n; i++)
        if (!numbered(text, i)) fwrite(text, 1, length, stdout);
}

void make_rules_kinds(void) {
    for (size_t i = 0; i < KINDS; i++) puts(kinds[i].name);
}

bool make_rules(const char *kind, uint64_t n) {
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *k = &kinds[i];
        if (strcmp(k->name, kind) != 0) continue;
        put(k->head, n);
        repeated(k->item, n);
        put(k->middle, n);
        repeated(k->close, n);
        put(k->tail, n);
        return true;
    }
    return false;
}
