/* sound: builds the program of sound.h. */
#include "tests/unit/engine/sound.h"

#include "base/time.h"

struct sound sound;

#define S (&sound.code)
#define OP(...) asm_op(S, INSN_##__VA_ARGS__)

static uint16_t field(enum reg_type type, uint32_t f) {
    uint16_t r = asm_reg(S, type);
    OP(FIELD, r, 0, 0, f);
    return r;
}

static struct value list(struct sound_list *l, uint32_t n, const struct value *items) {
    *l = (struct sound_list){.n = n};
    memcpy(l->items, items, n * sizeof *items);
    return (struct value){.list = (const struct list *)l, .type = VALUE_LIST};
}

static struct value address(const char *text) {
    struct value v = {.type = VALUE_IP};
    check(ip_parse(str_of(text), &v.ip, &v.digits));
    return v;
}

/* r = r and b */
static void also(uint16_t r, uint16_t b) { OP(AND, r, r, b, 0); }

static void end(enum sound_code code, enum value_type type, uint8_t digits, uint16_t r) {
    OP(RETURN, 0, r, 0, 0);
    check(asm_end(S, type, digits) == (uint32_t)code);
}

/* ---- codes on the event ----------------------------------------------------------------- */

static void code_any(void) {
    asm_begin(S);
    uint16_t e = asm_reg(S, REG_I), three = asm_load(S, REG_I, value_int(3));
    uint16_t b = asm_reg(S, REG_B);
    OP(ELEMENT, e, 0, 0, 0);
    OP(LT_I, b, e, three, 0);
    end(C_ANY_INT, VALUE_BOOL, 0, b);

    asm_begin(S);
    e = asm_reg(S, REG_S);
    uint16_t name = field(REG_S, F_NAME);
    b = asm_reg(S, REG_B);
    OP(ELEMENT, e, 0, 0, 0);
    OP(CONTAINS, b, e, name, 0);
    end(C_ANY_TEXT, VALUE_BOOL, 0, b);

    asm_begin(S); /* any() within any() */
    e = asm_reg(S, REG_I);
    uint16_t items = field(REG_L, F_ITEMS);
    b = asm_reg(S, REG_B);
    OP(ELEMENT, e, 0, 0, 0);
    OP(ANY, b, items, 0, C_ANY_INT);
    end(C_ANY_ANY, VALUE_BOOL, 0, b);
}

static void code_numbers(void) {
    asm_begin(S);
    uint16_t n = field(REG_I, F_N), m = field(REG_I, F_MONEY), x = field(REG_F, F_X);
    uint16_t i = asm_reg(S, REG_I), f = asm_reg(S, REG_F), b = asm_reg(S, REG_B);
    uint16_t all = field(REG_B, F_OK), items = field(REG_L, F_ITEMS);
    OP(ADD_I, i, n, m, 0);
    OP(SCALE_I, i, i, 0, 2);
    OP(UNSCALE_I, i, i, 3, 2);
    OP(NULL, i, 0, 0, 0);
    OP(COALESCE, i, i, n, 0);
    OP(LT_I, b, i, n, 0);
    OP(OR, all, all, b, 0);
    OP(I_TO_F, f, m, 0, 2);
    OP(MUL_F, f, f, x, 0);
    OP(ROUND_F, f, f, 0, 2);
    OP(F_TO_I, i, f, 3, 0);
    OP(ONLY_IF, f, f, all, 0);
    OP(EXISTS, b, f, 0, 0);
    also(all, b);
    struct value ints[] = {value_int(1), value_int(2), value_null(), value_int(2)};
    uint32_t c = asm_constant(S, list(&sound.ints, 4, ints));
    OP(IN_SET, b, n, 0, c);
    also(all, b);
    OP(IN_LIST, b, n, items, 0);
    also(all, b);
    OP(ANY, b, items, 0, C_ANY_INT);
    also(all, b);
    OP(ANY, b, items, 0, C_ANY_ANY);
    also(all, b);
    uint16_t constant = asm_reg(S, REG_L);
    OP(CONST, constant, 0, 0, c);
    OP(COALESCE, constant, items, constant, 0);
    OP(IN_LIST, b, n, constant, 0);
    OP(NOT, b, b, 0, 0);
    also(all, b);
    OP(IS_TRUE, all, all, 0, 0);
    end(C_NUMBERS, VALUE_BOOL, 0, all);
}

