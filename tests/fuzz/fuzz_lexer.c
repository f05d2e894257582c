/* fuzz_lexer: any bytes. Tokens lie in order within the text, do not overlap, the last is END, and
 * a text in which no fault was found holds no TOKEN_ERROR.
 *
 *   clang-14 -g -O1 -fsanitize=fuzzer,address,undefined -I. -D_GNU_SOURCE \
 *       tests/fuzz/fuzz_lexer.c grammar/[a-z]*.c base/[a-z]*.c -lxxhash -lm -o fuzz_lexer
 */
#include <stdlib.h>

#include "base/log.h"
#include "grammar/lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena arena;
    struct sources sources;
    struct diags diags;
    arena_init(&arena);
    sources_init(&sources, &arena);
    diags_init(&diags, &arena, &sources);
    uint32_t file = sources_add(&sources, STR("fuzz"), (struct str){(const char *)data, size});
    struct tokens tokens = lex(&arena, &sources, file, &diags);
    check(tokens.n > 0 && tokens.v[tokens.n - 1].kind == TOKEN_END);
    uint32_t last = 0;
    for (uint32_t i = 0; i < tokens.n; i++) {
        struct token t = tokens.v[i];
        check(t.span.start >= last && t.span.end >= t.span.start && t.span.end <= size);
        check(t.kind == TOKEN_END || t.span.end > t.span.start);
        check(t.kind != TOKEN_ERROR || diags.errors > 0);
        if (t.kind == TOKEN_STRING) lex_string(&arena, span_text(&sources, t.span));
        last = t.span.end;
    }
    struct buf out;
    buf_init(&out);
    diags_print(&diags, &out, false);
    buf_reset(&out);
    tokens_print(&tokens, &sources, &out);
    buf_fini(&out);
    arena_fini(&arena);
    return 0;
}
