/* rules_of: rules from text, with the daemon's actions and the sources calendar, desktop, github.
 */
#ifndef RULES_OF_H
#define RULES_OF_H

#include <clockwire/rules.h>

/* Prints the faults and ends the program when there are some. */
struct cw_ruleset *rules_of(const char *text);

#endif
