/* generate: deterministic event streams for measuring a complex-event-processing engine.
 *
 *   cc -O2 -o generate generate.c -lm
 *   ./generate telemetry -n 10000000 > telemetry.ndjson
 *   ./generate payments  -n 10000000 > payments.ndjson
 *
 * The same options and seed give the same bytes. Output is in global event-time order unless -d is
 * given. C11 and libm only.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t START_MS = 1767225600000; /* 2026-01-01T00:00:00Z */

static const char USAGE[] =
    "usage: generate telemetry|payments [options] > FILE\n"
    "  -n N   events                                            (10000000)\n"
    "  -k N   keys: vehicles or cards                           (100000)\n"
    "  -i MS  mean time between two events of one key  (telemetry 10000, payments 120000)\n"
    "  -z S   Zipf exponent of the keys, payments; 0 = uniform  (0)\n"
    "  -s N   seed                                              (1)\n"
    "  -d MS  disorder: an event may be written up to MS of event time late (0)\n"
    "  -a F   rate of injected speeding episodes / card-testing bursts, per event  (0.0002)\n"
    "  -b F   rate of injected lane-change bursts / payment bursts, per event      (0.0001)\n"
    "  -c F   rate of injected impossible-travel pairs, payments, per event        (0.00005)\n"
    "  -q     quiet: no summary on standard error\n";

static void out_of_memory(void) {
    fprintf(stderr, "generate: out of memory\n");
    exit(1);
}

/* ---- random numbers: xoshiro256** seeded by splitmix64 ---- */

static uint64_t rng_state[4];

