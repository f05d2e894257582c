/* Tests of engine/regex.h: finding, groups, case, faults with their place, bounded work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/time.h"
#include "engine/regex.h"

static struct regex *compile(const char *pattern, bool ignoring_case) {
    char why[160];
    size_t offset;
    struct regex *r = regex_new(str_of(pattern), ignoring_case, why, sizeof why, &offset);
    if (!r) fail_msg("%s: %s at %zu", pattern, why, offset);
    return r;
}

static enum regex_result find(const char *pattern, struct str subject) {
    struct regex *r = compile(pattern, false);
    struct regex_scratch *s = regex_scratch_new();
    struct str found;
    enum regex_result plain = regex_find(r, s, subject, 0, NULL);
    assert_int_equal(plain, regex_find(r, s, subject, 0, &found));
    regex_scratch_free(&s);
    regex_free(&r);
    assert_null(r);
    return plain;
}

static void finds(void **state) {
    (void)state;
    assert_int_equal(find("b+", STR("abbc")), REGEX_YES);
    assert_int_equal(find("^b", STR("abbc")), REGEX_NO);
    assert_int_equal(find("", STR("")), REGEX_YES);
    assert_int_equal(find("x", STR("")), REGEX_NO);
    assert_int_equal(find("^.$", STR("ü")), REGEX_YES); /* a character, not a byte */
    assert_int_equal(find("^\\w+$", STR("žluťoučký")), REGEX_YES);
    assert_int_equal(find("a\\x{0}b", ((struct str){"a\0b", 3})), REGEX_YES);
    assert_int_equal(find("(?<=a)b(?!c)", STR("abd")), REGEX_YES);
}

static void ignores_case(void **state) {
    (void)state;
    struct regex *r = compile("straße", true), *exact = compile("straße", false);
    struct regex_scratch *s = regex_scratch_new();
    assert_int_equal(regex_find(r, s, STR("STRAßE"), 0, NULL), REGEX_YES);
    assert_int_equal(regex_find(exact, s, STR("STRAßE"), 0, NULL), REGEX_NO);
    regex_free(&exact);
    regex_free(&r);
    r = compile("ÄÖÜ", true);
    assert_int_equal(regex_find(r, s, STR("xäöüx"), 0, NULL), REGEX_YES);
    regex_scratch_free(&s);
    regex_free(&r);
}

static void groups(void **state) {
    (void)state;
    struct regex *r = compile("(\\w+)@((\\w+)\\.)?(com)", false);
    struct regex_scratch *s = regex_scratch_new();
    struct str subject = STR("to: joe@example.com, jim@com"), found = STR("untouched");
    assert_int_equal(regex_groups(r), 4);
    assert_int_equal(regex_find(r, s, subject, 0, &found), REGEX_YES);
    assert_true(str_equal(found, STR("joe@example.com")));
    assert_int_equal(regex_find(r, s, subject, 1, &found), REGEX_YES);
    assert_true(str_equal(found, STR("joe")));
    assert_ptr_equal(found.p, subject.p + 4); /* a view */
    assert_int_equal(regex_find(r, s, subject, 3, &found), REGEX_YES);
    assert_true(str_equal(found, STR("example")));
    assert_int_equal(regex_find(r, s, STR("jim@com"), 3, &found), REGEX_NO); /* took no part */
    assert_int_equal(regex_find(r, s, STR("jim@com"), 4, &found), REGEX_YES);
    assert_int_equal(regex_find(r, s, STR("jim@com"), 5, &found), REGEX_NO); /* there is none */
    regex_free(&r);

    char many[40 * 4 + 1] = ""; /* more groups than a new scratch has room for */
    for (int i = 0; i < 40; i++) memcpy(many + 3 * i, "(.)", 3);
    r = compile(many, false);
    struct str letters = STR("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN");
    assert_int_equal(regex_find(r, s, letters, 40, &found), REGEX_YES);
    assert_true(str_equal(found, STR("N")));
    regex_scratch_free(&s);
    regex_free(&r);
}

