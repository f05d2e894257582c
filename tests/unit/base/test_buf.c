/* Tests of base/buf.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/buf.h"

static struct buf b;

static int fresh(void **state) {
    (void)state;
    buf_init(&b);
    return 0;
}

static int done(void **state) {
    (void)state;
    buf_fini(&b);
    return 0;
}

/* What was written since the last call. */
#define assert_written(text)                                                                       \
    do {                                                                                           \
        assert_string_equal(buf_cstr(&b), text);                                                   \
        assert_int_equal(b.n, sizeof(text) - 1);                                                   \
        buf_reset(&b);                                                                             \
    } while (0)

static void append(void **state) {
    (void)state;
    assert_string_equal(buf_view(&b).p, ""); /* never NULL */
    assert_written("");
    buf_text(&b, "ab");
    buf_char(&b, 'c');
    buf_str(&b, STR("de"));
    buf_str(&b, (struct str){NULL, 0});
    buf_add(&b, NULL, 0);
    buf_pad(&b, '.', 3);
    buf_pad(&b, '.', 0);
    assert_written("abcde...");
    buf_add(&b, "a\0b", 3);
    assert_true(str_equal(buf_view(&b), STR("a\0b")));
}

static void growth(void **state) {
    (void)state;
    for (int i = 0; i < 100000; i++) buf_char(&b, (char)('a' + i % 26));
    assert_int_equal(b.n, 100000);
    for (int i = 0; i < 100000; i++) assert_int_equal(b.p[i], 'a' + i % 26);
    assert_true(b.cap < 300000);
    buf_reserve(&b, 1000000);
    char *p = b.p;
    buf_pad(&b, 'x', 1000000);
    assert_ptr_equal(p, b.p); /* reserved is reserved */
}

static void print(void **state) {
    (void)state;
    buf_printf(&b, "%s", "");
    buf_printf(&b, "%d %s", 7, "x");
    assert_written("7 x");
    for (int n = 60; n < 70; n++) { /* around the first capacity, with the NUL of vsnprintf */
        struct buf c;
        buf_init(&c);
        buf_char(&c, '<');
        buf_printf(&c, "%*d", n, 5);
        assert_int_equal(c.n, n + 1);
        assert_int_equal(c.p[n], '5');
        buf_fini(&c);
    }
    buf_printf(&b, "%5000d", 1);
    assert_int_equal(b.n, 5000);
}

static void json_str(void **state) {
    (void)state;
    buf_json_str(&b, STR(""));
    assert_written("\"\"");
    buf_json_str(&b, (struct str){NULL, 0});
    assert_written("\"\"");
    buf_json_str(&b, STR("a \"q\" \\ /"));
    assert_written("\"a \\\"q\\\" \\\\ /\"");
    buf_json_str(&b, STR("\b\f\n\r\t\x01\x1f\x7f"));
    assert_written("\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
    buf_json_str(&b, STR("a\0b"));
    assert_written("\"a\\u0000b\"");
    buf_json_str(&b, STR("\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD"));
    assert_written("\"\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD\"");
    buf_json_str(&b, STR("x\xFFy\xC3"));
    assert_written("\"x\xEF\xBF\xBDy\xEF\xBF\xBD\"");
    buf_json_str(&b, STR("\xED\xA0\x80")); /* a surrogate is three bad bytes */
    assert_written("\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void json_int(void **state) {
    (void)state;
    buf_json_int(&b, 0);
    assert_written("0");
    buf_json_int(&b, -1);
    assert_written("-1");
    buf_json_int(&b, 1234567890);
    assert_written("1234567890");
    buf_json_int(&b, INT64_MAX);
    assert_written("9223372036854775807");
    buf_json_int(&b, INT64_MIN);
    assert_written("-9223372036854775808");
}

static void json_float(void **state) {
    (void)state;
    static const struct {
        double f;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {3.0, "3.0"},
        {-3.0, "-3.0"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3.0, "0.3333333333333333"},
        {123456.789, "123456.789"},
        {999999999999999.0, "999999999999999.0"},
        {1e15, "1e+15"},
        {1234567890123456.0, "1234567890123456.0"},
        {12345678901234567.0, "12345678901234568.0"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {1e-5, "1e-05"},
        {9007199254740993.0, "9007199254740992.0"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {0x1p-1074, "5e-324"},
        {0x1p-1073, "1e-323"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_reset(&b);
        buf_json_float(&b, cases[i].f);
        assert_string_equal(buf_cstr(&b), cases[i].text);
    }
}

static void json_float_reads_back(void **state) {
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 100000; i++) {
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double f, back;
        memcpy(&f, &bits, sizeof f);
        if (!isfinite(f)) continue;
        buf_reset(&b);
        buf_json_float(&b, f);
        back = strtod(buf_cstr(&b), NULL);
        if (memcmp(&back, &f, sizeof f)) fail_msg("%a is not %s", f, b.p);
    }
}

static void json_decimal(void **state) {
    (void)state;
    buf_json_decimal(&b, 1234, 2);
    assert_written("12.34");
    buf_json_decimal(&b, -5, 3);
    assert_written("-0.005");
    buf_json_decimal(&b, 7, 0);
    assert_written("7");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(append, fresh, done),
        cmocka_unit_test_setup_teardown(growth, fresh, done),
        cmocka_unit_test_setup_teardown(print, fresh, done),
        cmocka_unit_test_setup_teardown(json_str, fresh, done),
        cmocka_unit_test_setup_teardown(json_int, fresh, done),
        cmocka_unit_test_setup_teardown(json_float, fresh, done),
        cmocka_unit_test_setup_teardown(json_float_reads_back, fresh, done),
        cmocka_unit_test_setup_teardown(json_decimal, fresh, done),
    };
    return cmocka_run_group_tests_name("base/buf", tests, NULL, NULL);
}
