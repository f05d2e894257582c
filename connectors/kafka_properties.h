/* kafka_properties: what the operator says to librdkafka, by its own names.
 *
 *   defaults of omen  <  properties of the operator (configuration, environment)
 *                     <  ?name=value of the address
 *
 * A name that librdkafka does not know is the operator's mistake, told in librdkafka's own words.
 * Secrets (sasl.password, ssl.key.password, …) do not stand in an address: addresses are shown.
 */
#ifndef OMEN_CONNECTORS_KAFKA_PROPERTIES_H
#define OMEN_CONNECTORS_KAFKA_PROPERTIES_H

#include "base/str.h"

struct kafka_property {
    struct str name, value;
};

struct kafka_properties { /* later ones over earlier ones */
    const struct kafka_property *v;
    uint32_t n;
};

/* A name that holds what nobody may see. */
bool kafka_is_secret(struct str name);

#endif
