/* cloudevents: an alert as a CloudEvents 1.0 event in JSON, one object, no newline.
 *
 *   {"specversion":"1.0","id":"…","source":"omen","type":"omen.alert","subject":"v1","time":"…",
 *    "data":{"rule":…,"version":1,"severity":"high","tags":[…],"key":"v1","start":…,
 *    "end":…,"emit":{…},
 *    "matched":{"a":[{"stream":"telemetry","partition":0,"offset":3}]},"suppressed":0}}
 *
 * A rule with a score has `"score"` behind the severity. Behind suppressed stand, where there are
 * any, `"attached":{"a":[{"field":value,…},…]}` and, for a rule in mode shadow, `"shadow":true`.
 *
 * Where collect or distinct had to leave values out, `"truncated":["lanes"]` behind emit names
 * them. A key of one field is its value; of several, an array; without `by` the subject is absent
 * and key is null. Members stand in this order always; the same alert gives the same bytes. Tests:
 * tests/unit/connectors/test_cloudevents.c
 */
#ifndef OMEN_CONNECTORS_CLOUDEVENTS_H
#define OMEN_CONNECTORS_CLOUDEVENTS_H

#include "engine/alert.h"
#include "engine/sink.h"

/* Writes into `payload` and `key` (both reset) and points `message` into them. */
void cloudevents_encode(const struct alert *alert, struct buf *payload, struct buf *key,
                        struct buf *id, struct sink_message *message);

/* A dead letter as one line for --dead-letter. */
struct dead_letter;
void dead_letter_encode(const struct dead_letter *letter, struct buf *payload);

#endif
