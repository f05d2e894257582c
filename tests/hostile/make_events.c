/* make_events: placeholder
 */
#include "tests/hostile/hostile.h"
bool make_events(const char *kind, uint64_t n){(void)kind;(void)n;return false;}
void make_events_kinds(void){}
