/* versions: see versions.h. simdjson tells its version by a macro only; the others are asked when omen runs, by
 * functions that are declared here by hand, so that their headers stay in the files that own the libraries.
 * Tests: tests/cli/main.t
 */
#include <simdjson.h>

extern "C" {
#include "connectors/versions.h"

int pcre2_config_8(uint32_t what, void *where);
const char *zlibVersion(void);
const char *ZSTD_versionString(void);
unsigned XXH_versionNumber(void);
}

static const uint32_t config_version = 11; /* PCRE2_CONFIG_VERSION: 10.42 2022-12-11 */

extern "C" void versions_text(struct buf *out) {
    char pcre2[64] = "";
    int n = pcre2_config_8(config_version, nullptr);
    if (n > 0 && (size_t)n <= sizeof pcre2) pcre2_config_8(config_version, pcre2);
    unsigned x = XXH_versionNumber();
    buf_printf(out, "PCRE2 %s\n", pcre2);
    buf_printf(out, "simdjson %s\n", SIMDJSON_STRINGIFY(SIMDJSON_VERSION));
    buf_printf(out, "zlib %s\n", zlibVersion());
    buf_printf(out, "zstd %s\n", ZSTD_versionString());
    buf_printf(out, "xxhash %u.%u.%u\n", x / 10000, x / 100 % 100, x % 100);
}
