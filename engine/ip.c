/* ip: addresses and networks as text and back. One form inside: 16 bytes; IPv4 is mapped.
 *
 *   "10.0.0.0/8"   →  00 00 00 00 00 00 00 00 00 00 FF FF 0A 00 00 00   prefix 96 + 8 = 104
 *   "2001:db8::"   →  20 01 0D B8 00 …                                  prefix 128: a host
 *
 * Read strictly: four decimal parts without leading zeros; RFC 4291 groups with at most one "::"
 * and perhaps a dotted tail; nothing around it, no zone index. Bits behind the prefix are kept as
 * written: `ip_in` does not look at them, so the compiler may still tell the author about them.
 * Written as RFC 5952 says: lower case, the first longest run of two or more zero groups is "::".
 *
 * Parsed by hand because the text is not NUL-terminated and a decoder does it for every event.
 * Tests: tests/unit/engine/test_value.c (inet_pton and inet_ntop as oracles)
 */
#include "engine/value.h"

enum { GROUPS = 8, MAPPED_BITS = 96, HOST = 128 };

static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

static bool is_mapped(struct ip ip) { return memcmp(ip.b, mapped, sizeof mapped) == 0; }

/* A number of 1..3 digits up to `most` without a leading zero; moves *at behind it. */
static bool number(struct str s, size_t *at, unsigned most, unsigned *out) {
    size_t from = *at, i = from;
    unsigned n = 0;
    while (i < s.n && i - from < 3 && s.p[i] >= '0' && s.p[i] <= '9')
        n = n * 10 + (unsigned)(s.p[i++] - '0');
    if (i == from || n > most || (i - from > 1 && s.p[from] == '0')) return false;
    *at = i;
    *out = n;
    return true;
}

/* Four dotted parts from *at on. */
static bool dotted(struct str s, size_t *at, uint8_t out[4]) {
    for (int i = 0; i < 4; i++) {
        unsigned part;
        if (i && (*at == s.n || s.p[(*at)++] != '.')) return false;
        if (!number(s, at, 255, &part)) return false;
        out[i] = (uint8_t)part;
    }
    return true;
}

static int hex(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One group of 1..4 hexadecimal digits. */
static bool group(struct str s, size_t *at, uint8_t out[2]) {
    unsigned n = 0;
    size_t i = *at;
    for (; i < s.n && i - *at < 4 && hex(s.p[i]) >= 0; i++) n = n << 4 | (unsigned)hex(s.p[i]);
    if (i == *at) return false;
    *at = i;
    out[0] = (uint8_t)(n >> 8);
    out[1] = (uint8_t)n;
    return true;
}

/* Groups up to the end or a '/'. `gap` is where "::" stands, in bytes of what was read. */
static bool groups(struct str s, size_t *at, struct ip *ip) {
    size_t have = 0, gap = SIZE_MAX;
    uint8_t b[16] = {0};
    if (s.n >= 2 && s.p[0] == ':') {
        if (s.p[1] != ':') return false;
        gap = 0;
        *at = 2;
    }
    while (*at < s.n && s.p[*at] != '/' && have < sizeof b) {
        size_t tail = *at;
        if (have <= 12 && dotted(s, &tail, b + have)) {
            *at = tail;
            have += 4;
            break;
        }
        if (!group(s, at, b + have)) return false;
        have += 2;
        if (*at == s.n || s.p[*at] != ':') break;
        ++*at;
        if (*at < s.n && s.p[*at] == ':') {
            if (gap != SIZE_MAX) return false;
            gap = have;
            ++*at;
        } else if (*at == s.n || s.p[*at] == '/') {
            return false; /* one colon at the end */
        }
    }
    if (gap == SIZE_MAX ? have != sizeof b : have > sizeof b - 2) return false;
    size_t front = gap == SIZE_MAX ? have : gap;
    *ip = (struct ip){{0}};
    memcpy(ip->b, b, front);
    memcpy(ip->b + sizeof b - (have - front), b + front, have - front);
    return true;
}

bool ip_parse(struct str text, struct ip *ip, uint8_t *prefix) {
    size_t at = 0;
    struct ip got = {{0}};
    unsigned bits = HOST, above = 0;
    memcpy(got.b, mapped, sizeof mapped);
    if (dotted(text, &at, got.b + sizeof mapped)) {
        above = MAPPED_BITS;
    } else {
        at = 0;
        if (!groups(text, &at, &got)) return false;
    }
    if (at < text.n && text.p[at] == '/') {
        at++;
        if (!number(text, &at, HOST - above, &bits)) return false;
        bits += above;
    }
    if (at != text.n) return false;
    *ip = got;
    *prefix = (uint8_t)bits;
    return true;
}

static void format_groups(struct buf *out, const uint8_t *b) {
    int best = -1, best_n = 1; /* a single zero group is not shortened */
    for (int i = 0, run = 0; i < GROUPS; i++) {
        run = b[2 * i] | b[2 * i + 1] ? 0 : run + 1;
        if (run > best_n) best_n = run, best = i - run + 1;
    }
    for (int i = 0; i < GROUPS; i++) {
        if (i == best) {
            buf_text(out, "::");
            i += best_n - 1;
            continue;
        }
        if (i && i != best + best_n) buf_char(out, ':');
        buf_printf(out, "%x", b[2 * i] << 8 | b[2 * i + 1]);
    }
}

void ip_format(struct buf *out, struct ip ip, uint8_t prefix) {
    const uint8_t *v4 = ip.b + sizeof mapped;
    /* A prefix that cuts into ::ffff: is not one of IPv4: then the long form is written. */
    bool four = is_mapped(ip) && prefix >= MAPPED_BITS;
    if (four) {
        buf_printf(out, "%u.%u.%u.%u", v4[0], v4[1], v4[2], v4[3]);
    } else if (is_mapped(ip)) {
        buf_printf(out, "::ffff:%u.%u.%u.%u", v4[0], v4[1], v4[2], v4[3]);
    } else {
        format_groups(out, ip.b);
    }
    if (prefix != HOST) buf_printf(out, "/%u", four ? prefix - MAPPED_BITS : prefix);
}

bool ip_in(struct ip ip, struct ip net, uint8_t prefix) {
    unsigned whole = prefix / 8, rest = prefix % 8;
    if (memcmp(ip.b, net.b, whole) != 0) return false;
    return rest == 0 || ((ip.b[whole] ^ net.b[whole]) & (0xFF00u >> rest & 0xFF)) == 0;
}
