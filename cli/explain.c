/* explain: what the compiler made of the rules: what each waits for and costs, or one of the
 * compiler's stages.
 * Tests: tests/cli/explain.t
 */
#include "rules/explain.h"

#include "base/log.h"
#include "cli/command.h"
#include "cli/load.h"
#include "cli/terminal.h"
#include "engine/disasm.h"
#include "grammar/lexer.h"
#include "grammar/print.h"
#include "rules/nfa.h"

enum { NAMES_SHOWN = 10 };

struct wanted {
    const char *stage; /* NULL: the explanation */
    const char *rule;  /* NULL: all */
    bool dot;
};

static bool is_stage(const struct wanted *w, const char *stage) {
    return w->stage && strcmp(w->stage, stage) == 0;
}

/* ---- before types: one file after the other -------------------------------------------------- */

static void tokens(struct rules *r, struct buf *out) {
    for (uint32_t i = 0; i < r->tree.nfiles; i++) {
        struct diags silent; /* the parser has said what is wrong */
        diags_init(&silent, &r->arena, &r->sources);
        struct tokens t = lex(&r->arena, &r->sources, r->tree.files[i].file, &silent);
        tokens_print(&t, &r->sources, out);
    }
}

static void tree(const struct rules *r, const char *rule, struct buf *out) {
    for (uint32_t i = 0; i < r->tree.nfiles; i++) {
        struct tree_file file = r->tree.files[i];
        if (!rule) {
            print_tree(&r->tree, &file, out);
            continue;
        }
        for (uint32_t j = 0; j < r->tree.files[i].ndecls; j++) {
            struct decl *d = &r->tree.files[i].decls[j];
            if (d->kind != DECL_RULE || !str_equal(d->rule->name.text, str_of(rule))) continue;
            file.decls = d;
            file.ndecls = 1;
            print_tree(&r->tree, &file, out);
        }
    }
}

/* A rule of that name in the tree, or a message with the nearest. */
static bool rule_exists(struct rules *r, const char *rule) {
    struct str *names = NULL;
    uint32_t n = 0, cap = 0;
    for (uint32_t i = 0; i < r->tree.nfiles; i++) {
        for (uint32_t j = 0; j < r->tree.files[i].ndecls; j++) {
            const struct decl *d = &r->tree.files[i].decls[j];
            if (d->kind != DECL_RULE) continue;
            if (str_equal(d->rule->name.text, str_of(rule))) return true;
            arena_push(&r->arena, names, n, cap, d->rule->name.text);
        }
    }
    const char *near = nearest_text(&r->arena, rule, names, n, "");
    if (!*near && n) {
        near = "; the rules are";
        for (uint32_t i = 0; i < n && i < NAMES_SHOWN; i++)
            near = arena_printf(&r->arena, "%s%s %.*s", near, i ? "," : "", STR_FMT(names[i]));
        if (n > NAMES_SHOWN) near = arena_printf(&r->arena, "%s, …", near);
    }
    log_error("explain: there is no rule %s%s", rule, near);
    return false;
}

/* ---- from types on --------------------------------------------------------------------------- */

static void dot(const struct rules *r, struct buf *out) {
    for (uint32_t i = 0; i < r->set->nrules; i++) {
        const struct rule_decl *d = r->set->rules[i].decl;
        struct nfa nfa = {0};
        uint32_t n, ntaken;
        if (!d->pattern) continue;
        struct name *names = nfa_names(r->set->arena, d->pattern, &n, &ntaken);
        if (nfa_build(r->set->arena, d->pattern, r->set->diags, &nfa))
            nfa_dot(&nfa, names, d->name.text, out);
    }
}

/* The set is cut down to the one rule, as the printers print what is in it. *number: the rule's in
 * the program, unchanged if it is not there. */
static void keep_rule(struct rules *r, const char *rule, uint32_t *number) {
    uint32_t at = 0;
    while (at < r->set->nrules && !str_equal(r->set->rules[at].decl->name.text, str_of(rule))) at++;
    r->set->rules += at;
    r->set->nrules = at < r->set->nrules;
    for (uint32_t p = 0; p < r->program->nrules; p++)
        if (str_equal(r->program->rules[p].name, str_of(rule))) *number = p;
}

static int compiled(struct rules *r, const struct wanted *w, struct buf *out) {
    const struct program *p = r->program;
    uint32_t number = NONE; /* in the program */
    if (w->rule) keep_rule(r, w->rule, &number);
    if (w->rule && number == NONE) {
        log_error("explain: rule %s is `mode off`: the compiler leaves it out", w->rule);
        return EXIT_MISTAKE;
    }
    if (is_stage(w, "types")) {
        explain_types(r->set, out);
    } else if (w->dot) {
        dot(r, out);
    } else if (is_stage(w, "nfa")) {
        explain_nfa(r->set, out);
    } else if (is_stage(w, "code") && !w->rule) {
        explain_code(p, out);
    } else if (is_stage(w, "code")) {
        disasm_rule(p, number, out);
    } else {
        explain_rule(r->set, p, number, out);
    }
    return EXIT_FINE;
}

static int run(const struct options *given) {
    if (!have_arguments(given, "rule files")) return EXIT_MISTAKE;
    struct wanted w = {option_value(given, "stage"), option_value(given, "rule"),
                       option_flag(given, "dot")};
    if (w.dot && w.stage && !is_stage(&w, "nfa")) {
        log_error("explain: --dot draws automata: it goes with --stage=nfa, not with --stage=%s",
                  w.stage);
        return EXIT_MISTAKE;
    }
    if (w.rule && is_stage(&w, "tokens")) {
        log_error("explain: tokens are a file's: --rule does not go with --stage=tokens");
        return EXIT_MISTAKE;
    }
    struct rules r;
    struct buf out;
    buf_init(&out);
    bool early = is_stage(&w, "tokens") || is_stage(&w, "tree");
    bool fine = early ? rules_parse(&r, &given->arguments)
                      : rules_read(&r, &given->arguments, option_values(given, "param"));
    int code = fine ? EXIT_FINE : EXIT_MISTAKE;
    rules_report(&r, false);
    if (fine && w.rule && !rule_exists(&r, w.rule)) code = EXIT_MISTAKE;
    if (is_stage(&w, "tokens")) {
        tokens(&r, &out); /* also of a file that does not parse: that is when one looks */
    } else if (code == EXIT_FINE && early) {
        tree(&r, w.rule, &out);
    } else if (code == EXIT_FINE) {
        code = compiled(&r, &w, &out);
    }
    int written = terminal_out(&out);
    buf_fini(&out);
    rules_fini(&r);
    return code ? code : written;
}

static const struct option options[] = {
    {.name = "rule", .value = "NAME", .help = "this rule only"},
    {.name = "stage", .value = "tokens|tree|types|nfa|code",
     .help = "print what this stage of the compiler makes, instead of the explanation"},
    {.name = "dot", .help = "draw the automata as Graphviz digraphs, one a rule, for dot -Tsvg"},
    OPTION_PARAM,
    {0},
};

const struct command explain_command = {
    .name = "explain",
    .arguments = "RULES...",
    .summary = "show what the compiler made of the rules",
    .about = "For each rule: what it waits for, when each part of a condition is tested, what is\n"
             "kept for a key and how long.\n",
    .example = "omen explain speeding.rules --rule sustained_speeding",
    .options = options,
    .run = run,
};
