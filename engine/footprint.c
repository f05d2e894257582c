/* footprint: see footprint.h. Sizes are asked of the structures themselves, so that they cannot be
 * forgotten when those change. */
#include "engine/footprint.h"

#include "engine/engine_internal.h"

enum { TEXT_BYTES = 32 };

static uint32_t rounded(size_t bytes, size_t step) {
    return (uint32_t)((bytes + step - 1) / step * step);
}

static uint32_t text_bytes(uint8_t type) { return type == VALUE_STRING ? TEXT_BYTES : 0; }

static uint32_t doubling(size_t bytes) { return (uint32_t)(bytes * 4 / 3); }

static uint32_t key_texts(const struct program *p, const struct program_group *g) {
    const struct schema *s = &p->streams[g->inputs[0].stream];
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < g->nkey_fields; i++)
        bytes += text_bytes(s->fields[g->inputs[0].key_fields[i]].type);
    return bytes;
}

static uint32_t prev_texts(const struct program *p, const struct program_group *g) {
    uint32_t bytes = 0;
    for (uint32_t k = 0; k < g->ninputs; k++)
        for (uint32_t i = 0; i < g->inputs[k].nprevs; i++) {
            const struct program_prev *prev = &g->inputs[k].prevs[i];
            bytes += prev->depth * text_bytes(p->codes[prev->code].result);
        }
    return bytes;
}

/* A run that can complete as it is has completed; then nothing rests in that state. */
static bool rests(const struct program *p, const struct program_rule *r) {
    for (uint32_t s = 1; s < r->nstates; s++) {
        bool completes = false;
        for (uint32_t i = 0; i < r->states[s].nedges; i++) {
            const struct nfa_edge *e = &p->edges[r->states[s].first_edge + i];
            completes |= r->mode == RUN_FIRST && e->target == ACCEPT && e->clock == CLOCK_NONE &&
                         !e->nguards;
        }
        if (!completes) return true;
    }
    return false;
}

uint32_t footprint_taken(const struct program_variable *v) {
    return rounded(sizeof(struct taken) + v->nkept * sizeof(struct value), RUN_SIZE_STEP);
}

struct footprint footprint_of(const struct program *program, uint32_t rule) {
    const struct program_rule *r = &program->rules[rule];
    const struct program_group *g = &program->groups[r->group];
    struct footprint f = {.rests = rests(program, r)};
    size_t values = (g->nkey_fields + g->nprev_cells) * sizeof(struct value);
    f.prevs = g->nprev_cells * (uint32_t)sizeof(struct value) + prev_texts(program, g);
    for (uint32_t k = 0; k < g->ninputs; k++) {
        uint32_t window, event;
        if (!input_slides(&g->inputs[k])) continue;
        windows_bytes(program, &g->inputs[k], &window, &event);
        f.windows += window;
    }
    for (uint32_t i = 0; i < g->nframes; i++) {
        uint32_t key, pane;
        panes_bytes(program, g, i, &key, &pane);
        f.panes += key + pane;
    }
    f.key = KEYS_SLOT_BYTES + f.panes + rounded(sizeof(struct key_state) + values + f.windows, 16) +
            key_texts(program, g) + prev_texts(program, g) + doubling(sizeof(struct due));
    struct run_layout l = run_layout(r);
    f.run = rounded(l.bytes, RUN_SIZE_STEP) + rounded(sizeof(struct open_rule), 16);
    return f;
}
