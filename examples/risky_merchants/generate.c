/* generate: 60 cards, a payment every half hour or so, for a day, at shops at home that are known.
 * Some do what the comments say, in minutes from the start of their tale.
 */
#include "examples/stream.h"

#include <time.h>

enum { CARDS = 60, PAYMENTS = 40, STEPS_MAX = 8 };

struct step {
    int minutes, cents;
    const char *merchant;
};

struct tale {
    int card;
    struct step steps[STEPS_MAX];
};

static const struct tale tales[] = {
    /* Alerts of `risky_spending`. */
    {12, {{0, 150000, "coins"}, {5, 90000, "coins"}}},  /* the second is suppressed */
    /* And of `two_countries`: half an hour from one merchant to the other. */
    {11, {{0, 60000, "casino"}, {90, 40000, "betting"}, {120, 1, "coins"}}}, /* 1000.01 */
    {13, {{0, 99000, "vouchers"}, {60, 80000, "bakery"}, {90, 1100, "casino"}}},
    /* Alerts of `two_countries`. */
    {21, {{0, 3000, "bakery"}, {30, 4000, "tapas"}}},   /* 30 min: within */
    /* one: it goes on behind */
    {22, {{0, 3000, "tours"}, {10, 4000, "hotel"}, {15, 2000, "grocer"}}},
    {23, {{0, 3000, "market"}, {20, 4000, "fuel"}}},
    /* Alerts of `unknown_merchants`. */
    {31, {{0, 500, "x1"}, {3, 500, "x2"}, {6, 700, "x1"}}},
    {32, {{0, 500, "Bakery"}, {5, 500, "bakery "}, {10, 700, "bake"}}}, /* keys are exact */
    /* No alerts. */
    {41, {{0, 60000, "casino"}, {90, 40000, "betting"}}},               /* 1000.00: not more */
    {42, {{0, 60000, "casino"}, {90, 90000, "tours"}, {120, 90000, "x3"}}}, /* not risky */
    {43, {{0, 60000, "casino"}, {1440, 60000, "casino"}}},              /* a day later */
    {44, {{0, 3000, "bakery"}, {31, 4000, "tapas"}}},                   /* 1 min late */
    {45, {{0, 3000, "bakery"}, {5, 100, "parcel"}, {10, 4000, "parcel"}}}, /* it is nowhere */
    {46, {{0, 3000, "x4"}, {5, 100, "tapas"}}},                         /* not known, so nowhere */
    {47, {{0, 500, "x1"}, {3, 500, "bakery"}, {6, 700, "x2"}, {9, 1, "x3"}}}, /* not in a row */
    {48, {{0, 500, "x1"}, {5, 500, "x2"}, {11, 700, "x1"}}},            /* 1 min late */
};

static void payment(int card, int64_t at, int cents, const char *merchant) {
    time_t seconds = (time_t)(at / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    event(at, "{\"card\":\"4000000000%06d\",\"at\":\"%s\",\"amount\":%d.%02d,\"merchant\":\"%s\"}",
          card, text, cents / 100, cents % 100, merchant);
}

int main(void) {
    static const char *const shops[] = {"bakery", "grocer", "fuel", "books", "pharmacy", "cinema"};
    for (int card = 1; card <= CARDS; card++) {
        int64_t at = START + between(0, 30) * MINUTE;
        for (int i = 0; i < PAYMENTS; i++, at += between(15, 45) * MINUTE)
            payment(card, at, between(300, 9000), shops[between(0, 5)]);
    }
    for (size_t i = 0; i < sizeof tales / sizeof tales[0]; i++) {
        /* After the last of the card's usual payments, so that none of them is in the way. */
        int64_t start = START + 36 * HOUR + between(0, 120) * MINUTE;
        for (int s = 0; s < STEPS_MAX && tales[i].steps[s].merchant; s++) {
            const struct step *step = &tales[i].steps[s];
            payment(tales[i].card, start + step->minutes * MINUTE, step->cents, step->merchant);
        }
    }
    return stream_print();
}