static void code_texts(void) {
    asm_begin(S);
    uint16_t s = field(REG_S, F_NAME), t = asm_reg(S, REG_S), tags = field(REG_L, F_TAGS);
    uint16_t from = asm_load(S, REG_I, value_int(1)), length = asm_load(S, REG_I, value_int(2));
    uint16_t b = asm_reg(S, REG_B), all = asm_load(S, REG_B, (struct value){.i = 1, .type = 1});
    uint16_t n = asm_reg(S, REG_I), m = field(REG_I, F_MONEY);
    check(length == from + 1);
    OP(SUBSTR, t, s, from, 0);
    OP(CONCAT, t, t, s, 0);
    OP(UPPER, t, t, 0, 0);
    OP(TRIM, t, t, 0, 0);
    OP(LENGTH_S, n, t, 0, 0);
    OP(LENGTH_L, n, tags, 0, 0);
    OP(HASH, n, m, VALUE_DECIMAL + 256 * 2, 0);
    OP(TO_TEXT, t, m, VALUE_DECIMAL, 2);
    OP(LIKE, b, t, s, 0);
    OP(OR, all, all, b, 0);
    uint32_t re = asm_regex(S, "(a)|b+", true);
    OP(MATCHES, b, s, 0, re);
    OP(OR, all, all, b, 0);
    OP(EXTRACT, t, s, 1, re);
    struct value texts[] = {value_str(STR("a")), value_str(STR("bb")), value_null()};
    uint32_t set = asm_constant(S, list(&sound.texts, 3, texts));
    OP(IN_SET, b, s, 0, set);
    OP(OR, all, all, b, 0);
    OP(IN_LIST, b, t, tags, 0);
    OP(OR, all, all, b, 0);
    OP(ANY, b, tags, 0, C_ANY_TEXT);
    OP(OR, all, all, b, 0);
    end(C_TEXTS, VALUE_BOOL, 0, all);
}

static void code_places(void) {
    asm_begin(S);
    uint16_t at = field(REG_I, F_AT), host = field(REG_P, F_HOST), n = asm_reg(S, REG_I);
    uint16_t x = field(REG_F, F_X), y = asm_load(S, REG_F, value_float(2));
    uint16_t z = asm_load(S, REG_F, value_float(2.5)), w = field(REG_F, F_X);
    uint16_t day = asm_reg(S, REG_S), b = asm_reg(S, REG_B), all = asm_reg(S, REG_B);
    check(w == x + 3);
    OP(HOUR, n, at, 0, asm_zone(S, "Europe/Paris"));
    OP(WEEKDAY, n, at, 0, NONE);
    OP(DATE, day, at, 0, 0);
    OP(DISTANCE, z, x, 0, 0);
    OP(IN_NET, all, host, 0, asm_constant(S, address("10.0.0.0/8")));
    struct value nets[] = {address("10.0.0.0/9"), address("::1")};
    OP(IN_SET, b, host, 0, asm_constant(S, list(&sound.nets, 2, nets)));
    OP(OR, all, all, b, 0);
    struct value corners[3];
    for (int i = 0; i < 3; i++) {
        struct value p[] = {value_float(i == 1 ? 5 : 0), value_int(i == 2 ? 5 : 0)};
        corners[i] = list(&sound.point[i], 2, p);
    }
    OP(IN_POLYGON, b, x, y, asm_constant(S, list(&sound.points, 3, corners)));
    OP(OR, all, all, b, 0);
    OP(EXISTS, b, day, 0, 0);
    OP(OR, all, all, b, 0);
    end(C_PLACES, VALUE_BOOL, 0, all);
}

/* ---- codes of one row ------------------------------------------------------------------- */

