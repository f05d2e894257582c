/* fmt: rule files in canonical text: to standard output, back into the file (-i), or compared only
 * (--check).
 *
 * -i replaces a file by renaming a complete new one over it, with the old one's permissions: at
 * every instant there is the old text or the new one, whole. A file that is canonical is not
 * touched. Before a text leaves, it is parsed and printed again: where that does not give the same
 * bytes the printer is wrong, and a file is worth more than a message.
 * Tests: tests/cli/fmt.t
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/terminal.h"
#include "grammar/parser.h"
#include "grammar/print.h"

/* One file of the tree as text, or false with messages in r. */
static bool canonical(struct rules *r, uint32_t file, struct buf *text) {
    buf_reset(text);
    if (!parse_file(&r->tree, file, &r->diags)) return false;
    print_canonical(&r->tree, &r->tree.files[r->tree.nfiles - 1], text);
    return true;
}

/* Does the canonical text print as itself? */
static bool proven(struct str text) {
    struct rules r;
    struct buf again;
    buf_init(&again);
    rules_begin(&r);
    uint32_t file = sources_add(&r.sources, STR("canonical text"), text);
    bool same = canonical(&r, file, &again) && str_equal(buf_view(&again), text);
    buf_fini(&again);
    rules_fini(&r);
    return same;
}

static bool write_file(int fd, const struct buf *text) {
    for (size_t done = 0; done < text->n;) {
        ssize_t n = write(fd, text->p + done, text->n - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        done += (size_t)n;
    }
    return fsync(fd) == 0;
}

/* Puts `text` in the place of the file, through links. */
static bool replace(const char *path, const struct buf *text) {
    char *real = realpath(path, NULL);
    if (!real) {
        log_error("%s: %s", path, strerror(errno));
        return false;
    }
    struct buf name;
    buf_init(&name);
    buf_printf(&name, "%s.XXXXXX", real);
    char *temporary = (char *)buf_cstr(&name);
    struct stat st;
    bool done = false;
    int fd = stat(real, &st) == 0 ? mkostemp(temporary, O_CLOEXEC) : -1;
    if (fd >= 0) {
        done = fchmod(fd, st.st_mode & 07777) == 0 && write_file(fd, text) &&
               rename(temporary, real) == 0;
        int fault = errno;
        if (!done) unlink(temporary);
        close(fd);
        errno = fault;
    }
    if (!done) log_error("%s: cannot be rewritten: %s", path, strerror(errno));
    buf_fini(&name);
    free(real);
    return done;
}

enum todo { PRINT, REWRITE, COMPARE };

struct outcome {
    uint32_t files, differ, broken;
    int code;
};

static int worse(int a, int b) { return a > b ? a : b; }

static void one_file(const char *path, enum todo todo, struct outcome *o) {
    struct rules r;
    struct buf text;
    uint32_t file;
    buf_init(&text);
    rules_begin(&r);
    o->files++;
    const char *real = strcmp(path, "-") == 0 ? "/dev/stdin" : path;
    if (!sources_load(&r.sources, real, &file, &r.why) || !canonical(&r, file, &text)) {
        rules_report(&r, false);
        o->code = worse(o->code, EXIT_MISTAKE);
        o->broken++;
    } else if (!proven(buf_view(&text))) {
        log_error("%s: fault in omen itself: the canonical text is not stable; left as it is",
                  path);
        o->code = worse(o->code, EXIT_WORLD);
        o->broken++;
    } else if (todo == PRINT) {
        o->code = worse(o->code, terminal_out(&text));
    } else if (!str_equal(buf_view(&text), r.sources.files[file].text)) {
        o->differ++;
        if (todo == REWRITE && !replace(path, &text)) o->code = worse(o->code, EXIT_WORLD);
        buf_reset(&text);
        buf_printf(&text, "%s\n", path);
        if (todo == COMPARE) o->code = worse(o->code, worse(EXIT_FAILED, terminal_out(&text)));
    }
    buf_fini(&text);
    rules_fini(&r);
}

static int run(const struct options *given) {
    if (!have_arguments(given, "rule files")) return EXIT_MISTAKE;
    bool check = option_flag(given, "check"), in_place = option_flag(given, "in-place");
    if (check && in_place) {
        log_error("fmt: --check and --in-place do not go together: one only looks, one rewrites");
        return EXIT_MISTAKE;
    }
    enum todo todo = check ? COMPARE : in_place ? REWRITE : PRINT;
    if (todo == PRINT && given->arguments.n > 1) {
        log_error("fmt: prints one file at a time, found %u: -i rewrites all of them, --check "
                  "compares them", given->arguments.n);
        return EXIT_MISTAKE;
    }
    struct outcome o = {0};
    for (uint32_t i = 0; i < given->arguments.n; i++) {
        const char *path = given->arguments.v[i];
        if (todo == REWRITE && strcmp(path, "-") == 0) {
            log_error("fmt: standard input cannot be rewritten in place: leave -i out");
            return EXIT_MISTAKE;
        }
        one_file(path, todo, &o);
    }
    struct buf line;
    buf_init(&line);
    if (todo == COMPARE && o.differ)
        buf_printf(&line, "%u of %u file%s would change: omen fmt -i rewrites %s\n", o.differ,
                   o.files, o.files == 1 ? "" : "s", o.differ == 1 ? "it" : "them");
    terminal_err(&line);
    buf_fini(&line);
    return o.code;
}

static const struct option options[] = {
    {.name = "in-place", .letter = 'i', .help = "rewrite the files that are not canonical"},
    {.name = "check",
     .help = "change nothing; list the files that would change, and exit with 1 if there are any"},
    {0},
};

const struct command fmt_command = {
    .name = "fmt",
    .arguments = "RULES...",
    .summary = "print a rule file in canonical text",
    .about = "Comments are kept. - is standard input. A file with errors is never rewritten.\n",
    .example = "omen fmt --check speeding.rules",
    .options = options,
    .run = run,
};
