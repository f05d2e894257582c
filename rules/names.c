/* names: the declarations of all files become symbols; streams become schemas.
 *
 * Two families of names that do not meet: streams, tables and rules (a rule is a stream too), and
 * lets, params and lists. A name that is declared twice keeps its first meaning; the second place
 * is told with the first one shown. Values of params and lists are computed here, so they can use
 * lets and params of any file.
 * Tests: tests/cases/check/declarations.case
 */
#include "rules/front.h"

/* ---- symbols --------------------------------------------------------------------------------- */

static struct symbol *declare(struct front *f, struct map *map, struct symbol new) {
    struct symbol *before = map_get(map, new.name.text);
    if (before) {
        struct diag *m = diag_error(f->diags, new.name.span, "`%.*s` is declared twice",
                                    STR_FMT(new.name.text));
        diag_related(f->diags, m, before->name.span, "first here");
        return NULL;
    }
    struct symbol *s = arena_new(f->arena, struct symbol);
    *s = new;
    map_put(map, s->name.text, s);
    return s;
}

static struct symbol *declare_value(struct front *f, struct symbol new) {
    struct symbol *s = declare(f, &f->values, new);
    if (s && call_is_builtin(new.name.text)) {
        struct diag *m = diag_error(f->diags, new.name.span, "`%.*s` is a built-in function",
                                    STR_FMT(new.name.text));
        diag_help(f->diags, m, "give it another name");
        s->bad = true;
    }
    return s;
}

/* ---- streams --------------------------------------------------------------------------------- */

struct path {
    struct str *parts;
    uint32_t n, cap;
};

static bool add_part(struct front *f, struct path *path, struct str part, bool pointer) {
    if (!pointer || !memchr(part.p, '~', part.n)) {
        arena_push(f->arena, path->parts, path->n, path->cap, part);
        return pointer || part.n > 0;
    }
    struct buf out;
    buf_init(&out);
    bool good = true;
    for (size_t i = 0; i < part.n; i++) {
        char c = part.p[i], next = i + 1 < part.n ? part.p[i + 1] : 0;
        if (c == '~') {
            good &= next == '0' || next == '1';
            c = next == '1' ? '/' : '~';
            i++;
        }
        buf_char(&out, c);
    }
    struct str copy = arena_copy(f->arena, buf_view(&out));
    buf_fini(&out);
    arena_push(f->arena, path->parts, path->n, path->cap, copy);
    return good;
}

/* "a.b" by points, "/a.b/c" as RFC 6901 says. */
static struct path field_path(struct front *f, const struct field_decl *field) {
    struct path path = {0};
    struct str rest = field->from.n ? field->from : field->name.text;
    bool pointer = field->from.n && rest.p[0] == '/', good = true;
    char separator = pointer ? '/' : '.';
    if (!field->from.n) {
        arena_push(f->arena, path.parts, path.n, path.cap, rest);
        return path;
    }
    if (pointer) rest = (struct str){rest.p + 1, rest.n - 1};
    for (;;) {
        const char *end = rest.n ? memchr(rest.p, separator, rest.n) : NULL;
        size_t n = end ? (size_t)(end - rest.p) : rest.n;
        good &= add_part(f, &path, (struct str){rest.p, n}, pointer);
        if (!end) break;
        rest = (struct str){end + 1, rest.n - n - 1};
    }
    if (!good) {
        struct diag *m = diag_error(f->diags, field->from_span, "this is no path to a field");
        diag_help(f->diags, m, "%s",
                  pointer ? "in a JSON Pointer `~` is written ~0 and `/` within a name ~1"
                          : "names are joined by points: \"vehicle.position.lat\"; a name that "
                            "holds a point is written \"/a.b\"");
    }
    return path;
}

static enum time_scale scale_of(enum time_unit unit) {
    switch (unit) {
    case UNIT_SECONDS: return SCALE_SECONDS;
    case UNIT_MICROS: return SCALE_MICROS;
    case UNIT_NANOS: return SCALE_NANOS;
    default: return SCALE_MILLIS;
    }
}

struct schema_field names_field(struct front *f, const struct field_decl *d) {
    struct type type = type_of_ref(&d->type);
    struct path path = field_path(f, d);
    if (type.base == VALUE_DECIMAL || type.item == VALUE_DECIMAL) {
        if (d->type.digits > 18)
            diag_error(f->diags, d->type.span, "a decimal has at most 18 digits behind the point");
    }
    return (struct schema_field){.name = d->name.text, .type = type.base, .item = type.item,
                                 .digits = type.digits, .scale = scale_of(d->unit),
                                 .path = path.parts, .npath = path.n};
}

struct marks { /* which fields are event time and event id */
    const struct field_decl *time, *id;
};

static void note_mark(struct front *f, const struct field_decl **mark, const struct field_decl *d,
                      const char *what) {
    if (!*mark) {
        *mark = d;
        return;
    }
    struct diag *m = diag_error(f->diags, d->name.span, "a stream has one %s", what);
    diag_related(f->diags, m, (*mark)->name.span, "the first is here");
}