static void code_prevs(void) {
    asm_begin(S);
    end(C_PREV_NAME, VALUE_STRING, 0, field(REG_S, F_NAME));
    asm_begin(S);
    end(C_PREV_TAGS, VALUE_LIST, 0, field(REG_L, F_TAGS));
    asm_begin(S);
    end(C_PREV_MONEY, VALUE_DECIMAL, 2, field(REG_I, F_MONEY));
    asm_begin(S);
    uint16_t name = field(REG_S, F_NAME), before = asm_reg(S, REG_S), tags = asm_reg(S, REG_L);
    uint16_t all = asm_reg(S, REG_B), b = asm_reg(S, REG_B), m = asm_reg(S, REG_I);
    OP(PREV, before, 0, 2, 0);
    OP(PREV, tags, 0, 1, 2);
    OP(PREV, m, 0, 1, 3);
    OP(EQ_S, all, name, before, 0);
    OP(NOT, all, all, 0, 0);
    OP(ANY, b, tags, 0, C_ANY_TEXT);
    OP(OR, all, all, b, 0);
    OP(EXISTS, b, m, 0, 0);
    OP(OR, all, all, b, 0);
    OP(WINDOW, before, 0, 0, 1);
    OP(EQ_S, b, name, before, 0);
    OP(OR, all, all, b, 0);
    OP(WINDOW, m, 0, 0, 0);
    OP(EXISTS, b, m, 0, 0);
    OP(OR, all, all, b, 0);
    end(C_KEY, VALUE_BOOL, 0, all);
}

static void code_take(void) {
    asm_begin(S);
    uint16_t name = field(REG_S, F_NAME), n = field(REG_I, F_N), x = field(REG_F, F_X);
    uint16_t ok = field(REG_B, F_OK), tags = field(REG_L, F_TAGS), m = field(REG_I, F_MONEY);
    uint16_t old = asm_reg(S, REG_S), host = field(REG_P, F_HOST);
    OP(CELL, old, 0, 0, CELL_NAME);
    OP(COALESCE, old, old, name, 0);
    OP(SET_CELL, 0, old, 0, CELL_NAME);
    OP(COUNT_CELL, 0, ok, 0, CELL_COUNT);
    OP(SUM_I_CELL, 0, m, 0, CELL_SUM_I);
    OP(SUM_F_CELL, 0, x, 0, CELL_SUM_F);
    OP(MIN_CELL, 0, n, VALUE_INT, CELL_MIN);
    OP(MAX_CELL, 0, n, 0, CELL_MIN);
    OP(SPREAD_CELL, 0, x, 0, CELL_SPREAD);
    OP(SET_CELL, 0, tags, VALUE_LIST, CELL_TAGS);
    OP(KEEP, 0, name, VALUE_STRING, 0);
    OP(KEEP, 0, tags, 0, 1);
    OP(KEEP, 0, m, VALUE_DECIMAL + 256 * 2, 2);
    OP(KEEP, 0, host, 0, 3);
    OP(DONE, 0, 0, 0, 0);
    check(asm_end(S, VALUE_NULL, 0) == C_TAKE);
}

static void code_run(void) {
    asm_begin(S);
    uint16_t name = field(REG_S, F_NAME), first = asm_reg(S, REG_S), names = asm_reg(S, REG_L);
    uint16_t all = asm_reg(S, REG_B), b = asm_reg(S, REG_B), spread = asm_reg(S, REG_F);
    uint16_t tags = asm_reg(S, REG_L), n = asm_reg(S, REG_I), before = asm_reg(S, REG_S);
    OP(NTH, first, 0, 0, 1);
    OP(COLLECT, names, 0, 0, 100);
    OP(IN_LIST, all, name, names, 0);
    OP(ANY, b, names, 0, C_ANY_TEXT);
    OP(OR, all, all, b, 0);
    OP(DISTINCT, names, 0, 2, 3);
    OP(ANY, b, names, 0, C_ANY_INT);
    OP(NTH, tags, 0, 1, (uint32_t)-1);
    OP(ANY, b, tags, 0, C_ANY_TEXT);
    OP(CELL, tags, 0, 0, CELL_TAGS);
    OP(ANY, b, tags, 0, C_ANY_TEXT);
    OP(OR, all, all, b, 0);
    OP(STDDEV, spread, 0, 0, CELL_SPREAD);
    OP(CELL, n, 0, 0, CELL_COUNT);
    OP(PREV, before, 0, 1, 0);
    OP(EXISTS, b, spread, 0, 0);
    OP(OR, all, all, b, 0);
    OP(EXISTS, b, name, 0, 0);
    OP(OR, all, all, b, 0);
    end(C_RUN, VALUE_BOOL, 0, all);
}

