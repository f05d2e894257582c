/* open: from what the operator wrote to a source or a sink. A prefix (`kafka:`) or the ending of
 * the name decides; no file is looked into to guess. Tests: tests/unit/connectors/test_input.c,
 * test_file_sink.c
 */
#include "connectors/open.h"

#include "connectors/record_source.h"
#include "connectors/sinks.h"

static bool refused(struct str where, struct arena *arena, const char **why) {
    static const char *const later[] = {"kafka:", "zmq:"};
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        if (!str_starts(where, str_of(later[i]))) continue;
        *why = arena_printf(arena, "%.*s: %s is not built yet", STR_FMT(where), later[i]);
        return true;
    }
    if (where.n == 0)
        *why = "expected a file name or - for the standard stream, found nothing";
    else if (memchr(where.p, 0, where.n))
        *why = "a file name with a NUL byte";
    else
        return false;
    return true;
}

/* The name without .gz or .zst. */
static struct str unpacked_name(struct str where) {
    if (str_ends(where, STR(".gz")))
        where.n -= 3;
    else if (str_ends(where, STR(".zst")))
        where.n -= 4;
    return where;
}

struct source *source_open(struct str where, const struct schema *schema, uint32_t stream,
                           struct arena *arena, const char **why) {
    if (refused(where, arena, why)) return NULL;
    struct str name = unpacked_name(where);
    if (str_ends(name, STR(".csv"))) return csv_source_open(where, schema, stream, arena, why);
    bool json = str_equal(where, STR("-")) || str_equal(where, STR("/dev/null")) ||
                str_ends(name, STR(".ndjson")) ||
                str_ends(name, STR(".jsonl")) || str_ends(name, STR(".json"));
    if (json) return ndjson_source_open(where, schema, stream, arena, why);
    *why = arena_printf(
        arena,
        "%.*s: cannot tell what it holds: expected a name that ends in .ndjson, .jsonl, .json or "
        ".csv, each also with .gz or .zst",
        STR_FMT(where));
    return NULL;
}

struct sink *sink_open(struct str where, struct arena *arena, const char **why) {
    if (refused(where, arena, why)) return NULL;
    if (unpacked_name(where).n != where.n) {
        *why = arena_printf(arena, "%.*s: writing packed files is not built yet", STR_FMT(where));
        return NULL;
    }
    return file_sink_open(where, arena, why);
}