static void bad_patterns(void **state) {
    (void)state;
    static const struct {
        const char *pattern;
        size_t offset;
    } bad[] = {{"a(b", 3}, {"a)", 1}, {"[z-a]", 3}, {"a{2,1}", 5}, {"*a", 0}, {"\\C", 2},
               {"(?<n>a)\\k<m>", 10}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[128] = "";
        size_t offset = 99;
        assert_null(regex_new(str_of(bad[i].pattern), false, why, sizeof why, &offset));
        if (offset != bad[i].offset)
            fail_msg("%s: offset %zu, not %zu", bad[i].pattern, offset, bad[i].offset);
        assert_true(strlen(why) > 5);
    }
    char why[128] = "";
    size_t offset = 0;
    assert_null(regex_new(STR("a\xFFz"), false, why, sizeof why, &offset)); /* not UTF-8 */
    assert_int_equal(offset, 1);
    char *large = malloc(100000);
    memset(large, 'a', 100000);
    assert_null(regex_new((struct str){large, 100000}, false, why, sizeof why, &offset));
    free(large);
}

static void work_is_bounded(void **state) {
    (void)state;
    int64_t begin = time_monotonic_ns();
    assert_int_equal(find("(a+)+$", STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")), REGEX_BOUND);
    assert_int_equal(find("^(\\w+\\s?)*$", STR("one two three four five six seven eight nine!")),
                     REGEX_BOUND);
    assert_int_equal(find("(a|aa)+$", STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")),
                     REGEX_BOUND);
    assert_int_equal(find("^(?:(x+x+)+y|(?R)z)", STR("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")),
                     REGEX_BOUND);
    assert_int_equal(find("(*NO_JIT)(a+)+$", STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")),
                     REGEX_BOUND); /* the interpreter as well */
    assert_true(time_monotonic_ns() - begin < 2 * NS_PER_S); /* milliseconds; sanitizers are slow */
}

static void long_lines_are_no_fault(void **state) {
    (void)state;
    enum { N = 100000 };
    char *line = malloc(N);
    memset(line, 'x', N);
    memcpy(line + 10, "user=", 5);
    memcpy(line + N - 8, "result=1", 8);
    struct str s = {line, N};
    assert_int_equal(find("user=(.*)result=(\\d)", s), REGEX_YES);
    assert_int_equal(find("user=.*result=9", s), REGEX_NO);
    assert_int_equal(find("^(?:x|user=|result=1)*$", s), REGEX_YES);
    assert_int_equal(find("(*NO_JIT)user=.*result=9", s), REGEX_NO);
    free(line);
}

static void invalid_subjects_are_safe(void **state) {
    (void)state;
    assert_int_equal(find("b", STR("a\xFF\xFE" "b")), REGEX_YES);
    assert_int_equal(find("^a.b$", STR("a\xFF" "b")), REGEX_NO);
    assert_int_equal(find("\xC3\xA9", STR("\xC3")), REGEX_NO); /* cut in the middle */
    assert_int_equal(find("(?<=..)b", STR("\xE2\x82" "b")), REGEX_NO);
}

static void says_what_backtracks(void **state) {
    (void)state;
    static const char *const yes[] = {
        "(?=a)", "(?!a)b", "(?<=a)b", "(?<!a)b", "(?>a+)b", "a++", "a*+b", "a?+", "a{2}+",
        "(a)\\1", "(a)\\g{1}", "(?<n>a)\\k<n>", "(?P<n>a)(?P=n)", "(?P<n>a)(?P>n)", "(a|(?R))",
        "(a)(?1)", "(?<n>a)(?&n)", "(*atomic:a)", "(*COMMIT)a", "(a)?(?(1)b|c)", "[a]\\1(b)",
        "(a)(?-1)"};
    static const char *const no[] = {
        "", "abc", "a+?b*?", "a{2,3}?", "[(?=]", "\\(?=", "[\\]\\1]x", "[]+*+]", "\\Q(?=a++\\E",
        "(?:a|b)+", "(?i)a", "(?<name>a)", "(?'name'a)", "(?P<name>a)", "(?#note)a", "(?|a|b)",
        "[[:alpha:]++]", "\\++", "[^]a]+", "(?-i)a", "\\d+", "\\\\1"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (!regex_backtracks(str_of(yes[i]))) fail_msg("%s does", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (regex_backtracks(str_of(no[i]))) fail_msg("%s does not", no[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(ignores_case),
        cmocka_unit_test(groups),
        cmocka_unit_test(bad_patterns),
        cmocka_unit_test(work_is_bounded),
        cmocka_unit_test(long_lines_are_no_fault),
        cmocka_unit_test(invalid_subjects_are_safe),
        cmocka_unit_test(says_what_backtracks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
