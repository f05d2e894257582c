/* csv_source: comma-separated values (RFC 4180) with a header line that names the columns.
 *
 *   vehicle,position.lat,note     line 0: `lat from "position.lat"` is the column position.lat
 *   v1,48.1,"says ""hi"""         offset 1, the number of the line where the row begins
 *   v2,,"two                      offset 2; an empty cell is null, "" the empty string
 *   lines"
 *
 * A quote opens only at the beginning of a cell; elsewhere it is text. Blanks around anything but a
 * string do not count. Numbers may have a + or zeroes in front; booleans are true, false (in any
 * case), 1 and 0. A row must have as many cells as the header. Lists do not exist in CSV. A quote
 * that is never closed costs one line (input.h).
 * Tests: tests/unit/connectors/test_csv.c
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/utf8.h"
#include "connectors/cell.h"
#include "connectors/record_source.h"

struct cell {
    struct str text; /* without quotes around it, doubled ones still doubled */
    bool quoted, doubled;
};

struct csv {
    struct record_source base;
    uint32_t ncolumns;
    uint32_t *column;   /* for each field */
    struct cell *cells; /* of the row */
    struct str *names;  /* of the columns, in the arena of the opener */
};

/* ---- records and cells ----------------------------------------------------------------------- */

enum { CELL_START = 0,
       IN_CELL = 1,
       AFTER_QUOTE = 2,
       IN_QUOTES = RECORD_OPEN };

static const char *row_end(struct str have, size_t from, uint32_t *state) {
    for (size_t i = from; i < have.n; i++) {
        char c = have.p[i];
        if (*state == IN_QUOTES) {
            if (c == '"') *state = AFTER_QUOTE;
        } else if (c == '\n') {
            return have.p + i;
        } else if (c == ',') {
            *state = CELL_START;
        } else if (c == '"' && *state != IN_CELL) {
            *state = IN_QUOTES; /* the first, or the second of a doubled one */
        } else {
            *state = IN_CELL;
        }
    }
    return NULL;
}

/* One cell from *at on; *at moves to the comma behind it or the end. */
static bool split_cell(struct str row, size_t *at, struct cell *cell, struct decode_fault *fault) {
    const char *p = row.p + *at, *end = row.p + row.n;
    *cell = (struct cell){.quoted = p < end && *p == '"'};
    const char *first = p + cell->quoted;
    if (cell->quoted) {
        for (p = first; p < end; p++) {
            if (*p != '"') continue;
            if (p + 1 == end || p[1] != '"') break;
            cell->doubled = true;
            p++;
        }
        if (p >= end) return decode_faultf(fault, *at, "a quote is not closed");
    } else {
        while (p < end && *p != ',') p++;
    }
    cell->text = (struct str){first, (size_t)(p - first)};
    p += cell->quoted;
    *at = (size_t)(p - row.p);
    if (p < end && *p != ',')
        return decode_faultf(fault, *at, "text behind the closing quote of a cell");
    return true;
}

/* Cells beyond `most` are counted, not kept. */
static bool split_row(struct str row, struct cell *cells, uint32_t most, uint32_t *n,
                      struct decode_fault *fault) {
    size_t at = 0;
    for (*n = 0;; at++) {
        struct cell cell;
        if (!split_cell(row, &at, &cell, fault)) return false;
        if (*n < most) cells[*n] = cell;
        ++*n;
        if (at >= row.n) return true;
    }
}

