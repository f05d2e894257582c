/* terminal: standard output as data, standard error as messages, and what may be coloured.
 *
 * Standard output carries data only. Its reader may leave (`omen … | head`): then the process ends
 * without a word and with 0, as the reader has what they wanted. One thread at a time.
 * Tests: tests/cli/terminal.t, outputs.t
 */
#ifndef OMEN_CLI_TERMINAL_H
#define OMEN_CLI_TERMINAL_H

#include "base/buf.h"

enum { /* what the process says with its exit code */
    EXIT_FINE = 0,
    EXIT_FAILED = 1,  /* the work's answer is no: fmt --check differs */
    EXIT_MISTAKE = 2, /* the author's or the operator's: usage, rules, what cannot be opened */
    EXIT_WORLD = 3,   /* the world failed while omen ran: disk, pipe, broken input */
};

/* A terminal that understands colour, and NO_COLOR is not set. */
bool terminal_colour(int fd);

/* A terminal on which a line can be drawn again. */
bool terminal_live(int fd);

/* Writes everything; gives the exit code: EXIT_FINE, also when the reader has gone; EXIT_WORLD
 * after a message. */
int terminal_out(const struct buf *text);

/* To standard error; failures are nobody's business. */
void terminal_err(const struct buf *text);

#endif
