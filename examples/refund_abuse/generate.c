/* generate STREAM: 60 customers for 45 days, who order every few days and now and then get
 * something back; some do what the comments say, in hours from the start of their tale. `orders` or
 * `refunds` are written.
 */
#include "examples/stream.h"

#include <string.h>
#include <time.h>

enum { CUSTOMERS = 60, DAYS = 45, STEPS_MAX = 9 };

enum kind { END, ORDER, REFUND };

struct step {
    int hours;
    enum kind kind;
    int cents;
};

struct tale {
    int customer; /* from 61 on: they do nothing else */
    struct step steps[STEPS_MAX];
};

static const struct tale tales[] = {
    /* Alerts of `more_back_than_kept`. */
    {61, {{0, ORDER, 20000}, {48, REFUND, 9000}, {72, REFUND, 6000}, {96, REFUND, 1100}}},
    /* the order of the first day is too old by the last refund, that of the second is not */
    {62, {{0, ORDER, 90000}, {24, ORDER, 10000}, {100, REFUND, 5000}, {200, REFUND, 3000},
          {721, REFUND, 1000}}},
    /* once per 7 days: the fourth is held back, the fifth says so */
    {63, {{0, ORDER, 10000}, {24, REFUND, 3000}, {48, REFUND, 3000}, {72, REFUND, 3000},
          {96, REFUND, 500}, {241, REFUND, 400}}},
    /* Alerts of `testing_the_desk`. */
    {71, {{0, ORDER, 90000}, {96, REFUND, 500}, {110, REFUND, 700}, {120, REFUND, 900}}},
    {72, {{0, ORDER, 90000}, {96, REFUND, 500}, {110, REFUND, 300}, {120, REFUND, 700},
          {130, REFUND, 800}}}, /* the smaller one is passed over */
    /* No alerts. */
    {81, {{0, ORDER, 20000}, {48, REFUND, 9000}, {72, REFUND, 7000}}},                    /* two */
    /* 80 % */
    {82, {{0, ORDER, 20000}, {48, REFUND, 9000}, {72, REFUND, 6000}, {96, REFUND, 1000}}},
    /* an order */
    {83, {{0, ORDER, 90000}, {60, REFUND, 500}, {65, REFUND, 700}, {71, REFUND, 900}}},
    /* 1 h late */
    {84, {{0, ORDER, 90000}, {96, REFUND, 500}, {200, REFUND, 700}, {265, REFUND, 900}}},
};

static const char *wanted; /* the stream */
static int numbers[3];

static void write_text(int64_t at, char *text, size_t room) {
    time_t seconds = (time_t)(at / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(text, room, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void step(int customer, int64_t at, enum kind kind, int cents) {
    static const char *const reasons[] = {"late", "broken", "not as shown", "changed mind"};
    const char *reason = reasons[between(0, 3)];
    const char *who = between(0, 4) ? "customer" : "Customer";
    char text[32];
    write_text(at, text, sizeof text);
    int number = ++numbers[kind];
    if (kind == ORDER && strcmp(wanted, "orders") == 0)
        event(at,
              "{\"number\":\"o%05d\",\"email\":\"%s%02d@example.org\",\"at\":\"%s\",\"amount\":%d.%"
              "02d}",
              number, who, customer, text, cents / 100, cents % 100);
    if (kind == REFUND && strcmp(wanted, "refunds") == 0)
        event(at,
              "{\"number\":\"r%05d\",\"account\":\"%s%02d@example.org\",\"at\":\"%s\","
              "\"amount\":%d.%02d,\"reason\":\"%s\"}",
              number, who, customer, text, cents / 100, cents % 100, reason);
}

/* One in twelve comes back, in part. */
static void usual(int customer) {
    int64_t at = START + between(0, 72) * HOUR + between(0, 59) * MINUTE;
    while (at < START + DAYS * 24 * HOUR) {
        int cents = between(800, 15000);
        step(customer, at, ORDER, cents);
        if (between(1, 12) == 1)
            step(customer, at + between(48, 240) * HOUR, REFUND, cents * between(20, 100) / 100);
        at += between(36, 130) * HOUR;
    }
}

int main(int argc, char **argv) {
    wanted = argc == 2 ? argv[1] : "orders";
    for (int customer = 1; customer <= CUSTOMERS; customer++) usual(customer);
    for (size_t i = 0; i < sizeof tales / sizeof tales[0]; i++) {
        int64_t start = START + between(0, 72) * HOUR;
        for (int s = 0; s < STEPS_MAX && tales[i].steps[s].kind; s++)
            step(tales[i].customer, start + tales[i].steps[s].hours * HOUR, tales[i].steps[s].kind,
                 tales[i].steps[s].cents);
    }
    return stream_print();
}
