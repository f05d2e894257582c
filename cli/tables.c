/* tables: see tables.h.
 * Tests: tests/cli/tables.t
 */
#include "cli/tables.h"

#include <errno.h>
#include <inttypes.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/terminal.h"
#include "connectors/table_file.h"
#include "engine/program.h"

/* ---- files ----------------------------------------------------------------------------------- */

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Reads the file that `t->seen` describes. */
static enum table_status read_file(struct bound_table *t, struct arena *arena,
                                   struct table **table, const char **why) {
    return table_read(str_of(t->where), t->schema, arena, table, why);
}

/* ---- topics ---------------------------------------------------------------------------------- */

enum { STEP_MS = 100, TELL_MS = 10000 }; /* how often it is told that one is still being read */

static enum table_status open_topic(struct bound_table *b, const struct kafka_properties *kafka,
                                    struct arena *arena, const char **why) {
    if (kafka) b->topic = kafka_table_open(str_of(b->where), kafka, b->schema, arena, why);
    else *why = "a table from Kafka is for omen run: give a file";
    return b->topic ? TABLE_READ : TABLE_WRONG;
}

static void take_letters(struct tables *t, struct bound_table *b) {
    struct letter *letters = kafka_table_letters(b->topic);
    for (const struct letter *l = letters; l && t->dead_letter; l = l->next)
        t->dead_letter(t->context, &l->letter);
    letters_free(letters);
}

void tables_letters(struct tables *t) {
    for (uint32_t i = 0; i < t->n; i++)
        if (t->v[i].topic) take_letters(t, &t->v[i]);
}

/* Until it is read to its end, or for so many turns of TELL_MS. */
static enum table_status await_topic(struct tables *t, struct bound_table *b, int turns,
                                     const char **why) {
    enum kafka_table_state state = KAFKA_TABLE_READING;
    for (int step = 1; state == KAFKA_TABLE_READING; step++) {
        state = kafka_table_wait(b->topic, STEP_MS, why);
        take_letters(t, b);
        if (state != KAFKA_TABLE_READING || step % (TELL_MS / STEP_MS)) continue;
        if (!--turns) break;
        log_info("table %.*s: %s is still being read, messages so far: %" PRIu64,
                 STR_FMT(b->name), b->where, kafka_table_counters(b->topic).messages);
    }
    if (state == KAFKA_TABLE_READING) *why = "its topic could not be read in time";
    if (state != KAFKA_TABLE_READY) return TABLE_BROKEN;
    kafka_table_take(b->topic, &b->now);
    b->refused = kafka_table_counters(b->topic).refused;
    return TABLE_READ;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* One `--table`; NULL after a message. */
static struct bound_table *bind(struct tables *t, const char *text, struct arena *arena) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        log_error("--table %s: expected NAME=FILE, as in --table merchants=merchants.csv", text);
        return NULL;
    }
    struct str name = {text, (size_t)(equals - text)};
    struct str *names = arena_array(arena, struct str, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        names[i] = t->v[i].name;
        if (!str_equal(name, names[i])) continue;
        if (!t->v[i].where) {
            t->v[i].where = equals + 1;
            return &t->v[i];
        }
        log_error("--table %s: table %.*s is bound already, to %s", text, STR_FMT(name),
                  t->v[i].where);
        return NULL;
    }
    const char *near = nearest_text(arena, arena_copy(arena, name).p, names, t->n, "");
    if (t->n == 0) near = "; the rules declare no table";
    log_error("--table %s: there is no table %.*s%s", text, STR_FMT(name), near);
    return NULL;
}

/* Whether code looks into the table: then a place where it does. */
static bool reader_of(const struct program *p, uint32_t table, struct span *at) {
    for (uint32_t i = 0; i < p->ninsns; i++) {
        if (p->insns[i].op != INSN_ROW || p->insns[i].imm != table) continue;
        *at = p->spans[i];
        return true;
    }
    return false;
}

/* Every table that is looked into has a file. */
static bool complete(const struct tables *t, const struct program *p, bool said) {
    bool fine = true;
    for (uint32_t i = 0; i < t->n; i++) {
        struct span at;
        if (t->v[i].where || !reader_of(p, i, &at)) continue;
        fine = false;
        if (said) continue; /* its file may be the one that could not be bound */
        uint32_t line, column;
        sources_place(p->sources, at.file, at.start, &line, &column);
        log_error("table %.*s has no file, and %.*s:%u:%u looks into it: add --table %.*s=FILE",
                  STR_FMT(t->v[i].name), STR_FMT(p->sources->files[at.file].name), line, column,
                  STR_FMT(t->v[i].name));
    }
    return fine;
}

static void blame(const struct bound_table *b, enum table_status status, const char *why,
                  int *code) {
    if (status == TABLE_READ) return;
    log_error("--table %.*s: %s", STR_FMT(b->name), why);
    if (*code != EXIT_MISTAKE) *code = status == TABLE_WRONG ? EXIT_MISTAKE : EXIT_WORLD;
}

int tables_open(struct tables *t, const struct values *wanted, const struct program *program,
                const struct kafka_properties *kafka, struct arena *arena) {
    const char *why;
    int code = EXIT_FINE;
    *t = (struct tables){.n = program->ntables, .kafka = kafka};
    t->v = arena_array(arena, struct bound_table, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        t->v[i].name = program->tables[i].name;
        t->v[i].schema = &program->tables[i];
    }
    for (uint32_t i = 0; i < wanted->n; i++) {
        struct bound_table *b = bind(t, wanted->v[i], arena);
        enum table_status status;
        if (!b) {
            code = EXIT_MISTAKE;
            continue;
        }
        if (kafka_table_is(str_of(b->where))) {
            status = open_topic(b, kafka, arena, &why);
        } else {
            b->gone = stat(b->where, &b->seen) != 0;
            status = read_file(b, arena, &b->now, &why);
        }
        blame(b, status, why, &code);
    }
    return complete(t, program, code != EXIT_FINE) ? code : EXIT_MISTAKE;
}

