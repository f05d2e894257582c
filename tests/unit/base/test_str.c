/* Tests of base/str.h and base/utf8.h. Expected values are written out by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "base/utf8.h"

static const struct str empty = {NULL, 0};

static void compare(void **state) {
    (void)state;
    assert_true(str_compare(STR("a"), STR("b")) < 0);
    assert_true(str_compare(STR("b"), STR("a")) > 0);
    assert_true(str_compare(STR("ab"), STR("abc")) < 0);
    assert_true(str_compare(STR("abc"), STR("ab")) > 0);
    assert_int_equal(str_compare(STR("abc"), STR("abc")), 0);
    assert_int_equal(str_compare(empty, STR("")), 0);
    assert_true(str_compare(empty, STR("\0")) < 0);
    assert_true(str_compare(STR("z"), STR("\xC3\xA9")) < 0); /* bytes are unsigned */
    assert_true(str_equal(empty, STR("")));
    assert_false(str_equal(STR("a\0b"), STR("a\0c")));
}

static void nocase(void **state) {
    (void)state;
    assert_true(str_equal_nocase(STR("WHERE"), STR("where")));
    assert_true(str_equal_nocase(empty, empty));
    assert_false(str_equal_nocase(STR("where"), STR("wher")));
    assert_false(str_equal_nocase(STR("@"), STR("`")));               /* next to A and a */
    assert_false(str_equal_nocase(STR("["), STR("{")));               /* next to Z and z */
    assert_false(str_equal_nocase(STR("\xC3\x89"), STR("\xC3\xA9"))); /* É é: no ASCII */
}

static void starts_ends_find(void **state) {
    (void)state;
    assert_true(str_starts(STR("abc"), STR("ab")));
    assert_true(str_starts(STR("abc"), empty));
    assert_true(str_starts(empty, empty));
    assert_false(str_starts(STR("ab"), STR("abc")));
    assert_true(str_ends(STR("abc"), STR("bc")));
    assert_true(str_ends(empty, empty));
    assert_false(str_ends(STR("bc"), STR("abc")));
    assert_int_equal(str_find(STR("banana"), STR("na")), 2);
    assert_int_equal(str_find(STR("banana"), STR("banana")), 0);
    assert_true(str_find(STR("banana"), STR("nab")) == SIZE_MAX);
    assert_true(str_find(STR("ban"), STR("banana")) == SIZE_MAX);
    assert_int_equal(str_find(empty, empty), 0);
    assert_int_equal(str_find(STR("a\0b"), STR("b")), 2);
}

static void trim(void **state) {
    (void)state;
    assert_true(str_equal(str_trim(STR(" \t a b\r\n\v\f")), STR("a b")));
    assert_true(str_equal(str_trim(STR("ab")), STR("ab")));
    assert_int_equal(str_trim(STR("  \n ")).n, 0);
    assert_int_equal(str_trim(empty).n, 0);
    assert_true(str_equal(str_trim(STR("\xC2\xA0")), STR("\xC2\xA0"))); /* no ASCII blank */
}

static void nearest(void **state) {
    (void)state;
    const struct str fields[] = {STR("amount"), STR("country"), STR("speed"), STR("speeds"),
                                 STR("a")};
    const size_t n = sizeof fields / sizeof *fields;
    assert_int_equal(str_nearest(STR("sped"), fields, n), 2);
    assert_int_equal(str_nearest(STR("SPEED"), fields, n), 2); /* distance 0 beats "speeds" */
    assert_int_equal(str_nearest(STR("speedss"), fields, n), 3);
    assert_int_equal(str_nearest(STR("contry"), fields, n), 1);
    assert_int_equal(str_nearest(STR("amuont"), fields, n), 0); /* 2 of 6 is a third */
    assert_true(str_nearest(STR("speXX"), fields, 3) == SIZE_MAX); /* 2 of 5 is more */
    assert_true(str_nearest(STR("zone"), fields, n) == SIZE_MAX);
    assert_true(str_nearest(empty, fields, n) == SIZE_MAX);
    assert_true(str_nearest(STR("speed"), NULL, 0) == SIZE_MAX);
    assert_int_equal(str_nearest(STR("ab"), fields, n), 4);
    const struct str twins[] = {STR("cat"), STR("bat")};
    assert_int_equal(str_nearest(STR("rat"), twins, 2), 0); /* the first of equals */
}

