/* workers_sum: what the engines of all workers counted, as one number each. An event counts once:
 * where main has seen it, the workers' own numbers are left out. See workers.h.
 * Tests: tests/unit/whole/test_workers.c
 */
#include "engine/engine_internal.h"
#include "engine/workers.h"

void workers_counters(struct workers *w, struct engine_counters *out) {
    workers_settle(w);
    engine_counters(workers_engine(w, 0), out);
    for (uint32_t i = 1; i < workers_count(w); i++) {
        struct engine_counters c;
        engine_counters(workers_engine(w, i), &c);
        out->null_keys += c.null_keys;
        out->visits += c.visits;
        out->left_out += c.left_out;
        out->keys += c.keys;
        out->bytes += c.bytes;
    }
}

void workers_run_counters(struct workers *w, struct run_counters *out) {
    workers_settle(w);
    *out = *engine_run_counters(workers_engine(w, 0));
    for (uint32_t i = 1; i < workers_count(w); i++) {
        const struct run_counters *c = engine_run_counters(workers_engine(w, i));
        uint64_t *to = (uint64_t *)out;
        for (size_t k = 0; k < sizeof *c / sizeof *to; k++) to[k] += ((const uint64_t *)c)[k];
    }
}

void workers_alerts_by_rule(struct workers *w, uint64_t *by_rule) {
    uint32_t nrules = workers_engine(w, 0)->program->nrules;
    workers_settle(w);
    for (uint32_t i = 0; i < workers_count(w); i++) {
        const uint64_t *each = engine_alerts_by_rule(workers_engine(w, i));
        for (uint32_t r = 0; r < nrules; r++)
            by_rule[r] = (i ? by_rule[r] : 0) + each[r];
    }
}

uint64_t workers_suppressed(struct workers *w, uint32_t rule) {
    uint64_t n = 0;
    workers_settle(w);
    for (uint32_t i = 0; i < workers_count(w); i++)
        n += gate_suppressed(engine_gate(workers_engine(w, i)), rule);
    return n;
}

uint64_t workers_excepted(struct workers *w, uint32_t rule, uint32_t except) {
    uint64_t n = 0;
    workers_settle(w);
    for (uint32_t i = 0; i < workers_count(w); i++)
        n += gate_excepted(engine_gate(workers_engine(w, i)), rule, except);
    return n;
}

uint64_t workers_regex_bound(struct workers *w) {
    uint64_t n = 0;
    workers_settle(w);
    for (uint32_t i = 0; i < workers_count(w); i++) n += engine_regex_bound(workers_engine(w, i));
    return n;
}

struct resolve_counters workers_resolved(struct workers *w, uint32_t rule) {
    struct resolve_counters all = {0};
    workers_settle(w);
    for (uint32_t i = 0; i < workers_count(w); i++) {
        const struct resolve_counters *c =
            resolver_counters(engine_resolver(workers_engine(w, i)), rule);
        all.resolved += c->resolved;
        all.open += c->open;
        all.dropped += c->dropped;
        all.forgotten += c->forgotten;
    }
    return all;
}
