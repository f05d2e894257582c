/* tables: see tables.h.
 * Tests: tests/cli/tables.t
 */
#include "cli/tables.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "cli/signals.h"
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

enum { SAID_EACH_S = 60, WAITING_EACH_S = 10, PATIENCE_S = 10 };

static void take_letters(struct tables *t, struct bound_table *b, struct letter *letters,
                         uint64_t malformed) {
    int64_t now = time_monotonic_ns();
    if (letters && (!b->said_ns || now - b->said_ns >= SAID_EACH_S * NS_PER_S)) {
        const struct dead_letter *l = &letters->letter;
        b->said_ns = now;
        log_warning("--table %.*s: %.*s partition %u offset %" PRIu64
                    ": %s; the table stays as it was. Malformed messages so far: %" PRIu64,
                    STR_FMT(b->name), STR_FMT(l->source), l->partition, l->offset, l->reason,
                    malformed);
    }
    for (const struct letter *l = letters; l && t->dead_letter; l = l->next)
        t->dead_letter(t->context, &l->letter);
    letters_free(letters);
}

/* True: there is another table. */
static bool take_news(struct tables *t, struct bound_table *b, struct kafka_table_news *news) {
    kafka_table_take(b->topic, news);
    take_letters(t, b, news->letters, news->malformed);
    b->refused = news->malformed;
    b->lag = news->lag;
    if (!news->table) return false;
    b->renewed += b->now != NULL;
    table_drop(&b->now);
    b->now = news->table;
    return true;
}

bool tables_there(struct tables *t) {
    int64_t now = time_monotonic_ns();
    bool there = true, say = t->waiting_ns && now - t->waiting_ns >= WAITING_EACH_S * NS_PER_S;
    if (say || !t->waiting_ns) t->waiting_ns = now;
    for (uint32_t i = 0; i < t->n; i++) {
        struct bound_table *b = &t->v[i];
        struct kafka_table_news news;
        if (!b->topic || b->now) continue;
        if (take_news(t, b, &news)) {
            log_info("table %.*s: %s was read, rows: %u", STR_FMT(b->name), b->where,
                     table_rows(b->now));
            continue;
        }
        there = false;
        if (news.failed) t->failed = news.failed;
        if (say)
            log_info("table %.*s: events wait until %s is read; messages so far: %" PRIu64
                     ", to go: %" PRIu64,
                     STR_FMT(b->name), b->where, news.messages, news.lag);
    }
    return there;
}

/* While a reload waits: as long as messages come. Null, or why not. */
static const char *await(struct tables *t, struct bound_table *b) {
    static const struct timespec a_moment = {.tv_nsec = 20 * NS_PER_MS};
    int64_t since = time_monotonic_ns();
    uint64_t messages = 0;
    struct kafka_table_news news;
    while (!take_news(t, b, &news)) {
        if (news.failed) return news.failed;
        if (signals_stop_wanted()) return "omen is to stop";
        if (news.messages != messages) since = time_monotonic_ns();
        messages = news.messages;
        if (time_monotonic_ns() - since > PATIENCE_S * NS_PER_S)
            return "for 10 s nothing came of the topic";
        nanosleep(&a_moment, NULL);
    }
    return NULL;
}

bool tables_follow(struct tables *t, struct workers *workers) {
    bool any = false;
    for (uint32_t i = 0; i < t->n; i++) {
        struct kafka_table_news news;
        if (!t->v[i].topic || !take_news(t, &t->v[i], &news)) continue;
        workers_table(workers, i, t->v[i].now);
        any = true;
    }
    return any;
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
        log_error("--table %s: table %.*s has a file already", text, STR_FMT(name));
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

/* What `b->where` names: read, or, of a topic, begun to be read. */
static enum table_status open_one(struct tables *t, struct bound_table *b, struct arena *arena,
                                  const char **why) {
    struct str where = str_of(b->where);
    if (str_starts(where, STR("zmq:"))) {
        *why = arena_printf(arena, "%s: a table is read from a file, or from a compacted topic "
                                   "(kafka:TOPIC)", b->where);
        return TABLE_WRONG;
    }
    if (!str_starts(where, STR("kafka:"))) {
        b->gone = stat(b->where, &b->seen) != 0;
        return read_file(b, arena, &b->now, why);
    }
    if (t->kafka) b->topic = kafka_table_open(where, t->kafka, b->schema, arena, why);
    else
        *why = arena_printf(arena, "%s: a topic goes on, and is for omen run: give its rows as a "
                                   "file", b->where);
    return b->topic ? TABLE_READ : TABLE_WRONG;
}

int tables_open(struct tables *t, const struct values *wanted, const struct program *program,
                const struct kafka_properties *kafka, struct arena *arena) {
    int code = EXIT_FINE;
    *t = (struct tables){.n = program->ntables, .kafka = kafka};
    t->v = arena_array(arena, struct bound_table, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        t->v[i].name = program->tables[i].name;
        t->v[i].schema = &program->tables[i];
    }
    for (uint32_t i = 0; i < wanted->n; i++) {
        struct bound_table *b = bind(t, wanted->v[i], arena);
        const char *why;
        if (!b) {
            code = EXIT_MISTAKE;
            continue;
        }
        enum table_status status = open_one(t, b, arena, &why);
        if (status == TABLE_READ) continue;
        log_error("--table %.*s: %s", STR_FMT(b->name), why);
        if (code != EXIT_MISTAKE) code = status == TABLE_WRONG ? EXIT_MISTAKE : EXIT_WORLD;
    }
    return complete(t, program, code != EXIT_FINE) ? code : EXIT_MISTAKE;
}

/* A topic is read anew for other columns, and the reload waits for it. */
static bool topic_again(struct tables *t, struct bound_table *b, struct arena *arena) {
    const char *why;
    b->topic = kafka_table_open(str_of(b->where), t->kafka, b->schema, arena, &why);
    if (b->topic) why = await(t, b);
    if (!why) return true;
    log_error("--table %.*s: %s", STR_FMT(b->name), why);
    return false;
}

/* What is no file was read to its end: it cannot be read as something else. */
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
    if (was->topic) return topic_again(t, b, arena);
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

bool tables_renew(struct tables *t, struct workers *workers, bool quiet) {
    if (t->n == 0) return false;
    int64_t now = time_monotonic_ns();
    if (now - t->looked_ns < NS_PER_S) return false;
    t->looked_ns = now;
    bool any = false;
    for (uint32_t i = 0; i < t->n; i++) {
        if (!t->v[i].where || t->v[i].topic || !changed(&t->v[i]) || !renew(&t->v[i], quiet)) continue;
        workers_table(workers, i, t->v[i].now);
        any = true;
    }
    return any;
}