/* All are being read meanwhile. */
int tables_await(struct tables *t) {
    const char *why;
    int code = EXIT_FINE;
    for (uint32_t i = 0; i < t->n && code == EXIT_FINE; i++) {
        if (!t->v[i].topic) continue;
        enum table_status status = await_topic(t, &t->v[i], -1, &why);
        blame(&t->v[i], status, why, &code);
    }
    return code;
}

/* What is no file was read to its end: it cannot be read as something else. A topic is read anew,
 * if that can be waited for: meanwhile events stand still. */
static bool again(struct tables *t, struct bound_table *b, const struct bound_table *was,
                  struct arena *arena) {
    struct str name = b->name;
    const struct schema *schema = b->schema;
    const char *why;
    *b = *was;
    b->name = name;
    b->schema = schema;
    b->now = NULL;
    b->topic = NULL;
    if (was->now && table_fits(was->now, schema)) {
        b->now = table_hold(was->now);
        if (was->topic) b->topic = kafka_table_hold(was->topic);
        return true;
    }
    if (!b->where) return true;
    if (was->topic) {
        if (open_topic(b, t->kafka, arena, &why) == TABLE_READ &&
            await_topic(t, b, 1, &why) == TABLE_READ) return true;
        log_error("--table %.*s: %s", STR_FMT(b->name), why);
        return false;
    }
    b->gone = stat(b->where, &b->seen) != 0;
    if (!b->gone && !S_ISREG(b->seen.st_mode)) why = "it can be read only once";
    else if (read_file(b, arena, &b->now, &why) == TABLE_READ) return true;
    log_error("--table %.*s: %s", STR_FMT(b->name), why);
    return false;
}

bool tables_again(struct tables *t, const struct tables *was, const struct program *program,
                  struct arena *arena) {
    bool fine = true;
    *t = *was;
    t->n = program->ntables;
    t->v = arena_array(arena, struct bound_table, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++)
        t->v[i] = (struct bound_table){.name = program->tables[i].name,
                                       .schema = &program->tables[i]};
    for (uint32_t i = 0; i < t->n; i++)
        for (uint32_t k = 0; k < was->n; k++)
            if (str_equal(was->v[k].name, t->v[i].name))
                fine &= again(t, &t->v[i], &was->v[k], arena);
    return complete(t, program, !fine) && fine;
}

void tables_close(struct tables *t) {
    for (uint32_t i = 0; i < t->n; i++) {
        table_drop(&t->v[i].now);
        kafka_table_drop(&t->v[i].topic);
    }
    t->n = 0;
}

void tables_give(const struct tables *t, struct workers *workers) {
    for (uint32_t i = 0; i < t->n; i++) workers_table(workers, i, t->v[i].now);
}

/* ---- another file ---------------------------------------------------------------------------- */

static void refuse(struct bound_table *b, const char *why) {
    b->refused++;
    log_error("--table %.*s: %s; the table stays as it was", STR_FMT(b->name), why);
}

/* The file is another since it was looked at last. What is no file is read once: reading a pipe
 * again might wait for ever. */
static bool changed(struct bound_table *b) {
    struct stat now;
    bool was_gone = b->gone;
    b->gone = stat(b->where, &now) != 0;
    if (b->gone) {
        if (!was_gone) {
            struct arena arena;
            arena_init(&arena);
            refuse(b, arena_printf(&arena, "%s: %s", b->where, strerror(errno)));
            arena_fini(&arena);
        }
        return false;
    }
    bool same = (!was_gone && same_file(&now, &b->seen)) || !S_ISREG(now.st_mode);
    b->seen = now;
    return !same;
}

/* It did not change while it was read. If it did it is another one at the next look. */
static bool unchanged(const struct bound_table *b) {
    struct stat now;
    return stat(b->where, &now) == 0 && same_file(&now, &b->seen);
}

static bool renew(struct bound_table *b, bool quiet) {
    struct arena arena;
    struct table *table = NULL;
    const char *why;
    arena_init(&arena);
    enum table_status status = read_file(b, &arena, &table, &why);
    bool settled = unchanged(b), taken = status == TABLE_READ && settled;
    if (taken) {
        table_drop(&b->now);
        b->now = table;
        b->renewed++;
        if (!quiet)
            log_info("table %.*s: %s has changed and was read again, rows: %u", STR_FMT(b->name),
                     b->where, table_rows(table));
    } else if (status == TABLE_READ) {
        table_drop(&table);
    } else if (settled) {
        refuse(b, why);
    }
    arena_fini(&arena);
    return taken;
}

/* Messages have come into its topic. */
static bool take_fresh(struct bound_table *b) {
    struct table *fresh;
    b->refused = kafka_table_counters(b->topic).refused;
    if (!kafka_table_take(b->topic, &fresh)) return false;
    table_drop(&b->now);
    b->now = fresh;
    b->renewed++;
    return true;
}

bool tables_renew(struct tables *t, struct workers *workers, bool quiet) {
    if (t->n == 0) return false;
    int64_t now = time_monotonic_ns();
    if (now - t->looked_ns < NS_PER_S) return false;
    t->looked_ns = now;
    bool any = false;
    for (uint32_t i = 0; i < t->n; i++) {
        struct bound_table *b = &t->v[i];
        bool another = b->topic   ? take_fresh(b)
                       : b->where ? changed(b) && renew(b, quiet)
                                  : false;
        if (!another) continue;
        workers_table(workers, i, t->v[i].now);
        any = true;
    }
    return any;
}