static uint64_t splitmix(uint64_t *x) {
    uint64_t z = (*x += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static uint64_t rng(void) {
    uint64_t *s = rng_state, result = rotl(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

static double unit(void) { return (double)(rng() >> 11) * 0x1p-53; }
static uint32_t below(uint32_t n) { return (uint32_t)(((rng() >> 32) * n) >> 32); }
static int between(int lo, int hi) { return lo + (int)below((uint32_t)(hi - lo + 1)); }
static bool chance(double p) { return unit() < p; }

static double gauss(void) { /* Box-Muller, one value a call */
    double u = unit(), v = unit();
    return sqrt(-2.0 * log(u + 1e-300)) * cos(6.283185307179586 * v);
}

/* Zipf by rejection inversion (Hoermann and Derflinger 1996): ranks 0..n-1, exponent s > 0 */
static struct {
    double s, h_x1, h_n, shift;
    uint32_t n;
} zipf;

static double zipf_h(double x) {
    double l = log(x);
    return zipf.s == 1.0 ? l : expm1((1 - zipf.s) * l) / (1 - zipf.s);
}

static double zipf_hinv(double x) {
    return zipf.s == 1.0 ? exp(x) : exp(log1p(x * (1 - zipf.s)) / (1 - zipf.s));
}

static void zipf_init(double s, uint32_t n) {
    zipf.s = s;
    zipf.n = n;
    zipf.h_x1 = zipf_h(1.5) - 1.0;
    zipf.h_n = zipf_h(n + 0.5);
    zipf.shift = 2.0 - zipf_hinv(zipf_h(2.5) - pow(2.0, -s));
}

static uint32_t zipf_next(void) {
    for (;;) {
        double u = zipf.h_n + unit() * (zipf.h_x1 - zipf.h_n), x = zipf_hinv(u), k = floor(x + 0.5);
        if (k < 1) k = 1;
        if (k > zipf.n) k = zipf.n;
        if (k - x <= zipf.shift || u >= zipf_h(k + 0.5) - pow(k, -zipf.s)) return (uint32_t)k - 1;
    }
}

/* ---- output: one line at a time, through a reorder heap when disorder is asked for ---- */

static char out[1 << 20], line[1024];
static size_t out_len;
static uint64_t bytes_written;

static void flush_out(void) {
    if (fwrite(out, 1, out_len, stdout) != out_len) {
        fprintf(stderr, "generate: write: %s\n", strerror(errno));
        exit(1);
    }
    bytes_written += out_len;
    out_len = 0;
}

static void put_line(const char *text, size_t len) {
    if (out_len + len > sizeof out) flush_out();
    memcpy(out + out_len, text, len);
    out_len += len;
}

struct held {
    int64_t due;
    uint64_t seq;
    char *text;
    size_t len;
};
static struct held *heap;
static size_t heap_len, heap_cap;
static int64_t disorder;
static uint64_t held_seq;

static bool held_before(const struct held *a, const struct held *b) {
    return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void heap_push(struct held h) {
    if (heap_len == heap_cap) {
        heap_cap = heap_cap ? heap_cap * 2 : 4096;
        heap = realloc(heap, heap_cap * sizeof *heap);
        if (!heap) out_of_memory();
    }
    size_t i = heap_len++;
    for (; i && held_before(&h, &heap[(i - 1) / 2]); i = (i - 1) / 2) heap[i] = heap[(i - 1) / 2];
    heap[i] = h;
}

static struct held heap_pop(void) {
    struct held top = heap[0], last = heap[--heap_len];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < heap_len; i = c) {
        if (c + 1 < heap_len && held_before(&heap[c + 1], &heap[c])) c++;
        if (!held_before(&heap[c], &last)) break;
        heap[i] = heap[c];
    }
    heap[i] = last;
    return top;
}

static void emit(int64_t at, const char *text, size_t len) {
    if (!disorder) {
        put_line(text, len);
        return;
    }
    struct held h = {at + (int64_t)(unit() * (double)disorder), held_seq++, malloc(len), len};
    if (!h.text) out_of_memory();
    memcpy(h.text, text, len);
    heap_push(h);
    while (heap_len && heap[0].due <= at) {
        struct held p = heap_pop();
        put_line(p.text, p.len);
        free(p.text);
    }
}

static char *lit(char *p, const char *s) {
    size_t n = strlen(s);
    memcpy(p, s, n);
    return p + n;
}

static char *digits(char *p, uint64_t v, int width) { /* zero-padded to width */
    char t[24];
    int n = 0;
    do t[n++] = (char)('0' + v % 10), v /= 10; while (v);
    while (n < width) t[n++] = '0';
    while (n) *p++ = t[--n];
    return p;
}

static char *fixed(char *p, int64_t v, int places) { /* v / 10^places */
    static const int64_t pow10[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
    if (v < 0) *p++ = '-', v = -v;
    p = digits(p, (uint64_t)(v / pow10[places]), 1);
    *p++ = '.';
    return digits(p, (uint64_t)(v % pow10[places]), places);
}

/* ---- telemetry ---- */

struct vehicle {
    int32_t lat, lon;       /* 1e-5 degrees */
    int32_t lat0, lon0;     /* centre of its district: the walk stays within half a degree */
    int16_t speed;          /* 0.1 km/h */
    uint8_t limit;          /* km/h */
    int8_t lane, lanes;
    /* reports left of an episode; km/h over the limit; changes left */
    uint8_t speeding, excess, weaving;
};

/* A permutation of 0..n-1, a new one for each round: cycle-walking Feistel network. */
static uint32_t permute(uint32_t x, uint32_t n, uint64_t round) {
    int half = 1;
    while ((1ull << (2 * half)) < n) half++;
    uint32_t mask = (1u << half) - 1;
    do {
        uint32_t l = x >> half, r = x & mask;
        for (int i = 0; i < 4; i++) {
            uint64_t h = (r + round * 0x9e3779b97f4a7c15u + (uint64_t)i * 0xbf58476d1ce4e5b9u) *
                         0x94d049bb133111ebu;
            uint32_t t = l ^ ((uint32_t)(h >> 40) & mask);
            l = r;
            r = t;
        }
        x = (l << half) | r;
    } while (x >= n);
    return x;
}

static void telemetry(uint64_t n, uint32_t keys, double interval, double speeding_rate,
                      double weaving_rate) {
    static const uint8_t limits[] = {30, 50, 50, 50, 70, 80, 100, 120};
    struct vehicle *fleet = calloc(keys, sizeof *fleet);
    if (!fleet) out_of_memory();
    for (uint32_t k = 0; k < keys; k++) {
        struct vehicle *v = &fleet[k];
        v->lat = v->lat0 = 4800000 + between(-250000, 550000);
        v->lon = v->lon0 = 700000 + between(-100000, 700000);
        v->limit = limits[below(8)];
        v->speed = (int16_t)(v->limit * 9);
        v->lanes = (int8_t)between(2, 4);
        v->lane = (int8_t)between(1, v->lanes);
    }
    double gap = interval / keys;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t round = i / keys;
        uint32_t k = permute((uint32_t)(i % keys), keys, round);
        struct vehicle *v = &fleet[k];
        int64_t at = START_MS + (int64_t)((double)i * gap);
        const char *signal = "off";

        if (chance(0.01)) v->limit = limits[below(8)];
        /* 90 % of the limit, in 0.1 km/h */
        int target = v->limit * 9;
        int speed = v->speed + (target - v->speed) / 4 + between(-25, 25);
        if (!v->speeding && chance(speeding_rate))
            v->speeding = (uint8_t)between(3, 10), v->excess = (uint8_t)between(15, 60);
        if (v->speeding) v->speeding--, speed = (v->limit + v->excess) * 10 + between(-20, 20);
        else if (speed > v->limit * 10 + 90) speed = v->limit * 10 + between(0, 90);
        if (speed < 0) speed = 0;
        v->speed = (int16_t)speed;

        if (!v->weaving && chance(weaving_rate)) v->weaving = (uint8_t)between(3, 6);
        bool change = v->weaving || chance(0.02);
        if (v->weaving) v->weaving--;
        else if (change && chance(0.85)) signal = below(2) ? "left" : "right";
        if (change) {
            int step = v->lane == 1 ? 1 : v->lane == v->lanes ? -1 : below(2) ? 1 : -1;
            v->lane = (int8_t)(v->lane + step);
        }
        v->lat += between(-speed / 4, speed / 4);
        v->lon += between(-speed / 4, speed / 4);
        if (abs(v->lat - v->lat0) > 50000) v->lat = v->lat0;
        if (abs(v->lon - v->lon0) > 50000) v->lon = v->lon0;

        char *p = line;
        p = digits(lit(p, "{\"vehicle\":\"v"), k, 6);
        p = digits(lit(p, "\",\"at\":"), (uint64_t)at, 1);
        p = fixed(lit(p, ",\"lat\":"), v->lat, 5);
        p = fixed(lit(p, ",\"lon\":"), v->lon, 5);
        p = fixed(lit(p, ",\"speed\":"), speed, 1);
        p = digits(lit(p, ",\"limit\":"), v->limit, 1);
        p = digits(lit(p, ",\"lane\":"), (uint64_t)v->lane, 1);
        p = lit(lit(lit(p, ",\"signal\":\""), signal), "\"}\n");
        emit(at, line, (size_t)(p - line));
    }
    free(fleet);
}

/* ---- payments ---- */

static const struct {
    const char *code;
    int32_t lat, lon;
} countries[] = {
    {"DE", 5252000, 1340500},  {"FR", 4885700, 235200},    {"ES", 4041700, -370300},
    {"IT", 4190300, 1249600},  {"PL", 5223000, 2101200},   {"NL", 5237000, 489500},
    {"GB", 5150700, -12800},   {"US", 4071300, -7400600},  {"BR", -2355100, -4663300},
    {"JP", 3567600, 13965000}, {"AU", -3386900, 15120900}, {"ZA", -2620400, 2804700},
};
/* The first NEAR are close to each other. */
enum { NEAR = 7, COUNTRIES = sizeof countries / sizeof *countries };

static const char *const words[] = {
    "groceries",    "coffee & cake", "fuel",      "monthly ticket",
    "online order", "pharmacy",      "book shop", "caf\xc3\xa9 corner",
    "subscription", "restaurant",    "hardware",  "toys \\\"Bear\\\"",
    "flowers",      "parking",       "hotel",     "electronics",
};

struct planned {
    int64_t at;
    uint64_t seq;
    uint32_t card;
    int32_t cents;
    uint8_t country;
};
static struct planned *plan;
static size_t plan_len, plan_cap;
static uint64_t plan_seq;

static bool planned_before(const struct planned *a, const struct planned *b) {
    return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void plan_push(int64_t at, uint32_t card, int32_t cents, uint8_t country) {
    struct planned h = {at, plan_seq++, card, cents, country};
    if (plan_len == plan_cap) {
        plan_cap = plan_cap ? plan_cap * 2 : 4096;
        plan = realloc(plan, plan_cap * sizeof *plan);
        if (!plan) out_of_memory();
    }
    size_t i = plan_len++;
    for (; i && planned_before(&h, &plan[(i - 1) / 2]); i = (i - 1) / 2)
        plan[i] = plan[(i - 1) / 2];
    plan[i] = h;
}

static struct planned plan_pop(void) {
    struct planned top = plan[0], last = plan[--plan_len];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < plan_len; i = c) {
        if (c + 1 < plan_len && planned_before(&plan[c + 1], &plan[c])) c++;
        if (!planned_before(&plan[c], &last)) break;
        plan[i] = plan[c];
    }
    plan[i] = last;
    return top;
}

static void payment(int64_t at, uint32_t card, int32_t cents, uint8_t country) {
    uint32_t merchant = below(10000);
    char *p = line;
    p = digits(lit(p, "{\"card\":\"4000"), (uint64_t)card * 7919 % 1000000000000u, 12);
    p = digits(lit(p, "\",\"account\":\"a"), card - card % 4 + card % 4 / 2, 6);
    p = digits(lit(p, "\",\"at\":"), (uint64_t)at, 1);
    p = fixed(lit(p, ",\"amount\":"), cents, 2);
    p = digits(lit(p, ",\"merchant\":\"m"), merchant, 4);
    p = lit(lit(p, "\",\"country\":\""), countries[country].code);
    p = fixed(lit(p, "\",\"lat\":"), countries[country].lat + (int32_t)(merchant % 100) * 300, 5);
    p = fixed(lit(p, ",\"lon\":"), countries[country].lon + (int32_t)(merchant / 100) * 300, 5);
    p = lit(lit(p, ",\"text\":\""), words[below(16)]);
    if (below(2)) p = lit(lit(p, ", "), words[below(16)]);
    p = digits(lit(p, " ref "), below(100000000), 8);
    p = lit(p, "\"}\n");
    emit(at, line, (size_t)(p - line));
}

static void payments(uint64_t n, uint32_t keys, double interval, double skew, double testing,
                     double burst, double travel) {
    if (skew > 0) zipf_init(skew, keys);
    double gap = interval / keys, clock = 0;
    uint64_t written = 0;
    while (written < n) {
        clock += -log(1.0 - unit()) * gap;
        int64_t at = START_MS + (int64_t)clock;
        while (plan_len && plan[0].at <= at && written < n) {
            struct planned h = plan_pop();
            payment(h.at, h.card, h.cents, h.country);
            written++;
        }
        if (written == n) break;
        uint32_t card = skew > 0 ? zipf_next() : below(keys);
        uint8_t home = (uint8_t)(card * 2654435761u >> 16) % NEAR;
        /* median 24.5, 0.3 % below 2.00 */
        int32_t cents = (int32_t)(100 * exp(3.2 + 0.9 * gauss()));
        if (cents < 1) cents = 1;
        payment(at, card, cents, home);
        written++;
        /* card testing: probes, then a large charge; one in five is a near miss */
        if (chance(testing)) {
            int probes = between(3, 6), miss = below(5) ? 0 : between(1, 2);
            int64_t t = at;
            int64_t sum = 0;
            if (miss == 1) probes = 2;
            for (int i = 0; i < probes; i++) {
                int c = between(50, 195);
                t += between(5000, 45000);
                sum += c;
                plan_push(t, card, c, home);
            }
            t += miss == 2 ? 11 * 60000 : between(5000, 120000);
            plan_push(t, card, (int32_t)(sum / probes * between(60, 200)), home);
        }
        if (chance(burst)) {        /* five to eight charges inside a minute */
            int64_t t = at;
            for (int i = between(5, 8); i > 0; i--)
                plan_push(t += between(500, 7000), card, between(15000, 40000), home);
        }
        if (chance(travel))
            plan_push(at + between(5, 60) * 60000, card, between(1000, 30000),
                      (uint8_t)between(NEAR, COUNTRIES - 1));
    }
}

int main(int argc, char **argv) {
    if (argc < 2 || (strcmp(argv[1], "telemetry") && strcmp(argv[1], "payments"))) {
        fputs(USAGE, stderr);
        return 2;
    }
    bool is_payments = argv[1][0] == 'p', quiet = false;
    uint64_t n = 10000000, seed = 1;
    uint32_t keys = 100000;
    double interval = is_payments ? 120000 : 10000, skew = 0, a = 0.0002, b = 0.0001, c = 0.00005;
    for (int i = 2; i < argc; i++) {
        if (!strcmp(argv[i], "-q")) {
            quiet = true;
            continue;
        }
        if (argv[i][0] != '-' || !argv[i][1] || argv[i][2] || i + 1 >= argc) {
            fputs(USAGE, stderr);
            return 2;
        }
        const char *value = argv[i + 1];
        switch (argv[i++][1]) {
        case 'n': n = strtoull(value, NULL, 10); break;
        case 'k': keys = (uint32_t)strtoul(value, NULL, 10); break;
        case 'i': interval = strtod(value, NULL); break;
        case 'z': skew = strtod(value, NULL); break;
        case 's': seed = strtoull(value, NULL, 10); break;
        case 'd': disorder = strtoll(value, NULL, 10); break;
        case 'a': a = strtod(value, NULL); break;
        case 'b': b = strtod(value, NULL); break;
        case 'c': c = strtod(value, NULL); break;
        default: fputs(USAGE, stderr); return 2;
        }
    }
    if (!keys || !(interval > 0)) {
        fputs(USAGE, stderr);
        return 2;
    }
    for (int i = 0; i < 4; i++) rng_state[i] = splitmix(&seed);
    if (is_payments) payments(n, keys, interval, skew, a, b, c);
    else telemetry(n, keys, interval, a, b);
    while (heap_len) {
        struct held h = heap_pop();
        put_line(h.text, h.len);
        free(h.text);
    }
    flush_out();
    if (fflush(stdout)) {
        fprintf(stderr, "generate: write: %s\n", strerror(errno));
        return 1;
    }
    if (!quiet) fprintf(stderr, "%" PRIu64 " events, %" PRIu64 " bytes\n", n, bytes_written);
    free(heap);
    free(plan);
    return 0;
}
