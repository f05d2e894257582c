/* support: schemas, rows as text, and files for the tests of connectors/. */
#ifndef OMEN_TESTS_CONNECTORS_SUPPORT_H
#define OMEN_TESTS_CONNECTORS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* in this order */
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/source.h"

#define FIELD(name_, type_, ...) \
    { .name = STR(name_), .type = (type_), .used = true, __VA_ARGS__ }

/* Copies the fields into the arena and fills in paths: [name] where none is given. */
static inline struct schema make_schema(struct arena *arena, const struct schema_field *v,
                                        uint32_t n) {
    struct schema_field *fields = arena_array(arena, struct schema_field, n);
    memcpy(fields, v, n * sizeof *v);
    struct schema schema = {
        .name = STR("test"), .fields = fields, .nfields = n, .id_field = SCHEMA_NONE};
    for (uint32_t i = 0; i < n; i++) {
        if (str_equal(fields[i].name, STR("at"))) schema.time_field = (uint16_t)i;
        if (fields[i].npath) continue;
        struct str *path = arena_new(arena, struct str);
        *path = fields[i].name;
        fields[i].path = path;
        fields[i].npath = 1;
    }
    return schema;
}

/* "s=\"x\" i=3": the fields of a row that are not null, but for `at`. */
static inline void row_text(struct buf *out, const struct batch *batch, uint32_t row) {
    for (uint32_t f = 0; f < batch->schema->nfields; f++) {
        struct value v = batch_value(batch, row, f);
        if (value_is_null(v) || f == batch->schema->time_field) continue;
        if (out->n) buf_char(out, ' ');
        buf_str(out, batch->schema->fields[f].name);
        buf_char(out, '=');
        value_json(out, v);
    }
}

static char folder[64]; /* of test_file */

static inline void remove_folder(void) {
    struct dirent *e;
    DIR *d = opendir(folder);
    while (d && (e = readdir(d)))
        if (e->d_name[0] != '.') unlinkat(dirfd(d), e->d_name, 0);
    if (d) closedir(d);
    rmdir(folder);
}

/* Writes a file into a fresh folder that goes with the process. The path is static. */
static inline const char *test_file(const char *name, const void *bytes, size_t n) {
    static char path[160];
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/omen-test-XXXXXX");
        assert_non_null(mkdtemp(folder));
        atexit(remove_folder);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    return path;
}

/* Dead letters as lines "offset:at:reason", one behind the other. */
static inline void letter_text(void *context, const struct dead_letter *l) {
    struct buf *out = context;
    buf_printf(out, "%llu:%llu:%s\n", (unsigned long long)l->offset, (unsigned long long)l->at,
               l->reason);
}

#endif
