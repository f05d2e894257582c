/* log: what happened, for operators, one line each on standard error. Never on the hot path.
 *
 *   omen: warning: cards.ndjson: line 7: …                            (text)
 *   {"time":"…","level":"warning","message":"…"}                      (json)
 *
 * Safe from any thread: a line is one write. Tests: tests/unit/base/test_diag.c
 */
#ifndef OMEN_BASE_LOG_H
#define OMEN_BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_setup(enum log_level least, bool json); /* default: LOG_INFO, text */
void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* An impossible state: our own fault. Says where and stops the process. In every build mode. */
void panic_at(const char *file, int line, const char *fmt, ...)
    __attribute__((noreturn, cold, format(printf, 3, 4)));
#define panic(...) panic_at(__FILE__, __LINE__, __VA_ARGS__)
#define check(cond) ((cond) ? (void)0 : panic_at(__FILE__, __LINE__, "%s does not hold", #cond))

/* malloc and friends that stop the process with a message when memory is out. */
void *must_alloc(unsigned long bytes);
void *must_zalloc(unsigned long bytes);
void *must_realloc(void *old, unsigned long bytes);

#endif