static void code_emits(void) {
    asm_begin(S);
    uint16_t l = asm_reg(S, REG_L);
    OP(COLLECT, l, 0, 1, 2);
    end(C_EMIT_LIST, VALUE_LIST, 0, l);
    asm_begin(S);
    uint16_t s = asm_reg(S, REG_S), t = asm_reg(S, REG_S);
    OP(CELL, s, 0, 0, CELL_NAME);
    OP(NTH, t, 0, 0, 1);
    OP(CONCAT, s, s, t, 0);
    end(C_EMIT_TEXT, VALUE_STRING, 0, s);
    asm_begin(S);
    uint16_t sum = asm_reg(S, REG_I);
    OP(CELL, sum, 0, 0, CELL_SUM_I);
    end(C_EMIT_DECIMAL, VALUE_DECIMAL, 2, sum);
    asm_begin(S);
    uint16_t p = asm_reg(S, REG_P);
    OP(NTH, p, 0, 3, 1);
    end(C_EMIT_KEPT, VALUE_IP, 0, p);
    asm_begin(S);
    uint16_t x = asm_reg(S, REG_F), is = asm_reg(S, REG_B);
    OP(CELL, x, 0, 0, CELL_SUM_F);
    OP(EXISTS, is, x, 0, 0);
    end(C_HAVING, VALUE_BOOL, 0, is);
    asm_begin(S);
    uint16_t there_name = asm_reg(S, REG_S), there = asm_reg(S, REG_B);
    OP(CELL, there_name, 0, 0, CELL_NAME);
    OP(EXISTS, there, there_name, 0, 0);
    end(C_EXCEPT, VALUE_BOOL, 0, there);
    asm_begin(S);
    uint16_t lower = field(REG_S, F_NAME);
    OP(LOWER, lower, lower, 0, 0);
    end(C_LOWER, VALUE_STRING, 0, lower);
    asm_begin(S);
    uint16_t sums = asm_reg(S, REG_L);
    OP(DISTINCT, sums, 0, 2, 2);
    end(C_EMIT_SUMS, VALUE_LIST, 0, sums);
}

static void code_lookup(void) {
    asm_begin(S);
    uint16_t name = asm_load(S, REG_S, value_str(STR("left"))), row = asm_reg(S, REG_I);
    uint16_t notes = asm_reg(S, REG_L), n = asm_reg(S, REG_I), all = asm_reg(S, REG_B);
    uint16_t b = asm_reg(S, REG_B);
    OP(ROW, row, name, 0, 0);
    OP(COLUMN, notes, row, T_NOTES, 0);
    OP(COLUMN, n, row, T_N, 0);
    OP(IN_LIST, all, name, notes, 0);
    OP(LE_I, b, row, n, 0);
    OP(OR, all, all, b, 0);
    OP(EXISTS, b, row, 0, 0);
    OP(OR, all, all, b, 0);
    end(C_LOOKUP, VALUE_BOOL, 0, all);
}

/* ---- everything else -------------------------------------------------------------------- */

/* Of a window that has closed, of one with a step, of the window's start. */
static void code_closed(void) {
    asm_begin(S);
    uint16_t n = asm_reg(S, REG_I), step = asm_reg(S, REG_I), at = asm_reg(S, REG_I);
    uint16_t is = asm_reg(S, REG_B);
    OP(WINDOW, n, 0, 0, 0);
    OP(WINDOW, step, 0, 0, 1);
    OP(CELL, at, 0, 0, 0);
    OP(EXISTS, is, n, 0, 0);
    OP(EXISTS, is, step, 0, 0);
    OP(EXISTS, is, at, 0, 0);
    end(C_CLOSED, VALUE_BOOL, 0, is);
}

