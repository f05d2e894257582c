/* generate: 80 cards that pay at home for a day and a half, now and then on line; some travel, as
 * the comments say.
 */
#include "examples/stream.h"

#include <stdbool.h>

enum { CARDS = 80, PAYMENTS = 40, STOPS_MAX = 5, USUAL = 60 /* minutes between payments */ };

enum city { BERLIN, PARIS, MADRID, LONDON, NEW_YORK, TOKYO, SYDNEY, POTSDAM, ONLINE };

static const struct place {
    const char *name;
    int lat, lon; /* in 1/10000 degrees */
} places[] = {
    [BERLIN] = {"Berlin", 525200, 134050},   [PARIS] = {"Paris", 488566, 23522},
    [MADRID] = {"Madrid", 404168, -37038},   [LONDON] = {"London", 515074, -1278},
    [NEW_YORK] = {"New York", 407128, -740060}, [TOKYO] = {"Tokyo", 356762, 1396503},
    [SYDNEY] = {"Sydney", -338688, 1512093}, [POTSDAM] = {"Potsdam", 523906, 130645},
};

struct stop {
    int minutes; /* from the start of the tale */
    enum city city;
};

struct tale {
    int card, n;
    struct stop stops[STOPS_MAX];
};

/* Every tale starts in the card's home, Berlin, and is the last that the card does. */
static const struct tale tales[] = {
    /* Alerts. */
    {1, 2, {{0, BERLIN}, {30, PARIS}}},                          /* 877 km in half an hour */
    {2, 2, {{0, BERLIN}, {0, TOKYO}}},                           /* in the same second */
    {3, 2, {{0, BERLIN}, {355, NEW_YORK}}},                      /* 6385 km in 5 h 55 min */
    {4, 3, {{0, BERLIN}, {20, MADRID}, {40, LONDON}}},           /* two pairs, two alerts */
    {5, 4, {{0, BERLIN}, {10, PARIS}, {20, BERLIN}, {30, PARIS}}}, /* three pairs */
    {6, 3, {{0, BERLIN}, {20, POTSDAM}, {40, SYDNEY}}},          /* the second pair only */
    {7, 2, {{0, BERLIN}, {55, PARIS}}},                          /* 877 km; 55 min allow 875 */
    {8, 2, {{0, BERLIN}, {120, MADRID}}},                        /* 1870 km; 2 h allow 1850 */
    /* No alerts. */
    {11, 2, {{0, BERLIN}, {56, PARIS}}},                         /* 56 min allow 890 km */
    /* 27 km at once: within the slack */
    {12, 2, {{0, BERLIN}, {0, POTSDAM}}},
    {13, 2, {{0, BERLIN}, {361, SYDNEY}}},                       /* not within 6 h */
    /* on line between: not the next one */
    {14, 3, {{0, BERLIN}, {10, ONLINE}, {20, TOKYO}}},
    {15, 2, {{0, BERLIN}, {150, MADRID}}},                       /* a flight: 2300 km are allowed */
    {16, 3, {{0, BERLIN}, {10, ONLINE}, {12, ONLINE}}},          /* no places at all */
};

static void payment(int card, int64_t at, enum city city) {
    int cents = between(150, 30000);
    if (city == ONLINE) {
        event(at, "{\"card\":\"c%03d\",\"at\":%lld,\"amount\":%d.%02d,\"city\":\"on line\"}", card,
              (long long)at, cents / 100, cents % 100);
        return;
    }
    int lat = places[city].lat, lon = places[city].lon;
    event(at,
          "{\"card\":\"c%03d\",\"at\":%lld,\"amount\":%d.%02d,\"city\":\"%s\","
          "\"lat\":%s%d.%04d,\"lon\":%s%d.%04d}",
          card, (long long)at, cents / 100, cents % 100, places[city].name, lat < 0 ? "-" : "",
          abs(lat) / 10000, abs(lat) % 10000, lon < 0 ? "-" : "", abs(lon) / 10000,
          abs(lon) % 10000);
}

int main(void) {
    int64_t end = START + (PAYMENTS + 1) * USUAL * MINUTE;
    for (int card = 1; card <= CARDS; card++) {
        enum city home = card <= 20 ? BERLIN : (enum city)(card % ONLINE);
        for (int i = 0; i < PAYMENTS; i++) {
            int64_t at = START + i * USUAL * MINUTE + between(0, USUAL * 60 - 1) * SECOND;
            payment(card, at, between(1, 10) == 1 ? ONLINE : home);
        }
    }
    for (size_t i = 0; i < sizeof tales / sizeof tales[0]; i++)
        for (int s = 0; s < tales[i].n; s++)
            payment(tales[i].card, end + tales[i].stops[s].minutes * MINUTE,
                    tales[i].stops[s].city);
    return stream_print();
}
