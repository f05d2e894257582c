/* test_address: what the operator wrote, taken apart; mistakes are told with what is right. */
#include "tests/unit/connectors/support.h"

#include "base/time.h"
#include "connectors/address.h"

static struct arena arena;

/* Asks for the settings that a maker would. Returns what is wrong. */
static const char *ask(const char *where, uint64_t *count, int64_t *ns, uint32_t *word) {
    static const char *const words[] = {"wait", "drop", NULL};
    struct address a;
    address_parse(&a, str_of(where), "zmq:pub:", &arena);
    address_word(&a, "slow", words, word);
    address_count(&a, "hwm", 1, 1000, count);
    address_duration(&a, "linger", ns);
    return address_finish(&a);
}

static void good(void **state) {
    (void)state;
    uint64_t count = 7;
    int64_t ns = 5;
    uint32_t word = 0;
    struct address a;
    address_parse(&a, STR("zmq:pub:@tcp://*:1?slow=drop"), "zmq:pub:", &arena);
    assert_true(str_equal(a.rest, STR("@tcp://*:1")));
    assert_null(ask("zmq:pub:@tcp://*:1", &count, &ns, &word));
    assert_int_equal(count, 7);
    assert_null(ask("zmq:pub:@tcp://*:1?hwm=12&slow=drop&linger=2s", &count, &ns, &word));
    assert_int_equal(count, 12);
    assert_int_equal(ns, 2 * NS_PER_S);
    assert_int_equal(word, 1);
}

static void mistakes(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"zmq:pub:x?hwm", "zmq:pub:x?hwm: expected NAME=VALUE behind the `?`, found `hwm`"},
        {"zmq:pub:x?=1", "zmq:pub:x?=1: expected NAME=VALUE behind the `?`, found `=1`"},
        {"zmq:pub:x?hwm=1&hwm=2", "zmq:pub:x?hwm=1&hwm=2: `hwm` is said twice"},
        {"zmq:pub:x?hwm=0", "zmq:pub:x?hwm=0: hwm=0: expected a whole number from 1 to 1000"},
        {"zmq:pub:x?hwm=1k", "zmq:pub:x?hwm=1k: hwm=1k: expected a whole number from 1 to 1000"},
        {"zmq:pub:x?hwm=99999999999999999999",
         "zmq:pub:x?hwm=99999999999999999999: hwm=99999999999999999999: expected a whole number "
         "from 1 to 1000"},
        {"zmq:pub:x?linger=soon",
         "zmq:pub:x?linger=soon: linger=soon: expected a duration, as in 500ms or 10s"},
        {"zmq:pub:x?slow=down", "zmq:pub:x?slow=down: slow=down: expected wait or drop"},
        {"zmq:pub:x?lingr=1s",
         "zmq:pub:x?lingr=1s: there is no setting `lingr`: did you mean `linger`?"},
        {"zmq:pub:x?colour=red",
         "zmq:pub:x?colour=red: there is no setting `colour`; there are: slow, hwm, linger"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t count = 0;
        int64_t ns = 0;
        uint32_t word = 0;
        const char *why = ask(cases[i][0], &count, &ns, &word);
        assert_non_null(why);
        assert_string_equal(why, cases[i][1]);
    }
}

int main(void) {
    arena_init(&arena);
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(mistakes)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_fini(&arena);
    return failed;
}
