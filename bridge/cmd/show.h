/* show: how commands print what the daemon answered in JSON lines. */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include <jansson.h>

/* The next object of JSON lines, *text moved behind it; NULL at the end. The caller releases it.
 * A line that is no object is left out. */
json_t *show_next(const char **text);
/* "" and 0 when it is not there. */
const char *show_text(const json_t *o, const char *name);
long long show_number(const json_t *o, const char *name);
/* "2026-03-02 10:00:00" of "2026-03-02T10:00:00.123+01:00"; lives until the fourth call after. */
const char *show_moment(const char *ts);
/* "s" unless n is 1. */
const char *show_s(long long n);

#endif