static void check_marks(struct front *f, const struct stream_decl *d, const struct marks *marks) {
    if (!marks->time) {
        const struct field_decl *guess = NULL;
        for (uint32_t i = 0; i < d->nfields && !guess; i++) {
            const struct field_decl *field = &d->fields[i];
            if (field->type.name == TYPE_TIME && !field->type.list) guess = field;
        }
        struct diag *m = diag_error(f->diags, d->name.span, "stream %.*s has no event time",
                                    STR_FMT(d->name.text));
        if (guess) diag_help(f->diags, m, "write %.*s : time event", STR_FMT(guess->name.text));
        else diag_help(f->diags, m, "one field says when the event happened: at : time event");
    } else if (marks->time->type.name != TYPE_TIME || marks->time->type.list) {
        diag_error(f->diags, marks->time->type.span, "the event time is a time");
    }
    if (marks->id && (marks->id->type.name != TYPE_STRING || marks->id->type.list)) {
        struct diag *m = diag_error(f->diags, marks->id->type.span, "an event id is a string");
        diag_help(f->diags, m, "numbers in quotes are texts too");
    }
}

static void declare_stream(struct front *f, const struct stream_decl *d, uint16_t index) {
    struct schema *schema = &f->set->streams[index];
    uint32_t n = d->nfields;
    if (n > SCHEMA_MAX_FIELDS) {
        diag_error(f->diags, d->fields[SCHEMA_MAX_FIELDS].name.span,
                   "a stream has at most %d fields", SCHEMA_MAX_FIELDS);
        n = SCHEMA_MAX_FIELDS;
    }
    struct schema_field *fields = arena_array(f->arena, struct schema_field, n ? n : 1);
    struct marks marks = {0};
    struct map *map = &f->fields[index];
    uint32_t made = 0;
    *schema = (struct schema){.name = d->name.text, .fields = fields, .id_field = SCHEMA_NONE};
    for (uint32_t i = 0; i < n; i++) {
        const struct field_decl *field = &d->fields[i];
        uintptr_t before = (uintptr_t)map_get(map, field->name.text);
        if (before) {
            struct diag *m = diag_error(f->diags, field->name.span,
                                        "field `%.*s` is declared twice",
                                        STR_FMT(field->name.text));
            for (uint32_t k = 0; k < i; k++)
                if (str_equal(d->fields[k].name.text, field->name.text)) {
                    diag_related(f->diags, m, d->fields[k].name.span, "first here");
                    break;
                }
            continue;
        }
        fields[made] = names_field(f, field);
        map_put(map, field->name.text, (void *)(uintptr_t)(made + 1));
        if (field->event_time) {
            if (!marks.time) schema->time_field = (uint16_t)made;
            note_mark(f, &marks.time, field, "event time");
        }
        if (field->event_id) {
            if (!marks.id) schema->id_field = (uint16_t)made;
            note_mark(f, &marks.id, field, "event id");
        }
        made++;
    }
    schema->nfields = made;
    check_marks(f, d, &marks);
}

static void declare_streams(struct front *f) {
    struct rule_set *set = f->set;
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->streams.n; i++) {
        const struct symbol *s = f->streams.entries[i].value;
        n += s->kind == SYMBOL_STREAM;
    }
    set->streams = arena_array(f->arena, struct schema, n ? n : 1);
    set->stream_decls = arena_array(f->arena, const struct stream_decl *, n ? n : 1);
    f->fields = arena_array(f->arena, struct map, n ? n : 1);
    for (uint32_t i = 0; i < f->streams.n; i++) {
        struct symbol *s = f->streams.entries[i].value;
        if (s->kind != SYMBOL_STREAM) continue;
        if (set->nstreams == FRONT_NOTHING - 1) {
            diag_error(f->diags, s->name.span, "more than %d streams", FRONT_NOTHING - 1);
            return;
        }
        s->index = (uint16_t)set->nstreams;
        set->stream_decls[set->nstreams] = s->stream;
        map_init(&f->fields[set->nstreams++], f->arena);
        declare_stream(f, s->stream, s->index);
    }
}

/* ---- all declarations ------------------------------------------------------------------------ */

static void declare_one(struct front *f, const struct decl *d) {
    struct symbol s = {0};
    switch (d->kind) {
    case DECL_STREAM:
    case DECL_TABLE:
        s.kind = d->kind == DECL_STREAM ? SYMBOL_STREAM : SYMBOL_TABLE;
        s.stream = d->stream;
        s.name = d->stream->name;
        break;
    case DECL_RULE:
        s = (struct symbol){.kind = SYMBOL_RULE, .rule = d->rule, .name = d->rule->name,
                            .index = FRONT_NOTHING};
        break;
    case DECL_LET:
        s = (struct symbol){.kind = SYMBOL_LET, .let = d->let, .name = d->let->name};
        break;
    case DECL_PARAM:
        s = (struct symbol){.kind = SYMBOL_PARAM, .param = d->param, .name = d->param->name};
        s.value = d->param->value;
        break;
    case DECL_LIST:
        s = (struct symbol){.kind = SYMBOL_LIST, .list = d->list, .name = d->list->name};
        s.value = d->list->value;
        break;
    default: return;
    }
    if (s.name.text.n == 0) return; /* did not parse */
    bool value = s.kind == SYMBOL_LET || s.kind == SYMBOL_PARAM || s.kind == SYMBOL_LIST;
    if (value) declare_value(f, s);
    else declare(f, &f->streams, s);
}

void names_declare(struct front *f) {
    for (uint32_t i = 0; i < f->tree->nfiles; i++) {
        const struct tree_file *file = &f->tree->files[i];
        for (uint32_t k = 0; k < file->ndecls; k++) declare_one(f, &file->decls[k]);
    }
    declare_streams(f);
    tables_declare(f);
    lets_check(f);
    values_compute(f);
}