static void streams(void) {
    static const struct schema_field fields[F_COLUMNS] = {
        [F_AT] = {.name = STR("at"), .type = VALUE_TIME, .used = true},
        [F_NAME] = {.name = STR("name"), .type = VALUE_STRING, .used = true},
        [F_N] = {.name = STR("n"), .type = VALUE_INT, .used = true},
        [F_X] = {.name = STR("x"), .type = VALUE_FLOAT, .used = true},
        [F_OK] = {.name = STR("ok"), .type = VALUE_BOOL, .used = true},
        [F_HOST] = {.name = STR("host"), .type = VALUE_IP, .used = true},
        [F_ITEMS] = {.name = STR("items"), .type = VALUE_LIST, .item = VALUE_INT, .used = true},
        [F_MONEY] = {.name = STR("money"), .type = VALUE_DECIMAL, .digits = 2, .used = true},
        [F_TAGS] = {.name = STR("tags"), .type = VALUE_LIST, .item = VALUE_STRING, .used = true},
        [F_ID] = {.name = STR("id"), .type = VALUE_STRING, .used = true},
        [F_OFF] = {.name = STR("off"), .type = VALUE_STRING},
        [F_LOWER] = {.name = STR("lower(name)"), .type = VALUE_STRING, .used = true,
                     .code = C_LOWER},
    };
    sound.paths[0] = STR("a");
    sound.paths[1] = STR("b");
    memcpy(sound.fields, fields, sizeof fields);
    sound.fields[F_N].path = sound.paths;
    sound.fields[F_N].npath = 2;
    sound.plain[0] = fields[F_AT];
    sound.streams[0] = (struct schema){.name = STR("card"), .fields = sound.fields,
                                       .nfields = F_FIELDS, .ncomputed = 1, .time_field = F_AT,
                                       .id_field = F_ID};
    sound.streams[1] = (struct schema){.name = STR("plain"), .fields = sound.plain, .nfields = 1,
                                       .id_field = SCHEMA_NONE};
    sound.alerts[D_NAME] = fields[F_NAME];
    sound.alerts[D_HOST] = fields[F_HOST];
    sound.alerts[D_AT] = fields[F_AT];
    sound.alerts[D_LIST] = fields[F_ITEMS];
    sound.alerts[D_TEXT] = fields[F_NAME];
    sound.alerts[D_SUM] = fields[F_MONEY];
    sound.alerts[D_ID] = fields[F_ID];
    sound.streams[2] = (struct schema){.name = STR("card_testing"), .fields = sound.alerts,
                                       .nfields = D_FIELDS, .time_field = D_AT, .id_field = D_ID};
    static const uint16_t from[D_FIELDS] = {
        [D_NAME] = 0, [D_HOST] = 1, [D_TEXT] = 2 + 1, [D_SUM] = 2 + 2, [D_LIST] = 2 + 4};
    memcpy(sound.from, from, sizeof from);
    sound.feeds[0] = (struct program_feed){0, sound.from};
}

static void tables(void) {
    static const struct schema_field fields[T_FIELDS] = {
        [T_NAME] = {.name = STR("name"), .type = VALUE_STRING, .used = true},
        [T_NOTES] = {.name = STR("notes"), .type = VALUE_LIST, .item = VALUE_STRING, .used = true},
        [T_N] = {.name = STR("n"), .type = VALUE_INT, .used = true},
        [T_OFF] = {.name = STR("off"), .type = VALUE_INT},
    };
    memcpy(sound.columns_of, fields, sizeof fields);
    sound.tables[0] = (struct schema){.name = STR("names"), .fields = sound.columns_of,
                                      .nfields = T_FIELDS, .time_field = SCHEMA_NONE,
                                      .id_field = SCHEMA_NONE, .key_field = T_NAME};
}

static void groups(void) {
    sound.predicates[0] = (struct predicate){C_NUMBERS, 0};
    sound.predicates[1] = (struct predicate){C_TEXTS, 0};
    sound.predicates[2] = (struct predicate){C_PLACES, 0};
    sound.prevs[0] = (struct program_prev){C_PREV_NAME, 2, 0};
    sound.prevs[1] = (struct program_prev){C_PREV_TAGS, 1, 2};
    sound.prevs[2] = (struct program_prev){C_PREV_MONEY, 1, 3};
    sound.key_fields[0] = F_LOWER;
    sound.key_fields[1] = F_HOST;
    sound.inputs[0] = (struct program_input){
        .key_fields = sound.key_fields, .predicate = NONE, .prevs = sound.prevs, .nprevs = 3,
        .columns = sound.columns, .ncolumns = 2, .aggregates = sound.aggregates, .naggregates = 3};
    sound.inputs[1] = (struct program_input){.stream = 1, .predicate = NONE};
    sound.rules_of[0][1] = 1;
    sound.rules_of[1][0] = 2;
    sound.groups[0] = (struct program_group){
        .inputs = sound.inputs, .ninputs = 1, .nkey_fields = 2, .nprev_cells = 4,
        .rules = sound.rules_of[0], .nrules = 2};
    sound.columns[0].code = C_PREV_MONEY;
    sound.columns[1].code = C_PREV_NAME;
    sound.aggregates[0] = (struct program_aggregate){WINDOW_SUM, WINDOW_TIME, 2, 0, NS_PER_S, 0, 0};
    sound.aggregates[1] = (struct program_aggregate){WINDOW_MAX, WINDOW_EVENTS, 0, 1, 9, 0, 0};
    sound.aggregates[2] = (struct program_aggregate){WINDOW_COUNT, WINDOW_PRIOR, 0, NONE, 5, 0, 0};
    sound.groups[1] = (struct program_group){
        .inputs = sound.inputs + 1, .ninputs = 1, .rules = sound.rules_of[1], .nrules = 1};
    sound.alert_key[0] = D_NAME;
    sound.inputs[2] = (struct program_input){
        .stream = 2, .key_fields = sound.alert_key, .predicate = NONE};
    sound.rules_of[2][0] = 3;
    sound.groups[2] = (struct program_group){
        .inputs = sound.inputs + 2, .ninputs = 1, .nkey_fields = 1, .rules = sound.rules_of[2],
        .nrules = 1, .level = 1};
}

