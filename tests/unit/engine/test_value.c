/* Tests of engine/value.h: value.c, ip.c, heap.c. Texts and bytes are written out by hand;
 * addresses are compared with inet_pton and inet_ntop; the order and the canonical bytes are
 * compared with each other over every pair of a table of values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/value.h"

static uint64_t seed = 0x1234567;
static uint64_t random_u64(void) {
    uint64_t z = seed += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

/* ---- addresses -------------------------------------------------------------------------- */

static struct value ip_value(const char *text) {
    struct value v = {.type = VALUE_IP};
    assert_true(ip_parse(str_of(text), &v.ip, &v.digits));
    return v;
}

static void ip_reads_and_writes(void **state) {
    (void)state;
    static const struct {
        const char *in, *out;
        unsigned prefix;
    } cases[] = {
        {"10.0.0.1", "10.0.0.1", 128},
        {"10.0.0.0/8", "10.0.0.0/8", 104},
        {"0.0.0.0/0", "0.0.0.0/0", 96},
        {"255.255.255.255/32", "255.255.255.255", 128},
        {"::", "::", 128},
        {"::1", "::1", 128},
        {"::/0", "::/0", 0},
        {"1::", "1::", 128},
        {"2001:DB8::0001", "2001:db8::1", 128},
        {"2001:db8::/32", "2001:db8::/32", 32},
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 128},
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 128},
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 128},
        {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", 128},
        {"::ffff:1.2.3.4", "1.2.3.4", 128},
        {"::ffff:1.2.3.4/104", "1.0.0.0/8", 0}, /* written as below */
        {"::ffff:102:304", "1.2.3.4", 128},
        {"::ffff:0:0/90", "::ffff:0.0.0.0/90", 90},
        {"64:ff9b::1.2.3.4", "64:ff9b::102:304", 128},
        {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", 128},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct value v = ip_value(cases[i].in);
        struct buf text;
        buf_init(&text);
        ip_format(&text, v.ip, v.digits);
        if (cases[i].prefix || !strcmp(cases[i].in, "::/0")) {
            assert_string_equal(buf_cstr(&text), cases[i].out);
            assert_int_equal(v.digits, cases[i].prefix);
        } else {
            assert_string_equal(buf_cstr(&text), "1.2.3.4/8"); /* bits behind the prefix stay */
        }
        buf_fini(&text);
    }
}

static void ip_refuses(void **state) {
    (void)state;
    static const char *const cases[] = {
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4/",
        "1.2.3.4/33", "1.2.3.4/08", "1.2.3.4/8x", "1..2.3", ":", ":::", "1:", ":1", "1::2::3",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::",
        "g::", "::1%eth0", "::/129", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::", "::1.2.3", "::1.2.3.4:5",
        "-1.2.3.4", "1.2.3.1000", "/8", "::/", "1:2:3:4:5:6:7:8:", "+1.2.3.4", "::1::",
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ip ip;
        uint8_t prefix;
        if (ip_parse(str_of(cases[i]), &ip, &prefix)) fail_msg("\"%s\" is read", cases[i]);
    }
}

/* Texts made of pieces of addresses: the parser and inet_pton must agree on every one. */
static void ip_agrees_with_pton(void **state) {
    (void)state;
    static const char *const pieces[] = {":", "::", ".", "0",   "1",  "12", "255", "256",  "ffff",
                                         "a", "F",  "::", "1:", "0:", ":0", "1.2", "1.2.3.4", "00"};
    uint32_t good = 0;
    for (uint32_t i = 0; i < 400000; i++) {
        char text[128] = "";
        size_t n = 0;
        for (uint64_t k = random_u64() % 12; k; k--) {
            const char *piece = pieces[random_u64() % (sizeof pieces / sizeof *pieces)];
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", piece);
        }
        uint8_t four[4], six[16];
        bool is4 = inet_pton(AF_INET, text, four) == 1, is6 = inet_pton(AF_INET6, text, six) == 1;
        struct ip ip;
        uint8_t prefix;
        bool ours = ip_parse(str_of(text), &ip, &prefix);
        if (ours != (is4 || is6)) fail_msg("\"%s\": %d, inet_pton %d %d", text, ours, is4, is6);
        if (!ours) continue;
        good++;
        if (is4) assert_memory_equal(ip.b + 12, four, 4);
        else assert_memory_equal(ip.b, six, 16);
        assert_int_equal(prefix, 128);
    }
    assert_true(good > 1000);
}

