/* generate: 80 cards, a payment every ten minutes or so, for four hours, at 300 merchants. Then a
 * few merchants at which cards are emptied that were tried out before, as the comments say.
 */
#include "examples/stream.h"

#include <time.h>

enum { CARDS = 80, PAYMENTS = 16, HITS_MAX = 4 };

struct hit { /* a card is tried out twice and emptied */
    int card, minute, cents;
};

struct tale {
    int merchant;
    struct hit hits[HITS_MAX];
    int later_minute, later_cents; /* another payment, by a card of its own */
};

static const struct tale tales[] = {
    /* A mule, and 500.00 an hour later: both alerts. */
    {901, {{101, 0, 20000}, {102, 20, 30000}, {103, 40, 9000}}, 100, 50000},
    /* A mule: the third is exactly an hour after the first; 499.99 is not enough. */
    {902, {{111, 0, 20000}, {112, 30, 20000}, {113, 60, 20000}}, 90, 49999},
    /* A mule; what is large comes 2 h after it, to the second, and is told. */
    {903, {{121, 0, 60000}, {122, 1, 60000}, {123, 2, 60000}}, 122, 80000},
    /* A mule; a minute later is too late. */
    {904, {{131, 0, 20000}, {132, 1, 20000}, {133, 2, 20000}}, 123, 80000},
    /* None: two cards only; then what is large means nothing. */
    {905, {{141, 0, 20000}, {142, 20, 20000}}, 30, 90000},
    /* None: a minute too slow. */
    {906, {{151, 0, 20000}, {152, 20, 20000}, {153, 61, 20000}}, 70, 90000},
    /* None: 50 times the average, not more. */
    {907, {{161, 0, 20000}, {162, 20, 5000}, {163, 40, 20000}}, 70, 90000},
};

static void payment(int card, int64_t at, int cents, int merchant) {
    time_t seconds = (time_t)(at / 1000);
    struct tm tm;
    char text[32];
    gmtime_r(&seconds, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    event(at, "{\"card\":\"c%03d\",\"at\":\"%s\",\"amount\":%d.%02d,\"merchant\":\"m%03d\"}", card,
          text, cents / 100, cents % 100, merchant);
}

int main(void) {
    for (int card = 1; card <= CARDS; card++) {
        int64_t at = START + between(0, 600) * SECOND;
        for (int i = 0; i < PAYMENTS; i++, at += between(240, 960) * SECOND)
            payment(card, at, between(300, 18000), between(1, 300));
    }
    for (size_t i = 0; i < sizeof tales / sizeof tales[0]; i++) {
        const struct tale *t = &tales[i];
        int64_t start = START + HOUR + between(0, 120) * MINUTE;
        for (int h = 0; h < HITS_MAX && t->hits[h].card; h++) {
            const struct hit *hit = &t->hits[h];
            int64_t at = start + hit->minute * MINUTE;
            payment(hit->card, at - 5 * MINUTE, 100, between(1, 300));
            payment(hit->card, at - 4 * MINUTE, 100, between(1, 300));
            payment(hit->card, at, hit->cents, t->merchant);
        }
        payment(800 + (int)i, start + t->later_minute * MINUTE, t->later_cents, t->merchant);
    }
    return stream_print();
}
