/* reading: see reading.h. */
#include "cli/reading.h"

/* ---- schemas --------------------------------------------------------------------------------- */

static const struct schema_field *find(const struct schema *s, struct str name) {
    for (uint32_t i = 0; i < s->nfields; i++)
        if (str_equal(s->fields[i].name, name)) return &s->fields[i];
    return NULL;
}

static bool same_meaning(const struct schema_field *a, const struct schema_field *b) {
    if (a->type != b->type || a->item != b->item || a->digits != b->digits) return false;
    if (a->npath != b->npath || a->scale != b->scale) return false;
    for (uint32_t i = 0; i < a->npath; i++)
        if (!str_equal(a->path[i], b->path[i])) return false;
    return true;
}

/* `now` looks at it, and it is not read, or not as that. */
static bool is_more(const struct schema *is, const struct schema_field *now) {
    const struct schema_field *f = find(is, now->name);
    return now->used && !(f && f->used);
}

const char *reading_misfit(struct arena *arena, const struct schema *is, const struct schema *now) {
    uint32_t more = 0;
    for (uint32_t i = 0; i < now->nfields; i++) {
        const struct schema_field *g = &now->fields[i], *f = find(is, g->name);
        more += !f && g->used;
        if (f && f->used && g->used && !same_meaning(f, g))
            return arena_printf(arena, "field %.*s.%.*s is declared otherwise", STR_FMT(now->name),
                                STR_FMT(g->name));
    }
    if (!str_equal(is->fields[is->time_field].name, now->fields[now->time_field].name))
        return arena_printf(arena, "the event time of stream %.*s is another field",
                            STR_FMT(now->name));
    if (is->nfields + more > SCHEMA_MAX_FIELDS)
        return arena_printf(arena, "more than %d fields of stream %.*s would be read",
                            (int)SCHEMA_MAX_FIELDS, STR_FMT(now->name));
    return NULL;
}

const char *reading_more(struct arena *arena, const struct schema *is, const struct schema *now) {
    const char *text = "";
    for (uint32_t i = 0; i < now->nfields; i++)
        if (is_more(is, &now->fields[i]))
            text = arena_printf(arena, "%s%s%.*s.%.*s", text, *text ? ", " : "",
                                STR_FMT(now->name), STR_FMT(now->fields[i].name));
    return text;
}

static void copy_field(struct arena *arena, struct schema_field *to,
                       const struct schema_field *from) {
    struct str *path = arena_array(arena, struct str, from->npath);
    for (uint32_t i = 0; i < from->npath; i++) path[i] = arena_copy(arena, from->path[i]);
    *to = *from;
    to->name = arena_copy(arena, from->name);
    to->path = path;
}

/* Both; they fit. What is computed is the affair of those who look. */
static const struct schema *join(struct arena *arena, const struct schema *is,
                                 const struct schema *now) {
    struct schema *s = arena_new(arena, struct schema);
    struct schema_field *fields =
        arena_array(arena, struct schema_field, is->nfields + now->nfields);
    memcpy(fields, is->fields, is->nfields * sizeof *fields);
    *s = *is;
    s->fields = fields;
    s->ncomputed = 0;
    s->id_field = SCHEMA_NONE;
    for (uint32_t i = 0; i < now->nfields; i++) {
        const struct schema_field *there = find(s, now->fields[i].name);
        if (!is_more(s, &now->fields[i])) continue;
        copy_field(arena, there ? &fields[there - fields] : &fields[s->nfields++],
                   &now->fields[i]);
    }
    return s;
}

const char *reading_streams_misfit(struct arena *arena, const struct program *is,
                                   const struct program *now) {
    uint32_t n = program_outer_streams(now);
    for (uint32_t i = 0; i < n && i < program_outer_streams(is); i++)
        if (!str_equal(is->streams[i].name, now->streams[i].name))
            return arena_printf(arena, "stream %.*s stands where stream %.*s stood",
                                STR_FMT(now->streams[i].name), STR_FMT(is->streams[i].name));
    return n == program_outer_streams(is) ? NULL : "streams were declared or taken away";
}

