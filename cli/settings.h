/* settings: `omen run --check`: every setting, its value, and where it was said. Nothing is opened
 * but the rules. Secrets are not shown. Tests: tests/cli/settings.t
 */
#ifndef OMEN_CLI_SETTINGS_H
#define OMEN_CLI_SETTINGS_H

#include "cli/options.h"

/* What holds where nobody said anything, by option; NULL ends the list. */
struct setting_default {
    const char *name, *value;
};

void settings_text(const struct options *given, const struct setting_default *defaults,
                   struct buf *out);

#endif
