/* generate: 100 cards, a payment every ten minutes or so, for four hours. Most buy what people buy;
 * some do what the comments say, in minutes from the start of their tale.
 */
#include "examples/stream.h"

#include <time.h>

enum { CARDS = 100, PAYMENTS = 24, STEPS_MAX = 9 };

static const char SHOP[] = "shop", GIFT[] = "gift cards", MONEY[] = "money transfer",
                  CRYPTO[] = "crypto";

struct step {
    int seconds, cents;
    const char *category;
};

struct tale {
    int card;
    struct step steps[STEPS_MAX];
};

static const struct tale tales[] = {
    /* Alerts of `card_testing`. */
    {11, {{0, 100, SHOP}, {60, 120, SHOP}, {120, 80, SHOP}, {300, 9900, SHOP}}}, /* average 1.00 */
    {12, {{0, 50, SHOP}, {20, 50, SHOP}, {40, 50, SHOP}, {60, 50, SHOP}, {80, 50, SHOP},
          {100, 2501, SHOP}}}, /* five probes of 0.50; more than 25.00 is enough */
    {13, {{0, 199, SHOP}, {60, 199, SHOP}, {90, 1500, SHOP}, {120, 199, SHOP},
          {180, 20000, SHOP}}}, /* 15.00 between them is passed over */
    /* 10 min: within */
    {14, {{0, 100, SHOP}, {60, 100, SHOP}, {120, 100, SHOP}, {600, 8000, SHOP}}},
    {15, {{0, 100, SHOP}, {400, 100, SHOP}, {430, 100, SHOP}, {460, 100, SHOP},
          {700, 7000, SHOP}}}, /* the first is too old for the charge, the other three are not */
    {16, {{0, 100, SHOP}, {10, 100, SHOP}, {20, 100, SHOP}, {30, 6000, SHOP}, {40, 100, SHOP},
          {50, 100, SHOP}, {60, 100, SHOP}, {70, 6000, SHOP}}}, /* twice */
    /* Alerts of `cash_out`. */
    {21, {{0, 100, SHOP}, {120, 20000, GIFT}}},                    /* 200.00 is enough */
    {22, {{0, 100, SHOP}, {60, 3000, SHOP}, {300, 45000, MONEY}}}, /* 5 min: within */
    {23, {{0, 150, SHOP}, {30, 90000, CRYPTO}, {60, 90000, CRYPTO}}}, /* the first of the two */
    /* Alerts of both rules. */
    {24, {{0, 100, SHOP}, {30, 100, SHOP}, {60, 100, SHOP}, {90, 25000, GIFT}}},
    /* No alerts. */
    {31, {{0, 100, SHOP}, {60, 100, SHOP}, {180, 15000, SHOP}}},                   /* two probes */
    {32, {{0, 100, SHOP}, {60, 100, SHOP}, {120, 100, SHOP}, {601, 15000, SHOP}}}, /* 1 s late */
    /* 50 times, not more */
    {33, {{0, 100, SHOP}, {60, 100, SHOP}, {120, 100, SHOP}, {180, 5000, SHOP}}},
    /* 2.00 is no probe */
    {34, {{0, 200, SHOP}, {60, 200, SHOP}, {120, 200, SHOP}, {180, 15000, SHOP}}},
    {35, {{0, 100, SHOP}, {301, 50000, GIFT}}},                                    /* 1 s late */
    {36, {{0, 100, SHOP}, {60, 19999, MONEY}}},                                    /* 0.01 short */
    /* not like cash */
    {37, {{0, 100, SHOP}, {60, 30000, SHOP}}},
    /* A card of the acquirer: never an alert. */
    {1, {{0, 100, SHOP}, {60, 100, SHOP}, {120, 100, SHOP}, {180, 90000, GIFT}}},
};

static void payment(int card, int64_t at, int cents, const char *category) {
    time_t seconds = (time_t)(at / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    event(at,
          "{\"card\":\"4000000000%06d\",\"at\":\"%s.%03dZ\",\"amount\":%d.%02d,"
          "\"merchant\":\"m%03d\",\"category\":\"%s\"}",
          card, text, (int)(at % 1000), cents / 100, cents % 100, between(1, 400), category);
}

int main(void) {
    static const char *const categories[] = {"shop", "fuel", "food", "travel", "gift cards"};
    for (int card = 1; card <= CARDS; card++) {
        int64_t at = START + between(0, 600) * SECOND;
        for (int i = 0; i < PAYMENTS; i++, at += between(240, 960) * SECOND)
            payment(card, at, between(300, 18000), categories[between(0, 4)]);
    }
    for (size_t i = 0; i < sizeof tales / sizeof tales[0]; i++) {
        /* After the last of the card's usual payments, so that none of them is in the way. */
        int64_t start = START + 8 * HOUR + between(0, 120) * MINUTE;
        for (int s = 0; s < STEPS_MAX && tales[i].steps[s].category; s++) {
            const struct step *step = &tales[i].steps[s];
            payment(tales[i].card, start + step->seconds * SECOND, step->cents, step->category);
        }
    }
    return stream_print();
}
