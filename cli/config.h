/* config: a configuration file → options. It says what the command line says, in the syntax of rule
 * files: same lexer, same messages, every mistake of the file at once.
 *
 *   rules        "fraud.rules", "fleet.rules"
 *   in           payments = "kafka:payments", logins = "-"
 *   out          "zmq:pub:@tcp://127.0.0.1:5556?slow=drop"
 *   dead-letter  "dead.ndjson"
 *   lateness     5s
 *   param        margin = 15
 *   quiet
 *   kafka {
 *       bootstrap.servers = "localhost:9092"
 *       sasl.password     = file "/run/credentials/kafka"      # a secret, without the last newline
 *   }
 *
 * An entry is the name of an option and its value; one that gathers may have several, and may stand
 * again. Paths are relative to the working directory, as on the command line. Environment and
 * command line win. `kafka { … }` gives librdkafka's properties, as --kafka does.
 * Tests: tests/cli/config.t
 */
#ifndef OMEN_CLI_CONFIG_H
#define OMEN_CLI_CONFIG_H

#include "cli/options.h"

/* Sets the options of the file that nobody has set yet. False after messages to standard error. */
bool config_read(struct options *o, const char *path);

#endif
