/* table_file: see table_file.h.
 *
 *   source (open.c) ─batch→ table_add ─→ table       what is wrong: the first by its line, and how
 *          └─dead letters─→ what is wrong            many more there are
 */
#include "connectors/table_file.h"

#include <inttypes.h>

#include "connectors/open.h"

struct reading {
    struct arena *arena;
    struct str path;
    struct table_builder *rows;
    const char *first; /* what is wrong in the first line that is */
    uint64_t line;     /* that line */
    uint64_t wrong;    /* how many are */
};

/* Of a batch the rows that are no rows are told before those that stand twice, hence the line. */
static void wrong(struct reading *r, uint64_t offset, const char *what) {
    if (r->wrong++ && r->line <= offset) return;
    r->line = offset;
    r->first = arena_copy(r->arena, str_of(what)).p;
}

static void dead_letter(void *context, const struct dead_letter *letter) {
    wrong(context, letter->offset, letter->reason);
}

static void add(struct reading *r, const struct schema *schema, const struct batch *batch,
                uint32_t row) {
    uint64_t before;
    const char *what = NULL;
    switch (table_add(r->rows, batch, row, &before)) {
    case TABLE_ADDED: return;
    case TABLE_FULL:
        what = arena_printf(r->arena, "more than %d rows", TABLE_MAX_ROWS);
        break;
    case TABLE_TWICE: {
        struct buf key;
        buf_init(&key);
        value_text(&key, batch_value(batch, row, schema->key_field));
        what = arena_printf(r->arena, "the key %.*s stands in line %" PRIu64 " already",
                            STR_FMT(buf_view(&key)), before + 1);
        buf_fini(&key);
        break;
    }
    }
    wrong(r, batch->offset[row], what);
}

/* False where reading failed. */
static bool read_rows(struct reading *r, struct source *source, const struct schema *schema) {
    struct batch *batch = batch_new(schema, 0, BATCH_ROWS);
    enum source_status status;
    while ((status = source_next(source, batch)) == SOURCE_BATCH)
        for (uint32_t i = 0; i < batch->n; i++) add(r, schema, batch, i);
    batch_free(&batch);
    return status == SOURCE_END;
}

static const char *told(const struct reading *r) {
    const char *text = arena_printf(r->arena, "%.*s line %" PRIu64 ": %s", STR_FMT(r->path),
                                    r->line + 1, r->first);
    if (r->wrong == 1) return text;
    return arena_printf(r->arena, "%s; %" PRIu64 " more row%s wrong", text, r->wrong - 1,
                        r->wrong == 2 ? " is" : "s are");
}

enum table_status table_read(struct str path, const struct schema *schema, struct arena *arena,
                             struct table **table, const char **why) {
    if (str_equal(path, STR("-"))) {
        *why = "a table is read from a file, not from standard input";
        return TABLE_WRONG;
    }
    struct source *source = source_open(path, schema, 0, arena, why);
    if (!source) return TABLE_WRONG;
    struct reading r = {.arena = arena, .path = path, .rows = table_begin(schema)};
    source->dead_letter = dead_letter;
    source->dead_letter_context = &r;
    bool whole = read_rows(&r, source, schema);
    if (!whole) *why = arena_copy(arena, str_of(source->why)).p;
    else if (r.wrong) *why = told(&r);
    source_close(source);
    if (whole && !r.wrong) {
        *table = table_finish(&r.rows);
        return TABLE_READ;
    }
    table_abandon(&r.rows);
    return whole ? TABLE_WRONG : TABLE_BROKEN;
}