/* ---- sources --------------------------------------------------------------------------------- */

static bool reads(const struct program *p, uint32_t stream) {
    for (uint32_t g = 0; g < p->ngroups; g++)
        for (uint32_t k = 0; k < p->groups[g].ninputs; k++)
            if (p->groups[g].inputs[k].stream == stream) return true;
    return false;
}

static bool has_source(const struct inputs *in, uint32_t stream) {
    for (uint32_t i = 0; i < in->n; i++)
        if (in->v[i].source->stream == stream) return true;
    return false;
}

static const char *lacks(const struct inputs *in, uint32_t stream, const struct schema *schema,
                         struct arena *arena) {
    for (uint32_t i = 0; i < in->n; i++) {
        const struct source *s = in->v[i].source;
        if (s->stream != stream || !s->ops->lacks) continue;
        const char *why = s->ops->lacks(s, schema, arena);
        if (why) return why;
    }
    return NULL;
}

const char *inputs_misfit(const struct inputs *in, const struct program *now,
                          struct arena *arena) {
    const char *why = reading_streams_misfit(arena, in->program, now);
    for (uint32_t i = 0; !why && i < program_outer_streams(now); i++) {
        const struct schema *is = in->reading[i], *s = &now->streams[i];
        if (reads(now, i) && !has_source(in, i))
            return arena_printf(arena, "stream %.*s has no source", STR_FMT(s->name));
        why = reading_misfit(arena, is, s);
        if (!why && *reading_more(arena, is, s)) why = lacks(in, i, join(arena, is, s), arena);
    }
    return why;
}

const char *inputs_more(const struct inputs *in, const struct program *now, struct arena *arena) {
    const char *text = "";
    for (uint32_t i = 0; i < program_outer_streams(now); i++) {
        const struct schema *s = &now->streams[i];
        const char *more = reading_more(arena, in->reading[i], s);
        if (reads(now, i) && !in->counts[i])
            more =
                arena_printf(arena, "stream %.*s%s%s", STR_FMT(s->name), *more ? ", " : "", more);
        text = arena_printf(arena, "%s%s%s", text, *text && *more ? ", " : "", more);
    }
    return text;
}

static void turn_stream(struct inputs *in, uint32_t stream, const struct schema *schema) {
    in->reading[stream] = schema;
    for (uint32_t i = 0; i < in->n; i++)
        if (in->v[i].source->stream == stream) reader_follow(in->v[i].reader, schema);
}

/* A stream that was not read before came in no order: its rows count from now on, and those behind
 * the turn are the first that are looked at. */
bool inputs_turn(struct inputs *in, const struct program *now) {
    bool any = false;
    for (uint32_t i = 0; i < program_outer_streams(now); i++) {
        const struct schema *is = in->reading[i], *s = &now->streams[i];
        bool first = reads(now, i) && !in->counts[i];
        in->counts[i] = in->read[i] || reads(now, i);
        merge_counts(in->merge, i, in->counts[i]);
        if (!first && !*reading_more(in->arena, is, s)) continue;
        turn_stream(in, i, join(in->arena, is, s));
        any = true;
    }
    return any;
}

void inputs_give(struct inputs *in, const struct program *now) {
    for (uint32_t i = 0; i < program_outer_streams(now); i++) in->read[i] |= reads(now, i);
    inputs_reopen(in);
}

bool inputs_turned(const struct inputs *in) {
    if (!merge_at_rest(in->merge)) return false;
    for (uint32_t i = 0; i < in->n; i++)
        if (!in->v[i].ended && in->v[i].written != in->reading[in->v[i].source->stream])
            return false;
    for (uint32_t i = 0; i < program_outer_streams(in->program); i++)
        if (merge_others(in->merge, i, in->reading[i])) return false;
    return true;
}
