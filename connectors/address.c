/* address: see address.h. */
#include "connectors/address.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/time.h"

void address_mistake(struct address *a, const char *fmt, ...) {
    if (a->why) return;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    a->why = arena_copy(a->arena, str_of(text)).p;
}

/* The part before the first `mark`; *rest what comes behind it. */
static struct str cut(struct str s, char mark, struct str *rest) {
    const char *at = s.n ? memchr(s.p, mark, s.n) : NULL;
    size_t n = at ? (size_t)(at - s.p) : s.n;
    *rest = at ? (struct str){at + 1, s.n - n - 1} : STR("");
    return (struct str){s.p, n};
}

void address_parse(struct address *a, struct str where, const char *kind, struct arena *arena) {
    *a = (struct address){.whole = where, .arena = arena};
    size_t skip = strlen(kind);
    struct str settings, next;
    a->rest = cut((struct str){where.p + skip, where.n - skip}, '?', &settings);
    for (; settings.n; settings = next) {
        struct str one = cut(settings, '&', &next), value, name = cut(one, '=', &value);
        if (name.n == one.n || !name.n)
            address_mistake(a, "expected NAME=VALUE behind the `?`, found `%.*s`", STR_FMT(one));
        for (uint32_t i = 0; i < a->n; i++)
            if (str_equal(a->names[i], name))
                address_mistake(a, "`%.*s` is said twice", STR_FMT(name));
        if (a->n == ADDRESS_SETTINGS) {
            address_mistake(a, "more than %d settings", ADDRESS_SETTINGS);
            return;
        }
        a->names[a->n] = name;
        a->values[a->n++] = value;
    }
}

bool address_text(struct address *a, const char *name, struct str *out) {
    if (a->nasked < ADDRESS_SETTINGS) a->asked[a->nasked++] = str_of(name);
    for (uint32_t i = 0; i < a->n; i++) {
        if (!str_equal(a->names[i], str_of(name))) continue;
        a->used[i] = true;
        *out = a->values[i];
        return true;
    }
    return false;
}

bool address_count(struct address *a, const char *name, uint64_t least, uint64_t most,
                   uint64_t *out) {
    struct str text;
    uint64_t n = 0;
    if (!address_text(a, name, &text)) return false;
    bool good = text.n > 0 && text.n < 19;
    for (size_t i = 0; good && i < text.n; i++) {
        good = text.p[i] >= '0' && text.p[i] <= '9';
        n = n * 10 + (uint64_t)(text.p[i] - '0');
    }
    if (good && n >= least && n <= most) *out = n;
    else
        address_mistake(a, "%s=%.*s: expected a whole number from %llu to %llu", name,
                        STR_FMT(text), (unsigned long long)least, (unsigned long long)most);
    return good;
}

bool address_duration(struct address *a, const char *name, int64_t *ns) {
    struct str text;
    int64_t found;
    if (!address_text(a, name, &text)) return false;
    if (duration_parse(text, &found) && found >= 0) {
        *ns = found;
        return true;
    }
    address_mistake(a, "%s=%.*s: expected a duration, as in 500ms or 10s", name, STR_FMT(text));
    return false;
}

bool address_word(struct address *a, const char *name, const char *const *words, uint32_t *out) {
    struct str text;
    char list[256] = "";
    if (!address_text(a, name, &text)) return false;
    for (uint32_t i = 0; words[i]; i++) {
        if (str_equal(text, str_of(words[i]))) {
            *out = i;
            return true;
        }
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", i ? " or " : "", words[i]);
    }
    address_mistake(a, "%s=%.*s: expected %s", name, STR_FMT(text), list);
    return false;
}

static void refuse_unused(struct address *a) {
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->used[i]) continue;
        size_t near = str_nearest(a->names[i], a->asked, a->nasked);
        if (near != SIZE_MAX)
            address_mistake(a, "there is no setting `%.*s`: did you mean `%.*s`?",
                            STR_FMT(a->names[i]), STR_FMT(a->asked[near]));
        char list[256] = "";
        for (uint32_t k = 0; k < a->nasked; k++) {
            size_t n = strlen(list);
            snprintf(list + n, sizeof list - n, "%s%.*s", k ? ", " : "", STR_FMT(a->asked[k]));
        }
        address_mistake(a, "there is no setting `%.*s`; there are: %s", STR_FMT(a->names[i]),
                        list);
    }
}

const char *address_finish(struct address *a) {
    refuse_unused(a);
    return a->why ? arena_printf(a->arena, "%.*s: %s", STR_FMT(a->whole), a->why) : NULL;
}