static void ip_round_trip(void **state) {
    (void)state;
    for (uint32_t i = 0; i < 100000; i++) {
        struct ip ip, back;
        uint8_t prefix;
        uint64_t zeros = random_u64();
        for (int k = 0; k < 16; k++)
            ip.b[k] = zeros >> (k / 2) & 1 ? 0 : (uint8_t)(random_u64() % 3 ? random_u64() : 0);
        if (i % 4 == 0) memcpy(ip.b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
        uint8_t bits = (uint8_t)(random_u64() % 129);
        struct buf text;
        buf_init(&text);
        ip_format(&text, ip, bits);
        assert_true(ip_parse(buf_view(&text), &back, &prefix));
        assert_memory_equal(back.b, ip.b, 16);
        assert_int_equal(prefix, bits);
        char theirs[INET6_ADDRSTRLEN];
        assert_non_null(inet_ntop(AF_INET6, ip.b, theirs, sizeof theirs));
        buf_reset(&text);
        ip_format(&text, ip, 128);
        if (!strchr(theirs, '.')) assert_string_equal(buf_cstr(&text), theirs);
        buf_fini(&text);
    }
}

static void ip_in_networks(void **state) {
    (void)state;
    struct value net = ip_value("10.1.2.3/9");
    assert_true(ip_in(ip_value("10.0.0.0").ip, net.ip, net.digits));
    assert_true(ip_in(ip_value("10.127.255.255").ip, net.ip, net.digits));
    assert_false(ip_in(ip_value("10.128.0.0").ip, net.ip, net.digits));
    assert_false(ip_in(ip_value("::a01:203").ip, net.ip, net.digits));
    net = ip_value("::/0");
    assert_true(ip_in(ip_value("1.2.3.4").ip, net.ip, net.digits));
    net = ip_value("0.0.0.0/0");
    assert_true(ip_in(ip_value("1.2.3.4").ip, net.ip, net.digits));
    assert_false(ip_in(ip_value("::1").ip, net.ip, net.digits));
    net = ip_value("2001:db8::1");
    assert_true(ip_in(net.ip, net.ip, net.digits));
    assert_false(ip_in(ip_value("2001:db8::2").ip, net.ip, net.digits));
}

/* ---- order and canonical bytes ---------------------------------------------------------- */

static struct value of(uint8_t type, int64_t i, uint8_t digits) {
    return (struct value){.i = i, .type = type, .digits = digits};
}

static struct value list_of(struct arena *a, const struct value *items, uint32_t n) {
    struct list *l = arena_alloc(a, sizeof *l + n * sizeof *items);
    l->n = n;
    if (n) memcpy(l->items, items, n * sizeof *items);
    return (struct value){.list = l, .type = VALUE_LIST};
}

enum { SAMPLES = 64 };

static uint32_t samples(struct arena *a, struct value *v) {
    uint32_t n = 0;
    v[n++] = value_null();
    for (int64_t i = 0; i < 2; i++) v[n++] = of(VALUE_BOOL, i, 0);
    static const int64_t ints[] = {INT64_MIN, -1, 0, 1, 256, INT64_MAX};
    for (int i = 0; i < 6; i++) v[n++] = value_int(ints[i]);
    static const double floats[] = {-0.0, 0.0, -1e308, 1.5, 5e-324, -5e-324};
    for (int i = 0; i < 6; i++) v[n++] = value_float(floats[i]);
    static const struct {
        int64_t i;
        uint8_t digits;
    } decimals[] = {{100, 2},       {1, 0},          {10, 1},         {0, 0},  {0, 18},
                    {INT64_MAX, 0}, {INT64_MAX, 18}, {INT64_MIN, 18}, {-5, 1}, {-50, 2}};
    for (int i = 0; i < 10; i++) v[n++] = of(VALUE_DECIMAL, decimals[i].i, decimals[i].digits);
    v[n++] = value_str(STR(""));
    v[n++] = value_str(STR("a"));
    v[n++] = value_str(STR("a\0"));
    v[n++] = value_str(STR("\xC3\xA9"));
    v[n++] = of(VALUE_TIME, 1, 0);
    v[n++] = of(VALUE_DURATION, 1, 0);
    v[n++] = ip_value("10.0.0.0");
    v[n++] = ip_value("10.0.0.0/8");
    v[n++] = ip_value("::");
    v[n++] = list_of(a, v, 0);
    v[n++] = list_of(a, v, 2);
    v[n++] = list_of(a, v, 3);
    v[n++] = list_of(a, v + 9, 2);
    v[n++] = list_of(a, v + 10, 2);
    v[n] = list_of(a, v + n - 4, 3);
    n++;
    assert_true(n <= SAMPLES);
    return n;
}

static void encoding_agrees_with_order(void **state) {
    (void)state;
    struct arena a;
    struct value v[SAMPLES];
    struct buf x, y;
    arena_init(&a);
    buf_init(&x);
    buf_init(&y);
    uint32_t n = samples(&a, v);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < n; k++) {
            int order = value_compare(v[i], v[k]), back = value_compare(v[k], v[i]);
            assert_true((order > 0) == (back < 0) && (order == 0) == (back == 0));
            buf_reset(&x);
            buf_reset(&y);
            value_encode(&x, v[i]);
            value_encode(&y, v[k]);
            assert_true(str_equal(buf_view(&x), buf_view(&y)) == (order == 0));
            for (uint32_t m = 0; m < n; m++)
                if (order <= 0 && value_compare(v[k], v[m]) <= 0)
                    assert_true(value_compare(v[i], v[m]) <= 0);
        }
    }
    buf_fini(&x);
    buf_fini(&y);
    arena_fini(&a);
}