static void nearest_length(void **state) {
    (void)state;
    char long_name[65];
    memset(long_name, 'x', sizeof long_name);
    const struct str names[] = {{long_name, 65}, {long_name, 64}};
    assert_int_equal(str_nearest((struct str){long_name, 64}, names, 2), 1);
    assert_int_equal(str_nearest((struct str){long_name, 63}, names, 2), 1);
    assert_true(str_nearest((struct str){long_name, 65}, names, 2) == SIZE_MAX);
}

static void valid_prefix(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t n, valid;
    } cases[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"12345678abc\xFF", 12, 11},
        {"12345678\xC3\xA9 12345678", 19, 19},
        {"\xC2\x80\xDF\xBF", 4, 4},
        {"\xC1\xBF", 2, 0},             /* long form of DEL */
        {"\xC3", 1, 0},                 /* cut */
        {"\xC3(", 2, 0},                /* no tail */
        {"\x80", 1, 0},                 /* tail alone */
        {"\xE0\xA0\x80", 3, 3},         /* U+0800 */
        {"\xE0\x9F\xBF", 3, 0},         /* long form */
        {"\xED\x9F\xBF", 3, 3},         /* U+D7FF */
        {"\xED\xA0\x80", 3, 0},         /* surrogate U+D800 */
        {"\xEE\x80\x80", 3, 3},         /* U+E000 */
        {"\xEF\xBF\xBF", 3, 3},         /* U+FFFF */
        {"\xF0\x90\x80\x80", 4, 4},     /* U+10000 */
        {"\xF0\x8F\xBF\xBF", 4, 0},     /* long form */
        {"\xF4\x8F\xBF\xBF", 4, 4},     /* U+10FFFF */
        {"\xF4\x90\x80\x80", 4, 0},     /* above */
        {"\xF5\x80\x80\x80", 4, 0},
        {"a\xF0\x9F\x98", 4, 1},        /* cut after three of four */
        {"a\0b", 3, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_valid_prefix((struct str){cases[i].text, cases[i].n}),
                         cases[i].valid);
    assert_int_equal(utf8_valid_prefix(empty), 0);
}

static void walk(void **state) {
    (void)state;
    /* a, é, €, U+1F600, a bad byte, a cut sequence of two bytes, b */
    struct str s = STR("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xFF\xE2\x82" "b");
    const uint32_t expected[] = {'a', 0xE9, 0x20AC, 0x1F600, 0xFFFD, 0xFFFD, 0xFFFD, 'b'};
    size_t pos = 0;
    for (size_t i = 0; i < 8; i++) assert_int_equal(utf8_next(s, &pos), expected[i]);
    assert_int_equal(pos, s.n);
    assert_int_equal(utf8_length(s), 8);
    assert_int_equal(utf8_length(empty), 0);
    assert_int_equal(utf8_length(STR("0123456789\xC3\xA9" "0123456789")), 21);
}

static void put_every_code_point(void **state) {
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[4];
        size_t n = utf8_put(bytes, c), pos = 0;
        bool surrogate = c >= 0xD800 && c <= 0xDFFF;
        if (utf8_next((struct str){bytes, n}, &pos) != (surrogate ? 0xFFFD : c) || pos != n)
            fail_msg("U+%04X", c);
    }
    char bytes[4];
    assert_int_equal(utf8_put(bytes, 0x110000), 3);
    assert_memory_equal(bytes, "\xEF\xBF\xBD", 3);
}

static void letter_case(void **state) {
    (void)state;
    assert_int_equal(utf8_lower('A'), 'a');
    assert_int_equal(utf8_lower('Z'), 'z');
    assert_int_equal(utf8_lower('['), '[');
    assert_int_equal(utf8_upper('z'), 'Z');
    assert_int_equal(utf8_upper('{'), '{');
    assert_int_equal(utf8_upper(0xE9), 0xC9);    /* é É */
    assert_int_equal(utf8_lower(0x0416), 0x0436); /* Ж ж */
    assert_int_equal(utf8_lower(0x03A9), 0x03C9); /* Ω ω */
    assert_int_equal(utf8_upper(0x4E2D), 0x4E2D);
    assert_int_equal(utf8_upper(0xD800), 0xD800);
    assert_int_equal(utf8_lower(0x110000), 0x110000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compare),        cmocka_unit_test(nocase),
        cmocka_unit_test(starts_ends_find), cmocka_unit_test(trim),
        cmocka_unit_test(nearest),        cmocka_unit_test(nearest_length),
        cmocka_unit_test(valid_prefix),   cmocka_unit_test(walk),
        cmocka_unit_test(put_every_code_point), cmocka_unit_test(letter_case),
    };
    return cmocka_run_group_tests_name("base/str utf8", tests, NULL, NULL);
}
