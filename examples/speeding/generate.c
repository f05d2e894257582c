/* generate: 40 vehicles for some eight minutes, a report about every five seconds. Most drive as
 * they should; the first ones do what the comments say.
 */
#include "examples/stream.h"

enum { VEHICLES = 40, REPORTS = 100, LIMIT = 100, NO_SPEED = -1 };

struct tale { /* km/h for a vehicle's reports from number `from` on, by the limit then */
    int vehicle, from;
    int n, speed[10];
    int limit; /* 0: LIMIT */
    int pause; /* seconds of silence before the third report */
};

static const struct tale tales[] = {
    /* Alerts. */
    {1, 20, 4, {112, 115, 121, 118}, 0, 0},                /* four fast reports */
    {2, 30, 7, {111, 113, 112, 114, 115, 111, 112}, 0, 0}, /* seven: still one episode, one alert */
    {3, 10, 4, {115, 115, 115, 115}, 0, 0},                /* two episodes, two alerts */
    {3, 60, 5, {125, 131, 128, 127, 119}, 0, 0},
    {4, 40, 5, {95, 96, 95, 94, 95}, 80, 0},     /* the limit drops to 80, the speed does not */
    {5, 50, 3, {104, 127, 146}, 0, 0},           /* accelerating; too short for speeding */
    /* both rules; 105 is the first one's calm report */
    {6, 50, 5, {105, 125, 145, 150, 140}, 0, 0},
    {7, 50, 4, {131, 133, 141, 141}, 0, 0},      /* both; the second rule is complete at 141 */
    {8, 70, 4, {112, 112, 112, 112}, 0, 40},     /* 60 s from the calm report on: still within 1m */
    /* No alerts. */
    {11, 20, 3, {130, 131, 130}, 0, 0},                /* three fast reports only */
    /* 110 is not more than 10 over: two and two */
    {12, 20, 5, {115, 112, 110, 118, 119}, 0, 0},
    {13, 20, 5, {115, 112, NO_SPEED, 118, 119}, 0, 0}, /* a report without a speed: two and two */
    /* fast from the start: nothing calm before it */
    {14, 0, 6, {125, 124, 125, 126, 125, 124}, 0, 0},
    {15, 20, 4, {115, 112, 118, 119}, 0, 41},          /* 61 s from the calm report: not within */
    /* 141 is not faster than 141; three are fast */
    {16, 20, 4, {120, 141, 141, 109}, 0, 0},
    {17, 20, 3, {100, 120, 145}, 0, 0},                /* 100 is not over the limit */
    {18, 20, 3, {105, 130, 140}, 0, 0},                /* 140 is not more than 40 over */
};

static const struct tale *tale_of(int vehicle, int report) {
    for (size_t i = 0; i < sizeof tales / sizeof tales[0]; i++)
        if (tales[i].vehicle == vehicle && report >= tales[i].from &&
            report < tales[i].from + tales[i].n)
            return &tales[i];
    return NULL;
}

int main(void) {
    for (int v = 1; v <= VEHICLES; v++) {
        int64_t at = START + v * 100;
        for (int r = 0; r < REPORTS; r++) {
            const struct tale *t = tale_of(v, r);
            int limit = t && t->limit ? t->limit : LIMIT;
            int speed = t ? t->speed[r - t->from] : limit - between(0, 20);
            at += t && t->pause && r == t->from + 2 ? t->pause * SECOND : 0;
            at += 5 * SECOND + (t ? 0 : between(-200, 200));
            if (speed == NO_SPEED)
                event(at, "{\"vehicle\":\"v%02d\",\"at\":%lld,\"limit\":%d}", v, (long long)at,
                      limit);
            else
                event(at, "{\"vehicle\":\"v%02d\",\"at\":%lld,\"speed\":%d,\"limit\":%d}", v,
                      (long long)at, speed, limit);
        }
    }
    return stream_print();
}
