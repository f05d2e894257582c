/* check_letters: are dead letters where they say? Each names a line and a byte of its input: the
 * line must begin at that byte, and where one line is the whole record (one event a line) it must
 * have that length, and `at` must lie in it. Letters stand in order, no line twice.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/hostile/hostile.h"

struct letters {
    char *text; /* the input */
    size_t n;
    uint64_t line; /* of `start` */
    size_t start;
    uint64_t checked, failed;
};

static char *read_whole(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    size_t cap = 1 << 20;
    char *text = malloc(cap);
    *n = 0;
    while (f && text) {
        size_t got = fread(text + *n, 1, cap - *n, f);
        if (got == 0) break;
        *n += got;
        if (*n == cap) text = realloc(text, cap *= 2);
    }
    if (f) fclose(f);
    return text;
}

/* The number behind `"name":`, which stands before the texts that the input chose. */
static uint64_t number(const char *letter, const char *name) {
    const char *p = strstr(letter, name);
    return p ? strtoull(p + strlen(name), NULL, 10) : UINT64_MAX;
}

/* `several`: a record may have more than one line. */
static const char *wrong(struct letters *l, const char *letter, bool several) {
    uint64_t line = number(letter, "\"offset\":"), byte = number(letter, "\"byte\":");
    uint64_t at = number(letter, "\"at\":");
    const char *reason = strstr(letter, "\"reason\":\"");
    const char *behind = reason ? strstr(reason, ",\"length\":") : NULL;
    uint64_t length = behind ? number(behind, ",\"length\":") : UINT64_MAX;
    if (!reason || reason[10] == '"') return "there is no reason";
    if (l->checked && line < l->line) return "the lines are not in order";
    while (l->line < line) {
        char *newline = memchr(l->text + l->start, '\n', l->n - l->start);
        if (!newline) return "there is no such line";
        l->start = (size_t)(newline - l->text) + 1;
        l->line++;
    }
    if (byte != l->start) return "the line does not begin at that byte";
    char *newline = memchr(l->text + l->start, '\n', l->n - l->start);
    size_t end = newline ? (size_t)(newline - l->text) : l->n;
    if (end > l->start && l->text[end - 1] == '\r') end--;
    if (!several && length != end - l->start) return "the line has another length";
    if (length > l->n - l->start) return "the record goes on behind the input";
    return at <= length ? NULL : "`at` lies behind the record";
}

int check_letters(const char *input, const char *letters, bool several) {
    struct letters l = {0};
    size_t n;
    l.text = read_whole(input, &l.n);
    char *text = read_whole(letters, &n), *end = text + n;
    char *p = text;
    for (char *newline; (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
        *newline = 0;
        const char *what = wrong(&l, p, several);
        if (what && l.failed++ < 5) fprintf(stderr, "%s: %s: %.200s\n", input, what, p);
        l.checked++;
    }
    printf("%llu\n", (unsigned long long)l.checked);
    free(l.text);
    free(text);
    return l.failed > 0;
}