static void frames(void) {
    sound.frames[0] = (struct program_frame){
        FRAME_STEP, NONE, NS_PER_HOUR, 720 * NS_PER_HOUR, 0, 0};
    sound.frames[1] = (struct program_frame){
        FRAME_EVERY, NONE, 10 * NS_PER_MIN, NS_PER_HOUR, 30 * NS_PER_MIN, 0};
    sound.frames[2] = (struct program_frame){
        FRAME_CALENDAR, NONE, NS_PER_DAY, 0, 0, 4 * NS_PER_HOUR};
    sound.frames[3] = (struct program_frame){FRAME_SESSION, NONE, NS_PER_MIN, 0, 0, 0};
    sound.paned[0] = (struct program_aggregate){WINDOW_COUNT, WINDOW_PANES, 0, NONE, 0, 0, 1};
    sound.paned[1] = (struct program_aggregate){WINDOW_COUNT, WINDOW_PANES, 0, NONE, 0, 0, 0};
    sound.inputs[3] = (struct program_input){
        .stream = 1, .predicate = NONE, .aggregates = sound.paned, .naggregates = 2};
    sound.rules_of[3][0] = 4;
    sound.groups[3] = (struct program_group){
        .inputs = sound.inputs + 3, .ninputs = 1, .rules = sound.rules_of[3], .nrules = 1,
        .frames = sound.frames, .nframes = 4};
}

static struct program_variable variable(struct str name, uint32_t predicate) {
    return (struct program_variable){.name = name, .predicate = predicate, .key_code = NONE,
                                     .run_code = NONE, .take_code = NONE, .streak_code = NONE,
                                     .span = {0, 0, 4}};
}

static void automata(void) {
    sound.variables[0] = variable(STR("probe"), 1);
    sound.variables[0].take_code = C_TAKE;
    sound.variables[0].streak_code = C_KEY;
    sound.variables[0].nkept = 4;
    sound.variables[1] = variable(STR("hit"), NONE);
    sound.variables[1].key_code = C_KEY;
    sound.variables[1].run_code = C_RUN;
    sound.variables[2] = variable(STR("not"), 0);
    sound.states[0] = (struct nfa_state){0, 1, 0};
    sound.states[1] = (struct nfa_state){0, 2, 1};
    sound.states[2] = (struct nfa_state){1, 1, 3};
    struct nfa_edge e = {.link = EDGE_THEN, .most_ns = -1};
    for (int i = 0; i < 9; i++) sound.edges[i] = e;
    sound.actions[0] = (struct nfa_action){ACTION_SET, 0, 1};
    sound.actions[1] = (struct nfa_action){ACTION_STAMP, 0, 0};
    sound.actions[2] = (struct nfa_action){ACTION_ADD, 0, 3};
    sound.actions[3] = (struct nfa_action){ACTION_CLEAR, 0, 0};
    sound.guards[0] = (struct nfa_guard){GUARD_BELOW, 0, 3, 0};
    sound.guards[1] = (struct nfa_guard){GUARD_AT_LEAST, 0, 1, 0};
    sound.limits[0] = (struct nfa_limit){0, 40 * NS_PER_S};
    sound.kills[0] = (struct nfa_kill){2, KILL_CLOSES};
    sound.kills[1] = (struct nfa_kill){2, KILL_HOLDS};
    sound.covers[0] = (struct nfa_cover){2, true};
    sound.covers[1] = (struct nfa_cover){1, false};
    sound.edges[0].target = 1, sound.edges[0].nactions = 2;
    sound.edges[0].nkills = 1, sound.edges[0].first_kill = 1;
    sound.edges[1].target = 1, sound.edges[1].nactions = 1, sound.edges[1].first_action = 2;
    sound.edges[1].nguards = 1, sound.edges[1].ncovers = 1, sound.edges[1].reluctant = true;
    sound.edges[2].target = 2, sound.edges[2].nguards = 1, sound.edges[2].first_guard = 1;
    sound.edges[2].nlimits = 1, sound.edges[2].nkills = 2, sound.edges[2].ncovers = 1;
    sound.edges[2].first_cover = 1, sound.edges[2].nactions = 1, sound.edges[2].first_action = 3;
    sound.edges[2].most_ns = 30 * NS_PER_S, sound.edges[2].link = EDGE_EACH;
    sound.edges[3].target = ACCEPT;
}

