/* input_gzip: unpacks .gz (RFC 1952), also of several members one behind the other, as
 * `cat a.gz b.gz` makes them. The only file that includes zlib. An input that ends inside a member
 * is an error, but everything up to there is handed out first.
 * Tests: tests/unit/connectors/test_input.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/log.h"
#include "connectors/input.h"

enum { PACKED = 64 << 10,
       GZIP_ONLY = 16 + MAX_WBITS };

struct gzip {
    struct bytes bytes;
    struct bytes *packed;
    z_stream z;
    bool inside, ended; /* a member has begun; packed has ended */
    unsigned char in[PACKED];
    char why[96];
};

/* Sees to it that there is packed input unless it has ended. 0, or why there is none. */
static ssize_t refill(struct gzip *g, const char **why) {
    if (g->z.avail_in || g->ended) return 0;
    ssize_t n = g->packed->ops->read(g->packed, (char *)g->in, sizeof g->in, why);
    if (n < 0) return n;
    g->ended = n == 0;
    g->z.next_in = g->in;
    g->z.avail_in = (unsigned)n;
    return 0;
}

static ssize_t gzip_read(struct bytes *b, char *to, size_t room, const char **why) {
    struct gzip *g = (struct gzip *)b;
    g->z.next_out = (unsigned char *)to;
    g->z.avail_out = (unsigned)room;
    while (g->z.avail_out == room) {
        ssize_t none = refill(g, why);
        if (none) return none;
        if (g->z.avail_in == 0 && !g->inside) return 0;
        g->inside = true;
        int status = inflate(&g->z, Z_NO_FLUSH);
        if (status == Z_STREAM_END) {
            g->inside = false;
            inflateReset(&g->z);
        } else if (status == Z_BUF_ERROR && g->ended) {
            *why = "the gzip data end too early: truncated";
            return BYTES_FAILED;
        } else if (status != Z_OK && status != Z_BUF_ERROR) {
            snprintf(g->why, sizeof g->why, "the gzip data are damaged%s%s", g->z.msg ? ": " : "",
                     g->z.msg ? g->z.msg : "");
            *why = g->why;
            return BYTES_FAILED;
        }
    }
    return (ssize_t)(room - g->z.avail_out);
}

static void gzip_close(struct bytes *b) {
    struct gzip *g = (struct gzip *)b;
    inflateEnd(&g->z);
    g->packed->ops->close(g->packed);
    free(g);
}

static const struct bytes_ops gzip_ops = {gzip_read, gzip_close};

struct bytes *gzip_open(struct bytes *packed) {
    struct gzip *g = must_zalloc(sizeof *g);
    g->bytes.ops = &gzip_ops;
    g->packed = packed;
    check(inflateInit2(&g->z, GZIP_ONLY) == Z_OK);
    return &g->bytes;
}

const char *gzip_version(void) { return zlibVersion(); }
