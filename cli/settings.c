/* settings: see settings.h. */
#include "cli/settings.h"

#include "connectors/kafka_properties.h"

static void line(struct buf *out, const char *name, struct str value, const char *origin) {
    size_t begin = out->n;
    buf_printf(out, "%-13s %.*s", name, STR_FMT(value));
    size_t width = out->n - begin;
    buf_pad(out, ' ', width < 60 ? 60 - width : 2);
    buf_printf(out, "%s\n", origin);
}

/* NAME=VALUE of a property that nobody may see: without its value. */
static struct str shown(const struct options *given, const char *option, const char *value) {
    const char *equals = strcmp(option, "kafka") == 0 ? strchr(value, '=') : NULL;
    struct str name = {value, equals ? (size_t)(equals - value) : 0};
    if (!equals || !kafka_is_secret(name)) return str_of(value);
    return str_of(arena_printf((struct arena *)&given->arena, "%.*s=(secret)", STR_FMT(name)));
}

static const char *default_of(const struct setting_default *defaults, const char *name) {
    for (; defaults->name; defaults++)
        if (strcmp(defaults->name, name) == 0) return defaults->value;
    return "none";
}

void settings_text(const struct options *given, const struct setting_default *defaults,
                   struct buf *out) {
    for (uint32_t i = 0; i < given->arguments.n; i++)
        line(out, "rules", str_of(given->arguments.v[i]), given->argument_origins.v[i]);
    const struct option *o = given->command->options;
    for (uint32_t i = 0; o[i].name; i++) {
        const struct values *v = &given->values[i], *from = &given->origins[i];
        if (o[i].later || o[i].act) continue;
        for (uint32_t k = 0; k < v->n; k++)
            line(out, o[i].name, shown(given, o[i].name, o[i].value ? v->v[k] : "yes"),
                 from->v[k]);
        if (v->n) continue;
        line(out, o[i].name, str_of(o[i].value ? default_of(defaults, o[i].name) : "no"),
             "default");
    }
}