/* The bytes are part of every alert id: they must never change. */
static void encoding_is_fixed(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    struct value items[] = {value_str(STR("ab")), value_null()};
    const struct {
        struct value v;
        struct str bytes;
    } cases[] = {
        {value_null(), STR("\0")},
        {of(VALUE_BOOL, 1, 0), STR("\1\1")},
        {value_int(-2), STR("\2\xfe\xff\xff\xff\xff\xff\xff\xff")},
        {value_float(1.0), STR("\3\0\0\0\0\0\0\xf0\x3f")},
        {value_float(-0.0), STR("\3\0\0\0\0\0\0\0\0")},
        {of(VALUE_DECIMAL, 1230, 2), STR("\4\1\x7b\0\0\0\0\0\0\0")},
        {value_str(STR("ab")), STR("\5\2ab")},
        {of(VALUE_TIME, 1, 0), STR("\6\1\0\0\0\0\0\0\0")},
        {of(VALUE_DURATION, 1, 0), STR("\7\1\0\0\0\0\0\0\0")},
        {ip_value("1.2.3.4"), STR("\x08\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4\x80")},
        {list_of(&a, items, 2), STR("\x09\2\5\2ab\0")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out);
        value_encode(&out, cases[i].v);
        assert_int_equal(out.n, cases[i].bytes.n);
        assert_memory_equal(out.p, cases[i].bytes.p, out.n);
        buf_fini(&out);
    }
    struct buf out;
    buf_init(&out);
    char *long_text = arena_alloc(&a, 300);
    value_encode(&out, value_str((struct str){long_text, 300}));
    assert_int_equal(out.n, 1 + 2 + 300);
    assert_memory_equal(out.p, "\5\xac\2", 3);
    buf_fini(&out);
    arena_fini(&a);
}

static void decimals_compare_exactly(void **state) {
    (void)state;
    struct value wide = of(VALUE_DECIMAL, INT64_MAX, 0), fine = of(VALUE_DECIMAL, INT64_MAX, 18);
    assert_true(value_compare(wide, fine) > 0);
    assert_true(value_compare(of(VALUE_DECIMAL, 150, 2), of(VALUE_DECIMAL, 15, 1)) == 0);
    assert_true(value_compare(of(VALUE_DECIMAL, 151, 2), of(VALUE_DECIMAL, 15, 1)) > 0);
    assert_true(value_compare(of(VALUE_DECIMAL, INT64_MIN, 18), of(VALUE_DECIMAL, -9, 0)) < 0);
}

/* ---- texts ------------------------------------------------------------------------------ */

