/* fuzz_compiler: any bytes as a rule file: parsed, compiled, verified; what compiles is run over a
 * few dozen rows made from the same bytes. Nothing may crash, leak or be read out of bounds, and
 * verify must accept what the compiler makes.
 *
 * libFuzzer: make fuzz.
 */
#include <stdlib.h>

#include "base/time.h"
#include "engine/engine.h"
#include "engine/table.h"
#include "grammar/parser.h"
#include "rules/compile.h"

enum { MAX_TEXT = 1 << 16, ROWS = 48 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state;

static uint32_t below(uint32_t n) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((state >> 33) % n);
}

static void set_cell(struct batch *b, uint32_t f, int64_t at) {
    static const char *const words[] = {"", "a", "off", "left", "x y", "\xC3\xA9"};
    const struct schema_field *field = &b->schema->fields[f];
    if (f == b->schema->time_field) batch_set_int(b, f, at);
    else if (f != schema_needs(b->schema) && below(4) == 0) return; /* null */
    else if (field->type == VALUE_STRING) batch_set_str(b, f, str_of(words[below(6)]));
    else if (field->type == VALUE_FLOAT) batch_set_float(b, f, (double)below(200) - 50.5);
    else if (field->type == VALUE_IP) batch_set_ip(b, f, (struct ip){{10, (uint8_t)below(3)}});
    else if (field->type == VALUE_BOOL) batch_set_int(b, f, below(2));
    else if (field->type != VALUE_LIST) batch_set_int(b, f, (int64_t)below(200) - 50);
}

/* A key that comes again is left out. */
static void fill_table(struct engine *e, const struct program *p, uint32_t table) {
    struct batch *b = batch_new(&p->tables[table], 0, ROWS);
    struct table_builder *rows = table_begin(&p->tables[table]);
    for (uint32_t row = 0; row < ROWS; row++) {
        uint64_t before;
        for (uint32_t f = 0; f < b->schema->nfields; f++)
            if (b->schema->fields[f].used) set_cell(b, f, 0);
        batch_commit(b, row);
        table_add(rows, b, row, &before);
    }
    struct table *t = table_finish(&rows);
    engine_table(e, table, t);
    table_drop(&t);
    batch_free(&b);
}

static void feed(struct engine *e, const struct program *p, uint32_t stream) {
    struct batch *b = batch_new(&p->streams[stream], stream, ROWS);
    int64_t at = 0;
    for (uint64_t row = 0; row < ROWS; row++, at += below(4) * NS_PER_S) {
        for (uint32_t f = 0; f < b->schema->nfields; f++)
            if (b->schema->fields[f].used) set_cell(b, f, at);
        batch_commit(b, row);
    }
    engine_open(e, b);
    engine_feed(e, b, 0, b->n);
    batch_free(&b);
}

static void run(struct program *p) {
    struct engine_options options = {0};
    const char *why;
    struct engine *e = engine_new(p, &options, &why);
    for (uint32_t i = 0; e && i < p->ntables; i++) fill_table(e, p, i);
    for (uint32_t i = 0; e && i < program_outer_streams(p); i++) feed(e, p, i);
    engine_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    struct tree tree;
    struct compile_options options = {0};
    if (size > MAX_TEXT) return 0;
    state = size;
    for (size_t i = 0; i < size; i++) state = state * 31 + data[i];
    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    tree_init(&tree, &arena, &sources);
    uint32_t file = sources_add(&sources, STR("fuzz"), (struct str){(const char *)data, size});
    parse_file(&tree, file,
               &diags); /* what did not parse is compiled as well: passes must bear it */
    struct program *program = rules_compile(&tree, &options, &diags);
    if (program) run(program);
    program_drop(&program);
    arena_fini(&arena);
    return 0;
}