static void other_automata(void) {
    sound.pair[0] = variable(STR("first"), NONE);
    sound.pair[1] = variable(STR("last"), 2);
    sound.pair_states[0] = (struct nfa_state){0, 1, 4};
    sound.pair_states[1] = (struct nfa_state){0, 1, 5};
    sound.pair_states[2] = (struct nfa_state){1, 1, 6};
    sound.edges[4].target = 1;
    sound.edges[5].target = 2, sound.edges[5].link = EDGE_NEXT;
    sound.edges[5].least_ns = 1;
    sound.edges[6].target = ACCEPT;
    sound.any[0] = variable(STR("any"), NONE);
    sound.any[0].stream = 1;
    sound.any_states[1].nedges = 0;
    sound.of_alert[0] = variable(STR("alert"), NONE);
    sound.of_alert[0].stream = 2;
    sound.alert_states[0] = (struct nfa_state){0, 1, 7};
    sound.alert_states[1] = (struct nfa_state){0, 1, 8};
    sound.edges[7].target = 1;
    sound.edges[8].target = ACCEPT;
    sound.edge_of[0] = variable(STR("first"), NONE);
    sound.edge_of[1] = variable(STR("last"), NONE);
    sound.edge_of[0].stream = sound.edge_of[1].stream = 1;
}