static void texts(void **state) {
    (void)state;
    struct arena a;
    arena_init(&a);
    struct value items[] = {value_int(1), value_null(), value_str(STR("x\"y"))};
    struct value list = list_of(&a, items, 3), cut = list_of(&a, items, 1);
    ((struct list *)cut.list)->truncated = true;
    const struct {
        struct value v;
        const char *json, *text;
    } cases[] = {
        {value_null(), "null", "null"},
        {of(VALUE_BOOL, 0, 0), "false", "false"},
        {value_int(INT64_MIN), "-9223372036854775808", "-9223372036854775808"},
        {value_float(0.1), "0.1", "0.1"},
        {of(VALUE_DECIMAL, -1205, 2), "-12.05", "-12.05"},
        {value_str(STR("a\n\"b")), "\"a\\n\\\"b\"", "\"a\\n\\\"b\""},
        {of(VALUE_TIME, 0, 0), "\"1970-01-01T00:00:00Z\"", "1970-01-01T00:00:00Z"},
        {of(VALUE_DURATION, INT64_C(5400000000000), 0), "\"1h30m\"", "1h30m"},
        {ip_value("10.0.0.0/8"), "\"10.0.0.0/8\"", "10.0.0.0/8"},
        {list, "[1,null,\"x\\\"y\"]", "[1, null, \"x\\\"y\"]"},
        {cut, "[1]", "[1, …]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out;
        buf_init(&out);
        value_json(&out, cases[i].v);
        assert_string_equal(buf_cstr(&out), cases[i].json);
        buf_reset(&out);
        value_text(&out, cases[i].v);
        assert_string_equal(buf_cstr(&out), cases[i].text);
        buf_fini(&out);
    }
    assert_string_equal(value_type_name(VALUE_DURATION), "duration");
    assert_string_equal(value_type_name((enum value_type)99), "unknown");
    arena_fini(&a);
}

/* ---- copies and ownership --------------------------------------------------------------- */

/* A list of texts and a list of texts, in memory that goes away. */
static struct value nested(struct arena *a) {
    struct value inner[] = {value_str(arena_copy(a, STR("inner text of some length"))),
                            value_str(STR(""))};
    struct value outer[] = {value_str(arena_copy(a, STR("x"))), list_of(a, inner, 2), value_int(7)};
    return list_of(a, outer, 3);
}

static void copies_stand_alone(void **state) {
    (void)state;
    struct arena from, to;
    struct heap *heap = heap_new();
    arena_init(&from);
    arena_init(&to);
    struct value copy = value_copy(&to, nested(&from)), own = value_own(heap, nested(&from));
    struct value text = value_copy(&to, value_str(arena_copy(&from, STR("text"))));
    struct value own_text = value_own(heap, value_str(arena_copy(&from, STR("text"))));
    arena_fini(&from);
    struct value again = nested(&to);
    assert_int_equal(value_compare(copy, again), 0);
    assert_int_equal(value_compare(own, again), 0);
    assert_int_equal(value_compare(text, own_text), 0);
    value_disown(heap, &own);
    value_disown(heap, &own_text);
    assert_int_equal(own.type, VALUE_NULL);
    assert_int_equal(heap_bytes(heap), 0);
    heap_free(&heap);
    assert_null(heap);
    arena_fini(&to);
}

static void shares_are_counted(void **state) {
    (void)state;
    struct heap *heap = heap_new();
    struct value a = value_own(heap, value_str(STR("shared"))), b = value_share(a);
    size_t one = heap_bytes(heap);
    assert_ptr_equal(a.s.p, b.s.p);
    assert_true(one > 0);
    value_disown(heap, &a);
    assert_int_equal(heap_bytes(heap), one);
    assert_true(str_equal(b.s, STR("shared")));
    value_disown(heap, &b);
    assert_int_equal(heap_bytes(heap), 0);
    struct value plain[] = {value_null(), value_int(3), value_str(STR("")), ip_value("::1")};
    for (int i = 0; i < 4; i++) {
        struct value v = value_share(value_own(heap, plain[i]));
        assert_int_equal(heap_bytes(heap), 0); /* no block, nothing to give back */
        value_disown(heap, &v);
        value_disown(heap, &v);
    }
    heap_free(&heap);
}

/* Every size around the borders of the classes, and far above them; contents stay apart. */
static void heap_keeps_contents(void **state) {
    (void)state;
    enum { LIVE = 512 };
    struct heap *heap = heap_new();
    struct value live[LIVE];
    char *bytes = malloc(100000);
    memset(live, 0, sizeof live);
    for (uint32_t round = 0; round < 60000; round++) {
        uint32_t i = (uint32_t)(random_u64() % LIVE);
        if (live[i].type == VALUE_STRING) {
            char mark = live[i].s.p[0];
            for (size_t k = 0; k < live[i].s.n; k += 1 + live[i].s.n / 16)
                assert_int_equal(live[i].s.p[k], mark);
            assert_int_equal(live[i].s.p[live[i].s.n - 1], mark);
            value_disown(heap, &live[i]);
        } else {
            size_t n = 1 + random_u64() % (round % 64 ? 700 : 20000);
            memset(bytes, (int)(random_u64() & 0x7F), n);
            live[i] = value_own(heap, value_str((struct str){bytes, n}));
        }
    }
    for (uint32_t i = 0; i < LIVE; i += 2) value_disown(heap, &live[i]);
    assert_true(heap_bytes(heap) > 0);
    heap_free(&heap); /* with half of them live */
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ip_reads_and_writes),
        cmocka_unit_test(ip_refuses),
        cmocka_unit_test(ip_agrees_with_pton),
        cmocka_unit_test(ip_round_trip),
        cmocka_unit_test(ip_in_networks),
        cmocka_unit_test(encoding_agrees_with_order),
        cmocka_unit_test(encoding_is_fixed),
        cmocka_unit_test(decimals_compare_exactly),
        cmocka_unit_test(texts),
        cmocka_unit_test(copies_stand_alone),
        cmocka_unit_test(shares_are_counted),
        cmocka_unit_test(heap_keeps_contents),
    };
    return cmocka_run_group_tests_name("engine/value", tests, NULL, NULL);
}
