/* show: how commands print what the daemon answered in JSON lines. */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include "cmd.h"

#include <jansson.h>
#include <stdbool.h>

/* The next object of JSON lines, *text moved behind it; NULL at the end. The caller releases it.
 * A line that is no object is left out. */
json_t *show_next(const char **text);
/* "" and 0 when it is not there. */
const char *show_text(const json_t *o, const char *name);
long long show_number(const json_t *o, const char *name);
/* "2026-03-02 10:00:00" of "2026-03-02T10:00:00.123+01:00"; lives until the fourth call after. */
const char *show_moment(const char *ts);
/* Asks the daemon for all pages of a list and prints their lines, each as JSON or by `print`; *n is
 * how many. `path` has a query, and may end with its question mark. Returns: the exit code. */
int show_pages(const struct config *config, const char *path, bool as_json,
               void (*print)(const json_t *o), size_t *n);
/* "s" unless n is 1. */
const char *show_s(long long n);

#endif
