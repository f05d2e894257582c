/* generate: 30 vehicles, a report every two seconds for five minutes. Most keep their lane or
 * change it with a signal; the first ones do what the comments say.
 */
#include "examples/stream.h"

enum { VEHICLES = 30, REPORTS = 150, CHANGES_MAX = 8 };

struct change { /* at the report of this number: up, 1, or down, -1; with what signal */
    int report, step;
    const char *signal; /* NULL: the field is missing */
};

struct tale {
    int vehicle;
    int later; /* seconds by which its reports from number 75 on come later */
    struct change changes[CHANGES_MAX];
};

static const struct tale tales[] = {
    /* Alerts of `unsignalled`. */
    {1, 0, {{10, 1, "off"}, {40, -1, "off"}, {70, 1, "off"}}},
    {2, 0, {{10, 1, "off"}, {30, 1, NULL}, {90, -1, NULL}}}, /* no signal said is no signal given */
    {3, 0, /* five changes: one alert, two are left over */
     {{10, 1, "off"}, {30, -1, "off"}, {50, 1, "off"}, {70, -1, "off"}, {90, 1, "off"}}},
    {4, 0, /* six: two alerts */
     {{10, 1, "off"}, {30, -1, "off"}, {50, 1, "off"}, {70, -1, "off"}, {90, 1, "off"},
      {110, -1, "off"}}},
    {5, 0, /* the second is signalled: the three others count */
     {{10, 1, "off"}, {30, -1, "left"}, {50, 1, "off"}, {70, -1, "off"}}},
    {6, 180, /* the first is too old when the third comes; the fourth completes the last three */
     {{10, 1, "off"}, {80, -1, "off"}, {100, 1, "off"}, {120, -1, "off"}}},
    /* Alerts of `weaving`. */
    {7, 0, {{20, 1, "left"}, {22, -1, "right"}, {25, 1, "left"}, {28, -1, "right"}}},
    {8, 0, {{20, 1, "off"}, {22, -1, "off"}, {25, 1, "off"}, {28, -1, "off"}}}, /* both rules */
    {9, 0, /* out twice, back twice, out, back: 18 s */
     {{20, 1, "left"}, {21, 1, "left"}, {22, -1, "left"}, {23, -1, "left"}, {27, 1, "left"},
      {29, -1, "left"}}},
    /* 20 s: within */
    {10, 0, {{20, 1, "left"}, {23, -1, "left"}, {27, 1, "left"}, {30, -1, "left"}}},
    /* No alerts. */
    {11, 0, {{10, 1, "off"}, {30, -1, "off"}}},                      /* two changes */
    /* one of the three is signalled */
    {12, 0, {{10, 1, "off"}, {30, -1, "right"}, {50, 1, "off"}}},
    {13, 180, {{10, 1, "off"}, {60, -1, "off"}, {140, 1, "off"}}},   /* 440 s from first to last */
    {14, 0, {{20, 1, "left"}, {23, -1, "left"}, {27, 1, "left"}, {31, -1, "left"}}}, /* 22 s */
    {15, 0, {{20, 1, "left"}, {22, 1, "left"}, {24, 1, "left"}, {26, -1, "left"}}},  /* back once */
    /* out, back, out */
    {16, 0, {{20, -1, "left"}, {22, 1, "left"}, {24, -1, "left"}, {26, 1, "left"}}},
};

static const struct tale *tale_of(int vehicle) {
    for (size_t i = 0; i < sizeof tales / sizeof tales[0]; i++)
        if (tales[i].vehicle == vehicle) return &tales[i];
    return NULL;
}

static const struct change *change_of(const struct tale *t, int report) {
    for (int i = 0; t && i < CHANGES_MAX && t->changes[i].step; i++)
        if (t->changes[i].report == report) return &t->changes[i];
    return NULL;
}

int main(void) {
    for (int v = 1; v <= VEHICLES; v++) {
        const struct tale *t = tale_of(v);
        int lane = 2;
        for (int r = 0; r < REPORTS; r++) {
            int64_t at = START + v * 10 + r * 2 * SECOND + (t && r >= 75 ? t->later * SECOND : 0);
            const struct change *c = change_of(t, r);
            const char *signal = c ? c->signal : "off";
            if (c) lane += c->step;
            /* The others change now and then between lanes 2 and 3, and say so. */
            if (!t && between(1, 40) == 1) {
                signal = lane == 2 ? "left" : "right";
                lane = lane == 2 ? 3 : 2;
            }
            if (signal)
                event(at, "{\"vehicle\":\"v%02d\",\"at\":%lld,\"lane\":%d,\"signal\":\"%s\"}", v,
                      (long long)at, lane, signal);
            else
                event(at, "{\"vehicle\":\"v%02d\",\"at\":%lld,\"lane\":%d}", v, (long long)at,
                      lane);
        }
    }
    return stream_print();
}