static void rules(void) {
    sound.cells[CELL_COUNT] = sound.cells[CELL_SPREAD] = value_int(0);
    sound.cells[CELL_SUM_I] = (struct value){.type = VALUE_DECIMAL, .digits = 2};
    sound.cells[CELL_SUM_F] = value_float(0);
    sound.tags[0] = STR("tag");
    sound.meta[0] = (struct program_meta){STR("k"), value_str(STR("v"))};
    sound.emit[0] = (struct program_field){STR("list"), C_EMIT_LIST};
    sound.emit[1] = (struct program_field){STR("text"), C_EMIT_TEXT};
    sound.emit[2] = (struct program_field){STR("sum"), C_EMIT_DECIMAL};
    sound.emit[3] = (struct program_field){STR("host"), C_EMIT_KEPT};
    sound.emit[4] = (struct program_field){STR("sums"), C_EMIT_SUMS};
    sound.excepts[0] = (struct program_except){STR("own"), STR("why"), C_EXCEPT, INT64_MAX};
    for (uint16_t i = 0; i < F_FIELDS; i++) sound.attached[i] = i % 3;
    sound.attach[0] = (struct program_attach){0, 0, sound.attached, F_FIELDS};
    sound.says = (struct program_says){
        .severity = C_EMIT_TEXT, .score = C_EMIT_DECIMAL, .once_ns = 60 * NS_PER_S,
        .once_by = C_EMIT_KEPT, .excepts = sound.excepts, .nexcepts = 1, .attach = sound.attach,
        .nattach = 1};
    sound.resolve = (struct program_resolve){
        .stream = 0, .predicate = 0, .key_code = C_KEY, .run_code = C_RUN,
        .after_ns = 60 * NS_PER_S, .emit = sound.emit, .nemit = 4};
    sound.probes[0] = (struct program_probe){C_RUN, 1, 7};
    sound.probes[1] = (struct program_probe){C_EMIT_TEXT, NO_VARIABLE, 8};
    sound.rules[0] = (struct program_rule){
        .name = STR("card_testing"), .doc = STR("doc"), .severity = STR("high"), .version = 1,
        .tags = sound.tags, .ntags = 1, .meta = sound.meta, .nmeta = 1, .emit = sound.emit,
        .nemit = 5, .variables = sound.variables, .nvariables = 3, .states = sound.states,
        .nstates = 3, .ncounters = 1, .nstamps = 1, .cells = sound.cells, .ncells = CELLS,
        .within_ns = 60 * NS_PER_S, .skip = SKIP_TO_LAST, .skip_variable = 1, .limit_runs = 50,
        .says = &sound.says, .resolve = &sound.resolve, .probes = sound.probes, .nprobes = 2,
        .ways_matter = true, .span = {0, 0, 4}};
    sound.rules[1] = (struct program_rule){
        .name = STR("pair"), .severity = STR("low"), .version = 1, .variables = sound.pair,
        .nvariables = 2, .states = sound.pair_states, .nstates = 3, .within_ns = -1,
        .mode = RUN_ALL_WAYS, .output = OUTPUT_SHADOW, .limit_runs = 100};
    sound.rules[2] = (struct program_rule){
        .name = STR("one"), .severity = STR("low"), .group = 1, .variables = sound.any,
        .nvariables = 1, .states = sound.any_states, .nstates = 2, .within_ns = -1};
    sound.rules[3] = (struct program_rule){
        .name = STR("over"), .severity = STR("low"), .group = 2, .variables = sound.of_alert,
        .nvariables = 1, .states = sound.alert_states, .nstates = 2, .within_ns = -1};
    sound.rules[4] = (struct program_rule){
        .name = STR("closed"), .severity = STR("low"), .group = 3, .variables = sound.edge_of,
        .nvariables = 2, .states = sound.no_states, .nstates = 1, .within_ns = -1,
        .cells = sound.window_cells, .ncells = 2, .by_window = true, .frame = 1};
    for (int i = 0; i < 5; i++) sound.rules[i].having = NONE;
    sound.rules[4].having = C_CLOSED;
    sound.rules[0].having = C_HAVING;
    sound.rules[2].having = C_LOOKUP;
    sound.rules[0].timeout_emit = &sound.emit[1];
    sound.rules[0].ntimeout_emit = 2;
    sound.rules[0].timeouts = true;
}

struct program *sound_program(void) {
    memset(&sound, 0, sizeof sound);
    asm_init(S);
    code_any();
    code_numbers();
    code_texts();
    code_places();
    code_prevs();
    code_take();
    code_run();
    code_emits();
    code_lookup();
    code_closed();
    streams();
    tables();
    groups();
    frames();
    automata();
    other_automata();
    rules();
    sound.code.streams = sound.streams;
    sound.code.nstreams = 3;
    sound.file = (struct source_text){STR("x.rules"), STR("rule")};
    sound.sources = (struct sources){.files = &sound.file, .n = 1};
    struct program *p = sound.program = asm_program(S);
    p->sources = &sound.sources;
    p->predicates = sound.predicates, p->npredicates = 3;
    p->tables = sound.tables, p->ntables = 1;
    p->groups = sound.groups, p->ngroups = 4;
    p->rules = sound.rules, p->nrules = 5;
    p->edges = sound.edges, p->nedges = 9;
    p->feeds = sound.feeds, p->nfeeds = 1;
    p->guards = sound.guards, p->nguards = 2;
    p->actions = sound.actions, p->nactions = 4;
    p->limits = sound.limits, p->nlimits = 1;
    p->kills = sound.kills, p->nkills = 2;
    p->covers = sound.covers, p->ncovers = 2;
    return p;
}

struct insn *sound_insn(enum sound_code code, enum opcode op, uint32_t nth) {
    const struct code *c = &sound.code.codes[code];
    for (uint32_t i = c->first; i < c->first + c->n; i++)
        if (sound.code.insns[i].op == op && nth-- == 0) return &sound.code.insns[i];
    panic("code %d has no such instruction", (int)code);
}