static struct str cell_string(const struct cell *cell, struct arena *arena) {
    if (!cell->doubled) return arena_copy(arena, cell->text);
    char *to = arena_alloc(arena, cell->text.n);
    size_t n = 0;
    for (size_t i = 0; i < cell->text.n; i++) {
        to[n++] = cell->text.p[i];
        if (cell->text.p[i] == '"') i++;
    }
    return (struct str){to, n};
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* A number as JSON has it, but for what stands in front: +5, 007. */
static bool loose_number(struct str *text) {
    struct str rest = *text;
    bool plus = rest.n && rest.p[0] == '+', minus = rest.n && rest.p[0] == '-';
    if (plus || minus) rest.p++, rest.n--;
    if (plus) *text = rest;
    while (rest.n > 1 && rest.p[0] == '0' && rest.p[1] >= '0' && rest.p[1] <= '9')
        rest.p++, rest.n--;
    return rest.n && rest.p[0] != '-' && cell_is_number(rest);
}

static enum cell_status bool_value(struct str text, struct value *v) {
    bool yes = str_equal_nocase(text, STR("true")) || str_equal(text, STR("1"));
    bool no = str_equal_nocase(text, STR("false")) || str_equal(text, STR("0"));
    *v = (struct value){.i = yes, .type = VALUE_BOOL};
    return yes || no ? CELL_OK : CELL_WRONG;
}

static bool set_cell(struct csv *c, uint32_t field, const struct cell *cell, struct str row,
                     struct batch *batch, struct decode_fault *fault) {
    const struct schema_field *f = &c->base.source.schema->fields[field];
    struct value v;
    if (f->type == VALUE_STRING) {
        if (cell->text.n || cell->quoted)
            batch_set_str(batch, field, cell_string(cell, &batch->text));
        return true;
    }
    struct str text = str_trim(cell->text), number = text;
    if (text.n == 0) return true;
    enum cell_status status;
    if (f->type == VALUE_BOOL)
        status = bool_value(text, &v);
    else if (loose_number(&number))
        status = cell_number(cell_field(f), number, &v);
    else
        status = cell_text(cell_field(f), text, &v);
    if (status != CELL_OK)
        return cell_fault(fault, (uint64_t)(text.p - row.p), f, status, text, cell->quoted);
    cell_set(batch, field, v);
    return true;
}

static bool decode_row(struct csv *c, struct str row, struct batch *batch,
                       struct decode_fault *fault) {
    const struct schema *schema = c->base.source.schema;
    size_t valid = utf8_valid_prefix(row);
    if (valid < row.n) return decode_faultf(fault, valid, "not UTF-8");
    uint32_t n;
    if (!split_row(row, c->cells, c->ncolumns, &n, fault)) return false;
    if (n != c->ncolumns)
        return decode_faultf(fault, 0, "expected %u cells, found %u", c->ncolumns, n);
    for (uint32_t i = 0; i < schema->nfields; i++) {
        if (!schema->fields[i].used) continue;
        if (!set_cell(c, i, &c->cells[c->column[i]], row, batch, fault)) return false;
    }
    uint16_t needs = schema_needs(schema);
    if (bit_get(batch->columns[needs].valid, batch->n)) return true;
    return decode_faultf(fault, 0, "the %s `%.*s` is missing", schema_need(schema),
                         STR_FMT(cell_shown(schema->fields[needs].name, 64)));
}

static bool decode(struct record_source *s, const struct input_record *r, struct batch *batch,
                   struct decode_fault *fault) {
    if (decode_row((struct csv *)s, r->bytes, batch, fault)) {
        batch_commit(batch, r->line);
        return true;
    }
    batch_abandon(batch);
    return false;
}

/* ---- the header ------------------------------------------------------------------------------ */

/* "a.b" for the path a, b. */
static struct str column_name(const struct schema_field *f, struct arena *arena) {
    struct buf name;
    buf_init(&name);
    for (uint32_t i = 0; i < f->npath; i++) {
        if (i) buf_char(&name, '.');
        buf_str(&name, f->path[i]);
    }
    struct str kept = arena_copy(arena, buf_view(&name));
    buf_fini(&name);
    return kept;
}

/* Where the field's column is; false with *why. */
static bool find_column(const struct csv *c, const struct schema_field *f, struct arena *arena,
                        uint32_t *column, const char **why) {
    struct str name = column_name(f, arena), path = c->base.source.name;
    uint32_t found = 0;
    if (f->type == VALUE_LIST) {
        *why = arena_printf(arena, "%.*s: `%.*s` is a list, and CSV has no lists", STR_FMT(path),
                            STR_FMT(f->name));
        return false;
    }
    for (uint32_t i = 0; i < c->ncolumns; i++)
        if (str_equal(c->names[i], name) && ++found) *column = i;
    if (found == 1) return true;
    if (found > 1) {
        *why = arena_printf(arena, "%.*s: %u columns have the name `%.*s`", STR_FMT(path), found,
                            STR_FMT(name));
        return false;
    }
    size_t near = str_nearest(name, c->names, c->ncolumns);
    if (near == SIZE_MAX)
        *why = arena_printf(arena, "%.*s: has no column `%.*s`", STR_FMT(path), STR_FMT(name));
    else
        *why = arena_printf(arena, "%.*s: has no column `%.*s`; did you mean `%.*s`?",
                            STR_FMT(path), STR_FMT(name), STR_FMT(c->names[near]));
    return false;
}

/* `columns`: by field of the schema; those of used ones are set. */
static bool find_columns(const struct csv *c, const struct schema *schema, struct arena *arena,
                         uint32_t *columns, const char **why) {
    for (uint32_t i = 0; i < schema->nfields; i++)
        if (schema->fields[i].used &&
            !find_column(c, &schema->fields[i], arena, &columns[i], why))
            return false;
    return true;
}

static const char *lacks(const struct record_source *s, const struct schema *schema,
                         struct arena *arena) {
    const char *why;
    uint32_t *columns = arena_array(arena, uint32_t, schema->nfields);
    return find_columns((const struct csv *)s, schema, arena, columns, &why) ? NULL : why;
}

static void follow(struct record_source *s) {
    struct csv *c = (struct csv *)s;
    const struct schema *schema = s->source.schema;
    struct arena names;
    const char *why;
    arena_init(&names);
    c->column = must_realloc(c->column, schema->nfields * sizeof *c->column);
    check(find_columns(c, schema, &names, c->column, &why));
    arena_fini(&names);
}

static bool read_header(struct csv *c, struct str path, const char **why) {
    struct arena *arena = c->base.arena;
    const struct schema *schema = c->base.source.schema;
    struct input_record r;
    struct decode_fault fault;
    enum input_status status;
    do status = input_next(c->base.in, true, &r);
    while (status == INPUT_WAIT);
    const char *wrong = NULL;
    if (status == INPUT_FAILED)
        wrong = input_why(c->base.in);
    else if (status == INPUT_END || (status == INPUT_RECORD && r.length == 0))
        wrong = "expected a header line";
    else if (status != INPUT_RECORD)
        wrong = "the header line is too long or has a quote that is not closed";
    else if (utf8_valid_prefix(r.bytes) < r.bytes.n)
        wrong = "the header line is not UTF-8";
    else if (!split_row(r.bytes, NULL, 0, &c->ncolumns, &fault))
        wrong = fault.reason;
    if (wrong) {
        *why = arena_printf(arena, "%.*s: %s", STR_FMT(path), wrong);
        return false;
    }
    c->cells = must_zalloc(c->ncolumns * sizeof *c->cells);
    c->column = must_zalloc(schema->nfields * sizeof *c->column);
    c->names = arena_array(arena, struct str, c->ncolumns);
    split_row(r.bytes, c->cells, c->ncolumns, &c->ncolumns, &fault);
    for (uint32_t i = 0; i < c->ncolumns; i++)
        c->names[i] = str_trim(cell_string(&c->cells[i], arena));
    return find_columns(c, schema, arena, c->column, why);
}

static void release(struct record_source *s) {
    struct csv *c = (struct csv *)s;
    free(c->cells);
    free(c->column);
    free(c);
}

struct source *csv_source_open(struct str path, const struct schema *schema, uint32_t stream,
                               struct arena *arena, const char **why) {
    struct input *in = input_open(path, row_end, arena, why);
    if (!in) return NULL;
    struct csv *c = must_zalloc(sizeof *c);
    record_source_init(&c->base, in, path, schema, stream, arena);
    c->base.unclosed = "a quote is not closed, or a row of several lines is longer than 1 MiB";
    c->base.decode = decode;
    c->base.release = release;
    c->base.lacks = lacks;
    c->base.follow = follow;
    if (read_header(c, path, why)) return &c->base.source;
    c->base.source.ops->close(&c->base.source);
    return NULL;
}
