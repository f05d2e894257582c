/* input_zstd: unpacks .zst, also of several frames. The only file that includes zstd. An input that
 * ends inside a frame is an error, but everything up to there is handed out first. The window is
 * bounded by libzstd's default (128 MiB): files made with --long=28 and more are refused.
 * Tests: tests/unit/connectors/test_input.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/log.h"
#include "connectors/input.h"

enum { PACKED = 128 << 10 };

struct zstd {
    struct bytes bytes;
    struct bytes *packed;
    ZSTD_DStream *stream;
    ZSTD_inBuffer in;
    bool inside; /* a frame has begun and not ended */
    char room[PACKED], why[96];
};

static ssize_t zstd_read(struct bytes *b, char *to, size_t room, const char **why) {
    struct zstd *z = (struct zstd *)b;
    ZSTD_outBuffer out = {to, room, 0};
    bool ended = false;
    while (out.pos == 0) {
        if (z->in.pos == z->in.size && !ended) {
            ssize_t n = z->packed->ops->read(z->packed, z->room, sizeof z->room, why);
            if (n < 0) return n;
            ended = n == 0;
            z->in = (ZSTD_inBuffer){z->room, (size_t)n, 0};
        }
        if (ended && !z->inside) return 0;
        size_t before = z->in.pos;
        size_t left = ZSTD_decompressStream(z->stream, &out, &z->in);
        if (ZSTD_isError(left)) {
            snprintf(z->why, sizeof z->why, "the zstd data are damaged: %s",
                     ZSTD_getErrorName(left));
            *why = z->why;
            return BYTES_FAILED;
        }
        z->inside = left != 0;
        if (ended && out.pos == 0 && z->in.pos == before) {
            *why = "the zstd data end too early: truncated";
            return BYTES_FAILED;
        }
    }
    return (ssize_t)out.pos;
}

static void zstd_close(struct bytes *b) {
    struct zstd *z = (struct zstd *)b;
    ZSTD_freeDStream(z->stream);
    z->packed->ops->close(z->packed);
    free(z);
}

static const struct bytes_ops zstd_ops = {zstd_read, zstd_close};

struct bytes *zstd_open(struct bytes *packed) {
    struct zstd *z = must_zalloc(sizeof *z);
    z->bytes.ops = &zstd_ops;
    z->packed = packed;
    z->in = (ZSTD_inBuffer){z->room, 0, 0};
    z->stream = ZSTD_createDStream();
    check(z->stream);
    return &z->bytes;
}

const char *zstd_version(void) { return ZSTD_versionString(); }
